//! Questions about the whole environment: the deployment controller's catalog is the farm's, so any other front-end asks it over its
//! Server.API, with the client's own token, which is good for the whole environment.

use super::{Api, fault, refuse};
use crate::deployment::Switch;
use crate::server_identity::Claims;
use axum::body::Body;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::server_api::health::Of;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// What is asked for more exactly, from the address; what cannot be read is said in one sentence.
pub struct Asks<Q>(pub Q);

impl<Q: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asks<Q> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(error) => Err(refuse(StatusCode::BAD_REQUEST, &error.body_text())),
        }
    }
}

/// How long the controller may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who asks, and what.
pub struct Asked {
    /// The question as it came.
    pub uri: Uri,
    /// The token, and what it says.
    pub claims: Claims,
    /// The token itself.
    pub token: String,
    /// Whether another front-end passed it on.
    pub is_passed_on: bool,
}

/// Header: a front-end passes the question on. Nobody passes it on once more.
const PASSED_ON: &str = "towpath-passed-on";

/// Whether a question came by another front-end.
pub fn is_passed_on(headers: &HeaderMap) -> bool {
    headers.contains_key(PASSED_ON)
}

impl Asked {
    /// Why whoever asks may not switch so, where he may not. The controller's keys and fences are the console's: a client has keys of its
    /// own, and does not raise a fence, which would shut the console's deployments out.
    pub async fn refusal_to_switch(&self, api: &Api, switch: &Switch) -> Option<Response> {
        let client = self.claims.client.as_ref()?;
        if !switch.key.strip_prefix(&client.id).is_some_and(|rest| rest.starts_with('/')) {
            let sentence =
                format!("The key of a client's switch begins with its id and a slash: {}/…", client.id);
            return Some(refuse(StatusCode::UNPROCESSABLE_ENTITY, &sentence));
        }
        if switch.drain_seconds.is_some() || switch.open_requests_seconds.is_some() {
            let sentence = "How a front-end leaves is the environment's to say: leave out drain_seconds and open_requests_seconds.";
            return Some(refuse(StatusCode::UNPROCESSABLE_ENTITY, sentence));
        }
        match api.catalog.highest_fence(&switch.application).await {
            Ok(highest) if switch.fence > highest => {
                let sentence = format!("A client's fence is not above the highest that was seen, {highest}.");
                Some(refuse(StatusCode::UNPROCESSABLE_ENTITY, &sentence))
            }
            Ok(_) => None,
            Err(error) => Some(fault(&error)),
        }
    }
}

/// Whether this front-end answers itself.
pub fn is_own(api: &Api, of: Option<Of>) -> bool {
    api.control.is_own() || of.unwrap_or(Of::Server) == Of::Server
}

/// Passes a question on to the deployment controller.
pub async fn ask_controller(api: &Api, asked: &Asked) -> Response {
    if asked.is_passed_on {
        let sentence = "This front-end is not the deployment controller, for which another took it.";
        return refuse(StatusCode::BAD_GATEWAY, sentence);
    }
    let address = match api.catalog.controller_address().await {
        Ok(address) => address,
        Err(error) => return fault(&error),
    };
    let Some(address) = address else {
        return refuse(
            StatusCode::BAD_GATEWAY,
            "This front-end does not know where its deployment controller is.",
        );
    };
    if asked.claims.client.is_none() {
        // It is made out to this front-end alone.
        let sentence = format!("The environment is known to its deployment controller: ask it at {address}.");
        return refuse(StatusCode::CONFLICT, &sentence);
    }
    let question = asked.uri.path_and_query().map_or("/", |whole| whole.as_str());
    let request = api.client.get(format!("{address}{question}")).bearer_auth(&asked.token);
    let request = request.header(PASSED_ON, "1").timeout(PATIENCE);
    match request.send().await {
        Ok(answer) => {
            let status = answer.status();
            let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
            let mut passed = (status, Body::from_stream(answer.bytes_stream())).into_response();
            if let Some(kind) = kind {
                passed.headers_mut().insert(header::CONTENT_TYPE, kind);
            }
            passed
        }
        Err(error) => {
            tracing::warn!(%error, "a question could not be passed on to the controller");
            let sentence = format!("The deployment controller does not answer at {address}.");
            refuse(StatusCode::BAD_GATEWAY, &sentence)
        }
    }
}
