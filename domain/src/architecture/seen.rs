//! An architecture as somebody may see it, and its places in words.

use super::model::{Architecture, Environment};
use super::words::CatalogKind;
use crate::text::{Key, Name};
use std::collections::BTreeSet;

/// What is left for somebody who sees only some of the environments: these, the pipelines that have one of them as a stage, the database
/// servers that carry their catalogs with the standbys of these, and the data centers that are still named. Tools are left out.
#[must_use]
pub fn restrict(architecture: &Architecture, visible: &BTreeSet<Key>) -> Architecture {
    let mut seen = architecture.clone();
    seen.order.retain(|key| visible.contains(key));
    seen.environments.retain(|key, _| visible.contains(key));
    for pipeline in seen.pipelines.values_mut() {
        pipeline.stages.retain(|key| visible.contains(key));
    }
    seen.pipelines.retain(|_, pipeline| !pipeline.stages.is_empty());
    let carried: BTreeSet<Key> =
        seen.environments.values().flat_map(Environment::database_servers).cloned().collect();
    let mut shown = carried.clone();
    for (key, server) in &architecture.database_servers {
        if server.standby_of.as_ref().is_some_and(|primary| carried.contains(primary)) {
            shown.insert(key.clone());
        }
    }
    // A standby that carries catalogs itself is shown without a primary that carries none of these.
    seen.database_servers.retain(|key, _| shown.contains(key));
    for server in seen.database_servers.values_mut() {
        if server.standby_of.as_ref().is_some_and(|primary| !shown.contains(primary)) {
            server.standby_of = None;
        }
    }
    let mut named: BTreeSet<Key> = BTreeSet::new();
    for place in seen.environments.values() {
        named.extend(place.front_ends.values().filter_map(|server| server.data_center.clone()));
        named.extend(place.load_balancer.iter().flat_map(|balancer| balancer.data_centers.iter().cloned()));
    }
    named.extend(seen.database_servers.values().filter_map(|server| server.data_center.clone()));
    seen.data_centers.retain(|key, _| named.contains(key));
    seen.tools.clear();
    seen
}

/// A place of an architecture, as findings and changes have it, in words: `Production, front-end prod-1`. A part that is not there is called by
/// its key; the empty path is the infrastructure itself.
#[must_use]
pub fn place(architecture: &Architecture, path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let or_key = |name: Option<&Name>, key: &str| name.map_or_else(|| key.to_owned(), ToString::to_string);
    match parts[..] {
        ["environments", key, ref rest @ ..] => {
            let of = architecture.environments.iter().find(|(each, _)| each.as_str() == key);
            let of = of.map(|(_, environment)| environment);
            let name = or_key(of.map(|environment| &environment.name), key);
            match within(of, rest) {
                Some(part) => format!("{name}, {part}"),
                None => name,
            }
        }
        ["pipelines", key, ..] => {
            let of = architecture.pipelines.iter().find(|(each, _)| each.as_str() == key);
            format!("Pipeline {}", or_key(of.map(|(_, pipeline)| &pipeline.name), key))
        }
        ["database_servers", key, ..] => {
            let of = architecture.database_servers.iter().find(|(each, _)| each.as_str() == key);
            format!("Database server {}", or_key(of.map(|(_, server)| &server.name), key))
        }
        ["data_centers", key, ..] => {
            let of = architecture.data_centers.iter().find(|(each, _)| each.as_str() == key);
            format!("Data center {}", or_key(of.map(|(_, center)| &center.name), key))
        }
        ["tools", key, ..] => {
            let of = architecture.tools.iter().find(|(each, _)| each.as_str() == key);
            format!("Tool {}", or_key(of.map(|(_, tool)| &tool.name), key))
        }
        _ => "The infrastructure".to_owned(),
    }
}

fn within(of: Option<&Environment>, path: &[&str]) -> Option<String> {
    let named = |noun: &str, name: Option<String>, key: &str| {
        Some(format!("{noun} {}", name.unwrap_or_else(|| key.to_owned())))
    };
    match path {
        ["front_ends", key, ..] => {
            let part = of.and_then(|of| of.front_ends.iter().find(|(each, _)| each.as_str() == *key));
            named("front-end", part.map(|(_, part)| part.name.to_string()), key)
        }
        ["zones", key, ..] => {
            let part = of.and_then(|of| of.zones.iter().find(|(each, _)| each.as_str() == *key));
            named("zone", part.map(|(_, part)| part.name.to_string()), key)
        }
        ["external_databases", key, ..] => {
            let part = of.and_then(|of| of.external_databases.iter().find(|(each, _)| each.as_str() == *key));
            named("external database", part.map(|(_, part)| part.name.to_string()), key)
        }
        ["catalogs", kind, ..] => {
            let label = kind.parse::<CatalogKind>().ok().map(|kind| kind.label().to_owned());
            named("catalog", label, kind)
        }
        ["load_balancer", ..] => Some("load balancer".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::arbitrary;
    use crate::architecture::rules;
    use crate::architecture::template::template;
    use crate::architecture::words::{Edition, Engine, Hosting};
    use proptest::prelude::*;

    fn enterprise() -> Architecture {
        template(Edition::Enterprise, Hosting::OnPremises, Engine::PostgreSql).unwrap()
    }

    #[test]
    fn who_sees_everything_misses_the_tools_and_idle_servers_alone() {
        let whole = enterprise();
        let all: BTreeSet<Key> = whole.environments.keys().cloned().collect();
        assert_eq!(restrict(&whole, &all), whole, "the template has no tool, and every server has a use");
        assert_eq!(restrict(&whole, &BTreeSet::new()).environments.len(), 0);
        assert_eq!(restrict(&whole, &BTreeSet::new()).database_servers.len(), 0);
    }

    #[test]
    fn one_environment_brings_its_servers_and_their_standbys() {
        let whole = enterprise();
        let standby = whole.database_servers.iter().find(|(_, server)| server.standby_of.is_some()).unwrap();
        let primary = standby.1.standby_of.clone().unwrap();
        let carried = |of: &Environment| of.database_servers().contains(&primary);
        let (key, _) = whole.environments.iter().find(|(_, of)| carried(of)).unwrap();
        let seen = restrict(&whole, &BTreeSet::from([key.clone()]));
        assert_eq!(seen.environments.keys().collect::<Vec<_>>(), [key]);
        assert!(
            seen.database_servers.contains_key(standby.0) && seen.database_servers.contains_key(&primary)
        );
        assert!(seen.pipelines.values().all(|pipeline| pipeline.stages == [key.clone()]));
    }

    #[test]
    fn nothing_tells_of_what_is_not_seen() {
        let visible = BTreeSet::from(["development", "test"].map(|key| key.parse::<Key>().unwrap()));
        let seen = restrict(&enterprise(), &visible);
        let keys = |of: &[Key]| of.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(keys(&seen.order), ["development", "test"]);
        let stages: Vec<_> = seen.pipelines.values().map(|pipeline| keys(&pipeline.stages)).collect();
        assert_eq!(stages, [vec!["development"], vec!["development", "test"]], "departmental, main");
        assert_eq!(seen.database_servers.keys().map(Key::as_str).collect::<Vec<_>>(), ["shared", "test"]);
        assert_eq!(seen.data_centers.keys().map(Key::as_str).collect::<Vec<_>>(), ["data-center-1"]);
        let text = serde_json::to_string(&seen).unwrap();
        assert!(!text.contains("production") && !text.contains("management"), "{text}");
        assert!(rules::refusals(&seen).is_empty(), "what is left names nothing that is not there");
    }

    #[test]
    fn a_primary_that_is_not_seen_is_not_named() {
        let mut whole = enterprise();
        let test: Key = "test".parse().unwrap();
        whole.database_servers.get_mut(&test).unwrap().standby_of = Some("production".parse().unwrap());
        let seen = restrict(&whole, &BTreeSet::from([test.clone()]));
        assert_eq!(seen.database_servers.keys().collect::<Vec<_>>(), [&test]);
        assert_eq!(seen.database_servers[&test].standby_of, None);
    }

    #[test]
    fn places_have_words() {
        let whole = enterprise();
        let (key, of) = whole.environments.iter().find(|(_, of)| of.front_ends.len() > 1).unwrap();
        let (server, front_end) = of.front_ends.first_key_value().unwrap();
        let says = |path: String| place(&whole, &path);
        assert_eq!(says(String::new()), "The infrastructure");
        assert_eq!(says(format!("environments/{key}")), of.name.as_str());
        assert_eq!(says(format!("environments/{key}/purpose")), of.name.as_str());
        assert_eq!(
            says(format!("environments/{key}/front_ends/{server}/services")),
            format!("{}, front-end {}", of.name, front_end.name)
        );
        assert_eq!(says(format!("environments/{key}/load_balancer")), format!("{}, load balancer", of.name));
        assert_eq!(
            says(format!("environments/{key}/catalogs/log/name")),
            format!("{}, catalog Log", of.name)
        );
        assert_eq!(says("pipelines/gone/stages".to_owned()), "Pipeline gone");
        assert_eq!(says("environments/gone/zones/east".to_owned()), "gone, zone east");
    }

    proptest! {
        #[test]
        fn what_is_left_names_nothing_that_is_not_there(whole in arbitrary::architecture(), visible in prop::collection::btree_set("[a-e]", 0..5)) {
            let visible = visible.into_iter().map(|key| key.parse().unwrap()).collect();
            let seen = restrict(&whole, &visible);
            prop_assert!(seen.environments.keys().all(|key| visible.contains(key)));
            prop_assert_eq!(restrict(&seen, &visible), seen);
        }
    }
}
