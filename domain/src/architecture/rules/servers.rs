//! Rules about front-end servers, their services and their zones.

use super::facts::{Facts, Found, count};
use crate::architecture::model::Environment;
use crate::architecture::words::{Service, Topology};
use crate::environment::Purpose;
use crate::text::{Key, VersionNumber};
use std::collections::BTreeMap;

fn of_topology<'a>(
    facts: &Facts<'a>,
    topology: Topology,
) -> impl Iterator<Item = (&'a Key, &'a Environment)> {
    facts.of.environments.iter().filter(move |(_, environment)| environment.topology == topology)
}

/// Environments that have front-ends; for the others the rules of their topology speak.
fn inhabited<'a>(facts: &Facts<'a>) -> impl Iterator<Item = (&'a Key, &'a Environment)> {
    facts.of.environments.iter().filter(|(_, environment)| !environment.front_ends.is_empty())
}

/// A08: standalone has one front-end.
pub(super) fn standalone(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in of_topology(facts, Topology::Standalone) {
        let number = environment.front_ends.len();
        if number != 1 {
            let what =
                format!("“{}” is standalone and has {}.", environment.name, count(number, "front-end"));
            found.at(format!("environments/{key}/front_ends"), what);
        }
    }
}

/// A09: a farm has two front-ends.
pub(super) fn farm_size(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in of_topology(facts, Topology::Farm) {
        let number = environment.front_ends.len();
        if number < 2 {
            let what = format!("“{}” is a farm and has {}.", environment.name, count(number, "front-end"));
            found.at(format!("environments/{key}/front_ends"), what);
        }
    }
}

/// A10: a farm needs a load balancer.
pub(super) fn farm_balancer(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in of_topology(facts, Topology::Farm) {
        if environment.load_balancer.is_none() {
            let what = format!("“{}” is a farm without a load balancer.", environment.name);
            found.at(format!("environments/{key}/load_balancer"), what);
        }
    }
}

fn with_service(environment: &Environment, service: Service) -> Vec<&Key> {
    let having = environment.front_ends.iter().filter(|(_, server)| server.services.contains(&service));
    having.map(|(key, _)| key).collect()
}

/// A11: exactly one deployment controller.
pub(super) fn one_controller(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in inhabited(facts) {
        let controllers = with_service(environment, Service::DeploymentController);
        let what = match controllers[..] {
            [_] => continue,
            [] => format!("“{}” has no deployment controller.", environment.name),
            [first, second, ..] => format!(
                "“{}” has {}, among them “{first}” and “{second}”.",
                environment.name,
                count(controllers.len(), "deployment controller")
            ),
        };
        found.at(format!("environments/{key}/front_ends"), what);
    }
}

/// A12: the deployment service is on every front-end.
pub(super) fn deployment_everywhere(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in inhabited(facts) {
        for (server, front_end) in &environment.front_ends {
            if !front_end.services.contains(&Service::Deployment) {
                let what = format!(
                    "The front-end “{}” of “{}” has no deployment service.",
                    front_end.name, environment.name
                );
                found.at(format!("environments/{key}/front_ends/{server}/services"), what);
            }
        }
    }
}

/// A13: a scheduler at least.
pub(super) fn a_scheduler(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in inhabited(facts) {
        if with_service(environment, Service::Scheduler).is_empty() {
            let what = format!("No front-end of “{}” has the scheduler service.", environment.name);
            found.at(format!("environments/{key}/front_ends"), what);
        }
    }
}

/// A14: Server.Identity wherever Server.API is.
pub(super) fn identity_with_api(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in inhabited(facts) {
        for (server, front_end) in &environment.front_ends {
            let has = |service| front_end.services.contains(&service);
            if has(Service::ServerApi) && !has(Service::ServerIdentity) {
                let what = format!(
                    "The front-end “{}” of “{}” has Server.API without Server.Identity.",
                    front_end.name, environment.name
                );
                found.at(format!("environments/{key}/front_ends/{server}/services"), what);
            }
        }
    }
}

/// A15: one version of the Platform Server in an environment.
pub(super) fn one_version(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in inhabited(facts) {
        if let Some((oldest, newest)) = facts.versions(key).filter(|(oldest, newest)| oldest != newest) {
            let what =
                format!("The front-ends of “{}” run Platform Server {oldest} to {newest}.", environment.name);
            found.at(format!("environments/{key}/front_ends"), what);
        }
    }
}

/// A16: neither this console nor its environment is older than another. Its own version is compared with what is reported to it, since what
/// is recorded may be the Platform Server of somebody else.
pub(super) fn console_version(facts: &Facts<'_>, found: &mut Found) {
    let management = facts.with(Purpose::Management).filter_map(|(key, _)| facts.versions(key));
    let management = management.map(|(oldest, _)| oldest).min();
    for (key, environment) in inhabited(facts) {
        let newer = |than: Option<VersionNumber>, runs: Option<VersionNumber>| {
            runs.zip(than).filter(|(runs, than)| runs > than)
        };
        let managed = environment.purpose == Purpose::Management;
        let runs = facts.versions(key).map(|(_, newest)| newest).filter(|_| !managed);
        let what = if let Some((newest, console)) = newer(facts.reported.console, facts.newest_reported(key))
        {
            format!("“{}” runs Platform Server {newest}, and this console is {console}.", environment.name)
        } else if let Some((newest, console)) = newer(management, runs) {
            format!(
                "“{}” runs Platform Server {newest}, and the console's own environment {console}.",
                environment.name
            )
        } else {
            continue;
        };
        found.at(format!("environments/{key}/front_ends"), what);
    }
}

/// A17: along a pipeline the Platform Server does not become older.
pub(super) fn version_along(facts: &Facts<'_>, found: &mut Found) {
    for (key, pipeline) in &facts.of.pipelines {
        let known: Vec<_> =
            pipeline.stages.iter().filter_map(|stage| Some((stage, facts.versions(stage)?))).collect();
        if let Some([(before, (_, made)), (after, (runs, _))]) =
            known.array_windows().find(|[(_, (_, made)), (_, (runs, _))]| made > runs)
        {
            let what = format!(
                "In the pipeline “{}”, {} runs Platform Server {runs} and {} before it {made}.",
                pipeline.name,
                facts.name(after),
                facts.name(before)
            );
            found.at(format!("pipelines/{key}/stages"), what);
        }
    }
}

/// A18: a front-end belongs to a zone.
pub(super) fn in_a_zone(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in inhabited(facts) {
        for (server, front_end) in environment.front_ends.iter().filter(|(_, server)| server.zones.is_empty())
        {
            let what = format!(
                "The front-end “{}” of “{}” belongs to no deployment zone.",
                front_end.name, environment.name
            );
            found.at(format!("environments/{key}/front_ends/{server}/zones"), what);
        }
    }
}

/// A19: a zone has a front-end.
pub(super) fn zone_with_servers(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in inhabited(facts) {
        for (zone, named) in &environment.zones {
            if environment.servers_in(zone).next().is_none() {
                let what = format!(
                    "No front-end belongs to the deployment zone “{}” of “{}”.",
                    named.name, environment.name
                );
                found.at(format!("environments/{key}/zones/{zone}"), what);
            }
        }
    }
}

/// A20: one server address belongs to one front-end.
pub(super) fn one_address(facts: &Facts<'_>, found: &mut Found) {
    let mut seen = BTreeMap::new();
    for (key, environment) in facts.of.in_order() {
        for (server, front_end) in &environment.front_ends {
            let Some(host) = &front_end.host else { continue };
            let place = host.as_str().to_ascii_lowercase();
            if let Some((first, name)) = seen.get(&place) {
                let what =
                    format!("“{host}” is the address of the front-end “{first}” of “{name}” already.",);
                found.at(format!("environments/{key}/front_ends/{server}/host"), what);
            } else {
                seen.insert(place, (&front_end.name, &environment.name));
            }
        }
    }
}

/// A21: the console has machines of its own.
pub(super) fn own_machine(facts: &Facts<'_>, found: &mut Found) {
    let mut others = BTreeMap::new();
    for (_, environment) in facts.of.environments.iter().filter(|(_, e)| e.purpose != Purpose::Management) {
        for host in environment.front_ends.values().filter_map(|server| server.host.as_ref()) {
            others.entry(host.host()).or_insert(&environment.name);
        }
    }
    for (key, environment) in facts.with(Purpose::Management) {
        for (server, front_end) in &environment.front_ends {
            let shared = front_end.host.as_ref().and_then(|host| others.get(&host.host()));
            if let Some(name) = shared {
                let what = format!(
                    "The management server “{}” stands on the same machine as a front-end of “{name}”.",
                    front_end.name
                );
                found.at(format!("environments/{key}/front_ends/{server}/host"), what);
            }
        }
    }
}
