//! A farm behind a real load balancer and under load: no request fails while it is promoted, rolled back, or one of its front-ends ends.

use crate::common::console::{Console, activate, prepare};
use crate::common::packages::tides;
use crate::common::server::Server;
use crate::common::{eventually, get};
use domain::protocol::TaskOutcome;
use std::net::TcpListener;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// Debian's HAProxy in front of some front-ends; it asks each of them for its health five times a second, and tries nothing twice.
struct Balancer {
    address: String,
    _child: Child,
    _folder: TempDir,
}

impl Balancer {
    async fn start(servers: &[Server]) -> Self {
        let folder = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut text = format!(
            "defaults\n mode http\n retries 0\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n\
             listen farm\n bind 127.0.0.1:{port}\n balance roundrobin\n option httpchk GET /_towpath/health\n \
             default-server inter 200ms fall 1 rise 1\n"
        );
        for (n, server) in servers.iter().enumerate() {
            let address = server.address.trim_start_matches("http://");
            text.push_str(&format!(" server front-{n} {address} check\n"));
        }
        let file = folder.path().join("haproxy.cfg");
        std::fs::write(&file, text).unwrap();
        let child = Command::new("haproxy")
            .args(["-db", "-f"])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("this test needs haproxy (Debian: haproxy), which scripts/test.sh installs");
        let address = format!("http://127.0.0.1:{port}");
        eventually("the load balancer", async || {
            let asked = crate::common::client().get(&address).send().await;
            asked.is_ok_and(|answer| answer.status() == 200).then_some(())
        })
        .await;
        Self { address, _child: child, _folder: folder }
    }
}

/// Sixteen visitors that never rest.
struct Load(Child);

impl Load {
    fn start(address: &str) -> Self {
        let mut command = Command::new("wrk");
        command.args(["-t", "1", "-c", "16", "-d", "600s", "--timeout", "20s", address]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        Self(command.spawn().expect("this test needs wrk (Debian: wrk), which scripts/test.sh installs"))
    }

    /// Lets them go home: how many requests were answered; none of them failed.
    async fn end(self) -> u64 {
        let pid = self.0.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success());
        let output = self.0.wait_with_output().await.unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!told.contains("Non-2xx") && !told.contains("Socket errors"), "{told}");
        let line = told.lines().find(|line| line.contains("requests in")).unwrap_or_else(|| panic!("{told}"));
        println!("{}", told.trim());
        line.split_whitespace().next().and_then(|count| count.parse().ok()).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_while_a_farm_is_promoted_and_rolled_back() {
    let console = Console::start(3).await;
    let mut servers = Vec::new();
    for number in 1..=3 {
        let mut server = Server::enrolled(&console, number).await;
        server.run_with(&["--drain", "1"]).await;
        servers.push(server);
    }
    let (old, new) = (tides("2.3.0", ""), tides("2.4.0", ""));
    for package in [&old, &new] {
        console.put(package);
    }
    assert_eq!(console.run("a/1", 1, prepare("tides", &old)).await, TaskOutcome::Done);
    for server in 1..=3 {
        let done = console.run(&format!("a/{}", server + 1), 1, activate(server, "tides", &old)).await;
        assert_eq!(done, TaskOutcome::Done);
    }
    let balancer = Balancer::start(&servers).await;
    let page = format!("{}/tides/", balancer.address);
    eventually("the farm", async || (get(&page).await.0 == 200).then_some(())).await;
    let load = Load::start(&page);

    assert_eq!(console.run("b/1", 2, prepare("tides", &new)).await, TaskOutcome::Done);
    for server in 1..=3_u128 {
        let (key, address) = (format!("b/{}", server + 1), &servers[server as usize - 1].address);
        console.give(&key, 2, false, activate(server, "tides", &new));
        let health = format!("{address}/_towpath/health");
        eventually("the front-end leaves", async || (get(&health).await.0 == 503).then_some(())).await;
        assert_eq!(get(&format!("{address}/tides/_towpath/health")).await.1, "leaving\n");
        assert!(
            get(&format!("{address}/tides/")).await.1.starts_with("tides 2."),
            "whoever comes is answered"
        );
        assert_eq!(console.end_of(&key).await, TaskOutcome::Done);
        eventually("it is back", async || (get(&health).await.0 == 200).then_some(())).await;
    }
    for server in &servers {
        let about = get(&format!("{}/tides/_towpath/release.json", server.address)).await.1;
        assert!(about.contains(&new.sha256.to_string()), "the same everywhere: {about}");
    }
    // Back again, the last one first.
    for server in (1..=3_u128).rev() {
        let key = format!("b/{}/undo", server + 1);
        assert_eq!(console.run(&key, 2, activate(server, "tides", &old)).await, TaskOutcome::Done);
    }
    for server in &servers {
        assert!(get(&format!("{}/tides/", server.address)).await.1.starts_with("tides 2.3.0"));
    }
    // One of them is ended in order, and comes back.
    servers[2].end().await;
    servers[2].run().await;
    let health = format!("{}/_towpath/health", servers[2].address);
    eventually("it is welcome again", async || (get(&health).await.0 == 200).then_some(())).await;
    // The balancer finds it again, and sends visitors there.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let requests = load.end().await;
    assert!(requests > 100, "{requests} requests");
    console.is_content();
}
