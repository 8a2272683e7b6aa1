//! The ways out of each conflict type: what is offered ends the conflict, by one click.

use crate::common::{HOME, World, consumes, make_role, produces, refused, role, user_of};
use domain::id::PlanId;
use domain::package::{SourceFile, build};
use domain::protocol::{ServerStatus, TaskOutcome};
use operations::view::{Check, Finding, PlanPage};
use operations::{Caller, Filling};
use std::io::Cursor;

async fn plan(world: &World, who: &Caller, applications: &[&str]) -> PlanId {
    let chosen: Vec<String> = applications.iter().map(|one| (*one).to_owned()).collect();
    world.console.make_plan(who, HOME, "dev", "test", &chosen).await.unwrap()
}

async fn page(world: &World, who: &Caller, plan: PlanId) -> PlanPage {
    world.console.plan(who, HOME, plan).await.unwrap()
}

async fn carry_out(world: &World, who: &Caller, plan: PlanId) {
    let page = page(world, who, plan).await;
    let id = world.console.start_plan(who, HOME, plan, &page.digest).await.unwrap();
    let (status, _) = world.carry_out(&page.target.key, id, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
}

fn ways(finding: &Finding) -> Vec<&str> {
    finding.ways_out.iter().map(|way| way.words.as_str()).collect()
}

/// Takes each way out of the only finding, in a plan of its own that is made alike: afterwards there is none.
async fn each_ends_it(world: &World, who: &Caller, make: impl AsyncFn() -> PlanId) -> Vec<String> {
    let first = page(world, who, make().await).await;
    let [finding] = first.findings.as_slice() else { panic!("{:?}", first.findings) };
    for way in &finding.ways_out {
        let plan = make().await;
        let (key, operation) = (&way.application.key, way.operation.code());
        world.console.edit_plan(who, HOME, plan, key, &operation).await.unwrap();
        let after = page(world, who, plan).await;
        assert!(
            after.findings.iter().all(|one| one.kind != finding.kind),
            "{}: {:?}",
            way.words,
            after.findings
        );
        assert!(after.findings.iter().all(|one| !one.is_error), "{}: {:?}", way.words, after.findings);
    }
    ways(finding).into_iter().map(ToOwned::to_owned).collect()
}

/// Publishes a package of several modules, each with its virtual directory and more of its manifest.
pub async fn publish(world: &World, key: &str, head: &str, modules: &[(&str, &str, &str)], content: &str) {
    let module = |(module, directory, extra): &(&str, &str, &str)| {
        format!(
            "[[modules]]\nkey = \"{module}\"\nname = \"Module\"\nkind = \"static\"\nvirtual_directory = \"{directory}\"\n{extra}"
        )
    };
    let all: String = modules.iter().map(module).collect();
    let manifest = format!(
        "format = 1\n[application]\nkey = \"{key}\"\nname = \"App {key}\"\nkind = \"web\"\n{head}{all}"
    );
    let files = modules.iter().map(|(module, ..)| SourceFile {
        path: format!("modules/{module}/index.html"),
        bytes: content.as_bytes().to_vec(),
        executable: false,
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("package.oap");
    std::fs::write(&file, build(&manifest, files, Cursor::new(Vec::new())).unwrap().into_inner()).unwrap();
    let done = world.console.publish(&world.local, HOME, "dev", &file).await.unwrap();
    world.carry_out("dev", done.deployment.unwrap(), |_| TaskOutcome::Done).await;
}

#[tokio::test]
async fn producer_missing_the_producer_stays() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    world.publish("desk", None, &consumes("theme", "Skin", "1"), "a").await;
    carry_out(&world, &ada, plan(&world, &ada, &["theme", "desk"]).await).await;
    let make = async || {
        let ours = plan(&world, &ada, &["theme"]).await;
        console.edit_plan(&ada, HOME, ours, "theme", "undeploy").await.unwrap();
        ours
    };
    let ours = page(&world, &ada, make().await).await;
    let finding = &ours.findings[0];
    assert_eq!((finding.kind, finding.application.key.as_str()), ("Producer Module Missing", "desk"));
    assert_eq!(ours.items[0].check, Check::Conflict, "it is said at the line that does it");
    assert_eq!(each_ends_it(&world, &ada, make).await, ["Leave App theme as it is"]);
}

#[tokio::test]
async fn element_missing_the_consumer_follows_or_the_producer_stays() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    world.publish("desk", None, &consumes("theme", "Skin", "1"), "a").await;
    carry_out(&world, &ada, plan(&world, &ada, &["theme", "desk"]).await).await;
    world.publish("theme", None, &produces("Page", "1"), "b").await;
    let make = async || plan(&world, &ada, &["theme"]).await;
    // The source has the same desk, and no older one is offered.
    assert_eq!(each_ends_it(&world, &ada, make).await, ["Leave App theme as it is"]);
    world.publish("desk", None, &consumes("theme", "Page", "1"), "b").await;
    assert_eq!(
        each_ends_it(&world, &ada, make).await,
        ["Tag App desk 0.2.0 and bring it along", "Leave App theme as it is"]
    );
    // The finding says it in fields too.
    let ours = page(&world, &ada, make().await).await;
    let finding = &ours.findings[0];
    let label = |number: Option<domain::text::VersionNumber>| number.map(|one| one.to_string());
    assert_eq!((finding.kind, finding.application.key.as_str()), ("Producer Element Missing", "desk"));
    assert_eq!(label(finding.version).as_deref(), Some("0.1.0"));
    let producer = finding.producer.as_ref().map(|one| one.key.as_str());
    assert_eq!((producer, label(finding.producer_version).as_deref()), (Some("theme"), Some("0.2.0")));
    let [element] = finding.elements.as_slice() else { panic!("{:?}", finding.elements) };
    assert_eq!(
        (element.by.as_str(), element.module.as_str(), element.element.as_str()),
        ("desk", "theme", "Skin")
    );
    assert_eq!((element.wanted.as_str(), element.found.as_deref()), ("1", None));
}

#[tokio::test]
async fn element_incompatible_no_way_out_is_the_lines_own() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    // The desk is ahead of its producer: what the plan brings of it already is no way out.
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    world.publish("desk", None, &consumes("theme", "Skin", "2"), "a").await;
    let both = async || plan(&world, &ada, &["theme", "desk"]).await;
    assert_eq!(each_ends_it(&world, &ada, both).await, ["Leave App desk as it is"]);
    // An older one of it is in the plan, and the source has what is wanted.
    console.tag(&ada, HOME, "theme", "dev", "0.1.0", "").await.unwrap();
    world.publish("theme", None, &produces("Skin", "2"), "b").await;
    let make = async || {
        let ours = plan(&world, &ada, &["theme", "desk"]).await;
        let options =
            page(&world, &ada, ours).await.items.into_iter().find(|item| item.application.key == "theme");
        let old = options.unwrap().options.into_iter().find(|one| one.words() == "Deploy 0.1.0").unwrap();
        console.edit_plan(&ada, HOME, ours, "theme", &old.code()).await.unwrap();
        ours
    };
    assert_eq!(page(&world, &ada, make().await).await.findings[0].kind, "Producer Element Incompatible");
    assert_eq!(
        each_ends_it(&world, &ada, make).await,
        ["Tag App theme 0.2.0 and deploy that instead", "Leave App desk as it is"]
    );
}

#[tokio::test]
async fn producer_moved_the_consumer_follows_or_what_moves_stays() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    publish(&world, "theme", "", &[("theme", "/theme", &produces("Skin", "1"))], "a").await;
    world.publish("desk", None, &consumes("theme", "Skin", "1"), "a").await;
    carry_out(&world, &ada, plan(&world, &ada, &["theme", "desk"]).await).await;
    publish(&world, "looks", "", &[("theme", "/skins", &produces("Skin", "1"))], "a").await;
    let moved = "[[modules.consumes]]\napplication = \"looks\"\nmodule = \"theme\"\nelement = \"Skin\"\nsignature = \"1\"\n";
    let make = async || {
        let ours = plan(&world, &ada, &["looks", "theme"]).await;
        console.edit_plan(&ada, HOME, ours, "theme", "undeploy").await.unwrap();
        ours
    };
    assert_eq!(page(&world, &ada, make().await).await.findings[0].kind, "Producer Module Moved");
    assert_eq!(each_ends_it(&world, &ada, make).await, ["Leave App theme as it is"]);
    world.publish("desk", None, moved, "b").await;
    assert_eq!(
        each_ends_it(&world, &ada, make).await,
        ["Tag App desk 0.2.0 and bring it along", "Leave App theme as it is"]
    );
}

#[tokio::test]
async fn consumer_moved_the_one_that_had_it_follows() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let berths = ("berths", "/berths", "");
    publish(&world, "desk", "", &[("desk", "/desk", ""), berths], "a").await;
    carry_out(&world, &ada, plan(&world, &ada, &["desk"]).await).await;
    publish(&world, "desk", "", &[("desk", "/desk", "")], "b").await;
    publish(&world, "quay", "", &[("quay", "/quay", ""), ("berths", "/quay-berths", "")], "a").await;
    let make = async || plan(&world, &ada, &["quay"]).await;
    let finding = page(&world, &ada, make().await).await.findings.remove(0);
    assert_eq!((finding.kind, finding.is_error), ("Consumer Module Moved", false));
    assert_eq!(each_ends_it(&world, &ada, make).await, ["Tag App desk 0.2.0 and bring it along"]);
}

#[tokio::test]
async fn name_collision_is_said_at_the_line_that_brings_it() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    publish(&world, "till", "", &[("till", "/shop", "")], "a").await;
    carry_out(&world, &ada, plan(&world, &ada, &["till"]).await).await;
    // By its key it comes before the one that is there.
    publish(&world, "bar", "", &[("bar", "/shop", "")], "a").await;
    let make = async || plan(&world, &ada, &["bar"]).await;
    let ours = page(&world, &ada, make().await).await;
    let finding = &ours.findings[0];
    assert_eq!((finding.kind, finding.application.key.as_str()), ("Name Collision", "bar"));
    assert_eq!(ours.items[0].check, Check::Conflict);
    assert_eq!(each_ends_it(&world, &ada, make).await, ["Leave App bar as it is"]);
}

#[tokio::test]
async fn lower_version_the_source_has_a_higher_one() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    for content in ["a", "b"] {
        world.publish("desk", None, "", content).await;
        carry_out(&world, &ada, plan(&world, &ada, &["desk"]).await).await;
    }
    world.publish("desk", None, "", "c").await;
    let make = async || {
        let ours = plan(&world, &ada, &["desk"]).await;
        let options = page(&world, &ada, ours).await.items.remove(0).options;
        let old = options.into_iter().find(|one| one.words() == "Deploy 0.1.0").unwrap();
        console.edit_plan(&ada, HOME, ours, "desk", &old.code()).await.unwrap();
        ours
    };
    assert_eq!(page(&world, &ada, make().await).await.findings[0].kind, "Lower Version");
    assert_eq!(
        each_ends_it(&world, &ada, make).await,
        ["Tag App desk 0.3.0 and deploy that instead", "Leave App desk as it is"]
    );
}

#[tokio::test]
async fn newer_producer_comes_along() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    carry_out(&world, &ada, plan(&world, &ada, &["theme"]).await).await;
    world.publish("theme", None, &produces("Skin", "1"), "b").await;
    world.console.tag(&ada, HOME, "theme", "dev", "0.2.0", "").await.unwrap();
    world.publish("desk", None, &consumes("theme", "Skin", "1"), "a").await;
    let make = async || plan(&world, &ada, &["desk"]).await;
    assert_eq!(page(&world, &ada, make().await).await.findings[0].kind, "Newer Producer Module Available");
    assert_eq!(each_ends_it(&world, &ada, make).await, ["Bring App theme 0.2.0 along"]);
}

#[tokio::test]
async fn incompatible_platform_server_a_version_that_runs_there_or_none() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    publish(&world, "desk", "", &[("desk", "/desk", "")], "a").await;
    console.tag(&ada, HOME, "desk", "dev", "0.1.0", "").await.unwrap();
    publish(&world, "desk", "platform = \"9.0\"\n", &[("desk", "/desk", "")], "b").await;
    let status = ServerStatus { version: "1.1.0".into(), ..world.status("test", 0) };
    world.says("test", vec![status], vec![]).await;
    let make = async || plan(&world, &ada, &["desk"]).await;
    assert_eq!(page(&world, &ada, make().await).await.findings[0].kind, "Incompatible Platform Server");
    assert_eq!(
        each_ends_it(&world, &ada, make).await,
        ["Deploy App desk 0.1.0 instead", "Leave App desk as it is"]
    );
}

#[tokio::test]
async fn outdated_consumers_are_redeployed_one_by_one_or_all_at_once() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    for consumer in ["desk", "yard"] {
        world.publish(consumer, None, &consumes("theme", "Skin", "1"), "a").await;
    }
    carry_out(&world, &ada, plan(&world, &ada, &["theme", "desk", "yard"]).await).await;
    world.publish("theme", None, &format!("{}{}", produces("Skin", "1"), produces("Page", "1")), "b").await;
    let ours = plan(&world, &ada, &["theme"]).await;
    let before = page(&world, &ada, ours).await;
    let offered: Vec<_> = before.findings.iter().flat_map(ways).collect();
    assert_eq!(offered, ["Redeploy App desk", "Redeploy App yard"]);
    console.fill_plan(&ada, HOME, ours, Filling::Outdated).await.unwrap();
    let after = page(&world, &ada, ours).await;
    let lines: Vec<_> =
        after.items.iter().map(|item| (item.application.key.as_str(), item.operation.words())).collect();
    let redeploy = || "Redeploy".to_owned();
    assert_eq!(
        lines,
        [("theme", "Tag 0.2.0 and deploy".to_owned()), ("desk", redeploy()), ("yard", redeploy())]
    );
    assert_eq!((after.findings, after.start), (vec![], Ok(())));
    let nothing = refused(console.fill_plan(&ada, HOME, ours, Filling::Outdated).await);
    assert_eq!(nothing, "There is no outdated consumer to redeploy that you may plan.");
}

#[tokio::test]
async fn an_outdated_consumer_that_only_the_target_has_is_offered_to_who_may_plan_it() {
    let world = World::new().await;
    let (console, ada, ron) = (&world.console, world.user("ada").await, world.user("ron").await);
    world.publish("theme", None, &produces("Skin", "1"), "a").await;
    world.publish("desk", None, &consumes("theme", "Skin", "1"), "a").await;
    carry_out(&world, &ada, plan(&world, &ada, &["theme", "desk"]).await).await;
    let out = console.make_plan(&ada, HOME, "test", "dev", &["theme".into()]).await.unwrap();
    console.edit_plan(&ada, HOME, out, "theme", "nothing").await.unwrap();
    console.edit_plan(&ada, HOME, out, "desk", "undeploy").await.unwrap();
    carry_out(&world, &ada, out).await;
    world.publish("theme", None, &format!("{}{}", produces("Skin", "1"), produces("Page", "1")), "b").await;
    // Ron may list everything, and plan the theme alone.
    let visitor = make_role(&world, "Visitor", [2, 2, 2], &[]).await;
    console.set_default_role(&ada, HOME, user_of(&ron), visitor, "").await.unwrap();
    let administrator = role(&world, "Administrator").await;
    console.grant(&ada, HOME, user_of(&ron), "theme", administrator).await.unwrap();
    for (who, offered) in [(&ada, vec!["Redeploy App desk"]), (&ron, vec![])] {
        let found = page(&world, who, plan(&world, who, &["theme"]).await).await.findings;
        assert_eq!(found[0].application.key, "desk");
        assert_eq!(found.iter().flat_map(ways).collect::<Vec<_>>(), offered);
    }
    // Somebody who may not even list it where the plan comes from sees their own plan all the same.
    let guest = make_role(&world, "Guest", [1, 2, 2], &[]).await;
    console.set_default_role(&ada, HOME, user_of(&ron), guest, "").await.unwrap();
    let ours = page(&world, &ron, plan(&world, &ron, &["theme"]).await).await;
    assert_eq!((ours.findings.iter().flat_map(ways).count(), ours.start), (0, Ok(())));
}

/// B07: an existing version that is not what the source runs is marked.
#[tokio::test]
async fn a_version_that_the_source_does_not_run_says_so() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", None, "", "a").await;
    console.tag(&ada, HOME, "desk", "dev", "0.1.0", "").await.unwrap();
    let ours = plan(&world, &ada, &["desk"]).await;
    assert_eq!(page(&world, &ada, ours).await.items[0].source_runs, None, "that is what runs there");
    world.publish("desk", None, "", "b").await;
    let item = &page(&world, &ada, ours).await.items[0];
    assert_eq!(
        (item.operation.words(), item.source_runs.as_deref()),
        ("Deploy 0.1.0".into(), Some("0.1.0+"))
    );
    let new = item.options.iter().find(|one| one.words().starts_with("Tag")).unwrap().code();
    console.edit_plan(&ada, HOME, ours, "desk", &new).await.unwrap();
    assert_eq!(page(&world, &ada, ours).await.items[0].source_runs, None);
}
