//! Passkeys: added by the browser's own dialogue, named by the person, removed one by one.

use super::recovery::new_codes;
use super::{clear_recovery, may_remove};
use crate::console::{Caller, Console};
use crate::door::{Attempt, fault};
use crate::error::{OperationError, Result};
use crate::passkeys;
use crate::people::own_sessions::{own, person};
use domain::access::Requirement;
use domain::id::{PasskeyId, UserId};
use domain::text::Name;
use serde_json::json;
use storage::passkeys::PasskeyRow;
use storage::{Constraint, Reader, devices, recovery_codes, users};
use webauthn_rs::prelude::Passkey;

/// So many passkeys a person may have.
const MOST: usize = 20;

/// What a browser is asked, and what has to be remembered until it answers.
#[derive(Debug, Clone)]
pub struct Ceremony {
    /// For the browser, JSON.
    pub options: String,
    /// For the session, JSON; never sent to the browser.
    pub state: String,
}

impl Console {
    /// Begins to add a passkey.
    ///
    /// # Errors
    /// Passkeys cannot be used at this console's address, there are too many, or a recent proof is missing.
    pub async fn begin_passkey(&self, caller: &Caller) -> Result<Ceremony> {
        self.traced(caller, "second_factor.passkey", async {
            let user = person(caller)?;
            self.proved(caller, "add a passkey")?;
            let mut tx = self.store().read().await?;
            let known = known(&mut tx, user).await?;
            if known.len() >= MOST {
                let sentence = format!("You have {MOST} passkeys, which is the most; remove one first.");
                return Err(OperationError::conflict(sentence));
            }
            let row = users::by_id(&mut tx, user).await?.ok_or_else(|| fault("a session of nobody"))?;
            let (username, name) = (row.username.as_str(), row.name.as_str());
            let (options, state) =
                self.inner.relying_party.begin_registration(user.0, username, name, &known)?;
            Ok(Ceremony { options, state })
        })
        .await
    }

    /// Adds the passkey that the browser made; gives recovery codes if there are none, to be shown once.
    ///
    /// # Errors
    /// The browser's answer is not right, the name is not acceptable, or a recent proof is missing.
    pub async fn add_passkey(
        &self,
        caller: &Caller,
        state: &str,
        credential: &str,
        name: &str,
    ) -> Result<Vec<String>> {
        let object = own(caller);
        self.audited(caller, Attempt::new("second_factor.passkey_add", object.clone()), async {
            let user = person(caller)?;
            self.proved(caller, "add a passkey")?;
            let name: Name = crate::people::set_up::field("name", name)?;
            let passkey = self.inner.relying_party.finish_registration(state, credential)?;
            let row = PasskeyRow {
                id: self.id(),
                user_id: user,
                credential_id: passkeys::credential_id(&passkey),
                name: name.to_string(),
                credential: passkeys::stored(&passkey)?,
                created_at: self.now(),
                last_used_at: None,
            };
            let pending = self.store().begin_change().await?;
            let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
            let mut tx = pending.authorised(grant);
            storage::passkeys::insert(&mut tx, &row).await.map_err(|error| match error.violated() {
                Some(Constraint::PasskeyCredentialId) => {
                    OperationError::conflict("This passkey is registered already.")
                }
                _ => error.into(),
            })?;
            devices::forget_of_user(&mut tx, user).await?;
            let codes = if recovery_codes::left(&mut tx, user).await? == 0 {
                new_codes(self, &mut tx, user).await?
            } else {
                Vec::new()
            };
            let mut entry = self.entry(caller, "second_factor.passkey_add", object);
            entry.after =
                json!({ "second_factor": "passkey", "name": row.name, "recovery_codes": codes.len() });
            tx.commit(entry).await?;
            Ok(codes)
        })
        .await
    }

    /// Asks for one of a user's passkeys: to sign in with, or to prove again who somebody is.
    ///
    /// # Errors
    /// The user has none, or passkeys cannot be used at this console's address.
    pub async fn passkey_challenge(&self, user: UserId) -> Result<Ceremony> {
        let mut tx = self.store().read().await?;
        let known = known(&mut tx, user).await?;
        if known.is_empty() {
            return Err(OperationError::conflict("You have no passkey here; use another way."));
        }
        let (options, state) = self.inner.relying_party.begin_authentication(&known)?;
        Ok(Ceremony { options, state })
    }

    /// Removes one of the caller's passkeys.
    ///
    /// # Errors
    /// It is not there, it is the last second factor while a role asks for one, or a recent proof is missing.
    pub async fn remove_passkey(&self, caller: &Caller, id: PasskeyId) -> Result<()> {
        let object = own(caller);
        self.audited(caller, Attempt::new("second_factor.passkey_remove", object.clone()), async {
            let user = person(caller)?;
            let mut pending = self.store().begin_change().await?;
            let rows = storage::passkeys::of_user(&mut pending, user).await?;
            let Some(row) = rows.iter().find(|row| row.id == id) else {
                return Err(OperationError::not_found("You have no such passkey."));
            };
            may_remove(&mut pending, user).await?;
            self.proved(caller, "remove a passkey")?;
            let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
            let mut tx = pending.authorised(grant);
            storage::passkeys::remove(&mut tx, user, id).await?;
            let codes = clear_recovery(&mut tx, user).await?;
            let mut entry = self.entry(caller, "second_factor.passkey_remove", object);
            entry.before =
                json!({ "second_factor": "passkey", "name": row.name, "recovery_codes_ended": codes });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

async fn known(tx: &mut impl Reader, user: UserId) -> Result<Vec<Passkey>> {
    let rows = storage::passkeys::of_user(tx, user).await?;
    rows.iter().map(|row| passkeys::read(&row.credential)).collect()
}
