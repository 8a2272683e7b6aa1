//! A plan against the world as it is now: what each application would become, what that breaks, and the digest of it all.

use super::Found;
use crate::applications::block::Blocks;
use crate::content::{self, Placed};
use crate::deployments::ways::Zones;
use crate::door::fault;
use crate::error::{OperationError, Result};
use crate::matrix::Moving;
use crate::view::{ApplicationRef, Check, Finding, PlanItemView, PlanOperation, Running, WayOut};
use domain::id::{ApplicationId, VersionId};
use domain::plan::{Conflict, Content, Contents, Item, Kind, digest, validate};
use domain::text::{Key, Sha256, VersionNumber};
use std::collections::{BTreeMap, BTreeSet};
use storage::plans::PlanItemRow;
use storage::revisions::RevisionRow;
use storage::{Reader, applications, versions};

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
}

/// What an application would become in the target.
#[derive(Clone)]
pub(crate) struct Next {
    pub revision: RevisionRow,
    pub number: VersionNumber,
    pub content: Content,
}

/// A plan as it stands now.
pub(crate) struct Evaluated {
    pub lines: Vec<Line>,
    pub before: BTreeMap<Key, Placed>,
    pub source: BTreeMap<Key, Placed>,
    pub zones: Zones,
    pub blocks: Blocks,
    pub conflicts: Vec<Conflict>,
    pub items: Vec<Item>,
    pub digest: Sha256,
}

/// Evaluates a plan.
pub(crate) async fn evaluate(tx: &mut impl Reader, found: &Found) -> Result<Evaluated> {
    let source = content::placed(tx, found.source.id).await?;
    let before = content::placed(tx, found.target.id).await?;
    let moving = Moving::load(tx, found.plan.infrastructure_id).await?;
    let zones = Zones::load(tx, &found.target).await?;
    let mut lines = Vec::new();
    for item in &found.items {
        lines.push(line(tx, item, (&source, &before), &zones, &moving).await?);
    }
    let blocks = Blocks::hold(tx, found, &mut lines).await?;
    let mut after: Contents = content::contents(&before);
    let mut touched = BTreeSet::new();
    let mut items = Vec::new();
    for line in &lines {
        let now = before.get(&line.key).map(|placed| placed.content.sha256);
        match (&line.operation, &line.next) {
            (PlanOperation::Nothing, _) => continue,
            (PlanOperation::Undeploy, _) => {
                after.remove(&line.key);
            }
            (_, Some(next)) => {
                after.insert(line.key.clone(), next.content.clone());
            }
            (_, None) => continue,
        }
        touched.insert(line.key.clone());
        items.push(Item {
            application: line.application.id,
            key: line.key.clone(),
            before: now,
            after: line.next.as_ref().map(|next| next.content.sha256),
            number: line.next.as_ref().map(|next| next.number),
            tag: matches!(line.operation, PlanOperation::TagAndDeploy(_)),
            zone: zones.told(line.application.id)?,
        });
    }
    let conflicts = validate(&content::contents(&before), &after, &content::contents(&source), &touched);
    let digest = digest(Some(found.source.id), found.target.id, &items);
    Ok(Evaluated { lines, before, source, zones, blocks, conflicts, items, digest })
}

/// The number of the version that what runs is, if it is just that version.
fn exact(placed: &Placed) -> Option<(VersionId, VersionNumber)> {
    let id = placed.state.version_id.filter(|_| !placed.state.modified)?;
    Some((id, placed.number?))
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
        for version in versions::list(tx, application, 10).await? {
            let lower = target.and_then(|t| t.number).is_some_and(|now| version.number < now);
            let known =
                all.iter().any(|one| matches!(one, PlanOperation::Deploy(id, _) if *id == version.id));
            // What was tagged in the source is there, also where its content is an older version's (R02).
            let there = |s: &Placed| {
                s.number.is_some_and(|s| version.number <= s)
                    || version.environment_id == s.state.environment_id
            };
            if !lower && !known && source.is_some_and(there) {
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
    if !options.contains(&operation) {
        options.insert(0, operation.clone());
    }
    let revision = match &operation {
        PlanOperation::Deploy(id, number) => {
            let version =
                versions::by_id(tx, *id).await?.ok_or_else(|| fault("a plan names a missing version"))?;
            Some((content::revision(tx, version.revision_id).await?, *number))
        }
        PlanOperation::TagAndDeploy(number) => from.map(|placed| (placed.revision.clone(), *number)),
        PlanOperation::Undeploy | PlanOperation::Nothing => None,
    };
    let next = match revision {
        Some((revision, number)) => {
            let content = content::content(row.name.as_str(), &revision, Some(number))?;
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
    })
}

/// The operation of a stored item.
async fn stored(tx: &mut impl Reader, item: &PlanItemRow) -> Result<PlanOperation> {
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
        _ => PlanOperation::Nothing,
    })
}

/// Reads an operation from its form (`PlanOperation::code`), as the columns of an item.
pub(crate) fn parse(code: &str) -> Result<(&'static str, Option<VersionId>, Option<VersionNumber>)> {
    let no = || {
        OperationError::invalid(
            "operation",
            "An operation is deploy, tag and deploy, undeploy or nothing; choose one of the list.",
        )
    };
    match code.split_once(':') {
        Some(("deploy", id)) => Ok(("deploy", Some(id.parse().map_err(|_| no())?), None)),
        Some(("tag", number)) => {
            let number: VersionNumber = crate::people::set_up::field("operation", number)?;
            Ok(("tag_and_deploy", None, Some(number)))
        }
        None if code == "undeploy" => Ok(("undeploy", None, None)),
        None if code == "nothing" => Ok(("nothing", None, None)),
        _ => Err(no()),
    }
}

impl Evaluated {
    /// The lines for people.
    pub fn views(&self) -> Vec<PlanItemView> {
        self.lines
            .iter()
            .map(|line| PlanItemView {
                application: line.application.clone(),
                now: line.now.clone(),
                next: line.next.as_ref().map(|next| next.number),
                operation: line.operation.clone(),
                options: line.options.clone(),
                zone: line.zone.clone(),
                blocked: line.blocked.clone(),
                check: self.check(&line.key),
            })
            .collect()
    }

    fn check(&self, key: &Key) -> Check {
        let about = self.conflicts.iter().filter(|conflict| conflict.consumer == *key);
        about
            .map(|c| if c.kind.is_error() { Check::Conflict } else { Check::Warning })
            .max()
            .unwrap_or(Check::Fine)
    }

    /// The findings for people, each with its ways out.
    pub async fn findings(&self, tx: &mut impl Reader, target: &str) -> Result<Vec<Finding>> {
        let mut all = Vec::new();
        for conflict in &self.conflicts {
            let Some(application) = self.reference(&conflict.consumer) else { continue };
            all.push(Finding {
                kind: conflict.kind.words(),
                is_error: conflict.kind.is_error(),
                sentence: self.sentence(conflict, target),
                ways_out: self.ways_out(tx, conflict, &application).await?,
                application,
            });
        }
        all.sort_by_key(|finding| !finding.is_error);
        Ok(all)
    }

    fn reference(&self, key: &Key) -> Option<ApplicationRef> {
        let planned = self.lines.iter().find(|line| line.key == *key).map(|line| line.application.clone());
        let placed = || self.before.get(key).or_else(|| self.source.get(key));
        planned.or_else(|| placed().map(|placed| ApplicationRef::from(&placed.application)))
    }

    fn name(&self, key: &Key) -> String {
        self.reference(key).map_or_else(|| format!("“{key}”"), |application| application.name)
    }

    /// Name and number as the target would have it.
    fn label(&self, key: &Key) -> String {
        let planned = self.lines.iter().find(|line| line.key == *key).and_then(|line| line.next.as_ref());
        let number =
            planned.map(|next| next.number).or_else(|| self.before.get(key).and_then(|placed| placed.number));
        match number {
            Some(number) => format!("{} {number}", self.name(key)),
            None => self.name(key),
        }
    }

    fn sentence(&self, conflict: &Conflict, target: &str) -> String {
        let (consumer, producer) = (self.label(&conflict.consumer), self.name(&conflict.producer));
        let elements = conflict.elements.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        match conflict.kind {
            Kind::ProducerMissing => format!(
                "{consumer} uses {elements} of {producer}, and {producer} would be neither in {target} nor in this plan."
            ),
            Kind::ElementMissing => format!(
                "{consumer} uses {elements}, and {} in {target} would not have it.",
                self.label(&conflict.producer)
            ),
            Kind::ElementIncompatible => format!(
                "{consumer} uses {elements} with another signature than {} in {target} would have.",
                self.label(&conflict.producer)
            ),
            Kind::NameCollision => format!("{consumer} and {producer} are both served under {elements}."),
            Kind::LowerVersion => format!(
                "{target} runs a higher version of {} than {consumer}; going back needs a new, higher number (R03).",
                self.name(&conflict.consumer)
            ),
            Kind::NewerProducerAvailable => format!(
                "{consumer} would use {}, and there is a newer one in the source.",
                self.label(&conflict.producer)
            ),
        }
    }

    async fn ways_out(
        &self,
        tx: &mut impl Reader,
        conflict: &Conflict,
        consumer: &ApplicationRef,
    ) -> Result<Vec<WayOut>> {
        let mut ways = Vec::new();
        let wants_producer = matches!(
            conflict.kind,
            Kind::ProducerMissing
                | Kind::ElementMissing
                | Kind::ElementIncompatible
                | Kind::NewerProducerAvailable
        );
        if wants_producer
            && let Some(from) = self.source.get(&conflict.producer)
            && !self.blocks.keep_out(from.application.id)
        {
            let to = self.before.get(&conflict.producer);
            for operation in options(tx, from.application.id, Some(from), to, &self.zones).await? {
                let words = match &operation {
                    PlanOperation::Deploy(_, number) => {
                        format!("Bring {} {number} along", from.application.name)
                    }
                    PlanOperation::TagAndDeploy(number) => {
                        format!("Tag {} {number} and bring it along", from.application.name)
                    }
                    PlanOperation::Undeploy | PlanOperation::Nothing => continue,
                };
                ways.push(WayOut { words, application: from.application.id, operation });
                break;
            }
        }
        if self.lines.iter().any(|line| line.key == conflict.consumer) && conflict.kind.is_error() {
            ways.push(WayOut {
                words: format!("Leave {} as it is", consumer.name),
                application: consumer.id,
                operation: PlanOperation::Nothing,
            });
        }
        Ok(ways)
    }
}
