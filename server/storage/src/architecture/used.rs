//! What keeps an environment or a server from leaving.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::statement::{all, args, one, statements};
use crate::transaction::Reader;
use domain::id::{EnvironmentId, InfrastructureId, ServerId};
use std::collections::BTreeSet;

row! {
    /// What keeps an environment from leaving. Each is counted up to 1001.
    #[derive(Copy, Eq, Default)]
    pub struct Use {
        /// Front-ends that are enrolled.
        enrolled: u64,
        /// Applications that run in it.
        applications: u64,
        /// Deployments from it or into it.
        deployments: u64,
        /// Versions that were tagged in it.
        versions: u64,
        /// Plans from it or to it.
        plans: u64,
    }
}

row! {
    /// What goes with an environment besides what is recorded of it. Each is counted up to 1001.
    #[derive(Copy, Eq, Default)]
    pub struct Lost {
        /// Gates before it.
        gates: u64,
        /// Times in which nothing is brought into it.
        freezes: u64,
        /// Values of applications' settings there.
        settings: u64,
        /// Applications that it is closed to.
        blocks: u64,
        /// Applications with a deployment zone that was chosen for them.
        zones: u64,
        /// Lines of its timeline.
        events: u64,
        /// Results of checks that were reported of it.
        verifications: u64,
        /// Hotfixes there that were marked as solved.
        solved: u64,
        /// Notes of what ran there once.
        places: u64,
    }
}

row! {
    /// What a role gives in an environment.
    pub struct LevelRow {
        /// The role's name.
        role: String,
        /// The rights, as bits.
        rights: i64,
    }
}

statements! {
    LOST_WITH = "select (select count(*) from (select 1 from gate where environment_id = $1 limit 1001) a) as gates, ",
        "(select count(*) from (select 1 from freeze_window where environment_id = $1 limit 1001) b) as freezes, ",
        "(select count(*) from (select 1 from setting_value where environment_id = $1 limit 1001) c) as settings, ",
        "(select count(*) from (select 1 from application_block where environment_id = $1 limit 1001) d) as blocks, ",
        "(select count(*) from (select 1 from application_zone where environment_id = $1 limit 1001) e) as zones, ",
        "(select count(*) from (select 1 from environment_event where environment_id = $1 limit 1001) f) as events, ",
        "(select count(*) from (select 1 from verification where environment_id = $1 limit 1001) g) as verifications, ",
        "(select count(*) from (select 1 from hotfix_solved where environment_id = $1 limit 1001) h) as solved, ",
        "(select count(*) from (select 1 from revision_place where environment_id = $1 limit 1001) i) as places";
    LEVELS_IN = "select r.name as role, m.rights from role r join role_right m on m.role_id = r.id and m.environment_id = $2 ",
        "where r.infrastructure_id = $1 order by r.name, r.id";
    USE_OF = "select (select count(*) from server where environment_id = $1 and enrolled_at is not null) as enrolled, ",
        "(select count(*) from (select 1 from environment_application where environment_id = $1 limit 1001) a) as applications, ",
        "(select count(*) from (select 1 from deployment where source_id = $1 or target_id = $1 limit 1001) d) as deployments, ",
        "(select count(*) from (select 1 from version where environment_id = $1 limit 1001) v) as versions, ",
        "(select count(*) from (select 1 from plan where source_id = $1 or target_id = $1 limit 1001) p) as plans";
    USED_ENVIRONMENTS = "select e.id as value from environment e where e.infrastructure_id = $1 and (",
        "exists (select 1 from server s where s.environment_id = e.id and s.enrolled_at is not null) ",
        "or exists (select 1 from environment_application a where a.environment_id = e.id) ",
        "or exists (select 1 from deployment d where d.source_id = e.id) or exists (select 1 from deployment d where d.target_id = e.id) ",
        "or exists (select 1 from version v where v.environment_id = e.id) ",
        "or exists (select 1 from plan p where p.source_id = e.id) or exists (select 1 from plan p where p.target_id = e.id))";
    USED_SERVERS = "select s.id as value from environment e join server s on s.environment_id = e.id where e.infrastructure_id = $1 ",
        "and (s.enrolled_at is not null or exists (select 1 from deployment_step t where t.server_id = s.id))";
    USED_SERVERS_IN = "select s.id as value from server s where s.environment_id = $1 ",
        "and (s.enrolled_at is not null or exists (select 1 from deployment_step t where t.server_id = s.id))";
}

impl Use {
    /// Whether nothing keeps it.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What goes with an environment besides what is recorded of it.
///
/// # Errors
/// The driver's own.
pub async fn lost_with(tx: &mut impl Reader, environment: EnvironmentId) -> Result<Lost, StoreError> {
    one(tx, &LOST_WITH, args![environment]).await
}

/// What each role gives in an environment, by name.
///
/// # Errors
/// The driver's own.
pub async fn levels_in(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    environment: EnvironmentId,
) -> Result<Vec<LevelRow>, StoreError> {
    all(tx, &LEVELS_IN, args![infrastructure, environment]).await
}

/// What keeps an environment from leaving.
///
/// # Errors
/// The driver's own.
pub async fn use_of(tx: &mut impl Reader, environment: EnvironmentId) -> Result<Use, StoreError> {
    one(tx, &USE_OF, args![environment]).await
}

/// The environments that something keeps from leaving, as [`use_of`] tells it of one.
///
/// # Errors
/// The driver's own.
pub async fn used_environments(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<BTreeSet<EnvironmentId>, StoreError> {
    let rows: Vec<Value<EnvironmentId>> = all(tx, &USED_ENVIRONMENTS, args![infrastructure]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The servers of an infrastructure that are enrolled, or that a deployment went to.
///
/// # Errors
/// The driver's own.
pub async fn used_servers(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<BTreeSet<ServerId>, StoreError> {
    let rows: Vec<Value<ServerId>> = all(tx, &USED_SERVERS, args![infrastructure]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The same of one environment.
///
/// # Errors
/// The driver's own.
pub async fn used_servers_in(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<BTreeSet<ServerId>, StoreError> {
    let rows: Vec<Value<ServerId>> = all(tx, &USED_SERVERS_IN, args![environment]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
