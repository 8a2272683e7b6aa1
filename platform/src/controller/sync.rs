//! The long poll: heartbeat, reports and request for work in one.

use super::decide::{Decision, decide};
use super::{Controller, console::ConsoleError};
use crate::catalog::CatalogError;
use crate::services::beating;
use domain::architecture::words::Service;
use domain::protocol::{Farm, PROTOCOL, SyncRequest, SyncResponse, Task, TaskOutcome, TaskReport};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How long the console may hold a request, seconds. Each request is a sign of life, and three of them fit into the silence after which the
/// console knows nothing of an environment any more.
const HOLD: u32 = 5;
/// Progress is told at most this often.
const PROGRESS: Duration = Duration::from_millis(500);
/// Requests never follow each other faster.
const LEAST: Duration = Duration::from_millis(50);
/// Pause after the journal could not be read.
const JOURNAL: Duration = Duration::from_secs(1);
/// Longest pause after failures: a console that comes back hears of every environment before it takes it for silent.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// The same where the console knows no key of this server: each request is an entry in its audit log.
const UNKNOWN: Duration = Duration::from_secs(30);

impl Controller {
    /// Works until the process ends or the future is dropped: carries on with what was begun, then asks the console for more.
    pub async fn run(self) {
        let _ends_with_this = self.inner.stop.clone().drop_guard();
        let looks = self.inner.stop.clone().run_until_cancelled_owned(self.clone().look_after_members());
        let looking = tokio::spawn(looks);
        // It works as long as both of its loops do.
        let beat = || {
            if !looking.is_finished() {
                self.inner.api.services.beat(Service::DeploymentController);
            }
        };
        match self.inner.catalog.open_tasks().await {
            Ok(open) => open.into_iter().for_each(|known| self.begin(known.task)),
            Err(error) => tracing::error!(%error, "the journal cannot be read"),
        }
        let (mut revision, mut failures) = (0, 0);
        loop {
            let began = Instant::now();
            let request = match self.request(revision).await {
                Ok(request) => request,
                Err(error) => {
                    // No beat meanwhile: without its journal the controller can do nothing.
                    tracing::error!(%error, "the journal cannot be read");
                    sleep(JOURNAL).await;
                    continue;
                }
            };
            let waiting = async {
                tokio::select! {
                    answer = self.inner.console.sync(&request) => Some(answer),
                    // A request that is dropped here loses nothing: reports and tasks both come again.
                    () = self.inner.urgent.notified() => None,
                    () = async { self.inner.progress.notified().await; sleep_until(began + PROGRESS).await } => None,
                }
            };
            match beating(&beat, waiting).await {
                Some(Ok(answer)) => {
                    if failures > 0 {
                        let _ = self.inner.log.add_event("console_back", String::new()).await;
                    }
                    failures = 0;
                    revision = answer.revision;
                    if answer.controller_epoch > self.inner.api.control.now().epoch {
                        self.inner.api.control.doubt();
                    }
                    self.forget_answers(&request);
                    self.inner.api.hear(&request.servers, &answer);
                    let stored = !answer.acknowledged.is_empty();
                    if let Err(error) = self.take(answer).await {
                        tracing::error!(%error, "what the console sent cannot be written into the journal");
                    }
                    // What is reported again and again must not keep both sides busy.
                    if !stored {
                        sleep_until(began + LEAST).await;
                    }
                }
                Some(Err(error)) => {
                    failures += 1;
                    if matches!(error, ConsoleError::Refused { status: 401 | 403, .. }) {
                        // Another front-end may control now.
                        self.inner.api.control.doubt();
                    }
                    beating(&beat, self.wait_after(failures, &error)).await;
                }
                None => {}
            }
        }
    }

    async fn wait_after(&self, failures: u32, error: &ConsoleError) {
        if failures == 1 {
            let _ = self.inner.log.add_event("console_lost", error.to_string()).await;
        }
        let pause = (Duration::from_millis(250) * (1 << failures.min(7)))
            .min(if matches!(error, ConsoleError::Refused { status: 401, .. }) { UNKNOWN } else { PAUSE_MAX })
            .mul_f64(crate::clock::jitter());
        tracing::warn!(%error, pause_ms = pause.as_millis(), "the console is asked again later");
        sleep(pause).await;
    }

    async fn request(&self, revision: u64) -> Result<SyncRequest, CatalogError> {
        let mut reports = self.inner.catalog.reports().await?;
        reports.extend(self.inner.answers.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        self.inner.api.services.beat(Service::DeploymentController);
        let ended = reports.iter().any(|report| report.outcome.is_final());
        Ok(SyncRequest {
            protocol: PROTOCOL,
            boot_id: self.inner.boot_id.clone(),
            reports,
            servers: self.all_statuses(),
            wait_seconds: if ended || self.inner.api.arriving.swap(false, Ordering::SeqCst) {
                0
            } else {
                HOLD
            },
            seen_revision: revision,
        })
    }

    fn forget_answers(&self, told: &SyncRequest) {
        let mut answers = self.inner.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|answer| !told.reports.contains(answer));
    }

    async fn take(&self, answer: SyncResponse) -> Result<(), CatalogError> {
        if self.inner.catalog.set_members(answer.members).await? {
            self.inner.api.look.notify_one();
        }
        if self.inner.api.turns.set(answer.farm) {
            self.inner.catalog.set_farm(answer.farm).await?;
            let Farm { drain_seconds, open_requests_seconds, .. } = answer.farm;
            self.inner.deployment.leaves_so(drain_seconds, open_requests_seconds);
        }
        self.inner.catalog.acknowledge(answer.acknowledged).await?;
        answer.questions.into_iter().for_each(|question| self.relay(question));
        for task in answer.tasks {
            self.receive(task).await?;
        }
        Ok(())
    }

    /// One task that came in. Nothing is begun before it is in the journal.
    async fn receive(&self, task: Task) -> Result<(), CatalogError> {
        let catalog = &self.inner.catalog;
        let known = catalog.task(&task.key).await?;
        match decide(&task, known.is_some(), catalog.highest_fence(task.action.application()).await?) {
            Decision::Answer(outcome) => self.answer(&task, outcome),
            Decision::Adopt => {
                let _ = catalog.raise_fence(task.action.application(), task.fence).await?;
                if known.as_ref().is_none_or(|k| k.state.is_final() || k.task.fence != task.fence) {
                    catalog.readopt_task(&task.key, task.fence).await?;
                    self.inner.urgent.notify_one();
                }
                if let Some(known) = known.filter(|k| !k.state.is_final()) {
                    self.begin(known.task);
                }
            }
            Decision::Begin => {
                if catalog.raise_fence(task.action.application(), task.fence).await?.is_ok() {
                    catalog.add_task(&task).await?;
                    self.begin(task);
                }
            }
        }
        Ok(())
    }

    fn answer(&self, task: &Task, outcome: TaskOutcome) {
        let report = TaskReport { key: task.key.clone(), fence: task.fence, outcome, lines: Vec::new() };
        let mut answers = self.inner.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|other| other.key != report.key);
        answers.push(report);
        self.inner.urgent.notify_one();
    }
}
