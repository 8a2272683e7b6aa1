//! The database of an application around its deployment: looked at when a release is prepared, brought up to date before it is activated
//! for the first time, and left where it is when it goes.

use super::Controller;
use super::carry_out::TaskError;
use crate::catalog::Wish;
use crate::databases::{DatabaseError, Outcome, left_behind, listed};
use crate::release::{self, Contents};
use domain::protocol::LogLevel;
use domain::text::{Key, Sha256};
use std::path::PathBuf;

impl Controller {
    /// Keeps what a release asks for and tells what its activation will do; fails where the environment has no such database.
    pub(super) async fn foretell(
        &self,
        key: &str,
        contents: &Contents,
        package: PathBuf,
    ) -> Result<(), TaskError> {
        let Some(database) = contents.manifest.database.clone() else { return Ok(()) };
        let reading = tokio::task::spawn_blocking(move || release::migrations(&package));
        let migrations = reading.await.map_err(|error| TaskError::Refused(error.to_string()))??;
        let (application, sha256) = (&contents.manifest.application.key, contents.package);
        let wish = Wish { version: contents.version, database, migrations };
        let lines = self.inner.databases.foretell(application, sha256, &wish).await?;
        self.inner.catalog.put_wish(application, sha256, &wish).await?;
        for line in lines {
            self.note(key, LogLevel::Info, line).await?;
        }
        Ok(())
    }

    /// Runs what is still to be run of a release's migrations, and gives the address of its database; none where it asks for none. Whoever is
    /// first among the front-ends has them run, the others find them applied.
    pub(super) async fn migrate(
        &self,
        key: &str,
        application: &Key,
        sha256: Sha256,
    ) -> Result<Option<String>, TaskError> {
        let inner = &self.inner;
        let Some(wish) = inner.catalog.wish(application, sha256).await? else { return Ok(None) };
        let mut opened = inner.databases.open(application, sha256, &wish, key).await?;
        let run = std::mem::take(&mut opened.run);
        if !run.is_empty() {
            let line = format!(
                "Migrations run once for the whole environment, in {}: {}.",
                opened.words,
                listed(&run)
            );
            self.note(key, LogLevel::Info, line).await?;
        }
        for step in &run {
            let line = match inner.databases.apply(&mut opened, step).await? {
                Outcome::Applied(took) => format!("{} is applied, {} ms.", step.migration, took.as_millis()),
                Outcome::Already => format!("{} was applied already.", step.migration),
            };
            self.note(key, LogLevel::Info, line).await?;
        }
        if let Some(line) = left_behind(&opened.left, &opened.words) {
            self.note(key, LogLevel::Warning, line).await?;
        }
        Ok(Some(opened.address))
    }

    /// The address of a release's database where all of its migrations were run before: a front-end may have been asked to switch already, so
    /// whatever the database says now, the task has not failed by that.
    pub(super) async fn migrated(
        &self,
        application: &Key,
        sha256: Sha256,
    ) -> Result<Option<String>, TaskError> {
        match self.inner.catalog.wish(application, sha256).await? {
            Some(_) => Ok(self.inner.databases.address(application).await?),
            None => Ok(None),
        }
    }

    /// Says where the data of an application stays that is taken out of service.
    pub(super) async fn tell_what_stays(&self, key: &str, application: &Key) -> Result<(), TaskError> {
        if let Some(words) = self.inner.databases.place(application).await? {
            self.note(key, LogLevel::Info, format!("The data of {application} stays in {words}.")).await?;
        }
        Ok(())
    }
}

impl From<DatabaseError> for TaskError {
    fn from(error: DatabaseError) -> Self {
        Self::Refused(error.to_string())
    }
}
