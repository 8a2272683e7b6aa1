//! A console that keeps tasks and reports in memory and checks every signature.

mod identities;

use super::packages::Made;
use super::{PATIENCE, eventually};
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use domain::id::{DeploymentId, EnvironmentId, QuestionId, ServerId};
use domain::protocol::*;
use domain::text::Sha256;
use domain::time::Timestamp;
use ed25519_dalek::{Signature, VerifyingKey};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

/// The console of one test, with one environment.
#[derive(Clone)]
pub struct Console {
    pub address: String,
    shared: Arc<Shared>,
}

struct Shared {
    inner: Mutex<Inner>,
    news: Notify,
}

#[derive(Default)]
struct Inner {
    codes: HashMap<String, ServerId>,
    servers: BTreeMap<ServerId, Known>,
    packages: HashMap<Sha256, Vec<u8>>,
    open: Vec<Task>,
    reports: HashMap<String, TaskReport>,
    /// The fence under which a key was given out last.
    fences: HashMap<String, u64>,
    lines: HashMap<String, BTreeMap<u64, String>>,
    questions: Vec<Question>,
    replies: HashMap<QuestionId, Reply>,
    statuses: Vec<ServerStatus>,
    nonces: HashSet<String>,
    revision: u64,
    faults: Faults,
    farm: Farm,
    ranges: Vec<u64>,
    /// Counts the changes of the controller.
    epoch: u64,
    /// Syncs that were answered, by server.
    syncs: HashMap<ServerId, u64>,
    /// Syncs that were refused because another server controls or this one was revoked.
    refused: HashMap<ServerId, u64>,
    /// Sentences about requests that no sound Platform Server sends.
    wrong: Vec<String>,
}

/// What goes wrong on purpose.
#[derive(Default, Clone)]
pub struct Faults {
    /// A package answer ends after so many bytes.
    pub cut_after: Option<usize>,
    /// Other bytes of the same length are sent.
    pub wrong_bytes: bool,
    /// Final reports are stored, but not acknowledged.
    pub no_acknowledgement: bool,
    /// A key that is brought is kept, and the answer is lost.
    pub next_key_lost: bool,
    /// Who asks who controls is known by its signature, and gets no answer.
    pub who_controls_lost: bool,
}

struct Known {
    catches_up: bool,
    name: String,
    is_controller: bool,
    key: Option<String>,
    api_address: String,
    revoked: bool,
    next: Option<String>,
    rotated: bool,
}

pub fn server_id(number: u128) -> ServerId {
    ServerId(Uuid::from_u128(0x0198_c0de_0000_7000_8000_0000_0000_0000 + number))
}

impl Console {
    /// Starts a console whose environment has the servers `test-1` (the controller, code `code-1`), `test-2` and so on.
    pub async fn start(servers: u128) -> Self {
        let mut inner = Inner { revision: 1, epoch: 1, ..Inner::default() };
        for number in 1..=servers {
            inner.codes.insert(format!("code-{number}"), server_id(number));
            let known = Known {
                name: format!("test-{number}"),
                catches_up: false,
                is_controller: number == 1,
                key: None,
                api_address: String::new(),
                revoked: false,
                next: None,
                rotated: false,
            };
            inner.servers.insert(server_id(number), known);
        }
        let shared = Arc::new(Shared { inner: Mutex::new(inner), news: Notify::new() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/agent/v1/enrol", post(enrol))
            .route("/agent/v1/sync", post(sync))
            .route("/agent/v1/answers/{id}", post(answer))
            .route(WHO_CONTROLS, post(identities::who_controls))
            .route(NEXT_KEY, post(identities::next_key))
            .route("/agent/v1/packages/{sha256}", get(package))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, shared }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        let value = work(&mut self.shared.inner.lock().unwrap());
        self.shared.news.notify_waiters();
        value
    }

    pub fn faults(&self, faults: Faults) {
        self.with(|inner| inner.faults = faults);
    }

    /// Whether a front-end is behind, from the next sync on.
    pub fn catches_up(&self, number: u128, catches_up: bool) {
        self.with(|inner| {
            inner.servers.get_mut(&server_id(number)).unwrap().catches_up = catches_up;
            inner.revision += 1;
        });
    }

    /// How front-ends leave, from the next sync on.
    pub fn farm(&self, farm: Farm) {
        self.with(|inner| {
            inner.farm = farm;
            inner.revision += 1;
        });
    }

    /// The first bytes that were asked for, in order.
    pub fn ranges(&self) -> Vec<u64> {
        self.with(|inner| inner.ranges.clone())
    }

    pub fn statuses(&self) -> Vec<ServerStatus> {
        self.with(|inner| inner.statuses.clone())
    }

    /// No request was wrong: every signature held, every nonce was new.
    pub fn is_content(&self) {
        assert_eq!(self.with(|inner| inner.wrong.clone()), Vec::<String>::new());
    }

    pub fn put(&self, package: &Made) {
        self.with(|inner| inner.packages.insert(package.sha256, package.bytes.clone()));
    }

    /// Gives a task out until its final report is there.
    pub fn give(&self, key: &str, fence: u64, inquiry: bool, action: TaskAction) {
        let task = Task {
            key: key.to_owned(),
            fence,
            deployment: DeploymentId(Uuid::from_u128(9)),
            inquiry,
            action,
        };
        self.with(|inner| {
            inner.reports.remove(key);
            inner.fences.insert(key.to_owned(), fence);
            inner.open.push(task);
            inner.revision += 1;
        });
    }

    /// The final report of a task.
    pub async fn end_of(&self, key: &str) -> TaskOutcome {
        eventually(&format!("the end of {key}"), async || {
            let report = self.with(|inner| inner.reports.get(key).cloned());
            report.filter(|report| report.outcome.is_final()).map(|report| report.outcome)
        })
        .await
    }

    pub async fn run(&self, key: &str, fence: u64, action: TaskAction) -> TaskOutcome {
        self.give(key, fence, false, action);
        self.end_of(key).await
    }

    pub async fn inquire(&self, key: &str, fence: u64, action: TaskAction) -> TaskOutcome {
        self.give(key, fence, true, action);
        self.end_of(key).await
    }

    /// Asks a front-end's Server.API through the controller; none for the controller's own.
    pub async fn ask(&self, server: Option<u128>, method: Method, path: &str) -> Reply {
        let id = QuestionId(Uuid::from_u128(self.with(|inner| {
            inner.revision += 1;
            inner.revision.into()
        })));
        let question =
            Question { id, server: server.map(server_id), method, path: path.to_owned(), body: None };
        self.with(|inner| inner.questions.push(question));
        eventually(&format!("the answer to {path}"), async || {
            self.with(|inner| inner.replies.get(&id).cloned())
        })
        .await
    }

    pub fn lines(&self, key: &str) -> Vec<String> {
        self.with(|inner| {
            inner.lines.get(key).map(|lines| lines.values().cloned().collect()).unwrap_or_default()
        })
    }
}

pub fn prepare(application: &str, package: &Made) -> TaskAction {
    let application = application.parse().unwrap();
    TaskAction::Prepare {
        application,
        sha256: package.sha256,
        size: package.size(),
        version: None,
        servers: None,
    }
}

pub fn activate(server: u128, application: &str, package: &Made) -> TaskAction {
    activate_with(server, application, package, &[])
}

/// The same with values of settings.
pub fn activate_with(
    server: u128,
    application: &str,
    package: &Made,
    settings: &[(&str, &str)],
) -> TaskAction {
    let values = settings.iter().map(|(key, value)| (key.parse().unwrap(), (*value).to_owned()));
    TaskAction::Activate {
        settings: domain::setting::Values(values.collect()),
        server: server_id(server),
        application: application.parse().unwrap(),
        sha256: package.sha256,
    }
}

pub fn deactivate(server: u128, application: &str) -> TaskAction {
    TaskAction::Deactivate { server: server_id(server), application: application.parse().unwrap() }
}

fn refused(status: StatusCode, detail: &str) -> Response {
    (status, Json(serde_json::json!({ "title": "Refused", "detail": detail }))).into_response()
}

async fn enrol(State(shared): State<Arc<Shared>>, Json(request): Json<EnrolRequest>) -> Response {
    let mut inner = shared.inner.lock().unwrap();
    let Some(server) = inner.codes.remove(&request.code) else {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "This code is not good.");
    };
    let known = inner.servers.get_mut(&server).unwrap();
    let anew = known.is_controller && known.key.is_some() || known.revoked;
    known.key = Some(request.public_key.clone());
    (known.revoked, known.next) = (false, None);
    known.api_address = request.api_address;
    let (server_name, is_controller) = (known.name.clone(), known.is_controller);
    if anew && is_controller {
        inner.epoch += 1;
    }
    inner.revision += 1;
    let controller = inner.servers.values().find(|k| k.is_controller);
    let controller_key = controller.and_then(|k| k.key.clone());
    let controller_api_address = controller.map(|k| k.api_address.clone()).unwrap_or_default();
    Json(EnrolResponse {
        server,
        server_name,
        environment: EnvironmentId(Uuid::from_u128(5)),
        environment_name: "Test".to_owned(),
        is_controller,
        controller_key,
        controller_api_address,
        controller_epoch: inner.epoch,
        waits: false,
        note: String::new(),
    })
    .into_response()
}

const REVOKED: &str = "revoked";
/// A request that was under way when another key took the place of the one that signed it.
const OLD_KEY: &str = "the key before";

/// Keeps what is wrong with a request, and refuses it.
fn unsigned(inner: &mut Inner, reason: String) -> Response {
    // A server that was revoked does not know it yet, nor does one that was killed before it knew that its next key counts.
    if reason != REVOKED && reason != OLD_KEY {
        inner.wrong.push(reason);
    }
    refused(StatusCode::UNAUTHORIZED, "Not signed.")
}

/// Who signed a request; what is wrong with it otherwise.
fn signer(
    inner: &mut Inner,
    method: &str,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<ServerId, String> {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).ok_or(format!("no {name}"));
    let server: ServerId = header(HEADER_SERVER)?.parse().map_err(|_| "no server".to_owned())?;
    let time: i64 = header(HEADER_TIME)?.parse().map_err(|_| "no time".to_owned())?;
    let nonce = header(HEADER_NONCE)?;
    let known = inner.servers.get(&server).ok_or("unknown server")?;
    let key = known.key.clone().ok_or(if known.revoked { REVOKED } else { "unknown server" })?;
    let next = known.next.clone();
    let signature =
        base64::engine::general_purpose::STANDARD.decode(header(HEADER_SIGNATURE)?).unwrap_or_default();
    let signature = Signature::from_slice(&signature).map_err(|_| "no signature".to_owned())?;
    let input = signing_input(method, path, &Sha256::of(body), Timestamp(time), nonce);
    let signs = |key: &str| {
        let key = <[u8; 32]>::try_from(hex::decode(key).unwrap()).unwrap();
        VerifyingKey::from_bytes(&key).unwrap().verify_strict(&input, &signature).is_ok()
    };
    if !signs(&key) {
        if !next.as_deref().is_some_and(signs) {
            return Err(if known.rotated { OLD_KEY } else { "wrong signature" }.to_owned());
        }
        // The next key has signed: from now on it is the only one.
        let known = inner.servers.get_mut(&server).unwrap();
        (known.key, known.rotated) = (known.next.take(), true);
        inner.epoch += u64::from(known.is_controller);
        inner.revision += 1;
    }
    if nonce.len() != 32 || !inner.nonces.insert(nonce.to_owned()) {
        return Err("a nonce came again".to_owned());
    }
    Ok(server)
}

async fn sync(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let request: SyncRequest = serde_json::from_slice(&body).unwrap();
    let (seen, wait) = (request.seen_revision, request.wait_seconds);
    let (server, acknowledged) = {
        let mut inner = shared.inner.lock().unwrap();
        let server = match signer(&mut inner, "POST", "/agent/v1/sync", &headers, &body) {
            Ok(server) => server,
            Err(reason) => return unsigned(&mut inner, reason),
        };
        if !controls(&mut inner, server) {
            return refused(StatusCode::FORBIDDEN, "Another front-end controls.");
        }
        (server, take(&mut inner, request))
    };
    let deadline = tokio::time::Instant::now() + Duration::from_secs(u64::from(wait)).min(PATIENCE);
    while acknowledged.is_empty() && shared.inner.lock().unwrap().revision <= seen {
        let news = shared.news.notified();
        if tokio::time::timeout_at(deadline, news).await.is_err() {
            break;
        }
    }
    let mut inner = shared.inner.lock().unwrap();
    if !controls(&mut inner, server) {
        return refused(StatusCode::FORBIDDEN, "Another front-end controls.");
    }
    *inner.syncs.entry(server).or_default() += 1;
    let members = inner.servers.iter().filter(|(_, known)| !known.revoked).map(|(server, known)| Member {
        server: *server,
        name: known.name.clone(),
        api_address: known.api_address.clone(),
        public_key: known.key.clone(),
        catches_up: known.catches_up,
    });
    Json(SyncResponse {
        environment_name: "Test".to_owned(),
        members: members.collect(),
        farm: inner.farm,
        tasks: inner.open.clone(),
        acknowledged,
        server_time: Timestamp(0),
        revision: inner.revision,
        questions: inner.questions.clone(),
        controller_epoch: inner.epoch,
    })
    .into_response()
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<QuestionId>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut inner = shared.inner.lock().unwrap();
    if let Err(reason) = signer(&mut inner, "POST", &format!("/agent/v1/answers/{id}"), &headers, &body) {
        inner.wrong.push(reason);
        return refused(StatusCode::UNAUTHORIZED, "Not signed.");
    }
    inner.questions.retain(|question| question.id != id);
    if inner.replies.insert(id, serde_json::from_slice(&body).unwrap()).is_some() {
        inner.wrong.push(format!("question {id} was asked twice"));
    }
    StatusCode::NO_CONTENT.into_response()
}

/// Whether a server controls. A front-end never takes itself for the controller where that never was another.
fn controls(inner: &mut Inner, server: ServerId) -> bool {
    let known = &inner.servers[&server];
    let controls = known.is_controller && !known.revoked;
    if !controls {
        *inner.refused.entry(server).or_default() += 1;
        if inner.epoch == 1 {
            inner.wrong.push("a front-end that is not the controller called".to_owned());
        }
    }
    controls
}

fn take(inner: &mut Inner, request: SyncRequest) -> Vec<String> {
    for status in request.servers.iter().filter(|status| status.reachable) {
        if let Some(known) = inner.servers.get_mut(&status.server) {
            known.api_address.clone_from(&status.api_address);
        }
    }
    inner.statuses = request.servers;
    let mut acknowledged = Vec::new();
    for report in request.reports {
        let lines = inner.lines.entry(report.key.clone()).or_default();
        lines.extend(report.lines.iter().map(|line| (line.number, line.message.clone())));
        if report.outcome.is_final() {
            inner.open.retain(|task| task.key != report.key || task.fence != report.fence);
            if !inner.faults.no_acknowledgement {
                acknowledged.push(report.key.clone());
            }
        }
        // Requests that overtake each other are no fault: what has ended stays so, as in the console.
        let ended = inner.reports.get(&report.key).is_some_and(|known| {
            known.outcome.is_final() && known.fence >= report.fence && !report.outcome.is_final()
        });
        // What was said of the same key under another fence answers an older question.
        let asked = inner.fences.get(&report.key).is_none_or(|fence| *fence == report.fence);
        if asked && !ended {
            inner.reports.insert(report.key.clone(), report);
        }
    }
    acknowledged
}

async fn package(
    State(shared): State<Arc<Shared>>,
    Path(sha256): Path<Sha256>,
    request: Request,
) -> Response {
    let mut inner = shared.inner.lock().unwrap();
    let path = request.uri().path().to_owned();
    if let Err(reason) = signer(&mut inner, "GET", &path, request.headers(), b"") {
        return unsigned(&mut inner, reason);
    }
    let Some(mut bytes) = inner.packages.get(&sha256).cloned() else {
        return refused(StatusCode::NOT_FOUND, "There is no such package.");
    };
    if inner.faults.wrong_bytes {
        bytes.iter_mut().for_each(|b| *b ^= 1);
    }
    let range = request
        .headers()
        .get("range")
        .and_then(|v| v.to_str().ok())
        .map(|v| v.trim_start_matches("bytes=").trim_end_matches('-').parse::<usize>().unwrap());
    let from = range.unwrap_or(0);
    inner.ranges.push(from as u64);
    let rest = bytes[from..].to_vec();
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let length = rest.len();
    let Some(cut) = inner.faults.cut_after.filter(|cut| *cut < length) else {
        return (status, rest).into_response();
    };
    // The connection breaks in the middle.
    let parts: [Result<Vec<u8>, std::io::Error>; 2] =
        [Ok(rest[..cut].to_vec()), Err(std::io::Error::other("cut"))];
    let slowly = futures::StreamExt::then(futures::stream::iter(parts), async |part| {
        tokio::time::sleep(Duration::from_millis(20)).await;
        part
    });
    let body = axum::body::Body::from_stream(slowly);
    (status, [("content-length", length.to_string())], body).into_response()
}
