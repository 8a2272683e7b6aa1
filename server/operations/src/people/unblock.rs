//! Ending the pause after failed sign-ins for one account (R30).

use super::sign_in::account;
use crate::console::{Caller, Console};
use crate::door::{Attempt, permitted_wide};
use crate::error::{OperationError, Result};
use domain::audit::Object;
use domain::id::UserId;
use serde_json::json;
use storage::{attempts, roles, users};

/// Counters of an account that are shown.
const SHOWN: u32 = 50;

impl Console {
    /// From where an account was tried in vain, and until when the next try waits: address, failures, end of the pause.
    ///
    /// # Errors
    /// The caller may not manage users where the user has a role, or there is no such user.
    pub async fn failed_sign_ins(
        &self,
        caller: &Caller,
        user: UserId,
    ) -> Result<Vec<(String, u32, domain::time::Timestamp)>> {
        self.traced(caller, "user.failed_sign_ins", async {
            let mut tx = self.store().read().await?;
            let row = users::by_id(&mut tx, user).await?.ok_or_else(missing)?;
            let homes: Vec<_> = roles::infrastructures_of(&mut tx, user)
                .await?
                .into_iter()
                .map(|held| held.infrastructure_id)
                .collect();
            permitted_wide(self, &mut tx, caller, &homes, "see failed sign-ins").await?;
            let rows = attempts::of_account(&mut tx, &account(row.username.as_str()), SHOWN).await?;
            Ok(rows
                .into_iter()
                .map(|row| (row.address.clone(), row.attempts().failures, row.free_at))
                .collect())
        })
        .await
    }

    /// Lets an account sign in again at once, from everywhere.
    ///
    /// # Errors
    /// The caller may not manage users where the user has a role, or there is no such user.
    pub async fn unblock_user(&self, caller: &Caller, user: UserId) -> Result<()> {
        self.audited(caller, Attempt::new("user.unblock", Object::new("user", user, "User")), async {
            let mut pending = self.store().begin_change().await?;
            let row = users::by_id(&mut pending, user).await?.ok_or_else(missing)?;
            let homes: Vec<_> = roles::infrastructures_of(&mut pending, user)
                .await?
                .into_iter()
                .map(|held| held.infrastructure_id)
                .collect();
            let grant = permitted_wide(self, &mut pending, caller, &homes, "unblock this user").await?;
            let mut tx = pending.authorised(grant);
            let counters = attempts::unblock(&mut tx, &account(row.username.as_str())).await?;
            let mut entry = self.entry(caller, "user.unblock", Object::new("user", user, row.name.as_str()));
            entry.infrastructure = homes.first().copied().filter(|_| homes.len() == 1);
            entry.before = json!({ "counters": counters });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

fn missing() -> OperationError {
    OperationError::not_found("There is no such user.")
}
