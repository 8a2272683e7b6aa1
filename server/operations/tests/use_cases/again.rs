//! Plans that the world has left behind, and plans made out of others.

use crate::common::{HOME, World, consumes, denied, later, phase, produces, refused, server_of};
use domain::deployment::Phase;
use domain::id::PlanId;
use domain::protocol::{Task, TaskOutcome};
use domain::time::MINUTE;
use operations::view::PlanOperation;
use operations::{AgainInput, Caller, Filling, NoteInput};

async fn plan(world: &World, who: &Caller, applications: &[&str]) -> PlanId {
    let chosen: Vec<String> = applications.iter().map(|one| (*one).to_owned()).collect();
    world.console.make_plan(who, HOME, "dev", "test", &chosen).await.unwrap()
}

async fn carry_out(world: &World, who: &Caller, plan: PlanId, ends: TaskOutcome) -> String {
    let page = world.console.plan(who, HOME, plan).await.unwrap();
    let id = world.console.start_plan(who, HOME, plan, &page.digest).await.unwrap();
    world.carry_out(&page.target.key, id, |_| ends.clone()).await.0
}

#[tokio::test]
async fn r12_a_plan_becomes_stale_and_one_click_refreshes_it() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    for application in ["desk", "yard", "till"] {
        world.publish(application, None, "", "a").await;
    }
    let ours = plan(&world, &ada, &["desk"]).await;
    later(&world, MINUTE);
    let stale = async || console.plan(&ada, HOME, ours).await.unwrap().stale;
    assert_eq!(stale().await, Vec::<String>::new());
    world.publish("till", None, "", "b").await;
    assert_eq!(stale().await, Vec::<String>::new(), "of the source only what is planned counts");
    later(&world, MINUTE);
    world.publish("desk", None, "", "b").await;
    assert_eq!(stale().await, ["Publish App desk ended in Development since."]);
    console.tag(&ada, HOME, "desk", "dev", "0.1.0", "").await.unwrap();
    let yard = plan(&world, &ada, &["yard"]).await;
    carry_out(&world, &ada, yard, TaskOutcome::Done).await;
    assert_eq!(
        stale().await,
        [
            "App yard to Test ended in Test since.",
            "Publish App desk ended in Development since.",
            "App desk 0.1.0 was tagged since."
        ]
    );
    let before = console.plan(&ada, HOME, ours).await.unwrap();
    assert!(matches!(before.items[0].operation, PlanOperation::TagAndDeploy(_)), "as it was chosen");
    later(&world, MINUTE);
    console.refresh_plan(&ada, HOME, ours).await.unwrap();
    let after = console.plan(&ada, HOME, ours).await.unwrap();
    assert_eq!(after.stale, Vec::<String>::new());
    assert!(matches!(after.items[0].operation, PlanOperation::Deploy(..)), "it is tagged by now");
    assert_eq!(carry_out(&world, &ada, ours, TaskOutcome::Done).await, "finished_successful");
    let late = refused(console.refresh_plan(&ada, HOME, ours).await);
    assert!(late.contains("R05"), "{late}");
}

#[tokio::test]
async fn r12_a_lower_number_and_what_failed_but_changed_something_make_it_stale_too() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    for (number, content) in [("1.0.0", "a"), ("1.1.0", "b")] {
        world.publish("desk", None, "", content).await;
        console.tag(&ada, HOME, "desk", "dev", number, "").await.unwrap();
    }
    for application in ["yard", "till"] {
        world.publish(application, None, "", "a").await;
    }
    let to_prod = async |application: &str| {
        console.make_plan(&ada, HOME, "dev", "prod", &[application.to_owned()]).await.unwrap()
    };
    let ours = to_prod("desk").await;
    let stale = async || console.plan(&ada, HOME, ours).await.unwrap().stale;
    later(&world, MINUTE);
    // The first content comes back below the highest number.
    let again = AgainInput { environment: "dev".into(), number: "1.0.1".into(), ..AgainInput::default() };
    console.tag_again(&ada, HOME, "desk", "1.0.0", &again).await.unwrap();
    assert_eq!(stale().await, ["App desk 1.0.1 was tagged since."]);
    console.refresh_plan(&ada, HOME, ours).await.unwrap();
    later(&world, MINUTE);
    // The second front-end fails: what is taken back has changed nothing, and where that fails too, the farm is mixed.
    let second = world.servers["prod"][1].1;
    let failed = || TaskOutcome::Failed { reason: "no disk".into() };
    let run = async |application: &str, ways_back: bool| {
        let plan = to_prod(application).await;
        let digest = console.plan(&ada, HOME, plan).await.unwrap().digest;
        let run = console.start_plan(&ada, HOME, plan, &digest).await.unwrap();
        let does = |task: &Task| match phase(task) {
            Phase::Forward if server_of(task) == Some(second) => failed(),
            Phase::Back if !ways_back => failed(),
            _ => TaskOutcome::Done,
        };
        world.carry_out("prod", run, does).await.0
    };
    assert_eq!(run("yard", true).await, "finished_with_errors");
    assert_eq!(stale().await, Vec::<String>::new());
    assert_eq!(run("till", false).await, "finished_with_errors");
    assert_eq!(
        stale().await,
        ["App till to Production did not succeed, but changed something in Production since."]
    );
}

#[tokio::test]
async fn everything_that_differs_is_added_at_once() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    for application in ["desk", "yard", "till"] {
        world.publish(application, None, "", "a").await;
    }
    let first = plan(&world, &ada, &["yard"]).await;
    carry_out(&world, &ada, first, TaskOutcome::Done).await;
    let ours = plan(&world, &ada, &["desk"]).await;
    console.fill_plan(&ada, HOME, ours, Filling::Differing).await.unwrap();
    let keys = async || {
        let page = console.plan(&ada, HOME, ours).await.unwrap();
        page.items.iter().map(|item| item.application.key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys().await, ["desk", "till"], "the yard is there already");
    console.fill_plan(&ada, HOME, ours, Filling::All).await.unwrap();
    assert_eq!(keys().await, ["desk", "till", "yard"]);
    assert!(refused(console.fill_plan(&ada, HOME, ours, Filling::All).await).contains("nothing more to add"));
}

#[tokio::test]
async fn producers_come_along_at_once_with_those_that_they_use() {
    let world = World::new().await;
    let console = &world.console;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    world.publish("paint", None, &produces("Hue", "1"), "a").await;
    world
        .publish("theme", None, &format!("{}{}", produces("Skin", "1"), consumes("paint", "Hue", "1")), "a")
        .await;
    world.publish("clock", None, &produces("Tick", "1"), "a").await;
    world.publish("yard", None, "", "a").await;
    let needs = format!("{}{}", consumes("theme", "Skin", "1"), consumes("clock", "Tick", "1"));
    world.publish("desk", None, &needs, "a").await;
    let ours = plan(&world, &ada, &["desk", "clock"]).await;
    // What was left as it is comes too, and keeps its place.
    console.edit_plan(&ada, HOME, ours, "clock", "nothing").await.unwrap();
    denied(console.fill_plan(&ron, HOME, ours, Filling::Producers).await);
    console.fill_plan(&ada, HOME, ours, Filling::Producers).await.unwrap();
    let page = console.plan(&ada, HOME, ours).await.unwrap();
    let has: Vec<_> =
        page.items.iter().map(|item| (item.application.key.as_str(), item.operation.words())).collect();
    let of = |key| has.iter().find(|(each, _)| *each == key).map(|(_, words)| words.as_str());
    assert_eq!(has.len(), 4, "{has:?}");
    assert_eq!((of("clock"), of("yard")), (Some("Tag 0.1.0 and deploy"), None));
    assert_eq!((of("paint"), of("theme")), (Some("Tag 0.1.0 and deploy"), Some("Tag 0.1.0 and deploy")));
    assert_eq!((page.findings, page.start), (vec![], Ok(())));
    let nothing = refused(console.fill_plan(&ada, HOME, ours, Filling::Producers).await);
    assert_eq!(nothing, "There is no producer to bring along that you may plan from there.");
    assert_eq!(carry_out(&world, &ada, ours, TaskOutcome::Done).await, "finished_successful");
    assert_eq!(world.count("plan.fill", "done").await, 1);
}

#[tokio::test]
async fn a_plan_says_what_it_refers_to_elsewhere() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    world.publish("desk", None, "", "a").await;
    let ours = plan(&world, &ada, &["desk"]).await;
    let note = async |links| {
        console
            .note_plan(&ada, HOME, ours, &NoteInput { name: "Ours", notes: "", links, on_failure: None })
            .await
    };
    let digest = console.plan(&ada, HOME, ours).await.unwrap().digest;
    note(Some("https://tracker.example/TIDE-42 The change request\nhttp://ci.example/8121")).await.unwrap();
    let bad = refused(note(Some("https://a.example\njavascript:alert(1)")).await);
    assert!(bad.starts_with("Line 2: “javascript:alert(1)” is no address"), "{bad}");
    // What is not named stays, and no approval is void for it.
    note(None).await.unwrap();
    let page = console.plan(&ada, HOME, ours).await.unwrap();
    let links: Vec<_> = page.links.iter().map(|link| (link.address.as_str(), link.words.as_str())).collect();
    let wanted = [("https://tracker.example/TIDE-42", "The change request"), ("http://ci.example/8121", "")];
    assert_eq!((links, page.digest), (wanted.to_vec(), digest));
    note(Some("")).await.unwrap();
    assert_eq!(console.plan(&ada, HOME, ours).await.unwrap().links, []);
}

#[tokio::test]
async fn r07_a_plan_goes_on_to_the_next_stage_or_is_tried_again() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    world.publish("desk", None, "", "a").await;
    let ours = plan(&world, &ada, &["desk"]).await;
    assert!(refused(console.reuse_plan(&ada, HOME, ours, "prod").await).contains("never started"));
    let failed = TaskOutcome::Failed { reason: "no disk".into() };
    assert_eq!(carry_out(&world, &ada, ours, failed).await, "finished_with_errors");
    assert!(console.plan(&ada, HOME, ours).await.unwrap().again);
    let again = console.reuse_plan(&ada, HOME, ours, "").await.unwrap().id;
    let page = console.plan(&ada, HOME, again).await.unwrap();
    assert_eq!((page.source.key.as_str(), page.target.key.as_str()), ("dev", "test"));
    assert_eq!(page.items[0].operation.words(), "Deploy 0.1.0", "R20: its tag is used again");
    assert_eq!(carry_out(&world, &ada, again, TaskOutcome::Done).await, "finished_successful");

    // Meanwhile Development moves on; what goes on is what was brought.
    world.publish("desk", None, "", "b").await;
    let done = console.plan(&ada, HOME, again).await.unwrap();
    let onward: Vec<_> = done.onward.unwrap().into_iter().map(|each| each.key).collect();
    assert_eq!((onward, done.again), (vec!["prod".to_owned()], false));
    let same = refused(console.reuse_plan(&ada, HOME, again, "test").await);
    assert!(same.contains("R01"), "{same}");
    let next = console.reuse_plan(&ada, HOME, again, "prod").await.unwrap().id;
    let page = console.plan(&ada, HOME, next).await.unwrap();
    assert_eq!((page.source.key.as_str(), page.target.key.as_str()), ("test", "prod"));
    assert_eq!(page.items[0].operation.words(), "Deploy 0.1.0");
    assert_eq!(carry_out(&world, &ada, next, TaskOutcome::Done).await, "finished_successful");
    let usually = console.plan(&ada, HOME, next).await.unwrap().usually;
    assert_eq!(usually.map(|(_, of)| of), Some(1), "it says how long the last ones took");
}

#[tokio::test]
async fn r07_what_has_left_the_stage_is_left_behind_and_named() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    for application in ["desk", "till"] {
        world.publish(application, None, "", "a").await;
    }
    let ours = plan(&world, &ada, &["desk", "till"]).await;
    carry_out(&world, &ada, ours, TaskOutcome::Done).await;
    let out = plan(&world, &ada, &["till"]).await;
    console.edit_plan(&ada, HOME, out, "till", "undeploy").await.unwrap();
    carry_out(&world, &ada, out, TaskOutcome::Done).await;
    let next = console.reuse_plan(&ada, HOME, ours, "prod").await.unwrap();
    assert_eq!(next.left_behind, ["App till"]);
    let sentence = next.sentence().unwrap();
    assert_eq!(sentence, "App till is not in Test any more, and was left behind (R02).");
    let page = console.plan(&ada, HOME, next.id).await.unwrap();
    let keys: Vec<_> = page.items.iter().map(|item| item.application.key.as_str()).collect();
    assert_eq!(keys, ["desk"]);
}

#[tokio::test]
async fn an_outdated_consumer_is_redeployed_as_it_is() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    world.publish("desk", None, &consumes("theme", "Skin", "1"), "a").await;
    let both = plan(&world, &ada, &["theme", "desk"]).await;
    carry_out(&world, &ada, both, TaskOutcome::Done).await;
    world.publish("theme", None, &format!("{}{}", produces("Skin", "1"), produces("Page", "1")), "b").await;
    let ours = plan(&world, &ada, &["theme"]).await;
    let page = console.plan(&ada, HOME, ours).await.unwrap();
    assert_eq!(page.start, Ok(()), "a warning stops nothing (R13)");
    let finding = &page.findings[0];
    assert_eq!((finding.kind, finding.is_error), ("Consumer Module Outdated", false));
    let way = &finding.ways_out[0];
    assert_eq!((way.words.as_str(), way.operation.code().as_str()), ("Redeploy App desk", "redeploy"));
    console.edit_plan(&ada, HOME, ours, "desk", "redeploy").await.unwrap();
    let page = console.plan(&ada, HOME, ours).await.unwrap();
    assert_eq!(page.findings, []);
    let before = world.cell("desk", "test").await;
    assert_eq!(carry_out(&world, &ada, ours, TaskOutcome::Done).await, "finished_successful");
    assert_eq!(world.cell("desk", "test").await, before, "the same version");
}
