//! Users, their default roles, and what follows from them: each rule both ways.

use crate::common::{HOME, PASSWORD, World, denied, refused, role, role_input, user_of};
use domain::access::{Right, Rights, Source, WideRight};
use domain::environment::Purpose;
use domain::id::{RoleId, UserId};
use operations::{Caller, NewEnvironment, NewUser, OperationError, RoleInput, UserInput, UserQuery};
use std::collections::BTreeMap;

/// The role that a user has now.
async fn held(world: &World, user: UserId) -> String {
    world.console.user(&world.local, HOME, user).await.unwrap().row.role.unwrap().name
}

async fn add(world: &World, username: &str, role: RoleId) -> Caller {
    let input = UserInput {
        username: username.to_owned(),
        name: format!("Person {username}"),
        email: String::new(),
        role,
        password: Some(PASSWORD.to_owned()),
    };
    world.console.create_user(&world.local, HOME, input).await.unwrap();
    world.user(username).await
}

/// Somebody who manages users and lists applications, and holds no more.
async fn registrar(world: &World) -> Caller {
    let new = role_input("Registrar", [2, 2, 2], &[WideRight::ManageInfrastructure]);
    let role = world.console.create_role(&world.local, HOME, &new).await.unwrap();
    add(world, "mia", role).await
}

#[tokio::test]
async fn users_are_found_by_those_who_manage_them() {
    let world = World::new().await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let list = async |query: UserQuery| {
        let page = world.console.users(&ada, HOME, &query).await.unwrap();
        assert_eq!(page.total.n as usize, page.users.rows.len());
        page.users.rows.into_iter().map(|row| row.username).collect::<Vec<_>>()
    };
    assert_eq!(list(UserQuery::default()).await, ["ada", "dev", "rita", "ron"]);
    let search = UserQuery { search: Some(" LOVE".into()), ..UserQuery::default() };
    assert_eq!(list(search).await, ["ada"]);
    let readers = UserQuery { role: Some(role(&world, "Reader").await), ..UserQuery::default() };
    assert_eq!(list(readers).await, ["ron"]);
    world.console.deactivate_user(&ada, HOME, user_of(&ron)).await.unwrap();
    let inactive = UserQuery { active: Some(false), ..UserQuery::default() };
    assert_eq!(list(inactive).await, ["ron"]);
    let page = world.console.users(&ada, HOME, &UserQuery::default()).await.unwrap();
    assert!(page.create.is_ok() && page.roles.iter().all(|choice| choice.give.is_ok()));

    let dev = world.user("dev").await;
    let sentence = denied(world.console.users(&dev, HOME, &UserQuery::default()).await);
    assert!(sentence.contains("“Manage Teams and Application Roles”"), "{sentence}");
    denied(world.console.user(&dev, HOME, user_of(&ada)).await);
    let own = world.console.user(&dev, HOME, user_of(&dev)).await.unwrap();
    assert_eq!(own.row.role.unwrap().name, "Developer");
    assert!(own.change.is_err() && own.set_role.is_err() && own.grant.is_err() && own.deactivate.is_err());
    assert!(own.roles.iter().any(|choice| choice.give.is_err()));
}

#[tokio::test]
async fn r28_nobody_gives_what_they_do_not_hold() {
    let world = World::new().await;
    let mia = registrar(&world).await;
    let ron = user_of(&world.user("ron").await);
    let new = |role| UserInput {
        username: "new".into(),
        name: "New".into(),
        email: String::new(),
        role,
        password: Some(PASSWORD.into()),
    };
    let (developer, reader) = (role(&world, "Developer").await, role(&world, "Reader").await);
    let sentence = denied(world.console.create_user(&mia, HOME, new(developer)).await);
    assert!(sentence.contains("Change") && sentence.contains("in Development"), "{sentence}");
    assert!(!sentence.contains("Production"), "held there: {sentence}");
    denied(world.console.set_default_role(&mia, HOME, ron, developer, "").await);
    let more = role_input("More", [2, 2, 5], &[]);
    let sentence = denied(world.console.create_role(&mia, HOME, &more).await);
    assert!(sentence.contains("Deploy in Production"), "{sentence}");
    let audit = role_input("Audit", [0, 0, 0], &[WideRight::ReadAudit]);
    assert!(denied(world.console.create_role(&mia, HOME, &audit).await).contains("Read Audit"));
    denied(world.console.edit_role(&mia, HOME, reader, &role_input("Reader", [2, 2, 3], &[])).await);
    let coming = RoleInput { new_environment: Some(Rights::level(1)), ..role_input("Less", [2, 2, 2], &[]) };
    assert!(denied(world.console.create_role(&mia, HOME, &coming).await).contains("environments to come"));
    let by_name = NewUser {
        username: "new".into(),
        name: "New".into(),
        email: String::new(),
        role: "Developer".into(),
        infrastructure: Some(HOME.into()),
        password: Some(PASSWORD.into()),
    };
    denied(world.console.add_user(&mia, by_name).await);

    // What she holds she gives, even a set that is no level.
    let less = world.console.create_role(&mia, HOME, &role_input("Less", [2, 0, 1], &[])).await.unwrap();
    denied(world.console.delete_role(&mia, HOME, less, Some(developer)).await);
    world.console.create_user(&mia, HOME, new(reader)).await.unwrap();
    world.console.set_default_role(&mia, HOME, ron, less, "").await.unwrap();
    assert_eq!(held(&world, ron).await, "Less");
    world.console.edit_role(&mia, HOME, less, &role_input("Least", [0, 0, 1], &[])).await.unwrap();
    world.console.delete_role(&mia, HOME, less, Some(reader)).await.unwrap();
    assert_eq!(held(&world, ron).await, "Reader");
    // The local operator gives anything.
    world.console.set_default_role(&world.local, HOME, ron, developer, "").await.unwrap();
    for (operation, times) in [("user.add", 2), ("user.role", 1), ("role.create", 3), ("role.edit", 1)] {
        assert_eq!(world.count(operation, "denied").await, times, "{operation}");
    }
}

#[tokio::test]
async fn r29_nobody_changes_their_own_role() {
    let world = World::new().await;
    let mia = registrar(&world).await;
    let ada = world.user("ada").await;
    let (reader, registrar) = (role(&world, "Reader").await, role(&world, "Registrar").await);
    denied(world.console.set_default_role(&ada, HOME, user_of(&ada), reader, "").await);
    assert_eq!(held(&world, user_of(&ada)).await, "Administrator");
    let less = role_input("Registrar", [1, 1, 1], &[WideRight::ManageInfrastructure]);
    assert!(denied(world.console.edit_role(&mia, HOME, registrar, &less).await).contains("your own role"));
    denied(world.console.delete_role(&mia, HOME, registrar, Some(reader)).await);
    denied(world.console.deactivate_user(&mia, HOME, user_of(&mia)).await);
    let preview = world.console.preview_default_role(&ada, HOME, user_of(&ada), reader).await.unwrap();
    assert!(preview.save.is_err());
    assert!(world.console.user(&ada, HOME, user_of(&ada)).await.unwrap().set_role.is_err());
    assert!(world.console.role(&mia, HOME, registrar).await.unwrap().edit.is_err());
    // Somebody else does.
    world.console.edit_role(&ada, HOME, registrar, &less).await.unwrap();
    world.console.set_default_role(&ada, HOME, user_of(&mia), reader, "").await.unwrap();
    assert_eq!(held(&world, user_of(&mia)).await, "Reader");
}

#[tokio::test]
async fn the_administrator_role_cannot_be_changed() {
    let world = World::new().await;
    let administrator = role(&world, "Administrator").await;
    let page = world.console.role(&world.local, HOME, administrator).await.unwrap();
    assert!(page.edit.is_err() && page.delete.is_err() && page.row.built_in);
    let less = role_input("Administrator", [6, 6, 0], &[WideRight::ManageInfrastructure]);
    denied(world.console.edit_role(&world.local, HOME, administrator, &less).await);
    let reader = role(&world, "Reader").await;
    denied(world.console.delete_role(&world.local, HOME, administrator, Some(reader)).await);
    assert_eq!(world.count("role.edit", "denied").await, 1);
    // The other built-in ones can.
    let more = role_input("Reader", [3, 3, 3], &[]);
    world.console.edit_role(&world.local, HOME, reader, &more).await.unwrap();
    let page = world.console.role(&world.local, HOME, reader).await.unwrap();
    assert!(page.edit.is_ok() && page.row.cells.iter().all(|cell| cell.level == 3));
}

#[tokio::test]
async fn the_last_active_administrator_stays() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let (administrator, reader) = (role(&world, "Administrator").await, role(&world, "Reader").await);
    let page = world.console.user(&world.local, HOME, user_of(&ada)).await.unwrap();
    assert!(page.deactivate.unwrap_err().sentence.contains("last active administrator"));
    let sentence =
        refused(world.console.set_default_role(&world.local, HOME, user_of(&ada), reader, "").await);
    assert!(sentence.contains("last active administrator of Harbour"), "{sentence}");
    refused(world.console.deactivate_user(&world.local, HOME, user_of(&ada)).await);
    let preview =
        world.console.preview_default_role(&world.local, HOME, user_of(&ada), reader).await.unwrap();
    assert!(preview.save.is_err());
    // One who is deactivated does not count.
    let eve = add(&world, "eve", administrator).await;
    world.console.deactivate_user(&ada, HOME, user_of(&eve)).await.unwrap();
    refused(world.console.set_default_role(&world.local, HOME, user_of(&ada), reader, "").await);
    world.console.reactivate_user(&ada, HOME, user_of(&eve)).await.unwrap();
    world.console.set_default_role(&world.local, HOME, user_of(&ada), reader, "").await.unwrap();
    refused(world.console.deactivate_user(&world.local, HOME, user_of(&eve)).await);
    assert_eq!(world.count("user.role", "failed").await, 2);
    assert_eq!(world.count("user.deactivate", "failed").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_administrators_who_demote_each_other_leave_one() {
    for deactivate in [false, true] {
        demote_each_other(World::new().await, deactivate).await;
        demote_each_other(World::on(storage::testing::postgres().await).await, deactivate).await;
    }
}

/// Both at the same moment, in tasks of their own: exactly one wins, and the last active administrator stays.
async fn demote_each_other(world: World, deactivate: bool) {
    let (administrator, reader) = (role(&world, "Administrator").await, role(&world, "Reader").await);
    let (ada, eve) = (world.user("ada").await, add(&world, "eve", administrator).await);
    let one = |by: &Caller, whom: &Caller| {
        let (console, by, whom) = (world.console.clone(), by.clone(), user_of(whom));
        tokio::spawn(async move {
            match deactivate {
                true => console.deactivate_user(&by, HOME, whom).await,
                false => console.set_default_role(&by, HOME, whom, reader, "").await,
            }
        })
    };
    let (first, second) = (one(&ada, &eve), one(&eve, &ada));
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    let all = UserQuery { active: Some(true), role: Some(administrator), ..UserQuery::default() };
    assert_eq!(world.console.users(&world.local, HOME, &all).await.unwrap().total.n, 1);
}

#[tokio::test]
async fn rights_that_are_taken_away_are_gone_at_the_next_decision() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let (ada, dev) = (world.user("ada").await, world.user("dev").await);
    let mine = world.console.matrix(&dev, HOME, &Default::default()).await.unwrap();
    assert_eq!(mine.rows.rows.len(), 1);
    world
        .console
        .set_default_role(&ada, HOME, user_of(&dev), role(&world, "Reader").await, "")
        .await
        .unwrap();
    let sentence = denied(world.console.tag(&dev, HOME, "desk", "dev", "0.1.0", "").await);
    assert!(sentence.contains("“Change” in Development"), "{sentence}");
    world
        .console
        .set_default_role(&ada, HOME, user_of(&dev), role(&world, "Developer").await, "")
        .await
        .unwrap();
    world.console.tag(&dev, HOME, "desk", "dev", "0.1.0", "").await.unwrap();
    world.console.deactivate_user(&ada, HOME, user_of(&dev)).await.unwrap();
    let gone = world.console.tag(&dev, HOME, "desk", "dev", "0.2.0", "").await.unwrap_err();
    assert!(matches!(gone, OperationError::NotFound { .. }), "holds nothing: {gone}");
    assert!(world.console.me(&dev).await.is_err());
}

#[tokio::test]
async fn deactivating_ends_the_sessions_and_is_undone() {
    let world = World::new().await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let now = world.console.time();
    let row = |hash: &str, user| operations::SessionRow {
        id_hash: hash.to_owned(),
        user_id: Some(user),
        data: "{}".into(),
        created_at: now,
        last_seen_at: now,
        idle_expires_at: now.plus(1_000_000),
        expires_at: now.plus(1_000_000),
        address: String::new(),
        user_agent: String::new(),
    };
    let sessions = world.console.sessions();
    assert!(sessions.create(&row("r", user_of(&ron))).await.unwrap());
    assert!(sessions.create(&row("a", user_of(&ada))).await.unwrap());
    world.console.deactivate_user(&ada, HOME, user_of(&ron)).await.unwrap();
    assert!(sessions.load("r").await.unwrap().is_none());
    assert!(sessions.load("a").await.unwrap().is_some());
    let page = world.console.user(&ada, HOME, user_of(&ron)).await.unwrap();
    assert_eq!((page.row.active, page.deactivated_at), (false, Some(now)));
    assert!(page.deactivate.is_err() && page.reactivate.is_ok());
    assert!(world.sign_in("ron", PASSWORD).await.is_err());
    refused(world.console.deactivate_user(&ada, HOME, user_of(&ron)).await);
    world.console.reactivate_user(&ada, HOME, user_of(&ron)).await.unwrap();
    refused(world.console.reactivate_user(&ada, HOME, user_of(&ron)).await);
    world.user("ron").await;
    denied(world.console.deactivate_user(&ron, HOME, user_of(&ada)).await);
    let page = world.console.user(&ada, HOME, user_of(&ron)).await.unwrap();
    assert_eq!((page.row.active, page.deactivated_at), (true, None));
}

#[tokio::test]
async fn r25_a_role_names_every_environment_and_states_the_new_ones() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let mut missing = role_input("Pilot", [2, 2, 2], &[]);
    missing.environments.remove("prod");
    let sentence = refused(world.console.create_role(&ada, HOME, &missing).await);
    assert!(sentence.contains("Production is missing"), "{sentence}");
    let mut extra = role_input("Pilot", [2, 2, 2], &[]);
    extra.environments.insert("moon".into(), Rights::NONE);
    refused(world.console.create_role(&ada, HOME, &extra).await);
    for name in ["", "a\nb", "reader"] {
        refused(world.console.create_role(&ada, HOME, &role_input(name, [0, 0, 0], &[])).await);
    }
    let deploys = Rights::level(4).with(Rights::of(&[Right::Deploy]));
    let mut pilot = role_input("Pilot", [0, 0, 0], &[]);
    pilot.environments.insert("test".into(), deploys);
    pilot.new_environment = Some(Rights::level(1));
    let pilot = world.console.create_role(&ada, HOME, &pilot).await.unwrap();
    let plain = world.console.create_role(&ada, HOME, &role_input("Plain", [2, 2, 2], &[])).await.unwrap();
    let new = NewEnvironment { key: "uat".into(), name: "Acceptance".into(), purpose: Purpose::Acceptance };
    world.console.create_environment(&ada, HOME, new).await.unwrap();
    let cells = async |id| {
        let page = world.console.role(&ada, HOME, id).await.unwrap();
        page.row.cells.into_iter().map(|cell| cell.words).collect::<Vec<_>>()
    };
    assert_eq!(cells(pilot).await, ["No Access", "Open and Debug, with Deploy", "No Access", "Access"]);
    assert_eq!(cells(plain).await[3], "No Access", "nothing is stated");
    assert_eq!(cells(role(&world, "Developer").await).await[3], "Monitor and Add Dependencies");
}

#[tokio::test]
async fn a_role_that_is_held_needs_a_substitute() {
    let world = World::new().await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let (reader, developer) = (role(&world, "Reader").await, role(&world, "Developer").await);
    let page = world.console.role(&ada, HOME, reader).await.unwrap();
    assert!(page.needs_substitute && page.delete.is_ok() && page.row.users.n == 1);
    assert!(page.substitutes.iter().all(|choice| choice.role.id != reader));
    assert!(refused(world.console.delete_role(&ada, HOME, reader, None).await).contains("takes its place"));
    refused(world.console.delete_role(&ada, HOME, reader, Some(reader)).await);
    refused(world.console.delete_role(&ada, HOME, reader, Some(RoleId(uuid::Uuid::nil()))).await);
    denied(world.console.delete_role(&ron, HOME, developer, None).await);
    assert_eq!(held(&world, user_of(&ron)).await, "Reader");
    world.console.delete_role(&ada, HOME, reader, Some(developer)).await.unwrap();
    assert_eq!(held(&world, user_of(&ron)).await, "Developer");
    let free = world.console.create_role(&ada, HOME, &role_input("Free", [0, 0, 0], &[])).await.unwrap();
    world.console.delete_role(&ada, HOME, free, None).await.unwrap();
    assert!(matches!(world.console.role(&ada, HOME, free).await, Err(OperationError::NotFound { .. })));
}

#[tokio::test]
async fn a_preview_tells_and_changes_nothing() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let (developer, release) = (role(&world, "Developer").await, role(&world, "Release Manager").await);
    let preview = world.console.preview_default_role(&ada, HOME, user_of(&ron), release).await.unwrap();
    assert_eq!(
        (preview.from.unwrap().name.as_str(), preview.to.name.as_str()),
        ("Reader", "Release Manager")
    );
    assert!(preview.opens_production && preview.save.is_ok() && !preview.more);
    let words: BTreeMap<_, _> = preview
        .changes
        .iter()
        .map(|change| (change.environment.key.as_str(), change.words.as_str()))
        .collect();
    assert_eq!(words["prod"], "gains Monitor, Add Dependencies and Deploy");
    assert_eq!(preview.wide_gained.words(), "Read Audit");
    assert!(preview.changes.iter().all(|change| change.application.is_none() && change.lost == Rights::NONE));
    assert_eq!(held(&world, user_of(&ron)).await, "Reader");
    let preview = world.console.preview_default_role(&ada, HOME, user_of(&ron), developer).await.unwrap();
    assert!(!preview.opens_production, "a developer only lists in production");
    // A grant goes on holding whatever the default role is; closing an environment closes it for the grant too (R27).
    world.console.grant(&ada, HOME, user_of(&ron), "desk", developer).await.unwrap();
    let closed = world.console.create_role(&ada, HOME, &role_input("Closed", [0, 2, 2], &[])).await.unwrap();
    let preview = world.console.preview_default_role(&ada, HOME, user_of(&ron), closed).await.unwrap();
    let on_desk: Vec<_> = preview.changes.iter().filter(|change| change.application.is_some()).collect();
    assert_eq!((on_desk.len(), on_desk[0].environment.key.as_str()), (1, "dev"));
    assert!(on_desk[0].lost.has(Right::Change));
    denied(world.console.preview_default_role(&ron, HOME, user_of(&ada), closed).await);
    assert_eq!(world.count("user.role", "done").await, 0);
}

#[tokio::test]
async fn every_effective_right_names_its_source() {
    let world = World::new().await;
    for key in ["desk", "tides"] {
        world.publish(key, None, "", key).await;
    }
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let (developer, release) = (role(&world, "Developer").await, role(&world, "Release Manager").await);
    let mut half = role_input("Half", [2, 2, 0], &[]);
    half.environments.insert("test".into(), Rights::level(6));
    let half = world.console.create_role(&ada, HOME, &half).await.unwrap();
    world.console.set_default_role(&ada, HOME, user_of(&ron), half, "").await.unwrap();
    let crew = world.console.create_team(&ada, HOME, "Crew", "").await.unwrap();
    world.console.put_member(&ada, HOME, crew, user_of(&ron), developer).await.unwrap();
    for key in ["desk", "tides"] {
        world.console.give_application(&ada, HOME, crew, key).await.unwrap();
    }
    world.console.grant(&ada, HOME, user_of(&ron), "tides", release).await.unwrap();
    let page = world.console.user(&ada, HOME, user_of(&ron)).await.unwrap();
    assert_eq!((page.teams.len(), page.grants.len(), page.more), (1, 1, false));
    assert_eq!(page.grants[0].granted_by.as_deref(), Some("Ada Lovelace"));
    let shown: Vec<_> = page
        .effective
        .iter()
        .map(|row| {
            let key = row.application.as_ref().map_or("-", |application| application.key.as_str());
            let cells: Vec<_> =
                row.cells.iter().map(|cell| (cell.level, cell.source, cell.source_name.as_str())).collect();
            (key, cells)
        })
        .collect();
    let closed = (0, Source::Closed, "Half");
    assert_eq!(shown[0], ("-", vec![(2, Source::Default, "Half"), (6, Source::Default, "Half"), closed]));
    assert_eq!(shown[1], ("desk", vec![(5, Source::Team, "Crew"), (4, Source::Team, "Crew"), closed]));
    let grant = (3, Source::Grant, "Release Manager");
    assert_eq!(shown[2], ("tides", vec![grant, grant, closed]));
    assert_eq!(page.effective[2].cells[0].words, "Monitor and Add Dependencies, with Deploy");
}

#[tokio::test]
async fn bad_words_are_refused_and_change_nothing() {
    let world = World::new().await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    for (name, email) in
        [("", ""), ("Ron\r\nBcc: all", ""), ("Ron", "ron@x\r\nBcc: all@y"), ("Ron", "no address")]
    {
        refused(world.console.change_user(&ada, HOME, user_of(&ron), name, email).await);
    }
    let page = world.console.user(&ada, HOME, user_of(&ron)).await.unwrap();
    assert_eq!(page.row.name, "Ron Reader");
    world.console.change_user(&ada, HOME, user_of(&ron), " Ron Rower ", "ron@harbour.example").await.unwrap();
    let page = world.console.user(&ada, HOME, user_of(&ron)).await.unwrap();
    assert_eq!((page.row.name.as_str(), page.row.email.as_str()), ("Ron Rower", "ron@harbour.example"));
    denied(world.console.change_user(&ron, HOME, user_of(&ron), "Ron", "").await);
    let reader = role(&world, "Reader").await;
    for (username, email) in [("ron", ""), ("two words", ""), ("new", "a@b@c")] {
        let input = UserInput {
            username: username.into(),
            name: "New".into(),
            email: email.into(),
            role: reader,
            password: None,
        };
        refused(world.console.create_user(&ada, HOME, input).await);
    }
    assert_eq!(world.count("user.change", "failed").await, 4);
    assert_eq!(world.count("user.change", "denied").await, 1);
    let nobody = UserId(uuid::Uuid::nil());
    for outcome in [
        world.console.deactivate_user(&ada, HOME, nobody).await,
        world.console.set_default_role(&ada, HOME, nobody, reader, "").await,
        world.console.change_user(&ada, HOME, nobody, "A", "").await,
    ] {
        assert!(matches!(outcome, Err(OperationError::NotFound { .. })), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_user_is_managed_by_who_manages_everywhere_the_user_is() {
    let world = World::new().await;
    world.console.create_infrastructure(&world.local, "lock", "Lock").await.unwrap();
    let both = NewUser {
        username: "both".into(),
        name: "Both".into(),
        email: String::new(),
        role: "Reader".into(),
        infrastructure: None,
        password: Some(PASSWORD.into()),
    };
    world.console.add_user(&world.local, both).await.unwrap();
    let (ada, both) = (world.user("ada").await, world.user("both").await);
    let sentence = denied(world.console.deactivate_user(&ada, HOME, user_of(&both)).await);
    assert!(sentence.contains("another infrastructure"), "{sentence}");
    denied(world.console.change_user(&ada, HOME, user_of(&both), "B", "").await);
    assert!(world.console.user(&ada, HOME, user_of(&both)).await.unwrap().change.is_err());
    // The role in her own infrastructure is hers to give.
    let developer = role(&world, "Developer").await;
    world.console.set_default_role(&ada, HOME, user_of(&both), developer, "").await.unwrap();
    world.console.deactivate_user(&world.local, HOME, user_of(&both)).await.unwrap();
    let elsewhere = world.console.set_default_role(&ada, "lock", user_of(&both), developer, "").await;
    assert!(matches!(elsewhere, Err(OperationError::NotFound { .. })), "{elsewhere:?}");
}
