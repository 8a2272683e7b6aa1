//! `Leptos.toml`: its sections, and every value with its line.

use super::keys::{KEYS, names};
use super::{Given, Refused};
use std::collections::BTreeMap;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// The section of the site options, an array of tables as cargo-leptos wants it.
const SITE: [&str; 3] = ["workspace", "metadata", "leptos"];

/// Takes every key of the file.
///
/// # Errors
/// The first fault, with its line.
pub(super) fn from_file(
    path: &Path,
    text: &str,
    given: &mut BTreeMap<&'static str, Given>,
) -> Result<(), Refused> {
    let base = path.parent().unwrap_or(Path::new("")).to_owned();
    let at = |span: std::ops::Range<usize>| {
        let line = text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1);
        format!("{}, line {line}", path.display())
    };
    let table = DeTable::parse(text).map_err(|error| {
        Refused(format!(
            "{}: {}.",
            at(error.span().unwrap_or_default()),
            error.message().trim_end_matches('.')
        ))
    })?;
    for (name, value) in table.get_ref() {
        match (name.get_ref().as_ref(), value.get_ref()) {
            ("console", DeValue::Table(section)) => take(section, false, &at, &base, given)?,
            ("workspace", DeValue::Table(_)) => {
                let mut value = value.get_ref();
                for part in &SITE[1..] {
                    let DeValue::Table(inner) = value else {
                        return Err(Refused(format!(
                            "{}: site options stand in [[{}]].",
                            at(name.span()),
                            SITE.join(".")
                        )));
                    };
                    if let Some((other, _)) = inner.iter().find(|(key, _)| key.get_ref() != part) {
                        let sentence =
                            format!("{}: “{}” means nothing here.", at(other.span()), other.get_ref());
                        return Err(Refused(sentence));
                    }
                    match inner.iter().next() {
                        Some((_, next)) => value = next.get_ref(),
                        None => return Ok(()),
                    }
                }
                let sections = match value {
                    DeValue::Array(sections) => sections.iter().map(toml::Spanned::get_ref).collect(),
                    single => vec![single],
                };
                let [DeValue::Table(section)] = sections.as_slice() else {
                    return Err(Refused(format!(
                        "{}: one [[{}]] is allowed.",
                        at(name.span()),
                        SITE.join(".")
                    )));
                };
                take(section, true, &at, &base, given)?;
            }
            (other, _) => {
                return Err(Refused(format!(
                    "{}: “{other}” is no section; sections are [[{}]] and [console].",
                    at(name.span()),
                    SITE.join(".")
                )));
            }
        }
    }
    Ok(())
}

fn take(
    section: &DeTable<'_>,
    site: bool,
    at: &impl Fn(std::ops::Range<usize>) -> String,
    base: &Path,
    given: &mut BTreeMap<&'static str, Given>,
) -> Result<(), Refused> {
    for (name, value) in section {
        let known = KEYS.iter().find(|key| key.site == site && key.name == name.get_ref().as_ref());
        let known = known.ok_or_else(|| {
            let allowed = names(|key| key.site == site);
            Refused(format!(
                "{}: “{}” is no key of this section; keys are {allowed}.",
                at(name.span()),
                name.get_ref()
            ))
        })?;
        let text = text_of(value.get_ref()).ok_or_else(|| {
            Refused(format!(
                "{}: {} is of the wrong type; allowed is {}.",
                at(name.span()),
                known.name,
                known.allowed
            ))
        })?;
        given.insert(known.name, Given { text, place: at(name.span()), base: base.to_owned() });
    }
    Ok(())
}

fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Array(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(|part| text_of(part.get_ref())).collect();
            Some(parts?.join(","))
        }
        _ => None,
    }
}
