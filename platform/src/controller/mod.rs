//! The deployment controller: the one in an environment that takes work from the console, and hands it to the front-ends.

mod carry_out;
mod console;
mod databases;
mod decide;
mod fetch;
mod relay;
mod status;
mod sync;

pub use console::{Console, ConsoleError, enrol};

use crate::catalog::{Log, Platform};
use crate::databases::Databases;
use crate::deployment::Deployment;
use crate::folders::Folders;
use crate::identity::Identity;
use crate::server_api::{Api, Members};
use domain::id::QuestionId;
use domain::protocol::{ServerStatus, TaskReport};
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

/// Packages that are fetched and built side by side.
const PREPARED_AT_ONCE: usize = 4;

/// The deployment controller.
#[derive(Clone)]
pub struct Controller {
    inner: Arc<Inner>,
}

struct Inner {
    identity: Arc<Identity>,
    boot_id: String,
    console: Console,
    catalog: Platform,
    log: Log,
    folders: Folders,
    deployment: Deployment,
    databases: Databases,
    members: Members,
    api: Api,
    /// What other front-ends said last.
    statuses: Mutex<Vec<ServerStatus>>,
    /// Answers that are told once, and again whenever they are asked for.
    answers: Mutex<Vec<TaskReport>>,
    /// Keys that a task of this process works on.
    working: Mutex<HashSet<String>>,
    slots: Semaphore,
    /// Questions of the console that were taken, youngest last, and how many are asked at once.
    asked: Mutex<VecDeque<QuestionId>>,
    asking: Semaphore,
    /// Something ended: tell it at once.
    urgent: Notify,
    /// Something went on: tell it soon.
    progress: Notify,
    /// Ends what it has begun when another front-end controls.
    stop: CancellationToken,
}

/// What a controller is made of.
pub struct Parts {
    /// Who it is.
    pub identity: Arc<Identity>,
    /// Its Platform catalog.
    pub catalog: Platform,
    /// Its Log catalog.
    pub log: Log,
    /// Its data folder.
    pub folders: Folders,
    /// Its own deployment service.
    pub deployment: Deployment,
    /// The databases of the environment's applications.
    pub databases: Databases,
    /// How it speaks to other front-ends.
    pub members: Members,
    /// Its own Server.API.
    pub api: Api,
    /// How it speaks to the console.
    pub console: Console,
}

impl Controller {
    /// A controller that does nothing yet.
    pub fn new(parts: Parts) -> Self {
        Self {
            inner: Arc::new(Inner {
                identity: parts.identity,
                boot_id: crate::clock::random_id(),
                console: parts.console,
                catalog: parts.catalog,
                log: parts.log,
                folders: parts.folders,
                deployment: parts.deployment,
                databases: parts.databases,
                members: parts.members,
                api: parts.api,
                statuses: Mutex::default(),
                answers: Mutex::default(),
                working: Mutex::default(),
                slots: Semaphore::new(PREPARED_AT_ONCE),
                asked: Mutex::default(),
                asking: Semaphore::new(relay::AT_ONCE),
                urgent: Notify::new(),
                progress: Notify::new(),
                stop: CancellationToken::new(),
            }),
        }
    }
}
