//! Server.API for anybody: what it answers is what its document says, and the document is the one in `docs`.

use crate::common::client;
use crate::common::console::{Console, activate, prepare};
use crate::common::eventually;
use crate::common::packages::tides;
use crate::common::server::{BIN, Server};
use domain::protocol::TaskOutcome;
use domain::server_api::applications::{Application, Applications, Versions};
use domain::server_api::deployments::{Action, Deployments};
use domain::server_api::health::Health;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;

fn docs(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Two front-ends with an application on both, and whoever wants to be asked.
async fn farm() -> (Console, Server, Server) {
    let console = Console::start(2).await;
    let controller = Server::start(&console, 1).await;
    let member = Server::start(&console, 2).await;
    let package = tides("1.2.0", "");
    console.put(&package);
    assert_eq!(console.run("d/1", 1, prepare("tides", &package)).await, TaskOutcome::Done);
    for (key, server) in [("d/2", 1), ("d/3", 2)] {
        assert_eq!(console.run(key, 1, activate(server, "tides", &package)).await, TaskOutcome::Done);
    }
    (console, controller, member)
}

#[test]
fn the_document_in_docs_is_the_one_of_the_code() {
    let printed = std::process::Command::new(BIN).arg("openapi").output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(
        printed == docs("server-api.json"),
        "docs/server-api.json is old; write it with: cargo run -p platform -- openapi >docs/server-api.json"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_document_is_there_and_asks_for_its_scope() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let document = client().get(format!("{}/server/v1/openapi.json", server.api)).send().await.unwrap();
    let document: Value = document.json().await.unwrap();
    assert_eq!(document, serde_json::from_str::<Value>(&docs("server-api.json")).unwrap());
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let all = server.add_client("all", "deploy,logs,read,timers,timers.run").await.token(&server).await;
    let mut open = Vec::new();
    let mut scoped = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place =
                path.replace("{sha256}", &"0".repeat(64)).replace("{application}", "x").replace("{key}", "x");
            let method: reqwest::Method = method.to_uppercase().parse().unwrap();
            let send = async |token: Option<&str>| {
                let request = client().request(method.clone(), format!("{}{place}", server.api));
                let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
                let answer = request.send().await.unwrap();
                (answer.status().as_u16(), answer.text().await.unwrap())
            };
            let scope =
                operation["security"].as_array().unwrap().first().and_then(|one| one["token"][0].as_str());
            let Some(scope) = scope else {
                open.push(path.as_str());
                assert_ne!(send(None).await.0, 405, "{method} {path}");
                continue;
            };
            scoped += 1;
            let said = send(None).await;
            assert_eq!(said, (401, "Server.API wants a token of Server.Identity.\n".to_owned()), "{path}");
            let others = ["deploy", "logs", "read", "timers", "timers.run"]
                .into_iter()
                .filter(|other| *other != scope);
            let name = format!("no-{scoped}");
            let without =
                server.add_client(&name, &others.collect::<Vec<_>>().join(",")).await.token(&server).await;
            let (status, said) = send(Some(&without)).await;
            assert_eq!(status, 403, "{path}: {said}");
            assert!(said.contains(&format!("“{scope}”")), "{path}: {said}");
            let (status, said) = send(Some(&all)).await;
            assert!(![401, 403, 405].contains(&status) && status < 500, "{path}: {status} {said}");
        }
    }
    assert_eq!(open, ["/identity/v1/token", "/server/v1/announcement", "/server/v1/openapi.json"]);
    assert!(scoped >= 9);
    for path in ["/server/v1/no", "/server/v1/status/x", "/"] {
        assert_eq!(server.ask(path, &all).await.status, 404, "{path}");
    }
}

/// Every reference of the document leads somewhere.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(all) => all.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_is_what_the_document_says() {
    let (console, controller, member) = farm().await;
    let document: Value = serde_json::from_str(&docs("server-api.json")).unwrap();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 10);
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let token = controller.add_client("all", "read").await.token(&controller).await;
    let sound = async |server: &Server, path: &str, question: &str| {
        let place = path.replace("{key}", "tides") + question;
        let answered = server.ask(&place, &token).await;
        assert_eq!(answered.status, 200, "{place}: {}", answered.body);
        let answer: Value = serde_json::from_str(&answered.body).unwrap();
        let at =
            format!("/paths/{}/get/responses/200/content/application~1json/schema", path.replace('/', "~1"));
        let mut schema = document.pointer(&at).unwrap_or_else(|| panic!("{at}")).clone();
        schema["components"] = document["components"].clone();
        let schema = jsonschema::validator_for(&schema).unwrap();
        let wrong: Vec<String> = schema.iter_errors(&answer).map(|error| format!("{error}")).collect();
        assert!(wrong.is_empty(), "{place}: {wrong:?}\n{answer:#}");
        assert!(!schema.is_valid(&json!({})), "{place}: the schema says something");
        answered.body
    };
    fn read<T: DeserializeOwned>(text: String) -> T {
        serde_json::from_str(&text).unwrap()
    }
    for server in [&controller, &member] {
        for path in ["/server/v1/status", "/server/v1/modules", "/server/v1/health", "/server/v1/deployments"]
        {
            sound(server, path, "").await;
        }
        let all: Applications = read(sound(server, "/server/v1/applications", "").await);
        let one: Application = read(sound(server, "/server/v1/applications/{key}", "").await);
        assert_eq!(all.applications, std::slice::from_ref(&one));
        assert_eq!((one.name.as_str(), one.ready, one.modules.len()), ("Tides", true, 1));
        assert_eq!(one.version.unwrap().to_string(), "1.2.0");
        assert_eq!(one.modules[0].virtual_directory.to_string(), "/tides");
        let versions: Versions = read(sound(server, "/server/v1/applications/{key}/versions", "").await);
        assert_eq!(versions.versions.len(), 1);
        assert!(versions.versions[0].running && versions.versions[0].activated_at == Some(one.since));
    }

    // Both front-ends tell of the environment: the one asks the other.
    let health = "/server/v1/health";
    let known: Health = eventually("that the controller knows both", async || {
        let known: Health = read(sound(&controller, health, "").await);
        (known.servers.len() == 2 && known.servers[1].reachable).then_some(known)
    })
    .await;
    let names: Vec<_> = known.servers.iter().map(|one| (one.name.as_str(), one.controller)).collect();
    assert_eq!(names, [("test-1", true), ("test-2", false)]);
    assert!(known.servers[0].services.iter().all(|service| service.running), "{known:?}");
    let passed: Health = read(sound(&member, health, "?of=environment").await);
    assert_eq!(passed.servers.len(), 2);
    let own: Health = read(sound(&member, health, "").await);
    assert_eq!(own.servers.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["test-2"]);
    let own: Health = read(sound(&controller, health, "?of=server").await);
    assert_eq!(own.servers.len(), 1);

    // Pages, newest first.
    let (mut keys, mut question) = (Vec::new(), "?limit=1".to_owned());
    loop {
        let page: Deployments = read(sound(&controller, "/server/v1/deployments", &question).await);
        assert!(page.deployments.len() <= 1);
        keys.extend(
            page.deployments.into_iter().map(|one| (one.key, one.action, one.state, one.ended_at.is_some())),
        );
        let Some(next) = page.next else { break };
        question = format!("?limit=1&after={next}");
    }
    let done = |key: &str, action| (key.to_owned(), action, "done".to_owned(), true);
    let wanted = [done("d/3", Action::Activate), done("d/2", Action::Activate), done("d/1", Action::Prepare)];
    assert_eq!(keys, wanted);
    let deployments = async |server: &Server, question: &str| -> Vec<String> {
        let page: Deployments = read(sound(server, "/server/v1/deployments", question).await);
        page.deployments.into_iter().map(|one| one.key).collect()
    };
    assert_eq!(deployments(&controller, "?of=server").await, ["d/2"]);
    assert_eq!(deployments(&member, "").await, ["d/3"]);
    assert_eq!(deployments(&member, "?of=environment&application=tides").await, ["d/3", "d/2", "d/1"]);
    assert_eq!(deployments(&controller, "?application=berths").await, [] as [&str; 0]);

    for (path, status, sentence) in [
        ("/server/v1/applications/berths", 404, "The application “berths” does not run on test-1.\n"),
        ("/server/v1/applications/berths/versions", 404, "No release of “berths” lies on test-1.\n"),
        ("/server/v1/deployments?after=x", 400, "“after” is to be the “next” of the page before."),
        ("/server/v1/deployments?limit=0", 400, "“limit” is to be a whole number from 1 to 200"),
        ("/server/v1/health?of=all", 400, "unknown variant `all`"),
    ] {
        let said = controller.ask(path, &token).await;
        assert_eq!(said.status, status, "{path}: {}", said.body);
        assert!(said.body.contains(sentence), "{path}: {}", said.body);
    }
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_page_do_what_it_says() {
    let (console, controller, member) = farm().await;
    let page = docs("server-api.md");
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let script: String = blocks.collect();
    let folder = tempfile::tempdir().unwrap();
    let bin = Path::new(BIN).parent().unwrap().to_str().unwrap();
    let path = format!("{bin}:{}", std::env::var("PATH").unwrap_or_default());
    // The controller has heard of the other front-end by then.
    eventually("the other front-end", async || {
        let known = console.statuses();
        (known.len() == 2 && known.iter().all(|one| one.reachable)).then_some(())
    })
    .await;
    let ended = tokio::process::Command::new("sh")
        .args(["-euc", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("no_proxy", "127.0.0.1")
        .env("DATA", controller.folder.path())
        .env("CONTROLLER", &controller.api)
        .env("FRONT_END", &member.api)
        .output()
        .await
        .unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{said}\n{wrong}");
    for part in [
        "nightly",
        r#""applications":[{"key":"tides""#,
        r#""running":true"#,
        r#""kind":"process""#,
        "d/1",
        "gets no token any more",
    ] {
        assert!(said.contains(part), "{part} is missing: {said}\n{wrong}");
    }
}
