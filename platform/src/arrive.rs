//! Arriving: after a start, requests are welcome once what is served is what should be.
//!
//! A farm goes on without a front-end that is away, so its controller is asked first. Where nobody knows, because the controller or the console
//! cannot be reached, it serves what it has after a while: applications go on when the controller is lost.

use crate::server_api::{Api, arrival};
use crate::to_controller::ToController;
use domain::server_api::arrival::{ArrivalAnswer, ArrivalRequest};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long it is asked where nobody knows.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(400);

/// What arrives.
pub struct Arrival {
    /// How it speaks to the controller.
    pub controller: ToController,
    /// Its own Server.API, which knows what it serves; the controller's knows what the console said.
    pub api: Api,
}

impl Arrival {
    /// Waits until requests are welcome.
    pub async fn is_welcome(&self) {
        let (mut heard, mut told) = (Instant::now(), false);
        loop {
            match self.ask().await {
                Ok(ArrivalAnswer::Welcome) => return,
                Ok(ArrivalAnswer::CatchesUp) => {
                    heard = Instant::now();
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(
                            "the farm has gone on; requests are welcome here once this front-end is up to date"
                        );
                    }
                }
                Ok(ArrivalAnswer::Unknown) | Err(_) if heard.elapsed() < PATIENCE => {}
                Ok(ArrivalAnswer::Unknown) => {
                    tracing::warn!("the console does not say what is to run here; what is here is served");
                    return;
                }
                Err(reason) => {
                    tracing::warn!(reason, "nobody says what is to run here; what is here is served");
                    return;
                }
            }
            sleep(PAUSE).await;
        }
    }

    async fn ask(&self) -> Result<ArrivalAnswer, String> {
        let runs = arrival::runs(&self.api.status());
        if self.api.control.is_own() {
            return Ok(self.api.is_welcome(self.api.identity.server, &runs));
        }
        self.controller.ask(arrival::PATH, &ArrivalRequest { runs }, Duration::from_secs(5)).await
    }
}
