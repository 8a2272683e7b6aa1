//! The logs of an application: a question that goes to the environment's controller with its next sync, and its answer.

use crate::common::*;
use domain::protocol::{Method, Question, Reply};
use operations::LogAsk;

/// Answers every question of an environment's controller until `asked` have been answered, and gives them.
async fn answer(
    world: &World,
    environment: &str,
    asked: usize,
    reply: impl Fn(&Question) -> Reply,
) -> Vec<Question> {
    let mut seen = Vec::new();
    while seen.len() < asked {
        let answer = world.sync(environment, vec![]).await;
        let (id, server) = world.servers[environment][0];
        for question in answer.questions {
            world
                .console
                .take_answer(&world.controller(id, server), question.id, reply(&question))
                .await
                .unwrap();
            seen.push(question);
        }
        tokio::task::yield_now().await;
    }
    seen
}

fn json(status: u16, body: &str) -> Reply {
    Reply { status, body: body.to_owned() }
}

const PAGE: &str = r#"{"server":"dev-1","lines":[{"id":7,"at":1,"application":"desk","module":"desk",
    "said":{"kind":"output","stream":"output","text":"the lock is open"}}],"next":7}"#;
const QUEUES: &str = r#"{"server":"dev-1","most_waiting":10,"seconds":10,"modules":[]}"#;

#[tokio::test]
async fn a_front_end_is_asked_through_its_controller() {
    let world = World::new().await;
    world.publish("desk", Some("1.0.0"), "", "one").await;
    let ask = LogAsk { words: Some("lock".into()), ..LogAsk::default() };
    world.sync("dev", vec![]).await;
    let answers = |question: &Question| match question.path.contains("/logs?") {
        true => json(200, PAGE),
        false => json(200, QUEUES),
    };
    let (view, seen) = tokio::join!(
        world.console.application_log(&world.local, "harbour", "dev", "desk", &ask),
        answer(&world, "dev", 2, answers),
    );
    let view = view.unwrap();
    let page = view.page.unwrap();
    assert_eq!((page.lines.len(), page.next), (1, Some(7)));
    assert_eq!(view.unanswered, None);
    let server = world.servers["dev"][0].1;
    assert!(seen.iter().all(|one| one.server == Some(server) && one.method == Method::Get), "{seen:?}");
    assert!(
        seen.iter().any(|one| one.path == "/server/v1/logs?application=desk&kind=output&words=lock"),
        "{seen:?}"
    );
    assert_eq!(world.sync("dev", vec![]).await.questions, [], "each was answered");
    // A read leaves no entry.
    assert_eq!(world.count("application.log", "done").await, 0);
}

#[tokio::test]
async fn what_is_refused_or_silent_is_said() {
    let world = World::new().await;
    world.publish("desk", Some("1.0.0"), "", "one").await;
    let console = &world.console;
    let ask = LogAsk::default();
    world.sync("dev", vec![]).await;
    let (view, _) = tokio::join!(
        console.application_log(&world.local, "harbour", "dev", "desk", &ask),
        answer(&world, "dev", 2, |_| json(502, "dev-1 cannot be reached.\n")),
    );
    assert_eq!(view.unwrap().unanswered.unwrap(), "Development: dev-1 cannot be reached.");
    let (view, _) = tokio::join!(
        console.application_log(&world.local, "harbour", "dev", "desk", &ask),
        answer(&world, "dev", 2, |_| json(200, "[]")),
    );
    assert!(view.unwrap().unanswered.unwrap().contains("of another version"));
    world.clock.0.fetch_add(domain::environment::SILENCE_MICROS + 1, std::sync::atomic::Ordering::SeqCst);
    let view = console.application_log(&world.local, "harbour", "dev", "desk", &ask).await.unwrap();
    assert!(view.unanswered.unwrap().contains("is silent"));
    let none = LogAsk { kind: Some("events".into()), ..LogAsk::default() };
    assert!(console.application_log(&world.local, "harbour", "dev", "desk", &none).await.is_err());
    let none = LogAsk { server: Some("dev-9".into()), ..LogAsk::default() };
    let error = console.application_log(&world.local, "harbour", "dev", "desk", &none).await.unwrap_err();
    assert_eq!(error.sentence(), "Development has no front-end “dev-9”.");
}

#[tokio::test]
async fn only_an_environments_own_controller_answers() {
    let world = World::new().await;
    let (id, server) = world.servers["test"][0];
    let unknown = domain::id::QuestionId(uuid::Uuid::from_u128(5));
    // What nobody asked, or nobody waits for, is taken and forgotten.
    world.console.take_answer(&world.controller(id, server), unknown, json(200, "")).await.unwrap();
    let long = json(200, &"x".repeat(domain::protocol::REPLY_BYTES + 1));
    let error = world.console.take_answer(&world.controller(id, server), unknown, long).await.unwrap_err();
    assert!(error.sentence().contains("at most"));
    assert!(world.console.take_answer(&world.local, unknown, json(200, "")).await.is_err());
}
