//! Runs: their steps, the reducer, zones and the two stages.

use super::deployment::*;
use super::id::{ApplicationId, DeploymentId, ServerId};
use super::protocol::TaskAction;
use super::text::Sha256;
use proptest::prelude::*;
use uuid::Uuid;

fn item(n: u128, before: Option<&str>, after: Option<&str>) -> RunItem {
    let release = |v: &str| Release { sha256: Sha256::of(v.as_bytes()), size: 1, number: v.parse().ok() };
    RunItem {
        application: ApplicationId(Uuid::from_u128(n)),
        key: format!("app-{n}").parse().unwrap(),
        name: format!("App {n}"),
        before: before.map(release),
        after: after.map(release),
        zone: None,
    }
}

fn farm() -> Vec<(ServerId, String)> {
    (1..=2).map(|n| (ServerId(Uuid::from_u128(n)), format!("s{n}"))).collect()
}

#[test]
fn everything_is_prepared_before_anything_changes() {
    let items = [item(1, None, Some("1.0")), item(2, Some("1.0"), Some("1.1")), item(3, Some("2.0"), None)];
    let titles: Vec<String> = steps(DeploymentId(Uuid::nil()), &items, &farm())
        .into_iter()
        .filter(|step| step.phase == Phase::Forward)
        .map(|step| step.title)
        .collect();
    assert_eq!(
        titles,
        [
            "Prepare App 1 1.0.0",
            "Prepare App 2 1.1.0",
            "Activate App 1 1.0.0 on s1",
            "Activate App 2 1.1.0 on s1",
            "Take App 3 out of s1",
            "Activate App 1 1.0.0 on s2",
            "Activate App 2 1.1.0 on s2",
            "Take App 3 out of s2",
        ]
    );
}

#[test]
fn each_change_has_its_way_back() {
    let items = [item(1, None, Some("1.0")), item(2, Some("1.0"), Some("1.1")), item(3, Some("2.0"), None)];
    let all = steps(DeploymentId(Uuid::nil()), &items, &farm());
    for step in all.iter().filter(|s| s.phase == Phase::Forward && s.server.is_some()) {
        let back = all.iter().find(|s| s.phase == Phase::Back && s.ordinal == step.ordinal).unwrap();
        let before = items.iter().find(|i| i.application == step.application).unwrap().before.clone();
        match (&back.action, before) {
            (TaskAction::Activate { sha256, server, .. }, Some(before)) => {
                assert_eq!((*sha256, Some(*server)), (before.sha256, step.server));
            }
            (TaskAction::Deactivate { server, .. }, None) => assert_eq!(Some(*server), step.server),
            other => panic!("{other:?}"),
        }
    }
    let keys: std::collections::BTreeSet<_> = all.iter().map(|s| &s.key).collect();
    assert_eq!(keys.len(), all.len());
}

/// Carries out whatever `next` says, with steps failing as told; gives the front-ends' contents and the ending.
fn run(count: u32, fails: &[(u32, Phase)]) -> (Vec<u32>, Ending, usize) {
    let mut states: Vec<Standing> = (1..=count)
        .flat_map(|ordinal| {
            [Phase::Forward, Phase::Back].map(|phase| Standing {
                ordinal,
                phase,
                state: StepState::Pending,
                prepares: false,
            })
        })
        .collect();
    let mut active = Vec::new();
    for turn in 0.. {
        assert!(turn <= 2 * count as usize + 1, "it never ends");
        match next(&states, false) {
            Next::Finish(ending) => return (active, ending, turn),
            Next::Wait | Next::Hold => panic!("nothing was dispatched"),
            Next::Dispatch { ordinal, phase } => {
                let step = states.iter_mut().find(|s| s.ordinal == ordinal && s.phase == phase).unwrap();
                assert_eq!(step.state, StepState::Pending);
                if fails.contains(&(ordinal, phase)) {
                    step.state = StepState::Failed;
                } else {
                    step.state = StepState::Done;
                    match phase {
                        Phase::Forward => active.push(ordinal),
                        Phase::Back => assert_eq!(active.pop(), Some(ordinal), "last done, first undone"),
                    }
                }
            }
        }
    }
    unreachable!()
}

proptest! {
    #[test]
    fn all_new_or_all_back_or_said_to_be_mixed(count in 0u32..8, at in 0u32..9, back in proptest::option::of(1u32..8)) {
        let mut fails = vec![(at, Phase::Forward)];
        fails.extend(back.map(|b| (b, Phase::Back)));
        let (active, ending, _) = run(count, &fails);
        match ending {
            Ending::Successful => {
                prop_assert_eq!(active.len() as u32, count);
                prop_assert!(at == 0 || at > count);
            }
            Ending::RolledBack { failed } => {
                prop_assert_eq!(failed, at);
                prop_assert!(active.is_empty());
            }
            Ending::Mixed { failed, back: stuck } => {
                prop_assert_eq!((failed, Some(stuck)), (at, back));
                prop_assert!(!active.is_empty());
            }
        }
    }
}

#[test]
fn a_dispatched_or_uncertain_step_is_waited_for() {
    for state in [StepState::Dispatched, StepState::Uncertain] {
        let step = Standing { ordinal: 1, phase: Phase::Forward, state, prepares: false };
        assert_eq!(next(&[step], false), Next::Wait);
        assert_eq!(next(&[step], true), Next::Wait);
    }
}

#[test]
fn progress() {
    let step = |state| Standing { ordinal: 1, phase: Phase::Forward, state, prepares: false };
    assert_eq!(percent(&[]), 0);
    assert_eq!(percent(&[(step(StepState::Done), 0, 0), (step(StepState::Dispatched), 1, 2)]), 75);
    assert_eq!(percent(&[(step(StepState::Done), 0, 0)]), 100);
}

fn server(n: u128) -> ServerId {
    ServerId(Uuid::from_u128(n))
}

/// An item whose zone has the first front-end of the farm only; it runs on those of `leaving` too.
fn zoned(before: Option<&str>, after: Option<&str>, leaving: &[u128]) -> RunItem {
    let zone = RunZone {
        name: "Inside".to_owned(),
        servers: [server(1)].into(),
        leaving: leaving.iter().copied().map(server).collect(),
    };
    RunItem { zone: Some(zone), ..item(1, before, after) }
}

fn forward(items: &[RunItem]) -> Vec<Step> {
    let all = steps(DeploymentId(Uuid::nil()), items, &farm());
    all.into_iter().filter(|step| step.phase == Phase::Forward).collect()
}

#[test]
fn an_application_goes_to_the_front_ends_of_its_zone_only() {
    let titles = |items: &[RunItem]| forward(items).into_iter().map(|step| step.title).collect::<Vec<_>>();
    let other = item(2, None, Some("2.0"));
    assert_eq!(
        titles(&[zoned(Some("1.0"), Some("1.1"), &[]), other]),
        [
            "Prepare App 1 1.1.0",
            "Prepare App 2 2.0.0",
            "Activate App 1 1.1.0 on s1",
            "Activate App 2 2.0.0 on s1",
            "Activate App 2 2.0.0 on s2",
        ]
    );
    let TaskAction::Prepare { servers, .. } = &forward(&[zoned(None, Some("1.0"), &[])])[0].action else {
        panic!("it is prepared first")
    };
    assert_eq!(*servers, Some([server(1)].into()));
}

#[test]
fn an_application_leaves_the_front_ends_outside_its_zone_and_returns_where_a_step_fails() {
    let moved = [zoned(Some("1.0"), Some("1.1"), &[2])];
    let titles: Vec<String> = forward(&moved).into_iter().map(|step| step.title).collect();
    assert_eq!(
        titles,
        [
            "Prepare App 1 1.1.0",
            "Activate App 1 1.1.0 on s1",
            "Take App 1 out of s2, which is outside its zone",
        ]
    );
    let back = steps(DeploymentId(Uuid::nil()), &moved, &farm());
    let back = back.iter().find(|step| step.phase == Phase::Back && step.server == Some(server(2))).unwrap();
    assert_eq!(back.title, "Return App 1 on s2 to 1.0.0");
    let gone: Vec<String> =
        forward(&[zoned(Some("1.0"), None, &[2])]).into_iter().map(|step| step.title).collect();
    assert_eq!(gone, ["Take App 1 out of s1", "Take App 1 out of s2"]);
}

proptest! {
    /// R16: until a person lets it go on, nothing but preparing is given out, and it holds when all of that is done.
    #[test]
    fn a_run_of_two_stages_holds_once_everything_is_prepared(prepared in 0u32..4, changes in 0u32..4) {
        let step = |ordinal: u32| Standing {
            ordinal,
            phase: Phase::Forward,
            state: StepState::Pending,
            prepares: ordinal <= prepared,
        };
        let mut states: Vec<Standing> = (1..=prepared + changes).map(step).collect();
        let mut given = 0;
        loop {
            match next(&states, true) {
                Next::Dispatch { ordinal, phase } => {
                    prop_assert_eq!(phase, Phase::Forward);
                    prop_assert!(ordinal <= prepared);
                    states[ordinal as usize - 1].state = StepState::Done;
                    given += 1;
                }
                Next::Hold => {
                    prop_assert_eq!(given, prepared);
                    prop_assert!(changes > 0);
                    let on = Next::Dispatch { ordinal: prepared + 1, phase: Phase::Forward };
                    prop_assert_eq!(next(&states, false), on);
                    break;
                }
                Next::Finish(ending) => {
                    prop_assert_eq!((ending, changes), (Ending::Successful, 0));
                    break;
                }
                Next::Wait => prop_assert!(false, "nothing is under way"),
            }
        }
    }
}
