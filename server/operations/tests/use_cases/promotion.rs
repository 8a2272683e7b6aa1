//! Promotion, from a package to the last front-end: plans, conflicts, tags, runs, the way back.

use crate::common::{World, consumes, later, phase, produces, refused, server_of};
use domain::deployment::Phase;
use domain::protocol::{TaskAction, TaskOutcome};
use operations::view::PlanOperation;
use operations::{OperationError, PageQuery};

async fn desk_and_theme(world: &World) {
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    world.publish("desk", Some("1.0.0"), &consumes("theme", "Skin", "1"), "b").await;
}

#[tokio::test]
async fn a_publication_is_modified_until_it_is_tagged() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    desk_and_theme(&world).await;
    assert_eq!(world.cell("desk", "dev").await, "+");
    let page = world.console.application(&ada, "harbour", "desk", &PageQuery::default()).await.unwrap();
    let proposed = page.environments[0].proposed.unwrap().to_string();
    assert_eq!(proposed, "1.0.0", "the package's own claim");
    world.console.tag(&ada, "harbour", "desk", "dev", &proposed, "First.").await.unwrap();
    assert_eq!(world.cell("desk", "dev").await, "1.0.0");
    let again = world.console.tag(&ada, "harbour", "desk", "dev", "1.1.0", "").await;
    assert!(matches!(again, Err(OperationError::Conflict { .. })), "nothing new to tag");
    world.publish("desk", None, &consumes("theme", "Skin", "1"), "c").await;
    assert_eq!(world.cell("desk", "dev").await, "1.0.0+");
    let lower = world.console.tag(&ada, "harbour", "desk", "dev", "0.9.0", "").await;
    assert!(matches!(lower, Err(OperationError::Invalid { .. })), "R22: numbers grow");
    world.console.tag(&ada, "harbour", "desk", "dev", "1.1.0", "").await.unwrap();
    assert_eq!(world.count("application.tag", "done").await, 2);
    assert_eq!(world.count("application.tag", "failed").await, 2);
}

#[tokio::test]
async fn a_claimed_number_has_one_content() {
    let world = World::new().await;
    world.publish("desk", Some("1.0.0"), "", "a").await;
    world.console.tag(&world.local, "harbour", "desk", "dev", "1.0.0", "").await.unwrap();
    let same = world.package("desk", Some("1.0.0"), "", "a");
    let published = world.console.publish(&world.local, "harbour", "dev", &same).await.unwrap();
    assert_eq!(published.deployment, None, "same number and same bytes change nothing");
    let other = world.package("desk", Some("1.0.0"), "", "other");
    let refused = world.console.publish(&world.local, "harbour", "dev", &other).await.unwrap_err();
    assert!(matches!(refused, OperationError::Conflict { .. }), "{refused}");
    assert_eq!(world.cell("desk", "dev").await, "1.0.0");
    let wrong = world.console.publish(&world.local, "harbour", "test", &same).await.unwrap_err();
    assert!(wrong.sentence().contains("development environment"), "{wrong}");
}

#[tokio::test]
async fn a_missing_producer_is_refused_with_its_way_out() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    desk_and_theme(&world).await;
    let plan = world.console.make_plan(&ada, "harbour", "dev", "test", &["desk".into()]).await.unwrap();
    let page = world.console.plan(&ada, "harbour", plan).await.unwrap();
    assert_eq!(page.findings.len(), 1);
    let finding = &page.findings[0];
    assert_eq!(finding.kind, "Producer Module Missing");
    assert!(finding.sentence.contains("App theme"), "{}", finding.sentence);
    assert!(page.errors.is_some(), "an administrator may go on in spite of it, by saying so");
    let rita = world.user("rita").await;
    assert!(world.console.plan(&rita, "harbour", plan).await.unwrap().start.is_err());
    let refused = world.console.start_plan(&ada, "harbour", plan, &page.digest).await.unwrap_err();
    assert!(matches!(refused, OperationError::Conflict { .. }), "{refused}");
    let way = &finding.ways_out[0];
    assert!(matches!(way.operation, PlanOperation::TagAndDeploy(_)), "{way:?}");
    world.console.edit_plan(&ada, "harbour", plan, "theme", &way.operation.code()).await.unwrap();
    let mended = world.console.plan(&ada, "harbour", plan).await.unwrap();
    assert_eq!(mended.findings, []);
    assert_eq!(mended.start, Ok(()));
    assert_ne!(mended.digest, page.digest, "another plan, another digest");
    let old = world.console.start_plan(&ada, "harbour", plan, &page.digest).await.unwrap_err();
    assert!(old.sentence().contains("changed since"), "{old}");
    let run = world.console.start_plan(&ada, "harbour", plan, &mended.digest).await.unwrap();
    let (status, tasks) = world.carry_out("test", run, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
    let order: Vec<&str> = tasks
        .iter()
        .filter_map(|task| match &task.action {
            TaskAction::Activate { application, .. } => Some(application.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(order, ["theme", "desk"], "producers first");
    assert_eq!(world.cell("desk", "test").await, "1.0.0");
    assert_eq!(world.cell("theme", "test").await, "0.1.0");
    assert_eq!(world.cell("theme", "dev").await, "0.1.0", "tagged when the run started");
    let edited = world.console.edit_plan(&ada, "harbour", plan, "desk", "nothing").await.unwrap_err();
    assert!(edited.sentence().contains("R05"), "{edited}");
}

#[tokio::test]
async fn a_farm_is_all_new_or_all_back() {
    farm(World::new().await).await;
}

#[tokio::test]
async fn a_farm_is_all_new_or_all_back_on_postgresql() {
    farm(World::on(storage::testing::postgres().await).await).await;
}

async fn farm(world: World) {
    let ada = world.user("ada").await;
    world.publish("desk", None, "", "a").await;
    let promote = async |from: &str, to: &str| {
        let plan = world.console.make_plan(&ada, "harbour", from, to, &["desk".into()]).await.unwrap();
        let page = world.console.plan(&ada, "harbour", plan).await.unwrap();
        world.console.start_plan(&ada, "harbour", plan, &page.digest).await.unwrap()
    };
    let run = promote("dev", "test").await;
    world.carry_out("test", run, |_| TaskOutcome::Done).await;
    let second = world.servers["prod"][1].1;
    let failing = |task: &domain::protocol::Task| {
        if phase(task) == Phase::Forward && server_of(task) == Some(second) {
            TaskOutcome::Failed { reason: "not ready".into() }
        } else {
            TaskOutcome::Done
        }
    };
    let run = promote("test", "prod").await;
    let (status, tasks) = world.carry_out("prod", run, failing).await;
    assert_eq!(status, "finished_with_errors");
    let back: Vec<_> = tasks.iter().filter(|task| phase(task) == Phase::Back).map(|t| &t.action).collect();
    assert!(
        matches!(back[..], [TaskAction::Deactivate { .. }]),
        "first time there: taken out again; {back:?}"
    );
    assert_eq!(world.cell("desk", "prod").await, "-");
    let page = world.console.deployment(&ada, "harbour", run).await.unwrap();
    assert!(page.row.message.contains("as it was before"), "{}", page.row.message);
    let run = promote("test", "prod").await;
    let (status, tasks) = world.carry_out("prod", run, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
    let servers: std::collections::BTreeSet<_> = tasks.iter().filter_map(server_of).collect();
    assert_eq!(servers.len(), 2, "both front-ends");
    assert_eq!(world.cell("desk", "prod").await, "0.1.0");
}

#[tokio::test]
async fn two_deployments_of_an_application_take_turns_in_an_environment() {
    let world = World::new().await;
    let one = world.package("one", None, "", "1");
    let two = world.package("one", None, "", "2");
    let first =
        world.console.publish(&world.local, "harbour", "dev", &one).await.unwrap().deployment.unwrap();
    let second =
        world.console.publish(&world.local, "harbour", "dev", &two).await.unwrap().deployment.unwrap();
    let engine = world.console.start_engine();
    let (_, tasks) = world.work("dev", first, |_| TaskOutcome::Done).await;
    // The second may begin with the very answer that ends the first; side by side, their steps would alternate.
    let turns: Vec<_> = tasks.iter().map(|task| task.deployment).collect();
    assert!(turns.is_sorted_by_key(|of| *of == second), "{tasks:?}");
    let (status, _) = world.work("dev", second, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
    engine.stop().await;
}

#[tokio::test]
async fn an_uncertain_step_is_asked_about_and_not_repeated() {
    let world = World::new().await;
    let file = world.package("desk", None, "", "a");
    let run = world.console.publish(&world.local, "harbour", "dev", &file).await.unwrap().deployment.unwrap();
    let engine = world.console.start_engine();
    let mut task = None;
    for _ in 0..200 {
        task = world.sync("dev", vec![]).await.tasks.into_iter().next();
        if task.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let first = task.expect("a task");
    assert!(!first.inquiry);
    // The console is gone in the middle of it; another one takes over once the lease has ended.
    engine.stop().await;
    later(&world, 60 * domain::time::SECOND);
    let engine = world.console.start_engine();
    let mut fence = first.fence;
    for _ in 0..200 {
        fence = world.sync("dev", vec![]).await.tasks[0].fence;
        if fence > first.fence {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(fence > first.fence, "it was claimed again");
    let (status, tasks) = world
        .work("dev", run, |task| if task.inquiry { TaskOutcome::Unknown } else { TaskOutcome::Done })
        .await;
    engine.stop().await;
    assert_eq!(status, "finished_successful");
    let again: Vec<_> = tasks.iter().filter(|task| task.key == first.key).collect();
    assert!(again[0].inquiry, "first it is asked about");
    assert!(again.iter().all(|task| task.fence > first.fence), "under a higher fence");
    assert!(!again.last().unwrap().inquiry, "and given out anew, since nothing was known of it");
}

/// The controller of a farm syncs while another front-end enrols: what it does not know yet must not be taken for news.
#[tokio::test]
async fn a_front_end_that_was_not_reached_keeps_its_address() {
    let world = World::new().await;
    let known = world.sync("dev", vec![]).await.members;
    let silent = domain::protocol::ServerStatus {
        reachable: false,
        version: String::new(),
        public_address: String::new(),
        api_address: String::new(),
        services: vec![],
        ..world.status("dev", 0)
    };
    let members = world.says("dev", vec![silent], vec![]).await.members;
    assert_eq!(members, known);
    assert_eq!(members[0].api_address, "http://127.0.0.1:2");
}

/// A status of a front-end that did not answer may be older than its enrolment at another address.
#[tokio::test]
async fn what_a_silent_front_end_said_before_does_not_undo_its_enrolment() {
    let world = World::new().await;
    let status = |reachable, address: &str| domain::protocol::ServerStatus {
        reachable,
        public_address: address.into(),
        api_address: address.into(),
        ..world.status("dev", 0)
    };
    let told = async |status| {
        let answer = world.says("dev", vec![status], vec![]).await;
        answer.members[0].api_address.clone()
    };
    assert_eq!(told(status(false, "http://127.0.0.1:9")).await, "http://127.0.0.1:2");
    assert_eq!(told(status(true, "http://127.0.0.1:8")).await, "http://127.0.0.1:8", "it answered there");
}

/// While nothing has ended, the console holds a sync: a controller that reports progress must not ask in circles.
#[tokio::test]
async fn progress_alone_is_no_reason_to_answer_at_once() {
    let world = World::new().await;
    let (id, server) = world.servers["dev"][0];
    let sync = async |outcome, seen_revision| {
        let report = domain::protocol::TaskReport {
            key: "no-such-deployment/1".into(),
            fence: 1,
            outcome,
            lines: vec![],
        };
        let request = domain::protocol::SyncRequest {
            protocol: domain::protocol::PROTOCOL,
            boot_id: "boot".into(),
            reports: vec![report],
            servers: vec![],
            wait_seconds: 25,
            seen_revision,
        };
        world.console.sync(&world.controller(id, server), request).await.unwrap()
    };
    let revision = sync(TaskOutcome::Done, 0).await.revision;
    // The world's console holds a sync for a second.
    let running = sync(TaskOutcome::Running { done: 1, total: 2 }, revision);
    let early = tokio::time::timeout(std::time::Duration::from_millis(300), running).await;
    assert!(early.is_err(), "it was answered at once");
    let ended = sync(TaskOutcome::Done, revision);
    tokio::time::timeout(std::time::Duration::from_secs(60), ended).await.unwrap();
}

#[tokio::test]
async fn release_notes_are_kept_and_another_applications_package_is_refused() {
    let world = World::new().await;
    let console = &world.console;
    let publish = async |file: &std::path::Path, application: &str, notes: &str| {
        let input = operations::PublishInput { application: application.into(), notes: notes.into() };
        let arriving = std::future::ready(Ok((file.to_owned(), input)));
        console.receive_and_publish(&world.local, "harbour", "dev", arriving).await
    };
    let desk = world.package("desk", Some("1.0.0"), "", "1");
    let other = refused(publish(&desk, "till", "").await);
    assert_eq!(
        other,
        "The package is of App desk (“desk”), and “till” is meant; choose that one's package, or publish this one as App desk."
    );
    let long = refused(publish(&desk, "desk", &"x".repeat(2001)).await);
    assert_eq!(long, "Release notes have at most 2000 characters; these have 2001.");
    assert_eq!(world.cell("desk", "dev").await, "-", "nothing is changed");

    let run = publish(&desk, "desk", "  Berths have names.\n").await.unwrap().deployment.unwrap();
    world.carry_out("dev", run, |_| TaskOutcome::Done).await;
    let shown = async || {
        let page = console.application(&world.local, "harbour", "desk", &Default::default()).await.unwrap();
        page.environments.into_iter().find(|place| place.environment.key == "dev").unwrap().notes
    };
    assert_eq!(shown().await.as_deref(), Some("Berths have names."));
    // The same once more changes nothing; other bytes are other notes.
    assert_eq!(publish(&desk, "desk", "Something else").await.unwrap().deployment, None);
    assert_eq!(shown().await.as_deref(), Some("Berths have names."));
    let next = world.package("desk", None, "", "2");
    let run = publish(&next, "", "").await.unwrap().deployment.unwrap();
    world.carry_out("dev", run, |_| TaskOutcome::Done).await;
    assert_eq!(shown().await, None);
    // Bytes that come back have what was said of them, unless something else is said.
    let run = publish(&desk, "", "").await.unwrap().deployment.unwrap();
    world.carry_out("dev", run, |_| TaskOutcome::Done).await;
    assert_eq!(shown().await.as_deref(), Some("Berths have names."));
}
