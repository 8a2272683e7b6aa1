//! What a release is served by: its modules, their processes, and what those are promised.

use super::Inner;
use crate::catalog::{Handed, Release, Slot};
use crate::front::Mount;
use crate::release::Contents;
use crate::runtime::{Process, ProcessSpec, Runtime, StaticFiles};
use crate::work::Declared;
use domain::package::{Module, ModuleKind};
use domain::text::{Key, Sha256, VersionNumber};
use futures::future::join_all;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

impl Inner {
    /// Serves a slot's release again. What does not get ready is kept and started again with back-off, as after any other end.
    pub(super) async fn serve_again(&self, slot: &Slot) {
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

    /// Starts a release beside the running one and waits until all of it is ready; otherwise nothing of it is left.
    pub(super) async fn make_ready(
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

    pub(super) async fn release(&self, application: &Key, sha256: Sha256) -> Result<Release, String> {
        let found = self.catalog.release(application, sha256).await.map_err(|error| error.to_string())?;
        found.ok_or_else(|| {
            format!(
                "the release {} of “{application}” is not on this front-end; it has to be prepared first",
                sha256.short()
            )
        })
    }

    pub(super) async fn mounts_of(
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
    pub(super) fn promised(
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
}
