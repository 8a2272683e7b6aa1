//! Deployment plans: made, edited, validated, started.

pub mod again;
pub mod candidates;
pub mod edit;
mod errors;
pub mod evaluate;
mod findings;
pub mod make;
mod promotable;
pub mod show;
pub(crate) mod sight;
mod stale;
pub mod start;
mod ways_out;

use crate::console::{Caller, Console};
use crate::door::{on, visibility};
use crate::error::{OperationError, Result};
use crate::paging::{self, TimeQuery};
use crate::view::EnvironmentRef;
use domain::access::{Actor, Requirement, Right};
use domain::id::{InfrastructureId, PlanId};
use domain::time::Timestamp;
use storage::environments::EnvironmentRow;
use storage::plans::{PlanItemRow, PlanRow as StoredPlan};
use storage::{Reader, environments, plans};

/// Plans on one page.
const PLANS: u32 = 30;

/// A plan on a list.
#[derive(Debug, Clone, serde::Serialize, PartialEq, Eq)]
pub struct PlanRow {
    /// Identity.
    pub id: PlanId,
    /// Name.
    pub name: String,
    /// From here.
    pub source: EnvironmentRef,
    /// To there.
    pub target: EnvironmentRef,
    /// `draft`, `started` or `discarded`.
    pub status: String,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// How many applications it names.
    pub applications: u32,
}

/// A plan with its environments and items.
pub(crate) struct Found {
    pub plan: StoredPlan,
    pub source: EnvironmentRow,
    pub target: EnvironmentRow,
    pub items: Vec<PlanItemRow>,
}

impl Found {
    /// What is needed to see the plan: List on its applications in the source.
    pub fn to_see(&self) -> Requirement {
        let applications = self.items.iter().map(|item| item.application_id);
        domain::plan::to_see(self.source.id, self.target.id, applications)
    }

    /// What is needed to edit it: Monitor on its applications in the source, which is less than starting it needs (R08).
    pub fn to_edit(&self) -> Requirement {
        let items = self.items.iter().map(|item| on(item.application_id, self.source.id, Right::Monitor));
        Requirement::All([self.to_see()].into_iter().chain(items).collect())
    }

    /// What is needed to discard it: one's own as editing, somebody else's as starting it.
    pub fn to_discard(&self, caller: &Caller) -> Requirement {
        let own = matches!(caller.actor, Actor::User { user } if Some(user) == self.plan.created_by);
        let deploy = self.items.iter().filter(|_| !own);
        let deploy = deploy.map(|item| on(item.application_id, self.target.id, Right::Deploy));
        Requirement::All([self.to_edit()].into_iter().chain(deploy).collect())
    }
}

fn missing() -> OperationError {
    OperationError::not_found("There is no such plan here.")
}

/// A plan of an infrastructure, or a sentence that it is not there.
async fn find(tx: &mut impl Reader, home: InfrastructureId, id: PlanId) -> Result<Found> {
    let plan =
        plans::by_id(tx, id).await?.filter(|plan| plan.infrastructure_id == home).ok_or_else(missing)?;
    let source = match plan.source_id {
        Some(source) => environments::by_id(tx, source).await?,
        None => None,
    };
    let target = environments::by_id(tx, plan.target_id).await?;
    let (Some(source), Some(target)) = (source, target) else { return Err(missing()) };
    let items = plans::items(tx, id).await?;
    Ok(Found { plan, source, target, items })
}

impl Console {
    /// A plan that the caller may see; one that they may not see is not there.
    ///
    /// # Errors
    /// It is not there for the caller.
    pub(crate) async fn find_plan(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: InfrastructureId,
        id: PlanId,
    ) -> Result<Found> {
        let found = find(tx, home, id).await?;
        match self.permit(tx, caller, home, &found.to_see(), "see this plan").await {
            Ok(_) => Ok(found),
            Err(OperationError::Denied { .. }) => Err(missing()),
            Err(other) => Err(other),
        }
    }

    /// The plans of an infrastructure, newest first.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller, or the cursor is none of this list.
    pub async fn plans(
        &self,
        caller: &Caller,
        infrastructure: &str,
        query: &TimeQuery,
    ) -> Result<crate::view::Paged<PlanRow>> {
        self.traced(caller, "plan.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let Some(filter) = query.filter(&mut tx, home.id).await? else {
                return Ok(crate::view::Paged { rows: vec![], next: None });
            };
            let page = paging::page(query.after.as_ref(), query.limit, PLANS);
            let found = plans::list(&mut tx, home.id, &visibility(caller)?, &filter, &page).await?;
            let named = found.rows.iter().flat_map(|row| row.source_id.into_iter().chain([row.target_id]));
            let named = environments::by_ids(&mut tx, &named.collect()).await?;
            let ids: Vec<PlanId> = found.rows.iter().map(|row| row.id).collect();
            let items = plans::count_items(&mut tx, &ids).await?;
            let place = |id| named.iter().find(|each| each.id == id).map(EnvironmentRef::from);
            let mut rows = Vec::new();
            for row in found.rows {
                let source = row.source_id.and_then(place).ok_or_else(missing)?;
                let target = place(row.target_id).ok_or_else(missing)?;
                rows.push(PlanRow {
                    id: row.id,
                    name: row.name,
                    source,
                    target,
                    status: row.status,
                    updated_at: row.updated_at,
                    created_by: row.created_by_name,
                    applications: items.get(&row.id).copied().unwrap_or_default() as u32,
                });
            }
            Ok(crate::view::Paged { rows, next: found.next })
        })
        .await
    }
}
