//! An architecture with what several rules ask of it looked up once, so that all rules together stay linear.

use super::reported::Reported;
use crate::architecture::model::{Architecture, DatabaseServer, Environment, FrontEnd, Pipeline};
use crate::architecture::words::PipelinePurpose;
use crate::environment::Purpose;
use crate::text::{Key, VersionNumber};
use std::collections::{BTreeMap, BTreeSet};

/// What the rules look at.
pub(super) struct Facts<'a> {
    /// The architecture.
    pub(super) of: &'a Architecture,
    /// What is measured beside it.
    pub(super) reported: &'a Reported,
    /// The first place of each environment in the order.
    pub(super) places: BTreeMap<&'a Key, usize>,
    /// The environments with catalogs on a database server.
    pub(super) carried: BTreeMap<&'a Key, BTreeSet<&'a Key>>,
    /// The standbys of a database server.
    pub(super) standbys: BTreeMap<&'a Key, Vec<(&'a Key, &'a DatabaseServer)>>,
    /// The pipelines of an environment.
    pub(super) pipelines: BTreeMap<&'a Key, Vec<(&'a Key, &'a Pipeline)>>,
}

/// What a rule finds.
#[derive(Default)]
pub(super) struct Found {
    /// Places with a sentence each.
    pub(super) places: Vec<(String, String)>,
}

impl Found {
    /// Something is wrong at a place.
    pub(super) fn at(&mut self, path: String, what: String) {
        self.places.push((path, what));
    }
}

impl<'a> Facts<'a> {
    pub(super) fn of(of: &'a Architecture, reported: &'a Reported) -> Self {
        let mut places = BTreeMap::new();
        for (place, key) in of.order.iter().enumerate() {
            places.entry(key).or_insert(place);
        }
        let mut carried: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (key, environment) in &of.environments {
            for server in environment.database_servers() {
                carried.entry(server).or_default().insert(key);
            }
        }
        let mut standbys: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (key, server) in &of.database_servers {
            if let Some(primary) = &server.standby_of {
                standbys.entry(primary).or_default().push((key, server));
            }
        }
        let mut pipelines: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (key, pipeline) in &of.pipelines {
            for stage in pipeline.stages.iter().collect::<BTreeSet<_>>() {
                pipelines.entry(stage).or_default().push((key, pipeline));
            }
        }
        Self { of, reported, places, carried, standbys, pipelines }
    }

    /// The environments in which end users work under a mission-critical pipeline.
    pub(super) fn mission_critical(&self) -> impl Iterator<Item = (&'a Key, &'a Environment)> {
        self.of.environments.iter().filter(|(key, environment)| {
            environment.purpose == Purpose::Production
                && self.pipelines.get(key).is_some_and(|all| {
                    all.iter().any(|(_, p)| p.purposes.contains(&PipelinePurpose::MissionCritical))
                })
        })
    }

    /// The environments of a purpose.
    pub(super) fn with(&self, purpose: Purpose) -> impl Iterator<Item = (&'a Key, &'a Environment)> {
        self.of.environments.iter().filter(move |(_, environment)| environment.purpose == purpose)
    }

    /// How many environments have catalogs on a database server.
    pub(super) fn carries(&self, server: &Key) -> usize {
        self.carried.get(server).map_or(0, BTreeSet::len)
    }

    /// The oldest and the newest Platform Server version of an environment: of each front-end what it reports, or else what is recorded.
    pub(super) fn versions(&self, key: &Key) -> Option<(VersionNumber, VersionNumber)> {
        let environment = self.of.environments.get(key)?;
        let runs = |(server, front_end): (&Key, &FrontEnd)| {
            let reported = self.reported.of(key, server).and_then(|report| report.version);
            reported.or(front_end.version)
        };
        let known = || environment.front_ends.iter().filter_map(runs);
        Some((known().min()?, known().max()?))
    }

    /// The newest version that a front-end of an environment reports.
    pub(super) fn newest_reported(&self, key: &Key) -> Option<VersionNumber> {
        let environment = self.of.environments.get(key)?;
        let runs = |server| self.reported.of(key, server).and_then(|report| report.version);
        environment.front_ends.keys().filter_map(runs).max()
    }

    /// The name of an environment in quotes; of one that is not there, its key.
    pub(super) fn name(&self, environment: &Key) -> String {
        match self.of.environments.get(environment) {
            Some(known) => format!("“{}”", known.name),
            None => format!("“{environment}”"),
        }
    }
}

/// `1 front-end`, `2 front-ends`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
