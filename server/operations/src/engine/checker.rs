//! Tries tools by itself, so that whoever opens a page reads how they are.

use super::until_stopped;
use crate::checks::TOPIC;
use crate::console::Console;
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// How often it is looked for tools that are to be tried.
const LOOK: Duration = Duration::from_secs(60);

pub(super) async fn checker(console: Console, mut stopped: watch::Receiver<bool>) {
    let mut changes = console.store().changes();
    loop {
        // A round that is cut off leaves claims, which end by themselves.
        tokio::select! {
            biased;
            () = until_stopped(&mut stopped) => return,
            round = console.check_due_tools() => if let Err(error) = round {
                tracing::warn!(%error, "a round of checks of tools was not finished");
            }
        }
        tokio::select! {
            () = until_stopped(&mut stopped) => return,
            () = changed(&mut changes) => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Waits until tools have come or changed somewhere.
async fn changed(changes: &mut broadcast::Receiver<storage::Change>) {
    loop {
        match changes.recv().await {
            Ok(change) if change.topic == TOPIC => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
