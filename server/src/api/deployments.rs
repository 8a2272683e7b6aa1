//! Deployments.

use super::call::{Ask, At, Call};
use axum::response::Response;
use domain::id::DeploymentId;
use domain::paging::PageSize;
use operations::DeploymentQuery;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListAsk {
    target: Option<String>,
    application: Option<String>,
    status: Option<String>,
    after: Option<String>,
    limit: Option<PageSize>,
}

pub async fn list(call: Call, At(infra): At<String>, Ask(ask): Ask<ListAsk>) -> Response {
    let ListAsk { target, application, status, after, limit } = ask;
    let query = DeploymentQuery { target, application, status, after, limit };
    call.answer(call.console.deployments(&call.caller, &infra, &query).await)
}

/// Lets go on what waits.
pub async fn go_on(call: Call, At((infra, id)): At<(String, DeploymentId)>) -> Response {
    call.done(call.console.continue_deployment(&call.caller, &infra, id).await)
}

/// Ends what waits.
pub async fn abort(call: Call, At((infra, id)): At<(String, DeploymentId)>) -> Response {
    call.done(call.console.abort_deployment(&call.caller, &infra, id).await)
}

pub async fn show(call: Call, At((infra, id)): At<(String, DeploymentId)>) -> Response {
    call.answer(call.console.deployment(&call.caller, &infra, id).await)
}
