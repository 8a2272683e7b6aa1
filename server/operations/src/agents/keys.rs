//! A Platform Server signs with another key of its own from now on, without a moment in which it could not sign.

use super::enrol::{public_key, speaks};
use crate::console::{Caller, Console};
use crate::deployments::work_topic;
use crate::door::{Attempt, Place, fault};
use crate::error::{OperationError, Result};
use domain::access::{Actor, Requirement};
use domain::audit::Object;
use domain::id::ServerId;
use domain::protocol::{NextKeyRequest, next_key_input};
use ed25519_dalek::Signature;
use serde_json::json;
use storage::{environments, infrastructures, keys, servers};

impl Console {
    /// Keeps the key that a Platform Server will sign with next. Both are believed until the first request that the next one signs.
    ///
    /// # Errors
    /// The caller is no Platform Server, the key is none, or its proof does not hold.
    pub async fn next_key(&self, caller: &Caller, request: NextKeyRequest) -> Result<()> {
        let (server, environment) = self.platform_server(caller)?;
        let object = Object::new("server", server, caller.name.as_str());
        self.audited(caller, Attempt::at(Place::Server(server), "server.next_key", object.clone()), async {
            speaks(request.protocol)?;
            let key = public_key(&request.public_key)?;
            let stored = hex::encode(key.as_bytes());
            let proof = hex::decode(&request.proof).ok().and_then(|proof| Signature::from_slice(&proof).ok());
            let proven = proof
                .is_some_and(|proof| key.verify_strict(&next_key_input(server, &stored), &proof).is_ok());
            if !proven {
                let sentence =
                    "The next key has not signed that it is this server's; sign it with the key itself.";
                return Err(OperationError::invalid("proof", sentence));
            }
            let mut pending = self.store().begin_change().await?;
            let grant = self.permit_plain(caller, &Requirement::ServerOf(environment))?;
            let missing = || fault("a Platform Server without a server");
            let row = servers::by_id(&mut pending, server).await?.ok_or_else(missing)?;
            let known = keys::of_server(&mut pending, server).await?.ok_or_else(missing)?;
            // It comes again where the answer was lost.
            if row.public_key.as_ref() == Some(&stored) || known.next_public_key.as_ref() == Some(&stored) {
                return Ok(());
            }
            let place = environments::by_id(&mut pending, environment).await?.ok_or_else(missing)?;
            let mut tx = pending.authorised(grant);
            keys::set_next(&mut tx, server, &stored, self.now()).await?;
            let mut entry = self.entry(caller, "server.next_key", object);
            entry.infrastructure = Some(place.infrastructure_id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.before = json!({ "next_public_key": known.next_public_key });
            entry.after = json!({ "public_key": row.public_key, "next_public_key": stored });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// The next key of a Platform Server has signed: from now on it is the only one.
    pub(super) async fn take_next_key(&self, by: &Caller, server: ServerId, next: &str) -> Result<()> {
        let Actor::PlatformServer { environment, .. } = by.actor else {
            return Err(fault("only a Platform Server has a next key"));
        };
        let mut pending = self.store().begin_change().await?;
        let grant = self.permit_plain(by, &Requirement::ServerOf(environment))?;
        let missing = || fault("a Platform Server without a server");
        let row = servers::by_id(&mut pending, server).await?.ok_or_else(missing)?;
        let place = environments::by_id(&mut pending, environment).await?.ok_or_else(missing)?;
        let home =
            infrastructures::by_id(&mut pending, place.infrastructure_id).await?.ok_or_else(missing)?;
        let mut tx = pending.authorised(grant);
        if !keys::take_next(&mut tx, server, next, self.now()).await? {
            // Another request of it was a moment earlier, and did the same.
            return Ok(());
        }
        if row.is_controller {
            servers::raise_controller_epoch(&mut tx, environment).await?;
        }
        let epoch = servers::controller_epoch(&mut tx, environment).await?;
        tx.notice(&crate::infrastructure::topic(home.key.as_str()), server);
        // The controller is told of the new key at once.
        tx.notice(&work_topic(environment), server);
        let mut entry = self.entry(by, "server.rotate_key", Object::new("server", server, row.name.as_str()));
        entry.infrastructure = Some(home.id);
        entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
        entry.before = json!({ "public_key": row.public_key });
        entry.after = json!({ "public_key": next, "epoch": epoch });
        tx.commit(entry).await?;
        Ok(())
    }
}
