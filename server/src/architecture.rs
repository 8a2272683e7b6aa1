//! The architecture of an infrastructure as a file to keep.

use crate::download::{attachment, no_file};
use crate::web::Web;
use app::context::encoded;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Response, header};
use axum::response::IntoResponse as _;
use operations::Caller;

/// `GET /i/{infra}/architecture/file`
pub async fn file(
    State(web): State<Web>,
    Path(infra): Path<String>,
    Extension(caller): Extension<Caller>,
) -> Response<Body> {
    let text = match web.console.architecture_file(&caller, &infra).await {
        Ok(text) => text,
        Err(error) => {
            let page = format!("/i/{}/architecture", encoded(&infra));
            return no_file(&error, &page, "The architecture cannot be read now.");
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/toml; charset=utf-8")),
        (header::CONTENT_DISPOSITION, attachment("", &infra, ".toml")),
    ];
    (headers, text).into_response()
}
