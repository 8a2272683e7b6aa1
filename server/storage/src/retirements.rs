//! Retired applications: they are in no list any more, and keep their keys and their history.

use crate::applications::ApplicationRow;
use crate::column::{Fields, FromRow, row};
use crate::error::StoreError;
use crate::page::{ByTime, Page, Paged, Visibility, cut, wanted};
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use crate::visibility::{may_see, with_default_role};
use domain::environment::Reason;
use domain::id::{ApplicationId, InfrastructureId};
use domain::time::Timestamp;

row! {
    /// That an application is retired.
    pub struct RetirementRow {
        /// The application.
        application_id: ApplicationId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// Why.
        reason: Reason,
        /// When.
        retired_at: Timestamp,
        /// The name of who retired it.
        retired_by: String,
    }
}

/// A retired application.
#[derive(Debug, Clone, PartialEq)]
pub struct RetiredRow {
    /// The application.
    pub application: ApplicationRow,
    /// Since when, by whom and why.
    pub retirement: RetirementRow,
}

impl FromRow for RetiredRow {
    fn from_row(fields: &Fields<'_>) -> Result<Self, StoreError> {
        let retirement = RetirementRow::from_row(fields)?;
        Ok(Self { application: ApplicationRow::from_row(fields)?, retirement })
    }
}

/// The application is not retired. Takes its id.
macro_rules! living {
    ($application:literal) => {
        concat!(" not exists (select 1 from application_retirement vq where vq.application_id = ", $application, ") ")
    };
}
pub(crate) use living;

macro_rules! columns {
    () => {
        "select q.application_id, q.infrastructure_id, q.reason, q.retired_at, q.retired_by, a.id, a.key, a.name, \
         a.description, a.kind, a.created_at from application_retirement q join application a on a.id = q.application_id"
    };
}

statements! {
    PUT = "insert into application_retirement (application_id, infrastructure_id, reason, retired_at, retired_by) ",
        "values ($1, $2, $3, $4, $5)";
    REMOVE = "delete from application_retirement where application_id = $1";
    OF = "select application_id, infrastructure_id, reason, retired_at, retired_by from application_retirement ",
        "where application_id = $1";
    LIST = columns!(), " where q.infrastructure_id = $1 and (q.retired_at, q.application_id) < ($2, $3) ",
        "order by q.retired_at desc, q.application_id desc limit $4";
    LIST_OF = columns!(), with_default_role!(),
        " where q.infrastructure_id = $2 and (q.retired_at, q.application_id) < ($3, $4) and ", may_see!("q.application_id"),
        " order by q.retired_at desc, q.application_id desc limit $5";
}

/// Retires an application.
///
/// # Errors
/// `Violated(ApplicationRetirementId)` where it is retired.
pub async fn put(tx: &mut WriteTx, row: &RetirementRow) -> Result<(), StoreError> {
    let args = args![
        row.application_id,
        row.infrastructure_id,
        row.reason.as_str(),
        row.retired_at,
        &row.retired_by
    ];
    execute(tx, &PUT, args).await.map(drop)
}

/// Brings an application back; says whether it was retired.
///
/// # Errors
/// The driver's own.
pub async fn remove(tx: &mut WriteTx, application: ApplicationId) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMOVE, args![application]).await? > 0)
}

/// Since when, by whom and why an application is retired, if it is.
///
/// # Errors
/// The driver's own.
pub async fn of(
    tx: &mut impl Reader,
    application: ApplicationId,
) -> Result<Option<RetirementRow>, StoreError> {
    optional(tx, &OF, args![application]).await
}

/// A page of the retired applications that may be seen, the latest first.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
    page: &Page,
) -> Result<Paged<RetiredRow>, StoreError> {
    let ByTime { at, id } = ByTime::before(page)?;
    let rows: Vec<RetiredRow> = match *visibility {
        Visibility::Everything => all(tx, &LIST, args![infrastructure, at, id, wanted(page)]).await?,
        Visibility::Of(user) => {
            all(tx, &LIST_OF, args![user, infrastructure, at, id, wanted(page)]).await?
        }
    };
    Ok(cut(rows, page, |row| ByTime::mark(row.retirement.retired_at, row.application.id.0)))
}
