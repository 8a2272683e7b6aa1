//! The three catalogs of a Platform Server, each its own SQLite file: Platform (what is so), Log (what happened) and
//! Session (who was let in). All SQL of this crate lies in this folder.

mod clients;
mod log;
mod pages;
mod platform;
mod releases;
mod session;
mod tasks;

pub use clients::Client;
pub use log::{Log, OutputLine, Retention, Stream};
pub use platform::{Member, Platform, ProcessRow};
pub use releases::{Operation, OperationState, Release, Slot};
pub use session::Session;
pub use tasks::{TaskState, TaskUpdate};

use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Why a catalog could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// SQLite refused.
    #[error("the catalog {path} failed: {error}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        error: rusqlite::Error,
    },
    /// The file was written by a newer version.
    #[error("the catalog {path} has schema {found}; this version knows schemas up to {known}")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: usize,
        /// The newest schema of this version.
        known: usize,
    },
    /// What is stored cannot be read.
    #[error("the catalog holds something that cannot be read: {0}")]
    Content(String),
}

/// One catalog file: one connection, asked by one thread after the other, never on an async thread.
#[derive(Clone)]
pub struct Catalog {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
}

impl Catalog {
    /// Opens a catalog and brings its schema up to date. `schema` is never edited, only added to.
    fn open(path: &Path, schema: &[&str]) -> Result<Self, CatalogError> {
        let failed = |error| CatalogError::Sqlite { path: path.to_owned(), error };
        let mut connection = Connection::open(path).map_err(failed)?;
        connection
            .execute_batch(
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                 PRAGMA secure_delete = ON;",
            )
            .map_err(failed)?;
        // In one transaction that nobody else can be in: several processes may open a catalog at once.
        let tx =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
        let found: u32 = tx.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
        let found = usize::try_from(found).unwrap_or(usize::MAX);
        if found > schema.len() {
            return Err(CatalogError::Newer { path: path.to_owned(), found, known: schema.len() });
        }
        for (number, step) in schema.iter().enumerate().skip(found) {
            tx.execute_batch(step).map_err(failed)?;
            tx.pragma_update(None, "user_version", i64::try_from(number + 1).unwrap_or(i64::MAX))
                .map_err(failed)?;
        }
        tx.commit().map_err(failed)?;
        Ok(Self { path: path.to_owned(), connection: Arc::new(Mutex::new(connection)) })
    }

    /// Runs one piece of work in one transaction, which commits when the work ends well.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, CatalogError> {
        let catalog = self.clone();
        let joined = tokio::task::spawn_blocking(move || catalog.run_here(work)).await;
        joined.map_err(|error| CatalogError::Content(error.to_string()))?
    }

    fn run_here<T>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, CatalogError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = || {
            let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let value = work(&tx)?;
            tx.commit()?;
            Ok(value)
        };
        inner().map_err(|error| CatalogError::Sqlite { path: self.path.clone(), error })
    }
}

/// A stored text that must be a value of `T`.
fn parsed<T: std::str::FromStr>(text: String) -> rusqlite::Result<T> {
    text.parse().map_err(|_| {
        let error = CatalogError::Content(text);
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// A stored JSON text that must be a value of `T`.
fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// A value as JSON text to store. Every type stored here is plain data, which always has a JSON form.
fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
