//! What screens, command line and API are shown: plain values, already filtered to what the caller may see.

use domain::access::WideRights;
use domain::environment::{Health, Purpose};
use domain::id::{
    ApplicationId, DeploymentId, EntryId, EnvironmentId, InfrastructureId, PlanId, RevisionId, ServerId,
    UserId, VersionId,
};
use domain::text::VersionNumber;
use domain::time::Timestamp;
use serde_json::Value;

/// Why something that is shown cannot be done now: one sentence, and who or what lifts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is in the way.
    pub sentence: String,
    /// Who can lift it, or when it lifts by itself.
    pub lifted_by: String,
}

/// Whether an action can be taken now.
pub type Possible = Result<(), Refusal>;

/// A counter that stops counting: `capped` means “n or more”.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// How many were counted.
    pub n: u64,
    /// Whether counting stopped there.
    pub capped: bool,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Paged<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The cursor of the next page, opaque; none on the last.
    pub next: Option<String>,
}

/// The person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// The user.
    pub user: UserId,
    /// The name people read.
    pub name: String,
    /// The name used to sign in.
    pub username: String,
    /// The infrastructures this person has a role in, in the order of their names.
    pub infrastructures: Vec<InfrastructureRef>,
}

/// An infrastructure, and what the caller holds in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InfrastructureRef {
    /// Identity.
    pub id: InfrastructureId,
    /// Key in addresses.
    pub key: String,
    /// Name.
    pub name: String,
    /// Name of the caller's default role here.
    pub role: String,
    /// The caller's infrastructure-wide rights.
    pub wide: WideRights,
    /// Counters for the navigation.
    pub counts: NavigationCounts,
}

/// Counters in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NavigationCounts {
    /// Applications that the caller may see.
    pub applications: Count,
    /// Environments that the caller may see.
    pub environments: Count,
    /// Deployments that are queued or running.
    pub running: Count,
}

/// An environment by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentRef {
    /// Identity.
    pub id: EnvironmentId,
    /// Key in addresses.
    pub key: String,
    /// Name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
}

/// An application by name.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// The matrix: applications by environments.
#[derive(Debug, Clone, PartialEq)]
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
}

/// One environment as a column.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// One application as a row; one cell for each column.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatrixCell {
    /// The caller may not see it.
    Hidden,
    /// It is not there.
    Absent,
    /// It is there.
    Present(Running),
}

/// A running application.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// When it came here.
    pub changed_at: Timestamp,
    /// Who brought it here.
    pub changed_by: String,
    /// A queued or running deployment that will change it, with its progress in percent if it runs.
    pub moving: Option<(DeploymentId, Option<u8>)>,
}

/// An environment on the list of environments.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentCard {
    /// The environment.
    pub environment: EnvironmentRef,
    /// How the console knows it.
    pub health: Health,
    /// When its controller was heard last (measured).
    pub heard_at: Option<Timestamp>,
    /// Its front-ends.
    pub servers: Vec<ServerView>,
    /// Applications that run in it.
    pub applications: Count,
    /// The deployment that runs into it now.
    pub deploying: Option<DeploymentId>,
}

/// A front-end server.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerView {
    /// Identity.
    pub id: ServerId,
    /// Name (recorded).
    pub name: String,
    /// Whether it is the deployment controller (recorded).
    pub is_controller: bool,
    /// When it enrolled (recorded).
    pub enrolled_at: Option<Timestamp>,
    /// What was reported last, and when (measured).
    pub reported: Option<ServerReport>,
}

/// What a front-end was reported to be.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerReport {
    /// When.
    pub at: Timestamp,
    /// Whether the controller reached it.
    pub reachable: bool,
    /// Version of its Platform Server.
    pub version: String,
    /// Where its applications are opened.
    pub public_address: String,
    /// The services that run on it (`deployment_controller`, `deployment`, `server_api`, `server_identity`).
    pub services: Vec<String>,
    /// What runs there: application key, first digits of the revision, ready, virtual directories.
    pub applications: Vec<ServerApplication>,
}

/// An application on one front-end.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerApplication {
    /// The application's key.
    pub key: String,
    /// First eight digits of the revision.
    pub revision: String,
    /// Whether its readiness check held at that time.
    pub ready: bool,
    /// The full addresses it opens at on this front-end.
    pub addresses: Vec<String>,
}

/// One environment.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentPage {
    /// The same facts as on the list.
    pub card: EnvironmentCard,
    /// What runs here, with the addresses on every front-end.
    pub applications: Vec<EnvironmentApplication>,
    /// The newest deployments into it.
    pub deployments: Vec<DeploymentRow>,
    /// The environment before it in the order.
    pub previous: Option<EnvironmentRef>,
    /// The environment after it in the order.
    pub next: Option<EnvironmentRef>,
    /// Whether a package may be published here (development environments only).
    pub publish: Option<Possible>,
}

/// An application in an environment.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentApplication {
    /// The application.
    pub application: ApplicationRef,
    /// What runs, by the console's record.
    pub running: Running,
    /// Where it opens: server name, address, ready (measured).
    pub addresses: Vec<OpenAddress>,
}

/// Where an application opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAddress {
    /// The front-end's name.
    pub server: String,
    /// The full address.
    pub address: String,
    /// Whether it was ready when last reported.
    pub ready: bool,
}

/// One application.
#[derive(Debug, Clone, PartialEq)]
pub struct ApplicationPage {
    /// The application.
    pub application: ApplicationRef,
    /// What it is, in a sentence of its own.
    pub description: String,
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

/// An application's place in one environment.
#[derive(Debug, Clone, PartialEq)]
pub struct ApplicationPlace {
    /// The environment.
    pub environment: EnvironmentRef,
    /// What runs there.
    pub cell: MatrixCell,
    /// Where it opens.
    pub addresses: Vec<OpenAddress>,
    /// Whether it can be tagged here now; none where it is not there.
    pub tag: Option<Possible>,
    /// The number that is proposed for the tag: the package's claim, else the next number (R23).
    pub proposed: Option<VersionNumber>,
    /// The next environment, and whether a plan to there can be made.
    pub promote: Option<(EnvironmentRef, Possible)>,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationView {
    /// The other application; none where the console does not know it.
    pub application: Option<ApplicationRef>,
    /// Its key as the manifest names it.
    pub key: String,
    /// The elements that are used.
    pub elements: Vec<String>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanPage {
    /// Identity.
    pub id: PlanId,
    /// Name.
    pub name: String,
    /// Notes.
    pub notes: String,
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
    /// One line for each application.
    pub items: Vec<PlanItemView>,
    /// Applications of the source that can still be added.
    pub addable: Vec<ApplicationRef>,
    /// What the validation of the target as it would be afterwards found.
    pub findings: Vec<Finding>,
    /// The canonical digest of the plan, 64 hexadecimal digits; the run refuses any other.
    pub digest: String,
    /// Whether it can be started now, with every reason against it.
    pub start: Result<(), Vec<Refusal>>,
    /// Whether the caller may edit it.
    pub edit: Possible,
    /// Whether the caller may discard it.
    pub discard: Possible,
}

/// One application in a plan.
#[derive(Debug, Clone, PartialEq)]
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
    /// The worst finding about it.
    pub check: Check,
}

/// What a plan does with one application. Its form in addresses and forms is [`PlanOperation::code`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanOperation {
    /// Deploy an existing version.
    Deploy(VersionId, VersionNumber),
    /// Tag what runs in the source with this number, then deploy it.
    TagAndDeploy(VersionNumber),
    /// Take it out of the target.
    Undeploy,
    /// Leave it as it is.
    Nothing,
}

impl PlanOperation {
    /// The value in a form: `deploy:<version id>`, `tag:<number>`, `undeploy`, `nothing`.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Deploy(id, _) => format!("deploy:{id}"),
            Self::TagAndDeploy(number) => format!("tag:{number}"),
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
            Self::Undeploy => "Undeploy".to_owned(),
            Self::Nothing => "Do nothing".to_owned(),
        }
    }
}

/// The state of one line of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// No finding.
    Fine,
    /// A warning.
    Warning,
    /// A conflict.
    Conflict,
}

/// One finding of the validation, with its ways out.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The conflict type in the words of LifeTime, such as “Producer Module Missing”.
    pub kind: &'static str,
    /// Whether it stops the plan.
    pub is_error: bool,
    /// One sentence for people.
    pub sentence: String,
    /// The application that the finding is about.
    pub application: ApplicationRef,
    /// Ways out; each is taken by one click: `edit_plan` with this operation.
    pub ways_out: Vec<WayOut>,
}

/// A way out of a finding.
#[derive(Debug, Clone, PartialEq)]
pub struct WayOut {
    /// The button's words, such as “Bring Harbour Theme 1.0.0 along”.
    pub words: String,
    /// What it does to the plan.
    pub application: ApplicationId,
    /// The operation to set.
    pub operation: PlanOperation,
}

/// A deployment on a list.
#[derive(Debug, Clone, PartialEq)]
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
    /// LifeTime's status: `running`, `finished_successful`, `finished_with_warnings`, `finished_with_errors`, `aborted`.
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
#[derive(Debug, Clone, PartialEq)]
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
    /// The front-ends of the target, for lanes.
    pub servers: Vec<(ServerId, String)>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq)]
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

/// An audit entry on a list.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryRow {
    /// Identity.
    pub id: EntryId,
    /// Its number in the chain; none while it is not chained yet.
    pub number: Option<u64>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor_name: String,
    /// `user`, `local_operator`, `platform_server`, `console`, `anonymous`.
    pub actor_kind: String,
    /// From where.
    pub address: String,
    /// Which operation, such as `application.tag`.
    pub operation: String,
    /// On what: kind and name.
    pub object_kind: String,
    /// The object's id.
    pub object_id: String,
    /// The object's name at that time.
    pub object_name: String,
    /// `done`, `denied` or `failed`.
    pub outcome: String,
    /// The sentence of a refusal or failure.
    pub reason: String,
}

/// One audit entry.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryPage {
    /// The same facts as on a list.
    pub row: EntryRow,
    /// Before, by field.
    pub before: Value,
    /// After, by field.
    pub after: Value,
    /// Other objects it concerns: kind and name.
    pub related: Vec<(String, String)>,
    /// The request.
    pub request: String,
    /// The session, first digits of its hash.
    pub session: String,
    /// Number and hash (hexadecimal) of this entry and its neighbours in the chain; empty while it is not chained.
    pub chain: Vec<(u64, String)>,
    /// The canonical bytes.
    pub canonical: String,
}

/// The audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Paged<EntryRow>,
    /// How many match.
    pub matching: Count,
    /// The operations that occur, for the filter.
    pub operations: Vec<String>,
    /// The last number of the chain.
    pub chained: u64,
    /// Entries that are committed and not chained yet.
    pub unchained: Count,
}
