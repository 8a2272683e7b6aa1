//! What an audit entry says, and its one encoding (design 7).
//!
//! The encoding is canonical: the same entry has the same bytes everywhere. Version 1 is JSON with keys in the order of their
//! bytes, no spaces, integers only, strings escaped as RFC 8785 does. The chain is made over these bytes by [`chain`].

use crate::access::Actor;
use crate::id::{EntryId, InfrastructureId, RequestId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The version of the encoding, the first thing in every entry.
pub const ENCODING: i64 = 1;

/// One audit entry: who did what, when, from where, with what outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Identity of the entry.
    pub id: EntryId,
    /// When, by the console's clock.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// The actor's name at that time; for an unknown sign-in the name that was typed, shortened.
    pub actor_name: String,
    /// From where.
    pub origin: Origin,
    /// Which operation, such as `application.tag`.
    pub operation: String,
    /// The infrastructure it belongs to; none for what is console-wide.
    pub infrastructure: Option<InfrastructureId>,
    /// On what.
    pub object: Object,
    /// Other objects it concerns, so that their histories show it too.
    pub related: Vec<Object>,
    /// How it ended.
    pub outcome: Outcome,
    /// The state before, as far as it changed; secrets masked.
    pub before: Value,
    /// The state after, as far as it changed; secrets masked.
    pub after: Value,
}

/// Where an act came from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The network address, or `local`.
    pub address: String,
    /// First eight hexadecimal digits of the session's hash, if there is a session.
    pub session: Option<String>,
    /// The token's id, if one was used. Without one it is not in the encoding, so that the bytes of older entries stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The request.
    pub request: Option<RequestId>,
}

/// An object that an entry is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its kind, such as `application`.
    pub kind: String,
    /// Its id, or another stable name.
    pub id: String,
    /// Its name at that time.
    pub name: String,
}

impl Object {
    /// An object of a kind, with its id and name.
    #[must_use]
    pub fn new(kind: &str, id: impl ToString, name: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), id: id.to_string(), name: name.into() }
    }
}

/// How an act ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused for want of a permission.
    Denied {
        /// The sentence that the person was shown.
        reason: String,
    },
    /// It was refused or failed for another reason.
    Failed {
        /// The sentence that the person was shown.
        reason: String,
    },
}

impl Outcome {
    /// The word in lists and filters.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied { .. } => "denied",
            Self::Failed { .. } => "failed",
        }
    }
}

/// An entry holds a number that is no integer, which has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an audit entry holds the number {0}, and only integers have a canonical form")]
pub struct NotCanonical(pub String);

impl Entry {
    /// The canonical bytes of the entry, version 1.
    ///
    /// # Errors
    /// [`NotCanonical`] where `before` or `after` hold a number that is no integer.
    pub fn canonical(&self) -> Result<Vec<u8>, NotCanonical> {
        let mut map = match serde_json::to_value(self) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        };
        map.insert("v".to_owned(), Value::from(ENCODING));
        let mut bytes = Vec::with_capacity(512);
        write(&Value::Object(map), &mut bytes)?;
        Ok(bytes)
    }
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(yes) => out.extend_from_slice(if *yes { b"true" } else { b"false" }),
        Value::Number(number) if number.is_i64() || number.is_u64() => {
            out.extend_from_slice(number.to_string().as_bytes());
        }
        Value::Number(number) => return Err(NotCanonical(number.to_string())),
        Value::String(text) => out.extend_from_slice(Value::from(text.as_str()).to_string().as_bytes()),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(map) => {
            // The order must not depend on how the map happens to be built.
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            out.push(b'{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(Value::from(key.as_str()).to_string().as_bytes());
                out.push(b':');
                write(&map[key], out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// The hash before the first entry.
pub const GENESIS: [u8; 32] = [0; 32];

/// The hash of an entry's canonical bytes, as a leaf of an RFC 6962 tree: SHA-256 over a zero byte and the bytes.
#[must_use]
pub fn leaf(canonical: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(canonical).finalize().into()
}

/// The chain's hash at entry `number` (from 1): SHA-256 over a label, the number in eight bytes big-endian, the hash before,
/// and the entry's [`leaf`].
#[must_use]
pub fn chain(number: u64, before: &[u8; 32], canonical: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"towpath-audit-chain-v1\n")
        .chain_update(number.to_be_bytes())
        .chain_update(before)
        .chain_update(leaf(canonical))
        .finalize()
        .into()
}

/// What stands in an entry in place of a secret.
pub const MASKED: &str = "*******";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    fn entry(before: Value, after: Value) -> Entry {
        Entry {
            id: EntryId(Uuid::from_u128(1)),
            at: Timestamp(2),
            actor: Actor::LocalOperator,
            actor_name: "local operator".to_owned(),
            origin: Origin { address: "local".to_owned(), ..Origin::default() },
            operation: "user.add".to_owned(),
            infrastructure: None,
            object: Object::new("user", "u1", "Ines"),
            related: vec![],
            outcome: Outcome::Done,
            before,
            after,
        }
    }

    /// The encoding is a promise: these bytes and hashes never change for version 1.
    #[test]
    fn version_1_is_fixed() {
        let bytes = entry(Value::Null, json!({"b": 1, "a": "ü\n\u{7f}"})).canonical().unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"actor":{"kind":"local_operator"},"actor_name":"local operator","after":{"a":"ü\n"#,
                "\u{7f}",
                r#"","b":1},"at":2,"before":null,"id":"00000000-0000-0000-0000-000000000001","infrastructure":null,"#,
                r#""object":{"id":"u1","kind":"user","name":"Ines"},"operation":"user.add","#,
                r#""origin":{"address":"local","request":null,"session":null},"outcome":{"result":"done"},"related":[],"v":1}"#
            )
        );
        let first = chain(1, &GENESIS, &bytes);
        assert_ne!(first, chain(2, &GENESIS, &bytes));
        assert_ne!(first, chain(1, &first, &bytes));
        assert_ne!(first, leaf(&bytes));
    }

    #[test]
    fn fractions_are_refused() {
        assert!(entry(json!(1.5), Value::Null).canonical().is_err());
    }

    proptest! {
        #[test]
        fn one_changed_byte_changes_the_chain(text in ".{1,40}", other in ".{1,40}") {
            let a = entry(json!(text), Value::Null).canonical().unwrap();
            let b = entry(json!(other), Value::Null).canonical().unwrap();
            prop_assert_eq!(text == other, chain(1, &GENESIS, &a) == chain(1, &GENESIS, &b));
            let back: Entry = serde_json::from_slice(&a).unwrap();
            prop_assert_eq!(back.canonical().unwrap(), a);
        }
    }
}
