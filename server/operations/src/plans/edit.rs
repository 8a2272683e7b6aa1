//! Editing a draft: operations, more applications, name and notes, discarding.

use super::{Found, evaluate};
use crate::applications::{block, find as find_application, retire};
use crate::console::{Caller, Console};
use crate::door::{Attempt, on};
use crate::error::{OperationError, Result};
use crate::people::set_up::field;
use domain::access::{Requirement, Right};
use domain::audit::Object;
use domain::deployment::OnFailure;
use domain::id::PlanId;
use domain::live::Topic;
use domain::plan;
use domain::text::Name;
use serde_json::json;
use storage::applications::ApplicationRow;
use storage::infrastructures::InfrastructureRow;
use storage::plans::{PlanItemRow, PlanRow};
use storage::versions::VersionRow;
use storage::{PendingTx, Reader, WriteTx, approvals, plans, states, versions};

/// Longest notes, characters.
pub const NOTES: usize = 4000;

/// What is said of a plan, as it is typed.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoteInput<'a> {
    /// Its name.
    pub name: &'a str,
    /// Notes.
    pub notes: &'a str,
    /// Links, one in a line: an address and, where wanted, what is there. None leaves them.
    pub links: Option<&'a str>,
    /// What is to be done when a step fails (`roll_back`, `wait`). None leaves it.
    pub on_failure: Option<&'a str>,
}

impl Console {
    /// Sets the operation of one application in a plan, and adds the application if it is not in it yet.
    ///
    /// # Errors
    /// The plan is no draft (R05), the operation is none of the choices, it brings what the source does not have (R02), or the caller may not.
    pub async fn edit_plan(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: PlanId,
        application: &str,
        operation: &str,
    ) -> Result<()> {
        self.audited(caller, attempt(infrastructure, "plan.edit", id), async {
            let (operation, version_id, new_number) = evaluate::parse(operation)?;
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let found = draft(self, &mut pending, caller, &home, id).await?;
            let row = find_application(&mut pending, home.id, application).await?;
            let monitor = on(row.id, found.source.id, Right::Monitor);
            let needed = Requirement::All(vec![found.to_edit(), monitor]);
            let grant = self.permit(&mut pending, caller, home.id, &needed, "edit this plan").await?;
            let version = match version_id {
                Some(version) => {
                    let version = versions::by_id(&mut pending, version).await?;
                    let Some(version) = version.filter(|version| version.application_id == row.id) else {
                        let sentence = format!("{} has no such version; choose one of the list.", row.name);
                        return Err(OperationError::invalid("operation", sentence));
                    };
                    Some(version)
                }
                None => None,
            };
            if matches!(operation, "deploy" | "tag_and_deploy") {
                from_there(&mut pending, &row, version.as_ref(), &found).await?;
                retire::refused(&mut pending, &row).await?;
                block::refused(&mut pending, &row, &found.target).await?;
            }
            let old = found.items.iter().find(|item| item.application_id == row.id);
            let last = found.items.iter().map(|item| item.position + 1).max().unwrap_or(0);
            let item = PlanItemRow {
                plan_id: id,
                application_id: row.id,
                operation: operation.to_owned(),
                version_id,
                new_number,
                position: old.map_or(last, |old| old.position),
            };
            let before = match old {
                Some(old) => Some(told(&mut pending, old).await?),
                None => None,
            };
            let after = told(&mut pending, &item).await?;
            let mut tx = pending.authorised(grant);
            plans::put_item(&mut tx, &item).await?;
            authored(&mut tx, caller, id).await?;
            let name = found.plan.name.clone();
            store(&mut tx, &edited(self, found.plan)).await?;
            tx.notice(&topic(id), id);
            let mut entry = self.entry(caller, "plan.edit", Object::new("plan", id, name));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("application", row.id, row.name.as_str())];
            entry.before = json!({ row.name.as_str(): before });
            entry.after = json!({ row.name.as_str(): after });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Changes a draft's name, notes and links, and what is to be done when a step fails.
    ///
    /// # Errors
    /// The plan is no draft (R05), a word is not acceptable, or the caller may not.
    pub async fn note_plan(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: PlanId,
        input: &NoteInput<'_>,
    ) -> Result<()> {
        let NoteInput { name, notes, links, on_failure } = *input;
        self.audited(caller, attempt(infrastructure, "plan.note", id), async {
            let name = field::<Name>("name", name)?;
            let length = notes.chars().count();
            if length > NOTES {
                let sentence = format!("Notes have at most {NOTES} characters; these have {length}.");
                return Err(OperationError::invalid("notes", sentence));
            }
            let links = links.map(plan::links).transpose();
            let links = links.map_err(|refused| OperationError::invalid("links", refused.0))?;
            let on_failure = match on_failure {
                None => None,
                Some(word) => Some(OnFailure::of_word(word).ok_or_else(|| {
                    let sentence = "When a step fails, a run takes everything back (roll_back) or waits for a person (wait); choose one.";
                    OperationError::invalid("on_failure", sentence)
                })?),
            };
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let found = draft(self, &mut pending, caller, &home, id).await?;
            let grant =
                self.permit(&mut pending, caller, home.id, &found.to_edit(), "edit this plan").await?;
            let before = json!({
                "name": found.plan.name, "notes": found.plan.notes, "links": found.plan.links,
                "on_failure": found.plan.on_failure,
            });
            let mut plan = edited(self, found.plan);
            plan.name = name.to_string();
            plan.notes = notes.to_owned();
            if let Some(links) = links {
                plan.links = plan::lines(&links);
            }
            let old = plan.on_failure.clone();
            if let Some(on_failure) = on_failure {
                plan.on_failure = on_failure.word().to_owned();
            }
            let mut tx = pending.authorised(grant);
            if let Some(user) = caller.user().filter(|_| plan.on_failure != old) {
                approvals::put_author(&mut tx, id, user).await?;
            }
            store(&mut tx, &plan).await?;
            tx.notice(&topic(id), id);
            let (links, on_failure) = (plan.links.clone(), plan.on_failure.clone());
            let mut entry = self.entry(caller, "plan.note", Object::new("plan", id, name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.before = before;
            entry.after = json!({ "name": name, "notes": notes, "links": links, "on_failure": on_failure });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Discards a draft (R06).
    ///
    /// # Errors
    /// The plan is no draft, or the caller may not.
    pub async fn discard_plan(&self, caller: &Caller, infrastructure: &str, id: PlanId) -> Result<()> {
        self.audited(caller, attempt(infrastructure, "plan.discard", id), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let found = draft(self, &mut pending, caller, &home, id).await?;
            let needed = found.to_discard(caller);
            let grant = self.permit(&mut pending, caller, home.id, &needed, "discard this plan").await?;
            let mut plan = edited(self, found.plan);
            plan.status = "discarded".to_owned();
            let mut tx = pending.authorised(grant);
            store(&mut tx, &plan).await?;
            tx.notice(&topic(id), id);
            let mut entry = self.entry(caller, "plan.discard", Object::new("plan", id, &plan.name));
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "status": "draft" });
            entry.after = json!({ "status": "discarded" });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

/// Refuses what the plan's source does not have (R02).
async fn from_there(
    tx: &mut PendingTx,
    application: &ApplicationRow,
    version: Option<&VersionRow>,
    found: &Found,
) -> Result<()> {
    let source = &found.source;
    let here = states::get(tx, source.id, application.id).await?.is_some();
    let number = match version {
        _ if !here => None,
        Some(version) if !evaluate::available(tx, version, source.id).await? => Some(version.number),
        _ => return Ok(()),
    };
    let sentence = evaluate::not_there(application.name.as_str(), number, source.name.as_str());
    Err(OperationError::invalid("operation", sentence))
}

/// An item as its audit entry tells it: in words, for who reads it in years.
async fn told(tx: &mut PendingTx, item: &PlanItemRow) -> Result<String> {
    let number = match item.version_id {
        Some(version) => versions::by_id(tx, version).await?.map(|version| version.number.to_string()),
        None => item.new_number.as_ref().map(ToString::to_string),
    };
    Ok(match number {
        Some(number) => format!("{} {number}", item.operation),
        None => item.operation.clone(),
    })
}

pub(crate) fn attempt<'a>(infrastructure: &'a str, operation: &'static str, id: PlanId) -> Attempt<'a> {
    Attempt::within(infrastructure, operation, Object::new("plan", id, "Plan"))
}

/// The topic of one plan.
pub(crate) fn topic(id: PlanId) -> String {
    Topic::Plan(id).to_string()
}

/// A plan that can still be edited (R05).
pub(crate) async fn draft(
    console: &Console,
    tx: &mut impl Reader,
    caller: &Caller,
    home: &InfrastructureRow,
    id: PlanId,
) -> Result<Found> {
    let found = console.find_plan(tx, caller, home.id, id).await?;
    match found.plan.status.as_str() {
        "draft" => Ok(found),
        status => {
            let sentence = format!("This plan was {status}, so it cannot be changed (R05).");
            Err(OperationError::conflict(sentence).under("R05"))
        }
    }
}

/// Notes who changed what a plan does: they do not approve it.
pub(crate) async fn authored(tx: &mut WriteTx, caller: &Caller, id: PlanId) -> Result<()> {
    if let Some(user) = caller.user() {
        approvals::put_author(tx, id, user).await?;
    }
    Ok(())
}

pub(crate) fn edited(console: &Console, plan: PlanRow) -> PlanRow {
    PlanRow { updated_at: console.now(), ..plan }
}

/// Stores an edited plan, unless somebody else edited it meanwhile.
pub(crate) async fn store(tx: &mut WriteTx, plan: &PlanRow) -> Result<()> {
    if plans::update(tx, plan).await? {
        return Ok(());
    }
    Err(OperationError::conflict("Somebody else changed this plan just now. Look at it again."))
}
