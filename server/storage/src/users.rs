//! IT users.

use crate::column::row;
use crate::error::StoreError;
use crate::page::{ByName, Count, Page, Paged, cut, sort_key, wanted};
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::UserId;
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
    }
}

macro_rules! columns {
    () => {
        "select id, username, name, email, password_hash, active, created_at, password_changed_at from it_user"
    };
}

statements! {
    INSERT = "insert into it_user (id, username, name, sort, email, password_hash, active, created_at, password_changed_at) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    BY_ID = columns!(), " where id = $1";
    BY_USERNAME = columns!(), " where username = $1";
    COUNT = "select count(*) as value from (select 1 from it_user limit 1001) c";
    SET_PASSWORD_HASH = "update it_user set password_hash = $2, password_changed_at = $3 where id = $1";
    SET_ACTIVE = "update it_user set active = $2 where id = $1";
    LIST = columns!(), " where (sort, id) > ($1, $2) order by sort, id limit $3";
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
        row.password_changed_at
    ];
    execute(tx, &INSERT, args).await.map(drop)
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

/// How many users there are.
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

/// Lets a user sign in, or not.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such user.
pub async fn set_active(tx: &mut WriteTx, id: UserId, active: bool) -> Result<(), StoreError> {
    match execute(tx, &SET_ACTIVE, args![id, active]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// A page of the users, by name.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn list(tx: &mut impl Reader, page: &Page) -> Result<Paged<UserRow>, StoreError> {
    let ByName { sort, id } = ByName::after(page)?;
    let rows = all(tx, &LIST, args![sort, id, wanted(page)]).await?;
    Ok(cut(rows, page, |row: &UserRow| ByName::mark(&sort_key(row.name.as_str()), row.id.0)))
}
