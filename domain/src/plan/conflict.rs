//! Validation (`Validate`, B08): every conflict type of LifeTime, looked for in the target as it would be after the plan (R13).
//!
//! A conflict that was there before and that the plan does not touch is not the plan's fault, and not reported (B31).

use super::{Content, Contents, Element, Need, Part};
use crate::text::{Key, Sha256, VersionNumber};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A conflict type, in the words of LifeTime (`ModuleConflict.ConflictType`), and those that the rules add.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It uses an application that is neither in the target nor in the plan.
    ProducerMissing,
    /// The producer is there, the element is not in that version.
    ElementMissing,
    /// The element is there with another signature.
    ElementIncompatible,
    /// The module that it uses belongs to another application by now.
    ProducerMoved,
    /// It is made for a newer Platform Server than the target's.
    IncompatiblePlatformServer,
    /// Another application has the same name, or is served under the same virtual directory or host (R15).
    NameCollision,
    /// The target runs a higher version; going back needs a new, higher number, or a right of its own (R03).
    LowerVersion,
    /// The target runs a hotfix that the source never had, and something else would take its place (B29).
    HotfixOverwritten,
    /// It needs a setting that has no default, and the target has no value for it.
    SettingMissing,
    /// A module moved to an application of the plan, and the application that had it would keep it.
    ConsumerMoved,
    /// It stays as it is, and what it uses would offer something else than what it was deployed with.
    ConsumerOutdated,
    /// The source has a newer version of a producer than the target would use.
    NewerProducerAvailable,
}

/// How much a conflict stands against a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nobody can go on with it: the Platform Server would refuse.
    Blocker,
    /// It stops the plan, unless somebody with a right of their own says why it is to go on (B10).
    Error,
    /// It is told, and stops nothing (R13).
    Warning,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::ProducerMissing,
        Self::ElementMissing,
        Self::ElementIncompatible,
        Self::ProducerMoved,
        Self::IncompatiblePlatformServer,
        Self::NameCollision,
        Self::LowerVersion,
        Self::HotfixOverwritten,
        Self::SettingMissing,
        Self::ConsumerMoved,
        Self::ConsumerOutdated,
        Self::NewerProducerAvailable,
    ];

    /// The words people read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ProducerMissing => "Producer Module Missing",
            Self::ElementMissing => "Producer Element Missing",
            Self::ElementIncompatible => "Producer Element Incompatible",
            Self::ProducerMoved => "Producer Module Moved",
            Self::IncompatiblePlatformServer => "Incompatible Platform Server",
            Self::NameCollision => "Name Collision",
            Self::LowerVersion => "Lower Version",
            Self::HotfixOverwritten => "Hotfix Overwritten",
            Self::SettingMissing => "Setting Missing",
            Self::ConsumerMoved => "Consumer Module Moved",
            Self::ConsumerOutdated => "Consumer Module Outdated",
            Self::NewerProducerAvailable => "Newer Producer Module Available",
        }
    }

    /// How much it stands against a plan.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::NameCollision => Severity::Blocker,
            Self::ProducerMissing
            | Self::ElementMissing
            | Self::ElementIncompatible
            | Self::ProducerMoved
            | Self::IncompatiblePlatformServer
            | Self::LowerVersion
            | Self::HotfixOverwritten
            | Self::SettingMissing => Severity::Error,
            Self::ConsumerMoved | Self::ConsumerOutdated | Self::NewerProducerAvailable => Severity::Warning,
        }
    }

    /// Whether it stops the plan (R13: errors block, warnings do not).
    #[must_use]
    pub const fn is_error(self) -> bool {
        !matches!(self.severity(), Severity::Warning)
    }
}

/// An element that a conflict is about, as both sides have it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Required {
    /// The module of the consumer.
    pub by: Key,
    /// The module of the producer.
    pub module: Key,
    /// The element.
    pub element: String,
    /// The signature that the consumer was made for.
    pub wanted: String,
    /// The signature that the producer would have; none where it would not have the element.
    pub found: Option<String>,
}

/// One conflict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// The type.
    pub kind: Kind,
    /// The application that would be broken, or that the warning is about.
    pub consumer: Key,
    /// The other application; the same one where there is no other.
    pub producer: Key,
    /// The elements concerned.
    pub elements: BTreeSet<Required>,
    /// What else it is about: names and virtual directories that collide, modules that moved and where to, versions of the Platform Server,
    /// settings without a value.
    pub about: BTreeSet<String>,
}

impl Conflict {
    fn new(kind: Kind, consumer: &Key, producer: &Key) -> Self {
        let (consumer, producer) = (consumer.clone(), producer.clone());
        Self { kind, consumer, producer, elements: BTreeSet::new(), about: BTreeSet::new() }
    }
}

/// What is validated.
#[derive(Debug, Clone, Copy)]
pub struct Landscape<'a> {
    /// The target as it is.
    pub before: &'a Contents,
    /// The target as it would be.
    pub after: &'a Contents,
    /// The source as it is.
    pub source: &'a Contents,
    /// The applications that the plan changes in the target.
    pub touched: &'a BTreeSet<Key>,
    /// The oldest Platform Server of the target; none where none has reported yet, and then nothing is said about it.
    pub platform: Option<VersionNumber>,
    /// The applications of which the target runs a hotfix that is open and that the source never had.
    pub hotfixes: &'a BTreeSet<Key>,
}

/// Looks at the target as it would be: what the plan would break, and what it should know. In a fixed order, each once.
#[must_use]
pub fn validate(land: &Landscape<'_>) -> Vec<Conflict> {
    // Looked up for every need of the target.
    let touched: HashSet<&Key> = land.touched.iter().collect();
    let mut found = needs(land, &touched);
    found.extend(collisions(land, &touched));
    found.extend(moved(land));
    for key in land.touched {
        found.extend(lower(land, key));
        found.extend(overwritten(land, key));
        found.extend(platform(land, key));
        found.extend(newer(land, key));
    }
    found.sort();
    found.dedup();
    found
}

/// What a change would break, for a way back: the conflicts that stop something, but lower versions and what is taken back, since going
/// back is what it is for (R03).
#[must_use]
pub fn broken(land: &Landscape<'_>) -> Vec<Conflict> {
    let mut found = validate(land);
    let meant = |kind| matches!(kind, Kind::LowerVersion | Kind::HotfixOverwritten);
    found.retain(|conflict| conflict.kind.is_error() && !meant(conflict.kind));
    found
}

/// The applications that would come without a value for a setting that they need, each with these settings in words (B25).
#[must_use]
pub fn unset(missing: &BTreeMap<Key, BTreeSet<String>>) -> Vec<Conflict> {
    let some = missing.iter().filter(|(_, settings)| !settings.is_empty());
    some.map(|(key, settings)| Conflict {
        about: settings.clone(),
        ..Conflict::new(Kind::SettingMissing, key, key)
    })
    .collect()
}

/// SHA-256 over the conflicts that stop a plan. Who goes on in spite of them names it, so that nobody accepts one that they have not seen.
#[must_use]
pub fn conflicts_digest(conflicts: &[Conflict]) -> Sha256 {
    let stopping = conflicts.iter().filter(|conflict| conflict.kind.is_error());
    let mut lines: Vec<String> = stopping
        .map(|conflict| {
            let element = |one: &Required| {
                let found = one.found.as_deref().unwrap_or("-");
                format!("{}>{}.{}:{:?}/{found:?}", one.by, one.module, one.element, one.wanted)
            };
            let elements: Vec<String> = conflict.elements.iter().map(element).collect();
            let about: Vec<&str> = conflict.about.iter().map(String::as_str).collect();
            let Conflict { kind, consumer, producer, .. } = conflict;
            format!("{kind:?} {consumer} {producer} [{}] [{}]", elements.join(" "), about.join(" "))
        })
        .collect();
    lines.sort_unstable();
    Sha256::of(format!("towpath-conflicts-v1\n{}\n", lines.join("\n")).as_bytes())
}

/// The element of this module and name that a content has, if any.
pub(crate) fn offered<'c>(content: &'c Content, wanted: &Element) -> Option<&'c Element> {
    content.produces.iter().find(|one| one.module == wanted.module && one.name == wanted.name)
}

fn is_met(producer: Option<&Content>, need: &Need) -> bool {
    producer.and_then(|content| offered(content, &need.element)).is_some_and(|one| *one == need.element)
}

/// What a module offers: its face, which its consumers were made for.
pub(crate) fn face<'c>(content: &'c Content, module: &Key) -> BTreeSet<&'c Element> {
    content.produces.iter().filter(|one| one.module == *module).collect()
}

/// Needs that are not met afterwards, and consumers that become outdated; grouped by kind, consumer and producer.
fn needs(land: &Landscape<'_>, touched: &HashSet<&Key>) -> Vec<Conflict> {
    let mut groups: BTreeMap<(Kind, &Key, &Key), Conflict> = BTreeMap::new();
    let mut homes: Option<HashMap<&Element, &Key>> = None;
    for (key, content) in land.after {
        let own = touched.contains(key);
        for need in content.consumes.iter().filter(|need| need.application != *key) {
            let theirs = touched.contains(&need.application);
            if !own && !theirs {
                continue;
            }
            let was = land.before.get(&need.application);
            let producer = land.after.get(&need.application);
            let kind = match producer {
                _ if is_met(producer, need) => {
                    let changed = match (was, producer) {
                        (Some(was), Some(is)) if was.sha256 != is.sha256 => {
                            face(was, &need.element.module) != face(is, &need.element.module)
                        }
                        _ => false,
                    };
                    if own || !changed {
                        continue;
                    }
                    Kind::ConsumerOutdated
                }
                // It was broken before, by what the plan does not change.
                _ if !own && !is_met(was, need) => continue,
                found => {
                    let homes = homes.get_or_insert_with(|| homes_of(land.after));
                    let elsewhere = homes.get(&need.element).filter(|home| **home != &need.application);
                    let kept =
                        found.is_some_and(|one| one.modules.iter().any(|m| m.key == need.element.module));
                    match found {
                        _ if elsewhere.is_some() && !kept => Kind::ProducerMoved,
                        None => Kind::ProducerMissing,
                        Some(one) if offered(one, &need.element).is_some() => Kind::ElementIncompatible,
                        Some(_) => Kind::ElementMissing,
                    }
                }
            };
            let group = groups
                .entry((kind, key, &need.application))
                .or_insert_with(|| Conflict::new(kind, key, &need.application));
            if kind == Kind::ProducerMoved
                && let Some(home) = homes.as_ref().and_then(|homes| homes.get(&need.element))
            {
                group.about.insert(home.to_string());
            }
            group.elements.insert(Required {
                by: need.by.clone(),
                module: need.element.module.clone(),
                element: need.element.name.clone(),
                wanted: need.element.signature.clone(),
                found: producer.and_then(|one| offered(one, &need.element)).map(|one| one.signature.clone()),
            });
        }
    }
    groups.into_values().collect()
}

/// Which application has each element.
fn homes_of(contents: &Contents) -> HashMap<&Element, &Key> {
    contents.iter().flat_map(|(key, content)| content.produces.iter().map(move |one| (one, key))).collect()
}

/// Names, virtual directories and hosts that two applications would have (R15); it is a matter of the one that the plan changes.
fn collisions(land: &Landscape<'_>, touched: &HashSet<&Key>) -> Vec<Conflict> {
    let mut owner: HashMap<String, &Key> = HashMap::new();
    let mut groups: BTreeMap<(&Key, &Key), Conflict> = BTreeMap::new();
    for (key, content) in land.after {
        // No virtual directory is written like a host: it begins with a slash.
        let places =
            |module: &Part| std::iter::once(module.virtual_directory.clone()).chain(module.host.clone());
        let directories = content.modules.iter().flat_map(places);
        let name = std::iter::once(content.name.to_lowercase());
        let mut own = HashSet::new();
        for (is_name, claim) in
            name.map(|name| (true, name)).chain(directories.map(|directory| (false, directory)))
        {
            // One's own modules are told apart by their package.
            if !own.insert(claim.clone()) {
                continue;
            }
            let Some(other) = owner.insert(claim.clone(), key) else { continue };
            if touched.contains(key) || touched.contains(other) {
                let (one, other) = if touched.contains(key) { (key, other) } else { (other, key) };
                let group = groups
                    .entry((one, other))
                    .or_insert_with(|| Conflict::new(Kind::NameCollision, one, other));
                group.about.insert(if is_name { content.name.clone() } else { claim });
            }
        }
    }
    groups.into_values().collect()
}

/// Modules that the plan brings with another application, while the one that had them keeps them.
fn moved(land: &Landscape<'_>) -> Vec<Conflict> {
    let mut homes: HashMap<&Key, Vec<&Key>> = HashMap::new();
    for (key, content) in land.before {
        for module in &content.modules {
            homes.entry(&module.key).or_default().push(key);
        }
    }
    let has = |contents: &Contents, application: &Key, module: &Key| {
        contents.get(application).map(|content| content.modules.iter().any(|one| one.key == *module))
    };
    let mut groups: BTreeMap<(&Key, &Key), Conflict> = BTreeMap::new();
    for key in land.touched {
        let Some(content) = land.after.get(key) else { continue };
        for module in &content.modules {
            if has(land.before, key, &module.key) == Some(true) {
                continue;
            }
            for other in homes.get(&module.key).into_iter().flatten().filter(|other| **other != key) {
                let keeps = has(land.after, other, &module.key) == Some(true);
                if keeps && has(land.source, other, &module.key) == Some(false) {
                    let group = groups
                        .entry((other, key))
                        .or_insert_with(|| Conflict::new(Kind::ConsumerMoved, other, key));
                    group.about.insert(module.key.to_string());
                }
            }
        }
    }
    groups.into_values().collect()
}

fn lower(land: &Landscape<'_>, key: &Key) -> Option<Conflict> {
    let number = |side: &Contents| side.get(key).and_then(|content| content.number);
    match (number(land.before), number(land.after)) {
        (Some(now), Some(next)) if next < now => {
            let about = BTreeSet::from([now.to_string()]);
            Some(Conflict { about, ..Conflict::new(Kind::LowerVersion, key, key) })
        }
        _ => None,
    }
}

/// A hotfix that would be undone: something comes that cannot be built upon it.
fn overwritten(land: &Landscape<'_>, key: &Key) -> Option<Conflict> {
    let (now, next) = (land.before.get(key)?, land.after.get(key)?);
    let open = land.hotfixes.contains(key) && now.sha256 != next.sha256;
    let about = now.number.iter().map(ToString::to_string).collect();
    open.then(|| Conflict { about, ..Conflict::new(Kind::HotfixOverwritten, key, key) })
}

fn platform(land: &Landscape<'_>, key: &Key) -> Option<Conflict> {
    let wanted = land.after.get(key)?.platform?;
    let has = land.platform?;
    let about = BTreeSet::from([format!("{wanted} wanted"), format!("{has} there")]);
    (wanted > has).then(|| Conflict { about, ..Conflict::new(Kind::IncompatiblePlatformServer, key, key) })
}

/// Producers of which the source has a newer version than the target would have.
fn newer(land: &Landscape<'_>, key: &Key) -> Vec<Conflict> {
    let Some(content) = land.after.get(key) else { return Vec::new() };
    let producers: BTreeSet<&Key> = content.consumes.iter().map(|need| &need.application).collect();
    let is_newer = |producer: &&Key| match (land.after.get(*producer), land.source.get(*producer)) {
        (Some(here), Some(there)) => there.number > here.number,
        _ => false,
    };
    let free = producers.into_iter().filter(|producer| !land.touched.contains(*producer));
    free.filter(is_newer).map(|producer| Conflict::new(Kind::NewerProducerAvailable, key, producer)).collect()
}
