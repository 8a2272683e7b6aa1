//! One plan, evaluated against the world as it is now.

use super::{Found, evaluate};
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::{on, visibility};
use crate::error::Result;
use crate::gates::refusal;
use crate::gates::start::canonical_of;
use crate::pipelines;
use crate::view::{ApplicationRef, EnvironmentRef, PlanPage, Refusal};
use domain::access::{Requirement, Right};
use domain::gate::State;
use domain::id::{ApplicationId, PlanId};
use domain::pipeline::Hop;
use std::collections::BTreeSet;
use storage::infrastructures::InfrastructureRow;
use storage::{Reader, deployments, states};

impl Console {
    /// One plan's page.
    ///
    /// # Errors
    /// It is not there for the caller.
    pub async fn plan(&self, caller: &Caller, infrastructure: &str, id: PlanId) -> Result<PlanPage> {
        self.traced(caller, "plan.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let found = self.find_plan(&mut tx, caller, home.id, id).await?;
            let evaluated = evaluate::evaluate(&mut tx, &found).await?;
            let plannable =
                states::plannable_in(&mut tx, home.id, found.source.id, &visibility(caller)?).await?;
            let mut free: BTreeSet<ApplicationId> = plannable.into_iter().collect();
            for item in &found.items {
                free.remove(&item.application_id);
            }
            let addable = evaluated.source.values().map(|placed| &placed.application);
            let addable = addable
                .filter(|application| free.contains(&application.id))
                .map(ApplicationRef::from)
                .collect();
            let mut reasons = self.reasons(&mut tx, caller, &home, &found, &evaluated).await?;
            let gates = self.gates_of(&mut tx, caller, home.id, &found, &evaluated).await?;
            reasons.extend(gates.answers.iter().filter(|one| one.state == State::Refuses).map(refusal));
            let outside = if found.plan.status == "draft" {
                let outside = outside(&mut tx, &found, &evaluated).await?;
                pipelines::sentence(&outside, found.source.name.as_str(), found.target.name.as_str())
            } else {
                None
            };
            let (edit, discard) = if found.plan.status == "draft" {
                let edit = self.permit(&mut tx, caller, home.id, &found.to_edit(), "edit this plan").await;
                let needed = found.to_discard(caller);
                let discard = self.permit(&mut tx, caller, home.id, &needed, "discard this plan").await;
                (possible(edit.map(drop))?, possible(discard.map(drop))?)
            } else {
                let sentence = format!("This plan was {}, so it cannot be changed.", found.plan.status);
                let refusal = Refusal { sentence, lifted_by: "Make a new plan.".to_owned() };
                (Err(refusal.clone()), Err(refusal))
            };
            Ok(PlanPage {
                id,
                source: EnvironmentRef::from(&found.source),
                target: EnvironmentRef::from(&found.target),
                deployment: deployments::by_plan(&mut tx, id).await?.map(|row| row.id),
                items: evaluated.views(),
                addable,
                findings: evaluated.findings(&mut tx, found.target.name.as_str()).await?,
                digest: evaluated.digest.to_string(),
                canonical: canonical_of(&found, &evaluated),
                gates,
                outside,
                start: if reasons.is_empty() { Ok(()) } else { Err(reasons) },
                edit,
                discard,
                name: found.plan.name,
                notes: found.plan.notes,
                status: found.plan.status,
                created_by: found.plan.created_by_name,
                created_at: found.plan.created_at,
                updated_at: found.plan.updated_at,
            })
        })
        .await
    }

    /// Every reason against starting a plan now.
    pub(crate) async fn reasons(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: &InfrastructureRow,
        found: &Found,
        evaluated: &evaluate::Evaluated,
    ) -> Result<Vec<Refusal>> {
        let mut reasons = Vec::new();
        let mut push = |sentence: String, lifted_by: &str| {
            reasons.push(Refusal { sentence, lifted_by: lifted_by.to_owned() });
        };
        if found.plan.status != "draft" {
            push(format!("This plan was {} already.", found.plan.status), "Make a new plan.");
        }
        if evaluated.items.is_empty() {
            push("The plan changes nothing.".to_owned(), "Choose an operation for at least one application.");
        }
        let errors = evaluated.conflicts.iter().filter(|conflict| conflict.kind.is_error()).count();
        if errors > 0 {
            let what = if errors == 1 { "1 conflict".to_owned() } else { format!("{errors} conflicts") };
            push(
                format!("{} would hold a broken application: {what}.", found.target.name),
                "Each conflict below has its ways out.",
            );
        }
        let way =
            crate::deployments::begin::way(tx, &found.target, super::start::run_items(evaluated)?).await;
        if let Err(refusal) = possible(way.map(drop))? {
            push(refusal.sentence, &refusal.lifted_by);
        }
        let outside = outside(tx, found, evaluated).await?;
        let away = pipelines::sentence(&outside, found.source.name.as_str(), found.target.name.as_str());
        if let Some(sentence) = away {
            let doing = format!("promote from {} to {}", found.source.name, found.target.name);
            let right = self.permit(tx, caller, home.id, &pipelines::to_leave(home.id), &doing).await;
            if let Err(refusal) = possible(right.map(drop))? {
                reasons.push(Refusal {
                    sentence: format!("{sentence} {}", refusal.sentence),
                    lifted_by: refusal.lifted_by,
                });
            }
        }
        let needed = to_start(found, evaluated);
        for error in self.refused(tx, caller, home.id, &needed).await? {
            if let Err(refusal) = possible(Err(error))? {
                reasons.push(refusal);
            }
        }
        reasons.dedup();
        Ok(reasons)
    }
}

/// The applications of a plan that its hop leads out of their pipelines.
pub(crate) async fn outside(
    tx: &mut impl Reader,
    found: &Found,
    evaluated: &evaluate::Evaluated,
) -> Result<Vec<pipelines::Outside>> {
    let hop = Hop { from: found.source.id, to: found.target.id };
    let mut items = Vec::new();
    for item in &evaluated.items {
        let line = evaluated.lines.iter().find(|line| line.application.id == item.application);
        let name = line.map_or_else(|| item.key.to_string(), |line| line.application.name.clone());
        items.push((item.application, name));
    }
    pipelines::outside(tx, found.plan.infrastructure_id, hop, items).await
}

/// What starting needs: Deploy in the target for every application of the plan (R08), Change in the source where one is tagged.
pub(crate) fn to_start(found: &Found, evaluated: &evaluate::Evaluated) -> Vec<(Requirement, String)> {
    let mut needed = Vec::new();
    for item in &evaluated.items {
        let line = evaluated.lines.iter().find(|line| line.key == item.key);
        let name = line.map_or_else(|| item.key.to_string(), |line| line.application.name.clone());
        let doing = format!("deploy {name} into {}", found.target.name);
        needed.push((on(item.application, found.target.id, Right::Deploy), doing));
        if item.tag {
            let doing = format!("tag {name} in {}", found.source.name);
            needed.push((on(item.application, found.source.id, Right::Change), doing));
        }
    }
    needed
}
