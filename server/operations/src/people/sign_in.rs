//! Signing in and out. Every outcome costs exactly one password verification, and leaves exactly one entry.

use super::SignedIn;
use crate::console::{Caller, Console};
use crate::door::{Attempt, short};
use crate::error::{OperationError, Result};
use domain::access::{Actor, Requirement};
use domain::audit::Object;
use domain::text::Username;
use storage::users;

const REFUSED: &str = "The user name or the password is not right.";

impl Console {
    /// Signs somebody in. An unknown user, a wrong password and a deactivated user look the same from outside.
    ///
    /// # Errors
    /// `Invalid` with one sentence for all of them; `TooMany` where too many are being checked.
    pub async fn sign_in(&self, caller: &Caller, username: &str, password: &str) -> Result<SignedIn> {
        let attempt = Attempt::new("session.sign_in", Object::new("user", short(username), short(username)));
        let mut typed = caller.clone();
        typed.name = short(username);
        self.audited(&typed, attempt, async {
            let mut tx = self.store().read().await?;
            let user = match username.parse::<Username>() {
                Ok(username) => users::by_username(&mut tx, &username).await?,
                Err(_) => None,
            };
            drop(tx);
            let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
            let matches = self.inner.passwords.verify(password, stored).await?;
            let user = user.filter(|user| matches && user.active).ok_or_else(refused)?;

            let mut pending = self.store().begin_change().await?;
            // The user may have been changed while the password was being verified.
            let now = users::by_id(&mut pending, user.id).await?;
            if !now.is_some_and(|now| now.active && now.password_hash == user.password_hash) {
                return Err(refused());
            }
            let grant = self.permit_plain(caller, &Requirement::Anyone)?;
            let by = Caller {
                actor: Actor::User { user: user.id },
                name: user.name.to_string(),
                ..caller.clone()
            };
            let object = Object::new("user", user.id, user.name.as_str());
            pending.authorised(grant).commit(self.entry(&by, "session.sign_in", object)).await?;
            Ok(SignedIn { user: user.id, name: user.name.to_string() })
        })
        .await
    }

    /// Leaves an entry for a sign-out; the session itself is deleted by its store.
    ///
    /// # Errors
    /// Nobody is signed in.
    pub async fn sign_out(&self, caller: &Caller) -> Result<()> {
        let Actor::User { user } = caller.actor else { return Ok(()) };
        let object = Object::new("user", user, &caller.name);
        let attempt = Attempt::new("session.sign_out", object.clone());
        self.audited(caller, attempt, async {
            let pending = self.store().begin_change().await?;
            let grant = self.permit_plain(caller, &Requirement::SignedIn)?;
            pending.authorised(grant).commit(self.entry(caller, "session.sign_out", object)).await?;
            Ok(())
        })
        .await
    }
}

fn refused() -> OperationError {
    OperationError::invalid("username", REFUSED)
}
