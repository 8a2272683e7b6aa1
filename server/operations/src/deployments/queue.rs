//! When the turn of a deployment comes that is queued, and what it waits for (R10): one answer for page, lists, API and command line.

use super::begin::RunPlan;
use crate::console::{Caller, Console};
use crate::door::{fault, on};
use crate::error::{OperationError, Result};
use domain::access::Right;
use domain::deployment::queue::{Because, Turn};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId};
use domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use storage::deployments::DeploymentRow;
use storage::environments::EnvironmentRow;
use storage::queue::Place;
use storage::{Reader, applications, deployments, environments, queue};

/// What a queued deployment waits for.
pub(crate) struct Waiting {
    /// Its place in the queue, from 1.
    pub position: u32,
    /// One sentence.
    pub sentence: String,
    /// The deployment that it depends on, as far as the caller may see it.
    pub behind: Option<(DeploymentId, String)>,
}

/// What a list says of a queued deployment, whoever may see the others: its place, and what kind of thing it waits for. None where it is
/// parked, which its own message tells.
fn short(place: &Place) -> Option<String> {
    let position = place.position?;
    let words = match place.turn {
        Turn::Runs | Turn::Parked => return None,
        Turn::Next => return Some("It is next.".to_owned()),
        Turn::After { .. } => "it waits for a deployment that it depends on.".to_owned(),
        Turn::Full => full(place.at_once),
    };
    Some(format!("Number {position} in the queue: {words}"))
}

fn full(at_once: u32) -> String {
    let words =
        if at_once == 1 { "1 deployment runs".to_owned() } else { format!("{at_once} deployments run") };
    format!("{words} at once here, and so many do.")
}

/// What lists say of the queued deployments into some environments.
pub(crate) async fn all_short(
    tx: &mut impl Reader,
    targets: &BTreeSet<EnvironmentId>,
    now: Timestamp,
) -> Result<BTreeMap<DeploymentId, String>> {
    let places = queue::of_environments(tx, targets, now).await?;
    Ok(places.iter().filter_map(|place| Some((place.id, short(place)?))).collect())
}

impl Console {
    /// What a queued deployment waits for; none where it is parked or runs. What the caller may not see is not named.
    pub(crate) async fn waiting(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        row: &DeploymentRow,
    ) -> Result<Option<Waiting>> {
        let places = queue::of_environment(tx, row.target_id, self.now()).await?;
        let Some(place) = places.iter().find(|place| place.id == row.id) else { return Ok(None) };
        let (Some(position), Some(sentence)) = (place.position, short(place)) else { return Ok(None) };
        let mut waiting = Waiting { position, sentence, behind: None };
        let Turn::After { deployment, because } = place.turn else { return Ok(Some(waiting)) };
        let Some(other) = deployments::by_id(tx, deployment).await? else { return Ok(Some(waiting)) };
        let target = environments::by_id(tx, row.target_id).await?;
        let target = target.ok_or_else(|| fault("a run without its target"))?;
        let mut seen = false;
        for item in RunPlan::of(&other)?.items {
            seen |= self.lists(tx, caller, &target, item.application).await?;
        }
        if !seen {
            return Ok(Some(waiting));
        }
        let mut because_of = Vec::new();
        for application in named(because) {
            if self.lists(tx, caller, &target, application).await?
                && let Some(found) = applications::by_id(tx, application).await?
            {
                because_of.push(found.name.to_string());
            }
        }
        let why = match (because, because_of.as_slice()) {
            (Because::Same(_), [same]) => format!("because both change {same}"),
            (Because::Uses { direct: true, .. }, [by, used]) => format!("because {by} uses {used}"),
            (Because::Uses { direct: false, .. }, [by, used]) => {
                format!("because {by} uses {used} through other applications")
            }
            _ => "because it depends on it".to_owned(),
        };
        let parked = places.iter().any(|place| place.id == other.id && place.turn == Turn::Parked);
        let parked = match other.message.trim_start_matches("Parked, and keeps its place. ") {
            words if parked => format!(" That one is parked: {words}"),
            _ => String::new(),
        };
        waiting.sentence =
            format!("Number {position} in the queue: it waits for {}, {why}.{parked}", other.name);
        waiting.behind = Some((other.id, other.name));
        Ok(Some(waiting))
    }

    /// Whether a caller may list an application in an environment.
    pub(crate) async fn lists(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        place: &EnvironmentRow,
        application: ApplicationId,
    ) -> Result<bool> {
        let needed = on(application, place.id, Right::List);
        match self.permit(tx, caller, place.infrastructure_id, &needed, "see this application").await {
            Ok(_) => Ok(true),
            Err(OperationError::Denied { .. } | OperationError::NotFound { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }
}

/// The applications that make two deployments depend on each other, the consumer first.
fn named(because: Because) -> Vec<ApplicationId> {
    match because {
        Because::Same(application) => vec![application],
        Because::Uses { by, used, .. } => vec![by, used],
    }
}
