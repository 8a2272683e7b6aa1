//! One application: what runs where, its versions, its modules, what it uses and what uses it.

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
    ApplicationPage, ApplicationPlace, ApplicationRef, EnvironmentRef, MatrixCell, ModuleView, Paged,
    PipelineRef, Possible, Refusal, RelationView, VersionRow, ZoneChoice,
};
use domain::access::{Right, Standing, decide};
use domain::id::{ApplicationId, EnvironmentId};
use std::collections::BTreeMap;
use storage::applications::ApplicationRow;
use storage::environments::EnvironmentRow;
use storage::zones::{ApplicationZoneRow, ZoneRow};
use storage::{
    Page, Reader, applications, environments, pins, pipelines, revisions, states, versions, zones,
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
            let latest = versions::latest(&mut tx, row.id).await?.map(|version| version.number);
            let placed = states::placed_of(&mut tx, row.id).await?;
            let pinned = pins::of_application(&mut tx, row.id).await?;
            let reported = Seen::of_application(&mut tx, row.id, self.now()).await?;
            let none = Seen::none(self.now());
            let checks = Checks { caller, standing: standing.as_ref(), application: &row, stages: &stages };
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
                let Some(here) = placed.iter().find(|each| each.state.environment_id == stage.id) else {
                    places.push(ApplicationPlace {
                        environment,
                        cell: MatrixCell::Absent,
                        addresses: vec![],
                        tag: None,
                        proposed: None,
                        zone,
                        pin: None,
                        promote: None,
                    });
                    continue;
                };
                shown = shown.or(Some(&here.revision));
                let number = tag::proposed(here.revision.claimed_number, latest);
                let doing = format!("tag {} in {}", row.name, stage.name);
                let may_tag = checks.may(stage, Right::Change, &doing);
                let tag = possible(may_tag.and_then(|()| tag::may_tag_above(&here.state, number, latest)))?;
                let next = lines.next(assigned, stage.id).into_iter().next();
                let promote = match stages.iter().find(|stage| Some(stage.id) == next) {
                    Some(next) => {
                        let doing = format!("plan a deployment into {}", next.name);
                        let can = possible(checks.may(next, Right::List, &doing))?;
                        Some((EnvironmentRef::from(next), can))
                    }
                    None => None,
                };
                let seen = reported.get(&stage.id).unwrap_or(&none);
                places.push(ApplicationPlace {
                    environment,
                    addresses: addresses_of(seen, row.key.as_str()),
                    cell: MatrixCell::Present(running(here.number, &here.state, &here.revision, &moving)),
                    tag: Some(tag),
                    proposed: Some(number),
                    zone,
                    pin: pin::view(&pinned, stage.id),
                    promote,
                });
            }
            if places.is_empty() {
                return Err(OperationError::not_found("There is nothing here, or you may not see it."));
            }
            let (modules, description, producers) = match shown {
                None => (vec![], row.description.clone(), vec![]),
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
                    (modules, manifest.application.description.clone(), producers)
                }
            };
            let consumers = match places.iter().find(|place| matches!(place.cell, MatrixCell::Present(_))) {
                Some(place) => consumers(&content::placed(&mut tx, place.environment.id).await?, &row),
                None => vec![],
            };
            let versions = version_rows(&mut tx, row.id, &versions.page(VERSIONS), &places).await?;
            Ok(ApplicationPage {
                application: ApplicationRef::from(&row),
                description,
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
        let needed = on(self.application.id, stage.id, right);
        decide(self.caller.actor, self.standing, &needed).map(drop).map_err(|denied| {
            let place = self.stages.iter().find(|each| Some(each.id) == denied.environment);
            sentence(&denied, doing, place.map(|each| each.name.as_str()))
        })
    }
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

fn module(module: &domain::package::Module) -> ModuleView {
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
