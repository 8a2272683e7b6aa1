//! Who signed a request: a Platform Server is known by its Ed25519 key alone, behind any proxy (design 9).

use crate::console::{Caller, Console};
use crate::door::{Attempt, Place};
use crate::error::{OperationError, Result};
use domain::access::{Actor, Proof};
use domain::audit::{Object, Origin};
use domain::id::ServerId;
use domain::protocol::{ENROLMENT, MAX_SKEW_MICROS, signing_input};
use domain::text::Sha256;
use domain::time::Timestamp;
use ed25519_dalek::{Signature, VerifyingKey};
use storage::{keys, servers};

/// The headers of a signed request, parsed.
#[derive(Debug, Clone)]
pub struct SignedHeaders {
    /// The server that says it signed.
    pub server: ServerId,
    /// When, by its own clock.
    pub time: Timestamp,
    /// 32 hexadecimal digits, never used before by this server.
    pub nonce: String,
    /// The signature, 64 bytes.
    pub signature: Vec<u8>,
}

const REFUSED: &str = "The request is not signed by a Platform Server of this console.";
const WAITS: &str = "This Platform Server waits until an administrator confirms its key; until then it may only ask for that.";
/// Said to a Platform Server whose key was taken away.
pub(super) const REVOKED: &str = "This Platform Server was revoked; nothing that it signs is believed.";

impl Console {
    /// The Platform Server behind a signed request.
    ///
    /// # Errors
    /// Unknown server, wrong signature, a time too far away, or a nonce seen before. A forged request leaves an entry.
    pub async fn identify_server(
        &self,
        origin: &Origin,
        headers: &SignedHeaders,
        method: &str,
        path_and_query: &str,
        body: &Sha256,
    ) -> Result<Caller> {
        let nobody = Caller {
            actor: Actor::Anonymous,
            name: "unsigned".to_owned(),
            origin: origin.clone(),
            proof: Proof::None,
            limits: Default::default(),
        };
        let object = Object::new("server", headers.server, "Platform Server");
        let attempt = Attempt::at(Place::Server(headers.server), "server.identify", object);
        let found = self.identify(origin, headers, method, path_and_query, body).await;
        match found {
            Ok(caller) => Ok(caller),
            Err(error) => self.audited(&nobody, attempt, async { Err(error) }).await,
        }
    }

    async fn identify(
        &self,
        origin: &Origin,
        headers: &SignedHeaders,
        method: &str,
        path_and_query: &str,
        body: &Sha256,
    ) -> Result<Caller> {
        let refused = |sentence: &str| OperationError::sign_in(sentence, "Enrol the Platform Server again.");
        let mut tx = self.store().read().await?;
        let row = servers::by_id(&mut tx, headers.server).await?.ok_or_else(|| refused(REFUSED))?;
        let others = keys::of_server(&mut tx, headers.server).await?.ok_or_else(|| refused(REFUSED))?;
        drop(tx);
        let signature = Signature::from_slice(&headers.signature).map_err(|_| refused(REFUSED))?;
        let signed = signing_input(method, path_and_query, body, headers.time, &headers.nonce);
        let signs = |text: &Option<String>| {
            let key = text.as_deref().and_then(key_of);
            key.is_some_and(|key| key.verify_strict(&signed, &signature).is_ok())
        };
        let next = match (&row.public_key, &others.next_public_key) {
            (present, _) if signs(present) => None,
            // All that one may ask that waits is what became of it.
            _ if signs(&others.waiting_public_key) => match path_and_query {
                ENROLMENT => None,
                _ => return Err(refused(WAITS)),
            },
            (None, _) if row.revoked_at.is_some() => return Err(refused(REVOKED)),
            (Some(_), next) if signs(next) => next.as_deref(),
            _ => return Err(refused(REFUSED)),
        };
        let now = self.now();
        if now.since(headers.time).abs() > MAX_SKEW_MICROS {
            let sentence =
                "The request's time is more than five minutes from the console's; set the server's clock.";
            return Err(refused(sentence));
        }
        let sound = headers.nonce.len() == 32 && headers.nonce.bytes().all(|b| b.is_ascii_hexdigit());
        let mut tx = self.store().heartbeat().await?;
        let fresh = sound && servers::remember_nonce(&mut tx, row.id, &headers.nonce, now).await?;
        tx.commit(now).await?;
        if !fresh {
            return Err(refused("This request was sent before; a signed request counts once."));
        }
        let caller = Caller {
            actor: Actor::PlatformServer { server: row.id, environment: row.environment_id },
            name: row.name.to_string(),
            origin: origin.clone(),
            proof: Proof::None,
            limits: Default::default(),
        };
        if let Some(next) = next {
            self.take_next_key(&caller, row.id, next).await?;
        }
        Ok(caller)
    }
}

fn key_of(text: &str) -> Option<VerifyingKey> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    VerifyingKey::from_bytes(&bytes).ok()
}
