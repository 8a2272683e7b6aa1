//! Requests that no browser sends, and a session that is nobody's business here.

use crate::common::client;
use crate::common::console::{Console, activate, prepare};
use crate::common::get;
use crate::common::packages::{Made, berths, berths_with, tides};
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

/// The same archive in which every `from` is `to`: names are in it twice, and no checksum is over them.
fn with(package: &Made, from: &[u8], to: &[u8]) -> Made {
    assert_eq!(from.len(), to.len());
    let mut bytes = package.bytes.clone();
    let places: Vec<usize> =
        (0..=bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert!(places.len() >= 2, "in its own head and in the directory");
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    Made::of(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_that_sends_hostile_packages_gets_nothing() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let good = berths("1.0.0");
    console.put(&good);
    console.run("d/1", 1, prepare("berths", &good)).await;
    assert_eq!(console.run("d/2", 1, activate(1, "berths", &good)).await, TaskOutcome::Done);
    // 3 MB that say they are 300 bytes, as the little-endian size in both heads.
    let bomb = berths_with("1.1.0", &vec![0; 3_000_000]);
    let name = b"modules/berths/map/index.html";
    let hostile = [
        ("out of the release", with(&berths("1.1.0"), name, b"modules/../../../../evil.html")),
        ("from the root", with(&berths("1.1.0"), name, b"/tmp/towpath-evil-index.html5")),
        ("over another file", with(&berths("1.1.0"), name, b"modules/berths/././index.html")),
        ("a bomb", with(&bomb, &3_000_000_u32.to_le_bytes(), &300_u32.to_le_bytes())),
    ];
    for (number, (what, package)) in hostile.iter().enumerate() {
        console.put(package);
        let outcome = console.run(&format!("e{number}/1"), 2, prepare("berths", package)).await;
        let TaskOutcome::Failed { reason } = outcome else { panic!("{what}: {outcome:?}") };
        let refused = ["The package is refused: ", "This is no sound package file: "];
        assert!(refused.iter().any(|words| reason.starts_with(words)), "{what}: {reason}");
        let outcome = console.run(&format!("e{number}/2"), 2, activate(1, "berths", package)).await;
        assert!(matches!(outcome, TaskOutcome::Failed { .. }), "{what}");
    }
    assert_eq!(std::fs::read_dir(server.path("apps/berths/releases")).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(server.path("staging")).unwrap().count(), 0);
    assert!(!std::path::Path::new("/tmp/towpath-evil-index.html5").exists());
    let page = get(&format!("{}/berths/", server.address)).await;
    assert!(page.0 == 200 && page.1.contains("version 1.0.0"));
    assert_eq!(server.activations(), ["d/2"]);
    // The older version under an older fence is none of its business any more.
    let back = console.run("f/1", 1, activate(1, "berths", &good)).await;
    assert_eq!(back, TaskOutcome::Fenced { highest: 2 });
    console.is_content();
}
