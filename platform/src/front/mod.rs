//! The public port: every active module under its virtual directory, a page that lists them, and honest error pages.

pub mod pages;
pub mod proxy;

use crate::runtime::Runtime;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::package::{ModuleKind, VirtualDirectory};
use domain::text::{Key, Sha256, VersionNumber};
use futures::StreamExt;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Notify;

/// The path below each virtual directory that the front-end answers itself.
const OWN: &str = "/_towpath/release.json";
/// What a load balancer asks: of the front-end, or below a virtual directory of what is there.
const HEALTH: &str = "/_towpath/health";

/// One module of the running release of an application.
pub struct Mount {
    /// Its application.
    pub application: Key,
    /// The application's name.
    pub application_name: String,
    /// The module.
    pub module: Key,
    /// How it is run.
    pub kind: ModuleKind,
    /// The module's name.
    pub module_name: String,
    /// Where it is served.
    pub directory: VirtualDirectory,
    /// The running release.
    pub sha256: Sha256,
    /// Its version number, where it has one.
    pub version: Option<VersionNumber>,
    /// What runs it.
    pub runtime: Box<dyn Runtime>,
    in_flight: AtomicUsize,
    idle: Notify,
}

impl Mount {
    /// A module that is not served yet.
    pub fn new(
        (application, application_name): (Key, String),
        module: &domain::package::Module,
        sha256: Sha256,
        version: Option<VersionNumber>,
        runtime: Box<dyn Runtime>,
    ) -> Self {
        Self {
            application,
            application_name,
            module: module.key.clone(),
            kind: module.kind,
            module_name: module.name.to_string(),
            directory: module.virtual_directory.clone(),
            sha256,
            version,
            runtime,
            in_flight: AtomicUsize::new(0),
            idle: Notify::new(),
        }
    }

    /// Waits until every request that was begun is answered.
    pub async fn is_idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.in_flight.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }
}

/// Counts a request from its beginning to the last byte of its answer.
struct InFlight(Arc<Mount>);

impl InFlight {
    fn new(mount: Arc<Mount>) -> Self {
        mount.in_flight.fetch_add(1, Ordering::SeqCst);
        Self(mount)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

/// What is served now.
#[derive(Clone)]
pub struct Front {
    environment: String,
    server: String,
    mounts: Arc<RwLock<BTreeMap<String, Arc<Mount>>>>,
    /// How many things want that nobody is sent here: a switch, the end of this program.
    leaving: Arc<AtomicUsize>,
    /// What was served before the last end is served again.
    has_arrived: Arc<AtomicBool>,
}

/// As long as it lives the front-end's health check says that it leaves.
pub struct Leaving(Arc<AtomicUsize>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Front {
    /// A front-end that serves nothing yet.
    pub fn new(environment: &str, server: &str) -> Self {
        Self {
            environment: environment.to_owned(),
            server: server.to_owned(),
            mounts: Arc::default(),
            leaving: Arc::default(),
            has_arrived: Arc::default(),
        }
    }

    /// From now on requests are welcome, as far as nothing leaves.
    pub fn arrive(&self) {
        self.has_arrived.store(true, Ordering::SeqCst);
    }

    /// Lets the health check say that nobody is to be sent here. Whoever comes is answered all the same.
    pub fn leave(&self) -> Leaving {
        self.leaving.fetch_add(1, Ordering::SeqCst);
        Leaving(Arc::clone(&self.leaving))
    }

    /// What a load balancer is told: of the front-end, or of one module of it.
    fn health(&self, module: Option<&Mount>) -> Response {
        let word = if self.leaving.load(Ordering::SeqCst) > 0 {
            "leaving\n"
        } else if !self.has_arrived.load(Ordering::SeqCst)
            || module.is_some_and(|one| !one.runtime.is_ready())
        {
            "not ready\n"
        } else {
            return ([(header::CACHE_CONTROL, "no-store")], "ready\n").into_response();
        };
        (StatusCode::SERVICE_UNAVAILABLE, [(header::CACHE_CONTROL, "no-store")], word).into_response()
    }

    /// Replaces all modules of an application at once and returns those that are served no longer. A request that
    /// found its module before the change is answered by it.
    pub fn replace(&self, application: &Key, new: Vec<Arc<Mount>>) -> Vec<Arc<Mount>> {
        let mut mounts = self.mounts.write().unwrap_or_else(PoisonError::into_inner);
        let (old, mut kept): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut *mounts)
            .into_iter()
            .partition(|(_, mount)| mount.application == *application);
        kept.extend(new.into_iter().map(|mount| (mount.directory.to_string(), mount)));
        *mounts = kept;
        old.into_values().collect()
    }

    /// Everything that is served, by virtual directory.
    pub fn mounts(&self) -> Vec<Arc<Mount>> {
        self.mounts.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The application that another one's virtual directory would collide with.
    pub fn owner_of(&self, directory: &VirtualDirectory, but: &Key) -> Option<Key> {
        let mounts = self.mounts.read().unwrap_or_else(PoisonError::into_inner);
        mounts.get(&directory.to_string()).map(|m| m.application.clone()).filter(|owner| owner != but)
    }

    /// The module of a path, counted as in flight before a switch can drain it.
    fn begin(&self, directory: &str) -> Option<InFlight> {
        let mounts = self.mounts.read().unwrap_or_else(PoisonError::into_inner);
        mounts.get(directory).map(|mount| InFlight::new(Arc::clone(mount)))
    }

    /// Answers one request of the public port.
    pub async fn answer(self, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        if path == "/" {
            return pages::home(&self.environment, &self.server, &self.mounts());
        }
        if path == HEALTH {
            return self.health(None);
        }
        // A CONNECT has no path at all.
        let end = path.get(1..).and_then(|rest| rest.find('/')).map_or(path.len(), |at| at + 1);
        let (directory, rest) = path.split_at(end);
        let Some(begun) = self.begin(directory) else { return pages::not_found() };
        let mount = Arc::clone(&begun.0);
        if rest == OWN {
            return self.release_of(&mount);
        }
        if rest == HEALTH {
            return self.health(Some(&mount));
        }
        if rest.is_empty() {
            let query = request.uri().query().map_or(String::new(), |query| format!("?{query}"));
            let place = format!("{directory}/{query}");
            return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, place)]).into_response();
        }
        let answer = mount.runtime.serve(request, rest).await;
        let (head, body) = answer.into_parts();
        if axum::body::HttpBody::is_end_stream(&body) {
            return Response::from_parts(head, body);
        }
        let size = axum::body::HttpBody::size_hint(&body).exact();
        let counted = body.into_data_stream().map(move |part| {
            let _begun = &begun;
            part
        });
        let mut answer = Response::from_parts(head, axum::body::Body::from_stream(counted));
        if let Some(size) = size {
            answer.headers_mut().entry(header::CONTENT_LENGTH).or_insert_with(|| size.into());
        }
        answer
    }

    fn release_of(&self, mount: &Mount) -> Response {
        let body = json!({
            "application": mount.application,
            "name": mount.application_name,
            "version": mount.version,
            "release": mount.sha256,
            "environment": self.environment,
            "server": self.server,
        });
        ([(header::CACHE_CONTROL, "no-cache")], axum::Json(body)).into_response()
    }
}
