//! Giving a user another default role (R25).

use super::held::{another_administrator, find_user};
use crate::console::{Caller, Console};
use crate::door::permitted_wide;
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::roles::{Giving, Known, Target, other_person};
use domain::access::{Alteration, BuiltInRole, Standing};
use domain::audit::Object;
use domain::id::{RoleId, UserId};
use serde_json::json;
use std::collections::BTreeMap;
use storage::holdings::{self, Of};
use storage::{Reader, roles, service_accounts};

/// How a refusal begins.
pub(crate) const CANNOT: &str = "You cannot give this role";

/// What a user would hold before and after another default role. One that opens an environment lets narrower roles act there (R27).
pub(crate) async fn with_default(
    tx: &mut impl Reader,
    known: &Known,
    user: UserId,
    role: RoleId,
) -> Result<Vec<(Standing, Standing)>> {
    let now = BTreeMap::new();
    let pair = |held: domain::access::Holding| {
        (known.standing(held, &now), known.standing(held.altered(Alteration::Default(role)), &now))
    };
    Ok(holdings::list(tx, Of::User(user, known.home.id)).await?.into_iter().map(pair).collect())
}

/// Longest reason for a change, characters.
pub const REASON: usize = 500;

impl Console {
    /// Makes a role the user's default role in an infrastructure. It counts from the next decision on, in open sessions too. The reason
    /// stands in the entry; it may be empty.
    ///
    /// # Errors
    /// The role gives more than the caller holds (R28), the user is the caller (R29) or the last active administrator, user or role are
    /// not there, the reason is longer than [`REASON`] characters, or the right is missing.
    pub async fn set_default_role(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: UserId,
        role: RoleId,
        reason: &str,
    ) -> Result<()> {
        let attempt = self.attempt("user.role", infrastructure, Target::User(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            // Held first: two administrators who demote each other are decided one after the other.
            let administrator =
                roles::hold_built_in(&mut pending, home.id, BuiltInRole::Administrator.name()).await?;
            let administrator = administrator.map(|role| role.id);
            let doing = "change this user's role";
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], doing).await?;
            let reason = reason.trim();
            if reason.chars().count() > REASON {
                let sentence = format!("A reason has at most {REASON} characters.");
                return Err(OperationError::invalid("reason", sentence));
            }
            let user = find_user(&mut pending, id).await?;
            other_person(caller, id)?;
            if service_accounts::home(&mut pending, id).await?.is_some_and(|own| own != home.id) {
                let sentence =
                    format!("{} is a service account of another infrastructure, and stays there.", user.name);
                return Err(OperationError::conflict(sentence));
            }
            let known = Known::load(&mut pending, home).await?;
            let new = known.chosen("role", role)?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            giving.check(&known, &new.name, &known.rights(role))?;
            let changed = with_default(&mut pending, &known, id, role).await?;
            giving.check_gain(&known, CANNOT, &changed)?;
            if Some(role) != administrator {
                another_administrator(&mut pending, &known.home, administrator, &user).await?;
            }
            let before = roles::membership(&mut pending, id, known.home.id).await?;
            self.proved(caller, "change this user's role")?;
            let mut tx = pending.authorised(grant);
            roles::assign(&mut tx, id, known.home.id, role).await?;
            tx.notice(&topic(known.home.key.as_str()), id);
            let mut entry = self.entry(caller, "user.role", Object::new("user", id, user.name.as_str()));
            entry.infrastructure = Some(known.home.id);
            entry.related = vec![Object::new("role", role, &new.name)];
            entry.before = json!({ "role": before.map(|held| held.role_name) });
            entry.after = match reason {
                "" => json!({ "role": new.name }),
                reason => json!({ "role": new.name, "reason": reason }),
            };
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
