//! Roles that ask for a second factor, and beginning anew for somebody who has lost theirs.

use crate::console::{Caller, Console};
use crate::door::permitted_wide;
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::people::held::find_user;
use crate::roles::{Known, Target, role_ref};
use crate::view::RoleFactor;
use domain::access::Actor;
use domain::audit::Object;
use domain::id::{RoleId, UserId};
use serde_json::json;
use storage::sessions::EndReason;
use storage::{
    authenticators, devices, invitations, passkeys, recovery_codes, roles, second_factors, sessions,
};

impl Console {
    /// The roles of an infrastructure, and which of them ask for a second factor.
    ///
    /// # Errors
    /// The right to manage users is missing.
    pub async fn role_factors(&self, caller: &Caller, infrastructure: &str) -> Result<Vec<RoleFactor>> {
        self.traced(caller, "role.second_factors", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            permitted_wide(self, &mut tx, caller, &[home.id], "see which roles ask for a second factor")
                .await?;
            let roles = roles::list(&mut tx, home.id).await?;
            Ok(roles
                .iter()
                .map(|role| RoleFactor { role: role_ref(role), asks: role.second_factor })
                .collect())
        })
        .await
    }

    /// Says whether who holds a role signs in with a second factor. It is no right, so the Administrator role and the caller's own can be
    /// changed too. It counts from the next request on, in open sessions too.
    ///
    /// # Errors
    /// The role is not there, the right or a recent proof is missing.
    pub async fn require_second_factor(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: RoleId,
        asks: bool,
    ) -> Result<()> {
        let attempt = self.attempt("role.second_factor", infrastructure, Target::Role(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let doing = "say which roles ask for a second factor";
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], doing).await?;
            let known = Known::load(&mut pending, home).await?;
            let role = known.role(id)?;
            self.proved(caller, "change a role")?;
            let mut tx = pending.authorised(grant);
            roles::set_second_factor(&mut tx, id, asks).await?;
            tx.notice(&topic(known.home.key.as_str()), id);
            let mut entry = self.entry(caller, "role.second_factor", Object::new("role", id, &role.name));
            entry.infrastructure = Some(known.home.id);
            entry.before = json!({ "second_factor": role.second_factor });
            entry.after = json!({ "second_factor": asks });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Removes the second factor of somebody who has lost it, with every session and every open link: who the person is has to be made
    /// sure of by other means before.
    ///
    /// # Errors
    /// The user is the caller, has none, or is not there; the caller does not manage users wherever this one has a role; a recent proof is
    /// missing.
    pub async fn reset_second_factor(&self, caller: &Caller, infrastructure: &str, id: UserId) -> Result<()> {
        let attempt = self.attempt("second_factor.reset", infrastructure, Target::User(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let user = find_user(&mut pending, id).await?;
            let doing = "reset this user's second factor";
            let grant = self.manages(&mut pending, caller, home.id, &user, doing).await?;
            if caller.actor == (Actor::User { user: id }) {
                let sentence =
                    "You cannot reset your own second factor; your profile is where you change it.";
                return Err(OperationError::denied(sentence, "Somebody else who manages users can."));
            }
            if second_factors::count(&mut pending, id).await? == 0 {
                return Err(OperationError::conflict(format!("{} has no second factor.", user.name)));
            }
            self.proved(caller, doing)?;
            let mut tx = pending.authorised(grant);
            let app = authenticators::remove(&mut tx, id).await?;
            let passkeys = passkeys::remove_of_user(&mut tx, id).await?;
            let codes = recovery_codes::remove(&mut tx, id).await?;
            let reason = EndReason::ByAdministrator;
            let ended = sessions::end_of_user(&mut tx, id, None, reason, self.now()).await?;
            devices::forget_of_user(&mut tx, id).await?;
            invitations::end_of_user(&mut tx, id, self.now()).await?;
            tx.notice(&topic(home.key.as_str()), id);
            let object = Object::new("user", id, user.name.as_str());
            let mut entry = self.entry(caller, "second_factor.reset", object);
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "authenticator_app": app, "passkeys": passkeys, "recovery_codes": codes });
            entry.after = json!({ "sessions_ended": ended });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
