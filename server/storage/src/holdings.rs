//! Which roles meet on one application for one person, each combination once; and the people whom a change of roles or teams concerns.
//! A role that fifty thousand people hold meets few others, so a rule is checked for each combination instead of for each person.
//!
//! Whoever is deactivated holds nothing and is left out, but where one person is asked for.

use crate::column::row;
use crate::error::StoreError;
use crate::page::Count;
use crate::statement::{all, args, one, statements};
use crate::transaction::Reader;
use domain::access::Holding;
use domain::id::{ApplicationId, InfrastructureId, RoleId, TeamId, UserId};
use domain::text::{Name, Username};

row! {
    struct HoldingRow {
        default_role: RoleId,
        team_role: Option<RoleId>,
        grant_role: Option<RoleId>,
    }
}

row! {
    /// Somebody whom a change concerns.
    pub struct PersonRow {
        /// The user.
        user_id: UserId,
        /// The name to sign in with.
        username: Username,
        /// The name people read.
        name: Name,
    }
}

row! {
    /// Somebody with a role on an application.
    pub struct GranteeRow {
        /// The user.
        user_id: UserId,
        /// The name to sign in with.
        username: Username,
        /// The name people read.
        name: Name,
        /// May sign in.
        active: bool,
        /// The role.
        role_id: RoleId,
        /// The role's name.
        role_name: String,
        /// The name of who granted it; none for the local operator.
        granted_by: Option<Name>,
        /// When.
        granted_at: domain::time::Timestamp,
    }
}

/// The default role alone. Takes the condition; `d` is the default role, `u` the user.
macro_rules! by_default {
    ($where:literal) => {
        concat!(
            "select d.role_id as default_role, nullif(d.role_id, d.role_id) as team_role, nullif(d.role_id, d.role_id) as grant_role ",
            "from user_role d join it_user u on u.id = d.user_id where ",
            $where
        )
    };
}

/// Default role and role in a team. Takes the condition; `m` is the membership.
macro_rules! by_team {
    ($where:literal) => {
        concat!(
            "select d.role_id as default_role, m.role_id as team_role, nullif(d.role_id, d.role_id) as grant_role ",
            "from team_member m join user_role d on d.user_id = m.user_id and d.infrastructure_id = m.infrastructure_id ",
            "join it_user u on u.id = m.user_id where ",
            $where
        )
    };
}

/// The team has an application on which the member has no grant, so that the role in the team counts there.
macro_rules! counts {
    () => {
        " and exists (select 1 from team_application a where a.team_id = m.team_id and not exists \
         (select 1 from application_grant x where x.user_id = m.user_id and x.application_id = a.application_id))"
    };
}

/// Default role, role in the team that owns the application, and grant. Takes the condition; `g` is the grant.
macro_rules! by_grant {
    ($where:literal) => {
        concat!(
            "select d.role_id as default_role, m.role_id as team_role, g.role_id as grant_role from application_grant g ",
            "join user_role d on d.user_id = g.user_id and d.infrastructure_id = g.infrastructure_id join it_user u on u.id = g.user_id ",
            "left join team_application t on t.application_id = g.application_id ",
            "left join team_member m on m.team_id = t.team_id and m.user_id = g.user_id where ",
            $where
        )
    };
}

/// Everybody who holds the role `$1` in some way.
macro_rules! holders {
    () => {
        "(select user_id from user_role where role_id = $1 union select user_id from team_member where role_id = $1 \
         union select user_id from application_grant where role_id = $1)"
    };
}

statements! {
    OF_ROLE = by_default!("d.role_id = $1 and u.active"), " union ",
        by_team!("d.role_id = $1 and u.active"), counts!(), " union ", by_team!("m.role_id = $1 and u.active"), counts!(), " union ",
        by_grant!("d.role_id = $1 and u.active"), " union ", by_grant!("m.role_id = $1 and u.active"), " union ",
        by_grant!("g.role_id = $1 and u.active");
    OF_USER = by_default!("d.user_id = $1 and d.infrastructure_id = $2"), " union ",
        by_team!("m.user_id = $1 and m.infrastructure_id = $2"), counts!(), " union ",
        by_grant!("g.user_id = $1 and g.infrastructure_id = $2");
    OF_TEAM = "select distinct * from (", by_team!("m.team_id = $1 and u.active"), counts!(), ") h";
    OF_MEMBER = by_team!("m.team_id = $1 and m.user_id = $2 and u.active"), counts!();
    ON_APPLICATION = "select distinct * from (", by_team!("m.team_id = $1 and u.active and not exists (select 1 from application_grant x \
         where x.user_id = m.user_id and x.application_id = $2)"), ") h";
    PEOPLE_OF_ROLE = "select u.id as user_id, u.username, u.name from ", holders!(), " h cross join it_user u ",
        "where u.id = h.user_id and u.active order by u.sort, u.id limit $2";
    COUNT_OF_ROLE = "select count(*) as value from (select 1 from ", holders!(), " h cross join it_user u ",
        "where u.id = h.user_id and u.active limit 1001) c";
    PEOPLE_OF_TEAM = "select u.id as user_id, u.username, u.name from team_member m cross join it_user u ",
        "where m.team_id = $1 and u.id = m.user_id and u.active order by u.sort, u.id limit $2";
    COUNT_OF_TEAM = "select count(*) as value from (select 1 from team_member m cross join it_user u ",
        "where m.team_id = $1 and u.id = m.user_id and u.active limit 1001) c";
    GRANTEES = "select u.id as user_id, u.username, u.name, u.active, r.id as role_id, r.name as role_name, b.name as granted_by, ",
        "g.granted_at from application_grant g join it_user u on u.id = g.user_id join role r on r.id = g.role_id ",
        "left join it_user b on b.id = g.granted_by where g.application_id = $1 order by u.sort, u.id limit $2";
    COUNT_GRANTEES = "select count(*) as value from (select 1 from application_grant where application_id = $1 limit 1001) c";
}

/// Whose holdings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Of everybody who holds a role in some way: all combinations that it is part of.
    Role(RoleId),
    /// Of one user in an infrastructure, whether active or not.
    User(UserId, InfrastructureId),
    /// Of the members of a team, where their role in it counts on some application.
    Team(TeamId),
    /// Of one member of a team, where the role in it counts on some application.
    Member(TeamId, UserId),
    /// Of the members of a team who have no grant on an application.
    Application(TeamId, ApplicationId),
}

/// The combinations of roles that are held, each once.
///
/// # Errors
/// The driver's own.
pub async fn list(tx: &mut impl Reader, of: Of) -> Result<Vec<Holding>, StoreError> {
    let rows: Vec<HoldingRow> = match of {
        Of::Role(role) => all(tx, &OF_ROLE, args![role]).await?,
        Of::User(user, infrastructure) => all(tx, &OF_USER, args![user, infrastructure]).await?,
        Of::Team(team) => all(tx, &OF_TEAM, args![team]).await?,
        Of::Member(team, user) => all(tx, &OF_MEMBER, args![team, user]).await?,
        Of::Application(team, application) => all(tx, &ON_APPLICATION, args![team, application]).await?,
    };
    let holding = |row: HoldingRow| Holding {
        default: Some(row.default_role),
        team: row.team_role,
        grant: row.grant_role,
    };
    Ok(rows.into_iter().map(holding).collect())
}

/// The first of those who hold a role in some way, by name.
///
/// # Errors
/// The driver's own.
pub async fn people_of_role(
    tx: &mut impl Reader,
    role: RoleId,
    limit: u32,
) -> Result<Vec<PersonRow>, StoreError> {
    all(tx, &PEOPLE_OF_ROLE, args![role, limit]).await
}

/// How many people hold a role in some way.
///
/// # Errors
/// The driver's own.
pub async fn count_of_role(tx: &mut impl Reader, role: RoleId) -> Result<Count, StoreError> {
    one(tx, &COUNT_OF_ROLE, args![role]).await
}

/// The first members of a team, by name.
///
/// # Errors
/// The driver's own.
pub async fn people_of_team(
    tx: &mut impl Reader,
    team: TeamId,
    limit: u32,
) -> Result<Vec<PersonRow>, StoreError> {
    all(tx, &PEOPLE_OF_TEAM, args![team, limit]).await
}

/// How many members of a team may sign in.
///
/// # Errors
/// The driver's own.
pub async fn count_of_team(tx: &mut impl Reader, team: TeamId) -> Result<Count, StoreError> {
    one(tx, &COUNT_OF_TEAM, args![team]).await
}

/// The first of those who have a grant on an application, by name.
///
/// # Errors
/// The driver's own.
pub async fn grantees(
    tx: &mut impl Reader,
    application: ApplicationId,
    limit: u32,
) -> Result<Vec<GranteeRow>, StoreError> {
    all(tx, &GRANTEES, args![application, limit]).await
}

/// How many have a grant on an application.
///
/// # Errors
/// The driver's own.
pub async fn count_grantees(tx: &mut impl Reader, application: ApplicationId) -> Result<Count, StoreError> {
    one(tx, &COUNT_GRANTEES, args![application]).await
}
