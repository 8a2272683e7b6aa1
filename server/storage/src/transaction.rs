//! Transactions. What may be done in one is its type (design 4).
//!
//! [`ReadTx`] reads. [`PendingTx`] reads too, on the connection that will write; with a grant it becomes a [`WriteTx`], whose only end is
//! [`WriteTx::commit`] with an audit entry. Dropping any of them rolls back. Five kinds of writes stay outside this
//! door, each with a type of its own and its reason there: [`JournalTx`], [`SessionTx`], [`HeartbeatTx`], [`AttemptTx`], [`CheckTx`].

use crate::audit;
use crate::backend::{Inner, Kind, Refused};
use crate::changes;
use crate::error::StoreError;
use crate::group::Member;
use crate::point::point;
use domain::access::{Actor, Grant};
use domain::audit::{Entry, Outcome};
use domain::time::Timestamp;
use sealed::{Connected, Link};
use sqlx::{PgPool, Postgres, Sqlite, Transaction};
use std::sync::Arc;

/// Keeps the drivers' types and the making of transactions inside this crate.
pub(crate) mod sealed {
    use crate::backend::Kind;
    use crate::error::StoreError;

    /// A connection of one of the two databases.
    #[derive(Debug)]
    pub enum Link<'t> {
        Sqlite(&'t mut sqlx::SqliteConnection),
        Postgres(&'t mut sqlx::PgConnection),
    }

    impl Link<'_> {
        pub fn kind(&self) -> Kind {
            match self {
                Self::Sqlite(_) => Kind::Sqlite,
                Self::Postgres(_) => Kind::Postgres,
            }
        }
    }

    /// What leads to a connection.
    pub trait Connected: Send {
        fn link(&mut self) -> Result<Link<'_>, StoreError>;

        /// Remembers a failed statement, so that nothing half done is committed.
        fn spoil_on<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError>;
    }
}

/// What can be read from: every transaction of this crate.
pub trait Reader: Connected {}

/// A transaction that only reads, on a connection of its own: one consistent view of the database.
pub struct ReadTx(View);

enum View {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Begins a transaction in a task of its own, so that it begins also where whoever asked goes away meanwhile, and is rolled back then: sqlx 0.9.0
/// leaves one whose `begin` is dropped open in its pool, where it spoils the connection for everybody (transact-rs/sqlx#4393).
async fn begin_postgres(
    pool: &PgPool,
    statement: &'static str,
) -> Result<Transaction<'static, Postgres>, StoreError> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await }).await;
    let begun = begun.unwrap_or_else(|error| Err(sqlx::Error::Io(std::io::Error::other(error))));
    begun.map_err(|error| StoreError::of("begin", error))
}

impl ReadTx {
    pub(crate) async fn begin(store: &Inner) -> Result<Self, StoreError> {
        let view = match store {
            Inner::Sqlite(sqlite) => {
                View::Sqlite(sqlite.readers.begin().await.map_err(|e| StoreError::of("begin", e))?)
            }
            Inner::Postgres(postgres) => View::Postgres(
                begin_postgres(&postgres.pool, "begin isolation level repeatable read read only").await?,
            ),
        };
        Ok(Self(view))
    }
}

impl Connected for ReadTx {
    fn link(&mut self) -> Result<Link<'_>, StoreError> {
        Ok(match &mut self.0 {
            View::Sqlite(tx) => Link::Sqlite(&mut *tx),
            View::Postgres(tx) => Link::Postgres(&mut *tx),
        })
    }

    fn spoil_on<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        outcome
    }
}

impl Reader for ReadTx {}

/// A transaction on the writer, whatever it may do.
struct Work {
    hold: Hold,
    spoiled: bool,
    notices: Vec<(String, String)>,
}

enum Hold {
    Sqlite(Member),
    /// With where it is told that it refused to write.
    Postgres(Transaction<'static, Postgres>, Arc<Refused>),
}

impl Work {
    async fn begin(store: &Inner) -> Result<Self, StoreError> {
        let hold = match store {
            Inner::Sqlite(sqlite) => Hold::Sqlite(sqlite.writer.begin().await?),
            Inner::Postgres(postgres) => {
                let tx = begin_postgres(&postgres.pool, "begin").await?;
                Hold::Postgres(tx, Arc::clone(&postgres.refused))
            }
        };
        Ok(Self { hold, spoiled: false, notices: Vec::new() })
    }

    /// The end of every writing transaction. It runs in a task of its own: once begun, it is carried through, even where nobody waits for
    /// it any more.
    /// `what` names it for [`point`] where no entry does.
    async fn finish(
        mut self,
        what: &'static str,
        entry: Option<Entry>,
        at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let task = tokio::spawn(async move {
            if let Some(entry) = &entry {
                audit::record(&mut self, entry).await?;
                crate::events::note(&mut self, entry).await?;
            }
            let at = entry.as_ref().map(|entry| entry.at).or(at).unwrap_or_default();
            // Last, since the counter of notices is held until the commit.
            let notices = std::mem::take(&mut self.notices);
            let changes = changes::record(&mut self, notices, at).await?;
            if self.spoiled {
                return Err(StoreError::Spoiled);
            }
            let what = entry.as_ref().map_or(what, |entry| entry.operation.as_str());
            point(what, "before the commit");
            match self.hold {
                Hold::Sqlite(member) => member.commit(changes).await?,
                Hold::Postgres(tx, _) => tx.commit().await.map_err(|e| StoreError::of("commit", e))?,
            }
            point(what, "after the commit");
            Ok(())
        });
        task.await.unwrap_or_else(|stopped| {
            Err(StoreError::Driver { statement: "commit".to_owned(), message: stopped.to_string() })
        })
    }
}

impl Connected for Work {
    fn link(&mut self) -> Result<Link<'_>, StoreError> {
        if self.spoiled {
            return Err(StoreError::Spoiled);
        }
        match &mut self.hold {
            Hold::Sqlite(member) => member.connection().map(Link::Sqlite).ok_or(StoreError::Spoiled),
            Hold::Postgres(tx, _) => Ok(Link::Postgres(&mut *tx)),
        }
    }

    fn spoil_on<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.spoiled |= outcome.is_err();
        if let Err(StoreError::Unwritable) = &outcome {
            match &mut self.hold {
                Hold::Sqlite(member) => member.refused(),
                Hold::Postgres(_, refused) => refused.note(),
            }
        }
        outcome
    }
}

/// A transaction that can only read yet, on the connection that will write. It holds the writer of SQLite: do slow
/// work before, and await nothing else meanwhile.
///
/// Without a grant nothing can be changed through it:
///
/// ```compile_fail
/// # async fn change(store: storage::Store, row: storage::teams::TeamRow, grant: domain::access::Grant)
/// #     -> Result<(), storage::StoreError> {
/// let mut tx = store.begin_change().await?;
/// storage::teams::insert(&mut tx, &row).await?;
/// # Ok(()) }
/// ```
///
/// With one it can:
///
/// ```
/// # async fn change(store: storage::Store, row: storage::teams::TeamRow, grant: domain::access::Grant)
/// #     -> Result<(), storage::StoreError> {
/// let mut tx = store.begin_change().await?.authorised(grant);
/// storage::teams::insert(&mut tx, &row).await?;
/// # Ok(()) }
/// ```
pub struct PendingTx(Work);

impl PendingTx {
    pub(crate) async fn begin(store: &Inner) -> Result<Self, StoreError> {
        Work::begin(store).await.map(Self)
    }

    /// The same transaction, which may now change what the grant was given for.
    #[must_use]
    pub fn authorised(self, grant: Grant) -> WriteTx {
        WriteTx { work: self.0, actor: grant.actor(), rehearsal: grant.is_rehearsal() }
    }
}

/// A transaction that changes. It ends with [`WriteTx::commit`] and an audit entry, or changes nothing.
///
/// There is no end without an entry:
///
/// ```compile_fail
/// # async fn change(tx: storage::WriteTx, entry: domain::audit::Entry) -> Result<(), storage::StoreError> {
/// tx.commit().await
/// # }
/// ```
///
/// With one there is:
///
/// ```
/// # async fn change(tx: storage::WriteTx, entry: domain::audit::Entry) -> Result<(), storage::StoreError> {
/// tx.commit(entry).await
/// # }
/// ```
pub struct WriteTx {
    work: Work,
    actor: Actor,
    rehearsal: bool,
}

impl WriteTx {
    /// Who was permitted.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// Tells those who watch `topic` that the object changed, once this transaction is committed.
    pub fn notice(&mut self, topic: &str, object: impl ToString) {
        self.work.notices.push((topic.to_owned(), object.to_string()));
    }

    /// Commits the change, its audit entry and its notices together, or nothing. Once begun it is carried through, even where the caller
    /// goes away. With a grant that is only to try, everything is checked in the same way, and then rolled back.
    ///
    /// # Errors
    /// [`StoreError::Spoiled`] where a statement failed before; [`StoreError::Entry`] where the entry has no canonical
    /// form; the database's own. In each case nothing is kept.
    pub async fn commit(mut self, entry: Entry) -> Result<(), StoreError> {
        if self.rehearsal {
            audit::record(&mut self.work, &entry).await?;
            return if self.work.spoiled { Err(StoreError::Spoiled) } else { Ok(()) };
        }
        self.work.finish("change", Some(entry), None).await
    }
}

/// Records a refusal or a failure by itself.
pub(crate) async fn record_refusal(store: &Inner, entry: Entry) -> Result<(), StoreError> {
    if entry.outcome == Outcome::Done {
        return Err(StoreError::NotARefusal);
    }
    Work::begin(store).await?.finish("refusal", Some(entry), None).await
}

macro_rules! outside_the_door {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        pub struct $name(Work);

        impl $name {
            pub(crate) async fn begin(store: &Inner) -> Result<Self, StoreError> {
                Work::begin(store).await.map(Self)
            }

            /// Tells those who watch `topic` that the object changed, once this transaction is committed.
            pub fn notice(&mut self, topic: &str, object: impl ToString) {
                self.0.notices.push((topic.to_owned(), object.to_string()));
            }

            /// Commits. `at` is the time of the notices.
            ///
            /// # Errors
            /// [`StoreError::Spoiled`] where a statement failed before; the database's own. Nothing is kept then.
            pub async fn commit(self, at: Timestamp) -> Result<(), StoreError> {
                self.0.finish(stringify!($name), None, Some(at)).await
            }
        }

        impl Connected for $name {
            fn link(&mut self) -> Result<Link<'_>, StoreError> { self.0.link() }
            fn spoil_on<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> { self.0.spoil_on(outcome) }
        }

        impl Reader for $name {}
    )+};
}

outside_the_door! {
    /// The engine's journal: claims, steps and log lines of deployments. It stays outside the door because it is a record itself, only
    /// carries out what somebody was permitted to start, and is written many times a second; the end of a deployment, which changes what
    /// runs where, is a change like any other.
    JournalTx;
    /// Sessions: begun, touched, ended. They stay outside the door because they change with every request; sign-in and sign-out, which
    /// decide about them, are entries of their own.
    SessionTx;
    /// Counters of attempts to sign in. They stay outside the door because an attempt is counted before it is known how it ends, by
    /// somebody who has no right yet; how it ends is an entry of its own.
    AttemptTx;
    /// Heartbeats of Platform Servers: what was reported, which requests were seen, and what an environment was asked and answers. They stay
    /// outside the door because they are measured and decide nothing; what a question changes is an entry of whoever asks.
    HeartbeatTx;
    /// What the console found when it tried a tool by itself. It stays outside the door because it is measured, every few minutes, and
    /// decides nothing; a check that a person asks for is an entry.
    CheckTx;
}

impl Connected for PendingTx {
    fn link(&mut self) -> Result<Link<'_>, StoreError> {
        self.0.link()
    }
    fn spoil_on<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.0.spoil_on(outcome)
    }
}

impl Connected for WriteTx {
    fn link(&mut self) -> Result<Link<'_>, StoreError> {
        self.work.link()
    }
    fn spoil_on<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.work.spoil_on(outcome)
    }
}

impl Reader for PendingTx {}
impl Reader for WriteTx {}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.hold {
            Hold::Sqlite(_) => Kind::Sqlite,
            Hold::Postgres(..) => Kind::Postgres,
        };
        f.debug_struct("Work").field("kind", &kind).field("spoiled", &self.spoiled).finish_non_exhaustive()
    }
}

/// The parts of the audit chain are written by [`crate::audit`] alone, in a transaction of this kind.
pub(crate) struct ChainTx(Work);

impl ChainTx {
    pub(crate) async fn begin(store: &Arc<Inner>) -> Result<Self, StoreError> {
        Work::begin(store).await.map(Self)
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.0.finish("chain", None, None).await
    }
}

impl Connected for ChainTx {
    fn link(&mut self) -> Result<Link<'_>, StoreError> {
        self.0.link()
    }
    fn spoil_on<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.0.spoil_on(outcome)
    }
}
