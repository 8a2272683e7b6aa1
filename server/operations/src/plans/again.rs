//! Plans out of plans: refreshed where the world has moved on, carried on to the next hop, tried again, filled up.

use super::Found;
use super::edit::{attempt, authored, draft, edited, store, topic};
use super::evaluate::{available, evaluate, natural, options, stored};
use super::findings::listed;
use super::make::{doing, item_row, new_draft};
use crate::console::{Caller, Console};
use crate::content::{self, Placed};
use crate::deployments::list::{has_failed, has_finished};
use crate::deployments::ways::Zones;
use crate::door::{on, visibility};
use crate::error::{OperationError, Result};
use crate::infrastructure::find_environment;
use crate::view::PlanOperation;
use domain::access::{Requirement, Right};
use domain::audit::Object;
use domain::id::{ApplicationId, PlanId};
use domain::plan::{Kind, producers_along};
use domain::text::Key;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use storage::plans::{PlanItemRow, PlanRow};
use storage::settings::PlannedRow;
use storage::{Reader, applications, deployments, plans, settings, states, versions};

/// What runs in an environment, by key.
type Places = BTreeMap<Key, Placed>;

impl Console {
    /// Compares a draft with its environments anew: what is to be tagged takes the newest content and a number that is free, choices that
    /// are still possible stay, and what is not in the source any more is left as it is.
    ///
    /// # Errors
    /// The plan is no draft (R05), or the caller may not.
    pub async fn refresh_plan(&self, caller: &Caller, infrastructure: &str, id: PlanId) -> Result<()> {
        self.audited(caller, attempt(infrastructure, "plan.refresh", id), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let found = draft(self, &mut pending, caller, &home, id).await?;
            let grant =
                self.permit(&mut pending, caller, home.id, &found.to_edit(), "refresh this plan").await?;
            let source = content::placed(&mut pending, found.source.id).await?;
            let (target, _) = content::expected(&mut pending, found.target.id).await?;
            let zones = Zones::load(&mut pending, &found.target).await?;
            let mut changed = Vec::new();
            for item in &found.items {
                let old = stored(&mut pending, item).await?;
                let new = refreshed(&mut pending, item, &old, (&source, &target), &zones).await?;
                if new != old {
                    changed.push((item_row(id, item.application_id, &new, item.position)?, old, new));
                }
            }
            let mut tx = pending.authorised(grant);
            for (row, ..) in &changed {
                plans::put_item(&mut tx, row).await?;
            }
            if !changed.is_empty() {
                authored(&mut tx, caller, id).await?;
            }
            let name = found.plan.name.clone();
            let plan = PlanRow { checked_at: self.now(), ..edited(self, found.plan) };
            store(&mut tx, &plan).await?;
            tx.notice(&topic(id), id);
            let mut entry = self.entry(caller, "plan.refresh", Object::new("plan", id, name));
            entry.infrastructure = Some(home.id);
            entry.before = json!(changed.iter().map(|(_, old, _)| old.words()).collect::<Vec<_>>());
            entry.after = json!(changed.iter().map(|(.., new)| new.words()).collect::<Vec<_>>());
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Adds to a draft what the caller may plan and it does not have: everything of the source, only what differs in the target, the
    /// producers that it lacks, with those that they lack in turn, or the consumers that it makes outdated, to be redeployed.
    ///
    /// # Errors
    /// The plan is no draft (R05), there is nothing to add, or the caller may not.
    pub async fn fill_plan(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: PlanId,
        what: Filling,
    ) -> Result<()> {
        self.audited(caller, attempt(infrastructure, "plan.fill", id), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let found = draft(self, &mut pending, caller, &home, id).await?;
            self.permit(&mut pending, caller, home.id, &found.to_edit(), "edit this plan").await?;
            let sees = visibility(caller)?;
            let plannable = states::plannable_in(&mut pending, home.id, found.source.id, &sees).await?;
            let source = content::placed(&mut pending, found.source.id).await?;
            let (target, _) = content::expected(&mut pending, found.target.id).await?;
            let zones = Zones::load(&mut pending, &found.target).await?;
            let wanted: Vec<&Placed> = match what {
                Filling::Outdated => {
                    let outdated = outdated(&mut pending, &found).await?;
                    target.iter().filter(|(key, _)| outdated.contains(key)).map(|(_, one)| one).collect()
                }
                Filling::Producers => {
                    let all = producers(&mut pending, &found, &source).await?;
                    source.iter().filter(|(key, _)| all.contains(key)).map(|(_, one)| one).collect()
                }
                Filling::All | Filling::Differing => {
                    let same = |key: &Key, one: &Placed| {
                        target.get(key).is_some_and(|there| there.content.sha256 == one.content.sha256)
                    };
                    let planned = |one: &Placed| {
                        found.items.iter().any(|item| item.application_id == one.application.id)
                    };
                    source
                        .iter()
                        .filter(|(key, one)| !planned(one) && (what == Filling::All || !same(key, one)))
                        .map(|(_, one)| one)
                        .collect()
                }
            };
            let mut needed = vec![found.to_edit()];
            let mut added = Vec::new();
            let mut last = found.items.iter().map(|item| item.position + 1).max().unwrap_or(0);
            for one in wanted {
                let application = one.application.id;
                let may = match what {
                    Filling::Outdated if !source.contains_key(&one.application.key) => {
                        let needed = Requirement::All(vec![
                            on(application, found.source.id, Right::List),
                            on(application, found.source.id, Right::Monitor),
                        ]);
                        self.permit(&mut pending, caller, home.id, &needed, "edit this plan").await.is_ok()
                    }
                    _ => plannable.contains(&application),
                };
                // What is there alone is told only to who may list it there.
                if !may
                    || (what == Filling::Outdated
                        && !self.lists(&mut pending, caller, &found.target, application).await?)
                {
                    continue;
                }
                let there = target.get(&one.application.key);
                let natural = if what == Filling::Outdated {
                    PlanOperation::Redeploy
                } else {
                    natural(options(&mut pending, application, Some(one), there, &zones).await?)
                };
                if what == Filling::Producers && natural == PlanOperation::Nothing {
                    continue;
                }
                needed.push(on(application, found.source.id, Right::Monitor));
                // What was left as it is keeps its place.
                let old = found.items.iter().find(|item| item.application_id == application);
                let position = old.map_or(last, |old| old.position);
                last += i64::from(old.is_none());
                added
                    .push((item_row(id, application, &natural, position)?, one.application.name.to_string()));
            }
            if added.is_empty() {
                let sentence = match what {
                    Filling::Producers => "There is no producer to bring along that you may plan from there.",
                    Filling::Outdated => "There is no outdated consumer to redeploy that you may plan.",
                    Filling::All | Filling::Differing => {
                        "There is nothing more to add: the plan has all that you may plan from there."
                    }
                };
                return Err(OperationError::conflict(sentence));
            }
            let needed = Requirement::All(needed);
            let grant = self.permit(&mut pending, caller, home.id, &needed, "edit this plan").await?;
            let mut tx = pending.authorised(grant);
            for (row, _) in &added {
                plans::put_item(&mut tx, row).await?;
            }
            authored(&mut tx, caller, id).await?;
            let name = found.plan.name.clone();
            store(&mut tx, &edited(self, found.plan)).await?;
            tx.notice(&topic(id), id);
            let mut entry = self.entry(caller, "plan.fill", Object::new("plan", id, name));
            entry.infrastructure = Some(home.id);
            entry.related = added
                .iter()
                .map(|(row, name)| Object::new("application", row.application_id, name))
                .collect();
            entry.after = json!({ "added": added.iter().map(|(_, name)| name).collect::<Vec<_>>() });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Makes a new plan out of one that was started: what it brought goes on to the next stage, or, where it was aborted or taken back, the
    /// same is tried again (R07). Versions stay what they were; what it had tagged is deployed by its number (R20).
    ///
    /// # Errors
    /// It was never started, its run has not ended, the target is none or its source (R01), or the caller may not.
    pub async fn reuse_plan(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: PlanId,
        to: &str,
    ) -> Result<Reused> {
        self.audited(caller, attempt(infrastructure, "plan.reuse", id), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let found = self.find_plan(&mut pending, caller, home.id, id).await?;
            self.permit(&mut pending, caller, home.id, &found.to_edit(), "plan this again").await?;
            let run = deployments::by_plan(&mut pending, id).await?;
            let Some(run) = run else {
                let sentence = "This plan was never started, so there is nothing to go on from.";
                return Err(OperationError::conflict(sentence).under("R07"));
            };
            let again = has_failed(&run);
            if !again && !has_finished(&run) {
                let sentence = format!("{} has not ended yet.", run.name);
                return Err(OperationError::conflict(sentence).under("R07"));
            }
            let (source, target) = if again {
                (found.source.clone(), found.target.clone())
            } else {
                (found.target.clone(), find_environment(&mut pending, home.id, to).await?)
            };
            if source.id == target.id {
                let sentence = "A plan goes from one environment to another (R01); choose two.";
                return Err(OperationError::invalid("to", sentence));
            }
            let there = content::placed(&mut pending, source.id).await?;
            let mut items = Vec::new();
            let (mut names, mut left_behind) = (Vec::new(), Vec::new());
            for item in &found.items {
                let operation = stored(&mut pending, item).await?;
                let operation = carried(&mut pending, item, operation).await?;
                let here = there.values().any(|one| one.application.id == item.application_id);
                if matches!(operation, PlanOperation::Nothing) {
                    continue;
                }
                let name = applications::by_id(&mut pending, item.application_id).await?;
                let name = name.map(|row| row.name.to_string()).unwrap_or_default();
                // R02: only what is in the source can go from there.
                if !here && operation != PlanOperation::Undeploy {
                    left_behind.push(name);
                    continue;
                }
                names.push((item.application_id, name));
                items.push((item.application_id, operation));
            }
            if items.is_empty() {
                let sentence = format!("Nothing of this plan is in {} any more (R02).", source.name);
                return Err(OperationError::conflict(sentence).under("R02"));
            }
            let ids: Vec<ApplicationId> = items.iter().map(|(id, _)| *id).collect();
            let mut needed = vec![
                Requirement::Environment(source.id, Right::Access),
                Requirement::Environment(target.id, Right::Access),
            ];
            needed.extend(ids.iter().map(|id| on(*id, source.id, Right::List)));
            needed.extend(ids.iter().map(|id| on(*id, source.id, Right::Monitor)));
            let doing = doing(&source, &target);
            let grant = self.permit(&mut pending, caller, home.id, &Requirement::All(needed), &doing).await?;
            let name = match &names[..] {
                _ if again => found.plan.name.clone(),
                [(_, one)] => format!("{one} to {}", target.name),
                many => format!("{} applications to {}", many.len(), target.name),
            };
            let plan = PlanRow {
                notes: found.plan.notes.clone(),
                on_failure: found.plan.on_failure.clone(),
                links: found.plan.links.clone(),
                ..new_draft(self, caller, home.id, (&source, &target), name.clone())
            };
            // Values are of one environment: only where it is tried again they are the same.
            let set = if again { settings::planned(&mut pending, id).await? } else { Vec::new() };
            let set: Vec<_> = set.into_iter().filter(|one| ids.contains(&one.application_id)).collect();
            let mut tx = pending.authorised(grant);
            plans::insert(&mut tx, &plan).await?;
            for one in &set {
                settings::plan(&mut tx, &PlannedRow { plan_id: plan.id, ..one.clone() }).await?;
            }
            for (position, (application, operation)) in items.iter().enumerate() {
                plans::put_item(&mut tx, &item_row(plan.id, *application, operation, position as i64)?)
                    .await?;
            }
            tx.notice(&crate::infrastructure::topic(home.key.as_str()), plan.id);
            let mut entry = self.entry(caller, "plan.reuse", Object::new("plan", plan.id, &name));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("plan", id, &found.plan.name)];
            entry.related.extend(names.iter().map(|(id, name)| Object::new("application", id, name)));
            entry.after = json!({
                "source": source.name, "target": target.name, "again": again, "left_behind": left_behind,
            });
            tx.commit(entry).await?;
            let source = source.name.to_string();
            Ok(Reused { id: plan.id, left_behind, source })
        })
        .await
    }
}

/// A plan that was made out of another one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reused {
    /// The new plan.
    pub id: PlanId,
    /// The names of what the other one brought and is not in the new one's source any more (R02).
    pub left_behind: Vec<String>,
    /// The name of that source.
    #[serde(skip)]
    source: String,
}

impl Reused {
    /// What was left behind, in a sentence; none where nothing was.
    #[must_use]
    pub fn sentence(&self) -> Option<String> {
        let (are, were) = if self.left_behind.len() == 1 { ("is", "was") } else { ("are", "were") };
        let names = listed(&self.left_behind);
        let source = &self.source;
        (!self.left_behind.is_empty())
            .then(|| format!("{names} {are} not in {source} any more, and {were} left behind (R02)."))
    }
}

/// What is added to a plan at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// Everything of the source.
    All,
    /// What differs in the target.
    Differing,
    /// The producers that the plan lacks, and those that they lack.
    Producers,
    /// The consumers in the target that the plan makes outdated: they are deployed once more.
    Outdated,
}

/// The consumers that a draft makes outdated and that nothing keeps out.
async fn outdated(tx: &mut impl Reader, found: &Found) -> Result<BTreeSet<Key>> {
    let evaluated = evaluate(tx, found).await?;
    let outdated = evaluated.conflicts.iter().filter(|conflict| conflict.kind == Kind::ConsumerOutdated);
    let open = |key: &&Key| {
        evaluated.before.get(*key).is_some_and(|one| !evaluated.blocks.keep_out(one.application.id))
    };
    Ok(outdated.map(|conflict| &conflict.consumer).filter(open).cloned().collect())
}

/// The producers that a draft would lack in its target and that its source has, with those that they lack in turn: what it does not have,
/// or leaves as it is.
async fn producers(tx: &mut impl Reader, found: &Found, source: &Places) -> Result<BTreeSet<Key>> {
    let evaluated = evaluate(tx, found).await?;
    let open = |key: &Key| {
        let kept_out = source.get(key).is_none_or(|one| evaluated.blocks.keep_out(one.application.id));
        !kept_out && !evaluated.changes.contains_key(key)
    };
    let before = content::contents(&evaluated.before);
    Ok(producers_along(&before, &content::contents(source), &evaluated.changes, &open))
}

/// The operation of an item after its environments have moved on.
async fn refreshed(
    tx: &mut impl Reader,
    item: &PlanItemRow,
    old: &PlanOperation,
    (source, target): (&Places, &Places),
    zones: &Zones,
) -> Result<PlanOperation> {
    let of =
        |places: &'_ Places| places.values().find(|one| one.application.id == item.application_id).cloned();
    let (from, to) = (of(source), of(target));
    let choices = options(tx, item.application_id, from.as_ref(), to.as_ref(), zones).await?;
    Ok(match old {
        PlanOperation::TagAndDeploy(number) => {
            let free =
                versions::latest(tx, item.application_id).await?.is_none_or(|row| row.number < *number);
            let tags = choices.iter().any(|each| matches!(each, PlanOperation::TagAndDeploy(_)));
            if tags && free { old.clone() } else { natural(choices) }
        }
        PlanOperation::Redeploy | PlanOperation::Undeploy if to.is_none() => PlanOperation::Nothing,
        PlanOperation::Deploy(..) if from.is_none() => PlanOperation::Nothing,
        PlanOperation::Deploy(id, _) if !choices.contains(old) => {
            match (versions::by_id(tx, *id).await?, from) {
                // R02: what the source never had does not go from there.
                (Some(version), Some(from))
                    if !available(tx, &version, from.state.environment_id).await? =>
                {
                    natural(choices)
                }
                _ => old.clone(),
            }
        }
        kept => kept.clone(),
    })
}

/// An operation of a plan that was started, as its successor has it.
async fn carried(
    tx: &mut impl Reader,
    item: &PlanItemRow,
    operation: PlanOperation,
) -> Result<PlanOperation> {
    let PlanOperation::TagAndDeploy(number) = operation else { return Ok(operation) };
    let made = versions::by_number(tx, item.application_id, number.order()).await?;
    Ok(made.map_or(PlanOperation::TagAndDeploy(number), |version| {
        PlanOperation::Deploy(version.id, version.number)
    }))
}
