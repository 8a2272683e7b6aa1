//! The queue of an environment: the deployments into it that have not ended, and when the turn of each comes (R10). The rule is in
//! [`domain::deployment::queue`].

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::statement::{all, all_by_hundreds, args, execute, hundred, statements};
use crate::transaction::{Reader, WriteTx};
use domain::deployment::queue::{AT_ONCE, InQueue, Stage, Through, Turn, turns};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId};
use domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

row! {
    /// A deployment that has not ended.
    pub struct OpenRow {
        /// The deployment.
        id: DeploymentId,
        /// Its name.
        name: String,
        /// The environment.
        target_id: EnvironmentId,
        /// `queued`, `running` or `needs_attention`.
        status: String,
        /// Until when it is parked, if it is.
        until_at: Option<Timestamp>,
        /// How many run into the environment at once; none for [`AT_ONCE`].
        deployments_at_once: Option<u32>,
    }
}

row! {
    /// An application that a deployment changes.
    pub struct ChangeRow {
        /// The deployment.
        deployment_id: DeploymentId,
        /// The application.
        application_id: ApplicationId,
    }
}

row! {
    /// An application that a deployment uses and does not change.
    pub struct UseRow {
        /// The deployment.
        deployment_id: DeploymentId,
        /// The application.
        application_id: ApplicationId,
        /// The one of its own that uses it; none where that was not noted.
        by_id: Option<ApplicationId>,
        /// Whether that one uses it itself, and not through others.
        direct: bool,
    }
}

/// A deployment in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The deployment.
    pub id: DeploymentId,
    /// Its name.
    pub name: String,
    /// When its turn comes.
    pub turn: Turn,
    /// How many run into its environment at once.
    pub at_once: u32,
    /// Its place among those that do not run yet, from 1; none where it runs.
    pub position: Option<u32>,
}

macro_rules! open {
    () => {
        "select d.id, d.name, d.target_id, d.status, k.until_at, e.deployments_at_once from deployment d \
         join environment e on e.id = d.target_id left join deployment_parked k on k.deployment_id = d.id \
         where d.finished_at is null and d.target_id "
    };
}
macro_rules! changes {
    () => {
        "select a.deployment_id, a.application_id from deployment d \
         join deployment_application a on a.deployment_id = d.id where d.finished_at is null and d.target_id "
    };
}
macro_rules! uses {
    () => {
        "select u.deployment_id, u.application_id, u.by_id, u.direct from deployment d \
         join deployment_use u on u.deployment_id = d.id where d.finished_at is null and d.target_id "
    };
}

statements! {
    OPEN = open!(), "= $1 order by d.created_at, d.id";
    CHANGES = changes!(), "= $1";
    USES = uses!(), "= $1";
    OPEN_IN = open!(), "in (", hundred!(), ") order by d.created_at, d.id";
    CHANGES_IN = changes!(), "in (", hundred!(), ")";
    USES_IN = uses!(), "in (", hundred!(), ")";
    // Where somebody waits who is not parked, oldest first.
    WAITING = "select d.target_id as value from deployment d where d.status = 'queued' and not exists (select 1 from deployment_parked k ",
        "where k.deployment_id = d.id and k.until_at > $1) group by d.target_id order by min(d.created_at)";
    HOLD = "update environment set position = position where id = $1";
    USE = "insert into deployment_use (deployment_id, application_id, by_id, direct) values ($1, $2, $3, $4)";
}

/// Lets starts into an environment take turns: until the commit nobody else starts one.
///
/// # Errors
/// The driver's own.
pub async fn hold(tx: &mut WriteTx, environment: EnvironmentId) -> Result<(), StoreError> {
    execute(tx, &HOLD, args![environment]).await.map(drop)
}

/// The queue of an environment at a time, in the order in which its deployments were started.
///
/// # Errors
/// The driver's own.
pub async fn of_environment(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    at: Timestamp,
) -> Result<Vec<Place>, StoreError> {
    let open: Vec<OpenRow> = all(tx, &OPEN, args![environment]).await?;
    // Alone it depends on nothing.
    let (changes, uses) = match open.len() {
        0 | 1 => (Vec::new(), Vec::new()),
        _ => (all(tx, &CHANGES, args![environment]).await?, all(tx, &USES, args![environment]).await?),
    };
    Ok(places(&open, &changes, &uses, at))
}

/// The queues of some environments at a time; three statements for a hundred of them.
///
/// # Errors
/// The driver's own.
pub async fn of_environments(
    tx: &mut impl Reader,
    environments: &BTreeSet<EnvironmentId>,
    at: Timestamp,
) -> Result<Vec<Place>, StoreError> {
    let ids: Vec<EnvironmentId> = environments.iter().copied().collect();
    let open: Vec<OpenRow> = all_by_hundreds(tx, &OPEN_IN, &ids).await?;
    let changes: Vec<ChangeRow> = all_by_hundreds(tx, &CHANGES_IN, &ids).await?;
    let uses: Vec<UseRow> = all_by_hundreds(tx, &USES_IN, &ids).await?;
    let mut found = Vec::new();
    for target in ids {
        let own: Vec<OpenRow> = open.iter().filter(|row| row.target_id == target).cloned().collect();
        found.extend(places(&own, &changes, &uses, at));
    }
    Ok(found)
}

/// The places of the deployments into one environment.
fn places(open: &[OpenRow], changed: &[ChangeRow], used: &[UseRow], at: Timestamp) -> Vec<Place> {
    let own: BTreeSet<DeploymentId> = open.iter().map(|row| row.id).collect();
    let mut changes: BTreeMap<DeploymentId, BTreeSet<ApplicationId>> = BTreeMap::new();
    for row in changed.iter().filter(|row| own.contains(&row.deployment_id)) {
        changes.entry(row.deployment_id).or_default().insert(row.application_id);
    }
    let mut uses: BTreeMap<DeploymentId, BTreeMap<ApplicationId, Through>> = BTreeMap::new();
    for row in used.iter().filter(|row| own.contains(&row.deployment_id)) {
        let own = changes.get(&row.deployment_id).and_then(|own| own.first().copied());
        let Some(by) = row.by_id.or(own) else { continue };
        let through = Through { by, direct: row.direct };
        uses.entry(row.deployment_id).or_default().insert(row.application_id, through);
    }
    let in_queue = |row: &OpenRow| InQueue {
        id: row.id,
        stage: match (row.status.as_str(), row.until_at) {
            ("queued", Some(until)) if until > at => Stage::Parked,
            ("queued", _) => Stage::Waits,
            _ => Stage::Runs,
        },
        changes: changes.get(&row.id).cloned().unwrap_or_default(),
        uses: uses.get(&row.id).cloned().unwrap_or_default(),
    };
    let queue: Vec<InQueue> = open.iter().map(in_queue).collect();
    let at_once = open.first().and_then(|row| row.deployments_at_once).unwrap_or(AT_ONCE);
    let mut position = 0;
    let mut all = Vec::new();
    for (row, turn) in open.iter().zip(turns(&queue, at_once)) {
        position += u32::from(turn != Turn::Runs);
        let name = row.name.clone();
        all.push(Place { id: row.id, name, turn, at_once, position: (turn != Turn::Runs).then_some(position) });
    }
    all
}

/// The deployments that may begin now, in all environments. Each of them may begin whether or not those before it do.
///
/// # Errors
/// The driver's own.
pub async fn next(tx: &mut impl Reader, at: Timestamp) -> Result<Vec<DeploymentId>, StoreError> {
    let waiting: Vec<Value<EnvironmentId>> = all(tx, &WAITING, args![at]).await?;
    let mut next = Vec::new();
    for Value(environment) in waiting {
        let queue = of_environment(tx, environment, at).await?;
        next.extend(queue.into_iter().filter(|place| place.turn == Turn::Next).map(|place| place.id));
    }
    Ok(next)
}

/// Notes which applications a deployment uses beside those that it changes, and how.
///
/// # Errors
/// `Violated(Reference)` where one of them is not there.
pub async fn uses(
    tx: &mut WriteTx,
    id: DeploymentId,
    applications: impl IntoIterator<Item = (ApplicationId, Through)>,
) -> Result<(), StoreError> {
    for (application, through) in applications {
        execute(tx, &USE, args![id, application, through.by, through.direct]).await?;
    }
    Ok(())
}
