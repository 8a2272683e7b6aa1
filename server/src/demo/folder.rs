//! What the demo remembers between its starts, `demo.json` in the data folder.

use crate::cli::Failure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The demo's part of the data folder.
pub struct Folder {
    root: PathBuf,
    /// Held as long as this demo runs.
    _lock: std::fs::File,
}

/// What is remembered.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct State {
    /// Servers that have enrolled, and where they listen, by key.
    pub servers: BTreeMap<String, Place>,
    /// Samples that were published: what people do with them later stays.
    pub published: Vec<String>,
}

/// Where a Platform Server listens.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Place {
    /// Applications.
    pub public: SocketAddr,
    /// Server.API.
    pub api: SocketAddr,
}

impl Folder {
    /// Opens it; one demo at a time.
    pub fn open(root: &Path) -> Result<Self, Failure> {
        let failed =
            |error: &dyn std::fmt::Display| format!("The folder {} cannot be used: {error}.", root.display());
        std::fs::create_dir_all(root).map_err(|error| failed(&error))?;
        let lock = std::fs::File::create(root.join("demo.lock")).map_err(|error| failed(&error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: root.to_owned(), _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => Err(Failure::NotDone(format!(
                "Another towpath demo runs with {} already; end it, or name another folder with --data.",
                root.display()
            ))),
            Err(std::fs::TryLockError::Error(error)) => Err(failed(&error).into()),
        }
    }

    /// The folder of one Platform Server.
    pub fn server(&self, key: &str) -> PathBuf {
        self.root.join("servers").join(key)
    }

    fn file(&self) -> PathBuf {
        self.root.join("demo.json")
    }

    /// Reads what is remembered.
    pub fn read(&self) -> Result<State, Failure> {
        let file = self.file();
        match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                let sentence =
                    format!("{} is damaged ({error}); remove the folder to begin anew.", file.display());
                Failure::NotDone(sentence)
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(State::default()),
            Err(error) => Err(Failure::NotDone(format!("{}: {error}.", file.display()))),
        }
    }

    /// Writes it, in one rename.
    pub fn write(&self, state: &State) -> Result<(), Failure> {
        let (file, new) = (self.file(), self.root.join("demo.json.new"));
        let failed = |error: std::io::Error| Failure::NotDone(format!("{}: {error}.", file.display()));
        let bytes =
            serde_json::to_vec_pretty(state).map_err(|error| format!("{}: {error}.", file.display()))?;
        let mut written = std::fs::File::create(&new).map_err(failed)?;
        written.write_all(&bytes).and_then(|()| written.sync_all()).map_err(failed)?;
        std::fs::rename(&new, &file).map_err(failed)?;
        std::fs::File::open(&self.root).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    /// Removes the Platform Servers of a console that is no more.
    pub fn forget_servers(&self) -> Result<(), Failure> {
        for path in [self.root.join("servers"), self.file()] {
            let removed =
                if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            if let Err(error) = removed
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(Failure::NotDone(format!("{}: {error}.", path.display())));
            }
        }
        Ok(())
    }
}
