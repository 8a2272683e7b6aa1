//! What happened to the front-ends of an environment and their services: measured, a line for each change.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::page::{ByTime, Page, Paged, cut, wanted};
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{HeartbeatTx, Reader};
use domain::id::EnvironmentId;
use domain::timeline::Kind;
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
        /// The name of the front-end; empty for the environment itself.
        subject: String,
        /// The service; empty where it is about none.
        detail: String,
    }
}

statements! {
    INSERT = "insert into environment_event (id, environment_id, at, kind, subject, detail) values ($1, $2, $3, $4, $5, $6) ",
        "on conflict (environment_id, at, kind, subject, detail) do nothing";
    LAST_HEARING = "select kind as value from environment_event where environment_id = $1 and kind in ('silent', 'heard') ",
        "order by at desc, id desc limit 1";
    LIST = "select id, environment_id, at, kind, subject, detail from environment_event ",
        "where environment_id = $1 and (at, id) < ($2, $3) order by at desc, id desc limit $4";
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
