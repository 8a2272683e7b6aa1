//! Leases, fences, steps and lines.

use crate::world::*;
use domain::deployment::queue::{Because, Through, Turn};
use domain::time::Timestamp;
use std::collections::BTreeMap;
use storage::deployments::{DeploymentRow, Ending};
use storage::environments::EnvironmentRow;
use storage::journal::{Claim, NewLine, StepPatch};
use storage::*;

/// Two environments with three deployments into the first and one into the second, oldest first.
async fn queue(world: &World) -> ([EnvironmentRow; 2], Vec<DeploymentRow>) {
    commit!(world, |tx| {
        let home = infrastructure(&mut tx).await;
        let places = [environment(&mut tx, home.id, 0).await, environment(&mut tx, home.id, 1).await];
        let app = application(&mut tx, home.id, "Tides").await;
        let mut rows = Vec::new();
        for (n, place) in [0, 0, 1, 0].into_iter().enumerate() {
            let row = deployment(&places[place], at(n as i64));
            let steps = [step(&row, 1, Some(app.id)), step(&row, 2, Some(app.id)), step(&row, 3, None)];
            deployments::insert(&mut tx, &row, &steps).await.unwrap();
            rows.push(row);
        }
        (places, rows)
    })
}

async fn claim(store: &Store, now: Timestamp, owner: &str) -> Option<DeploymentRow> {
    let mut tx = store.journal().await.unwrap();
    let fence = journal::next_fence(&mut tx).await.unwrap();
    let claim = Claim { now, until: now.plus(30_000_000), owner, boot_id: owner, fence };
    let claimed = journal::claim(&mut tx, &claim).await.unwrap();
    tx.commit(now).await.unwrap();
    claimed
}

async fn finish(world: &World, row: &DeploymentRow, fence: u64) -> bool {
    let mut tx = world.change().await;
    let ending = Ending { fence, status: "finished_successful", message: "done", at: at(99) };
    let finished = deployments::finish(&mut tx, row.id, &ending).await.unwrap();
    if finished {
        assert!(deployments::release_lock(&mut tx, row.target_id, row.id).await.unwrap());
    }
    tx.commit(entry("deployment.finish", "x")).await.unwrap();
    finished
}

pub async fn claims_go_by_turn_and_by_environment(world: World) {
    let (places, rows) = queue(&world).await;
    let mut tx = world.read().await;
    let first = queue::of_environment(&mut tx, places[0].id, at(10)).await.unwrap();
    assert_eq!(first.iter().map(|place| place.id).collect::<Vec<_>>(), [rows[0].id, rows[1].id, rows[3].id]);
    assert_eq!(first.iter().map(|place| place.position).collect::<Vec<_>>(), [Some(1), Some(2), Some(3)]);
    drop(tx);
    let first = claim(&world.store, at(10), "a").await.unwrap();
    assert_eq!((first.id, first.status.as_str()), (rows[0].id, "running"));
    assert_eq!((first.started_at, first.lease_owner.as_deref()), (Some(at(10)), Some("a")));
    let locks = journal::locks_of(&mut world.read().await, places[0].id).await.unwrap();
    let held = locks.iter().map(|lock| (lock.deployment_id, lock.fence, lock.taken_at)).collect::<Vec<_>>();
    assert_eq!(held, [(first.id, first.fence, at(10))]);
    // Those behind it change the same application, so the next is into the second environment.
    let second = claim(&world.other, at(11), "b").await.unwrap();
    assert_eq!(second.id, rows[2].id);
    assert!(second.fence > first.fence);
    assert_eq!(claim(&world.store, at(12), "a").await, None);
    let home = places[0].infrastructure_id;
    let mut tx = world.read().await;
    let running = deployments::running_by_target(&mut tx, home).await.unwrap();
    assert_eq!(running.iter().map(|row| row.id).collect::<Vec<_>>(), [first.id, second.id]);
    let into = queue::of_environment(&mut tx, places[0].id, at(12)).await.unwrap();
    assert_eq!((into[0].id, into[0].turn, into[0].position), (first.id, Turn::Runs, None));
    assert!(matches!(into[1].turn, Turn::After { deployment, .. } if deployment == first.id));
    assert_eq!(
        queue::of_environments(&mut tx, &places.iter().map(|place| place.id).collect(), at(12))
            .await
            .unwrap()
            .len(),
        4
    );
    assert_eq!(deployments::open(&mut tx, home).await.unwrap().len(), 4);
    let open = deployments::count_open(&mut tx, home, &Visibility::Everything).await.unwrap();
    assert_eq!(open.n, 4);
    assert_eq!(journal::own(&mut tx, "a", "a").await.unwrap().len(), 1);
    assert_eq!(deployments::moving(&mut tx, home).await.unwrap().len(), 4);
    drop(tx);
    assert!(finish(&world, &first, first.fence).await);
    assert_eq!(claim(&world.store, at(13), "a").await.map(|row| row.id), Some(rows[1].id));
}

/// Deployments into one environment that change an application each, oldest first. The second application uses the first one.
async fn independent(world: &World, at_once: &str, count: usize) -> (EnvironmentRow, Vec<DeploymentRow>) {
    let (place, rows) = commit!(world, |tx| {
        let home = infrastructure(&mut tx).await;
        let place = environment(&mut tx, home.id, 0).await;
        let (mut rows, mut apps) = (Vec::new(), Vec::new());
        for n in 0..count {
            let app = application(&mut tx, home.id, &format!("App {n}")).await;
            let row = deployment(&place, at(n as i64));
            deployments::insert(&mut tx, &row, &[step(&row, 1, Some(app.id))]).await.unwrap();
            rows.push(row);
            apps.push(app.id);
        }
        let uses = [(apps[0], Through { by: apps[1], direct: false })];
        queue::hold(&mut tx, place.id).await.unwrap();
        queue::uses(&mut tx, rows[1].id, uses).await.unwrap();
        (place, rows)
    });
    let sql = format!("update environment set deployments_at_once = {at_once}");
    world.raw().await.run(&sql).await.unwrap();
    (place, rows)
}

pub async fn independent_ones_run_at_once_up_to_the_limit(world: World) {
    let (place, rows) = independent(&world, "2", 4).await;
    let mut claimed = Vec::new();
    for n in 0..3 {
        claimed.extend(claim(&world.store, at(10 + n), "a").await);
    }
    assert_eq!(claimed.iter().map(|row| row.id).collect::<Vec<_>>(), [rows[0].id, rows[2].id]);
    assert_eq!(journal::locks_of(&mut world.read().await, place.id).await.unwrap().len(), 2);
    let places = queue::of_environment(&mut world.read().await, place.id, at(20)).await.unwrap();
    let turns = places.iter().map(|place| place.turn).collect::<Vec<_>>();
    let Turn::After { deployment, because: Because::Uses { direct, .. } } = turns[1] else {
        panic!("{turns:?}")
    };
    assert_eq!(
        (deployment, direct),
        (rows[0].id, false),
        "it uses what the first one changes, through others"
    );
    assert_eq!([turns[0], turns[2], turns[3]], [Turn::Runs, Turn::Runs, Turn::Full]);
    assert_eq!(places.iter().map(|place| place.position).collect::<Vec<_>>(), [None, Some(1), None, Some(2)]);

    // One waits for a person: it keeps its place among those that run.
    let mut tx = world.store.journal().await.unwrap();
    assert!(journal::suspend(&mut tx, claimed[1].id, claimed[1].fence, "?").await.unwrap());
    tx.commit(at(12)).await.unwrap();
    assert_eq!(claim(&world.store, at(13), "a").await, None);
    assert!(finish(&world, &claimed[0], claimed[0].fence).await);
    assert_eq!(claim(&world.store, at(14), "a").await.map(|row| row.id), Some(rows[1].id));
    assert_eq!(claim(&world.store, at(15), "a").await, None);
    // Each has its own tasks, and all of them are given out.
    let taken = deployments::by_id(&mut world.read().await, rows[1].id).await.unwrap().unwrap();
    assert!(taken.fence > claimed[1].fence);
}

/// Many claimers of two nodes at once, again and again: never more than the limit, never two that depend on each other.
pub async fn two_nodes_never_claim_over_the_limit_or_what_depends(world: World) {
    let (place, rows) = independent(&world, "3", 9).await;
    let mut left = rows.len();
    while left > 0 {
        let claimers: Vec<_> = (0..8)
            .map(|n| {
                let store = if n % 2 == 0 { world.store.clone() } else { world.other.clone() };
                tokio::spawn(async move { claim(&store, at(10), &format!("node {n}")).await })
            })
            .collect();
        for claimer in claimers {
            claimer.await.unwrap();
        }
        let running = journal::locks_of(&mut world.read().await, place.id).await.unwrap();
        assert!((1..=3).contains(&running.len()), "{} run", running.len());
        let runs = |n: usize| running.iter().any(|lock| lock.deployment_id == rows[n].id);
        assert!(!(runs(0) && runs(1)), "two that depend on each other run");
        let first = &running[left % running.len()];
        let row = rows.iter().find(|row| row.id == first.deployment_id).unwrap();
        assert!(finish(&world, row, first.fence).await);
        left -= 1;
    }
    assert_eq!(claim(&world.store, at(11), "a").await, None);
}

/// Many claimers of two nodes at once: no deployment is claimed twice, no environment is held twice, the turn is kept.
pub async fn two_nodes_never_claim_the_same(world: World) {
    let (_, rows) = queue(&world).await;
    let mut order: BTreeMap<_, Vec<_>> = BTreeMap::new();
    while order.values().map(Vec::len).sum::<usize>() < rows.len() {
        let claimers: Vec<_> = (0..8)
            .map(|n| {
                let store = if n % 2 == 0 { world.store.clone() } else { world.other.clone() };
                tokio::spawn(async move { claim(&store, at(10), &format!("node {n}")).await })
            })
            .collect();
        let mut claimed = Vec::new();
        for claimer in claimers {
            claimed.extend(claimer.await.unwrap());
        }
        let mut targets: Vec<_> = claimed.iter().map(|row| row.target_id).collect();
        targets.sort_unstable();
        targets.dedup();
        assert_eq!(targets.len(), claimed.len(), "an environment is held twice");
        for row in claimed {
            order.entry(row.target_id).or_default().push(row.id);
            assert!(finish(&world, &row, row.fence).await);
        }
    }
    for (target, claimed) in order {
        let expected: Vec<_> = rows.iter().filter(|row| row.target_id == target).map(|row| row.id).collect();
        assert_eq!(claimed, expected);
    }
}

pub async fn leases_expire_and_fences_hold(world: World) {
    let (places, rows) = queue(&world).await;
    let old = claim(&world.store, at(10), "a").await.unwrap();
    claim(&world.store, at(10), "a").await.unwrap();
    let renew = async |row: &DeploymentRow, owner: &str, until| {
        let mut tx = world.store.journal().await.unwrap();
        let held = journal::renew(&mut tx, row.id, owner, row.fence, until).await.unwrap();
        tx.commit(at(0)).await.unwrap();
        held
    };
    assert!(renew(&old, "a", at(60)).await);
    assert!(!renew(&old, "b", at(60)).await);
    assert_eq!(claim(&world.other, at(39), "b").await, None, "one is renewed, the other holds until 40");
    let other = claim(&world.other, at(41), "b").await.unwrap();
    assert_eq!(other.target_id, places[1].id);
    assert_eq!(claim(&world.other, at(60), "b").await, None, "a lease holds to its last moment");
    let new = claim(&world.other, at(61), "b").await.unwrap();
    assert_eq!(new.id, old.id);
    assert!(new.fence > old.fence);
    assert_eq!(new.started_at, old.started_at);
    let locks = journal::locks_of(&mut world.read().await, places[0].id).await.unwrap();
    assert_eq!((locks.len(), locks[0].fence, locks[0].taken_at), (1, new.fence, at(10)));

    // The old holder is fenced off from everything.
    let mut tx = world.store.journal().await.unwrap();
    let patch = StepPatch { state: Some("done".to_owned()), ..StepPatch::default() };
    assert!(!journal::step_state(&mut tx, old.id, 1, "forward", old.fence, &patch).await.unwrap());
    assert!(!journal::set_status_running(&mut tx, old.id, old.fence, "x").await.unwrap());
    assert!(!journal::renew(&mut tx, old.id, "a", old.fence, at(99)).await.unwrap());
    tx.commit(at(0)).await.unwrap();
    assert!(!finish(&world, &old, old.fence).await);
    let steps = deployments::steps(&mut world.read().await, old.id).await.unwrap();
    assert!(steps.iter().all(|step| step.state == "pending"));

    let mut tx = world.store.journal().await.unwrap();
    assert!(journal::step_state(&mut tx, new.id, 1, "forward", new.fence, &patch).await.unwrap());
    assert!(journal::set_status_running(&mut tx, new.id, new.fence, "goes on").await.unwrap());
    tx.commit(at(0)).await.unwrap();
    let mut tx = world.read().await;
    assert_eq!(journal::fence_of(&mut tx, new.id).await.unwrap(), new.fence);
    let row = deployments::by_id(&mut tx, new.id).await.unwrap().unwrap();
    assert_eq!(row.message, "goes on");
    assert!(row.revision > new.revision);
    assert_eq!(deployments::steps(&mut tx, new.id).await.unwrap()[0].fence, new.fence);
    drop(tx);
    assert!(finish(&world, &new, new.fence).await);
    assert!(!finish(&world, &new, new.fence).await, "it has ended");
    assert_eq!(rows.len(), 4);
}

pub async fn a_restarted_node_frees_its_own(world: World) {
    queue(&world).await;
    let old = claim(&world.store, at(10), "before").await.unwrap();
    let free = async |boot| {
        let mut tx = world.store.journal().await.unwrap();
        let freed = journal::free_own(&mut tx, boot).await.unwrap();
        tx.commit(at(0)).await.unwrap();
        freed
    };
    assert_eq!(free("before").await, 0);
    assert_eq!(free("after").await, 1);
    assert_eq!(free("after").await, 0, "it is free already");
    let new = claim(&world.store, at(11), "after").await.unwrap();
    assert_eq!(new.id, old.id);
    assert!(new.fence > old.fence);
}

pub async fn steps_and_lines(world: World) {
    let (places, rows) = queue(&world).await;
    let run = claim(&world.store, at(10), "a").await.unwrap();
    let mut tx = world.store.journal().await.unwrap();
    let patch = StepPatch {
        state: Some("dispatched".to_owned()),
        attempt: Some(1),
        total: Some(200),
        started_at: Some(at(11)),
        ..StepPatch::default()
    };
    assert!(journal::step_state(&mut tx, run.id, 2, "forward", run.fence, &patch).await.unwrap());
    let progress = StepPatch { done: Some(50), ..StepPatch::default() };
    assert!(journal::step_state(&mut tx, run.id, 2, "forward", run.fence, &progress).await.unwrap());
    let done = StepPatch { state: Some("skipped".to_owned()), ..StepPatch::default() };
    assert!(journal::step_state(&mut tx, run.id, 1, "forward", run.fence, &done).await.unwrap());
    tx.commit(at(11)).await.unwrap();
    let mut tx = world.read().await;
    let open = journal::open_tasks(&mut tx, places[0].id).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].ordinal, open[0].attempt, open[0].done, open[0].total, open[0].started_at, open[0].fence),
        (2, 1, 50, 200, Some(at(11)), run.fence)
    );
    assert_eq!(journal::step_by_key(&mut tx, &open[0].key).await.unwrap().as_ref(), Some(&open[0]));
    assert_eq!(journal::open_tasks(&mut tx, places[1].id).await.unwrap(), []);
    let progress = deployments::progress(&mut tx, places[0].infrastructure_id).await.unwrap();
    // What was skipped is not done.
    assert_eq!((progress.len(), progress[0].steps, progress[0].ended, progress[0].percents), (1, 3, 0, 25));
    let steps = deployments::steps(&mut tx, run.id).await.unwrap();
    let standing = |step: &deployments::StepRow| domain::deployment::Standing {
        ordinal: step.ordinal,
        phase: domain::deployment::Phase::of_word(&step.phase).unwrap(),
        state: domain::deployment::StepState::of_word(&step.state)
            .unwrap_or(domain::deployment::StepState::Failed),
        server: step.server_id,
        leaves: false,
    };
    let each: Vec<_> = steps.iter().map(|step| (standing(step), step.done, step.total)).collect();
    let sums = domain::deployment::percent_of_sums(3, 0, 25);
    assert_eq!(domain::deployment::percent(&each), sums, "the sums say what the steps say");
    drop(tx);
    // Another claim: the task goes out under its fence.
    let again = claim(&world.store, at(99), "b").await.unwrap();
    let open = journal::open_tasks(&mut world.read().await, places[0].id).await.unwrap();
    assert_eq!(open[0].fence, again.fence);

    let mut tx = world.store.journal().await.unwrap();
    let nothing = journal::step_state(&mut tx, run.id, 9, "forward", again.fence, &done).await;
    assert!(matches!(nothing, Err(StoreError::Missing)), "{nothing:?}");
    drop(tx);

    // Lines come from the console and, more than once, from a Platform Server.
    let line = |source, message| NewLine {
        deployment: rows[0].id,
        at: at(12),
        level: "info",
        ordinal: Some(2),
        source,
        message,
    };
    let mut tx = world.store.journal().await.unwrap();
    assert!(journal::append_line(&mut tx, &line(None, "one")).await.unwrap());
    assert!(journal::append_line(&mut tx, &line(Some(("k", 1)), "two")).await.unwrap());
    assert!(!journal::append_line(&mut tx, &line(Some(("k", 1)), "two again")).await.unwrap());
    assert!(journal::append_line(&mut tx, &line(None, "three")).await.unwrap());
    tx.commit(at(12)).await.unwrap();
    let writers: Vec<_> = (0..12_u64)
        .map(|n| {
            let store = if n % 2 == 0 { world.store.clone() } else { world.other.clone() };
            let deployment = rows[0].id;
            tokio::spawn(async move {
                let mut tx = store.journal().await.unwrap();
                let new = NewLine {
                    deployment,
                    at: at(13),
                    level: "warning",
                    ordinal: None,
                    source: Some(("k", 2 + n / 2)),
                    message: "more",
                };
                let appended = journal::append_line(&mut tx, &new).await.unwrap();
                tx.commit(at(13)).await.unwrap();
                u64::from(appended)
            })
        })
        .collect();
    let mut appended = 0;
    for writer in writers {
        appended += writer.await.unwrap();
    }
    assert_eq!(appended, 6, "each line once");
    let mut tx = world.read().await;
    let lines = deployments::lines(&mut tx, rows[0].id, 0, 100).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), (1..=9).collect::<Vec<_>>());
    assert_eq!(lines.iter().take(3).map(|l| l.message.as_str()).collect::<Vec<_>>(), ["one", "two", "three"]);
    assert_eq!(deployments::lines(&mut tx, rows[0].id, 7, 1).await.unwrap(), lines[7..8]);
    assert_eq!(deployments::last_lines(&mut tx, rows[0].id, 2, "info", "").await.unwrap(), lines[7..]);
    assert_eq!(deployments::lines(&mut tx, rows[1].id, 0, 100).await.unwrap(), []);
}

pub async fn an_ending_frees_the_environment(world: World) {
    let (places, rows) = queue(&world).await;
    let run = claim(&world.store, at(10), "a").await.unwrap();
    assert!(finish(&world, &run, run.fence).await);
    let mut tx = world.read().await;
    let row = deployments::by_id(&mut tx, run.id).await.unwrap().unwrap();
    assert_eq!((row.status.as_str(), row.message.as_str()), ("finished_successful", "done"));
    assert_eq!((row.finished_at, row.lease_owner, row.lease_until), (Some(at(99)), None, None));
    assert_eq!(journal::locks_of(&mut tx, places[0].id).await.unwrap(), []);
    let moving = deployments::moving(&mut tx, run.infrastructure_id).await.unwrap();
    assert!(moving.iter().all(|row| row.deployment_id != run.id));
    assert_eq!(moving.len(), 3);
    drop(tx);
    // One deployment does not free the environment of another.
    let next = claim(&world.store, at(11), "a").await.unwrap();
    assert_eq!(next.id, rows[1].id);
    let mut tx = world.change().await;
    assert!(!deployments::release_lock(&mut tx, places[0].id, run.id).await.unwrap());
    tx.commit(entry("test", "x")).await.unwrap();
    // What waits for a person still holds its environment, and is nobody's to claim.
    let mut tx = world.store.journal().await.unwrap();
    assert!(journal::set_status(&mut tx, next.id, next.fence, "needs_attention", "?").await.unwrap());
    tx.commit(at(12)).await.unwrap();
    let second = claim(&world.store, at(13), "a").await.unwrap();
    assert_eq!(second.target_id, places[1].id);
    assert_eq!(claim(&world.store, at(1000), "a").await.map(|row| row.id), Some(second.id));
}

pub async fn the_run_plan_is_never_changed(world: World) {
    queue(&world).await;
    for sql in ["update deployment set run_plan = '[]'", "update deployment set digest = 'x'"] {
        let error = world.refused(sql).await;
        let expected = Constraint::Immutable { table: "deployment".to_owned() };
        assert_eq!(error.violated(), Some(&expected), "{error}");
    }
}

/// Of two decisions about a suspended run the first counts, on either connection; an abort is the last one.
pub async fn the_first_decision_counts(world: World) {
    let (places, rows) = queue(&world).await;
    let run = claim(&world.store, at(10), "a").await.unwrap();
    let mut tx = world.store.journal().await.unwrap();
    assert!(!journal::hold(&mut tx, run.id, run.fence, "?").await.unwrap(), "it is of one stage");
    let failed = StepPatch { state: Some("failed".into()), ..StepPatch::default() };
    assert!(journal::step_state(&mut tx, run.id, 1, "forward", run.fence, &failed).await.unwrap());
    assert!(journal::suspend(&mut tx, run.id, run.fence, "it failed").await.unwrap());
    tx.commit(at(11)).await.unwrap();
    let open = async || {
        let mut tx = world.read().await;
        deployments::by_id(&mut tx, run.id).await.unwrap().unwrap()
    };
    let row = open().await;
    assert_eq!((row.status.as_str(), row.suspended, row.lease_until), ("needs_attention", true, None));

    let mut tx = world.change().await;
    assert!(!decisions::let_go_on(&mut tx, run.id, "?").await.unwrap(), "that is for the second stage");
    assert!(decisions::resume(&mut tx, run.id, "again", None).await.unwrap());
    assert!(
        !decisions::resume(&mut tx, run.id, "back", Some("roll_back")).await.unwrap(),
        "the first counts"
    );
    decisions::again(&mut tx, run.id, 1, "forward", "key/again-2").await.unwrap();
    let none = decisions::again(&mut tx, run.id, 1, "forward", "key/again-3").await;
    assert!(matches!(none, Err(StoreError::Missing)), "it has not failed since: {none:?}");
    tx.commit(entry("test", "x")).await.unwrap();
    let row = open().await;
    assert_eq!((row.status.as_str(), row.suspended, row.decision.as_deref()), ("running", false, None));
    let mut tx = world.read().await;
    let step = journal::step_by_key(&mut tx, "key/again-2").await.unwrap().unwrap();
    assert_eq!((step.state.as_str(), step.reason.as_str()), ("pending", ""));
    drop(tx);

    let mut tx = world.change().await;
    assert!(decisions::abort(&mut tx, run.id, "stop").await.unwrap());
    assert!(!decisions::abort(&mut tx, run.id, "stop").await.unwrap(), "once");
    assert!(!parked::end(&mut tx, run.id, "?", at(12)).await.unwrap(), "it has left the queue");
    assert!(parked::end(&mut tx, rows[1].id, "gone", at(12)).await.unwrap());
    tx.commit(entry("test", "x")).await.unwrap();
    assert_eq!(open().await.decision.as_deref(), Some("abort"));
    let mut tx = world.store.journal().await.unwrap();
    assert!(!journal::suspend(&mut tx, run.id, run.fence, "?").await.unwrap(), "an abort is not suspended");
    tx.commit(at(13)).await.unwrap();
    let mut tx = world.read().await;
    let gone = deployments::by_id(&mut tx, rows[1].id).await.unwrap().unwrap();
    assert_eq!((gone.status.as_str(), gone.finished_at), ("aborted", Some(at(12))));
    let ended = deployments::ended_since(&mut tx, places[0].id, at(0)).await.unwrap();
    assert!(ended.iter().all(|row| row.finished_at.is_some()));
    assert_eq!(deployments::rolled_back_by(&mut tx, run.id).await.unwrap(), None);
    assert_eq!(deployments::lengths(&mut tx, places[0].id, at(0)).await.unwrap(), Vec::<i64>::new());
}
