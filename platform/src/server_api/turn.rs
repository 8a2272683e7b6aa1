//! A front-end that is ended by hand asks whether it is its turn to leave the load balancer.

use super::Api;
use super::announcement::Signed;
use crate::catalog::Member;
use crate::clock;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::id::ServerId;
use domain::protocol::{Farm, MAX_SKEW_MICROS};
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

/// Who asked something at `path`, if the front-end that is named signed it just now and never before.
pub(super) async fn signer(
    api: &Api,
    path: &'static str,
    signed: &Signed,
    body: &[u8],
) -> Result<Member, Response> {
    let refuse = |reason: &str| (StatusCode::UNAUTHORIZED, format!("{reason}\n")).into_response();
    let members = api.catalog.members().await.map_err(|error| super::fault(&error))?;
    let known = members.into_iter().find(|member| member.server == signed.server);
    let known = known.ok_or_else(|| refuse("The controller does not know this front-end yet."))?;
    let key = known.public_key.as_deref().and_then(|text| crate::identity::public_key(text).ok());
    if !key.is_some_and(|key| signed.holds(path, &key, body)) {
        return Err(refuse("It was not signed by the front-end that it names."));
    }
    if clock::now().since(signed.time).abs() > MAX_SKEW_MICROS {
        return Err(refuse("Its time is more than five minutes from the controller's; set the clocks."));
    }
    let mut all = api.signed.lock().unwrap_or_else(PoisonError::into_inner);
    let last = all.entry((path, signed.server)).or_default();
    if *last >= signed.time {
        return Err(refuse("The front-end asked at that time or later already."));
    }
    *last = signed.time;
    Ok(known)
}

/// `POST /server/v1/turn`.
pub async fn take(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Response {
    if !api.identity.is_controller {
        return (StatusCode::NOT_FOUND, "This front-end is not the deployment controller.\n").into_response();
    }
    let Some(signed) = Signed::of(&headers) else {
        let reason = "The wish to leave is signed by the front-end that has it.\n";
        return (StatusCode::UNAUTHORIZED, reason).into_response();
    };
    let member = match signer(&api, PATH, &signed, &body).await {
        Ok(member) => member,
        Err(refusal) => return refusal,
    };
    let Ok(TurnRequest { drain_seconds }) = serde_json::from_slice(&body) else {
        return (StatusCode::BAD_REQUEST, "The wish to leave cannot be read.\n").into_response();
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
