//! The members of a team, each with a role on its applications (R31).

use super::find_team;
use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::people::held::find_user;
use crate::roles::{Giving, Known, Target, other_person};
use domain::audit::Object;
use domain::id::{RoleId, TeamId, UserId};
use serde_json::json;
use storage::teams;

impl Console {
    /// Puts a user into a team with a role, or changes the role of one who is in it.
    ///
    /// # Errors
    /// The role gives more than the caller holds (R28), the user is the caller (R29), team, user or role are not there, or the right is
    /// missing.
    pub async fn put_member(
        &self,
        caller: &Caller,
        infrastructure: &str,
        team: TeamId,
        user: UserId,
        role: RoleId,
    ) -> Result<()> {
        let attempt = self.attempt("team.member", infrastructure, Target::Team(team)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = self.manages_teams(&mut pending, caller, home.id, "change this team").await?;
            let found = find_team(&mut pending, home.id, team).await?;
            let person = find_user(&mut pending, user).await?;
            other_person(caller, user)?;
            let known = Known::load(&mut pending, home).await?;
            let new = known.chosen("role", role)?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            giving.check(&known, &new.name, &known.rights(role))?;
            let before = teams::role_of(&mut pending, team, user).await?;
            let mut tx = pending.authorised(grant);
            teams::put_member(&mut tx, team, user, role).await?;
            tx.notice(&topic(known.home.key.as_str()), team);
            let mut entry = self.entry(caller, "team.member", Object::new("team", team, &found.name));
            entry.infrastructure = Some(known.home.id);
            entry.related =
                vec![Object::new("user", user, person.name.as_str()), Object::new("role", role, &new.name)];
            let name_of = |id: RoleId| known.role(id).map(|role| role.name.clone()).ok();
            entry.before = json!({ "member": person.name, "role": before.and_then(name_of) });
            entry.after = json!({ "member": person.name, "role": new.name });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Takes a user out of a team. What holds then is the default role, which may give more (R26).
    ///
    /// # Errors
    /// The user is not in it or is the caller (R29), there is no such team, or the right is missing.
    pub async fn remove_member(
        &self,
        caller: &Caller,
        infrastructure: &str,
        team: TeamId,
        user: UserId,
    ) -> Result<()> {
        let attempt = self.attempt("team.member_remove", infrastructure, Target::Team(team)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = self.manages_teams(&mut pending, caller, home.id, "change this team").await?;
            let found = find_team(&mut pending, home.id, team).await?;
            let person = find_user(&mut pending, user).await?;
            other_person(caller, user)?;
            let Some(role) = teams::role_of(&mut pending, team, user).await? else {
                let sentence = format!("{} is not in {}.", person.name, found.name);
                return Err(OperationError::conflict(sentence));
            };
            let known = Known::load(&mut pending, home).await?;
            let mut tx = pending.authorised(grant);
            teams::remove_member(&mut tx, team, user).await?;
            tx.notice(&topic(known.home.key.as_str()), team);
            let object = Object::new("team", team, &found.name);
            let mut entry = self.entry(caller, "team.member_remove", object);
            entry.infrastructure = Some(known.home.id);
            entry.related = vec![Object::new("user", user, person.name.as_str())];
            entry.before = json!({ "member": person.name, "role": known.role(role)?.name });
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
