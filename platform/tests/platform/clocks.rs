//! Clocks that jump, by libfaketime: nothing is done twice, what cannot be trusted is refused with a sentence, and it goes on once the clock
//! is right again.

use crate::common::console::{Console, activate, prepare};
use crate::common::packages::berths;
use crate::common::server::{BIN, Server};
use crate::common::{eventually, get};
use domain::protocol::TaskOutcome;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// A clock that is changed while a program runs.
struct Clock(PathBuf);

impl Clock {
    fn new(folder: &Path) -> Self {
        let clock = Self(folder.join("clock"));
        clock.set("+0");
        clock
    }

    /// Ahead of the machine's, or behind it: `+1d`, `-2h`.
    fn set(&self, offset: &str) {
        // Under another name first: it is read at every moment.
        let new = self.0.with_extension("new");
        std::fs::write(&new, offset).unwrap();
        std::fs::rename(&new, &self.0).unwrap();
    }

    /// The program under this clock. What it measures by the monotonic one stays as it is.
    fn program(&self) -> Command {
        let library = std::fs::read_dir("/usr/lib").unwrap().flatten().find_map(|entry| {
            let library = entry.path().join("faketime/libfaketimeMT.so.1");
            library.is_file().then_some(library)
        });
        let library = library.expect("libfaketime is here (Debian: apt install faketime)");
        let mut command = Command::new(BIN);
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.0)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1");
        command
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_whose_clock_jumps_does_everything_once() {
    let console = Console::start(1).await;
    let mut server = Server::enrolled(&console, 1).await;
    let clock = Clock::new(server.folder.path());
    server.run_by(clock.program(), &[]).await;
    for (number, offset) in ["+1d", "-1d", "+10y", "+0"].into_iter().enumerate() {
        let (key, package) = (format!("d{number}"), berths(&format!("1.{number}.0")));
        console.put(&package);
        assert_eq!(console.run(&format!("{key}/1"), 1, prepare("berths", &package)).await, TaskOutcome::Done);
        clock.set(offset);
        let switch = activate(1, "berths", &package);
        assert_eq!(console.run(&format!("{key}/2"), 1, switch.clone()).await, TaskOutcome::Done, "{offset}");
        assert_eq!(console.run(&format!("{key}/2"), 1, switch).await, TaskOutcome::Done, "the same again");
        assert!(
            get(&format!("{}/berths/", server.address)).await.1.contains(&format!("version 1.{number}.0"))
        );
    }
    let mut activations = server.activations();
    activations.sort();
    assert_eq!(activations, ["d0/2", "d1/2", "d2/2", "d3/2"]);
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_end_with_a_wrong_clock_lets_nobody_in_and_says_why() {
    let console = Console::start(2).await;
    let _controller = Server::start(&console, 1).await;
    let mut member = Server::enrolled(&console, 2).await;
    let clock = Clock::new(member.folder.path());
    member.run_by(clock.program(), &[]).await;
    let package = berths("1.0.0");
    console.put(&package);
    assert_eq!(console.run("d/1", 1, prepare("berths", &package)).await, TaskOutcome::Done);
    for (number, offset) in ["+1h", "-1h"].into_iter().enumerate() {
        clock.set(offset);
        let outcome = console.run(&format!("d/2{number}"), 1, activate(2, "berths", &package)).await;
        let TaskOutcome::Failed { reason } = outcome else { panic!("{outcome:?}") };
        assert!(reason.contains("the clocks of the two servers differ too much"), "{reason}");
        assert_eq!(member.activations(), [] as [String; 0]);
    }
    clock.set("+0");
    assert_eq!(console.run("d/3", 1, activate(2, "berths", &package)).await, TaskOutcome::Done);
    eventually("the page", async || {
        (get(&format!("{}/berths/", member.address)).await.0 == 200).then_some(())
    })
    .await;
    assert_eq!(member.activations(), ["d/3"]);
    console.is_content();
}
