//! The roles of an infrastructure, and one of them.

use super::{Giving, Known, is_administrator, refusal_of};
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::{permitted_wide, wide};
use crate::error::{OperationError, Result};
use crate::view::{EnvironmentRef, RoleCell, RolePage, RoleRow, RolesPage};
use domain::access::{Rights, WideRight, WideRights};
use domain::id::RoleId;
use storage::{Reader, roles};

impl Console {
    /// The roles of an infrastructure, by name.
    ///
    /// # Errors
    /// The caller lacks “Manage Teams and Application Roles”.
    pub async fn roles(&self, caller: &Caller, infrastructure: &str) -> Result<RolesPage> {
        self.traced(caller, "role.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let needed = wide(home.id, WideRight::ManageTeams);
            self.permit(&mut tx, caller, home.id, &needed, "see the roles").await?;
            let known = Known::load(&mut tx, home).await?;
            let mut rows = Vec::new();
            for role in &known.roles {
                rows.push(row(&mut tx, &known, role).await?);
            }
            let create = permitted_wide(self, &mut tx, caller, &[known.home.id], "make a role").await;
            Ok(RolesPage {
                environments: known.environments.iter().map(EnvironmentRef::from).collect(),
                roles: rows,
                create: possible(create.map(drop))?,
            })
        })
        .await
    }

    /// One role's page.
    ///
    /// # Errors
    /// There is no such role, or the caller lacks “Manage Teams and Application Roles”.
    pub async fn role(&self, caller: &Caller, infrastructure: &str, id: RoleId) -> Result<RolePage> {
        self.traced(caller, "role.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let needed = wide(home.id, WideRight::ManageTeams);
            self.permit(&mut tx, caller, home.id, &needed, "see the roles").await?;
            let known = Known::load(&mut tx, home).await?;
            let role = known.role(id)?;
            let giving = Giving::load(self, &mut tx, caller, &known.home).await?;
            let here = [known.home.id];
            let edit = permitted_wide(self, &mut tx, caller, &here, "change this role").await;
            let edit = possible(edit.map(drop))?;
            let delete = permitted_wide(self, &mut tx, caller, &here, "delete this role").await;
            let delete = possible(delete.map(drop))?;
            let row = row(&mut tx, &known, role).await?;
            let held = row.users.n + row.members.n + row.grants.n > 0;
            Ok(RolePage {
                edit: edit.and_then(|()| refusal_of(may_edit(role, &giving))),
                delete: delete.and_then(|()| refusal_of(may_delete(role, &giving))),
                needs_substitute: held,
                substitutes: known.choices(&giving).into_iter().filter(|other| other.role.id != id).collect(),
                environments: known.environments.iter().map(EnvironmentRef::from).collect(),
                row,
            })
        })
        .await
    }
}

/// The Administrator role cannot be changed, and nobody changes what their own role gives (R29).
pub(crate) fn may_edit(role: &storage::roles::RoleRow, giving: &Giving) -> Result<()> {
    if is_administrator(role) {
        return Err(OperationError::denied(
            "The role “Administrator” cannot be changed.",
            "Make another role instead.",
        )
        .under("R29"));
    }
    if giving.own_role == Some(role.id) {
        return Err(OperationError::denied(
            format!("“{}” is your own role, which you cannot change.", role.name),
            "Somebody with another role who manages users can.",
        )
        .under("R29"));
    }
    Ok(())
}

/// The Administrator role stays, and nobody gives themselves another role by deleting theirs (R29).
pub(crate) fn may_delete(role: &storage::roles::RoleRow, giving: &Giving) -> Result<()> {
    if is_administrator(role) {
        return Err(OperationError::denied(
            "The role “Administrator” cannot be deleted.",
            "Nobody can delete it.",
        )
        .under("R29"));
    }
    if giving.own_role == Some(role.id) {
        return Err(OperationError::denied(
            format!("“{}” is your own role, which you cannot delete.", role.name),
            "Somebody with another role who manages users can.",
        )
        .under("R29"));
    }
    Ok(())
}

async fn row(tx: &mut impl Reader, known: &Known, role: &storage::roles::RoleRow) -> Result<RoleRow> {
    let held = roles::holders(tx, role.id).await?;
    let rights = known.rights(role.id);
    let cell = |environment: &storage::environments::EnvironmentRow| {
        let rights = rights.at(environment.id);
        RoleCell { environment: environment.id, rights, level: rights.level_of(), words: rights.described() }
    };
    Ok(RoleRow {
        id: role.id,
        name: role.name.clone(),
        description: role.description.clone(),
        built_in: role.built_in.is_some(),
        cells: known.environments.iter().map(cell).collect(),
        wide: WideRights::from_bits(role.wide),
        new_environment: role.new_environment.map(Rights::from_bits),
        second_factor: role.second_factor,
        users: held.users.into(),
        members: held.members.into(),
        grants: held.grants.into(),
    })
}
