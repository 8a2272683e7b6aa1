//! Approvals of plans: who wrote a plan, for which approval was asked, and what people decided.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::page::{ByTime, Page, Paged, cut, wanted};
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use crate::visibility::{may_access, may_list, with_default_role};
use domain::id::{ApprovalId, EnvironmentId, InfrastructureId, PlanId, UserId};
use domain::text::Sha256;
use domain::time::Timestamp;

row! {
    /// That approval of a plan was asked for.
    pub struct RequestRow {
        /// The plan.
        plan_id: PlanId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// When.
        asked_at: Timestamp,
        /// Who asked, by name.
        asked_by: String,
    }
}

row! {
    /// What somebody decided about a plan.
    pub struct ApprovalRow {
        /// Identity.
        id: ApprovalId,
        /// The plan.
        plan_id: PlanId,
        /// Who.
        user_id: UserId,
        /// Their name at that time.
        user_name: String,
        /// Approved, or else rejected.
        approves: bool,
        /// What they said.
        words: String,
        /// The digest that it is for.
        digest: Sha256,
        /// What that digest is of.
        canonical: String,
        /// What counted besides for the settings of its applications ([`domain::setting::written`]).
        settings: String,
        /// When.
        at: Timestamp,
    }
}

row! {
    /// A plan that waits for somebody's approval.
    pub struct WaitingRow {
        /// The plan.
        plan_id: PlanId,
        /// Its name.
        name: String,
        /// From here.
        source_id: Option<EnvironmentId>,
        /// To there.
        target_id: EnvironmentId,
        /// When approval was asked for.
        asked_at: Timestamp,
        /// Who asked, by name.
        asked_by: String,
    }
}

/// The user `$1` is in the group of a gate before the target of `p`.
macro_rules! is_asked {
    ($where:literal) => {
        concat!(
            " exists (select 1 from gate g where ",
            $where,
            " and g.kind = 'approval' and (exists (select 1 from team_member m where m.team_id = g.team_id and m.user_id = $1) ",
            "or exists (select 1 from user_role o where o.role_id = g.role_id and o.user_id = $1)))"
        )
    };
}

statements! {
    PUT_AUTHOR = "insert into plan_author (plan_id, user_id) values ($1, $2) on conflict (plan_id, user_id) do nothing";
    AUTHORS = "select user_id as value from plan_author where plan_id = $1";
    PUT_REQUEST = "insert into plan_request (plan_id, infrastructure_id, asked_at, asked_by) values ($1, $2, $3, $4) ",
        "on conflict (plan_id) do update set asked_at = excluded.asked_at, asked_by = excluded.asked_by";
    REQUEST = "select plan_id, infrastructure_id, asked_at, asked_by from plan_request where plan_id = $1";
    INSERT = "insert into approval (id, plan_id, user_id, user_name, approves, words, digest, canonical, settings, at) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    OF_PLAN = "select id, plan_id, user_id, user_name, approves, words, digest, canonical, settings, at from approval where plan_id = $1 ",
        "order by at, id limit 1000";
    // What the person has not decided since it was asked for or changed, of others, newest first.
    WAITING = "select p.id as plan_id, p.name, p.source_id, p.target_id, q.asked_at, q.asked_by from plan_request q ",
        "join plan p on p.id = q.plan_id", with_default_role!(), " where q.infrastructure_id = $2 ",
        "and (q.asked_at, q.plan_id) < ($3, $4) and (p.status = 'draft' or exists (select 1 from deployment d ",
        "where d.plan_id = p.id and d.status = 'queued')) and p.created_by is distinct from $1 ",
        "and not exists (select 1 from plan_author w where w.plan_id = p.id and w.user_id = $1) ",
        "and not exists (select 1 from approval a where a.plan_id = p.id and a.user_id = $1 and a.at >= q.asked_at ",
        "and a.at >= p.updated_at) and (", is_asked!("g.environment_id = p.target_id"), " or ",
        is_asked!("g.pipeline_id in (select s.pipeline_id from pipeline_stage s where s.environment_id = p.target_id)"), ") and ",
        may_access!("p.target_id"), " and ", may_access!("p.source_id"),
        " and not exists (select 1 from plan_item i where i.plan_id = p.id and not ", may_list!("i.application_id", "p.source_id"),
        ") order by q.asked_at desc, q.plan_id desc limit $5";
}

/// Notes that somebody changed what a plan does.
///
/// # Errors
/// `Violated(Reference)` where one of them is not there.
pub async fn put_author(tx: &mut WriteTx, plan: PlanId, user: UserId) -> Result<(), StoreError> {
    execute(tx, &PUT_AUTHOR, args![plan, user]).await.map(drop)
}

/// Who changed what a plan does, beside who made it.
///
/// # Errors
/// The driver's own.
pub async fn authors(tx: &mut impl Reader, plan: PlanId) -> Result<Vec<UserId>, StoreError> {
    let rows = all(tx, &AUTHORS, args![plan]).await?;
    Ok(rows.into_iter().map(|Value(user)| user).collect())
}

/// Notes that approval was asked for, again if it was before.
///
/// # Errors
/// `Violated(Reference)` where there is no such plan.
pub async fn put_request(tx: &mut WriteTx, row: &RequestRow) -> Result<(), StoreError> {
    let args = args![row.plan_id, row.infrastructure_id, row.asked_at, &row.asked_by];
    execute(tx, &PUT_REQUEST, args).await.map(drop)
}

/// Whether and when approval of a plan was asked for.
///
/// # Errors
/// The driver's own.
pub async fn request(tx: &mut impl Reader, plan: PlanId) -> Result<Option<RequestRow>, StoreError> {
    optional(tx, &REQUEST, args![plan]).await
}

/// Adds what somebody decided.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn insert(tx: &mut WriteTx, row: &ApprovalRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.plan_id,
        row.user_id,
        &row.user_name,
        row.approves,
        &row.words,
        row.digest,
        &row.canonical,
        &row.settings,
        row.at
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// What was decided about a plan, oldest first.
///
/// # Errors
/// The driver's own.
pub async fn of_plan(tx: &mut impl Reader, plan: PlanId) -> Result<Vec<ApprovalRow>, StoreError> {
    all(tx, &OF_PLAN, args![plan]).await
}

/// The plans that wait for a person's approval and that they may see, what was asked last first.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn waiting(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    user: UserId,
    page: &Page,
) -> Result<Paged<WaitingRow>, StoreError> {
    let ByTime { at, id } = ByTime::before(page)?;
    let rows: Vec<WaitingRow> = all(tx, &WAITING, args![user, infrastructure, at, id, wanted(page)]).await?;
    Ok(cut(rows, page, |row| ByTime::mark(row.asked_at, row.plan_id.0)))
}
