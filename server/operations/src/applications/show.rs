//! One application: what runs where, its versions, its modules, what it uses and what uses it.

use super::describe::to_describe;
use super::hotfix::Past;
use super::{find, pin, tag};
use crate::console::{Caller, Console};
use crate::content::{self, Placed, summary};
use crate::door::{fault, on, permitted_wide, sentence, visibility};
use crate::environments::{Seen, addresses_of};
use crate::error::{OperationError, Result};
use crate::matrix::{Moving, running};
use crate::paging::PageQuery;
use crate::pipelines::Lines;
use crate::view::{
    ApplicationPage, ApplicationPlace, ApplicationRef, BlockView, EnvironmentRef, MatrixCell, ModuleView,
    Paged, PipelineRef, Possible, Refusal, RelationView, RetirementView, Running, VersionRow, ZoneChoice,
};
use domain::access::{Requirement, Right, Standing, decide};
use domain::id::{ApplicationId, EnvironmentId};
use std::collections::BTreeMap;
use storage::applications::ApplicationRow;
use storage::environments::EnvironmentRow;
use storage::states::PlacedRow;
use storage::zones::{ApplicationZoneRow, ZoneRow};
use storage::{
    Page, Reader, applications, blocks, environments, pins, pipelines, retirements, revisions, states,
    versions, zones,
};

/// Versions on one page.
const VERSIONS: u32 = 20;

impl Console {
    /// One application's page. `versions` says which of its versions.
    ///
    /// # Errors
    /// It is not there, the caller may not see it anywhere, or the cursor is none of its versions.
    pub async fn application(
        &self,
        caller: &Caller,
        infrastructure: &str,
        key: &str,
        versions: &PageQuery,
    ) -> Result<ApplicationPage> {
        self.traced(caller, "application.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let row = find(&mut tx, home.id, key).await?;
            let stages = environments::list(&mut tx, home.id, &visibility(caller)?).await?;
            let moving = Moving::load(&mut tx, home.id).await?;
            let lines = Lines::load(&mut tx, home.id, stages.iter().map(|stage| stage.id)).await?;
            let pipeline = pipelines::of_application(&mut tx, row.id).await?;
            let assigned = pipeline.as_ref().map(|pipeline| pipeline.id);
            let choices = pipelines::list(&mut tx, home.id).await?;
            let doing = format!("assign {} to a pipeline", row.name);
            let assign = permitted_wide(self, &mut tx, caller, &[home.id], &doing).await;
            let zones = zones::of_infrastructure(&mut tx, home.id).await?;
            let chosen = zones::chosen_for(&mut tx, row.id).await?;
            let standing = self.standing(&mut tx, caller, home.id, &[row.id]).await?;
            let ends = versions::line_ends(&mut tx, &[row.id]).await?.remove(&row.id).unwrap_or_default();
            let blocked = blocks::of_applications(&mut tx, &[row.id]).await?;
            let retired = retirements::of(&mut tx, row.id).await?;
            let past = Past::load(&mut tx, &[row.id]).await?;
            let placed = states::placed_of(&mut tx, row.id).await?;
            let pinned = pins::of_application(&mut tx, row.id).await?;
            let reported = Seen::of_application(&mut tx, row.id, self.now()).await?;
            let none = Seen::none(self.now());
            let checks = Checks { caller, standing: standing.as_ref(), application: &row, stages: &stages };
            let listed = |id: EnvironmentId| {
                stages.iter().any(|stage| stage.id == id && checks.may(stage, Right::List, "see it").is_ok())
            };
            let seen: Vec<&PlacedRow> =
                placed.iter().filter(|each| listed(each.state.environment_id)).collect();
            let solve = |stage: &EnvironmentRow| {
                let doing = format!("mark the hotfix of {} in {} as solved", row.name, stage.name);
                possible(checks.may(stage, Right::Change, &doing))
            };
            let hotfixes = past.views(&lines, assigned, &stages, &seen, solve)?;
            let mut places = Vec::new();
            let mut shown = None;
            for stage in &stages {
                if checks.may(stage, Right::List, "see it").is_err() {
                    continue;
                }
                let doing = format!("choose the deployment zone of {} in {}", row.name, stage.name);
                let zone =
                    choice(stage.id, &zones, &chosen, possible(checks.may(stage, Right::Deploy, &doing))?);
                let environment = EnvironmentRef::from(stage);
                let block = blocked.iter().find(|block| block.environment_id == stage.id);
                let block = block.map(|block| BlockView::of(block, row.name.as_str(), stage.name.as_str()));
                let Some(here) = placed.iter().find(|each| each.state.environment_id == stage.id) else {
                    places.push(ApplicationPlace {
                        environment,
                        cell: MatrixCell::Absent,
                        addresses: vec![],
                        tag: None,
                        proposed: None,
                        notes: None,
                        may_block: Some(may_block(&checks, stage, block.is_some(), &moving)?),
                        block,
                        zone,
                        pin: None,
                        promote: None,
                    });
                    continue;
                };
                shown = shown.or(Some(&here.revision));
                let hotfix = hotfixes.iter().find(|one| one.environment.id == stage.id).map(|one| one.state);
                let next = tag::Next::of(ends.clone(), here.number, hotfix.is_some());
                let number = next.proposed(here.revision.claimed_number);
                let doing = format!("tag {} in {}", row.name, stage.name);
                let may_tag = checks.may(stage, Right::Change, &doing);
                let tag = possible(may_tag.and_then(|()| tag::may_tag_with(&here.state, number, &next)))?;
                let onward = lines.next(assigned, stage.id).into_iter().next();
                let promote = match stages.iter().find(|stage| Some(stage.id) == onward) {
                    Some(next) => {
                        let doing = format!("plan a deployment into {}", next.name);
                        let can = possible(checks.may(next, Right::List, &doing))?;
                        Some((EnvironmentRef::from(next), can))
                    }
                    None => None,
                };
                let reports = reported.get(&stage.id).unwrap_or(&none);
                let running = Running {
                    hotfix,
                    bond: here.bond,
                    ..running(here.number, &here.state, &here.revision, &moving)
                };
                places.push(ApplicationPlace {
                    environment,
                    addresses: addresses_of(reports, row.key.as_str(), Some(&running)),
                    cell: MatrixCell::Present(running),
                    tag: Some(tag),
                    proposed: Some(number),
                    notes: Some(here.revision.notes.clone()).filter(|notes| !notes.is_empty()),
                    block,
                    may_block: None,
                    zone,
                    pin: pin::view(&pinned, stage.id),
                    promote,
                });
            }
            if places.is_empty() {
                return Err(OperationError::not_found("There is nothing here, or you may not see it."));
            }
            let (modules, producers) = match shown {
                None => (vec![], vec![]),
                Some(revision) => {
                    let manifest = summary(revision)?.manifest;
                    let modules = manifest.modules.iter().map(module).collect();
                    let needs = content::content(row.name.as_str(), revision, None)?.consumes;
                    let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
                    for need in needs {
                        by.entry(need.application.to_string()).or_default().push(need.element.name);
                    }
                    let mut producers = Vec::new();
                    for (key, elements) in by {
                        let application = applications::by_key(&mut tx, home.id, &key).await?;
                        let application = application.as_ref().map(ApplicationRef::from);
                        producers.push(RelationView { application, key, elements });
                    }
                    (modules, producers)
                }
            };
            let consumers = match places.iter().find(|place| matches!(place.cell, MatrixCell::Present(_))) {
                Some(place) => consumers(&content::placed(&mut tx, place.environment.id).await?, &row),
                None => vec![],
            };
            let runs: Vec<_> = placed.iter().map(|each| each.state.environment_id).collect();
            let all: Vec<_> = stages.iter().map(|stage| stage.id).collect();
            let doing = format!("rename or describe {}", row.name);
            let describe = checks.meets(&to_describe(&row, &runs, &all), &doing);
            let create = |stage: &EnvironmentRow| {
                let create = Requirement::Environment(stage.id, Right::CreateApplications);
                Requirement::All(vec![on(row.id, stage.id, Right::Change), create])
            };
            let doing = match retired {
                None => format!("retire {}", row.name),
                Some(_) => format!("bring {} back", row.name),
            };
            let retire = checks.meets(&Requirement::Any(stages.iter().map(create).collect()), &doing);
            let versions = version_rows(&mut tx, row.id, &versions.page(VERSIONS), &places).await?;
            Ok(ApplicationPage {
                application: ApplicationRef::from(&row),
                description: row.description.clone(),
                retired: retired.as_ref().map(RetirementView::from),
                describe: possible(describe)?,
                retire: possible(retire)?,
                hotfixes,
                pipeline: pipeline.as_ref().map(PipelineRef::from),
                pipelines: choices.iter().map(PipelineRef::from).collect(),
                assign: possible(assign.map(drop))?,
                environments: places,
                versions,
                modules,
                producers,
                consumers,
            })
        })
        .await
    }
}

/// The deployment zone that an application goes to in an environment; none where there is only the default one.
fn choice(
    environment: EnvironmentId,
    zones: &[ZoneRow],
    chosen: &[ApplicationZoneRow],
    choose: Possible,
) -> Option<ZoneChoice> {
    let zones: Vec<&ZoneRow> = zones.iter().filter(|zone| zone.environment_id == environment).collect();
    if zones.len() < 2 {
        return None;
    }
    let chosen = chosen.iter().find(|row| row.environment_id == environment);
    let goes = zones.iter().find(|zone| chosen.map_or(zone.is_default, |row| row.zone_id == zone.id))?;
    Some(ZoneChoice {
        key: goes.key.to_string(),
        name: goes.name.to_string(),
        moves: chosen.is_some_and(|row| row.pending),
        zones: zones.iter().map(|zone| (zone.key.to_string(), zone.name.to_string())).collect(),
        choose,
    })
}

/// What the caller may do with one application, decided from what they hold, which was read once.
struct Checks<'a> {
    caller: &'a Caller,
    standing: Option<&'a Standing>,
    application: &'a ApplicationRow,
    stages: &'a [EnvironmentRow],
}

impl Checks<'_> {
    /// Whether a right is held in an environment; `doing` says what for in the refusal.
    fn may(&self, stage: &EnvironmentRow, right: Right, doing: &str) -> Result<()> {
        self.meets(&on(self.application.id, stage.id, right), doing)
    }

    /// Whether everything of a requirement is held.
    fn meets(&self, needed: &Requirement, doing: &str) -> Result<()> {
        decide(self.caller.actor, self.standing, needed).map(drop).map_err(|denied| {
            let place = self.stages.iter().find(|each| Some(each.id) == denied.environment);
            sentence(&denied, doing, place.map(|each| each.name.as_str()))
        })
    }
}

/// Whether an application that is not in an environment can be blocked from there, or the block lifted.
fn may_block(
    checks: &Checks<'_>,
    stage: &EnvironmentRow,
    blocked: bool,
    moving: &Moving,
) -> Result<Possible> {
    let name = &checks.application.name;
    let doing = match blocked {
        true => format!("lift the block of {name} from {}", stage.name),
        false => format!("block {name} from {}", stage.name),
    };
    let may = possible(checks.may(stage, Right::Deploy, &doing))?;
    Ok(may.and_then(|()| match moving.of(stage.id, checks.application.id) {
        Some(_) if !blocked => Err(Refusal {
            sentence: format!("A deployment brings {name} into {} just now.", stage.name),
            lifted_by: "Wait until it has ended.".to_owned(),
        }),
        _ => Ok(()),
    }))
}

/// What a check says about an action: possible, or why not. A fault of ours stays one.
pub(crate) fn possible(checked: Result<()>) -> Result<Possible> {
    match checked {
        Ok(()) => Ok(Ok(())),
        Err(OperationError::Denied { sentence, lifted_by, .. }) => Ok(Err(Refusal { sentence, lifted_by })),
        Err(error @ OperationError::Internal { .. }) => Err(error),
        Err(other) => Ok(Err(Refusal { sentence: other.sentence(), lifted_by: String::new() })),
    }
}

pub(crate) fn module(module: &domain::package::Module) -> ModuleView {
    ModuleView {
        name: module.name.to_string(),
        kind: match module.kind {
            domain::package::ModuleKind::Static => "static".to_owned(),
            domain::package::ModuleKind::Process => "process".to_owned(),
        },
        virtual_directory: module.virtual_directory.to_string(),
        produces: module.produces.iter().map(|one| (one.name.to_string(), one.signature.clone())).collect(),
    }
}

fn consumers(placed: &BTreeMap<domain::text::Key, Placed>, of: &ApplicationRow) -> Vec<RelationView> {
    let uses = |one: &Placed| -> Vec<String> {
        let needs = one.content.consumes.iter().filter(|need| need.application == of.key);
        needs.map(|need| need.element.name.clone()).collect()
    };
    placed
        .values()
        .filter(|one| one.application.id != of.id && !uses(one).is_empty())
        .map(|one| RelationView {
            application: Some(ApplicationRef::from(&one.application)),
            key: one.application.key.to_string(),
            elements: uses(one),
        })
        .collect()
}

async fn version_rows(
    tx: &mut impl Reader,
    application: ApplicationId,
    page: &Page,
    places: &[ApplicationPlace],
) -> Result<Paged<VersionRow>> {
    let found = versions::page(tx, application, page).await?;
    let of = revisions::by_ids(tx, &found.rows.iter().map(|version| version.revision_id).collect()).await?;
    let of: BTreeMap<_, _> = of.into_iter().map(|revision| (revision.id, revision)).collect();
    let tagged = found.rows.iter().map(|version| version.environment_id).collect();
    let tagged = environments::by_ids(tx, &tagged).await?;
    let mut rows = Vec::new();
    for version in found.rows {
        let missing = || fault(format!("revision {} is missing", version.revision_id));
        let revision = of.get(&version.revision_id).ok_or_else(missing)?;
        let place = tagged.iter().find(|place| place.id == version.environment_id);
        rows.push(VersionRow {
            id: version.id,
            number: version.number,
            change_log: version.change_log,
            environment: place.map(|place| place.name.to_string()).unwrap_or_default(),
            created_at: version.created_at,
            created_by: version.created_by,
            sha256: revision.sha256.to_string(),
            size: revision.size,
            runs_in: runs_in(places, version.number),
        });
    }
    Ok(Paged { rows, next: found.next })
}

fn runs_in(places: &[ApplicationPlace], number: domain::text::VersionNumber) -> Vec<String> {
    places
        .iter()
        .filter(|place| match &place.cell {
            MatrixCell::Present(running) => running.version == Some(number) && !running.modified,
            _ => false,
        })
        .map(|place| place.environment.name.clone())
        .collect()
}
