//! Each rule in both outcomes, exceptions, and that no architecture makes a rule fall.

use super::*;
use crate::architecture::arbitrary::architecture;
use crate::architecture::model::{DatabaseServer, Environment, FrontEnd, Tool, Zone};
use crate::architecture::template::template;
use crate::architecture::words::{
    CatalogKind, Edition, Engine, Hosting, PipelinePurpose, Service, Sharing, ToolKind, Topology,
};
use crate::environment::Purpose;
use crate::text::Key;
use proptest::prelude::*;
use std::collections::BTreeSet;

const NOW: Timestamp = Timestamp(1_000);

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// The Enterprise architecture with everything recorded that a template leaves open: no rule finds anything.
fn sound() -> Architecture {
    let mut made = template(Edition::Enterprise, Hosting::OnPremises, Engine::SqlServer).unwrap();
    for (environment, one) in &mut made.environments {
        one.address = Some(format!("https://{environment}.example.org").parse().unwrap());
        for (server, front_end) in &mut one.front_ends {
            front_end.host = Some(format!("{server}.{environment}.example.org:8443").parse().unwrap());
            front_end.version = Some("1.4".parse().unwrap());
        }
    }
    let tool = Tool {
        name: "Builder".parse().unwrap(),
        kind: ToolKind::MobileBuilds,
        address: "https://builds.example.org".parse().unwrap(),
        about: None,
    };
    made.tools.insert(key("builder"), tool);
    made
}

fn environment<'a>(of: &'a mut Architecture, environment: &str) -> &'a mut Environment {
    of.environments.get_mut(&key(environment)).unwrap()
}

fn front_end<'a>(of: &'a mut Architecture, place: &str, server: &str) -> &'a mut FrontEnd {
    environment(of, place).front_ends.get_mut(&key(server)).unwrap()
}

fn database<'a>(of: &'a mut Architecture, server: &str) -> &'a mut DatabaseServer {
    of.database_servers.get_mut(&key(server)).unwrap()
}

fn stages(of: &mut Architecture, pipeline: &str, stages: &[&str]) {
    of.pipelines.get_mut(&key(pipeline)).unwrap().stages = stages.iter().map(|stage| key(stage)).collect();
}

fn move_catalogs(of: &mut Architecture, place: &str, server: &str) {
    for catalog in environment(of, place).catalogs.values_mut() {
        catalog.database_server = key(server);
    }
}

/// What breaks a rule: its id, where it is found, and how the sound architecture becomes unsound.
type Case = (&'static str, &'static str, fn(&mut Architecture));

const CASES: &[Case] = &[
    ("A01", "environments/test/front_ends/fe-1/data_center", |a| {
        front_end(a, "test", "fe-1").data_center = Some(key("moon"));
    }),
    ("A01", "environments/test/front_ends/fe-1/zones", |a| {
        front_end(a, "test", "fe-1").zones.insert(key("moon"));
    }),
    ("A01", "environments/production/load_balancer/data_centers", |a| {
        environment(a, "production").load_balancer.as_mut().unwrap().data_centers.insert(key("moon"));
    }),
    ("A01", "environments/test/catalogs/log/database_server", |a| {
        environment(a, "test").catalogs.get_mut(&CatalogKind::Log).unwrap().database_server = key("moon");
    }),
    ("A01", "pipelines/main/stages", |a| stages(a, "main", &["development", "moon", "production"])),
    ("A01", "database_servers/test/data_center", |a| database(a, "test").data_center = Some(key("moon"))),
    ("A01", "database_servers/production-standby/standby_of", |a| {
        database(a, "production-standby").standby_of = Some(key("moon"));
    }),
    ("A02", "order", |a| drop(a.order.pop())),
    ("A02", "order", |a| a.order.push(key("test"))),
    ("A02", "order", |a| a.order.push(key("moon"))),
    ("A03", "environments/test/name", |a| environment(a, "test").name = "DEVELOPMENT".parse().unwrap()),
    ("A03", "environments/production/front_ends/fe-2/name", |a| {
        front_end(a, "production", "fe-2").name = "front-end 1".parse().unwrap();
    }),
    ("A03", "database_servers/test/name", |a| {
        database(a, "test").name = "Shared database".parse().unwrap();
    }),
    ("A04", "pipelines/main/stages", |a| stages(a, "main", &["test", "development", "production"])),
    ("A04", "pipelines/main/stages", |a| stages(a, "main", &["development", "test", "test", "production"])),
    ("A05", "environments/test/default_zone", |a| environment(a, "test").default_zone = key("moon")),
    ("A06", "environments/development/catalogs/log/name", |a| {
        environment(a, "development").catalogs.get_mut(&CatalogKind::Log).unwrap().name =
            "MANAGEMENT_platform".parse().unwrap();
    }),
    ("A06", "environments/test/catalogs/log/name", |a| {
        environment(a, "test").catalogs.get_mut(&CatalogKind::Log).unwrap().name =
            "test_platform".parse().unwrap();
    }),
    ("A07", "pipelines/main/stages", |a| stages(a, "main", &["management", "development", "production"])),
    ("A08", "environments/test/front_ends", |a| {
        let more = front_end(a, "test", "fe-1").clone();
        environment(a, "test").front_ends.insert(key("fe-2"), more);
    }),
    ("A08", "environments/test/front_ends", |a| environment(a, "test").front_ends.clear()),
    ("A09", "environments/departmental-production/front_ends", |a| {
        environment(a, "departmental-production").front_ends.remove(&key("fe-2"));
    }),
    ("A10", "environments/production/load_balancer", |a| environment(a, "production").load_balancer = None),
    ("A11", "environments/production/front_ends", |a| {
        front_end(a, "production", "fe-2").services.insert(Service::DeploymentController);
    }),
    ("A11", "environments/test/front_ends", |a| {
        front_end(a, "test", "fe-1").services.remove(&Service::DeploymentController);
    }),
    ("A12", "environments/production/front_ends/fe-3/services", |a| {
        front_end(a, "production", "fe-3").services.remove(&Service::Deployment);
    }),
    ("A13", "environments/test/front_ends", |a| {
        front_end(a, "test", "fe-1").services.remove(&Service::Scheduler);
    }),
    ("A14", "environments/test/front_ends/fe-1/services", |a| {
        front_end(a, "test", "fe-1").services.remove(&Service::ServerIdentity);
    }),
    ("A15", "environments/production/front_ends", |a| {
        front_end(a, "production", "fe-4").version = Some("1.3".parse().unwrap());
    }),
    ("A16", "environments/test/front_ends", |a| {
        front_end(a, "test", "fe-1").version = Some("1.5".parse().unwrap());
    }),
    ("A17", "pipelines/main/stages", |a| {
        front_end(a, "test", "fe-1").version = Some("1.3".parse().unwrap());
    }),
    ("A18", "environments/production/front_ends/fe-2/zones", |a| {
        front_end(a, "production", "fe-2").zones.clear();
    }),
    ("A19", "environments/production/zones/public", |a| {
        let zone = Zone { name: "Public".parse().unwrap(), address: None };
        environment(a, "production").zones.insert(key("public"), zone);
    }),
    ("A20", "environments/production/front_ends/fe-2/host", |a| {
        front_end(a, "production", "fe-2").host = Some("FE-1.production.example.org:8443".parse().unwrap());
    }),
    ("A21", "environments/management/front_ends/fe-1/host", |a| {
        front_end(a, "management", "fe-1").host = Some("fe-1.test.example.org:9443".parse().unwrap());
    }),
    ("A22", "environments/test/catalogs", |a| {
        environment(a, "test").catalogs.remove(&CatalogKind::Session);
    }),
    ("A23", "database_servers/test/sharing", |a| move_catalogs(a, "departmental-test", "test")),
    ("A24", "environments/production/catalogs", |a| move_catalogs(a, "production", "shared")),
    ("A24", "environments/production/catalogs", |a| database(a, "production").sharing = Sharing::Shared),
    ("A25", "environments/test/catalogs", |a| {
        environment(a, "test").topology = Topology::Farm;
        move_catalogs(a, "test", "shared");
    }),
    ("A26", "database_servers/production-standby/standby_of", |a| {
        database(a, "production-standby").engine = Engine::Oracle;
    }),
    ("A26", "database_servers/production-standby/standby_of", |a| {
        database(a, "production").standby_of = Some(key("test"));
    }),
    ("A26", "database_servers/test/standby_of", |a| database(a, "test").standby_of = Some(key("test"))),
    ("A26", "database_servers/production-standby", |a| {
        environment(a, "test").catalogs.get_mut(&CatalogKind::Log).unwrap().database_server =
            key("production-standby");
    }),
    ("A26", "database_servers/production-standby/standby_of", |a| {
        database(a, "production").engine = Engine::Sqlite;
        database(a, "production-standby").engine = Engine::Sqlite;
    }),
    ("A27", "database_servers/production-standby/data_center", |a| {
        database(a, "production-standby").data_center = Some(key("data-center-1"));
    }),
    ("A28", "environments/production/catalogs", |a| {
        a.database_servers.remove(&key("production-standby"));
    }),
    ("A29", "database_servers/test/engine", |a| database(a, "test").engine = Engine::AzureSql),
    ("A30", "environments/production/front_ends", |a| {
        for server in environment(a, "production").front_ends.values_mut() {
            server.data_center = Some(key("data-center-1"));
        }
    }),
    ("A31", "environments/production/topology", |a| {
        environment(a, "production").topology = Topology::Standalone;
    }),
    ("A32", "environments/production/catalogs", |a| move_catalogs(a, "departmental-test", "production")),
    ("A33", "environments", |a| {
        for place in ["test", "departmental-test"] {
            environment(a, place).purpose = Purpose::Acceptance;
        }
    }),
    ("A34", "pipelines/main/stages", |a| stages(a, "main", &[])),
    ("A34", "pipelines/main/stages", |a| stages(a, "main", &["test", "production"])),
    ("A34", "pipelines/main/stages", |a| stages(a, "main", &["development", "test"])),
    ("A35", "pipelines/main/stages", |a| {
        environment(a, "test").purpose = Purpose::Production;
        environment(a, "production").purpose = Purpose::Acceptance;
    }),
    ("A36", "environments/test", |a| stages(a, "main", &["development", "production"])),
    ("A37", "environments", |a| environment(a, "management").purpose = Purpose::Test),
    ("A37", "environments", |a| environment(a, "test").purpose = Purpose::Management),
    ("A38", "environments/test/address", |a| {
        environment(a, "test").address = Some("http://test.example.org".parse().unwrap());
    }),
    ("A39", "environments/production/address", |a| {
        environment(a, "production").address = Some("https://TEST.example.org/".parse().unwrap());
    }),
    ("A40", "tools/builder/address", |a| {
        a.tools.get_mut(&key("builder")).unwrap().address = "http://builds.example.org".parse().unwrap();
    }),
];

#[test]
fn every_rule_in_both_outcomes() {
    let found = findings(&sound(), &[], NOW);
    assert!(found.is_empty(), "{found:#?}");
    for (id, path, breaks) in CASES {
        let mut broken = sound();
        breaks(&mut broken);
        let found = findings(&broken, &[], NOW);
        let finding = found.iter().find(|f| f.rule.to_string() == *id && f.path == *path);
        let finding = finding.unwrap_or_else(|| panic!("{id} at {path}: {found:#?}"));
        let rule = finding.rule.rule();
        assert_eq!(finding.severity, rule.severity, "{id}");
        let refused = refusals(&broken).iter().any(|f| f.rule == finding.rule && f.path == *path);
        assert_eq!(refused, rule.refuses, "{id}");
    }
    let cased: BTreeSet<String> = CASES.iter().map(|(id, ..)| (*id).to_owned()).collect();
    let all: BTreeSet<String> = RULES.iter().map(|rule| rule.id.to_string()).collect();
    assert_eq!(cased, all, "each rule has a case");
}

#[test]
fn rules_are_data_in_order() {
    for (number, rule) in (1..).zip(&RULES) {
        assert_eq!(rule.id, RuleId(number));
        assert_eq!(rule.id.to_string().parse::<RuleId>().unwrap(), rule.id);
        assert!(rule.severity == Severity::Error || !rule.refuses, "{}", rule.id);
        for words in [rule.title, rule.why, rule.todo] {
            assert!(words.ends_with('.') && words.starts_with(char::is_uppercase), "{words}");
        }
        assert!(!rule.source.is_empty());
    }
    for bad in ["", "A00", "A41", "A1", "a01"] {
        assert_eq!(
            bad.parse::<RuleId>().unwrap_err().to_string(),
            format!("“{bad}” is no rule: rules are A01 to A40.")
        );
    }
}

fn excepted(rule: &str, path: &str, expires_at: Timestamp) -> Exception {
    let reason = "The second one comes in spring.".parse().unwrap();
    Exception { rule: rule.parse().unwrap(), path: path.to_owned(), reason, expires_at }
}

#[test]
fn an_exception_holds_until_it_expires() {
    let mut broken = sound();
    broken.database_servers.remove(&key("production-standby"));
    let path = "environments/production/catalogs";
    let one = |exceptions: &[Exception]| {
        let mut found = findings(&broken, exceptions, NOW);
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    };
    let open = one(&[]);
    assert!(open.counts() && open.acceptance.is_none());
    assert!(open.sentences().ends_with("Add a standby of it."), "{}", open.sentences());

    let held = one(&[excepted("A28", path, NOW.plus(1))]);
    assert!(!held.counts());
    assert!(held.sentences().ends_with("It is accepted for now: “The second one comes in spring.”"));

    let over = one(&[excepted("A28", path, NOW)]);
    assert!(over.counts());
    assert!(
        over.sentences()
            .ends_with("It was accepted (“The second one comes in spring.”), and the exception has expired.")
    );

    let both = [excepted("A28", path, NOW), excepted("A28", path, NOW.plus(1)), excepted("A28", path, NOW)];
    assert!(!one(&both).counts(), "the longest counts");
    assert!(one(&[excepted("A28", "environments/test/catalogs", NOW.plus(1))]).counts(), "another place");
    assert!(one(&[excepted("A24", path, NOW.plus(1))]).counts(), "another rule");
}

#[test]
fn no_exception_from_a_rule_that_refuses() {
    let mut broken = sound();
    broken.order.pop();
    let found = findings(&broken, &[excepted("A02", "order", NOW.plus(1))], NOW);
    assert!(found.iter().all(Finding::counts));
}

#[test]
fn the_worst_comes_first_and_two_thousand_servers_are_looked_at() {
    let mut made = sound();
    environment(&mut made, "test").topology = Topology::Farm;
    stages(&mut made, "main", &["development", "production"]);
    let found = findings(&made, &[], NOW);
    assert!(found.is_sorted_by_key(|finding| (finding.severity, finding.rule)));
    assert!(found.len() > 2);

    // 200 environments of ten servers.
    let like = environment(&mut made, "production").clone();
    for number in 0..200 {
        let name = format!("e-{number}");
        let mut one = like.clone();
        one.name = name.parse().unwrap();
        for server in 5..=10 {
            let more = one.front_ends[&key("fe-2")].clone();
            one.front_ends.insert(key(&format!("fe-{server}")), more);
        }
        made.order.push(key(&name));
        made.environments.insert(key(&name), one);
    }
    assert!(findings(&made, &[], NOW).len() > 200);
}

#[test]
fn only_compliance_asks_for_segregation() {
    let mut made = sound();
    move_catalogs(&mut made, "departmental-test", "production");
    made.pipelines.get_mut(&key("main")).unwrap().purposes.remove(&PipelinePurpose::Compliance);
    assert!(findings(&made, &[], NOW).iter().all(|finding| finding.rule.to_string() != "A32"));
}

proptest! {
    #[test]
    fn no_architecture_makes_a_rule_fall(made in architecture()) {
        for finding in findings(&made, &[], NOW) {
            prop_assert!(finding.what.ends_with('.') && !finding.what.contains('\n'), "{}", finding.what);
            let text = serde_json::to_string(&finding).unwrap();
            prop_assert_eq!(serde_json::from_str::<Finding>(&text).unwrap(), finding);
        }
    }
}

#[test]
fn every_rule_is_in_the_document() {
    let document = include_str!("../../../../docs/infrastructure.md");
    for rule in &RULES {
        let breaks = if rule.refuses { "refuses" } else { rule.severity.word() };
        let line = format!("| {} | {breaks} | {} | {} |", rule.id, rule.title, rule.todo);
        assert!(document.lines().any(|each| each == line), "docs/infrastructure.md lacks: {line}");
    }
    assert_eq!(document.lines().filter(|line| line.starts_with("| A")).count(), RULES.len());
}

#[test]
fn the_example_of_the_document_is_an_architecture() {
    let document = include_str!("../../../../docs/infrastructure.md");
    let example = document.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let read = crate::architecture::file::import(example).unwrap();
    assert_eq!((read.environments.len(), read.pipelines.len(), read.tools.len()), (2, 1, 1));
}
