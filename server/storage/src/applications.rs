//! Applications.

use crate::column::row;
use crate::error::StoreError;
use crate::page::{ByName, Count, Page, Paged, Visibility, cut, pattern, sort_key, wanted};
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use crate::visibility::{may_see, with_default_role};
use domain::id::{ApplicationId, InfrastructureId};
use domain::text::{Key, Name};
use domain::time::Timestamp;

row! {
    /// An application.
    pub struct ApplicationRow {
        /// Identity.
        id: ApplicationId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// Key in addresses and packages.
        key: Key,
        /// Name.
        name: Name,
        /// What it is, in a sentence.
        description: String,
        /// `web`, `service` or `library`.
        kind: String,
        /// When it was first published.
        created_at: Timestamp,
    }
}

/// What is looked for in the list of applications.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApplicationFilter {
    /// Part of the name or the key, without regard to case.
    pub search: Option<String>,
}

macro_rules! columns {
    () => {
        "select a.id, a.infrastructure_id, a.key, a.name, a.description, a.kind, a.created_at from application a"
    };
}

statements! {
    INSERT = "insert into application (id, infrastructure_id, key, name, sort, search, description, kind, created_at) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    UPDATE = "update application set name = $2, sort = $3, search = $4, description = $5, kind = $6 where id = $1";
    BY_ID = columns!(), " where a.id = $1";
    BY_KEY = columns!(), " where a.infrastructure_id = $1 and a.key = $2";
    ALL = columns!(), " where a.infrastructure_id = $1 order by a.sort, a.id";
    LIST = columns!(), " where a.infrastructure_id = $1 and (a.sort, a.id) > ($2, $3) and a.search like $4 escape '!' ",
        "order by a.sort, a.id limit $5";
    LIST_OF = columns!(), with_default_role!(),
        " where a.infrastructure_id = $2 and (a.sort, a.id) > ($3, $4) and a.search like $5 escape '!' and ",
        may_see!("a.id"), " order by a.sort, a.id limit $6";
    COUNT = "select count(*) as value from (select 1 from application where infrastructure_id = $1 limit 1001) c";
    COUNT_OF = "select count(*) as value from (select 1 from application a", with_default_role!(),
        " where a.infrastructure_id = $2 and ", may_see!("a.id"), " limit 1001) c";
}

fn search_text(row: &ApplicationRow) -> String {
    format!("{} {}", row.name, row.key).to_lowercase()
}

/// Adds an application.
///
/// # Errors
/// `Violated(ApplicationKey)` where the key is taken in the infrastructure.
pub async fn insert(tx: &mut WriteTx, row: &ApplicationRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.infrastructure_id,
        &row.key,
        &row.name,
        sort_key(row.name.as_str()),
        search_text(row),
        &row.description,
        &row.kind,
        row.created_at
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// Changes name, description and kind to those of the row.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such application.
pub async fn update(tx: &mut WriteTx, row: &ApplicationRow) -> Result<(), StoreError> {
    let sort = sort_key(row.name.as_str());
    let args = args![row.id, &row.name, sort, search_text(row), &row.description, &row.kind];
    match execute(tx, &UPDATE, args).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// One application by its identity. Whether it may be seen is decided by the caller.
///
/// # Errors
/// The driver's own.
pub async fn by_id(tx: &mut impl Reader, id: ApplicationId) -> Result<Option<ApplicationRow>, StoreError> {
    optional(tx, &BY_ID, args![id]).await
}

/// One application by its key.
///
/// # Errors
/// The driver's own.
pub async fn by_key(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    key: &str,
) -> Result<Option<ApplicationRow>, StoreError> {
    optional(tx, &BY_KEY, args![infrastructure, key]).await
}

/// All applications of an infrastructure, for the rules that look at the whole of it (validation of a plan). Not for lists
/// that people see.
///
/// # Errors
/// The driver's own.
pub async fn of_infrastructure(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<ApplicationRow>, StoreError> {
    all(tx, &ALL, args![infrastructure]).await
}

/// A page of the applications that may be seen in at least one environment, by name.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
    filter: &ApplicationFilter,
    page: &Page,
) -> Result<Paged<ApplicationRow>, StoreError> {
    let ByName { sort, id } = ByName::after(page)?;
    let search = pattern(filter.search.as_deref().unwrap_or_default());
    let rows: Vec<ApplicationRow> = match *visibility {
        Visibility::Everything => {
            all(tx, &LIST, args![infrastructure, sort, id, search, wanted(page)]).await?
        }
        Visibility::Of(user) => {
            all(tx, &LIST_OF, args![user, infrastructure, sort, id, search, wanted(page)]).await?
        }
    };
    Ok(cut(rows, page, |row| ByName::mark(&sort_key(row.name.as_str()), row.id.0)))
}

/// How many applications may be seen.
///
/// # Errors
/// The driver's own.
pub async fn count(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
) -> Result<Count, StoreError> {
    match *visibility {
        Visibility::Everything => one(tx, &COUNT, args![infrastructure]).await,
        Visibility::Of(user) => one(tx, &COUNT_OF, args![user, infrastructure]).await,
    }
}
