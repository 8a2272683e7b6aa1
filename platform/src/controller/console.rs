//! Requests to the console: enrolment, sync, packages. All but the enrolment are signed with the server's own key.

use crate::answer;
use crate::identity::{Identity, signature_headers};
use crate::point::point;
use domain::id::ServerId;
use domain::protocol::{EnrolRequest, EnrolResponse, SyncRequest, SyncResponse};
use domain::text::Sha256;
use ed25519_dalek::SigningKey;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long a sync may take beyond what the console may hold it.
const SLACK: Duration = Duration::from_secs(20);
/// Longest answer to a sync, bytes.
const ANSWER_BYTES: usize = 16 << 20;

/// Why the console could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// It does not answer.
    #[error("The console does not answer at {address}: {error}.")]
    Silent {
        /// Its address.
        address: String,
        /// What happened.
        error: String,
    },
    /// It said no.
    #[error("The console refused ({status}): {reason}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its sentence.
        reason: String,
    },
}

/// The console, as its controller speaks to it.
pub struct Console {
    client: reqwest::Client,
    address: String,
    server: ServerId,
    key: SigningKey,
}

fn silent(address: &str, error: &reqwest::Error) -> ConsoleError {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = inner.to_string();
        source = inner.source();
    }
    ConsoleError::Silent { address: address.to_owned(), error: text }
}

async fn read<T: DeserializeOwned>(address: &str, answer: reqwest::Response) -> Result<T, ConsoleError> {
    let read = answer::json(answer, ANSWER_BYTES).await;
    read.map_err(|error| ConsoleError::Silent { address: address.to_owned(), error })
}

async fn refused(answer: reqwest::Response) -> ConsoleError {
    let status = answer.status().as_u16();
    let body = answer::sentence(answer).await;
    // Problem details (RFC 9457) carry the sentence in `detail`; anything else is shown as it is.
    let detail = serde_json::from_str::<serde_json::Value>(&body).ok().and_then(|json| {
        ["detail", "error", "title"].iter().find_map(|name| json.get(name)?.as_str().map(str::to_owned))
    });
    let reason = detail.unwrap_or_else(|| body.chars().take(300).collect());
    ConsoleError::Refused { status, reason }
}

/// Enrols with a one-use code.
pub async fn enrol(
    client: &reqwest::Client,
    address: &str,
    request: &EnrolRequest,
) -> Result<EnrolResponse, ConsoleError> {
    let sent = client
        .post(format!("{address}/agent/v1/enrol"))
        .json(request)
        .timeout(Duration::from_secs(30))
        .send()
        .await;
    let answer = sent.map_err(|error| silent(address, &error))?;
    if !answer.status().is_success() {
        return Err(refused(answer).await);
    }
    read(address, answer).await
}

impl Console {
    /// The console of an identity.
    pub fn new(client: reqwest::Client, identity: &Identity, key: SigningKey) -> Self {
        Self {
            client,
            address: identity.console.trim_end_matches('/').to_owned(),
            server: identity.server,
            key,
        }
    }

    fn signed(&self, method: reqwest::Method, path: &str, body: Vec<u8>) -> reqwest::RequestBuilder {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.address));
        for (name, value) in signature_headers(&self.key, self.server, method.as_str(), path, &body) {
            request = request.header(name, value);
        }
        if body.is_empty() { request } else { request.header("content-type", "application/json").body(body) }
    }

    /// One sync; held open by the console while there is nothing to say.
    pub async fn sync(&self, request: &SyncRequest) -> Result<SyncResponse, ConsoleError> {
        let body = serde_json::to_vec(request).unwrap_or_default();
        let limit = Duration::from_secs(u64::from(request.wait_seconds)) + SLACK;
        point("sync", "before the request");
        let sent = self.signed(reqwest::Method::POST, "/agent/v1/sync", body).timeout(limit).send().await;
        point("sync", "after the answer");
        let answer = sent.map_err(|error| silent(&self.address, &error))?;
        if !answer.status().is_success() {
            return Err(refused(answer).await);
        }
        read(&self.address, answer).await
    }

    /// A package from byte `from` on. The answer may begin at the first byte all the same (status 200).
    pub async fn package(&self, sha256: &Sha256, from: u64) -> Result<reqwest::Response, ConsoleError> {
        let mut request =
            self.signed(reqwest::Method::GET, &format!("/agent/v1/packages/{sha256}"), Vec::new());
        if from > 0 {
            request = request.header("range", format!("bytes={from}-"));
        }
        point("package", "before the request");
        let sent = request.send().await;
        point("package", "after the answer");
        let answer = sent.map_err(|error| silent(&self.address, &error))?;
        if answer.status().is_success() { Ok(answer) } else { Err(refused(answer).await) }
    }
}
