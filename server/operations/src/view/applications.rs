//! Applications, their versions and relations.

use super::{EnvironmentRef, HotfixState, MatrixCell, OpenAddress, Paged, Possible};
use domain::id::{ApplicationId, DeploymentId, VersionId};
use domain::text::VersionNumber;
use domain::time::Timestamp;
use serde::Serialize;

/// An application by name.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ApplicationRef {
    /// Identity.
    pub id: ApplicationId,
    /// Key in addresses.
    pub key: String,
    /// Name.
    pub name: String,
    /// `web`, `service` or `library`.
    pub kind: String,
}

/// One application.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ApplicationPage {
    /// The application.
    pub application: ApplicationRef,
    /// What it is, in a sentence of its own.
    pub description: String,
    /// That it is retired; then it is in no list.
    pub retired: Option<RetirementView>,
    /// Whether the caller may rename and describe it.
    #[serde(serialize_with = "super::possible")]
    pub describe: Possible,
    /// Whether the caller may retire it, or bring it back.
    #[serde(serialize_with = "super::possible")]
    pub retire: Possible,
    /// Stages that run what an earlier one never had.
    pub hotfixes: Vec<HotfixView>,
    /// The pipeline that it is promoted along; none where it goes along any.
    pub pipeline: Option<PipelineRef>,
    /// The pipelines to choose from.
    pub pipelines: Vec<PipelineRef>,
    /// Whether the caller may assign it to a pipeline.
    #[serde(serialize_with = "super::possible")]
    pub assign: Possible,
    /// In each environment that the caller may see, in order.
    pub environments: Vec<ApplicationPlace>,
    /// Versions, newest first.
    pub versions: Paged<VersionRow>,
    /// Modules of the revision that runs in the first environment where it is.
    pub modules: Vec<ModuleView>,
    /// What it uses.
    pub producers: Vec<RelationView>,
    /// What uses it.
    pub consumers: Vec<RelationView>,
}

/// A pipeline by name.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct PipelineRef {
    /// Key in addresses.
    pub key: String,
    /// Name.
    pub name: String,
}

/// An application's place in one environment.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ApplicationPlace {
    /// The environment.
    pub environment: EnvironmentRef,
    /// What runs there.
    pub cell: MatrixCell,
    /// Where it opens.
    pub addresses: Vec<OpenAddress>,
    /// Whether it can be tagged here now; none where it is not there.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub tag: Option<Possible>,
    /// The number that is proposed for the tag: the package's claim, else the next number (R23).
    pub proposed: Option<VersionNumber>,
    /// The release notes of what runs there, which are proposed as the change log of its tag.
    pub notes: Option<String>,
    /// That it is blocked from here (R14).
    pub block: Option<BlockView>,
    /// Whether the caller may block it from here, or lift the block; none where it is here.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub may_block: Option<Possible>,
    /// Its deployment zone, where the environment has several.
    pub zone: Option<ZoneChoice>,
    /// That it stays at what it was rolled back to.
    pub pin: Option<Pin>,
    /// The next stage of a pipeline, and whether a plan to there can be made.
    #[serde(serialize_with = "super::possible_there")]
    pub promote: Option<(EnvironmentRef, Possible)>,
}

/// The pin of an application in an environment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Pin {
    /// The rollback.
    pub deployment: DeploymentId,
    /// Why, in a few words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// By whom.
    pub by: String,
}

/// The deployment zone of an application in an environment.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ZoneChoice {
    /// Key of the zone that it goes to.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Whether its next deployment moves it there.
    pub moves: bool,
    /// The zones of the environment: key and name.
    pub zones: Vec<(String, String)>,
    /// Whether the caller may choose another.
    #[serde(serialize_with = "super::possible")]
    pub choose: Possible,
}

/// A version.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct VersionRow {
    /// Identity.
    pub id: VersionId,
    /// The number.
    pub number: VersionNumber,
    /// The change log.
    pub change_log: String,
    /// Where it was tagged.
    pub environment: String,
    /// When.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// The package's SHA-256.
    pub sha256: String,
    /// The package's size in bytes.
    pub size: u64,
    /// Names of the environments where it runs unmodified.
    pub runs_in: Vec<String>,
}

/// A module.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ModuleView {
    /// Name.
    pub name: String,
    /// `static` or `process`.
    pub kind: String,
    /// Where it is served, such as `/tides`.
    pub virtual_directory: String,
    /// Elements it produces: name and signature.
    pub produces: Vec<(String, String)>,
}

/// A relation between two applications.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RelationView {
    /// The other application; none where the console does not know it.
    pub application: Option<ApplicationRef>,
    /// Its key as the manifest names it.
    pub key: String,
    /// The elements that are used.
    pub elements: Vec<String>,
}

/// That an application is blocked from an environment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct BlockView {
    /// Why.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// All of it in the sentence that plans and publications say.
    pub sentence: String,
}

/// That an application is retired.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RetirementView {
    /// Why.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// A stage that runs what an earlier one never had, and the way back (B29).
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct HotfixView {
    /// The stage.
    pub environment: EnvironmentRef,
    /// What runs there, such as `1.7.1` or the first digits of a revision.
    pub label: String,
    /// How it stands.
    pub state: HotfixState,
    /// The earlier stages that never had it, the nearest first.
    pub back: Vec<BackStep>,
    /// How it was solved, where it is.
    pub solved: Option<SolvedView>,
    /// Whether the caller may mark it as solved.
    #[serde(serialize_with = "super::possible")]
    pub solve: Possible,
}

/// One step of the way back.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct BackStep {
    /// The earlier stage.
    pub environment: EnvironmentRef,
    /// What runs there.
    pub runs: String,
    /// Whether a plan can bring it there: not over a higher version (R03).
    pub by_plan: bool,
}

/// That a hotfix is solved.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct SolvedView {
    /// How.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// Who says so.
    pub by: String,
}

/// Who still uses an application: what has to be over before it can be retired.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ApplicationUsage {
    /// The application.
    pub application: ApplicationRef,
    /// Where it runs, as far as the caller may see it.
    pub runs_in: Vec<EnvironmentRef>,
    /// Who uses it, by environment.
    pub consumers: Vec<ConsumersIn>,
    /// Drafts that name it: identity and name.
    pub plans: Vec<UsedBy>,
    /// Deployments of it that have not ended.
    pub deployments: Vec<UsedBy>,
    /// What keeps it and the caller may not see.
    pub hidden: bool,
    /// That it is retired.
    pub retired: Option<RetirementView>,
    /// Whether the caller may retire it now, or bring it back, with every reason against it.
    #[serde(serialize_with = "super::possible_but")]
    pub retire: Result<(), Vec<super::Refusal>>,
}

/// Who uses an application in an environment.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ConsumersIn {
    /// The environment.
    pub environment: EnvironmentRef,
    /// The applications, with the elements that they use.
    pub consumers: Vec<RelationView>,
}

/// A plan or a deployment by name.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct UsedBy {
    /// Identity.
    pub id: String,
    /// Name.
    pub name: String,
    /// From where, for a plan.
    pub source: Option<String>,
    /// The name of the environment that it goes to.
    pub target: String,
    /// Its status.
    pub status: String,
    /// When it was made.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// What became of a new name: where the old one stays.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Renamed {
    /// The name before.
    pub before: String,
    /// The name now.
    pub name: String,
    /// Where the old one stays, one sentence each; none where the name is the same.
    pub old_name_stays: Vec<String>,
}

/// A retired application in their list.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct RetiredView {
    /// The application.
    pub application: ApplicationRef,
    /// Since when, by whom and why.
    pub retired: RetirementView,
}

/// What the form for a new application offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Creation {
    /// The environments in their order, and whether the caller may create applications there.
    pub environments: Vec<(EnvironmentRef, Possible)>,
    /// The teams: identity and name.
    pub teams: Vec<(String, String)>,
    /// The pipelines that the caller may assign it to.
    pub pipelines: Vec<PipelineRef>,
}
