//! Hotfixes: what a later stage runs and an earlier one never had, the way back, and that it is solved (B29).

use super::find;
use crate::console::{Caller, Console};
use crate::content::number_of;
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use crate::people::set_up::field;
use crate::pipelines::Lines;
use crate::view::{BackStep, EnvironmentRef, HotfixState, HotfixView, Possible, SolvedView};
use domain::access::Right;
use domain::audit::Object;
use domain::environment::Reason;
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId, PipelineId, RevisionId};
use domain::text::VersionNumber;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use storage::environments::EnvironmentRow;
use storage::hotfixes::SolvedRow;
use storage::states::PlacedRow;
use storage::{Reader, Visibility, environments, hotfixes, pipelines, places, states};

/// Where what runs of some applications was before, and what of it is solved.
pub(crate) struct Past {
    was: BTreeMap<ApplicationId, BTreeSet<(EnvironmentId, RevisionId)>>,
    solved: BTreeMap<(ApplicationId, EnvironmentId), SolvedRow>,
    nothing: BTreeSet<(EnvironmentId, RevisionId)>,
}

impl Past {
    /// Reads it: two statements for a hundred applications.
    pub async fn load(tx: &mut impl Reader, applications: &[ApplicationId]) -> Result<Self> {
        let mut was: BTreeMap<ApplicationId, BTreeSet<_>> = BTreeMap::new();
        for row in places::was(tx, applications).await? {
            was.entry(row.application_id).or_default().insert((row.environment_id, row.revision_id));
        }
        let solved = hotfixes::of_applications(tx, applications).await?;
        let solved = solved.into_iter().map(|row| ((row.application_id, row.environment_id), row)).collect();
        Ok(Self { was, solved, nothing: BTreeSet::new() })
    }

    /// Which revision was where and is no more, of those of an application that run somewhere.
    pub fn had(&self, application: ApplicationId) -> &BTreeSet<(EnvironmentId, RevisionId)> {
        self.was.get(&application).unwrap_or(&self.nothing)
    }

    /// That what an environment runs is solved.
    fn solved(
        &self,
        application: ApplicationId,
        environment: EnvironmentId,
        revision: RevisionId,
    ) -> Option<&SolvedRow> {
        self.solved.get(&(application, environment)).filter(|row| row.revision_id == revision)
    }

    /// How the hotfixes of an application stand, by environment.
    pub fn marks(
        &self,
        lines: &Lines,
        assigned: Option<PipelineId>,
        application: ApplicationId,
        running: &BTreeMap<EnvironmentId, RevisionId>,
    ) -> BTreeMap<EnvironmentId, HotfixState> {
        let found = lines.hotfixes(assigned, running, self.had(application));
        let state = |environment, revision| match self.solved(application, environment, revision) {
            Some(_) => HotfixState::Solved,
            None => HotfixState::Pending,
        };
        found.into_iter().map(|one| (one.environment, state(one.environment, one.revision))).collect()
    }

    /// The hotfixes of an application with the way back from each. `may_solve` says who may end it.
    pub fn views(
        &self,
        lines: &Lines,
        assigned: Option<PipelineId>,
        stages: &[EnvironmentRow],
        placed: &[&PlacedRow],
        may_solve: impl Fn(&EnvironmentRow) -> Result<Possible>,
    ) -> Result<Vec<HotfixView>> {
        let Some(application) = placed.first().map(|row| row.application.id) else { return Ok(vec![]) };
        let running = placed.iter().map(|row| (row.state.environment_id, row.state.revision_id)).collect();
        let at = |id: EnvironmentId| placed.iter().find(|row| row.state.environment_id == id);
        let stage = |id: EnvironmentId| stages.iter().find(|stage| stage.id == id);
        let mut views = Vec::new();
        for one in lines.hotfixes(assigned, &running, self.had(application)) {
            let (Some(environment), Some(here)) = (stage(one.environment), at(one.environment)) else {
                continue;
            };
            let solved = self.solved(application, one.environment, one.revision);
            let mut back = Vec::new();
            for earlier in &one.missing {
                let (Some(environment), Some(there)) = (stage(*earlier), at(*earlier)) else { continue };
                back.push(BackStep {
                    environment: EnvironmentRef::from(environment),
                    runs: label(there),
                    by_plan: !is_lower(here.number, there.number),
                });
            }
            views.push(HotfixView {
                environment: EnvironmentRef::from(environment),
                label: label(here),
                state: if solved.is_some() { HotfixState::Solved } else { HotfixState::Pending },
                back,
                solved: solved.map(|row| SolvedView {
                    reason: row.reason.to_string(),
                    at: row.solved_at,
                    by: row.solved_by.clone(),
                }),
                solve: may_solve(environment)?,
            });
        }
        Ok(views)
    }
}

/// Of some applications: those of which `target` runs a hotfix that is open and that `source` never had, each with the earlier stages that
/// a plan can bring it back to, the nearest first. What comes from the source cannot be built upon such a fix, and would undo it.
pub(crate) async fn unknown_to(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    (source, target): (EnvironmentId, EnvironmentId),
    applications: &[ApplicationId],
) -> Result<BTreeMap<ApplicationId, Vec<EnvironmentRow>>> {
    let mut all = BTreeMap::new();
    if applications.is_empty() {
        return Ok(all);
    }
    let stages = environments::list(tx, infrastructure, &Visibility::Everything).await?;
    let lines = Lines::load(tx, infrastructure, stages.iter().map(|stage| stage.id)).await?;
    let assigned = pipelines::of_applications(tx, applications).await?;
    let past = Past::load(tx, applications).await?;
    for application in applications {
        let placed = states::placed_of(tx, *application).await?;
        let running: BTreeMap<_, _> =
            placed.iter().map(|row| (row.state.environment_id, row.state.revision_id)).collect();
        let assigned = assigned.get(application).copied();
        let had = past.had(*application);
        let found = lines.hotfixes(assigned, &running, had);
        let Some(fix) = found.iter().find(|one| one.environment == target) else { continue };
        let known = running.get(&source) == Some(&fix.revision) || had.contains(&(source, fix.revision));
        if known || past.solved(*application, target, fix.revision).is_some() {
            continue;
        }
        let number = |id: EnvironmentId| {
            placed.iter().find(|row| row.state.environment_id == id).and_then(|row| row.number)
        };
        let back = fix.missing.iter().filter(|stage| !is_lower(number(target), number(**stage)));
        let back = back.filter_map(|id| stages.iter().find(|stage| stage.id == *id));
        all.insert(*application, back.cloned().collect());
    }
    Ok(all)
}

/// Whether a number would go below another one (R03).
fn is_lower(number: Option<VersionNumber>, than: Option<VersionNumber>) -> bool {
    matches!((number, than), (Some(number), Some(than)) if number < than)
}

/// What runs, in few letters.
pub(crate) fn label(row: &PlacedRow) -> String {
    match row.number {
        Some(number) if row.state.modified => format!("{number}+"),
        Some(number) => number.to_string(),
        None => row.revision.sha256.short(),
    }
}

impl Console {
    /// Marks what an environment runs as a hotfix that has found its way back by other means. It holds until something new runs there.
    ///
    /// # Errors
    /// It is no hotfix or solved already, the reason is not acceptable, it is not there for the caller, or Change on it there is missing.
    pub async fn solve_hotfix(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
        reason: &str,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "application.hotfix_solved", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find(&mut pending, home.id, application).await?;
            let doing = format!("mark the hotfix of {} in {} as solved", row.name, place.name);
            let needed = on(row.id, place.id, Right::Change);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let reason = field::<Reason>("reason", reason)?;
            let stages = environments::list(&mut pending, home.id, &Visibility::Everything).await?;
            let lines = Lines::load(&mut pending, home.id, stages.iter().map(|stage| stage.id)).await?;
            let assigned = pipelines::of_application(&mut pending, row.id).await?.map(|pipeline| pipeline.id);
            let placed = states::of_application(&mut pending, row.id).await?;
            let running = placed.iter().map(|state| (state.environment_id, state.revision_id)).collect();
            let past = Past::load(&mut pending, &[row.id]).await?;
            let state = placed.iter().find(|state| state.environment_id == place.id);
            let marks = past.marks(&lines, assigned, row.id, &running);
            let state = match (state, marks.get(&place.id)) {
                (Some(state), Some(HotfixState::Pending)) => state,
                (Some(_), Some(HotfixState::Solved)) => {
                    let sentence = format!("What {} runs of {} is solved already.", place.name, row.name);
                    return Err(OperationError::conflict(sentence));
                }
                _ => {
                    let sentence = format!(
                        "{} runs nothing of {} that an earlier stage never had, so there is nothing to solve.",
                        place.name, row.name
                    );
                    return Err(OperationError::conflict(sentence));
                }
            };
            let number = number_of(&mut pending, state).await?;
            let solved = SolvedRow {
                environment_id: place.id,
                application_id: row.id,
                revision_id: state.revision_id,
                reason,
                solved_at: self.now(),
                solved_by: caller.name.clone(),
            };
            let mut tx = pending.authorised(grant);
            hotfixes::put(&mut tx, &solved).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "application.hotfix_solved", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.before = json!({ "hotfix": "pending", "version": number });
            entry.after = json!({ "hotfix": "solved", "version": number, "reason": solved.reason });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
