//! Why not now: what the gates say of a plan or a deployment, for page, API and command line.

use super::approvals::{about, asking, may_ask, may_decide, open, to_ask};
use super::forecast::along;
use super::park::frozen_meanwhile;
use super::start::{frozen, to_override};
use super::subject::About;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::deployments::list::is_prepared;
use crate::deployments::show::visible;
use crate::error::Result;
use crate::maintenance;
use crate::plans::Found;
use crate::plans::evaluate::{Evaluated, evaluate};
use crate::view::{DecisionView, DeploymentGates, PlanGates};
use domain::gate::{Rule, difference};
use domain::id::{DeploymentId, InfrastructureId, PlanId};
use domain::setting::drift;
use storage::{Reader, approvals, parked};

impl Console {
    /// What the gates say of a plan: of a draft as it would be started now, of one that was started as long as it does not run.
    ///
    /// # Errors
    /// The plan is not there for the caller.
    pub async fn plan_gates(&self, caller: &Caller, infrastructure: &str, id: PlanId) -> Result<PlanGates> {
        self.traced(caller, "plan.gates", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let found = self.find_plan(&mut tx, caller, home.id, id).await?;
            let evaluated = evaluate(&mut tx, &found).await?;
            let mut gates = self.gates_of(&mut tx, caller, home.id, &found, &evaluated).await?;
            gates.reasons = self.reasons(&mut tx, caller, &home, &found, &evaluated).await?;
            Ok(gates)
        })
        .await
    }

    /// The same, for a plan's page.
    pub(crate) async fn gates_of(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: InfrastructureId,
        found: &Found,
        evaluated: &Evaluated,
    ) -> Result<PlanGates> {
        let now = self.now();
        let open = open(tx, found, evaluated).await?;
        let (mut answers, mut earliest, mut override_freezes, mut check) = (Vec::new(), None, None, None);
        let mut forecast = Vec::new();
        if let Some(about) = about(tx, found, evaluated).await? {
            let subject = about.subject(tx, now).await?;
            answers = subject.explain(now);
            earliest = Some(subject.earliest(now)).filter(|at| *at > now);
            forecast = along(tx, caller, found, (&about, &subject), now).await?;
            if !frozen(&subject.holds(now)).is_empty() {
                override_freezes =
                    Some(self.may_override(tx, caller, home, found.target.name.as_str()).await?);
            }
            if found.plan.status == "draft" && subject.rules.iter().any(Rule::is_check) {
                let right = self.permit(tx, caller, home, &found.to_edit(), "check the stage before").await;
                check = Some(possible(right.map(drop))?);
            }
        }
        let asking = asking(tx, found, evaluated).await?;
        let asked = approvals::request(tx, found.plan.id).await?;
        let ask = if found.plan.status == "draft" && !asking.is_empty() {
            let right = self
                .permit(tx, caller, home, &to_ask(found, evaluated), "ask for the approval of this plan")
                .await;
            let asks = right.map(drop).and_then(|()| may_ask(found, evaluated, asking.len()));
            Some(possible(asks)?)
        } else {
            None
        };
        let decide = if asked.is_some() && open.is_some() && !asking.is_empty() {
            Some(possible(may_decide(tx, caller, found, &asking).await.map(drop))?)
        } else {
            None
        };
        let mut decisions = Vec::new();
        // Of those who approved what counts, the latest has seen the newest values.
        let mut seen = false;
        for row in approvals::of_plan(tx, found.plan.id).await?.into_iter().rev() {
            let counts = open.as_ref().is_none_or(|(digest, _)| *digest == row.digest);
            let changed = match &open {
                Some((_, canonical)) if !counts => difference(&row.canonical, canonical),
                _ => Vec::new(),
            };
            let newest = counts && row.approves && found.plan.status == "draft" && !seen;
            seen |= newest;
            let drift = if newest { drift(&row.settings, &evaluated.counting) } else { Vec::new() };
            decisions.push(DecisionView {
                by: row.user_name,
                approves: row.approves,
                words: row.words,
                at: row.at,
                changed,
                drift,
                counts,
            });
        }
        let asked = asked.map(|row| (row.asked_at, row.asked_by));
        let digest = open.map(|(digest, _)| digest.to_string());
        Ok(PlanGates {
            answers,
            earliest,
            asked,
            digest,
            decisions,
            ask,
            decide,
            override_freezes,
            check,
            forecast,
            reasons: Vec::new(),
        })
    }

    /// Why a deployment does not begin yet: its gates, or what is before it.
    ///
    /// # Errors
    /// The deployment is not there for the caller.
    pub async fn deployment_gates(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
    ) -> Result<DeploymentGates> {
        self.traced(caller, "deployment.gates", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let (row, target, _) = visible(self, &mut tx, caller, home.id, id).await?;
            let now = self.now();
            let mut page = DeploymentGates {
                queued: row.status == "queued",
                sentence: row.message.clone(),
                answers: Vec::new(),
                earliest: None,
                expires_at: None,
                position: None,
                behind: None,
                override_freezes: None,
            };
            if is_prepared(&row) {
                page.answers = frozen_meanwhile(&mut tx, &row, now).await?;
                if !frozen(&page.answers).is_empty() {
                    page.sentence = super::message(&page.answers);
                    page.override_freezes =
                        Some(self.may_override(&mut tx, caller, home.id, target.name.as_str()).await?);
                }
                return Ok(page);
            }
            if !page.queued {
                return Ok(page);
            }
            let subject = About::deployment(&mut tx, &row).await?.subject(&mut tx, now).await?;
            let mut holds = subject.holds(now);
            let maintained = maintenance::answer(&mut tx, row.target_id).await?;
            holds.extend(maintained.clone());
            page.earliest = Some(subject.earliest(now)).filter(|at| *at > now);
            page.expires_at = parked::of(&mut tx, id).await?.and_then(|row| row.expires_at);
            if !frozen(&holds).is_empty() {
                page.override_freezes =
                    Some(self.may_override(&mut tx, caller, home.id, target.name.as_str()).await?);
            }
            page.answers = subject.explain(now);
            page.answers.extend(maintained);
            if holds.is_empty() {
                if let Some(waiting) = self.waiting(&mut tx, caller, &row).await? {
                    page.sentence = waiting.sentence;
                    page.position = Some(waiting.position);
                    page.behind = waiting.behind;
                }
            } else {
                page.sentence = super::message(&holds);
            }
            Ok(page)
        })
        .await
    }

    async fn may_override(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: InfrastructureId,
        target: &str,
    ) -> Result<crate::view::Possible> {
        let doing = format!("override the freeze of {target}");
        possible(self.permit(tx, caller, home, &to_override(home), &doing).await.map(drop))
    }
}
