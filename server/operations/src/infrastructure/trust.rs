//! Which front-end controls an environment, and which Platform Servers are believed: decided here, and obeyed by them.

use super::front_ends::{at, find_server, server_identity};
use super::register::find;
use super::{find_environment, find_front_end, topic};
use crate::architecture::{check_rules_at, write};
use crate::console::{Caller, Console};
use crate::deployments::work_topic;
use crate::door::{Attempt, fault, permitted_wide, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::change::identity;
use crate::view::{KeyView, WaitingView};
use domain::architecture::words::Service;
use domain::audit::Object;
use domain::protocol::fingerprint;
use serde_json::json;
use std::collections::BTreeMap;
use storage::keys::KeysRow;
use storage::servers::ServerRow;
use storage::{architecture, enrolments, servers};

impl Console {
    /// Makes a front-end the deployment controller of its environment, from this moment: what the one before asks of this console is
    /// refused, and every Platform Server of the environment learns it by its next question. Nothing that runs is touched.
    ///
    /// # Errors
    /// It is the controller already, it has no Platform Server, it is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn make_controller(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        server: &str,
    ) -> Result<()> {
        let object = Object::new("server", short(server), short(server));
        self.audited(caller, Attempt::within(infrastructure, "server.make_controller", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let wish = "choose the deployment controller";
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], wish).await?;
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let (place, of) = find(&stored, environment)?;
            let (key, _) = find_server(of, server)?;
            let (place_id, id) = (identity(&stored, &place)?, server_identity(&stored, &place, &key)?);
            let rows = servers::of_environment(&mut pending, place_id).await?;
            let row = rows.iter().find(|row| row.id == id).ok_or_else(|| fault("a front-end is gone"))?;
            may_control(row)?;
            let old = rows.iter().find(|row| row.is_controller);
            let before = servers::controller_epoch(&mut pending, place_id).await?;
            let mut after = stored.architecture.clone();
            let front_ends = after.environments.get_mut(&place).map(|place| &mut place.front_ends);
            for (each, server) in front_ends.into_iter().flatten() {
                server.services.remove(&Service::DeploymentController);
                if *each == key {
                    server.services.insert(Service::DeploymentController);
                }
            }
            check_rules_at(&stored.architecture, &after, at)?;
            let mut tx = pending.authorised(grant);
            write(self, &mut tx, &home, &stored, &after, &BTreeMap::new()).await?;
            let epoch = servers::controller_epoch(&mut tx, place_id).await?;
            tx.notice(&topic(home.key.as_str()), id);
            // The one before is held open in a sync; it is refused at once.
            tx.notice(&work_topic(place_id), id);
            let object = Object::new("server", id, row.name.as_str());
            let mut entry = self.entry(caller, "server.make_controller", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place_id, of.name.as_str())];
            entry.related.extend(old.map(|old| Object::new("server", old.id, old.name.as_str())));
            entry.before = json!({ "controller": old.map(|old| &old.key), "epoch": before });
            entry.after = json!({ "controller": key, "epoch": epoch });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Believes a Platform Server no more, from this moment: its key and its open codes are no good, what it holds open ends, and its
    /// controller is not told of it any more. What runs on it goes on, since nobody can reach it. It comes back by enrolling anew.
    ///
    /// # Errors
    /// It has no key, it is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn revoke_server(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        server: &str,
    ) -> Result<()> {
        let object = Object::new("server", short(server), short(server));
        self.audited(caller, Attempt::within(infrastructure, "server.revoke", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant =
                permitted_wide(self, &mut pending, caller, &[home.id], "revoke a Platform Server").await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find_front_end(&mut pending, &place, server).await?;
            may_be_revoked(&row)?;
            let before = servers::controller_epoch(&mut pending, place.id).await?;
            let now = self.now();
            let mut tx = pending.authorised(grant);
            servers::revoke(&mut tx, row.id, now).await?;
            enrolments::withdraw(&mut tx, row.id, now).await?;
            if row.is_controller {
                // Its front-ends believe it no more as soon as they ask.
                servers::raise_controller_epoch(&mut tx, place.id).await?;
            }
            let epoch = servers::controller_epoch(&mut tx, place.id).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            tx.notice(&work_topic(place.id), row.id);
            let mut entry =
                self.entry(caller, "server.revoke", Object::new("server", row.id, row.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.before =
                json!({ "public_key": row.public_key, "enrolled_at": row.enrolled_at, "epoch": before });
            entry.after = json!({ "public_key": null, "revoked_at": now, "epoch": epoch });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

/// Refuses that a front-end becomes the deployment controller which is that already, or which nobody would hear.
pub(super) fn may_control(row: &ServerRow) -> Result<()> {
    if row.is_controller {
        let sentence = format!("{} is the deployment controller already.", row.name);
        return Err(OperationError::conflict(sentence));
    }
    if row.public_key.is_none() {
        let sentence = format!("{} has no Platform Server: let it enrol first.", row.name);
        return Err(OperationError::conflict(sentence));
    }
    Ok(())
}

/// Refuses that a Platform Server is revoked which has no key.
pub(super) fn may_be_revoked(row: &ServerRow) -> Result<()> {
    if row.public_key.is_some() {
        return Ok(());
    }
    let sentence = match row.revoked_at {
        Some(_) => format!("{} is revoked already.", row.name),
        None => format!("{} has not enrolled, so it has no key to revoke.", row.name),
    };
    Err(OperationError::conflict(sentence))
}

/// The key of a Platform Server as people are shown it.
pub(super) fn key_view(row: &ServerRow, keys: Option<&KeysRow>) -> Option<KeyView> {
    let next = keys.and_then(|keys| keys.next_public_key.as_deref()).and_then(fingerprint);
    let fingerprint = row.public_key.as_deref().and_then(fingerprint)?;
    Some(KeyView { fingerprint, since: keys.and_then(|keys| keys.key_since), next })
}

/// The Platform Server that waits, as people are shown it.
pub(super) fn waiting_view(keys: Option<&KeysRow>) -> Option<WaitingView> {
    let keys = keys?;
    let fingerprint = keys.waiting_public_key.as_deref().and_then(fingerprint)?;
    Some(WaitingView { fingerprint, since: keys.waiting_at? })
}
