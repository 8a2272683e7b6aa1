//! The queue of jobs and e-mails, kept on the controller. Something is in it once and for all when `enqueue` has ended.

use super::{CatalogError, Platform, parsed, word};
use domain::server_api::jobs::{QUEUE_MAX, Queue, QueueCount, QueueQuery, QueueState, Queued};
use domain::text::Key;
use domain::time::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// What of an application may wait in the queue.
pub const WAITING_MAX: i64 = 10_000;
/// Of what has ended, so many are kept of an application.
const ENDED_KEPT: i64 = 1000;
/// Of one application so many are worked off at once.
pub const AT_ONCE: usize = 4;

/// The two sorts of things in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Worked off by a module.
    Job,
    /// Sent over SMTP.
    Email,
}

impl Sort {
    const fn word(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Email => "email",
        }
    }
}

/// Something that is put into the queue.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// Its id.
    pub id: String,
    /// What it is.
    pub sort: Sort,
    /// Who puts it there.
    pub application: Key,
    /// A job's handler.
    pub handler: Option<Key>,
    /// What the application calls it.
    pub key: Option<String>,
    /// What it is about, as JSON.
    pub body: String,
    /// How often it may be tried.
    pub tries_max: u32,
    /// Not before this time.
    pub due_at: Timestamp,
}

/// What became of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enqueued {
    /// It is in the queue.
    New,
    /// Something of the same key is or was there, with this id.
    Known(String),
    /// Too many wait.
    Full,
}

/// Something that is to be worked off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// Its application.
    pub application: Key,
    /// A job's handler.
    pub handler: Option<Key>,
    /// What it is about, as JSON.
    pub body: String,
    /// How often it was tried, this time among them once it is begun.
    pub tries: u32,
    /// How often it may be tried.
    pub tries_max: u32,
    /// What a front-end was asked, as JSON without the body; empty before.
    pub order: String,
    /// The front-end that may have been asked.
    pub server: Option<String>,
}

const ITEM: &str = "SELECT id, application, handler, body, tries, tries_max, work, server FROM queue";

fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        id: row.get(0)?,
        application: parsed(row.get(1)?)?,
        handler: row.get::<_, Option<String>>(2)?.map(parsed).transpose()?,
        body: row.get(3)?,
        tries: row.get(4)?,
        tries_max: row.get(5)?,
        order: row.get(6)?,
        server: row.get(7)?,
    })
}

fn state(text: &str) -> rusqlite::Result<QueueState> {
    word(&QueueState::ALL, QueueState::word, text)
}

/// Ends something and forgets what it was about.
fn end(tx: &Transaction<'_>, id: &str, state: QueueState, error: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE queue SET state = ?2, error = ?3, ended_at = ?4, body = '', work = ''
               WHERE id = ?1 AND state = 'running' RETURNING sort, application";
    let values = params![id, state.word(), error, crate::clock::now().0];
    let ended: Option<(String, String)> =
        tx.query_row(sql, values, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((sort, application)) = ended else { return Ok(()) };
    let old = "DELETE FROM queue WHERE id IN (
                   SELECT id FROM queue WHERE sort = ?1 AND application = ?2 AND ended_at IS NOT NULL
                   ORDER BY ended_at DESC, id LIMIT -1 OFFSET ?3)";
    tx.execute(old, params![sort, application, ENDED_KEPT]).map(drop)
}

impl Platform {
    /// Puts something into the queue, once for each key of an application.
    pub async fn enqueue(&self, new: NewItem) -> Result<Enqueued, CatalogError> {
        let now = crate::clock::now().0;
        self.0
            .run(move |tx| {
                let (sort, application) = (new.sort.word(), new.application.as_str());
                // A hand-over that is sent again has the same id; without a key that is all that tells it.
                let known: Option<String> = tx
                    .query_row(
                        "SELECT id FROM queue WHERE id = ?4 OR (sort = ?1 AND application = ?2 AND key = ?3)",
                        params![sort, application, new.key, new.id],
                        |row| row.get(0),
                    )
                    .optional()?;
                if let Some(id) = known {
                    return Ok(Enqueued::Known(id));
                }
                let waiting: i64 = tx.query_row(
                    "SELECT count(*) FROM queue WHERE sort = ?1 AND application = ?2 AND state = 'waiting'",
                    params![sort, application],
                    |row| row.get(0),
                )?;
                if waiting >= WAITING_MAX {
                    return Ok(Enqueued::Full);
                }
                let handler = new.handler.as_ref().map(Key::as_str);
                tx.execute(
                    "INSERT INTO queue (id, sort, application, handler, key, body, state, tries_max, queued_at, due_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?8, ?9)",
                    params![new.id, sort, application, handler, new.key, new.body, new.tries_max, now, new.due_at.0],
                )?;
                Ok(Enqueued::New)
            })
            .await
    }

    /// What is due, oldest first, a few of each application, so that one that has much keeps no other waiting.
    pub async fn due_items(&self, sort: Sort, now: Timestamp) -> Result<Vec<Item>, CatalogError> {
        self.0
            .run(move |tx| {
                let sql = format!(
                    "{ITEM} WHERE id IN (
                         SELECT id FROM (
                             SELECT id, row_number() OVER (PARTITION BY application ORDER BY due_at, id) AS place
                             FROM queue WHERE sort = ?1 AND state = 'waiting' AND due_at <= ?2)
                         WHERE place <= ?3)
                     ORDER BY due_at, id"
                );
                let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
                tx.prepare_cached(&sql)?.query_map(params![sort.word(), now.0, most], item)?.collect()
            })
            .await
    }

    /// What was being worked off: after a start, what was cut off.
    pub async fn open_items(&self, sort: Sort) -> Result<Vec<Item>, CatalogError> {
        self.0
            .run(move |tx| {
                let sql = format!("{ITEM} WHERE sort = ?1 AND state = 'running'");
                tx.prepare_cached(&sql)?.query_map([sort.word()], item)?.collect()
            })
            .await
    }

    /// Begins a try. False where it does not wait any more.
    pub async fn begin_item(&self, id: &str, order: String) -> Result<bool, CatalogError> {
        let id = id.to_owned();
        self.0
            .run(move |tx| {
                let sql = "UPDATE queue SET state = 'running', tries = tries + 1, work = ?2, server = NULL, server_name = NULL
                           WHERE id = ?1 AND state = 'waiting'";
                tx.execute(sql, params![id, order]).map(|changed| changed > 0)
            })
            .await
    }

    /// Takes note of the front-end that is about to be asked.
    pub async fn send_item(&self, id: &str, server: String, name: &str) -> Result<(), CatalogError> {
        let (id, name) = (id.to_owned(), name.to_owned());
        self.0
            .run(move |tx| {
                let sql =
                    "UPDATE queue SET server = ?2, server_name = ?3 WHERE id = ?1 AND state = 'running'";
                tx.execute(sql, params![id, server, name]).map(drop)
            })
            .await
    }

    /// Ends a try well.
    pub async fn done_item(&self, id: &str) -> Result<(), CatalogError> {
        let id = id.to_owned();
        self.0.run(move |tx| end(tx, &id, QueueState::Done, "")).await
    }

    /// Ends a try that failed: again at a time, or never.
    pub async fn failed_item(
        &self,
        id: &str,
        error: &str,
        again_at: Option<Timestamp>,
    ) -> Result<(), CatalogError> {
        let (id, error) = (id.to_owned(), error.to_owned());
        self.0
            .run(move |tx| {
                let Some(again_at) = again_at else { return end(tx, &id, QueueState::Failed, &error) };
                let sql = "UPDATE queue SET state = 'waiting', error = ?2, due_at = ?3, work = ''
                           WHERE id = ?1 AND state = 'running'";
                tx.execute(sql, params![id, error, again_at.0]).map(drop)
            })
            .await
    }

    /// Nothing was tried after all: it waits on, and says what for.
    pub async fn wait_item(&self, id: &str, why: &str, until: Timestamp) -> Result<(), CatalogError> {
        let (id, why) = (id.to_owned(), why.to_owned());
        self.0
            .run(move |tx| {
                let sql = "UPDATE queue SET tries = iif(state = 'running', tries - 1, tries), state = 'waiting',
                           error = ?2, due_at = ?3, work = '' WHERE id = ?1 AND state IN ('waiting', 'running')";
                tx.execute(sql, params![id, why, until.0]).map(drop)
            })
            .await
    }

    /// The queue as the console is told of it.
    pub async fn queue(&self, sort: Sort, query: QueueQuery) -> Result<Queue, CatalogError> {
        self.0
            .run(move |tx| {
                let mut counts = tx.prepare_cached(
                    "SELECT application, state, count(*) FROM queue WHERE sort = ?1
                     GROUP BY application, state ORDER BY application, state",
                )?;
                let counts = counts.query_map([sort.word()], |row| {
                    Ok(QueueCount {
                        application: parsed(row.get(0)?)?,
                        state: state(&row.get::<_, String>(1)?)?,
                        count: row.get::<_, i64>(2)?.unsigned_abs(),
                    })
                })?;
                let counts = counts.collect::<Result<_, _>>()?;
                let mut select = tx.prepare_cached(
                    "SELECT id, application, handler, key, state, tries, tries_max, queued_at, due_at, ended_at, server_name, error
                     FROM queue WHERE sort = ?1 AND (?2 IS NULL OR application = ?2) AND (?3 IS NULL OR state = ?3)
                     ORDER BY queued_at DESC, id LIMIT ?4",
                )?;
                let application = query.application.as_ref().map(Key::as_str);
                let wanted = query.state.map(QueueState::word);
                let queued = select.query_map(params![sort.word(), application, wanted, QUEUE_MAX], |row| {
                    Ok(Queued {
                        id: row.get(0)?,
                        application: parsed(row.get(1)?)?,
                        handler: row.get::<_, Option<String>>(2)?.map(parsed).transpose()?,
                        key: row.get(3)?,
                        state: state(&row.get::<_, String>(4)?)?,
                        tries: row.get(5)?,
                        tries_max: row.get(6)?,
                        queued_at: Timestamp(row.get(7)?),
                        due_at: Timestamp(row.get(8)?),
                        ended_at: row.get::<_, Option<i64>>(9)?.map(Timestamp),
                        server: row.get(10)?,
                        error: row.get(11)?,
                    })
                })?;
                Ok(Queue { counts, queued: queued.collect::<Result<_, _>>()? })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: &str, application: &str, key: Option<&str>) -> NewItem {
        NewItem {
            id: id.to_owned(),
            sort: Sort::Job,
            application: application.parse().unwrap(),
            handler: Some("letter".parse().unwrap()),
            key: key.map(str::to_owned),
            body: "{\"secret\":1}".to_owned(),
            tries_max: 2,
            due_at: Timestamp(10),
        }
    }

    #[tokio::test]
    async fn a_key_is_queued_once_and_what_ended_is_forgotten_but_for_that() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Platform::open(&folder.path().join("platform.sqlite")).unwrap();
        let enqueue = async |new| catalog.enqueue(new).await.unwrap();
        assert_eq!(enqueue(job("1", "tides", Some("k"))).await, Enqueued::New);
        assert_eq!(enqueue(job("2", "tides", Some("k"))).await, Enqueued::Known("1".to_owned()));
        assert_eq!(enqueue(job("3", "berths", Some("k"))).await, Enqueued::New, "another application's");
        assert_eq!(enqueue(job("4", "tides", None)).await, Enqueued::New);
        assert_eq!(enqueue(job("4", "tides", None)).await, Enqueued::Known("4".to_owned()));
        assert_eq!(catalog.due_items(Sort::Job, Timestamp(9)).await.unwrap(), []);
        assert_eq!(catalog.due_items(Sort::Email, Timestamp(10)).await.unwrap(), []);
        assert_eq!(catalog.due_items(Sort::Job, Timestamp(10)).await.unwrap().len(), 3);

        assert!(catalog.begin_item("1", "{}".to_owned()).await.unwrap());
        assert!(!catalog.begin_item("1", "{}".to_owned()).await.unwrap(), "it runs");
        catalog.failed_item("1", "no ink", Some(Timestamp(50))).await.unwrap();
        assert_eq!(catalog.due_items(Sort::Job, Timestamp(49)).await.unwrap().len(), 2);
        assert!(catalog.begin_item("1", "{}".to_owned()).await.unwrap());
        catalog.wait_item("1", "nobody there", Timestamp(60)).await.unwrap();
        let waiting = catalog.due_items(Sort::Job, Timestamp(60)).await.unwrap().pop().unwrap();
        assert_eq!((waiting.id.as_str(), waiting.tries), ("1", 1), "that was no try");
        assert!(catalog.begin_item("1", "{}".to_owned()).await.unwrap());
        catalog.done_item("1").await.unwrap();
        assert_eq!(enqueue(job("5", "tides", Some("k"))).await, Enqueued::Known("1".to_owned()));
        let left = catalog.0.run(|tx| {
            tx.query_row("SELECT body FROM queue WHERE id = '1'", [], |row| row.get::<_, String>(0))
        });
        assert_eq!(left.await.unwrap(), "");
        let query = QueueQuery { state: Some(QueueState::Done), ..QueueQuery::default() };
        let queue = catalog.queue(Sort::Job, query).await.unwrap();
        assert_eq!((queue.counts.len(), queue.queued.len(), queue.queued[0].tries), (3, 1, 2));
    }

    #[tokio::test]
    async fn one_application_keeps_no_other_waiting_and_the_queue_has_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Platform::open(&folder.path().join("platform.sqlite")).unwrap();
        let many = |tx: &Transaction<'_>| {
            let sql = "INSERT INTO queue (id, sort, application, body, state, tries_max, queued_at, due_at)
                       WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ?1)
                       SELECT 'n' || x, 'job', 'tides', '', 'waiting', 1, 0, 0 FROM n";
            tx.execute(sql, [WAITING_MAX]).map(drop)
        };
        catalog.0.run(many).await.unwrap();
        assert_eq!(catalog.enqueue(job("x", "tides", None)).await.unwrap(), Enqueued::Full);
        assert_eq!(catalog.enqueue(job("y", "berths", None)).await.unwrap(), Enqueued::New);
        let due = catalog.due_items(Sort::Job, Timestamp(10)).await.unwrap();
        assert_eq!((due.len(), due.last().map(|item| item.id.as_str())), (AT_ONCE + 1, Some("y")));
        let all = |tx: &Transaction<'_>| {
            tx.execute("UPDATE queue SET state = 'running' WHERE application = 'tides'", [])?;
            (1..=ENDED_KEPT + 5).try_for_each(|n| end(tx, &format!("n{n}"), QueueState::Done, ""))
        };
        catalog.0.run(all).await.unwrap();
        let counts = catalog.queue(Sort::Job, QueueQuery::default()).await.unwrap().counts;
        let done = counts.iter().find(|count| count.state == QueueState::Done).unwrap();
        assert_eq!(done.count, ENDED_KEPT.unsigned_abs());
    }
}
