//! Who may set what, which values are refused, and secrets, which never come out.

use super::*;

#[tokio::test]
async fn r09_rights_and_what_may_not_be_seen() {
    let world = World::new().await;
    let console = &world.console;
    let (ada, ron, dev) = (world.user("ada").await, world.user("ron").await, world.user("dev").await);
    let extra = [setting("mood", "text", Some("calm")), setting("door", "secret", None)].concat();
    brought(&world, &ada, &extra, &[("door", SECRET)]).await;
    let seen = console.settings_of(&ron, HOME, "test", "desk").await.unwrap();
    assert!(seen.change.unwrap_err().sentence.contains("Deploy"), "a reader sees what is no secret");
    let no = denied(console.set_setting(&ron, HOME, "test", "desk", "mood", "x").await);
    assert_eq!(no, "You cannot set settings of App desk in Test. Your role lacks “Deploy” in Test.");
    denied(console.clear_setting(&ron, HOME, "test", "desk", "door").await);
    denied(console.apply_settings(&ron, HOME, "test", "desk").await);
    let plan = make(&world, &dev, "test", "prod").await;
    let open = page(&world, &dev, plan).await;
    let refusal = open.settings.unwrap_err();
    assert!(refusal.sentence.contains("set settings in this plan"), "{refusal:?}");
    denied(console.plan_setting(&dev, HOME, plan, "desk", "door", SECRET).await);
    denied(console.withdraw_plan_setting(&dev, HOME, plan, "desk", "door").await);
    set_in(&world, &ada, plan, "door", SECRET).await;
    console.withdraw_plan_setting(&ada, HOME, plan, "desk", "door").await.unwrap();
    let gone = refused(console.withdraw_plan_setting(&ada, HOME, plan, "desk", "door").await);
    assert_eq!(gone, "This plan does not set “door” of App desk.");
    // Not there, and not to be seen.
    let early = refused(console.set_setting(&ada, HOME, "prod", "desk", "mood", "x").await);
    assert_eq!(
        early,
        "App desk is not in Production; its settings there are set in the plan that brings it."
    );
    for lost in [
        console.settings_of(&ada, HOME, "test", "moon").await.unwrap_err(),
        console.settings_of(&ada, HOME, "moon", "desk").await.unwrap_err(),
    ] {
        assert!(matches!(lost, OperationError::NotFound { .. }), "{lost}");
    }
    let blind = crate::common::make_role(&world, "Blind", [1, 0, 0], &[]).await;
    console.set_default_role(&world.local, HOME, user_of(&ron), blind, "").await.unwrap();
    let hidden = console.settings_of(&ron, HOME, "test", "desk").await.unwrap_err();
    assert!(matches!(hidden, OperationError::NotFound { .. }), "{hidden}");
}

#[tokio::test]
async fn values_are_checked_and_what_is_not_used_any_more_is_kept() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    let extra = [
        setting("many", "number", Some("2")),
        setting("open", "boolean", Some("true")),
        setting("night", "timer", Some("0 3 * * *")),
        setting("base", "connection", None),
    ]
    .concat();
    world.publish("desk", None, &extra, "a").await;
    for (key, bad, says) in [
        ("many", "x", "is no whole number"),
        ("open", "maybe", "is neither true nor false"),
        ("night", "at night", "is no schedule"),
        ("base", "hunter2 hunter2", "kind://user:password@host:port/database"),
    ] {
        let error = console.set_setting(&ada, HOME, "dev", "desk", key, bad).await.unwrap_err();
        let OperationError::Invalid { .. } = &error else { panic!("{error}") };
        assert!(error.sentence().contains(says) && !error.sentence().contains("hunter2"), "{error}");
    }
    console.set_setting(&ada, HOME, "dev", "desk", "many", "7").await.unwrap();
    console.set_setting(&ada, HOME, "dev", "desk", "base", CONNECTION).await.unwrap();
    // The next version has it as something else, and one of them no more.
    let next = setting("many", "boolean", Some("false"));
    world.publish("desk", None, &next, "b").await;
    let page = here(&world, "dev").await;
    let many = of(&page, "many");
    assert_eq!((many.origin, many.fits, many.own.is_some()), (Origin::Default, false, true));
    let unused: Vec<_> = page.unused.iter().map(|one| (one.key.as_str(), one.value.clone())).collect();
    assert_eq!(unused, [("base", Told::Secret)]);
    console.clear_setting(&ada, HOME, "dev", "desk", "base").await.unwrap();
    assert!(here(&world, "dev").await.unused.is_empty());
}

/// Everything that anybody is told, searched for what nobody is to be told.
#[tokio::test]
async fn a_secret_never_comes_out() {
    let store = storage::testing::sqlite().await.unwrap();
    let world = World::on(store.clone()).await;
    let console = &world.console;
    let ada = world.user("ada").await;
    let extra = [setting("door", "secret", None), setting("base", "connection", None)].concat();
    world.publish("desk", None, &extra, "a").await;
    console.set_setting(&ada, HOME, "dev", "desk", "door", SECRET).await.unwrap();
    let plan = make(&world, &ada, "dev", "test").await;
    set_in(&world, &ada, plan, "door", SECRET).await;
    set_in(&world, &ada, plan, "base", CONNECTION).await;
    let drafted = page(&world, &ada, plan).await;
    let (id, _, handed) = run(&world, &ada, "test", plan, done).await;
    assert_eq!(handed[0].1, values(&[("door", SECRET), ("base", CONNECTION)]), "but who needs it has it");
    console.set_setting(&ada, HOME, "test", "desk", "door", SECRET).await.unwrap();
    console.clear_setting(&ada, HOME, "test", "desk", "base").await.unwrap();
    let applied = console.apply_settings(&ada, HOME, "test", "desk").await.unwrap();
    world.carry_out("test", applied, done).await;
    let _ = console.set_setting(&ada, HOME, "test", "desk", "base", "swordfish-of-the-harbour x").await;

    let ask = DeploymentAsk { way_back: true, ..DeploymentAsk::default() };
    let mut told = vec![
        serde_json::to_string(&drafted).unwrap(),
        format!("{drafted:?}"),
        serde_json::to_string(&page(&world, &ada, plan).await).unwrap(),
        serde_json::to_string(&here(&world, "test").await).unwrap(),
        serde_json::to_string(&here(&world, "dev").await).unwrap(),
    ];
    for run in [id, applied] {
        let page = console.deployment_with(&ada, HOME, run, &ask).await.unwrap();
        told.push(serde_json::to_string(&page).unwrap());
        told.push(console.deployment_log(&ada, HOME, run).await.unwrap());
        told.push(console.deployment_report(&ada, HOME, run).await.unwrap());
        let mut tx = store.read().await.unwrap();
        told.push(format!("{:?}", storage::deployments::by_id(&mut tx, run).await.unwrap()));
        told.push(format!("{:?}", storage::deployments::steps(&mut tx, run).await.unwrap()));
        told.push(format!("{:?}", storage::settings::kept(&mut tx, &[run]).await.unwrap()));
    }
    let mut tx = store.read().await.unwrap();
    told.push(format!("{:?}", storage::settings::planned(&mut tx, plan).await.unwrap()));
    let rows = console.application(&ada, HOME, "desk", &Default::default()).await.unwrap();
    for environment in world.servers.keys() {
        let (at, _) = world.servers[environment][0];
        told.push(format!("{:?}", storage::settings::of(&mut tx, at, rows.application.id).await.unwrap()));
    }
    told.push(serde_json::to_string(&rows).unwrap());
    drop(tx);
    let mut entries = 0;
    let mut query = AuditQuery::default();
    loop {
        let log = console.audit(&world.local, HOME, &query).await.unwrap();
        for row in &log.entries.rows {
            let entry = console.audit_entry(&world.local, HOME, row.id).await.unwrap();
            told.push(format!("{row:?} {entry:?}"));
            entries += 1;
        }
        match log.entries.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    assert!(entries > 10 && told.iter().any(|text| text.contains("setting.set")));
    for text in &told {
        for secret in [SECRET, "swordfish-of-the-harbour"] {
            assert!(!text.contains(secret), "{text}");
            assert!(!text.contains(&hex::encode(secret)), "{text}");
            let unkeyed = domain::text::Sha256::of(secret.as_bytes()).to_string();
            assert!(!text.contains(&unkeyed), "a hash without a key can be guessed: {text}");
        }
    }
}

#[tokio::test]
async fn a_secret_that_does_not_open_fails_its_step_and_says_so() {
    let store = storage::testing::sqlite().await.unwrap();
    let mut world = World::on(store.clone()).await;
    let ada = world.user("ada").await;
    let extra = setting("door", "secret", None);
    brought(&world, &ada, &extra, &[("door", SECRET)]).await;
    world.publish("desk", None, &extra, "b").await;
    let plan = make(&world, &ada, "dev", "test").await;
    // The console has lost the master key that it had.
    let folder = tempfile::tempdir().unwrap();
    world.console = Console::open(OpenOptions {
        store,
        packages: folder.path().join("packages"),
        clock: world.clock.clone(),
        ids: Arc::new(Ids(AtomicU64::new(1 << 40))),
        master_key: MasterKey::new([8; 32]),
        settings: behaviour(),
    })
    .unwrap();
    let open = page(&world, &ada, plan).await;
    let id = world.console.start_plan(&ada, HOME, plan, &open.digest).await.unwrap();
    let (status, tasks) = world.carry_out("test", id, done).await;
    assert_eq!(status, "finished_with_errors");
    assert!(handed(&tasks).is_empty());
    let run = world.console.deployment(&ada, HOME, id).await.unwrap();
    assert!(
        run.row.message.contains("cannot be opened with this console's master key"),
        "{}",
        run.row.message
    );
}

/// Ids that nobody has had.
struct Ids(AtomicU64);

impl operations::Ids for Ids {
    fn uuid(&self) -> uuid::Uuid {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        uuid::Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 | u128::from(n))
    }

    fn secret(&self) -> [u8; 32] {
        domain::text::Sha256::of(&self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes()).0
    }
}
