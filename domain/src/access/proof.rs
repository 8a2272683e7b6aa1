//! Proof of who somebody is, again, before dangerous acts (ASVS 7.5.1 and 7.5.3): a session that was left open is worth less than a
//! person who has just typed the password.

use super::Actor;
use crate::time::{MINUTE, Timestamp};

/// How long a proof counts, microseconds.
pub const PROOF_MICROS: i64 = 10 * MINUTE;

/// When the person behind a call last proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Proof {
    /// Never, as far as is known.
    #[default]
    None,
    /// In this session, at a time: by signing in, or again since.
    At(Timestamp),
    /// By a token with each call. A token cannot be asked again, so this question is none for it: its scopes and its expiry say what it
    /// may do, and making it needed a proof.
    Token,
}

/// A proof is missing or too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof of who it is, is missing or too old")]
pub struct NotProved;

/// Whether a dangerous act may be done now. Only persons are asked: whoever works at the machine itself, the engine and Platform
/// Servers have no session that could have been left open.
///
/// # Errors
/// [`NotProved`] where a person's proof is missing, older than [`PROOF_MICROS`], or from a time to come.
pub fn recently_proved(actor: Actor, proof: Proof, now: Timestamp) -> Result<(), NotProved> {
    match (actor, proof) {
        (Actor::LocalOperator | Actor::Console | Actor::PlatformServer { .. }, _) => Ok(()),
        (Actor::User { .. }, Proof::Token) => Ok(()),
        (Actor::User { .. }, Proof::At(at)) if (0..=PROOF_MICROS).contains(&now.since(at)) => Ok(()),
        _ => Err(NotProved),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;
    use uuid::Uuid;

    #[test]
    fn asvs_7_5_3_a_proof_counts_for_ten_minutes() {
        let user = Actor::User { user: UserId(Uuid::nil()) };
        let now = Timestamp(1_000 * MINUTE);
        for (proof, good) in [
            (Proof::None, false),
            (Proof::At(now), true),
            (Proof::At(now.plus(-10 * MINUTE)), true),
            (Proof::At(now.plus(-10 * MINUTE - 1)), false),
            (Proof::At(now.plus(1)), false),
            (Proof::Token, true),
        ] {
            assert_eq!(recently_proved(user, proof, now).is_ok(), good, "{proof:?}");
        }
        assert!(recently_proved(Actor::LocalOperator, Proof::None, now).is_ok());
        assert!(recently_proved(Actor::Anonymous, Proof::At(now), now).is_err());
        assert!(recently_proved(Actor::Anonymous, Proof::Token, now).is_err());
    }
}
