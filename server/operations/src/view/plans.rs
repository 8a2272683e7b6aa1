//! Plans, their findings and ways out.

use super::{
    ApplicationRef, Count, EnvironmentRef, Paged, PlanGates, PlanSettingView, Possible, Refusal, Running,
    WayBackItem,
};
use domain::deployment::OnFailure;
use domain::id::{DeploymentId, PlanId, VersionId};
use domain::package::compare::Difference;
use domain::plan::Link;
use domain::text::VersionNumber;
use domain::time::Timestamp;
use serde::{Serialize, Serializer};

/// What a new plan could take.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct PlanCandidates {
    /// The environments to choose from, in their order.
    pub stages: Vec<EnvironmentRef>,
    /// The hops of the pipelines: source and target, in the order of the environments.
    pub hops: Vec<(EnvironmentRef, EnvironmentRef)>,
    /// Whether source and target are one of them.
    pub is_hop: bool,
    /// From here.
    pub source: Option<EnvironmentRef>,
    /// To there.
    pub target: Option<EnvironmentRef>,
    /// What was chosen before, whatever page this is.
    pub chosen: Vec<Candidate>,
    /// The others of this page, by name.
    pub rows: Paged<Candidate>,
    /// How many match the search.
    pub matching: Count,
    /// How many differ.
    pub differing: Count,
}

/// An application that differs between two environments.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Candidate {
    /// The application.
    pub application: ApplicationRef,
    /// What runs in the source.
    pub here: Running,
    /// What runs in the target; none where it is not there.
    pub there: Option<Running>,
}

/// Whether versions could be promoted, and what would be in the way.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Promotable {
    /// Whether nothing is in the way: a warning is not.
    pub possible: bool,
    /// What stands against single applications besides conflicts: a version that the source never had, a block.
    pub reasons: Vec<String>,
    /// What each would become.
    pub items: Vec<PlanItemView>,
    /// What the validation finds in the target as it would be afterwards, errors first.
    pub findings: Vec<Finding>,
}

/// A plan.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct PlanPage {
    /// Identity.
    pub id: PlanId,
    /// Name.
    pub name: String,
    /// Notes.
    pub notes: String,
    /// What it refers to elsewhere.
    pub links: Vec<Link>,
    /// From here.
    pub source: EnvironmentRef,
    /// To there.
    pub target: EnvironmentRef,
    /// `draft`, `started` or `discarded`.
    pub status: String,
    /// The run, if it was started.
    pub deployment: Option<DeploymentId>,
    /// Who made it, when, and when it was changed last.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// How many deployments into the target are open: what they bring is taken as there.
    pub ahead: u64,
    /// One line for each application.
    pub items: Vec<PlanItemView>,
    /// Applications of the source that can still be added.
    pub addable: Vec<ApplicationRef>,
    /// What the validation of the target as it would be afterwards found.
    pub findings: Vec<Finding>,
    /// The canonical digest of the plan, 64 hexadecimal digits; the run refuses any other.
    pub digest: String,
    /// What the digest is of; given back with a start, it lets a refusal tell what changed since.
    pub canonical: String,
    /// What its gates say.
    pub gates: PlanGates,
    /// What counts otherwise for the settings of its applications than when the latest approval was given that counts, in sentences.
    pub drift: Vec<String>,
    /// Whether the caller may set settings in it (R09).
    #[serde(serialize_with = "super::possible")]
    pub settings: Possible,

    /// Whether it can be started now, with every reason against it.
    #[serde(serialize_with = "super::possible_but")]
    pub start: Result<(), Vec<Refusal>>,
    /// That its hop is no pipeline's, in a sentence: starting it needs a reason.
    pub outside: Option<String>,
    /// The digest of its conflicts, where there are some and the caller may go on in spite of them: starting names it and says why.
    pub errors: Option<String>,
    /// What has happened since it was compared with its environments, in sentences; a refresh takes it in.
    pub stale: Vec<String>,
    /// What is done when a step fails.
    pub on_failure: OnFailure,
    /// How long a promotion into the target takes: the middle of the last ones that succeeded, microseconds, and how many those are.
    pub usually: Option<(i64, u32)>,
    /// What its way back would be, for each application that it changes; and whom that would break, in sentences.
    pub way_back: (Vec<WayBackItem>, Vec<String>),
    /// For a plan whose run has ended: the environments that its versions can go on to; none where it can only be tried again.
    pub onward: Option<Vec<EnvironmentRef>>,
    /// Whether it can be tried again.
    pub again: bool,
    /// Whether the caller may edit it.
    #[serde(serialize_with = "super::possible")]
    pub edit: Possible,
    /// Whether the caller may discard it.
    #[serde(serialize_with = "super::possible")]
    pub discard: Possible,
}

/// One application in a plan.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct PlanItemView {
    /// The application.
    pub application: ApplicationRef,
    /// What the target runs now.
    pub now: Option<Running>,
    /// What it would run next, such as `1.4.0`; none for no change or for undeploy.
    pub next: Option<VersionNumber>,
    /// The chosen operation, one of `options`.
    pub operation: PlanOperation,
    /// The operations to choose from.
    pub options: Vec<PlanOperation>,
    /// The name of the deployment zone that it goes to, where the target has several.
    pub zone: Option<String>,
    /// Why it is left as it is, whatever was chosen: it is blocked from the target (R14).
    pub blocked: Option<String>,
    /// What the source runs, where an existing version is chosen that is not that (B07).
    pub source_runs: Option<String>,
    /// The worst finding about it.
    pub check: Check,
    /// Its settings, now and next.
    pub settings: Vec<PlanSettingView>,
    /// What becomes of its modules; none where they stay as they are.
    pub modules: Vec<Difference>,
    /// What becomes of its database, in sentences; none where nothing does.
    pub database: Option<String>,
}

/// What a plan does with one application. Its form in addresses and forms is [`PlanOperation::code`]; the API has that and the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanOperation {
    /// Deploy an existing version.
    Deploy(VersionId, VersionNumber),
    /// Tag what runs in the source with this number, then deploy it.
    TagAndDeploy(VersionNumber),
    /// Deploy what the target runs once more, for what it uses has changed.
    Redeploy,
    /// Take it out of the target.
    Undeploy,
    /// Leave it as it is.
    Nothing,
}

impl Serialize for PlanOperation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::json!({ "code": self.code(), "words": self.words() }).serialize(serializer)
    }
}

impl PlanOperation {
    /// The value in a form: `deploy:<version id>`, `tag:<number>`, `redeploy`, `undeploy`, `nothing`.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Deploy(id, _) => format!("deploy:{id}"),
            Self::TagAndDeploy(number) => format!("tag:{number}"),
            Self::Redeploy => "redeploy".to_owned(),
            Self::Undeploy => "undeploy".to_owned(),
            Self::Nothing => "nothing".to_owned(),
        }
    }

    /// The words people read.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Deploy(_, number) => format!("Deploy {number}"),
            Self::TagAndDeploy(number) => format!("Tag {number} and deploy"),
            Self::Redeploy => "Redeploy".to_owned(),
            Self::Undeploy => "Undeploy".to_owned(),
            Self::Nothing => "Do nothing".to_owned(),
        }
    }
}

/// The state of one line of a plan.
#[derive(Debug, Clone, Serialize, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// No finding.
    Fine,
    /// A warning.
    Warning,
    /// A conflict.
    Conflict,
}

/// One finding of the validation, with its ways out.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Finding {
    /// The conflict type in the words of LifeTime, such as “Producer Module Missing”.
    pub kind: &'static str,
    /// Whether it stops the plan.
    pub is_error: bool,
    /// One sentence for people.
    pub sentence: String,
    /// The application that the finding is about; where the caller may not see it, the other one.
    pub application: ApplicationRef,
    /// The version of it that the target would have.
    pub version: Option<VersionNumber>,
    /// The other application, where there is one and the caller may see it.
    pub producer: Option<ApplicationRef>,
    /// The version of that one that the target would have; none where it would not be there.
    pub producer_version: Option<VersionNumber>,
    /// The elements concerned, as both sides have them.
    pub elements: Vec<FindingElement>,
    /// Ways out; each is taken by one click: `edit_plan` with this operation.
    pub ways_out: Vec<WayOut>,
}

/// An element that a finding is about.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct FindingElement {
    /// Key of the module that uses it.
    pub by: String,
    /// Key of the producer's module.
    pub module: String,
    /// Its name.
    pub element: String,
    /// The signature that the consumer was made for.
    pub wanted: String,
    /// The signature that the producer would have; none where it would not have the element.
    pub found: Option<String>,
}

/// A way out of a finding.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct WayOut {
    /// The button's words, such as “Bring Harbour Theme 1.0.0 along”.
    pub words: String,
    /// What it does to the plan.
    pub application: ApplicationRef,
    /// The operation to set.
    pub operation: PlanOperation,
    /// The key of the setting that it is to be given a value for instead, where that is the way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
    /// The environment to which what the target runs is to be planned back first, where that is the way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_to: Option<EnvironmentRef>,
}
