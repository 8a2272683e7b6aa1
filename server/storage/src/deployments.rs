//! Deployments: what was started, its steps and its log. What the engine writes while it runs is in [`crate::journal`].

use crate::column::row;
use crate::error::StoreError;
use crate::page::{Count, pattern};
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId, InfrastructureId, PlanId, ServerId};
use domain::time::Timestamp;
use std::collections::BTreeSet;

row! {
    /// A deployment.
    pub struct DeploymentRow {
        /// Identity.
        id: DeploymentId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// The plan it came from.
        plan_id: Option<PlanId>,
        /// `promotion` or `publication`.
        kind: String,
        /// Name.
        name: String,
        /// From here.
        source_id: Option<EnvironmentId>,
        /// To there.
        target_id: EnvironmentId,
        /// `queued`, `running`, `needs_attention`, `finished_successful`, `finished_with_warnings`, `finished_with_errors`,
        /// `aborted`.
        status: String,
        /// The digest of the plan it carries out.
        digest: String,
        /// What it carries out, JSON, never changed.
        run_plan: String,
        /// What is going on, or how it ended.
        message: String,
        /// Who started it, by name.
        started_by: String,
        /// When that was.
        created_at: Timestamp,
        /// When it left the queue.
        started_at: Option<Timestamp>,
        /// When it ended.
        finished_at: Option<Timestamp>,
        /// The fencing number of the last claim.
        fence: u64,
        /// The console node that carries it out.
        lease_owner: Option<String>,
        /// Until when that node holds it.
        lease_until: Option<Timestamp>,
        /// The start of the console that claimed it.
        boot_id: Option<String>,
        /// Grows with every change.
        revision: i64,
        /// Whether it waits for a person once everything is prepared (R16).
        waits: bool,
        /// What is to be done when a step fails: `roll_back` or `wait`.
        on_failure: String,
        /// What a person decided: `roll_back` or `abort`.
        decision: Option<String>,
        /// Whether it waits for a person because a step failed.
        suspended: bool,
        /// The deployment that it takes back.
        rolls_back_id: Option<DeploymentId>,
    }
}

row! {
    /// One step of a deployment.
    pub struct StepRow {
        /// The deployment.
        deployment_id: DeploymentId,
        /// Its place in the order.
        ordinal: u32,
        /// `forward` or `back`.
        phase: String,
        /// The task's key.
        key: String,
        /// The task's action, JSON.
        action: String,
        /// The application it is about.
        application_id: Option<ApplicationId>,
        /// The front-end it is about.
        server_id: Option<ServerId>,
        /// What it does, for people.
        title: String,
        /// `pending`, `dispatched`, `uncertain`, `done`, `failed` or `skipped`.
        state: String,
        /// The fencing number under which it was written last.
        fence: u64,
        /// How often it was given out.
        attempt: u32,
        /// Units done.
        done: u64,
        /// Units in all; 0 where unknown.
        total: u64,
        /// Why it failed.
        reason: String,
        /// When it was begun.
        started_at: Option<Timestamp>,
        /// When it ended.
        finished_at: Option<Timestamp>,
    }
}

row! {
    /// One line of a deployment's log.
    pub struct LineRow {
        /// The deployment.
        deployment_id: DeploymentId,
        /// Counts from 1.
        number: u64,
        /// When.
        at: Timestamp,
        /// `info`, `warning` or `error`.
        level: String,
        /// The step it belongs to.
        ordinal: Option<u32>,
        /// The task's key; empty for the console's own lines.
        source: String,
        /// The number within the source.
        source_number: u64,
        /// One sentence.
        message: String,
    }
}

row! {
    /// How many lines a log has of a level.
    pub struct LineCount {
        /// The level.
        level: String,
        /// Lines.
        lines: u64,
    }
}

row! {
    /// An application that a deployment which has not ended will change.
    pub struct MovingRow {
        /// The deployment.
        deployment_id: DeploymentId,
        /// The application.
        application_id: ApplicationId,
        /// The environment.
        target_id: EnvironmentId,
    }
}

row! {
    /// How far a running deployment is.
    pub struct ProgressRow {
        /// The deployment.
        deployment_id: DeploymentId,
        /// Its steps forward.
        steps: u64,
        /// Those of them that are done.
        ended: u64,
        /// The sum of the percents of those that are being carried out, each below 100.
        percents: u64,
    }
}

macro_rules! fields {
    () => {
        "d.id, d.infrastructure_id, d.plan_id, d.kind, d.name, d.source_id, d.target_id, d.status, d.digest, \
         d.run_plan, d.message, d.started_by, d.created_at, d.started_at, d.finished_at, d.fence, d.lease_owner, \
         d.lease_until, d.boot_id, d.revision, d.waits, d.on_failure, d.decision, d.suspended, d.rolls_back_id"
    };
}
macro_rules! columns {
    () => {
        concat!("select ", $crate::deployments::fields!(), " from deployment d")
    };
}
/// Takes where the fencing number is read from: the step `s` or its deployment `d`.
macro_rules! step_columns {
    ($fence:literal) => {
        concat!(
            "select s.deployment_id, s.ordinal, s.phase, s.key, s.action, s.application_id, s.server_id, s.title, ",
            "s.state, ",
            $fence,
            ".fence, s.attempt, s.done, s.total, s.reason, s.started_at, s.finished_at from deployment_step s"
        )
    };
}
pub(crate) use {columns, fields, step_columns};

pub(crate) mod list;
pub use list::{count_open, count_to_review, list, to_review};

statements! {
    INSERT = "insert into deployment (id, infrastructure_id, plan_id, kind, name, source_id, target_id, status, digest, ",
        "run_plan, message, started_by, created_at, started_at, finished_at, fence, lease_owner, lease_until, boot_id, revision, waits, ",
        "on_failure, decision, suspended, rolls_back_id) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)";
    INSERT_APPLICATION = "insert into deployment_application (deployment_id, application_id, infrastructure_id, ",
        "target_id, created_at, open) values ($1, $2, $3, $4, $5, $6)";
    INSERT_STEP = "insert into deployment_step (deployment_id, ordinal, phase, key, action, application_id, server_id, title, ",
        "state, fence, attempt, done, total, reason, started_at, finished_at) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    BY_ID = columns!(), " where d.id = $1";
    BY_PLAN = columns!(), " where d.plan_id = $1";
    STEPS = step_columns!("s"), " where s.deployment_id = $1 order by s.phase desc, s.ordinal";
    LINES = "select deployment_id, number, at, level, ordinal, source, source_number, message from deployment_line ",
        "where deployment_id = $1 and number > $2 order by number limit $3";
    LAST_LINES = "select deployment_id, number, at, level, ordinal, source, source_number, message from (",
        "select deployment_id, number, at, level, ordinal, source, source_number, message from deployment_line ",
        "where deployment_id = $1 and (level = 'error' or level = $3 or $3 = 'info') and lower(message) like $4 escape '!' ",
        "order by number desc limit $2) l order by number";
    COUNT_LINES = "select level, count(*) as lines from deployment_line where deployment_id = $1 group by level";
    APPLICATIONS = "select application_id as value from deployment_application where deployment_id = $1";
    MOVING = "select deployment_id, application_id, target_id from deployment_application ",
        "where infrastructure_id = $1 and open order by created_at, deployment_id";
    PROGRESS = "select s.deployment_id, count(*) as steps, ",
        "cast(sum(case when s.state = 'done' then 1 else 0 end) as bigint) as ended, ",
        "cast(sum(case when s.state not in ('dispatched', 'uncertain') or s.total = 0 then 0 ",
        "when s.done >= s.total then 99 else s.done * 100 / s.total end) as bigint) as percents ",
        "from deployment d join deployment_step s on s.deployment_id = d.id ",
        "where d.infrastructure_id = $1 and d.status in ('running', 'needs_attention') and s.phase = 'forward' ",
        "group by s.deployment_id";
    RUNNING = columns!(), " where d.infrastructure_id = $1 and d.status in ('running', 'needs_attention') ",
        "order by d.created_at, d.id";
    OPEN = columns!(), " where d.infrastructure_id = $1 and d.status in ('queued', 'running', 'needs_attention') ",
        "order by d.created_at, d.id";
    OPEN_IN = columns!(), " where d.target_id = $1 and d.finished_at is null order by d.created_at, d.id";
    ROLLED_BACK_BY = columns!(), " where d.rolls_back_id = $1 order by d.created_at desc, d.id desc limit 1";
    LENGTHS = "select d.finished_at - d.started_at as value from deployment d where d.target_id = $1 ",
        "and d.finished_at > $2 and d.status = 'finished_successful' and d.kind = 'promotion' and d.started_at is not null ",
        "order by d.finished_at desc limit 20";
    ENDED_SINCE = columns!(), " where d.target_id = $1 and d.finished_at > $2 order by d.finished_at desc limit 20";
    OPEN_INTO = "select count(*) as value from (select 1 from deployment where target_id = $1 ",
        "and status in ('queued', 'running', 'needs_attention') limit 1001) c";
    FINISH = "update deployment set status = $3, message = $4, finished_at = $5, lease_owner = null, lease_until = null, ",
        "revision = revision + 1 where id = $1 and fence = $2 and status in ('running', 'needs_attention')";
    CLOSE_APPLICATIONS = "update deployment_application set open = $2 where deployment_id = $1";
    RELEASE_LOCK = "delete from environment_lock where environment_id = $1 and deployment_id = $2";
}

/// Adds a deployment with its steps, and the applications that the steps are about.
///
/// # Errors
/// `Violated(DeploymentPlan)` where the plan was started already; `Violated(StepKey)`.
pub async fn insert(tx: &mut WriteTx, row: &DeploymentRow, steps: &[StepRow]) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.infrastructure_id,
        row.plan_id,
        &row.kind,
        &row.name,
        row.source_id,
        row.target_id,
        &row.status,
        &row.digest,
        &row.run_plan,
        &row.message,
        &row.started_by,
        row.created_at,
        row.started_at,
        row.finished_at,
        row.fence,
        row.lease_owner.as_deref(),
        row.lease_until,
        row.boot_id.as_deref(),
        row.revision,
        row.waits,
        &row.on_failure,
        row.decision.as_deref(),
        row.suspended,
        row.rolls_back_id
    ];
    execute(tx, &INSERT, args).await?;
    let applications: BTreeSet<ApplicationId> = steps.iter().filter_map(|step| step.application_id).collect();
    for application in applications {
        let args = args![
            row.id,
            application,
            row.infrastructure_id,
            row.target_id,
            row.created_at,
            row.finished_at.is_none()
        ];
        execute(tx, &INSERT_APPLICATION, args).await?;
    }
    for step in steps {
        insert_step(tx, step).await?;
    }
    Ok(())
}

pub(crate) async fn insert_step(tx: &mut impl Reader, step: &StepRow) -> Result<(), StoreError> {
    let args = args![
        step.deployment_id,
        step.ordinal,
        &step.phase,
        &step.key,
        &step.action,
        step.application_id,
        step.server_id,
        &step.title,
        &step.state,
        step.fence,
        step.attempt,
        step.done,
        step.total,
        &step.reason,
        step.started_at,
        step.finished_at
    ];
    execute(tx, &INSERT_STEP, args).await.map(drop)
}

/// One deployment by its identity. Whether it may be seen is decided by the caller.
///
/// # Errors
/// The driver's own.
pub async fn by_id(tx: &mut impl Reader, id: DeploymentId) -> Result<Option<DeploymentRow>, StoreError> {
    optional(tx, &BY_ID, args![id]).await
}

/// The deployment that a plan was started as.
///
/// # Errors
/// The driver's own.
pub async fn by_plan(tx: &mut impl Reader, plan: PlanId) -> Result<Option<DeploymentRow>, StoreError> {
    optional(tx, &BY_PLAN, args![plan]).await
}

/// The steps of a deployment: forward in their order, then back.
///
/// # Errors
/// The driver's own.
pub async fn steps(tx: &mut impl Reader, id: DeploymentId) -> Result<Vec<StepRow>, StoreError> {
    all(tx, &STEPS, args![id]).await
}

/// The lines of the log with numbers above `after`, oldest first.
///
/// # Errors
/// The driver's own.
pub async fn lines(
    tx: &mut impl Reader,
    id: DeploymentId,
    after: u64,
    limit: u32,
) -> Result<Vec<LineRow>, StoreError> {
    all(tx, &LINES, args![id, after, limit]).await
}

/// The last lines of the log, oldest first: those of a level (`info`, `warning`, `error`) and above that hold some words, in small letters.
///
/// # Errors
/// The driver's own.
pub async fn last_lines(
    tx: &mut impl Reader,
    id: DeploymentId,
    limit: u32,
    level: &str,
    words: &str,
) -> Result<Vec<LineRow>, StoreError> {
    all(tx, &LAST_LINES, args![id, limit, level, pattern(words)]).await
}

/// How many lines of each level the log has.
///
/// # Errors
/// The driver's own.
pub async fn count_lines(tx: &mut impl Reader, id: DeploymentId) -> Result<Vec<LineCount>, StoreError> {
    all(tx, &COUNT_LINES, args![id]).await
}

/// The newest deployment that takes another one back.
///
/// # Errors
/// The driver's own.
pub async fn rolled_back_by(
    tx: &mut impl Reader,
    id: DeploymentId,
) -> Result<Option<DeploymentRow>, StoreError> {
    optional(tx, &ROLLED_BACK_BY, args![id]).await
}

/// How long the last promotions into an environment took that succeeded, microseconds, newest first; at most 20, that ended after a time.
///
/// # Errors
/// The driver's own.
pub async fn lengths(
    tx: &mut impl Reader,
    target: EnvironmentId,
    since: Timestamp,
) -> Result<Vec<i64>, StoreError> {
    let all: Vec<crate::column::Value<i64>> = all(tx, &LENGTHS, args![target, since]).await?;
    Ok(all.into_iter().map(|value| value.0).collect())
}

/// The deployments into an environment that ended after a time, newest first; at most 20.
///
/// # Errors
/// The driver's own.
pub async fn ended_since(
    tx: &mut impl Reader,
    target: EnvironmentId,
    since: Timestamp,
) -> Result<Vec<DeploymentRow>, StoreError> {
    all(tx, &ENDED_SINCE, args![target, since]).await
}

/// The applications that a deployment changes.
///
/// # Errors
/// The driver's own.
pub async fn applications(
    tx: &mut impl Reader,
    id: DeploymentId,
) -> Result<Vec<ApplicationId>, StoreError> {
    let ids = all(tx, &APPLICATIONS, args![id]).await?;
    Ok(ids.into_iter().map(|crate::column::Value(id)| id).collect())
}

/// The applications that deployments which have not ended will change, oldest deployment first.
///
/// # Errors
/// The driver's own.
pub async fn moving(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<MovingRow>, StoreError> {
    all(tx, &MOVING, args![infrastructure]).await
}

/// How far the running deployments of an infrastructure are.
///
/// # Errors
/// The driver's own.
pub async fn progress(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<ProgressRow>, StoreError> {
    all(tx, &PROGRESS, args![infrastructure]).await
}

/// The deployments that run in an infrastructure now, oldest first.
///
/// # Errors
/// The driver's own.
pub async fn running_by_target(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<DeploymentRow>, StoreError> {
    all(tx, &RUNNING, args![infrastructure]).await
}

/// The deployments of an infrastructure that have not ended, oldest first.
///
/// # Errors
/// The driver's own.
pub async fn open(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<DeploymentRow>, StoreError> {
    all(tx, &OPEN, args![infrastructure]).await
}

/// The deployments into an environment that have not ended, oldest first.
///
/// # Errors
/// The driver's own.
pub async fn open_in(
    tx: &mut impl Reader,
    target: EnvironmentId,
) -> Result<Vec<DeploymentRow>, StoreError> {
    all(tx, &OPEN_IN, args![target]).await
}

/// How many deployments into an environment have not ended; at most 1001 are counted.
///
/// # Errors
/// The driver's own.
pub async fn open_into(tx: &mut impl Reader, environment: EnvironmentId) -> Result<Count, StoreError> {
    one(tx, &OPEN_INTO, args![environment]).await
}

/// How a deployment ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending<'m> {
    /// The fencing number under which it was carried out.
    pub fence: u64,
    /// The final status.
    pub status: &'m str,
    /// One sentence.
    pub message: &'m str,
    /// When.
    pub at: Timestamp,
}

/// Ends a deployment; false where another node has claimed it since, or where it has ended already.
///
/// # Errors
/// `Violated(Check)` for a status that is none.
pub async fn finish(tx: &mut WriteTx, id: DeploymentId, ending: &Ending<'_>) -> Result<bool, StoreError> {
    let args = args![id, ending.fence, ending.status, ending.message, ending.at];
    if execute(tx, &FINISH, args).await? == 0 {
        return Ok(false);
    }
    close(tx, id).await?;
    Ok(true)
}

/// Its applications are moved by it no more, and the timeline of its target tells how it ended.
pub(crate) async fn close(tx: &mut WriteTx, id: DeploymentId) -> Result<(), StoreError> {
    crate::events::ended(tx, id).await?;
    execute(tx, &CLOSE_APPLICATIONS, args![id, false]).await.map(drop)
}

/// Gives a deployment's place in the environment free for the next one; false where it had none.
///
/// # Errors
/// The driver's own.
pub async fn release_lock(
    tx: &mut WriteTx,
    environment: EnvironmentId,
    deployment: DeploymentId,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &RELEASE_LOCK, args![environment, deployment]).await? == 1)
}
