//! What people decide about a run: a failed step, an abort; and that of several decisions the first one counts.

use crate::common::{HOME, World, denied, phase, refused, server_of};
use domain::deployment::{OnFailure, Phase};
use domain::id::{DeploymentId, ServerId};
use domain::protocol::{Task, TaskOutcome, TaskReport};
use operations::view::{DeploymentPage, Waits};
use operations::{Caller, DeploymentAsk};
use std::time::Duration;

async fn page(world: &World, id: DeploymentId) -> DeploymentPage {
    world.console.deployment(&world.local, HOME, id).await.unwrap()
}

/// Starts the promotion of an application that waits for a person where a step fails.
async fn start(world: &World, who: &Caller, from: &str, to: &str, application: &str) -> DeploymentId {
    let plan = world.console.make_plan(who, HOME, from, to, &[application.into()]).await.unwrap();
    let wait = Some(OnFailure::Wait.word());
    world.name_plan(who, plan, "Careful", wait).await;
    let shown = world.console.plan(who, HOME, plan).await.unwrap();
    assert_eq!(shown.on_failure, OnFailure::Wait);
    world.console.start_plan(who, HOME, plan, &shown.digest).await.unwrap()
}

/// Works as the controller until the run waits for a person or has ended; gives the tasks.
pub async fn work_on(
    world: &World,
    environment: &str,
    id: DeploymentId,
    does: impl Fn(&Task) -> TaskOutcome,
) -> (String, Vec<Task>) {
    let (mut seen, mut reports) = (Vec::new(), Vec::new());
    for _ in 0..400 {
        let row = page(world, id).await.row;
        if row.finished_at.is_some() || row.status == "needs_user_intervention" {
            return (row.status, seen);
        }
        for task in world.sync(environment, std::mem::take(&mut reports)).await.tasks {
            let outcome = does(&task);
            reports.push(TaskReport { key: task.key.clone(), fence: task.fence, outcome, lines: vec![] });
            seen.push(task);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it neither waits nor ends; tasks: {seen:?}");
}

/// Everything is done but what changes one front-end ahead.
fn but(server: ServerId) -> impl Fn(&Task) -> TaskOutcome {
    move |task| {
        if phase(task) == Phase::Forward && server_of(task) == Some(server) {
            TaskOutcome::Failed { reason: "not ready".into() }
        } else {
            TaskOutcome::Done
        }
    }
}

fn done(_: &Task) -> TaskOutcome {
    TaskOutcome::Done
}

/// Version 0.1.0 runs in Production, 0.2.0 is on its way there, and the second front-end does not get ready.
async fn suspended(world: &World) -> (Caller, DeploymentId, ServerId) {
    let ada = world.user("ada").await;
    for content in ["a", "b"] {
        world.publish("desk", None, "", content).await;
        for (from, to) in [("dev", "test"), ("test", "prod")] {
            let last = to == "prod" && content == "b";
            let id = start(world, &ada, from, to, "desk").await;
            if last {
                let second = world.servers["prod"][1].1;
                let (status, _) = work_on(world, "prod", id, but(second)).await;
                assert_eq!(status, "needs_user_intervention");
                return (ada, id, second);
            }
            assert_eq!(work_on(world, to, id, done).await.0, "finished_successful");
        }
    }
    unreachable!()
}

#[tokio::test]
async fn a_failed_step_waits_and_is_tried_again() {
    tried_again(World::new().await).await;
}

#[tokio::test]
async fn a_failed_step_waits_and_is_tried_again_on_postgresql() {
    tried_again(World::on(storage::testing::postgres().await).await).await;
}

async fn tried_again(world: World) {
    let console = &world.console;
    let engine = console.start_engine();
    let (ada, id, second) = suspended(&world).await;
    let shown = page(&world, id).await;
    let waits = Waits::Failed {
        step: "Activate App desk 0.2.0 on prod-2".into(),
        reason: "not ready".into(),
        front_end: Some("prod-2".into()),
        back: false,
    };
    assert_eq!(shown.waits, Some(waits));
    assert_eq!(world.cell("desk", "prod").await, "0.1.0", "the record is what it was");
    let ron = world.user("ron").await;
    denied(console.retry_deployment(&ron, HOME, id).await);

    // Two press at the same moment: one is obeyed, the other is told.
    let rita = world.user("rita").await;
    let (one, two) =
        tokio::join!(console.retry_deployment(&ada, HOME, id), console.take_deployment_back(&rita, HOME, id));
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(), 1, "{one:?} {two:?}");
    if two.is_ok() {
        let (status, _) = work_on(&world, "prod", id, done).await;
        assert_eq!(status, "finished_with_errors");
        engine.stop().await;
        return;
    }
    let (status, tasks) = work_on(&world, "prod", id, but(second)).await;
    assert_eq!(status, "needs_user_intervention", "it failed once more");
    assert_eq!(tasks.len(), 1, "only this step is tried again: {tasks:?}");
    assert!(tasks[0].key.ends_with("/again-2"), "under another key: {}", tasks[0].key);
    // Continue by API is one retry in all, then somebody chooses.
    let choose = refused(console.continue_deployment(&ada, HOME, id).await);
    assert!(choose.contains("tried again already"), "{choose}");
    console.retry_deployment(&ada, HOME, id).await.unwrap();
    let (status, _) = work_on(&world, "prod", id, done).await;
    assert_eq!(status, "finished_successful");
    engine.stop().await;
    assert_eq!(world.cell("desk", "prod").await, "0.2.0");
    let late = refused(console.retry_deployment(&ada, HOME, id).await);
    assert!(late.contains("has ended"), "{late}");
}

#[tokio::test]
async fn a_front_end_is_left_out_and_said_to_be_mixed() {
    let world = World::new().await;
    let console = &world.console;
    let engine = console.start_engine();
    let (ada, id, second) = suspended(&world).await;
    console.leave_out_of_deployment(&ada, HOME, id).await.unwrap();
    let (status, tasks) = work_on(&world, "prod", id, done).await;
    assert_eq!((status.as_str(), tasks.len()), ("finished_with_warnings", 0));
    assert_eq!(world.cell("desk", "prod").await, "0.2.0!", "most have the new one, and it is mixed");
    let message = page(&world, id).await.row.message;
    assert!(message.contains("prod-2 was left out") && message.contains("App desk"), "{message}");
    // Nothing of it goes from there (design 8).
    let onward = console.make_plan(&ada, HOME, "prod", "test", &["desk".into()]).await.unwrap();
    let shown = console.plan(&ada, HOME, onward).await.unwrap();
    let older = shown.items[0].options.iter().find(|one| one.words().starts_with("Deploy"));
    console.edit_plan(&ada, HOME, onward, "desk", &older.unwrap().code()).await.unwrap();
    let shown = console.plan(&ada, HOME, onward).await.unwrap();
    let reasons = shown.start.unwrap_err();
    let mixed =
        "The front-ends of Production do not run the same of App desk, so nothing of it goes from there.";
    assert!(reasons.iter().any(|one| one.sentence == mixed), "{reasons:?}");
    refused(console.start_plan(&ada, HOME, onward, &shown.digest).await);
    let asked = console.promotable(&ada, HOME, ("prod", "test"), &["desk@0.1.0".into()]).await.unwrap();
    assert_eq!((asked.possible, asked.reasons), (false, vec![mixed.to_owned()]));
    // A plan evens it out.
    let plan = console.make_plan(&ada, HOME, "test", "prod", &["desk".into()]).await.unwrap();
    console.edit_plan(&ada, HOME, plan, "desk", "redeploy").await.unwrap();
    let shown = console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!(shown.start, Ok(()));
    let run = console.start_plan(&ada, HOME, plan, &shown.digest).await.unwrap();
    let (status, tasks) = work_on(&world, "prod", run, done).await;
    engine.stop().await;
    assert_eq!(status, "finished_successful");
    assert!(tasks.iter().any(|task| server_of(task) == Some(second)));
    assert_eq!(world.cell("desk", "prod").await, "0.2.0");
    assert_eq!(world.count("deployment.leave_out", "done").await, 1);
}

#[tokio::test]
async fn everything_is_taken_back_when_somebody_says_so() {
    let world = World::new().await;
    let console = &world.console;
    let engine = console.start_engine();
    let (ada, id, _) = suspended(&world).await;
    console.take_deployment_back(&ada, HOME, id).await.unwrap();
    // The way back fails too: it waits again, and a front-end can be left out of the way back.
    let fails = |task: &Task| match phase(task) {
        Phase::Back => TaskOutcome::Failed { reason: "gone".into() },
        Phase::Forward => TaskOutcome::Done,
    };
    let (status, tasks) = work_on(&world, "prod", id, fails).await;
    assert_eq!(status, "needs_user_intervention");
    assert!(tasks.iter().all(|task| phase(task) == Phase::Back), "{tasks:?}");
    let again = refused(console.take_deployment_back(&ada, HOME, id).await);
    assert!(again.contains("does not wait for that"), "{again}");
    let Some(Waits::Failed { back: true, front_end, .. }) = page(&world, id).await.waits else {
        panic!("it waits on the way back")
    };
    assert_eq!(front_end.as_deref(), Some("prod-1"));
    console.retry_deployment(&ada, HOME, id).await.unwrap();
    let (status, _) = work_on(&world, "prod", id, done).await;
    engine.stop().await;
    assert_eq!(status, "finished_with_errors");
    assert_eq!(world.cell("desk", "prod").await, "0.1.0");
    let message = page(&world, id).await.row.message;
    assert!(message.ends_with("Everything in Production is as it was before."), "{message}");
}

#[tokio::test]
async fn an_abort_stops_at_once_and_says_what_is_left() {
    let world = World::new().await;
    let console = &world.console;
    let engine = console.start_engine();
    let (ada, id, _) = suspended(&world).await;
    console.abort_deployment(&ada, HOME, id).await.unwrap();
    let (status, tasks) = work_on(&world, "prod", id, done).await;
    assert_eq!((status.as_str(), tasks.len()), ("aborted", 0), "nothing more is given out");
    assert_eq!(
        page(&world, id).await.row.message,
        "Aborted by Ada Lovelace. The front-ends of Production do not run the same of App desk."
    );
    assert_eq!(world.cell("desk", "prod").await, "0.1.0!");
    let twice = refused(console.abort_deployment(&ada, HOME, id).await);
    assert!(twice.contains("has ended"), "{twice}");
    engine.stop().await;

    // What is still in the queue ends without having begun; the engine stands still.
    let plan = console.make_plan(&ada, HOME, "test", "prod", &["desk".into()]).await.unwrap();
    let digest = console.plan(&ada, HOME, plan).await.unwrap().digest;
    let queued = console.start_plan(&ada, HOME, plan, &digest).await.unwrap();
    console.abort_deployment(&ada, HOME, queued).await.unwrap();
    let row = page(&world, queued).await.row;
    assert_eq!(row.status, "aborted");
    assert_eq!(
        row.message,
        "Aborted by Ada Lovelace before anything had changed; Production runs what it ran."
    );
}

#[tokio::test]
async fn what_is_under_way_is_waited_for_when_somebody_aborts() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    let file = world.package("desk", None, "", "a");
    let id = console.publish(&ada, HOME, "dev", &file).await.unwrap().deployment.unwrap();
    let engine = console.start_engine();
    let mut given = Vec::new();
    for _ in 0..400 {
        given = world.sync("dev", vec![]).await.tasks;
        if !given.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    console.abort_deployment(&ada, HOME, id).await.unwrap();
    let row = page(&world, id).await.row;
    assert_eq!((row.status.as_str(), row.message.as_str()), ("aborting", "Aborted by Ada Lovelace."));
    let twice = refused(console.abort_deployment(&ada, HOME, id).await);
    assert!(twice.contains("being aborted already"), "{twice}");
    assert_eq!(world.sync("dev", vec![]).await.tasks, given, "it is asked for still, and nothing more");
    let (status, tasks) = world.work("dev", id, done).await;
    engine.stop().await;
    assert_eq!((status.as_str(), tasks.len()), ("aborted", 1), "{tasks:?}");
    assert_eq!(world.cell("desk", "dev").await, "-");
}

#[tokio::test]
async fn the_log_is_filtered_counted_and_kept_whole() {
    let world = World::new().await;
    let console = &world.console;
    let engine = console.start_engine();
    let (ada, id, _) = suspended(&world).await;
    console.take_deployment_back(&ada, HOME, id).await.unwrap();
    work_on(&world, "prod", id, done).await;
    engine.stop().await;
    let whole = page(&world, id).await;
    assert_eq!((whole.log.errors, whole.log.warnings), (1, 1), "{:?}", whole.lines);
    assert_eq!(whole.log.lines, whole.lines.len() as u64);
    let ask = async |level: &str, words: &str| {
        let query = DeploymentAsk {
            level: Some(level.into()),
            words: Some(words.into()),
            ..DeploymentAsk::default()
        };
        console.deployment_with(&ada, HOME, id, &query).await.map(|page| page.lines)
    };
    let errors = ask("error", "").await.unwrap();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].message.contains("not ready"));
    assert_eq!(ask("warning", "").await.unwrap().len(), 2);
    assert_eq!(ask("info", "ADA LOVELACE").await.unwrap().len(), 1);
    assert_eq!(ask("info", "%").await.unwrap(), []);
    assert!(ask("loud", "").await.unwrap_err().sentence().contains("info, warning or error"));
    let text = console.deployment_log(&ada, HOME, id).await.unwrap();
    assert_eq!(text.lines().count() as u64, whole.log.lines);
    assert!(text.lines().all(|line| line.split('\t').count() == 3 && line.contains('Z')), "{text}");
}
