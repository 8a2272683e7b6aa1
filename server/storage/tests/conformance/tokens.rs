//! Service accounts and their tokens.

use crate::world::*;
use storage::users::UserFilter;
use storage::*;

/// A service account is in no list of people, counts for no last administrator, and never gets a password.
pub async fn accounts_are_no_people(world: World) {
    let (home, other, machine, role) = commit!(world, |tx| {
        let home = infrastructure(&mut tx).await;
        let other = infrastructure(&mut tx).await;
        let person = user(&mut tx).await;
        let machine = user(&mut tx).await;
        let role = role(&mut tx, home.id, &[]).await;
        for one in [person.id, machine.id] {
            roles::assign(&mut tx, one, home.id, role.id).await.unwrap();
        }
        service_accounts::mark(&mut tx, machine.id, home.id).await.unwrap();
        tokens::insert(&mut tx, &token(machine.id, "a")).await.unwrap();
        tokens::insert(&mut tx, &tokens::TokenRow { revoked_at: Some(at(1)), ..token(machine.id, "b") })
            .await
            .unwrap();
        (home, other, machine, role)
    });
    let mut tx = world.read().await;
    let listed = users::list(&mut tx, home.id, &UserFilter::default(), &Page::first(10)).await.unwrap().rows;
    assert!(!listed.is_empty() && listed.iter().all(|row| row.id != machine.id));
    assert_eq!(users::active_holders(&mut tx, role.id, machine.id).await.unwrap().n, 1);
    let found = service_accounts::list(&mut tx, home.id, at(2), &Page::first(10)).await.unwrap().rows;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id, found[0].tokens, found[0].role_id), (machine.id, 1, Some(role.id)));
    let late = service_accounts::by_id(&mut tx, home.id, machine.id, at(100)).await.unwrap().unwrap();
    assert_eq!(late.tokens, 0, "expired");
    assert!(service_accounts::by_id(&mut tx, other.id, machine.id, at(2)).await.unwrap().is_none());
    let by_name = service_accounts::by_username(&mut tx, home.id, &machine.username, at(2)).await.unwrap();
    assert_eq!(by_name.map(|row| row.id), Some(machine.id));
    assert_eq!(service_accounts::home(&mut tx, machine.id).await.unwrap(), Some(home.id));
    drop(tx);

    let mut tx = world.change().await;
    let refused = users::set_password_hash(&mut tx, machine.id, Some("x"), at(3)).await.unwrap_err();
    assert_eq!(refused.violated(), Some(&Constraint::Check { name: "it_user_service".to_owned() }));
    drop(tx);
    let mut tx = world.change().await;
    assert!(matches!(service_accounts::mark(&mut tx, id(), home.id).await, Err(StoreError::Missing)));
}

/// A token is found by its hash, ends once, and its life only gets shorter.
pub async fn tokens_live_and_end(world: World) {
    let machine = commit!(world, |tx| {
        let home = infrastructure(&mut tx).await;
        let machine = user(&mut tx).await;
        service_accounts::mark(&mut tx, machine.id, home.id).await.unwrap();
        machine.id
    });
    let row = token(machine, "hash");
    commit!(world, |tx| { tokens::insert(&mut tx, &row).await.unwrap() });
    let used = async || tokens::by_hash(&mut world.read().await, "hash").await.unwrap().unwrap();
    assert_eq!((used().await.user_id, used().await.active), (machine, true));
    assert!(tokens::by_hash(&mut world.read().await, "other").await.unwrap().is_none());

    let mut tx = world.store.session_touch().await.unwrap();
    tokens::touch(&mut tx, row.id, at(7), 3).await.unwrap();
    tokens::touch(&mut tx, row.id, at(8), 2).await.unwrap();
    tx.commit(at(8)).await.unwrap();
    commit!(world, |tx| {
        tokens::shorten(&mut tx, machine, row.id, at(50)).await.unwrap();
        tokens::shorten(&mut tx, machine, row.id, at(90)).await.unwrap();
    });
    let now = tokens::by_id(&mut world.read().await, machine, row.id).await.unwrap().unwrap();
    assert_eq!((now.reads, now.last_used_at, now.expires_at), (5, Some(at(8)), at(50)));
    assert!(tokens::by_id(&mut world.read().await, id(), row.id).await.unwrap().is_none());

    commit!(world, |tx| {
        assert!(tokens::revoke(&mut tx, machine, row.id, at(9)).await.unwrap());
        assert!(!tokens::revoke(&mut tx, machine, row.id, at(10)).await.unwrap());
        tokens::insert(&mut tx, &token(machine, "second")).await.unwrap();
        assert_eq!(tokens::revoke_all(&mut tx, machine, at(11)).await.unwrap(), 1);
    });
    assert_eq!(used().await.revoked_at, Some(at(9)));
    let all = tokens::of_user(&mut world.read().await, machine, 10).await.unwrap();
    assert!(all.len() == 2 && all.iter().all(|row| row.revoked_at.is_some()));
}
