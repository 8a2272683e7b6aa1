//! What a person decides about a deployment that has not ended: a failed step is tried again or its front-end left out, everything is taken
//! back, or the deployment is aborted. The first decision counts (design 8).

use super::begin::RunPlan;
use super::catch_up;
use super::show::visible;
use super::stages::{not_waiting, to_decide};
use crate::console::{Caller, Console};
use crate::door::{Attempt, fault};
use crate::error::{OperationError, Result};
use domain::access::Grant;
use domain::audit::Object;
use domain::deployment::{Decision, Phase, StepState, retry_key};
use domain::environment::Purpose;
use domain::id::{DeploymentId, ServerId};
use domain::protocol::TaskAction;
use serde_json::json;
use storage::deployments::{DeploymentRow, StepRow};
use storage::environments::EnvironmentRow;
use storage::{PendingTx, Reader, WriteTx, decisions, deployments, parked};

/// How often a failed step may be tried by one who cannot choose what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tries {
    /// Once more, and then somebody looks at it (design 8: continue by API).
    Once,
    /// As often as a person wants.
    Any,
}

/// The step that a deployment is suspended on: the first one that failed ahead, or the last one that failed on the way back.
pub(super) async fn failed_step(tx: &mut impl Reader, row: &DeploymentRow) -> Result<StepRow> {
    let steps = deployments::steps(tx, row.id).await?;
    let failed = |phase: Phase| {
        let failed = StepState::Failed.word();
        steps.iter().filter(move |step| step.phase == phase.word() && step.state == failed)
    };
    let back = failed(Phase::Back).max_by_key(|step| step.ordinal);
    let step = back.or_else(|| failed(Phase::Forward).min_by_key(|step| step.ordinal)).cloned();
    step.ok_or_else(|| fault("a run is suspended without a failed step"))
}

/// The names of some front-ends.
fn listed(all: &[(ServerId, String)]) -> String {
    all.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(" and ")
}

/// What is not prepared yet is prepared for the others only.
async fn prepare_without(
    tx: &mut WriteTx,
    steps: &[StepRow],
    plan: &RunPlan,
    out: &[(ServerId, String)],
) -> Result<()> {
    for step in steps.iter().filter(|step| step.server_id.is_none()) {
        let cannot = |error: serde_json::Error| fault(format!("step {} cannot be read: {error}", step.key));
        let mut action: TaskAction = serde_json::from_str(&step.action).map_err(cannot)?;
        let TaskAction::Prepare { servers, .. } = &mut action else { continue };
        let all = servers.take().unwrap_or_else(|| plan.servers.iter().map(|(id, _)| *id).collect());
        *servers = Some(all.into_iter().filter(|id| out.iter().all(|(gone, _)| gone != id)).collect());
        let action = serde_json::to_string(&action).map_err(cannot)?;
        decisions::prepare_for(tx, step.deployment_id, step.ordinal, &action).await?;
    }
    Ok(())
}

impl Console {
    /// Tries a failed step once more.
    ///
    /// # Errors
    /// It is not there, it is not suspended on a failed step, the right to deploy is missing, or production asks for a recent proof.
    pub async fn retry_deployment(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
    ) -> Result<()> {
        let object = Object::new("deployment", id, "Deployment");
        self.audited(caller, Attempt::within(infrastructure, "deployment.retry", object), async {
            let (pending, grant, row, target) =
                self.deciding(caller, infrastructure, id, "try a step of {} again").await?;
            self.again(pending, grant, caller, (&row, &target), Tries::Any).await
        })
        .await
    }

    /// Has the failed step be tried once more, and commits it.
    pub(super) async fn again(
        &self,
        mut pending: PendingTx,
        grant: Grant,
        caller: &Caller,
        (row, target): (&DeploymentRow, &EnvironmentRow),
        tries: Tries,
    ) -> Result<()> {
        if !row.suspended {
            return Err(not_waiting(row));
        }
        let step = failed_step(&mut pending, row).await?;
        if tries == Tries::Once && step.attempt > 1 {
            return Err(OperationError::conflict(format!(
                "{} failed, and was tried again already. Somebody chooses now: try it again, leave the front-end out, take everything back, or abort.",
                step.title
            )));
        }
        let mut tx = pending.authorised(grant);
        let message = format!("{} has it tried again: {}.", caller.name, step.title);
        if !decisions::resume(&mut tx, row.id, &message, None).await? {
            return Err(not_waiting(row));
        }
        let key = retry_key(&step.key, step.attempt + 1);
        decisions::again(&mut tx, row.id, step.ordinal, &step.phase, &key).await?;
        let operation = if tries == Tries::Once { "deployment.continue" } else { "deployment.retry" };
        let after = json!({ "status": "running", "tried_again": step.title });
        self.goes_on(tx, caller, operation, (row, target), (&message, after)).await
    }

    /// Leaves out the front-end on which a step failed, or those that cannot be reached where nothing could be prepared for them: what the
    /// deployment did there stays, and it is said to be mixed.
    ///
    /// # Errors
    /// It is not there, it is not suspended on a failed step, no front-end can be left out of that, the right to deploy is missing, or production asks for a recent
    /// proof.
    pub async fn leave_out_of_deployment(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
    ) -> Result<()> {
        let object = Object::new("deployment", id, "Deployment");
        self.audited(caller, Attempt::within(infrastructure, "deployment.leave_out", object), async {
            let (mut pending, grant, row, target) =
                self.deciding(caller, infrastructure, id, "leave a front-end out of {}").await?;
            if !row.suspended {
                return Err(not_waiting(&row));
            }
            let step = failed_step(&mut pending, &row).await?;
            let plan = RunPlan::of(&row)?;
            let steps = deployments::steps(&mut pending, id).await?;
            let out = catch_up::to_leave_out(&mut pending, &row, &plan, &step).await?;
            if out.is_empty() {
                return Err(OperationError::conflict(format!(
                    "{} is about all front-ends, and all of them can be reached, so none can be left out: try it again, take everything back, or abort.",
                    step.title
                )));
            }
            if out.len() == plan.servers.len() {
                return Err(OperationError::conflict(format!(
                    "Without {} nothing of {} is left: try it again, take everything back, or abort.",
                    listed(&out), row.name
                )));
            }
            let mut tx = pending.authorised(grant);
            // Who is left out on the way back is where nobody wants it to be: that is even again only by a plan.
            let ahead = step.phase == Phase::Forward.word();
            let mut owed = false;
            for (server, _) in &out {
                owed |= ahead && catch_up::owe(&mut tx, &row, &plan, *server, &steps).await?;
            }
            let name = listed(&out);
            let why = if owed { ", which cannot be reached: it catches up when it is back" } else { "" };
            let message = format!("{} left {name} out{why}.", caller.name);
            if !decisions::resume(&mut tx, id, &message, None).await? {
                return Err(not_waiting(&row));
            }
            for (server, _) in &out {
                decisions::leave_out(&mut tx, id, *server, &step.phase).await?;
            }
            if step.server_id.is_none() {
                prepare_without(&mut tx, &steps, &plan, &out).await?;
                let key = retry_key(&step.key, step.attempt + 1);
                decisions::again(&mut tx, id, step.ordinal, &step.phase, &key).await?;
            }
            let after = json!({ "status": "running", "left_out": name, "catches_up": owed });
            self.goes_on(tx, caller, "deployment.leave_out", (&row, &target), (&message, after)).await
        })
        .await
    }

    /// Takes back everything that a suspended deployment has done.
    ///
    /// # Errors
    /// It is not there, it is not suspended on a failed step, the right to deploy is missing, or production asks for a recent proof.
    pub async fn take_deployment_back(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
    ) -> Result<()> {
        let object = Object::new("deployment", id, "Deployment");
        self.audited(caller, Attempt::within(infrastructure, "deployment.take_back", object), async {
            let (pending, grant, row, target) =
                self.deciding(caller, infrastructure, id, "take {} back").await?;
            let back = row.decision.as_deref() == Some(Decision::RollBack.word());
            if !row.suspended || back {
                return Err(not_waiting(&row));
            }
            let mut tx = pending.authorised(grant);
            let message = format!("{} has everything taken back.", caller.name);
            if !decisions::resume(&mut tx, id, &message, Some(Decision::RollBack.word())).await? {
                return Err(not_waiting(&row));
            }
            let after = json!({ "status": "running", "decision": Decision::RollBack });
            self.goes_on(tx, caller, "deployment.take_back", (&row, &target), (&message, after)).await
        })
        .await
    }

    /// Stops a deployment at once. What is under way is waited for, so that what is left is known; what was done stays, and where that is
    /// not the same on all front-ends, it is said.
    ///
    /// # Errors
    /// It is not there, it has ended or is being aborted, or the right to deploy is missing.
    pub async fn abort_deployment(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
    ) -> Result<()> {
        let object = Object::new("deployment", id, "Deployment");
        self.audited(caller, Attempt::within(infrastructure, "deployment.abort", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let (row, target, plan) = visible(self, &mut pending, caller, home.id, id).await?;
            let doing = format!("abort {}", row.name);
            let grant = self.permit(&mut pending, caller, home.id, &to_decide(&plan, &row), &doing).await?;
            let mut tx = pending.authorised(grant);
            let (obeyed, message, status) = if row.status == "queued" {
                let message = format!(
                    "Aborted by {} before anything had changed; {} runs what it ran.",
                    caller.name, target.name
                );
                let left = parked::end(&mut tx, id, &message, self.now()).await?;
                (left, message, "aborted")
            } else {
                let message = format!("Aborted by {}.", caller.name);
                (decisions::abort(&mut tx, id, &message).await?, message, "aborting")
            };
            if !obeyed {
                let sentence = match row.decision.as_deref() {
                    Some(word) if word == Decision::Abort.word() && row.finished_at.is_none() => {
                        format!("{} is being aborted already.", row.name)
                    }
                    _ => format!("{} has ended: {}", row.name, row.message),
                };
                return Err(OperationError::conflict(sentence));
            }
            self.tell(&mut tx, &row, &message).await?;
            tx.notice(&crate::infrastructure::topic(home.key.as_str()), id);
            tx.notice("engine", id);
            let entry = self.decided(caller, "deployment.abort", &row, &target, status);
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// What every decision about a deployment that waits begins with. `doing` has `{}` for its name.
    pub(super) async fn deciding(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
        doing: &str,
    ) -> Result<(PendingTx, Grant, DeploymentRow, EnvironmentRow)> {
        let mut pending = self.store().begin_change().await?;
        let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
        let (row, target, plan) = visible(self, &mut pending, caller, home.id, id).await?;
        let doing = doing.replace("{}", &row.name);
        let grant = self.permit(&mut pending, caller, home.id, &to_decide(&plan, &row), &doing).await?;
        if target.purpose == Purpose::Production {
            self.proved(caller, &doing)?;
        }
        Ok((pending, grant, row, target))
    }
}
