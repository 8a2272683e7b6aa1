//! One infrastructure as it really is. Facts only: what is good or bad about them say the [`rules`](super::rules).
//!
//! Every part has a key, and its collection is ordered by key; only the order of the environments and the stages of a
//! pipeline are orders that somebody decides.

use super::words::{
    About, CatalogKind, CatalogName, Edition, Engine, EngineVersion, ExternalEngine, HostAddress, Hosting,
    PipelinePurpose, Service, Sharing, SystemName, ToolKind, Topology, WebAddress,
};
use crate::environment::Purpose;
use crate::text::{Key, Name, VersionNumber};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

/// An infrastructure's architecture. Its key and name belong to the console that keeps it, so that two architectures can be equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Who keeps the machines, and where.
    pub hosting: Hosting,
    /// The reference architecture that it was made after, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<Edition>,
    /// Every environment's key once, from the first to the last: the total order (R34).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<Key>,
    /// Where machines stand.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data_centers: BTreeMap<Key, DataCenter>,
    /// Its environments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environments: BTreeMap<Key, Environment>,
    /// Its pipelines.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pipelines: BTreeMap<Key, Pipeline>,
    /// The engine instances that carry catalogs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub database_servers: BTreeMap<Key, DatabaseServer>,
    /// Connected SaaS tools.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<Key, Tool>,
}

/// A place where machines stand; what happens to one does not happen to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataCenter {
    /// Its name.
    pub name: Name,
}

/// One stage's complete installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its name, unique in the infrastructure.
    pub name: Name,
    /// What it is for.
    pub purpose: Purpose,
    /// How many front-ends it is made for.
    pub topology: Topology,
    /// Where its applications are opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<WebAddress>,
    /// The deployment zone of applications that name none; there always is one (R42).
    pub default_zone: Key,
    /// Whether a deployment waits for a person once everything is prepared, before anything changes (R16).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub two_stage: bool,
    /// How many applications it takes at most; none for any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_limit: Option<NonZeroU32>,
    /// How many deployments into it may be open at once, those in the queue among them; none for any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_limit: Option<NonZeroU32>,
    /// How many deployments run into it at once, as long as they are independent (R10); none for [`crate::deployment::queue::AT_ONCE`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployments_at_once: Option<NonZeroU32>,
    /// How many of its front-ends may be out of service at once; none for [`crate::deployment::OUT_AT_ONCE`]. It is never all of a zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_at_once: Option<NonZeroU32>,
    /// For how many seconds a front-end says that it leaves before a switch; none where each front-end's command line says that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain_seconds: Option<u32>,
    /// How many seconds a front-end that leaves waits for the requests that it has begun; none for what a Platform Server does by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_requests_seconds: Option<u32>,
    /// The load balancer before its front-ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_balancer: Option<LoadBalancer>,
    /// Its front-end servers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub front_ends: BTreeMap<Key, FrontEnd>,
    /// Its deployment zones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub zones: BTreeMap<Key, Zone>,
    /// Its catalogs: at most one of each kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub catalogs: BTreeMap<CatalogKind, Catalog>,
    /// The databases of others that its applications are integrated with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub external_databases: BTreeMap<Key, ExternalDatabase>,
}

/// What spreads the requests of a farm over its front-ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancer {
    /// Its name.
    pub name: Name,
    /// Its machine or service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostAddress>,
    /// Where it stands; several, where it outlives the loss of one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub data_centers: BTreeSet<Key>,
}

/// A host that runs applications. Those of the environment with purpose `management` are the management servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontEnd {
    /// Its name, unique in its environment.
    pub name: Name,
    /// Its machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostAddress>,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_center: Option<Key>,
    /// The deployment zones that it belongs to.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub zones: BTreeSet<Key>,
    /// The Platform Server services installed on it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub services: BTreeSet<Service>,
    /// The version of its Platform Server, where one was recorded or reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionNumber>,
    /// Processor cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<u16>,
    /// Memory in GiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_gib: Option<u32>,
    /// Its operating system and application server, as people write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<SystemName>,
}

/// A named group of front-ends that applications are deployed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Its name, unique in its environment.
    pub name: Name,
    /// Where its applications are opened, if elsewhere than the environment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<WebAddress>,
}

/// A catalog (in Oracle: schema) of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The database server that carries it.
    pub database_server: Key,
    /// Its name there.
    pub name: CatalogName,
}

/// A database of somebody else. No password is part of an architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalDatabase {
    /// Its name, unique in its environment.
    pub name: Name,
    /// Its engine.
    pub engine: ExternalEngine,
    /// Its version, as its vendor writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<EngineVersion>,
    /// Its machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostAddress>,
}

/// An ordered set of environments that isolates a portfolio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Its name, unique in the infrastructure.
    pub name: Name,
    /// Why it is kept apart; a pipeline can be both mission-critical and bound to compliance.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub purposes: BTreeSet<PipelinePurpose>,
    /// Its environments, from the first to the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Key>,
}

/// An engine instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseServer {
    /// Its name, unique in the infrastructure.
    pub name: Name,
    /// Its engine.
    pub engine: Engine,
    /// Its version, as its vendor writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<EngineVersion>,
    /// Whether it is meant for one environment or for several.
    pub sharing: Sharing,
    /// The primary that it replicates; a server without one is a primary itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standby_of: Option<Key>,
    /// Its machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostAddress>,
    /// Where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_center: Option<Key>,
    /// Processor cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<u16>,
    /// Memory in GiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_gib: Option<u32>,
}

/// A connected SaaS tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name, unique in the infrastructure.
    pub name: Name,
    /// What kind it is.
    pub kind: ToolKind,
    /// Where it is reached.
    pub address: WebAddress,
    /// What it is used for here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
}

impl Architecture {
    /// One without any part.
    #[must_use]
    pub const fn empty(hosting: Hosting) -> Self {
        Self {
            hosting,
            edition: None,
            order: Vec::new(),
            data_centers: BTreeMap::new(),
            environments: BTreeMap::new(),
            pipelines: BTreeMap::new(),
            database_servers: BTreeMap::new(),
            tools: BTreeMap::new(),
        }
    }

    /// The environments in their order; those that the order misses come last, by key, and those that it names twice come once.
    #[must_use]
    pub fn in_order(&self) -> Vec<(&Key, &Environment)> {
        let mut seen = BTreeSet::new();
        self.order
            .iter()
            .chain(self.environments.keys())
            .filter_map(|key| self.environments.get_key_value(key))
            .filter(|(key, _)| seen.insert(*key))
            .collect()
    }

    /// The pipelines of which an environment is a stage, by key.
    pub fn pipelines_of(&self, environment: &Key) -> impl Iterator<Item = (&Key, &Pipeline)> {
        self.pipelines.iter().filter(move |(_, pipeline)| pipeline.stages.contains(environment))
    }

    /// Whether an environment is a stage of a mission-critical pipeline.
    #[must_use]
    pub fn is_mission_critical(&self, environment: &Key) -> bool {
        self.pipelines_of(environment)
            .any(|(_, pipeline)| pipeline.purposes.contains(&PipelinePurpose::MissionCritical))
    }

    /// The standbys of a database server, by key.
    pub fn standbys_of(&self, primary: &Key) -> impl Iterator<Item = (&Key, &DatabaseServer)> {
        self.database_servers.iter().filter(move |(_, server)| server.standby_of.as_ref() == Some(primary))
    }

    /// How many front-end servers there are in all environments.
    #[must_use]
    pub fn front_end_count(&self) -> usize {
        self.environments.values().map(|environment| environment.front_ends.len()).sum()
    }
}

impl Environment {
    /// The database servers that carry its catalogs, each once.
    #[must_use]
    pub fn database_servers(&self) -> BTreeSet<&Key> {
        self.catalogs.values().map(|catalog| &catalog.database_server).collect()
    }

    /// The front-ends that belong to a deployment zone, by key.
    pub fn servers_in(&self, zone: &Key) -> impl Iterator<Item = (&Key, &FrontEnd)> {
        self.front_ends.iter().filter(move |(_, server)| server.zones.contains(zone))
    }
}
