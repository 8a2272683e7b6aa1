//! The log and the report of a deployment as files to keep.

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
    let text = web.console.deployment_log(&caller, &infra, id).await;
    text_file(text, (&infra, id), ("log", "text/plain; charset=utf-8"), "The log cannot be read now.")
}

/// `GET /i/{infra}/deployments/{id}/report`
pub async fn report(
    State(web): State<Web>,
    Path((infra, id)): Path<(String, DeploymentId)>,
    Extension(caller): Extension<Caller>,
) -> Response<Body> {
    let text = web.console.deployment_report(&caller, &infra, id).await;
    text_file(text, (&infra, id), ("md", "text/markdown; charset=utf-8"), "The report cannot be written now.")
}

/// The file with its ending and content type, or the deployment's page with why there is none.
fn text_file(
    text: operations::Result<String>,
    (infra, id): (&str, DeploymentId),
    (ending, kind): (&str, &'static str),
    unable: &str,
) -> Response<Body> {
    let text = match text {
        Ok(text) => text,
        Err(error) => {
            let page = format!("/i/{}/deployments/{id}", encoded(infra));
            return no_file(&error, &page, unable);
        }
    };
    let name = attachment("", infra, &format!("-{id}.{ending}"));
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, name)];
    (headers, text).into_response()
}
