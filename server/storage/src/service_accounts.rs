//! Service accounts: IT users without a password, each in one infrastructure.

use crate::column::row;
use crate::error::StoreError;
use crate::page::{ByName, Page, Paged, cut, wanted};
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{InfrastructureId, RoleId, UserId};
use domain::text::{Name, Username};
use domain::time::Timestamp;

row! {
    /// A service account.
    pub struct ServiceAccountRow {
        /// Identity.
        id: UserId,
        /// The name it is known by in entries and on the command line.
        username: Username,
        /// The name people read.
        name: Name,
        /// Its tokens are good.
        active: bool,
        /// When it was made.
        created_at: Timestamp,
        /// Its default role; none where it has lost it.
        role_id: Option<RoleId>,
        /// The role's name.
        role_name: Option<String>,
        /// Tokens that are neither revoked nor expired.
        tokens: u64,
        /// When one of its tokens was used last.
        last_used_at: Option<Timestamp>,
    }
}

macro_rules! columns {
    () => {
        "select u.id, u.username, u.name, u.active, u.created_at, r.id as role_id, r.name as role_name, \
         (select count(*) from token t where t.user_id = u.id and t.revoked_at is null and t.expires_at > $2) as tokens, \
         (select max(t.last_used_at) from token t where t.user_id = u.id) as last_used_at from it_user u \
         left join user_role m on m.user_id = u.id and m.infrastructure_id = u.service_of left join role r on r.id = m.role_id \
         where u.service_of = $1"
    };
}

statements! {
    MARK = "update it_user set service_of = $2 where id = $1";
    BY_ID = columns!(), " and u.id = $3";
    BY_USERNAME = columns!(), " and u.username = $3";
    LIST = columns!(), " and (u.sort, u.id) > ($3, $4) order by u.sort, u.id limit $5";
    HOME = "select service_of from it_user where id = $1 and service_of is not null";
}

row! {
    /// Where a service account belongs.
    struct HomeRow {
        service_of: InfrastructureId,
    }
}

/// Makes a user without a password a service account of an infrastructure.
///
/// # Errors
/// `Violated(Check)` where the user has a password; [`StoreError::Missing`] where there is no such user.
pub async fn mark(tx: &mut WriteTx, user: UserId, home: InfrastructureId) -> Result<(), StoreError> {
    match execute(tx, &MARK, args![user, home]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// One service account of an infrastructure.
///
/// # Errors
/// The driver's own.
pub async fn by_id(
    tx: &mut impl Reader,
    home: InfrastructureId,
    id: UserId,
    now: Timestamp,
) -> Result<Option<ServiceAccountRow>, StoreError> {
    optional(tx, &BY_ID, args![home, now, id]).await
}

/// One service account of an infrastructure by its user name.
///
/// # Errors
/// The driver's own.
pub async fn by_username(
    tx: &mut impl Reader,
    home: InfrastructureId,
    username: &Username,
    now: Timestamp,
) -> Result<Option<ServiceAccountRow>, StoreError> {
    optional(tx, &BY_USERNAME, args![home, now, username]).await
}

/// A page of the service accounts of an infrastructure, by name.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn list(
    tx: &mut impl Reader,
    home: InfrastructureId,
    now: Timestamp,
    page: &Page,
) -> Result<Paged<ServiceAccountRow>, StoreError> {
    let ByName { sort, id } = ByName::after(page)?;
    let rows = all(tx, &LIST, args![home, now, sort, id, wanted(page)]).await?;
    Ok(cut(rows, page, |row: &ServiceAccountRow| {
        ByName::mark(&crate::page::sort_key(row.name.as_str()), row.id.0)
    }))
}

/// The infrastructure that a user belongs to as a service account; none for a person.
///
/// # Errors
/// The driver's own.
pub async fn home(tx: &mut impl Reader, user: UserId) -> Result<Option<InfrastructureId>, StoreError> {
    let row: Option<HomeRow> = optional(tx, &HOME, args![user]).await?;
    Ok(row.map(|row| row.service_of))
}
