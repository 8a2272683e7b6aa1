//! Passkeys (WebAuthn).

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, execute, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{PasskeyId, UserId};
use domain::time::Timestamp;

row! {
    /// A passkey.
    pub struct PasskeyRow {
        /// Identity.
        id: PasskeyId,
        /// Whose.
        user_id: UserId,
        /// The authenticator's name for it, base64url.
        credential_id: String,
        /// The person's name for it.
        name: String,
        /// The public key and what is known of it, JSON.
        credential: String,
        /// When it was added.
        created_at: Timestamp,
        /// When it was used last.
        last_used_at: Option<Timestamp>,
    }
}

statements! {
    OF_USER = "select id, user_id, credential_id, name, credential, created_at, last_used_at from passkey ",
        "where user_id = $1 order by created_at, id";
    INSERT = "insert into passkey (id, user_id, credential_id, name, credential, created_at, last_used_at) ",
        "values ($1, $2, $3, $4, $5, $6, $7)";
    USED = "update passkey set credential = $3, last_used_at = $4 where user_id = $1 and id = $2";
    REMOVE = "delete from passkey where user_id = $1 and id = $2";
    REMOVE_ALL = "delete from passkey where user_id = $1";
}

/// The passkeys of a user, oldest first.
///
/// # Errors
/// The driver's own.
pub async fn of_user(tx: &mut impl Reader, user: UserId) -> Result<Vec<PasskeyRow>, StoreError> {
    all(tx, &OF_USER, args![user]).await
}

/// Adds a passkey.
///
/// # Errors
/// `Violated(PasskeyCredentialId)` where it is registered already, for whomever.
pub async fn insert(tx: &mut WriteTx, row: &PasskeyRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.user_id,
        &row.credential_id,
        &row.name,
        &row.credential,
        row.created_at,
        row.last_used_at
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// Notes that a passkey was used; false where it is not there any more.
///
/// # Errors
/// The driver's own.
pub async fn used(
    tx: &mut WriteTx,
    user: UserId,
    id: PasskeyId,
    credential: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &USED, args![user, id, credential, at]).await? == 1)
}

/// Removes a passkey of a user; false where the user has no such one.
///
/// # Errors
/// The driver's own.
pub async fn remove(tx: &mut WriteTx, user: UserId, id: PasskeyId) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMOVE, args![user, id]).await? == 1)
}

/// Removes all passkeys of a user, and says how many.
///
/// # Errors
/// The driver's own.
pub async fn remove_of_user(tx: &mut WriteTx, user: UserId) -> Result<u64, StoreError> {
    execute(tx, &REMOVE_ALL, args![user]).await
}
