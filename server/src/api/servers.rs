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
    cores: Option<u16>,
    memory_gib: Option<u32>,
    version: Option<String>,
    system: Option<String>,
    services: Option<Vec<String>>,
}

/// A number as a form has it; what is not named stays.
fn text<T: ToString>(number: Option<T>) -> Option<String> {
    number.map(|number| number.to_string())
}

pub async fn add(call: Call, At((infra, env)): At<(String, String)>, Input(new): Input<New>) -> Response {
    let New { key, name, host, data_center, zones, cores, memory_gib, version, system, services } = new;
    let (cores, memory_gib) = (text(cores), text(memory_gib));
    let input = ServerInput { name, host, data_center, zones, cores, memory_gib, version, system, services };
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
    cores: Option<u16>,
    memory_gib: Option<u32>,
    version: Option<String>,
    system: Option<String>,
    services: Option<Vec<String>>,
}

pub async fn change(
    call: Call,
    At((infra, env, server)): At<(String, String, String)>,
    Input(changed): Input<Changed>,
) -> Response {
    let Changed { name, host, data_center, zones, cores, memory_gib, version, system, services } = changed;
    let (cores, memory_gib) = (text(cores), text(memory_gib));
    let input = ServerInput { name, host, data_center, zones, cores, memory_gib, version, system, services };
    call.done(call.console.change_server(&call.caller, &infra, &env, &server, &input).await)
}

pub async fn leave(call: Call, At((infra, env, server)): At<(String, String, String)>) -> Response {
    call.done(call.console.leave_server(&call.caller, &infra, &env, &server).await)
}

pub async fn code(call: Call, At((infra, env, server)): At<(String, String, String)>) -> Response {
    let made = call.console.enrolment_code(&call.caller, &infra, &env, &server).await;
    call.made(made.map(|code| json!({ "code": code })))
}

pub async fn make_controller(call: Call, At((infra, env, server)): At<(String, String, String)>) -> Response {
    call.done(call.console.make_controller(&call.caller, &infra, &env, &server).await)
}

pub async fn revoke(call: Call, At((infra, env, server)): At<(String, String, String)>) -> Response {
    call.done(call.console.revoke_server(&call.caller, &infra, &env, &server).await)
}

pub async fn code_to_confirm(call: Call, At((infra, env, server)): At<(String, String, String)>) -> Response {
    let made = call.console.enrolment_code_to_confirm(&call.caller, &infra, &env, &server).await;
    call.made(made.map(|code| json!({ "code": code })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    fingerprint: String,
}

pub async fn confirm(
    call: Call,
    At((infra, env, server)): At<(String, String, String)>,
    Input(compared): Input<Compared>,
) -> Response {
    let Compared { fingerprint } = compared;
    call.done(call.console.confirm_server(&call.caller, &infra, &env, &server, &fingerprint).await)
}

pub async fn refuse(call: Call, At((infra, env, server)): At<(String, String, String)>) -> Response {
    call.done(call.console.refuse_server(&call.caller, &infra, &env, &server).await)
}
