//! `GET /server/v1/queue`: what waits at this front-end, now.

use super::Api;
use axum::Json;
use axum::extract::State;
use domain::server_api::queue::Queues;

pub(super) async fn show(State(api): State<Api>) -> Json<Queues> {
    Json(api.deployment.front().queues())
}
