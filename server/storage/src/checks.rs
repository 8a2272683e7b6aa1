//! What the last check of each connection found: of tools, database servers and external databases.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, execute, optional, statements};
use crate::transaction::{CheckTx, Reader, WriteTx};
use domain::architecture::words::{CheckOutcome, WebAddress};
use domain::id::InfrastructureId;
use domain::text::{Key, Name};
use domain::time::Timestamp;

row! {
    /// The last check of a connection.
    pub struct CheckRow {
        /// The infrastructure.
        infrastructure_id: InfrastructureId,
        /// Its place in the architecture, such as `tools/builds`.
        place: String,
        /// What was tried.
        address: String,
        /// When; none while a first check is under way.
        checked_at: Option<Timestamp>,
        /// How it ended; none while a first check is under way.
        outcome: Option<CheckOutcome>,
        /// What was tried and found, one sentence or two; no secret is part of it.
        detail: String,
        /// The name of who checked.
        checked_by: String,
        /// When the console tries it next by itself; none for what only people test.
        next_at: Option<Timestamp>,
    }
}

row! {
    /// A tool that the console is to try now.
    pub struct DueRow {
        /// The infrastructure.
        infrastructure_id: InfrastructureId,
        /// Its key.
        infrastructure: Key,
        /// The tool's key.
        tool: Key,
        /// Where it is reached.
        address: WebAddress,
    }
}

row! {
    /// Another infrastructure with a tool at the same address.
    pub struct AlsoRow {
        /// The tool here.
        tool: Key,
        /// The other infrastructure.
        infrastructure_id: InfrastructureId,
        /// Its key.
        infrastructure: Key,
        /// Its name.
        name: Name,
    }
}

macro_rules! columns {
    () => {
        "select infrastructure_id, place, address, checked_at, outcome, detail, checked_by, next_at from connection_check"
    };
}

statements! {
    LIST = columns!(), " where infrastructure_id = $1 order by place";
    OF = columns!(), " where infrastructure_id = $1 and place = $2";
    PUT = "insert into connection_check (infrastructure_id, place, address, checked_at, outcome, detail, checked_by, next_at) ",
        "values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (infrastructure_id, place) do update set address = excluded.address, ",
        "checked_at = excluded.checked_at, outcome = excluded.outcome, detail = excluded.detail, ",
        "checked_by = excluded.checked_by, next_at = excluded.next_at";
    REMOVE = "delete from connection_check where infrastructure_id = $1 and place = $2";
    /// Slashes at the end tell no address from another.
    ALSO = "select distinct t.key as tool, o.infrastructure_id, i.key as infrastructure, i.name from tool t ",
        "join tool o on rtrim(o.address, '/') = rtrim(t.address, '/') and o.infrastructure_id <> t.infrastructure_id ",
        "join infrastructure i on i.id = o.infrastructure_id where t.infrastructure_id = $1 order by t.key, i.name, i.key";
    DUE = "select t.infrastructure_id, i.key as infrastructure, t.key as tool, t.address from tool t ",
        "join infrastructure i on i.id = t.infrastructure_id left join connection_check c ",
        "on c.infrastructure_id = t.infrastructure_id and c.place = 'tools/' || t.key ",
        "where c.next_at is null or c.next_at <= $1 or c.address <> t.address order by i.key, t.key";
    /// What was found at another address is forgotten.
    CLAIM = "insert into connection_check (infrastructure_id, place, address, detail, checked_by, next_at) ",
        "values ($1, $2, $3, '', '', $4) on conflict (infrastructure_id, place) do update set next_at = excluded.next_at, ",
        "checked_at = case when connection_check.address = excluded.address then connection_check.checked_at end, ",
        "outcome = case when connection_check.address = excluded.address then connection_check.outcome end, ",
        "address = excluded.address ",
        "where connection_check.next_at is null or connection_check.next_at <= $5 or connection_check.address <> excluded.address";
    TELL = "update connection_check set checked_at = $4, outcome = $5, detail = $6, checked_by = $7, next_at = $8 ",
        "where infrastructure_id = $1 and place = $2 and address = $3";
}

/// The last checks of an infrastructure, by place.
///
/// # Errors
/// The driver's own.
pub async fn list(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<CheckRow>, StoreError> {
    all(tx, &LIST, args![infrastructure]).await
}

/// The last check at a place.
///
/// # Errors
/// The driver's own.
pub async fn of(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    place: &str,
) -> Result<Option<CheckRow>, StoreError> {
    optional(tx, &OF, args![infrastructure, place]).await
}

/// The other infrastructures that have a tool at the same address, by tool and name.
///
/// # Errors
/// The driver's own.
pub async fn also(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
) -> Result<Vec<AlsoRow>, StoreError> {
    all(tx, &ALSO, args![infrastructure]).await
}

fn given(row: &CheckRow) -> Vec<crate::statement::Arg> {
    args![
        row.infrastructure_id,
        &row.place,
        &row.address,
        row.checked_at,
        row.outcome.map(CheckOutcome::word),
        &row.detail,
        &row.checked_by,
        row.next_at
    ]
}

/// Keeps what somebody's check found, instead of the one before.
///
/// # Errors
/// There is no such infrastructure.
pub async fn put(tx: &mut WriteTx, row: &CheckRow) -> Result<(), StoreError> {
    execute(tx, &PUT, given(row)).await.map(drop)
}

/// Forgets what was found at a place that is no more.
///
/// # Errors
/// The driver's own.
pub async fn remove(tx: &mut WriteTx, infrastructure: InfrastructureId, place: &str) -> Result<(), StoreError> {
    execute(tx, &REMOVE, args![infrastructure, place]).await.map(drop)
}

/// The tools of all infrastructures that are to be tried at `now`: never tried, tried long enough ago, or tried at another address.
///
/// # Errors
/// The driver's own.
pub async fn due(tx: &mut impl Reader, now: Timestamp) -> Result<Vec<DueRow>, StoreError> {
    all(tx, &DUE, args![now]).await
}

/// Takes the check of a tool upon oneself until `until`; says whether nobody else had. A claim whose node has died ends then.
///
/// # Errors
/// There is no such infrastructure any more.
pub async fn claim(
    tx: &mut CheckTx,
    infrastructure: InfrastructureId,
    place: &str,
    address: &WebAddress,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let args = args![infrastructure, place, address.as_str(), until, now];
    Ok(execute(tx, &CLAIM, args).await? > 0)
}

/// Keeps what the console found at a claimed place; says whether the place and the address were still the ones that were claimed.
///
/// # Errors
/// The driver's own.
pub async fn tell(tx: &mut CheckTx, row: &CheckRow) -> Result<bool, StoreError> {
    Ok(execute(tx, &TELL, given(row)).await? > 0)
}
