//! `GET /server/v1/queue`: what waits at one front-end, module by module.

use crate::text::Key;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How full the queues of one front-end are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Queues {
    /// The front-end's name.
    pub server: String,
    /// How many requests of one module may wait.
    pub most_waiting: u32,
    /// How long one may wait, seconds.
    pub seconds: u32,
    /// Each module that is served.
    pub modules: Vec<ModuleQueue>,
}

/// The queue of one module on one front-end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModuleQueue {
    /// Its application.
    pub application: Key,
    /// The module.
    pub module: Key,
    /// How many requests it works on at once at most.
    pub concurrent: u32,
    /// How many it works on now.
    pub working: u32,
    /// How many wait now.
    pub waiting: u32,
    /// Since when some wait without a pause; none where none does.
    pub waiting_since: Option<Timestamp>,
    /// The most that waited at the same time since `counted_since`.
    pub most: u32,
    /// Requests that were refused because too many waited.
    pub refused: u64,
    /// Requests that waited too long.
    pub given_up: u64,
    /// When its release began to be served here, from which on it is counted.
    pub counted_since: Timestamp,
}
