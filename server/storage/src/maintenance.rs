//! Maintenance mode of environments: a row while it is on.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::environment::Reason;
use domain::id::{EnvironmentId, InfrastructureId};
use domain::time::Timestamp;

row! {
    /// An environment's maintenance.
    pub struct MaintenanceRow {
        /// The environment.
        environment_id: EnvironmentId,
        /// Why it is on.
        reason: Reason,
        /// Since when.
        since: Timestamp,
        /// The name of who put it on.
        started_by: String,
    }
}

statements! {
    PUT = "insert into maintenance (environment_id, reason, since, started_by) values ($1, $2, $3, $4)";
    RENAME = "update maintenance set reason = $2 where environment_id = $1";
    REMOVE = "delete from maintenance where environment_id = $1";
    OF = "select environment_id, reason, since, started_by from maintenance where environment_id = $1";
    LIST = "select m.environment_id, m.reason, m.since, m.started_by from environment e ",
        "join maintenance m on m.environment_id = e.id where e.infrastructure_id = $1 order by e.position";
}

/// Puts it on.
///
/// # Errors
/// `Violated(MaintenanceId)` where it is on.
pub async fn put(tx: &mut WriteTx, row: &MaintenanceRow) -> Result<(), StoreError> {
    let args = args![row.environment_id, row.reason.as_str(), row.since, &row.started_by];
    execute(tx, &PUT, args).await.map(drop)
}

/// Gives another reason while it is on.
///
/// # Errors
/// [`StoreError::Missing`] where it is off.
pub async fn set_reason(
    tx: &mut WriteTx,
    environment: EnvironmentId,
    reason: &Reason,
) -> Result<(), StoreError> {
    match execute(tx, &RENAME, args![environment, reason.as_str()]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Takes it off; says whether it was on.
///
/// # Errors
/// The driver's own.
pub async fn remove(tx: &mut WriteTx, environment: EnvironmentId) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMOVE, args![environment]).await? > 0)
}

/// An environment's maintenance, if it is on.
///
/// # Errors
/// The driver's own.
pub async fn of(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Option<MaintenanceRow>, StoreError> {
    optional(tx, &OF, args![environment]).await
}

/// All maintenances of an infrastructure that are on, by the order of the environments.
///
/// # Errors
/// The driver's own.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<MaintenanceRow>, StoreError> {
    all(tx, &LIST, args![infrastructure]).await
}
