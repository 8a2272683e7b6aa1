//! A role for one user on one application: the most specific of all (R26).

use crate::applications::find;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use crate::paging;
use crate::people::held::{Held, find_user};
use crate::people::show::open_somewhere;
use crate::roles::{Giving, Known, Target, other_person};
use crate::view::{Count, GranteeView, GranteesCard, PersonRef, RoleRef};
use domain::access::Standing;
use domain::audit::Object;
use domain::id::{ApplicationId, RoleId, UserId};
use serde_json::json;
use storage::grants::{self, GrantRow};
use storage::roles::{self, RoleRow};
use storage::users::UserRow;
use storage::{Reader, holdings, teams};

/// People who are listed.
const SHOWN: u32 = 50;

/// Whether the caller may grant a user a role.
pub(crate) async fn checked_grant<'k>(
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
    let held = Held::load(tx, known, person.id, 0).await?;
    open_somewhere(known, &held, person.name.as_str())?;
    Ok(new)
}

/// Whether the caller may take a grant away: the user is somebody else, and the caller holds what counts then (R28).
pub(crate) async fn checked_revoke(
    tx: &mut impl Reader,
    caller: &Caller,
    known: &Known,
    giving: &Giving,
    user: UserId,
    application: ApplicationId,
) -> Result<()> {
    other_person(caller, user)?;
    let before = roles::standing(tx, user, known.home.id, &[application]).await?;
    checked_without(known, giving, before, application)
}

/// Whether the caller holds what counts on an application when the grant there is gone (R28). `before` is what the user holds there; none
/// for one who is deactivated and so gains nothing.
pub(crate) fn checked_without(
    known: &Known,
    giving: &Giving,
    before: Option<Standing>,
    application: ApplicationId,
) -> Result<()> {
    let Some(before) = before else { return Ok(()) };
    let mut after = before.clone();
    if let Some(narrower) = after.applications.get_mut(&application) {
        narrower.grant = None;
    }
    giving.check_gain(known, "You cannot take this grant away", &[(before, after)])
}

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
            let known = Known::load(&mut pending, home).await?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            let new = checked_grant(&mut pending, caller, &known, &giving, &person, role).await?;
            let before = grants::get(&mut pending, user, row.id).await?;
            let by = caller.user();
            self.proved(caller, "grant a role on an application")?;
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
    /// There is no such grant, the user is the caller (R29) or would gain more than the caller holds (R28), or the right is missing.
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
            let Some(held) = grants::get(&mut pending, user, row.id).await? else {
                let sentence = format!("{} has no role of their own on {}.", person.name, row.name);
                return Err(OperationError::conflict(sentence));
            };
            let known = Known::load(&mut pending, home).await?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            checked_revoke(&mut pending, caller, &known, &giving, user, row.id).await?;
            self.proved(caller, "take a grant away")?;
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

    /// Who has a role of their own on an application. Who may not see that is told why.
    ///
    /// # Errors
    /// There is no such application.
    pub async fn grantees(
        &self,
        caller: &Caller,
        infrastructure: &str,
        application: &str,
    ) -> Result<GranteesCard> {
        self.traced(caller, "grant.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let row = find(&mut tx, home.id, application).await?;
            let see = self.manages_teams(&mut tx, caller, home.id, "see who has a grant here").await;
            let see = possible(see.map(drop))?;
            let total = Count::default();
            let mut card = GranteesCard { see, rows: Vec::new(), total, roles: Vec::new(), team: None };
            if card.see.is_err() {
                return Ok(card);
            }
            let known = Known::load(&mut tx, home).await?;
            let giving = Giving::load(self, &mut tx, caller, &known.home).await?;
            for each in holdings::grantees(&mut tx, row.id, SHOWN).await? {
                let revoke = checked_revoke(&mut tx, caller, &known, &giving, each.user_id, row.id).await;
                card.rows.push(GranteeView {
                    person: PersonRef {
                        user: each.user_id,
                        username: each.username.to_string(),
                        name: each.name.to_string(),
                    },
                    active: each.active,
                    role: RoleRef { id: each.role_id, name: each.role_name },
                    granted_by: each.granted_by.map(|name| name.to_string()),
                    granted_at: each.granted_at,
                    revoke: possible(revoke)?,
                });
            }
            let shown = card.rows.len();
            let counting = holdings::count_grantees(&mut tx, row.id);
            card.total = paging::total(shown, shown < SHOWN as usize, counting).await?;
            card.roles = known.choices(&giving);
            card.team = teams::of_application(&mut tx, row.id).await?.map(|team| (team.id, team.name));
            Ok(card)
        })
        .await
    }
}
