//! Enrolment: a one-use code, a key of the server's own, clear refusals.

use crate::common::console::Console;
use crate::common::server::{Server, enrol};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

fn sentence(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_and_a_folder_holds_one_identity() {
    let console = Console::start(2).await;
    let (first, second) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let wrong = enrol(&console, "code-9", first.path()).await;
    assert!(!wrong.status.success());
    assert_eq!(sentence(&wrong), "The console refused (422): This code is not good.");
    let good = enrol(&console, "code-1", first.path()).await;
    assert!(good.status.success(), "{}", sentence(&good));
    let mode = std::fs::metadata(first.path().join("identity.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!enrol(&console, "code-1", second.path()).await.status.success(), "the code was used");
    let again = enrol(&console, "code-2", first.path()).await;
    assert!(
        sentence(&again).contains("holds the identity of test-1 in Test already"),
        "{}",
        sentence(&again)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_controller_enrols_first() {
    let console = Console::start(2).await;
    let folder = TempDir::new().unwrap();
    let output = enrol(&console, "code-2", folder.path()).await;
    assert!(!output.status.success());
    assert!(
        sentence(&output).contains("The deployment controller of Test has not enrolled yet"),
        "{}",
        sentence(&output)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said() {
    let folder = TempDir::new().unwrap();
    let bin = env!("CARGO_BIN_EXE_towpath-platform");
    let data = folder.path().to_str().unwrap();
    let run = |arguments: &[&str]| std::process::Command::new(bin).args(arguments).output().unwrap();
    assert!(sentence(&run(&["run", "--data", data])).contains("is not enrolled yet"));
    let silent = run(&["enrol", "--console", "http://127.0.0.1:1", "--code", "x", "--data", data]);
    assert!(
        sentence(&silent).contains("The console does not answer at http://127.0.0.1:1"),
        "{}",
        sentence(&silent)
    );
    let odd = run(&["enrol", "--console", "127.0.0.1:1", "--code", "x", "--data", data]);
    assert!(sentence(&odd).contains("begins with http://"), "{}", sentence(&odd));
    let help = String::from_utf8(run(&["run", "--help"]).stdout).unwrap();
    assert!(help.contains("--stop-on-stdin-close") && help.contains("The folder that was given to enrol"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_used_by_one_process() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    let bin = env!("CARGO_BIN_EXE_towpath-platform");
    let second =
        std::process::Command::new(bin).args(["run", "--data"]).arg(server.folder.path()).output().unwrap();
    assert!(sentence(&second).contains("Another Platform Server works in"), "{}", sentence(&second));
    server.end().await;
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_and_a_lost_key_are_one_sentence() {
    let console = Console::start(1).await;
    let server = Server::enrolled(&console, 1).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().to_string();
    let bin = env!("CARGO_BIN_EXE_towpath-platform");
    let run = |arguments: &[&str]| {
        let data = server.folder.path();
        std::process::Command::new(bin).args(["run", "--data"]).arg(data).args(arguments).output().unwrap()
    };
    for option in ["--listen", "--api-listen"] {
        let said = sentence(&run(&[option, &port]));
        assert!(said.starts_with(&format!("{port} cannot be listened on: ")), "{said}");
        assert!(
            said.ends_with(&format!("choose another with {option}.")) && said.lines().count() == 1,
            "{said}"
        );
    }
    std::fs::remove_file(server.path("identity.key")).unwrap();
    let said = sentence(&run(&[]));
    assert!(said.contains("identity.key is missing; bring it back") && said.lines().count() == 1, "{said}");
    assert!(!server.path("identity.key").exists(), "a new one would be nobody's");
}
