//! Roles granted on one application.

use super::call::{At, Call, Input};
use axum::response::Response;
use domain::id::{RoleId, UserId};
use serde::Deserialize;

pub async fn list(call: Call, At((infra, app)): At<(String, String)>) -> Response {
    call.answer(call.console.grantees(&call.caller, &infra, &app).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Give {
    role: RoleId,
}

pub async fn give(
    call: Call,
    At((infra, user, app)): At<(String, UserId, String)>,
    Input(give): Input<Give>,
) -> Response {
    call.done(call.console.grant(&call.caller, &infra, user, &app, give.role).await)
}

pub async fn revoke(call: Call, At((infra, user, app)): At<(String, UserId, String)>) -> Response {
    call.done(call.console.revoke_grant(&call.caller, &infra, user, &app).await)
}
