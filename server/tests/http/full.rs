//! A console whose disk is full: it says so, keeps nothing half, and works again once there is room.

use crate::common::client;
use crate::kill::{Process, World};
use domain::token::Scope;
use operations::{AuditQuery, NewToken};
use reqwest::Response;
use serde_json::{Value, json};
use std::process::Command;

/// How long a file may be that the process writes from now on: so many bytes, or `unlimited`.
fn limit_files(process: &Process, bytes: &str) {
    let (pid, limit) = (process.id().to_string(), format!("--fsize={bytes}:unlimited"));
    assert!(Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap().success());
}

/// A token of somebody who may do everything.
pub async fn token(world: &World) -> String {
    let roles = world.console.roles(&world.local, "harbour").await.unwrap().roles;
    let role = roles.iter().find(|role| role.name == "Administrator").unwrap().id;
    let id = world.console.create_service_account(&world.local, "harbour", "ci", "ci", role).await.unwrap();
    let new = NewToken { name: "test".into(), scopes: Scope::ALL.to_vec(), days: 1 };
    world.console.create_token(&world.local, "harbour", id, new).await.unwrap().token.reveal().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_without_room_says_so_and_works_again_with_it() {
    let world = World::on(None, "").await;
    let token = token(&world).await;
    let mut console = world.serve_at(world.port);
    world.answers().await;
    let base = format!("http://127.0.0.1:{}", world.port);
    let create = async |name: &str| -> Response {
        let request = client().post(format!("{base}/api/v1/i/harbour/teams")).bearer_auth(&token);
        request.json(&json!({ "name": name })).send().await.unwrap()
    };
    assert_eq!(create("First").await.status(), 201);
    limit_files(&console, "1");
    for _ in 0..3 {
        let refused = create("Second").await;
        assert_eq!(refused.status(), 507);
        let problem: Value = refused.json().await.unwrap();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("its disk is full, or may only be read. Nothing was changed."), "{detail}");
    }
    let page = client().get(format!("{base}/sign-in")).send().await.unwrap();
    assert_eq!(page.status(), 200, "what needs no room is answered");
    assert!(console.is_running(), "it did not die of it");

    limit_files(&console, "unlimited");
    assert_eq!(create("Second").await.status(), 201);
    let teams = world.console.teams(&world.local, "harbour").await.unwrap();
    let names: Vec<_> = teams.teams.iter().map(|team| team.name.clone()).collect();
    assert_eq!(names, ["First", "Second"]);
    let query = AuditQuery { operation: Some("team.create".into()), ..AuditQuery::default() };
    let entries = world.console.audit(&world.local, "harbour", &query).await.unwrap().entries.rows;
    let done: Vec<_> =
        entries.iter().filter(|row| row.outcome == "done").map(|row| &row.object_name).collect();
    assert_eq!(done, ["Second", "First"], "each once");
}
