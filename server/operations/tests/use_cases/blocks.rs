//! Blocking an application from an environment (R14).

use crate::common::{HOME, World, consumes, denied, later, produces, refused};
use domain::protocol::TaskOutcome;
use operations::view::{ApplicationPlace, MatrixCell, PlanOperation};
use operations::{ApplicationInput, Caller, MatrixQuery, OperationError, PageQuery};

const SENTENCE: &str =
    "App desk is blocked from Test: No licence yet. Ada Lovelace blocked it on 14 Nov 2023 (R14).";

async fn place(world: &World, who: &Caller, environment: &str) -> ApplicationPlace {
    let page = world.console.application(who, HOME, "desk", &PageQuery::default()).await.unwrap();
    page.environments.into_iter().find(|place| place.environment.key == environment).unwrap()
}

#[tokio::test]
async fn r14_a_plan_does_nothing_with_what_is_blocked() {
    blocked_in_a_plan(World::new().await).await;
}

#[tokio::test]
async fn r14_a_plan_does_nothing_with_what_is_blocked_on_postgresql() {
    blocked_in_a_plan(World::on(storage::testing::postgres().await).await).await;
}

async fn blocked_in_a_plan(world: World) {
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", Some("1.0.0"), "", "a").await;
    world.publish("till", None, "", "a").await;
    // The plan is there before the block.
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let before = console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!(before.start, Ok(()));
    assert_eq!(place(&world, &ada, "test").await.may_block, Some(Ok(())));
    console.block_application(&ada, HOME, "test", "desk", " No licence yet ").await.unwrap();

    let after = console.plan(&ada, HOME, plan).await.unwrap();
    let item = &after.items[0];
    assert_eq!(
        (&item.operation, &item.options[..]),
        (&PlanOperation::Nothing, &[PlanOperation::Nothing][..])
    );
    assert_eq!(item.blocked.as_deref(), Some(SENTENCE));
    let reasons = after.start.unwrap_err();
    assert_eq!(reasons[0].sentence, SENTENCE);
    assert!(reasons[0].lifted_by.contains("lift the block"), "{reasons:?}");
    assert_eq!(refused(console.start_plan(&ada, HOME, plan, &before.digest).await), SENTENCE);
    assert_eq!(
        refused(console.edit_plan(&ada, HOME, plan, "desk", &before.items[0].operation.code()).await),
        SENTENCE
    );

    // A plan of several goes without it.
    let both = console.make_plan(&ada, HOME, "dev", "test", &[]).await.unwrap();
    let page = console.plan(&ada, HOME, both).await.unwrap();
    assert_eq!(page.start, Ok(()));
    let blocked: Vec<_> =
        page.items.iter().map(|item| (item.application.key.as_str(), item.blocked.is_some())).collect();
    assert_eq!(blocked, [("desk", true), ("till", false)]);
    let run = console.start_plan(&ada, HOME, both, &page.digest).await.unwrap();
    world.carry_out("test", run, |_| TaskOutcome::Done).await;
    assert_eq!(
        (world.cell("desk", "test").await, world.cell("till", "test").await),
        ("-".into(), "0.1.0".into())
    );

    // It is shown where people look.
    let shown = place(&world, &ada, "test").await.block.unwrap();
    assert_eq!(
        (shown.reason.as_str(), shown.by.as_str(), shown.sentence.as_str()),
        ("No licence yet", "Ada Lovelace", SENTENCE)
    );
    let matrix = console.matrix(&ada, HOME, &MatrixQuery::default()).await.unwrap();
    let row = matrix.rows.rows.iter().find(|row| row.application.key == "desk").unwrap();
    assert!(
        matches!(&row.cells[1], MatrixCell::Blocked(block) if block.sentence == SENTENCE),
        "{:?}",
        row.cells
    );
    assert_eq!(row.cells[2], MatrixCell::Absent);

    console.unblock_application(&ada, HOME, "test", "desk").await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!((page.start.clone(), page.digest), (Ok(()), before.digest.clone()), "as it was before");
    let run = console.start_plan(&ada, HOME, plan, &before.digest).await.unwrap();
    world.carry_out("test", run, |_| TaskOutcome::Done).await;
    assert_eq!(world.cell("desk", "test").await, "1.0.0");
    assert_eq!(
        (world.count("application.block", "done").await, world.count("application.unblock", "done").await),
        (1, 1)
    );
}

#[tokio::test]
async fn r14_what_depends_on_it_does_not_pass() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    world.publish("desk", Some("1.0.0"), &consumes("theme", "Skin", "1"), "b").await;
    console.block_application(&ada, HOME, "test", "theme", "No licence yet").await.unwrap();
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!(page.findings[0].kind, "Producer Module Missing");
    let ways: Vec<_> = page.findings[0].ways_out.iter().map(|way| way.words.as_str()).collect();
    assert_eq!(ways, ["Leave App desk as it is"], "what is blocked is not offered to be brought along");
    assert!(page.errors.is_some(), "only by going on with errors (R14)");
    let rita = world.user("rita").await;
    assert!(console.plan(&rita, HOME, plan).await.unwrap().start.is_err());
}

#[tokio::test]
async fn r14_nothing_is_published_where_it_is_blocked() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    let new = ApplicationInput {
        environment: "dev".into(),
        key: "desk".into(),
        name: "Port Desk".into(),
        kind: "web".into(),
        ..ApplicationInput::default()
    };
    console.create_application(&ada, HOME, &new).await.unwrap();
    console.block_application(&ada, HOME, "dev", "desk", "Wait for the audit.").await.unwrap();
    let file = world.package("desk", None, "", "a");
    let sentence = refused(console.publish(&ada, HOME, "dev", &file).await);
    assert_eq!(
        sentence,
        "Port Desk is blocked from Development: Wait for the audit. Ada Lovelace blocked it on 14 Nov 2023 (R14)."
    );
    console.unblock_application(&ada, HOME, "dev", "desk").await.unwrap();
    world.publish("desk", None, "", "a").await;
    let page = console.application(&ada, HOME, "desk", &PageQuery::default()).await.unwrap();
    assert_eq!(page.application.name, "Port Desk", "a manifest that says “App desk” renames nothing");
}

#[tokio::test]
async fn r14_what_stands_against_a_block_is_said() {
    let world = World::new().await;
    let (console, ada, ron) = (&world.console, world.user("ada").await, world.user("ron").await);
    world.publish("desk", Some("1.0.0"), "", "a").await;
    let there = refused(console.block_application(&ada, HOME, "dev", "desk", "Why").await);
    assert_eq!(there, "App desk is in Development, so it cannot be blocked from there: take it out first.");
    assert_eq!(place(&world, &ada, "dev").await.may_block, None);
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    console.start_plan(&ada, HOME, plan, &page.digest).await.unwrap();
    let coming = refused(console.block_application(&ada, HOME, "test", "desk", "Why").await);
    assert_eq!(
        coming,
        "A deployment brings App desk into Test just now; it cannot be blocked before that has ended."
    );
    assert!(place(&world, &ada, "test").await.may_block.unwrap().is_err());
    for reason in ["", "two\nlines", &"x".repeat(301)] {
        let sentence = refused(console.block_application(&ada, HOME, "prod", "desk", reason).await);
        assert!(sentence.starts_with("A reason has 1 to 300 characters"), "{sentence}");
    }
    let may_not = denied(console.block_application(&ron, HOME, "prod", "desk", "Why").await);
    assert!(may_not.starts_with("You cannot block App desk from Production."), "{may_not}");
    let none = refused(console.unblock_application(&ada, HOME, "prod", "desk").await);
    assert_eq!(none, "App desk is not blocked from Production.");
    console.block_application(&ada, HOME, "prod", "desk", "Why").await.unwrap();
    later(&world, 86_400_000_000);
    let twice = refused(console.block_application(&ada, HOME, "prod", "desk", "Again").await);
    assert_eq!(
        twice,
        "App desk is blocked from Production: Why. Ada Lovelace blocked it on 14 Nov 2023 (R14)."
    );
    let nowhere = console.block_application(&ada, HOME, "moon", "desk", "Why").await;
    assert!(matches!(nowhere, Err(OperationError::NotFound { .. })));
    assert_eq!(world.count("application.block", "denied").await, 1);
}
