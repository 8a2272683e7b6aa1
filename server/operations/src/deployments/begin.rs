//! Beginning a deployment: its steps are computed here, once, and stored; nothing else happens in the request.

use super::{topic, work_topic};
use crate::console::{Caller, Console};
use crate::door::fault;
use crate::error::{OperationError, Result};
use domain::deployment::{RunItem, steps};
use domain::id::{DeploymentId, EnvironmentId, PlanId, ServerId};
use domain::text::Sha256;
use serde::{Deserialize, Serialize};
use storage::deployments::{DeploymentRow, StepRow};
use storage::environments::EnvironmentRow;
use storage::infrastructures::InfrastructureRow;
use storage::{Reader, WriteTx, deployments, servers as stored};

/// What a deployment is begun with.
pub(crate) struct Run<'a> {
    pub infrastructure: &'a InfrastructureRow,
    pub plan: Option<(PlanId, Sha256)>,
    pub name: String,
    pub source: Option<&'a EnvironmentRow>,
    pub target: &'a EnvironmentRow,
    /// In the order of activation.
    pub items: Vec<RunItem>,
    pub servers: Vec<(ServerId, String)>,
}

/// The plan of a run as it is stored, unchangeable.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RunPlan {
    /// Version of this form.
    pub format: u32,
    pub source: Option<EnvironmentId>,
    pub target: EnvironmentId,
    pub items: Vec<RunItem>,
    pub servers: Vec<(ServerId, String)>,
}

impl RunPlan {
    /// Reads it back.
    pub fn of(row: &DeploymentRow) -> Result<Self> {
        serde_json::from_str(&row.run_plan)
            .map_err(|error| fault(format!("deployment {} has a plan that cannot be read: {error}", row.id)))
    }
}

/// The front-ends that a run into an environment goes to, or why there can be none.
pub(crate) async fn servers(
    tx: &mut impl Reader,
    target: &EnvironmentRow,
) -> Result<Vec<(ServerId, String)>> {
    crate::maintenance::refused(tx, target).await?;
    let all = stored::of_environment(tx, target.id).await?;
    if !all.iter().any(|server| server.is_controller) {
        return Err(OperationError::conflict(format!("{} has no deployment controller yet.", target.name)));
    }
    if let Some(missing) = all.iter().find(|server| server.enrolled_at.is_none()) {
        return Err(OperationError::conflict(format!(
            "{} in {} has no Platform Server yet: enrol it first.",
            missing.name, target.name
        )));
    }
    Ok(all.into_iter().map(|server| (server.id, server.name.to_string())).collect())
}

/// Stores a deployment with its steps, queued.
pub(crate) async fn begin(
    console: &Console,
    tx: &mut WriteTx,
    caller: &Caller,
    run: Run<'_>,
) -> Result<DeploymentId> {
    let id: DeploymentId = console.id();
    let plan = RunPlan {
        format: 1,
        source: run.source.map(|source| source.id),
        target: run.target.id,
        items: run.items.clone(),
        servers: run.servers.clone(),
    };
    let json = |error: serde_json::Error| fault(format!("a run cannot be written: {error}"));
    let row = DeploymentRow {
        id,
        infrastructure_id: run.infrastructure.id,
        plan_id: run.plan.map(|(plan, _)| plan),
        kind: if run.source.is_some() { "promotion" } else { "publication" }.to_owned(),
        name: run.name,
        source_id: run.source.map(|source| source.id),
        target_id: run.target.id,
        status: "queued".to_owned(),
        digest: run.plan.map(|(_, digest)| digest.to_string()).unwrap_or_default(),
        run_plan: serde_json::to_string(&plan).map_err(json)?,
        message: "Waiting for its turn.".to_owned(),
        started_by: caller.name.clone(),
        created_at: console.now(),
        started_at: None,
        finished_at: None,
        fence: 0,
        lease_owner: None,
        lease_until: None,
        boot_id: None,
        revision: 1,
    };
    let mut stored = Vec::new();
    for step in steps(id, &run.items, &run.servers) {
        stored.push(StepRow {
            deployment_id: id,
            ordinal: step.ordinal,
            phase: step.phase.word().to_owned(),
            key: step.key,
            action: serde_json::to_string(&step.action).map_err(json)?,
            application_id: Some(step.application),
            server_id: step.server,
            title: step.title,
            state: domain::deployment::StepState::Pending.word().to_owned(),
            fence: 0,
            attempt: 0,
            done: 0,
            total: 0,
            reason: String::new(),
            started_at: None,
            finished_at: None,
        });
    }
    deployments::insert(tx, &row, &stored).await?;
    tx.notice(&topic(id), id);
    tx.notice(&work_topic(run.target.id), id);
    tx.notice("engine", id);
    Ok(id)
}
