//! Deployment plans and their lines.

use crate::column::row;
use crate::error::StoreError;
use crate::page::{ByTime, Page, Paged, TimeFilter, Visibility, cut, wanted};
use crate::statement::{all, args, execute, hundred, hundreds, optional, statements};
use crate::transaction::{Reader, WriteTx};
use crate::visibility::{may_access, may_list, with_default_role};
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId, PlanId, UserId, VersionId};
use domain::text::VersionNumber;
use domain::time::Timestamp;
use std::collections::BTreeMap;

row! {
    /// A plan.
    pub struct PlanRow {
        /// Identity.
        id: PlanId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// Name.
        name: String,
        /// Notes.
        notes: String,
        /// From here.
        source_id: Option<EnvironmentId>,
        /// To there.
        target_id: EnvironmentId,
        /// `draft`, `started` or `discarded`.
        status: String,
        /// The canonical digest of the plan.
        digest: String,
        /// Who made it; none for the local operator.
        created_by: Option<UserId>,
        /// The maker's name at that time.
        created_by_name: String,
        /// When it was made.
        created_at: Timestamp,
        /// When it was changed last.
        updated_at: Timestamp,
        /// Grows with each change.
        edit: i64,
        /// What is to be done when a step fails: `roll_back` or `wait`.
        on_failure: String,
        /// When it was compared with its environments last.
        checked_at: Timestamp,
        /// What it refers to elsewhere, a line for each.
        links: String,
    }
}

row! {
    /// What a plan does with one application.
    pub struct PlanItemRow {
        /// The plan.
        plan_id: PlanId,
        /// The application.
        application_id: ApplicationId,
        /// `deploy`, `tag_and_deploy`, `redeploy`, `undeploy` or `nothing`.
        operation: String,
        /// The version to deploy.
        version_id: Option<VersionId>,
        /// The number to tag with.
        new_number: Option<VersionNumber>,
        /// Its place among the lines.
        position: i64,
    }
}

row! { struct CountRow { plan_id: PlanId, items: u64, } }

macro_rules! fields {
    () => {
        "p.id, p.infrastructure_id, p.name, p.notes, p.source_id, p.target_id, p.status, p.digest, \
         p.created_by, p.created_by_name, p.created_at, p.updated_at, p.edit, p.on_failure, p.checked_at, p.links"
    };
}
macro_rules! columns {
    () => {
        concat!("select ", fields!(), " from plan p")
    };
}

/// Part of the name, in lower case and as it was typed: SQLite knows lower case of ASCII alone. Everything has it where it is `%`.
macro_rules! named {
    ($words:literal, $typed:literal) => {
        concat!(" and (lower(p.name) like ", $words, " escape '!' or p.name like ", $typed, " escape '!')")
    };
}

/// A user sees a plan between environments that he may see, with applications that he may list in the source.
macro_rules! visible {
    () => {
        concat!(
            " and ",
            may_access!("p.target_id"),
            " and ",
            may_access!("p.source_id"),
            " and not exists (select 1 from plan_item i where i.plan_id = p.id and not ",
            may_list!("i.application_id", "p.source_id"),
            ")"
        )
    };
}

macro_rules! newest {
    ($limit:literal) => {
        concat!(" order by p.created_at desc, p.id desc limit ", $limit)
    };
}

statements! {
    INSERT = "insert into plan (id, infrastructure_id, name, notes, source_id, target_id, status, digest, created_by, ",
        "created_by_name, created_at, updated_at, edit, on_failure, checked_at, links) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    BY_ID = columns!(), " where p.id = $1";
    ITEMS = "select plan_id, application_id, operation, version_id, new_number, position from plan_item ",
        "where plan_id = $1 order by position, application_id";
    COUNT_ITEMS = "select plan_id, count(*) as items from plan_item where plan_id in (", hundred!(), ") group by plan_id";
    PUT_ITEM = "insert into plan_item (plan_id, application_id, operation, version_id, new_number, position, created_at) ",
        "values ($1, $2, $3, $4, $5, $6, (select p.created_at from plan p where p.id = $1)) on conflict (plan_id, application_id) do update set ",
        "operation = excluded.operation, version_id = excluded.version_id, new_number = excluded.new_number, ",
        "position = excluded.position";
    REMOVE_ITEM = "delete from plan_item where plan_id = $1 and application_id = $2";
    UPDATE = "update plan set name = $2, notes = $3, status = $4, digest = $5, updated_at = $6, edit = edit + 1, ",
        "on_failure = $8, checked_at = $9, links = $10 where id = $1 and edit = $7";
    // A plan from nowhere is none that can be shown.
    // The shapes of the list, each with the index it goes by: time, target, application, status.
    LIST = columns!(), " where p.infrastructure_id = $1 and p.source_id is not null and (p.created_at, p.id) < ($2, $3)", named!("$5", "$6"),
        newest!("$4");
    LIST_OF = columns!(), with_default_role!(), " where p.infrastructure_id = $2 and (p.created_at, p.id) < ($3, $4)", named!("$6", "$7"),
        visible!(), newest!("$5");
    LIST_TARGET = columns!(), " where p.infrastructure_id = $1 and p.target_id = $7 and p.source_id is not null ",
        "and (p.created_at, p.id) < ($2, $3) and p.status = coalesce($8, p.status)", named!("$5", "$6"), newest!("$4");
    LIST_TARGET_OF = columns!(), with_default_role!(), " where p.infrastructure_id = $2 and p.target_id = $8 ",
        "and (p.created_at, p.id) < ($3, $4) and p.status = coalesce($9, p.status)", named!("$6", "$7"), visible!(), newest!("$5");
    LIST_APPLICATION = "select ", fields!(), " from plan_item w join plan p on p.id = w.plan_id where w.application_id = $7 ",
        "and p.infrastructure_id = $1 and p.source_id is not null and (w.created_at, w.plan_id) < ($2, $3) ",
        "and p.target_id = coalesce($8, p.target_id) and p.status = coalesce($9, p.status)", named!("$5", "$6"),
        " order by w.created_at desc, w.plan_id desc limit $4";
    LIST_APPLICATION_OF = "select ", fields!(), " from plan_item y join plan p on p.id = y.plan_id", with_default_role!(),
        " where y.application_id = $8 and p.infrastructure_id = $2 and (y.created_at, y.plan_id) < ($3, $4) ",
        "and p.target_id = coalesce($9, p.target_id) and p.status = coalesce($10, p.status)", named!("$6", "$7"), visible!(),
        " order by y.created_at desc, y.plan_id desc limit $5";
    LIST_STATUS = columns!(), " where p.infrastructure_id = $1 and p.status = $7 and p.source_id is not null ",
        "and (p.created_at, p.id) < ($2, $3)", named!("$5", "$6"), newest!("$4");
    LIST_STATUS_OF = columns!(), with_default_role!(), " where p.infrastructure_id = $2 and p.status = $8 ",
        "and (p.created_at, p.id) < ($3, $4)", named!("$6", "$7"), visible!(), newest!("$5");
    DRAFTS = columns!(), " where p.infrastructure_id = $1 and p.status = 'draft' order by p.created_at desc, p.id desc";
}

/// Adds a plan.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn insert(tx: &mut WriteTx, row: &PlanRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.infrastructure_id,
        &row.name,
        &row.notes,
        row.source_id,
        row.target_id,
        &row.status,
        &row.digest,
        row.created_by,
        &row.created_by_name,
        row.created_at,
        row.updated_at,
        row.edit,
        &row.on_failure,
        row.checked_at,
        &row.links
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// One plan by its identity. Whether it may be seen is decided by the caller.
///
/// # Errors
/// The driver's own.
pub async fn by_id(tx: &mut impl Reader, id: PlanId) -> Result<Option<PlanRow>, StoreError> {
    optional(tx, &BY_ID, args![id]).await
}

/// The lines of a plan, in their order.
///
/// # Errors
/// The driver's own.
pub async fn items(tx: &mut impl Reader, plan: PlanId) -> Result<Vec<PlanItemRow>, StoreError> {
    all(tx, &ITEMS, args![plan]).await
}

/// How many lines each of some plans has; one without lines is not there. One statement for a hundred plans.
///
/// # Errors
/// The driver's own.
pub async fn count_items(
    tx: &mut impl Reader,
    plans: &[PlanId],
) -> Result<BTreeMap<PlanId, u64>, StoreError> {
    let mut counts = BTreeMap::new();
    for args in hundreds(plans) {
        let rows: Vec<CountRow> = all(tx, &COUNT_ITEMS, args).await?;
        counts.extend(rows.into_iter().map(|row| (row.plan_id, row.items)));
    }
    Ok(counts)
}

/// Sets the line of an application.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn put_item(tx: &mut WriteTx, row: &PlanItemRow) -> Result<(), StoreError> {
    let args =
        args![row.plan_id, row.application_id, &row.operation, row.version_id, row.new_number, row.position];
    execute(tx, &PUT_ITEM, args).await.map(drop)
}

/// Takes the line of an application out; false where there was none.
///
/// # Errors
/// The driver's own.
pub async fn remove_item(
    tx: &mut WriteTx,
    plan: PlanId,
    application: ApplicationId,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMOVE_ITEM, args![plan, application]).await? == 1)
}

/// Stores name, notes, links, status, digest and time of the row, and counts the edit. The row's `edit` must be the stored one: false where
/// somebody changed the plan since it was read.
///
/// # Errors
/// The driver's own.
pub async fn update(tx: &mut WriteTx, row: &PlanRow) -> Result<bool, StoreError> {
    let args = args![row.id, &row.name, &row.notes, &row.status, &row.digest, row.updated_at, row.edit, &row.on_failure, row.checked_at, &row.links];
    Ok(execute(tx, &UPDATE, args).await? == 1)
}

/// A page of the plans, newest first. A user sees those that [`domain::plan::to_see`] lets him see.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
    filter: &TimeFilter,
    page: &Page,
) -> Result<Paged<PlanRow>, StoreError> {
    let ByTime { at, id } = ByTime::before_and(page, filter.until)?;
    let (everything, of_user) = match filter {
        TimeFilter { application: Some(_), .. } => (&LIST_APPLICATION, &LIST_APPLICATION_OF),
        TimeFilter { target: Some(_), .. } => (&LIST_TARGET, &LIST_TARGET_OF),
        TimeFilter { status: Some(_), .. } => (&LIST_STATUS, &LIST_STATUS_OF),
        _ => (&LIST, &LIST_OF),
    };
    let mut args = args![infrastructure, at, id, wanted(page)];
    let statement = match *visibility {
        Visibility::Everything => everything,
        Visibility::Of(user) => {
            args.insert(0, user.into());
            of_user
        }
    };
    args.extend(filter.args());
    let mut rows: Vec<PlanRow> = all(tx, statement, args).await?;
    // The list goes back in time, so it ends there.
    rows.retain(|row| filter.since.is_none_or(|since| row.created_at >= since));
    Ok(cut(rows, page, |row| ByTime::mark(row.created_at, row.id.0)))
}

/// The drafts of an infrastructure, newest first, for rules that look at all of them.
///
/// # Errors
/// The driver's own.
pub async fn drafts_between(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<PlanRow>, StoreError> {
    all(tx, &DRAFTS, args![infrastructure]).await
}
