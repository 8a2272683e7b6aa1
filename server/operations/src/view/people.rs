//! Who is signed in, and what they hold.

use super::Count;
use domain::access::WideRights;
use domain::id::{InfrastructureId, UserId};
use domain::time::Timestamp;
use serde::Serialize;

/// The person who is signed in.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Me {
    /// The user.
    pub user: UserId,
    /// The name people read.
    pub name: String,
    /// The name used to sign in.
    pub username: String,
    /// The infrastructures this person has a role in, in the order of their names.
    pub infrastructures: Vec<InfrastructureRef>,
}

/// An infrastructure, and what the caller holds in it.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct InfrastructureRef {
    /// Identity.
    pub id: InfrastructureId,
    /// Key in addresses.
    pub key: String,
    /// Name.
    pub name: String,
    /// Name of the caller's default role here.
    pub role: String,
    /// The caller's infrastructure-wide rights.
    pub wide: WideRights,
    /// Counters for the navigation.
    pub counts: NavigationCounts,
}

/// A session of a person.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct SessionView {
    /// The hash it is known by.
    pub id: String,
    /// It is the one that asks.
    pub current: bool,
    /// What its browser says of itself, such as `Firefox on Linux`.
    pub device: String,
    /// From where it was begun.
    pub address: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it was used last.
    pub seen_at: Timestamp,
    /// When it ends in any case.
    pub ends_at: Timestamp,
}

/// Counters in the navigation.
#[derive(Debug, Clone, Serialize, Copy, PartialEq, Eq, Default)]
pub struct NavigationCounts {
    /// Applications that the caller may see.
    pub applications: Count,
    /// Environments that the caller may see.
    pub environments: Count,
    /// Deployments that are queued or running.
    pub running: Count,
}
