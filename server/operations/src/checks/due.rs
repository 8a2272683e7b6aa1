//! What the console checks by itself: tools, every few minutes, each by one console node.

use super::reach::outcome;
use super::{AGAIN, AT_ONCE};
use crate::console::Console;
use crate::error::Result;
use crate::infrastructure::topic;
use domain::architecture::connection;
use domain::time::MINUTE;
use futures::StreamExt as _;
use storage::checks;
use storage::checks::{CheckRow, DueRow};

/// How long a node has a tool for itself, microseconds: longer than any answer is waited for.
const CLAIM: i64 = MINUTE;
/// The name under which the console's own checks are shown.
pub(crate) const BY: &str = "the console";

impl Console {
    /// Tries every tool whose last check is older than five minutes or was of another address, and those that have none; so many at once
    /// at most. The engine does it each minute, and when tools change. Says how many it tried.
    ///
    /// # Errors
    /// A fault of the database. A tool that is not reached is a result.
    pub async fn check_due_tools(&self) -> Result<usize> {
        let now = self.store().now(self.now()).await?;
        let mut tx = self.store().read().await?;
        let due = checks::due(&mut tx, now).await?;
        drop(tx);
        let mut trials = futures::stream::iter(due).map(|row| self.check_due(row)).buffer_unordered(AT_ONCE);
        let mut tried = 0;
        while let Some(one) = trials.next().await {
            tried += usize::from(one?);
        }
        Ok(tried)
    }

    /// Tries one tool, unless another node does.
    async fn check_due(&self, row: DueRow) -> Result<bool> {
        let DueRow { infrastructure_id, infrastructure, tool, address } = row;
        let place = connection::tool(&tool);
        let now = self.store().now(self.now()).await?;
        let mut tx = self.store().checking().await?;
        let claimed =
            checks::claim(&mut tx, infrastructure_id, &place, &address, now, now.plus(CLAIM)).await?;
        let before = checks::of(&mut tx, infrastructure_id, &place).await?;
        tx.commit(now).await?;
        if !claimed {
            return Ok(false);
        }
        let (outcome, detail) = outcome(self.inner.reach.ask(&address).await);
        let at = self.now();
        let result = CheckRow {
            infrastructure_id,
            place,
            address: address.to_string(),
            checked_at: Some(at),
            outcome: Some(outcome),
            detail,
            checked_by: BY.to_owned(),
            next_at: Some(self.store().now(at).await?.plus(AGAIN)),
        };
        let mut tx = self.store().checking().await?;
        let told = checks::tell(&mut tx, &result).await?;
        if told && before.and_then(|row| row.outcome) != Some(outcome) {
            tx.notice(&topic(infrastructure.as_str()), infrastructure_id);
        }
        tx.commit(at).await?;
        Ok(true)
    }
}
