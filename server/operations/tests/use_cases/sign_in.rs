//! Signing in safely: pauses after failures that lock nobody out, one's own sessions and password.

use crate::common::{PASSWORD, World, anonymous, later};
use domain::audit::Origin;
use domain::throttle::Scheme;
use domain::time::{MINUTE, SECOND};
use operations::{Caller, Credentials, OperationError, Result, SessionRow, SignedIn};

const WRONG: &str = "wrong horse battery";

fn from(address: &str) -> Caller {
    Caller { origin: Origin { address: address.into(), ..Origin::default() }, ..anonymous() }
}

async fn try_from(world: &World, address: &str, username: &str, password: &str) -> Result<SignedIn> {
    world.console.sign_in(&from(address), Credentials { username, password, device: None }).await
}

fn is_paused<T: std::fmt::Debug>(outcome: &Result<T>) -> bool {
    matches!(outcome, Err(OperationError::Paused { .. }))
}

#[tokio::test]
async fn asvs_6_3_1_failures_are_followed_by_pauses_that_end() {
    let world = World::new().await;
    for _ in 0..5 {
        assert!(!is_paused(&try_from(&world, "192.0.2.1", "ada", WRONG).await));
    }
    let before = world.console.password_verifications();
    let paused = try_from(&world, "192.0.2.1", "ada", PASSWORD).await;
    let Err(OperationError::Paused { sentence, retry_after_seconds }) = paused else { panic!("{paused:?}") };
    assert!(sentence.contains("Try again in 61 s") && sentence.contains("administrator"), "{sentence}");
    assert_eq!(retry_after_seconds, 61);
    assert_eq!(world.console.password_verifications(), before, "nothing is verified in a pause");
    assert_eq!(world.count("session.sign_in", "failed").await, 6, "each leaves an entry");
    // Unknown names are counted the same, or a pause would tell which names there are (ASVS 6.3.8).
    for _ in 0..5 {
        assert!(!is_paused(&try_from(&world, "192.0.2.2", "nobody", WRONG).await));
    }
    assert!(is_paused(&try_from(&world, "192.0.2.2", "nobody", WRONG).await));
    later(&world, MINUTE + SECOND);
    try_from(&world, "192.0.2.1", "ada", PASSWORD).await.unwrap();
    // A success begins anew.
    assert!(!is_paused(&try_from(&world, "192.0.2.1", "ada", WRONG).await));
    try_from(&world, "192.0.2.1", "ada", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn asvs_6_1_1_a_stranger_locks_nobody_out() {
    let world = World::new().await;
    let known = try_from(&world, "192.0.2.1", "ada", PASSWORD).await.unwrap().device;
    for _ in 0..30 {
        let _ = try_from(&world, "203.0.113.9", "ada", WRONG).await;
    }
    assert!(is_paused(&try_from(&world, "203.0.113.9", "ada", PASSWORD).await));
    // From another address it goes on at once, and from the same one with a device that is known.
    try_from(&world, "192.0.2.7", "ada", PASSWORD).await.unwrap();
    let same = |device: String| {
        let console = world.console.clone();
        async move {
            let credentials = Credentials { username: "ada", password: PASSWORD, device: Some(&device) };
            console.sign_in(&from("203.0.113.9"), credentials).await
        }
    };
    let next = same(known.clone()).await.unwrap().device;
    assert!(is_paused(&same(known).await), "its secret is a new one after each sign-in");
    // The device is known to its own account only.
    for _ in 0..6 {
        let credentials = Credentials { username: "ron", password: WRONG, device: Some(&next) };
        let _ = world.console.sign_in(&from("198.51.100.4"), credentials).await;
    }
    let credentials = Credentials { username: "ron", password: PASSWORD, device: Some(&next) };
    assert!(is_paused(&world.console.sign_in(&from("198.51.100.4"), credentials).await));
}

#[tokio::test]
async fn a_known_device_that_fails_too_often_is_known_no_longer() {
    let world = World::new().await;
    let device = try_from(&world, "192.0.2.1", "ada", PASSWORD).await.unwrap().device;
    let fail = || Credentials { username: "ada", password: WRONG, device: Some(&device) };
    for _ in 0..10 {
        assert!(!is_paused(&world.console.sign_in(&from("192.0.2.1"), fail()).await));
    }
    for _ in 0..5 {
        let _ = world.console.sign_in(&from("192.0.2.1"), fail()).await;
    }
    assert!(is_paused(&world.console.sign_in(&from("192.0.2.1"), fail()).await));
}

#[tokio::test]
async fn many_at_once_are_counted_like_one_after_the_other() {
    let world = World::new().await;
    let before = world.console.password_verifications();
    let tries = (0..20).map(|_| try_from(&world, "192.0.2.1", "ada", WRONG));
    let outcomes = futures::future::join_all(tries).await;
    assert_eq!(outcomes.iter().filter(|outcome| is_paused(outcome)).count(), 15);
    assert_eq!(world.console.password_verifications(), before + 5);
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_is_paused_for_all() {
    let world = World::new().await;
    for n in 0..20 {
        assert!(!is_paused(&try_from(&world, "2001:db8::1", &format!("name{n}"), WRONG).await));
    }
    assert!(is_paused(&try_from(&world, "2001:db8::2", "ada", PASSWORD).await), "the same /64");
    try_from(&world, "2001:db8:0:1::1", "ada", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn r30_an_administrator_unblocks_and_nobody_else() {
    let world = World::new().await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let domain::access::Actor::User { user } = ron.actor else { panic!() };
    for _ in 0..5 {
        let _ = try_from(&world, "192.0.2.1", "ron", WRONG).await;
    }
    let tried = world.console.failed_sign_ins(&ada, user).await.unwrap();
    assert_eq!((tried[0].0.as_str(), tried[0].1), ("192.0.2.1", 5));
    let denied = world.console.unblock_user(&ron, user).await.unwrap_err();
    assert!(matches!(denied, OperationError::Denied { .. }), "{denied}");
    assert!(world.console.failed_sign_ins(&ron, user).await.is_err());
    assert!(is_paused(&try_from(&world, "192.0.2.1", "ron", PASSWORD).await));
    world.console.unblock_user(&ada, user).await.unwrap();
    try_from(&world, "192.0.2.1", "ron", PASSWORD).await.unwrap();
    assert_eq!(world.count("user.unblock", "done").await, 1);
    assert_eq!(world.count("user.unblock", "denied").await, 1);
}

#[tokio::test]
async fn r30_the_preset_of_lifetime() {
    let settings = operations::Settings { sign_in_pauses: Scheme::Lifetime, ..crate::common::settings() };
    let world = World::with(storage::testing::sqlite().await.unwrap(), settings).await;
    for _ in 0..3 {
        assert!(!is_paused(&try_from(&world, "192.0.2.1", "ada", WRONG).await));
    }
    assert!(is_paused(&try_from(&world, "192.0.2.1", "ada", PASSWORD).await));
    later(&world, 31 * SECOND);
    try_from(&world, "192.0.2.1", "ada", PASSWORD).await.unwrap();
}

/// A session of somebody, under a made-up hash.
async fn session(world: &World, caller: &Caller, hash: &str) {
    let now = world.console.time();
    let domain::access::Actor::User { user } = caller.actor else { panic!() };
    let row = SessionRow {
        id_hash: hash.repeat(64),
        user_id: Some(user),
        data: "{}".into(),
        created_at: now,
        last_seen_at: now,
        idle_expires_at: now.plus(30 * MINUTE),
        expires_at: now.plus(60 * MINUTE),
        address: "192.0.2.1".into(),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
    };
    assert!(world.console.sessions().create(&row).await.unwrap());
}

#[tokio::test]
async fn asvs_7_5_2_people_see_and_end_their_own_sessions_and_no_others() {
    let world = World::new().await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    for (who, hash) in [(&ada, "a"), (&ada, "b"), (&ada, "c"), (&ron, "d")] {
        session(&world, who, hash).await;
    }
    let own = world.console.own_sessions(&ada, Some(&"a".repeat(64))).await.unwrap();
    assert_eq!(own.len(), 3);
    assert_eq!(own.iter().filter(|session| session.current).count(), 1);
    assert_eq!(own[0].device, "Firefox on Linux");
    let foreign = world.console.end_session(&ada, &"d".repeat(64)).await.unwrap_err();
    assert!(matches!(foreign, OperationError::NotFound { .. }), "{foreign}");
    world.console.end_session(&ada, &"b".repeat(64)).await.unwrap();
    assert!(world.console.end_session(&ada, &"b".repeat(64)).await.is_err(), "only once");
    assert_eq!(world.console.end_other_sessions(&ada, &"a".repeat(64)).await.unwrap(), 1);
    assert_eq!(world.console.own_sessions(&ada, None).await.unwrap().len(), 1);
    assert_eq!(world.console.own_sessions(&ron, None).await.unwrap().len(), 1);
    assert!(world.console.own_sessions(&anonymous(), None).await.is_err());
    let why = world.console.why_signed_out(&"b".repeat(64)).await.unwrap().unwrap();
    assert!(why.contains("you ended this session"), "{why}");
    assert_eq!(world.console.why_signed_out(&"e".repeat(64)).await.unwrap(), None);
    later(&world, 31 * MINUTE);
    let why = world.console.why_signed_out(&"a".repeat(64)).await.unwrap().unwrap();
    assert!(why.contains("did nothing"), "{why}");
    world.console.sessions().purge().await.unwrap();
    assert!(world.console.why_signed_out(&"a".repeat(64)).await.unwrap().is_some(), "for a day");
    later(&world, 25 * 60 * MINUTE);
    world.console.sessions().purge().await.unwrap();
    assert_eq!(world.console.why_signed_out(&"a".repeat(64)).await.unwrap(), None);
    assert_eq!(world.console.why_signed_out(&"b".repeat(64)).await.unwrap(), None);
}

#[tokio::test]
async fn asvs_6_2_3_and_7_4_3_a_new_password_needs_the_present_one_and_ends_other_sessions() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    session(&world, &ada, "a").await;
    session(&world, &ada, "b").await;
    let here = "a".repeat(64);
    let new = "seven swans on the cut";
    for (old, new, field) in [
        (WRONG, new, "old"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "1qaz2wsx3edc", "new"),
        (PASSWORD, PASSWORD, "new"),
        (PASSWORD, "Ada Lovelace ", "new"),
    ] {
        let refused = world.console.change_own_password(&ada, &here, old, new).await.unwrap_err();
        let OperationError::Invalid { fields } = refused else { panic!("{refused}") };
        assert_eq!(fields[0].field, field, "{new}");
    }
    assert_eq!(world.console.own_sessions(&ada, None).await.unwrap().len(), 2, "nothing was changed");
    world.console.change_own_password(&ada, &here, PASSWORD, new).await.unwrap();
    let left = world.console.own_sessions(&ada, Some(&here)).await.unwrap();
    assert!(left.len() == 1 && left[0].current);
    let why = world.console.why_signed_out(&"b".repeat(64)).await.unwrap().unwrap();
    assert!(why.contains("password was changed"), "{why}");
    assert!(world.sign_in("ada", PASSWORD).await.is_err());
    world.sign_in("ada", new).await.unwrap();
    assert_eq!(world.count("user.change_own_password", "failed").await, 5);
    let all = format!("{:?}", world.entries().await);
    assert!(!all.contains(new) && !all.contains("argon2"), "no secret stands in an entry");
}
