//! Handing over by the hooks of packages: what is brought by them is stopped and started here, and started again where that fails.

use super::Inner;
use crate::catalog::{Operation, Slot};
use crate::release::Contents;
use crate::runtime::{HookPlace, Hooks};
use domain::package::HookPhase;
use domain::setting::Values;
use domain::text::{Key, Sha256, VersionNumber};
use std::path::Path;

impl Inner {
    /// Has the hook of a start run again after this program was started: the host may have been, too.
    pub(super) async fn start_again(&self, slot: &Slot) {
        let lock = self.lock(&slot.application);
        let _held = lock.lock().await;
        let started = match self.hooks_of(&slot.application, slot.sha256, &slot.settings).await {
            Ok(hooks) => hooks.run(HookPhase::Start).await,
            Err(reason) => Err(reason),
        };
        if let Err(reason) = started {
            tracing::error!(application = %slot.application, reason, "an application's hook could not start it again");
        }
    }

    /// The hooks of what runs and of what is to run.
    pub(super) async fn hooks_around(&self, operation: &Operation) -> Result<[Option<Hooks>; 2], String> {
        let slots = self.catalog.slots().await.map_err(|error| error.to_string())?;
        let old = match slots.iter().find(|slot| slot.application == operation.application) {
            // A release that is gone has no hooks any more.
            Some(slot) => self.hooks_of(&slot.application, slot.sha256, &slot.settings).await.ok(),
            None => None,
        };
        let new = match operation.sha256 {
            Some(sha256) => Some(self.hooks_of(&operation.application, sha256, &operation.settings).await?),
            None => None,
        };
        Ok([old, new])
    }

    /// Hands over by hooks: the old release is stopped, the new one started and looked at. Where that fails the old one is started again.
    pub(super) async fn hand_over(&self, [old, new]: &[Option<Hooks>; 2]) -> Result<(), String> {
        let handed = async {
            run_hook(old.as_ref(), HookPhase::Stop).await?;
            run_hook(new.as_ref(), HookPhase::Start).await?;
            run_hook(new.as_ref(), HookPhase::Validate).await
        };
        let Err(reason) = handed.await else { return Ok(()) };
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

    /// The hooks of a release that is on this front-end.
    async fn hooks_of(&self, application: &Key, sha256: Sha256, settings: &Values) -> Result<Hooks, String> {
        let row = self.release(application, sha256).await?;
        let folder = self.folders.releases(application).join(&row.folder);
        let contents = Contents::of_release(&folder).map_err(|error| error.to_string())?;
        Ok(self.hooks_in(&folder, &contents, row.version.or(contents.version), settings))
    }

    /// The hooks of a release whose files lie in a folder.
    pub(super) fn hooks_in(
        &self,
        folder: &Path,
        contents: &Contents,
        version: Option<VersionNumber>,
        settings: &Values,
    ) -> Hooks {
        let place = HookPlace {
            log: self.log.clone(),
            catalog: self.catalog.clone(),
            supervision: self.supervision.clone(),
        };
        let environment = self.promised(contents, settings, version);
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
