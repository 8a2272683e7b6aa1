//! Sessions, known by the hashes of their ids only.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{Reader, SessionTx, WriteTx};
use domain::id::UserId;
use domain::time::{MINUTE, Timestamp};

row! {
    /// A session.
    pub struct SessionRow {
        /// SHA-256 of the session's id, hexadecimal.
        id_hash: String,
        /// Who has signed in with it.
        user_id: Option<UserId>,
        /// What the session holds, JSON.
        data: String,
        /// When it began.
        created_at: Timestamp,
        /// When it was used last.
        last_seen_at: Timestamp,
        /// When it ends if it is not used.
        idle_expires_at: Timestamp,
        /// When it ends however much it is used.
        expires_at: Timestamp,
        /// From where it was begun.
        address: String,
        /// The browser's name for itself.
        user_agent: String,
    }
}

macro_rules! columns {
    () => {
        "select id_hash, user_id, data, created_at, last_seen_at, idle_expires_at, expires_at, address, user_agent \
         from session"
    };
}

row! {
    /// One word of a row.
    struct Word {
        value: String,
    }
}

statements! {
    // One from a time that has not come is of a clock that jumped: nobody can say how old it is.
    LOAD = columns!(), " where id_hash = $1 and idle_expires_at > $2 and expires_at > $2 and created_at <= $3 and last_seen_at <= $3";
    OF_USER = columns!(), " where user_id = $1 and idle_expires_at > $2 and expires_at > $2 order by last_seen_at desc";
    CREATE = "insert into session (id_hash, user_id, data, created_at, last_seen_at, idle_expires_at, expires_at, address, ",
        "user_agent) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    // The absolute end is set once.
    SAVE = "update session set user_id = $2, data = $3, last_seen_at = $4, ",
        "idle_expires_at = case when $5 < expires_at then $5 else expires_at end where id_hash = $1";
    // A session that has ended is not brought back.
    TOUCH = "update session set last_seen_at = $2, ",
        "idle_expires_at = case when $3 < expires_at then $3 else expires_at end ",
        "where id_hash = $1 and idle_expires_at > $2 and expires_at > $2";
    DELETE = "delete from session where id_hash = $1";
    DELETE_OF_USER = "delete from session where user_id = $1 and id_hash <> $2";
    PURGE = "delete from session where idle_expires_at <= $1";
    ANY = columns!(), " where id_hash = $1";
    HASHES_OF_USER = "select id_hash as value from session where user_id = $1 and id_hash <> $2";
    OWN = "select id_hash as value from session where user_id = $1 and id_hash = $2";
    WRITE_END = "insert into session_end (id_hash, reason, at) values ($1, $2, $3) on conflict (id_hash) do nothing";
    END_REASON = "select reason as value from session_end where id_hash = $1";
    PURGE_ENDS = "delete from session_end where at <= $1";
}

/// How far the clocks of two consoles may differ.
const SKEW: i64 = 5 * MINUTE;

/// A session that has not ended, and is not of a time that has not come yet.
///
/// # Errors
/// The driver's own.
pub async fn load(
    tx: &mut impl Reader,
    id_hash: &str,
    now: Timestamp,
) -> Result<Option<SessionRow>, StoreError> {
    optional(tx, &LOAD, args![id_hash, now, now.plus(SKEW)]).await
}

/// The sessions of a user that have not ended, last used first.
///
/// # Errors
/// The driver's own.
pub async fn of_user(
    tx: &mut impl Reader,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<SessionRow>, StoreError> {
    all(tx, &OF_USER, args![user, now]).await
}

/// Begins a session. The idle end is at most the absolute one.
///
/// # Errors
/// `Violated(SessionId)` where the id is taken.
pub async fn create(tx: &mut SessionTx, row: &SessionRow) -> Result<(), StoreError> {
    let args = args![
        &row.id_hash,
        row.user_id,
        &row.data,
        row.created_at,
        row.last_seen_at,
        row.idle_expires_at.min(row.expires_at),
        row.expires_at,
        &row.address,
        &row.user_agent
    ];
    execute(tx, &CREATE, args).await.map(drop)
}

/// Stores user, data and idle end of the row; false where the session is not there.
///
/// # Errors
/// The driver's own.
pub async fn save(tx: &mut SessionTx, row: &SessionRow) -> Result<bool, StoreError> {
    let args = args![&row.id_hash, row.user_id, &row.data, row.last_seen_at, row.idle_expires_at];
    Ok(execute(tx, &SAVE, args).await? == 1)
}

/// Notes that a session was used, and moves its idle end, at most to the absolute one; false where it has ended.
///
/// # Errors
/// The driver's own.
pub async fn touch(
    tx: &mut SessionTx,
    id_hash: &str,
    last_seen: Timestamp,
    idle_expires: Timestamp,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &TOUCH, args![id_hash, last_seen, idle_expires]).await? == 1)
}

/// Ends a session; false where it was not there.
///
/// # Errors
/// The driver's own.
pub async fn delete(tx: &mut SessionTx, id_hash: &str) -> Result<bool, StoreError> {
    Ok(execute(tx, &DELETE, args![id_hash]).await? == 1)
}

/// Why a session ended before its time, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Its person ended it from another one.
    ByOwner,
    /// An administrator ended it.
    ByAdministrator,
    /// The password was changed.
    PasswordChanged,
    /// The user was deactivated.
    Deactivated,
}

impl EndReason {
    const ALL: [Self; 4] = [Self::ByOwner, Self::ByAdministrator, Self::PasswordChanged, Self::Deactivated];

    /// The word in the table.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ByOwner => "by_owner",
            Self::ByAdministrator => "by_administrator",
            Self::PasswordChanged => "password_changed",
            Self::Deactivated => "deactivated",
        }
    }
}

/// Ends all sessions of a user but one, as part of a change, and says how many.
///
/// # Errors
/// The driver's own.
pub async fn end_of_user(
    tx: &mut WriteTx,
    user: UserId,
    except: Option<&str>,
    reason: EndReason,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let hashes: Vec<Word> = all(tx, &HASHES_OF_USER, args![user, except.unwrap_or_default()]).await?;
    for hash in &hashes {
        execute(tx, &WRITE_END, args![&hash.value, reason.word(), at]).await?;
    }
    execute(tx, &DELETE_OF_USER, args![user, except.unwrap_or_default()]).await
}

/// Ends one session of a user, as part of a change; false where the user has no such session.
///
/// # Errors
/// The driver's own.
pub async fn end(
    tx: &mut WriteTx,
    user: UserId,
    id_hash: &str,
    reason: EndReason,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let own: Option<Word> = optional(tx, &OWN, args![user, id_hash]).await?;
    if own.is_none() {
        return Ok(false);
    }
    execute(tx, &WRITE_END, args![id_hash, reason.word(), at]).await?;
    Ok(execute(tx, &DELETE, args![id_hash]).await? == 1)
}

/// A session whether it has ended or not, as long as it is not purged.
///
/// # Errors
/// The driver's own.
pub async fn any(tx: &mut impl Reader, id_hash: &str) -> Result<Option<SessionRow>, StoreError> {
    optional(tx, &ANY, args![id_hash]).await
}

/// Why a session was ended before its time; none where nobody did.
///
/// # Errors
/// The driver's own.
pub async fn end_reason(tx: &mut impl Reader, id_hash: &str) -> Result<Option<EndReason>, StoreError> {
    let word: Option<Word> = optional(tx, &END_REASON, args![id_hash]).await?;
    Ok(word.and_then(|word| EndReason::ALL.into_iter().find(|reason| reason.word() == word.value)))
}

/// Forgets why sessions ended before `before`.
///
/// # Errors
/// The driver's own.
pub async fn purge_ends(tx: &mut SessionTx, before: Timestamp) -> Result<u64, StoreError> {
    execute(tx, &PURGE_ENDS, args![before]).await
}

/// Removes sessions that have ended, and says how many.
///
/// # Errors
/// The driver's own.
pub async fn purge(tx: &mut SessionTx, now: Timestamp) -> Result<u64, StoreError> {
    execute(tx, &PURGE, args![now]).await
}
