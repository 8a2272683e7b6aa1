//! The server's own key is replaced while it works, and a SIGKILL at any moment leaves one that the console accepts.

use crate::common::console::{Console, Faults, activate, prepare, server_id};
use crate::common::eventually;
use crate::common::packages::berths;
use crate::common::server::Server;
use domain::protocol::TaskOutcome;
use std::process::Output;

/// `towpath-platform rotate-key` on a folder.
async fn rotate(server: &Server) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_towpath-platform"));
    command.args(["rotate-key", "--data"]).arg(server.folder.path()).output().await.unwrap()
}

async fn promote(console: &Console, number: u64) {
    let package = berths(&format!("1.{number}.0"));
    console.put(&package);
    assert_eq!(
        console.run(&format!("d{number}/1"), number, prepare("berths", &package)).await,
        TaskOutcome::Done
    );
    for server in [1u8, 2] {
        let key = format!("d{number}/{}", 1 + server);
        let outcome = console.run(&key, number, activate(server.into(), "berths", &package)).await;
        assert_eq!(outcome, TaskOutcome::Done, "front-end {server}");
    }
}

async fn reached(console: &Console, server: &Server, number: u128) {
    eventually("the front-end at its address", async || {
        let status = console.statuses().into_iter().find(|status| status.server == server_id(number))?;
        (status.reachable && status.api_address == server.api).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_replaced_while_everything_goes_on() {
    let console = Console::start(2).await;
    let one = Server::start(&console, 1).await;
    let mut two = Server::start(&console, 2).await;
    promote(&console, 1).await;
    let before = [console.fingerprint(1), console.fingerprint(2)];
    for (server, number, fence) in [(&two, 2, 10), (&one, 1, 11)] {
        // A promotion runs meanwhile.
        let (output, ()) = tokio::join!(rotate(server), promote(&console, fence));
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && said.contains(&console.fingerprint(number)), "{said}");
    }
    assert!(before[0] != console.fingerprint(1) && before[1] != console.fingerprint(2));
    promote(&console, 20).await;
    // The controller knows the front-end by its new key: it believes what that announces.
    two.end().await;
    two.run_with(&["--api-listen", "127.0.0.1:0"]).await;
    reached(&console, &two, 2).await;
    promote(&console, 21).await;
    assert!(!two.path("identity.key.next").exists() && !two.path("rotate-key").exists());
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_while_its_key_is_replaced_can_sign() {
    let console = Console::start(1).await;
    let mut one = Server::start(&console, 1).await;
    let first = console.fingerprint(1);
    // Asked while it does not run: it does so at its next start. The console keeps the key, and the answer is lost.
    one.kill().await;
    let output = rotate(&one).await;
    assert!(String::from_utf8(output.stdout).unwrap().contains("at its next start"));
    console.faults(Faults { next_key_lost: true, ..Faults::default() });
    one.run().await;
    eventually("the next key at the console", async || console.awaits_key(1).then_some(())).await;
    one.kill().await;
    assert_eq!(console.fingerprint(1), first);

    // Its next key signs, and it is killed before it hears that.
    console.faults(Faults { who_controls_lost: true, ..Faults::default() });
    one.run().await;
    eventually("the next key that signs", async || (console.fingerprint(1) != first).then_some(())).await;
    one.kill().await;
    assert!(one.path("identity.key.next").exists(), "both are there until it knows");
    console.faults(Faults::default());
    one.run().await;
    eventually("one key again", async || (!one.path("identity.key.next").exists()).then_some(())).await;
    let (second, served) = (console.fingerprint(1), console.syncs(1).0);
    eventually("a sync with it", async || (console.syncs(1).0 > served).then_some(())).await;
    one.end().await;
    one.run().await;
    let served = console.syncs(1).0;
    eventually("a sync after a start", async || (console.syncs(1).0 > served).then_some(())).await;
    assert_eq!(console.fingerprint(1), second, "once");
    console.is_content();
}
