//! Pipelines as promotion needs them: their stages, and the applications that belong to one.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::page::Count;
use crate::statement::{all, args, execute, hundred, hundreds, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId, PipelineId};
use domain::text::{Key, Name};
use std::collections::{BTreeMap, BTreeSet};

row! {
    /// A pipeline.
    pub struct PipelineRow {
        /// Identity.
        id: PipelineId,
        /// Key in addresses.
        key: Key,
        /// Name.
        name: Name,
    }
}

row! {
    /// A stage of a pipeline.
    pub struct StageRow {
        /// The pipeline.
        pipeline_id: PipelineId,
        /// The environment.
        environment_id: EnvironmentId,
    }
}

row! {
    /// The pipeline of an application.
    struct AssignedRow {
        application_id: ApplicationId,
        pipeline_id: PipelineId,
    }
}

row! {
    /// How many applications of a pipeline run in an environment.
    pub struct RunningRow {
        /// The pipeline's key.
        pipeline: Key,
        /// The environment's key.
        environment: Key,
        /// How many of its applications run there.
        applications: u64,
    }
}

statements! {
    LIST = "select id, key, name from pipeline where infrastructure_id = $1 order by key";
    STAGES = "select s.pipeline_id, s.environment_id from pipeline p join pipeline_stage s on s.pipeline_id = p.id ",
        "where p.infrastructure_id = $1 order by p.key, s.position";
    OF_APPLICATION = "select p.id, p.key, p.name from application_pipeline a join pipeline p on p.id = a.pipeline_id ",
        "where a.application_id = $1";
    OF_APPLICATIONS = "select application_id, pipeline_id from application_pipeline where application_id in (", hundred!(), ")";
    WITH_APPLICATIONS = "select p.key as value from pipeline p where p.infrastructure_id = $1 ",
        "and exists (select 1 from application_pipeline a where a.pipeline_id = p.id)";
    ASSIGNED = "select count(*) as value from (select 1 from pipeline p join application_pipeline a on a.pipeline_id = p.id ",
        "where p.infrastructure_id = $1 and p.key = $2 limit 1001) c";
    RUNNING = "select p.key as pipeline, e.key as environment, count(*) as applications from pipeline p ",
        "join application_pipeline a on a.pipeline_id = p.id join environment_application x on x.application_id = a.application_id ",
        "join environment e on e.id = x.environment_id where p.infrastructure_id = $1 group by p.key, e.key order by p.key, e.key";
    PUT = "insert into application_pipeline (application_id, pipeline_id) values ($1, $2) ",
        "on conflict (application_id) do update set pipeline_id = excluded.pipeline_id";
    REMOVE = "delete from application_pipeline where application_id = $1";
}

/// The pipelines of an infrastructure, by key.
///
/// # Errors
/// The driver's own.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<PipelineRow>, StoreError> {
    all(tx, &LIST, args![infrastructure]).await
}

/// The stages of all pipelines of an infrastructure, pipeline by pipeline, each from its first to its last.
///
/// # Errors
/// The driver's own.
pub async fn stages(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<StageRow>, StoreError> {
    all(tx, &STAGES, args![infrastructure]).await
}

/// The pipeline that an application belongs to, if to one.
///
/// # Errors
/// The driver's own.
pub async fn of_application(
    tx: &mut impl Reader,
    application: ApplicationId,
) -> Result<Option<PipelineRow>, StoreError> {
    optional(tx, &OF_APPLICATION, args![application]).await
}

/// The pipelines that some applications belong to; one that belongs to none is not there.
///
/// # Errors
/// The driver's own.
pub async fn of_applications(
    tx: &mut impl Reader,
    applications: &[ApplicationId],
) -> Result<BTreeMap<ApplicationId, PipelineId>, StoreError> {
    let mut found = BTreeMap::new();
    for args in hundreds(applications) {
        let rows: Vec<AssignedRow> = all(tx, &OF_APPLICATIONS, args).await?;
        found.extend(rows.into_iter().map(|row| (row.application_id, row.pipeline_id)));
    }
    Ok(found)
}

/// The keys of the pipelines that applications belong to.
///
/// # Errors
/// The driver's own.
pub async fn with_applications(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<BTreeSet<Key>, StoreError> {
    let rows: Vec<Value<Key>> = all(tx, &WITH_APPLICATIONS, args![infrastructure]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// How many applications belong to a pipeline.
///
/// # Errors
/// The driver's own.
pub async fn assigned(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    pipeline: &Key,
) -> Result<Count, StoreError> {
    one(tx, &ASSIGNED, args![infrastructure, pipeline]).await
}

/// How many applications that belong to a pipeline run in an environment, for those where some do.
///
/// # Errors
/// The driver's own.
pub async fn running(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<RunningRow>, StoreError> {
    all(tx, &RUNNING, args![infrastructure]).await
}

/// Lets an application belong to a pipeline, or to none.
///
/// # Errors
/// There is no such pipeline.
pub async fn assign(
    tx: &mut WriteTx,
    application: ApplicationId,
    pipeline: Option<PipelineId>,
) -> Result<(), StoreError> {
    match pipeline {
        Some(pipeline) => execute(tx, &PUT, args![application, pipeline]).await.map(drop),
        None => execute(tx, &REMOVE, args![application]).await.map(drop),
    }
}
