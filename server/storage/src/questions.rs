//! Questions to environments on their way through the console: a controller may hold on to another node than the person who waits.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{HeartbeatTx, Reader};
use domain::id::{EnvironmentId, QuestionId};
use domain::time::Timestamp;

row! {
    /// A question that was not answered yet.
    pub struct OpenRow {
        /// Identity.
        id: QuestionId,
        /// The question, JSON.
        document: String,
    }
}

row! {
    /// The answer to a question.
    pub struct ReplyRow {
        /// The HTTP status.
        status: u32,
        /// The body.
        reply: String,
    }
}

statements! {
    ASK = "insert into environment_question (id, environment_id, asked_at, document) values ($1, $2, $3, $4)";
    OPEN = "select id, document from environment_question where environment_id = $1 and status is null and asked_at > $2 ",
        "order by asked_at, id limit $3";
    ANSWER = "update environment_question set status = $3, reply = $4 where id = $1 and environment_id = $2 and status is null";
    REPLY = "select status, reply from environment_question where id = $1 and status is not null";
    FORGET = "delete from environment_question where id = $1";
    PURGE = "delete from environment_question where asked_at < $1";
}

/// Asks an environment. The document is the question as JSON.
///
/// # Errors
/// `Violated(Reference)` where there is no such environment.
pub async fn ask(
    tx: &mut HeartbeatTx,
    id: QuestionId,
    environment: EnvironmentId,
    at: Timestamp,
    document: &str,
) -> Result<(), StoreError> {
    execute(tx, &ASK, args![id, environment, at, document]).await.map(drop)
}

/// The open questions to an environment that were asked after a time, oldest first, and at most so many.
///
/// # Errors
/// The driver's own.
pub async fn open(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    after: Timestamp,
    limit: u32,
) -> Result<Vec<OpenRow>, StoreError> {
    all(tx, &OPEN, args![environment, after, limit]).await
}

/// Keeps the first answer to a question of an environment; false where there is no open one.
///
/// # Errors
/// The driver's own.
pub async fn answer(
    tx: &mut HeartbeatTx,
    id: QuestionId,
    environment: EnvironmentId,
    status: u16,
    reply: &str,
) -> Result<bool, StoreError> {
    let changed = execute(tx, &ANSWER, args![id, environment, u32::from(status), reply]).await?;
    Ok(changed == 1)
}

/// The answer to a question, as soon as it is there.
///
/// # Errors
/// The driver's own.
pub async fn reply(tx: &mut impl Reader, id: QuestionId) -> Result<Option<ReplyRow>, StoreError> {
    optional(tx, &REPLY, args![id]).await
}

/// Forgets a question and its answer.
///
/// # Errors
/// The driver's own.
pub async fn forget(tx: &mut HeartbeatTx, id: QuestionId) -> Result<(), StoreError> {
    execute(tx, &FORGET, args![id]).await.map(drop)
}

/// Forgets questions that nobody waits for any more, and says how many.
///
/// # Errors
/// The driver's own.
pub async fn purge(tx: &mut HeartbeatTx, before: Timestamp) -> Result<u64, StoreError> {
    execute(tx, &PURGE, args![before]).await
}
