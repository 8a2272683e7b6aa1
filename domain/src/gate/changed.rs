//! What changed between two canonical forms of a plan ([`crate::plan::canonical`]), in words.

use crate::setting::{Told, told};
use std::collections::BTreeMap;

/// One application's line of a canonical form.
struct Line<'a> {
    before: &'a str,
    after: &'a str,
    number: &'a str,
    zone: Option<&'a str>,
}

/// What a plan sets, by application and setting: what the target had of its own, and what it becomes.
type Set<'a> = BTreeMap<(&'a str, &'a str), (&'a str, &'a str)>;

/// The lines by the applications' keys, what is set, and what is no such line.
fn read(canonical: &str) -> (BTreeMap<&str, Line<'_>>, Set<'_>, Vec<&str>) {
    let (mut lines, mut set, mut others) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for text in canonical.lines() {
        if let ["setting", application, key, before, after] = text.split('\t').collect::<Vec<_>>()[..] {
            set.insert((application, key), (before, after));
            continue;
        }
        let words: Vec<&str> = text.split(' ').collect();
        match words.as_slice() {
            [_, key, before, after, number, _, rest @ ..] if rest.len() <= 1 => {
                lines.insert(*key, Line { before, after, number, zone: rest.first().copied() });
            }
            _ if text.is_empty() => {}
            _ => others.push(text),
        }
    }
    (lines, set, others)
}

/// What of a plan changed, a sentence for each difference; nothing where both are the same.
#[must_use]
pub fn difference(before: &str, after: &str) -> Vec<String> {
    let ((old, old_set, old_others), (new, new_set, new_others)) = (read(before), read(after));
    let mut all = Vec::new();
    for (key, line) in &new {
        match old.get(key) {
            None if line.after == "-" => all.push(format!("{key} is taken out now.")),
            None => all.push(format!("{key} {} came into the plan.", line.number)),
            Some(was) => all.extend(of_line(key, was, line)),
        }
    }
    all.extend(old.keys().filter(|key| !new.contains_key(*key)).map(|key| format!("{key} left the plan.")));
    all.extend(of_settings(&old_set, &new_set));
    let others = |from: &[&str], not: &[&str]| from.iter().any(|line| !not.contains(line));
    if others(&old_others, &new_others) || others(&new_others, &old_others) {
        all.push("What goes with it changed too.".to_owned());
    }
    all
}

/// What changed of what the plan sets. A secret is never told.
fn of_settings(old: &Set<'_>, new: &Set<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for ((application, key), (before, after)) in new {
        let told_after = told(after);
        match old.get(&(*application, *key)) {
            None => {
                all.push(format!("{key} of {application} is set with the plan now: {}.", told_after.quoted()))
            }
            Some((_, was)) if was != after => all.push(match (told(was), told_after) {
                (Told::Secret, Told::Secret) => {
                    format!("The plan sets another secret {key} of {application}.")
                }
                (was, is) => format!(
                    "The plan sets {key} of {application} to {} instead of {}.",
                    is.quoted(),
                    was.quoted()
                ),
            }),
            Some((was, _)) if was != before => {
                all.push(format!("What the target has of {key} of {application} is another value."));
            }
            Some(_) => {}
        }
    }
    let gone = old.keys().filter(|one| !new.contains_key(*one));
    all.extend(
        gone.map(|(application, key)| format!("{key} of {application} is not set with the plan any more.")),
    );
    all
}

fn of_line(key: &str, was: &Line<'_>, is: &Line<'_>) -> Vec<String> {
    let mut all = Vec::new();
    match (was.after, is.after) {
        (was_after, is_after) if was_after == is_after && was.number == is.number => {}
        (_, "-") => all.push(format!("{key} is taken out instead of brought as {}.", was.number)),
        ("-", _) => all.push(format!("{key} is brought as {} instead of taken out.", is.number)),
        (was_after, is_after) if was_after == is_after => {
            all.push(format!("{key} is numbered {} instead of {}.", is.number, was.number));
        }
        _ if was.number == is.number => all.push(format!("{key} {} has another content.", is.number)),
        _ => all.push(format!("{key} is {} instead of {}.", is.number, was.number)),
    }
    if was.before != is.before {
        all.push(format!("What the target runs of {key} is another."));
    }
    if was.zone != is.zone {
        let to = is.zone.unwrap_or("the default one");
        all.push(format!("{key} goes to another deployment zone: {to}."));
    }
    all
}
