//! Deactivating a user, and letting one in again. Nobody is ever deleted, so that the audit log keeps its people.

use super::held::{another_administrator_everywhere, find_user};
use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::roles::{Giving, Known, Target};
use domain::access::{Actor, Holding, Standing};
use domain::audit::Object;
use domain::id::UserId;
use serde_json::json;
use std::collections::BTreeMap;
use storage::holdings::{self, Of};
use storage::sessions::EndReason;
use storage::{Reader, infrastructures, roles, sessions, tokens, users};

/// What a user would hold after being let in again, and before: nothing.
fn let_in(known: &Known, held: &[Holding]) -> Vec<(Standing, Standing)> {
    let now = BTreeMap::new();
    let none = known.standing(Holding::default(), &now);
    held.iter().map(|each| (none.clone(), known.standing(*each, &now))).collect()
}

impl Console {
    /// Whether the caller holds, wherever the user has a role, what the user would hold again (R28).
    pub(crate) async fn may_let_in(&self, tx: &mut impl Reader, caller: &Caller, user: UserId) -> Result<()> {
        for member in roles::infrastructures_of(tx, user).await? {
            let Some(home) = infrastructures::by_id(tx, member.infrastructure_id).await? else { continue };
            let known = Known::load(tx, home).await?;
            let giving = Giving::load(self, tx, caller, &known.home).await?;
            let held = holdings::list(tx, Of::User(user, known.home.id)).await?;
            giving.check_gain(&known, "You cannot let this user in again", &let_in(&known, &held))?;
        }
        Ok(())
    }

    /// Deactivates a user: no sign-in any more, and every session and token ends with the same change.
    ///
    /// # Errors
    /// It is the last active administrator of an infrastructure, the caller, or nobody; or the caller does not manage users wherever
    /// this one has a role.
    pub async fn deactivate_user(&self, caller: &Caller, infrastructure: &str, id: UserId) -> Result<()> {
        let attempt = self.attempt("user.deactivate", infrastructure, Target::User(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let user = find_user(&mut pending, id).await?;
            // Holds the Administrator roles first: what is decided after that stays true until the commit.
            let stays = another_administrator_everywhere(&mut pending, &user, true).await;
            let grant = self.manages(&mut pending, caller, home.id, &user, "deactivate this user").await?;
            stays?;
            let user = find_user(&mut pending, id).await?;
            if caller.actor == (Actor::User { user: id }) {
                let sentence = "You cannot deactivate yourself.";
                return Err(OperationError::denied(sentence, "Somebody else who manages users can."));
            }
            if !user.active {
                return Err(OperationError::conflict(format!("{} is deactivated already.", user.name)));
            }
            let mut tx = pending.authorised(grant);
            users::set_active(&mut tx, id, false, self.now()).await?;
            let reason = EndReason::Deactivated;
            let ended = sessions::end_of_user(&mut tx, id, None, reason, self.now()).await?;
            let revoked = tokens::revoke_all(&mut tx, id, self.now()).await?;
            tx.notice(&topic(home.key.as_str()), id);
            let mut entry =
                self.entry(caller, "user.deactivate", Object::new("user", id, user.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "active": true });
            entry.after = json!({ "active": false, "sessions_ended": ended, "tokens_revoked": revoked });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Lets a deactivated user sign in again, with the roles they had.
    ///
    /// # Errors
    /// The user may sign in already or is not there, the caller does not manage users wherever this one has a role, or the user would
    /// hold more than the caller does (R28).
    pub async fn reactivate_user(&self, caller: &Caller, infrastructure: &str, id: UserId) -> Result<()> {
        let attempt = self.attempt("user.reactivate", infrastructure, Target::User(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let user = find_user(&mut pending, id).await?;
            let grant = self.manages(&mut pending, caller, home.id, &user, "let this user in again").await?;
            if user.active {
                return Err(OperationError::conflict(format!("{} may sign in already.", user.name)));
            }
            self.may_let_in(&mut pending, caller, id).await?;
            let mut tx = pending.authorised(grant);
            users::set_active(&mut tx, id, true, self.now()).await?;
            tx.notice(&topic(home.key.as_str()), id);
            let mut entry =
                self.entry(caller, "user.reactivate", Object::new("user", id, user.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.before = json!({ "active": false });
            entry.after = json!({ "active": true });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
