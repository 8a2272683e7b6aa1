//! Settings: asked for in the plan, handed to what runs, kept over later promotions, taken back with a run; and secrets that never come out.

use crate::common::{HOME, World, denied, phase, refused, settings as behaviour, user_of};
use domain::deployment::Phase;
use domain::id::{DeploymentId, PlanId};
use domain::package::compare::Change;
use domain::protocol::{Task, TaskAction, TaskOutcome};
use domain::setting::{Origin, Told};
use operations::view::{PlanPage, SettingView, SettingsPage};
use operations::{
    AuditQuery, Caller, Console, DeploymentAsk, GateInput, MasterKey, OpenOptions, OperationError, RollBack,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const SECRET: &str = "hunter2-of-the-harbour";
const CONNECTION: &str = "postgres://desk:swordfish-of-the-harbour@db.example/desk";

/// A setting as a manifest has it.
fn setting(key: &str, kind: &str, default: Option<&str>) -> String {
    let default = default.map(|value| format!("default = \"{value}\"\n")).unwrap_or_default();
    format!("[[settings]]\nkey = \"{key}\"\nname = \"The {key}\"\nkind = \"{kind}\"\n{default}")
}

fn value(text: &str) -> Told {
    Told::Value { value: text.to_owned() }
}

async fn make(world: &World, who: &Caller, from: &str, to: &str) -> PlanId {
    world.console.make_plan(who, HOME, from, to, &["desk".into()]).await.unwrap()
}

async fn page(world: &World, who: &Caller, plan: PlanId) -> PlanPage {
    world.console.plan(who, HOME, plan).await.unwrap()
}

async fn set_in(world: &World, who: &Caller, plan: PlanId, key: &str, value: &str) {
    world.console.plan_setting(who, HOME, plan, "desk", key, value).await.unwrap();
}

async fn here(world: &World, environment: &str) -> SettingsPage {
    world.console.settings_of(&world.local, HOME, environment, "desk").await.unwrap()
}

fn of<'p>(page: &'p SettingsPage, key: &str) -> &'p SettingView {
    page.settings.iter().find(|one| one.key == key).unwrap()
}

/// Starts a plan and carries it out; gives what each activation was handed, by phase.
async fn run(
    world: &World,
    who: &Caller,
    to: &str,
    plan: PlanId,
    does: impl Fn(&Task) -> TaskOutcome,
) -> (DeploymentId, String, Vec<(Phase, BTreeMap<String, String>)>) {
    let open = page(world, who, plan).await;
    let id = world.console.start_plan(who, HOME, plan, &open.digest).await.unwrap();
    let (status, tasks) = world.carry_out(to, id, does).await;
    (id, status, handed(&tasks))
}

/// What each activation was handed.
fn handed(tasks: &[Task]) -> Vec<(Phase, BTreeMap<String, String>)> {
    tasks
        .iter()
        .filter_map(|task| match &task.action {
            TaskAction::Activate { settings, .. } => {
                let values = settings.0.iter().map(|(key, value)| (key.to_string(), value.clone()));
                Some((phase(task), values.collect()))
            }
            _ => None,
        })
        .collect()
}

fn values(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn done(_: &Task) -> TaskOutcome {
    TaskOutcome::Done
}

/// Brings Desk to Test for the first time, with what it needs.
async fn brought(world: &World, who: &Caller, extra: &str, set: &[(&str, &str)]) -> DeploymentId {
    world.publish("desk", None, extra, "a").await;
    let plan = make(world, who, "dev", "test").await;
    for (key, value) in set {
        set_in(world, who, plan, key, value).await;
    }
    let (id, status, _) = run(world, who, "test", plan, done).await;
    assert_eq!(status, "finished_successful");
    id
}

#[tokio::test]
async fn b25_a_needed_setting_is_asked_for_in_the_plan_and_kept_over_later_promotions() {
    asked_for_and_kept(World::new().await).await;
}

#[tokio::test]
async fn b25_a_needed_setting_is_asked_for_in_the_plan_and_kept_on_postgresql() {
    asked_for_and_kept(World::on(storage::testing::postgres().await).await).await;
}

async fn asked_for_and_kept(world: World) {
    let console = &world.console;
    let ada = world.user("ada").await;
    let settings = [
        setting("mood", "text", Some("calm")),
        setting("rates", "endpoint", None),
        setting("door", "secret", None),
    ]
    .concat();
    world.publish("desk", None, &settings, "a").await;
    let dev = here(&world, "dev").await;
    assert_eq!(of(&dev, "rates").origin, Origin::Missing, "a publication is not stopped");
    let log = console.deployment(&ada, HOME, dev.deployment.unwrap()).await.unwrap();
    assert!(
        log.lines.iter().any(|line| line.level == "warning" && line.message.contains("The rates (rates)")),
        "{:?}",
        log.lines
    );

    let plan = make(&world, &ada, "dev", "test").await;
    let open = page(&world, &ada, plan).await;
    assert_eq!(open.findings.len(), 1, "{:?}", open.findings);
    let finding = &open.findings[0];
    assert_eq!((finding.kind, finding.is_error), ("Setting Missing", true));
    assert_eq!(
        finding.sentence,
        "App desk 0.1.0 needs The door (door) and The rates (rates) and has no value for it in Test."
    );
    let ways: Vec<_> =
        finding.ways_out.iter().map(|way| (way.words.as_str(), way.setting.as_deref())).collect();
    assert_eq!(
        ways,
        [
            ("Set The door here", Some("door")),
            ("Set The rates here", Some("rates")),
            ("Leave App desk as it is", None)
        ]
    );
    let refusal = refused(console.start_plan(&ada, HOME, plan, &open.digest).await);
    assert!(refusal.contains("1 conflict"), "{refusal}");
    let told: Vec<_> = open.items[0]
        .settings
        .iter()
        .map(|one| (one.key.as_str(), one.change, one.next.clone().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("door", Some(Change::Added), Told::Missing),
            ("mood", Some(Change::Added), value("calm")),
            ("rates", Some(Change::Added), Told::Missing)
        ]
    );
    assert_eq!(open.items[0].modules.len(), 1);
    assert_eq!(open.items[0].modules[0].change, Change::Added);

    // What is typed is checked, at its field.
    let bad = console.plan_setting(&ada, HOME, plan, "desk", "rates", "nowhere").await.unwrap_err();
    assert!(matches!(&bad, OperationError::Invalid { .. }) && bad.sentence().contains("http"), "{bad}");
    let none = console.plan_setting(&ada, HOME, plan, "desk", "moon", "x").await.unwrap_err();
    assert!(none.sentence().contains("has no setting “moon”: it has mood, rates, door"), "{none}");
    set_in(&world, &ada, plan, "rates", "https://rates.test.example").await;
    set_in(&world, &ada, plan, "door", SECRET).await;
    let set = page(&world, &ada, plan).await;
    assert_eq!((set.findings.len(), &set.start), (0, &Ok(())), "{:?}", set.findings);
    assert_ne!(set.digest, open.digest);
    assert!(set.canonical.contains("https://rates.test.example") && !set.canonical.contains(SECRET));
    let rates = set.items[0].settings.iter().find(|one| one.key == "rates").unwrap();
    assert_eq!(rates.origin, Some(Origin::Set));
    assert_eq!(rates.planned.as_ref().unwrap().0, "Ada Lovelace");

    let (_, status, handed) = run(&world, &ada, "test", plan, done).await;
    assert_eq!(status, "finished_successful");
    let all = values(&[("mood", "calm"), ("rates", "https://rates.test.example"), ("door", SECRET)]);
    assert_eq!(handed, [(Phase::Forward, all.clone())]);
    let test = here(&world, "test").await;
    assert_eq!(
        (of(&test, "rates").origin, of(&test, "rates").value.clone()),
        (Origin::Own, value("https://rates.test.example"))
    );
    assert_eq!(of(&test, "rates").own.as_ref().unwrap().by, "Ada Lovelace");
    assert_eq!(
        (of(&test, "door").value.clone(), of(&test, "door").runs_with.clone()),
        (Told::Secret, Told::Secret)
    );
    assert_eq!((test.to_apply, &test.apply), (0, &None));
    assert_eq!(of(&here(&world, "dev").await, "rates").origin, Origin::Missing, "the source keeps its own");

    // The next version finds them, and one that has a setting more is asked for that alone.
    world.publish("desk", None, &format!("{settings}{}", setting("crew", "number", None)), "b").await;
    let plan = make(&world, &ada, "dev", "test").await;
    let open = page(&world, &ada, plan).await;
    assert!(open.findings[0].sentence.contains("0.2.0 needs The crew (crew) and"), "{:?}", open.findings);
    let moved: Vec<_> =
        open.items[0].settings.iter().filter_map(|one| one.change.map(|c| (one.key.as_str(), c))).collect();
    assert_eq!(moved, [("crew", Change::Added)]);
    set_in(&world, &ada, plan, "crew", "4").await;
    let (_, _, handed) = run(&world, &ada, "test", plan, done).await;
    let mut more = all;
    more.insert("crew".into(), "4".into());
    assert_eq!(handed, [(Phase::Forward, more)]);
}

#[tokio::test]
async fn a_change_beside_a_plan_waits_until_it_is_applied() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    let extra = [setting("mood", "text", Some("calm")), setting("door", "secret", None)].concat();
    brought(&world, &ada, &extra, &[("door", SECRET)]).await;
    let nothing = refused(console.apply_settings(&ada, HOME, "test", "desk").await);
    assert_eq!(nothing, "App desk runs with its settings in Test already.");
    console.set_setting(&ada, HOME, "test", "desk", "mood", "stormy").await.unwrap();
    let page = here(&world, "test").await;
    let mood = of(&page, "mood");
    assert_eq!((&mood.value, &mood.runs_with, mood.applied), (&value("stormy"), &value("calm"), false));
    assert_eq!((page.to_apply, page.apply), (1, Some(Ok(()))));

    let id = console.apply_settings(&ada, HOME, "test", "desk").await.unwrap();
    let (status, tasks) = world.carry_out("test", id, done).await;
    assert_eq!(status, "finished_successful");
    assert_eq!(handed(&tasks), [(Phase::Forward, values(&[("mood", "stormy"), ("door", SECRET)]))]);
    let run = console.deployment(&ada, HOME, id).await.unwrap();
    assert_eq!((run.row.kind.as_str(), run.row.name.as_str()), ("settings", "Apply settings of App desk"));
    let kept: Vec<_> = run.applications[0]
        .settings
        .iter()
        .map(|one| (one.key.as_str(), one.value.clone(), one.before.clone(), one.changed))
        .collect();
    assert_eq!(
        kept,
        [
            ("door", Told::Secret, Some(Told::Secret), false),
            ("mood", value("stormy"), Some(value("calm")), true)
        ]
    );
    assert_eq!(here(&world, "test").await.to_apply, 0);
    assert_eq!(world.cell("desk", "test").await, "0.1.0", "the version is the same");

    // Back to the default, and what fails is taken back with what ran.
    console.clear_setting(&ada, HOME, "test", "desk", "mood").await.unwrap();
    let again = refused(console.clear_setting(&ada, HOME, "test", "desk", "mood").await);
    assert_eq!(again, "Test has no value of its own for “mood” of App desk.");
    let id = console.apply_settings(&ada, HOME, "test", "desk").await.unwrap();
    let fails = |task: &Task| match (&task.action, phase(task)) {
        (TaskAction::Activate { .. }, Phase::Forward) => TaskOutcome::Failed { reason: "It hangs.".into() },
        _ => TaskOutcome::Done,
    };
    let (status, _) = world.carry_out("test", id, fails).await;
    assert_eq!(status, "finished_with_errors");
    let page = here(&world, "test").await;
    assert_eq!(
        (of(&page, "mood").runs_with.clone(), page.to_apply),
        (value("stormy"), 1),
        "it goes on as it ran"
    );
    for (operation, count) in [("setting.set", 1), ("setting.clear", 1), ("setting.apply", 2)] {
        assert_eq!(world.count(operation, "done").await, count, "{operation}");
    }
}

#[tokio::test]
async fn a_run_that_waited_takes_what_is_set_when_it_begins() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    let extra = [
        setting("mood", "text", Some("calm")),
        setting("crew", "number", Some("2")),
        setting("door", "secret", None),
    ]
    .concat();
    brought(&world, &ada, &extra, &[("door", "an-old-secret")]).await;
    world.publish("desk", None, &extra, "b").await;
    let plan = make(&world, &ada, "dev", "test").await;
    set_in(&world, &ada, plan, "crew", "9").await;
    let open = page(&world, &ada, plan).await;
    let id = console.start_plan(&ada, HOME, plan, &open.digest).await.unwrap();
    // While it waits, somebody changes what it does not set, and what it does.
    console.set_setting(&ada, HOME, "test", "desk", "mood", "foggy").await.unwrap();
    console.set_setting(&ada, HOME, "test", "desk", "door", SECRET).await.unwrap();
    console.set_setting(&ada, HOME, "test", "desk", "crew", "3").await.unwrap();
    let (status, tasks) = world.carry_out("test", id, done).await;
    assert_eq!(status, "finished_successful");
    let now = values(&[("mood", "foggy"), ("crew", "9"), ("door", SECRET)]);
    assert_eq!(handed(&tasks), [(Phase::Forward, now)], "what the plan sets is what was started");
    let run = console.deployment(&ada, HOME, id).await.unwrap();
    let told = "Set since it was started, and taken as it is now: The mood, The door.";
    assert!(run.lines.iter().any(|line| line.message == told), "{:?}", run.lines);
    let mood = run.applications[0].settings.iter().find(|one| one.key == "mood").unwrap();
    assert_eq!((mood.value.clone(), mood.changed), (value("foggy"), true), "the record is what it ran with");
    let there = here(&world, "test").await;
    assert_eq!((of(&there, "crew").value.clone(), there.to_apply), (value("9"), 0));
}

#[tokio::test]
async fn what_a_run_sets_goes_back_with_it() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    let extra = [setting("mood", "text", Some("calm")), setting("crew", "number", Some("2"))].concat();
    brought(&world, &ada, &extra, &[("mood", "brisk")]).await;
    // A run that fails keeps nothing of what it was to set.
    world.publish("desk", None, &extra, "b").await;
    let plan = make(&world, &ada, "dev", "test").await;
    set_in(&world, &ada, plan, "mood", "stormy").await;
    set_in(&world, &ada, plan, "crew", "9").await;
    let fails = |task: &Task| match (&task.action, phase(task)) {
        (TaskAction::Activate { .. }, Phase::Forward) => TaskOutcome::Failed { reason: "It hangs.".into() },
        _ => TaskOutcome::Done,
    };
    let (_, status, _) = run(&world, &ada, "test", plan, fails).await;
    assert_eq!(status, "finished_with_errors");
    let page = here(&world, "test").await;
    assert_eq!(
        (of(&page, "mood").value.clone(), of(&page, "crew").origin),
        (value("brisk"), Origin::Default)
    );
    // The same again sets the same again.
    let plan = console.reuse_plan(&ada, HOME, plan, "").await.unwrap();
    let (id, status, handed) = run(&world, &ada, "test", plan, done).await;
    assert_eq!(status, "finished_successful");
    assert_eq!(handed, [(Phase::Forward, values(&[("mood", "stormy"), ("crew", "9")]))]);

    let ask = DeploymentAsk { way_back: true, ..DeploymentAsk::default() };
    let way = console.deployment_with(&ada, HOME, id, &ask).await.unwrap().way_back.unwrap();
    assert_eq!(
        way.items[0].settings,
        ["The crew (crew) is unset again.", "The mood (mood) goes back to “brisk”."]
    );
    let wanted = RollBack { digest: &way.digest, reason: "It hangs.", conflicts: "" };
    let back = console.roll_back(&ada, HOME, id, wanted).await.unwrap();
    let (status, tasks) = world.carry_out("test", back, done).await;
    assert_eq!(status, "finished_successful");
    assert_eq!(self::handed(&tasks), [(Phase::Forward, values(&[("mood", "brisk"), ("crew", "2")]))]);
    let page = here(&world, "test").await;
    assert_eq!((of(&page, "mood").value.clone(), of(&page, "mood").origin), (value("brisk"), Origin::Own));
    assert_eq!((of(&page, "crew").origin, page.to_apply), (Origin::Default, 0));
}

#[tokio::test]
async fn what_somebody_set_since_stays_over_a_rollback() {
    let world = World::new().await;
    let console = &world.console;
    let ada = world.user("ada").await;
    let extra = setting("mood", "text", Some("calm"));
    brought(&world, &ada, &extra, &[]).await;
    world.publish("desk", None, &extra, "b").await;
    let plan = make(&world, &ada, "dev", "test").await;
    set_in(&world, &ada, plan, "mood", "stormy").await;
    let (id, ..) = run(&world, &ada, "test", plan, done).await;
    console.set_setting(&ada, HOME, "test", "desk", "mood", "foggy").await.unwrap();
    let ask = DeploymentAsk { way_back: true, ..DeploymentAsk::default() };
    let way = console.deployment_with(&ada, HOME, id, &ask).await.unwrap().way_back.unwrap();
    assert!(way.items[0].settings.is_empty(), "{:?}", way.items);
    let wanted = RollBack { digest: &way.digest, reason: "It hangs.", conflicts: "" };
    let back = console.roll_back(&ada, HOME, id, wanted).await.unwrap();
    let (_, tasks) = world.carry_out("test", back, done).await;
    assert_eq!(handed(&tasks), [(Phase::Forward, values(&[("mood", "foggy")]))]);
}

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
    console.note_plan(&ada, HOME, plan, ("Careful", ""), Some("wait")).await.unwrap();
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
