//! Applications: created, renamed, retired and brought back.

use crate::common::{HOME, World, consumes, denied, make_role, produces, refused, role_input, user_of};
use domain::access::{Right, Rights};
use domain::protocol::TaskOutcome;
use operations::{ApplicationInput, Caller, MatrixQuery, OperationError, PageQuery, TeamQuery};

fn new(key: &str) -> ApplicationInput {
    ApplicationInput {
        environment: "dev".into(),
        key: key.into(),
        name: if key == "desk" { "Port Desk".into() } else { format!("The {key}") },
        kind: "web".into(),
        description: " Where ships sign in. ".into(),
        ..ApplicationInput::default()
    }
}

async fn listed(world: &World, who: &Caller) -> Vec<String> {
    let matrix = world.console.matrix(who, HOME, &MatrixQuery::default()).await.unwrap();
    matrix.rows.rows.into_iter().map(|row| row.application.key).collect()
}

#[tokio::test]
async fn a21_an_application_is_created_without_a_package() {
    let world = World::new().await;
    let (console, ada, ron) = (&world.console, world.user("ada").await, world.user("ron").await);
    let pilots = console.create_team(&ada, HOME, "Pilots", "").await.unwrap();
    let input = ApplicationInput { team: Some(pilots), ..new("desk") };
    console.create_application(&ada, HOME, &input).await.unwrap();
    let page = console.application(&ada, HOME, "desk", &PageQuery::default()).await.unwrap();
    assert_eq!(
        (page.application.name.as_str(), page.description.as_str()),
        ("Port Desk", "Where ships sign in.")
    );
    assert!(page.modules.is_empty());
    let team = console.team(&ada, HOME, pilots, &TeamQuery::default()).await.unwrap();
    assert_eq!(team.applications.rows.len(), 1);
    assert_eq!(listed(&world, &ada).await, ["desk"]);

    let taken = refused(console.create_application(&ada, HOME, &new("desk")).await);
    assert_eq!(taken, "The key “desk” belongs to Port Desk; choose another one.");
    for (wrong, says) in [
        (ApplicationInput { kind: "game".into(), ..new("till") }, "web, service or library"),
        (ApplicationInput { name: " ".into(), ..new("till") }, "name"),
        (new("No Key"), "“No Key”"),
        (ApplicationInput { description: "x".repeat(501), ..new("till") }, "at most 500 characters"),
        (
            ApplicationInput { pipeline: Some("moon".into()), ..new("till") },
            "There is no pipeline “moon” here",
        ),
    ] {
        let sentence = refused(console.create_application(&ada, HOME, &wrong).await);
        assert!(sentence.contains(says), "{sentence}");
    }
    let may_not = denied(console.create_application(&ron, HOME, &new("till")).await);
    assert!(may_not.contains("Create Applications"), "{may_not}");
    let offers = console.application_creation(&ron, HOME).await.unwrap();
    assert!(offers.environments.iter().all(|(_, may)| may.is_err()));
    assert_eq!(listed(&world, &ada).await, ["desk"]);
    assert_eq!(world.count("application.create", "done").await, 1);
}

/// Matrix 4.2: the toggle of a role in a team counts for that team alone.
#[tokio::test]
async fn a_team_may_create_its_own_applications() {
    let world = World::new().await;
    let (console, ada, ron) = (&world.console, world.user("ada").await, world.user("ron").await);
    let mut wanted = role_input("Builder", [5, 2, 2], &[]);
    let rights = Rights::level(5).with(Rights::of(&[Right::CreateApplications]));
    wanted.environments.insert("dev".into(), rights);
    let builder = console.create_role(&world.local, HOME, &wanted).await.unwrap();
    let team = console.create_team(&ada, HOME, "Pilots", "").await.unwrap();
    let other = console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    console.put_member(&ada, HOME, team, user_of(&ron), builder).await.unwrap();
    denied(console.create_application(&ron, HOME, &new("desk")).await);
    denied(
        console.create_application(&ron, HOME, &ApplicationInput { team: Some(other), ..new("desk") }).await,
    );
    let offers = console.application_creation(&ron, HOME).await.unwrap();
    let open: Vec<_> =
        offers.environments.iter().filter(|(_, may)| may.is_ok()).map(|(at, _)| at.key.as_str()).collect();
    assert_eq!(open, ["dev"]);
    let input = ApplicationInput { team: Some(team), ..new("desk") };
    let given = console.create_application(&ron, HOME, &input).await;
    // R28: who reads only may not give a team's members more than he holds.
    assert!(denied(given).contains("Builder"));
    let dev = world.user("dev").await;
    console.put_member(&ada, HOME, team, user_of(&dev), builder).await.unwrap();
    let made = console.create_application(&dev, HOME, &input).await;
    assert!(made.is_ok(), "{made:?}");
}

#[tokio::test]
async fn a15_a_new_name_is_the_consoles_own() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", Some("1.0.0"), "", "a").await;
    let renamed = console.describe_application(&ada, HOME, "desk", "Port Desk", "Ships.").await.unwrap();
    assert_eq!(
        (renamed.before.as_str(), renamed.name.as_str(), renamed.old_name_stays.len()),
        ("App desk", "Port Desk", 3)
    );
    assert!(renamed.old_name_stays[0].contains("“App desk” inside"), "{renamed:?}");
    world.publish("desk", None, "", "b").await;
    let page = console.application(&ada, HOME, "desk", &PageQuery::default()).await.unwrap();
    assert_eq!((page.application.name.as_str(), page.description.as_str()), ("Port Desk", "Ships."));
    console.tag(&ada, HOME, "desk", "dev", "1.1.0", "").await.unwrap();
    assert_eq!(console.version(&ada, HOME, "desk", "1.1.0").await.unwrap().name_inside, "App desk");
    let same = console.describe_application(&ada, HOME, "desk", "Port Desk", "Ships.").await.unwrap();
    assert!(same.old_name_stays.is_empty());
    assert_eq!(world.count("application.describe", "done").await, 1, "the same name is no change");
    refused(console.describe_application(&ada, HOME, "desk", "", "").await);

    // Somebody of Development alone renames it as long as it runs there alone.
    let role = make_role(&world, "Local", [5, 2, 2], &[]).await;
    let ron = world.user("ron").await;
    console.set_default_role(&ada, HOME, user_of(&ron), role, "").await.unwrap();
    console.describe_application(&ron, HOME, "desk", "Harbour Desk", "Ships.").await.unwrap();
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let digest = console.plan(&ada, HOME, plan).await.unwrap().digest;
    let run = console.start_plan(&ada, HOME, plan, &digest).await.unwrap();
    world.carry_out("test", run, |_| TaskOutcome::Done).await;
    let refusal = denied(console.describe_application(&ron, HOME, "desk", "Mine", "").await);
    assert!(refusal.contains("rename or describe Harbour Desk") && refusal.contains("in Test"), "{refusal}");
    let page = console.application(&ron, HOME, "desk", &PageQuery::default()).await.unwrap();
    assert!(page.describe.is_err());
}

#[tokio::test]
async fn r15_a_name_belongs_to_one_application() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", None, "", "a").await;
    let taken = |name: &str| {
        format!(
            "Another application is called “{name}”, and no environment could have both (R15); choose another name."
        )
    };
    let named = |key: &str, name: &str| ApplicationInput { name: name.into(), ..new(key) };
    let error = console.create_application(&ada, HOME, &named("till", "APP desk")).await.unwrap_err();
    assert!(matches!(&error, OperationError::Invalid { fields } if fields[0].field == "name"), "{error:?}");
    assert_eq!(error.sentence(), taken("APP desk"));
    console.create_application(&ada, HOME, &named("till", "Till")).await.unwrap();
    let rename = async |key: &str, name: &str| console.describe_application(&ada, HOME, key, name, "").await;
    assert_eq!(refused(rename("till", "App Desk").await), taken("App Desk"));
    rename("desk", "APP DESK").await.unwrap();
    // A first package with a name that is taken makes no application; under the same key nothing is new.
    rename("till", "App yard").await.unwrap();
    let file = world.package("yard", None, "", "a");
    assert_eq!(refused(console.publish(&ada, HOME, "dev", &file).await), taken("App yard"));
    world.publish("desk", None, "", "b").await;
    // What is retired lets go of its name, and cannot come back beside who has it then.
    console.retire_application(&ada, HOME, "till", "No longer sold").await.unwrap();
    world.publish("yard", None, "", "a").await;
    let back = refused(console.bring_application_back(&ada, HOME, "till").await);
    assert!(back.contains("“App yard” by now"), "{back}");
    rename("yard", "The Yard").await.unwrap();
    console.bring_application_back(&ada, HOME, "till").await.unwrap();
}

#[tokio::test]
async fn what_nobody_uses_is_retired_and_comes_back() {
    retiring(World::new().await).await;
}

#[tokio::test]
async fn what_nobody_uses_is_retired_and_comes_back_on_postgresql() {
    retiring(World::on(storage::testing::postgres().await).await).await;
}

async fn retiring(world: World) {
    let (console, ada, ron) = (&world.console, world.user("ada").await, world.user("ron").await);
    world.publish("theme", Some("1.0.0"), &produces("Skin", "1"), "a").await;
    world.publish("desk", Some("1.0.0"), &consumes("theme", "Skin", "1"), "b").await;
    let usage = console.application_usage(&ada, HOME, "theme").await.unwrap();
    assert_eq!(usage.runs_in.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["dev"]);
    let who: Vec<_> = usage
        .consumers
        .iter()
        .flat_map(|at| &at.consumers)
        .map(|one| (one.key.as_str(), &one.elements[..]))
        .collect();
    assert_eq!(who, [("desk", &["Skin".to_owned()][..])]);
    let against: Vec<_> = usage.retire.unwrap_err().into_iter().map(|one| one.sentence).collect();
    assert_eq!(against, ["App theme runs in 1 environment.", "1 place uses what App theme offers."]);
    let refusal = refused(console.retire_application(&ada, HOME, "theme", "Old").await);
    assert!(
        refusal.starts_with("App theme runs in 1 environment. Take it out of each of them by a plan."),
        "{refusal}"
    );

    let input = ApplicationInput { name: "Old Chart".into(), ..new("chart") };
    console.create_application(&ada, HOME, &input).await.unwrap();
    denied(console.retire_application(&ron, HOME, "chart", "Old").await);
    refused(console.retire_application(&ada, HOME, "chart", "").await);
    assert_eq!(console.application_usage(&ada, HOME, "chart").await.unwrap().retire, Ok(()));
    console.retire_application(&ada, HOME, "chart", "Replaced by Tides").await.unwrap();
    assert_eq!(listed(&world, &ada).await, ["desk", "theme"]);
    assert_eq!(listed(&world, &ron).await, ["desk", "theme"]);
    let retired = console.retired_applications(&ron, HOME, &PageQuery::default()).await.unwrap();
    assert_eq!(retired.rows[0].application.key, "chart");
    assert_eq!(retired.rows[0].retired.reason, "Replaced by Tides");
    let page = console.application(&ada, HOME, "chart", &PageQuery::default()).await.unwrap();
    assert_eq!(page.retired.unwrap().by, "Ada Lovelace");

    let file = world.package("chart", None, "", "a");
    let published = refused(console.publish(&ada, HOME, "dev", &file).await);
    assert_eq!(
        published,
        "Old Chart is retired: Replaced by Tides. Ada Lovelace retired it on 14 Nov 2023; bring it back first."
    );
    let taken = refused(console.create_application(&ada, HOME, &new("chart")).await);
    assert_eq!(
        taken,
        "The key “chart” belongs to Old Chart, which is retired and keeps it; choose another one."
    );
    assert_eq!(
        refused(console.retire_application(&ada, HOME, "chart", "Twice").await),
        "Old Chart is retired already."
    );
    denied(console.bring_application_back(&ron, HOME, "chart").await);
    console.bring_application_back(&ada, HOME, "chart").await.unwrap();
    assert_eq!(
        refused(console.bring_application_back(&ada, HOME, "chart").await),
        "Old Chart is not retired."
    );
    assert_eq!(listed(&world, &ada).await, ["desk", "theme", "chart"], "by name again");
    world.publish("chart", None, "", "a").await;
    let missing = console.retire_application(&ada, HOME, "moon", "Old").await;
    assert!(matches!(missing, Err(OperationError::NotFound { .. })));
    assert_eq!(
        (
            world.count("application.retire", "done").await,
            world.count("application.bring_back", "done").await
        ),
        (1, 1)
    );
}
