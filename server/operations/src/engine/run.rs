//! Claiming and carrying out.

use super::{micros, until_stopped};
use crate::console::Console;
use crate::deployments::begin::RunPlan;
use crate::deployments::still::{self, Look};
use crate::deployments::{topic, work_topic};
use crate::door::fault;
use crate::error::Result;
use crate::settings::snapshot;
use domain::deployment::{Course, Decision, Next, OnFailure, Phase, Standing, StepState, next};
use domain::protocol::LogLevel;
use storage::deployments::{DeploymentRow, StepRow};
use storage::journal::{Claim, NewLine, StepPatch};
use storage::{Kind, deployments, journal};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Looks for queued runs, and runs whose console is gone; carries out each in a task of its own.
pub(super) async fn runner(console: Console, mut stopped: watch::Receiver<bool>) {
    let mut runs = JoinSet::new();
    let mut changes = console.store().changes();
    if console.store().kind() == Kind::Sqlite
        && let Err(error) = free_own(&console).await
    {
        tracing::warn!(%error, "leases of the process before could not be freed; they end by themselves");
    }
    loop {
        match claim_next(&console).await {
            Ok(Some(row)) => {
                runs.spawn(carry_out(console.clone(), row, stopped.clone()));
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "no run could be claimed"),
        }
        while let Some(done) = runs.try_join_next() {
            if let Err(error) = done {
                tracing::error!(%error, "a run's task stopped; its lease ends by itself");
            }
        }
        tokio::select! {
            () = until_stopped(&mut stopped) => break,
            () = woken(&mut changes) => {}
            () = tokio::time::sleep(micros(console.settings().sweep_micros)) => {}
        }
    }
    while runs.join_next().await.is_some() {}
}

async fn woken(changes: &mut broadcast::Receiver<storage::Change>) {
    loop {
        match changes.recv().await {
            Ok(change) if change.topic == "engine" => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// A restarted single node frees the leases of its own earlier life at once (design 9).
async fn free_own(console: &Console) -> Result<()> {
    let mut tx = console.store().journal().await?;
    journal::free_own(&mut tx, &console.inner.boot.to_string()).await?;
    tx.commit(console.now()).await?;
    Ok(())
}

/// Claims the next run with a new fence. What the console before had given to a controller is uncertain now.
async fn claim_next(console: &Console) -> Result<Option<DeploymentRow>> {
    let now = console.store().now(console.now()).await?;
    let mut tx = console.store().journal().await?;
    let fence = journal::next_fence(&mut tx).await?;
    let Some(next) = journal::next(&mut tx, now, console.now()).await? else { return Ok(None) };
    // What has not begun asks its gates once more; what runs goes on. A front-end that catches up brings nothing new.
    let asks = next.status == "queued" && !RunPlan::of(&next)?.catches_up;
    if asks && crate::gates::park::held(&mut tx, &next, console.now()).await? {
        tx.commit(console.now()).await?;
        return Box::pin(claim_next(console)).await;
    }
    if next.status == "queued" {
        match still::look(&mut tx, &next).await? {
            Look::Same => {}
            Look::From(plan) => still::set_out_from(&mut tx, &next, &plan).await?,
            Look::Ends(why) => {
                drop(tx);
                console.refuse(next.id, &why).await?;
                return Box::pin(claim_next(console)).await;
            }
        }
    }
    // Read only now: what it waited for had ended before, so that its start is never told earlier than that end.
    let now = console.store().now(console.now()).await?;
    let boot = console.inner.boot.to_string();
    let until = now.plus(console.settings().lease_micros);
    let claim = Claim { now, until, owner: &boot, boot_id: &boot, fence };
    let Some(row) = journal::take(&mut tx, &next, &claim).await? else { return Ok(None) };
    // What is done needs no question: a run that a person let go on begins its second stage.
    let mut again = false;
    let mut begun = false;
    let mut changes = false;
    for step in deployments::steps(&mut tx, row.id).await? {
        begun |= step.state != StepState::Pending.word();
        changes |= step.server_id.is_some() && step.state != StepState::Pending.word();
        again |= [StepState::Dispatched.word(), StepState::Uncertain.word()].contains(&step.state.as_str());
        if step.state == StepState::Dispatched.word() {
            let patch = StepPatch { state: word(StepState::Uncertain), ..StepPatch::default() };
            journal::step_state(&mut tx, row.id, step.ordinal, &step.phase, fence, &patch).await?;
        }
    }
    // Who aborted it is told until the end.
    let message = if row.decision.is_some() { row.message.as_str() } else { "Running." };
    journal::set_status_running(&mut tx, row.id, fence, message).await?;
    let words = match (again, begun) {
        (true, _) => "Taken up again; what was under way is asked about first.",
        (false, true) => "Taken up again.",
        (false, false) => "Started.",
    };
    let line = NewLine::own(row.id, now, LogLevel::Info, words);
    journal::append_line(&mut tx, &line).await?;
    // As long as nothing of it runs, it takes the settings as they are now.
    if !changes {
        snapshot::look_again(console, &mut tx, &row).await?;
    }
    tx.notice(&topic(row.id), row.id);
    tx.notice(&work_topic(row.target_id), row.id);
    tx.commit(console.now()).await?;
    Ok(Some(row))
}

fn word(state: StepState) -> Option<String> {
    Some(state.word().to_owned())
}

/// How often a step was given out already.
fn attempts(steps: &[StepRow], ordinal: u32, phase: Phase) -> u32 {
    let step = steps.iter().find(|step| step.ordinal == ordinal && step.phase == phase.word());
    step.map_or(0, |step| step.attempt)
}

/// Carries out one run until it ends, the engine stops, or another console has taken it.
async fn carry_out(console: Console, row: DeploymentRow, mut stopped: watch::Receiver<bool>) {
    let mut changes = console.store().changes();
    let own = topic(row.id);
    // By the clock that nobody sets: the other one may jump, and the lease would end although this console is there.
    let mut renewed = Instant::now();
    loop {
        match turn(&console, &row).await {
            Ok(Turn::Over) => return,
            Ok(Turn::Wait) => {}
            Err(error) => {
                tracing::warn!(deployment = %row.id, %error, "a turn of a run failed; it is tried again")
            }
        }
        let pause = micros(console.settings().renew_micros.min(console.settings().sweep_micros));
        tokio::select! {
            () = until_stopped(&mut stopped) => return,
            () = told(&mut changes, &own) => {}
            () = tokio::time::sleep(pause) => {}
        }
        if renewed.elapsed() >= micros(console.settings().renew_micros) {
            match renew(&console, &row).await {
                Ok(true) => renewed = Instant::now(),
                Ok(false) => {
                    tracing::warn!(deployment = %row.id, "another console has taken this run");
                    return;
                }
                Err(error) => tracing::warn!(deployment = %row.id, %error, "a lease was not renewed"),
            }
        }
    }
}

async fn told(changes: &mut broadcast::Receiver<storage::Change>, topic: &str) {
    loop {
        match changes.recv().await {
            Ok(change) if change.topic == topic => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

async fn renew(console: &Console, row: &DeploymentRow) -> Result<bool> {
    let now = console.store().now(console.now()).await?;
    let until = now.plus(console.settings().lease_micros);
    let mut tx = console.store().journal().await?;
    let held = journal::renew(&mut tx, row.id, &console.inner.boot.to_string(), row.fence, until).await?;
    tx.commit(console.now()).await?;
    Ok(held)
}

/// Why a run waits for a person.
enum Pause<'s> {
    /// It is of two stages, and everything is prepared (R16).
    Prepared,
    /// A step failed.
    Failed(&'s StepRow),
}

/// Lets a run wait for a person.
async fn pause(console: &Console, row: &DeploymentRow, why: Pause<'_>) -> Result<()> {
    let mut tx = console.store().journal().await?;
    let (level, message) = match why {
        Pause::Prepared => (
            LogLevel::Info,
            "Prepared; what runs is untouched. It goes on when somebody who may deploy here says so."
                .to_owned(),
        ),
        Pause::Failed(step) => (
            LogLevel::Warning,
            format!(
                "{} failed. Somebody who may deploy here decides: try it again, leave the front-end out, take everything back, or abort.",
                step.title
            ),
        ),
    };
    let held = match why {
        Pause::Prepared => journal::hold(&mut tx, row.id, row.fence, &message).await?,
        Pause::Failed(_) => journal::suspend(&mut tx, row.id, row.fence, &message).await?,
    };
    if !held {
        return Ok(());
    }
    let line = NewLine::own(row.id, console.now(), level, &message);
    journal::append_line(&mut tx, &line).await?;
    tx.notice(&topic(row.id), row.id);
    tx.notice(&work_topic(row.target_id), row.id);
    tx.commit(console.now()).await?;
    Ok(())
}

/// What a run follows, as it stands in the database now: a person may have decided since it was claimed.
fn course(row: &DeploymentRow, plan: &RunPlan) -> Course {
    Course {
        waits: row.waits,
        on_failure: OnFailure::of_word(&row.on_failure).unwrap_or_default(),
        decision: row.decision.as_deref().and_then(Decision::of_word),
        out_at_once: plan.out_at_once,
    }
}

enum Turn {
    Wait,
    Over,
}

/// Does what the reducer says next, as long as there is something to do.
async fn turn(console: &Console, row: &DeploymentRow) -> Result<Turn> {
    loop {
        let mut tx = console.store().read().await?;
        let steps = deployments::steps(&mut tx, row.id).await?;
        let now = deployments::by_id(&mut tx, row.id).await?.ok_or_else(|| fault("a run without its row"))?;
        drop(tx);
        let plan = RunPlan::of(&now)?;
        let course = course(&now, &plan);
        let all: Vec<Standing> = steps.iter().map(|step| plan.standing(step)).collect();
        match next(&all, course) {
            Next::Wait => return Ok(Turn::Wait),
            Next::Hold => {
                pause(console, row, Pause::Prepared).await?;
                return Ok(Turn::Over);
            }
            Next::Suspend { ordinal, phase } => {
                let failed = steps.iter().find(|step| step.ordinal == ordinal && step.phase == phase.word());
                let failed = failed.ok_or_else(|| fault("a run is suspended on a step that is not there"))?;
                pause(console, row, Pause::Failed(failed)).await?;
                return Ok(Turn::Over);
            }
            Next::Finish(ending) => {
                console.finish(row.id, row.fence, ending).await?;
                return Ok(Turn::Over);
            }
            Next::Dispatch { ordinal, phase } => {
                let mut tx = console.store().journal().await?;
                let patch = StepPatch {
                    state: word(StepState::Dispatched),
                    started_at: Some(console.now()),
                    attempt: attempts(&steps, ordinal, phase).checked_add(1),
                    ..StepPatch::default()
                };
                if !journal::step_state(&mut tx, row.id, ordinal, phase.word(), row.fence, &patch).await? {
                    return Ok(Turn::Over);
                }
                // Its row is held from here on: a decision that came meanwhile counts, and this step is not given out.
                let decided = deployments::by_id(&mut tx, row.id).await?.and_then(|row| row.decision);
                if decided != now.decision {
                    continue;
                }
                tx.notice(&topic(row.id), row.id);
                tx.notice(&work_topic(row.target_id), row.id);
                tx.commit(console.now()).await?;
            }
        }
    }
}
