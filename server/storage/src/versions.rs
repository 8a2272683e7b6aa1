//! Versions: revisions with a number and a change log. They are never changed.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::page::{Page, Paged, cut, wanted};
use crate::statement::{all, args, execute, hundred, hundreds, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId, PlanId, RevisionId, VersionId};
use domain::text::{Sha256, VersionNumber};
use domain::time::Timestamp;
use std::collections::BTreeMap;

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

row! {
    /// The highest number of a line.
    struct EndRow {
        application_id: ApplicationId,
        number_order: i64,
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
    // What was tagged in an environment is there, and so is what runs or ran there.
    AVAILABLE = columns!(), " where v.application_id = $1 and (v.environment_id = $2 or exists (select 1 from revision_place p ",
        "where p.revision_id = v.revision_id and p.environment_id = $2)) order by v.number_order desc limit $3";
    CREATED_SINCE = columns!(), " where v.application_id = $1 and v.created_at > $2 order by v.number_order desc limit $3";
    // A line is what has the same first and second part: the number without its lowest 16 bits.
    LINE_ENDS = "select v.application_id, max(v.number_order) as number_order from version v where v.application_id in (",
        hundred!(), ") group by v.application_id, v.number_order / 65536 order by v.application_id, number_order";
    BEFORE = columns!(), " where v.application_id = $1 and v.number_order < $2 order by v.number_order desc limit 1";
    REMOVE = "delete from version where id = $1";
    BASE_OF = "select x.environment_id as value from environment_application x where x.version_id = $1";
    PLANS = "select p.id as value from plan_item i join plan p on p.id = i.plan_id where i.version_id = $1 ",
        "order by p.created_at desc, p.id desc limit $2";
    DEPLOYMENTS = "select d.id as value from deployment_application x join deployment d on d.id = x.deployment_id ",
        "where x.application_id = $1 and d.run_plan like $2 order by x.created_at desc, d.id desc limit $3";
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

/// The highest number of each line of some applications, a line being what has the same first and second part.
///
/// # Errors
/// The driver's own.
pub async fn line_ends(
    tx: &mut impl Reader,
    applications: &[ApplicationId],
) -> Result<BTreeMap<ApplicationId, Vec<VersionNumber>>, StoreError> {
    let mut found: BTreeMap<ApplicationId, Vec<VersionNumber>> = BTreeMap::new();
    for args in hundreds(applications) {
        for row in all::<EndRow>(tx, &LINE_ENDS, args).await? {
            found.entry(row.application_id).or_default().push(VersionNumber::of_order(row.number_order));
        }
    }
    Ok(found)
}

/// The version with the next lower number.
///
/// # Errors
/// The driver's own.
pub async fn before(
    tx: &mut impl Reader,
    application: ApplicationId,
    number: VersionNumber,
) -> Result<Option<VersionRow>, StoreError> {
    optional(tx, &BEFORE, args![application, number.order()]).await
}

/// Deletes a version. What still refers to it keeps it.
///
/// # Errors
/// `Violated(Reference)` where it runs somewhere or a plan names it.
pub async fn remove(tx: &mut WriteTx, id: VersionId) -> Result<(), StoreError> {
    match execute(tx, &REMOVE, args![id]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// The environments where a version runs, or is what runs modified, in no order.
///
/// # Errors
/// The driver's own.
pub async fn base_of(tx: &mut impl Reader, id: VersionId) -> Result<Vec<EnvironmentId>, StoreError> {
    let rows: Vec<Value<EnvironmentId>> = all(tx, &BASE_OF, args![id]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The plans that name a version, newest first.
///
/// # Errors
/// The driver's own.
pub async fn plans(tx: &mut impl Reader, id: VersionId, limit: u32) -> Result<Vec<PlanId>, StoreError> {
    let rows: Vec<Value<PlanId>> = all(tx, &PLANS, args![id, limit]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The deployments that brought a version or took it out, newest first, as their plans tell it, which are stored as they were.
///
/// # Errors
/// The driver's own.
pub async fn deployments(
    tx: &mut impl Reader,
    version: &VersionRow,
    sha256: Sha256,
    size: u64,
    limit: u32,
) -> Result<Vec<DeploymentId>, StoreError> {
    // The digits of a hash and of a number have no meaning in a pattern.
    let release =
        format!("%{{\"sha256\":\"{sha256}\",\"size\":{size},\"number\":\"{}\"}}%", version.number);
    let rows: Vec<Value<DeploymentId>> =
        all(tx, &DEPLOYMENTS, args![version.application_id, release, limit]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
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

/// The versions that an environment has (R02): that were tagged there, or run or ran there; highest number first.
///
/// # Errors
/// The driver's own.
pub async fn available(
    tx: &mut impl Reader,
    application: ApplicationId,
    environment: EnvironmentId,
    limit: u32,
) -> Result<Vec<VersionRow>, StoreError> {
    all(tx, &AVAILABLE, args![application, environment, limit]).await
}

/// The versions that were tagged after a moment, highest number first.
///
/// # Errors
/// The driver's own.
pub async fn created_since(
    tx: &mut impl Reader,
    application: ApplicationId,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<VersionRow>, StoreError> {
    all(tx, &CREATED_SINCE, args![application, since, limit]).await
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
