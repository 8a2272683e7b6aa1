//! The parts of an architecture over HTTP: what is wrong is the same sentence at the same field on the screen, by the API and on the command
//! line; and what programs and the command line are told.

use crate::api::{Program, account, problem};
use crate::command_line::Person;
use crate::common::{Served, client};
use crate::registering::{form, told};
use app::flash::FlashTone;
use domain::token::Scope;
use serde_json::{Value, json};

/// A database server, a catalog on it, and a zone.
async fn recorded(program: &Program<'_>) {
    for (path, body) in [
        (
            "parts/database_server",
            json!({ "name": "Ledger", "engine": "postgresql", "sharing": "shared", "cores": 8 }),
        ),
        (
            "environments/test/parts/catalog",
            json!({ "key": "log", "name": "test_log", "database_server": "ledger" }),
        ),
        ("environments/test/parts/zone", json!({ "name": "Back office", "is_default": false })),
    ] {
        let made = program.send("post", &format!("/api/v1/i/harbour/{path}"), Some(&body)).await;
        assert_eq!(made.status(), 201, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_is_said_of_parts_everywhere() {
    let served = Served::start().await;
    let (_, token) = account(&served, "robot", "Administrator", &[Scope::Infrastructure]).await;
    let ada = served.cookie("ada").await;
    let folder = tempfile::tempdir().unwrap();
    let variables = vec![("TOWPATH_CONSOLE", served.base.clone()), ("TOWPATH_TOKEN", token.clone())];
    let person = Person { folder: folder.path(), variables };
    let program = Program { served: &served, token };
    recorded(&program).await;
    let before = program.get("/api/v1/i/harbour/architecture/file").await;

    /// Method, address and body of the API; address and fields of the form; the words of the command.
    type Try<'a> = (&'a str, &'a str, Value, &'a str, &'a str, &'a [&'a str]);
    let tries: [Try<'_>; 5] = [
        (
            "post",
            "parts/database_server",
            json!({ "key": "other", "name": "LEDGER", "engine": "oracle", "sharing": "dedicated" }),
            "/do/parts/add",
            "infra=harbour&env=&kind=database_server&key=other&fields%5Bname%5D=LEDGER&fields%5Bengine%5D=oracle&fields%5Bsharing%5D=dedicated",
            &[
                "parts",
                "add",
                "database_server",
                "--key",
                "other",
                "--set",
                "name=LEDGER",
                "--set",
                "engine=oracle",
                "--set",
                "sharing=dedicated",
            ],
        ),
        (
            "put",
            "parts/database_server/ledger",
            json!({ "cores": 0 }),
            "/do/parts/change",
            "infra=harbour&kind=database_server&key=ledger&fields%5Bcores%5D=0",
            &["parts", "change", "database_server", "ledger", "--set", "cores=0"],
        ),
        (
            "post",
            "environments/dev/parts/catalog",
            json!({ "key": "log", "name": "TEST_LOG", "database_server": "ledger" }),
            "/do/parts/add",
            "infra=harbour&env=dev&kind=catalog&key=log&fields%5Bname%5D=TEST_LOG&fields%5Bdatabase_server%5D=ledger",
            &[
                "parts",
                "add",
                "catalog",
                "--environment",
                "dev",
                "--key",
                "log",
                "--set",
                "name=TEST_LOG",
                "--set",
                "database_server=ledger",
            ],
        ),
        (
            "post",
            "environments/dev/parts/load_balancer",
            json!({ "name": "Gate", "data_centers": ["moon"] }),
            "/do/parts/add",
            "infra=harbour&env=dev&kind=load_balancer&fields%5Bname%5D=Gate&ticked%5B0%5D=data_centers%3Dmoon",
            &[
                "parts",
                "add",
                "load_balancer",
                "--environment",
                "dev",
                "--set",
                "name=Gate",
                "--set",
                "data_centers=moon",
            ],
        ),
        (
            "put",
            "environments/test/parts/zone/default",
            json!({ "is_default": false }),
            "/do/parts/change",
            "infra=harbour&env=test&kind=zone&key=default&fields%5Bname%5D=Default",
            &["parts", "change", "zone", "default", "--environment", "test", "--set", "is_default=no"],
        ),
    ];
    for (method, path, body, address, fields, line) in tries {
        let by_api = told(&program, method, path, &body).await;
        let [(field, sentence)] = &by_api[..] else { panic!("{path}: {by_api:?}") };
        let screen = form(&served, &ada, address, fields).await;
        assert_eq!(screen.tone, FlashTone::Refused, "{fields}");
        assert_eq!(screen.fields.get(field), Some(sentence), "{fields}: {:?}", screen.fields);
        assert!(!screen.kept.is_empty(), "what was typed stays: {fields}");
        let output = person.types(line, "").await;
        let typed = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line:?}: {typed}");
        assert!(typed.contains(sentence.as_str()), "{line:?}: {typed}");
    }

    // What is used stays, and says by whom.
    let gone = program.send("delete", "/api/v1/i/harbour/parts/database_server/ledger", None).await;
    let said = problem(gone, 409).await;
    let sentence = "Ledger cannot be taken out: it is used by the Log catalog of Test.";
    assert_eq!(said["detail"], sentence);
    let screen =
        form(&served, &ada, "/do/parts/remove", "infra=harbour&kind=database_server&key=ledger").await;
    assert_eq!((screen.tone, screen.sentence.as_str()), (FlashTone::Refused, sentence));
    let output = person.types(&["parts", "remove", "database_server", "ledger"], "").await;
    assert!(String::from_utf8(output.stderr).unwrap().contains(sentence));
    let page = client().get(format!("{}/i/harbour/architecture/database_server/ledger", served.base));
    let shown = page.header("cookie", &ada).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains(sentence), "the page says it before");
    assert_eq!(program.get("/api/v1/i/harbour/architecture/file").await, before, "nothing half applied");
    served.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_and_commands_record_parts() {
    let served = Served::start().await;
    let (_, token) = account(&served, "robot", "Administrator", &[Scope::Infrastructure]).await;
    let folder = tempfile::tempdir().unwrap();
    let variables = vec![("TOWPATH_CONSOLE", served.base.clone()), ("TOWPATH_TOKEN", token.clone())];
    let person = Person { folder: folder.path(), variables };
    let program = Program { served: &served, token };
    recorded(&program).await;
    let list = program.get("/api/v1/i/harbour/parts").await;
    let ledger = list.as_array().unwrap().iter().find(|row| row["key"] == "ledger").unwrap();
    assert_eq!((&ledger["kind"], &ledger["values"]["cores"]), (&json!("database_server"), &json!(8)));
    assert_eq!(ledger["used_by"], json!(["the Log catalog of Test"]));
    let there = program.get("/api/v1/i/harbour/environments/test/parts").await;
    assert_eq!(program.get("/api/v1/i/harbour/parts?environment=test").await, there);

    let zone = "/api/v1/i/harbour/environments/test/parts/zone/back-office";
    let default = json!({ "is_default": true, "address": "https://back.example" });
    let tried = program.send("put", &format!("{zone}?dry_run=true"), Some(&default)).await;
    assert_eq!(tried.status(), 200);
    assert_eq!(program.get("/api/v1/i/harbour/environments/test/parts").await, there, "only tried");
    assert_eq!(program.send("put", zone, Some(&default)).await.status(), 204);
    let seen = program.get(zone).await;
    let value = |name: &str| {
        let fields = seen["fields"].as_array().unwrap();
        fields.iter().find(|field| field["name"] == name).unwrap()["value"].clone()
    };
    assert_eq!((value("name"), value("is_default")), (json!("Back office"), json!(true)));
    assert_eq!(seen["remove"]["possible"], false, "it is the default now");
    let unknown =
        told(&program, "put", "environments/test/parts/zone/back-office", &json!({ "colour": "red" })).await;
    assert_eq!(unknown[0].0, "colour");
    problem(program.send("get", "/api/v1/i/harbour/parts/bridge/x", None).await, 404).await;
    problem(program.send("delete", "/api/v1/i/harbour/parts/tool/x", None).await, 404).await;

    // The same from the command line.
    let says = async |line: &[&str]| {
        let output = person.types(line, "").await;
        assert!(output.status.success(), "{line:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let add = [
        "parts",
        "add",
        "tool",
        "--set",
        "name=Builds",
        "--set",
        "kind=other",
        "--set",
        "address=https://builds.example",
    ];
    assert_eq!(
        says(&[&add[..], &["--dry-run"]].concat()).await.trim(),
        "Not done, only tried: The tool Builds is added."
    );
    assert_eq!(says(&add).await.trim(), "The tool Builds is added.");
    let listed = says(&["parts", "list"]).await;
    assert!(listed.contains("builds  Builds  kind=other address=https://builds.example"), "{listed}");
    let change = ["parts", "change", "zone", "back-office", "--environment", "test", "--set", "address="];
    assert_eq!(says(&change).await.trim(), "The deployment zone back-office of test is changed.");
    let listed = says(&["parts", "list", "--environment", "test"]).await;
    assert!(listed.contains("back-office") && !listed.contains("back.example"), "{listed}");
    assert_eq!(says(&["parts", "remove", "tool", "builds"]).await.trim(), "The tool builds is taken out.");
    assert!(!says(&["parts", "list"]).await.contains("builds"));
    served.running.stop().await;
}
