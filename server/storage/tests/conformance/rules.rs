//! The rules in both outcomes, on what came out of the database: a sound architecture is sound there, too, and what breaks a rule is
//! found at its place, but for what a database cannot hold at all.

use crate::world::*;
use domain::architecture::Architecture;
use domain::architecture::rules::cases::{CASES, heard, sound};
use domain::architecture::rules::{Finding, RULES, Reported, findings};
use domain::id::InfrastructureId;
use domain::protocol::ServiceStatus;
use std::collections::BTreeSet;
use storage::servers::ServerStateRow;
use storage::*;
use uuid::Uuid;

/// How it shows that a database does not hold something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// Storing it fails, and nothing of it stays.
    Refused,
    /// What comes out is another architecture, which does not break the rule.
    Lost,
}

/// The cases that no database holds: the rule, the place, which of the rule's cases at that place (from 0), how it shows, and why.
const NOT_HELD: &[(&str, &str, usize, Held, &str)] = &[
    ("A01", "environments/test/front_ends/fe-1/data_center", 0, Held::Lost, OPTIONAL),
    ("A01", "environments/test/front_ends/fe-1/zones", 0, Held::Refused, REFERENCE),
    ("A01", "environments/production/load_balancer/data_centers", 0, Held::Refused, REFERENCE),
    ("A01", "environments/test/catalogs/log/database_server", 0, Held::Refused, REFERENCE),
    ("A01", "pipelines/main/stages", 0, Held::Refused, REFERENCE),
    ("A01", "database_servers/test/data_center", 0, Held::Lost, OPTIONAL),
    ("A01", "database_servers/production-standby/standby_of", 0, Held::Lost, OPTIONAL),
    ("A02", "order", 0, Held::Lost, "an environment has a position always, so the order has it"),
    ("A02", "order", 1, Held::Lost, "an environment has one position"),
    ("A02", "order", 2, Held::Lost, "the order is the environments by position, and nothing else"),
    ("A04", "pipelines/main/stages", 1, Held::Refused, "an environment is a stage of a pipeline once"),
];
const REFERENCE: &str = "what is referred to by its identity is there";
const OPTIONAL: &str = "a key without a part has no identity, so nothing is stored of it";

/// Stores an architecture in place of what is there, and says what came out.
async fn becomes(
    world: &World,
    home: InfrastructureId,
    after: &Architecture,
) -> Result<Architecture, StoreError> {
    let before = architecture::load(&mut world.read().await, home).await?;
    let mut tx = world.change().await;
    let mut ids = || -> Uuid { id() };
    architecture::save(&mut tx, home, &before, after, &mut ids, at(5)).await?;
    tx.commit(entry("test", "x")).await?;
    Ok(architecture::load(&mut world.read().await, home).await?.architecture)
}

fn found(of: &Architecture, reported: &Reported) -> Vec<Finding> {
    findings(of, reported, &[], at(5))
}

/// Stores what is reported of front-ends that are recorded, and says what came out.
async fn says(world: &World, home: InfrastructureId, reported: &Reported) -> Reported {
    let servers = architecture::load(&mut world.read().await, home).await.unwrap().servers;
    let mut tx = world.store.heartbeat().await.unwrap();
    for (key, report) in &reported.front_ends {
        let services: Vec<ServiceStatus> = report
            .services
            .iter()
            .flatten()
            .map(|service| ServiceStatus::of(*service, true, at(4)))
            .collect();
        let row = ServerStateRow {
            server_id: servers[key],
            seen_at: at(4),
            boot_id: "boot".to_owned(),
            version: report.version.map(|version| version.to_string()).unwrap_or_default(),
            reachable: report.services.is_some(),
            public_address: String::new(),
            api_address: String::new(),
            services: serde_json::to_string(&services).unwrap(),
            applications: "[]".to_owned(),
        };
        servers::put_state(&mut tx, &row).await.unwrap();
    }
    tx.commit(at(5)).await.unwrap();
    let out = architecture::reported(&mut world.read().await, home, at(4), None).await.unwrap();
    Reported { console: reported.console, ..out }
}

pub async fn every_rule_holds_and_is_broken_as_stored(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    tx.commit(entry("test", "x")).await.unwrap();
    let stored = becomes(&world, home, &sound()).await.unwrap();
    assert_eq!(stored, sound());
    assert_eq!(found(&stored, &Reported::nothing()), [], "no rule is broken");
    let nobody = architecture::reported(&mut world.read().await, home, at(0), None).await.unwrap();
    assert_eq!(nobody, Reported::nothing());
    let reported = says(&world, home, &heard()).await;
    assert_eq!(reported, heard());
    assert_eq!(found(&stored, &reported), [], "nor is one by what is reported");
    let silent = architecture::reported(&mut world.read().await, home, at(5), None).await.unwrap();
    assert_eq!(silent, Reported::nothing(), "nothing is reported that was not heard since");
    let one = architecture::load(&mut world.read().await, home).await.unwrap().environments;
    let (_, test) = one.iter().find(|(key, _)| key.as_str() == "test").unwrap();
    let some = architecture::reported(&mut world.read().await, home, at(4), Some(*test)).await.unwrap();
    let of: BTreeSet<&str> = some.front_ends.keys().map(|(environment, _)| environment.as_str()).collect();
    assert_eq!(of, BTreeSet::from(["management", "test"]), "what concerns Test alone");

    let (mut broken_as_stored, mut not_held) = (BTreeSet::new(), BTreeSet::new());
    for (number, (rule, path, breaks)) in CASES.iter().enumerate() {
        let nth = CASES[..number].iter().filter(|(id, place, _)| (id, place) == (rule, path)).count();
        let (mut broken, mut reported) = (sound(), heard());
        breaks(&mut broken, &mut reported);
        if reported == heard() && *rule != "A41" {
            // What is recorded is judged where nothing is heard.
            reported = Reported::nothing();
        } else {
            becomes(&world, home, &sound()).await.unwrap();
            let out = says(&world, home, &reported).await;
            assert_eq!(out, reported, "{rule} at {path}");
            reported = out;
        }
        let at_its_place = |of: &Architecture| {
            found(of, &reported).iter().any(|f| f.rule.to_string() == *rule && f.path == *path)
        };
        assert!(at_its_place(&broken), "{rule} at {path}: as a value");
        let now = architecture::load(&mut world.read().await, home).await.unwrap().architecture;
        let outcome = becomes(&world, home, &broken).await;
        match NOT_HELD.iter().find(|(id, place, n, ..)| (id, place, *n) == (rule, path, nth)) {
            None => {
                let stored = outcome.unwrap_or_else(|error| panic!("{rule} at {path}: {error}"));
                assert_eq!(stored, broken, "{rule} at {path}");
                assert!(at_its_place(&stored), "{rule} at {path}: {:#?}", found(&stored, &reported));
                broken_as_stored.insert(*rule);
            }
            Some((.., Held::Refused, why)) => {
                assert!(outcome.is_err(), "{rule} at {path} was stored, but: {why}");
                let kept = architecture::load(&mut world.read().await, home).await.unwrap().architecture;
                assert_eq!(kept, now, "{rule} at {path}: nothing of it stays");
                not_held.insert((*rule, *path, nth));
            }
            Some((.., Held::Lost, why)) => {
                let stored = outcome.unwrap_or_else(|error| panic!("{rule} at {path}: {error}"));
                assert!(!at_its_place(&stored), "{rule} at {path} came out, but: {why}");
                not_held.insert((*rule, *path, nth));
            }
        }
    }
    assert_eq!(becomes(&world, home, &sound()).await.unwrap(), sound());

    let listed: BTreeSet<_> = NOT_HELD.iter().map(|(rule, path, n, ..)| (*rule, *path, *n)).collect();
    assert_eq!(not_held, listed, "what is said not to be held is a case");
    // These two cannot be broken by anything that is stored: the tables keep them.
    let never: BTreeSet<_> = listed.iter().map(|(rule, ..)| *rule).collect();
    assert_eq!(never.difference(&broken_as_stored).copied().collect::<Vec<_>>(), ["A01", "A02"]);
    let all: BTreeSet<String> = RULES.iter().map(|rule| rule.id.to_string()).collect();
    let cased: BTreeSet<String> = broken_as_stored.union(&never).map(|rule| (*rule).to_owned()).collect();
    assert_eq!(cased, all, "each rule was met in both outcomes");
}
