//! A change, its entry and its notices commit together or not at all.

use crate::world::*;
use domain::audit::Outcome;
use futures::FutureExt as _;
use std::collections::BTreeSet;
use std::time::Duration;
use storage::audit::{AuditFilter, AuditScope};
use storage::*;
use tokio::time::timeout;

/// Long enough for what must come; nothing is decided by how long it takes.
const PATIENCE: Duration = Duration::from_secs(30);

async fn names(world: &World) -> BTreeSet<String> {
    let rows = infrastructures::list(&mut world.read().await).await.unwrap();
    rows.into_iter().map(|row| row.name.to_string()).collect()
}

async fn entries(world: &World) -> u64 {
    let scope = AuditScope::Of(vec![None]);
    audit::count(&mut world.read().await, &scope, &AuditFilter::default()).await.unwrap().n
}

async fn notices(world: &World) -> u64 {
    changes::latest(&mut world.read().await).await.unwrap()
}

async fn state_of(world: &World) -> (BTreeSet<String>, u64, u64) {
    (names(world).await, entries(world).await, notices(world).await)
}

pub async fn a_commit_keeps_change_entry_and_notice(world: World) {
    let mut tx = world.change().await;
    assert_eq!(tx.actor(), domain::access::Actor::LocalOperator);
    let row = infrastructure(&mut tx).await;
    tx.notice("topic", row.id);
    tx.notice("topic", row.id);
    tx.notice("other", "x");
    let told = entry("infrastructure.create", "x");
    tx.commit(told.clone()).await.unwrap();

    assert_eq!(names(&world).await, BTreeSet::from([row.name.to_string()]));
    let mut tx = world.read().await;
    let stored = audit::by_id(&mut tx, told.id).await.unwrap().unwrap();
    assert_eq!(stored.canonical.as_bytes(), told.canonical().unwrap());
    assert_eq!((stored.operation.as_str(), stored.outcome.as_str()), ("infrastructure.create", "done"));
    assert_eq!((stored.number, stored.hash), (None, None), "it is chained afterwards");
    let (all, last) = changes::since(&mut tx, 0, &[], 10).await.unwrap();
    let told: Vec<_> = all.iter().map(|one| (one.number, one.topic.as_str())).collect();
    assert_eq!(told, [(1, "topic"), (2, "other")], "a notice that is given twice is one");
    assert_eq!(last, 2);
    let (some, last) = changes::since(&mut tx, 0, &["other"], 10).await.unwrap();
    assert_eq!((some.len(), last), (1, 2));
    assert_eq!(changes::since(&mut tx, 2, &[], 10).await.unwrap(), (vec![], 2));
    assert_eq!(changes::latest_of(&mut tx, "topic").await.unwrap(), 1);
    assert_eq!(changes::latest_of(&mut tx, "nothing").await.unwrap(), 0);
}

pub async fn dropping_keeps_nothing(world: World) {
    let before = state_of(&world).await;
    let mut tx = world.change().await;
    infrastructure(&mut tx).await;
    tx.notice("topic", "x");
    drop(tx);
    let mut tx = world.store.begin_change().await.unwrap();
    infrastructures::list(&mut tx).await.unwrap();
    drop(tx);
    let mut tx = world.store.journal().await.unwrap();
    journal::next_fence(&mut tx).await.unwrap();
    drop(tx);
    // The writer is free again, and what follows starts from where it was.
    let mut tx = world.store.journal().await.unwrap();
    assert_eq!(journal::next_fence(&mut tx).await.unwrap(), 1);
    drop(tx);
    assert_eq!(state_of(&world).await, before);
    commit!(world, |tx| { infrastructure(&mut tx).await });
    assert_eq!(names(&world).await.len(), 1);
}

pub async fn a_failure_keeps_nothing(world: World) {
    let row = commit!(world, |tx| { infrastructure(&mut tx).await });
    let before = state_of(&world).await;

    // A statement that failed spoils the transaction, on SQLite too, where the others would stand.
    let mut tx = world.change().await;
    infrastructure(&mut tx).await;
    let taken =
        infrastructures::insert(&mut tx, &infrastructures::InfrastructureRow { id: id(), ..row.clone() })
            .await
            .unwrap_err();
    assert_eq!(taken.violated(), Some(&Constraint::InfrastructureKey));
    assert!(matches!(infrastructures::list(&mut tx).await, Err(StoreError::Spoiled)));
    assert!(matches!(tx.commit(entry("test", "x")).await, Err(StoreError::Spoiled)));
    assert_eq!(state_of(&world).await, before);

    // An entry without a canonical form takes the change with it.
    let mut tx = world.change().await;
    infrastructure(&mut tx).await;
    let mut fraction = entry("test", "x");
    fraction.after = serde_json::json!(1.5);
    assert!(matches!(tx.commit(fraction).await, Err(StoreError::Entry(_))));
    assert_eq!(state_of(&world).await, before);

    // So does an entry that is recorded already.
    let told = entry("test", "x");
    let tx = world.change().await;
    tx.commit(told.clone()).await.unwrap();
    let before = state_of(&world).await;
    let mut tx = world.change().await;
    infrastructure(&mut tx).await;
    let twice = tx.commit(told).await.unwrap_err();
    assert_eq!(twice.violated(), Some(&Constraint::EntryId));
    assert_eq!(state_of(&world).await, before);
}

pub async fn refusals_stand_alone(world: World) {
    let mut refusal = entry("application.tag", "x");
    assert!(matches!(world.store.record_refusal(refusal.clone()).await, Err(StoreError::NotARefusal)));
    assert_eq!(entries(&world).await, 0);
    refusal.outcome = Outcome::Denied { reason: "You may not.".to_owned() };
    world.store.record_refusal(refusal.clone()).await.unwrap();
    let stored = audit::by_id(&mut world.read().await, refusal.id).await.unwrap().unwrap();
    assert_eq!(stored.outcome, "denied");
    assert_eq!(notices(&world).await, 0);
}

/// Forty changes at once, every fourth of which fails and every fifth of which is dropped: the others stand, each acknowledged
/// one is there for another connection as soon as it is acknowledged, and the notices have no gaps.
pub async fn many_writers(world: World) {
    let taken = commit!(world, |tx| { infrastructure(&mut tx).await });
    let tasks: Vec<_> = (0..40_u32)
        .map(|n| {
            let (store, other, taken) = (world.store.clone(), world.other.clone(), taken.clone());
            tokio::spawn(async move {
                let store = if n % 2 == 0 { store } else { other.clone() };
                let mut tx = store.begin_change().await.unwrap().authorised(grant());
                let row = infrastructure(&mut tx).await;
                tx.notice("topic", row.id);
                if n % 5 == 0 {
                    drop(tx);
                    return (row, false);
                }
                if n % 4 == 0 {
                    let again = infrastructures::InfrastructureRow { id: id(), ..taken };
                    infrastructures::insert(&mut tx, &again).await.unwrap_err();
                    tx.commit(entry("test", "x")).await.unwrap_err();
                    return (row, false);
                }
                tx.commit(entry("test", "x")).await.unwrap();
                let seen = infrastructures::by_id(&mut other.read().await.unwrap(), row.id).await.unwrap();
                assert!(seen.is_some(), "acknowledged before it was committed");
                (row, true)
            })
        })
        .collect();
    let mut expected = BTreeSet::from([taken.name.to_string()]);
    for task in tasks {
        let (row, stands) = task.await.unwrap();
        if stands {
            expected.insert(row.name.to_string());
        }
    }
    assert_eq!(names(&world).await, expected);
    assert_eq!(entries(&world).await, expected.len() as u64);
    let (all, _) = changes::since(&mut world.read().await, 0, &[], 100).await.unwrap();
    let numbers: Vec<u64> = all.iter().map(|one| one.number).collect();
    assert_eq!(numbers, (1..expected.len() as u64).collect::<Vec<_>>());
    assert_eq!(world.raw().await.number("select count(*) from audit_entry").await, expected.len() as i64);
    shares_one_commit(&world).await;
}

/// SQLite: a change that ends while another waits is acknowledged only with that one's COMMIT, which serves both.
async fn shares_one_commit(world: &World) {
    if world.kind() == Kind::Postgres {
        return;
    }
    let mut first = world.change().await;
    let row = infrastructure(&mut first).await;
    let mut second = Box::pin(world.store.begin_change());
    assert!(second.as_mut().now_or_never().is_none(), "there is one writer");
    let mut ending = Box::pin(first.commit(entry("test", "x")));
    assert!(ending.as_mut().now_or_never().is_none());
    let mut second = second.await.unwrap().authorised(grant());
    let inside = infrastructures::by_id(&mut second, row.id).await.unwrap();
    assert!(inside.is_some(), "the second goes on in the transaction of the first");
    let seen = infrastructures::by_id(&mut world.read().await, row.id).await.unwrap();
    assert!(seen.is_none(), "which is not committed");
    assert!(ending.as_mut().now_or_never().is_none(), "and so not acknowledged");
    // The second fails and goes away. The first stands.
    infrastructures::insert(&mut second, &row).await.unwrap_err();
    drop(second);
    timeout(PATIENCE, ending).await.unwrap().unwrap();
    assert!(infrastructures::by_id(&mut world.read().await, row.id).await.unwrap().is_some());

    // One that goes away while it waits leaves nobody waiting for it.
    let mut first = world.change().await;
    let row = infrastructure(&mut first).await;
    let mut gone = Box::pin(world.store.begin_change());
    assert!(gone.as_mut().now_or_never().is_none());
    let ending = tokio::spawn(first.commit(entry("test", "x")));
    drop(gone);
    timeout(PATIENCE, ending).await.unwrap().unwrap().unwrap();
    assert!(infrastructures::by_id(&mut world.read().await, row.id).await.unwrap().is_some());

    // A commit is carried through though nobody waits for it.
    let mut first = world.change().await;
    let row = infrastructure(&mut first).await;
    let mut ending = Box::pin(first.commit(entry("test", "x")));
    assert!(ending.as_mut().now_or_never().is_none());
    drop(ending);
    commit!(world, |tx| { infrastructure(&mut tx).await });
    assert!(infrastructures::by_id(&mut world.read().await, row.id).await.unwrap().is_some());
}

/// Another node hears of every committed change, once, in the order of the numbers, and of nothing that was rolled back.
pub async fn notices_reach_every_node_in_order(world: World) {
    let mut here = world.store.changes();
    let mut there = world.other.changes();
    // A listener that has begun to listen has heard of one.
    loop {
        let mut tx = world.store.journal().await.unwrap();
        tx.notice("begin", "x");
        tx.commit(at(0)).await.unwrap();
        let heard = async { (here.recv().await.unwrap(), there.recv().await.unwrap()) };
        if timeout(Duration::from_millis(500), heard).await.is_ok() {
            break;
        }
    }
    let first = notices(&world).await + 1;
    for n in 0..10_u32 {
        let store = if n % 2 == 0 { &world.store } else { &world.other };
        let mut tx = store.begin_change().await.unwrap().authorised(grant());
        tx.notice("topic", n);
        if n % 3 == 0 {
            drop(tx);
        } else {
            tx.commit(entry("test", "x")).await.unwrap();
        }
    }
    for receiver in [&mut here, &mut there] {
        let mut numbers = Vec::new();
        let mut objects = Vec::new();
        while objects.len() < 6 {
            let change = timeout(PATIENCE, receiver.recv()).await.expect("no notice came").unwrap();
            if change.topic == "topic" {
                numbers.push(change.number);
                objects.push(change.object_id);
            }
        }
        assert_eq!(objects, ["1", "2", "4", "5", "7", "8"]);
        assert_eq!(numbers, (first..first + 6).collect::<Vec<_>>());
    }

    let mut tx = world.store.journal().await.unwrap();
    changes::purge(&mut tx, at(1)).await.unwrap();
    tx.commit(at(1)).await.unwrap();
    assert_eq!(notices(&world).await, first + 5, "the last one stays");
    assert_eq!(world.raw().await.number("select count(*) from change").await, 1);
}

/// A reader sees one moment, however long it reads.
pub async fn readers_see_one_moment(world: World) {
    let mut tx = world.read().await;
    assert_eq!(infrastructures::list(&mut tx).await.unwrap().len(), 0);
    commit!(world, |tx| { infrastructure(&mut tx).await });
    assert_eq!(infrastructures::list(&mut tx).await.unwrap().len(), 0);
    drop(tx);
    assert_eq!(infrastructures::list(&mut world.read().await).await.unwrap().len(), 1);
}

pub async fn the_clock(world: World) {
    let injected = at(0);
    let now = world.store.now(injected).await.unwrap();
    match world.kind() {
        Kind::Sqlite => assert_eq!(now, injected),
        Kind::Postgres => {
            let later = world.other.now(injected).await.unwrap();
            assert!(now > injected && later >= now, "{now:?} {later:?}");
        }
    }
}

pub async fn migrating_again_changes_nothing(world: World) {
    let (here, there) = tokio::join!(world.store.migrate(), world.other.migrate());
    here.unwrap();
    there.unwrap();
    let applied = "select count(*) from _sqlx_migrations";
    let count = world.raw().await.number(applied).await;
    assert_eq!(count, migrations(world.kind()).iter().count() as i64);
    // A console that is older than its database refuses to work on it.
    let mut raw = world.raw().await;
    raw.run("update _sqlx_migrations set version = 9999 where version = 1").await.unwrap();
    assert!(matches!(world.store.migrate().await, Err(StoreError::Migration(_))));
}

/// Whoever asks for a transaction may go away at any moment, such as a browser that is closed.
pub async fn a_beginning_that_is_given_up_leaves_nothing_open(world: World) {
    for n in 0..400_u64 {
        // At another moment each time.
        let moment = Duration::from_micros(n * 7 % 1_500);
        let _ = timeout(moment, world.store.read()).await;
        let _ = timeout(moment, world.store.begin_change()).await;
    }
    // More than there are connections, one after the other: each begins by itself, and keeps what it commits.
    for n in 0..40 {
        let mut tx = world.change().await;
        infrastructure(&mut tx).await;
        tx.commit(entry("test", "x")).await.unwrap();
        let kept = names(&world).await.len();
        assert_eq!(kept, n + 1);
    }
}
