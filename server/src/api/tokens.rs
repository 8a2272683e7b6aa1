//! Tokens of service accounts. The answer that makes one is the only place where its text stands.

use super::call::{At, Call, Input};
use axum::response::Response;
use domain::id::{TokenId, UserId};
use domain::token::Scope;
use operations::{MadeToken, NewToken};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    name: String,
    scopes: Vec<Scope>,
    days: i64,
}

pub async fn create(
    call: Call,
    At((infra, user)): At<(String, UserId)>,
    Input(new): Input<Create>,
) -> Response {
    let Create { name, scopes, days } = new;
    let made = call.console.create_token(&call.caller, &infra, user, NewToken { name, scopes, days }).await;
    call.made(made.map(told))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    days: i64,
    /// How long the old token stays good, hours.
    overlap_hours: i64,
}

pub async fn rotate(
    call: Call,
    At((infra, user, id)): At<(String, UserId, TokenId)>,
    Input(rotate): Input<Rotate>,
) -> Response {
    let Rotate { days, overlap_hours } = rotate;
    call.made(call.console.rotate_token(&call.caller, &infra, user, id, days, overlap_hours).await.map(told))
}

pub async fn revoke(call: Call, At((infra, user, id)): At<(String, UserId, TokenId)>) -> Response {
    call.done(call.console.revoke_token(&call.caller, &infra, user, id).await)
}

fn told(made: MadeToken) -> Value {
    json!({ "id": made.id, "token": made.token.reveal(), "expires_at": made.expires_at })
}
