//! What was asked of applications and what failed, in the Log catalog and by Server.API.

use crate::common::api::{asked, read};
use crate::common::console::{Console, activate, prepare};
use crate::common::packages::{berths, tides};
use crate::common::server::Server;
use crate::common::{client, eventually, get};
use domain::protocol::TaskOutcome;
use domain::server_api::logs::{Asked, LogLine, LogPage, Said};

/// A page of the log once it is as it should be: it is written a moment after the answer.
async fn once(server: &Server, question: &str, as_it_should: impl Fn(&LogPage) -> bool) -> LogPage {
    eventually(question, async || {
        let page: LogPage = read(server, &format!("/server/v1/logs?{question}")).await;
        Some(page).filter(&as_it_should)
    })
    .await
}

fn request(line: &LogLine) -> &Asked {
    match &line.said {
        Said::Request(asked) | Said::Error { request: Some(asked), .. } => asked,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_errors_are_logged_by_application() {
    let console = Console::start(1).await;
    let mut server = Server::start(&console, 1).await;
    for (application, package) in [("berths", berths("1.0.0")), ("tides", tides("1.0.0", ""))] {
        console.put(&package);
        console.run(&format!("{application}/1"), 1, prepare(application, &package)).await;
        let task = activate(1, application, &package);
        assert_eq!(console.run(&format!("{application}/2"), 1, task).await, TaskOutcome::Done);
    }
    let ask = async |path: &str, id: &'static str| {
        let request = client().get(format!("{}{path}", server.address)).header("x-request-id", id);
        request.send().await.unwrap()
    };
    let page = ask("/berths/?token=hunter2", "from-the-balancer").await;
    assert_eq!(page.headers()["x-request-id"], "from-the-balancer");
    let size = page.text().await.unwrap().len() as i64;
    ask("/berths/nothing", "not <sound>").await;
    get(&format!("{}/berths/_towpath/health", server.address)).await;
    let echo = ask("/tides/echo", "to-the-process").await.text().await.unwrap().to_lowercase();
    assert!(echo.contains("x-request-id: to-the-process\r\n"), "{echo}");
    assert_eq!(ask("/tides/crash", "the-last-one").await.status(), 503);

    // Newest first, with everything but the query, and without what the front-end itself answers.
    let berths = once(&server, "application=berths&kind=requests", |page| page.lines.len() == 2).await;
    assert_eq!((berths.server.as_str(), berths.next), ("test-1", None));
    let [missing, found] = &berths.lines[..] else { panic!("{berths:?}") };
    let (missing, line) = (request(missing), found);
    let found = request(found);
    assert_eq!((missing.path.as_str(), missing.status), ("/berths/nothing", Some(404)));
    assert!(missing.request_id.len() > 8 && !missing.request_id.contains('<'), "one was made: {missing:?}");
    let as_expected =
        (found.method.as_str(), found.path.as_str(), found.status, found.bytes, found.client.as_str());
    assert_eq!(as_expected, ("GET", "/berths/", Some(200), size, "127.0.0.1"));
    assert_eq!(found.request_id, "from-the-balancer");
    assert!(found.micros > 0 && line.module.as_deref() == Some("berths"), "{line:?}");

    // The request that was cut off and the process that ended are errors of their application.
    let errors = once(&server, "application=tides&kind=errors", |page| page.lines.len() == 2).await;
    let reason = |line: &LogLine| match &line.said {
        Said::Error { reason, .. } => reason.clone(),
        other => panic!("{other:?}"),
    };
    let (cut, ended): (Vec<_>, Vec<_>) =
        errors.lines.iter().partition(|line| matches!(&line.said, Said::Error { request: Some(_), .. }));
    assert_eq!((request(cut[0]).path.as_str(), request(cut[0]).status), ("/tides/crash", Some(503)));
    assert!(reason(cut[0]).starts_with("The process did not answer: "), "{errors:?}");
    assert!(reason(ended[0]).starts_with("The process: it ended by itself (exit status: 7)"), "{errors:?}");
    let none: LogPage = read(&server, "/server/v1/logs?application=berths&kind=errors").await;
    assert_eq!(none.lines, []);

    // Words, pages and refusals.
    let first = once(&server, "kind=requests&words=TIDES&limit=1", |page| !page.lines.is_empty()).await;
    assert_eq!(request(&first.lines[0]).path, "/tides/crash");
    let next = format!("kind=requests&words=TIDES&limit=1&before={}", first.next.unwrap());
    let second = once(&server, &next, |page| !page.lines.is_empty()).await;
    assert_eq!((request(&second.lines[0]).path.as_str(), second.next), ("/tides/echo", None));
    let later = format!("kind=requests&since={}", line.at.0 + 600_000_000);
    assert_eq!(once(&server, &later, |_| true).await.lines, []);
    let output =
        once(&server, "application=tides&words=small%20service", |page| !page.lines.is_empty()).await;
    assert!(matches!(&output.lines[0].said, Said::Output { stream, .. } if stream == "output"));
    let events = once(&server, "kind=events", |_| true).await;
    assert!(matches!(&events.lines[0].said, Said::Event { event, .. } if event == "started"), "{events:?}");
    for (question, status, words) in [
        ("kind=events&application=tides", 422, "leave application out"),
        ("kind=moons", 400, "unknown variant"),
        ("application=Tides", 400, "is no key"),
        ("colour=red", 400, "unknown field"),
    ] {
        let (told, text) = asked(&server, &format!("/server/v1/logs?{question}")).await;
        assert!(told == status && text.contains(words), "{question}: {told} {text}");
    }
    for path in ["logs", "queue"] {
        assert_eq!(get(&format!("{}/server/v1/{path}", server.api)).await.0, 401, "{path}");
    }

    // What was asked last is written before the end, and no query ever.
    ask("/berths/map/", "just-before-the-end").await.text().await.unwrap();
    server.end().await;
    let log = rusqlite::Connection::open(server.path("log.sqlite")).unwrap();
    let count = |sql: &str| log.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM requests WHERE request_id = 'just-before-the-end'"), 1);
    assert_eq!(count("SELECT count(*) FROM requests WHERE path LIKE '%hunter2%' OR path LIKE '%?%'"), 0);
    console.is_content();
}
