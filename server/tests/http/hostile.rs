//! A Platform Server that lies: with another one's work, with requests of before, with results that it was not asked for. It gets nothing,
//! and nothing changes.

use crate::common::Served;
use domain::id::DeploymentId;
use domain::protocol::{PROTOCOL, SyncRequest, SyncResponse, TaskOutcome, TaskReport};
use domain::time::MINUTE;
use operations::Caller;
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
