//! The gateway of Platform Servers, `/agent/v1`. Everything but the enrolment is signed with the server's own key over the very
//! bytes that arrive.

use crate::respond::{Problem, refuse};
use crate::web::{Arrival, Web};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, OriginalUri, Path, Request, State};
use axum::http::header::{self, HeaderMap};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::access::Actor;
use domain::protocol::{HEADER_NONCE, HEADER_SERVER, HEADER_SIGNATURE, HEADER_TIME};
use domain::text::Sha256;
use domain::time::Timestamp;
use operations::{Caller, GetRange, OperationError, SignedHeaders, point};
use serde::de::DeserializeOwned;

/// A message of a Platform Server may have so many bytes.
pub const MESSAGE_BYTES: usize = 4 << 20;

/// A request that a Platform Server of this console has signed.
pub struct Signed {
    /// The server.
    pub caller: Caller,
    /// The body as it was signed.
    pub body: Bytes,
    /// The other headers.
    pub headers: HeaderMap,
}

impl FromRequest<Web> for Signed {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Response> {
        let method = request.method().to_string();
        let uri = request
            .extensions()
            .get::<OriginalUri>()
            .map_or_else(|| request.uri().clone(), |uri| uri.0.clone());
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let origin =
            request.extensions().get::<Arrival>().map(|arrival| arrival.origin(None)).unwrap_or_default();
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, web).await.map_err(|error| {
            let sentence = "The message could not be read, or has more than 4 MiB.";
            refuse(error.into_response().status(), sentence, false)
        })?;
        let signed = signed_headers(&headers).ok_or_else(|| {
            let sentence = "The request is not signed: it needs the headers towpath-server, towpath-time, towpath-nonce \
                            and towpath-signature.";
            refuse(StatusCode::UNAUTHORIZED, sentence, false)
        })?;
        let hash = Sha256::of(&body);
        let caller = web.console.identify_server(&origin, &signed, &method, &path, &hash).await;
        let caller = caller.map_err(|error| Problem(error).into_response())?;
        Ok(Self { caller, body, headers })
    }
}

fn signed_headers(headers: &HeaderMap) -> Option<SignedHeaders> {
    // A header that comes twice could be read differently by a proxy.
    let one = |name: &str| {
        let mut all = headers.get_all(name).iter();
        let first = all.next()?.to_str().ok()?;
        all.next().is_none().then_some(first)
    };
    Some(SignedHeaders {
        server: one(HEADER_SERVER)?.parse().ok()?,
        time: Timestamp(one(HEADER_TIME)?.parse().ok()?),
        nonce: one(HEADER_NONCE)?.to_owned(),
        signature: STANDARD.decode(one(HEADER_SIGNATURE)?).ok()?,
    })
}

fn message<T: DeserializeOwned>(body: &[u8]) -> Result<T, OperationError> {
    serde_json::from_slice(body).map_err(|error| {
        OperationError::invalid("body", format!("The message is not as the protocol wants it: {error}."))
    })
}

/// `POST /agent/v1/enrol`
///
/// # Errors
/// As `Console::enrol`.
pub async fn enrol(
    State(web): State<Web>,
    Extension(arrival): Extension<Arrival>,
    body: Bytes,
) -> Result<Response, Problem> {
    let caller = Caller {
        actor: Actor::Anonymous,
        name: "anonymous".to_owned(),
        origin: arrival.origin(None),
        proof: domain::access::Proof::None,
        limits: Default::default(),
    };
    Ok(Json(web.console.enrol(&caller, message(&body)?).await?).into_response())
}

/// `POST /agent/v1/sync`: held open while there is nothing to say.
///
/// # Errors
/// As `Console::sync`.
pub async fn sync(State(web): State<Web>, signed: Signed) -> Result<Response, Problem> {
    let request = message(&signed.body)?;
    point("sync", "asked");
    let answer = tokio::select! {
        answer = web.console.sync(&signed.caller, request) => answer?,
        // The console ends: the controller asks again, and finds the next one.
        () = web.shared.ending.cancelled() => {
            let sentence = "The console is ending. Ask again.";
            return Ok(refuse(StatusCode::SERVICE_UNAVAILABLE, sentence, false));
        }
    };
    point("sync", "answers");
    Ok(Json(answer).into_response())
}

/// `POST /agent/v1/answers/{id}`: what Server.API said to a question.
///
/// # Errors
/// As `Console::take_answer`.
pub async fn answer(
    State(web): State<Web>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<StatusCode, Problem> {
    let id = id.parse().map_err(|_| OperationError::not_found("There is no such question."))?;
    web.console.take_answer(&signed.caller, id, message(&signed.body)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /agent/v1/who-controls`
///
/// # Errors
/// As `Console::who_controls`.
pub async fn who_controls(State(web): State<Web>, signed: Signed) -> Result<Response, Problem> {
    Ok(Json(web.console.who_controls(&signed.caller, message(&signed.body)?).await?).into_response())
}

/// `POST /agent/v1/enrolment`
///
/// # Errors
/// As `Console::enrolment`.
pub async fn enrolment(State(web): State<Web>, signed: Signed) -> Result<Response, Problem> {
    Ok(Json(web.console.enrolment(&signed.caller, message(&signed.body)?).await?).into_response())
}

/// `POST /agent/v1/next-key`
///
/// # Errors
/// As `Console::next_key`.
pub async fn next_key(State(web): State<Web>, signed: Signed) -> Result<Response, Problem> {
    web.console.next_key(&signed.caller, message(&signed.body)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /agent/v1/packages/{sha256}`, whole or a part (RFC 9110, 14).
///
/// # Errors
/// As `Console::package`.
pub async fn package(
    State(web): State<Web>,
    Path(sha256): Path<String>,
    signed: Signed,
) -> Result<Response, Problem> {
    let missing = || OperationError::not_found("There is no such package.");
    let sha256: Sha256 = sha256.parse().map_err(|_| missing())?;
    let etag = format!("\"{sha256}\"");
    point("package", "asked");
    let whole = web.console.package(&signed.caller, &sha256, None).await?;
    let range = match range_of(&signed.headers, &etag, whole.size) {
        Asked::Whole => None,
        Asked::Part(from, to) => Some(from..to),
        Asked::Beyond => {
            let sentence = "The package has no such part.";
            let mut response = refuse(StatusCode::RANGE_NOT_SATISFIABLE, sentence, false);
            set(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{}", whole.size));
            return Ok(response);
        }
    };
    let (status, stream) = match range {
        None => (StatusCode::OK, whole),
        Some(range) => {
            let part = web.console.package(&signed.caller, &sha256, Some(GetRange::Bounded(range))).await?;
            (StatusCode::PARTIAL_CONTENT, part)
        }
    };
    let mut response = Response::new(Body::from_stream(stream.bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(stream.range.end - stream.range.start));
    set(headers, header::ETAG, &etag);
    if status == StatusCode::PARTIAL_CONTENT {
        let (first, last) = (stream.range.start, stream.range.end.saturating_sub(1));
        set(headers, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{}", stream.size));
    }
    Ok(response)
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// What a request wants of a package.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    /// First byte, and one past the last.
    Part(u64, u64),
    Beyond,
}

/// What is asked for. Anything but one sound range is answered with the whole, as RFC 9110 allows.
fn range_of(headers: &HeaderMap, etag: &str, size: u64) -> Asked {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(range) = text(header::RANGE).and_then(|range| range.strip_prefix("bytes=")) else {
        return Asked::Whole;
    };
    if text(header::IF_RANGE).is_some_and(|wanted| wanted != etag) {
        return Asked::Whole;
    }
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let Some((first, last)) = range.split_once('-').filter(|(a, b)| digits(a) && digits(b)) else {
        return Asked::Whole;
    };
    match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(first), _) if first >= size => Asked::Beyond,
        (Some(first), None) if last.is_empty() => Asked::Part(first, size),
        (Some(first), Some(last)) if first <= last => Asked::Part(first, size.min(last.saturating_add(1))),
        (None, Some(0)) => Asked::Beyond,
        (None, Some(_)) if size == 0 => Asked::Beyond,
        (None, Some(count)) if first.is_empty() => Asked::Part(size.saturating_sub(count), size),
        _ => Asked::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        for (text, wanted) in [
            ("bytes=0-9", Asked::Part(0, 10)),
            ("bytes=90-", Asked::Part(90, 100)),
            ("bytes=90-1000", Asked::Part(90, 100)),
            ("bytes=-10", Asked::Part(90, 100)),
            ("bytes=-1000", Asked::Part(0, 100)),
            ("bytes=100-", Asked::Beyond),
            ("bytes=-0", Asked::Beyond),
            ("bytes=9-8", Asked::Whole),
            ("bytes=0-1,5-6", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes=+1-2", Asked::Whole),
            ("items=0-1", Asked::Whole),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(text));
            assert_eq!(range_of(&headers, "\"x\"", 100), wanted, "{text}");
            headers.insert(header::IF_RANGE, HeaderValue::from_static("\"y\""));
            assert_eq!(range_of(&headers, "\"x\"", 100), Asked::Whole, "{text}");
        }
        assert_eq!(range_of(&HeaderMap::new(), "\"x\"", 100), Asked::Whole);
    }
}
