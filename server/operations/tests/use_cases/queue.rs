//! The queue of an environment (R10): independent deployments run at once up to the limit, dependent ones never, and each says what it waits for.

use crate::common::{HOME, World, consumes, make_role, produces, refused, user_of};
use domain::id::DeploymentId;
use domain::protocol::{Task, TaskOutcome, TaskReport};
use operations::view::{DeploymentPage, WayBack};
use operations::{Caller, DeploymentAsk, EnvironmentInput, RollBack, TimeQuery};
use std::time::Duration;

/// Desk uses Till, Till uses Theme; Port and Quay use nothing. All of them run in Development and Test, and Development has a newer one of each.
async fn world(at_once: &str) -> (World, Caller) {
    filled(World::new().await, at_once).await
}

async fn filled(world: World, at_once: &str) -> (World, Caller) {
    let ada = world.user("ada").await;
    for content in ["a", "b"] {
        world.publish("theme", None, &produces("Look", "1"), content).await;
        let till = format!("{}{}", produces("Sale", "1"), consumes("theme", "Look", "1"));
        world.publish("till", None, &till, content).await;
        world.publish("desk", None, &consumes("till", "Sale", "1"), content).await;
        world.publish("port", None, "", content).await;
        world.publish("quay", None, "", content).await;
        if content == "a" {
            let all = ["theme", "till", "desk", "port", "quay"].map(str::to_owned);
            let plan = world.console.make_plan(&ada, HOME, "dev", "test", &all).await.unwrap();
            let digest = world.console.plan(&ada, HOME, plan).await.unwrap().digest;
            let run = world.console.start_plan(&ada, HOME, plan, &digest).await.unwrap();
            let (status, _) = world.carry_out("test", run, |_| TaskOutcome::Done).await;
            assert_eq!(status, "finished_successful");
        }
    }
    let now = world.console.environment_settings(&ada, HOME, "test").await.unwrap();
    let input = EnvironmentInput {
        name: now.name,
        purpose: now.purpose.word().to_owned(),
        topology: now.topology.word().to_owned(),
        deployments_at_once: Some(at_once.to_owned()),
        ..EnvironmentInput::default()
    };
    world.console.change_environment(&ada, HOME, "test", &input).await.unwrap();
    (world, ada)
}

async fn start(world: &World, who: &Caller, application: &str) -> DeploymentId {
    let plan = world.console.make_plan(who, HOME, "dev", "test", &[application.into()]).await.unwrap();
    world.name_plan(who, plan, &format!("Bring {application}"), None).await;
    let digest = world.console.plan(who, HOME, plan).await.unwrap().digest;
    world.console.start_plan(who, HOME, plan, &digest).await.unwrap()
}

async fn page(world: &World, id: DeploymentId) -> DeploymentPage {
    world.console.deployment(&world.local, HOME, id).await.unwrap()
}

/// Waits until exactly these run, of all that were started.
async fn until_they_run(world: &World, running: &[DeploymentId], waiting: &[DeploymentId]) {
    for _ in 0..400 {
        let mut as_wanted = true;
        for id in running {
            as_wanted &= page(world, *id).await.row.status == "running" && !page(world, *id).await.row.queued;
        }
        if as_wanted {
            for id in waiting {
                assert!(page(world, *id).await.row.queued, "{}", page(world, *id).await.row.name);
            }
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("they do not run at once");
}

/// Answers the tasks of one deployment until it has ended; the others' are left open.
async fn end(world: &World, id: DeploymentId) -> String {
    let mut reports = Vec::new();
    for _ in 0..400 {
        let row = page(world, id).await.row;
        if row.finished_at.is_some() {
            return row.status;
        }
        for task in world.sync("test", std::mem::take(&mut reports)).await.tasks {
            if task.deployment == id {
                reports.push(TaskReport {
                    key: task.key.clone(),
                    fence: task.fence,
                    outcome: TaskOutcome::Done,
                    lines: vec![],
                });
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never ended");
}

#[tokio::test]
async fn independent_ones_run_at_once_and_the_others_say_what_they_wait_for() {
    at_once(world("2").await).await;
}

#[tokio::test]
async fn independent_ones_run_at_once_and_the_others_say_what_they_wait_for_on_postgresql() {
    at_once(filled(World::on(storage::testing::postgres().await).await, "2").await).await;
}

async fn at_once((world, ada): (World, Caller)) {
    let console = &world.console;
    let engine = console.start_engine();
    let desk = start(&world, &ada, "desk").await;
    let theme = start(&world, &ada, "theme").await;
    let port = start(&world, &ada, "port").await;
    let quay = start(&world, &ada, "quay").await;
    until_they_run(&world, &[desk, port], &[theme, quay]).await;

    // The same sentence on the page and at its gates; the list says it without names.
    let behind = "Number 1 in the queue: it waits for Bring desk, because App desk uses App theme through other applications.";
    assert_eq!(page(&world, theme).await.row.message, behind);
    let gates = console.deployment_gates(&ada, HOME, theme).await.unwrap();
    assert_eq!((gates.sentence.as_str(), gates.position), (behind, Some(1)));
    assert_eq!(gates.behind, Some((desk, "Bring desk".to_owned())));
    let full = "Number 2 in the queue: 2 deployments run at once here, and so many do.";
    assert_eq!(page(&world, quay).await.row.message, full);
    let listed = console.deployments(&ada, HOME, &TimeQuery::default()).await.unwrap().rows;
    let said = |id| listed.iter().find(|row| row.id == id).unwrap().message.clone();
    assert_eq!(said(theme), "Number 1 in the queue: it waits for a deployment that it depends on.");
    assert_eq!(said(quay), full);

    // Who may see Theme alone is not told the names of the others.
    let role = make_role(&world, "Nothing yet", [1, 1, 1], &[]).await;
    let ron = world.user("ron").await;
    console.set_default_role(&ada, HOME, user_of(&ron), role, "").await.unwrap();
    let reader = crate::common::role(&world, "Reader").await;
    console.grant(&ada, HOME, user_of(&ron), "theme", reader).await.unwrap();
    let gates = console.deployment_gates(&ron, HOME, theme).await.unwrap();
    let unnamed = "Number 1 in the queue: it waits for a deployment that it depends on.";
    assert_eq!((gates.sentence.as_str(), gates.behind), (unnamed, None));

    // Both have their tasks, each under its own fence.
    let tasks = world.sync("test", vec![]).await.tasks;
    let mut of: Vec<_> = tasks.iter().map(|task| (task.deployment, task.fence)).collect();
    of.dedup();
    assert_eq!(of.len(), 2, "{tasks:?}");
    assert!(of[0].1 != of[1].1);

    // What ends frees a place: the one that waits for nothing takes it, and Theme still waits for Desk.
    assert_eq!(end(&world, port).await, "finished_successful");
    until_they_run(&world, &[desk, quay], &[theme]).await;
    // An abort of one leaves the other alone, and what waited for it goes on.
    console.abort_deployment(&ada, HOME, desk).await.unwrap();
    assert_eq!(end(&world, desk).await, "aborted");
    until_they_run(&world, &[quay, theme], &[]).await;
    assert_eq!(end(&world, theme).await, "finished_successful");
    assert_eq!(end(&world, quay).await, "finished_successful");
    engine.stop().await;
    for (application, runs) in [("desk", "0.1.0"), ("theme", "0.2.0"), ("port", "0.2.0"), ("quay", "0.2.0")] {
        assert_eq!(world.cell(application, "test").await, runs, "{application}");
    }
}

#[tokio::test]
async fn dependent_ones_wait_in_both_directions_and_what_comes_to_use_them_too() {
    let (world, ada) = world("").await;
    let engine = world.console.start_engine();
    let theme = start(&world, &ada, "theme").await;
    let desk = start(&world, &ada, "desk").await;
    until_they_run(&world, &[theme], &[desk]).await;
    let said = page(&world, desk).await.row.message;
    assert!(said.ends_with("because App desk uses App theme through other applications."), "{said}");
    // A newer Quay uses Desk: as Test will be then, not only as it is.
    let till = consumes("desk", "Plan", "1");
    let desk_now = format!("{}{}", produces("Plan", "1"), consumes("till", "Sale", "1"));
    world.console.abort_deployment(&ada, HOME, desk).await.unwrap();
    for (application, extra) in [("desk", &desk_now), ("quay", &till)] {
        let file = world.package(application, None, extra, "c");
        let done = world.console.publish(&world.local, HOME, "dev", &file).await.unwrap();
        world.work("dev", done.deployment.unwrap(), |_| TaskOutcome::Done).await;
    }
    let both = ["desk", "quay"].map(str::to_owned);
    let plan = world.console.make_plan(&ada, HOME, "dev", "test", &both).await.unwrap();
    let shown = world.console.plan(&ada, HOME, plan).await.unwrap();
    let both = world.console.start_plan(&ada, HOME, plan, &shown.digest).await.unwrap();
    let till = start(&world, &ada, "till").await;
    let port = start(&world, &ada, "port").await;
    until_they_run(&world, &[theme, port], &[both, till]).await;
    let said = page(&world, till).await.row.message;
    assert!(said.ends_with("because App till uses App theme."), "{said}");
    for id in [theme, both, till, port] {
        assert_eq!(end(&world, id).await, "finished_successful");
    }
    engine.stop().await;
}

#[tokio::test]
async fn where_one_runs_at_once_the_others_take_turns() {
    let (world, ada) = world("1").await;
    let engine = world.console.start_engine();
    let port = start(&world, &ada, "port").await;
    let quay = start(&world, &ada, "quay").await;
    until_they_run(&world, &[port], &[quay]).await;
    let said = page(&world, quay).await.row.message;
    assert_eq!(said, "Number 1 in the queue: 1 deployment runs at once here, and so many do.");
    assert_eq!(end(&world, port).await, "finished_successful");
    until_they_run(&world, &[quay], &[]).await;
    assert_eq!(end(&world, quay).await, "finished_successful");
    engine.stop().await;
}

#[tokio::test]
async fn publications_of_what_depends_on_each_other_take_turns_too() {
    let (world, _) = world("").await;
    let engine = world.console.start_engine();
    let mut runs = Vec::new();
    for (application, extra) in
        [("theme", produces("Look", "1")), ("desk", consumes("till", "Sale", "1")), ("port", String::new())]
    {
        let file = world.package(application, None, &extra, "d");
        runs.push(world.console.publish(&world.local, HOME, "dev", &file).await.unwrap().deployment.unwrap());
    }
    until_they_run(&world, &[runs[0], runs[2]], &[runs[1]]).await;
    let wrong = EnvironmentInput {
        name: "Test".into(),
        purpose: "test".into(),
        topology: "standalone".into(),
        deployments_at_once: Some("many".into()),
        ..EnvironmentInput::default()
    };
    let said = refused(world.console.change_environment(&world.local, HOME, "test", &wrong).await);
    assert_eq!(said, "A limit is a whole number from 1 to 1000000; leave it empty for none.");
    for id in runs {
        assert_eq!(world.work("dev", id, |_| TaskOutcome::Done).await.0, "finished_successful");
    }
    engine.stop().await;
}

/// A plan for an application, started: what comes naturally, or the operation of these words.
async fn open(world: &World, who: &Caller, application: &str, operation: Option<&str>) -> DeploymentId {
    let plan = world.console.make_plan(who, HOME, "dev", "test", &[application.into()]).await.unwrap();
    if let Some(words) = operation {
        let options = world.console.plan(who, HOME, plan).await.unwrap().items.remove(0).options;
        let code = options.iter().find(|option| option.words() == words).unwrap().code();
        world.console.edit_plan(who, HOME, plan, application, &code).await.unwrap();
    }
    let digest = world.console.plan(who, HOME, plan).await.unwrap().digest;
    world.console.start_plan(who, HOME, plan, &digest).await.unwrap()
}

/// Lets everything run that is open into Test; tasks end as `does` says.
async fn all_end(
    world: &World,
    ids: &[DeploymentId],
    does: impl Fn(&Task) -> TaskOutcome,
) -> Vec<DeploymentPage> {
    let mut reports = Vec::new();
    for _ in 0..800 {
        let mut pages = Vec::new();
        for id in ids {
            pages.push(page(world, *id).await);
        }
        if pages.iter().all(|page| page.row.finished_at.is_some()) {
            return pages;
        }
        for task in world.sync("test", std::mem::take(&mut reports)).await.tasks {
            let (key, fence, outcome) = (task.key.clone(), task.fence, does(&task));
            reports.push(TaskReport { key, fence, outcome, lines: vec![] });
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut said = Vec::new();
    for id in ids {
        let row = page(world, *id).await.row;
        said.push(format!("{}: {} {}", row.name, row.status, row.message));
    }
    panic!("they never ended: {said:?}");
}

/// Port of Development is tagged, and there is a newer one.
async fn newer(world: &World, ada: &Caller) {
    world.console.tag(ada, HOME, "port", "dev", "0.2.0", "").await.unwrap();
    world.publish("port", None, "", "c").await;
}

async fn way_back(world: &World, id: DeploymentId) -> WayBack {
    let ask = DeploymentAsk { way_back: true, ..DeploymentAsk::default() };
    world.console.deployment_with(&world.local, HOME, id, &ask).await.unwrap().way_back.unwrap()
}

#[tokio::test]
async fn what_waits_is_planned_for_what_comes_before_it() {
    let (world, ada) = world("5").await;
    let console = &world.console;
    newer(&world, &ada).await;
    let first = open(&world, &ada, "port", Some("Deploy 0.2.0")).await;
    // The target is looked at as it will be by then: the same again has nothing to do.
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["port".into()]).await.unwrap();
    let shown = console.plan(&ada, HOME, plan).await.unwrap();
    let item = &shown.items[0];
    assert_eq!((shown.ahead, item.now.as_ref().unwrap().version), (1, "0.2.0".parse().ok()));
    assert!(!item.options.iter().any(|option| option.words() == "Deploy 0.2.0"), "{:?}", item.options);
    let second = open(&world, &ada, "port", None).await;
    let engine = console.start_engine();
    let ended = all_end(&world, &[first, second], |_| TaskOutcome::Done).await;
    engine.stop().await;
    assert_eq!(ended[1].row.status, "finished_successful", "{}", ended[1].row.message);
    // What it would go back to is what the first one brought, and not what ran when it was started.
    let back = way_back(&world, second).await;
    assert_eq!(back.items[0].to.as_deref(), Some("0.2.0"), "{:?}", back.items);
}

#[tokio::test]
async fn what_was_started_for_another_target_ends_when_its_turn_comes() {
    let (world, ada) = world("5").await;
    let console = &world.console;
    newer(&world, &ada).await;
    let first = open(&world, &ada, "port", Some("Deploy 0.2.0")).await;
    let second = open(&world, &ada, "port", None).await;
    let engine = console.start_engine();
    let fails = |task: &Task| match task.deployment == first {
        true => TaskOutcome::Failed { reason: "no disk".into() },
        false => TaskOutcome::Done,
    };
    let ended = all_end(&world, &[first, second], fails).await;
    engine.stop().await;
    assert_eq!(ended[0].row.status, "finished_with_errors");
    assert_eq!(ended[1].row.status, "aborted");
    assert_eq!(
        ended[1].row.message,
        "Its turn came, and it ended without changing anything. Test is not as this was started for: App port was to run 0.2.0 and runs 0.1.0 now."
    );
    assert_eq!(world.count("deployment.refuse", "done").await, 1);
    assert_eq!(world.cell("port", "test").await, "0.1.0");
    // The same can be planned again.
    let plan = console.deployment(&ada, HOME, second).await.unwrap().plan.unwrap();
    assert!(console.plan(&ada, HOME, plan).await.unwrap().again);
}

#[tokio::test]
async fn a_producer_that_did_not_come_stops_its_consumer() {
    let (world, ada) = world("5").await;
    let console = &world.console;
    world.publish("lamp", None, &produces("Light", "1"), "a").await;
    world.publish("shed", None, &consumes("lamp", "Light", "1"), "a").await;
    let producer = open(&world, &ada, "lamp", None).await;
    let consumer = open(&world, &ada, "shed", None).await;
    let engine = console.start_engine();
    let fails = |task: &Task| match task.deployment == producer {
        true => TaskOutcome::Failed { reason: "no disk".into() },
        false => TaskOutcome::Done,
    };
    let ended = all_end(&world, &[producer, consumer], fails).await;
    engine.stop().await;
    assert_eq!((&*ended[0].row.status, &*ended[1].row.status), ("finished_with_errors", "aborted"));
    let said = &ended[1].row.message;
    assert!(said.ends_with("Producer Module Missing: App shed, with Light of App lamp."), "{said}");
}

#[tokio::test]
async fn nobody_brings_a_consumer_behind_what_takes_its_producer_out() {
    let (world, ada) = world("5").await;
    let console = &world.console;
    world.publish("lamp", None, &produces("Light", "1"), "a").await;
    let brought = open(&world, &ada, "lamp", None).await;
    let engine = console.start_engine();
    all_end(&world, &[brought], |_| TaskOutcome::Done).await;
    engine.stop().await;
    world.publish("shed", None, &consumes("lamp", "Light", "1"), "a").await;
    open(&world, &ada, "lamp", Some("Undeploy")).await;
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["shed".into()]).await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!(page.findings[0].kind, "Producer Module Missing");
    assert!(
        page.findings[0].sentence.contains("App lamp would be neither in Test nor in this plan"),
        "{page:?}"
    );
    let said = refused(console.start_plan(&ada, HOME, plan, &page.digest).await);
    assert!(said.starts_with("Test would hold a broken application: 1 conflict."), "{said}");
}

#[tokio::test]
async fn a_rollback_ahead_pins_what_waits_behind_it() {
    let (world, ada) = world("5").await;
    let console = &world.console;
    let brought = open(&world, &ada, "port", None).await;
    let engine = console.start_engine();
    all_end(&world, &[brought], |_| TaskOutcome::Done).await;
    engine.stop().await;
    let way = way_back(&world, brought).await;
    let wanted = RollBack { digest: &way.digest, reason: "Too early.", conflicts: &way.conflicts };
    let back = console.roll_back(&ada, HOME, brought, wanted).await.unwrap();
    let again = open(&world, &ada, "port", None).await;
    let engine = console.start_engine();
    let ended = all_end(&world, &[back, again], |_| TaskOutcome::Done).await;
    engine.stop().await;
    assert_eq!((&*ended[0].row.status, &*ended[1].row.status), ("finished_successful", "aborted"));
    let said = &ended[1].row.message;
    assert!(said.contains("App port is pinned in Test: rolled back from 0.2.0"), "{said}");
}

#[tokio::test]
async fn a_publication_goes_on_from_what_runs_by_then() {
    let world = World::new().await;
    let console = &world.console;
    let publish = async |content: &str| {
        let file = world.package("desk", None, "", content);
        console.publish(&world.local, HOME, "dev", &file).await.unwrap()
    };
    let bad = publish("a").await.deployment.unwrap();
    let same = publish("a").await;
    assert_eq!(same.deployment, None, "it is on its way: {}", same.sentence);
    let good = publish("b").await.deployment.unwrap();
    let engine = console.start_engine();
    let mut reports = Vec::new();
    for _ in 0..800 {
        if page(&world, good).await.row.finished_at.is_some() {
            break;
        }
        for task in world.sync("dev", std::mem::take(&mut reports)).await.tasks {
            let outcome = match task.deployment == bad {
                true => TaskOutcome::Failed { reason: "it does not start".into() },
                false => TaskOutcome::Done,
            };
            reports.push(TaskReport { key: task.key.clone(), fence: task.fence, outcome, lines: vec![] });
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    engine.stop().await;
    assert_eq!(page(&world, bad).await.row.status, "finished_with_errors");
    let page = page(&world, good).await;
    assert_eq!(page.row.status, "finished_successful", "{}", page.row.message);
    let back = way_back(&world, good).await;
    assert_eq!(back.items[0].to, None, "the first one never came");
}
