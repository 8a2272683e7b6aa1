//! The Log catalog: what modules and hooks write to their output, and the Platform Server's own events. Bounded by number, age and size.

use super::{Catalog, CatalogError};
use domain::text::Key;
use rusqlite::params;
use std::path::Path;

const SCHEMA: &[&str] = &["
    CREATE TABLE lines (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, application TEXT NOT NULL, module TEXT NOT NULL,
        stream TEXT NOT NULL, text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX lines_of_application ON lines (application, id);
    CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
"];

/// Lines that are kept of all modules together.
const LINES_KEPT: i64 = 50_000;
/// Events that are kept.
const EVENTS_KEPT: i64 = 10_000;

/// What a line takes beside its text, bytes, roughly.
const LINE_BYTES: i64 = 64;

/// How much of the log is kept, besides the bounds by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Lines and events that are older go, days.
    pub days: u32,
    /// The oldest lines go beyond this, megabytes.
    pub megabytes: u32,
}

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
    /// The Platform Server itself, about the process.
    Supervisor,
}

/// One line of a module's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputLine {
    /// Microseconds since the Unix epoch.
    pub at: i64,
    /// The application.
    pub application: Key,
    /// The module.
    pub module: Key,
    /// Where it came from.
    pub stream: Stream,
    /// The line, shortened.
    pub text: String,
}

/// The Log catalog.
#[derive(Clone)]
pub struct Log(Catalog);

impl Log {
    /// Opens the catalog in `path`.
    pub fn open(path: &Path) -> Result<Self, CatalogError> {
        Catalog::open(path, SCHEMA).map(Self)
    }

    /// Writes lines and forgets the oldest beyond the bound.
    pub async fn add_lines(&self, lines: Vec<OutputLine>) -> Result<(), CatalogError> {
        self.0
            .run(move |tx| {
                let mut put = tx.prepare_cached(
                    "INSERT INTO lines (at, application, module, stream, text) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?;
                for line in &lines {
                    let stream = match line.stream {
                        Stream::Output => "output",
                        Stream::Error => "error",
                        Stream::Supervisor => "supervisor",
                    };
                    put.execute(params![
                        line.at,
                        line.application.as_str(),
                        line.module.as_str(),
                        stream,
                        line.text
                    ])?;
                }
                tx.execute("DELETE FROM lines WHERE id <= (SELECT max(id) FROM lines) - ?1", [LINES_KEPT])
                    .map(drop)
            })
            .await
    }

    /// Forgets what is too old, and the oldest lines of what is too much. `now` is microseconds since the Unix epoch.
    pub async fn retain(&self, retention: Retention, now: i64) -> Result<(), CatalogError> {
        let oldest = now - i64::from(retention.days) * 86_400_000_000;
        let most = i64::from(retention.megabytes) * 1_000_000;
        self.0
            .run(move |tx| {
                tx.execute("DELETE FROM lines WHERE at < ?1", [oldest])?;
                tx.execute("DELETE FROM events WHERE at < ?1", [oldest])?;
                tx.execute(
                    "DELETE FROM lines WHERE id <= (SELECT max(id) FROM (SELECT id, sum(length(CAST(text AS BLOB)) + ?2) \
                     OVER (ORDER BY id DESC) AS size FROM lines) WHERE size > ?1)",
                    [most, LINE_BYTES],
                )
                .map(drop)
            })
            .await
    }

    /// Writes one event of the Platform Server itself.
    pub async fn add_event(&self, kind: &'static str, detail: String) -> Result<(), CatalogError> {
        let now = crate::clock::now().0;
        self.0
            .run(move |tx| {
                tx.execute(
                    "INSERT INTO events (at, kind, detail) VALUES (?1, ?2, ?3)",
                    params![now, kind, detail],
                )?;
                tx.execute("DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?1", [EVENTS_KEPT])
                    .map(drop)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_old_or_too_much_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(&folder.path().join("log.sqlite")).unwrap();
        const DAY: i64 = 86_400_000_000;
        let line = |at: i64, text: String| OutputLine {
            at,
            application: "tides".parse().unwrap(),
            module: "tides".parse().unwrap(),
            stream: Stream::Output,
            text,
        };
        let kept = async || {
            let all = |tx: &rusqlite::Transaction<'_>| {
                let mut rows = tx.prepare("SELECT at / 86400000000 FROM lines ORDER BY id")?;
                rows.query_map([], |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()
            };
            log.0.run(all).await.unwrap()
        };
        log.add_lines((1..=9).map(|day| line(day * DAY, "x".repeat(300_000))).collect()).await.unwrap();
        log.add_event("started", String::new()).await.unwrap();
        log.retain(Retention { days: 5, megabytes: 100 }, 10 * DAY).await.unwrap();
        assert_eq!(kept().await, [5, 6, 7, 8, 9], "not older than five days");
        log.retain(Retention { days: 5, megabytes: 1 }, 10 * DAY).await.unwrap();
        assert_eq!(kept().await, [7, 8, 9], "as many of the newest as are allowed");
        log.retain(Retention { days: 5, megabytes: 1 }, 10 * DAY).await.unwrap();
        assert_eq!(kept().await.len(), 3, "once more changes nothing");
        log.retain(Retention { days: 1, megabytes: 1 }, 90 * DAY).await.unwrap();
        assert_eq!(kept().await, Vec::<i64>::new());
    }
}
