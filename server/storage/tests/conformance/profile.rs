//! What people choose for themselves, user names that look alike, and what is read for tables of rights and the access review.

use crate::world::*;
use domain::access::{Right, Rights};
use storage::grants::Shown;
use storage::users::PreferencesRow;
use storage::*;

pub async fn preferences_and_their_rule(world: World) {
    let mut tx = world.change().await;
    let person = user(&mut tx).await.id;
    let first = users::preferences(&mut tx, person).await.unwrap();
    assert_eq!((first.time_zone.as_str(), first.theme.as_str()), ("UTC", "system"));
    let chosen = PreferencesRow { time_zone: "Europe/Lisbon".into(), theme: "dark".into() };
    users::set_preferences(&mut tx, person, &chosen).await.unwrap();
    assert_eq!(users::preferences(&mut tx, person).await.unwrap(), chosen);
    assert!(matches!(users::set_preferences(&mut tx, id(), &chosen).await, Err(StoreError::Missing)));
    tx.commit(entry("test", "x")).await.unwrap();

    let mut tx = world.change().await;
    let wrong = PreferencesRow { theme: "sepia".into(), ..chosen };
    let broken = users::set_preferences(&mut tx, person, &wrong).await.unwrap_err();
    assert_eq!(broken.violated(), Some(&Constraint::Check { name: "it_user_theme".to_owned() }), "{broken}");
}

pub async fn user_names_that_look_alike_are_found(world: World) {
    let mut tx = world.change().await;
    let mut row = user(&mut tx).await;
    (row.id, row.username) = (id(), "maria.b0b".parse().unwrap());
    users::insert(&mut tx, &row).await.unwrap();
    for (name, found) in
        [("rnaria.bob", true), ("maria.b0b", true), ("maria.bob1", false), ("mary.b0b", false)]
    {
        let other = users::looks_like(&mut tx, &name.parse().unwrap()).await.unwrap();
        assert_eq!(other.is_some_and(|other| other == row.username), found, "{name}");
    }
    tx.commit(entry("test", "x")).await.unwrap();
}

pub async fn tables_of_rights_are_paged_and_searched(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let dev = environment(&mut tx, home, 0).await.id;
    let reader = role(&mut tx, home, &[(dev, Rights::level(2))]).await.id;
    let blind = role(&mut tx, home, &[(dev, rights(&[Right::Access]))]).await.id;
    let (sees, sees_little) = (user(&mut tx).await.id, user(&mut tx).await.id);
    roles::assign(&mut tx, sees, home, reader).await.unwrap();
    roles::assign(&mut tx, sees_little, home, blind).await.unwrap();
    let mut apps = Vec::new();
    for name in ["Alpha", "Beta", "Beta Two", "Gamma"] {
        apps.push(application(&mut tx, home, name).await.id);
    }
    for person in [sees, sees_little] {
        grants::put(&mut tx, &grant_row(person, apps[1], reader)).await.unwrap();
    }
    tx.commit(entry("test", "x")).await.unwrap();

    let mut tx = world.read().await;
    for (person, which, expected) in [
        (sees, Shown::Narrowed, vec![apps[1]]),
        (sees, Shown::Any("BET".into()), vec![apps[1], apps[2]]),
        (sees, Shown::AnySeen(String::new()), apps.clone()),
        (sees_little, Shown::Any(String::new()), apps.clone()),
        (sees_little, Shown::AnySeen(String::new()), vec![apps[1]]),
        (sees_little, Shown::AnySeen("gam".into()), vec![]),
    ] {
        let count = grants::count_shown(&mut tx, person, home, &which).await.unwrap();
        assert_eq!(count.n as usize, expected.len(), "{which:?}");
        // A page of one row at a time has no gaps or doubles.
        let (mut page, mut found) = (Page::first(1), Vec::new());
        loop {
            let part = grants::shown(&mut tx, person, home, &which, &page).await.unwrap();
            found.extend(part.rows.iter().map(|row| row.application_id));
            match part.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        assert_eq!(found, expected, "{which:?}");
    }
    let granted =
        grants::shown(&mut tx, sees, home, &Shown::Any("beta".into()), &Page::first(9)).await.unwrap();
    assert_eq!(granted.rows.iter().map(|row| row.grant_role).collect::<Vec<_>>(), [Some(reader), None]);

    let first = users::reviewed(&mut tx, home, &Page::first(1)).await.unwrap();
    let rest = Page { after: first.next.clone(), limit: 9 };
    let second = users::reviewed(&mut tx, home, &rest).await.unwrap();
    let all: Vec<_> =
        first.rows.iter().chain(&second.rows).map(|row| (row.id, row.role_id, row.narrower)).collect();
    assert_eq!(all.len(), 2);
    assert!(all.contains(&(sees, reader, true)) && all.contains(&(sees_little, blind, true)));
}
