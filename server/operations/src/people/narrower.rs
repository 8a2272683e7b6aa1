//! The teams and grants of one user, each with whether the caller may change it.

use crate::applications::show::possible;
use crate::console::Caller;
use crate::error::Result;
use crate::roles::{Giving, Known};
use crate::teams::grant::checked_without;
use crate::teams::members::checked_remove;
use crate::view::{ApplicationRef, GrantView, Possible, RoleRef, TeamOfUser};
use domain::access::Standing;
use domain::id::UserId;
use std::collections::BTreeMap;
use storage::grants::GrantOfUserRow;
use storage::teams::TeamOfUserRow;
use storage::{Reader, roles};

/// Who looks at a user, and what they may do there: `may` says whether they change this user's roles at all.
pub(crate) struct Looking<'l> {
    pub caller: &'l Caller,
    pub known: &'l Known,
    pub giving: &'l Giving,
    pub may: &'l Possible,
}

impl Looking<'_> {
    /// The teams that a user is in.
    pub async fn teams(
        &self,
        tx: &mut impl Reader,
        user: UserId,
        rows: Vec<TeamOfUserRow>,
    ) -> Result<Vec<TeamOfUser>> {
        let mut teams = Vec::new();
        for row in rows {
            let leave = match self.may {
                Ok(()) => {
                    let team = row.team_id;
                    possible(checked_remove(tx, self.caller, self.known, self.giving, team, user).await)?
                }
                Err(refusal) => Err(refusal.clone()),
            };
            teams.push(TeamOfUser {
                id: row.team_id,
                name: row.team_name,
                role: RoleRef { id: row.role_id, name: row.role_name },
                change: self.may.clone(),
                leave,
            });
        }
        Ok(teams)
    }

    /// The grants of a user.
    pub async fn grants(
        &self,
        tx: &mut impl Reader,
        user: UserId,
        rows: Vec<GrantOfUserRow>,
    ) -> Result<Vec<GrantView>> {
        // What the user holds is read once for all of them; none for one who is deactivated and so gains nothing.
        let mut held = None;
        let mut narrower = BTreeMap::new();
        if self.may.is_ok() && !rows.is_empty() {
            let ids: Vec<_> = rows.iter().map(|row| row.application_id).collect();
            held = roles::standing(tx, user, self.known.home.id, &ids).await?;
            if let Some(all) = &mut held {
                narrower = std::mem::take(&mut all.applications);
            }
        }
        let mut grants = Vec::new();
        for row in rows {
            let id = row.application_id;
            let before = held.as_ref().map(|all: &Standing| {
                let here = narrower.get(&id).cloned().map(|each| (id, each));
                Standing { applications: here.into_iter().collect(), ..all.clone() }
            });
            let revoke = match self.may {
                Ok(()) => possible(checked_without(self.known, self.giving, before, id))?,
                Err(refusal) => Err(refusal.clone()),
            };
            grants.push(GrantView {
                application: ApplicationRef {
                    id,
                    key: row.key.to_string(),
                    name: row.name.to_string(),
                    kind: row.kind,
                },
                role: RoleRef { id: row.role_id, name: row.role_name },
                granted_by: row.granted_by.map(|name| name.to_string()),
                granted_at: row.granted_at,
                revoke,
            });
        }
        Ok(grants)
    }
}
