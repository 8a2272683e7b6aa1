//! Promotions to one front-end and to a farm of two.

use crate::common::console::{Console, Faults, activate, deactivate, prepare, server_id};
use crate::common::packages::{Made, berths, tides};
use crate::common::server::Server;
use crate::common::{client, eventually, get};
use domain::protocol::TaskOutcome;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn reason(outcome: TaskOutcome) -> String {
    match outcome {
        TaskOutcome::Failed { reason } => reason,
        other => panic!("{other:?} is no failure"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_static_application_is_promoted_replaced_and_taken_away() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let (old, new) = (berths("1.0.0"), berths("1.1.0"));
    console.put(&old);
    console.put(&new);
    assert_eq!(get(&format!("{}/berths/", server.address)).await.0, 404);
    assert_eq!(console.run("d/1", 1, prepare("berths", &old)).await, TaskOutcome::Done);
    assert_eq!(get(&format!("{}/berths/", server.address)).await.0, 404, "prepared only");
    assert_eq!(console.run("d/2", 1, activate(1, "berths", &old)).await, TaskOutcome::Done);
    let page = get(&format!("{}/berths/", server.address)).await;
    assert!(page.0 == 200 && page.1.contains("version 1.0.0"));

    assert_eq!(console.run("e/1", 2, prepare("berths", &new)).await, TaskOutcome::Done);
    assert!(
        get(&format!("{}/berths/", server.address)).await.1.contains("version 1.0.0"),
        "untouched by prepare"
    );
    assert_eq!(console.run("e/2", 2, activate(1, "berths", &new)).await, TaskOutcome::Done);
    assert!(get(&format!("{}/berths/", server.address)).await.1.contains("version 1.1.0"));
    let current = std::fs::read_link(server.path("apps/berths/current")).unwrap();
    assert_eq!(current.to_str().unwrap(), format!("releases/1.1.0-{}", new.sha256.short()));
    assert_eq!(console.run("e/2/undo", 2, activate(1, "berths", &old)).await, TaskOutcome::Done);
    assert!(get(&format!("{}/berths/", server.address)).await.1.contains("version 1.0.0"));
    assert_eq!(server.activations(), ["d/2", "e/2", "e/2/undo"]);

    assert_eq!(console.run("f/1", 3, deactivate(1, "berths")).await, TaskOutcome::Done);
    assert_eq!(get(&format!("{}/berths/", server.address)).await.0, 404);
    assert!(!server.path("apps/berths/current").exists());
    let lines = console.lines("d/1").join("\n");
    assert!(
        lines.contains("is here") && lines.contains("Built once") && lines.contains("Staged on test-1"),
        "{lines}"
    );
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_served_as_browsers_want_them() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let package = berths("1.0.0");
    console.put(&package);
    console.run("d/1", 1, prepare("berths", &package)).await;
    console.run("d/2", 1, activate(1, "berths", &package)).await;
    let ask = async |path: &str, name: &'static str, value: &str| {
        let address = format!("{}{path}", server.address);
        client().get(address).header(name, value).send().await.unwrap()
    };
    let plain = ask("/berths/", "accept-encoding", "identity").await;
    let header = |answer: &reqwest::Response, name: &str| {
        answer.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
    };
    assert_eq!(header(&plain, "content-type"), "text/html; charset=utf-8");
    assert_eq!(header(&plain, "x-content-type-options"), "nosniff");
    let size: usize = header(&plain, "content-length").parse().unwrap();
    for encoding in ["gzip", "br"] {
        let packed = ask("/berths/", "accept-encoding", encoding).await;
        assert_eq!(header(&packed, "content-encoding"), encoding);
        assert!(packed.bytes().await.unwrap().len() < size / 2);
    }
    let unchanged = ask("/berths/", "if-none-match", &header(&plain, "etag")).await;
    assert_eq!(unchanged.status(), 304);
    for (path, status, place) in [
        ("/berths", 308, "/berths/"),
        ("/berths?a=b", 308, "/berths/?a=b"),
        ("/berths/map", 308, "/berths/map/"),
        ("/berths/map/", 200, ""),
        ("/berths/nothing", 404, ""),
        ("/berths/%2e%2e/release.json", 404, ""),
        ("/berths/..%2frelease.json", 404, ""),
        ("/berths/%ff", 404, ""),
        ("/nothing/", 404, ""),
        ("/favicon.ico", 404, ""),
    ] {
        let answer = ask(path, "accept", "*/*").await;
        assert_eq!(
            (answer.status().as_u16(), header(&answer, "location").as_str()),
            (status, place),
            "{path}"
        );
    }
    assert_eq!(client().post(format!("{}/berths/", server.address)).send().await.unwrap().status(), 405);
    let about: serde_json::Value =
        serde_json::from_str(&get(&format!("{}/berths/_towpath/release.json", server.address)).await.1)
            .unwrap();
    assert_eq!(about["version"], "1.0.0");
    assert_eq!((about["environment"].as_str(), about["server"].as_str()), (Some("Test"), Some("test-1")));
    let home = ask("/", "accept", "*/*").await;
    assert!(header(&home, "content-security-policy").contains("default-src 'none'"));
    let home = home.text().await.unwrap();
    assert!(
        home.contains("<h1>Test</h1>")
            && home.contains("href=\"/berths/\"")
            && home.contains("version 1.0.0")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_forwarded_to_and_told_who_it_is() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let package = tides("2.3.0", "");
    console.put(&package);
    assert_eq!(console.run("d/1", 1, prepare("tides", &package)).await, TaskOutcome::Done);
    assert_eq!(console.run("d/2", 1, activate(1, "tides", &package)).await, TaskOutcome::Done);
    let page = get(&format!("{}/tides/", server.address)).await;
    assert!(page.1.starts_with("tides 2.3.0 Test Lockhaven pid="), "{page:?}");
    let echo = client()
        .post(format!("{}/tides/echo?x=1", server.address))
        .header("x-forwarded-for", "6.6.6.6")
        .body("hello")
        .send()
        .await
        .unwrap();
    let echo = echo.text().await.unwrap().to_lowercase();
    assert!(echo.starts_with("post /tides/echo?x=1 ") && echo.ends_with("hello"), "{echo}");
    assert!(
        echo.contains("x-forwarded-for: 127.0.0.1") && echo.contains("x-forwarded-prefix: /tides"),
        "{echo}"
    );
    assert!(!echo.contains("6.6.6.6"));
    let status = eventually("a status with tides ready", async || {
        console.statuses().into_iter().find(|s| s.applications.iter().any(|a| a.ready))
    })
    .await;
    let running: Vec<&str> = status.services.iter().map(|each| each.service.as_str()).collect();
    assert_eq!(
        running,
        ["deployment_controller", "deployment", "scheduler", "server_api", "server_identity"]
    );
    assert_eq!(status.applications[0].virtual_directories, ["/tides"]);
    assert_eq!(status.public_address, server.address);
    server.wrote("small service begins").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_of_a_process_fails_no_request() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let (old, new) = (tides("1.0.0", "old"), tides("1.1.0", "slow-ready"));
    for package in [&old, &new] {
        console.put(package);
    }
    console.run("d/1", 1, prepare("tides", &old)).await;
    console.run("d/2", 1, activate(1, "tides", &old)).await;
    console.run("e/1", 2, prepare("tides", &new)).await;
    let over = Arc::new(AtomicBool::new(false));
    let visitors: Vec<_> = ["/tides/", "/tides/slow", "/tides/", "/tides/echo"]
        .into_iter()
        .map(|path| {
            let (address, over) = (format!("{}{path}", server.address), Arc::clone(&over));
            tokio::spawn(async move {
                let mut asked = 0;
                while !over.load(Ordering::SeqCst) {
                    assert_eq!(get(&address).await.0, 200, "{address}");
                    asked += 1;
                }
                asked
            })
        })
        .collect();
    assert_eq!(console.run("e/2", 2, activate(1, "tides", &new)).await, TaskOutcome::Done);
    assert!(get(&format!("{}/tides/", server.address)).await.1.starts_with("tides 1.1.0"));
    over.store(true, Ordering::SeqCst);
    for visitor in visitors {
        assert!(visitor.await.unwrap() > 0);
    }
    eventually("the end of the old process", async || (server.pids().len() == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_farm_gets_one_build_and_switches_server_by_server() {
    let console = Console::start(2).await;
    let first = Server::start(&console, 1).await;
    let second = Server::start(&console, 2).await;
    let (page, process) = (berths("1.0.0"), tides("1.0.0", ""));
    console.put(&page);
    console.put(&process);
    assert_eq!(console.run("d/1", 1, prepare("berths", &page)).await, TaskOutcome::Done);
    assert_eq!(console.run("d/2", 1, prepare("tides", &process)).await, TaskOutcome::Done);
    assert!(console.lines("d/1").join(" ").contains("Staged on test-1, test-2"));
    let of = async |server: &Server, path: &str| get(&format!("{}{path}", server.address)).await.0;
    assert_eq!(console.run("d/3", 1, activate(2, "berths", &page)).await, TaskOutcome::Done);
    assert_eq!((of(&first, "/berths/").await, of(&second, "/berths/").await), (404, 200));
    assert_eq!(console.run("d/4", 1, activate(1, "berths", &page)).await, TaskOutcome::Done);
    assert_eq!(console.run("d/5", 1, activate(2, "tides", &process)).await, TaskOutcome::Done);
    assert_eq!(
        (of(&first, "/berths/").await, of(&first, "/tides/").await, of(&second, "/tides/").await),
        (200, 404, 200)
    );
    assert_eq!(
        (first.activations(), second.activations()),
        (vec!["d/4".to_owned()], vec!["d/3".to_owned(), "d/5".to_owned()])
    );
    let status = eventually("the second front-end's status", async || {
        console
            .statuses()
            .into_iter()
            .find(|s| s.server == server_id(2) && s.applications.len() == 2 && s.reachable)
    })
    .await;
    let running: Vec<&str> = status.services.iter().map(|each| each.service.as_str()).collect();
    assert_eq!(running, ["deployment", "server_api", "server_identity"]);
    let lies: Vec<_> = std::fs::read_dir(second.path("cache")).unwrap().collect();
    assert!(lies.is_empty(), "the second front-end fetched and built nothing itself");
    drop(second);
    eventually("the second front-end out of reach", async || {
        console.statuses().into_iter().find(|s| s.server == server_id(2) && !s.reachable)
    })
    .await;
    let fails = reason(console.run("e/1", 2, deactivate(2, "tides")).await);
    assert!(fails.contains("test-2 cannot be reached at"), "{fails}");
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn server_api_lets_in_nobody_else() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let address = format!("{}/server/v1/status", server.api);
    let plain = client().get(&address).send().await.unwrap();
    assert_eq!(plain.status(), 401);
    let forged = client().get(&address).bearer_auth("towpath1.e30.AAAA").send().await.unwrap();
    assert_eq!(forged.status(), 401);
    assert_eq!(
        client().post(format!("{}/server/v1/switch", server.api)).body("{}").send().await.unwrap().status(),
        401
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_download_goes_on_where_it_broke() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let package = berths("1.0.0");
    console.put(&package);
    console.faults(Faults { cut_after: Some(70_000), ..Faults::default() });
    assert_eq!(console.run("d/1", 1, prepare("berths", &package)).await, TaskOutcome::Done);
    let ranges = console.ranges();
    assert!(ranges.len() >= 3 && ranges[0] == 0, "{ranges:?}");
    assert!(ranges.windows(2).all(|pair| pair[0] < pair[1]), "no byte twice: {ranges:?}");
    drop(server);
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_was_promised_changes_nothing() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let good = berths("1.0.0");
    console.put(&good);
    console.run("d/1", 1, prepare("berths", &good)).await;
    console.run("d/2", 1, activate(1, "berths", &good)).await;
    let next = berths("1.1.0");
    console.put(&next);

    console.faults(Faults { wrong_bytes: true, ..Faults::default() });
    let text = reason(console.run("e/1", 2, prepare("berths", &next)).await);
    assert!(text.contains("its SHA-256 is") && text.contains(&next.sha256.to_string()), "{text}");
    console.faults(Faults::default());

    let hostile = Made::of(b"PK\x05\x06 this is no package, whatever it says".to_vec());
    console.put(&hostile);
    let text = reason(console.run("e/2", 2, prepare("berths", &hostile)).await);
    assert!(text.starts_with("This is no sound package file: "), "{text}");

    let text = reason(console.run("e/3", 2, prepare("tides", &next)).await);
    assert_eq!(text, "The package is one of “berths”, and the task is for “tides”.");

    let text = reason(console.run("e/4", 2, prepare("berths", &Made::of(b"nobody has this".to_vec()))).await);
    assert_eq!(text, "The console refused (404): There is no such package.");

    let text = reason(console.run("e/5", 2, activate(1, "berths", &next)).await);
    assert!(
        text.contains("has to be prepared first") && text.contains("version 1.0.0 goes on running"),
        "{text}"
    );

    assert!(get(&format!("{}/berths/", server.address)).await.1.contains("version 1.0.0"));
    assert_eq!(std::fs::read_dir(server.path("apps/berths/releases")).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(server.path("staging")).unwrap().count(), 0);
    assert_eq!(server.activations(), ["d/2"]);
    assert_eq!(
        console.run("f/1", 3, prepare("berths", &next)).await,
        TaskOutcome::Done,
        "and the good one works"
    );
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_get_ready_goes_back_by_itself() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let good = tides("1.0.0", "");
    console.put(&good);
    console.run("d/1", 1, prepare("tides", &good)).await;
    console.run("d/2", 1, activate(1, "tides", &good)).await;
    let before = get(&format!("{}/tides/", server.address)).await;
    for (number, word, words) in [
        (
            1,
            "exit",
            "it ended by itself (exit status: 3). Its last lines: small service begins | no water in the basin",
        ),
        (2, "never-ready", "it did not answer 200 on /tides/healthz within 2 seconds"),
    ] {
        let bad = tides("1.1.0", word);
        console.put(&bad);
        assert_eq!(console.run(&format!("e{number}/1"), 2, prepare("tides", &bad)).await, TaskOutcome::Done);
        let text = reason(console.run(&format!("e{number}/2"), 2, activate(1, "tides", &bad)).await);
        assert!(text.contains("version 1.0.0 goes on running"), "{text}");
        // The two streams of a process are read side by side, so their order is not certain.
        let (start, end) = words.split_at(words.find(" Its last").unwrap_or(words.len()));
        assert!(text.contains(start), "{text}");
        assert!(end.is_empty() || text.contains("no water in the basin"), "{text}");
    }
    assert_eq!(get(&format!("{}/tides/", server.address)).await, before, "the same process goes on");
    let current = std::fs::read_link(server.path("apps/tides/current")).unwrap();
    assert!(current.ends_with(format!("1.0.0-{}", good.sha256.short())));
    assert_eq!(server.pids().len(), 1);
    assert_eq!(server.activations(), ["d/2"]);
    let other = berths("1.0.0");
    console.put(&other);
    assert_eq!(console.run("f/1", 3, prepare("berths", &other)).await, TaskOutcome::Done);
}
