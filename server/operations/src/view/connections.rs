//! What an infrastructure is connected with: recorded, with what the last check of each found (measured).

use super::Keyed;
use domain::architecture::connection::Trial;
use domain::architecture::words::{CheckOutcome, ToolKind};
use domain::time::Timestamp;
use serde::Serialize;

/// The connections of an infrastructure.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Connections {
    /// Its tools, by key.
    pub tools: Vec<ToolView>,
    /// Its database servers by key, then the external databases of each environment.
    pub databases: Vec<DatabaseView>,
    /// Whether the console has a folder that files of SQLite are read from.
    pub files: bool,
}

/// What a check found.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct CheckView {
    /// How it ended.
    pub outcome: CheckOutcome,
    /// What was tried and found, in one sentence or two.
    pub detail: String,
    /// When.
    pub at: Timestamp,
    /// Who checked.
    pub by: String,
    /// The address that was tried.
    pub address: String,
    /// Whether another address is recorded by now, so that this says nothing of it.
    pub outdated: bool,
}

/// What a check that somebody asked for found.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Checked {
    /// The name of what was checked.
    pub name: String,
    /// What was found.
    #[serde(flatten)]
    pub check: CheckView,
}

/// A connected tool.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ToolView {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: ToolKind,
    /// Where it is reached.
    pub address: String,
    /// What it is used for.
    pub about: Option<String>,
    /// The last check; none until the first one is done.
    pub check: Option<CheckView>,
    /// The other infrastructures that use it, as far as the caller manages them.
    pub also: Vec<Keyed>,
}

/// A database server or an external database.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct DatabaseView {
    /// Its place, such as `database_servers/shared`.
    pub place: String,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The environment of an external database; none for a database server.
    pub environment: Option<Keyed>,
    /// The name of its engine (recorded).
    pub engine: String,
    /// Its version (recorded).
    pub version: Option<String>,
    /// Its machine (recorded).
    pub host: Option<String>,
    /// The address that a test tries; none where no machine is recorded, and for files.
    pub address: Option<String>,
    /// How it is tested.
    pub trial: Trial,
    /// The last test.
    pub check: Option<CheckView>,
}
