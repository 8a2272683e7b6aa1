//! A front-end that is not the controller makes sure that its controller knows where it is: as long as it is not asked, it
//! announces its addresses there.

use crate::catalog::Log;
use crate::clock;
use crate::control::Control;
use crate::server_api::{ANNOUNCEMENT, Announcement};
use crate::to_controller::ToController;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// So long without a question, three in a row at the usual pace, means that the controller looks elsewhere.
const QUIET: Duration = Duration::from_secs(15);
/// The pause before it is told again; doubled each time, up to the last.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// What announces.
pub struct Announcer {
    /// How it speaks to the controller.
    pub controller: ToController,
    /// Its Log catalog.
    pub log: Log,
    /// Counts the controller's questions.
    pub asked: watch::Receiver<u64>,
    /// Who controls: doubtful where nobody takes the announcement.
    pub control: Control,
}

impl Announcer {
    /// Works until the process ends.
    pub async fn run(mut self) {
        loop {
            if self.tell_until_asked().await.is_err() {
                return;
            }
            while let Ok(question) = timeout(QUIET, self.asked.changed()).await {
                if question.is_err() {
                    return;
                }
            }
        }
    }

    /// Announces until the controller asks; an error means that nobody can ask any more.
    async fn tell_until_asked(&mut self) -> Result<(), watch::error::RecvError> {
        let (mut pause, mut failed) = (PAUSE.0, false);
        loop {
            // A question that comes meanwhile is an answer too.
            let told = tokio::select! {
                told = tell(&self.controller) => told,
                question = self.asked.changed() => return question,
            };
            if told.is_err() {
                self.control.doubt();
            }
            if let Err(reason) = told
                && !std::mem::replace(&mut failed, true)
            {
                tracing::warn!(
                    reason,
                    "the controller does not know where this front-end is; it is told again"
                );
                let _ = self.log.add_event("announcement_failed", reason).await;
            }
            tokio::select! {
                () = sleep(pause.mul_f64(clock::jitter())) => {}
                question = self.asked.changed() => return question,
            }
            pause = (pause * 2).min(PAUSE.1);
        }
    }
}

async fn tell(controller: &ToController) -> Result<(), String> {
    let own = &controller.identity;
    let said = Announcement { api_address: own.api_address(), public_address: own.public_address.clone() };
    controller.tell(ANNOUNCEMENT, &said, Duration::from_secs(5)).await.map(drop)
}
