//! Checks of connections: a test of a database, a check of a tool, what the console checks by itself, and what is shown of them.
//!
//! What is slow comes first, outside any transaction: the network. What was found is stored for the place and the address that were
//! tried, so that it says nothing of another one.

mod database;
pub(crate) mod due;
pub(crate) mod reach;
mod show;
mod tool;

pub use database::DatabaseTest;
pub use reach::Reach;

use crate::error::{OperationError, Result};
use crate::view::CheckView;
use domain::architecture::words::CheckOutcome;
use domain::architecture::{Architecture, connection};
use domain::id::InfrastructureId;
use domain::time::{MINUTE, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;
use storage::checks::CheckRow;
use storage::{WriteTx, checks};
use tokio::sync::{Semaphore, SemaphorePermit};

/// The topic on which the checker hears that tools have changed.
pub(crate) const TOPIC: &str = "checks";
/// Connections that the checker tries at once, and that people try at once.
pub(crate) const AT_ONCE: usize = 8;
/// How long all of a test of a database may take.
const DATABASE_LIMIT: Duration = Duration::from_secs(5);
/// How old what is known of a tool becomes before the console tries it again, microseconds.
const AGAIN: i64 = 5 * MINUTE;
/// When somebody may ask again who met too many others, seconds.
const BUSY_SECONDS: u64 = 5;

/// A place among those who try something now.
pub(crate) fn turn(turns: &Semaphore) -> Result<SemaphorePermit<'_>> {
    turns.try_acquire().map_err(|_| OperationError::TooMany { retry_after_seconds: BUSY_SECONDS })
}

/// Forgets what was found at places that are no more.
pub(crate) async fn forget(tx: &mut WriteTx, home: InfrastructureId, after: &Architecture) -> Result<()> {
    for row in checks::list(tx, home).await? {
        if !connection::has(after, &row.place) {
            checks::remove(tx, home, &row.place).await?;
        }
    }
    Ok(())
}

/// What an entry tells of a result, and of the one before.
fn told(row: &CheckRow) -> Value {
    json!({ "address": row.address, "outcome": row.outcome.map(CheckOutcome::word), "detail": row.detail })
}

impl CheckView {
    /// A result. `current` says whether the address that was tried is the recorded one.
    fn new(row: CheckRow, outcome: CheckOutcome, at: Timestamp, current: bool) -> Self {
        let CheckRow { detail, checked_by, address, .. } = row;
        Self { outcome, at, detail, by: checked_by, address, outdated: !current }
    }

    /// A result; none where a first check is still under way.
    fn of(row: CheckRow, current: bool) -> Option<Self> {
        let (outcome, at) = (row.outcome?, row.checked_at?);
        Some(Self::new(row, outcome, at, current))
    }
}
