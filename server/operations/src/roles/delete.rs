//! Deleting a role. Whoever holds it gets another one in its place, since everybody has exactly one (R25).

use super::show::may_delete;
use super::{Giving, Known, Target, in_words};
use crate::console::{Caller, Console};
use crate::door::permitted_wide;
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use domain::access::Rights;
use domain::audit::Object;
use domain::id::RoleId;
use serde_json::json;
use storage::roles;

impl Console {
    /// Deletes a role.
    ///
    /// # Errors
    /// It is the Administrator role or the caller's own (R29), somebody holds it and no substitute is named, the substitute gives more
    /// than the caller holds (R28), or the right is missing.
    pub async fn delete_role(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: RoleId,
        substitute: Option<RoleId>,
    ) -> Result<()> {
        let attempt = self.attempt("role.delete", infrastructure, Target::Role(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "delete a role").await?;
            let known = Known::load(&mut pending, home).await?;
            let role = known.role(id)?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            may_delete(role, &giving)?;
            let held = roles::holders(&mut pending, id).await?;
            let holders = held.users.n + held.members.n + held.grants.n;
            let other = match substitute {
                Some(other) if other == id => {
                    let sentence = "Choose another role than the one that is deleted.";
                    return Err(OperationError::invalid("substitute", sentence));
                }
                Some(other) => Some(known.chosen("substitute", other)?),
                None if holders > 0 => {
                    let sentence =
                        format!("“{}” is held by somebody. Choose a role that takes its place.", role.name);
                    return Err(OperationError::invalid("substitute", sentence));
                }
                None => None,
            };
            if let Some(other) = other {
                giving.check(&known, &other.name, &known.rights(other.id))?;
            }
            self.proved(caller, "delete a role")?;
            let mut tx = pending.authorised(grant);
            let moved = match other {
                Some(other) => roles::repoint(&mut tx, id, other.id).await?,
                None => 0,
            };
            roles::delete(&mut tx, id).await?;
            tx.notice(&topic(known.home.key.as_str()), id);
            let mut entry = self.entry(caller, "role.delete", Object::new("role", id, &role.name));
            entry.infrastructure = Some(known.home.id);
            let stated = role.new_environment.map(Rights::from_bits);
            entry.before = in_words(&known, &role.name, &role.description, &known.rights(id), stated);
            entry.after = json!({ "substitute": other.map(|other| &other.name), "moved": moved });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
