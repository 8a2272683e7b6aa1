//! Teams and grants: each rule both ways.

use crate::common::{HOME, World, denied, make_role, refused, role, user_of};
use domain::access::{Source, WideRight};
use domain::id::UserId;
use operations::{OperationError, RoleInput, TeamQuery};

/// What counts for a user on an application in Development: the level and its source.
async fn counts(world: &World, user: UserId, application: &str) -> (u8, Source) {
    let page = world.console.user(&world.local, HOME, user).await.unwrap();
    let of_application = page
        .effective
        .iter()
        .find(|row| row.application.as_ref().is_some_and(|found| found.key == application));
    let cell = &of_application.unwrap_or(&page.effective[0]).cells[0];
    (cell.level, cell.source)
}

#[tokio::test]
async fn teams_are_managed_by_who_may() {
    let world = World::new().await;
    let manager = make_role(&world, "Team Manager", [2; 3], &[WideRight::ManageTeams]).await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    denied(world.console.create_team(&ron, HOME, "Crew", "").await);
    denied(world.console.teams(&ron, HOME).await);
    world.console.set_default_role(&ada, HOME, user_of(&ron), manager, "").await.unwrap();
    let crew = world.console.create_team(&ron, HOME, "Crew", "On board.").await.unwrap();
    for name in ["Crew", "", "a\nb"] {
        refused(world.console.create_team(&ron, HOME, name, "").await);
    }
    refused(world.console.create_team(&ron, HOME, "Long", &"x".repeat(501)).await);
    let other = world.console.create_team(&ron, HOME, "Other", "").await.unwrap();
    refused(world.console.edit_team(&ron, HOME, other, "Crew", "").await);
    world.console.edit_team(&ron, HOME, other, "Others", "Ashore.").await.unwrap();
    let page = world.console.team(&ron, HOME, other, &TeamQuery::default()).await.unwrap();
    assert_eq!((page.name.as_str(), page.description.as_str()), ("Others", "Ashore."));
    assert!(page.edit.is_ok());
    // Teams are no users and no roles.
    denied(world.console.create_role(&ron, HOME, &RoleInput::default()).await);
    denied(world.console.set_default_role(&ron, HOME, user_of(&ada), manager, "").await);
    world.console.delete_team(&ron, HOME, other).await.unwrap();
    let gone = world.console.team(&ron, HOME, other, &TeamQuery::default()).await;
    assert!(matches!(gone, Err(OperationError::NotFound { .. })));
    let names: Vec<_> =
        world.console.teams(&ron, HOME).await.unwrap().teams.into_iter().map(|row| row.id).collect();
    assert_eq!(names, [crew]);
    assert_eq!(world.count("team.create", "denied").await, 1);
    assert_eq!(world.count("team.create", "failed").await, 4);
    assert_eq!(world.count("team.delete", "done").await, 1);
}

#[tokio::test]
async fn r26_members_have_their_role_on_the_teams_applications() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let (developer, reader) = (role(&world, "Developer").await, role(&world, "Reader").await);
    let crew = world.console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    world.console.give_application(&ada, HOME, crew, "desk").await.unwrap();
    assert_eq!(counts(&world, user_of(&ron), "desk").await, (2, Source::Default));
    world.console.put_member(&ada, HOME, crew, user_of(&ron), developer).await.unwrap();
    assert_eq!(counts(&world, user_of(&ron), "desk").await, (5, Source::Team));
    world.console.tag(&ron, HOME, "desk", "dev", "0.1.0", "").await.unwrap();
    world.console.put_member(&ada, HOME, crew, user_of(&ron), reader).await.unwrap();
    assert_eq!(counts(&world, user_of(&ron), "desk").await, (2, Source::Team));
    denied(world.console.tag(&ron, HOME, "desk", "dev", "0.2.0", "").await);
    let page = world.console.team(&ada, HOME, crew, &TeamQuery::default()).await.unwrap();
    assert_eq!((page.members.rows.len(), page.applications.rows.len()), (1, 1));
    assert!(page.members.rows[0].change.is_ok());
    world.console.take_application(&ada, HOME, crew, "desk").await.unwrap();
    refused(world.console.take_application(&ada, HOME, crew, "desk").await);
    assert_eq!(counts(&world, user_of(&ron), "desk").await, (2, Source::Default));
    world.console.remove_member(&ada, HOME, crew, user_of(&ron)).await.unwrap();
    refused(world.console.remove_member(&ada, HOME, crew, user_of(&ron)).await);
    let missing = world.console.give_application(&ada, HOME, crew, "nothing").await;
    assert!(matches!(missing, Err(OperationError::NotFound { .. })));
}

#[tokio::test]
async fn r28_r29_a_team_gives_nothing_that_its_manager_lacks() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let manager = make_role(&world, "Team Manager", [2; 3], &[WideRight::ManageTeams]).await;
    let (ada, ron, dev) = (world.user("ada").await, world.user("ron").await, world.user("dev").await);
    let (developer, reader) = (role(&world, "Developer").await, role(&world, "Reader").await);
    world.console.set_default_role(&ada, HOME, user_of(&ron), manager, "").await.unwrap();
    let crew = world.console.create_team(&ron, HOME, "Crew", "").await.unwrap();
    denied(world.console.put_member(&ron, HOME, crew, user_of(&dev), developer).await);
    denied(world.console.put_member(&ron, HOME, crew, user_of(&ron), reader).await);
    denied(world.console.grant(&ron, HOME, user_of(&dev), "desk", developer).await);
    denied(world.console.grant(&ron, HOME, user_of(&ron), "desk", reader).await);
    world.console.put_member(&ron, HOME, crew, user_of(&dev), reader).await.unwrap();
    world.console.give_application(&ron, HOME, crew, "desk").await.unwrap();
    assert_eq!(counts(&world, user_of(&dev), "desk").await, (2, Source::Team), "a team may give less");
    // Taking it away would let the developer's own role count again, which gives more than the manager holds.
    denied(world.console.take_application(&ron, HOME, crew, "desk").await);
    world.console.take_application(&ada, HOME, crew, "desk").await.unwrap();
    // With a stronger member, giving the team an application would give that role.
    world.console.put_member(&ada, HOME, crew, user_of(&ron), developer).await.unwrap();
    denied(world.console.give_application(&ron, HOME, crew, "desk").await);
    assert_eq!(counts(&world, user_of(&ron), "desk").await, (2, Source::Default));
    denied(world.console.remove_member(&ron, HOME, crew, user_of(&ron)).await);
    let page = world.console.team(&ron, HOME, crew, &TeamQuery::default()).await.unwrap();
    let own = page.members.rows.iter().find(|row| row.user == user_of(&ron)).unwrap();
    assert!(own.change.is_err());
    assert!(page.roles.iter().any(|choice| choice.role.id == developer && choice.give.is_err()));
    world.console.give_application(&ada, HOME, crew, "desk").await.unwrap();
    assert_eq!(counts(&world, user_of(&ron), "desk").await, (5, Source::Team));
    for (operation, times) in
        [("team.member", 2), ("grant.give", 2), ("team.application_give", 1), ("team.application_take", 1)]
    {
        assert_eq!(world.count(operation, "denied").await, times, "{operation}");
    }
}

#[tokio::test]
async fn r31_an_application_is_in_one_team_and_the_other_is_named() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let ada = world.user("ada").await;
    let crew = world.console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    let pilots = world.console.create_team(&ada, HOME, "Pilots", "").await.unwrap();
    world.console.give_application(&ada, HOME, crew, "desk").await.unwrap();
    let sentence = refused(world.console.give_application(&ada, HOME, pilots, "desk").await);
    assert!(sentence.contains("“Crew”"), "{sentence}");
    world.console.delete_team(&ada, HOME, crew).await.unwrap();
    world.console.give_application(&ada, HOME, pilots, "desk").await.unwrap();
    assert_eq!(world.count("team.application_give", "failed").await, 1);
}

#[tokio::test]
async fn r27_a_grant_needs_an_open_environment() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let developer = role(&world, "Developer").await;
    let closed = make_role(&world, "Closed", [0; 3], &[]).await;
    world.console.set_default_role(&ada, HOME, user_of(&ron), closed, "").await.unwrap();
    let page = world.console.user(&ada, HOME, user_of(&ron)).await.unwrap();
    assert!(page.grant.unwrap_err().sentence.contains("No Access in every environment"));
    let sentence = refused(world.console.grant(&ada, HOME, user_of(&ron), "desk", developer).await);
    assert!(sentence.contains("“Closed”"), "{sentence}");
    world
        .console
        .set_default_role(&ada, HOME, user_of(&ron), role(&world, "Reader").await, "")
        .await
        .unwrap();
    world.console.grant(&ada, HOME, user_of(&ron), "desk", developer).await.unwrap();
    assert_eq!(counts(&world, user_of(&ron), "desk").await, (5, Source::Grant));
    world.console.tag(&ron, HOME, "desk", "dev", "0.1.0", "").await.unwrap();
    // A later grant takes the place of the former; taking it away leaves the default role.
    world.console.grant(&ada, HOME, user_of(&ron), "desk", closed).await.unwrap();
    assert_eq!(counts(&world, user_of(&ron), "desk").await, (0, Source::Grant));
    world.console.revoke_grant(&ada, HOME, user_of(&ron), "desk").await.unwrap();
    refused(world.console.revoke_grant(&ada, HOME, user_of(&ron), "desk").await);
    assert_eq!(counts(&world, user_of(&ron), "desk").await, (2, Source::Default));
    denied(world.console.revoke_grant(&ron, HOME, user_of(&ada), "desk").await);
    assert_eq!(world.count("grant.give", "done").await, 2);
    assert_eq!(world.count("grant.give", "failed").await, 1);
    assert_eq!(world.count("grant.revoke", "failed").await, 1);
    assert_eq!(world.count("grant.revoke", "denied").await, 1);
}
