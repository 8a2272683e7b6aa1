//! The front-ends of an environment.

use super::call::{At, Call, Input};
use axum::response::Response;
use operations::ServerInput;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct New {
    /// Made of the name where it is left out.
    #[serde(default)]
    key: String,
    name: String,
    #[serde(default)]
    host: String,
    #[serde(default)]
    data_center: String,
    zones: Option<Vec<String>>,
}

pub async fn add(call: Call, At((infra, env)): At<(String, String)>, Input(new): Input<New>) -> Response {
    let New { key, name, host, data_center, zones } = new;
    let input = ServerInput { name, host, data_center, zones };
    call.made(call.console.add_server(&call.caller, &infra, &env, &key, &input).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changed {
    name: String,
    #[serde(default)]
    host: String,
    #[serde(default)]
    data_center: String,
    zones: Option<Vec<String>>,
}

pub async fn change(
    call: Call,
    At((infra, env, server)): At<(String, String, String)>,
    Input(changed): Input<Changed>,
) -> Response {
    let Changed { name, host, data_center, zones } = changed;
    let input = ServerInput { name, host, data_center, zones };
    call.done(call.console.change_server(&call.caller, &infra, &env, &server, &input).await)
}

pub async fn leave(call: Call, At((infra, env, server)): At<(String, String, String)>) -> Response {
    call.done(call.console.leave_server(&call.caller, &infra, &env, &server).await)
}

pub async fn code(call: Call, At((infra, env, server)): At<(String, String, String)>) -> Response {
    let made = call.console.enrolment_code(&call.caller, &infra, &env, &server).await;
    call.made(made.map(|code| json!({ "code": code })))
}
