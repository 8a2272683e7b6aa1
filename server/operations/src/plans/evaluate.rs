//! A plan against the world as it is now: what each application would become, what that breaks, and the digest of it all.

use super::Found;
use crate::applications::block::Blocks;
use crate::applications::hotfix;
use crate::content::{self, Placed};
use crate::deployments::ways::Zones;
use crate::door::fault;
use crate::error::{OperationError, Result};
use crate::matrix::Moving;
use crate::settings::Known;
use crate::settings::snapshot::{self, RunSettings, Wanted};
use crate::view::{ApplicationRef, PlanOperation, PlanSettingView, Running};
use domain::deployment::OnFailure;
use domain::id::{ApplicationId, EnvironmentId, VersionId};
use domain::package::compare::{Difference, modules};
use domain::package::database::told;
use domain::plan::{
    Changes, Conflict, Content, Contents, Item, Landscape, PlannedSetting, apply, broken, canonical, unset,
    validate,
};
use domain::setting::{Origin, changes, marked, written};
use domain::text::{Key, Sha256, VersionNumber};
use std::collections::{BTreeMap, BTreeSet};
use storage::environments::EnvironmentRow;
use storage::plans::PlanItemRow;
use storage::revisions::RevisionRow;
use storage::versions::VersionRow;
use storage::{Reader, applications, places, servers, versions};

/// One application of a plan, with everything known about it.
pub(crate) struct Line {
    pub key: Key,
    pub application: ApplicationRef,
    pub operation: PlanOperation,
    pub options: Vec<PlanOperation>,
    /// What the target would run; none for undeploy and for nothing.
    pub next: Option<Next>,
    pub now: Option<Running>,
    /// The name of the deployment zone that it goes to, where the target has several.
    pub zone: Option<String>,
    /// Why it is left as it is, whatever was chosen (R14).
    pub blocked: Option<String>,
    /// What is to go from the source is not there (any more), so it cannot (R02).
    pub gone: bool,
    /// Its settings, now and next.
    pub settings: Vec<PlanSettingView>,
    /// What becomes of its modules.
    pub modules: Vec<Difference>,
    /// What becomes of its database, and what of it would stay if the plan was taken back.
    pub database: [Option<String>; 2],
}

/// What an application would become in the target.
#[derive(Clone)]
pub(crate) struct Next {
    pub revision: RevisionRow,
    /// None where what runs without a number is deployed again.
    pub number: Option<VersionNumber>,
    pub content: Content,
}

/// A plan as it stands now.
pub(crate) struct Evaluated {
    pub lines: Vec<Line>,
    /// What the target runs when its turn comes, as far as what comes first succeeds.
    pub before: BTreeMap<Key, Placed>,
    /// How many deployments come first.
    pub ahead: u64,
    pub source: BTreeMap<Key, Placed>,
    pub zones: Zones,
    pub blocks: Blocks,
    pub conflicts: Vec<Conflict>,
    /// What would be broken if the plan, once carried out, was taken back.
    pub back: Vec<Conflict>,
    pub items: Vec<Item>,
    /// What becomes of applications in the target.
    pub changes: Changes,
    pub digest: Sha256,
    /// What the digest is of.
    pub canonical: String,
    /// What the plan sets.
    pub settings: RunSettings,
    /// What counts besides for the settings of its applications, in one fixed form.
    pub counting: String,
    /// The oldest Platform Server of the target, where one has reported.
    pub platform: Option<VersionNumber>,
    /// The hotfixes that it would undo, each with the stages that a plan can bring it back to.
    pub hotfixes: BTreeMap<Key, Vec<EnvironmentRow>>,
}

/// Evaluates a plan.
pub(crate) async fn evaluate(tx: &mut impl Reader, found: &Found) -> Result<Evaluated> {
    let source = content::placed(tx, found.source.id).await?;
    // A draft is looked at as it will find its target.
    let (before, ahead) = match found.plan.status.as_str() {
        "draft" => content::expected(tx, found.target.id).await?,
        _ => (content::placed(tx, found.target.id).await?, 0),
    };
    let moving = Moving::load(tx, found.plan.infrastructure_id).await?;
    let zones = Zones::load(tx, &found.target).await?;
    let mut lines = Vec::new();
    for item in &found.items {
        lines.push(line(tx, item, (&source, &before), &zones, &moving).await?);
    }
    let blocks = Blocks::hold(tx, found, &mut lines).await?;
    let mut changes = Changes::new();
    let mut items = Vec::new();
    for line in &lines {
        let now = before.get(&line.key).map(|placed| placed.content.sha256);
        match (&line.operation, &line.next) {
            (PlanOperation::Nothing, _) => continue,
            // What is not there (any more) cannot be taken out.
            (PlanOperation::Undeploy, _) if now.is_none() => continue,
            (PlanOperation::Undeploy, _) => changes.insert(line.key.clone(), None),
            (_, Some(next)) => changes.insert(line.key.clone(), Some(next.content.clone())),
            (_, None) => continue,
        };
        items.push(Item {
            application: line.application.id,
            key: line.key.clone(),
            before: now,
            after: line.next.as_ref().map(|next| next.content.sha256),
            number: line.next.as_ref().and_then(|next| next.number),
            tag: matches!(line.operation, PlanOperation::TagAndDeploy(_)),
            zone: zones.told(line.application.id)?,
        });
    }
    let set = settings(tx, found, &mut lines, &before).await?;
    let now: Contents = content::contents(&before);
    let after = apply(&now, &changes);
    let touched: BTreeSet<Key> = changes.keys().cloned().collect();
    let platform = platform(tx, found.target.id).await?;
    let hotfixes = undone(tx, found, &items).await?;
    let mut conflicts = validate(&Landscape {
        before: &now,
        after: &after,
        source: &content::contents(&source),
        touched: &touched,
        platform,
        hotfixes: &hotfixes.keys().cloned().collect(),
    });
    conflicts.extend(unset(&set.missing));
    conflicts.sort();
    let back = broken(&Landscape {
        before: &after,
        after: &now,
        source: &after,
        touched: &touched,
        platform: None,
        hotfixes: &BTreeSet::new(),
    });
    let on_failure = OnFailure::of_word(&found.plan.on_failure).unwrap_or_default();
    let canonical = canonical(Some(found.source.id), found.target.id, &items, &set.planned, on_failure);
    let digest = Sha256::of(canonical.as_bytes());
    let (settings, counting) = (set.wanted, set.counting);
    Ok(Evaluated {
        lines,
        before,
        ahead,
        source,
        zones,
        blocks,
        conflicts,
        back,
        items,
        changes,
        digest,
        canonical,
        settings,
        counting,
        platform,
        hotfixes,
    })
}

/// The open hotfixes in the target that a plan would undo, each with the stages that a plan can bring it back to (B29).
async fn undone(
    tx: &mut impl Reader,
    found: &Found,
    items: &[Item],
) -> Result<BTreeMap<Key, Vec<EnvironmentRow>>> {
    let changed: BTreeMap<ApplicationId, &Key> = items
        .iter()
        .filter(|item| item.before.is_some() && item.after.is_some() && item.before != item.after)
        .map(|item| (item.application, &item.key))
        .collect();
    let (hop, ids) = ((found.source.id, found.target.id), changed.keys().copied().collect::<Vec<_>>());
    let open = hotfix::unknown_to(tx, found.plan.infrastructure_id, hop, &ids).await?;
    Ok(open.into_iter().filter_map(|(id, back)| Some(((*changed.get(&id)?).clone(), back))).collect())
}

/// What becomes of settings with a plan.
#[derive(Default)]
struct Set {
    /// The settings that are needed and have no value, in words.
    missing: BTreeMap<Key, BTreeSet<String>>,
    /// What the plan sets, for its digest.
    planned: Vec<PlannedSetting>,
    /// The same for its run.
    wanted: RunSettings,
    /// What counts besides.
    counting: String,
}

/// Works out the settings and modules of the lines, now and next.
async fn settings(
    tx: &mut impl Reader,
    found: &Found,
    lines: &mut [Line],
    before: &BTreeMap<Key, Placed>,
) -> Result<Set> {
    let runs: Vec<_> = lines
        .iter()
        .map(|line| {
            (line.application.id, before.get(&line.key).and_then(|placed| placed.state.deployment_id))
        })
        .collect();
    let known = Known::load(tx, found.target.id, &runs, Some(found.plan.id)).await?;
    let mut set = Set::default();
    let mut counting = Vec::new();
    for (line, (application, brought_by)) in lines.iter_mut().zip(runs) {
        if line.operation == PlanOperation::Nothing {
            continue;
        }
        let now = before.get(&line.key).map(|placed| content::summary(&placed.revision)).transpose()?;
        let next = line.next.as_ref().map(|next| content::summary(&next.revision)).transpose()?;
        line.modules = modules(now.as_ref(), next.as_ref());
        line.database = [told(now.as_ref(), next.as_ref()), told(next.as_ref(), now.as_ref())];
        let none = Vec::new();
        let now_settings = now.as_ref().map_or(&none, |summary| &summary.manifest.settings);
        let next_settings = next.as_ref().map_or(&none, |summary| &summary.manifest.settings);
        let running = known.running(application, brought_by, now_settings);
        let counts = snapshot::next(next_settings, &known, application)?;
        let own = known.own(application)?;
        for (key, effective) in &counts {
            let Some(setting) = next_settings.iter().find(|setting| setting.key == *key) else { continue };
            match (effective.origin, &effective.held) {
                (Origin::Missing, _) => {
                    set.missing.entry(line.key.clone()).or_default().insert(setting.label());
                }
                (Origin::Set, Some(held)) => {
                    set.planned.push(PlannedSetting {
                        application: line.key.clone(),
                        key: key.clone(),
                        before: marked(own.get(key).map(|own| &own.held)),
                        after: held.mark(),
                    });
                    let wanted = Wanted {
                        name: setting.name.to_string(),
                        kind: setting.kind,
                        held: Some(held.clone()),
                    };
                    set.wanted.entry(application).or_default().insert(key.clone(), wanted);
                }
                _ => {}
            }
            if effective.origin != Origin::Set {
                counting.push((line.key.clone(), key.clone(), effective.clone()));
            }
        }
        line.settings = changes(&running, &counts)
            .into_iter()
            .filter_map(|change| {
                let of = |all: &[domain::package::Setting]| {
                    all.iter().find(|setting| setting.key == change.key).cloned()
                };
                let setting = of(next_settings).or_else(|| of(now_settings))?;
                let planned = known.planned_rows(application).iter().find(|row| row.key == change.key);
                Some(PlanSettingView {
                    key: setting.key.to_string(),
                    name: setting.name.to_string(),
                    needed: setting.is_needed(),
                    description: setting.description,
                    kind: setting.kind,
                    change: change.change,
                    now: change.now.as_ref().map(domain::setting::Effective::told),
                    origin: change.next.as_ref().map(|next| next.origin),
                    next: change.next.as_ref().map(domain::setting::Effective::told),
                    planned: planned.map(|row| (row.set_by.clone(), row.set_at)),
                })
            })
            .collect();
    }
    set.counting =
        written(counting.iter().map(|(application, key, effective)| (application, key, effective)));
    Ok(set)
}

/// The oldest Platform Server that was reported for an environment.
pub(crate) async fn platform(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Option<VersionNumber>> {
    let reported = servers::states_of(tx, environment).await?;
    Ok(reported.iter().filter_map(|state| state.version.parse().ok()).min())
}

/// The number of the version that what runs is, if it is just that version.
fn exact(placed: &Placed) -> Option<(VersionId, VersionNumber)> {
    let id = placed.state.version_id.filter(|_| !placed.state.modified)?;
    Some((id, placed.number?))
}

impl Evaluated {
    /// What would go from a source whose front-ends do not run the same of it: which of the two would it be?
    pub fn mixed(&self, source: &str) -> Vec<String> {
        let mixed = |line: &&Line| {
            goes(&line.operation) && self.source.get(&line.key).is_some_and(|placed| placed.state.mixed)
        };
        let sentence = |line: &Line| {
            let name = &line.application.name;
            format!(
                "The front-ends of {source} do not run the same of {name}, so nothing of it goes from there."
            )
        };
        self.lines.iter().filter(mixed).map(sentence).collect()
    }
}

/// Whether an operation takes something from the source.
fn goes(operation: &PlanOperation) -> bool {
    matches!(operation, PlanOperation::Deploy(..) | PlanOperation::TagAndDeploy(_))
}

/// Whether an environment has a version (R02): it was tagged there, or runs or ran there.
pub(crate) async fn available(
    tx: &mut impl Reader,
    version: &VersionRow,
    environment: EnvironmentId,
) -> Result<bool> {
    let there = places::of_revision(tx, version.revision_id).await?;
    Ok(version.environment_id == environment || there.iter().any(|place| place.environment_id == environment))
}

/// That an application, or a version of it, is not where it is to go from (R02).
pub(crate) fn not_there(application: &str, number: Option<VersionNumber>, source: &str) -> String {
    match number {
        Some(number) => {
            format!("{application} {number} was never in {source}, so it cannot go from there (R02).")
        }
        None => format!("{application} is not in {source}, so it cannot go from there (R02)."),
    }
}

/// What is chosen of them where nobody has chosen: never that the application is taken away.
pub(crate) fn natural(choices: Vec<PlanOperation>) -> PlanOperation {
    choices.into_iter().find(|each| *each != PlanOperation::Undeploy).unwrap_or(PlanOperation::Nothing)
}

/// What can be done with an application, the first being the natural choice.
pub(crate) async fn options(
    tx: &mut impl Reader,
    application: ApplicationId,
    source: Option<&Placed>,
    target: Option<&Placed>,
    zones: &Zones,
) -> Result<Vec<PlanOperation>> {
    let mut all = Vec::new();
    let running = target.and_then(exact).map(|(id, _)| id);
    if let Some(placed) = source {
        match exact(placed) {
            Some((id, number)) => all.push(PlanOperation::Deploy(id, number)),
            None if !placed.state.mixed => {
                let number = crate::applications::tag::proposal(tx, placed).await?;
                all.push(PlanOperation::TagAndDeploy(number));
            }
            None => {}
        }
        // R02: only what the source has goes from there.
        for version in versions::available(tx, application, placed.state.environment_id, 10).await? {
            let known =
                all.iter().any(|one| matches!(one, PlanOperation::Deploy(id, _) if *id == version.id));
            if !known {
                all.push(PlanOperation::Deploy(version.id, version.number));
            }
        }
    }
    // R04: an equal version has nothing to do, but to go to another deployment zone.
    let moves = zones.moves(application);
    all.retain(|one| moves || !matches!(one, PlanOperation::Deploy(id, _) if Some(*id) == running));
    if target.is_some() {
        all.push(PlanOperation::Undeploy);
    }
    all.push(PlanOperation::Nothing);
    // Last, so that it is nobody's natural choice.
    if target.is_some() {
        all.push(PlanOperation::Redeploy);
    }
    Ok(all)
}

async fn line(
    tx: &mut impl Reader,
    item: &PlanItemRow,
    (source, before): (&BTreeMap<Key, Placed>, &BTreeMap<Key, Placed>),
    zones: &Zones,
    moving: &Moving,
) -> Result<Line> {
    let row = applications::by_id(tx, item.application_id)
        .await?
        .ok_or_else(|| fault("a plan names an application that is not there"))?;
    let key = row.key.clone();
    let (from, to) = (source.get(&key), before.get(&key));
    let mut options = options(tx, row.id, from, to, zones).await?;
    let operation = stored(tx, item).await?;
    // A chosen number stays chosen, whatever is proposed now.
    if let PlanOperation::TagAndDeploy(_) = operation {
        options.retain(|one| !matches!(one, PlanOperation::TagAndDeploy(_)));
    }
    let mut gone = from.is_none() && goes(&operation);
    if !options.contains(&operation) {
        if let (PlanOperation::Deploy(id, _), Some(from)) = (&operation, from)
            && to.and_then(exact).map(|(id, _)| id) != Some(*id)
        {
            let version =
                versions::by_id(tx, *id).await?.ok_or_else(|| fault("a plan names a missing version"))?;
            gone = !available(tx, &version, from.state.environment_id).await?;
        }
        options.insert(0, operation.clone());
    }
    let revision = match &operation {
        PlanOperation::Deploy(id, number) => {
            let version =
                versions::by_id(tx, *id).await?.ok_or_else(|| fault("a plan names a missing version"))?;
            Some((content::revision(tx, version.revision_id).await?, Some(*number)))
        }
        PlanOperation::TagAndDeploy(number) => from.map(|placed| (placed.revision.clone(), Some(*number))),
        PlanOperation::Redeploy => {
            to.map(|placed| (placed.revision.clone(), exact(placed).map(|(_, number)| number)))
        }
        PlanOperation::Undeploy | PlanOperation::Nothing => None,
    };
    let next = match revision {
        Some((revision, number)) => {
            let content = content::content(row.name.as_str(), &revision, number)?;
            Some(Next { revision, number, content })
        }
        None => None,
    };
    let now = to.map(|placed| crate::matrix::running(placed.number, &placed.state, &placed.revision, moving));
    let zone = match zones.are_several() {
        true => Some(zones.of(row.id)?.name.to_string()),
        false => None,
    };
    Ok(Line {
        key,
        application: ApplicationRef::from(&row),
        operation,
        options,
        next,
        now,
        zone,
        blocked: None,
        gone,
        settings: Vec::new(),
        modules: Vec::new(),
        database: [None, None],
    })
}

/// The operation of a stored item.
pub(super) async fn stored(tx: &mut impl Reader, item: &PlanItemRow) -> Result<PlanOperation> {
    Ok(match item.operation.as_str() {
        "deploy" => {
            let id = item.version_id.ok_or_else(|| fault("a plan deploys no version"))?;
            let version =
                versions::by_id(tx, id).await?.ok_or_else(|| fault("a plan names a missing version"))?;
            PlanOperation::Deploy(id, version.number)
        }
        "tag_and_deploy" => {
            PlanOperation::TagAndDeploy(item.new_number.ok_or_else(|| fault("a plan tags with no number"))?)
        }
        "undeploy" => PlanOperation::Undeploy,
        "redeploy" => PlanOperation::Redeploy,
        _ => PlanOperation::Nothing,
    })
}

/// Reads an operation from its form (`PlanOperation::code`), as the columns of an item.
pub(crate) fn parse(code: &str) -> Result<(&'static str, Option<VersionId>, Option<VersionNumber>)> {
    let no = || {
        OperationError::invalid(
            "operation",
            "An operation is deploy, tag and deploy, redeploy, undeploy or nothing; choose one of the list.",
        )
    };
    match code.split_once(':') {
        Some(("deploy", id)) => Ok(("deploy", Some(id.parse().map_err(|_| no())?), None)),
        Some(("tag", number)) => {
            let number: VersionNumber = crate::people::set_up::field("operation", number)?;
            Ok(("tag_and_deploy", None, Some(number)))
        }
        None if code == "undeploy" => Ok(("undeploy", None, None)),
        None if code == "redeploy" => Ok(("redeploy", None, None)),
        None if code == "nothing" => Ok(("nothing", None, None)),
        _ => Err(no()),
    }
}
