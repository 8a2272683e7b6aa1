//! Each rule in both outcomes, exceptions, and that no architecture makes a rule fall.

use super::cases::{CASES, environment, heard, key, move_catalogs, sound, stages};
use super::*;
use crate::architecture::arbitrary::architecture;
use crate::architecture::words::{PipelinePurpose, Topology};
use proptest::prelude::*;
use std::collections::BTreeSet;

const NOW: Timestamp = Timestamp(1_000);

#[test]
fn every_rule_in_both_outcomes() {
    for reported in [heard(), Reported::nothing()] {
        let found = findings(&sound(), &reported, &[], NOW);
        assert!(found.is_empty(), "{found:#?}");
    }
    for (id, path, breaks) in CASES {
        let (mut broken, mut reported) = (sound(), heard());
        breaks(&mut broken, &mut reported);
        // What is recorded only must be found where nothing is heard, too.
        if reported == heard() && !id.starts_with("A41") {
            reported = Reported::nothing();
        }
        let found = findings(&broken, &reported, &[], NOW);
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
    for bad in ["", "A00", "A43", "A1", "a01"] {
        assert_eq!(
            bad.parse::<RuleId>().unwrap_err().to_string(),
            format!("“{bad}” is no rule: rules are A01 to A42.")
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
        let mut found = findings(&broken, &Reported::nothing(), exceptions, NOW);
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
    let found = findings(&broken, &Reported::nothing(), &[excepted("A02", "order", NOW.plus(1))], NOW);
    assert!(found.iter().all(Finding::counts));
}

#[test]
fn the_worst_comes_first_and_two_thousand_servers_are_looked_at() {
    let mut made = sound();
    environment(&mut made, "test").topology = Topology::Farm;
    stages(&mut made, "main", &["development", "production"]);
    let found = findings(&made, &Reported::nothing(), &[], NOW);
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
    assert!(findings(&made, &Reported::nothing(), &[], NOW).len() > 200);
}

#[test]
fn only_compliance_asks_for_segregation() {
    let mut made = sound();
    move_catalogs(&mut made, "departmental-test", "production");
    made.pipelines.get_mut(&key("main")).unwrap().purposes.remove(&PipelinePurpose::Compliance);
    assert!(
        findings(&made, &Reported::nothing(), &[], NOW)
            .iter()
            .all(|finding| finding.rule.to_string() != "A32")
    );
}

proptest! {
    #[test]
    fn no_architecture_makes_a_rule_fall(made in architecture()) {
        for finding in findings(&made, &Reported::nothing(), &[], NOW) {
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
