//! Timers, jobs and e-mails of applications, asked of the environment's scheduler at that moment.

use super::call::{Ask, At, Call};
use axum::response::Response;
use domain::time::Timestamp;
use serde::Deserialize;

type There = At<(String, String, String)>;
type Timer = At<(String, String, String, String)>;

pub async fn list(call: Call, At((infra, env, app)): There) -> Response {
    let found = call.console.timers(&call.caller, &infra, &env, &app).await;
    call.heard(found, |view| view.unanswered.as_ref())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Older {
    /// `before` of the page before, microseconds since the Unix epoch.
    before: Option<i64>,
}

pub async fn runs(
    call: Call,
    At((infra, env, app, timer)): Timer,
    Ask(Older { before }): Ask<Older>,
) -> Response {
    let page = (timer.as_str(), before.map(Timestamp));
    call.answer(call.console.timer_runs(&call.caller, &infra, &env, &app, page).await)
}

pub async fn run(call: Call, At((infra, env, app, timer)): Timer) -> Response {
    call.done(call.console.run_timer(&call.caller, &infra, &env, &app, &timer).await)
}
