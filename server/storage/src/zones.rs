//! Deployment zones as deployments need them: their front-ends, and which application goes to which.

use crate::column::row;
use crate::error::StoreError;
use crate::page::{Count, Visibility};
use crate::statement::{all, args, execute, one, statements};
use crate::transaction::{Reader, WriteTx};
use crate::visibility::{may_list, with_default_role};
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId, ServerId, ZoneId};
use domain::text::{Key, Name};

row! {
    /// A deployment zone.
    pub struct ZoneRow {
        /// Identity.
        id: ZoneId,
        /// Its environment.
        environment_id: EnvironmentId,
        /// Key, unique in its environment.
        key: Key,
        /// Name.
        name: Name,
        /// Whether applications that name none go there.
        is_default: bool,
    }
}

row! {
    /// A front-end of a zone.
    pub struct ZoneServerRow {
        /// The zone.
        zone_id: ZoneId,
        /// The front-end.
        server_id: ServerId,
    }
}

row! {
    /// The zone that was chosen for an application in an environment.
    pub struct ApplicationZoneRow {
        /// The environment.
        environment_id: EnvironmentId,
        /// The application.
        application_id: ApplicationId,
        /// The zone.
        zone_id: ZoneId,
        /// Whether no deployment has brought it there since.
        pending: bool,
    }
}

row! {
    /// How many applications run in a zone.
    pub struct ZoneCountRow {
        /// The zone's key.
        zone: Key,
        /// How many of those that count.
        applications: u64,
    }
}

// What runs in an environment, each application with the zone that it goes to: the one that was chosen, else the default one.
macro_rules! placed {
    () => {
        " join environment e on e.id = x.environment_id left join application_zone a on a.environment_id = x.environment_id \
         and a.application_id = x.application_id join zone z on z.environment_id = x.environment_id \
         and (z.id = a.zone_id or (a.zone_id is null and z.key = e.default_zone)) "
    };
}

statements! {
    COUNTS_IN = "select z.key as zone, count(*) as applications from environment_application x", placed!(),
        "where x.environment_id = $1 group by z.key order by z.key";
    COUNTS_IN_OF = "select z.key as zone, count(*) as applications from environment_application x", placed!(), with_default_role!(),
        "where x.environment_id = $3 and x.infrastructure_id = $2 and ", may_list!("x.application_id", "x.environment_id"),
        " group by z.key order by z.key";
    OF_ENVIRONMENT = "select z.id, z.environment_id, z.key, z.name, z.key = e.default_zone as is_default from environment e ",
        "join zone z on z.environment_id = e.id where e.id = $1 order by z.key";
    OF_INFRASTRUCTURE = "select z.id, z.environment_id, z.key, z.name, z.key = e.default_zone as is_default from environment e ",
        "join zone z on z.environment_id = e.id where e.infrastructure_id = $1 order by e.position, z.key";
    SERVERS = "select m.zone_id, m.server_id from zone z join server_zone m on m.zone_id = z.id where z.environment_id = $1 ",
        "order by m.zone_id, m.server_id";
    CHOSEN_IN = "select environment_id, application_id, zone_id, pending from application_zone where environment_id = $1";
    CHOSEN_FOR = "select environment_id, application_id, zone_id, pending from application_zone where application_id = $1";
    CHOOSE = "insert into application_zone (environment_id, application_id, zone_id, pending) values ($1, $2, $3, $4) ",
        "on conflict (environment_id, application_id) do update set zone_id = excluded.zone_id, pending = excluded.pending";
    SETTLE = "update application_zone set pending = $3 where environment_id = $1 and application_id = $2 and pending";
    USED = "select count(*) as value from (select 1 from zone z join application_zone a on a.zone_id = z.id ",
        "where z.environment_id = $1 and z.key = $2 limit 1001) c";
}

/// The zones of an environment, by key.
///
/// # Errors
/// The driver's own.
pub async fn of_environment(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<ZoneRow>, StoreError> {
    all(tx, &OF_ENVIRONMENT, args![environment]).await
}

/// The zones of all environments of an infrastructure, in their order. The caller shows those of the environments that may be seen.
///
/// # Errors
/// The driver's own.
pub async fn of_infrastructure(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<ZoneRow>, StoreError> {
    all(tx, &OF_INFRASTRUCTURE, args![infrastructure]).await
}

/// The front-ends of every zone of an environment.
///
/// # Errors
/// The driver's own.
pub async fn servers(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<ZoneServerRow>, StoreError> {
    all(tx, &SERVERS, args![environment]).await
}

/// The zones that were chosen in an environment.
///
/// # Errors
/// The driver's own.
pub async fn chosen_in(
    tx: &mut impl Reader,
    environment: EnvironmentId,
) -> Result<Vec<ApplicationZoneRow>, StoreError> {
    all(tx, &CHOSEN_IN, args![environment]).await
}

/// The zones that were chosen for an application.
///
/// # Errors
/// The driver's own.
pub async fn chosen_for(
    tx: &mut impl Reader,
    application: ApplicationId,
) -> Result<Vec<ApplicationZoneRow>, StoreError> {
    all(tx, &CHOSEN_FOR, args![application]).await
}

/// Chooses the zone of an application in an environment.
///
/// # Errors
/// There is no such environment, application or zone.
pub async fn choose(tx: &mut WriteTx, row: &ApplicationZoneRow) -> Result<(), StoreError> {
    let args = args![row.environment_id, row.application_id, row.zone_id, row.pending];
    execute(tx, &CHOOSE, args).await.map(drop)
}

/// Notes that a deployment has brought an application to its zone.
///
/// # Errors
/// The driver's own.
pub async fn settle(
    tx: &mut WriteTx,
    environment: EnvironmentId,
    application: ApplicationId,
) -> Result<(), StoreError> {
    execute(tx, &SETTLE, args![environment, application, false]).await.map(drop)
}

/// How many applications that may be listed run in each zone of an environment, for the zones that have some.
///
/// # Errors
/// The driver's own.
pub async fn counts_in(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    environment: EnvironmentId,
    visibility: &Visibility,
) -> Result<Vec<ZoneCountRow>, StoreError> {
    match *visibility {
        Visibility::Everything => all(tx, &COUNTS_IN, args![environment]).await,
        Visibility::Of(user) => all(tx, &COUNTS_IN_OF, args![user, infrastructure, environment]).await,
    }
}

/// How many applications were put into a zone; at most 1001 are counted.
///
/// # Errors
/// The driver's own.
pub async fn used(
    tx: &mut impl Reader,
    environment: EnvironmentId,
    zone: &Key,
) -> Result<Count, StoreError> {
    one(tx, &USED, args![environment, zone]).await
}
