//! Starting a plan: the one moment in which it is fixed. What is run is what the person saw, by its digest.

use super::edit;
use super::errors::{Continue, accepted};
use super::evaluate::evaluate;
use super::show::{outside, to_start};
use super::sight::Sight;
use crate::applications::tag;
use crate::console::{Caller, Console};
use crate::content::Placed;
use crate::deployments::begin::{Run, begin, way};
use crate::door::Attempt;
use crate::error::{OperationError, Result};
use crate::gates::start::{Starting, changed};
use crate::gates::{StartInput, reviews};
use crate::infrastructure::topic;
use crate::people::set_up::field;
use crate::pipelines;
use crate::view::PlanOperation;
use domain::access::Requirement;
use domain::audit::Object;
use domain::deployment::{OnFailure, Release, RunItem};
use domain::environment::{Purpose, Reason};
use domain::id::{DeploymentId, PlanId};
use domain::plan::{Contents, conflicts_digest, order};
use domain::protocol::LogLevel;
use domain::text::Key;
use serde_json::json;
use std::slice;
use storage::journal;
use storage::journal::NewLine;
use storage::plans::PlanRow;

impl Console {
    /// Starts a plan whose digest the caller saw.
    ///
    /// # Errors
    /// As [`Self::start_plan_with`] where nothing else is given.
    pub async fn start_plan(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: PlanId,
        digest: &str,
    ) -> Result<DeploymentId> {
        self.start_plan_with(caller, infrastructure, id, &StartInput::now(digest, "")).await
    }

    /// Starts a plan whose digest the caller saw, at once or at a time that was chosen. Where its hop is no pipeline's, that needs “Promote
    /// Outside Pipelines” and a reason; where something would be broken, a right of its own, a reason, and that just these conflicts are
    /// accepted. A freeze parks it, unless it is overridden with a right and a reason of its own. The log keeps all reasons.
    ///
    /// # Errors
    /// The plan changed since, there are conflicts, a gate is open, a right is missing, or a reason; every reason against it is in the
    /// sentence.
    pub async fn start_plan_with(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: PlanId,
        input: &StartInput,
    ) -> Result<DeploymentId> {
        let (digest, reason) = (input.digest.as_str(), input.reason.as_str());
        let attempt = Attempt::within(infrastructure, "deployment.start", Object::new("plan", id, "Plan"));
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let found = self.find_plan(&mut pending, caller, home.id, id).await?;
            let evaluated = evaluate(&mut pending, &found).await?;
            let needed = to_start(&found, &evaluated);
            if let Some(first) =
                self.refused(&mut pending, caller, home.id, &needed).await?.into_iter().next()
            {
                return Err(first);
            }
            if evaluated.digest.to_string() != digest {
                evaluated.blocks.refuse_what_was_held()?;
                return Err(changed(input, &evaluated.canonical));
            }
            let starting = Starting::ask(&mut pending, self.now(), (&found, &evaluated), input).await?;
            let mut reasons = self.reasons(&mut pending, caller, &home, &found, &evaluated).await?;
            reasons.extend(starting.refusals(self.now()));
            if !reasons.is_empty() {
                let all = reasons.iter().map(|r| r.sentence.as_str()).collect::<Vec<_>>().join(" ");
                return Err(OperationError::conflict(all));
            }
            let target = found.target.name.as_str();
            let accepted = accepted(target, &evaluated, input)?;
            // Design 8: by API the recorded reason says so.
            let accepted = accepted.map(|reason| match caller.origin.token {
                Some(_) => format!("{reason} (over the API)"),
                None => reason.to_string(),
            });
            let sight = Sight::load(self, &mut pending, caller, (&found, &evaluated)).await?;
            let errors = evaluated.errors(target, &sight);
            let outside = outside(&mut pending, &found, &evaluated).await?;
            let (from, to) = (found.source.name.as_str(), found.target.name.as_str());
            let reason = match pipelines::sentence(&outside, from, to) {
                None => None,
                Some(sentence) if reason.trim().is_empty() => {
                    return Err(OperationError::invalid(
                        "reason",
                        format!("{sentence} Say why it is to go there."),
                    ));
                }
                Some(_) => Some(field::<Reason>("reason", reason)?),
            };
            let mut needed = needed;
            if reason.is_some() {
                needed.push((pipelines::to_leave(home.id), format!("promote from {from} to {to}")));
            }
            if let Continue::Possible { needed: rights } =
                self.may_continue(&mut pending, caller, home.id, target, &evaluated).await?
            {
                needed.extend(rights.into_iter().map(|right| (right, "continue with errors".to_owned())));
            }
            needed.extend(starting.needs(home.id, to));
            let every = Requirement::All(needed.into_iter().map(|(requirement, _)| requirement).collect());
            let doing = format!("deploy into {}", found.target.name);
            let way = way(&mut pending, &found.target, run_items(&evaluated)?).await?;
            for line in &evaluated.lines {
                if let (PlanOperation::TagAndDeploy(number), Some(placed)) =
                    (&line.operation, evaluated.source.get(&line.key))
                {
                    tag::may_tag(&mut pending, placed.application.id, &placed.state, *number).await?;
                }
            }
            let grant = self.permit(&mut pending, caller, home.id, &every, &doing).await?;
            if found.target.purpose == Purpose::Production {
                self.proved(caller, &doing)?;
            }

            let mut tx = pending.authorised(grant);
            for line in &evaluated.lines {
                if let (PlanOperation::TagAndDeploy(number), Some(placed)) =
                    (&line.operation, evaluated.source.get(&line.key))
                {
                    let log = found.plan.notes.chars().take(tag::CHANGE_LOG).collect::<String>();
                    tag::insert(self, &mut tx, caller, &found.source, &placed.state, *number, &log).await?;
                }
            }
            let items = way.items;
            let conflicts = evaluated.conflicts.iter().filter(|conflict| conflict.kind.is_error());
            let conflicts = conflicts.map(|one| conflicts_digest(slice::from_ref(one))).collect();
            let run = Run {
                infrastructure: &home,
                plan: Some((id, evaluated.digest)),
                name: found.plan.name.clone(),
                source: Some(&found.source),
                target: &found.target,
                items: items.clone(),
                servers: way.servers,
                waits: way.waits,
                out_at_once: way.out_at_once,
                on_failure: OnFailure::of_word(&found.plan.on_failure).unwrap_or_default(),
                rolls_back: None,
                settings: evaluated.settings.clone(),
                applies_settings: false,
                catches_up: false,
                accepted: conflicts,
            };
            let deployment = begin(self, &mut tx, caller, run).await?;
            if let Some(reason) = &accepted {
                let errors = errors.join(" ");
                let message =
                    format!("{} started it in spite of its conflicts: {reason} {errors}", caller.name);
                let line = NewLine::own(deployment, self.now(), LogLevel::Warning, &message);
                journal::append_line_with(&mut tx, &line).await?;
                let act = (reviews::CONFLICTS, reason.as_str());
                reviews::note(self, &mut tx, caller, (home.id, deployment), act).await?;
            }
            let gated = starting.entry();
            starting.begun(self, &mut tx, caller, (home.id, deployment)).await?;
            let plan = PlanRow {
                status: "started".to_owned(),
                digest: digest.to_owned(),
                updated_at: self.now(),
                ..found.plan.clone()
            };
            edit::store(&mut tx, &plan).await?;
            tx.notice(&edit::topic(id), id);
            tx.notice(&topic(home.key.as_str()), deployment);
            let object = Object::new("deployment", deployment, &found.plan.name);
            let mut entry = self.entry(caller, "deployment.start", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("plan", id, &found.plan.name)];
            entry.related.push(Object::new("environment", found.target.id, found.target.name.as_str()));
            entry.related.extend(items.iter().map(|i| Object::new("application", i.application, &i.name)));
            let label = |release: &Option<Release>| release.as_ref().map(Release::label);
            entry.before = json!({
                "applications": items.iter().map(|i| json!([i.name, label(&i.before)])).collect::<Vec<_>>(),
            });
            entry.after = json!({
                "digest": digest, "source": found.source.name, "target": found.target.name,
                "applications": items.iter().map(|i| json!([i.name, label(&i.after)])).collect::<Vec<_>>(),
            });
            let set = evaluated.set_entries();
            if let (false, Some(after)) = (set.is_empty(), entry.after.as_object_mut()) {
                after.insert("settings".to_owned(), json!(set));
            }
            if let (Some(reason), Some(after)) = (&reason, entry.after.as_object_mut()) {
                after.insert("outside_pipelines".to_owned(), json!(reason));
            }
            if let (Some(reason), Some(after)) = (&accepted, entry.after.as_object_mut()) {
                after.insert("in_spite_of".to_owned(), json!(errors));
                after.insert("because".to_owned(), json!(reason));
            }
            if let Some(after) = entry.after.as_object_mut() {
                after.extend(gated.into_iter().map(|(name, value)| (name.to_owned(), value)));
            }
            tx.commit(entry).await?;
            Ok(deployment)
        })
        .await
    }
}

/// The items of a run in the order of activation: producers first.
pub(super) fn run_items(evaluated: &super::evaluate::Evaluated) -> Result<Vec<RunItem>> {
    let mut contents = Contents::new();
    for item in &evaluated.items {
        let line = evaluated.lines.iter().find(|line| line.key == item.key);
        let next = line.and_then(|line| line.next.as_ref()).map(|next| next.content.clone());
        let now = evaluated.before.get(&item.key).map(|placed| placed.content.clone());
        if let Some(content) = next.or(now) {
            contents.insert(item.key.clone(), content);
        }
    }
    let mut all = Vec::new();
    for key in order(&contents) {
        if let Some(item) = evaluated.items.iter().find(|item| item.key == key) {
            all.push(run_item(evaluated, item.application, &key));
        }
    }
    Ok(all)
}

fn run_item(
    evaluated: &super::evaluate::Evaluated,
    application: domain::id::ApplicationId,
    key: &Key,
) -> RunItem {
    let line = evaluated.lines.iter().find(|line| line.key == *key);
    let before = evaluated.before.get(key).map(Placed::release);
    let after = line.and_then(|line| line.next.as_ref()).map(|next| Release {
        sha256: next.content.sha256,
        size: next.revision.size,
        number: next.number,
    });
    let name = line.map_or_else(|| key.to_string(), |line| line.application.name.clone());
    RunItem { application, key: key.clone(), name, before, after, zone: None }
}
