//! The list of deployments: its shapes, each with the index that it goes by, and its counter.

use super::DeploymentRow;
use crate::error::StoreError;
use crate::page::{ByTime, Count, Page, Paged, TimeFilter, Visibility, cut, wanted};
use crate::statement::{all, args, one, statements};
use crate::transaction::Reader;
use crate::visibility::{may_access, may_list, with_default_role};
use domain::id::InfrastructureId;

/// The filters that are not the index of a shape; each is off where its value is null or empty.
macro_rules! narrowed {
    ($target:literal, $status:literal) => {
        concat!(
            " and d.target_id = coalesce(",
            $target,
            ", d.target_id) and d.status = coalesce(",
            $status,
            ", d.status)"
        )
    };
}

/// Part of the name, in lower case and as it was typed: SQLite knows lower case of ASCII alone. Everything has it where it is `%`.
macro_rules! named {
    ($words:literal, $typed:literal) => {
        concat!(" and (lower(d.name) like ", $words, " escape '!' or d.name like ", $typed, " escape '!')")
    };
}

/// A user sees a deployment into an environment that he may see, with an application that he may list there.
macro_rules! visible {
    () => {
        concat!(
            " and ",
            may_access!("d.target_id"),
            " and exists (select 1 from deployment_application w where w.deployment_id = d.id and ",
            may_list!("w.application_id", "d.target_id"),
            ")"
        )
    };
}

statements! {
    COUNT_OPEN = "select count(*) as value from (select 1 from deployment d where d.infrastructure_id = $1 ",
        "and d.status in ('queued', 'running', 'needs_attention') limit 1001) c";
    COUNT_OPEN_OF = "select count(*) as value from (select 1 from deployment d", with_default_role!(),
        " where d.infrastructure_id = $2 and d.status in ('queued', 'running', 'needs_attention')", visible!(),
        " limit 1001) c";
    // The shapes of the list, each with the index it goes by: time, target, application, status.
    LIST = columns!(), " where d.infrastructure_id = $1 and (d.created_at, d.id) < ($2, $3)", named!("$5", "$6"),
        " order by d.created_at desc, d.id desc limit $4";
    LIST_OF = columns!(), with_default_role!(), " where d.infrastructure_id = $2 and (d.created_at, d.id) < ($3, $4)", named!("$6", "$7"),
        visible!(), " order by d.created_at desc, d.id desc limit $5";
    LIST_TARGET = columns!(), " where d.infrastructure_id = $1 and d.target_id = $7 and (d.created_at, d.id) < ($2, $3)",
        named!("$5", "$6"), narrowed!("$7", "$8"), " order by d.created_at desc, d.id desc limit $4";
    LIST_TARGET_OF = columns!(), with_default_role!(), " where d.infrastructure_id = $2 and d.target_id = $8 ",
        "and (d.created_at, d.id) < ($3, $4)", named!("$6", "$7"), narrowed!("$8", "$9"), visible!(),
        " order by d.created_at desc, d.id desc limit $5";
    LIST_APPLICATION = "select ", fields!(), " from deployment_application w join deployment d on d.id = w.deployment_id ",
        "where w.application_id = $7 and w.infrastructure_id = $1 and (w.created_at, w.deployment_id) < ($2, $3)",
        named!("$5", "$6"), narrowed!("$8", "$9"), " order by w.created_at desc, w.deployment_id desc limit $4";
    LIST_APPLICATION_OF = "select ", fields!(), " from deployment_application y ",
        "join deployment d on d.id = y.deployment_id", with_default_role!(),
        " where y.application_id = $8 and y.infrastructure_id = $2 and (y.created_at, y.deployment_id) < ($3, $4)",
        named!("$6", "$7"), narrowed!("$9", "$10"), visible!(), " order by y.created_at desc, y.deployment_id desc limit $5";
    LIST_STATUS = columns!(), " where d.infrastructure_id = $1 and d.status = $7 and (d.created_at, d.id) < ($2, $3)",
        named!("$5", "$6"), " order by d.created_at desc, d.id desc limit $4";
    LIST_STATUS_OF = columns!(), with_default_role!(), " where d.infrastructure_id = $2 and d.status = $8 ",
        "and (d.created_at, d.id) < ($3, $4)", named!("$6", "$7"), visible!(), " order by d.created_at desc, d.id desc limit $5";
    TO_REVIEW = "select ", fields!(), " from override_review v join deployment d on d.id = v.deployment_id ",
        "where v.infrastructure_id = $1 and v.closed_at is null and (v.created_at, v.deployment_id) < ($2, $3) ",
        "order by v.created_at desc, v.deployment_id desc limit $4";
    TO_REVIEW_OF = "select ", fields!(), " from override_review v join deployment d on d.id = v.deployment_id", with_default_role!(),
        " where v.infrastructure_id = $2 and v.closed_at is null and (v.created_at, v.deployment_id) < ($3, $4)", visible!(),
        " order by v.created_at desc, v.deployment_id desc limit $5";
    COUNT_TO_REVIEW = "select count(*) as value from (select 1 from override_review v where v.infrastructure_id = $1 ",
        "and v.closed_at is null limit 1001) c";
    COUNT_TO_REVIEW_OF = "select count(*) as value from (select 1 from override_review v join deployment d on d.id = v.deployment_id",
        with_default_role!(), " where v.infrastructure_id = $2 and v.closed_at is null", visible!(), " limit 1001) c";
}

/// A page of the deployments, newest first.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
    filter: &TimeFilter,
    page: &Page,
) -> Result<Paged<DeploymentRow>, StoreError> {
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
    let mut rows: Vec<DeploymentRow> = all(tx, statement, args).await?;
    // The list goes back in time, so it ends there.
    rows.retain(|row| filter.since.is_none_or(|since| row.created_at >= since));
    Ok(cut(rows, page, |row| ByTime::mark(row.created_at, row.id.0)))
}

/// A page of the deployments for which something was overridden that nobody has reviewed yet, newest first.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn to_review(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
    page: &Page,
) -> Result<Paged<DeploymentRow>, StoreError> {
    let ByTime { at, id } = ByTime::before(page)?;
    let rows: Vec<DeploymentRow> = match *visibility {
        Visibility::Everything => {
            all(tx, &TO_REVIEW, args![infrastructure, at, id, wanted(page)]).await?
        }
        Visibility::Of(user) => {
            all(tx, &TO_REVIEW_OF, args![user, infrastructure, at, id, wanted(page)]).await?
        }
    };
    Ok(cut(rows, page, |row| ByTime::mark(row.created_at, row.id.0)))
}

/// How many deployments wait for a review and may be seen.
///
/// # Errors
/// The driver's own.
pub async fn count_to_review(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
) -> Result<Count, StoreError> {
    match *visibility {
        Visibility::Everything => one(tx, &COUNT_TO_REVIEW, args![infrastructure]).await,
        Visibility::Of(user) => one(tx, &COUNT_TO_REVIEW_OF, args![user, infrastructure]).await,
    }
}

/// How many deployments have not ended and may be seen.
///
/// # Errors
/// The driver's own.
pub async fn count_open(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
) -> Result<Count, StoreError> {
    match *visibility {
        Visibility::Everything => one(tx, &COUNT_OPEN, args![infrastructure]).await,
        Visibility::Of(user) => one(tx, &COUNT_OPEN_OF, args![user, infrastructure]).await,
    }
}

