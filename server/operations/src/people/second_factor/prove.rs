//! Proving again who one is, before dangerous acts (ASVS 7.5). The session remembers when; the operations ask for it.

use super::step::Answer;
use crate::console::{Caller, Console};
use crate::door::Attempt;
use crate::error::{OperationError, Result};
use crate::people::own_sessions::{own, person};
use domain::access::{Requirement, recently_proved};
use serde_json::json;
use storage::users;

/// What somebody proves it with.
#[derive(Clone, Copy)]
pub enum Evidence<'a> {
    /// The password.
    Password(&'a str),
    /// The second factor.
    Second(Answer<'a>),
}

impl Console {
    /// Whether a dangerous act may be done now: a person has proved within ten minutes who they are.
    pub(crate) fn proved(&self, caller: &Caller, doing: &str) -> Result<()> {
        recently_proved(caller.actor, caller.proof, self.now()).map_err(|_| OperationError::ProofNeeded {
            sentence: format!(
                "Prove that it is you before you {doing}: with your password or your second factor. It counts for ten minutes."
            ),
        })
    }

    /// Checks a proof. The caller of this notes in the session that it was given now.
    ///
    /// # Errors
    /// It is not right, there were too many wrong ones, or nobody is signed in.
    pub async fn prove(&self, caller: &Caller, evidence: Evidence<'_>) -> Result<()> {
        let object = own(caller);
        self.audited(caller, Attempt::new("session.prove", object.clone()), async {
            let id = person(caller)?;
            let mut tx = self.store().read().await?;
            let user = users::by_id(&mut tx, id).await?.filter(|user| user.active);
            let user = user.ok_or_else(|| OperationError::not_found("There is no such user any more."))?;
            drop(tx);
            let counter = self.counter_of(caller, &user, None).await?;
            let mut words = "password";
            match evidence {
                Evidence::Password(password) => {
                    self.count(&counter).await?;
                    if !self.inner.passwords.verify(password, user.password_hash.as_deref()).await? {
                        self.failed(&counter).await?;
                        return Err(OperationError::invalid("password", "This is not your password."));
                    }
                    self.forget_failures(&counter).await?;
                    let pending = self.store().begin_change().await?;
                    let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
                    let mut entry = self.entry(caller, "session.prove", object);
                    entry.after = json!({ "by": words });
                    pending.authorised(grant).commit(entry).await?;
                }
                Evidence::Second(answer) => {
                    let code = matches!(answer, Answer::Code(_));
                    if code {
                        self.count_code(&user).await?;
                    }
                    let mut pending = self.store().begin_change().await?;
                    let right = self.check_answer(&mut pending, id, &answer).await?;
                    let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
                    let mut tx = pending.authorised(grant);
                    let good = match &right {
                        Some(right) => {
                            words = right.words();
                            right.use_up(self, &mut tx, id).await?
                        }
                        None => false,
                    };
                    if !good {
                        drop(tx);
                        self.failed(&counter).await?;
                        let sentence = "This is not right, or it was used already. An app shows a new code every 30 seconds.";
                        return Err(OperationError::invalid("code", sentence));
                    }
                    let mut entry = self.entry(caller, "session.prove", object);
                    entry.after = json!({ "by": words });
                    tx.commit(entry).await?;
                    if code {
                        self.forget_codes(&user).await?;
                    }
                }
            }
            Ok(())
        })
        .await
    }
}
