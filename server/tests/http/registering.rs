//! Environments, front-ends and pipelines over HTTP: what is wrong is the same sentence at the same field on the screen, by the API and on
//! the command line.

use crate::api::{Program, account, problem};
use crate::command_line::Person;
use crate::common::{Served, client, flash};
use app::flash::FlashTone;
use domain::token::Scope;
use serde_json::{Value, json};

/// What a form's answer says.
pub async fn form(served: &Served, cookie: &str, path: &str, body: &str) -> app::flash::Flash {
    let request = client().post(format!("{}{path}", served.base)).header("cookie", cookie);
    let answer = served.form(request, body.to_owned()).send().await.unwrap();
    assert_eq!(answer.status(), 303, "{path}");
    flash(&answer).unwrap_or_default()
}

/// The fields of a refusal of the API, each with its sentence.
pub async fn told(program: &Program<'_>, method: &str, path: &str, body: &Value) -> Vec<(String, String)> {
    let answer = program.send(method, &format!("/api/v1/i/harbour/{path}"), Some(body)).await;
    let said = problem(answer, 422).await;
    let text = |each: &Value, name: &str| each[name].as_str().unwrap().to_owned();
    let fields = said["fields"].as_array().unwrap().iter();
    fields.map(|each| (text(each, "field"), text(each, "sentence"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_is_said_everywhere() {
    let served = Served::start().await;
    let (_, token) = account(&served, "robot", "Administrator", &[Scope::Infrastructure]).await;
    let ada = served.cookie("ada").await;
    let folder = tempfile::tempdir().unwrap();
    let variables = vec![("TOWPATH_CONSOLE", served.base.clone()), ("TOWPATH_TOKEN", token.clone())];
    let person = Person { folder: folder.path(), variables };
    let program = Program { served: &served, token };
    let before = program.get("/api/v1/i/harbour/architecture/file").await;

    type Try<'a> = (&'a str, &'a str, Value, &'a str, &'a str, &'a [&'a str]);
    let tries: [Try<'_>; 5] = [
        (
            "post",
            "environments",
            json!({ "name": "Test", "purpose": "test", "topology": "standalone", "key": "stage" }),
            "/i/harbour/environments/register",
            "name=Test&key=stage&purpose=test&topology=standalone",
            &["environments", "register", "Test", "--key", "stage", "--purpose", "test"],
        ),
        (
            "put",
            "environments/dev",
            json!({ "name": "Test", "purpose": "development", "topology": "standalone" }),
            "/do/environments/change",
            "infra=harbour&env=dev&wanted%5Bname%5D=Test&wanted%5Bpurpose%5D=development&wanted%5Btopology%5D=standalone&wanted%5Baddress%5D=&wanted%5Bafter%5D=",
            &["environments", "change", "dev", "--name", "Test"],
        ),
        (
            "post",
            "environments/dev/servers",
            json!({ "name": "dev-2" }),
            "/i/harbour/environments/dev/servers",
            "name=dev-2",
            &["servers", "add", "dev", "dev-2"],
        ),
        (
            "put",
            "environments/dev/servers/dev-1",
            json!({ "name": "dev-1", "host": "not a host" }),
            "/do/environments/change-server",
            "infra=harbour&env=dev&server=dev-1&wanted%5Bname%5D=dev-1&wanted%5Bhost%5D=not+a+host&wanted%5Bdata_center%5D=&wanted%5Bzones%5D%5B0%5D=default",
            &["servers", "change", "dev", "dev-1", "--host", "not a host"],
        ),
        (
            "post",
            "pipelines",
            json!({ "key": "back", "name": "Back", "stages": ["test", "dev"] }),
            "/do/pipelines/create",
            "infra=harbour&key=back&name=Back&stages%5B0%5D=test&stages%5B1%5D=dev",
            &["pipelines", "create", "back", "--name", "Back", "--stage", "test", "--stage", "dev"],
        ),
    ];
    for (method, path, body, address, fields, line) in tries {
        let by_api = told(&program, method, path, &body).await;
        let [(field, sentence)] = &by_api[..] else { panic!("{path}: {by_api:?}") };
        let screen = form(&served, &ada, address, fields).await;
        assert_eq!(screen.tone, FlashTone::Refused, "{address}");
        assert_eq!(screen.fields.get(field), Some(sentence), "{address}: {:?}", screen.fields);
        let output = person.types(line, "").await;
        let typed = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line:?}: {typed}");
        assert!(typed.contains(sentence.as_str()), "{line:?}: {typed}");
    }
    assert_eq!(program.get("/api/v1/i/harbour/architecture/file").await, before, "nothing half applied");
    served.running.stop().await;
}

#[tokio::test]
async fn a_program_changes_an_environment_and_its_front_ends() {
    let served = Served::start().await;
    let (_, token) = account(&served, "robot", "Administrator", &[Scope::Infrastructure]).await;
    let program = Program { served: &served, token };
    let home = "/api/v1/i/harbour/environments";
    let new = json!({ "name": "Stage", "purpose": "acceptance", "topology": "farm", "after": "test", "front_ends": ["one"] });
    let made = program.send("post", home, Some(&new)).await;
    assert_eq!(made.status(), 201);
    let stage = format!("{home}/stage");
    let added = program.send("post", &format!("{stage}/servers"), Some(&json!({ "name": "Two" }))).await;
    assert_eq!(added.status(), 201);
    let added: Value = added.json().await.unwrap();
    assert_eq!((&added["key"], added["code"].is_string()), (&json!("two"), true));
    let code = program.send("post", &format!("{stage}/servers/two/enrolment-code"), None).await;
    assert_eq!(code.status(), 201);
    let code: Value = code.json().await.unwrap();
    assert_ne!(code["code"], added["code"]);

    let change = json!({ "name": "Stage", "purpose": "acceptance", "topology": "farm", "after": "" });
    assert_eq!(program.send("put", &stage, Some(&change)).await.status(), 204);
    let host = json!({ "name": "Two", "host": "two.example" });
    assert_eq!(program.send("put", &format!("{stage}/servers/two"), Some(&host)).await.status(), 204);
    let seen = program.get(&format!("{stage}/settings")).await;
    assert_eq!((&seen["after"], &seen["order"][0]["key"]), (&Value::Null, &json!("dev")));
    assert_eq!(seen["front_ends"][1]["host"], "two.example");
    assert_eq!(seen["front_ends"][1]["leave"]["possible"], true);
    assert!(!seen.to_string().contains(code["code"].as_str().unwrap()), "a code is shown once");

    let gone = format!("{stage}/servers/two");
    assert_eq!(program.send("delete", &format!("{gone}?dry_run=true"), None).await.status(), 200);
    assert_eq!(program.send("delete", &gone, None).await.status(), 204);
    problem(program.send("delete", &gone, None).await, 404).await;
    let leaving = program.get(&format!("{stage}/leaving")).await;
    assert_eq!(leaving["kept"], Value::Null);
    assert_eq!(program.send("post", &format!("{stage}/leave"), None).await.status(), 204);
    problem(program.send("get", &format!("{stage}/settings"), None).await, 404).await;
    problem(program.send("delete", &format!("{home}/dev/servers/dev-1"), None).await, 409).await;
    served.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_use_is_named_everywhere_in_one_sentence() {
    let served = Served::start().await;
    served.published("desk", "0").await;
    let (_, token) = account(&served, "robot", "Administrator", &[Scope::Infrastructure]).await;
    let ada = served.cookie("ada").await;
    let folder = tempfile::tempdir().unwrap();
    let variables = vec![("TOWPATH_CONSOLE", served.base.clone()), ("TOWPATH_TOKEN", token.clone())];
    let person = Person { folder: folder.path(), variables };
    let program = Program { served: &served, token };
    let typed = async |line: &[&str]| {
        let output = person.types(line, "").await;
        assert_eq!(output.status.code(), Some(1), "{line:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let only = json!({ "key": "only", "name": "Only", "stages": ["dev"] });
    assert_eq!(program.send("post", "/api/v1/i/harbour/pipelines", Some(&only)).await.status(), 201);

    // The last environment of a pipeline, with running applications: a conflict, which is at no field.
    let sentence = "Development cannot be taken out: it is the last stage of the pipeline Only, and 1 application runs in it; \
                    change or delete that, and take out what runs, first.";
    let said =
        problem(program.send("post", "/api/v1/i/harbour/environments/dev/leave", None).await, 409).await;
    assert_eq!(said["detail"], sentence);
    let screen = form(&served, &ada, "/do/environments/leave", "infra=harbour&env=dev").await;
    assert_eq!((screen.tone, screen.sentence.as_str()), (FlashTone::Refused, sentence));
    let line = typed(&["environments", "leave", "dev"]).await;
    assert!(line.contains(sentence), "{line}");
    let url = format!("{}/i/harbour/environments/dev/leave", served.base);
    let page = client().get(url).header("cookie", &ada).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(sentence), "and before it is tried");

    // A stage where applications of the pipeline run, at the field.
    let belongs = json!({ "pipeline": "only" });
    let path = "/api/v1/i/harbour/applications/desk/pipeline";
    assert_eq!(program.send("put", path, Some(&belongs)).await.status(), 204);
    let sentence = "Development cannot be taken out of the pipeline Only: 1 application that belongs to it runs there; \
                    assign it to another pipeline, or to any, first.";
    let only = json!({ "name": "Only", "stages": ["test"] });
    let stages = vec![("stages".to_owned(), sentence.to_owned())];
    assert_eq!(told(&program, "put", "pipelines/only", &only).await, stages);
    let fields = "infra=harbour&key=only&name=Only&stages%5B0%5D=test";
    let screen = form(&served, &ada, "/do/pipelines/change", fields).await;
    assert_eq!(screen.fields.get("stages").map(String::as_str), Some(sentence));
    let line = typed(&["pipelines", "change", "only", "--name", "Only", "--stage", "test"]).await;
    assert!(line.contains(sentence), "{line}");

    // A file with a key that nobody knows.
    let before = program.get("/api/v1/i/harbour/architecture/file").await;
    let file = before["file"].as_str().unwrap();
    let strange = file.replacen("hosting", "colour = \"red\"\nhosting", 1);
    let by_api = told(&program, "put", "architecture", &json!({ "file": strange })).await;
    let [(field, sentence)] = &by_api[..] else { panic!("{by_api:?}") };
    assert_eq!(field, "file");
    assert!(sentence.starts_with("Line 2: Unknown field `colour`"), "{sentence}");
    let request =
        client().post(format!("{}/i/harbour/architecture/apply", served.base)).header("cookie", &ada);
    let body = format!("expected=0&file={}", app::context::encoded(&strange));
    let page = served.form(request, body).send().await.unwrap().text().await.unwrap();
    let escaped = sentence.split('`').next().unwrap();
    assert!(page.contains(escaped) && page.contains("aria-invalid"), "{sentence}: {page}");
    std::fs::write(folder.path().join("strange.toml"), &strange).unwrap();
    let line = typed(&["architecture", "apply", "strange.toml"]).await;
    assert!(line.contains(sentence.as_str()), "{line}");
    assert_eq!(program.get("/api/v1/i/harbour/architecture/file").await, before, "nothing half applied");
    served.running.stop().await;
}

#[tokio::test]
async fn the_page_of_an_environment_shows_what_is_recorded_before_any_report() {
    let served = Served::start().await;
    let ada = served.cookie("ada").await;
    let (console, local) = (&served.running.console, operations::Caller::local_operator());
    let farm = operations::EnvironmentInput {
        name: "Test".into(),
        purpose: "test".into(),
        topology: "farm".into(),
        address: "https://test.example".into(),
        two_stage: Some(true),
        ..operations::EnvironmentInput::default()
    };
    console.change_environment(&local, "harbour", "test", &farm).await.unwrap();
    let url = format!("{}/i/harbour/environments/test", served.base);
    let page = client().get(url).header("cookie", &ada).send().await.unwrap().text().await.unwrap();
    for shown in [
        "Farm, 1 front-end<",
        "href=\"https://test.example\"",
        "In two stages",
        "Platform Server services",
        "Server.Identity",
        "Not reported",
        "id=\"front-test-1\"",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    served.running.stop().await;
}

#[tokio::test]
async fn a_code_is_in_the_answer_to_its_form_and_nowhere_else() {
    let served = Served::start().await;
    let ada = served.cookie("ada").await;
    let settings = "/i/harbour/environments/dev/settings";
    let post = async |path: &str, body: &str| {
        let request = client().post(format!("{}{path}", served.base)).header("cookie", &ada);
        served.form(request, body.to_owned()).send().await.unwrap()
    };
    let answer = post("/i/harbour/environments/dev/servers/code", "server=dev-1").await;
    assert_eq!(answer.status(), 200);
    assert!(flash(&answer).is_none());
    let shown = answer.text().await.unwrap();
    assert!(shown.contains("shown this once") && shown.contains("towpath-platform enrol"));
    let page =
        client().get(format!("{}{settings}", served.base)).header("cookie", &ada).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(!page.contains("shown this once") && page.contains("Settings of Development"));

    let refused = post("/i/harbour/environments/dev/servers", "name=dev-2&host=dev-2.example").await;
    assert_eq!((refused.status().as_u16(), refused.headers()["location"].to_str().unwrap()), (303, settings));
    let flash = flash(&refused).unwrap();
    assert_eq!(flash.typed("host").as_deref(), Some("dev-2.example"), "what was typed stays");
    served.running.stop().await;
}
