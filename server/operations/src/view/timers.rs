//! What is shown of the timers, jobs and e-mails of an application in an environment.

use super::{ApplicationRef, EnvironmentRef, Possible};
use domain::server_api::emails::Emails;
use domain::server_api::jobs::Queue;
use domain::server_api::timers::{TimerRun, TimerStatus};
use domain::time::Timestamp;
use serde::Serialize;

/// Timers, jobs and e-mails, as the scheduler said at that moment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct TimersView {
    /// The application.
    pub application: ApplicationRef,
    /// The environment.
    pub environment: EnvironmentRef,
    /// Its timers, by key.
    pub timers: Vec<TimerStatus>,
    /// Its jobs.
    pub jobs: Queue,
    /// Its e-mails.
    pub emails: Emails,
    /// Whether the caller may run a timer.
    #[serde(serialize_with = "super::possible")]
    pub run: Possible,
    /// Why there is no answer.
    pub unanswered: Option<String>,
}

/// A page of a timer's history.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct TimerRunsView {
    /// The application.
    pub application: ApplicationRef,
    /// The environment.
    pub environment: EnvironmentRef,
    /// The timer's key.
    pub timer: String,
    /// The newest first.
    pub runs: Vec<TimerRun>,
    /// What to ask for as `before` for the next page; none where this is the last one.
    pub before: Option<Timestamp>,
}
