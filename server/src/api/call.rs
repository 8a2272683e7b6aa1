//! What every route shares: who calls, what they sent, and how they are answered.

use crate::respond::problem;
use crate::web::{Arrival, Web};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::id::RequestId;
use domain::paging::PageSize;
use domain::time::Timestamp;
use operations::{Caller, Console, Limits, OperationError, PageQuery, Result, TimeQuery};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A call with a good token.
pub struct Call {
    pub console: Console,
    pub caller: Caller,
    pub web: Web,
    request: RequestId,
}

impl Call {
    /// The answer of a read, or of a change that has something to tell.
    pub fn answer<T: Serialize>(&self, outcome: Result<T>) -> Response {
        match outcome {
            Ok(value) => axum::Json(value).into_response(),
            Err(error) => refused(error, self.request),
        }
    }

    /// The answer of a read that asks an environment; a conflict where that did not answer, for the reason that the view gives.
    pub fn heard<T: Serialize>(
        &self,
        outcome: Result<T>,
        unanswered: impl Fn(&T) -> Option<&String>,
    ) -> Response {
        self.answer(outcome.and_then(|view| match unanswered(&view) {
            Some(sentence) => Err(OperationError::conflict(sentence.clone())),
            None => Ok(view),
        }))
    }

    /// The answer of a change that made something: 201, or 200 where it was only tried.
    pub fn made<T: Serialize>(&self, outcome: Result<T>) -> Response {
        let dry = self.caller.limits.dry_run;
        match outcome {
            // What was only tried has no identity that would mean anything.
            Ok(_) if dry => axum::Json(json!({ "dry_run": true })).into_response(),
            Ok(value) => (StatusCode::CREATED, axum::Json(value)).into_response(),
            Err(error) => refused(error, self.request),
        }
    }

    /// The answer where a member of the body is not acceptable.
    pub fn unacceptable(&self, field: &str, sentence: &str) -> Response {
        bad(StatusCode::UNPROCESSABLE_ENTITY, Some(field), sentence, self.request)
    }

    /// The answer of a change that has nothing to tell.
    pub fn done(&self, outcome: Result<()>) -> Response {
        match outcome {
            Ok(()) if self.caller.limits.dry_run => axum::Json(json!({ "dry_run": true })).into_response(),
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(error) => refused(error, self.request),
        }
    }
}

/// An identity as an answer.
pub fn id(id: impl Serialize) -> Value {
    json!({ "id": id })
}

fn refused(error: OperationError, request: RequestId) -> Response {
    let unauthorised = error.status() == 401;
    let mut response = problem(&error, Some(request));
    if unauthorised {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"towpath\""));
    }
    response
}

/// One field, or the whole, of what was sent is not acceptable.
fn bad(status: StatusCode, field: Option<&str>, sentence: &str, request: RequestId) -> Response {
    let mut body = json!({
        "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(), "detail": sentence,
        "instance": format!("urn:uuid:{request}"),
    });
    if let Some(field) = field {
        body["fields"] = json!([{ "field": field, "sentence": sentence }]);
    }
    crate::respond::data(status, &body)
}

fn request_of(parts: &Parts) -> (RequestId, Option<Arrival>) {
    let arrival = parts.extensions.get::<Arrival>().cloned();
    (arrival.as_ref().map_or(RequestId(uuid::Uuid::nil()), |arrival| arrival.request), arrival)
}

impl FromRequestParts<Web> for Call {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> std::result::Result<Self, Response> {
        let (request, arrival) = request_of(parts);
        let origin = arrival.map(|arrival| arrival.origin(None)).unwrap_or_default();
        let bearer = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token);
        let Some(bearer) = bearer else {
            let error = OperationError::sign_in(
                "This needs a token: send it as “Authorization: Bearer tow_…”.",
                "Somebody who manages users can make a token.",
            );
            return Err(refused(error, request));
        };
        let read = matches!(parts.method, Method::GET | Method::HEAD);
        let dry_run = if read { Some(false) } else { dry_run(parts) };
        let dry_run = dry_run.ok_or_else(|| {
            let sentence = "A change has one parameter at most, dry_run=true or dry_run=false.";
            bad(StatusCode::BAD_REQUEST, Some("dry_run"), sentence, request)
        })?;
        let found = web.console.token_caller(origin, bearer, read).await;
        let caller = found.map_err(|error| refused(error, request))?;
        let caller = Caller { limits: Limits { dry_run, ..caller.limits }, ..caller };
        Ok(Self { console: web.console.clone(), caller, web: web.clone(), request })
    }
}

/// What is said in the address beside a package, which is the whole body.
const BESIDE_PACKAGE: [&str; 2] = ["application", "notes"];

/// Whether a change is only tried; nothing for any other parameter, since who writes `dryrun` does not want the change.
fn dry_run(parts: &Parts) -> Option<bool> {
    let beside = |name: &str| parts.uri.path().ends_with("/packages") && BESIDE_PACKAGE.contains(&name);
    let mut found = None;
    for pair in parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("dry_run", "true")) if found.is_none() => found = Some(true),
            Some(("dry_run", "false")) if found.is_none() => found = Some(false),
            Some((name, _)) if beside(name) => {}
            _ => return None,
        }
    }
    Some(found.unwrap_or(false))
}

/// The parts of an address.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Web> for At<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> std::result::Result<Self, Response> {
        let (request, _) = request_of(parts);
        match Path::<T>::from_request_parts(parts, web).await {
            Ok(Path(found)) => Ok(Self(found)),
            Err(_) => Err(bad(StatusCode::NOT_FOUND, None, "There is nothing at this address.", request)),
        }
    }
}

/// The parameters of a read.
pub struct Ask<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Web> for Ask<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> std::result::Result<Self, Response> {
        let (request, _) = request_of(parts);
        match Query::<T>::from_request_parts(parts, web).await {
            Ok(Query(found)) => Ok(Self(found)),
            Err(error) => {
                let text = innermost(&error).to_string();
                let (field, words) = parameter(&text);
                Err(bad(StatusCode::BAD_REQUEST, field, &sentence("parameters", words), request))
            }
        }
    }
}

/// Which page of a list that takes nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageAsk {
    after: Option<String>,
    limit: Option<PageSize>,
}

impl From<PageAsk> for PageQuery {
    fn from(PageAsk { after, limit }: PageAsk) -> Self {
        Self { after, limit }
    }
}

/// What is asked for of a list over time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeAsk {
    target: Option<String>,
    application: Option<String>,
    words: Option<String>,
    status: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    after: Option<String>,
    limit: Option<PageSize>,
}

impl From<TimeAsk> for TimeQuery {
    fn from(ask: TimeAsk) -> Self {
        let TimeAsk { target, application, words, status, since, until, after, limit } = ask;
        Self { target, application, words, status, since, until, after, limit }
    }
}

/// The body of a change, JSON.
pub struct Input<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Web> for Input<T> {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> std::result::Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let (id, _) = request_of(&parts);
        let most = super::most(parts.uri.path());
        let json = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if json.is_none_or(|kind| kind.split(';').next().unwrap_or_default().trim() != "application/json") {
            let sentence = "The body is to be JSON, with “Content-Type: application/json”.";
            return Err(bad(StatusCode::UNSUPPORTED_MEDIA_TYPE, None, sentence, id));
        }
        let Ok(bytes) = Bytes::from_request(Request::from_parts(parts, body), web).await else {
            let sentence = format!("The body did not arrive, or has more than {} KiB.", most >> 10);
            return Err(bad(StatusCode::PAYLOAD_TOO_LARGE, None, &sentence, id));
        };
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let text = error.to_string();
            bad(StatusCode::UNPROCESSABLE_ENTITY, field_of(&text), &sentence("body", &text), id)
        })
    }
}

/// What an error stands for that others were wrapped around.
fn innermost<'a>(mut error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    while let Some(inner) = error.source() {
        error = inner;
    }
    error
}

/// The parameter that the parser complains about, which it puts before a colon where the value is wrong, and its words. A name that the
/// words have themselves is not said twice.
fn parameter(text: &str) -> (Option<&str>, &str) {
    let name = |text: &str| !text.is_empty() && text.bytes().all(|c| c == b'_' || c.is_ascii_lowercase());
    match text.split_once(": ") {
        Some((field, words)) if name(field) => {
            (Some(field), if words.contains(field) { words } else { text })
        }
        _ => (field_of(text), text),
    }
}

/// The member that the parser complains about, which it puts between backticks first. A word that is none of a choice is no member.
fn field_of(text: &str) -> Option<&str> {
    text.split_once(" field `")?.1.split('`').next()
}

/// The parser's words, without the place, and quoted as everywhere.
fn sentence(what: &str, text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or_default();
    let mut quoted = String::with_capacity(text.len());
    for (n, part) in text.split('`').enumerate() {
        quoted.push_str(match n {
            0 => "",
            _ if n % 2 == 1 => "“",
            _ => "”",
        });
        quoted.push_str(part);
    }
    format!("The {what} cannot be read: {}.", quoted.chars().take(300).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_parser_says_is_said_as_everywhere() {
        let text = "unknown field `colour`, expected `name` or `description` at line 1 column 9";
        assert_eq!(field_of(text), Some("colour"));
        assert_eq!(
            sentence("body", text),
            "The body cannot be read: unknown field “colour”, expected “name” or “description”."
        );
        assert_eq!(field_of("EOF while parsing"), None);
        assert_eq!(field_of("unknown variant `all`, expected `read` or `people`"), None);
    }

    #[test]
    fn a_parameter_is_named_once() {
        let text = "limit: “limit” is to be a whole number from 1 to 200";
        assert_eq!(parameter(text), (Some("limit"), "“limit” is to be a whole number from 1 to 200"));
        let text = "active: provided string was not `true` or `false`";
        assert_eq!(parameter(text), (Some("active"), text));
        let text = "unknown field `sort`, expected `search` or `after`";
        assert_eq!(parameter(text), (Some("sort"), text));
    }
}
