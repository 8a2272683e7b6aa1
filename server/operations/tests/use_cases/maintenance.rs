//! Maintenance mode: what it refuses, what it lets go on, and who may set it.

use crate::common::{HOME, World, refused};
use crate::gates::until_it_says;
use domain::protocol::TaskOutcome;
use operations::{AgainInput, OperationError, TagInput};

#[tokio::test]
async fn nothing_new_comes_into_an_environment_in_maintenance() {
    let world = World::new().await;
    world.publish("desk", Some("1.0.0"), "", "a").await;
    let ada = world.user("ada").await;
    let plan = world.console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let digest = world.console.plan(&ada, HOME, plan).await.unwrap().digest;

    let begun = world.console.begin_maintenance(&ada, HOME, "test", " New disks until noon ").await.unwrap();
    assert_eq!(
        (begun.reason.as_str(), begun.by.as_str(), begun.open),
        ("New disks until noon", "Ada Lovelace", 0)
    );
    let sentence = "Test is in maintenance: New disks until noon. Ada Lovelace put it there; start again when the \
                    maintenance has ended.";
    let page = world.console.plan(&ada, HOME, plan).await.unwrap();
    let start = page.start.unwrap_err();
    assert_eq!(start.iter().map(|reason| reason.sentence.as_str()).collect::<Vec<_>>(), [sentence]);
    let refused = world.console.start_plan(&ada, HOME, plan, &digest).await.unwrap_err();
    assert_eq!(refused.sentence(), sentence);
    assert_eq!(world.count("deployment.start", "failed").await, 1);

    let cards = world.console.environments(&ada, HOME).await.unwrap();
    let on: Vec<_> = cards.iter().filter(|card| card.maintenance.is_some()).collect();
    assert_eq!(on.iter().map(|card| card.environment.key.as_str()).collect::<Vec<_>>(), ["test"]);

    world.console.end_maintenance(&ada, HOME, "test").await.unwrap();
    let deployment = world.console.start_plan(&ada, HOME, plan, &digest).await.unwrap();
    let (status, _) = world.carry_out("test", deployment, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
    assert_eq!(world.count("environment.maintenance_begin", "done").await, 1);
    assert_eq!(world.count("environment.maintenance_end", "done").await, 1);
}

#[tokio::test]
async fn nothing_is_tagged_in_it_and_nothing_goes_from_there() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", None, "", "a").await;
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let digest = console.plan(&ada, HOME, plan).await.unwrap().digest;
    console.begin_maintenance(&ada, HOME, "dev", "Disks.").await.unwrap();
    let sentence = "Development is in maintenance: Disks. Ada Lovelace put it there; nothing is tagged there and nothing \
                    goes from there until it has ended (R21).";
    let reasons = console.plan(&ada, HOME, plan).await.unwrap().start.unwrap_err();
    assert_eq!(reasons.iter().map(|reason| reason.sentence.as_str()).collect::<Vec<_>>(), [sentence]);
    let again = AgainInput { number: "0.2.0".into(), environment: "dev".into(), change_log: String::new() };
    let one = TagInput { application: "desk".into(), number: "0.1.0".into(), change_log: String::new() };
    for said in [
        refused(console.start_plan(&ada, HOME, plan, &digest).await),
        refused(console.tag(&ada, HOME, "desk", "dev", "0.1.0", "").await),
        refused(console.tag_together(&ada, HOME, "dev", &[one]).await),
    ] {
        assert_eq!(said, sentence);
    }
    console.end_maintenance(&ada, HOME, "dev").await.unwrap();
    console.tag(&ada, HOME, "desk", "dev", "0.1.0", "").await.unwrap();
    console.begin_maintenance(&ada, HOME, "dev", "Disks.").await.unwrap();
    assert_eq!(refused(console.tag_again(&ada, HOME, "desk", "0.1.0", &again).await), sentence);
}

#[tokio::test]
async fn a_publication_is_refused_and_what_has_not_begun_waits() {
    let world = World::new().await;
    let file = world.package("desk", None, "", "a");
    let first = world.console.publish(&world.local, HOME, "dev", &file).await.unwrap().deployment.unwrap();
    let ada = world.user("ada").await;
    let begun = world.console.begin_maintenance(&ada, HOME, "dev", "Disks.").await.unwrap();
    assert_eq!(begun.open, 1, "the one that was started before");
    let other = world.package("till", None, "", "a");
    let refused = world.console.publish(&world.local, HOME, "dev", &other).await.unwrap_err();
    assert!(refused.sentence().starts_with("Dev"), "{refused}");
    assert!(refused.sentence().contains("is in maintenance: Disks. Ada"), "{refused}");
    let shown = world.console.environment(&ada, HOME, "dev").await.unwrap().card.maintenance.unwrap();
    assert_eq!(shown.open, 1);
    let engine = world.console.start_engine();
    let why = "Parked, and keeps its place. Maintenance: Development is in maintenance: Disks.";
    until_it_says(&world, first, why).await;
    let gates = world.console.deployment_gates(&ada, HOME, first).await.unwrap();
    assert_eq!(gates.sentence, why);
    let held = gates.answers.iter().find(|answer| answer.rule == "maintenance").unwrap();
    assert!(held.lifted_by.starts_with("Ada Lovelace put it there"), "{}", held.lifted_by);
    engine.stop().await;

    let since = shown.since;
    world.clock.0.fetch_add(60_000_000, std::sync::atomic::Ordering::SeqCst);
    let again = world.console.begin_maintenance(&ada, HOME, "dev", "More disks.").await.unwrap();
    assert_eq!(
        (again.reason.as_str(), again.since, again.open),
        ("More disks.", since, 1),
        "the reason alone changes"
    );
    world.console.end_maintenance(&ada, HOME, "dev").await.unwrap();
    let (status, _) = world.carry_out("dev", first, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
}

#[tokio::test]
async fn who_may_not_and_what_is_no_reason() {
    let world = World::new().await;
    let (ada, rita) = (world.user("ada").await, world.user("rita").await);
    let denied = world.console.begin_maintenance(&rita, HOME, "test", "Disks").await;
    assert!(matches!(denied, Err(OperationError::Denied { .. })));
    let denied = world.console.end_maintenance(&rita, HOME, "test").await;
    assert!(matches!(denied, Err(OperationError::Denied { .. })));
    let page = world.console.environment(&rita, HOME, "test").await.unwrap();
    assert!(page.manage.unwrap_err().sentence.contains("put Test into maintenance"));
    for reason in ["", "   ", "two\nlines", &"x".repeat(301)] {
        let refused = world.console.begin_maintenance(&ada, HOME, "test", reason).await.unwrap_err();
        assert!(refused.sentence().contains("A reason has 1 to 300 characters"), "{reason:?}: {refused}");
    }
    let none = world.console.end_maintenance(&ada, HOME, "test").await.unwrap_err();
    assert_eq!(none.sentence(), "Test is in no maintenance.");
    let nowhere = world.console.begin_maintenance(&ada, HOME, "moon", "Disks").await;
    assert!(matches!(nowhere, Err(OperationError::NotFound { .. })));
    assert!(world.console.environment(&ada, HOME, "test").await.unwrap().card.maintenance.is_none());
    assert_eq!(world.count("environment.maintenance_begin", "denied").await, 1);
    assert_eq!(world.count("environment.maintenance_begin", "failed").await, 5);
}
