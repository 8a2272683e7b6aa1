//! Rules that hold at every moment: names, references, orders.

use super::facts::{Facts, Found};
use crate::text::{Key, Name};
use std::collections::{BTreeMap, BTreeSet};

/// A01: whatever is named is there.
pub(super) fn references(facts: &Facts<'_>, found: &mut Found) {
    let of = facts.of;
    let mut missing = |there: bool, path: String, noun: &str, key: &Key| {
        if !there {
            found.at(path, format!("There is no {noun} “{key}”."));
        }
    };
    for (key, environment) in &of.environments {
        let at = format!("environments/{key}");
        for center in environment.load_balancer.iter().flat_map(|balancer| &balancer.data_centers) {
            let path = format!("{at}/load_balancer/data_centers");
            missing(of.data_centers.contains_key(center), path, "data center", center);
        }
        for (server, front_end) in &environment.front_ends {
            if let Some(center) = &front_end.data_center {
                let path = format!("{at}/front_ends/{server}/data_center");
                missing(of.data_centers.contains_key(center), path, "data center", center);
            }
            for zone in &front_end.zones {
                let path = format!("{at}/front_ends/{server}/zones");
                let noun = format!("deployment zone of “{}” with the key", environment.name);
                missing(environment.zones.contains_key(zone), path, &noun, zone);
            }
        }
        for (kind, catalog) in &environment.catalogs {
            let path = format!("{at}/catalogs/{}/database_server", kind.word());
            let server = &catalog.database_server;
            missing(of.database_servers.contains_key(server), path, "database server", server);
        }
    }
    for (key, pipeline) in &of.pipelines {
        for stage in &pipeline.stages {
            let path = format!("pipelines/{key}/stages");
            missing(of.environments.contains_key(stage), path, "environment", stage);
        }
    }
    for (key, server) in &of.database_servers {
        if let Some(center) = &server.data_center {
            let path = format!("database_servers/{key}/data_center");
            missing(of.data_centers.contains_key(center), path, "data center", center);
        }
        if let Some(primary) = &server.standby_of {
            let path = format!("database_servers/{key}/standby_of");
            missing(of.database_servers.contains_key(primary), path, "database server", primary);
        }
    }
}

/// A02: the order names each environment once.
pub(super) fn order(facts: &Facts<'_>, found: &mut Found) {
    let mut seen = BTreeSet::new();
    for key in &facts.of.order {
        if !facts.of.environments.contains_key(key) {
            found.at("order".to_owned(), format!("The order names “{key}”, which is no environment."));
        } else if !seen.insert(key) {
            found.at(
                "order".to_owned(),
                format!("The order names the environment {} twice.", facts.name(key)),
            );
        }
    }
    for key in facts.of.environments.keys().filter(|key| !facts.places.contains_key(key)) {
        found.at("order".to_owned(), format!("The order misses the environment {}.", facts.name(key)));
    }
}

/// A03: names are unique among their kind, without regard to case.
pub(super) fn names(facts: &Facts<'_>, found: &mut Found) {
    let of = facts.of;
    twice(found, "environments", "environment", of.environments.iter().map(|(k, e)| (k, &e.name)));
    twice(found, "pipelines", "pipeline", of.pipelines.iter().map(|(k, p)| (k, &p.name)));
    twice(found, "data_centers", "data center", of.data_centers.iter().map(|(k, d)| (k, &d.name)));
    twice(
        found,
        "database_servers",
        "database server",
        of.database_servers.iter().map(|(k, s)| (k, &s.name)),
    );
    twice(found, "tools", "tool", of.tools.iter().map(|(k, t)| (k, &t.name)));
    for (key, one) in &of.environments {
        let at = |part: &str| format!("environments/{key}/{part}");
        let servers = one.front_ends.iter().map(|(k, s)| (k, &s.name));
        twice(found, &at("front_ends"), "front-end server", servers);
        twice(found, &at("zones"), "deployment zone", one.zones.iter().map(|(k, z)| (k, &z.name)));
        let databases = one.external_databases.iter().map(|(k, d)| (k, &d.name));
        twice(found, &at("external_databases"), "external database", databases);
    }
}

fn twice<'a>(
    found: &mut Found,
    collection: &str,
    noun: &str,
    names: impl Iterator<Item = (&'a Key, &'a Name)>,
) {
    let mut seen: BTreeMap<String, &Key> = BTreeMap::new();
    for (key, name) in names {
        if let Some(first) = seen.get(&name.as_str().to_lowercase()) {
            let what = format!("The {noun} “{first}” is called “{name}” already.");
            found.at(format!("{collection}/{key}/name"), what);
        } else {
            seen.insert(name.as_str().to_lowercase(), key);
        }
    }
}

/// A04: the stages of a pipeline follow the order of the infrastructure, each once.
pub(super) fn stages(facts: &Facts<'_>, found: &mut Found) {
    for (key, pipeline) in &facts.of.pipelines {
        let path = format!("pipelines/{key}/stages");
        let mut seen = BTreeSet::new();
        if let Some(stage) = pipeline.stages.iter().find(|stage| !seen.insert(*stage)) {
            let what = format!("{} is a stage of the pipeline “{}” twice.", facts.name(stage), pipeline.name);
            found.at(path, what);
            continue;
        }
        let known: Vec<_> =
            pipeline.stages.iter().filter_map(|stage| Some((stage, facts.places.get(stage)?))).collect();
        if let Some([(before, _), (after, _)]) = known.array_windows().find(|[(_, a), (_, b)]| a > b) {
            found.at(
                path,
                format!(
                    "The pipeline “{}” goes from {} back to {}, which comes earlier in the order of the infrastructure.",
                    pipeline.name,
                    facts.name(before),
                    facts.name(after)
                ),
            );
        }
    }
}

/// A05: a default deployment zone always.
pub(super) fn default_zone(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in &facts.of.environments {
        if !environment.zones.contains_key(&environment.default_zone) {
            let what = format!(
                "“{}” has no deployment zone “{}”, which is named as its default.",
                environment.name, environment.default_zone
            );
            found.at(format!("environments/{key}/default_zone"), what);
        }
    }
}

/// A06: a catalog belongs to one environment, for one purpose.
pub(super) fn catalogs(facts: &Facts<'_>, found: &mut Found) {
    let mut seen = BTreeMap::new();
    for (key, environment) in facts.of.in_order() {
        for (kind, catalog) in &environment.catalogs {
            let place = (&catalog.database_server, catalog.name.as_str().to_lowercase());
            if let Some((name, first)) = seen.get(&place) {
                let what = format!(
                    "The catalog “{}” on the database server “{}” is the {first} catalog of “{name}” already.",
                    catalog.name, catalog.database_server
                );
                found.at(format!("environments/{key}/catalogs/{}/name", kind.word()), what);
            } else {
                seen.insert(place, (&environment.name, kind));
            }
        }
    }
}

/// A07: management is no stage.
pub(super) fn management_apart(facts: &Facts<'_>, found: &mut Found) {
    for (key, pipeline) in &facts.of.pipelines {
        let management = crate::environment::Purpose::Management;
        let is_management =
            |stage: &&Key| facts.of.environments.get(*stage).is_some_and(|e| e.purpose == management);
        if let Some(stage) = pipeline.stages.iter().find(is_management) {
            let what = format!(
                "{}, the console's own environment, is a stage of the pipeline “{}”.",
                facts.name(stage),
                pipeline.name
            );
            found.at(format!("pipelines/{key}/stages"), what);
        }
    }
}
