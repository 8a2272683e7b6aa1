//! Time as the whole product stores and sends it.

use serde::{Deserialize, Serialize};

/// Microseconds since the Unix epoch, UTC. The current time is always a parameter; nothing here reads a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// A second in microseconds.
pub const SECOND: i64 = 1_000_000;
/// A minute in microseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour in microseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// A day in microseconds.
pub const DAY: i64 = 24 * HOUR;

impl Timestamp {
    /// This time plus `micros` microseconds; stays at the limits instead of overflowing.
    #[must_use]
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this time; negative where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}
