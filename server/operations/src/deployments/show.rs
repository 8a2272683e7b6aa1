//! One deployment: its steps, its progress, its log, and where what it brought opens.

use super::begin::RunPlan;
use super::list::listed;
use super::stages::to_decide;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::{fault, on};
use crate::environments::{Seen, addresses_of};
use crate::error::{OperationError, Result};
use crate::view::{ApplicationRef, DeployedApplication, DeploymentPage, LineView, StepView};
use domain::access::{Requirement, Right};
use domain::deployment::{Phase, StepState};
use domain::id::{DeploymentId, InfrastructureId};
use storage::deployments::DeploymentRow;
use storage::environments::EnvironmentRow;
use storage::{Reader, applications, deployments, environments};

/// Lines of the log on the page; all of them are in the database.
const LINES: u32 = 500;

/// A deployment that the caller may see, its target and what it carries out; one that they may not see is not there.
pub(crate) async fn visible(
    console: &Console,
    tx: &mut impl Reader,
    caller: &Caller,
    home: InfrastructureId,
    id: DeploymentId,
) -> Result<(DeploymentRow, EnvironmentRow, RunPlan)> {
    let missing = || OperationError::not_found("There is no such deployment here.");
    let row = deployments::by_id(tx, id).await?.filter(|row| row.infrastructure_id == home);
    let row = row.ok_or_else(missing)?;
    let plan = RunPlan::of(&row)?;
    let see = plan.items.iter().map(|item| on(item.application, row.target_id, Right::List)).collect();
    let seen = console.permit(tx, caller, home, &Requirement::Any(see), "see this deployment").await;
    seen.map_err(|error| match error {
        OperationError::Denied { sign_in: false, .. } => missing(),
        other => other,
    })?;
    let target = environments::by_id(tx, row.target_id).await?;
    Ok((row, target.ok_or_else(|| fault("a run without its target"))?, plan))
}

impl Console {
    /// One deployment's page.
    ///
    /// # Errors
    /// It is not there for the caller.
    pub async fn deployment(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
    ) -> Result<DeploymentPage> {
        self.traced(caller, "deployment.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let (row, _, plan) = visible(self, &mut tx, caller, home.id, id).await?;
            let decide = match row.status.as_str() {
                "needs_attention" => {
                    let doing = format!("let {} go on", row.name);
                    let needed = to_decide(&plan, &row);
                    Some(possible(self.permit(&mut tx, caller, home.id, &needed, &doing).await.map(drop))?)
                }
                _ => None,
            };
            let seen = Seen::load(&mut tx, row.target_id, self.now()).await?;
            let mut brought = Vec::new();
            for item in &plan.items {
                let application = applications::by_id(&mut tx, item.application).await?;
                let Some(application) = application else { continue };
                brought.push(DeployedApplication {
                    addresses: addresses_of(&seen, application.key.as_str()),
                    application: ApplicationRef::from(&application),
                    before: item.before.as_ref().map(domain::deployment::Release::label),
                    after: item.after.as_ref().map(domain::deployment::Release::label),
                });
            }
            let steps = deployments::steps(&mut tx, id).await?;
            let steps = steps
                .into_iter()
                // A step back that was never needed is no news.
                .filter(|step| step.phase == Phase::Forward.word() || step.state != StepState::Pending.word())
                .map(|step| StepView {
                    ordinal: step.ordinal,
                    back: step.phase == Phase::Back.word(),
                    title: step.title,
                    server: step.server_id,
                    state: step.state,
                    done: step.done,
                    total: step.total,
                    reason: step.reason,
                    started_at: step.started_at,
                    finished_at: step.finished_at,
                })
                .collect();
            let lines = deployments::last_lines(&mut tx, id, LINES).await?;
            let lines = lines
                .into_iter()
                .map(|line| LineView {
                    number: line.number,
                    at: line.at,
                    level: line.level,
                    message: line.message,
                })
                .collect();
            let listed = listed(&mut tx, home.id, std::slice::from_ref(&row)).await?;
            let listed = listed.into_iter().next().ok_or_else(|| fault("a deployment is not listed"))?;
            Ok(DeploymentPage {
                row: listed,
                plan: row.plan_id,
                digest: row.digest.clone(),
                started_at: row.started_at,
                steps,
                lines,
                applications: brought,
                servers: plan.servers,
                decide,
            })
        })
        .await
    }
}
