//! What has to be noticed or cleared away although nobody asks for it.

use super::until_stopped;
use crate::console::Console;
use crate::error::Result;
use domain::environment::SILENCE_MICROS;
use domain::id::ServerId;
use domain::protocol::MAX_SKEW_MICROS;
use domain::time::{HOUR, Timestamp};
use domain::timeline::Kind;
use std::collections::BTreeSet;
use std::time::Duration;
use storage::events::EventRow;
use storage::{changes, events, questions, servers};
use tokio::sync::watch;

/// How often it is looked whether a controller has fallen silent.
const LOOK: Duration = Duration::from_secs(1);
/// Looks between two clearings.
const LOOKS_TO_CLEAR: u32 = 600;
/// How long notices are kept for pages that come back.
const NOTICES_MICROS: i64 = 24 * HOUR;

/// `began` is when this console began to listen.
pub(super) async fn sweeper(console: Console, began: Timestamp, mut stopped: watch::Receiver<bool>) {
    let mut silent = BTreeSet::new();
    for look in 0u32.. {
        // While the console was away nobody could call it; each controller gets its time from now on.
        let listening = console.now().since(began) > SILENCE_MICROS;
        if listening && let Err(error) = tell_silence(&console, &mut silent).await {
            tracing::warn!(%error, "it was not looked for silent servers");
        }
        if let Err(error) = crate::gates::park::expire(&console).await {
            tracing::warn!(%error, "it was not looked for deployments whose time is over");
        }
        if look % LOOKS_TO_CLEAR == 0
            && let Err(error) = clear(&console).await
        {
            tracing::warn!(%error, "old notices, nonces and sessions were not cleared");
        }
        tokio::select! {
            () = until_stopped(&mut stopped) => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Tells open screens when a front-end falls silent: nothing else would, since nothing is written then. Where it is the deployment
/// controller, the environment's timeline says since when nothing is known.
async fn tell_silence(console: &Console, silent: &mut BTreeSet<ServerId>) -> Result<()> {
    let now = console.now();
    let mut tx = console.store().read().await?;
    let rows = servers::silent(&mut tx, now.plus(-SILENCE_MICROS)).await?;
    drop(tx);
    let fallen: Vec<_> = rows.iter().filter(|row| !silent.contains(&row.server_id)).collect();
    let known = rows.iter().map(|row| row.server_id).collect();
    if !fallen.is_empty() {
        let mut tx = console.store().heartbeat().await?;
        for row in fallen {
            if row.is_controller {
                let event = EventRow {
                    id: console.id(),
                    environment_id: row.environment_id,
                    at: row.seen_at.plus(SILENCE_MICROS),
                    kind: Kind::Silent,
                    subject: String::new(),
                    detail: String::new(),
                };
                events::insert(&mut tx, &event).await?;
            }
            tx.notice(&crate::infrastructure::topic(row.infrastructure.as_str()), row.server_id);
        }
        tx.commit(now).await?;
    }
    *silent = known;
    Ok(())
}

async fn clear(console: &Console) -> Result<()> {
    let now = console.now();
    let mut tx = console.store().heartbeat().await?;
    // A nonce that is older than any time that would be accepted can be forgotten.
    servers::purge_nonces(&mut tx, now.plus(-2 * MAX_SKEW_MICROS)).await?;
    questions::purge(&mut tx, now.plus(-crate::agents::relay::FORGOTTEN_MICROS)).await?;
    tx.commit(now).await?;
    let mut tx = console.store().journal().await?;
    changes::purge(&mut tx, now.plus(-NOTICES_MICROS)).await?;
    tx.commit(now).await?;
    console.purge_attempts().await?;
    console.sessions().purge().await
}
