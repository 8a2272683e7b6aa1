//! The architecture of an infrastructure: shown, exported, compared, made so, and findings accepted.

use crate::common::{HOME, World, anonymous, enrolment, make_role, user_of};
use domain::architecture::words::{Edition, Engine};
use domain::environment::Health;
use domain::protocol::EnrolRequest;
use domain::time::DAY;
use operations::view::{Comparison, FindingView};
use operations::{AcceptInput, Caller, OperationError, Wanted};

fn template(edition: Edition) -> Wanted {
    Wanted::Template { edition, engine: Engine::PostgreSql }
}

async fn file(world: &World, infrastructure: &str) -> String {
    world.console.architecture_file(&world.local, infrastructure).await.unwrap()
}

async fn apply(world: &World, infrastructure: &str, wanted: &Wanted) -> operations::Result<Comparison> {
    world.console.apply_architecture(&world.local, infrastructure, wanted, None).await
}

async fn findings(world: &World, who: &Caller) -> Vec<FindingView> {
    world.console.architecture(who, HOME).await.unwrap().findings
}

fn refused(error: &OperationError) -> Vec<String> {
    let OperationError::Invalid { fields } = error else { panic!("{error}") };
    fields.iter().map(|each| format!("{}: {}", each.field, each.sentence)).collect()
}

#[tokio::test]
async fn an_infrastructure_grows_by_templates_and_is_made_again_elsewhere() {
    let world = World::new().await;
    world.console.create_infrastructure(&world.local, "north", "North").await.unwrap();
    world.console.create_infrastructure(&world.local, "south", "South").await.unwrap();
    for (edition, databases, front_ends) in
        [(Edition::Basic, 2, 4), (Edition::Standard, 4, 8), (Edition::Enterprise, 6, 10)]
    {
        let seen =
            world.console.compare_architecture(&world.local, "north", &template(edition)).await.unwrap();
        assert!(!seen.changes.is_empty());
        let done = world
            .console
            .apply_architecture(&world.local, "north", &template(edition), Some(&seen.digest))
            .await
            .unwrap();
        assert_eq!(done, seen, "what is made is what was compared");
        assert_eq!((done.after.database_servers, done.after.front_ends), (databases, front_ends));
        let page = world.console.architecture(&world.local, "north").await.unwrap();
        assert_eq!((page.counts, page.edition), (done.after, Some(edition)));
        let again = apply(&world, "north", &template(edition)).await.unwrap();
        assert_eq!(again.changes, [], "{edition}: twice changes nothing");

        // Each of them is exported, made elsewhere, and compared equal.
        let text = file(&world, "north").await;
        let made = apply(&world, "south", &Wanted::File(text.clone())).await.unwrap();
        assert_eq!(made.after, done.after, "{edition}");
        let same =
            world.console.compare_architecture(&world.local, "south", &Wanted::File(text.clone())).await;
        assert_eq!(same.unwrap().changes, [], "{edition}");
        assert_eq!(file(&world, "south").await, text, "{edition}: the same bytes");
        let fresh = format!("fresh-{edition}").to_lowercase();
        world.console.create_infrastructure(&world.local, &fresh, &fresh).await.unwrap();
        apply(&world, &fresh, &Wanted::File(text.clone())).await.unwrap();
        assert_eq!(file(&world, &fresh).await, text, "{edition}: also where nothing was before");
    }
    let all = operations::AuditQuery::default();
    let entries = world.console.audit(&world.local, "north", &all).await.unwrap().entries.rows;
    let applied = entries.iter().filter(|row| row.operation == "architecture.apply").count();
    assert_eq!(applied, 3, "what changes nothing has no entry");

    let text = file(&world, "north").await;
    let same = world.console.compare_architecture(&world.local, "south", &Wanted::File(text)).await.unwrap();
    // The environments that came have what each role states for new ones.
    let roles = world.console.roles(&world.local, "south").await.unwrap();
    let reader = roles.roles.iter().find(|role| role.name == "Reader").unwrap();
    assert_eq!(reader.cells.len(), same.after.environments);
    assert!(reader.cells.iter().all(|cell| cell.level == 2));
    let drawn = world.console.pipelines(&world.local, "south").await.unwrap();
    assert_eq!(drawn.architecture.pipelines.len(), 2);
    assert!(!drawn.drawing.folded && drawn.drawing.links.len() > 4);
}

#[tokio::test]
async fn a_standard_in_use_grows_to_enterprise_and_keeps_its_acceptance() {
    let world = World::new().await;
    world.console.create_infrastructure(&world.local, "north", "North").await.unwrap();
    apply(&world, "north", &template(Edition::Standard)).await.unwrap();
    let code = world.console.enrolment_code(&world.local, "north", "acceptance", "fe-1").await.unwrap();
    let newer = EnrolRequest { version: "99.1.0".into(), ..enrolment(&code, 7) };
    let answer = world.console.enrol(&anonymous(), newer).await.unwrap();
    let console = env!("CARGO_PKG_VERSION");
    assert_eq!(
        answer.note,
        format!("This Platform Server is 99.1.0 and the console {console}: upgrade the console first (R36).")
    );

    let wanted = template(Edition::Enterprise);
    let seen = world.console.compare_architecture(&world.local, "north", &wanted).await.unwrap();
    assert_eq!(
        seen.kept,
        [
            "Acceptance stays with its database servers and its place in pipelines: it is in use, though the template has no such environment."
        ]
    );
    let done = apply(&world, "north", &wanted).await.unwrap();
    assert_eq!(done, seen, "what is made is what was compared");
    let drawn = world.console.pipelines(&world.local, "north").await.unwrap().architecture;
    let main = drawn.pipelines.iter().find(|(key, _)| key.as_str() == "main").unwrap().1;
    let stages: Vec<_> = main.stages.iter().map(ToString::to_string).collect();
    assert_eq!(stages, ["development", "test", "acceptance", "production"]);
    let again = apply(&world, "north", &wanted).await.unwrap();
    assert_eq!((again.changes, again.kept), (vec![], vec![]), "twice changes nothing");
}

#[tokio::test]
async fn a_file_with_a_fault_changes_nothing() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let text = file(&world, HOME).await;
    let faulty = text.replacen("name = ", "nickname = ", 1);
    let line = 1 + faulty.lines().position(|line| line.starts_with("nickname")).unwrap();
    for wanted in
        [&faulty, &format!("{text}\n[pipelines.main]\nname = \"Main\"\nstages = [\"test\", \"dev\"]\n")]
    {
        let wanted = Wanted::File(wanted.clone());
        let said = world.console.apply_architecture(&ada, HOME, &wanted, None).await.unwrap_err();
        let compared = world.console.compare_architecture(&ada, HOME, &wanted).await.unwrap_err();
        assert_eq!(refused(&said), refused(&compared));
        assert!(refused(&said)[0].starts_with("file: "), "{said}");
    }
    let said = apply(&world, HOME, &Wanted::File(faulty)).await.unwrap_err().sentence();
    assert!(said.starts_with(&format!("Line {line}: ")) && said.contains("nickname"), "{said}");
    assert_eq!(file(&world, HOME).await, text);
    assert_eq!(world.count("architecture.apply", "failed").await, 3);
    assert_eq!(world.count("architecture.apply", "done").await, 0);
}

#[tokio::test]
async fn what_is_used_cannot_be_taken_out() {
    let world = World::new().await;
    world.publish("desk", Some("1.0.0"), "", "a").await;
    let text = file(&world, HOME).await;
    let mut now = domain::architecture::file::import(&text).unwrap();
    now.environments.retain(|key, _| key.as_str() != "dev");
    now.order.retain(|key| key.as_str() != "dev");
    let without = Wanted::File(domain::architecture::file::export(&now).unwrap());
    let said = apply(&world, HOME, &without).await.unwrap_err();
    assert!(matches!(said, OperationError::Conflict { .. }), "{said}");
    let said = said.sentence();
    assert!(
        said.starts_with(
            "Development cannot be taken out: 1 front-end is enrolled, 1 application runs in it"
        ),
        "{said}"
    );

    let mut now = domain::architecture::file::import(&text).unwrap();
    for (key, place) in &mut now.environments {
        if key.as_str() == "prod" {
            place.front_ends.retain(|key, _| key.as_str() != "prod-2");
            place.topology = domain::architecture::words::Topology::Standalone;
        }
    }
    let without = Wanted::File(domain::architecture::file::export(&now).unwrap());
    let said = apply(&world, HOME, &without).await.unwrap_err().sentence();
    assert!(said.starts_with("prod-2 of Production cannot be taken out"), "{said}");
    assert_eq!(file(&world, HOME).await, text);
}

#[tokio::test]
async fn who_saw_something_else_compares_again() {
    let world = World::new().await;
    let text = file(&world, HOME).await;
    let wanted = Wanted::File(text.replacen("hosting = \"on_premises\"", "hosting = \"aws\"", 1));
    let seen = world.console.compare_architecture(&world.local, HOME, &wanted).await.unwrap();
    assert_eq!(seen.changes.len(), 1);
    let other = Wanted::File(text.replacen("hosting = \"on_premises\"", "hosting = \"azure\"", 1));
    apply(&world, HOME, &other).await.unwrap();
    let late =
        world.console.apply_architecture(&world.local, HOME, &wanted, Some(&seen.digest)).await.unwrap_err();
    assert_eq!(late.sentence(), "The architecture has changed since you compared. Compare again.");
    assert_eq!(world.console.architecture(&world.local, HOME).await.unwrap().hosting.word(), "azure");
    let mut dry = world.user("ada").await;
    dry.limits.dry_run = true;
    let tried = world.console.apply_architecture(&dry, HOME, &wanted, None).await.unwrap();
    assert_eq!(tried.changes.len(), 1);
    assert_eq!(
        world.console.architecture(&world.local, HOME).await.unwrap().hosting.word(),
        "azure",
        "only tried"
    );
}

#[tokio::test]
async fn a_finding_is_accepted_for_a_time() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    let found = findings(&world, &ada).await;
    let balancer =
        found.iter().find(|each| each.path.starts_with("environments/prod") && !each.refuses).unwrap();
    assert!(balancer.place.starts_with("Production"), "{balancer:?}");
    let now = world.console.time();
    let accept = |reason: &str, days: i64| AcceptInput {
        rule: balancer.rule.clone(),
        path: balancer.path.clone(),
        reason: reason.to_owned(),
        expires_at: now.plus(days * DAY),
    };
    for (input, field) in [
        (accept("", 1), "reason"),
        (accept("Later.", 0), "expires_at"),
        (accept("Later.", 401), "expires_at"),
        (AcceptInput { path: "environments/moon".into(), ..accept("Later.", 1) }, "path"),
        (AcceptInput { rule: "A99".into(), ..accept("Later.", 1) }, "rule"),
    ] {
        let said = world.console.accept_finding(&ada, HOME, &input).await.unwrap_err();
        assert!(refused(&said)[0].starts_with(field), "{said}");
    }
    let on_its_page = async |who: &Caller| {
        let page = world.console.environment(who, HOME, "prod").await.unwrap();
        page.findings.into_iter().map(|each| (each.rule, each.path)).collect::<Vec<_>>()
    };
    let here = (balancer.rule.clone(), balancer.path.clone());
    let before = on_its_page(&ada).await;
    assert!(before.contains(&here), "{before:?}");
    assert!(before.iter().all(|(_, path)| path.starts_with("environments/prod")), "{before:?}");
    assert_eq!(on_its_page(&world.user("rita").await).await, [], "only for those who manage it");
    world.console.accept_finding(&ada, HOME, &accept("A balancer comes in May.", 30)).await.unwrap();
    assert!(!on_its_page(&ada).await.contains(&here), "what is accepted does not count");
    let page = world.console.architecture(&ada, HOME).await.unwrap();
    let state = |page: &operations::view::ArchitecturePage| {
        let same =
            page.findings.iter().find(|each| (&each.rule, &each.path) == (&balancer.rule, &balancer.path));
        serde_json::to_value(&same.unwrap().acceptance).unwrap()["state"].clone()
    };
    assert_eq!(state(&page), "accepted");
    let exception = &page.exceptions[0];
    assert_eq!((exception.accepted_by.as_str(), exception.expired), ("Ada Lovelace", false));
    assert_eq!(exception.place, balancer.place);

    world.clock.0.fetch_add(31 * DAY, std::sync::atomic::Ordering::SeqCst);
    let page = world.console.architecture(&world.local, HOME).await.unwrap();
    assert_eq!(state(&page), "expired");
    assert!(page.exceptions[0].expired);
    let (rule, path) = (balancer.rule.as_str(), balancer.path.as_str());
    world.console.withdraw_exception(&world.local, HOME, rule, path).await.unwrap();
    assert_eq!(world.console.architecture(&world.local, HOME).await.unwrap().exceptions, []);
    let gone = world.console.withdraw_exception(&world.local, HOME, rule, path).await;
    assert!(matches!(gone, Err(OperationError::NotFound { .. })));
    assert_eq!(world.count("architecture.accept", "failed").await, 5);
    assert_eq!(world.count("architecture.accept", "done").await, 1);
    assert_eq!(world.count("architecture.withdraw", "done").await, 1);
}

#[tokio::test]
async fn who_does_not_manage_sees_the_drawing_alone() {
    let world = World::new().await;
    world.sync("prod", vec![]).await;
    let rita = world.user("rita").await;
    let drawn = world.console.pipelines(&rita, HOME).await.unwrap();
    assert_eq!(drawn.architecture.environments.len(), 3);
    assert_eq!(drawn.states["prod"], Health::Healthy);
    assert!(drawn.servers["environments/prod/front_ends/prod-2"]);
    assert!(drawn.manage.unwrap_err().sentence.contains("change the pipelines"));
    world.clock.0.fetch_add(DAY, std::sync::atomic::Ordering::SeqCst);
    let later = world.console.pipelines(&world.local, HOME).await.unwrap();
    assert_eq!(
        (later.states["prod"], later.servers.len()),
        (Health::Unknown, 0),
        "what is old is not told as new"
    );
    let denied = |error: OperationError| assert!(matches!(error, OperationError::Denied { .. }), "{error}");
    denied(world.console.architecture(&rita, HOME).await.unwrap_err());
    denied(world.console.architecture_file(&rita, HOME).await.unwrap_err());
    let wanted = template(Edition::Basic);
    denied(world.console.compare_architecture(&rita, HOME, &wanted).await.unwrap_err());
    denied(world.console.apply_architecture(&rita, HOME, &wanted, None).await.unwrap_err());
    denied(world.console.withdraw_exception(&rita, HOME, "A10", "x").await.unwrap_err());
    assert_eq!(world.count("architecture.apply", "denied").await, 1);
}

/// What is added to the file of the world, so that there is something of Production alone.
const MORE: &str = "
[environments.dev.catalogs.platform]
database_server = \"shared\"
name = \"dev_platform\"

[environments.prod.catalogs.platform]
database_server = \"vault\"
name = \"prod_platform\"

[data_centers.west]
name = \"West\"

[pipelines.main]
name = \"Main\"
stages = [\"dev\", \"test\", \"prod\"]

[pipelines.short]
name = \"Short\"
stages = [\"prod\"]

[database_servers.shared]
name = \"Shared\"
engine = \"postgresql\"
sharing = \"shared\"

[database_servers.vault]
name = \"Vault\"
engine = \"postgresql\"
sharing = \"dedicated\"
data_center = \"west\"

[database_servers.vault-standby]
name = \"Vault, standby\"
engine = \"postgresql\"
sharing = \"dedicated\"
standby_of = \"vault\"

[tools.builds]
name = \"Builds\"
kind = \"mobile_builds\"
address = \"https://builds.example\"
";

#[tokio::test]
async fn who_is_shut_out_of_an_environment_is_shown_nothing_of_it() {
    let world = World::new().await;
    let text = file(&world, HOME).await;
    apply(&world, HOME, &Wanted::File(format!("{text}{MORE}"))).await.unwrap();
    world.sync("dev", vec![]).await;
    world.sync("prod", vec![]).await;
    let (ada, ron) = (world.user("ada").await, world.user("ron").await);
    let tester = make_role(&world, "Tester", [2, 2, 0], &[]).await;
    world.console.set_default_role(&ada, HOME, user_of(&ron), tester, "").await.unwrap();

    let whole = world.console.pipelines(&ada, HOME).await.unwrap();
    assert_eq!((whole.architecture.environments.len(), whole.architecture.database_servers.len()), (3, 3));
    let seen = world.console.pipelines(&ron, HOME).await.unwrap();
    assert_eq!(
        seen.architecture.environments.keys().map(|key| key.as_str()).collect::<Vec<_>>(),
        ["dev", "test"]
    );
    assert_eq!(seen.states.keys().collect::<Vec<_>>(), ["dev", "test"]);
    assert_eq!(
        seen.servers.keys().collect::<Vec<_>>(),
        ["environments/dev/front_ends/dev-1", "environments/test/front_ends/test-1"]
    );
    let (whole, seen) = (serde_json::to_string(&whole).unwrap(), serde_json::to_string(&seen).unwrap());
    for word in ["prod", "Production", "vault", "Vault", "west", "West", "short", "Short"] {
        assert!(whole.contains(word) && !seen.contains(word), "{word}: {seen}");
    }
    assert!(!seen.contains("builds"), "tools belong to no environment");
}
