//! Service accounts. Role, deactivation and letting in again are those of users.

use super::call::{Ask, At, Call, Input, PageAsk, id};
use axum::response::Response;
use domain::id::{RoleId, UserId};
use serde::Deserialize;

pub async fn list(call: Call, At(infra): At<String>, Ask(ask): Ask<PageAsk>) -> Response {
    call.answer(call.console.service_accounts(&call.caller, &infra, &ask.into()).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    username: String,
    name: String,
    role: RoleId,
}

pub async fn create(call: Call, At(infra): At<String>, Input(new): Input<Create>) -> Response {
    let Create { username, name, role } = new;
    let made = call.console.create_service_account(&call.caller, &infra, &username, &name, role).await;
    call.made(made.map(id))
}

pub async fn show(call: Call, At((infra, user)): At<(String, UserId)>) -> Response {
    call.answer(call.console.service_account(&call.caller, &infra, user).await)
}
