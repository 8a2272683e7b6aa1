//! The keys of Platform Servers beside the one that is believed: the one that a server will sign with next, and one that waits until an
//! administrator confirms it.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{EnvironmentId, ServerId};
use domain::time::Timestamp;

row! {
    /// The keys of a server.
    pub struct KeysRow {
        /// The server.
        server_id: ServerId,
        /// Since when its present key is believed; none where it has none.
        key_since: Option<Timestamp>,
        /// The public key that it will sign with next, 64 hexadecimal digits.
        next_public_key: Option<String>,
        /// When it brought that.
        next_key_at: Option<Timestamp>,
        /// The public key that waits until an administrator confirms it.
        waiting_public_key: Option<String>,
        /// Since when it waits.
        waiting_at: Option<Timestamp>,
        /// What the server said about itself that waits, JSON.
        waiting_said: Option<String>,
    }
}

macro_rules! columns {
    () => {
        "select id as server_id, key_since, next_public_key, next_key_at, waiting_public_key, waiting_at, waiting_said from server"
    };
}

statements! {
    OF_SERVER = columns!(), " where id = $1";
    OF_ENVIRONMENT = columns!(), " where environment_id = $1 order by position, id";
    SET_NEXT = "update server set next_public_key = $2, next_key_at = $3 where id = $1";
    TAKE_NEXT = "update server set public_key = next_public_key, key_since = $3, next_public_key = null, next_key_at = null ",
        "where id = $1 and next_public_key = $2";
    SET_WAITING = "update server set waiting_public_key = $2, waiting_said = $3, waiting_at = $4 where id = $1";
    CLEAR_WAITING = "update server set waiting_public_key = null, waiting_said = null, waiting_at = null where id = $1";
}

/// The keys of one server.
///
/// # Errors
/// The driver's own.
pub async fn of_server(tx: &mut impl Reader, server: ServerId) -> Result<Option<KeysRow>, StoreError> {
    optional(tx, &OF_SERVER, args![server]).await
}

/// The keys of the servers of an environment, in their order.
///
/// # Errors
/// The driver's own.
pub async fn of_environment(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<KeysRow>, StoreError> {
    all(tx, &OF_ENVIRONMENT, args![environment]).await
}

/// Keeps the key that a server will sign with next, instead of another one that it brought before.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such server.
pub async fn set_next(
    tx: &mut WriteTx,
    server: ServerId,
    public_key: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    match execute(tx, &SET_NEXT, args![server, public_key, at]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Lets the next key of a server take the place of its present one; false where that is not its next key any more.
///
/// # Errors
/// The driver's own.
pub async fn take_next(
    tx: &mut WriteTx,
    server: ServerId,
    public_key: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &TAKE_NEXT, args![server, public_key, at]).await? == 1)
}

/// Lets a key wait, with what its server said about itself, instead of one that waited before.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such server.
pub async fn set_waiting(
    tx: &mut WriteTx,
    server: ServerId,
    public_key: &str,
    said: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    match execute(tx, &SET_WAITING, args![server, public_key, said, at]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Nobody waits to be this server any more.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such server.
pub async fn clear_waiting(tx: &mut WriteTx, server: ServerId) -> Result<(), StoreError> {
    match execute(tx, &CLEAR_WAITING, args![server]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}
