//! What Platform Servers report of themselves, and the rules that lay it beside what is recorded.

use super::facts::{Facts, Found};
use crate::architecture::words::Service;
use crate::text::{Key, VersionNumber};
use std::collections::{BTreeMap, BTreeSet};

/// What the front-ends say that are heard: measured, where an architecture is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reported {
    /// The version of the console that hears them.
    pub console: Option<VersionNumber>,
    /// The front-ends of environments whose controller is heard, by the environment's key and their own. One that was never reported is not
    /// here.
    pub front_ends: BTreeMap<(Key, Key), FrontEndReport>,
}

/// What one front-end says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FrontEndReport {
    /// The version of its Platform Server, where it is a number.
    pub version: Option<VersionNumber>,
    /// The services that it has, running or stopped; none while it does not answer.
    pub services: Option<BTreeSet<Service>>,
}

impl Reported {
    /// Nothing is heard.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { console: None, front_ends: BTreeMap::new() }
    }

    /// What a front-end says, if it is heard.
    pub(super) fn of(&self, environment: &Key, server: &Key) -> Option<&FrontEndReport> {
        // A map with owned keys in a pair cannot be asked with borrowed ones.
        self.front_ends.get(&(environment.clone(), server.clone()))
    }
}

fn listed(services: &BTreeSet<Service>) -> String {
    let labels: Vec<&str> = services.iter().map(|service| service.label()).collect();
    match &labels[..] {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        all => all.join(""),
    }
}

/// A41: the services that are recorded are those that are reported.
pub(super) fn services(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in &facts.of.environments {
        for (server, front_end) in &environment.front_ends {
            let report = facts.reported.of(key, server).and_then(|report| report.services.as_ref());
            let Some(reported) = report else { continue };
            let absent: BTreeSet<Service> = front_end.services.difference(reported).copied().collect();
            let more: BTreeSet<Service> = reported.difference(&front_end.services).copied().collect();
            let told = match (absent.is_empty(), more.is_empty()) {
                (true, true) => continue,
                (false, true) => format!("is recorded with {}, which it does not report", listed(&absent)),
                (true, false) => format!("reports {}, which is not recorded", listed(&more)),
                (false, false) => format!(
                    "is recorded with {}, which it does not report, and reports {}, which is not recorded",
                    listed(&absent),
                    listed(&more)
                ),
            };
            let what = format!("The front-end “{}” of “{}” {told}.", front_end.name, environment.name);
            found.at(format!("environments/{key}/front_ends/{server}/services"), what);
        }
    }
}

/// A42: the version that is recorded is the one that is reported.
pub(super) fn version(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in &facts.of.environments {
        for (server, front_end) in &environment.front_ends {
            let Some(recorded) = front_end.version else { continue };
            let runs = facts.reported.of(key, server).and_then(|report| report.version);
            if let Some(runs) = runs.filter(|runs| *runs != recorded) {
                let what = format!(
                    "The front-end “{}” of “{}” is recorded with Platform Server {recorded} and reports {runs}.",
                    front_end.name, environment.name
                );
                found.at(format!("environments/{key}/front_ends/{server}/version"), what);
            }
        }
    }
}
