//! The queue of an environment: which deployments run at the same time, and what the others wait for (R10).
//!
//! Several run at once as long as they are independent: they change no application in common, and none of them uses what another one changes,
//! directly or through others. The order is first come, first served among those that are not: nobody overtakes a deployment that it
//! depends on or that depends on it, be it running, waiting or parked. What is independent may go ahead of what still waits.

use crate::id::{ApplicationId, DeploymentId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many deployments run into an environment at once where it says nothing else (R10: “up to N, default 5”).
pub const AT_ONCE: u32 = 5;

/// How a deployment comes to use an application that it does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Through {
    /// The application among those that it changes which uses it.
    pub by: ApplicationId,
    /// Whether that one uses it itself, and not through others.
    pub direct: bool,
}

/// How far a deployment in the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It runs, or waits for a person in the middle: it holds its place among those that run.
    Runs,
    /// It may begin as far as it is concerned.
    Waits,
    /// It does not begin yet: a freeze, a gate or a time that was chosen.
    Parked,
}

/// A deployment that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InQueue {
    /// Which one.
    pub id: DeploymentId,
    /// How far it is.
    pub stage: Stage,
    /// The applications that it changes.
    pub changes: BTreeSet<ApplicationId>,
    /// The applications that those use, directly or through others, as the target was when it was started and would be after what was open then.
    pub uses: BTreeMap<ApplicationId, Through>,
}

/// Why two deployments do not run at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// Both change this application.
    Same(ApplicationId),
    /// One changes `by`, the other one changes `used`, and `by` uses `used`.
    Uses {
        /// The consumer.
        by: ApplicationId,
        /// The producer.
        used: ApplicationId,
        /// Whether it uses it itself, and not through others.
        direct: bool,
    },
}

/// When the turn of a deployment comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It runs.
    Runs,
    /// Now.
    Next,
    /// It is parked.
    Parked,
    /// When another one has ended.
    After {
        /// The other one.
        deployment: DeploymentId,
        /// Why.
        because: Because,
    },
    /// When one of those that run has ended: no more of them run at once.
    Full,
}

/// Why two deployments depend on each other; none where they are independent.
#[must_use]
pub fn dependent(one: &InQueue, other: &InQueue) -> Option<Because> {
    if let Some(same) = one.changes.intersection(&other.changes).next() {
        return Some(Because::Same(*same));
    }
    let uses = |consumer: &InQueue, producer: &InQueue| {
        let used = consumer.uses.iter().find(|(application, _)| producer.changes.contains(application));
        used.map(|(used, through)| Because::Uses { by: through.by, used: *used, direct: through.direct })
    };
    uses(one, other).or_else(|| uses(other, one))
}

/// The turn of each deployment into one environment, which stand in the order in which they were started.
#[must_use]
pub fn turns(queue: &[InQueue], at_once: u32) -> Vec<Turn> {
    let running = queue.iter().filter(|each| each.stage == Stage::Runs).count();
    let mut free = usize::try_from(at_once).unwrap_or(usize::MAX).saturating_sub(running);
    let mut turns = Vec::new();
    for (place, each) in queue.iter().enumerate() {
        let before = queue.iter().take(place).filter(|other| other.stage != Stage::Runs);
        let others = queue.iter().filter(|other| other.stage == Stage::Runs).chain(before);
        let mut behind = others.filter_map(|other| Some((other.id, dependent(each, other)?)));
        turns.push(match (each.stage, behind.next()) {
            (Stage::Runs, _) => Turn::Runs,
            (Stage::Parked, _) => Turn::Parked,
            (Stage::Waits, Some((deployment, because))) => Turn::After { deployment, because },
            (Stage::Waits, None) if free == 0 => Turn::Full,
            (Stage::Waits, None) => {
                free -= 1;
                Turn::Next
            }
        });
    }
    turns
}

/// What applications use beside themselves, directly or through others. `uses` has for each application those that it uses; the shortest way
/// counts.
#[must_use]
pub fn used(
    changes: &BTreeSet<ApplicationId>,
    uses: &BTreeMap<ApplicationId, BTreeSet<ApplicationId>>,
) -> BTreeMap<ApplicationId, Through> {
    let mut found: BTreeMap<ApplicationId, Through> = BTreeMap::new();
    let mut open: VecDeque<(ApplicationId, Through)> =
        changes.iter().map(|own| (*own, Through { by: *own, direct: true })).collect();
    while let Some((application, way)) = open.pop_front() {
        for used in uses.get(&application).into_iter().flatten() {
            if changes.contains(used) || found.contains_key(used) {
                continue;
            }
            let direct = application == way.by;
            found.insert(*used, Through { by: way.by, direct });
            open.push_back((*used, way));
        }
    }
    found
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
