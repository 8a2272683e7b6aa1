//! The matrix: applications by environments.

use super::{ApplicationRef, BlockView, Count, EnvironmentRef, Paged};
use domain::dependency::Bond;
use domain::environment::Health;
use domain::id::{DeploymentId, RevisionId};
use domain::text::VersionNumber;
use domain::time::Timestamp;
use serde::Serialize;

/// The matrix: applications by environments.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Matrix {
    /// The columns, in the order of the environments.
    pub columns: Vec<MatrixColumn>,
    /// The rows of this page.
    pub rows: Paged<MatrixRow>,
    /// How many applications match the filter.
    pub matching: Count,
    /// How many applications there are.
    pub total: Count,
    /// How many of all are modified somewhere.
    pub modified: Count,
    /// How many of all differ between two neighbouring environments.
    pub differing: Count,
    /// How many of all are in a queued or running deployment.
    pub moving: Count,
    /// How many of all have a dependency that is outdated or broken somewhere.
    pub unmet: Count,
}

/// One environment as a column.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct MatrixColumn {
    /// The environment.
    pub environment: EnvironmentRef,
    /// How the console knows it.
    pub health: Health,
    /// Front-end servers.
    pub servers: u32,
    /// The deployment that runs into it now.
    pub deploying: Option<DeploymentId>,
    /// How many applications of the whole infrastructure differ from the next column.
    pub differs_from_next: Count,
    /// Whether a pipeline leads from here to the next column.
    pub leads_on: bool,
}

/// One application as a row; one cell for each column.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct MatrixRow {
    /// The application.
    pub application: ApplicationRef,
    /// How many modules its newest revision has.
    pub modules: u32,
    /// The team that owns it.
    pub team: Option<String>,
    /// The cells, in the order of the columns.
    pub cells: Vec<MatrixCell>,
}

/// What runs of one application in one environment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub enum MatrixCell {
    /// The caller may not see it.
    Hidden,
    /// It is not there.
    Absent,
    /// It is not there, and blocked from there (R14).
    Blocked(BlockView),
    /// It is there.
    Present(Running),
}

/// A running application.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Running {
    /// The last tag that what runs is based on.
    pub version: Option<VersionNumber>,
    /// What runs differs from that tag (or has none), shown as `1.4+`.
    pub modified: bool,
    /// First eight digits of the running revision.
    pub revision: String,
    /// The running revision.
    pub revision_id: RevisionId,
    /// The front-ends do not all run the same.
    pub mixed: bool,
    /// How its dependencies stand here, the worst of them (A05); none where that is not told.
    pub bond: Option<Bond>,
    /// When it came here.
    pub changed_at: Timestamp,
    /// Who brought it here.
    pub changed_by: String,
    /// An earlier stage never had what runs here; none where that is not so (B29).
    pub hotfix: Option<HotfixState>,
    /// A queued or running deployment that will change it, with its progress in percent if it runs.
    pub moving: Option<(DeploymentId, Option<u8>)>,
}

/// How a hotfix stands.
#[derive(Debug, Clone, Copy, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum HotfixState {
    /// It has not found its way back to every earlier stage.
    Pending,
    /// Somebody says that it has, by other means.
    Solved,
}
