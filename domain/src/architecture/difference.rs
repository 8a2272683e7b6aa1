//! How two architectures differ, as changes that can be read, stored and applied.
//!
//! Both are compared as trees of collections, parts and fields, so that a new field of the model needs no code here. A field that holds
//! a list is one value: an order or a set changes as a whole.

use super::model::Architecture;
use crate::text::Refused;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What happens at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happens {
    /// A part comes, with everything in it.
    Added,
    /// A part goes, with everything in it.
    Removed,
    /// A field gets another value, or a first one, or none.
    Changed,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The place: collections, keys and a field, such as `environments/production/topology`.
    pub path: String,
    /// What happens there.
    pub happens: Happens,
    /// The part or the value before; none where there was none.
    #[serde(default)]
    pub before: Option<Value>,
    /// The part or the value after; none where there is none.
    #[serde(default)]
    pub after: Option<Value>,
    /// The change for people, one sentence.
    pub sentence: String,
}

/// Fields whose value is a collection of parts by key, each with the noun of such a part.
const COLLECTIONS: [(&str, &str); 9] = [
    ("data_centers", "data center"),
    ("environments", "environment"),
    ("pipelines", "pipeline"),
    ("database_servers", "database server"),
    ("tools", "tool"),
    ("front_ends", "front-end server"),
    ("zones", "deployment zone"),
    ("catalogs", "catalog"),
    ("external_databases", "external database"),
];
/// Fields whose value is one part.
const PARTS: [(&str, &str); 1] = [("load_balancer", "load balancer")];

/// The noun of a field's parts. `zones` and `data_centers` are also lists of keys, which are plain values.
fn noun(of: &[(&str, &'static str)], field: &str, values: [Option<&Value>; 2]) -> Option<&'static str> {
    let parts = values.into_iter().flatten().all(Value::is_object);
    of.iter().find(|(name, _)| *name == field && parts).map(|(_, noun)| *noun)
}

/// The changes that make `after` out of `before`: none for two equal architectures. In a fixed order: fields before the parts of
/// a part, each by name.
#[must_use]
pub fn difference(before: &Architecture, after: &Architecture) -> Vec<Change> {
    let mut changes = Vec::new();
    part(&Place::default(), &tree(before), &tree(after), &mut changes);
    changes
}

/// The same architecture with the changes made.
///
/// # Errors
/// One sentence, where a change is not about this architecture: a part that is there already or no more, a value that is another than
/// the change says it was.
pub fn apply(before: &Architecture, changes: &[Change]) -> Result<Architecture, Refused> {
    made(before, changes, true)
}

/// The same, but what is already as a change wants it, or is no longer there to be changed, is passed over; lists keep what they have
/// besides. So the difference of two templates is made in an infrastructure that went its own way.
///
/// # Errors
/// One sentence, where the result is no architecture.
pub fn merge(before: &Architecture, changes: &[Change]) -> Result<Architecture, Refused> {
    made(before, changes, false)
}

/// An architecture as a tree. Its keys are texts, so it always is one.
fn tree(architecture: &Architecture) -> Map<String, Value> {
    match serde_json::to_value(architecture) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// Where we are in the tree, for programs and for people.
#[derive(Default, Clone)]
struct Place {
    path: Vec<String>,
    /// `Environment “Production”, front-end server “Front-end 1”`; empty for the infrastructure itself.
    words: String,
}

impl Place {
    fn field(&self, name: &str) -> String {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        path.join("/")
    }

    /// A part of a collection (`key` given) or of its own.
    fn part(&self, field: &str, key: Option<&str>, noun: &str, value: &Value) -> Self {
        let mut path = self.path.clone();
        path.push(field.to_owned());
        path.extend(key.map(str::to_owned));
        // Catalogs are called by their kinds: their names are what changes.
        let name = match (field, key) {
            (_, None) => String::new(),
            ("catalogs", Some(kind)) => format!(" “{kind}”"),
            (_, Some(key)) => format!(" “{}”", value.get("name").and_then(Value::as_str).unwrap_or(key)),
        };
        let words = if self.words.is_empty() {
            format!("{}{name}", capital(noun))
        } else {
            format!("{}, {noun}{name}", self.words)
        };
        Self { path, words }
    }

    fn change(&self, happens: Happens, before: Option<&Value>, after: Option<&Value>, says: &str) -> Change {
        Change {
            path: self.path.join("/"),
            happens,
            before: before.cloned(),
            after: after.cloned(),
            sentence: format!("{} {says}.", self.words),
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn keys<'a>(a: &'a Map<String, Value>, b: &'a Map<String, Value>) -> BTreeSet<&'a String> {
    a.keys().chain(b.keys()).collect()
}

/// Compares two parts: their fields, then the parts in them.
fn part(at: &Place, before: &Map<String, Value>, after: &Map<String, Value>, changes: &mut Vec<Change>) {
    let mut inner = Vec::new();
    for field in keys(before, after) {
        let values = [before.get(field), after.get(field)];
        if let Some(noun) = noun(&COLLECTIONS, field, values) {
            collection(at, field, noun, values, &mut inner);
        } else if let Some(noun) = noun(&PARTS, field, values) {
            one(at, field, None, noun, values, &mut inner);
        } else if values[0] != values[1] {
            let [from, to] = values;
            changes.push(Change {
                path: at.field(field),
                happens: Happens::Changed,
                before: from.cloned(),
                after: to.cloned(),
                sentence: field_sentence(&at.words, field, from, to),
            });
        }
    }
    changes.append(&mut inner);
}

fn collection(at: &Place, field: &str, noun: &str, values: [Option<&Value>; 2], changes: &mut Vec<Change>) {
    let none = Map::new();
    let [before, after] = values.map(|value| value.and_then(Value::as_object).unwrap_or(&none));
    for key in keys(before, after) {
        one(at, field, Some(key), noun, [before.get(key), after.get(key)], changes);
    }
}

/// A part that comes, goes, or is compared.
fn one(
    at: &Place,
    field: &str,
    key: Option<&str>,
    noun: &str,
    values: [Option<&Value>; 2],
    changes: &mut Vec<Change>,
) {
    let place = |value| at.part(field, key, noun, value);
    match values {
        [None, None] => {}
        [None, Some(new)] => changes.push(place(new).change(Happens::Added, None, Some(new), "is added")),
        [Some(old), None] => {
            changes.push(place(old).change(Happens::Removed, Some(old), None, "is removed"));
        }
        [Some(old), Some(new)] => {
            if let (Some(before), Some(after)) = (old.as_object(), new.as_object()) {
                part(&place(new), before, after, changes);
            }
        }
    }
}

fn field_sentence(words: &str, field: &str, before: Option<&Value>, after: Option<&Value>) -> String {
    let label = match field {
        "order" => "order of environments".to_owned(),
        "cores" => "number of cores".to_owned(),
        "memory_gib" => "memory in GiB".to_owned(),
        "standby_of" => "primary that it replicates".to_owned(),
        _ => field.replace('_', " "),
    };
    let list = |value: Option<&Value>| value.is_none_or(Value::is_array);
    let any_list = [before, after].into_iter().flatten().any(Value::is_array);
    if any_list && list(before) && list(after) {
        let what = if words.is_empty() { capital(&label) } else { format!("{words}, {label}") };
        return format!("{what}: {}.", list_sentence(&texts(before), &texts(after)));
    }
    let what = if words.is_empty() { format!("The {label}") } else { format!("{words}: the {label}") };
    match (before, after) {
        (Some(before), Some(after)) => format!("{what} changes from {} to {}.", shown(before), shown(after)),
        (None, Some(after)) => format!("{what} is set to {}.", shown(after)),
        (Some(before), None) => format!("{what} is no longer recorded; it was {}.", shown(before)),
        (None, None) => format!("{what} stays."),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("“{text}”"),
        other => other.to_string(),
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// How a list of keys or words changes: `“a” goes; “b” comes after “c”; now “c”, “b”, “d”`, the last where an order changes.
fn list_sentence(before: &[&str], after: &[&str]) -> String {
    let quoted = |all: &[&str]| {
        let shown: Vec<_> = all.iter().take(8).map(|one| format!("“{one}”")).collect();
        let more = if all.len() > 8 { format!(" and {} more", all.len() - 8) } else { String::new() };
        format!("{}{more}", shown.join(", "))
    };
    let gone: Vec<_> = before.iter().copied().filter(|one| !after.contains(one)).collect();
    let come: Vec<_> = after.iter().copied().filter(|one| !before.contains(one)).collect();
    let stay_before = before.iter().filter(|one| after.contains(one));
    let stay_after = after.iter().filter(|one| before.contains(one));
    let mut says = Vec::new();
    if !gone.is_empty() {
        says.push(format!("{} {}", quoted(&gone), if gone.len() == 1 { "goes" } else { "go" }));
    }
    match come[..] {
        [] => {}
        [one] => {
            let place = after.iter().position(|other| *other == one).unwrap_or_default();
            let where_to = match place.checked_sub(1).and_then(|place| after.get(place)) {
                Some(previous) => format!("after “{previous}”"),
                None => "at the beginning".to_owned(),
            };
            let alone = after.len() == 1;
            says.push(if alone {
                format!("“{one}” comes")
            } else {
                format!("“{one}” comes {where_to}")
            });
        }
        _ => says.push(format!("{} come", quoted(&come))),
    }
    // Where nothing comes or goes, an order or a repetition is left to differ.
    if says.is_empty() || !stay_before.eq(stay_after) {
        says.push(format!("now {}", quoted(after)));
    }
    says.join("; ")
}

fn made(before: &Architecture, changes: &[Change], strict: bool) -> Result<Architecture, Refused> {
    let mut root = Value::Object(tree(before));
    for change in changes {
        make(&mut root, change, strict)?;
    }
    serde_json::from_value(root).map_err(|error| {
        Refused(format!("The changes make no architecture: {}.", error.to_string().trim_end_matches('.')))
    })
}

fn make(root: &mut Value, change: &Change, strict: bool) -> Result<(), Refused> {
    let stale =
        |why: &str| Refused(format!("The change at {} does not fit: {why}. Compare again.", change.path));
    let mut steps: Vec<&str> = change.path.split('/').collect();
    let Some(last) = steps.pop() else { return Ok(()) };
    let mut at = root;
    for (depth, step) in steps.iter().enumerate() {
        let Some(map) = at.as_object_mut() else { return Err(stale("there is no such place")) };
        // A collection without parts is not written; the first part that comes makes it.
        let makes = change.happens == Happens::Added && depth + 1 == steps.len() && !map.contains_key(*step);
        if makes && COLLECTIONS.iter().any(|(name, _)| name == step) {
            map.insert((*step).to_owned(), Value::Object(Map::new()));
        }
        match map.get_mut(*step) {
            Some(next) => at = next,
            None if strict => return Err(stale("there is no such place")),
            None => return Ok(()),
        }
    }
    let Some(map) = at.as_object_mut() else { return Err(stale("there is no such place")) };
    let held = map.get(last);
    if strict && held != change.before.as_ref() {
        return Err(stale(match (held, &change.before) {
            (Some(_), None) => "it is there already",
            (None, _) => "it is not there",
            _ => "its value has changed since",
        }));
    }
    if !strict && change.happens == Happens::Added && held.is_some() {
        return Ok(());
    }
    match &change.after {
        Some(after) if strict => map.insert(last.to_owned(), after.clone()),
        Some(after) => {
            let value = merged_list(held, change.before.as_ref(), after);
            map.insert(last.to_owned(), value)
        }
        None => map.remove(last),
    };
    Ok(())
}

/// A list as `after` has it, with what `held` has besides `before` kept behind the neighbour that it follows now. Anything else
/// is `after` itself.
fn merged_list(held: Option<&Value>, before: Option<&Value>, after: &Value) -> Value {
    let (Some(Value::Array(held)), Value::Array(after)) = (held, after) else { return after.clone() };
    let known = before.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut merged = after.clone();
    for (place, own) in held.iter().enumerate() {
        if known.contains(own) || merged.contains(own) {
            continue;
        }
        let neighbour =
            held[..place].iter().rev().find_map(|one| merged.iter().position(|other| other == one));
        merged.insert(neighbour.map_or(0, |place| place + 1), own.clone());
    }
    Value::Array(merged)
}
