//! The Log catalog: what modules and hooks write to their output, requests and errors of applications, and the Platform Server's own events.
//! Bounded by number, age and size.

use super::{Catalog, CatalogError, retention};
use domain::text::Key;
use rusqlite::params;
use std::path::Path;

pub(super) const SCHEMA: &[&str] = &[
    "
    CREATE TABLE lines (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, application TEXT NOT NULL, module TEXT NOT NULL,
        stream TEXT NOT NULL, text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX lines_of_application ON lines (application, id);
    CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
",
    "
    CREATE TABLE requests (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, application TEXT NOT NULL, module TEXT NOT NULL, method TEXT NOT NULL,
        path TEXT NOT NULL, status INTEGER, micros INTEGER NOT NULL, bytes INTEGER NOT NULL, client TEXT NOT NULL,
        request_id TEXT NOT NULL
    ) STRICT;
    CREATE INDEX requests_of_application ON requests (application, id);
    CREATE TABLE errors (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, application TEXT NOT NULL, module TEXT NOT NULL, reason TEXT NOT NULL,
        method TEXT, path TEXT, status INTEGER, micros INTEGER, bytes INTEGER, client TEXT, request_id TEXT
    ) STRICT;
    CREATE INDEX errors_of_application ON errors (application, id);
",
];

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
pub struct Log {
    pub(super) catalog: Catalog,
    /// A connection of its own, so that who reads much holds up no writer.
    pub(super) reading: Catalog,
}

impl Log {
    /// Opens the catalog in `path`.
    pub fn open(path: &Path) -> Result<Self, CatalogError> {
        let catalog = Catalog::open(path, SCHEMA)?;
        catalog.bare(retention::gives_back)?;
        let reading = Catalog::open(path, SCHEMA)?;
        Ok(Self { catalog, reading })
    }

    /// Writes lines and forgets the oldest beyond the bound.
    pub async fn add_lines(&self, lines: Vec<OutputLine>) -> Result<(), CatalogError> {
        self.catalog
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
        self.catalog
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
