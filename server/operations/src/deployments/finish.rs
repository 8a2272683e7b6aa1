//! The end of a run: what runs where is written together with its entry, and the environment is free again.

use super::begin::RunPlan;
use super::list::standing;
use super::{catch_up, topic, work_topic};
use crate::bonds;
use crate::console::{Caller, Console};
use crate::door::{Attempt, Place, fault};
use crate::error::{OperationError, Result};
use crate::settings::snapshot;
use domain::access::Requirement;
use domain::audit::Object;
use domain::deployment::{Ending, Left, Phase, Release, RunItem, StepState, result};
use domain::id::{DeploymentId, EnvironmentId};
use domain::time::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;
use storage::deployments::{DeploymentRow, Ending as StoredEnding, StepRow};
use storage::environments::EnvironmentRow;
use storage::pins::PinRow;
use storage::states::StateRow;
use storage::{
    PendingTx, deployments, environments, infrastructures, pins, revisions, states, versions, zones,
};

impl Console {
    /// Ends a run as the engine found it. `false` where another console has taken it over meanwhile.
    pub(crate) async fn finish(&self, id: DeploymentId, fence: u64, ending: Ending) -> Result<bool> {
        let caller = Caller::engine();
        self.audited(
            &caller,
            Attempt::at(
                Place::Deployment(id),
                "deployment.finish",
                Object::new("deployment", id, "Deployment"),
            ),
            async {
                let mut pending = self.store().begin_change().await?;
                let row = deployments::by_id(&mut pending, id)
                    .await?
                    .ok_or_else(|| fault("a run without its row"))?;
                if row.fence != fence || row.finished_at.is_some() {
                    return Ok(false);
                }
                let grant = self.permit_plain(&caller, &Requirement::Engine)?;
                let steps = deployments::steps(&mut pending, id).await?;
                let plan = RunPlan::of(&row)?;
                let target = environments::by_id(&mut pending, row.target_id)
                    .await?
                    .ok_or_else(|| fault("a run without its target"))?;
                let home = infrastructures::by_id(&mut pending, row.infrastructure_id)
                    .await?
                    .ok_or_else(|| fault("a run without its infrastructure"))?;
                let lefts = plan.items.iter().map(|item| left(item, &steps)).collect::<Vec<_>>();
                let (status, message) = if plan.catches_up {
                    catch_up::outcome(&row, &plan, ending, &steps)
                } else {
                    outcome(&row, &target, &plan, (ending, &lefts), &steps)
                };
                let mut changes = Vec::new();
                for (item, left) in plan.items.iter().zip(&lefts).filter(|_| !plan.catches_up) {
                    changes.push(change(&mut pending, &row, item, (ending, *left), self).await?);
                }
                let mut tx = pending.authorised(grant);
                states::hold(&mut tx, row.target_id).await?;
                let end = StoredEnding { fence, status, message: &message, at: self.now() };
                if !deployments::finish(&mut tx, id, &end).await? {
                    return Ok(false);
                }
                deployments::release_lock(&mut tx, row.target_id, id).await?;
                for change in changes {
                    match change {
                        Change::Put(state) => states::put(&mut tx, &state).await?,
                        Change::Remove(application) => {
                            states::remove(&mut tx, row.target_id, application).await?;
                        }
                        Change::None => {}
                    }
                }
                let keys: Vec<_> = plan.items.iter().map(|item| &item.key).collect();
                bonds::keep(&mut tx, row.target_id, &keys).await?;
                let mut set = Vec::new();
                if plan.catches_up {
                    catch_up::caught_up(&mut tx, &row, &plan, &steps).await?;
                }
                for (item, left) in plan.items.iter().zip(&lefts).filter(|_| !plan.catches_up) {
                    catch_up::settle(&mut tx, &row, item.application, (ending, *left)).await?;
                    // What most of the front-ends run now counts as what is there.
                    let most = *left == Left::Mixed && ending == Ending::LeftOut && item.after.is_some();
                    if *left == Left::New || most {
                        set.extend(snapshot::settle(self, &mut tx, &row, item).await?);
                    }
                    if *left != Left::New {
                        continue;
                    }
                    zones::settle(&mut tx, row.target_id, item.application).await?;
                    if row.rolls_back_id.is_some() && item.after.is_some() {
                        pins::put(&mut tx, &pin(&row, item, self.now())).await?;
                    }
                }
                tx.notice(&topic(id), id);
                tx.notice(&work_topic(row.target_id), id);
                tx.notice(&crate::infrastructure::topic(home.key.as_str()), id);
                tx.notice("engine", id);
                if let Some(plan) = row.plan_id {
                    tx.notice(&crate::plans::edit::topic(plan), plan);
                }
                let mut entry =
                    self.entry(&caller, "deployment.finish", Object::new("deployment", id, &row.name));
                entry.infrastructure = Some(row.infrastructure_id);
                entry.related = vec![Object::new("environment", target.id, target.name.as_str())];
                entry
                    .related
                    .extend(plan.items.iter().map(|i| Object::new("application", i.application, &i.name)));
                let label = |release: &Option<Release>| release.as_ref().map(Release::label);
                let before = plan.items.iter().map(|i| json!([i.name, label(&i.before)])).collect::<Vec<_>>();
                let after = plan.items.iter().map(|i| json!([i.name, label(&i.after)])).collect::<Vec<_>>();
                let all = before.iter().zip(after).zip(&lefts).map(|((before, after), left)| match left {
                    Left::New => after,
                    Left::Old => before.clone(),
                    Left::Mixed => json!([before[0], "mixed"]),
                });
                let all = all.collect::<Vec<_>>();
                entry.before = json!({ "status": "running", "applications": before });
                entry.after = json!({
                    "status": status, "message": message, "started_by": row.started_by, "applications": all,
                });
                if let (false, Some(after)) = (set.is_empty(), entry.after.as_object_mut()) {
                    after.insert("settings".to_owned(), json!(set));
                }
                tx.commit(entry).await?;
                Ok(true)
            },
        )
        .await
    }
}

/// What a run left of one of its applications.
fn left(item: &RunItem, steps: &[StepRow]) -> Left {
    let own = steps.iter().filter(|step| step.application_id == Some(item.application));
    result(&own.map(standing).collect::<Vec<_>>())
}

/// The pin of an application that a run brought back to what it was before.
fn pin(row: &DeploymentRow, item: &RunItem, now: Timestamp) -> PinRow {
    let label = item.before.as_ref().map_or_else(|| "what ran".to_owned(), Release::label);
    PinRow {
        environment_id: row.target_id,
        application_id: item.application,
        deployment_id: row.id,
        reason: format!("rolled back from {label}"),
        pinned_at: now,
        pinned_by: row.started_by.clone(),
    }
}

/// The status outside, and one sentence.
fn outcome(
    row: &DeploymentRow,
    target: &EnvironmentRow,
    plan: &RunPlan,
    (ending, lefts): (Ending, &[Left]),
    steps: &[StepRow],
) -> (&'static str, String) {
    let target = target.name.as_str();
    let reason = |ordinal: u32, phase: Phase| {
        let step = steps.iter().find(|step| step.ordinal == ordinal && step.phase == phase.word());
        step.map(|step| format!("{} failed: {}", step.title, step.reason)).unwrap_or_default()
    };
    let names = |wanted: Left| {
        let all = plan.items.iter().zip(lefts).filter(|(_, left)| **left == wanted);
        all.map(|(item, _)| item.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let began = |failed: Option<u32>| match failed {
        Some(ordinal) => reason(ordinal, Phase::Forward),
        None => "It was taken back.".to_owned(),
    };
    match ending {
        Ending::Successful => ("finished_successful", format!("{} is done; {target} runs it.", row.name)),
        Ending::LeftOut => {
            let out: BTreeSet<&str> = plan
                .servers
                .iter()
                .filter(|(server, _)| {
                    steps.iter().any(|step| {
                        step.server_id == Some(*server) && step.state == StepState::Skipped.word()
                    })
                })
                .map(|(_, name)| name.as_str())
                .collect();
            let out = out.into_iter().collect::<Vec<_>>().join(", ");
            let words = format!(
                "{} is done, but {out} was left out: the front-ends of {target} do not run the same of {}.",
                row.name,
                names(Left::Mixed)
            );
            ("finished_with_warnings", words)
        }
        Ending::RolledBack { failed } => {
            ("finished_with_errors", format!("{} Everything in {target} is as it was before.", began(failed)))
        }
        Ending::Mixed { failed, back } => (
            "finished_with_errors",
            format!(
                "{} The way back failed too: {} The front-ends of {target} do not run the same.",
                began(failed),
                reason(back, Phase::Back)
            ),
        ),
        Ending::Aborted => {
            let words = match (names(Left::New), names(Left::Mixed)) {
                (new, mixed) if new.is_empty() && mixed.is_empty() => format!("{target} runs what it ran."),
                (new, mixed) if mixed.is_empty() => {
                    format!("{target} has the new {new}; the rest is as it was before.")
                }
                (_, mixed) => format!("The front-ends of {target} do not run the same of {mixed}."),
            };
            ("aborted", format!("{} {words}", row.message))
        }
    }
}

enum Change {
    Put(StateRow),
    Remove(domain::id::ApplicationId),
    None,
}

/// What the current state becomes for one application.
async fn change(
    tx: &mut PendingTx,
    row: &DeploymentRow,
    item: &RunItem,
    (ending, left): (Ending, Left),
    console: &Console,
) -> Result<Change> {
    let target: EnvironmentId = row.target_id;
    let old = states::get(tx, target, item.application).await?;
    let mixed = left == Left::Mixed;
    match (left, &old) {
        (Left::Old, _) => return Ok(Change::None),
        // Most of the front-ends have the new one only where the run went on without the others.
        (Left::Mixed, Some(old)) if ending != Ending::LeftOut || item.after.is_none() => {
            return Ok(Change::Put(StateRow { mixed: true, ..old.clone() }));
        }
        _ => {}
    }
    let Some(after) = &item.after else { return Ok(Change::Remove(item.application)) };
    let revision = revisions::by_sha(tx, item.application, after.sha256).await?.ok_or_else(|| {
        OperationError::from(crate::error::Fault::Other("a run of a missing revision".to_owned()))
    })?;
    // The version that was deployed, of those with the same content; the newest where it had none.
    let tagged = versions::by_revision(tx, item.application, revision.id).await?;
    let deployed = tagged.iter().find(|version| Some(version.number) == after.number);
    let tagged = deployed.or(tagged.first());
    let modified = tagged.is_none();
    let base = tagged.map(|version| version.id).or_else(|| old.and_then(|old| old.version_id));
    Ok(Change::Put(StateRow {
        environment_id: target,
        application_id: item.application,
        infrastructure_id: row.infrastructure_id,
        revision_id: revision.id,
        version_id: base,
        modified,
        mixed,
        deployment_id: Some(row.id),
        changed_at: console.now(),
        changed_by: row.started_by.clone(),
    }))
}
