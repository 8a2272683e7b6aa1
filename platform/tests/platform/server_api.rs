//! Server.API for anybody: what it answers is what its document says, and the document is the one in `docs`.

use crate::common::api::{signed, token};
use crate::common::client;
use crate::common::console::{Console, activate, prepare};
use crate::common::document::{DOCUMENT, check, docs};
use crate::common::eventually;
use crate::common::packages::tides;
use crate::common::server::{BIN, Server};
use domain::protocol::TaskOutcome;
use domain::server_api::applications::{Application, Applications, Versions};
use domain::server_api::deployments::{Action, Deployments};
use domain::server_api::health::Health;
use domain::server_api::scope::Scope;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;

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

/// Who is let in by every route. Here as literals: whoever changes the table says so once more.
const ACCESS: &[(&str, &str, &str)] = &[
    ("get", "/server/v1/status", "read"),
    ("get", "/server/v1/applications", "read"),
    ("get", "/server/v1/applications/{key}", "read"),
    ("get", "/server/v1/applications/{key}/versions", "read"),
    ("get", "/server/v1/modules", "read"),
    ("get", "/server/v1/health", "read"),
    ("get", "/server/v1/deployments", "read"),
    ("get", "/server/v1/queue", "read"),
    ("get", "/server/v1/logs", "logs"),
    ("get", "/server/v1/timers", "timers"),
    ("get", "/server/v1/timers/{application}/{key}/runs", "timers"),
    ("get", "/server/v1/jobs", "timers"),
    ("get", "/server/v1/emails", "timers"),
    ("post", "/server/v1/timers/{application}/{key}/run", "timers.run"),
    ("put", "/server/v1/releases/{application}/{sha256}", "deploy"),
    ("post", "/server/v1/switch", "deploy"),
    ("get", "/server/v1/work", "controller"),
    ("post", "/server/v1/work", "controller"),
    ("post", "/server/v1/announcement", "front-end"),
    ("post", "/server/v1/arrival", "front-end"),
    ("post", "/server/v1/turn", "front-end"),
    ("post", "/server/v1/enqueue", "front-end"),
    ("post", "/identity/v1/token", "client"),
    ("get", "/server/v1/openapi.json", "anybody"),
];

/// What the document says of that.
fn access(operation: &Value) -> String {
    let security = operation["security"].as_array().unwrap();
    let Some(one) = security.first() else { return "anybody".to_owned() };
    assert_eq!((security.len(), one.as_object().unwrap().len()), (1, 1), "{operation}");
    match one.as_object().unwrap().iter().next().unwrap() {
        (name, scopes) if name == "token" => scopes[0].as_str().unwrap_or("controller").to_owned(),
        (name, _) => name.replace('_', "-"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_whom_its_line_says_and_nobody_else() {
    let console = Console::start(2).await;
    let controller = Server::start(&console, 1).await;
    let member = Server::start(&console, 2).await;
    let document = client().get(format!("{}/server/v1/openapi.json", member.api)).send().await.unwrap();
    let document: Value = document.json().await.unwrap();
    assert_eq!(document, *DOCUMENT);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut said: Vec<(String, String, String)> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            said.push((method.clone(), path.clone(), access(operation)));
        }
    }
    let mut wanted: Vec<_> =
        ACCESS.iter().map(|(m, p, a)| ((*m).to_owned(), (*p).to_owned(), (*a).to_owned())).collect();
    said.sort();
    wanted.sort();
    assert_eq!(said, wanted);

    // Everybody with a token, and what he is: a client with one scope is called so, whoever is not to be let in anywhere is nobody.
    let clients = {
        let mut clients = Vec::new();
        for scope in Scope::ALL {
            let name = scope.word().replace('.', "-");
            let token = controller.add_client(&name, scope.word()).await.token(&controller).await;
            clients.push((scope.word(), token));
        }
        let words: Vec<&str> = Scope::ALL.iter().map(|scope| scope.word()).collect();
        let all = controller.add_client("all", &words.join(",")).await;
        clients.push(("all", all.token(&controller).await));
        clients
    };
    // The controller knows the member's key from the console by now.
    eventually("the other front-end", async || {
        let known = console.statuses();
        (known.len() == 2 && known.iter().all(|one| one.reachable)).then_some(())
    })
    .await;
    for (server, number) in [(&controller, 1), (&member, 2)] {
        let mut callers = clients.clone();
        callers.push(("controller", token(&controller, number, 1)));
        callers.push(("nobody: for another front-end", token(&controller, 3 - number, 1)));
        callers.push(("nobody: of an epoch that is over", token(&controller, number, 0)));
        callers.push(("nobody: signed by a front-end", token(&member, number, 1)));
        callers.push(("nobody: a word", "x".to_owned()));
        for (method, path, access) in ACCESS {
            let place =
                path.replace("{sha256}", &"0".repeat(64)).replace("{application}", "x").replace("{key}", "x");
            let request = || {
                let method: reqwest::Method = method.to_uppercase().parse().unwrap();
                client().request(method, format!("{}{place}", server.api))
            };
            let sent = async |request: reqwest::RequestBuilder| {
                let answer = request.send().await.unwrap();
                (answer.status().as_u16(), answer.text().await.unwrap())
            };
            let takes_tokens = !["front-end", "client", "anybody"].contains(access);
            let without = sent(request()).await;
            if takes_tokens {
                let sentence = "Server.API wants a token of Server.Identity.\n";
                assert_eq!(without, (401, sentence.to_owned()), "{method} {path}");
            }
            for (caller, token) in &callers {
                let (status, said) = sent(request().bearer_auth(token)).await;
                let context = format!("{method} {path} at {number} by {caller}: {status} {said}");
                if !takes_tokens {
                    // A token opens nothing here: what is answered is what everybody hears, and a pause after too many.
                    assert!(status == without.0 || *access == "client" && status == 429, "{context}");
                } else if caller.starts_with("nobody") {
                    assert_eq!(status, 401, "{context}");
                } else if *caller == *access
                    || *caller == "controller"
                    || (*caller == "all" && *access != "controller")
                {
                    assert!(![401, 403, 405].contains(&status) && status < 500, "{context}");
                } else {
                    assert_eq!(status, 403, "{context}");
                    assert!(*access == "controller" || said.contains(&format!("“{access}”")), "{context}");
                }
            }
            // A front-end signs: that opens what front-ends tell their controller, and nothing else.
            let body = json!({ "api_address": member.api, "public_address": member.address }).to_string();
            let both = (*method, place.as_str());
            let own = sent(signed(request(), (&member, 2), both, body.as_bytes())).await.0;
            let stranger = sent(signed(request(), (&member, 1), both, body.as_bytes())).await.0;
            match (*access, number) {
                // What it sends is no job and no e-mail.
                ("front-end", 1) if path.ends_with("enqueue") => {
                    assert_eq!((own, stranger), (422, 401), "{path}")
                }
                // An announcement is neither an arrival nor a wish to leave.
                ("front-end", 1) if path.ends_with("arrival") || path.ends_with("turn") => {
                    assert_eq!((without.0, own, stranger), (401, 400, 401), "{path}")
                }
                ("front-end", 1) => assert_eq!((without.0, own, stranger), (401, 204, 401), "{path}"),
                ("front-end", _) => assert_eq!((without.0, own, stranger), (404, 404, 404), "{path}"),
                ("client", 1) => assert_eq!((without.0, own, stranger), (400, 429, 429)),
                ("client", _) => assert_eq!((without.0, own, stranger), (404, 404, 404)),
                ("anybody", _) => assert_eq!((without.0, own, stranger), (200, 200, 200)),
                _ => assert_eq!((own, stranger), (401, 401), "{path}"),
            }
        }
        for path in ["/server/v1/no", "/server/v1/status/x", "/"] {
            assert_eq!(server.ask_with(path, &callers[0].1).await.status, 404, "{path}");
        }
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
    let mut found = Vec::new();
    references(&DOCUMENT, &mut found);
    assert!(found.len() > 10);
    for reference in found {
        assert!(DOCUMENT.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let all = controller.add_client("all", "read,logs").await.token(&controller).await;
    // Whatever is asked is held against the document.
    let sound = async |server: &Server, path: &str, question: &str| {
        let place = path.replace("{key}", "tides") + question;
        let answered = server.ask_with(&place, &all).await;
        assert_eq!(answered.status, 200, "{place}: {}", answered.body);
        answered.body
    };
    fn read<T: DeserializeOwned>(text: String) -> T {
        serde_json::from_str(&text).unwrap()
    }
    for server in [&controller, &member] {
        for noun in ["status", "modules", "health", "deployments", "queue", "logs", "logs?kind=events"] {
            sound(server, &format!("/server/v1/{noun}"), "").await;
        }
        let number = if server.api == controller.api { 1 } else { 2 };
        let own = client().get(format!("{}/server/v1/work", server.api));
        let own = own.bearer_auth(token(&controller, number, 1)).send().await.unwrap();
        assert_eq!(own.status(), 200);
        check("GET", "/server/v1/work", 200, &own.text().await.unwrap());
        let running: Applications = read(sound(server, "/server/v1/applications", "").await);
        let one: Application = read(sound(server, "/server/v1/applications/{key}", "").await);
        assert_eq!(running.applications, std::slice::from_ref(&one));
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
        let said = controller.ask_with(path, &all).await;
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
