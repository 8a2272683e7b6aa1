//! The second step of signing in. Between the two a session opens nothing: it is half-open, and says only whose it would be.

use super::check::Right;
use crate::console::{Caller, Console};
use crate::door::Attempt;
use crate::error::{OperationError, Result};
use crate::people::SignedIn;
use domain::access::{Actor, Requirement};
use domain::audit::Object;
use domain::id::UserId;
use domain::time::{MINUTE, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use storage::users::UserRow;
use storage::{Reader, recovery_codes, second_factors, users};

/// How long the second step may take, microseconds.
const HALF_OPEN_MICROS: i64 = 10 * MINUTE;
const REFUSED: &str = "This is not right, or it was used already. An app shows a new code every 30 seconds.";

/// Whose session it will be, once the second factor is proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfOpen {
    /// The user.
    pub user: UserId,
    /// The name people read.
    pub name: String,
    /// Since when it waits.
    pub since: Timestamp,
    /// When the password was set that was given; another one meanwhile ends it.
    pub password_at: Option<Timestamp>,
}

/// What somebody answers.
#[derive(Clone, Copy)]
pub enum Answer<'a> {
    /// What was typed: the code of an authenticator app, or a recovery code.
    Code(&'a str),
    /// What a passkey signed.
    Passkey {
        /// What was remembered of the question.
        state: &'a str,
        /// The browser's answer, JSON.
        credential: &'a str,
    },
}

impl HalfOpen {
    /// Whether the second step can still be made.
    #[must_use]
    pub fn waits(&self, now: Timestamp) -> bool {
        (0..=HALF_OPEN_MICROS).contains(&now.since(self.since))
    }
}

impl Console {
    /// What is still asked of a user who gave the right password: nothing where there is no second factor.
    pub(crate) async fn half_open(
        &self,
        tx: &mut impl Reader,
        user: &UserRow,
        password_at: Option<Timestamp>,
    ) -> Result<Option<HalfOpen>> {
        if second_factors::count(tx, user.id).await? == 0 {
            return Ok(None);
        }
        let name = user.name.to_string();
        Ok(Some(HalfOpen { user: user.id, name, since: self.now(), password_at }))
    }

    /// Signs somebody in who gave the right password before, by the second factor. Wrong codes are followed by pauses of their own, which
    /// somebody without the password cannot cause (ASVS 6.1.1); a passkey cannot be guessed and is not held up by them.
    ///
    /// # Errors
    /// The answer is not right or was used already, there were too many wrong ones, or the first step is too long ago.
    pub async fn second_step(
        &self,
        caller: &Caller,
        half: &HalfOpen,
        answer: Answer<'_>,
        device: Option<&str>,
    ) -> Result<SignedIn> {
        let object = Object::new("user", half.user, &half.name);
        let mut typed = caller.clone();
        typed.name.clone_from(&half.name);
        self.audited(&typed, Attempt::new("session.second_step", object.clone()), async {
            let begin_again = || {
                OperationError::sign_in(
                    "Your sign-in took too long, or your account was changed meanwhile.",
                    "Sign in again.",
                )
            };
            if !half.waits(self.now()) {
                return Err(begin_again());
            }
            let mut tx = self.store().read().await?;
            let row = users::by_id(&mut tx, half.user).await?;
            let same = |row: &UserRow| row.active && row.password_changed_at == half.password_at;
            let user = row.filter(same).ok_or_else(begin_again)?;
            drop(tx);
            if matches!(answer, Answer::Code(typed) if typed.trim().is_empty()) {
                return Err(OperationError::invalid("code", "Type a code first."));
            }
            let counter = self.counter_of(caller, &user, device).await?;
            let code = matches!(answer, Answer::Code(_));
            if code {
                self.count_code(&user).await?;
            }
            let mut pending = self.store().begin_change().await?;
            let again = users::by_id(&mut pending, half.user).await?;
            again.filter(same).ok_or_else(begin_again)?;
            let right = self.check_answer(&mut pending, half.user, &answer).await;
            let by = Caller {
                actor: Actor::User { user: user.id },
                name: user.name.to_string(),
                ..caller.clone()
            };
            let signed_in = match right {
                Ok(Some(right)) => {
                    let grant = self.permit_plain(caller, &Requirement::Anyone)?;
                    let mut tx = pending.authorised(grant);
                    if right.use_up(self, &mut tx, user.id).await? {
                        let mut entry = self.entry(&by, "session.sign_in", object);
                        entry.after = json!({ "second_factor": right.words() });
                        if matches!(right, Right::Recovery(_)) {
                            entry.after["recovery_codes_left"] =
                                recovery_codes::left(&mut tx, user.id).await?.into();
                        }
                        tx.commit(entry).await?;
                        true
                    } else {
                        false
                    }
                }
                Ok(None) => {
                    drop(pending);
                    false
                }
                Err(error) => {
                    drop(pending);
                    if matches!(error, OperationError::Invalid { .. }) {
                        self.failed(&counter).await?;
                    }
                    return Err(error);
                }
            };
            if !signed_in {
                self.failed(&counter).await?;
                return Err(OperationError::invalid("code", REFUSED));
            }
            if code {
                self.forget_codes(&user).await?;
            }
            let device = self.succeeded(&counter, user.id).await?;
            Ok(SignedIn { user: user.id, name: user.name.to_string(), device, asks: None })
        })
        .await
    }
}
