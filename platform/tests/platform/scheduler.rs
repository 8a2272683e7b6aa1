//! The scheduler: timers, jobs and e-mails are done once in the farm, whoever is killed in the middle.

use crate::common::console::{Console, activate, activate_with, deactivate, prepare};
use crate::common::packages::{Made, scheduled};
use crate::common::server::Server;
use crate::common::{PATIENCE, client, eventually};
use domain::protocol::TaskOutcome;
use domain::server_api::emails::Emails;
use domain::server_api::jobs::{Queue, QueueState, Queued};
use domain::server_api::timers::{Cause, Outcome, TimerRun, TimerRuns, TimerStatus, Timers};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// Once a year: no test waits for it.
const YEARLY: &str = "0 3 1 1 *";

async fn promote(console: &Console, number: u64, package: &Made, servers: &[u128]) {
    console.put(package);
    let done = console.run(&format!("d{number}/0"), number, prepare("tides", package)).await;
    assert_eq!(done, TaskOutcome::Done);
    for server in servers {
        let task = activate(*server, "tides", package);
        let done = console.run(&format!("d{number}/{server}"), number, task).await;
        assert_eq!(done, TaskOutcome::Done);
    }
}

async fn timers(controller: &Server) -> Vec<TimerStatus> {
    let (status, text) = controller.ask("GET", "/server/v1/timers").await;
    assert_eq!(status, 200, "{text}");
    serde_json::from_str::<Timers>(&text).unwrap().timers
}

/// Waits until the only timer is as it should be.
async fn timer(controller: &Server, what: &str, as_it_should: impl Fn(&TimerStatus) -> bool) -> TimerStatus {
    eventually(what, async || timers(controller).await.into_iter().find(|one| as_it_should(one))).await
}

async fn runs(controller: &Server) -> Vec<TimerRun> {
    let (status, text) = controller.ask("GET", "/server/v1/timers/tides/tidy/runs").await;
    assert_eq!(status, 200, "{text}");
    serde_json::from_str::<TimerRuns>(&text).unwrap().runs
}

/// Waits until the last run has ended, and tells it.
async fn last_run(controller: &Server, count: usize) -> TimerRun {
    eventually("the end of the run", async || {
        let runs = runs(controller).await;
        let last = runs.first().filter(|run| run.ended_at.is_some())?;
        (runs.len() == count).then(|| last.clone())
    })
    .await
}

async fn run_now(controller: &Server) -> u16 {
    controller.ask("POST", "/server/v1/timers/tides/tidy/run").await.0
}

async fn called(server: &Server, count: usize) {
    eventually("the call", async || (server.calls().len() == count).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_runs_once_in_a_farm_of_three() {
    let console = Console::start(3).await;
    let mut farm = Vec::new();
    for number in 1..=3 {
        farm.push(Server::start(&console, number).await);
    }
    let controller = &farm[0];
    let odd = scheduled("0.9.0", YEARLY, "Europe/Atlantis");
    console.put(&odd);
    let TaskOutcome::Failed { reason } = console.run("z/1", 1, prepare("tides", &odd)).await else {
        panic!("a zone that nobody knows was taken")
    };
    assert!(reason.contains("“Europe/Atlantis” is not known here"), "{reason}");
    promote(&console, 1, &scheduled("1.0.0", YEARLY, "Europe/Vienna"), &[1, 2, 3]).await;
    let known = timer(controller, "the timer", |one| one.next_at.is_some()).await;
    assert_eq!((known.schedule.as_str(), known.time_zone.as_str()), (YEARLY, "Europe/Vienna"));
    assert!(known.next_at.is_some() && known.last.is_none(), "nothing is caught up that was never kept");
    assert_eq!(farm[1].ask("GET", "/server/v1/timers").await.0, 401, "only the controller is let in there");

    eventually("a front-end that is ready", async || {
        assert_eq!(run_now(controller).await, 202);
        let run = last_run(controller, runs(controller).await.len()).await;
        (run.outcome == Outcome::Done).then_some(())
    })
    .await;
    let calls: Vec<String> = farm.iter().flat_map(Server::calls).collect();
    let done: Vec<TimerRun> =
        runs(controller).await.into_iter().filter(|r| r.outcome == Outcome::Done).collect();
    assert_eq!((calls.len(), done.len()), (1, 1), "{calls:?}");
    assert_eq!(done[0].cause, Cause::Person);
    let key = format!("timer timer/tides/tidy/{} tidy 20", done[0].planned_at.0);
    assert!(calls[0].starts_with(&key), "{calls:?}");

    // Nobody else calls it, and nobody speaks in the scheduler's name.
    for path in ["/tasks/tidy", "/tasks//tidy/", "/tasks/t%69dy", "/x/../Tasks/tidy?a", "/jobs/letter"] {
        let posted = client().post(format!("{}/tides{path}", farm[1].address)).send().await.unwrap();
        assert_eq!(posted.status(), 404, "{path}");
    }
    let echo = client().get(format!("{}/tides/echo", farm[1].address)).header("towpath-timer", "tidy");
    assert!(!echo.send().await.unwrap().text().await.unwrap().contains("towpath-timer"));
    assert_eq!(farm.iter().flat_map(Server::calls).count(), 1);

    // What does not run any more has no timers.
    for server in 1..=3 {
        let task = deactivate(server, "tides");
        assert_eq!(console.run(&format!("e/{server}"), 2, task).await, TaskOutcome::Done);
    }
    eventually("the end of its timers", async || timers(controller).await.is_empty().then_some(())).await;
    assert_eq!(run_now(controller).await, 404);
    drop(farm);
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_done_once_whoever_is_killed_in_the_middle() {
    let console = Console::start(2).await;
    let mut controller = Server::start(&console, 1).await;
    let mut member = Server::start(&console, 2).await;
    let package = scheduled("1.0.0", YEARLY, "UTC");
    console.put(&package);
    assert_eq!(console.run("d/1", 1, prepare("tides", &package)).await, TaskOutcome::Done);
    // The environment has another time than the package.
    let task = activate_with(2, "tides", &package, &[("tidy", "0 4 1 1 *")]);
    assert_eq!(console.run("d/2", 1, task).await, TaskOutcome::Done);
    timer(&controller, "the environment's schedule", |one| {
        one.schedule == "0 4 1 1 *" && one.next_at.is_some()
    })
    .await;

    // The scheduler was away for years: one run stands for all of them.
    controller.kill().await;
    let years = 3 * 366 * domain::time::DAY;
    let catalog = controller.catalog("platform.sqlite");
    assert_eq!(catalog.execute("UPDATE timers SET checked_at = checked_at - ?1", [years]).unwrap(), 1);
    drop(catalog);
    member.hold(true);
    controller.run().await;
    called(&member, 1).await;
    controller.kill().await;
    controller.run().await;
    let held = timer(&controller, "the run that is under way", |one| one.last.is_some()).await.last.unwrap();
    assert_eq!((held.outcome, held.cause), (Outcome::Running, Cause::Missed));
    assert!(held.detail.contains("times before it were missed"), "{}", held.detail);
    eventually("a second run, refused", async || (run_now(&controller).await == 409).then_some(())).await;
    member.hold(false);
    let run = last_run(&controller, 1).await;
    assert_eq!(
        (run.outcome, run.planned_at, run.server.as_deref()),
        (Outcome::Done, held.planned_at, Some("test-2"))
    );
    assert_eq!(member.calls().len(), 1, "{:?}", member.calls());

    // A front-end that is killed in the middle leaves it unknown, and nothing is repeated.
    member.hold(true);
    assert_eq!(run_now(&controller).await, 202);
    called(&member, 2).await;
    member.kill().await;
    member.run().await;
    member.hold(false);
    let run = last_run(&controller, 2).await;
    assert_eq!(run.outcome, Outcome::Unknown);
    assert!(run.detail.contains("when that front-end was lost"), "{}", run.detail);
    assert_eq!(member.calls().len(), 2, "{:?}", member.calls());
    let mut count = 2;
    eventually("the next run", async || {
        assert_eq!(run_now(&controller).await, 202);
        count += 1;
        (last_run(&controller, count).await.outcome == Outcome::Done).then_some(())
    })
    .await;
    assert_eq!(member.calls().len(), 3);
    drop((controller, member));
    console.is_content();
}

/// Hands something over through the process of a front-end.
async fn hand(server: &Server, path: &str, what: Value) -> (u16, String) {
    let posted = client().post(format!("{}/tides{path}", server.address)).json(&what).send().await.unwrap();
    (posted.status().as_u16(), posted.text().await.unwrap())
}

/// Its id in the queue.
async fn queued(server: &Server, path: &str, what: Value) -> String {
    let (status, text) = hand(server, path, what).await;
    assert_eq!(status, 202, "{text}");
    serde_json::from_str::<Value>(&text).unwrap()["id"].as_str().unwrap().to_owned()
}

async fn job(controller: &Server, what: &str, id: &str, as_it_should: impl Fn(&Queued) -> bool) -> Queued {
    eventually(what, async || {
        let (status, text) = controller.ask("GET", "/server/v1/jobs?application=tides").await;
        assert_eq!(status, 200, "{text}");
        let queue: Queue = serde_json::from_str(&text).unwrap();
        queue.queued.into_iter().find(|one| one.id == id && as_it_should(one))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_tried_until_it_works_and_queued_once() {
    let console = Console::start(2).await;
    let mut controller = Server::start(&console, 1).await;
    let mut member = Server::start(&console, 2).await;
    promote(&console, 1, &scheduled("1.0.0", YEARLY, "UTC"), &[2]).await;
    eventually("the way to the controller", async || {
        (member.controller_address() == controller.api).then_some(())
    })
    .await;
    let wanted = json!({ "handler": "letter", "key": "k", "body": { "fails": 2 } });
    let id = queued(&member, "/desk/jobs", wanted.clone()).await;
    assert_eq!(queued(&member, "/desk/jobs", wanted.clone()).await, id, "the same key");
    let done = job(&controller, "the job's end", &id, |one| one.state == QueueState::Done).await;
    assert_eq!((done.tries, done.server.as_deref(), done.key.as_deref()), (3, Some("test-2"), Some("k")));
    let expected: Vec<String> =
        (1..=3).map(|attempt| format!("job job/{id} letter {attempt} {{\"fails\":2}}")).collect();
    assert_eq!(member.calls(), expected);
    assert_eq!(queued(&member, "/desk/jobs", wanted.clone()).await, id, "also once it is done");
    assert!(!controller.keeps("queue", "body", "fails"), "what is done needs it no more");

    let hopeless = json!({ "handler": "letter", "retries": 0, "body": { "fails": 9 } });
    let id = queued(&member, "/desk/jobs", hopeless).await;
    let failed = job(&controller, "its failure", &id, |one| one.state == QueueState::Failed).await;
    assert_eq!((failed.tries, failed.error.as_str()), (1, "It answered 500: no ink"));
    let later = json!({ "handler": "letter", "not_before": "2100-01-01T00:00:00Z" });
    let later = queued(&member, "/desk/jobs", later).await;

    assert_eq!(hand(&member, "/stranger/jobs", wanted.clone()).await.0, 401);
    let (status, why) = hand(&member, "/desk/jobs", json!({ "handler": "moon" })).await;
    assert!(status == 422 && why.contains("“moon” is no handler of “tides”"), "{status} {why}");
    let forged =
        client().post(format!("{}/server/v1/queue", controller.api)).json(&wanted).send().await.unwrap();
    assert_eq!(forged.status(), 401);

    // Killed in the middle, the scheduler asks what became of it, and calls nothing twice.
    let before = member.calls().len();
    member.hold(true);
    let id = queued(&member, "/desk/jobs", json!({ "handler": "letter" })).await;
    called(&member, before + 1).await;
    controller.kill().await;
    controller.run().await;
    job(&controller, "the job that is under way", &id, |one| one.state == QueueState::Running).await;
    member.hold(false);
    let done = job(&controller, "its end", &id, |one| one.state == QueueState::Done).await;
    assert_eq!((done.tries, member.calls().len()), (1, before + 1));

    // Where the front-end is killed in the middle, a job is tried again.
    member.hold(true);
    let id = queued(&member, "/desk/jobs", json!({ "handler": "letter" })).await;
    called(&member, before + 2).await;
    member.kill().await;
    member.run().await;
    member.hold(false);
    let done = job(&controller, "its end", &id, |one| one.state == QueueState::Done).await;
    assert_eq!((done.tries, member.calls().len()), (2, before + 3));
    job(&controller, "what is for later", &later, |one| one.state == QueueState::Waiting && one.tries == 0)
        .await;
    drop((controller, member));
    console.is_content();
}

/// Debian's or PyPI's aiosmtpd: a real SMTP server that puts what it takes into a Maildir.
struct Mail {
    folder: tempfile::TempDir,
    _child: Child,
}

impl Mail {
    async fn start(port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let has_it = |python: &&str| {
            let asked = std::process::Command::new(python)
                .args(["-c", "import aiosmtpd"])
                .stderr(Stdio::null())
                .status();
            asked.is_ok_and(|status| status.success())
        };
        let python = ["/usr/bin/python3", "python3"].into_iter().find(has_it);
        let python = python
            .expect("this test needs aiosmtpd (Debian: python3-aiosmtpd), which scripts/test.sh installs");
        let child = Command::new(python)
            .args(["-m", "aiosmtpd", "-n", "-l"])
            .arg(format!("127.0.0.1:{port}"))
            .args(["-c", "aiosmtpd.handlers.Mailbox"])
            .arg(folder.path().join("mail"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { folder, _child: child }
    }

    fn letters(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path().join("mail/new")).into_iter().flatten().flatten();
        files.map(|file| std::fs::read_to_string(file.path()).unwrap()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_e_mail_waits_for_its_server_and_is_sent_under_one_message_id() {
    let console = Console::start(1).await;
    let mut controller = Server::start(&console, 1).await;
    promote(&console, 1, &scheduled("1.0.0", YEARLY, "UTC"), &[1]).await;
    let wanted = json!({ "to": "Ann <ann@example.org>", "subject": "High water ⚓", "text": "At three.", "key": "hw" });
    let id = queued(&controller, "/desk/emails", wanted.clone()).await;
    assert_eq!(queued(&controller, "/desk/emails", wanted).await, id);
    let (status, why) =
        hand(&controller, "/desk/emails", json!({ "to": "ann", "subject": "x", "text": "x" })).await;
    assert!(status == 422 && why.contains("no e-mail address"), "{status} {why}");
    let emails = async |controller: &Server| {
        let (status, text) = controller.ask("GET", "/server/v1/emails").await;
        assert!(status == 200 && !text.contains("ann@example.org") && !text.contains("High water"), "{text}");
        serde_json::from_str::<Emails>(&text).unwrap()
    };
    let waiting = emails(&controller).await;
    assert_eq!(waiting.smtp, None);
    assert!(waiting.queue.queued[0].error.contains("No SMTP server is configured"));

    // A server that takes connections and says nothing: the scheduler is killed while it sends.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    controller.end().await;
    let url = format!("smtp://127.0.0.1:{port}");
    controller.run_with(&["--smtp", &url, "--smtp-from", "Harbour <harbour@tides.example>"]).await;
    let taken = tokio::time::timeout(PATIENCE, silent.accept()).await.unwrap().unwrap();
    controller.kill().await;
    drop((taken, silent));
    let mail = Mail::start(port).await;
    // What was configured is kept.
    controller.run().await;
    let sent = eventually("the e-mail", async || mail.letters().pop()).await;
    let done = eventually("the note of it", async || {
        let told = emails(&controller).await;
        assert_eq!(told.smtp.as_deref(), Some(url.as_str()));
        told.queue.queued.into_iter().find(|one| one.state == QueueState::Done)
    })
    .await;
    assert!(done.tries >= 2 && done.id == id, "{done:?}");
    assert!(sent.contains(&format!("Message-ID: <{id}@tides.example>")), "{sent}");
    assert!(sent.contains("<harbour@tides.example>") && sent.contains("<ann@example.org>"), "{sent}");
    assert!(sent.contains("At three."));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(mail.letters().len(), 1);
    assert!(!controller.keeps("queue", "body", "ann@example.org"), "what was sent is forgotten");
    drop(controller);
    console.is_content();
}
