//! An architecture as a file: TOML, written in a fixed order, read with every fault at its line.

use super::model::{Architecture, DataCenter, DatabaseServer, Environment, Pipeline, Tool};
use super::rules;
use super::words::{Edition, Hosting};
use crate::text::{Key, shorten};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The format that this version reads and writes.
pub const FORMAT: u32 = 1;
/// The longest text that is read, bytes: ten times what 200 environments of ten servers need.
pub const LENGTH_MAX: usize = 8_000_000;

/// So many faults are told at most; the first ones say enough.
pub const FAULTS_MAX: usize = 100;

/// Why a file was not taken, one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// The place in the architecture, where it is known: collections, keys and a field.
    pub path: Option<String>,
    /// What is wrong, and what is allowed.
    pub sentence: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "Line {line}: {}", self.sentence),
            None => f.write_str(&self.sentence),
        }
    }
}

/// The file: an architecture behind the number of its format.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    hosting: Hosting,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edition: Option<Edition>,
    #[serde(default)]
    order: Vec<Key>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    data_centers: BTreeMap<Key, DataCenter>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    environments: BTreeMap<Key, Environment>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pipelines: BTreeMap<Key, Pipeline>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    database_servers: BTreeMap<Key, DatabaseServer>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tools: BTreeMap<Key, Tool>,
}

/// Writes an architecture. Equal architectures give equal files.
///
/// # Errors
/// None in fact: every architecture can be written, as tests show.
pub fn export(architecture: &Architecture) -> Result<String, toml::ser::Error> {
    let Architecture {
        hosting,
        edition,
        order,
        data_centers,
        environments,
        pipelines,
        database_servers,
        tools,
    } = architecture.clone();
    toml::to_string(&Document {
        format: FORMAT,
        hosting,
        edition,
        order,
        data_centers,
        environments,
        pipelines,
        database_servers,
        tools,
    })
}

/// Reads an architecture. What a rule refuses ([`rules::refusals`]) is a fault of the file; other findings are not.
///
/// # Errors
/// At least one fault: the first one of the text itself, or the first [`FAULTS_MAX`] of the rules.
pub fn import(text: &str) -> Result<Architecture, Vec<Fault>> {
    let alone = |sentence: String| vec![Fault { line: None, path: None, sentence }];
    if text.len() > LENGTH_MAX {
        return Err(alone(format!("The file has {} bytes; at most {LENGTH_MAX} are allowed.", text.len())));
    }
    let table: toml::Table = toml::from_str(text).map_err(|error| vec![located(text, &error)])?;
    match table.get("format").and_then(toml::Value::as_integer) {
        Some(format) if format == i64::from(FORMAT) => {}
        Some(format) => {
            return Err(alone(format!(
                "The format is {format}; this version of Towpath reads format {FORMAT}."
            )));
        }
        None => {
            return Err(alone(format!(
                "The format is missing: write “format = {FORMAT}” on the first line."
            )));
        }
    }
    let Document {
        format: _,
        hosting,
        edition,
        order,
        data_centers,
        environments,
        pipelines,
        database_servers,
        tools,
    } = toml::from_str(text).map_err(|error| vec![located(text, &error)])?;
    let architecture = Architecture {
        hosting,
        edition,
        order,
        data_centers,
        environments,
        pipelines,
        database_servers,
        tools,
    };
    let refused = rules::refusals(&architecture);
    if refused.is_empty() {
        return Ok(architecture);
    }
    let root = toml::de::DeTable::parse(text).ok();
    let line = |path: &str| root.as_ref().and_then(|root| line_of_path(text, root.get_ref(), path));
    let told = refused.into_iter().take(FAULTS_MAX).map(|finding| Fault {
        line: line(&finding.path),
        sentence: finding.sentence(),
        path: Some(finding.path),
    });
    Err(told.collect())
}

/// A fault that the TOML reader found; its own text may run over several lines, and begins without a capital.
fn located(text: &str, error: &toml::de::Error) -> Fault {
    let line = error.span().map(|span| line_at(text, span.start));
    let message = error.message();
    let sentence = if message.starts_with("duplicate key") {
        let quoted = error.span().and_then(|span| text.get(span)).map(shorten).unwrap_or_default();
        format!("“{quoted}” is there twice; write each key and each part once.")
    } else {
        let message = message.split('\n').map(str::trim).collect::<Vec<_>>().join(", ");
        let mut letters = message.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}.", letters.as_str().trim_end_matches('.'))
    };
    Fault { line, path: None, sentence }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The line of the longest part of a path that the file writes; none where it writes nothing of it.
fn line_of_path(text: &str, root: &toml::de::DeTable<'_>, path: &str) -> Option<usize> {
    let mut table = Some(root);
    let mut at = None;
    for step in path.split('/') {
        let Some((key, value)) = table.and_then(|table| table.get_key_value(step)) else {
            break;
        };
        at = Some(key.span().start);
        table = value.get_ref().as_table();
    }
    at.map(|at| line_at(text, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::template::template;
    use crate::architecture::words::Engine;

    fn sound() -> String {
        export(&template(Edition::Basic, Hosting::Aws, Engine::SqlServer).unwrap()).unwrap()
    }

    #[test]
    fn templates_come_back() {
        for edition in Edition::ALL {
            for hosting in Hosting::ALL {
                let made = template(*edition, *hosting, Engine::PostgreSql).unwrap();
                let text = export(&made).unwrap();
                assert!(text.starts_with("format = 1\n"), "{text}");
                assert_eq!(import(&text).unwrap(), made);
                assert_eq!(export(&import(&text).unwrap()).unwrap(), text);
            }
        }
        let empty = Architecture::empty(Hosting::OnPremises);
        assert_eq!(import(&export(&empty).unwrap()).unwrap(), empty);
    }

    /// The faults of the sound file with one text replaced.
    fn faults(old: &str, new: &str) -> Vec<String> {
        let text = sound();
        assert!(text.contains(old), "{old} is not in {text}");
        let faults = import(&text.replacen(old, new, 1)).unwrap_err();
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_fault_is_one_sentence_at_its_line() {
        let cases = [
            ("format = 1\n", "", "The format is missing: write “format = 1” on the first line."),
            ("format = 1\n", "format = 2\n", "The format is 2; this version of Towpath reads format 1."),
            (
                "hosting = \"aws\"",
                "colour = 1\nhosting = \"aws\"",
                "Line 2: Unknown field `colour`, expected one of ",
            ),
            (
                "hosting = \"aws\"",
                "hosting = \"cloud\"",
                "Line 2: Unknown variant `cloud`, expected one of `managed_cloud`, ",
            ),
            (
                "hosting = \"aws\"",
                "hosting = \"aws\"\nhosting = \"azure\"",
                "Line 3: “hosting” is there twice; write each key and each part once.",
            ),
            ("hosting = \"aws\"\n", "", "Missing field `hosting`."),
            (
                "name = \"Development\"",
                "name = \"\"",
                "A name has 1 to 80 characters and no line breaks; this one has 0.",
            ),
            ("hosting = \"aws\"", "hosting = ", "Line 2: "),
            (
                "[\"development\", \"test\", \"production\"]",
                "[\"development\", \"uat\"]",
                "There is no environment “uat”: name one that is there, or add it.",
            ),
            (
                "[\"development\", \"test\", \"production\"]",
                "[\"test\", \"development\"]",
                "The pipeline “Main” goes from “Test” back to “Development”, which comes earlier in the order of the infrastructure: change ",
            ),
            (
                "\"management\", ",
                "",
                "Line 4: The order misses the environment “Management”: write each environment into the order once.",
            ),
            (
                "development_log",
                "Management_Log",
                "is the Log catalog of “Management” already: give the catalog ",
            ),
            ("name = \"Development\"", "name = \"test\"", "is called “"),
        ];
        for (old, new, expected) in cases {
            let faults = faults(old, new);
            assert!(faults[0].contains(expected), "{expected}\n{faults:?}");
            assert!(faults.iter().all(|f| f.ends_with('.') && !f.contains('\n')), "{faults:?}");
        }
    }

    #[test]
    fn faults_of_rules_have_lines() {
        let text = sound().replacen("development_log", "management_log", 1);
        let faults = import(&text).unwrap_err();
        let line = text.lines().enumerate().filter(|(_, l)| l.contains("management_log")).map(|(n, _)| n + 1);
        assert!(line.into_iter().any(|line| faults[0].line == Some(line)), "{faults:?}");
        assert!(import(&" ".repeat(LENGTH_MAX + 1)).unwrap_err()[0].sentence.contains("at most"));
    }

    #[test]
    fn so_many_faults_are_told_and_no_more() {
        let mut unsound = template(Edition::Basic, Hosting::Aws, Engine::SqlServer).unwrap();
        let like = unsound.environments.remove(&"test".parse::<Key>().unwrap()).unwrap();
        for number in 0..300 {
            unsound.environments.insert(format!("e-{number}").parse().unwrap(), like.clone());
        }
        assert!(rules::refusals(&unsound).len() > 900);
        let faults = import(&export(&unsound).unwrap()).unwrap_err();
        assert_eq!(faults.len(), FAULTS_MAX);
        assert!(faults.iter().all(|fault| fault.line.is_some()));
    }

    #[test]
    fn any_text_is_refused_without_a_fall() {
        let text = sound();
        for cut in (0..text.len()).step_by(37) {
            let _ = import(&text[..cut]);
        }
    }
}
