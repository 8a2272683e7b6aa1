//! One deployment: its steps, its progress, its log, and where what it brought opens.

use super::begin::RunPlan;
use super::catch_up::to_leave_out;
use super::decide::failed_step;
use super::list::{has_finished, listed};
use super::stages::to_decide;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::{fault, on};
use crate::environments::{Seen, addresses_of};
use crate::error::{OperationError, Result};
use crate::settings::snapshot;
use crate::view::{
    ApplicationRef, DeployedApplication, DeploymentPage, LineView, LogCounts, StepView, Waits,
};
use domain::access::{Requirement, Right};
use domain::deployment::{Decision, Phase, StepState};
use domain::id::{DeploymentId, InfrastructureId};
use domain::protocol::LogLevel;
use domain::time::Timestamp;
use storage::deployments::{DeploymentRow, LineCount};
use storage::environments::EnvironmentRow;
use storage::{Reader, applications, deployments, environments, settings};

/// Lines of the log on the page; all of them are in the database.
const LINES: u32 = 500;

/// A deployment that the caller may see, its target and what it carries out; one that they may not see is not there.
pub(crate) async fn visible(
    console: &Console,
    tx: &mut impl Reader,
    caller: &Caller,
    home: InfrastructureId,
    id: DeploymentId,
) -> Result<(DeploymentRow, EnvironmentRow, RunPlan)> {
    let missing = || OperationError::not_found("There is no such deployment here.");
    let row = deployments::by_id(tx, id).await?.filter(|row| row.infrastructure_id == home);
    let row = row.ok_or_else(missing)?;
    let plan = RunPlan::of(&row)?;
    let see = plan.items.iter().map(|item| on(item.application, row.target_id, Right::List)).collect();
    let seen = console.permit(tx, caller, home, &Requirement::Any(see), "see this deployment").await;
    seen.map_err(|error| match error {
        OperationError::Denied { sign_in: false, .. } => missing(),
        other => other,
    })?;
    let target = environments::by_id(tx, row.target_id).await?;
    Ok((row, target.ok_or_else(|| fault("a run without its target"))?, plan))
}

/// What is asked for of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploymentAsk {
    /// `info`, `warning` or `error`: lines of this level and above; all where none is named.
    pub level: Option<String>,
    /// Words that a line holds.
    pub words: Option<String>,
    /// Its way back, for which everything that runs in its target is looked at.
    pub way_back: bool,
}

impl DeploymentAsk {
    fn level(&self) -> Result<LogLevel> {
        let Some(word) = self.level.as_deref().filter(|word| !word.is_empty()) else {
            return Ok(LogLevel::Info);
        };
        let all = [LogLevel::Info, LogLevel::Warning, LogLevel::Error];
        all.into_iter().find(|level| level.word() == word).ok_or_else(|| {
            OperationError::invalid("level", "A level is info, warning or error; choose one of them.")
        })
    }
}

/// What a deployment waits for a person to decide.
async fn waits(tx: &mut impl Reader, row: &DeploymentRow, plan: &RunPlan) -> Result<Option<Waits>> {
    if row.status != "needs_attention" {
        return Ok(None);
    }
    if !row.suspended {
        return Ok(Some(Waits::SecondStage));
    }
    let step = failed_step(tx, row).await?;
    let out = to_leave_out(tx, row, plan, &step).await?;
    let names: Vec<_> = out.into_iter().map(|(_, name)| name).collect();
    Ok(Some(Waits::Failed {
        front_end: (!names.is_empty()).then(|| names.join(" and ")),
        back: row.decision.as_deref() == Some(Decision::RollBack.word()),
        step: step.title,
        reason: step.reason,
    }))
}

/// A time for machines, UTC.
fn utc(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

fn counts(rows: &[LineCount]) -> LogCounts {
    let of = |level: LogLevel| {
        rows.iter().filter(|row| row.level == level.word()).map(|row| row.lines).sum::<u64>()
    };
    LogCounts {
        lines: rows.iter().map(|row| row.lines).sum(),
        warnings: of(LogLevel::Warning),
        errors: of(LogLevel::Error),
    }
}

impl Console {
    /// The whole log of a deployment as text: time (UTC), level and message, a line for each.
    ///
    /// # Errors
    /// It is not there for the caller.
    pub async fn deployment_log(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
    ) -> Result<String> {
        self.traced(caller, "deployment.log", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            visible(self, &mut tx, caller, home.id, id).await?;
            let mut text = String::new();
            let mut after = 0;
            loop {
                let lines = deployments::lines(&mut tx, id, after, LINES).await?;
                let Some(last) = lines.last() else { return Ok(text) };
                after = last.number;
                for line in lines {
                    text.push_str(&format!("{}\t{}\t{}\n", utc(line.at), line.level, line.message));
                }
            }
        })
        .await
    }

    /// One deployment's page.
    ///
    /// # Errors
    /// It is not there for the caller.
    pub async fn deployment(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
    ) -> Result<DeploymentPage> {
        self.deployment_with(caller, infrastructure, id, &DeploymentAsk::default()).await
    }

    /// One deployment's page with the lines of its log that are asked for.
    ///
    /// # Errors
    /// It is not there for the caller, or the level is none.
    pub async fn deployment_with(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: DeploymentId,
        query: &DeploymentAsk,
    ) -> Result<DeploymentPage> {
        let level = query.level()?;
        self.traced(caller, "deployment.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let (row, target, plan) = visible(self, &mut tx, caller, home.id, id).await?;
            let decide = if row.finished_at.is_none() {
                let doing = if row.status == "needs_attention" { "let {} go on" } else { "abort {}" };
                let doing = doing.replace("{}", &row.name);
                let needed = to_decide(&plan, &row);
                Some(possible(self.permit(&mut tx, caller, home.id, &needed, &doing).await.map(drop))?)
            } else {
                None
            };
            let waits = waits(&mut tx, &row, &plan).await?;
            let way_back = match query.way_back {
                true => self.way_back(&mut tx, caller, &home, (&row, &target, &plan)).await?,
                false => None,
            };
            let related = self.related(&mut tx, &row).await?;
            let review = self.review(&mut tx, caller, &row).await?;
            let seen = Seen::load(&mut tx, row.target_id, self.now()).await?;
            let kept = settings::kept(&mut tx, &[id]).await?;
            let mut brought = Vec::new();
            for item in &plan.items {
                let application = applications::by_id(&mut tx, item.application).await?;
                let Some(application) = application else { continue };
                brought.push(DeployedApplication {
                    addresses: addresses_of(&seen, application.key.as_str(), None),
                    application: ApplicationRef::from(&application),
                    before: item.before.as_ref().map(domain::deployment::Release::label),
                    after: item.after.as_ref().map(domain::deployment::Release::label),
                    settings: snapshot::views(&kept, item.application),
                });
            }
            let steps = deployments::steps(&mut tx, id).await?;
            let steps = steps
                .into_iter()
                // A step back that was never needed is no news.
                .filter(|step| step.phase == Phase::Forward.word() || step.state != StepState::Pending.word())
                .map(|step| StepView {
                    ordinal: step.ordinal,
                    back: step.phase == Phase::Back.word(),
                    title: step.title,
                    server: step.server_id,
                    state: step.state,
                    done: step.done,
                    total: step.total,
                    reason: step.reason,
                    started_at: step.started_at,
                    finished_at: step.finished_at,
                })
                .collect();
            let log = counts(&deployments::count_lines(&mut tx, id).await?);
            let words = query.words.as_deref().unwrap_or_default();
            let lines = deployments::last_lines(&mut tx, id, LINES, level.word(), words).await?;
            let lines = lines
                .into_iter()
                .map(|line| LineView {
                    number: line.number,
                    at: line.at,
                    level: line.level,
                    message: line.message,
                })
                .collect();
            let listed = listed(&mut tx, home.id, std::slice::from_ref(&row), self.now()).await?;
            let mut listed = listed.into_iter().next().ok_or_else(|| fault("a deployment is not listed"))?;
            if row.status == "queued"
                && let Some(waiting) = self.waiting(&mut tx, caller, &row).await?
            {
                listed.message = waiting.sentence;
            }
            Ok(DeploymentPage {
                row: listed,
                plan: row.plan_id,
                digest: row.digest.clone(),
                started_at: row.started_at,
                steps,
                lines,
                log,
                applications: brought,
                servers: plan.servers,
                waits,
                decide,
                may_go_back: has_finished(&row),
                way_back,
                related,
                review,
            })
        })
        .await
    }
}
