//! Server.API: what a front-end does for its controller, and tells anybody with a token, on a port of its own. What a token is to be good
//! for is in [`table`].

mod announcement;
mod applications;
pub mod arrival;
mod client;
mod deployments;
mod enqueue;
mod farm;
mod health;
mod logs;
mod queue;
mod route;
mod table;
mod timers;
pub mod turn;
mod work;

pub use announcement::{Announcement, PATH as ANNOUNCEMENT, is_sound};
pub use arrival::Told;
pub use client::{ApiError, Members, hash_of};
pub use enqueue::PATH as ENQUEUE;
pub use route::TOKENS;
pub use table::print_document;

use crate::catalog::{Log, Platform, Session};
use crate::control::Control;
use crate::deployment::{Deployment, Switch};
use crate::folders::{self, Folders};
use crate::identity::{Identity, OwnKey};
use crate::scheduler::Seat;
use crate::server_identity::{self, Place, token::WrongSecrets};
use crate::services::Services;
use crate::turns::Turns;
use crate::work::Work;
use crate::{VERSION, clock};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, Router};
use domain::id::ServerId;
use domain::protocol::ServerStatus;
use domain::text::{Key, Sha256};
use domain::time::Timestamp;
use farm::Asked;
use futures::StreamExt;
use route::Access;
use sha2::{Digest, Sha256 as Hasher};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::AsyncWriteExt;
use tokio::sync::{Notify, watch};

/// Header: the hash of a bundle that is pushed.
const HEADER_BUNDLE: &str = "towpath-bundle";
/// Biggest bundle, bytes: what the limits of a package allow, and its compressed variants.
const BUNDLE_BYTES: u64 = 3 << 30;

/// What the routes work with.
#[derive(Clone)]
pub struct Api {
    /// This front-end.
    pub identity: Arc<Identity>,
    /// Its deployment service.
    pub deployment: Deployment,
    /// Its Platform catalog.
    pub catalog: Platform,
    /// Its Session catalog.
    pub session: Session,
    /// Its data folder.
    pub folders: Folders,
    /// What it does for the scheduler.
    pub work: Work,
    /// The scheduler, as long as this is the controller.
    pub scheduler: Seat,
    /// Its services, and when they beat.
    pub services: Services,
    /// Its Log catalog.
    pub log: Log,
    /// Its own key, with which the controller signs tokens.
    pub key: OwnKey,
    /// How it passes questions on.
    pub client: reqwest::Client,
    /// Who showed wrong secrets.
    pub wrong_secrets: WrongSecrets,
    /// Where the controller was found last.
    pub noted: Arc<Mutex<String>>,
    /// Counts the controller's questions: as long as they come, it knows where this front-end is.
    pub asked: Arc<watch::Sender<u64>>,
    /// Lets the controller ask its front-ends at once.
    pub look: Arc<Notify>,
    /// Who controls.
    pub control: Control,
    /// Which front-ends are out; the controller's.
    pub turns: Turns,
    /// When each front-end signed what it asked last at an address: an older request counts no more.
    pub signed: Arc<Mutex<BTreeMap<(&'static str, ServerId), Timestamp>>>,
    /// What the console said last of each front-end that can be reached; the controller's.
    pub told: Arc<Mutex<BTreeMap<ServerId, Told>>>,
    /// Somebody waits for what the console says of it.
    pub arriving: Arc<AtomicBool>,
}

impl Api {
    /// What this front-end says about itself.
    pub fn status(&self) -> ServerStatus {
        ServerStatus {
            server: self.identity.server,
            reachable: true,
            version: VERSION.to_owned(),
            public_address: self.identity.public_address.clone(),
            api_address: self.identity.api_address(),
            services: self.services.statuses(),
            applications: self.deployment.running(),
        }
    }
}

/// The routes of Server.API.
pub fn router(api: &Api) -> Router {
    route::router(api, table::routes())
}

/// A refusal in one sentence.
fn refuse(status: StatusCode, reason: &str) -> Response {
    (status, format!("{reason}\n")).into_response()
}

/// A refusal as RFC 6750 has it.
fn refuse_token(status: StatusCode, challenge: &str, reason: &str) -> Response {
    let mut refusal = refuse(status, reason);
    if let Ok(challenge) = HeaderValue::from_str(challenge) {
        refusal.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    refusal
}

async fn let_in(State((api, access)): State<(Api, Access)>, mut request: Request, next: Next) -> Response {
    let unsound =
        |reason: &str| refuse_token(StatusCode::UNAUTHORIZED, "Bearer error=\"invalid_token\"", reason);
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let Some(token) = sent.and_then(|v| v.strip_prefix("Bearer ")).map(str::to_owned) else {
        let reason = "Server.API wants a token of Server.Identity.";
        return refuse_token(StatusCode::UNAUTHORIZED, "Bearer", reason);
    };
    let controls = api.control.now();
    let Some(controller) = controls.key else {
        api.control.doubt();
        return unsound("This environment has no deployment controller now.");
    };
    let (known, place) = ((&controller, controls.epoch), Place::of(&api.identity));
    let claims = match server_identity::check(&token, known, place, clock::now()) {
        Ok(claims) => claims,
        Err(reason) => {
            // It may be of a controller that this front-end was not told of yet.
            if reason == server_identity::NOT_SIGNED {
                api.control.doubt();
            }
            return unsound(reason);
        }
    };
    if claims.epoch > controls.epoch {
        api.control.doubt();
    }
    if let Some(refusal) = access.refusal(&claims) {
        return refusal;
    }
    let noted = api.session.accepted(claims.id.clone(), claims.whose(), claims.expires_at);
    if let Err(error) = noted.await {
        return fault(&error);
    }
    // Only the controller itself shows by its questions that it knows where this front-end is.
    if !controls.is_own && claims.client.is_none() {
        api.asked.send_modify(|count| *count += 1);
        if is_sound(&claims.api_address) {
            note_controller(&api, claims.api_address.clone(), claims.expires_at);
        }
    }
    let asked = Asked {
        uri: request.uri().clone(),
        claims,
        token,
        is_passed_on: farm::is_passed_on(request.headers()),
    };
    request.extensions_mut().insert(Arc::new(asked));
    next.run(request).await
}

/// Notes where the controller is, once for each address, and beside the request: a front-end whose journal is busy still says how it is.
fn note_controller(api: &Api, address: String, told_at: Timestamp) {
    let mut noted = api.noted.lock().unwrap_or_else(PoisonError::into_inner);
    if *noted == address {
        return;
    }
    noted.clone_from(&address);
    let (catalog, noted) = (api.catalog.clone(), Arc::clone(&api.noted));
    tokio::spawn(async move {
        if let Err(error) = catalog.set_controller_address(&address, told_at).await {
            tracing::error!(%error, "where the controller is could not be noted");
            noted.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    });
}

/// What failed here; it is written down, too.
pub fn fault(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "Server.API failed");
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
}

async fn status(State(api): State<Api>) -> Json<ServerStatus> {
    // Whoever has just started would else be told to run nothing.
    api.deployment.has_resumed().await;
    Json(api.status())
}

async fn switch(
    State(api): State<Api>,
    Extension(asked): Extension<Arc<Asked>>,
    Json(mut switch): Json<Switch>,
) -> Response {
    if let Some(refusal) = asked.refusal_to_switch(&api, &switch).await {
        return refusal;
    }
    if asked.claims.client.is_some() {
        // It leaves as the environment said last.
        match api.catalog.farm().await {
            Ok(farm) => {
                switch.drain_seconds = farm.drain_seconds;
                switch.open_requests_seconds = farm.open_requests_seconds;
            }
            Err(error) => return fault(&error),
        }
    }
    // Carried out to its end even if the controller goes away while it waits: the journal then has the answer.
    let deployment = api.deployment.clone();
    match tokio::spawn(async move { deployment.switch(&switch).await }).await {
        Ok(Ok(switched)) => Json(switched).into_response(),
        Ok(Err(error)) => fault(&error),
        Err(error) => fault(&error),
    }
}

async fn stage(
    State(api): State<Api>,
    Path((application, sha256)): Path<(Key, Sha256)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let wanted: Option<Sha256> =
        headers.get(HEADER_BUNDLE).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    let Some(wanted) = wanted else {
        return (StatusCode::BAD_REQUEST, format!("The header {HEADER_BUNDLE} must hold a SHA-256.\n"))
            .into_response();
    };
    let pushed = Pushed(api.folders.staging("pushed"));
    let place = &pushed.0;
    match receive(place, body).await {
        Ok(hash) if hash == wanted => match api.deployment.stage(place).await {
            Ok(contents)
                if contents.package == sha256 && contents.manifest.application.key == application =>
            {
                StatusCode::NO_CONTENT.into_response()
            }
            Ok(_) => (StatusCode::BAD_REQUEST, "The bundle holds another release than its address says.\n")
                .into_response(),
            Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}\n")).into_response(),
        },
        Ok(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "The bundle did not arrive as it was sent.\n").into_response()
        }
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}\n")).into_response(),
    }
}

/// A bundle that was pushed. It goes however this ends, also when the controller goes away in the middle.
struct Pushed(PathBuf);

impl Drop for Pushed {
    fn drop(&mut self) {
        if let Err(error) = folders::remove_if_there(&self.0) {
            tracing::warn!(%error, "a pushed bundle could not be removed");
        }
    }
}

/// Writes a body to a file and hashes it on the way.
async fn receive(place: &std::path::Path, body: Body) -> Result<Sha256, std::io::Error> {
    let mut file = tokio::fs::File::create_new(place).await?;
    let (mut hasher, mut size) = (Hasher::new(), 0);
    let mut parts = body.into_data_stream();
    while let Some(part) = parts.next().await {
        let part = part.map_err(std::io::Error::other)?;
        size += part.len() as u64;
        if size > BUNDLE_BYTES {
            return Err(std::io::Error::other(format!("a bundle has at most {BUNDLE_BYTES} bytes")));
        }
        hasher.update(&part);
        file.write_all(&part).await?;
    }
    file.flush().await?;
    Ok(Sha256(hasher.finalize().into()))
}
