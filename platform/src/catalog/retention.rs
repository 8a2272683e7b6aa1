//! How much of the log is kept: by age, and by size of the file. The bounds by number are kept by whatever writes.

use super::{Catalog, CatalogError, Log};
use rusqlite::{Connection, Transaction};

/// How much of the log is kept, besides the bounds by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Whatever is older goes, days.
    pub days: u32,
    /// The file's bound, megabytes of 1,000,000 bytes: beyond it the oldest goes of whichever log is the biggest.
    pub megabytes: u32,
}

/// Each log, and about how many bytes one of its rows takes with its place in the index.
const LOGS: [(&str, &str); 4] = [
    ("lines", "length(CAST(text AS BLOB)) + 64"),
    ("requests", "length(path) + length(request_id) + length(client) + 96"),
    (
        "errors",
        "length(CAST(reason AS BLOB)) + ifnull(length(path) + length(request_id) + length(client), 0) + 96",
    ),
    ("events", "length(CAST(detail AS BLOB)) + 48"),
];

/// How often the file is measured again before the rest is left for the next time.
const MEASURED: u32 = 8;

impl Log {
    /// Forgets what is too old, and the oldest of what is too much, and gives the room in the file back. `now` is microseconds since the
    /// Unix epoch.
    pub async fn retain(&self, retention: Retention, now: i64) -> Result<(), CatalogError> {
        let oldest = now - i64::from(retention.days) * 86_400_000_000;
        let most = i64::from(retention.megabytes) * 1_000_000;
        let catalog = self.catalog.clone();
        let joined = tokio::task::spawn_blocking(move || keep_within(&catalog, oldest, most)).await;
        joined.map_err(|error| CatalogError::Content(error.to_string()))?
    }
}

fn keep_within(catalog: &Catalog, oldest: i64, most: i64) -> Result<(), CatalogError> {
    catalog.run_here(|tx| {
        for (log, _) in LOGS {
            tx.execute(&format!("DELETE FROM {log} WHERE at < ?1"), [oldest])?;
        }
        shorten(tx, most)
    })?;
    // What a row takes was a guess. What the file takes is none.
    let mut aim = most;
    for _ in 0..MEASURED {
        let used = catalog.bare(|connection| Pages::of(connection).map(|pages| pages.used()))?;
        if used <= most {
            break;
        }
        aim = aim.min(used) / 10 * 9;
        catalog.run_here(|tx| shorten(tx, aim))?;
    }
    catalog.bare(|connection| give_back(connection, most))
}

/// Takes the oldest rows away until all logs together have at most so many bytes. The biggest give, so that a flood in one of them does not
/// push out the others.
fn shorten(tx: &Transaction<'_>, most: i64) -> rusqlite::Result<()> {
    let size = |(log, row): (&str, &str)| -> rusqlite::Result<i64> {
        tx.query_row(&format!("SELECT ifnull(sum({row}), 0) FROM {log}"), [], |row| row.get(0))
    };
    let sizes = LOGS.into_iter().map(size).collect::<rusqlite::Result<Vec<i64>>>()?;
    let level = level(&sizes, most);
    for ((log, row), _) in LOGS.into_iter().zip(sizes).filter(|(_, size)| *size > level) {
        tx.execute(
            &format!(
                "DELETE FROM {log} WHERE id <= (SELECT max(id) FROM (SELECT id, sum({row}) OVER (ORDER BY id DESC) AS size FROM {log}) \
                 WHERE size > ?1)"
            ),
            [level],
        )?;
    }
    Ok(())
}

/// What each may have so that all together have at most `most`, and none that needs less gives anything.
fn level(sizes: &[i64], most: i64) -> i64 {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    let (mut left, mut others) = (most, i64::try_from(sorted.len()).unwrap_or(i64::MAX));
    for size in sorted {
        let share = left / others;
        if size > share {
            return share;
        }
        (left, others) = (left - size, others - 1);
    }
    i64::MAX
}

/// How the file is filled.
struct Pages {
    all: i64,
    free: i64,
    bytes: i64,
}

impl Pages {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let ask = |what: &str| connection.query_row(&format!("PRAGMA {what}"), [], |row| row.get(0));
        Ok(Self { all: ask("page_count")?, free: ask("freelist_count")?, bytes: ask("page_size")? })
    }

    fn used(&self) -> i64 {
        (self.all - self.free) * self.bytes
    }
}

/// Makes the file smaller where it is too big, or most of it is free; what is free otherwise is soon written again.
fn give_back(connection: &Connection, most: i64) -> rusqlite::Result<()> {
    let pages = Pages::of(connection)?;
    if pages.all * pages.bytes > most || pages.free > pages.all / 2 {
        all_rows(connection, "PRAGMA incremental_vacuum")?;
    }
    // What is written first goes into a file beside it, which would stay as long as it ever was.
    all_rows(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
}

/// Lets the file give room back in small steps. A file of an earlier version is written anew for that, once.
pub(super) fn gives_back(connection: &Connection) -> rusqlite::Result<()> {
    const INCREMENTAL: i64 = 2;
    let now: i64 = connection.query_row("PRAGMA auto_vacuum", [], |row| row.get(0))?;
    if now == INCREMENTAL {
        Ok(())
    } else {
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;")
    }
}

/// Runs a statement to its end: each of its rows is a step.
fn all_rows(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Failure, Happened, OutputLine, Stream};
    use super::*;
    use std::path::Path;

    const DAY: i64 = 86_400_000_000;

    fn line(at: i64, text: String) -> OutputLine {
        let key = || "tides".parse().unwrap();
        OutputLine { at, application: key(), module: key(), stream: Stream::Output, text }
    }

    fn count(log: &Log, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        log.catalog.run_here(|tx| tx.query_row(&sql, [], |row| row.get(0))).unwrap()
    }

    fn size(path: &Path) -> u64 {
        let of = |name: &str| std::fs::metadata(path.with_file_name(name)).map_or(0, |file| file.len());
        of("log.sqlite") + of("log.sqlite-wal")
    }

    #[tokio::test]
    async fn what_is_old_or_too_much_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(&folder.path().join("log.sqlite")).unwrap();
        let kept = async || {
            let all = |tx: &Transaction<'_>| {
                let mut rows = tx.prepare("SELECT at / 86400000000 FROM lines ORDER BY id")?;
                rows.query_map([], |row| row.get::<_, i64>(0))?.collect::<rusqlite::Result<Vec<_>>>()
            };
            log.catalog.run(all).await.unwrap()
        };
        log.add_lines((1..=9).map(|day| line(day * DAY, "x".repeat(300_000))).collect()).await.unwrap();
        log.add_event("started", String::new()).await.unwrap();
        log.retain(Retention { days: 5, megabytes: 100 }, 10 * DAY).await.unwrap();
        assert_eq!(kept().await, [5, 6, 7, 8, 9], "not older than five days");
        log.retain(Retention { days: 5, megabytes: 1 }, 10 * DAY).await.unwrap();
        assert_eq!(kept().await, [7, 8, 9], "as many of the newest as are allowed");
        log.retain(Retention { days: 5, megabytes: 1 }, 10 * DAY).await.unwrap();
        assert_eq!(kept().await.len(), 3, "once more changes nothing");
        log.retain(Retention { days: 1, megabytes: 1 }, 90 * DAY).await.unwrap();
        assert_eq!(kept().await, Vec::<i64>::new());
    }

    #[tokio::test]
    async fn the_file_keeps_its_bound_and_a_flood_pushes_out_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.sqlite");
        let log = Log::open(&path).unwrap();
        log.add_lines((0..100).map(|n| line(DAY, format!("line {n}"))).collect()).await.unwrap();
        let failure = |n: usize| {
            let key = || "tides".parse().unwrap();
            Happened::Failure(Failure {
                at: DAY,
                application: key(),
                module: key(),
                reason: format!("{n:0600}"),
            })
        };
        for _ in 0..10 {
            log.add_happened((0..2000).map(failure).collect()).await.unwrap();
        }
        assert!(size(&path) > 12_000_000, "{}", size(&path));
        log.retain(Retention { days: 5, megabytes: 2 }, 2 * DAY).await.unwrap();
        assert!(size(&path) <= 2_000_000, "{}", size(&path));
        assert_eq!(count(&log, "lines"), 100, "they were few");
        assert!(count(&log, "errors") > 1500, "{}", count(&log, "errors"));
        log.retain(Retention { days: 1, megabytes: 2 }, 90 * DAY).await.unwrap();
        assert!(size(&path) < 200_000, "most of it was free: {}", size(&path));
    }

    #[tokio::test]
    async fn the_file_of_an_earlier_version_gets_smaller_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.sqlite");
        let early = Connection::open(&path).unwrap();
        early.execute_batch("PRAGMA journal_mode = WAL;").unwrap();
        early.execute_batch(super::super::log::SCHEMA[0]).unwrap();
        early.pragma_update(None, "user_version", 1).unwrap();
        let put =
            "INSERT INTO lines (at, application, module, stream, text) VALUES (1, 'a', 'b', 'output', ?1)";
        early.execute(put, ["x".repeat(4_000_000)]).unwrap();
        drop(early);
        let log = Log::open(&path).unwrap();
        assert_eq!(count(&log, "lines"), 1, "nothing is lost");
        log.retain(Retention { days: 1, megabytes: 100 }, 90 * DAY).await.unwrap();
        assert!(size(&path) < 200_000, "{}", size(&path));
    }

    #[test]
    fn the_biggest_give_first() {
        assert_eq!(level(&[10, 20, 30], 60), i64::MAX, "there is room");
        assert_eq!(level(&[10, 20, 30], 59), 29);
        assert_eq!(level(&[100, 10, 100], 110), 50);
        assert_eq!(level(&[100, 100], 0), 0);
    }
}
