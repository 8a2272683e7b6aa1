//! Invitations. The answer that makes one is the only place where what its link holds stands.

use super::call::{Ask, At, Call, Input, PageAsk};
use axum::response::Response;
use domain::id::{RoleId, UserId};
use operations::{InvitationInput, Invited};
use serde::Deserialize;
use serde_json::{Value, json};

pub async fn list(call: Call, At(infra): At<String>, Ask(ask): Ask<PageAsk>) -> Response {
    call.answer(call.console.invitations(&call.caller, &infra, &ask.into()).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Make {
    username: String,
    name: String,
    #[serde(default)]
    email: String,
    role: RoleId,
}

pub async fn make(call: Call, At(infra): At<String>, Input(make): Input<Make>) -> Response {
    let Make { username, name, email, role } = make;
    let input = InvitationInput { username, name, email, role };
    call.made(call.console.invite_user(&call.caller, &infra, input).await.map(told))
}

pub async fn renew(call: Call, At((infra, user)): At<(String, UserId)>) -> Response {
    call.made(call.console.renew_invitation(&call.caller, &infra, user).await.map(told))
}

pub async fn withdraw(call: Call, At((infra, user)): At<(String, UserId)>) -> Response {
    call.done(call.console.withdraw_invitation(&call.caller, &infra, user).await)
}

fn told(invited: Invited) -> Value {
    json!({ "id": invited.user, "token": invited.token, "expires_at": invited.expires_at })
}
