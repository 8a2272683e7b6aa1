//! What has happened since a draft was compared with its environments (R12).

use super::Found;
use crate::console::{Caller, Console};
use crate::deployments::begin::RunPlan;
use crate::deployments::list::has_finished;
use crate::error::Result;
use domain::deployment::RunItem;
use storage::deployments::DeploymentRow;
use storage::{Reader, applications, deployments, states, versions};

/// Versions of an application that were tagged since, as far as they are told.
const TAGGED: u32 = 3;

/// What an ended deployment left behind, in words for after its name; none where everything is as it was.
async fn left(tx: &mut impl Reader, row: &DeploymentRow, items: &[RunItem]) -> Result<Option<&'static str>> {
    if has_finished(row) {
        return Ok(Some("ended"));
    }
    for item in items {
        let state = states::get(tx, row.target_id, item.application).await?;
        let changed = match &state {
            Some(state) => state.mixed || state.deployment_id == Some(row.id),
            None => item.before.is_some() && item.after.is_none(),
        };
        if changed {
            return Ok(Some("did not succeed, but changed something"));
        }
    }
    Ok(None)
}

impl Console {
    /// What has happened to a draft's environments and applications since it was compared with them (R12), in sentences. What the caller may
    /// not see is not named.
    pub(crate) async fn stale(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        found: &Found,
    ) -> Result<Vec<String>> {
        let since = found.plan.checked_at;
        let mut all = Vec::new();
        for row in deployments::ended_since(tx, found.target.id, since).await? {
            let items = RunPlan::of(&row)?.items;
            let Some(words) = left(tx, &row, &items).await? else { continue };
            let mut seen = false;
            for item in &items {
                seen = seen || self.lists(tx, caller, &found.target, item.application).await?;
            }
            let name =
                if seen { row.name.as_str() } else { "A deployment of applications that you may not see" };
            all.push(format!("{name} {words} in {} since.", found.target.name));
        }
        for row in deployments::ended_since(tx, found.source.id, since).await? {
            let mut items = RunPlan::of(&row)?.items;
            items.retain(|item| found.items.iter().any(|own| own.application_id == item.application));
            if !items.is_empty()
                && let Some(words) = left(tx, &row, &items).await?
            {
                all.push(format!("{} {words} in {} since.", row.name, found.source.name));
            }
        }
        for item in &found.items {
            let tagged = versions::created_since(tx, item.application_id, since, TAGGED).await?;
            if !tagged.is_empty()
                && let Some(row) = applications::by_id(tx, item.application_id).await?
            {
                all.extend(tagged.iter().map(|one| format!("{} {} was tagged since.", row.name, one.number)));
            }
        }
        Ok(all)
    }
}
