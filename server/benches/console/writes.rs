//! Audited changes in a second, beside a bare loop of the same two statements on the same tables: one row is updated, one
//! entry is inserted, and the commit waits for the disk.

use std::path::Path;
use std::time::{Duration, Instant};

use domain::access::Actor;
use domain::audit::Origin;
use domain::id::{PlanId, UserId};
use operations::{Caller, Console};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use server::configuration::SQLITE_FILE;

use crate::{Failed, seed};

/// Makes the plan that is changed.
///
/// # Errors
/// The plan could not be made.
pub async fn plan(console: &Console, user: UserId) -> Result<PlanId, Failed> {
    let applications = ["application-001".to_owned()];
    Ok(console.make_plan(&caller(user), seed::INFRASTRUCTURE, "development", "test", &applications).await?)
}

fn caller(user: UserId) -> Caller {
    Caller {
        actor: Actor::User { user },
        name: seed::USERNAME.to_owned(),
        origin: Origin::default(),
        proof: domain::access::Proof::None,
        limits: Default::default(),
    }
}

/// Changes in a second, by `people` at once: each changes the notes of the plan, through the door.
///
/// # Errors
/// A change was refused or failed.
pub async fn audited(
    console: &Console,
    user: UserId,
    plan: PlanId,
    people: usize,
    span: Duration,
) -> Result<f64, Failed> {
    let begin = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for person in 0..people {
        let console = console.clone();
        tasks.spawn(async move {
            let caller = caller(user);
            let mut done = 0_u64;
            while begin.elapsed() < span {
                let notes = format!("Change {done} of person {person}");
                console
                    .note_plan(
                        &caller,
                        seed::INFRASTRUCTURE,
                        plan,
                        &operations::NoteInput {
                            name: "Measured",
                            notes: &notes,
                            links: None,
                            on_failure: None,
                        },
                    )
                    .await?;
                done += 1;
            }
            Ok::<_, operations::OperationError>(done)
        });
    }
    let mut done = 0;
    while let Some(part) = tasks.join_next().await {
        done += part??;
    }
    Ok(done as f64 / begin.elapsed().as_secs_f64())
}

/// The same two statements in a second, in a loop with nothing around them. `folder` is a data folder that no console
/// has open.
///
/// # Errors
/// The database cannot be opened, or a statement failed.
pub fn bare(folder: &Path, span: Duration) -> Result<f64, Failed> {
    let database = Connection::open(folder.join(SQLITE_FILE))?;
    database.execute_batch("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 10000")?;
    let (columns, mut entry) = newest_entry(&database)?;
    let marks = vec!["?"; columns.len()].join(", ");
    let mut insert =
        database.prepare(&format!("insert into audit_entry ({}) values ({marks})", columns.join(", ")))?;
    let mut update =
        database.prepare("update plan set notes = ?1, updated_at = updated_at + 1, edit = edit + 1")?;
    let (mut begin_tx, mut commit) = (database.prepare("begin immediate")?, database.prepare("commit")?);
    let begin = Instant::now();
    let mut done = 0_u64;
    while begin.elapsed() < span {
        begin_tx.execute([])?;
        update.execute([format!("Change {done} of person 0")])?;
        let id = 0x0192_0000_0000_7000_b000_0000_0000_0000 | u128::from(done);
        entry[0] = Value::Blob(id.to_be_bytes().to_vec());
        insert.execute(params_from_iter(&entry))?;
        commit.execute([])?;
        done += 1;
    }
    Ok(done as f64 / begin.elapsed().as_secs_f64())
}

/// An entry as it was written by the console, so that the loop writes the very same; its id comes first.
fn newest_entry(database: &Connection) -> Result<(Vec<String>, Vec<Value>), Failed> {
    let mut statement =
        database.prepare("select * from audit_entry where operation = 'plan.note' limit 1")?;
    let mut columns: Vec<String> = statement.column_names().into_iter().map(ToOwned::to_owned).collect();
    let mut entry: Vec<Value> =
        statement.query_row([], |row| (0..row.as_ref().column_count()).map(|at| row.get(at)).collect())?;
    // Number and hash are given later, by the sequencer.
    for late in ["number", "hash"] {
        if let Some(at) = columns.iter().position(|column| column == late) {
            columns.remove(at);
            entry.remove(at);
        }
    }
    if columns.first().is_none_or(|first| first != "id") {
        return Err("audit_entry does not begin with its id".into());
    }
    Ok((columns, entry))
}
