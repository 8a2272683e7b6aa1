//! Questions about the whole environment: the deployment controller's catalog is the farm's, so any other front-end asks it over its
//! Server.API, with the client's own token, which is good for the whole environment.

use super::{Api, fault, refuse};
use crate::server_identity::Claims;
use axum::body::Body;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use domain::server_api::health::Of;
use std::time::Duration;

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
}

/// Whether this front-end answers itself.
pub fn is_own(api: &Api, of: Option<Of>) -> bool {
    api.identity.is_controller || of.unwrap_or(Of::Server) == Of::Server
}

/// Passes a question on to the deployment controller.
pub async fn ask_controller(api: &Api, asked: &Asked) -> Response {
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
    let request = api.client.get(format!("{address}{question}")).bearer_auth(&asked.token).timeout(PATIENCE);
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
