//! One-use codes with which Platform Servers enrol. Only their hashes are stored.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{EnrolmentId, ServerId, UserId};
use domain::time::Timestamp;

row! {
    /// A one-use code.
    pub struct EnrolmentRow {
        /// Identity.
        id: EnrolmentId,
        /// The server it is for.
        server_id: ServerId,
        /// The hash of the code.
        code_hash: String,
        /// Until when it can be used.
        expires_at: Timestamp,
        /// When it was used.
        used_at: Option<Timestamp>,
        /// Whether an administrator confirms the key that comes with it.
        confirms: bool,
        /// When it was made.
        created_at: Timestamp,
        /// Who made it; none for the local operator.
        created_by: Option<UserId>,
    }
}

statements! {
    INSERT = "insert into enrolment (id, server_id, code_hash, expires_at, used_at, confirms, created_at, created_by) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8)";
    BY_HASH = "select id, server_id, code_hash, expires_at, used_at, confirms, created_at, created_by from enrolment ",
        "where code_hash = $1";
    USE_UP = "update enrolment set used_at = $2 where id = $1 and used_at is null and expires_at > $2";
    WITHDRAW = "update enrolment set used_at = $2 where server_id = $1 and used_at is null";
}

/// Adds a code.
///
/// # Errors
/// `Violated(EnrolmentCodeHash)` where it was given before.
pub async fn insert(tx: &mut WriteTx, row: &EnrolmentRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.server_id,
        &row.code_hash,
        row.expires_at,
        row.used_at,
        row.confirms,
        row.created_at,
        row.created_by
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// A code by its hash, used, expired or neither.
///
/// # Errors
/// The driver's own.
pub async fn by_hash(tx: &mut impl Reader, hash: &str) -> Result<Option<EnrolmentRow>, StoreError> {
    optional(tx, &BY_HASH, args![hash]).await
}

/// The codes of a server that were not used are no good any more.
///
/// # Errors
/// The driver's own.
pub async fn withdraw(tx: &mut WriteTx, server: ServerId, at: Timestamp) -> Result<(), StoreError> {
    execute(tx, &WITHDRAW, args![server, at]).await.map(drop)
}

/// Uses the code up; false where it was used already or has expired.
///
/// # Errors
/// The driver's own.
pub async fn use_up(tx: &mut WriteTx, id: EnrolmentId, at: Timestamp) -> Result<bool, StoreError> {
    Ok(execute(tx, &USE_UP, args![id, at]).await? == 1)
}
