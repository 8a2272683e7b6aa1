//! The public port: which module a request gets to, and what happens to too many of them.

use crate::common::api::read;
use crate::common::console::{Console, activate, prepare};
use crate::common::packages::{Made, berths, page, tides_with};
use crate::common::server::Server;
use crate::common::{client, eventually, get};
use domain::protocol::TaskOutcome;
use domain::server_api::queue::{ModuleQueue, Queues};

async fn bring(console: &Console, application: &str, package: &Made) -> TaskOutcome {
    console.put(package);
    let (first, second) = (format!("{application}/1"), format!("{application}/2"));
    assert_eq!(console.run(&first, 1, prepare(application, package)).await, TaskOutcome::Done);
    console.run(&second, 1, activate(1, application, package)).await
}

/// Status, place and body of what a host answers.
async fn at_host(server: &Server, host: &str, path: &str) -> (u16, String, String) {
    let request = client().get(format!("{}{path}", server.address)).header("host", host);
    let answer = request.send().await.unwrap();
    let place = answer.headers().get("location").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status().as_u16(), place, answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_virtual_directory_and_the_host_lead_to_a_module() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let desk = page("desk", "/desk", "the desk", "");
    let admin = page("admin", "/desk/admin", "the office", "host = \"office.example.org\"");
    let tides = tides_with("1.0.0", "", "host = \"tides.example.org\"");
    for (application, package) in [("desk", &desk), ("admin", &admin), ("tides", &tides)] {
        assert_eq!(bring(&console, application, package).await, TaskOutcome::Done);
    }
    let plain = async |path: &str| at_host(&server, "front.example.org", path).await;
    let (here, office) =
        ((200, String::new(), "the desk".to_owned()), (200, String::new(), "the office".to_owned()));
    assert_eq!(plain("/desk/").await, here);
    assert_eq!(plain("/desk/index.html").await, here);
    assert_eq!(plain("/desk/admin/").await, office);
    assert_eq!(plain("/desk/admin/index.html").await, office);
    assert_eq!(plain("/desk/admin?a=b").await.1, "/desk/admin/?a=b");
    assert_eq!(plain("/desk/administration").await.0, 404, "no part of a name is a directory");
    assert!(plain("/").await.2.contains("3 modules run here."));

    // On its own host a module has everything, with the paths that it knows or without.
    for host in ["office.example.org", "OFFICE.example.org:8080", "office.example.org."] {
        assert_eq!(at_host(&server, host, "/").await, office, "{host}");
        assert_eq!(at_host(&server, host, "/desk/admin/").await, office, "{host}");
    }
    assert_eq!(at_host(&server, "office.example.org", "/desk/").await.0, 404, "nobody else is there");
    let about = at_host(&server, "office.example.org", "/_towpath/release.json").await.2;
    assert!(about.contains("\"application\":\"admin\""), "{about}");
    assert_eq!(at_host(&server, "office.example.org", "/_towpath/health").await.2, "ready\n");
    assert_eq!(plain("/desk/admin/_towpath/other").await.0, 404, "what is below _towpath is the front-end's");
    let echo = at_host(&server, "tides.example.org", "/echo?a=b").await.2.to_lowercase();
    assert!(echo.starts_with("get /tides/echo?a=b http/1.1\r\n"), "{echo}");
    assert!(
        echo.contains("x-forwarded-host: tides.example.org\r\n")
            && echo.contains("x-forwarded-prefix: /tides\r\n")
    );

    // A host belongs to one application, as a virtual directory does.
    let thief = page("thief", "/thief", "mine", "host = \"office.example.org\"");
    let TaskOutcome::Failed { reason } = bring(&console, "thief", &thief).await else { panic!("it runs") };
    assert!(reason.contains("the host office.example.org belongs to the application “admin”"), "{reason}");
    assert_eq!(at_host(&server, "office.example.org", "/").await, office);
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_at_one_module_is_bounded_and_starves_no_other() {
    let console = Console::start(1).await;
    let mut server = Server::enrolled(&console, 1).await;
    server.run_with(&["--queue", "2", "--queue-seconds", "600"]).await;
    let tides = tides_with("1.0.0", "", "concurrent = 1");
    assert_eq!(bring(&console, "tides", &tides).await, TaskOutcome::Done);
    assert_eq!(bring(&console, "berths", &berths("1.0.0")).await, TaskOutcome::Done);
    let queue = async || -> ModuleQueue {
        let all: Queues = read(&server, "/server/v1/queue").await;
        assert_eq!((all.server.as_str(), all.most_waiting, all.seconds), ("test-1", 2, 600));
        let of = |module: &str| all.modules.iter().find(|one| one.module.as_str() == module).unwrap();
        assert_eq!((of("berths").concurrent, of("berths").waiting), (256, 0));
        of("tides").clone()
    };
    let ask = |path: &str| {
        let request = client().get(format!("{}/tides/{path}", server.address));
        tokio::spawn(async move { request.send().await.unwrap() })
    };
    let hanging = ask("hang");
    server.wrote("asked to hang").await;
    let waiting = [ask(""), ask("")];
    let seen = eventually("two that wait", async || Some(queue().await).filter(|one| one.waiting == 2)).await;
    assert_eq!((seen.concurrent, seen.working, seen.most, seen.refused), (1, 1, 2, 0));
    assert!(seen.waiting_since.is_some_and(|since| since >= seen.counted_since));

    let refused = ask("").await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"5".parse().unwrap()));
    assert!(refused.text().await.unwrap().contains("1 are worked on and 2 wait, more are not taken."));
    // What the front-end itself answers waits for nobody, and neither do other modules.
    assert_eq!(get(&format!("{}/tides/_towpath/health", server.address)).await, (200, "ready\n".to_owned()));
    assert_eq!(get(&format!("{}/berths/", server.address)).await.0, 200);
    assert!(get(&server.address).await.1.contains("ready · 2 requests wait"));

    // Whoever goes away makes room: the others get their turn, one after the other.
    hanging.abort();
    for one in waiting {
        assert_eq!(one.await.unwrap().status(), 200);
    }
    let seen =
        eventually("an empty queue", async || Some(queue().await).filter(|one| one.working == 0)).await;
    assert_eq!((seen.waiting, seen.waiting_since, seen.most, seen.refused), (0, None, 2, 1));
    console.is_content();
}

/// A switch waits for those who wait: they are answered by the release that they came to.
#[tokio::test(flavor = "multi_thread")]
async fn a_switch_waits_for_the_queue() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let (old, new) = (tides_with("1.0.0", "", "concurrent = 1"), tides_with("2.0.0", "", ""));
    assert_eq!(bring(&console, "tides", &old).await, TaskOutcome::Done);
    console.put(&new);
    assert_eq!(console.run("n/1", 2, prepare("tides", &new)).await, TaskOutcome::Done);
    let ask = |path: &str| {
        let request = client().get(format!("{}/tides/{path}", server.address));
        tokio::spawn(async move { request.send().await.unwrap().text().await.unwrap() })
    };
    let slow: Vec<_> = (0..4).map(|_| ask("slow")).collect();
    eventually("a queue", async || {
        let all: Queues = read(&server, "/server/v1/queue").await;
        all.modules.iter().any(|one| one.waiting > 0).then_some(())
    })
    .await;
    let last = ask("");
    eventually("the last one in it", async || {
        let all: Queues = read(&server, "/server/v1/queue").await;
        all.modules.iter().any(|one| one.most >= 4).then_some(())
    })
    .await;
    assert_eq!(console.run("n/2", 2, activate(1, "tides", &new)).await, TaskOutcome::Done);
    assert!(get(&format!("{}/tides/", server.address)).await.1.starts_with("tides 2.0.0"));
    for one in slow {
        assert_eq!(one.await.unwrap(), "slow");
    }
    assert!(last.await.unwrap().starts_with("tides 1.0.0"));
    console.is_content();
}
