//! Giving a user another default role (R25).

use super::held::{another_administrator, find_user};
use crate::console::{Caller, Console};
use crate::door::permitted_wide;
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::roles::{Giving, Known, Target, other_person};
use domain::access::BuiltInRole;
use domain::audit::Object;
use domain::id::{RoleId, UserId};
use serde_json::json;
use storage::{roles, service_accounts};

impl Console {
    /// Makes a role the user's default role in an infrastructure. It counts from the next decision on, in open sessions too.
    ///
    /// # Errors
    /// The role gives more than the caller holds (R28), the user is the caller (R29) or the last active administrator, user or role are
    /// not there, or the right is missing.
    pub async fn set_default_role(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: UserId,
        role: RoleId,
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
            if Some(role) != administrator {
                another_administrator(&mut pending, &known.home, administrator, &user).await?;
            }
            let before = roles::membership(&mut pending, id, known.home.id).await?;
            let mut tx = pending.authorised(grant);
            roles::assign(&mut tx, id, known.home.id, role).await?;
            tx.notice(&topic(known.home.key.as_str()), id);
            let mut entry = self.entry(caller, "user.role", Object::new("user", id, user.name.as_str()));
            entry.infrastructure = Some(known.home.id);
            entry.related = vec![Object::new("role", role, &new.name)];
            entry.before = json!({ "role": before.map(|held| held.role_name) });
            entry.after = json!({ "role": new.name });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
