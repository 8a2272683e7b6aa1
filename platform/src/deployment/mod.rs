//! The deployment service of one front-end: it stages releases, switches applications between them, and brings everything
//! back after a restart.
//!
//! A switch is journaled before it begins and ends in one of two states: the new release runs, or what ran before does. The
//! order is: begun in the journal, new release started and ready, `current` renamed, slot and count of activations and journal
//! committed together, requests moved over. Killed anywhere in between, the next start carries the switch out again from its
//! beginning, and the count of activations has one row for each key.

mod hand_over;
mod handed;
mod prune;

use crate::catalog::{CatalogError, Handed, Operation, OperationState, Platform, Release, Slot};
use crate::folders::Folders;
use crate::front::{Front, Leaving, Mount};
use crate::identity::Identity;
use crate::release::{self, Contents, ReleaseError};
use crate::runtime::{self, LogSender, Process, ProcessSpec, Runtime, StaticFiles, Supervision};
use crate::services::{EVERY, Services};
use crate::work::{Declared, Desk};
use domain::architecture::words::Service;
use domain::package::{Module, ModuleKind};
use domain::protocol::{DRAIN_SECONDS_MAX, Farm, RunningApplication};
use domain::setting::Values;
use domain::text::{Key, Sha256, VersionNumber};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use utoipa::ToSchema;

/// How long requests to a release that was switched away may still take.
const DRAIN: Duration = Duration::from_secs(30);

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
    /// How many seconds it waits then for the requests that it has begun; none for [`DRAIN`].
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

    /// From now on this front-end leaves as the environment says; where it says nothing, as its command line does. True where that is new.
    pub fn leaves_so(&self, drain_seconds: Option<u32>, open_requests_seconds: Option<u32>) -> bool {
        let most = |seconds: Option<u32>| seconds.map(|seconds| seconds.min(DRAIN_SECONDS_MAX));
        let mut leaving = self.inner.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        let new = (most(drain_seconds), most(open_requests_seconds));
        std::mem::replace(&mut *leaving, new) != new
    }

    /// Waits until what was served before the start is served again: until then nothing true can be said about it.
    pub async fn has_resumed(&self) {
        let mut resumed = self.inner.resumed.subscribe();
        let _ = resumed.wait_for(|resumed| *resumed).await;
    }

    /// How long this front-end says that it leaves.
    pub fn drain(&self) -> Duration {
        self.inner.leaving().0
    }

    /// Waits until the requests that were begun are answered, as long as the environment says.
    pub async fn is_idle(&self) {
        let mounts = self.inner.front.mounts();
        let idle = join_all(mounts.iter().map(|mount| mount.is_idle()));
        let _ = tokio::time::timeout(self.inner.leaving().1, idle).await;
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

    /// Serves a slot's release again. What does not get ready is kept and started again with back-off, as after any other end.
    async fn serve_again(&self, slot: &Slot) {
        match self.mounts_of(&slot.application, slot.sha256, &slot.handed).await {
            Ok(mounts) => {
                for mount in &mounts {
                    mount.runtime.activate();
                    let _ = mount.runtime.prepare().await;
                }
                // Nobody waits until it is ready: the controller has to be heard of meanwhile.
                self.front.replace(&slot.application, mounts);
            }
            Err(reason) => {
                tracing::error!(application = %slot.application, reason, "an application cannot be served again")
            }
        }
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
        let leaving = self.leave_balancer(&operation.application).await;
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
            tokio::spawn(leave(mount));
        }
        if let Err(error) = self.prune(&operation.application).await {
            tracing::warn!(application = %operation.application, %error, "old releases could not be removed");
        }
        Ok(Switched::Done)
    }

    /// How long this front-end says that it leaves, and how long it waits then for the requests that it has begun.
    fn leaving(&self) -> (Duration, Duration) {
        let (drain, open) = *self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        let drain = drain.unwrap_or(self.identity.drain_seconds);
        let open = open.map_or(DRAIN, |seconds| Duration::from_secs(seconds.into()));
        (Duration::from_secs(drain.into()), open)
    }

    /// Lets the load balancer send nobody here, and what was begun end, before an application is switched. Nothing where no balancer stands in
    /// front, or nothing of the application runs yet.
    async fn leave_balancer(&self, application: &Key) -> Option<Leaving> {
        let (drain, open) = self.leaving();
        let running = self.front.mounts().into_iter().filter(|mount| mount.application == *application);
        let running: Vec<_> = running.collect();
        if drain.is_zero() || running.is_empty() {
            return None;
        }
        let leaving = self.front.leave();
        tokio::time::sleep(drain).await;
        let idle = join_all(running.iter().map(|mount| mount.is_idle()));
        if tokio::time::timeout(open, idle).await.is_err() {
            tracing::warn!(%application, "requests take too long, and are not waited for any more");
        }
        Some(leaving)
    }

    /// Starts a release beside the running one and waits until all of it is ready; otherwise nothing of it is left.
    async fn make_ready(
        &self,
        application: &Key,
        sha256: Sha256,
        handed: &Handed,
    ) -> Result<(Vec<Arc<Mount>>, Option<String>), String> {
        handed.is_there()?;
        let mounts = self.mounts_of(application, sha256, handed).await?;
        let folder = self.release(application, sha256).await?.folder;
        for mount in &mounts {
            if let Some((place, owner)) = self.front.owner_of(mount) {
                return Err(format!("the {place} belongs to the application “{owner}”"));
            }
        }
        let started = join_all(mounts.iter().map(|mount| async {
            mount.runtime.prepare().await?;
            mount.runtime.ready().await
        }))
        .await;
        let failed = mounts
            .iter()
            .zip(started)
            .find_map(|(mount, result)| result.err().map(|error| format!("{}: {error}", mount.module_name)));
        match failed {
            None => Ok((mounts, Some(folder))),
            Some(reason) => {
                join_all(mounts.iter().map(|mount| mount.runtime.undo())).await;
                Err(reason)
            }
        }
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

    async fn release(&self, application: &Key, sha256: Sha256) -> Result<Release, String> {
        let found = self.catalog.release(application, sha256).await.map_err(|error| error.to_string())?;
        found.ok_or_else(|| {
            format!(
                "the release {} of “{application}” is not on this front-end; it has to be prepared first",
                sha256.short()
            )
        })
    }

    async fn mounts_of(
        &self,
        application: &Key,
        sha256: Sha256,
        handed: &Handed,
    ) -> Result<Vec<Arc<Mount>>, String> {
        let row = self.release(application, sha256).await?;
        let folder = self.folders.releases(application).join(&row.folder);
        let contents = Contents::of_release(&folder).map_err(|error| error.to_string())?;
        handed.suits(&contents)?;
        let version = row.version.or(contents.version);
        let name = contents.manifest.application.name.to_string();
        let declared = Arc::new(Declared::of(&contents.manifest, &handed.settings));
        let of_module = |module: &Module| {
            let runtime: Box<dyn Runtime> = match module.kind {
                ModuleKind::Static => Box::new(StaticFiles::new(folder.clone(), &contents, module)),
                ModuleKind::Process => {
                    let release = Release { version, ..row.clone() };
                    let spec = self.process_spec(&folder, (&contents, handed), &release, module);
                    let (catalog, log) = (self.catalog.clone(), self.log.clone());
                    let supervision = self.supervision.clone();
                    Box::new(Process::new(spec, catalog, log, self.client.clone(), supervision))
                }
            };
            let scheduled = (Arc::clone(&declared), contents.manifest.closed_paths(module));
            Arc::new(Mount::new(
                (application.clone(), name.clone()),
                module,
                sha256,
                version,
                scheduled,
                (runtime, self.front.bounds()),
            ))
        };
        Ok(contents.manifest.modules.iter().map(of_module).collect())
    }

    /// What every program of a package is promised by the package format.
    fn promised(
        &self,
        contents: &Contents,
        handed: &Handed,
        version: Option<VersionNumber>,
    ) -> Vec<(String, String)> {
        let application = &contents.manifest.application;
        let data = self.folders.application_data(&application.key);
        let mut environment: Vec<(String, String)> = [
            ("APPLICATION", application.key.to_string()),
            ("APPLICATION_NAME", application.name.to_string()),
            ("VERSION", version.map(|v| v.to_string()).unwrap_or_default()),
            ("RELEASE", contents.package.to_string()),
            ("ENVIRONMENT", self.identity.environment_name.clone()),
            ("SERVER", self.identity.server_name.clone()),
            ("DATA", data.to_string_lossy().into_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (format!("TOWPATH_{name}"), value))
        .collect();
        environment.extend(contents.manifest.settings.iter().filter_map(|setting| {
            let name = setting.key.as_str().to_ascii_uppercase().replace('-', "_");
            let value = handed.settings.0.get(&setting.key).or(setting.default.as_ref())?;
            Some((format!("TOWPATH_SETTING_{name}"), value.clone()))
        }));
        environment.extend(handed.database.clone().map(|address| ("TOWPATH_DATABASE".to_owned(), address)));
        environment
    }

    /// What a process is promised by the package format.
    fn process_spec(
        &self,
        folder: &Path,
        (contents, handed): (&Contents, &Handed),
        row: &Release,
        module: &Module,
    ) -> ProcessSpec {
        let application = &contents.manifest.application;
        let mut environment = self.promised(contents, handed, row.version);
        environment.push(("TOWPATH_BASE_PATH".to_owned(), module.virtual_directory.to_string()));
        environment.push(("TOWPATH_MODULE".to_owned(), module.key.to_string()));
        let declared = Declared::of(&contents.manifest, &handed.settings);
        environment.extend(self.desk.variables(&application.key, contents.package, &declared));
        ProcessSpec {
            application: application.key.clone(),
            module: module.key.clone(),
            sha256: contents.package,
            folder: folder.join("modules").join(module.key.as_str()),
            data_root: self.folders.root().to_owned(),
            command: module.command.clone(),
            environment,
            base: module.virtual_directory.to_string(),
            ready_path: module.ready_path().to_owned(),
            ready_within: Duration::from_secs(u64::from(module.ready_seconds())),
            limits: self.front.bounds().limits(module),
        }
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

/// Lets a module that is served no longer answer what it has begun, and ends it.
async fn leave(mount: Arc<Mount>) {
    mount.runtime.drain();
    if tokio::time::timeout(DRAIN, mount.is_idle()).await.is_err() {
        tracing::warn!(application = %mount.application, "requests to the release before took too long and are cut off");
        mount.cut_off();
    }
    mount.runtime.undo().await;
}
