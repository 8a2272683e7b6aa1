//! Settings side by side: what a run would change, and what changed since somebody approved.

use super::{Effective, Told};
use crate::package::compare::Change;
use crate::text::Key;
use std::collections::BTreeMap;

/// A setting from what runs to what would run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingChange {
    /// Its key.
    pub key: Key,
    /// What becomes of it; none where it stays as it is.
    pub change: Option<Change>,
    /// What runs with now; none where what runs has no such setting.
    pub now: Option<Effective>,
    /// What would run next; none where it falls away.
    pub next: Option<Effective>,
}

/// Every setting of either side, in the order of their keys.
#[must_use]
pub fn changes(now: &BTreeMap<Key, Effective>, next: &BTreeMap<Key, Effective>) -> Vec<SettingChange> {
    let keys = now.keys().chain(next.keys().filter(|key| !now.contains_key(*key)));
    let mut all: Vec<SettingChange> = keys
        .map(|key| {
            let (now, next) = (now.get(key).cloned(), next.get(key).cloned());
            let change = match (&now, &next) {
                (None, _) => Some(Change::Added),
                (_, None) => Some(Change::Removed),
                (Some(now), Some(next)) => (now.mark() != next.mark()).then_some(Change::Changed),
            };
            SettingChange { key: key.clone(), change, now, next }
        })
        .collect();
    all.sort_by(|one, other| one.key.cmp(&other.key));
    all
}

/// What counts for some applications, in one fixed form: a line for each setting. Secrets are in it by their marks. An approval keeps it, so
/// that it can be told what changed since.
#[must_use]
pub fn written<'s>(all: impl IntoIterator<Item = (&'s Key, &'s Key, &'s Effective)>) -> String {
    let mut lines: Vec<String> = all
        .into_iter()
        .map(|(application, key, effective)| format!("{application}\t{key}\t{}\n", effective.mark()))
        .collect();
    lines.sort_unstable();
    lines.concat()
}

/// The value behind a mark, as anybody may be told it.
#[must_use]
pub(crate) fn told(mark: &str) -> Told {
    match mark {
        "-" => Told::Missing,
        secret if secret.starts_with("secret ") => Told::Secret,
        plain => Told::Value { value: serde_json::from_str(plain).unwrap_or_default() },
    }
}

fn read(text: &str) -> BTreeMap<(&str, &str), &str> {
    let of_line = |line| {
        let mut parts = str::splitn(line, 3, '\t');
        Some(((parts.next()?, parts.next()?), parts.next()?))
    };
    text.lines().filter_map(of_line).collect()
}

/// What changed between two forms of [`written`], a sentence for each setting of an application that is in both. What came or went with the plan
/// itself is told by its digest.
#[must_use]
pub fn drift(before: &str, after: &str) -> Vec<String> {
    let (before, after) = (read(before), read(after));
    let one = |((application, key), is): (&(&str, &str), &&str)| {
        let was = before.get(&(*application, *key)).filter(|was| **was != *is)?;
        Some(match (told(was), told(is)) {
            (Told::Secret, Told::Secret) => format!("The secret {key} of {application} is another one."),
            (was, is) => {
                format!("{key} of {application} is {} now, and was {}.", is.quoted(), was.quoted())
            }
        })
    };
    after.iter().filter_map(one).collect()
}

impl Told {
    /// The value in a sentence.
    #[must_use]
    pub fn quoted(&self) -> String {
        match self {
            Self::Value { value } => format!("“{value}”"),
            Self::Secret => "a secret".to_owned(),
            Self::Missing => "without a value".to_owned(),
        }
    }
}
