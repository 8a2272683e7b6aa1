//! Server.API: what a front-end does for its controller, on a port of its own. Every request carries a token of Server.Identity,
//! but for what a front-end says of itself: its announcement, arrival and wish to leave are signed with the front-end's own key.

mod announcement;
pub mod arrival;
mod client;
mod enqueue;
mod logs;
mod queue;
mod timers;
pub mod turn;
mod work;

pub use announcement::{Announcement, PATH as ANNOUNCEMENT, is_sound};
pub use arrival::Told;
pub use client::{ApiError, Members, hash_of};
pub use enqueue::PATH as ENQUEUE;

use crate::catalog::{Log, Platform, Session};
use crate::control::Control;
use crate::deployment::{Deployment, Switch};
use crate::folders::{self, Folders};
use crate::identity::Identity;
use crate::scheduler::Seat;
use crate::services::Services;
use crate::turns::Turns;
use crate::work::Work;
use crate::{VERSION, clock, server_identity};
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use domain::id::ServerId;
use domain::protocol::ServerStatus;
use domain::text::{Key, Sha256};
use domain::time::Timestamp;
use futures::StreamExt;
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
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/server/v1/status", get(status))
        .route("/server/v1/releases/{application}/{sha256}", put(stage))
        .route("/server/v1/switch", post(switch))
        .route("/server/v1/logs", get(logs::page))
        .route("/server/v1/queue", get(queue::show))
        .route(work::PATH, work::routes())
        .merge(timers::routes())
        .layer(middleware::from_fn_with_state(api.clone(), let_in))
        .route(ANNOUNCEMENT, post(announcement::take).layer(DefaultBodyLimit::max(announcement::BYTES)))
        .route(ENQUEUE, enqueue::routes())
        .route(arrival::PATH, post(arrival::take).layer(DefaultBodyLimit::max(arrival::BYTES)))
        .route(turn::PATH, post(turn::take).layer(DefaultBodyLimit::max(announcement::BYTES)))
        .with_state(api)
}

async fn status(State(api): State<Api>) -> Json<ServerStatus> {
    // Whoever has just started would else be told to run nothing.
    api.deployment.has_resumed().await;
    Json(api.status())
}

async fn let_in(State(api): State<Api>, request: Request, next: Next) -> Response {
    let refuse = |reason: &str| (StatusCode::UNAUTHORIZED, format!("{reason}\n")).into_response();
    let sent = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let Some(token) = sent.and_then(|v| v.strip_prefix("Bearer ")) else {
        return refuse("Server.API wants a token of Server.Identity.");
    };
    let controls = api.control.now();
    let Some(controller) = controls.key else {
        api.control.doubt();
        return refuse("This environment has no deployment controller now.");
    };
    let known = (&controller, controls.epoch);
    let claims = match server_identity::check(token, known, api.identity.server, clock::now()) {
        Ok(claims) => claims,
        Err(reason) => {
            // It may be of a controller that this front-end was not told of yet.
            if reason == server_identity::NOT_SIGNED {
                api.control.doubt();
            }
            return refuse(reason);
        }
    };
    if claims.epoch > controls.epoch {
        api.control.doubt();
    }
    if let Err(error) = api.session.accepted(claims.id, claims.issuer.to_string(), claims.expires_at).await {
        return fault(&error);
    }
    if !controls.is_own {
        api.asked.send_modify(|count| *count += 1);
        if is_sound(&claims.api_address) {
            note_controller(&api, claims.api_address, claims.expires_at);
        }
    }
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

fn fault(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "Server.API failed");
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
}

async fn switch(State(api): State<Api>, Json(switch): Json<Switch>) -> Response {
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
