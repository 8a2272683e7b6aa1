//! What somebody may hand on: never more than they hold (R28), and never to themselves (R29).

use super::{Actor, Rights, RoleRights, Standing, WideRights, changes, wide_changes};
use crate::id::{EnvironmentId, TeamId, UserId};

/// Who gives a role.
#[derive(Debug, Clone, Copy)]
pub enum Giver<'s> {
    /// A person at the machine itself, who may give anything (design 4).
    LocalOperator,
    /// A user, by what their default role gives.
    User(&'s Standing),
    /// The manager of one team, by what their role in it gives on its applications.
    Manager(&'s Standing, TeamId),
}

impl Giver<'_> {
    /// What is held in an environment, to give it there; none where anything may be given.
    fn holds(&self, environment: EnvironmentId) -> Option<Rights> {
        match self {
            Self::LocalOperator => None,
            Self::User(standing) => Some(standing.default.at(environment)),
            Self::Manager(standing, _) if standing.default.at(environment) == Rights::NONE => {
                Some(Rights::NONE)
            }
            Self::Manager(standing, team) => {
                Some(standing.teams.get(team).map(|role| role.at(environment).narrowed()).unwrap_or_default())
            }
        }
    }

    /// What is held in the whole infrastructure, to give it; none where anything may be given.
    fn holds_wide(&self) -> Option<WideRights> {
        match self {
            Self::LocalOperator => None,
            Self::User(standing) => Some(standing.default.wide),
            Self::Manager(standing, team) => {
                let in_team = standing.teams.get(team).map(|role| role.wide).unwrap_or_default();
                Some(in_team.with(standing.default.wide))
            }
        }
    }

    /// What a role gives where this giver gives it: in a team less counts (design 6).
    fn given(&self, rights: Rights) -> Rights {
        match self {
            Self::Manager(..) => rights.narrowed(),
            Self::LocalOperator | Self::User(_) => rights,
        }
    }
}

/// What is given beyond what its giver holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("more is given than its giver holds")]
pub struct TooMuch {
    /// The environments, each with the rights that the giver lacks there.
    pub environments: Vec<(EnvironmentId, Rights)>,
    /// The infrastructure-wide rights that the giver lacks.
    pub wide: WideRights,
}

impl TooMuch {
    fn or_none(environments: Vec<(EnvironmentId, Rights)>, wide: WideRights) -> Result<(), Self> {
        if environments.is_empty() && wide.is_empty() { Ok(()) } else { Err(Self { environments, wide }) }
    }
}

/// Whether a role may be given: in each environment its rights are among those of the giver's default role, and so are its
/// infrastructure-wide rights. Sets are compared, not levels, since Change and Deploy are given apart (R28). Roles by team
/// or grant do not count for a [`Giver::User`]: they hold for single applications, and what is given may hold for all. A
/// [`Giver::Manager`] gives in the team only, and there what the own role in it gives.
///
/// # Errors
/// [`TooMuch`] with everything that the giver lacks.
pub fn may_give(giver: Giver<'_>, role: &RoleRights) -> Result<(), TooMuch> {
    let lacking = |(environment, rights): (&EnvironmentId, &Rights)| {
        let rest = giver.given(*rights).without(giver.holds(*environment)?);
        (rest != Rights::NONE).then_some((*environment, rest))
    };
    let environments = role.environments.iter().filter_map(lacking).collect();
    let wide = giver.holds_wide().map(|held| role.wide.without(held)).unwrap_or_default();
    TooMuch::or_none(environments, wide)
}

/// Whether somebody may bring about that another person holds `after` instead of `before`: everything that is gained is held by who
/// causes it (R28). So nobody widens another person's rights beyond their own by taking away a narrower role, which would let a
/// broader one count again (R26), or by opening an environment that was closed (R27).
///
/// # Errors
/// [`TooMuch`] with everything that is gained and that the giver lacks.
pub fn may_cause(
    giver: Giver<'_>,
    before: &Standing,
    after: &Standing,
    environments: &[EnvironmentId],
) -> Result<(), TooMuch> {
    let rows = changes(before, after, environments);
    let lacking = |environment: &EnvironmentId| {
        let held = giver.holds(*environment)?;
        let gained = rows.iter().filter(|row| row.environment == *environment);
        let rest = gained.fold(Rights::NONE, |all, row| all.with(row.gained())).without(held);
        (rest != Rights::NONE).then_some((*environment, rest))
    };
    let lacking = environments.iter().filter_map(lacking).collect();
    let gained = wide_changes(before, after).0;
    TooMuch::or_none(lacking, giver.holds_wide().map(|held| gained.without(held)).unwrap_or_default())
}

/// Somebody tried to change their own role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody changes their own role")]
pub struct OwnRole;

/// Whether the role of a user may be changed by an actor as far as it concerns who that is: nobody changes their own (R29).
///
/// # Errors
/// [`OwnRole`] where the actor is the user.
pub fn not_oneself(actor: Actor, user: UserId) -> Result<(), OwnRole> {
    match actor {
        Actor::User { user: own } if own == user => Err(OwnRole),
        _ => Ok(()),
    }
}
