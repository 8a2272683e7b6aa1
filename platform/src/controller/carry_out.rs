//! Carrying out one task, step by step through the journal. Every step may be done twice without harm, so a task that
//! was cut off is simply carried out again from its beginning.

use super::Controller;
use super::fetch::{FetchError, fetch};
use crate::catalog::{CatalogError, Member, TaskState, TaskUpdate};
use crate::deployment::{Switch, Switched};
use crate::release::{self, ReleaseError};
use crate::server_api::{ApiError, hash_of};
use crate::turns::Turn;
use domain::id::ServerId;
use domain::package::Limits;
use domain::protocol::{LogLevel, Task, TaskAction};
use domain::setting::Values;
use domain::text::{Key, Sha256, VersionNumber};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// How long a front-end may be out of reach before a step is given up that never got to it.
const REACH: Duration = Duration::from_secs(20);
/// Packages and bundles that stay in the cache.
const CACHED: usize = 40;

/// Why a task ended without effect.
#[derive(Debug, thiserror::Error)]
pub(super) enum TaskError {
    #[error("{0}")]
    Fetch(#[from] FetchError),
    #[error("{0}")]
    Release(#[from] ReleaseError),
    #[error("{0}.")]
    Api(#[from] ApiError),
    #[error("{0}")]
    Catalog(#[from] CatalogError),
    #[error("{0}")]
    Refused(String),
}

impl From<std::io::Error> for TaskError {
    fn from(error: std::io::Error) -> Self {
        Self::Refused(format!("The disk refused: {error}"))
    }
}

fn kilobytes(bytes: u64) -> String {
    format!("{} kB", bytes.div_ceil(1000))
}

impl Controller {
    /// Begins or goes on with a task, unless this process works on it already.
    pub(super) fn begin(&self, task: Task) {
        {
            let mut working = self.inner.working.lock().unwrap_or_else(PoisonError::into_inner);
            if !working.insert(task.key.clone()) {
                return;
            }
        }
        let controller = self.clone();
        let stop = self.inner.stop.clone();
        let work = async move {
            // A switch may wait for a front-end for ever; it must not keep the others waiting.
            let _slot = match task.action {
                TaskAction::Prepare { .. } => Some(controller.inner.slots.acquire().await),
                TaskAction::Activate { .. } | TaskAction::Deactivate { .. } => None,
            };
            let end = match controller.carry_out(&task).await {
                Ok(()) => TaskUpdate { state: Some(TaskState::Done), ..TaskUpdate::default() },
                Err(error) => TaskUpdate {
                    state: Some(TaskState::Failed),
                    reason: Some(error.to_string()),
                    ..TaskUpdate::default()
                },
            };
            if let Err(error) = controller.inner.catalog.update_task(&task.key, end).await {
                tracing::error!(%error, key = task.key, "the end of a task could not be written into the journal");
            }
            controller.inner.working.lock().unwrap_or_else(PoisonError::into_inner).remove(&task.key);
            controller.inner.urgent.notify_one();
            controller.inner.api.look.notify_one();
        };
        // Where another front-end controls, the task is its own from now on.
        tokio::spawn(stop.run_until_cancelled_owned(work));
    }

    async fn carry_out(&self, task: &Task) -> Result<(), TaskError> {
        match &task.action {
            TaskAction::Prepare { application, sha256, size, version, servers } => {
                self.prepare(&task.key, application, (*sha256, *size), *version, servers.as_ref()).await
            }
            TaskAction::Activate { server, application, sha256, settings } => {
                self.switch(task, *server, application, Some((*sha256, settings.clone()))).await
            }
            TaskAction::Deactivate { server, application } => {
                self.switch(task, *server, application, None).await
            }
        }
    }

    async fn step(&self, key: &str, state: TaskState, line: String) -> Result<(), CatalogError> {
        let update =
            TaskUpdate { state: Some(state), line: Some((LogLevel::Info, line)), ..TaskUpdate::default() };
        self.inner.catalog.update_task(key, update).await?;
        self.inner.progress.notify_one();
        Ok(())
    }

    pub(super) async fn note(&self, key: &str, level: LogLevel, line: String) -> Result<(), CatalogError> {
        let update = TaskUpdate { line: Some((level, line)), ..TaskUpdate::default() };
        self.inner.catalog.update_task(key, update).await?;
        self.inner.progress.notify_one();
        Ok(())
    }

    /// Tells how much of a package is there, as long as it is fetched.
    async fn tell(&self, key: &str, mut there: watch::Receiver<u64>, size: u64) -> Infallible {
        loop {
            sleep(Duration::from_millis(400)).await;
            if there.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            let have = *there.borrow_and_update();
            let update = TaskUpdate { progress: Some((have, size)), ..TaskUpdate::default() };
            if let Err(error) = self.inner.catalog.update_task(key, update).await {
                tracing::warn!(%error, "progress could not be written");
            }
            self.inner.progress.notify_one();
        }
    }

    async fn prepare(
        &self,
        key: &str,
        application: &Key,
        (sha256, size): (Sha256, u64),
        version: Option<VersionNumber>,
        servers: Option<&BTreeSet<ServerId>>,
    ) -> Result<(), TaskError> {
        if size > Limits::default().file_bytes {
            let most = Limits::default().file_bytes;
            return Err(TaskError::Refused(format!(
                "The package has {size} bytes; at most {most} are allowed."
            )));
        }
        let inner = &self.inner;
        let began = TaskUpdate {
            state: Some(TaskState::Fetching),
            progress: Some((0, size)),
            ..TaskUpdate::default()
        };
        inner.catalog.update_task(key, began).await?;
        let (progress, there) = watch::channel(0);
        let package = tokio::select! {
            package = fetch(&inner.console, &inner.folders, sha256, size, &progress) => package?,
            never = self.tell(key, there, size) => match never {},
        };
        let there =
            format!("The package of {application} is here: {}, SHA-256 {}.", kilobytes(size), sha256.short());
        self.step(key, TaskState::Verified, there).await?;
        let bundle = inner.folders.cached(&sha256, "bundle");
        let (folders, target, of) = (inner.folders.clone(), bundle.clone(), application.clone());
        let building = tokio::task::spawn_blocking(move || {
            release::build_bundle(&folders, &package, sha256, &of, version, &target)
        });
        let contents = building.await.map_err(|error| TaskError::Refused(error.to_string()))??;
        self.foretell(key, &contents, inner.folders.cached(&sha256, "oap")).await?;
        let variants = contents.files.iter().filter(|f| f.path.starts_with("variants/")).count();
        let files = contents.files.len() - variants;
        self.step(
            key,
            TaskState::Built,
            format!("Built once: files {files}, compressed variants {variants}."),
        )
        .await?;
        let names = self.stage(key, application, sha256, &bundle, servers).await?;
        self.step(key, TaskState::Staged, format!("Staged on {}; what runs is untouched.", names.join(", ")))
            .await?;
        let (folders, keep) = (inner.folders.clone(), bundle);
        let _ = tokio::task::spawn_blocking(move || trim_cache(&folders, &keep)).await;
        Ok(())
    }

    /// Stages a release on the front-ends that are named, or on all of the environment.
    async fn stage(
        &self,
        key: &str,
        application: &Key,
        sha256: Sha256,
        bundle: &std::path::Path,
        servers: Option<&BTreeSet<ServerId>>,
    ) -> Result<Vec<String>, TaskError> {
        let inner = &self.inner;
        let wanted = |server: &ServerId| servers.is_none_or(|servers| servers.contains(server));
        let mut names = Vec::new();
        if wanted(&inner.identity.server) {
            inner.deployment.stage(bundle).await?;
            names.push(inner.identity.server_name.clone());
        }
        let hash = hash_of(bundle).await?;
        let members = inner.catalog.members().await?;
        for member in members.iter().filter(|m| m.server != inner.identity.server && wanted(&m.server)) {
            known(member)?;
            let began = Instant::now();
            loop {
                match inner.members.stage(member, application, sha256, (bundle, hash)).await {
                    Ok(()) => break,
                    Err(error @ ApiError::Refused { .. }) => return Err(error.into()),
                    Err(error) if began.elapsed() > REACH => return Err(error.into()),
                    Err(error) => {
                        tracing::warn!(%error, key, "a release is pushed again");
                        sleep(Duration::from_secs(1)).await;
                    }
                }
            }
            names.push(member.name.clone());
        }
        Ok(names)
    }

    async fn switch(
        &self,
        task: &Task,
        server: ServerId,
        application: &Key,
        release: Option<(Sha256, Values)>,
    ) -> Result<(), TaskError> {
        let inner = &self.inner;
        let (sha256, settings) = release.unzip();
        let settings = settings.unwrap_or_default();
        // The fence may have grown since the task was begun; what a front-end is told is the newest.
        let known_task = inner.catalog.task(&task.key).await?;
        let uncertain = known_task.as_ref().is_some_and(|known| known.state >= TaskState::Activating);
        let database = match sha256 {
            Some(sha256) if uncertain => self.migrated(application, sha256).await?,
            Some(sha256) => self.migrate(&task.key, application, sha256).await?,
            None => None,
        };
        let fence = inner.catalog.task(&task.key).await?.map_or(task.fence, |known| known.task.fence);
        let activating = TaskUpdate { state: Some(TaskState::Activating), ..TaskUpdate::default() };
        inner.catalog.update_task(&task.key, activating).await?;
        let (key, application) = (task.key.clone(), application.clone());
        let farm = inner.api.turns.farm();
        let switch = Switch {
            key,
            fence,
            application: application.clone(),
            sha256,
            settings,
            database,
            drain_seconds: farm.drain_seconds,
            open_requests_seconds: farm.open_requests_seconds,
        };
        let (name, switched) = if server == inner.identity.server {
            let _turn = self.turn(server).await;
            // As on other front-ends: what it has begun it carries through, whoever controls meanwhile.
            let deployment = inner.deployment.clone();
            let switching = tokio::spawn(async move { deployment.switch(&switch).await });
            let switched = switching.await.map_err(|error| TaskError::Refused(error.to_string()))??;
            (inner.identity.server_name.clone(), switched)
        } else {
            let members = inner.catalog.members().await?;
            let Some(member) = members.into_iter().find(|m| m.server == server) else {
                let text =
                    format!("The front-end {server} does not belong to {}.", inner.identity.environment_name);
                return Err(TaskError::Refused(text));
            };
            (member.name.clone(), self.switch_member(&member, switch, uncertain).await?)
        };
        match switched {
            Switched::Done => {
                let line = match sha256 {
                    Some(sha256) => format!("{application} runs on {name}, release {}.", sha256.short()),
                    None => format!("{application} is out of service on {name}."),
                };
                self.note(&task.key, LogLevel::Info, line).await?;
                if sha256.is_none() {
                    self.tell_what_stays(&task.key, &application).await?;
                }
                Ok(())
            }
            Switched::Failed { reason } => Err(TaskError::Refused(reason)),
            Switched::Fenced { highest } => Err(TaskError::Refused(format!(
                "{name} refused: it has seen fence {highest}, and this task has {fence}."
            ))),
        }
    }

    /// Several deployments may run at once: where front-ends leave a load balancer for a switch, no more do so than the environment says.
    async fn turn(&self, server: ServerId) -> Option<Turn> {
        let turns = &self.inner.api.turns;
        match turns.farm().drain_seconds.unwrap_or(self.inner.identity.drain_seconds) {
            0 => None,
            _ => Some(turns.take(server).await),
        }
    }

    /// Asks another front-end until it answers. As long as nothing ever got to it, it is given up after a while; once
    /// something may have, only its own answer counts, because it may have switched.
    async fn switch_member(
        &self,
        member: &Member,
        mut switch: Switch,
        mut uncertain: bool,
    ) -> Result<Switched, TaskError> {
        known(member)?;
        let began = Instant::now();
        let mut told = false;
        loop {
            let turn = self.turn(member.server).await;
            let answer = self.inner.members.switch(member, &switch).await;
            drop(turn);
            let error = match answer {
                Ok(switched) => return Ok(switched),
                Err(error @ ApiError::Refused { .. }) => return Err(error.into()),
                Err(error) => error,
            };
            uncertain |= matches!(error, ApiError::Lost { .. });
            if !uncertain && began.elapsed() > REACH {
                return Err(error.into());
            }
            if !told && began.elapsed() > Duration::from_secs(3) {
                told = true;
                self.note(
                    &switch.key,
                    LogLevel::Warning,
                    format!("{error}; it is asked again until it answers."),
                )
                .await?;
            }
            sleep(Duration::from_millis(500)).await;
            if let Some(known) = self.inner.catalog.task(&switch.key).await? {
                switch.fence = known.task.fence;
            }
        }
    }
}

/// A front-end that can be spoken to.
fn known(member: &Member) -> Result<(), TaskError> {
    let missing = match (&member.public_key, member.api_address.is_empty()) {
        (None, _) => "has not enrolled yet",
        (Some(_), true) => "has not told where its Server.API answers",
        _ => return Ok(()),
    };
    Err(TaskError::Refused(format!("The front-end {} {missing}.", member.name)))
}

/// Keeps the youngest files of the cache.
fn trim_cache(folders: &crate::folders::Folders, keep: &std::path::Path) {
    let entries =
        keep.parent().and_then(|cache| std::fs::read_dir(cache).ok()).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .filter(|(_, path)| path != keep && path.starts_with(folders.root()))
        .collect();
    files.sort();
    for (_, path) in files.iter().rev().skip(CACHED) {
        let _ = crate::folders::remove_if_there(path);
    }
}
