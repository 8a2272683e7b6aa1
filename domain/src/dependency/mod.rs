//! Who uses whom in one environment: each pair of a consumer and a producer with how it stands, and the circles among them.
//!
//! Plans are validated by [`crate::plan::validate`], which looks at what a change would do; this looks at what is there.

mod drawing;
#[cfg(test)]
mod tests;

pub use drawing::{Graph, MOST_BOXES, draw};

use crate::plan::{Content, Contents, Required, face, offered};
use crate::text::Key;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;
use petgraph::visit::{Dfs, Reversed, Walker};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// How a dependency stands, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bond {
    /// Everything that is used is there, as the consumer was made for.
    Met,
    /// It is there, but the producer's module has come to offer something else since the consumer came.
    Outdated,
    /// An element is there with another signature.
    Incompatible,
    /// The producer is there without an element.
    ElementMissing,
    /// The producer is not there.
    ProducerMissing,
}

impl Bond {
    /// All of them, the best first.
    pub const ALL: [Self; 5] =
        [Self::Met, Self::Outdated, Self::Incompatible, Self::ElementMissing, Self::ProducerMissing];

    /// The words people read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Met => "Met",
            Self::Outdated => "Outdated",
            Self::Incompatible => "Broken: another signature",
            Self::ElementMissing => "Broken: element missing",
            Self::ProducerMissing => "Missing",
        }
    }

    /// The word, as it is stored and sent.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Outdated => "outdated",
            Self::Incompatible => "incompatible",
            Self::ElementMissing => "element_missing",
            Self::ProducerMissing => "producer_missing",
        }
    }

    /// Whether the consumer cannot work with what is there.
    #[must_use]
    pub const fn is_broken(self) -> bool {
        matches!(self, Self::Incompatible | Self::ElementMissing | Self::ProducerMissing)
    }
}

impl FromStr for Bond {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|bond| bond.word() == text).ok_or_else(|| format!("“{text}” is no bond"))
    }
}

/// One application uses another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Who uses.
    pub consumer: Key,
    /// Who is used.
    pub producer: Key,
    /// The worst that holds of its elements.
    pub bond: Bond,
    /// What is used, as both sides have it.
    pub elements: BTreeSet<Required>,
}

/// The dependencies in an environment, by consumer and producer. `earlier` has what a producer was before its last change; `since` says
/// whether that change came after the consumer did.
#[must_use]
pub fn dependencies(
    contents: &Contents,
    earlier: &BTreeMap<Key, Content>,
    since: impl Fn(&Key, &Key) -> bool,
) -> Vec<Dependency> {
    let mut found: BTreeMap<(&Key, &Key), Dependency> = BTreeMap::new();
    for (consumer, content) in contents {
        for need in content.consumes.iter().filter(|need| need.application != *consumer) {
            let producer = &need.application;
            let theirs = contents.get(producer);
            let element = theirs.and_then(|one| offered(one, &need.element));
            let changed = || match (theirs, earlier.get(producer)) {
                (Some(is), Some(was)) if since(consumer, producer) => {
                    face(was, &need.element.module) != face(is, &need.element.module)
                }
                _ => false,
            };
            let bond = match (theirs, element) {
                (None, _) => Bond::ProducerMissing,
                (Some(_), None) => Bond::ElementMissing,
                (Some(_), Some(one)) if *one != need.element => Bond::Incompatible,
                _ if changed() => Bond::Outdated,
                _ => Bond::Met,
            };
            let one = found.entry((consumer, producer)).or_insert_with(|| Dependency {
                consumer: consumer.clone(),
                producer: producer.clone(),
                bond,
                elements: BTreeSet::new(),
            });
            one.bond = one.bond.max(bond);
            one.elements.insert(Required {
                by: need.by.clone(),
                module: need.element.module.clone(),
                element: need.element.name.clone(),
                wanted: need.element.signature.clone(),
                found: element.map(|one| one.signature.clone()),
            });
        }
    }
    found.into_values().collect()
}

/// How the applications of an environment stand: the worst of each one's dependencies, met where it has none.
#[must_use]
pub fn worst(contents: &Contents, of: &[Dependency]) -> BTreeMap<Key, Bond> {
    let mut all: BTreeMap<Key, Bond> = contents.keys().map(|key| (key.clone(), Bond::Met)).collect();
    for one in of {
        all.entry(one.consumer.clone()).and_modify(|bond| *bond = one.bond.max(*bond));
    }
    all
}

/// The dependencies as a graph, from consumers to producers.
fn graph(of: &[Dependency]) -> DiGraph<&Key, ()> {
    let mut graph = DiGraph::new();
    let mut nodes = BTreeMap::new();
    for one in of {
        let [from, to] = [&one.consumer, &one.producer]
            .map(|key| *nodes.entry(key).or_insert_with(|| graph.add_node(key)));
        graph.add_edge(from, to, ());
    }
    graph
}

/// Applications that use each other in a circle, directly or by way of others: they can only be promoted together.
#[must_use]
pub fn cycles(of: &[Dependency]) -> Vec<Vec<Key>> {
    let graph = graph(of);
    let mut found: Vec<Vec<Key>> = kosaraju_scc(&graph)
        .into_iter()
        .filter(|component| component.len() > 1)
        .map(|component| {
            let mut keys: Vec<Key> = component.into_iter().map(|node| graph[node].clone()).collect();
            keys.sort();
            keys
        })
        .collect();
    found.sort();
    found
}

/// An application with everything that it uses and everything that uses it, indirectly too.
#[must_use]
pub fn around(of: &[Dependency], application: &Key) -> BTreeSet<Key> {
    let graph = graph(of);
    let mut found = BTreeSet::from([application.clone()]);
    let Some(start) = graph.node_indices().find(|node| graph[*node] == application) else { return found };
    found.extend(Dfs::new(&graph, start).iter(&graph).map(|node| graph[node].clone()));
    let turned = Reversed(&graph);
    found.extend(Dfs::new(turned, start).iter(turned).map(|node| graph[node].clone()));
    found
}

/// An application with what it uses and what uses it, directly.
#[must_use]
pub fn beside(of: &[Dependency], application: &Key) -> BTreeSet<Key> {
    let own = of.iter().filter(|one| one.consumer == *application || one.producer == *application);
    own.flat_map(|one| [one.consumer.clone(), one.producer.clone()]).chain([application.clone()]).collect()
}
