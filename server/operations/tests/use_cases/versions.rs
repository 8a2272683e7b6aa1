//! Versions: numbers, tagging again, one by itself, compared, several at once, deleted (R22, R23, R03).

use crate::common::{HOME, World, consumes, denied, produces, refused};
use domain::package::compare::Change;
use domain::protocol::TaskOutcome;
use operations::view::PlanOperation;
use operations::{AgainInput, Caller, OperationError, PageQuery, TagInput};

async fn deploy(world: &World, who: &Caller, from: &str, to: &str, application: &str) {
    let console = &world.console;
    let plan = console.make_plan(who, HOME, from, to, &[application.into()]).await.unwrap();
    let page = console.plan(who, HOME, plan).await.unwrap();
    let run = console.start_plan(who, HOME, plan, &page.digest).await.unwrap();
    let (status, _) = world.carry_out(to, run, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
}

/// `desk` 1.0.0 and 1.1.0; both environments run the second one.
async fn two_versions(world: &World, ada: &Caller) {
    world.publish("desk", Some("1.0.0"), "", "a").await;
    deploy(world, ada, "dev", "test", "desk").await;
    world.publish("desk", None, "", "b").await;
    deploy(world, ada, "dev", "test", "desk").await;
    assert_eq!(world.cell("desk", "test").await, "1.1.0");
}

fn again(environment: &str, number: &str) -> AgainInput {
    AgainInput { environment: environment.into(), number: number.into(), change_log: "Back.".into() }
}

#[tokio::test]
async fn r03_an_older_content_comes_back_under_a_higher_number() {
    tagged_again(World::new().await).await;
}

#[tokio::test]
async fn r03_an_older_content_comes_back_under_a_higher_number_on_postgresql() {
    tagged_again(World::on(storage::testing::postgres().await).await).await;
}

async fn tagged_again(world: World) {
    let (console, ada) = (&world.console, world.user("ada").await);
    two_versions(&world, &ada).await;
    let page = console.version(&ada, HOME, "desk", "1.0.0").await.unwrap();
    let proposed: Vec<_> =
        page.again.iter().map(|one| (one.environment.key.as_str(), one.proposed.to_string())).collect();
    assert_eq!(
        proposed,
        [("dev", "1.1.1".into()), ("test", "1.1.1".into()), ("prod", "1.0.1".into())],
        "R23"
    );

    let low = refused(console.tag_again(&ada, HOME, "desk", "1.0.0", &again("dev", "1.1.0")).await);
    assert_eq!(low, "A version number grows: choose one above 1.1.0, such as 1.1.1.");
    assert!(
        refused(console.tag_again(&ada, HOME, "desk", "1.0.0", &again("dev", "x")).await)
            .contains("no version number")
    );
    let new = console.tag_again(&ada, HOME, "desk", "1.0.0", &again("dev", "")).await.unwrap();
    assert_eq!(new.to_string(), "1.1.1");
    assert_eq!(world.cell("desk", "dev").await, "1.1.0", "nothing runs otherwise than before");

    // A plan from there offers it, and deploys the older content.
    let plan = console.make_plan(&ada, HOME, "dev", "test", &[]).await.unwrap_err();
    assert!(plan.sentence().contains("run the same"), "{plan}");
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let options = console.plan(&ada, HOME, plan).await.unwrap().items[0].options.clone();
    let back = options.iter().find(|one| matches!(one, PlanOperation::Deploy(_, number) if *number == new));
    console.edit_plan(&ada, HOME, plan, "desk", &back.unwrap().code()).await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!(page.start, Ok(()), "{:?}", page.findings);
    let run = console.start_plan(&ada, HOME, plan, &page.digest).await.unwrap();
    world.carry_out("test", run, |_| TaskOutcome::Done).await;
    assert_eq!(world.cell("desk", "test").await, "1.1.1");
    let (old, back) = (
        console.version(&ada, HOME, "desk", "1.0.0").await.unwrap(),
        console.version(&ada, HOME, "desk", "1.1.1").await.unwrap(),
    );
    assert_eq!((&old.sha256, &old.same_content[..]), (&back.sha256, &[new][..]));
    let names =
        |all: &[operations::view::EnvironmentRef]| all.iter().map(|one| one.key.clone()).collect::<Vec<_>>();
    assert_eq!(
        (names(&back.runs_in), names(&back.was_in)),
        (vec!["test".to_owned()], vec!["dev".to_owned()])
    );
    assert_eq!(back.plans.iter().map(|one| one.status.as_str()).collect::<Vec<_>>(), ["started"]);
    assert_eq!(back.deployments.iter().map(|one| one.target.as_str()).collect::<Vec<_>>(), ["Test"]);
    assert_eq!((back.change_log.as_str(), back.created_by.as_str()), ("Back.", "Ada Lovelace"));
    let ron = world.user("ron").await;
    assert!(
        denied(console.tag_again(&ron, HOME, "desk", "1.0.0", &again("dev", "")).await)
            .contains("tag App desk in Development")
    );
    let missing = console.tag_again(&ada, HOME, "desk", "9.9.9", &again("dev", "")).await;
    assert!(matches!(missing, Err(OperationError::NotFound { .. })));
}

#[tokio::test]
async fn r22_only_what_was_never_used_is_deleted() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    two_versions(&world, &ada).await;
    let runs = refused(console.delete_version(&ada, HOME, "desk", "1.1.0").await);
    assert!(runs.contains("an environment runs it"), "{runs}");
    let deployed = refused(console.delete_version(&ada, HOME, "desk", "1.0.0").await);
    assert!(deployed.contains("a deployment brought it or took it out"), "{deployed}");
    console.tag_again(&ada, HOME, "desk", "1.0.0", &again("dev", "1.2.0")).await.unwrap();
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let options = console.plan(&ada, HOME, plan).await.unwrap().items[0].options.clone();
    let planned = options.iter().find(|one| one.words() == "Deploy 1.2.0").unwrap();
    console.edit_plan(&ada, HOME, plan, "desk", &planned.code()).await.unwrap();
    assert!(refused(console.delete_version(&ada, HOME, "desk", "1.2.0").await).contains("a plan names it"));
    let page = console.version(&ada, HOME, "desk", "1.2.0").await.unwrap();
    assert!(page.delete.unwrap_err().sentence.contains("R22"));

    console.tag_again(&ada, HOME, "desk", "1.0.0", &again("dev", "1.3.0")).await.unwrap();
    let ron = world.user("ron").await;
    denied(console.delete_version(&ron, HOME, "desk", "1.3.0").await);
    assert_eq!(console.version(&ada, HOME, "desk", "1.3.0").await.unwrap().delete, Ok(()));
    console.delete_version(&ada, HOME, "desk", "1.3.0").await.unwrap();
    assert!(console.version(&ada, HOME, "desk", "1.3.0").await.is_err());
    assert_eq!(world.count("version.delete", "done").await, 1);
    assert_eq!(world.count("version.delete", "failed").await, 3);
}

#[tokio::test]
async fn a23_versions_and_places_are_compared() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    console.tag(&ada, HOME, "theme", "dev", "1.0.0", "").await.unwrap();
    let more = format!("{}{}", produces("Skin", "2"), consumes("desk", "Clock", "1"));
    world.publish("theme", None, &more, "b").await;
    let compare = async |from: &str, to: &str| {
        console.compare_versions(&ada, HOME, "theme", Some(from), Some(to)).await
    };
    let found = compare("1.0.0", "in:dev").await.unwrap();
    assert_eq!(found.to.as_ref().unwrap().label, "Development (1.0.0+)");
    let produced = &found.differs.produces[0];
    assert_eq!((produced.name.as_str(), produced.change), ("Skin", Change::Changed));
    assert_eq!(
        (produced.details[0].before.as_deref(), produced.details[0].after.as_deref()),
        (Some("1"), Some("2"))
    );
    assert_eq!(found.differs.consumes[0].change, Change::Added);
    assert_eq!(found.differs.modules[0].details[0].what, "Files", "its files differ too");
    let choices: Vec<_> = found.choices.iter().map(|(of, _)| of.as_str()).collect();
    assert_eq!(choices, ["in:dev", "1.0.0"]);
    assert!(compare("1.0.0", "1.0.0").await.unwrap().same);
    for wrong in ["in:test", "in:moon", "7.0.0", "x"] {
        assert!(
            refused(compare("1.0.0", wrong).await).contains("nothing of App theme that can be compared"),
            "{wrong}"
        );
    }
    let none = console.compare_versions(&ada, HOME, "theme", None, None).await.unwrap();
    assert_eq!((none.from, none.to), (None, None));
}

#[tokio::test]
async fn i09_several_are_tagged_at_once_or_none() {
    let world = World::new().await;
    let (console, ada, ron) = (&world.console, world.user("ada").await, world.user("ron").await);
    for (application, version) in [("anchor", None), ("buoy", Some("2.0.0")), ("crane", None)] {
        world.publish(application, version, "", "a").await;
    }
    console.tag(&ada, HOME, "crane", "dev", "0.1.0", "").await.unwrap();
    let page = console.modified(&ada, HOME, "dev", &PageQuery::default()).await.unwrap();
    let proposed: Vec<_> =
        page.rows.rows.iter().map(|row| (row.application.key.as_str(), row.proposed.to_string())).collect();
    assert_eq!(proposed, [("anchor", "0.1.0".into()), ("buoy", "2.0.0".into())]);
    assert!(page.rows.rows.iter().all(|row| row.tag.is_ok()));
    let read = console.modified(&ron, HOME, "dev", &PageQuery::default()).await.unwrap();
    assert!(read.rows.rows.iter().all(|row| row.tag.is_err()), "who may not is told so");

    let one = |application: &str, number: &str| TagInput {
        application: application.into(),
        number: number.into(),
        change_log: "All.".into(),
    };
    let none = refused(console.tag_together(&ada, HOME, "dev", &[]).await);
    assert_eq!(none, "Choose 1 to 100 applications to tag at once; these are 0.");
    let wrong =
        refused(console.tag_together(&ada, HOME, "dev", &[one("anchor", "0.3"), one("buoy", "x")]).await);
    assert!(wrong.starts_with("App buoy: “x” is no version number"), "{wrong}");
    let tagged =
        refused(console.tag_together(&ada, HOME, "dev", &[one("anchor", ""), one("crane", "0.2")]).await);
    assert!(tagged.starts_with("App crane: What runs here is a version already"), "{tagged}");
    assert_eq!(world.cell("anchor", "dev").await, "+", "nothing of it was done");
    assert!(
        refused(console.tag_together(&ada, HOME, "dev", &[one("buoy", ""), one("buoy", "")]).await)
            .contains("named twice")
    );
    denied(console.tag_together(&ron, HOME, "dev", &[one("anchor", "")]).await);
    let made =
        console.tag_together(&ada, HOME, "dev", &[one("anchor", "0.3"), one("buoy", "")]).await.unwrap();
    let made: Vec<_> = made.iter().map(|(key, number)| format!("{key} {number}")).collect();
    assert_eq!(made, ["anchor 0.3.0", "buoy 2.0.0"]);
    assert_eq!(
        (world.cell("anchor", "dev").await, world.cell("buoy", "dev").await),
        ("0.3.0".into(), "2.0.0".into())
    );
    assert_eq!(world.count("version.tag_together", "done").await, 1, "one entry with all of them");
    let left = console.modified(&ada, HOME, "dev", &PageQuery::default()).await.unwrap();
    assert!(left.rows.rows.is_empty());
}
