//! What one user holds, with the names that a screen shows, and the rules about those who manage users.

use crate::console::{Caller, Console};
use crate::door::{permitted_wide, wide};
use crate::error::{OperationError, Result};
use crate::roles::Known;
use crate::view::ApplicationRef;
use domain::access::{BuiltInRole, Grant, Narrower, Standing, WideRight};
use domain::id::{InfrastructureId, RoleId, UserId};
use domain::text::{Name, Username};
use std::collections::BTreeMap;
use storage::grants::NarrowedRow;
use storage::infrastructures::InfrastructureRow;
use storage::users::UserRow;
use storage::{Reader, grants, infrastructures, roles, users};

/// What a user holds in one infrastructure.
pub(crate) struct Held {
    pub standing: Standing,
    /// The default role; none for a user who has no part in the infrastructure.
    pub role: Option<RoleId>,
    /// The applications with a narrower role, by name.
    pub narrowed: Vec<NarrowedRow>,
    /// There are more of them.
    pub more: bool,
}

impl Held {
    pub async fn load(tx: &mut impl Reader, known: &Known, user: UserId, limit: u32) -> Result<Self> {
        let role = roles::membership(tx, user, known.home.id).await?.map(|held| held.role_id);
        let mut narrowed = grants::narrowed(tx, user, known.home.id, limit + 1).await?;
        let more = narrowed.len() > limit as usize;
        narrowed.truncate(limit as usize);
        Ok(Self::of(known, role, narrowed, more))
    }

    /// The same for applications that were read already.
    pub fn of(known: &Known, role: Option<RoleId>, narrowed: Vec<NarrowedRow>, more: bool) -> Self {
        let gives = |id: Option<RoleId>| id.map(|id| known.rights(id));
        let applications: BTreeMap<_, _> = narrowed
            .iter()
            .map(|row| {
                (row.application_id, Narrower { team: gives(row.team_role), grant: gives(row.grant_role) })
            })
            .collect();
        let default = gives(role).unwrap_or_default();
        let standing =
            Standing { infrastructure: known.home.id, default, applications, teams: BTreeMap::new() };
        Self { standing, role, narrowed, more }
    }
}

pub(crate) fn application_of(row: &NarrowedRow) -> ApplicationRef {
    ApplicationRef {
        id: row.application_id,
        key: row.key.to_string(),
        name: row.name.to_string(),
        kind: row.kind.clone(),
    }
}

/// A user by identity, or a sentence that there is none.
pub(crate) async fn find_user(tx: &mut impl Reader, id: UserId) -> Result<UserRow> {
    users::by_id(tx, id).await?.ok_or_else(|| OperationError::not_found("There is no such user."))
}

impl Console {
    /// Whether the caller may manage a user as a whole: in the infrastructure at hand, and in every other one that the user has a
    /// role in, since a user is the same everywhere.
    pub(crate) async fn manages(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: InfrastructureId,
        user: &UserRow,
        doing: &str,
    ) -> Result<Grant> {
        let grant = permitted_wide(self, tx, caller, &[home], doing).await?;
        for held in roles::infrastructures_of(tx, user.id).await? {
            let other = held.infrastructure_id;
            let needed = wide(other, WideRight::ManageInfrastructure);
            match self.permit(tx, caller, other, &needed, doing).await {
                Ok(_) => {}
                Err(error @ OperationError::Internal { .. }) => return Err(error),
                Err(_) => {
                    return Err(OperationError::denied(
                        format!(
                            "You cannot {doing}. {} also has a role in another infrastructure, where you do not manage users.",
                            user.name
                        ),
                        "Somebody who manages users in every infrastructure that this user is in.",
                    ));
                }
            }
        }
        Ok(grant)
    }
}

/// Whether an infrastructure keeps an active administrator without this user (R29 and design 6). In a change the Administrator role is
/// held before ([`roles::hold_built_in`]), so that two such changes go one after the other.
pub(crate) async fn another_administrator(
    tx: &mut impl Reader,
    home: &InfrastructureRow,
    administrator: Option<RoleId>,
    user: &UserRow,
) -> Result<()> {
    let Some(administrator) = administrator else { return Ok(()) };
    let held = roles::membership(tx, user.id, home.id).await?;
    if !user.active || held.is_none_or(|held| held.role_id != administrator) {
        return Ok(());
    }
    if users::active_holders(tx, administrator, user.id).await?.n > 0 {
        return Ok(());
    }
    Err(OperationError::conflict(format!(
        "{} is the last active administrator of {}, so that role stays. Make somebody else an administrator first.",
        user.name, home.name
    ))
    .under("R29"))
}

/// The same for every infrastructure that a user has a role in. With `hold`, each Administrator role is held.
pub(crate) async fn another_administrator_everywhere(
    tx: &mut impl Reader,
    user: &UserRow,
    hold: bool,
) -> Result<()> {
    for held in roles::infrastructures_of(tx, user.id).await? {
        let id = held.infrastructure_id;
        let name = BuiltInRole::Administrator.name();
        let administrator = if hold {
            roles::hold_built_in(tx, id, name).await?
        } else {
            roles::by_name(tx, id, name).await?
        };
        if let Some(home) = infrastructures::by_id(tx, id).await? {
            another_administrator(tx, &home, administrator.map(|role| role.id), user).await?;
        }
    }
    Ok(())
}

/// The user name of a new user: see [`domain::person`].
pub(crate) fn username(text: &str) -> Result<Username> {
    domain::person::username(text).map_err(|refused| OperationError::invalid("username", refused.0))
}

/// The name that people read, for a new or renamed person: see [`domain::person`].
pub(crate) fn person_name(field: &'static str, text: &str) -> Result<Name> {
    domain::person::name(text).map_err(|refused| OperationError::invalid(field, refused.0))
}

/// Whether nobody has this user name or one that looks like it.
pub(crate) async fn free(tx: &mut impl Reader, username: &Username) -> Result<()> {
    if users::by_username(tx, username).await?.is_some() {
        let sentence = format!("There is a user “{username}” already; choose another user name.");
        return Err(OperationError::invalid("username", sentence));
    }
    match users::looks_like(tx, username).await? {
        None => Ok(()),
        Some(other) => Err(OperationError::invalid(
            "username",
            format!("“{username}” looks like the user name “{other}”, which is taken; choose another one."),
        )),
    }
}

/// An e-mail address as it was typed: empty, or one name and one host with nothing that could begin another header.
pub(crate) fn email(text: &str) -> Result<String> {
    let text = text.trim();
    let sound = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '<' | '>' | ',' | ';' | '"');
    let parts: Vec<&str> = text.split('@').collect();
    let whole = parts.len() == 2 && parts.iter().all(|part| !part.is_empty());
    if text.is_empty() || (whole && text.len() <= 254 && text.chars().all(sound)) {
        return Ok(text.to_owned());
    }
    let sentence =
        "An e-mail address has one @ between a name and a host, no spaces, and at most 254 letters.";
    Err(OperationError::invalid("email", sentence))
}

#[cfg(test)]
mod tests {
    use super::email;

    #[test]
    fn addresses() {
        for good in ["", " ada@harbour.example ", "a+b@x", "ørjan@ås.example"] {
            assert_eq!(email(good).unwrap(), good.trim());
        }
        for bad in [
            "ada",
            "@x",
            "ada@",
            "a@b@c",
            "a b@c",
            "a@b\r\nBcc: all@x",
            "<a@b>",
            "a@b,c",
            &format!("{}@x", "a".repeat(254)),
        ] {
            assert!(email(bad).is_err(), "{bad}");
        }
    }
}
