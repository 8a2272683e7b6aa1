//! What is stored comes back as it was.

use crate::world::*;
use domain::time::Timestamp;
use storage::servers::ServerStateRow;
use storage::*;

/// Booleans are integers in a STRICT table of SQLite and booleans on PostgreSQL.
pub async fn booleans_come_back(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await;
    let place = environment(&mut tx, home.id, 0).await;
    for is_controller in [true, false] {
        let row = server(&mut tx, place.id, is_controller).await;
        assert_eq!(servers::by_id(&mut tx, row.id).await.unwrap().unwrap().is_controller, is_controller);
    }
    for active in [false, true] {
        let row = user(&mut tx).await;
        users::set_active(&mut tx, row.id, active, at(1)).await.unwrap();
        assert_eq!(users::by_id(&mut tx, row.id).await.unwrap().unwrap().active, active);
    }
    let app = application(&mut tx, home.id, "Tides").await;
    let revision = revision(&mut tx, app.id).await;
    for (modified, mixed) in [(true, false), (false, true), (true, true), (false, false)] {
        let row = states::StateRow { modified, mixed, ..state(&place, &revision) };
        states::put(&mut tx, &row).await.unwrap();
        assert_eq!(states::get(&mut tx, place.id, app.id).await.unwrap(), Some(row));
    }
    tx.commit(entry("test", "test")).await.unwrap();

    let row = servers::of_environment(&mut world.read().await, place.id).await.unwrap().remove(0);
    for reachable in [true, false] {
        let mut tx = world.store.heartbeat().await.unwrap();
        let state = ServerStateRow {
            server_id: row.id,
            seen_at: at(5),
            boot_id: "b".to_owned(),
            version: "1".to_owned(),
            reachable,
            public_address: String::new(),
            api_address: String::new(),
            services: "[]".to_owned(),
            applications: "[]".to_owned(),
        };
        servers::put_state(&mut tx, &state).await.unwrap();
        tx.commit(at(5)).await.unwrap();
        assert_eq!(servers::states_of(&mut world.read().await, place.id).await.unwrap(), [state]);
    }
}

/// Rows with every kind of value: extreme times, empty and long texts, letters beyond ASCII, a NUL character.
pub async fn everything_comes_back(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await;
    let dev = environment(&mut tx, home.id, 0).await;
    let test = environment(&mut tx, home.id, 1).await;
    let app = application(&mut tx, home.id, "Ünïcode ✓ “quoted” 'single'").await;
    let revision = revision(&mut tx, app.id).await;
    let tagged = version(&mut tx, &revision, dev.id, version_number(65535, 65535)).await;
    let mut draft = plan(&mut tx, &dev, &test, Timestamp(i64::MIN)).await;
    let mut item = plan_item(draft.id, app.id);
    item.operation = "tag_and_deploy".to_owned();
    item.new_number = Some(version_number(1, 2));
    plans::put_item(&mut tx, &item).await.unwrap();
    item.operation = "deploy".to_owned();
    item.new_number = None;
    item.version_id = Some(tagged.id);
    plans::put_item(&mut tx, &item).await.unwrap();
    let run = deployments::DeploymentRow {
        plan_id: Some(draft.id),
        source_id: Some(dev.id),
        run_plan: "x".repeat(200_000),
        message: "a\0b".to_owned(),
        started_at: Some(Timestamp(i64::MAX)),
        ..deployment(&test, at(1))
    };
    deployments::insert(&mut tx, &run, &[step(&run, 1, Some(app.id)), step(&run, 2, None)]).await.unwrap();
    tx.commit(entry("test", "test")).await.unwrap();

    let mut tx = world.read().await;
    assert_eq!(infrastructures::by_key(&mut tx, home.key.as_str()).await.unwrap().as_ref(), Some(&home));
    assert_eq!(infrastructures::by_id(&mut tx, home.id).await.unwrap(), Some(home.clone()));
    assert_eq!(infrastructures::list(&mut tx).await.unwrap(), std::slice::from_ref(&home));
    assert_eq!(environments::by_key(&mut tx, home.id, dev.key.as_str()).await.unwrap(), Some(dev.clone()));
    assert_eq!(environments::by_id(&mut tx, dev.id).await.unwrap().as_ref(), Some(&dev));
    assert_eq!(applications::by_id(&mut tx, app.id).await.unwrap().as_ref(), Some(&app));
    assert_eq!(applications::by_key(&mut tx, home.id, app.key.as_str()).await.unwrap().as_ref(), Some(&app));
    assert_eq!(applications::by_key(&mut tx, id(), app.key.as_str()).await.unwrap(), None);
    assert_eq!(revisions::by_sha(&mut tx, app.id, revision.sha256).await.unwrap().as_ref(), Some(&revision));
    assert_eq!(revisions::with_sha(&mut tx, revision.sha256).await.unwrap().as_ref(), Some(&revision));
    assert_eq!(versions::by_id(&mut tx, tagged.id).await.unwrap().as_ref(), Some(&tagged));
    assert_eq!(versions::latest(&mut tx, app.id).await.unwrap().as_ref(), Some(&tagged));
    assert_eq!(
        versions::by_number(&mut tx, app.id, tagged.number_order).await.unwrap().as_ref(),
        Some(&tagged)
    );
    assert_eq!(versions::by_revision(&mut tx, app.id, revision.id).await.unwrap(), [tagged]);
    assert_eq!(plans::by_id(&mut tx, draft.id).await.unwrap().as_ref(), Some(&draft));
    assert_eq!(plans::items(&mut tx, draft.id).await.unwrap(), [item]);
    let stored = deployments::by_id(&mut tx, run.id).await.unwrap().unwrap();
    assert_eq!(stored.message, "a\u{fffd}b", "PostgreSQL keeps no NUL, so neither does SQLite");
    assert_eq!(stored, deployments::DeploymentRow { message: stored.message.clone(), ..run.clone() });
    assert_eq!(deployments::by_plan(&mut tx, draft.id).await.unwrap().map(|row| row.id), Some(run.id));
    assert_eq!(deployments::applications(&mut tx, run.id).await.unwrap(), [app.id]);
    assert_eq!(deployments::steps(&mut tx, run.id).await.unwrap().len(), 2);
    drop(tx);

    // A plan is changed by whoever read its last edit.
    draft.name = "Better".to_owned();
    draft.updated_at = at(9);
    assert!(commit!(world, |tx| { plans::update(&mut tx, &draft).await.unwrap() }));
    assert!(!commit!(world, |tx| { plans::update(&mut tx, &draft).await.unwrap() }), "edited since");
    let stored = plans::by_id(&mut world.read().await, draft.id).await.unwrap().unwrap();
    assert_eq!((stored.name.as_str(), stored.edit), ("Better", draft.edit + 1));
    assert_eq!(plans::drafts_between(&mut world.read().await, home.id).await.unwrap(), [stored]);
    assert!(commit!(world, |tx| { plans::remove_item(&mut tx, draft.id, app.id).await.unwrap() }));
    assert!(!commit!(world, |tx| { plans::remove_item(&mut tx, draft.id, app.id).await.unwrap() }));
}

/// A value that this program never wrote is an error that names its place, not a wrong answer.
pub async fn a_broken_value_is_named(world: World) {
    let place = commit!(world, |tx| {
        let home = infrastructure(&mut tx).await;
        environment(&mut tx, home.id, 0).await
    });
    let mut raw = world.raw().await;
    assert_eq!(raw.run("update environment set key = 'Not A Key'").await.unwrap(), 1);
    let error = environments::by_id(&mut world.read().await, place.id).await.unwrap_err();
    let StoreError::Inconsistent { table, column, row, .. } = &error else { panic!("{error}") };
    assert!(table.starts_with("environments"), "{table}");
    assert_eq!(column, "key");
    assert_eq!(*row, place.id.to_string());
}
