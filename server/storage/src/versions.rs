//! Versions: revisions with a number and a change log. They are never changed.

use crate::column::row;
use crate::error::StoreError;
use crate::page::{Page, Paged, cut, wanted};
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{ApplicationId, EnvironmentId, RevisionId, VersionId};
use domain::text::VersionNumber;
use domain::time::Timestamp;

row! {
    /// A version.
    pub struct VersionRow {
        /// Identity.
        id: VersionId,
        /// Its application.
        application_id: ApplicationId,
        /// The revision that was tagged.
        revision_id: RevisionId,
        /// The number.
        number: VersionNumber,
        /// The number as one integer that sorts as it does.
        number_order: i64,
        /// The change log.
        change_log: String,
        /// Where it was tagged.
        environment_id: EnvironmentId,
        /// When.
        created_at: Timestamp,
        /// By whom, by name.
        created_by: String,
    }
}

macro_rules! columns {
    () => {
        "select v.id, v.application_id, v.revision_id, v.number, v.number_order, v.change_log, v.environment_id, \
         v.created_at, v.created_by from version v"
    };
}

statements! {
    INSERT = "insert into version (id, application_id, revision_id, number, number_order, change_log, environment_id, ",
        "created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    BY_ID = columns!(), " where v.id = $1";
    BY_NUMBER = columns!(), " where v.application_id = $1 and v.number_order = $2";
    LATEST = columns!(), " where v.application_id = $1 order by v.number_order desc limit 1";
    LIST = columns!(), " where v.application_id = $1 and v.number_order < $2 order by v.number_order desc limit $3";
    BY_REVISION = columns!(), " where v.revision_id = $2 and v.application_id = $1 order by v.number_order desc";
}

/// Adds a version. `number_order` is taken from the number.
///
/// # Errors
/// `Violated(VersionNumber)` where the application has this number already.
pub async fn insert(tx: &mut WriteTx, row: &VersionRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.application_id,
        row.revision_id,
        row.number,
        row.number.order(),
        &row.change_log,
        row.environment_id,
        row.created_at,
        &row.created_by
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// One version by its identity.
///
/// # Errors
/// The driver's own.
pub async fn by_id(tx: &mut impl Reader, id: VersionId) -> Result<Option<VersionRow>, StoreError> {
    optional(tx, &BY_ID, args![id]).await
}

/// One version by its number, as [`VersionNumber::order`].
///
/// # Errors
/// The driver's own.
pub async fn by_number(
    tx: &mut impl Reader,
    application: ApplicationId,
    order: i64,
) -> Result<Option<VersionRow>, StoreError> {
    optional(tx, &BY_NUMBER, args![application, order]).await
}

/// The version with the highest number.
///
/// # Errors
/// The driver's own.
pub async fn latest(
    tx: &mut impl Reader,
    application: ApplicationId,
) -> Result<Option<VersionRow>, StoreError> {
    optional(tx, &LATEST, args![application]).await
}

/// The versions with the highest numbers, highest first.
///
/// # Errors
/// The driver's own.
pub async fn list(
    tx: &mut impl Reader,
    application: ApplicationId,
    limit: u32,
) -> Result<Vec<VersionRow>, StoreError> {
    all(tx, &LIST, args![application, i64::MAX, limit]).await
}

/// A page of the versions, highest number first.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn page(
    tx: &mut impl Reader,
    application: ApplicationId,
    page: &Page,
) -> Result<Paged<VersionRow>, StoreError> {
    let below = match &page.after {
        None => i64::MAX,
        Some(mark) => mark.parse().map_err(|_| StoreError::Page)?,
    };
    let rows = all(tx, &LIST, args![application, below, wanted(page)]).await?;
    Ok(cut(rows, page, |row: &VersionRow| row.number_order.to_string()))
}

/// The versions that a revision was tagged with, highest number first.
///
/// # Errors
/// The driver's own.
pub async fn by_revision(
    tx: &mut impl Reader,
    application: ApplicationId,
    revision: RevisionId,
) -> Result<Vec<VersionRow>, StoreError> {
    all(tx, &BY_REVISION, args![application, revision]).await
}
