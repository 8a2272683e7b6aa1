//! What the console is told of the services: they beat while their processes live, and a front-end that dies is told of.

use crate::common::console::{Console, server_id};
use crate::common::eventually;
use crate::common::server::Server;
use domain::protocol::ServerStatus;
use domain::time::Timestamp;

fn status(console: &Console, number: u128) -> Option<ServerStatus> {
    console.statuses().into_iter().find(|status| status.server == server_id(number))
}

/// Waits until a front-end is told of as it should be.
async fn told(
    console: &Console,
    what: &str,
    number: u128,
    as_it_should: impl Fn(&ServerStatus) -> bool,
) -> ServerStatus {
    eventually(what, async || status(console, number).filter(|status| as_it_should(status))).await
}

/// The services that run, and since when the last one to start does.
fn running(status: &ServerStatus) -> (Vec<&str>, Timestamp) {
    let all = status.services.iter().filter(|each| each.running);
    let since = all.clone().map(|each| each.since).max().unwrap_or_default();
    (all.map(|each| each.service.as_str()).collect(), since)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_front_end_is_told_of_and_so_is_its_new_start() {
    let console = Console::start(2).await;
    let controller = Server::start(&console, 1).await;
    let mut member = Server::start(&console, 2).await;
    let own = told(&console, "the controller", 1, |status| status.reachable).await;
    // The scheduler runs on the controller alone.
    let controllers = ["deployment_controller", "deployment", "scheduler", "server_api", "server_identity"];
    assert_eq!(running(&own).0, controllers);
    let before = told(&console, "the front-end", 2, |status| status.reachable).await;
    assert_eq!(running(&before).0, ["deployment", "server_api", "server_identity"]);

    member.kill().await;
    let dead = told(&console, "its silence", 2, |status| !status.reachable).await;
    assert_eq!(dead.services, before.services, "what it said last");

    member.run().await;
    let after = told(&console, "its new start", 2, |status| status.reachable).await;
    assert_eq!(running(&after).0, ["deployment", "server_api", "server_identity"]);
    assert!(running(&after).1 > running(&before).1, "it started later");
    drop((controller, member));
    console.is_content();
}

/// The deployment service goes through its journal; while somebody else holds it, it can do nothing, and the process lives on.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_can_do_nothing_stops_beating_in_a_process_that_lives() {
    let console = Console::start(2).await;
    let controller = Server::start(&console, 1).await;
    let member = Server::start(&console, 2).await;
    let before = told(&console, "the front-end", 2, |status| status.reachable).await;
    assert_eq!(running(&before).0, ["deployment", "server_api", "server_identity"]);
    let journal = rusqlite::Connection::open(member.path("platform.sqlite")).unwrap();
    journal.execute_batch("PRAGMA busy_timeout = 20000; BEGIN IMMEDIATE").unwrap();
    let stopped = told(&console, "that the service stopped", 2, |status| {
        running(status).0 == ["server_api", "server_identity"]
    })
    .await;
    assert!(stopped.reachable, "its process answers");
    let beat = stopped.services.iter().find(|each| each.service == "deployment").unwrap();
    assert!(!beat.running && beat.since > running(&before).1, "when it beat last: {beat:?}");
    journal.execute_batch("ROLLBACK").unwrap();
    let again = told(&console, "that it runs again", 2, |status| running(status).0.len() == 3).await;
    assert!(running(&again).1 > beat.since, "since later");
    drop((controller, member));
    console.is_content();
}
