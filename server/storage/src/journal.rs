//! The engine's journal (design 9): claims by lease, fencing numbers, steps and lines. Every write names the fence
//! under which it is made, and a lower one than the deployment has by now changes nothing.

use crate::column::{Value, row};
use crate::deployments::{DeploymentRow, StepRow, columns, insert_step, step_columns};
use crate::error::StoreError;
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::{JournalTx, Reader, WriteTx};
use domain::id::{DeploymentId, EnvironmentId};
use domain::protocol::LogLevel;
use domain::time::Timestamp;

row! {
    /// A deployment that runs into an environment, or waits for a person in the middle.
    pub struct LockRow {
        /// The environment.
        environment_id: EnvironmentId,
        /// The deployment.
        deployment_id: DeploymentId,
        /// The fencing number of its claim.
        fence: u64,
        /// When it was taken.
        taken_at: Timestamp,
    }
}

/// Who claims, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<'o> {
    /// Now, by [`crate::Store::now`].
    pub now: Timestamp,
    /// Until when the lease holds.
    pub until: Timestamp,
    /// The console node.
    pub owner: &'o str,
    /// This start of the console.
    pub boot_id: &'o str,
    /// A new number from [`next_fence`].
    pub fence: u64,
}

/// What changes of a step; what is none stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepPatch {
    /// The state.
    pub state: Option<String>,
    /// How often it was given out.
    pub attempt: Option<u32>,
    /// Units done.
    pub done: Option<u64>,
    /// Units in all.
    pub total: Option<u64>,
    /// Why it failed.
    pub reason: Option<String>,
    /// When it was begun.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// A new line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine<'l> {
    /// The deployment.
    pub deployment: DeploymentId,
    /// When.
    pub at: Timestamp,
    /// `info`, `warning` or `error`.
    pub level: &'l str,
    /// The step it belongs to.
    pub ordinal: Option<u32>,
    /// The task's key and the line's number within it; none for a line of the console's own.
    pub source: Option<(&'l str, u64)>,
    /// One sentence.
    pub message: &'l str,
}

impl<'l> NewLine<'l> {
    /// A line of the console's own: it belongs to no step, and no agent's task has written it.
    pub fn own(deployment: DeploymentId, at: Timestamp, level: LogLevel, message: &'l str) -> Self {
        Self { deployment, at, level: level.word(), ordinal: None, source: None, message }
    }
}

statements! {
    PLAN_AGAIN = "update deployment set run_plan = $2, revision = revision + 1 where id = $1 and status = 'queued'";
    CLEAR_STEPS = "delete from deployment_step where deployment_id = $1";
    NEXT_FENCE = "update counter set value = value + 1 where name = 'fence' returning value";
    // One whose node is silent.
    EXPIRED + SKIP_LOCKED = columns!(), " where d.status = 'running' and (d.lease_until is null or d.lease_until < $1) ",
        "order by d.created_at, d.id limit 1";
    QUEUED + SKIP_LOCKED = columns!(), " where d.id = $1 and d.status = 'queued'";
    TAKE_LOCK = "insert into environment_lock (environment_id, deployment_id, fence, taken_at) values ($1, $2, $3, $4) ",
        "on conflict (environment_id, deployment_id) do update set fence = excluded.fence";
    CLAIM = "update deployment set status = 'running', fence = $2, lease_owner = $3, lease_until = $4, boot_id = $5, ",
        "started_at = coalesce(started_at, $6), revision = revision + 1 where id = $1 and fence < $2";
    FREE_OWN = "update deployment set lease_until = null, revision = revision + 1 where status = 'running' ",
        "and lease_until is not null and boot_id <> $1";
    RENEW = "update deployment set lease_until = $4 where id = $1 and lease_owner = $2 and fence = $3 ",
        "and status = 'running'";
    TOUCH = "update deployment set revision = revision + 1 where id = $1 and fence = $2 and status = 'running'";
    TOUCH_ANY = "update deployment set revision = revision + 1 where id = $1";
    STEP = "update deployment_step set state = coalesce($5, state), attempt = coalesce($6, attempt), ",
        "done = coalesce($7, done), total = coalesce($8, total), reason = coalesce($9, reason), ",
        "started_at = coalesce($10, started_at), finished_at = coalesce($11, finished_at), fence = $4 ",
        "where deployment_id = $1 and ordinal = $2 and phase = $3 and fence <= $4";
    HOLD = "update deployment set status = 'needs_attention', message = $3, lease_owner = null, lease_until = null, ",
        "revision = revision + 1 where id = $1 and fence = $2 and status = 'running' and waits and decision is null";
    SUSPEND = "update deployment set status = 'needs_attention', message = $3, suspended = $4, lease_owner = null, lease_until = null, ",
        "revision = revision + 1 where id = $1 and fence = $2 and status = 'running' and (decision is null or decision <> 'abort')";
    STATUS = "update deployment set status = $3, message = $4, revision = revision + 1 where id = $1 and fence = $2 ",
        "and status in ('running', 'needs_attention')";
    HAS_LINE = "select number as value from deployment_line where deployment_id = $1 and source = $2 and source_number = $3";
    LAST_LINE = "select number as value from deployment_line where deployment_id = $1 order by number desc limit 1";
    LINE = "insert into deployment_line (deployment_id, number, at, level, ordinal, source, source_number, message) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8)";
    OPEN_TASKS = step_columns!("d"), " join deployment d on d.id = s.deployment_id ",
        "join environment_lock l on l.deployment_id = d.id ",
        "where l.environment_id = $1 and d.status = 'running' and s.state in ('dispatched', 'uncertain') ",
        "order by d.created_at, d.id, s.phase desc, s.ordinal";
    // Preparing is done once for all front-ends; what is done at one of them has been prepared before.
    PREPARED = "select s.action as value from deployment_step s join environment_lock l on l.deployment_id = s.deployment_id ",
        "where l.environment_id = $1 and s.server_id is null";
    FENCE_OF = "select d.fence as value from deployment d where d.id = $1";
    STEP_BY_KEY = step_columns!("s"), " where s.key = $1";
    LOCKS_OF = "select environment_id, deployment_id, fence, taken_at from environment_lock where environment_id = $1 ",
        "order by taken_at, deployment_id";
    OWN = columns!(), " where d.status = 'running' and d.lease_owner = $1 and d.boot_id = $2 order by d.created_at, d.id";
}

/// A fencing number higher than all before. Its counter is held until the commit, so that claims take turns: what [`next`] sees then nobody
/// changes before [`take`].
///
/// # Errors
/// The driver's own.
pub async fn next_fence(tx: &mut JournalTx) -> Result<u64, StoreError> {
    let Value(fence) = one(tx, &NEXT_FENCE, args![]).await?;
    Ok(fence)
}

/// Gives a deployment that has not begun another run, with its steps.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn plan_again(
    tx: &mut JournalTx,
    id: DeploymentId,
    run_plan: &str,
    steps: &[StepRow],
) -> Result<(), StoreError> {
    if execute(tx, &PLAN_AGAIN, args![id, run_plan]).await? == 0 {
        return Ok(());
    }
    execute(tx, &CLEAR_STEPS, args![id]).await?;
    for step in steps {
        insert_step(tx, step).await?;
    }
    Ok(())
}

/// The deployment that is claimed next: one whose lease has expired by [`crate::Store::now`], else the first whose turn it is (R10) at `at`,
/// the time that gates go by. None where there is nothing to do. It is called after [`next_fence`].
///
/// # Errors
/// The driver's own.
pub async fn next(
    tx: &mut JournalTx,
    now: Timestamp,
    at: Timestamp,
) -> Result<Option<DeploymentRow>, StoreError> {
    let expired: Option<DeploymentRow> = optional(tx, &EXPIRED, args![now]).await?;
    if expired.is_some() {
        return Ok(expired);
    }
    for id in crate::queue::next(tx, at).await? {
        // A person may be aborting it just now; then it is passed.
        let queued: Option<DeploymentRow> = optional(tx, &QUEUED, args![id]).await?;
        if queued.is_some() {
            return Ok(queued);
        }
    }
    Ok(None)
}

/// Claims a deployment that [`next`] gave in this transaction. It is then running under the new fence and has a place in its environment.
/// None where another node was quicker.
///
/// # Errors
/// The driver's own.
pub async fn take(
    tx: &mut JournalTx,
    row: &DeploymentRow,
    claim: &Claim<'_>,
) -> Result<Option<DeploymentRow>, StoreError> {
    let lock = args![row.target_id, row.id, claim.fence, claim.now];
    if execute(tx, &TAKE_LOCK, lock).await? == 0 {
        return Ok(None);
    }
    let args = args![row.id, claim.fence, claim.owner, claim.until, claim.boot_id, claim.now];
    if execute(tx, &CLAIM, args).await? == 0 {
        return Ok(None);
    }
    crate::deployments::by_id(tx, row.id).await
}

/// Claims the next deployment without a look at its gates.
///
/// # Errors
/// The driver's own.
pub async fn claim(tx: &mut JournalTx, claim: &Claim<'_>) -> Result<Option<DeploymentRow>, StoreError> {
    match next(tx, claim.now, claim.now).await? {
        Some(row) => take(tx, &row, claim).await,
        None => Ok(None),
    }
}

/// Ends the leases of all other starts of this console at once, and says how many: for a single node that starts again.
///
/// # Errors
/// The driver's own.
pub async fn free_own(tx: &mut JournalTx, boot_id: &str) -> Result<u64, StoreError> {
    execute(tx, &FREE_OWN, args![boot_id]).await
}

/// Renews a lease; false where the deployment is not this claim's any more.
///
/// # Errors
/// The driver's own.
pub async fn renew(
    tx: &mut JournalTx,
    id: DeploymentId,
    owner: &str,
    fence: u64,
    until: Timestamp,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &RENEW, args![id, owner, fence, until]).await? == 1)
}

/// Changes a step under a fence; false where another node has claimed the deployment since, and nothing changes.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such step; `Violated(Check)` for a state that is none.
pub async fn step_state(
    tx: &mut JournalTx,
    id: DeploymentId,
    ordinal: u32,
    phase: &str,
    fence: u64,
    patch: &StepPatch,
) -> Result<bool, StoreError> {
    // The deployment's row is held until the commit, so that no claim comes between.
    if execute(tx, &TOUCH, args![id, fence]).await? == 0 {
        return Ok(false);
    }
    let args = args![
        id,
        ordinal,
        phase,
        fence,
        patch.state.as_deref(),
        patch.attempt,
        patch.done,
        patch.total,
        patch.reason.as_deref(),
        patch.started_at,
        patch.finished_at
    ];
    match execute(tx, &STEP, args).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(true),
    }
}

/// Sets the status and the message of a deployment that goes on; false where another node has claimed it since, or where it has ended.
///
/// # Errors
/// `Violated(Check)` for a status that is none.
pub async fn set_status(
    tx: &mut JournalTx,
    id: DeploymentId,
    fence: u64,
    status: &str,
    message: &str,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &STATUS, args![id, fence, status, message]).await? == 1)
}

/// Lets a deployment wait for a person. No node holds it meanwhile; it keeps its place in its environment. False where another node has claimed it
/// since, or where it does not wait.
///
/// # Errors
/// The driver's own.
pub async fn hold(
    tx: &mut JournalTx,
    id: DeploymentId,
    fence: u64,
    message: &str,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &HOLD, args![id, fence, message]).await? == 1)
}

/// Lets a deployment wait for a person because a step failed. False where another node has claimed it since, or somebody aborted it.
///
/// # Errors
/// The driver's own.
pub async fn suspend(
    tx: &mut JournalTx,
    id: DeploymentId,
    fence: u64,
    message: &str,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &SUSPEND, args![id, fence, message, true]).await? == 1)
}

/// Says what a running deployment is doing; false where another node has claimed it since, or where it has ended.
///
/// # Errors
/// The driver's own.
pub async fn set_status_running(
    tx: &mut JournalTx,
    id: DeploymentId,
    fence: u64,
    message: &str,
) -> Result<bool, StoreError> {
    set_status(tx, id, fence, "running", message).await
}

/// Appends a line to the log; false where this line of its source is there already.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such deployment; `Violated(Check)` for a level that is none.
pub async fn append_line(tx: &mut JournalTx, line: &NewLine<'_>) -> Result<bool, StoreError> {
    append(tx, line).await
}

/// The same, together with what a person did.
///
/// # Errors
/// As [`append_line`].
pub async fn append_line_with(tx: &mut WriteTx, line: &NewLine<'_>) -> Result<bool, StoreError> {
    append(tx, line).await
}

async fn append(tx: &mut impl Reader, line: &NewLine<'_>) -> Result<bool, StoreError> {
    // Holds the deployment's row, so that two writers never take the same number.
    if execute(tx, &TOUCH_ANY, args![line.deployment]).await? == 0 {
        return Err(StoreError::Missing);
    }
    if let Some((source, number)) = line.source {
        let had: Option<Value<u64>> =
            optional(tx, &HAS_LINE, args![line.deployment, source, number]).await?;
        if had.is_some() {
            return Ok(false);
        }
    }
    let last: Option<Value<u64>> = optional(tx, &LAST_LINE, args![line.deployment]).await?;
    let number = last.map_or(0, |Value(number)| number) + 1;
    let (source, source_number) = line.source.unwrap_or(("", number));
    let args = args![
        line.deployment,
        number,
        line.at,
        line.level,
        line.ordinal,
        source,
        source_number,
        line.message
    ];
    execute(tx, &LINE, args).await?;
    Ok(true)
}

/// The steps that were given out and have not ended, of the deployments that run into an environment, oldest first. Their `fence` is the
/// deployment's, to be sent with the task; it is higher than the one they were written under where another claim followed.
///
/// # Errors
/// The driver's own.
pub async fn open_tasks(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<StepRow>, StoreError> {
    all(tx, &OPEN_TASKS, args![environment]).await
}

/// What the deployments that have a place in an environment prepare there: the actions of the steps, JSON.
///
/// # Errors
/// The driver's own.
pub async fn prepared(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<String>, StoreError> {
    let actions: Vec<Value<String>> = all(tx, &PREPARED, args![environment]).await?;
    Ok(actions.into_iter().map(|Value(action)| action).collect())
}

/// The fencing number of a deployment's last claim.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such deployment.
pub async fn fence_of(tx: &mut impl Reader, id: DeploymentId) -> Result<u64, StoreError> {
    let Value(fence) = one(tx, &FENCE_OF, args![id]).await?;
    Ok(fence)
}

/// A step by its task's key.
///
/// # Errors
/// The driver's own.
pub async fn step_by_key(tx: &mut impl Reader, key: &str) -> Result<Option<StepRow>, StoreError> {
    optional(tx, &STEP_BY_KEY, args![key]).await
}

/// The deployments that run into an environment.
///
/// # Errors
/// The driver's own.
pub async fn locks_of(tx: &mut impl Reader, environment: EnvironmentId) -> Result<Vec<LockRow>, StoreError> {
    all(tx, &LOCKS_OF, args![environment]).await
}

/// The deployments that this start of a node carries out.
///
/// # Errors
/// The driver's own.
pub async fn own(
    tx: &mut impl Reader,
    owner: &str,
    boot_id: &str,
) -> Result<Vec<DeploymentRow>, StoreError> {
    all(tx, &OWN, args![owner, boot_id]).await
}
