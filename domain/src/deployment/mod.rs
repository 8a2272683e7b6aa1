//! A run of a plan: its steps, computed once and stored unchangeable, and the reducer that picks what comes next (design 9).
//!
//! The runner carries out what [`next`] says and chooses nothing.

mod catch_up;
mod course;
pub mod queue;
#[cfg(test)]
mod tests;
mod waves;
#[cfg(test)]
mod waves_tests;

pub use catch_up::{Lack, Wanted, catch_up_steps, lacks};
pub use course::{
    Course, Decision, Ending, Left, Next, OnFailure, Standing, StepState, next, percent, percent_of_sums,
    result, retry_key,
};
pub use waves::{OUT_AT_ONCE, out_at_once};

use crate::id::{ApplicationId, DeploymentId, ServerId};
use crate::protocol::TaskAction;
use crate::setting::Values;
use crate::text::{Key, Sha256, VersionNumber};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One application in a run, in the order of activation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunItem {
    /// The application.
    pub application: ApplicationId,
    /// Its key.
    pub key: Key,
    /// Its name.
    pub name: String,
    /// What runs before.
    pub before: Option<Release>,
    /// What runs afterwards; none takes it out.
    pub after: Option<Release>,
    /// Its deployment zone. None: every front-end of the environment, as in runs of before there were zones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<RunZone>,
}

/// The deployment zone of an application in a run: it goes to the zone's front-ends only (R42).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunZone {
    /// Its name.
    pub name: String,
    /// The zone's front-ends.
    pub servers: BTreeSet<ServerId>,
    /// Front-ends outside the zone on which the application runs still, and which it leaves.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub leaving: BTreeSet<ServerId>,
}

/// What a run does with an application on a front-end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// It is brought there, or taken out.
    Changed,
    /// It runs there and belongs to another zone by now.
    Leaves,
    /// Nothing.
    Untouched,
}

impl RunItem {
    fn part(&self, server: ServerId) -> Part {
        match &self.zone {
            None => Part::Changed,
            Some(zone) if zone.servers.contains(&server) => Part::Changed,
            Some(zone) if zone.leaving.contains(&server) && self.before.is_some() => Part::Leaves,
            Some(_) => Part::Untouched,
        }
    }

    /// Whether it leaves a front-end, since that is outside its zone.
    #[must_use]
    pub fn leaves(&self, server: ServerId) -> bool {
        self.part(server) == Part::Leaves
    }

    /// Whether a run has anything to do with this application on a front-end.
    #[must_use]
    pub fn concerns(&self, server: ServerId) -> bool {
        self.part(server) != Part::Untouched
    }
}

/// A release: a revision, with its number if it has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The revision's package.
    pub sha256: Sha256,
    /// The package's size in bytes.
    pub size: u64,
    /// The number.
    pub number: Option<VersionNumber>,
}

impl Release {
    /// The number, or the first digits of the hash where there is none.
    #[must_use]
    pub fn label(&self) -> String {
        self.number.map_or_else(|| self.sha256.short(), |number| number.to_string())
    }
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Place in the order, from 1. A step back has the number of the step that it takes back.
    pub ordinal: u32,
    /// Forward or back.
    pub phase: Phase,
    /// The key under which a Platform Server carries it out once.
    pub key: String,
    /// One line for people.
    pub title: String,
    /// The application.
    pub application: ApplicationId,
    /// The front-end; none for preparing.
    pub server: Option<ServerId>,
    /// What the Platform Server is asked to do.
    pub action: TaskAction,
}

/// The direction of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Towards the plan.
    Forward,
    /// Back to what was before.
    Back,
}

impl Phase {
    /// The word, as it is stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Back => "back",
        }
    }

    /// The direction behind a stored word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Forward, Self::Back].into_iter().find(|phase| phase.word() == word)
    }
}

/// A forward step before it has its place, with its way back.
struct Draft<'a> {
    title: String,
    item: &'a RunItem,
    server: Option<ServerId>,
    action: TaskAction,
    undo: Option<(String, TaskAction)>,
}

/// All steps of a run, forward and back: everything is prepared first, then one front-end after the other is changed, or so
/// many at once as the run's [`Course`] says.
/// `items` stand in the order of activation; what is taken out goes last, in reverse order.
#[must_use]
pub fn steps(deployment: DeploymentId, items: &[RunItem], servers: &[(ServerId, String)]) -> Vec<Step> {
    let mut plan: Vec<Draft<'_>> = Vec::new();
    for item in items {
        if let Some(after) = &item.after {
            let action = TaskAction::Prepare {
                application: item.key.clone(),
                sha256: after.sha256,
                size: after.size,
                version: after.number,
                servers: item.zone.as_ref().map(|zone| zone.servers.clone()),
            };
            let title = format!("Prepare {} {}", item.name, after.label());
            plan.push(Draft { title, item, server: None, action, undo: None });
        }
    }
    let activate = |item: &RunItem, server: ServerId, release: &Release| TaskAction::Activate {
        server,
        application: item.key.clone(),
        sha256: release.sha256,
        settings: Values::default(),
    };
    let arriving = items.iter().filter(|item| item.after.is_some());
    let leaving = items.iter().rev().filter(|item| item.after.is_none() && item.before.is_some());
    let changes: Vec<&RunItem> = arriving.chain(leaving).collect();
    // An application leaves the front-ends outside its zone last: it is served all the time.
    let rounds = [Part::Changed, Part::Leaves].into_iter();
    for (round, (server, name)) in rounds.flat_map(|round| servers.iter().map(move |one| (round, one))) {
        for item in changes.iter().filter(|item| item.part(*server) == round) {
            let remove = TaskAction::Deactivate { server: *server, application: item.key.clone() };
            let (title, action) = match &item.after {
                Some(_) if round == Part::Leaves => {
                    (format!("Take {} out of {name}, which is outside its zone", item.name), remove.clone())
                }
                Some(after) => (
                    format!("Activate {} {} on {name}", item.name, after.label()),
                    activate(item, *server, after),
                ),
                None => (format!("Take {} out of {name}", item.name), remove.clone()),
            };
            let undo = match &item.before {
                Some(before) => (
                    format!("Return {} on {name} to {}", item.name, before.label()),
                    activate(item, *server, before),
                ),
                None => (format!("Take {} out of {name} again", item.name), remove),
            };
            plan.push(Draft { title, item, server: Some(*server), action, undo: Some(undo) });
        }
    }
    let mut steps = Vec::new();
    for (index, Draft { title, item, server, action, undo }) in plan.into_iter().enumerate() {
        let ordinal = index as u32 + 1;
        let key = format!("{deployment}/{ordinal}");
        let application = item.application;
        if let Some((title, action)) = undo {
            let key = format!("{key}/undo");
            steps.push(Step { ordinal, phase: Phase::Back, key, title, application, server, action });
        }
        steps.push(Step { ordinal, phase: Phase::Forward, key, title, application, server, action });
    }
    steps
}
