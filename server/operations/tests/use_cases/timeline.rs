//! What happens to front-ends and their services, as it stands in the timeline of their environment.

use crate::common::{HOME, World};
use domain::environment::{Health, SILENCE_MICROS};
use domain::protocol::{ServerStatus, ServiceStatus};
use domain::time::{HOUR, SECOND, Timestamp};
use domain::timeline::Kind;
use operations::PageQuery;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What the controller of Production says of its two front-ends: whether each answers, and what runs on it.
async fn says(world: &World, second: bool, services: &[&str]) {
    world.clock.0.fetch_add(SECOND, Ordering::SeqCst);
    let status = |n: usize, reachable: bool, services: &[&str]| ServerStatus {
        reachable,
        services: services
            .iter()
            .map(|name| ServiceStatus { service: (*name).to_owned(), running: true, since: Timestamp(1) })
            .collect(),
        ..world.status("prod", n)
    };
    let servers =
        vec![status(0, true, &["deployment_controller", "deployment"]), status(1, second, services)];
    world.says("prod", servers, vec![]).await;
}

async fn lines(world: &World) -> Vec<(Kind, String, String)> {
    let page = world.console.timeline(&world.local, HOME, "prod", &PageQuery::default()).await.unwrap();
    page.events.rows.into_iter().rev().map(|each| (each.kind, each.front_end, each.service)).collect()
}

fn line(kind: Kind, front_end: &str, service: &str) -> (Kind, String, String) {
    (kind, front_end.to_owned(), service.to_owned())
}

#[tokio::test]
async fn a_service_that_stops_is_told_and_one_that_starts_again() {
    let world = World::new().await;
    says(&world, true, &["deployment", "server_api"]).await;
    let before = lines(&world).await;
    says(&world, true, &["deployment", "server_api"]).await;
    assert_eq!(lines(&world).await, before, "nothing happened");
    says(&world, true, &["deployment"]).await;
    says(&world, false, &["deployment"]).await;
    says(&world, false, &["deployment"]).await;
    says(&world, true, &["deployment", "server_api"]).await;
    let after = lines(&world).await;
    assert_eq!(
        after[before.len()..],
        [
            line(Kind::ServiceStopped, "prod-2", "server_api"),
            line(Kind::FrontEndSilent, "prod-2", ""),
            line(Kind::FrontEndAnswers, "prod-2", ""),
            line(Kind::ServiceStarted, "prod-2", "server_api"),
        ]
    );
    let page = world.console.environment(&world.local, HOME, "prod").await.unwrap();
    assert_eq!(page.events[0].kind, Kind::ServiceStarted, "the newest first");
    let query = PageQuery { limit: Some("2".parse().unwrap()), ..PageQuery::default() };
    let first = world.console.timeline(&world.local, HOME, "prod", &query).await.unwrap();
    assert_eq!(first.events.rows.len(), 2);
    let query = PageQuery { after: first.events.next, ..query };
    let second = world.console.timeline(&world.local, HOME, "prod", &query).await.unwrap();
    assert_eq!(second.events.rows[0].kind, Kind::FrontEndSilent);
}

#[tokio::test]
async fn what_people_and_deployments_do_stands_in_the_timeline() {
    let world = World::new().await;
    done_by_people(&world).await;
}

#[tokio::test]
async fn what_people_and_deployments_do_stands_in_the_timeline_on_postgresql() {
    let world = World::on(storage::testing::postgres().await).await;
    done_by_people(&world).await;
}

async fn done_by_people(world: &World) {
    let (console, ada) = (&world.console, world.user("ada").await);
    let told = async |environment: &str| {
        let page = console.timeline(&ada, HOME, environment, &PageQuery::default()).await.unwrap();
        page.events.rows
    };
    let first = told("dev").await;
    assert_eq!((first[0].kind, first[0].front_end.as_str()), (Kind::FrontEndEnrolled, "dev-1"));
    let tick = || world.clock.0.fetch_add(SECOND, Ordering::SeqCst);
    tick();
    console.begin_maintenance(&ada, HOME, "dev", "New disks").await.unwrap();
    tick();
    console.begin_maintenance(&ada, HOME, "dev", "Larger disks").await.unwrap();
    tick();
    let mut dry = ada.clone();
    dry.limits.dry_run = true;
    console.end_maintenance(&dry, HOME, "dev").await.unwrap();
    console.end_maintenance(&world.user("rita").await, HOME, "dev").await.unwrap_err();
    tick();
    console.end_maintenance(&ada, HOME, "dev").await.unwrap();
    tick();
    let change = operations::EnvironmentInput {
        name: "Workshop".into(),
        purpose: "development".into(),
        topology: "standalone".into(),
        two_stage: Some(false),
        ..operations::EnvironmentInput::default()
    };
    console.change_environment(&ada, HOME, "dev", &change).await.unwrap();
    tick();
    world.publish("desk", Some("1.0.0"), "", "a").await;
    let rows = told("dev").await;
    let lines: Vec<_> = rows
        .iter()
        .rev()
        .skip(first.len())
        .map(|each| (each.kind, each.by.as_str(), each.detail.as_str()))
        .collect();
    let ada = "Ada Lovelace";
    assert_eq!(
        lines
            .iter()
            .filter(|line| !matches!(line.0, Kind::Heard | Kind::FrontEndAnswers | Kind::ServiceStarted))
            .collect::<Vec<_>>(),
        [
            &(Kind::MaintenanceBegun, ada, "New disks"),
            &(Kind::MaintenanceEnded, ada, ""),
            &(Kind::EnvironmentChanged, ada, "name"),
            &(Kind::DeploymentEnded, "", "finished_successful"),
        ],
        "what was only tried, refused, or another reason is not told"
    );
    let ended = rows.iter().find(|each| each.kind == Kind::DeploymentEnded).unwrap();
    let run = console.deployment(&world.local, HOME, ended.deployment.unwrap()).await.unwrap().row;
    assert_eq!(Some(ended.at), run.finished_at);
}

#[tokio::test]
async fn a_silent_controller_makes_its_environment_unknown_since_then() {
    let world = World::new().await;
    says(&world, true, &["deployment"]).await;
    let heard = world.console.environment(&world.local, HOME, "prod").await.unwrap().card.heard_at.unwrap();
    let engine = world.console.start_engine();
    world.clock.0.fetch_add(SILENCE_MICROS, Ordering::SeqCst);
    let page = world.console.environment(&world.local, HOME, "prod").await.unwrap();
    assert_ne!(page.card.health, Health::Unknown, "it may still come in time");
    assert_eq!(page.card.unknown_since, None);
    world.clock.0.fetch_add(SECOND, Ordering::SeqCst);
    let page = world.console.environment(&world.local, HOME, "prod").await.unwrap();
    assert_eq!(page.card.health, Health::Unknown);
    assert_eq!(page.card.unknown_since, Some(heard.plus(SILENCE_MICROS)));
    let cards = world.console.environments(&world.local, HOME).await.unwrap();
    assert_eq!(cards[2], page.card, "the list says the same");
    let mut newest = None;
    for _ in 0..2000 {
        let page = world.console.environment(&world.local, HOME, "prod").await.unwrap();
        newest = page.events.into_iter().next().filter(|each| each.kind == Kind::Silent);
        if newest.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    engine.stop().await;
    assert_eq!(newest.unwrap().at, heard.plus(SILENCE_MICROS), "since then, whenever it was noticed");

    // Another console node that notices it too writes no second line.
    let engine = world.console.start_engine();
    world.clock.0.fetch_add(SILENCE_MICROS + SECOND, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(1200)).await;
    engine.stop().await;
    let silent =
        |lines: &[(Kind, String, String)]| lines.iter().filter(|each| each.0 == Kind::Silent).count();
    assert_eq!(silent(&lines(&world).await), 1);
    says(&world, true, &["deployment"]).await;
    assert_eq!(lines(&world).await.last(), Some(&line(Kind::Heard, "", "")));
}

#[tokio::test]
async fn a_console_that_was_away_takes_nobody_for_silent_before_it_has_listened() {
    let world = World::new().await;
    says(&world, true, &["deployment"]).await;
    let before = lines(&world).await;
    world.clock.0.fetch_add(HOUR, Ordering::SeqCst);
    let engine = world.console.start_engine();
    // Time for several looks: none of them tells anything.
    world.clock.0.fetch_add(SILENCE_MICROS, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(2200)).await;
    assert_eq!(lines(&world).await, before);
    says(&world, true, &["deployment"]).await;
    assert_eq!(lines(&world).await, before, "nor that it is heard again, who was never silent");
    engine.stop().await;
}
