//! IT users, and who calls.

use super::call::{Ask, At, Call, Input, PageAsk};
use axum::response::Response;
use domain::id::{RoleId, UserId};
use domain::paging::PageSize;
use domain::time::Timestamp;
use operations::{EffectiveQuery, UserInput, UserQuery};
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
    limit: Option<PageSize>,
}

pub async fn list(call: Call, At(infra): At<String>, Ask(ask): Ask<ListAsk>) -> Response {
    let ListAsk { search, active, role, after, limit } = ask;
    let query = UserQuery { search, active, role, after, limit };
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    role: RoleId,
    /// Why; it stands in the entry.
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleAsk {
    role: RoleId,
}

pub async fn set_role(
    call: Call,
    At((infra, user)): At<(String, UserId)>,
    Input(new): Input<NewRole>,
) -> Response {
    call.done(call.console.set_default_role(&call.caller, &infra, user, new.role, &new.reason).await)
}

pub async fn preview(
    call: Call,
    At((infra, user)): At<(String, UserId)>,
    Ask(ask): Ask<RoleAsk>,
) -> Response {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectiveAsk {
    search: Option<String>,
    after: Option<String>,
    limit: Option<PageSize>,
}

pub async fn effective(
    call: Call,
    At((infra, user)): At<(String, UserId)>,
    Ask(ask): Ask<EffectiveAsk>,
) -> Response {
    let query = EffectiveQuery { search: ask.search, after: ask.after, limit: ask.limit };
    call.answer(call.console.effective_rights(&call.caller, &infra, user, &query).await)
}

pub async fn second_factor(call: Call, At((infra, user)): At<(String, UserId)>) -> Response {
    call.answer(call.console.user_second_factor(&call.caller, &infra, user).await)
}

pub async fn sessions(call: Call, At((infra, user)): At<(String, UserId)>) -> Response {
    call.answer(call.console.user_sessions(&call.caller, &infra, user).await)
}

pub async fn end_sessions(call: Call, At((infra, user)): At<(String, UserId)>) -> Response {
    call.done(call.console.end_user_sessions(&call.caller, &infra, user).await.map(drop))
}

pub async fn end_session(call: Call, At((infra, user, id)): At<(String, UserId, String)>) -> Response {
    call.done(call.console.end_user_session(&call.caller, &infra, user, &id).await)
}

pub async fn reset_second_factor(call: Call, At((infra, user)): At<(String, UserId)>) -> Response {
    call.done(call.console.reset_second_factor(&call.caller, &infra, user).await)
}

pub async fn find(call: Call, At((infra, username)): At<(String, String)>) -> Response {
    call.answer(call.console.person(&call.caller, &infra, None, &username).await)
}

/// The entry that says who reviews; the pages are read after it.
pub async fn begin_review(call: Call, At(infra): At<String>) -> Response {
    call.done(call.console.begin_access_review(&call.caller, &infra).await)
}

pub async fn review(call: Call, At(infra): At<String>, Ask(ask): Ask<PageAsk>) -> Response {
    call.answer(call.console.access_review(&call.caller, &infra, &ask.into()).await)
}
