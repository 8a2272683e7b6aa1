//! `GET /server/v1/logs`: pages of the Log catalog. Who may see them at the console is the console's matter, by the right Monitor of the
//! application; a client needs the scope `logs`.

use super::{Api, fault, refuse};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::server_api::logs::{LogKind, LogPage, LogQuestion};

/// Longest text that is looked for, characters.
const WORDS: usize = 200;

pub(super) async fn page(
    State(api): State<Api>,
    question: Result<Query<LogQuestion>, QueryRejection>,
) -> Response {
    let question = match question {
        Ok(Query(question)) => question,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &format!("{}.", error.body_text())),
    };
    if question.kind == LogKind::Events && question.application.is_some() {
        return refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Events are the front-end's own and belong to no application: leave application out.",
        );
    }
    if question.words.as_ref().is_some_and(|words| words.chars().count() > WORDS) {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "words has at most 200 characters.");
    }
    match api.log.page(question).await {
        Ok((lines, next)) => {
            Json(LogPage { server: api.identity.server_name.clone(), lines, next }).into_response()
        }
        Err(error) => fault(&error),
    }
}
