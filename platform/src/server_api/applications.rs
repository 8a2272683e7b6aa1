//! `GET /server/v1/applications` and `/modules`: what runs and lies on this front-end.

use super::{Api, fault, refuse};
use crate::catalog::{CatalogError, Slot};
use crate::front::Mount;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::server_api::applications::{Application, Applications, Module, Modules, Version, Versions};
use domain::text::Key;
use std::sync::Arc;

fn module(mount: &Arc<Mount>) -> Module {
    Module {
        application: mount.application.clone(),
        key: mount.module.clone(),
        name: mount.module_name.clone(),
        kind: mount.kind,
        virtual_directory: mount.directory.clone(),
        ready: mount.runtime.is_ready(),
    }
}

impl Api {
    async fn application(&self, slot: Slot) -> Result<Application, CatalogError> {
        let release = self.catalog.release(&slot.application, slot.sha256).await?;
        let mounts = self.deployment.front().mounts();
        let own = mounts.iter().filter(|mount| mount.application == slot.application);
        let modules: Vec<Module> = own.clone().map(module).collect();
        Ok(Application {
            name: own
                .map(|mount| mount.application_name.clone())
                .next()
                .unwrap_or_else(|| slot.application.to_string()),
            version: release.and_then(|release| release.version),
            sha256: slot.sha256,
            since: slot.changed_at,
            ready: !modules.is_empty() && modules.iter().all(|module| module.ready),
            modules,
            key: slot.application,
        })
    }

    async fn applications(&self) -> Result<Vec<Application>, CatalogError> {
        let mut all = Vec::new();
        for slot in self.catalog.slots().await? {
            all.push(self.application(slot).await?);
        }
        Ok(all)
    }
}

/// `GET /server/v1/applications`
pub async fn list(State(api): State<Api>) -> Response {
    match api.applications().await {
        Ok(applications) => Json(Applications { server: api.identity.server, applications }).into_response(),
        Err(error) => fault(&error),
    }
}

/// `GET /server/v1/applications/{key}`
pub async fn show(State(api): State<Api>, Path(key): Path<Key>) -> Response {
    let found = async {
        match api.catalog.slots().await?.into_iter().find(|slot| slot.application == key) {
            Some(slot) => api.application(slot).await.map(Some),
            None => Ok(None),
        }
    };
    match found.await {
        Ok(Some(application)) => Json(application).into_response(),
        Ok(None) => refuse(
            StatusCode::NOT_FOUND,
            &format!("The application “{key}” does not run on {}.", api.identity.server_name),
        ),
        Err(error) => fault(&error),
    }
}

/// `GET /server/v1/applications/{key}/versions`
pub async fn versions(State(api): State<Api>, Path(key): Path<Key>) -> Response {
    let found: Result<_, CatalogError> = async {
        let running = api.catalog.slots().await?.into_iter().find(|slot| slot.application == key);
        Ok((api.catalog.releases(&key).await?, running.map(|slot| slot.sha256)))
    }
    .await;
    let (mut releases, running) = match found {
        Ok(found) => found,
        Err(error) => return fault(&error),
    };
    if releases.is_empty() {
        let sentence = format!("No release of “{key}” lies on {}.", api.identity.server_name);
        return refuse(StatusCode::NOT_FOUND, &sentence);
    }
    releases.sort_by_key(|release| std::cmp::Reverse((release.staged_at, release.sha256.0)));
    let version = |release: crate::catalog::Release| Version {
        running: running == Some(release.sha256),
        version: release.version,
        sha256: release.sha256,
        staged_at: release.staged_at,
        activated_at: release.activated_at,
    };
    Json(Versions { application: key, versions: releases.into_iter().map(version).collect() }).into_response()
}

/// `GET /server/v1/modules`
pub async fn modules(State(api): State<Api>) -> Response {
    let modules = api.deployment.front().mounts().iter().map(module).collect();
    Json(Modules { server: api.identity.server, modules }).into_response()
}
