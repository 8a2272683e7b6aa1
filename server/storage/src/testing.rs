//! Stores for tests of this and other crates.

use crate::{Store, StoreError};

/// A migrated store on SQLite that lives as long as the value.
///
/// # Errors
/// The driver's own.
pub async fn sqlite() -> Result<Store, StoreError> {
    let store = Store::open("sqlite::memory:").await?;
    store.migrate().await?;
    Ok(store)
}
