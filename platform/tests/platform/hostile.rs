//! Requests that no browser sends, and a session that is nobody's business here.

use crate::common::client;
use crate::common::console::{Console, activate, prepare};
use crate::common::packages::tides;
use crate::common::server::Server;
use domain::protocol::TaskOutcome;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What comes back for these bytes.
async fn raw(address: &str, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_that_are_no_paths_are_refused() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    for line in
        ["CONNECT example.org:80", "OPTIONS *", "GET http://example.org/x", "GET //example.org/x", "GET /%"]
    {
        for address in [&server.address, &server.api] {
            let answer =
                raw(address, &format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
            assert!(answer.starts_with("HTTP/1.1 4"), "{line} at {address}: {answer:?}");
            assert!(!answer.to_lowercase().contains("\r\nlocation:"), "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_sees_no_session_of_the_console_and_one_length() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let package = tides("1.0.0", "");
    console.put(&package);
    console.run("d/1", 1, prepare("tides", &package)).await;
    assert_eq!(console.run("d/2", 1, activate(1, "tides", &package)).await, TaskOutcome::Done);
    let echo = client()
        .get(format!("{}/tides/echo", server.address))
        .header("cookie", "towpath=secret; mine=1")
        .header("x-forwarded-port", "6666")
        .send()
        .await
        .unwrap();
    let echo = echo.text().await.unwrap().to_lowercase();
    assert!(
        echo.contains("cookie: mine=1\r\n") && !echo.contains("secret") && !echo.contains("6666"),
        "{echo}"
    );
    let both = "POST /tides/echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 4\r\n\
                transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let answer = raw(&server.address, both).await.to_lowercase();
    assert!(answer.starts_with("http/1.1 400") || !answer.contains("content-length: 4\r\n"), "{answer}");
}
