//! Numbers and chains committed audit entries, within a second of their commit (design 7).

use super::until_stopped;
use crate::console::Console;
use std::time::Duration;
use tokio::sync::watch;

/// Entries in one go.
const BATCH: u32 = 256;

pub(super) async fn sequencer(console: Console, mut stopped: watch::Receiver<bool>) {
    loop {
        match console.store().sequence_audit(BATCH).await {
            Ok(BATCH) => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "audit entries wait for their numbers"),
        }
        // Another console's commits give no signal here, hence the half second.
        tokio::select! {
            () = until_stopped(&mut stopped) => break,
            () = console.inner.committed.notified() => tokio::time::sleep(Duration::from_millis(50)).await,
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
    }
    // What was committed before the stop is numbered before the process ends.
    while matches!(console.store().sequence_audit(BATCH).await, Ok(BATCH)) {}
}
