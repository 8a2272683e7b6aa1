//! Users, roles, teams and grants as they are managed.

use crate::world::*;
use domain::access::{Right, Rights, WideRight, WideRights};
use storage::sessions::SessionRow;
use storage::users::{UserFilter, UserRow};
use storage::*;

async fn person(tx: &mut WriteTx, username: &str, name: &str, email: &str) -> UserRow {
    let row = UserRow {
        id: id(),
        username: username.parse().unwrap(),
        name: name.parse().unwrap(),
        email: email.to_owned(),
        password_hash: None,
        active: true,
        created_at: at(0),
        password_changed_at: None,
        deactivated_at: None,
    };
    users::insert(tx, &row).await.unwrap();
    row
}

pub async fn users_are_found_by_what_people_know(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let other = infrastructure(&mut tx).await.id;
    let reader = role(&mut tx, home, &[]).await;
    let deployer = role(&mut tx, home, &[]).await;
    let elsewhere = role(&mut tx, other, &[]).await;
    let ada = person(&mut tx, "al", "Ada Lovelace", "ADA@Harbour.example").await;
    let oerjan = person(&mut tx, "oerjan", "Ørjan Ås", "").await;
    let zoe = person(&mut tx, "zoe_100", "Zoë", "z@harbour.example").await;
    roles::assign(&mut tx, ada.id, home, reader.id).await.unwrap();
    roles::assign(&mut tx, oerjan.id, home, deployer.id).await.unwrap();
    roles::assign(&mut tx, zoe.id, other, elsewhere.id).await.unwrap();
    users::set_active(&mut tx, oerjan.id, false, at(3)).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();

    let mut tx = world.read().await;
    for (search, active, role, expected) in [
        ("", None, None, vec![ada.id, zoe.id, oerjan.id]),
        ("LOVELACE", None, None, vec![ada.id]),
        ("ada@harbour", None, None, vec![ada.id]),
        ("harbour.EXAMPLE", None, None, vec![ada.id, zoe.id]),
        ("ørjan å", None, None, vec![oerjan.id]),
        ("e_1", None, None, vec![zoe.id]),
        ("a_a", None, None, vec![]),
        ("%", None, None, vec![]),
        ("", Some(true), None, vec![ada.id, zoe.id]),
        ("", Some(false), None, vec![oerjan.id]),
        ("ada", Some(false), None, vec![]),
        ("", None, Some(reader.id), vec![ada.id]),
        ("", Some(true), Some(deployer.id), vec![]),
        ("", None, Some(elsewhere.id), vec![]),
    ] {
        let filter = UserFilter { search: Some(search.to_owned()), active, role };
        let found = users::list(&mut tx, home, &filter, &Page::first(10)).await.unwrap();
        assert_eq!(found.rows.iter().map(|row| row.id).collect::<Vec<_>>(), expected, "{filter:?}");
        let count = users::count_list(&mut tx, home, &filter).await.unwrap();
        assert_eq!((count.n, count.capped), (expected.len() as u64, false), "{filter:?}");
    }
    // The role is the one in the infrastructure that is looked at.
    let all = users::list(&mut tx, home, &UserFilter::default(), &Page::first(10)).await.unwrap().rows;
    let names: Vec<_> = all.iter().map(|row| row.role_name.clone()).collect();
    assert_eq!(names, [Some(reader.name.clone()), None, Some(deployer.name.clone())]);
    let mut page = Page::first(1);
    let mut walked = Vec::new();
    loop {
        let found = users::list(&mut tx, home, &UserFilter::default(), &page).await.unwrap();
        walked.extend(found.rows.iter().map(|row| row.id));
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    assert_eq!(walked, [ada.id, zoe.id, oerjan.id]);
    let wrong = Page { after: Some("nonsense".to_owned()), limit: 1 };
    let refused = users::list(&mut tx, home, &UserFilter::default(), &wrong).await;
    assert!(matches!(refused, Err(StoreError::Page)));
}

pub async fn users_change(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let mut ada = person(&mut tx, "ada", "Ada", "").await;
    let bob = person(&mut tx, "bob", "Bob", "").await;
    ada.name = "Ada Byron".parse().unwrap();
    ada.email = "ada@Example.org".to_owned();
    users::update(&mut tx, &ada).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    let filter = UserFilter { search: Some("byron ada ada@example".to_owned()), ..UserFilter::default() };
    let mut tx = world.read().await;
    assert_eq!(users::by_id(&mut tx, ada.id).await.unwrap().as_ref(), Some(&ada));
    assert_eq!(users::list(&mut tx, home, &filter, &Page::first(5)).await.unwrap().rows.len(), 1);
    drop(tx);

    for (who, hash) in [(&ada, "a1"), (&ada, "a2"), (&bob, "b1")] {
        let row = SessionRow {
            id_hash: hash.to_owned(),
            user_id: Some(who.id),
            data: "{}".to_owned(),
            created_at: at(0),
            last_seen_at: at(0),
            idle_expires_at: at(9),
            expires_at: at(9),
            address: String::new(),
            user_agent: String::new(),
        };
        let mut tx = world.store.session_touch().await.unwrap();
        sessions::create(&mut tx, &row).await.unwrap();
        tx.commit(at(0)).await.unwrap();
    }
    // Sessions end with the change, or stay with it.
    let reason = sessions::EndReason::Deactivated;
    let mut tx = world.change().await;
    users::set_active(&mut tx, ada.id, false, at(5)).await.unwrap();
    assert_eq!(sessions::end_of_user(&mut tx, ada.id, None, reason, at(5)).await.unwrap(), 2);
    drop(tx);
    assert_eq!(sessions::of_user(&mut world.read().await, ada.id, at(1)).await.unwrap().len(), 2);
    commit!(world, |tx| {
        users::set_active(&mut tx, ada.id, false, at(5)).await.unwrap();
        assert_eq!(sessions::end_of_user(&mut tx, ada.id, None, reason, at(5)).await.unwrap(), 2);
    });
    let mut tx = world.read().await;
    assert_eq!(sessions::of_user(&mut tx, ada.id, at(1)).await.unwrap().len(), 0);
    assert_eq!(sessions::of_user(&mut tx, bob.id, at(1)).await.unwrap().len(), 1);
    let stored = users::by_id(&mut tx, ada.id).await.unwrap().unwrap();
    assert_eq!((stored.active, stored.deactivated_at), (false, Some(at(5))));
    drop(tx);
    commit!(world, |tx| { users::set_active(&mut tx, ada.id, true, at(6)).await.unwrap() });
    let stored = users::by_id(&mut world.read().await, ada.id).await.unwrap().unwrap();
    assert_eq!((stored.active, stored.deactivated_at), (true, None));
    let mut tx = world.change().await;
    let nobody = UserRow { id: id(), ..ada };
    assert!(matches!(users::update(&mut tx, &nobody).await, Err(StoreError::Missing)));
}

pub async fn roles_change_and_go(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let dev = environment(&mut tx, home, 0).await.id;
    let app = application(&mut tx, home, "Tides").await.id;
    let old = role(&mut tx, home, &[(dev, Rights::level(2))]).await;
    let mut new = role(&mut tx, home, &[(dev, Rights::level(3))]).await;
    let (ada, bob) = (user(&mut tx).await.id, user(&mut tx).await.id);
    let crew = team(&mut tx, home).await.id;
    roles::assign(&mut tx, ada, home, old.id).await.unwrap();
    teams::put_member(&mut tx, crew, bob, old.id).await.unwrap();
    grants::put(&mut tx, &grant_row(bob, app, old.id)).await.unwrap();
    new.name = "Lockkeeper".to_owned();
    new.description = "Opens and closes.".to_owned();
    new.wide = WideRights::of(&[WideRight::ReadAudit]).bits();
    new.new_environment = Some(Rights::level(1).bits());
    roles::update(&mut tx, &new).await.unwrap();
    let held = roles::holders(&mut tx, old.id).await.unwrap();
    assert_eq!((held.users.n, held.members.n, held.grants.n), (1, 1, 1));
    assert_eq!(roles::repoint(&mut tx, old.id, new.id).await.unwrap(), 3);
    assert_eq!(roles::holders(&mut tx, old.id).await.unwrap(), roles::Holders::default());
    roles::delete(&mut tx, old.id).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();

    let mut tx = world.read().await;
    assert_eq!(roles::by_id(&mut tx, old.id).await.unwrap(), None);
    assert_eq!(roles::by_id(&mut tx, new.id).await.unwrap().as_ref(), Some(&new));
    let member = roles::membership(&mut tx, ada, home).await.unwrap().unwrap();
    assert_eq!((member.role_id, member.role_name.as_str()), (new.id, "Lockkeeper"));
    assert_eq!(roles::membership(&mut tx, bob, home).await.unwrap(), None);
    assert_eq!(teams::role_of(&mut tx, crew, bob).await.unwrap(), Some(new.id));
    assert_eq!(grants::get(&mut tx, bob, app).await.unwrap().unwrap().role_id, new.id);
    let all = roles::all_rights(&mut tx, home).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[&new.id][&dev], Rights::level(3));
    drop(tx);
    let mut tx = world.change().await;
    assert!(matches!(roles::update(&mut tx, &old).await, Err(StoreError::Missing)));
    drop(tx);
    let mut tx = world.change().await;
    assert!(matches!(roles::delete(&mut tx, old.id).await, Err(StoreError::Missing)));
}

pub async fn a_role_that_is_held_stays(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let held = role(&mut tx, home, &[]).await;
    let other = role(&mut tx, home, &[]).await;
    let ada = user(&mut tx).await.id;
    roles::assign(&mut tx, ada, home, held.id).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    let mut tx = world.change().await;
    let refused = roles::delete(&mut tx, held.id).await.unwrap_err();
    assert_eq!(refused.violated(), Some(&Constraint::Reference { table: "role".to_owned() }));
    drop(tx);
    let mut tx = world.change().await;
    let taken = roles::update(&mut tx, &roles::RoleRow { name: other.name, ..held }).await.unwrap_err();
    assert_eq!(taken.violated(), Some(&Constraint::RoleName));
}

pub async fn teams_and_their_members(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let mut crew = team(&mut tx, home).await;
    let other = team(&mut tx, home).await;
    let (low, high) = (role(&mut tx, home, &[]).await, role(&mut tx, home, &[]).await);
    let ada = person(&mut tx, "ada", "Ada", "").await;
    let bob = person(&mut tx, "bob", "bob", "").await;
    let apps = [application(&mut tx, home, "Tides").await, application(&mut tx, home, "Almanac").await];
    for (who, role) in [(&bob, &low), (&ada, &low), (&bob, &high)] {
        teams::put_member(&mut tx, crew.id, who.id, role.id).await.unwrap();
    }
    for app in &apps {
        teams::insert_application(&mut tx, crew.id, app.id).await.unwrap();
    }
    crew.name = "Crew".to_owned();
    crew.description = "On board.".to_owned();
    teams::update(&mut tx, &crew).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();

    let mut tx = world.read().await;
    assert_eq!(teams::by_id(&mut tx, crew.id).await.unwrap().as_ref(), Some(&crew));
    assert_eq!(teams::by_name(&mut tx, home, "Crew").await.unwrap().as_ref(), Some(&crew));
    let first = teams::members(&mut tx, crew.id, &Page::first(1)).await.unwrap();
    assert_eq!((first.rows[0].user_id, first.rows[0].role_id), (ada.id, low.id));
    let rest = teams::members(&mut tx, crew.id, &Page { after: first.next, limit: 5 }).await.unwrap();
    assert_eq!((rest.rows.len(), rest.rows[0].user_id, rest.rows[0].role_id), (1, bob.id, high.id));
    assert_eq!((rest.rows[0].role_name.clone(), rest.next), (high.name.clone(), None));
    let mut found = teams::roles_in(&mut tx, crew.id).await.unwrap();
    found.sort();
    assert_eq!(found, [low.id, high.id]);
    let owned = teams::applications(&mut tx, crew.id, &Page::first(1)).await.unwrap();
    assert_eq!(owned.rows[0], apps[1]);
    let owned = teams::applications(&mut tx, crew.id, &Page { after: owned.next, limit: 5 }).await.unwrap();
    assert_eq!(owned.rows, [apps[0].clone()]);
    let of_bob = teams::of_user(&mut tx, bob.id, home, 5).await.unwrap();
    assert_eq!((of_bob.len(), of_bob[0].team_name.as_str(), of_bob[0].role_id), (1, "Crew", high.id));
    let listed = teams::list(&mut tx, home).await.unwrap();
    let counts: Vec<_> = listed.iter().map(|row| (row.id, row.members, row.applications)).collect();
    assert_eq!(counts, [(crew.id, 2, 2), (other.id, 0, 0)]);
    drop(tx);

    // R31: an application is in at most one team; once it is taken away, another may have it.
    let mut tx = world.change().await;
    let taken = teams::insert_application(&mut tx, other.id, apps[0].id).await.unwrap_err();
    assert_eq!(taken.violated(), Some(&Constraint::TeamApplicationId));
    drop(tx);
    commit!(world, |tx| {
        assert!(!teams::remove_application(&mut tx, other.id, apps[0].id).await.unwrap());
        assert!(teams::remove_application(&mut tx, crew.id, apps[0].id).await.unwrap());
        teams::insert_application(&mut tx, other.id, apps[0].id).await.unwrap();
        assert!(teams::remove_member(&mut tx, crew.id, bob.id).await.unwrap());
        assert!(!teams::remove_member(&mut tx, crew.id, bob.id).await.unwrap());
    });
    let mut tx = world.change().await;
    let name = teams::TeamRow { name: other.name.clone(), ..crew.clone() };
    assert_eq!(teams::update(&mut tx, &name).await.unwrap_err().violated(), Some(&Constraint::TeamName));
    drop(tx);
    commit!(world, |tx| { teams::delete(&mut tx, crew.id).await.unwrap() });
    let mut tx = world.read().await;
    assert_eq!(teams::by_id(&mut tx, crew.id).await.unwrap(), None);
    assert_eq!(teams::of_application(&mut tx, apps[1].id).await.unwrap(), None);
    assert_eq!(teams::of_user(&mut tx, ada.id, home, 5).await.unwrap(), []);
    drop(tx);
    let mut tx = world.change().await;
    assert!(matches!(teams::delete(&mut tx, crew.id).await, Err(StoreError::Missing)));
}

pub async fn grants_replace_and_go(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let (low, high) = (role(&mut tx, home, &[]).await, role(&mut tx, home, &[]).await);
    let (ada, bob) = (user(&mut tx).await, user(&mut tx).await);
    let tides = application(&mut tx, home, "Tides").await;
    let almanac = application(&mut tx, home, "Almanac").await;
    grants::put(&mut tx, &grant_row(ada.id, tides.id, low.id)).await.unwrap();
    let latest = grants::GrantRow {
        granted_by: Some(bob.id),
        granted_at: at(7),
        ..grant_row(ada.id, tides.id, high.id)
    };
    grants::put(&mut tx, &latest).await.unwrap();
    grants::put(&mut tx, &grant_row(ada.id, almanac.id, low.id)).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    let mut tx = world.read().await;
    assert_eq!(grants::get(&mut tx, ada.id, tides.id).await.unwrap(), Some(latest));
    assert_eq!(grants::get(&mut tx, bob.id, tides.id).await.unwrap(), None);
    let all = grants::of_user(&mut tx, ada.id, home, 5).await.unwrap();
    let shown: Vec<_> =
        all.iter().map(|row| (row.application_id, row.role_id, row.granted_by.clone())).collect();
    assert_eq!(shown, [(almanac.id, low.id, None), (tides.id, high.id, Some(bob.name.clone()))]);
    assert_eq!(grants::of_user(&mut tx, ada.id, home, 1).await.unwrap().len(), 1, "bounded");
    drop(tx);
    commit!(world, |tx| {
        assert!(grants::remove(&mut tx, ada.id, tides.id).await.unwrap());
        assert!(!grants::remove(&mut tx, ada.id, tides.id).await.unwrap());
    });
    assert_eq!(grants::get(&mut world.read().await, ada.id, tides.id).await.unwrap(), None);
    let mut tx = world.change().await;
    let missing = grants::put(&mut tx, &grant_row(ada.id, tides.id, id())).await.unwrap_err();
    let expected = Constraint::Reference { table: "application_grant".to_owned() };
    assert_eq!(missing.violated(), Some(&expected));
}

pub async fn everything_narrower_of_a_user(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let dev = environment(&mut tx, home, 0).await.id;
    let narrow = role(&mut tx, home, &[(dev, rights(&[Right::List]))]).await;
    let in_team = role(&mut tx, home, &[]).await;
    let (ada, bob) = (user(&mut tx).await.id, user(&mut tx).await.id);
    let (crew, strangers) = (team(&mut tx, home).await, team(&mut tx, home).await);
    teams::put_member(&mut tx, crew.id, ada, in_team.id).await.unwrap();
    teams::put_member(&mut tx, strangers.id, bob, in_team.id).await.unwrap();
    let mut apps = Vec::new();
    for name in ["A by grant", "B by team", "C by both", "D of strangers", "E plain"] {
        apps.push(application(&mut tx, home, name).await.id);
    }
    for (team, app) in [(&crew, 1), (&crew, 2), (&strangers, 3)] {
        teams::insert_application(&mut tx, team.id, apps[app]).await.unwrap();
    }
    for app in [0, 2] {
        grants::put(&mut tx, &grant_row(ada, apps[app], narrow.id)).await.unwrap();
    }
    grants::put(&mut tx, &grant_row(bob, apps[4], narrow.id)).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    let mut tx = world.read().await;
    let found = grants::narrowed(&mut tx, ada, home, 9).await.unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|row| (row.application_id, row.grant_role, row.team_role, row.team_name.as_deref()))
        .collect();
    let crew_name = Some(crew.name.as_str());
    assert_eq!(
        shown,
        [
            (apps[0], Some(narrow.id), None, None),
            (apps[1], None, Some(in_team.id), crew_name),
            (apps[2], Some(narrow.id), Some(in_team.id), crew_name),
        ]
    );
    assert_eq!(found[2].grant_role_name.as_deref(), Some(narrow.name.as_str()));
    assert_eq!(grants::narrowed(&mut tx, ada, home, 2).await.unwrap().len(), 2, "bounded");
}

/// Two changes that look who still has a role go one after the other, on two nodes too.
pub async fn a_held_role_is_counted_by_one_at_a_time(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let top = roles::RoleRow {
        id: id(),
        infrastructure_id: home,
        name: "Top".to_owned(),
        description: String::new(),
        built_in: Some("top".to_owned()),
        wide: 0,
        new_environment: None,
        second_factor: false,
        created_at: at(0),
    };
    roles::insert(&mut tx, &top).await.unwrap();
    let low = role(&mut tx, home, &[]).await;
    let people = [user(&mut tx).await.id, user(&mut tx).await.id, user(&mut tx).await.id];
    for person in people {
        roles::assign(&mut tx, person, home, top.id).await.unwrap();
    }
    users::set_active(&mut tx, people[2], false, at(1)).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    assert_eq!(users::active_holders(&mut world.read().await, top.id, id()).await.unwrap().n, 2);
    let tries = [(&world.store, people[0]), (&world.other, people[1])].map(|(store, person)| {
        let (store, low) = (store.clone(), low.id);
        tokio::spawn(async move {
            let mut tx = store.begin_change().await.unwrap();
            let held = roles::hold_built_in(&mut tx, home, "top").await.unwrap().unwrap();
            if users::active_holders(&mut tx, held.id, id()).await.unwrap().n < 2 {
                return false;
            }
            let mut tx = tx.authorised(grant());
            roles::assign(&mut tx, person, home, low).await.unwrap();
            tx.commit(entry("test", "x")).await.unwrap();
            true
        })
    });
    let mut done = 0;
    for one in tries {
        done += u32::from(one.await.unwrap());
    }
    assert_eq!(done, 1);
    assert_eq!(users::active_holders(&mut world.read().await, top.id, id()).await.unwrap().n, 1);
    assert_eq!(roles::hold_built_in(&mut world.change().await, home, "none").await.unwrap(), None);
}

pub async fn holdings_are_each_combination_once(world: World) {
    use domain::access::Holding;
    use storage::holdings::{self, Of};
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let reader = role(&mut tx, home, &[]).await.id;
    let lead = role(&mut tx, home, &[]).await.id;
    let granted = role(&mut tx, home, &[]).await.id;
    let first = application(&mut tx, home, "Desk").await.id;
    let second = application(&mut tx, home, "Tides").await.id;
    let crew = team(&mut tx, home).await.id;
    let mut people = Vec::new();
    for name in ["Ada", "Ben", "Cyd"] {
        let row = person(&mut tx, &name.to_lowercase(), name, "").await;
        roles::assign(&mut tx, row.id, home, reader).await.unwrap();
        teams::put_member(&mut tx, crew, row.id, lead).await.unwrap();
        people.push(row.id);
    }
    let [ada, ben, cyd] = people[..] else { panic!("three people") };
    users::set_active(&mut tx, cyd, false, at(1)).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();

    let alone = Holding { default: Some(reader), ..Holding::default() };
    let in_team = Holding { team: Some(lead), ..alone };
    let sorted = async |of: Of| {
        let mut tx = world.read().await;
        let mut found = holdings::list(&mut tx, of).await.unwrap();
        found.sort();
        found
    };
    // A team without applications gives nothing.
    assert_eq!(sorted(Of::Role(reader)).await, [alone]);
    for of in [Of::Role(lead), Of::Team(crew), Of::Member(crew, ada)] {
        assert_eq!(sorted(of).await, [], "{of:?}");
    }
    let mut tx = world.change().await;
    for app in [first, second] {
        teams::insert_application(&mut tx, crew, app).await.unwrap();
    }
    tx.commit(entry("test", "x")).await.unwrap();
    assert_eq!(sorted(Of::Role(reader)).await, [alone, in_team]);
    for of in [Of::Role(lead), Of::Team(crew), Of::Member(crew, ada), Of::Application(crew, first)] {
        assert_eq!(sorted(of).await, [in_team], "{of:?}");
    }
    assert_eq!(sorted(Of::Role(granted)).await, []);
    // A grant counts before the team, on its application alone.
    let by = |user, application| grants::GrantRow {
        user_id: user,
        application_id: application,
        role_id: granted,
        granted_by: None,
        granted_at: at(2),
    };
    let mut tx = world.change().await;
    grants::put(&mut tx, &by(ada, first)).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    let all = Holding { grant: Some(granted), ..in_team };
    for of in [Of::Role(reader), Of::User(ada, home)] {
        assert_eq!(sorted(of).await, [alone, in_team, all], "{of:?}");
    }
    assert_eq!(sorted(Of::User(ben, home)).await, [alone, in_team]);
    assert_eq!(sorted(Of::Role(lead)).await, [in_team, all]);
    assert_eq!(sorted(Of::Role(granted)).await, [all]);
    assert_eq!(sorted(Of::Member(crew, ada)).await, [in_team], "on the second application");
    let mut tx = world.change().await;
    grants::put(&mut tx, &by(ada, second)).await.unwrap();
    grants::put(&mut tx, &by(ben, second)).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    assert_eq!(sorted(Of::Member(crew, ada)).await, [], "granted on all of them");
    assert_eq!(sorted(Of::User(ada, home)).await, [alone, all]);
    assert_eq!(sorted(Of::Application(crew, second)).await, [], "whoever is active has a grant there");
    assert_eq!(sorted(Of::Application(crew, first)).await, [in_team]);
    assert_eq!(sorted(Of::Member(crew, cyd)).await, [], "deactivated");
    assert_eq!(sorted(Of::User(cyd, home)).await, [alone, in_team], "as it would be again");

    let mut tx = world.read().await;
    let names = |rows: Vec<holdings::PersonRow>| rows.into_iter().map(|row| row.user_id).collect::<Vec<_>>();
    for role in [reader, lead] {
        assert_eq!(names(holdings::people_of_role(&mut tx, role, 9).await.unwrap()), [ada, ben]);
        assert_eq!(names(holdings::people_of_role(&mut tx, role, 1).await.unwrap()), [ada]);
        assert_eq!(holdings::count_of_role(&mut tx, role).await.unwrap().n, 2);
    }
    assert_eq!(names(holdings::people_of_team(&mut tx, crew, 9).await.unwrap()), [ada, ben]);
    assert_eq!(holdings::count_of_team(&mut tx, crew).await.unwrap().n, 2);
    let listed = holdings::grantees(&mut tx, second, 9).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.user_id).collect::<Vec<_>>(), [ada, ben]);
    assert_eq!((listed[0].role_id, listed[0].granted_at), (granted, at(2)));
    assert_eq!(holdings::count_grantees(&mut tx, second).await.unwrap().n, 2);
}

pub async fn teams_that_one_manages(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let plain = role(&mut tx, home, &[]).await;
    let lead = role(&mut tx, home, &[]).await;
    let wide = WideRights::of(&[WideRight::ManageTeams]).bits();
    roles::update(&mut tx, &storage::roles::RoleRow { wide, ..lead.clone() }).await.unwrap();
    let ada = person(&mut tx, "ada", "Ada", "").await.id;
    roles::assign(&mut tx, ada, home, plain.id).await.unwrap();
    let (own, other) = (team(&mut tx, home).await.id, team(&mut tx, home).await.id);
    teams::put_member(&mut tx, own, ada, lead.id).await.unwrap();
    teams::put_member(&mut tx, other, ada, plain.id).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    let mut tx = world.read().await;
    let managed = teams::managed(&mut tx, ada, home, 9).await.unwrap();
    assert_eq!(managed.iter().map(|team| (team.id, team.members)).collect::<Vec<_>>(), [(own, 1)]);
}
