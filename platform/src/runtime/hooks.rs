//! The hooks of a package: its own programs, run around a deployment on this front-end.
//!
//! A hook may be run twice for the same thing, where this program was killed in between: it has to be made for that. What it starts and
//! leaves running is its own affair, and outlives this program; only a hook that is cut off itself is ended with all that it started.

use super::output::Output;
use super::process::{Supervision, end_group, inherited, signal_group, started_at};
use crate::catalog::{Platform, ProcessRow, Stream};
use crate::log_writer::LogSender;
use domain::package::{HOOKS, Hook, HookPhase, Manifest};
use domain::text::{Key, Sha256};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// How long the rest of a hook's output is waited for after its end: what it left running may hold it open.
const LAST_LINES: Duration = Duration::from_millis(300);

/// What a module's lines go by in the Log catalog; hooks belong to none.
fn no_module() -> Option<Key> {
    HOOKS.parse().ok()
}

/// What hooks need of this Platform Server.
#[derive(Clone)]
pub struct HookPlace {
    /// Where their output goes.
    pub log: LogSender,
    /// Where they are noted as long as they run.
    pub catalog: Platform,
    /// They end with this program.
    pub supervision: Supervision,
}

/// The hooks of one release.
pub struct Hooks {
    application: Key,
    sha256: Sha256,
    hooks: Vec<Hook>,
    folder: PathBuf,
    environment: Vec<(String, String)>,
    place: HookPlace,
}

impl Hooks {
    /// The hooks of a release whose files lie in `release`. `environment` is what the package format promises.
    pub fn new(
        manifest: &Manifest,
        sha256: Sha256,
        release: &Path,
        environment: Vec<(String, String)>,
        place: HookPlace,
    ) -> Self {
        Self {
            application: manifest.application.key.clone(),
            sha256,
            hooks: manifest.hooks.clone(),
            folder: release.join(HOOKS),
            environment,
            place,
        }
    }

    /// Runs the hook of a phase, where there is one.
    ///
    /// # Errors
    /// It could not be started, took too long, or did not end well; with its last lines.
    pub async fn run(&self, phase: HookPhase) -> Result<(), String> {
        let Some(hook) = self.hooks.iter().find(|hook| hook.phase == phase) else { return Ok(()) };
        self.place.supervision.until_it_ends(self.carry_out(hook)).await
    }

    async fn carry_out(&self, hook: &Hook) -> Result<(), String> {
        let phase = hook.phase;
        if self.place.supervision.is_ending() {
            return Err(format!("the hook {} was not begun: this program ends", phase.word()));
        }
        let module = no_module().ok_or("hooks have no name")?;
        let output = Output::new(self.place.log.clone(), self.application.clone(), module.clone());
        let failed = |reason: String| format!("the hook {} {reason}.{}", phase.word(), output.last_words());
        output.line(Stream::Supervisor, format!("the hook {} begins", phase.word()));
        let mut child = Command::new(self.folder.join(hook.program()))
            .args(&hook.command[1..])
            .current_dir(&self.folder)
            .env_clear()
            .envs(inherited())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("TOWPATH_HOOK", phase.word())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(format!("could not be started: {error}")))?;
        let pid = child.id().ok_or_else(|| failed("ended before it was noted".to_owned()))?;
        let row = ProcessRow {
            pid,
            started: started_at(pid).unwrap_or_default(),
            application: self.application.clone(),
            module,
            sha256: self.sha256.to_string(),
            port: 0,
        };
        if let Err(error) = self.place.catalog.add_process(row).await {
            tracing::error!(%error, "a hook could not be noted");
        }
        let readers = [
            child.stdout.take().map(|o| tokio::spawn(output.clone().read(Stream::Output, o))),
            child.stderr.take().map(|e| tokio::spawn(output.clone().read(Stream::Error, e))),
        ];
        let ended = tokio::select! {
            ended = timeout(Duration::from_secs(hook.seconds().into()), child.wait()) => Some(ended),
            () = self.place.supervision.ends() => None,
        };
        let result = match ended {
            Some(Ok(Ok(status))) if status.success() => Ok(()),
            Some(Ok(Ok(status))) => Err(format!("did not end well ({status})")),
            Some(Ok(Err(error))) => Err(format!("could not be watched: {error}")),
            Some(Err(_)) => {
                end_group(pid, &mut child).await;
                signal_group(pid, Signal::KILL);
                Err(format!("took longer than {} seconds and was ended", hook.seconds()))
            }
            None => {
                end_group(pid, &mut child).await;
                signal_group(pid, Signal::KILL);
                Err("was ended with this program".to_owned())
            }
        };
        for reader in readers.into_iter().flatten() {
            let _ = timeout(LAST_LINES, reader).await;
        }
        if let Err(error) = self.place.catalog.remove_process(pid).await {
            tracing::error!(%error, "an ended hook could not be forgotten");
        }
        let result = result.map_err(failed);
        match &result {
            Ok(()) => output.line(Stream::Supervisor, format!("the hook {} has ended well", phase.word())),
            Err(reason) => output.line(Stream::Supervisor, reason.clone()),
        }
        result
    }
}
