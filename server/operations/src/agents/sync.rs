//! The sync of a controller: heartbeat, reports and request for work in one, held while there is nothing to say.

use super::enrol::speaks;
use super::identify::REVOKED;
use crate::console::{Caller, Console};
use crate::deployments::catch_up::{Behind, behind};
use crate::deployments::list::standing;
use crate::deployments::ways::farm;
use crate::deployments::{topic, work_topic};
use crate::door::fault;
use crate::engine::micros;
use crate::error::{OperationError, Result};
use domain::deployment::StepState;
use domain::id::{EnvironmentId, ServerId};
use domain::protocol::{
    LogLevel, Member, ServerStatus, ServiceStatus, SyncRequest, SyncResponse, Task, TaskAction, TaskOutcome,
    TaskReport,
};
use domain::time::SECOND;
use domain::timeline::{Kind, Reported, between};
use storage::deployments::StepRow;
use storage::events::EventRow;
use storage::journal::{NewLine, StepPatch};
use storage::servers::ServerStateRow;
use storage::{Reader, changes, deployments, environments, events, infrastructures, journal, servers};
use tokio::sync::broadcast;

impl Console {
    /// One sync.
    ///
    /// # Errors
    /// The caller is not the deployment controller of an environment, or speaks another protocol.
    pub async fn sync(&self, caller: &Caller, request: SyncRequest) -> Result<SyncResponse> {
        self.traced(caller, "server.sync", async {
            speaks(request.protocol)?;
            let (server, environment) = self.platform_server(caller)?;
            controls(&mut self.store().read().await?, server, environment).await?;
            let acknowledged = self.take_reports(environment, &request.reports).await?;
            self.take_statuses(environment, &request).await?;
            let mut news = self.store().changes();
            let wait = i64::from(request.wait_seconds.min(self.settings().long_poll_seconds)) * SECOND;
            let until = tokio::time::Instant::now() + micros(wait);
            let work = work_topic(environment);
            let ended = request.reports.iter().any(|report| report.outcome.is_final());
            let mut looked = false;
            loop {
                let (answer, late) =
                    self.answer((server, environment), acknowledged.clone(), &request.servers).await?;
                // Whoever calls has to hear of its work all the same.
                if !std::mem::replace(&mut looked, true)
                    && let Err(error) = self.bring_up_to_date(environment, late, &request.servers).await
                {
                    tracing::warn!(%environment, %error, "front-ends that are behind could not be brought up to date");
                }
                // Progress alone is no reason: the controller would report it again at once, and so on in a circle.
                if answer.revision > request.seen_revision || ended {
                    return Ok(answer);
                }
                tokio::select! {
                    () = tokio::time::sleep_until(until) => return Ok(answer),
                    () = heard(&mut news, &work) => {}
                }
            }
        })
        .await
    }

    /// Writes what was reported into the journal. What is stored need not be reported again.
    async fn take_reports(&self, environment: EnvironmentId, reports: &[TaskReport]) -> Result<Vec<String>> {
        let mut acknowledged = Vec::new();
        for report in reports {
            let mut tx = self.store().journal().await?;
            let step = journal::step_by_key(&mut tx, &report.key).await?;
            let run = match &step {
                Some(step) => deployments::by_id(&mut tx, step.deployment_id).await?,
                None => None,
            };
            // A controller speaks for its own environment only.
            let (Some(step), Some(run)) = (step, run.filter(|run| run.target_id == environment)) else {
                acknowledged.push(report.key.clone());
                continue;
            };
            let fence = run.fence;
            for line in &report.lines {
                let message: String = line.message.chars().take(2000).collect();
                let new = NewLine {
                    deployment: run.id,
                    at: line.at,
                    level: line.level.word(),
                    ordinal: Some(step.ordinal),
                    source: Some((&report.key, line.number)),
                    message: &message,
                };
                journal::append_line(&mut tx, &new).await?;
            }
            let state = standing(&step).state;
            if matches!(state, StepState::Dispatched | StepState::Uncertain) && report.fence <= fence {
                let patch = patch(&report.outcome, state, self.now());
                journal::step_state(&mut tx, run.id, step.ordinal, &step.phase, fence, &patch).await?;
                if let TaskOutcome::Failed { reason } = &report.outcome {
                    let new = NewLine {
                        deployment: run.id,
                        at: self.now(),
                        level: LogLevel::Error.word(),
                        ordinal: Some(step.ordinal),
                        source: None,
                        message: &format!("{}: {reason}", step.title),
                    };
                    journal::append_line(&mut tx, &new).await?;
                }
            }
            tx.notice(&topic(run.id), run.id);
            tx.commit(self.now()).await?;
            if report.outcome.is_final() {
                acknowledged.push(report.key.clone());
            }
        }
        Ok(acknowledged)
    }

    /// Keeps what the controller knows of its front-ends. Screens are told only if something is different.
    async fn take_statuses(&self, environment: EnvironmentId, request: &SyncRequest) -> Result<()> {
        let mut tx = self.store().heartbeat().await?;
        let own = servers::of_environment(&mut tx, environment).await?;
        let before = servers::states_of(&mut tx, environment).await?;
        let now = self.now();
        let mut changed = false;
        for status in request.servers.iter().filter(|status| own.iter().any(|row| row.id == status.server)) {
            let json = |error: serde_json::Error| fault(format!("a status cannot be written: {error}"));
            let old = before.iter().find(|old| old.server_id == status.server);
            // A controller that has not reached a front-end yet knows nothing of it, which is no news.
            // What one said that does not answer may be older than its enrolment.
            let told = |said: &str, known: fn(&ServerStateRow) -> &String| match old {
                Some(old) if said.is_empty() || !(status.reachable || known(old).is_empty()) => {
                    known(old).clone()
                }
                _ => said.to_owned(),
            };
            let row = ServerStateRow {
                server_id: status.server,
                seen_at: now,
                boot_id: request.boot_id.clone(),
                version: told(&status.version, |old| &old.version),
                reachable: status.reachable,
                public_address: told(&status.public_address, |old| &old.public_address),
                api_address: told(&status.api_address, |old| &old.api_address),
                services: serde_json::to_string(&status.services).map_err(json)?,
                applications: serde_json::to_string(&status.applications).map_err(json)?,
            };
            let silent = |old: &ServerStateRow| now.since(old.seen_at) > domain::environment::SILENCE_MICROS;
            changed |= old.is_none_or(|old| {
                let same = ServerStateRow { seen_at: old.seen_at, ..row.clone() } == *old;
                !same || silent(old)
            });
            servers::put_state(&mut tx, &row).await?;
            let Some(server) = own.iter().find(|each| each.id == status.server) else { continue };
            let services: Option<Vec<ServiceStatus>> =
                old.map(|old| serde_json::from_str(&old.services).unwrap_or_default());
            let was = old
                .zip(services.as_ref())
                .map(|(old, services)| Reported { reachable: old.reachable, services });
            let is = Reported { reachable: status.reachable, services: &status.services };
            let mut happened = between(was, is);
            // It may have come back before anybody told that it was silent, or this console may have been away itself.
            if server.is_controller
                && old.is_some_and(silent)
                && events::is_silent(&mut tx, environment).await?
            {
                happened.insert(0, (Kind::Heard, String::new()));
            }
            for (kind, detail) in happened {
                let subject = if kind == Kind::Heard { String::new() } else { server.name.to_string() };
                let row =
                    EventRow { id: self.id(), environment_id: environment, at: now, kind, subject, detail };
                events::insert(&mut tx, &row).await?;
            }
        }
        if changed
            && let Some(place) = environments::by_id(&mut tx, environment).await?
            && let Some(home) = infrastructures::by_id(&mut tx, place.infrastructure_id).await?
        {
            tx.notice(&crate::infrastructure::topic(home.key.as_str()), environment);
        }
        tx.commit(self.now()).await?;
        Ok(())
    }

    async fn answer(
        &self,
        (server, environment): (ServerId, EnvironmentId),
        acknowledged: Vec<String>,
        statuses: &[ServerStatus],
    ) -> Result<(SyncResponse, Vec<Behind>)> {
        let mut tx = self.store().read().await?;
        // It may have been replaced or revoked while it waited.
        controls(&mut tx, server, environment).await?;
        let revision = changes::latest_of(&mut tx, &work_topic(environment)).await?;
        let place = environments::by_id(&mut tx, environment)
            .await?
            .ok_or_else(|| fault("a Platform Server of a missing environment"))?;
        let controller_epoch = servers::controller_epoch(&mut tx, environment).await?;
        let states = servers::states_of(&mut tx, environment).await?;
        let late = behind(&mut tx, environment, statuses, self.now()).await?;
        let mut members = Vec::new();
        let rows = servers::of_environment(&mut tx, environment).await?;
        // Of one that was revoked the controller is not told: it speaks to it no more.
        for row in rows.into_iter().filter(|row| row.revoked_at.is_none()) {
            let state = states.iter().find(|state| state.server_id == row.id);
            members.push(Member {
                server: row.id,
                name: row.name.to_string(),
                api_address: state.map(|state| state.api_address.clone()).unwrap_or_default(),
                catches_up: late.iter().any(|one| one.server == row.id),
                public_key: row.public_key,
            });
        }
        let farm = farm(&mut tx, environment, members.len()).await?;
        let mut tasks = Vec::new();
        let mut shut = Vec::new();
        for step in journal::open_tasks(&mut tx, environment).await? {
            let mut action = serde_json::from_str(&step.action)
                .map_err(|error| fault(format!("step {} cannot be read: {error}", step.key)))?;
            // What is only asked about needs no values.
            if let (TaskAction::Activate { settings, .. }, false) =
                (&mut action, step.state == StepState::Uncertain.word())
            {
                match self.values_of_step(&mut tx, environment, &step).await? {
                    Ok(values) => *settings = values,
                    Err(reason) => {
                        shut.push((step, reason));
                        continue;
                    }
                }
            }
            tasks.push(Task {
                key: step.key,
                fence: step.fence,
                deployment: step.deployment_id,
                inquiry: step.state == StepState::Uncertain.word(),
                action,
            });
        }
        let questions = self.questions_to(&mut tx, environment).await?;
        drop(tx);
        for (step, reason) in &shut {
            self.fail_shut(step, reason).await?;
        }
        let answer = SyncResponse {
            environment_name: place.name.to_string(),
            members,
            farm,
            tasks,
            acknowledged,
            server_time: self.now(),
            revision,
            questions,
            controller_epoch,
        };
        Ok((answer, late))
    }
}

impl Console {
    /// Ends a step that cannot be handed out, since a secret that it needs does not open.
    async fn fail_shut(&self, step: &StepRow, reason: &str) -> Result<()> {
        let mut tx = self.store().journal().await?;
        let Some(run) = deployments::by_id(&mut tx, step.deployment_id).await? else { return Ok(()) };
        let outcome = TaskOutcome::Failed { reason: reason.to_owned() };
        let patch = patch(&outcome, StepState::Dispatched, self.now());
        journal::step_state(&mut tx, run.id, step.ordinal, &step.phase, run.fence, &patch).await?;
        let message = format!("{}: {reason}", step.title);
        journal::append_line(&mut tx, &NewLine::own(run.id, self.now(), LogLevel::Error, &message)).await?;
        tx.notice(&topic(run.id), run.id);
        tx.commit(self.now()).await?;
        Ok(())
    }
}

/// Refuses a server that does not control its environment now.
pub(super) async fn controls(
    tx: &mut impl Reader,
    server: ServerId,
    environment: EnvironmentId,
) -> Result<()> {
    let controller = servers::controller_of(tx, environment).await?;
    let lifted = "This front-end gets its work from the controller.";
    match controller {
        Some(row) if row.id != server => Err(OperationError::denied(
            format!("Only the deployment controller takes work from the console; it is {} now.", row.name),
            lifted,
        )),
        Some(row) if row.public_key.is_none() => {
            Err(OperationError::sign_in(REVOKED, "Enrol the Platform Server again."))
        }
        Some(_) => Ok(()),
        None => Err(OperationError::denied(
            "Only the deployment controller takes work from the console; this environment has none now.",
            lifted,
        )),
    }
}

fn word(state: StepState) -> Option<String> {
    Some(state.word().to_owned())
}

/// What a report makes of a step.
fn patch(outcome: &TaskOutcome, state: StepState, now: domain::time::Timestamp) -> StepPatch {
    match outcome {
        // The answer to an inquiry: it was never begun, so it is given out anew.
        TaskOutcome::Unknown if state == StepState::Uncertain => {
            StepPatch { state: word(StepState::Pending), ..StepPatch::default() }
        }
        TaskOutcome::Unknown => StepPatch::default(),
        TaskOutcome::Running { done, total } => StepPatch {
            state: word(StepState::Dispatched),
            done: Some(*done),
            total: Some(*total),
            ..StepPatch::default()
        },
        TaskOutcome::Done => {
            StepPatch { state: word(StepState::Done), finished_at: Some(now), ..StepPatch::default() }
        }
        TaskOutcome::Failed { reason } => StepPatch {
            state: word(StepState::Failed),
            reason: Some(reason.chars().take(2000).collect()),
            finished_at: Some(now),
            ..StepPatch::default()
        },
        // Another console has a higher fence; its own reports count.
        TaskOutcome::Fenced { .. } => StepPatch::default(),
    }
}

pub(super) async fn heard(news: &mut broadcast::Receiver<storage::Change>, topic: &str) {
    loop {
        match news.recv().await {
            Ok(change) if change.topic == topic => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
