//! The reference architectures, counted.

use super::model::Architecture;
use super::rules::{self, Severity};
use super::template::{grow, template};
use super::words::{Edition, Engine, Hosting, Sharing, Topology};
use crate::environment::Purpose;
use crate::text::Key;
use crate::time::Timestamp;
use std::collections::BTreeSet;

fn made(edition: Edition) -> Architecture {
    template(edition, Hosting::ManagedCloud, Engine::SqlServer).unwrap()
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

#[test]
fn they_are_counted_as_the_document_does() {
    for (edition, databases, front_ends, environments, pipelines) in
        [(Edition::Basic, 2, 4, 3, 1), (Edition::Standard, 4, 8, 4, 1), (Edition::Enterprise, 6, 10, 5, 2)]
    {
        let made = made(edition);
        assert_eq!(made.edition, Some(edition));
        assert_eq!(made.database_servers.len(), databases, "{edition}");
        assert_eq!(made.front_end_count(), front_ends, "{edition}");
        let beside = made.environments.values().filter(|e| e.purpose != Purpose::Management).count();
        assert_eq!((beside, made.environments.len()), (environments, environments + 1), "{edition}");
        assert_eq!(made.pipelines.len(), pipelines, "{edition}");
    }
}

fn front_ends(of: &Architecture) -> Vec<(&str, usize)> {
    of.in_order().into_iter().map(|(key, one)| (key.as_str(), one.front_ends.len())).collect()
}

#[test]
fn their_servers_stand_where_the_document_puts_them() {
    let basic = made(Edition::Basic);
    assert_eq!(front_ends(&basic), [("management", 1), ("development", 1), ("test", 1), ("production", 1)]);
    assert_eq!(basic.database_servers[&key("shared")].sharing, Sharing::Shared);
    assert_eq!(basic.database_servers[&key("production")].sharing, Sharing::Dedicated);

    let standard = made(Edition::Standard);
    assert_eq!(
        front_ends(&standard),
        [("management", 1), ("development", 1), ("test", 1), ("acceptance", 1), ("production", 4)]
    );
    let production = &standard.environments[&key("production")];
    assert!(production.topology == Topology::Farm && production.load_balancer.is_some());
    let centers: std::collections::BTreeSet<_> =
        production.front_ends.values().map(|server| server.data_center.clone()).collect();
    assert_eq!(centers.len(), 2, "over two data centers");
    assert_eq!(standard.standbys_of(&key("production")).count(), 1);
    assert!(standard.is_mission_critical(&key("production")));

    let enterprise = made(Edition::Enterprise);
    assert_eq!(
        front_ends(&enterprise),
        [
            ("management", 1),
            ("development", 1),
            ("departmental-test", 1),
            ("test", 1),
            ("departmental-production", 2),
            ("production", 4)
        ]
    );
    assert_eq!(enterprise.pipelines_of(&key("development")).count(), 2, "one Development for both");
    assert!(!enterprise.is_mission_critical(&key("departmental-production")));
    let shared =
        enterprise.environments.iter().filter(|(_, e)| e.database_servers().contains(&key("shared")));
    assert_eq!(shared.map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["development", "management"]);
}

#[test]
fn no_rule_finds_anything_in_them() {
    for edition in Edition::ALL {
        for hosting in Hosting::ALL {
            for engine in Engine::ALL {
                let Ok(made) = template(*edition, *hosting, *engine) else {
                    assert_eq!(*engine, Engine::Sqlite);
                    continue;
                };
                // Azure SQL elsewhere than on Azure is worth an advice.
                let found = rules::findings(&made, &rules::Reported::nothing(), &[], Timestamp(0));
                assert!(found.iter().all(|f| f.severity == Severity::Advice), "{found:#?}");
                assert!(found.is_empty() || *engine == Engine::AzureSql, "{found:#?}");
            }
        }
    }
    let refused = template(Edition::Standard, Hosting::Aws, Engine::Sqlite).unwrap_err().to_string();
    assert_eq!(refused, "Standard has a standby, which SQLite does not know: choose another engine.");
    assert!(template(Edition::Basic, Hosting::Aws, Engine::Sqlite).is_ok());
}

/// What becomes of one that nobody uses yet.
fn grown(current: &Architecture, edition: Edition) -> Architecture {
    let grown = grow(current, edition, Engine::SqlServer, &BTreeSet::new()).unwrap();
    assert_eq!(grown.kept, []);
    grown.architecture
}

#[test]
fn an_environment_in_use_stays_with_its_database_server_and_its_stage() {
    let standard = made(Edition::Standard);
    let used: BTreeSet<Key> = standard.environments.keys().cloned().collect();
    let grown = grow(&standard, Edition::Enterprise, Engine::SqlServer, &used).unwrap();
    assert_eq!(grown.kept, [key("acceptance")]);
    let became = grown.architecture;
    let mut without = became.clone();
    assert_eq!(
        without.environments.remove(&key("acceptance")),
        standard.environments.get(&key("acceptance")).cloned()
    );
    assert!(without.database_servers.remove(&key("acceptance")).is_some());
    without.order.retain(|each| *each != key("acceptance"));
    without.pipelines.get_mut(&key("main")).unwrap().stages.retain(|each| *each != key("acceptance"));
    assert_eq!(without, made(Edition::Enterprise), "besides it is the template");
    let stages = ["development", "test", "acceptance", "production"].map(key);
    assert_eq!(became.pipelines[&key("main")].stages, stages);
    assert_eq!(rules::refusals(&became), []);
    let again = grow(&became, Edition::Enterprise, Engine::SqlServer, &used).unwrap();
    assert_eq!((again.architecture, again.kept), (became, vec![]), "twice changes nothing");
}

#[test]
fn each_grows_into_the_next() {
    let mut growing = Architecture::empty(Hosting::ManagedCloud);
    for edition in Edition::ALL {
        growing = grown(&growing, *edition);
        assert_eq!(growing, made(*edition));
        assert_eq!(grown(&growing, *edition), growing, "twice changes nothing");
    }
}
