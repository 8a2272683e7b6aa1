//! Roles, what they give, and what a user holds by them.

use crate::column::row;
use crate::error::StoreError;
use crate::page::Count;
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::access::{Narrower, Rights, RoleRights, Standing, WideRights};
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId, RoleId, UserId};
use domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

row! {
    /// A role.
    pub struct RoleRow {
        /// Identity.
        id: RoleId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// Name.
        name: String,
        /// What it is for.
        description: String,
        /// Which built-in role it is, such as `administrator`; none for one that people made.
        built_in: Option<String>,
        /// Its infrastructure-wide rights, as `WideRights::bits`.
        wide: i64,
        /// Its rights in environments to come, as `Rights::bits`; where none are stated, those of the built-in role by purpose.
        new_environment: Option<i64>,
        /// Who holds it signs in with a second factor.
        second_factor: bool,
        /// When it was made.
        created_at: Timestamp,
    }
}

row! {
    /// What a role gives in one environment.
    pub struct RoleRightRow {
        /// The role.
        role_id: RoleId,
        /// The environment.
        environment_id: EnvironmentId,
        /// The rights, as `Rights::bits`.
        rights: i64,
    }
}

row! {
    /// A user's default role in one infrastructure.
    pub struct MembershipRow {
        /// The infrastructure.
        infrastructure_id: InfrastructureId,
        /// The role.
        role_id: RoleId,
        /// The role's name.
        role_name: String,
        /// The role's infrastructure-wide rights, as `WideRights::bits`.
        wide: i64,
    }
}

row! {
    /// A narrower role for one application.
    struct NarrowerRow {
        application_id: ApplicationId,
        role_id: RoleId,
        by_grant: bool,
    }
}

/// How many hold a role, each way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holders {
    /// As default role.
    pub users: Count,
    /// As members of teams.
    pub members: Count,
    /// By grants on applications.
    pub grants: Count,
}

macro_rules! columns {
    () => {
        "select id, infrastructure_id, name, description, built_in, wide, new_environment, second_factor, created_at from role"
    };
}

statements! {
    INSERT = "insert into role (id, infrastructure_id, name, description, built_in, wide, new_environment, second_factor, ",
        "created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    UPDATE = "update role set name = $2, description = $3, wide = $4, new_environment = $5, second_factor = $6 where id = $1";
    SET_SECOND_FACTOR = "update role set second_factor = $2 where id = $1";
    DELETE_RIGHTS = "delete from role_right where role_id = $1";
    DELETE = "delete from role where id = $1";
    REPOINT_USERS = "update user_role set role_id = $2 where role_id = $1";
    REPOINT_MEMBERS = "update team_member set role_id = $2 where role_id = $1";
    REPOINT_GRANTS = "update application_grant set role_id = $2 where role_id = $1";
    USERS = "select count(*) as value from (select 1 from user_role where role_id = $1 limit 1001) c";
    MEMBERS = "select count(*) as value from (select 1 from team_member where role_id = $1 limit 1001) c";
    GRANTS = "select count(*) as value from (select 1 from application_grant where role_id = $1 limit 1001) c";
    HOLD + FOR_UPDATE = columns!(), " where infrastructure_id = $1 and built_in = $2";
    SET_RIGHT = "insert into role_right (role_id, environment_id, infrastructure_id, rights) values ($1, $2, ",
        "(select infrastructure_id from role where id = $1), $3) ",
        "on conflict (role_id, environment_id) do update set rights = excluded.rights";
    BY_ID = columns!(), " where id = $1";
    BY_NAME = columns!(), " where infrastructure_id = $1 and name = $2";
    LIST = columns!(), " where infrastructure_id = $1 order by name";
    ALL_RIGHTS = "select role_id, environment_id, rights from role_right where infrastructure_id = $1";
    RIGHTS = "select role_id, environment_id, rights from role_right where role_id = $1";
    ASSIGN = "insert into user_role (user_id, infrastructure_id, role_id) values ($1, $2, $3) ",
        "on conflict (user_id, infrastructure_id) do update set role_id = excluded.role_id";
    MEMBERSHIP = "select u.infrastructure_id, u.role_id, r.name as role_name, r.wide from user_role u ",
        "join role r on r.id = u.role_id where u.user_id = $1 and u.infrastructure_id = $2";
    // Whoever is deactivated holds nothing, whatever session or token still speaks for them.
    STANDING = "select u.infrastructure_id, u.role_id, r.name as role_name, r.wide from user_role u ",
        "join role r on r.id = u.role_id join it_user p on p.id = u.user_id ",
        "where u.user_id = $1 and u.infrastructure_id = $2 and p.active";
    MEMBERSHIPS = "select u.infrastructure_id, u.role_id, r.name as role_name, r.wide from user_role u ",
        "join role r on r.id = u.role_id join infrastructure i on i.id = u.infrastructure_id ",
        "where u.user_id = $1 order by i.sort, i.id";
    NARROWER_ON = "select application_id, role_id, true as by_grant from application_grant ",
        "where user_id = $1 and application_id = $2 union all ",
        "select t.application_id, m.role_id, false as by_grant from team_application t ",
        "join team_member m on m.team_id = t.team_id and m.user_id = $1 where t.application_id = $2";
    GRANTS_OF = "select application_id, role_id, true as by_grant from application_grant ",
        "where user_id = $1 and infrastructure_id = $2";
    TEAMS_OF = "select t.application_id, m.role_id, false as by_grant from team_member m ",
        "join team_application t on t.team_id = m.team_id where m.user_id = $1 and m.infrastructure_id = $2";
}

/// From so many applications on, all narrower roles of the user are read at once instead of two questions for each application.
const MANY: usize = 8;

/// Adds a role.
///
/// # Errors
/// `Violated(RoleName)` where the name is taken in the infrastructure.
pub async fn insert(tx: &mut WriteTx, row: &RoleRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.infrastructure_id,
        &row.name,
        &row.description,
        row.built_in.as_deref(),
        row.wide,
        row.new_environment,
        row.second_factor,
        row.created_at
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// Changes name, description, infrastructure-wide rights and the rights in environments to come to those of the row.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such role; `Violated(RoleName)` where the name is taken in the infrastructure.
pub async fn update(tx: &mut WriteTx, row: &RoleRow) -> Result<(), StoreError> {
    let args = args![row.id, &row.name, &row.description, row.wide, row.new_environment, row.second_factor];
    match execute(tx, &UPDATE, args).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Says whether who holds the role signs in with a second factor.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such role.
pub async fn set_second_factor(tx: &mut WriteTx, role: RoleId, asks: bool) -> Result<(), StoreError> {
    match execute(tx, &SET_SECOND_FACTOR, args![role, asks]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Removes a role and its rights.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such role; `Violated(Reference)` where somebody holds it.
pub async fn delete(tx: &mut WriteTx, role: RoleId) -> Result<(), StoreError> {
    execute(tx, &DELETE_RIGHTS, args![role]).await?;
    match execute(tx, &DELETE, args![role]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Gives everybody who holds a role another one in its place: as default role, in teams and by grants. Says how many that are.
///
/// # Errors
/// `Violated(Reference)` where the other role is not there.
pub async fn repoint(tx: &mut WriteTx, role: RoleId, substitute: RoleId) -> Result<u64, StoreError> {
    let mut moved = 0;
    for statement in [&REPOINT_USERS, &REPOINT_MEMBERS, &REPOINT_GRANTS] {
        moved += execute(tx, statement, args![role, substitute]).await?;
    }
    Ok(moved)
}

/// How many hold a role, each way.
///
/// # Errors
/// The driver's own.
pub async fn holders(tx: &mut impl Reader, role: RoleId) -> Result<Holders, StoreError> {
    Ok(Holders {
        users: one(tx, &USERS, args![role]).await?,
        members: one(tx, &MEMBERS, args![role]).await?,
        grants: one(tx, &GRANTS, args![role]).await?,
    })
}

/// A built-in role, held until the transaction ends: two changes that count those who have it go one after the other.
///
/// # Errors
/// The driver's own.
pub async fn hold_built_in(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    built_in: &str,
) -> Result<Option<RoleRow>, StoreError> {
    optional(tx, &HOLD, args![infrastructure, built_in]).await
}

/// Sets what a role gives in an environment.
///
/// # Errors
/// `Violated(Reference)` or `Violated(Check)` where role or environment are not there.
pub async fn set_right(
    tx: &mut WriteTx,
    role: RoleId,
    environment: EnvironmentId,
    rights: Rights,
) -> Result<(), StoreError> {
    execute(tx, &SET_RIGHT, args![role, environment, rights.bits()]).await.map(drop)
}

/// One role by its identity.
///
/// # Errors
/// The driver's own.
pub async fn by_id(tx: &mut impl Reader, id: RoleId) -> Result<Option<RoleRow>, StoreError> {
    optional(tx, &BY_ID, args![id]).await
}

/// One role by its name.
///
/// # Errors
/// The driver's own.
pub async fn by_name(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    name: &str,
) -> Result<Option<RoleRow>, StoreError> {
    optional(tx, &BY_NAME, args![infrastructure, name]).await
}

/// The roles of an infrastructure, by name.
///
/// # Errors
/// The driver's own.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<RoleRow>, StoreError> {
    all(tx, &LIST, args![infrastructure]).await
}

/// What a role gives.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such role.
pub async fn rights_of(tx: &mut impl Reader, role: RoleId) -> Result<RoleRights, StoreError> {
    let wide = by_id(tx, role).await?.ok_or(StoreError::Missing)?.wide;
    rights_with(tx, role, wide).await
}

/// What a role gives whose infrastructure-wide rights are known.
async fn rights_with(tx: &mut impl Reader, role: RoleId, wide: i64) -> Result<RoleRights, StoreError> {
    let rows: Vec<RoleRightRow> = all(tx, &RIGHTS, args![role]).await?;
    Ok(RoleRights {
        environments: rows
            .into_iter()
            .map(|row| (row.environment_id, Rights::from_bits(row.rights)))
            .collect(),
        wide: WideRights::from_bits(wide),
    })
}

/// What every role of an infrastructure gives in each environment.
///
/// # Errors
/// The driver's own.
pub async fn all_rights(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<BTreeMap<RoleId, BTreeMap<EnvironmentId, Rights>>, StoreError> {
    let rows: Vec<RoleRightRow> = all(tx, &ALL_RIGHTS, args![infrastructure]).await?;
    let mut rights: BTreeMap<RoleId, BTreeMap<EnvironmentId, Rights>> = BTreeMap::new();
    for row in rows {
        let of_role = rights.entry(row.role_id).or_default();
        of_role.insert(row.environment_id, Rights::from_bits(row.rights));
    }
    Ok(rights)
}

/// A user's default role in an infrastructure.
///
/// # Errors
/// The driver's own.
pub async fn membership(
    tx: &mut impl Reader,
    user: UserId,
    infrastructure: InfrastructureId,
) -> Result<Option<MembershipRow>, StoreError> {
    optional(tx, &MEMBERSHIP, args![user, infrastructure]).await
}

/// Makes a role the user's default role in the infrastructure.
///
/// # Errors
/// `Violated(Reference)` where one of them is not there.
pub async fn assign(
    tx: &mut WriteTx,
    user: UserId,
    infrastructure: InfrastructureId,
    role: RoleId,
) -> Result<(), StoreError> {
    execute(tx, &ASSIGN, args![user, infrastructure, role]).await.map(drop)
}

/// What a user holds in an infrastructure, with the narrower roles for the applications that a decision is about. None where the user has
/// no role there or is deactivated.
///
/// # Errors
/// The driver's own.
pub async fn standing(
    tx: &mut impl Reader,
    user: UserId,
    infrastructure: InfrastructureId,
    applications: &[ApplicationId],
) -> Result<Option<Standing>, StoreError> {
    let member: Option<MembershipRow> = optional(tx, &STANDING, args![user, infrastructure]).await?;
    let Some(member) = member else { return Ok(None) };
    let mut known: BTreeMap<RoleId, RoleRights> = BTreeMap::new();
    let mut narrower: BTreeMap<ApplicationId, Narrower> = BTreeMap::new();
    known.insert(member.role_id, rights_with(tx, member.role_id, member.wide).await?);
    for row in narrower_rows(tx, user, infrastructure, applications).await? {
        let rights = match known.get(&row.role_id) {
            Some(rights) => rights.clone(),
            None => rights_of(tx, row.role_id).await?,
        };
        known.entry(row.role_id).or_insert_with(|| rights.clone());
        let place = narrower.entry(row.application_id).or_default();
        if row.by_grant {
            place.grant = Some(rights);
        } else {
            place.team = Some(rights);
        }
    }
    let default = known.remove(&member.role_id).unwrap_or_default();
    Ok(Some(Standing { infrastructure, default, applications: narrower, teams: BTreeMap::new() }))
}

/// Whether a user holds anything in an infrastructure: active, and with a default role there.
///
/// # Errors
/// The driver's own.
pub async fn stands(
    tx: &mut impl Reader,
    user: UserId,
    infrastructure: InfrastructureId,
) -> Result<bool, StoreError> {
    let member: Option<MembershipRow> = optional(tx, &STANDING, args![user, infrastructure]).await?;
    Ok(member.is_some())
}

/// The grants and team roles that a user has on some applications.
async fn narrower_rows(
    tx: &mut impl Reader,
    user: UserId,
    infrastructure: InfrastructureId,
    applications: &[ApplicationId],
) -> Result<Vec<NarrowerRow>, StoreError> {
    let mut found: Vec<NarrowerRow> = Vec::new();
    if applications.len() < MANY {
        for application in applications {
            let rows: Vec<NarrowerRow> = all(tx, &NARROWER_ON, args![user, *application]).await?;
            found.extend(rows);
        }
        return Ok(found);
    }
    let wanted: BTreeSet<ApplicationId> = applications.iter().copied().collect();
    for statement in [&GRANTS_OF, &TEAMS_OF] {
        let rows: Vec<NarrowerRow> = all(tx, statement, args![user, infrastructure]).await?;
        found.extend(rows.into_iter().filter(|row| wanted.contains(&row.application_id)));
    }
    Ok(found)
}

/// The infrastructures in which a user has a role, by their names.
///
/// # Errors
/// The driver's own.
pub async fn infrastructures_of(
    tx: &mut impl Reader,
    user: UserId,
) -> Result<Vec<MembershipRow>, StoreError> {
    all(tx, &MEMBERSHIPS, args![user]).await
}
