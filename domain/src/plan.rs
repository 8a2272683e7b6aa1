//! What a plan would leave behind in its target, and what is wrong with that (`Validate`, design 8).
//!
//! Validation looks at the target as it would be after the plan (R13). A conflict that was there before and that the plan
//! does not touch is not the plan's fault and not reported (B31).

use crate::access::{Requirement, Right};
use crate::id::{ApplicationId, EnvironmentId};
use crate::text::{Key, Sha256, VersionNumber};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is needed to see a plan: that both its environments are there for somebody, and that they may list each of its applications in
/// the source. The list of plans asks the same in SQL, and a test compares the two.
#[must_use]
pub fn to_see(
    source: EnvironmentId,
    target: EnvironmentId,
    applications: impl IntoIterator<Item = ApplicationId>,
) -> Requirement {
    let both = [source, target].map(|place| Requirement::Environment(place, Right::Access));
    let lists = applications
        .into_iter()
        .map(|application| Requirement::Application(application, source, Right::List));
    Requirement::All(both.into_iter().chain(lists).collect())
}

/// Something that a module offers to other applications.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Element {
    /// The module's key.
    pub module: Key,
    /// The element's name.
    pub name: String,
    /// Its signature; consumers name the one they were made for.
    pub signature: String,
}

/// Something that a module uses of another application.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Need {
    /// The module that uses it.
    pub by: Key,
    /// The producer application's key.
    pub application: Key,
    /// The element.
    pub element: Element,
}

/// One application's content at one place, as far as validation needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The application's name.
    pub name: String,
    /// The version it is based on.
    pub number: Option<VersionNumber>,
    /// What identifies the content.
    pub sha256: Sha256,
    /// What it offers.
    pub produces: Vec<Element>,
    /// What it uses.
    pub consumes: Vec<Need>,
    /// Where it is served.
    pub virtual_directories: Vec<String>,
}

/// Applications by their keys, as they stand in one environment.
pub type Contents = BTreeMap<Key, Content>;

/// A conflict type, in the words of LifeTime (`ModuleConflict.ConflictType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It uses an application that is neither in the target nor in the plan.
    ProducerMissing,
    /// The producer is there, the element is not in that version.
    ElementMissing,
    /// The element is there with another signature.
    ElementIncompatible,
    /// Another application is served under the same virtual directory (R15).
    NameCollision,
    /// The target runs a higher version; going back needs a new, higher number (R03).
    LowerVersion,
    /// The source has a newer version of a producer than the target would use.
    NewerProducerAvailable,
}

impl Kind {
    /// The words people read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ProducerMissing => "Producer Module Missing",
            Self::ElementMissing => "Producer Element Missing",
            Self::ElementIncompatible => "Producer Element Incompatible",
            Self::NameCollision => "Name Collision",
            Self::LowerVersion => "Lower Version",
            Self::NewerProducerAvailable => "Newer Producer Module Available",
        }
    }

    /// Whether it stops the plan (R13: errors block, warnings do not).
    #[must_use]
    pub const fn is_error(self) -> bool {
        !matches!(self, Self::NewerProducerAvailable)
    }
}

/// One conflict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// The type.
    pub kind: Kind,
    /// The application that would be broken, or that the warning is about.
    pub consumer: Key,
    /// The other application.
    pub producer: Key,
    /// The elements concerned, by their names.
    pub elements: BTreeSet<String>,
}

/// Looks at the target as it would be. `touched` are the applications that the plan changes there.
#[must_use]
pub fn validate(
    before: &Contents,
    after: &Contents,
    source: &Contents,
    touched: &BTreeSet<Key>,
) -> Vec<Conflict> {
    // A need counts if its consumer is changed, or if it was met before and its producer is changed.
    let mut found = broken(after, |consumer, need| {
        let was_met = is_met(before.get(&need.application), need);
        touched.contains(consumer) || (touched.contains(&need.application) && was_met)
    });
    found.extend(collisions(after, touched));
    found.extend(lower(before, after, touched));
    found.extend(newer(after, source, touched));
    found.sort();
    found.dedup();
    found
}

fn is_met(producer: Option<&Content>, need: &Need) -> bool {
    producer.is_some_and(|content| content.produces.contains(&need.element))
}

/// Needs that are not met afterwards, among those that count; grouped by kind, consumer and producer.
fn broken(after: &Contents, counts: impl Fn(&Key, &Need) -> bool) -> Vec<Conflict> {
    let mut groups: BTreeMap<(Kind, Key, Key), BTreeSet<String>> = BTreeMap::new();
    for (key, content) in after {
        for need in content.consumes.iter().filter(|need| need.application != *key && counts(key, need)) {
            let producer = after.get(&need.application);
            if is_met(producer, need) {
                continue;
            }
            let same_name = |element: &Element| {
                element.module == need.element.module && element.name == need.element.name
            };
            let kind = match producer {
                None => Kind::ProducerMissing,
                Some(content) if content.produces.iter().any(same_name) => Kind::ElementIncompatible,
                Some(_) => Kind::ElementMissing,
            };
            groups
                .entry((kind, key.clone(), need.application.clone()))
                .or_default()
                .insert(need.element.name.clone());
        }
    }
    groups
        .into_iter()
        .map(|((kind, consumer, producer), elements)| Conflict { kind, consumer, producer, elements })
        .collect()
}

fn collisions(after: &Contents, touched: &BTreeSet<Key>) -> Vec<Conflict> {
    let mut owner: BTreeMap<&str, &Key> = BTreeMap::new();
    let mut found = Vec::new();
    for (key, content) in after {
        for directory in &content.virtual_directories {
            if let Some(other) = owner.insert(directory, key)
                && other != key
                && (touched.contains(key) || touched.contains(other))
            {
                found.push(Conflict {
                    kind: Kind::NameCollision,
                    consumer: key.clone(),
                    producer: other.clone(),
                    elements: BTreeSet::from([directory.clone()]),
                });
            }
        }
    }
    found
}

fn lower(before: &Contents, after: &Contents, touched: &BTreeSet<Key>) -> Vec<Conflict> {
    touched
        .iter()
        .filter(|key| {
            let number = |side: &Contents| side.get(*key).and_then(|content| content.number);
            matches!((number(before), number(after)), (Some(now), Some(next)) if next < now)
        })
        .map(|key| Conflict {
            kind: Kind::LowerVersion,
            consumer: key.clone(),
            producer: key.clone(),
            elements: BTreeSet::new(),
        })
        .collect()
}

fn newer(after: &Contents, source: &Contents, touched: &BTreeSet<Key>) -> Vec<Conflict> {
    let mut found = Vec::new();
    for key in touched {
        let Some(content) = after.get(key) else { continue };
        let producers: BTreeSet<&Key> = content.consumes.iter().map(|need| &need.application).collect();
        for producer in producers.into_iter().filter(|producer| !touched.contains(*producer)) {
            if let (Some(here), Some(there)) = (after.get(producer), source.get(producer))
                && there.number > here.number
            {
                found.push(Conflict {
                    kind: Kind::NewerProducerAvailable,
                    consumer: key.clone(),
                    producer: producer.clone(),
                    elements: BTreeSet::new(),
                });
            }
        }
    }
    found
}

/// What a plan does with one application, with everything that the run will use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The application.
    pub application: ApplicationId,
    /// Its key.
    pub key: Key,
    /// What the target runs now, by its hash.
    pub before: Option<Sha256>,
    /// What the target runs afterwards, by its hash; none for undeploy.
    pub after: Option<Sha256>,
    /// The version number it runs afterwards.
    pub number: Option<VersionNumber>,
    /// The version is made when the run starts.
    pub tag: bool,
    /// Its deployment zone in the target; none for the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Key>,
}

/// The canonical digest of a plan: SHA-256 over its content in one fixed form. Any change to what the plan does, or to what its
/// applications are in source or target, makes another digest; approvals and the start name it.
#[must_use]
pub fn digest(source: Option<EnvironmentId>, target: EnvironmentId, items: &[Item]) -> Sha256 {
    Sha256::of(canonical(source, target, items).as_bytes())
}

/// What the digest is of: one line for each application that moves. Who approves keeps it, so that it can be told what changed since.
#[must_use]
pub fn canonical(source: Option<EnvironmentId>, target: EnvironmentId, items: &[Item]) -> String {
    let mut lines: Vec<String> = items
        .iter()
        .map(|item| {
            let hash = |sha: Option<Sha256>| sha.map_or_else(|| "-".to_owned(), |sha| sha.to_string());
            let number = item.number.map_or_else(|| "-".to_owned(), |number| number.to_string());
            let (before, after) = (hash(item.before), hash(item.after));
            let zone = item.zone.as_ref().map(|zone| format!(" {zone}")).unwrap_or_default();
            format!(
                "{} {} {before} {after} {number} {}{zone}",
                item.application,
                item.key,
                u8::from(item.tag)
            )
        })
        .collect();
    lines.sort_unstable();
    let source = source.map_or_else(|| "-".to_owned(), |source| source.to_string());
    format!("towpath-plan-v1\n{source}\n{target}\n{}\n", lines.join("\n"))
}

/// The order in which applications are activated: producers before their consumers, otherwise by key. A circle is
/// broken at its first key, since both sides arrive in the same run.
#[must_use]
pub fn order(contents: &Contents) -> Vec<Key> {
    fn visit(key: &Key, contents: &Contents, seen: &mut BTreeSet<Key>, out: &mut Vec<Key>) {
        if !contents.contains_key(key) || !seen.insert(key.clone()) {
            return;
        }
        let producers: BTreeSet<&Key> = contents[key].consumes.iter().map(|need| &need.application).collect();
        for producer in producers {
            visit(producer, contents, seen, out);
        }
        out.push(key.clone());
    }
    let (mut seen, mut out) = (BTreeSet::new(), Vec::new());
    for key in contents.keys() {
        visit(key, contents, &mut seen, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    fn element(name: &str, signature: &str) -> Element {
        Element { module: key("m"), name: name.into(), signature: signature.into() }
    }

    fn content(number: &str, produces: &[(&str, &str)], consumes: &[(&str, &str, &str)]) -> Content {
        Content {
            name: "App".into(),
            number: number.parse().ok(),
            sha256: Sha256::of(format!("{number}{produces:?}{consumes:?}").as_bytes()),
            produces: produces.iter().map(|(n, s)| element(n, s)).collect(),
            consumes: consumes
                .iter()
                .map(|(app, n, s)| Need { by: key("m"), application: key(app), element: element(n, s) })
                .collect(),
            virtual_directories: vec![],
        }
    }

    fn side(apps: &[(&str, Content)]) -> Contents {
        apps.iter().map(|(k, c)| (key(k), c.clone())).collect()
    }

    fn kinds(before: &Contents, after: &Contents, source: &Contents, touched: &[&str]) -> Vec<Kind> {
        let touched = touched.iter().map(|k| key(k)).collect();
        validate(before, after, source, &touched).into_iter().map(|c| c.kind).collect()
    }

    #[test]
    fn conflict_types() {
        let theme = content("1.0", &[("Skin", "v1")], &[]);
        let desk = content("1.0", &[], &[("theme", "Skin", "v1")]);
        let none = Contents::new();
        let alone = side(&[("desk", desk.clone())]);
        let both = side(&[("desk", desk.clone()), ("theme", theme.clone())]);
        assert_eq!(kinds(&none, &alone, &both, &["desk"]), [Kind::ProducerMissing]);
        assert_eq!(kinds(&none, &both, &both, &["desk", "theme"]), []);
        let other = content("2.0", &[("Skin", "v2")], &[]);
        let empty = content("2.0", &[], &[]);
        let with = |theme: &Content| side(&[("desk", desk.clone()), ("theme", theme.clone())]);
        assert_eq!(kinds(&both, &with(&other), &both, &["theme"]), [Kind::ElementIncompatible]);
        assert_eq!(kinds(&both, &with(&empty), &both, &["theme"]), [Kind::ElementMissing]);
        assert_eq!(kinds(&both, &alone, &both, &["theme"]), [Kind::ProducerMissing], "undeployed producer");
        assert_eq!(
            kinds(&with(&empty), &with(&empty), &both, &["other"]),
            [],
            "B31: broken before, not touched"
        );
        let newer = side(&[("theme", content("1.1", &[("Skin", "v1")], &[]))]);
        assert_eq!(kinds(&both, &both, &newer, &["desk"]), [Kind::NewerProducerAvailable]);
        let old = content("0.9", &[("Skin", "v1")], &[]);
        assert_eq!(kinds(&both, &with(&old), &none, &["theme"]), [Kind::LowerVersion], "R03");
    }

    #[test]
    fn r15_two_applications_cannot_share_a_virtual_directory() {
        let at = |dir: &str| Content { virtual_directories: vec![dir.into()], ..content("1.0", &[], &[]) };
        let after = side(&[("a", at("/x")), ("b", at("/x"))]);
        assert_eq!(kinds(&Contents::new(), &after, &after, &["b"]), [Kind::NameCollision]);
        assert_eq!(kinds(&after, &after, &after, &["c"]), []);
    }

    #[test]
    fn producers_come_first_and_circles_end() {
        let c =
            |needs: &[&str]| content("1.0", &[], &needs.iter().map(|n| (*n, "E", "s")).collect::<Vec<_>>());
        let contents =
            side(&[("a", c(&["b"])), ("b", c(&["c"])), ("c", c(&[])), ("x", c(&["y"])), ("y", c(&["x"]))]);
        let order: Vec<String> = order(&contents).iter().map(ToString::to_string).collect();
        assert_eq!(order, ["c", "b", "a", "y", "x"]);
    }

    proptest! {
        #[test]
        fn the_digest_knows_every_change(count in 1usize..5, which in 0usize..5, field in 0u8..5) {
            let item = |n: usize| Item {
                application: ApplicationId(uuid::Uuid::from_u128(n as u128)),
                key: key(&format!("app-{n}")),
                before: None,
                after: Some(Sha256::of(&[n as u8])),
                number: None,
                tag: false,
                zone: None,
            };
            let target = EnvironmentId(uuid::Uuid::from_u128(9));
            let items: Vec<Item> = (0..count).map(item).collect();
            let mut other = items.clone();
            let changed = &mut other[which % count];
            match field {
                0 => changed.before = Some(Sha256::of(b"x")),
                1 => changed.after = None,
                2 => changed.number = "1.0".parse().ok(),
                3 => changed.tag = true,
                _ => changed.key = key("other"),
            }
            prop_assert_ne!(digest(None, target, &items), digest(None, target, &other));
            let mut turned = items.clone();
            turned.reverse();
            prop_assert_eq!(digest(None, target, &items), digest(None, target, &turned));
        }
    }
}
