//! The members of a team, each with a role on its applications (R31).

use super::find_team;
use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::people::held::find_user;
use crate::roles::{Giving, Known, Target, other_person};
use domain::access::{Alteration, Holding, Standing};
use domain::audit::Object;
use domain::id::{RoleId, TeamId, UserId};
use serde_json::json;
use std::collections::BTreeMap;
use storage::holdings::{self, Of};
use storage::roles::RoleRow;
use storage::users::UserRow;
use storage::{Reader, roles, teams};

/// Whether the caller may give a user a role in a team.
pub(crate) async fn checked_put<'k>(
    tx: &mut impl Reader,
    caller: &Caller,
    known: &'k Known,
    giving: &Giving,
    person: &UserRow,
    role: RoleId,
) -> Result<&'k RoleRow> {
    other_person(caller, person.id)?;
    let new = known.chosen("role", role)?;
    giving.check(known, &new.name, &known.rights(role))?;
    if roles::membership(tx, person.id, known.home.id).await?.is_none() {
        return Err(no_role(person.name.as_str(), known.home.name.as_str()));
    }
    Ok(new)
}

/// Who has no default role has no part in the infrastructure, whatever a team gives (R25).
pub(crate) fn no_role(person: &str, home: &str) -> OperationError {
    OperationError::conflict(format!(
        "{person} has no role in {home}, so a team would give nothing. Give a default role first."
    ))
    .under("R25")
}

/// What a member would hold before and after leaving a team: the default role counts again on its applications (R26).
pub(crate) async fn without_team(
    tx: &mut impl Reader,
    known: &Known,
    of: Of,
) -> Result<Vec<(Standing, Standing)>> {
    let now = BTreeMap::new();
    let pair = |held: Holding| {
        (known.standing(held, &now), known.standing(held.altered(Alteration::Team(None)), &now))
    };
    Ok(holdings::list(tx, of).await?.into_iter().map(pair).collect())
}

/// Whether the caller may take a user out of a team. What counts instead must not be more than the caller holds (R28).
pub(crate) async fn checked_remove(
    tx: &mut impl Reader,
    caller: &Caller,
    known: &Known,
    giving: &Giving,
    team: TeamId,
    user: UserId,
) -> Result<()> {
    other_person(caller, user)?;
    let changed = without_team(tx, known, Of::Member(team, user)).await?;
    giving.check_gain(known, "You cannot take them out of the team", &changed)
}

impl Console {
    /// Puts a user into a team with a role, or changes the role of one who is in it. The team's own managers may, too.
    ///
    /// # Errors
    /// The role gives more than the caller holds (R28), the user is the caller (R29) or has no default role, team, user or role are not
    /// there, or the right is missing.
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
            let grant = self.manages_members(&mut pending, caller, home.id, team, "change this team").await?;
            let found = find_team(&mut pending, home.id, team).await?;
            let person = find_user(&mut pending, user).await?;
            let known = Known::load(&mut pending, home).await?;
            let giving = Giving::in_team(self, &mut pending, caller, &known.home, team).await?;
            let before = teams::role_of(&mut pending, team, user).await?;
            let new = checked_put(&mut pending, caller, &known, &giving, &person, role).await?;
            self.proved(caller, "give a role in a team")?;
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

    /// Takes a user out of a team. What holds then is the default role, which may give more (R26). The team's own managers may, too.
    ///
    /// # Errors
    /// The user is not in it or is the caller (R29), would gain more than the caller holds (R28), there is no such team, or the right is
    /// missing.
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
            let grant = self.manages_members(&mut pending, caller, home.id, team, "change this team").await?;
            let found = find_team(&mut pending, home.id, team).await?;
            let person = find_user(&mut pending, user).await?;
            let Some(role) = teams::role_of(&mut pending, team, user).await? else {
                let sentence = format!("{} is not in {}.", person.name, found.name);
                return Err(OperationError::conflict(sentence));
            };
            let known = Known::load(&mut pending, home).await?;
            let giving = Giving::in_team(self, &mut pending, caller, &known.home, team).await?;
            checked_remove(&mut pending, caller, &known, &giving, team, user).await?;
            self.proved(caller, "take somebody out of a team")?;
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
