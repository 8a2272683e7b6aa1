//! For each kind of change: whom it concerns, what they hold then, and whether it may be made.

use super::person::Person;
use super::{AccessChange, Outlook, SHOWN};
use crate::applications::find;
use crate::applications::show::possible;
use crate::console::Caller;
use crate::error::Result;
use crate::people::default_role;
use crate::people::held::{another_administrator, find_user};
use crate::roles::{Giving, Known, RoleInput, accept, delete, edit, show};
use crate::teams::members::{checked_put, checked_remove, without_team};
use crate::teams::{applications, edit as team_edit, find_team, grant};
use crate::view::Possible;
use domain::access::{Alteration, Standing};
use domain::id::{RoleId, TeamId, UserId};
use std::collections::BTreeMap;
use storage::applications::ApplicationRow;
use storage::holdings::{self, Of, PersonRow};
use storage::users::UserRow;
use storage::{Count, Page, Reader, teams};

/// Applications of a team that are looked at for a person who comes to it.
const OF_TEAM: u32 = 200;

/// Who asks, and about what.
pub(super) struct Concerned<'k> {
    pub caller: &'k Caller,
    pub known: &'k Known,
    pub giving: &'k Giving,
}

impl Concerned<'_> {
    pub async fn outlook(&self, tx: &mut impl Reader, change: &AccessChange) -> Result<Outlook> {
        match change {
            AccessChange::DefaultRole(user, role) => self.default_role(tx, *user, *role).await,
            AccessChange::EditRole(role, input) => self.edit_role(tx, *role, input).await,
            AccessChange::DeleteRole(role, other) => self.delete_role(tx, *role, *other).await,
            AccessChange::PutMember(team, user, role) => self.put_member(tx, *team, *user, *role).await,
            AccessChange::RemoveMember(team, user) => self.remove_member(tx, *team, *user).await,
            AccessChange::GiveApplication(team, key) => self.give(tx, *team, key).await,
            AccessChange::TakeApplication(team, key) => self.take(tx, *team, key).await,
            AccessChange::DeleteTeam(team) => self.delete_team(tx, *team).await,
            AccessChange::Grant(user, key, role) => self.grant(tx, *user, key, Some(*role)).await,
            AccessChange::RevokeGrant(user, key) => self.grant(tx, *user, key, None).await,
        }
    }

    async fn default_role(&self, tx: &mut impl Reader, user: UserId, role: RoleId) -> Result<Outlook> {
        let Self { caller, known, giving } = self;
        let row = find_user(tx, user).await?;
        let to = known.chosen("role", role)?;
        let changed = default_role::with_default(tx, known, user, role).await?;
        let mut save = possible(crate::roles::other_person(caller, user))?
            .and(possible(giving.check(known, &to.name, &known.rights(role)))?)
            .and(possible(giving.check_gain(known, default_role::CANNOT, &changed))?);
        let administrator = known.administrator();
        if save.is_ok() && Some(role) != administrator {
            save = possible(another_administrator(tx, &known.home, administrator, &row).await)?;
        }
        let person = Person::load(tx, known, person_row(&row), &[]).await?.altered(Alteration::Default(role));
        Ok(self.one(person, Some(changed), save))
    }

    async fn edit_role(&self, tx: &mut impl Reader, id: RoleId, input: &RoleInput) -> Result<Outlook> {
        let Self { known, giving, .. } = self;
        let role = known.role(id)?;
        let new = accept(known, input, Some(id))?;
        let changed = edit::affected(tx, known, id, &new.rights).await?;
        let save = possible(show::may_edit(role, giving))?
            .and(possible(edit::checked(known, giving, role, &new, &changed))?);
        let instead = BTreeMap::from([(id, new.rights)]);
        self.of_role(tx, id, Alteration::Rights, instead, changed, save).await
    }

    async fn delete_role(&self, tx: &mut impl Reader, id: RoleId, other: Option<RoleId>) -> Result<Outlook> {
        let Self { known, giving, .. } = self;
        let role = known.role(id)?;
        let other = delete::chosen_substitute(tx, known, role, other).await?;
        let changed = delete::replaced(tx, known, id, other.map(|other| other.id)).await?;
        let save = possible(show::may_delete(role, giving))?
            .and(possible(delete::checked(known, giving, other, &changed))?);
        let alteration = other.map_or(Alteration::Rights, |other| Alteration::Substitute(id, other.id));
        self.of_role(tx, id, alteration, BTreeMap::new(), changed, save).await
    }

    async fn put_member(
        &self,
        tx: &mut impl Reader,
        team: TeamId,
        user: UserId,
        role: RoleId,
    ) -> Result<Outlook> {
        let Self { caller, known, giving } = self;
        find_team(tx, known.home.id, team).await?;
        let row = find_user(tx, user).await?;
        known.chosen("role", role)?;
        let save = possible(checked_put(tx, caller, known, giving, &row, role).await.map(drop))?;
        let page = teams::applications(tx, team, &Page::first(OF_TEAM)).await?;
        let ids: Vec<_> = page.rows.iter().map(|row| row.id).collect();
        let mut person = Person::load(tx, known, person_row(&row), &page.rows).await?;
        person.more |= page.next.is_some();
        Ok(self.one(person.altered_on(&ids, Alteration::Team(Some(role))), None, save))
    }

    async fn remove_member(&self, tx: &mut impl Reader, team: TeamId, user: UserId) -> Result<Outlook> {
        let Self { caller, known, giving } = self;
        find_team(tx, known.home.id, team).await?;
        let row = find_user(tx, user).await?;
        let save = possible(checked_remove(tx, caller, known, giving, team, user).await)?;
        let changed = without_team(tx, known, Of::Member(team, user)).await?;
        let person = Person::load(tx, known, person_row(&row), &[]).await?.without_team(team);
        Ok(self.one(person, Some(changed), save))
    }

    async fn give(&self, tx: &mut impl Reader, team: TeamId, key: &str) -> Result<Outlook> {
        let Self { known, giving, .. } = self;
        find_team(tx, known.home.id, team).await?;
        let application = find(tx, known.home.id, key).await?;
        let save = possible(applications::checked_give(tx, known, giving, team, &application).await)?;
        let held = holdings::list(tx, Of::Application(team, application.id)).await?;
        let now = BTreeMap::new();
        let pair = |held: domain::access::Holding| {
            (known.standing(held.altered(Alteration::Team(None)), &now), known.standing(held, &now))
        };
        let changed = held.into_iter().map(pair).collect();
        self.of_team(tx, team, &[application], changed, save).await
    }

    async fn take(&self, tx: &mut impl Reader, team: TeamId, key: &str) -> Result<Outlook> {
        let Self { known, giving, .. } = self;
        let found = find_team(tx, known.home.id, team).await?;
        let application = find(tx, known.home.id, key).await?;
        let save = possible(applications::checked_take(tx, known, giving, &found, &application).await)?;
        let changed = without_team(tx, known, Of::Application(team, application.id)).await?;
        let mut people = Vec::new();
        for row in holdings::people_of_team(tx, team, SHOWN).await? {
            let person = Person::load(tx, known, row, &[]).await?;
            people.push(person.altered_on(&[application.id], Alteration::Team(None)));
        }
        let count = holdings::count_of_team(tx, team).await?;
        Ok(Outlook { instead: BTreeMap::new(), changed, people, count, save })
    }

    async fn delete_team(&self, tx: &mut impl Reader, team: TeamId) -> Result<Outlook> {
        let Self { known, giving, .. } = self;
        find_team(tx, known.home.id, team).await?;
        let save = possible(team_edit::checked_end(tx, known, giving, team).await)?;
        let changed = without_team(tx, known, Of::Team(team)).await?;
        let mut people = Vec::new();
        for row in holdings::people_of_team(tx, team, SHOWN).await? {
            people.push(Person::load(tx, known, row, &[]).await?.without_team(team));
        }
        let count = holdings::count_of_team(tx, team).await?;
        Ok(Outlook { instead: BTreeMap::new(), changed, people, count, save })
    }

    /// A grant, or its end.
    async fn grant(
        &self,
        tx: &mut impl Reader,
        user: UserId,
        key: &str,
        role: Option<RoleId>,
    ) -> Result<Outlook> {
        let Self { caller, known, giving } = self;
        let row = find_user(tx, user).await?;
        let application = find(tx, known.home.id, key).await?;
        let save = match role {
            Some(role) => {
                known.chosen("role", role)?;
                grant::checked_grant(tx, caller, known, giving, &row, role).await.map(drop)
            }
            None => grant::checked_revoke(tx, caller, known, giving, user, application.id).await,
        };
        let save = possible(save)?;
        let ids = [application.id];
        let person = Person::load(tx, known, person_row(&row), &[application]).await?;
        Ok(self.one(person.altered_on(&ids, Alteration::Grant(role)), None, save))
    }

    /// A change that concerns one person. `changed` is what it does on all applications, where the person has too many to look at.
    fn one(&self, person: Person, changed: Option<Vec<(Standing, Standing)>>, save: Possible) -> Outlook {
        let instead = BTreeMap::new();
        let changed = changed.unwrap_or_else(|| vec![person.standings(self.known, &instead)]);
        Outlook { instead, changed, people: vec![person], count: Count { n: 1, capped: false }, save }
    }

    /// A change that concerns whoever holds a role.
    async fn of_role(
        &self,
        tx: &mut impl Reader,
        role: RoleId,
        alteration: Alteration,
        instead: BTreeMap<RoleId, domain::access::RoleRights>,
        changed: Vec<(Standing, Standing)>,
        save: Possible,
    ) -> Result<Outlook> {
        let mut people = Vec::new();
        for row in holdings::people_of_role(tx, role, SHOWN).await? {
            people.push(Person::load(tx, self.known, row, &[]).await?.altered(alteration));
        }
        let count = holdings::count_of_role(tx, role).await?;
        Ok(Outlook { instead, changed, people, count, save })
    }

    /// A team gets applications: each member has their own role on them.
    async fn of_team(
        &self,
        tx: &mut impl Reader,
        team: TeamId,
        given: &[ApplicationRow],
        changed: Vec<(Standing, Standing)>,
        save: Possible,
    ) -> Result<Outlook> {
        let ids: Vec<_> = given.iter().map(|row| row.id).collect();
        let mut people = Vec::new();
        for row in holdings::people_of_team(tx, team, SHOWN).await? {
            let role = teams::role_of(tx, team, row.user_id).await?;
            let person = Person::load(tx, self.known, row, given).await?;
            people.push(person.altered_on(&ids, Alteration::Team(role)));
        }
        let count = holdings::count_of_team(tx, team).await?;
        Ok(Outlook { instead: BTreeMap::new(), changed, people, count, save })
    }
}

fn person_row(row: &UserRow) -> PersonRow {
    PersonRow { user_id: row.id, username: row.username.clone(), name: row.name.clone() }
}
