//! The console on PostgreSQL, alone and as two nodes on one database.

use crate::common::{Served, client, configuration, flash, from_page, package};
use operations::Caller;
use server::serve::start;
use tokio::net::TcpListener;

#[tokio::test]
async fn a_promotion_over_http_and_a_second_node_that_sees_it() {
    let url = storage::testing::postgres_url().await;
    let served = Served::start_with(server::clock::Sources::default(), &[("database", &url)]).await;
    served.published("desk", "first").await;
    let cookie = served.cookie("ada").await;
    let page = async |base: &str, path: &str| {
        let answer = client().get(format!("{base}{path}")).header("cookie", &cookie).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, matrix) = page(&served.base, "/i/harbour").await;
    assert!(status == 200 && matrix.contains("App desk"), "{status} {matrix}");

    // The second node has the same database and packages, and nothing else in common.
    let mut other = configuration(&served.folder, &[("database", &url)]);
    other.data.clone_from(&served.configuration.data);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let second = start(&other, listener).await.unwrap_or_else(|_| panic!("the second node starts"));
    let base = format!("http://{}", second.address);
    assert_eq!(page(&base, "/i/harbour").await.0, 200, "signed in at one node, known at the other");

    // A change at the first is told by the second.
    let mut stream = client()
        .get(format!("{base}/live?topic=infrastructure%3Aharbour"))
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    let file = package(&served.folder, "gate", "of the first node");
    let local = Caller::local_operator();
    let run = served.running.console.publish(&local, "harbour", "dev", &file).await.unwrap();
    let told = async {
        loop {
            let chunk = stream.chunk().await.unwrap().expect("the stream stays open");
            if String::from_utf8_lossy(&chunk).contains("event: change") {
                return;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), told).await.expect("the second node tells it");
    // Whichever node claims it, it is carried out once.
    assert_eq!(served.carry_out(run.deployment.unwrap()).await, "finished_successful");

    let request = client().post(format!("{base}/do/applications/tag")).header("cookie", &cookie);
    let request = from_page(request, &base, "application/x-www-form-urlencoded");
    let request = request.body("infra=harbour&app=gate&env=dev&number=1.0.0&change_log=First");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let told = flash(&answer).map(|flash| flash.sentence).unwrap_or_default();
    let (_, application) = page(&served.base, "/i/harbour/applications/gate").await;
    assert!(application.contains("1.0.0"), "tagged at one node, shown at the other: {told}");
    second.stop().await;
    served.running.stop().await;
}
