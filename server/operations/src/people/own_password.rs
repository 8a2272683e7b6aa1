//! Changing one's own password (ASVS 6.2.2, 6.2.3): the present one is asked for, and every other session ends (7.4.3).

use super::own_sessions::{own, person};
use crate::console::{Caller, Console};
use crate::door::{Attempt, masked};
use crate::error::{OperationError, Result};
use crate::password;
use domain::access::Requirement;
use serde_json::json;
use storage::sessions::EndReason;
use storage::{devices, sessions, users};

impl Console {
    /// Changes the caller's own password. `current` is the hash of the session that asks; it stays, the others end. Gives
    /// advice where the new one is easy to guess.
    ///
    /// # Errors
    /// The present password is not right, or the new one is not acceptable.
    pub async fn change_own_password(
        &self,
        caller: &Caller,
        current: &str,
        old: &str,
        new: &str,
    ) -> Result<Option<String>> {
        let object = own(caller);
        self.audited(caller, Attempt::new("user.change_own_password", object.clone()), async {
            let user = person(caller)?;
            let mut tx = self.store().read().await?;
            let row = users::by_id(&mut tx, user)
                .await?
                .ok_or_else(|| OperationError::not_found("There is no such user any more."))?;
            drop(tx);
            if !self.inner.passwords.verify(old, row.password_hash.as_deref()).await? {
                return Err(OperationError::invalid("old", "This is not your present password."));
            }
            password::acceptable_as(
                "new",
                new,
                &[row.username.as_str(), row.name.as_str(), row.email.as_str()],
            )?;
            if old == new {
                return Err(OperationError::invalid("new", "This is your present password; choose another."));
            }
            let hash = self.inner.passwords.hash(new, self.inner.ids.secret()).await?;

            let mut pending = self.store().begin_change().await?;
            let now = users::by_id(&mut pending, user).await?;
            if !now.is_some_and(|now| now.active && now.password_hash == row.password_hash) {
                return Err(OperationError::conflict(
                    "Your password was changed elsewhere meanwhile; try again.",
                ));
            }
            let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
            let mut tx = pending.authorised(grant);
            users::set_password_hash(&mut tx, user, Some(&hash), self.now()).await?;
            let reason = EndReason::PasswordChanged;
            let ended = sessions::end_of_user(&mut tx, user, Some(current), reason, self.now()).await?;
            devices::forget_of_user(&mut tx, user).await?;
            let mut entry = self.entry(caller, "user.change_own_password", object);
            entry.after = json!({ "password": masked(), "sessions_ended": ended });
            tx.commit(entry).await?;
            Ok(password::advice(new, &[row.username.as_str(), row.name.as_str(), row.email.as_str()]))
        })
        .await
    }
}
