//! Devices that are known to an account: who steals no password is not slowed down by those who try to.

use crate::error::StoreError;
use crate::statement::{args, execute, optional, statements};
use crate::column::row;
use crate::transaction::{AttemptTx, Reader, WriteTx};
use domain::id::UserId;
use domain::time::Timestamp;

row! {
    /// A device that has signed in before.
    pub struct DeviceRow {
        /// SHA-256 of what its cookie holds, hexadecimal.
        id_hash: String,
        /// The account.
        user_id: UserId,
        /// Failures since the last success.
        failures: u64,
        /// When it signed in first.
        created_at: Timestamp,
        /// Until when it is known.
        expires_at: Timestamp,
    }
}

statements! {
    FIND = "select id_hash, user_id, failures, created_at, expires_at from known_device ",
        "where id_hash = $1 and user_id = $2 and expires_at > $3";
    REMEMBER = "insert into known_device (id_hash, user_id, failures, created_at, expires_at) values ($1, $2, 0, $3, $4) ",
        "on conflict (id_hash) do update set failures = 0, expires_at = excluded.expires_at";
    COUNT_FAILURE = "update known_device set failures = failures + 1 where id_hash = $1";
    FORGET = "delete from known_device where id_hash = $1";
    FORGET_OF_USER = "delete from known_device where user_id = $1";
    PURGE = "delete from known_device where expires_at <= $1";
}

/// The device, if it is known to the account.
///
/// # Errors
/// The driver's own.
pub async fn find(
    tx: &mut impl Reader,
    id_hash: &str,
    user: UserId,
    now: Timestamp,
) -> Result<Option<DeviceRow>, StoreError> {
    optional(tx, &FIND, args![id_hash, user, now]).await
}

/// Remembers a device that has just signed in.
///
/// # Errors
/// `Violated(Reference)` where there is no such user.
pub async fn remember(tx: &mut AttemptTx, row: &DeviceRow) -> Result<(), StoreError> {
    execute(tx, &REMEMBER, args![&row.id_hash, row.user_id, row.created_at, row.expires_at]).await.map(drop)
}

/// Counts a failure.
///
/// # Errors
/// The driver's own.
pub async fn count_failure(tx: &mut AttemptTx, id_hash: &str) -> Result<(), StoreError> {
    execute(tx, &COUNT_FAILURE, args![id_hash]).await.map(drop)
}

/// Forgets a device.
///
/// # Errors
/// The driver's own.
pub async fn forget(tx: &mut AttemptTx, id_hash: &str) -> Result<(), StoreError> {
    execute(tx, &FORGET, args![id_hash]).await.map(drop)
}

/// Forgets all devices of an account, since its password changed.
///
/// # Errors
/// The driver's own.
pub async fn forget_of_user(tx: &mut WriteTx, user: UserId) -> Result<(), StoreError> {
    execute(tx, &FORGET_OF_USER, args![user]).await.map(drop)
}

/// Forgets devices whose time is over.
///
/// # Errors
/// The driver's own.
pub async fn purge(tx: &mut AttemptTx, now: Timestamp) -> Result<u64, StoreError> {
    execute(tx, &PURGE, args![now]).await
}
