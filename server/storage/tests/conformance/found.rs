//! Applications and people that are looked for, to be given to a team.

use crate::world::*;
use storage::teams::Whom;
use storage::*;

pub async fn applications_are_found_with_their_team(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let other = infrastructure(&mut tx).await.id;
    let crew = team(&mut tx, home).await;
    let tides = application(&mut tx, home, "Tides").await;
    let table = application(&mut tx, home, "Tide 50% table").await;
    let (name, key) = ("Locks".parse().unwrap(), "sluice-gate".parse().unwrap());
    let locks = applications::ApplicationRow { id: id(), name, key, ..tides.clone() };
    applications::insert(&mut tx, &locks).await.unwrap();
    application(&mut tx, other, "Tides").await;
    teams::insert_application(&mut tx, crew.id, tides.id).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();

    let mut tx = world.read().await;
    for (search, expected) in [
        ("TIDE", vec![table.id, tides.id]),
        ("%", vec![table.id]),
        ("SLUICE-", vec![locks.id]),
        ("nothing of the kind", vec![]),
    ] {
        let found = teams::find_applications(&mut tx, home, search, 10).await.unwrap();
        assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), expected, "{search}");
        let count = teams::count_applications(&mut tx, home, search).await.unwrap();
        assert_eq!((count.n, count.capped), (expected.len() as u64, false), "{search}");
    }
    let found = teams::find_applications(&mut tx, home, "tide", 10).await.unwrap();
    assert_eq!((found[0].team_id, found[0].team_name.clone()), (None, None));
    assert_eq!((found[1].team_id, found[1].team_name.clone()), (Some(crew.id), Some(crew.name.clone())));
    assert_eq!(teams::find_applications(&mut tx, home, "tide", 1).await.unwrap().len(), 1);
    assert_eq!(teams::count_applications(&mut tx, home, "tide").await.unwrap().n, 2, "all are counted");
}

pub async fn people_are_found_with_their_roles(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let other = infrastructure(&mut tx).await.id;
    let (crew, pilots) = (team(&mut tx, home).await, team(&mut tx, home).await);
    let reader = role(&mut tx, home, &[]).await;
    let pilot = role(&mut tx, home, &[]).await;
    let (member, colleague) = (user(&mut tx).await, user(&mut tx).await);
    let (stranger, machine) = (user(&mut tx).await, user(&mut tx).await);
    let elsewhere = user(&mut tx).await;
    for who in [&member, &colleague, &machine] {
        roles::assign(&mut tx, who.id, home, reader.id).await.unwrap();
    }
    service_accounts::mark(&mut tx, machine.id, home).await.unwrap();
    service_accounts::mark(&mut tx, elsewhere.id, other).await.unwrap();
    teams::put_member(&mut tx, crew.id, member.id, pilot.id).await.unwrap();
    teams::put_member(&mut tx, pilots.id, colleague.id, pilot.id).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();

    let mut tx = world.read().await;
    let all = Whom { infrastructure: home, team: crew.id, strangers: true };
    let colleagues = Whom { strangers: false, ..all };
    for (who, whom, expected) in [
        (&member, all, Some((Some(reader.id), Some(pilot.name.clone())))),
        (&member, colleagues, Some((Some(reader.id), Some(pilot.name.clone())))),
        // What somebody is in another team is none of this one's.
        (&colleague, colleagues, Some((Some(reader.id), None))),
        (&stranger, all, Some((None, None))),
        (&stranger, colleagues, None),
        (&machine, colleagues, Some((Some(reader.id), None))),
        (&elsewhere, all, None),
    ] {
        let search = who.username.as_str();
        let found = teams::find_people(&mut tx, whom, search, 10).await.unwrap();
        let found = found.into_iter().find(|row| row.user_id == who.id);
        assert_eq!(found.map(|row| (row.role_id, row.member_role_name)), expected, "{search}, {whom:?}");
    }
    let some = teams::find_people(&mut tx, all, "", 2).await.unwrap();
    assert_eq!(some.len(), 2);
    assert_eq!(teams::count_people(&mut tx, all, "").await.unwrap().n, 4, "all but the other's machine");
    assert_eq!(teams::count_people(&mut tx, colleagues, "").await.unwrap().n, 3);
}
