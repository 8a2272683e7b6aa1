//! Databases as SQLite files: one for each application, readable by its owner only.

use super::{COLUMNS, Failure, Outcome, RECORD, Step, applied, line_after};
use crate::folders::sync_folder;
use domain::package::database::Applied;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Batch, Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior, params};
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;

/// The steps of SQLite's machine after which the time is looked at.
const LOOK: i32 = 1000;
/// How long the file may be held by somebody else while it is looked at or made.
const BUSY: Duration = Duration::from_secs(10);

/// The folder of the files.
pub struct Folder(PathBuf);

impl Folder {
    /// The files of a folder; it is made with the first of them.
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.sqlite"))
    }

    /// Where an application's file is, in words.
    pub fn words(&self, name: &str) -> String {
        format!("the SQLite file {}", self.file(name).display())
    }

    /// The address that the application is handed.
    pub fn address(&self, name: &str) -> String {
        let path = url::Url::from_file_path(self.file(name)).map(|url| url.path().to_owned());
        format!("sqlite://{}", path.unwrap_or_default())
    }

    /// What was applied; nothing where there is no database yet.
    pub async fn look(&self, name: &str) -> Result<Option<Vec<Applied>>, Failure> {
        let file = self.file(name);
        blocking(move || if file.is_file() { record(&open(&file, BUSY)?) } else { Ok(None) }).await
    }

    /// Makes a database with an empty record. What is there stays as it is.
    pub async fn make(&self, name: &str) -> Result<(), Failure> {
        let (folder, file) = (self.0.clone(), self.file(name));
        blocking(move || {
            let made = || {
                DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
                OpenOptions::new().create(true).append(true).mode(0o600).open(&file)?;
                sync_folder(&folder)
            };
            made().map_err(|error| Failure::of(format!("{}: {error}", file.display())))?;
            let connection = open(&file, BUSY)?;
            connection
                .execute_batch(&format!(
                    "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS {RECORD} ({COLUMNS});"
                ))
                .map_err(|error| said(&error, 0))
        })
        .await
    }

    /// Applies a migration and records it, in one transaction.
    pub async fn apply(&self, name: &str, step: &Step, now: i64) -> Result<Outcome, Failure> {
        let (file, step) = (self.file(name), step.clone());
        blocking(move || apply(&file, &step, now)).await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    spawn_blocking(work).await.map_err(Failure::of)?
}

fn open(file: &Path, busy: Duration) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(file, flags).and_then(|connection| {
        connection.busy_timeout(busy)?;
        connection.execute_batch("PRAGMA synchronous = FULL;")?;
        Ok(connection)
    });
    opened.map_err(|error| Failure::of(format!("{}: {error}", file.display())))
}

fn record(connection: &Connection) -> Result<Option<Vec<Applied>>, Failure> {
    let failed = |error: rusqlite::Error| said(&error, 0);
    let there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1";
    if connection.query_row(there, [RECORD], |_| Ok(())).optional().map_err(failed)?.is_none() {
        return Ok(None);
    }
    let sql = format!("SELECT number, name, sha256, package, version FROM {RECORD} ORDER BY number");
    let mut select = connection.prepare(&sql).map_err(failed)?;
    let rows = select.query_map([], |row| {
        let texts: [String; 4] = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
        Ok((row.get::<_, i64>(0)?, texts))
    });
    let rows: Vec<_> = rows.and_then(Iterator::collect).map_err(failed)?;
    let each = rows
        .into_iter()
        .map(|(number, [name, sha256, package, version])| applied(number, name, &sha256, &package, &version));
    each.collect::<Result<_, _>>().map(Some)
}

/// A migration can neither end the transaction that it runs in, nor reach another file.
fn allowed(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Transaction { .. } | AuthAction::Attach { .. } | AuthAction::Detach { .. } => {
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }
}

fn apply(file: &Path, step: &Step, now: i64) -> Result<Outcome, Failure> {
    let within = Duration::from_secs(step.seconds.into());
    let mut connection = open(file, within)?;
    let failed = |error: rusqlite::Error| said(&error, step.seconds);
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let number = step.migration.number;
    let known = format!("SELECT 1 FROM {RECORD} WHERE number = ?1");
    if tx.query_row(&known, [number], |_| Ok(())).optional().map_err(failed)?.is_some() {
        return Ok(Outcome::Already);
    }
    let began = Instant::now();
    tx.authorizer(Some(allowed)).map_err(failed)?;
    tx.progress_handler(LOOK, Some(move || began.elapsed() > within)).map_err(failed)?;
    let ran = run(&tx, &step.text);
    tx.progress_handler(LOOK, None::<fn() -> bool>).map_err(failed)?;
    tx.authorizer(None::<fn(AuthContext<'_>) -> Authorization>).map_err(failed)?;
    ran.map_err(|(error, begin)| Failure {
        line: line_of(&error, &step.text, begin),
        ..said(&error, step.seconds)
    })?;
    let took = began.elapsed();
    let sql = format!(
        "INSERT INTO {RECORD} (number, name, sha256, package, version, at, took) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    );
    let (name, sha256) = (&step.migration.name, step.migration.sha256.to_string());
    let micros = i64::try_from(took.as_micros()).unwrap_or(i64::MAX);
    tx.execute(&sql, params![number, name, sha256, step.package.to_string(), step.version, now, micros])
        .map_err(failed)?;
    tx.commit().map_err(failed)?;
    Ok(Outcome::Applied(took))
}

/// Runs every statement of a text to its end; rows that one gives are of no interest. A failure comes with where its statement begins.
fn run(connection: &Connection, text: &str) -> Result<(), (rusqlite::Error, usize)> {
    let mut next = 0;
    let mut statements = Batch::new(connection, text);
    while let Some(mut statement) = statements.next().map_err(|error| (error, next))? {
        let begin = next;
        next += statement.expanded_sql().map_or(0, |sql| sql.len());
        let mut rows = statement.raw_query();
        while rows.next().map_err(|error| (error, begin))?.is_some() {}
    }
    Ok(())
}

/// The line of a failure, where it belongs to one.
fn line_of(error: &rusqlite::Error, text: &str, begin: usize) -> Option<usize> {
    let at = match error {
        // The rest of the text, from the statement on that cannot be read.
        rusqlite::Error::SqlInputError { sql, offset, .. } => {
            text.len().checked_sub(sql.len())? + usize::try_from(*offset).ok()?
        }
        // A statement begins behind what is empty, and behind its comment lines.
        _ => {
            let rest = text.get(begin..)?;
            let empty = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with("--");
            begin + rest.split_inclusive('\n').take_while(empty).map(str::len).sum::<usize>()
        }
    };
    text.get(..at).map(|before| line_after(before.chars()))
}

/// What SQLite said.
fn said(error: &rusqlite::Error, seconds: u32) -> Failure {
    match (error.sqlite_error_code(), error) {
        (Some(ErrorCode::OperationInterrupted), _) => Failure::too_long(seconds),
        (Some(ErrorCode::AuthorizationForStatementDenied), _) => Failure::of(
            "BEGIN, COMMIT, ROLLBACK, ATTACH and DETACH have no place in a migration, which is one transaction in one file",
        ),
        (_, rusqlite::Error::SqlInputError { msg, .. }) => Failure::of(msg),
        _ => Failure::of(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::package::Migration;
    use domain::text::Sha256;
    use std::os::unix::fs::PermissionsExt;

    fn step(number: u32, text: &str) -> Step {
        let sha256 = Sha256::of(text.as_bytes());
        let migration = Migration { number, name: "one".to_owned(), engine: None, sha256 };
        Step { migration, text: text.to_owned(), seconds: 1, package: sha256, version: String::new() }
    }

    #[tokio::test]
    async fn a_migration_and_its_record_are_there_together_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("other.sqlite");
        let databases = Folder::new(folder.path().join("a b"));
        assert_eq!(databases.look("x").await.unwrap(), None);
        databases.make("x").await.unwrap();
        databases.make("x").await.unwrap();
        assert_eq!(databases.look("x").await.unwrap(), Some(Vec::new()));
        assert!(databases.address("x").ends_with("/a%20b/x.sqlite"), "{}", databases.address("x"));
        let mode =
            |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("a b"), mode("a b/x.sqlite")), (0o700, 0o600));

        let first =
            step(1, "CREATE TABLE t (a INTEGER UNIQUE); INSERT INTO t VALUES (1) RETURNING a;\n-- the end\n");
        assert!(matches!(databases.apply("x", &first, 7).await.unwrap(), Outcome::Applied(_)));
        assert_eq!(databases.apply("x", &first, 8).await.unwrap(), Outcome::Already);
        let attach = format!("ATTACH '{}' AS o; CREATE TABLE o.t (a);", other.display());
        for (text, line, words) in [
            (
                "INSERT INTO t VALUES (2);\nINSERT INTO t\n  VALUES (missing);",
                Some(3),
                "no such column: missing",
            ),
            (
                "INSERT INTO t VALUES (2);\n\n-- twice\nINSERT INTO t VALUES (1);",
                Some(4),
                "UNIQUE constraint failed: t.a",
            ),
            (
                "INSERT INTO t VALUES (2); COMMIT; INSERT INTO t VALUES (3);",
                Some(1),
                "have no place in a migration",
            ),
            (&attach, Some(1), "have no place in a migration"),
            (
                "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;",
                Some(1),
                "it took longer than 1 seconds",
            ),
        ] {
            let failure = databases.apply("x", &step(2, text), 9).await.unwrap_err();
            assert!(
                failure.reason.contains(words) && failure.line == line && !failure.lost,
                "{text}: {failure:?}"
            );
        }
        assert!(!other.exists());
        let there = databases.look("x").await.unwrap().unwrap();
        assert_eq!(there.iter().map(|one| one.number).collect::<Vec<_>>(), [1]);
        let connection = open(&databases.file("x"), BUSY).unwrap();
        let rows: i64 = connection.query_row("SELECT sum(a) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 1, "nothing of what failed is there");
    }
}
