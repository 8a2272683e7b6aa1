//! The log of a deployment as a file to keep.

use crate::download::{attachment, no_file};
use crate::web::Web;
use app::context::encoded;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, Response, header};
use axum::response::IntoResponse as _;
use domain::id::DeploymentId;
use operations::Caller;

/// `GET /i/{infra}/deployments/{id}/log`
pub async fn file(
    State(web): State<Web>,
    Path((infra, id)): Path<(String, DeploymentId)>,
    Extension(caller): Extension<Caller>,
) -> Response<Body> {
    let text = match web.console.deployment_log(&caller, &infra, id).await {
        Ok(text) => text,
        Err(error) => {
            let page = format!("/i/{}/deployments/{id}", encoded(&infra));
            return no_file(&error, &page, "The log cannot be read now.");
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CONTENT_DISPOSITION, attachment("", &infra, &format!("-{id}.log"))),
    ];
    (headers, text).into_response()
}
