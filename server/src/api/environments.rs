//! The matrix and the environments.

use super::call::{Ask, At, Call, Input, PageAsk};
use axum::response::Response;
use domain::id::RoleId;
use domain::paging::PageSize;
use operations::{EnvironmentInput, MatrixQuery, RegisterEnvironment};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What to show of the matrix.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatrixAsk {
    search: Option<String>,
    #[serde(default)]
    modified: bool,
    #[serde(default)]
    differs: bool,
    #[serde(default)]
    moving: bool,
    #[serde(default)]
    unmet: bool,
    after: Option<String>,
    limit: Option<PageSize>,
}

pub async fn matrix(call: Call, At(infra): At<String>, Ask(ask): Ask<MatrixAsk>) -> Response {
    let MatrixAsk { search, modified, differs, moving, unmet, after, limit } = ask;
    let query = MatrixQuery { search, modified, differs, moving, unmet, after, limit };
    call.answer(call.console.matrix(&call.caller, &infra, &query).await)
}

pub async fn list(call: Call, At(infra): At<String>) -> Response {
    call.answer(call.console.environments(&call.caller, &infra).await)
}

pub async fn show(call: Call, At((infra, env)): At<(String, String)>) -> Response {
    call.answer(call.console.environment(&call.caller, &infra, &env).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintain {
    reason: String,
}

pub async fn maintain(
    call: Call,
    At((infra, env)): At<(String, String)>,
    Input(Maintain { reason }): Input<Maintain>,
) -> Response {
    call.answer(call.console.begin_maintenance(&call.caller, &infra, &env, &reason).await)
}

pub async fn end_maintenance(call: Call, At((infra, env)): At<(String, String)>) -> Response {
    call.done(call.console.end_maintenance(&call.caller, &infra, &env).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    name: String,
    #[serde(default)]
    key: String,
    purpose: String,
    topology: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    front_ends: Vec<String>,
    #[serde(default)]
    after: String,
    #[serde(default)]
    levels: BTreeMap<RoleId, u8>,
}

pub async fn register(call: Call, At(infra): At<String>, Input(new): Input<Register>) -> Response {
    let Register { name, key, purpose, topology, address, front_ends, after, levels } = new;
    let input = RegisterEnvironment { key, name, purpose, topology, address, front_ends, after, levels };
    call.made(call.console.register_environment(&call.caller, &infra, &input).await)
}

pub async fn leaving(call: Call, At((infra, env)): At<(String, String)>) -> Response {
    call.answer(call.console.environment_leaving(&call.caller, &infra, &env).await)
}

pub async fn leave(call: Call, At((infra, env)): At<(String, String)>) -> Response {
    call.done(call.console.leave_environment(&call.caller, &infra, &env).await)
}

pub async fn timeline(
    call: Call,
    At((infra, env)): At<(String, String)>,
    Ask(ask): Ask<PageAsk>,
) -> Response {
    call.answer(call.console.timeline(&call.caller, &infra, &env, &ask.into()).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Around {
    /// Key of one application; all where none is named.
    application: Option<String>,
}

pub async fn dependencies(
    call: Call,
    At((infra, env)): At<(String, String)>,
    Ask(around): Ask<Around>,
) -> Response {
    let application = around.application.as_deref();
    call.answer(call.console.dependencies(&call.caller, &infra, &env, application).await)
}

pub async fn settings(call: Call, At((infra, env)): At<(String, String)>) -> Response {
    call.answer(call.console.environment_settings(&call.caller, &infra, &env).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// The zone's key; empty for the default one.
    zone: String,
}

pub async fn zone(
    call: Call,
    At((infra, env, app)): At<(String, String, String)>,
    Input(Zone { zone }): Input<Zone>,
) -> Response {
    call.done(call.console.choose_zone(&call.caller, &infra, &env, &app, &zone).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changed {
    name: String,
    purpose: String,
    topology: String,
    #[serde(default)]
    address: String,
    /// Empty for the first place; it stays where it is without one.
    after: Option<String>,
    /// It stays as it is without one.
    two_stage: Option<bool>,
    /// 0 for as many as where nothing is said. It stays as it is without one.
    deployments_at_once: Option<u32>,
    /// Both stay as they are without it.
    limits: Option<Limits>,
    /// 0 for one. It stays as it is without one.
    out_at_once: Option<u32>,
    /// Both stay as they are without it.
    drain: Option<Drain>,
}

/// Null where nothing is said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drain {
    seconds: Option<u32>,
    open_requests_seconds: Option<u32>,
}

/// Null for any number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    applications: Option<u32>,
    deployments: Option<u32>,
}

pub async fn change(
    call: Call,
    At((infra, env)): At<(String, String)>,
    Input(changed): Input<Changed>,
) -> Response {
    let Changed {
        name,
        purpose,
        topology,
        address,
        after,
        two_stage,
        deployments_at_once,
        limits,
        out_at_once,
        drain,
    } = changed;
    let text = |limit: Option<u32>| limit.map(|most| most.to_string()).unwrap_or_default();
    let input = EnvironmentInput {
        name,
        purpose,
        topology,
        address,
        after,
        two_stage,
        application_limit: limits.as_ref().map(|limits| text(limits.applications)),
        deployment_limit: limits.as_ref().map(|limits| text(limits.deployments)),
        deployments_at_once: deployments_at_once.map(|most| text(Some(most).filter(|most| *most > 0))),
        out_at_once: out_at_once.map(|most| text(Some(most).filter(|most| *most > 0))),
        drain_seconds: drain.as_ref().map(|drain| text(drain.seconds)),
        open_requests_seconds: drain.as_ref().map(|drain| text(drain.open_requests_seconds)),
    };
    call.done(call.console.change_environment(&call.caller, &infra, &env, &input).await)
}
