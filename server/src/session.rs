//! Sessions: tower-sessions on the console's own table. Ids are stored as hashes (ASVS 7.2), a new one is given at sign-in, and
//! visitors who have not signed in have none.

use crate::configuration::PublicOrigin;
use crate::web::{Arrival, Web};
use app::context::{SessionHash, SignedOutBecause, WaitsFor};
use app::flash::CookieSecurity;
use async_trait::async_trait;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use axum::middleware::Next;
use axum::response::Response;
use domain::access::{Actor, Proof};
use domain::id::UserId;
use domain::live::{ADDRESS, REFRESH};
use domain::text::Sha256;
use domain::time::{MINUTE, Timestamp};
use operations::{Caller, Console, HalfOpen, SessionRow, SignedIn};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Session, SessionManagerLayer, SessionStore};

/// The one thing that a session holds.
const HOLDS: &str = "signed_in";
/// What a session holds between the two steps of signing in. It opens nothing.
const HALF: &str = "half_open";
/// What the browser's passkey was asked last; it is answered once.
const ASKED: &str = "passkey_asked";
/// What is laid beside it when it is loaded: when it was used last. Never stored.
const SEEN: &str = "seen";
/// Using a session is written down at most this often.
const TOUCH_EVERY: i64 = MINUTE;

/// Who has signed in with a session, and where it was begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Holds {
    user: UserId,
    name: String,
    address: String,
    user_agent: String,
    /// When the person last proved who they are.
    #[serde(default)]
    proved_at: Timestamp,
}

/// The hash under which a session is stored.
fn hash(id: &Id) -> String {
    Sha256::of(id.to_string().as_bytes()).to_string()
}

/// The sessions of a console for tower-sessions.
#[derive(Clone)]
pub struct Store {
    console: Console,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    fn row(&self, record: &Record) -> SessionRow {
        let now = self.console.time();
        let settings = self.console.settings();
        let mut data = record.data.clone();
        data.remove(SEEN);
        let holds = data.get(HOLDS).and_then(|value| Holds::deserialize(value).ok());
        SessionRow {
            id_hash: hash(&record.id),
            user_id: holds.as_ref().map(|holds| holds.user),
            data: serde_json::json!(data).to_string(),
            created_at: now,
            last_seen_at: now,
            idle_expires_at: now.plus(settings.session_idle_micros),
            expires_at: now.plus(settings.session_absolute_micros),
            address: holds.as_ref().map(|holds| holds.address.clone()).unwrap_or_default(),
            user_agent: holds.map(|holds| holds.user_agent).unwrap_or_default(),
        }
    }
}

fn backend(error: operations::OperationError) -> Error {
    tracing::error!(%error, "sessions");
    Error::Backend("the session could not be stored or loaded".to_owned())
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // Two equal ids of 128 random bits do not happen; if they did, neither would get the other's session.
        while !self.console.sessions().create(&self.row(record)).await.map_err(backend)? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.console.sessions().save(&self.row(record)).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(row) = self.console.sessions().load(&hash(id)).await.map_err(backend)? else {
            return Ok(None);
        };
        let mut data: std::collections::HashMap<String, serde_json::Value> =
            serde_json::from_str(&row.data).map_err(|error| Error::Decode(error.to_string()))?;
        data.insert(SEEN.to_owned(), row.last_seen_at.0.into());
        // The console's own clock has decided already; this time is only for tower-sessions.
        let ends = row.expires_at.0.div_euclid(1_000_000);
        let expiry_date =
            OffsetDateTime::from_unix_timestamp(ends).map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.console.sessions().delete(&hash(id)).await.map_err(backend)
    }
}

/// The name of the cookie: bound to this host and to https, but for http on loopback.
#[must_use]
pub const fn cookie_name(origin: &PublicOrigin) -> &'static str {
    let [secure, plain] = domain::protocol::SESSION_COOKIES;
    if origin.secure { secure } else { plain }
}

/// How long a browser keeps the cookie of its device, seconds: 90 days, as the console does.
const DEVICE_SECONDS: u32 = 90 * 24 * 3600;

const fn device_name(security: CookieSecurity) -> &'static str {
    let [secure, plain] = domain::protocol::DEVICE_COOKIES;
    if security.secure { secure } else { plain }
}

/// What the cookie of a known device holds. It signs nobody in: it only spares its person the pauses that others caused.
#[must_use]
pub fn device(headers: &HeaderMap, security: CookieSecurity) -> Option<String> {
    let name = device_name(security);
    let mut pairs = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && value.len() <= 128).map(|(_, value)| value.to_owned())
}

/// The `Set-Cookie` header by which a device is known from now on.
#[must_use]
pub fn device_cookie(secret: &str, security: CookieSecurity) -> String {
    let secure = if security.secure { "; Secure" } else { "" };
    let name = device_name(security);
    format!("{name}={secret}; Path=/; Max-Age={DEVICE_SECONDS}; HttpOnly; SameSite=Strict{secure}")
}

/// The layer that reads and writes the cookie.
#[must_use]
pub fn layer(web: &Web) -> SessionManagerLayer<Store> {
    let origin = &web.shared.origin;
    SessionManagerLayer::new(Store { console: web.console.clone() })
        .with_name(cookie_name(origin))
        .with_secure(origin.secure)
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_path("/")
}

/// Says who calls, for everything behind it; and notes that the session was used.
pub async fn identify(
    State(web): State<Web>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let arrival = request.extensions().get::<Arrival>().cloned();
    let origin = |hash| arrival.as_ref().map(|arrival| arrival.origin(hash)).unwrap_or_default();
    // An id that leads nowhere is forgotten by the first look.
    let named = session.id();
    let holds = if named.is_some() { session.get::<Holds>(HOLDS).await } else { Ok(None) };
    let holds = match holds {
        Ok(holds) => holds,
        Err(error) => {
            tracing::error!(%error, "a session cannot be read");
            let page = crate::respond::wants_page(request.uri().path());
            let sentence = "Something went wrong here. The log has it under this request's id.";
            return crate::respond::refuse(axum::http::StatusCode::INTERNAL_SERVER_ERROR, sentence, page);
        }
    };
    let half = if holds.is_none() && named.is_some() { half_open(&web, &session).await } else { None };
    let nobody = |origin| Caller {
        actor: Actor::Anonymous,
        name: "anonymous".to_owned(),
        origin,
        proof: Proof::None,
        limits: Default::default(),
    };
    let caller = match (holds, named) {
        (Some(holds), Some(id)) => {
            if let Some(answer) = led_to_enrol(&web, holds.user, request.uri().path()).await {
                return answer;
            }
            let hash = hash(&id);
            let seen = session.get::<i64>(SEEN).await.ok().flatten().map_or(Timestamp(0), Timestamp);
            let quiet = request.headers().contains_key(REFRESH) || request.uri().path() == ADDRESS;
            if !quiet
                && web.console.time().since(seen) >= TOUCH_EVERY
                && let Err(error) = web.console.sessions().touch(&hash).await
            {
                tracing::error!(%error, "a session could not be touched");
            }
            let origin = origin(Some(hash[..8].to_owned()));
            request.extensions_mut().insert(SessionHash(hash));
            let proof = Proof::At(holds.proved_at);
            Caller {
                actor: Actor::User { user: holds.user },
                name: holds.name,
                origin,
                proof,
                limits: Default::default(),
            }
        }
        (None, Some(_)) if half.is_some() => {
            if let Some(half) = half {
                request.extensions_mut().insert(WaitsFor(half));
            }
            nobody(origin(None))
        }
        (None, Some(id)) => {
            // The browser still holds the cookie of a session that ended.
            if let Ok(Some(why)) = web.console.why_signed_out(&hash(&id)).await {
                request.extensions_mut().insert(SignedOutBecause(why));
            }
            nobody(origin(None))
        }
        _ => nobody(origin(None)),
    };
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// Who sent a request that is refused before the layers of sessions see it. It is no use of the session.
pub async fn caller(web: &Web, headers: &HeaderMap, arrival: Option<&Arrival>) -> Caller {
    let origin = |hash| arrival.map(|arrival| arrival.origin(hash)).unwrap_or_default();
    let nobody = || Caller {
        actor: Actor::Anonymous,
        name: "anonymous".to_owned(),
        origin: origin(None),
        proof: Proof::None,
        limits: Default::default(),
    };
    let cookies = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let named = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == cookie_name(&web.shared.origin));
    let Some(id) = named.and_then(|(_, value)| value.parse::<Id>().ok()) else { return nobody() };
    let hash = hash(&id);
    let row = match web.console.sessions().load(&hash).await {
        Ok(row) => row,
        Err(error) => {
            tracing::error!(%error, "a session cannot be read");
            None
        }
    };
    let data = row.and_then(|row| serde_json::from_str::<serde_json::Value>(&row.data).ok());
    match data.and_then(|data| Holds::deserialize(&data[HOLDS]).ok()) {
        Some(holds) => Caller {
            actor: Actor::User { user: holds.user },
            name: holds.name,
            origin: origin(Some(hash[..8].to_owned())),
            proof: Proof::At(holds.proved_at),
            limits: Default::default(),
        },
        None => nobody(),
    }
}

/// What is reached by somebody whose role asks for a second factor that is not there yet: setting it up, proving who it is, signing out.
const ENROLLING: [&str; 5] = ["/second-factor", "/do/second-factor", "/prove", "/sign-out", "/sign-in"];

/// The answer to somebody who has to set up a second factor first, whatever is asked for.
async fn led_to_enrol(web: &Web, user: UserId, path: &str) -> Option<Response> {
    let within =
        |open: &&str| path.strip_prefix(*open).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if ENROLLING.iter().any(within) {
        return None;
    }
    match web.console.must_enrol(user).await {
        Ok(false) => None,
        Ok(true) if path == ADDRESS => {
            let sentence = "Your role asks for a second factor. Set it up first.";
            Some(crate::respond::refuse(axum::http::StatusCode::FORBIDDEN, sentence, false))
        }
        Ok(true) => Some(crate::respond::see_other("/second-factor")),
        Err(error) => {
            tracing::error!(%error, "whether a second factor is missing cannot be read");
            let sentence = "Something went wrong here. The log has it under this request's id.";
            let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
            Some(crate::respond::refuse(status, sentence, crate::respond::wants_page(path)))
        }
    }
}

async fn half_open(web: &Web, session: &Session) -> Option<HalfOpen> {
    let half = session.get::<HalfOpen>(HALF).await.ok().flatten()?;
    half.waits(web.console.time()).then_some(half)
}

type Stored = std::result::Result<(), tower_sessions::session::Error>;

/// Begins a session for somebody who has just proved who they are, under a new id. While the second factor is still asked it is
/// half-open.
///
/// # Errors
/// The database.
pub async fn begin(
    web: &Web,
    session: &Session,
    who: &SignedIn,
    caller: &Caller,
    user_agent: &str,
) -> Stored {
    session.clear().await;
    session.cycle_id().await?;
    if let Some(half) = &who.asks {
        return session.insert(HALF, half).await;
    }
    let holds = Holds {
        user: who.user,
        name: who.name.clone(),
        address: caller.origin.address.clone(),
        user_agent: user_agent.chars().take(300).collect(),
        proved_at: web.console.time(),
    };
    session.insert(HOLDS, holds).await
}

/// Notes that the person has just proved again who they are; the session gets a new id (ASVS 7.2.4).
///
/// # Errors
/// The database.
pub async fn proved(web: &Web, session: &Session) -> Stored {
    let Some(holds) = session.get::<Holds>(HOLDS).await? else { return Ok(()) };
    session.remove::<String>(ASKED).await?;
    session.cycle_id().await?;
    session.insert(HOLDS, Holds { proved_at: web.console.time(), ..holds }).await
}

/// Remembers what the browser's passkey is asked.
///
/// # Errors
/// The database.
pub async fn asks(session: &Session, state: &str) -> Stored {
    session.insert(ASKED, state).await
}

/// What the browser's passkey was asked; it counts once, however the answer is.
///
/// # Errors
/// The database.
pub async fn asked(session: &Session) -> std::result::Result<Option<String>, tower_sessions::session::Error> {
    session.remove::<String>(ASKED).await
}
