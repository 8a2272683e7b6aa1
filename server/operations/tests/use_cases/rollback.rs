//! Going back: the verb on a finished deployment, what cannot go back and whom it would break, pins, lower versions.

use crate::common::{HOME, World, consumes, denied, make_role, produces, refused, role, user_of};
use domain::access::WideRight;
use domain::id::DeploymentId;
use domain::package::{SourceFile, build};
use domain::protocol::TaskOutcome;
use operations::view::WayBack;
use operations::{Caller, DeploymentAsk, PageQuery, RollBack, StartInput};

async fn promote(world: &World, who: &Caller, from: &str, to: &str, applications: &[&str]) -> DeploymentId {
    let chosen: Vec<String> = applications.iter().map(|one| (*one).to_owned()).collect();
    let plan = world.console.make_plan(who, HOME, from, to, &chosen).await.unwrap();
    let page = world.console.plan(who, HOME, plan).await.unwrap();
    assert_eq!(page.start, Ok(()), "{:?}", page.findings);
    let id = world.console.start_plan(who, HOME, plan, &page.digest).await.unwrap();
    let (status, _) = world.carry_out(to, id, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
    id
}

async fn asked(world: &World, who: &Caller, id: DeploymentId) -> Option<WayBack> {
    let ask = DeploymentAsk { way_back: true, ..DeploymentAsk::default() };
    world.console.deployment_with(who, HOME, id, &ask).await.unwrap().way_back
}

async fn way_back(world: &World, who: &Caller, id: DeploymentId) -> WayBack {
    asked(world, who, id).await.unwrap()
}

async fn roll_back(
    world: &World,
    who: &Caller,
    id: DeploymentId,
    way: &WayBack,
    reason: &str,
) -> operations::Result<DeploymentId> {
    let wanted = RollBack { digest: &way.digest, reason, conflicts: "" };
    world.console.roll_back(who, HOME, id, wanted).await
}

/// Theme and Desk 0.1.0 run in Test, then 0.2.0 of both.
async fn two_versions(world: &World) -> (Caller, DeploymentId) {
    let ada = world.user("ada").await;
    let mut last = None;
    for content in ["a", "b"] {
        world.publish("theme", None, &produces("Skin", "1"), content).await;
        world.publish("desk", None, &consumes("theme", "Skin", "1"), content).await;
        last = Some(promote(world, &ada, "dev", "test", &["theme", "desk"]).await);
    }
    (ada, last.unwrap())
}

#[tokio::test]
async fn one_verb_takes_a_deployment_back_and_pins_it() {
    taken_back(World::new().await).await;
}

#[tokio::test]
async fn one_verb_takes_a_deployment_back_and_pins_it_on_postgresql() {
    taken_back(World::on(storage::testing::postgres().await).await).await;
}

async fn taken_back(world: World) {
    let console = &world.console;
    let (ada, id) = two_versions(&world).await;
    assert_eq!(world.cell("desk", "test").await, "0.2.0");
    let way = way_back(&world, &ada, id).await;
    let told: Vec<_> = way
        .items
        .iter()
        .map(|one| (one.application.key.as_str(), one.to.as_deref(), one.stays.is_none()))
        .collect();
    assert_eq!(told, [("desk", Some("0.1.0"), true), ("theme", Some("0.1.0"), true)], "consumers first");
    assert_eq!((way.breaks.len(), &way.start), (0, &Ok(())));
    let ron = world.user("ron").await;
    assert!(way_back(&world, &ron, id).await.start.unwrap_err().sentence.contains("roll back"));
    denied(roll_back(&world, &ron, id, &way, "It hangs.").await);
    let empty = roll_back(&world, &ada, id, &way, " ").await.unwrap_err();
    assert!(matches!(&empty, operations::OperationError::Invalid { .. }), "{empty}");
    let other = WayBack { digest: "0".repeat(64), ..way.clone() };
    assert!(refused(roll_back(&world, &ada, id, &other, "It hangs.").await).contains("has changed since"));
    let run = roll_back(&world, &ada, id, &way, "It hangs.").await.unwrap();
    let (status, _) = world.carry_out("test", run, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
    assert_eq!(
        (world.cell("desk", "test").await, world.cell("theme", "test").await),
        ("0.1.0".into(), "0.1.0".into())
    );
    let page = console.deployment(&ada, HOME, run).await.unwrap();
    assert_eq!((page.row.kind.as_str(), page.related.unwrap().id), ("rollback", id));
    let first = console.deployment(&ada, HOME, id).await.unwrap();
    assert!(first.related.unwrap().takes_back);
    assert!(first.may_go_back && first.way_back.is_none(), "it is looked at where somebody asks");
    let stays = way_back(&world, &ada, id).await;
    assert!(stays.start.is_err() && stays.items.iter().all(|one| one.stays.is_some()), "{stays:?}");

    // The pin refuses every plan until somebody lifts it.
    let desk = console.application(&ada, HOME, "desk", &PageQuery::default()).await.unwrap();
    let pin = desk.environments[1].pin.clone().unwrap();
    assert_eq!(
        (pin.deployment, pin.reason.as_str(), pin.by.as_str()),
        (run, "rolled back from 0.2.0", "Ada Lovelace")
    );
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    let reasons = page.start.unwrap_err();
    assert!(reasons[0].sentence.contains("App desk is pinned in Test"), "{reasons:?}");
    let no = refused(console.start_plan(&ada, HOME, plan, &page.digest).await);
    assert!(no.contains("pinned"), "{no}");
    denied(console.lift_pin(&ron, HOME, "desk", "test").await);
    console.lift_pin(&ada, HOME, "desk", "test").await.unwrap();
    assert!(refused(console.lift_pin(&ada, HOME, "desk", "test").await).contains("is not pinned"));
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!(page.start, Ok(()));
    assert_eq!(world.count("deployment.roll_back", "done").await, 1);
    assert_eq!(world.count("application.lift_pin", "done").await, 1);
}

#[tokio::test]
async fn what_has_changed_since_stays_and_who_would_be_broken_is_said() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    promote(&world, &ada, "dev", "test", &["theme"]).await;
    world.publish("theme", None, &format!("{}{}", produces("Skin", "1"), produces("Page", "1")), "b").await;
    world.publish("yard", None, "", "a").await;
    let both = promote(&world, &ada, "dev", "test", &["theme", "yard"]).await;
    // Afterwards somebody begins to use what is new, and the yard moves on.
    world.publish("desk", None, &consumes("theme", "Page", "1"), "a").await;
    world.publish("yard", None, "", "b").await;
    promote(&world, &ada, "dev", "test", &["desk", "yard"]).await;

    let way = way_back(&world, &ada, both).await;
    let stays: Vec<_> =
        way.items.iter().map(|one| (one.application.key.as_str(), one.stays.clone())).collect();
    assert_eq!(
        stays,
        [("yard", Some("App yard has changed since: Test runs 0.2.0.".to_owned())), ("theme", None)]
    );
    assert_eq!(way.breaks.len(), 1);
    assert!(way.breaks[0].contains("App desk") && way.breaks[0].contains("Page"), "{:?}", way.breaks);
    let no = refused(roll_back(&world, &ada, both, &way, "It hangs.").await);
    assert!(no.contains("would break something") && no.contains("App desk"), "{no}");
    // Breaking somebody takes a right of its own.
    let plain = make_role(&world, "Plain", [5, 5, 5], &[]).await;
    let rita = world.user("rita").await;
    console.set_default_role(&world.local, HOME, crate::common::user_of(&rita), plain, "").await.unwrap();
    let accepted = RollBack { digest: &way.digest, reason: "It hangs.", conflicts: &way.conflicts };
    let sentence = denied(console.roll_back(&rita, HOME, both, accepted).await);
    assert!(sentence.contains("Continue with Errors"), "{sentence}");
    let run = console.roll_back(&ada, HOME, both, accepted).await.unwrap();
    world.carry_out("test", run, |_| TaskOutcome::Done).await;
    assert_eq!(
        (world.cell("theme", "test").await, world.cell("yard", "test").await),
        ("0.1.0".into(), "0.2.0".into())
    );
}

#[tokio::test]
async fn what_was_new_is_taken_out_and_what_was_not_finished_has_no_way_back() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.publish("desk", None, "", "a").await;
    let id = promote(&world, &ada, "dev", "test", &["desk"]).await;
    let way = way_back(&world, &ada, id).await;
    assert_eq!((way.items[0].now.as_deref(), way.items[0].to.as_deref()), (Some("0.1.0"), None));
    let run = roll_back(&world, &ada, id, &way, "Too early.").await.unwrap();
    assert_eq!(asked(&world, &ada, run).await, None, "it runs still");
    let early = refused(roll_back(&world, &ada, run, &way, "No.").await);
    assert!(early.contains("has not brought anything"), "{early}");
    world.carry_out("test", run, |_| TaskOutcome::Done).await;
    assert_eq!(world.cell("desk", "test").await, "-");
}

#[tokio::test]
async fn a_plan_says_its_way_back_beforehand() {
    let world = World::new().await;
    let (ada, _) = two_versions(&world).await;
    world.publish("theme", None, "", "c").await;
    world.publish("desk", None, "", "c").await;
    world.publish("yard", None, "", "a").await;
    let plan = world.console.make_plan(&ada, HOME, "dev", "test", &[]).await.unwrap();
    let (items, breaks) = world.console.plan(&ada, HOME, plan).await.unwrap().way_back;
    let told: Vec<_> = items
        .iter()
        .map(|one| (one.application.key.as_str(), one.now.as_deref(), one.to.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("yard", Some("0.1.0"), None),
            ("theme", Some("0.3.0"), Some("0.2.0")),
            ("desk", Some("0.3.0"), Some("0.2.0")),
        ]
    );
    assert_eq!(breaks, Vec::<String>::new());
}

#[tokio::test]
async fn r03_a_lower_version_takes_a_right_and_a_reason() {
    let world = World::new().await;
    let console = &world.console;
    let (ada, _) = two_versions(&world).await;
    promote(&world, &ada, "test", "prod", &["theme", "desk"]).await;
    // The lower version of the source, over the higher one.
    let plan = console.make_plan(&ada, HOME, "dev", "prod", &["desk".into()]).await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    let lower = page.items[0].options.iter().find(|each| each.words() == "Deploy 0.1.0").unwrap().code();
    console.edit_plan(&ada, HOME, plan, "desk", &lower).await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!(page.findings[0].kind, "Lower Version");
    let errors = page.errors.clone().unwrap();
    let start = |conflicts_reason: &str| StartInput {
        conflicts: errors.clone(),
        conflicts_reason: conflicts_reason.to_owned(),
        ..StartInput::now(&page.digest, "")
    };
    let no = refused(console.start_plan(&ada, HOME, plan, &page.digest).await);
    assert!(no.contains("1 conflict"), "never by accident: {no}");
    assert!(refused(console.start_plan_with(&ada, HOME, plan, &start(" ")).await).contains("Say why"));
    let strange = StartInput { conflicts: page.digest.clone(), ..start("It hangs.") };
    let other = refused(console.start_plan_with(&ada, HOME, plan, &strange).await);
    assert!(other.contains("not the conflicts that you accepted"), "{other}");
    // Continue with Errors alone is not enough, and the page says what is.
    let role = make_role(&world, "Bold", [5, 5, 5], &[WideRight::ContinueWithErrors]).await;
    let rita = world.user("rita").await;
    console.set_default_role(&world.local, HOME, crate::common::user_of(&rita), role, "").await.unwrap();
    let theirs = console.plan(&rita, HOME, plan).await.unwrap();
    assert_eq!(theirs.errors, None);
    assert!(theirs.start.unwrap_err()[0].lifted_by.contains("Deploy Lower Versions"));
    refused(console.start_plan_with(&rita, HOME, plan, &start("It hangs.")).await);
    let run = console.start_plan_with(&ada, HOME, plan, &start("It hangs.")).await.unwrap();
    let page = console.deployment(&ada, HOME, run).await.unwrap();
    assert!(page.lines[0].message.contains("in spite of its conflicts: It hangs."), "{:?}", page.lines);
    let review = page.review.unwrap();
    assert_eq!(review.overrides[0].what, "started it in spite of its conflicts");
    assert_eq!((review.closed, review.close.is_some()), (None, true), "somebody else has to look at it");
    world.carry_out("prod", run, |_| TaskOutcome::Done).await;
    assert_eq!(world.cell("desk", "prod").await, "0.1.0");
}

#[tokio::test]
async fn whom_it_would_break_is_not_named_to_who_may_not_see_them() {
    let world = World::new().await;
    let console = &world.console;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let visitor = make_role(&world, "Visitor", [1, 1, 1], &[]).await;
    console.set_default_role(&ada, HOME, user_of(&ron), visitor, "").await.unwrap();
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    promote(&world, &ada, "dev", "test", &["theme"]).await;
    world.publish("theme", None, &produces("Page", "1"), "b").await;
    let run = promote(&world, &ada, "dev", "test", &["theme"]).await;
    world.publish("vault", None, &consumes("theme", "Page", "1"), "a").await;
    promote(&world, &ada, "dev", "test", &["vault"]).await;
    let manager = role(&world, "Administrator").await;
    console.grant(&ada, HOME, user_of(&ron), "theme", manager).await.unwrap();

    let whole = way_back(&world, &ada, run).await;
    assert!(whole.breaks[0].contains("App vault in Test needs Page of App theme"), "{:?}", whole.breaks);
    let seen = way_back(&world, &ron, run).await;
    let told = &seen.breaks[0];
    assert!(
        told.ends_with(
            ": an application that you may not see in Test needs something of App theme, which would be gone."
        ),
        "{told}"
    );
    assert!(!format!("{seen:?}").contains("vault"), "{seen:?}");
    assert_eq!(seen.conflicts, whole.conflicts, "the digest is the same");
}

/// Publishes Desk with a database and these migrations into Development.
async fn publish_with(world: &World, migrations: &[&str]) {
    let manifest = "format = 1\n[application]\nkey = \"desk\"\nname = \"Desk\"\nkind = \"web\"\n[database]\n\
                    [[modules]]\nkey = \"desk\"\nname = \"Desk\"\nkind = \"static\"\nvirtual_directory = \"/desk\"\n";
    let file = |path: String| SourceFile { path, bytes: b"SELECT 1;".to_vec(), executable: false };
    let files = migrations.iter().map(|name| file(format!("database/{name}.sql")));
    let files = files.chain([file("modules/desk/index.html".to_owned())]);
    let bytes = build(manifest, files, std::io::Cursor::new(Vec::new())).unwrap().into_inner();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("desk.oap");
    std::fs::write(&path, bytes).unwrap();
    let done = world.console.publish(&world.local, HOME, "dev", &path).await.unwrap();
    world.carry_out("dev", done.deployment.unwrap(), |_| TaskOutcome::Done).await;
}

#[tokio::test]
async fn what_becomes_of_a_database_is_told_beforehand() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    // What the plan says of the database, and what of its way back.
    let planned = async || {
        let plan = world.console.make_plan(&ada, HOME, "dev", "test", &["desk".to_owned()]).await.unwrap();
        let page = world.console.plan(&ada, HOME, plan).await.unwrap();
        world.console.discard_plan(&ada, HOME, plan).await.unwrap();
        let told = (page.items[0].database.clone(), page.way_back.0[0].database.clone());
        (told.0.unwrap_or_default(), told.1.unwrap_or_default())
    };
    publish_with(&world, &["0001_first"]).await;
    let run = "Migrations run once, before the first activation: 0001 first.".to_owned();
    assert_eq!(planned().await, (run, "Its database stays as it is.".to_owned()));
    promote(&world, &ada, "dev", "test", &["desk"]).await;
    publish_with(&world, &["0001_first", "0002_length"]).await;
    let (run, left) = (
        "Migrations run once, before the first activation: 0002 length.".to_owned(),
        "Left behind in its database: 0002 length.".to_owned(),
    );
    assert_eq!(planned().await, (run, left.clone()));
    let brought = promote(&world, &ada, "dev", "test", &["desk"]).await;
    let way = way_back(&world, &ada, brought).await;
    assert_eq!(way.items[0].database, Some(left));
    let versions =
        world.console.compare_versions(&ada, HOME, "desk", Some("0.1.0"), Some("0.2.0")).await.unwrap();
    let told: Vec<_> = versions.differs.migrations.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(told, ["0002 length"]);
}
