//! The desk: an address on loopback where the processes of this front-end put jobs and e-mails into the queue. Each process has a token of its
//! release. What is answered with 202 is in the queue of the controller, on its disk.

use super::Declared;
use crate::catalog::{Enqueued, NewItem, Sort, WAITING_MAX};
use crate::clock;
use crate::scheduler::Seat;
use crate::server_api::ENQUEUE;
use crate::to_controller::ToController;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::package::RETRIES_MAX;
use domain::text::{Key, Sha256, shorten};
use domain::time::Timestamp;
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use utoipa::ToSchema;

/// Biggest job or e-mail, bytes.
pub const BODY_BYTES: usize = 256 << 10;
/// Recipients of one e-mail at most.
const RECIPIENTS: usize = 20;
/// Longest key that an application gives, and longest subject, bytes.
const KEY_BYTES: usize = 200;
/// How often an e-mail is tried.
const EMAIL_TRIES: u32 = 12;

/// What is handed to the controller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Enqueue {
    /// The id that it gets.
    pub id: String,
    /// Whose it is.
    pub application: Key,
    /// What the application calls it.
    pub key: Option<String>,
    /// What it is.
    pub thing: Thing,
}

/// A job or an e-mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Thing {
    /// Worked off by a module.
    Job {
        /// Its handler.
        handler: Key,
        /// What it is about.
        body: Value,
        /// Not before this time.
        not_before: Option<Timestamp>,
        /// How often it may be tried.
        tries_max: u32,
    },
    /// Sent over SMTP.
    Email(Letter),
}

/// An e-mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// Who gets it.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The same as HTML, where there is that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

impl Enqueue {
    /// What the queue gets.
    pub fn item(self) -> NewItem {
        let now = clock::now();
        let (sort, handler, body, tries_max, due_at) = match self.thing {
            Thing::Job { handler, body, not_before, tries_max } => (
                Sort::Job,
                Some(handler),
                body.to_string(),
                tries_max.clamp(1, RETRIES_MAX + 1),
                not_before.unwrap_or(now),
            ),
            Thing::Email(letter) => (Sort::Email, None, crate::catalog::stored(&letter), EMAIL_TRIES, now),
        };
        NewItem {
            id: self.id,
            sort,
            application: self.application,
            handler,
            key: self.key,
            body,
            tries_max,
            due_at,
        }
    }
}

/// How what was taken in gets to the controller.
pub struct HandOver {
    /// The scheduler, as long as this is the controller.
    pub scheduler: Seat,
    /// How it speaks to the controller.
    pub controller: ToController,
}

/// Why something is not in the queue.
type Refusal = (StatusCode, String);

impl HandOver {
    /// Puts something into the queue, and tells its id there.
    async fn hand_over(&self, thing: Enqueue) -> Result<String, Refusal> {
        if let Some(scheduler) = self.scheduler.now() {
            return scheduler.enqueue(thing).await;
        }
        let unsure = |why: String| (StatusCode::SERVICE_UNAVAILABLE, why);
        let address =
            self.controller.catalog.controller_address().await.map_err(|error| unsure(error.to_string()))?;
        let Some(address) = address else {
            return Err(unsure("This front-end does not know its controller yet: try again.".to_owned()));
        };
        let body = serde_json::to_vec(&thing).map_err(|error| unsure(error.to_string()))?;
        let request = self.controller.request(&address, ENQUEUE, body, Duration::from_secs(10));
        let answer = request.send().await.map_err(|_| {
            unsure(
                "The controller does not answer, so this is not known to be in the queue: send it again with the same key."
                    .to_owned(),
            )
        })?;
        let status = answer.status();
        let said = crate::answer::sentence(answer).await;
        match status {
            StatusCode::OK => Ok(said),
            StatusCode::TOO_MANY_REQUESTS => Err((status, said)),
            _ => Err(unsure(format!("The controller did not take it: {said}"))),
        }
    }
}

/// The tokens of the releases that run here.
#[derive(Clone)]
pub struct Desk {
    address: String,
    /// By the token's hash, so that no comparison tells anything about one.
    tokens: Arc<Mutex<HashMap<Sha256, Holder>>>,
}

#[derive(Clone)]
struct Holder {
    application: Key,
    release: Sha256,
    declared: Declared,
    token: String,
}

impl Desk {
    /// A desk at an address of this machine.
    pub fn new(address: String) -> Self {
        Self { address, tokens: Arc::default() }
    }

    /// What a process of a release is told: where the desk is, and its token, which holds until this program ends.
    pub fn variables(
        &self,
        application: &Key,
        release: Sha256,
        declared: &Declared,
    ) -> [(String, String); 2] {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tokens.values().find(|one| one.application == *application && one.release == release);
        let token = known.map(|one| one.token.clone()).unwrap_or_else(|| {
            let token = hex::encode(clock::random::<32>());
            let (application, declared) = (application.clone(), declared.clone());
            let holder = Holder { application, release, declared, token: token.clone() };
            tokens.insert(Sha256::of(token.as_bytes()), holder);
            token
        });
        [
            ("TOWPATH_PLATFORM".to_owned(), format!("http://{}", self.address)),
            ("TOWPATH_PLATFORM_TOKEN".to_owned(), token),
        ]
    }

    fn holder(&self, headers: &HeaderMap) -> Result<Holder, Refusal> {
        let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = sent.and_then(|value| value.strip_prefix("Bearer "));
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        token.and_then(|token| tokens.get(&Sha256::of(token.as_bytes()))).cloned().ok_or_else(|| {
            let why = "Send the process's own TOWPATH_PLATFORM_TOKEN as a bearer token.";
            (StatusCode::UNAUTHORIZED, why.to_owned())
        })
    }
}

#[derive(Clone)]
struct Counter {
    desk: Desk,
    over: Arc<HandOver>,
}

/// What processes ask.
pub fn desk_router(desk: Desk, over: HandOver) -> Router {
    Router::new()
        .route("/jobs", post(job))
        .route("/emails", post(email))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(Counter { desk, over: Arc::new(over) })
}

/// `POST /jobs`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobRequest {
    handler: String,
    #[serde(default)]
    body: Value,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    not_before: Option<String>,
    #[serde(default)]
    retries: Option<u32>,
}

/// `POST /emails`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EmailRequest {
    to: Recipients,
    subject: String,
    text: String,
    #[serde(default)]
    html: Option<String>,
    #[serde(default)]
    key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Recipients {
    One(String),
    Many(Vec<String>),
}

fn unsound(why: String) -> Refusal {
    (StatusCode::UNPROCESSABLE_ENTITY, why)
}

fn read<T>(sent: Result<Json<T>, JsonRejection>) -> Result<T, Refusal> {
    sent.map(|Json(sent)| sent).map_err(|error| (error.status(), error.body_text()))
}

fn told(ended: Result<String, Refusal>) -> Response {
    match ended {
        Ok(id) => (StatusCode::ACCEPTED, Json(json!({ "id": id }))).into_response(),
        Err((status, why)) => (status, format!("{}\n", why.trim_end())).into_response(),
    }
}

fn check_key(key: Option<&str>) -> Result<(), Refusal> {
    match key {
        Some(key) if key.is_empty() || key.len() > KEY_BYTES || key.chars().any(char::is_control) => {
            Err(unsound(format!("A key has 1 to {KEY_BYTES} bytes on one line.")))
        }
        _ => Ok(()),
    }
}

async fn job(
    State(counter): State<Counter>,
    headers: HeaderMap,
    sent: Result<Json<JobRequest>, JsonRejection>,
) -> Response {
    let taken = async {
        let holder = counter.desk.holder(&headers)?;
        let sent = read(sent)?;
        check_key(sent.key.as_deref())?;
        let handlers = &holder.declared.jobs;
        let Some(handler) = handlers.iter().find(|one| one.key.as_str() == sent.handler) else {
            return Err(unsound(format!(
                "“{}” is no handler of “{}”: it needs [[jobs]] with this key in its manifest.",
                shorten(&sent.handler),
                holder.application
            )));
        };
        let retries = sent.retries.unwrap_or(handler.retries());
        if retries > RETRIES_MAX {
            return Err(unsound(format!("retries must be 0 to {RETRIES_MAX}.")));
        }
        let time = |text: &String| {
            text.parse::<jiff02::Timestamp>().map(|at| Timestamp(at.as_microsecond())).map_err(|_| {
                unsound(format!("not_before “{}” is no time such as 2026-11-27T03:00:00Z.", shorten(text)))
            })
        };
        let thing = Thing::Job {
            handler: handler.key.clone(),
            body: sent.body,
            not_before: sent.not_before.as_ref().map(time).transpose()?,
            tries_max: retries + 1,
        };
        hand(&counter, holder.application, sent.key, thing).await
    };
    told(taken.await)
}

async fn email(
    State(counter): State<Counter>,
    headers: HeaderMap,
    sent: Result<Json<EmailRequest>, JsonRejection>,
) -> Response {
    let taken = async {
        let holder = counter.desk.holder(&headers)?;
        let sent = read(sent)?;
        check_key(sent.key.as_deref())?;
        let to = match sent.to {
            Recipients::One(one) => vec![one],
            Recipients::Many(many) => many,
        };
        if !(1..=RECIPIENTS).contains(&to.len()) {
            return Err(unsound(format!("An e-mail has 1 to {RECIPIENTS} recipients.")));
        }
        if let Some(wrong) = to.iter().find(|one| one.parse::<Mailbox>().is_err()) {
            return Err(unsound(format!("“{}” is no e-mail address.", shorten(wrong))));
        }
        if sent.subject.trim().is_empty()
            || sent.subject.len() > KEY_BYTES
            || sent.subject.chars().any(char::is_control)
        {
            return Err(unsound(format!("A subject has 1 to {KEY_BYTES} bytes on one line.")));
        }
        let letter = Letter { to, subject: sent.subject, text: sent.text, html: sent.html };
        hand(&counter, holder.application, sent.key, Thing::Email(letter)).await
    };
    told(taken.await)
}

async fn hand(
    counter: &Counter,
    application: Key,
    key: Option<String>,
    thing: Thing,
) -> Result<String, Refusal> {
    let enqueue = Enqueue { id: clock::random_id(), application, key, thing };
    counter.over.hand_over(enqueue).await
}

/// What the queue said, as whoever handed something over is told it.
pub fn outcome(id: String, application: &Key, enqueued: Enqueued) -> Result<String, Refusal> {
    match enqueued {
        Enqueued::New => Ok(id),
        Enqueued::Known(id) => Ok(id),
        Enqueued::Full => Err((
            StatusCode::TOO_MANY_REQUESTS,
            format!("{WAITING_MAX} of “{application}” wait in the queue already: send it later."),
        )),
    }
}
