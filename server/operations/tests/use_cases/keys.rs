//! A Platform Server signs with another key of its own: both are believed until the next one has signed.

use crate::common::{HOME, World, anonymous, enrolment, origin};
use domain::id::ServerId;
use domain::protocol::{NextKeyRequest, PROTOCOL, next_key_input, signing_input};
use domain::text::Sha256;
use ed25519_dalek::{Signer, SigningKey};
use operations::{Caller, SignedHeaders};
use std::cell::Cell;

fn key(secret: u8) -> SigningKey {
    SigningKey::from_bytes(&[secret; 32])
}

fn public(secret: u8) -> String {
    hex::encode(key(secret).verifying_key().as_bytes())
}

/// The server with a nonce for each request.
struct Signs<'w> {
    world: &'w World,
    server: ServerId,
    count: Cell<u128>,
}

impl Signs<'_> {
    /// Asks something, signed with a key.
    async fn with(&self, secret: u8) -> operations::Result<Caller> {
        self.count.set(self.count.get() + 1);
        let (nonce, time) = (format!("{:032x}", self.count.get()), self.world.console.time());
        let body = Sha256::of(b"");
        let input = signing_input("POST", "/agent/v1/sync", &body, time, &nonce);
        let signature = key(secret).sign(&input).to_bytes().to_vec();
        let headers = SignedHeaders { server: self.server, time, nonce, signature };
        self.world.console.identify_server(&origin(), &headers, "POST", "/agent/v1/sync", &body).await
    }

    /// Brings a key with a proof that another one may have signed.
    async fn brings(&self, by: &Caller, next: u8, proof: u8) -> operations::Result<()> {
        let proof = key(proof).sign(&next_key_input(self.server, &public(next))).to_bytes();
        let request =
            NextKeyRequest { protocol: PROTOCOL, public_key: public(next), proof: hex::encode(proof) };
        self.world.console.next_key(by, request).await
    }
}

#[tokio::test]
async fn the_next_key_takes_the_place_of_the_present_one_when_it_signs() {
    let world = World::new().await;
    let (console, local) = (&world.console, &world.local);
    let code = console.enrolment_code(local, HOME, "dev", "dev-1").await.unwrap();
    let server = console.enrol(&anonymous(), enrolment(&code, 50)).await.unwrap().server;
    let signs = Signs { world: &world, server, count: Cell::new(0) };
    let own = signs.with(50).await.unwrap();
    assert!(signs.with(51).await.is_err());
    let strange = signs.brings(&own, 51, 52).await.unwrap_err();
    assert!(strange.sentence().contains("has not signed that it is this server's"), "{}", strange.sentence());
    assert!(signs.brings(&anonymous(), 51, 51).await.is_err());
    assert!(signs.with(51).await.is_err(), "what is not proven is not believed");

    signs.brings(&own, 52, 52).await.unwrap();
    // Another one instead, and once more where the answer was lost.
    for _ in 0..2 {
        signs.brings(&own, 51, 51).await.unwrap();
    }
    assert!(signs.with(52).await.is_err());
    signs.with(50).await.unwrap();
    let seen = async || {
        let page = console.environment_settings(local, HOME, "dev").await.unwrap();
        page.front_ends.into_iter().next().unwrap().own_key.unwrap()
    };
    let before = seen().await;
    assert!(before.since.is_some() && before.next.is_some());
    signs.with(51).await.unwrap();
    assert!(signs.with(50).await.is_err(), "the one before is believed no more");
    signs.with(51).await.unwrap();
    signs.brings(&own, 51, 51).await.unwrap();
    let after = seen().await;
    assert_eq!((Some(&after.fingerprint), after.next), (before.next.as_ref(), None));
    for (operation, outcome, count) in
        [("server.next_key", "done", 2), ("server.next_key", "failed", 1), ("server.rotate_key", "done", 1)]
    {
        assert_eq!(world.count(operation, outcome).await, count, "{operation} {outcome}");
    }

    // A key that is revoked takes its next one along.
    signs.brings(&own, 53, 53).await.unwrap();
    console.revoke_server(local, HOME, "dev", "dev-1").await.unwrap();
    for secret in [51, 53] {
        assert!(signs.with(secret).await.unwrap_err().sentence().contains("was revoked"));
    }
}
