//! The Platform catalog: who this server is, the members of its farm, the highest fence, the processes it started.

use super::{Catalog, CatalogError, parsed};
use crate::identity::Identity;
use domain::id::ServerId;
use domain::text::Key;
use rusqlite::{OptionalExtension, params};
use std::path::Path;

const SCHEMA: &[&str] = &["
    CREATE TABLE identity (one INTEGER PRIMARY KEY CHECK (one = 1), document TEXT NOT NULL) STRICT;
    CREATE TABLE members (
        server TEXT PRIMARY KEY, name TEXT NOT NULL, api_address TEXT NOT NULL, public_key TEXT, status TEXT
    ) STRICT;
    CREATE TABLE fences (one INTEGER PRIMARY KEY CHECK (one = 1), highest INTEGER NOT NULL) STRICT;
    CREATE TABLE tasks (
        key TEXT PRIMARY KEY, fence INTEGER NOT NULL, task TEXT NOT NULL, state TEXT NOT NULL,
        done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0, reason TEXT,
        received_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, acknowledged INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX tasks_open ON tasks (acknowledged, received_at);
    CREATE TABLE task_lines (
        key TEXT NOT NULL REFERENCES tasks (key) ON DELETE CASCADE, number INTEGER NOT NULL,
        at INTEGER NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (key, number)
    ) STRICT;
    CREATE TABLE releases (
        application TEXT NOT NULL, sha256 TEXT NOT NULL, version TEXT, folder TEXT NOT NULL,
        staged_at INTEGER NOT NULL, activated_at INTEGER, PRIMARY KEY (application, sha256)
    ) STRICT;
    CREATE TABLE slots (
        application TEXT PRIMARY KEY, sha256 TEXT NOT NULL, previous TEXT, changed_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE operations (
        key TEXT PRIMARY KEY, fence INTEGER NOT NULL, application TEXT NOT NULL, sha256 TEXT, previous TEXT,
        state TEXT NOT NULL, reason TEXT, started_at INTEGER NOT NULL, ended_at INTEGER
    ) STRICT;
    CREATE TABLE activations (
        key TEXT PRIMARY KEY, application TEXT NOT NULL, sha256 TEXT NOT NULL, at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE processes (
        pid INTEGER PRIMARY KEY, started TEXT NOT NULL, application TEXT NOT NULL, module TEXT NOT NULL,
        sha256 TEXT NOT NULL, port INTEGER NOT NULL, at INTEGER NOT NULL
    ) STRICT;
"];

/// The Platform catalog.
#[derive(Clone)]
pub struct Platform(pub(super) Catalog);

/// A front-end of the farm, as its controller knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The front-end.
    pub server: ServerId,
    /// Its name.
    pub name: String,
    /// Where its Server.API answers; empty until known.
    pub api_address: String,
    /// Its public key, 64 hexadecimal digits.
    pub public_key: Option<String>,
}

/// A process that was started and may still be there after the Platform Server was killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessRow {
    /// Its process id, which is also its group's.
    pub pid: u32,
    /// When the kernel says it started: with the pid it names one process and no other.
    pub started: String,
    /// Its application.
    pub application: Key,
    /// Its module.
    pub module: Key,
    /// Its release, as 64 hexadecimal digits.
    pub sha256: String,
    /// Where it listens.
    pub port: u16,
}

impl Platform {
    /// Opens the catalog in `path`.
    pub fn open(path: &Path) -> Result<Self, CatalogError> {
        Catalog::open(path, SCHEMA).map(Self)
    }

    /// Who this server is; nothing before it has enrolled.
    pub async fn identity(&self) -> Result<Option<Identity>, CatalogError> {
        let text: Option<String> = self
            .0
            .run(|tx| tx.query_row("SELECT document FROM identity", [], |row| row.get(0)).optional())
            .await?;
        text.map(|text| serde_json::from_str(&text).map_err(|e| CatalogError::Content(e.to_string())))
            .transpose()
    }

    /// Keeps who this server is.
    pub async fn set_identity(&self, identity: &Identity) -> Result<(), CatalogError> {
        let document = super::to_json(identity);
        self.0
            .run(move |tx| {
                tx.execute(
                    "INSERT INTO identity (one, document) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET document = ?1",
                    [document],
                )?;
                Ok(())
            })
            .await
    }

    /// The members of the farm, by name.
    pub async fn members(&self) -> Result<Vec<Member>, CatalogError> {
        self.0
            .run(|tx| {
                let mut select = tx.prepare_cached(
                    "SELECT server, name, api_address, public_key FROM members ORDER BY name, server",
                )?;
                let rows = select.query_map([], |row| {
                    Ok(Member {
                        server: parsed(row.get(0)?)?,
                        name: row.get(1)?,
                        api_address: row.get(2)?,
                        public_key: row.get(3)?,
                    })
                })?;
                rows.collect()
            })
            .await
    }

    /// Replaces the members by what the console says. An address that the console does not know yet does not
    /// overwrite one that is known here.
    pub async fn set_members(&self, members: Vec<Member>) -> Result<(), CatalogError> {
        self.0
            .run(move |tx| {
                let kept: Vec<String> = members.iter().map(|m| m.server.to_string()).collect();
                tx.execute(
                    "DELETE FROM members WHERE server NOT IN (SELECT value FROM json_each(?1))",
                    [super::to_json(&kept)],
                )?;
                let mut put = tx.prepare_cached(
                    "INSERT INTO members (server, name, api_address, public_key) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (server) DO UPDATE SET name = ?2, public_key = ?4,
                     api_address = CASE WHEN ?3 = '' THEN api_address ELSE ?3 END",
                )?;
                for m in &members {
                    put.execute(params![m.server.to_string(), m.name, m.api_address, m.public_key])?;
                }
                Ok(())
            })
            .await
    }

    /// The highest fence that this server has seen.
    pub async fn highest_fence(&self) -> Result<u64, CatalogError> {
        self.0.run(highest).await
    }

    /// Takes note of a fence, unless a higher one was seen: then that one is the error.
    pub async fn raise_fence(&self, fence: u64) -> Result<Result<(), u64>, CatalogError> {
        self.0
            .run(move |tx| {
                let seen = highest(tx)?;
                if fence < seen {
                    return Ok(Err(seen));
                }
                tx.execute(
                    "INSERT INTO fences (one, highest) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET highest = ?1",
                    [i64::try_from(fence).unwrap_or(i64::MAX)],
                )?;
                Ok(Ok(()))
            })
            .await
    }

    /// The processes that were started and not yet seen to end.
    pub async fn processes(&self) -> Result<Vec<ProcessRow>, CatalogError> {
        self.0
            .run(|tx| {
                let mut select = tx.prepare_cached(
                    "SELECT pid, started, application, module, sha256, port FROM processes ORDER BY pid",
                )?;
                let rows = select.query_map([], |row| {
                    Ok(ProcessRow {
                        pid: row.get(0)?,
                        started: row.get(1)?,
                        application: parsed(row.get(2)?)?,
                        module: parsed(row.get(3)?)?,
                        sha256: row.get(4)?,
                        port: row.get(5)?,
                    })
                })?;
                rows.collect()
            })
            .await
    }

    /// Takes note of a started process.
    pub async fn add_process(&self, row: ProcessRow) -> Result<(), CatalogError> {
        let at = crate::clock::now().0;
        self.0
            .run(move |tx| {
                tx.execute(
                    "INSERT OR REPLACE INTO processes (pid, started, application, module, sha256, port, at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        row.pid,
                        row.started,
                        row.application.as_str(),
                        row.module.as_str(),
                        row.sha256,
                        row.port,
                        at
                    ],
                )?;
                Ok(())
            })
            .await
    }

    /// Forgets a process that has ended.
    pub async fn remove_process(&self, pid: u32) -> Result<(), CatalogError> {
        self.0.run(move |tx| tx.execute("DELETE FROM processes WHERE pid = ?1", [pid]).map(drop)).await
    }
}

fn highest(tx: &rusqlite::Transaction<'_>) -> rusqlite::Result<u64> {
    let seen: Option<i64> = tx.query_row("SELECT highest FROM fences", [], |row| row.get(0)).optional()?;
    Ok(seen.and_then(|s| u64::try_from(s).ok()).unwrap_or(0))
}
