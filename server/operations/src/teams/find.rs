//! Looking for what a team may be given: applications and people, each with the reason where it cannot be.

use super::applications::{checked_roles, in_a_team};
use super::find_team;
use super::members::no_role;
use crate::console::{Caller, Console};
use crate::error::{OperationError, Result};
use crate::paging;
use crate::roles::{Giving, Known, other_person, refusal_of};
use crate::view::{ApplicationRef, Found, FoundApplication, FoundPerson, PersonRef, Possible, RoleRef};
use domain::id::TeamId;
use storage::teams::{self, FoundPersonRow, Whom};

/// Applications and people that a search shows.
const FOUND: u32 = 20;

impl Console {
    /// The applications whose name or key has this in it, the first by name: for a team, with whether it may get them; without one, for a
    /// grant.
    ///
    /// # Errors
    /// There is no such team, or the caller lacks “Manage Teams and Application Roles”.
    pub async fn find_applications(
        &self,
        caller: &Caller,
        infrastructure: &str,
        team: Option<TeamId>,
        search: &str,
    ) -> Result<Found<FoundApplication>> {
        self.traced(caller, "application.find", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let doing = if team.is_some() { "change this team" } else { "grant application roles" };
            self.manages_teams(&mut tx, caller, home.id, doing).await?;
            let rows = teams::find_applications(&mut tx, home.id, search, FOUND).await?;
            let counting = teams::count_applications(&mut tx, home.id, search);
            let total = paging::total(rows.len(), rows.len() < FOUND as usize, counting).await?;
            // What the members' roles need is the same for every application.
            let mut may_get = Ok(());
            if let Some(team) = team {
                find_team(&mut tx, home.id, team).await?;
                let known = Known::load(&mut tx, home).await?;
                let giving = Giving::load(self, &mut tx, caller, &known.home).await?;
                may_get = match checked_roles(&mut tx, &known, &giving, team).await {
                    Err(fault @ OperationError::Internal { .. }) => return Err(fault),
                    checked => refusal_of(checked),
                };
            }
            let found = rows.into_iter().map(|row| {
                let owner = row.team_id.zip(row.team_name);
                let give = match (team, &owner) {
                    (Some(team), Some((id, _))) if *id == team => {
                        Err(OperationError::conflict(format!("{} belongs to this team already.", row.name)))
                    }
                    (Some(_), Some((_, other))) => Err(in_a_team(row.name.as_str(), other)),
                    _ => Ok(()),
                };
                FoundApplication {
                    application: ApplicationRef {
                        id: row.id,
                        key: row.key.to_string(),
                        name: row.name.to_string(),
                        kind: row.kind,
                    },
                    team: owner,
                    give: refusal_of(give).and_then(|()| may_get.clone()),
                }
            });
            Ok(Found { rows: found.collect(), total })
        })
        .await
    }

    /// The people whose name, user name or e-mail address has this in it, the first by name, with whether they may be put into a team.
    /// Those without a role here are found by who manages all teams; the team's own managers find their colleagues alone.
    ///
    /// # Errors
    /// There is no such team, or the caller manages neither it nor all teams.
    pub async fn find_people(
        &self,
        caller: &Caller,
        infrastructure: &str,
        team: TeamId,
        search: &str,
    ) -> Result<Found<FoundPerson>> {
        self.traced(caller, "team.find_people", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            self.manages_members(&mut tx, caller, home.id, team, "change this team").await?;
            let strangers = match self.manages_teams(&mut tx, caller, home.id, "see the users").await {
                Err(fault @ OperationError::Internal { .. }) => return Err(fault),
                managed => managed.is_ok(),
            };
            find_team(&mut tx, home.id, team).await?;
            let whom = Whom { infrastructure: home.id, team, strangers };
            let rows = teams::find_people(&mut tx, whom, search, FOUND).await?;
            let counting = teams::count_people(&mut tx, whom, search);
            let total = paging::total(rows.len(), rows.len() < FOUND as usize, counting).await?;
            let found = rows.into_iter().map(|row| {
                let put = may_put(caller, &row, home.name.as_str());
                FoundPerson {
                    person: PersonRef {
                        user: row.user_id,
                        username: row.username.to_string(),
                        name: row.name.to_string(),
                    },
                    active: row.active,
                    role: row.role_id.zip(row.role_name).map(|(id, name)| RoleRef { id, name }),
                    put,
                }
            });
            Ok(Found { rows: found.collect(), total })
        })
        .await
    }
}

/// Whether somebody may be put into the team; which role they may have in it is another question.
fn may_put(caller: &Caller, row: &FoundPersonRow, home: &str) -> Possible {
    refusal_of(other_person(caller, row.user_id).and_then(|()| match (&row.role_id, &row.member_role_name) {
        (None, _) => Err(no_role(row.name.as_str(), home)),
        (_, Some(role)) => {
            Err(OperationError::conflict(format!("{} is in this team already, as “{role}”.", row.name)))
        }
        _ => Ok(()),
    }))
}
