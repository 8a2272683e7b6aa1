//! The Log catalog: what modules write to their output, and the Platform Server's own events. Bounded.

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
