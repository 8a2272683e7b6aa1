//! An authenticator app: begun with a secret, and counting once a right code shows that the app has it.

use super::recovery::new_codes;
use super::{clear_recovery, may_remove};
use crate::console::{Caller, Console};
use crate::door::{Attempt, masked};
use crate::error::{OperationError, Result};
use crate::people::own_sessions::{own, person};
use domain::access::Requirement;
use domain::id::UserId;
use domain::time::MINUTE;
use domain::totp;
use serde_json::json;
use storage::authenticators::AuthenticatorRow;
use storage::{authenticators, devices, recovery_codes, users};

/// How long an app may wait for its first code, microseconds.
const BEGUN_MICROS: i64 = 30 * MINUTE;

/// What somebody puts into the app.
#[derive(Clone)]
pub struct Enrolment {
    /// The secret as it is typed.
    pub words: String,
    /// The address that a QR code holds.
    pub address: String,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Enrolment(*******)")
    }
}

/// What the secret of a user's app is sealed with.
pub(super) fn place(user: UserId) -> String {
    format!("authenticator:{user}")
}

impl Console {
    /// Begins an authenticator app with a new secret. It counts for nothing until [`Console::confirm_authenticator`].
    ///
    /// # Errors
    /// There is one already, or a recent proof is missing.
    pub async fn begin_authenticator(&self, caller: &Caller) -> Result<()> {
        let object = own(caller);
        self.audited(caller, Attempt::new("second_factor.begin", object.clone()), async {
            let user = person(caller)?;
            self.proved(caller, "set up an authenticator app")?;
            let pending = self.store().begin_change().await?;
            let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
            let secret = self.inner.ids.secret();
            let secret = &secret[..totp::SECRET_BYTES];
            let closed = self.inner.vault.close(&*self.inner.ids, &place(user), secret)?;
            let mut tx = pending.authorised(grant);
            if !authenticators::begin(&mut tx, user, &closed, self.now()).await? {
                let sentence =
                    "You have an authenticator app already; remove it before you set up another one.";
                return Err(OperationError::conflict(sentence));
            }
            let mut entry = self.entry(caller, "second_factor.begin", object);
            entry.after = json!({ "secret": masked() });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Whether an app waits for its first code. A secret that was shown long ago is forgotten.
    fn is_begun(&self, row: &AuthenticatorRow) -> bool {
        row.confirmed_at.is_none() && self.now().since(row.created_at) <= BEGUN_MICROS
    }

    /// What the caller puts into an app that was begun and is not confirmed; none if there is none.
    ///
    /// # Errors
    /// Nobody is signed in, or a recent proof is missing: the secret is shown.
    pub async fn authenticator_to_confirm(&self, caller: &Caller) -> Result<Option<Enrolment>> {
        self.traced(caller, "second_factor.enrolment", async {
            let user = person(caller)?;
            let mut tx = self.store().read().await?;
            let row = authenticators::of_user(&mut tx, user).await?;
            let Some(row) = row.filter(|row| self.is_begun(row)) else { return Ok(None) };
            self.proved(caller, "set up an authenticator app")?;
            let person = users::by_id(&mut tx, user).await?;
            let username = person.map(|row| row.username.to_string()).unwrap_or_default();
            let secret = self.inner.vault.open(&place(user), &row.secret)?;
            Ok(Some(Enrolment {
                words: totp::words(&secret),
                address: totp::address(&secret, "Towpath", &username),
            }))
        })
        .await
    }

    /// Confirms the app by a code that it shows; gives recovery codes if there are none, to be shown once.
    ///
    /// # Errors
    /// The code is not right, nothing was begun, or a recent proof is missing.
    pub async fn confirm_authenticator(&self, caller: &Caller, code: &str) -> Result<Vec<String>> {
        let object = own(caller);
        self.audited(caller, Attempt::new("second_factor.confirm", object.clone()), async {
            let user = person(caller)?;
            self.proved(caller, "set up an authenticator app")?;
            let mut pending = self.store().begin_change().await?;
            let row = authenticators::of_user(&mut pending, user).await?;
            let Some(row) = row.filter(|row| self.is_begun(row)) else {
                return Err(OperationError::conflict("There is no authenticator app to confirm; begin anew."));
            };
            let secret = self.inner.vault.open(&place(user), &row.secret)?;
            let step = totp::typed(code).and_then(|code| totp::accept(&secret, &code, self.now(), None));
            let Some(step) = step else {
                let sentence = "This is not the code that the app shows now. Is the clock of its device right? Type the next code.";
                return Err(OperationError::invalid("code", sentence));
            };
            let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
            let mut tx = pending.authorised(grant);
            if !authenticators::confirm(&mut tx, user, step, self.now()).await? {
                return Err(OperationError::conflict("The authenticator app was confirmed already."));
            }
            // A device that was known before the second factor was there has not shown it yet.
            devices::forget_of_user(&mut tx, user).await?;
            let codes = if recovery_codes::left(&mut tx, user).await? == 0 {
                new_codes(self, &mut tx, user).await?
            } else {
                Vec::new()
            };
            let mut entry = self.entry(caller, "second_factor.confirm", object);
            entry.after = json!({ "second_factor": "authenticator app", "recovery_codes": codes.len() });
            tx.commit(entry).await?;
            Ok(codes)
        })
        .await
    }

    /// Removes the caller's authenticator app.
    ///
    /// # Errors
    /// There is none, it is the last second factor while a role asks for one, or a recent proof is missing.
    pub async fn remove_authenticator(&self, caller: &Caller) -> Result<()> {
        let object = own(caller);
        self.audited(caller, Attempt::new("second_factor.remove", object.clone()), async {
            let user = person(caller)?;
            let mut pending = self.store().begin_change().await?;
            let row = authenticators::of_user(&mut pending, user).await?;
            if row.is_none_or(|row| row.confirmed_at.is_none()) {
                return Err(OperationError::not_found("You have no authenticator app."));
            }
            may_remove(&mut pending, user).await?;
            self.proved(caller, "remove your authenticator app")?;
            let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
            let mut tx = pending.authorised(grant);
            authenticators::remove(&mut tx, user).await?;
            let codes = clear_recovery(&mut tx, user).await?;
            let mut entry = self.entry(caller, "second_factor.remove", object);
            entry.before = json!({ "second_factor": "authenticator app", "recovery_codes_ended": codes });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
