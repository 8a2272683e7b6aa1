//! The deployment controller: the one in an environment that talks to the console, and hands work to the front-ends.

mod carry_out;
mod console;
mod decide;
mod fetch;
mod status;
mod sync;

pub use console::enrol;

use crate::catalog::{Log, Platform};
use crate::deployment::Deployment;
use crate::folders::Folders;
use crate::identity::Identity;
use crate::server_api::{Api, Members};
use console::Console;
use domain::protocol::{ServerStatus, TaskReport};
use ed25519_dalek::SigningKey;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, Semaphore};

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
    members: Members,
    api: Api,
    /// What other front-ends said last.
    statuses: Mutex<Vec<ServerStatus>>,
    /// Answers that are told once, and again whenever they are asked for.
    answers: Mutex<Vec<TaskReport>>,
    /// Keys that a task of this process works on.
    working: Mutex<HashSet<String>>,
    slots: Semaphore,
    /// Something ended: tell it at once.
    urgent: Notify,
    /// Something went on: tell it soon.
    progress: Notify,
}

/// What a controller is made of.
pub struct Parts {
    /// Who it is.
    pub identity: Arc<Identity>,
    /// Its own key.
    pub key: SigningKey,
    /// Its Platform catalog.
    pub catalog: Platform,
    /// Its Log catalog.
    pub log: Log,
    /// Its data folder.
    pub folders: Folders,
    /// Its own deployment service.
    pub deployment: Deployment,
    /// How it speaks to other front-ends.
    pub members: Members,
    /// Its own Server.API.
    pub api: Api,
    /// How it speaks to the console.
    pub client: reqwest::Client,
}

impl Controller {
    /// A controller that does nothing yet.
    pub fn new(parts: Parts) -> Self {
        let console = Console::new(parts.client, &parts.identity, parts.key);
        Self {
            inner: Arc::new(Inner {
                identity: parts.identity,
                boot_id: crate::clock::random_id(),
                console,
                catalog: parts.catalog,
                log: parts.log,
                folders: parts.folders,
                deployment: parts.deployment,
                members: parts.members,
                api: parts.api,
                statuses: Mutex::default(),
                answers: Mutex::default(),
                working: Mutex::default(),
                slots: Semaphore::new(PREPARED_AT_ONCE),
                urgent: Notify::new(),
                progress: Notify::new(),
            }),
        }
    }
}
