//! The databases of applications, as the controller knows them: what each prepared release asks for, and where each application's own is.

use super::{CatalogError, Platform, from_json, to_json};
use domain::package::{Database, Migration};
use domain::text::{Key, Sha256, VersionNumber};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// Releases of an application whose wishes are kept: more than a front-end keeps releases.
const KEPT: u32 = 20;

/// What a release asks for, from its preparation on: it may be activated days later, and the package be gone from the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The version number, where the release has one.
    pub version: Option<VersionNumber>,
    /// The manifest's words.
    pub database: Database,
    /// All migrations of the package, each with its text.
    pub migrations: Vec<(Migration, String)>,
}

/// Where an application's database is.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    /// In words, without anything secret.
    pub words: String,
    /// The password of its own role; empty for a file.
    pub password: String,
}

impl Platform {
    /// Keeps what a prepared release asks for; the oldest wishes of its application go.
    pub async fn put_wish(&self, application: &Key, sha256: Sha256, wish: &Wish) -> Result<(), CatalogError> {
        let (application, wish, now) = (application.to_string(), to_json(wish), crate::clock::now().0);
        self.0
            .run(move |tx| {
                let sql = "INSERT INTO release_databases (application, sha256, wish, at) VALUES (?1, ?2, ?3, ?4)
                           ON CONFLICT (application, sha256) DO UPDATE SET wish = ?3, at = ?4";
                tx.execute(sql, params![application, sha256.to_string(), wish, now])?;
                let sql = "DELETE FROM release_databases WHERE application = ?1 AND sha256 NOT IN
                           (SELECT sha256 FROM release_databases WHERE application = ?1 ORDER BY at DESC LIMIT ?2)";
                tx.execute(sql, params![application, KEPT]).map(drop)
            })
            .await
    }

    /// What a release asks for; nothing where it asks for no database, or was not prepared here.
    pub async fn wish(&self, application: &Key, sha256: Sha256) -> Result<Option<Wish>, CatalogError> {
        let application = application.to_string();
        self.0
            .run(move |tx| {
                let sql = "SELECT wish FROM release_databases WHERE application = ?1 AND sha256 = ?2";
                let key = params![application, sha256.to_string()];
                let found: Option<String> = tx.query_row(sql, key, |row| row.get(0)).optional()?;
                found.map(|text| from_json(&text)).transpose()
            })
            .await
    }

    /// Where an application's database is, if it has one.
    pub async fn place(&self, application: &Key) -> Result<Option<Place>, CatalogError> {
        let application = application.to_string();
        self.0
            .run(move |tx| {
                let sql = "SELECT place, password FROM application_databases WHERE application = ?1";
                tx.query_row(sql, [application], |row| {
                    Ok(Place { words: row.get(0)?, password: row.get(1)? })
                })
                .optional()
            })
            .await
    }

    /// Keeps where an application's database is, before anything is made there.
    pub async fn put_place(&self, application: &Key, place: &Place) -> Result<(), CatalogError> {
        let (application, place, now) = (application.to_string(), place.clone(), crate::clock::now().0);
        self.0
            .run(move |tx| {
                let sql = "INSERT INTO application_databases (application, place, password, made_at) VALUES (?1, ?2, ?3, ?4)
                           ON CONFLICT (application) DO UPDATE SET place = ?2, password = ?3";
                tx.execute(sql, params![application, place.words, place.password, now]).map(drop)
            })
            .await
    }
}
