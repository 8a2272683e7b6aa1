//! Registering environments in one step, taking them out, and pipelines one by one.

use crate::common::{HOME, World, anonymous, enrolment};
use operations::{
    AuditQuery, FreezeInput, GateInput, OperationError, PipelineInput, RegisterEnvironment, Wanted,
};
use serde_json::json;

fn staging() -> RegisterEnvironment {
    RegisterEnvironment {
        name: "Staging Area".into(),
        purpose: "acceptance".into(),
        topology: "farm".into(),
        address: "https://staging.example".into(),
        front_ends: vec!["stage-2".into(), " stage-1 ".into(), String::new()],
        after: "test".into(),
        ..RegisterEnvironment::default()
    }
}

fn refused(error: &OperationError) -> Vec<(&'static str, String)> {
    let OperationError::Invalid { fields } = error else { panic!("{error}") };
    fields.iter().map(|each| (each.field, each.sentence.clone())).collect()
}

fn pipeline(name: &str, stages: &[&str]) -> PipelineInput {
    PipelineInput {
        name: name.into(),
        purposes: vec!["compliance".into()],
        stages: stages.iter().map(|key| (*key).to_owned()).collect(),
    }
}

#[tokio::test]
async fn an_environment_is_registered_with_its_front_ends_and_levels() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let seen = world.console.registration(&ada, HOME, &staging()).await.unwrap();
    assert_eq!((seen.key.as_str(), seen.problems.len(), seen.order.len()), ("staging-area", 0, 3));
    let reader = seen.levels.iter().find(|each| each.name == "Reader").unwrap();
    assert_eq!((reader.level, reader.fixed), (2, false));
    assert!(seen.levels.iter().any(|each| each.name == "Administrator" && each.fixed));

    let input = RegisterEnvironment { levels: [(reader.role, 0)].into(), ..staging() };
    let made = world.console.register_environment(&ada, HOME, &input).await.unwrap();
    assert_eq!(made.codes.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["stage-2", "stage-1"]);
    let cards = world.console.environments(&ada, HOME).await.unwrap();
    let order: Vec<_> = cards.iter().map(|card| card.environment.key.as_str()).collect();
    assert_eq!(order, ["dev", "test", "staging-area", "prod"]);
    let servers = &cards[2].servers;
    let controllers: Vec<_> =
        servers.iter().filter(|each| each.is_controller).map(|each| each.name.as_str()).collect();
    assert_eq!(controllers, ["stage-2"], "the first that was named");
    let ron = world.user("ron").await;
    let hidden = world.console.environment(&ron, HOME, "staging-area").await;
    assert!(hidden.is_err(), "Reader has level 0 there");
    let rita = world.user("rita").await;
    world.console.environment(&rita, HOME, "staging-area").await.unwrap();

    // The codes are good, the controller's first.
    for ((_, code), n) in made.codes.iter().zip(1u8..) {
        let answer = world.console.enrol(&anonymous(), enrolment(code, n)).await.unwrap();
        assert_eq!(answer.environment, made.id);
    }
    let kept = world.console.environment_leaving(&ada, HOME, "staging-area").await.unwrap();
    assert_eq!(kept.kept.as_deref(), Some("Staging Area cannot be taken out: 2 front-ends are enrolled."));
    assert_eq!(world.count("environment.create", "done").await, 4);
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let wrong = RegisterEnvironment {
        name: "Production".into(),
        key: "prod".into(),
        purpose: "play".into(),
        topology: "standalone".into(),
        address: "staging".into(),
        front_ends: vec!["one".into(), "ONE".into(), "?".into()],
        after: "moon".into(),
        ..RegisterEnvironment::default()
    };
    let said = world.console.register_environment(&ada, HOME, &wrong).await.unwrap_err();
    let fields: Vec<_> = refused(&said).into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        fields,
        ["purpose", "address", "after", "key", "name", "front_ends", "front_ends", "front_ends"],
        "{said}"
    );
    let seen = world.console.registration(&ada, HOME, &wrong).await.unwrap();
    assert_eq!(seen.problems.len(), fields.len(), "a form hears the same");
    let reader = seen.levels.iter().find(|each| each.name == "Reader").unwrap().role;
    let admin = seen.levels.iter().find(|each| each.fixed).unwrap().role;
    for (role, level) in [(reader, 7), (admin, 2)] {
        let input = RegisterEnvironment { levels: [(role, level)].into(), ..staging() };
        let said = world.console.register_environment(&ada, HOME, &input).await.unwrap_err();
        assert_eq!(refused(&said)[0].0, "levels", "{said}");
    }
    let rita = world.user("rita").await;
    let denied = world.console.register_environment(&rita, HOME, &staging()).await;
    assert!(matches!(denied, Err(OperationError::Denied { .. })));
    let mut dry = ada.clone();
    dry.limits.dry_run = true;
    world.console.register_environment(&dry, HOME, &staging()).await.unwrap();
    assert_eq!(world.console.environments(&ada, HOME).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_environment_leaves_that_nothing_keeps() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.console.register_environment(&ada, HOME, &staging()).await.unwrap();
    world.console.create_pipeline(&ada, HOME, "only", &pipeline("Only", &["staging-area"])).await.unwrap();
    let last = world.console.leave_environment(&ada, HOME, "staging-area").await.unwrap_err();
    assert_eq!(
        last.sentence(),
        "Staging Area cannot be taken out: it is the last stage of the pipeline Only; change or delete that first."
    );
    world
        .console
        .change_pipeline(&ada, HOME, "only", &pipeline("Only", &["test", "staging-area"]))
        .await
        .unwrap();
    let seen = world.console.environment_leaving(&ada, HOME, "staging-area").await.unwrap();
    assert_eq!(seen.kept, None);
    assert!(seen.lost.contains(&"2 front-ends that are recorded".to_owned()), "{:?}", seen.lost);
    assert!(seen.lost.contains(&"its place in the pipeline Only".to_owned()));
    world.console.leave_environment(&ada, HOME, "staging-area").await.unwrap();
    let drawn = world.console.pipelines(&ada, HOME).await.unwrap();
    assert_eq!(drawn.architecture.environments.len(), 3);
    assert_eq!(drawn.architecture.pipelines.values().next().unwrap().stages.len(), 1);
    let used = world.console.leave_environment(&ada, HOME, "prod").await.unwrap_err();
    assert_eq!(used.sentence(), "Production cannot be taken out: 2 front-ends are enrolled.");
    assert!(matches!(
        world.console.leave_environment(&ada, HOME, "moon").await,
        Err(OperationError::NotFound { .. })
    ));
    assert_eq!(world.count("environment.leave", "done").await, 1);
    assert_eq!(world.count("environment.leave", "failed").await, 3);
}

#[tokio::test]
async fn a_stage_stays_where_applications_of_its_pipeline_run() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", Some("1.0.0"), "", "a").await;
    console.create_pipeline(&ada, HOME, "only", &pipeline("Only", &["dev"])).await.unwrap();
    let last = console.leave_environment(&ada, HOME, "dev").await.unwrap_err().sentence();
    assert_eq!(
        last,
        "Development cannot be taken out: it is the last stage of the pipeline Only, and 1 application runs in it; \
         change or delete that, and take out what runs, first."
    );
    let seen = console.environment_leaving(&ada, HOME, "dev").await.unwrap();
    assert_eq!(seen.kept, Some(last), "the page says the same before");

    // What belongs to no pipeline keeps none of its stages.
    console.change_pipeline(&ada, HOME, "only", &pipeline("Only", &["test"])).await.unwrap();
    console.change_pipeline(&ada, HOME, "only", &pipeline("Only", &["dev", "test"])).await.unwrap();
    console.assign_pipeline(&ada, HOME, "desk", Some("only")).await.unwrap();
    let said = refused(
        &console.change_pipeline(&ada, HOME, "only", &pipeline("Only", &["test"])).await.unwrap_err(),
    );
    let sentence = "Development cannot be taken out of the pipeline Only: 1 application that belongs to it runs there; \
                    assign it to another pipeline, or to any, first.";
    assert_eq!(said, [("stages", sentence.to_owned())]);
    let file = console.architecture_file(&ada, HOME).await.unwrap();
    let mut without = domain::architecture::file::import(&file).unwrap();
    without.pipelines.values_mut().for_each(|each| each.stages.retain(|stage| stage.as_str() != "dev"));
    let without = domain::architecture::file::export(&without).unwrap();
    for said in [
        console.compare_architecture(&ada, HOME, &Wanted::File(without.clone())).await.unwrap_err(),
        console.apply_architecture(&ada, HOME, &Wanted::File(without), None).await.unwrap_err(),
    ] {
        assert_eq!(refused(&said), [("file", sentence.to_owned())]);
    }
    assert_eq!(console.architecture_file(&ada, HOME).await.unwrap(), file, "nothing half applied");
    console.change_pipeline(&ada, HOME, "only", &pipeline("Only", &["dev"])).await.unwrap();
    console.assign_pipeline(&ada, HOME, "desk", None).await.unwrap();
    console.change_pipeline(&ada, HOME, "only", &pipeline("Only", &["test"])).await.unwrap();
}

#[tokio::test]
async fn what_goes_with_an_environment_is_said_before_and_what_it_was_stays_in_the_log() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", Some("1.0.0"), "", "a").await;
    console.register_environment(&ada, HOME, &staging()).await.unwrap();
    let gate = GateInput {
        kind: "approval".into(),
        environment: "staging-area".into(),
        number: "1".into(),
        role: "Release Manager".into(),
        ..GateInput::default()
    };
    console.add_gate(&ada, HOME, &gate).await.unwrap();
    let freeze = FreezeInput {
        environment: "staging-area".into(),
        from: "2023-12-20T00:00".into(),
        until: "2023-12-27T00:00".into(),
        time_zone: "UTC".into(),
        reason: "Holidays".into(),
        owner: "Finance".into(),
        ..FreezeInput::default()
    };
    console.add_freeze(&ada, HOME, &freeze).await.unwrap();
    console.block_application(&ada, HOME, "staging-area", "desk", "Not yet.").await.unwrap();
    let lost = console.environment_leaving(&ada, HOME, "staging-area").await.unwrap().lost;
    for line in ["1 gate before it", "1 freeze of it, past or to come", "1 block of an application"] {
        assert!(lost.contains(&line.to_owned()), "{line}: {lost:?}");
    }
    assert!(!lost.iter().any(|line| line.contains("verification")), "nothing is said of what is not there");

    console.leave_environment(&ada, HOME, "staging-area").await.unwrap();
    let query = AuditQuery { operation: Some("environment.leave".to_owned()), ..AuditQuery::default() };
    let rows = console.audit(&ada, HOME, &query).await.unwrap().entries.rows;
    let before = console.audit_entry(&ada, HOME, rows[0].id).await.unwrap().before;
    let was = &before["environment"];
    assert_eq!(
        (&was["name"], &was["topology"], &was["address"]),
        (&json!("Staging Area"), &json!("farm"), &json!("https://staging.example")),
        "{before}"
    );
    assert_eq!(
        was["front_ends"]["stage-1"]["services"],
        json!(["deployment", "server_api", "server_identity"]),
        "{before}"
    );
    assert_eq!((&before["after"], &before["levels"]["Reader"]), (&json!("test"), &json!(2)), "{before}");
    assert_eq!(before["lost"], json!(lost), "as it was said");
}

#[tokio::test]
async fn a_pipeline_never_goes_back_and_names_are_its_own() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world
        .console
        .create_pipeline(&ada, HOME, "main", &pipeline("Main", &["dev", "test", "prod"]))
        .await
        .unwrap();
    for (key, input, field) in [
        ("main", pipeline("Other", &["dev"]), "key"),
        ("no key", pipeline("Other", &["dev"]), "key"),
        ("other", pipeline("Main", &["dev"]), "name"),
        ("other", pipeline("", &["dev"]), "name"),
        ("other", pipeline("Other", &["test", "dev"]), "stages"),
        ("other", pipeline("Other", &["dev", "dev"]), "stages"),
        ("other", pipeline("Other", &["moon"]), "stages"),
        ("other", pipeline("Other", &[]), "stages"),
        ("other", PipelineInput { purposes: vec!["fun".into()], ..pipeline("Other", &["dev"]) }, "purposes"),
    ] {
        let said = world.console.create_pipeline(&ada, HOME, key, &input).await.unwrap_err();
        assert_eq!(refused(&said)[0].0, field, "{said}");
    }
    world
        .console
        .change_pipeline(&ada, HOME, "main", &pipeline("Main line", &["dev", "prod"]))
        .await
        .unwrap();
    let drawn = world.console.pipelines(&ada, HOME).await.unwrap();
    let (_, main) = drawn.architecture.pipelines.first_key_value().unwrap();
    assert_eq!((main.name.as_str(), main.stages.len()), ("Main line", 2));
    world.console.delete_pipeline(&ada, HOME, "main").await.unwrap();
    let gone = world.console.delete_pipeline(&ada, HOME, "main").await;
    assert!(matches!(gone, Err(OperationError::NotFound { .. })));
    assert_eq!(world.count("pipeline.create", "failed").await, 9);
    assert_eq!(world.count("pipeline.delete", "done").await, 1);
}
