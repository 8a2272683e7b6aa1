//! `GET /server/v1/timers`, `GET /server/v1/timers/{application}/{key}/runs`, `POST /server/v1/timers/{application}/{key}/run`,
//! `GET /server/v1/jobs` and `GET /server/v1/emails`: the scheduler, as it is asked on the controller.

use super::{Api, fault, refuse};
use crate::catalog::CatalogError;
use crate::scheduler::RunNow;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::server_api::jobs::QueueQuery;
use domain::server_api::timers::{RUNS_MAX, RunBegun, RunsQuery, TimerRuns};
use domain::text::Key;
use domain::time::Timestamp;
use serde::Serialize;

fn answer<T: Serialize>(read: Result<T, CatalogError>) -> Response {
    match read {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => fault(&error),
    }
}

/// The answer where the scheduler is not.
fn elsewhere() -> Response {
    refuse(StatusCode::NOT_FOUND, "The scheduler runs on the deployment controller: ask there.")
}

pub(super) async fn timers(State(api): State<Api>) -> Response {
    match api.scheduler.now() {
        Some(scheduler) => answer(scheduler.timers().await),
        None => elsewhere(),
    }
}

pub(super) async fn runs(
    State(api): State<Api>,
    Path(timer): Path<(Key, Key)>,
    Query(query): Query<RunsQuery>,
) -> Response {
    if api.scheduler.now().is_none() {
        return elsewhere();
    }
    let limit = query.limit.unwrap_or(RUNS_MAX);
    if !(1..=RUNS_MAX).contains(&limit) {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, &format!("limit must be 1 to {RUNS_MAX}."));
    }
    let before = query.before.unwrap_or(Timestamp(i64::MAX));
    let read = api.catalog.runs(&timer, before, limit + 1).await;
    answer(read.map(|mut runs| {
        let more = runs.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        runs.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let before = runs.last().filter(|_| more).map(|run| run.planned_at);
        TimerRuns { runs, before }
    }))
}

pub(super) async fn run(State(api): State<Api>, Path((application, timer)): Path<(Key, Key)>) -> Response {
    let Some(scheduler) = api.scheduler.now() else { return elsewhere() };
    match scheduler.run_now(&application, &timer).await {
        Ok(RunNow::Begun(planned_at)) => {
            (StatusCode::ACCEPTED, Json(RunBegun { planned_at })).into_response()
        }
        Ok(RunNow::Overlaps) => {
            refuse(StatusCode::CONFLICT, &format!("A run of “{timer}” is under way; wait for its end."))
        }
        Ok(RunNow::NoTimer) => refuse(
            StatusCode::NOT_FOUND,
            &format!("Nothing of “{application}” that runs has a timer “{timer}”."),
        ),
        Err(error) => fault(&error),
    }
}

pub(super) async fn jobs(State(api): State<Api>, Query(query): Query<QueueQuery>) -> Response {
    match api.scheduler.now() {
        Some(scheduler) => answer(scheduler.jobs(query).await),
        None => elsewhere(),
    }
}

pub(super) async fn emails(State(api): State<Api>, Query(query): Query<QueueQuery>) -> Response {
    match api.scheduler.now() {
        Some(scheduler) => answer(scheduler.emails(query).await),
        None => elsewhere(),
    }
}
