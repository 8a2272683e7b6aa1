//! A farm that loses the host of its deployment controller: one command, and the rest goes on. Real programs: `towpath serve`, and
//! `towpath-platform` on each front-end.

use crate::common::package;
use crate::kill::{Process, World, programs};
use operations::{Caller, NewServer};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};

/// What is sent to the addresses of Platform Servers and about them where everybody tries them, and as what.
pub fn body(address: &str) -> Option<(&'static str, &'static str)> {
    const FORM: &str = "application/x-www-form-urlencoded";
    Some(match address {
        "/agent/v1/enrolment" | "/agent/v1/who-controls" => ("application/json", r#"{"protocol":1}"#),
        "/agent/v1/sync" => (
            "application/json",
            r#"{"protocol":1,"boot_id":"b","reports":[],"servers":[],"wait_seconds":0,"seen_revision":0}"#,
        ),
        // A key that is none: the server goes on signing with its own.
        "/agent/v1/next-key" => ("application/json", r#"{"protocol":1,"public_key":"0","proof":""}"#),
        // Nobody waits, and it is the controller already.
        "/do/environments/confirm-server" => (FORM, "infra=harbour&env=test&server=test-1&fingerprint=00"),
        "/do/environments/refuse-server" | "/do/environments/make-controller" => {
            (FORM, "infra=harbour&env=test&server=test-1")
        }
        // It is not there: Test is to be reached by the other addresses.
        "/do/environments/revoke-server" => (FORM, "infra=harbour&env=test&server=moon"),
        _ => return None,
    })
}

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

    /// The same with a code that asks for a confirmation. It is killed while it waits, and started again.
    async fn confirmed(world: &World, key: &str, folder: &str) -> Self {
        let (console, local) = (&world.console, &world.local);
        let code = console.enrolment_code_to_confirm(local, "harbour", "test", key).await.unwrap();
        let data = world.folder.path().join(folder);
        let url = format!("http://127.0.0.1:{}", world.port);
        let mut command = tokio::process::Command::new(programs().1);
        command.args(["enrol", "--console", &url, "--code", &code, "--data"]).arg(&data);
        command.stdout(Stdio::piped()).kill_on_drop(true);
        let mut printed = Vec::new();
        for round in 0..2 {
            let mut waiting = command.spawn().unwrap();
            let mut lines = BufReader::new(waiting.stdout.take().unwrap()).lines();
            while let Some(line) = lines.next_line().await.unwrap() {
                printed.extend(line.strip_prefix("The fingerprint of its key: ").map(str::to_owned));
                if line.contains("waits until an administrator confirms") {
                    break;
                }
            }
            if round == 0 {
                waiting.kill().await.unwrap();
                continue;
            }
            assert!(printed.len() == 2 && printed[0] == printed[1], "{printed:?}");
            let page = console.environment_settings(local, "harbour", "test").await.unwrap();
            let each = page.front_ends.iter().find(|each| each.key == key).unwrap();
            let shown = each.waiting.as_ref().unwrap().fingerprint.clone();
            assert_eq!(shown, printed[0]);
            console.confirm_server(local, "harbour", "test", key, &shown).await.unwrap();
            let said = lines.next_line().await.unwrap().unwrap();
            assert!(said.contains("enrolled as a front-end of Test"), "{said}");
            assert!(waiting.wait().await.unwrap().success());
        }
        let mut front = Self { data, running: None };
        front.run();
        front
    }

    fn run(&mut self) {
        let data = self.data.display().to_string();
        self.running = Some(Process::start(&programs().1, &["run", "--data", &data]));
    }

    fn kill(&mut self) {
        self.running.take().unwrap().kill();
    }

    fn activations(&self) -> i64 {
        count(&self.data, "select count(*) from activations")
    }
}

fn count(data: &Path, sql: &str) -> i64 {
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

    // A new host in its place: it is confirmed, and enrols as what it is now.
    let new = Front::confirmed(&world, "test-1", "one-anew").await;
    seen(&world, &[("test-1", false, true), ("test-2", true, true), ("test-3", false, true)]).await;
    assert_eq!(promoted(&world, "third").await, "finished_successful");
    assert_eq!([new.activations(), two.activations(), three.activations()], [1, 3, 3]);
}
