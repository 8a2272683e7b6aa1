//! Settings: asked for in the plan, handed to what runs, kept over later promotions, taken back with a run; and secrets that never come out.

mod ends;
mod secrets;

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
    let plan = console.reuse_plan(&ada, HOME, plan, "").await.unwrap().id;
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
