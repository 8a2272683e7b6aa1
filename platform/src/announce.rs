//! A front-end that is not the controller makes sure that its controller knows where it is: as long as it is not asked, it
//! announces its addresses there.

use crate::answer;
use crate::catalog::{Log, Platform};
use crate::clock;
use crate::control::Control;
use crate::identity::{Identity, OwnKey, signed};
use crate::server_api::{ANNOUNCEMENT, Announcement};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// So long without a question, three in a row at the usual pace, means that the controller looks elsewhere.
const QUIET: Duration = Duration::from_secs(15);
/// Longest answer of the controller, bytes.
const ANSWER_BYTES: usize = 64 << 10;
/// The pause before it is told again; doubled each time, up to the last.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// What announces.
pub struct Announcer {
    /// This front-end.
    pub identity: Arc<Identity>,
    /// Its own key.
    pub key: OwnKey,
    /// Its Platform catalog, which knows where the controller is.
    pub catalog: Platform,
    /// Its Log catalog.
    pub log: Log,
    /// How it speaks to the controller.
    pub client: reqwest::Client,
    /// Counts the controller's questions.
    pub asked: watch::Receiver<u64>,
    /// Who controls: doubtful where nobody takes the announcement.
    pub control: Control,
}

impl Announcer {
    /// Works until the process ends.
    pub async fn run(mut self) {
        loop {
            if self.tell_until_asked().await.is_err() {
                return;
            }
            while let Ok(question) = timeout(QUIET, self.asked.changed()).await {
                if question.is_err() {
                    return;
                }
            }
        }
    }

    /// Announces until the controller asks; an error means that nobody can ask any more.
    async fn tell_until_asked(&mut self) -> Result<(), watch::error::RecvError> {
        let (mut pause, mut failed) = (PAUSE.0, false);
        loop {
            // A question that comes meanwhile is an answer too.
            let told = tokio::select! {
                told = tell(&self.identity, &self.key, &self.catalog, &self.client) => told,
                question = self.asked.changed() => return question,
            };
            if told.is_err() {
                self.control.doubt();
            }
            if let Err(reason) = told
                && !std::mem::replace(&mut failed, true)
            {
                tracing::warn!(
                    reason,
                    "the controller does not know where this front-end is; it is told again"
                );
                let _ = self.log.add_event("announcement_failed", reason).await;
            }
            tokio::select! {
                () = sleep(pause.mul_f64(clock::jitter())) => {}
                question = self.asked.changed() => return question,
            }
            pause = (pause * 2).min(PAUSE.1);
        }
    }
}

async fn tell(
    identity: &Identity,
    key: &OwnKey,
    catalog: &Platform,
    client: &reqwest::Client,
) -> Result<(), String> {
    let said =
        Announcement { api_address: identity.api_address(), public_address: identity.public_address.clone() };
    send((identity, key, catalog, client), ANNOUNCEMENT, &said, Duration::from_secs(5)).await.map(drop)
}

/// Who asks, with its key, the catalog that knows where the controller is, and how it speaks to it.
pub type Parts<'a> = (&'a Identity, &'a OwnKey, &'a Platform, &'a reqwest::Client);

/// Asks the controller something that is signed with the front-end's own key.
pub async fn ask<T: DeserializeOwned>(
    parts: Parts<'_>,
    path: &str,
    question: &impl Serialize,
    within: Duration,
) -> Result<T, String> {
    answer::json(send(parts, path, question, within).await?, ANSWER_BYTES).await
}

async fn send(
    (identity, key, catalog, client): Parts<'_>,
    path: &str,
    said: &impl Serialize,
    within: Duration,
) -> Result<reqwest::Response, String> {
    let Some(controller) = catalog.controller_address().await.map_err(|error| error.to_string())? else {
        return Err("nobody told this front-end where its controller is".to_owned());
    };
    let body = serde_json::to_vec(said).map_err(|error| error.to_string())?;
    let request = client.post(format!("{controller}{path}")).timeout(within);
    let request = signed(request, &key.now(), identity.server, ("POST", path), &body);
    let answer = request.body(body).send().await.map_err(|_| format!("{controller} does not answer"))?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    let status = answer.status().as_u16();
    Err(format!("{controller} refused ({status}): {}", answer::sentence(answer).await))
}
