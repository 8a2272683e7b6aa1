//! How the front-ends of a farm leave and come back: so many at once as the environment says, each in its turn, and not before it is up to date.

use crate::common::console::{Console, activate, prepare};
use crate::common::packages::tides;
use crate::common::server::Server;
use crate::common::{eventually, get};
use domain::protocol::{Farm, TaskOutcome};
use std::time::{Duration, Instant};

async fn health(server: &Server) -> (u16, String) {
    get(&format!("{}/_towpath/health", server.address)).await
}

async fn is_welcome(server: &Server) {
    eventually("a front-end is welcome", async || (health(server).await.0 == 200).then_some(())).await;
}

/// Three front-ends that run one version, and another one staged beside it. None of them knows from its command line how to leave.
async fn farm(farm: Farm) -> (Console, Vec<Server>, crate::common::packages::Made) {
    let console = Console::start(3).await;
    console.farm(farm);
    let mut servers = Vec::new();
    for number in 1..=3 {
        servers.push(Server::start(&console, number).await);
    }
    let (old, new) = (tides("2.3.0", ""), tides("2.4.0", ""));
    for (fence, package) in [(1, &old), (2, &new)] {
        console.put(package);
        let key = format!("a/{fence}");
        assert_eq!(console.run(&key, fence, prepare("tides", package)).await, TaskOutcome::Done);
        if fence == 1 {
            for server in 1..=3 {
                let done = console.run(&format!("b/{server}"), 1, activate(server, "tides", package)).await;
                assert_eq!(done, TaskOutcome::Done);
            }
        }
    }
    for server in &servers {
        is_welcome(server).await;
    }
    (console, servers, new)
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_front_ends_leave_at_once_as_the_environment_says() {
    let two = Farm { out_at_once: 2, drain_seconds: Some(2), open_requests_seconds: Some(5) };
    let (console, servers, new) = farm(two).await;
    for server in 1..=3 {
        console.give(&format!("c/{server}"), 2, false, activate(server, "tides", &new));
    }
    let began = Instant::now();
    let mut most = 0;
    loop {
        let asked = futures::future::join_all(servers.iter().map(health)).await;
        most = most.max(asked.iter().filter(|(status, _)| *status == 503).count());
        let about = servers.iter().map(|server| format!("{}/tides/_towpath/release.json", server.address));
        let runs = futures::future::join_all(about.map(|at| async move { get(&at).await.1 })).await;
        if runs.iter().all(|text| text.contains(&new.sha256.to_string())) {
            break;
        }
        assert!(began.elapsed() < crate::common::PATIENCE, "{runs:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(most, 2, "two at once, and never the third");
    for server in 1..=3 {
        assert_eq!(console.end_of(&format!("c/{server}")).await, TaskOutcome::Done);
    }
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn front_ends_that_are_ended_at_once_take_turns() {
    let (console, mut servers, _) = farm(Farm { drain_seconds: Some(1), ..Farm::default() }).await;
    servers[1].signal("TERM");
    eventually("the first one leaves", async || (health(&servers[1]).await.1 == "leaving\n").then_some(()))
        .await;
    servers[2].signal("TERM");
    servers[1].ended().await;
    assert_eq!(health(&servers[2]).await.0, 200, "the other one waits until it is back");
    servers[1].run().await;
    is_welcome(&servers[1]).await;
    eventually("the other one leaves", async || (health(&servers[2]).await.0 != 200).then_some(())).await;
    assert_eq!(health(&servers[1]).await.0, 200);
    servers[2].ended().await;
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_end_that_is_behind_is_not_welcome_until_it_is_up_to_date() {
    let (console, mut servers, new) = farm(Farm::default()).await;
    servers[2].kill().await;
    eventually("it is missed", async || {
        console.statuses().iter().any(|status| !status.reachable).then_some(())
    })
    .await;
    console.catches_up(3, true);
    servers[2].run().await;
    let page = format!("{}/tides/", servers[2].address);
    eventually("it serves what it has", async || (get(&page).await.0 == 200).then_some(())).await;
    // Long enough for a front-end of which nobody says anything.
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(12) {
        assert_eq!(health(&servers[2]).await, (503, "not ready\n".to_owned()));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(console.run("d/1", 3, activate(3, "tides", &new)).await, TaskOutcome::Done);
    console.catches_up(3, false);
    is_welcome(&servers[2]).await;
    assert!(get(&page).await.1.starts_with("tides 2.4.0"));

    // Where nobody knows, it serves what it has.
    servers[0].kill().await;
    servers[2].kill().await;
    servers[2].run().await;
    is_welcome(&servers[2]).await;
    console.is_content();
}
