//! The controller's journal: every task by its key, how far it is, and what is still to be told to the console.

use super::{CatalogError, Platform, from_json, to_json};
use domain::protocol::{LogLevel, LogLine, Task, TaskAction, TaskOutcome, TaskReport};
use domain::setting::Values;
use domain::time::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// How far a task is. The order is that of a preparation; an activation goes from received to activating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskState {
    /// In the journal; nothing was done.
    Received,
    /// The package is on its way.
    Fetching,
    /// Size, hash, names and limits are sound.
    Verified,
    /// Unpacked, compressed, and bundled for the front-ends.
    Built,
    /// On every front-end.
    Staged,
    /// A front-end was asked to switch.
    Activating,
    /// Ended well.
    Done,
    /// Ended, and everything is as it was before.
    Failed,
}

const STATES: [(TaskState, &str); 8] = [
    (TaskState::Received, "received"),
    (TaskState::Fetching, "fetching"),
    (TaskState::Verified, "verified"),
    (TaskState::Built, "built"),
    (TaskState::Staged, "staged"),
    (TaskState::Activating, "activating"),
    (TaskState::Done, "done"),
    (TaskState::Failed, "failed"),
];

impl TaskState {
    /// Its word in the catalog.
    pub fn word(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("received", |(_, word)| word)
    }

    fn of(word: &str) -> Self {
        STATES.iter().find(|(_, w)| *w == word).map_or(Self::Received, |(state, _)| *state)
    }

    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        self >= Self::Done
    }
}

/// A task as the journal has it.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The task with the highest fence under which it came.
    pub task: Task,
    /// How far it is.
    pub state: TaskState,
    /// Units done.
    pub done: u64,
    /// Units in all; 0 where that is not known.
    pub total: u64,
    /// Why it failed.
    pub reason: Option<String>,
}

impl Recorded {
    /// What the console is told.
    pub fn outcome(&self) -> TaskOutcome {
        match self.state {
            TaskState::Done => TaskOutcome::Done,
            TaskState::Failed => TaskOutcome::Failed { reason: self.reason.clone().unwrap_or_default() },
            _ => TaskOutcome::Running { done: self.done, total: self.total },
        }
    }
}

/// A change of one task.
#[derive(Debug, Clone, Default)]
pub struct TaskUpdate {
    /// The new state.
    pub state: Option<TaskState>,
    /// Units done and units in all.
    pub progress: Option<(u64, u64)>,
    /// Why it failed.
    pub reason: Option<String>,
    /// A line for the deployment's log.
    pub line: Option<(LogLevel, String)>,
}

fn recorded(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    let text: String = row.get(0)?;
    let mut task: Task = from_json(&text)?;
    task.fence = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
    let state: String = row.get(2)?;
    let unsigned = |value: i64| u64::try_from(value).unwrap_or(0);
    Ok(Recorded {
        task,
        state: TaskState::of(&state),
        done: unsigned(row.get(3)?),
        total: unsigned(row.get(4)?),
        reason: row.get(5)?,
    })
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Takes the settings out of a task that has ended: nothing needs them any more, and secrets are among them.
fn forget_settings(tx: &Transaction<'_>, key: &str) -> rusqlite::Result<()> {
    let text: String = tx.query_row("SELECT task FROM tasks WHERE key = ?1", [key], |row| row.get(0))?;
    let mut task: Task = from_json(&text)?;
    if let TaskAction::Activate { settings, .. } = &mut task.action
        && !settings.is_empty()
    {
        *settings = Values::default();
        tx.execute("UPDATE tasks SET task = ?2 WHERE key = ?1", params![key, to_json(&task)])?;
    }
    Ok(())
}

impl Platform {
    /// What the journal knows of a key.
    pub async fn task(&self, key: &str) -> Result<Option<Recorded>, CatalogError> {
        let key = key.to_owned();
        self.0
            .run(move |tx| {
                let sql = "SELECT task, fence, state, done, total, reason FROM tasks WHERE key = ?1";
                tx.query_row(sql, [key], recorded).optional()
            })
            .await
    }

    /// Writes a new task into the journal, before anything is done for it.
    pub async fn add_task(&self, task: &Task) -> Result<(), CatalogError> {
        let (task, now) = (task.clone(), crate::clock::now().0);
        self.0
            .run(move |tx| {
                let sql = "INSERT INTO tasks (key, fence, task, state, received_at, changed_at)
                           VALUES (?1, ?2, ?3, 'received', ?4, ?4) ON CONFLICT (key) DO NOTHING";
                tx.execute(sql, params![task.key, signed(task.fence), to_json(&task), now]).map(drop)
            })
            .await
    }

    /// The same task came again: from now on it is answered under the fence it came with, and told once more.
    pub async fn readopt_task(&self, key: &str, fence: u64) -> Result<(), CatalogError> {
        let key = key.to_owned();
        self.0
            .run(move |tx| {
                let sql = "UPDATE tasks SET fence = max(fence, ?2), acknowledged = 0 WHERE key = ?1";
                tx.execute(sql, params![key, signed(fence)]).map(drop)
            })
            .await
    }

    /// Changes a task and adds its line, together. A task that has ended does not change again.
    pub async fn update_task(&self, key: &str, update: TaskUpdate) -> Result<(), CatalogError> {
        let (key, now) = (key.to_owned(), crate::clock::now().0);
        self.0
            .run(move |tx| {
                let (done, total) = update.progress.map_or((None, None), |(d, t)| (Some(signed(d)), Some(signed(t))));
                let sql = "UPDATE tasks SET state = coalesce(?2, state), done = coalesce(?3, done),
                           total = coalesce(?4, total), reason = coalesce(?5, reason), changed_at = ?6
                           WHERE key = ?1 AND state NOT IN ('done', 'failed')";
                let state = update.state.map(TaskState::word);
                let changed = tx.execute(sql, params![key, state, done, total, update.reason, now])?;
                if changed > 0 && update.state.is_some_and(TaskState::is_final) {
                    forget_settings(tx, &key)?;
                }
                if let (1.., Some((level, message))) = (changed, update.line) {
                    let sql = "INSERT INTO task_lines (key, number, at, level, message)
                               SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4 FROM task_lines WHERE key = ?1";
                    tx.execute(sql, params![key, now, to_json(&level), message])?;
                }
                Ok(())
            })
            .await
    }

    /// The tasks that were begun and have not ended, oldest first.
    pub async fn open_tasks(&self) -> Result<Vec<Recorded>, CatalogError> {
        self.0
            .run(|tx| {
                let sql = "SELECT task, fence, state, done, total, reason FROM tasks
                           WHERE state NOT IN ('done', 'failed') ORDER BY received_at, key";
                tx.prepare_cached(sql)?.query_map([], recorded)?.collect()
            })
            .await
    }

    /// What the console has not acknowledged yet, with all lines: a line that comes again has the same number.
    pub async fn reports(&self) -> Result<Vec<TaskReport>, CatalogError> {
        self.0
            .run(|tx| {
                let sql = "SELECT task, fence, state, done, total, reason FROM tasks
                           WHERE acknowledged = 0 ORDER BY received_at, key";
                let open: Vec<Recorded> =
                    tx.prepare_cached(sql)?.query_map([], recorded)?.collect::<Result<_, _>>()?;
                let mut lines = tx.prepare_cached(
                    "SELECT number, at, level, message FROM task_lines WHERE key = ?1 ORDER BY number",
                )?;
                open.iter()
                    .map(|known| {
                        let of_task = lines.query_map([&known.task.key], |row| {
                            let level: String = row.get(2)?;
                            Ok(LogLine {
                                number: u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0),
                                at: Timestamp(row.get(1)?),
                                level: from_json(&level)?,
                                message: row.get(3)?,
                            })
                        })?;
                        Ok(TaskReport {
                            key: known.task.key.clone(),
                            fence: known.task.fence,
                            outcome: known.outcome(),
                            lines: of_task.collect::<Result<_, _>>()?,
                        })
                    })
                    .collect()
            })
            .await
    }

    /// The console has stored the final reports of these keys. Keeps the newest thousand of them as memory.
    pub async fn acknowledge(&self, keys: Vec<String>) -> Result<(), CatalogError> {
        if keys.is_empty() {
            return Ok(());
        }
        self.0
            .run(move |tx| {
                let sql = "UPDATE tasks SET acknowledged = 1 WHERE key = ?1 AND state IN ('done', 'failed')";
                let mut mark = tx.prepare_cached(sql)?;
                for key in &keys {
                    mark.execute([key])?;
                }
                let sql = "DELETE FROM tasks WHERE acknowledged = 1 AND key NOT IN
                           (SELECT key FROM tasks ORDER BY received_at DESC LIMIT 1000)";
                tx.execute(sql, []).map(drop)
            })
            .await
    }
}
