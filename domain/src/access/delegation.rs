//! What somebody may hand on: never more than they hold (R28), and never to themselves (R29).

use super::{Actor, Rights, RoleRights, Standing, WideRights};
use crate::id::{EnvironmentId, UserId};

/// Who gives a role.
#[derive(Debug, Clone, Copy)]
pub enum Giver<'s> {
    /// A person at the machine itself, who may give anything (design 4).
    LocalOperator,
    /// A user, by what their default role gives.
    User(&'s Standing),
}

/// What a role gives beyond what its giver holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the role gives more than its giver holds")]
pub struct TooMuch {
    /// The environments, each with the rights that the giver lacks there.
    pub environments: Vec<(EnvironmentId, Rights)>,
    /// The infrastructure-wide rights that the giver lacks.
    pub wide: WideRights,
}

/// Whether a role may be given: in each environment its rights are among those of the giver's default role, and so are its
/// infrastructure-wide rights. Sets are compared, not levels, since Change and Deploy are given apart (R28). Roles by team
/// or grant do not count for the giver: they hold for single applications, and what is given may hold for all.
///
/// # Errors
/// [`TooMuch`] with everything that the giver lacks.
pub fn may_give(giver: Giver<'_>, role: &RoleRights) -> Result<(), TooMuch> {
    let Giver::User(standing) = giver else { return Ok(()) };
    let held = &standing.default;
    let lacking = |(environment, rights): (&EnvironmentId, &Rights)| {
        let rest = rights.without(held.at(*environment));
        (rest != Rights::NONE).then_some((*environment, rest))
    };
    let environments: Vec<_> = role.environments.iter().filter_map(lacking).collect();
    let wide = role.wide.without(held.wide);
    if environments.is_empty() && wide.is_empty() { Ok(()) } else { Err(TooMuch { environments, wide }) }
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
