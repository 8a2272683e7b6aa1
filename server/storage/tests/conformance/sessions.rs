//! Sessions end, and nonces count once.

use crate::world::*;
use domain::id::UserId;
use storage::sessions::SessionRow;
use storage::*;

fn session(hash: &str, user: Option<UserId>) -> SessionRow {
    SessionRow {
        id_hash: hash.to_owned(),
        user_id: user,
        data: "{}".to_owned(),
        created_at: at(0),
        last_seen_at: at(0),
        idle_expires_at: at(10),
        expires_at: at(25),
        address: "127.0.0.1".to_owned(),
        user_agent: "test".to_owned(),
    }
}

/// Writes sessions and commits.
macro_rules! touch {
    ($world:expr, |$tx:ident| $body:expr) => {{
        let mut $tx = $world.store.session_touch().await.unwrap();
        let value = $body.await.unwrap();
        $tx.commit(at(0)).await.unwrap();
        value
    }};
}

pub async fn idle_and_absolute_ends(world: World) {
    let person = commit!(world, |tx| { user(&mut tx).await.id });
    let load = async |hash: &str, now| sessions::load(&mut world.read().await, hash, now).await.unwrap();
    touch!(world, |tx| sessions::create(&mut tx, &session("a", Some(person))));
    assert_eq!(load("a", at(9)).await, Some(session("a", Some(person))));
    assert_eq!(load("a", at(10)).await, None, "idle");
    assert_eq!(load("b", at(1)).await, None);
    // Used in time it goes on; used too late it does not come back.
    assert!(touch!(world, |tx| sessions::touch(&mut tx, "a", at(9), at(19))));
    assert!(load("a", at(18)).await.is_some());
    assert!(!touch!(world, |tx| sessions::touch(&mut tx, "a", at(19), at(29))));
    assert_eq!(load("a", at(19)).await, None);
    // However much it is used, it ends at the absolute time.
    assert!(touch!(world, |tx| sessions::touch(&mut tx, "a", at(18), at(28))));
    let stored = load("a", at(24)).await.unwrap();
    assert_eq!((stored.last_seen_at, stored.idle_expires_at, stored.expires_at), (at(18), at(25), at(25)));
    assert_eq!(load("a", at(25)).await, None);
    let longer = SessionRow { idle_expires_at: at(99), expires_at: at(99), data: "[]".to_owned(), ..stored };
    assert!(touch!(world, |tx| sessions::save(&mut tx, &longer)));
    let stored = load("a", at(24)).await.unwrap();
    assert_eq!((stored.data.as_str(), stored.idle_expires_at, stored.expires_at), ("[]", at(25), at(25)));
    assert!(!touch!(world, |tx| sessions::save(&mut tx, &session("nothing", None))));

    for hash in ["b", "c"] {
        touch!(world, |tx| sessions::create(&mut tx, &session(hash, Some(person))));
    }
    touch!(world, |tx| sessions::create(&mut tx, &session("anonymous", None)));
    let own = sessions::of_user(&mut world.read().await, person, at(5)).await.unwrap();
    assert_eq!(own.len(), 3);
    assert_eq!(own[0].id_hash, "a", "used last");
    assert_eq!(touch!(world, |tx| sessions::delete_of_user(&mut tx, person, Some("b"))), 2);
    assert!(load("b", at(5)).await.is_some());
    assert!(load("c", at(5)).await.is_none());
    assert_eq!(touch!(world, |tx| sessions::delete_of_user(&mut tx, person, None)), 1);
    assert!(load("anonymous", at(5)).await.is_some());
    assert!(touch!(world, |tx| sessions::delete(&mut tx, "anonymous")));
    assert!(!touch!(world, |tx| sessions::delete(&mut tx, "anonymous")));
    touch!(world, |tx| sessions::create(&mut tx, &session("old", None)));
    assert_eq!(touch!(world, |tx| sessions::purge(&mut tx, at(9))), 0);
    assert_eq!(touch!(world, |tx| sessions::purge(&mut tx, at(10))), 1);
    let mut tx = world.store.session_touch().await.unwrap();
    sessions::create(&mut tx, &session("twice", None)).await.unwrap();
    let taken = sessions::create(&mut tx, &session("twice", None)).await.unwrap_err();
    assert_eq!(taken.violated(), Some(&Constraint::SessionId));
}

pub async fn nonces_are_remembered_once(world: World) {
    let hosts = commit!(world, |tx| {
        let home = infrastructure(&mut tx).await.id;
        let dev = environment(&mut tx, home, 0).await.id;
        [server(&mut tx, dev, true).await.id, server(&mut tx, dev, false).await.id]
    });
    let seen = async |store: &Store, host, nonce: &str, seconds| {
        let mut tx = store.heartbeat().await.unwrap();
        let new = servers::remember_nonce(&mut tx, host, nonce, at(seconds)).await.unwrap();
        tx.commit(at(seconds)).await.unwrap();
        new
    };
    assert!(seen(&world.store, hosts[0], "n", 1).await);
    assert!(!seen(&world.store, hosts[0], "n", 2).await);
    assert!(!seen(&world.other, hosts[0], "n", 2).await, "by another node neither");
    assert!(seen(&world.store, hosts[1], "n", 1).await, "each server has its own");
    assert!(seen(&world.store, hosts[0], "m", 5).await);
    // Ten at once: one of them is the first.
    let tries: Vec<_> = (0..10)
        .map(|n| {
            let store = if n % 2 == 0 { world.store.clone() } else { world.other.clone() };
            tokio::spawn(async move {
                let mut tx = store.heartbeat().await.unwrap();
                let new = servers::remember_nonce(&mut tx, hosts[0], "race", at(9)).await.unwrap();
                tx.commit(at(9)).await.unwrap();
                u32::from(new)
            })
        })
        .collect();
    let mut first = 0;
    for one in tries {
        first += one.await.unwrap();
    }
    assert_eq!(first, 1);
    let mut tx = world.store.heartbeat().await.unwrap();
    assert_eq!(servers::purge_nonces(&mut tx, at(5)).await.unwrap(), 2);
    tx.commit(at(9)).await.unwrap();
    assert!(!seen(&world.store, hosts[0], "m", 9).await, "younger ones stay");
    assert!(seen(&world.store, hosts[0], "n", 9).await);
}
