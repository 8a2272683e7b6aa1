//! Applications.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::retirements::living;
use crate::page::{ByName, Count, Page, Paged, Visibility, cut, pattern, sort_key, wanted};
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use crate::visibility::{may_see, with_default_role};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId, InfrastructureId, PlanId, RevisionId};
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

row! {
    /// What runs of an application in an environment and may use another one.
    pub struct UserRow {
        /// The environment.
        environment_id: EnvironmentId,
        /// The application that may use it.
        application_id: ApplicationId,
        /// What runs of it.
        revision_id: RevisionId,
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
    NAMED = columns!(), " where a.infrastructure_id = $1 and a.sort = $2 and ", living!("a.id"), " order by a.id limit 2";
    ALL = columns!(), " where a.infrastructure_id = $1 order by a.sort, a.id";
    LIST = columns!(), " where a.infrastructure_id = $1 and (a.sort, a.id) > ($2, $3) and a.search like $4 escape '!' and ",
        living!("a.id"), " order by a.sort, a.id limit $5";
    LIST_OF = columns!(), with_default_role!(),
        " where a.infrastructure_id = $2 and (a.sort, a.id) > ($3, $4) and a.search like $5 escape '!' and ",
        living!("a.id"), " and ", may_see!("a.id"), " order by a.sort, a.id limit $6";
    OPEN_PLANS = "select p.id as value from plan_item i join plan p on p.id = i.plan_id where i.application_id = $1 ",
        "and p.status = 'draft' order by p.created_at desc, p.id desc limit $2";
    OPEN_DEPLOYMENTS = "select x.deployment_id as value from deployment_application x where x.application_id = $1 and x.open ",
        "order by x.created_at desc, x.deployment_id desc limit $2";
    // Those that may use it; the summary says whether they do.
    USERS = "select x.environment_id, x.application_id, x.revision_id from environment e ",
        "join environment_application x on x.environment_id = e.id join revision r on r.id = x.revision_id ",
        "where e.infrastructure_id = $1 and r.summary like $2 escape '!' order by e.position, x.application_id";
    COUNT = "select count(*) as value from (select 1 from application a where a.infrastructure_id = $1 and ",
        living!("a.id"), " limit 1001) c";
    COUNT_OF = "select count(*) as value from (select 1 from application a", with_default_role!(),
        " where a.infrastructure_id = $2 and ", living!("a.id"), " and ", may_see!("a.id"), " limit 1001) c";
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

/// At most two applications that are not retired and have a name, without regard to case.
///
/// # Errors
/// The driver's own.
pub async fn named(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    name: &Name,
) -> Result<Vec<ApplicationRow>, StoreError> {
    all(tx, &NAMED, args![infrastructure, sort_key(name.as_str())]).await
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

/// The drafts that name an application, newest first.
///
/// # Errors
/// The driver's own.
pub async fn open_plans(
    tx: &mut impl Reader,
    application: ApplicationId,
    limit: u32,
) -> Result<Vec<PlanId>, StoreError> {
    let rows: Vec<Value<PlanId>> = all(tx, &OPEN_PLANS, args![application, limit]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The deployments of an application that have not ended, newest first.
///
/// # Errors
/// The driver's own.
pub async fn open_deployments(
    tx: &mut impl Reader,
    application: ApplicationId,
    limit: u32,
) -> Result<Vec<DeploymentId>, StoreError> {
    let rows: Vec<Value<DeploymentId>> = all(tx, &OPEN_DEPLOYMENTS, args![application, limit]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Whatever runs anywhere and may use an application, by its key: the summary of the revision says whether it does. By the order of the
/// environments.
///
/// # Errors
/// The driver's own.
pub async fn users(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    key: &Key,
) -> Result<Vec<UserRow>, StoreError> {
    let named = pattern(&format!("\"application\":\"{key}\""));
    all(tx, &USERS, args![infrastructure, named]).await
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
