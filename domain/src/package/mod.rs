//! The package of one version (`.oap`): its manifest and its archive, format 1 (`docs/package-format.md`).
//!
//! Everything here works on a reader or a writer that the caller opened; nothing touches a disk by itself. A package comes
//! from outside, so nothing in it is believed: [`read`] checks the container, every name, every limit and every byte
//! (ASVS 5.2.1–5.2.5, 5.3.2, 5.3.3), and the first fault is one sentence.

mod archive;
mod build;
pub mod compare;
mod container;
pub mod database;
#[cfg(test)]
mod database_tests;
mod manifest;
mod path;
mod recipe;
mod serving;
#[cfg(test)]
mod tests;
mod timer;

pub use archive::{Entry, Package, read, walk};
pub use build::{SourceFile, build};
pub use database::{DATABASE, Database, Migration};
pub use manifest::{
    Application, ApplicationKind, Consumed, ElementKind, FORMAT, HOOK_SECONDS_DEFAULT, HOOK_SECONDS_MAX,
    Hook, HookPhase, Manifest, Module, ModuleKind, Produced, READY_SECONDS_DEFAULT, READY_SECONDS_MAX,
    Setting,
};
pub use recipe::{Include, Recipe};
pub use serving::{
    CONCURRENT, DIRECTORY_PARTS, HostName, MEMORY_MEGABYTES, OPEN_FILES, PROCESSES, ProcessLimits,
    VirtualDirectory,
};
pub use timer::{
    JobHandler, Missed, RETRIES_DEFAULT, RETRIES_MAX, Timer, WORK_SECONDS_DEFAULT, WORK_SECONDS_MAX,
    comparable,
};

use crate::text::{Key, Sha256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a name may not stand in a package, as the end of a sentence; `None` where it may. Whoever unpacks something else
/// than a package asks the same.
#[must_use]
pub fn name_fault(name: &str) -> Option<String> {
    path::fault(name)
}

/// The manifest's name inside every package.
pub const MANIFEST: &str = "manifest.toml";
/// The name of the file beside the manifest that says what else the builder takes in; it never gets into a package.
pub const RECIPE: &str = "package.toml";
/// The folder inside a package that holds one folder for each module.
pub const MODULES: &str = "modules";
/// The folder inside a package that holds the programs of its hooks, where it has any.
pub const HOOKS: &str = "hooks";

/// Why a package or a manifest was refused: one sentence that says what is wrong, where, and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The manifest is not as the format wants it.
    #[error("{MANIFEST}{place}: {reason}")]
    Manifest {
        /// Where: `, line 7` or `, module “tides”`; empty where the whole file is meant.
        place: String,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// The recipe beside the manifest is not as it should be.
    #[error("{RECIPE}{place}: {reason}")]
    Recipe {
        /// Where, as in [`PackageError::Manifest`].
        place: String,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// The file is not the kind of ZIP archive that a package is.
    #[error("This is no sound package file: {0}")]
    Container(String),
    /// One entry of the archive is refused.
    #[error("The package is refused: “{name}” {reason}.")]
    Entry {
        /// The entry's name, shortened and without control characters.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The package is bigger than allowed.
    #[error("The package is refused: {0}")]
    Limit(String),
    /// The reader or writer itself failed.
    #[error("The package could not be read or written: {0}")]
    Io(#[from] std::io::Error),
}

/// How much a package may hold. Sizes are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The file itself.
    pub file_bytes: u64,
    /// Entries, folders among them.
    pub entries: u64,
    /// All entries unpacked.
    pub total_bytes: u64,
    /// One entry unpacked.
    pub entry_bytes: u64,
    /// How many times bigger than its packed size an entry may get; entries up to 64 KiB are exempt.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 512 << 20,
            entries: 10_000,
            total_bytes: 1 << 30,
            entry_bytes: 256 << 20,
            ratio: 200,
        }
    }
}

/// What the console keeps of a package beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The manifest in full.
    pub manifest: Manifest,
    /// Number of files, the manifest among them.
    pub files: u64,
    /// Size of all files unpacked, bytes.
    pub unpacked_bytes: u64,
    /// What the files of each module are, by its key, so that two packages can be compared without their bytes. What was published before
    /// this was kept has none.
    #[serde(default)]
    pub marks: BTreeMap<Key, Sha256>,
    /// The migrations of its database, by number. What was published before packages could have any has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub migrations: Vec<Migration>,
}
