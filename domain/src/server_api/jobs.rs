//! `GET /server/v1/jobs?application=..&state=..`: the queue of jobs, without their bodies.

use crate::text::Key;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How far something in the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueState {
    /// It waits for its time, a free place, or something that it needs.
    Waiting,
    /// It is being worked off.
    Running,
    /// It is done.
    Done,
    /// It was tried as often as allowed.
    Failed,
}

impl QueueState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Running, Self::Done, Self::Failed];

    /// The word, as it is stored and sent.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// Which jobs or e-mails to tell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    /// Only those of this application.
    #[serde(default)]
    #[param(inline)]
    pub application: Option<Key>,
    /// Only those in this state.
    #[serde(default)]
    #[param(inline)]
    pub state: Option<QueueState>,
}

/// How many are in a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueueCount {
    /// The application.
    pub application: Key,
    /// The state.
    pub state: QueueState,
    /// How many. Of those that have ended, the last thousand of an application are kept.
    pub count: u64,
}

/// One job or e-mail of the queue, without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Queued {
    /// Its id.
    pub id: String,
    /// The application that put it into the queue.
    pub application: Key,
    /// A job's handler; none of an e-mail.
    pub handler: Option<Key>,
    /// The key that the application gave it, so that the same is not queued twice; none where it gave none.
    pub key: Option<String>,
    /// How far it is.
    pub state: QueueState,
    /// How often it was tried.
    pub tries: u32,
    /// How often it may be tried.
    pub tries_max: u32,
    /// When it was put into the queue.
    pub queued_at: Timestamp,
    /// When it is tried next, as long as it waits.
    pub due_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The front-end that has it or had it last.
    pub server: Option<String>,
    /// What went wrong last, or what it waits for; empty where there is nothing to say.
    pub error: String,
}

/// The queue, as far as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Queue {
    /// How many there are, whatever was asked for.
    pub counts: Vec<QueueCount>,
    /// The newest of those that were asked for, at most 200.
    pub queued: Vec<Queued>,
}

/// The most that one answer tells.
pub const QUEUE_MAX: u32 = 200;
