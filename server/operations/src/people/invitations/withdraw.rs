//! Withdrawing an invitation: its link is no good any more.

use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::people::held::find_user;
use crate::roles::Target;
use domain::audit::Object;
use domain::id::UserId;
use serde_json::json;
use storage::invitations;

impl Console {
    /// Ends the open link of a user. Nothing else changes: who never chose a password has none and cannot sign in, who has one keeps it,
    /// and both can be invited again.
    ///
    /// # Errors
    /// No link of the user is open, there is no such user, or the caller does not manage users wherever this one has a role.
    pub async fn withdraw_invitation(&self, caller: &Caller, infrastructure: &str, id: UserId) -> Result<()> {
        let attempt = self.attempt("invitation.withdraw", infrastructure, Target::User(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let user = find_user(&mut pending, id).await?;
            let grant =
                self.manages(&mut pending, caller, home.id, &user, "withdraw this invitation").await?;
            // It only takes away, so no recent proof is asked, as for deactivating.
            let mut tx = pending.authorised(grant);
            let ended = invitations::end_of_user(&mut tx, id, self.now()).await?;
            if ended == 0 {
                return Err(OperationError::conflict(format!(
                    "No link of {} is open: it was used, withdrawn or replaced, or its time is over.",
                    user.name
                )));
            }
            tx.notice(&topic(home.key.as_str()), id);
            let object = Object::new("user", id, user.name.as_str());
            let mut entry = self.entry(caller, "invitation.withdraw", object);
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "open_links": ended, "has_password": user.password_hash.is_some() });
            entry.after = json!({ "open_links": 0 });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
