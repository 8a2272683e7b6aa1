//! Signing in, rights, and that every refusal leaves exactly one entry.

use crate::common::{PASSWORD, World, anonymous, later};
use operations::{OperationError, SetUp};

#[tokio::test]
async fn asvs_6_3_8_every_outcome_looks_the_same_and_costs_the_same() {
    let world = World::new().await;
    for (username, password) in
        [("ada", "wrong horse battery"), ("nobody", PASSWORD), ("no such\nname", PASSWORD)]
    {
        let before = world.console.password_verifications();
        let error = world.sign_in(username, password).await.unwrap_err();
        assert_eq!(error.sentence(), "The user name or the password is not right.");
        assert_eq!(world.console.password_verifications(), before + 1, "{username}");
    }
    let before = world.console.password_verifications();
    world.sign_in("ADA", PASSWORD).await.unwrap();
    assert_eq!(world.console.password_verifications(), before + 1);
    assert_eq!(world.count("session.sign_in", "failed").await, 3);
    assert_eq!(world.count("session.sign_in", "done").await, 1);
}

#[tokio::test]
async fn what_roles_allow() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let (dev, rita, ron) = (world.user("dev").await, world.user("rita").await, world.user("ron").await);
    for who in [&rita, &ron] {
        let denied = world.console.tag(who, "harbour", "desk", "dev", "0.1.0", "").await.unwrap_err();
        assert!(matches!(denied, OperationError::Denied { .. }), "{denied}");
        assert!(denied.sentence().contains("“Change” in Development"), "{denied}");
    }
    assert_eq!(world.count("application.tag", "denied").await, 2);
    world.console.tag(&dev, "harbour", "desk", "dev", "0.1.0", "").await.unwrap();
    let desk = ["desk".to_owned()];
    for chosen in [&desk[..], &[]] {
        let denied = world.console.make_plan(&ron, "harbour", "dev", "test", chosen).await.unwrap_err();
        assert!(denied.sentence().contains("“Monitor” in Development"), "R08: {denied}");
    }
    let plan = world.console.make_plan(&dev, "harbour", "dev", "test", &desk).await.unwrap();
    let page = world.console.plan(&ron, "harbour", plan).await.unwrap();
    assert!(
        page.edit.is_err() && page.discard.is_err(),
        "who reads sees the plan, and that it is not theirs"
    );
    for denied in [
        world.console.edit_plan(&ron, "harbour", plan, "desk", "undeploy").await,
        world
            .console
            .note_plan(
                &ron,
                "harbour",
                plan,
                &operations::NoteInput { name: "Mine", notes: "", links: None, on_failure: None },
            )
            .await,
        world.console.discard_plan(&ron, "harbour", plan).await,
    ] {
        assert!(matches!(denied, Err(OperationError::Denied { .. })), "{denied:?}");
    }
    let reasons = page.start.unwrap_err();
    assert!(reasons[0].sentence.contains("“Deploy” in Test"), "{reasons:?}");
    let denied = world.console.start_plan(&ron, "harbour", plan, &page.digest).await.unwrap_err();
    assert!(matches!(denied, OperationError::Denied { .. }));
    assert_eq!(world.count("deployment.start", "denied").await, 1);
    world.console.start_plan(&rita, "harbour", plan, &page.digest).await.unwrap();
    assert!(world.console.audit(&rita, "harbour", &Default::default()).await.is_ok());
    assert!(matches!(
        world.console.audit(&ron, "harbour", &Default::default()).await,
        Err(OperationError::Denied { .. })
    ));
    assert!(matches!(
        world.console.matrix(&anonymous(), "harbour", &Default::default()).await,
        Err(OperationError::Denied { sign_in: true, .. })
    ));
    assert!(matches!(
        world.console.matrix(&ron, "elsewhere", &Default::default()).await,
        Err(OperationError::NotFound { .. })
    ));
}

#[tokio::test]
async fn set_up_works_once_and_only_with_the_code() {
    let world = World::new().await;
    let input = SetUp {
        code: world.console.set_up_code().to_owned(),
        username: "eve".into(),
        name: "Eve".into(),
        email: String::new(),
        password: PASSWORD.into(),
    };
    let wrong = SetUp { code: "aaaa-aaaa-aaaa-aaaa".into(), ..input.clone() };
    let error = world.console.set_up(&anonymous(), wrong).await.unwrap_err();
    assert!(matches!(error, OperationError::Invalid { .. }), "{error}");
    let error = world.console.set_up(&anonymous(), input).await.unwrap_err();
    assert!(matches!(error, OperationError::Conflict { .. }), "there are users: {error}");
    assert!(!world.console.needs_set_up().await.unwrap());
}

#[tokio::test]
async fn enrolment_codes_count_once_and_not_for_long() {
    let world = World::new().await;
    let code = world.console.enrolment_code(&world.local, "harbour", "dev", "dev-1").await.unwrap();
    let request = |code: &str| domain::protocol::EnrolRequest {
        protocol: domain::protocol::PROTOCOL,
        code: code.to_owned(),
        public_key: hex::encode(ed25519_dalek::SigningKey::from_bytes(&[9; 32]).verifying_key().as_bytes()),
        version: "test".into(),
        public_address: String::new(),
        api_address: String::new(),
    };
    world.console.enrol(&anonymous(), request(&code)).await.unwrap();
    assert!(world.console.enrol(&anonymous(), request(&code)).await.is_err(), "used");
    let code = world.console.enrolment_code(&world.local, "harbour", "dev", "dev-1").await.unwrap();
    let late = world.console.settings().enrolment_micros;
    later(&world, late);
    assert!(world.console.enrol(&anonymous(), request(&code)).await.is_err(), "too late");
    assert!(world.console.enrol(&anonymous(), request("guess")).await.is_err());
    let strange = domain::protocol::EnrolRequest { public_key: "00".repeat(32), ..request(&code) };
    assert!(world.console.enrol(&anonymous(), strange).await.is_err(), "a weak key");
}
