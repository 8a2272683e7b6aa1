//! Environments.

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::page::{Count, Visibility};
use crate::statement::{all, all_by_hundreds, args, execute, hundred, one, optional, statements};
use crate::transaction::{Reader, WriteTx};
use crate::visibility::{may_access, with_default_role};
use domain::architecture::words::{Topology, WebAddress};
use domain::environment::Purpose;
use domain::id::{EnvironmentId, InfrastructureId};
use domain::text::{Key, Name};
use domain::time::Timestamp;
use std::collections::BTreeSet;

row! {
    /// An environment.
    pub struct EnvironmentRow {
        /// Identity.
        id: EnvironmentId,
        /// Its infrastructure.
        infrastructure_id: InfrastructureId,
        /// Key in addresses.
        key: Key,
        /// Name.
        name: Name,
        /// What it is for.
        purpose: Purpose,
        /// Its place in the order, from 0.
        position: i64,
        /// When it was made.
        created_at: Timestamp,
    }
}

row! {
    /// How deployments into an environment go, and how much it takes.
    #[derive(Copy)]
    pub struct LimitsRow {
        /// Whether they wait for a person once everything is prepared (R16).
        two_stage: bool,
        /// How many applications it takes at most.
        application_limit: Option<u32>,
        /// How many deployments may be open at once.
        deployment_limit: Option<u32>,
        /// How many front-ends may be out of service at once, as was set.
        out_at_once: Option<u32>,
        /// For how many seconds a front-end says that it leaves.
        drain_seconds: Option<u32>,
        /// For how many seconds it waits for requests that it has begun.
        open_requests_seconds: Option<u32>,
    }
}

row! {
    /// What is recorded of an environment besides its name and place.
    pub struct RecordedRow {
        /// The environment.
        id: EnvironmentId,
        /// How many front-ends it is made for.
        topology: Topology,
        /// Where its applications are opened.
        address: Option<WebAddress>,
        /// Whether deployments into it wait for a person once everything is prepared (R16).
        two_stage: bool,
    }
}

macro_rules! columns {
    () => {
        "select e.id, e.infrastructure_id, e.key, e.name, e.purpose, e.position, e.created_at from environment e"
    };
}

statements! {
    INSERT = "insert into environment (id, infrastructure_id, key, name, purpose, position, created_at) ",
        "values ($1, $2, $3, $4, $5, $6, $7)";
    BY_ID = columns!(), " where e.id = $1";
    BY_IDS = columns!(), " where e.id in (", hundred!(), ")";
    BY_KEY = columns!(), " where e.infrastructure_id = $1 and e.key = $2";
    LIST = columns!(), " where e.infrastructure_id = $1 order by e.position";
    LIST_OF = columns!(), with_default_role!(), " where e.infrastructure_id = $2 and ", may_access!("e.id"),
        " order by e.position";
    RECORDED = "select id, topology, address, two_stage from environment where infrastructure_id = $1 order by position";
    LIMITS = "select two_stage, application_limit, deployment_limit, out_at_once, drain_seconds, open_requests_seconds ",
        "from environment where id = $1";
    APPLICATIONS = "select count(*) as value from (select application_id from environment_application where environment_id = $1 ",
        "union select application_id from deployment_application where target_id = $1 and open) a";
    COUNT = "select count(*) as value from (select 1 from environment where infrastructure_id = $1 limit 1001) c";
    COUNT_OF = "select count(*) as value from (select 1 from environment e", with_default_role!(),
        " where e.infrastructure_id = $2 and ", may_access!("e.id"), " limit 1001) c";
}

/// Adds an environment.
///
/// # Errors
/// `Violated(EnvironmentKey)`, `Violated(EnvironmentPosition)`.
pub async fn insert(tx: &mut WriteTx, row: &EnvironmentRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.infrastructure_id,
        &row.key,
        &row.name,
        row.purpose.word(),
        row.position,
        row.created_at
    ];
    execute(tx, &INSERT, args).await?;
    crate::architecture::environments::insert_default_zone(tx, row.id).await?;
    crate::states::note_all_differences(tx, row.infrastructure_id).await
}

/// What is recorded of the environments of an infrastructure, in their order. The caller shows those that may be seen.
///
/// # Errors
/// The driver's own.
pub async fn recorded(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<RecordedRow>, StoreError> {
    all(tx, &RECORDED, args![infrastructure]).await
}

/// How deployments into an environment go, and how much it takes.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such environment.
pub async fn limits(tx: &mut impl Reader, id: EnvironmentId) -> Result<LimitsRow, StoreError> {
    one(tx, &LIMITS, args![id]).await
}

/// How many applications are in an environment or on their way into it.
///
/// # Errors
/// The driver's own.
pub async fn applications(tx: &mut impl Reader, id: EnvironmentId) -> Result<u64, StoreError> {
    let Value(count) = one(tx, &APPLICATIONS, args![id]).await?;
    Ok(count)
}

/// One environment by its identity.
///
/// # Errors
/// The driver's own.
pub async fn by_id(tx: &mut impl Reader, id: EnvironmentId) -> Result<Option<EnvironmentRow>, StoreError> {
    optional(tx, &BY_ID, args![id]).await
}

/// Some environments by their identities, in no order; one statement for a hundred of them.
///
/// # Errors
/// The driver's own.
pub async fn by_ids(
    tx: &mut impl Reader,
    ids: &BTreeSet<EnvironmentId>,
) -> Result<Vec<EnvironmentRow>, StoreError> {
    let ids: Vec<EnvironmentId> = ids.iter().copied().collect();
    all_by_hundreds(tx, &BY_IDS, &ids).await
}

/// One environment by its key.
///
/// # Errors
/// The driver's own.
pub async fn by_key(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    key: &str,
) -> Result<Option<EnvironmentRow>, StoreError> {
    optional(tx, &BY_KEY, args![infrastructure, key]).await
}

/// The environments of an infrastructure that may be seen, in their order.
///
/// # Errors
/// The driver's own.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
) -> Result<Vec<EnvironmentRow>, StoreError> {
    match *visibility {
        Visibility::Everything => all(tx, &LIST, args![infrastructure]).await,
        Visibility::Of(user) => all(tx, &LIST_OF, args![user, infrastructure]).await,
    }
}

/// How many environments may be seen.
///
/// # Errors
/// The driver's own.
pub async fn count(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    visibility: &Visibility,
) -> Result<Count, StoreError> {
    match *visibility {
        Visibility::Everything => one(tx, &COUNT, args![infrastructure]).await,
        Visibility::Of(user) => one(tx, &COUNT_OF, args![user, infrastructure]).await,
    }
}
