//! What front-ends report, laid beside what is recorded: services, versions, and what runs on them.

use crate::common::{HOME, World, later};
use domain::architecture::words::Service;
use domain::environment::SILENCE_MICROS;
use domain::protocol::{RunningApplication, ServerStatus};
use domain::text::Sha256;
use operations::Caller;
use operations::view::MatrixCell;

async fn found(world: &World, who: &Caller, environment: &str) -> Vec<(String, String)> {
    let page = world.console.environment(who, HOME, environment).await.unwrap();
    let told = |rule: &str| ["A15", "A16", "A41", "A42"].contains(&rule);
    page.findings.into_iter().filter(|one| told(&one.rule)).map(|one| (one.rule, one.what)).collect()
}

#[tokio::test]
async fn what_is_reported_is_judged_before_what_is_recorded() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.sync("prod", vec![]).await;
    assert_eq!(found(&world, &ada, "prod").await, [], "what is recorded of a new front-end it reports");

    // Another version on the second front-end, newer than the console, and its scheduler instead of Server.Identity.
    let mut second = ServerStatus { version: "99.1.0".into(), ..world.status("prod", 1) };
    second.services.retain(|each| each.service != Service::ServerIdentity.word());
    second.services.push(domain::protocol::ServiceStatus::of(
        Service::Scheduler,
        false,
        domain::time::Timestamp(1),
    ));
    let first = ServerStatus { version: "0.1.0".into(), ..world.status("prod", 0) };
    world.says("prod", vec![first, second], vec![]).await;
    let own = env!("CARGO_PKG_VERSION");
    let expected = [
        ("A15", "The front-ends of “Production” run Platform Server 0.1.0 to 99.1.0.".to_owned()),
        ("A16", format!("“Production” runs Platform Server 99.1.0, and this console is {own}.")),
        (
            "A41",
            "The front-end “prod-2” of “Production” is recorded with Server.Identity, which it does not report, and reports scheduler, which is not recorded."
                .to_owned(),
        ),
    ];
    assert_eq!(found(&world, &ada, "prod").await, expected.map(|(rule, what)| (rule.to_owned(), what)));
    let all = world.console.architecture(&ada, HOME).await.unwrap().findings;
    assert!(all.iter().any(|one| one.rule == "A41"), "the page of all findings says the same");
    let input = operations::AcceptInput {
        rule: "A41".into(),
        path: "environments/prod/front_ends/prod-2/services".into(),
        reason: "It is set up tomorrow.".into(),
        expires_at: domain::time::Timestamp(world.clock.0.load(std::sync::atomic::Ordering::SeqCst))
            .plus(domain::time::DAY),
    };
    world.console.accept_finding(&ada, HOME, &input).await.unwrap();
    assert_eq!(found(&world, &ada, "prod").await.len(), 2);

    // Nothing is heard any more, so what is recorded counts alone.
    later(&world, SILENCE_MICROS + 1);
    assert_eq!(found(&world, &ada, "prod").await, []);
}

#[tokio::test]
async fn a_front_end_that_runs_something_else_than_recorded_is_marked() {
    let world = World::new().await;
    let ada = world.user("ada").await;
    world.publish("desk", None, "", "a").await;
    let page = world.console.environment(&ada, HOME, "dev").await.unwrap();
    let recorded = page.applications[0].running.revision.clone();
    let runs = async |sha256: Sha256| {
        let running = RunningApplication {
            application: "desk".parse().unwrap(),
            sha256,
            ready: true,
            virtual_directories: vec!["/desk".into()],
        };
        let status = ServerStatus { applications: vec![running], ..world.status("dev", 0) };
        world.says("dev", vec![status], vec![]).await;
        let page = world.console.environment(&ada, HOME, "dev").await.unwrap();
        let there = page.applications[0].addresses[0].unlike.clone();
        let query = operations::PageQuery::default();
        let application = world.console.application(&ada, HOME, "desk", &query).await.unwrap();
        let place = application.environments.into_iter().find(|each| each.environment.key == "dev").unwrap();
        assert!(matches!(place.cell, MatrixCell::Present(_)));
        assert_eq!(place.addresses[0].unlike, there, "both pages say so");
        there
    };
    let other = Sha256::of(b"something else");
    assert_eq!(runs(other).await, Some(other.short()));
    assert_eq!(runs(format!("{recorded:0<64}").parse().unwrap()).await, None);
}
