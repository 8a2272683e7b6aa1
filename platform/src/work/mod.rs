//! What this front-end does for the scheduler: it says which timers and handlers of jobs run here, calls them on request, each key once, and takes
//! in what its applications put into the queue.

mod desk;

pub use desk::{BODY_BYTES, Desk, Enqueue, HandOver, Letter, desk_router, outcome};

use crate::catalog::{CatalogError, Platform};
use crate::clock;
use crate::front::{Front, InFlight};
use crate::scheduler::rfc3339;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, header};
use domain::package::{JobHandler, Manifest, Timer};
use domain::setting::Values;
use domain::text::{Key, Sha256};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use utoipa::ToSchema;

/// How long an answer is held while a call is under way.
const HOLD: Duration = Duration::from_secs(3);
/// Of a module's answer so much is read, bytes.
const ANSWER_BYTES: usize = 256 << 10;
/// Of a module's sentence so much is kept, characters.
const SENTENCE: usize = 200;
/// The headers by which a module knows a call of the scheduler. From anybody else they do not get there.
pub const HEADERS: [&str; 5] =
    ["towpath-key", "towpath-timer", "towpath-occurrence", "towpath-job", "towpath-try"];

/// What an application has for the scheduler, its schedules as they count here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Declared {
    /// Its timers.
    pub timers: Vec<Timer>,
    /// Its handlers of jobs.
    pub jobs: Vec<JobHandler>,
}

impl Declared {
    /// What a manifest has with these values of settings.
    pub fn of(manifest: &Manifest, values: &Values) -> Self {
        let in_force = |timer: &Timer| {
            let schedule = manifest.schedule_in_force(timer, values).to_owned();
            Timer { schedule, ..timer.clone() }
        };
        Self { timers: manifest.timers.iter().map(in_force).collect(), jobs: manifest.jobs.clone() }
    }
}

/// An application that runs on a front-end, as the scheduler has to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunningWork {
    /// The application.
    pub application: Key,
    /// Its name.
    pub name: String,
    /// The release that runs.
    pub sha256: Sha256,
    /// Since when.
    pub since: Timestamp,
    /// The modules that answer.
    pub ready: Vec<Key>,
    /// What it has for the scheduler.
    pub declared: Declared,
}

/// One call that a front-end is to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// Made once: the same key again gets what became of it.
    pub key: String,
    /// The application.
    pub application: Key,
    /// Its release; another one is not called.
    pub sha256: Sha256,
    /// The module.
    pub module: Key,
    /// The path below its virtual directory.
    pub path: String,
    /// How long it may take, seconds.
    pub seconds: u32,
    /// What the call is about.
    pub errand: Errand,
}

/// What a call is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Errand {
    /// A timer is due.
    Timer {
        /// Its key.
        timer: Key,
        /// The time that the run stands for.
        planned_at: Timestamp,
    },
    /// A job is to be worked off.
    Job {
        /// Its id.
        id: String,
        /// Its handler.
        handler: Key,
        /// Which try this is, from 1.
        attempt: u32,
        /// What it is about, as JSON.
        body: String,
    },
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Called {
    /// It is under way.
    Running,
    /// The module answered that it is done.
    Done,
    /// The module answered something else, or not in time.
    Failed {
        /// One sentence.
        reason: String,
    },
    /// It was under way when this program was killed: nobody knows how far the module got.
    Lost,
    /// The release does not answer here; nothing was called.
    Away,
}

/// The calls of this front-end.
#[derive(Clone)]
pub struct Work {
    inner: Arc<Inner>,
}

struct Inner {
    catalog: Platform,
    front: Front,
    boot: String,
    /// What was served before the last end is served again: from here on it counts what is here and what is not.
    resumed: AtomicBool,
    ended: Notify,
}

impl Work {
    /// No calls yet.
    pub fn new(catalog: Platform, front: Front) -> Self {
        let (boot, resumed, ended) = (clock::random_id(), AtomicBool::new(false), Notify::new());
        Self { inner: Arc::new(Inner { catalog, front, boot, resumed, ended }) }
    }

    /// What was served is served again.
    pub fn resumed(&self) {
        self.inner.resumed.store(true, Ordering::SeqCst);
    }

    /// What runs here; nothing is known as long as it is being started again.
    pub async fn running(&self) -> Result<Option<Vec<RunningWork>>, CatalogError> {
        if !self.inner.resumed.load(Ordering::SeqCst) {
            return Ok(None);
        }
        let times = self.inner.catalog.slot_times().await?;
        let mut all: BTreeMap<Key, RunningWork> = BTreeMap::new();
        for mount in self.inner.front.mounts() {
            let one = all.entry(mount.application.clone()).or_insert_with(|| RunningWork {
                application: mount.application.clone(),
                name: mount.application_name.clone(),
                sha256: mount.sha256,
                since: times.get(&mount.application).copied().unwrap_or_default(),
                ready: Vec::new(),
                declared: Declared::clone(&mount.declared),
            });
            if mount.runtime.is_ready() {
                one.ready.push(mount.module.clone());
            }
        }
        Ok(Some(all.into_values().collect()))
    }

    /// Makes a call, or tells what became of it. A call that is under way is waited for a few seconds.
    pub async fn carry_out(&self, order: Order) -> Result<Called, CatalogError> {
        let inner = &self.inner;
        let key = order.key.clone();
        if inner.catalog.work(&key).await?.is_none() {
            let begun = inner.front.begin_call(&order.application, &order.module, order.sha256);
            let Some(begun) = begun.filter(|begun| begun.mount().runtime.is_ready()) else {
                return Ok(Called::Away);
            };
            if inner.catalog.begin_work(&key, &inner.boot).await? {
                let work = self.clone();
                tokio::spawn(async move { work.call(order, begun).await });
            }
        }
        let until = Instant::now() + HOLD;
        loop {
            let ended = inner.ended.notified();
            let known = inner.catalog.work(&key).await?;
            let called = match known {
                Some(row) if row.state == "done" => Called::Done,
                Some(row) if row.state == "failed" => Called::Failed { reason: row.detail },
                Some(row) if row.boot != inner.boot => Called::Lost,
                _ => Called::Running,
            };
            if called != Called::Running || timeout_at(until, ended).await.is_err() {
                return Ok(called);
            }
        }
    }

    async fn call(&self, order: Order, begun: InFlight) {
        let within = Duration::from_secs(order.seconds.into());
        let failed = match timeout(within, ask(&order, &begun)).await {
            Ok(failed) => failed,
            Err(_) => Some(format!("It did not answer within {} seconds, and was given up.", order.seconds)),
        };
        drop(begun);
        // As long as this is not noted the controller waits: nothing else may be told of the key.
        while let Err(error) = self.inner.catalog.end_work(&order.key, failed.clone()).await {
            tracing::error!(%error, key = order.key, "how a call ended could not be noted; it is tried again");
            sleep(Duration::from_secs(1)).await;
        }
        self.inner.ended.notify_waiters();
    }
}

/// Calls the module; what is wrong with its answer otherwise.
async fn ask(order: &Order, begun: &InFlight) -> Option<String> {
    let mount = begun.mount();
    let answer = mount.runtime.serve(request(order, &mount.directory.to_string()), &order.path).await;
    let status = answer.status();
    let is_text = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    // An answer counts once all of it is there.
    let body = axum::body::to_bytes(answer.into_body(), ANSWER_BYTES).await;
    if status.is_success() {
        return match body {
            Ok(_) => None,
            Err(error) => Some(format!("Its answer {} was cut off or too long: {error}.", status.as_u16())),
        };
    }
    let text = body.ok().filter(|_| is_text).map(|body| String::from_utf8_lossy(&body).into_owned());
    let line: String =
        text.as_deref().and_then(|text| text.lines().next()).unwrap_or("").chars().take(SENTENCE).collect();
    Some(match line.trim() {
        "" => format!("It answered {}.", status.as_u16()),
        line => format!("It answered {}: {line}", status.as_u16()),
    })
}

fn request(order: &Order, base: &str) -> Request {
    let (key, body, headers) = match &order.errand {
        Errand::Timer { timer, planned_at } => (
            order.key.clone(),
            String::new(),
            [("towpath-timer", timer.to_string()), ("towpath-occurrence", rfc3339(*planned_at))],
        ),
        // The key of a job is the same at each try, so that its handler can know it again.
        Errand::Job { id, handler, attempt, body } => (
            format!("job/{id}"),
            body.clone(),
            [("towpath-job", handler.to_string()), ("towpath-try", attempt.to_string())],
        ),
    };
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = format!("{base}{}", order.path).parse().unwrap_or_default();
    let sent = request.headers_mut();
    for (name, value) in headers.into_iter().chain([("towpath-key", key)]) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            sent.insert(HeaderName::from_static(name), value);
        }
    }
    if !body.is_empty() {
        sent.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    sent.insert(header::CONTENT_LENGTH, body.len().into());
    *request.body_mut() = Body::from(body);
    request
}
