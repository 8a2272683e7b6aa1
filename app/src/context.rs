//! From a request to a page: what the server hands in, who asks, and how refusals become answers.
//!
//! The server provides [`Console`] as a Leptos context, and puts into the extensions of each request: [`Caller`],
//! [`CookieSecurity`], and [`PageNonce`] (the one of its content security policy).

use crate::error::{ErrorBody, ErrorPage, ErrorWords};
use crate::flash::{self, CookieSecurity, Flash};
use crate::prelude::*;
use crate::ui::PlainPage;
use crate::ui::frame::{Area, Frame};
use crate::view::times::Zone;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;
use operations::view::{InfrastructureRef, Me, Registered};
use operations::{Caller, Console, Fault, HalfOpen, Invited, MadeToken, OperationError, Result, Wanted};

use domain::architecture::words::{Edition, Engine};
use domain::text::Refused;
use domain::time::Timestamp;

/// The nonce of a request's content security policy.
#[derive(Debug, Clone)]
pub struct PageNonce(pub String);

/// The session of a request that somebody has signed in with, by its hash.
#[derive(Debug, Clone)]
pub struct SessionHash(pub String);

/// Why the session that a request names is there no more, in a sentence.
#[derive(Debug, Clone)]
pub struct SignedOutBecause(pub String);

/// Who is half-way through signing in: the password was right, the second factor is asked.
#[derive(Debug, Clone)]
pub struct WaitsFor(pub HalfOpen);

/// Recovery codes that were just made, for the page that answers: they are shown this once.
#[derive(Clone)]
pub struct NewCodes(pub Vec<String>);

/// An invitation that was just made, for the page that answers: its link is shown this once.
#[derive(Clone)]
pub struct NewInvitation {
    /// For whom, and until when.
    pub invited: Invited,
    /// The whole link.
    pub link: String,
}

/// A token that was just made, for the page that answers: it is shown this once.
#[derive(Clone)]
pub struct ShownToken {
    /// The token.
    pub made: MadeToken,
    /// It follows another one, which ends soon.
    pub rotated: bool,
}

/// An environment that was just registered, for the page that answers: its codes are shown this once.
#[derive(Clone)]
pub struct ShownCodes(pub Registered);

/// The code of a front-end that was just made, for the page that answers: it is shown this once.
#[derive(Clone)]
pub struct ShownServerCode {
    /// The key of the front-end.
    pub server: String,
    /// The code.
    pub code: String,
}

/// What somebody wants an architecture to become, for the page that compares it, as a form sent it. A file is never part of an address.
#[derive(Clone, Default)]
pub struct AskedArchitecture {
    /// The text of a file; none where a template is asked for.
    pub file: Option<String>,
    /// The edition of a template.
    pub template: String,
    /// Its engine.
    pub engine: String,
    /// Why it was not made so a moment ago.
    pub refused: Option<Flash>,
}

impl AskedArchitecture {
    /// The same for the console.
    ///
    /// # Errors
    /// There is neither a text nor an edition with an engine.
    pub fn wanted(&self) -> Result<Wanted> {
        if let Some(file) = &self.file {
            if file.trim().is_empty() {
                return Err(OperationError::invalid("file", "Put in the text of a file."));
            }
            return Ok(Wanted::File(file.clone()));
        }
        let refused = |field: &'static str, why: Refused| OperationError::invalid(field, why.to_string());
        let edition = self.template.parse::<Edition>().map_err(|why| refused("template", why))?;
        let engine = self.engine.parse::<Engine>().map_err(|why| refused("engine", why))?;
        Ok(Wanted::Template { edition, engine })
    }
}

/// Where invitations lead.
pub const INVITATION: &str = "/invitation";

/// The console.
///
/// # Errors
/// The server did not provide it.
pub fn console() -> Result<Console> {
    use_context::<Console>()
        .ok_or_else(|| Fault::Other("no console in the context of a page".to_owned()).into())
}

/// Who asks. The server says so for every request; without it nobody is signed in and nothing is shown.
///
/// # Errors
/// The server did not say who asks.
pub fn caller() -> Result<Caller> {
    extension::<Caller>()
        .ok_or_else(|| Fault::Other("no caller in the extensions of a request".to_owned()).into())
}

/// The person who is signed in.
///
/// # Errors
/// Nobody is signed in.
pub async fn me() -> Result<Me> {
    let (console, caller) = (console()?, caller()?);
    console.me(&caller).await
}

/// The hash of the session that asks; empty where nobody is signed in, whom the operations then refuse.
#[must_use]
pub fn session_hash() -> String {
    extension::<SessionHash>().map(|session| session.0).unwrap_or_default()
}

/// How this request's cookies travel.
#[must_use]
pub fn cookie_security() -> CookieSecurity {
    extension().unwrap_or(CookieSecurity { secure: true })
}

fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
    use_context::<Parts>()?.extensions.get::<T>().cloned()
}

/// Sets the status of the answer.
pub fn set_status(status: StatusCode) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
}

fn add_header(name: HeaderName, value: &str) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(value)) {
        response.append_header(name, value);
    }
}

/// Answers with 303 to a local address.
pub fn see_other(path: &str) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(path)) {
        response.insert_header(header::LOCATION, value);
        response.set_status(StatusCode::SEE_OTHER);
    }
}

/// Sends a flash to the page after this answer.
pub fn send_flash(flash: &Flash) {
    add_header(header::SET_COOKIE, &flash.set_cookie(cookie_security()));
}

/// The flash of this request. The answer removes it: it is shown once.
#[must_use]
pub fn take_flash() -> Option<Flash> {
    let parts = use_context::<Parts>()?;
    let security = cookie_security();
    let flash = parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(|value| Flash::from_cookie_header(value, security))?;
    add_header(header::SET_COOKIE, &flash::clear_cookie(security));
    Some(flash)
}

/// The address that was asked for, path and query.
#[must_use]
pub fn current_address() -> String {
    use_context::<Parts>()
        .and_then(|parts| parts.uri.path_and_query().map(ToString::to_string))
        .unwrap_or_else(|| "/".to_owned())
}

/// Where signing in leads back to `path`.
#[must_use]
pub fn sign_in_address(path: &str) -> String {
    format!("/sign-in?next={}", encoded(path))
}

/// Where the second factor is asked for; it leads back to `next`.
#[must_use]
pub fn second_step_address(next: &str) -> String {
    if next.is_empty() {
        "/sign-in/second".to_owned()
    } else {
        format!("/sign-in/second?next={}", encoded(next))
    }
}

/// Where somebody proves again who they are; it leads back to `path`.
#[must_use]
pub fn prove_address(path: &str) -> String {
    format!("/prove?then={}", encoded(path))
}

/// Who is half-way through signing in.
#[must_use]
pub fn waits_for() -> Option<HalfOpen> {
    use_context::<Parts>().as_ref().and_then(waits_for_of)
}

/// The same, of a request.
#[must_use]
pub fn waits_for_of(parts: &Parts) -> Option<HalfOpen> {
    parts.extensions.get::<WaitsFor>().map(|waits| waits.0.clone())
}

/// A text inside of a query: everything but unreserved characters is encoded (RFC 3986, 2.3).
#[must_use]
pub fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte as char);
        } else {
            // Writing into a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// An address that stays on this console: it begins with one slash, and no browser reads it as another host.
#[must_use]
pub fn local_address(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('/')?;
    let foreign = rest.starts_with(['/', '\\']) || text.chars().any(|c| c.is_control() || c == '\\');
    (!foreign).then_some(text)
}

/// Where a page stands: an infrastructure, who looks at it, and when.
#[derive(Clone)]
pub struct Place {
    /// The console.
    pub console: Console,
    /// Who asks.
    pub caller: Caller,
    /// The key of the infrastructure.
    pub key: String,
    /// The infrastructure, and what the caller holds in it.
    pub infrastructure: InfrastructureRef,
    /// The time of this page, for relative times.
    pub now: Timestamp,
    /// What the request before tells.
    pub flash: Option<Flash>,
    params: ParamsMap,
    query: ParamsMap,
}

impl Place {
    /// A parameter of the path, such as `app`.
    #[must_use]
    pub fn param(&self, name: &str) -> String {
        self.params.get(name).unwrap_or_default()
    }

    /// An identity in the path.
    ///
    /// # Errors
    /// It is not one: then there is nothing under that address.
    pub fn id<T: std::str::FromStr>(&self, name: &str) -> Result<T> {
        identity(&self.param(name))
    }

    /// A parameter of the query; an empty one is none.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        self.query.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// All values of a parameter of the query.
    #[must_use]
    pub fn queries(&self, name: &str) -> Vec<String> {
        self.query.get_all(name).unwrap_or_default().into_iter().filter(|value| !value.is_empty()).collect()
    }

    /// An address in this infrastructure: `address("/plans")`, or `address("")` for the matrix.
    #[must_use]
    pub fn address(&self, rest: &str) -> String {
        format!("/i/{}{rest}", self.key)
    }

    /// An address in this infrastructure with the query's pairs; pairs without a value are left out.
    #[must_use]
    pub fn with_query(&self, rest: &str, pairs: &[(&str, Option<&str>)]) -> String {
        let query: Vec<String> = pairs
            .iter()
            .filter_map(|(name, value)| value.map(|value| format!("{name}={}", encoded(value))))
            .collect();
        let path = self.address(rest);
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// What was typed into a field of a refused form.
    #[must_use]
    pub fn typed(&self, field: &str) -> Option<String> {
        self.flash.as_ref()?.typed(field)
    }

    /// What is wrong with a field of a refused form.
    #[must_use]
    pub fn problem(&self, field: &str) -> Option<String> {
        self.flash.as_ref()?.problem(field)
    }
}

/// What a page is made of; [`framed`] puts the frame around it.
pub struct Screen {
    /// Title of the document, without the product's name.
    pub title: String,
    /// What changes the page lively, such as `infrastructure:harbour`; none for a page that stays.
    pub topics: Vec<String>,
    /// What a live page tells a screen reader when it has changed, in a few words; nothing if empty.
    pub words: String,
    /// The content of `<main>`, with its `<h1>`. A flash note stands above it.
    pub body: AnyView,
}

impl Screen {
    /// A screen that stays as it is.
    pub fn new(title: impl Into<String>, body: impl IntoView + 'static) -> Self {
        Self { title: title.into(), topics: Vec::new(), words: String::new(), body: body.into_any() }
    }

    /// It is shown again when something of this topic changes.
    #[must_use]
    pub fn live(mut self, topic: impl Into<String>) -> Self {
        self.topics.push(topic.into());
        self
    }

    /// What a live page tells a screen reader when these words have changed, such as `62 percent, activating Tides`.
    #[must_use]
    pub fn says(mut self, words: impl Into<String>) -> Self {
        self.words = words.into();
        self
    }
}

/// What the person who looks has chosen: the time zone of every time on the page.
fn as_chosen(me: &Me) {
    provide_context(Zone::named(&me.time_zone));
}

/// A page of an infrastructure in its frame. Who is not signed in is led to signing in and back; a refusal becomes a page with
/// its status.
pub fn framed<F, Fut>(area: Area, build: F) -> impl IntoView
where
    F: FnOnce(Place) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Screen>> + Send + 'static,
{
    let params = use_params_map().get_untracked();
    let query = use_query_map().get_untracked();
    Suspend::new(async move {
        let me = match me().await {
            Ok(me) => me,
            Err(error) => return refused(&error).await,
        };
        as_chosen(&me);
        match screen(&me, params, query, build).await {
            Ok((place, screen)) => {
                let Screen { title, topics, words, body } = screen;
                let flash = place.flash.clone();
                view! {
                    <Title text=format!("{title} · Towpath")/>
                    <Frame me infrastructure=Some(place.infrastructure) area=Some(area) topics words flash>{body}</Frame>
                }
                .into_any()
            }
            Err(error) => {
                let words = ErrorWords::from(&error);
                set_status(words.status);
                view! {
                    <Title text=format!("{} · Towpath", words.title)/>
                    <Frame me infrastructure=None area=None topics=Vec::new() words=String::new() flash=None><ErrorBody words/></Frame>
                }
                .into_any()
            }
        }
    })
}

/// A page that belongs to no infrastructure: framed for who is signed in, and plain for everybody else. `build` gives the title of
/// the document and the content.
pub fn framed_anywhere<F>(build: F) -> impl IntoView
where
    F: FnOnce() -> (String, AnyView) + Send + 'static,
{
    Suspend::new(async move {
        let me = me().await;
        let (title, body) = build();
        match me {
            Ok(me) => view! {
                <Title text=format!("{title} · Towpath")/>
                <Frame me infrastructure=None area=None topics=Vec::new() words=String::new() flash=None>{body}</Frame>
            }
            .into_any(),
            Err(_) => view! { <PlainPage title>{body}</PlainPage> }.into_any(),
        }
    })
}

/// A page of the person who is signed in, of no infrastructure. `build` gets who it is, who asks, and what the request before tells.
pub fn framed_for_me<F, Fut>(title: &'static str, build: F) -> impl IntoView
where
    F: FnOnce(Me, Caller, Option<Flash>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<AnyView>> + Send + 'static,
{
    Suspend::new(async move {
        let (me, caller) = match (me().await, caller()) {
            (Ok(me), Ok(caller)) => (me, caller),
            (Err(error), _) | (_, Err(error)) => return refused(&error).await,
        };
        as_chosen(&me);
        let flash = take_flash();
        match build(me.clone(), caller, flash.clone()).await {
            Ok(body) => view! {
                <Title text=format!("{title} · Towpath")/>
                <Frame me infrastructure=None area=None topics=Vec::new() words=String::new() flash>{body}</Frame>
            }
            .into_any(),
            Err(error) => refused(&error).await,
        }
    })
}

async fn screen<F, Fut>(me: &Me, params: ParamsMap, query: ParamsMap, build: F) -> Result<(Place, Screen)>
where
    F: FnOnce(Place) -> Fut,
    Fut: Future<Output = Result<Screen>>,
{
    let (console, caller) = (console()?, caller()?);
    let key = params.get("infra").unwrap_or_default();
    let infrastructure = me
        .infrastructures
        .iter()
        .find(|each| each.key == key)
        .cloned()
        .ok_or_else(|| OperationError::not_found(format!("There is no infrastructure “{key}”.")))?;
    let now = console.time();
    let place = Place { console, caller, key, infrastructure, now, flash: take_flash(), params, query };
    let screen = build(place.clone()).await?;
    Ok((place, screen))
}

/// The answer to somebody who is not signed in or cannot be known: to signing in, to the set-up, or an error's page.
pub(crate) async fn refused(error: &OperationError) -> AnyView {
    if matches!(error, OperationError::Denied { sign_in: true, .. }) {
        let empty = match console() {
            Ok(console) => console.needs_set_up().await.unwrap_or(false),
            Err(_) => false,
        };
        let to = if empty { "/set-up".to_owned() } else { sign_in_address(&current_address()) };
        if let Some(SignedOutBecause(why)) = extension() {
            send_flash(&Flash::done(why));
        }
        see_other(&to);
        return view! { <p><a href=to>"Sign in"</a></p> }.into_any();
    }
    if matches!(error, OperationError::ProofNeeded { .. }) {
        let to = prove_address(&current_address());
        send_flash(&refusal(error));
        see_other(&to);
        return view! { <p><a href=to>"Prove that it is you"</a></p> }.into_any();
    }
    let words = ErrorWords::from(error);
    set_status(words.status);
    view! { <ErrorPage words/> }.into_any()
}

/// An identity that a form sends.
///
/// # Errors
/// It is not one: then there is nothing of that identity.
pub fn identity<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| OperationError::not_found("There is nothing at this address."))
}

/// Where a form about somebody's roles leads: to the person's page if it stands there (`from` is `user`), else elsewhere.
#[must_use]
pub fn back_to(from: &str, infra: &str, user: &str, elsewhere: String) -> String {
    if from == "user" { format!("/i/{infra}/users/{user}") } else { elsewhere }
}

/// Where a form leads, and what the page there says.
pub struct Done {
    /// A local address.
    pub to: String,
    /// What it says; none if the page speaks for itself.
    pub flash: Option<Flash>,
}

/// The answer to a form: 303 to what was made, or back to the form (`back`, a local address) with the reason and what was typed.
/// Secrets must not be in `kept`.
pub fn answer(outcome: Result<Done>, back: &str, kept: &[(&str, &str)]) {
    match outcome {
        Ok(done) => {
            if let Some(flash) = done.flash {
                send_flash(&flash);
            }
            see_other(&done.to);
        }
        Err(OperationError::Denied { sign_in: true, .. }) => see_other(&sign_in_address(back)),
        Err(error @ OperationError::ProofNeeded { .. }) => {
            // What was typed goes along, so that the form is as it was afterwards.
            send_flash(&refusal(&error).keeping(kept.iter().copied()));
            see_other(&prove_address(local_address(back).unwrap_or("/")));
        }
        Err(error) => {
            send_flash(&refusal(&error).keeping(kept.iter().copied()));
            see_other(local_address(back).unwrap_or("/"));
        }
    }
}

/// An error as the page after a form tells it.
#[must_use]
pub fn refusal(error: &OperationError) -> Flash {
    let mut flash = Flash::refused(error.sentence());
    match error {
        OperationError::Denied { lifted_by, .. } => flash.lifted_by.clone_from(lifted_by),
        OperationError::Invalid { fields } => {
            flash.fields = fields.iter().map(|each| (each.field.to_owned(), each.sentence.clone())).collect();
        }
        _ => {}
    }
    flash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_console_are_led_back_to() {
        for good in ["/", "/i/harbour/plans?after=x"] {
            assert_eq!(local_address(good), Some(good));
        }
        for bad in [
            "",
            "i/harbour",
            "//elsewhere.example",
            "/\\elsewhere.example",
            "https://elsewhere.example",
            "/a\r\nb",
        ] {
            assert_eq!(local_address(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn an_address_survives_inside_of_a_query() {
        assert_eq!(sign_in_address("/i/a b?x=1&y=ü"), "/sign-in?next=%2Fi%2Fa%20b%3Fx%3D1%26y%3D%C3%BC");
    }

    #[test]
    fn a_refusal_names_the_fields() {
        let flash = refusal(&OperationError::invalid("number", "1.2 exists already."));
        assert_eq!(flash.problem("number").as_deref(), Some("1.2 exists already."));
        assert_eq!(flash.sentence, "1.2 exists already.");
    }
}
