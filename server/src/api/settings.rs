//! Settings of applications by environment, and those that a plan sets. A secret is taken and never given.

use super::call::{At, Call, Input, id};
use axum::response::Response;
use domain::id::PlanId;
use serde::Deserialize;

/// Environment and application.
type There = At<(String, String, String)>;

pub async fn list(call: Call, At((infra, env, app)): There) -> Response {
    call.answer(call.console.settings_of(&call.caller, &infra, &env, &app).await)
}

/// The value as text, whatever kind it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    value: String,
}

pub async fn set(
    call: Call,
    At((infra, env, app, key)): At<(String, String, String, String)>,
    Input(Set { value }): Input<Set>,
) -> Response {
    call.done(call.console.set_setting(&call.caller, &infra, &env, &app, &key, &value).await)
}

pub async fn clear(call: Call, At((infra, env, app, key)): At<(String, String, String, String)>) -> Response {
    call.done(call.console.clear_setting(&call.caller, &infra, &env, &app, &key).await)
}

pub async fn apply(call: Call, At((infra, env, app)): There) -> Response {
    call.made(call.console.apply_settings(&call.caller, &infra, &env, &app).await.map(id))
}

pub async fn plan(
    call: Call,
    At((infra, plan, app, key)): At<(String, PlanId, String, String)>,
    Input(Set { value }): Input<Set>,
) -> Response {
    call.done(call.console.plan_setting(&call.caller, &infra, plan, &app, &key, &value).await)
}

pub async fn withdraw(
    call: Call,
    At((infra, plan, app, key)): At<(String, PlanId, String, String)>,
) -> Response {
    call.done(call.console.withdraw_plan_setting(&call.caller, &infra, plan, &app, &key).await)
}
