//! “Check now” of a tool.

use super::reach::outcome;
use super::{AGAIN, told, turn};
use crate::console::{Caller, Console};
use crate::door::{Attempt, permitted_wide, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::view::{CheckView, Checked};
use domain::architecture::Architecture;
use domain::architecture::model::Tool;
use domain::audit::Object;
use serde_json::Value;
use storage::checks::CheckRow;
use storage::{architecture, checks};

fn find(of: Architecture, key: &str) -> Result<Tool> {
    let found = of.tools.into_iter().find(|(each, _)| each.as_str() == key);
    let missing = || OperationError::not_found(format!("There is no tool “{}” here.", short(key)));
    found.map(|(_, tool)| tool).ok_or_else(missing)
}

impl Console {
    /// Asks a tool's address once, and keeps what was found.
    ///
    /// # Errors
    /// There is no such tool, its address changes meanwhile, others check too much at once, or “Manage Infrastructure and Users” is
    /// missing. That the tool is not reached is a result and no error.
    pub async fn check_tool(&self, caller: &Caller, infrastructure: &str, tool: &str) -> Result<Checked> {
        let object = Object::new("tool", short(tool), short(tool));
        self.audited(caller, Attempt::within(infrastructure, "tool.check", object), async {
            let doing = "check a tool";
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            permitted_wide(self, &mut tx, caller, &[home.id], doing).await?;
            let asked = find(architecture::load(&mut tx, home.id).await?.architecture, tool)?;
            drop(tx);
            let (outcome, detail) = {
                let _turn = turn(&self.inner.checks)?;
                outcome(self.inner.reach.ask(&asked.address).await)
            };

            let next_at = self.store().now(self.now()).await?.plus(AGAIN);
            let mut pending = self.store().begin_change().await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], doing).await?;
            let now = find(architecture::load_to_change(&mut pending, home.id).await?.architecture, tool)?;
            if now.address != asked.address {
                return Err(OperationError::conflict("The address was changed meanwhile. Check again."));
            }
            let place = format!("tools/{tool}");
            let before = checks::of(&mut pending, home.id, &place).await?;
            let at = self.now();
            let row = CheckRow {
                infrastructure_id: home.id,
                place,
                address: asked.address.to_string(),
                checked_at: Some(at),
                outcome: Some(outcome),
                detail,
                checked_by: caller.name.clone(),
                next_at: Some(next_at),
            };
            let mut tx = pending.authorised(grant);
            checks::put(&mut tx, &row).await?;
            tx.notice(&topic(home.key.as_str()), home.id);
            let mut entry = self.entry(caller, "tool.check", Object::new("tool", tool, now.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.before = before.as_ref().map_or(Value::Null, told);
            entry.after = told(&row);
            tx.commit(entry).await?;
            Ok(Checked { name: now.name.to_string(), check: CheckView::new(row, outcome, at, true) })
        })
        .await
    }
}
