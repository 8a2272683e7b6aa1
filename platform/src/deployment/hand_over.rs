//! Handing over by the hooks of packages: what is brought by them is stopped and started here, and started again where that fails.

use super::Inner;
use crate::catalog::{CatalogError, Handed, Operation, Slot};
use crate::release::{Contents, ReleaseError};
use crate::runtime::{HookPlace, Hooks};
use domain::package::HookPhase;
use domain::text::{Key, Sha256, VersionNumber};
use std::path::Path;

impl Inner {
    /// Has the hook of a start run again after this program was started: the host may have been, too. Nothing where another release runs by
    /// then, or a switch is under way, which starts it.
    pub(super) async fn start_again(&self, slot: &Slot) {
        let lock = self.lock(&slot.application);
        let _held = lock.lock().await;
        let started = match self.still_runs(slot).await {
            Ok(false) => return,
            Ok(true) => match self.hooks_of(&slot.application, slot.sha256, &slot.handed).await {
                Ok(Some(hooks)) => hooks.run(HookPhase::Start).await,
                Ok(None) => Ok(()),
                Err(reason) => Err(reason),
            },
            Err(error) => Err(error.to_string()),
        };
        if let Err(reason) = started {
            tracing::error!(application = %slot.application, reason, "an application's hook could not start it again");
        }
    }

    async fn still_runs(&self, slot: &Slot) -> Result<bool, CatalogError> {
        let switched = self.catalog.open_operations().await?;
        let slots = self.catalog.slots().await?;
        let runs = slots.iter().any(|now| now.application == slot.application && now.sha256 == slot.sha256);
        Ok(runs && switched.iter().all(|one| one.application != slot.application))
    }

    /// The hooks of what runs; none where nothing does.
    async fn old_hooks(&self, operation: &Operation) -> Result<Option<Hooks>, String> {
        let slots = self.catalog.slots().await.map_err(|error| error.to_string())?;
        match slots.iter().find(|slot| slot.application == operation.application) {
            Some(slot) => self.hooks_of(&slot.application, slot.sha256, &slot.handed).await,
            None => Ok(None),
        }
    }

    /// The hooks of what is to run; none where nothing is.
    async fn new_hooks(&self, operation: &Operation) -> Result<Option<Hooks>, String> {
        match operation.sha256 {
            Some(sha256) => self.hooks_of(&operation.application, sha256, &operation.handed).await,
            None => Ok(None),
        }
    }

    /// The hooks of what runs and of what is to run.
    pub(super) async fn hooks_around(&self, operation: &Operation) -> Result<[Option<Hooks>; 2], String> {
        Ok([self.old_hooks(operation).await?, self.new_hooks(operation).await?])
    }

    /// Where a switch was cut off, its hooks may have handed over: what ran before is started again. Gives the whole reason.
    pub(super) async fn back_from(&self, operation: &Operation, again: bool, reason: String) -> String {
        if !again {
            return reason;
        }
        let new = self.new_hooks(operation).await.unwrap_or_default();
        let back = match self.old_hooks(operation).await {
            Ok(old) => self.hand_back([&old, &new]).await,
            Err(second) => Err(second),
        };
        match back {
            Ok(()) => reason,
            Err(second) => format!("{reason} Back again, {second}"),
        }
    }

    /// Hands over by hooks: the old release is stopped, the new one started and looked at. Where that fails the old one is started again.
    pub(super) async fn hand_over(&self, [old, new]: &[Option<Hooks>; 2]) -> Result<(), String> {
        let handed = async {
            run_hook(old.as_ref(), HookPhase::Stop).await?;
            run_hook(new.as_ref(), HookPhase::Start).await?;
            run_hook(new.as_ref(), HookPhase::Validate).await
        };
        let Err(reason) = handed.await else { return Ok(()) };
        if self.supervision.is_ending() {
            return Err(reason);
        }
        Err(match self.hand_back([old, new]).await {
            Ok(()) => reason,
            Err(second) => format!("{reason} Back again, {second}"),
        })
    }

    /// Undoes what hooks handed over.
    pub(super) async fn hand_back(&self, [old, new]: [&Option<Hooks>; 2]) -> Result<(), String> {
        let stopped = run_hook(new.as_ref(), HookPhase::Stop).await;
        run_hook(old.as_ref(), HookPhase::Start).await.and(stopped)
    }

    /// The hooks of a release that is on this front-end; none where it is gone.
    async fn hooks_of(
        &self,
        application: &Key,
        sha256: Sha256,
        handed: &Handed,
    ) -> Result<Option<Hooks>, String> {
        let row = self.catalog.release(application, sha256).await.map_err(|error| error.to_string())?;
        let Some(row) = row else { return Ok(None) };
        let folder = self.folders.releases(application).join(&row.folder);
        match Contents::of_release(&folder) {
            Ok(contents) => {
                Ok(Some(self.hooks_in(&folder, &contents, row.version.or(contents.version), handed)))
            }
            Err(ReleaseError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The hooks of a release whose files lie in a folder.
    pub(super) fn hooks_in(
        &self,
        folder: &Path,
        contents: &Contents,
        version: Option<VersionNumber>,
        handed: &Handed,
    ) -> Hooks {
        let place = HookPlace {
            log: self.log.clone(),
            catalog: self.catalog.clone(),
            supervision: self.supervision.clone(),
        };
        let environment = self.promised(contents, handed, version);
        Hooks::new(&contents.manifest, contents.package, folder, environment, place)
    }
}

/// Runs a hook of a release, where there are both.
async fn run_hook(hooks: Option<&Hooks>, phase: HookPhase) -> Result<(), String> {
    match hooks {
        Some(hooks) => hooks.run(phase).await,
        None => Ok(()),
    }
}
