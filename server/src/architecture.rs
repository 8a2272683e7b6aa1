//! The architecture of an infrastructure as a file to keep.

use crate::respond::{refuse, see_other};
use crate::web::Web;
use app::context::{encoded, sign_in_address};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use operations::{Caller, OperationError};

/// `GET /i/{infra}/architecture/file`
pub async fn file(
    State(web): State<Web>,
    Path(infra): Path<String>,
    Extension(caller): Extension<Caller>,
) -> Response<Body> {
    let text = match web.console.architecture_file(&caller, &infra).await {
        Ok(text) => text,
        Err(error) => return refused(&error, &infra),
    };
    let key: String = infra.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{key}.toml\""));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/toml; charset=utf-8")),
        (header::CONTENT_DISPOSITION, name.unwrap_or(HeaderValue::from_static("attachment"))),
    ];
    (headers, text).into_response()
}

fn refused(error: &OperationError, infra: &str) -> Response<Body> {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match error {
        OperationError::Denied { sign_in: true, .. } => {
            see_other(&sign_in_address(&format!("/i/{}/architecture", encoded(infra))))
        }
        OperationError::Denied { sentence, lifted_by, .. } => {
            refuse(status, &format!("{sentence} {lifted_by}"), true)
        }
        OperationError::NotFound { .. } => refuse(status, "There is nothing at this address.", true),
        _ => refuse(status, "The architecture cannot be read now.", true),
    }
}
