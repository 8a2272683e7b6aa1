//! Forms that need the session or a stream: signing in and out, the first set-up, publishing. The others are server functions
//! of `app`. Each answers 303; a refusal goes back to the form in a flash cookie.

use crate::respond::see_other;
use crate::session;
use crate::web::Web;
use app::context::{local_address, refusal, second_step_address, sign_in_address};
use app::flash::{CookieSecurity, Flash};
use axum::Extension;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use domain::access::Actor;
use operations::{Caller, Credentials, Fault, OperationError, PublishInput, SetUp, SignedIn};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tower_sessions::Session;

/// `POST /sign-in`
#[derive(Deserialize)]
pub struct SignIn {
    username: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Signs in under a new session id.
pub async fn sign_in(
    State(web): State<Web>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    session: Session,
    headers: HeaderMap,
    form: Result<Form<SignIn>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else { return back("/sign-in", &Flash::refused(UNREADABLE), security) };
    let device = session::device(&headers, security);
    let outcome = async {
        let credentials =
            Credentials { username: &form.username, password: &form.password, device: device.as_deref() };
        let who = web.console.sign_in(&caller, credentials).await?;
        session::begin(&web, &session, &who, &caller, agent(&headers)).await.map_err(fault)?;
        Ok(who)
    };
    match outcome.await {
        Ok(who) if who.asks.is_some() => see_other(&second_step_address(&form.next)),
        Ok(who) => knowing(see_other(local_address(&form.next).unwrap_or("/")), &who, security),
        Err(error) => {
            let to = if form.next.is_empty() { "/sign-in".to_owned() } else { sign_in_address(&form.next) };
            back(&to, &refusal(&error).keeping([("username", form.username.as_str())]), security)
        }
    }
}

/// `POST /sign-out`: the session is gone, in the browser and here.
pub async fn sign_out(
    State(web): State<Web>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    session: Session,
) -> Response {
    let entry = web.console.sign_out(&caller).await;
    if let Err(error) = session.flush().await {
        return back("/", &refusal(&fault(error)), security);
    }
    match entry {
        Ok(()) => back("/sign-in", &Flash::done("You are signed out."), security),
        Err(error) => back("/sign-in", &refusal(&error), security),
    }
}

/// `POST /set-up`
#[derive(Deserialize)]
pub struct FirstUser {
    code: String,
    username: String,
    name: String,
    #[serde(default)]
    email: String,
    password: String,
}

/// Makes the first administrator and signs them in.
pub async fn set_up(
    State(web): State<Web>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    session: Session,
    headers: HeaderMap,
    form: Result<Form<FirstUser>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else { return back("/set-up", &Flash::refused(UNREADABLE), security) };
    let kept =
        [("username", form.username.clone()), ("name", form.name.clone()), ("email", form.email.clone())];
    let outcome = async {
        let FirstUser { code, username, name, email, password } = form;
        let who = web.console.set_up(&caller, SetUp { code, username, name, email, password }).await?;
        session::begin(&web, &session, &who, &caller, agent(&headers)).await.map_err(fault)?;
        Ok(who)
    };
    match outcome.await {
        Ok(who) => knowing(see_other("/"), &who, security),
        Err(error) => {
            let kept = kept.iter().map(|(name, value)| (*name, value.as_str()));
            back("/set-up", &refusal(&error).keeping(kept), security)
        }
    }
}

/// `POST /i/{infra}/environments/{env}/publish`: the field `package` goes to a temporary file while it arrives.
pub async fn publish(
    State(web): State<Web>,
    Path((infra, env)): Path<(String, String)>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Response {
    let page = format!("/i/{}/environments/{}", app::context::encoded(&infra), app::context::encoded(&env));
    // Nothing of the file is read for somebody who may not send one.
    if caller.actor == Actor::Anonymous {
        return see_other(&sign_in_address(&page));
    }
    let arriving = async {
        let multipart = multipart.map_err(|_| OperationError::invalid("package", UNREADABLE))?;
        receive(&web, multipart).await
    };
    match web.console.receive_and_publish(&caller, &infra, &env, arriving).await {
        Ok(done) => {
            let to = match done.deployment {
                Some(id) => format!("/i/{}/deployments/{id}", app::context::encoded(&infra)),
                None => page,
            };
            back(&to, &Flash::done(done.sentence), security)
        }
        Err(OperationError::Denied { sign_in: true, .. }) => see_other(&sign_in_address(&page)),
        Err(error) => back(&page, &refusal(&error), security),
    }
}

/// What is typed beside a package is at most so long, bytes.
const TYPED_MAX: usize = 64 << 10;

/// The file that a form sends, and what is typed beside it, before or after.
async fn receive(
    web: &Web,
    mut multipart: Multipart,
) -> Result<(tempfile::NamedTempFile, PublishInput), OperationError> {
    let (mut file, mut input) = (None, PublishInput::default());
    let most = web.console.settings().package_bytes;
    let broken = |error: MultipartError| {
        let sentence = if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            format!("The package is larger than {} MiB, which is the most that is accepted.", most >> 20)
        } else {
            "The upload broke off or is not as a form sends it; choose the file again.".to_owned()
        };
        OperationError::invalid("package", sentence)
    };
    while let Some(mut field) = multipart.next_field().await.map_err(broken)? {
        match field.name() {
            Some("package") if file.is_none() => {}
            Some(name @ ("application" | "notes")) => {
                let to = if name == "notes" { &mut input.notes } else { &mut input.application };
                let mut typed = Vec::new();
                while let Some(part) = field.chunk().await.map_err(broken)? {
                    if typed.len() + part.len() > TYPED_MAX {
                        return Err(OperationError::invalid("notes", "These release notes are too long."));
                    }
                    typed.extend_from_slice(&part);
                }
                *to = String::from_utf8_lossy(&typed).replace("\r\n", "\n");
                continue;
            }
            _ => continue,
        }
        let folder = web.shared.uploads.clone();
        let temporary = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&folder)?;
            tempfile::Builder::new().prefix("upload-").suffix(".oap").tempfile_in(&folder)
        });
        let temporary = temporary.await.map_err(std::io::Error::other)??;
        let mut writer = tokio::fs::File::from_std(temporary.reopen()?);
        let mut size = 0;
        while let Some(part) = field.chunk().await.map_err(broken)? {
            size += part.len() as u64;
            if size > most {
                let sentence = format!(
                    "The package is larger than {} MiB, which is the most that is accepted.",
                    most >> 20
                );
                return Err(OperationError::invalid("package", sentence));
            }
            writer.write_all(&part).await?;
        }
        writer.flush().await?;
        if size == 0 {
            break;
        }
        file = Some(temporary);
    }
    let file =
        file.ok_or_else(|| OperationError::invalid("package", "Choose a package file (.oap) first."))?;
    Ok((file, input))
}

pub(crate) const UNREADABLE: &str =
    "The form did not arrive as its page sends it; load the page and try again.";

pub(crate) fn back(to: &str, flash: &Flash, security: CookieSecurity) -> Response {
    let mut response = see_other(to);
    if let Ok(cookie) = HeaderValue::from_str(&flash.set_cookie(security)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// The answer with the cookie by which the device is known from now on.
pub(crate) fn knowing(mut response: Response, who: &SignedIn, security: CookieSecurity) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(&session::device_cookie(&who.device, security)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

pub(crate) fn agent(headers: &HeaderMap) -> &str {
    headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

pub(crate) fn fault(error: tower_sessions::session::Error) -> OperationError {
    tracing::error!(%error, "session");
    Fault::Other("the session could not be stored".to_owned()).into()
}
