//! What has to be noticed or cleared away although nobody asks for it.

use super::until_stopped;
use crate::console::Console;
use crate::error::Result;
use domain::environment::SILENCE_MICROS;
use domain::id::ServerId;
use domain::protocol::MAX_SKEW_MICROS;
use domain::time::HOUR;
use domain::timeline::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use storage::events::EventRow;
use storage::{changes, events, infrastructures, servers};
use tokio::sync::watch;

/// How often it is looked whether a controller has fallen silent.
const LOOK: Duration = Duration::from_secs(1);
/// Looks between two clearings.
const LOOKS_TO_CLEAR: u32 = 600;
/// How long notices are kept for pages that come back.
const NOTICES_MICROS: i64 = 24 * HOUR;

pub(super) async fn sweeper(console: Console, mut stopped: watch::Receiver<bool>) {
    let mut silent = BTreeSet::new();
    for look in 0u32.. {
        if let Err(error) = tell_silence(&console, &mut silent).await {
            tracing::warn!(%error, "it was not looked for silent servers");
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
    let mut fallen = Vec::new();
    let mut known = BTreeSet::new();
    for home in infrastructures::list(&mut tx).await? {
        let old = servers::states_of_infrastructure(&mut tx, home.id).await?;
        let old: BTreeMap<_, _> = old
            .into_iter()
            .filter(|state| now.since(state.seen_at) > SILENCE_MICROS)
            .map(|state| (state.server_id, state.seen_at))
            .collect();
        if old.keys().all(|server| silent.contains(server)) {
            known.extend(old.into_keys());
            continue;
        }
        for row in servers::of_infrastructure(&mut tx, home.id).await? {
            let Some(seen_at) = old.get(&row.id) else { continue };
            known.insert(row.id);
            if !silent.contains(&row.id) {
                let since = row.is_controller.then(|| seen_at.plus(SILENCE_MICROS));
                fallen.push((
                    crate::infrastructure::topic(home.key.as_str()),
                    row.id,
                    row.environment_id,
                    since,
                ));
            }
        }
    }
    drop(tx);
    *silent = known;
    if fallen.is_empty() {
        return Ok(());
    }
    let mut tx = console.store().heartbeat().await?;
    for (topic, server, environment, since) in fallen {
        if let Some(at) = since {
            let (subject, detail) = (String::new(), String::new());
            let row = EventRow {
                id: console.id(),
                environment_id: environment,
                at,
                kind: Kind::Silent,
                subject,
                detail,
            };
            events::insert(&mut tx, &row).await?;
        }
        tx.notice(&topic, server);
    }
    tx.commit(now).await?;
    Ok(())
}

async fn clear(console: &Console) -> Result<()> {
    let now = console.now();
    let mut tx = console.store().heartbeat().await?;
    // A nonce that is older than any time that would be accepted can be forgotten.
    servers::purge_nonces(&mut tx, now.plus(-2 * MAX_SKEW_MICROS)).await?;
    tx.commit(now).await?;
    let mut tx = console.store().journal().await?;
    changes::purge(&mut tx, now.plus(-NOTICES_MICROS)).await?;
    tx.commit(now).await?;
    console.purge_attempts().await?;
    console.sessions().purge().await
}
