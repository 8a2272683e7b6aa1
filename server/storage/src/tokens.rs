//! Tokens of service accounts, known by the SHA-256 of their text only.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{Reader, SessionTx, WriteTx};
use domain::id::{InfrastructureId, TokenId, UserId};
use domain::text::Name;
use domain::time::Timestamp;

row! {
    /// A token.
    pub struct TokenRow {
        /// Identity.
        id: TokenId,
        /// Its service account.
        user_id: UserId,
        /// What it is for.
        name: Name,
        /// SHA-256 of the token, hexadecimal.
        hash: String,
        /// The prefix and the last letters, to tell it from others.
        shown: String,
        /// Its scopes, as `Scopes::bits`.
        scopes: i64,
        /// When it was made.
        created_at: Timestamp,
        /// Who made it; none for the local operator.
        created_by: Option<UserId>,
        /// When it expires.
        expires_at: Timestamp,
        /// When it was revoked.
        revoked_at: Option<Timestamp>,
        /// When it was used last, to a minute.
        last_used_at: Option<Timestamp>,
        /// How many reads were made with it.
        reads: u64,
    }
}

row! {
    /// A token that is used, with its account.
    pub struct UsedTokenRow {
        /// Identity.
        id: TokenId,
        /// Its scopes, as `Scopes::bits`.
        scopes: i64,
        /// When it expires.
        expires_at: Timestamp,
        /// When it was revoked.
        revoked_at: Option<Timestamp>,
        /// Its service account.
        user_id: UserId,
        /// The account's name.
        name: Name,
        /// The account is active.
        active: bool,
        /// The account's infrastructure.
        service_of: InfrastructureId,
    }
}

macro_rules! columns {
    () => {
        "select id, user_id, name, hash, shown, scopes, created_at, created_by, expires_at, revoked_at, last_used_at, reads \
         from token"
    };
}

statements! {
    INSERT = "insert into token (id, user_id, name, hash, shown, scopes, created_at, created_by, expires_at, revoked_at, ",
        "last_used_at, reads) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    BY_ID = columns!(), " where user_id = $1 and id = $2";
    OF_USER = columns!(), " where user_id = $1 order by created_at desc, id desc limit $2";
    BY_HASH = "select t.id, t.scopes, t.expires_at, t.revoked_at, u.id as user_id, u.name, u.active, u.service_of ",
        "from token t join it_user u on u.id = t.user_id where t.hash = $1 and u.service_of is not null";
    // A token ends once.
    REVOKE = "update token set revoked_at = $3 where user_id = $1 and id = $2 and revoked_at is null";
    REVOKE_ALL = "update token set revoked_at = $2 where user_id = $1 and revoked_at is null";
    // A life is shortened, never lengthened.
    SHORTEN = "update token set expires_at = $3 where user_id = $1 and id = $2 and expires_at > $3";
    TOUCH = "update token set last_used_at = $2, reads = reads + $3 where id = $1";
}

/// Adds a token.
///
/// # Errors
/// `Violated(TokenHash)` where the token was given before; `Violated(Check)` where it lives too long.
pub async fn insert(tx: &mut WriteTx, row: &TokenRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.user_id,
        &row.name,
        &row.hash,
        &row.shown,
        row.scopes,
        row.created_at,
        row.created_by,
        row.expires_at,
        row.revoked_at,
        row.last_used_at,
        row.reads
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// One token of an account.
///
/// # Errors
/// The driver's own.
pub async fn by_id(
    tx: &mut impl Reader,
    user: UserId,
    id: TokenId,
) -> Result<Option<TokenRow>, StoreError> {
    optional(tx, &BY_ID, args![user, id]).await
}

/// The tokens of an account, newest first, at most `limit`.
///
/// # Errors
/// The driver's own.
pub async fn of_user(tx: &mut impl Reader, user: UserId, limit: u32) -> Result<Vec<TokenRow>, StoreError> {
    all(tx, &OF_USER, args![user, limit]).await
}

/// The token with a hash, whether it is good or not.
///
/// # Errors
/// The driver's own.
pub async fn by_hash(tx: &mut impl Reader, hash: &str) -> Result<Option<UsedTokenRow>, StoreError> {
    optional(tx, &BY_HASH, args![hash]).await
}

/// Revokes a token; false where it was not there or revoked before.
///
/// # Errors
/// The driver's own.
pub async fn revoke(
    tx: &mut WriteTx,
    user: UserId,
    id: TokenId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &REVOKE, args![user, id, at]).await? == 1)
}

/// Revokes every token of an account, and says how many that were.
///
/// # Errors
/// The driver's own.
pub async fn revoke_all(tx: &mut WriteTx, user: UserId, at: Timestamp) -> Result<u64, StoreError> {
    execute(tx, &REVOKE_ALL, args![user, at]).await
}

/// Lets a token expire sooner; nothing changes where it would expire before that anyway.
///
/// # Errors
/// `Violated(Check)` for an end before its beginning.
pub async fn shorten(
    tx: &mut WriteTx,
    user: UserId,
    id: TokenId,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    execute(tx, &SHORTEN, args![user, id, expires_at]).await.map(drop)
}

/// Notes that a token was used, with the reads since it was noted last. It changes with requests, as the touch of a session does.
///
/// # Errors
/// The driver's own.
pub async fn touch(tx: &mut SessionTx, id: TokenId, at: Timestamp, reads: u64) -> Result<(), StoreError> {
    execute(tx, &TOUCH, args![id, at, reads]).await.map(drop)
}
