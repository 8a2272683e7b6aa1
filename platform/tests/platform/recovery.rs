//! Repeated keys, fences, and SIGKILL at any moment: nothing is lost, and nothing is done twice.

use crate::common::console::{Console, Faults, activate, prepare};
use crate::common::packages::{berths, tides};
use crate::common::server::{Server, is_alive};
use crate::common::{eventually, get};
use domain::protocol::TaskOutcome;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_carried_out_once_and_a_lower_fence_is_refused() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let package = berths("1.0.0");
    console.put(&package);
    let switch = activate(1, "berths", &package);
    assert_eq!(console.inquire("d/2", 3, switch.clone()).await, TaskOutcome::Unknown, "nothing is known yet");
    assert_eq!(console.run("d/1", 3, prepare("berths", &package)).await, TaskOutcome::Done);
    assert_eq!(console.run("d/2", 3, switch.clone()).await, TaskOutcome::Done);
    assert_eq!(console.run("d/2", 3, switch.clone()).await, TaskOutcome::Done, "the same key again");
    assert_eq!(console.run("d/2", 7, switch.clone()).await, TaskOutcome::Done, "under a higher fence");
    assert_eq!(console.inquire("d/2", 8, switch.clone()).await, TaskOutcome::Done, "asked about");
    assert_eq!(server.activations(), ["d/2"]);
    assert_eq!(console.run("d/2", 6, switch.clone()).await, TaskOutcome::Fenced { highest: 8 });
    assert_eq!(console.run("d/3", 6, switch.clone()).await, TaskOutcome::Fenced { highest: 8 });
    assert_eq!(console.inquire("d/3", 6, switch).await, TaskOutcome::Fenced { highest: 8 });
    assert_eq!(server.activations(), ["d/2"]);
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_remembered_too() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let package = berths("1.0.0");
    let first = console.run("d/2", 1, activate(1, "berths", &package)).await;
    assert!(matches!(first, TaskOutcome::Failed { .. }));
    console.put(&package);
    assert_eq!(console.run("d/1", 1, prepare("berths", &package)).await, TaskOutcome::Done);
    server.kill().await;
    server.run().await;
    assert_eq!(
        console.run("d/2", 2, activate(1, "berths", &package)).await,
        first,
        "it could work now, but the key has ended"
    );
    assert_eq!(
        console.run("d/3", 2, activate(1, "berths", &package)).await,
        TaskOutcome::Done,
        "a new key works"
    );
}

/// Kills the Platform Server ever later in the same promotion, so that every state of the journal is met, and starts it
/// again. Whatever was met, the promotion ends well and is counted once.
async fn killed_all_the_way(process: bool, step: Duration, times: u32) {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    for round in 0..times {
        let (key, version) = (format!("d{round}"), format!("1.{round}.0"));
        let (application, package) =
            if process { ("tides", tides(&version, "")) } else { ("berths", berths(&version)) };
        console.put(&package);
        console.give(&format!("{key}/1"), u64::from(round) + 1, false, prepare(application, &package));
        let promoting = async {
            assert_eq!(console.end_of(&format!("{key}/1")).await, TaskOutcome::Done);
            console.run(&format!("{key}/2"), u64::from(round) + 1, activate(1, application, &package)).await
        };
        let killing = async {
            tokio::time::sleep(step * round).await;
            server.kill().await;
            server.run().await;
        };
        let (outcome, ()) = tokio::join!(promoting, killing);
        assert_eq!(outcome, TaskOutcome::Done, "round {round}");
        let address = format!("{}/{application}/", server.address);
        eventually("the new version", async || get(&address).await.1.contains(&version).then_some(())).await;
        let count = server.activations().iter().filter(|k| **k == format!("{key}/2")).count();
        assert_eq!(count, 1, "round {round}");
        assert_eq!(server.pids().len(), usize::from(process), "round {round}");
    }
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_moment_of_a_static_promotion() {
    killed_all_the_way(false, Duration::from_millis(15), 16).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_moment_of_a_process_promotion() {
    killed_all_the_way(true, Duration::from_millis(120), 8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_download() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let package = berths("1.0.0");
    console.put(&package);
    console.faults(Faults { cut_after: Some(20_000), ..Faults::default() });
    console.give("d/1", 1, false, prepare("berths", &package));
    eventually("a part of the package", async || (console.ranges().len() >= 2).then_some(())).await;
    server.kill().await;
    let before = console.ranges().len();
    server.run().await;
    assert_eq!(console.end_of("d/1").await, TaskOutcome::Done);
    assert!(console.ranges()[before] > 0, "it went on where it was: {:?}", console.ranges());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_release_gets_ready() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let package = tides("1.0.0", "slow-ready");
    console.put(&package);
    assert_eq!(console.run("d/1", 1, prepare("tides", &package)).await, TaskOutcome::Done);
    console.give("d/2", 1, false, activate(1, "tides", &package));
    let half_started = eventually("a process", async || server.pids().first().copied()).await;
    server.kill().await;
    assert!(is_alive(half_started), "it is an orphan now");
    server.run().await;
    assert_eq!(console.end_of("d/2").await, TaskOutcome::Done);
    assert!(!is_alive(half_started), "the orphan was ended");
    assert_eq!(server.activations(), ["d/2"]);
    assert_eq!(server.pids().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_console_has_acknowledged() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let package = berths("1.0.0");
    console.put(&package);
    console.run("d/1", 1, prepare("berths", &package)).await;
    console.faults(Faults { no_acknowledgement: true, ..Faults::default() });
    assert_eq!(console.run("d/2", 1, activate(1, "berths", &package)).await, TaskOutcome::Done);
    server.kill().await;
    server.run().await;
    console.faults(Faults::default());
    assert_eq!(console.inquire("d/2", 2, activate(1, "berths", &package)).await, TaskOutcome::Done);
    assert_eq!(server.activations(), ["d/2"]);
    assert!(
        get(&format!("{}/berths/", server.address)).await.1.contains("version 1.0.0"),
        "and it is served again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_killed_in_the_middle_is_asked_again() {
    let console = Console::start(2).await;
    let _controller = Server::start(&console, 1).await;
    let mut member = Server::start(&console, 2).await;
    let package = tides("1.0.0", "slow-ready");
    console.put(&package);
    assert_eq!(console.run("d/1", 1, prepare("tides", &package)).await, TaskOutcome::Done);
    console.give("d/2", 1, false, activate(2, "tides", &package));
    eventually("a process", async || member.pids().first().copied()).await;
    member.kill().await;
    member.run().await;
    assert_eq!(console.end_of("d/2").await, TaskOutcome::Done);
    assert_eq!(member.activations(), ["d/2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_ends_is_started_again_and_all_end_with_the_parent() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let package = tides("1.0.0", "");
    console.put(&package);
    console.run("d/1", 1, prepare("tides", &package)).await;
    console.run("d/2", 1, activate(1, "tides", &package)).await;
    let first = server.pids()[0];
    assert_eq!(get(&format!("{}/tides/crash", server.address)).await.0, 503);
    // On a slow machine it may be back already, or its end not be noticed yet.
    let away = get(&format!("{}/tides/", server.address)).await;
    let told = ["is being started again", "does not answer"].iter().any(|words| away.1.contains(words));
    assert!(away.0 == 200 || (away.0 == 503 && told), "{away:?}");
    server.wrote("it ended by itself (exit status: 7); it is started again in 1 s").await;
    let address = format!("{}/tides/", server.address);
    eventually("the process again", async || (get(&address).await.0 == 200).then_some(())).await;
    let second = server.pids()[0];
    assert_ne!(first, second);
    assert_eq!(server.activations(), ["d/2"]);
    server.end().await;
    assert!(!is_alive(second), "it ended with the Platform Server");
}
