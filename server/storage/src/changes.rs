//! Notices of change: what changed, never the data. Each has a number that grows in the order of the commits, without gaps.

use crate::column::{Value, row};
use crate::dialect;
use crate::error::StoreError;
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::sealed::{Connected, Link};
use crate::transaction::{JournalTx, Reader};
use domain::time::Timestamp;
use sqlx::postgres::PgListener;
use sqlx::{PgPool, Row as _};
use std::time::Duration;
use tokio::sync::broadcast;

row! {
    /// A notice.
    pub struct Change {
        /// Its number.
        number: u64,
        /// What it is about, such as `deployment:<id>`.
        topic: String,
        /// The object that changed.
        object_id: String,
        /// When.
        at: Timestamp,
    }
}

statements! {
    NEXT = "update counter set value = value + $1 where name = 'change' returning value";
    INSERT = "insert into change (number, topic, object_id, at) values ($1, $2, $3, $4)";
    SINCE = "select number, topic, object_id, at from change where number > $1 order by number limit $2";
    LATEST = "select value from counter where name = 'change'";
    LATEST_OF = "select number as value from change where topic = $1 order by number desc limit 1";
    PURGE = "delete from change where at < $1 and number < (select value from counter where name = 'change')";
}

/// Numbers and stores the notices of a transaction, as the last thing before its commit.
pub(crate) async fn record(
    tx: &mut impl Connected,
    notices: Vec<(String, String)>,
    at: Timestamp,
) -> Result<Vec<Change>, StoreError> {
    let mut seen = std::collections::HashSet::new();
    let notices: Vec<_> = notices.into_iter().filter(|notice| seen.insert(notice.clone())).collect();
    if notices.is_empty() {
        return Ok(Vec::new());
    }
    let count = notices.len() as u64;
    let Value(last): Value<u64> = one(tx, &NEXT, args![count]).await?;
    let mut changes = Vec::with_capacity(notices.len());
    for ((topic, object_id), number) in notices.into_iter().zip(last + 1 - count..) {
        execute(tx, &INSERT, args![number, &topic, &object_id, at]).await?;
        changes.push(Change { number, topic, object_id, at });
    }
    if matches!(tx.link()?, Link::Postgres(_)) {
        optional::<Value<bool>>(tx, &dialect::NOTIFY, args![last.to_string()]).await?;
    }
    Ok(changes)
}

/// The notices with numbers above `after` on some topics (all where none is named), oldest first, and at most `limit` looked at. The second
/// value is the number to go on from.
///
/// # Errors
/// The driver's own.
pub async fn since(
    tx: &mut impl Reader,
    after: u64,
    topics: &[&str],
    limit: u32,
) -> Result<(Vec<Change>, u64), StoreError> {
    let mut rows: Vec<Change> = all(tx, &SINCE, args![after, limit]).await?;
    let last = rows.last().map_or(after, |row| row.number);
    rows.retain(|row| topics.is_empty() || topics.contains(&row.topic.as_str()));
    Ok((rows, last))
}

/// The number of the last notice on a topic; 0 where there is none.
///
/// # Errors
/// The driver's own.
pub async fn latest_of(tx: &mut impl Reader, topic: &str) -> Result<u64, StoreError> {
    let last: Option<Value<u64>> = optional(tx, &LATEST_OF, args![topic]).await?;
    Ok(last.map_or(0, |Value(number)| number))
}

/// The number of the last notice; 0 where there is none.
///
/// # Errors
/// The driver's own.
pub async fn latest(tx: &mut impl Reader) -> Result<u64, StoreError> {
    let last: Option<Value<u64>> = optional(tx, &LATEST, args![]).await?;
    Ok(last.map_or(0, |Value(number)| number))
}

/// Removes old notices, never the last one, and says how many.
///
/// # Errors
/// The driver's own.
pub async fn purge(tx: &mut JournalTx, before: Timestamp) -> Result<u64, StoreError> {
    execute(tx, &PURGE, args![before]).await
}

/// How many notices are read at once.
const BATCH: i64 = 500;
/// How long to wait where the database cannot be reached.
const PAUSE: Duration = Duration::from_secs(1);
/// How long no word may come before the table is read all the same.
const SILENCE: Duration = Duration::from_secs(30);

/// Listens on PostgreSQL and passes on what every node commits, in the order of the numbers, each once. Runs until it is ended.
pub(crate) async fn listen(pool: PgPool, changes: broadcast::Sender<Change>) {
    let mut last: Option<i64> = None;
    loop {
        if let Err(error) = follow(&pool, &changes, &mut last).await {
            tracing::debug!(%error, "notices are not heard; trying again");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn follow(
    pool: &PgPool,
    changes: &broadcast::Sender<Change>,
    last: &mut Option<i64>,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(dialect::CHANNEL).await?;
    loop {
        catch_up(pool, changes, last).await?;
        // A word, a lost and renewed connection, or silence: in each case the table tells what is new.
        if let Ok(Err(error)) = tokio::time::timeout(SILENCE, listener.try_recv()).await {
            return Err(error);
        }
    }
}

async fn catch_up(
    pool: &PgPool,
    changes: &broadcast::Sender<Change>,
    last: &mut Option<i64>,
) -> Result<(), sqlx::Error> {
    let Some(mut after) = *last else {
        // From now on; before the first migration there is nothing to be missed.
        let latest = sqlx::query(LATEST.postgres.unwrap_or_default()).fetch_optional(pool).await;
        *last = match latest {
            Ok(row) => Some(row.map_or(Ok(0), |row| row.try_get("value"))?),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => Some(0),
            Err(error) => return Err(error),
        };
        return Ok(());
    };
    loop {
        let rows = match sqlx::query(SINCE.postgres.unwrap_or_default())
            .bind(after)
            .bind(BATCH)
            .fetch_all(pool)
            .await
        {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => return Ok(()),
            outcome => outcome?,
        };
        for row in &rows {
            after = row.try_get("number")?;
            // Nobody listening is no failure.
            let _ = changes.send(Change {
                number: after.try_into().unwrap_or_default(),
                topic: row.try_get("topic")?,
                object_id: row.try_get("object_id")?,
                at: Timestamp(row.try_get("at")?),
            });
        }
        *last = Some(after);
        if rows.len() < BATCH as usize {
            return Ok(());
        }
    }
}
