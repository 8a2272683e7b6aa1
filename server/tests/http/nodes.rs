//! Several consoles, each a program of its own, on one PostgreSQL: what one of them lost while it was stopped it does not get back, and never
//! do two deployments run at once that must not.

use crate::common::{package, package_with};
use crate::kill::{Process, World};
use domain::id::DeploymentId;
use operations::EnvironmentInput;
use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use storage::Store;
use tokio::net::TcpStream;
use tokio::sync::watch;

/// What stands before the consoles: whoever comes is led to one of them, and who was led to another one before is cut off.
struct Gate {
    port: u16,
    to: Arc<AtomicU16>,
    changed: watch::Sender<()>,
}

impl Gate {
    async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (to, changed) = (Arc::new(AtomicU16::new(0)), watch::Sender::new(()));
        let (target, changes) = (Arc::clone(&to), changed.subscribe());
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (target, mut changes) = (target.load(Ordering::SeqCst), changes.clone());
                changes.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(("127.0.0.1", target)).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = changes.changed() => {}
                    }
                });
            }
        });
        Self { port, to, changed }
    }

    fn lead_to(&self, port: u16) {
        self.to.store(port, Ordering::SeqCst);
        self.changed.send_replace(());
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A console with a port of its own, which answers.
async fn console(world: &World) -> (Process, u16) {
    let port = free_port();
    let process = world.serve_at(port);
    world.answers_at(port).await;
    (process, port)
}

/// Who holds a deployment: the fence and the owner of its lease.
pub async fn holds(store: &Store, id: DeploymentId) -> (u64, Option<String>) {
    let mut tx = store.read().await.unwrap();
    let row = storage::deployments::by_id(&mut tx, id).await.unwrap().unwrap();
    (row.fence, row.lease_owner)
}

/// What the log has of an operation on a deployment: the outcome of each entry.
pub async fn entries(world: &World, operation: &str, id: DeploymentId) -> Vec<String> {
    let query = operations::AuditQuery {
        operation: Some(operation.to_owned()),
        object: Some(("deployment".to_owned(), id.to_string())),
        ..operations::AuditQuery::default()
    };
    let found = world.console.audit(&world.local, "harbour", &query).await.unwrap();
    found.entries.rows.into_iter().map(|row| row.outcome).collect()
}

const SHORT: &str = "lease-seconds = 2\nrenew-seconds = 1\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_console_that_was_stopped_past_its_lease_changes_nothing_more() {
    let url = storage::testing::postgres_url().await;
    let store = Store::open(&url).await.unwrap();
    let mut world = World::on(Some(&url), SHORT).await;
    let gate = Gate::open().await;
    world.port = gate.port;
    let (first, port) = console(&world).await;
    gate.lead_to(port);
    world.enrol("dev").await;
    world.enrol("test").await;
    let file = package(&world.folder, "one", "first");
    let run = world.console.publish(&world.local, "harbour", "dev", &file).await.unwrap();
    assert_eq!(world.finished(run.deployment.unwrap()).await, "finished_successful");

    // Test's Platform Server answers nothing, so that the deployment surely runs when its console is stopped.
    world.platforms[1].signal("STOP");
    let plan = world.console.make_plan(&world.local, "harbour", "dev", "test", &[]).await.unwrap();
    let digest = world.console.plan(&world.local, "harbour", plan).await.unwrap().digest;
    let run = world.console.start_plan(&world.local, "harbour", plan, &digest).await.unwrap();
    world.reached(run, 1).await;
    let held = holds(&store, run).await;
    assert!(held.1.is_some(), "{held:?}");
    first.signal("STOP");
    let (_second, port) = console(&world).await;
    gate.lead_to(port);
    let taken = async {
        loop {
            let now = holds(&store, run).await;
            if now.0 > held.0 && now.1.is_some() && now.1 != held.1 {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let taken = tokio::time::timeout(Duration::from_secs(60), taken).await.expect("somebody takes over");

    // It wakes up, and believes that it holds the deployment: for three renewals nothing of that is written.
    first.signal("CONT");
    for _ in 0..30 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = holds(&store, run).await;
        assert_eq!(now, taken, "it stays with who took it over");
    }
    world.platforms[1].signal("CONT");
    assert_eq!(world.finished(run).await, "finished_successful");
    assert_eq!(world.activations(run), [format!("{run}/2")], "once");
    let steps = world.console.deployment(&world.local, "harbour", run).await.unwrap().steps;
    assert!(steps.iter().all(|step| step.state == "done" && !step.back), "{steps:?}");
    for operation in ["deployment.start", "deployment.finish"] {
        assert_eq!(entries(&world, operation, run).await, ["done"], "{operation}");
    }
    // Both of them work on, one of them at a time for each deployment.
    let file = package(&world.folder, "one", "second");
    let run = world.console.publish(&world.local, "harbour", "dev", &file).await.unwrap().deployment.unwrap();
    assert_eq!(world.finished(run).await, "finished_successful");
    assert_eq!(entries(&world, "deployment.finish", run).await, ["done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_consoles_never_run_at_once_what_must_not() {
    three_consoles(100).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a part of `make soak`: it takes many minutes"]
async fn three_consoles_never_run_at_once_what_must_not_a_thousand_times() {
    three_consoles(1000).await;
}

/// So many promotions, shared over five applications.
async fn three_consoles(promotions: usize) {
    let url = storage::testing::postgres_url().await;
    let store = Store::open(&url).await.unwrap();
    let mut world = World::on(Some(&url), SHORT).await;
    let gate = Gate::open().await;
    world.port = gate.port;
    let mut consoles = Vec::new();
    for _ in 0..3 {
        consoles.push(console(&world).await);
    }
    gate.lead_to(consoles[0].1);
    world.enrol("dev").await;
    world.enrol("test").await;
    let limit = 3;
    let input = EnvironmentInput {
        name: "Test".into(),
        purpose: "test".into(),
        topology: "standalone".into(),
        deployments_at_once: Some(limit.to_string()),
        ..EnvironmentInput::default()
    };
    world.console.change_environment(&world.local, "harbour", "test", &input).await.unwrap();
    let produces = "[[modules.produces]]\nname = \"Skin\"\nkind = \"theme\"\nsignature = \"1\"\n";
    let consumes = "[[modules.consumes]]\napplication = \"theme\"\nmodule = \"theme\"\nelement = \"Skin\"\nsignature = \"1\"\n";
    let applications = [("theme", produces), ("desk", consumes), ("one", ""), ("two", ""), ("three", "")];
    for (key, extra) in applications {
        let file = package_with(&world.folder, key, extra, "first");
        let run = world.console.publish(&world.local, "harbour", "dev", &file).await.unwrap();
        assert_eq!(world.finished(run.deployment.unwrap()).await, "finished_successful");
    }
    let plan = world.console.make_plan(&world.local, "harbour", "dev", "test", &[]).await.unwrap();
    let digest = world.console.plan(&world.local, "harbour", plan).await.unwrap().digest;
    let run = world.console.start_plan(&world.local, "harbour", plan, &digest).await.unwrap();
    assert_eq!(world.finished(run).await, "finished_successful");

    // Each is deployed once more and once more; more wait than may run.
    let home = storage::infrastructures::by_key(&mut store.read().await.unwrap(), "harbour").await;
    let home = home.unwrap().unwrap().id;
    let (mut owners, mut runs) = (BTreeSet::new(), BTreeMap::new());
    let mut open = async || {
        let open = storage::deployments::open(&mut store.read().await.unwrap(), home).await.unwrap();
        let count = open.len();
        owners.extend(open.into_iter().filter_map(|row| row.lease_owner));
        count
    };
    for n in 0..promotions {
        while open().await > 3 * limit {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let key = applications[n % applications.len()].0;
        let chosen = [key.to_owned()];
        let plan = world.console.make_plan(&world.local, "harbour", "dev", "test", &chosen).await.unwrap();
        world.console.edit_plan(&world.local, "harbour", plan, key, "redeploy").await.unwrap();
        let digest = world.console.plan(&world.local, "harbour", plan).await.unwrap().digest;
        let id = world.console.start_plan(&world.local, "harbour", plan, &digest).await.unwrap();
        runs.insert(id, key);
    }
    while open().await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut spans = BTreeMap::new();
    for id in runs.keys() {
        let mut tx = store.read().await.unwrap();
        let row = storage::deployments::by_id(&mut tx, *id).await.unwrap().unwrap();
        assert_eq!(row.status, "finished_successful", "{}", row.message);
        spans.insert(*id, (row.started_at.unwrap(), row.finished_at.unwrap()));
    }
    let together = |a: &str, b: &str| a == b || [a, b].iter().all(|key| ["theme", "desk"].contains(key));
    for (one, (from, to)) in &spans {
        let beside: Vec<_> = spans.iter().filter(|(_, (start, end))| start < to && from < end).collect();
        for (other, _) in beside.iter().filter(|(other, _)| *other != one) {
            assert!(!together(runs[one], runs[*other]), "{} and {} ran at once", runs[one], runs[*other]);
        }
        // At the moment when it began.
        let open = spans.values().filter(|(start, end)| start <= from && from < end).count();
        assert!(open <= limit, "{open} ran at once");
        assert_eq!(world.activations(*one).len(), 1, "{}", runs[one]);
        assert_eq!(entries(&world, "deployment.finish", *one).await, ["done"]);
    }
    assert!(owners.len() > 1, "one console alone carried everything out");
    println!("{promotions} promotions by {} consoles", owners.len());
}
