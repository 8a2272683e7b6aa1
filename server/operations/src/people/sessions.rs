//! Sessions, for the store that the server gives to its cookie layer. Writing them stays outside the door: a session is
//! touched at each request, and what matters of it (signing in, signing out) has entries of its own.

use crate::console::Console;
use crate::error::Result;
use domain::time::{HOUR, Timestamp};
pub use storage::sessions::SessionRow;
use storage::{StoreError, sessions};

const DAY: i64 = 24 * HOUR;

/// Sessions as they are stored: under the hash of their id.
#[derive(Clone)]
pub struct Sessions {
    console: Console,
}

impl Console {
    /// The sessions.
    #[must_use]
    pub fn sessions(&self) -> Sessions {
        Sessions { console: self.clone() }
    }

    /// The time now, by the console's clock.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.now()
    }
}

impl Sessions {
    /// The session under a hash, if it has not ended.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn load(&self, id_hash: &str) -> Result<Option<SessionRow>> {
        let now = self.console.now();
        let mut tx = self.console.store().read().await?;
        Ok(sessions::load(&mut tx, id_hash, now).await?)
    }

    /// Stores a new session; `false` where the hash is taken.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn create(&self, row: &SessionRow) -> Result<bool> {
        let mut tx = self.console.store().session_touch().await?;
        match sessions::create(&mut tx, row).await {
            Ok(()) => {}
            Err(StoreError::Violated(_)) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        tx.commit(self.console.now()).await?;
        Ok(true)
    }

    /// Stores what a session holds.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn save(&self, row: &SessionRow) -> Result<()> {
        let mut tx = self.console.store().session_touch().await?;
        sessions::save(&mut tx, row).await?;
        tx.commit(self.console.now()).await?;
        Ok(())
    }

    /// Moves the idle end of a session.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn touch(&self, id_hash: &str) -> Result<()> {
        let now = self.console.now();
        let mut tx = self.console.store().session_touch().await?;
        sessions::touch(&mut tx, id_hash, now, now.plus(self.console.settings().session_idle_micros)).await?;
        tx.commit(self.console.now()).await?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn delete(&self, id_hash: &str) -> Result<()> {
        let mut tx = self.console.store().session_touch().await?;
        sessions::delete(&mut tx, id_hash).await?;
        tx.commit(self.console.now()).await?;
        Ok(())
    }

    /// Removes sessions that have ended.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn purge(&self) -> Result<()> {
        let now = self.console.now();
        let mut tx = self.console.store().session_touch().await?;
        // A day later nobody asks any more why a session ended; until then the row tells it.
        sessions::purge(&mut tx, now.plus(-DAY)).await?;
        sessions::purge_ends(&mut tx, now.plus(-DAY)).await?;
        tx.commit(self.console.now()).await?;
        Ok(())
    }
}
