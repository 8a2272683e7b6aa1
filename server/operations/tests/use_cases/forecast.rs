//! When a plan arrives at the stages to come, and starts for later that could only expire.

use crate::common::{HOME, World, make_role, refused, user_of};
use crate::gates::{freeze, page, plan, typed};
use domain::time::{HOUR, MINUTE};
use operations::{FreezeInput, GateInput, PipelineInput, StartInput};

#[tokio::test]
async fn a_plan_says_when_it_arrives_stage_by_stage() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", None, "", "a").await;
    let id = plan(&world, &ada, "dev", "test", "desk").await;
    assert_eq!(page(&world, &ada, id).await.gates.forecast, [], "no pipeline goes on behind Test");

    let input = PipelineInput {
        name: "Main line".into(),
        stages: vec!["dev".into(), "test".into(), "prod".into()],
        ..PipelineInput::default()
    };
    console.create_pipeline(&ada, HOME, "main", &input).await.unwrap();
    let now = console.time();
    console.add_freeze(&ada, HOME, &freeze(&world, 2)).await.unwrap();
    let gate = |kind: &str, number: &str, role: &str| GateInput {
        kind: kind.into(),
        environment: "prod".into(),
        number: number.into(),
        role: role.into(),
        ..GateInput::default()
    };
    console.add_gate(&ada, HOME, &gate("soak", "24", "")).await.unwrap();
    console.add_gate(&ada, HOME, &gate("approval", "1", "Release Manager")).await.unwrap();
    let later = FreezeInput {
        environment: "prod".into(),
        from: typed(now.plus(20 * HOUR)),
        until: typed(now.plus(40 * HOUR)),
        ..freeze(&world, 2)
    };
    console.add_freeze(&ada, HOME, &later).await.unwrap();

    let gates = page(&world, &ada, id).await.gates;
    assert_eq!(gates.forecast.len(), 1);
    assert_eq!(gates.forecast[0].pipeline, "Main line");
    let [test, prod] = &gates.forecast[0].stages[..] else { panic!("{:?}", gates.forecast) };
    assert_eq!((test.name.as_str(), Some(test.begins)), ("Test", gates.earliest));
    assert_eq!(test.because, ["Test stands still: Month end."]);
    assert_eq!((test.there, test.known), (test.begins, false), "nothing came to Test yet");
    assert_eq!(prod.name, "Production");
    // The soak time is over in the freeze.
    assert!(prod.begins > test.there.plus(24 * HOUR), "{prod:?}");
    assert_eq!(prod.because, ["It soaks in Test for 24 hours.", "Production stands still: Month end."]);
    assert_eq!(prod.needs, ["1 approval of Release Manager."]);
    let asked = console.plan_gates(&ada, HOME, id).await.unwrap();
    assert_eq!(asked.forecast, gates.forecast, "the API says the same");

    // It ends before what one may not see.
    let ron = world.user("ron").await;
    let tester = make_role(&world, "Tester", [2, 2, 0], &[]).await;
    console.set_default_role(&ada, HOME, user_of(&ron), tester, "").await.unwrap();
    assert_eq!(page(&world, &ron, id).await.gates.forecast, []);
}

#[tokio::test]
async fn a_start_for_later_that_could_only_expire_is_refused() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", None, "", "a").await;
    console.add_freeze(&ada, HOME, &freeze(&world, 5)).await.unwrap();
    let id = plan(&world, &ada, "dev", "test", "desk").await;
    let digest = page(&world, &ada, id).await.digest;
    let now = console.time();
    let input = StartInput {
        at: Some(now.plus(HOUR)),
        until: Some(now.plus(2 * HOUR)),
        ..StartInput::now(&digest, "")
    };
    let said = refused(console.start_plan_with(&ada, HOME, id, &input).await);
    assert!(said.starts_with("It could not begin by then, at the earliest at "), "{said}");
    assert!(said.ends_with(" Test stands still: Month end. Choose a later end."), "{said}");
    let longer = StartInput { until: Some(now.plus(5 * HOUR + MINUTE)), ..input };
    console.start_plan_with(&ada, HOME, id, &longer).await.unwrap();
}
