//! Settings of runs that fail, are left half done or are approved before something changes.

use super::*;

#[tokio::test]
async fn a_failed_step_returns_to_what_ran_with_what_it_ran() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let extra = setting("mood", "text", Some("calm"));
    brought(&world, &ada, &extra, &[("mood", "brisk")]).await;
    let plan = make(&world, &ada, "test", "prod").await;
    set_in(&world, &ada, plan, "mood", "stern").await;
    run(&world, &ada, "prod", plan, done).await;
    world.publish("desk", None, &extra, "b").await;
    let plan = make(&world, &ada, "dev", "test").await;
    run(&world, &ada, "test", plan, done).await;
    let plan = make(&world, &ada, "test", "prod").await;
    set_in(&world, &ada, plan, "mood", "wild").await;
    // The second front-end of Production fails, so that the first goes back.
    let second = world.servers["prod"][1].1;
    let fails = |task: &Task| match &task.action {
        TaskAction::Activate { server, .. } if *server == second && phase(task) == Phase::Forward => {
            TaskOutcome::Failed { reason: "It hangs.".into() }
        }
        _ => TaskOutcome::Done,
    };
    let (_, status, handed) = run(&world, &ada, "prod", plan, fails).await;
    assert_eq!(status, "finished_with_errors");
    let (wild, stern) = (values(&[("mood", "wild")]), values(&[("mood", "stern")]));
    assert_eq!(handed, [(Phase::Forward, wild.clone()), (Phase::Forward, wild), (Phase::Back, stern)]);
    assert_eq!(of(&here(&world, "prod").await, "mood").value, value("stern"));
}

/// Suspends a run that sets a value on the second front-end of Production, and ends it as `ends` says; gives what Production has then.
async fn suspended_and_ended(
    ends: impl AsyncFnOnce(&World, &Caller, DeploymentId),
) -> (String, String, Told) {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    let extra = setting("mood", "text", Some("calm"));
    brought(&world, &ada, &extra, &[]).await;
    let plan = make(&world, &ada, "test", "prod").await;
    run(&world, &ada, "prod", plan, done).await;
    world.publish("desk", None, &extra, "b").await;
    let plan = make(&world, &ada, "dev", "test").await;
    run(&world, &ada, "test", plan, done).await;
    let plan = make(&world, &ada, "test", "prod").await;
    set_in(&world, &ada, plan, "mood", "wild").await;
    world.name_plan(&ada, plan, "Careful", Some("wait")).await;
    let open = page(&world, &ada, plan).await;
    let id = console.start_plan(&ada, HOME, plan, &open.digest).await.unwrap();
    let second = world.servers["prod"][1].1;
    let fails = |task: &Task| match &task.action {
        TaskAction::Activate { server, .. } if *server == second => {
            TaskOutcome::Failed { reason: "It hangs.".into() }
        }
        _ => TaskOutcome::Done,
    };
    let engine = console.start_engine();
    let (status, _) = crate::running::work_on(&world, "prod", id, fails).await;
    assert_eq!(status, "needs_user_intervention");
    ends(&world, &ada, id).await;
    let (status, _) = crate::running::work_on(&world, "prod", id, done).await;
    engine.stop().await;
    let there = here(&world, "prod").await;
    (status, world.cell("desk", "prod").await, of(&there, "mood").value.clone())
}

#[tokio::test]
async fn where_a_front_end_is_left_out_what_most_of_them_run_counts() {
    let ended = suspended_and_ended(async |world, ada, id| {
        world.console.leave_out_of_deployment(ada, HOME, id).await.unwrap();
    })
    .await;
    assert_eq!(ended, ("finished_with_warnings".into(), "0.2.0!".into(), value("wild")));
}

#[tokio::test]
async fn what_is_aborted_in_the_middle_sets_nothing() {
    let ended = suspended_and_ended(async |world, ada, id| {
        world.console.abort_deployment(ada, HOME, id).await.unwrap();
    })
    .await;
    assert_eq!(ended, ("aborted".into(), "0.1.0!".into(), value("calm")));
}

#[tokio::test]
async fn what_changed_since_an_approval_is_told_and_voids_it_where_the_plan_sets_it() {
    let world = World::new().await;
    let console = &world.console;
    let (ada, rita) = (world.user("ada").await, world.user("rita").await);
    let extra = [
        setting("mood", "text", Some("calm")),
        setting("door", "secret", None),
        setting("crew", "number", Some("2")),
    ]
    .concat();
    brought(&world, &ada, &extra, &[("door", SECRET)]).await;
    world.publish("desk", None, &extra, "b").await;
    let gate = GateInput {
        kind: "approval".into(),
        environment: "test".into(),
        number: "1".into(),
        role: "Release Manager".into(),
        ..GateInput::default()
    };
    console.add_gate(&ada, HOME, &gate).await.unwrap();
    let plan = make(&world, &ada, "dev", "test").await;
    set_in(&world, &ada, plan, "crew", "5").await;
    console.ask_approval(&ada, HOME, plan).await.unwrap();
    let open = page(&world, &ada, plan).await;
    console.approve_plan(&rita, HOME, plan, &open.digest, "").await.unwrap();
    assert_eq!(page(&world, &ada, plan).await.start, Ok(()));

    // What the plan does not set drifts: it is told, and the approval counts.
    console.set_setting(&ada, HOME, "test", "desk", "mood", "foggy").await.unwrap();
    console.set_setting(&ada, HOME, "test", "desk", "door", "another-secret-of-the-door").await.unwrap();
    let drifted = page(&world, &ada, plan).await;
    assert_eq!(drifted.digest, open.digest);
    assert_eq!(
        drifted.drift,
        ["The secret door of desk is another one.", "mood of desk is “foggy” now, and was “calm”."]
    );
    assert!(drifted.gates.decisions[0].counts && drifted.start.is_ok());
    // What it does set is part of what was approved.
    console.set_setting(&ada, HOME, "test", "desk", "crew", "3").await.unwrap();
    let void = page(&world, &ada, plan).await;
    assert_ne!(void.digest, open.digest);
    assert_eq!(void.gates.decisions[0].changed, ["What the target has of crew of desk is another value."]);
    assert!(void.start.is_err() && void.drift.is_empty());
    console.clear_setting(&ada, HOME, "test", "desk", "crew").await.unwrap();
    assert_eq!(page(&world, &ada, plan).await.digest, open.digest, "as it was, it counts again");
    // Who sets something in the plan wrote it.
    let other = page(&world, &ada, plan).await;
    console.plan_setting(&rita, HOME, plan, "desk", "crew", "7").await.unwrap();
    let changed = page(&world, &ada, plan).await;
    assert_eq!(changed.gates.decisions[0].changed, ["The plan sets crew of desk to “7” instead of “5”."]);
    let own = denied(console.approve_plan(&rita, HOME, plan, &changed.digest, "").await);
    assert!(own.contains("changed what it does"), "{own}");
    let stale = refused(console.start_plan(&ada, HOME, plan, &other.digest).await);
    assert!(stale.contains("has changed since you looked"), "{stale}");
}
