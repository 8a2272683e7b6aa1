//! Gates: approvals, freezes and starts for later, through the whole of it.

use crate::common::{HOME, World, denied, later, refused, role, user_of};
use domain::gate::State;
use domain::id::{DeploymentId, PlanId};
use domain::protocol::TaskOutcome;
use domain::time::{HOUR, MINUTE, Timestamp};
use operations::view::{DeploymentGates, PlanPage};
use operations::{Caller, FreezeInput, GateInput, PageQuery, StartInput};
use std::time::Duration;

pub async fn plan(world: &World, who: &Caller, from: &str, to: &str, application: &str) -> PlanId {
    world.console.make_plan(who, HOME, from, to, &[application.into()]).await.unwrap()
}

pub async fn page(world: &World, who: &Caller, plan: PlanId) -> PlanPage {
    world.console.plan(who, HOME, plan).await.unwrap()
}

/// A gate before Test that asks for so many approvals of Release Managers.
fn approvals(number: u32, hours: &str) -> GateInput {
    GateInput {
        kind: "approval".into(),
        environment: "test".into(),
        number: number.to_string(),
        role: "Release Manager".into(),
        hours: hours.into(),
        ..GateInput::default()
    }
}

/// A time of the world as a form has it, in UTC.
pub fn typed(at: Timestamp) -> String {
    let at = jiff_text(at);
    at.trim_end_matches('Z').to_owned()
}

fn jiff_text(at: Timestamp) -> String {
    // 2023-11-14T22:13:20 is the beginning of the world.
    let seconds = at.0 / 1_000_000 - 1_700_000_000;
    let base = 22 * 3600 + 13 * 60 + 20 + seconds;
    let (day, rest) = (14 + base.div_euclid(86_400), base.rem_euclid(86_400));
    format!("2023-11-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest % 3600 / 60, rest % 60)
}

/// A freeze of Test from an hour ago until in so many hours.
pub fn freeze(world: &World, hours: i64) -> FreezeInput {
    let now = world.console.time();
    FreezeInput {
        environment: "test".into(),
        from: typed(now.plus(-HOUR)),
        until: typed(now.plus(hours * HOUR)),
        time_zone: "UTC".into(),
        reason: "Month end".into(),
        owner: "Finance".into(),
        ..FreezeInput::default()
    }
}

async fn why(world: &World, id: DeploymentId) -> DeploymentGates {
    world.console.deployment_gates(&world.local, HOME, id).await.unwrap()
}

/// Waits until the engine has said something about a deployment that is queued.
pub async fn until_it_says(world: &World, id: DeploymentId, words: &str) {
    for _ in 0..400 {
        let row = world.console.deployment(&world.local, HOME, id).await.unwrap().row;
        if row.message.contains(words) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!(
        "it never said “{words}”: {}",
        world.console.deployment(&world.local, HOME, id).await.unwrap().row.message
    );
}

#[tokio::test]
async fn a_second_person_approves_the_digest_and_the_author_never() {
    let world = World::new().await;
    let console = &world.console;
    let (ada, rita, dev) = (world.user("ada").await, world.user("rita").await, world.user("dev").await);
    world.publish("desk", None, "", "a").await;
    console.add_gate(&ada, HOME, &approvals(1, "")).await.unwrap();
    let id = plan(&world, &ada, "dev", "test", "desk").await;
    let open = page(&world, &ada, id).await;
    let reasons = open.start.unwrap_err();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert_eq!(reasons[0].sentence, "Approvals: 1 approval of Release Manager for Test.");
    let said = refused(console.start_plan(&ada, HOME, id, &open.digest).await);
    assert_eq!(said, reasons[0].sentence, "the button says what the start says");
    assert_eq!(open.gates.answers[0].short, "0 of 1");

    // Nobody approves before it was asked for; asking tags, so that versions are approved.
    let early = refused(console.approve_plan(&rita, HOME, id, &open.digest, "").await);
    assert_eq!(early, "Nobody has asked for the approval of this plan.");
    assert_eq!(console.waiting_plans(&rita, HOME, &PageQuery::default()).await.unwrap().rows, []);
    console.ask_approval(&ada, HOME, id).await.unwrap();
    assert_eq!(world.cell("desk", "dev").await, "0.1.0");
    let waiting = console.waiting_plans(&rita, HOME, &PageQuery::default()).await.unwrap().rows;
    assert_eq!(waiting.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    assert_eq!(console.waiting_plans(&ada, HOME, &PageQuery::default()).await.unwrap().rows, [], "her own");

    let asked = page(&world, &ada, id).await;
    assert_ne!(asked.digest, open.digest, "a version is deployed instead of tagged");
    let stale = refused(console.approve_plan(&rita, HOME, id, &open.digest, "").await);
    assert!(stale.contains("has changed since you looked"), "{stale}");
    let own = denied(console.approve_plan(&ada, HOME, id, &asked.digest, "").await);
    assert_eq!(own, "You cannot approve this plan: you wrote it, or changed what it does.");
    assert_eq!(asked.gates.decide.unwrap().unwrap_err().sentence, own);
    let other = denied(console.approve_plan(&dev, HOME, id, &asked.digest, "").await);
    assert_eq!(other, "You cannot approve this plan: you are not of Release Manager.");
    denied(console.approve_plan(&world.local, HOME, id, &asked.digest, "").await);

    let mute = refused(console.reject_plan(&rita, HOME, id, &asked.digest, " ").await);
    assert!(mute.starts_with("Say why you reject it"), "{mute}");
    console.reject_plan(&rita, HOME, id, &asked.digest, "Not before Monday").await.unwrap();
    let rejected = page(&world, &ada, id).await.start.unwrap_err();
    assert!(rejected[0].sentence.ends_with("Rita Release rejected it: Not before Monday."), "{rejected:?}");
    later(&world, MINUTE);
    console.approve_plan(&rita, HOME, id, &asked.digest, "Go").await.unwrap();
    assert_eq!(console.waiting_plans(&rita, HOME, &PageQuery::default()).await.unwrap().rows, []);
    let approved = page(&world, &ada, id).await;
    assert_eq!(approved.start, Ok(()));
    assert_eq!(approved.gates.answers[0].state, State::Met);

    // Any change makes it void, and says what changed.
    world.publish("desk", None, "", "b").await;
    console.edit_plan(&dev, HOME, id, "desk", "tag:0.2.0").await.unwrap();
    let changed = page(&world, &ada, id).await;
    let decision = &changed.gates.decisions[0];
    assert_eq!(
        (decision.counts, decision.changed.as_slice()),
        (false, ["desk is 0.2.0 instead of 0.1.0.".to_owned()].as_slice())
    );
    let reasons = changed.start.unwrap_err();
    assert!(reasons[0].sentence.ends_with("What was approved was the plan as it was before."), "{reasons:?}");
    // Who saw the plan before is told the same.
    let input = StartInput { canonical: approved.canonical.clone(), ..StartInput::now(&approved.digest, "") };
    let stale = refused(console.start_plan_with(&ada, HOME, id, &input).await);
    assert!(stale.contains("desk is 0.2.0 instead of 0.1.0."), "{stale}");

    // The developer changed it, so that their word would not count even as a release manager.
    let manager = crate::common::role(&world, "Release Manager").await;
    console.set_default_role(&ada, HOME, user_of(&dev), manager, "").await.unwrap();
    console.ask_approval(&ada, HOME, id).await.unwrap();
    let digest = page(&world, &ada, id).await.digest;
    denied(console.approve_plan(&dev, HOME, id, &digest, "").await);
    console.approve_plan(&rita, HOME, id, &digest, "").await.unwrap();
    let run = console.start_plan(&ada, HOME, id, &digest).await.unwrap();
    assert_eq!(world.carry_out("test", run, |_| TaskOutcome::Done).await.0, "finished_successful");
    assert_eq!(world.cell("desk", "test").await, "0.2.0");
    for (operation, outcome, times) in [
        ("plan.approve", "done", 2),
        ("plan.approve", "denied", 4),
        ("plan.reject", "done", 1),
        ("plan.ask", "done", 2),
        ("gate.add", "done", 1),
    ] {
        assert_eq!(world.count(operation, outcome).await, times, "{operation} {outcome}");
    }
}

#[tokio::test]
async fn a_gate_that_nobody_can_meet_is_refused_and_one_that_is_needed_keeps_its_people() {
    let world = World::new().await;
    let (console, ada, rita) = (&world.console, world.user("ada").await, world.user("rita").await);
    let said = refused(console.add_gate(&ada, HOME, &approvals(2, "")).await);
    assert_eq!(said, "2 approvals can never be reached: Release Manager has 1 person who can sign in.");
    for (input, sentence) in [
        (
            GateInput { environment: String::new(), ..approvals(1, "") },
            "A gate stands at an environment or at a pipeline",
        ),
        (
            GateInput { environment: "moon".into(), ..approvals(1, "") },
            "There is no environment “moon” here.",
        ),
        (
            GateInput { kind: "play".into(), ..approvals(1, "") },
            "A gate is one of approval, soak, verification.",
        ),
        (GateInput { number: "none".into(), ..approvals(1, "") }, "Give a whole number from 1 to 20."),
        (GateInput { role: "Nobody".into(), ..approvals(1, "") }, "There is no role “Nobody” here."),
        (
            GateInput { role: String::new(), ..approvals(1, "") },
            "A team or a role approves; choose one of them.",
        ),
        (approvals(1, "0"), "Give a whole number from 1 to 9600."),
    ] {
        let said = refused(console.add_gate(&ada, HOME, &input).await);
        assert!(said.starts_with(sentence), "{said}");
    }
    denied(console.add_gate(&rita, HOME, &approvals(1, "")).await);
    let team = console.create_team(&ada, HOME, "Pilots", "").await.unwrap();
    let reader = crate::common::role(&world, "Reader").await;
    console.put_member(&ada, HOME, team, user_of(&rita), reader).await.unwrap();
    let by_team = GateInput { role: String::new(), team: "Pilots".into(), ..approvals(1, "") };
    let gate = console.add_gate(&ada, HOME, &by_team).await.unwrap();
    let shown = console.gates(&rita, HOME).await.unwrap();
    assert_eq!(shown.gates[0].sentence, "1 approval of the team Pilots.");
    assert!(shown.gates[0].warning.as_deref().unwrap().contains("nobody approves their own"), "{shown:?}");
    assert!(shown.manage.is_err());
    let kept = refused(console.delete_team(&ada, HOME, team).await);
    assert!(kept.starts_with("A gate needs approvals of “Pilots”"), "{kept}");
    console.remove_gate(&ada, HOME, gate).await.unwrap();
    console.delete_team(&ada, HOME, team).await.unwrap();
    assert_eq!(console.gates(&ada, HOME).await.unwrap().gates, []);
    assert!(console.remove_gate(&ada, HOME, gate).await.is_err());
}

#[tokio::test]
async fn a_freeze_parks_what_is_started_and_lets_it_go_on_by_itself() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    for application in ["desk", "till"] {
        world.publish(application, None, "", "a").await;
    }
    let frozen = console.add_freeze(&ada, HOME, &freeze(&world, 2)).await.unwrap();
    let id = plan(&world, &ada, "dev", "test", "desk").await;
    let open = page(&world, &ada, id).await;
    assert_eq!(open.start, Ok(()), "it can be started, and waits");
    assert_eq!(open.gates.earliest, Some(world.console.time().plus(2 * HOUR)));
    assert_eq!(open.gates.override_freezes, Some(Ok(())));
    let run = console.start_plan(&ada, HOME, id, &open.digest).await.unwrap();
    let row = console.deployment(&ada, HOME, run).await.unwrap().row;
    assert_eq!((row.status.as_str(), row.queued), ("running", true));
    assert!(
        row.message.starts_with("Parked, and keeps its place. Test stands still: Month end. Until 20"),
        "{}",
        row.message
    );
    // The same application waits behind it; another one goes its way after the freeze too.
    world.publish("desk", None, "", "b").await;
    let second = plan(&world, &ada, "dev", "test", "desk").await;
    let digest = page(&world, &ada, second).await.digest;
    let second = console.start_plan(&ada, HOME, second, &digest).await.unwrap();

    let engine = console.start_engine();
    later(&world, HOUR);
    until_it_says(&world, run, "Parked").await;
    let held = why(&world, run).await;
    assert_eq!(held.answers.iter().map(|one| one.state).collect::<Vec<_>>(), [State::Parks]);
    assert_eq!(held.override_freezes, Some(Ok(())));
    later(&world, HOUR);
    let (status, _) = world.work("test", run, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
    let (status, _) = world.work("test", second, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
    engine.stop().await;
    assert_eq!(world.cell("desk", "test").await, "0.2.0", "in the order in which they were started");
    assert!(!why(&world, run).await.queued);
    let late = refused(console.end_freeze(&ada, HOME, frozen).await);
    assert_eq!(late, "This freeze has ended already.");
}

#[tokio::test]
async fn what_does_not_depend_on_it_passes_a_parked_run_and_the_others_keep_behind() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    for application in ["desk", "till"] {
        world.publish(application, None, "", "a").await;
    }
    let start = async |application: &str, input: &dyn Fn(&str) -> StartInput| {
        let id = plan(&world, &ada, "dev", "test", application).await;
        let digest = page(&world, &ada, id).await.digest;
        console.start_plan_with(&ada, HOME, id, &input(&digest)).await.unwrap()
    };
    let now = world.console.time();
    let scheduled = |digest: &str| StartInput {
        at: Some(now.plus(HOUR)),
        until: Some(now.plus(3 * HOUR)),
        ..StartInput::now(digest, "")
    };
    let first = start("desk", &scheduled).await;
    let at_once = |digest: &str| StartInput::now(digest, "");
    world.publish("desk", None, "", "b").await;
    let same = start("desk", &at_once).await;
    let other = start("till", &at_once).await;
    let engine = console.start_engine();
    let (status, _) = world.work("test", other, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful", "it passed");
    let behind = why(&world, same).await;
    assert_eq!(behind.behind.as_ref().map(|(id, _)| *id), Some(first));
    assert!(
        behind.sentence.starts_with(
            "Number 2 in the queue: it waits for App desk to Test, because both change App desk. That one is parked: "
        ),
        "{}",
        behind.sentence
    );
    later(&world, HOUR);
    assert_eq!(world.work("test", first, |_| TaskOutcome::Done).await.0, "finished_successful");
    assert_eq!(world.work("test", same, |_| TaskOutcome::Done).await.0, "finished_successful");
    engine.stop().await;
    assert_eq!(world.cell("desk", "test").await, "0.2.0", "in the order in which they were started");
}

#[tokio::test]
async fn a_freeze_is_overridden_with_a_right_and_a_reason() {
    let world = World::new().await;
    let (console, ada, rita) = (&world.console, world.user("ada").await, world.user("rita").await);
    world.publish("desk", None, "", "a").await;
    console.add_freeze(&ada, HOME, &freeze(&world, 2)).await.unwrap();
    let id = plan(&world, &ada, "dev", "test", "desk").await;
    let none = refused(console.ask_approval(&ada, HOME, id).await);
    assert_eq!(none, "No gate before Test asks for approvals.");
    let digest = page(&world, &ada, id).await.digest;
    let run = console.start_plan(&ada, HOME, id, &digest).await.unwrap();
    let said = denied(console.override_freezes(&rita, HOME, run, "A fix").await);
    assert!(said.contains("Override Freezes"), "{said}");
    let mute = refused(console.override_freezes(&ada, HOME, run, "").await);
    assert!(mute.starts_with("A reason has 1 to 300 characters"), "{mute}");
    console.override_freezes(&ada, HOME, run, "A fix").await.unwrap();
    let (status, _) = world.carry_out("test", run, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
    let lines = console.deployment(&ada, HOME, run).await.unwrap().lines;
    assert!(lines.iter().any(|line| line.message == "Ada Lovelace overrode the freeze: A fix."), "{lines:?}");
    let over = refused(console.override_freezes(&ada, HOME, run, "A fix").await);
    assert!(over.starts_with("No freeze holds"), "{over}");

    // Before the start, too; and without a freeze there is nothing to override.
    world.publish("desk", None, "", "b").await;
    let id = plan(&world, &ada, "dev", "test", "desk").await;
    let digest = page(&world, &ada, id).await.digest;
    let input = StartInput { override_freezes: "Another fix.".into(), ..StartInput::now(&digest, "") };
    let run = console.start_plan_with(&ada, HOME, id, &input).await.unwrap();
    assert_eq!(world.carry_out("test", run, |_| TaskOutcome::Done).await.0, "finished_successful");
    later(&world, 3 * HOUR);
    world.publish("desk", None, "", "c").await;
    let id = plan(&world, &ada, "dev", "test", "desk").await;
    let digest = page(&world, &ada, id).await.digest;
    let input = StartInput { override_freezes: "A fix.".into(), ..StartInput::now(&digest, "") };
    let said = refused(console.start_plan_with(&ada, HOME, id, &input).await);
    assert!(said.starts_with("No freeze holds this plan"), "{said}");
    assert_eq!(world.count("deployment.override", "done").await, 1);
    assert_eq!(world.count("deployment.override", "denied").await, 1);
}

#[tokio::test]
async fn an_override_counts_for_a_day_and_somebody_else_reviews_it() {
    let world = World::new().await;
    let (console, ada, rita) = (&world.console, world.user("ada").await, world.user("rita").await);
    world.publish("desk", None, "", "a").await;
    console.add_freeze(&ada, HOME, &freeze(&world, 60)).await.unwrap();
    let id = plan(&world, &ada, "dev", "test", "desk").await;
    let digest = page(&world, &ada, id).await.digest;
    let now = world.console.time();
    // An override that is over before the start could only park it.
    let far = StartInput {
        override_freezes: "A fix.".into(),
        at: Some(now.plus(30 * HOUR)),
        until: Some(now.plus(40 * HOUR)),
        ..StartInput::now(&digest, "")
    };
    let said = refused(console.start_plan_with(&ada, HOME, id, &far).await);
    assert!(said.starts_with("An override counts for 24 hours"), "{said}");
    let soon = StartInput { at: Some(now.plus(HOUR)), until: Some(now.plus(59 * HOUR)), ..far };
    let run = console.start_plan_with(&ada, HOME, id, &soon).await.unwrap();
    let frozen = async |run| {
        let found = why(&world, run).await.answers;
        found.iter().any(|one| one.freeze.is_some() && one.state != State::Met)
    };
    assert!(!frozen(run).await);

    // It is listed and counted for those who may see it, until somebody else has looked at it.
    let open = console.open_reviews(&rita, HOME, &PageQuery::default()).await.unwrap();
    let row = &open.rows.rows[0];
    assert_eq!((open.count.n, row.deployment.id, row.overdue), (1, run, false));
    let told = &row.overrides[0];
    assert_eq!(
        (told.by.as_str(), told.what.as_str(), told.reason.as_str()),
        ("Ada Lovelace", "overrode the freeze", "A fix.")
    );
    let review = |who| async move { console.deployment(who, HOME, run).await.unwrap().review.unwrap() };
    let own = review(&ada).await.close.unwrap().unwrap_err();
    assert_eq!(own.sentence, "You cannot review this override: you made it.");
    assert_eq!(denied(console.close_review(&ada, HOME, run, "Fine.").await), own.sentence);
    let lacks = denied(console.close_review(&rita, HOME, run, "Fine.").await);
    assert!(lacks.contains("Override Freezes"), "{lacks}");
    let local = denied(console.close_review(&world.local, HOME, run, "Fine.").await);
    assert_eq!(local, "Only a person who has signed in reviews an override.");

    // A day later the freeze holds it again.
    later(&world, 25 * HOUR);
    assert!(frozen(run).await, "it is over");
    console.override_freezes(&ada, HOME, run, "Still a fix").await.unwrap();
    let (status, _) = world.carry_out("test", run, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");

    // Three days later it is overdue; whoever may, and did not make it, closes it with words.
    later(&world, 73 * HOUR);
    assert!(console.open_reviews(&ada, HOME, &PageQuery::default()).await.unwrap().rows.rows[0].overdue);
    let administrator = role(&world, "Administrator").await;
    console.set_default_role(&world.local, HOME, user_of(&rita), administrator, "").await.unwrap();
    assert_eq!(review(&rita).await.close, Some(Ok(())));
    let mute = refused(console.close_review(&rita, HOME, run, " ").await);
    assert_eq!(mute, "Say what you found, so that the duty is closed with a reason.");
    console.close_review(&rita, HOME, run, "It was right; the month end was not touched.").await.unwrap();
    let closed = review(&ada).await;
    assert_eq!(closed.overrides.len(), 2);
    assert_eq!(closed.closed.unwrap().1, "Rita Release");
    let open = console.open_reviews(&rita, HOME, &PageQuery::default()).await.unwrap();
    assert_eq!((open.count.n, open.rows.rows.len()), (0, 0));
    let again = refused(console.close_review(&rita, HOME, run, "Twice.").await);
    assert!(again.starts_with("Nothing that was overridden"), "{again}");
    // The report has all of it (B40).
    let report = console.deployment_report(&ada, HOME, run).await.unwrap();
    for line in [
        "- Into: Test",
        "- App desk (desk): not there, then 0.1.0",
        "Ada Lovelace overrode the freeze. A fix.",
        "Ada Lovelace overrode the freeze. Still a fix",
        "by Rita Release. It was right; the month end was not touched.",
        "2. Activate App desk 0.1.0 on test-1: done",
        "    2023-11-",
    ] {
        assert!(report.contains(line), "{line} is not in:\n{report}");
    }
    assert_eq!(world.count("deployment.review", "done").await, 1);
    assert_eq!(world.count("deployment.review", "denied").await, 3);
}

#[tokio::test]
async fn a_start_for_later_waits_for_its_time_and_ends_where_it_could_not_begin() {
    let world = World::new().await;
    let (console, ada, rita) = (&world.console, world.user("ada").await, world.user("rita").await);
    world.publish("desk", None, "", "a").await;
    console.add_gate(&ada, HOME, &approvals(1, "5")).await.unwrap();
    let id = plan(&world, &ada, "dev", "test", "desk").await;
    console.ask_approval(&ada, HOME, id).await.unwrap();
    let digest = page(&world, &ada, id).await.digest;
    console.approve_plan(&rita, HOME, id, &digest, "").await.unwrap();
    let now = world.console.time();
    let at = |from: i64, until: i64| StartInput {
        at: Some(now.plus(from * HOUR)),
        until: Some(now.plus(until * HOUR)),
        ..StartInput::now(&digest, "")
    };
    for (input, sentence) in [
        (at(0, 1), "A start is chosen for a time to come"),
        (at(2, 2), "A start for later has an end after it"),
        (StartInput { until: None, ..at(1, 2) }, "Say until when it may begin"),
        (StartInput { at: None, ..at(1, 2) }, "Say when it is to begin"),
        (at(5, 9), "Approvals: 1 approval of Release Manager for Test. 1 more was given too long ago."),
    ] {
        let said = refused(console.start_plan_with(&ada, HOME, id, &input).await);
        assert!(said.starts_with(sentence), "{said}");
    }
    // It was approved ahead of its time, which counts then.
    let run = console.start_plan_with(&ada, HOME, id, &at(2, 4)).await.unwrap();
    let waits = why(&world, run).await;
    assert_eq!((waits.earliest, waits.expires_at), (Some(now.plus(2 * HOUR)), Some(now.plus(4 * HOUR))));
    assert_eq!(waits.answers[0].rule, "schedule");
    // A freeze that begins meanwhile holds it at its time, and longer than it may wait.
    later(&world, HOUR);
    console.add_freeze(&ada, HOME, &freeze(&world, 9)).await.unwrap();
    let engine = console.start_engine();
    later(&world, HOUR);
    until_it_says(&world, run, "Test stands still").await;
    later(&world, 2 * HOUR);
    until_it_says(&world, run, "It could not begin by").await;
    engine.stop().await;
    let row = console.deployment(&ada, HOME, run).await.unwrap().row;
    assert_eq!(row.status, "aborted");
    assert!(row.message.contains("Test stands still: Month end."), "{}", row.message);
    assert_eq!(world.cell("desk", "test").await, "-");
    assert_eq!(world.count("deployment.expire", "done").await, 1);
}

#[tokio::test]
async fn what_is_typed_for_a_freeze_is_checked() {
    let world = World::new().await;
    let (console, ada, rita) = (&world.console, world.user("ada").await, world.user("rita").await);
    let good = freeze(&world, 2);
    for (input, sentence) in [
        (FreezeInput { time_zone: "Mars/Olympus".into(), ..good.clone() }, "“Mars/Olympus” is no time zone"),
        (FreezeInput { from: "tomorrow".into(), ..good.clone() }, "“tomorrow” is no time"),
        (FreezeInput { until: good.from.clone(), ..good.clone() }, "A freeze ends after it begins"),
        (freeze(&world, 0), "A freeze ends at a time to come"),
        (FreezeInput { reason: String::new(), ..good.clone() }, "A reason has 1 to 300"),
        (
            FreezeInput { pipeline: "main".into(), ..good.clone() },
            "It stands at an environment or at a pipeline",
        ),
    ] {
        let said = refused(console.add_freeze(&ada, HOME, &input).await);
        assert!(said.starts_with(sentence), "{said}");
    }
    denied(console.add_freeze(&rita, HOME, &good).await);
    let everything = FreezeInput { environment: String::new(), owner: String::new(), ..good };
    let id = console.add_freeze(&ada, HOME, &everything).await.unwrap();
    let shown = console.gates(&rita, HOME).await.unwrap().freezes;
    assert_eq!(
        (shown[0].place.name.as_str(), shown[0].on, shown[0].owner.as_str()),
        ("Everything", true, "Ada Lovelace")
    );
    // A publication waits as well.
    let file = world.package("desk", None, "", "a");
    let run = console.publish(&world.local, HOME, "dev", &file).await.unwrap().deployment.unwrap();
    let engine = console.start_engine();
    until_it_says(&world, run, "Everything stands still").await;
    console.end_freeze(&ada, HOME, id).await.unwrap();
    assert_eq!(world.work("dev", run, |_| TaskOutcome::Done).await.0, "finished_successful");
    engine.stop().await;
    assert_eq!(console.gates(&ada, HOME).await.unwrap().freezes, []);
}

#[tokio::test]
async fn a_gate_of_a_pipeline_counts_for_what_goes_along_it() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    for application in ["desk", "till", "yard"] {
        world.publish(application, None, "", "a").await;
    }
    for (key, name) in [("main", "Main line"), ("side", "Side line"), ("free", "Free line")] {
        let stages = vec!["dev".to_owned(), "test".to_owned(), "prod".to_owned()];
        let input = operations::PipelineInput { name: name.into(), purposes: vec![], stages };
        console.create_pipeline(&ada, HOME, key, &input).await.unwrap();
    }
    console.assign_pipeline(&ada, HOME, "desk", Some("main")).await.unwrap();
    console.assign_pipeline(&ada, HOME, "till", Some("side")).await.unwrap();
    console.assign_pipeline(&ada, HOME, "yard", Some("free")).await.unwrap();
    let gate = GateInput { environment: String::new(), pipeline: "main".into(), ..approvals(1, "") };
    console.add_gate(&ada, HOME, &gate).await.unwrap();
    let desk = plan(&world, &ada, "dev", "test", "desk").await;
    let held = page(&world, &ada, desk).await.start.unwrap_err();
    assert_eq!(held[0].sentence, "Approvals: 1 approval of Release Manager for Main line.");
    let till = plan(&world, &ada, "dev", "test", "till").await;
    assert_eq!(page(&world, &ada, till).await.start, Ok(()));
    let none = refused(console.ask_approval(&ada, HOME, till).await);
    assert_eq!(none, "No gate before Test asks for approvals.");
    // So does a freeze: it parks what goes along its pipeline, and nothing else.
    let along = FreezeInput { environment: String::new(), pipeline: "side".into(), ..freeze(&world, 2) };
    let frozen = console.add_freeze(&ada, HOME, &along).await.unwrap();
    let digest = page(&world, &ada, till).await.digest;
    let run = console.start_plan(&ada, HOME, till, &digest).await.unwrap();
    let row = console.deployment(&ada, HOME, run).await.unwrap().row;
    assert!(
        row.message.contains("Parked") && row.message.contains("Side line stands still"),
        "{}",
        row.message
    );
    let yard = plan(&world, &ada, "dev", "test", "yard").await;
    let digest = page(&world, &ada, yard).await.digest;
    let free = console.start_plan(&ada, HOME, yard, &digest).await.unwrap();
    assert!(!console.deployment(&ada, HOME, free).await.unwrap().row.message.contains("Parked"));
    console.end_freeze(&ada, HOME, frozen).await.unwrap();
    let (status, _) = world.carry_out("test", run, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful", "it goes on when the freeze has ended");
    // The pipeline goes, and its gates with it.
    console.assign_pipeline(&ada, HOME, "desk", None).await.unwrap();
    console.delete_pipeline(&ada, HOME, "main").await.unwrap();
    assert_eq!(console.gates(&ada, HOME).await.unwrap().gates, []);
}
