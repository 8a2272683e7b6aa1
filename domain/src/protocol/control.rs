//! Who controls an environment. The console decides it; every Platform Server of the environment may ask.

use crate::id::ServerId;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Where the console answers a [`ControlRequest`].
pub const WHO_CONTROLS: &str = "/agent/v1/who-controls";

/// `POST /agent/v1/who-controls`: any Platform Server of an environment asks who its deployment controller is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlRequest {
    /// [`super::PROTOCOL`] as the Platform Server knows it.
    pub protocol: u32,
}

/// Who controls an environment, and since which epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlResponse {
    /// The deployment controller.
    pub server: ServerId,
    /// Its name.
    pub server_name: String,
    /// Its Ed25519 public key, 64 hexadecimal digits; none while it has none, such as after it was revoked.
    pub public_key: Option<String>,
    /// Where its Server.API answers; empty until known.
    #[serde(default)]
    pub api_address: String,
    /// Grows with every change of the controller or of its key, and never falls.
    pub epoch: u64,
}

impl ControlResponse {
    /// What the answer is to a server that knows `epoch`. An older one is refused: it cannot bring a controller back that was replaced.
    #[must_use]
    pub fn to_one_who_knows(&self, epoch: u64) -> Told {
        match self.epoch.cmp(&epoch) {
            Ordering::Less => Told::Older,
            Ordering::Equal => Told::Known,
            Ordering::Greater => Told::News,
        }
    }
}

/// What an answer about the controller is to the one who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is of an epoch that is over: refused.
    Older,
    /// It is what is known.
    Known,
    /// From now on this holds.
    News,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_that_is_over_does_not_come_back() {
        let told = ControlResponse {
            server: ServerId(uuid::Uuid::nil()),
            server_name: "test-2".to_owned(),
            public_key: None,
            api_address: String::new(),
            epoch: 3,
        };
        let all = [2, 3, 4].map(|known| told.to_one_who_knows(known));
        assert_eq!(all, [Told::News, Told::Known, Told::Older]);
    }
}
