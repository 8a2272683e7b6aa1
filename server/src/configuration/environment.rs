//! The environment variables: which are keys, which belong to other programs, and what was probably meant.

use super::keys::{KEYS, Key};
use super::{Given, Refused};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Takes the variables that are keys.
///
/// # Errors
/// A variable that begins as the console's own do and means nothing.
pub(super) fn from_environment(
    environment: impl IntoIterator<Item = (String, String)>,
    given: &mut BTreeMap<&'static str, Given>,
) -> Result<(), Refused> {
    for (name, text) in environment {
        let Some(rest) = name.strip_prefix("TOWPATH_") else { continue };
        if is_of_others(&name) {
            continue;
        }
        let wanted = rest.to_ascii_lowercase().replace('_', "-");
        let known = KEYS.iter().find(|key| key.name == wanted && variable(key.name) == name);
        let known = known.ok_or_else(|| {
            let near = variable(nearest(&wanted));
            Refused(format!(
                "The environment variable {} means nothing here; the nearest that does is {near}.",
                domain::text::shorten(&name)
            ))
        })?;
        let place = format!("environment variable {name}");
        given.insert(known.name, Given { text, place, base: PathBuf::new() });
    }
    Ok(())
}

/// Variables of other programs that begin alike: a console may run beside them, or be started by them.
const OF_OTHERS: &[&str] = &[
    // Which file this is read from is said by the command line, which reads it itself.
    "TOWPATH_CONFIG",
    // The commands that speak to a console: which one, and the token.
    "TOWPATH_CONSOLE",
    "TOWPATH_TOKEN",
    // Tests: where the programs are, and what a helper program of a test is told.
    "TOWPATH_BIN",
    "TOWPATH_TEST_",
    "TOWPATH_KILL_",
    // Whom a test has a process tell where it is (`storage::point`).
    "TOWPATH_POINTS",
    // The Platform Server: its own configuration, and what it tells an application that it starts.
    "TOWPATH_ENROLMENT_CODE",
    "TOWPATH_DATA_ROOT",
    "TOWPATH_ADDRESS",
    "TOWPATH_PORT",
    "TOWPATH_BASE_PATH",
    "TOWPATH_HOOK",
    "TOWPATH_DATABASE",
    "TOWPATH_DATABASES_PASSWORD",
    "TOWPATH_PLATFORM",
    "TOWPATH_PLATFORM_TOKEN",
    "TOWPATH_SMTP_PASSWORD",
    "TOWPATH_APPLICATION",
    "TOWPATH_APPLICATION_NAME",
    "TOWPATH_MODULE",
    "TOWPATH_VERSION",
    "TOWPATH_RELEASE",
    "TOWPATH_ENVIRONMENT",
    "TOWPATH_SERVER",
    "TOWPATH_SETTING_",
];

/// Whether a variable belongs to another program. A name that ends in `_` stands for all that begin with it.
pub(super) fn is_of_others(name: &str) -> bool {
    OF_OTHERS.iter().any(|other| if other.ends_with('_') { name.starts_with(other) } else { name == *other })
}

/// The environment variable of a key.
pub(super) fn variable(key: &str) -> String {
    format!("TOWPATH_{}", key.to_ascii_uppercase().replace('-', "_"))
}

/// The key that is written most like a word.
fn nearest(word: &str) -> &'static str {
    // A long word is no key, and would only take time.
    let word: Vec<char> = word.chars().take(64).collect();
    let begun: String = word.iter().collect();
    // A key that begins so was cut short rather than written wrongly.
    let distance = |key: &&Key| (!key.name.starts_with(&begun), edits(&word, key.name));
    KEYS.iter().min_by_key(distance).map_or("", |key| key.name)
}

/// How many letters must be put in, taken out or changed to make one word of the other (Levenshtein).
fn edits(from: &[char], to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.iter().enumerate() {
            let changed = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[to.len()]
}
