//! Addresses that change after enrolment: a front-end that nobody asks tells its controller where it is.

use crate::common::console::{Console, activate, prepare, server_id};
use crate::common::packages::{Made, berths};
use crate::common::server::Server;
use crate::common::{eventually, get};
use domain::protocol::TaskOutcome;

/// Puts an application on both front-ends of a farm.
async fn promote(console: &Console, number: u64, package: &Made) {
    let key = |step: u64| format!("d{number}/{step}");
    console.put(package);
    assert_eq!(console.run(&key(1), number, prepare("berths", package)).await, TaskOutcome::Done);
    for server in [1u8, 2] {
        let outcome = console
            .run(&key(1 + u64::from(server)), number, activate(server.into(), "berths", package))
            .await;
        assert_eq!(outcome, TaskOutcome::Done, "front-end {server}");
    }
}

/// Waits until the console was told that front-end 2 answers, and where.
async fn told_of(console: &Console, server: &Server) {
    eventually("the new addresses at the console", async || {
        let status = console.statuses().into_iter().find(|s| s.server == server_id(2))?;
        (status.reachable && status.api_address == server.api && status.public_address == server.address)
            .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_end_that_moved_is_found_again() {
    let console = Console::start(2).await;
    let controller = Server::start(&console, 1).await;
    let mut member = Server::start(&console, 2).await;
    promote(&console, 1, &berths("1.0.0")).await;
    let before = (member.api.clone(), member.address.clone());
    member.end().await;
    member.run_with(&["--api-listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"]).await;
    assert!(member.api != before.0 && !member.api.ends_with(":0"), "{}", member.api);
    told_of(&console, &member).await;
    promote(&console, 2, &berths("1.1.0")).await;
    assert!(get(&format!("{}/berths/", member.address)).await.1.contains("version 1.1.0"));

    // A port that was free once is kept, and so is what was announced, whoever starts again.
    let moved = member.api.clone();
    member.end().await;
    member.run().await;
    assert_eq!(member.api, moved);
    promote(&console, 3, &berths("1.2.0")).await;
    drop((controller, member));
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_moved_is_told_too() {
    let console = Console::start(2).await;
    let mut controller = Server::start(&console, 1).await;
    let mut member = Server::start(&console, 2).await;
    told_of(&console, &member).await;
    let before = controller.api.clone();
    controller.end().await;
    controller.run_with(&["--api-listen", "127.0.0.1:0"]).await;
    assert_ne!(controller.api, before);
    // Its next question tells the front-end where it is now.
    eventually("the controller's new address at the front-end", async || {
        (member.controller_address() == controller.api).then_some(())
    })
    .await;
    member.end().await;
    member.run_with(&["--api-listen", "127.0.0.1:0"]).await;
    told_of(&console, &member).await;
    promote(&console, 1, &berths("1.0.0")).await;
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_end_that_was_never_asked_knows_its_controller_from_the_enrolment() {
    let console = Console::start(2).await;
    let controller = Server::start(&console, 1).await;
    let mut member = Server::enrolled(&console, 2).await;
    assert_eq!(member.controller_address(), controller.api);
    member.run_with(&["--api-listen", "127.0.0.1:0"]).await;
    told_of(&console, &member).await;
    promote(&console, 1, &berths("1.0.0")).await;
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn both_may_move_at_once_if_a_person_says_so() {
    let console = Console::start(2).await;
    let mut controller = Server::start(&console, 1).await;
    let mut member = Server::start(&console, 2).await;
    told_of(&console, &member).await;
    member.end().await;
    controller.end().await;
    controller.run_with(&["--api-listen", "127.0.0.1:0"]).await;
    member.run_with(&["--api-listen", "127.0.0.1:0", "--controller-address", &controller.api]).await;
    told_of(&console, &member).await;
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_announce_nothing() {
    let console = Console::start(2).await;
    let controller = Server::start(&console, 1).await;
    let member = Server::start(&console, 2).await;
    told_of(&console, &member).await;
    let said = format!(r#"{{"api_address":"{}","public_address":"http://127.0.0.1:1"}}"#, member.api);
    let post = async |server: &Server, signed: bool| {
        let mut request =
            crate::common::client().post(format!("{}/server/v1/announcement", server.api)).body(said.clone());
        if signed {
            for (name, value) in [
                ("towpath-server", server_id(2).to_string()),
                ("towpath-time", "0".to_owned()),
                ("towpath-nonce", "0".repeat(32)),
                ("towpath-signature", format!("{}==", "A".repeat(86))),
            ] {
                request = request.header(name, value);
            }
        }
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(post(&controller, false).await, 401);
    assert_eq!(post(&controller, true).await, 401);
    assert_eq!(post(&member, false).await, 404, "only the controller listens to announcements");
    let long = "x".repeat(10_000);
    let request =
        crate::common::client().post(format!("{}/server/v1/announcement", controller.api)).body(long);
    assert_eq!(request.send().await.unwrap().status(), 413);
    let status = console.statuses().into_iter().find(|s| s.server == server_id(2)).unwrap();
    assert_eq!((status.public_address, status.reachable), (member.address.clone(), true));
}
