//! Each kind read, added, changed and taken out, and what is said of what is wrong.

use super::*;
use crate::architecture::arbitrary;
use crate::architecture::rules::refusals;
use crate::architecture::template::template;
use crate::architecture::words::{Edition, Hosting};
use proptest::prelude::*;

fn enterprise() -> Architecture {
    template(Edition::Enterprise, Hosting::OnPremises, Engine::PostgreSql).unwrap()
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn typed(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn at(environment: Option<&str>, kind: PartKind, name: &str) -> PartPlace {
    PartPlace { environment: environment.map(key), kind, key: key(name) }
}

/// Every part of an architecture.
fn all(of: &Architecture) -> Vec<PartPlace> {
    let environments = || std::iter::once(None).chain(of.environments.keys().map(Some));
    let kinds = |environment: Option<&Key>| {
        PartKind::ALL.iter().flat_map(move |kind| places(of, environment, *kind)).collect::<Vec<_>>()
    };
    environments().flat_map(kinds).collect()
}

fn said<T: std::fmt::Debug>(outcome: Result<T, Vec<Problem>>) -> Vec<(String, String)> {
    outcome.unwrap_err().into_iter().map(|each| (each.field, each.sentence)).collect()
}

fn wrong<T: std::fmt::Debug>(outcome: Result<T, Vec<Problem>>) -> Vec<String> {
    said(outcome).into_iter().map(|(field, _)| field).collect()
}

#[test]
fn values_are_those_of_the_fields() {
    let of = enterprise();
    let found = all(&of);
    for kind in PartKind::ALL {
        let one = found.iter().find(|place| place.kind == *kind);
        // The template has neither a tool nor an external database.
        let Some(place) = one else { continue };
        let mut names: Vec<_> = fields(*kind).iter().map(|field| field.name).collect();
        names.sort_unstable();
        assert_eq!(values(&of, place).unwrap().into_keys().collect::<Vec<_>>(), names, "{kind}");
        let elsewhere = if kind.of_environment() { None } else { Some(key("production")) };
        assert_eq!(values(&of, &PartPlace { environment: elsewhere, ..place.clone() }), None, "{kind}");
    }
    assert_eq!(values(&of, &at(Some("production"), PartKind::LoadBalancer, "other")), None);
    assert_eq!(title(&of, &at(Some("production"), PartKind::Catalog, "log")), "Log catalog");
    assert_eq!(title(&of, &at(None, PartKind::Tool, "gone")), "gone");
}

#[test]
fn values_are_shown_by_their_names() {
    let of = enterprise();
    let shown = |kind, name: &str, value: &str| {
        shown(&of, fields(kind).iter().find(|field| field.name == name).unwrap(), value)
    };
    assert_eq!(shown(PartKind::DatabaseServer, "engine", "postgresql"), "PostgreSQL");
    assert_eq!(shown(PartKind::DatabaseServer, "cores", "8"), "8");
    let center = &of.data_centers[&key("data-center-1")].name;
    assert_eq!(shown(PartKind::DatabaseServer, "data_center", "data-center-1"), center.as_str());
    assert_eq!(shown(PartKind::DatabaseServer, "data_center", ""), "");
    assert_eq!(
        shown(PartKind::LoadBalancer, "data_centers", "data-center-1,moon"),
        format!("{center}, moon")
    );
}

#[test]
fn each_kind_is_added_and_changed() {
    let mut of = enterprise();
    let production = key("production");
    of.environments.get_mut(&production).unwrap().load_balancer = None;
    of.environments.get_mut(&production).unwrap().catalogs.remove(&CatalogKind::Log);
    for (kind, named, new, other) in [
        (PartKind::DataCenter, "", vec![("name", "West quay")], ("name", "East quay")),
        (
            PartKind::DatabaseServer,
            "",
            vec![
                ("name", "Ledger"),
                ("engine", "oracle"),
                ("sharing", "dedicated"),
                ("cores", "8"),
                ("memory_gib", "64"),
            ],
            ("version", "19c"),
        ),
        (
            PartKind::Tool,
            "",
            vec![("name", "Builds"), ("kind", "mobile_builds"), ("address", "https://builds.example")],
            ("about", "Builds packages."),
        ),
        (
            PartKind::LoadBalancer,
            "",
            vec![("name", "Gate"), ("data_centers", " data-center-1 ,")],
            ("host", "gate:443"),
        ),
        (
            PartKind::Zone,
            "",
            vec![("name", "Back office"), ("address", "https://back.example")],
            ("is_default", "yes"),
        ),
        (
            PartKind::Catalog,
            "log",
            vec![("name", "PROD_LOG"), ("database_server", "production")],
            ("name", "PROD_LOG_2"),
        ),
        (
            PartKind::ExternalDatabase,
            "books",
            vec![("name", "Ledger"), ("engine", "db2_iseries")],
            ("host", "as400"),
        ),
    ] {
        let environment = kind.of_environment().then_some(&production);
        let (place, with) = add(&of, environment, kind, named, &typed(&new)).unwrap();
        let found = values(&with, &place).unwrap();
        for (field, value) in new {
            assert_eq!(found[field], value.trim_matches([' ', ',']), "{kind}");
        }
        assert_eq!(refusals(&with), refusals(&of), "{kind}");
        let changed = change(&with, &place, &typed(&[other])).unwrap();
        let mut expected = found.clone();
        expected.insert(other.0, other.1.to_owned());
        assert_eq!(values(&changed, &place).unwrap(), expected, "what is not typed stays: {kind}");
        let key = match kind {
            PartKind::DataCenter => "west-quay",
            PartKind::DatabaseServer => "ledger",
            PartKind::Tool => "builds",
            PartKind::LoadBalancer => BALANCER,
            PartKind::Zone => "back-office",
            PartKind::Catalog => "log",
            PartKind::ExternalDatabase => "books",
        };
        assert_eq!(place.key.as_str(), key);
    }
}

#[test]
fn another_zone_becomes_the_default() {
    let of = enterprise();
    let production = key("production");
    let zone = typed(&[("name", "Back office"), ("is_default", "yes")]);
    let (place, with) = add(&of, Some(&production), PartKind::Zone, "", &zone).unwrap();
    assert_eq!(with.environments[&production].default_zone, place.key);
    let no = said(change(&with, &place, &typed(&[("is_default", "no")])));
    assert_eq!(no[0].0, "is_default");
    assert!(no[0].1.contains("(R42)"), "{no:?}");
    let refused = remove(&with, &place).unwrap_err().to_string();
    assert!(refused.starts_with("Back office is the default deployment zone of Production"), "{refused}");
}

#[test]
fn everything_wrong_is_said_at_its_field() {
    let of = enterprise();
    let taken = of.database_servers[&key("shared")].name.as_str().to_uppercase();
    let server = typed(&[
        ("name", &taken),
        ("engine", "db3"),
        ("sharing", ""),
        ("version", &"x".repeat(41)),
        ("standby_of", "moon"),
        ("host", "a b"),
        ("data_center", "moon"),
        ("cores", "0"),
        ("memory_gib", "+1"),
        ("colour", "red"),
    ]);
    let problems = said(add(&of, None, PartKind::DatabaseServer, "Not a key", &server));
    let mut named: Vec<_> = problems.iter().map(|(field, _)| field.as_str()).collect();
    named.sort_unstable();
    let expected = [
        "colour",
        "cores",
        "data_center",
        "engine",
        "host",
        "key",
        "memory_gib",
        "name",
        "sharing",
        "standby_of",
        "version",
    ];
    assert_eq!(named, expected, "{problems:?}");
    let sentence = |field: &str| problems.iter().find(|(each, _)| each == field).unwrap().1.as_str();
    assert_eq!(
        sentence("name"),
        format!("There is a database server called “{taken}” already; choose another name.")
    );
    assert_eq!(
        sentence("data_center"),
        "There is no data center “moon” here; choose one of the list, or add it first."
    );
    assert_eq!(
        sentence("cores"),
        "“0” is no whole number from 1 to 65535; leave it empty where it is not recorded."
    );
    assert!(
        sentence("colour").starts_with("“colour” is no field of a database server; there are name, engine,")
    );

    let production = key("production");
    let add = |kind, key: &str, pairs: &[(&str, &str)]| add(&of, Some(&production), kind, key, &typed(pairs));
    assert_eq!(
        said(add(PartKind::LoadBalancer, "", &[("name", "Second")]))[0].1,
        format!(
            "Production has a load balancer already, {}; change that one.",
            of.environments[&production].load_balancer.as_ref().unwrap().name
        )
    );
    assert_eq!(wrong(add(PartKind::LoadBalancer, "other", &[("name", "Second")])), ["key"]);
    assert_eq!(
        wrong(add(PartKind::Catalog, "files", &[("name", "a b")])),
        ["database_server", "name", "key"]
    );
    assert_eq!(
        wrong(add(PartKind::Zone, "", &[("name", ""), ("is_default", "perhaps")])),
        ["name", "is_default"]
    );
    assert_eq!(wrong(add(PartKind::Zone, "", &[("name", "Ü")])), ["key"]);
    assert_eq!(
        said(add(PartKind::Zone, "", &[("name", "New")]))[0].1,
        "The address of a new deployment zone ends in “new”; choose another key."
    );
    let itself =
        change(&of, &at(None, PartKind::DatabaseServer, "shared"), &typed(&[("standby_of", "shared")]));
    assert_eq!(
        said(itself),
        [(
            "standby_of".to_owned(),
            "A database server is no standby of itself; choose its primary.".to_owned()
        )]
    );
    assert_eq!(wrong(add(PartKind::ExternalDatabase, "", &[("name", " ")])), ["name", "engine"]);
    assert_eq!(
        wrong(add(PartKind::LoadBalancer, "", &[("name", "a"), ("data_centers", "moon, sun")])).len(),
        3
    );
    assert_eq!(
        said(add(PartKind::Catalog, "log", &[("name", "x"), ("database_server", "production")]))[0].1,
        "Production has its Log catalog already; change that one."
    );
}

#[test]
fn a_catalog_belongs_to_one_environment() {
    let of = enterprise();
    let (test, development) = (key("test"), key("development"));
    let taken = &of.environments[&development].catalogs[&CatalogKind::Log];
    let place = at(Some("test"), PartKind::Catalog, "log");
    let same = [("name", taken.name.as_str()), ("database_server", taken.database_server.as_str())];
    let said = said(change(&of, &place, &typed(&same)));
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].0, "name");
    assert!(said[0].1.contains("is the Log catalog of Development already"), "{said:?}");
    let own = &of.environments[&test].catalogs[&CatalogKind::Log];
    let louder = typed(&[("name", &own.name.as_str().to_uppercase())]);
    assert!(change(&of, &place, &louder).is_ok(), "its own name in capitals is no other's");
}

#[test]
fn who_uses_a_part_is_named() {
    let mut of = enterprise();
    let says = |of: &Architecture, place: &PartPlace| remove(of, place).unwrap_err().to_string();
    let shared = at(None, PartKind::DatabaseServer, "shared");
    let said = says(&of, &shared);
    assert!(
        said.contains(
            "cannot be taken out: it is used by the Platform, Log and Session catalogs of Management"
        ),
        "{said}"
    );
    assert!(said.ends_with("catalogs of Development."), "{said}");
    let center = says(&of, &at(None, PartKind::DataCenter, "data-center-1"));
    assert!(center.contains("the database server ") && center.ends_with(" more."), "{center}");
    let zone = typed(&[("name", "Back office")]);
    let production = key("production");
    let (place, with) = add(&of, Some(&production), PartKind::Zone, "", &zone).unwrap();
    of = with;
    let front = of.environments.get_mut(&production).unwrap().front_ends.values_mut().next().unwrap();
    front.zones.insert(place.key.clone());
    let name = front.name.clone();
    assert_eq!(
        says(&of, &place),
        format!("Back office cannot be taken out: it is used by the front-end {name}.")
    );
    assert_eq!(says(&of, &at(None, PartKind::Tool, "moon")), "There is no tool “moon” here.");
}

#[test]
fn a_broken_rule_has_its_field() {
    assert_eq!(
        PartKind::Catalog.field_at("environments/prod/catalogs/log/database_server"),
        "database_server"
    );
    assert_eq!(PartKind::Zone.field_at("environments/prod/default_zone"), "is_default");
    assert_eq!(PartKind::DataCenter.field_at("database_servers/a/host"), "name");
}

#[test]
fn open_kinds_of_catalogs_are_offered() {
    let mut of = enterprise().environments.remove(&key("test")).unwrap();
    assert_eq!(open_keys(&of, PartKind::Catalog), Some(vec![]));
    of.catalogs.remove(&CatalogKind::Session);
    assert_eq!(open_keys(&of, PartKind::Catalog), Some(vec![("session", "Session")]));
    assert_eq!(open_keys(&of, PartKind::Zone), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// What is recorded can be said again, also where it breaks a rule.
    #[test]
    fn what_is_there_changes_nothing(of in arbitrary::architecture()) {
        for place in all(&of) {
            let typed = values(&of, &place).unwrap().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            prop_assert_eq!(change(&of, &place, &typed).unwrap(), of.clone());
            prop_assert_eq!(change(&of, &place, &BTreeMap::new()).unwrap(), of.clone());
        }
    }

    /// A part that nobody uses is taken out, and comes back as it was.
    #[test]
    fn what_was_taken_out_comes_back(of in arbitrary::architecture()) {
        for place in all(&of) {
            let had = values(&of, &place).unwrap();
            let Ok(without) = remove(&of, &place) else {
                let default = had.get("is_default").is_some_and(|each| each == "yes");
                prop_assert!(default || !uses(&of, &place).is_empty());
                continue;
            };
            prop_assert_eq!(values(&without, &place), None);
            prop_assert!(refusals(&without).len() <= refusals(&of).len(), "{:?}", place);
            let itself = had.get("standby_of").is_some_and(|primary| primary == place.key.as_str());
            let typed = had.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            match add(&without, place.environment.as_ref(), place.kind, place.key.as_str(), &typed) {
                Ok((again, after)) => {
                    prop_assert_eq!(again, place);
                    prop_assert_eq!(after, of.clone());
                }
                // Only what broke a rule before does not come back.
                Err(_) => prop_assert!(itself || refusals(&of).len() > refusals(&without).len(), "{:?}", place),
            }
        }
    }
}
