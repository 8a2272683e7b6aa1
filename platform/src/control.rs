//! Who controls the environment, as this server knows it. The console decides that and counts it in epochs; every Platform Server
//! asks it by itself: at its start, once in a while, and at once where something contradicts what it knows.

use crate::catalog::{Log, Platform};
use crate::clock;
use crate::controller::{Console, ConsoleError};
use crate::identity::{Identity, public_key};
use domain::protocol::{ControlResponse, Told};
use ed25519_dalek::VerifyingKey;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

/// Asked so often where nothing gives a reason.
const CALM: Duration = Duration::from_secs(20);
/// Questions never follow each other faster, whatever gives reasons: some of these come from strangers.
const LEAST: Duration = Duration::from_secs(2);

/// Who controls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controls {
    /// Whether it is this server.
    pub is_own: bool,
    /// The key that signs the tokens of Server.Identity; none while the environment has no controller.
    pub key: Option<VerifyingKey>,
    /// Grows with every change.
    pub epoch: u64,
}

impl Controls {
    fn of(is_own: bool, key: &str, epoch: u64) -> Result<Self, String> {
        let key = if key.is_empty() { None } else { Some(public_key(key)?) };
        Ok(Self { is_own, key, epoch })
    }
}

/// What every part of this process looks at to know who controls.
#[derive(Clone)]
pub struct Control {
    now: Arc<watch::Sender<Controls>>,
    doubts: Arc<Notify>,
}

impl Control {
    /// As it was known last.
    pub fn of(identity: &Identity) -> Result<Self, String> {
        let known =
            Controls::of(identity.is_controller, &identity.controller_key, identity.controller_epoch)?;
        Ok(Self { now: Arc::new(watch::Sender::new(known)), doubts: Arc::default() })
    }

    /// Who controls now.
    pub fn now(&self) -> Controls {
        self.now.borrow().clone()
    }

    /// Whether this server controls now.
    pub fn is_own(&self) -> bool {
        self.now.borrow().is_own
    }

    /// Something contradicts what is known: the console is asked soon.
    pub fn doubt(&self) {
        self.doubts.notify_one();
    }

    /// Waits until this server begins to control, or ends doing so.
    pub async fn changes_from(&self, is_own: bool) {
        let mut now = self.now.subscribe();
        // The sender lives as long as `self`.
        let _ = now.wait_for(|controls| controls.is_own != is_own).await;
    }
}

/// What asks the console who controls.
pub struct Follower {
    /// What it keeps up to date.
    pub control: Control,
    /// This front-end.
    pub identity: Arc<Identity>,
    /// How it speaks to the console.
    pub console: Console,
    /// Its Platform catalog.
    pub catalog: Platform,
    /// Its Log catalog.
    pub log: Log,
}

impl Follower {
    /// Works until the process ends.
    pub async fn run(self) {
        let mut failed = false;
        loop {
            match self.ask().await {
                Ok(()) => failed = false,
                Err(reason) => {
                    if !std::mem::replace(&mut failed, true) {
                        tracing::warn!(reason, "who controls this environment is not known anew");
                    }
                }
            }
            sleep(LEAST).await;
            tokio::select! {
                () = sleep(CALM.mul_f64(clock::jitter())) => {}
                () = self.control.doubts.notified() => {}
            }
        }
    }

    async fn ask(&self) -> Result<(), String> {
        let told = match self.console.who_controls().await {
            Ok(told) => told,
            // A console of before does not know the question; then nothing changes.
            Err(ConsoleError::Refused { status: 404, .. }) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        let known = self.control.now();
        match told.to_one_who_knows(known.epoch) {
            Told::Known => Ok(()),
            Told::Older => {
                let text =
                    format!("{} of epoch {}, and {} is known", told.server_name, told.epoch, known.epoch);
                let _ = self.log.add_event("controller_refused", text.clone()).await;
                Err(format!("the console names a controller of an epoch that is over: {text}"))
            }
            Told::News => self.obey(told).await,
        }
    }

    /// From now on the one that the console names controls.
    async fn obey(&self, told: ControlResponse) -> Result<(), String> {
        let is_own = told.server == self.identity.server;
        let key = told.public_key.clone().unwrap_or_default();
        let controls = Controls::of(is_own, &key, told.epoch)?;
        // Kept first: a process that is killed here starts as what it is told to be.
        let kept = self.catalog.set_control(is_own, &told).await.map_err(|error| error.to_string())?;
        if !kept {
            return Err("the catalog knows a newer controller".to_owned());
        }
        tracing::info!(controller = told.server_name, epoch = told.epoch, "another deployment controller");
        let text = format!("{}, epoch {}", told.server_name, told.epoch);
        let _ = self.log.add_event("controller_changed", text).await;
        self.control.now.send_replace(controls);
        Ok(())
    }
}
