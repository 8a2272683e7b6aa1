//! The timers of the farm, kept on its controller: until when each was looked at, and its runs. No two runs of a timer stand for the same time.

use super::{CatalogError, Platform, from_json, parsed, to_json, word};
use domain::id::ServerId;
use domain::server_api::timers::{Cause, Outcome, RUNS_MAX, TimerRun};
use domain::text::Key;
use domain::time::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// A timer, by application and key.
pub type TimerId = (Key, Key);

/// Until when a timer was looked at, and by which schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTimer {
    /// The timer.
    pub id: TimerId,
    /// Its schedule and zone: after another one what was before counts no more.
    pub definition: String,
    /// Times up to this one were dealt with.
    pub checked_at: Timestamp,
}

/// A run that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRun<W> {
    /// The timer.
    pub id: TimerId,
    /// The time that it stands for.
    pub planned_at: Timestamp,
    /// What a front-end is asked.
    pub order: W,
    /// The front-end that may have been asked.
    pub server: Option<ServerId>,
}

/// A run that is about to begin.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The timer.
    pub id: TimerId,
    /// The time that it stands for.
    pub planned_at: Timestamp,
    /// Why it runs.
    pub cause: Cause,
    /// What a front-end is asked, as JSON.
    pub order: String,
    /// Why it is not begun at all.
    pub skipped: Option<String>,
    /// What there is to say about it.
    pub detail: String,
    /// Whether times up to this one are dealt with by it.
    pub is_scheduled: bool,
}

/// Whether a run may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is this one's to begin, and nobody else's.
    Begun,
    /// It was noted as left out.
    Skipped,
    /// Another run of the timer is under way; noted as left out where the schedule wanted it.
    Overlaps,
    /// A run stands for that time already.
    Known,
}

const RUN: &str =
    "SELECT planned_at, cause, outcome, server_name, began_at, ended_at, detail FROM timer_runs";

fn run(row: &Row<'_>) -> rusqlite::Result<TimerRun> {
    Ok(TimerRun {
        planned_at: Timestamp(row.get(0)?),
        cause: word(&Cause::ALL, Cause::word, &row.get::<_, String>(1)?)?,
        outcome: word(&Outcome::ALL, Outcome::word, &row.get::<_, String>(2)?)?,
        server: row.get(3)?,
        began_at: Timestamp(row.get(4)?),
        ended_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        detail: row.get(6)?,
    })
}

/// Notes a run, unless one stands for that time.
fn insert(tx: &Transaction<'_>, new: &NewRun, skipped: Option<&str>, now: i64) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO timer_runs (application, timer, planned_at, cause, outcome, work, began_at, ended_at, detail)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (application, timer, planned_at) DO NOTHING";
    let outcome = if skipped.is_some() { Outcome::Skipped } else { Outcome::Running };
    let detail = skipped.unwrap_or(&new.detail);
    let (application, timer) = (new.id.0.as_str(), new.id.1.as_str());
    let ended = skipped.map(|_| now);
    let values = params![
        application,
        timer,
        new.planned_at.0,
        new.cause.word(),
        outcome.word(),
        new.order,
        now,
        ended,
        detail
    ];
    Ok(tx.execute(sql, values)? > 0)
}

impl Platform {
    /// All timers that are kept.
    pub async fn timers(&self) -> Result<Vec<KeptTimer>, CatalogError> {
        self.0
            .run(|tx| {
                let mut select =
                    tx.prepare_cached("SELECT application, key, definition, checked_at FROM timers")?;
                let rows = select.query_map([], |row| {
                    Ok(KeptTimer {
                        id: (parsed(row.get(0)?)?, parsed(row.get(1)?)?),
                        definition: row.get(2)?,
                        checked_at: Timestamp(row.get(3)?),
                    })
                })?;
                rows.collect()
            })
            .await
    }

    /// Keeps a timer from now on, or with another schedule.
    pub async fn put_timer(&self, timer: &KeptTimer) -> Result<(), CatalogError> {
        let timer = timer.clone();
        self.0
            .run(move |tx| {
                let sql =
                    "INSERT INTO timers (application, key, definition, checked_at) VALUES (?1, ?2, ?3, ?4)
                           ON CONFLICT (application, key) DO UPDATE SET definition = ?3, checked_at = ?4";
                let (application, key) = (timer.id.0.as_str(), timer.id.1.as_str());
                tx.execute(sql, params![application, key, timer.definition, timer.checked_at.0]).map(drop)
            })
            .await
    }

    /// Keeps a timer no longer: nothing that runs has it.
    pub async fn remove_timer(&self, id: &TimerId) -> Result<(), CatalogError> {
        let id = id.clone();
        self.0
            .run(move |tx| {
                let sql = "DELETE FROM timers WHERE application = ?1 AND key = ?2";
                tx.execute(sql, params![id.0.as_str(), id.1.as_str()]).map(drop)
            })
            .await
    }

    /// Claims a run before anything is called. What decides is here in one transaction, so that nothing can come in between.
    pub async fn claim_run(&self, new: NewRun) -> Result<Claim, CatalogError> {
        let now = crate::clock::now().0;
        self.0
            .run(move |tx| {
                let (application, timer) = (new.id.0.as_str(), new.id.1.as_str());
                let sql =
                    "SELECT count(*) FROM timer_runs WHERE application = ?1 AND timer = ?2 AND outcome = 'running'";
                let under_way: i64 = tx.query_row(sql, params![application, timer], |row| row.get(0))?;
                let claim = match (&new.skipped, under_way > 0) {
                    (Some(_), _) => Claim::Skipped,
                    (None, true) => Claim::Overlaps,
                    (None, false) => Claim::Begun,
                };
                let overlaps = "The run before was still under way.";
                let noted = match claim {
                    Claim::Overlaps if !new.is_scheduled => return Ok(Claim::Overlaps),
                    Claim::Overlaps => insert(tx, &new, Some(overlaps), now)?,
                    _ => insert(tx, &new, new.skipped.as_deref(), now)?,
                };
                if new.is_scheduled {
                    let sql = "UPDATE timers SET checked_at = ?3 WHERE application = ?1 AND key = ?2";
                    tx.execute(sql, params![application, timer, new.planned_at.0])?;
                }
                let old = "DELETE FROM timer_runs WHERE application = ?1 AND timer = ?2 AND outcome <> 'running'
                           AND planned_at <= (SELECT planned_at FROM timer_runs WHERE application = ?1 AND timer = ?2
                                              ORDER BY planned_at DESC LIMIT 1 OFFSET ?3)";
                tx.execute(old, params![application, timer, RUNS_MAX])?;
                Ok(if noted { claim } else { Claim::Known })
            })
            .await
    }

    /// Takes note of the front-end that is about to be asked.
    pub async fn send_run(
        &self,
        id: &TimerId,
        planned_at: Timestamp,
        server: ServerId,
        name: &str,
    ) -> Result<(), CatalogError> {
        let (id, name) = (id.clone(), name.to_owned());
        self.0
            .run(move |tx| {
                let sql = "UPDATE timer_runs SET server = ?4, server_name = ?5
                           WHERE application = ?1 AND timer = ?2 AND planned_at = ?3 AND outcome = 'running'";
                let values = params![id.0.as_str(), id.1.as_str(), planned_at.0, server.to_string(), name];
                tx.execute(sql, values).map(drop)
            })
            .await
    }

    /// Ends a run; what has ended stays as it is.
    pub async fn end_run(
        &self,
        id: &TimerId,
        planned_at: Timestamp,
        outcome: Outcome,
        detail: Option<String>,
    ) -> Result<(), CatalogError> {
        let (id, now) = (id.clone(), crate::clock::now().0);
        self.0
            .run(move |tx| {
                let sql = "UPDATE timer_runs SET outcome = ?4, detail = coalesce(?5, detail), ended_at = ?6, work = ''
                           WHERE application = ?1 AND timer = ?2 AND planned_at = ?3 AND outcome = 'running'";
                let (application, timer) = (id.0.as_str(), id.1.as_str());
                tx.execute(sql, params![application, timer, planned_at.0, outcome.word(), detail, now])
                    .map(drop)
            })
            .await
    }

    /// The runs that have not ended: after a start, those that were cut off.
    pub async fn open_runs<W: serde::de::DeserializeOwned + Send + 'static>(
        &self,
    ) -> Result<Vec<OpenRun<W>>, CatalogError> {
        self.0
            .run(|tx| {
                let sql =
                    "SELECT application, timer, planned_at, work, server FROM timer_runs WHERE outcome = 'running'";
                let mut select = tx.prepare_cached(sql)?;
                let rows = select.query_map([], |row| {
                    Ok(OpenRun {
                        id: (parsed(row.get(0)?)?, parsed(row.get(1)?)?),
                        planned_at: Timestamp(row.get(2)?),
                        order: from_json(&row.get::<_, String>(3)?)?,
                        server: row.get::<_, Option<String>>(4)?.map(parsed).transpose()?,
                    })
                })?;
                rows.collect()
            })
            .await
    }

    /// The last run of each timer.
    pub async fn last_runs(&self, ids: Vec<TimerId>) -> Result<Vec<Option<TimerRun>>, CatalogError> {
        self.0
            .run(move |tx| {
                let sql =
                    format!("{RUN} WHERE application = ?1 AND timer = ?2 ORDER BY planned_at DESC LIMIT 1");
                let mut select = tx.prepare_cached(&sql)?;
                ids.iter()
                    .map(|(application, key)| {
                        select.query_row(params![application.as_str(), key.as_str()], run).optional()
                    })
                    .collect()
            })
            .await
    }

    /// Runs of a timer before a time, newest first.
    pub async fn runs(
        &self,
        id: &TimerId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<TimerRun>, CatalogError> {
        let id = id.clone();
        self.0
            .run(move |tx| {
                let sql = format!(
                    "{RUN} WHERE application = ?1 AND timer = ?2 AND planned_at < ?3 ORDER BY planned_at DESC LIMIT ?4"
                );
                let values = params![id.0.as_str(), id.1.as_str(), before.0, limit];
                tx.prepare_cached(&sql)?.query_map(values, run)?.collect()
            })
            .await
    }
}

/// What a front-end is asked, as it is stored.
pub fn stored<W: serde::Serialize>(order: &W) -> String {
    to_json(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(at: i64, is_scheduled: bool) -> NewRun {
        NewRun {
            id: ("tides".parse().unwrap(), "tidy".parse().unwrap()),
            planned_at: Timestamp(at),
            cause: Cause::Schedule,
            order: "{}".to_owned(),
            skipped: None,
            detail: String::new(),
            is_scheduled,
        }
    }

    #[tokio::test]
    async fn a_time_has_one_run_and_two_runs_never_overlap() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Platform::open(&folder.path().join("platform.sqlite")).unwrap();
        let id = new(0, true).id;
        let kept = KeptTimer { id: id.clone(), definition: "x".to_owned(), checked_at: Timestamp(5) };
        catalog.put_timer(&kept).await.unwrap();
        assert_eq!(catalog.claim_run(new(10, true)).await.unwrap(), Claim::Begun);
        assert_eq!(catalog.timers().await.unwrap()[0].checked_at, Timestamp(10));
        assert_eq!(catalog.claim_run(new(11, false)).await.unwrap(), Claim::Overlaps);
        assert_eq!(catalog.claim_run(new(20, true)).await.unwrap(), Claim::Overlaps);
        catalog.end_run(&id, Timestamp(10), Outcome::Done, None).await.unwrap();
        catalog.end_run(&id, Timestamp(10), Outcome::Failed, Some("late".to_owned())).await.unwrap();
        // The clock went back: the time is there already.
        assert_eq!(catalog.claim_run(new(10, true)).await.unwrap(), Claim::Known);
        assert_eq!(catalog.claim_run(new(21, false)).await.unwrap(), Claim::Begun);
        let runs = catalog.runs(&id, Timestamp(100), 10).await.unwrap();
        let seen: Vec<_> = runs.iter().map(|run| (run.planned_at.0, run.outcome)).collect();
        assert_eq!(seen, [(21, Outcome::Running), (20, Outcome::Skipped), (10, Outcome::Done)]);
        assert_eq!(catalog.runs(&id, Timestamp(20), 10).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn old_runs_go_and_what_is_under_way_stays() {
        let folder = tempfile::tempdir().unwrap();
        let catalog = Platform::open(&folder.path().join("platform.sqlite")).unwrap();
        let id = new(0, true).id;
        assert_eq!(catalog.claim_run(new(1, true)).await.unwrap(), Claim::Begun);
        for at in 2..=i64::from(RUNS_MAX) + 20 {
            assert_eq!(catalog.claim_run(new(at, true)).await.unwrap(), Claim::Overlaps);
        }
        let runs = catalog.runs(&id, Timestamp(1000), 1000).await.unwrap();
        assert_eq!(runs.len(), usize::try_from(RUNS_MAX).unwrap() + 1);
        assert_eq!(runs.last().map(|run| run.outcome), Some(Outcome::Running));
    }
}
