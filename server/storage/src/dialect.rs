//! The only place where the SQL of the two databases differs.

use crate::statement::Statement;

/// What a statement ends with on each database. SQLite has one writer, which holds the lock of the whole database from its first word,
/// so rows need no lock of their own there.
macro_rules! ending {
    (sqlite $any:ident) => {
        ""
    };
    // The row is held until the transaction ends.
    (postgres FOR_UPDATE) => {
        " for update"
    };
    // A row of `d` that somebody else holds is left to them.
    (postgres SKIP_LOCKED) => {
        " for update of d skip locked"
    };
}
pub(crate) use ending;

/// The database's clock in microseconds; on SQLite the clock is injected.
pub(crate) const CLOCK: Statement = Statement {
    name: "dialect::CLOCK",
    sqlite: None,
    postgres: Some("select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) as value"),
};

/// Wakes the listeners of all console nodes once the transaction commits; within one process SQLite needs none.
pub(crate) const NOTIFY: Statement = Statement {
    name: "dialect::NOTIFY",
    sqlite: None,
    postgres: Some("select pg_notify('towpath_change', cast($1 as text)) is null as value"),
};

/// The channel that [`NOTIFY`] speaks on.
pub(crate) const CHANNEL: &str = "towpath_change";

/// The statements of this module.
pub(crate) const STATEMENTS: &[&Statement] = &[&CLOCK, &NOTIFY];
