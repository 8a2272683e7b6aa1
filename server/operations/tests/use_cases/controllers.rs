//! Who controls an environment, and which Platform Servers are believed: changed by people, obeyed from that moment.

use crate::common::{HOME, World, anonymous, enrolment};
use domain::access::Actor;
use domain::id::{EnvironmentId, ServerId};
use domain::protocol::{ControlRequest, ControlResponse, PROTOCOL, SyncRequest, SyncResponse};
use operations::{AuditQuery, Caller, OperationError};
use serde_json::{Value, json};
use std::time::Duration;

/// The Platform Servers of Production: its controller and the other.
fn servers(world: &World) -> (EnvironmentId, [ServerId; 2]) {
    let both = &world.servers["prod"];
    (both[0].0, [both[0].1, both[1].1])
}

async fn sync(world: &World, server: ServerId, seen: u64, wait: u32) -> operations::Result<SyncResponse> {
    let (environment, _) = servers(world);
    let request = SyncRequest {
        protocol: PROTOCOL,
        boot_id: "boot".into(),
        reports: vec![],
        servers: vec![],
        wait_seconds: wait,
        seen_revision: seen,
    };
    world.console.sync(&world.controller(environment, server), request).await
}

async fn told(world: &World, server: ServerId) -> ControlResponse {
    let (environment, _) = servers(world);
    let caller = world.controller(environment, server);
    world.console.who_controls(&caller, ControlRequest { protocol: PROTOCOL }).await.unwrap()
}

/// What the last entry of an operation says was and is.
async fn last(world: &World, operation: &str) -> (Value, Value) {
    let query = AuditQuery { operation: Some(operation.to_owned()), ..AuditQuery::default() };
    let page = world.console.audit(&world.local, HOME, &query).await.unwrap();
    let entry = page.entries.rows.into_iter().find(|row| row.outcome == "done").unwrap();
    let entry = world.console.audit_entry(&world.local, HOME, entry.id).await.unwrap();
    (entry.before, entry.after)
}

#[tokio::test]
async fn another_front_end_becomes_the_controller_and_the_one_before_is_refused_at_once() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    let (_, [one, two]) = servers(&world);
    let first = told(&world, two).await;
    assert_eq!((first.server, first.epoch, first.api_address.as_str()), (one, 1, "http://127.0.0.1:2"));
    let seen = sync(&world, one, 0, 0).await.unwrap();
    assert_eq!(seen.controller_epoch, 1);

    // It is held open when somebody chooses the other.
    let held = sync(&world, one, seen.revision, 20);
    let choose = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        console.make_controller(&ada, HOME, "prod", "prod-2").await.unwrap();
    };
    let (held, ()) = tokio::join!(tokio::time::timeout(Duration::from_secs(15), held), choose);
    let refused = held.expect("it ends before its time").unwrap_err();
    assert_eq!(
        refused.sentence(),
        "Only the deployment controller takes work from the console; it is prod-2 now."
    );
    assert!(matches!(sync(&world, one, 0, 0).await, Err(OperationError::Denied { sign_in: false, .. })));
    assert_eq!(sync(&world, two, 0, 0).await.unwrap().controller_epoch, 2);
    let now = told(&world, one).await;
    assert_eq!((now.server, now.server_name.as_str(), now.epoch), (two, "prod-2", 2));
    assert_ne!(now.public_key, first.public_key);
    let page = console.environment_settings(&ada, HOME, "prod").await.unwrap();
    let with = |key: &str| {
        let each = page.front_ends.iter().find(|each| each.key == key).unwrap();
        (each.is_controller, each.services.iter().any(|word| word == "deployment_controller"))
    };
    assert_eq!((with("prod-1"), with("prod-2")), ((false, false), (true, true)), "recorded, too");
    let (before, after) = last(&world, "server.make_controller").await;
    assert_eq!(before, json!({ "controller": "prod-1", "epoch": 1 }));
    assert_eq!(after, json!({ "controller": "prod-2", "epoch": 2 }));

    let again = console.make_controller(&ada, HOME, "prod", "prod-2").await.unwrap_err();
    assert_eq!(again.sentence(), "prod-2 is the deployment controller already.");
    assert!(console.make_controller(&ada, HOME, "prod", "moon").await.is_err());
    let rita = world.user("rita").await;
    let denied = console.make_controller(&rita, HOME, "prod", "prod-1").await;
    assert!(matches!(denied, Err(OperationError::Denied { .. })), "{denied:?}");
    assert_eq!(told(&world, one).await, now, "what was refused changed nothing");
}

#[tokio::test]
async fn a_revoked_server_is_believed_no_more_until_it_enrols_anew() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    let (_, [one, two]) = servers(&world);
    let spare = console.enrolment_code(&ada, HOME, "prod", "prod-2").await.unwrap();
    assert_eq!(sync(&world, one, 0, 0).await.unwrap().members.len(), 2);
    console.revoke_server(&ada, HOME, "prod", "prod-2").await.unwrap();
    assert_eq!(sync(&world, one, 0, 0).await.unwrap().members.len(), 1, "its controller is not told of it");
    assert_eq!(told(&world, one).await.epoch, 1, "the controller is the same");
    let used = console.enrol(&anonymous(), enrolment(&spare, 77)).await.unwrap_err();
    assert!(used.sentence().contains("This code is not good"), "{}", used.sentence());
    let page = console.environment_settings(&ada, HOME, "prod").await.unwrap();
    let each = page.front_ends.iter().find(|each| each.key == "prod-2").unwrap();
    assert!(each.enrolled_at.is_none() && each.revoked_at.is_some() && each.revoke.is_err());
    let control = console.make_controller(&ada, HOME, "prod", "prod-2").await.unwrap_err();
    assert_eq!(control.sentence(), "prod-2 has no Platform Server: let it enrol first.");
    let (before, after) = last(&world, "server.revoke").await;
    assert!(before["public_key"].is_string() && after["revoked_at"].is_number(), "{before} {after}");
    let again = console.revoke_server(&ada, HOME, "prod", "prod-2").await.unwrap_err();
    assert_eq!(again.sentence(), "prod-2 is revoked already.");

    // With a new code it is back, with its new key.
    let code = console.enrolment_code(&ada, HOME, "prod", "prod-2").await.unwrap();
    assert_eq!(console.enrol(&anonymous(), enrolment(&code, 78)).await.unwrap().server, two);
    let members = sync(&world, one, 0, 0).await.unwrap().members;
    let back = members.iter().find(|member| member.server == two).unwrap();
    assert_eq!(back.public_key.as_deref(), Some(enrolment("", 78).public_key.as_str()));
    let rita = world.user("rita").await;
    let denied = console.revoke_server(&rita, HOME, "prod", "prod-2").await;
    assert!(matches!(denied, Err(OperationError::Denied { .. })), "{denied:?}");
}

#[tokio::test]
async fn a_revoked_controller_ends_what_it_holds_and_its_epoch() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    let (_, [one, two]) = servers(&world);
    let seen = sync(&world, one, 0, 0).await.unwrap();
    let held = sync(&world, one, seen.revision, 20);
    let revoke = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        console.revoke_server(&ada, HOME, "prod", "prod-1").await.unwrap();
    };
    let (held, ()) = tokio::join!(tokio::time::timeout(Duration::from_secs(15), held), revoke);
    let refused = held.expect("it ends before its time").unwrap_err();
    assert!(refused.sentence().contains("was revoked"), "{}", refused.sentence());
    let now = told(&world, two).await;
    assert_eq!((now.server, now.public_key, now.epoch), (one, None, 2));

    // What it signs is refused before anything is read of it.
    let headers = operations::SignedHeaders {
        server: one,
        time: console.time(),
        nonce: "0".repeat(32),
        signature: vec![0; 64],
    };
    let body = domain::text::Sha256::of(b"");
    let origin = crate::common::origin();
    let signed = console.identify_server(&origin, &headers, "POST", "/agent/v1/sync", &body).await;
    assert!(signed.unwrap_err().sentence().contains("was revoked"));

    // Enrolled anew its front-ends know it by its new key, under one more epoch.
    let code = console.enrolment_code(&ada, HOME, "prod", "prod-1").await.unwrap();
    let answer = console.enrol(&anonymous(), enrolment(&code, 79)).await.unwrap();
    assert_eq!((answer.is_controller, answer.controller_epoch), (true, 3));
    let now = told(&world, two).await;
    assert_eq!((now.public_key, now.epoch), (Some(enrolment("", 79).public_key), 3));
    let nobody = Caller { actor: Actor::Anonymous, ..anonymous() };
    let asked = console.who_controls(&nobody, ControlRequest { protocol: PROTOCOL }).await;
    assert!(matches!(asked, Err(OperationError::Denied { .. })), "{asked:?}");
}
