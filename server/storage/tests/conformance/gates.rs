//! Gates, freezes, approvals, results of tests, and runs that are parked.

use crate::world::*;
use domain::architecture::model::Pipeline;
use domain::deployment::queue::{Because, Through, Turn};
use domain::gate::Kind;
use domain::id::{DeploymentId, InfrastructureId, UserId};
use domain::time::Timestamp;
use storage::approvals::RequestRow;
use storage::deployments::DeploymentRow;
use storage::environments::EnvironmentRow;
use storage::gates::{GateRow, Group};
use storage::journal::Claim;
use storage::parked::ParkedRow;
use storage::reviews::{ActRow, ReviewRow};
use storage::verifications::VerificationRow;
use storage::*;

/// A pipeline over some environments.
async fn pipeline(
    world: &World,
    home: InfrastructureId,
    places: &[&EnvironmentRow],
) -> domain::id::PipelineId {
    let before = architecture::load(&mut world.read().await, home).await.unwrap();
    let mut after = before.architecture.clone();
    let stages = places.iter().map(|place| place.key.clone()).collect();
    let line = Pipeline { name: "Line".parse().unwrap(), purposes: [].into(), stages };
    after.pipelines.insert("line".parse().unwrap(), line);
    let mut tx = world.change().await;
    architecture::save(&mut tx, home, &before, &after, &mut || id(), at(1)).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    pipelines::list(&mut world.read().await, home).await.unwrap().remove(0).id
}

pub async fn gates_stand_before_their_environments(world: World) {
    let mut tx = world.change().await;
    let (home, other) = (infrastructure(&mut tx).await.id, infrastructure(&mut tx).await.id);
    let (dev, test, prod) = (
        environment(&mut tx, home, 0).await,
        environment(&mut tx, home, 1).await,
        environment(&mut tx, home, 2).await,
    );
    tx.commit(entry("test", "x")).await.unwrap();
    let line = pipeline(&world, home, &[&dev, &test]).await;
    let mut tx = world.change().await;
    let at_test = GateRow { environment_id: Some(test.id), ..gate(home, Kind::Soak) };
    let along = GateRow { pipeline_id: Some(line), ..gate(home, Kind::Verification) };
    gates::insert(&mut tx, &at_test).await.unwrap();
    gates::insert(&mut tx, &along).await.unwrap();
    let mut before: Vec<_> = gates::into(&mut tx, test.id).await.unwrap().iter().map(|row| row.id).collect();
    before.sort();
    assert_eq!(before, [at_test.id, along.id], "its own, and the pipeline's");
    assert_eq!(gates::into(&mut tx, dev.id).await.unwrap().len(), 1);
    assert_eq!(gates::into(&mut tx, prod.id).await.unwrap(), []);
    let named = gates::by_id(&mut tx, at_test.id, home).await.unwrap().unwrap();
    assert_eq!(
        (named.environment_name.as_ref(), named.pipeline_name, named.kind),
        (Some(&test.name), None, Kind::Soak)
    );
    assert_eq!(gates::by_id(&mut tx, at_test.id, other).await.unwrap(), None);
    assert_eq!(gates::list(&mut tx, home).await.unwrap().len(), 2);
    assert!(gates::remove(&mut tx, along.id).await.unwrap());
    assert!(!gates::remove(&mut tx, along.id).await.unwrap());

    for (from, until) in [(5, 9), (1, 3), (0, 2)] {
        gates::freeze(&mut tx, &freeze(home, from, until)).await.unwrap();
    }
    let ends = gates::freezes(&mut tx, home, at(2)).await.unwrap();
    assert_eq!(
        ends.iter().map(|row| row.until_at).collect::<Vec<_>>(),
        [at(3), at(9)],
        "what has ended is not there"
    );
    gates::end_freeze(&mut tx, ends[0].id, at(2)).await.unwrap();
    gates::remove_freeze(&mut tx, ends[1].id).await.unwrap();
    assert_eq!(gates::freezes(&mut tx, home, at(2)).await.unwrap(), []);
    assert!(gates::freeze_by_id(&mut tx, ends[0].id, home).await.unwrap().is_some());
    assert!(gates::freeze_by_id(&mut tx, ends[1].id, home).await.unwrap().is_none());
    tx.commit(entry("test", "x")).await.unwrap();
    // An environment and a pipeline go with their gates.
    let before = architecture::load(&mut world.read().await, home).await.unwrap();
    let mut after = before.architecture.clone();
    after.pipelines.clear();
    after.environments.remove(&test.key);
    after.order.retain(|key| *key != test.key);
    let mut tx = world.change().await;
    architecture::save(&mut tx, home, &before, &after, &mut || id(), at(1)).await.unwrap();
    assert_eq!(gates::list(&mut tx, home).await.unwrap(), []);
    tx.commit(entry("test", "x")).await.unwrap();
}

pub async fn people_are_counted_and_known(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let dev = environment(&mut tx, home, 0).await;
    let role = role(&mut tx, home, &[(dev.id, domain::access::Rights::level(2))]).await.id;
    let team = team(&mut tx, home).await.id;
    let (person, gone, machine, other) =
        (user(&mut tx).await.id, user(&mut tx).await.id, user(&mut tx).await.id, user(&mut tx).await.id);
    service_accounts::mark(&mut tx, machine, home).await.unwrap();
    for who in [person, gone, machine] {
        roles::assign(&mut tx, who, home, role).await.unwrap();
        teams::put_member(&mut tx, team, who, role).await.unwrap();
    }
    users::set_active(&mut tx, gone, false, at(1)).await.unwrap();
    for group in [Group::Team(team), Group::Role(role)] {
        assert_eq!(gates::people(&mut tx, group).await.unwrap().n, 1, "{group:?}");
        for (who, is_in) in [(person, true), (gone, false), (machine, false), (other, false)] {
            assert_eq!(gates::is_in(&mut tx, group, who).await.unwrap(), is_in, "{group:?}");
        }
    }
    let gate = GateRow { environment_id: Some(dev.id), team_id: Some(team), ..gate(home, Kind::Approval) };
    gates::insert(&mut tx, &gate).await.unwrap();
    assert_eq!(gates::of_team(&mut tx, team).await.unwrap(), 1);
    assert_eq!(gates::of_role(&mut tx, role).await.unwrap(), 0);
    tx.commit(entry("test", "x")).await.unwrap();
}

pub async fn what_waits_for_whom(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let (dev, test) = (environment(&mut tx, home, 0).await, environment(&mut tx, home, 1).await);
    let all = domain::access::Rights::level(5);
    let approver = role(&mut tx, home, &[(dev.id, all), (test.id, all)]).await.id;
    let hidden = role(&mut tx, home, &[(dev.id, domain::access::Rights::NONE), (test.id, all)]).await.id;
    let (person, blind, other) = (user(&mut tx).await.id, user(&mut tx).await.id, user(&mut tx).await.id);
    roles::assign(&mut tx, person, home, approver).await.unwrap();
    roles::assign(&mut tx, blind, home, hidden).await.unwrap();
    roles::assign(&mut tx, other, home, approver).await.unwrap();
    let team = team(&mut tx, home).await.id;
    for who in [person, blind] {
        teams::put_member(&mut tx, team, who, approver).await.unwrap();
    }
    let gate = GateRow { environment_id: Some(test.id), team_id: Some(team), ..gate(home, Kind::Approval) };
    gates::insert(&mut tx, &gate).await.unwrap();
    let mut plans = Vec::new();
    for n in 1..=3 {
        let row = plan(&mut tx, &dev, &test, at(n)).await;
        let asked = RequestRow {
            plan_id: row.id,
            infrastructure_id: home,
            asked_at: at(n),
            asked_by: "Ada".to_owned(),
        };
        approvals::put_request(&mut tx, &asked).await.unwrap();
        plans.push(row.id);
    }
    let unasked = plan(&mut tx, &dev, &test, at(9)).await;
    let first = Page::first(2);
    let page = approvals::waiting(&mut tx, home, person, &first).await.unwrap();
    let ids = |rows: &[approvals::WaitingRow]| rows.iter().map(|row| row.plan_id).collect::<Vec<_>>();
    assert_eq!(ids(&page.rows), [plans[2], plans[1]]);
    let next = Page { after: page.next, limit: 2 };
    let page = approvals::waiting(&mut tx, home, person, &next).await.unwrap();
    assert_eq!((ids(&page.rows), page.next), (vec![plans[0]], None));
    assert!(!ids(&page.rows).contains(&unasked.id));
    for nobody in [blind, other] {
        assert_eq!(approvals::waiting(&mut tx, home, nobody, &Page::first(9)).await.unwrap().rows, []);
    }
    // What one wrote or decided does not wait; what was asked again does.
    approvals::put_author(&mut tx, plans[0], person).await.unwrap();
    approvals::put_author(&mut tx, plans[0], person).await.unwrap();
    assert_eq!(approvals::authors(&mut tx, plans[0]).await.unwrap(), [person]);
    approvals::insert(&mut tx, &approval(plans[1], person, 5)).await.unwrap();
    let rest = approvals::waiting(&mut tx, home, person, &Page::first(9)).await.unwrap().rows;
    assert_eq!(ids(&rest), [plans[2]]);
    let again = RequestRow {
        plan_id: plans[1],
        infrastructure_id: home,
        asked_at: at(6),
        asked_by: "Ada".to_owned(),
    };
    approvals::put_request(&mut tx, &again).await.unwrap();
    assert_eq!(approvals::request(&mut tx, plans[1]).await.unwrap(), Some(again));
    let rest = approvals::waiting(&mut tx, home, person, &Page::first(9)).await.unwrap().rows;
    assert_eq!(ids(&rest), [plans[1], plans[2]]);
    assert_eq!(approvals::of_plan(&mut tx, plans[1]).await.unwrap().len(), 1);
    tx.commit(entry("test", "x")).await.unwrap();
}

async fn next(world: &World, now: i64) -> Option<DeploymentId> {
    let mut tx = world.store.journal().await.unwrap();
    let next = journal::next(&mut tx, at(now), at(now)).await.unwrap().map(|row| row.id);
    // A transaction that is dropped may hold the row a moment longer, and then the next one passes it.
    tx.commit(at(now)).await.unwrap();
    next
}

pub async fn parked_runs_are_passed_by_what_does_not_touch_them(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let test = environment(&mut tx, home, 0).await;
    let (desk, till, theme) = (
        application(&mut tx, home, "Desk").await.id,
        application(&mut tx, home, "Till").await.id,
        application(&mut tx, home, "Theme").await.id,
    );
    let mut runs: Vec<DeploymentRow> = Vec::new();
    // In the order of the queue: the first uses the theme.
    for (n, app) in [(1, desk), (2, desk), (3, theme), (4, till)] {
        let run = deployment(&test, at(n));
        deployments::insert(&mut tx, &run, &[step(&run, 1, Some(app))]).await.unwrap();
        runs.push(run);
    }
    let uses = [(theme, Through { by: desk, direct: true })];
    queue::uses(&mut tx, runs[0].id, uses).await.unwrap();
    let row = |until| ParkedRow {
        deployment_id: runs[0].id,
        infrastructure_id: home,
        until_at: at(until),
        not_before: Some(at(50)),
        expires_at: Some(at(60)),
    };
    tx.commit(entry("test", "x")).await.unwrap();
    assert_eq!(next(&world, 10).await, Some(runs[0].id), "nothing is parked");

    let mut tx = world.change().await;
    parked::put(&mut tx, &row(50)).await.unwrap();
    assert!(parked::say_with(&mut tx, runs[0].id, "Parked.").await.unwrap());
    assert!(!parked::say_with(&mut tx, runs[0].id, "Parked.").await.unwrap(), "it says so already");
    let places = queue::of_environment(&mut tx, test.id, at(10)).await.unwrap();
    let behind = |place: usize| match places[place].turn {
        Turn::After { deployment, because } => Some((deployment, because)),
        _ => None,
    };
    assert_eq!(places[0].turn, Turn::Parked);
    assert_eq!(behind(1), Some((runs[0].id, Because::Same(desk))));
    assert_eq!(behind(2), Some((runs[0].id, Because::Uses { by: desk, used: theme, direct: true })));
    tx.commit(entry("test", "x")).await.unwrap();
    // The second changes the same application, the third what the first uses; the fourth touches none of them.
    assert_eq!(next(&world, 10).await, Some(runs[3].id));
    assert_eq!(next(&world, 50).await, Some(runs[0].id), "it kept its place");

    let mut tx = world.store.journal().await.unwrap();
    for run in &runs[1..3] {
        let again = ParkedRow { deployment_id: run.id, not_before: None, expires_at: None, ..row(90) };
        parked::put_again(&mut tx, &again).await.unwrap();
    }
    tx.commit(at(1)).await.unwrap();
    assert_eq!(next(&world, 10).await, Some(runs[3].id), "it touches nothing that is parked");
    let mut tx = world.store.journal().await.unwrap();
    let fence = journal::next_fence(&mut tx).await.unwrap();
    let claim = Claim { now: at(10), until: at(99), owner: "a", boot_id: "a", fence };
    let taken = journal::next(&mut tx, at(10), at(10)).await.unwrap().unwrap();
    assert_eq!(
        journal::take(&mut tx, &taken, &claim).await.unwrap().map(|row| row.status),
        Some("running".to_owned())
    );
    tx.commit(at(1)).await.unwrap();
    assert_eq!(next(&world, 50).await, Some(runs[0].id), "what runs has nothing to do with it");

    assert_eq!(parked::expired(&mut world.read().await, at(59)).await.unwrap(), []);
    assert_eq!(parked::expired(&mut world.read().await, at(60)).await.unwrap(), [runs[0].id]);
    let mut tx = world.change().await;
    assert_eq!(parked::wake(&mut tx, home, at(20)).await.unwrap(), 3);
    assert_eq!(
        parked::of(&mut tx, runs[0].id).await.unwrap().map(|row| (row.until_at, row.not_before)),
        Some((at(20), Some(at(50))))
    );
    assert!(parked::end(&mut tx, runs[0].id, "Over.", at(60)).await.unwrap());
    assert!(!parked::end(&mut tx, runs[0].id, "Over.", at(60)).await.unwrap());
    assert_eq!(parked::of(&mut tx, runs[0].id).await.unwrap(), None);
    tx.commit(entry("test", "x")).await.unwrap();
    let ended = deployments::by_id(&mut world.read().await, runs[0].id).await.unwrap().unwrap();
    assert_eq!(
        (ended.status.as_str(), ended.message.as_str(), ended.finished_at),
        ("aborted", "Over.", Some(at(60)))
    );
    let moving = deployments::moving(&mut world.read().await, home).await.unwrap();
    assert!(moving.iter().all(|row| row.deployment_id != runs[0].id));
    let mut tx = world.store.journal().await.unwrap();
    parked::remove(&mut tx, runs[1].id).await.unwrap();
    assert!(!parked::say(&mut tx, runs[3].id, "x").await.unwrap(), "it runs");
    tx.commit(at(1)).await.unwrap();
}

pub async fn the_last_result_counts(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let (dev, test) = (environment(&mut tx, home, 0).await, environment(&mut tx, home, 1).await);
    let app = application(&mut tx, home, "Desk").await.id;
    let content = revision(&mut tx, app).await;
    for (n, name, passed) in [(1, "smoke", true), (2, "smoke", false), (3, "load", true)] {
        let row = VerificationRow {
            id: id(),
            environment_id: dev.id,
            application_id: app,
            revision_id: content.id,
            name: name.to_owned(),
            passed,
            link: String::new(),
            at: at(n),
            reported_by: "CI".to_owned(),
            token_id: None,
            by_console: false,
            detail: String::new(),
        };
        verifications::insert(&mut tx, &row).await.unwrap();
    }
    let newest = verifications::newest(&mut tx, dev.id, content.id, "smoke", None).await.unwrap().unwrap();
    assert_eq!((newest.at, newest.passed), (at(2), false));
    assert_eq!(verifications::newest(&mut tx, test.id, content.id, "smoke", None).await.unwrap(), None);
    assert_eq!(verifications::newest(&mut tx, dev.id, content.id, "other", None).await.unwrap(), None);
    // What the console finds counts for itself, and for the address that it asked.
    let found = VerificationRow {
        id: id(),
        passed: true,
        at: at(9),
        by_console: true,
        link: "http://a.example".to_owned(),
        detail: "It answered with status 200.".to_owned(),
        ..newest.clone()
    };
    verifications::insert(&mut tx, &found).await.unwrap();
    let of = async |tx: &mut WriteTx, address| {
        verifications::newest(tx, dev.id, content.id, "smoke", address).await.unwrap()
    };
    assert_eq!(of(&mut tx, None).await, Some(newest));
    assert_eq!(of(&mut tx, Some("http://a.example")).await, Some(found));
    assert_eq!(of(&mut tx, Some("http://b.example")).await, None);
    tx.commit(entry("test", "x")).await.unwrap();
}

/// Overrides something for a deployment, once more.
pub async fn overridden(
    tx: &mut WriteTx,
    (home, run, created_at): (InfrastructureId, DeploymentId, Timestamp),
    user: Option<UserId>,
) {
    let number = reviews::acts(tx, &[run]).await.unwrap().len() as u64 + 1;
    let review = ReviewRow {
        deployment_id: run,
        infrastructure_id: home,
        created_at,
        due_at: at(number as i64),
        closed_at: None,
        closed_by: None,
        words: None,
    };
    let act = ActRow {
        deployment_id: run,
        number,
        at: at(1),
        what: "overrode the freeze".to_owned(),
        reason: "Because.".to_owned(),
        user_id: user,
        made_by: "Ada".to_owned(),
    };
    reviews::open(tx, &review, &act).await.unwrap();
}

pub async fn a_review_is_open_until_it_is_closed_and_opens_again(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let test = environment(&mut tx, home, 0).await;
    let mut runs = Vec::new();
    for n in 0..3 {
        let run = deployment(&test, at(n));
        deployments::insert(&mut tx, &run, &[]).await.unwrap();
        runs.push(run);
    }
    for run in &runs[..2] {
        overridden(&mut tx, (home, run.id, run.created_at), None).await;
    }
    let open = async |tx: &mut WriteTx, page: &Page| {
        let found = deployments::to_review(tx, home, &Visibility::Everything, page).await.unwrap();
        (found.rows.iter().map(|row| row.id).collect::<Vec<_>>(), found.next)
    };
    let all = Page::first(10);
    assert_eq!(open(&mut tx, &all).await.0, [runs[1].id, runs[0].id], "the newest first");
    let (first, next) = open(&mut tx, &Page::first(1)).await;
    assert_eq!(first, [runs[1].id]);
    assert_eq!(open(&mut tx, &Page { after: next, limit: 1 }).await.0, [runs[0].id]);
    assert_eq!(deployments::count_to_review(&mut tx, home, &Visibility::Everything).await.unwrap().n, 2);

    let read = reviews::of(&mut tx, runs[1].id).await.unwrap().unwrap();
    let older = ReviewRow { due_at: at(99), ..read.clone() };
    assert!(!reviews::close(&mut tx, &older, at(9), ("Ben", "As it was.")).await.unwrap());
    assert!(reviews::close(&mut tx, &read, at(9), ("Ben", "Fine.")).await.unwrap());
    assert!(!reviews::close(&mut tx, &read, at(9), ("Ben", "Twice.")).await.unwrap());
    assert_eq!(open(&mut tx, &all).await.0, [runs[0].id]);
    let closed = reviews::of(&mut tx, runs[1].id).await.unwrap().unwrap();
    assert_eq!((closed.closed_by.as_deref(), closed.words.as_deref()), (Some("Ben"), Some("Fine.")));
    assert_eq!(reviews::of(&mut tx, runs[2].id).await.unwrap(), None);
    overridden(&mut tx, (home, runs[1].id, runs[1].created_at), None).await;
    assert_eq!(
        open(&mut tx, &all).await.0,
        [runs[1].id, runs[0].id],
        "what is overridden later opens it again"
    );
    let some = reviews::of_some(&mut tx, &[runs[1].id, runs[2].id]).await.unwrap();
    assert_eq!(some.iter().map(|row| (row.due_at, row.closed_at)).collect::<Vec<_>>(), [(at(2), None)]);
    assert_eq!(reviews::acts(&mut tx, &[runs[0].id, runs[1].id]).await.unwrap().len(), 3);
    tx.commit(entry("test", "x")).await.unwrap();
}
