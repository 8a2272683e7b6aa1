//! In which infrastructure's log an entry is found.

use crate::common::{World, anonymous, enrolment};
use domain::environment::Purpose;
use domain::text::Sha256;
use operations::{AuditQuery, Credentials, NewEnvironment, NewServer, NewUser, SignedHeaders};

/// What the log of an infrastructure has of refusals and failures, by operation, oldest first.
async fn refused(world: &World, infrastructure: &str) -> Vec<String> {
    let (mut found, mut query) = (Vec::new(), AuditQuery::default());
    loop {
        let page = world.console.audit(&world.local, infrastructure, &query).await.unwrap();
        let rows = page.entries.rows.into_iter().filter(|row| row.outcome != "done");
        found.extend(rows.map(|row| row.operation));
        match page.entries.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    found.reverse();
    found
}

#[tokio::test]
async fn a_refusal_is_in_the_log_of_its_own_infrastructure() {
    let world = World::new().await;
    let (console, local) = (&world.console, &world.local);
    world.publish("desk", None, "", "a").await;
    let desk = ["desk".to_owned()];
    let dev = world.user("dev").await;
    let plan = console.make_plan(&dev, "harbour", "dev", "test", &desk).await.unwrap();
    console.create_infrastructure(local, "quay", "Quay").await.unwrap();
    let eve = NewUser {
        username: "eve".into(),
        name: "Eve".into(),
        email: String::new(),
        role: "Administrator".into(),
        infrastructure: Some("quay".into()),
        password: Some(crate::common::PASSWORD.into()),
    };
    console.add_user(local, eve).await.unwrap();
    let (ron, eve) = (world.user("ron").await, world.user("eve").await);
    let environment =
        |name: &str| NewEnvironment { key: "x".into(), name: name.into(), purpose: Purpose::Test };
    let server = NewServer { key: "x".into(), name: "X".into(), is_controller: false };
    let file = world.package("desk", None, "", "b");

    // Who may not; who has no part in it and finds nothing; what is not acceptable before anything is looked up.
    for who in [&ron, &eve] {
        console.make_plan(who, "harbour", "dev", "test", &desk).await.unwrap_err();
        console.edit_plan(who, "harbour", plan, "desk", "undeploy").await.unwrap_err();
        console
            .note_plan(
                who,
                "harbour",
                plan,
                &operations::NoteInput { name: "Mine", notes: "", links: None, on_failure: None },
            )
            .await
            .unwrap_err();
        console.discard_plan(who, "harbour", plan).await.unwrap_err();
        console.start_plan(who, "harbour", plan, "").await.unwrap_err();
        console.tag(who, "harbour", "desk", "dev", "0.1.0", "").await.unwrap_err();
        console.publish(who, "harbour", "dev", &file).await.unwrap_err();
        console.create_environment(who, "harbour", environment("X")).await.unwrap_err();
        console.create_server(who, "harbour", "dev", server.clone()).await.unwrap_err();
        console.enrolment_code(who, "harbour", "dev", "dev-1").await.unwrap_err();
    }
    console.create_environment(local, "harbour", environment("")).await.unwrap_err();
    // A code that was used, and a request that its server did not sign.
    let code = console.enrolment_code(local, "harbour", "dev", "dev-1").await.unwrap();
    console.enrol(&anonymous(), enrolment(&code, 9)).await.unwrap();
    console.enrol(&anonymous(), enrolment(&code, 9)).await.unwrap_err();
    let headers = SignedHeaders {
        server: world.servers["dev"][0].1,
        time: domain::time::Timestamp(0),
        nonce: "0".repeat(32),
        signature: vec![0; 64],
    };
    let body = Sha256::of(b"");
    let origin = crate::common::origin();
    let forged = console.identify_server(&origin, &headers, "POST", "/agent/v1/sync", &body);
    forged.await.unwrap_err();
    let own = refused(&world, "harbour").await;
    assert_eq!(own.len(), 23, "{own:?}");
    assert_eq!(refused(&world, "quay").await, Vec::<String>::new());

    // What concerns no infrastructure is in every log.
    console
        .sign_in(&anonymous(), Credentials { username: "eve", password: "wrong horse battery", device: None })
        .await
        .unwrap_err();
    console.tag(&eve, "nowhere", "desk", "dev", "0.1.0", "").await.unwrap_err();
    assert_eq!(refused(&world, "harbour").await.len(), 25);
    assert_eq!(refused(&world, "quay").await, ["session.sign_in", "application.tag"]);
}
