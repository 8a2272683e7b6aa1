//! Changing a role, for everybody who holds it at once.

use super::show::may_edit;
use super::{Accepted, Giving, Known, RoleInput, Target, accept, in_words};
use crate::console::{Caller, Console};
use crate::door::permitted_wide;
use crate::error::Result;
use crate::infrastructure::topic;
use domain::access::{Rights, RoleRights, Standing};
use domain::audit::Object;
use domain::id::RoleId;
use std::collections::BTreeMap;
use storage::Reader;
use storage::holdings::{self, Of};
use storage::roles::{self, RoleRow};

/// What everybody who holds the role would hold before and after it gives something else.
pub(crate) async fn affected(
    tx: &mut impl Reader,
    known: &Known,
    id: RoleId,
    rights: &RoleRights,
) -> Result<Vec<(Standing, Standing)>> {
    let instead = BTreeMap::from([(id, rights.clone())]);
    let held = holdings::list(tx, Of::Role(id)).await?;
    let now = BTreeMap::new();
    Ok(held.into_iter().map(|each| (known.standing(each, &now), known.standing(each, &instead))).collect())
}

/// Whether the caller may make this of a role: neither the role nor what it opens for those who hold it gives more than the caller has.
pub(crate) fn checked(
    known: &Known,
    giving: &Giving,
    role: &RoleRow,
    new: &Accepted,
    changed: &[(Standing, Standing)],
) -> Result<()> {
    giving.check(known, new.name.as_str(), &new.rights)?;
    if new.new_environment != role.new_environment.map(Rights::from_bits) {
        giving.check_new(known, new.new_environment.unwrap_or_default())?;
    }
    giving.check_gain(known, "You cannot change this role so", changed)
}

impl Console {
    /// Changes a role. What it gives counts from the next decision on, in open sessions too.
    ///
    /// # Errors
    /// It is the Administrator role or the caller's own (R29), it gives more than the caller holds (R28), a word is not acceptable, an
    /// environment is missing (R25), or the right is missing.
    pub async fn edit_role(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: RoleId,
        input: &RoleInput,
    ) -> Result<()> {
        let attempt = self.attempt("role.edit", infrastructure, Target::Role(id)).await?;
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "change a role").await?;
            let known = Known::load(&mut pending, home).await?;
            let role = known.role(id)?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            may_edit(role, &giving)?;
            let new = accept(&known, input, Some(id))?;
            let changed = affected(&mut pending, &known, id, &new.rights).await?;
            checked(&known, &giving, role, &new, &changed)?;
            let stated = role.new_environment.map(Rights::from_bits);
            self.proved(caller, "change a role")?;
            let mut tx = pending.authorised(grant);
            let row = RoleRow {
                name: new.name.to_string(),
                description: new.description.clone(),
                wide: new.rights.wide.bits(),
                new_environment: new.new_environment.map(Rights::bits),
                ..role.clone()
            };
            roles::update(&mut tx, &row).await?;
            for (environment, rights) in &new.rights.environments {
                roles::set_right(&mut tx, id, *environment, *rights).await?;
            }
            tx.notice(&topic(known.home.key.as_str()), id);
            let mut entry = self.entry(caller, "role.edit", Object::new("role", id, new.name.as_str()));
            entry.infrastructure = Some(known.home.id);
            entry.before = in_words(&known, &role.name, &role.description, &known.rights(id), stated);
            entry.after =
                in_words(&known, new.name.as_str(), &new.description, &new.rights, new.new_environment);
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}
