//! Deployments in lists.

use super::begin::RunPlan;
use super::queue::all_short;
use crate::console::{Caller, Console};
use crate::door::visibility;
use crate::error::Result;
use crate::paging::{self, TimeQuery};
use crate::view::{self, EnvironmentRef, Paged};
use domain::deployment::{Decision, Phase, Standing, StepState, percent_of_sums};
use domain::id::{DeploymentId, EnvironmentId, InfrastructureId};
use domain::time::Timestamp;
use std::collections::BTreeMap;
use storage::deployments::{DeploymentRow, ProgressRow, StepRow};
use storage::infrastructures::InfrastructureRow;
use storage::{Page, Reader, TimeFilter, Visibility, deployments, environments};

/// Deployments on one page.
const DEPLOYMENTS: u32 = 30;

impl Console {
    /// The deployments of an infrastructure, newest first.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller.
    pub async fn deployments(
        &self,
        caller: &Caller,
        infrastructure: &str,
        query: &TimeQuery,
    ) -> Result<Paged<view::DeploymentRow>> {
        self.traced(caller, "deployment.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let Some(mut filter) = query.filter(&mut tx, home.id).await? else {
                return Ok(Paged { rows: vec![], next: None });
            };
            filter.status = filter.status.as_deref().map(inside);
            let page = paging::page(query.after.as_ref(), query.limit, DEPLOYMENTS);
            let found = deployments::list(&mut tx, home.id, &visibility(caller)?, &filter, &page).await?;
            Ok(Paged { rows: listed(&mut tx, home.id, &found.rows, self.now()).await?, next: found.next })
        })
        .await
    }
}

/// A status outside as it is stored; the queue is told apart inside only.
fn inside(status: &str) -> String {
    match status {
        "needs_user_intervention" => "needs_attention".to_owned(),
        other => other.to_owned(),
    }
}

/// A status as it is told outside, in LifeTime's words (design 8): queued is running, the reason being its message.
pub(crate) fn outside(row: &DeploymentRow) -> &str {
    let open = matches!(row.status.as_str(), "running" | "needs_attention");
    match row.status.as_str() {
        _ if open && row.decision.as_deref() == Some(Decision::Abort.word()) => "aborting",
        "queued" => "running",
        "needs_attention" => "needs_user_intervention",
        other => other,
    }
}

/// Whether a deployment waits for a person with everything prepared (R16).
pub(crate) fn is_prepared(row: &DeploymentRow) -> bool {
    row.status == "needs_attention" && row.waits && !row.suspended
}

/// Whether a deployment has brought what it was to bring.
pub(crate) fn has_finished(row: &DeploymentRow) -> bool {
    matches!(row.status.as_str(), "finished_successful" | "finished_with_warnings")
}

/// Whether a deployment ended without bringing what it was to bring.
pub(crate) fn has_failed(row: &DeploymentRow) -> bool {
    matches!(row.status.as_str(), "aborted" | "finished_with_errors")
}

/// The newest deployments into an environment.
pub(crate) async fn newest_into(
    tx: &mut impl Reader,
    home: &InfrastructureRow,
    sees: &Visibility,
    target: EnvironmentId,
    (limit, now): (u32, Timestamp),
) -> Result<Vec<view::DeploymentRow>> {
    let filter = TimeFilter { target: Some(target), ..TimeFilter::default() };
    let found = deployments::list(tx, home.id, sees, &filter, &Page { after: None, limit }).await?;
    listed(tx, home.id, &found.rows, now).await
}

/// Deployments of an infrastructure as rows: one statement for their environments, one more where some of them run, and three where some are
/// queued.
pub(crate) async fn listed(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    rows: &[DeploymentRow],
    now: Timestamp,
) -> Result<Vec<view::DeploymentRow>> {
    let named = rows.iter().flat_map(|row| row.source_id.into_iter().chain([row.target_id])).collect();
    let named = environments::by_ids(tx, &named).await?;
    let named: BTreeMap<_, _> = named.iter().map(|row| (row.id, EnvironmentRef::from(row))).collect();
    let running = rows.iter().any(|row| matches!(row.status.as_str(), "running" | "needs_attention"));
    let percents = if running { percents(tx, infrastructure).await? } else { BTreeMap::new() };
    let queued = rows.iter().filter(|row| row.status == "queued").map(|row| row.target_id);
    let mut waiting = all_short(tx, &queued.collect(), now).await?;
    let with = |row: &DeploymentRow| {
        let one = one(row, &named, &percents)?;
        Ok(match waiting.remove(&row.id) {
            Some(message) => view::DeploymentRow { message, ..one },
            None => one,
        })
    };
    rows.iter().map(with).collect()
}

/// A deployment as a row.
fn one(
    row: &DeploymentRow,
    named: &BTreeMap<EnvironmentId, EnvironmentRef>,
    percents: &BTreeMap<DeploymentId, u8>,
) -> Result<view::DeploymentRow> {
    let plan = RunPlan::of(row)?;
    let place = |id: EnvironmentId| {
        named.get(&id).cloned().ok_or_else(|| crate::door::fault("a run in a missing environment"))
    };
    let percent = match row.status.as_str() {
        "queued" => 0,
        "running" | "needs_attention" => percents.get(&row.id).copied().unwrap_or_default(),
        _ => 100,
    };
    Ok(view::DeploymentRow {
        id: row.id,
        name: row.name.clone(),
        kind: match (row.rolls_back_id, plan.applies_settings) {
            _ if plan.catches_up => "catch_up".to_owned(),
            (Some(_), _) => "rollback".to_owned(),
            (None, true) => "settings".to_owned(),
            (None, false) => row.kind.clone(),
        },
        source: row.source_id.map(place).transpose()?,
        target: place(row.target_id)?,
        status: outside(row).to_owned(),
        queued: row.status == "queued",
        percent,
        applications: plan.items.into_iter().map(|item| item.name).collect(),
        started_by: row.started_by.clone(),
        created_at: row.created_at,
        finished_at: row.finished_at,
        message: row.message.clone(),
    })
}

/// The progress of the deployments that run in an infrastructure.
pub(crate) async fn percents(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<BTreeMap<DeploymentId, u8>> {
    let rows = deployments::progress(tx, infrastructure).await?;
    let percent = |row: ProgressRow| (row.deployment_id, percent_of_sums(row.steps, row.ended, row.percents));
    Ok(rows.into_iter().map(percent).collect())
}

/// A stored step as the reducer sees it, but for what its run knows: whether it leaves its front-end. The database checks the words, so another one cannot be there.
pub(crate) fn standing(step: &StepRow) -> Standing {
    Standing {
        ordinal: step.ordinal,
        phase: Phase::of_word(&step.phase).unwrap_or(Phase::Forward),
        state: StepState::of_word(&step.state).unwrap_or(StepState::Failed),
        server: step.server_id,
        leaves: false,
    }
}
