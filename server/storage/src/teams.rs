//! Teams: members with a role each, and the applications they own.

use crate::column::row;
use crate::error::StoreError;
use crate::applications::ApplicationRow;
use crate::column::Value;
use crate::page::{ByName, Count, Page, Paged, cut, pattern, sort_key, wanted};
use crate::retirements::living;
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{ApplicationId, InfrastructureId, RoleId, TeamId, UserId};
use domain::text::{Key, Name, Username};
use domain::time::Timestamp;

row! {
    /// A team.
    pub struct TeamRow {
        /// Identity.
        id: TeamId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// Name.
        name: String,
        /// What it is for.
        description: String,
        /// When it was made.
        created_at: Timestamp,
    }
}

row! {
    /// A team in the list of an infrastructure.
    pub struct ListedTeamRow {
        /// Identity.
        id: TeamId,
        /// Name.
        name: String,
        /// What it is for.
        description: String,
        /// How many members it has.
        members: u64,
        /// How many applications it owns.
        applications: u64,
    }
}

row! {
    /// A member of a team.
    pub struct MemberRow {
        /// The user.
        user_id: UserId,
        /// The name to sign in with.
        username: Username,
        /// The name people read.
        name: Name,
        /// May sign in.
        active: bool,
        /// The role in the team.
        role_id: RoleId,
        /// The role's name.
        role_name: String,
    }
}

row! {
    /// A team that a user is in.
    pub struct TeamOfUserRow {
        /// The team.
        team_id: TeamId,
        /// The team's name.
        team_name: String,
        /// The user's role in it.
        role_id: RoleId,
        /// The role's name.
        role_name: String,
    }
}

row! {
    /// An application that a team may be given, and the team that has it.
    pub struct FoundApplicationRow {
        /// Identity.
        id: ApplicationId,
        /// Its key.
        key: Key,
        /// Its name.
        name: Name,
        /// Its kind.
        kind: String,
        /// The team that it belongs to.
        team_id: Option<TeamId>,
        /// The team's name.
        team_name: Option<String>,
    }
}

row! {
    /// Somebody who may be put into a team.
    pub struct FoundPersonRow {
        /// The user.
        user_id: UserId,
        /// The name to sign in with.
        username: Username,
        /// The name people read.
        name: Name,
        /// May sign in.
        active: bool,
        /// The default role in the infrastructure; none for one who has no part in it.
        role_id: Option<RoleId>,
        /// The role's name.
        role_name: Option<String>,
        /// The name of the role in the team; none for one who is not in it.
        member_role_name: Option<String>,
    }
}

/// The people and service accounts that can be in a team of the infrastructure `$1` and have `$2` in their names; those without a role
/// there only if `$3`.
macro_rules! found_people {
    () => {
        "from it_user u left join user_role h on h.user_id = u.id and h.infrastructure_id = $1 \
         where (u.service_of is null or u.service_of = $1) and u.search like $2 escape '!' and (h.role_id is not null or $3)"
    };
}

statements! {
    INSERT = "insert into team (id, infrastructure_id, name, description, created_at) values ($1, $2, $3, $4, $5)";
    UPDATE = "update team set name = $2, description = $3 where id = $1";
    DELETE_MEMBERS = "delete from team_member where team_id = $1";
    DELETE_APPLICATIONS = "delete from team_application where team_id = $1";
    DELETE = "delete from team where id = $1";
    PUT_MEMBER = "insert into team_member (team_id, user_id, infrastructure_id, role_id) values ($1, $2, ",
        "(select infrastructure_id from team where id = $1), $3) ",
        "on conflict (team_id, user_id) do update set role_id = excluded.role_id";
    REMOVE_MEMBER = "delete from team_member where team_id = $1 and user_id = $2";
    INSERT_APPLICATION = "insert into team_application (application_id, team_id, infrastructure_id) values ($2, $1, ",
        "(select infrastructure_id from team where id = $1))";
    REMOVE_APPLICATION = "delete from team_application where team_id = $1 and application_id = $2";
    BY_ID = "select id, infrastructure_id, name, description, created_at from team where id = $1";
    BY_NAME = "select id, infrastructure_id, name, description, created_at from team where infrastructure_id = $1 and name = $2";
    LIST = "select t.id, t.name, t.description, ",
        "(select count(*) from team_member m where m.team_id = t.id) as members, ",
        "(select count(*) from team_application a where a.team_id = t.id) as applications ",
        "from team t where t.infrastructure_id = $1 order by t.name";
    MEMBER = "select role_id as value from team_member where team_id = $1 and user_id = $2";
    MEMBER_ROLES = "select distinct role_id as value from team_member where team_id = $1";
    MEMBERS = "select u.id as user_id, u.username, u.name, u.active, r.id as role_id, r.name as role_name from team_member m ",
        "join it_user u on u.id = m.user_id join role r on r.id = m.role_id ",
        "where m.team_id = $1 and (u.sort, u.id) > ($2, $3) order by u.sort, u.id limit $4";
    MANAGED = "select t.id, t.name, t.description, ",
        "(select count(*) from team_member m where m.team_id = t.id) as members, ",
        "(select count(*) from team_application a where a.team_id = t.id) as applications ",
        "from team_member o join role r on r.id = o.role_id join team t on t.id = o.team_id ",
        "where o.user_id = $1 and o.infrastructure_id = $2 and (r.wide & 2) <> 0 order by t.name limit $3";
    OF_USER = "select t.id as team_id, t.name as team_name, r.id as role_id, r.name as role_name from team_member m ",
        "join team t on t.id = m.team_id join role r on r.id = m.role_id ",
        "where m.user_id = $1 and m.infrastructure_id = $2 order by t.name limit $3";
    APPLICATIONS = "select a.id, a.infrastructure_id, a.key, a.name, a.description, a.kind, a.created_at from team_application t ",
        "join application a on a.id = t.application_id where t.team_id = $1 and (a.sort, a.id) > ($2, $3) ",
        "order by a.sort, a.id limit $4";
    OF_APPLICATION = "select t.id, t.infrastructure_id, t.name, t.description, t.created_at from team_application a ",
        "join team t on t.id = a.team_id where a.application_id = $1";
    FIND_APPLICATIONS = "select a.id, a.key, a.name, a.kind, t.id as team_id, t.name as team_name from application a ",
        "left join team_application o on o.application_id = a.id left join team t on t.id = o.team_id ",
        "where a.infrastructure_id = $1 and a.search like $2 escape '!' and ", living!("a.id"), " order by a.sort, a.id limit $3";
    COUNT_APPLICATIONS = "select count(*) as value from (select 1 from application a where a.infrastructure_id = $1 ",
        "and a.search like $2 escape '!' and ", living!("a.id"), " limit 1001) c";
    FIND_PEOPLE = "select f.id as user_id, f.username, f.name, f.active, r.id as role_id, r.name as role_name, ",
        "tr.name as member_role_name from (select u.id, u.username, u.name, u.active, u.sort, h.role_id ", found_people!(), ") f ",
        "left join role r on r.id = f.role_id left join team_member m on m.team_id = $4 and m.user_id = f.id ",
        "left join role tr on tr.id = m.role_id order by f.sort, f.id limit $5";
    COUNT_PEOPLE = "select count(*) as value from (select 1 ", found_people!(), " limit 1001) c";
}

/// Adds a team.
///
/// # Errors
/// `Violated(TeamName)` where the name is taken in the infrastructure.
pub async fn insert(tx: &mut WriteTx, row: &TeamRow) -> Result<(), StoreError> {
    let args = args![row.id, row.infrastructure_id, &row.name, &row.description, row.created_at];
    execute(tx, &INSERT, args).await.map(drop)
}

/// Changes name and description to those of the row.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such team; `Violated(TeamName)` where the name is taken in the infrastructure.
pub async fn update(tx: &mut WriteTx, row: &TeamRow) -> Result<(), StoreError> {
    match execute(tx, &UPDATE, args![row.id, &row.name, &row.description]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Removes a team. Its members and applications are in it no more.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such team.
pub async fn delete(tx: &mut WriteTx, team: TeamId) -> Result<(), StoreError> {
    for statement in [&DELETE_MEMBERS, &DELETE_APPLICATIONS] {
        execute(tx, statement, args![team]).await?;
    }
    match execute(tx, &DELETE, args![team]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Puts a user into a team with a role, or changes the role of one who is in it.
///
/// # Errors
/// `Violated(Reference)`, `Violated(Check)` where one of them is not there.
pub async fn put_member(
    tx: &mut WriteTx,
    team: TeamId,
    user: UserId,
    role: RoleId,
) -> Result<(), StoreError> {
    execute(tx, &PUT_MEMBER, args![team, user, role]).await.map(drop)
}

/// Takes a user out of a team; false where they were not in it.
///
/// # Errors
/// The driver's own.
pub async fn remove_member(tx: &mut WriteTx, team: TeamId, user: UserId) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMOVE_MEMBER, args![team, user]).await? == 1)
}

/// Gives an application to a team.
///
/// # Errors
/// `Violated(TeamApplicationId)` where a team has it already (R31); `Violated(Reference)`, `Violated(Check)`.
pub async fn insert_application(
    tx: &mut WriteTx,
    team: TeamId,
    application: ApplicationId,
) -> Result<(), StoreError> {
    execute(tx, &INSERT_APPLICATION, args![team, application]).await.map(drop)
}

/// Takes an application from a team; false where the team did not have it.
///
/// # Errors
/// The driver's own.
pub async fn remove_application(
    tx: &mut WriteTx,
    team: TeamId,
    application: ApplicationId,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMOVE_APPLICATION, args![team, application]).await? == 1)
}

/// One team by its identity.
///
/// # Errors
/// The driver's own.
pub async fn by_id(tx: &mut impl Reader, id: TeamId) -> Result<Option<TeamRow>, StoreError> {
    optional(tx, &BY_ID, args![id]).await
}

/// One team by its name.
///
/// # Errors
/// The driver's own.
pub async fn by_name(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    name: &str,
) -> Result<Option<TeamRow>, StoreError> {
    optional(tx, &BY_NAME, args![infrastructure, name]).await
}

/// The teams of an infrastructure, by name.
///
/// # Errors
/// The driver's own.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<ListedTeamRow>, StoreError> {
    all(tx, &LIST, args![infrastructure]).await
}

/// The teams that a user manages by the role in them, by name, at most so many.
///
/// # Errors
/// The driver's own.
pub async fn managed(
    tx: &mut impl Reader,
    user: UserId,
    infrastructure: InfrastructureId,
    limit: u32,
) -> Result<Vec<ListedTeamRow>, StoreError> {
    all(tx, &MANAGED, args![user, infrastructure, limit]).await
}

/// The role of a user in a team; none for one who is not in it.
///
/// # Errors
/// The driver's own.
pub async fn role_of(
    tx: &mut impl Reader,
    team: TeamId,
    user: UserId,
) -> Result<Option<RoleId>, StoreError> {
    let found: Option<Value<RoleId>> = optional(tx, &MEMBER, args![team, user]).await?;
    Ok(found.map(|found| found.0))
}

/// The different roles that the members of a team have.
///
/// # Errors
/// The driver's own.
pub async fn roles_in(tx: &mut impl Reader, team: TeamId) -> Result<Vec<RoleId>, StoreError> {
    let found: Vec<Value<RoleId>> = all(tx, &MEMBER_ROLES, args![team]).await?;
    Ok(found.into_iter().map(|found| found.0).collect())
}

/// A page of the members of a team, by name.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn members(
    tx: &mut impl Reader,
    team: TeamId,
    page: &Page,
) -> Result<Paged<MemberRow>, StoreError> {
    let ByName { sort, id } = ByName::after(page)?;
    let rows = all(tx, &MEMBERS, args![team, sort, id, wanted(page)]).await?;
    Ok(cut(rows, page, |row: &MemberRow| ByName::mark(&sort_key(row.name.as_str()), row.user_id.0)))
}

/// The teams of an infrastructure that a user is in, by name, at most so many.
///
/// # Errors
/// The driver's own.
pub async fn of_user(
    tx: &mut impl Reader,
    user: UserId,
    infrastructure: InfrastructureId,
    limit: u32,
) -> Result<Vec<TeamOfUserRow>, StoreError> {
    all(tx, &OF_USER, args![user, infrastructure, limit]).await
}

/// A page of the applications of a team, by name.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn applications(
    tx: &mut impl Reader,
    team: TeamId,
    page: &Page,
) -> Result<Paged<ApplicationRow>, StoreError> {
    let ByName { sort, id } = ByName::after(page)?;
    let rows = all(tx, &APPLICATIONS, args![team, sort, id, wanted(page)]).await?;
    Ok(cut(rows, page, |row: &ApplicationRow| ByName::mark(&sort_key(row.name.as_str()), row.id.0)))
}

/// The team that owns an application.
///
/// # Errors
/// The driver's own.
pub async fn of_application(
    tx: &mut impl Reader,
    application: ApplicationId,
) -> Result<Option<TeamRow>, StoreError> {
    optional(tx, &OF_APPLICATION, args![application]).await
}

/// The applications of an infrastructure whose name or key has this in it, by name, at most so many; each with the team that has it.
///
/// # Errors
/// The driver's own.
pub async fn find_applications(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    search: &str,
    limit: u32,
) -> Result<Vec<FoundApplicationRow>, StoreError> {
    all(tx, &FIND_APPLICATIONS, args![infrastructure, pattern(search), limit]).await
}

/// How many applications [`find_applications`] has in all.
///
/// # Errors
/// The driver's own.
pub async fn count_applications(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    search: &str,
) -> Result<Count, StoreError> {
    one(tx, &COUNT_APPLICATIONS, args![infrastructure, pattern(search)]).await
}

/// Among whom members of a team are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whom {
    /// The infrastructure.
    pub infrastructure: InfrastructureId,
    /// The team.
    pub team: TeamId,
    /// Also those who have no role in the infrastructure.
    pub strangers: bool,
}

/// The people whose name, user name or e-mail address has this in it, by name, at most so many; each with the role here and in the team.
///
/// # Errors
/// The driver's own.
pub async fn find_people(
    tx: &mut impl Reader,
    whom: Whom,
    search: &str,
    limit: u32,
) -> Result<Vec<FoundPersonRow>, StoreError> {
    let args = args![whom.infrastructure, pattern(search), whom.strangers, whom.team, limit];
    all(tx, &FIND_PEOPLE, args).await
}

/// How many people [`find_people`] has in all.
///
/// # Errors
/// The driver's own.
pub async fn count_people(tx: &mut impl Reader, whom: Whom, search: &str) -> Result<Count, StoreError> {
    one(tx, &COUNT_PEOPLE, args![whom.infrastructure, pattern(search), whom.strangers]).await
}

#[cfg(test)]
mod tests {
    use domain::access::{WideRight, WideRights};

    #[test]
    fn the_bit_is_that_of_the_domain() {
        assert_eq!(super::MANAGED.text(crate::Kind::Sqlite).map(|text| text.contains("(r.wide & 2) <> 0")), Some(true));
        assert_eq!(WideRights::of(&[WideRight::ManageTeams]).bits(), 2);
    }
}
