//! A process that is killed while it writes loses nothing that it had acknowledged, and keeps nothing by halves.

use domain::access::{Actor, Requirement, decide};
use domain::audit::{Entry, Object, Origin, Outcome};
use domain::time::Timestamp;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use storage::audit::{AuditFilter, AuditScope};
use storage::infrastructures::{self, InfrastructureRow};
use storage::{Store, audit, changes, testing};
use uuid::Uuid;

const URL: &str = "TOWPATH_TEST_KILL_URL";
const ROUND: &str = "TOWPATH_TEST_KILL_ROUND";
const WRITERS: u128 = 8;

/// Makes an infrastructure with its entry and a notice, all with numbers of their own.
async fn change(store: &Store, number: u128) {
    let id = Uuid::from_u128(number);
    let grant = decide(Actor::LocalOperator, None, &Requirement::Local).unwrap();
    let mut tx = store.begin_change().await.unwrap().authorised(grant);
    let row = InfrastructureRow {
        id: id.into(),
        key: format!("i{number}").parse().unwrap(),
        name: format!("Infrastructure {number}").parse().unwrap(),
        created_at: Timestamp(1),
    };
    infrastructures::insert(&mut tx, &row).await.unwrap();
    tx.notice("test", id);
    let entry = Entry {
        id: id.into(),
        at: Timestamp(1),
        actor: Actor::LocalOperator,
        actor_name: "local operator".to_owned(),
        origin: Origin::default(),
        operation: "infrastructure.create".to_owned(),
        infrastructure: None,
        object: Object::new("infrastructure", id, "x"),
        related: vec![],
        outcome: Outcome::Done,
        before: serde_json::Value::Null,
        after: serde_json::Value::Null,
    };
    tx.commit(entry).await.unwrap();
}

/// The process that is killed: it writes without end, and says of each change when it is acknowledged.
fn write_until_killed(url: &str) -> ! {
    let round: u128 = std::env::var(ROUND).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(url).await.unwrap();
        for writer in 0..WRITERS {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0.. {
                    let number = (round * WRITERS + writer) * 1_000_000 + n + 1;
                    change(&store, number).await;
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "acknowledged {number} .").unwrap();
                    out.flush().unwrap();
                }
            });
        }
        let sequencer = async {
            loop {
                store.sequence_audit(20).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        sequencer.await
    })
}

/// Starts the writer, kills it after so many acknowledgements, and gives all that it acknowledged.
fn killed_after(url: &str, round: u32, acknowledgements: usize) -> Vec<u128> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "what_is_acknowledged_survives_a_kill", "--nocapture"])
        .env(URL, url)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut numbers = Vec::new();
    let mut alive = true;
    // What it wrote before it was killed is read to the end.
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(number) = line.strip_prefix("acknowledged ").and_then(|rest| rest.strip_suffix(" .")) {
            numbers.push(number.parse().unwrap());
        }
        if alive && numbers.len() >= acknowledgements {
            child.kill().unwrap();
            alive = false;
        }
    }
    assert!(!child.wait().unwrap().success());
    assert!(numbers.len() >= acknowledgements, "the writer ended before it was killed");
    numbers
}

async fn holds(url: &str, acknowledged: &[u128]) {
    let store = Store::open(url).await.unwrap();
    while store.sequence_audit(1000).await.unwrap() > 0 {}
    let mut tx = store.read().await.unwrap();
    for number in acknowledged {
        let id = Uuid::from_u128(*number);
        assert!(infrastructures::by_id(&mut tx, id.into()).await.unwrap().is_some(), "{number} is lost");
    }
    let all = infrastructures::list(&mut tx).await.unwrap();
    for row in &all {
        let entry = audit::by_id(&mut tx, row.id.0.into()).await.unwrap();
        assert!(entry.is_some_and(|entry| entry.number.is_some()), "{} has no entry", row.key);
    }
    let head = audit::head(&mut tx).await.unwrap();
    assert_eq!(head.number, all.len() as u64, "entries without their change");
    assert_eq!(changes::latest(&mut tx).await.unwrap(), all.len() as u64, "notices without their change");
    let chained = audit::chained(&mut tx, 0, u32::MAX).await.unwrap();
    let mut hash = domain::audit::GENESIS;
    for (row, number) in chained.iter().zip(1..) {
        hash = domain::audit::chain(number, &hash, row.canonical.as_bytes());
        assert_eq!(row.hash.as_deref(), Some(hex::encode(hash).as_str()));
    }
    let everything = AuditScope::Of(vec![None]);
    assert!(audit::count(&mut tx, &everything, &AuditFilter::default()).await.unwrap().n > 0);
}

#[test]
fn what_is_acknowledged_survives_a_kill() {
    if let Ok(url) = std::env::var(URL) {
        write_until_killed(&url);
    }
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("console.sqlite").display());
    runtime.block_on(async { Store::open(&sqlite).await.unwrap().migrate().await.unwrap() });
    let postgres = runtime.block_on(testing::postgres_url());
    for url in [sqlite, postgres] {
        let mut acknowledged = Vec::new();
        for (round, after) in [1, 40, 100].into_iter().enumerate() {
            acknowledged.extend(killed_after(&url, round as u32, after));
            runtime.block_on(holds(&url, &acknowledged));
        }
    }
}
