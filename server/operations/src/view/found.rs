//! What is looked for to be given: applications and people.

use super::{ApplicationRef, Count, PersonRef, Possible, RoleRef};
use domain::id::TeamId;
use serde::Serialize;

/// What a search found: the first by name.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Found<T> {
    /// The rows that are shown.
    pub rows: Vec<T>,
    /// How many match.
    pub total: Count,
}

/// An application that was looked for.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct FoundApplication {
    /// The application.
    pub application: ApplicationRef,
    /// The team that has it.
    pub team: Option<(TeamId, String)>,
    /// Whether the team may get it that was asked for (R28, R31).
    #[serde(serialize_with = "super::possible")]
    pub give: Possible,
}

/// Somebody who was looked for, to be put into a team.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct FoundPerson {
    /// Who.
    pub person: PersonRef,
    /// May sign in.
    pub active: bool,
    /// The default role; none for who has no part in this infrastructure.
    pub role: Option<RoleRef>,
    /// Whether they may be put into the team.
    #[serde(serialize_with = "super::possible")]
    pub put: Possible,
}
