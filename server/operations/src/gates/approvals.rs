//! Approvals: asked for, given, refused; each for one digest.

use super::subject::{About, group};
use crate::applications::tag;
use crate::console::{Caller, Console};
use crate::door::{Attempt, fault, on};
use crate::error::{OperationError, Result};
use crate::paging::PageQuery;
use crate::people::set_up::field;
use crate::plans::evaluate::{Evaluated, evaluate};
use crate::plans::{Found, edit};
use crate::view::{EnvironmentRef, Paged, PlanOperation, WaitingPlan, WaitingPlans};
use domain::access::{Requirement, Right};
use domain::audit::Object;
use domain::environment::{Purpose, Reason};
use domain::gate::Kind;
use domain::id::{PlanId, UserId};
use domain::text::Sha256;
use serde_json::json;
use storage::approvals::{ApprovalRow, RequestRow};
use storage::gates::NamedGateRow;
use storage::plans::{PlanItemRow, PlanRow};
use storage::{Reader, approvals, deployments, environments, gates, parked, plans};

/// Plans on one page.
const WAITING: u32 = 20;

/// The gates that a plan meets and that ask for approvals.
pub(crate) async fn asking(
    tx: &mut impl Reader,
    found: &Found,
    evaluated: &Evaluated,
) -> Result<Vec<NamedGateRow>> {
    let all = About::plan(found, evaluated, None).gates(tx).await?;
    Ok(all.into_iter().filter(|row| row.kind == Kind::Approval).collect())
}

/// Whether approval can be asked for now.
pub(crate) fn may_ask(found: &Found, evaluated: &Evaluated, gates: usize) -> Result<()> {
    if found.plan.status != "draft" {
        let sentence = format!("This plan was {} already.", found.plan.status);
        return Err(OperationError::conflict(sentence));
    }
    if evaluated.items.is_empty() {
        return Err(OperationError::conflict("The plan changes nothing, so there is nothing to approve."));
    }
    if gates == 0 {
        let sentence = format!("No gate before {} asks for approvals.", found.target.name);
        return Err(OperationError::conflict(sentence));
    }
    Ok(())
}

/// What asking needs: to edit the plan, and to tag what it tags.
pub(crate) fn to_ask(found: &Found, evaluated: &Evaluated) -> Requirement {
    let tagged = evaluated.items.iter().filter(|item| item.tag);
    let tags = tagged.map(|item| on(item.application, found.source.id, Right::Change));
    Requirement::All([found.to_edit()].into_iter().chain(tags).collect())
}

/// Whether somebody may approve or reject: they are of the group of one of the gates, and did not write the plan.
pub(crate) async fn may_decide(
    tx: &mut impl Reader,
    caller: &Caller,
    found: &Found,
    asking: &[NamedGateRow],
) -> Result<UserId> {
    let names: Vec<&str> = asking.iter().filter_map(|row| row.group_name.as_deref()).collect();
    let names = names.join(" or ");
    let others = || format!("Somebody else of {names} can.");
    let no = |sentence: &str, lifted_by: String| Err(OperationError::denied(sentence, lifted_by));
    let Some(user) = caller.user() else {
        return no("Only a person who has signed in approves a plan.", others());
    };
    if found.plan.created_by == Some(user) || approvals::authors(tx, found.plan.id).await?.contains(&user) {
        return no("You cannot approve this plan: you wrote it, or changed what it does.", others());
    }
    for group in asking.iter().filter_map(group) {
        if gates::is_in(tx, group, user).await? {
            return Ok(user);
        }
    }
    no(&format!("You cannot approve this plan: you are not of {names}."), others())
}

/// What is decided about: the digest of the plan as it is, or as it was started while it does not run yet.
pub(crate) async fn open(
    tx: &mut impl Reader,
    found: &Found,
    evaluated: &Evaluated,
) -> Result<Option<(Sha256, String)>> {
    if found.plan.status == "draft" {
        return Ok(Some((evaluated.digest, evaluated.canonical.clone())));
    }
    let run = deployments::by_plan(tx, found.plan.id).await?.filter(|run| run.status == "queued");
    let Some(run) = run else { return Ok(None) };
    let digest: Sha256 =
        run.digest.parse().map_err(|_| fault(format!("deployment {} has no digest", run.id)))?;
    // What was decided before about the same digest has its form.
    let before = approvals::of_plan(tx, found.plan.id).await?.into_iter().find(|row| row.digest == digest);
    Ok(Some((digest, before.map(|row| row.canonical).unwrap_or_default())))
}

impl Console {
    /// Asks for the approval of a plan: it is among what waits for those who can give it. What the plan tags is tagged now, so that what is
    /// approved is versions.
    ///
    /// # Errors
    /// No gate asks for approvals, the plan is no draft or changes nothing, a number is not free any more, or a right is missing.
    pub async fn ask_approval(&self, caller: &Caller, infrastructure: &str, id: PlanId) -> Result<()> {
        let attempt = Attempt::within(infrastructure, "plan.ask", Object::new("plan", id, "Plan"));
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let found = self.find_plan(&mut pending, caller, home.id, id).await?;
            let evaluated = evaluate(&mut pending, &found).await?;
            let needed = to_ask(&found, &evaluated);
            let doing = "ask for the approval of this plan";
            let grant = self.permit(&mut pending, caller, home.id, &needed, doing).await?;
            let asking = asking(&mut pending, &found, &evaluated).await?;
            may_ask(&found, &evaluated, asking.len())?;
            let mut tagging = Vec::new();
            for (line, item) in evaluated.lines.iter().zip(&found.items) {
                if let (PlanOperation::TagAndDeploy(number), Some(placed)) =
                    (&line.operation, evaluated.source.get(&line.key))
                {
                    tag::may_tag(&mut pending, placed.application.id, &placed.state, *number).await?;
                    tagging.push((placed, *number, item.clone()));
                }
            }
            let mut tx = pending.authorised(grant);
            let log = found.plan.notes.chars().take(tag::CHANGE_LOG).collect::<String>();
            for (placed, number, item) in &tagging {
                let version =
                    tag::insert(self, &mut tx, caller, &found.source, &placed.state, *number, &log).await?;
                let item = PlanItemRow {
                    operation: "deploy".to_owned(),
                    version_id: Some(version),
                    new_number: None,
                    ..item.clone()
                };
                plans::put_item(&mut tx, &item).await?;
            }
            let now = self.now();
            edit::store(&mut tx, &PlanRow { updated_at: now, ..found.plan.clone() }).await?;
            let row = RequestRow {
                plan_id: id,
                infrastructure_id: home.id,
                asked_at: now,
                asked_by: caller.name.clone(),
            };
            approvals::put_request(&mut tx, &row).await?;
            tx.notice(&edit::topic(id), id);
            tx.notice(&crate::infrastructure::topic(home.key.as_str()), id);
            let mut entry = self.entry(caller, "plan.ask", Object::new("plan", id, &found.plan.name));
            entry.infrastructure = Some(home.id);
            entry.related = tagging
                .iter()
                .map(|(placed, ..)| {
                    Object::new("application", placed.application.id, placed.application.name.as_str())
                })
                .collect();
            entry.after = json!({
                "gates": asking.iter().filter_map(|row| row.group_name.as_ref()).collect::<Vec<_>>(),
                "tagged": tagging.iter().map(|(placed, number, _)| json!([placed.application.name, number])).collect::<Vec<_>>(),
            });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Approves a plan as its digest says that it was seen, also ahead of the time that was chosen for it.
    ///
    /// # Errors
    /// Nobody asked, the plan changed since, the caller wrote it or is not of a group that approves, or production asks for a recent proof.
    pub async fn approve_plan(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: PlanId,
        digest: &str,
        words: &str,
    ) -> Result<()> {
        let attempt = Attempt::within(infrastructure, "plan.approve", Object::new("plan", id, "Plan"));
        self.audited(caller, attempt, self.decide_plan(caller, infrastructure, id, (digest, words), true))
            .await
    }

    /// Rejects a plan, with words. Nobody starts it until who rejected it approves it, or it is changed.
    ///
    /// # Errors
    /// As [`Self::approve_plan`], and where there are no words.
    pub async fn reject_plan(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: PlanId,
        digest: &str,
        words: &str,
    ) -> Result<()> {
        let attempt = Attempt::within(infrastructure, "plan.reject", Object::new("plan", id, "Plan"));
        self.audited(caller, attempt, self.decide_plan(caller, infrastructure, id, (digest, words), false))
            .await
    }

    async fn decide_plan(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: PlanId,
        (digest, words): (&str, &str),
        approves: bool,
    ) -> Result<()> {
        let operation = if approves { "plan.approve" } else { "plan.reject" };
        let mut pending = self.store().begin_change().await?;
        let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
        let found = self.find_plan(&mut pending, caller, home.id, id).await?;
        let evaluated = evaluate(&mut pending, &found).await?;
        let asking = asking(&mut pending, &found, &evaluated).await?;
        let doing = if approves { "approve this plan" } else { "reject this plan" };
        let grant = self.permit(&mut pending, caller, home.id, &found.to_see(), doing).await?;
        if approvals::request(&mut pending, id).await?.is_none() || asking.is_empty() {
            return Err(OperationError::conflict("Nobody has asked for the approval of this plan."));
        }
        let user = may_decide(&mut pending, caller, &found, &asking).await?;
        let Some((current, canonical)) = open(&mut pending, &found, &evaluated).await? else {
            let sentence =
                format!("This plan was {}, so there is nothing to decide any more.", found.plan.status);
            return Err(OperationError::conflict(sentence));
        };
        if current.to_string() != digest {
            let sentence =
                "The plan or what it rests on has changed since you looked. Look at it again, then decide.";
            return Err(OperationError::conflict(sentence));
        }
        let words = match (words.trim(), approves) {
            ("", true) => String::new(),
            ("", false) => {
                let sentence = "Say why you reject it, so that its author knows what to change.";
                return Err(OperationError::invalid("words", sentence));
            }
            (words, _) => field::<Reason>("words", words)?.to_string(),
        };
        if approves && found.target.purpose == Purpose::Production {
            self.proved(caller, doing)?;
        }
        let now = self.now();
        let row = ApprovalRow {
            id: self.id(),
            plan_id: id,
            user_id: user,
            user_name: caller.name.clone(),
            approves,
            words: words.clone(),
            digest: current,
            canonical,
            settings: evaluated.counting.clone(),
            at: now,
        };
        let mut tx = pending.authorised(grant);
        approvals::insert(&mut tx, &row).await?;
        parked::wake(&mut tx, home.id, now).await?;
        tx.notice(&edit::topic(id), id);
        tx.notice(&crate::infrastructure::topic(home.key.as_str()), id);
        tx.notice("engine", id);
        let mut entry = self.entry(caller, operation, Object::new("plan", id, &found.plan.name));
        entry.infrastructure = Some(home.id);
        entry.related = vec![Object::new("environment", found.target.id, found.target.name.as_str())];
        entry.after = json!({ "digest": digest, "words": words });
        tx.commit(entry).await?;
        Ok(())
    }

    /// The plans that wait for the caller's approval, what was asked last first.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller, or the cursor is none of this list.
    pub async fn waiting_plans(
        &self,
        caller: &Caller,
        infrastructure: &str,
        query: &PageQuery,
    ) -> Result<WaitingPlans> {
        self.traced(caller, "plan.waiting", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let Some(user) = caller.user() else { return Ok(Paged { rows: Vec::new(), next: None }) };
            let found = approvals::waiting(&mut tx, home.id, user, &query.page(WAITING)).await?;
            let named = found.rows.iter().flat_map(|row| row.source_id.into_iter().chain([row.target_id]));
            let named = environments::by_ids(&mut tx, &named.collect()).await?;
            let place = |id| named.iter().find(|each| each.id == id).map(EnvironmentRef::from);
            let missing = || fault("a plan between environments that are not there");
            let mut rows = Vec::new();
            for row in found.rows {
                rows.push(WaitingPlan {
                    id: row.plan_id,
                    name: row.name,
                    source: row.source_id.and_then(place).ok_or_else(missing)?,
                    target: place(row.target_id).ok_or_else(missing)?,
                    asked_at: row.asked_at,
                    asked_by: row.asked_by,
                });
            }
            Ok(Paged { rows, next: found.next })
        })
        .await
    }
}

/// What a plan is, for its gates.
pub(crate) async fn about(
    tx: &mut impl Reader,
    found: &Found,
    evaluated: &Evaluated,
) -> Result<Option<About>> {
    if found.plan.status == "draft" {
        return Ok(Some(About::plan(found, evaluated, None)));
    }
    match deployments::by_plan(tx, found.plan.id).await?.filter(|run| run.status == "queued") {
        Some(run) => Ok(Some(About::deployment(tx, &run).await?)),
        None => Ok(None),
    }
}
