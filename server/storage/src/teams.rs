//! Teams, and grants on single applications: the narrower roles.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::id::{ApplicationId, InfrastructureId, RoleId, TeamId, UserId};
use domain::time::Timestamp;

row! {
    /// A team.
    pub struct TeamRow {
        /// Identity.
        id: TeamId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// Name.
        name: String,
        /// What it is for.
        description: String,
        /// When it was made.
        created_at: Timestamp,
    }
}

statements! {
    INSERT = "insert into team (id, infrastructure_id, name, description, created_at) values ($1, $2, $3, $4, $5)";
    INSERT_MEMBER = "insert into team_member (team_id, user_id, infrastructure_id, role_id) values ($1, $2, ",
        "(select infrastructure_id from team where id = $1), $3)";
    INSERT_APPLICATION = "insert into team_application (application_id, team_id, infrastructure_id) values ($2, $1, ",
        "(select infrastructure_id from team where id = $1))";
    INSERT_GRANT = "insert into application_grant (user_id, application_id, infrastructure_id, role_id) values ($1, $2, ",
        "(select infrastructure_id from application where id = $2), $3)";
    LIST = "select id, infrastructure_id, name, description, created_at from team where infrastructure_id = $1 order by name";
    OF_APPLICATION = "select t.id, t.infrastructure_id, t.name, t.description, t.created_at from team_application a ",
        "join team t on t.id = a.team_id where a.application_id = $1";
}

/// Adds a team.
///
/// # Errors
/// `Violated(TeamName)` where the name is taken in the infrastructure.
pub async fn insert(tx: &mut WriteTx, row: &TeamRow) -> Result<(), StoreError> {
    let args = args![row.id, row.infrastructure_id, &row.name, &row.description, row.created_at];
    execute(tx, &INSERT, args).await.map(drop)
}

/// Puts a user into a team with a role.
///
/// # Errors
/// `Violated(TeamMemberId)` where the user is in it already; `Violated(Reference)`, `Violated(Check)` where one of them is
/// not there.
pub async fn insert_member(
    tx: &mut WriteTx,
    team: TeamId,
    user: UserId,
    role: RoleId,
) -> Result<(), StoreError> {
    execute(tx, &INSERT_MEMBER, args![team, user, role]).await.map(drop)
}

/// Gives an application to a team.
///
/// # Errors
/// `Violated(TeamApplicationId)` where a team has it already (R31); `Violated(Reference)`, `Violated(Check)`.
pub async fn insert_application(
    tx: &mut WriteTx,
    team: TeamId,
    application: ApplicationId,
) -> Result<(), StoreError> {
    execute(tx, &INSERT_APPLICATION, args![team, application]).await.map(drop)
}

/// Grants a user a role on one application.
///
/// # Errors
/// `Violated(ApplicationGrantId)` where the user has one already; `Violated(Reference)`, `Violated(Check)`.
pub async fn insert_grant(
    tx: &mut WriteTx,
    user: UserId,
    application: ApplicationId,
    role: RoleId,
) -> Result<(), StoreError> {
    execute(tx, &INSERT_GRANT, args![user, application, role]).await.map(drop)
}

/// The teams of an infrastructure, by name.
///
/// # Errors
/// The driver's own.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<TeamRow>, StoreError> {
    all(tx, &LIST, args![infrastructure]).await
}

/// The team that owns an application.
///
/// # Errors
/// The driver's own.
pub async fn of_application(
    tx: &mut impl Reader,
    application: ApplicationId,
) -> Result<Option<TeamRow>, StoreError> {
    optional(tx, &OF_APPLICATION, args![application]).await
}
