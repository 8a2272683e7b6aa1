//! Questions of the console to Server.API, which the controller asks for it.

use crate::common::console::{Console, server_id};
use crate::common::eventually;
use crate::common::server::Server;
use domain::protocol::{Method, ServerStatus};

#[tokio::test(flavor = "multi_thread")]
async fn the_controller_asks_any_front_end_for_the_console_once() {
    let console = Console::start(2).await;
    let controller = Server::start(&console, 1).await;
    let mut member = Server::start(&console, 2).await;
    eventually("both front-ends", async || {
        (console.statuses().iter().filter(|status| status.reachable).count() == 2).then_some(())
    })
    .await;
    for (asked, answers) in [(None, 1), (Some(1), 1), (Some(2), 2)] {
        let reply = console.ask(asked, Method::Get, "/server/v1/status").await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let status: ServerStatus = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(status.server, server_id(answers));
    }
    // What Server.API refuses is told as it is; what is not below it is not asked at all.
    assert_eq!(console.ask(Some(2), Method::Get, "/server/v1/nothing").await.status, 404);
    let reply = console.ask(None, Method::Get, "/elsewhere").await;
    assert_eq!((reply.status, reply.body.trim()), (502, "A question is below /server/v1/."));
    let reply = console.ask(Some(3), Method::Get, "/server/v1/status").await;
    assert_eq!(reply.status, 502);
    member.end().await;
    let reply = console.ask(Some(2), Method::Get, "/server/v1/status").await;
    assert_eq!(reply.status, 502);
    assert!(reply.body.contains("test-2"), "{}", reply.body);
    drop((controller, member));
    console.is_content();
}
