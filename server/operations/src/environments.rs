//! Environments as people look at them: what is recorded, and what their Platform Servers reported.

use crate::applications::show::possible;
use crate::architecture::found_in;
use crate::console::{Caller, Console};
use crate::door::{fault, permitted_wide, visibility};
use crate::error::Result;
use crate::infrastructure::find_environment;
use crate::matrix::{Moving, running};
use crate::pipelines::Lines;
use crate::view::{
    ApplicationRef, ArchitectureCounts, EnvironmentApplication, EnvironmentCard, EnvironmentPage,
    EnvironmentRef, EventView, Keyed, Maintenance, OpenAddress, PipelinesPage, Running, ServerApplication,
    ServerReport, ServerView, ZoneView,
};
use domain::access::{Requirement, Right};
use domain::architecture::drawing;
use domain::architecture::model::Environment;
use domain::architecture::seen::restrict;
use domain::architecture::words::Topology;
use domain::environment::{Health, Purpose, SILENCE_MICROS};
use domain::id::{ApplicationId, EnvironmentId, InfrastructureId};
use domain::protocol::{RunningApplication, ServiceStatus};
use domain::text::Key;
use domain::time::Timestamp;
use std::collections::BTreeMap;
use storage::environments::{EnvironmentRow, RecordedRow};
use storage::maintenance::MaintenanceRow;
use storage::servers::{ServerRow, ServerStateRow};
use storage::zones::ZoneCountRow;
use storage::{
    Page, Reader, architecture, environments, events, maintenance, matrix, servers, states, zones,
};

impl From<&EnvironmentRow> for EnvironmentRef {
    fn from(row: &EnvironmentRow) -> Self {
        Self { id: row.id, key: row.key.to_string(), name: row.name.to_string(), purpose: row.purpose }
    }
}

/// The front-ends of an environment, recorded and reported.
pub(crate) struct Seen {
    pub servers: Vec<SeenServer>,
    pub now: Timestamp,
}

/// One front-end.
pub(crate) struct SeenServer {
    row: ServerRow,
    state: Option<ServerStateRow>,
    /// What runs on it by its last report, read once: a page asks for each of its applications.
    running: Vec<RunningApplication>,
    /// Its services by its last report.
    services: Vec<ServiceStatus>,
}

impl SeenServer {
    fn of(row: ServerRow, state: Option<ServerStateRow>) -> Self {
        let running = state.as_ref().map(|state| serde_json::from_str(&state.applications));
        let services = state.as_ref().map(|state| serde_json::from_str(&state.services));
        Self {
            row,
            running: running.and_then(|read| read.ok()).unwrap_or_default(),
            services: services.and_then(|read| read.ok()).unwrap_or_default(),
            state,
        }
    }
}

impl Seen {
    pub async fn load(tx: &mut impl Reader, environment: EnvironmentId, now: Timestamp) -> Result<Self> {
        let rows = servers::of_environment(tx, environment).await?;
        let states = servers::states_of(tx, environment).await?;
        let of = Self::by_environment(rows, states, now).remove(&environment);
        Ok(of.unwrap_or_else(|| Self::none(now)))
    }

    /// An environment without front-ends.
    pub const fn none(now: Timestamp) -> Self {
        Self { servers: Vec::new(), now }
    }

    /// Those of all environments of an infrastructure, read at once.
    pub async fn of_infrastructure(
        tx: &mut impl Reader,
        infrastructure: InfrastructureId,
        now: Timestamp,
    ) -> Result<BTreeMap<EnvironmentId, Self>> {
        let rows = servers::of_infrastructure(tx, infrastructure).await?;
        let states = servers::states_of_infrastructure(tx, infrastructure).await?;
        Ok(Self::by_environment(rows, states, now))
    }

    /// Those of the environments that an application runs in, read at once.
    pub async fn of_application(
        tx: &mut impl Reader,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<BTreeMap<EnvironmentId, Self>> {
        let rows = servers::of_application(tx, application).await?;
        let states = servers::states_of_application(tx, application).await?;
        Ok(Self::by_environment(rows, states, now))
    }

    fn by_environment(
        rows: Vec<ServerRow>,
        states: Vec<ServerStateRow>,
        now: Timestamp,
    ) -> BTreeMap<EnvironmentId, Self> {
        let mut reported: BTreeMap<_, _> = states.into_iter().map(|state| (state.server_id, state)).collect();
        let mut all: BTreeMap<EnvironmentId, Self> = BTreeMap::new();
        for row in rows {
            let of = all.entry(row.environment_id).or_insert_with(|| Self::none(now));
            let state = reported.remove(&row.id);
            of.servers.push(SeenServer::of(row, state));
        }
        all
    }

    /// The front-ends that were reported, by key, and whether each answers.
    pub fn answering(&self) -> impl Iterator<Item = (&Key, bool)> {
        let known = matches!(self.health(), Health::Healthy | Health::Impaired);
        let servers = self.servers.iter();
        servers.filter_map(move |server| {
            let state = server.state.as_ref().filter(|_| known)?;
            Some((&server.row.key, state.reachable))
        })
    }

    /// When the controller was heard last.
    pub fn heard_at(&self) -> Option<Timestamp> {
        let controller = self.servers.iter().find(|server| server.row.is_controller)?;
        controller.state.as_ref().map(|state| state.seen_at)
    }

    /// How the console knows the environment.
    pub fn health(&self) -> Health {
        if self.servers.iter().all(|server| server.row.enrolled_at.is_none()) {
            return Health::NotEnrolled;
        }
        match self.heard_at() {
            Some(heard) if self.now.since(heard) <= SILENCE_MICROS => {
                // One that was revoked is believed no more, whatever was reported of it.
                let mut believed = self.servers.iter().filter(|server| server.row.revoked_at.is_none());
                let fine = believed.all(|server| {
                    let reached = server.state.as_ref().is_some_and(|state| state.reachable);
                    let beating = server.services.iter().all(|service| service.running);
                    reached && beating && server.running.iter().all(|app| app.ready)
                });
                if fine { Health::Healthy } else { Health::Impaired }
            }
            _ => Health::Unknown,
        }
    }

    /// Since when nothing is known of the environment, where its controller was heard before.
    pub fn unknown_since(&self) -> Option<Timestamp> {
        let silent = self.health() == Health::Unknown;
        self.heard_at().filter(|_| silent).map(|heard| heard.plus(SILENCE_MICROS))
    }

    fn views(&self) -> Vec<ServerView> {
        self.servers
            .iter()
            .map(|SeenServer { row, state, running, services }| ServerView {
                id: row.id,
                key: row.key.to_string(),
                name: row.name.to_string(),
                is_controller: row.is_controller,
                enrolled_at: row.enrolled_at,
                revoked_at: row.revoked_at,
                reported: state.as_ref().map(|state| ServerReport {
                    at: state.seen_at,
                    reachable: state.reachable,
                    version: state.version.clone(),
                    public_address: state.public_address.clone(),
                    services: services.clone(),
                    applications: running
                        .iter()
                        .map(|app| ServerApplication {
                            addresses: full(&state.public_address, &app.virtual_directories),
                            key: app.application.to_string(),
                            revision: app.sha256.short(),
                            ready: app.ready,
                        })
                        .collect(),
                }),
            })
            .collect()
    }
}

fn full(address: &str, directories: &[String]) -> Vec<String> {
    directories.iter().map(|directory| format!("{}{directory}/", address.trim_end_matches('/'))).collect()
}

/// Where an application opens, on each front-end that reports it; `recorded` is what should run there, if that is known.
pub(crate) fn addresses_of(seen: &Seen, key: &str, recorded: Option<&Running>) -> Vec<OpenAddress> {
    let recorded = recorded.filter(|running| running.moving.is_none());
    let mut list = Vec::new();
    for SeenServer { row, state, running, .. } in &seen.servers {
        let Some(state) = state else { continue };
        for app in running.iter().filter(|app| app.application.as_str() == key) {
            for address in full(&state.public_address, &app.virtual_directories) {
                list.push(OpenAddress {
                    server: row.name.to_string(),
                    address,
                    ready: app.ready && state.reachable,
                    unlike: recorded
                        .map(|running| (&running.revision, app.sha256.short()))
                        .filter(|(recorded, reported)| *recorded != reported)
                        .map(|(_, reported)| reported),
                });
            }
        }
    }
    list
}

/// What is recorded of an environment.
struct Recorded {
    topology: Topology,
    address: Option<String>,
    two_stage: bool,
}

impl From<RecordedRow> for Recorded {
    fn from(row: RecordedRow) -> Self {
        let RecordedRow { id: _, topology, address, two_stage } = row;
        Self { topology, address: address.map(|address| address.to_string()), two_stage }
    }
}

impl From<&Environment> for Recorded {
    fn from(of: &Environment) -> Self {
        let address = of.address.as_ref().map(ToString::to_string);
        Self { topology: of.topology, address, two_stage: of.two_stage }
    }
}

/// The deployment zones of an environment, the default one first.
fn zones_of(of: &Environment, counts: &[ZoneCountRow]) -> Vec<ZoneView> {
    let running: BTreeMap<&Key, u64> = counts.iter().map(|row| (&row.zone, row.applications)).collect();
    let mut all: Vec<ZoneView> = of
        .zones
        .iter()
        .map(|(key, zone)| ZoneView {
            key: key.to_string(),
            name: zone.name.to_string(),
            address: zone.address.as_ref().map(ToString::to_string),
            is_default: *key == of.default_zone,
            front_ends: of.servers_in(key).map(|(server, each)| Keyed::of(server, &each.name)).collect(),
            applications: running.get(key).copied().unwrap_or_default(),
        })
        .collect();
    all.sort_by_key(|zone| !zone.is_default);
    all
}

fn card(
    seen: &Seen,
    (stage, recorded): (&EnvironmentRow, Recorded),
    applications: storage::Count,
    moving: &Moving,
    maintained: Option<MaintenanceRow>,
) -> EnvironmentCard {
    EnvironmentCard {
        environment: EnvironmentRef::from(stage),
        topology: recorded.topology,
        address: recorded.address,
        two_stage: recorded.two_stage,
        health: seen.health(),
        unknown_since: seen.unknown_since(),
        heard_at: seen.heard_at(),
        servers: seen.views(),
        applications: applications.into(),
        deploying: moving.towards(stage.id),
        maintenance: maintained
            .map(|row| Maintenance { open: moving.open_into(stage.id), ..Maintenance::from(row) }),
    }
}

/// Applications on an environment's page; the matrix has all of them.
const SHOWN: u32 = 20;
/// What happened last, on an environment's page; its timeline has all of it.
const EVENTS: u32 = 8;

impl Console {
    /// The environments that the caller may see, in order.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller.
    pub async fn environments(&self, caller: &Caller, infrastructure: &str) -> Result<Vec<EnvironmentCard>> {
        self.traced(caller, "environment.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let stages = environments::list(&mut tx, home.id, &visibility(caller)?).await?;
            let counts = matrix::column_counts(&mut tx, home.id, &visibility(caller)?).await?;
            let counts: BTreeMap<_, _> =
                counts.iter().map(|column| (column.environment, column.running)).collect();
            let moving = Moving::load(&mut tx, home.id).await?;
            let mut reported = Seen::of_infrastructure(&mut tx, home.id, self.now()).await?;
            let maintained = maintenance::list(&mut tx, home.id).await?;
            let mut maintained: BTreeMap<_, _> =
                maintained.into_iter().map(|row| (row.environment_id, row)).collect();
            let recorded = environments::recorded(&mut tx, home.id).await?;
            let mut recorded: BTreeMap<_, _> = recorded.into_iter().map(|row| (row.id, row)).collect();
            let mut cards = Vec::new();
            for stage in &stages {
                let Some(kept) = recorded.remove(&stage.id) else { continue };
                let seen = reported.remove(&stage.id).unwrap_or_else(|| Seen::none(self.now()));
                let running = counts.get(&stage.id).copied().unwrap_or_default();
                cards.push(card(&seen, (stage, kept.into()), running, &moving, maintained.remove(&stage.id)));
            }
            Ok(cards)
        })
        .await
    }

    /// The environments that the caller may see, by name alone, in their order: what a choice offers.
    ///
    /// # Errors
    /// The infrastructure is not there for the caller.
    pub async fn environment_names(
        &self,
        caller: &Caller,
        infrastructure: &str,
    ) -> Result<Vec<EnvironmentRef>> {
        self.traced(caller, "environment.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let rows = environments::list(&mut tx, home.id, &visibility(caller)?).await?;
            Ok(rows.iter().map(EnvironmentRef::from).collect())
        })
        .await
    }

    /// One environment.
    ///
    /// # Errors
    /// It is not there for the caller.
    pub async fn environment(
        &self,
        caller: &Caller,
        infrastructure: &str,
        key: &str,
    ) -> Result<EnvironmentPage> {
        self.traced(caller, "environment.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            let place = find_environment(&mut tx, home.id, key).await?;
            let see = Requirement::Environment(place.id, Right::Access);
            self.permit(&mut tx, caller, home.id, &see, &format!("see {}", place.name)).await?;
            let sees = visibility(caller)?;
            let seen = Seen::load(&mut tx, place.id, self.now()).await?;
            let moving = Moving::load(&mut tx, home.id).await?;
            let placed = states::newest_in(&mut tx, home.id, place.id, &sees, SHOWN).await?;
            let placed = placed.iter().map(|one| {
                let running =
                    Running { bond: one.bond, ..running(one.number, &one.state, &one.revision, &moving) };
                let addresses = addresses_of(&seen, one.application.key.as_str(), Some(&running));
                EnvironmentApplication {
                    addresses,
                    running,
                    application: ApplicationRef::from(&one.application),
                }
            });
            let applications = placed.collect();
            let stages = environments::list(&mut tx, home.id, &sees).await?;
            let lines = Lines::load(&mut tx, home.id, stages.iter().map(|stage| stage.id)).await?;
            let publish = if place.purpose == Purpose::Development {
                let change = Requirement::Environment(place.id, Right::Change);
                let doing = format!("publish into {}", place.name);
                Some(possible(self.permit(&mut tx, caller, home.id, &change, &doing).await.map(drop))?)
            } else {
                None
            };
            let count = states::count_in(&mut tx, home.id, place.id, &sees).await?;
            let newest =
                crate::deployments::list::newest_into(&mut tx, &home, &sees, place.id, (8, self.now()))
                    .await?;
            let happened = events::list(&mut tx, place.id, &Page::first(EVENTS)).await?;
            let maintained = maintenance::of(&mut tx, place.id).await?;
            let recorded = architecture::load(&mut tx, home.id).await?.architecture;
            let itself = recorded.environments.get(&place.key);
            let itself = itself.ok_or_else(|| fault("an environment is not in its architecture"))?;
            let in_zones = zones::counts_in(&mut tx, home.id, place.id, &sees).await?;
            let zones = zones_of(itself, &in_zones);
            let itself = Recorded::from(itself);
            let visible = stages.iter().map(|stage| stage.key.clone()).collect();
            let doing = format!("put {} into maintenance", place.name);
            let manage = permitted_wide(self, &mut tx, caller, &[home.id], &doing).await;
            let manage = possible(manage.map(drop))?;
            let findings = match &manage {
                Ok(()) => {
                    let reported = self.reported(&mut tx, home.id, Some(place.id)).await?;
                    found_in(&mut tx, home.id, (&recorded, &reported), &place.key, self.now()).await?
                }
                Err(_) => Vec::new(),
            };
            let recorded = restrict(&recorded, &visible);
            let at = |server: &str| format!("environments/{}/front_ends/{server}", place.key);
            let built = drawing::environment(&recorded, &place.key).map(|drawing| PipelinesPage {
                drawing,
                states: BTreeMap::from([(place.key.to_string(), seen.health())]),
                servers: seen.answering().map(|(server, answers)| (at(server.as_str()), answers)).collect(),
                counts: ArchitectureCounts::from(&recorded),
                sums: Vec::new(),
                architecture: recorded,
                manage: manage.clone(),
            });
            Ok(EnvironmentPage {
                card: card(&seen, (&place, itself), count, &moving, maintained),
                manage,
                built,
                zones,
                findings,
                applications,
                deployments: newest,
                events: happened.rows.into_iter().map(EventView::from).collect(),
                previous: stages
                    .iter()
                    .filter(|stage| lines.next(None, stage.id).contains(&place.id))
                    .map(EnvironmentRef::from)
                    .collect(),
                next: lines
                    .next(None, place.id)
                    .iter()
                    .filter_map(|to| stages.iter().find(|stage| stage.id == *to))
                    .map(EnvironmentRef::from)
                    .collect(),
                publish,
            })
        })
        .await
    }
}
