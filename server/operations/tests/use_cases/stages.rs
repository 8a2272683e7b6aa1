//! Two stages (R16), and the limits of an environment.

use crate::common::{HOME, World, refused, server_of};
use crate::gates::freeze;
use domain::id::DeploymentId;
use domain::protocol::{Task, TaskAction, TaskOutcome};
use operations::view::EnvironmentSettings;
use operations::{Caller, EnvironmentInput};
use std::time::Duration;

async fn settings(world: &World, environment: &str) -> EnvironmentSettings {
    world.console.environment_settings(&world.local, HOME, environment).await.unwrap()
}

/// The settings as they are, as somebody types them.
async fn input(world: &World, environment: &str) -> EnvironmentInput {
    let now = settings(world, environment).await;
    EnvironmentInput {
        name: now.name,
        purpose: now.purpose.word().to_owned(),
        topology: now.topology.word().to_owned(),
        ..EnvironmentInput::default()
    }
}

pub async fn change(
    world: &World,
    ada: &Caller,
    environment: &str,
    with: impl FnOnce(&mut EnvironmentInput),
) {
    let mut wanted = input(world, environment).await;
    with(&mut wanted);
    world.console.change_environment(ada, HOME, environment, &wanted).await.unwrap();
}

async fn start(world: &World, ada: &Caller, from: &str, to: &str, application: &str) -> DeploymentId {
    let plan = world.console.make_plan(ada, HOME, from, to, &[application.into()]).await.unwrap();
    let page = world.console.plan(ada, HOME, plan).await.unwrap();
    world.console.start_plan(ada, HOME, plan, &page.digest).await.unwrap()
}

/// Works as the controller until the deployment waits for a person; gives the tasks.
async fn until_it_waits(world: &World, environment: &str, id: DeploymentId) -> Vec<Task> {
    let mut seen = Vec::new();
    let mut reports = Vec::new();
    for _ in 0..400 {
        let page = world.console.deployment(&world.local, HOME, id).await.unwrap();
        if page.row.status == "needs_user_intervention" {
            assert!(page.row.finished_at.is_none());
            return seen;
        }
        let answer = world.sync(environment, std::mem::take(&mut reports)).await;
        for task in answer.tasks {
            reports.push(domain::protocol::TaskReport {
                key: task.key.clone(),
                fence: task.fence,
                outcome: TaskOutcome::Done,
                lines: vec![],
            });
            seen.push(task);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the deployment never waited; tasks: {seen:?}");
}

async fn two_stages(world: &World) -> (Caller, DeploymentId) {
    let ada = world.user("ada").await;
    world.publish("desk", None, "", "a").await;
    change(world, &ada, "test", |wanted| wanted.two_stage = Some(true)).await;
    assert!(settings(world, "test").await.two_stage);
    let id = start(world, &ada, "dev", "test", "desk").await;
    (ada, id)
}

#[tokio::test]
async fn a_run_of_two_stages_waits_and_one_of_two_lets_it_go_on() {
    going_on(World::new().await).await;
}

#[tokio::test]
async fn a_run_of_two_stages_waits_and_one_of_two_lets_it_go_on_on_postgresql() {
    going_on(World::on(storage::testing::postgres().await).await).await;
}

async fn going_on(world: World) {
    let (ada, id) = two_stages(&world).await;
    let console = &world.console;
    let engine = console.start_engine();
    let early = refused(console.continue_deployment(&ada, HOME, id).await);
    assert!(early.contains("does not wait"), "{early}");
    let prepared = until_it_waits(&world, "test", id).await;
    assert!(prepared.iter().all(|task| matches!(task.action, TaskAction::Prepare { .. })), "{prepared:?}");
    assert_eq!(world.cell("desk", "test").await, "-", "what runs is untouched");
    let page = console.deployment(&ada, HOME, id).await.unwrap();
    assert_eq!(page.decide, Some(Ok(())));
    assert!(page.row.message.starts_with("Prepared; what runs is untouched."), "{}", page.row.message);
    let list = operations::TimeQuery {
        status: Some("needs_user_intervention".into()),
        ..operations::TimeQuery::default()
    };
    assert_eq!(console.deployments(&ada, HOME, &list).await.unwrap().rows.len(), 1);
    let ron = world.user("ron").await;
    assert!(console.continue_deployment(&ron, HOME, id).await.is_err());
    let shown = console.deployment(&ron, HOME, id).await.unwrap();
    assert!(shown.decide.unwrap().unwrap_err().sentence.contains("let App desk to Test go on"));

    // Two press at the same moment: one is obeyed, the other is told.
    let rita = world.user("rita").await;
    let (one, two) = tokio::join!(
        console.continue_deployment(&ada, HOME, id),
        console.continue_deployment(&rita, HOME, id)
    );
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(), 1, "{one:?} {two:?}");
    let (status, tasks) = world.work("test", id, |_| TaskOutcome::Done).await;
    engine.stop().await;
    assert_eq!(status, "finished_successful");
    assert!(tasks.iter().all(|task| server_of(task).is_some()), "nothing is prepared twice: {tasks:?}");
    assert_eq!(world.cell("desk", "test").await, "0.1.0");
    assert_eq!(world.count("deployment.continue", "done").await, 1);
    let page = console.deployment(&ada, HOME, id).await.unwrap();
    assert_eq!(page.decide, None);
    assert!(page.lines.iter().any(|line| line.message.ends_with("let it go on.")), "{:?}", page.lines);
}

#[tokio::test]
async fn a_waiting_run_outlives_the_console_and_can_be_aborted() {
    let world = World::new().await;
    let (ada, id) = two_stages(&world).await;
    let console = &world.console;
    let engine = console.start_engine();
    until_it_waits(&world, "test", id).await;
    engine.stop().await;
    let engine = console.start_engine();
    assert!(until_it_waits(&world, "test", id).await.is_empty(), "it waits still, and is not begun again");
    console.abort_deployment(&ada, HOME, id).await.unwrap();
    let (status, tasks) = world.work("test", id, |_| TaskOutcome::Done).await;
    assert_eq!((status.as_str(), tasks.len()), ("aborted", 0));
    let page = console.deployment(&ada, HOME, id).await.unwrap();
    assert_eq!(page.row.message, "Aborted by Ada Lovelace. Test runs what it ran.");
    assert_eq!(world.cell("desk", "test").await, "-");
    let late = refused(console.continue_deployment(&ada, HOME, id).await);
    assert!(late.contains("has ended"), "{late}");
    let late = refused(console.abort_deployment(&ada, HOME, id).await);
    assert!(late.contains("has ended"), "{late}");

    // The environment is free again.
    let next = start(&world, &ada, "dev", "test", "desk").await;
    until_it_waits(&world, "test", next).await;
    console.continue_deployment(&ada, HOME, next).await.unwrap();
    let (status, _) = world.work("test", next, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
    engine.stop().await;
}

#[tokio::test]
async fn a_freeze_that_came_in_between_holds_the_second_stage() {
    let world = World::new().await;
    let (ada, id) = two_stages(&world).await;
    let console = &world.console;
    let engine = console.start_engine();
    until_it_waits(&world, "test", id).await;
    let open = console.deployment_gates(&ada, HOME, id).await.unwrap();
    assert_eq!((open.answers, open.override_freezes), (vec![], None));
    console.add_freeze(&ada, HOME, &freeze(&world, 2)).await.unwrap();
    let held = refused(console.continue_deployment(&ada, HOME, id).await);
    assert!(held.starts_with("Freeze: Test stands still: Month end. It is over at"), "{held}");
    let gates = console.deployment_gates(&ada, HOME, id).await.unwrap();
    assert_eq!((gates.answers.len(), gates.override_freezes), (1, Some(Ok(()))));
    console.override_freezes(&ada, HOME, id, "A fix for the month end").await.unwrap();
    console.continue_deployment(&ada, HOME, id).await.unwrap();
    let (status, _) = world.work("test", id, |_| TaskOutcome::Done).await;
    engine.stop().await;
    assert_eq!(status, "finished_successful");
}

#[tokio::test]
async fn a_limit_is_kept_and_says_what_it_is() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", None, "", "a").await;
    world.publish("till", None, "", "b").await;
    let mut wrong = input(&world, "test").await;
    wrong.application_limit = Some("none".into());
    wrong.deployment_limit = Some("0".into());
    let said = refused(console.change_environment(&ada, HOME, "test", &wrong).await);
    assert_eq!(said.matches("A limit is a whole number from 1 to 1000000").count(), 2, "{said}");

    change(&world, &ada, "test", |wanted| {
        wanted.application_limit = Some("1".into());
        wanted.deployment_limit = Some("1".into());
    })
    .await;
    let now = settings(&world, "test").await;
    assert_eq!((now.application_limit, now.deployment_limit), (Some(1), Some(1)));
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["till".into()]).await.unwrap();
    let digest = console.plan(&ada, HOME, plan).await.unwrap().digest;
    let first = start(&world, &ada, "dev", "test", "desk").await;
    let busy = refused(console.start_plan(&ada, HOME, plan, &digest).await);
    assert_eq!(
        busy,
        "Test takes 1 deployment at a time, and so many are open; start again when one of them has ended."
    );
    change(&world, &ada, "test", |wanted| wanted.deployment_limit = Some(String::new())).await;
    let full = "Test takes at most 1 application: it has 1, and 1 more would come.";
    assert_eq!(
        refused(console.start_plan(&ada, HOME, plan, &digest).await),
        full,
        "what is on its way counts"
    );
    world.carry_out("test", first, |_| TaskOutcome::Done).await;
    assert_eq!(refused(console.start_plan(&ada, HOME, plan, &digest).await), full);
    let reasons = console.plan(&ada, HOME, plan).await.unwrap().start.unwrap_err();
    assert_eq!(reasons[0].sentence, full);

    // What is there already goes on being deployed.
    world.publish("desk", None, "", "c").await;
    let again = start(&world, &ada, "dev", "test", "desk").await;
    world.carry_out("test", again, |_| TaskOutcome::Done).await;
    change(&world, &ada, "test", |wanted| wanted.application_limit = Some("2".into())).await;
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!(page.start, Ok(()));
}
