//! A front-end that is ended by hand asks whether it is its turn to leave the load balancer.

use super::announcement::signer;
use super::{Api, fault, refuse};
use crate::catalog::Member;
use crate::clock;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::id::ServerId;
use domain::protocol::Farm;
use domain::server_api::turn::{TurnAnswer, TurnRequest};
use std::sync::PoisonError;
use std::time::Duration;

pub use domain::server_api::turn::PATH;

/// How long a front-end is let wait for its turn. Then it leaves all the same: it was told to end.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// How long a front-end that left is counted as out beyond its drain and its last requests, unless it comes back sooner.
const GONE: Duration = Duration::from_secs(30);
/// How long the last requests are waited for where the environment says nothing.
const OPEN: u32 = 30;

/// The front-end that asks its controller something at `path`, if this is the controller, and it signed that with its own key, just now and
/// never before.
pub(super) async fn front_end(
    api: &Api,
    path: &'static str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Member, Response> {
    if !api.control.is_own() {
        return Err(refuse(StatusCode::NOT_FOUND, "This front-end is not the deployment controller."));
    }
    let members = api.catalog.members().await.map_err(|error| fault(&error))?;
    let unsigned = |reason: &str| refuse(StatusCode::UNAUTHORIZED, reason);
    let (member, time) = signer(members, headers, path, body, clock::now()).map_err(unsigned)?;
    let mut all = api.signed.lock().unwrap_or_else(PoisonError::into_inner);
    let last = all.entry((path, member.server)).or_default();
    if *last >= time {
        return Err(unsigned("The front-end asked at that time or later already."));
    }
    *last = time;
    Ok(member)
}

/// `POST /server/v1/turn`.
pub async fn take(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Response {
    let member = match front_end(&api, PATH, &headers, &body).await {
        Ok(member) => member,
        Err(refusal) => return refusal,
    };
    let Ok(TurnRequest { drain_seconds }) = serde_json::from_slice(&body) else {
        return refuse(StatusCode::BAD_REQUEST, "The wish to leave cannot be read.");
    };
    let farm = api.turns.farm();
    let granted = match farm.drain_seconds.unwrap_or(drain_seconds) {
        // Where no load balancer is told, nobody takes turns.
        0 => true,
        drain => granted(&api, member.server, (drain, farm)).await,
    };
    tracing::info!(name = member.name, granted, "a front-end leaves");
    Json(TurnAnswer { granted, farm }).into_response()
}

/// Waits for a front-end's turn, and counts it as out until it is gone.
async fn granted(api: &Api, server: ServerId, (drain, farm): (u32, Farm)) -> bool {
    let Ok(turn) = tokio::time::timeout(PATIENCE, api.turns.take(server)).await else { return false };
    let out = Duration::from_secs((drain + farm.open_requests_seconds.unwrap_or(OPEN)).into()) + GONE;
    api.turns.goes(turn, out);
    true
}
