//! The server's own key is replaced by a new one once in a while, and whenever a person asks for it, without a moment in which the server
//! could not sign.
//!
//! The new key lies beside the present one until the console has accepted a request that it signed. So a process that is killed
//! between any two steps goes on at its next start: whichever of the two the console accepts, it is there.

use crate::catalog::Log;
use crate::cli;
use crate::clock;
use crate::control::Control;
use crate::controller::{Console, ConsoleError};
use crate::folders::{self, Folders};
use crate::identity::{self, OwnKey};
use crate::run;
use std::time::{Duration, UNIX_EPOCH};
use tokio::time::sleep;

/// How often it is looked whether a person asks, or the key is old.
const LOOK: Duration = Duration::from_secs(2);
/// The pause after the console could not be asked; doubled each time, up to the last.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// What replaces the key.
pub struct Rotator {
    /// The data folder.
    pub folders: Folders,
    /// The key of the running process.
    pub key: OwnKey,
    /// How it speaks to the console.
    pub console: Console,
    /// Its Log catalog.
    pub log: Log,
    /// Who controls: where this server does, others learn its new key by the next epoch.
    pub control: Control,
    /// A key that is older is replaced.
    pub age: Duration,
}

/// What became of one try.
enum Step {
    /// The next key is the server's key.
    Done,
    /// The console knows neither key: it was revoked, or enrolled anew elsewhere.
    Refused(String),
    /// The console could not be asked.
    Silent(String),
}

impl Rotator {
    /// Works until the process ends.
    pub async fn run(self) {
        let mut pause = PAUSE.0;
        loop {
            let wanted = self.folders.next_key().exists() || self.is_asked() || self.is_old();
            let step = if wanted { self.rotate().await.map(Some) } else { Ok(None) };
            let wait = match step {
                Ok(None) => LOOK,
                Ok(Some(Step::Done)) => {
                    pause = PAUSE.0;
                    tracing::info!("this server signs with a new key");
                    let _ = self.log.add_event("key_rotated", String::new()).await;
                    LOOK
                }
                Ok(Some(Step::Refused(reason) | Step::Silent(reason))) | Err(reason) => {
                    tracing::warn!(reason, "the server's key is not replaced yet");
                    let wait = pause.mul_f64(clock::jitter());
                    pause = (pause * 2).min(PAUSE.1);
                    wait
                }
            };
            sleep(wait).await;
        }
    }

    fn is_asked(&self) -> bool {
        self.folders.key_wish().exists()
    }

    fn is_old(&self) -> bool {
        let made = std::fs::metadata(self.folders.key()).and_then(|there| there.modified()).ok();
        let made = made.and_then(|made| made.duration_since(UNIX_EPOCH).ok());
        let now = Duration::from_micros(u64::try_from(clock::now().0).unwrap_or_default());
        made.is_some_and(|made| now.saturating_sub(made) > self.age)
    }

    /// Makes the next key where there is none, brings it to the console, signs with it, and keeps it.
    async fn rotate(&self) -> Result<Step, String> {
        let failed = |error: std::io::Error| format!("the keys cannot be kept: {error}");
        let present = identity::own_key(&self.folders).map_err(failed)?;
        let next = identity::make_key(&self.folders, &self.folders.next_key()).map_err(failed)?;
        match self.console.bring_key(&next).await {
            // Where the console does not know the present key any more, it may have accepted the next one before this process started.
            Ok(()) | Err(ConsoleError::Refused { status: 401, .. }) => {}
            Err(error) => return Ok(Step::Silent(error.to_string())),
        }
        // From here on everything is signed with the next key; the first of it that arrives ends the present one.
        self.key.set(next);
        match self.console.who_controls().await {
            Ok(_) => {}
            Err(ConsoleError::Refused { status: 401, reason }) => {
                self.key.set(present);
                return Ok(Step::Refused(reason));
            }
            Err(error) => return Ok(Step::Silent(error.to_string())),
        }
        std::fs::rename(self.folders.next_key(), self.folders.key()).map_err(failed)?;
        folders::sync_folder(self.folders.root()).map_err(failed)?;
        folders::remove_if_there(&self.folders.key_wish()).map_err(failed)?;
        // Where this server controls, its own tokens follow at once.
        self.control.doubt();
        Ok(Step::Done)
    }
}

/// `towpath-platform rotate-key`: asks the process that runs in a folder for a new key, or the next one that does.
pub async fn ask(arguments: cli::RotateKey) -> Result<(), String> {
    let folders = run::open_folders(&arguments.data)?;
    let failed = |error: std::io::Error| format!("The server's own key: {error}.");
    let before = identity::own_key(&folders).map_err(failed)?;
    std::fs::write(folders.key_wish(), "")
        .map_err(|error| format!("{}: {error}.", folders.key_wish().display()))?;
    if run::lock(&folders).is_ok() {
        println!("The Platform Server of this folder does not run; it makes a new key at its next start.");
        return Ok(());
    }
    for _ in 0..60 {
        sleep(Duration::from_millis(500)).await;
        let now = identity::own_key(&folders).map_err(failed)?;
        if now != before {
            println!("The new key's fingerprint: {}", identity::fingerprint(&now));
            return Ok(());
        }
    }
    Err("The Platform Server was asked and has no new key yet; it goes on trying while it runs.".to_owned())
}
