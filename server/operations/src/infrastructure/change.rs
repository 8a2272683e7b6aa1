//! An environment that is there: what can be changed of it, and changing it.

use super::front_ends::{may_leave, seen};
use super::register::{find, in_order, keep};
use super::topic;
use super::trust::{may_be_revoked, may_control};
use crate::applications::show::possible;
use crate::architecture::{check_rules_at, write};
use crate::console::{Caller, Console};
use crate::deployments::work_topic;
use crate::door::{Attempt, fault, permitted_wide, short};
use crate::error::{FieldProblem, OperationError, Result};
use crate::people::set_up::field;
use crate::view::{EnvironmentSettings, Keyed};
use domain::architecture::Architecture;
use domain::architecture::model::Environment;
use domain::architecture::words::{Topology, WebAddress};
use domain::audit::Object;
use domain::environment::Purpose;
use domain::id::EnvironmentId;
use domain::protocol::DRAIN_SECONDS_MAX;
use domain::text::{Key, Name};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use storage::architecture::Stored;
use storage::{Reader, architecture, keys, servers};

/// An environment as somebody wants it. Its key stays.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentInput {
    /// Name.
    pub name: String,
    /// What it is for: `development`, `test`, `acceptance`, `production` or `management`. It stays once the environment was used (R41).
    pub purpose: String,
    /// `standalone` or `farm`.
    pub topology: String,
    /// Where its applications are opened; empty where that is not known.
    pub address: String,
    /// Key of the environment that it comes after, empty for the first place; none: where it is.
    pub after: Option<String>,
    /// Whether a deployment waits for a person once everything is prepared (R16); none: as it is.
    pub two_stage: Option<bool>,
    /// How many applications it takes at most, empty for any number; none: as it is.
    pub application_limit: Option<String>,
    /// How many deployments into it may be open at once, empty for any number; none: as it is.
    pub deployment_limit: Option<String>,
    /// How many deployments run into it at once (R10), empty for as many as where nothing is said; none: as it is.
    pub deployments_at_once: Option<String>,
    /// How many front-ends may be out of service at once, empty for one; none: as it is.
    pub out_at_once: Option<String>,
    /// For how many seconds a front-end says that it leaves before a switch, empty where its command line says that; none: as it is.
    pub drain_seconds: Option<String>,
    /// How many seconds it waits then for the requests that it has begun, empty for what it does by itself; none: as it is.
    pub open_requests_seconds: Option<String>,
}

/// The highest limit that can be set.
const LIMIT_MAX: u32 = 1_000_000;

/// Reads a limit; what is not named stays.
fn limit(field: &'static str, typed: Option<&str>, now: Option<NonZeroU32>) -> Result<Option<NonZeroU32>> {
    match typed.map(str::trim) {
        None => Ok(now),
        Some("") => Ok(None),
        Some(text) => {
            let read = text.parse().ok().filter(|limit: &NonZeroU32| limit.get() <= LIMIT_MAX);
            read.map(Some).ok_or_else(|| {
                let sentence =
                    format!("A limit is a whole number from 1 to {LIMIT_MAX}; leave it empty for none.");
                OperationError::invalid(field, sentence)
            })
        }
    }
}

/// Reads how many seconds something takes; what is not named stays.
fn seconds(field: &'static str, typed: Option<&str>, now: Option<u32>) -> Result<Option<u32>> {
    match typed.map(str::trim) {
        None => Ok(now),
        Some("") => Ok(None),
        Some(text) => {
            let read = text.parse().ok().filter(|seconds| *seconds <= DRAIN_SECONDS_MAX);
            read.map(Some).ok_or_else(|| {
                let sentence =
                    format!("It is a whole number of seconds from 0 to {DRAIN_SECONDS_MAX}; leave it empty to say nothing.");
                OperationError::invalid(field, sentence)
            })
        }
    }
}

impl EnvironmentInput {
    /// The architecture with it so. What is wrong with a field is said of every one at once.
    fn read(&self, key: &Key, of: &Environment, now: &Architecture) -> Result<Architecture> {
        let mut problems = Vec::new();
        let mut wrong = Vec::new();
        let mut say = |field: &'static str, sentence: String| wrong.push(FieldProblem { field, sentence });
        let name = keep(&mut problems, field::<Name>("name", &self.name));
        let same = |name: &Name, other: &Name| name.as_str().to_lowercase() == other.as_str().to_lowercase();
        let taken =
            |name: &Name| now.environments.iter().any(|(other, each)| other != key && same(name, &each.name));
        if let Some(name) = name.as_ref().filter(|name| taken(name)) {
            say("name", format!("There is an environment called “{name}” already; choose another name."));
        }
        let purpose = keep(&mut problems, field::<Purpose>("purpose", &self.purpose));
        let topology = keep(&mut problems, field::<Topology>("topology", &self.topology));
        let count = of.front_ends.len();
        if topology == Some(Topology::Standalone) && count > 1 {
            say(
                "topology",
                format!(
                    "A standalone environment has one front-end, and {} has {count}; take the others out first.",
                    of.name
                ),
            );
        }
        let address = match self.address.trim() {
            "" => None,
            text => keep(&mut problems, field::<WebAddress>("address", text)),
        };
        let stated = self.application_limit.as_deref();
        let applications = keep(&mut problems, limit("application_limit", stated, of.application_limit));
        let stated = self.deployment_limit.as_deref();
        let deployments = keep(&mut problems, limit("deployment_limit", stated, of.deployment_limit));
        let stated = self.deployments_at_once.as_deref();
        let at_once = keep(&mut problems, limit("deployments_at_once", stated, of.deployments_at_once));
        let stated = self.out_at_once.as_deref();
        let out = keep(&mut problems, limit("out_at_once", stated, of.out_at_once));
        let stated = self.drain_seconds.as_deref();
        let drain = keep(&mut problems, seconds("drain_seconds", stated, of.drain_seconds));
        let stated = self.open_requests_seconds.as_deref();
        let open = keep(&mut problems, seconds("open_requests_seconds", stated, of.open_requests_seconds));
        let mut order = now.order.clone();
        if let Some(before) = self.after.as_deref().map(str::trim) {
            order.retain(|each| each != key);
            let place = match before {
                "" => Some(0),
                text => order.iter().position(|each| each.as_str() == text).map(|at| at + 1),
            };
            match place {
                Some(at) => order.insert(at, key.clone()),
                None => say(
                    "after",
                    format!(
                        "There is no other environment “{}” here; choose one of the list.",
                        short(before)
                    ),
                ),
            }
        }
        problems.append(&mut wrong);
        match (name, purpose, topology) {
            (Some(name), Some(purpose), Some(topology)) if problems.is_empty() => {
                let mut after = now.clone();
                let changed = Environment {
                    name,
                    purpose,
                    topology,
                    address,
                    two_stage: self.two_stage.unwrap_or(of.two_stage),
                    application_limit: applications.flatten(),
                    deployment_limit: deployments.flatten(),
                    deployments_at_once: at_once.flatten(),
                    out_at_once: out.flatten(),
                    drain_seconds: drain.flatten(),
                    open_requests_seconds: open.flatten(),
                    ..of.clone()
                };
                after.order = order;
                after.environments.insert(key.clone(), changed);
                Ok(after)
            }
            _ => Err(OperationError::Invalid { fields: problems }),
        }
    }
}

impl Console {
    /// What can be changed of an environment, and its front-ends.
    ///
    /// # Errors
    /// It is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn environment_settings(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
    ) -> Result<EnvironmentSettings> {
        self.traced(caller, "environment.settings", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            permitted_wide(self, &mut tx, caller, &[home.id], "change an environment").await?;
            let stored = architecture::load(&mut tx, home.id).await?;
            let (key, of) = find(&stored, environment)?;
            let id = identity(&stored, &key)?;
            let used = architecture::used_servers_in(&mut tx, id).await?;
            let mut front_ends = Vec::new();
            let keys = keys::of_environment(&mut tx, id).await?;
            for row in servers::of_environment(&mut tx, id).await? {
                let own = keys.iter().find(|keys| keys.server_id == row.id);
                let leave = possible(may_leave(of, &row.key, used.contains(&row.id)))?;
                let can = [leave, possible(may_control(&row))?, possible(may_be_revoked(&row))?];
                front_ends.extend(of.front_ends.get(&row.key).map(|server| seen(&row, own, server, can)));
            }
            let now = &stored.architecture;
            let mut order = in_order(&stored);
            order.retain(|other| other.key != key.as_str());
            Ok(EnvironmentSettings {
                key: key.to_string(),
                name: of.name.to_string(),
                purpose: of.purpose,
                topology: of.topology,
                address: of.address.as_ref().map(ToString::to_string),
                after: before(now, &key).map(ToString::to_string),
                two_stage: of.two_stage,
                application_limit: of.application_limit.map(NonZeroU32::get),
                deployment_limit: of.deployment_limit.map(NonZeroU32::get),
                deployments_at_once: of.deployments_at_once.map(NonZeroU32::get),
                out_at_once: of.out_at_once.map(NonZeroU32::get),
                drain_seconds: of.drain_seconds,
                open_requests_seconds: of.open_requests_seconds,
                order,
                zones: of.zones.iter().map(|(zone, each)| Keyed::of(zone, &each.name)).collect(),
                data_centers: now.data_centers.iter().map(|(at, each)| Keyed::of(at, &each.name)).collect(),
                front_ends,
            })
        })
        .await
    }

    /// Gives an environment another name, purpose, topology, address, place in the order, limits, or way to leave its load balancer. Where nothing
    /// differs nothing is written.
    ///
    /// # Errors
    /// A field is not acceptable (every one is named), a pipeline would go back in the order (A04), the environment was used and its
    /// purpose would change (R41), it is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn change_environment(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        input: &EnvironmentInput,
    ) -> Result<()> {
        let object = Object::new("environment", short(environment), short(environment));
        self.audited(caller, Attempt::within(infrastructure, "environment.change", object), async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let grant =
                permitted_wide(self, &mut pending, caller, &[home.id], "change an environment").await?;
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let (key, of) = find(&stored, environment)?;
            let id = identity(&stored, &key)?;
            let after = input.read(&key, of, &stored.architecture)?;
            let new = after.environments.get(&key).ok_or_else(|| fault("a changed environment is gone"))?;
            if new.purpose != of.purpose {
                purpose_may_change(&mut pending, id, of, new.purpose).await?;
            }
            let to_management = new.purpose == Purpose::Management;
            check_rules_at(&stored.architecture, &after, |path| match path {
                path if path.ends_with("/name") => "name",
                path if path.ends_with("/stages") && to_management => "purpose",
                _ => "after",
            })?;
            if after == stored.architecture {
                return Ok(());
            }
            let mut tx = pending.authorised(grant);
            write(self, &mut tx, &home, &stored, &after, &BTreeMap::new()).await?;
            tx.notice(&topic(home.key.as_str()), id);
            // Its controller is told how front-ends leave.
            tx.notice(&work_topic(id), id);
            let object = Object::new("environment", id, new.name.as_str());
            let mut entry = self.entry(caller, "environment.change", object);
            entry.infrastructure = Some(home.id);
            entry.before = told(&stored.architecture, &key, of);
            entry.after = told(&after, &key, new);
            tx.commit(entry).await?;
            Ok(())
        })
        .await
    }
}

/// The identity of an environment that is stored.
pub(super) fn identity(stored: &Stored, key: &Key) -> Result<EnvironmentId> {
    stored.environments.get(key).copied().ok_or_else(|| fault("a stored environment has no identity"))
}

/// The environment before another one in the order.
pub(super) fn before<'a>(now: &'a Architecture, key: &Key) -> Option<&'a Key> {
    let at = now.order.iter().position(|each| each == key)?;
    now.order.get(at.checked_sub(1)?)
}

/// What an entry tells of an environment.
fn told(of: &Architecture, key: &Key, environment: &Environment) -> Value {
    json!({
        "name": environment.name, "purpose": environment.purpose.word(), "topology": environment.topology.word(),
        "address": environment.address, "after": before(of, key), "two_stage": environment.two_stage,
        "application_limit": environment.application_limit, "deployment_limit": environment.deployment_limit,
        "deployments_at_once": environment.deployments_at_once, "out_at_once": environment.out_at_once,
        "drain_seconds": environment.drain_seconds, "open_requests_seconds": environment.open_requests_seconds,
    })
}

/// Refuses another purpose of an environment that was used: what ran in it was permitted for what it is for (R41).
async fn purpose_may_change(
    tx: &mut impl Reader,
    id: EnvironmentId,
    of: &Environment,
    wanted: Purpose,
) -> Result<()> {
    let used = architecture::use_of(tx, id).await?;
    if used.applications + used.deployments + used.versions + used.plans == 0 {
        return Ok(());
    }
    let sentence = format!(
        "{} was used for {} already, so its purpose stays (R41); register another environment for {}.",
        of.name,
        of.purpose.word(),
        wanted.word()
    );
    Err(OperationError::invalid("purpose", sentence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::architecture::template::template;
    use domain::architecture::words::{Edition, Engine, Hosting};

    #[test]
    fn a_place_is_after_another_environment() {
        let basic = template(Edition::Basic, Hosting::OnPremises, Engine::PostgreSql).unwrap();
        let [first, second, ..] = &basic.order[..] else { panic!("a template has environments") };
        assert_eq!(before(&basic, first), None);
        assert_eq!(before(&basic, second), Some(first));
        let of = &basic.environments[second];
        let input = |after: Option<&str>| EnvironmentInput {
            name: of.name.to_string(),
            purpose: of.purpose.word().to_owned(),
            topology: of.topology.word().to_owned(),
            after: after.map(ToOwned::to_owned),
            ..EnvironmentInput::default()
        };
        let read = |after: Option<&str>| input(after).read(second, of, &basic);
        assert_eq!(read(None).unwrap().order, basic.order, "it stays where it is");
        assert_eq!(read(Some(first.as_str())).unwrap().order, basic.order);
        let moved = read(Some("")).unwrap().order;
        assert_eq!((&moved[0], &moved[1], moved.len()), (second, first, basic.order.len()));
        for nowhere in ["moon", second.as_str()] {
            let OperationError::Invalid { fields } = read(Some(nowhere)).unwrap_err() else {
                panic!("refused")
            };
            assert_eq!(fields[0].field, "after");
        }
    }
}
