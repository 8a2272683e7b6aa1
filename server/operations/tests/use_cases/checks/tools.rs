//! Tools that are really asked: what counts as reached, when the console asks by itself, and who uses the same one.

use super::{Answers, connect, connections, nobody, one_tool, told, tool};
use crate::common::{HOME, World, later};
use domain::architecture::words::{CheckOutcome, WebAddress};
use domain::time::{MINUTE, SECOND};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use operations::{Caller, NewUser, Reach};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

async fn asked(world: &World, address: &str) -> (CheckOutcome, String) {
    connect(world, HOME, &tool("builds", address)).await;
    let checked = world.console.check_tool(&world.local, HOME, "builds").await.unwrap();
    assert_eq!(one_tool(world).await.check.as_ref(), Some(&checked.check));
    assert_eq!(checked.check.address, address);
    (checked.check.outcome, checked.check.detail)
}

#[tokio::test]
async fn a_tool_is_reached_where_it_answers_for_itself() {
    let world = World::new().await;
    for (status, outcome) in [
        ("200 OK", CheckOutcome::Reached),
        ("404 Not Found", CheckOutcome::Reached),
        ("503 Busy", CheckOutcome::Failed),
    ] {
        // A body that never comes: only the head is read.
        let server = Answers::with(&format!("{status}\r\ncontent-length: 1000000")).await;
        let sentence = format!("It answered with status {}.", &status[..3]);
        assert_eq!(asked(&world, &server.address).await, (outcome, sentence));
        let request = server.asked.lock().unwrap().concat();
        assert!(request.starts_with("GET / HTTP/1.1\r\n"), "{request}");
        assert!(!request.to_lowercase().contains("authorization"), "{request}");
    }
    let elsewhere = Answers::with("200 OK\r\ncontent-length: 0").await;
    let away = Answers::with(&format!("302 Found\r\nlocation: {}", elsewhere.address)).await;
    let sentence = "It answered with status 302.".to_owned();
    assert_eq!(asked(&world, &away.address).await, (CheckOutcome::Reached, sentence));
    assert_eq!((away.asked(), elsewhere.asked()), (1, 0), "a redirect is not followed");

    let refused = "Nothing listens at the address: the connection was refused.".to_owned();
    assert_eq!(asked(&world, &format!("http://{}", nobody().await)).await, (CheckOutcome::Failed, refused));
    let never = "Nothing was tried: the host is at a link-local, multicast or unspecified address, and the console connects to none of those.";
    for address in [
        "http://169.254.169.254/latest",
        "http://[fe80::1]/",
        "http://0.0.0.0:1",
        "http://[::ffff:169.254.169.254]/",
    ] {
        assert_eq!(asked(&world, address).await, (CheckOutcome::Failed, never.to_owned()), "{address}");
    }
    let text = Answers::with("oh, hello").await;
    let (outcome, detail) = asked(&world, &text.address).await;
    assert_eq!((outcome, detail.as_str()), (CheckOutcome::Failed, "What answers there does not speak HTTP."));
    let plain = Answers::with("200 OK").await;
    let (outcome, detail) = asked(&world, &plain.address.replace("http:", "https:")).await;
    assert_eq!((outcome, detail.as_str()), (CheckOutcome::Failed, "No TLS connection came about."));
    let gone = world.console.check_tool(&world.local, HOME, "gone").await.unwrap_err();
    assert_eq!(gone.sentence(), "There is no tool “gone” here.");
}

#[tokio::test]
async fn the_console_asks_each_tool_every_five_minutes() {
    let world = World::new().await;
    let server = Answers::with("200 OK\r\ncontent-length: 0").await;
    connect(&world, HOME, &tool("builds", &server.address)).await;
    let mut changes = world.console.changes();
    let notices = |changes: &mut tokio::sync::broadcast::Receiver<operations::Change>| {
        let mut topics = Vec::new();
        while let Ok(change) = changes.try_recv() {
            topics.push(change.topic);
        }
        topics
    };
    let home = format!("infrastructure:{HOME}");
    assert_eq!(world.console.check_due_tools().await.unwrap(), 1);
    let check = one_tool(&world).await.check.unwrap();
    assert_eq!(told(&check), (CheckOutcome::Reached, "It answered with status 200."));
    assert_eq!((check.by.as_str(), check.at, check.outdated), ("the console", world.console.time(), false));
    assert_eq!(notices(&mut changes), std::slice::from_ref(&home), "open pages hear of it");

    later(&world, 5 * MINUTE - SECOND);
    assert_eq!(world.console.check_due_tools().await.unwrap(), 0);
    later(&world, SECOND);
    assert_eq!(world.console.check_due_tools().await.unwrap(), 1);
    assert_eq!(one_tool(&world).await.check.unwrap().at, world.console.time());
    assert_eq!(server.asked(), 2);
    assert_eq!(notices(&mut changes), Vec::<String>::new(), "it is as it was");

    drop(server);
    later(&world, 5 * MINUTE);
    assert_eq!(world.console.check_due_tools().await.unwrap(), 1);
    assert_eq!(one_tool(&world).await.check.unwrap().outcome, CheckOutcome::Failed);
    assert_eq!(notices(&mut changes), [home]);
    // What a person checked need not be checked again so soon.
    later(&world, 4 * MINUTE);
    world.console.check_tool(&world.local, HOME, "builds").await.unwrap();
    later(&world, 4 * MINUTE);
    assert_eq!(world.console.check_due_tools().await.unwrap(), 0);
    assert_eq!(world.count("tool.check", "done").await, 1, "the console's own checks are no entries");
}

#[tokio::test]
async fn the_engine_asks_a_new_tool_at_once() {
    let world = World::new().await;
    let engine = world.console.start_engine();
    let server = Answers::with("200 OK\r\ncontent-length: 0").await;
    connect(&world, HOME, &tool("builds", &server.address)).await;
    let mut changes = world.console.changes();
    while one_tool(&world).await.check.is_none() {
        let told = tokio::time::timeout(Duration::from_secs(30), changes.recv()).await;
        told.expect("nobody asked the tool").unwrap();
    }
    engine.stop().await;
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn a_tool_shows_which_other_infrastructures_use_it() {
    let world = World::new().await;
    let address = "https://builds.example";
    for (key, name) in [("north", "North"), ("south", "South")] {
        world.console.create_infrastructure(&world.local, key, name).await.unwrap();
        connect(&world, key, &tool("mobile", &format!("{address}/"))).await;
    }
    connect(&world, HOME, &format!("{}{}", tool("builds", address), tool("own", "https://own.example")))
        .await;
    let new = NewUser {
        username: "nora".into(),
        name: "Nora".into(),
        email: String::new(),
        role: "Administrator".into(),
        infrastructure: Some("north".into()),
        password: Some(crate::common::PASSWORD.into()),
    };
    world.console.add_user(&world.local, new).await.unwrap();
    let names = async |who: &Caller, home: &str| -> Vec<Vec<String>> {
        let tools = world.console.architecture(who, home).await.unwrap().connections.tools;
        tools.into_iter().map(|tool| tool.also.into_iter().map(|each| each.name).collect()).collect()
    };
    assert_eq!(names(&world.local, HOME).await, [vec!["North".to_owned(), "South".to_owned()], vec![]]);
    let ada = world.user("ada").await;
    assert_eq!(names(&ada, HOME).await, [Vec::<String>::new(), vec![]], "she manages Harbour alone");
    let nora = world.user("nora").await;
    assert_eq!(names(&nora, "north").await, [Vec::<String>::new()]);
}

/// Answers that everything is reached, and counts how many ask at the same time.
#[derive(Default)]
struct Crowd {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Reach for Crowd {
    fn ask<'a>(&'a self, address: &'a WebAddress) -> BoxFuture<'a, Result<u16, String>> {
        async move {
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            self.now.fetch_sub(1, Ordering::SeqCst);
            assert!(address.as_str().starts_with("https://t"), "{address}");
            Ok(204)
        }
        .boxed()
    }
}

#[tokio::test]
async fn eight_are_asked_at_once_at_most() {
    let crowd = Arc::new(Crowd::default());
    let world = World::reaching(crowd.clone()).await;
    let tools: String = (10..40).map(|n| tool(&format!("t{n}"), &format!("https://t{n}.example"))).collect();
    connect(&world, HOME, &tools).await;
    assert_eq!(world.console.check_due_tools().await.unwrap(), 30);
    assert_eq!(crowd.most.load(Ordering::SeqCst), 8);
    let shown = connections(&world, &world.local).await.tools;
    let said = |detail: &str| detail == "It answered with status 204.";
    assert!(shown.iter().all(|tool| said(&tool.check.as_ref().unwrap().detail)));

    // People take turns too, and whoever finds none free is told so.
    let ask = || world.console.check_tool(&world.local, HOME, "t10");
    let answers = futures::future::join_all((0..12).map(|_| ask())).await;
    let (done, busy): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert!(!done.is_empty());
    assert!(busy.into_iter().all(|one| one.unwrap_err().status() == 429));
    assert!(crowd.most.load(Ordering::SeqCst) <= 8);
}

#[tokio::test]
async fn on_postgresql_two_nodes_share_the_work() {
    let world = World::on(storage::testing::postgres().await).await;
    let server = Answers::with("200 OK\r\ncontent-length: 0").await;
    connect(&world, HOME, &tool("builds", &server.address)).await;
    let (one, other) = tokio::join!(world.console.check_due_tools(), world.console.check_due_tools());
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    assert_eq!(world.console.check_due_tools().await.unwrap(), 0);
    assert_eq!(server.asked(), 1);
    let check = one_tool(&world).await.check.unwrap();
    assert_eq!(told(&check), (CheckOutcome::Reached, "It answered with status 200."));
}
