//! Where a run into an environment goes: the front-ends of each application's deployment zone (R42), and what stands against any run.

use crate::door::fault;
use crate::error::{OperationError, Result};
use domain::deployment::{RunItem, RunZone, out_at_once};
use domain::id::{ApplicationId, EnvironmentId, ServerId, ZoneId};
use domain::protocol::{Farm, RunningApplication};
use domain::text::Key;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use storage::environments::EnvironmentRow;
use storage::servers::ServerRow;
use storage::zones::{ApplicationZoneRow, ZoneRow};
use storage::{Reader, environments, servers, zones};

/// The front-ends of an environment and its zones, as a run needs them.
pub(crate) struct Ways {
    environment: String,
    servers: Vec<ServerRow>,
    members: BTreeMap<ZoneId, BTreeSet<ServerId>>,
    chosen: Zones,
    /// What runs on each front-end, as it was reported last.
    reported: BTreeMap<ServerId, BTreeSet<Key>>,
}

/// The zones of an environment, and which was chosen for which application.
pub(crate) struct Zones {
    all: Vec<ZoneRow>,
    chosen: BTreeMap<ApplicationId, ApplicationZoneRow>,
}

impl Zones {
    /// Reads them.
    pub async fn load(tx: &mut impl Reader, environment: &EnvironmentRow) -> Result<Self> {
        let all = zones::of_environment(tx, environment.id).await?;
        let chosen = zones::chosen_in(tx, environment.id).await?;
        Ok(Self { all, chosen: chosen.into_iter().map(|row| (row.application_id, row)).collect() })
    }

    /// The zone that an application goes to.
    pub fn of(&self, application: ApplicationId) -> Result<&ZoneRow> {
        let chosen = self.chosen.get(&application).map(|row| row.zone_id);
        let wanted = |zone: &&ZoneRow| chosen.map_or(zone.is_default, |id| zone.id == id);
        self.all.iter().find(wanted).ok_or_else(|| fault("an environment without its default zone"))
    }

    /// Whether there is more than the default one.
    pub fn are_several(&self) -> bool {
        self.all.len() > 1
    }

    /// Whether another zone was chosen since an application was deployed last, so that deploying it again moves it.
    pub fn moves(&self, application: ApplicationId) -> bool {
        self.chosen.get(&application).is_some_and(|row| row.pending)
    }

    /// The key of an application's zone, where that is not the default one: what a digest tells of it.
    pub fn told(&self, application: ApplicationId) -> Result<Option<Key>> {
        let zone = self.of(application)?;
        Ok((!zone.is_default).then(|| zone.key.clone()))
    }
}

/// How the front-ends of an environment leave its load balancer; `servers` is how many there are.
pub(crate) async fn farm(tx: &mut impl Reader, environment: EnvironmentId, servers: usize) -> Result<Farm> {
    let set = environments::limits(tx, environment).await?;
    let mut members: BTreeMap<ZoneId, usize> = BTreeMap::new();
    for row in zones::servers(tx, environment).await? {
        *members.entry(row.zone_id).or_default() += 1;
    }
    let zones = members.into_values().chain([servers]);
    Ok(Farm {
        out_at_once: out_at_once(set.out_at_once.and_then(NonZeroU32::new), zones),
        drain_seconds: set.drain_seconds,
        open_requests_seconds: set.open_requests_seconds,
    })
}

impl Ways {
    /// Reads them, or says why nothing can be brought into the environment.
    pub async fn load(tx: &mut impl Reader, target: &EnvironmentRow) -> Result<Self> {
        crate::maintenance::refused(tx, target).await?;
        let mut all = servers::of_environment(tx, target.id).await?;
        // What was revoked is as if it were not there, until it enrols anew.
        all.retain(|server| server.is_controller || server.revoked_at.is_none());
        if !all.iter().any(|server| server.is_controller) {
            return Err(OperationError::conflict(format!(
                "{} has no deployment controller yet.",
                target.name
            )));
        }
        let mut members: BTreeMap<ZoneId, BTreeSet<ServerId>> = BTreeMap::new();
        for row in zones::servers(tx, target.id).await? {
            if all.iter().any(|server| server.id == row.server_id) {
                members.entry(row.zone_id).or_default().insert(row.server_id);
            }
        }
        let mut reported = BTreeMap::new();
        for state in servers::states_of(tx, target.id).await? {
            let running: Vec<RunningApplication> = serde_json::from_str(&state.applications)
                .map_err(|error| fault(format!("what runs on a server cannot be read: {error}")))?;
            reported.insert(state.server_id, running.into_iter().map(|one| one.application).collect());
        }
        let chosen = Zones::load(tx, target).await?;
        Ok(Self { environment: target.name.to_string(), servers: all, members, chosen, reported })
    }

    /// The zone of an application for a run; none where it is all of the environment.
    pub fn zone(&self, application: ApplicationId, key: &Key, name: &str) -> Result<Option<RunZone>> {
        let zone = self.chosen.of(application)?;
        let inside = self.members.get(&zone.id).cloned().unwrap_or_default();
        if inside.is_empty() {
            return Err(OperationError::conflict(format!(
                "{name} goes to the deployment zone {} of {}, which has no front-end: put one into it, or choose another zone for {name}.",
                zone.name, self.environment
            ))
            .under("R42"));
        }
        let moves = self.chosen.moves(application);
        let runs =
            |server: &ServerId| self.reported.get(server).is_some_and(|keys| moves || keys.contains(key));
        let outside = self.servers.iter().map(|server| server.id).filter(|server| !inside.contains(server));
        let leaving: BTreeSet<ServerId> = outside.filter(runs).collect();
        let everywhere = self.servers.iter().all(|server| inside.contains(&server.id));
        Ok((!everywhere).then(|| RunZone { name: zone.name.to_string(), servers: inside, leaving }))
    }

    /// How many front-ends may be out of service at once, where so many are wanted.
    pub fn out_at_once(&self, wanted: Option<u32>) -> u32 {
        let zones = self.members.values().map(BTreeSet::len).chain([self.servers.len()]);
        out_at_once(wanted.and_then(NonZeroU32::new), zones)
    }

    /// The front-ends that a run of these items goes to, in their order; all of them, and the controller, have a Platform Server.
    pub fn servers(&self, items: &[RunItem]) -> Result<Vec<(ServerId, String)>> {
        let concerned = |server: &&ServerRow| items.iter().any(|item| item.concerns(server.id));
        let needed = |server: &&ServerRow| server.is_controller || concerned(server);
        if let Some(missing) = self.servers.iter().filter(needed).find(|server| server.enrolled_at.is_none())
        {
            return Err(OperationError::conflict(format!(
                "{} in {} has no Platform Server yet: enrol it first.",
                missing.name, self.environment
            )));
        }
        Ok(self.servers.iter().filter(concerned).map(|one| (one.id, one.name.to_string())).collect())
    }
}
