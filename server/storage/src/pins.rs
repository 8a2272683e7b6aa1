//! Pins: applications that stay at what they were rolled back to, until somebody lifts them.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId};
use domain::time::Timestamp;

row! {
    /// A pinned application.
    pub struct PinRow {
        /// The environment.
        environment_id: EnvironmentId,
        /// The application.
        application_id: ApplicationId,
        /// The deployment that rolled it back.
        deployment_id: DeploymentId,
        /// Why it was rolled back.
        reason: String,
        /// Since when.
        pinned_at: Timestamp,
        /// Who rolled it back, by name.
        pinned_by: String,
    }
}

macro_rules! columns {
    () => {
        "select p.environment_id, p.application_id, p.deployment_id, p.reason, p.pinned_at, p.pinned_by from pin p"
    };
}

statements! {
    PUT = "insert into pin (environment_id, application_id, deployment_id, reason, pinned_at, pinned_by) ",
        "values ($1, $2, $3, $4, $5, $6) on conflict (environment_id, application_id) do update set ",
        "deployment_id = excluded.deployment_id, reason = excluded.reason, pinned_at = excluded.pinned_at, ",
        "pinned_by = excluded.pinned_by";
    LIFT = "delete from pin where environment_id = $1 and application_id = $2";
    GET = columns!(), " where p.environment_id = $1 and p.application_id = $2";
    IN_ENVIRONMENT = columns!(), " where p.environment_id = $1";
    OF_APPLICATION = columns!(), " where p.application_id = $1";
}

/// Pins an application, in place of an older pin.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn put(tx: &mut WriteTx, row: &PinRow) -> Result<(), StoreError> {
    let args = args![
        row.environment_id,
        row.application_id,
        row.deployment_id,
        &row.reason,
        row.pinned_at,
        &row.pinned_by
    ];
    execute(tx, &PUT, args).await.map(drop)
}

/// Lifts a pin; false where there is none.
///
/// # Errors
/// The driver's own.
pub async fn lift(
    tx: &mut WriteTx,
    environment: EnvironmentId,
    application: ApplicationId,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &LIFT, args![environment, application]).await? == 1)
}

/// The pin of an application in an environment.
///
/// # Errors
/// The driver's own.
pub async fn get(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    application: ApplicationId,
) -> Result<Option<PinRow>, StoreError> {
    optional(tx, &GET, args![environment, application]).await
}

/// The pins in an environment.
///
/// # Errors
/// The driver's own.
pub async fn in_environment(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<PinRow>, StoreError> {
    all(tx, &IN_ENVIRONMENT, args![environment]).await
}

/// The pins of an application.
///
/// # Errors
/// The driver's own.
pub async fn of_application(
    tx: &mut impl Reader,
    application: ApplicationId,
) -> Result<Vec<PinRow>, StoreError> {
    all(tx, &OF_APPLICATION, args![application]).await
}
