//! What people decide about deployments that have not ended. Each write says whether it was obeyed: of several people the first one is.

use crate::error::StoreError;
use crate::statement::{args, execute, statements};
use crate::transaction::WriteTx;
use domain::id::{DeploymentId, ServerId};

statements! {
    LET_GO_ON = "update deployment set waits = $2, status = 'running', message = $3, lease_owner = null, lease_until = null, ",
        "revision = revision + 1 where id = $1 and status = 'needs_attention' and waits and not suspended";
    RESUME = "update deployment set suspended = $2, status = 'running', message = $3, decision = coalesce(decision, $4), ",
        "lease_owner = null, lease_until = null, revision = revision + 1 ",
        "where id = $1 and status = 'needs_attention' and suspended";
    AGAIN = "update deployment_step set state = 'pending', key = $4, reason = '', done = 0, total = 0, started_at = null, ",
        "finished_at = null where deployment_id = $1 and ordinal = $2 and phase = $3 and state = 'failed'";
    LEAVE_OUT = "update deployment_step set state = 'skipped' where deployment_id = $1 and server_id = $2 and phase = $3 ",
        "and state in ('pending', 'failed')";
    PREPARE_FOR = "update deployment_step set action = $3 where deployment_id = $1 and ordinal = $2 and phase = 'forward' ",
        "and server_id is null and state in ('pending', 'failed')";
    ABORT = "update deployment set decision = 'abort', suspended = $2, message = $3, ",
        "status = case when status = 'needs_attention' then 'running' else status end, ",
        "lease_until = case when status = 'needs_attention' then null else lease_until end, ",
        "lease_owner = case when status = 'needs_attention' then null else lease_owner end, revision = revision + 1 ",
        "where id = $1 and status in ('running', 'needs_attention') and (decision is null or decision <> 'abort')";
}

/// Lets a deployment go on that is prepared and waits (R16); false where it does not wait, or not any more.
///
/// # Errors
/// The driver's own.
pub async fn let_go_on(tx: &mut WriteTx, id: DeploymentId, message: &str) -> Result<bool, StoreError> {
    Ok(execute(tx, &LET_GO_ON, args![id, false, message]).await? == 1)
}

/// Lets a deployment go on that is suspended on a failed step, with a decision where one is made; false where it is not suspended, or not
/// any more.
///
/// # Errors
/// `Violated(Check)` for a decision that is none.
pub async fn resume(
    tx: &mut WriteTx,
    id: DeploymentId,
    message: &str,
    decision: Option<&str>,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &RESUME, args![id, false, message, decision]).await? == 1)
}

/// Has a failed step be tried once more under another key.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such step that failed; `Violated(StepKey)`.
pub async fn again(
    tx: &mut WriteTx,
    id: DeploymentId,
    ordinal: u32,
    phase: &str,
    key: &str,
) -> Result<(), StoreError> {
    match execute(tx, &AGAIN, args![id, ordinal, phase, key]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Leaves out what a deployment would still do on a front-end in one direction, and says how many steps that are.
///
/// # Errors
/// The driver's own.
pub async fn leave_out(
    tx: &mut WriteTx,
    id: DeploymentId,
    server: ServerId,
    phase: &str,
) -> Result<u64, StoreError> {
    execute(tx, &LEAVE_OUT, args![id, server, phase]).await
}

/// Has a step that prepares and is not done do so for other front-ends.
///
/// # Errors
/// The driver's own.
pub async fn prepare_for(
    tx: &mut WriteTx,
    id: DeploymentId,
    ordinal: u32,
    action: &str,
) -> Result<(), StoreError> {
    execute(tx, &PREPARE_FOR, args![id, ordinal, action]).await.map(drop)
}

/// Stops a deployment that left the queue; false where it has ended, or somebody stopped it before.
///
/// # Errors
/// The driver's own.
pub async fn abort(tx: &mut WriteTx, id: DeploymentId, message: &str) -> Result<bool, StoreError> {
    Ok(execute(tx, &ABORT, args![id, false, message]).await? == 1)
}
