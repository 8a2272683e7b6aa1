//! Rules about pipelines, purposes, data centers and addresses.

use super::facts::{Facts, Found, count};
use crate::architecture::model::Environment;
use crate::architecture::words::{PipelinePurpose, Topology};
use crate::environment::Purpose;
use crate::text::Key;
use std::collections::{BTreeMap, BTreeSet};

/// A30: what is mission-critical stands in two data centers.
pub(super) fn critical_centers(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in facts.mission_critical() {
        let centers: BTreeSet<&Key> =
            environment.front_ends.values().filter_map(|server| server.data_center.as_ref()).collect();
        if centers.len() < 2 {
            let what = format!(
                "The front-ends of the mission-critical “{}” stand in {}.",
                environment.name,
                match centers.len() {
                    0 => "no data center that is recorded",
                    _ => "one data center",
                }
            );
            found.at(format!("environments/{key}/front_ends"), what);
        }
    }
}

/// A31: what is mission-critical is a farm.
pub(super) fn critical_farm(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in facts.mission_critical() {
        if environment.topology == Topology::Standalone {
            let what = format!("The mission-critical “{}” is standalone.", environment.name);
            found.at(format!("environments/{key}/topology"), what);
        }
    }
}

/// A32: data under compliance lies on database servers of its own.
pub(super) fn compliance_apart(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in facts.with(Purpose::Production) {
        let all = facts.pipelines.get(key).map(Vec::as_slice).unwrap_or_default();
        let bound: Vec<_> =
            all.iter().filter(|(_, p)| p.purposes.contains(&PipelinePurpose::Compliance)).collect();
        let Some((_, pipeline)) = bound.first() else { continue };
        let inside = |other: &Key| bound.iter().any(|(_, pipeline)| pipeline.stages.contains(other));
        let foreign = environment.database_servers().into_iter().find_map(|server| {
            let other = facts.carried.get(server)?.iter().find(|other| !inside(other))?;
            Some((server, *other))
        });
        if let Some((server, other)) = foreign {
            let what = format!(
                "“{}” of the pipeline “{}” shares the database server “{server}” with {}, which is outside of it.",
                environment.name,
                pipeline.name,
                facts.name(other)
            );
            found.at(format!("environments/{key}/catalogs"), what);
        }
    }
}

/// A33: at least development, test and production.
pub(super) fn three_purposes(facts: &Facts<'_>, found: &mut Found) {
    let missing: Vec<_> = [Purpose::Development, Purpose::Test, Purpose::Production]
        .into_iter()
        .filter(|purpose| facts.with(*purpose).next().is_none())
        .map(Purpose::word)
        .collect();
    if !missing.is_empty() {
        let what = format!("The infrastructure has no environment for {}.", missing.join(", "));
        found.at("environments".to_owned(), what);
    }
}

/// A34: a pipeline begins in development and ends in production.
pub(super) fn both_ends(facts: &Facts<'_>, found: &mut Found) {
    for (key, pipeline) in &facts.of.pipelines {
        let purpose = |stage: Option<&Key>| {
            stage.and_then(|stage| facts.of.environments.get(stage)).map(|environment| environment.purpose)
        };
        let first = purpose(pipeline.stages.first());
        let last = purpose(pipeline.stages.last());
        let what = if pipeline.stages.is_empty() {
            format!("The pipeline “{}” has no stage.", pipeline.name)
        } else if first != Some(Purpose::Development) {
            format!("The pipeline “{}” does not begin in a development environment.", pipeline.name)
        } else if last != Some(Purpose::Production) {
            format!("The pipeline “{}” does not end in a production environment.", pipeline.name)
        } else {
            continue;
        };
        found.at(format!("pipelines/{key}/stages"), what);
    }
}

/// A35: from stage to stage the purposes go forward.
pub(super) fn purposes_forward(facts: &Facts<'_>, found: &mut Found) {
    for (key, pipeline) in &facts.of.pipelines {
        let known: Vec<(&Key, &Environment)> = pipeline
            .stages
            .iter()
            .filter_map(|stage| facts.of.environments.get_key_value(stage))
            .filter(|(_, environment)| environment.purpose != Purpose::Management)
            .collect();
        if let Some([(_, before), (_, after)]) =
            known.array_windows().find(|[(_, before), (_, after)]| before.purpose > after.purpose)
        {
            let what = format!(
                "In the pipeline “{}”, “{}” ({}) comes after “{}” ({}).",
                pipeline.name,
                after.name,
                after.purpose.word(),
                before.name,
                before.purpose.word()
            );
            found.at(format!("pipelines/{key}/stages"), what);
        }
    }
}

/// A36: an environment is a stage of a pipeline.
pub(super) fn in_a_pipeline(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in &facts.of.environments {
        if environment.purpose != Purpose::Management && !facts.pipelines.contains_key(key) {
            let what = format!("“{}” is a stage of no pipeline.", environment.name);
            found.at(format!("environments/{key}"), what);
        }
    }
}

/// A37: the console has one environment of its own.
pub(super) fn one_management(facts: &Facts<'_>, found: &mut Found) {
    let number = facts.with(Purpose::Management).count();
    if number != 1 {
        let what = match number {
            0 => "The infrastructure has no management environment.".to_owned(),
            _ => format!("The infrastructure has {}.", count(number, "management environment")),
        };
        found.at("environments".to_owned(), what);
    }
}

/// A38: what goes to an environment is encrypted.
pub(super) fn encrypted(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in &facts.of.environments {
        if let Some(address) = environment.address.as_ref().filter(|address| !address.is_secure()) {
            let what = format!("“{}” is reached over {address}, which is not encrypted.", environment.name);
            found.at(format!("environments/{key}/address"), what);
        }
    }
}

/// A39: environments have addresses of their own.
pub(super) fn own_address(facts: &Facts<'_>, found: &mut Found) {
    let mut seen = BTreeMap::new();
    for (key, environment) in facts.of.in_order() {
        let Some(address) = &environment.address else { continue };
        let place = address.as_str().trim_end_matches('/').to_ascii_lowercase();
        if let Some(first) = seen.get(&place) {
            let what = format!("“{address}” is the address of “{first}” already.");
            found.at(format!("environments/{key}/address"), what);
        } else {
            seen.insert(place, &environment.name);
        }
    }
}

/// A40: what goes to a tool is encrypted.
pub(super) fn tool_encrypted(facts: &Facts<'_>, found: &mut Found) {
    for (key, tool) in facts.of.tools.iter().filter(|(_, tool)| !tool.address.is_secure()) {
        let what =
            format!("The tool “{}” is reached over {}, which is not encrypted.", tool.name, tool.address);
        found.at(format!("tools/{key}/address"), what);
    }
}
