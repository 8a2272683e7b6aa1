//! The audit log.

use super::{Count, Paged};
use domain::id::EntryId;
use domain::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// An audit entry on a list.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct EntryRow {
    /// Identity.
    pub id: EntryId,
    /// Its number in the chain; none while it is not chained yet.
    pub number: Option<u64>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor_name: String,
    /// `user`, `local_operator`, `platform_server`, `console`, `anonymous`.
    pub actor_kind: String,
    /// From where.
    pub address: String,
    /// Which operation, such as `application.tag`.
    pub operation: String,
    /// On what: kind and name.
    pub object_kind: String,
    /// The object's id.
    pub object_id: String,
    /// The object's name at that time.
    pub object_name: String,
    /// `done`, `denied` or `failed`.
    pub outcome: String,
    /// The sentence of a refusal or failure.
    pub reason: String,
}

/// One audit entry.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct EntryPage {
    /// The same facts as on a list.
    pub row: EntryRow,
    /// Before, by field.
    pub before: Value,
    /// After, by field.
    pub after: Value,
    /// Other objects it concerns: kind and name.
    pub related: Vec<(String, String)>,
    /// The request.
    pub request: String,
    /// The session, first digits of its hash.
    pub session: String,
    /// The id of the token that was used; empty where none was.
    pub token: String,
    /// Number and hash (hexadecimal) of this entry and its neighbours in the chain; empty while it is not chained.
    pub chain: Vec<(u64, String)>,
    /// The canonical bytes.
    pub canonical: String,
}

/// The audit log.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Paged<EntryRow>,
    /// How many match.
    pub matching: Count,
    /// The operations that occur, for the filter.
    pub operations: Vec<String>,
    /// The last number of the chain.
    pub chained: u64,
    /// Entries that are committed and not chained yet.
    pub unchained: Count,
}
