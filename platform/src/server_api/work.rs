//! `GET /server/v1/work`: what of the scheduler's a front-end runs. `POST /server/v1/work`: one call of a module, made once for each key.

use super::client::{ApiError, Members, read};
use super::{Api, fault};
use crate::catalog::Member;
use crate::work::{BODY_BYTES, Called, Order, RunningWork};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// How long a front-end may take to say what it runs, and to answer a call that it may hold for a few seconds.
const ANSWER: Duration = Duration::from_secs(10);
/// Longest order, bytes.
pub const BYTES: usize = 2 * BODY_BYTES;
/// Where both are.
pub const PATH: &str = "/server/v1/work";

pub(super) async fn running(State(api): State<Api>) -> Response {
    match api.work.running().await {
        Ok(running) => Json(running).into_response(),
        Err(error) => fault(&error),
    }
}

pub(super) async fn call(State(api): State<Api>, Json(order): Json<Order>) -> Response {
    match api.work.carry_out(order).await {
        Ok(called) => Json(called).into_response(),
        Err(error) => fault(&error),
    }
}

impl Members {
    /// What of the scheduler's a front-end runs; nothing while it is being started.
    pub async fn running_work(&self, member: &Member) -> Result<Option<Vec<RunningWork>>, ApiError> {
        let request = self.client.get(format!("{}{PATH}", member.api_address)).timeout(ANSWER);
        let answer = self.send("work", member, request).await?;
        read(member, answer).await
    }

    /// Has a front-end call a module, or tells what became of that call.
    pub async fn work(&self, member: &Member, order: &Order) -> Result<Called, ApiError> {
        let request = self.client.post(format!("{}{PATH}", member.api_address)).timeout(ANSWER);
        let answer = self.send("work", member, request.json(order)).await?;
        read(member, answer).await
    }
}
