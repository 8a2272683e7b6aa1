//! Deployments that were started and do not begin yet: until when, what they use, and which freezes were overridden for them.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{JournalTx, Reader, WriteTx};
use domain::id::{DeploymentId, FreezeId, InfrastructureId};
use domain::time::Timestamp;

row! {
    /// A deployment that does not begin yet.
    pub struct ParkedRow {
        /// The deployment.
        deployment_id: DeploymentId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// When it is looked at again.
        until_at: Timestamp,
        /// The time that was chosen for it.
        not_before: Option<Timestamp>,
        /// When it ends if it could not begin.
        expires_at: Option<Timestamp>,
    }
}

row! {
    /// A freeze that was overridden for a deployment.
    pub struct OverrideRow {
        /// The deployment.
        deployment_id: DeploymentId,
        /// The freeze.
        freeze_id: FreezeId,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
        /// Who did it, by name.
        made_by: String,
    }
}

statements! {
    PUT = "insert into deployment_parked (deployment_id, infrastructure_id, until_at, not_before, expires_at) ",
        "values ($1, $2, $3, $4, $5) on conflict (deployment_id) do update set until_at = excluded.until_at";
    OF = "select deployment_id, infrastructure_id, until_at, not_before, expires_at from deployment_parked where deployment_id = $1";
    REMOVE = "delete from deployment_parked where deployment_id = $1";
    WAKE = "update deployment_parked set until_at = $2 where infrastructure_id = $1 and until_at > $2";
    // What could not begin in its time.
    EXPIRED = "select deployment_id as value from deployment_parked p where p.expires_at <= $1 and exists ",
        "(select 1 from deployment d where d.id = p.deployment_id and d.status = 'queued') order by p.expires_at limit 100";
    SAY = "update deployment set message = $2, revision = revision + 1 where id = $1 and status = 'queued' and message <> $2";
    END = "update deployment set status = 'aborted', message = $2, finished_at = $3, revision = revision + 1 ",
        "where id = $1 and status = 'queued'";
    OVERRIDE = "insert into freeze_override (deployment_id, freeze_id, reason, at, made_by) values ($1, $2, $3, $4, $5) ",
        "on conflict (deployment_id, freeze_id) do update set reason = excluded.reason, at = excluded.at, made_by = excluded.made_by";
    OVERRIDES = "select deployment_id, freeze_id, reason, at, made_by from freeze_override where deployment_id = $1 order by at, freeze_id";
}

/// Parks a deployment until a time, together with what a person did. The time that was chosen for it stays as it was first written.
///
/// # Errors
/// `Violated(Check)` for an expiry before the chosen time; `Violated(Reference)`.
pub async fn put(tx: &mut WriteTx, row: &ParkedRow) -> Result<(), StoreError> {
    park(tx, row).await
}

/// The same by the engine.
///
/// # Errors
/// As [`put`].
pub async fn put_again(tx: &mut JournalTx, row: &ParkedRow) -> Result<(), StoreError> {
    park(tx, row).await
}

async fn park(tx: &mut impl Reader, row: &ParkedRow) -> Result<(), StoreError> {
    let args = args![row.deployment_id, row.infrastructure_id, row.until_at, row.not_before, row.expires_at];
    execute(tx, &PUT, args).await.map(drop)
}

/// What is known of a deployment that does not begin yet.
///
/// # Errors
/// The driver's own.
pub async fn of(tx: &mut impl Reader, id: DeploymentId) -> Result<Option<ParkedRow>, StoreError> {
    optional(tx, &OF, args![id]).await
}

/// It is parked no more.
///
/// # Errors
/// The driver's own.
pub async fn remove(tx: &mut JournalTx, id: DeploymentId) -> Result<(), StoreError> {
    execute(tx, &REMOVE, args![id]).await.map(drop)
}

/// Lets everything that is parked in an infrastructure be looked at again, since a gate changed.
///
/// # Errors
/// The driver's own.
pub async fn wake(
    tx: &mut WriteTx,
    infrastructure: InfrastructureId,
    now: Timestamp,
) -> Result<u64, StoreError> {
    execute(tx, &WAKE, args![infrastructure, now]).await
}

/// Deployments that could not begin by the time that was chosen for it, some of them.
///
/// # Errors
/// The driver's own.
pub async fn expired(tx: &mut impl Reader, now: Timestamp) -> Result<Vec<DeploymentId>, StoreError> {
    let rows = all(tx, &EXPIRED, args![now]).await?;
    Ok(rows.into_iter().map(|Value(id)| id).collect())
}

/// Says what a queued deployment waits for; false where it said so before, or is queued no more.
///
/// # Errors
/// The driver's own.
pub async fn say(tx: &mut JournalTx, id: DeploymentId, message: &str) -> Result<bool, StoreError> {
    Ok(execute(tx, &SAY, args![id, message]).await? == 1)
}

/// The same together with what a person did.
///
/// # Errors
/// The driver's own.
pub async fn say_with(tx: &mut WriteTx, id: DeploymentId, message: &str) -> Result<bool, StoreError> {
    Ok(execute(tx, &SAY, args![id, message]).await? == 1)
}

/// Ends a deployment that never began; false where it began meanwhile.
///
/// # Errors
/// The driver's own.
pub async fn end(
    tx: &mut WriteTx,
    id: DeploymentId,
    message: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if execute(tx, &END, args![id, message, now]).await? == 0 {
        return Ok(false);
    }
    crate::deployments::close(tx, id).await?;
    execute(tx, &REMOVE, args![id]).await?;
    Ok(true)
}

/// Overrides a freeze for a deployment; the last time counts.
///
/// # Errors
/// `Violated(Reference)` where there is no such deployment.
pub async fn override_freeze(tx: &mut WriteTx, row: &OverrideRow) -> Result<(), StoreError> {
    let args = args![row.deployment_id, row.freeze_id, &row.reason, row.at, &row.made_by];
    execute(tx, &OVERRIDE, args).await.map(drop)
}

/// The freezes that were overridden for a deployment.
///
/// # Errors
/// The driver's own.
pub async fn overrides(tx: &mut impl Reader, id: DeploymentId) -> Result<Vec<OverrideRow>, StoreError> {
    all(tx, &OVERRIDES, args![id]).await
}
