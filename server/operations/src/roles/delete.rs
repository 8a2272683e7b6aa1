//! Deleting a role. Whoever holds it gets another one in its place, since everybody has exactly one (R25).

use super::show::may_delete;
use super::{Giving, Known, Target, in_words};
use crate::console::{Caller, Console};
use crate::door::permitted_wide;
use crate::error::{OperationError, Result};
use crate::infrastructure::topic;
use domain::access::{Alteration, Rights, Standing};
use domain::audit::Object;
use domain::id::RoleId;
use serde_json::json;
use std::collections::BTreeMap;
use storage::holdings::{self, Of};
use storage::roles::{self, RoleRow};
use storage::{Reader, gates};

/// The role that takes the place of one that goes; none where nobody holds it.
pub(crate) async fn chosen_substitute<'k>(
    tx: &mut impl Reader,
    known: &'k Known,
    role: &RoleRow,
    substitute: Option<RoleId>,
) -> Result<Option<&'k RoleRow>> {
    let held = roles::holders(tx, role.id).await?;
    match substitute {
        Some(other) if other == role.id => {
            let sentence = "Choose another role than the one that is deleted.";
            Err(OperationError::invalid("substitute", sentence))
        }
        Some(other) => known.chosen("substitute", other).map(Some),
        None if held.users.n + held.members.n + held.grants.n > 0 => {
            let sentence =
                format!("“{}” is held by somebody. Choose a role that takes its place.", role.name);
            Err(OperationError::invalid("substitute", sentence))
        }
        None => Ok(None),
    }
}

/// What everybody who holds the role would hold before and after another took its place.
pub(crate) async fn replaced(
    tx: &mut impl Reader,
    known: &Known,
    id: RoleId,
    other: Option<RoleId>,
) -> Result<Vec<(Standing, Standing)>> {
    let Some(other) = other else { return Ok(Vec::new()) };
    let now = BTreeMap::new();
    let pair = |held: domain::access::Holding| {
        (known.standing(held, &now), known.standing(held.altered(Alteration::Substitute(id, other)), &now))
    };
    Ok(holdings::list(tx, Of::Role(id)).await?.into_iter().map(pair).collect())
}

/// Whether the caller may give the other role in place of the one that goes, with what that opens.
pub(crate) fn checked(
    known: &Known,
    giving: &Giving,
    other: Option<&RoleRow>,
    changed: &[(Standing, Standing)],
) -> Result<()> {
    if let Some(other) = other {
        giving.check(known, &other.name, &known.rights(other.id))?;
    }
    giving.check_gain(known, "You cannot delete this role so", changed)
}

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
            let other = chosen_substitute(&mut pending, &known, role, substitute).await?;
            let changed = replaced(&mut pending, &known, id, other.map(|other| other.id)).await?;
            checked(&known, &giving, other, &changed)?;
            crate::gates::rules::needed(gates::of_role(&mut pending, id).await?, &role.name)?;
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
