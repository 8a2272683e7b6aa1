//! A role for one user on one application: the most specific of all (R26).

use crate::applications::find;
use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::people::held::{Held, find_user};
use crate::people::show::open_somewhere;
use crate::roles::{Giving, Known, Target, other_person};
use domain::access::Actor;
use domain::audit::Object;
use domain::id::{RoleId, UserId};
use serde_json::json;
use storage::grants::{self, GrantRow};

impl Console {
    /// Grants a user a role on an application, in place of the one granted before.
    ///
    /// # Errors
    /// The role gives more than the caller holds (R28), the user is the caller (R29), the user's default role is closed everywhere, so
    /// that the grant would have no effect (R27), something is not there, or the right is missing.
    pub async fn grant(
        &self,
        caller: &Caller,
        infrastructure: &str,
        user: UserId,
        application: &str,
        role: RoleId,
    ) -> Result<()> {
        let attempt = self.attempt("grant.give", infrastructure, Target::User(user)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = self.manages_teams(&mut pending, caller, home.id, "grant application roles").await?;
            let person = find_user(&mut pending, user).await?;
            let row = find(&mut pending, home.id, application).await?;
            other_person(caller, user)?;
            let known = Known::load(&mut pending, home).await?;
            let new = known.chosen("role", role)?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            giving.check(&known, &new.name, &known.rights(role))?;
            let held = Held::load(&mut pending, &known, user, 0).await?;
            open_somewhere(&known, &held, person.name.as_str())?;
            let before = grants::get(&mut pending, user, row.id).await?;
            let by = match caller.actor {
                Actor::User { user } => Some(user),
                _ => None,
            };
            let mut tx = pending.authorised(grant);
            let granted = GrantRow {
                user_id: user,
                application_id: row.id,
                role_id: role,
                granted_by: by,
                granted_at: self.now(),
            };
            grants::put(&mut tx, &granted).await?;
            tx.notice(&topic(known.home.key.as_str()), user);
            let mut entry = self.entry(caller, "grant.give", Object::new("user", user, person.name.as_str()));
            entry.infrastructure = Some(known.home.id);
            entry.related = vec![
                Object::new("application", row.id, row.name.as_str()),
                Object::new("role", role, &new.name),
            ];
            let before = before.and_then(|held| known.role(held.role_id).map(|role| role.name.clone()).ok());
            entry.before = json!({ "application": row.name, "role": before });
            entry.after = json!({ "application": row.name, "role": new.name });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Takes a grant away. What holds then is the team's or the default role, which may give more (R26).
    ///
    /// # Errors
    /// There is no such grant, the user is the caller (R29), or the right is missing.
    pub async fn revoke_grant(
        &self,
        caller: &Caller,
        infrastructure: &str,
        user: UserId,
        application: &str,
    ) -> Result<()> {
        let attempt = self.attempt("grant.revoke", infrastructure, Target::User(user)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = self.manages_teams(&mut pending, caller, home.id, "take application roles").await?;
            let person = find_user(&mut pending, user).await?;
            let row = find(&mut pending, home.id, application).await?;
            other_person(caller, user)?;
            let Some(held) = grants::get(&mut pending, user, row.id).await? else {
                let sentence = format!("{} has no role of their own on {}.", person.name, row.name);
                return Err(OperationError::conflict(sentence));
            };
            let known = Known::load(&mut pending, home).await?;
            let mut tx = pending.authorised(grant);
            grants::remove(&mut tx, user, row.id).await?;
            tx.notice(&topic(known.home.key.as_str()), user);
            let object = Object::new("user", user, person.name.as_str());
            let mut entry = self.entry(caller, "grant.revoke", object);
            entry.infrastructure = Some(known.home.id);
            entry.related = vec![Object::new("application", row.id, row.name.as_str())];
            entry.before = json!({ "application": row.name, "role": known.role(held.role_id)?.name });
            entry.after = json!({ "application": row.name, "role": null });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
