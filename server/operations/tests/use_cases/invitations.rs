//! Inviting somebody: a link that counts once, and what it may not be used for.

use crate::common::{PASSWORD, World, anonymous, origin, role, user_of};
use domain::access::Proof;
use domain::id::RoleId;
use domain::time::{HOUR, MINUTE};
use operations::{Caller, InvitationInput, Invited, OperationError, Result};
use std::sync::atomic::Ordering;

const NEW: &str = "seven swans on the cut";

async fn invite(world: &World, caller: &Caller, username: &str, role: RoleId) -> Result<Invited> {
    let input = InvitationInput {
        username: username.into(),
        name: format!("Invited {username}"),
        email: String::new(),
        role,
    };
    world.console.invite_user(caller, "harbour", input).await
}

async fn no_good<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    match outcome {
        Err(OperationError::NotFound { what }) => what,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn asvs_6_4_1_a_link_lets_in_once_and_the_password_is_the_persons_own() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let invited = invite(&world, &ada, "ines", role(&world, "Developer").await).await.unwrap();
    assert_eq!(invited.token.len(), 64, "256 bits");
    assert!(world.sign_in("ines", NEW).await.is_err(), "there is no password yet");
    let view = world.console.invitation(&anonymous(), &invited.token).await.unwrap();
    assert_eq!((view.username.as_str(), view.renews), ("ines", false));
    for bad in ["short", "Invited ines", "1qaz2wsx3edc"] {
        let refused = world.console.accept_invitation(&anonymous(), &invited.token, bad).await.unwrap_err();
        assert!(matches!(refused, OperationError::Invalid { .. }), "{bad}: {refused}");
    }
    let who = world.console.accept_invitation(&anonymous(), &invited.token, NEW).await.unwrap();
    assert!(who.user == invited.user && who.asks.is_none() && !who.device.is_empty());
    assert_eq!(world.sign_in("ines", NEW).await.unwrap().user, invited.user);
    // Used, and unknown: the same words, and each leaves an entry.
    let used = no_good(world.console.invitation(&anonymous(), &invited.token).await).await;
    let unknown = no_good(world.console.invitation(&anonymous(), &"0".repeat(64)).await).await;
    assert_eq!(used, unknown);
    no_good(world.console.accept_invitation(&anonymous(), &invited.token, NEW).await).await;
    assert_eq!(world.count("invitation.open", "failed").await, 2);
    assert_eq!(world.count("invitation.accept", "done").await, 1);
    assert_eq!(world.count("invitation.accept", "failed").await, 4);
    let all = format!("{:?}", world.entries().await);
    assert!(!all.contains(&invited.token) && !all.contains(NEW));
    assert!(!format!("{invited:?}").contains(&invited.token), "nor in a log");
}

#[tokio::test]
async fn two_who_follow_a_link_at_once_are_one() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let invited = invite(&world, &ada, "ines", role(&world, "Reader").await).await.unwrap();
    let (one, other) = ("first words on the cut", "other words on the cut");
    let who = anonymous();
    let (a, b) = futures::future::join(
        world.console.accept_invitation(&who, &invited.token, one),
        world.console.accept_invitation(&who, &invited.token, other),
    )
    .await;
    assert!(a.is_ok() != b.is_ok());
    let right = if a.is_ok() { one } else { other };
    world.sign_in("ines", right).await.unwrap();
}

#[tokio::test]
async fn a_link_ends_by_time_and_by_a_newer_one() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let first = invite(&world, &ada, "ines", role(&world, "Reader").await).await.unwrap();
    let second = world.console.renew_invitation(&ada, "harbour", first.user).await.unwrap();
    no_good(world.console.invitation(&anonymous(), &first.token).await).await;
    world.clock.0.fetch_add(72 * HOUR - MINUTE, Ordering::SeqCst);
    world.console.invitation(&anonymous(), &second.token).await.unwrap();
    world.clock.0.fetch_add(MINUTE, Ordering::SeqCst);
    no_good(world.console.accept_invitation(&anonymous(), &second.token, NEW).await).await;
    assert_eq!(world.count("invitation.renew", "done").await, 1);
}

#[tokio::test]
async fn asvs_6_4_3_a_new_password_by_a_link_ends_what_was_before() {
    let world = World::new().await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let link = world.console.renew_invitation(&ada, "harbour", user_of(&ron)).await.unwrap();
    world.sign_in("ron", PASSWORD).await.unwrap();
    assert!(world.console.invitation(&anonymous(), &link.token).await.unwrap().renews);
    world.console.accept_invitation(&anonymous(), &link.token, NEW).await.unwrap();
    assert!(world.sign_in("ron", PASSWORD).await.is_err());
    world.sign_in("ron", NEW).await.unwrap();
}

#[tokio::test]
async fn nobody_invites_beyond_what_they_hold() {
    let world = World::new().await;
    let (ada, dev, ron) = (world.user("ada").await, world.user("dev").await, world.user("ron").await);
    let administrator = role(&world, "Administrator").await;
    for other in [&dev, &ron] {
        let denied = invite(&world, other, "ines", administrator).await.unwrap_err();
        assert!(matches!(denied, OperationError::Denied { .. }), "{denied}");
        let denied = world.console.renew_invitation(other, "harbour", user_of(&ada)).await.unwrap_err();
        assert!(matches!(denied, OperationError::Denied { .. }), "{denied}");
    }
    let own = world.console.renew_invitation(&ada, "harbour", user_of(&ada)).await.unwrap_err();
    assert!(own.sentence().contains("yourself"), "{own}");
    world.console.deactivate_user(&ada, "harbour", user_of(&ron)).await.unwrap();
    let gone = world.console.renew_invitation(&ada, "harbour", user_of(&ron)).await.unwrap_err();
    assert!(matches!(gone, OperationError::Conflict { .. }), "{gone}");
    let taken = invite(&world, &ada, "dev", administrator).await.unwrap_err();
    assert!(matches!(taken, OperationError::Invalid { .. }), "{taken}");
    // An old session alone does not do (ASVS 7.5.3).
    let stale = Caller { proof: Proof::None, origin: origin(), ..ada };
    let asked = invite(&world, &stale, "ines", administrator).await.unwrap_err();
    assert!(matches!(asked, OperationError::ProofNeeded { .. }), "{asked}");
    let nobody = invite(&world, &anonymous(), "ines", administrator).await.unwrap_err();
    assert!(matches!(nobody, OperationError::Denied { sign_in: true, .. }), "{nobody}");
    assert_eq!(world.count("invitation.make", "done").await, 0);
}

#[tokio::test]
async fn who_is_deactivated_meanwhile_is_not_let_in() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let invited = invite(&world, &ada, "ines", role(&world, "Reader").await).await.unwrap();
    world.console.deactivate_user(&ada, "harbour", invited.user).await.unwrap();
    no_good(world.console.invitation(&anonymous(), &invited.token).await).await;
    no_good(world.console.accept_invitation(&anonymous(), &invited.token, NEW).await).await;
}
