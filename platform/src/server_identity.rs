//! Server.Identity: short-lived tokens for Server.API, signed with the controller's own key.
//!
//! The controller makes them out to itself, each for one front-end and for everything, and to clients, for the whole environment and for
//! the scopes that they ask for and have. A front-end lets in what its own controller signed, and only for itself or its environment.

pub mod clients;
pub mod token;

use crate::clock;
use crate::control::{Control, Controls};
use crate::identity::{Identity, OwnKey};
use crate::services::{EVERY, Services};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use domain::architecture::words::Service;
use domain::id::{EnvironmentId, ServerId};
use domain::server_api::scope::{Scope, Scopes};
use domain::time::{MINUTE, Timestamp};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

/// How long a token holds.
pub const LIFETIME_MICROS: i64 = 5 * MINUTE;
/// How far the clocks of two servers may lie apart.
const SKEW_MICROS: i64 = MINUTE;
const PREFIX: &str = "towpath1";
/// Said to a token that another key signed.
pub const NOT_SIGNED: &str = "The token was not signed by this environment's deployment controller.";

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// A name of the token itself.
    pub id: String,
    /// The controller that gave it.
    pub issuer: ServerId,
    /// Whom it is for.
    pub audience: Audience,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// Where the controller's own Server.API answers: the front-end announces itself there when it is not asked any more.
    #[serde(default)]
    pub api_address: String,
    /// The epoch in which the controller gave it. A front-end that knows a later one lets it in no more.
    #[serde(default)]
    pub epoch: u64,
    /// Whose it is, if it is not the controller's own: that one is for everything. An earlier version knows no other, and lets none in
    /// that has this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientClaims>,
}

/// Whom a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One front-end.
    Server(ServerId),
    /// Every front-end of an environment.
    Environment {
        /// The environment.
        environment: EnvironmentId,
    },
}

/// Whose a token is, and what for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientClaims {
    /// The client's id.
    pub id: String,
    /// What the token is good for.
    pub scopes: Scopes,
}

impl Claims {
    /// Whether the token is good for something.
    pub fn allows(&self, scope: Scope) -> bool {
        self.client.as_ref().is_none_or(|client| client.scopes.0.contains(&scope))
    }

    /// Whose it is: a client's, or the controller's that gave it.
    pub fn whose(&self) -> String {
        self.client.as_ref().map_or_else(|| self.issuer.to_string(), |client| client.id.clone())
    }
}

/// Where a token is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The front-end.
    pub server: ServerId,
    /// Its environment.
    pub environment: EnvironmentId,
}

impl Place {
    /// The place of a Platform Server.
    pub fn of(identity: &Identity) -> Self {
        Self { server: identity.server, environment: identity.environment }
    }
}

/// Writes and signs a token.
pub fn issue(key: &SigningKey, claims: &Claims) -> String {
    let body = BASE64.encode(serde_json::to_vec(claims).unwrap_or_default());
    let signed = format!("{PREFIX}.{body}");
    let signature = BASE64.encode(key.sign(signed.as_bytes()).to_bytes());
    format!("{signed}.{signature}")
}

/// Reads a token and checks who signed it, whom it is for and whether it still holds; otherwise says why not.
pub fn check(
    token: &str,
    (controller, epoch): (&VerifyingKey, u64),
    own: Place,
    now: Timestamp,
) -> Result<Claims, &'static str> {
    let unsound = "The token is not sound.";
    let (signed, signature) = token.rsplit_once('.').ok_or(unsound)?;
    let body = signed.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix('.')).ok_or(unsound)?;
    let signature =
        BASE64.decode(signature).ok().and_then(|s| Signature::from_slice(&s).ok()).ok_or(unsound)?;
    controller.verify_strict(signed.as_bytes(), &signature).map_err(|_| NOT_SIGNED)?;
    let claims: Claims =
        BASE64.decode(body).ok().and_then(|b| serde_json::from_slice(&b).ok()).ok_or(unsound)?;
    match claims.audience {
        Audience::Server(server) if server != own.server => {
            return Err("The token is for another front-end.");
        }
        Audience::Environment { environment } if environment != own.environment => {
            return Err("The token is for another environment.");
        }
        _ => {}
    }
    if claims.epoch < epoch {
        return Err("The token is of an epoch that is over: another controller was chosen, or another key.");
    }
    // The controller gets a new one in time, whatever the clocks say. A client's ends when it said: whoever removes a client is told so.
    let slack = if claims.client.is_none() { SKEW_MICROS } else { 0 };
    if claims.expires_at.plus(slack) < now || claims.expires_at.since(now) > LIFETIME_MICROS + SKEW_MICROS {
        return Err("The token has expired, or the clocks of the two servers differ too much.");
    }
    Ok(claims)
}

/// Beats as long as it tells the controller from others: on the controller what is issued here is let in, on every other front-end it is not.
pub async fn watch(key: OwnKey, control: Control, own: Place, services: Services) {
    loop {
        if tells_apart(&key.now(), &control.now(), own, clock::now()) {
            services.beat(Service::ServerIdentity);
        } else {
            tracing::error!("Server.Identity does not tell its controller's tokens from others");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Whether a token of this server is let in where it is the controller, and only there.
fn tells_apart(key: &SigningKey, controls: &Controls, own: Place, now: Timestamp) -> bool {
    // Without a controller nobody is let in.
    let Some(controller) = &controls.key else { return true };
    let claims = Claims {
        id: clock::random_id(),
        issuer: own.server,
        audience: Audience::Server(own.server),
        expires_at: now.plus(LIFETIME_MICROS),
        api_address: String::new(),
        epoch: controls.epoch,
        client: None,
    };
    let let_in = check(&issue(key, &claims), (controller, controls.epoch), own, now).is_ok();
    let_in == (key.verifying_key() == *controller)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(last: &str) -> Place {
        let server = format!("0198c0de-0000-7000-8000-00000000000{last}").parse().unwrap();
        Place { server, environment: EnvironmentId(uuid::Uuid::from_u128(5)) }
    }

    #[test]
    fn a_controller_lets_its_own_tokens_in_and_a_front_end_does_not() {
        let (controller, member) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let own = place("1");
        let controls = Controls { is_own: true, key: Some(controller.verifying_key()), epoch: 3 };
        for key in [&controller, &member] {
            assert!(tells_apart(key, &controls, own, Timestamp(1_000_000_000_000)));
        }
    }

    #[test]
    fn only_the_own_controllers_token_for_this_server_and_time_is_let_in() {
        let (controller, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let now = Timestamp(1_000_000_000_000);
        let claims = Claims {
            id: "x".to_owned(),
            issuer: place("1").server,
            audience: Audience::Server(place("2").server),
            expires_at: now.plus(LIFETIME_MICROS),
            api_address: "http://127.0.0.1:7001".to_owned(),
            epoch: 3,
            client: None,
        };
        let token = issue(&controller, &claims);
        let (key, strange) = (controller.verifying_key(), other.verifying_key());
        let (key, strange) = ((&key, 3), (&strange, 3));
        assert_eq!(check(&token, key, place("2"), now), Ok(claims.clone()));
        assert_eq!(check(&token, (key.0, 2), place("2"), now), Ok(claims.clone()), "of a later epoch");
        assert!(check(&token, (key.0, 4), place("2"), now).unwrap_err().contains("epoch that is over"));
        assert!(check(&token, key, place("3"), now).unwrap_err().contains("another front-end"));
        assert!(check(&token, strange, place("2"), now).unwrap_err().contains("not signed"));
        assert!(
            check(&token, key, place("2"), now.plus(2 * LIFETIME_MICROS)).unwrap_err().contains("expired")
        );
        assert!(check(&token, key, place("2"), now.plus(-LIFETIME_MICROS)).unwrap_err().contains("expired"));
        let wider = Claims { audience: Audience::Server(place("3").server), ..claims };
        let body = BASE64.encode(serde_json::to_vec(&wider).unwrap());
        let forged = format!("{PREFIX}.{body}.{}", token.rsplit_once('.').unwrap().1);
        assert!(check(&forged, key, place("3"), now).unwrap_err().contains("not signed"));
        for broken in ["", "towpath1", "towpath1..", "a.b.c", &token[1..]] {
            assert!(check(broken, key, place("2"), now).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_clients_token_is_for_its_scopes_in_the_whole_environment_and_ends_in_time() {
        let controller = SigningKey::from_bytes(&[1; 32]);
        let (signer, now) = (controller.verifying_key(), Timestamp(1_000_000_000_000));
        let key = (&signer, 3);
        let environment = place("1").environment;
        let client = ClientClaims { id: "nightly-1".to_owned(), scopes: "read logs".parse().unwrap() };
        let claims = Claims {
            id: "x".to_owned(),
            issuer: place("1").server,
            audience: Audience::Environment { environment },
            expires_at: now.plus(LIFETIME_MICROS),
            api_address: String::new(),
            epoch: 3,
            client: Some(client),
        };
        let token = issue(&controller, &claims);
        for last in ["1", "2", "3"] {
            assert_eq!(check(&token, key, place(last), now), Ok(claims.clone()));
        }
        let elsewhere = Place { environment: EnvironmentId(uuid::Uuid::from_u128(6)), ..place("1") };
        assert!(check(&token, key, elsewhere, now).unwrap_err().contains("another environment"));
        assert!(check(&token, key, place("1"), now.plus(LIFETIME_MICROS)).is_ok());
        let over = check(&token, key, place("1"), now.plus(LIFETIME_MICROS + 1));
        assert!(over.unwrap_err().contains("expired"), "no minute longer");
        let later = check(&token, (&signer, 4), place("1"), now);
        assert!(later.unwrap_err().contains("epoch that is over"), "another controller");
        assert!(claims.allows(Scope::Read) && !claims.allows(Scope::Deploy));
        assert!(Claims { client: None, ..claims }.allows(Scope::Deploy), "the controller's own");
    }

    #[test]
    fn the_controllers_own_tokens_are_written_as_earlier_versions_read_them() {
        let server = place("2").server;
        let early = format!(
            r#"{{"id":"x","issuer":"{server}","audience":"{server}","expires_at":7,"api_address":"http://a:1","epoch":3}}"#
        );
        let read: Claims = serde_json::from_str(&early).unwrap();
        assert_eq!(read.audience, Audience::Server(server));
        assert!(Scope::ALL.iter().all(|scope| read.allows(*scope)));
        assert_eq!(serde_json::to_string(&read).unwrap(), early);
    }
}
