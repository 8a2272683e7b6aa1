//! Infrastructures.

use crate::column::row;
use crate::error::StoreError;
use crate::page::sort_key;
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::InfrastructureId;
use domain::text::{Key, Name};
use domain::time::Timestamp;

row! {
    /// An infrastructure.
    pub struct InfrastructureRow {
        /// Identity.
        id: InfrastructureId,
        /// Key in addresses.
        key: Key,
        /// Name.
        name: Name,
        /// When it was made.
        created_at: Timestamp,
    }
}

statements! {
    INSERT = "insert into infrastructure (id, key, name, sort, created_at) values ($1, $2, $3, $4, $5)";
    RENAME = "update infrastructure set name = $2, sort = $3 where id = $1";
    LIST = "select id, key, name, created_at from infrastructure order by sort, id";
    BY_ID = "select id, key, name, created_at from infrastructure where id = $1";
    BY_KEY = "select id, key, name, created_at from infrastructure where key = $1";
}

/// Adds an infrastructure.
///
/// # Errors
/// `Violated(InfrastructureKey)` where the key is taken.
pub async fn insert(tx: &mut WriteTx, row: &InfrastructureRow) -> Result<(), StoreError> {
    let sort = sort_key(row.name.as_str());
    execute(tx, &INSERT, args![row.id, &row.key, &row.name, sort, row.created_at]).await.map(drop)
}

/// Gives an infrastructure another name. Its key stays.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such infrastructure.
pub async fn rename(tx: &mut WriteTx, id: InfrastructureId, name: &Name) -> Result<(), StoreError> {
    match execute(tx, &RENAME, args![id, name, sort_key(name.as_str())]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// All infrastructures, by name. Which of them a user has a role in is told by [`crate::roles::infrastructures_of`].
///
/// # Errors
/// The driver's own.
pub async fn list(tx: &mut impl Reader) -> Result<Vec<InfrastructureRow>, StoreError> {
    all(tx, &LIST, args![]).await
}

/// One infrastructure by its identity.
///
/// # Errors
/// The driver's own.
pub async fn by_id(
    tx: &mut impl Reader,
    id: InfrastructureId,
) -> Result<Option<InfrastructureRow>, StoreError> {
    optional(tx, &BY_ID, args![id]).await
}

/// One infrastructure by its key.
///
/// # Errors
/// The driver's own.
pub async fn by_key(tx: &mut impl Reader, key: &str) -> Result<Option<InfrastructureRow>, StoreError> {
    optional(tx, &BY_KEY, args![key]).await
}
