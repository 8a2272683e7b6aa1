//! Parts of an architecture that are recorded one by one, and the form of one. All of it is recorded, nothing measured.

use super::{Keyed, Possible};
use domain::architecture::words::PartKind;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A part as it is recorded.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct PartRow {
    /// Its kind.
    pub kind: PartKind,
    /// Key of its environment; none where it belongs to the infrastructure itself.
    pub environment: Option<String>,
    /// Its key; it stays.
    pub key: String,
    /// What it is called: a catalog by its kind, everything else by its name.
    pub name: String,
    /// Its values by the names of the fields; null where nothing is recorded.
    pub values: BTreeMap<&'static str, Value>,
    /// The same for people: the names of choices, and of the parts that keys stand for.
    #[serde(skip)]
    pub shown: BTreeMap<&'static str, String>,
    /// Who names it, each in a few words.
    pub used_by: Vec<String>,
}

/// The form of a part.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct PartForm {
    /// Its kind.
    pub kind: PartKind,
    /// Its environment; none where it belongs to the infrastructure itself.
    pub environment: Option<Keyed>,
    /// Its key; none of a new one.
    pub key: Option<String>,
    /// What it is called; empty of a new one.
    pub name: String,
    /// The keys that a new one can have, where they are a closed list.
    pub keys: Option<Vec<Keyed>>,
    /// Its fields, in their order.
    pub fields: Vec<PartField>,
    /// Who names it, each in a few words.
    pub used_by: Vec<String>,
    /// Whether it can be taken out, and what keeps it; none of a new one.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub remove: Option<Possible>,
}

/// A field of a part.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct PartField {
    /// Its name in requests.
    pub name: &'static str,
    /// What people read beside it.
    pub label: &'static str,
    /// What it is for; empty where the label says it.
    pub help: &'static str,
    /// Whether it can be left empty.
    pub required: bool,
    /// How it is filled in.
    pub input: PartInput,
    /// What can be chosen, where it is chosen.
    pub choices: Vec<Keyed>,
    /// What is recorded; null where nothing is.
    pub value: Value,
    /// The same as text.
    #[serde(skip)]
    pub text: String,
}

/// How a field is filled in.
#[derive(Debug, Clone, Copy, Serialize, PartialEq, Eq)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum PartInput {
    /// A text of at most so many characters.
    Text {
        /// The most characters.
        most: u32,
    },
    /// A host name or an IP address, with a port where needed.
    Host,
    /// A whole number from 1.
    Number {
        /// The greatest.
        most: u32,
    },
    /// An address with `https://` or `http://`.
    WebAddress,
    /// One of the choices.
    Choice,
    /// Several of the choices.
    Several,
    /// Yes or no.
    YesNo,
}

/// A part that was just added, changed or taken out.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct PutPart {
    /// Its kind.
    pub kind: PartKind,
    /// Key of its environment.
    pub environment: Option<String>,
    /// Its key.
    pub key: String,
    /// What it is called.
    pub name: String,
}
