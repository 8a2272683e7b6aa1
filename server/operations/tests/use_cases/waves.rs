//! Farms: how many front-ends a deployment changes at once, and those that come back after a while.

use crate::common::{HOME, World, later, phase, server_of};
use crate::running::work_on;
use crate::stages::change;
use domain::deployment::{OnFailure, Phase};
use domain::id::DeploymentId;
use domain::protocol::{Farm, ServerStatus, SyncResponse, Task, TaskAction, TaskOutcome, TaskReport};
use domain::time::{MINUTE, SECOND};
use operations::{Caller, NewServer, TimeQuery};
use std::time::Duration;

fn done(_: &Task) -> TaskOutcome {
    TaskOutcome::Done
}

fn failed(reason: &str) -> TaskOutcome {
    TaskOutcome::Failed { reason: reason.into() }
}

/// The place of a task's front-end in Production, from 1; 0 where it is about none.
fn at(world: &World, task: &Task) -> usize {
    let servers = &world.servers["prod"];
    server_of(task).and_then(|id| servers.iter().position(|(_, server)| *server == id)).map_or(0, |at| at + 1)
}

/// One more front-end in Production.
async fn add(world: &mut World, number: u8) {
    let key = format!("prod-{number}");
    let new = NewServer { key: key.clone(), name: key.clone(), is_controller: false };
    let server = world.console.create_server(&world.local, HOME, "prod", new).await.unwrap();
    world.enrol("prod", (&key, server), 100 + number).await;
}

/// Publishes another content and starts its way to the next stages; gives the deployment into Production, which has not begun.
async fn bring(world: &World, ada: &Caller, content: &str, on_failure: OnFailure) -> DeploymentId {
    world.publish("desk", None, "", content).await;
    for (from, to) in [("dev", "test"), ("test", "prod")] {
        let plan = world.console.make_plan(ada, HOME, from, to, &["desk".into()]).await.unwrap();
        world.name_plan(ada, plan, "Bring desk", Some(on_failure.word())).await;
        let digest = world.console.plan(ada, HOME, plan).await.unwrap().digest;
        let id = world.console.start_plan(ada, HOME, plan, &digest).await.unwrap();
        if to == "prod" {
            return id;
        }
        assert_eq!(work_on(world, to, id, done).await.0, "finished_successful");
    }
    unreachable!()
}

/// Asks until so many tasks are given out, and no more than that.
async fn given(world: &World, count: usize, reports: Vec<TaskReport>) -> Vec<Task> {
    let mut reports = reports;
    for _ in 0..400 {
        let tasks = world.sync("prod", std::mem::take(&mut reports)).await.tasks;
        assert!(tasks.len() <= count, "{tasks:?}");
        if tasks.len() == count {
            return tasks;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("there were never {count} tasks")
}

fn report(task: &Task, outcome: TaskOutcome) -> TaskReport {
    TaskReport { key: task.key.clone(), fence: task.fence, outcome, lines: vec![] }
}

/// Production with four front-ends, three of which may be out at once, and one version that runs.
async fn farm(mut world: World) -> (World, Caller) {
    add(&mut world, 3).await;
    add(&mut world, 4).await;
    let ada = world.user("ada").await;
    change(&world, &ada, "prod", |wanted| {
        wanted.topology = "farm".into();
        wanted.out_at_once = Some("9".into());
        wanted.drain_seconds = Some("2".into());
    })
    .await;
    (world, ada)
}

#[tokio::test]
async fn a_wave_slides_along_the_farm() {
    slides(World::new().await).await;
}

#[tokio::test]
async fn a_wave_slides_along_the_farm_on_postgresql() {
    slides(World::on(storage::testing::postgres().await).await).await;
}

async fn slides(world: World) {
    let (world, ada) = farm(world).await;
    // At least one front-end stays.
    let says = world.sync("prod", vec![]).await.farm;
    assert_eq!(says, Farm { out_at_once: 3, drain_seconds: Some(2), open_requests_seconds: None });
    let engine = world.console.start_engine();
    let id = bring(&world, &ada, "a", OnFailure::RollBack).await;
    let prepare = given(&world, 1, vec![]).await;
    let wave = given(&world, 3, vec![report(&prepare[0], TaskOutcome::Done)]).await;
    assert_eq!(wave.iter().map(|task| at(&world, task)).collect::<Vec<_>>(), [1, 2, 3]);
    // The last one takes the place of whichever is done first.
    let next = given(&world, 3, vec![report(&wave[1], TaskOutcome::Done)]).await;
    assert_eq!(next.iter().map(|task| at(&world, task)).collect::<Vec<_>>(), [1, 3, 4]);
    assert_eq!(work_on(&world, "prod", id, done).await.0, "finished_successful");

    // A plan that takes everything back: what is under way ends, nothing more is begun, and every front-end has what it had.
    let id = bring(&world, &ada, "b", OnFailure::RollBack).await;
    let fails = |task: &Task| match (phase(task), at(&world, task)) {
        (Phase::Forward, 2) => failed("not ready"),
        _ => TaskOutcome::Done,
    };
    let (status, tasks) = work_on(&world, "prod", id, fails).await;
    assert_eq!(status, "finished_with_errors");
    let of = |wanted: Phase| {
        let own = tasks.iter().filter(|task| phase(task) == wanted && at(&world, task) > 0);
        let mut all: Vec<_> = own.map(|task| at(&world, task)).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    // The fourth one may have begun before the failure was heard of; then it is taken back like the others.
    let (ahead, back) = (of(Phase::Forward), of(Phase::Back));
    assert!(ahead.starts_with(&[1, 2, 3]), "{tasks:?}");
    assert_eq!(back, ahead.into_iter().filter(|at| *at != 2).collect::<Vec<_>>(), "{tasks:?}");
    assert_eq!(world.cell("desk", "prod").await, "0.1.0");
    let page = world.console.deployment(&world.local, HOME, id).await.unwrap();
    assert!(
        page.row.message.ends_with("Everything in Production is as it was before."),
        "{}",
        page.row.message
    );

    // A plan that waits for a person: it stands still once what is under way has ended.
    let plan = world.console.make_plan(&ada, HOME, "test", "prod", &["desk".into()]).await.unwrap();
    world.name_plan(&ada, plan, "Careful", Some(OnFailure::Wait.word())).await;
    let digest = world.console.plan(&ada, HOME, plan).await.unwrap().digest;
    let id = world.console.start_plan(&ada, HOME, plan, &digest).await.unwrap();
    assert_eq!(work_on(&world, "prod", id, fails).await.0, "needs_user_intervention");
    world.console.retry_deployment(&ada, HOME, id).await.unwrap();
    let (status, tasks) = work_on(&world, "prod", id, done).await;
    assert_eq!(status, "finished_successful");
    let mut rest: Vec<_> = tasks.iter().map(|task| at(&world, task)).collect();
    rest.sort_unstable();
    rest.dedup();
    assert!(rest == [2] || rest == [2, 4], "what is done stays: {rest:?}");
    assert_eq!(world.cell("desk", "prod").await, "0.2.0");
    engine.stop().await;
}

#[tokio::test]
async fn how_front_ends_leave_is_set_with_the_environment() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    assert_eq!(world.sync("prod", vec![]).await.farm, Farm::default());
    change(&world, &ada, "prod", |wanted| {
        wanted.drain_seconds = Some("0".into());
        wanted.open_requests_seconds = Some("45".into());
    })
    .await;
    // What is not named stays.
    change(&world, &ada, "prod", |wanted| wanted.out_at_once = Some("2".into())).await;
    let page = world.console.environment_settings(&ada, HOME, "prod").await.unwrap();
    assert_eq!(
        (page.out_at_once, page.drain_seconds, page.open_requests_seconds),
        (Some(2), Some(0), Some(45))
    );
    let says = world.sync("prod", vec![]).await.farm;
    assert_eq!((says.out_at_once, says.drain_seconds), (1, Some(0)), "one of two stays");
    let wrong = operations::EnvironmentInput {
        name: "Production".into(),
        purpose: "production".into(),
        topology: "farm".into(),
        out_at_once: Some("0".into()),
        drain_seconds: Some("601".into()),
        ..operations::EnvironmentInput::default()
    };
    let Err(operations::OperationError::Invalid { fields }) =
        world.console.change_environment(&ada, HOME, "prod", &wrong).await
    else {
        panic!("it is refused")
    };
    assert_eq!(fields.iter().map(|one| one.field).collect::<Vec<_>>(), ["out_at_once", "drain_seconds"]);
}

/// One sync where the second front-end of Production answers or not, with the controller's own report.
async fn sync(world: &World, reachable: bool, reports: Vec<TaskReport>) -> SyncResponse {
    let mut all: Vec<ServerStatus> =
        (0..world.servers["prod"].len()).map(|n| world.status("prod", n)).collect();
    all[1].reachable = reachable;
    world.says("prod", all, reports).await
}

/// Works as the controller whose second front-end answers or not, until a deployment waits or has ended.
async fn work(
    world: &World,
    id: DeploymentId,
    reachable: bool,
    does: impl Fn(&Task) -> TaskOutcome,
) -> String {
    let mut reports = Vec::new();
    for _ in 0..400 {
        let row = world.console.deployment(&world.local, HOME, id).await.unwrap().row;
        if row.finished_at.is_some() || row.status == "needs_user_intervention" {
            return row.status;
        }
        let tasks = sync(world, reachable, std::mem::take(&mut reports)).await.tasks;
        reports = tasks.iter().map(|task| report(task, does(task))).collect();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it neither waits nor ends")
}

fn is_behind(world: &World, answer: &SyncResponse) -> bool {
    let second = world.servers["prod"][1].1;
    answer.members.iter().find(|member| member.server == second).unwrap().catches_up
}

/// The newest deployment into Production, if it brings a front-end up to date.
async fn repair(world: &World) -> Option<operations::view::DeploymentRow> {
    let page = world.console.deployments(&world.local, HOME, &TimeQuery::default()).await.unwrap();
    page.rows.into_iter().next().filter(|row| row.kind == "catch_up")
}

/// Version 0.1.0 runs in Production; 0.2.0 came while the second front-end was away, and somebody left it out.
async fn without_the_second(world: &World, ada: &Caller, reachable: bool) -> DeploymentId {
    let second = world.servers["prod"][1].1;
    let id = bring(world, ada, "a", OnFailure::Wait).await;
    assert_eq!(work(world, id, true, done).await, "finished_successful");
    let id = bring(world, ada, "b", OnFailure::Wait).await;
    let away = move |task: &Task| match server_of(task) == Some(second) {
        true => failed("prod-2 cannot be reached"),
        false => TaskOutcome::Done,
    };
    assert_eq!(work(world, id, reachable, away).await, "needs_user_intervention");
    world.console.leave_out_of_deployment(ada, HOME, id).await.unwrap();
    assert_eq!(work(world, id, reachable, away).await, "finished_with_warnings");
    assert_eq!(world.cell("desk", "prod").await, "0.2.0!");
    id
}

#[tokio::test]
async fn a_front_end_that_was_away_catches_up_by_itself() {
    catches_up(World::new().await).await;
}

#[tokio::test]
async fn a_front_end_that_was_away_catches_up_by_itself_on_postgresql() {
    catches_up(World::on(storage::testing::postgres().await).await).await;
}

async fn catches_up(world: World) {
    let ada = world.user("ada").await;
    let second = world.servers["prod"][1].1;
    let engine = world.console.start_engine();
    let left_out = without_the_second(&world, &ada, false).await;
    let log = world.console.deployment(&world.local, HOME, left_out).await.unwrap();
    let told = "Ada Lovelace left prod-2 out, which cannot be reached: it catches up when it is back.";
    assert!(log.lines.iter().any(|line| line.message == told), "{:?}", log.lines);
    assert!(!is_behind(&world, &sync(&world, false, vec![]).await), "nobody asks as long as it is away");
    assert_eq!(repair(&world).await.map(|row| row.name), None);

    // The first time it fails, and it stays behind.
    assert!(is_behind(&world, &sync(&world, true, vec![]).await));
    let first = repair(&world).await.expect("it is brought up to date");
    assert_eq!((first.name.as_str(), first.started_by.as_str()), ("Bring prod-2 up to date", "Towpath"));
    assert_eq!(work(&world, first.id, true, |_| failed("no room")).await, "finished_with_errors");
    assert!(is_behind(&world, &sync(&world, true, vec![]).await), "it is not tried again at once");
    assert_eq!(repair(&world).await.map(|row| row.id), Some(first.id));
    assert_eq!(world.cell("desk", "prod").await, "0.2.0!");

    later(&world, 6 * MINUTE);
    assert!(is_behind(&world, &sync(&world, true, vec![]).await));
    let again = repair(&world).await.filter(|row| row.id != first.id).expect("it is tried again");
    let mut seen = Vec::new();
    let mut reports = vec![];
    for _ in 0..400 {
        if world.console.deployment(&world.local, HOME, again.id).await.unwrap().row.finished_at.is_some() {
            break;
        }
        let answer = sync(&world, true, std::mem::take(&mut reports)).await;
        reports = answer.tasks.iter().map(|task| report(task, TaskOutcome::Done)).collect();
        seen.extend(answer.tasks);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    seen.dedup_by(|one, other| one.key == other.key);
    let [prepare, activate] = &seen[..] else { panic!("{seen:?}") };
    let TaskAction::Prepare { servers: Some(servers), .. } = &prepare.action else { panic!("{prepare:?}") };
    assert_eq!(*servers, [second].into());
    assert_eq!(server_of(activate), Some(second));
    let row = world.console.deployment(&world.local, HOME, again.id).await.unwrap().row;
    assert_eq!(
        (row.status.as_str(), row.message.as_str()),
        ("finished_successful", "prod-2 runs what the others run.")
    );
    assert_eq!(world.cell("desk", "prod").await, "0.2.0", "it is even again");
    assert!(!is_behind(&world, &sync(&world, true, vec![]).await));
    engine.stop().await;
    assert_eq!(world.count("deployment.catch_up", "done").await, 2);
}

#[tokio::test]
async fn what_a_person_left_out_although_it_answered_stays_so() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let engine = world.console.start_engine();
    without_the_second(&world, &ada, true).await;
    later(&world, MINUTE);
    assert!(!is_behind(&world, &sync(&world, true, vec![]).await));
    assert_eq!(repair(&world).await.map(|row| row.name), None);
    assert_eq!(world.cell("desk", "prod").await, "0.2.0!");
    engine.stop().await;
}

#[tokio::test]
async fn a_new_front_end_gets_everything_but_not_during_a_maintenance() {
    let mut world = World::new().await;
    let ada = world.user("ada").await;
    let engine = world.console.start_engine();
    let id = bring(&world, &ada, "a", OnFailure::RollBack).await;
    assert_eq!(work(&world, id, true, done).await, "finished_successful");
    add(&mut world, 3).await;
    // Just after a deployment a report may be older than its end.
    world.sync("prod", vec![]).await;
    assert_eq!(repair(&world).await.map(|row| row.name), None);
    later(&world, 30 * SECOND);
    world.console.begin_maintenance(&ada, HOME, "prod", "new disks").await.unwrap();
    let answer = world.sync("prod", vec![]).await;
    let third = answer.members.iter().find(|member| member.name == "prod-3").unwrap();
    assert!(third.catches_up, "nobody is to be sent there yet");
    assert_eq!(repair(&world).await.map(|row| row.name), None);
    world.console.end_maintenance(&ada, HOME, "prod").await.unwrap();
    world.sync("prod", vec![]).await;
    let brings = repair(&world).await.expect("it gets everything");
    assert_eq!(brings.name, "Bring prod-3 up to date");
    assert_eq!(work_on(&world, "prod", brings.id, done).await.0, "finished_successful");
    later(&world, MINUTE);
    let answer = world.sync("prod", vec![]).await;
    assert!(answer.members.iter().all(|member| !member.catches_up));
    assert_eq!(repair(&world).await.map(|row| row.id), Some(brings.id), "and nothing more");
    engine.stop().await;
}
