//! Who is signed in, and what they hold.

use super::{Count, Paged, Possible, RoleRef};
use domain::access::WideRights;
use domain::id::{InfrastructureId, PasskeyId, UserId};
use domain::person::Theme;
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
    /// The e-mail address; may be empty.
    pub email: String,
    /// A name of the time zone database, in which this person reads times.
    pub time_zone: String,
    /// Light or dark.
    pub theme: Theme,
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
    /// IT users of the console; none for who may not see them.
    pub users: Option<Count>,
}

/// A passkey of a person.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct PasskeyView {
    /// Identity.
    pub id: PasskeyId,
    /// The person's name for it.
    pub name: String,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
}

/// The second factor of a person.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct SecondFactorView {
    /// Since when there is an authenticator app.
    pub authenticator: Option<Timestamp>,
    /// The passkeys, oldest first.
    pub passkeys: Vec<PasskeyView>,
    /// How many recovery codes are left.
    pub recovery_left: u64,
    /// A role asks for a second factor.
    pub required: bool,
    /// Whether passkeys can be added here.
    #[serde(serialize_with = "super::possible")]
    pub passkeys_possible: Possible,
}

impl SecondFactorView {
    /// Whether there is any.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.authenticator.is_some() || !self.passkeys.is_empty()
    }
}

/// What somebody who manages a user sees of the user's second factor.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct FactorOfUser {
    /// Since when there is an authenticator app.
    pub authenticator: Option<Timestamp>,
    /// How many passkeys there are.
    pub passkeys: u64,
    /// Since when there is the oldest of them.
    pub passkeys_since: Option<Timestamp>,
    /// A role asks for a second factor, by whichever way it is held.
    pub required: bool,
}

/// A role, and whether it asks for a second factor.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RoleFactor {
    /// The role.
    pub role: RoleRef,
    /// Who holds it signs in with a second factor.
    pub asks: bool,
}

/// An invitation whose link is good.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct OpenInvitation {
    /// Who is invited.
    pub user: UserId,
    /// The name to sign in with.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// E-mail address; may be empty.
    pub email: String,
    /// There is a password already, which a new one takes the place of.
    pub renews: bool,
    /// The default role here.
    pub role: RoleRef,
    /// Who made the link; none for the local operator.
    pub invited_by: Option<String>,
    /// When it was made.
    pub invited_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Whether the caller may make a new link in its place.
    #[serde(serialize_with = "super::possible")]
    pub renew: Possible,
    /// Whether the caller may withdraw it.
    #[serde(serialize_with = "super::possible")]
    pub withdraw: Possible,
}

/// The invitations whose links are good, what ends first before the others.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct InvitationsPage {
    /// The invitations.
    pub invitations: Paged<OpenInvitation>,
}
