//! One plan, evaluated against the world as it is now.

use super::errors::Continue;
use super::sight::Sight;
use super::{Found, evaluate};
use crate::applications::pin;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::deployments::list::{has_failed, has_finished};
use crate::door::{on, visibility};
use crate::error::Result;
use crate::gates::refusal;
use crate::maintenance;
use crate::pipelines;
use crate::settings::plan::to_set;
use crate::view::{ApplicationRef, EnvironmentRef, PlanOperation, PlanPage, Refusal};
use domain::access::{Requirement, Right};
use domain::deployment::OnFailure;
use domain::gate::State;
use domain::id::{ApplicationId, EnvironmentId, PlanId};
use domain::pipeline::Hop;
use domain::plan::{conflicts_digest, links};
use domain::time::{DAY, Timestamp};
use std::collections::BTreeSet;
use storage::infrastructures::InfrastructureRow;
use storage::{Reader, deployments, environments, states};

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
            let mut gates = self.gates_of(&mut tx, caller, home.id, &found, &evaluated).await?;
            gates.reasons.clone_from(&reasons);
            reasons.extend(gates.answers.iter().filter(|one| one.state == State::Refuses).map(refusal));
            let target = found.target.name.as_str();
            let errors = match self.may_continue(&mut tx, caller, home.id, target, &evaluated).await? {
                Continue::Possible { .. } => Some(conflicts_digest(&evaluated.conflicts).to_string()),
                Continue::Unneeded | Continue::Refused(_) => None,
            };
            let outside = if found.plan.status == "draft" {
                let outside = outside(&mut tx, &found, &evaluated).await?;
                pipelines::sentence(&outside, found.source.name.as_str(), found.target.name.as_str())
            } else {
                None
            };
            let doing = "set settings in this plan";
            let set = self.permit(&mut tx, caller, home.id, &to_set(&found), doing).await;
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
            let run = deployments::by_plan(&mut tx, id).await?;
            let is_draft = found.plan.status == "draft";
            let stale = if is_draft { self.stale(&mut tx, caller, &found).await? } else { Vec::new() };
            let sight = Sight::load(self, &mut tx, caller, (&found, &evaluated)).await?;
            let again = run.as_ref().is_some_and(has_failed);
            let onward = match &run {
                Some(run) if has_finished(run) => Some(onward(&mut tx, caller, &home, &found).await?),
                _ => None,
            };
            let way_back = if is_draft { evaluated.way_back(&sight) } else { (Vec::new(), Vec::new()) };
            Ok(PlanPage {
                id,
                source: EnvironmentRef::from(&found.source),
                target: EnvironmentRef::from(&found.target),
                deployment: run.map(|run| run.id),
                stale,
                on_failure: OnFailure::of_word(&found.plan.on_failure).unwrap_or_default(),
                usually: usually(&mut tx, found.target.id, self.now()).await?,
                way_back,
                onward,
                again,
                ahead: evaluated.ahead,
                items: evaluated.views(),
                addable,
                findings: evaluated.findings(&mut tx, found.target.name.as_str(), &sight).await?,
                digest: evaluated.digest.to_string(),
                canonical: evaluated.canonical.clone(),
                drift: gates.decisions.iter().flat_map(|one| one.drift.clone()).collect(),
                settings: possible(set.map(drop))?,
                gates,
                outside,
                errors,
                start: if reasons.is_empty() { Ok(()) } else { Err(reasons) },
                edit,
                discard,
                name: found.plan.name,
                links: links(&found.plan.links).unwrap_or_default(),
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
            for sentence in evaluated.blocks.held() {
                push(sentence.clone(), crate::applications::block::LIFTED_BY);
            }
            push("The plan changes nothing.".to_owned(), "Choose an operation for at least one application.");
        }
        for line in evaluated.lines.iter().filter(|line| line.gone) {
            let source = found.source.name.as_str();
            let number = match line.operation {
                PlanOperation::Deploy(_, number) if evaluated.source.contains_key(&line.key) => Some(number),
                _ => None,
            };
            let sentence = evaluate::not_there(&line.application.name, number, source);
            push(sentence, "Refresh the plan, or leave it as it is.");
        }
        for sentence in evaluated.mixed(found.source.name.as_str()) {
            push(sentence, "Even it out with a deployment into it, or leave it as it is.");
        }
        if let Err(refusal) = possible(maintenance::refused_from(tx, found.source.id).await)? {
            reasons.push(refusal);
        }
        if let Continue::Refused(refusal) =
            self.may_continue(tx, caller, home.id, found.target.name.as_str(), evaluated).await?
        {
            reasons.push(refusal);
        }
        let way =
            crate::deployments::begin::way(tx, &found.target, super::start::run_items(evaluated)?).await;
        if let Err(refusal) = possible(way.map(drop))? {
            reasons.push(refusal);
        }
        let changed = evaluated.items.iter().filter(|item| item.before != item.after);
        let named = |item: &domain::plan::Item| (item.application, evaluated.name(&item.key));
        let changed: Vec<_> = changed.map(named).collect();
        reasons.extend(pin::refusals(tx, &found.target, &changed).await?);
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

/// How far back a promotion still says how long the next one takes.
const LATELY: i64 = 180 * DAY;

/// The middle of how long the last promotions took that succeeded, and how many those are.
pub(crate) async fn usually(
    tx: &mut impl Reader,
    target: EnvironmentId,
    now: Timestamp,
) -> Result<Option<(i64, u32)>> {
    let mut lengths = deployments::lengths(tx, target, now.plus(-LATELY)).await?;
    lengths.sort_unstable();
    Ok(lengths.get(lengths.len() / 2).map(|middle| (*middle, lengths.len() as u32)))
}

/// Where what a plan brought can go on to: the next stages of its applications' pipelines.
async fn onward(
    tx: &mut impl Reader,
    caller: &Caller,
    home: &InfrastructureRow,
    found: &Found,
) -> Result<Vec<EnvironmentRef>> {
    let stages = environments::list(tx, home.id, &visibility(caller)?).await?;
    let lines = pipelines::Lines::load(tx, home.id, stages.iter().map(|stage| stage.id)).await?;
    let next = lines.next(None, found.target.id);
    Ok(stages.iter().filter(|stage| next.contains(&stage.id)).map(EnvironmentRef::from).collect())
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
