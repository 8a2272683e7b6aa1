//! Applications that are blocked from an environment (R14): a row while they are.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, all_by_hundreds, args, execute, hundred, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::environment::Reason;
use domain::id::{ApplicationId, EnvironmentId};
use domain::time::Timestamp;

row! {
    /// An application that is blocked from an environment.
    pub struct BlockRow {
        /// The environment.
        environment_id: EnvironmentId,
        /// The application.
        application_id: ApplicationId,
        /// Why.
        reason: Reason,
        /// Since when.
        blocked_at: Timestamp,
        /// The name of who blocked it.
        blocked_by: String,
    }
}

macro_rules! columns {
    () => {
        "select b.environment_id, b.application_id, b.reason, b.blocked_at, b.blocked_by from application_block b"
    };
}

statements! {
    PUT = "insert into application_block (environment_id, application_id, reason, blocked_at, blocked_by) ",
        "values ($1, $2, $3, $4, $5)";
    REMOVE = "delete from application_block where environment_id = $1 and application_id = $2";
    OF = columns!(), " where b.environment_id = $1 and b.application_id = $2";
    IN_ENVIRONMENT = columns!(), " where b.environment_id = $1";
    OF_APPLICATIONS = columns!(), " where b.application_id in (", hundred!(), ")";
    ON_ITS_WAY = "select count(*) as value from (select 1 from deployment_application x where x.application_id = $1 ",
        "and x.target_id = $2 and x.open limit 1) c";
}

/// Blocks an application from an environment.
///
/// # Errors
/// `Violated(ApplicationBlockId)` where it is blocked.
pub async fn put(tx: &mut WriteTx, row: &BlockRow) -> Result<(), StoreError> {
    let args =
        args![row.environment_id, row.application_id, row.reason.as_str(), row.blocked_at, &row.blocked_by];
    execute(tx, &PUT, args).await.map(drop)
}

/// Lifts a block; says whether there was one.
///
/// # Errors
/// The driver's own.
pub async fn remove(
    tx: &mut WriteTx,
    environment: EnvironmentId,
    application: ApplicationId,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMOVE, args![environment, application]).await? > 0)
}

/// The block of an application from an environment, if there is one.
///
/// # Errors
/// The driver's own.
pub async fn of(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    application: ApplicationId,
) -> Result<Option<BlockRow>, StoreError> {
    optional(tx, &OF, args![environment, application]).await
}

/// The blocks of an environment, in no order, for the rules that look at the whole of it (validation of a plan).
///
/// # Errors
/// The driver's own.
pub async fn in_environment(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<BlockRow>, StoreError> {
    all(tx, &IN_ENVIRONMENT, args![environment]).await
}

/// The blocks of some applications, in no order. The caller shows those of the environments that may be seen.
///
/// # Errors
/// The driver's own.
pub async fn of_applications(
    tx: &mut impl Reader,
    applications: &[ApplicationId],
) -> Result<Vec<BlockRow>, StoreError> {
    all_by_hundreds(tx, &OF_APPLICATIONS, applications).await
}

/// Whether a deployment that has not ended changes an application in an environment.
///
/// # Errors
/// The driver's own.
pub async fn on_its_way(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    application: ApplicationId,
) -> Result<bool, StoreError> {
    let open: crate::page::Count = one(tx, &ON_ITS_WAY, args![application, environment]).await?;
    Ok(open.n > 0)
}
