//! The Session catalog: the tokens that Server.Identity gave out (on the controller) and that Server.API let in (everywhere), and the
//! clients that may ask for one.

use super::{Catalog, CatalogError};
use domain::time::{HOUR, Timestamp};
use rusqlite::params;
use std::path::Path;

const SCHEMA: &[&str] = &[
    "
    CREATE TABLE issued (
        id TEXT PRIMARY KEY, audience TEXT NOT NULL, issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE accepted (
        id TEXT PRIMARY KEY, issuer TEXT NOT NULL, first_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
    ) STRICT;
",
    "
    CREATE TABLE clients (
        id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, secret TEXT NOT NULL, scopes TEXT NOT NULL,
        added_at INTEGER NOT NULL, token_at INTEGER
    ) STRICT;
",
];

/// The Session catalog.
#[derive(Clone)]
pub struct Session(pub(super) Catalog);

impl Session {
    /// Opens the catalog in `path`.
    pub fn open(path: &Path) -> Result<Self, CatalogError> {
        Catalog::open(path, SCHEMA).map(Self)
    }

    /// Takes note of a token that was given out, and forgets those that expired more than an hour ago.
    pub async fn issued(
        &self,
        id: String,
        audience: String,
        expires_at: Timestamp,
    ) -> Result<(), CatalogError> {
        let now = crate::clock::now();
        self.0
            .run(move |tx| {
                tx.execute("DELETE FROM issued WHERE expires_at < ?1", [now.plus(-HOUR).0])?;
                let sql = "INSERT INTO issued (id, audience, issued_at, expires_at) VALUES (?1, ?2, ?3, ?4)";
                tx.execute(sql, params![id, audience, now.0, expires_at.0]).map(drop)
            })
            .await
    }

    /// Takes note of a token that was let in for the first time, and of whose it is: the controller itself, or a client.
    pub async fn accepted(
        &self,
        id: String,
        issuer: String,
        expires_at: Timestamp,
    ) -> Result<(), CatalogError> {
        let now = crate::clock::now();
        self.0
            .run(move |tx| {
                tx.execute("DELETE FROM accepted WHERE expires_at < ?1", [now.plus(-HOUR).0])?;
                let sql = "INSERT INTO accepted (id, issuer, first_at, expires_at) VALUES (?1, ?2, ?3, ?4)
                           ON CONFLICT (id) DO NOTHING";
                tx.execute(sql, params![id, issuer, now.0, expires_at.0]).map(drop)
            })
            .await
    }
}
