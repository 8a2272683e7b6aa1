//! The controller's side of Server.API.

use super::HEADER_BUNDLE;
use crate::catalog::{Member, Session};
use crate::control::Control;
use crate::deployment::{Switch, Switched};
use crate::identity::{Identity, OwnKey};
use crate::point::point;
use crate::server_identity::{Audience, Claims, LIFETIME_MICROS, issue};
use crate::{answer, clock, release};
use domain::id::ServerId;
use domain::protocol::{Method, Question, REPLY_BYTES, Reply, ServerStatus};
use domain::text::{Key, Sha256};
use domain::time::{MINUTE, Timestamp};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_util::io::ReaderStream;

/// Longest answer of a front-end, bytes.
const ANSWER_BYTES: usize = 4 << 20;

/// How long a front-end may take to say how it is: less than the time until it is asked again.
const STATUS: Duration = Duration::from_secs(4);

/// How long a question of the console may take: it waits for ten seconds.
const QUESTION: Duration = Duration::from_secs(8);

/// Why a front-end did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Nothing reached it.
    #[error("{name} cannot be reached at {address}")]
    Unreachable {
        /// The front-end's name.
        name: String,
        /// Where it should answer.
        address: String,
    },
    /// It may have got the request; the answer is missing.
    #[error("{name} was asked, and its answer is missing: {error}")]
    Lost {
        /// The front-end's name.
        name: String,
        /// What happened.
        error: String,
    },
    /// It does not take this server for its controller, and has done nothing. It asks the console by now, so that it may soon.
    #[error("{name} lets this controller not in: {reason}")]
    NotLetIn {
        /// The front-end's name.
        name: String,
        /// Its sentence.
        reason: String,
    },
    /// It said no.
    #[error("{name} refused: {reason}")]
    Refused {
        /// The front-end's name.
        name: String,
        /// Its sentence.
        reason: String,
    },
}

/// Speaks to the Server.API of the other front-ends, with tokens that Server.Identity makes here.
#[derive(Clone)]
pub struct Members {
    key: OwnKey,
    issuer: ServerId,
    api_address: String,
    session: Session,
    pub(super) client: reqwest::Client,
    control: Control,
    tokens: Arc<Mutex<HashMap<ServerId, Token>>>,
}

/// A token that was given out.
struct Token {
    text: String,
    expires_at: Timestamp,
    epoch: u64,
}

impl Members {
    /// For the controller with this key.
    pub fn new(
        key: OwnKey,
        identity: &Identity,
        session: Session,
        client: reqwest::Client,
        control: Control,
    ) -> Self {
        let (issuer, api_address) = (identity.server, identity.api_address());
        Self { key, issuer, api_address, session, client, control, tokens: Arc::default() }
    }

    /// What a front-end says about itself.
    pub async fn status(&self, member: &Member) -> Result<ServerStatus, ApiError> {
        let request = self.client.get(format!("{}/server/v1/status", member.api_address)).timeout(STATUS);
        let answer = self.send("status", member, request).await?;
        read(member, answer).await
    }

    /// Asks what the console wants to know, and says what was answered, also where that is a refusal.
    pub async fn ask(&self, member: &Member, question: &Question) -> Result<Reply, ApiError> {
        let method = match question.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut request = self.client.request(method, format!("{}{}", member.api_address, question.path));
        if let Some(body) = &question.body {
            request = request.json(body);
        }
        let token = self.token(member).await?;
        let sent = request.timeout(QUESTION).bearer_auth(token).send().await;
        let answer = sent.map_err(|error| lost(member, &error))?;
        let status = answer.status().as_u16();
        let body = answer::text(answer, REPLY_BYTES).await;
        let body = body.map_err(|error| ApiError::Lost { name: member.name.clone(), error })?;
        Ok(Reply { status, body })
    }

    /// Pushes a bundle.
    pub async fn stage(
        &self,
        member: &Member,
        application: &Key,
        package: Sha256,
        (bundle, hash): (&Path, Sha256),
    ) -> Result<(), ApiError> {
        let refused = |error: std::io::Error| ApiError::Refused {
            name: member.name.clone(),
            reason: error.to_string(),
        };
        let file = tokio::fs::File::open(bundle).await.map_err(refused)?;
        let request = self
            .client
            .put(format!("{}/server/v1/releases/{application}/{package}", member.api_address))
            .header(HEADER_BUNDLE, hash.to_string())
            .timeout(Duration::from_secs(900 + 2 * u64::from(domain::package::HOOK_SECONDS_MAX)))
            .body(reqwest::Body::wrap_stream(ReaderStream::with_capacity(file, 64 << 10)));
        self.send("stage", member, request).await.map(drop)
    }

    /// Asks a front-end to switch, and waits for the end.
    pub async fn switch(&self, member: &Member, switch: &Switch) -> Result<Switched, ApiError> {
        let request = self
            .client
            .post(format!("{}/server/v1/switch", member.api_address))
            .json(switch)
            .timeout(Duration::from_secs(u64::from(domain::package::READY_SECONDS_MAX) + 60));
        let answer = self.send("switch", member, request).await?;
        read(member, answer).await
    }

    pub(super) async fn send(
        &self,
        what: &str,
        member: &Member,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, ApiError> {
        let token = self.token(member).await?;
        point(what, "before the request");
        let answer = request.bearer_auth(token).send().await;
        point(what, "after the answer");
        let answer = answer.map_err(|error| {
            if error.is_connect() {
                ApiError::Unreachable { name: member.name.clone(), address: member.api_address.clone() }
            } else {
                lost(member, &error)
            }
        })?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let said: String = answer::sentence(answer).await.chars().take(500).collect();
        // It becomes a part of a longer sentence.
        let reason = if said.is_empty() { status.to_string() } else { said.trim_end_matches('.').to_owned() };
        if status.is_server_error() {
            return Err(ApiError::Lost { name: member.name.clone(), error: reason });
        }
        if status == reqwest::StatusCode::UNAUTHORIZED {
            return Err(ApiError::NotLetIn { name: member.name.clone(), reason });
        }
        Err(ApiError::Refused { name: member.name.clone(), reason })
    }

    async fn token(&self, member: &Member) -> Result<String, ApiError> {
        let (now, epoch) = (clock::now(), self.control.now().epoch);
        let mut tokens = self.tokens.lock().await;
        let holds = |token: &&Token| token.expires_at.since(now) > MINUTE && token.epoch == epoch;
        if let Some(token) = tokens.get(&member.server).filter(holds) {
            return Ok(token.text.clone());
        }
        let claims = Claims {
            id: clock::random_id(),
            issuer: self.issuer,
            audience: Audience::Server(member.server),
            expires_at: now.plus(LIFETIME_MICROS),
            api_address: self.api_address.clone(),
            epoch,
            client: None,
        };
        let token = issue(&self.key.now(), &claims);
        let noted = self.session.issued(claims.id, member.server.to_string(), claims.expires_at).await;
        noted.map_err(|error| ApiError::Refused {
            name: "Server.Identity".to_owned(),
            reason: error.to_string(),
        })?;
        let text = token.clone();
        tokens.insert(member.server, Token { text, expires_at: claims.expires_at, epoch });
        Ok(token)
    }
}

pub(super) async fn read<T: DeserializeOwned>(
    member: &Member,
    answer: reqwest::Response,
) -> Result<T, ApiError> {
    let read = answer::json(answer, ANSWER_BYTES).await;
    read.map_err(|error| ApiError::Lost { name: member.name.clone(), error })
}

fn lost(member: &Member, error: &reqwest::Error) -> ApiError {
    ApiError::Lost { name: member.name.clone(), error: error.to_string() }
}

/// The hash of a bundle on disk.
pub async fn hash_of(path: &Path) -> std::io::Result<Sha256> {
    let path = path.to_owned();
    let hashed = tokio::task::spawn_blocking(move || release::hash_file(&path)).await;
    hashed.map_err(std::io::Error::other)?
}
