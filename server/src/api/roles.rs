//! Roles.

use super::call::{At, Call, Input, id};
use axum::response::Response;
use domain::access::{Right, Rights, WideRight, WideRights};
use domain::id::RoleId;
use operations::RoleInput;
use serde::Deserialize;
use std::collections::BTreeMap;

pub async fn list(call: Call, At(infra): At<String>) -> Response {
    call.answer(call.console.roles(&call.caller, &infra).await)
}

pub async fn show(call: Call, At((infra, role)): At<(String, RoleId)>) -> Response {
    call.answer(call.console.role(&call.caller, &infra, role).await)
}

/// What a role gives in one environment: rights by their words, or a level from 0 to 6 that stands for a set.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Level(u8),
    Rights(Vec<Right>),
}

impl Given {
    fn rights(&self) -> Rights {
        match self {
            Self::Level(level) => Rights::level(*level),
            Self::Rights(list) => Rights::of(list),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    name: String,
    #[serde(default)]
    description: String,
    /// By the environment's key; every environment is named.
    environments: BTreeMap<String, Given>,
    #[serde(default)]
    infrastructure: Vec<WideRight>,
    new_environment: Option<Given>,
}

impl From<Role> for RoleInput {
    fn from(role: Role) -> Self {
        Self {
            name: role.name,
            description: role.description,
            environments: role
                .environments
                .iter()
                .map(|(key, given)| (key.clone(), given.rights()))
                .collect(),
            wide: WideRights::of(&role.infrastructure),
            new_environment: role.new_environment.map(|given| given.rights()),
        }
    }
}

pub async fn create(call: Call, At(infra): At<String>, Input(role): Input<Role>) -> Response {
    call.made(call.console.create_role(&call.caller, &infra, &role.into()).await.map(id))
}

pub async fn edit(call: Call, At((infra, id)): At<(String, RoleId)>, Input(role): Input<Role>) -> Response {
    call.done(call.console.edit_role(&call.caller, &infra, id, &role.into()).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// The role that its holders get; needed where somebody holds it.
    substitute: Option<RoleId>,
}

pub async fn delete(
    call: Call,
    At((infra, id)): At<(String, RoleId)>,
    Input(delete): Input<Delete>,
) -> Response {
    call.done(call.console.delete_role(&call.caller, &infra, id, delete.substitute).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asks {
    required: bool,
}

pub async fn second_factor(
    call: Call,
    At((infra, id)): At<(String, RoleId)>,
    Input(asks): Input<Asks>,
) -> Response {
    call.done(call.console.require_second_factor(&call.caller, &infra, id, asks.required).await)
}

pub async fn second_factors(call: Call, At(infra): At<String>) -> Response {
    call.answer(call.console.role_factors(&call.caller, &infra).await)
}
