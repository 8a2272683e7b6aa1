//! A console whose database may only be read: it says so, does nothing half, shows what there is, and goes on once it may be written again.

use crate::common::{PASSWORD, client, cookie_of, flash, from_page, package};
use crate::full::token;
use crate::kill::World;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

const SENTENCE: &str = "The console's database cannot be written: its disk is full, or may only be read. Nothing was changed. \
                        Once whoever looks after the console has made room, it works again.";

/// Marks SQLite's file as one that only a newer SQLite may write (byte 18 of its header), which nobody overrides, root neither; or takes that
/// back.
fn let_write(file: &Path, allowed: bool) {
    let byte = if allowed { 2 } else { 3 };
    let catalog = rusqlite::Connection::open(file).unwrap();
    catalog.busy_timeout(Duration::from_secs(10)).unwrap();
    // Whatever others have of the file in memory counts no more afterwards.
    let checkpoint = || catalog.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    for _ in 0..100 {
        checkpoint();
        let mut header = std::fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
        header.seek(SeekFrom::Start(18)).unwrap();
        header.write_all(&[byte]).unwrap();
        checkpoint();
        let mut is = [0];
        header.seek(SeekFrom::Start(18)).unwrap();
        header.read_exact(&mut is).unwrap();
        if is == [byte] {
            return;
        }
    }
    panic!("somebody writes the header all the time");
}

/// Waits for an answer that is as it should be.
async fn until(what: &str, ask: impl AsyncFn() -> Response, wanted: StatusCode) -> Response {
    let mut said = String::new();
    for _ in 0..200 {
        let answer = ask().await;
        if answer.status() == wanted {
            return answer;
        }
        said = format!("{} {}", answer.status(), answer.text().await.unwrap());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: never {wanted}, but {said}");
}

async fn goes_on(mut world: World, let_write: impl AsyncFn(bool)) {
    let token = token(&world).await;
    let mut console = world.serve_at(world.port);
    world.answers().await;
    world.enrol("dev").await;
    world.enrol("test").await;
    let file = package(&world.folder, "desk", "first");
    let run = world.console.publish(&world.local, "harbour", "dev", &file).await.unwrap();
    assert_eq!(world.finished(run.deployment.unwrap()).await, "finished_successful");
    let base = format!("http://127.0.0.1:{}", world.port);
    let sign_in = async || {
        let body = format!("username=ada&password={}", PASSWORD.replace(' ', "+"));
        let request = client().post(format!("{base}/sign-in"));
        from_page(request, &base, "application/x-www-form-urlencoded").body(body).send().await.unwrap()
    };
    let cookie = cookie_of(&sign_in().await).unwrap();
    let page = async |path: &str| {
        client().get(format!("{base}{path}")).header("cookie", &cookie).send().await.unwrap()
    };
    let teams = format!("{base}/api/v1/i/harbour/teams");
    let create = async |name: &str| {
        client().post(&teams).bearer_auth(&token).json(&json!({ "name": name })).send().await.unwrap()
    };
    assert_eq!(create("First").await.status(), 201);

    // A promotion is in the middle: Test's Platform Server has its first step, and answers once nothing can be written.
    world.platforms[1].signal("STOP");
    let promotion = world.promote().await;
    world.reached(promotion, 1).await;
    let_write(false).await;
    let refused = until("a refusal", async || create("Second").await, StatusCode::INSUFFICIENT_STORAGE).await;
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["detail"], SENTENCE);
    world.platforms[1].signal("CONT");
    for _ in 0..3 {
        assert_eq!(create("Second").await.status(), StatusCode::INSUFFICIENT_STORAGE);
    }
    let refused = sign_in().await;
    assert_eq!(cookie_of(&refused), None, "nobody gets a session that is not kept");
    assert_eq!(flash(&refused).unwrap().sentence, SENTENCE);
    // What only reads is answered, on pages and by the API.
    for path in ["/sign-in", "/i/harbour", "/i/harbour/applications/desk", "/i/harbour/environments/test"] {
        let page = page(path).await;
        assert_eq!(page.status(), 200, "{path}");
        let text = page.text().await.unwrap();
        for internal in ["readonly", "read-only", "sqlx", "SQLITE"] {
            assert!(!text.contains(internal), "{path} tells “{internal}”");
        }
    }
    let list: Value = client().get(&teams).bearer_auth(&token).send().await.unwrap().json().await.unwrap();
    assert!(list.to_string().contains("First") && !list.to_string().contains("Second"), "{list}");
    let row = world.console.deployment(&world.local, "harbour", promotion).await.unwrap().row;
    assert_eq!((row.status.as_str(), row.finished_at), ("running", None));
    assert_eq!(world.activations(promotion), [] as [String; 0]);
    assert!(console.is_running(), "it did not die of it");

    let_write(true).await;
    until("a team", async || create("Second").await, StatusCode::CREATED).await;
    let signed_in = sign_in().await;
    assert!(cookie_of(&signed_in).is_some(), "{:?}", flash(&signed_in));
    assert_eq!(world.finished(promotion).await, "finished_successful");
    assert_eq!(world.activations(promotion), [format!("{promotion}/2")], "once");
    for operation in ["deployment.start", "deployment.finish"] {
        assert_eq!(crate::nodes::entries(&world, operation, promotion).await, ["done"], "{operation}");
    }
    let teams = world.console.teams(&world.local, "harbour").await.unwrap();
    let names: Vec<_> = teams.teams.iter().map(|team| team.name.clone()).collect();
    assert_eq!(names, ["First", "Second"]);
    let done = world.outcomes("team.create").await;
    assert_eq!(done.iter().filter(|outcome| *outcome == "done").count(), 2, "{done:?}");
    let store = storage::Store::open(&world.database).await.unwrap();
    crate::killed::holds::chain_holds(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_only_be_read() {
    let world = World::on(None, "").await;
    let file = world.folder.path().join("console.db");
    goes_on(world, async |allowed| let_write(&file, allowed)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_may_only_be_read() {
    let url = storage::testing::postgres_url().await;
    let world = World::on(Some(&url), "").await;
    goes_on(world, async |allowed| storage::testing::let_write(&url, allowed).await).await;
}
