//! The deployment service of one front-end: it stages releases, switches applications between them, and brings everything
//! back after a restart.
//!
//! A switch is journaled before it begins and ends in one of two states: the new release runs, or what ran before does. The
//! order is: begun in the journal, new release started and ready, `current` renamed, slot and count of activations and journal
//! committed together, requests moved over. Killed anywhere in between, the next start carries the switch out again from its
//! beginning, and the count of activations has one row for each key.

mod hand_over;
mod handed;
mod leaving;
mod prune;
mod serving;

use crate::catalog::{CatalogError, Handed, Operation, OperationState, Platform, Release};
use crate::folders::Folders;
use crate::front::Front;
use crate::identity::Identity;
use crate::release::{self, Contents, ReleaseError};
use crate::runtime::{self, LogSender, Supervision};
use crate::services::{EVERY, Services};
use crate::work::Desk;
use domain::architecture::words::Service;
use domain::protocol::{Farm, RunningApplication};
use domain::setting::Values;
use domain::text::{Key, Sha256};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use utoipa::ToSchema;

/// One switch of one application on one front-end. Without a hash the application is taken out of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// The task's key.
    pub key: String,
    /// The task's fence.
    pub fence: u64,
    /// The application.
    pub application: Key,
    /// The release that is to run.
    pub sha256: Option<Sha256>,
    /// What its settings are, over the defaults of its package; secrets are among them.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub settings: Values,
    /// The address of its database, with the password of its own role; none where it asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// For how many seconds the front-end says before that it leaves; none where its own command line says that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain_seconds: Option<u32>,
    /// How many seconds it waits then for the requests that it has begun; none for 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_requests_seconds: Option<u32>,
}

/// How a switch ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Switched {
    /// As asked.
    Done,
    /// What ran before runs.
    Failed {
        /// One sentence.
        reason: String,
    },
    /// The fence is lower than one that was seen for the application.
    Fenced {
        /// The highest seen.
        highest: u64,
    },
}

/// The deployment service.
#[derive(Clone)]
pub struct Deployment {
    inner: Arc<Inner>,
}

/// A lock for each application.
type Locks = Mutex<BTreeMap<Key, Arc<tokio::sync::Mutex<()>>>>;

struct Inner {
    folders: Folders,
    catalog: Platform,
    front: Front,
    log: LogSender,
    identity: Identity,
    client: reqwest::Client,
    desk: Desk,
    locks: Locks,
    /// Held while a release of an application is put beside the others.
    staging: Locks,
    /// Every process of every release: what runs, what gets ready and what is being drained.
    supervision: Supervision,
    /// For how many seconds the environment says that a front-end leaves, and how many it waits for requests, as far as it says so.
    leaving: Mutex<(Option<u32>, Option<u32>)>,
    /// What was served before the start is served again.
    resumed: watch::Sender<bool>,
}

impl Deployment {
    /// A service that runs nothing yet.
    pub fn new(
        folders: Folders,
        catalog: Platform,
        front: Front,
        log: LogSender,
        identity: Identity,
        client: reqwest::Client,
        desk: Desk,
    ) -> Self {
        let (locks, staging, supervision) = (Locks::default(), Locks::default(), Supervision::default());
        let leaving = Mutex::default();
        let resumed = watch::Sender::new(false);
        let inner = Inner {
            folders,
            catalog,
            front,
            log,
            identity,
            client,
            desk,
            locks,
            staging,
            supervision,
            leaving,
            resumed,
        };
        Self { inner: Arc::new(inner) }
    }

    /// After a start: ends what a killed process left behind, serves again what was served, and carries out what was
    /// begun.
    pub async fn resume(&self) -> Result<(), CatalogError> {
        let inner = &self.inner;
        let orphans = runtime::end_orphans(&inner.catalog, inner.folders.root()).await?;
        if orphans > 0 {
            tracing::warn!(orphans, "processes of an earlier start were ended");
        }
        let slots = inner.catalog.slots().await?;
        join_all(slots.iter().map(|slot| inner.serve_again(slot))).await;
        inner.resumed.send_replace(true);
        let open = inner.catalog.open_operations().await?;
        // What is about to be switched is started by that.
        for slot in
            slots.into_iter().filter(|slot| open.iter().all(|one| one.application != slot.application))
        {
            let deployment = self.clone();
            tokio::spawn(async move { deployment.inner.start_again(&slot).await });
        }
        for operation in open {
            tracing::info!(key = operation.key, "a switch that was begun is carried out");
            let deployment = self.clone();
            tokio::spawn(async move {
                let lock = deployment.inner.lock(&operation.application);
                let _held = lock.lock().await;
                // Somebody may have carried it out while this one waited.
                match deployment.inner.catalog.operation(&operation.key).await {
                    Ok(Some(known)) if known.state == OperationState::Started => {
                        deployment.inner.carry_out(&known, true).await.map(drop)
                    }
                    Ok(_) => Ok(()),
                    Err(error) => Err(error),
                }
            });
        }
        Ok(())
    }

    /// Waits until each module that is served is ready, or has failed to get ready.
    pub async fn settled(&self) {
        let mounts = self.inner.front.mounts();
        join_all(mounts.iter().map(|mount| mount.runtime.ready())).await;
    }

    /// Puts a bundle's release beside the others. What runs stays untouched. One at a time for each application, and to its end, whoever
    /// goes away meanwhile.
    pub async fn stage(&self, bundle: &Path) -> Result<Contents, ReleaseError> {
        let (deployment, bundle) = (self.clone(), bundle.to_owned());
        let staging = tokio::spawn(async move {
            let application = release::read_bundle_header(&bundle)?.manifest.application.key;
            let lock = deployment.inner.staging_lock(&application);
            let _held = lock.lock().await;
            match deployment.stage_here(&bundle).await {
                // No failure, but the end of this program: nobody may be told that it has failed.
                Err(_) if deployment.inner.supervision.is_ending() => std::future::pending().await,
                staged => staged,
            }
        });
        staging.await.map_err(|error| ReleaseError::Io(std::io::Error::other(error)))?
    }

    async fn stage_here(&self, bundle: &Path) -> Result<Contents, ReleaseError> {
        let failed = |error: String| ReleaseError::Io(std::io::Error::other(error));
        let (folders, bundle) = (self.inner.folders.clone(), bundle.to_owned());
        let header = release::read_bundle_header(&bundle)?;
        let application = header.manifest.application.key.clone();
        let known = self.inner.catalog.release(&application, header.package).await;
        let mut folder = known.map_err(|error| failed(error.to_string()))?.map(|row| row.folder);
        // It may lie here under the name it had before it got a version number.
        let intact = folder
            .as_ref()
            .is_some_and(|folder| Contents::of_release(&folders.releases(&application).join(folder)).is_ok());
        if !intact {
            let (deployment, here) = (self.clone(), tokio::runtime::Handle::current());
            let install = move |phase, folder: &Path, contents: &Contents| {
                let hooks = deployment.inner.hooks_in(folder, contents, contents.version, &Handed::default());
                here.block_on(hooks.run(phase))
            };
            let unpacking =
                tokio::task::spawn_blocking(move || release::unpack_bundle(&folders, &bundle, install));
            unpacking.await.map_err(|error| failed(error.to_string()))??;
            folder = None;
        }
        let staged = Release {
            application,
            sha256: header.package,
            version: header.version,
            folder: folder.unwrap_or_else(|| header.folder()),
            staged_at: crate::clock::now(),
            activated_at: None,
        };
        self.inner.catalog.put_release(staged).await.map_err(|error| failed(error.to_string()))?;
        Ok(header)
    }

    /// Carries out a switch once. The same key again gets the recorded answer, whatever its fence, if that is not too low.
    pub async fn switch(&self, switch: &Switch) -> Result<Switched, CatalogError> {
        let inner = &self.inner;
        if let Err(highest) = inner.catalog.raise_fence(&switch.application, switch.fence).await? {
            return Ok(Switched::Fenced { highest });
        }
        if self.leaves_so(switch.drain_seconds, switch.open_requests_seconds) {
            // The next start knows it too.
            let Switch { drain_seconds, open_requests_seconds, .. } = *switch;
            let kept = inner.catalog.farm().await?;
            inner.catalog.set_farm(Farm { drain_seconds, open_requests_seconds, ..kept }).await?;
        }
        let lock = inner.lock(&switch.application);
        let _held = lock.lock().await;
        // Somebody with a higher fence may have been here while this one waited.
        if let Err(highest) = inner.catalog.raise_fence(&switch.application, switch.fence).await? {
            return Ok(Switched::Fenced { highest });
        }
        if let Some(known) = inner.catalog.operation(&switch.key).await? {
            return match known.state {
                OperationState::Done => Ok(Switched::Done),
                OperationState::Failed => Ok(Switched::Failed { reason: known.reason.unwrap_or_default() }),
                OperationState::Started => inner.carry_out(&known, true).await,
            };
        }
        let operation = Operation {
            key: switch.key.clone(),
            application: switch.application.clone(),
            sha256: switch.sha256,
            handed: Handed { settings: switch.settings.clone(), database: switch.database.clone() },
            state: OperationState::Started,
            reason: None,
        };
        inner.catalog.begin_operation(&operation, switch.fence).await?;
        inner.carry_out(&operation, false).await
    }

    /// Waits until what was served before the start is served again: until then nothing true can be said about it.
    pub async fn has_resumed(&self) {
        let mut resumed = self.inner.resumed.subscribe();
        let _ = resumed.wait_for(|resumed| *resumed).await;
    }

    /// What runs here.
    pub fn running(&self) -> Vec<RunningApplication> {
        let mut all: BTreeMap<Key, RunningApplication> = BTreeMap::new();
        for mount in self.inner.front.mounts() {
            let one = all.entry(mount.application.clone()).or_insert_with(|| RunningApplication {
                application: mount.application.clone(),
                sha256: mount.sha256,
                ready: true,
                virtual_directories: Vec::new(),
            });
            one.ready &= mount.runtime.is_ready();
            one.virtual_directories.push(mount.directory.to_string());
        }
        all.into_values().collect()
    }

    /// What is served here.
    pub fn front(&self) -> &Front {
        &self.inner.front
    }

    /// Beats as long as the journal that every switch goes through can be read and written.
    pub async fn watch(self, services: Services) {
        loop {
            match self.inner.catalog.works().await {
                Ok(()) => services.beat(Service::Deployment),
                Err(error) => tracing::error!(%error, "the deployment service cannot use its journal"),
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Ends every process; what is served is remembered for the next start, and a switch that is under way is carried out
    /// then.
    pub async fn stop(&self) {
        self.inner.supervision.end_all().await;
    }
}

impl Inner {
    fn lock(&self, application: &Key) -> Arc<tokio::sync::Mutex<()>> {
        Self::lock_of(&self.locks, application)
    }

    fn staging_lock(&self, application: &Key) -> Arc<tokio::sync::Mutex<()>> {
        Self::lock_of(&self.staging, application)
    }

    fn lock_of(locks: &Locks, application: &Key) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = locks.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry(application.clone()).or_default())
    }

    /// Carries out a switch. Where it was begun before and cut off, hooks may have handed over already.
    async fn carry_out(&self, operation: &Operation, again: bool) -> Result<Switched, CatalogError> {
        let made = match operation.sha256 {
            Some(sha256) => self.make_ready(&operation.application, sha256, &operation.handed).await,
            None => Ok((Vec::new(), None)),
        };
        let (mounts, folder) = match made {
            Ok(made) => made,
            // No failure, but the end of this program: as after a SIGKILL, the next start carries the switch out. Until then nobody
            // may be told that it has ended.
            Err(_) if self.supervision.is_ending() => std::future::pending().await,
            Err(reason) => {
                let reason = self.back_from(operation, again, reason).await;
                return self.go_back(operation, reason).await;
            }
        };
        let around = match self.hooks_around(operation).await {
            Ok(around) => around,
            Err(reason) => {
                join_all(mounts.iter().map(|mount| mount.runtime.undo())).await;
                let reason = self.back_from(operation, again, reason).await;
                return self.go_back(operation, reason).await;
            }
        };
        let leaving = self.leave_for(&operation.application).await;
        match self.hand_over(&around).await {
            Ok(()) => {}
            Err(_) if self.supervision.is_ending() => std::future::pending().await,
            Err(reason) => {
                join_all(mounts.iter().map(|mount| mount.runtime.undo())).await;
                return self.go_back(operation, reason).await;
            }
        }
        let switched = match self.folders.point_current(&operation.application, folder.as_deref()) {
            Ok(()) => self.catalog.complete_operation(operation).await.map_err(|error| error.to_string()),
            Err(error) => Err(format!("the disk refused the switch: {error}")),
        };
        if let Err(reason) = switched {
            join_all(mounts.iter().map(|mount| mount.runtime.undo())).await;
            if let Err(second) = self.hand_back([&around[0], &around[1]]).await {
                tracing::error!(reason = second, "the hooks of the release before could not bring it back");
            }
            return self.go_back(operation, reason).await;
        }
        for mount in &mounts {
            mount.runtime.activate();
        }
        let old = self.front.replace(&operation.application, mounts);
        drop(leaving);
        for mount in old {
            tokio::spawn(leaving::leave(mount));
        }
        if let Err(error) = self.prune(&operation.application).await {
            tracing::warn!(application = %operation.application, %error, "old releases could not be removed");
        }
        Ok(Switched::Done)
    }

    /// Ends a switch without effect: the release before never stopped serving, and `current` points to it.
    async fn go_back(&self, operation: &Operation, reason: String) -> Result<Switched, CatalogError> {
        let slots = self.catalog.slots().await?;
        let before = slots.iter().find(|slot| slot.application == operation.application);
        let (folder, words) = match before {
            Some(slot) => {
                let release = self.catalog.release(&slot.application, slot.sha256).await?;
                let shown = release.as_ref().and_then(|r| r.version).map_or_else(
                    || format!("release {}", slot.sha256.short()),
                    |version| format!("version {version}"),
                );
                (release.map(|r| r.folder), format!("{shown} goes on running"))
            }
            None => (None, "nothing runs, as before".to_owned()),
        };
        if let Err(error) = self.folders.point_current(&operation.application, folder.as_deref()) {
            tracing::error!(%error, "the link to the running release could not be set back");
        }
        let name = &self.identity.server_name;
        let reason = format!("The switch on {name} failed, and {words}: {reason}");
        self.catalog.fail_operation(&operation.key, &reason).await?;
        Ok(Switched::Failed { reason })
    }

    /// Removes releases that nobody will go back to.
    async fn prune(&self, application: &Key) -> Result<(), CatalogError> {
        let running = self.catalog.slots().await?.into_iter().find(|slot| slot.application == *application);
        let releases = self.catalog.releases(application).await?;
        for old in prune::too_old(releases, running.map(|slot| slot.sha256)) {
            self.catalog.remove_release(application, old.sha256).await?;
            let (folders, place) =
                (self.folders.clone(), self.folders.releases(application).join(&old.folder));
            let removed = tokio::task::spawn_blocking(move || folders.remove_whole(&place)).await;
            if let Ok(Err(error)) = removed {
                tracing::warn!(folder = old.folder, %error, "an old release could not be removed");
            }
        }
        Ok(())
    }
}
