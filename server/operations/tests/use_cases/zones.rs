//! Deployment zones: an application goes to the front-ends of its zone only (R42).

use crate::common::{HOME, World, later, refused, server_of};
use domain::architecture::model::Zone;
use domain::architecture::{Architecture, file};
use domain::protocol::{ServerStatus, TaskAction, TaskOutcome};
use domain::text::{Key, Sha256};
use operations::view::ZoneChoice;
use operations::{Caller, PageQuery, Wanted};

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// Changes the architecture by its file.
async fn change(world: &World, by: impl FnOnce(&mut Architecture)) {
    let text = world.console.architecture_file(&world.local, HOME).await.unwrap();
    let mut architecture = file::import(&text).unwrap();
    by(&mut architecture);
    let wanted = Wanted::File(file::export(&architecture).unwrap());
    world.console.apply_architecture(&world.local, HOME, &wanted, None).await.unwrap();
}

/// Production gets a second zone, of its second front-end alone.
async fn second_zone(world: &World) {
    change(world, |of| {
        let prod = of.environments.get_mut(&key("prod")).unwrap();
        prod.zones.insert(key("inside"), Zone { name: "Inside".parse().unwrap(), address: None });
        prod.front_ends.get_mut(&key("prod-2")).unwrap().zones.insert(key("inside"));
    })
    .await;
}

async fn zone(world: &World, ada: &Caller) -> ZoneChoice {
    let page = world.console.application(ada, HOME, "desk", &PageQuery::default()).await.unwrap();
    let place = page.environments.into_iter().find(|place| place.environment.key == "prod").unwrap();
    place.zone.unwrap()
}

/// Plans and starts; gives what the controller was asked to do with which front-end.
async fn promote(world: &World, ada: &Caller, from: &str, to: &'static str) -> Vec<String> {
    let plan = world.console.make_plan(ada, HOME, from, to, &["desk".into()]).await.unwrap();
    let page = world.console.plan(ada, HOME, plan).await.unwrap();
    let run = world.console.start_plan(ada, HOME, plan, &page.digest).await.unwrap();
    let (status, tasks) = world.carry_out(to, run, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
    let place = |task: &domain::protocol::Task| {
        let servers = &world.servers[to];
        let named = |id| servers.iter().position(|(_, server)| *server == id).map(|at| at + 1).unwrap();
        match &task.action {
            TaskAction::Prepare { servers: None, .. } => "prepare everywhere".to_owned(),
            TaskAction::Prepare { servers: Some(some), .. } => {
                format!("prepare {:?}", some.iter().map(|id| named(*id)).collect::<Vec<_>>())
            }
            TaskAction::Activate { .. } => format!("activate {}", named(server_of(task).unwrap())),
            TaskAction::Deactivate { .. } => format!("deactivate {}", named(server_of(task).unwrap())),
        }
    };
    tasks.iter().map(place).collect()
}

#[tokio::test]
async fn a_deployment_goes_to_the_zone_of_the_application_only() {
    let world = World::new().await;
    deployed_to_zones(&world).await;
}

#[tokio::test]
async fn a_deployment_goes_to_the_zone_of_the_application_only_on_postgresql() {
    let world = World::on(storage::testing::postgres().await).await;
    deployed_to_zones(&world).await;
}

/// The zones of Production on its page: key, whether it is the default one, its front-ends and what runs there.
async fn counted(world: &World, who: &Caller) -> Vec<(String, bool, usize, u64)> {
    let page = world.console.environment(who, HOME, "prod").await.unwrap();
    let zones = page.zones.into_iter();
    zones.map(|zone| (zone.key, zone.is_default, zone.front_ends.len(), zone.applications)).collect()
}

fn owned((key, is_default, servers, running): (&str, bool, usize, u64)) -> (String, bool, usize, u64) {
    (key.to_owned(), is_default, servers, running)
}

async fn deployed_to_zones(world: &World) {
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", None, "", "a").await;
    promote(world, &ada, "dev", "test").await;
    second_zone(world).await;

    // The default zone is all of Production until another one is chosen.
    assert_eq!(
        promote(world, &ada, "test", "prod").await,
        ["prepare everywhere", "activate 1", "activate 2"]
    );
    let seen = zone(world, &ada).await;
    assert_eq!((seen.key.as_str(), seen.moves, seen.zones.len()), ("default", false, 2));
    assert_eq!(counted(world, &ada).await, [("default", true, 2, 1), ("inside", false, 1, 0)].map(owned));

    // Choosing moves nothing by itself; the next deployment does, and the same version may go again for it.
    let plan = console.make_plan(&ada, HOME, "test", "prod", &["desk".into()]).await.unwrap();
    let before = console.plan(&ada, HOME, plan).await.unwrap();
    assert!(before.start.is_err(), "an equal version has nothing to do (R04)");
    console.choose_zone(&ada, HOME, "prod", "desk", "inside").await.unwrap();
    console.choose_zone(&ada, HOME, "prod", "desk", "inside").await.unwrap();
    assert_eq!(world.count("application.zone", "done").await, 1, "a second time nothing changes");
    let seen = zone(world, &ada).await;
    assert_eq!((seen.name.as_str(), seen.moves), ("Inside", true));
    let again = console.make_plan(&ada, HOME, "test", "prod", &["desk".into()]).await.unwrap();
    let page = console.plan(&ada, HOME, again).await.unwrap();
    assert_eq!((page.start.clone(), page.items[0].zone.as_deref()), (Ok(()), Some("Inside")));
    console.choose_zone(&ada, HOME, "prod", "desk", "").await.unwrap();
    let other = console.plan(&ada, HOME, again).await.unwrap();
    assert_ne!(other.digest, page.digest, "the digest knows the zone");
    let stale = console.start_plan(&ada, HOME, again, &page.digest).await.unwrap_err();
    assert!(stale.sentence().contains("changed since"), "{stale}");
    console.choose_zone(&ada, HOME, "prod", "desk", "inside").await.unwrap();
    assert_eq!(promote(world, &ada, "test", "prod").await, ["prepare [2]", "activate 2", "deactivate 1"]);
    assert!(!zone(world, &ada).await.moves);
    assert_eq!(counted(world, &ada).await, [("default", true, 2, 0), ("inside", false, 1, 1)].map(owned));
    let rita = world.user("rita").await;
    assert_eq!(counted(world, &rita).await, counted(world, &ada).await, "what she may list");
    assert_eq!(world.cell("desk", "prod").await, "0.1.0");
}

#[tokio::test]
async fn it_leaves_front_ends_outside_its_zone_that_report_it() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.publish("desk", None, "", "a").await;
    promote(&world, &ada, "dev", "test").await;
    second_zone(&world).await;
    world.console.choose_zone(&ada, HOME, "prod", "desk", "inside").await.unwrap();
    assert!(!zone(&world, &ada).await.moves, "it is not there yet, so nothing has to move");
    assert_eq!(promote(&world, &ada, "test", "prod").await, ["prepare [2]", "activate 2"]);

    world.publish("desk", None, "", "b").await;
    promote(&world, &ada, "dev", "test").await;
    let running = domain::protocol::RunningApplication {
        application: key("desk"),
        sha256: Sha256::of(b"a"),
        ready: true,
        virtual_directories: vec![],
    };
    later(&world, 1_000_000);
    let first = ServerStatus { applications: vec![running], ..world.status("prod", 0) };
    world.says("prod", vec![first, world.status("prod", 1)], vec![]).await;
    let plan = world.console.make_plan(&ada, HOME, "test", "prod", &["desk".into()]).await.unwrap();
    let page = world.console.plan(&ada, HOME, plan).await.unwrap();
    let run = world.console.start_plan(&ada, HOME, plan, &page.digest).await.unwrap();
    let shown = world.console.deployment(&ada, HOME, run).await.unwrap();
    let titles: Vec<&str> = shown.steps.iter().map(|step| step.title.as_str()).collect();
    assert_eq!(
        titles[1..],
        ["Activate App desk 0.2.0 on prod-2", "Take App desk out of prod-1, which is outside its zone"]
    );
}

#[tokio::test]
async fn what_stands_against_a_zone_is_said() {
    let world = World::new().await;
    let (console, ada, rita) = (&world.console, world.user("ada").await, world.user("ron").await);
    world.publish("desk", None, "", "a").await;
    promote(&world, &ada, "dev", "test").await;
    second_zone(&world).await;
    let moon = refused(console.choose_zone(&ada, HOME, "prod", "desk", "moon").await);
    assert_eq!(moon, "Production has no deployment zone “moon”; choose one of the list.");
    let denied = console.choose_zone(&rita, HOME, "prod", "desk", "inside").await.unwrap_err();
    assert!(denied.sentence().contains("choose the deployment zone of App desk in Production"), "{denied}");
    console.choose_zone(&ada, HOME, "prod", "desk", "inside").await.unwrap();

    // A zone without a front-end takes nothing, and says so before the start.
    change(&world, |of| {
        let prod = of.environments.get_mut(&key("prod")).unwrap();
        prod.front_ends.get_mut(&key("prod-2")).unwrap().zones.remove(&key("inside"));
    })
    .await;
    let plan = console.make_plan(&ada, HOME, "test", "prod", &["desk".into()]).await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    let reasons = page.start.unwrap_err();
    assert_eq!(
        reasons[0].sentence,
        "App desk goes to the deployment zone Inside of Production, which has no front-end: put one into it, or choose another zone for App desk."
    );
    assert!(console.start_plan(&ada, HOME, plan, &page.digest).await.is_err());

    // A zone that applications go to stays.
    let text = console.architecture_file(&ada, HOME).await.unwrap();
    let mut without = file::import(&text).unwrap();
    without.environments.get_mut(&key("prod")).unwrap().zones.remove(&key("inside"));
    let wanted = Wanted::File(file::export(&without).unwrap());
    let kept = refused(console.apply_architecture(&ada, HOME, &wanted, None).await);
    assert_eq!(
        kept,
        "The deployment zone Inside of Production cannot be taken out: 1 application goes to it; choose another zone for it first."
    );
    assert_eq!(world.count("application.zone", "done").await, 1);
}
