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
    let reason = sessions::EndReason::PasswordChanged;
    let ended = commit!(world, |tx| {
        sessions::end_of_user(&mut tx, person, Some("b"), reason, at(5)).await.unwrap()
    });
    assert_eq!(ended, 2);
    assert!(load("b", at(5)).await.is_some());
    assert!(load("c", at(5)).await.is_none());
    let why = async |hash: &str| sessions::end_reason(&mut world.read().await, hash).await.unwrap();
    assert_eq!((why("c").await, why("b").await), (Some(reason), None));
    let own = sessions::EndReason::ByOwner;
    for (who, hash, expected) in [(person, "anonymous", false), (person, "b", true), (person, "b", false)] {
        let ended = commit!(world, |tx| { sessions::end(&mut tx, who, hash, own, at(6)).await.unwrap() });
        assert_eq!(ended, expected, "{hash}");
    }
    assert_eq!(touch!(world, |tx| sessions::purge_ends(&mut tx, at(5))), 2);
    assert_eq!((why("c").await, why("b").await), (None, Some(own)));
    assert!(sessions::any(&mut world.read().await, "anonymous").await.unwrap().is_some());
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

pub async fn attempts_and_devices_are_counted(world: World) {
    use domain::throttle::Attempts;
    use storage::devices::DeviceRow;
    let person = commit!(world, |tx| { user(&mut tx).await.id });
    macro_rules! count {
        (|$tx:ident| $body:expr) => {{
            let mut $tx = world.store.attempt().await.unwrap();
            let value = $body.await.unwrap();
            $tx.commit(at(0)).await.unwrap();
            value
        }};
    }
    let some = |failures| Attempts { failures, last_at: at(i64::from(failures)), free_at: at(9) };
    let get = async |account: &str, address: &str| {
        attempts::get(&mut world.read().await, account, address).await.unwrap()
    };
    assert_eq!(get("a", "1").await, Attempts::default());
    for (account, address, failures) in
        [("a", "1", 1), ("a", "1", 2), ("a", "2", 3), ("b", "1", 4), ("", "1", 5)]
    {
        count!(|tx| attempts::put(&mut tx, account, address, some(failures)));
    }
    assert_eq!((get("a", "1").await, get("", "1").await), (some(2), some(5)));
    let of = attempts::of_account(&mut world.read().await, "a", 9).await.unwrap();
    assert_eq!(of.iter().map(|row| row.address.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    count!(|tx| attempts::clear(&mut tx, "a", "2"));
    assert_eq!(get("a", "2").await, Attempts::default());
    assert_eq!(commit!(world, |tx| { attempts::unblock(&mut tx, "a").await.unwrap() }), 1);
    assert_eq!((get("a", "1").await, get("", "1").await), (Attempts::default(), Attempts::default()));
    assert_eq!(get("b", "1").await, some(4), "another account stays counted");
    assert_eq!(count!(|tx| attempts::purge(&mut tx, at(9), at(8))), 0, "it still holds somebody up");
    assert_eq!(count!(|tx| attempts::purge(&mut tx, at(9), at(9))), 1);
    assert_eq!(attempts::count(&mut world.read().await).await.unwrap().n, 0);

    let device = |hash: &str, ends| DeviceRow {
        id_hash: hash.to_owned(),
        user_id: person,
        failures: 0,
        created_at: at(0),
        expires_at: at(ends),
    };
    let find =
        async |hash: &str, now| devices::find(&mut world.read().await, hash, person, at(now)).await.unwrap();
    count!(|tx| devices::remember(&mut tx, &device("d", 10)));
    count!(|tx| devices::count_failure(&mut tx, "d"));
    assert_eq!(find("d", 9).await.unwrap().failures, 1);
    assert!(find("d", 10).await.is_none(), "its time is over");
    count!(|tx| devices::remember(&mut tx, &device("d", 20)));
    assert_eq!(find("d", 10).await, Some(device("d", 20)));
    count!(|tx| devices::remember(&mut tx, &device("e", 20)));
    count!(|tx| devices::forget(&mut tx, "e"));
    assert!(find("e", 1).await.is_none());
    assert_eq!(count!(|tx| devices::purge(&mut tx, at(20))), 1);
    count!(|tx| devices::remember(&mut tx, &device("f", 20)));
    commit!(world, |tx| { devices::forget_of_user(&mut tx, person).await.unwrap() });
    assert!(find("f", 1).await.is_none());
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
