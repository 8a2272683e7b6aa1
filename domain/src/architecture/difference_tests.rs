//! Differences are told, made and merged.

use super::arbitrary::architecture;
use super::difference::{Change, Happens, apply, difference, merge};
use super::model::Architecture;
use super::template::{grow, template};
use super::words::{Edition, Engine, Hosting, Topology};
use crate::text::Key;
use proptest::prelude::*;

fn made(edition: Edition) -> Architecture {
    template(edition, Hosting::Aws, Engine::SqlServer).unwrap()
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn sentences(before: &Architecture, after: &Architecture) -> Vec<String> {
    difference(before, after).into_iter().map(|change| change.sentence).collect()
}

#[test]
fn changes_are_told() {
    let before = made(Edition::Basic);
    let mut after = before.clone();
    after.hosting = Hosting::Azure;
    let one = after.environments.get_mut(&key("production")).unwrap();
    one.topology = Topology::Farm;
    one.address = Some("https://apps.example.org".parse().unwrap());
    let mut second = one.front_ends[&key("fe-1")].clone();
    second.name = "Second".parse().unwrap();
    one.front_ends.insert(key("fe-2"), second);
    one.front_ends.get_mut(&key("fe-1")).unwrap().cores = Some(8);
    after.database_servers.remove(&key("shared"));
    assert_eq!(
        sentences(&before, &after),
        [
            "The hosting changes from “aws” to “azure”.",
            "Database server “Shared database” is removed.",
            "Environment “Production”: the address is set to “https://apps.example.org”.",
            "Environment “Production”: the topology changes from “standalone” to “farm”.",
            "Environment “Production”, front-end server “Front-end 1”: the number of cores is set to 8.",
            "Environment “Production”, front-end server “Second” is added.",
        ]
    );
    let paths: Vec<_> = difference(&before, &after).into_iter().map(|change| change.path).collect();
    assert_eq!(paths[4], "environments/production/front_ends/fe-1/cores");
    let back = sentences(&after, &before);
    assert!(
        back.contains(
            &"Environment “Production”: the address is no longer recorded; it was “https://apps.example.org”."
                .to_owned()
        ),
        "{back:?}"
    );
}

#[test]
fn parts_and_lists_are_told() {
    let before = made(Edition::Basic);
    let told = sentences(&before, &made(Edition::Standard));
    for expected in [
        "The edition changes from “basic” to “standard”.",
        "Order of environments: “acceptance” comes after “test”.",
        "Environment “Acceptance” is added.",
        "Environment “Production”, load balancer is added.",
        "Environment “Production”, front-end server “Front-end 4” is added.",
        "Database server “Production database, standby” is added.",
        "Pipeline “Main”, stages: “acceptance” comes after “test”.",
        "Pipeline “Main”, purposes: “mission_critical” comes after “lifecycle_stages”.",
    ] {
        assert!(told.contains(&expected.to_owned()), "{expected}\n{told:#?}");
    }
    let mut after = before.clone();
    after.order.reverse();
    assert_eq!(
        sentences(&before, &after),
        ["Order of environments: now “production”, “test”, “development”, “management”."]
    );
    after.order = vec![key("test"), key("uat"), key("sit")];
    assert_eq!(
        sentences(&before, &after),
        ["Order of environments: “management”, “development”, “production” go; “uat”, “sit” come."]
    );
}

#[test]
fn a_change_that_does_not_fit_is_refused() {
    let (basic, standard) = (made(Edition::Basic), made(Edition::Standard));
    let changes = difference(&basic, &standard);
    assert_eq!(apply(&basic, &changes).unwrap(), standard);
    let refused = apply(&standard, &changes).unwrap_err().to_string();
    assert!(refused.starts_with("The change at ") && refused.ends_with("Compare again."), "{refused}");

    let at = |path: &str, happens, before, after| Change {
        path: path.to_owned(),
        happens,
        before,
        after,
        sentence: String::new(),
    };
    let text = |text: &str| Some(serde_json::Value::String(text.to_owned()));
    for bad in [
        at("hosting", Happens::Changed, text("aws"), text("moon")),
        at("colour", Happens::Changed, None, text("red")),
        at("environments/moon/name", Happens::Changed, text("Moon"), text("Sun")),
        at("hosting/deep", Happens::Changed, None, text("red")),
        at("environments/test", Happens::Removed, None, None),
        at("", Happens::Added, None, text("red")),
    ] {
        let refused = apply(&basic, std::slice::from_ref(&bad)).unwrap_err().to_string();
        assert!(refused.ends_with('.') && !refused.contains('\n'), "{refused}");
    }
}

#[test]
fn what_was_recorded_besides_stays_in_a_merge() {
    let mut own = made(Edition::Basic);
    own.order.insert(2, key("training"));
    let mut training = own.environments[&key("test")].clone();
    training.name = "Training".parse().unwrap();
    for (kind, catalog) in &mut training.catalogs {
        catalog.name = format!("training_{}", kind.word()).parse().unwrap();
    }
    own.environments.insert(key("training"), training.clone());
    own.environments.get_mut(&key("production")).unwrap().address =
        Some("https://apps.example.org".parse().unwrap());

    let grown = grow(&own, Edition::Standard, Engine::SqlServer, &std::collections::BTreeSet::new())
        .unwrap()
        .architecture;
    let order = ["management", "development", "training", "test", "acceptance", "production"];
    assert_eq!(grown.order, order.map(key));
    assert_eq!(grown.environments[&key("training")], training);
    let production = &grown.environments[&key("production")];
    assert!(production.address.is_some());
    assert_eq!((production.topology, production.front_ends.len()), (Topology::Farm, 4));
    assert_eq!(merge(&grown, &difference(&made(Edition::Basic), &made(Edition::Standard))).unwrap(), grown);
}

proptest! {
    #[test]
    fn nothing_differs_from_itself(one in architecture()) {
        prop_assert_eq!(difference(&one, &one), []);
    }

    #[test]
    fn the_difference_makes_one_of_the_other(a in architecture(), b in architecture()) {
        let changes = difference(&a, &b);
        prop_assert_eq!(changes.is_empty(), a == b);
        prop_assert_eq!(apply(&a, &changes).unwrap(), b);
        for change in &changes {
            let sound = change.sentence.ends_with('.') && change.sentence.starts_with(char::is_uppercase);
            prop_assert!(sound, "{}", change.sentence);
        }
        let text = serde_json::to_string(&changes).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vec<Change>>(&text).unwrap(), changes);
    }

    #[test]
    fn any_changes_are_made_or_refused(a in architecture(), b in architecture(), c in architecture()) {
        let changes = difference(&a, &b);
        let _ = (apply(&c, &changes), merge(&c, &changes));
        prop_assert_eq!(merge(&a, &changes).unwrap(), merge(&a, &changes).unwrap());
    }

    #[test]
    fn any_architecture_can_be_written(one in architecture()) {
        let text = super::file::export(&one).unwrap();
        match super::file::import(&text) {
            Ok(read) => prop_assert_eq!(read, one),
            Err(faults) => {
                prop_assert!(!super::rules::refusals(&one).is_empty(), "{faults:?}\n{text}");
                for fault in faults {
                    prop_assert!(fault.path.is_some(), "only rules refuse it: {fault}\n{text}");
                    prop_assert!(fault.line.is_some(), "{fault}
{text}");
                }
            }
        }
    }
}
