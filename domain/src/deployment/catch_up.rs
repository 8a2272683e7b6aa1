//! Front-ends that are behind: what one lacks that was away while its farm went on, or that is new, and the run that brings it.

use super::{Phase, RunItem, Step};
use crate::id::{ApplicationId, DeploymentId, ServerId};
use crate::protocol::TaskAction;
use crate::setting::Values;
use crate::text::{Key, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What an environment runs of one application, by the console's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The application.
    pub application: ApplicationId,
    /// What runs, by its package's hash.
    pub sha256: Sha256,
    /// The front-ends do not all run the same: what each of them should run is certain only where it is owed.
    pub mixed: bool,
    /// The front-ends of its deployment zone; none where another zone was chosen and nothing has brought it there yet.
    pub servers: Option<BTreeSet<ServerId>>,
    /// The front-ends that could not be reached when a deployment left them out.
    pub owed: BTreeSet<ServerId>,
}

/// Something that a front-end lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// The application's key.
    pub key: Key,
    /// Whether it is to be brought there; else it runs there and should not.
    pub brings: bool,
    /// Whether a deployment left the front-end out; else its own report says so.
    pub owed: bool,
}

/// What a front-end lacks that reports just these releases. Nothing is said of applications that are `moving`: a deployment changes them now.
#[must_use]
pub fn lacks(
    server: ServerId,
    reported: &BTreeMap<Key, Sha256>,
    wanted: &BTreeMap<Key, Wanted>,
    moving: &BTreeSet<Key>,
) -> Vec<Lack> {
    let mut all = Vec::new();
    for (key, one) in wanted.iter().filter(|(key, _)| !moving.contains(key)) {
        let owed = one.owed.contains(&server);
        let Some(servers) = one.servers.as_ref().filter(|_| owed || !one.mixed) else { continue };
        let runs = reported.get(key);
        let brings = servers.contains(&server);
        if owed || (brings && runs != Some(&one.sha256)) || (!brings && runs.is_some()) {
            all.push(Lack { key: key.clone(), brings, owed });
        }
    }
    let gone = reported.keys().filter(|key| !wanted.contains_key(*key) && !moving.contains(*key));
    all.extend(gone.map(|key| Lack { key: key.clone(), brings: false, owed: false }));
    all
}

/// The steps of a run that brings one front-end up to date. There is no way back: what it ran is what it is to be rid of.
#[must_use]
pub fn catch_up_steps(
    deployment: DeploymentId,
    items: &[RunItem],
    (server, name): (ServerId, &str),
) -> Vec<Step> {
    let leaves = |item: &RunItem| item.after.is_none() || item.leaves(server);
    let mut plan = Vec::new();
    for item in items.iter().filter(|item| !leaves(item)) {
        let Some(after) = &item.after else { continue };
        let action = TaskAction::Prepare {
            application: item.key.clone(),
            sha256: after.sha256,
            size: after.size,
            version: after.number,
            servers: Some([server].into()),
        };
        plan.push((item, None, format!("Prepare {} {}", item.name, after.label()), action));
    }
    for item in items {
        let application = item.key.clone();
        let (title, action) = match &item.after {
            Some(after) if !leaves(item) => (
                format!("Activate {} {} on {name}", item.name, after.label()),
                TaskAction::Activate {
                    server,
                    application,
                    sha256: after.sha256,
                    settings: Values::default(),
                },
            ),
            _ => {
                (format!("Take {} out of {name}", item.name), TaskAction::Deactivate { server, application })
            }
        };
        plan.push((item, Some(server), title, action));
    }
    plan.into_iter()
        .zip(1u32..)
        .map(|((item, server, title, action), ordinal)| Step {
            ordinal,
            phase: Phase::Forward,
            key: format!("{deployment}/{ordinal}"),
            title,
            application: item.application,
            server,
            action,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Release, RunZone};
    use super::*;
    use uuid::Uuid;

    fn server(n: u128) -> ServerId {
        ServerId(Uuid::from_u128(n))
    }

    fn sha(text: &str) -> Sha256 {
        Sha256::of(text.as_bytes())
    }

    fn wanted(runs: &str) -> Wanted {
        Wanted {
            application: ApplicationId(Uuid::from_u128(1)),
            sha256: sha(runs),
            mixed: false,
            servers: Some([server(1), server(2)].into()),
            owed: BTreeSet::new(),
        }
    }

    /// What a front-end lacks of one application: whether it is brought, and whether it is owed.
    fn lack(at: u128, reports: Option<&str>, one: Wanted, moving: bool) -> Option<(bool, bool)> {
        let key: Key = "desk".parse().unwrap();
        let reported = reports.map(|runs| (key.clone(), sha(runs))).into_iter().collect();
        let moving = moving.then(|| key.clone()).into_iter().collect();
        let found = lacks(server(at), &reported, &[(key, one)].into(), &moving);
        assert!(found.len() <= 1);
        found.first().map(|lack| (lack.brings, lack.owed))
    }

    #[test]
    fn a_front_end_lacks_what_is_certain_and_different() {
        assert_eq!(lack(1, Some("b"), wanted("b"), false), None);
        assert_eq!(lack(1, Some("a"), wanted("b"), false), Some((true, false)), "it was away");
        assert_eq!(lack(1, None, wanted("b"), false), Some((true, false)), "it is new");
        assert_eq!(lack(1, Some("a"), wanted("b"), true), None, "a deployment changes it now");
        assert_eq!(lack(3, None, wanted("b"), false), None, "outside the zone");
        assert_eq!(lack(3, Some("b"), wanted("b"), false), Some((false, false)), "it runs outside its zone");
        assert_eq!(lack(1, Some("a"), Wanted { servers: None, ..wanted("b") }, false), None, "it moves");
    }

    #[test]
    fn of_what_is_mixed_only_what_is_owed_is_certain() {
        let mixed = Wanted { mixed: true, ..wanted("b") };
        assert_eq!(lack(1, Some("a"), mixed.clone(), false), None, "a person left it so");
        let owed = Wanted { owed: [server(2)].into(), ..mixed };
        assert_eq!(lack(1, Some("a"), owed.clone(), false), None, "that one was reached");
        assert_eq!(lack(2, Some("a"), owed.clone(), false), Some((true, true)));
        // The same release with other settings looks alike.
        assert_eq!(lack(2, Some("b"), owed.clone(), false), Some((true, true)));
        assert_eq!(lack(2, Some("a"), owed, true), None);
    }

    #[test]
    fn what_the_environment_does_not_have_any_more_is_taken_out() {
        let key: Key = "old".parse().unwrap();
        let reported = [(key.clone(), sha("a"))].into();
        let found = lacks(server(1), &reported, &BTreeMap::new(), &BTreeSet::new());
        assert_eq!(found, [Lack { key: key.clone(), brings: false, owed: false }]);
        assert_eq!(lacks(server(1), &reported, &BTreeMap::new(), &[key].into()), [], "it comes just now");
    }

    #[test]
    fn a_run_that_brings_a_front_end_up_to_date_concerns_no_other_one() {
        let item = |n: u128, runs: Option<&str>, inside: bool| {
            let release = runs.map(|runs| Release { sha256: sha(runs), size: 1, number: runs.parse().ok() });
            let own: BTreeSet<ServerId> = [server(7)].into();
            let (servers, leaving) = if inside { (own, [].into()) } else { ([].into(), own) };
            RunItem {
                application: ApplicationId(Uuid::from_u128(n)),
                key: format!("app-{n}").parse().unwrap(),
                name: format!("App {n}"),
                before: release.clone(),
                after: release,
                zone: Some(RunZone { name: "Default".into(), servers, leaving }),
            }
        };
        let items = [item(1, Some("1.0"), true), item(2, None, true), item(3, Some("3.0"), false)];
        let steps = catch_up_steps(DeploymentId(Uuid::nil()), &items, (server(7), "s7"));
        let told: Vec<_> = steps.iter().map(|step| (step.ordinal, step.title.as_str())).collect();
        assert_eq!(
            told,
            [
                (1, "Prepare App 1 1.0.0"),
                (2, "Activate App 1 1.0.0 on s7"),
                (3, "Take App 2 out of s7"),
                (4, "Take App 3 out of s7"),
            ]
        );
        assert!(steps.iter().all(|step| step.phase == Phase::Forward), "it has no way back");
        let TaskAction::Prepare { servers, .. } = &steps[0].action else { panic!("it is prepared first") };
        assert_eq!(*servers, Some([server(7)].into()));
    }
}
