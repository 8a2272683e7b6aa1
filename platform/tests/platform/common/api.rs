//! Asking Server.API as the controller does.

use super::client;
use super::console::server_id;
use super::server::Server;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::{Signer, SigningKey};
use serde::de::DeserializeOwned;
use std::time::{SystemTime, UNIX_EPOCH};

/// A token for server `number`, signed with the key of `controller`.
#[expect(clippy::disallowed_methods, reason = "a token holds by the machine's clock")]
fn token(controller: &Server, number: u128) -> String {
    let seed = std::fs::read_to_string(controller.path("identity.key")).unwrap();
    let key = SigningKey::from_bytes(&hex::decode(seed.trim()).unwrap().try_into().unwrap());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64;
    let claims = serde_json::json!({
        "id": "test",
        "issuer": server_id(1),
        "audience": server_id(number),
        "expires_at": now + 60_000_000, "epoch": 1,
        "api_address": controller.api,
    });
    let signed = format!("towpath1.{}", BASE64.encode(claims.to_string()));
    let signature = BASE64.encode(key.sign(signed.as_bytes()).to_bytes());
    format!("{signed}.{signature}")
}

/// Status and body of an answer of the controller's own Server.API.
pub async fn asked(controller: &Server, path: &str) -> (u16, String) {
    asked_by("GET", controller, path).await
}

/// The same by another method.
pub async fn asked_by(method: &str, controller: &Server, path: &str) -> (u16, String) {
    let request = client().request(method.parse().unwrap(), format!("{}{path}", controller.api));
    let answer = request.bearer_auth(token(controller, 1)).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The answer itself.
pub async fn read<T: DeserializeOwned>(controller: &Server, path: &str) -> T {
    let (status, body) = asked(controller, path).await;
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
}
