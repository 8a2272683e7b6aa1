//! The parts of an architecture, each added, changed and taken out, and what is refused.

use crate::common::{HOME, World};
use operations::view::{PartInput, PartRow};
use operations::{AuditQuery, Caller, OperationError, PartAt, ServerInput};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn at(environment: &str, kind: &str, key: &str) -> PartAt {
    let environment = (!environment.is_empty()).then(|| environment.to_owned());
    PartAt { environment, kind: kind.to_owned(), key: key.to_owned() }
}

fn typed(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn fields<T: std::fmt::Debug>(result: operations::Result<T>) -> Vec<(&'static str, String)> {
    match result.unwrap_err() {
        OperationError::Invalid { fields } => {
            fields.into_iter().map(|each| (each.field, each.sentence)).collect()
        }
        other => panic!("not about fields: {other}"),
    }
}

async fn parts(world: &World, who: &Caller, environment: Option<&str>) -> Vec<PartRow> {
    world.console.parts(who, HOME, environment).await.unwrap()
}

async fn file(world: &World) -> String {
    world.console.architecture_file(&world.local, HOME).await.unwrap()
}

async fn add(world: &World, at: &PartAt, pairs: &[(&str, &str)]) {
    world.console.add_part(&world.local, HOME, at, &typed(pairs)).await.unwrap();
}

/// The newest entry of an operation, with what was before and after.
async fn newest(world: &World, operation: &str) -> (Value, Value, String, String) {
    let query = AuditQuery { operation: Some(operation.to_owned()), ..AuditQuery::default() };
    let rows = world.console.audit(&world.local, HOME, &query).await.unwrap().entries.rows;
    let page = world.console.audit_entry(&world.local, HOME, rows[0].id).await.unwrap();
    (page.before, page.after, page.row.object_kind, page.row.object_id)
}

/// One of each kind: where it is, what is typed, its key, another value of a field.
type One = (
    &'static str,
    &'static str,
    &'static str,
    Vec<(&'static str, &'static str)>,
    &'static str,
    (&'static str, &'static str),
);

fn each() -> Vec<One> {
    vec![
        ("", "data_center", "", vec![("name", "East quay")], "east-quay", ("name", "West quay")),
        (
            "",
            "database_server",
            "",
            vec![("name", "Ledger"), ("engine", "postgresql"), ("sharing", "shared"), ("cores", "8")],
            "ledger",
            ("data_center", "east-quay"),
        ),
        (
            "",
            "tool",
            "builds",
            vec![("name", "Mobile builds"), ("kind", "mobile_builds"), ("address", "https://builds.example")],
            "builds",
            ("about", "Builds packages for phones."),
        ),
        ("prod", "load_balancer", "", vec![("name", "Gate")], "balancer", ("data_centers", "east-quay")),
        (
            "prod",
            "zone",
            "",
            vec![("name", "Back office")],
            "back-office",
            ("address", "https://back.example"),
        ),
        (
            "prod",
            "catalog",
            "log",
            vec![("name", "prod_log"), ("database_server", "ledger")],
            "log",
            ("name", "PROD_LOG"),
        ),
        (
            "prod",
            "external_database",
            "",
            vec![("name", "Accounts"), ("engine", "oracle"), ("host", "ora.example:1521")],
            "accounts",
            ("version", "19c"),
        ),
    ]
}

#[tokio::test]
async fn each_kind_is_added_changed_and_taken_out() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let console = &world.console;
    let empty = file(&world).await;
    for (environment, kind, key, new, made, (field, value)) in each() {
        let mut dry = ada.clone();
        dry.limits.dry_run = true;
        let before = file(&world).await;
        console.add_part(&dry, HOME, &at(environment, kind, key), &typed(&new)).await.unwrap();
        assert_eq!(file(&world).await, before, "only tried: {kind}");
        let added = console.add_part(&ada, HOME, &at(environment, kind, key), &typed(&new)).await.unwrap();
        assert_eq!((added.kind.word(), added.key.as_str()), (kind, made));
        let (before, after, object, id) = newest(&world, "part.add").await;
        assert_eq!((before, object.as_str()), (Value::Null, kind));
        assert_eq!(
            id,
            if environment.is_empty() { made.to_owned() } else { format!("{environment}/{made}") }
        );
        assert_eq!(after["name"], new.iter().find(|(name, _)| *name == "name").unwrap().1, "{after}");

        let place = at(environment, kind, made);
        console.change_part(&ada, HOME, &place, &typed(&[(field, value)])).await.unwrap();
        console.change_part(&ada, HOME, &place, &typed(&[(field, value)])).await.unwrap();
        let (old, new_one, ..) = newest(&world, "part.change").await;
        let expected = if field == "data_centers" { json!([value]) } else { json!(value) };
        assert_eq!(new_one[field], expected, "{kind}");
        assert_eq!(old, after, "what was is told, too");
        let within = (!environment.is_empty()).then_some(environment);
        let rows = parts(&world, &ada, within).await;
        let row = rows.iter().find(|row| row.kind.word() == kind && row.key == made).unwrap();
        assert_eq!(row.values[field], expected);
        assert_eq!(row.environment.as_deref(), within);
        let form = console.part_form(&ada, HOME, &place).await.unwrap();
        assert_eq!(form.key.as_deref(), Some(made));
        assert_eq!(form.fields.iter().find(|each| each.name == field).unwrap().text, value);
    }
    assert_eq!(world.count("part.add", "done").await, 7);
    assert_eq!(world.count("part.change", "done").await, 7, "what changes nothing has no entry");

    // From the last to the first: nobody uses them any more.
    for (environment, kind, _, _, made, _) in each().into_iter().rev() {
        let place = at(environment, kind, made);
        assert_eq!(console.part_form(&ada, HOME, &place).await.unwrap().remove, Some(Ok(())), "{kind}");
        console.remove_part(&ada, HOME, &place).await.unwrap();
        let (before, after, ..) = newest(&world, "part.remove").await;
        assert!(before["name"].is_string() && after.is_null(), "{before} {after}");
        let gone = console.change_part(&ada, HOME, &place, &typed(&[])).await;
        assert!(matches!(gone, Err(OperationError::NotFound { .. })), "{gone:?}");
    }
    assert_eq!(file(&world).await, empty);
}

#[tokio::test]
async fn what_is_wrong_with_a_part_is_said_at_its_field_and_nothing_is_written() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let console = &world.console;
    for (environment, kind, key, new, ..) in each() {
        add(&world, &at(environment, kind, key), &new).await;
    }
    let before = file(&world).await;
    let add = |environment: &'static str,
               kind: &'static str,
               key: &'static str,
               pairs: Vec<(&'static str, &'static str)>| {
        let ada = &ada;
        async move {
            let at = at(environment, kind, key);
            fields(console.add_part(ada, HOME, &at, &typed(&pairs)).await)
        }
    };
    let one = |field: &'static str, sentence: &str| vec![(field, sentence.to_owned())];
    assert_eq!(
        add("", "data_center", "", vec![("name", "EAST QUAY")]).await,
        [
            ("name", "There is a data center called “EAST QUAY” already; choose another name.".to_owned()),
            ("key", "There is a data center “east-quay” already; choose another key.".to_owned())
        ]
    );
    let names = |said: &[(&'static str, String)]| said.iter().map(|(field, _)| *field).collect::<Vec<_>>();
    let wrong = vec![
        ("name", ""),
        ("engine", "db3"),
        ("sharing", "ours"),
        ("version", "a\tb"),
        ("host", "a b"),
        ("data_center", "moon"),
        ("standby_of", "moon"),
        ("cores", "many"),
        ("memory_gib", "-1"),
    ];
    let said = add("", "database_server", "no key", wrong).await;
    assert_eq!(
        names(&said),
        [
            "name",
            "engine",
            "sharing",
            "version",
            "host",
            "standby_of",
            "data_center",
            "cores",
            "memory_gib",
            "key"
        ],
        "{said:?}"
    );
    assert!(said.iter().all(|(_, sentence)| sentence.ends_with('.') && sentence.len() > 20), "{said:?}");
    let said =
        add("", "tool", "", vec![("name", "mobile BUILDS"), ("kind", "hammer"), ("address", "builds")]).await;
    assert_eq!(names(&said), ["name", "kind", "address"], "{said:?}");
    assert_eq!(
        add("prod", "load_balancer", "", vec![("name", "Second")]).await,
        one("name", "Production has a load balancer already, Gate; change that one.")
    );
    assert_eq!(
        add("test", "load_balancer", "", vec![("name", "Gate"), ("data_centers", "moon")]).await,
        one("data_centers", "There is no data center “moon” here; choose one of the list, or add it first.")
    );
    assert_eq!(
        add("prod", "zone", "", vec![("name", "back office"), ("colour", "red")]).await,
        [
            (
                "fields",
                "“colour” is no field of a deployment zone; there are name, address, is_default.".to_owned()
            ),
            (
                "name",
                "Production has a deployment zone called “back office” already; choose another name."
                    .to_owned()
            ),
            ("key", "There is a deployment zone “back-office” already; choose another key.".to_owned())
        ]
    );
    let taken = vec![("name", "PROD_log"), ("database_server", "ledger")];
    assert_eq!(
        add("test", "catalog", "session", taken).await,
        one(
            "name",
            "The catalog “PROD_log” on Ledger is the Log catalog of Production already; choose another name or another database server."
        )
    );
    assert_eq!(names(&add("test", "catalog", "", vec![("name", "x")]).await), ["database_server", "key"]);
    let said = add("test", "catalog", "log", vec![("name", "x"), ("database_server", "moon")]).await;
    assert_eq!(
        said,
        one(
            "database_server",
            "There is no database server “moon” here; choose one of the list, or add it first."
        )
    );
    assert_eq!(
        names(&add("prod", "external_database", "", vec![("name", "accounts"), ("engine", "")]).await),
        ["name", "engine", "key"]
    );
    assert_eq!(
        add("", "zone", "", vec![("name", "Nowhere")]).await,
        one("environment", "A deployment zone belongs to an environment; name it.")
    );
    assert_eq!(
        add("prod", "tool", "", vec![("name", "Nowhere")]).await,
        one("environment", "A tool belongs to the infrastructure; name no environment.")
    );
    let gone = console.add_part(&ada, HOME, &at("", "bridge", ""), &typed(&[])).await.unwrap_err();
    assert!(matches!(gone, OperationError::NotFound { .. }), "{gone}");
    let gone = console.add_part(&ada, HOME, &at("moon", "zone", ""), &typed(&[])).await.unwrap_err();
    assert_eq!(gone.sentence(), "There is no environment “moon” here.");

    // The same of one that is there.
    let change = console
        .change_part(&ada, HOME, &at("prod", "zone", "default"), &typed(&[("is_default", "no")]))
        .await;
    assert_eq!(
        fields(change),
        one(
            "is_default",
            "An environment always has a default zone (R42); make another one the default instead."
        )
    );
    let change = console
        .change_part(&ada, HOME, &at("prod", "zone", "back-office"), &typed(&[("name", "DEFAULT")]))
        .await;
    assert_eq!(fields(change)[0].0, "name");
    assert_eq!(file(&world).await, before, "nothing of it was written");
    assert_eq!(world.count("part.add", "done").await, 7);
    assert_eq!(world.count("part.change", "done").await, 0);
    assert_eq!(world.count("part.change", "failed").await, 2);
    assert_eq!(world.count("part.add", "failed").await, 14);
}

#[tokio::test]
async fn what_is_used_stays_and_says_by_whom() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let console = &world.console;
    for (environment, kind, key, new, ..) in each() {
        add(&world, &at(environment, kind, key), &new).await;
    }
    let front = ServerInput {
        name: "prod-1".into(),
        data_center: "east-quay".into(),
        zones: Some(vec!["default".into(), "back-office".into()]),
        ..ServerInput::default()
    };
    console.change_server(&ada, HOME, "prod", "prod-1", &front).await.unwrap();
    let standby =
        [("name", "Second"), ("engine", "postgresql"), ("sharing", "shared"), ("standby_of", "ledger")];
    add(&world, &at("", "database_server", ""), &standby).await;
    let before = file(&world).await;
    for (place, sentence) in [
        (
            at("", "data_center", "east-quay"),
            "East quay cannot be taken out: it is used by the front-end prod-1 of Production.",
        ),
        (
            at("", "database_server", "ledger"),
            "Ledger cannot be taken out: it is used by the Log catalog of Production and the standby Second.",
        ),
        (
            at("prod", "zone", "back-office"),
            "Back office cannot be taken out: it is used by the front-end prod-1.",
        ),
        (
            at("prod", "zone", "default"),
            "Default is the default deployment zone of Production, which always has one (R42); make another zone the default first.",
        ),
    ] {
        let refused = console.remove_part(&ada, HOME, &place).await.unwrap_err();
        assert!(matches!(refused, OperationError::Conflict { .. }));
        assert_eq!(refused.sentence(), sentence);
        let form = console.part_form(&ada, HOME, &place).await.unwrap();
        assert_eq!(form.remove.unwrap().unwrap_err().sentence, sentence, "the form says it before");
    }
    assert_eq!(file(&world).await, before);
    assert_eq!(world.count("part.remove", "failed").await, 4);

    // Another default, and the old one can go when nobody belongs to it.
    console
        .change_part(&ada, HOME, &at("prod", "zone", "back-office"), &typed(&[("is_default", "yes")]))
        .await
        .unwrap();
    let rows = parts(&world, &ada, Some("prod")).await;
    let default = rows.iter().filter(|row| row.values.get("is_default") == Some(&json!(true)));
    assert_eq!(default.map(|row| row.key.as_str()).collect::<Vec<_>>(), ["back-office"]);
}

#[tokio::test]
async fn parts_are_for_who_manages_the_infrastructure() {
    let world = World::new().await;
    let rita = world.user("rita").await;
    let console = &world.console;
    add(
        &world,
        &at("", "tool", ""),
        &[("name", "Builds"), ("kind", "other"), ("address", "https://builds.example")],
    )
    .await;
    let before = file(&world).await;
    let (place, new) = (at("", "tool", "builds"), at("", "data_center", ""));
    for denied in [
        console.parts(&rita, HOME, None).await.map(drop),
        console.part_form(&rita, HOME, &place).await.map(drop),
        console.add_part(&rita, HOME, &new, &typed(&[("name", "West")])).await.map(drop),
        console.change_part(&rita, HOME, &place, &typed(&[("name", "Other")])).await.map(drop),
        console.remove_part(&rita, HOME, &place).await.map(drop),
    ] {
        assert!(matches!(denied, Err(OperationError::Denied { .. })), "{denied:?}");
    }
    assert_eq!(file(&world).await, before);
    for operation in ["part.add", "part.change", "part.remove"] {
        assert_eq!(world.count(operation, "denied").await, 1, "{operation}");
    }
}

#[tokio::test]
async fn a_form_offers_what_can_be_chosen() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let console = &world.console;
    for (environment, kind, key, new, ..) in each() {
        add(&world, &at(environment, kind, key), &new).await;
    }
    let form = console.part_form(&ada, HOME, &at("prod", "catalog", "")).await.unwrap();
    let keys: Vec<_> = form.keys.unwrap().into_iter().map(|each| each.key).collect();
    assert_eq!(keys, ["platform", "session"], "the log has its catalog");
    let server = &form.fields[0];
    assert_eq!((server.name, server.input, server.required), ("database_server", PartInput::Choice, true));
    assert_eq!(server.choices[0].name, "Ledger");
    let form = console.part_form(&ada, HOME, &at("", "database_server", "ledger")).await.unwrap();
    let primary = form.fields.iter().find(|field| field.name == "standby_of").unwrap();
    assert!(primary.choices.is_empty(), "a server is no standby of itself");
    assert_eq!(form.used_by, ["the Log catalog of Production"]);
    let rows = parts(&world, &ada, Some("prod")).await;
    let catalog = rows.iter().find(|row| row.kind.word() == "catalog").unwrap();
    assert_eq!((catalog.name.as_str(), catalog.shown["database_server"].as_str()), ("Log catalog", "Ledger"));
    let missing = console.part_form(&ada, HOME, &at("prod", "catalog", "files")).await.unwrap_err();
    assert_eq!(missing.sentence(), "Production has no catalog “files”.");
}
