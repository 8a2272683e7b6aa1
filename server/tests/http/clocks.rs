//! A console whose clock jumps, by libfaketime: what cannot be trusted is refused with a sentence, nothing is done twice, nobody loses what is
//! theirs, and it goes on once the clock is right again.

use crate::common::{Ahead, Served, client, package};
use crate::kill::{World, programs};
use crate::killed::holds::chain_holds;
use crate::nodes::{entries, free_port, holds};
use domain::time::{HOUR, MINUTE};
use operations::{AuditQuery, Caller};
use server::clock::{Sources, SystemIds};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use storage::Store;

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

    /// The console's program under this clock. What it measures by the monotonic one stays as it is.
    fn program(&self) -> Command {
        let library = std::fs::read_dir("/usr/lib").unwrap().flatten().find_map(|entry| {
            let library = entry.path().join("faketime/libfaketimeMT.so.1");
            library.is_file().then_some(library)
        });
        let library = library.expect("libfaketime is here (Debian: apt install faketime)");
        let mut command = Command::new(programs().0);
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.0)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("DONT_FAKE_MONOTONIC", "1");
        command
    }
}

/// How often requests of Platform Servers were refused for their time.
async fn refused_for_their_time(world: &World) -> usize {
    let query = AuditQuery { operation: Some("server.identify".into()), ..AuditQuery::default() };
    let page = world.console.audit(&world.local, "harbour", &query).await.unwrap();
    let told =
        |reason: &str| reason.contains("more than five minutes from the console's; set the server's clock.");
    page.entries.rows.iter().filter(|row| told(&row.reason)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_whose_clock_jumps_promotes_once() {
    let mut world = World::on(None, "").await;
    let clock = Clock::new(world.folder.path());
    let mut console = world.serve_by(clock.program(), world.port);
    world.answers().await;
    world.enrol("dev").await;
    world.enrol("test").await;
    let mut runs = Vec::new();
    for (number, offset) in ["+3d", "-2d"].into_iter().enumerate() {
        let file = package(&world.folder, "desk", &format!("content {number}"));
        let run = world.console.publish(&world.local, "harbour", "dev", &file).await.unwrap();
        assert_eq!(world.finished(run.deployment.unwrap()).await, "finished_successful");
        // It is in the middle, for sure, when the clock jumps.
        world.platforms[1].signal("STOP");
        let run = world.promote().await;
        world.reached(run, 1).await;
        let before = refused_for_their_time(&world).await;
        clock.set(offset);
        world.platforms[1].signal("CONT");
        for round in 0.. {
            if refused_for_their_time(&world).await > before + 1 {
                break;
            }
            assert!(round < 600, "{offset}: nobody is refused");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let row = world.console.deployment(&world.local, "harbour", run).await.unwrap().row;
        assert_eq!((row.status.as_str(), row.finished_at), ("running", None), "{offset}");
        assert_eq!(world.activations(run), [] as [String; 0], "{offset}");
        assert!(console.is_running());
        clock.set("+0");
        assert_eq!(world.finished(run).await, "finished_successful", "{offset}");
        runs.push(run);
    }
    for run in runs {
        assert_eq!(world.activations(run), [format!("{run}/2")], "once");
        let steps = world.console.deployment(&world.local, "harbour", run).await.unwrap().steps;
        assert!(steps.iter().all(|step| step.state == "done" && !step.back), "{steps:?}");
        for operation in ["deployment.start", "deployment.finish"] {
            assert_eq!(entries(&world, operation, run).await, ["done"], "{operation}");
        }
    }
    chain_holds(&Store::open(&world.database).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_kept_whatever_the_clock_of_its_console_says() {
    let url = storage::testing::postgres_url().await;
    let store = Store::open(&url).await.unwrap();
    let mut world = World::on(Some(&url), "lease-seconds = 2\nrenew-seconds = 1\n").await;
    let clock = Clock::new(world.folder.path());
    let _first = world.serve_by(clock.program(), world.port);
    world.answers().await;
    world.enrol("dev").await;
    world.enrol("test").await;
    let file = package(&world.folder, "desk", "first");
    let run = world.console.publish(&world.local, "harbour", "dev", &file).await.unwrap();
    assert_eq!(world.finished(run.deployment.unwrap()).await, "finished_successful");
    world.platforms[1].signal("STOP");
    let run = world.promote().await;
    world.reached(run, 1).await;
    let held = holds(&store, run).await;
    assert!(held.1.is_some(), "{held:?}");
    // Another console waits for leases that end, by the clock of the database.
    let port = free_port();
    let _second = world.serve_at(port);
    world.answers_at(port).await;
    for offset in ["-2d", "+2d"] {
        clock.set(offset);
        for _ in 0..50 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert_eq!(holds(&store, run).await, held, "{offset}");
        }
    }
    clock.set("+0");
    world.platforms[1].signal("CONT");
    assert_eq!(world.finished(run).await, "finished_successful");
    assert_eq!(world.activations(run), [format!("{run}/2")], "once");
    assert_eq!(entries(&world, "deployment.finish", run).await, ["done"]);
}

#[tokio::test]
async fn a_session_of_a_time_that_has_not_come_is_over() {
    let clock = Arc::new(Ahead::default());
    let sources = Sources { clock: clock.clone(), ids: Arc::new(SystemIds) };
    let served = Served::start_with(sources, &[]).await;
    let inside = async |cookie: &str| {
        let request = client().get(format!("{}/i/harbour", served.base)).header("cookie", cookie);
        request.send().await.unwrap().status() == 200
    };
    let early = served.cookie("ada").await;
    clock.by(20 * MINUTE);
    let late = served.cookie("dev").await;
    assert!(inside(&early).await && inside(&late).await);
    // The clock goes back: nobody can say how old they are, one by its beginning and one by its last use.
    clock.by(-20 * MINUTE);
    assert!(!inside(&late).await && !inside(&early).await);
    let new = served.cookie("ada").await;
    clock.by(-4 * MINUTE);
    assert!(inside(&new).await, "clocks that are set by a little end nothing");
    clock.by(48 * HOUR);
    assert!(!inside(&new).await, "two days later it is over");
    clock.by(-48 * HOUR);

    // What is chained keeps its place, whatever the times of later entries say. Those of one second, not chained yet, are taken by their times.
    let store = Store::open(&served.configuration.database).await.unwrap();
    let (console, local) = (&served.running.console, Caller::local_operator());
    for (days, name) in [(3, "One"), (-5, "Two"), (2, "Three")] {
        clock.by(days * 24 * HOUR);
        console.create_team(&local, "harbour", name, "").await.unwrap();
        chain_holds(&store).await;
    }
    let mut tx = store.read().await.unwrap();
    let all = storage::audit::chained(&mut tx, 0, 1_000_000).await.unwrap();
    let made: Vec<_> = all.iter().filter(|row| row.operation == "team.create").collect();
    let names: Vec<_> = made.iter().map(|row| row.object_name.as_str()).collect();
    assert_eq!(names, ["One", "Two", "Three"]);
    drop(tx);
    served.running.stop().await;
}
