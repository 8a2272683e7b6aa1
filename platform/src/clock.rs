//! The machine's clock and randomness: the only place of the Platform Server that asks for either.

use domain::time::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// The current time.
#[expect(clippy::disallowed_methods, reason = "the Platform Server's one clock")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Bytes that nobody can foresee. Without them nothing can be signed safely, so their absence ends the process.
#[expect(clippy::disallowed_methods, reason = "the Platform Server's one source of randomness")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Sixteen random bytes as 32 hexadecimal digits.
pub fn random_id() -> String {
    hex::encode(random::<16>())
}

/// A factor from 0.5 to 1.0, so that many servers do not come back in step.
pub fn jitter() -> f64 {
    0.5 + f64::from(u16::from_le_bytes(random::<2>())) / f64::from(u16::MAX) / 2.0
}
