//! The logs of applications, asked of the front-end at that moment.

use super::call::{Ask, At, Call};
use axum::response::Response;
use operations::LogAsk;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    server: Option<String>,
    kind: Option<String>,
    words: Option<String>,
    before: Option<i64>,
    limit: Option<u32>,
}

pub async fn show(
    call: Call,
    At((infra, env, app)): At<(String, String, String)>,
    Ask(Lines { server, kind, words, before, limit }): Ask<Lines>,
) -> Response {
    let ask = LogAsk { server, kind, words, before, limit };
    let found = call.console.application_log(&call.caller, &infra, &env, &app, &ask).await;
    call.heard(found, |view| view.unanswered.as_ref())
}
