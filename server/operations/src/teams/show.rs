//! The teams of an infrastructure, and one of them.

use super::find_team;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::error::Result;
use crate::roles::{Giving, Known, other_person, refusal_of};
use crate::view::{ApplicationRef, MemberView, Paged, RoleRef, TeamPage, TeamRow, TeamsPage};
use domain::id::TeamId;
use storage::{Page, teams};

/// Members and applications on one page.
const SHOWN: u32 = 50;

/// Which parts of a team to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TeamQuery {
    /// The cursor of the page of members.
    pub members_after: Option<String>,
    /// The cursor of the page of applications.
    pub applications_after: Option<String>,
}

impl Console {
    /// The teams of an infrastructure, by name.
    ///
    /// # Errors
    /// The caller lacks “Manage Teams and Application Roles”.
    pub async fn teams(&self, caller: &Caller, infrastructure: &str) -> Result<TeamsPage> {
        self.traced(caller, "team.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            self.manages_teams(&mut tx, caller, home.id, "see the teams").await?;
            let create = self.manages_teams(&mut tx, caller, home.id, "make a team").await;
            let rows = teams::list(&mut tx, home.id).await?.into_iter().map(|row| TeamRow {
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
            self.manages_teams(&mut tx, caller, home.id, "see the teams").await?;
            let edit = self.manages_teams(&mut tx, caller, home.id, "change this team").await;
            let team = find_team(&mut tx, home.id, id).await?;
            let known = Known::load(&mut tx, home).await?;
            let giving = Giving::load(self, &mut tx, caller, &known.home).await?;
            let page = Page { after: query.members_after.clone(), limit: SHOWN };
            let members = teams::members(&mut tx, id, &page).await?;
            let page = Page { after: query.applications_after.clone(), limit: SHOWN };
            let applications = teams::applications(&mut tx, id, &page).await?;
            let member = |row: storage::teams::MemberRow| MemberView {
                user: row.user_id,
                username: row.username.to_string(),
                name: row.name.to_string(),
                active: row.active,
                role: RoleRef { id: row.role_id, name: row.role_name },
                change: refusal_of(other_person(caller, row.user_id)),
            };
            Ok(TeamPage {
                id,
                name: team.name,
                description: team.description,
                members: Paged { rows: members.rows.into_iter().map(member).collect(), next: members.next },
                applications: Paged {
                    rows: applications.rows.iter().map(ApplicationRef::from).collect(),
                    next: applications.next,
                },
                roles: known.choices(&giving),
                edit: possible(edit.map(drop))?,
            })
        })
        .await
    }
}
