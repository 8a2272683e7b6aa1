//! Invitations: one-time links with which somebody chooses a password.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{InvitationId, UserId};
use domain::time::Timestamp;

row! {
    /// An invitation.
    pub struct InvitationRow {
        /// Identity.
        id: InvitationId,
        /// Who is invited.
        user_id: UserId,
        /// SHA-256 of what the link holds, hexadecimal.
        token_hash: String,
        /// Until when it is good.
        expires_at: Timestamp,
        /// When it was used; none while it was not.
        used_at: Option<Timestamp>,
        /// When it was made.
        created_at: Timestamp,
        /// Who made it; none for the local operator.
        created_by: Option<UserId>,
    }
}

statements! {
    INSERT = "insert into invitation (id, user_id, token_hash, expires_at, used_at, created_at, created_by) ",
        "values ($1, $2, $3, $4, $5, $6, $7)";
    BY_HASH = "select id, user_id, token_hash, expires_at, used_at, created_at, created_by from invitation ",
        "where token_hash = $1";
    USE_UP = "update invitation set used_at = $2 where id = $1 and used_at is null and expires_at > $2";
    END = "update invitation set expires_at = $2 where user_id = $1 and used_at is null and expires_at > $2";
}

/// Adds an invitation.
///
/// # Errors
/// `Violated(InvitationTokenHash)` where the link was given before.
pub async fn insert(tx: &mut WriteTx, row: &InvitationRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.user_id,
        &row.token_hash,
        row.expires_at,
        row.used_at,
        row.created_at,
        row.created_by
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// The invitation of a link: used, expired or neither.
///
/// # Errors
/// The driver's own.
pub async fn by_hash(tx: &mut impl Reader, token_hash: &str) -> Result<Option<InvitationRow>, StoreError> {
    optional(tx, &BY_HASH, args![token_hash]).await
}

/// Uses an invitation up; false where it was used already or has expired.
///
/// # Errors
/// The driver's own.
pub async fn use_up(tx: &mut WriteTx, id: InvitationId, at: Timestamp) -> Result<bool, StoreError> {
    Ok(execute(tx, &USE_UP, args![id, at]).await? == 1)
}

/// Ends every open invitation of a user, and says how many: only the newest link is good.
///
/// # Errors
/// The driver's own.
pub async fn end_of_user(tx: &mut WriteTx, user: UserId, at: Timestamp) -> Result<u64, StoreError> {
    execute(tx, &END, args![user, at]).await
}
