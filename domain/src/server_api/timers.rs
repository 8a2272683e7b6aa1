//! `GET /server/v1/timers`, `GET /server/v1/timers/{application}/{key}/runs`, `POST /server/v1/timers/{application}/{key}/run`.

use crate::package::Missed;
use crate::text::Key;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// All timers of the farm, by application and key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Timers {
    /// The timers of everything that runs.
    pub timers: Vec<TimerStatus>,
}

/// A timer as it is kept now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimerStatus {
    /// Its application.
    pub application: Key,
    /// The application's name.
    pub application_name: String,
    /// The module that does the work.
    pub module: Key,
    /// Its key.
    pub key: Key,
    /// Its name.
    pub name: String,
    /// The schedule that counts: five fields of cron.
    pub schedule: String,
    /// The IANA name of the zone in which it is meant.
    pub time_zone: String,
    /// What becomes of times that nobody kept.
    pub missed: Missed,
    /// How long a run may take, seconds.
    pub seconds: u32,
    /// When it is next; none where the schedule never comes.
    pub next_at: Option<Timestamp>,
    /// The last run, also one that is under way.
    pub last: Option<TimerRun>,
}

/// Why a timer ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its schedule said so.
    Schedule,
    /// Its schedule had said so, while the scheduler was not there.
    Missed,
    /// Somebody asked for it.
    Person,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is under way.
    Running,
    /// The module answered that it is done.
    Done,
    /// The module answered something else, or too late.
    Failed,
    /// It was not begun.
    Skipped,
    /// It was under way when the front-end was lost. It is not repeated.
    Unknown,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Schedule, Self::Missed, Self::Person];

    /// The word, as it is stored and sent.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Missed => "missed",
            Self::Person => "person",
        }
    }
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Running, Self::Done, Self::Failed, Self::Skipped, Self::Unknown];

    /// The word, as it is stored and sent.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }
}

/// One run of a timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimerRun {
    /// The time that it stands for. No two runs of a timer stand for the same.
    pub planned_at: Timestamp,
    /// Why it ran.
    pub cause: Cause,
    /// What became of it.
    pub outcome: Outcome,
    /// The name of the front-end that did it; none where none did.
    pub server: Option<String>,
    /// When it was begun.
    pub began_at: Timestamp,
    /// When it had ended.
    pub ended_at: Option<Timestamp>,
    /// One sentence about the outcome; empty where there is nothing to say.
    pub detail: String,
}

/// The runs of a timer, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct TimerRuns {
    /// As many as were asked for.
    pub runs: Vec<TimerRun>,
    /// What to ask for as `before` to get older ones; none at the end.
    pub before: Option<Timestamp>,
}

/// `POST …/run`: what was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunBegun {
    /// The time that the run stands for.
    pub planned_at: Timestamp,
}

/// Which runs of a timer to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RunsQuery {
    /// Only those that stand for an earlier time than this.
    #[serde(default)]
    #[param(inline)]
    pub before: Option<Timestamp>,
    /// How many at most; 1 to 200.
    #[serde(default)]
    #[param(inline)]
    pub limit: Option<u32>,
}

/// The most runs that one answer tells, and that are kept of a timer.
pub const RUNS_MAX: u32 = 200;
