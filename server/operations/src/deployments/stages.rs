//! The second stage of a deployment: let go on by one person, or ended before anything has changed.

use super::begin::RunPlan;
use super::show::visible;
use super::{topic, work_topic};
use crate::console::{Caller, Console};
use crate::door::{Attempt, on};
use crate::error::{OperationError, Result};
use domain::access::{Requirement, Right};
use domain::audit::Object;
use domain::environment::Purpose;
use domain::id::DeploymentId;
use domain::protocol::LogLevel;
use serde_json::json;
use storage::deployments::{DeploymentRow, Ending};
use storage::environments::EnvironmentRow;
use storage::journal::NewLine;
use storage::{deployments, journal};

/// What deciding about a deployment's second stage needs: as much as starting it did (R08).
pub(crate) fn to_decide(plan: &RunPlan, row: &DeploymentRow) -> Requirement {
    Requirement::All(
        plan.items.iter().map(|item| on(item.application, row.target_id, Right::Deploy)).collect(),
    )
}

/// The sentence for who comes second, or too early.
fn not_waiting(row: &DeploymentRow) -> OperationError {
    let sentence = match row.status.as_str() {
        "queued" | "running" => format!("{} does not wait: {}", row.name, row.message),
        _ => format!("{} has ended: {}", row.name, row.message),
    };
    OperationError::conflict(sentence)
}

impl Console {
    /// Lets a deployment go on that is prepared and waits (R16). Of two people who do so one is obeyed, and the other is told.
    ///
    /// # Errors
    /// It is not there, it does not wait, the right to deploy is missing, or production asks for a recent proof.
    pub async fn continue_deployment(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
    ) -> Result<()> {
        let object = Object::new("deployment", id, "Deployment");
        self.audited(caller, Attempt::within(infrastructure, "deployment.continue", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let (row, target, plan) = visible(self, &mut pending, caller, home.id, id).await?;
            let doing = format!("let {} go on", row.name);
            let grant = self.permit(&mut pending, caller, home.id, &to_decide(&plan, &row), &doing).await?;
            if target.purpose == Purpose::Production {
                self.proved(caller, &doing)?;
            }
            let mut tx = pending.authorised(grant);
            let message = format!("{} let it go on.", caller.name);
            if !deployments::let_go_on(&mut tx, id, &message).await? {
                return Err(not_waiting(&row));
            }
            self.tell(&mut tx, &row, &message).await?;
            tx.notice("engine", id);
            let entry = self.decided(caller, "deployment.continue", &row, &target, "running");
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Ends a deployment that is prepared and waits: nothing has changed, and nothing will.
    ///
    /// # Errors
    /// It is not there, it does not wait, or the right to deploy is missing.
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
            let message = format!(
                "Aborted by {} before anything had changed; {} runs what it ran.",
                caller.name, target.name
            );
            if row.status != "needs_attention" {
                return Err(not_waiting(&row));
            }
            let mut tx = pending.authorised(grant);
            let ending = Ending { fence: row.fence, status: "aborted", message: &message, at: self.now() };
            if !deployments::finish(&mut tx, id, &ending).await? {
                return Err(not_waiting(&row));
            }
            deployments::release_lock(&mut tx, row.target_id, id).await?;
            self.tell(&mut tx, &row, &message).await?;
            tx.notice(&crate::infrastructure::topic(home.key.as_str()), id);
            tx.notice("engine", id);
            let entry = self.decided(caller, "deployment.abort", &row, &target, "aborted");
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Writes a line into the log of a deployment, and wakes who looks at it.
    async fn tell(&self, tx: &mut storage::WriteTx, row: &DeploymentRow, message: &str) -> Result<()> {
        let line = NewLine {
            deployment: row.id,
            at: self.now(),
            level: LogLevel::Info.word(),
            ordinal: None,
            source: None,
            message,
        };
        journal::append_line_with(tx, &line).await?;
        tx.notice(&topic(row.id), row.id);
        tx.notice(&work_topic(row.target_id), row.id);
        Ok(())
    }

    fn decided(
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
        entry.before = json!({ "status": "needs_user_intervention" });
        entry.after = json!({ "status": status });
        entry
    }
}
