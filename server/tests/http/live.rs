//! The stream of changes: what it tells, that it resumes, and that there is an end to how many one session may hold.

use crate::common::{Served, client};
use reqwest::Response;
use std::time::Duration;

const TOPIC: &str = "/live?topic=infrastructure%3Aharbour";

/// One event as it is on the wire.
#[derive(Debug, PartialEq, Eq)]
struct Event {
    id: u64,
    name: String,
    data: String,
}

/// A stream that is read.
struct Reader {
    response: Response,
    text: String,
}

impl Reader {
    async fn open(served: &Served, cookie: &str, last: Option<u64>) -> Self {
        let mut request = client().get(format!("{}{TOPIC}", served.base)).header("cookie", cookie);
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    async fn event(&mut self) -> Event {
        tokio::time::timeout(Duration::from_secs(20), self.read()).await.expect("an event comes")
    }

    async fn read(&mut self) -> Event {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    block.lines().find_map(|line| line.strip_prefix(name)).map(|v| v.trim().to_owned())
                };
                let event = field("event:").map(|name| Event {
                    id: field("id:").unwrap().parse().unwrap(),
                    name,
                    data: field("data:").unwrap(),
                });
                self.text = rest.to_owned();
                match event {
                    Some(event) => return event,
                    // A sign of life.
                    None => continue,
                }
            }
            let chunk = self.response.chunk().await.unwrap().expect("the stream stays open");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

#[tokio::test]
async fn a_change_is_told_and_what_was_missed_is_told_again() {
    let served = Served::start().await;
    let cookie = served.cookie("ron").await;
    let mut stream = Reader::open(&served, &cookie, None).await;
    served.published("desk", "first").await;
    let first = stream.event().await;
    assert_eq!(first.name, "change");
    assert!(first.data.contains("\"topic\":\"infrastructure:harbour\""), "{}", first.data);
    assert!(!first.data.contains("desk"), "what changed is read through the door: {}", first.data);
    let second = stream.event().await;
    assert!(second.id > first.id, "numbers grow");
    drop(stream);

    let mut resumed = Reader::open(&served, &cookie, Some(first.id)).await;
    assert_eq!(resumed.event().await, second, "nothing between was lost, and nothing comes twice");
    let mut elsewhere = Reader::open(&served, &cookie, Some(second.id + 1_000_000)).await;
    let event = elsewhere.event().await;
    assert_eq!(event.name, "reset", "a number of another database says nothing here");
    served.running.stop().await;
}

#[tokio::test]
async fn one_session_holds_twelve_streams_at_most() {
    let served = Served::start().await;
    let cookie = served.cookie("ron").await;
    let mut open = Vec::new();
    for _ in 0..12 {
        open.push(Reader::open(&served, &cookie, None).await);
    }
    let ask = async |cookie: &str| {
        client().get(format!("{}{TOPIC}", served.base)).header("cookie", cookie).send().await.unwrap()
    };
    let refused = ask(&cookie).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.text().await.unwrap().contains("Close some of its pages."));
    assert_eq!(ask(&served.cookie("ron").await).await.status(), 200, "another session has its own");
    served.running.stop().await;
}

#[tokio::test]
async fn a_stream_is_of_topics_that_the_caller_may_hear_of() {
    let served = Served::start().await;
    let cookie = served.cookie("ron").await;
    for (query, status) in [
        ("", 422),
        ("?topic=infrastructure%3Aelsewhere", 404),
        ("?topic=nonsense", 404),
        ("?topic=audit%3Aharbour", 403),
        ("?topic=deployment%3A0", 404),
    ] {
        let answer =
            client().get(format!("{}/live{query}", served.base)).header("cookie", &cookie).send().await;
        assert_eq!(answer.unwrap().status(), status, "{query}");
    }
    served.running.stop().await;
}
