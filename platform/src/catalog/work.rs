//! The calls of the scheduler that this front-end was asked to make, by key: none is made twice. Kept are those under way and the last ten
//! thousand; nobody but the controller asks, and it asks about none after so many others.

use super::{CatalogError, Platform, parsed};
use domain::text::Key;
use domain::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeMap;

/// Calls that are kept.
const KEPT: i64 = 10_000;

/// A call, as it was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkRow {
    /// The start of this program in which it was begun.
    pub boot: String,
    /// `running`, `done` or `failed`.
    pub state: String,
    /// Why it failed.
    pub detail: String,
}

impl Platform {
    /// What is known of a key.
    pub async fn work(&self, key: &str) -> Result<Option<WorkRow>, CatalogError> {
        let key = key.to_owned();
        self.0
            .run(move |tx| {
                let sql = "SELECT boot, state, detail FROM work WHERE key = ?1";
                let row = |row: &rusqlite::Row<'_>| {
                    Ok(WorkRow { boot: row.get(0)?, state: row.get(1)?, detail: row.get(2)? })
                };
                tx.query_row(sql, [key], row).optional()
            })
            .await
    }

    /// Takes note of a key before the call is made. False where it was noted before: then it is not to be made.
    pub async fn begin_work(&self, key: &str, boot: &str) -> Result<bool, CatalogError> {
        let (key, boot, now) = (key.to_owned(), boot.to_owned(), crate::clock::now().0);
        self.0
            .run(move |tx| {
                let sql = "INSERT INTO work (key, boot, state, began_at) VALUES (?1, ?2, 'running', ?3)
                           ON CONFLICT (key) DO NOTHING";
                let new = tx.execute(sql, params![key, boot, now])? > 0;
                let old =
                    "DELETE FROM work WHERE state <> 'running' AND number <= (SELECT max(number) FROM work) - ?1";
                tx.execute(old, [KEPT])?;
                Ok(new)
            })
            .await
    }

    /// Takes note of how a call ended.
    pub async fn end_work(&self, key: &str, failed: Option<String>) -> Result<(), CatalogError> {
        let (key, now) = (key.to_owned(), crate::clock::now().0);
        self.0
            .run(move |tx| {
                let state = if failed.is_some() { "failed" } else { "done" };
                let sql = "UPDATE work SET state = ?2, detail = ?3, ended_at = ?4 WHERE key = ?1";
                tx.execute(sql, params![key, state, failed.unwrap_or_default(), now]).map(drop)
            })
            .await
    }

    /// When each application became what it is.
    pub async fn slot_times(&self) -> Result<BTreeMap<Key, Timestamp>, CatalogError> {
        self.0
            .run(|tx| {
                let mut select = tx.prepare_cached("SELECT application, changed_at FROM slots")?;
                let rows = select.query_map([], |row| Ok((parsed(row.get(0)?)?, Timestamp(row.get(1)?))))?;
                rows.collect()
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_is_begun_once_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Platform::open(&folder.path().join("platform.sqlite")).unwrap();
        assert!(catalog.begin_work("a", "boot-1").await.unwrap());
        assert!(!catalog.begin_work("a", "boot-2").await.unwrap());
        assert_eq!(catalog.work("a").await.unwrap().unwrap().boot, "boot-1");
        assert!(catalog.begin_work("b", "boot-1").await.unwrap());
        catalog.end_work("b", Some("no water".to_owned())).await.unwrap();
        let known = catalog.work("b").await.unwrap().unwrap();
        assert_eq!((known.state.as_str(), known.detail.as_str()), ("failed", "no water"));
        let many = |tx: &rusqlite::Transaction<'_>| {
            let sql =
                "INSERT INTO work (number, key, boot, state, began_at) VALUES (20000, 'far', 'x', 'done', 0)";
            tx.execute(sql, []).map(drop)
        };
        catalog.0.run(many).await.unwrap();
        assert!(catalog.begin_work("c", "boot-1").await.unwrap());
        assert_eq!(catalog.work("b").await.unwrap(), None);
        assert!(catalog.work("a").await.unwrap().is_some(), "it is still under way");
    }
}
