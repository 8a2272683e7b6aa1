//! The architecture of an infrastructure, as one value: loaded with one statement for each table, and stored by what differs.

pub(crate) mod environments;
pub mod exceptions;
pub(crate) mod reported;
pub(crate) mod save;
pub(crate) mod servers;
pub(crate) mod used;

pub use reported::reported;
pub use save::save;
pub use used::{
    LevelRow, Lost, Use, levels_in, lost_with, use_of, used_environments, used_servers, used_servers_in,
};

use crate::column::{Value, row};
use crate::error::StoreError;
use crate::statement::{all, args, one, statements};
use crate::transaction::{PendingTx, Reader};
use domain::architecture::Architecture;
use domain::architecture::model::{
    Catalog, DataCenter, DatabaseServer, Environment, ExternalDatabase, FrontEnd, LoadBalancer, Pipeline, Tool, Zone,
};
use domain::architecture::words::{
    About, CatalogKind, CatalogName, Edition, Engine, EngineVersion, ExternalEngine, HostAddress, Hosting, PipelinePurpose,
    Service, Sharing, SystemName, ToolKind, Topology, WebAddress,
};
use domain::environment::Purpose;
use domain::id::{EnvironmentId, InfrastructureId, ServerId};
use domain::text::{Key, Name, VersionNumber};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

/// An architecture as it is stored, with the identities of its parts that others refer to.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// What is stored.
    pub architecture: Architecture,
    /// The environments by key.
    pub environments: BTreeMap<Key, EnvironmentId>,
    /// The front-ends by their environment's key and their own.
    pub servers: BTreeMap<(Key, Key), ServerId>,
}

row! { struct HomeRow { hosting: Hosting, edition: Option<Edition>, } }
row! { struct KeyedRow { key: Key, name: Name, } }
row! {
    struct EnvironmentRow {
        id: EnvironmentId, key: Key, name: Name, purpose: Purpose, topology: Topology, address: Option<WebAddress>,
        default_zone: Key, balancer_name: Option<Name>, balancer_host: Option<HostAddress>, two_stage: bool,
        application_limit: Option<u32>, deployment_limit: Option<u32>, deployments_at_once: Option<u32>,
        out_at_once: Option<u32>, drain_seconds: Option<u32>, open_requests_seconds: Option<u32>,
    }
}
row! { struct BalancerRow { environment: Key, data_center: Key, } }
row! { struct ZoneRow { environment: Key, key: Key, name: Name, address: Option<WebAddress>, } }
row! {
    struct ServerRow {
        id: ServerId, environment: Key, key: Key, name: Name, host: Option<HostAddress>, data_center: Option<Key>,
        version: Option<VersionNumber>, cores: Option<u16>, memory_gib: Option<u32>, system: Option<SystemName>,
    }
}
row! { struct ServerZoneRow { environment: Key, server: Key, zone: Key, } }
row! { struct ServerServiceRow { environment: Key, server: Key, service: Service, } }
row! { struct CatalogRow { environment: Key, kind: CatalogKind, database_server: Key, name: CatalogName, } }
row! {
    struct ExternalRow {
        environment: Key, key: Key, name: Name, engine: ExternalEngine, version: Option<EngineVersion>, host: Option<HostAddress>,
    }
}
row! {
    struct DatabaseServerRow {
        key: Key, name: Name, engine: Engine, version: Option<EngineVersion>, sharing: Sharing, standby_of: Option<Key>,
        host: Option<HostAddress>, data_center: Option<Key>, cores: Option<u16>, memory_gib: Option<u32>,
    }
}
row! { struct PurposeRow { pipeline: Key, purpose: PipelinePurpose, } }
row! { struct StageRow { pipeline: Key, environment: Key, } }
row! { struct ToolRow { key: Key, name: Name, kind: ToolKind, address: WebAddress, about: Option<About>, } }

statements! {
    HOME = "select hosting, edition from infrastructure where id = $1";
    HOLD + FOR_UPDATE = "select id as value from infrastructure where id = $1";
    DATA_CENTERS = "select key, name from data_center where infrastructure_id = $1";
    ENVIRONMENTS = "select id, key, name, purpose, topology, address, default_zone, balancer_name, balancer_host, two_stage, ",
        "application_limit, deployment_limit, deployments_at_once, out_at_once, drain_seconds, open_requests_seconds from environment where infrastructure_id = $1 order by position";
    BALANCERS = "select e.key as environment, d.key as data_center from environment e ",
        "join balancer_data_center b on b.environment_id = e.id join data_center d on d.id = b.data_center_id ",
        "where e.infrastructure_id = $1";
    ZONES = "select e.key as environment, z.key, z.name, z.address from environment e join zone z on z.environment_id = e.id ",
        "where e.infrastructure_id = $1";
    SERVERS = "select s.id, e.key as environment, s.key, s.name, s.host, d.key as data_center, s.version, s.cores, s.memory_gib, s.system ",
        "from environment e join server s on s.environment_id = e.id left join data_center d on d.id = s.data_center_id ",
        "where e.infrastructure_id = $1";
    SERVER_ZONES = "select e.key as environment, s.key as server, z.key as zone from environment e ",
        "join server s on s.environment_id = e.id join server_zone m on m.server_id = s.id join zone z on z.id = m.zone_id ",
        "where e.infrastructure_id = $1";
    SERVER_SERVICES = "select e.key as environment, s.key as server, m.service from environment e ",
        "join server s on s.environment_id = e.id join server_service m on m.server_id = s.id where e.infrastructure_id = $1";
    CATALOGS = "select e.key as environment, c.kind, d.key as database_server, c.name from environment e ",
        "join catalog c on c.environment_id = e.id join database_server d on d.id = c.database_server_id ",
        "where e.infrastructure_id = $1";
    EXTERNALS = "select e.key as environment, x.key, x.name, x.engine, x.version, x.host from environment e ",
        "join external_database x on x.environment_id = e.id where e.infrastructure_id = $1";
    DATABASE_SERVERS = "select s.key, s.name, s.engine, s.version, s.sharing, p.key as standby_of, s.host, d.key as data_center, ",
        "s.cores, s.memory_gib from database_server s left join database_server p on p.id = s.standby_of ",
        "left join data_center d on d.id = s.data_center_id where s.infrastructure_id = $1";
    PIPELINES = "select key, name from pipeline where infrastructure_id = $1";
    PURPOSES = "select p.key as pipeline, m.purpose from pipeline p join pipeline_purpose m on m.pipeline_id = p.id ",
        "where p.infrastructure_id = $1";
    STAGES = "select p.key as pipeline, e.key as environment from pipeline p join pipeline_stage m on m.pipeline_id = p.id ",
        "join environment e on e.id = m.environment_id where p.infrastructure_id = $1 order by p.key, m.position";
    TOOLS = "select key, name, kind, address, about from tool where infrastructure_id = $1";
}

/// The architecture of an infrastructure for whoever changes it: others who would change it too wait until this transaction ends, since
/// what is written is the difference to what was loaded.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such infrastructure.
pub async fn load_to_change(
    tx: &mut PendingTx,
    infrastructure: InfrastructureId,
) -> Result<Stored, StoreError> {
    let _: Value<InfrastructureId> = one(tx, &HOLD, args![infrastructure]).await?;
    load(tx, infrastructure).await
}

/// The architecture of an infrastructure.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such infrastructure.
pub async fn load(tx: &mut impl Reader, infrastructure: InfrastructureId) -> Result<Stored, StoreError> {
    let HomeRow { hosting, edition } = one(tx, &HOME, args![infrastructure]).await?;
    let mut stored = Stored {
        architecture: Architecture { edition, ..Architecture::empty(hosting) },
        environments: BTreeMap::new(),
        servers: BTreeMap::new(),
    };
    let rows: Vec<KeyedRow> = all(tx, &DATA_CENTERS, args![infrastructure]).await?;
    stored.architecture.data_centers = rows.into_iter().map(|row| (row.key, DataCenter { name: row.name })).collect();
    load_environments(tx, infrastructure, &mut stored).await?;
    load_front_ends(tx, infrastructure, &mut stored).await?;
    load_databases(tx, infrastructure, &mut stored.architecture).await?;
    load_pipelines(tx, infrastructure, &mut stored.architecture).await?;
    let rows: Vec<ToolRow> = all(tx, &TOOLS, args![infrastructure]).await?;
    stored.architecture.tools = rows
        .into_iter()
        .map(|ToolRow { key, name, kind, address, about }| (key, Tool { name, kind, address, about }))
        .collect();
    Ok(stored)
}

async fn load_environments(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    stored: &mut Stored,
) -> Result<(), StoreError> {
    let rows: Vec<EnvironmentRow> = all(tx, &ENVIRONMENTS, args![infrastructure]).await?;
    for row in rows {
        let host = row.balancer_host;
        let environment = Environment {
            name: row.name,
            purpose: row.purpose,
            topology: row.topology,
            address: row.address,
            default_zone: row.default_zone,
            two_stage: row.two_stage,
            application_limit: row.application_limit.and_then(NonZeroU32::new),
            deployment_limit: row.deployment_limit.and_then(NonZeroU32::new),
            deployments_at_once: row.deployments_at_once.and_then(NonZeroU32::new),
            out_at_once: row.out_at_once.and_then(NonZeroU32::new),
            drain_seconds: row.drain_seconds,
            open_requests_seconds: row.open_requests_seconds,
            load_balancer: row.balancer_name.map(|name| LoadBalancer { name, host, data_centers: BTreeSet::new() }),
            front_ends: BTreeMap::new(),
            zones: BTreeMap::new(),
            catalogs: BTreeMap::new(),
            external_databases: BTreeMap::new(),
        };
        stored.architecture.order.push(row.key.clone());
        stored.environments.insert(row.key.clone(), row.id);
        stored.architecture.environments.insert(row.key, environment);
    }
    let environments = &mut stored.architecture.environments;
    let rows: Vec<BalancerRow> = all(tx, &BALANCERS, args![infrastructure]).await?;
    for BalancerRow { environment, data_center } in rows {
        if let Some(balancer) = environments.get_mut(&environment).and_then(|of| of.load_balancer.as_mut()) {
            balancer.data_centers.insert(data_center);
        }
    }
    let rows: Vec<ZoneRow> = all(tx, &ZONES, args![infrastructure]).await?;
    for ZoneRow { environment, key, name, address } in rows {
        if let Some(of) = environments.get_mut(&environment) {
            of.zones.insert(key, Zone { name, address });
        }
    }
    let rows: Vec<ExternalRow> = all(tx, &EXTERNALS, args![infrastructure]).await?;
    for ExternalRow { environment, key, name, engine, version, host } in rows {
        if let Some(of) = environments.get_mut(&environment) {
            of.external_databases.insert(key, ExternalDatabase { name, engine, version, host });
        }
    }
    Ok(())
}

async fn load_front_ends(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    stored: &mut Stored,
) -> Result<(), StoreError> {
    let environments = &mut stored.architecture.environments;
    let rows: Vec<ServerRow> = all(tx, &SERVERS, args![infrastructure]).await?;
    for row in rows {
        let ServerRow { id, environment, key, name, host, data_center, version, cores, memory_gib, system } = row;
        stored.servers.insert((environment.clone(), key.clone()), id);
        let (zones, services) = (BTreeSet::new(), BTreeSet::new());
        let server = FrontEnd { name, host, data_center, zones, services, version, cores, memory_gib, system };
        if let Some(of) = environments.get_mut(&environment) {
            of.front_ends.insert(key, server);
        }
    }
    let rows: Vec<ServerZoneRow> = all(tx, &SERVER_ZONES, args![infrastructure]).await?;
    for ServerZoneRow { environment, server, zone } in rows {
        if let Some(server) = environments.get_mut(&environment).and_then(|of| of.front_ends.get_mut(&server)) {
            server.zones.insert(zone);
        }
    }
    let rows: Vec<ServerServiceRow> = all(tx, &SERVER_SERVICES, args![infrastructure]).await?;
    for ServerServiceRow { environment, server, service } in rows {
        if let Some(server) = environments.get_mut(&environment).and_then(|of| of.front_ends.get_mut(&server)) {
            server.services.insert(service);
        }
    }
    Ok(())
}

async fn load_databases(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    architecture: &mut Architecture,
) -> Result<(), StoreError> {
    let rows: Vec<DatabaseServerRow> = all(tx, &DATABASE_SERVERS, args![infrastructure]).await?;
    for row in rows {
        let DatabaseServerRow { key, name, engine, version, sharing, standby_of, host, data_center, cores, memory_gib } = row;
        let server =
            DatabaseServer { name, engine, version, sharing, standby_of, host, data_center, cores, memory_gib };
        architecture.database_servers.insert(key, server);
    }
    let rows: Vec<CatalogRow> = all(tx, &CATALOGS, args![infrastructure]).await?;
    for CatalogRow { environment, kind, database_server, name } in rows {
        if let Some(of) = architecture.environments.get_mut(&environment) {
            of.catalogs.insert(kind, Catalog { database_server, name });
        }
    }
    Ok(())
}

async fn load_pipelines(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    architecture: &mut Architecture,
) -> Result<(), StoreError> {
    let rows: Vec<KeyedRow> = all(tx, &PIPELINES, args![infrastructure]).await?;
    for KeyedRow { key, name } in rows {
        architecture.pipelines.insert(key, Pipeline { name, purposes: BTreeSet::new(), stages: Vec::new() });
    }
    let rows: Vec<PurposeRow> = all(tx, &PURPOSES, args![infrastructure]).await?;
    for PurposeRow { pipeline, purpose } in rows {
        if let Some(of) = architecture.pipelines.get_mut(&pipeline) {
            of.purposes.insert(purpose);
        }
    }
    let rows: Vec<StageRow> = all(tx, &STAGES, args![infrastructure]).await?;
    for StageRow { pipeline, environment } in rows {
        if let Some(of) = architecture.pipelines.get_mut(&pipeline) {
            of.stages.push(environment);
        }
    }
    Ok(())
}
