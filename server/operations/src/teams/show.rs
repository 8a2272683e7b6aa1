//! The teams of an infrastructure, and one of them.

use super::applications::checked_take;
use super::edit::checked_end;
use super::find_team;
use super::members::checked_remove;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::short;
use crate::error::{OperationError, Result};
use crate::paging;
use crate::roles::{Giving, Known, other_person, refusal_of};
use crate::view::{
    ApplicationRef, MemberView, Paged, PersonRef, RoleRef, TeamApplication, TeamPage, TeamRow, TeamsPage,
};
use domain::access::{Actor, WideRight};
use domain::id::TeamId;
use domain::paging::PageSize;
use domain::text::Username;
use storage::{roles, teams, users};

/// Members and applications on one page.
const SHOWN: u32 = 50;
/// Teams that somebody is shown who manages single ones.
const MANAGED: u32 = 1000;

/// Which parts of a team to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TeamQuery {
    /// The cursor of the page of members.
    pub members_after: Option<String>,
    /// The cursor of the page of applications.
    pub applications_after: Option<String>,
    /// How many rows of each; none for as many as the screen shows.
    pub limit: Option<PageSize>,
}

impl Console {
    /// The teams of an infrastructure, by name.
    ///
    /// # Errors
    /// The caller lacks “Manage Teams and Application Roles”, here and in every team. Who has it in a team alone sees that team.
    pub async fn teams(&self, caller: &Caller, infrastructure: &str) -> Result<TeamsPage> {
        self.traced(caller, "team.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let create = self.manages_teams(&mut tx, caller, home.id, "make a team").await;
            let rows =
                match (self.manages_teams(&mut tx, caller, home.id, "see the teams").await, caller.actor) {
                    (Ok(_), _) => teams::list(&mut tx, home.id).await?,
                    (Err(refused @ OperationError::Denied { .. }), Actor::User { user }) => {
                        let own = teams::managed(&mut tx, user, home.id, MANAGED).await?;
                        if own.is_empty() {
                            return Err(refused);
                        }
                        own
                    }
                    (Err(refused), _) => return Err(refused),
                };
            let rows = rows.into_iter().map(|row| TeamRow {
                id: row.id,
                name: row.name,
                description: row.description,
                members: row.members,
                applications: row.applications,
            });
            Ok(TeamsPage { teams: rows.collect(), create: possible(create.map(drop))? })
        })
        .await
    }

    /// One team's page.
    ///
    /// # Errors
    /// There is no such team, the caller lacks “Manage Teams and Application Roles”, or a cursor is none of these lists.
    pub async fn team(
        &self,
        caller: &Caller,
        infrastructure: &str,
        id: TeamId,
        query: &TeamQuery,
    ) -> Result<TeamPage> {
        self.traced(caller, "team.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let put = self.manages_members(&mut tx, caller, home.id, id, "see this team").await.map(drop);
            let edit = self.manages_teams(&mut tx, caller, home.id, "change this team").await;
            let edit = possible(edit.map(drop))?;
            put?;
            let team = find_team(&mut tx, home.id, id).await?;
            let known = Known::load(&mut tx, home).await?;
            let giving = Giving::in_team(self, &mut tx, caller, &known.home, id).await?;
            let delete = match &edit {
                Ok(()) => possible(checked_end(&mut tx, &known, &giving, id).await)?,
                Err(refusal) => Err(refusal.clone()),
            };
            let page = paging::page(query.members_after.as_ref(), query.limit, SHOWN);
            let members = teams::members(&mut tx, id, &page);
            let members = members.await.map_err(paging::in_parameter("members_after"))?;
            let page = paging::page(query.applications_after.as_ref(), query.limit, SHOWN);
            let applications = teams::applications(&mut tx, id, &page);
            let applications = applications.await.map_err(paging::in_parameter("applications_after"))?;
            let mut rows = Vec::new();
            for row in members.rows {
                let remove = checked_remove(&mut tx, caller, &known, &giving, id, row.user_id).await;
                rows.push(MemberView {
                    user: row.user_id,
                    username: row.username.to_string(),
                    name: row.name.to_string(),
                    active: row.active,
                    manages: known.rights(row.role_id).wide.has(WideRight::ManageTeams),
                    role: RoleRef { id: row.role_id, name: row.role_name },
                    change: refusal_of(other_person(caller, row.user_id)),
                    remove: possible(remove)?,
                });
            }
            let mut owned = Vec::new();
            for row in &applications.rows {
                let take = match &edit {
                    Ok(()) => possible(checked_take(&mut tx, &known, &giving, &team, row).await)?,
                    Err(refusal) => Err(refusal.clone()),
                };
                owned.push(TeamApplication { application: ApplicationRef::from(row), take });
            }
            Ok(TeamPage {
                id,
                name: team.name,
                description: team.description,
                members: Paged { rows, next: members.next },
                applications: Paged { rows: owned, next: applications.next },
                roles: known.choices(&giving),
                edit,
                delete,
            })
        })
        .await
    }

    /// Somebody with a role in the infrastructure, known by the user name: for a team, whose own managers may ask, or for a grant.
    ///
    /// # Errors
    /// There is nobody of that user name here, or the caller manages neither the team nor all teams.
    pub async fn person(
        &self,
        caller: &Caller,
        infrastructure: &str,
        team: Option<TeamId>,
        username: &str,
    ) -> Result<PersonRef> {
        self.traced(caller, "user.find", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            match team {
                Some(team) => {
                    self.manages_members(&mut tx, caller, home.id, team, "change this team").await?
                }
                None => self.manages_teams(&mut tx, caller, home.id, "grant application roles").await?,
            };
            let missing = || {
                let sentence = format!("Nobody called “{}” has a role in {}.", short(username), home.name);
                OperationError::invalid("username", sentence)
            };
            let name: Username = username.trim().parse().map_err(|_| missing())?;
            let user = users::by_username(&mut tx, &name).await?.ok_or_else(missing)?;
            roles::membership(&mut tx, user.id, home.id).await?.ok_or_else(missing)?;
            Ok(PersonRef { user: user.id, username: user.username.to_string(), name: user.name.to_string() })
        })
        .await
    }
}
