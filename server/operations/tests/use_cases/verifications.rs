//! Gates that ask for what was in the stage before: soak times, tests that are reported, and checks that the console makes.

use crate::checks::Answers;
use crate::common::{HOME, World, denied, later, refused};
use crate::gates::{page, plan};
use domain::protocol::TaskOutcome;
use domain::time::{HOUR, MINUTE};
use operations::{GateInput, TestInput};

#[tokio::test]
async fn versions_soak_and_are_tested_in_the_stage_before() {
    let world = World::new().await;
    let (console, ada, ron) = (&world.console, world.user("ada").await, world.user("ron").await);
    world.publish("desk", None, "", "a").await;
    console.tag(&ada, HOME, "desk", "dev", "1.0.0", "").await.unwrap();
    let soak = GateInput {
        kind: "soak".into(),
        environment: "test".into(),
        number: "2".into(),
        owner: "Quality".into(),
        ..GateInput::default()
    };
    console.add_gate(&ada, HOME, &soak).await.unwrap();
    let smoke = GateInput {
        kind: "verification".into(),
        environment: "test".into(),
        test: "smoke".into(),
        ..GateInput::default()
    };
    console.add_gate(&ada, HOME, &smoke).await.unwrap();
    let id = plan(&world, &ada, "dev", "test", "desk").await;
    let reasons = page(&world, &ada, id).await.start.unwrap_err();
    let sentences: Vec<_> = reasons.iter().map(|one| one.sentence.as_str()).collect();
    assert_eq!(sentences.len(), 2, "{sentences:?}");
    assert!(sentences[0].starts_with("Soak time: 2 hours in Development before Test: App desk 1.0.0 has not run there so long yet. It is over at 2023-11-15 00:13 UTC."), "{sentences:?}");
    assert_eq!(
        sentences[1],
        "Verification: “smoke” in Development before Test: no result of App desk 1.0.0 yet."
    );
    let result = |passed, version: &str| TestInput {
        version: version.into(),
        name: "smoke".into(),
        passed,
        link: "https://ci.example/7".into(),
    };
    denied(console.report_test(&ron, HOME, "dev", "desk", &result(true, "1.0.0")).await);
    let wrong = refused(console.report_test(&ada, HOME, "dev", "desk", &result(true, "2.0.0")).await);
    assert_eq!(wrong, "There is no version 2.0.0 of App desk.");
    let link = TestInput { link: "ftp://x".into(), ..result(true, "1.0.0") };
    assert!(
        refused(console.report_test(&ada, HOME, "dev", "desk", &link).await)
            .starts_with("A link begins with")
    );
    let elsewhere = refused(console.report_test(&ada, HOME, "test", "desk", &result(true, "1.0.0")).await);
    assert_eq!(elsewhere, "Test does not run App desk 1.0.0 now.");
    console.report_test(&ada, HOME, "dev", "desk", &result(true, "1.0.0")).await.unwrap();
    later(&world, MINUTE);
    console.report_test(&ada, HOME, "dev", "desk", &result(false, "1.0.0")).await.unwrap();
    let reasons = page(&world, &ada, id).await.start.unwrap_err();
    assert!(reasons[1].sentence.ends_with("App desk 1.0.0 failed."), "{reasons:?}");
    later(&world, 2 * HOUR);
    console.report_test(&ada, HOME, "dev", "desk", &result(true, "1.0.0")).await.unwrap();
    let open = page(&world, &ada, id).await;
    assert_eq!(open.start, Ok(()), "{:?}", open.gates.answers);
    let run = console.start_plan(&ada, HOME, id, &open.digest).await.unwrap();
    assert_eq!(world.carry_out("test", run, |_| TaskOutcome::Done).await.0, "finished_successful");
    assert_eq!(world.count("application.verify", "done").await, 3);
}

#[tokio::test]
async fn the_console_checks_the_stage_before() {
    let world = World::new().await;
    let (console, ada, ron) = (&world.console, world.user("ada").await, world.user("ron").await);
    world.publish("desk", None, "", "a").await;
    world.publish("yard", None, "", "a").await;
    let down = Answers::with("503 Busy\r\ncontent-length: 0").await;
    let up = Answers::with("204 No Content").await;
    let gate = |address: &str| GateInput {
        kind: "verification".into(),
        environment: "test".into(),
        test: "health".into(),
        address: format!("{address}/{{environment}}/{{application}}/up"),
        owner: "Quality".into(),
        ..GateInput::default()
    };
    let wrong = GateInput { address: "https://a.example/{version}".into(), ..gate("") };
    let said = refused(console.add_gate(&ada, HOME, &wrong).await);
    assert_eq!(said, "In an address of a check only {application} and {environment} stand in braces.");
    let id = plan(&world, &ada, "dev", "test", "desk").await;
    let nothing = refused(console.check_plan(&ada, HOME, id).await);
    assert!(nothing.starts_with("There is nothing to check: no gate before Test"), "{nothing}");
    assert_eq!(page(&world, &ada, id).await.gates.check, None);

    let first = console.add_gate(&ada, HOME, &gate(&down.address)).await.unwrap();
    let listed = console.gates(&ada, HOME).await.unwrap().gates.remove(0);
    assert!(listed.sentence.ends_with("/{environment}/{application}/up."), "{}", listed.sentence);
    let open = page(&world, &ada, id).await;
    assert_eq!(open.gates.check, Some(Ok(())));
    assert!(open.gates.answers[0].lifted_by.starts_with("The console checks it"), "{:?}", open.gates);
    // What somebody reports under its name is not what the console found.
    console.tag(&ada, HOME, "desk", "dev", "0.1.0", "").await.unwrap();
    console
        .edit_plan(&ada, HOME, id, "desk", &page(&world, &ada, id).await.items[0].options[0].code())
        .await
        .unwrap();
    let report =
        TestInput { version: "0.1.0".into(), name: "health".into(), passed: true, link: String::new() };
    console.report_test(&ada, HOME, "dev", "desk", &report).await.unwrap();
    assert!(page(&world, &ada, id).await.start.is_err());
    denied(console.check_plan(&ron, HOME, id).await);
    assert_eq!(down.asked(), 0, "whoever may not has nothing asked");

    let found = console.check_plan(&ada, HOME, id).await.unwrap();
    assert_eq!(found.len(), 1, "only what the plan brings");
    assert_eq!((found[0].passed, found[0].detail.as_str()), (false, "It answered with status 503."));
    assert!(down.asked.lock().unwrap()[0].starts_with("GET /dev/desk/up HTTP/1.1"));
    let reasons = page(&world, &ada, id).await.start.unwrap_err();
    assert!(
        reasons[0].sentence.ends_with("App desk 0.1.0 failed. It answered with status 503."),
        "{reasons:?}"
    );

    // Another address is another check.
    console.remove_gate(&ada, HOME, first).await.unwrap();
    console.add_gate(&ada, HOME, &gate(&up.address)).await.unwrap();
    let reasons = page(&world, &ada, id).await.start.unwrap_err();
    assert!(reasons[0].sentence.ends_with("no result of App desk 0.1.0 yet."), "{reasons:?}");
    later(&world, MINUTE);
    assert!(console.check_plan(&ada, HOME, id).await.unwrap()[0].passed);
    let open = page(&world, &ada, id).await;
    assert_eq!(open.start, Ok(()), "{:?}", open.gates.answers);
    assert!(open.gates.answers[0].sentence.ends_with("passed, checked by the console."));

    // Other content has to pass by itself.
    world.publish("desk", None, "", "b").await;
    console.refresh_plan(&ada, HOME, id).await.unwrap();
    let natural = page(&world, &ada, id).await.items[0].options[0].code();
    console.edit_plan(&ada, HOME, id, "desk", &natural).await.unwrap();
    assert!(page(&world, &ada, id).await.start.is_err());
    assert!(console.check_plan(&ada, HOME, id).await.unwrap()[0].passed);
    let open = page(&world, &ada, id).await;
    console.start_plan(&ada, HOME, id, &open.digest).await.unwrap();
    let late = refused(console.check_plan(&ada, HOME, id).await);
    assert!(late.contains("R05"), "{late}");
    assert_eq!(world.count("plan.check", "done").await, 3);
}
