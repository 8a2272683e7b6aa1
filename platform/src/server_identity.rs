//! Server.Identity: short-lived tokens with which the controller speaks to the Server.API of its front-ends.
//!
//! A token names who gave it, whom it is for and until when, signed with the controller's own key. A front-end lets in its
//! own controller only, and only tokens made out to itself.

use crate::clock;
use crate::control::{Control, Controls};
use crate::identity::OwnKey;
use crate::services::{EVERY, Services};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use domain::architecture::words::Service;
use domain::id::ServerId;
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
    /// The front-end it is for.
    pub audience: ServerId,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// Where the controller's own Server.API answers: the front-end announces itself there when it is not asked any more.
    #[serde(default)]
    pub api_address: String,
    /// The epoch in which the controller gave it. A front-end that knows a later one lets it in no more.
    #[serde(default)]
    pub epoch: u64,
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
    own: ServerId,
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
    if claims.audience != own {
        return Err("The token is for another front-end.");
    }
    if claims.epoch < epoch {
        return Err("The token is of an epoch that is over: another controller was chosen, or another key.");
    }
    if claims.expires_at.plus(SKEW_MICROS) < now
        || claims.expires_at.since(now) > LIFETIME_MICROS + SKEW_MICROS
    {
        return Err("The token has expired, or the clocks of the two servers differ too much.");
    }
    Ok(claims)
}

/// Beats as long as it tells the controller from others: on the controller what is issued here is let in, on every other front-end it is not.
pub async fn watch(key: OwnKey, control: Control, own: ServerId, services: Services) {
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
fn tells_apart(key: &SigningKey, controls: &Controls, own: ServerId, now: Timestamp) -> bool {
    // Without a controller nobody is let in.
    let Some(controller) = &controls.key else { return true };
    let claims = Claims {
        id: clock::random_id(),
        issuer: own,
        audience: own,
        expires_at: now.plus(LIFETIME_MICROS),
        api_address: String::new(),
        epoch: controls.epoch,
    };
    let let_in = check(&issue(key, &claims), (controller, controls.epoch), own, now).is_ok();
    let_in == (key.verifying_key() == *controller)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_controller_lets_its_own_tokens_in_and_a_front_end_does_not() {
        let (controller, member) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let own = "0198c0de-0000-7000-8000-000000000001".parse::<ServerId>().unwrap();
        let controls = Controls { is_own: true, key: Some(controller.verifying_key()), epoch: 3 };
        for key in [&controller, &member] {
            assert!(tells_apart(key, &controls, own, Timestamp(1_000_000_000_000)));
        }
    }

    #[test]
    fn only_the_own_controllers_token_for_this_server_and_time_is_let_in() {
        let server =
            |last: &str| format!("0198c0de-0000-7000-8000-00000000000{last}").parse::<ServerId>().unwrap();
        let (controller, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let now = Timestamp(1_000_000_000_000);
        let claims = Claims {
            id: "x".to_owned(),
            issuer: server("1"),
            audience: server("2"),
            expires_at: now.plus(LIFETIME_MICROS),
            api_address: "http://127.0.0.1:7001".to_owned(),
            epoch: 3,
        };
        let token = issue(&controller, &claims);
        let (key, strange) = (controller.verifying_key(), other.verifying_key());
        let (key, strange) = ((&key, 3), (&strange, 3));
        assert_eq!(check(&token, key, server("2"), now), Ok(claims.clone()));
        assert_eq!(check(&token, (key.0, 2), server("2"), now), Ok(claims.clone()), "of a later epoch");
        assert!(check(&token, (key.0, 4), server("2"), now).unwrap_err().contains("epoch that is over"));
        assert!(check(&token, key, server("3"), now).unwrap_err().contains("another front-end"));
        assert!(check(&token, strange, server("2"), now).unwrap_err().contains("not signed"));
        assert!(
            check(&token, key, server("2"), now.plus(2 * LIFETIME_MICROS)).unwrap_err().contains("expired")
        );
        assert!(check(&token, key, server("2"), now.plus(-LIFETIME_MICROS)).unwrap_err().contains("expired"));
        let wider = Claims { audience: server("3"), ..claims };
        let body = BASE64.encode(serde_json::to_vec(&wider).unwrap());
        let forged = format!("{PREFIX}.{body}.{}", token.rsplit_once('.').unwrap().1);
        assert!(check(&forged, key, server("3"), now).unwrap_err().contains("not signed"));
        for broken in ["", "towpath1", "towpath1..", "a.b.c", &token[1..]] {
            assert!(check(broken, key, server("2"), now).is_err(), "{broken}");
        }
    }
}
