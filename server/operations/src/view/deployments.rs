//! Deployments, steps and log.

use super::{ApplicationRef, EnvironmentRef, OpenAddress, Possible, ReviewView, SnapshotView};
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
    /// `promotion`, `publication`, `settings`, `rollback`, or `catch_up` where it brings one front-end what the others run.
    pub kind: String,
    /// From here; none for a publication and a rollback.
    pub source: Option<EnvironmentRef>,
    /// To there.
    pub target: EnvironmentRef,
    /// LifeTime's status: `running`, `needs_user_intervention`, `aborting`, `finished_successful`, `finished_with_warnings`, `finished_with_errors`, `aborted`.
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
    /// The last lines of its log that were asked for, oldest first.
    pub lines: Vec<LineView>,
    /// How many lines its log has of each level.
    pub log: LogCounts,
    /// What went where: application, version, and the addresses it opens at once finished.
    pub applications: Vec<DeployedApplication>,
    /// The front-ends that it goes to, for lanes.
    pub servers: Vec<(ServerId, String)>,
    /// What it waits for a person to decide; none where it does not wait.
    pub waits: Option<Waits>,
    /// Whether the caller may decide about it; none where it has ended.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub decide: Option<Possible>,
    /// Whether it has finished, so that it can have a way back.
    pub may_go_back: bool,
    /// Its way back, as it is now, where that was asked for; none where it can have none.
    pub way_back: Option<WayBack>,
    /// The deployment that took it back, or that it takes back.
    pub related: Option<RelatedDeployment>,
    /// What was overridden for it, and its review; none where nothing was.
    pub review: Option<ReviewView>,
}

/// What a deployment waits for.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub enum Waits {
    /// Everything is prepared, and a person lets it go on (R16).
    SecondStage,
    /// A step failed: it is tried again, its front-end is left out, everything is taken back, or it is aborted.
    Failed {
        /// The step's title.
        step: String,
        /// Why it failed.
        reason: String,
        /// The name of the front-end that can be left out; none where the step is about all of them.
        front_end: Option<String>,
        /// Whether everything is being taken back already.
        back: bool,
    },
}

/// How many lines a log has.
#[derive(Debug, Clone, Copy, Serialize, PartialEq, Eq, Default)]
pub struct LogCounts {
    /// All of them.
    pub lines: u64,
    /// Warnings.
    pub warnings: u64,
    /// Errors.
    pub errors: u64,
}

/// Another deployment of the same matter.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RelatedDeployment {
    /// Identity.
    pub id: DeploymentId,
    /// Name.
    pub name: String,
    /// Whether it is the one that takes this one back; otherwise this one takes it back.
    pub takes_back: bool,
}

/// The way back of a deployment: what a rollback would do now.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct WayBack {
    /// Its applications, in the order in which they were brought.
    pub items: Vec<WayBackItem>,
    /// Whom it would break, in sentences.
    pub breaks: Vec<String>,
    /// The digest of what it would break; empty where it breaks nothing. Who rolls back in spite of it names it.
    pub conflicts: String,
    /// The digest of the way back; rolling back names it.
    pub digest: String,
    /// Whether the caller may roll back now.
    #[serde(serialize_with = "super::possible")]
    pub start: Possible,
}

/// What a rollback does with one application.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct WayBackItem {
    /// The application.
    pub application: ApplicationRef,
    /// What runs now.
    pub now: Option<String>,
    /// What it goes back to; none where it is taken out.
    pub to: Option<String>,
    /// Why it cannot go back, in a sentence.
    pub stays: Option<String>,
    /// What becomes of its settings, in sentences.
    pub settings: Vec<String>,
    /// What is left behind in its database, in sentences; none where nothing is.
    pub database: Option<String>,
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
    /// What its settings were when it was activated.
    pub settings: Vec<SnapshotView>,
}
