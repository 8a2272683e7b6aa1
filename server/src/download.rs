//! Files to keep: what they are called, and what is answered where there is none for who asks.

use crate::respond::{refuse, see_other};
use app::context::sign_in_address;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode};
use operations::OperationError;

/// The header that calls a file of an infrastructure: `before`, its key, `after`.
pub(crate) fn attachment(before: &str, infra: &str, after: &str) -> HeaderValue {
    let key: String = infra.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{before}{key}{after}\""));
    name.unwrap_or(HeaderValue::from_static("attachment"))
}

/// The answer in place of a file. Who has to sign in comes back to `page`; `unreadable` says that it cannot be read now.
pub(crate) fn no_file(error: &OperationError, page: &str, unreadable: &str) -> Response<Body> {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match error {
        OperationError::Denied { sign_in: true, .. } => see_other(&sign_in_address(page)),
        // The sentence of a refusal holds nothing that somebody sent.
        OperationError::Denied { sentence, lifted_by, .. } => {
            refuse(status, &format!("{sentence} {lifted_by}"), true)
        }
        OperationError::NotFound { .. } => refuse(status, "There is nothing at this address.", true),
        _ => refuse(status, unreadable, true),
    }
}
