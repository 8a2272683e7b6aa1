//! Enrolment: a Platform Server gives its one-use code and its own public key, and is known by that key from then on; where the code asks
//! for it, once an administrator has confirmed the key.

use crate::architecture::own_version;
use crate::console::{Caller, Console};
use crate::door::{Attempt, Place, code_hash, fault};
use crate::error::{OperationError, Result};
use domain::access::{Actor, Requirement};
use domain::audit::Object;
use domain::id::{EnvironmentId, ServerId};
use domain::protocol::{
    EnrolRequest, EnrolResponse, EnrolmentRequest, EnrolmentResponse, PROTOCOL, fingerprint,
};
use domain::text::VersionNumber;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::environments::EnvironmentRow;
use storage::servers::{ServerRow, ServerStateRow};
use storage::{Reader, enrolments, environments, infrastructures, keys, servers};

const REFUSED: &str = "This code is not good: it was used, is too old, or was never given. Make a new one.";

/// What a Platform Server said about itself when it enrolled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Its version.
    pub version: String,
    /// Where its applications are opened.
    pub public_address: String,
    /// Where its Server.API answers.
    pub api_address: String,
}

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
            let stored = hex::encode(key.as_bytes());
            let hash = code_hash(&request.code);
            let now = self.now();
            let mut pending = self.store().begin_change().await?;
            let refused = || OperationError::invalid("code", REFUSED);
            let enrolment = enrolments::by_hash(&mut pending, &hash).await?.ok_or_else(refused)?;
            let server = servers::by_id(&mut pending, enrolment.server_id).await?.ok_or_else(refused)?;
            let environment =
                environments::by_id(&mut pending, server.environment_id).await?.ok_or_else(refused)?;
            let home = infrastructures::by_id(&mut pending, environment.infrastructure_id)
                .await?
                .ok_or_else(refused)?;
            let note = newer(&request.version);
            if enrolment.used_at.is_some() || enrolment.expires_at <= now {
                let known = keys::of_server(&mut pending, server.id).await?;
                let waits = known.is_some_and(|keys| keys.waiting_public_key.as_ref() == Some(&stored));
                // Killed while it waited it comes with the same code and the same key.
                return match (enrolment.confirms, server.public_key.as_ref() == Some(&stored)) {
                    (true, true) => answer(&mut pending, &server, &environment, note).await,
                    (true, false) if waits => Ok(waiting(&server, &environment, note)),
                    _ => Err(refused()),
                };
            }
            let controller = servers::controller_of(&mut pending, environment.id).await?;
            if !controller.is_some_and(|row| row.id == server.id || row.public_key.is_some()) {
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
            let said = Said {
                version: request.version,
                public_address: request.public_address,
                api_address: request.api_address,
            };
            if enrolment.confirms {
                let text = serde_json::to_string(&said).map_err(|error| fault(error.to_string()))?;
                keys::set_waiting(&mut tx, server.id, &stored, &text, now).await?;
            } else {
                crate::infrastructure::believe(&mut tx, &server, &stored, now).await?;
                tx.notice(&crate::deployments::work_topic(environment.id), server.id);
            }
            let before = server.public_key;
            let server = servers::by_id(&mut tx, server.id).await?.ok_or_else(refused)?;
            let answer = match enrolment.confirms {
                true => waiting(&server, &environment, note),
                false => answer(&mut tx, &server, &environment, note).await?,
            };
            tx.notice(&crate::infrastructure::topic(home.key.as_str()), server.id);
            let by = Caller {
                actor: Actor::PlatformServer { server: server.id, environment: environment.id },
                name: server.name.to_string(),
                ..caller.clone()
            };
            let mut entry =
                self.entry(&by, "server.enrol", Object::new("server", server.id, server.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", environment.id, environment.name.as_str())];
            entry.before = json!({ "public_key": before });
            let which = if enrolment.confirms { "waiting_public_key" } else { "public_key" };
            entry.after =
                json!({ which: stored, "fingerprint": fingerprint(&stored), "version": &said.version });
            tx.commit(entry).await?;
            if !enrolment.confirms {
                self.keep_first_state(environment.id, server.id, said).await?;
            }
            Ok(answer)
        })
        .await
    }

    /// What became of the enrolment of the Platform Server that asks.
    ///
    /// # Errors
    /// The caller is no Platform Server, or speaks another protocol.
    pub async fn enrolment(&self, caller: &Caller, request: EnrolmentRequest) -> Result<EnrolmentResponse> {
        self.traced(caller, "server.enrolment", async {
            speaks(request.protocol)?;
            let (server, environment) = self.platform_server(caller)?;
            let mut tx = self.store().read().await?;
            let missing = || fault("a Platform Server without a server");
            let row = servers::by_id(&mut tx, server).await?.ok_or_else(missing)?;
            let place = environments::by_id(&mut tx, environment).await?.ok_or_else(missing)?;
            let known = keys::of_server(&mut tx, server).await?.ok_or_else(missing)?;
            // One that is believed by an older key waits all the same with its new one.
            let waits = known.waiting_public_key.is_some();
            let answer = match waits {
                true => None,
                false => Some(answer(&mut tx, &row, &place, String::new()).await?),
            };
            Ok(EnrolmentResponse { answer })
        })
        .await
    }

    /// Until its controller reports it, a front-end is where it says of itself.
    pub(crate) async fn keep_first_state(
        &self,
        environment: EnvironmentId,
        server: ServerId,
        said: Said,
    ) -> Result<()> {
        let now = self.now();
        let mut heartbeat = self.store().heartbeat().await?;
        let state = ServerStateRow {
            server_id: server,
            seen_at: now,
            boot_id: String::new(),
            version: said.version,
            reachable: false,
            public_address: said.public_address,
            api_address: said.api_address,
            services: "[]".to_owned(),
            applications: "[]".to_owned(),
        };
        servers::put_state(&mut heartbeat, &state).await?;
        // The controller may have asked between the two transactions.
        heartbeat.notice(&crate::deployments::work_topic(environment), server);
        heartbeat.commit(now).await?;
        Ok(())
    }
}

/// What a server is told that is believed.
async fn answer(
    tx: &mut impl Reader,
    server: &ServerRow,
    environment: &EnvironmentRow,
    note: String,
) -> Result<EnrolResponse> {
    let controller = servers::controller_of(tx, environment.id).await?;
    let states = servers::states_of(tx, environment.id).await?;
    let of = controller.as_ref().and_then(|row| states.into_iter().find(|state| state.server_id == row.id));
    Ok(EnrolResponse {
        is_controller: server.is_controller,
        controller_key: controller.and_then(|row| row.public_key),
        controller_api_address: of.map(|state| state.api_address).unwrap_or_default(),
        controller_epoch: servers::controller_epoch(tx, environment.id).await?,
        waits: false,
        ..waiting(server, environment, note)
    })
}

/// What a server is told that waits: nothing about its environment but the name.
fn waiting(server: &ServerRow, environment: &EnvironmentRow, note: String) -> EnrolResponse {
    EnrolResponse {
        server: server.id,
        server_name: server.name.to_string(),
        environment: environment.id,
        environment_name: environment.name.to_string(),
        is_controller: false,
        controller_key: None,
        controller_api_address: String::new(),
        controller_epoch: 0,
        waits: true,
        note,
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
