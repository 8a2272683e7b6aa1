//! Making a plan from one environment to another, with the natural operation for each chosen application.

use super::evaluate::{natural, not_there, options};
use crate::applications::find as find_application;
use crate::console::{Caller, Console};
use crate::content;
use crate::deployments::ways::Zones;
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::{find_environment, topic};
use crate::view::PlanOperation;
use domain::access::{Requirement, Right};
use domain::audit::Object;
use domain::deployment::OnFailure;
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId, PlanId};
use serde_json::json;
use storage::environments::EnvironmentRow;
use storage::plans::{PlanItemRow, PlanRow};
use storage::{Reader, plans};

impl Console {
    /// Makes a plan. Without applications it takes everything that differs and that the caller may plan: Monitor in the source (R08).
    ///
    /// # Errors
    /// Source and target are the same (R01), nothing differs, or the caller may not see them.
    pub async fn make_plan(
        &self,
        caller: &Caller,
        infrastructure: &str,
        from: &str,
        to: &str,
        chosen: &[String],
    ) -> Result<PlanId> {
        let object = Object::new("plan", format!("{}-{}", short(from), short(to)), "New plan");
        self.audited(caller, Attempt::within(infrastructure, "plan.make", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let (source, target) = hop(self, &mut pending, caller, home.id, (from, to)).await?;
            let doing = doing(&source, &target);
            let here = content::placed(&mut pending, source.id).await?;
            let (there, _) = content::expected(&mut pending, target.id).await?;
            let mut items = Vec::new();
            let mut needed = Vec::new();
            let mut refused = None;
            let all: Vec<String> = if chosen.is_empty() {
                here.iter()
                    .filter(|(key, one)| {
                        there.get(*key).is_none_or(|o| o.content.sha256 != one.content.sha256)
                    })
                    .map(|(key, _)| key.to_string())
                    .collect()
            } else {
                chosen.to_vec()
            };
            let zones = Zones::load(&mut pending, &target).await?;
            for name in &all {
                let row = find_application(&mut pending, home.id, name).await?;
                let list = on(row.id, source.id, Right::List);
                let both = may_plan(row.id, source.id);
                // What differs is told only to who may list both.
                let there_too = on(row.id, target.id, Right::List);
                if chosen.is_empty()
                    && self.permit(&mut pending, caller, home.id, &there_too, &doing).await.is_err()
                {
                    continue;
                }
                let plan_it = format!("plan {}", row.name);
                if let Err(refusal) = self.permit(&mut pending, caller, home.id, &both, &plan_it).await {
                    let seen = self.permit(&mut pending, caller, home.id, &list, &doing).await.is_ok();
                    match (seen, chosen.is_empty()) {
                        (true, true) => refused = Some(refusal),
                        (true, false) => return Err(refusal),
                        (false, true) => {}
                        (false, false) => {
                            let sentence = "There is nothing here, or you may not see it.";
                            return Err(OperationError::not_found(sentence));
                        }
                    }
                    continue;
                }
                let key = row.key.clone();
                let Some(one) = here.get(&key) else {
                    let sentence = not_there(row.name.as_str(), None, source.name.as_str());
                    return Err(OperationError::invalid("application", sentence));
                };
                let choices = options(&mut pending, row.id, Some(one), there.get(&key), &zones).await?;
                needed.push(both);
                items.push((row.id, row.name.to_string(), natural(choices)));
            }
            if let (true, Some(refusal)) = (items.is_empty(), refused) {
                return Err(refusal);
            }
            if items.is_empty() {
                let sentence =
                    format!("{} and {} run the same; there is nothing to plan.", source.name, target.name);
                return Err(OperationError::conflict(sentence));
            }
            let grant = self.permit(&mut pending, caller, home.id, &Requirement::All(needed), &doing).await?;
            let name = match &items[..] {
                [(_, one, _)] => format!("{one} to {}", target.name),
                many => format!("{} applications to {}", many.len(), target.name),
            };
            let plan = new_draft(self, caller, home.id, (&source, &target), name.clone());
            let mut tx = pending.authorised(grant);
            plans::insert(&mut tx, &plan).await?;
            for (position, (application, _, operation)) in items.iter().enumerate() {
                let item = item_row(plan.id, *application, operation, position as i64)?;
                plans::put_item(&mut tx, &item).await?;
            }
            tx.notice(&topic(home.key.as_str()), plan.id);
            let mut entry = self.entry(caller, "plan.make", Object::new("plan", plan.id, &name));
            entry.infrastructure = Some(home.id);
            entry.related = items.iter().map(|(id, name, _)| Object::new("application", id, name)).collect();
            entry.after = json!({
                "source": source.name, "target": target.name,
                "items": items.iter().map(|(_, name, op)| json!([name, op.words()])).collect::<Vec<_>>(),
            });
            tx.commit(entry).await?;
            Ok(plan.id)
        })
        .await
    }
}

/// Two environments that a plan goes between, as far as the caller may see them.
pub(super) async fn hop(
    console: &Console,
    tx: &mut impl Reader,
    caller: &Caller,
    home: InfrastructureId,
    (from, to): (&str, &str),
) -> Result<(EnvironmentRow, EnvironmentRow)> {
    let source = find_environment(tx, home, from).await?;
    let target = find_environment(tx, home, to).await?;
    if source.id == target.id {
        let sentence = "A plan goes from one environment to another (R01); choose two.";
        return Err(OperationError::invalid("to", sentence));
    }
    let both = Requirement::All(vec![
        Requirement::Environment(source.id, Right::Access),
        Requirement::Environment(target.id, Right::Access),
    ]);
    console.permit(tx, caller, home, &both, &doing(&source, &target)).await?;
    Ok((source, target))
}

/// What planning between two environments is called in a refusal.
pub(super) fn doing(source: &EnvironmentRow, target: &EnvironmentRow) -> String {
    format!("plan a deployment from {} to {}", source.name, target.name)
}

/// What planning an application needs in the source (R08).
pub(super) fn may_plan(application: ApplicationId, source: EnvironmentId) -> Requirement {
    Requirement::All(vec![on(application, source, Right::List), on(application, source, Right::Monitor)])
}

/// A new draft.
pub(super) fn new_draft(
    console: &Console,
    caller: &Caller,
    home: InfrastructureId,
    (source, target): (&EnvironmentRow, &EnvironmentRow),
    name: String,
) -> PlanRow {
    let now = console.now();
    PlanRow {
        id: console.id(),
        infrastructure_id: home,
        name,
        notes: String::new(),
        source_id: Some(source.id),
        target_id: target.id,
        status: "draft".to_owned(),
        digest: String::new(),
        created_by: caller.user(),
        created_by_name: caller.name.clone(),
        created_at: now,
        updated_at: now,
        edit: 1,
        on_failure: OnFailure::RollBack.word().to_owned(),
        checked_at: now,
        links: String::new(),
    }
}

/// The stored form of an operation on an application.
pub(crate) fn item_row(
    plan: PlanId,
    application: ApplicationId,
    operation: &PlanOperation,
    position: i64,
) -> Result<PlanItemRow> {
    let (operation, version_id, new_number) = super::evaluate::parse(&operation.code())?;
    Ok(PlanItemRow {
        plan_id: plan,
        application_id: application,
        operation: operation.to_owned(),
        version_id,
        new_number,
        position,
    })
}
