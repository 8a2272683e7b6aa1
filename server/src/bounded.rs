//! Forms have an end: one that is larger than any page sends is refused in one sentence and leaves an entry.

use crate::respond::refuse;
use crate::web::{Arrival, Web};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::ACCEPT;
use axum::http::{Method, Response, StatusCode};
use axum::middleware::Next;
use futures::StreamExt as _;
use operations::{Caller, RefusedRequest};

/// A form or a body of `/api` that is no package may have so many bytes.
pub const BODY_BYTES: usize = 64 << 10;
/// A form with the file of an architecture may have so many: some 1.2 MB of text, since a form writes many signs as three. One of 2,000
/// front-ends has less than half of it.
pub const FILE_FORM_BYTES: usize = 2 << 20;
/// A body of `/api` with the file of an architecture may have so many: the longest file, as JSON writes it.
pub const FILE_BYTES: usize = 10 << 20;
/// So much of what is too large is read and thrown away: a browser shows no answer while it still sends.
const READ_OUT: usize = 32 << 20;

/// How many bytes a form that is sent to an address may have.
fn most(path: &str) -> usize {
    let with_file = path.ends_with("/architecture/compare") || path.ends_with("/architecture/apply");
    if with_file { FILE_FORM_BYTES } else { BODY_BYTES }
}

fn sentence(most: usize) -> String {
    let most = most >> 10;
    format!(
        "This form is larger than {most} KiB, which is more than all fields of a page take, so nothing was done."
    )
}

/// Reads a form before anything is done with it. Publishing a package has its own limit.
pub async fn bounded(State(web): State<Web>, request: Request, next: Next) -> Response<Body> {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    if method != Method::POST || path.ends_with("/publish") {
        return next.run(request).await;
    }
    let most = most(&path);
    let (parts, body) = request.into_parts();
    let mut stream = body.into_data_stream();
    let (mut held, mut read) = (Vec::new(), 0usize);
    while let Some(Ok(part)) = stream.next().await {
        read = read.saturating_add(part.len());
        if read <= most {
            held.extend_from_slice(&part);
        } else if read > READ_OUT {
            break;
        }
    }
    if read <= most {
        return next.run(Request::from_parts(parts, Body::from(held))).await;
    }
    let sentence = sentence(most);
    let arrival = parts.extensions.get::<Arrival>();
    let refused = RefusedRequest {
        address: arrival.map_or("unknown", |arrival| arrival.address.as_str()),
        method: method.as_str(),
        path: &path,
        infrastructure: path.strip_prefix("/i/").and_then(|rest| rest.split('/').next()),
        sentence: &sentence,
    };
    if let Some(caller) = parts.extensions.get::<Caller>()
        && let Err(error) = web.console.request_too_large(refused, caller.clone()).await
    {
        tracing::error!(%error, "a form that is too large has no entry");
    }
    let accepts = parts.headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    let page = accepts.is_some_and(|accepts| accepts.contains("text/html"));
    refuse(StatusCode::PAYLOAD_TOO_LARGE, &sentence, page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_forms_with_a_file_may_be_long() {
        for path in ["/i/harbour/architecture/compare", "/i/harbour/architecture/apply"] {
            assert_eq!(most(path), FILE_FORM_BYTES, "{path}");
        }
        for path in ["/do/architecture/accept", "/i/harbour/architecture", "/sign-in"] {
            assert_eq!(most(path), BODY_BYTES, "{path}");
        }
        assert!(sentence(FILE_FORM_BYTES).contains("larger than 2048 KiB"));
    }
}
