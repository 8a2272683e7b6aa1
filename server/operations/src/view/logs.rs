//! What is shown of an application's log.

use super::{ApplicationRef, EnvironmentRef, Keyed};
use domain::server_api::logs::{LogKind, LogPage};
use domain::server_api::queue::ModuleQueue;
use serde::Serialize;

/// A page of an application's log on one front-end.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct LogView {
    /// The application.
    pub application: ApplicationRef,
    /// The environment.
    pub environment: EnvironmentRef,
    /// The front-ends of the environment.
    pub servers: Vec<Keyed>,
    /// The one that was asked; none where the environment has none.
    pub server: Option<Keyed>,
    /// Which log.
    pub kind: LogKind,
    /// What it answered.
    pub page: Option<LogPage>,
    /// How full the queues of the application's modules are there now; empty where that is not known.
    pub queues: Vec<ModuleQueue>,
    /// Why there is no answer.
    pub unanswered: Option<String>,
}
