//! The audit log (design 7): entries, their objects, and the chain over them.

use crate::backend::Inner;
use crate::column::{Value, row};
use crate::error::StoreError;
use crate::page::{ByTime, Count, Page, Paged, cut, pattern, wanted};
use crate::statement::{all, args, execute, one, optional, statements};
use crate::transaction::sealed::Connected;
use crate::transaction::{ChainTx, Reader};
use domain::access::Actor;
use domain::audit::{Entry, chain};
use domain::id::{EntryId, InfrastructureId, UserId};
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

/// Which entries somebody may read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditScope {
    /// Those of these infrastructures; none stands for what is console-wide, such as signing in.
    Of(Vec<Option<InfrastructureId>>),
    /// What this user did.
    Own(UserId),
}

/// Which entries are looked for. Each field narrows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// The id of a user or server.
    pub actor: Option<String>,
    /// The operation.
    pub operation: Option<String>,
    /// Kind and id of an object, as the entry's own or a related one.
    pub object: Option<(String, String)>,
    /// `done`, `denied` or `failed`.
    pub outcome: Option<String>,
    /// Part of actor, operation, object or address, without regard to case.
    pub search: Option<String>,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

macro_rules! fields {
    () => {
        "e.id, e.at, e.infrastructure_id, e.actor_kind, e.actor_id, e.actor_name, e.operation, e.object_kind, \
         e.object_id, e.object_name, e.outcome, e.address, e.request_id, e.canonical, e.number, e.hash"
    };
}

/// The range of times, the place in the list, and the filters that are not the index of a shape; each is off where its value is null or
/// `%%`.
macro_rules! narrowed {
    () => {
        " and e.at >= $2 and (e.at, e.id) < ($3, $4) and coalesce(e.actor_id, '') = coalesce($5, e.actor_id, '') \
         and e.operation = coalesce($6, e.operation) and e.outcome = coalesce($7, e.outcome) \
         and e.search like $8 escape '!'"
    };
}
macro_rules! newest_first {
    () => {
        " order by e.at desc, e.id desc limit $9"
    };
}
/// A counter over the same rows as a shape.
macro_rules! counted {
    () => {
        " limit $9) c"
    };
}

statements! {
    INSERT = "insert into audit_entry (id, at, infrastructure_id, scope, actor_kind, actor_id, actor_name, operation, ",
        "object_kind, object_id, object_name, outcome, address, request_id, search, canonical) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    INSERT_OBJECT = "insert into audit_object (kind, object_id, at, entry_id, scope) values ($1, $2, $3, $4, $5) ",
        "on conflict do nothing";
    BY_ID = "select ", fields!(), " from audit_entry e where e.id = $1";
    // The shapes of the list, each with the index it goes by.
    LIST = "select ", fields!(), " from audit_entry e where e.scope = $1", narrowed!(), newest_first!();
    LIST_OPERATION = "select ", fields!(), " from audit_entry e where e.scope = $1 and e.operation = $6", narrowed!(),
        newest_first!();
    LIST_OUTCOME = "select ", fields!(), " from audit_entry e where e.scope = $1 and e.outcome = $7", narrowed!(),
        newest_first!();
    LIST_ACTOR = "select ", fields!(), " from audit_entry e where e.actor_id = $5 and e.scope = $1", narrowed!(),
        newest_first!();
    LIST_OWN = "select ", fields!(), " from audit_entry e where e.actor_id = $1", narrowed!(), newest_first!();
    LIST_OBJECT = "select ", fields!(), " from audit_object o join audit_entry e on e.id = o.entry_id ",
        "where o.kind = $10 and o.object_id = $11 and o.scope = $1 and (o.at, o.entry_id) < ($3, $4)", narrowed!(),
        " order by o.at desc, o.entry_id desc limit $9";
    LIST_OBJECT_OWN = "select ", fields!(), " from audit_object o join audit_entry e on e.id = o.entry_id ",
        "where o.kind = $10 and o.object_id = $11 and e.actor_id = $1 and (o.at, o.entry_id) < ($3, $4)", narrowed!(),
        " order by o.at desc, o.entry_id desc limit $9";
    COUNT = "select count(*) as value from (select 1 from audit_entry e where e.scope = $1", narrowed!(), counted!();
    COUNT_OPERATION = "select count(*) as value from (select 1 from audit_entry e where e.scope = $1 and e.operation = $6",
        narrowed!(), counted!();
    COUNT_OUTCOME = "select count(*) as value from (select 1 from audit_entry e where e.scope = $1 and e.outcome = $7",
        narrowed!(), counted!();
    COUNT_ACTOR = "select count(*) as value from (select 1 from audit_entry e where e.actor_id = $5 and e.scope = $1",
        narrowed!(), counted!();
    COUNT_OWN = "select count(*) as value from (select 1 from audit_entry e where e.actor_id = $1", narrowed!(), counted!();
    COUNT_OBJECT = "select count(*) as value from (select 1 from audit_object o join audit_entry e on e.id = o.entry_id ",
        "where o.kind = $10 and o.object_id = $11 and o.scope = $1", narrowed!(), counted!();
    COUNT_OBJECT_OWN = "select count(*) as value from (select 1 from audit_object o join audit_entry e on e.id = o.entry_id ",
        "where o.kind = $10 and o.object_id = $11 and e.actor_id = $1", narrowed!(), counted!();
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

/// The shape of a list or a counter, and which scopes it is asked for.
struct Shape {
    list: &'static crate::Statement,
    count: &'static crate::Statement,
    keys: Vec<crate::statement::Arg>,
}

fn shape(audit_scope: &AuditScope, filter: &AuditFilter) -> Shape {
    let (list, count) = match (audit_scope, filter) {
        (AuditScope::Own(_), AuditFilter { object: Some(_), .. }) => (&LIST_OBJECT_OWN, &COUNT_OBJECT_OWN),
        (AuditScope::Own(_), _) => (&LIST_OWN, &COUNT_OWN),
        (AuditScope::Of(_), AuditFilter { object: Some(_), .. }) => (&LIST_OBJECT, &COUNT_OBJECT),
        (AuditScope::Of(_), AuditFilter { actor: Some(_), .. }) => (&LIST_ACTOR, &COUNT_ACTOR),
        (AuditScope::Of(_), AuditFilter { operation: Some(_), .. }) => (&LIST_OPERATION, &COUNT_OPERATION),
        (AuditScope::Of(_), AuditFilter { outcome: Some(_), .. }) => (&LIST_OUTCOME, &COUNT_OUTCOME),
        (AuditScope::Of(_), _) => (&LIST, &COUNT),
    };
    let keys = match audit_scope {
        AuditScope::Own(user) => args![user.to_string()],
        AuditScope::Of(scopes) => scopes.iter().map(|one| scope(*one).into()).collect(),
    };
    Shape { list, count, keys }
}

fn shape_args(
    key: crate::statement::Arg,
    filter: &AuditFilter,
    before: ByTime,
    limit: i64,
) -> Vec<crate::statement::Arg> {
    let search = pattern(filter.search.as_deref().unwrap_or_default());
    let mut all = vec![key];
    // The end of the range is a place in the list like any other.
    let end = filter.to.map_or(before, |to| {
        if to <= before.at { ByTime { at: to, id: Uuid::nil() } } else { before }
    });
    all.extend(args![
        filter.from.unwrap_or(Timestamp(i64::MIN)),
        end.at,
        end.id,
        filter.actor.as_deref(),
        filter.operation.as_deref(),
        filter.outcome.as_deref(),
        search,
        limit
    ]);
    if let Some((kind, id)) = &filter.object {
        all.extend(args![kind, id]);
    }
    all
}

/// A page of the entries, newest first.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn list(
    tx: &mut impl Reader,
    scope: &AuditScope,
    filter: &AuditFilter,
    page: &Page,
) -> Result<Paged<EntryRow>, StoreError> {
    let before = ByTime::before(page)?;
    let shape = shape(scope, filter);
    let mut rows: Vec<EntryRow> = Vec::new();
    for key in shape.keys {
        let args = shape_args(key, filter, before, wanted(page));
        rows.extend(all::<EntryRow>(tx, shape.list, args).await?);
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.at, row.id)));
    Ok(cut(rows, page, |row| ByTime::mark(row.at, row.id.0)))
}

/// How many entries match.
///
/// # Errors
/// The driver's own.
pub async fn count(
    tx: &mut impl Reader,
    scope: &AuditScope,
    filter: &AuditFilter,
) -> Result<Count, StoreError> {
    let shape = shape(scope, filter);
    let first = ByTime::before(&Page::first(1))?;
    let mut counted = 0;
    for key in shape.keys {
        let args = shape_args(key, filter, first, 1001);
        let Value(some): Value<u64> = one(tx, shape.count, args).await?;
        counted += some;
    }
    Ok(Count::of(counted))
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
