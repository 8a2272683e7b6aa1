//! The deployment engine: claims what is queued, carries out what the reducer says, and chooses nothing (design 9).
//!
//! What it writes goes through the journal: a transaction type of its own outside the door, since a run's steps and lines are a
//! record themselves. The end of a run goes through the door ([`Console::finish`]).

mod checker;
mod run;
mod sequencer;
mod sweep;

use crate::console::Console;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The running engine.
pub struct EngineHandle {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl EngineHandle {
    /// Stops claiming, and waits until what is being written is written. Runs go on with the next start, or at another console
    /// once their leases end.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

impl Console {
    /// Starts the engine: the runner, the sequencer of the audit log, the sweeper, and the checker of tools.
    #[must_use]
    pub fn start_engine(&self) -> EngineHandle {
        let (stop, stopped) = watch::channel(false);
        let tasks = vec![
            tokio::spawn(run::runner(self.clone(), stopped.clone())),
            tokio::spawn(sequencer::sequencer(self.clone(), stopped.clone())),
            tokio::spawn(checker::checker(self.clone(), stopped.clone())),
            tokio::spawn(sweep::sweeper(self.clone(), self.now(), stopped)),
        ];
        EngineHandle { stop, tasks }
    }
}

/// Waits until the engine is stopped.
pub(crate) async fn until_stopped(stopped: &mut watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if stopped.changed().await.is_err() {
            return;
        }
    }
}

pub(crate) const fn micros(duration: i64) -> Duration {
    Duration::from_micros(duration.unsigned_abs())
}
