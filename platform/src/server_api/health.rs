//! `GET /server/v1/health`: how the front-ends and their services are.

use super::farm::{Asked, Asks, ask_controller, is_own};
use super::{Api, fault};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::server_api::health::{Health, HealthQuery, Of, ServerHealth};
use std::sync::Arc;

/// `GET /server/v1/health`
pub async fn show(
    State(api): State<Api>,
    Asks(query): Asks<HealthQuery>,
    Extension(asked): Extension<Arc<Asked>>,
) -> Response {
    if !is_own(&api, query.of) {
        return ask_controller(&api, &asked).await;
    }
    let (own, is_controller) = (&api.identity, api.control.is_own());
    let mut servers = vec![ServerHealth::of(api.status(), own.server_name.clone(), is_controller)];
    if is_controller && query.of != Some(Of::Server) {
        match api.catalog.statuses().await {
            Ok(others) => {
                let others = others.into_iter().filter(|(_, status)| status.server != own.server);
                servers.extend(others.map(|(name, status)| ServerHealth::of(status, name, false)));
            }
            Err(error) => return fault(&error),
        }
    }
    Json(Health { environment: own.environment_name.clone(), servers }).into_response()
}
