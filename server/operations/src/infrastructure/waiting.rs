//! The waiting room: an administrator compares the fingerprint of a key with what the Platform Server printed, and confirms or refuses it.

use super::{believe, find_environment, find_front_end, topic};
use crate::agents::enrol::Said;
use crate::console::{Caller, Console};
use crate::deployments::work_topic;
use crate::door::{Attempt, fault, permitted_wide, short};
use crate::error::{OperationError, Result};
use domain::audit::Object;
use domain::protocol::fingerprint;
use serde_json::json;
use storage::environments::EnvironmentRow;
use storage::servers::ServerRow;
use storage::{Reader, keys};

impl Console {
    /// Confirms the key of a Platform Server that waits: from now on it is believed, and the one before, if there was one, is not.
    /// `compared` is the fingerprint that the person has seen, with or without spaces.
    ///
    /// # Errors
    /// Nobody waits, another key waits than the one that was compared, it is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn confirm_server(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        server: &str,
        compared: &str,
    ) -> Result<()> {
        let object = Object::new("server", short(server), short(server));
        self.audited(caller, Attempt::within(infrastructure, "server.confirm", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant =
                permitted_wide(self, &mut pending, caller, &[home.id], "confirm a Platform Server").await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let Waits { row, public_key, said } = waits(&mut pending, &place, server).await?;
            let plain = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
            let own = fingerprint(&public_key).unwrap_or_default();
            if plain(compared) != plain(&own) {
                let sentence = format!(
                    "The key that waits for {} has another fingerprint; compare it with what its Platform Server printed.",
                    row.name
                );
                return Err(OperationError::invalid("fingerprint", sentence));
            }
            let now = self.now();
            let mut tx = pending.authorised(grant);
            believe(&mut tx, &row, &public_key, now).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            tx.notice(&work_topic(place.id), row.id);
            let mut entry =
                self.entry(caller, "server.confirm", Object::new("server", row.id, row.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.before = json!({ "public_key": row.public_key });
            entry.after = json!({ "public_key": public_key, "fingerprint": own, "version": &said.version });
            tx.commit(entry).await?;
            self.keep_first_state(place.id, row.id, said).await
        })
        .await
    }

    /// Refuses the key of a Platform Server that waits. What was believed before still is.
    ///
    /// # Errors
    /// Nobody waits, it is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn refuse_server(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        server: &str,
    ) -> Result<()> {
        let object = Object::new("server", short(server), short(server));
        self.audited(caller, Attempt::within(infrastructure, "server.refuse", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant =
                permitted_wide(self, &mut pending, caller, &[home.id], "refuse a Platform Server").await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let Waits { row, public_key, .. } = waits(&mut pending, &place, server).await?;
            let mut tx = pending.authorised(grant);
            keys::clear_waiting(&mut tx, row.id).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let mut entry =
                self.entry(caller, "server.refuse", Object::new("server", row.id, row.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.before =
                json!({ "waiting_public_key": public_key, "fingerprint": fingerprint(&public_key) });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

/// A Platform Server that waits.
struct Waits {
    row: ServerRow,
    public_key: String,
    said: Said,
}

async fn waits(tx: &mut impl Reader, place: &EnvironmentRow, server: &str) -> Result<Waits> {
    let row = find_front_end(tx, place, server).await?;
    let keys = keys::of_server(tx, row.id).await?;
    let waiting = keys.and_then(|keys| keys.waiting_public_key.zip(keys.waiting_said));
    let Some((public_key, said)) = waiting else {
        return Err(OperationError::conflict(format!("No Platform Server waits to be {}.", row.name)));
    };
    let said = serde_json::from_str(&said)
        .map_err(|error| fault(format!("what a server said that waits cannot be read: {error}")))?;
    Ok(Waits { row, public_key, said })
}
