//! The waiting room: a key is believed once an administrator has compared its fingerprint.

use crate::common::{HOME, World, anonymous, enrolment, origin};
use domain::id::ServerId;
use domain::protocol::{ENROLMENT, EnrolmentRequest, PROTOCOL, WHO_CONTROLS, fingerprint, signing_input};
use domain::text::Sha256;
use ed25519_dalek::{Signer, SigningKey};
use operations::{Caller, SignedHeaders};

/// A request that a server signs with a key.
async fn signed(
    world: &World,
    server: ServerId,
    secret: u8,
    path: &str,
    nonce: u32,
) -> operations::Result<Caller> {
    let (nonce, time, body) = (format!("{nonce:032x}"), world.console.time(), Sha256::of(b""));
    let input = signing_input("POST", path, &body, time, &nonce);
    let signature = SigningKey::from_bytes(&[secret; 32]).sign(&input).to_bytes().to_vec();
    let headers = SignedHeaders { server, time, nonce, signature };
    world.console.identify_server(&origin(), &headers, "POST", path, &body).await
}

#[tokio::test]
async fn a_key_waits_until_its_fingerprint_is_confirmed() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    let asks = EnrolmentRequest { protocol: PROTOCOL };
    let server = world.servers["prod"][1].1;
    let controller = world.controller(world.servers["prod"][0].0, world.servers["prod"][0].1);
    let known = async || {
        let request = domain::protocol::SyncRequest {
            protocol: PROTOCOL,
            boot_id: "boot".into(),
            reports: vec![],
            servers: vec![],
            wait_seconds: 0,
            seen_revision: 0,
        };
        let members = console.sync(&controller, request).await.unwrap().members;
        members.into_iter().find(|member| member.server == server).unwrap().public_key
    };
    let before = known().await;
    let code = console.enrolment_code_to_confirm(&ada, HOME, "prod", "prod-2").await.unwrap();
    // The first answer is lost, and it comes with the same code and key again.
    for _ in 0..2 {
        let answer = console.enrol(&anonymous(), enrolment(&code, 60)).await.unwrap();
        assert!(answer.waits && answer.controller_key.is_none() && answer.controller_api_address.is_empty());
    }
    assert!(console.enrol(&anonymous(), enrolment(&code, 61)).await.is_err(), "another key with the code");
    let refused = signed(&world, server, 60, WHO_CONTROLS, 1).await.unwrap_err();
    assert!(refused.sentence().contains("waits until an administrator confirms"), "{}", refused.sentence());
    let own = signed(&world, server, 60, ENROLMENT, 2).await.unwrap();
    assert!(console.enrolment(&own, asks.clone()).await.unwrap().answer.is_none());
    assert_eq!(known().await, before, "what is believed still is");

    let page = console.environment_settings(&ada, HOME, "prod").await.unwrap();
    let waiting = page.front_ends[1].waiting.clone().unwrap();
    let told = fingerprint(&enrolment("", 60).public_key).unwrap();
    assert_eq!(waiting.fingerprint, told);
    let other = fingerprint(&enrolment("", 61).public_key).unwrap();
    let wrong = console.confirm_server(&ada, HOME, "prod", "prod-2", &other).await.unwrap_err();
    assert!(wrong.sentence().contains("has another fingerprint"), "{}", wrong.sentence());
    let rita = world.user("rita").await;
    assert!(console.confirm_server(&rita, HOME, "prod", "prod-2", &told).await.is_err());
    assert!(console.refuse_server(&rita, HOME, "prod", "prod-2").await.is_err());
    assert_eq!(known().await, before);

    console
        .confirm_server(&ada, HOME, "prod", "prod-2", &told.replace(' ', "").to_uppercase())
        .await
        .unwrap();
    assert_eq!(known().await, Some(enrolment("", 60).public_key));
    let own = signed(&world, server, 60, WHO_CONTROLS, 3).await.unwrap();
    let answer = console.enrolment(&own, asks).await.unwrap().answer.unwrap();
    assert!(!answer.waits && answer.controller_key.is_some() && answer.server == server);
    let late = console.enrol(&anonymous(), enrolment(&code, 60)).await.unwrap();
    assert!(!late.waits && late.controller_key.is_some(), "killed just then, it comes once more");
    let nobody = console.refuse_server(&ada, HOME, "prod", "prod-2").await.unwrap_err();
    assert_eq!(nobody.sentence(), "No Platform Server waits to be prod-2.");
    assert_eq!(world.count("server.confirm", "done").await, 1);
}

#[tokio::test]
async fn a_key_that_is_refused_is_nobodys() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    let server = world.servers["prod"][1].1;
    let code = console.enrolment_code_to_confirm(&ada, HOME, "prod", "prod-2").await.unwrap();
    assert!(console.enrol(&anonymous(), enrolment(&code, 60)).await.unwrap().waits);
    console.refuse_server(&ada, HOME, "prod", "prod-2").await.unwrap();
    for path in [ENROLMENT, WHO_CONTROLS] {
        let refused = signed(&world, server, 60, path, 1).await.unwrap_err();
        assert!(refused.sentence().contains("not signed by a Platform Server"), "{}", refused.sentence());
    }
    assert!(console.enrol(&anonymous(), enrolment(&code, 60)).await.is_err(), "its code is used up");
    assert_eq!(world.count("server.refuse", "done").await, 1);
}
