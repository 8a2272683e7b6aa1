//! The front-ends of an environment: added with an enrolment code, changed, and taken out.

use super::change::identity;
use super::register::{find, keep};
use super::topic;
use super::trust::{key_view, waiting_view};
use crate::architecture::{check_rules_at, server_kept, write};
use crate::console::{Caller, Console};
use crate::door::{Attempt, fault, masked, permitted_wide, short};
use crate::error::{FieldProblem, OperationError, Result};
use crate::people::set_up::field;
use crate::view::{AddedServer, FrontEndSettings, Keyed, Possible};
use domain::architecture::Architecture;
use domain::architecture::model::{Environment, FrontEnd};
use domain::architecture::words::{HostAddress, Service, SystemName, Topology};
use domain::audit::Object;
use domain::id::ServerId;
use domain::text::{Key, Name, VersionNumber, key_of};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::str::FromStr;
use storage::architecture::Stored;
use storage::keys::KeysRow;
use storage::servers::ServerRow;
use storage::{Reader, architecture, servers};

/// A front-end as somebody wants it.
#[derive(Debug, Clone, Default)]
pub struct ServerInput {
    /// Name.
    pub name: String,
    /// Its machine; empty where that is not recorded.
    pub host: String,
    /// Key of the data center that it stands in; empty where that is not recorded.
    pub data_center: String,
    /// Keys of its deployment zones; none: as they are, and the default zone of a new one.
    pub zones: Option<Vec<String>>,
    /// Processor cores, empty where that is not recorded; none: as it is.
    pub cores: Option<String>,
    /// Memory in GiB, empty where that is not recorded; none: as it is.
    pub memory_gib: Option<String>,
    /// The version of its Platform Server, empty where that is not recorded; none: as it is.
    pub version: Option<String>,
    /// Its operating system and application server, empty where that is not recorded; none: as it is.
    pub system: Option<String>,
    /// Words of the services installed on it; none: as they are. Which front-end is the deployment controller does not change here.
    pub services: Option<Vec<String>>,
}

/// Reads a capacity; what is not named stays.
fn capacity<T: FromStr + Copy + PartialOrd + From<u8> + Display>(
    field: &'static str,
    what: &str,
    most: T,
    typed: Option<&str>,
    now: Option<T>,
) -> Result<Option<T>> {
    match typed.map(str::trim) {
        None => Ok(now),
        Some("") => Ok(None),
        Some(text) => {
            let read = text.parse().ok().filter(|n: &T| *n >= T::from(1) && *n <= most);
            read.map(Some).ok_or_else(|| {
                let sentence = format!(
                    "{what} is a whole number from 1 to {most}; leave it empty where it is not known."
                );
                OperationError::invalid(field, sentence)
            })
        }
    }
}

/// The input, read.
struct Read {
    name: Name,
    host: Option<HostAddress>,
    data_center: Option<Key>,
    zones: Option<BTreeSet<Key>>,
    cores: Option<u16>,
    memory_gib: Option<u32>,
    version: Option<VersionNumber>,
    system: Option<SystemName>,
    services: Option<BTreeSet<Service>>,
}

impl ServerInput {
    /// Reads every field; what is wrong goes to `problems`. `itself` is the key of one that is there.
    fn read(
        &self,
        now: &Architecture,
        of: &Environment,
        itself: Option<&Key>,
        problems: &mut Vec<FieldProblem>,
    ) -> Option<Read> {
        let name = keep(problems, field::<Name>("name", &self.name));
        let same = |name: &Name, other: &Name| name.as_str().to_lowercase() == other.as_str().to_lowercase();
        let taken = |name: &Name| {
            of.front_ends.iter().any(|(key, each)| Some(key) != itself && same(name, &each.name))
        };
        if let Some(name) = name.as_ref().filter(|name| taken(name)) {
            let sentence =
                format!("{} has a front-end called “{name}” already; choose another name.", of.name);
            problems.push(FieldProblem { field: "name", sentence });
        }
        let host = match self.host.trim() {
            "" => None,
            text => keep(problems, field::<HostAddress>("host", text)),
        };
        let data_center = match self.data_center.trim() {
            "" => None,
            text => {
                let found = now.data_centers.keys().find(|key| key.as_str() == text);
                if found.is_none() {
                    let sentence = format!("There is no data center “{}” here.", short(text));
                    problems.push(FieldProblem { field: "data_center", sentence });
                }
                found.cloned()
            }
        };
        let zones = self.zones.as_ref().map(|keys| {
            let mut zones = BTreeSet::new();
            for text in keys {
                match of.zones.keys().find(|key| key.as_str() == text.trim()) {
                    Some(zone) => {
                        zones.insert(zone.clone());
                    }
                    None => {
                        let sentence = format!("{} has no deployment zone “{}”.", of.name, short(text));
                        problems.push(FieldProblem { field: "zones", sentence });
                    }
                }
            }
            zones
        });
        let old = itself.and_then(|key| of.front_ends.get(key));
        let (typed, now) = (self.cores.as_deref(), old.and_then(|old| old.cores));
        let cores = keep(problems, capacity("cores", "The number of cores", 1024, typed, now));
        let (typed, now) = (self.memory_gib.as_deref(), old.and_then(|old| old.memory_gib));
        let memory = keep(problems, capacity("memory_gib", "The memory in GiB", 65536, typed, now));
        let (cores, memory_gib) = (cores.flatten(), memory.flatten());
        let version = match self.version.as_deref().map(str::trim) {
            None => old.and_then(|old| old.version),
            Some("") => None,
            Some(text) => keep(problems, field::<VersionNumber>("version", text)),
        };
        let system = match self.system.as_deref().map(str::trim) {
            None => old.and_then(|old| old.system.clone()),
            Some("") => None,
            Some(text) => keep(problems, field::<SystemName>("system", text)),
        };
        let services = self.services(of, itself, problems);
        Some(Read { name: name?, host, data_center, zones, cores, memory_gib, version, system, services })
    }

    /// Reads the services. One front-end is the deployment controller: the first, unless the architecture says otherwise.
    fn services(
        &self,
        of: &Environment,
        itself: Option<&Key>,
        problems: &mut Vec<FieldProblem>,
    ) -> Option<BTreeSet<Service>> {
        let mut services = BTreeSet::new();
        for word in self.services.as_ref()? {
            services.extend(keep(problems, field::<Service>("services", word.trim())));
        }
        let controls = match itself.and_then(|key| of.front_ends.get(key)) {
            Some(old) => old.services.contains(&Service::DeploymentController),
            None => is_first(of),
        };
        if services.contains(&Service::DeploymentController) != controls {
            let sentence = if controls {
                format!(
                    "It is the deployment controller of {}; leave it the service deployment_controller.",
                    of.name
                )
            } else if is_first(of) {
                format!("{} has no deployment controller, and its first new front-end becomes it.", of.name)
            } else {
                format!(
                    "{} has its one deployment controller (R37); take out the service deployment_controller.",
                    of.name
                )
            };
            problems.push(FieldProblem { field: "services", sentence });
        }
        Some(services)
    }
}

/// The field of the form that a broken rule is about.
pub(super) fn at(path: &str) -> &'static str {
    match path.rsplit('/').next() {
        Some("data_center") => "data_center",
        Some("zones") => "zones",
        Some("services") => "services",
        _ => "name",
    }
}

impl Console {
    /// Adds a front-end to an environment, and makes the code with which its Platform Server enrols: it is shown this once and stored as
    /// a hash. The first front-end of an environment is its deployment controller. An empty key is made of the name.
    ///
    /// # Errors
    /// A field is not acceptable (every one is named), the environment is standalone and has its front-end, it is not there, or “Manage
    /// Infrastructure and Users” is missing.
    pub async fn add_server(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        key: &str,
        input: &ServerInput,
    ) -> Result<AddedServer> {
        let named = if key.trim().is_empty() { input.name.as_str() } else { key };
        let object = Object::new("server", short(named), short(&input.name));
        self.audited(caller, Attempt::within(infrastructure, "server.create", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "add a front-end").await?;
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let (place, of) = find(&stored, environment)?;
            let place_id = identity(&stored, &place)?;
            let (key, server) = new_one(&stored.architecture, of, key, input)?;
            let after = with(&stored.architecture, &place, &key, server.clone())?;
            check_rules_at(&stored.architecture, &after, at)?;
            let mut tx = pending.authorised(grant);
            write(self, &mut tx, &home, &stored, &after, &BTreeMap::new()).await?;
            let row = servers::by_key(&mut tx, place_id, key.as_str()).await?;
            let row = row.ok_or_else(|| fault("a new front-end has no identity"))?;
            let (made, _) = self.new_code(&mut tx, caller, row.id, false).await?;
            tx.notice(&topic(home.key.as_str()), row.id);
            let mut entry =
                self.entry(caller, "server.create", Object::new("server", row.id, row.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place_id, of.name.as_str())];
            entry.after = told(&server);
            entry.after["key"] = json!(key);
            entry.after["is_controller"] = json!(row.is_controller);
            entry.after["code"] = masked();
            tx.commit(entry).await?;
            Ok(AddedServer { id: row.id, key: key.to_string(), name: row.name.to_string(), code: made })
        })
        .await
    }

    /// Gives a front-end another name, machine, capacity, data center, deployment zones, services or version. Where nothing differs nothing is written.
    ///
    /// # Errors
    /// A field is not acceptable (every one is named), it is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn change_server(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        server: &str,
        input: &ServerInput,
    ) -> Result<()> {
        let object = Object::new("server", short(server), short(server));
        self.audited(caller, Attempt::within(infrastructure, "server.change", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], "change a front-end").await?;
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let (place, of) = find(&stored, environment)?;
            let (key, old) = find_server(of, server)?;
            let mut problems = Vec::new();
            let read = input.read(&stored.architecture, of, Some(&key), &mut problems);
            let (Some(read), true) = (read, problems.is_empty()) else {
                return Err(OperationError::Invalid { fields: problems });
            };
            let Read { name, host, data_center, zones, cores, memory_gib, version, system, services } = read;
            let zones = zones.unwrap_or_else(|| old.zones.clone());
            let services = services.unwrap_or_else(|| old.services.clone());
            let new =
                FrontEnd { name, host, data_center, zones, services, version, cores, memory_gib, system };
            if new == *old {
                return Ok(());
            }
            let after = with(&stored.architecture, &place, &key, new.clone())?;
            check_rules_at(&stored.architecture, &after, at)?;
            let mut tx = pending.authorised(grant);
            write(self, &mut tx, &home, &stored, &after, &BTreeMap::new()).await?;
            let id = server_identity(&stored, &place, &key)?;
            tx.notice(&topic(home.key.as_str()), id);
            let mut entry = self.entry(caller, "server.change", Object::new("server", id, new.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", identity(&stored, &place)?, of.name.as_str())];
            entry.before = told(old);
            entry.after = told(&new);
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }

    /// Takes a front-end out that was never used. Its enrolment codes are no good any more.
    ///
    /// # Errors
    /// It is enrolled, a deployment went to it, others need it as their deployment controller (R37), it is not there, or “Manage
    /// Infrastructure and Users” is missing.
    pub async fn leave_server(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        server: &str,
    ) -> Result<()> {
        let object = Object::new("server", short(server), short(server));
        self.audited(caller, Attempt::within(infrastructure, "server.leave", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant =
                permitted_wide(self, &mut pending, caller, &[home.id], "take a front-end out").await?;
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let (place, of) = find(&stored, environment)?;
            let (key, old) = find_server(of, server)?;
            let id = server_identity(&stored, &place, &key)?;
            let after = without(&mut pending, &stored, &place, &key).await?;
            let mut tx = pending.authorised(grant);
            write(self, &mut tx, &home, &stored, &after, &BTreeMap::new()).await?;
            tx.notice(&topic(home.key.as_str()), id);
            let mut entry = self.entry(caller, "server.leave", Object::new("server", id, old.name.as_str()));
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", identity(&stored, &place)?, of.name.as_str())];
            entry.before = told(old);
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

/// A new front-end and its key.
fn new_one(now: &Architecture, of: &Environment, key: &str, input: &ServerInput) -> Result<(Key, FrontEnd)> {
    let mut problems = Vec::new();
    let read = input.read(now, of, None, &mut problems);
    let typed = if key.trim().is_empty() { key_of(&input.name) } else { key.trim().to_owned() };
    // A name that is none has been told already.
    let key = if typed.is_empty() && read.is_none() {
        None
    } else {
        keep(&mut problems, field::<Key>("key", &typed))
    };
    if let Some(key) = key.as_ref().filter(|key| of.front_ends.contains_key(*key)) {
        let sentence = format!("{} has a front-end “{key}” already; choose another key.", of.name);
        problems.push(FieldProblem { field: "key", sentence });
    }
    if of.topology == Topology::Standalone && !of.front_ends.is_empty() {
        let sentence = format!(
            "{} is standalone and has its one front-end; make the environment a farm first.",
            of.name
        );
        problems.push(FieldProblem { field: "name", sentence });
    }
    let (Some(key), Some(read), true) = (key, read, problems.is_empty()) else {
        return Err(OperationError::Invalid { fields: problems });
    };
    let Read { name, host, data_center, zones, cores, memory_gib, version, system, services } = read;
    let zones = zones.unwrap_or_else(|| BTreeSet::from([of.default_zone.clone()]));
    let services = services.unwrap_or_else(|| Service::of_new(is_first(of)));
    Ok((key, FrontEnd { name, host, data_center, zones, services, version, cores, memory_gib, system }))
}

/// Whether the next front-end of an environment becomes its deployment controller.
fn is_first(of: &Environment) -> bool {
    of.front_ends.values().all(|each| !each.services.contains(&Service::DeploymentController))
}

/// The architecture with a front-end in its place.
fn with(now: &Architecture, environment: &Key, key: &Key, server: FrontEnd) -> Result<Architecture> {
    let mut after = now.clone();
    let place = after.environments.get_mut(environment);
    place.ok_or_else(|| fault("an environment is gone"))?.front_ends.insert(key.clone(), server);
    Ok(after)
}

/// The architecture without a front-end, or what keeps it.
async fn without(
    tx: &mut impl Reader,
    stored: &Stored,
    environment: &Key,
    server: &Key,
) -> Result<Architecture> {
    let mut after = stored.architecture.clone();
    let place = after.environments.get_mut(environment).ok_or_else(|| fault("an environment is gone"))?;
    let used = architecture::used_servers_in(tx, identity(stored, environment)?).await?;
    may_leave(place, server, used.contains(&server_identity(stored, environment, server)?))?;
    place.front_ends.remove(server);
    check_rules_at(&stored.architecture, &after, at)?;
    Ok(after)
}

/// Refuses that a front-end leaves which is used, or which the others need. No rule that refuses asks for a front-end, so these are all
/// the reasons there are.
pub(super) fn may_leave(of: &Environment, server: &Key, used: bool) -> Result<()> {
    let going = of.front_ends.get(server).ok_or_else(|| fault("a front-end is gone"))?;
    if used {
        return Err(OperationError::conflict(server_kept(&going.name, &of.name)));
    }
    let controls = |each: &FrontEnd| each.services.contains(&Service::DeploymentController);
    let mut others = of.front_ends.iter().filter(|(key, _)| *key != server).map(|(_, each)| each).peekable();
    if controls(going) && others.peek().is_some() && !others.any(controls) {
        return Err(OperationError::conflict(format!(
            "{} is the deployment controller of {}, which the others need (R37); take these out first.",
            going.name, of.name
        )));
    }
    Ok(())
}

/// A front-end as it is recorded.
pub(super) fn seen(
    row: &ServerRow,
    keys: Option<&KeysRow>,
    server: &FrontEnd,
    can: [Possible; 3],
) -> FrontEndSettings {
    let [leave, control, revoke] = can;
    FrontEndSettings {
        id: row.id,
        key: row.key.to_string(),
        name: server.name.to_string(),
        host: server.host.as_ref().map(ToString::to_string),
        data_center: server.data_center.as_ref().map(ToString::to_string),
        zones: server.zones.iter().map(ToString::to_string).collect(),
        cores: server.cores,
        memory_gib: server.memory_gib,
        version: server.version.map(|version| version.to_string()),
        system: server.system.as_ref().map(ToString::to_string),
        services: server.services.iter().map(|service| service.word().to_owned()).collect(),
        is_controller: row.is_controller,
        enrolled_at: row.enrolled_at,
        revoked_at: row.revoked_at,
        own_key: key_view(row, keys),
        waiting: waiting_view(keys),
        leave,
        control,
        revoke,
    }
}

impl Keyed {
    /// A part by its key and name.
    pub(crate) fn of(key: &Key, name: &Name) -> Self {
        Self { key: key.to_string(), name: name.to_string() }
    }
}

pub(super) fn find_server<'a>(of: &'a Environment, server: &str) -> Result<(Key, &'a FrontEnd)> {
    let found = of.front_ends.iter().find(|(key, _)| key.as_str() == server);
    let missing = || OperationError::not_found(format!("{} has no server “{}”.", of.name, short(server)));
    found.map(|(key, each)| (key.clone(), each)).ok_or_else(missing)
}

pub(super) fn server_identity(stored: &Stored, environment: &Key, server: &Key) -> Result<ServerId> {
    let found = stored.servers.get(&(environment.clone(), server.clone()));
    found.copied().ok_or_else(|| fault("a stored front-end has no identity"))
}

/// What an entry tells of a front-end.
fn told(server: &FrontEnd) -> Value {
    json!({
        "name": server.name, "host": server.host, "data_center": server.data_center, "zones": server.zones,
        "cores": server.cores, "memory_gib": server.memory_gib, "version": server.version, "system": server.system, "services": server.services,
    })
}
