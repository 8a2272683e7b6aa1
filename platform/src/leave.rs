//! Leaving the load balancer when the Platform Server is told to end.

use crate::control::Control;
use crate::deployment::Deployment;
use crate::front::Leaving;
use crate::server_api::turn::{PATH, PATIENCE};
use crate::to_controller::ToController;
use crate::turns::{Turn, Turns};
use domain::server_api::turn::{TurnAnswer, TurnRequest};
use std::time::Duration;

/// How long an answer may take beyond the controller's patience.
const SLACK: Duration = Duration::from_secs(5);

/// What leaves.
pub struct Leaver {
    /// How it speaks to the controller.
    pub controller: ToController,
    /// Its deployment service.
    pub deployment: Deployment,
    /// Who controls.
    pub control: Control,
    /// The turns of the farm, if it is the controller.
    pub turns: Turns,
}

impl Leaver {
    /// Waits for its turn, but not for ever; says that it leaves for as long as the load balancer needs; and waits for the requests that were
    /// begun. None where no load balancer is told.
    pub async fn leave(&self) -> Option<(Leaving, Option<Turn>)> {
        let turn = self.turn().await;
        Some((self.deployment.leave_balancer().await?, turn))
    }

    async fn turn(&self) -> Option<Turn> {
        if self.deployment.drain().is_zero() {
            return None;
        }
        if self.control.is_own() {
            return tokio::time::timeout(PATIENCE, self.turns.take(self.controller.identity.server))
                .await
                .ok();
        }
        match self.ask().await {
            Ok(TurnAnswer { granted, farm }) => {
                self.deployment.leaves_so(farm.drain_seconds, farm.open_requests_seconds);
                if !granted {
                    tracing::warn!("other front-ends are out for too long; this one leaves all the same");
                }
            }
            Err(reason) => {
                tracing::warn!(reason, "the controller gives no turn; this front-end leaves by itself")
            }
        }
        None
    }

    async fn ask(&self) -> Result<TurnAnswer, String> {
        let wish = TurnRequest { drain_seconds: self.controller.identity.drain_seconds };
        self.controller.ask(PATH, &wish, PATIENCE + SLACK).await
    }
}
