//! Invitations: somebody is let in by a one-time link instead of a password that others know (ASVS 6.4.1, 6.4.3).

pub mod accept;
pub mod invite;
pub mod list;
pub mod withdraw;

use crate::console::Caller;
use crate::error::{OperationError, Result};
use domain::access::Actor;
use domain::id::UserId;
use domain::text::Sha256;
use domain::time::HOUR;

/// How long a link is good, microseconds: three days.
pub const INVITATION_MICROS: i64 = 72 * HOUR;

/// How what a link holds is stored.
fn hash(token: &str) -> String {
    Sha256::of(token.trim().to_lowercase().as_bytes()).to_string()
}

/// A link for oneself would be a way around the present password.
fn not_yourself(caller: &Caller, user: UserId) -> Result<()> {
    if caller.actor != (Actor::User { user }) {
        return Ok(());
    }
    let sentence = "You cannot invite yourself; your profile is where you change your password.";
    Err(OperationError::denied(sentence, "Somebody else who manages users can."))
}
