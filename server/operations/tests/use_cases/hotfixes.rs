//! Hotfixes (B29): a fix that went straight to Production, and its way back.

use crate::common::{HOME, World, denied, refused};
use domain::environment::Purpose;
use domain::protocol::{EnrolRequest, PROTOCOL, TaskOutcome};
use operations::view::{HotfixState, HotfixView, MatrixCell};
use operations::{Caller, MatrixQuery, NewEnvironment, NewServer, PageQuery};

/// A second place to develop in, for fixes of what Production runs.
async fn workshop(world: &mut World) {
    let (console, local) = (&world.console, &world.local);
    let new = NewEnvironment { key: "fix".into(), name: "Workshop".into(), purpose: Purpose::Development };
    let environment = console.create_environment(local, HOME, new).await.unwrap();
    let new = NewServer { key: "fix-1".into(), name: "fix-1".into(), is_controller: true };
    let server = console.create_server(local, HOME, "fix", new).await.unwrap();
    let code = console.enrolment_code(local, HOME, "fix", "fix-1").await.unwrap();
    let pair = ed25519_dalek::SigningKey::from_bytes(&[99; 32]);
    let request = EnrolRequest {
        protocol: PROTOCOL,
        code,
        public_key: hex::encode(pair.verifying_key().as_bytes()),
        version: "test".into(),
        public_address: "http://127.0.0.1:1".into(),
        api_address: "http://127.0.0.1:2".into(),
    };
    console.enrol(&crate::common::anonymous(), request).await.unwrap();
    world.servers.insert("fix", vec![(environment, server)]);
}

async fn deploy(world: &World, ada: &Caller, from: &str, to: &str) -> String {
    let console = &world.console;
    let plan = console.make_plan(ada, HOME, from, to, &["desk".into()]).await.unwrap();
    let page = console.plan(ada, HOME, plan).await.unwrap();
    let run = console.start_plan(ada, HOME, plan, &page.digest).await.unwrap();
    world.carry_out(to, run, |_| TaskOutcome::Done).await;
    world.cell("desk", to).await
}

/// A fix in Production that Test never had: what comes from there would undo it.
#[tokio::test]
async fn b29_a_hotfix_is_not_overwritten_unnoticed() {
    let mut world = World::new().await;
    workshop(&mut world).await;
    let (ada, rita) = (world.user("ada").await, world.user("rita").await);
    let console = &world.console;
    world.publish("desk", Some("1.0.0"), "", "a").await;
    for (from, to) in [("dev", "test"), ("test", "prod"), ("prod", "fix")] {
        deploy(&world, &ada, from, to).await;
    }
    let fix = async |content: &str| {
        let file = world.package("desk", None, "", content);
        let done = console.publish(&ada, HOME, "fix", &file).await.unwrap();
        world.carry_out("fix", done.deployment.unwrap(), |_| TaskOutcome::Done).await;
    };
    fix("fixed").await;
    assert_eq!(deploy(&world, &ada, "fix", "prod").await, "1.0.1");
    // More of it from where it was made is built upon it.
    fix("fixed more").await;
    assert_eq!(deploy(&world, &ada, "fix", "prod").await, "1.0.2");

    world.publish("desk", None, "", "next").await;
    assert_eq!(deploy(&world, &ada, "dev", "test").await, "1.1.0");
    let make = async || console.make_plan(&ada, HOME, "test", "prod", &["desk".into()]).await.unwrap();
    let plan = make().await;
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    let finding = &page.findings[0];
    assert_eq!((finding.kind, finding.is_error, page.findings.len()), ("Hotfix Overwritten", true, 1));
    assert_eq!(
        finding.sentence,
        "Production runs App desk 1.0.2, a hotfix that the source never had, and App desk 1.1.0 would undo it. Bring it back first, or mark it as solved."
    );
    // Test runs a higher number already, so that no plan brings it back: what is left is to leave it, or to go on with right and reason.
    let ways: Vec<_> = finding.ways_out.iter().map(|way| way.words.as_str()).collect();
    assert_eq!(ways, ["Leave App desk as it is"]);
    assert!(page.errors.is_some() && console.plan(&rita, HOME, plan).await.unwrap().start.is_err());
    let no = refused(console.start_plan(&ada, HOME, plan, &page.digest).await);
    assert!(no.contains("1 conflict"), "{no}");
    console.edit_plan(&ada, HOME, plan, "desk", "nothing").await.unwrap();
    assert_eq!(console.plan(&ada, HOME, plan).await.unwrap().findings, []);
    // Where the change came back by its source, somebody says so, and nothing is in the way.
    console.solve_hotfix(&ada, HOME, "prod", "desk", "Merged into 1.1.0").await.unwrap();
    let page = console.plan(&ada, HOME, make().await).await.unwrap();
    assert_eq!((page.findings, page.start), (vec![], Ok(())));
}

/// As long as no stage before has gone on, the way back is a plan.
#[tokio::test]
async fn b29_the_way_out_of_an_overwritten_hotfix_is_to_plan_it_back() {
    let mut world = World::new().await;
    workshop(&mut world).await;
    let ada = world.user("ada").await;
    let console = &world.console;
    world.publish("desk", Some("1.0.0"), "", "a").await;
    for (from, to) in [("dev", "test"), ("test", "prod"), ("prod", "fix")] {
        deploy(&world, &ada, from, to).await;
    }
    let file = world.package("desk", None, "", "fixed");
    let done = console.publish(&ada, HOME, "fix", &file).await.unwrap();
    world.carry_out("fix", done.deployment.unwrap(), |_| TaskOutcome::Done).await;
    assert_eq!(deploy(&world, &ada, "fix", "prod").await, "1.0.1");
    world.publish("desk", None, "", "next").await;
    let make = async || console.make_plan(&ada, HOME, "dev", "prod", &["desk".into()]).await.unwrap();
    let page = console.plan(&ada, HOME, make().await).await.unwrap();
    assert_eq!(page.findings[0].kind, "Hotfix Overwritten");
    let back: Vec<_> = page.findings[0]
        .ways_out
        .iter()
        .map(|way| (way.words.as_str(), way.back_to.as_ref().map(|to| to.key.as_str())))
        .collect();
    assert_eq!(back, [("Plan it back to Test", Some("test")), ("Leave App desk as it is", None)]);
}

async fn hotfixes(world: &World, who: &Caller) -> Vec<HotfixView> {
    world.console.application(who, HOME, "desk", &PageQuery::default()).await.unwrap().hotfixes
}

/// A stage, how it stands, and the way back.
type Told = (String, HotfixState, Vec<(String, bool)>);

/// Key, state and the way back of each, with what runs there and whether a plan can bring it.
fn told(all: &[HotfixView]) -> Vec<Told> {
    let step =
        |step: &operations::view::BackStep| (format!("{} {}", step.environment.key, step.runs), step.by_plan);
    all.iter()
        .map(|one| (one.environment.key.clone(), one.state, one.back.iter().map(step).collect()))
        .collect()
}

#[tokio::test]
async fn b29_a_fix_in_production_finds_its_way_back() {
    fixed(World::new().await).await;
}

#[tokio::test]
async fn b29_a_fix_in_production_finds_its_way_back_on_postgresql() {
    fixed(World::on(storage::testing::postgres().await).await).await;
}

async fn fixed(mut world: World) {
    workshop(&mut world).await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let console = &world.console;
    world.publish("desk", Some("1.7.0"), "", "a").await;
    for (from, to) in [("dev", "test"), ("test", "prod"), ("prod", "fix")] {
        assert_eq!(deploy(&world, &ada, from, to).await, "1.7.0");
    }
    assert_eq!(hotfixes(&world, &ada).await, []);
    // Development goes on, and Test gets the next one; what Production runs was there.
    world.publish("desk", None, "", "next").await;
    assert_eq!(hotfixes(&world, &ada).await, []);

    // The fix is made where Production's content is, and the third part is proposed (R23).
    let file = world.package("desk", None, "", "fixed");
    let done = console.publish(&ada, HOME, "fix", &file).await.unwrap();
    world.carry_out("fix", done.deployment.unwrap(), |_| TaskOutcome::Done).await;
    let modified = console.modified(&ada, HOME, "fix", &PageQuery::default()).await.unwrap();
    assert_eq!(modified.rows.rows[0].proposed.to_string(), "1.7.1");
    console.tag(&ada, HOME, "desk", "dev", "1.8.0", "").await.unwrap();
    let page = console.application(&ada, HOME, "desk", &PageQuery::default()).await.unwrap();
    let place = page.environments.iter().find(|place| place.environment.key == "fix").unwrap();
    assert_eq!((place.proposed.unwrap().to_string(), &place.tag), ("1.7.1".to_owned(), &Some(Ok(()))));
    assert_eq!(
        deploy(&world, &ada, "fix", "prod").await,
        "1.7.1",
        "below 1.8.0, and above what Production ran"
    );

    let all = hotfixes(&world, &ada).await;
    let dev = || ("dev 1.8.0".to_owned(), false);
    let test = || ("test 1.7.0".to_owned(), true);
    assert_eq!(
        told(&all),
        [
            ("prod".to_owned(), HotfixState::Pending, vec![test(), dev()]),
            ("fix".to_owned(), HotfixState::Pending, vec![test(), dev()]),
        ]
    );
    let matrix = console.matrix(&ada, HOME, &MatrixQuery::default()).await.unwrap();
    let marks: Vec<_> = matrix.rows.rows[0]
        .cells
        .iter()
        .map(|cell| if let MatrixCell::Present(running) = cell { running.hotfix } else { None })
        .collect();
    assert_eq!(marks, [None, None, Some(HotfixState::Pending), Some(HotfixState::Pending)]);

    // A plan goes backwards, and the mark ends where the stage has it.
    assert_eq!(deploy(&world, &ada, "prod", "test").await, "1.7.1");
    assert_eq!(
        told(&hotfixes(&world, &ada).await)[0],
        ("test".to_owned(), HotfixState::Pending, vec![dev()])
    );
    // Development got the change by its source: somebody says so, once for each stage.
    let may_not = denied(console.solve_hotfix(&ron, HOME, "prod", "desk", "Merged").await);
    assert!(may_not.contains("mark the hotfix of App desk in Production as solved"), "{may_not}");
    refused(console.solve_hotfix(&ada, HOME, "prod", "desk", "").await);
    let none = refused(console.solve_hotfix(&ada, HOME, "dev", "desk", "Merged").await);
    assert_eq!(
        none,
        "Development runs nothing of App desk that an earlier stage never had, so there is nothing to solve."
    );
    for stage in ["test", "prod", "fix"] {
        console.solve_hotfix(&ada, HOME, stage, "desk", "Merged into 1.8.0").await.unwrap();
    }
    let all = hotfixes(&world, &ada).await;
    assert!(all.iter().all(|one| one.state == HotfixState::Solved), "{all:?}");
    assert_eq!(all[0].solved.as_ref().map(|one| one.reason.as_str()), Some("Merged into 1.8.0"));
    assert_eq!(
        refused(console.solve_hotfix(&ada, HOME, "prod", "desk", "Again").await),
        "What Production runs of App desk is solved already."
    );

    // Regular promotion ends it; a new fix is a new one.
    assert_eq!(deploy(&world, &ada, "dev", "test").await, "1.8.0");
    assert_eq!(deploy(&world, &ada, "test", "prod").await, "1.8.0");
    assert_eq!(
        told(&hotfixes(&world, &ada).await).iter().map(|one| one.0.as_str()).collect::<Vec<_>>(),
        ["fix"]
    );
    let file = world.package("desk", None, "", "fixed again");
    let done = console.publish(&ada, HOME, "fix", &file).await.unwrap();
    world.carry_out("fix", done.deployment.unwrap(), |_| TaskOutcome::Done).await;
    assert_eq!(hotfixes(&world, &ada).await[0].state, HotfixState::Pending, "something new runs there");
    assert_eq!(world.count("application.hotfix_solved", "done").await, 3);
}
