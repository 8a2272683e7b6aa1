//! What was started, looked at once more when its turn comes: a deployment that came before may have ended otherwise than was expected,
//! and whatever was looked at and approved was for the target as it was expected. So it ends then, and says what is different (design 8: the
//! run refuses any other).

use super::begin::{RunPlan, stored};
use crate::applications::pin;
use crate::console::{Caller, Console};
use crate::content;
use crate::door::{Attempt, Place, fault};
use crate::error::Result;
use crate::plans::evaluate::platform;
use domain::access::Requirement;
use domain::audit::Object;
use domain::deployment::{Release, RunItem};
use domain::id::{ApplicationId, DeploymentId, EnvironmentId};
use domain::plan::{Changes, Conflict, Contents, Landscape, apply, conflicts_digest, validate};
use domain::protocol::LogLevel;
use domain::text::Key;
use serde_json::json;
use std::collections::BTreeSet;
use std::slice;
use storage::deployments::DeploymentRow;
use storage::environments::EnvironmentRow;
use storage::journal::NewLine;
use storage::{
    JournalTx, Reader, WriteTx, applications, deployments, environments, infrastructures, journal, parked,
    revisions, states,
};

/// What an application will run in an environment when everything has ended that is open there, as far as that succeeds; none where it
/// will not be there.
pub(crate) async fn coming(
    tx: &mut impl Reader,
    place: &EnvironmentRow,
    application: ApplicationId,
) -> Result<Option<Release>> {
    for row in deployments::open_in(tx, place.id).await?.iter().rev() {
        let items = RunPlan::of(row)?.items;
        if let Some(item) = items.into_iter().find(|item| item.application == application) {
            return Ok(item.after);
        }
    }
    running(tx, place.id, application).await
}

/// What runs of an application in an environment.
async fn running(
    tx: &mut impl Reader,
    place: EnvironmentId,
    application: ApplicationId,
) -> Result<Option<Release>> {
    match states::get(tx, place, application).await? {
        Some(state) => Ok(Some(content::release(tx, &state).await?)),
        None => Ok(None),
    }
}

/// What the items of a run would break in an environment that is as `before` says.
async fn broken(
    tx: &mut impl Reader,
    target: &EnvironmentRow,
    before: &Contents,
    items: &[RunItem],
) -> Result<Vec<Conflict>> {
    let mut changes = Changes::new();
    for item in items {
        let next = match &item.after {
            Some(after) => {
                let found = revisions::by_sha(tx, item.application, after.sha256).await?;
                let revision = found.ok_or_else(|| fault("a run of a missing revision"))?;
                Some(content::content(&item.name, &revision, after.number)?)
            }
            None => None,
        };
        changes.insert(item.key.clone(), next);
    }
    let after = apply(before, &changes);
    let touched: BTreeSet<_> = changes.into_keys().collect();
    let none = BTreeSet::new();
    let land = Landscape {
        before,
        after: &after,
        // What stops nothing is not asked for.
        source: &after,
        touched: &touched,
        platform: platform(tx, target.id).await?,
        // Whether it undoes a hotfix was asked when it was started; what changes it since is told as a difference.
        hotfixes: &none,
    };
    let mut found = validate(&land);
    found.retain(|conflict| conflict.kind.is_error());
    Ok(found)
}

/// What the look at a run says whose turn has come.
pub(crate) enum Look {
    /// It goes on as it was started.
    Same,
    /// It goes on from what runs now: a publication brings what it brings, whatever was there.
    From(RunPlan),
    /// It ends, for this reason.
    Ends(String),
}

/// Looks at a run that has not begun and whose turn has come.
pub(crate) async fn look(tx: &mut impl Reader, row: &DeploymentRow) -> Result<Look> {
    let mut plan = RunPlan::of(row)?;
    let target = environments::by_id(tx, row.target_id).await?;
    let target = target.ok_or_else(|| fault("a run without its target"))?;
    let mut differences = Vec::new();
    for item in &mut plan.items {
        let now = running(tx, row.target_id, item.application).await?;
        let sha256 = |release: &Option<Release>| release.as_ref().map(|release| release.sha256);
        if sha256(&now) != sha256(&item.before) {
            differences.push(difference(item, now.as_ref()));
            item.before = now;
        }
    }
    let publishes = row.kind == "publication" && !plan.applies_settings && !plan.catches_up;
    if !differences.is_empty() && !publishes {
        return Ok(Look::Ends(format!(
            "{} is not as this was started for: {}.",
            target.name,
            differences.join("; ")
        )));
    }
    if row.rolls_back_id.is_none() {
        let changed = plan.items.iter().filter(|item| item.before != item.after);
        let changed: Vec<_> = changed.map(|item| (item.application, item.name.clone())).collect();
        if let Some(refusal) = pin::refusals(tx, &target, &changed).await?.into_iter().next() {
            return Ok(Look::Ends(format!("{} {}", refusal.sentence, refusal.lifted_by)));
        }
    }
    if row.plan_id.is_some() {
        let placed = content::placed(tx, row.target_id).await?;
        let found = broken(tx, &target, &content::contents(&placed), &plan.items).await?;
        let new =
            found.iter().filter(|one| !plan.accepted.contains(&conflicts_digest(slice::from_ref(*one))));
        let mut said = Vec::new();
        for one in new {
            let (consumer, producer) = (&one.consumer, &one.producer);
            let names = (named(tx, row, consumer).await?, named(tx, row, producer).await?);
            said.push(sentence(one, &names.0, &names.1));
        }
        if !said.is_empty() {
            let sentence = format!(
                "{} has changed since this was started, so that it would break something now: {}.",
                target.name,
                said.join("; ")
            );
            return Ok(Look::Ends(sentence));
        }
    }
    Ok(if differences.is_empty() { Look::Same } else { Look::From(plan) })
}

fn difference(item: &RunItem, now: Option<&Release>) -> String {
    let label = |release: &Release| format!("ran {}", release.label());
    let then = item.before.as_ref().map_or_else(|| "was not to be there".to_owned(), label);
    let now = now.map_or_else(|| "is not there".to_owned(), |now| format!("runs {}", now.label()));
    format!("{} {} and {now} now", item.name, then.replacen("ran", "was to run", 1))
}

/// An application's name; its key where there is none yet.
async fn named(tx: &mut impl Reader, row: &DeploymentRow, key: &Key) -> Result<String> {
    let found = applications::by_key(tx, row.infrastructure_id, key.as_str()).await?;
    Ok(found.map_or_else(|| format!("“{key}”"), |found| found.name.to_string()))
}

/// A conflict in few words.
fn sentence(conflict: &Conflict, consumer: &str, producer: &str) -> String {
    let elements = conflict.elements.iter().map(|one| one.element.as_str());
    let about = elements.chain(conflict.about.iter().map(String::as_str)).collect::<Vec<_>>().join(", ");
    format!("{}: {consumer}, with {about} of {producer}", conflict.kind.words())
}

/// Lets a run go on from what runs now.
pub(crate) async fn set_out_from(tx: &mut JournalTx, row: &DeploymentRow, plan: &RunPlan) -> Result<()> {
    let text =
        serde_json::to_string(plan).map_err(|error| fault(format!("a run cannot be written: {error}")))?;
    journal::plan_again(tx, row.id, &text, &stored(row.id, plan)?).await?;
    Ok(())
}

impl Console {
    /// Ends a run that has not begun, since its target is not as it was started for.
    pub(crate) async fn refuse(&self, id: DeploymentId, why: &str) -> Result<()> {
        let caller = Caller::engine();
        let object = Object::new("deployment", id, "Deployment");
        let attempt = Attempt::at(Place::Deployment(id), "deployment.refuse", object);
        self.audited(&caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let grant = self.permit_plain(&caller, &Requirement::Engine)?;
            let found = deployments::by_id(&mut pending, id).await?;
            let Some(row) = found.filter(|row| row.status == "queued") else { return Ok(()) };
            let words = format!("Its turn came, and it ended without changing anything. {why}");
            let tx = pending.authorised(grant);
            self.end_unbegun(tx, &caller, "deployment.refuse", &row, (LogLevel::Warning, &words)).await
        })
        .await
    }

    /// The end of every act by which the engine ends a run that has not begun: told, and committed with its entry. Nothing where it began
    /// meanwhile.
    pub(crate) async fn end_unbegun(
        &self,
        mut tx: WriteTx,
        caller: &Caller,
        operation: &str,
        row: &DeploymentRow,
        (level, words): (LogLevel, &str),
    ) -> Result<()> {
        let (id, now) = (row.id, self.now());
        journal::append_line_with(&mut tx, &NewLine::own(id, now, level, words)).await?;
        if !parked::end(&mut tx, id, words, now).await? {
            return Ok(());
        }
        tx.notice(&super::topic(id), id);
        tx.notice(&super::work_topic(row.target_id), id);
        if let Some(home) = infrastructures::by_id(&mut tx, row.infrastructure_id).await? {
            tx.notice(&crate::infrastructure::topic(home.key.as_str()), id);
        }
        if let Some(plan) = row.plan_id {
            tx.notice(&crate::plans::edit::topic(plan), plan);
        }
        tx.notice("engine", id);
        let mut entry = self.entry(caller, operation, Object::new("deployment", id, &row.name));
        entry.infrastructure = Some(row.infrastructure_id);
        entry.before = json!({ "status": "running" });
        entry.after = json!({ "status": "aborted", "message": words, "started_by": row.started_by });
        tx.commit(entry).await?;
        Ok(())
    }
}
