//! Gates, freezes, and what they say of a plan or a deployment.

use super::{Count, DeploymentRow, EnvironmentRef, Paged, PipelineRef, Possible, Refusal};
use domain::gate::{Answer, Arrives, Kind};
use domain::id::{DeploymentId, FreezeId, GateId, PlanId};
use domain::time::Timestamp;
use serde::Serialize;

/// Where a gate or freeze stands.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct GatePlace {
    /// `environment`, `pipeline`, or `infrastructure` for everything.
    pub kind: &'static str,
    /// The key of the environment or pipeline; empty for everything.
    pub key: String,
    /// The name; “Everything” for everything.
    pub name: String,
}

/// A gate.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct GateView {
    /// Identity.
    pub id: GateId,
    /// Where it stands.
    pub place: GatePlace,
    /// What kind of rule it is.
    pub kind: Kind,
    /// What it asks for, in one sentence.
    pub sentence: String,
    /// Who answers for it.
    pub owner: String,
    /// How many approvals, or for how many hours a version soaks.
    pub number: u32,
    /// For how many hours an approval counts; none for as long as the plan stays as it is.
    pub hours: Option<u32>,
    /// The team or role that approves.
    pub group: Option<String>,
    /// The name of the test.
    pub test: Option<String>,
    /// What the console asks for it; none where others report the result.
    pub address: Option<String>,
    /// How many people can approve.
    pub people: Option<Count>,
    /// Why it cannot be met by now, or not by plans that one of its people wrote.
    pub warning: Option<String>,
}

/// A freeze.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct FreezeView {
    /// Identity.
    pub id: FreezeId,
    /// What stands still.
    pub place: GatePlace,
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub until: Timestamp,
    /// The time zone that it was written down in.
    pub time_zone: String,
    /// From and until in that time zone.
    pub local: (String, String),
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Whether it is on now.
    pub on: bool,
}

/// All gates of an infrastructure.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct GatesPage {
    /// The gates, by where they stand.
    pub gates: Vec<GateView>,
    /// The freezes that are on or to come, in the order in which they begin.
    pub freezes: Vec<FreezeView>,
    /// Whether the caller may change them.
    #[serde(serialize_with = "super::possible")]
    pub manage: Possible,
    /// Where a gate or freeze can stand.
    pub environments: Vec<EnvironmentRef>,
    /// The pipelines.
    pub pipelines: Vec<PipelineRef>,
    /// The names of the teams, for forms.
    pub teams: Vec<String>,
    /// The names of the roles, for forms.
    pub roles: Vec<String>,
}

/// A plan that waits for the approval of who asks.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct WaitingPlan {
    /// The plan.
    pub id: PlanId,
    /// Its name.
    pub name: String,
    /// From here.
    pub source: EnvironmentRef,
    /// To there.
    pub target: EnvironmentRef,
    /// When approval was asked for.
    pub asked_at: Timestamp,
    /// Who asked.
    pub asked_by: String,
}

/// The plans that wait for the approval of who asks.
pub type WaitingPlans = Paged<WaitingPlan>;

/// What somebody decided about a plan.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct DecisionView {
    /// Who.
    pub by: String,
    /// Approved, or else rejected.
    pub approves: bool,
    /// What they said.
    pub words: String,
    /// When.
    pub at: Timestamp,
    /// What of the plan changed since, a sentence for each difference; nothing where it still counts.
    pub changed: Vec<String>,
    /// What counts otherwise now for settings that the plan does not set, a sentence for each; told of the latest approval that counts.
    pub drift: Vec<String>,
    /// Whether it is about the plan as it is.
    pub counts: bool,
}

/// What the gates say of a plan.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct PlanGates {
    /// What each of them says, those that are met too.
    pub answers: Vec<Answer>,
    /// The earliest time at which everything has ended that ends by itself; none where that is now.
    pub earliest: Option<Timestamp>,
    /// When what it brings arrives at the stages behind its target at the earliest, pipeline by pipeline; none where no pipeline goes on.
    pub forecast: Vec<PipelineForecast>,
    /// When approval was asked for, and by whom.
    pub asked: Option<(Timestamp, String)>,
    /// The digest that is decided about: of the plan as it is, or as it was started while it waits; none where nothing is decided any more.
    pub digest: Option<String>,
    /// What was decided, newest first.
    pub decisions: Vec<DecisionView>,
    /// Whether the caller may ask for approval; none where no gate asks for any.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub ask: Option<Possible>,
    /// Whether the caller may approve or reject; none where nobody asked.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub decide: Option<Possible>,
    /// Whether the caller may override the freezes that hold it; none where none does.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub override_freezes: Option<Possible>,
    /// What stands against a start besides, each with who lifts it: conflicts, pins, blocks, maintenance, limits, rights.
    pub reasons: Vec<Refusal>,
    /// Whether the caller may have the stage before checked; none where no gate is a check that the console makes.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub check: Option<Possible>,
}

/// A forecast along a pipeline.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct PipelineForecast {
    /// The name of the pipeline.
    pub pipeline: String,
    /// The plan's own target, then the stages behind it.
    pub stages: Vec<Arrives>,
}

/// What the console found of one version in the stage before.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct StageCheck {
    /// The name of the test that the gate asks for.
    pub test: String,
    /// Application and version.
    pub label: String,
    /// What was asked.
    pub address: String,
    /// Whether it passed.
    pub passed: bool,
    /// What was found, in a sentence.
    pub detail: String,
}

/// Why a deployment does not begin yet.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct DeploymentGates {
    /// Whether it is in the queue at all; where it is not, nothing holds it.
    pub queued: bool,
    /// What it waits for, in one sentence.
    pub sentence: String,
    /// What its gates say.
    pub answers: Vec<Answer>,
    /// The earliest time at which everything has ended that ends by itself; none where that is now.
    pub earliest: Option<Timestamp>,
    /// It ends by itself if it could not begin by then.
    pub expires_at: Option<Timestamp>,
    /// Its place in the queue of its environment, from 1; none where it runs or is parked.
    pub position: Option<u32>,
    /// The deployment that it depends on and waits for, where the caller may see it.
    pub behind: Option<(DeploymentId, String)>,
    /// Whether the caller may override the freezes that hold it; none where none does.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub override_freezes: Option<Possible>,
}

/// One override of a deployment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct OverrideView {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What they did, the end of a sentence that begins with who.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// The review of what was overridden for a deployment.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ReviewView {
    /// What was overridden, in the order in which it was.
    pub overrides: Vec<OverrideView>,
    /// By when it has to be reviewed.
    pub due_at: Timestamp,
    /// Nobody has, and the time is over.
    pub overdue: bool,
    /// When it was closed, and by whom.
    pub closed: Option<(Timestamp, String)>,
    /// What was found.
    pub words: Option<String>,
    /// Whether the caller may close it; none where it is closed.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub close: Option<Possible>,
}

/// A deployment that waits for a review.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct OpenReview {
    /// The deployment.
    pub deployment: DeploymentRow,
    /// What was overridden, in the order in which it was.
    pub overrides: Vec<OverrideView>,
    /// By when it has to be reviewed.
    pub due_at: Timestamp,
    /// The time is over.
    pub overdue: bool,
}

/// The deployments that wait for a review.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct OpenReviews {
    /// The rows of this page, newest first.
    pub rows: Paged<OpenReview>,
    /// How many there are.
    pub count: Count,
}
