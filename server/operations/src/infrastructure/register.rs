//! Registering an environment: what it is, its front-ends with their enrolment codes, its place in the order and the levels of each role,
//! in one transaction.

use super::topic;
use crate::architecture::{check_rules, write};
use crate::console::{Caller, Console};
use crate::door::{Attempt, masked, permitted_wide, short};
use crate::error::{FieldProblem, OperationError, Result};
use crate::people::set_up::field;
use crate::roles::{Giving, Known, in_new_environment};
use crate::view::{EnvironmentRef, Registered, Registration, StatedLevel};
use domain::access::{BuiltInRole, Rights};
use domain::architecture::Architecture;
use domain::architecture::model::{Environment, FrontEnd, Zone};
use domain::architecture::words::{Service, Topology, WebAddress};
use domain::audit::Object;
use domain::environment::Purpose;
use domain::id::RoleId;
use domain::text::{Key, Name, key_of};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use storage::architecture::Stored;
use storage::roles::RoleRow;
use storage::{architecture, servers};

/// An environment to register.
#[derive(Debug, Clone, Default)]
pub struct RegisterEnvironment {
    /// Key in addresses; made of the name where it is empty.
    pub key: String,
    /// Name.
    pub name: String,
    /// What it is for: `development`, `test`, `acceptance`, `production` or `management`.
    pub purpose: String,
    /// `standalone` or `farm`.
    pub topology: String,
    /// Where its applications are opened; none or empty where that is not known.
    pub address: String,
    /// Names of its front-ends. The first is the deployment controller.
    pub front_ends: Vec<String>,
    /// Key of the environment that it comes after; empty for the first place.
    pub after: String,
    /// Permission levels by role, 0 to 6; a role that is not named gets what it states for new environments.
    pub levels: BTreeMap<RoleId, u8>,
}

/// The most front-ends that are registered at once.
const FRONT_ENDS: usize = 50;

/// The input, read.
struct Read {
    key: Key,
    environment: Environment,
    after: Option<Key>,
}

impl RegisterEnvironment {
    /// Reads every field; what is wrong with each is said at once.
    fn read(&self, now: &Architecture) -> Result<Read> {
        let mut problems = Vec::new();
        let name = keep(&mut problems, field::<Name>("name", &self.name));
        let typed = if self.key.trim().is_empty() { key_of(&self.name) } else { self.key.trim().to_owned() };
        let key = keep(&mut problems, field::<Key>("key", &typed));
        let purpose = keep(&mut problems, field::<Purpose>("purpose", &self.purpose));
        let topology = keep(&mut problems, field::<Topology>("topology", &self.topology));
        let address = match self.address.trim() {
            "" => None,
            text => keep(&mut problems, field::<WebAddress>("address", text)),
        };
        let after = match self.after.trim() {
            "" => None,
            text => match now.order.iter().find(|each| each.as_str() == text) {
                Some(found) => Some(found.clone()),
                None => {
                    let sentence =
                        format!("There is no environment “{}” here; choose one of the list.", short(text));
                    problems.push(FieldProblem { field: "after", sentence });
                    None
                }
            },
        };
        if let Some(key) = key.as_ref().filter(|key| now.environments.contains_key(*key)) {
            let sentence = format!("There is an environment “{key}” already; choose another key.");
            problems.push(FieldProblem { field: "key", sentence });
        }
        let taken = |name: &Name| now.environments.values().any(|each| each.name == *name);
        if let Some(name) = name.as_ref().filter(|name| taken(name)) {
            let sentence = format!("There is an environment called “{name}” already; choose another name.");
            problems.push(FieldProblem { field: "name", sentence });
        }
        let front_ends = self.front_ends(topology, &mut problems);
        match (name, key, purpose, topology) {
            (Some(name), Some(key), Some(purpose), Some(topology)) if problems.is_empty() => {
                let zone = default_zone()?;
                let mut environment = Environment {
                    name,
                    purpose,
                    topology,
                    address,
                    default_zone: zone.0.clone(),
                    two_stage: false,
                    application_limit: None,
                    deployment_limit: None,
                    deployments_at_once: None,
                    out_at_once: None,
                    drain_seconds: None,
                    open_requests_seconds: None,
                    load_balancer: None,
                    front_ends,
                    zones: BTreeMap::from([(zone.0.clone(), zone.1)]),
                    catalogs: BTreeMap::new(),
                    external_databases: BTreeMap::new(),
                };
                for server in environment.front_ends.values_mut() {
                    server.zones.insert(zone.0.clone());
                }
                Ok(Read { key, environment, after })
            }
            _ => Err(OperationError::Invalid { fields: problems }),
        }
    }

    fn front_ends(
        &self,
        topology: Option<Topology>,
        problems: &mut Vec<FieldProblem>,
    ) -> BTreeMap<Key, FrontEnd> {
        let mut all = BTreeMap::new();
        let mut wrong = |sentence: String| problems.push(FieldProblem { field: "front_ends", sentence });
        let names: Vec<&str> =
            self.front_ends.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
        if names.len() > FRONT_ENDS {
            wrong(format!(
                "At most {FRONT_ENDS} front-ends are registered at once; these are {}.",
                names.len()
            ));
            return all;
        }
        if topology == Some(Topology::Standalone) && names.len() > 1 {
            wrong(format!(
                "A standalone environment has one front-end, and these are {}; make it a farm.",
                names.len()
            ));
        }
        for (at, text) in names.into_iter().enumerate() {
            let (key, name) = (key_of(text).parse::<Key>(), text.parse::<Name>());
            let (Ok(key), Ok(name)) = (key, name) else {
                wrong(format!(
                    "“{}” is no name of a front-end: use letters and digits, with hyphens between.",
                    short(text)
                ));
                continue;
            };
            let server = FrontEnd {
                name,
                host: None,
                data_center: None,
                zones: BTreeSet::new(),
                services: Service::of_new(at == 0),
                version: None,
                cores: None,
                memory_gib: None,
                system: None,
            };
            if all.insert(key.clone(), server).is_some() {
                wrong(format!("Two of the front-ends would be called “{key}”; each has a name of its own."));
            }
        }
        all
    }
}

pub(super) fn keep<T>(problems: &mut Vec<FieldProblem>, read: Result<T>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(OperationError::Invalid { fields }) => {
            problems.extend(fields);
            None
        }
        Err(other) => {
            problems.push(FieldProblem { field: "name", sentence: other.sentence() });
            None
        }
    }
}

fn default_zone() -> Result<(Key, Zone)> {
    let zone = Zone { name: field::<Name>("zone", "Default")?, address: None };
    Ok((field::<Key>("zone", "default")?, zone))
}

impl Read {
    /// The architecture with it.
    fn into(self, now: &Architecture) -> Architecture {
        let mut after = now.clone();
        let at = self.after.as_ref().and_then(|before| after.order.iter().position(|each| each == before));
        after.order.insert(at.map_or(0, |at| at + 1), self.key.clone());
        after.environments.insert(self.key, self.environment);
        after
    }
}

/// The levels that are chosen, as rights by role. An administrator always has everything.
fn chosen(known: &Known, giving: &Giving, levels: &BTreeMap<RoleId, u8>) -> Result<BTreeMap<RoleId, Rights>> {
    let mut all = BTreeMap::new();
    for (role, level) in levels {
        let row = known.chosen("levels", *role)?;
        if *level > 6 {
            let sentence = format!("“{}” is to have a level from 0 to 6, not {level}.", row.name);
            return Err(OperationError::invalid("levels", sentence));
        }
        if is_administrator(row) {
            let sentence = "An administrator has every right in every environment.";
            return Err(OperationError::invalid("levels", sentence));
        }
        let rights = Rights::level(*level);
        giving.check_new(known, rights)?;
        all.insert(*role, rights);
    }
    Ok(all)
}

fn is_administrator(role: &RoleRow) -> bool {
    role.built_in.as_deref() == Some(BuiltInRole::Administrator.name())
}

impl Console {
    /// What there is to choose when an environment is registered, and what is wrong with what was typed so far. Nothing changes.
    ///
    /// # Errors
    /// The infrastructure is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn registration(
        &self,
        caller: &Caller,
        infrastructure: &str,
        input: &RegisterEnvironment,
    ) -> Result<Registration> {
        self.traced(caller, "environment.registration", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            permitted_wide(self, &mut tx, caller, &[home.id], "register an environment").await?;
            let stored = architecture::load(&mut tx, home.id).await?;
            let known = Known::load(&mut tx, home).await?;
            let giving = Giving::load(self, &mut tx, caller, &known.home).await?;
            let now = &stored.architecture;
            let purpose = input.purpose.parse().unwrap_or(Purpose::Development);
            let read = input.read(now);
            let key = read.as_ref().map(|read| read.key.to_string()).unwrap_or_default();
            let checked = match read {
                Ok(read) => check_rules(now, &read.into(now), "name"),
                Err(error) => Err(error),
            };
            let checked = checked.and_then(|()| chosen(&known, &giving, &input.levels).map(drop));
            let problems = match checked {
                Ok(()) => Vec::new(),
                Err(OperationError::Invalid { fields }) => fields,
                Err(error @ OperationError::Internal { .. }) => return Err(error),
                Err(other) => vec![FieldProblem { field: "levels", sentence: other.sentence() }],
            };
            Ok(Registration {
                key,
                order: in_order(&stored),
                levels: known.roles.iter().map(|role| stated(role, purpose)).collect(),
                problems: problems.into_iter().map(|each| (each.field.to_owned(), each.sentence)).collect(),
            })
        })
        .await
    }

    /// Registers an environment with its front-ends. The enrolment codes are shown this once, and stored as hashes.
    ///
    /// # Errors
    /// A field is not acceptable (every one is named), a role would get more than the caller's own gives in new environments (R28), or
    /// “Manage Infrastructure and Users” is missing.
    pub async fn register_environment(
        &self,
        caller: &Caller,
        infrastructure: &str,
        input: &RegisterEnvironment,
    ) -> Result<Registered> {
        let object = Object::new("environment", short(&input.key), short(&input.name));
        self.audited(caller, Attempt::within(infrastructure, "environment.create", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let doing = "register an environment";
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], doing).await?;
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let read = input.read(&stored.architecture)?;
            let (key, environment) = (read.key.clone(), read.environment.clone());
            let after = read.into(&stored.architecture);
            check_rules(&stored.architecture, &after, "name")?;
            let known = Known::load(&mut pending, home).await?;
            let giving = Giving::load(self, &mut pending, caller, &known.home).await?;
            let levels = chosen(&known, &giving, &input.levels)?;
            let mut tx = pending.authorised(grant);
            let new = write(self, &mut tx, &known.home, &stored, &after, &levels).await?;
            let Some((id, _)) = new.into_iter().next() else {
                return Err(crate::door::fault("a new environment has no identity"));
            };
            let mut codes = Vec::new();
            let first = input.front_ends.iter().map(|name| key_of(name)).find(|key| !key.is_empty());
            let mut rows = servers::of_environment(&mut tx, id).await?;
            rows.sort_by_key(|row| (Some(row.key.as_str()) != first.as_deref(), row.key.clone()));
            for row in rows {
                let (made, _) = self.new_code(&mut tx, caller, row.id, false).await?;
                codes.push((row.name.to_string(), made));
            }
            tx.notice(&topic(known.home.key.as_str()), id);
            let mut entry = self.entry(caller, "environment.create", Object::new("environment", id, environment.name.as_str()));
            entry.infrastructure = Some(known.home.id);
            let levels: BTreeMap<&str, u8> = known
                .roles
                .iter()
                .filter_map(|role| Some((role.name.as_str(), *input.levels.get(&role.id)?)))
                .collect();
            entry.after = json!({
                "key": key, "name": environment.name, "purpose": environment.purpose.word(),
                "topology": environment.topology.word(), "address": environment.address, "after": input.after.trim(),
                "front_ends": codes.iter().map(|(name, _)| name).collect::<Vec<_>>(), "codes": masked(), "levels": levels,
            });
            tx.commit(entry).await?;
            Ok(Registered { id, key: key.to_string(), name: environment.name.to_string(), codes })
        })
        .await
    }
}

/// What a role states for an environment of a purpose.
fn stated(role: &RoleRow, purpose: Purpose) -> StatedLevel {
    let rights = in_new_environment(role, purpose);
    StatedLevel {
        role: role.id,
        name: role.name.clone(),
        level: rights.level_of(),
        words: rights.described(),
        fixed: is_administrator(role),
    }
}

/// The environments that are stored, in their order.
pub(super) fn in_order(stored: &Stored) -> Vec<EnvironmentRef> {
    let all = stored.architecture.in_order().into_iter();
    all.filter_map(|(key, environment)| {
        Some(EnvironmentRef {
            id: *stored.environments.get(key)?,
            key: key.to_string(),
            name: environment.name.to_string(),
            purpose: environment.purpose,
        })
    })
    .collect()
}

pub(super) fn find<'a>(stored: &'a Stored, environment: &str) -> Result<(Key, &'a Environment)> {
    let found = stored.architecture.environments.iter().find(|(key, _)| key.as_str() == environment);
    let missing =
        || OperationError::not_found(format!("There is no environment “{}” here.", short(environment)));
    found.map(|(key, of)| (key.clone(), of)).ok_or_else(missing)
}
