//! The Platform Server is told to end at a bad moment: no process outlives it, and nothing is lost.

use crate::common::console::{Console, activate, prepare, server_id};
use crate::common::packages::{berths, tides};
use crate::common::server::{Server, is_alive};
use crate::common::{client, eventually, get};
use domain::protocol::TaskOutcome;

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_while_a_release_gets_ready() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let package = tides("1.0.0", "slow-ready");
    console.put(&package);
    assert_eq!(console.run("d/1", 1, prepare("tides", &package)).await, TaskOutcome::Done);
    console.give("d/2", 1, false, activate(1, "tides", &package));
    let half_started = eventually("a process", async || server.pids().first().copied()).await;
    server.signal("TERM");
    server.ended().await;
    assert!(!is_alive(half_started), "it ended with the Platform Server");
    server.run().await;
    assert_eq!(console.end_of("d/2").await, TaskOutcome::Done, "the next start carried it out");
    assert_eq!(server.activations(), ["d/2"]);
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_while_it_serves_again() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let package = tides("1.0.0", "slow-ready");
    console.put(&package);
    console.run("d/1", 1, prepare("tides", &package)).await;
    assert_eq!(console.run("d/2", 1, activate(1, "tides", &package)).await, TaskOutcome::Done);
    server.end().await;
    server.run().await;
    let starting = eventually("the process again", async || server.pids().first().copied()).await;
    server.signal("INT");
    server.ended().await;
    assert!(!is_alive(starting), "it ended with the Platform Server");
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_while_a_release_is_drained() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let (old, new) = (tides("1.0.0", ""), berths("1.0.0"));
    console.put(&old);
    console.put(&new);
    console.run("d/1", 1, prepare("tides", &old)).await;
    console.run("d/2", 1, activate(1, "tides", &old)).await;
    let pid = server.pids()[0];
    let address = format!("{}/tides/hang", server.address);
    let hanging =
        tokio::spawn(async move { client().get(address).send().await.map(|answer| answer.status()) });
    server.wrote("asked to hang").await;
    let gone = crate::common::console::deactivate(1, "tides");
    assert_eq!(console.run("e/1", 2, gone).await, TaskOutcome::Done);
    assert!(is_alive(pid), "it still has a request to answer");
    server.signal("TERM");
    server.ended().await;
    assert!(!is_alive(pid), "it ended with the Platform Server");
    let _ = hanging.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_end_that_hangs_holds_up_no_other() {
    let console = Console::start(2).await;
    let controller = Server::start(&console, 1).await;
    let member = Server::start(&console, 2).await;
    let package = berths("1.0.0");
    console.put(&package);
    assert_eq!(console.run("d/1", 1, prepare("berths", &package)).await, TaskOutcome::Done);
    member.signal("STOP");
    for number in 2..8 {
        console.give(&format!("d/{number}"), 1, false, activate(2, "berths", &package));
    }
    eventually("the member's silence", async || {
        console.statuses().into_iter().find(|s| s.server == server_id(2) && !s.reachable)
    })
    .await;
    let outcome = console.run("d/8", 1, activate(1, "berths", &package)).await;
    member.signal("CONT");
    assert_eq!(outcome, TaskOutcome::Done);
    assert_eq!(get(&format!("{}/berths/", controller.address)).await.0, 200);
    for number in 2..8 {
        assert_eq!(console.end_of(&format!("d/{number}")).await, TaskOutcome::Done);
    }
    console.is_content();
}
