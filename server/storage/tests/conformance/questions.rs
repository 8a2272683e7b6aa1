//! Questions to environments.

use crate::world::*;
use domain::id::QuestionId;
use storage::*;

pub async fn questions_are_answered_once(world: World) {
    let (here, there) = commit!(world, |tx| {
        let home = infrastructure(&mut tx).await;
        (environment(&mut tx, home.id, 0).await, environment(&mut tx, home.id, 1).await)
    });
    let (first, second): (QuestionId, QuestionId) = (id(), id());
    let mut tx = world.store.heartbeat().await.unwrap();
    questions::ask(&mut tx, first, here.id, at(10), "{\"n\":1}").await.unwrap();
    questions::ask(&mut tx, second, here.id, at(20), "{\"n\":2}").await.unwrap();
    tx.commit(at(20)).await.unwrap();

    let open = async |environment, after, limit| {
        let mut tx = world.read().await;
        let rows = questions::open(&mut tx, environment, after, limit).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(open(here.id, at(0), 10).await, [first, second]);
    assert_eq!(open(here.id, at(0), 1).await, [first]);
    assert_eq!(open(here.id, at(10), 10).await, [second], "nobody waits for the first any more");
    assert_eq!(open(there.id, at(0), 10).await, []);

    let mut tx = world.store.heartbeat().await.unwrap();
    assert!(!questions::answer(&mut tx, first, there.id, 200, "x").await.unwrap(), "it was not asked");
    assert!(questions::answer(&mut tx, first, here.id, 200, "one").await.unwrap());
    assert!(!questions::answer(&mut tx, first, here.id, 200, "two").await.unwrap(), "once");
    tx.commit(at(21)).await.unwrap();
    let mut tx = world.read().await;
    let reply = questions::reply(&mut tx, first).await.unwrap().unwrap();
    assert_eq!((reply.status, reply.reply.as_str()), (200, "one"));
    assert_eq!(questions::reply(&mut tx, second).await.unwrap(), None);
    drop(tx);
    assert_eq!(open(here.id, at(0), 10).await, [second]);

    let mut tx = world.store.heartbeat().await.unwrap();
    questions::forget(&mut tx, first).await.unwrap();
    assert_eq!(questions::purge(&mut tx, at(20)).await.unwrap(), 0);
    assert_eq!(questions::purge(&mut tx, at(21)).await.unwrap(), 1);
    tx.commit(at(30)).await.unwrap();
    assert_eq!(open(here.id, at(0), 10).await, []);
}
