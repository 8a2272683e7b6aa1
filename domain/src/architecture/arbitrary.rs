//! Architectures of all kinds for tests, sound or not, from few keys so that they meet.

use super::model::{
    Architecture, Catalog, DataCenter, DatabaseServer, Environment, ExternalDatabase, FrontEnd, LoadBalancer,
    Pipeline, Tool, Zone,
};
use super::words::{
    CatalogKind, Edition, Engine, ExternalEngine, Hosting, PipelinePurpose, Service, Sharing, ToolKind,
    Topology,
};
use crate::environment::Purpose;
use crate::text::{Key, Name, VersionNumber};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use std::num::NonZeroU32;

fn parsed<T>(texts: &'static [&'static str]) -> impl Strategy<Value = T>
where
    T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug,
{
    select(texts).prop_map(|text| text.parse().unwrap())
}

fn key() -> impl Strategy<Value = Key> {
    parsed(&["a", "b", "c", "d", "e"])
}

fn name() -> impl Strategy<Value = Name> {
    parsed(&["Quay", "Lock", "quay", "Weir \"1\"", "Über", "a/b"])
}

fn version() -> impl Strategy<Value = VersionNumber> {
    parsed(&["1.0", "1.1", "2.0.3"])
}

fn front_end() -> impl Strategy<Value = FrontEnd> {
    (
        name(),
        of(parsed(&["fe-1:8443", "fe-2", "[::1]:90"])),
        of(key()),
        btree_set(key(), 0..3),
        btree_set(select(Service::ALL), 0..5),
        of(version()),
        of(1u16..64),
        of(1u32..512),
        of(parsed(&["Debian 12", "Windows Server 2022, IIS 10"])),
    )
        .prop_map(|(name, host, data_center, zones, services, version, cores, memory_gib, system)| {
            FrontEnd { name, host, data_center, zones, services, version, cores, memory_gib, system }
        })
}

fn balancer() -> impl Strategy<Value = LoadBalancer> {
    (name(), of(parsed(&["lb", "lb:443"])), btree_set(key(), 0..3))
        .prop_map(|(name, host, data_centers)| LoadBalancer { name, host, data_centers })
}

fn environment() -> impl Strategy<Value = Environment> {
    let zone = (name(), of(parsed(&["https://zone", "http://zone/x"])))
        .prop_map(|(name, address)| Zone { name, address });
    let catalog = (key(), parsed(&["one", "ONE", "two"]))
        .prop_map(|(database_server, name)| Catalog { database_server, name });
    let external =
        (name(), select(ExternalEngine::ALL), of(parsed(&["19c", "8"])), of(parsed(&["x", "y:5432"])))
            .prop_map(|(name, engine, version, host)| ExternalDatabase { name, engine, version, host });
    (
        name(),
        select(&Purpose::ALL[..]),
        select(Topology::ALL),
        of(parsed(&["https://a", "http://b/", "https://A/"])),
        key(),
        of(balancer()),
        btree_map(key(), front_end(), 0..4),
        btree_map(key(), zone, 0..3),
        btree_map(select(CatalogKind::ALL), catalog, 0..4),
        btree_map(key(), external, 0..2),
        (any::<bool>(), of(1u32..1000), of(1u32..100), of(1u32..9)),
        (of(1u32..9), of(0u32..600), of(0u32..600)),
    )
        .prop_map(
            |(
                name,
                purpose,
                topology,
                address,
                default_zone,
                load_balancer,
                front_ends,
                zones,
                catalogs,
                externals,
                (two_stage, applications, deployments, at_once),
                (out, drain_seconds, open_requests_seconds),
            )| {
                Environment {
                    name,
                    purpose,
                    topology,
                    address,
                    default_zone,
                    two_stage,
                    application_limit: applications.and_then(NonZeroU32::new),
                    deployment_limit: deployments.and_then(NonZeroU32::new),
                    deployments_at_once: at_once.and_then(NonZeroU32::new),
                    out_at_once: out.and_then(NonZeroU32::new),
                    drain_seconds,
                    open_requests_seconds,
                    load_balancer,
                    front_ends,
                    zones,
                    catalogs,
                    external_databases: externals,
                }
            },
        )
}

fn server() -> impl Strategy<Value = DatabaseServer> {
    (
        name(),
        select(Engine::ALL),
        of(parsed(&["2022 CU14", "17.2"])),
        select(Sharing::ALL),
        of(key()),
        of(parsed(&["db-1:1433", "db-2"])),
        of(key()),
        of(1u16..64),
        of(1u32..512),
    )
        .prop_map(
            |(name, engine, version, sharing, standby_of, host, data_center, cores, memory_gib)| {
                DatabaseServer {
                    name,
                    engine,
                    version,
                    sharing,
                    standby_of,
                    host,
                    data_center,
                    cores,
                    memory_gib,
                }
            },
        )
}

/// Any architecture.
pub(super) fn architecture() -> impl Strategy<Value = Architecture> {
    let pipeline = (name(), btree_set(select(PipelinePurpose::ALL), 0..3), vec(key(), 0..5))
        .prop_map(|(name, purposes, stages)| Pipeline { name, purposes, stages });
    let tool = (
        name(),
        select(ToolKind::ALL),
        parsed(&["https://tool", "http://tool"]),
        of(parsed(&["Builds.", "Draws."])),
    )
        .prop_map(|(name, kind, address, about)| Tool { name, kind, address, about });
    (
        select(Hosting::ALL),
        of(select(Edition::ALL)),
        vec(key(), 0..6),
        btree_map(key(), name().prop_map(|name| DataCenter { name }), 0..3),
        btree_map(key(), environment(), 0..6),
        btree_map(key(), pipeline, 0..5),
        btree_map(key(), server(), 0..5),
        btree_map(key(), tool, 0..2),
    )
        .prop_map(
            |(hosting, edition, order, data_centers, environments, pipelines, database_servers, tools)| {
                Architecture {
                    hosting,
                    edition,
                    order,
                    data_centers,
                    environments,
                    pipelines,
                    database_servers,
                    tools,
                }
            },
        )
}
