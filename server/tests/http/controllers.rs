//! A farm that loses the host of its deployment controller: one command, and the rest goes on. Real programs: `towpath serve`, and
//! `towpath-platform` on each front-end.

use crate::common::package;
use crate::kill::{Process, World, programs};
use operations::{Caller, NewServer};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A front-end of Test.
struct Front {
    data: PathBuf,
    running: Option<Process>,
}

impl Front {
    /// Lets a Platform Server enrol, and gives what it says.
    async fn enrol(world: &World, key: &str, folder: &str) -> (Self, String) {
        let console = &world.console;
        let code = console.enrolment_code(&world.local, "harbour", "test", key).await.unwrap();
        let data = world.folder.path().join(folder);
        let url = format!("http://127.0.0.1:{}", world.port);
        let enrolled = Command::new(programs().1)
            .args(["enrol", "--console", &url, "--code", &code, "--data"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(enrolled.status.success(), "{}", String::from_utf8_lossy(&enrolled.stderr));
        let said = String::from_utf8(enrolled.stdout).unwrap();
        let mut front = Self { data, running: None };
        front.run();
        (front, said)
    }

    fn run(&mut self) {
        let data = self.data.display().to_string();
        self.running = Some(Process::start(&programs().1, &["run", "--data", &data]));
    }

    fn kill(&mut self) {
        self.running.take().unwrap().kill();
    }

    fn activations(&self) -> u64 {
        count(&self.data, "select count(*) from activations")
    }
}

fn count(data: &Path, sql: &str) -> u64 {
    let catalog = rusqlite::Connection::open(data.join("platform.sqlite")).unwrap();
    catalog.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Brings new content to Development and from there to Test.
async fn promoted(world: &World, content: &str) -> String {
    let (console, local) = (&world.console, &world.local);
    let file = package(&world.folder, "desk", content);
    let run = console.publish(local, "harbour", "dev", &file).await.unwrap().deployment.unwrap();
    assert_eq!(world.finished(run).await, "finished_successful");
    let plan = console.make_plan(local, "harbour", "dev", "test", &[]).await.unwrap();
    let page = console.plan(local, "harbour", plan).await.unwrap();
    let run = console.start_plan(local, "harbour", plan, &page.digest).await.unwrap();
    world.finished(run).await
}

/// What the console has of the front-ends of Test: key, controller, reached, and since when revoked.
async fn seen(world: &World, wanted: &[(&str, bool, bool)]) {
    for _ in 0..1200 {
        let page = world.console.environment(&world.local, "harbour", "test").await.unwrap();
        let is: Vec<_> = page
            .card
            .servers
            .iter()
            .filter(|each| each.revoked_at.is_none())
            .map(|each| {
                let reached = each.reported.as_ref().is_some_and(|report| report.reachable);
                (each.key.clone(), each.is_controller, reached)
            })
            .collect();
        if is
            .iter()
            .map(|(key, controls, reached)| (key.as_str(), *controls, *reached))
            .eq(wanted.iter().copied())
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("Test never looks like {wanted:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_farm_goes_on_without_the_host_of_its_controller() {
    let mut world = World::on(None, "").await;
    let _console = world.serve_at(world.port);
    world.answers().await;
    for n in [2, 3] {
        let key = format!("test-{n}");
        let new = NewServer { key: key.clone(), name: key, is_controller: false };
        world.console.create_server(&Caller::local_operator(), "harbour", "test", new).await.unwrap();
    }
    world.enrol("dev").await;
    let (mut one, _) = Front::enrol(&world, "test-1", "one").await;
    let (two, _) = Front::enrol(&world, "test-2", "two").await;
    let (three, _) = Front::enrol(&world, "test-3", "three").await;
    seen(&world, &[("test-1", true, true), ("test-2", false, true), ("test-3", false, true)]).await;
    assert_eq!(promoted(&world, "first").await, "finished_successful");

    one.kill();
    std::fs::remove_dir_all(&one.data).unwrap();
    let (console, local) = (&world.console, &world.local);
    console.make_controller(local, "harbour", "test", "test-2").await.unwrap();
    let again = console.make_controller(local, "harbour", "test", "test-2").await.unwrap_err();
    assert!(again.sentence().contains("is the deployment controller already"), "{}", again.sentence());
    // Nobody believes what the lost host kept, and nothing is sent there.
    console.revoke_server(local, "harbour", "test", "test-1").await.unwrap();
    seen(&world, &[("test-2", true, true), ("test-3", false, true)]).await;
    assert_eq!(promoted(&world, "second").await, "finished_successful");
    assert_eq!([two.activations(), three.activations()], [2, 2]);

    // A new host in its place: it enrols as what it is now.
    let (new, said) = Front::enrol(&world, "test-1", "one-anew").await;
    assert!(said.contains("enrolled as a front-end of Test"), "{said}");
    seen(&world, &[("test-1", false, true), ("test-2", true, true), ("test-3", false, true)]).await;
    assert_eq!(promoted(&world, "third").await, "finished_successful");
    assert_eq!([new.activations(), two.activations(), three.activations()], [1, 3, 3]);
}
