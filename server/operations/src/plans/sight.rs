//! What may be told of a plan's conflicts to who looks at it: an application that they may not list is not named, nor what it uses or offers.

use super::Found;
use super::evaluate::Evaluated;
use crate::console::{Caller, Console};
use crate::door::{on, visibility};
use crate::error::{OperationError, Result};
use domain::access::Right;
use domain::id::{ApplicationId, EnvironmentId};
use domain::plan::{Conflict, Kind};
use domain::text::Key;
use std::collections::BTreeSet;
use storage::{Reader, Visibility, environments, states};

/// What stands in the place of a name.
pub(crate) const SOMETHING: &str = "an application that you may not see";

/// What a caller sees of what a plan is about.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    /// The applications that may not be named.
    hidden: BTreeSet<Key>,
    /// The environments that may be named.
    stages: BTreeSet<EnvironmentId>,
    /// What may be planned from the source.
    plannable: BTreeSet<ApplicationId>,
}

impl Sight {
    /// Reads it. What is in the plan may be seen by everybody who sees the plan; of the rest, what runs in the target by who may list it
    /// there, and what runs in the source alone by who may list it there.
    pub async fn load(
        console: &Console,
        tx: &mut impl Reader,
        caller: &Caller,
        (found, evaluated): (&Found, &Evaluated),
    ) -> Result<Self> {
        if evaluated.conflicts.is_empty() && evaluated.back.is_empty() {
            return Ok(Self::default());
        }
        let (sees, home) = (visibility(caller)?, found.plan.infrastructure_id);
        let stages = environments::list(tx, home, &sees).await?.into_iter().map(|stage| stage.id).collect();
        let plannable = states::plannable_in(tx, home, found.source.id, &sees).await?.into_iter();
        let mut plannable: BTreeSet<ApplicationId> = plannable.collect();
        // A consumer that only the target has takes the same right, to be planned from there once more.
        let outdated = evaluated.conflicts.iter().filter(|conflict| conflict.kind == Kind::ConsumerOutdated);
        for key in outdated.map(|conflict| &conflict.consumer).collect::<BTreeSet<_>>() {
            let (None, Some(placed)) = (evaluated.source.get(key), evaluated.before.get(key)) else {
                continue;
            };
            let needed = on(placed.application.id, found.source.id, Right::Monitor);
            match console.permit(tx, caller, home, &needed, "plan it").await {
                Ok(_) => drop(plannable.insert(placed.application.id)),
                // Who may not even list it there is told that it is not there.
                Err(OperationError::Denied { .. } | OperationError::NotFound { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        let mut sight = Self { hidden: BTreeSet::new(), stages, plannable };
        if sees == Visibility::Everything {
            return Ok(sight);
        }
        let there: BTreeSet<_> =
            states::listed_in(tx, home, found.target.id, &sees).await?.into_iter().collect();
        let here: BTreeSet<_> =
            states::listed_in(tx, home, found.source.id, &sees).await?.into_iter().collect();
        let seen = |key: &Key| match (evaluated.before.get(key), evaluated.source.get(key)) {
            (Some(placed), _) => there.contains(&placed.application.id),
            (None, Some(placed)) => here.contains(&placed.application.id),
            (None, None) => true,
        };
        let planned = |key: &Key| evaluated.lines.iter().any(|line| line.key == *key);
        let named = evaluated.conflicts.iter().chain(&evaluated.back).flat_map(|conflict| {
            let about = conflict.about.iter().filter_map(|word| word.parse().ok());
            about.chain([conflict.consumer.clone(), conflict.producer.clone()])
        });
        sight.hidden = named.filter(|key| !planned(key) && !seen(key)).collect();
        Ok(sight)
    }

    /// Whether an application may not be named.
    pub fn hides(&self, key: &Key) -> bool {
        self.hidden.contains(key)
    }

    /// Whether a conflict is about one that may not be named.
    pub fn hides_a_side(&self, conflict: &Conflict) -> bool {
        self.hides(&conflict.consumer) || self.hides(&conflict.producer)
    }

    /// Whether an environment may be named.
    pub fn has(&self, stage: EnvironmentId) -> bool {
        self.stages.contains(&stage)
    }

    /// Whether an application may be planned from the source.
    pub fn may_plan(&self, application: ApplicationId) -> bool {
        self.plannable.contains(&application)
    }
}
