//! Every step and every way back, carried out twice under two keys, so that nobody remembers the first time: the same end as once.

use crate::common::console::{Console, activate, deactivate, prepare};
use crate::common::get;
use crate::common::packages::{Made, beacon, berths, tides};
use crate::common::server::{Server, is_alive};
use domain::protocol::{TaskAction, TaskOutcome};

/// What there is of an application: its releases, which of them is the current one, what is served, how many of its processes live, and
/// what its hooks keep.
async fn standing(server: &Server, application: &str) -> (Vec<String>, String, String, usize, String) {
    let home = server.path(&format!("apps/{application}"));
    let entries = std::fs::read_dir(home.join("releases")).into_iter().flatten().flatten();
    let mut releases: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    releases.sort();
    let current = std::fs::read_link(home.join("current")).map(|link| link.to_string_lossy().into_owned());
    let (status, body) = get(&format!("{}/{application}/", server.address)).await;
    // Which process answers is another one each time.
    let page = body.split(" pid=").next().unwrap_or_default();
    let alive = server.pids().into_iter().filter(|pid| is_alive(*pid)).count();
    let kept = std::fs::read_to_string(home.join("data/burning")).unwrap_or_default();
    let pid = std::fs::read_to_string(home.join("data/light.pid")).unwrap_or_default();
    let burns = pid.trim().parse().is_ok_and(is_alive);
    (releases, current.unwrap_or_default(), format!("{status} {page}"), alive, format!("{burns} {kept}"))
}

async fn every_step_twice(application: &str, old: Made, new: Made) {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    console.put(&old);
    console.put(&new);
    let steps: [(&str, TaskAction); 9] = [
        ("prepare the first", prepare(application, &old)),
        ("activate the first", activate(1, application, &old)),
        ("prepare the second", prepare(application, &new)),
        ("activate the second", activate(1, application, &new)),
        ("back to the first", activate(1, application, &old)),
        ("forth again", activate(1, application, &new)),
        ("take it away", deactivate(1, application)),
        ("bring it back", activate(1, application, &new)),
        ("take it away for good", deactivate(1, application)),
    ];
    for (number, (what, action)) in steps.into_iter().enumerate() {
        let mut ends = Vec::new();
        for time in ["once", "twice"] {
            let key = format!("{number}/{time}");
            assert_eq!(console.run(&key, 1, action.clone()).await, TaskOutcome::Done, "{what}, {time}");
            // What was switched away is drained and ended a moment later.
            let mut last = standing(&server, application).await;
            for _ in 0..40 {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                let next = standing(&server, application).await;
                let rests = next == last && next.3 <= 1;
                last = next;
                if rests {
                    break;
                }
            }
            ends.push(last);
        }
        assert_eq!(ends[0], ends[1], "{what}");
    }
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_static_files_may_be_done_twice() {
    every_step_twice("berths", berths("1.0.0"), berths("1.1.0")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_a_process_may_be_done_twice() {
    every_step_twice("tides", tides("1.0.0", ""), tides("1.1.0", "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_hooks_may_be_done_twice() {
    every_step_twice("beacon", beacon("1.0.0", "calm"), beacon("1.1.0", "calm")).await;
}
