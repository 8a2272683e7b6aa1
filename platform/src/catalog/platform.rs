//! The Platform catalog: who this server is, the members of its farm, the highest fence, the processes it started.

use super::{Catalog, CatalogError, parsed};
use crate::identity::Identity;
use crate::server_api::Announcement;
use domain::id::ServerId;
use domain::protocol;
use domain::text::Key;
use domain::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::path::Path;
use std::sync::atomic::Ordering;

const SCHEMA: &[&str] = &[
    "
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
",
    "
    ALTER TABLE members ADD COLUMN announced_api TEXT NOT NULL DEFAULT '';
    ALTER TABLE members ADD COLUMN announced_public TEXT NOT NULL DEFAULT '';
    ALTER TABLE members ADD COLUMN announced_at INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE controller (
        one INTEGER PRIMARY KEY CHECK (one = 1), api_address TEXT NOT NULL, told_at INTEGER NOT NULL
    ) STRICT;
",
    "
    ALTER TABLE slots ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
    ALTER TABLE operations ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
",
    // From here on a fence is an application's, because several deployments run at once. What the row of `fences` holds was seen before.
    "
    CREATE TABLE application_fences (application TEXT PRIMARY KEY, highest INTEGER NOT NULL) STRICT;
",
    "
    ALTER TABLE slots ADD COLUMN database TEXT;
    ALTER TABLE operations ADD COLUMN database TEXT;
    CREATE TABLE release_databases (
        application TEXT NOT NULL, sha256 TEXT NOT NULL, wish TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (application, sha256)
    ) STRICT;
    CREATE TABLE application_databases (
        application TEXT PRIMARY KEY, place TEXT NOT NULL, password TEXT NOT NULL, made_at INTEGER NOT NULL
    ) STRICT;
",
    // The scheduler: timers, their runs and the queue on the controller, calls by key on each front-end.
    "
    CREATE TABLE timers (
        application TEXT NOT NULL, key TEXT NOT NULL, definition TEXT NOT NULL, checked_at INTEGER NOT NULL,
        PRIMARY KEY (application, key)
    ) STRICT;
    CREATE TABLE timer_runs (
        application TEXT NOT NULL, timer TEXT NOT NULL, planned_at INTEGER NOT NULL, cause TEXT NOT NULL,
        outcome TEXT NOT NULL, work TEXT NOT NULL, server TEXT, server_name TEXT, began_at INTEGER NOT NULL,
        ended_at INTEGER, detail TEXT NOT NULL, PRIMARY KEY (application, timer, planned_at)
    ) STRICT;
    CREATE INDEX timer_runs_open ON timer_runs (application, timer) WHERE outcome = 'running';
    CREATE TABLE queue (
        id TEXT PRIMARY KEY, sort TEXT NOT NULL, application TEXT NOT NULL, handler TEXT, key TEXT, body TEXT NOT NULL,
        state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, tries_max INTEGER NOT NULL, queued_at INTEGER NOT NULL,
        due_at INTEGER NOT NULL, ended_at INTEGER, work TEXT NOT NULL DEFAULT '', server TEXT, server_name TEXT,
        error TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE UNIQUE INDEX queue_keys ON queue (sort, application, key) WHERE key IS NOT NULL;
    CREATE INDEX queue_due ON queue (sort, state, application, due_at, id);
    CREATE INDEX queue_ended ON queue (sort, application, ended_at) WHERE ended_at IS NOT NULL;
    CREATE INDEX queue_newest ON queue (sort, queued_at);
    CREATE TABLE work (
        number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, boot TEXT NOT NULL, state TEXT NOT NULL,
        detail TEXT NOT NULL DEFAULT '', began_at INTEGER NOT NULL, ended_at INTEGER
    ) STRICT;
",    // How front-ends leave, as the console said last.
    "
    CREATE TABLE farm (one INTEGER PRIMARY KEY CHECK (one = 1), document TEXT NOT NULL) STRICT;
",
    // Server.API tells of both journals in pages, newest first.
    "
    CREATE INDEX tasks_by_time ON tasks (received_at, key);
    CREATE INDEX operations_by_time ON operations (started_at, key);
",
];

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
    /// Where its Server.API answers: what it announced itself, else what the console says; empty until known.
    pub api_address: String,
    /// Where its applications are opened, if it announced that itself.
    pub public_address: String,
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

    /// Whether it can be worked with: it can be read, and where the disk refused the last write, that is tried once more.
    pub async fn works(&self) -> Result<(), CatalogError> {
        if !self.0.refused.load(Ordering::Relaxed) {
            return self.slots().await.map(drop);
        }
        // What is set to what it was is written all the same, unlike a row.
        self.0
            .run(|tx| {
                let version: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
                tx.pragma_update(None, "user_version", version)
            })
            .await?;
        self.0.refused.store(false, Ordering::Relaxed);
        Ok(())
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
                    "SELECT server, name, iif(announced_api = '', api_address, announced_api), announced_public, public_key
                     FROM members ORDER BY name, server",
                )?;
                let rows = select.query_map([], |row| {
                    Ok(Member {
                        server: parsed(row.get(0)?)?,
                        name: row.get(1)?,
                        api_address: row.get(2)?,
                        public_address: row.get(3)?,
                        public_key: row.get(4)?,
                    })
                })?;
                rows.collect()
            })
            .await
    }

    /// Replaces the members by what the console says, and tells whether anything is different now. An address that the
    /// console does not know yet does not overwrite one that is known here, and what a front-end announced itself stays
    /// until it enrols anew: the console knows addresses from this controller alone, and so never sooner.
    pub async fn set_members(&self, members: Vec<protocol::Member>) -> Result<bool, CatalogError> {
        self.0
            .run(move |tx| {
                let kept: Vec<String> = members.iter().map(|m| m.server.to_string()).collect();
                let mut changed = tx.execute(
                    "DELETE FROM members WHERE server NOT IN (SELECT value FROM json_each(?1))",
                    [super::to_json(&kept)],
                )?;
                let mut put = tx.prepare_cached(
                    "INSERT INTO members (server, name, api_address, public_key) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (server) DO UPDATE SET name = ?2, public_key = ?4,
                     api_address = iif(?3 = '', api_address, ?3),
                     announced_api = iif(public_key IS ?4, announced_api, ''),
                     announced_public = iif(public_key IS ?4, announced_public, ''),
                     announced_at = iif(public_key IS ?4, announced_at, 0)
                     WHERE name <> ?2 OR public_key IS NOT ?4 OR (?3 <> '' AND api_address <> ?3)",
                )?;
                for m in &members {
                    let address = m.api_address.trim_end_matches('/');
                    changed += put.execute(params![m.server.to_string(), m.name, address, m.public_key])?;
                }
                Ok(changed > 0)
            })
            .await
    }

    /// Keeps what a front-end announced about itself with a signature that `public_key` confirms. False where it enrolled
    /// anew meanwhile, or announced something at that time or later already: an old message changes nothing.
    pub async fn set_announced(
        &self,
        server: ServerId,
        public_key: &str,
        announcement: &Announcement,
        at: Timestamp,
    ) -> Result<bool, CatalogError> {
        let (public_key, announcement) = (public_key.to_owned(), announcement.clone());
        self.0
            .run(move |tx| {
                let sql = "UPDATE members SET announced_api = ?3, announced_public = ?4, announced_at = ?5
                           WHERE server = ?1 AND public_key = ?2 AND announced_at < ?5";
                let Announcement { api_address, public_address } = announcement;
                let values = params![server.to_string(), public_key, api_address, public_address, at.0];
                tx.execute(sql, values).map(|changed| changed > 0)
            })
            .await
    }

    /// Keeps who controls from now on; false where it knows this epoch or a later one already. Where this server begins or ends to control,
    /// its journal forgets what is not told to the end: the console gives it to the controller of now.
    pub async fn set_control(
        &self,
        is_own: bool,
        told: &protocol::ControlResponse,
    ) -> Result<bool, CatalogError> {
        let told = told.clone();
        self.0
            .run(move |tx| {
                let text: String = tx.query_row("SELECT document FROM identity", [], |row| row.get(0))?;
                let mut identity: Identity = super::from_json(&text)?;
                if told.epoch <= identity.controller_epoch {
                    return Ok(false);
                }
                let was_own = std::mem::replace(&mut identity.is_controller, is_own);
                identity.controller_epoch = told.epoch;
                identity.controller_key = told.public_key.unwrap_or_default();
                tx.execute("UPDATE identity SET document = ?1", [super::to_json(&identity)])?;
                if was_own != is_own {
                    tx.execute("DELETE FROM tasks WHERE acknowledged = 0", [])?;
                }
                // What the new controller says itself is newer.
                tx.execute("DELETE FROM controller", [])?;
                let address = told.api_address.trim_end_matches('/');
                if !is_own && crate::server_api::is_sound(address) {
                    tx.execute(
                        "INSERT INTO controller (one, api_address, told_at) VALUES (1, ?1, 0)",
                        [address],
                    )?;
                }
                Ok(true)
            })
            .await
    }

    /// Where the controller's Server.API answers, as far as this front-end was told.
    pub async fn controller_address(&self) -> Result<Option<String>, CatalogError> {
        self.0
            .run(|tx| tx.query_row("SELECT api_address FROM controller", [], |row| row.get(0)).optional())
            .await
    }

    /// Keeps where the controller's Server.API answers, unless it was told something else later.
    pub async fn set_controller_address(
        &self,
        address: &str,
        told_at: Timestamp,
    ) -> Result<(), CatalogError> {
        let address = address.to_owned();
        self.0
            .run(move |tx| {
                let sql = "INSERT INTO controller (one, api_address, told_at) VALUES (1, ?1, ?2)
                           ON CONFLICT (one) DO UPDATE SET api_address = ?1, told_at = ?2
                           WHERE api_address <> ?1 AND told_at <= ?2";
                tx.execute(sql, params![address, told_at.0]).map(drop)
            })
            .await
    }

    /// The highest fence that this server has seen for an application.
    pub async fn highest_fence(&self, application: &Key) -> Result<u64, CatalogError> {
        let application = application.to_string();
        self.0.run(move |tx| highest(tx, &application)).await
    }

    /// Takes note of a fence for an application, unless a higher one was seen: then that one is the error.
    pub async fn raise_fence(&self, application: &Key, fence: u64) -> Result<Result<(), u64>, CatalogError> {
        let application = application.to_string();
        self.0
            .run(move |tx| {
                let seen = highest(tx, &application)?;
                if fence < seen {
                    return Ok(Err(seen));
                }
                tx.execute(
                    "INSERT INTO application_fences (application, highest) VALUES (?1, ?2)
                     ON CONFLICT (application) DO UPDATE SET highest = ?2",
                    params![application, i64::try_from(fence).unwrap_or(i64::MAX)],
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

fn highest(tx: &rusqlite::Transaction<'_>, application: &str) -> rusqlite::Result<u64> {
    let sql = "SELECT max(highest) FROM (SELECT highest FROM fences UNION ALL
               SELECT highest FROM application_fences WHERE application = ?1)";
    let seen: Option<i64> = tx.query_row(sql, [application], |row| row.get(0))?;
    Ok(seen.and_then(|s| u64::try_from(s).ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(number: u128) -> ServerId {
        ServerId(uuid::Uuid::from_u128(number))
    }

    fn told(api_address: &str, public_key: &str) -> Vec<protocol::Member> {
        let public_key = Some(public_key.to_owned());
        vec![protocol::Member {
            server: server(1),
            name: "test-1".to_owned(),
            api_address: api_address.to_owned(),
            public_key,
            catches_up: false,
        }]
    }

    fn announced(api_address: &str) -> Announcement {
        Announcement { api_address: api_address.to_owned(), public_address: "http://p".to_owned() }
    }

    #[tokio::test]
    async fn the_newest_announcement_counts_and_the_console_does_not_roll_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Platform::open(&folder.path().join("platform.sqlite")).unwrap();
        let address = async || catalog.members().await.unwrap().remove(0).api_address;
        assert!(catalog.set_members(told("http://a/", "k")).await.unwrap());
        assert!(!catalog.set_members(told("http://a", "k")).await.unwrap(), "nothing is different");
        assert_eq!(address().await, "http://a");
        let announce = async |key: &str, address: &str, at: i64| {
            catalog.set_announced(server(1), key, &announced(address), Timestamp(at)).await.unwrap()
        };
        assert!(announce("k", "http://b", 20).await);
        assert_eq!(address().await, "http://b");
        assert!(!announce("k", "http://c", 20).await, "the same time again");
        assert!(!announce("k", "http://c", 19).await, "an older one");
        assert!(!announce("other", "http://c", 30).await, "signed with a key that is not its own any more");
        assert!(!catalog.set_members(told("", "k")).await.unwrap());
        let _ = catalog.set_members(told("http://a", "k")).await.unwrap();
        assert_eq!(address().await, "http://b", "the console's answer was under way when it was announced");
        assert!(catalog.set_members(told("http://d", "new")).await.unwrap());
        assert_eq!(address().await, "http://d", "it enrolled anew");
        assert!(announce("new", "http://e", 10).await);
        assert_eq!(address().await, "http://e");
    }

    #[tokio::test]
    async fn a_fence_is_an_applications_and_what_was_seen_before_that_holds_for_all() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Platform::open(&folder.path().join("platform.sqlite")).unwrap();
        let (one, two): (Key, Key) = ("one".parse().unwrap(), "two".parse().unwrap());
        let raise = async |key: &Key, fence| catalog.raise_fence(key, fence).await.unwrap();
        assert_eq!(raise(&one, 5).await, Ok(()));
        assert_eq!(raise(&one, 4).await, Err(5));
        assert_eq!(raise(&one, 5).await, Ok(()), "the same claim goes on");
        assert_eq!(raise(&two, 4).await, Ok(()), "another deployment, which was claimed before");
        assert_eq!(
            (catalog.highest_fence(&one).await.unwrap(), catalog.highest_fence(&two).await.unwrap()),
            (5, 4)
        );
        // As a catalog of before knows it.
        let before = |tx: &rusqlite::Transaction<'_>| {
            tx.execute("INSERT INTO fences (one, highest) VALUES (1, 7)", []).map(drop)
        };
        catalog.0.run(before).await.unwrap();
        assert_eq!(raise(&two, 6).await, Err(7));
        assert_eq!(raise(&one, 8).await, Ok(()));
        assert_eq!(raise(&two, 7).await, Ok(()));
    }

    #[tokio::test]
    async fn a_controller_of_an_epoch_that_is_over_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Platform::open(&folder.path().join("platform.sqlite")).unwrap();
        let identity = serde_json::json!({
            "server": server(1), "server_name": "test-1", "environment": server(9), "environment_name": "Test", "is_controller": true,
            "controller_key": "aa", "console": "", "listen": "", "api_listen": "", "public_address": "",
        });
        // As a catalog of before has it: without an epoch.
        catalog.set_identity(&serde_json::from_value(identity).unwrap()).await.unwrap();
        catalog.set_controller_address("http://old:1", Timestamp(50)).await.unwrap();
        let task = serde_json::json!({ "key": "d/1", "fence": 1, "deployment": server(3), "inquiry": false,
            "action": { "do": "deactivate", "server": server(1), "application": "one" } });
        catalog.add_task(&serde_json::from_value(task).unwrap()).await.unwrap();
        let tell = async |number: u128, epoch: u64| {
            let told = protocol::ControlResponse {
                server: server(number),
                server_name: format!("test-{number}"),
                public_key: Some("bb".to_owned()),
                api_address: "http://new:1/".to_owned(),
                epoch,
            };
            catalog.set_control(number == 1, &told).await.unwrap()
        };
        let knows = async || {
            let identity = catalog.identity().await.unwrap().unwrap();
            (identity.is_controller, identity.controller_key, identity.controller_epoch)
        };
        assert!(tell(1, 1).await, "the first epoch that is told");
        assert_eq!(catalog.reports().await.unwrap().len(), 1, "it controls as before");
        assert!(tell(2, 2).await);
        assert_eq!(knows().await, (false, "bb".to_owned(), 2));
        assert_eq!(catalog.controller_address().await.unwrap().as_deref(), Some("http://new:1"));
        assert_eq!(catalog.reports().await.unwrap().len(), 0, "what was under way is the other's");
        assert!(!tell(1, 2).await && !tell(1, 1).await, "an epoch that is over");
        assert_eq!(knows().await, (false, "bb".to_owned(), 2));
        assert!(tell(1, 3).await);
        assert_eq!(catalog.controller_address().await.unwrap(), None, "it is this server itself");
    }

    #[tokio::test]
    async fn an_old_token_does_not_roll_the_controllers_address_back() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Platform::open(&folder.path().join("platform.sqlite")).unwrap();
        assert_eq!(catalog.controller_address().await.unwrap(), None);
        for (address, at, then) in
            [("a", 0, "a"), ("b", 20, "b"), ("a", 19, "b"), ("b", 30, "b"), ("c", 31, "c")]
        {
            catalog.set_controller_address(address, Timestamp(at)).await.unwrap();
            assert_eq!(
                catalog.controller_address().await.unwrap().as_deref(),
                Some(then),
                "{address} at {at}"
            );
        }
    }
}
