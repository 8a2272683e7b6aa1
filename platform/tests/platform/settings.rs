//! Settings: handed over at activation, kept as far as a restart needs them, and nowhere else.

use crate::common::console::{Console, activate, activate_with, deactivate, prepare};
use crate::common::packages::tides;
use crate::common::server::Server;
use crate::common::{eventually, get};
use domain::protocol::TaskOutcome;

const SECRET: &str = "hunter2-of-the-harbour";

/// What the process says of its settings: the harbour's name and the secret.
async fn says(server: &Server) -> (String, String) {
    let page = get(&format!("{}/tides/", server.address)).await.1;
    let harbour = page.split(' ').nth(3).unwrap_or_default().to_owned();
    (harbour, get(&format!("{}/tides/door", server.address)).await.1)
}

fn both(harbour: &str, door: &str) -> (String, String) {
    (harbour.to_owned(), door.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_handed_its_settings_at_activation() {
    let console = Console::start(2).await;
    let mut first = Server::start(&console, 1).await;
    let second = Server::start(&console, 2).await;
    let package = tides("1.0.0", "");
    console.put(&package);
    assert_eq!(console.run("d/1", 1, prepare("tides", &package)).await, TaskOutcome::Done);
    // Without values the defaults count, and a secret is not there.
    assert_eq!(console.run("d/2", 1, activate(1, "tides", &package)).await, TaskOutcome::Done);
    assert_eq!(says(&first).await, both("Lockhaven", ""));

    // The same release once more, with values, on the controller and on another front-end.
    let values = [("harbour", "Neuhafen"), ("door", SECRET), ("unknown", "x")];
    for (key, number) in [("e/1", 1), ("e/2", 2)] {
        let task = activate_with(number, "tides", &package, &values);
        assert_eq!(console.run(key, 2, task).await, TaskOutcome::Done);
    }
    for server in [&first, &second] {
        assert_eq!(says(server).await, both("Neuhafen", SECRET));
        assert!(server.keeps("slots", "settings", SECRET), "a restart needs it");
        assert!(!server.keeps("operations", "settings", SECRET), "what has ended needs it no more");
        assert!(!server.has_written(SECRET));
    }
    assert!(!first.keeps("tasks", "task", SECRET), "the journal forgets it with the end of its task");
    assert!(first.keeps("tasks", "task", "e/1"));
    let told = [console.lines("e/1"), console.lines("e/2")].concat().join("\n");
    assert!(!told.contains(SECRET), "{told}");

    // The same key again gets its answer, and nothing is started for it.
    let again = activate_with(1, "tides", &package, &[("harbour", "Elsewhere")]);
    assert_eq!(console.run("e/1", 3, again).await, TaskOutcome::Done);
    assert_eq!(says(&first).await.0, "Neuhafen");

    // Killed and started again, it serves what it served, with what it was handed.
    first.kill().await;
    first.run().await;
    eventually("the process with its settings", async || {
        (says(&first).await == both("Neuhafen", SECRET)).then_some(())
    })
    .await;
    // Another release of the same, back to the defaults: what was handed before is gone.
    assert_eq!(console.run("f/1", 3, activate(1, "tides", &package)).await, TaskOutcome::Done);
    assert_eq!(says(&first).await, both("Lockhaven", ""));
    assert!(!first.keeps("slots", "settings", SECRET));
    assert_eq!(console.run("f/2", 3, deactivate(2, "tides")).await, TaskOutcome::Done);
    assert!(!second.keeps("slots", "settings", SECRET));
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_fails_leaves_what_runs_with_its_settings() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let (sound, broken) = (tides("1.0.0", ""), tides("1.1.0", "exit"));
    for package in [&sound, &broken] {
        console.put(package);
    }
    console.run("d/1", 1, prepare("tides", &sound)).await;
    let values = [("harbour", "Neuhafen"), ("door", SECRET)];
    assert_eq!(console.run("d/2", 1, activate_with(1, "tides", &sound, &values)).await, TaskOutcome::Done);
    console.run("e/1", 2, prepare("tides", &broken)).await;
    let other = activate_with(1, "tides", &broken, &[("harbour", "Elsewhere"), ("door", "another-secret")]);
    let TaskOutcome::Failed { reason } = console.run("e/2", 2, other).await else { panic!("it ran") };
    assert!(!reason.contains("another-secret"), "{reason}");
    assert_eq!(says(&server).await, both("Neuhafen", SECRET));
    for (table, column) in [("tasks", "task"), ("operations", "settings"), ("slots", "settings")] {
        assert!(!server.keeps(table, column, "another-secret"), "{table}");
    }
}
