//! Sessions end by themselves: without use, and in any case (ASVS 7.3). Time is the test's own.

use crate::common::{Ahead, Served, client};
use domain::time::{MINUTE, SECOND};
use server::clock::{Sources, SystemIds};
use std::sync::Arc;

struct Watch {
    served: Served,
    clock: Arc<Ahead>,
    cookie: String,
}

impl Watch {
    async fn start() -> Self {
        let clock = Arc::new(Ahead::default());
        let sources = Sources { clock: clock.clone(), ids: Arc::new(SystemIds) };
        let served = Served::start_with(
            sources,
            &[("session-idle-minutes", "30"), ("session-absolute-minutes", "120")],
        )
        .await;
        let cookie = served.cookie("ada").await;
        Self { served, clock, cookie }
    }

    /// Whether a request is answered as somebody who is signed in.
    async fn inside(&self, path: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = client().get(format!("{}{path}", self.served.base)).header("cookie", &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status() == 200
    }
}

const PAGE: &str = "/i/harbour";

#[tokio::test]
async fn who_does_nothing_is_signed_out() {
    let watch = Watch::start().await;
    watch.clock.by(29 * MINUTE);
    assert!(watch.inside(PAGE, &[]).await, "within the idle time");
    watch.clock.by(29 * MINUTE);
    assert!(watch.inside(PAGE, &[]).await, "that use counted");
    watch.clock.by(30 * MINUTE + SECOND);
    assert!(!watch.inside(PAGE, &[]).await, "nothing was asked for half an hour");
    watch.served.running.stop().await;
}

#[tokio::test]
async fn what_a_page_asks_by_itself_is_no_use() {
    let watch = Watch::start().await;
    for _ in 0..2 {
        watch.clock.by(14 * MINUTE);
        assert!(watch.inside(PAGE, &[(domain::live::REFRESH, "1")]).await);
        assert!(watch.inside("/live?topic=infrastructure:harbour", &[]).await);
    }
    watch.clock.by(3 * MINUTE);
    assert!(!watch.inside(PAGE, &[]).await, "an open page alone does not keep a session");
    watch.served.running.stop().await;
}

#[tokio::test]
async fn a_session_ends_in_any_case() {
    let watch = Watch::start().await;
    for _ in 0..11 {
        watch.clock.by(10 * MINUTE);
        assert!(watch.inside(PAGE, &[]).await, "in use");
    }
    watch.clock.by(10 * MINUTE + SECOND);
    assert!(!watch.inside(PAGE, &[]).await, "after two hours, however much it is used");
    watch.served.running.stop().await;
}
