//! Processes have the limits of their manifest, or those of their front-end.

use crate::common::console::{Console, activate, prepare};
use crate::common::packages::{tides, tides_with};
use crate::common::server::Server;
use crate::common::{eventually, get};
use domain::protocol::TaskOutcome;

/// What the system says of a limit of the process: the number that counts now.
async fn limit(server: &Server, name: &str) -> String {
    let all = eventually("the process", async || {
        let (status, text) = get(&format!("{}/tides/limits", server.address)).await;
        (status == 200).then_some(text)
    })
    .await;
    let line = all.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{all}"));
    line.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_gets_no_more_memory_than_it_may_have_and_is_started_again() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let limits = "limits = { memory_megabytes = 64, open_files = 99, processes = 5000 }";
    let (limited, free) = (tides_with("1.0.0", "", limits), tides("2.0.0", ""));
    for package in [&limited, &free] {
        console.put(package);
    }
    console.run("a/1", 1, prepare("tides", &limited)).await;
    assert_eq!(console.run("a/2", 1, activate(1, "tides", &limited)).await, TaskOutcome::Done);
    assert_eq!(limit(&server, "Max data size").await, (64 << 20).to_string());
    assert_eq!(limit(&server, "Max open files").await, "99");
    assert_eq!(limit(&server, "Max processes").await, "5000");
    server.wrote("it may take 64 MB of memory, 99 open files, 5000 processes at most").await;
    let pid = server.pids()[0];
    assert_eq!(get(&format!("{}/tides/allocate", server.address)).await.0, 503, "it cannot have 200 MB");
    server.wrote("memory allocation of 209715200 bytes failed").await;
    server.wrote("it ended by itself (signal: 6").await;
    let again =
        eventually("another process", async || server.pids().into_iter().find(|other| *other != pid)).await;
    assert_ne!(again, pid);
    assert_eq!(limit(&server, "Max data size").await, (64 << 20).to_string(), "and so is the next one");

    // What the manifest leaves out, the front-end may say.
    server.end().await;
    server.run_with(&["--process-memory-megabytes", "80"]).await;
    assert_eq!(limit(&server, "Max data size").await, (64 << 20).to_string(), "the manifest counts");
    console.run("b/1", 2, prepare("tides", &free)).await;
    assert_eq!(console.run("b/2", 2, activate(1, "tides", &free)).await, TaskOutcome::Done);
    assert_eq!(limit(&server, "Max data size").await, (80 << 20).to_string());
    server.end().await;
    server.run().await;
    assert_ne!(limit(&server, "Max data size").await, (80 << 20).to_string(), "nothing limits it any more");
    assert_eq!(get(&format!("{}/tides/allocate", server.address)).await, (200, "209715200 bytes".to_owned()));
    console.is_content();
}
