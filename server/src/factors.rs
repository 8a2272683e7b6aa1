//! Forms about the second factor, proofs and invitations, which need the session or show a secret once.
//!
//! A secret is shown in the answer to the form itself: it is stored nowhere and travels in no cookie.

use crate::forms::{UNREADABLE, agent, back, fault, knowing};
use crate::respond::{Problem, see_other};
use crate::session;
use crate::web::Web;
use app::context::{
    INVITATION, NewCodes, NewInvitation, encoded, local_address, prove_address, refusal, second_step_address,
    sign_in_address, waits_for_of,
};
use app::flash::{CookieSecurity, Flash};
use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Uri};
use axum::response::{IntoResponse as _, Response};
use domain::access::Actor;
use domain::id::UserId;
use leptos::prelude::provide_context;
use operations::{
    Answer, Caller, Ceremony, Evidence, InvitationInput, Invited, OperationError, Result as Done,
};
use serde::Deserialize;
use tower_sessions::Session;

/// The answer of somebody's second factor: a code that was typed, or what a passkey signed.
#[derive(Deserialize)]
pub struct Second {
    #[serde(default)]
    code: String,
    #[serde(default)]
    credential: String,
    #[serde(default)]
    next: String,
}

/// What the browser's passkey was asked, where it answers.
async fn asked(session: &Session, credential: &str) -> Done<String> {
    if credential.is_empty() {
        return Ok(String::new());
    }
    Ok(session::asked(session).await.map_err(fault)?.unwrap_or_default())
}

fn answer<'a>(code: &'a str, credential: &'a str, state: &'a str) -> Answer<'a> {
    if credential.is_empty() { Answer::Code(code) } else { Answer::Passkey { state, credential } }
}

/// `POST /sign-in/second`: the second step of signing in, under a new session id.
pub async fn second_step(
    State(web): State<Web>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    session: Session,
    parts: Parts,
    form: Result<Form<Second>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else { return back("/sign-in/second", &Flash::refused(UNREADABLE), security) };
    let Some(half) = waits_for_of(&parts) else { return see_other(&sign_in_address(&form.next)) };
    let device = session::device(&parts.headers, security);
    let outcome = async {
        let state = asked(&session, &form.credential).await?;
        let answer = answer(&form.code, &form.credential, &state);
        let who = web.console.second_step(&caller, &half, answer, device.as_deref()).await?;
        session::begin(&web, &session, &who, &caller, agent(&parts.headers)).await.map_err(fault)?;
        Ok(who)
    };
    match outcome.await {
        Ok(who) => knowing(see_other(local_address(&form.next).unwrap_or("/")), &who, security),
        Err(error @ OperationError::Denied { sign_in: true, .. }) => {
            back(&sign_in_address(&form.next), &refusal(&error), security)
        }
        Err(error) => back(&second_step_address(&form.next), &refusal(&error), security),
    }
}

/// `POST /sign-in/passkey`: what the browser asks a passkey in the second step.
pub async fn sign_in_passkey(State(web): State<Web>, session: Session, parts: Parts) -> Response {
    match waits_for_of(&parts) {
        Some(half) => challenge(&session, web.console.passkey_challenge(half.user).await).await,
        None => Problem(signed_out()).into_response(),
    }
}

/// `POST /prove/passkey`: what the browser asks a passkey to prove it again.
pub async fn prove_passkey(
    State(web): State<Web>,
    Extension(caller): Extension<Caller>,
    session: Session,
) -> Response {
    match caller.actor {
        Actor::User { user } => challenge(&session, web.console.passkey_challenge(user).await).await,
        _ => Problem(signed_out()).into_response(),
    }
}

/// `POST /second-factor/passkey`: what the browser asks to make a new passkey.
pub async fn begin_passkey(
    State(web): State<Web>,
    Extension(caller): Extension<Caller>,
    session: Session,
) -> Response {
    challenge(&session, web.console.begin_passkey(&caller).await).await
}

async fn challenge(session: &Session, ceremony: Done<Ceremony>) -> Response {
    let asked = async {
        let ceremony = ceremony?;
        session::asks(session, &ceremony.state).await.map_err(fault)?;
        Ok::<_, OperationError>(ceremony.options)
    };
    match asked.await {
        Ok(options) => {
            let mut response = options.into_response();
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(error) => Problem(error).into_response(),
    }
}

fn signed_out() -> OperationError {
    OperationError::sign_in("You are not signed in.", "Sign in first.")
}

/// `POST /prove`
#[derive(Deserialize)]
pub struct Proof {
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    credential: String,
    #[serde(default)]
    then: String,
    /// What was typed into the form that led here, as a flash has it.
    #[serde(default)]
    kept: String,
}

/// Notes in the session that the person has proved it again, and leads back to where that was asked.
pub async fn prove(
    State(web): State<Web>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    session: Session,
    form: Result<Form<Proof>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else { return back("/prove", &Flash::refused(UNREADABLE), security) };
    let then = local_address(&form.then).unwrap_or("/profile");
    let kept = Flash::decode(&form.kept).map(|flash| flash.kept).unwrap_or_default();
    let kept = || kept.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let outcome = async {
        let state = asked(&session, &form.credential).await?;
        let evidence = if form.credential.is_empty() && form.code.is_empty() {
            Evidence::Password(&form.password)
        } else {
            Evidence::Second(answer(&form.code, &form.credential, &state))
        };
        web.console.prove(&caller, evidence).await?;
        session::proved(&web, &session).await.map_err(fault)
    };
    match outcome.await {
        Ok(()) => {
            let flash =
                Flash::done("You have proved that it is you. Now do again what you were about to do.");
            back(then, &flash.keeping(kept()), security)
        }
        Err(OperationError::Denied { sign_in: true, .. }) => see_other(&sign_in_address(then)),
        Err(error) => back(&prove_address(then), &refusal(&error).keeping(kept()), security),
    }
}

/// `POST /second-factor/confirm`
#[derive(Deserialize)]
pub struct Confirm {
    #[serde(default)]
    code: String,
}

/// Confirms an authenticator app, and shows the recovery codes that were made.
pub async fn confirm(
    State(web): State<Web>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    parts: Parts,
    form: Result<Form<Confirm>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else { return back("/second-factor", &Flash::refused(UNREADABLE), security) };
    let done = web.console.confirm_authenticator(&caller, &form.code).await;
    codes(&web, parts, security, done, "Your authenticator app is set up.").await
}

/// `POST /second-factor/recovery`: makes new recovery codes, and shows them.
pub async fn recovery(
    State(web): State<Web>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    parts: Parts,
) -> Response {
    let done = web.console.renew_recovery_codes(&caller).await;
    codes(&web, parts, security, done, "").await
}

/// `POST /second-factor/passkeys`
#[derive(Deserialize)]
pub struct NewPasskey {
    #[serde(default)]
    name: String,
    #[serde(default)]
    credential: String,
}

/// Adds the passkey that the browser made, and shows the recovery codes that were made.
pub async fn add_passkey(
    State(web): State<Web>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    session: Session,
    parts: Parts,
    form: Result<Form<NewPasskey>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else { return back("/second-factor", &Flash::refused(UNREADABLE), security) };
    let done = async {
        if caller.actor == Actor::Anonymous {
            return Err(signed_out());
        }
        if form.credential.is_empty() {
            let sentence = "Your browser made no passkey. It needs scripts for that; an authenticator app works without.";
            return Err(OperationError::invalid("passkey", sentence));
        }
        let state = asked(&session, &form.credential).await?;
        web.console.add_passkey(&caller, &state, &form.credential, &form.name).await
    };
    let done = done.await.map_err(|error| (error, form.name.clone()));
    match done {
        Ok(made) => codes(&web, parts, security, Ok(made), "The passkey is added.").await,
        Err((OperationError::Denied { sign_in: true, .. }, _)) => {
            see_other(&sign_in_address("/second-factor"))
        }
        Err((error @ OperationError::ProofNeeded { .. }, name)) => {
            let flash = refusal(&error).keeping([("name", name.as_str())]);
            back(&prove_address("/second-factor"), &flash, security)
        }
        Err((error, name)) => {
            back("/second-factor", &refusal(&error).keeping([("name", name.as_str())]), security)
        }
    }
}

/// The page with new codes; where none were made, the page that says `sentence`.
async fn codes(
    web: &Web,
    parts: Parts,
    security: CookieSecurity,
    made: Done<Vec<String>>,
    sentence: &str,
) -> Response {
    const PAGE: &str = "/second-factor";
    match made {
        Ok(codes) if codes.is_empty() => back(PAGE, &Flash::done(sentence), security),
        Ok(codes) => page(web, parts, PAGE, NewCodes(codes)).await,
        Err(error) => refused(&error, PAGE, &[], security),
    }
}

/// Back to the page of a form, or on to what has to come first.
pub(crate) fn refused(
    error: &OperationError,
    page: &str,
    kept: &[(&str, &str)],
    security: CookieSecurity,
) -> Response {
    let flash = refusal(error).keeping(kept.iter().copied());
    match error {
        OperationError::Denied { sign_in: true, .. } => see_other(&sign_in_address(page)),
        OperationError::ProofNeeded { .. } => back(&prove_address(page), &flash, security),
        _ => back(page, &flash, security),
    }
}

/// Renders a page in answer to a form, with something that it shows this once.
pub(crate) async fn page<T: Clone + Send + Sync + 'static>(
    web: &Web,
    mut parts: Parts,
    path: &str,
    shown: T,
) -> Response {
    let Ok(uri) = path.parse::<Uri>() else { return see_other("/") };
    parts.uri = uri;
    parts.method = Method::GET;
    let context = crate::router::context(web);
    let render = leptos_axum::render_app_async_with_context(
        move || {
            context();
            provide_context(shown.clone());
        },
        crate::router::document(web),
    );
    render(Request::from_parts(parts, Body::empty())).await.into_response()
}

/// `POST /invitation`
#[derive(Deserialize)]
pub struct Accept {
    #[serde(default)]
    token: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// Sets the password of an invited person and signs them in.
pub async fn accept_invitation(
    State(web): State<Web>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    session: Session,
    headers: HeaderMap,
    form: Result<Form<Accept>, FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else { return back("/sign-in", &Flash::refused(UNREADABLE), security) };
    let outcome = async {
        if form.password != form.again {
            let sentence = "The two passwords differ; type the same twice.";
            return Err(OperationError::invalid("again", sentence));
        }
        let who = web.console.accept_invitation(&caller, &form.token, &form.password).await?;
        session::begin(&web, &session, &who, &caller, agent(&headers)).await.map_err(fault)?;
        Ok(who)
    };
    match outcome.await {
        Ok(who) if who.asks.is_some() => see_other(&second_step_address("")),
        Ok(who) => knowing(see_other("/"), &who, security),
        // A link that is no good is not led back to: its own page would only say the same once more.
        Err(error @ OperationError::NotFound { .. }) => back("/sign-in", &refusal(&error), security),
        Err(error) => {
            let to = format!("{INVITATION}?token={}", encoded(&form.token));
            back(&to, &refusal(&error), security)
        }
    }
}

/// `POST /i/{infra}/users/invite`
#[derive(Deserialize)]
pub struct Invite {
    #[serde(default)]
    username: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    role: String,
}

/// Invites somebody, and shows the link.
pub async fn invite(
    State(web): State<Web>,
    Path(infra): Path<String>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    parts: Parts,
    form: Result<Form<Invite>, FormRejection>,
) -> Response {
    let to = invite_page(&infra);
    let Ok(Form(form)) = form else { return back(&to, &Flash::refused(UNREADABLE), security) };
    let kept = [
        ("username", form.username.as_str()),
        ("name", form.name.as_str()),
        ("email", form.email.as_str()),
        ("role", form.role.as_str()),
    ];
    let outcome = async {
        let role = form.role.parse().map_err(|_| OperationError::invalid("role", "Choose a role."))?;
        let input = InvitationInput {
            username: form.username.clone(),
            name: form.name.clone(),
            email: form.email.clone(),
            role,
        };
        web.console.invite_user(&caller, &infra, input).await
    };
    match outcome.await {
        Ok(invited) => page(&web, parts, &to, shown(&web, invited)).await,
        Err(error) => refused(&error, &to, &kept, security),
    }
}

/// `POST /i/{infra}/users/renew-invitation`
#[derive(Deserialize)]
pub struct Renew {
    #[serde(default)]
    user: String,
}

/// Makes a new link for somebody, and shows it.
pub async fn renew_invitation(
    State(web): State<Web>,
    Path(infra): Path<String>,
    Extension(caller): Extension<Caller>,
    Extension(security): Extension<CookieSecurity>,
    parts: Parts,
    form: Result<Form<Renew>, FormRejection>,
) -> Response {
    let to = invite_page(&infra);
    let Ok(Form(form)) = form else { return back(&to, &Flash::refused(UNREADABLE), security) };
    let outcome = async {
        let user: UserId = app::context::identity(&form.user)?;
        web.console.renew_invitation(&caller, &infra, user).await
    };
    match outcome.await {
        Ok(invited) => page(&web, parts, &to, shown(&web, invited)).await,
        Err(error) => refused(&error, &to, &[], security),
    }
}

fn invite_page(infra: &str) -> String {
    format!("/i/{}/users/invite", encoded(infra))
}

fn shown(web: &Web, invited: Invited) -> NewInvitation {
    let link = format!("{}{INVITATION}?token={}", web.shared.origin.text, invited.token);
    NewInvitation { invited, link }
}
