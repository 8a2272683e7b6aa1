//! The graph of producers and consumers as a drawing: producers on the left, each consumer right of everything that it uses.

use super::{Bond, Dependency, graph};
use crate::architecture::drawing::Area;
use crate::text::Key;
use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use std::collections::{BTreeMap, BTreeSet};

/// More boxes than that are not read any more.
pub const MOST_BOXES: usize = 60;

const MARGIN: u32 = 16;
const WIDTH: u32 = 176;
const HEIGHT: u32 = 44;
const BETWEEN_COLUMNS: u32 = 84;
const BETWEEN_ROWS: u32 = 16;

/// A drawing of dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// Its width, pixels.
    pub width: u32,
    /// Its height, pixels.
    pub height: u32,
    /// The applications.
    pub boxes: Vec<(Key, Area)>,
    /// From consumer to producer, by their places in `boxes`.
    pub arrows: Vec<(usize, usize, Bond)>,
}

/// Draws the dependencies among some applications; none where there is nothing to draw or too much of it.
#[must_use]
pub fn draw(of: &[Dependency], chosen: &BTreeSet<Key>) -> Option<Graph> {
    if chosen.len() > MOST_BOXES {
        return None;
    }
    let among: Vec<Dependency> = of
        .iter()
        .filter(|one| chosen.contains(&one.consumer) && chosen.contains(&one.producer))
        .cloned()
        .collect();
    let columns = columns(&among);
    let mut places: BTreeMap<&Key, usize> = BTreeMap::new();
    let mut boxes: Vec<(Key, Area)> = Vec::new();
    let mut rows: BTreeMap<&Key, u32> = BTreeMap::new();
    let mut tallest = 0;
    for (x, column) in (0_u32..).zip(&columns) {
        // Beside what it uses, so that arrows seldom cross; by key where that leaves it open.
        let mut ordered: Vec<(u32, &Key)> = column
            .iter()
            .map(|key| {
                let used: Vec<u32> = among
                    .iter()
                    .filter(|one| one.consumer == **key)
                    .filter_map(|one| rows.get(&one.producer).copied())
                    .collect();
                let number = u32::try_from(used.len()).unwrap_or(u32::MAX).max(1);
                (used.iter().sum::<u32>() / number, *key)
            })
            .collect();
        ordered.sort();
        for (y, (_, key)) in (0_u32..).zip(ordered) {
            rows.insert(key, y);
            places.insert(key, boxes.len());
            let area = Area {
                x: MARGIN + x * (WIDTH + BETWEEN_COLUMNS),
                y: MARGIN + y * (HEIGHT + BETWEEN_ROWS),
                width: WIDTH,
                height: HEIGHT,
            };
            tallest = tallest.max(area.bottom());
            boxes.push((key.clone(), area));
        }
    }
    let right = boxes.iter().map(|(_, area)| area.right()).max()?;
    let arrows = among
        .iter()
        .filter_map(|one| Some((*places.get(&one.consumer)?, *places.get(&one.producer)?, one.bond)))
        .collect();
    Some(Graph { width: right + MARGIN, height: tallest + MARGIN, boxes, arrows })
}

/// The applications in columns: those that use nothing first. What goes in a circle stands in one column.
fn columns(of: &[Dependency]) -> Vec<Vec<&Key>> {
    let graph = graph(of);
    let mut column: BTreeMap<petgraph::graph::NodeIndex, usize> = BTreeMap::new();
    // Each component comes after those that it has edges to.
    for component in kosaraju_scc(&graph) {
        let used = component.iter().flat_map(|node| graph.neighbors_directed(*node, Direction::Outgoing));
        let at = used.filter_map(|node| column.get(&node)).max().map_or(0, |highest| highest + 1);
        column.extend(component.into_iter().map(|node| (node, at)));
    }
    let mut columns: Vec<Vec<&Key>> = Vec::new();
    for (node, at) in column {
        columns.resize_with(columns.len().max(at + 1), Vec::new);
        columns[at].push(graph[node]);
    }
    columns
}
