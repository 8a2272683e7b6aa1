//! `GET /server/v1/deployments`: the controller's journal of tasks, or this front-end's journal of switches.

use super::farm::{Asked, Asks, ask_controller, is_own};
use super::{Api, fault};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::paging::PageSize;
use domain::server_api::deployments::{Deployments, DeploymentsQuery, Place};
use domain::server_api::health::Of;
use std::sync::Arc;

/// How many are told where nobody asks for a number.
const USUAL: u32 = 50;

/// `GET /server/v1/deployments`
pub async fn list(
    State(api): State<Api>,
    Asks(query): Asks<DeploymentsQuery>,
    Extension(asked): Extension<Arc<Asked>>,
) -> Response {
    if !is_own(&api, query.of) {
        return ask_controller(&api, &asked).await;
    }
    let limit = query.limit.map_or(USUAL, PageSize::rows);
    let tasks = api.control.is_own() && query.of != Some(Of::Server);
    // One more than is told shows whether there is another page.
    let found = if tasks {
        api.catalog.tasks_page(query.application, query.after, limit + 1).await
    } else {
        api.catalog.operations_page(query.application, query.after, limit + 1).await
    };
    let mut deployments = match found {
        Ok(found) => found,
        Err(error) => return fault(&error),
    };
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = deployments.len() > most;
    deployments.truncate(most);
    let last = deployments.last().filter(|_| more);
    let next = last.map(|last| Place { at: last.began_at, key: last.key.clone() });
    Json(Deployments { deployments, next }).into_response()
}
