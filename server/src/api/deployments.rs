//! Deployments.

use super::call::{Ask, At, Call, Input, TimeAsk, id};
use axum::response::Response;
use domain::id::DeploymentId;
use operations::{DeploymentAsk, RollBack};
use serde::Deserialize;

pub async fn list(call: Call, At(infra): At<String>, Ask(ask): Ask<TimeAsk>) -> Response {
    call.answer(call.console.deployments(&call.caller, &infra, &ask.into()).await)
}

/// Lets go on what waits.
pub async fn go_on(call: Call, At((infra, run)): At<(String, DeploymentId)>) -> Response {
    call.done(call.console.continue_deployment(&call.caller, &infra, run).await)
}

/// Stops what has not ended.
pub async fn abort(call: Call, At((infra, run)): At<(String, DeploymentId)>) -> Response {
    call.done(call.console.abort_deployment(&call.caller, &infra, run).await)
}

/// Tries a failed step again.
pub async fn retry(call: Call, At((infra, run)): At<(String, DeploymentId)>) -> Response {
    call.done(call.console.retry_deployment(&call.caller, &infra, run).await)
}

/// Leaves the front-end out on which a step failed.
pub async fn leave_out(call: Call, At((infra, run)): At<(String, DeploymentId)>) -> Response {
    call.done(call.console.leave_out_of_deployment(&call.caller, &infra, run).await)
}

/// Takes back what a suspended deployment did.
pub async fn take_back(call: Call, At((infra, run)): At<(String, DeploymentId)>) -> Response {
    call.done(call.console.take_deployment_back(&call.caller, &infra, run).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Back {
    /// What the deployment showed: a rollback is for one way back only.
    digest: String,
    reason: String,
    /// What the deployment showed that it breaks, where that is accepted.
    #[serde(default)]
    conflicts: String,
}

/// Rolls back what has finished.
pub async fn roll_back(
    call: Call,
    At((infra, run)): At<(String, DeploymentId)>,
    Input(back): Input<Back>,
) -> Response {
    let Back { digest, reason, conflicts } = back;
    let wanted = RollBack { digest: &digest, reason: &reason, conflicts: &conflicts };
    call.made(call.console.roll_back(&call.caller, &infra, run, wanted).await.map(id))
}

/// The whole log.
pub async fn log(call: Call, At((infra, run)): At<(String, DeploymentId)>) -> Response {
    let log = call.console.deployment_log(&call.caller, &infra, run).await;
    call.answer(log.map(|text| serde_json::json!({ "text": text })))
}

/// Everything about it, for people.
pub async fn report(call: Call, At((infra, run)): At<(String, DeploymentId)>) -> Response {
    let report = call.console.deployment_report(&call.caller, &infra, run).await;
    call.answer(report.map(|text| serde_json::json!({ "text": text })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowAsk {
    level: Option<String>,
    words: Option<String>,
    #[serde(default)]
    way_back: bool,
}

pub async fn show(
    call: Call,
    At((infra, run)): At<(String, DeploymentId)>,
    Ask(ask): Ask<ShowAsk>,
) -> Response {
    let query = DeploymentAsk { level: ask.level, words: ask.words, way_back: ask.way_back };
    call.answer(call.console.deployment_with(&call.caller, &infra, run, &query).await)
}
