//! What lies and runs on this front-end: staged releases, one slot for each application, and the journal of switches.

use super::{CatalogError, Platform, from_json, parsed, to_json};
use domain::setting::Values;
use domain::text::{Key, Sha256, VersionNumber};
use domain::time::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// A release that lies ready on this front-end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its application.
    pub application: Key,
    /// Its package's hash.
    pub sha256: Sha256,
    /// Its version number, where it has one.
    pub version: Option<VersionNumber>,
    /// Its folder's name below `apps/<application>/releases`.
    pub folder: String,
    /// When it was staged last.
    pub staged_at: Timestamp,
    /// When it became the running one last.
    pub activated_at: Option<Timestamp>,
}

/// What a release is handed with its activation, and keeps until the next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Handed {
    /// What its settings are, over the defaults of its package; secrets are among them.
    pub settings: Values,
    /// The address of its database, with the password of its own role; none where it asks for none.
    pub database: Option<String>,
}

/// What runs of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The application.
    pub application: Key,
    /// The running release.
    pub sha256: Sha256,
    /// What it runs with; a restart needs it.
    pub handed: Handed,
    /// When it was switched to.
    pub changed_at: Timestamp,
}

/// How far a switch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationState {
    /// Begun; what runs is what ran before, or the new release if `current` points there already.
    Started,
    /// The new release runs.
    Done,
    /// What ran before runs.
    Failed,
}

/// A switch of one application on this front-end, by the key of its task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The task's key.
    pub key: String,
    /// The application.
    pub application: Key,
    /// The release that is to run; none for a deactivation.
    pub sha256: Option<Sha256>,
    /// What it is to run with. It is forgotten with the end.
    pub handed: Handed,
    /// How far it is.
    pub state: OperationState,
    /// Why it failed.
    pub reason: Option<String>,
}

fn release(row: &Row<'_>) -> rusqlite::Result<Release> {
    Ok(Release {
        application: parsed(row.get(0)?)?,
        sha256: parsed(row.get(1)?)?,
        version: row.get::<_, Option<String>>(2)?.map(parsed).transpose()?,
        folder: row.get(3)?,
        staged_at: Timestamp(row.get(4)?),
        activated_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
    })
}

fn operation(row: &Row<'_>) -> rusqlite::Result<Operation> {
    let state: String = row.get(3)?;
    Ok(Operation {
        key: row.get(0)?,
        application: parsed(row.get(1)?)?,
        sha256: row.get::<_, Option<String>>(2)?.map(parsed).transpose()?,
        state: match state.as_str() {
            "done" => OperationState::Done,
            "failed" => OperationState::Failed,
            _ => OperationState::Started,
        },
        reason: row.get(4)?,
        handed: Handed { settings: from_json(&row.get::<_, String>(5)?)?, database: row.get(6)? },
    })
}

const RELEASE: &str = "SELECT application, sha256, version, folder, staged_at, activated_at FROM releases";
const OPERATION: &str = "SELECT key, application, sha256, state, reason, settings, database FROM operations";

impl Platform {
    /// Keeps a staged release; staging it again makes it young again.
    pub async fn put_release(&self, staged: Release) -> Result<(), CatalogError> {
        self.0
            .run(move |tx| {
                let sql = "INSERT INTO releases (application, sha256, version, folder, staged_at) VALUES (?1, ?2, ?3, ?4, ?5)
                           ON CONFLICT (application, sha256) DO UPDATE
                           SET staged_at = ?5, version = coalesce(?3, version), folder = ?4";
                let version = staged.version.map(|v| v.to_string());
                let (application, sha256) = (staged.application.as_str(), staged.sha256.to_string());
                tx.execute(sql, params![application, sha256, version, staged.folder, staged.staged_at.0]).map(drop)
            })
            .await
    }

    /// One staged release.
    pub async fn release(&self, application: &Key, sha256: Sha256) -> Result<Option<Release>, CatalogError> {
        let application = application.to_string();
        self.0
            .run(move |tx| {
                let sql = format!("{RELEASE} WHERE application = ?1 AND sha256 = ?2");
                tx.query_row(&sql, params![application, sha256.to_string()], release).optional()
            })
            .await
    }

    /// All releases of an application.
    pub async fn releases(&self, application: &Key) -> Result<Vec<Release>, CatalogError> {
        let application = application.to_string();
        self.0
            .run(move |tx| {
                tx.prepare_cached(&format!("{RELEASE} WHERE application = ?1"))?
                    .query_map([application], release)?
                    .collect()
            })
            .await
    }

    /// Forgets a release whose folder is about to be removed.
    pub async fn remove_release(&self, application: &Key, sha256: Sha256) -> Result<(), CatalogError> {
        let application = application.to_string();
        self.0
            .run(move |tx| {
                let sql = "DELETE FROM releases WHERE application = ?1 AND sha256 = ?2";
                tx.execute(sql, params![application, sha256.to_string()]).map(drop)
            })
            .await
    }

    /// What runs, by application.
    pub async fn slots(&self) -> Result<Vec<Slot>, CatalogError> {
        self.0
            .run(|tx| {
                let sql = "SELECT application, sha256, settings, database, changed_at FROM slots ORDER BY application";
                let mut select = tx.prepare_cached(sql)?;
                let rows = select.query_map([], |row| {
                    let settings = from_json(&row.get::<_, String>(2)?)?;
                    let handed = Handed { settings, database: row.get(3)? };
                    Ok(Slot {
                        application: parsed(row.get(0)?)?,
                        sha256: parsed(row.get(1)?)?,
                        handed,
                        changed_at: Timestamp(row.get(4)?),
                    })
                })?;
                rows.collect()
            })
            .await
    }

    /// What the journal of switches knows of a key.
    pub async fn operation(&self, key: &str) -> Result<Option<Operation>, CatalogError> {
        let key = key.to_owned();
        self.0
            .run(move |tx| tx.query_row(&format!("{OPERATION} WHERE key = ?1"), [key], operation).optional())
            .await
    }

    /// The switches that were begun and have not ended: after a crash, at most a few.
    pub async fn open_operations(&self) -> Result<Vec<Operation>, CatalogError> {
        self.0
            .run(|tx| {
                let sql = format!("{OPERATION} WHERE state = 'started' ORDER BY started_at, key");
                tx.prepare_cached(&sql)?.query_map([], operation)?.collect()
            })
            .await
    }

    /// Begins a switch: from here on it is known and will end one way or the other.
    pub async fn begin_operation(&self, begun: &Operation, fence: u64) -> Result<(), CatalogError> {
        let (begun, now) = (begun.clone(), crate::clock::now().0);
        self.0
            .run(move |tx| {
                let sql = "INSERT INTO operations (key, fence, application, sha256, previous, state, started_at, settings, database)
                           VALUES (?1, ?2, ?3, ?4, (SELECT sha256 FROM slots WHERE application = ?3), 'started', ?5, ?6, ?7)";
                let sha256 = begun.sha256.map(|s| s.to_string());
                let fence = i64::try_from(fence).unwrap_or(i64::MAX);
                let Handed { settings, database } = &begun.handed;
                let (settings, application) = (to_json(settings), begun.application.as_str());
                tx.execute(sql, params![begun.key, fence, application, sha256, now, settings, database]).map(drop)
            })
            .await
    }

    /// Ends a switch well: the slot, the count of activations and the journal change together. The count has one row for
    /// each key, so a key that was carried out twice would fail here.
    pub async fn complete_operation(&self, done: &Operation) -> Result<(), CatalogError> {
        let (done, now) = (done.clone(), crate::clock::now().0);
        self.0
            .run(move |tx| {
                let application = done.application.as_str();
                match done.sha256 {
                    Some(sha256) => occupy(tx, &done, &sha256.to_string(), now)?,
                    None => drop(tx.execute("DELETE FROM slots WHERE application = ?1", [application])?),
                }
                let sql = "UPDATE operations SET state = 'done', ended_at = ?2, settings = '{}', database = NULL WHERE key = ?1 AND state = 'started'";
                match tx.execute(sql, params![done.key, now])? {
                    1 => Ok(()),
                    _ => Err(rusqlite::Error::QueryReturnedNoRows),
                }
            })
            .await
    }

    /// Ends a switch without effect.
    pub async fn fail_operation(&self, key: &str, reason: &str) -> Result<(), CatalogError> {
        let (key, reason, now) = (key.to_owned(), reason.to_owned(), crate::clock::now().0);
        self.0
            .run(move |tx| {
                let sql = "UPDATE operations SET state = 'failed', reason = ?2, ended_at = ?3, settings = '{}', database = NULL WHERE key = ?1 AND state = 'started'";
                tx.execute(sql, params![key, reason, now]).map(drop)
            })
            .await
    }
}

fn occupy(tx: &Transaction<'_>, done: &Operation, sha256: &str, now: i64) -> rusqlite::Result<()> {
    let (key, application) = (done.key.as_str(), done.application.as_str());
    tx.execute(
        "INSERT INTO slots (application, sha256, previous, changed_at, settings, database) VALUES (?1, ?2, NULL, ?3, ?4, ?5)
         ON CONFLICT (application) DO UPDATE SET previous = sha256, sha256 = ?2, changed_at = ?3, settings = ?4, database = ?5",
        params![application, sha256, now, to_json(&done.handed.settings), done.handed.database],
    )?;
    tx.execute(
        "INSERT INTO activations (key, application, sha256, at) VALUES (?1, ?2, ?3, ?4)",
        params![key, application, sha256, now],
    )?;
    tx.execute(
        "UPDATE releases SET activated_at = ?3 WHERE application = ?1 AND sha256 = ?2",
        params![application, sha256, now],
    )?;
    Ok(())
}
