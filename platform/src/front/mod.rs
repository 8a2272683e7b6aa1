//! The public port: every active module under its virtual directory, a page that lists them, and honest error pages.

mod address;
pub mod pages;
pub mod proxy;
mod queue;
mod visit;

pub use queue::{Bounds, Queue};
pub use visit::Reason;

use crate::log_writer::LogSender;
use crate::runtime::Runtime;
use crate::work::{Declared, HEADERS};
use address::Addresses;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::package::{HostName, Module, ModuleKind, VirtualDirectory, comparable};
use domain::server_api::queue::Queues;
use domain::text::{Key, Sha256, VersionNumber};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Notify;
pub use visit::InFlight;
use visit::Visit;

/// The paths below each virtual directory that the front-end answers itself.
const OWN: &str = "/_towpath/";
/// What runs here.
const RELEASE: &str = "/_towpath/release.json";
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
    /// A host name of its own.
    pub host: Option<HostName>,
    /// The running release.
    pub sha256: Sha256,
    /// Its version number, where it has one.
    pub version: Option<VersionNumber>,
    /// What the application has for the scheduler.
    pub declared: Arc<Declared>,
    /// What runs it.
    pub runtime: Box<dyn Runtime>,
    /// Who waits for it.
    pub queue: Queue,
    /// What was begun is waited for no longer.
    is_cut_off: AtomicBool,
    /// Paths that only the scheduler calls, as [`comparable`] writes them.
    closed: Vec<String>,
    in_flight: AtomicUsize,
    idle: Notify,
}

impl Mount {
    /// A module that is not served yet.
    pub fn new(
        (application, application_name): (Key, String),
        module: &Module,
        sha256: Sha256,
        version: Option<VersionNumber>,
        (declared, closed): (Arc<Declared>, Vec<String>),
        (runtime, bounds): (Box<dyn Runtime>, Bounds),
    ) -> Self {
        Self {
            application,
            application_name,
            module: module.key.clone(),
            kind: module.kind,
            module_name: module.name.to_string(),
            directory: module.virtual_directory.clone(),
            host: module.host.clone(),
            sha256,
            version,
            declared,
            runtime,
            queue: Queue::new(bounds, module.concurrent),
            is_cut_off: AtomicBool::new(false),
            closed,
            in_flight: AtomicUsize::new(0),
            idle: Notify::new(),
        }
    }

    /// Says that what is still under way is waited for no longer: its module ends now.
    pub fn cut_off(&self) {
        self.is_cut_off.store(true, Ordering::SeqCst);
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

/// What is served now.
#[derive(Clone)]
pub struct Front {
    environment: String,
    server: String,
    bounds: Bounds,
    log: LogSender,
    served: Arc<RwLock<Addresses>>,
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
    pub fn new(environment: &str, server: &str, bounds: Bounds, log: LogSender) -> Self {
        Self {
            environment: environment.to_owned(),
            server: server.to_owned(),
            bounds,
            log,
            served: Arc::default(),
            leaving: Arc::default(),
            has_arrived: Arc::default(),
        }
    }

    /// What one module may take here.
    pub fn bounds(&self) -> Bounds {
        self.bounds
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
        let mut served = self.served.write().unwrap_or_else(PoisonError::into_inner);
        let (old, kept): (Vec<_>, Vec<_>) =
            served.mounts().cloned().partition(|mount| mount.application == *application);
        *served = Addresses::new(kept.into_iter().chain(new));
        old
    }

    /// Everything that is served, by virtual directory.
    pub fn mounts(&self) -> Vec<Arc<Mount>> {
        self.served.read().unwrap_or_else(PoisonError::into_inner).mounts().cloned().collect()
    }

    /// What a module would be served under that another application than its own has already, and which application that is.
    pub fn owner_of(&self, module: &Mount) -> Option<(String, Key)> {
        let served = self.served.read().unwrap_or_else(PoisonError::into_inner);
        let other = |found: Option<&Arc<Mount>>| {
            found.map(|mount| mount.application.clone()).filter(|owner| *owner != module.application)
        };
        let directory = &module.directory;
        let at_directory = other(served.at_directory(directory.as_str()))
            .map(|owner| (format!("virtual directory {directory}"), owner));
        at_directory.or_else(|| {
            let host = module.host.as_ref()?;
            other(served.at_host(host.as_str())).map(|owner| (format!("host {host}"), owner))
        })
    }

    /// The module of a request, counted as in flight before a switch can drain it, with the path as the module knows it and the length of
    /// its virtual directory.
    fn begin(&self, request: &Request) -> Option<(InFlight, String, usize)> {
        let served = self.served.read().unwrap_or_else(PoisonError::into_inner);
        let found = served.find(request)?;
        Some((InFlight::new(Arc::clone(found.mount)), found.path, found.directory))
    }

    /// A module of a release for a call of the scheduler, counted like a request; none where the release does not run.
    pub fn begin_call(&self, application: &Key, module: &Key, sha256: Sha256) -> Option<InFlight> {
        let served = self.served.read().unwrap_or_else(PoisonError::into_inner);
        let is_it = |mount: &&Arc<Mount>| {
            mount.application == *application && mount.module == *module && mount.sha256 == sha256
        };
        served.mounts().find(is_it).map(|mount| InFlight::new(Arc::clone(mount)))
    }

    /// Answers one request of the public port.
    pub async fn answer(self, mut request: Request) -> Response {
        let asked = request.uri().path().to_owned();
        if asked == HEALTH {
            return self.health(None);
        }
        let Some((begun, path, directory)) = self.begin(&request) else {
            return if asked == "/" {
                pages::home(&self.environment, &self.server, &self.mounts())
            } else {
                pages::not_found()
            };
        };
        let (directory, rest) = path.split_at(directory);
        let mount = Arc::clone(&begun.0);
        // What the front-end says itself is no request of the application: it is asked all the time, waits for nobody, and is not logged.
        if rest.starts_with(OWN) {
            return match rest {
                RELEASE => self.release_of(&mount),
                HEALTH => self.health(Some(&mount)),
                _ => pages::not_found(),
            };
        }
        let mut visit = Visit::new(begun, self.log.clone(), &asked, &mut request);
        if rest.is_empty() {
            let query = request.uri().query().map_or(String::new(), |query| format!("?{query}"));
            let place = format!("{directory}/{query}");
            let answer = (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, place)]).into_response();
            return visit.answered(answer);
        }
        if path != asked {
            address::ask_for(&mut request, &path);
        }
        // What the scheduler calls is open to nobody else, and nobody else speaks in its name.
        if !mount.closed.is_empty() && mount.closed.contains(&comparable(rest)) {
            return visit.answered(pages::not_found());
        }
        for name in HEADERS {
            request.headers_mut().remove(name);
        }
        match mount.queue.place().await {
            Ok(place) => visit.works(place),
            Err(refusal) => return visit.answered(pages::busy(&mount.queue.sentence(refusal))),
        }
        let answer = mount.runtime.serve(request, rest).await;
        visit.answered(answer)
    }

    /// How full the queue of each module is.
    pub fn queues(&self) -> Queues {
        let of = |mount: Arc<Mount>| mount.queue.status(mount.application.clone(), mount.module.clone());
        Queues {
            server: self.server.clone(),
            most_waiting: self.bounds.waiting,
            seconds: self.bounds.seconds,
            modules: self.mounts().into_iter().map(of).collect(),
        }
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
