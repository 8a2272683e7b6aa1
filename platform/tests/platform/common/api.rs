//! Asking Server.API as the controller does.

use super::client;
use super::console::server_id;
use super::document;
use super::server::Server;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64};
use domain::protocol::{HEADER_NONCE, HEADER_SERVER, HEADER_SIGNATURE, HEADER_TIME, signing_input};
use domain::text::Sha256;
use domain::time::Timestamp;
use ed25519_dalek::{Signer, SigningKey};
use serde::de::DeserializeOwned;
use std::time::{SystemTime, UNIX_EPOCH};

fn key(server: &Server) -> SigningKey {
    let seed = std::fs::read_to_string(server.path("identity.key")).unwrap();
    SigningKey::from_bytes(&hex::decode(seed.trim()).unwrap().try_into().unwrap())
}

#[expect(clippy::disallowed_methods, reason = "tokens and signatures hold by the machine's clock")]
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64
}

/// A token of an epoch for server `number`, signed with the key of `signer`.
pub fn token(signer: &Server, number: u128, epoch: u64) -> String {
    let claims = serde_json::json!({
        "id": "test",
        "issuer": server_id(1),
        "audience": server_id(number),
        "expires_at": now() + 60_000_000, "epoch": epoch,
        "api_address": signer.api,
    });
    let signed = format!("towpath1.{}", BASE64.encode(claims.to_string()));
    let signature = BASE64.encode(key(signer).sign(signed.as_bytes()).to_bytes());
    format!("{signed}.{signature}")
}

/// A request that `signer` signs as server `number`.
pub fn signed(
    request: reqwest::RequestBuilder,
    (signer, number): (&Server, u128),
    (method, path): (&str, &str),
    body: &[u8],
) -> reqwest::RequestBuilder {
    let (time, nonce) = (Timestamp(now()), "0".repeat(32));
    let input = signing_input(&method.to_uppercase(), path, &Sha256::of(body), time, &nonce);
    let signature = STANDARD.encode(key(signer).sign(&input).to_bytes());
    request
        .header(HEADER_SERVER, server_id(number).to_string())
        .header(HEADER_TIME, time.0.to_string())
        .header(HEADER_NONCE, nonce)
        .header(HEADER_SIGNATURE, signature)
        .body(body.to_vec())
}

/// Status and body of an answer of the controller's own Server.API.
pub async fn asked(controller: &Server, path: &str) -> (u16, String) {
    asked_by("GET", controller, path).await
}

/// The same by another method.
pub async fn asked_by(method: &str, controller: &Server, path: &str) -> (u16, String) {
    let request = client().request(method.parse().unwrap(), format!("{}{path}", controller.api));
    let answer = request.bearer_auth(token(controller, 1, 1)).send().await.unwrap();
    let (status, body) = (answer.status().as_u16(), answer.text().await.unwrap());
    document::check(method, path, status, &body);
    (status, body)
}

/// The answer itself.
pub async fn read<T: DeserializeOwned>(controller: &Server, path: &str) -> T {
    let (status, body) = asked(controller, path).await;
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
}
