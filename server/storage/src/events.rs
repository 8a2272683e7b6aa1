//! What happened to an environment: measured of its front-ends and their services, done by people, and how deployments into it ended.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::page::{ByTime, Page, Paged, cut, wanted};
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::sealed::Connected;
use crate::transaction::{HeartbeatTx, Reader, WriteTx};
use domain::audit::Entry;
use domain::id::{DeploymentId, EnvironmentId};
use domain::timeline::{Kind, Told, told};
use domain::time::Timestamp;
use uuid::Uuid;

row! {
    /// A line of an environment's timeline.
    pub struct EventRow {
        /// Identity.
        id: Uuid,
        /// The environment.
        environment_id: EnvironmentId,
        /// When it happened, as far as that is known.
        at: Timestamp,
        /// What happened.
        kind: Kind,
        /// The name of the front-end, who did it, or how a deployment ended; empty for the environment itself.
        subject: String,
        /// The service, the reason, what was changed, or the deployment; empty where it is about none.
        detail: String,
    }
}

statements! {
    INSERT = "insert into environment_event (id, environment_id, at, kind, subject, detail) values ($1, $2, $3, $4, $5, $6) ",
        "on conflict (environment_id, at, kind, subject, detail) do nothing";
    ENDED = "insert into environment_event (id, environment_id, at, kind, subject, detail) ",
        "select d.id, d.target_id, d.finished_at, 'deployment_ended', d.status, $2 from deployment d ",
        "where d.id = $1 and d.finished_at is not null on conflict do nothing";
    LAST_HEARING = "select kind as value from environment_event where environment_id = $1 and kind in ('silent', 'heard') ",
        "order by at desc, id desc limit 1";
    LIST = "select id, environment_id, at, kind, subject, detail from environment_event ",
        "where environment_id = $1 and (at, id) < ($2, $3) order by at desc, id desc limit $4";
}

/// Writes what the timeline tells of a change, under the identity of its entry.
pub(crate) async fn note(tx: &mut impl Connected, entry: &Entry) -> Result<(), StoreError> {
    let Some(Told { environment, kind, subject, detail }) = told(entry) else { return Ok(()) };
    let args = args![entry.id.0, environment, entry.at, kind.word(), subject, detail];
    execute(tx, &INSERT, args).await.map(drop)
}

/// Writes that a deployment has ended, under its identity.
pub(crate) async fn ended(tx: &mut WriteTx, deployment: DeploymentId) -> Result<(), StoreError> {
    execute(tx, &ENDED, args![deployment, deployment.to_string()]).await.map(drop)
}

/// Writes a line; one that is there already is not written again.
///
/// # Errors
/// There is no such environment.
pub async fn insert(tx: &mut HeartbeatTx, row: &EventRow) -> Result<(), StoreError> {
    let args = args![row.id, row.environment_id, row.at, row.kind.word(), &row.subject, &row.detail];
    execute(tx, &INSERT, args).await.map(drop)
}

/// Whether the timeline says that the environment's controller is silent: it was told so, and not that it was heard again.
///
/// # Errors
/// The driver's own.
pub async fn is_silent(tx: &mut impl Reader, environment: EnvironmentId) -> Result<bool, StoreError> {
    let last: Option<Value<Kind>> = optional(tx, &LAST_HEARING, args![environment]).await?;
    Ok(last.is_some_and(|Value(kind)| kind == Kind::Silent))
}

/// A page of the timeline of an environment, the newest first.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn list(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    page: &Page,
) -> Result<Paged<EventRow>, StoreError> {
    let ByTime { at, id } = ByTime::before(page)?;
    let rows = all(tx, &LIST, args![environment, at, id, wanted(page)]).await?;
    Ok(cut(rows, page, |row: &EventRow| ByTime::mark(row.at, row.id)))
}
