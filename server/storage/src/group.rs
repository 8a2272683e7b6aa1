//! The single writer of SQLite, with group commit.
//!
//! One connection writes. Whoever holds it begins a transaction or, where one is open, a savepoint in it. At the end of a member's work
//! the savepoint is released; if others wait for the writer, they go on in the same transaction, and one COMMIT, one
//! sync to the disk, serves all of them. A member is told of its success only after that COMMIT. A member that
//! fails goes back to its own savepoint and harms nobody.

use crate::changes::Change;
use crate::error::{StoreError, is_unwritable};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Mutex, OwnedMutexGuard, broadcast, oneshot};

/// How many changes share one COMMIT at most.
const MEMBERS: usize = 64;

/// The writer. There is one for each open database.
pub(crate) struct Writer {
    group: Arc<Mutex<Group>>,
    waiting: AtomicUsize,
    notices: broadcast::Sender<Change>,
    runtime: tokio::runtime::Handle,
}

struct Group {
    connection: SqliteConnection,
    /// How another connection is opened in its place.
    options: SqliteConnectOptions,
    /// The file could not be written when it was tried last.
    refused: bool,
    /// A transaction is open.
    open: bool,
    /// Those that wait for its COMMIT, in the order of their work.
    members: Vec<Waiter>,
    /// A member was dropped where no task could clean up after it.
    abandoned: bool,
}

struct Waiter {
    done: oneshot::Sender<Result<(), StoreError>>,
    notices: Vec<Change>,
}

impl Group {
    async fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::query(sql).execute(&mut self.connection).await.map(|_| ())
    }

    /// Begins a transaction. A connection that met a file which may only be read stays one that only reads, so after a refusal it is another
    /// one.
    async fn begin(&mut self) -> Result<(), sqlx::Error> {
        if std::mem::take(&mut self.refused)
            && let Ok(new) = self.options.connect().await
        {
            let _ = std::mem::replace(&mut self.connection, new).close().await;
        }
        let begun = self.run("begin immediate").await;
        self.refused = begun.as_ref().is_err_and(is_unwritable);
        begun
    }

    /// Gives up everything that is not committed. The members are told.
    async fn give_up(&mut self, message: &str) {
        self.give_up_for(|| StoreError::Driver {
            statement: "commit".to_owned(),
            message: message.to_owned(),
        })
        .await;
    }

    async fn give_up_for(&mut self, why: impl Fn() -> StoreError) {
        // Where the transaction is gone already there is nothing to roll back.
        let _ = self.run("rollback").await;
        self.open = false;
        self.abandoned = false;
        for member in self.members.drain(..) {
            let _ = member.done.send(Err(why()));
        }
    }
}

/// Counts one that waits for the writer; counts it off when it arrives or goes away.
struct Waiting<'w> {
    writer: &'w Arc<Writer>,
    arrived: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.writer.waiting.fetch_sub(1, Ordering::SeqCst);
        if !self.arrived {
            // A group may have been left open for this one. Somebody has to close it.
            let writer = Arc::clone(self.writer);
            let runtime = writer.runtime.clone();
            runtime.spawn(async move {
                let group = Arc::clone(&writer.group).lock_owned().await;
                writer.pass_on(group).await;
            });
        }
    }
}

impl Writer {
    /// Opens the writer's connection.
    pub(crate) async fn open(
        options: SqliteConnectOptions,
        notices: broadcast::Sender<Change>,
    ) -> Result<Arc<Self>, sqlx::Error> {
        let connection = options.connect().await?;
        let group =
            Group { connection, options, refused: false, open: false, members: Vec::new(), abandoned: false };
        Ok(Arc::new(Self {
            group: Arc::new(Mutex::new(group)),
            waiting: AtomicUsize::new(0),
            notices,
            runtime: tokio::runtime::Handle::current(),
        }))
    }

    /// Waits for the writer and begins.
    pub(crate) async fn begin(self: &Arc<Self>) -> Result<Member, StoreError> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut waiting = Waiting { writer: self, arrived: false };
        let group = Arc::clone(&self.group).lock_owned().await;
        waiting.arrived = true;
        drop(waiting);
        // From here on dropping the member cleans up.
        let mut member =
            Member { group: Some(group), writer: Arc::clone(self), savepoint: false, begun: false };
        let Some(group) = member.group.as_mut() else { return Err(StoreError::Spoiled) };
        if group.abandoned {
            group.give_up("a change before it was abandoned").await;
        }
        member.savepoint = group.open;
        let outcome = if group.open {
            group.run("savepoint member").await
        } else {
            group.open = true;
            group.begin().await
        };
        outcome.map_err(|error| StoreError::of("begin", error))?;
        member.begun = true;
        Ok(member)
    }

    /// For work between transactions, such as migrations.
    pub(crate) async fn alone(&self) -> Alone {
        Alone(Arc::clone(&self.group).lock_owned().await)
    }

    /// Leaves an open group to the next in line, or commits it.
    async fn pass_on(&self, mut group: OwnedMutexGuard<Group>) {
        if !group.open || (self.waiting.load(Ordering::SeqCst) > 0 && group.members.len() < MEMBERS) {
            return;
        }
        if group.members.is_empty() {
            let _ = group.run("rollback").await;
            group.open = false;
            return;
        }
        if let Err(error) = group.run("commit").await {
            group.refused = is_unwritable(&error);
            match group.refused {
                true => group.give_up_for(|| StoreError::Unwritable).await,
                false => group.give_up(&error.to_string()).await,
            }
            return;
        }
        group.open = false;
        for member in group.members.drain(..) {
            for notice in member.notices {
                // Nobody listening is no failure.
                let _ = self.notices.send(notice);
            }
            let _ = member.done.send(Ok(()));
        }
    }

    async fn abort(&self, mut group: OwnedMutexGuard<Group>, savepoint: bool, begun: bool) {
        if savepoint {
            let back = match group.run("rollback to member").await {
                Ok(()) => group.run("release member").await,
                failed => failed,
            };
            if let (Err(error), true) = (back, begun) {
                group.give_up(&error.to_string()).await;
            }
        } else {
            group.give_up("rolled back").await;
        }
        group.abandoned = false;
        self.pass_on(group).await;
    }
}

/// The writer's connection between two transactions.
pub(crate) struct Alone(OwnedMutexGuard<Group>);

impl Alone {
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.0.connection
    }

    pub(crate) async fn optimize(&mut self) {
        let _ = self.0.run("pragma optimize").await;
        let _ = self.0.connection.ping().await;
    }
}

/// One change in a group.
pub(crate) struct Member {
    /// None once it has ended.
    group: Option<OwnedMutexGuard<Group>>,
    writer: Arc<Writer>,
    savepoint: bool,
    begun: bool,
}

impl Member {
    pub(crate) fn connection(&mut self) -> Option<&mut SqliteConnection> {
        self.group.as_mut().map(|group| &mut group.connection)
    }

    /// The file cannot be written.
    pub(crate) fn refused(&mut self) {
        if let Some(group) = self.group.as_mut() {
            group.refused = true;
        }
    }

    /// Ends the work and waits until it is on the disk. The caller runs this in a task of its own, so that it is never left half done.
    pub(crate) async fn commit(mut self, notices: Vec<Change>) -> Result<(), StoreError> {
        let Some(mut group) = self.group.take() else { return Err(StoreError::Spoiled) };
        let (done, wait) = oneshot::channel();
        let released = if self.savepoint { group.run("release member").await } else { Ok(()) };
        if let Err(error) = released {
            group.give_up(&error.to_string()).await;
            return Err(StoreError::of("commit", error));
        }
        group.members.push(Waiter { done, notices });
        self.writer.pass_on(group).await;
        wait.await.unwrap_or(Err(StoreError::Driver {
            statement: "commit".to_owned(),
            message: "the writer ended before the commit".to_owned(),
        }))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Some(mut group) = self.group.take() {
            // Cleared by the task; where the runtime is gone, the next one finds it set.
            group.abandoned = true;
            let (writer, savepoint, begun) = (Arc::clone(&self.writer), self.savepoint, self.begun);
            let runtime = self.writer.runtime.clone();
            runtime.spawn(async move { writer.abort(group, savepoint, begun).await });
        }
    }
}
