//! Findings that somebody accepted, with a reason and an expiry.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, execute, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{InfrastructureId, UserId};
use domain::time::Timestamp;

row! {
    /// An accepted finding.
    pub struct ExceptionRow {
        /// The infrastructure.
        infrastructure_id: InfrastructureId,
        /// The rule, such as `A10`.
        rule: String,
        /// The place that the finding is about.
        path: String,
        /// Why it is accepted.
        reason: String,
        /// Until when.
        expires_at: Timestamp,
        /// Who accepted it; none for the local operator.
        accepted_by: Option<UserId>,
        /// Their name then.
        accepted_by_name: String,
        /// When.
        accepted_at: Timestamp,
    }
}

statements! {
    LIST = "select infrastructure_id, rule, path, reason, expires_at, accepted_by, accepted_by_name, accepted_at ",
        "from architecture_exception where infrastructure_id = $1 order by rule, path";
    PUT = "insert into architecture_exception (infrastructure_id, rule, path, reason, expires_at, accepted_by, accepted_by_name, ",
        "accepted_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (infrastructure_id, rule, path) do update set ",
        "reason = excluded.reason, expires_at = excluded.expires_at, accepted_by = excluded.accepted_by, ",
        "accepted_by_name = excluded.accepted_by_name, accepted_at = excluded.accepted_at";
    REMOVE = "delete from architecture_exception where infrastructure_id = $1 and rule = $2 and path = $3";
}

/// The exceptions of an infrastructure, also those that have expired, by rule and place.
///
/// # Errors
/// The driver's own.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<ExceptionRow>, StoreError> {
    all(tx, &LIST, args![infrastructure]).await
}

/// Accepts a finding; replaces what was accepted of it before.
///
/// # Errors
/// There is no such infrastructure or user.
pub async fn put(tx: &mut WriteTx, row: &ExceptionRow) -> Result<(), StoreError> {
    let args = args![
        row.infrastructure_id,
        &row.rule,
        &row.path,
        &row.reason,
        row.expires_at,
        row.accepted_by,
        &row.accepted_by_name,
        row.accepted_at
    ];
    execute(tx, &PUT, args).await.map(drop)
}

/// Takes an exception back; says whether there was one.
///
/// # Errors
/// The driver's own.
pub async fn remove(
    tx: &mut WriteTx,
    infrastructure: InfrastructureId,
    rule: &str,
    path: &str,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMOVE, args![infrastructure, rule, path]).await? > 0)
}
