//! Changing an environment and its front-ends one by one.

use crate::common::{HOME, World, anonymous, enrolment};
use domain::architecture::words::Topology;
use domain::environment::Purpose;
use operations::{EnvironmentInput, NewEnvironment, OperationError, PipelineInput, ServerInput};

fn input(name: &str, purpose: &str, topology: &str, after: Option<&str>) -> EnvironmentInput {
    EnvironmentInput {
        name: name.to_owned(),
        purpose: purpose.to_owned(),
        topology: topology.to_owned(),
        address: String::new(),
        after: after.map(ToOwned::to_owned),
        ..EnvironmentInput::default()
    }
}

fn server(name: &str) -> ServerInput {
    ServerInput { name: name.to_owned(), ..ServerInput::default() }
}

fn fields<T: std::fmt::Debug>(result: operations::Result<T>) -> Vec<(&'static str, String)> {
    match result.unwrap_err() {
        OperationError::Invalid { fields } => {
            fields.into_iter().map(|each| (each.field, each.sentence)).collect()
        }
        other => panic!("not about fields: {other}"),
    }
}

async fn order(world: &World) -> Vec<String> {
    let cards = world.console.environments(&world.local, HOME).await.unwrap();
    cards.into_iter().map(|card| card.environment.key).collect()
}

#[tokio::test]
async fn what_is_recorded_is_shown_and_not_guessed_from_the_number_of_front_ends() {
    let world = World::new().await;
    let shown = async || {
        let cards = world.console.environments(&world.local, HOME).await.unwrap();
        let card = cards.into_iter().find(|card| card.environment.key == "test").unwrap();
        let page = world.console.environment(&world.local, HOME, "test").await.unwrap();
        assert_eq!(page.card, card, "the page says what the list says");
        (card.servers.len(), card.topology, card.address, card.two_stage)
    };
    assert_eq!(shown().await, (1, Topology::Standalone, None, false));
    let farm = EnvironmentInput {
        address: "https://test.example".into(),
        two_stage: Some(true),
        ..input("Test", "test", "farm", None)
    };
    world.console.change_environment(&world.local, HOME, "test", &farm).await.unwrap();
    assert_eq!(shown().await, (1, Topology::Farm, Some("https://test.example".to_owned()), true));
}

#[tokio::test]
async fn an_environment_is_changed_and_moved() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let (console, change) = (&world.console, input("Rehearsal", "acceptance", "farm", Some("")));
    let change = EnvironmentInput { address: "https://rehearsal.example".into(), ..change };
    let mut dry = ada.clone();
    dry.limits.dry_run = true;
    console.change_environment(&dry, HOME, "test", &change).await.unwrap();
    assert_eq!(console.environment_settings(&ada, HOME, "test").await.unwrap().name, "Test", "only tried");

    console.change_environment(&ada, HOME, "test", &change).await.unwrap();
    let seen = console.environment_settings(&ada, HOME, "test").await.unwrap();
    assert_eq!((seen.name.as_str(), seen.purpose), ("Rehearsal", Purpose::Acceptance));
    assert_eq!((seen.topology, seen.address.as_deref()), (Topology::Farm, Some("https://rehearsal.example")));
    assert_eq!((seen.after, seen.order.len()), (None, 2));
    assert_eq!(order(&world).await, ["test", "dev", "prod"]);
    console.change_environment(&ada, HOME, "test", &change).await.unwrap();
    assert_eq!(world.count("environment.change", "done").await, 1, "what changes nothing has no entry");

    let back = input("Test", "test", "standalone", Some("dev"));
    console.change_environment(&ada, HOME, "test", &back).await.unwrap();
    assert_eq!(order(&world).await, ["dev", "test", "prod"]);
    let stays = input("Testing", "test", "standalone", None);
    console.change_environment(&ada, HOME, "test", &stays).await.unwrap();
    assert_eq!(order(&world).await, ["dev", "test", "prod"]);

    let rita = world.user("rita").await;
    let denied = console.change_environment(&rita, HOME, "test", &back).await;
    assert!(matches!(denied, Err(OperationError::Denied { .. })));
    let denied = console.environment_settings(&rita, HOME, "test").await;
    assert!(matches!(denied, Err(OperationError::Denied { .. })));
    let gone = console.change_environment(&ada, HOME, "moon", &back).await;
    assert!(matches!(gone, Err(OperationError::NotFound { .. })));
}

#[tokio::test]
async fn what_is_wrong_with_an_environment_is_said_at_each_field() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let console = &world.console;
    let wrong = input("PRODUCTION", "play", "tower", Some("moon"));
    let wrong = EnvironmentInput { address: "dev".into(), ..wrong };
    let said = fields(console.change_environment(&ada, HOME, "dev", &wrong).await);
    let names: Vec<_> = said.iter().map(|(field, _)| *field).collect();
    assert_eq!(names, ["purpose", "topology", "address", "name", "after"], "{said:?}");
    let alone = input("Production", "production", "standalone", None);
    let said = fields(console.change_environment(&ada, HOME, "prod", &alone).await);
    assert_eq!(
        said,
        [(
            "topology",
            "A standalone environment has one front-end, and Production has 2; take the others out first."
                .to_owned()
        )]
    );
    let itself = input("Development", "development", "standalone", Some("dev"));
    assert_eq!(fields(console.change_environment(&ada, HOME, "dev", &itself).await)[0].0, "after");

    // A pipeline never goes back, also not because an environment moves.
    let stages = ["dev", "test", "prod"].map(str::to_owned).to_vec();
    let main = PipelineInput { name: "Main".into(), purposes: vec![], stages };
    console.create_pipeline(&ada, HOME, "main", &main).await.unwrap();
    let last = input("Development", "development", "standalone", Some("prod"));
    let (field, sentence) = fields(console.change_environment(&ada, HOME, "dev", &last).await).remove(0);
    assert!(field == "after" && sentence.contains("The pipeline “Main” goes from"), "{field}: {sentence}");
    let management = input("Test", "management", "standalone", None);
    let said = fields(console.change_environment(&ada, HOME, "test", &management).await);
    assert_eq!(said[0].0, "purpose", "{said:?}");

    // What was used is what it was.
    world.publish("desk", Some("1.0.0"), "", "a").await;
    let other = input("Development", "test", "standalone", None);
    let said = fields(console.change_environment(&ada, HOME, "dev", &other).await);
    assert_eq!(said[0].0, "purpose");
    assert!(said[0].1.contains("(R41)"), "{}", said[0].1);
    assert_eq!(order(&world).await, ["dev", "test", "prod"]);
    assert_eq!(world.count("environment.change", "done").await, 0);
    assert_eq!(world.count("environment.change", "failed").await, 6);
}

#[tokio::test]
async fn a_front_end_is_added_changed_and_taken_out() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let console = &world.console;
    let alone = fields(console.add_server(&ada, HOME, "test", "", &server("Test 2")).await);
    assert_eq!(
        alone,
        [(
            "name",
            "Test is standalone and has its one front-end; make the environment a farm first.".to_owned()
        )]
    );
    console.change_environment(&ada, HOME, "test", &input("Test", "test", "farm", None)).await.unwrap();
    let wrong = ServerInput {
        name: "TEST-1".into(),
        host: "a b".into(),
        data_center: "moon".into(),
        zones: Some(vec!["default".into(), "moon".into()]),
        cores: Some("0".into()),
        memory_gib: Some("much".into()),
        version: Some("eleven".into()),
        system: Some("x".repeat(81)),
        services: Some(vec!["deployment".into(), "deployment_controller".into(), "tea".into()]),
    };
    let said = fields(console.add_server(&ada, HOME, "test", "", &wrong).await);
    let names: Vec<_> = said.iter().map(|(field, _)| *field).collect();
    let all = [
        "name",
        "host",
        "data_center",
        "zones",
        "cores",
        "memory_gib",
        "version",
        "system",
        "services",
        "services",
        "key",
    ];
    assert_eq!(names, all, "{said:?}");
    assert!(said[8].1.starts_with("A service is one of "), "{said:?}");
    assert_eq!(
        said[9].1,
        "Test has its one deployment controller (R37); take out the service deployment_controller."
    );

    let wanted = ServerInput { host: "test-2.example".into(), ..server("Test 2") };
    let mut dry = ada.clone();
    dry.limits.dry_run = true;
    console.add_server(&dry, HOME, "test", "", &wanted).await.unwrap();
    let added = console.add_server(&ada, HOME, "test", "", &wanted).await.unwrap();
    assert_eq!((added.key.as_str(), added.name.as_str()), ("test-2", "Test 2"));
    let seen = console.environment_settings(&ada, HOME, "test").await.unwrap();
    let new = seen.front_ends.iter().find(|each| each.key == "test-2").unwrap();
    assert_eq!((new.host.as_deref(), new.is_controller), (Some("test-2.example"), false));
    assert_eq!((&new.zones, new.leave.is_ok()), (&vec!["default".to_owned()], true));
    assert_eq!(
        (&new.version, new.services.join(" ")),
        (&None, "deployment server_api server_identity".to_owned())
    );
    let first = seen.front_ends.iter().find(|each| each.key == "test-1").unwrap();
    assert!(first.is_controller && first.leave.is_err());
    let bare = ServerInput { services: Some(vec!["deployment".into()]), ..server("Test 1") };
    let said = fields(console.change_server(&ada, HOME, "test", "test-1", &bare).await);
    let stays = "It is the deployment controller of Test; leave it the service deployment_controller.";
    assert_eq!(said, [("services", stays.to_owned())]);
    let more = ServerInput {
        version: Some("11.26.1".into()),
        system: Some("Windows Server 2022, IIS 10".into()),
        services: Some(vec!["deployment".into(), "scheduler".into()]),
        ..server("Test 2")
    };
    console.change_server(&ada, HOME, "test", "test-2", &more).await.unwrap();

    let changed = ServerInput { zones: Some(vec![]), ..server("Test two") };
    console.change_server(&ada, HOME, "test", "test-2", &changed).await.unwrap();
    console.change_server(&ada, HOME, "test", "test-2", &changed).await.unwrap();
    let seen = console.environment_settings(&ada, HOME, "test").await.unwrap();
    let new = seen.front_ends.iter().find(|each| each.key == "test-2").unwrap();
    assert_eq!((new.name.as_str(), &new.host, new.zones.len()), ("Test two", &None, 0));
    let kept = (new.version.as_deref(), new.system.as_deref(), new.services.join(" "));
    let named = (Some("11.26.1"), Some("Windows Server 2022, IIS 10"), "deployment scheduler".to_owned());
    assert_eq!(kept, named, "what is not named stays");
    let said = fields(console.change_server(&ada, HOME, "test", "test-2", &server("test-1")).await);
    assert_eq!(said[0].1, "Test has a front-end called “test-1” already; choose another name.");
    assert_eq!(world.count("server.change", "done").await, 2, "where nothing differs nothing is written");

    // What leaves takes its code along; what has enrolled stays.
    console.leave_server(&ada, HOME, "test", "test-2").await.unwrap();
    assert!(console.enrol(&anonymous(), enrolment(&added.code, 201)).await.is_err());
    let again = console.add_server(&ada, HOME, "test", "", &wanted).await.unwrap();
    assert_eq!(console.enrol(&anonymous(), enrolment(&again.code, 201)).await.unwrap().server, again.id);
    let used = console.leave_server(&ada, HOME, "test", "test-2").await.unwrap_err();
    assert_eq!(
        used.sentence(),
        "Test 2 of Test cannot be taken out: it is enrolled, or a deployment went to it."
    );
    let gone = console.leave_server(&ada, HOME, "test", "moon").await;
    assert!(matches!(gone, Err(OperationError::NotFound { .. })));
    let rita = world.user("rita").await;
    for denied in [
        console.add_server(&rita, HOME, "test", "", &wanted).await.map(drop),
        console.change_server(&rita, HOME, "test", "test-2", &changed).await,
        console.leave_server(&rita, HOME, "test", "test-2").await,
    ] {
        assert!(matches!(denied, Err(OperationError::Denied { .. })), "{denied:?}");
    }
}

#[tokio::test]
async fn the_controller_is_the_first_and_leaves_last() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let console = &world.console;
    let spare = NewEnvironment { key: "spare".into(), name: "Spare".into(), purpose: Purpose::Test };
    console.create_environment(&ada, HOME, spare).await.unwrap();
    console.change_environment(&ada, HOME, "spare", &input("Spare", "test", "farm", None)).await.unwrap();
    for name in ["spare-1", "spare-2"] {
        console.add_server(&ada, HOME, "spare", "", &server(name)).await.unwrap();
    }
    let controllers = async || {
        let seen = console.environment_settings(&ada, HOME, "spare").await.unwrap();
        let all = seen.front_ends.into_iter().filter(|each| each.is_controller);
        all.map(|each| each.key).collect::<Vec<_>>()
    };
    assert_eq!(controllers().await, ["spare-1"]);
    let needed = console.leave_server(&ada, HOME, "spare", "spare-1").await.unwrap_err();
    assert_eq!(
        needed.sentence(),
        "spare-1 is the deployment controller of Spare, which the others need (R37); take these out first."
    );
    console.leave_server(&ada, HOME, "spare", "spare-2").await.unwrap();
    console.leave_server(&ada, HOME, "spare", "spare-1").await.unwrap();
    assert_eq!(controllers().await, Vec::<String>::new());
    console.add_server(&ada, HOME, "spare", "late", &server("Late one")).await.unwrap();
    assert_eq!(controllers().await, ["late"]);
    console.leave_environment(&ada, HOME, "spare").await.unwrap();
    assert_eq!(order(&world).await, ["dev", "test", "prod"]);
}
