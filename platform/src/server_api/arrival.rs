//! A front-end that has started asks whether requests are welcome there.

use super::turn::front_end;
use super::{Api, refuse};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::id::ServerId;
use domain::protocol::{ServerStatus, SyncResponse};
use domain::server_api::arrival::{ArrivalAnswer, ArrivalRequest};
use domain::text::{Key, Sha256};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

pub use domain::server_api::arrival::PATH;

/// Longest question, bytes: a front-end with some thousand applications.
pub const BYTES: usize = 1 << 20;

/// What the console said last of a front-end: while it reported these releases, whether it was behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    runs: BTreeMap<Key, Sha256>,
    catches_up: bool,
}

/// The releases of a report.
pub fn runs(status: &ServerStatus) -> BTreeMap<Key, Sha256> {
    status.applications.iter().map(|one| (one.application.clone(), one.sha256)).collect()
}

impl Api {
    /// Takes note of what the console answered to a report.
    pub fn hear(&self, reported: &[ServerStatus], answer: &SyncResponse) {
        let late = |server: ServerId| answer.members.iter().any(|m| m.server == server && m.catches_up);
        let told = reported
            .iter()
            .filter(|status| status.reachable)
            .map(|status| (status.server, Told { runs: runs(status), catches_up: late(status.server) }));
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = told.collect();
    }

    /// Whether requests are welcome at a front-end that serves these releases.
    pub fn is_welcome(&self, server: ServerId, runs: &BTreeMap<Key, Sha256>) -> ArrivalAnswer {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.get(&server).filter(|told| told.runs == *runs) {
            Some(told) if told.catches_up => ArrivalAnswer::CatchesUp,
            Some(_) => ArrivalAnswer::Welcome,
            None => {
                // The console is asked as soon as the front-end has been.
                self.arriving.store(true, Ordering::SeqCst);
                self.look.notify_one();
                ArrivalAnswer::Unknown
            }
        }
    }
}

/// `POST /server/v1/arrival`.
pub async fn take(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Response {
    let member = match front_end(&api, PATH, &headers, &body).await {
        Ok(member) => member,
        Err(refusal) => return refusal,
    };
    let Ok(ArrivalRequest { runs }) = serde_json::from_slice(&body) else {
        return refuse(StatusCode::BAD_REQUEST, "The arrival cannot be read.");
    };
    let answer = api.is_welcome(member.server, &runs);
    if answer == ArrivalAnswer::Welcome {
        // It is back: somebody else may leave.
        api.turns.is_back(member.server);
    }
    Json(answer).into_response()
}
