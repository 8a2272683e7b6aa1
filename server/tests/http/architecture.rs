//! The architecture over HTTP: a file goes out of one infrastructure and into another, and what is wrong is said at the field.

use crate::api::account;
use crate::command_line::Person;
use crate::common::{Served, client};
use domain::token::Scope;
use operations::{Caller, NewToken};
use serde_json::{Value, json};

/// One call of the API.
async fn call(served: &Served, token: &str, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let url = format!("{}/api/v1/i/{path}", served.base);
    let request = client().request(method.parse().unwrap(), url).bearer_auth(token);
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn a_file_makes_the_same_infrastructure_elsewhere() {
    let served = Served::start().await;
    let (console, local) = (&served.running.console, Caller::local_operator());
    console.create_infrastructure(&local, "south", "South").await.unwrap();
    let roles = console.roles(&local, "south").await.unwrap().roles;
    let role = roles.iter().find(|role| role.name == "Administrator").unwrap().id;
    let robot = console.create_service_account(&local, "south", "robot", "Robot", role).await.unwrap();
    let new = NewToken { name: "test".into(), scopes: vec![Scope::Infrastructure], days: 1 };
    let token = console.create_token(&local, "south", robot, new).await.unwrap().token.reveal().to_owned();
    let of = async |method, path: &str, body: Option<&Value>| call(&served, &token, method, path, body).await;

    let (_, page) = of("GET", "south/architecture", None).await;
    let finding =
        page["findings"].as_array().unwrap().iter().find(|each| each["refuses"] == json!(false)).unwrap();
    let until = console.time().plus(domain::time::DAY);
    let body =
        json!({ "rule": finding["rule"], "path": finding["path"], "reason": "Later.", "expires_at": until });
    let (status, _) = of("PUT", "south/architecture/exceptions", Some(&body)).await;
    assert_eq!(status, 204);
    let (_, page) = of("GET", "south/architecture", None).await;
    assert_eq!(page["exceptions"][0]["reason"], "Later.");
    let body = json!({ "rule": finding["rule"], "path": finding["path"] });
    assert_eq!(of("POST", "south/architecture/exceptions/withdraw", Some(&body)).await.0, 204);
    assert_eq!(of("POST", "south/architecture/exceptions/withdraw", Some(&body)).await.0, 404);

    let template = json!({ "template": "enterprise", "engine": "oracle" });
    let (status, seen) = of("POST", "south/architecture/compare", Some(&template)).await;
    assert_eq!((status, &seen["after"]["pipelines"]), (200, &json!(2)), "{seen}");
    let (status, tried) = of("PUT", "south/architecture?dry_run=true", Some(&template)).await;
    assert_eq!((status, &tried), (200, &seen), "a dry run tells the same");
    let (_, page) = of("GET", "south/architecture", None).await;
    assert_eq!(
        (&page["digest"], &page["counts"]["pipelines"]),
        (&seen["digest"], &json!(0)),
        "and changes nothing"
    );
    let mut sure = template.clone();
    sure["expected"] = seen["digest"].clone();
    let (status, done) = of("PUT", "south/architecture", Some(&sure)).await;
    assert_eq!((status, &done), (200, &seen));
    let (status, late) = of("PUT", "south/architecture", Some(&sure)).await;
    assert_eq!(
        (status, &late["detail"]),
        (409, &json!("The architecture has changed since you compared. Compare again."))
    );

    let (_, file) = of("GET", "south/architecture/file", None).await;
    console.create_infrastructure(&local, "north", "North").await.unwrap();
    let wanted = operations::Wanted::File(file["file"].as_str().unwrap().to_owned());
    console.apply_architecture(&local, "north", &wanted, None).await.unwrap();
    assert_eq!(console.architecture_file(&local, "north").await.unwrap(), file["file"].as_str().unwrap());
    let (_, drawn) = of("GET", "south/pipelines", None).await;
    assert_eq!(drawn["architecture"]["pipelines"].as_object().unwrap().len(), 2);
    assert!(drawn["drawing"]["boxes"].as_array().unwrap().len() > 10);

    served.running.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_at_the_field() {
    let served = Served::start().await;
    let (_, token) = account(&served, "robot", "Administrator", &[Scope::Infrastructure]).await;
    let of = async |method, path: &str, body: Option<&Value>| call(&served, &token, method, path, body).await;
    let (_, before) = of("GET", "harbour/architecture/file", None).await;
    let text = before["file"].as_str().unwrap();
    let last = "\n[pipelines.main]\nname = \"Main\"\n";
    for (file, says) in [
        (text.replacen("name = ", "nickname = ", 1), "nickname"),
        (format!("{text}{last}stages = [\"test\", \"dev\"]\n"), "Main"),
        (format!("{text}{last}stages = [\"dev\", \"moon\"]\n"), "moon"),
        ("format = 2".to_owned(), "reads format 1"),
        (format!("{text}{last}stages = []\ncolour = \"red\"\n"), "colour"),
    ] {
        let (status, told) = of("PUT", "harbour/architecture", Some(&json!({ "file": file }))).await;
        assert_eq!((status, &told["fields"][0]["field"]), (422, &json!("file")), "{told}");
        let sentence = told["fields"][0]["sentence"].as_str().unwrap();
        assert!(sentence.contains(says), "{sentence}");
    }
    for body in [
        json!({}),
        json!({ "file": "x", "template": "basic", "engine": "oracle" }),
        json!({ "template": "basic" }),
    ] {
        let (status, told) = of("PUT", "harbour/architecture", Some(&body)).await;
        assert_eq!(
            (status, told["detail"].as_str().unwrap()),
            (422, "Send either a file, or a template and its engine.")
        );
    }
    let (status, told) =
        of("PUT", "harbour/architecture", Some(&json!({ "template": "huge", "engine": "oracle" }))).await;
    assert_eq!(status, 422, "{told}");
    // Longer than any other body may be, and still read to its end.
    let long = format!("{text}\n# {}\n", "x".repeat(3 << 20));
    let (status, told) = of("PUT", "harbour/architecture", Some(&json!({ "file": long }))).await;
    assert_eq!((status, &told["changes"]), (200, &json!([])), "{told}");
    let (_, after) = of("GET", "harbour/architecture/file", None).await;
    assert_eq!(before, after);
    served.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_self_managed_infrastructure_lists_its_network_paths() {
    let served = Served::start().await;
    crate::api::connect(&served).await;
    let (_, token) = account(&served, "robot", "Administrator", &[Scope::Infrastructure]).await;
    let (_, page) = call(&served, &token, "GET", "harbour/architecture", None).await;
    let paths = page["network"].as_array().unwrap();
    let tool = paths.iter().find(|path| path["path"] == "tools/builds").unwrap();
    assert_eq!((&tool["from"], &tool["address"]), (&json!("the console"), &json!(served.base)), "{tool}");
    assert!(paths.iter().any(|path| path["path"] == "environments/dev/external_databases/crm"), "{paths:?}");

    let cookie = served.cookie("ada").await;
    let shown = async || {
        let url = format!("{}/i/harbour/architecture", served.base);
        client().get(url).header("cookie", &cookie).send().await.unwrap().text().await.unwrap()
    };
    let screen = shown().await;
    assert!(
        screen.contains("Network paths") && screen.contains("tool “Builds” (mobile build service)"),
        "{screen}"
    );
    let folder = tempfile::tempdir().unwrap();
    let variables = vec![("TOWPATH_CONSOLE", served.base.clone()), ("TOWPATH_TOKEN", token.clone())];
    let person = Person { folder: folder.path(), variables };
    let line = async || {
        let output = person.types(&["architecture", "show"], "").await;
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let typed = line().await;
    assert!(typed.contains("NETWORK PATH FROM") && typed.contains("tool “Builds”"), "{typed}");

    // In a managed cloud they are somebody else's care.
    let (console, local) = (&served.running.console, Caller::local_operator());
    let file = console.architecture_file(&local, "harbour").await.unwrap();
    let managed = file.replacen("\"on_premises\"", "\"managed_cloud\"", 1);
    console.apply_architecture(&local, "harbour", &operations::Wanted::File(managed), None).await.unwrap();
    assert!(!shown().await.contains("Network paths"));
    assert!(!line().await.contains("NETWORK PATH FROM"));
    served.running.stop().await;
}

#[tokio::test]
async fn the_file_is_kept_under_the_key_of_its_infrastructure() {
    let served = Served::start().await;
    let fetched = async |username: &str| {
        let cookie = served.cookie(username).await;
        let url = format!("{}/i/harbour/architecture/file", served.base);
        client().get(url).header("cookie", cookie).send().await.unwrap()
    };
    let answer = fetched("ada").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/toml"));
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"harbour.toml\"");
    let local = Caller::local_operator();
    let text = served.running.console.architecture_file(&local, "harbour").await.unwrap();
    assert_eq!(answer.text().await.unwrap(), text);
    let denied = fetched("ron").await;
    assert_eq!(denied.status(), 403);
    assert!(!denied.text().await.unwrap().contains("format = 1"));
    served.running.stop().await;
}
