//! The second stage of a deployment, which one person lets go on (R16), and what all decisions about a deployment share.

use super::begin::RunPlan;
use super::decide::Tries;
use super::list::{is_prepared, outside};
use super::{topic, work_topic};
use crate::console::{Caller, Console};
use crate::door::{Attempt, on};
use crate::error::{OperationError, Result};
use crate::gates::park::frozen_meanwhile;
use crate::gates::refusal;
use domain::access::{Requirement, Right};
use domain::audit::Object;
use domain::id::DeploymentId;
use domain::protocol::LogLevel;
use serde_json::json;
use storage::deployments::DeploymentRow;
use storage::environments::EnvironmentRow;
use storage::journal::NewLine;
use storage::{decisions, journal};

/// What deciding about a deployment's second stage needs: as much as starting it did (R08).
pub(crate) fn to_decide(plan: &RunPlan, row: &DeploymentRow) -> Requirement {
    Requirement::All(
        plan.items.iter().map(|item| on(item.application, row.target_id, Right::Deploy)).collect(),
    )
}

/// The sentence for who comes second, or too early.
pub(super) fn not_waiting(row: &DeploymentRow) -> OperationError {
    let sentence = match row.finished_at {
        None => format!("{} does not wait for that: {}", row.name, row.message),
        Some(_) => format!("{} has ended: {}", row.name, row.message),
    };
    OperationError::conflict(sentence)
}

impl Console {
    /// Lets a deployment go on that is prepared and waits (R16), or tries a failed step once more (R11, design 8). Of two people who do so one is
    /// obeyed, and the other is told.
    ///
    /// # Errors
    /// It is not there, it does not wait, a freeze holds it, the step was tried once more already, the right to deploy is missing, or
    /// production asks for a recent proof.
    pub async fn continue_deployment(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
    ) -> Result<()> {
        let object = Object::new("deployment", id, "Deployment");
        self.audited(caller, Attempt::within(infrastructure, "deployment.continue", object), async {
            let (mut pending, grant, row, target) =
                self.deciding(caller, infrastructure, id, "let {} go on").await?;
            if row.suspended {
                return self.again(pending, grant, caller, (&row, &target), Tries::Once).await;
            }
            // What begins in two stages begins twice: a freeze that came in between holds the second.
            if is_prepared(&row)
                && let Some(freeze) = frozen_meanwhile(&mut pending, &row, self.now()).await?.first()
            {
                let refusal = refusal(freeze);
                return Err(OperationError::conflict(format!("{} {}", refusal.sentence, refusal.lifted_by)));
            }
            let mut tx = pending.authorised(grant);
            let message = format!("{} let it go on.", caller.name);
            if !decisions::let_go_on(&mut tx, id, &message).await? {
                return Err(not_waiting(&row));
            }
            let after = json!({ "status": "running" });
            self.goes_on(tx, caller, "deployment.continue", (&row, &target), (&message, after)).await
        })
        .await
    }

    /// Writes a line into the log of a deployment, and wakes who looks at it.
    pub(super) async fn tell(
        &self,
        tx: &mut storage::WriteTx,
        row: &DeploymentRow,
        message: &str,
    ) -> Result<()> {
        let line = NewLine::own(row.id, self.now(), LogLevel::Info, message);
        journal::append_line_with(tx, &line).await?;
        tx.notice(&topic(row.id), row.id);
        tx.notice(&work_topic(row.target_id), row.id);
        Ok(())
    }

    /// The end of every decision by which a deployment goes on: it is told, the engine is woken, and the entry commits with it.
    pub(super) async fn goes_on(
        &self,
        mut tx: storage::WriteTx,
        caller: &Caller,
        operation: &str,
        (row, target): (&DeploymentRow, &EnvironmentRow),
        (message, after): (&str, serde_json::Value),
    ) -> Result<()> {
        self.tell(&mut tx, row, message).await?;
        tx.notice("engine", row.id);
        let mut entry = self.decided(caller, operation, row, target, "running");
        entry.after = after;
        tx.commit(entry).await?;
        Ok(())
    }

    pub(super) fn decided(
        &self,
        caller: &Caller,
        operation: &str,
        row: &DeploymentRow,
        target: &EnvironmentRow,
        status: &str,
    ) -> domain::audit::Entry {
        let mut entry = self.entry(caller, operation, Object::new("deployment", row.id, &row.name));
        entry.infrastructure = Some(row.infrastructure_id);
        entry.related = vec![Object::new("environment", target.id, target.name.as_str())];
        entry.before = json!({ "status": outside(row) });
        entry.after = json!({ "status": status });
        entry
    }
}
