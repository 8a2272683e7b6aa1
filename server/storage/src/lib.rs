//! The console's database: SQLite or PostgreSQL behind one API (design 5).
//!
//! This crate is the only place with SQL. It holds no rules; those are in `domain`, and the use-cases that apply them in
//! `operations`.
//!
//! Reading order: [`Store`] opens and begins; the transactions ([`ReadTx`], [`PendingTx`], [`WriteTx`] and the five outside the
//! door) say by their types what may be done; then one module for each noun. Inside: `statement.rs` and `column.rs`
//! carry values to and from both drivers, `dialect.rs` is the only place where SQL differs, `group.rs` is the single writer of
//! SQLite, `visibility.rs` is the rule of design 6 as SQL.

mod backend;
mod column;
mod dialect;
mod error;
pub mod external;
mod group;
mod page;
mod point;
mod statement;
mod transaction;
mod visibility;

pub use backend::{Kind, Store, migrations};
pub use changes::Change;
pub use error::{Constraint, StoreError};
pub use page::{CAP, Count, Page, Paged, TimeFilter, Visibility};
pub use point::point;
pub use statement::Statement;
pub use transaction::{
    AttemptTx, CheckTx, HeartbeatTx, JournalTx, PendingTx, ReadTx, Reader, SessionTx, WriteTx,
};

/// Declares the nouns and collects their statements, so that neither can be without the other.
macro_rules! nouns {
    ($($noun:ident),+ $(,)?) => {
        $(pub mod $noun;)+

        /// Every statement of this crate, for the test that prepares all of them on both databases.
        #[must_use]
        pub fn statements() -> Vec<&'static Statement> {
            // A list that is missing here would be dead code, which the lints refuse.
            [dialect::STATEMENTS, architecture::environments::STATEMENTS, architecture::save::STATEMENTS, architecture::servers::STATEMENTS,
                architecture::used::STATEMENTS, architecture::exceptions::STATEMENTS,
                architecture::reported::STATEMENTS, audit::list::STATEMENTS, deployments::list::STATEMENTS $(, $noun::STATEMENTS)+].concat()
        }
    };
}

nouns! {
    applications,
    approvals,
    architecture,
    attempts,
    audit,
    authenticators,
    blocks,
    candidates,
    catch_up,
    changes,
    checks,
    decisions,
    deployments,
    devices,
    enrolments,
    environments,
    events,
    gates,
    grants,
    holdings,
    hotfixes,
    infrastructures,
    invitations,
    journal,
    keys,
    maintenance,
    matrix,
    parked,
    passkeys,
    pins,
    pipelines,
    places,
    plans,
    questions,
    queue,
    recovery_codes,
    retirements,
    reviews,
    revisions,
    roles,
    second_factors,
    servers,
    service_accounts,
    sessions,
    settings,
    states,
    teams,
    tokens,
    users,
    verifications,
    versions,
    zones,
}

#[cfg(feature = "testing")]
pub mod testing;
