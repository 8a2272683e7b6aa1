//! Recovery codes: one-time codes for who has lost the second factor. Only their hashes are stored.

use crate::column::Value;
use crate::error::StoreError;
use crate::statement::{args, execute, one, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::UserId;
use domain::time::Timestamp;

statements! {
    INSERT = "insert into recovery_code (user_id, code_hash, created_at) values ($1, $2, $3)";
    USE_UP = "update recovery_code set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null";
    LEFT = "select count(*) as value from recovery_code where user_id = $1 and used_at is null";
    REMOVE = "delete from recovery_code where user_id = $1";
}

/// Gives a user these codes in place of all others.
///
/// # Errors
/// `Violated(RecoveryCodeId)` where two are the same.
pub async fn replace(
    tx: &mut WriteTx,
    user: UserId,
    hashes: &[String],
    at: Timestamp,
) -> Result<(), StoreError> {
    execute(tx, &REMOVE, args![user]).await?;
    for hash in hashes {
        execute(tx, &INSERT, args![user, hash, at]).await?;
    }
    Ok(())
}

/// Uses a code up; false where the user has no such code that was not used.
///
/// # Errors
/// The driver's own.
pub async fn use_up(tx: &mut WriteTx, user: UserId, hash: &str, at: Timestamp) -> Result<bool, StoreError> {
    Ok(execute(tx, &USE_UP, args![user, hash, at]).await? == 1)
}

/// How many codes a user has left.
///
/// # Errors
/// The driver's own.
pub async fn left(tx: &mut impl Reader, user: UserId) -> Result<u64, StoreError> {
    let Value(left) = one(tx, &LEFT, args![user]).await?;
    Ok(left)
}

/// Removes all codes of a user, and says how many.
///
/// # Errors
/// The driver's own.
pub async fn remove(tx: &mut WriteTx, user: UserId) -> Result<u64, StoreError> {
    execute(tx, &REMOVE, args![user]).await
}
