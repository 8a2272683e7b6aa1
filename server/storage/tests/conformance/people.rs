//! Users, standing, enrolment, servers.

use crate::world::*;
use domain::access::{Narrower, Right, Rights, RoleRights, Standing, WideRight, WideRights};
use std::collections::BTreeMap;
use storage::*;

pub async fn standing_is_what_was_stored(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let other = infrastructure(&mut tx).await.id;
    let dev = environment(&mut tx, home, 0).await.id;
    let test = environment(&mut tx, home, 1).await.id;
    let person = user(&mut tx).await.id;
    let nobody = user(&mut tx).await.id;
    let wide = WideRights::of(&[WideRight::ReadAudit]);
    let default = roles::RoleRow {
        id: id(),
        infrastructure_id: home,
        name: "Default".to_owned(),
        description: "What everybody has.".to_owned(),
        built_in: Some("reader".to_owned()),
        wide: wide.bits(),
        new_environment: Some(7),
        second_factor: false,
        created_at: at(0),
    };
    roles::insert(&mut tx, &default).await.unwrap();
    roles::set_right(&mut tx, default.id, dev, Rights::level(1)).await.unwrap();
    roles::set_right(&mut tx, default.id, dev, Rights::level(2)).await.unwrap();
    let wider = role(&mut tx, home, &[(dev, Rights::level(6)), (test, Rights::level(3))]).await;
    let narrow = role(&mut tx, home, &[(test, rights(&[Right::Access]))]).await;
    roles::assign(&mut tx, person, home, narrow.id).await.unwrap();
    roles::assign(&mut tx, person, home, default.id).await.unwrap();
    let apps = [application(&mut tx, home, "A").await.id, application(&mut tx, home, "B").await.id, id()];
    let team = teams::TeamRow {
        id: id(),
        infrastructure_id: home,
        name: "Harbour".to_owned(),
        description: "…".to_owned(),
        created_at: at(0),
    };
    teams::insert(&mut tx, &team).await.unwrap();
    teams::put_member(&mut tx, team.id, person, wider.id).await.unwrap();
    teams::insert_application(&mut tx, team.id, apps[0]).await.unwrap();
    teams::insert_application(&mut tx, team.id, apps[1]).await.unwrap();
    grants::put(&mut tx, &grant_row(person, apps[1], narrow.id)).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();

    let mut tx = world.read().await;
    let of = |pairs: &[(domain::id::EnvironmentId, Rights)]| RoleRights {
        environments: pairs.iter().copied().collect(),
        wide: WideRights::default(),
    };
    let wider_rights = of(&[(dev, Rights::level(6)), (test, Rights::level(3))]);
    let narrow_rights = of(&[(test, rights(&[Right::Access]))]);
    let expected = Standing {
        infrastructure: home,
        default: RoleRights { environments: BTreeMap::from([(dev, Rights::level(2))]), wide },
        applications: BTreeMap::from([
            (apps[0], Narrower { team: Some(wider_rights.clone()), grant: None }),
            (apps[1], Narrower { team: Some(wider_rights), grant: Some(narrow_rights) }),
        ]),
        teams: BTreeMap::new(),
    };
    assert_eq!(roles::standing(&mut tx, person, home, &apps).await.unwrap(), Some(expected.clone()));
    // Many applications are asked about in another way than a few.
    let many: Vec<_> = apps.iter().copied().chain((0..20).map(|_| id())).collect();
    assert_eq!(roles::standing(&mut tx, person, home, &many).await.unwrap(), Some(expected.clone()));
    let only_one: Vec<_> = std::iter::once(apps[1]).chain((0..20).map(|_| id())).collect();
    let found = roles::standing(&mut tx, person, home, &only_one).await.unwrap().unwrap();
    assert_eq!(found.applications.into_keys().collect::<Vec<_>>(), [apps[1]]);
    let without = Standing { applications: BTreeMap::new(), ..expected };
    assert_eq!(roles::standing(&mut tx, person, home, &[]).await.unwrap(), Some(without));
    assert_eq!(roles::standing(&mut tx, person, other, &[]).await.unwrap(), None);
    assert_eq!(roles::standing(&mut tx, nobody, home, &apps).await.unwrap(), None);
    let memberships = roles::infrastructures_of(&mut tx, person).await.unwrap();
    assert_eq!(memberships.len(), 1);
    assert_eq!((memberships[0].role_name.as_str(), memberships[0].wide), ("Default", wide.bits()));
    assert_eq!(roles::infrastructures_of(&mut tx, nobody).await.unwrap(), []);
    assert_eq!(roles::by_name(&mut tx, home, "Default").await.unwrap(), Some(default));
    assert_eq!(roles::list(&mut tx, home).await.unwrap().len(), 3);
    assert_eq!(roles::list(&mut tx, other).await.unwrap(), []);
    let listed = teams::list(&mut tx, home).await.unwrap();
    assert_eq!((listed[0].id, listed[0].members, listed[0].applications), (team.id, 1, 2));
    assert_eq!(teams::of_application(&mut tx, apps[1]).await.unwrap(), Some(team));
    drop(tx);
    commit!(world, |tx| { users::set_active(&mut tx, person, false, at(1)).await.unwrap() });
    let held = roles::standing(&mut world.read().await, person, home, &apps).await.unwrap();
    assert_eq!(held, None, "whoever is deactivated holds nothing");
}

pub async fn users_and_enrolments(world: World) {
    assert_eq!(users::count(&mut world.read().await).await.unwrap().n, 0);
    let mut tx = world.change().await;
    let mut person = user(&mut tx).await;
    users::set_password_hash(&mut tx, person.id, Some("$argon2id$x"), at(3)).await.unwrap();
    users::set_active(&mut tx, person.id, false, at(4)).await.unwrap();
    let home = infrastructure(&mut tx).await.id;
    let dev = environment(&mut tx, home, 0).await.id;
    let host = server(&mut tx, dev, true).await;
    let code = enrolments::EnrolmentRow {
        id: id(),
        server_id: host.id,
        code_hash: "hash".to_owned(),
        expires_at: at(100),
        used_at: None,
        confirms: true,
        created_at: at(0),
        created_by: Some(person.id),
    };
    enrolments::insert(&mut tx, &code).await.unwrap();
    let late = enrolments::EnrolmentRow { id: id(), code_hash: "late".to_owned(), ..code.clone() };
    enrolments::insert(&mut tx, &late).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    person.password_hash = Some("$argon2id$x".to_owned());
    person.password_changed_at = Some(at(3));
    person.active = false;
    person.deactivated_at = Some(at(4));
    let mut tx = world.read().await;
    assert_eq!(users::by_username(&mut tx, &person.username).await.unwrap().as_ref(), Some(&person));
    assert_eq!(users::by_username(&mut tx, &"nobody".parse().unwrap()).await.unwrap(), None);
    assert_eq!(users::by_id(&mut tx, person.id).await.unwrap(), Some(person));
    assert_eq!(users::count(&mut tx).await.unwrap(), Count { n: 1, capped: false });
    assert_eq!(enrolments::by_hash(&mut tx, "hash").await.unwrap().as_ref(), Some(&code));
    assert_eq!(enrolments::by_hash(&mut tx, "other").await.unwrap(), None);
    drop(tx);

    // A code is used once, whoever comes at the same time, and not when it has expired.
    let tries: Vec<_> = [&world.store, &world.other, &world.store, &world.other]
        .map(|store| {
            let (store, code) = (store.clone(), code.id);
            tokio::spawn(async move {
                let mut tx = store.begin_change().await.unwrap().authorised(grant());
                let used = enrolments::use_up(&mut tx, code, at(99)).await.unwrap();
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
    assert!(!commit!(world, |tx| { enrolments::use_up(&mut tx, late.id, at(100)).await.unwrap() }));
    commit!(world, |tx| { servers::set_enrolled(&mut tx, host.id, "key", at(99)).await.unwrap() });
    let stored = servers::controller_of(&mut world.read().await, dev).await.unwrap().unwrap();
    assert_eq!((stored.public_key.as_deref(), stored.enrolled_at), (Some("key"), Some(at(99))));
    // What was revoked has no key and no open code; the controller's epoch only grows.
    let epoch = async || servers::controller_epoch(&mut world.read().await, dev).await.unwrap();
    assert_eq!(epoch().await, 1);
    commit!(world, |tx| {
        servers::revoke(&mut tx, host.id, at(101)).await.unwrap();
        enrolments::withdraw(&mut tx, host.id, at(102)).await.unwrap();
        servers::raise_controller_epoch(&mut tx, dev).await.unwrap();
    });
    let stored = servers::by_id(&mut world.read().await, host.id).await.unwrap().unwrap();
    assert_eq!((stored.public_key, stored.enrolled_at, stored.revoked_at), (None, None, Some(at(101))));
    let mut tx = world.read().await;
    let first = enrolments::by_hash(&mut tx, "hash").await.unwrap().unwrap();
    let open = enrolments::by_hash(&mut tx, "late").await.unwrap().unwrap();
    assert_eq!((first.used_at, open.used_at), (Some(at(99)), Some(at(102))), "a used one keeps its time");
    drop(tx);
    commit!(world, |tx| { servers::set_enrolled(&mut tx, host.id, "other", at(103)).await.unwrap() });
    let stored = servers::by_id(&mut world.read().await, host.id).await.unwrap().unwrap();
    assert_eq!((stored.public_key.as_deref(), stored.revoked_at), (Some("other"), None));
    assert_eq!(epoch().await, 2);
    // The next key and one that waits lie beside the one that is believed.
    let of = async || keys::of_server(&mut world.read().await, host.id).await.unwrap().unwrap();
    assert_eq!(of().await.key_since, Some(at(103)));
    commit!(world, |tx| {
        keys::set_next(&mut tx, host.id, "next", at(104)).await.unwrap();
        keys::set_waiting(&mut tx, host.id, "waits", "{}", at(105)).await.unwrap();
    });
    let found = of().await;
    assert_eq!((found.next_public_key.as_deref(), found.next_key_at), (Some("next"), Some(at(104))));
    let waits = (found.waiting_public_key.as_deref(), found.waiting_at, found.waiting_said.as_deref());
    assert_eq!(waits, (Some("waits"), Some(at(105)), Some("{}")));
    assert!(!commit!(world, |tx| { keys::take_next(&mut tx, host.id, "other", at(106)).await.unwrap() }));
    assert!(commit!(world, |tx| { keys::take_next(&mut tx, host.id, "next", at(106)).await.unwrap() }));
    let found = keys::of_environment(&mut world.read().await, dev).await.unwrap().remove(0);
    assert_eq!((found.key_since, found.next_public_key), (Some(at(106)), None));
    commit!(world, |tx| { keys::clear_waiting(&mut tx, host.id).await.unwrap() });
    let found = of().await;
    assert_eq!((found.waiting_public_key, found.waiting_at, found.waiting_said), (None, None, None));
    let stored = servers::by_id(&mut world.read().await, host.id).await.unwrap().unwrap();
    assert_eq!(stored.public_key.as_deref(), Some("next"));
    let nowhere = servers::controller_epoch(&mut world.read().await, id()).await;
    assert!(matches!(nowhere, Err(StoreError::Missing)), "{nowhere:?}");
    let mut tx = world.change().await;
    for missing in [
        servers::revoke(&mut tx, id(), at(99)).await,
        servers::raise_controller_epoch(&mut tx, id()).await,
        keys::set_next(&mut tx, id(), "next", at(99)).await,
        keys::set_waiting(&mut tx, id(), "waits", "{}", at(99)).await,
        keys::clear_waiting(&mut tx, id()).await,
    ] {
        assert!(matches!(missing, Err(StoreError::Missing)), "{missing:?}");
    }
    let missing = servers::set_enrolled(&mut tx, id(), "key", at(99)).await;
    assert!(matches!(missing, Err(StoreError::Missing)), "{missing:?}");
}

pub async fn servers_and_states(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let prod = environment(&mut tx, home, 1).await.id;
    let dev = environment(&mut tx, home, 0).await.id;
    let hosts = [
        server(&mut tx, prod, true).await,
        server(&mut tx, prod, false).await,
        server(&mut tx, dev, true).await,
    ];
    tx.commit(entry("test", "x")).await.unwrap();
    let mut tx = world.store.heartbeat().await.unwrap();
    for (n, host) in hosts.iter().enumerate() {
        for version in ["1", "2"] {
            let row = servers::ServerStateRow {
                server_id: host.id,
                seen_at: at(n as i64),
                boot_id: "b".to_owned(),
                version: version.to_owned(),
                reachable: n != 1,
                public_address: "http://127.0.0.1:1".to_owned(),
                api_address: String::new(),
                services: "[]".to_owned(),
                applications: "[]".to_owned(),
            };
            servers::put_state(&mut tx, &row).await.unwrap();
        }
    }
    tx.commit(at(9)).await.unwrap();
    let mut tx = world.read().await;
    let of_prod = servers::of_environment(&mut tx, prod).await.unwrap();
    assert_eq!(of_prod, hosts[..2]);
    assert_eq!(
        servers::by_key(&mut tx, prod, hosts[1].key.as_str()).await.unwrap().as_ref(),
        Some(&hosts[1])
    );
    let ids: Vec<_> =
        servers::of_infrastructure(&mut tx, home).await.unwrap().iter().map(|row| row.id).collect();
    assert_eq!(ids, [hosts[2].id, hosts[0].id, hosts[1].id], "in the order of the environments");
    let states = servers::states_of_infrastructure(&mut tx, home).await.unwrap();
    assert_eq!(states.iter().map(|row| row.server_id).collect::<Vec<_>>(), ids);
    assert!(states.iter().all(|row| row.version == "2"));
    assert_eq!(servers::states_of(&mut tx, dev).await.unwrap().len(), 1);
    let silent = servers::silent(&mut tx, at(2)).await.unwrap();
    let silent: Vec<_> = silent.iter().map(|row| (row.server_id, row.environment_id, row.seen_at)).collect();
    assert_eq!(
        silent,
        [(hosts[0].id, prod, at(0)), (hosts[1].id, prod, at(1))],
        "reported before, not at that time"
    );
}
