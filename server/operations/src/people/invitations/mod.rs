//! Invitations: somebody is let in by a one-time link instead of a password that others know (ASVS 6.4.1, 6.4.3).

pub mod accept;
pub mod invite;

use domain::text::Sha256;
use domain::time::HOUR;

/// How long a link is good, microseconds: three days.
pub const INVITATION_MICROS: i64 = 72 * HOUR;

/// How what a link holds is stored.
fn hash(token: &str) -> String {
    Sha256::of(token.trim().to_lowercase().as_bytes()).to_string()
}
