//! Inviting somebody: a link that counts once, and what it may not be used for.

use crate::common::{HOME, PASSWORD, World, anonymous, denied, later, make_role, origin, role, user_of};
use domain::access::{Proof, WideRight};
use domain::id::RoleId;
use domain::time::{HOUR, MINUTE};
use operations::{Caller, InvitationInput, Invited, Limits, NewUser, OperationError, PageQuery, Result};

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
    later(&world, 72 * HOUR - MINUTE);
    world.console.invitation(&anonymous(), &second.token).await.unwrap();
    later(&world, MINUTE);
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

#[tokio::test]
async fn open_links_are_listed_until_they_are_used_or_withdrawn() {
    let world = World::new().await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let reader = role(&world, "Reader").await;
    let ines = invite(&world, &ada, "ines", reader).await.unwrap();
    let made_at = world.console.time();
    later(&world, MINUTE);
    let link = world.console.renew_invitation(&world.local, HOME, user_of(&ron)).await.unwrap();

    let page = world.console.invitations(&ada, HOME, &PageQuery::default()).await.unwrap().invitations;
    assert_eq!(page.next, None);
    let [first, second] = &page.rows[..] else { panic!("{page:?}") };
    assert_eq!((first.user, first.username.as_str(), first.renews), (ines.user, "ines", false));
    assert_eq!((first.role.id, first.invited_by.as_deref()), (reader, Some("Ada Lovelace")));
    assert_eq!((first.invited_at, first.expires_at), (made_at, ines.expires_at));
    assert_eq!((second.user, second.renews, &second.invited_by), (user_of(&ron), true, &None));
    assert!(page.rows.iter().all(|row| row.renew.is_ok() && row.withdraw.is_ok()));
    let told = format!("{page:?}");
    assert!(!told.contains(&ines.token) && !told.contains(&link.token));

    // A dry run withdraws nothing.
    let dry = Caller { limits: Limits { dry_run: true, ..Limits::default() }, ..ada.clone() };
    world.console.withdraw_invitation(&dry, HOME, ines.user).await.unwrap();
    world.console.invitation(&anonymous(), &ines.token).await.unwrap();

    // An old session does: it only takes away.
    let stale = Caller { proof: Proof::None, ..ada.clone() };
    world.console.withdraw_invitation(&stale, HOME, ines.user).await.unwrap();
    no_good(world.console.invitation(&anonymous(), &ines.token).await).await;
    no_good(world.console.accept_invitation(&anonymous(), &ines.token, NEW).await).await;
    assert!(world.sign_in("ines", NEW).await.is_err(), "there is no password");
    let again = world.console.withdraw_invitation(&ada, HOME, ines.user).await.unwrap_err();
    assert!(matches!(again, OperationError::Conflict { .. }), "{again}");
    world.console.accept_invitation(&anonymous(), &link.token, NEW).await.unwrap();
    assert_eq!(
        world.console.invitations(&ada, HOME, &PageQuery::default()).await.unwrap().invitations.rows,
        []
    );

    // Who was withdrawn is invited again.
    let anew = world.console.renew_invitation(&ada, HOME, ines.user).await.unwrap();
    later(&world, 72 * HOUR - MINUTE);
    let open = async || {
        world
            .console
            .invitations(&world.local, HOME, &PageQuery::default())
            .await
            .unwrap()
            .invitations
            .rows
            .len()
    };
    assert_eq!(open().await, 1);
    world.console.invitation(&anonymous(), &anew.token).await.unwrap();
    later(&world, MINUTE);
    assert_eq!(open().await, 0, "its time is over");
    assert_eq!(world.count("invitation.withdraw", "done").await, 1);
    assert_eq!(world.count("invitation.withdraw", "failed").await, 1);
}

#[tokio::test]
async fn who_may_see_and_withdraw_open_links() {
    let world = World::new().await;
    world.console.create_infrastructure(&world.local, "lock", "Lock").await.unwrap();
    let both = NewUser {
        username: "both".into(),
        name: "Both".into(),
        email: String::new(),
        role: "Reader".into(),
        infrastructure: None,
        password: None,
    };
    let both = world.console.add_user(&world.local, both).await.unwrap().user;
    let (ada, dev, ron, rita) =
        (world.user("ada").await, world.user("dev").await, world.user("ron").await, world.user("rita").await);
    let clerk = make_role(&world, "Clerk", [2, 2, 2], &[WideRight::ManageInfrastructure]).await;
    world.console.set_default_role(&ada, HOME, user_of(&rita), clerk, "").await.unwrap();
    let ines = invite(&world, &ada, "ines", role(&world, "Administrator").await).await.unwrap();
    for user in [both, user_of(&ada)] {
        world.console.renew_invitation(&world.local, HOME, user).await.unwrap();
    }
    for other in [&dev, &ron] {
        denied(world.console.invitations(other, HOME, &PageQuery::default()).await);
        denied(world.console.withdraw_invitation(other, HOME, ines.user).await);
    }

    let rows = world.console.invitations(&ada, HOME, &PageQuery::default()).await.unwrap().invitations.rows;
    let row = |user| rows.iter().find(|row| row.user == user).unwrap();
    assert!(row(ines.user).renew.is_ok() && row(ines.user).withdraw.is_ok());
    let own = row(user_of(&ada));
    assert!(own.renew.as_ref().unwrap_err().sentence.contains("yourself") && own.withdraw.is_ok());
    let elsewhere = row(both);
    assert!(elsewhere.withdraw.as_ref().unwrap_err().sentence.contains("another infrastructure"));
    assert!(elsewhere.renew.is_err());
    let sentence = denied(world.console.withdraw_invitation(&ada, HOME, both).await);
    assert!(sentence.contains("another infrastructure"), "{sentence}");

    // R28: a new link would let in as an administrator; taking the link away gives nobody anything.
    let rows = world.console.invitations(&rita, HOME, &PageQuery::default()).await.unwrap().invitations.rows;
    let shown = rows.iter().find(|row| row.user == ines.user).unwrap();
    assert!(shown.renew.is_err() && shown.withdraw.is_ok());
    denied(world.console.renew_invitation(&rita, HOME, ines.user).await);
    world.console.withdraw_invitation(&rita, HOME, ines.user).await.unwrap();

    // Who is deactivated is let in by no link, so none is open.
    let ida = invite(&world, &ada, "ida", role(&world, "Reader").await).await.unwrap();
    world.console.deactivate_user(&ada, HOME, ida.user).await.unwrap();
    let rows = world.console.invitations(&ada, HOME, &PageQuery::default()).await.unwrap().invitations.rows;
    assert!(rows.iter().all(|row| row.user != ida.user));
    let nobody = world.console.invitations(&anonymous(), HOME, &PageQuery::default()).await.unwrap_err();
    assert!(matches!(nobody, OperationError::Denied { sign_in: true, .. }), "{nobody}");
    let bad =
        world.console.invitations(&ada, HOME, &PageQuery::after(Some("nonsense".into()))).await.unwrap_err();
    assert!(!matches!(bad, OperationError::Internal { .. }), "{bad}");
}
