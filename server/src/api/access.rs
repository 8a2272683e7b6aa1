//! What a change of roles, teams or grants would do, before it is made.

use super::call::{At, Call, Input};
use super::roles::Role;
use axum::response::Response;
use domain::id::{RoleId, TeamId, UserId};
use operations::AccessChange;
use serde::Deserialize;

/// A change that somebody thinks about, by the operation that would make it.
#[derive(Deserialize)]
#[serde(tag = "operation", deny_unknown_fields)]
pub enum Change {
    #[serde(rename = "user.role")]
    DefaultRole { user: UserId, role: RoleId },
    #[serde(rename = "role.edit")]
    EditRole {
        role: RoleId,
        /// What the role is to be, as for making one.
        new: Role,
    },
    #[serde(rename = "role.delete")]
    DeleteRole { role: RoleId, substitute: Option<RoleId> },
    #[serde(rename = "team.member")]
    PutMember { team: TeamId, user: UserId, role: RoleId },
    #[serde(rename = "team.member_remove")]
    RemoveMember { team: TeamId, user: UserId },
    #[serde(rename = "team.application_give")]
    GiveApplication { team: TeamId, application: String },
    #[serde(rename = "team.application_take")]
    TakeApplication { team: TeamId, application: String },
    #[serde(rename = "team.delete")]
    DeleteTeam { team: TeamId },
    #[serde(rename = "grant.give")]
    Grant { user: UserId, application: String, role: RoleId },
    #[serde(rename = "grant.revoke")]
    RevokeGrant { user: UserId, application: String },
}

impl From<Change> for AccessChange {
    fn from(change: Change) -> Self {
        match change {
            Change::DefaultRole { user, role } => Self::DefaultRole(user, role),
            Change::EditRole { role, new } => Self::EditRole(role, new.into()),
            Change::DeleteRole { role, substitute } => Self::DeleteRole(role, substitute),
            Change::PutMember { team, user, role } => Self::PutMember(team, user, role),
            Change::RemoveMember { team, user } => Self::RemoveMember(team, user),
            Change::GiveApplication { team, application } => Self::GiveApplication(team, application),
            Change::TakeApplication { team, application } => Self::TakeApplication(team, application),
            Change::DeleteTeam { team } => Self::DeleteTeam(team),
            Change::Grant { user, application, role } => Self::Grant(user, application, role),
            Change::RevokeGrant { user, application } => Self::RevokeGrant(user, application),
        }
    }
}

/// A read, though the change that it is about comes as a body.
pub async fn preview(call: Call, At(infra): At<String>, Input(change): Input<Change>) -> Response {
    call.answer(call.console.preview_access(&call.caller, &infra, &change.into()).await)
}
