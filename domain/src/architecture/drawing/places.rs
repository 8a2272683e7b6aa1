//! Which lanes and which column each environment stands in.

use super::LaneKind;
use crate::architecture::model::{Architecture, Environment};
use crate::text::Key;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// An environment's place.
pub(super) struct Place<'a> {
    pub(super) key: &'a Key,
    pub(super) environment: &'a Environment,
    /// The lanes that it covers.
    pub(super) lanes: Range<usize>,
    /// Its column, from 0.
    pub(super) column: usize,
}

/// All places.
pub(super) struct Places<'a> {
    /// Kind, pipeline and name of each lane, from top to bottom, without those that wrap.
    pub(super) lanes: Vec<(LaneKind, Option<&'a Key>, String)>,
    /// The environments of pipelines, in the order of the infrastructure.
    pub(super) environments: Vec<Place<'a>>,
    /// The others, in the order of the infrastructure.
    pub(super) outside: Vec<(&'a Key, &'a Environment)>,
    /// How many columns are used.
    pub(super) columns: usize,
}

impl<'a> Places<'a> {
    pub(super) fn of(architecture: &'a Architecture) -> Self {
        let mut pipelines_of: BTreeMap<&Key, BTreeSet<&Key>> = BTreeMap::new();
        for (key, pipeline) in &architecture.pipelines {
            for stage in pipeline.stages.iter().filter(|stage| architecture.environments.contains_key(stage))
            {
                pipelines_of.entry(stage).or_default().insert(key);
            }
        }
        let order = neighbours(architecture);
        let lane_of: BTreeMap<&Key, usize> =
            order.iter().enumerate().map(|(lane, key)| (*key, lane)).collect();
        // The lanes of an environment's pipelines as one range, where they lie side by side.
        let range = |pipelines: &BTreeSet<&Key>| {
            let lanes: BTreeSet<usize> =
                pipelines.iter().filter_map(|key| lane_of.get(key).copied()).collect();
            let (first, last) = (*lanes.first()?, *lanes.last()?);
            (last + 1 - first == lanes.len()).then_some(first..last + 1)
        };
        let shared = pipelines_of.values().any(|pipelines| range(pipelines).is_none());
        let offset = usize::from(shared);

        let mut lanes = Vec::new();
        if shared {
            lanes.push((LaneKind::Shared, None, "In several pipelines".to_owned()));
        }
        for key in &order {
            let name = architecture.pipelines.get(*key).map(|pipeline| pipeline.name.to_string());
            lanes.push((LaneKind::Pipeline, Some(*key), name.unwrap_or_default()));
        }

        let mut taken: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut next: BTreeMap<&Key, usize> = BTreeMap::new();
        let mut environments = Vec::new();
        let mut outside = Vec::new();
        for (key, environment) in architecture.in_order() {
            let Some(pipelines) = pipelines_of.get(key) else {
                outside.push((key, environment));
                continue;
            };
            let lanes = range(pipelines).map_or(0..1, |range| range.start + offset..range.end + offset);
            let mut column =
                pipelines.iter().filter_map(|pipeline| next.get(pipeline)).max().copied().unwrap_or_default();
            while lanes.clone().any(|lane| taken.contains(&(lane, column))) {
                column += 1;
            }
            taken.extend(lanes.clone().map(|lane| (lane, column)));
            for pipeline in pipelines {
                next.insert(pipeline, column + 1);
            }
            environments.push(Place { key, environment, lanes, column });
        }
        let columns = environments.iter().map(|place| place.column + 1).max().unwrap_or_default();
        Self { lanes, environments, outside, columns }
    }
}

/// The pipelines in such an order that those which share environments lie side by side where that is possible: the first by key, then
/// always the one that shares most with the one before.
fn neighbours(architecture: &Architecture) -> Vec<&Key> {
    let stages: BTreeMap<&Key, BTreeSet<&Key>> = architecture
        .pipelines
        .iter()
        .map(|(key, pipeline)| (key, pipeline.stages.iter().collect()))
        .collect();
    let mut left: Vec<&Key> = stages.keys().copied().collect();
    let mut order: Vec<&Key> = Vec::new();
    while !left.is_empty() {
        let common = |key: &Key| match order.last().and_then(|last| stages.get(*last)) {
            Some(last) => stages.get(key).map_or(0, |own| own.intersection(last).count()),
            None => 0,
        };
        // Of equals the first: `max_by_key` would take the last.
        let best = (0..left.len()).rev().max_by_key(|place| common(left[*place])).unwrap_or_default();
        order.push(left.remove(best));
    }
    order
}
