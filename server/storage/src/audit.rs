//! The audit log (design 7): entries, their objects, and the chain over them.

use crate::backend::Inner;
use crate::column::{Value, row};
use crate::error::StoreError;
use crate::page::{ByTime, Count, Page, Paged, cut, wanted};
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::sealed::Connected;
use crate::transaction::{ChainTx, Reader};
use domain::access::Actor;
use domain::audit::{Entry, chain};
use domain::id::{EntryId, InfrastructureId};
use domain::time::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

row! {
    /// An entry as it is listed. The whole of it is in `canonical`.
    pub struct EntryRow {
        /// Identity.
        id: EntryId,
        /// When.
        at: Timestamp,
        /// The infrastructure; none for what is console-wide.
        infrastructure_id: Option<InfrastructureId>,
        /// `anonymous`, `user`, `platform_server`, `local_operator` or `console`.
        actor_kind: String,
        /// The id of the user or server.
        actor_id: Option<String>,
        /// The actor's name at that time.
        actor_name: String,
        /// Which operation.
        operation: String,
        /// The object's kind.
        object_kind: String,
        /// The object's id.
        object_id: String,
        /// The object's name at that time.
        object_name: String,
        /// `done`, `denied` or `failed`.
        outcome: String,
        /// From where.
        address: String,
        /// The request.
        request_id: Option<String>,
        /// The canonical bytes, which are UTF-8.
        canonical: String,
        /// The number in the chain; none while it is not chained.
        number: Option<u64>,
        /// The chain's hash at this entry, hexadecimal.
        hash: Option<String>,
    }
}

row! {
    /// The last entry that is chained.
    pub struct Head {
        /// Its number; 0 before the first.
        number: u64,
        /// The chain's hash there, hexadecimal.
        hash: String,
    }
}

row! {
    struct Unchained {
        id: EntryId,
        canonical: String,
    }
}

macro_rules! fields {
    () => {
        "e.id, e.at, e.infrastructure_id, e.actor_kind, e.actor_id, e.actor_name, e.operation, e.object_kind, \
         e.object_id, e.object_name, e.outcome, e.address, e.request_id, e.canonical, e.number, e.hash"
    };
}

pub(crate) mod list;
pub use list::{AuditFilter, AuditScope, count, list};

statements! {
    INSERT = "insert into audit_entry (id, at, infrastructure_id, scope, actor_kind, actor_id, actor_name, operation, ",
        "object_kind, object_id, object_name, outcome, address, request_id, search, canonical) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    INSERT_OBJECT = "insert into audit_object (kind, object_id, at, entry_id, scope) values ($1, $2, $3, $4, $5) ",
        "on conflict do nothing";
    BY_ID = "select ", fields!(), " from audit_entry e where e.id = $1";
    HISTORY = "select ", fields!(), " from audit_object o join audit_entry e on e.id = o.entry_id ",
        "where o.kind = $1 and o.object_id = $2 and (o.at, o.entry_id) < ($3, $4) ",
        "order by o.at desc, o.entry_id desc limit $5";
    // Steps from one operation to the next along its index, instead of reading all entries.
    NEXT_OPERATION = "select e.operation as value from audit_entry e where e.scope = $1 and e.operation > $2 ",
        "order by e.operation limit 1";
    CHAINED = "select ", fields!(), " from audit_entry e where e.number > $1 order by e.number limit $2";
    HEAD = "select number, hash from audit_head where id = 1";
    HEAD_FOR_UPDATE + FOR_UPDATE = "select number, hash from audit_head where id = 1";
    SET_HEAD = "update audit_head set number = $1, hash = $2 where id = 1";
    UNCHAINED = "select id, canonical from audit_entry where number is null order by at, id limit $1";
    COUNT_UNCHAINED = "select count(*) as value from (select 1 from audit_entry where number is null limit 1001) c";
    CHAIN = "update audit_entry set number = $2, hash = $3 where id = $1";
}

/// The scope as it is stored.
fn scope(infrastructure: Option<InfrastructureId>) -> Uuid {
    infrastructure.map_or(Uuid::nil(), |id| id.0)
}

fn actor_parts(actor: Actor) -> (&'static str, Option<String>) {
    match actor {
        Actor::Anonymous => ("anonymous", None),
        Actor::User { user } => ("user", Some(user.to_string())),
        Actor::PlatformServer { server, .. } => ("platform_server", Some(server.to_string())),
        Actor::LocalOperator => ("local_operator", None),
        Actor::Console => ("console", None),
    }
}

/// Stores an entry, within the transaction of what it tells.
pub(crate) async fn record(tx: &mut impl Connected, entry: &Entry) -> Result<(), StoreError> {
    let canonical = String::from_utf8_lossy(&entry.canonical()?).into_owned();
    let (actor_kind, actor_id) = actor_parts(entry.actor);
    let scope = scope(entry.infrastructure);
    let search = [&entry.actor_name, &entry.operation, &entry.object.name, &entry.origin.address]
        .map(|part| part.to_lowercase())
        .join("\n");
    let args = args![
        entry.id,
        entry.at,
        entry.infrastructure,
        scope,
        actor_kind,
        actor_id,
        &entry.actor_name,
        &entry.operation,
        &entry.object.kind,
        &entry.object.id,
        &entry.object.name,
        entry.outcome.word(),
        &entry.origin.address,
        entry.origin.request.map(|id| id.to_string()),
        search,
        canonical
    ];
    execute(tx, &INSERT, args).await?;
    for object in std::iter::once(&entry.object).chain(&entry.related) {
        let args = args![&object.kind, &object.id, entry.at, entry.id, scope];
        execute(tx, &INSERT_OBJECT, args).await?;
    }
    Ok(())
}

/// Numbers and chains committed entries. The head is held until the commit, so that there is one chain however many nodes do this.
pub(crate) async fn sequence(store: &Arc<Inner>, max: u32) -> Result<u32, StoreError> {
    let mut tx = ChainTx::begin(store).await?;
    let head: Head = one(&mut tx, &HEAD_FOR_UPDATE, args![]).await?;
    let entries: Vec<Unchained> = all(&mut tx, &UNCHAINED, args![max]).await?;
    if entries.is_empty() {
        return Ok(0);
    }
    let mut number = head.number;
    let mut hash = [0; 32];
    hex::decode_to_slice(&head.hash, &mut hash).map_err(|error| StoreError::Inconsistent {
        table: "audit_head".to_owned(),
        column: "hash".to_owned(),
        row: "1".to_owned(),
        why: error.to_string(),
    })?;
    for entry in &entries {
        number += 1;
        hash = chain(number, &hash, entry.canonical.as_bytes());
        execute(&mut tx, &CHAIN, args![entry.id, number, hex::encode(hash)]).await?;
    }
    execute(&mut tx, &SET_HEAD, args![number, hex::encode(hash)]).await?;
    tx.commit().await?;
    Ok(u32::try_from(entries.len()).unwrap_or(u32::MAX))
}

/// One entry. Whether it may be read is decided by the caller.
///
/// # Errors
/// The driver's own.
pub async fn by_id(tx: &mut impl Reader, id: EntryId) -> Result<Option<EntryRow>, StoreError> {
    optional(tx, &BY_ID, args![id]).await
}

/// A page of the entries that concern an object, newest first.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn history(
    tx: &mut impl Reader,
    kind: &str,
    object_id: &str,
    page: &Page,
) -> Result<Paged<EntryRow>, StoreError> {
    let before = ByTime::before(page)?;
    let rows = all(tx, &HISTORY, args![kind, object_id, before.at, before.id, wanted(page)]).await?;
    Ok(cut(rows, page, |row: &EntryRow| ByTime::mark(row.at, row.id.0)))
}

/// The operations that occur in some scopes, in order.
///
/// # Errors
/// The driver's own.
pub async fn facets(tx: &mut impl Reader, scopes: &[Option<InfrastructureId>]) -> Result<Vec<String>, StoreError> {
    let mut found = std::collections::BTreeSet::new();
    for one in scopes {
        let mut after = String::new();
        while let Some(Value(next)) =
            optional::<Value<String>>(tx, &NEXT_OPERATION, args![scope(*one), &after]).await?
        {
            after.clone_from(&next);
            found.insert(next);
        }
    }
    Ok(found.into_iter().collect())
}

/// The last entry that is chained.
///
/// # Errors
/// The driver's own.
pub async fn head(tx: &mut impl Reader) -> Result<Head, StoreError> {
    one(tx, &HEAD, args![]).await
}

/// How many entries are committed and not chained yet.
///
/// # Errors
/// The driver's own.
pub async fn tail_unchained(tx: &mut impl Reader) -> Result<Count, StoreError> {
    one(tx, &COUNT_UNCHAINED, args![]).await
}

/// The chained entries with numbers above `after`, in the order of the chain, for an export.
///
/// # Errors
/// The driver's own.
pub async fn chained(tx: &mut impl Reader, after: u64, limit: u32) -> Result<Vec<EntryRow>, StoreError> {
    all(tx, &CHAINED, args![after, limit]).await
}
