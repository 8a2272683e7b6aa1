//! What is owed to front-ends that could not be reached when a deployment left them out: they catch up when they are back.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, execute, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId, ServerId};
use domain::text::{Key, Sha256};

row! {
    /// An application that a front-end did not get.
    pub struct OwedRow {
        /// The environment.
        environment_id: EnvironmentId,
        /// The front-end.
        server_id: ServerId,
        /// The application.
        application_id: ApplicationId,
        /// The deployment that left it out.
        deployment_id: DeploymentId,
        /// Whether that deployment went on without it to its end; before, it may still be taken back.
        due: bool,
    }
}

row! {
    /// What an environment runs of one application.
    pub struct RunsRow {
        /// The application.
        application_id: ApplicationId,
        /// Its key.
        key: Key,
        /// What runs, by its package's hash.
        sha256: Sha256,
        /// The front-ends do not all run the same.
        mixed: bool,
    }
}

statements! {
    OWE = "insert into catch_up (environment_id, server_id, application_id, deployment_id, due) values ($1, $2, $3, $4, $5) ",
        "on conflict (environment_id, server_id, application_id) do update set deployment_id = excluded.deployment_id, due = excluded.due";
    OWED = "select environment_id, server_id, application_id, deployment_id, due from catch_up where environment_id = $1 ",
        "order by server_id, application_id";
    DUE = "update catch_up set due = $3 where deployment_id = $1 and application_id = $2";
    FORGET = "delete from catch_up where environment_id = $1 and application_id = $2";
    FORGET_OF = "delete from catch_up where environment_id = $1 and application_id = $2 and server_id = $3";
    RUNS = "select x.application_id, a.key, r.sha256, x.mixed from environment_application x ",
        "join application a on a.id = x.application_id join revision r on r.id = x.revision_id ",
        "where x.environment_id = $1 order by a.key";
}

/// Notes that a deployment leaves out a front-end which cannot be reached, for one application.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn owe(tx: &mut WriteTx, row: &OwedRow) -> Result<(), StoreError> {
    let args = args![row.environment_id, row.server_id, row.application_id, row.deployment_id, row.due];
    execute(tx, &OWE, args).await.map(drop)
}

/// Everything that is owed in an environment.
///
/// # Errors
/// The driver's own.
pub async fn owed(tx: &mut impl Reader, environment: EnvironmentId) -> Result<Vec<OwedRow>, StoreError> {
    all(tx, &OWED, args![environment]).await
}

/// A deployment has ended without those that it left out: what it owes them of an application is due.
///
/// # Errors
/// The driver's own.
pub async fn due(
    tx: &mut WriteTx,
    deployment: DeploymentId,
    application: ApplicationId,
) -> Result<(), StoreError> {
    execute(tx, &DUE, args![deployment, application, true]).await.map(drop)
}

/// Nothing of an application is owed in an environment any more.
///
/// # Errors
/// The driver's own.
pub async fn forget(
    tx: &mut WriteTx,
    environment: EnvironmentId,
    application: ApplicationId,
) -> Result<(), StoreError> {
    execute(tx, &FORGET, args![environment, application]).await.map(drop)
}

/// A front-end has got an application; false where it was not owed.
///
/// # Errors
/// The driver's own.
pub async fn forget_of(
    tx: &mut WriteTx,
    environment: EnvironmentId,
    application: ApplicationId,
    server: ServerId,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &FORGET_OF, args![environment, application, server]).await? > 0)
}

/// What an environment runs, by key.
///
/// # Errors
/// The driver's own.
pub async fn runs(tx: &mut impl Reader, environment: EnvironmentId) -> Result<Vec<RunsRow>, StoreError> {
    all(tx, &RUNS, args![environment]).await
}
