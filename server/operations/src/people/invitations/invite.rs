//! Inviting somebody: a user without a password, and a one-time link with which that person chooses one.

use super::{INVITATION_MICROS, hash, not_yourself};
use crate::console::{Caller, Console};
use crate::door::{masked, permitted_wide};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::people::add_user::insert_user;
use crate::people::held::{email, find_user};
use crate::people::set_up::field;
use crate::roles::{Giving, Known, Target};
use domain::audit::Object;
use domain::id::{RoleId, UserId};
use domain::text::{Name, Username};
use domain::time::Timestamp;
use serde_json::json;
use storage::invitations::InvitationRow;
use storage::{WriteTx, invitations, roles, service_accounts, users};

/// Somebody to invite.
#[derive(Debug, Clone)]
pub struct InvitationInput {
    /// The name to sign in with.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// The e-mail address; may be empty.
    pub email: String,
    /// The default role.
    pub role: RoleId,
}

/// An invitation that was made. What its link holds is shown once; only its hash is stored.
#[derive(Clone)]
pub struct Invited {
    /// The user.
    pub user: UserId,
    /// The name people read.
    pub name: String,
    /// What the link holds: 256 random bits.
    pub token: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Invited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invited").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Console {
    /// Adds a user without a password, and makes the one-time link with which that person chooses one.
    ///
    /// # Errors
    /// A field is not acceptable, the user name is taken, the role gives more than the caller holds (R28), the right or a recent proof is
    /// missing.
    pub async fn invite_user(
        &self,
        caller: &Caller,
        infrastructure: &str,
        input: InvitationInput,
    ) -> Result<Invited> {
        let target = Target::New("user", input.name.clone());
        let attempt = self.attempt("invitation.make", infrastructure, target).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "invite a user").await?;
            let username = field::<Username>("username", &input.username)?;
            let name = field::<Name>("name", &input.name)?;
            let email = email(&input.email)?;
            let known = Known::load(&mut pending, home).await?;
            let role = known.chosen("role", input.role)?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            giving.check(&known, &role.name, &known.rights(role.id))?;
            if users::by_username(&mut pending, &username).await?.is_some() {
                let sentence = format!("There is a user “{username}” already; choose another user name.");
                return Err(OperationError::invalid("username", sentence));
            }
            self.proved(caller, "invite a user")?;
            let mut tx = pending.authorised(grant);
            let user = insert_user(self, &mut tx, &username, &name, &email, None).await?;
            roles::assign(&mut tx, user, known.home.id, role.id).await?;
            let invited = self.insert_invitation(&mut tx, caller, user, &name).await?;
            tx.notice(&topic(known.home.key.as_str()), user);
            let mut entry = self.entry(caller, "invitation.make", Object::new("user", user, name.as_str()));
            entry.infrastructure = Some(known.home.id);
            entry.related = vec![Object::new("role", role.id, &role.name)];
            entry.after = json!({
                "username": username, "email": email, "role": role.name, "link": masked(),
                "good_until": invited.expires_at,
            });
            tx.commit(entry).await?;
            Ok(invited)
        })
        .await
    }

    /// Makes a new link for a user; the one before ends. For somebody who has a password it is the way to a new one (ASVS 6.4.3): the
    /// present one stays until the link is used, and a second factor is asked for as before.
    ///
    /// # Errors
    /// The user is the caller, deactivated, not there, or holds more than the caller, who could become that user by the link (R28); the
    /// right or a recent proof is missing.
    pub async fn renew_invitation(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: UserId,
    ) -> Result<Invited> {
        let attempt = self.attempt("invitation.renew", infrastructure, Target::User(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let user = find_user(&mut pending, id).await?;
            let grant = self.manages(&mut pending, caller, home.id, &user, "invite this user").await?;
            not_yourself(caller, id)?;
            if !user.active {
                return Err(OperationError::conflict(format!(
                    "{} is deactivated; let them in again before you invite them.",
                    user.name
                )));
            }
            if service_accounts::home(&mut pending, id).await?.is_some() {
                let sentence =
                    format!("{} is a service account, which has no password; make a token.", user.name);
                return Err(OperationError::conflict(sentence));
            }
            let known = Known::load(&mut pending, home).await?;
            if let Some(held) = roles::membership(&mut pending, id, known.home.id).await? {
                let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
                giving.check(&known, &held.role_name, &known.rights(held.role_id))?;
            }
            self.proved(caller, "invite a user")?;
            let mut tx = pending.authorised(grant);
            let ended = invitations::end_of_user(&mut tx, id, self.now()).await?;
            let invited = self.insert_invitation(&mut tx, caller, id, &user.name).await?;
            let mut entry =
                self.entry(caller, "invitation.renew", Object::new("user", id, user.name.as_str()));
            entry.infrastructure = Some(known.home.id);
            entry.before = json!({ "open_links": ended, "has_password": user.password_hash.is_some() });
            entry.after = json!({ "link": masked(), "good_until": invited.expires_at });
            tx.commit(entry).await?;
            Ok(invited)
        })
        .await
    }

    async fn insert_invitation(
        &self,
        tx: &mut WriteTx,
        caller: &Caller,
        user: UserId,
        name: &Name,
    ) -> Result<Invited> {
        let token = hex::encode(self.inner.ids.secret());
        let now = self.now();
        let row = InvitationRow {
            id: self.id(),
            user_id: user,
            token_hash: hash(&token),
            expires_at: now.plus(INVITATION_MICROS),
            used_at: None,
            created_at: now,
            created_by: caller.user(),
        };
        invitations::insert(tx, &row).await?;
        Ok(Invited { user, name: name.to_string(), token, expires_at: row.expires_at })
    }
}
