//! Managers of single teams, and that nobody widens another person's rights beyond their own by taking something away.

use crate::common::{HOME, PASSWORD, World, denied, make_role, role, role_input, user_of};
use domain::access::{Right, WideRight};
use operations::{AccessChange, OperationError, TeamQuery};

#[tokio::test]
async fn c13_a_teams_manager_manages_its_members_and_nothing_else() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let (ada, dev, ron, rita) =
        (world.user("ada").await, world.user("dev").await, world.user("ron").await, world.user("rita").await);
    let lead = make_role(&world, "Lead", [5, 2, 2], &[WideRight::ManageTeams]).await;
    let strong = make_role(&world, "Strong", [5, 5, 2], &[]).await;
    let member = make_role(&world, "Member", [4, 2, 0], &[]).await;
    let crew = world.console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    let other = world.console.create_team(&ada, HOME, "Other", "").await.unwrap();
    world.console.give_application(&ada, HOME, crew, "desk").await.unwrap();
    denied(world.console.teams(&ron, HOME).await);
    denied(world.console.team(&ron, HOME, crew, &TeamQuery::default()).await);
    world.console.put_member(&ada, HOME, crew, user_of(&ron), lead).await.unwrap();

    // What the manager sees: the own team, with what may be given there.
    let teams = world.console.teams(&ron, HOME).await.unwrap();
    assert_eq!(teams.teams.iter().map(|team| team.id).collect::<Vec<_>>(), [crew]);
    assert!(teams.create.is_err());
    let page = world.console.team(&ron, HOME, crew, &TeamQuery::default()).await.unwrap();
    assert!(page.edit.is_err() && page.delete.is_err() && page.applications.rows[0].take.is_err());
    assert!(page.members.rows[0].manages && page.members.rows[0].change.is_err(), "nobody changes their own");
    let may = |id| page.roles.iter().find(|choice| choice.role.id == id).unwrap().give.is_ok();
    assert!(may(lead) && may(member) && !may(strong));

    // The manager puts in and takes out.
    let found = world.console.person(&ron, HOME, Some(crew), " rita ").await.unwrap();
    assert_eq!((found.user, found.name.as_str()), (user_of(&rita), "Rita Release"));
    assert!(world.console.person(&ron, HOME, Some(crew), "nobody").await.is_err());
    world.console.put_member(&ron, HOME, crew, user_of(&rita), member).await.unwrap();
    assert!(
        denied(world.console.put_member(&ron, HOME, crew, user_of(&rita), strong).await).contains("in Test")
    );
    world.console.put_member(&ron, HOME, crew, user_of(&rita), lead).await.unwrap();
    // The release manager's own role deploys in Production, which the manager does not.
    let sentence = denied(world.console.remove_member(&ron, HOME, crew, user_of(&rita)).await);
    assert!(sentence.contains("Deploy in Production"), "{sentence}");
    world.console.remove_member(&ada, HOME, crew, user_of(&rita)).await.unwrap();
    let plain = make_role(&world, "Plain", [2, 2, 2], &[]).await;
    world.console.set_default_role(&ada, HOME, user_of(&rita), plain, "").await.unwrap();
    world.console.put_member(&ron, HOME, crew, user_of(&rita), member).await.unwrap();
    world.console.remove_member(&ron, HOME, crew, user_of(&rita)).await.unwrap();

    // Nothing else.
    denied(world.console.put_member(&ron, HOME, crew, user_of(&ron), member).await);
    denied(world.console.remove_member(&ron, HOME, crew, user_of(&ron)).await);
    denied(world.console.put_member(&ron, HOME, other, user_of(&rita), member).await);
    denied(world.console.remove_member(&ron, HOME, other, user_of(&dev)).await);
    denied(world.console.team(&ron, HOME, other, &TeamQuery::default()).await);
    denied(world.console.person(&ron, HOME, Some(other), "dev").await);
    denied(world.console.person(&ron, HOME, None, "dev").await);
    denied(world.console.give_application(&ron, HOME, crew, "desk").await);
    denied(world.console.take_application(&ron, HOME, crew, "desk").await);
    denied(world.console.edit_team(&ron, HOME, crew, "Mine", "").await);
    denied(world.console.delete_team(&ron, HOME, crew).await);
    denied(world.console.create_team(&ron, HOME, "Mine", "").await);
    denied(world.console.grant(&ron, HOME, user_of(&dev), "desk", member).await);
    denied(world.console.create_role(&ron, HOME, &role_input("Mine", [0, 0, 0], &[])).await);
    denied(world.console.roles(&ron, HOME).await);
    denied(world.console.preview_access(&ron, HOME, &AccessChange::DeleteTeam(crew)).await);
    denied(world.console.preview_access(&ron, HOME, &AccessChange::RemoveMember(other, user_of(&dev))).await);
    let allowed = AccessChange::PutMember(crew, user_of(&rita), member);
    assert!(world.console.preview_access(&ron, HOME, &allowed).await.unwrap().save.is_ok());

    // It ends with the role in the team, in open sessions too.
    world.console.put_member(&ada, HOME, crew, user_of(&ron), member).await.unwrap();
    denied(world.console.put_member(&ron, HOME, crew, user_of(&rita), member).await);
    assert_eq!(world.count("team.member", "denied").await, 4);
}

#[tokio::test]
async fn r28_taking_away_never_gives_more_than_the_caller_holds() {
    let world = World::new().await;
    for key in ["desk", "tides"] {
        world.publish(key, None, "", key).await;
    }
    let (ada, dev, ron) = (world.user("ada").await, world.user("dev").await, world.user("ron").await);
    let manager = make_role(&world, "Team Manager", [2, 2, 2], &[WideRight::ManageTeams]).await;
    let reader = role(&world, "Reader").await;
    world.console.set_default_role(&ada, HOME, user_of(&ron), manager, "").await.unwrap();
    let crew = world.console.create_team(&ron, HOME, "Crew", "").await.unwrap();
    // A team without applications narrows nobody, so that leaving it gives nobody anything.
    world.console.put_member(&ron, HOME, crew, user_of(&dev), reader).await.unwrap();
    world.console.remove_member(&ron, HOME, crew, user_of(&dev)).await.unwrap();
    world.console.put_member(&ron, HOME, crew, user_of(&dev), reader).await.unwrap();
    world.console.give_application(&ron, HOME, crew, "desk").await.unwrap();
    world.console.grant(&ron, HOME, user_of(&dev), "tides", reader).await.unwrap();
    let here = async |change: AccessChange| world.console.preview_access(&ron, HOME, &change).await.unwrap();
    for change in [
        AccessChange::TakeApplication(crew, "desk".into()),
        AccessChange::RemoveMember(crew, user_of(&dev)),
        AccessChange::DeleteTeam(crew),
        AccessChange::RevokeGrant(user_of(&dev), "tides".into()),
    ] {
        let seen = here(change.clone()).await;
        assert!(seen.widens_by_removal, "{change:?}");
        let refusal = seen.save.unwrap_err();
        assert!(
            refusal.sentence.contains("Change, Deploy and Create Applications in Development"),
            "{change:?}: {refusal:?}"
        );
        assert!(!refusal.lifted_by.is_empty());
    }
    denied(world.console.take_application(&ron, HOME, crew, "desk").await);
    denied(world.console.remove_member(&ron, HOME, crew, user_of(&dev)).await);
    denied(world.console.delete_team(&ron, HOME, crew).await);
    denied(world.console.revoke_grant(&ron, HOME, user_of(&dev), "tides").await);
    let page = world.console.team(&ron, HOME, crew, &TeamQuery::default()).await.unwrap();
    assert!(
        page.delete.is_err()
            && page.members.rows[0].remove.is_err()
            && page.applications.rows[0].take.is_err()
    );
    let card = world.console.grantees(&ron, HOME, "tides").await.unwrap();
    assert!(card.see.is_ok() && card.total.n == 1 && card.rows[0].revoke.is_err());
    // A grant that counts before the team's role takes the team's part in it away.
    world.console.grant(&ron, HOME, user_of(&dev), "desk", reader).await.unwrap();
    world.console.take_application(&ron, HOME, crew, "desk").await.unwrap();
    world.console.delete_team(&ron, HOME, crew).await.unwrap();
    world.console.revoke_grant(&ada, HOME, user_of(&dev), "tides").await.unwrap();
    for operation in ["team.application_take", "team.member_remove", "team.delete", "grant.revoke"] {
        assert_eq!(world.count(operation, "denied").await, 1, "{operation}");
    }
    // Who may not manage teams is told so instead of the names.
    let card = world.console.grantees(&dev, HOME, "tides").await.unwrap();
    assert!(
        card.rows.is_empty() && card.see.unwrap_err().sentence.contains("Manage Teams and Application Roles")
    );
}

#[tokio::test]
async fn r28_letting_somebody_in_again_is_giving_what_they_held() {
    let world = World::new().await;
    let registrar = make_role(&world, "Registrar", [2, 2, 2], &[WideRight::ManageInfrastructure]).await;
    let (ada, dev, ron) = (world.user("ada").await, world.user("dev").await, world.user("ron").await);
    world.console.set_default_role(&ada, HOME, user_of(&ron), registrar, "").await.unwrap();
    let reader = role(&world, "Reader").await;
    let new = operations::UserInput {
        username: "nina".into(),
        name: "Nina".into(),
        email: String::new(),
        role: reader,
        password: Some(PASSWORD.into()),
    };
    let nina = world.console.create_user(&ada, HOME, new).await.unwrap().user;
    for user in [user_of(&dev), nina] {
        world.console.deactivate_user(&ron, HOME, user).await.unwrap();
    }
    let sentence = denied(world.console.reactivate_user(&ron, HOME, user_of(&dev)).await);
    assert!(sentence.contains("Deploy and Create Applications in Development"), "{sentence}");
    assert!(world.console.user(&ron, HOME, user_of(&dev)).await.unwrap().reactivate.is_err());
    world.console.reactivate_user(&ron, HOME, nina).await.unwrap();
    world.console.reactivate_user(&ada, HOME, user_of(&dev)).await.unwrap();
    assert_eq!(world.count("user.reactivate", "denied").await, 1);
}

#[tokio::test]
async fn r27_opening_an_environment_gives_what_narrower_roles_hold_there() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let registrar = make_role(&world, "Registrar", [2, 2, 2], &[WideRight::ManageInfrastructure]).await;
    let closed = make_role(&world, "Closed", [2, 2, 0], &[]).await;
    let open = make_role(&world, "Open", [2, 2, 2], &[]).await;
    let release = role(&world, "Release Manager").await;
    let dev = world.user("dev").await;
    world.console.set_default_role(&ada, HOME, user_of(&dev), registrar, "").await.unwrap();
    world.console.set_default_role(&ada, HOME, user_of(&ron), closed, "").await.unwrap();
    world.console.grant(&ada, HOME, user_of(&ron), "desk", release).await.unwrap();
    // Each of these would open Production, where the grant deploys and the registrar does not.
    for sentence in [
        denied(world.console.set_default_role(&dev, HOME, user_of(&ron), open, "").await),
        denied(world.console.edit_role(&dev, HOME, closed, &role_input("Closed", [2, 2, 2], &[])).await),
        denied(world.console.delete_role(&dev, HOME, closed, Some(open)).await),
    ] {
        assert!(sentence.contains("Deploy in Production"), "{sentence}");
    }
    let change = AccessChange::EditRole(closed, role_input("Closed", [2, 2, 2], &[]));
    let seen = world.console.preview_access(&dev, HOME, &change).await.unwrap();
    assert!(seen.opens_production && seen.save.is_err());
    world.console.edit_role(&dev, HOME, closed, &role_input("Closed", [1, 2, 0], &[])).await.unwrap();
    world.console.set_default_role(&ada, HOME, user_of(&ron), open, "").await.unwrap();
    let page = world.console.user(&ada, HOME, user_of(&ron)).await.unwrap();
    let cell = &page.effective.iter().find(|row| row.application.is_some()).unwrap().cells[2];
    assert!(cell.rights.has(Right::Deploy));
}

#[tokio::test]
async fn a_team_takes_in_only_who_has_a_role_here() {
    let world = World::new().await;
    world.console.create_infrastructure(&world.local, "lock", "Lock").await.unwrap();
    let new = operations::NewUser {
        username: "far".into(),
        name: "Far".into(),
        email: String::new(),
        role: "Reader".into(),
        infrastructure: Some("lock".into()),
        password: Some(PASSWORD.into()),
    };
    world.console.add_user(&world.local, new).await.unwrap();
    let (ada, far) = (world.user("ada").await, world.user("far").await);
    let crew = world.console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    let reader = role(&world, "Reader").await;
    assert!(world.console.person(&ada, HOME, Some(crew), "far").await.is_err());
    let refused = world.console.put_member(&ada, HOME, crew, user_of(&far), reader).await.unwrap_err();
    assert!(matches!(refused, OperationError::Conflict { .. }), "{refused}");
    assert_eq!(world.count("team.member", "failed").await, 1);
}
