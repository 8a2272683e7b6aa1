//! Requests to the console: enrolment, sync, packages. All but the enrolment are signed with the server's own key.

use crate::answer;
use crate::identity::{Identity, OwnKey, signed};
use crate::point::point;
use domain::id::{QuestionId, ServerId};
use domain::protocol::{
    ControlRequest, ControlResponse, ENROLMENT, EnrolRequest, EnrolResponse, EnrolmentRequest,
    EnrolmentResponse, NEXT_KEY, NextKeyRequest, PROTOCOL, Reply, SyncRequest, SyncResponse, WHO_CONTROLS,
    next_key_input,
};
use domain::text::Sha256;
use ed25519_dalek::{Signer, SigningKey};
use serde::Serialize;
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

/// The console, as a Platform Server speaks to it.
pub struct Console {
    client: reqwest::Client,
    address: String,
    server: ServerId,
    key: OwnKey,
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
    pub fn new(client: reqwest::Client, identity: &Identity, key: OwnKey) -> Self {
        Self::at(client, &identity.console, identity.server, key)
    }

    /// A console by its address, for a server that has no identity yet.
    pub fn at(client: reqwest::Client, address: &str, server: ServerId, key: OwnKey) -> Self {
        Self { client, address: address.trim_end_matches('/').to_owned(), server, key }
    }

    /// Sends a request that it signs. Where another key took the place of the one that signed, on the way, it is signed again with that.
    async fn signed(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Vec<u8>,
        with: impl Fn(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, ConsoleError> {
        let mut key = self.key.now();
        loop {
            let request = with(self.client.request(method.clone(), format!("{}{path}", self.address)));
            let mut request = signed(request, &key, self.server, (method.as_str(), path), &body);
            if !body.is_empty() {
                request = request.header("content-type", "application/json").body(body.clone());
            }
            let answer = request.send().await.map_err(|error| silent(&self.address, &error))?;
            if answer.status().is_success() {
                return Ok(answer);
            }
            let now = self.key.now();
            if answer.status() != reqwest::StatusCode::UNAUTHORIZED || now == key {
                return Err(refused(answer).await);
            }
            key = now;
        }
    }

    /// Posts a message that it signs.
    async fn post(
        &self,
        path: &str,
        message: &impl Serialize,
        limit: Duration,
    ) -> Result<reqwest::Response, ConsoleError> {
        let body = serde_json::to_vec(message).unwrap_or_default();
        self.signed(reqwest::Method::POST, path, body, |request| request.timeout(limit)).await
    }

    /// One sync; held open by the console while there is nothing to say.
    pub async fn sync(&self, request: &SyncRequest) -> Result<SyncResponse, ConsoleError> {
        let limit = Duration::from_secs(u64::from(request.wait_seconds)) + SLACK;
        point("sync", "before the request");
        let answer = self.post("/agent/v1/sync", request, limit).await;
        point("sync", "after the answer");
        read(&self.address, answer?).await
    }

    /// Who controls the environment of this server.
    pub async fn who_controls(&self) -> Result<ControlResponse, ConsoleError> {
        let request = ControlRequest { protocol: PROTOCOL };
        read(&self.address, self.post(WHO_CONTROLS, &request, SLACK).await?).await
    }

    /// What became of the enrolment of this server.
    pub async fn enrolment(&self) -> Result<EnrolmentResponse, ConsoleError> {
        let request = EnrolmentRequest { protocol: PROTOCOL };
        read(&self.address, self.post(ENROLMENT, &request, SLACK).await?).await
    }

    /// Brings the key that this server will sign with next.
    pub async fn bring_key(&self, next: &SigningKey) -> Result<(), ConsoleError> {
        let public_key = hex::encode(next.verifying_key().as_bytes());
        let proof = hex::encode(next.sign(&next_key_input(self.server, &public_key)).to_bytes());
        let request = NextKeyRequest { protocol: PROTOCOL, public_key, proof };
        self.post(NEXT_KEY, &request, SLACK).await.map(drop)
    }

    /// What Server.API said to a question of the console.
    pub async fn answer(&self, question: QuestionId, reply: &Reply) -> Result<(), ConsoleError> {
        self.post(&format!("/agent/v1/answers/{question}"), reply, SLACK).await.map(drop)
    }

    /// A package from byte `from` on. The answer may begin at the first byte all the same (status 200).
    pub async fn package(&self, sha256: &Sha256, from: u64) -> Result<reqwest::Response, ConsoleError> {
        let path = format!("/agent/v1/packages/{sha256}");
        let ranged = |request: reqwest::RequestBuilder| match from {
            0 => request,
            _ => request.header("range", format!("bytes={from}-")),
        };
        point("package", "before the request");
        let answer = self.signed(reqwest::Method::GET, &path, Vec::new(), ranged).await;
        point("package", "after the answer");
        answer
    }
}
