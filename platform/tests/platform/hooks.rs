//! Hooks: the sample `beacon`, whose own programs light a lamp that is no module.

use crate::common::console::{Console, activate, deactivate, prepare};
use crate::common::packages::beacon;
use crate::common::server::{Server, is_alive};
use crate::common::{eventually, get};
use domain::protocol::TaskOutcome;

fn reason(outcome: TaskOutcome) -> String {
    match outcome {
        TaskOutcome::Failed { reason } => reason,
        other => panic!("{other:?} is no failure"),
    }
}

/// The light that burns: its process, and what it says that it is.
async fn light(server: &Server) -> (u32, String) {
    eventually("the light", async || {
        let read =
            |name: &str| std::fs::read_to_string(server.path(&format!("apps/beacon/data/{name}"))).ok();
        let (pid, version) = (read("light.pid")?.trim().parse().ok()?, read("burning")?);
        is_alive(pid).then(|| (pid, version.trim().to_owned()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hooks_of_a_package_drive_a_process_of_their_own() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let (old, bad, new) = (beacon("1.0.0", "calm"), beacon("1.1.0", "storm"), beacon("1.2.0", "calm"));
    for (n, package) in [&old, &bad, &new].into_iter().enumerate() {
        console.put(package);
        assert_eq!(console.run(&format!("p{n}/1"), 1, prepare("beacon", package)).await, TaskOutcome::Done);
    }
    assert!(!server.path("apps/beacon/data/light.pid").exists(), "nothing is lit by what is only prepared");
    server.wrote("the lamp of 1.0.0 is there").await;
    assert_eq!(console.run("a/2", 1, activate(1, "beacon", &old)).await, TaskOutcome::Done);
    let (first, version) = light(&server).await;
    assert_eq!(version, "1.0.0");
    assert_eq!(get(&format!("{}/beacon/", server.address)).await.0, 200);
    assert_eq!(get(&format!("{}/beacon/keeper", server.address)).await.0, 404, "hooks are served to nobody");

    // The new one does not pass its own check: the old one burns again before that is reported.
    let why = reason(console.run("b/2", 2, activate(1, "beacon", &bad)).await);
    assert!(why.contains("version 1.0.0 goes on running: the hook validate did not end well"), "{why}");
    assert!(why.contains("it is dark"), "its last lines: {why}");
    let (second, version) = light(&server).await;
    assert_eq!(version, "1.0.0");
    assert!(second != first && !is_alive(first));

    assert_eq!(console.run("c/2", 3, activate(1, "beacon", &new)).await, TaskOutcome::Done);
    let (third, version) = light(&server).await;
    assert_eq!(version, "1.2.0");
    assert!(!is_alive(second));

    // What hooks started is their own: it burns on while this program is away, and is not lit twice.
    server.kill().await;
    assert!(is_alive(third));
    server.run().await;
    server.wrote("it burns already").await;
    assert_eq!(light(&server).await, (third, "1.2.0".to_owned()));
    assert_eq!(console.run("c/2/undo", 3, activate(1, "beacon", &old)).await, TaskOutcome::Done);
    let (fourth, version) = light(&server).await;
    assert_eq!(version, "1.0.0");
    assert_eq!(console.run("d/1", 4, deactivate(1, "beacon")).await, TaskOutcome::Done);
    assert!(!is_alive(fourth), "it is put out");
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_whose_hooks_refuse_is_not_installed() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    for (version, weather, words) in [
        ("1.0.0", "fog", "the hook before_install did not end well"),
        ("1.1.0", "haze", "the hook after_install did not end well"),
    ] {
        let package = beacon(version, weather);
        console.put(&package);
        let why = reason(console.run(&format!("{weather}/1"), 1, prepare("beacon", &package)).await);
        assert!(why.contains("The release could not be installed") && why.contains(words), "{why}");
        let left: Vec<_> = std::fs::read_dir(server.path("apps/beacon/releases")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        let why = reason(console.run(&format!("{weather}/2"), 1, activate(1, "beacon", &package)).await);
        assert!(why.contains("has to be prepared first"), "{why}");
    }
    // A hook that takes too long is ended with all that it began.
    let package = beacon("1.2.0", "slow");
    console.put(&package);
    assert_eq!(console.run("slow/1", 2, prepare("beacon", &package)).await, TaskOutcome::Done);
    let why = reason(console.run("slow/2", 2, activate(1, "beacon", &package)).await);
    assert!(why.contains("the hook validate took longer than 1 seconds and was ended"), "{why}");
    assert!(why.contains("nothing runs, as before"), "{why}");
    assert!(!server.path("apps/beacon/data/light.pid").exists(), "what it had started is stopped");
    assert_eq!(server.pids(), Vec::<u32>::new());
    console.is_content();
}
