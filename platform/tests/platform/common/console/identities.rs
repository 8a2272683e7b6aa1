//! Who controls, and which keys are believed, at the console of a test.

use super::{Console, Shared, refused, server_id, signer, unsigned};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::id::ServerId;
use domain::protocol::{
    ControlResponse, NEXT_KEY, NextKeyRequest, WHO_CONTROLS, fingerprint, next_key_input,
};
use ed25519_dalek::{Signature, VerifyingKey};
use std::collections::HashMap;
use std::sync::Arc;

impl Console {
    /// Makes another server the controller, as a person does at the console.
    pub fn make_controller(&self, number: u128) {
        self.with(|inner| {
            for (server, known) in &mut inner.servers {
                known.is_controller = *server == server_id(number);
            }
            inner.epoch += 1;
            inner.revision += 1;
        });
    }

    /// Takes the key of a server away.
    pub fn revoke(&self, number: u128) {
        self.with(|inner| {
            let known = inner.servers.get_mut(&server_id(number)).unwrap();
            (known.key, known.revoked) = (None, true);
            inner.epoch += u64::from(known.is_controller);
            inner.revision += 1;
        });
    }

    /// Lets a server enrol with a new code.
    pub fn code(&self, number: u128, code: &str) {
        self.with(|inner| inner.codes.insert(code.to_owned(), server_id(number)));
    }

    /// The fingerprint of the key that a server is known by.
    pub fn fingerprint(&self, number: u128) -> String {
        self.with(|inner| fingerprint(inner.servers[&server_id(number)].key.as_deref().unwrap()).unwrap())
    }

    /// Whether a server has brought a key that has not signed yet.
    pub fn awaits_key(&self, number: u128) -> bool {
        self.with(|inner| inner.servers[&server_id(number)].next.is_some())
    }

    /// How many syncs of a server were answered, and how many refused.
    pub fn syncs(&self, number: u128) -> (u64, u64) {
        self.with(|inner| {
            let of = |counts: &HashMap<ServerId, u64>| counts.get(&server_id(number)).copied().unwrap_or(0);
            (of(&inner.syncs), of(&inner.refused))
        })
    }
}

pub(super) async fn who_controls(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut inner = shared.inner.lock().unwrap();
    if let Err(reason) = signer(&mut inner, "POST", WHO_CONTROLS, &headers, &body) {
        return unsigned(&mut inner, reason);
    }
    if inner.faults.who_controls_lost {
        return refused(StatusCode::SERVICE_UNAVAILABLE, "Not now.");
    }
    let (server, known) = inner.servers.iter().find(|(_, known)| known.is_controller).unwrap();
    Json(ControlResponse {
        server: *server,
        server_name: known.name.clone(),
        public_key: known.key.clone(),
        api_address: known.api_address.clone(),
        epoch: inner.epoch,
    })
    .into_response()
}

pub(super) async fn next_key(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut inner = shared.inner.lock().unwrap();
    let server = match signer(&mut inner, "POST", NEXT_KEY, &headers, &body) {
        Ok(server) => server,
        Err(reason) => return unsigned(&mut inner, reason),
    };
    let request: NextKeyRequest = serde_json::from_slice(&body).unwrap();
    let key = <[u8; 32]>::try_from(hex::decode(&request.public_key).unwrap()).unwrap();
    let proof = hex::decode(&request.proof).unwrap();
    let input = next_key_input(server, &request.public_key);
    let proven = VerifyingKey::from_bytes(&key)
        .unwrap()
        .verify_strict(&input, &Signature::from_slice(&proof).unwrap());
    if proven.is_err() {
        inner.wrong.push("a key without its proof".to_owned());
    }
    let known = inner.servers.get_mut(&server).unwrap();
    if known.key.as_ref() != Some(&request.public_key) {
        known.next = Some(request.public_key);
    }
    if inner.faults.next_key_lost {
        return refused(StatusCode::SERVICE_UNAVAILABLE, "Not now.");
    }
    StatusCode::NO_CONTENT.into_response()
}
