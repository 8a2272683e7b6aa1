//! Environments, front-ends, and what they reported.

use super::{ApplicationRef, Count, DeploymentRow, FindingView, Paged, PipelinesPage, Possible, Running};
use domain::architecture::words::Topology;
use domain::environment::{Health, Purpose};
use domain::id::{DeploymentId, EnvironmentId, RoleId, ServerId};
use domain::protocol::ServiceStatus;
use domain::time::Timestamp;
use domain::timeline::Kind;
use serde::Serialize;

/// An environment by name.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
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

/// An environment on the list of environments.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct EnvironmentCard {
    /// The environment.
    pub environment: EnvironmentRef,
    /// How many front-ends it is made for (recorded).
    pub topology: Topology,
    /// Where its applications are opened (recorded).
    pub address: Option<String>,
    /// Whether deployments into it wait for a person once everything is prepared (recorded, R16).
    pub two_stage: bool,
    /// How the console knows it.
    pub health: Health,
    /// Since when nothing is known of it: its controller was heard and fell silent then.
    pub unknown_since: Option<Timestamp>,
    /// When its controller was heard last (measured).
    pub heard_at: Option<Timestamp>,
    /// Its front-ends.
    pub servers: Vec<ServerView>,
    /// Applications that run in it.
    pub applications: Count,
    /// The deployment that runs into it now.
    pub deploying: Option<DeploymentId>,
    /// Its maintenance, while it is in one.
    pub maintenance: Option<Maintenance>,
}

/// An environment's maintenance.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Maintenance {
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// The name of who put it on.
    pub by: String,
    /// Deployments into it that were started before and have not ended.
    pub open: u64,
}

/// A front-end server.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ServerView {
    /// Identity.
    pub id: ServerId,
    /// Key in addresses.
    pub key: String,
    /// Name (recorded).
    pub name: String,
    /// Whether it is the deployment controller (recorded).
    pub is_controller: bool,
    /// When it enrolled (recorded).
    pub enrolled_at: Option<Timestamp>,
    /// When it was revoked, where it did not enrol anew since (recorded).
    pub revoked_at: Option<Timestamp>,
    /// What was reported last, and when (measured).
    pub reported: Option<ServerReport>,
}

/// What a front-end was reported to be.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ServerReport {
    /// When.
    pub at: Timestamp,
    /// Whether the controller reached it.
    pub reachable: bool,
    /// Version of its Platform Server.
    pub version: String,
    /// Where its applications are opened.
    pub public_address: String,
    /// Its services, each running or stopped, and since when; what no process reports is not installed.
    pub services: Vec<ServiceStatus>,
    /// What runs there: application key, first digits of the revision, ready, virtual directories.
    pub applications: Vec<ServerApplication>,
}

/// An application on one front-end.
#[derive(Debug, Clone, Serialize, PartialEq)]
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
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct EnvironmentPage {
    /// The same facts as on the list.
    pub card: EnvironmentCard,
    /// What came here last, newest first, with the addresses on every front-end. The card counts all of it.
    pub applications: Vec<EnvironmentApplication>,
    /// What it stands on, drawn from what is recorded: load balancer, front-ends, database servers with their standbys, catalogs and
    /// databases of others.
    pub built: Option<PipelinesPage>,
    /// Its deployment zones, the default one first.
    pub zones: Vec<ZoneView>,
    /// What the rules find in it that counts, the worst first; empty for those who cannot change it.
    pub findings: Vec<FindingView>,
    /// The newest deployments into it.
    pub deployments: Vec<DeploymentRow>,
    /// What happened last to its front-ends and their services.
    pub events: Vec<EventView>,
    /// The stages that pipelines lead from to here.
    pub previous: Vec<EnvironmentRef>,
    /// The stages that pipelines lead to from here.
    pub next: Vec<EnvironmentRef>,
    /// Whether a package may be published here (development environments only).
    #[serde(serialize_with = "super::perhaps_possible")]
    pub publish: Option<Possible>,
    /// Whether the caller may put it into maintenance, and end that.
    #[serde(serialize_with = "super::possible")]
    pub manage: Possible,
}

/// A deployment zone of an environment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ZoneView {
    /// Key in addresses.
    pub key: String,
    /// Name (recorded).
    pub name: String,
    /// Where its applications are opened, if elsewhere than the environment's (recorded).
    pub address: Option<String>,
    /// Whether applications that name none go there.
    pub is_default: bool,
    /// Its front-ends: key and name.
    pub front_ends: Vec<Keyed>,
    /// How many applications of the environment that the caller may list go there.
    pub applications: u64,
}

/// An application in an environment.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct EnvironmentApplication {
    /// The application.
    pub application: ApplicationRef,
    /// What runs, by the console's record.
    pub running: Running,
    /// Where it opens: server name, address, ready (measured).
    pub addresses: Vec<OpenAddress>,
}

/// Where an application opens.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct OpenAddress {
    /// The front-end's name.
    pub server: String,
    /// The full address.
    pub address: String,
    /// Whether it was ready when last reported.
    pub ready: bool,
    /// The first eight digits of the revision that it reports, where another is recorded and no deployment moves it.
    pub unlike: Option<String>,
}

/// What there is to choose when an environment is registered.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Registration {
    /// The key that it will have; empty while that is not clear.
    pub key: String,
    /// The environments in their order.
    pub order: Vec<EnvironmentRef>,
    /// What each role states for a new environment of this purpose.
    pub levels: Vec<StatedLevel>,
    /// What is wrong with what was typed so far, by field.
    pub problems: Vec<(String, String)>,
}

/// What a role states for a new environment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct StatedLevel {
    /// The role.
    pub role: RoleId,
    /// Its name.
    pub name: String,
    /// The permission level, 0 to 6.
    pub level: u8,
    /// The rights in words.
    pub words: String,
    /// An administrator has everything, whatever is chosen.
    pub fixed: bool,
}

/// An environment that was just registered.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Registered {
    /// Identity.
    pub id: EnvironmentId,
    /// Key in addresses.
    pub key: String,
    /// Name.
    pub name: String,
    /// The enrolment code of each front-end, the deployment controller first; shown this once.
    pub codes: Vec<(String, String)>,
}

/// What would be lost if an environment left.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct EnvironmentLeaving {
    /// Its name.
    pub name: String,
    /// What keeps it, in a sentence; none where it can leave.
    pub kept: Option<String>,
    /// What goes with it.
    pub lost: Vec<String>,
}

/// A line of an environment's timeline.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct EventView {
    /// When.
    pub at: Timestamp,
    /// What happened, for programs.
    pub kind: Kind,
    /// The name of the front-end; empty where it is about none.
    pub front_end: String,
    /// The service; empty where it is about none.
    pub service: String,
    /// Who did it; empty for what was reported.
    pub by: String,
    /// The reason of a maintenance, the names of what was changed, or the status that a deployment ended with; else empty.
    pub detail: String,
    /// The deployment that ended.
    pub deployment: Option<DeploymentId>,
}

/// What happened to an environment, the newest first.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Timeline {
    /// The environment.
    pub environment: EnvironmentRef,
    /// The lines.
    pub events: Paged<EventView>,
}

/// A part by its key and name.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Keyed {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
}

/// What can be changed of an environment (recorded).
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct EnvironmentSettings {
    /// Key in addresses; it stays.
    pub key: String,
    /// Name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// How many front-ends it is made for.
    pub topology: Topology,
    /// Where its applications are opened.
    pub address: Option<String>,
    /// Key of the environment before it in the order; none for the first.
    pub after: Option<String>,
    /// Whether a deployment waits for a person once everything is prepared (R16).
    pub two_stage: bool,
    /// How many applications it takes at most.
    pub application_limit: Option<u32>,
    /// How many deployments into it may be open at once.
    pub deployment_limit: Option<u32>,
    /// How many deployments run into it at once; none for as many as where nothing is said.
    pub deployments_at_once: Option<u32>,
    /// How many front-ends may be out of service at once; none for one.
    pub out_at_once: Option<u32>,
    /// For how many seconds a front-end says that it leaves; none where its command line says that.
    pub drain_seconds: Option<u32>,
    /// How many seconds it waits then for the requests that it has begun; none for what it does by itself.
    pub open_requests_seconds: Option<u32>,
    /// The other environments in their order.
    pub order: Vec<EnvironmentRef>,
    /// Its deployment zones.
    pub zones: Vec<Keyed>,
    /// The data centers of the infrastructure.
    pub data_centers: Vec<Keyed>,
    /// Its front-ends.
    pub front_ends: Vec<FrontEndSettings>,
}

/// What can be changed of a front-end (recorded).
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct FrontEndSettings {
    /// Identity.
    pub id: ServerId,
    /// Key in addresses; it stays.
    pub key: String,
    /// Name.
    pub name: String,
    /// Its machine.
    pub host: Option<String>,
    /// Key of the data center that it stands in.
    pub data_center: Option<String>,
    /// Keys of its deployment zones.
    pub zones: Vec<String>,
    /// Processor cores.
    pub cores: Option<u16>,
    /// Memory in GiB.
    pub memory_gib: Option<u32>,
    /// The version of its Platform Server, as it is recorded.
    pub version: Option<String>,
    /// Its operating system and application server, as they are recorded.
    pub system: Option<String>,
    /// Words of the services installed on it, as they are recorded.
    pub services: Vec<String>,
    /// Whether it is the deployment controller.
    pub is_controller: bool,
    /// When it enrolled.
    pub enrolled_at: Option<Timestamp>,
    /// When it was revoked, where it did not enrol anew since.
    pub revoked_at: Option<Timestamp>,
    /// The key that its Platform Server signs with; none where none is believed.
    pub own_key: Option<KeyView>,
    /// The Platform Server that waits until an administrator confirms its key.
    pub waiting: Option<WaitingView>,
    /// Whether it can be taken out.
    #[serde(serialize_with = "super::possible")]
    pub leave: Possible,
    /// Whether it can be made the deployment controller.
    #[serde(serialize_with = "super::possible")]
    pub control: Possible,
    /// Whether it can be revoked.
    #[serde(serialize_with = "super::possible")]
    pub revoke: Possible,
}

/// The key of a Platform Server.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct KeyView {
    /// What people compare of it: SHA-256, in groups.
    pub fingerprint: String,
    /// Since when it is believed.
    pub since: Option<Timestamp>,
    /// The fingerprint of the one that it will sign with next, if it brought one.
    pub next: Option<String>,
}

/// A Platform Server that waits until an administrator confirms its key.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct WaitingView {
    /// What is compared with what the Platform Server printed: SHA-256, in groups.
    pub fingerprint: String,
    /// Since when it waits.
    pub since: Timestamp,
}

/// A front-end that was just added.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct AddedServer {
    /// Identity.
    pub id: ServerId,
    /// Key in addresses.
    pub key: String,
    /// Name.
    pub name: String,
    /// The code with which its Platform Server enrols; shown this once.
    pub code: String,
}
