//! The three catalogs of a Platform Server, each its own SQLite file: Platform (what is so), Log (what happened) and
//! Session (who was let in). All SQL of this crate lies in this folder, but that for the databases of applications (`databases/`).

mod clients;
mod databases;
mod farm;
mod log;
mod log_page;
mod pages;
mod platform;
mod queue;
mod releases;
mod requests;
mod retention;
mod session;
mod tasks;
mod timers;
mod work;

pub use clients::Client;
pub use databases::{Place, Wish};
pub use log::{Log, OutputLine, Stream};
pub use platform::{Member, Platform, ProcessRow};
pub use queue::{AT_ONCE, Enqueued, Item, NewItem, Sort, WAITING_MAX};
pub use releases::{Handed, Operation, OperationState, Release, Slot};
pub use requests::{Failure, Happened, RequestRow};
pub use retention::Retention;
pub use session::Session;
pub use tasks::{TaskState, TaskUpdate};
pub use timers::{Claim, KeptTimer, NewRun, TimerId, stored};

use crate::point::point;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// The disk refused the last write: it is full, or may only be read.
    refused: Arc<AtomicBool>,
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
        let connection = Arc::new(Mutex::new(connection));
        Ok(Self { path: path.to_owned(), connection, refused: Arc::default() })
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

    /// Reads in one transaction that holds up nobody.
    async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, CatalogError> {
        let catalog = self.clone();
        let joined = tokio::task::spawn_blocking(move || {
            let mut connection = catalog.connection.lock().unwrap_or_else(PoisonError::into_inner);
            let read = connection.transaction().and_then(|tx| work(&tx));
            read.map_err(|error| CatalogError::Sqlite { path: catalog.path.clone(), error })
        });
        joined.await.map_err(|error| CatalogError::Content(error.to_string()))?
    }

    /// Runs work that no transaction may hold.
    fn bare<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, CatalogError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        work(&connection).map_err(|error| CatalogError::Sqlite { path: self.path.clone(), error })
    }

    fn run_here<T>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, CatalogError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = || {
            let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let before = tx.total_changes();
            let value = work(&tx)?;
            // Only what wrote something is a point.
            let wrote = tx.total_changes() > before;
            let name = self.path.file_name().unwrap_or_default().to_string_lossy();
            if wrote {
                point(&name, "before the commit");
            }
            tx.commit()?;
            if wrote {
                self.refused.store(false, Ordering::Relaxed);
                point(&name, "after the commit");
            }
            Ok(value)
        };
        inner().map_err(|error: rusqlite::Error| {
            use rusqlite::ErrorCode::{DiskFull, ReadOnly, SystemIoFailure};
            if matches!(error.sqlite_error_code(), Some(DiskFull | ReadOnly | SystemIoFailure)) {
                self.refused.store(true, Ordering::Relaxed);
            }
            CatalogError::Sqlite { path: self.path.clone(), error }
        })
    }
}

/// A stored text that must be a value of `T`.
fn parsed<T: std::str::FromStr>(text: String) -> rusqlite::Result<T> {
    text.parse().map_err(|_| unreadable(text))
}

/// A stored word that must be that of one of `all`.
fn word<T: Copy>(all: &[T], of: impl Fn(T) -> &'static str, text: &str) -> rusqlite::Result<T> {
    all.iter().copied().find(|one| of(*one) == text).ok_or_else(|| unreadable(text.to_owned()))
}

fn unreadable(text: String) -> rusqlite::Error {
    let error = CatalogError::Content(text);
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_catalog_keeps_nothing_half_and_works_again_with_more_room() {
        let folder = tempfile::tempdir().unwrap();
        let schema = ["CREATE TABLE words (word TEXT NOT NULL) STRICT;"];
        let catalog = Catalog::open(&folder.path().join("some.sqlite"), &schema).unwrap();
        let room = async |pages: i64| {
            catalog
                .run(move |tx| tx.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())))
                .await
        };
        let fill = async || {
            let word = "word".repeat(20_000);
            catalog
                .run(move |tx| {
                    tx.execute("INSERT INTO words (word) VALUES ('first')", [])?;
                    tx.execute("INSERT INTO words (word) VALUES (?1)", [word])
                })
                .await
        };
        let words = async || {
            catalog.run(|tx| tx.query_row("SELECT count(*) FROM words", [], |row| row.get::<_, i64>(0))).await
        };
        room(4).await.unwrap();
        let full = fill().await.unwrap_err().to_string();
        assert!(full.contains("some.sqlite failed: database or disk is full"), "{full}");
        assert!(catalog.refused.load(Ordering::Relaxed));
        assert_eq!(words().await.unwrap(), 0);
        room(1000).await.unwrap();
        fill().await.unwrap();
        assert_eq!(words().await.unwrap(), 2);
        assert!(!catalog.refused.load(Ordering::Relaxed));
    }
}
