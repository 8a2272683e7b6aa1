//! Settings in a plan: what it sets with its run, so that what it brings finds its values.

use super::{columns, entered, find, planned_of};
use crate::applications::find as find_application;
use crate::console::{Caller, Console};
use crate::content::summary;
use crate::door::on;
use crate::error::{OperationError, Result};
use crate::plans::Found;
use crate::plans::edit::{attempt, authored, draft, edited, store, topic};
use crate::plans::evaluate::evaluate;
use domain::access::{Requirement, Right};
use domain::audit::Object;
use domain::id::PlanId;
use serde_json::json;
use storage::settings;
use storage::settings::PlannedRow;

/// What setting a value in a plan needs: Deploy in the target on every application of the plan (R09), as starting it does, and to edit the plan.
pub(crate) fn to_set(found: &Found) -> Requirement {
    let deploy = found.items.iter().map(|item| on(item.application_id, found.target.id, Right::Deploy));
    Requirement::All([found.to_edit()].into_iter().chain(deploy).collect())
}

impl Console {
    /// Has a plan set a value: it counts when the run activates, and is the environment's own afterwards.
    ///
    /// # Errors
    /// The plan is no draft (R05), it does not bring the application, what it brings has no such setting, the value is not acceptable, or a
    /// right is missing (R09).
    pub async fn plan_setting(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: PlanId,
        application: &str,
        key: &str,
        value: &str,
    ) -> Result<()> {
        self.audited(caller, attempt(infrastructure, "plan.setting", id), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let found = draft(self, &mut pending, caller, &home, id).await?;
            let row = find_application(&mut pending, home.id, application).await?;
            let doing = "set settings in this plan";
            let grant = self.permit(&mut pending, caller, home.id, &to_set(&found), doing).await?;
            let evaluated = evaluate(&mut pending, &found).await?;
            let line = evaluated.lines.iter().find(|line| line.application.id == row.id);
            let Some(next) = line.and_then(|line| line.next.as_ref()) else {
                return Err(OperationError::conflict(format!(
                    "This plan does not bring {}, so it sets nothing of it.",
                    row.name
                )));
            };
            let all = summary(&next.revision)?.manifest.settings;
            let setting = find(&all, row.name.as_str(), key)?;
            let held = self.hold(found.target.id, row.id, setting, value)?;
            let old = settings::planned(&mut pending, id).await?;
            let old = old.iter().find(|one| one.application_id == row.id && one.key == setting.key);
            let before = old.map(planned_of).transpose()?;
            let (value, sealed, mark) = columns(Some(&held));
            let planned = PlannedRow {
                plan_id: id,
                application_id: row.id,
                key: setting.key.clone(),
                kind: setting.kind,
                value,
                sealed,
                mark,
                set_at: self.now(),
                set_by: caller.name.clone(),
            };
            let mut tx = pending.authorised(grant);
            settings::plan(&mut tx, &planned).await?;
            authored(&mut tx, caller, id).await?;
            let name = found.plan.name.clone();
            store(&mut tx, &edited(self, found.plan)).await?;
            tx.notice(&topic(id), id);
            let mut entry = self.entry(caller, "plan.setting", Object::new("plan", id, name));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("application", row.id, row.name.as_str())];
            entry.before = json!({ setting.key.as_str(): entered(before.as_ref().map(|own| &own.held)) });
            entry.after = json!({ setting.key.as_str(): entered(Some(&held)) });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Has a plan set a value no more.
    ///
    /// # Errors
    /// The plan is no draft (R05), it does not set this, or a right is missing (R09).
    pub async fn withdraw_plan_setting(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: PlanId,
        application: &str,
        key: &str,
    ) -> Result<()> {
        self.audited(caller, attempt(infrastructure, "plan.setting_withdraw", id), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let found = draft(self, &mut pending, caller, &home, id).await?;
            let row = find_application(&mut pending, home.id, application).await?;
            let doing = "set settings in this plan";
            let grant = self.permit(&mut pending, caller, home.id, &to_set(&found), doing).await?;
            let all = settings::planned(&mut pending, id).await?;
            let old = all.iter().find(|one| one.application_id == row.id && one.key.as_str() == key);
            let Some(old) = old else {
                return Err(OperationError::conflict(format!(
                    "This plan does not set “{}” of {}.",
                    crate::door::short(key),
                    row.name
                )));
            };
            let before = planned_of(old)?;
            let mut tx = pending.authorised(grant);
            settings::withdraw(&mut tx, id, row.id, &old.key).await?;
            authored(&mut tx, caller, id).await?;
            let name = found.plan.name.clone();
            store(&mut tx, &edited(self, found.plan)).await?;
            tx.notice(&topic(id), id);
            let mut entry = self.entry(caller, "plan.setting_withdraw", Object::new("plan", id, name));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("application", row.id, row.name.as_str())];
            entry.before = json!({ old.key.as_str(): entered(Some(&before.held)) });
            entry.after = json!({ old.key.as_str(): null });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
