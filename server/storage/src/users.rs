//! IT users.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::page::{ByName, Count, Page, Paged, cut, pattern, sort_key, wanted};
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{InfrastructureId, RoleId, UserId};
use domain::text::{Name, Username};
use domain::time::Timestamp;

row! {
    /// An IT user.
    pub struct UserRow {
        /// Identity.
        id: UserId,
        /// The name to sign in with.
        username: Username,
        /// The name people read.
        name: Name,
        /// E-mail address; may be empty.
        email: String,
        /// The password's argon2id hash in PHC form; none for one who cannot sign in with a password.
        password_hash: Option<String>,
        /// May sign in.
        active: bool,
        /// When the user was added.
        created_at: Timestamp,
        /// When the password was set last.
        password_changed_at: Option<Timestamp>,
        /// When the user was deactivated; none for an active one.
        deactivated_at: Option<Timestamp>,
    }
}

row! {
    /// A user in the list of an infrastructure.
    pub struct ListedUserRow {
        /// Identity.
        id: UserId,
        /// The name to sign in with.
        username: Username,
        /// The name people read.
        name: Name,
        /// E-mail address; may be empty.
        email: String,
        /// May sign in.
        active: bool,
        /// The default role in the infrastructure; none for a user who has no part in it.
        role_id: Option<RoleId>,
        /// The role's name.
        role_name: Option<String>,
    }
}

row! {
    /// What a user chose for themselves.
    pub struct PreferencesRow {
        /// A name of the time zone database.
        time_zone: String,
        /// `domain::person::Theme`, as its word.
        theme: String,
    }
}

row! {
    /// A user in the access review of an infrastructure.
    pub struct ReviewedRow {
        /// Identity.
        id: UserId,
        /// The name to sign in with.
        username: Username,
        /// The name people read.
        name: Name,
        /// May sign in.
        active: bool,
        /// The default role.
        role_id: RoleId,
        /// Is in a team or has a grant.
        narrower: bool,
    }
}

/// What is looked for in the list of users.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFilter {
    /// Part of the name, the user name or the e-mail address, without regard to case.
    pub search: Option<String>,
    /// Only those who may sign in, or only those who may not.
    pub active: Option<bool>,
    /// Only those with this default role.
    pub role: Option<RoleId>,
}

impl UserFilter {
    fn pattern(&self) -> String {
        pattern(self.search.as_deref().unwrap_or_default())
    }

    /// The two values of `active` that are let through.
    fn lets_through(&self) -> (bool, bool) {
        (self.active.unwrap_or(true), self.active.unwrap_or(false))
    }
}

macro_rules! columns {
    () => {
        "select id, username, name, email, password_hash, active, created_at, password_changed_at, deactivated_at from it_user"
    };
}

macro_rules! listed {
    () => {
        "select u.id, u.username, u.name, u.email, u.active, r.id as role_id, r.name as role_name from "
    };
}

macro_rules! with_that_role {
    () => {
        concat!(
            "it_user u join user_role m on m.user_id = u.id and m.infrastructure_id = $1 join role r on r.id = m.role_id ",
            "where u.service_of is null and u.search like $2 escape '!' and (u.active = $3 or u.active = $4)"
        )
    };
}

statements! {
    INSERT = "insert into it_user (id, username, name, sort, email, password_hash, active, created_at, password_changed_at, ",
        "deactivated_at, search, skeleton) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    UPDATE = "update it_user set name = $2, sort = $3, email = $4, search = $5 where id = $1";
    BY_ID = columns!(), " where id = $1";
    BY_USERNAME = columns!(), " where username = $1";
    COUNT = "select count(*) as value from (select 1 from it_user where service_of is null limit 1001) c";
    SET_PASSWORD_HASH = "update it_user set password_hash = $2, password_changed_at = $3 where id = $1";
    SET_ACTIVE = "update it_user set active = $2, deactivated_at = $3 where id = $1";
    // Whom to show is found in an index alone; a search of many would else read each of them.
    LIST = listed!(), "(select id, sort from it_user where service_of is null and search like $2 escape '!' ",
        "and (active = $3 or active = $4) and (sort, id) > ($5, $6) order by sort, id limit $7) p join it_user u on u.id = p.id ",
        "left join user_role m on m.user_id = u.id and m.infrastructure_id = $1 left join role r on r.id = m.role_id ",
        "order by p.sort, p.id";
    LIST_ROLE = listed!(), with_that_role!(), " and (u.sort, u.id) > ($5, $6) and m.role_id = $8 order by u.sort, u.id limit $7";
    // Without the roles: nobody is counted out by them, and looking each up costs ten times the counting. Where nothing is searched for,
    // `COUNT` reads an index alone.
    COUNT_LIST = "select count(*) as value from (select 1 from it_user where service_of is null and search like $1 escape '!' ",
        "and (active = $2 or active = $3) limit 1001) c";
    COUNT_ROLE = "select count(*) as value from (select 1 from ", with_that_role!(), " and m.role_id = $5 limit 1001) c";
    ACTIVE_HOLDERS = "select count(*) as value from (select 1 from user_role m join it_user u on u.id = m.user_id ",
        "where m.role_id = $1 and u.active and u.service_of is null and u.id <> $2 limit 1001) c";
    LOOKS_LIKE = "select username as value from it_user where skeleton = $1 order by username limit 1";
    PREFERENCES = "select time_zone, theme from it_user where id = $1";
    SET_PREFERENCES = "update it_user set time_zone = $2, theme = $3 where id = $1";
    REVIEW = "select u.id, u.username, u.name, u.active, m.role_id, (",
        "exists (select 1 from application_grant g where g.user_id = u.id and g.infrastructure_id = $1) ",
        "or exists (select 1 from team_member t where t.user_id = u.id and t.infrastructure_id = $1)) as narrower ",
        "from user_role m join it_user u on u.id = m.user_id where m.infrastructure_id = $1 and (u.sort, u.id) > ($2, $3) ",
        "order by u.sort, u.id limit $4";
}

fn search_text(row: &UserRow) -> String {
    format!("{} {} {}", row.name, row.username, row.email).to_lowercase()
}

/// Adds a user.
///
/// # Errors
/// `Violated(UserUsername)` where the user name is taken.
pub async fn insert(tx: &mut WriteTx, row: &UserRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        &row.username,
        &row.name,
        sort_key(row.name.as_str()),
        &row.email,
        row.password_hash.as_deref(),
        row.active,
        row.created_at,
        row.password_changed_at,
        row.deactivated_at,
        search_text(row),
        domain::person::skeleton(&row.username)
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// Changes name and e-mail address to those of the row.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such user.
pub async fn update(tx: &mut WriteTx, row: &UserRow) -> Result<(), StoreError> {
    let sort = sort_key(row.name.as_str());
    match execute(tx, &UPDATE, args![row.id, &row.name, sort, &row.email, search_text(row)]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// One user by identity.
///
/// # Errors
/// The driver's own.
pub async fn by_id(tx: &mut impl Reader, id: UserId) -> Result<Option<UserRow>, StoreError> {
    optional(tx, &BY_ID, args![id]).await
}

/// One user by the name to sign in with.
///
/// # Errors
/// The driver's own.
pub async fn by_username(tx: &mut impl Reader, username: &Username) -> Result<Option<UserRow>, StoreError> {
    optional(tx, &BY_USERNAME, args![username]).await
}

/// How many people there are; a service account is none.
///
/// # Errors
/// The driver's own.
pub async fn count(tx: &mut impl Reader) -> Result<Count, StoreError> {
    one(tx, &COUNT, args![]).await
}

/// Sets the password's hash.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such user.
pub async fn set_password_hash(
    tx: &mut WriteTx,
    id: UserId,
    hash: Option<&str>,
    at: Timestamp,
) -> Result<(), StoreError> {
    match execute(tx, &SET_PASSWORD_HASH, args![id, hash, at]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Lets a user sign in, or not. `at` is kept as the time of the deactivation.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such user.
pub async fn set_active(
    tx: &mut WriteTx,
    id: UserId,
    active: bool,
    at: Timestamp,
) -> Result<(), StoreError> {
    let deactivated_at = (!active).then_some(at);
    match execute(tx, &SET_ACTIVE, args![id, active, deactivated_at]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// A page of the users, by name, with their roles in an infrastructure.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    filter: &UserFilter,
    page: &Page,
) -> Result<Paged<ListedUserRow>, StoreError> {
    let ByName { sort, id } = ByName::after(page)?;
    let (one, other) = filter.lets_through();
    let mut args = args![infrastructure, filter.pattern(), one, other, sort, id, wanted(page)];
    let statement = match filter.role {
        Some(role) => {
            args.push(role.into());
            &LIST_ROLE
        }
        None => &LIST,
    };
    let rows = all(tx, statement, args).await?;
    Ok(cut(rows, page, |row: &ListedUserRow| ByName::mark(&sort_key(row.name.as_str()), row.id.0)))
}

/// How many users the list has.
///
/// # Errors
/// The driver's own.
pub async fn count_list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    filter: &UserFilter,
) -> Result<Count, StoreError> {
    let (first, other) = filter.lets_through();
    match filter.role {
        Some(role) => one(tx, &COUNT_ROLE, args![infrastructure, filter.pattern(), first, other, role]).await,
        None if filter.search.is_none() && filter.active.is_none() => count(tx).await,
        None => one(tx, &COUNT_LIST, args![filter.pattern(), first, other]).await,
    }
}

/// How many people who may sign in have a role as their default role, beside one user. A service account is no person.
///
/// # Errors
/// The driver's own.
pub async fn active_holders(tx: &mut impl Reader, role: RoleId, beside: UserId) -> Result<Count, StoreError> {
    one(tx, &ACTIVE_HOLDERS, args![role, beside]).await
}

/// A user name that can be taken for this one, or this one itself.
///
/// # Errors
/// The driver's own.
pub async fn looks_like(tx: &mut impl Reader, username: &Username) -> Result<Option<Username>, StoreError> {
    let found: Option<Value<Username>> =
        optional(tx, &LOOKS_LIKE, args![domain::person::skeleton(username)]).await?;
    Ok(found.map(|found| found.0))
}

/// What a user chose for themselves.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such user.
pub async fn preferences(tx: &mut impl Reader, id: UserId) -> Result<PreferencesRow, StoreError> {
    one(tx, &PREFERENCES, args![id]).await
}

/// Sets what a user chose for themselves.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such user; `Violated(Check)` for another theme than there are.
pub async fn set_preferences(
    tx: &mut WriteTx,
    id: UserId,
    row: &PreferencesRow,
) -> Result<(), StoreError> {
    match execute(tx, &SET_PREFERENCES, args![id, &row.time_zone, &row.theme]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// A page of the users with a role in an infrastructure, by name, whether they may sign in or not.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn reviewed(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    page: &Page,
) -> Result<Paged<ReviewedRow>, StoreError> {
    let ByName { sort, id } = ByName::after(page)?;
    let rows = all(tx, &REVIEW, args![infrastructure, sort, id, wanted(page)]).await?;
    Ok(cut(rows, page, mark))
}

/// The mark of the page that begins after a user of [`reviewed`].
#[must_use]
pub fn mark(row: &ReviewedRow) -> String {
    ByName::mark(&sort_key(row.name.as_str()), row.id.0)
}
