//! The test of a database server or an external database.

use super::{DATABASE_LIMIT, reach, told, turn};
use crate::console::{Caller, Console};
use crate::door::{Attempt, permitted_wide, short};
use crate::error::{FieldProblem, OperationError, Result};
use crate::infrastructure::topic;
use crate::view::{CheckView, Checked};
use domain::architecture::Architecture;
use domain::architecture::connection::{Database, Trial, answers_only, databases};
use domain::architecture::words::CheckOutcome;
use domain::audit::Object;
use serde_json::Value;
use std::time::Instant;
use storage::checks::CheckRow;
use storage::external::{self, Credentials};
use storage::{architecture, checks};

/// The longest user name or name of a database that is passed on, characters; PostgreSQL keeps 63.
const NAME_MAX: usize = 128;
/// The longest password that is passed on, characters.
const PASSWORD_MAX: usize = 1_000;

/// Who is to sign in, and where to. All of it is empty where there is no driver for the engine. It has no `Debug`: the password is for the
/// one sign-in only, and is kept and written nowhere.
#[derive(Clone, Default)]
pub struct DatabaseTest {
    /// The user.
    pub user: String,
    /// The password; it may be empty.
    pub password: String,
    /// The database; for SQLite a file below the folder of the configuration's `database-files`.
    pub database: String,
}

/// Whether a text has a sensible length and nothing that ends it early.
fn sound(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.contains('\0')
}

impl DatabaseTest {
    /// Refuses what the trial cannot use.
    fn check(&self, database: &Database<'_>) -> Result<()> {
        let mut fields = Vec::new();
        let mut refuse = |field, sentence: String| fields.push(FieldProblem { field, sentence });
        let engine = database.engine;
        match database.trial {
            Trial::SignIn => {
                if self.user.is_empty() || !sound(&self.user, NAME_MAX) {
                    refuse(
                        "user",
                        format!("Name the user who is to sign in, with at most {NAME_MAX} characters."),
                    );
                }
                if self.database.is_empty() || !sound(&self.database, NAME_MAX) {
                    refuse(
                        "database",
                        format!("Name the database to sign in to, with at most {NAME_MAX} characters."),
                    );
                }
                if !sound(&self.password, PASSWORD_MAX) {
                    refuse("password", format!("A password has at most {PASSWORD_MAX} characters."));
                }
            }
            Trial::ReadFile => {
                if self.database.is_empty() || !sound(&self.database, 1_000) {
                    refuse(
                        "database",
                        "Name the file below the folder that database-files names.".to_owned(),
                    );
                }
                if !(self.user.is_empty() && self.password.is_empty()) {
                    refuse(
                        "user",
                        format!("A file of {engine} has no users: leave user and password empty."),
                    );
                }
            }
            Trial::Reach => {
                if !(self.user.is_empty() && self.password.is_empty() && self.database.is_empty()) {
                    let sentence = format!(
                        "There is no driver for {engine} here, so nobody signs in: leave user, password and database empty."
                    );
                    refuse("user", sentence);
                }
            }
        }
        if fields.is_empty() { Ok(()) } else { Err(OperationError::Invalid { fields }) }
    }
}

fn find<'a>(of: &'a Architecture, place: &str) -> Result<Database<'a>> {
    let found = databases(of).into_iter().find(|database| database.place == place);
    found.ok_or_else(|| OperationError::not_found(format!("There is no database “{}” here.", short(place))))
}

/// How an audit entry calls a database.
fn object(database: &Database<'_>) -> Object {
    let kind = if database.environment.is_some() { "external_database" } else { "database_server" };
    Object::new(kind, &database.place, database.name.as_str())
}

impl Console {
    /// Tests a database server or an external database at its place, such as `database_servers/shared`: signs in where there is a driver, and
    /// only opens a connection where there is none. What was found is kept; the password is not.
    ///
    /// # Errors
    /// There is no such database, nothing is recorded that could be tried, what was given does not fit its engine, others test too much at
    /// once, or “Manage Infrastructure and Users” is missing. That it does not answer or refuses the sign-in is a result and no error.
    pub async fn check_database(
        &self,
        caller: &Caller,
        infrastructure: &str,
        place: &str,
        test: &DatabaseTest,
    ) -> Result<Checked> {
        let attempted = Object::new("database", short(place), short(place));
        self.audited(caller, Attempt::within(infrastructure, "database.check", attempted), async {
            let doing = "test a database";
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            permitted_wide(self, &mut tx, caller, &[home.id], doing).await?;
            let stored = architecture::load(&mut tx, home.id).await?.architecture;
            drop(tx);
            let database = find(&stored, place)?;
            test.check(&database)?;
            let (address, outcome, detail) = {
                let _turn = turn(&self.inner.checks)?;
                self.try_database(&database, test).await?
            };

            let mut pending = self.store().begin_change().await?;
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], doing).await?;
            let now = architecture::load_to_change(&mut pending, home.id).await?.architecture;
            let database = find(&now, place)?;
            if !database.is_at(&address) {
                return Err(OperationError::conflict("The address was changed meanwhile. Test again."));
            }
            let before = checks::of(&mut pending, home.id, place).await?;
            let at = self.now();
            let row = CheckRow {
                infrastructure_id: home.id,
                place: place.to_owned(),
                address,
                checked_at: Some(at),
                outcome: Some(outcome),
                detail,
                checked_by: caller.name.clone(),
                next_at: None,
            };
            let mut tx = pending.authorised(grant);
            checks::put(&mut tx, &row).await?;
            tx.notice(&topic(home.key.as_str()), home.id);
            let mut entry = self.entry(caller, "database.check", object(&database));
            entry.infrastructure = Some(home.id);
            entry.before = before.as_ref().map_or(Value::Null, told);
            entry.after = told(&row);
            if database.trial == Trial::SignIn {
                entry.after["user"] = Value::from(test.user.as_str());
                entry.after["database"] = Value::from(test.database.as_str());
            }
            tx.commit(entry).await?;
            Ok(Checked { name: database.name.to_string(), check: CheckView::new(row, outcome, at, true) })
        })
        .await
    }

    /// The address that was tried, and how it went.
    async fn try_database(
        &self,
        database: &Database<'_>,
        test: &DatabaseTest,
    ) -> Result<(String, CheckOutcome, String)> {
        if database.trial == Trial::ReadFile {
            let Some(folder) = &self.settings().database_files else {
                return Err(OperationError::conflict(
                    "No folder for files of SQLite is configured (database-files), so none is read.",
                ));
            };
            let (outcome, detail) = match external::read_file(folder, &test.database, DATABASE_LIMIT).await {
                Ok(read) => {
                    let tables = match read.tables {
                        1 => "1 table".to_owned(),
                        n => format!("{n} tables"),
                    };
                    let sentence = format!(
                        "The file was read: a database with {tables}, read with SQLite {}. Nothing was written.",
                        read.version
                    );
                    (CheckOutcome::SignedIn, sentence)
                }
                Err(refused) => (CheckOutcome::Failed, refused.to_string()),
            };
            return Ok((database.file(&short(&test.database)), outcome, detail));
        }
        let (Some((host, port)), Some(address)) = (database.target(), database.address()) else {
            return Err(OperationError::conflict(format!(
                "No host of {} is recorded, so there is nothing to try. Record it first.",
                database.name
            )));
        };
        let begun = Instant::now();
        let (outcome, detail) = match reach::connect(&host, port, DATABASE_LIMIT).await {
            Err(sentence) => (CheckOutcome::Failed, sentence),
            Ok(_) if database.trial == Trial::Reach => (CheckOutcome::Reached, answers_only(database.engine)),
            Ok(server) => {
                let with =
                    Credentials { user: &test.user, password: &test.password, database: &test.database };
                let left = DATABASE_LIMIT.saturating_sub(begun.elapsed());
                match external::sign_in(server, &with, left).await {
                    Ok(said) => (CheckOutcome::SignedIn, signed_in(&said, &test.database)),
                    Err(refused) => (
                        CheckOutcome::Failed,
                        format!("The address answers, but nobody was let in. {refused}"),
                    ),
                }
            }
        };
        Ok((address, outcome, detail))
    }
}

fn signed_in(said: &external::SignedIn, database: &str) -> String {
    let version = if said.version.is_empty() { "tells no version" } else { said.version.as_str() };
    let how = if said.encrypted { "over TLS, whose certificate is not checked" } else { "without TLS" };
    format!(
        "Signed in to the database “{}” {how}. The server says that it is PostgreSQL {version}.",
        short(database)
    )
}
