//! What a change of roles, teams or grants would do is told before it is made, and is what happens.

use crate::common::{HOME, World, role, role_input, user_of};
use domain::access::{Right, Rights, WideRight};
use domain::id::UserId;
use operations::view::{AccessPreview, PersonPreview};
use operations::{AccessChange, NewUser, OperationError, RoleInput};

async fn preview(world: &World, change: AccessChange) -> AccessPreview {
    let ada = world.user("ada").await;
    world.console.preview_access(&ada, HOME, &change).await.unwrap()
}

/// The lines of a person: `prod gains Deploy on desk`.
fn lines(person: &PersonPreview) -> Vec<String> {
    let line = |effect: &operations::view::EffectView| {
        let on: Vec<_> = effect.applications.iter().map(|each| each.key.clone()).collect();
        let on = if on.is_empty() { "everywhere else".to_owned() } else { on.join(" ") };
        format!("{} {} on {on}", effect.environment.key, effect.words)
    };
    person.effects.iter().map(line).collect()
}

fn named<'p>(seen: &'p AccessPreview, username: &str) -> &'p PersonPreview {
    seen.people.iter().find(|person| person.username == username).unwrap()
}

/// What a user holds, environment by environment: by default, then on each application with a narrower role.
async fn effective(world: &World, user: UserId) -> Vec<Vec<Rights>> {
    let page = world.console.user(&world.local, HOME, user).await.unwrap();
    page.effective.iter().map(|row| row.cells.iter().map(|cell| cell.rights).collect()).collect()
}

#[tokio::test]
async fn a_change_of_a_role_that_opens_production_to_a_team_is_told() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let (ada, ron, dev) = (world.user("ada").await, world.user("ron").await, world.user("dev").await);
    let pilot = world.console.create_role(&ada, HOME, &role_input("Pilot", [4, 2, 2], &[])).await.unwrap();
    let crew = world.console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    for user in [user_of(&ron), user_of(&dev)] {
        world.console.put_member(&ada, HOME, crew, user, pilot).await.unwrap();
    }
    // As long as the team has no application, nobody's rights come from it.
    let more = AccessChange::EditRole(pilot, role_input("Pilot", [4, 2, 5], &[WideRight::ReadAudit]));
    let seen = preview(&world, more.clone()).await;
    assert!(!seen.opens_production && seen.environments.is_empty());
    assert_eq!((seen.concerned.n, seen.people.len(), seen.more), (2, 2, 0));
    world.console.give_application(&ada, HOME, crew, "desk").await.unwrap();
    let seen = preview(&world, more).await;
    assert!(seen.opens_production && seen.save.is_ok() && !seen.widens_by_removal);
    let totals: Vec<_> = seen
        .environments
        .iter()
        .map(|total| (total.environment.key.as_str(), total.words.as_str()))
        .collect();
    assert_eq!(totals, [("prod", "gains Monitor, Add Dependencies, Open and Debug, Change and Deploy")]);
    assert!(seen.wide_gained.is_empty(), "a role in a team gives nothing in the whole infrastructure");
    assert!(seen.people.iter().all(|person| person.opens_production));
    assert_eq!(
        lines(named(&seen, "ron")),
        ["prod gains Monitor, Add Dependencies, Open and Debug, Change and Deploy on desk"]
    );
    assert_eq!(world.count("role.edit", "done").await, 0, "nothing is changed");
    // A grant counts before the team, and whoever is deactivated gains nothing.
    world.console.grant(&ada, HOME, user_of(&dev), "desk", role(&world, "Reader").await).await.unwrap();
    world.console.deactivate_user(&ada, HOME, user_of(&ron)).await.unwrap();
    let seen = preview(&world, AccessChange::EditRole(pilot, role_input("Pilot", [4, 2, 5], &[]))).await;
    assert_eq!((seen.concerned.n, seen.opens_production), (1, false));
    assert_eq!(lines(&seen.people[0]), Vec::<String>::new());
}

#[tokio::test]
async fn a_change_of_a_default_role_concerns_whoever_has_it() {
    let world = World::new().await;
    let reader = role(&world, "Reader").await;
    let change = AccessChange::EditRole(reader, role_input("Reader", [2, 0, 6], &[WideRight::ReadAudit]));
    let seen = preview(&world, change).await;
    assert_eq!(seen.people.iter().map(|person| person.username.as_str()).collect::<Vec<_>>(), ["ron"]);
    assert!(seen.opens_production);
    assert_eq!(seen.wide_gained.words(), "Read Audit");
    let ron = named(&seen, "ron");
    assert_eq!(ron.wide_gained.words(), "Read Audit");
    assert_eq!(lines(ron)[0], "test loses Access and List Applications on everywhere else");
    let wrong = AccessChange::EditRole(reader, RoleInput::default());
    let ada = world.user("ada").await;
    let refused = world.console.preview_access(&ada, HOME, &wrong).await.unwrap_err();
    assert!(matches!(refused, OperationError::Invalid { .. }), "{refused}");
    let unchangeable = AccessChange::EditRole(
        role(&world, "Administrator").await,
        role_input("Administrator", [0, 0, 0], &[]),
    );
    assert!(preview(&world, unchangeable).await.save.is_err());
    let dev = world.user("dev").await;
    let own = AccessChange::EditRole(reader, role_input("Reader", [1, 1, 1], &[]));
    assert!(matches!(
        world.console.preview_access(&dev, HOME, &own).await,
        Err(OperationError::Denied { .. })
    ));
}

#[tokio::test]
async fn deleting_a_role_tells_what_its_substitute_changes() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let (ada, dev) = (world.user("ada").await, world.user("dev").await);
    let (reader, release) = (role(&world, "Reader").await, role(&world, "Release Manager").await);
    world.console.grant(&ada, HOME, user_of(&dev), "desk", reader).await.unwrap();
    let seen = preview(&world, AccessChange::DeleteRole(reader, Some(release))).await;
    assert_eq!(seen.concerned.n, 2);
    assert!(seen.opens_production && seen.save.is_ok());
    assert_eq!(
        lines(named(&seen, "dev")),
        [
            "dev gains Monitor, Add Dependencies and Deploy on desk",
            "test gains Monitor, Add Dependencies and Deploy on desk",
            "prod gains Monitor, Add Dependencies and Deploy on desk",
        ]
    );
    assert!(lines(named(&seen, "ron")).iter().all(|line| line.ends_with("everywhere else")));
    let none = AccessChange::DeleteRole(reader, None);
    assert!(matches!(
        world.console.preview_access(&ada, HOME, &none).await,
        Err(OperationError::Invalid { .. })
    ));
    let free = world.console.create_role(&ada, HOME, &role_input("Free", [2, 2, 2], &[])).await.unwrap();
    let seen = preview(&world, AccessChange::DeleteRole(free, None)).await;
    assert_eq!((seen.concerned.n, seen.people.len(), seen.save.is_ok()), (0, 0, true));
}

#[tokio::test]
async fn team_and_grant_changes_tell_what_happens_then() {
    let world = World::new().await;
    for key in ["desk", "tides", "locks", "crane"] {
        world.publish(key, None, "", key).await;
    }
    let (ada, dev, ron) = (world.user("ada").await, world.user("dev").await, world.user("ron").await);
    let (developer, reader) = (role(&world, "Developer").await, role(&world, "Reader").await);
    let release = role(&world, "Release Manager").await;
    let crew = world.console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    for key in ["desk", "tides", "locks", "crane"] {
        let give = AccessChange::GiveApplication(crew, key.into());
        assert_eq!(preview(&world, give).await.concerned.n, 0, "the team has no members");
        world.console.give_application(&ada, HOME, crew, key).await.unwrap();
    }
    // Each change: what is told of a person is what is held afterwards.
    let steps = [
        AccessChange::PutMember(crew, user_of(&ron), developer),
        AccessChange::PutMember(crew, user_of(&ron), release),
        AccessChange::PutMember(crew, user_of(&dev), reader),
        AccessChange::Grant(user_of(&dev), "desk".into(), release),
        AccessChange::TakeApplication(crew, "tides".into()),
        AccessChange::RevokeGrant(user_of(&dev), "desk".into()),
        AccessChange::GiveApplication(crew, "tides".into()),
        AccessChange::RemoveMember(crew, user_of(&ron)),
        AccessChange::DefaultRole(user_of(&ron), developer),
        AccessChange::DeleteTeam(crew),
    ];
    for step in steps {
        let seen = preview(&world, step.clone()).await;
        assert!(seen.save.is_ok(), "{step:?}: {:?}", seen.save);
        let before = [effective(&world, user_of(&dev)).await, effective(&world, user_of(&ron)).await];
        let console = &world.console;
        match step.clone() {
            AccessChange::PutMember(team, user, role) => {
                console.put_member(&ada, HOME, team, user, role).await
            }
            AccessChange::RemoveMember(team, user) => console.remove_member(&ada, HOME, team, user).await,
            AccessChange::GiveApplication(team, key) => {
                console.give_application(&ada, HOME, team, &key).await
            }
            AccessChange::TakeApplication(team, key) => {
                console.take_application(&ada, HOME, team, &key).await
            }
            AccessChange::Grant(user, key, role) => console.grant(&ada, HOME, user, &key, role).await,
            AccessChange::RevokeGrant(user, key) => console.revoke_grant(&ada, HOME, user, &key).await,
            AccessChange::DefaultRole(user, role) => {
                console.set_default_role(&ada, HOME, user, role, "").await
            }
            AccessChange::DeleteTeam(team) => console.delete_team(&ada, HOME, team).await,
            other => panic!("{other:?}"),
        }
        .unwrap();
        let after = [effective(&world, user_of(&dev)).await, effective(&world, user_of(&ron)).await];
        for (index, username) in ["dev", "ron"].into_iter().enumerate() {
            let told = seen.people.iter().find(|person| person.username == username);
            let changes = told.is_some_and(|person| !person.effects.is_empty());
            // The rows differ where rights do, but a row that only comes or goes may say the same as the default one.
            let rows = |all: &Vec<Vec<Rights>>| all.iter().cloned().collect::<std::collections::HashSet<_>>();
            if rows(&before[index]) != rows(&after[index]) {
                assert!(changes, "{step:?} changes something for {username}, and the preview is silent");
            }
        }
    }
    // Four applications at once: three are named, one is counted.
    let crew = world.console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    for key in ["desk", "tides", "locks", "crane"] {
        world.console.give_application(&ada, HOME, crew, key).await.unwrap();
    }
    let seen = preview(&world, AccessChange::PutMember(crew, user_of(&dev), release)).await;
    let effect = seen.people[0].effects.iter().find(|effect| effect.environment.key == "prod").unwrap();
    assert_eq!((effect.applications.len(), effect.more_applications), (3, 1));
    assert!(effect.gained.has(Right::Deploy) && seen.opens_production);
    let taken = preview(&world, AccessChange::GiveApplication(crew, "desk".into())).await;
    assert!(taken.save.unwrap_err().sentence.contains("belongs to the team “Crew” already"));
}

#[tokio::test]
async fn fifty_people_are_named_and_the_others_are_counted() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let many = world.console.create_role(&ada, HOME, &role_input("Many", [2, 2, 2], &[])).await.unwrap();
    for n in 0..53 {
        let new = NewUser {
            username: format!("many-{n:02}"),
            name: format!("Many {n:02}"),
            email: String::new(),
            role: "Many".into(),
            infrastructure: Some(HOME.into()),
            password: Some("correct horse battery".into()),
        };
        world.console.add_user(&world.local, new).await.unwrap();
    }
    let seen = preview(&world, AccessChange::EditRole(many, role_input("Many", [2, 2, 5], &[]))).await;
    assert_eq!((seen.concerned.n, seen.people.len(), seen.more), (53, 50, 3));
    assert_eq!((seen.people[0].username.as_str(), seen.people[49].username.as_str()), ("many-00", "many-49"));
    assert!(seen.opens_production);
}
