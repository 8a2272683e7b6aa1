//! Grants of a role on one application, and all the narrower roles that a user has.

use crate::column::row;
use crate::error::StoreError;
use crate::page::{ByName, Count, Page, Paged, cut, pattern, sort_key, wanted};
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use crate::visibility::{may_see, with_default_role};
use domain::id::{ApplicationId, InfrastructureId, RoleId, TeamId, UserId};
use domain::text::{Key, Name};
use domain::time::Timestamp;

row! {
    /// A role on one application.
    pub struct GrantRow {
        /// Who has it.
        user_id: UserId,
        /// The application.
        application_id: ApplicationId,
        /// The role.
        role_id: RoleId,
        /// Who granted it; none for the local operator.
        granted_by: Option<UserId>,
        /// When.
        granted_at: Timestamp,
    }
}

row! {
    /// A grant of a user, with names.
    pub struct GrantOfUserRow {
        /// The application.
        application_id: ApplicationId,
        /// Its key.
        key: Key,
        /// Its name.
        name: Name,
        /// Its kind.
        kind: String,
        /// The role.
        role_id: RoleId,
        /// The role's name.
        role_name: String,
        /// The name of who granted it; none for the local operator.
        granted_by: Option<Name>,
        /// When.
        granted_at: Timestamp,
    }
}

row! {
    /// An application on which a user has a narrower role, by team, by grant, or both.
    pub struct NarrowedRow {
        /// The application.
        application_id: ApplicationId,
        /// Its key.
        key: Key,
        /// Its name.
        name: Name,
        /// Its kind.
        kind: String,
        /// The role by grant.
        grant_role: Option<RoleId>,
        /// Its name.
        grant_role_name: Option<String>,
        /// The role in the team that owns the application.
        team_role: Option<RoleId>,
        /// Its name.
        team_role_name: Option<String>,
        /// The team.
        team_id: Option<TeamId>,
        /// The team's name.
        team_name: Option<String>,
    }
}

/// Applications with the narrower roles of the user `$1`, where there are any.
macro_rules! narrowed {
    () => {
        "select a.id as application_id, a.key, a.name, a.kind, g.role_id as grant_role, gr.name as grant_role_name, \
         m.role_id as team_role, mr.name as team_role_name, t.id as team_id, t.name as team_name from application a \
         left join application_grant g on g.user_id = $1 and g.application_id = a.id left join role gr on gr.id = g.role_id \
         left join team_application o on o.application_id = a.id \
         left join team_member m on m.team_id = o.team_id and m.user_id = $1 left join role mr on mr.id = m.role_id \
         left join team t on t.id = m.team_id"
    };
}

/// The applications in `$2` for which the user `$1` has a narrower role.
macro_rules! narrower {
    () => {
        "select x.application_id from application_grant x where x.user_id = $1 and x.infrastructure_id = $2 \
         union select y.application_id from team_member z join team_application y on y.team_id = z.team_id \
         where z.user_id = $1 and z.infrastructure_id = $2"
    };
}

statements! {
    PUT = "insert into application_grant (user_id, application_id, infrastructure_id, role_id, granted_by, granted_at) ",
        "values ($1, $2, (select infrastructure_id from application where id = $2), $3, $4, $5) ",
        "on conflict (user_id, application_id) do update set role_id = excluded.role_id, ",
        "granted_by = excluded.granted_by, granted_at = excluded.granted_at";
    REMOVE = "delete from application_grant where user_id = $1 and application_id = $2";
    GET = "select user_id, application_id, role_id, granted_by, granted_at from application_grant ",
        "where user_id = $1 and application_id = $2";
    OF_USER = "select a.id as application_id, a.key, a.name, a.kind, r.id as role_id, r.name as role_name, ",
        "b.name as granted_by, g.granted_at from application_grant g join application a on a.id = g.application_id ",
        "join role r on r.id = g.role_id left join it_user b on b.id = g.granted_by ",
        "where g.user_id = $1 and g.infrastructure_id = $2 order by a.sort, a.id limit $3";
    NARROWED = narrowed!(), " where a.id in (", narrower!(), ") order by a.sort, a.id limit $3";
    NARROWED_PAGE = narrowed!(), " where a.id in (", narrower!(), ") and (a.sort, a.id) > ($3, $4) order by a.sort, a.id limit $5";
    COUNT_NARROWED = "select count(*) as value from (", narrower!(), " limit 1001) c";
    ANY = narrowed!(), " where a.infrastructure_id = $2 and (a.sort, a.id) > ($3, $4) and a.search like $5 escape '!' ",
        "order by a.sort, a.id limit $6";
    ANY_SEEN = narrowed!(), with_default_role!(), " where a.infrastructure_id = $2 and (a.sort, a.id) > ($3, $4) ",
        "and a.search like $5 escape '!' and ", may_see!("a.id"), " order by a.sort, a.id limit $6";
    COUNT_ANY = "select count(*) as value from (select 1 from application a where a.infrastructure_id = $1 ",
        "and a.search like $2 escape '!' limit 1001) c";
    COUNT_ANY_SEEN = "select count(*) as value from (select 1 from application a ", with_default_role!(),
        " where a.infrastructure_id = $2 and a.search like $3 escape '!' and ", may_see!("a.id"), " limit 1001) c";
}

/// Grants a user a role on one application, in place of the one granted before.
///
/// # Errors
/// `Violated(Reference)`, `Violated(Check)` where one of them is not there.
pub async fn put(tx: &mut WriteTx, row: &GrantRow) -> Result<(), StoreError> {
    let args = args![row.user_id, row.application_id, row.role_id, row.granted_by, row.granted_at];
    execute(tx, &PUT, args).await.map(drop)
}

/// Takes a grant away; false where there was none.
///
/// # Errors
/// The driver's own.
pub async fn remove(
    tx: &mut WriteTx,
    user: UserId,
    application: ApplicationId,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMOVE, args![user, application]).await? == 1)
}

/// The grant of a user on an application.
///
/// # Errors
/// The driver's own.
pub async fn get(
    tx: &mut impl Reader,
    user: UserId,
    application: ApplicationId,
) -> Result<Option<GrantRow>, StoreError> {
    optional(tx, &GET, args![user, application]).await
}

/// The grants of a user in an infrastructure, by application, at most so many.
///
/// # Errors
/// The driver's own.
pub async fn of_user(
    tx: &mut impl Reader,
    user: UserId,
    infrastructure: InfrastructureId,
    limit: u32,
) -> Result<Vec<GrantOfUserRow>, StoreError> {
    all(tx, &OF_USER, args![user, infrastructure, limit]).await
}

/// The applications on which a user has a narrower role, by name, at most so many.
///
/// # Errors
/// The driver's own.
pub async fn narrowed(
    tx: &mut impl Reader,
    user: UserId,
    infrastructure: InfrastructureId,
    limit: u32,
) -> Result<Vec<NarrowedRow>, StoreError> {
    all(tx, &NARROWED, args![user, infrastructure, limit]).await
}

/// Which applications a table of one user's rights shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Those with a narrower role.
    Narrowed,
    /// Every one whose name has this in it.
    Any(String),
    /// The same, but only those that the user may see.
    AnySeen(String),
}

/// A page of applications with the narrower roles of a user, by name.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn shown(
    tx: &mut impl Reader,
    user: UserId,
    infrastructure: InfrastructureId,
    shown: &Shown,
    page: &Page,
) -> Result<Paged<NarrowedRow>, StoreError> {
    let ByName { sort, id } = ByName::after(page)?;
    let mut args = args![user, infrastructure, sort, id];
    let statement = match shown {
        Shown::Narrowed => &NARROWED_PAGE,
        Shown::Any(search) => {
            args.push(pattern(search).into());
            &ANY
        }
        Shown::AnySeen(search) => {
            args.push(pattern(search).into());
            &ANY_SEEN
        }
    };
    args.push(wanted(page).into());
    let rows = all(tx, statement, args).await?;
    Ok(cut(rows, page, |row: &NarrowedRow| ByName::mark(&sort_key(row.name.as_str()), row.application_id.0)))
}

/// How many applications [`shown`] has in all.
///
/// # Errors
/// The driver's own.
pub async fn count_shown(
    tx: &mut impl Reader,
    user: UserId,
    infrastructure: InfrastructureId,
    shown: &Shown,
) -> Result<Count, StoreError> {
    match shown {
        Shown::Narrowed => one(tx, &COUNT_NARROWED, args![user, infrastructure]).await,
        Shown::Any(search) => one(tx, &COUNT_ANY, args![infrastructure, pattern(search)]).await,
        Shown::AnySeen(search) => one(tx, &COUNT_ANY_SEEN, args![user, infrastructure, pattern(search)]).await,
    }
}
