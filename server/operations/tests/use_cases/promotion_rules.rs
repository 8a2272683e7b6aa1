//! The rules of promotion by their ids, R01 to R24: each with its sentence and the tests in which it refuses and in which it lets pass. Rules
//! that have no test of their own elsewhere have it here. `docs/promotion.md` has the same table.

use crate::common::{HOME, World, denied, refused};
use domain::id::PlanId;
use domain::protocol::TaskOutcome;
use operations::PageQuery;
use std::path::Path;

/// A rule: its id, its sentence, and the file and name of each test.
type Rule = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const CONFLICTS: &str = "domain/src/plan/conflict_tests.rs";
const QUEUE: &str = "domain/src/deployment/queue_tests.rs";
const VERSION: &str = "domain/src/version.rs";
const COURSE: &str = "domain/src/deployment/tests.rs";
const SETTING: &str = "domain/src/setting/tests.rs";
const APPLICATIONS: &str = "server/operations/tests/use_cases/applications.rs";
const AGAIN: &str = "server/operations/tests/use_cases/again.rs";
const BLOCKS: &str = "server/operations/tests/use_cases/blocks.rs";
const HERE: &str = "server/operations/tests/use_cases/promotion_rules.rs";
const MACHINE: &str = "server/operations/tests/use_cases/state_machine/mod.rs";
const MAINTENANCE: &str = "server/operations/tests/use_cases/maintenance.rs";
const PROMOTION: &str = "server/operations/tests/use_cases/promotion.rs";
const QUEUED: &str = "server/operations/tests/use_cases/queue.rs";
const ROLLBACK: &str = "server/operations/tests/use_cases/rollback.rs";
const RUNNING: &str = "server/operations/tests/use_cases/running.rs";
const SECRETS: &str = "server/operations/tests/use_cases/settings/secrets.rs";
const SETTINGS: &str = "server/operations/tests/use_cases/settings/mod.rs";
const STAGES: &str = "server/operations/tests/use_cases/stages.rs";
const VERSIONS: &str = "server/operations/tests/use_cases/versions.rs";

const RULES: [Rule; 24] = [
    (
        "R01",
        "A plan has one source and one target, and they differ.",
        &[(HERE, "r01_source_and_target_differ")],
    ),
    (
        "R02",
        "Only what is in the source goes from there.",
        &[
            (HERE, "r02_r04_only_what_the_source_has_goes_and_what_is_there_stays"),
            (HERE, "r02_an_edit_brings_only_what_the_source_has_or_had"),
            (HERE, "r02_what_has_left_the_source_stops_the_start"),
        ],
    ),
    (
        "R03",
        "A lower version is not deployed; going back takes a new number, the way back, or a right and a reason.",
        &[
            (CONFLICTS, "r03_a_lower_version_needs_a_new_number"),
            (ROLLBACK, "r03_a_lower_version_takes_a_right_and_a_reason"),
            (VERSIONS, "r03_an_older_content_comes_back_under_a_higher_number"),
        ],
    ),
    (
        "R04",
        "Where the target has the version already there is nothing to do.",
        &[(HERE, "r02_r04_only_what_the_source_has_goes_and_what_is_there_stays")],
    ),
    (
        "R05",
        "A plan can be edited until it is started.",
        &[(HERE, "r05_r06_a_plan_is_edited_and_discarded_until_it_is_started")],
    ),
    (
        "R06",
        "Only a plan that was not started can be discarded.",
        &[(HERE, "r05_r06_a_plan_is_edited_and_discarded_until_it_is_started")],
    ),
    (
        "R07",
        "What succeeded goes on to the next stage; what did not is tried again.",
        &[
            (AGAIN, "r07_a_plan_goes_on_to_the_next_stage_or_is_tried_again"),
            (AGAIN, "r07_what_has_left_the_stage_is_left_behind_and_named"),
        ],
    ),
    (
        "R08",
        "Starting needs Deploy in the target on every application; making a plan needs less.",
        &[(HERE, "r08_starting_needs_deploy_and_making_a_plan_does_not")],
    ),
    (
        "R09",
        "Setting values in a plan needs Deploy in the target on every application of it.",
        &[(SECRETS, "r09_rights_and_what_may_not_be_seen")],
    ),
    (
        "R10",
        "Independent deployments run at once up to the environment's limit, dependent ones never.",
        &[
            (QUEUE, "r10_the_same_application_what_it_uses_and_what_uses_it_wait_and_the_rest_does_not"),
            (QUEUE, "r10_no_more_than_the_limit_and_nobody_is_overtaken_by_what_depends_on_it"),
            (QUEUED, "independent_ones_run_at_once_and_the_others_say_what_they_wait_for"),
            (QUEUED, "dependent_ones_wait_in_both_directions_and_what_comes_to_use_them_too"),
        ],
    ),
    (
        "R11",
        "Of two who let a deployment go on one is obeyed, and nothing is aborted.",
        &[
            (STAGES, "a_run_of_two_stages_waits_and_one_of_two_lets_it_go_on"),
            (RUNNING, "a_failed_step_waits_and_is_tried_again"),
            (MACHINE, "only_legal_transitions_whatever_is_called_in_whatever_order"),
        ],
    ),
    (
        "R12",
        "A plan becomes stale when what it rests on changes, and one click refreshes it.",
        &[
            (AGAIN, "r12_a_plan_becomes_stale_and_one_click_refreshes_it"),
            (AGAIN, "r12_a_lower_number_and_what_failed_but_changed_something_make_it_stale_too"),
        ],
    ),
    (
        "R13",
        "Errors stop a plan and warnings do not; the target counts as it would be afterwards.",
        &[(CONFLICTS, "r13_errors_stop_and_warnings_do_not")],
    ),
    (
        "R14",
        "A plan does nothing with what is blocked, and what depends on it does not pass.",
        &[
            (BLOCKS, "r14_a_plan_does_nothing_with_what_is_blocked"),
            (BLOCKS, "r14_what_depends_on_it_does_not_pass"),
        ],
    ),
    (
        "R15",
        "Names and virtual directories are unique in an environment.",
        &[
            (CONFLICTS, "r15_names_and_virtual_directories_are_unique_in_an_environment"),
            (APPLICATIONS, "r15_a_name_belongs_to_one_application"),
        ],
    ),
    (
        "R16",
        "Two stages are the target's: once everything is prepared and nothing has changed, a person lets it go on.",
        &[
            (COURSE, "a_run_of_two_stages_holds_once_everything_is_prepared"),
            (STAGES, "a_run_of_two_stages_waits_and_one_of_two_lets_it_go_on"),
        ],
    ),
    (
        "R17",
        "What a plan sets counts once it has brought the application, and stays over later deployments.",
        &[
            (SETTING, "r17_what_is_set_beats_the_environment_and_that_the_default"),
            (SETTINGS, "b25_a_needed_setting_is_asked_for_in_the_plan_and_kept_over_later_promotions"),
        ],
    ),
    (
        "R18",
        "A deployment has finished when the console's record is what the front-ends have.",
        &[
            (PROMOTION, "a_farm_is_all_new_or_all_back"),
            (MACHINE, "only_legal_transitions_whatever_is_called_in_whatever_order"),
        ],
    ),
    (
        "R19",
        "Every deployment ends, whatever fails, and gives its place free.",
        &[
            (MACHINE, "only_legal_transitions_whatever_is_called_in_whatever_order"),
            (RUNNING, "an_abort_stops_at_once_and_says_what_is_left"),
        ],
    ),
    (
        "R20",
        "The version that an aborted plan tagged is used again.",
        &[(AGAIN, "r07_a_plan_goes_on_to_the_next_stage_or_is_tried_again")],
    ),
    (
        "R21",
        "Nothing new comes into an environment in maintenance, nothing goes from there, and nothing is tagged there.",
        &[
            (MAINTENANCE, "nothing_new_comes_into_an_environment_in_maintenance"),
            (MAINTENANCE, "a_publication_is_refused_and_what_has_not_begun_waits"),
            (MAINTENANCE, "nothing_is_tagged_in_it_and_nothing_goes_from_there"),
        ],
    ),
    (
        "R22",
        "A version never changes, its number is used once and grows, and it is deleted only where it was never used.",
        &[
            (VERSION, "r22_which_number_may_be_given"),
            (VERSION, "r22_a_number_is_used_once"),
            (VERSIONS, "r22_only_what_was_never_used_is_deleted"),
            (PROMOTION, "a_claimed_number_has_one_content"),
        ],
    ),
    (
        "R23",
        "The next second part is proposed, for a hotfix the next third part; people may choose another number.",
        &[(VERSION, "r23_which_number_is_proposed")],
    ),
    ("R24", "What holds no module is not tagged.", &[(HERE, "r24_what_was_never_published_is_not_tagged")]),
];

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_rule_of_promotion_has_its_tests_and_its_line_in_the_document() {
    let ids: Vec<&str> = RULES.iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids, (1..=24).map(|n| format!("R{n:02}")).collect::<Vec<_>>());
    let document = std::fs::read_to_string(root().join("docs/promotion.md")).unwrap();
    for (id, sentence, tests) in RULES {
        assert!(!tests.is_empty(), "{id} has no test");
        for (file, name) in tests {
            let source = std::fs::read_to_string(root().join(file)).unwrap();
            let at =
                source.find(&format!("fn {name}(")).unwrap_or_else(|| panic!("{id}: no {name} in {file}"));
            // It is a test, and none that is left out.
            let before = &source[..at];
            let attributes = before.rfind("}\n").map_or(before, |end| &before[end..]);
            let is_test = ["#[test]", "#[tokio::test"].iter().any(|mark| attributes.contains(mark));
            assert!(is_test || source.contains("proptest! {"), "{id}: {name} is no test");
            assert!(!attributes.contains("#[ignore"), "{id}: {name} is left out");
        }
        assert!(
            document.contains(&format!("| {id} | {sentence} |")),
            "docs/promotion.md has no line for {id}"
        );
    }
}

#[tokio::test]
async fn r01_source_and_target_differ() {
    let world = World::new().await;
    world.publish("desk", None, "", "a").await;
    let dev = world.user("dev").await;
    let same = refused(world.console.make_plan(&dev, HOME, "dev", "dev", &["desk".into()]).await);
    assert!(same.contains("R01"), "{same}");
    world.console.make_plan(&dev, HOME, "dev", "test", &["desk".into()]).await.unwrap();
}

#[tokio::test]
async fn r02_r04_only_what_the_source_has_goes_and_what_is_there_stays() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", None, "", "a").await;
    let missing = refused(console.make_plan(&ada, HOME, "test", "prod", &["desk".into()]).await);
    assert!(missing.contains("is not in Test, so it cannot go from there (R02)"), "{missing}");
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let digest = console.plan(&ada, HOME, plan).await.unwrap().digest;
    let run = console.start_plan(&ada, HOME, plan, &digest).await.unwrap();
    world.carry_out("test", run, |_| TaskOutcome::Done).await;
    // The same once more: there is nothing to do, so nothing can be started.
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!(page.items[0].operation.words(), "Do nothing");
    assert!(page.start.is_err());
    refused(console.start_plan(&ada, HOME, plan, &page.digest).await);
}

/// Makes a plan of one application, starts it and carries it out.
async fn promote(world: &World, from: &str, to: &str, application: &str) {
    let ada = world.user("ada").await;
    let plan = world.console.make_plan(&ada, HOME, from, to, &[application.into()]).await.unwrap();
    carry_out(world, plan).await;
}

async fn carry_out(world: &World, plan: PlanId) {
    let ada = world.user("ada").await;
    let page = world.console.plan(&ada, HOME, plan).await.unwrap();
    let run = world.console.start_plan(&ada, HOME, plan, &page.digest).await.unwrap();
    let (status, _) = world.carry_out(&page.target.key, run, |_| TaskOutcome::Done).await;
    assert_eq!(status, "finished_successful");
}

#[tokio::test]
async fn r02_an_edit_brings_only_what_the_source_has_or_had() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("yard", None, "", "a").await;
    for (number, content) in [("0.1.0", "a"), ("0.2.0", "b"), ("0.3.0", "c")] {
        world.publish("desk", None, "", content).await;
        console.tag(&ada, HOME, "desk", "dev", number, "").await.unwrap();
        // The first one stays in Development.
        if number != "0.1.0" {
            promote(&world, "dev", "test", "desk").await;
        }
    }
    let deploy = async |number: &str| {
        let plan = console.make_plan(&ada, HOME, "dev", "prod", &["desk".into()]).await.unwrap();
        let page = console.plan(&ada, HOME, plan).await.unwrap();
        let words = format!("Deploy {number}");
        page.items[0].options.iter().find(|one| one.words() == words).unwrap().code()
    };
    let plan = console.make_plan(&ada, HOME, "test", "prod", &["desk".into()]).await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    let offered: Vec<_> = page.items[0].options.iter().map(operations::view::PlanOperation::words).collect();
    assert_eq!(offered, ["Deploy 0.3.0", "Deploy 0.2.0", "Do nothing"], "what runs and what ran in Test");
    let never = refused(console.edit_plan(&ada, HOME, plan, "desk", &deploy("0.1.0").await).await);
    assert_eq!(never, "App desk 0.1.0 was never in Test, so it cannot go from there (R02).");
    console.edit_plan(&ada, HOME, plan, "desk", &deploy("0.2.0").await).await.unwrap();
    let elsewhere = refused(console.edit_plan(&ada, HOME, plan, "yard", "tag:0.1.0").await);
    assert_eq!(elsewhere, "App yard is not in Test, so it cannot go from there (R02).");
    console.edit_plan(&ada, HOME, plan, "yard", "nothing").await.unwrap();
    carry_out(&world, plan).await;
    assert_eq!(world.cell("desk", "prod").await, "0.2.0");
}

#[tokio::test]
async fn r02_what_has_left_the_source_stops_the_start() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", None, "", "a").await;
    world.publish("till", None, "", "a").await;
    let both = ["desk".into(), "till".into()];
    let plan = console.make_plan(&ada, HOME, "dev", "test", &both).await.unwrap();
    assert_eq!(console.plan(&ada, HOME, plan).await.unwrap().start, Ok(()));
    // A plan takes the desk out of Development meanwhile.
    promote(&world, "dev", "prod", "till").await;
    let out = console.make_plan(&ada, HOME, "prod", "dev", &["till".into()]).await.unwrap();
    console.edit_plan(&ada, HOME, out, "desk", "undeploy").await.unwrap();
    carry_out(&world, out).await;
    assert_eq!(world.cell("desk", "dev").await, "-", "an undeploy is carried out");
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    let reasons: Vec<_> = page.start.unwrap_err().into_iter().map(|one| one.sentence).collect();
    assert_eq!(reasons, ["App desk is not in Development, so it cannot go from there (R02)."]);
    let refusal = refused(console.start_plan(&ada, HOME, plan, &page.digest).await);
    assert!(refusal.contains("App desk is not in Development"), "{refusal}");
    console.refresh_plan(&ada, HOME, plan).await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    assert_eq!((page.items[0].operation.words(), page.start), ("Do nothing".to_owned(), Ok(())));
}

/// Such a run would have nothing to do, and nobody could see it.
#[tokio::test]
async fn what_is_not_in_the_target_is_not_taken_out() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", None, "", "a").await;
    let plan = console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    console.edit_plan(&ada, HOME, plan, "desk", "undeploy").await.unwrap();
    let page = console.plan(&ada, HOME, plan).await.unwrap();
    let reasons: Vec<_> = page.start.unwrap_err().into_iter().map(|one| one.sentence).collect();
    assert_eq!(reasons, ["The plan changes nothing."]);
    let refusal = refused(console.start_plan(&ada, HOME, plan, &page.digest).await);
    assert_eq!(refusal, "The plan changes nothing.");
}

#[tokio::test]
async fn r05_r06_a_plan_is_edited_and_discarded_until_it_is_started() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    world.publish("desk", None, "", "a").await;
    world.publish("till", None, "", "a").await;
    let make = async || console.make_plan(&ada, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let (started, draft) = (make().await, make().await);
    console.edit_plan(&ada, HOME, started, "desk", "nothing").await.unwrap();
    console.edit_plan(&ada, HOME, started, "desk", "tag:0.1.0").await.unwrap();
    let digest = console.plan(&ada, HOME, started).await.unwrap().digest;
    console.start_plan(&ada, HOME, started, &digest).await.unwrap();
    let late = refused(console.edit_plan(&ada, HOME, started, "desk", "nothing").await);
    assert!(late.contains("started"), "{late}");
    refused(console.edit_plan(&ada, HOME, started, "till", "tag:0.1.0").await);
    refused(console.discard_plan(&ada, HOME, started).await);
    refused(console.start_plan(&ada, HOME, started, &digest).await);
    console.discard_plan(&ada, HOME, draft).await.unwrap();
}

#[tokio::test]
async fn r08_starting_needs_deploy_and_making_a_plan_does_not() {
    let world = World::new().await;
    let (console, rita, dev) = (&world.console, world.user("rita").await, world.user("dev").await);
    world.publish("desk", None, "", "a").await;
    let to_test = console.make_plan(&dev, HOME, "dev", "test", &["desk".into()]).await.unwrap();
    let digest = console.plan(&rita, HOME, to_test).await.unwrap().digest;
    let run = console.start_plan(&world.local, HOME, to_test, &digest).await.unwrap();
    world.carry_out("test", run, |_| TaskOutcome::Done).await;
    let plan = console.make_plan(&dev, HOME, "test", "prod", &["desk".into()]).await.unwrap();
    let page = console.plan(&dev, HOME, plan).await.unwrap();
    assert!(page.start.is_err(), "the page says so too");
    denied(console.start_plan(&dev, HOME, plan, &page.digest).await);
    console.start_plan(&rita, HOME, plan, &page.digest).await.unwrap();
}

#[tokio::test]
async fn r24_what_was_never_published_is_not_tagged() {
    let world = World::new().await;
    let (console, ada) = (&world.console, world.user("ada").await);
    let input = operations::ApplicationInput {
        key: "desk".into(),
        name: "Port Desk".into(),
        environment: "dev".into(),
        kind: "web".into(),
        ..operations::ApplicationInput::default()
    };
    console.create_application(&ada, HOME, &input).await.unwrap();
    let page = console.application(&ada, HOME, "desk", &PageQuery::default()).await.unwrap();
    assert!(page.environments.iter().all(|place| place.tag.is_none()));
    assert!(console.tag(&ada, HOME, "desk", "dev", "0.1.0", "").await.is_err());
    world.publish("desk", None, "", "a").await;
    console.tag(&ada, HOME, "desk", "dev", "0.1.0", "").await.unwrap();
}
