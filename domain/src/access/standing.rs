//! What a user holds: the default role, and the narrower ones of teams and grants.

use super::{Rights, WideRight, WideRights};
use crate::id::{ApplicationId, EnvironmentId, InfrastructureId, TeamId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a role gives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RoleRights {
    /// The rights in each environment; one that is not named is closed.
    pub environments: BTreeMap<EnvironmentId, Rights>,
    /// The infrastructure-wide rights.
    pub wide: WideRights,
}

impl RoleRights {
    /// The rights in one environment.
    #[must_use]
    pub fn at(&self, environment: EnvironmentId) -> Rights {
        self.environments.get(&environment).copied().unwrap_or_default()
    }
}

/// The narrower roles that a user has for one application.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrower {
    /// By a team that owns the application (an application is in at most one team, R31).
    pub team: Option<RoleRights>,
    /// By a grant on the application itself.
    pub grant: Option<RoleRights>,
}

/// What one user holds in one infrastructure, as far as a decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The infrastructure.
    pub infrastructure: InfrastructureId,
    /// What the user's default role gives (R25).
    pub default: RoleRights,
    /// The narrower roles, for the applications that the decision is about.
    pub applications: BTreeMap<ApplicationId, Narrower>,
    /// What the user's role in a team gives, for the teams whose members the decision is about.
    pub teams: BTreeMap<TeamId, RoleRights>,
}

/// Where a right comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The default role gives No Access here, which closes the environment whatever is granted (R27).
    Closed,
    /// The default role.
    Default,
    /// The role in the team that owns the application.
    Team,
    /// A grant on the application.
    Grant,
}

impl Standing {
    /// Whether the user manages the members of a team: of every team by the default role, of this one by the role in it.
    #[must_use]
    pub fn manages(&self, team: TeamId) -> bool {
        let by = |role: &RoleRights| role.wide.has(WideRight::ManageTeams);
        by(&self.default) || self.teams.get(&team).is_some_and(by)
    }

    /// The rights of the user for one application in one environment, and where they come from. The most specific
    /// role wins and replaces the others, even where it gives less (R26).
    #[must_use]
    pub fn effective(&self, application: ApplicationId, environment: EnvironmentId) -> (Rights, Source) {
        let default = self.default.at(environment);
        if default == Rights::NONE {
            return (Rights::NONE, Source::Closed);
        }
        let narrower = self.applications.get(&application);
        if let Some(role) = narrower.and_then(|n| n.grant.as_ref()) {
            return (role.at(environment).narrowed(), Source::Grant);
        }
        if let Some(role) = narrower.and_then(|n| n.team.as_ref()) {
            return (role.at(environment).narrowed(), Source::Team);
        }
        (default, Source::Default)
    }
}
