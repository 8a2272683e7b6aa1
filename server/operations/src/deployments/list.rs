//! Deployments in lists.

use super::begin::RunPlan;
use crate::console::{Caller, Console};
use crate::door::visibility;
use crate::error::Result;
use crate::paging;
use crate::view::{self, EnvironmentRef, Paged};
use domain::deployment::{Phase, Standing, StepState, percent};
use domain::id::EnvironmentId;
use domain::paging::PageSize;
use storage::deployments::{DeploymentFilter, DeploymentRow, StepRow};
use storage::infrastructures::InfrastructureRow;
use storage::{Page, Reader, Visibility, applications, deployments, environments};

/// What to show of the deployments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentQuery {
    /// Key of the target environment.
    pub target: Option<String>,
    /// Key of an application.
    pub application: Option<String>,
    /// A status in LifeTime's words.
    pub status: Option<String>,
    /// The cursor of the page.
    pub after: Option<String>,
    /// How many rows; none for as many as the screen shows.
    pub limit: Option<PageSize>,
}

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
        query: &DeploymentQuery,
    ) -> Result<Paged<view::DeploymentRow>> {
        self.traced(caller, "deployment.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let mut filter = DeploymentFilter {
                status: query.status.as_deref().map(inside),
                ..DeploymentFilter::default()
            };
            if let Some(key) = &query.target {
                let Some(row) = environments::by_key(&mut tx, home.id, key).await? else {
                    return Ok(Paged { rows: vec![], next: None });
                };
                filter.target = Some(row.id);
            }
            if let Some(key) = &query.application {
                let Some(row) = applications::by_key(&mut tx, home.id, key).await? else {
                    return Ok(Paged { rows: vec![], next: None });
                };
                filter.application = Some(row.id);
            }
            let page = paging::page(query.after.as_ref(), query.limit, DEPLOYMENTS);
            let found = deployments::list(&mut tx, home.id, &visibility(caller)?, &filter, &page).await?;
            let mut rows = Vec::new();
            for row in &found.rows {
                rows.push(listed(&mut tx, row).await?);
            }
            Ok(Paged { rows, next: found.next })
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

/// The newest deployments into an environment.
pub(crate) async fn newest_into(
    tx: &mut impl Reader,
    home: &InfrastructureRow,
    sees: &Visibility,
    target: EnvironmentId,
    limit: u32,
) -> Result<Vec<view::DeploymentRow>> {
    let filter = DeploymentFilter { target: Some(target), ..DeploymentFilter::default() };
    let found = deployments::list(tx, home.id, sees, &filter, &Page { after: None, limit }).await?;
    let mut rows = Vec::new();
    for row in &found.rows {
        rows.push(listed(tx, row).await?);
    }
    Ok(rows)
}

/// A deployment as a row.
pub(crate) async fn listed(tx: &mut impl Reader, row: &DeploymentRow) -> Result<view::DeploymentRow> {
    let plan = RunPlan::of(row)?;
    let target = reference(tx, row.target_id).await?;
    let source = match row.source_id {
        Some(id) => Some(reference(tx, id).await?),
        None => None,
    };
    let percent = match row.status.as_str() {
        "queued" => 0,
        "running" | "needs_attention" => percent_of(&deployments::steps(tx, row.id).await?),
        _ => 100,
    };
    Ok(view::DeploymentRow {
        id: row.id,
        name: row.name.clone(),
        kind: row.kind.clone(),
        source,
        target,
        // Design 8: queued is running outside, the reason being its message.
        status: match row.status.as_str() {
            "queued" => "running".to_owned(),
            "needs_attention" => "needs_user_intervention".to_owned(),
            other => other.to_owned(),
        },
        queued: row.status == "queued",
        percent,
        applications: plan.items.into_iter().map(|item| item.name).collect(),
        started_by: row.started_by.clone(),
        created_at: row.created_at,
        finished_at: row.finished_at,
        message: row.message.clone(),
    })
}

async fn reference(tx: &mut impl Reader, id: EnvironmentId) -> Result<EnvironmentRef> {
    let row = environments::by_id(tx, id).await?;
    row.as_ref().map(EnvironmentRef::from).ok_or_else(|| crate::door::fault("a run in a missing environment"))
}

/// Progress from the stored steps.
pub(crate) fn percent_of(steps: &[StepRow]) -> u8 {
    let all: Vec<_> = steps.iter().map(|step| (standing(step), step.done, step.total)).collect();
    percent(&all)
}

/// A stored step as the reducer sees it. The database checks the words, so another one cannot be there.
pub(crate) fn standing(step: &StepRow) -> Standing {
    Standing {
        ordinal: step.ordinal,
        phase: Phase::of_word(&step.phase).unwrap_or(Phase::Forward),
        state: StepState::of_word(&step.state).unwrap_or(StepState::Failed),
        prepares: step.server_id.is_none(),
    }
}
