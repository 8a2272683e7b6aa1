//! Deployments, steps and log.

use super::{ApplicationRef, EnvironmentRef, OpenAddress, Possible};
use domain::id::{DeploymentId, PlanId, ServerId};
use domain::time::Timestamp;
use serde::Serialize;

/// A deployment on a list.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct DeploymentRow {
    /// Identity.
    pub id: DeploymentId,
    /// Name.
    pub name: String,
    /// `promotion` or `publication`.
    pub kind: String,
    /// From here; none for a publication.
    pub source: Option<EnvironmentRef>,
    /// To there.
    pub target: EnvironmentRef,
    /// LifeTime's status: `running`, `needs_user_intervention`, `finished_successful`, `finished_with_warnings`, `finished_with_errors`, `aborted`.
    pub status: String,
    /// Queued: it runs outside, and waits inside.
    pub queued: bool,
    /// Progress in percent.
    pub percent: u8,
    /// Names of the applications.
    pub applications: Vec<String>,
    /// Who started it.
    pub started_by: String,
    /// When it was started by that person.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// What is going on, or how it ended, in one sentence.
    pub message: String,
}

/// One deployment.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct DeploymentPage {
    /// The same facts as on a list.
    pub row: DeploymentRow,
    /// The plan it came from.
    pub plan: Option<PlanId>,
    /// The digest of the plan it carries out.
    pub digest: String,
    /// When it left the queue.
    pub started_at: Option<Timestamp>,
    /// Its steps, in the order they are carried out.
    pub steps: Vec<StepView>,
    /// The last lines of its log, oldest first.
    pub lines: Vec<LineView>,
    /// What went where: application, version, and the addresses it opens at once finished.
    pub applications: Vec<DeployedApplication>,
    /// The front-ends that it goes to, for lanes.
    pub servers: Vec<(ServerId, String)>,
    /// Whether the caller may let it go on, or abort it; none where it does not wait.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub decide: Option<Possible>,
}

/// One step.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct StepView {
    /// Place in the order.
    pub ordinal: u32,
    /// A step back.
    pub back: bool,
    /// What it does, such as “Activate Tides 1.2.0 on prod-1”.
    pub title: String,
    /// The front-end it is about; none for preparing.
    pub server: Option<ServerId>,
    /// `pending`, `dispatched`, `uncertain`, `done`, `failed` or `skipped`.
    pub state: String,
    /// Units done, of total; 0 of 0 where unknown.
    pub done: u64,
    /// Units in all.
    pub total: u64,
    /// Why it failed.
    pub reason: String,
    /// When it was begun.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// One line of a deployment's log.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct LineView {
    /// Counts from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// `info`, `warning` or `error`.
    pub level: String,
    /// One sentence.
    pub message: String,
}

/// What a deployment brings.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct DeployedApplication {
    /// The application.
    pub application: ApplicationRef,
    /// What ran before, such as `1.3.0`.
    pub before: Option<String>,
    /// What runs after; none for undeploy.
    pub after: Option<String>,
    /// Where it opens.
    pub addresses: Vec<OpenAddress>,
}
