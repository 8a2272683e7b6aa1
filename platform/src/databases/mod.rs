//! The databases of applications: a file or a schema for each, whose migrations the controller runs once for the whole environment
//! (`docs/application-data.md`). All SQL here is for these databases, none for the Platform Server's own catalogs.
//!
//! Each migration and its record commit together, in the application's own database. So whatever is killed at whatever moment, a migration
//! was applied or it was not, and the next attempt sees which.

mod address;
mod postgres;
mod sqlite;

pub use address::Address;

use crate::catalog::{CatalogError, Place, Platform, Wish};
use crate::clock;
use crate::identity::Identity;
use domain::package::Migration;
use domain::package::database::{Applied, Engine, EngineChoice, course, for_engine, place_name};
use domain::text::{Key, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;
use tokio::time::sleep;

/// The table in each application's database that says which migrations were applied.
const RECORD: &str = "towpath_migrations";
/// Its columns, the same for both kinds. Times are microseconds since the Unix epoch, `took` is microseconds.
const COLUMNS: &str = "number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, package TEXT NOT NULL, \
                       version TEXT NOT NULL, at BIGINT NOT NULL, took BIGINT NOT NULL";
/// How often a migration is tried whose connection was lost: it may have been applied, which the next attempt sees.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);
/// How often, and in which steps, it is looked whether a task has the highest fence.
const LOOKS: u32 = 10;
const LOOK: Duration = Duration::from_millis(100);

/// Why an application's database cannot be used. One sentence or two for people; nothing secret is in it.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The environment has another kind.
    #[error(
        "“{application}” needs a database on {wanted}, and {environment} keeps those of applications on {has}: another one is given to its \
         controller with towpath-platform run --databases."
    )]
    Kind {
        /// The application.
        application: Key,
        /// What its package asks for.
        wanted: &'static str,
        /// The environment's name.
        environment: String,
        /// What there is.
        has: &'static str,
    },
    /// It is not there, or does not let the Platform Server in.
    #[error("The databases of applications cannot be used: {0}.")]
    Unusable(String),
    /// The package's migrations do not follow on what was applied.
    #[error("{0}")]
    Course(String),
    /// There is data in another place than the one that is configured now.
    #[error(
        "The data of “{application}” lies in {known}, and the environment now keeps databases elsewhere, where there is none of it yet \
         ({configured}): bring the data there, or give --databases as it was."
    )]
    Elsewhere {
        /// The application.
        application: Key,
        /// Where its data was.
        known: String,
        /// Where it would be now.
        configured: String,
    },
    /// A migration was refused by the database. Nothing of it is there.
    #[error(
        "The migration {migration} of “{application}” failed{line}: {reason}. Nothing was switched; {stays}."
    )]
    Failed {
        /// The migration.
        migration: String,
        /// The application.
        application: Key,
        /// `, line 3`, where the database says so.
        line: String,
        /// What the database said.
        reason: String,
        /// What was applied before.
        stays: String,
    },
    /// A newer deployment of the same application has begun.
    #[error("A newer deployment of “{0}” has begun meanwhile, so its database is left to that.")]
    Overtaken(Key),
    /// The Platform catalog failed.
    #[error("{0}")]
    Catalog(#[from] CatalogError),
}

/// Why one attempt did not succeed.
#[derive(Debug)]
struct Failure {
    /// What the database said, without a full stop.
    reason: String,
    /// The line of the migration, from 1.
    line: Option<usize>,
    /// Whether it is unknown how it ended, since the connection was lost.
    lost: bool,
}

impl Failure {
    fn of(reason: impl ToString) -> Self {
        let reason = reason.to_string().replace('\n', " ");
        Self { reason: reason.trim_end_matches('.').to_owned(), line: None, lost: false }
    }

    fn too_long(seconds: u32) -> Self {
        Self::of(format!("it took longer than {seconds} seconds"))
    }
}

/// The line of a position in a text, both counted from 1, where `before` is what stands in front of it.
fn line_after(before: impl Iterator<Item = char>) -> usize {
    before.filter(|c| *c == '\n').count() + 1
}

/// One migration that is to be applied.
#[derive(Debug, Clone)]
pub struct Step {
    /// The migration.
    pub migration: Migration,
    text: String,
    seconds: u32,
    package: Sha256,
    version: String,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was applied, and took so long.
    Applied(Duration),
    /// Somebody applied it in between.
    Already,
}

enum Store {
    Sqlite(sqlite::Folder),
    Postgres(postgres::Server),
}

/// The databases of an environment's applications, as its controller has them.
#[derive(Clone)]
pub struct Databases {
    inner: Arc<Inner>,
}

struct Inner {
    identity: Arc<Identity>,
    catalog: Platform,
    store: Store,
    locks: Mutex<BTreeMap<Key, Arc<tokio::sync::Mutex<()>>>>,
}

/// An application's database that is there, and what is still to be done in it. Nobody else works in it as long as this is held.
pub struct Opened {
    /// Where it is, in words.
    pub words: String,
    /// Its address with the password of its own role.
    pub address: String,
    /// What is to be applied, in this order.
    pub run: Vec<Step>,
    /// What newer releases applied.
    pub left: Vec<Applied>,
    application: Key,
    name: String,
    password: String,
    last: Option<String>,
    _held: OwnedMutexGuard<()>,
}

/// What a release would do to its database.
struct Planned {
    place: Place,
    is_made: bool,
    run: Vec<Step>,
    left: Vec<Applied>,
    last: Option<String>,
}

impl Databases {
    /// The databases at an address. Nothing is asked or made yet.
    pub fn new(identity: Arc<Identity>, catalog: Platform, address: Address) -> Self {
        let store = match address {
            Address::Folder(folder) => Store::Sqlite(sqlite::Folder::new(folder)),
            Address::Postgres(server) => Store::Postgres(postgres::Server::new(server)),
        };
        Self { inner: Arc::new(Inner { identity, catalog, store, locks: Mutex::default() }) }
    }

    fn engine(&self) -> Engine {
        match self.inner.store {
            Store::Sqlite(_) => Engine::Sqlite,
            Store::Postgres(_) => Engine::Postgres,
        }
    }

    /// What a release will do to its database when it is activated, as lines for the log. Changes nothing.
    ///
    /// # Errors
    /// The environment has no database of its kind, or it cannot be reached; the migrations do not follow on what was applied.
    pub async fn foretell(
        &self,
        application: &Key,
        sha256: Sha256,
        wish: &Wish,
    ) -> Result<Vec<String>, DatabaseError> {
        let planned = self.plan(application, sha256, wish).await?;
        let mut lines = vec![match planned.run.as_slice() {
            [] => format!("The first activation will run no migration in {}.", planned.place.words),
            run => format!(
                "The first activation will run migrations in {}: {}.",
                planned.place.words,
                listed(run)
            ),
        }];
        lines.extend(left_behind(&planned.left, &planned.place.words));
        Ok(lines)
    }

    /// Opens an application's database for a release that is about to be activated, and makes it where it is not there yet.
    ///
    /// # Errors
    /// As [`Databases::foretell`]; a task with a higher fence than that of `key` has come for the application.
    pub async fn open(
        &self,
        application: &Key,
        sha256: Sha256,
        wish: &Wish,
        key: &str,
    ) -> Result<Opened, DatabaseError> {
        let inner = &self.inner;
        let lock = {
            let mut locks = inner.locks.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry(application.clone()).or_default())
        };
        let held = lock.lock_owned().await;
        self.is_mine(application, key).await?;
        let name = self.name(application);
        let Planned { mut place, is_made, run, left, last } = self.plan(application, sha256, wish).await?;
        let keyless = matches!(inner.store, Store::Postgres(_)) && place.password.is_empty();
        if keyless {
            place.password = hex::encode(clock::random::<24>());
        }
        // Known before it is made: whatever is killed in between, nobody loses the password of a role that is there.
        inner.catalog.put_place(application, &place).await?;
        if !is_made || keyless {
            let made = match &inner.store {
                Store::Sqlite(folder) => folder.make(&name).await,
                Store::Postgres(server) => server.make(&name, &place.password).await,
            };
            made.map_err(|failure| DatabaseError::Unusable(failure.reason))?;
        }
        let address = self.address_of(&name, &place.password);
        let (words, password) = (place.words, place.password);
        let application = application.clone();
        Ok(Opened { words, address, run, left, application, name, password, last, _held: held })
    }

    /// Applies one migration: it and its record, or nothing.
    ///
    /// # Errors
    /// What the database says, and what stays.
    pub async fn apply(&self, opened: &mut Opened, step: &Step) -> Result<Outcome, DatabaseError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let now = clock::now().0;
            let applied = match &self.inner.store {
                Store::Sqlite(folder) => folder.apply(&opened.name, step, now).await,
                Store::Postgres(server) => server.apply(&opened.name, &opened.password, step, now).await,
            };
            match applied {
                Ok(outcome) => {
                    opened.last = Some(step.migration.to_string());
                    return Ok(outcome);
                }
                Err(failure) if failure.lost && tries < TRIES => sleep(PAUSE).await,
                Err(failure) => {
                    let stays = match &opened.last {
                        Some(last) => format!("what was applied before stays, up to {last}"),
                        None => "no migration was applied before".to_owned(),
                    };
                    return Err(DatabaseError::Failed {
                        migration: step.migration.to_string(),
                        application: opened.application.clone(),
                        line: failure.line.map(|line| format!(", line {line}")).unwrap_or_default(),
                        reason: failure.reason,
                        stays,
                    });
                }
            }
        }
    }

    /// The address of a database that was opened before; nothing is asked for it.
    pub async fn address(&self, application: &Key) -> Result<Option<String>, CatalogError> {
        let place = self.inner.catalog.place(application).await?;
        Ok(place.map(|place| self.address_of(&self.name(application), &place.password)))
    }

    fn address_of(&self, name: &str, password: &str) -> String {
        match &self.inner.store {
            Store::Sqlite(folder) => folder.address(name),
            Store::Postgres(server) => server.address(name, password),
        }
    }

    /// Where the data of an application lies, if it has any, in words.
    pub async fn place(&self, application: &Key) -> Result<Option<String>, CatalogError> {
        Ok(self.inner.catalog.place(application).await?.map(|place| place.words))
    }

    /// Whether a task may still work on the application. A task that comes again with a higher fence has that a moment after it was seen.
    async fn is_mine(&self, application: &Key, key: &str) -> Result<(), DatabaseError> {
        for _ in 0..LOOKS {
            let highest = self.inner.catalog.highest_fence(application).await?;
            let own = self.inner.catalog.task(key).await?.map_or(0, |known| known.task.fence);
            if own >= highest {
                return Ok(());
            }
            sleep(LOOK).await;
        }
        Err(DatabaseError::Overtaken(application.clone()))
    }

    fn name(&self, application: &Key) -> String {
        place_name(self.inner.identity.environment, application)
    }

    async fn plan(&self, application: &Key, sha256: Sha256, wish: &Wish) -> Result<Planned, DatabaseError> {
        let (inner, engine) = (&self.inner, self.engine());
        if !wish.database.engine.takes(engine) {
            return Err(DatabaseError::Kind {
                application: application.clone(),
                wanted: match wish.database.engine {
                    EngineChoice::Postgres => Engine::Postgres.name(),
                    EngineChoice::Sqlite | EngineChoice::Any => Engine::Sqlite.name(),
                },
                environment: inner.identity.environment_name.clone(),
                has: engine.name(),
            });
        }
        let name = self.name(application);
        let (words, looked) = match &inner.store {
            Store::Sqlite(folder) => (folder.words(&name), folder.look(&name).await),
            Store::Postgres(server) => (server.words(&name), server.look(&name).await),
        };
        let found = looked.map_err(|failure| DatabaseError::Unusable(failure.reason))?;
        let known = inner.catalog.place(application).await?;
        if let (Some(known), None) = (&known, &found)
            && known.words != words
        {
            let (application, known) = (application.clone(), known.words.clone());
            return Err(DatabaseError::Elsewhere { application, known, configured: words });
        }
        let (is_made, applied) = (found.is_some(), found.unwrap_or_default());
        let all: Vec<Migration> = wish.migrations.iter().map(|(one, _)| one.clone()).collect();
        let course = course(&for_engine(&all, engine), &applied).map_err(DatabaseError::Course)?;
        let step = |one: &&Migration| {
            let text = wish.migrations.iter().find(|(other, _)| other == *one).map(|(_, text)| text.clone());
            Step {
                migration: (*one).clone(),
                text: text.unwrap_or_default(),
                seconds: wish.database.seconds(),
                package: sha256,
                version: wish.version.map(|version| version.to_string()).unwrap_or_default(),
            }
        };
        Ok(Planned {
            place: Place { words, password: known.map(|known| known.password).unwrap_or_default() },
            is_made,
            run: course.run.iter().map(step).collect(),
            left: course.left.into_iter().cloned().collect(),
            last: applied.last().map(|last| format!("{:04} {}", last.number, last.name)),
        })
    }
}

/// Migrations in words.
pub fn listed(steps: &[Step]) -> String {
    steps.iter().map(|step| step.migration.to_string()).collect::<Vec<_>>().join(", ")
}

/// What newer releases applied and an older one leaves as it is, as a line for the log.
pub fn left_behind(left: &[Applied], words: &str) -> Option<String> {
    let each: Vec<String> = left.iter().map(ToString::to_string).collect();
    (!each.is_empty())
        .then(|| format!("Left behind in {words}: {}. The older release runs beside it.", each.join("; ")))
}

/// One row of the record.
fn applied(
    number: i64,
    name: String,
    sha256: &str,
    package: &str,
    version: &str,
) -> Result<Applied, Failure> {
    let unreadable = || Failure::of(format!("the table {RECORD} holds something that cannot be read"));
    let by = match version {
        "" => format!("release {}", package.chars().take(8).collect::<String>()),
        version => format!("version {version}"),
    };
    Ok(Applied {
        number: u32::try_from(number).map_err(|_| unreadable())?,
        name,
        sha256: sha256.parse().map_err(|_| unreadable())?,
        by,
    })
}
