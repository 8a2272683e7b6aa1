//! Roles that are granted on single applications.

use super::{ApplicationRef, Count, PersonRef, Possible, RoleChoice, RoleRef};
use domain::id::TeamId;
use domain::time::Timestamp;
use serde::Serialize;

/// A role granted on one application.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct GrantView {
    /// The application.
    pub application: ApplicationRef,
    /// The role.
    pub role: RoleRef,
    /// Who granted it; none for the local operator.
    pub granted_by: Option<String>,
    /// When.
    pub granted_at: Timestamp,
    /// Whether the caller may take it away.
    #[serde(serialize_with = "super::possible")]
    pub revoke: Possible,
}

/// Somebody with a role of their own on an application.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct GranteeView {
    /// Who.
    pub person: PersonRef,
    /// May sign in.
    pub active: bool,
    /// The role.
    pub role: RoleRef,
    /// Who granted it; none for the local operator.
    pub granted_by: Option<String>,
    /// When.
    pub granted_at: Timestamp,
    /// Whether the caller may take it away.
    #[serde(serialize_with = "super::possible")]
    pub revoke: Possible,
}

/// Who has a role of their own on one application.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct GranteesCard {
    /// Whether the caller may see that.
    #[serde(serialize_with = "super::possible")]
    pub see: Possible,
    /// The first by name.
    pub rows: Vec<GranteeView>,
    /// How many there are.
    pub total: Count,
    /// The roles, and which of them the caller may grant.
    pub roles: Vec<RoleChoice>,
    /// The team that owns the application.
    pub team: Option<(TeamId, String)>,
}
