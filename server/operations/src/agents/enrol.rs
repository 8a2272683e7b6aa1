//! Enrolment: a Platform Server gives its one-use code and its own public key, and is known by that key from then on.

use crate::architecture::own_version;
use crate::console::{Caller, Console};
use crate::door::{Attempt, Place, code_hash};
use crate::error::{OperationError, Result};
use domain::access::{Actor, Requirement};
use domain::audit::Object;
use domain::protocol::{EnrolRequest, EnrolResponse, PROTOCOL};
use domain::text::VersionNumber;
use ed25519_dalek::VerifyingKey;
use serde_json::json;
use storage::servers::ServerStateRow;
use storage::{enrolments, environments, infrastructures, servers};

const REFUSED: &str = "This code is not good: it was used, is too old, or was never given. Make a new one.";

impl Console {
    /// Enrols a Platform Server.
    ///
    /// # Errors
    /// The code is not good, the key is no Ed25519 key, or the protocol is another one.
    pub async fn enrol(&self, caller: &Caller, request: EnrolRequest) -> Result<EnrolResponse> {
        let code = request.code.clone();
        let unknown = Object::new("server", "unknown", "Unknown server");
        let attempt = Attempt::at(Place::Code(&code), "server.enrol", unknown);
        self.audited(caller, attempt, async {
            speaks(request.protocol)?;
            let key = public_key(&request.public_key)?;
            let hash = code_hash(&request.code);
            let now = self.now();
            let mut pending = self.store().begin_change().await?;
            let refused = || OperationError::invalid("code", REFUSED);
            let enrolment = enrolments::by_hash(&mut pending, &hash)
                .await?
                .filter(|row| row.used_at.is_none() && row.expires_at > now)
                .ok_or_else(refused)?;
            let server = servers::by_id(&mut pending, enrolment.server_id).await?.ok_or_else(refused)?;
            let environment =
                environments::by_id(&mut pending, server.environment_id).await?.ok_or_else(refused)?;
            let home = infrastructures::by_id(&mut pending, environment.infrastructure_id)
                .await?
                .ok_or_else(refused)?;
            let controller = servers::controller_of(&mut pending, environment.id).await?;
            let controller_key = match &controller {
                Some(row) if row.id == server.id => Some(request.public_key.clone()),
                Some(row) => row.public_key.clone(),
                None => None,
            };
            let states = servers::states_of(&mut pending, environment.id).await?;
            let controller_api_address = controller
                .as_ref()
                .and_then(|row| states.into_iter().find(|state| state.server_id == row.id))
                .map(|state| state.api_address)
                .unwrap_or_default();
            if controller_key.is_none() {
                return Err(OperationError::conflict(format!(
                    "The deployment controller of {} enrols first; the code stays good.",
                    environment.name
                )));
            }
            // Everybody may try; the code decides.
            let grant = self.permit_plain(caller, &Requirement::Anyone)?;
            let mut tx = pending.authorised(grant);
            if !enrolments::use_up(&mut tx, enrolment.id, now).await? {
                return Err(refused());
            }
            let stored = hex::encode(key.as_bytes());
            servers::set_enrolled(&mut tx, server.id, &stored, now).await?;
            // Its front-ends know it by another key, or by none.
            if server.is_controller && (server.public_key.is_some() || server.revoked_at.is_some()) {
                servers::raise_controller_epoch(&mut tx, environment.id).await?;
            }
            let controller_epoch = servers::controller_epoch(&mut tx, environment.id).await?;
            tx.notice(&crate::infrastructure::topic(home.key.as_str()), server.id);
            tx.notice(&crate::deployments::work_topic(environment.id), server.id);
            let by = Caller {
                actor: Actor::PlatformServer { server: server.id, environment: environment.id },
                name: server.name.to_string(),
                ..caller.clone()
            };
            let mut entry =
                self.entry(&by, "server.enrol", Object::new("server", server.id, server.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", environment.id, environment.name.as_str())];
            entry.before = json!({ "public_key": server.public_key });
            entry.after = json!({ "public_key": stored, "version": &request.version });
            tx.commit(entry).await?;
            let note = newer(&request.version);
            // Until its controller reports it, its addresses are what it says of itself.
            let mut heartbeat = self.store().heartbeat().await?;
            let state = ServerStateRow {
                server_id: server.id,
                seen_at: now,
                boot_id: String::new(),
                version: request.version,
                reachable: false,
                public_address: request.public_address,
                api_address: request.api_address,
                services: "[]".to_owned(),
                applications: "[]".to_owned(),
            };
            servers::put_state(&mut heartbeat, &state).await?;
            // The controller may have asked between the two transactions.
            heartbeat.notice(&crate::deployments::work_topic(environment.id), server.id);
            heartbeat.commit(now).await?;
            Ok(EnrolResponse {
                server: server.id,
                server_name: server.name.to_string(),
                environment: environment.id,
                environment_name: environment.name.to_string(),
                is_controller: server.is_controller,
                controller_key,
                controller_api_address,
                controller_epoch,
                note,
            })
        })
        .await
    }
}

/// What is said to a Platform Server that is newer than this console (R36); empty where it is not, or says no number.
fn newer(version: &str) -> String {
    let numbers = version.parse::<VersionNumber>().ok().zip(own_version());
    match numbers.filter(|(runs, console)| runs > console) {
        Some((runs, console)) => {
            format!(
                "This Platform Server is {runs} and the console {console}: upgrade the console first (R36)."
            )
        }
        None => String::new(),
    }
}

/// Whether both sides speak the same protocol.
pub(crate) fn speaks(protocol: u32) -> Result<()> {
    if protocol == PROTOCOL {
        return Ok(());
    }
    Err(OperationError::invalid(
        "protocol",
        format!("This console speaks protocol {PROTOCOL}, and the Platform Server speaks {protocol}."),
    ))
}

pub(super) fn public_key(text: &str) -> Result<VerifyingKey> {
    let mut bytes = [0; 32];
    let decoded = hex::decode_to_slice(text, &mut bytes).ok();
    let key = decoded.and_then(|()| VerifyingKey::from_bytes(&bytes).ok()).filter(|key| !key.is_weak());
    key.ok_or_else(|| {
        OperationError::invalid("public_key", "A public key is an Ed25519 key in 64 hexadecimal digits.")
    })
}
