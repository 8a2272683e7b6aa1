//! A Platform Server that lies: with another one's work, with requests of before, with results that it was not asked for. It gets nothing,
//! and nothing changes.

use crate::common::{Served, Signer, enrol};
use domain::id::DeploymentId;
use domain::protocol::{PROTOCOL, SyncRequest, SyncResponse, TaskOutcome, TaskReport};
use domain::time::MINUTE;
use ed25519_dalek::SigningKey;
use operations::{Caller, NewServer};
use reqwest::{Method, Response};

const SYNC: &str = "/agent/v1/sync";

fn request(reports: Vec<TaskReport>) -> Vec<u8> {
    let request = SyncRequest {
        protocol: PROTOCOL,
        boot_id: "boot".into(),
        reports,
        servers: vec![],
        wait_seconds: 0,
        seen_revision: 0,
    };
    serde_json::to_vec(&request).unwrap()
}

/// A refusal that gives nothing, and its sentence.
async fn refused(answer: Response, status: u16) -> String {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: serde_json::Value = answer.json().await.unwrap();
    problem["detail"].as_str().unwrap().to_owned()
}

async fn said(answer: Response) -> SyncResponse {
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// A promotion into Test whose first step was given out; nobody carries it out.
async fn begun(served: &Served) -> DeploymentId {
    let (console, local) = (&served.running.console, Caller::local_operator());
    let plan = console.make_plan(&local, "harbour", "dev", "test", &[]).await.unwrap();
    let digest = console.plan(&local, "harbour", plan).await.unwrap().digest;
    let run = console.start_plan(&local, "harbour", plan, &digest).await.unwrap();
    for _ in 0..400 {
        if states(served, run).await[0] == "dispatched" {
            return run;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the first step is never given out");
}

async fn states(served: &Served, run: DeploymentId) -> Vec<String> {
    let page = served.running.console.deployment(&Caller::local_operator(), "harbour", run).await.unwrap();
    page.steps.into_iter().map(|step| step.state).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_gets_and_ends_no_work_of_another_environment() {
    let served = Served::start().await;
    served.published("desk", "first").await;
    let run = begun(&served).await;
    let before = states(&served, run).await;
    let sync = async |reports| {
        served
            .signed(Method::POST, SYNC, &request(reports), served.now(), &served.nonce())
            .send()
            .await
            .unwrap()
    };
    assert_eq!(said(sync(vec![]).await).await.tasks, [], "Test's work is not Development's");
    let report = |key: String, fence| TaskReport { key, fence, outcome: TaskOutcome::Done, lines: vec![] };
    // Results that were forged, under any fence, for steps that are there and for some that are not.
    for key in [format!("{run}/1"), format!("{run}/2"), format!("{run}/99"), "nonsense".to_owned()] {
        for fence in [0, 1, u64::from(u32::MAX)] {
            assert_eq!(said(sync(vec![report(key.clone(), fence)]).await).await.tasks, []);
        }
    }
    assert_eq!(states(&served, run).await, before);
    let row = served.running.console.deployment(&Caller::local_operator(), "harbour", run).await.unwrap().row;
    assert_eq!((row.status.as_str(), row.finished_at), ("running", None));
    served.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_or_signed_by_others_is_refused() {
    let served = Served::start().await;
    let (now, nonce, body) = (served.now(), served.nonce(), request(vec![]));
    let send = async |path: &str, body: &[u8], time, nonce: &str| {
        served.signed(Method::POST, path, body, time, nonce).send().await.unwrap().status().as_u16()
    };
    assert_eq!(send(SYNC, &body, now, &nonce).await, 200);
    assert_eq!(send(SYNC, &body, now, &nonce).await, 401, "the same once more");
    assert_eq!(send(SYNC, &body, served.now(), &nonce).await, 401, "its nonce once more");
    for minutes in [-6, 6] {
        let time = served.now() + minutes * MINUTE;
        assert_eq!(send(SYNC, &body, time, &served.nonce()).await, 401, "{minutes} minutes away");
    }
    // The signature of one request under another body, and of another server's key.
    let other = served.signed(Method::POST, SYNC, &body, served.now(), &served.nonce());
    let longer = [&body[..], b" "].concat();
    assert_eq!(other.body(longer).send().await.unwrap().status(), 401);
    let other = served.signed(Method::POST, SYNC, &body, served.now(), &served.nonce());
    let (client, built) = other.build_split();
    let mut built = built.unwrap();
    let somebody = uuid::Uuid::from_u128(7).to_string().parse().unwrap();
    built.headers_mut().insert(domain::protocol::HEADER_SERVER, somebody);
    assert_eq!(client.execute(built).await.unwrap().status(), 401);
    assert_eq!(send(SYNC, &body, served.now(), &served.nonce()).await, 200, "and an honest one is heard");
    served.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_given_only_where_it_is_work() {
    let served = Served::start().await;
    let package = served.published("desk", "first").await;
    let path = format!("/agent/v1/packages/{package}");
    let fetch = async |by: &Signer, path: &str, range: &str| {
        let request = served.signed_by(by, Method::GET, path, b"", served.now(), &served.nonce());
        request.header("range", range).send().await.unwrap()
    };
    let nowhere = format!("/agent/v1/packages/{}", domain::text::Sha256::of(b"nothing"));
    for range in ["", "bytes=0-9", "bytes=99999999-"] {
        for path in [&path, &nowhere] {
            let sentence = refused(fetch(&served.test, path, range).await, 404).await;
            assert_eq!(sentence, "There is no such package.", "Test is to do nothing with it");
        }
    }
    assert_eq!(served.outcomes("package.fetch").await, ["failed"; 6]);
    let own = Signer(served.dev.1, served.key.clone());
    assert_eq!(fetch(&own, &path, "").await.status(), 200, "it runs in Development");

    // What Development's next one is has to be prepared there, and nowhere else yet.
    let file = served.package("gate");
    let next = domain::text::Sha256::of(&std::fs::read(&file).unwrap());
    let local = Caller::local_operator();
    let run = served.running.console.publish(&local, "harbour", "dev", &file).await.unwrap();
    let next = format!("/agent/v1/packages/{next}");
    for _ in 0..400 {
        if states(&served, run.deployment.unwrap()).await[0] == "dispatched" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(fetch(&own, &next, "").await.status(), 200);
    refused(fetch(&served.test, &next, "").await, 404).await;
    assert_eq!(served.carry_out(run.deployment.unwrap()).await, "finished_successful");

    // From the moment when a promotion brings them to Test, they are its work too.
    begun(&served).await;
    for path in [&path, &next] {
        assert_eq!(fetch(&served.test, path, "bytes=0-9").await.status(), 206);
    }
    served.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_end_that_does_not_control_gets_and_says_nothing() {
    let served = Served::start().await;
    let package = served.published("desk", "first").await;
    let (console, local) = (&served.running.console, Caller::local_operator());
    let new = NewServer { key: "test-2".into(), name: "test-2".into(), is_controller: false };
    console.create_server(&local, "harbour", "test", new).await.unwrap();
    let key = SigningKey::from_bytes(&[9; 32]);
    let other = Signer(enrol(console, "test", "test-2", &key).await.1, key);
    let run = begun(&served).await;
    let before = states(&served, run).await;
    let reported = async || {
        let page = console.environment(&local, "harbour", "test").await.unwrap();
        page.card.servers.iter().map(|server| format!("{:?}", server.reported)).collect::<Vec<_>>()
    };
    let known = reported().await;
    let report = |n: u32| TaskReport {
        key: format!("{run}/{n}"),
        fence: u64::from(u32::MAX),
        outcome: TaskOutcome::Failed { reason: "It lies.".into() },
        lines: vec![],
    };
    for reports in [vec![], vec![report(1)], vec![report(1), report(2)]] {
        let body = request(reports);
        let request = served.signed_by(&other, Method::POST, SYNC, &body, served.now(), &served.nonce());
        let sentence = refused(request.send().await.unwrap(), 403).await;
        assert_eq!(sentence, "Only the deployment controller takes work from the console; it is test-1 now.");
    }
    let path = format!("/agent/v1/packages/{package}");
    let request = served.signed_by(&other, Method::GET, &path, b"", served.now(), &served.nonce());
    let sentence = refused(request.send().await.unwrap(), 403).await;
    assert!(sentence.starts_with("Only the deployment controller takes work"), "{sentence}");
    assert_eq!(states(&served, run).await, before);
    assert_eq!(reported().await, known, "nothing that it says is kept");
    served.running.stop().await;
}
