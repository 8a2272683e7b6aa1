//! What changed: topics and numbers, never data. A listener reads again through the door, so that rights are checked again.

use crate::console::{Caller, Console};
use crate::door::{on, wide};
use crate::error::{OperationError, Result};
use domain::access::{Requirement, Right, WideRight};
use domain::live::Topic;
use storage::{changes, deployments, infrastructures, plans};
use tokio::sync::broadcast;

pub use storage::Change;

impl Console {
    /// Changes from now on, as they are committed.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.store().changes()
    }

    /// Changes of some topics after a number, oldest first, out of the next `limit` of all; and the number to go on from.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn changes_since(
        &self,
        after: u64,
        topics: &[String],
        limit: u32,
    ) -> Result<(Vec<Change>, u64)> {
        let mut tx = self.store().read().await?;
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        Ok(changes::since(&mut tx, after, &topics, limit).await?)
    }

    /// The number of the last change.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn last_change(&self) -> Result<u64> {
        let mut tx = self.store().read().await?;
        Ok(changes::latest(&mut tx).await?)
    }

    /// Whether the caller may hear of a topic: `infrastructure:<key>`, `deployment:<id>`, `plan:<id>` or `audit:<key>`.
    ///
    /// # Errors
    /// It is no topic, or the caller may not.
    pub async fn may_watch(&self, caller: &Caller, topic: &str) -> Result<()> {
        self.traced(caller, "live.watch", async {
            let unknown = || OperationError::not_found("There is no such topic.");
            let topic: Topic = topic.parse().map_err(|_| unknown())?;
            let mut tx = self.store().read().await?;
            match topic {
                Topic::Infrastructure(key) => {
                    self.infrastructure(&mut tx, caller, key.as_str()).await?;
                }
                Topic::Audit(key) => {
                    let home = self.infrastructure(&mut tx, caller, key.as_str()).await?;
                    let needed = wide(home.id, WideRight::ReadAudit);
                    self.permit(&mut tx, caller, home.id, &needed, "read the audit log").await?;
                }
                Topic::Deployment(id) => {
                    let row = deployments::by_id(&mut tx, id).await?.ok_or_else(unknown)?;
                    let plan = crate::deployments::begin::RunPlan::of(&row)?;
                    let any = plan.items.iter().map(|item| on(item.application, row.target_id, Right::List));
                    let needed = Requirement::Any(any.collect());
                    self.permit(&mut tx, caller, row.infrastructure_id, &needed, "watch this").await?;
                }
                Topic::Plan(id) => {
                    let plan = plans::by_id(&mut tx, id).await?.ok_or_else(unknown)?;
                    let home =
                        infrastructures::by_id(&mut tx, plan.infrastructure_id).await?.ok_or_else(unknown)?;
                    self.find_plan(&mut tx, caller, home.id, id).await?;
                }
            }
            Ok(())
        })
        .await
    }
}
