//! What the console and the Platform Server of an environment say to each other (design 9).
//!
//! The controller of an environment calls the console, never the other way. Every request but the enrolment is signed
//! with the server's own Ed25519 key over [`signing_input`].

mod control;
mod keys;
mod waiting;

pub use control::{ControlRequest, ControlResponse, Told, WHO_CONTROLS};
pub use keys::{NEXT_KEY, NextKeyRequest, fingerprint, next_key_input};
pub use waiting::{ENROLMENT, EnrolmentRequest, EnrolmentResponse};

use crate::architecture::words::Service;
use crate::id::{DeploymentId, EnvironmentId, QuestionId, ServerId};
use crate::setting::Values;
use crate::text::{Key, Sha256, VersionNumber};
use crate::time::{MINUTE, SECOND, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The version of these messages; a console refuses another one with a sentence.
pub const PROTOCOL: u32 = 1;
/// How far the time of a signed request may lie from the console's, in microseconds.
pub const MAX_SKEW_MICROS: i64 = 5 * MINUTE;
/// A service that has not beaten for so long has stopped, microseconds.
pub const BEAT_MICROS: i64 = 9 * SECOND;
/// How often the controller asks its front-ends, microseconds.
pub const ASK_MICROS: i64 = 5 * SECOND;
// A service that stops is told before its environment would be taken for silent.
const _: () = assert!(BEAT_MICROS + ASK_MICROS < crate::environment::SILENCE_MICROS);
/// Longest time that a front-end may take to leave a load balancer, and to end the requests that it has begun, seconds each.
pub const DRAIN_SECONDS_MAX: u32 = 600;

/// Header: the id of the server that signs.
pub const HEADER_SERVER: &str = "towpath-server";
/// Header: the time of the request, microseconds since the Unix epoch.
pub const HEADER_TIME: &str = "towpath-time";
/// Header: 32 hexadecimal digits that this server never used before.
pub const HEADER_NONCE: &str = "towpath-nonce";
/// Header: the Ed25519 signature, base64 (standard alphabet, padded).
pub const HEADER_SIGNATURE: &str = "towpath-signature";

/// The console's session cookie: its name over https, and over http on loopback. Cookies know no ports, so a front-end on the
/// console's own host is sent it too; what it forwards to applications and what they set must not hold it, nor the two below.
pub const SESSION_COOKIES: [&str; 2] = ["__Host-towpath", "towpath"];
/// The cookie by which the console knows a device that has signed in before.
pub const DEVICE_COOKIES: [&str; 2] = ["__Host-towpath-device", "towpath-device"];
/// The cookie in which one page tells the next how a form went.
pub const FLASH_COOKIES: [&str; 2] = ["__Host-towpath-flash", "towpath-flash"];

/// The bytes that a server signs for one request. `path_and_query` is the request target as sent.
#[must_use]
pub fn signing_input(
    method: &str,
    path_and_query: &str,
    body: &Sha256,
    time: Timestamp,
    nonce: &str,
) -> Vec<u8> {
    format!("towpath-request-v{PROTOCOL}\n{method}\n{path_and_query}\n{body}\n{}\n{nonce}", time.0)
        .into_bytes()
}

/// `POST /agent/v1/enrol`: a Platform Server introduces itself with its one-use code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// [`PROTOCOL`] as the Platform Server knows it.
    pub protocol: u32,
    /// The one-use enrolment code as a person was shown it.
    pub code: String,
    /// The server's Ed25519 public key, 64 hexadecimal digits.
    pub public_key: String,
    /// Version of the Platform Server's software.
    pub version: String,
    /// Where the front-end's applications are opened, such as `http://127.0.0.1:8101`.
    #[serde(default)]
    pub public_address: String,
    /// Where its Server.API answers. The console hands it to the environment's controller as [`Member::api_address`];
    /// where it changes later, the front-end tells the controller itself.
    #[serde(default)]
    pub api_address: String,
}

/// The answer to an enrolment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrolResponse {
    /// Who the server is from now on.
    pub server: ServerId,
    /// The server's name, as people gave it.
    pub server_name: String,
    /// The environment it belongs to.
    pub environment: EnvironmentId,
    /// The environment's name.
    pub environment_name: String,
    /// Whether this server is the environment's deployment controller.
    pub is_controller: bool,
    /// The public key of the environment's controller, 64 hexadecimal digits, if it has enrolled already. The controller
    /// enrols first: the console refuses another front-end before it, and keeps its code.
    pub controller_key: Option<String>,
    /// Where the controller's Server.API answers, as far as the console knows: a front-end that was never asked by its
    /// controller announces itself there. Empty until known.
    #[serde(default)]
    pub controller_api_address: String,
    /// The epoch of the environment's controller; 0 where an earlier console does not say it.
    #[serde(default)]
    pub controller_epoch: u64,
    /// An administrator confirms the key first: until then the server may only ask [`ENROLMENT`], and nothing is told but who it is to be.
    #[serde(default)]
    pub waits: bool,
    /// What the person should know who enrols it; empty where there is nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// `POST /agent/v1/sync`: heartbeat, reports and request for work in one; held open while there is nothing to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncRequest {
    /// [`PROTOCOL`] as the Platform Server knows it.
    pub protocol: u32,
    /// Changes at every start of the controller's process.
    pub boot_id: String,
    /// Results and progress since the last sync. Sent again until acknowledged.
    pub reports: Vec<TaskReport>,
    /// What the controller knows of each front-end of its environment, itself among them.
    pub servers: Vec<ServerStatus>,
    /// How long the console may hold the request while there is nothing to say, seconds; at most 25.
    pub wait_seconds: u32,
    /// The `revision` of the last answer: the console answers at once when there is something newer.
    pub seen_revision: u64,
}

/// How the front-ends of an environment leave its load balancer, as people set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Farm {
    /// How many front-ends may be out of service at once; never all of a deployment zone that has more than one.
    pub out_at_once: u32,
    /// For how many seconds a front-end says that it leaves, at most [`DRAIN_SECONDS_MAX`]; none where its own command line says that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain_seconds: Option<u32>,
    /// How many seconds it waits then for the requests that it has begun, at most [`DRAIN_SECONDS_MAX`]; none for what it does by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_requests_seconds: Option<u32>,
}

impl Default for Farm {
    /// What an earlier console says, which knows nothing of this.
    fn default() -> Self {
        Self { out_at_once: 1, drain_seconds: None, open_requests_seconds: None }
    }
}

/// The console's answer to a sync.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SyncResponse {
    /// The environment's name.
    pub environment_name: String,
    /// The front-ends of the environment, the controller among them.
    pub members: Vec<Member>,
    /// How its front-ends leave.
    #[serde(default)]
    pub farm: Farm,
    /// What is to be done now. The same task comes again until its final report is acknowledged.
    pub tasks: Vec<Task>,
    /// Keys whose final report is stored; they need not be reported again.
    pub acknowledged: Vec<String>,
    /// The console's time.
    pub server_time: Timestamp,
    /// Grows whenever the console has news for this environment.
    pub revision: u64,
    /// What somebody at the console waits to hear from this environment. An earlier Platform Server leaves it unread.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// The epoch of the environment's controller; 0 where an earlier console does not say it.
    #[serde(default)]
    pub controller_epoch: u64,
}

/// A request to the Server.API of a front-end that the controller makes for the console, which calls no Platform Server itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Which one. The same id is asked once, though it may arrive more than once.
    pub id: QuestionId,
    /// Whose Server.API; none for the controller's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerId>,
    /// Whether it only reads.
    pub method: Method,
    /// The path with its query, below `/server/v1/`.
    pub path: String,
    /// The body, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
}

/// How Server.API is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// To read.
    Get,
    /// To do something.
    Post,
}

/// `POST /agent/v1/answers/{id}`: what Server.API said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The HTTP status; 502 where the front-end did not answer.
    pub status: u16,
    /// The body: JSON, or a sentence where it was refused. At most [`REPLY_BYTES`].
    pub body: String,
}

/// Longest answer to a question, bytes.
pub const REPLY_BYTES: usize = 2 << 20;
/// Every question is below this.
pub const SERVER_API: &str = "/server/v1/";

/// A front-end of the environment, as the console has it on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The front-end.
    pub server: ServerId,
    /// Its name.
    pub name: String,
    /// Where its Server.API answers, such as `http://127.0.0.1:7001`; empty until known.
    pub api_address: String,
    /// Its Ed25519 public key, 64 hexadecimal digits; none before it has enrolled.
    pub public_key: Option<String>,
    /// What it runs is not what it should run, and it is brought that: until then nobody is to be sent there after a start.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub catches_up: bool,
}

/// One piece of work for an environment. It leaves no choice to who carries it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// `<deployment>/<ordinal>`, with `/undo` behind it for a step back. The same key is carried out once.
    pub key: String,
    /// Grows with every claim by a console; a lower one than the highest seen for the task's application is refused. Deployments that run at
    /// the same time have no application in common (R10).
    pub fence: u64,
    /// The deployment it belongs to.
    pub deployment: DeploymentId,
    /// Tell what is known about the key and start nothing.
    pub inquiry: bool,
    /// What to do.
    pub action: TaskAction,
}

/// What a task asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum TaskAction {
    /// Fetch, verify and build a package, and stage the release on the front-ends. What runs stays untouched.
    Prepare {
        /// The application's key.
        application: Key,
        /// The package's hash.
        sha256: Sha256,
        /// The package's size in bytes.
        size: u64,
        /// The version number, where the revision has one.
        version: Option<VersionNumber>,
        /// The front-ends of the application's deployment zone; none for all of the environment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        servers: Option<BTreeSet<ServerId>>,
    },
    /// Make a staged release the running one on one front-end. On failure the one before is running again.
    Activate {
        /// The front-end.
        server: ServerId,
        /// The application's key.
        application: Key,
        /// The release to run, by its package's hash.
        sha256: Sha256,
        /// What its settings are, over the defaults of its package. Secrets are among them; they are stored nowhere with the step, but put in
        /// when it is handed out.
        #[serde(default, skip_serializing_if = "Values::is_empty")]
        settings: Values,
    },
    /// Stop the application on one front-end and serve it no longer.
    Deactivate {
        /// The front-end.
        server: ServerId,
        /// The application's key.
        application: Key,
    },
}

impl TaskAction {
    /// The application that it is about.
    #[must_use]
    pub const fn application(&self) -> &Key {
        match self {
            Self::Prepare { application, .. }
            | Self::Activate { application, .. }
            | Self::Deactivate { application, .. } => application,
        }
    }
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskReport {
    /// The task's key.
    pub key: String,
    /// The fence under which it was carried out.
    pub fence: u64,
    /// The state.
    pub outcome: TaskOutcome,
    /// Lines for the deployment's log since the last report, oldest first, each with its own number within the key.
    pub lines: Vec<LogLine>,
}

/// The state of a task at the Platform Server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TaskOutcome {
    /// Nothing is known about the key (answer to an inquiry).
    Unknown,
    /// It is being carried out; `done` of `total` units (bytes or parts), 0 of 0 where that is not known.
    Running {
        /// Units done.
        done: u64,
        /// Units in all.
        total: u64,
    },
    /// Done, and will stay done.
    Done,
    /// Not done, and everything is as it was before. One sentence for people.
    Failed {
        /// The reason.
        reason: String,
    },
    /// Refused: the fence is lower than one this environment has seen for the application.
    Fenced {
        /// The highest fence seen.
        highest: u64,
    },
}

impl TaskOutcome {
    /// Whether nothing more will come for the key under this fence.
    #[must_use]
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Running { .. })
    }
}

/// One line of a deployment's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Counts from 1 within the task; a line that comes again has the same number.
    pub number: u64,
    /// When it was written, by the Platform Server's clock.
    pub at: Timestamp,
    /// How much it matters.
    pub level: LogLevel,
    /// One sentence for people.
    pub message: String,
}

/// How much a line of the log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Something went on as planned.
    Info,
    /// Something to look at; the run goes on.
    Warning,
    /// Something failed.
    Error,
}

impl LogLevel {
    /// The word, as it is stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What the controller knows of one front-end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServerStatus {
    /// The front-end.
    pub server: ServerId,
    /// Whether it answered the controller's last question.
    pub reachable: bool,
    /// Version of its Platform Server software.
    pub version: String,
    /// Where its applications are opened, such as `http://127.0.0.1:8101`.
    pub public_address: String,
    /// Where its Server.API answers.
    pub api_address: String,
    /// Its services, as its process said last. What nothing there beats for is not in it.
    pub services: Vec<ServiceStatus>,
    /// What runs there.
    pub applications: Vec<RunningApplication>,
}

/// One service of a front-end. It says since when, not when it beat last, so that two reports are alike while nothing changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(from = "SaidOfService")]
pub struct ServiceStatus {
    /// Its word: `deployment_controller`, `deployment`, `scheduler`, `server_api`, `server_identity`.
    pub service: String,
    /// Whether it beat within nine seconds.
    pub running: bool,
    /// Running since, or beaten last, by the front-end's clock; 1970 where an earlier version did not say.
    pub since: Timestamp,
}

impl ServiceStatus {
    /// The status of a service.
    #[must_use]
    pub fn of(service: Service, running: bool, since: Timestamp) -> Self {
        Self { service: service.word().to_owned(), running, since }
    }
}

/// A Platform Server of an earlier version names its running services only.
#[derive(Deserialize)]
#[serde(untagged)]
enum SaidOfService {
    Word(String),
    Whole { service: String, running: bool, since: Timestamp },
}

impl From<SaidOfService> for ServiceStatus {
    fn from(said: SaidOfService) -> Self {
        match said {
            SaidOfService::Word(service) => Self { service, running: true, since: Timestamp::default() },
            SaidOfService::Whole { service, running, since } => Self { service, running, since },
        }
    }
}

/// One application that runs on a front-end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunningApplication {
    /// The application's key.
    pub application: Key,
    /// The release that runs, by its package's hash.
    pub sha256: Sha256,
    /// Whether its readiness check holds now.
    pub ready: bool,
    /// The virtual directories it is served under, such as `/tides`.
    pub virtual_directories: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_are_read_as_earlier_versions_wrote_them_too() {
        let id = "01920000-0000-7000-8000-000000000001";
        let early = format!(
            r#"{{"do":"activate","server":"{id}","application":"desk","sha256":"{}"}}"#,
            "0".repeat(64)
        );
        let mut read: TaskAction = serde_json::from_str(&early).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), early, "without values nothing is written of them");
        let TaskAction::Activate { settings, .. } = &mut read else { panic!("{read:?}") };
        settings.0.insert("door".parse().unwrap(), "hunter2".to_owned());
        assert!(serde_json::to_string(&read).unwrap().contains(r#""settings":{"door":"hunter2"}"#));
        assert!(
            !format!("{read:?}").contains("hunter2"),
            "what is written into a log for people has no values"
        );
    }

    #[test]
    fn services_are_read_as_earlier_versions_wrote_them_too() {
        let both = r#"["deployment", {"service": "server_api", "running": false, "since": 7}]"#;
        let read: Vec<ServiceStatus> = serde_json::from_str(both).unwrap();
        assert_eq!(
            read,
            [
                ServiceStatus::of(Service::Deployment, true, Timestamp(0)),
                ServiceStatus::of(Service::ServerApi, false, Timestamp(7))
            ]
        );
        let again: Vec<ServiceStatus> = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(again, read);
    }
}
