//! `POST /server/v1/enqueue`: a front-end hands over what an application put into the queue, signed with its own key like an announcement. The
//! same message sent again has the same id, and so changes nothing.

use super::announcement::signer;
use super::{Api, fault, refuse};
use crate::work::{BODY_BYTES, Enqueue};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// Where the controller's Server.API takes it.
pub const PATH: &str = "/server/v1/enqueue";

/// Longest message, bytes.
pub const BYTES: usize = 2 * BODY_BYTES;

pub(super) async fn take(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(scheduler) = api.scheduler.now() else {
        return refuse(StatusCode::NOT_FOUND, "This front-end is not the deployment controller.");
    };
    let members = match api.catalog.members().await {
        Ok(members) => members,
        Err(error) => return fault(&error),
    };
    if let Err(reason) = signer(members, &headers, PATH, &body, crate::clock::now()) {
        return refuse(StatusCode::UNAUTHORIZED, reason);
    }
    let Ok(enqueue) = serde_json::from_slice::<Enqueue>(&body) else {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "What was handed over cannot be read.");
    };
    match scheduler.enqueue(enqueue).await {
        Ok(id) => id.into_response(),
        Err((status, why)) => refuse(status, &why),
    }
}
