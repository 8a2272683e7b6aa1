//! Teams, their members and applications.

use super::call::{Ask, At, Call, Input, id};
use axum::response::Response;
use domain::id::{RoleId, TeamId, UserId};
use domain::paging::PageSize;
use operations::TeamQuery;
use serde::Deserialize;

pub async fn list(call: Call, At(infra): At<String>) -> Response {
    call.answer(call.console.teams(&call.caller, &infra).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowAsk {
    members_after: Option<String>,
    applications_after: Option<String>,
    limit: Option<PageSize>,
}

pub async fn show(call: Call, At((infra, team)): At<(String, TeamId)>, Ask(ask): Ask<ShowAsk>) -> Response {
    let ShowAsk { members_after, applications_after, limit } = ask;
    let query = TeamQuery { members_after, applications_after, limit };
    call.answer(call.console.team(&call.caller, &infra, team, &query).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    name: String,
    #[serde(default)]
    description: String,
}

pub async fn create(call: Call, At(infra): At<String>, Input(team): Input<Team>) -> Response {
    call.made(call.console.create_team(&call.caller, &infra, &team.name, &team.description).await.map(id))
}

pub async fn edit(call: Call, At((infra, id)): At<(String, TeamId)>, Input(team): Input<Team>) -> Response {
    call.done(call.console.edit_team(&call.caller, &infra, id, &team.name, &team.description).await)
}

pub async fn delete(call: Call, At((infra, id)): At<(String, TeamId)>) -> Response {
    call.done(call.console.delete_team(&call.caller, &infra, id).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    role: RoleId,
}

pub async fn put_member(
    call: Call,
    At((infra, team, user)): At<(String, TeamId, UserId)>,
    Input(member): Input<Member>,
) -> Response {
    call.done(call.console.put_member(&call.caller, &infra, team, user, member.role).await)
}

pub async fn remove_member(call: Call, At((infra, team, user)): At<(String, TeamId, UserId)>) -> Response {
    call.done(call.console.remove_member(&call.caller, &infra, team, user).await)
}

pub async fn give_application(call: Call, At((infra, team, app)): At<(String, TeamId, String)>) -> Response {
    call.done(call.console.give_application(&call.caller, &infra, team, &app).await)
}

pub async fn take_application(call: Call, At((infra, team, app)): At<(String, TeamId, String)>) -> Response {
    call.done(call.console.take_application(&call.caller, &infra, team, &app).await)
}
