//! `GET /server/v1/queue`: what waits at one front-end, module by module.

use crate::text::Key;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How full the queues of one front-end are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queues {
    /// The front-end's name.
    pub server: String,
    /// How many requests of one module may wait.
    pub most_waiting: u32,
    /// How long one may wait, seconds.
    pub seconds: u32,
    /// Each module that is served.
    pub modules: Vec<ModuleQueue>,
}

/// The queue of one module on one front-end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleQueue {
    /// Its application.
    pub application: Key,
    /// The module.
    pub module: Key,
    /// How many requests it works on at once at most.
    pub concurrent: u32,
    /// How many it works on now.
    pub working: u32,
    /// How many wait now.
    pub waiting: u32,
    /// Since when some wait without a pause; none where none does.
    pub waiting_since: Option<Timestamp>,
    /// The most that waited at the same time since [`ModuleQueue::counted_since`].
    pub most: u32,
    /// Requests that were refused because too many waited.
    pub refused: u64,
    /// Requests that waited too long.
    pub given_up: u64,
    /// When its release began to be served here, from which on it is counted.
    pub counted_since: Timestamp,
}

/// How many requests waited at a front-end, in steps: coarse, so that two reports are alike while nothing much changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueStep {
    /// None.
    #[default]
    Empty,
    /// 1 to 9.
    Few,
    /// 10 to 99.
    Many,
    /// 100 and more.
    Crowd,
}

impl QueueStep {
    /// The step of a number of requests.
    #[must_use]
    pub const fn of(waiting: u32) -> Self {
        match waiting {
            0 => Self::Empty,
            1..=9 => Self::Few,
            10..=99 => Self::Many,
            _ => Self::Crowd,
        }
    }

    /// The number in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Empty => "0",
            Self::Few => "1–9",
            Self::Many => "10–99",
            Self::Crowd => "100+",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_coarse() {
        let words = [0, 1, 9, 10, 99, 100, u32::MAX].map(|n| QueueStep::of(n).words());
        assert_eq!(words, ["0", "1–9", "1–9", "10–99", "10–99", "100+", "100+"]);
        assert!(QueueStep::Few < QueueStep::Crowd);
    }
}
