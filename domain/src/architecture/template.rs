//! The three reference architectures, as the document on infrastructure architecture counts them, and how one grows into the next.
//!
//! A part that stays the same from one to the next keeps its key, so that the difference shows only what is new. What a
//! template cannot know (addresses, versions, capacities) it leaves open.

use super::difference;
use super::model::{
    Architecture, Catalog, DataCenter, DatabaseServer, Environment, FrontEnd, LoadBalancer, Pipeline, Zone,
};
use super::words::{
    CatalogKind, CatalogName, Edition, Engine, Hosting, PipelinePurpose, Service, Sharing, Topology,
};
use crate::environment::Purpose;
use crate::text::{Key, Name, Refused};
use std::collections::{BTreeMap, BTreeSet};

/// The key of the deployment zone that a template makes in each environment.
const ZONE: &str = "default";
/// The first data center of a template.
const FIRST: &str = "data-center-1";
/// The second one.
const SECOND: &str = "data-center-2";

/// The reference architecture of an edition.
///
/// | | Basic | Standard | Enterprise |
/// |---|---|---|---|
/// | environments beside management | 3 | 4 | 5 |
/// | pipelines | 1 | 1 | 2 |
/// | database servers | 2 | 4 | 6 |
/// | front-end servers | 4 | 8 | 10 |
///
/// # Errors
/// Where the engine does not fit the edition.
pub fn template(edition: Edition, hosting: Hosting, engine: Engine) -> Result<Architecture, Refused> {
    if engine == Engine::Sqlite && edition != Edition::Basic {
        return Err(Refused(format!(
            "{edition} has a standby, which SQLite does not know: choose another engine."
        )));
    }
    match edition {
        Edition::Basic => basic(hosting, engine),
        Edition::Standard => standard(hosting, engine),
        Edition::Enterprise => enterprise(hosting, engine),
    }
}

/// What an infrastructure becomes by a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grown {
    /// It.
    pub architecture: Architecture,
    /// The environments that the template has no more and that stay, since they are in use.
    pub kept: Vec<Key>,
}

/// What an infrastructure becomes by a template. A new one becomes the template. One that was made after an edition gets what the
/// template has beyond that edition and loses what it has no more; whatever was recorded besides stays as it is, and so does an environment
/// that is `used`, with its database servers and its place in pipelines.
/// Nothing is decided here: [`difference::difference`] shows what it means, and the rules say whether it is sound.
///
/// # Errors
/// Where the engine does not fit one of the editions, or what stays and what comes make no architecture.
pub fn grow(
    current: &Architecture,
    edition: Edition,
    engine: Engine,
    used: &BTreeSet<Key>,
) -> Result<Grown, Refused> {
    let hosting = current.hosting;
    let before = match current.edition {
        Some(edition) => template(edition, hosting, engine)?,
        None => Architecture::empty(hosting),
    };
    let mut after = template(edition, hosting, engine)?;
    let goes = |key: &&Key| !after.environments.contains_key(*key) && current.environments.contains_key(*key);
    let kept: Vec<Key> =
        before.order.iter().filter(|key| used.contains(*key)).filter(goes).cloned().collect();
    for key in &kept {
        keep(&before, &mut after, key);
    }
    let architecture = difference::merge(current, &difference::difference(&before, &after))?;
    Ok(Grown { architecture, kept })
}

/// Takes an environment over into the next template: with its database servers, their standbys, and its stages.
fn keep(before: &Architecture, after: &mut Architecture, key: &Key) {
    let Some(environment) = before.environments.get(key) else { return };
    for server in environment.database_servers() {
        let standbys = before.standbys_of(server);
        for (server, recorded) in before.database_servers.get_key_value(server).into_iter().chain(standbys) {
            after.database_servers.entry(server.clone()).or_insert_with(|| recorded.clone());
        }
    }
    for (center, recorded) in &before.data_centers {
        after.data_centers.entry(center.clone()).or_insert_with(|| recorded.clone());
    }
    after.environments.insert(key.clone(), environment.clone());
    insert_as_in(&before.order, &mut after.order, key);
    for (pipeline, recorded) in before.pipelines_of(key) {
        if let Some(next) = after.pipelines.get_mut(pipeline) {
            insert_as_in(&recorded.stages, &mut next.stages, key);
        }
    }
}

/// Inserts a key behind the last one that stands before it in another list.
fn insert_as_in(list: &[Key], into: &mut Vec<Key>, key: &Key) {
    let earlier = || list.iter().take_while(|each| *each != key);
    let place = into.iter().rposition(|each| earlier().any(|before| before == each));
    into.insert(place.map_or(0, |place| place + 1), key.clone());
}

/// Departmental applications: three environments, one pipeline, 2 database servers, 4 front-ends.
fn basic(hosting: Hosting, engine: Engine) -> Result<Architecture, Refused> {
    let mut draft = Draft::new(Edition::Basic, hosting, engine)?;
    draft.common()?;
    draft.environment("test", "Test", Purpose::Test, "shared")?;
    draft.environment("production", "Production", Purpose::Production, "production")?;
    draft.pipeline(
        "main",
        "Main",
        &[PipelinePurpose::LifecycleStages],
        &["development", "test", "production"],
    )?;
    Ok(draft.made)
}

/// A mission-critical application beside the departmental ones: acceptance, a farm over two data centers, a standby; 4
/// database servers, 8 front-ends.
fn standard(hosting: Hosting, engine: Engine) -> Result<Architecture, Refused> {
    let mut draft = Draft::new(Edition::Standard, hosting, engine)?;
    draft.common()?;
    draft.environment("test", "Test", Purpose::Test, "shared")?;
    draft.environment("acceptance", "Acceptance", Purpose::Acceptance, "acceptance")?;
    draft.environment("production", "Production", Purpose::Production, "production")?;
    draft.servers("production", &[FIRST, FIRST, SECOND, SECOND])?;
    draft.standby("production")?;
    draft.pipeline(
        "main",
        "Main",
        &[PipelinePurpose::LifecycleStages, PipelinePurpose::MissionCritical],
        &["development", "test", "acceptance", "production"],
    )?;
    Ok(draft.made)
}

/// Two portfolios that share Development: departmental applications, and external ones under strict policies; 6 database
/// servers, 10 front-ends.
fn enterprise(hosting: Hosting, engine: Engine) -> Result<Architecture, Refused> {
    let mut draft = Draft::new(Edition::Enterprise, hosting, engine)?;
    draft.common()?;
    draft.environment("departmental-test", "Departmental Test", Purpose::Test, "departmental-test")?;
    draft.environment("test", "Test", Purpose::Test, "test")?;
    let name = "Departmental Production";
    draft.environment("departmental-production", name, Purpose::Production, "departmental-production")?;
    draft.servers("departmental-production", &[FIRST, FIRST])?;
    draft.environment("production", "Production", Purpose::Production, "production")?;
    draft.servers("production", &[FIRST, FIRST, SECOND, SECOND])?;
    draft.standby("production")?;
    draft.pipeline(
        "departmental",
        "Departmental",
        &[PipelinePurpose::Scalability],
        &["development", "departmental-test", "departmental-production"],
    )?;
    draft.pipeline(
        "main",
        "Main",
        &[PipelinePurpose::Scalability, PipelinePurpose::Compliance, PipelinePurpose::MissionCritical],
        &["development", "test", "production"],
    )?;
    Ok(draft.made)
}

/// A template on its way.
struct Draft {
    engine: Engine,
    made: Architecture,
}

impl Draft {
    fn new(edition: Edition, hosting: Hosting, engine: Engine) -> Result<Self, Refused> {
        let mut made = Architecture { edition: Some(edition), ..Architecture::empty(hosting) };
        let first = DataCenter { name: "Data center 1".parse()? };
        made.data_centers.insert(FIRST.parse()?, first);
        Ok(Self { engine, made })
    }

    /// Management and Development, which all three have, on the shared database server.
    fn common(&mut self) -> Result<(), Refused> {
        self.environment("management", "Management", Purpose::Management, "shared")?;
        self.environment("development", "Development", Purpose::Development, "shared")
    }

    /// An environment with one front-end in the first data center, and its three catalogs on a database server.
    fn environment(&mut self, key: &str, name: &str, purpose: Purpose, server: &str) -> Result<(), Refused> {
        self.database_server(server)?;
        let mut catalogs = BTreeMap::new();
        for kind in CatalogKind::ALL {
            let name: CatalogName = format!("{}_{}", key.replace('-', "_"), kind.word()).parse()?;
            catalogs.insert(*kind, Catalog { database_server: server.parse()?, name });
        }
        let zone: Key = ZONE.parse()?;
        let made = Environment {
            name: name.parse()?,
            purpose,
            topology: Topology::Standalone,
            address: None,
            default_zone: zone.clone(),
            two_stage: false,
            application_limit: None,
            deployment_limit: None,
            deployments_at_once: None,
            out_at_once: None,
            drain_seconds: None,
            open_requests_seconds: None,
            load_balancer: None,
            front_ends: BTreeMap::new(),
            zones: BTreeMap::from([(zone, Zone { name: "Default".parse()?, address: None })]),
            catalogs,
            external_databases: BTreeMap::new(),
        };
        let key: Key = key.parse()?;
        self.made.order.push(key.clone());
        self.made.environments.insert(key.clone(), made);
        self.servers(key.as_str(), &[FIRST])
    }

    /// The front-ends of an environment, each in its data center; several of them make a farm.
    fn servers(&mut self, environment: &str, centers: &[&str]) -> Result<(), Refused> {
        let mut front_ends = BTreeMap::new();
        for (number, center) in (1..).zip(centers) {
            if *center == SECOND {
                let second = DataCenter { name: "Data center 2".parse()? };
                self.made.data_centers.insert(SECOND.parse()?, second);
            }
            let mut services = BTreeSet::from([
                Service::Deployment,
                Service::Scheduler,
                Service::ServerApi,
                Service::ServerIdentity,
            ]);
            if number == 1 {
                services.insert(Service::DeploymentController);
            }
            let key = format!("fe-{number}");
            let made = FrontEnd {
                name: format!("Front-end {number}").parse()?,
                host: None,
                data_center: Some(center.parse()?),
                zones: BTreeSet::from([ZONE.parse()?]),
                services,
                version: None,
                cores: None,
                memory_gib: None,
                system: None,
            };
            front_ends.insert(key.parse()?, made);
        }
        let Some(environment) = self.made.environments.get_mut(&environment.parse::<Key>()?) else {
            return Ok(());
        };
        if centers.len() > 1 {
            environment.topology = Topology::Farm;
            let mut data_centers = BTreeSet::new();
            for center in centers {
                data_centers.insert(center.parse()?);
            }
            let name = "Load balancer".parse()?;
            environment.load_balancer = Some(LoadBalancer { name, host: None, data_centers });
        }
        environment.front_ends = front_ends;
        Ok(())
    }

    /// A database server in the first data center: the one of the key `shared` for several environments, any other for one.
    fn database_server(&mut self, key: &str) -> Result<(), Refused> {
        let sharing = if key == "shared" { Sharing::Shared } else { Sharing::Dedicated };
        let made = DatabaseServer {
            name: database_name(key)?,
            engine: self.engine,
            version: None,
            sharing,
            standby_of: None,
            host: None,
            data_center: Some(FIRST.parse()?),
            cores: None,
            memory_gib: None,
        };
        self.made.database_servers.insert(key.parse()?, made);
        Ok(())
    }

    /// The standby of a database server, in the second data center.
    fn standby(&mut self, primary: &str) -> Result<(), Refused> {
        let primary: Key = primary.parse()?;
        let Some(server) = self.made.database_servers.get(&primary) else { return Ok(()) };
        let standby = DatabaseServer {
            name: format!("{}, standby", server.name).parse()?,
            standby_of: Some(primary.clone()),
            data_center: Some(SECOND.parse()?),
            ..server.clone()
        };
        self.made.database_servers.insert(format!("{primary}-standby").parse()?, standby);
        Ok(())
    }

    fn pipeline(
        &mut self,
        key: &str,
        name: &str,
        purposes: &[PipelinePurpose],
        stages: &[&str],
    ) -> Result<(), Refused> {
        let stages = stages.iter().map(|stage| stage.parse()).collect::<Result<_, _>>()?;
        let made = Pipeline { name: name.parse()?, purposes: purposes.iter().copied().collect(), stages };
        self.made.pipelines.insert(key.parse()?, made);
        Ok(())
    }
}

/// `departmental-test` as “Departmental test database”: the key, written for people.
fn database_name(key: &str) -> Result<Name, Refused> {
    let mut letters = key.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    format!("{} database", first.into_iter().chain(letters).collect::<String>().replace('-', " ")).parse()
}
