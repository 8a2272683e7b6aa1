//! Who uses whom in an environment.

use super::EnvironmentRef;
use crate::content::Placed;
use domain::dependency::{Bond, Dependency, Graph};
use domain::text::{Key, VersionNumber};
use serde::Serialize;
use std::collections::BTreeMap;

/// The dependencies of what runs in an environment.
#[derive(Debug, Clone, Serialize)]
pub struct DependencyPage {
    /// The environment.
    pub environment: EnvironmentRef,
    /// The applications that run there and may be listed.
    pub applications: usize,
    /// Their dependencies.
    pub dependencies: usize,
    /// How many stand in each way.
    pub counts: BTreeMap<Bond, usize>,
    /// Those that are not as they should be, the worst first.
    pub findings: Vec<DependencyView>,
    /// How many more of them there are.
    pub more_findings: usize,
    /// Applications that use each other in a circle.
    pub cycles: Vec<Vec<DependencyEnd>>,
    /// The application that was asked for.
    pub chosen: Option<DependencyEnd>,
    /// The dependencies of that one, or all.
    pub shown: Vec<DependencyView>,
    /// How many more of them there are.
    pub more: usize,
    /// What is drawn, by key.
    pub names: BTreeMap<Key, DependencyEnd>,
    /// The drawing; none where there is nothing to draw or too much.
    #[serde(skip)]
    pub drawing: Option<Graph>,
}

/// One end of a dependency.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct DependencyEnd {
    /// The application's key, as manifests name it.
    pub key: String,
    /// Its name; the key where it is not there or may not be seen.
    pub name: String,
    /// What it is based on.
    pub number: Option<VersionNumber>,
    /// Whether it runs there and may be listed.
    pub listed: bool,
}

/// One application uses another.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct DependencyView {
    /// Who uses.
    pub consumer: DependencyEnd,
    /// Who is used.
    pub producer: DependencyEnd,
    /// How it stands.
    pub bond: Bond,
    /// What is used, as both sides have it.
    pub elements: Vec<UsedElement>,
}

/// An element that is used.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct UsedElement {
    /// The consumer's module.
    pub by: String,
    /// The producer's module and the element, such as `main.Tide`.
    pub element: String,
    /// The signature that the consumer was made for.
    pub wanted: String,
    /// The signature that is there; none where the element is not, or may not be seen.
    pub found: Option<String>,
    /// Whether it is there just so.
    pub met: bool,
}

impl DependencyEnd {
    pub(crate) fn of(key: &Key, placed: Option<&Placed>) -> Self {
        Self {
            key: key.to_string(),
            name: placed.map_or_else(|| key.to_string(), |one| one.application.name.to_string()),
            number: placed.and_then(|one| one.number),
            listed: placed.is_some(),
        }
    }
}

impl DependencyView {
    pub(crate) fn of<'a>(
        one: &Dependency,
        seen: &impl Fn(&Key) -> Option<&'a Placed>,
        placed: &BTreeMap<Key, Placed>,
    ) -> Self {
        // What an application offers that is there and may not be seen is nobody's business.
        let hidden = placed.contains_key(&one.producer) && seen(&one.producer).is_none();
        let elements = one.elements.iter().map(|each| UsedElement {
            by: each.by.to_string(),
            element: format!("{}.{}", each.module, each.element),
            wanted: each.wanted.clone(),
            found: each.found.clone().filter(|_| !hidden),
            met: each.found.as_deref() == Some(each.wanted.as_str()),
        });
        Self {
            consumer: DependencyEnd::of(&one.consumer, seen(&one.consumer)),
            producer: DependencyEnd::of(&one.producer, seen(&one.producer)),
            bond: one.bond,
            elements: elements.collect(),
        }
    }
}
