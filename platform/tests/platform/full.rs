//! Disks that are full and catalogs that cannot be written: what runs goes on, what cannot be done is said and leaves nothing, and once there
//! is room again it goes on by itself.

use crate::common::console::{Console, activate, prepare};
use crate::common::packages::{Made, berths, berths_with};
use crate::common::server::Server;
use crate::common::{eventually, get};
use domain::protocol::TaskOutcome;
use domain::text::Sha256;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::time::Duration;

/// More than the catalogs ever write into one file, and less than the packages below.
const LIMIT: &str = "6000000";
const LARGE: usize = 8_000_000;

fn reason(outcome: TaskOutcome) -> String {
    match outcome {
        TaskOutcome::Failed { reason } => reason,
        other => panic!("{other:?}"),
    }
}

/// Bytes that cannot be packed.
fn noise(bytes: usize) -> Vec<u8> {
    let count = u32::try_from(bytes / 32).unwrap();
    (0..count).flat_map(|n| Sha256::of(&(u64::from(n) << 32).to_le_bytes()).0).collect()
}

async fn serves(server: &Server, version: &str) -> bool {
    let (status, page) = get(&format!("{}/berths/", server.address)).await;
    status == 200 && page.contains(&format!("version {version}"))
}

/// A Platform Server that runs version 1.0.0.
async fn running(console: &Console) -> Server {
    let server = Server::start(console, 1).await;
    let good = berths("1.0.0");
    console.put(&good);
    assert_eq!(console.run("d/1", 1, prepare("berths", &good)).await, TaskOutcome::Done);
    assert_eq!(console.run("d/2", 1, activate(1, "berths", &good)).await, TaskOutcome::Done);
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_finds_no_room_is_refused_and_leaves_nothing() {
    let console = Console::start(1).await;
    let mut server = running(&console).await;
    server.limit_files(LIMIT);
    let files = |folder: &str| {
        let entries = std::fs::read_dir(server.path(folder)).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        names
    };
    let (cache, releases) = (files("cache"), files("apps/berths/releases"));
    // One that is too large to be fetched, and one that is too large only once it is unpacked.
    let mut packs = noise(LARGE);
    for (number, piece) in packs.chunks_mut(512).enumerate() {
        if number % 8 > 0 {
            piece.fill(b'a');
        }
    }
    let large: [Made; 2] = [berths_with("1.1.0", &noise(LARGE)), berths_with("1.1.0", &packs)];
    assert!(large[1].size() < 2_000_000);
    for (number, package) in large.iter().enumerate() {
        console.put(package);
        let text = reason(console.run(&format!("e{number}/1"), 2, prepare("berths", package)).await);
        assert!(text.contains("File too large"), "{text}");
        assert_eq!(files("apps/berths/releases"), releases);
        assert_eq!(files("staging").len(), 0);
        assert!(serves(&server, "1.0.0").await);
    }
    // What was fetched whole may stay; nothing half made does.
    let kept = files("cache");
    let whole = std::ffi::OsString::from(format!("{}.oap", large[1].sha256));
    assert!(kept.iter().all(|name| cache.contains(name) || *name == whole), "{kept:?}");
    assert!(server.is_running(), "it did not die of it");

    server.limit_files("unlimited");
    let package = &large[0];
    assert_eq!(console.run("f/1", 3, prepare("berths", package)).await, TaskOutcome::Done);
    assert_eq!(console.run("f/2", 3, activate(1, "berths", package)).await, TaskOutcome::Done);
    assert!(serves(&server, "1.1.0").await);
    assert_eq!(server.activations(), ["d/2", "f/2"]);
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn catalogs_without_room_begin_nothing_and_are_told_of() {
    let console = Console::start(1).await;
    let mut server = running(&console).await;
    let next = berths("1.1.0");
    console.put(&next);
    assert_eq!(console.run("e/1", 2, prepare("berths", &next)).await, TaskOutcome::Done);
    // Not one more byte, in any file.
    server.limit_files("1");
    console.give("e/2", 2, false, activate(1, "berths", &next));
    let told = async |works: bool| {
        let statuses = console.statuses();
        let services = statuses.first().map(|status| status.services.clone()).unwrap_or_default();
        let deployment =
            services.iter().any(|service| service.service.as_str() == "deployment" && service.running);
        (!services.is_empty() && deployment == works).then_some(())
    };
    eventually("word that the deployment service has stopped", async || told(false).await).await;
    assert!(serves(&server, "1.0.0").await, "what runs goes on");
    assert_eq!(server.activations(), ["d/2"], "and nothing was begun");
    assert!(server.is_running());

    server.limit_files("unlimited");
    assert_eq!(console.end_of("e/2").await, TaskOutcome::Done);
    assert!(serves(&server, "1.1.0").await);
    assert_eq!(server.activations(), ["d/2", "e/2"], "once");
    eventually("word that it works again", async || told(true).await).await;
    console.is_content();
}

/// Marks a catalog as one that only a newer SQLite may write (byte 18 of its header), which nobody overrides, root neither; or takes that back.
fn let_write(server: &Server, allowed: bool) {
    let catalog = server.catalog("platform.sqlite");
    catalog.busy_timeout(Duration::from_secs(10)).unwrap();
    catalog.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(catalog);
    let mut file = std::fs::OpenOptions::new().write(true).open(server.path("platform.sqlite")).unwrap();
    file.seek(SeekFrom::Start(18)).unwrap();
    file.write_all(&[if allowed { 2 } else { 3 }]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_that_may_only_be_read_is_named_and_nothing_starts() {
    let console = Console::start(1).await;
    let mut server = running(&console).await;
    server.kill().await;
    let_write(&server, false);
    let said = server.refusal().await;
    assert!(said.contains("platform.sqlite failed: attempt to write a readonly database"), "{said}");
    let_write(&server, true);
    server.run().await;
    eventually("what ran before", async || serves(&server, "1.0.0").await.then_some(())).await;
    assert_eq!(server.activations(), ["d/2"]);
}
