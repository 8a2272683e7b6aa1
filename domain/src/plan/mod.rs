//! A deployment plan: what it does with each application, its digest, and what is wrong with the target that it would leave behind
//! (design 8).

mod along;
mod conflict;
#[cfg(test)]
mod conflict_tests;
mod link;

pub use along::producers_along;
pub use conflict::{
    Conflict, Kind, Landscape, Required, Severity, broken, conflicts_digest, unset, validate,
};
pub(crate) use conflict::{face, offered};
pub use link::{Link, MOST_LINKS, lines, links};

use crate::access::{Requirement, Right};
use crate::deployment::OnFailure;
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
    /// What it is made of.
    pub modules: Vec<Part>,
    /// The oldest Platform Server that can run it, where its manifest says so.
    pub platform: Option<VersionNumber>,
}

/// A module, as far as validation needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its key.
    pub key: Key,
    /// Where it is served, such as `/tides`.
    pub virtual_directory: String,
    /// The host name of its own, where it has one.
    pub host: Option<String>,
}

/// Applications by their keys, as they stand in one environment.
pub type Contents = BTreeMap<Key, Content>;

/// What is to become of applications: their next contents, or none for what is taken out.
pub type Changes = BTreeMap<Key, Option<Content>>;

/// An environment after some changes.
#[must_use]
pub fn apply(before: &Contents, changes: &Changes) -> Contents {
    let mut after = before.clone();
    for (key, content) in changes {
        match content {
            Some(content) => after.insert(key.clone(), content.clone()),
            None => after.remove(key),
        };
    }
    after
}

/// The changes that take some changes back, where nothing else has happened.
#[must_use]
pub fn reverse(before: &Contents, changes: &Changes) -> Changes {
    changes.keys().map(|key| (key.clone(), before.get(key).cloned())).collect()
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

/// A setting that a plan sets, as its digest has it: by what tells one value from another ([`crate::setting::Held::mark`]), so that a secret
/// cannot be guessed from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedSetting {
    /// The application.
    pub application: Key,
    /// The setting.
    pub key: Key,
    /// What the target has of its own now; a dash for nothing.
    pub before: String,
    /// What the plan sets.
    pub after: String,
}

/// The canonical digest of a plan: SHA-256 over its content in one fixed form. Any change to what the plan does, or to what its
/// applications are in source or target, makes another digest; approvals and the start name it.
#[must_use]
pub fn digest(
    source: Option<EnvironmentId>,
    target: EnvironmentId,
    items: &[Item],
    settings: &[PlannedSetting],
    on_failure: OnFailure,
) -> Sha256 {
    Sha256::of(canonical(source, target, items, settings, on_failure).as_bytes())
}

/// What the digest is of: one line for each application that moves, and one for each setting that is set. Who approves keeps it, so that it can be told what changed since.
#[must_use]
pub fn canonical(
    source: Option<EnvironmentId>,
    target: EnvironmentId,
    items: &[Item],
    settings: &[PlannedSetting],
    on_failure: OnFailure,
) -> String {
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
    // No value holds a tab, and no line of an application begins so.
    lines.extend(settings.iter().map(|one| {
        let PlannedSetting { application, key, before, after } = one;
        format!("setting\t{application}\t{key}\t{before}\t{after}")
    }));
    lines.sort_unstable();
    // What most plans say has no line, so that plans of before there was a choice keep their digest.
    if on_failure != OnFailure::RollBack {
        lines.push(format!("on failure {}", on_failure.word()));
    }
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

    fn using(producers: &[&str]) -> Content {
        let need = |producer: &&str| Need {
            by: key("m"),
            application: key(producer),
            element: Element { module: key("m"), name: "E".into(), signature: "s".into() },
        };
        Content {
            name: "App".into(),
            number: None,
            sha256: Sha256::of(b""),
            produces: vec![],
            consumes: producers.iter().map(need).collect(),
            modules: vec![],
            platform: None,
        }
    }

    #[test]
    fn producers_come_first_and_circles_end() {
        let all: [(&str, &[&str]); 5] =
            [("a", &["b"]), ("b", &["c"]), ("c", &[]), ("x", &["y"]), ("y", &["x"])];
        let contents: Contents = all.iter().map(|(app, uses)| (key(app), using(uses))).collect();
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
            let of = |items: &[Item]| digest(None, target, items, &[], OnFailure::RollBack);
            prop_assert_ne!(of(&items), of(&other));
            prop_assert_ne!(of(&items), digest(None, target, &items, &[], OnFailure::Wait));
            let mut turned = items.clone();
            turned.reverse();
            prop_assert_eq!(of(&items), of(&turned));
        }

        #[test]
        fn the_digest_knows_every_setting(count in 1usize..4, which in 0usize..4, field in 0u8..4) {
            let setting = |n: usize| PlannedSetting {
                application: key("desk"),
                key: key(&format!("s-{n}")),
                before: "-".to_owned(),
                after: format!("\"{n}\""),
            };
            let target = EnvironmentId(uuid::Uuid::from_u128(9));
            let settings: Vec<_> = (0..count).map(setting).collect();
            let mut other = settings.clone();
            let changed = &mut other[which % count];
            match field {
                0 => changed.application = key("tide"),
                1 => changed.key = key("another"),
                2 => changed.before = "\"x\"".to_owned(),
                _ => changed.after = "secret 00".to_owned(),
            }
            let of = |all: &[PlannedSetting]| digest(None, target, &[], all, OnFailure::RollBack);
            prop_assert_ne!(of(&settings), of(&other));
            prop_assert_ne!(of(&settings), of(&[]));
            let turned: Vec<_> = settings.iter().rev().cloned().collect();
            prop_assert_eq!(of(&settings), of(&turned));
        }
    }
}
