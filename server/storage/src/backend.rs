//! The two databases behind one [`Store`].

use crate::changes::{self, Change};
use crate::error::{StoreError, is_unwritable};
use crate::group::Writer;
use crate::transaction::{AttemptTx, CheckTx, HeartbeatTx, JournalTx, PendingTx, ReadTx, SessionTx};
use crate::{audit, dialect, transaction};
use domain::audit::Entry;
use domain::time::Timestamp;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, Row as _, SqlitePool};
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::broadcast;

/// Connections that read, on SQLite.
const READERS: u32 = 6;
/// What each of them may keep of the file in memory, in KiB as SQLite wants it said: a list of 50,000 users, so that a search reads it once.
const CACHE: &str = "-16384";
/// Connections of one console node to PostgreSQL.
const POOL: u32 = 16;
/// How long one waits for a connection or a lock.
const PATIENCE: Duration = Duration::from_secs(5);
/// Prepared statements that a connection keeps: all of them.
const PREPARED: usize = 512;
/// Rows that SQLite's thread reads ahead: a page of the matrix, so that it is not woken for every few of them.
const ROWS: usize = 512;
/// Notices that a slow listener may be behind before it has to read `change` itself.
const NOTICES: usize = 1024;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file of this machine; one console node.
    Sqlite,
    /// A server; one or more console nodes.
    Postgres,
}

/// The migrations for a database, embedded when this crate is built.
#[must_use]
pub fn migrations(kind: Kind) -> &'static sqlx::migrate::Migrator {
    static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/sqlite");
    static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/postgres");
    match kind {
        Kind::Sqlite => &SQLITE,
        Kind::Postgres => &POSTGRES,
    }
}

/// The console's database. Cloning is cheap; all clones are the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    changes: broadcast::Sender<Change>,
}

pub(crate) enum Inner {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

pub(crate) struct SqliteStore {
    pub(crate) writer: Arc<Writer>,
    pub(crate) readers: SqlitePool,
    /// The folder of a store that lives only as long as this value.
    _folder: Option<tempfile::TempDir>,
}

pub(crate) struct PostgresStore {
    pub(crate) pool: PgPool,
    pub(crate) refused: Arc<Refused>,
    listener: tokio::task::JoinHandle<()>,
}

/// How long after a refusal connections are used once only. As long as nothing may be written it is tried every second.
const DOUBT: Duration = Duration::from_secs(5);

/// When PostgreSQL refused to write last. A session may lead to a server that only stands by now, or have begun when the database might only
/// be read; so no connection is used again that is from before, or from the time right after it, when that may have been so yet.
#[derive(Debug, Default)]
pub(crate) struct Refused(Mutex<Option<Instant>>);

impl Refused {
    /// It refused now.
    pub(crate) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection of this age is not to be used again.
    fn met(&self, age: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|at| age + DOUBT >= at.elapsed())
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("kind", &self.kind()).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database at an address: `sqlite:<path>` (made where it is missing), `sqlite::memory:` (in a temporary folder that goes with
    /// the last clone; it does not wait for the disk), or `postgres://…`.
    ///
    /// # Errors
    /// [`StoreError::Address`] for any other address; the driver's own.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let (changes, _) = broadcast::channel(NOTICES);
        let inner = if let Some(path) = url.strip_prefix("sqlite:") {
            Inner::Sqlite(open_sqlite(path, url, changes.clone()).await?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Inner::Postgres(open_postgres(url, changes.clone()).await?)
        } else {
            return Err(StoreError::Address(without_secret(url)));
        };
        Ok(Self { inner: Arc::new(inner), changes })
    }

    /// Which database it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match *self.inner {
            Inner::Sqlite(_) => Kind::Sqlite,
            Inner::Postgres(_) => Kind::Postgres,
        }
    }

    /// Brings the schema up to date. Several nodes may do so at the same time: PostgreSQL holds a lock, SQLite has one writer.
    ///
    /// # Errors
    /// [`StoreError::Migration`] where a migration fails, or where the database was migrated by a newer or an altered console.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let migrations = migrations(self.kind());
        let outcome = match &*self.inner {
            Inner::Sqlite(sqlite) => {
                let mut alone = sqlite.writer.alone().await;
                let outcome = migrations.run_direct(None, alone.connection(), false).await;
                alone.optimize().await;
                outcome
            }
            Inner::Postgres(postgres) => {
                let mut connection =
                    postgres.pool.acquire().await.map_err(|error| StoreError::of("migrate", error))?;
                migrations.run_direct(None, &mut *connection, false).await
            }
        };
        outcome.map_err(|error| match error {
            MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)
                if is_unwritable(&cause) =>
            {
                StoreError::Unwritable
            }
            other => StoreError::Migration(other.to_string()),
        })
    }

    /// Begins to read.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where no connection is free in time; the driver's own.
    pub async fn read(&self) -> Result<ReadTx, StoreError> {
        ReadTx::begin(&self.inner).await
    }

    /// Begins a change, which can only read until there is a grant.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where the writer is not free in time; the driver's own.
    pub async fn begin_change(&self) -> Result<PendingTx, StoreError> {
        PendingTx::begin(&self.inner).await
    }

    /// Begins to write the engine's journal.
    ///
    /// # Errors
    /// As [`Store::begin_change`].
    pub async fn journal(&self) -> Result<JournalTx, StoreError> {
        JournalTx::begin(&self.inner).await
    }

    /// Begins to write sessions.
    ///
    /// # Errors
    /// As [`Store::begin_change`].
    pub async fn session_touch(&self) -> Result<SessionTx, StoreError> {
        SessionTx::begin(&self.inner).await
    }

    /// Begins to count an attempt to sign in.
    ///
    /// # Errors
    /// As [`Store::begin_change`].
    pub async fn attempt(&self) -> Result<AttemptTx, StoreError> {
        AttemptTx::begin(&self.inner).await
    }

    /// Begins to write what a Platform Server reported.
    ///
    /// # Errors
    /// As [`Store::begin_change`].
    pub async fn heartbeat(&self) -> Result<HeartbeatTx, StoreError> {
        HeartbeatTx::begin(&self.inner).await
    }

    /// Begins to write what the console found at a tool.
    ///
    /// # Errors
    /// As [`Store::begin_change`].
    pub async fn checking(&self) -> Result<CheckTx, StoreError> {
        CheckTx::begin(&self.inner).await
    }

    /// Records a refusal or a failure in an entry by itself.
    ///
    /// # Errors
    /// [`StoreError::NotARefusal`] where the outcome is “done”; [`StoreError::Entry`]; the driver's own.
    pub async fn record_refusal(&self, entry: Entry) -> Result<(), StoreError> {
        transaction::record_refusal(&self.inner, entry).await
    }

    /// Numbers and chains at most `max` entries that are committed and not chained yet, oldest first, and says how many.
    /// Any node may do it at any time; there is one chain.
    ///
    /// # Errors
    /// The driver's own.
    pub async fn sequence_audit(&self, max: u32) -> Result<u32, StoreError> {
        audit::sequence(&self.inner, max).await
    }

    /// The notices of committed changes from now on, of all console nodes, in the order of their numbers. Whoever is told that it is
    /// behind reads [`changes::since`].
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// The time that leases count by: the database's clock on PostgreSQL, where several nodes share it, and the injected time on SQLite.
    ///
    /// # Errors
    /// The driver's own.
    pub async fn now(&self, injected: Timestamp) -> Result<Timestamp, StoreError> {
        match &*self.inner {
            Inner::Sqlite(_) => Ok(injected),
            Inner::Postgres(postgres) => {
                let text = dialect::CLOCK.postgres.unwrap_or_default();
                let row = sqlx::query(text)
                    .fetch_one(&postgres.pool)
                    .await
                    .map_err(|e| StoreError::of(dialect::CLOCK.name, e))?;
                row.try_get("value").map(Timestamp).map_err(|e| StoreError::of(dialect::CLOCK.name, e))
            }
        }
    }

    /// Ends all connections. Transactions that are still open are rolled back.
    pub async fn close(&self) {
        match &*self.inner {
            Inner::Sqlite(sqlite) => {
                sqlite.writer.alone().await.optimize().await;
                sqlite.readers.close().await;
            }
            Inner::Postgres(postgres) => {
                postgres.listener.abort();
                postgres.pool.close().await;
            }
        }
    }
}

/// An address without what stands before the `@`, to be shown.
fn without_secret(url: &str) -> String {
    let shown = match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => url.to_owned(),
    };
    domain::text::shorten(&shown)
}

async fn open_sqlite(
    path: &str,
    url: &str,
    changes: broadcast::Sender<Change>,
) -> Result<SqliteStore, StoreError> {
    let failed = |error| StoreError::of("open", error);
    let (options, folder) = if path == ":memory:" {
        let folder = tempfile::Builder::new()
            .prefix("towpath-memory-")
            .tempdir()
            .map_err(|error| StoreError::of("open", sqlx::Error::Io(error)))?;
        // Only this process reads it, and it does not outlive it.
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("console.sqlite"))
            .synchronous(SqliteSynchronous::Off);
        (options, Some(folder))
    } else {
        // Deployments and the audit log must survive a loss of power.
        let options =
            SqliteConnectOptions::from_str(url).map_err(failed)?.synchronous(SqliteSynchronous::Full);
        (options, None)
    };
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .statement_cache_capacity(PREPARED)
        .row_buffer_size(ROWS)
        .pragma("wal_autocheckpoint", "1000");
    let writer = Writer::open(options.clone(), changes).await.map_err(failed)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_with(options.create_if_missing(false).pragma("query_only", "on").pragma("cache_size", CACHE))
        .await
        .map_err(failed)?;
    Ok(SqliteStore { writer, readers, _folder: folder })
}

async fn open_postgres(url: &str, changes: broadcast::Sender<Change>) -> Result<PostgresStore, StoreError> {
    let failed = |error| StoreError::of("open", error);
    let options = PgConnectOptions::from_str(url)
        .map_err(failed)?
        .application_name("towpath")
        .statement_cache_capacity(PREPARED)
        // Compiling a plan takes longer than any statement here runs.
        .options([("lock_timeout", "5s"), ("jit", "off")]);
    let refused = Arc::new(Refused::default());
    let met = Arc::clone(&refused);
    let pool = PgPoolOptions::new()
        .max_connections(POOL)
        .acquire_timeout(PATIENCE)
        .before_acquire(move |_, connection| {
            let usable = !met.met(connection.age);
            Box::pin(async move { Ok(usable) })
        })
        .connect_with(options)
        .await
        .map_err(failed)?;
    let listener = tokio::spawn(changes::listen(pool.clone(), changes));
    Ok(PostgresStore { pool, refused, listener })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(without_secret("mysql://me:secret@host/db"), "mysql://…@host/db");
        assert_eq!(without_secret("console.db"), "console.db");
    }

    #[tokio::test]
    async fn other_addresses_are_refused() {
        for address in ["mysql://root:secret@localhost/x", "console.sqlite", ""] {
            let refused = Store::open(address).await.unwrap_err();
            assert!(matches!(refused, StoreError::Address(_)), "{address}: {refused}");
            assert!(!refused.to_string().contains("secret"));
        }
    }
}
