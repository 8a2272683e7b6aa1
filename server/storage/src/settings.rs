//! Settings of applications: what an environment has of its own, what a plan sets, and what counted for a deployment. Secrets come here closed.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{Arg, all, all_by_hundreds, args, execute, hundred, hundreds, statements};
use crate::transaction::{JournalTx, Reader, WriteTx};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId, PlanId};
use domain::setting::{Origin, SettingKind};
use domain::text::{Key, Sha256};
use domain::time::Timestamp;

row! {
    /// A value that an environment has of its own.
    pub struct ValueRow {
        /// The environment.
        environment_id: EnvironmentId,
        /// The application.
        application_id: ApplicationId,
        /// The setting.
        key: Key,
        /// What it was set as.
        kind: SettingKind,
        /// The value; none for a secret.
        value: Option<String>,
        /// The envelope of a secret.
        sealed: Option<String>,
        /// What tells whether two secrets are the same.
        mark: Option<Sha256>,
        /// When it was set.
        set_at: Timestamp,
        /// By whom, by name.
        set_by: String,
    }
}

row! {
    /// A value that a plan sets.
    pub struct PlannedRow {
        /// The plan.
        plan_id: PlanId,
        /// The application.
        application_id: ApplicationId,
        /// The setting.
        key: Key,
        /// What it was set as.
        kind: SettingKind,
        /// The value; none for a secret.
        value: Option<String>,
        /// The envelope of a secret.
        sealed: Option<String>,
        /// What tells whether two secrets are the same.
        mark: Option<Sha256>,
        /// When it was set.
        set_at: Timestamp,
        /// By whom, by name.
        set_by: String,
    }
}

row! {
    /// What counted for a setting of an application in a deployment.
    pub struct SnapshotRow {
        /// The deployment.
        deployment_id: DeploymentId,
        /// The application.
        application_id: ApplicationId,
        /// `forward` for what it activates, `back` for what it would return to.
        phase: String,
        /// The setting.
        key: Key,
        /// Its name at that time.
        name: String,
        /// Its kind.
        kind: SettingKind,
        /// Where the value came from.
        origin: Origin,
        /// The value; none for a secret, and where there was none.
        value: Option<String>,
        /// The envelope of a secret.
        sealed: Option<String>,
        /// What tells whether two secrets are the same.
        mark: Option<Sha256>,
    }
}

statements! {
    OF = "select environment_id, application_id, key, kind, value, sealed, mark, set_at, set_by from setting_value ",
        "where environment_id = $1 and application_id = $2 order by key";
    OF_APPLICATIONS = "select environment_id, application_id, key, kind, value, sealed, mark, set_at, set_by from setting_value ",
        "where application_id in (", hundred!(), ") and environment_id = $101 order by application_id, key";
    PUT = "insert into setting_value (environment_id, application_id, key, kind, value, sealed, mark, set_at, set_by) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (environment_id, application_id, key) do update set ",
        "kind = excluded.kind, value = excluded.value, sealed = excluded.sealed, mark = excluded.mark, set_at = excluded.set_at, ",
        "set_by = excluded.set_by";
    REMOVE = "delete from setting_value where environment_id = $1 and application_id = $2 and key = $3";
    PLANNED = "select plan_id, application_id, key, kind, value, sealed, mark, set_at, set_by from plan_setting ",
        "where plan_id = $1 order by application_id, key";
    PLAN = "insert into plan_setting (plan_id, application_id, key, kind, value, sealed, mark, set_at, set_by) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (plan_id, application_id, key) do update set ",
        "kind = excluded.kind, value = excluded.value, sealed = excluded.sealed, mark = excluded.mark, set_at = excluded.set_at, ",
        "set_by = excluded.set_by";
    WITHDRAW = "delete from plan_setting where plan_id = $1 and application_id = $2 and key = $3";
    KEEP = "insert into deployment_setting (deployment_id, application_id, phase, key, name, kind, origin, value, sealed, mark) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    FORGET = "delete from deployment_setting where deployment_id = $1";
    KEPT = "select deployment_id, application_id, phase, key, name, kind, origin, value, sealed, mark from deployment_setting ",
        "where deployment_id in (", hundred!(), ") order by deployment_id, application_id, key, phase";
    KEPT_FOR = "select deployment_id, application_id, phase, key, name, kind, origin, value, sealed, mark from deployment_setting ",
        "where deployment_id = $1 and application_id = $2 and phase = $3 order by key";
}

/// What an environment has of its own for an application, by key.
///
/// # Errors
/// The driver's own.
pub async fn of(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    application: ApplicationId,
) -> Result<Vec<ValueRow>, StoreError> {
    all(tx, &OF, args![environment, application]).await
}

/// The same for some applications. One statement for a hundred.
///
/// # Errors
/// The driver's own.
pub async fn of_applications(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    applications: &[ApplicationId],
) -> Result<Vec<ValueRow>, StoreError> {
    let mut found = Vec::new();
    for mut args in hundreds(applications) {
        args.push(Arg::from(environment));
        found.extend(all::<ValueRow>(tx, &OF_APPLICATIONS, args).await?);
    }
    Ok(found)
}

/// Sets a value, in place of an older one.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn put(tx: &mut WriteTx, row: &ValueRow) -> Result<(), StoreError> {
    let args = args![
        row.environment_id,
        row.application_id,
        &row.key,
        row.kind.word(),
        row.value.as_deref(),
        row.sealed.as_deref(),
        row.mark,
        row.set_at,
        &row.set_by
    ];
    execute(tx, &PUT, args).await.map(drop)
}

/// Takes a value away; says whether there was one.
///
/// # Errors
/// The driver's own.
pub async fn remove(
    tx: &mut WriteTx,
    environment: EnvironmentId,
    application: ApplicationId,
    key: &Key,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMOVE, args![environment, application, key]).await? > 0)
}

/// What a plan sets, by application and key.
///
/// # Errors
/// The driver's own.
pub async fn planned(tx: &mut impl Reader, plan: PlanId) -> Result<Vec<PlannedRow>, StoreError> {
    all(tx, &PLANNED, args![plan]).await
}

/// Has a plan set a value, in place of an older one.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn plan(tx: &mut WriteTx, row: &PlannedRow) -> Result<(), StoreError> {
    let args = args![
        row.plan_id,
        row.application_id,
        &row.key,
        row.kind.word(),
        row.value.as_deref(),
        row.sealed.as_deref(),
        row.mark,
        row.set_at,
        &row.set_by
    ];
    execute(tx, &PLAN, args).await.map(drop)
}

/// Has a plan set a value no more; says whether it did.
///
/// # Errors
/// The driver's own.
pub async fn withdraw(
    tx: &mut WriteTx,
    plan: PlanId,
    application: ApplicationId,
    key: &Key,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &WITHDRAW, args![plan, application, key]).await? > 0)
}

/// Keeps what counts for a setting in a deployment.
///
/// # Errors
/// `Violated(DeploymentSettingId)` where it is kept already.
pub async fn keep(tx: &mut WriteTx, row: &SnapshotRow) -> Result<(), StoreError> {
    execute(tx, &KEEP, kept_args(row)).await.map(drop)
}

/// Keeps anew what counts for the settings of a deployment that has not activated anything yet, in place of what was kept when it was started.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn keep_anew(
    tx: &mut JournalTx,
    deployment: DeploymentId,
    rows: &[SnapshotRow],
) -> Result<(), StoreError> {
    execute(tx, &FORGET, args![deployment]).await?;
    for row in rows {
        execute(tx, &KEEP, kept_args(row)).await?;
    }
    Ok(())
}

fn kept_args(row: &SnapshotRow) -> Vec<Arg> {
    args![
        row.deployment_id,
        row.application_id,
        &row.phase,
        &row.key,
        &row.name,
        row.kind.word(),
        row.origin.word(),
        row.value.as_deref(),
        row.sealed.as_deref(),
        row.mark
    ]
}

/// What counted in some deployments, both phases. One statement for a hundred.
///
/// # Errors
/// The driver's own.
pub async fn kept(
    tx: &mut impl Reader,
    deployments: &[DeploymentId],
) -> Result<Vec<SnapshotRow>, StoreError> {
    all_by_hundreds(tx, &KEPT, deployments).await
}

/// What counted for an application in one phase of a deployment, by key.
///
/// # Errors
/// The driver's own.
pub async fn kept_for(
    tx: &mut impl Reader,
    deployment: DeploymentId,
    application: ApplicationId,
    phase: &str,
) -> Result<Vec<SnapshotRow>, StoreError> {
    all(tx, &KEPT_FOR, args![deployment, application, phase]).await
}
