//! The roles that somebody holds, before anybody asks what they give; and what a change makes of them.

use crate::id::RoleId;

/// The roles that meet on one application for one user: the most specific one counts (R26). Without team and grant it stands for all
/// applications that have no narrower role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Holding {
    /// The default role; none for a user who has no part in the infrastructure.
    pub default: Option<RoleId>,
    /// The role in the team that owns the application.
    pub team: Option<RoleId>,
    /// The role that is granted on the application.
    pub grant: Option<RoleId>,
}

/// What a change makes of a holding that it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alteration {
    /// The same roles are held; what one of them gives changes.
    Rights,
    /// Another default role.
    Default(RoleId),
    /// The first role goes; the other takes its place wherever it was held.
    Substitute(RoleId, RoleId),
    /// Another role by the team, or none.
    Team(Option<RoleId>),
    /// Another role by grant, or none.
    Grant(Option<RoleId>),
}

impl Holding {
    /// What the change makes of it.
    #[must_use]
    pub fn altered(self, alteration: Alteration) -> Self {
        match alteration {
            Alteration::Rights => self,
            Alteration::Default(role) => Self { default: Some(role), ..self },
            Alteration::Team(team) => Self { team, ..self },
            Alteration::Grant(grant) => Self { grant, ..self },
            Alteration::Substitute(role, other) => {
                let put = |held: Option<RoleId>| held.map(|held| if held == role { other } else { held });
                Self { default: put(self.default), team: put(self.team), grant: put(self.grant) }
            }
        }
    }
}
