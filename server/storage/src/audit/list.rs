//! The list of audit entries: scopes, filters, shapes, each with the index that it goes by, and counters.
//!
//! Filters that are not the index of a shape are checked entry by entry. So that nobody waits for a search through years, a page looks
//! at about 5000 entries of its index; where there are more, it says from where the next one goes on, even if it found nothing.

use super::{EntryRow, scope};
use crate::Statement;
use crate::column::Value;
use crate::error::StoreError;
use crate::page::{ByTime, Count, Page, Paged, cut, pattern, wanted};
use crate::statement::{Arg, all, args, one, optional, statements};
use crate::transaction::Reader;
use domain::id::{InfrastructureId, UserId};
use domain::time::Timestamp;
use uuid::Uuid;

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

/// The 5000th entry from a place on.
macro_rules! bounded {
    () => {
        " and e.at >= $2 and (e.at, e.id) < ($3, $4) order by e.at desc, e.id desc limit 1 offset 5000"
    };
}

statements! {
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
        "where o.kind = $10 and o.object_id = $11 and o.scope = $1 and o.at >= $2 and (o.at, o.entry_id) < ($3, $4)", narrowed!(),
        " order by o.at desc, o.entry_id desc limit $9";
    LIST_OBJECT_OWN = "select ", fields!(), " from audit_object o join audit_entry e on e.id = o.entry_id ",
        "where o.kind = $10 and o.object_id = $11 and e.actor_id = $1 and o.at >= $2 and (o.at, o.entry_id) < ($3, $4)", narrowed!(),
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
        "where o.kind = $10 and o.object_id = $11 and o.scope = $1 and o.at >= $2", narrowed!(), counted!();
    COUNT_OBJECT_OWN = "select count(*) as value from (select 1 from audit_object o join audit_entry e on e.id = o.entry_id ",
        "where o.kind = $10 and o.object_id = $11 and e.actor_id = $1 and o.at >= $2", narrowed!(), counted!();
    // How far back one page looks: the time of the 5000th entry from the place on, by the index alone.
    BOUND = "select e.at as value from audit_entry e where e.scope = $1", bounded!();
    BOUND_OPERATION = "select e.at as value from audit_entry e where e.scope = $1 and e.operation = $5", bounded!();
    BOUND_OUTCOME = "select e.at as value from audit_entry e where e.scope = $1 and e.outcome = $5", bounded!();
    BOUND_ACTOR = "select e.at as value from audit_entry e where e.actor_id = $1", bounded!();
    BOUND_OBJECT = "select o.at as value from audit_object o where o.kind = $1 and o.object_id = $5 and o.at >= $2 ",
        "and (o.at, o.entry_id) < ($3, $4) order by o.at desc, o.entry_id desc limit 1 offset 5000";
}

/// The shape of a list or a counter.
struct Shape {
    list: &'static Statement,
    count: &'static Statement,
    bound: &'static Statement,
    /// The scopes, or the user, that it is asked for one after the other.
    keys: Vec<Arg>,
    /// What the bound goes by in place of a key, and beside it.
    bound_key: Option<Arg>,
    bound_more: Option<Arg>,
    /// Some filter is checked entry by entry.
    searching: bool,
}

fn shape(audit_scope: &AuditScope, filter: &AuditFilter) -> Shape {
    let keys = match audit_scope {
        AuditScope::Own(user) => args![user.to_string()],
        AuditScope::Of(scopes) => scopes.iter().map(|one| scope(*one).into()).collect(),
    };
    let own = matches!(audit_scope, AuditScope::Own(_));
    let AuditFilter { actor, operation, object, outcome, search, .. } = filter;
    let filters = [actor.is_some(), operation.is_some(), object.is_some(), outcome.is_some(), search.is_some()];
    let filters = filters.into_iter().filter(|on| *on).count();
    let new = |list, count, bound| Shape {
        list,
        count,
        bound,
        keys,
        bound_key: None,
        bound_more: None,
        searching: filters > 1,
    };
    let text = |value: &String| Some(Arg::from(value));
    if let Some((kind, id)) = object {
        let (list, count) = if own { (&LIST_OBJECT_OWN, &COUNT_OBJECT_OWN) } else { (&LIST_OBJECT, &COUNT_OBJECT) };
        let shape = new(list, count, &BOUND_OBJECT);
        return Shape { bound_key: text(kind), bound_more: text(id), searching: own || filters > 1, ..shape };
    }
    if own {
        return Shape { searching: filters > 0, ..new(&LIST_OWN, &COUNT_OWN, &BOUND_ACTOR) };
    }
    if let Some(actor) = actor {
        // What the actor did in other scopes lies between.
        let shape = new(&LIST_ACTOR, &COUNT_ACTOR, &BOUND_ACTOR);
        return Shape { bound_key: text(actor), searching: true, ..shape };
    }
    if let Some(operation) = operation {
        return Shape { bound_more: text(operation), ..new(&LIST_OPERATION, &COUNT_OPERATION, &BOUND_OPERATION) };
    }
    if let Some(outcome) = outcome {
        return Shape { bound_more: text(outcome), ..new(&LIST_OUTCOME, &COUNT_OUTCOME, &BOUND_OUTCOME) };
    }
    Shape { searching: filters > 0, ..new(&LIST, &COUNT, &BOUND) }
}

/// From when on, and before which place.
#[derive(Clone, Copy)]
struct Range {
    from: Timestamp,
    before: ByTime,
}

impl Range {
    fn of(filter: &AuditFilter, page: &Page) -> Result<Self, StoreError> {
        let before = ByTime::before(page)?;
        // The end of the range is a place in the list like any other.
        let before = match filter.to {
            Some(to) if to <= before.at => ByTime { at: to, id: Uuid::nil() },
            _ => before,
        };
        Ok(Self { from: filter.from.unwrap_or(Timestamp(i64::MIN)), before })
    }

    /// How far back one page looks within this range; none where it reaches the end.
    async fn bound(self, tx: &mut impl Reader, shape: &Shape) -> Result<Option<Timestamp>, StoreError> {
        if !shape.searching {
            return Ok(None);
        }
        let keys = shape.bound_key.as_ref().map_or(shape.keys.as_slice(), std::slice::from_ref);
        let mut bound = None;
        for key in keys {
            let mut args = args![self.from, self.before.at, self.before.id];
            args.insert(0, key.clone());
            args.extend(shape.bound_more.clone());
            let one: Option<Value<Timestamp>> = optional(tx, shape.bound, args).await?;
            // The nearest one counts for all scopes, so that they stay in one order.
            bound = bound.max(one.map(|Value(at)| at));
        }
        Ok(bound)
    }

    fn args(self, key: &Arg, filter: &AuditFilter, limit: i64) -> Vec<Arg> {
        let mut all = args![
            self.from,
            self.before.at,
            self.before.id,
            filter.actor.as_deref(),
            filter.operation.as_deref(),
            filter.outcome.as_deref(),
            pattern(filter.search.as_deref().unwrap_or_default()),
            limit
        ];
        all.insert(0, key.clone());
        if let Some((kind, id)) = &filter.object {
            all.extend(args![kind, id]);
        }
        all
    }
}

/// A page of the entries, newest first. It may be shorter than asked for, or empty, and still have a next one.
///
/// # Errors
/// [`StoreError::Page`] for a mark that this list did not give.
pub async fn list(
    tx: &mut impl Reader,
    scope: &AuditScope,
    filter: &AuditFilter,
    page: &Page,
) -> Result<Paged<EntryRow>, StoreError> {
    let mut range = Range::of(filter, page)?;
    let shape = shape(scope, filter);
    let bound = range.bound(tx, &shape).await?;
    range.from = bound.unwrap_or(range.from);
    let mut rows: Vec<EntryRow> = Vec::new();
    for key in &shape.keys {
        rows.extend(all::<EntryRow>(tx, shape.list, range.args(key, filter, wanted(page))).await?);
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.at, row.id)));
    let mut found = cut(rows, page, |row| ByTime::mark(row.at, row.id.0));
    found.next = found.next.or_else(|| bound.map(|at| ByTime::mark(at, Uuid::nil())));
    Ok(found)
}

/// How many entries match; “or more” too where there are older ones that were not looked at.
///
/// # Errors
/// The driver's own.
pub async fn count(
    tx: &mut impl Reader,
    scope: &AuditScope,
    filter: &AuditFilter,
) -> Result<Count, StoreError> {
    let mut range = Range::of(filter, &Page::first(1))?;
    let shape = shape(scope, filter);
    let bound = range.bound(tx, &shape).await?;
    range.from = bound.unwrap_or(range.from);
    let mut counted = 0;
    for key in &shape.keys {
        let Value(some): Value<u64> = one(tx, shape.count, range.args(key, filter, 1001)).await?;
        counted += some;
    }
    let count = Count::of(counted);
    Ok(Count { capped: count.capped || bound.is_some(), ..count })
}
