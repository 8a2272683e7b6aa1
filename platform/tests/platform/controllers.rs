//! Another front-end becomes the controller: the hosts need no command, and the one before is refused by everybody.

use crate::common::console::{Console, activate, prepare, server_id};
use crate::common::packages::{Made, berths};
use crate::common::server::{Server, enrol};
use crate::common::{eventually, get};
use domain::protocol::{ServerStatus, TaskAction, TaskOutcome};

/// Puts an application on some front-ends.
async fn promote(console: &Console, number: u64, package: &Made, servers: &[u128]) {
    console.put(package);
    let mut prepare = prepare("berths", package);
    if let TaskAction::Prepare { servers: only, .. } = &mut prepare {
        *only = Some(servers.iter().map(|server| server_id(*server)).collect());
    }
    assert_eq!(console.run(&format!("d{number}/1"), number, prepare).await, TaskOutcome::Done);
    for server in servers {
        let key = format!("d{number}/{}", 1 + server);
        let outcome = console.run(&key, number, activate(*server, "berths", package)).await;
        assert_eq!(outcome, TaskOutcome::Done, "front-end {server}");
    }
}

/// What the controller says of a front-end, once that is as it is asked for.
async fn said_of(console: &Console, server: u128, wanted: impl Fn(&ServerStatus) -> bool) {
    eventually(&format!("what is said of test-{server}"), async || {
        let status = console.statuses().into_iter().find(|status| status.server == server_id(server));
        status.filter(&wanted).map(drop)
    })
    .await;
}

fn controls(status: &ServerStatus) -> bool {
    status.reachable && status.services.iter().any(|each| each.service == "deployment_controller")
}

fn follows(status: &ServerStatus) -> bool {
    status.reachable && status.services.iter().all(|each| each.service != "deployment_controller")
}

async fn shows(server: &Server, version: &str) -> bool {
    get(&format!("{}/berths/", server.address)).await.1.contains(&format!("version {version}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_controller_is_replaced_and_comes_back_as_a_front_end() {
    let console = Console::start(3).await;
    let mut one = Server::start(&console, 1).await;
    let two = Server::start(&console, 2).await;
    let three = Server::start(&console, 3).await;
    promote(&console, 1, &berths("1.0.0"), &[1, 2, 3]).await;

    // The host is gone, its folder too.
    one.kill().await;
    let parked = one.folder.path().with_extension("parked");
    std::fs::rename(one.folder.path(), &parked).unwrap();
    let before = console.syncs(1);
    assert!(shows(&two, "1.0.0").await && shows(&three, "1.0.0").await);
    console.make_controller(2);
    promote(&console, 2, &berths("1.1.0"), &[2, 3]).await;
    assert!(shows(&two, "1.1.0").await && shows(&three, "1.1.0").await);

    // It comes back, takes itself for the controller, and is refused.
    std::fs::rename(&parked, one.folder.path()).unwrap();
    one.run().await;
    said_of(&console, 1, follows).await;
    said_of(&console, 2, controls).await;
    assert_eq!(console.syncs(1).0, before.0, "it got nothing");
    promote(&console, 3, &berths("1.2.0"), &[1, 2, 3]).await;
    assert!(shows(&one, "1.2.0").await && shows(&two, "1.2.0").await);

    // What it is now it stays.
    one.end().await;
    one.run().await;
    said_of(&console, 1, follows).await;
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_slept_through_the_change_is_refused_by_its_front_ends() {
    let console = Console::start(2).await;
    let one = Server::start(&console, 1).await;
    let two = Server::start(&console, 2).await;
    promote(&console, 1, &berths("1.0.0"), &[1, 2]).await;
    one.signal("STOP");
    let before = console.syncs(1);
    // Of what is given out now the sleeping one may have heard; the other carries it out.
    console.make_controller(2);
    promote(&console, 2, &berths("1.1.0"), &[2]).await;
    one.signal("CONT");
    said_of(&console, 1, follows).await;
    assert_eq!(console.syncs(1).0, before.0);
    promote(&console, 3, &berths("1.2.0"), &[1, 2]).await;
    assert!(shows(&one, "1.2.0").await && shows(&two, "1.2.0").await);

    // And back: each change is obeyed, also by those who controlled before.
    console.make_controller(1);
    said_of(&console, 1, controls).await;
    said_of(&console, 2, follows).await;
    promote(&console, 4, &berths("1.3.0"), &[1, 2]).await;
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_revoked_is_not_spoken_to_and_comes_back_with_a_new_code() {
    let console = Console::start(2).await;
    let mut one = Server::start(&console, 1).await;
    let mut two = Server::start(&console, 2).await;
    promote(&console, 1, &berths("1.0.0"), &[1, 2]).await;
    said_of(&console, 2, follows).await;
    console.revoke(2);
    eventually("the controller that forgets it", async || {
        console.statuses().iter().all(|status| status.server != server_id(2)).then_some(())
    })
    .await;
    let outcome = console.run("d2/1", 2, activate(2, "berths", &berths("1.0.0"))).await;
    assert!(
        matches!(&outcome, TaskOutcome::Failed { reason } if reason.contains("does not belong")),
        "{outcome:?}"
    );
    assert!(shows(&two, "1.0.0").await, "what runs there goes on");
    two.end().await;
    let old = two;
    console.code(2, "again");
    let mut two = Server::enrolled_with(&console, "again").await;
    two.run().await;
    said_of(&console, 2, follows).await;
    promote(&console, 3, &berths("1.1.0"), &[1, 2]).await;

    // A controller that is revoked is let in nowhere: its front-end learns it from the console.
    console.revoke(1);
    eventually("a front-end without a controller", async || {
        let trusts_nobody = two.keeps("identity", "document", r#""controller_key":"","#);
        trusts_nobody.then_some(())
    })
    .await;
    assert!(shows(&two, "1.1.0").await);
    one.end().await;
    console.code(1, "once more");
    let folder = tempfile::tempdir().unwrap();
    let output = enrol(&console, "once more", folder.path()).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    console.make_controller(2);
    said_of(&console, 2, controls).await;
    drop((old, one));
    console.is_content();
}
