//! Invitations, authenticator apps, recovery codes, passkeys, and roles that ask for them.

use crate::world::*;
use storage::*;

pub async fn links_are_used_once(world: World) {
    let mut tx = world.change().await;
    let person = user(&mut tx).await.id;
    let first = invitations::InvitationRow {
        id: id(),
        user_id: person,
        token_hash: "first".to_owned(),
        expires_at: at(100),
        used_at: None,
        created_at: at(0),
        created_by: None,
    };
    invitations::insert(&mut tx, &first).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    let mut tx = world.read().await;
    assert_eq!(invitations::by_hash(&mut tx, "first").await.unwrap().as_ref(), Some(&first));
    assert_eq!(invitations::by_hash(&mut tx, "other").await.unwrap(), None);
    drop(tx);
    // Whoever comes at the same time, on two nodes too.
    let tries: Vec<_> = [&world.store, &world.other, &world.store, &world.other]
        .map(|store| {
            let (store, link) = (store.clone(), first.id);
            tokio::spawn(async move {
                let mut tx = store.begin_change().await.unwrap().authorised(grant());
                let used = invitations::use_up(&mut tx, link, at(99)).await.unwrap();
                tx.commit(entry("test", "x")).await.unwrap();
                used
            })
        })
        .into();
    let mut used = 0;
    for one in tries {
        used += u32::from(one.await.unwrap());
    }
    assert_eq!(used, 1);
    let second = invitations::InvitationRow { id: id(), token_hash: "second".to_owned(), ..first.clone() };
    commit!(world, |tx| { invitations::insert(&mut tx, &second).await.unwrap() });
    assert!(
        !commit!(world, |tx| { invitations::use_up(&mut tx, second.id, at(100)).await.unwrap() }),
        "expired"
    );
    let ended = commit!(world, |tx| { invitations::end_of_user(&mut tx, person, at(50)).await.unwrap() });
    assert_eq!(ended, 1, "the used one is not open");
    assert!(!commit!(world, |tx| { invitations::use_up(&mut tx, second.id, at(50)).await.unwrap() }));
}

/// Neither a link that is used or over, nor one of somebody who is deactivated or has no role there; what ends first stands first.
pub async fn open_links_are_listed(world: World) {
    let (home, other, people, role) = commit!(world, |tx| {
        let home = infrastructure(&mut tx).await;
        let other = infrastructure(&mut tx).await;
        let role = role(&mut tx, home.id, &[]).await;
        let second = crate::world::role(&mut tx, other.id, &[]).await;
        let mut people = Vec::new();
        for _ in 0..6 {
            people.push(user(&mut tx).await);
        }
        for person in &people[..5] {
            roles::assign(&mut tx, person.id, home.id, role.id).await.unwrap();
        }
        for person in [&people[1], &people[5]] {
            roles::assign(&mut tx, person.id, other.id, second.id).await.unwrap();
        }
        users::set_password_hash(&mut tx, people[0].id, Some("x"), at(1)).await.unwrap();
        users::set_active(&mut tx, people[4].id, false, at(1)).await.unwrap();
        for (n, (person, ends, used)) in
            [(0, 90, None), (1, 70, None), (2, 80, Some(at(5))), (3, 10, None), (4, 85, None), (5, 95, None)]
                .into_iter()
                .enumerate()
        {
            let link = invitations::InvitationRow {
                id: id(),
                user_id: people[person].id,
                token_hash: format!("open {n}"),
                expires_at: at(ends),
                used_at: used,
                created_at: at(2),
                created_by: (n == 0).then_some(people[5].id),
            };
            invitations::insert(&mut tx, &link).await.unwrap();
        }
        (home.id, other.id, people, role)
    });
    let mut tx = world.read().await;
    let found = invitations::open(&mut tx, home, at(10), &Page::first(10)).await.unwrap();
    let shown: Vec<_> = found.rows.iter().map(|row| (row.user_id, row.renews, row.elsewhere)).collect();
    assert_eq!(shown, [(people[1].id, false, true), (people[0].id, true, false)]);
    let (first, last) = (&found.rows[0], &found.rows[1]);
    assert_eq!((first.role_id, &first.role_name, first.expires_at), (role.id, &role.name, at(70)));
    assert_eq!(
        (&first.username, &first.name, first.created_at),
        (&people[1].username, &people[1].name, at(2))
    );
    assert_eq!((&first.invited_by, &last.invited_by), (&None, &Some(people[5].name.clone())));
    assert_eq!(found.next, None);
    let there = invitations::open(&mut tx, other, at(10), &Page::first(10)).await.unwrap();
    assert_eq!(there.rows.iter().map(|row| row.user_id).collect::<Vec<_>>(), [people[1].id, people[5].id]);
    // Page by page, with no row that has ended meanwhile.
    let one = invitations::open(&mut tx, home, at(10), &Page::first(1)).await.unwrap();
    let page = Page { after: one.next, limit: 1 };
    let two = invitations::open(&mut tx, home, at(10), &page).await.unwrap();
    assert_eq!((one.rows[0].user_id, two.rows[0].user_id), (people[1].id, people[0].id));
    assert_eq!(two.next, None);
    assert!(invitations::open(&mut tx, home, at(90), &page).await.unwrap().rows.is_empty());
    let bad = Page { after: Some("nonsense".to_owned()), limit: 1 };
    assert!(matches!(invitations::open(&mut tx, home, at(10), &bad).await, Err(StoreError::Page)));
}

pub async fn steps_and_codes_count_once(world: World) {
    let mut tx = world.change().await;
    let person = user(&mut tx).await.id;
    let other = user(&mut tx).await.id;
    tx.commit(entry("test", "x")).await.unwrap();
    let begin = async |secret: &str| {
        commit!(world, |tx| { authenticators::begin(&mut tx, person, secret, at(1)).await.unwrap() })
    };
    assert!(begin("one").await);
    assert!(begin("two").await, "another one in its place until it is confirmed");
    assert!(!commit!(world, |tx| { authenticators::use_step(&mut tx, person, 5).await.unwrap() }), "not yet");
    assert!(commit!(world, |tx| { authenticators::confirm(&mut tx, person, 5, at(2)).await.unwrap() }));
    assert!(
        !commit!(world, |tx| { authenticators::confirm(&mut tx, person, 6, at(2)).await.unwrap() }),
        "once"
    );
    assert!(!begin("three").await, "a confirmed one stays");
    let row = authenticators::of_user(&mut world.read().await, person).await.unwrap().unwrap();
    assert_eq!((row.secret.as_str(), row.last_step, row.confirmed_at), ("two", Some(5), Some(at(2))));
    for (step, counts) in [(4, false), (5, false), (6, true), (6, false), (9, true), (7, false)] {
        let used = commit!(world, |tx| { authenticators::use_step(&mut tx, person, step).await.unwrap() });
        assert_eq!(used, counts, "{step}");
    }
    assert_eq!(second_factors::count(&mut world.read().await, person).await.unwrap(), 1);

    let codes = ["a".to_owned(), "b".to_owned()];
    commit!(world, |tx| { recovery_codes::replace(&mut tx, person, &codes, at(3)).await.unwrap() });
    for (who, code, counts) in
        [(other, "a", false), (person, "a", true), (person, "a", false), (person, "c", false)]
    {
        let used = commit!(world, |tx| { recovery_codes::use_up(&mut tx, who, code, at(4)).await.unwrap() });
        assert_eq!(used, counts, "{code}");
    }
    assert_eq!(recovery_codes::left(&mut world.read().await, person).await.unwrap(), 1);
    commit!(world, |tx| { recovery_codes::replace(&mut tx, person, &codes, at(5)).await.unwrap() });
    assert_eq!(
        recovery_codes::left(&mut world.read().await, person).await.unwrap(),
        2,
        "new ones end those before"
    );
    assert_eq!(commit!(world, |tx| { recovery_codes::remove(&mut tx, person).await.unwrap() }), 2);

    let (mut first, second) = (passkey(person, "one"), passkey(person, "two"));
    commit!(world, |tx| { passkeys::insert(&mut tx, &first).await.unwrap() });
    commit!(world, |tx| { passkeys::insert(&mut tx, &second).await.unwrap() });
    assert_eq!(second_factors::count(&mut world.read().await, person).await.unwrap(), 3);
    assert!(
        !commit!(world, |tx| { passkeys::used(&mut tx, other, first.id, "x", at(6)).await.unwrap() }),
        "not theirs"
    );
    assert!(commit!(world, |tx| { passkeys::used(&mut tx, person, first.id, "new", at(6)).await.unwrap() }));
    (first.credential, first.last_used_at) = ("new".to_owned(), Some(at(6)));
    assert_eq!(passkeys::of_user(&mut world.read().await, person).await.unwrap(), [first.clone(), second]);
    assert_eq!(passkeys::of_user(&mut world.read().await, other).await.unwrap(), []);
    assert!(!commit!(world, |tx| { passkeys::remove(&mut tx, other, first.id).await.unwrap() }));
    assert!(commit!(world, |tx| { passkeys::remove(&mut tx, person, first.id).await.unwrap() }));
    assert_eq!(commit!(world, |tx| { passkeys::remove_of_user(&mut tx, person).await.unwrap() }), 1);
    assert!(commit!(world, |tx| { authenticators::remove(&mut tx, person).await.unwrap() }));
    assert!(!commit!(world, |tx| { authenticators::remove(&mut tx, person).await.unwrap() }));
    assert_eq!(second_factors::count(&mut world.read().await, person).await.unwrap(), 0);
}

/// However a role is held: as default role, in a team, or by a grant.
pub async fn what_a_role_asks_for(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let asking = role(&mut tx, home, &[]).await;
    let plain = role(&mut tx, home, &[]).await.id;
    roles::set_second_factor(&mut tx, asking.id, true).await.unwrap();
    let app = application(&mut tx, home, "Tides").await.id;
    let team = teams::TeamRow {
        id: id(),
        infrastructure_id: home,
        name: "Harbour".to_owned(),
        description: String::new(),
        created_at: at(0),
    };
    teams::insert(&mut tx, &team).await.unwrap();
    let people =
        [user(&mut tx).await.id, user(&mut tx).await.id, user(&mut tx).await.id, user(&mut tx).await.id];
    for person in people {
        roles::assign(&mut tx, person, home, plain).await.unwrap();
    }
    roles::assign(&mut tx, people[0], home, asking.id).await.unwrap();
    teams::put_member(&mut tx, team.id, people[1], asking.id).await.unwrap();
    grants::put(&mut tx, &grant_row(people[2], app, asking.id)).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    for (at, asked) in [true, true, true, false].into_iter().enumerate() {
        let mut tx = world.read().await;
        assert_eq!(second_factors::required(&mut tx, people[at]).await.unwrap(), asked, "{at}");
        assert_eq!(second_factors::missing(&mut tx, people[at]).await.unwrap(), asked, "{at}");
    }
    commit!(world, |tx| { authenticators::begin(&mut tx, people[0], "secret", at(1)).await.unwrap() });
    let missing = async || second_factors::missing(&mut world.read().await, people[0]).await.unwrap();
    assert!(missing().await, "one that is not confirmed counts for nothing");
    commit!(world, |tx| { authenticators::confirm(&mut tx, people[0], 1, at(2)).await.unwrap() });
    assert!(!missing().await);
    assert!(second_factors::required(&mut world.read().await, people[0]).await.unwrap());
    let stored = roles::by_id(&mut world.read().await, asking.id).await.unwrap().unwrap();
    assert!(stored.second_factor && !asking.second_factor, "a role asks for nothing until somebody says so");
    let mut tx = world.change().await;
    let missing = roles::set_second_factor(&mut tx, id(), true).await;
    assert!(matches!(missing, Err(StoreError::Missing)), "{missing:?}");
}
