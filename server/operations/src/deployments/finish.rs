//! The end of a run: what runs where is written together with its entry, and the environment is free again.

use super::begin::RunPlan;
use super::{topic, work_topic};
use crate::console::{Caller, Console};
use crate::door::{Attempt, Place, fault};
use crate::error::{OperationError, Result};
use domain::access::Requirement;
use domain::audit::Object;
use domain::deployment::{Ending, Phase, Release, RunItem};
use domain::id::{DeploymentId, EnvironmentId};
use serde_json::json;
use storage::deployments::{DeploymentRow, Ending as StoredEnding, StepRow};
use storage::states::StateRow;
use storage::{PendingTx, deployments, environments, infrastructures, revisions, states, versions, zones};

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
                let (status, message) = outcome(&row, target.name.as_str(), ending, &steps);
                let mut changes = Vec::new();
                for item in &plan.items {
                    changes.push(change(&mut pending, &row, item, ending, self).await?);
                }
                let mut tx = pending.authorised(grant);
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
                if matches!(ending, Ending::Successful) {
                    for item in &plan.items {
                        zones::settle(&mut tx, row.target_id, item.application).await?;
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
                let same = !matches!(ending, Ending::Successful);
                entry.before = json!({ "status": "running", "applications": before });
                entry.after = json!({
                    "status": status, "message": message, "started_by": row.started_by,
                    "applications": if same { before } else { after },
                });
                tx.commit(entry).await?;
                Ok(true)
            },
        )
        .await
    }
}

/// The status outside, and one sentence.
fn outcome(row: &DeploymentRow, target: &str, ending: Ending, steps: &[StepRow]) -> (&'static str, String) {
    let reason = |ordinal: u32, phase: Phase| {
        let step = steps.iter().find(|step| step.ordinal == ordinal && step.phase == phase.word());
        step.map(|step| format!("{} failed: {}", step.title, step.reason)).unwrap_or_default()
    };
    match ending {
        Ending::Successful => ("finished_successful", format!("{} is done; {target} runs it.", row.name)),
        Ending::RolledBack { failed } => (
            "finished_with_errors",
            format!("{} Everything in {target} is as it was before.", reason(failed, Phase::Forward)),
        ),
        Ending::Mixed { failed, back } => (
            "finished_with_errors",
            format!(
                "{} The way back failed too: {} The front-ends of {target} do not run the same.",
                reason(failed, Phase::Forward),
                reason(back, Phase::Back)
            ),
        ),
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
    ending: Ending,
    console: &Console,
) -> Result<Change> {
    let target: EnvironmentId = row.target_id;
    let old = states::get(tx, target, item.application).await?;
    match ending {
        Ending::RolledBack { .. } => return Ok(Change::None),
        Ending::Mixed { .. } => {
            return Ok(old.map_or(Change::None, |old| Change::Put(StateRow { mixed: true, ..old })));
        }
        Ending::Successful => {}
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
        mixed: false,
        deployment_id: Some(row.id),
        changed_at: console.now(),
        changed_by: row.started_by.clone(),
    }))
}
