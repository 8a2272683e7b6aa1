//! How a refusal or fault is answered, in one place: as problem details (RFC 9457) where a program asks, as a small page
//! where a person does. What went wrong inside stays in the log.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::{IntoResponse, Redirect};
use domain::id::RequestId;
use operations::OperationError;
use serde_json::json;

/// Whether people open what is under a path. The others are for programs and answer data, whatever is asked.
#[must_use]
pub fn wants_page(path: &str) -> bool {
    let data = ["/api", "/agent", "/do", "/live", "/pkg", "/fonts", "/health"];
    !data
        .iter()
        .any(|prefix| path == *prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')))
}

/// An error of an operation, for a program.
pub struct Problem(pub OperationError);

impl From<OperationError> for Problem {
    fn from(error: OperationError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        problem(&self.0, None)
    }
}

/// The problem details of an error. Programs of `/api` are told the request too, as `instance`.
#[must_use]
pub fn problem(error: &OperationError, request: Option<RequestId>) -> Response<Body> {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut body = json!({
        "title": status.canonical_reason(), "status": status.as_u16(), "detail": error.sentence(),
    });
    if let Some(request) = request {
        body["type"] = json!("about:blank");
        body["instance"] = json!(format!("urn:uuid:{request}"));
    }
    match error {
        OperationError::Denied { lifted_by, rule, .. } => {
            body["lifted_by"] = json!(lifted_by);
            named(&mut body, *rule);
        }
        OperationError::Conflict { rule, .. } => named(&mut body, *rule),
        OperationError::Invalid { fields } => {
            let list =
                fields.iter().map(|problem| json!({ "field": problem.field, "sentence": problem.sentence }));
            body["fields"] = list.collect();
        }
        OperationError::Page { field } => {
            body["fields"] = json!([{ "field": field, "sentence": error.sentence() }]);
        }
        OperationError::Internal { request, .. } => body["request"] = json!(request),
        _ => {}
    }
    let mut response = data(status, &body);
    if let OperationError::TooMany { retry_after_seconds }
    | OperationError::Paused { retry_after_seconds, .. } = error
    {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*retry_after_seconds));
    }
    response
}

/// Adds the number of a rule, where there is one.
fn named(body: &mut serde_json::Value, rule: Option<&str>) {
    if let Some(rule) = rule {
        body["rule"] = json!(rule);
    }
}

/// An answer of problem details.
pub fn data(status: StatusCode, body: &serde_json::Value) -> Response<Body> {
    let mut response = (status, body.to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// A refusal in one sentence, which must not hold anything that somebody sent.
#[must_use]
pub fn refuse(status: StatusCode, sentence: &str, page: bool) -> Response<Body> {
    let reason = status.canonical_reason().unwrap_or("Refused");
    if !page {
        let body = json!({ "title": reason, "status": status.as_u16(), "detail": sentence });
        return data(status, &body);
    }
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{reason} · Towpath</title>\
         <link rel=\"stylesheet\" href=\"/pkg/towpath.css\"></head><body><main><h1>{reason}</h1><p>{sentence}</p>\
         <p><a href=\"/\">Go to the console</a></p></main></body></html>"
    );
    (status, axum::response::Html(html)).into_response()
}

/// Leads on after a form: the next page is read by GET.
#[must_use]
pub fn see_other(path: &str) -> Response<Body> {
    Redirect::to(path).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_data() {
        assert!(
            wants_page("/") && wants_page("/i/harbour") && wants_page("/apiary") && wants_page("/livestock")
        );
        for path in ["/api", "/api/v1/x", "/agent/v1/x", "/do/x", "/live", "/live/"] {
            assert!(!wants_page(path), "{path}");
        }
    }
}
