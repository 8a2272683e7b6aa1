//! Choosing what a team gets: applications and people are found with the reason where they cannot be chosen; and a user's page says what
//! its viewer may change there.

use crate::common::{HOME, PASSWORD, World, denied, make_role, role, user_of};
use domain::access::WideRight;
use operations::view::Possible;
use operations::{NewUser, OperationError};

/// What is in the way.
fn reason(possible: &Possible) -> String {
    possible.as_ref().unwrap_err().sentence.clone()
}

#[tokio::test]
async fn r31_what_another_team_has_is_found_with_the_team_that_has_it() {
    let world = World::new().await;
    for app in ["desk", "dock", "tides"] {
        world.publish(app, None, "", app).await;
    }
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let crew = world.console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    let pilots = world.console.create_team(&ada, HOME, "Pilots", "").await.unwrap();
    world.console.give_application(&ada, HOME, crew, "desk").await.unwrap();
    let found = world.console.find_applications(&ada, HOME, Some(pilots), "d").await.unwrap();
    let keys: Vec<_> = found.rows.iter().map(|row| row.application.key.as_str()).collect();
    assert_eq!((keys, found.total.n), (vec!["desk", "dock", "tides"], 3), "by name");
    let why = reason(&found.rows[0].give);
    assert!(why.contains("“Crew”") && why.contains("at most one team"), "{why}");
    assert!(found.rows[1].give.is_ok());
    let own = world.console.find_applications(&ada, HOME, Some(crew), "desk").await.unwrap();
    assert!(reason(&own.rows[0].give).contains("this team already"));
    // For a grant the team does not matter.
    let granted = world.console.find_applications(&ada, HOME, None, "DESK").await.unwrap();
    assert!(granted.rows[0].give.is_ok());
    assert_eq!(granted.rows[0].team.as_ref().map(|(id, _)| *id), Some(crew));
    denied(world.console.find_applications(&ron, HOME, None, "desk").await);
    denied(world.console.find_applications(&ron, HOME, Some(crew), "desk").await);
    world.console.delete_team(&ada, HOME, pilots).await.unwrap();
    let gone = world.console.find_applications(&ada, HOME, Some(pilots), "desk").await;
    assert!(matches!(gone, Err(OperationError::NotFound { .. })));
}

#[tokio::test]
async fn r28_what_the_members_would_get_is_told_before_it_is_given() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let manager = make_role(&world, "Team Manager", [2; 3], &[WideRight::ManageTeams]).await;
    let (ada, ron, dev) = (world.user("ada").await, world.user("ron").await, world.user("dev").await);
    world.console.set_default_role(&ada, HOME, user_of(&ron), manager, "").await.unwrap();
    let crew = world.console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    world.console.put_member(&ada, HOME, crew, user_of(&dev), role(&world, "Developer").await).await.unwrap();
    let found = world.console.find_applications(&ron, HOME, Some(crew), "desk").await.unwrap();
    assert!(reason(&found.rows[0].give).contains("which you do not hold"));
    let found = world.console.find_applications(&ada, HOME, Some(crew), "desk").await.unwrap();
    assert!(found.rows[0].give.is_ok());
}

#[tokio::test]
async fn people_without_a_role_here_are_found_by_who_manages_all_teams() {
    let world = World::new().await;
    world.console.create_infrastructure(&world.local, "canal", "Canal").await.unwrap();
    let new = NewUser {
        username: "sam".into(),
        name: "Sam Stranger".into(),
        email: String::new(),
        role: "Reader".into(),
        infrastructure: Some("canal".into()),
        password: Some(PASSWORD.into()),
    };
    let sam = world.console.add_user(&world.local, new).await.unwrap().user;
    let (ada, ron, dev) = (world.user("ada").await, world.user("ron").await, world.user("dev").await);
    let lead = make_role(&world, "Lead", [2; 3], &[WideRight::ManageTeams]).await;
    let crew = world.console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    world.console.put_member(&ada, HOME, crew, user_of(&ron), lead).await.unwrap();

    let found = world.console.find_people(&ada, HOME, crew, "sam").await.unwrap();
    assert_eq!((found.rows[0].person.user, found.rows[0].role.clone()), (sam, None));
    let why = reason(&found.rows[0].put);
    assert_eq!(
        why,
        "Sam Stranger has no role in Harbour, so a team would give nothing. Give a default role first."
    );
    let found = world.console.find_people(&ada, HOME, crew, "ron").await.unwrap();
    assert!(reason(&found.rows[0].put).contains("in this team already, as “Lead”"));
    let found = world.console.find_people(&ada, HOME, crew, "ada").await.unwrap();
    assert!(reason(&found.rows[0].put).contains("your own roles"));
    // The team's own manager finds colleagues.
    let found = world.console.find_people(&ron, HOME, crew, "sam").await.unwrap();
    assert_eq!((found.rows.len(), found.total.n), (0, 0));
    let found = world.console.find_people(&ron, HOME, crew, "DEV").await.unwrap();
    assert!(found.rows[0].put.is_ok() && found.rows[0].person.user == user_of(&dev));
    denied(world.console.find_people(&dev, HOME, crew, "ron").await);
    let page = world.console.user(&ada, HOME, sam).await.unwrap();
    assert!(reason(&page.join).contains("no role in Harbour"));
}

#[tokio::test]
async fn a_users_page_says_which_teams_and_grants_may_be_changed() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let manager = make_role(&world, "Team Manager", [2; 3], &[WideRight::ManageTeams]).await;
    let (ada, ron, dev) = (world.user("ada").await, world.user("ron").await, world.user("dev").await);
    let reader = role(&world, "Reader").await;
    world.console.set_default_role(&ada, HOME, user_of(&ron), manager, "").await.unwrap();
    let crew = world.console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    world.console.give_application(&ada, HOME, crew, "desk").await.unwrap();
    world.console.put_member(&ada, HOME, crew, user_of(&dev), reader).await.unwrap();
    let page = world.console.user(&ada, HOME, user_of(&dev)).await.unwrap();
    assert!(page.join.is_ok() && page.grant.is_ok());
    assert!(page.teams[0].change.is_ok() && page.teams[0].leave.is_ok());
    // Whoever holds less may not take away what lets more count again.
    let page = world.console.user(&ron, HOME, user_of(&dev)).await.unwrap();
    assert!(page.teams[0].change.is_ok() && reason(&page.teams[0].leave).contains("somebody would gain"));
    world.console.remove_member(&ada, HOME, crew, user_of(&dev)).await.unwrap();
    world.console.grant(&ada, HOME, user_of(&dev), "desk", reader).await.unwrap();
    assert!(world.console.user(&ada, HOME, user_of(&dev)).await.unwrap().grants[0].revoke.is_ok());
    let page = world.console.user(&ron, HOME, user_of(&dev)).await.unwrap();
    assert!(reason(&page.grants[0].revoke).contains("somebody would gain"));
    // On the own page nothing can be changed, whoever looks.
    let page = world.console.user(&dev, HOME, user_of(&dev)).await.unwrap();
    assert!(reason(&page.join).contains("your own roles") && page.grants[0].revoke.is_err());
    // Who is deactivated holds nothing, and gains nothing by it.
    world.console.deactivate_user(&ada, HOME, user_of(&dev)).await.unwrap();
    let page = world.console.user(&ron, HOME, user_of(&dev)).await.unwrap();
    assert!(page.grants[0].revoke.is_ok());
}

#[tokio::test]
async fn a_second_factor_is_seen_by_who_manages_the_person() {
    let world = World::new().await;
    let (ada, ron, dev) = (world.user("ada").await, world.user("ron").await, world.user("dev").await);
    let seen = world.console.user_second_factor(&ada, HOME, user_of(&ron)).await.unwrap();
    assert_eq!(
        (seen.authenticator, seen.passkeys, seen.passkeys_since, seen.required),
        (None, 0, None, false)
    );
    let reader = role(&world, "Reader").await;
    world.console.require_second_factor(&ada, HOME, reader, true).await.unwrap();
    assert!(world.console.user_second_factor(&ada, HOME, user_of(&ron)).await.unwrap().required);
    assert!(!world.console.user_second_factor(&ada, HOME, user_of(&dev)).await.unwrap().required);
    denied(world.console.user_second_factor(&dev, HOME, user_of(&ron)).await);
    denied(world.console.user_second_factor(&ron, HOME, user_of(&ron)).await);
}
