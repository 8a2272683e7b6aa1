//! IT users, and who calls.

use super::call::{Ask, At, Call, Input};
use axum::response::Response;
use domain::id::{RoleId, UserId};
use domain::time::Timestamp;
use operations::{UserInput, UserQuery};
use serde::Deserialize;
use serde_json::{Value, json};

pub async fn me(call: Call) -> Response {
    call.answer(call.console.me(&call.caller).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListAsk {
    search: Option<String>,
    active: Option<bool>,
    role: Option<RoleId>,
    after: Option<String>,
}

pub async fn list(call: Call, At(infra): At<String>, Ask(ask): Ask<ListAsk>) -> Response {
    let ListAsk { search, active, role, after } = ask;
    let query = UserQuery { search, active, role, after };
    call.answer(call.console.users(&call.caller, &infra, &query).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    username: String,
    name: String,
    #[serde(default)]
    email: String,
    role: RoleId,
    /// A one-time password is made, and told once, where none is given.
    password: Option<String>,
}

pub async fn create(call: Call, At(infra): At<String>, Input(new): Input<Create>) -> Response {
    let Create { username, name, email, role, password } = new;
    let input = UserInput { username, name, email, role, password };
    let added = call.console.create_user(&call.caller, &infra, input).await;
    call.made(added.map(|added| json!({ "id": added.user, "one_time_password": added.one_time_password })))
}

pub async fn show(call: Call, At((infra, user)): At<(String, UserId)>) -> Response {
    call.answer(call.console.user(&call.caller, &infra, user).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    name: String,
    email: String,
}

pub async fn change(
    call: Call,
    At((infra, user)): At<(String, UserId)>,
    Input(change): Input<Change>,
) -> Response {
    call.done(call.console.change_user(&call.caller, &infra, user, &change.name, &change.email).await)
}

pub async fn deactivate(call: Call, At((infra, user)): At<(String, UserId)>) -> Response {
    call.done(call.console.deactivate_user(&call.caller, &infra, user).await)
}

pub async fn reactivate(call: Call, At((infra, user)): At<(String, UserId)>) -> Response {
    call.done(call.console.reactivate_user(&call.caller, &infra, user).await)
}

/// A role, in a body or as a parameter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    role: RoleId,
}

pub async fn set_role(
    call: Call,
    At((infra, user)): At<(String, UserId)>,
    Input(new): Input<Role>,
) -> Response {
    call.done(call.console.set_default_role(&call.caller, &infra, user, new.role).await)
}

pub async fn preview(call: Call, At((infra, user)): At<(String, UserId)>, Ask(ask): Ask<Role>) -> Response {
    call.answer(call.console.preview_default_role(&call.caller, &infra, user, ask.role).await)
}

pub async fn failed(call: Call, At((_, user)): At<(String, UserId)>) -> Response {
    let rows = call.console.failed_sign_ins(&call.caller, user).await;
    let told = |(address, failures, free_at): (String, u32, Timestamp)| json!({ "address": address, "failures": failures, "free_at": free_at });
    call.answer(rows.map(|rows| rows.into_iter().map(told).collect::<Vec<Value>>()))
}

pub async fn unblock(call: Call, At((_, user)): At<(String, UserId)>) -> Response {
    call.done(call.console.unblock_user(&call.caller, user).await)
}
