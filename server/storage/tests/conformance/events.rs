//! The timeline of an environment.

use crate::world::*;
use domain::timeline::Kind;
use storage::events::EventRow;
use storage::*;

pub async fn a_line_is_written_once_and_the_newest_comes_first(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let (one, two) = (environment(&mut tx, home, 0).await.id, environment(&mut tx, home, 1).await.id);
    tx.commit(entry("test", "x")).await.unwrap();
    let row = |environment, time, kind, subject: &str| EventRow {
        id: id(),
        environment_id: environment,
        at: at(time),
        kind,
        subject: subject.to_owned(),
        detail: String::new(),
    };
    let all = [
        row(one, 1, Kind::Silent, ""),
        row(one, 2, Kind::FrontEndSilent, "a"),
        row(one, 2, Kind::FrontEndSilent, "b"),
        row(one, 3, Kind::Heard, ""),
    ];
    let mut tx = world.store.heartbeat().await.unwrap();
    for each in &all {
        events::insert(&mut tx, each).await.unwrap();
    }
    events::insert(&mut tx, &row(one, 1, Kind::Silent, "")).await.unwrap();
    events::insert(&mut tx, &row(two, 9, Kind::Heard, "")).await.unwrap();
    tx.commit(at(9)).await.unwrap();

    let mut read = world.read().await;
    assert!(!events::is_silent(&mut read, one).await.unwrap(), "it was heard again");
    assert!(!events::is_silent(&mut read, two).await.unwrap());
    let mut tx = world.store.heartbeat().await.unwrap();
    events::insert(&mut tx, &row(two, 10, Kind::Silent, "")).await.unwrap();
    events::insert(&mut tx, &row(two, 11, Kind::FrontEndSilent, "a")).await.unwrap();
    tx.commit(at(11)).await.unwrap();
    assert!(events::is_silent(&mut world.read().await, two).await.unwrap());

    // A change writes its line in its own transaction, and what is refused writes none.
    let mut change = entry("environment.maintenance_begin", "x");
    change.object = domain::audit::Object::new("environment", two, "Two");
    change.actor_name = "Ada".to_owned();
    change.after = serde_json::json!({ "reason": "Disks" });
    change.at = at(12);
    let tx = world.change().await;
    tx.commit(change.clone()).await.unwrap();
    let newest = events::list(&mut world.read().await, two, &Page::first(1)).await.unwrap().rows;
    let told = EventRow {
        id: change.id.0,
        environment_id: two,
        at: at(12),
        kind: Kind::MaintenanceBegun,
        subject: "Ada".to_owned(),
        detail: "Disks".to_owned(),
    };
    assert_eq!(newest, [told]);

    let mut page = Page::first(2);
    let first = events::list(&mut read, one, &page).await.unwrap();
    assert_eq!(first.rows.iter().map(|row| row.at).collect::<Vec<_>>(), [at(3), at(2)]);
    page.after = first.next;
    let second = events::list(&mut read, one, &page).await.unwrap();
    assert_eq!(second.rows.iter().map(|row| row.at).collect::<Vec<_>>(), [at(2), at(1)]);
    assert_eq!(second.next, None);
    let mut seen: Vec<_> = first.rows.into_iter().chain(second.rows).collect();
    seen.sort_by_key(|row| row.id);
    assert_eq!(seen, all);
}
