//! Front-end servers, and what their environment's controller reports about them.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{HeartbeatTx, Reader, WriteTx};
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId, ServerId};
use domain::text::{Key, Name};
use domain::time::Timestamp;

row! {
    /// A front-end server.
    pub struct ServerRow {
        /// Identity.
        id: ServerId,
        /// Its environment.
        environment_id: EnvironmentId,
        /// Key in addresses.
        key: Key,
        /// Name.
        name: Name,
        /// Its place among the servers of the environment.
        position: i64,
        /// Whether it is the deployment controller; at most one of an environment is.
        is_controller: bool,
        /// Its Ed25519 public key, 64 hexadecimal digits, once it has enrolled.
        public_key: Option<String>,
        /// When it enrolled.
        enrolled_at: Option<Timestamp>,
        /// When it was revoked; none where it was not, or enrolled anew since.
        revoked_at: Option<Timestamp>,
        /// When it was registered.
        created_at: Timestamp,
    }
}

row! {
    /// Which change of its controller an environment has seen last.
    struct EpochRow {
        /// Their count.
        controller_epoch: i64,
    }
}

row! {
    /// What was reported last about a front-end: measured.
    pub struct ServerStateRow {
        /// The server.
        server_id: ServerId,
        /// When it was reported.
        seen_at: Timestamp,
        /// Changes with every start of the controller.
        boot_id: String,
        /// Version of its Platform Server.
        version: String,
        /// Whether the controller reached it.
        reachable: bool,
        /// Where its applications are opened.
        public_address: String,
        /// Where its Server.API answers.
        api_address: String,
        /// The services that run on it, JSON.
        services: String,
        /// The applications that run on it, JSON.
        applications: String,
    }
}

row! {
    /// A front-end that was not reported for a while.
    pub struct SilentRow {
        /// The server.
        server_id: ServerId,
        /// Its environment.
        environment_id: EnvironmentId,
        /// The key of its infrastructure.
        infrastructure: Key,
        /// Whether it is the deployment controller.
        is_controller: bool,
        /// When it was reported last.
        seen_at: Timestamp,
    }
}

macro_rules! columns {
    () => {
        "select s.id, s.environment_id, s.key, s.name, s.position, s.is_controller, s.public_key, s.enrolled_at, \
         s.revoked_at, s.created_at from server s"
    };
}
macro_rules! state_columns {
    () => {
        "select t.server_id, t.seen_at, t.boot_id, t.version, t.reachable, t.public_address, t.api_address, \
         t.services, t.applications from server s join server_state t on t.server_id = s.id"
    };
}

statements! {
    INSERT = "insert into server (id, environment_id, key, name, position, is_controller, public_key, enrolled_at, revoked_at, ",
        "created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    BY_ID = columns!(), " where s.id = $1";
    BY_KEY = columns!(), " where s.environment_id = $1 and s.key = $2";
    OF_ENVIRONMENT = columns!(), " where s.environment_id = $1 order by s.position, s.id";
    OF_INFRASTRUCTURE = columns!(), " join environment e on e.id = s.environment_id where e.infrastructure_id = $1 ",
        "order by e.position, s.position, s.id";
    OF_APPLICATION = columns!(), " join environment_application x on x.environment_id = s.environment_id ",
        "where x.application_id = $1 order by s.environment_id, s.position, s.id";
    CONTROLLER_OF = columns!(), " where s.environment_id = $1 and s.is_controller";
    SET_ENROLLED = "update server set public_key = $2, enrolled_at = $3, revoked_at = null, key_since = $3, next_public_key = null, ",
        "next_key_at = null, waiting_public_key = null, waiting_at = null, waiting_said = null where id = $1";
    REVOKE = "update server set public_key = null, enrolled_at = null, revoked_at = $2, key_since = null, next_public_key = null, ",
        "next_key_at = null, waiting_public_key = null, waiting_at = null, waiting_said = null where id = $1";
    EPOCH_OF = "select controller_epoch from environment where id = $1";
    RAISE_EPOCH = "update environment set controller_epoch = controller_epoch + 1 where id = $1";
    STATES_OF = state_columns!(), " where s.environment_id = $1 order by s.position, s.id";
    STATES_OF_INFRASTRUCTURE = state_columns!(),
        " join environment e on e.id = s.environment_id where e.infrastructure_id = $1 order by e.position, s.position, s.id";
    STATES_OF_APPLICATION = state_columns!(), " join environment_application x on x.environment_id = s.environment_id ",
        "where x.application_id = $1";
    PUT_STATE = "insert into server_state (server_id, seen_at, boot_id, version, reachable, public_address, ",
        "api_address, services, applications) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) ",
        "on conflict (server_id) do update set seen_at = excluded.seen_at, boot_id = excluded.boot_id, ",
        "version = excluded.version, reachable = excluded.reachable, public_address = excluded.public_address, ",
        "api_address = excluded.api_address, services = excluded.services, applications = excluded.applications";
    SILENT = "select s.id as server_id, s.environment_id, i.key as infrastructure, s.is_controller, t.seen_at from server_state t ",
        "join server s on s.id = t.server_id join environment e on e.id = s.environment_id ",
        "join infrastructure i on i.id = e.infrastructure_id where t.seen_at < $1 order by i.key, e.position, s.position, s.id";
    REMEMBER_NONCE = "insert into agent_nonce (server_id, nonce, at) values ($1, $2, $3) on conflict do nothing";
    PURGE_NONCES = "delete from agent_nonce where at < $1";
}

/// Adds a server.
///
/// # Errors
/// `Violated(ServerKey)`, `Violated(ServerController)`.
pub async fn insert(tx: &mut WriteTx, row: &ServerRow) -> Result<(), StoreError> {
    let args = args![
        row.id,
        row.environment_id,
        &row.key,
        &row.name,
        row.position,
        row.is_controller,
        row.public_key.as_deref(),
        row.enrolled_at,
        row.revoked_at,
        row.created_at
    ];
    execute(tx, &INSERT, args).await?;
    crate::architecture::servers::record_as_made(tx, row).await
}

/// One server by its identity.
///
/// # Errors
/// The driver's own.
pub async fn by_id(tx: &mut impl Reader, id: ServerId) -> Result<Option<ServerRow>, StoreError> {
    optional(tx, &BY_ID, args![id]).await
}

/// One server by its key.
///
/// # Errors
/// The driver's own.
pub async fn by_key(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    key: &str,
) -> Result<Option<ServerRow>, StoreError> {
    optional(tx, &BY_KEY, args![environment, key]).await
}

/// The servers of an environment, in their order.
///
/// # Errors
/// The driver's own.
pub async fn of_environment(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<ServerRow>, StoreError> {
    all(tx, &OF_ENVIRONMENT, args![environment]).await
}

/// The servers of all environments of an infrastructure. The caller shows those of the environments that may be seen.
///
/// # Errors
/// The driver's own.
pub async fn of_infrastructure(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<ServerRow>, StoreError> {
    all(tx, &OF_INFRASTRUCTURE, args![infrastructure]).await
}

/// The servers of the environments that an application runs in.
///
/// # Errors
/// The driver's own.
pub async fn of_application(
    tx: &mut impl Reader,
    application: ApplicationId,
) -> Result<Vec<ServerRow>, StoreError> {
    all(tx, &OF_APPLICATION, args![application]).await
}

/// The deployment controller of an environment.
///
/// # Errors
/// The driver's own.
pub async fn controller_of(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Option<ServerRow>, StoreError> {
    optional(tx, &CONTROLLER_OF, args![environment]).await
}

/// Stores the key with which the server signs from now on.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such server.
pub async fn set_enrolled(
    tx: &mut WriteTx,
    id: ServerId,
    public_key: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    match execute(tx, &SET_ENROLLED, args![id, public_key, at]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// Takes the key away from a server: nothing that it signs is believed any more.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such server.
pub async fn revoke(tx: &mut WriteTx, id: ServerId, at: Timestamp) -> Result<(), StoreError> {
    match execute(tx, &REVOKE, args![id, at]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// The epoch of an environment's controller: it grows with every change of the controller or of its key.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such environment.
pub async fn controller_epoch(tx: &mut impl Reader, environment: EnvironmentId) -> Result<u64, StoreError> {
    let row: Option<EpochRow> = optional(tx, &EPOCH_OF, args![environment]).await?;
    row.map(|row| row.controller_epoch.unsigned_abs()).ok_or(StoreError::Missing)
}

/// Counts a change of an environment's controller or of its key.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such environment.
pub async fn raise_controller_epoch(
    tx: &mut WriteTx,
    environment: EnvironmentId,
) -> Result<(), StoreError> {
    match execute(tx, &RAISE_EPOCH, args![environment]).await? {
        0 => Err(StoreError::Missing),
        _ => Ok(()),
    }
}

/// What was reported last about the servers of an environment.
///
/// # Errors
/// The driver's own.
pub async fn states_of(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<ServerStateRow>, StoreError> {
    all(tx, &STATES_OF, args![environment]).await
}

/// What was reported last about the servers of an infrastructure.
///
/// # Errors
/// The driver's own.
pub async fn states_of_infrastructure(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<ServerStateRow>, StoreError> {
    all(tx, &STATES_OF_INFRASTRUCTURE, args![infrastructure]).await
}

/// What was reported last about the servers of the environments that an application runs in.
///
/// # Errors
/// The driver's own.
pub async fn states_of_application(
    tx: &mut impl Reader,
    application: ApplicationId,
) -> Result<Vec<ServerStateRow>, StoreError> {
    all(tx, &STATES_OF_APPLICATION, args![application]).await
}

/// The front-ends of all infrastructures that were reported last before `since`.
///
/// # Errors
/// The driver's own.
pub async fn silent(tx: &mut impl Reader, since: Timestamp) -> Result<Vec<SilentRow>, StoreError> {
    all(tx, &SILENT, args![since]).await
}

/// Stores what was reported.
///
/// # Errors
/// `Violated(Reference)` where there is no such server.
pub async fn put_state(tx: &mut HeartbeatTx, row: &ServerStateRow) -> Result<(), StoreError> {
    let args = args![
        row.server_id,
        row.seen_at,
        &row.boot_id,
        &row.version,
        row.reachable,
        &row.public_address,
        &row.api_address,
        &row.services,
        &row.applications
    ];
    execute(tx, &PUT_STATE, args).await.map(drop)
}

/// Remembers the nonce of a signed request; false where this server used it before.
///
/// # Errors
/// `Violated(Reference)` where there is no such server.
pub async fn remember_nonce(
    tx: &mut HeartbeatTx,
    server: ServerId,
    nonce: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(execute(tx, &REMEMBER_NONCE, args![server, nonce, at]).await? == 1)
}

/// Forgets nonces of requests that are too old to be accepted again anyway, and says how many.
///
/// # Errors
/// The driver's own.
pub async fn purge_nonces(tx: &mut HeartbeatTx, before: Timestamp) -> Result<u64, StoreError> {
    execute(tx, &PURGE_NONCES, args![before]).await
}
