//! The way back of a deployment, and the rollback that takes it (B28): what goes back, what cannot, and whom that would break is said before.

use super::begin::{Run, RunPlan, begin, way};
use super::list::has_finished;
use super::show::visible;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::content::{self, Placed, summary};
use crate::door::{Attempt, on, visibility, wide};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::people::set_up::field;
use crate::plans::evaluate::platform;
use crate::plans::sight::SOMETHING;
use crate::settings::snapshot::{self, RunSettings, back_sentences};
use crate::view::{ApplicationRef, Possible, Refusal, WayBack, WayBackItem};
use domain::access::{Requirement, Right, WideRight};
use domain::audit::Object;
use domain::deployment::{OnFailure, Release, RunItem};
use domain::environment::{Purpose, Reason};
use domain::id::{ApplicationId, DeploymentId};
use domain::package::database::told;
use domain::plan::{
    Conflict, Contents, Item, Kind, Landscape, PlannedSetting, Severity, apply, broken, conflicts_digest,
    digest,
};
use domain::text::{Key, Sha256};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use storage::deployments::DeploymentRow;
use storage::environments::EnvironmentRow;
use storage::infrastructures::InfrastructureRow;
use storage::journal::NewLine;
use storage::{Reader, Visibility, applications, deployments, journal, revisions, states};

/// What rolls a deployment back.
#[derive(Debug, Clone, Copy, Default)]
pub struct RollBack<'a> {
    /// The digest of the way back as it was seen.
    pub digest: &'a str,
    /// Why it is rolled back.
    pub reason: &'a str,
    /// The digest of what it would break, where that is accepted; else empty.
    pub conflicts: &'a str,
}

/// The way back, worked out.
struct Worked {
    items: Vec<WayBackItem>,
    going: Vec<RunItem>,
    conflicts: Vec<Conflict>,
    names: BTreeMap<Key, String>,
    /// What runs in the target besides what it brought.
    others: BTreeMap<Key, ApplicationId>,
    /// What goes back of the settings that it set.
    settings: RunSettings,
    digest: Sha256,
}

/// Works out the way back of a deployment as its target is now.
async fn work_out(
    tx: &mut impl Reader,
    row: &DeploymentRow,
    target: &EnvironmentRow,
    plan: &RunPlan,
) -> Result<Worked> {
    // As it will find its target: what is open comes first.
    let (placed, _) = content::expected(tx, target.id).await?;
    let mut worked = Worked {
        items: Vec::new(),
        going: Vec::new(),
        conflicts: Vec::new(),
        names: placed.iter().map(|(key, one)| (key.clone(), one.application.name.to_string())).collect(),
        others: placed.iter().map(|(key, one)| (key.clone(), one.application.id)).collect(),
        settings: RunSettings::new(),
        digest: Sha256::of(b""),
    };
    let mut changes = BTreeMap::new();
    let mut digested = Vec::new();
    // Last brought, first back.
    for item in plan.items.iter().rev() {
        let Some(application) = applications::by_id(tx, item.application).await? else { continue };
        worked.names.insert(item.key.clone(), application.name.to_string());
        worked.others.remove(&item.key);
        let now = placed.get(&item.key);
        let wanted = item.after.as_ref().map(|after| after.sha256);
        let before = match &item.before {
            Some(before) => revisions::by_sha(tx, item.application, before.sha256).await?,
            None => None,
        };
        let stays = if item.before.as_ref().map(|before| before.sha256) == wanted {
            Some(format!("{} was deployed again as it was.", application.name))
        } else if now.map(|one| one.content.sha256) != wanted {
            let runs = now.map_or_else(
                || "does not run it".to_owned(),
                |one| format!("runs {}", one.release().label()),
            );
            Some(format!("{} has changed since: {} {runs}.", application.name, target.name))
        } else if item.before.is_some() && before.is_none() {
            Some(format!("What {} was before is not kept any more.", application.name))
        } else {
            None
        };
        worked.items.push(WayBackItem {
            application: ApplicationRef::from(&application),
            now: now.map(|one| one.release().label()),
            to: item.before.as_ref().map(Release::label),
            stays: stays.clone(),
            settings: Vec::new(),
            database: told(
                now.map(|one| summary(&one.revision)).transpose()?.as_ref(),
                before.as_ref().map(summary).transpose()?.as_ref(),
            )
            .filter(|_| stays.is_none()),
        });
        if stays.is_some() {
            continue;
        }
        let content = match (&before, &item.before) {
            (Some(revision), Some(before)) => {
                Some(content::content(application.name.as_str(), revision, before.number)?)
            }
            _ => None,
        };
        changes.insert(item.key.clone(), content);
        digested.push(Item {
            application: item.application,
            key: item.key.clone(),
            before: wanted,
            after: item.before.as_ref().map(|before| before.sha256),
            number: item.before.as_ref().and_then(|before| before.number),
            tag: false,
            zone: None,
        });
        worked.going.push(RunItem {
            application: item.application,
            key: item.key.clone(),
            name: application.name.to_string(),
            before: now.map(Placed::release),
            after: item.before.clone(),
            zone: None,
        });
    }
    let now: Contents = content::contents(&placed);
    let after = apply(&now, &changes);
    let touched: BTreeSet<Key> = changes.into_keys().collect();
    worked.conflicts = broken(&Landscape {
        before: &now,
        after: &after,
        source: &now,
        touched: &touched,
        platform: platform(tx, target.id).await?,
        hotfixes: &BTreeSet::new(),
    });
    let going: Vec<_> = worked.going.iter().map(|item| item.application).collect();
    worked.settings = snapshot::back(tx, row.id, target.id, &going).await?;
    let mut set = Vec::new();
    for item in &worked.going {
        let Some(wanted) = worked.settings.get(&item.application) else { continue };
        set.extend(wanted.iter().map(|(key, wanted)| PlannedSetting {
            application: item.key.clone(),
            key: key.clone(),
            before: domain::setting::marked(None),
            after: domain::setting::marked(wanted.held.as_ref()),
        }));
        let told = back_sentences(wanted);
        worked.items.iter_mut().filter(|one| one.application.id == item.application).for_each(|one| {
            one.settings.clone_from(&told);
        });
    }
    worked.digest = digest(None, target.id, &digested, &set, OnFailure::RollBack);
    Ok(worked)
}

impl Worked {
    /// The applications that it would break or collide with and that the caller may not list in the target.
    async fn hidden(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        target: &EnvironmentRow,
    ) -> Result<BTreeSet<Key>> {
        let sees = visibility(caller)?;
        if self.conflicts.is_empty() || sees == Visibility::Everything {
            return Ok(BTreeSet::new());
        }
        let listed = states::listed_in(tx, target.infrastructure_id, target.id, &sees).await?;
        let listed: BTreeSet<ApplicationId> = listed.into_iter().collect();
        let others = self.others.iter().filter(|(_, id)| !listed.contains(id));
        Ok(others.map(|(key, _)| key.clone()).collect())
    }

    /// Whom it would break, in sentences; what is hidden is not named, nor what it uses.
    fn breaks(&self, target: &str, hidden: &BTreeSet<Key>) -> Vec<String> {
        let name = |key: &Key| match self.names.get(key) {
            _ if hidden.contains(key) => SOMETHING.to_owned(),
            Some(name) => name.clone(),
            None => format!("“{key}”"),
        };
        let one = |conflict: &Conflict| {
            let (consumer, producer) = (name(&conflict.consumer), name(&conflict.producer));
            let elements = conflict.elements.iter().map(|one| one.element.as_str());
            let elements =
                elements.chain(conflict.about.iter().map(String::as_str)).collect::<Vec<_>>().join(", ");
            let secret = hidden.contains(&conflict.consumer) || hidden.contains(&conflict.producer);
            let elements = if secret { "something".to_owned() } else { elements };
            format!(
                "{}: {consumer} in {target} needs {elements} of {producer}, which would be gone.",
                conflict.kind.words()
            )
        };
        let collides = |conflict: &Conflict| {
            let (consumer, producer) = (name(&conflict.consumer), name(&conflict.producer));
            let about = conflict.about.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            format!("{}: {consumer} and {producer} would both have {about}.", conflict.kind.words())
        };
        let each = |conflict: &Conflict| match conflict.kind {
            Kind::NameCollision => collides(conflict),
            _ => one(conflict),
        };
        self.conflicts.iter().map(each).collect()
    }

    fn conflicts(&self) -> String {
        if self.conflicts.is_empty() {
            return String::new();
        }
        conflicts_digest(&self.conflicts).to_string()
    }

    /// The rights that it takes: Deploy on all that goes back, and a right of its own where it breaks somebody.
    fn needed(&self, home: &InfrastructureRow, target: &EnvironmentRow) -> Requirement {
        let deploy = self.going.iter().map(|item| on(item.application, target.id, Right::Deploy));
        let breaks = (!self.conflicts.is_empty()).then(|| wide(home.id, WideRight::ContinueWithErrors));
        Requirement::All(deploy.chain(breaks).collect())
    }

    /// Why it cannot be taken by anybody now.
    fn stuck(&self, row: &DeploymentRow) -> Option<Refusal> {
        if self.going.is_empty() {
            return Some(Refusal {
                sentence: format!("Nothing of {} can go back.", row.name),
                lifted_by: "A new plan brings what is wanted.".to_owned(),
            });
        }
        if self.conflicts.iter().any(|one| one.kind.severity() == Severity::Blocker) {
            return Some(Refusal {
                sentence: "Two applications would have the same name, virtual directory or host.".to_owned(),
                lifted_by: "Take one of them out first.".to_owned(),
            });
        }
        None
    }
}

impl Console {
    /// The way back of a deployment, for its page.
    pub(super) async fn way_back(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: &InfrastructureRow,
        (row, target, plan): (&DeploymentRow, &EnvironmentRow, &RunPlan),
    ) -> Result<Option<WayBack>> {
        if !has_finished(row) {
            return Ok(None);
        }
        let worked = work_out(tx, row, target, plan).await?;
        let start: Possible = match worked.stuck(row) {
            Some(refusal) => Err(refusal),
            None => {
                let doing = format!("roll back {}", row.name);
                let right = self.permit(tx, caller, home.id, &worked.needed(home, target), &doing).await;
                match possible(right.map(drop))? {
                    Ok(()) => possible(way(tx, target, worked.going.clone()).await.map(drop))?,
                    refused => refused,
                }
            }
        };
        let hidden = worked.hidden(tx, caller, target).await?;
        Ok(Some(WayBack {
            breaks: worked.breaks(target.name.as_str(), &hidden),
            conflicts: worked.conflicts(),
            digest: worked.digest.to_string(),
            items: worked.items,
            start,
        }))
    }

    /// Rolls a finished deployment back: every application that has not changed since goes back to what ran before, and is pinned there.
    ///
    /// # Errors
    /// It is not there, it has not finished, nothing of it can go back, the way back is another one than was seen, somebody would be
    /// broken and that is not accepted, a right or the reason is missing, or production asks for a recent proof.
    pub async fn roll_back(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
        wanted: RollBack<'_>,
    ) -> Result<DeploymentId> {
        let object = Object::new("deployment", id, "Deployment");
        self.audited(caller, Attempt::within(infrastructure, "deployment.roll_back", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let (row, target, plan) = visible(self, &mut pending, caller, home.id, id).await?;
            if !has_finished(&row) {
                return Err(OperationError::conflict(format!(
                    "{} has not brought anything that could be rolled back: {}",
                    row.name, row.message
                )));
            }
            let worked = work_out(&mut pending, &row, &target, &plan).await?;
            let doing = format!("roll back {}", row.name);
            let needed = worked.needed(&home, &target);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            if let Some(stuck) = worked.stuck(&row) {
                return Err(OperationError::conflict(stuck.sentence));
            }
            if worked.digest.to_string() != wanted.digest {
                let sentence = "The way back has changed since you looked. Look at it again, then roll back.";
                return Err(OperationError::conflict(sentence));
            }
            if worked.conflicts() != wanted.conflicts {
                let hidden = worked.hidden(&mut pending, caller, &target).await?;
                let all = worked.breaks(target.name.as_str(), &hidden).join(" ");
                return Err(OperationError::conflict(format!("Rolling back would break something: {all}")));
            }
            let reason = field::<Reason>("reason", wanted.reason)?;
            if target.purpose == Purpose::Production {
                self.proved(caller, &doing)?;
            }
            // The log has all of it.
            let breaks = worked.breaks(target.name.as_str(), &BTreeSet::new());
            let way = way(&mut pending, &target, worked.going).await?;
            let items = way.items;
            let mut tx = pending.authorised(grant);
            let name: String = format!("Roll back {}", row.name).chars().take(120).collect();
            let run = Run {
                infrastructure: &home,
                plan: None,
                name: name.clone(),
                source: None,
                target: &target,
                items: items.clone(),
                servers: way.servers,
                waits: way.waits,
                out_at_once: way.out_at_once,
                on_failure: OnFailure::RollBack,
                rolls_back: Some(id),
                settings: worked.settings,
                applies_settings: false,
                catches_up: false,
                accepted: BTreeSet::new(),
            };
            let deployment = begin(self, &mut tx, caller, run).await?;
            let message = format!("{} rolls back {}: {reason}", caller.name, row.name);
            let line = NewLine::own(deployment, self.now(), domain::protocol::LogLevel::Info, &message);
            journal::append_line_with(&mut tx, &line).await?;
            tx.notice(&super::topic(id), id);
            tx.notice(&topic(home.key.as_str()), deployment);
            let mut entry =
                self.entry(caller, "deployment.roll_back", Object::new("deployment", deployment, &name));
            entry.infrastructure = Some(home.id);
            entry.related = vec![
                Object::new("deployment", id, &row.name),
                Object::new("environment", target.id, target.name.as_str()),
            ];
            entry.related.extend(items.iter().map(|i| Object::new("application", i.application, &i.name)));
            let label = |release: &Option<Release>| release.as_ref().map(Release::label);
            entry.before = json!({
                "applications": items.iter().map(|i| json!([i.name, label(&i.before)])).collect::<Vec<_>>(),
            });
            entry.after = json!({
                "digest": wanted.digest, "reason": reason, "breaks": breaks,
                "applications": items.iter().map(|i| json!([i.name, label(&i.after)])).collect::<Vec<_>>(),
            });
            tx.commit(entry).await?;
            Ok(deployment)
        })
        .await
    }

    /// What took a deployment back, or what it takes back.
    pub(super) async fn related(
        &self,
        tx: &mut impl Reader,
        row: &DeploymentRow,
    ) -> Result<Option<crate::view::RelatedDeployment>> {
        let related = |row: DeploymentRow, takes_back: bool| crate::view::RelatedDeployment {
            id: row.id,
            name: row.name,
            takes_back,
        };
        if let Some(id) = row.rolls_back_id {
            return Ok(deployments::by_id(tx, id).await?.map(|row| related(row, false)));
        }
        Ok(deployments::rolled_back_by(tx, row.id).await?.map(|row| related(row, true)))
    }
}
