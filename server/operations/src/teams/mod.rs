//! Teams and grants: roles that hold for single applications only.

pub mod applications;
pub mod edit;
pub mod find;
pub mod grant;
pub mod members;
pub mod show;

use crate::console::{Caller, Console};
use crate::door::wide;
use crate::error::{OperationError, Result};
use crate::people::set_up::field;
use domain::access::{Grant, Requirement, WideRight};
use domain::id::{InfrastructureId, TeamId};
use domain::text::Name;
use storage::infrastructures::InfrastructureRow;
use storage::teams::TeamRow;
use storage::{Reader, teams};

/// A team of an infrastructure, or a sentence that there is none.
pub(crate) async fn find_team(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    id: TeamId,
) -> Result<TeamRow> {
    teams::by_id(tx, id)
        .await?
        .filter(|team| team.infrastructure_id == infrastructure)
        .ok_or_else(|| OperationError::not_found("There is no such team here."))
}

/// A team's name that no other team has.
async fn free_name(
    tx: &mut impl Reader,
    home: &InfrastructureRow,
    text: &str,
    itself: Option<TeamId>,
) -> Result<Name> {
    let name = field::<Name>("name", text)?;
    match teams::by_name(tx, home.id, name.as_str()).await? {
        Some(other) if Some(other.id) != itself => {
            let sentence = format!("There is a team “{name}” already; choose another name.");
            Err(OperationError::invalid("name", sentence))
        }
        _ => Ok(name),
    }
}

impl Console {
    /// The right to manage the members of one team: by the default role, or by the role in the team itself.
    pub(crate) async fn manages_members(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: InfrastructureId,
        team: TeamId,
        doing: &str,
    ) -> Result<Grant> {
        self.permit(tx, caller, home, &Requirement::Team(home, team), doing).await
    }

    /// The right to manage teams and application roles.
    pub(crate) async fn manages_teams(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        home: InfrastructureId,
        doing: &str,
    ) -> Result<Grant> {
        self.permit(tx, caller, home, &wide(home, WideRight::ManageTeams), doing).await
    }
}
