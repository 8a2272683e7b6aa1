//! Whether an answer to the question for the second factor is right. Finding out and using up are apart: what is used up is so in the same
//! transaction as the entry.

use super::authenticator::place;
use super::recovery;
use super::step::Answer;
use crate::console::Console;
use crate::error::Result;
use crate::passkeys;
use domain::id::{PasskeyId, UserId};
use domain::totp;
use storage::{Reader, WriteTx, authenticators, recovery_codes};

/// An answer that is right unless it was used up meanwhile.
pub(super) enum Right {
    /// The code of a step.
    Step(i64),
    /// A recovery code, by its hash.
    Recovery(String),
    /// A passkey, with what is known of it now.
    Passkey(PasskeyId, String),
}

impl Right {
    /// What it was, for an entry.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Step(_) => "authenticator app",
            Self::Recovery(_) => "recovery code",
            Self::Passkey(..) => "passkey",
        }
    }

    /// Uses it up; false where that was done already.
    pub async fn use_up(&self, console: &Console, tx: &mut WriteTx, user: UserId) -> Result<bool> {
        Ok(match self {
            Self::Step(step) => authenticators::use_step(tx, user, *step).await?,
            Self::Recovery(hash) => recovery_codes::use_up(tx, user, hash, console.now()).await?,
            Self::Passkey(id, credential) => {
                storage::passkeys::used(tx, user, *id, credential, console.now()).await?
            }
        })
    }
}

impl Console {
    /// Whether an answer is right, as far as can be said without using it up.
    pub(super) async fn check_answer(
        &self,
        tx: &mut impl Reader,
        user: UserId,
        answer: &Answer<'_>,
    ) -> Result<Option<Right>> {
        match answer {
            Answer::Code(typed) => match totp::typed(typed) {
                Some(code) => {
                    let row = authenticators::of_user(tx, user).await?;
                    let Some(row) = row.filter(|row| row.confirmed_at.is_some()) else { return Ok(None) };
                    let secret = self.inner.vault.open(&place(user), &row.secret)?;
                    Ok(totp::accept(&secret, &code, self.now(), row.last_step).map(Right::Step))
                }
                None => Ok(Some(Right::Recovery(recovery::hash(typed)))),
            },
            Answer::Passkey { state, credential } => {
                let rows = storage::passkeys::of_user(tx, user).await?;
                let known =
                    rows.iter().map(|row| passkeys::read(&row.credential)).collect::<Result<Vec<_>>>()?;
                let (at, passkey) =
                    self.inner.relying_party.finish_authentication(state, credential, &known)?;
                Ok(Some(Right::Passkey(rows[at].id, passkeys::stored(&passkey)?)))
            }
        }
    }
}
