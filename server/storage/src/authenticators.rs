//! Authenticator apps (TOTP), at most one for each user.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::UserId;
use domain::time::Timestamp;

row! {
    /// An authenticator app.
    pub struct AuthenticatorRow {
        /// Whose.
        user_id: UserId,
        /// The secret, enveloped.
        secret: String,
        /// The newest step that was accepted; older ones count no more.
        last_step: Option<i64>,
        /// When it was begun.
        created_at: Timestamp,
        /// When a right code confirmed it; none until then, and it counts for nothing.
        confirmed_at: Option<Timestamp>,
    }
}

statements! {
    OF_USER = "select user_id, secret, last_step, created_at, confirmed_at from authenticator where user_id = $1";
    // A confirmed one stays.
    BEGIN = "insert into authenticator (user_id, secret, created_at) values ($1, $2, $3) on conflict (user_id) ",
        "do update set secret = excluded.secret, created_at = excluded.created_at where authenticator.confirmed_at is null";
    CONFIRM = "update authenticator set confirmed_at = $3, last_step = $2 where user_id = $1 and confirmed_at is null";
    USE_STEP = "update authenticator set last_step = $2 where user_id = $1 and confirmed_at is not null ",
        "and (last_step is null or last_step < $2)";
    REMOVE = "delete from authenticator where user_id = $1";
}

/// The authenticator of a user, confirmed or not.
///
/// # Errors
/// The driver's own.
pub async fn of_user(tx: &mut impl Reader, user: UserId) -> Result<Option<AuthenticatorRow>, StoreError> {
    optional(tx, &OF_USER, args![user]).await
}

/// Begins one that is not confirmed yet, in place of such a one; false where the user has one that is.
///
/// # Errors
/// `Violated(Reference)` where there is no such user.
pub async fn begin(tx: &mut WriteTx, user: UserId, secret: &str, at: Timestamp) -> Result<bool, StoreError> {
    Ok(execute(tx, &BEGIN, args![user, secret, at]).await? == 1)
}

/// Confirms it by the step of a right code; false where there is none to confirm.
///
/// # Errors
/// The driver's own.
pub async fn confirm(tx: &mut WriteTx, user: UserId, step: i64, at: Timestamp) -> Result<bool, StoreError> {
    Ok(execute(tx, &CONFIRM, args![user, step, at]).await? == 1)
}

/// Uses a step up; false where it or a later one was used already.
///
/// # Errors
/// The driver's own.
pub async fn use_step(tx: &mut WriteTx, user: UserId, step: i64) -> Result<bool, StoreError> {
    Ok(execute(tx, &USE_STEP, args![user, step]).await? == 1)
}

/// Removes it; false where there was none.
///
/// # Errors
/// The driver's own.
pub async fn remove(tx: &mut WriteTx, user: UserId) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMOVE, args![user]).await? == 1)
}
