//! Following a link: who holds it chooses a password and is signed in.

use super::hash;
use crate::console::{Caller, Console};
use crate::door::{Attempt, masked};
use crate::error::{OperationError, Result};
use crate::password;
use crate::people::SignedIn;
use domain::access::{Actor, Requirement};
use domain::audit::Object;
use serde_json::json;
use storage::invitations::InvitationRow;
use storage::sessions::EndReason;
use storage::users::UserRow;
use storage::{Reader, devices, invitations, sessions, users};

const NO_GOOD: &str = "This link is not good: it was used, is older than three days, was replaced by a newer one, or is not whole. \
                       Ask an administrator for a new one.";

/// Whom a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationView {
    /// The name to sign in with.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// There is a password already, which the new one takes the place of.
    pub renews: bool,
}

impl Console {
    /// Whom a link is for, before the password is chosen. Nothing is used up.
    ///
    /// # Errors
    /// The link is not good: one sentence for used, expired, replaced and unknown ones, and an entry.
    pub async fn invitation(&self, caller: &Caller, token: &str) -> Result<InvitationView> {
        let attempt = self.invitation_attempt("invitation.open", token).await?;
        self.audited(caller, attempt, async {
            let mut tx = self.store().read().await?;
            let (_, user) = self.good_invitation(&mut tx, token).await?;
            Ok(InvitationView {
                username: user.username.to_string(),
                name: user.name.to_string(),
                renews: user.password_hash.is_some(),
            })
        })
        .await
    }

    /// Uses a link up: the password is set, sessions and known devices of an earlier one end, and the person has proved who they are, but
    /// for the second factor if there is one.
    ///
    /// # Errors
    /// The link is not good, or the password is not acceptable; the link stays good then.
    pub async fn accept_invitation(&self, caller: &Caller, token: &str, password: &str) -> Result<SignedIn> {
        let attempt = self.invitation_attempt("invitation.accept", token).await?;
        self.audited(caller, attempt, async {
            let mut tx = self.store().read().await?;
            let (_, user) = self.good_invitation(&mut tx, token).await?;
            drop(tx);
            let words = [user.username.as_str(), user.name.as_str(), user.email.as_str()];
            password::acceptable(password, &words)?;
            let hashed = self.inner.passwords.hash(password, self.inner.ids.secret()).await?;

            let mut pending = self.store().begin_change().await?;
            let (invitation, user) = self.good_invitation(&mut pending, token).await?;
            let now = self.now();
            let half = self.half_open(&mut pending, &user, Some(now)).await?;
            let grant = self.permit_plain(caller, &Requirement::Anyone)?;
            let mut tx = pending.authorised(grant);
            if !invitations::use_up(&mut tx, invitation.id, now).await? {
                return Err(OperationError::not_found(NO_GOOD));
            }
            users::set_password_hash(&mut tx, user.id, Some(&hashed), now).await?;
            let reason = EndReason::PasswordChanged;
            let ended = sessions::end_of_user(&mut tx, user.id, None, reason, now).await?;
            devices::forget_of_user(&mut tx, user.id).await?;
            let by = Caller {
                actor: Actor::User { user: user.id },
                name: user.name.to_string(),
                ..caller.clone()
            };
            let object = Object::new("user", user.id, user.name.as_str());
            let mut entry = self.entry(&by, "invitation.accept", object);
            entry.before = json!({ "has_password": user.password_hash.is_some() });
            entry.after = json!({ "password": masked(), "sessions_ended": ended });
            tx.commit(entry).await?;
            let device =
                if half.is_some() { String::new() } else { self.remember_device(user.id, None).await? };
            Ok(SignedIn { user: user.id, name: user.name.to_string(), device, asks: half })
        })
        .await
    }

    /// What is attempted with a link. The link itself never stands in an entry; whom it is for does, if it ever was one.
    async fn invitation_attempt(&self, operation: &'static str, token: &str) -> Result<Attempt<'static>> {
        let mut tx = self.store().read().await?;
        let user = match invitations::by_hash(&mut tx, &hash(token)).await? {
            Some(row) => users::by_id(&mut tx, row.user_id).await?,
            None => None,
        };
        let object = match user {
            Some(user) => Object::new("user", user.id, user.name.as_str()),
            None => Object::new("invitation", "unknown", "an unknown link"),
        };
        Ok(Attempt::new(operation, object))
    }

    async fn good_invitation(&self, tx: &mut impl Reader, token: &str) -> Result<(InvitationRow, UserRow)> {
        let no_good = || OperationError::not_found(NO_GOOD);
        let row = invitations::by_hash(tx, &hash(token)).await?;
        let row =
            row.filter(|row| row.used_at.is_none() && row.expires_at > self.now()).ok_or_else(no_good)?;
        let user = users::by_id(tx, row.user_id).await?.filter(|user| user.active).ok_or_else(no_good)?;
        Ok((row, user))
    }
}
