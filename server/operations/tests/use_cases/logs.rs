//! The logs and timers of an application: a question that goes to the environment's controller with its next sync, and its answer.

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

const TIMERS: &str = r#"{"timers":[{"application":"desk","application_name":"Desk","module":"desk","key":"tidy","name":"Tidy up",
    "schedule":"0 3 * * *","time_zone":"UTC","missed":"once","seconds":60,"next_at":5,"last":null},
    {"application":"other","application_name":"Other","module":"other","key":"tidy","name":"Tidy up",
    "schedule":"0 3 * * *","time_zone":"UTC","missed":"skip","seconds":60,"next_at":null,"last":null}]}"#;
const QUEUE: &str = r#"{"counts":[{"application":"desk","state":"failed","count":2},{"application":"other","state":"done","count":9}],
    "queued":[]}"#;

#[tokio::test]
async fn timers_are_told_of_one_application_and_run_by_whoever_may_deploy() {
    let world = World::new().await;
    world.publish("desk", Some("1.0.0"), "", "one").await;
    let console = &world.console;
    world.sync("dev", vec![]).await;
    let answers = |question: &Question| match question.path.as_str() {
        "/server/v1/timers" => json(200, TIMERS),
        "/server/v1/jobs?application=desk" => json(200, QUEUE),
        _ => json(200, r#"{"smtp":null,"from":null,"counts":[],"queued":[]}"#),
    };
    let (view, _) = tokio::join!(
        console.timers(&world.local, "harbour", "dev", "desk"),
        answer(&world, "dev", 3, answers),
    );
    let view = view.unwrap();
    assert_eq!(view.unanswered, None);
    assert_eq!(view.timers.iter().map(|timer| timer.key.as_str()).collect::<Vec<_>>(), ["tidy"]);
    assert_eq!(view.jobs.counts.len(), 1, "those of another application are not told");

    let (run, seen) = tokio::join!(
        console.run_timer(&world.local, "harbour", "dev", "desk", "tidy"),
        answer(&world, "dev", 1, |_| json(202, r#"{"planned_at":7}"#)),
    );
    run.unwrap();
    assert_eq!((seen[0].method, seen[0].path.as_str()), (Method::Post, "/server/v1/timers/desk/tidy/run"));
    let (run, _) = tokio::join!(
        console.run_timer(&world.local, "harbour", "dev", "desk", "tidy"),
        answer(&world, "dev", 1, |_| json(409, "A run of “tidy” is under way; wait for its end.\n")),
    );
    let sentence = run.unwrap_err().sentence();
    assert_eq!(sentence, "Development: A run of “tidy” is under way; wait for its end.");
    let run = console.run_timer(&world.local, "harbour", "dev", "desk", "no timer").await;
    assert_eq!(run.unwrap_err().sentence(), "There is no timer “no timer” here.");
    // Each was recorded before the environment was asked; what it refused is an entry besides.
    assert_eq!(world.count("timer.run", "done").await, 2);
    assert_eq!(world.count("timer.run", "failed").await, 2);
}
