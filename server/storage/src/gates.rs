//! Gates and freezes: what has to be so before a plan is carried out, and times in which nothing is brought somewhere.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::page::Count;
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use domain::gate::{CheckAddress, Kind};
use domain::id::{EnvironmentId, FreezeId, GateId, InfrastructureId, PipelineId, RoleId, TeamId, UserId};
use domain::text::{Key, Name};
use domain::time::Timestamp;

row! {
    /// A gate.
    pub struct GateRow {
        /// Identity.
        id: GateId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// The environment that it stands at, if at one.
        environment_id: Option<EnvironmentId>,
        /// The pipeline that it stands at, if at one.
        pipeline_id: Option<PipelineId>,
        /// What kind of rule it is.
        kind: Kind,
        /// Whose members approve.
        team_id: Option<TeamId>,
        /// Whose holders approve.
        role_id: Option<RoleId>,
        /// How many approvals, or for how many hours a version soaks.
        number: u32,
        /// For how many hours an approval counts.
        hours: Option<u32>,
        /// The name of the test.
        name: String,
        /// What the console asks for it by itself.
        address: Option<CheckAddress>,
        /// Who answers for it.
        owner: String,
        /// When it was made.
        created_at: Timestamp,
        /// Who made it, by name.
        created_by: String,
    }
}

row! {
    /// A gate with the names of what it refers to.
    pub struct NamedGateRow {
        /// Identity.
        id: GateId,
        /// The environment that it stands at, if at one.
        environment_id: Option<EnvironmentId>,
        /// The pipeline that it stands at, if at one.
        pipeline_id: Option<PipelineId>,
        /// What kind of rule it is.
        kind: Kind,
        /// Whose members approve.
        team_id: Option<TeamId>,
        /// Whose holders approve.
        role_id: Option<RoleId>,
        /// How many approvals, or for how many hours a version soaks.
        number: u32,
        /// For how many hours an approval counts.
        hours: Option<u32>,
        /// The name of the test.
        name: String,
        /// What the console asks for it by itself.
        address: Option<CheckAddress>,
        /// Who answers for it.
        owner: String,
        /// The environment's key.
        environment_key: Option<Key>,
        /// The environment's name.
        environment_name: Option<Name>,
        /// The pipeline's key.
        pipeline_key: Option<Key>,
        /// The pipeline's name.
        pipeline_name: Option<Name>,
        /// The name of the team or role.
        group_name: Option<String>,
    }
}

row! {
    /// A freeze.
    pub struct FreezeRow {
        /// Identity.
        id: FreezeId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// The environment that stands still, if one does.
        environment_id: Option<EnvironmentId>,
        /// The pipeline that stands still, if one does; without both everything does.
        pipeline_id: Option<PipelineId>,
        /// From then on.
        from_at: Timestamp,
        /// Until then.
        until_at: Timestamp,
        /// The time zone that it was written down in.
        time_zone: String,
        /// Why.
        reason: String,
        /// Who answers for it.
        owner: String,
        /// When it was made.
        created_at: Timestamp,
        /// Who made it, by name.
        created_by: String,
    }
}

row! {
    /// A freeze with the names of what stands still.
    pub struct NamedFreezeRow {
        /// Identity.
        id: FreezeId,
        /// The environment that stands still, if one does.
        environment_id: Option<EnvironmentId>,
        /// The pipeline that stands still, if one does; without both everything does.
        pipeline_id: Option<PipelineId>,
        /// From then on.
        from_at: Timestamp,
        /// Until then.
        until_at: Timestamp,
        /// The time zone that it was written down in.
        time_zone: String,
        /// Why.
        reason: String,
        /// Who answers for it.
        owner: String,
        /// The environment's key.
        environment_key: Option<Key>,
        /// The environment's name.
        environment_name: Option<Name>,
        /// The pipeline's key.
        pipeline_key: Option<Key>,
        /// The pipeline's name.
        pipeline_name: Option<Name>,
    }
}

macro_rules! gate_columns {
    () => {
        "select g.id, g.environment_id, g.pipeline_id, g.kind, g.team_id, g.role_id, g.number, g.hours, g.name, g.address, g.owner, \
         e.key as environment_key, e.name as environment_name, p.key as pipeline_key, p.name as pipeline_name, \
         coalesce(t.name, r.name) as group_name from gate g left join environment e on e.id = g.environment_id \
         left join pipeline p on p.id = g.pipeline_id left join team t on t.id = g.team_id \
         left join role r on r.id = g.role_id"
    };
}

macro_rules! freeze_columns {
    () => {
        "select f.id, f.environment_id, f.pipeline_id, f.from_at, f.until_at, f.time_zone, f.reason, f.owner, \
         e.key as environment_key, e.name as environment_name, p.key as pipeline_key, p.name as pipeline_name \
         from freeze_window f left join environment e on e.id = f.environment_id left join pipeline p on p.id = f.pipeline_id"
    };
}

statements! {
    INSERT = "insert into gate (id, infrastructure_id, environment_id, pipeline_id, kind, team_id, role_id, number, hours, name, ",
        "address, owner, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    REMOVE = "delete from gate where id = $1";
    BY_ID = gate_columns!(), " where g.id = $1 and g.infrastructure_id = $2";
    LIST = gate_columns!(), " where g.infrastructure_id = $1 order by g.created_at, g.id limit $2";
    // Those of the target, and of the pipelines that it is a stage of.
    INTO = gate_columns!(), " where g.environment_id = $1 union all ",
        gate_columns!(), " where g.pipeline_id in (select s.pipeline_id from pipeline_stage s where s.environment_id = $1)";
    OF_TEAM = "select count(*) as value from gate where team_id = $1";
    OF_ROLE = "select count(*) as value from gate where role_id = $1";
    PEOPLE_OF_TEAM = "select count(*) as value from (select 1 from team_member m join it_user u on u.id = m.user_id ",
        "where m.team_id = $1 and u.active and u.service_of is null limit 1001) c";
    PEOPLE_OF_ROLE = "select count(*) as value from (select 1 from user_role m join it_user u on u.id = m.user_id ",
        "where m.role_id = $1 and u.active and u.service_of is null limit 1001) c";
    IS_MEMBER = "select u.id as value from team_member m join it_user u on u.id = m.user_id ",
        "where m.team_id = $1 and m.user_id = $2 and u.active and u.service_of is null";
    IS_HOLDER = "select u.id as value from user_role m join it_user u on u.id = m.user_id ",
        "where m.role_id = $1 and m.user_id = $2 and u.active and u.service_of is null";
    FREEZE = "insert into freeze_window (id, infrastructure_id, environment_id, pipeline_id, from_at, until_at, time_zone, reason, owner, ",
        "created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    END_FREEZE = "update freeze_window set until_at = $2 where id = $1";
    REMOVE_FREEZE = "delete from freeze_window where id = $1";
    FREEZE_BY_ID = freeze_columns!(), " where f.id = $1 and f.infrastructure_id = $2";
    FREEZES = freeze_columns!(), " where f.infrastructure_id = $1 and f.until_at > $2 order by f.until_at, f.id limit $3";
}

/// The most gates and freezes of an infrastructure that are there at a time; one more is not taken.
pub const MOST: u32 = 1000;

/// Adds a gate.
///
/// # Errors
/// `Violated(Reference)` where something it refers to is not there.
pub async fn insert(tx: &mut WriteTx, row: &GateRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.infrastructure_id,
        row.environment_id,
        row.pipeline_id,
        row.kind.word(),
        row.team_id,
        row.role_id,
        row.number,
        row.hours,
        &row.name,
        row.address.as_ref().map(CheckAddress::as_str),
        &row.owner,
        row.created_at,
        &row.created_by
    ];
    execute(tx, &INSERT, args).await.map(drop)
}

/// Removes a gate; false where it was not there.
///
/// # Errors
/// The driver's own.
pub async fn remove(tx: &mut WriteTx, id: GateId) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMOVE, args![id]).await? == 1)
}

/// One gate of an infrastructure.
///
/// # Errors
/// The driver's own.
pub async fn by_id(
    tx: &mut impl Reader,
    id: GateId,
    infrastructure: InfrastructureId,
) -> Result<Option<NamedGateRow>, StoreError> {
    optional(tx, &BY_ID, args![id, infrastructure]).await
}

/// The gates of an infrastructure, oldest first.
///
/// # Errors
/// The driver's own.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<NamedGateRow>, StoreError> {
    all(tx, &LIST, args![infrastructure, MOST]).await
}

/// The gates before an environment: its own, and those of the pipelines that it is a stage of.
///
/// # Errors
/// The driver's own.
pub async fn into(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<NamedGateRow>, StoreError> {
    all(tx, &INTO, args![environment]).await
}

/// How many gates need the members of a team.
///
/// # Errors
/// The driver's own.
pub async fn of_team(tx: &mut impl Reader, team: TeamId) -> Result<u64, StoreError> {
    let Value(count) = one(tx, &OF_TEAM, args![team]).await?;
    Ok(count)
}

/// How many gates need the holders of a role.
///
/// # Errors
/// The driver's own.
pub async fn of_role(tx: &mut impl Reader, role: RoleId) -> Result<u64, StoreError> {
    let Value(count) = one(tx, &OF_ROLE, args![role]).await?;
    Ok(count)
}

/// Who approves at a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The members of a team.
    Team(TeamId),
    /// Those whose default role it is.
    Role(RoleId),
}

/// How many people are in a group and may sign in.
///
/// # Errors
/// The driver's own.
pub async fn people(tx: &mut impl Reader, group: Group) -> Result<Count, StoreError> {
    match group {
        Group::Team(team) => one(tx, &PEOPLE_OF_TEAM, args![team]).await,
        Group::Role(role) => one(tx, &PEOPLE_OF_ROLE, args![role]).await,
    }
}

/// Whether a person is in a group and may sign in. Service accounts are none.
///
/// # Errors
/// The driver's own.
pub async fn is_in(tx: &mut impl Reader, group: Group, user: UserId) -> Result<bool, StoreError> {
    let found: Option<Value<UserId>> = match group {
        Group::Team(team) => optional(tx, &IS_MEMBER, args![team, user]).await?,
        Group::Role(role) => optional(tx, &IS_HOLDER, args![role, user]).await?,
    };
    Ok(found.is_some())
}

/// Adds a freeze.
///
/// # Errors
/// `Violated(Check)` for a window without length; `Violated(Reference)`.
pub async fn freeze(tx: &mut WriteTx, row: &FreezeRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.infrastructure_id,
        row.environment_id,
        row.pipeline_id,
        row.from_at,
        row.until_at,
        &row.time_zone,
        &row.reason,
        &row.owner,
        row.created_at,
        &row.created_by
    ];
    execute(tx, &FREEZE, args).await.map(drop)
}

/// Ends a freeze that has begun.
///
/// # Errors
/// `Violated(Check)` for an end that is not after its beginning.
pub async fn end_freeze(tx: &mut WriteTx, id: FreezeId, until: Timestamp) -> Result<(), StoreError> {
    execute(tx, &END_FREEZE, args![id, until]).await.map(drop)
}

/// Removes a freeze.
///
/// # Errors
/// The driver's own.
pub async fn remove_freeze(tx: &mut WriteTx, id: FreezeId) -> Result<(), StoreError> {
    execute(tx, &REMOVE_FREEZE, args![id]).await.map(drop)
}

/// One freeze of an infrastructure.
///
/// # Errors
/// The driver's own.
pub async fn freeze_by_id(
    tx: &mut impl Reader,
    id: FreezeId,
    infrastructure: InfrastructureId,
) -> Result<Option<NamedFreezeRow>, StoreError> {
    optional(tx, &FREEZE_BY_ID, args![id, infrastructure]).await
}

/// The freezes of an infrastructure that have not ended at a time, in the order in which they end.
///
/// # Errors
/// The driver's own.
pub async fn freezes(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    at: Timestamp,
) -> Result<Vec<NamedFreezeRow>, StoreError> {
    all(tx, &FREEZES, args![infrastructure, at, MOST]).await
}
