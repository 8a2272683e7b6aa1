//! Users, roles, teams and grants as they are managed, and what follows from them.

use super::{ApplicationRef, Count, EnvironmentRef, GrantView, Paged, Possible};
use domain::access::{Rights, Source, WideRights};
use domain::id::{EnvironmentId, RoleId, TeamId, UserId};
use domain::time::Timestamp;
use serde::Serialize;

/// A role by its name.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RoleRef {
    /// Identity.
    pub id: RoleId,
    /// Name.
    pub name: String,
}

/// A role to choose, and whether the caller may give it (R28).
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RoleChoice {
    /// The role.
    pub role: RoleRef,
    /// Whether the caller may give it, or what they lack.
    #[serde(serialize_with = "super::possible")]
    pub give: Possible,
}

/// A user in the list.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct UserRow {
    /// Identity.
    pub id: UserId,
    /// The name to sign in with.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// E-mail address; may be empty.
    pub email: String,
    /// May sign in.
    pub active: bool,
    /// The default role here; none for a user who has no part in this infrastructure.
    pub role: Option<RoleRef>,
}

/// The list of users.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct UsersPage {
    /// The users.
    pub users: Paged<UserRow>,
    /// How many the list has.
    pub total: Count,
    /// The roles, for the filter and for a new user.
    pub roles: Vec<RoleChoice>,
    /// Whether the caller may add a user.
    #[serde(serialize_with = "super::possible")]
    pub create: Possible,
}

/// A team that a user is in.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct TeamOfUser {
    /// Identity.
    pub id: TeamId,
    /// Name.
    pub name: String,
    /// The user's role in it.
    pub role: RoleRef,
    /// Whether the caller may give another role in it.
    #[serde(serialize_with = "super::possible")]
    pub change: Possible,
    /// Whether the caller may take the user out of it.
    #[serde(serialize_with = "super::possible")]
    pub leave: Possible,
}

/// What somebody may do in one environment, and why.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct EffectiveCell {
    /// The environment.
    pub environment: EnvironmentId,
    /// The rights.
    pub rights: Rights,
    /// The highest level within them.
    pub level: u8,
    /// The rights in words, such as `Open and Debug, with Deploy`.
    pub words: String,
    /// Where they come from.
    pub source: Source,
    /// The name of that: the default role's, the team's, or the granted role's.
    pub source_name: String,
    /// The name of the role that counts.
    pub role_name: String,
}

/// What somebody may do in every environment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct EffectiveRow {
    /// The application; none for the row of the default role, which holds for all others.
    pub application: Option<ApplicationRef>,
    /// In the order of the environments.
    pub cells: Vec<EffectiveCell>,
}

/// A page of one user's effective rights.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct EffectivePage {
    /// The default row where the page begins with it, then one for each application.
    pub rows: Vec<EffectiveRow>,
    /// The cursor of the next page; none on the last.
    pub next: Option<String>,
    /// How many applications the list has.
    pub total: Count,
    /// For how many applications the user has a narrower role.
    pub narrowed: Count,
    /// How many applications there are.
    pub applications: Count,
    /// The environments, which are the columns.
    pub environments: Vec<EnvironmentRef>,
    /// What the default role gives in each of them, to compare with.
    pub default: Vec<Rights>,
}

/// One line of the access review.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ReviewRow {
    /// The name to sign in with.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// May sign in.
    pub active: bool,
    /// The application; none for all that have no narrower role.
    pub application: Option<ApplicationRef>,
    /// The environment's name.
    pub environment: String,
    /// The rights there, and where they come from.
    pub cell: EffectiveCell,
}

/// One user's page.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct UserPage {
    /// The user.
    pub row: UserRow,
    /// When the user was added.
    pub created_at: Timestamp,
    /// When the user was deactivated.
    pub deactivated_at: Option<Timestamp>,
    /// The teams here, by name.
    pub teams: Vec<TeamOfUser>,
    /// The grants here, by application.
    pub grants: Vec<GrantView>,
    /// The environments, which are the columns of the table.
    pub environments: Vec<EnvironmentRef>,
    /// The default row, then one for each application with a narrower role.
    pub effective: Vec<EffectiveRow>,
    /// The infrastructure-wide rights.
    pub wide: WideRights,
    /// Teams, grants or applications are left out, since there are too many.
    pub more: bool,
    /// The roles, and which of them the caller may give.
    pub roles: Vec<RoleChoice>,
    /// Whether name and e-mail may be changed.
    #[serde(serialize_with = "super::possible")]
    pub change: Possible,
    /// Whether the user may be deactivated.
    #[serde(serialize_with = "super::possible")]
    pub deactivate: Possible,
    /// Whether the user may be let in again.
    #[serde(serialize_with = "super::possible")]
    pub reactivate: Possible,
    /// Whether the default role may be changed; which role may be given is in `roles`.
    #[serde(serialize_with = "super::possible")]
    pub set_role: Possible,
    /// Whether a role may be granted on an application.
    #[serde(serialize_with = "super::possible")]
    pub grant: Possible,
    /// Whether the user may be put into a team.
    #[serde(serialize_with = "super::possible")]
    pub join: Possible,
}

/// What changes in one environment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ChangeView {
    /// The environment.
    pub environment: EnvironmentRef,
    /// The application; none for all that have no narrower role.
    pub application: Option<ApplicationRef>,
    /// The rights that are gained.
    pub gained: Rights,
    /// The rights that are lost.
    pub lost: Rights,
    /// The same in words, such as `gains Deploy; loses Open and Debug`.
    pub words: String,
}

/// What another default role would do.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RolePreview {
    /// Whose role.
    pub name: String,
    /// The role now.
    pub from: Option<RoleRef>,
    /// The role then.
    pub to: RoleRef,
    /// What changes, by environment.
    pub changes: Vec<ChangeView>,
    /// The infrastructure-wide rights that are gained.
    pub wide_gained: WideRights,
    /// The infrastructure-wide rights that are lost.
    pub wide_lost: WideRights,
    /// Change or Deploy is gained in production.
    pub opens_production: bool,
    /// Not every application on which something changes is named.
    pub more: bool,
    /// Whether the caller may save it.
    #[serde(serialize_with = "super::possible")]
    pub save: Possible,
}

/// What a change does in one environment, over everybody whom it concerns.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct TotalView {
    /// The environment.
    pub environment: EnvironmentRef,
    /// The rights that somebody gains.
    pub gained: Rights,
    /// The rights that somebody loses.
    pub lost: Rights,
    /// It is production, and somebody gains Change or Deploy there.
    pub opens_production: bool,
    /// The same in words.
    pub words: String,
}

/// What changes for one person in one environment, on applications where the same changes.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct EffectView {
    /// The environment.
    pub environment: EnvironmentRef,
    /// The first of the applications; none for all that have no narrower role.
    pub applications: Vec<ApplicationRef>,
    /// How many there are besides.
    pub more_applications: usize,
    /// The rights that are gained.
    pub gained: Rights,
    /// The rights that are lost.
    pub lost: Rights,
    /// The same in words.
    pub words: String,
}

/// What a change does for one person.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct PersonPreview {
    /// The user.
    pub user: UserId,
    /// The name to sign in with.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// What changes; nothing where all stays as it is.
    pub effects: Vec<EffectView>,
    /// The infrastructure-wide rights that are gained.
    pub wide_gained: WideRights,
    /// The infrastructure-wide rights that are lost.
    pub wide_lost: WideRights,
    /// Change or Deploy is gained in production.
    pub opens_production: bool,
    /// There are more applications with narrower roles than were looked at.
    pub more: bool,
}

/// What a change of roles, teams or grants would do.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct AccessPreview {
    /// What changes in each environment, over everybody.
    pub environments: Vec<TotalView>,
    /// The infrastructure-wide rights that somebody gains.
    pub wide_gained: WideRights,
    /// The infrastructure-wide rights that somebody loses.
    pub wide_lost: WideRights,
    /// Somebody gains Change or Deploy in production.
    pub opens_production: bool,
    /// Something is taken away, and somebody has more rights by that (R26).
    pub widens_by_removal: bool,
    /// Whom it concerns, the first by name.
    pub people: Vec<PersonPreview>,
    /// How many it concerns.
    pub concerned: Count,
    /// How many of them are not shown.
    pub more: u64,
    /// Whether the caller may save it.
    #[serde(serialize_with = "super::possible")]
    pub save: Possible,
}

/// What a role gives in one environment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RoleCell {
    /// The environment.
    pub environment: EnvironmentId,
    /// The rights.
    pub rights: Rights,
    /// The highest level within them.
    pub level: u8,
    /// The rights in words.
    pub words: String,
}

/// A role.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RoleRow {
    /// Identity.
    pub id: RoleId,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// It came with the console.
    pub built_in: bool,
    /// In the order of the environments.
    pub cells: Vec<RoleCell>,
    /// The infrastructure-wide rights.
    pub wide: WideRights,
    /// The rights in environments to come; none stated: those of the built-in role by purpose, and nothing for others.
    pub new_environment: Option<Rights>,
    /// Who holds it signs in with a second factor.
    pub second_factor: bool,
    /// Users who have it as default role.
    pub users: Count,
    /// Members of teams who have it there.
    pub members: Count,
    /// Grants of it.
    pub grants: Count,
}

/// The roles of an infrastructure.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RolesPage {
    /// The environments, which are the columns of the table.
    pub environments: Vec<EnvironmentRef>,
    /// The roles, by name.
    pub roles: Vec<RoleRow>,
    /// Whether the caller may make a role.
    #[serde(serialize_with = "super::possible")]
    pub create: Possible,
}

/// One role's page.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RolePage {
    /// The role.
    pub row: RoleRow,
    /// The environments, in the order of the cells.
    pub environments: Vec<EnvironmentRef>,
    /// Whether it may be changed.
    #[serde(serialize_with = "super::possible")]
    pub edit: Possible,
    /// Whether it may be deleted.
    #[serde(serialize_with = "super::possible")]
    pub delete: Possible,
    /// Somebody holds it, so that deleting it needs a substitute.
    pub needs_substitute: bool,
    /// The roles that can take its place.
    pub substitutes: Vec<RoleChoice>,
}

/// A team in the list.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct TeamRow {
    /// Identity.
    pub id: TeamId,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// How many members it has.
    pub members: u64,
    /// How many applications it owns.
    pub applications: u64,
}

/// The teams of an infrastructure.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct TeamsPage {
    /// The teams, by name.
    pub teams: Vec<TeamRow>,
    /// Whether the caller may make a team.
    #[serde(serialize_with = "super::possible")]
    pub create: Possible,
}

/// A member of a team.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct MemberView {
    /// The user.
    pub user: UserId,
    /// The name to sign in with.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// May sign in.
    pub active: bool,
    /// The role in the team.
    pub role: RoleRef,
    /// The role in the team lets the member manage its members.
    pub manages: bool,
    /// Whether the caller may give another role in the team; which one is in the team's `roles`.
    #[serde(serialize_with = "super::possible")]
    pub change: Possible,
    /// Whether the caller may take the member out.
    #[serde(serialize_with = "super::possible")]
    pub remove: Possible,
}

/// An application of a team.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct TeamApplication {
    /// The application.
    pub application: ApplicationRef,
    /// Whether the caller may take it from the team.
    #[serde(serialize_with = "super::possible")]
    pub take: Possible,
}

/// Somebody who was named by user name.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct PersonRef {
    /// The user.
    pub user: UserId,
    /// The name to sign in with.
    pub username: String,
    /// The name people read.
    pub name: String,
}

/// One team's page.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct TeamPage {
    /// Identity.
    pub id: TeamId,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The members, by name.
    pub members: Paged<MemberView>,
    /// The applications, by name.
    pub applications: Paged<TeamApplication>,
    /// The roles that members can have, and which of them the caller may give here.
    pub roles: Vec<RoleChoice>,
    /// Whether the caller may change the team's name and its applications.
    #[serde(serialize_with = "super::possible")]
    pub edit: Possible,
    /// Whether the caller may delete it.
    #[serde(serialize_with = "super::possible")]
    pub delete: Possible,
}
