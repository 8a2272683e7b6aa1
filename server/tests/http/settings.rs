//! Settings over HTTP: the same sentences on the screen, by the API and on the command line; a secret is taken and never given back.

use crate::api::{Program, account, dial};
use crate::command_line::Person;
use crate::common::{Served, client};
use crate::registering::{form, told};
use app::flash::FlashTone;
use domain::token::Scope;
use serde_json::{Value, json};

const SECRET: &str = "hunter2-of-the-harbour";

fn setting(key: &str, kind: &str) -> String {
    format!("[[settings]]\nkey = \"{key}\"\nname = \"The {key}\"\nkind = \"{kind}\"\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_is_said_of_settings_everywhere() {
    let served = Served::start().await;
    let (_, token) = account(&served, "robot", "Administrator", &[Scope::Promotion]).await;
    let ada = served.cookie("ada").await;
    let folder = tempfile::tempdir().unwrap();
    let variables = vec![("TOWPATH_CONSOLE", served.base.clone()), ("TOWPATH_TOKEN", token.clone())];
    let person = Person { folder: folder.path(), variables };
    let program = Program { served: &served, token };
    let plan = dial(&served).await;
    let here = "environments/dev/applications/dial/settings";
    let before = program.get(&format!("/api/v1/i/harbour/{here}")).await;
    let by_form =
        "infra=harbour&env=dev&app=dial&wanted%5Bkey%5D=crew&wanted%5Bvalue%5D=many&wanted%5Bplain%5D=true";
    let in_plan = format!(
        "infra=harbour&plan={plan}&app=dial&wanted%5Bkey%5D=crew&wanted%5Bvalue%5D=many&wanted%5Bplain%5D=true"
    );
    let unknown = by_form.replace("crew", "moon");
    let planned = format!("plans/{plan}/applications/dial/settings/crew");
    let other = format!("{here}/moon");
    let own = format!("{here}/crew");
    type Try<'a> = (&'a str, &'a str, &'a str, &'a [&'a str]);
    let tries: [Try<'_>; 3] = [
        (&own, "/do/settings/set", by_form, &["settings", "set", "dev", "dial", "crew", "--value", "many"]),
        (
            &other,
            "/do/settings/set",
            &unknown,
            &["settings", "set", "dev", "dial", "moon", "--value", "many"],
        ),
        (
            &planned,
            "/do/plans/setting",
            &in_plan,
            &["settings", "plan", &plan, "dial", "crew", "--value", "many"],
        ),
    ];
    for (path, address, fields, line) in tries {
        let by_api = told(&program, "put", path, &json!({ "value": "many" })).await;
        let [(field, sentence)] = &by_api[..] else { panic!("{path}: {by_api:?}") };
        let screen = form(&served, &ada, address, fields).await;
        assert_eq!(screen.tone, FlashTone::Refused, "{fields}");
        assert_eq!(screen.fields.get(field), Some(sentence), "{fields}: {:?}", screen.fields);
        assert_eq!(screen.typed("value").as_deref(), Some("many"), "what was typed stays");
        let output = person.types(line, "").await;
        let typed = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line:?}: {typed}");
        assert!(typed.contains(sentence.as_str()), "{line:?}: {typed}");
    }
    assert_eq!(program.get(&format!("/api/v1/i/harbour/{here}")).await, before, "nothing half applied");
    served.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_and_commands_set_and_a_secret_is_never_given_back() {
    let served = Served::start().await;
    let (_, token) = account(&served, "robot", "Administrator", &[Scope::Promotion]).await;
    let ada = served.cookie("ada").await;
    let folder = tempfile::tempdir().unwrap();
    let variables = vec![("TOWPATH_CONSOLE", served.base.clone()), ("TOWPATH_TOKEN", token.clone())];
    let person = Person { folder: folder.path(), variables };
    let program = Program { served: &served, token };
    let extra = [setting("mood", "text"), setting("door", "secret"), setting("base", "connection")].concat();
    served.published_with("dial", &extra, "0").await;
    let mut seen = Vec::new();
    let says = async |line: &[&str], input: &str| {
        let output = person.types(line, input).await;
        let both = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(output.status.success(), "{line:?}: {both}");
        both
    };
    seen.push(says(&["settings", "set", "dev", "dial", "door", "--stdin"], &format!("{SECRET}\n")).await);
    let file = folder.path().join("base");
    std::fs::write(&file, format!("postgres://dial:{SECRET}@db.example/dial\n")).unwrap();
    let file = file.display().to_string();
    seen.push(says(&["settings", "set", "dev", "dial", "base", "--file", &file], "").await);
    seen.push(says(&["settings", "set", "dev", "dial", "mood", "--value", "-1 degree"], "").await);
    seen.push(says(&["settings", "list", "dev", "dial"], "").await);
    assert!(seen[3].contains("(set)") && seen[3].contains("-1 degree"), "{}", seen[3]);
    seen.push(says(&["--help"], "").await);
    let here = "/api/v1/i/harbour/environments/dev/applications/dial";
    let page = program.get(&format!("{here}/settings")).await;
    let door = page["settings"].as_array().unwrap().iter().find(|one| one["key"] == "door").unwrap();
    assert_eq!(door["value"], json!({ "state": "secret" }));
    assert_eq!((&door["origin"], &door["own"]["by"]), (&json!("own"), &json!("robot")));
    assert_eq!(page["to_apply"], 3);
    seen.push(page.to_string());
    // A form that is refused does not give a secret back, neither in its answer nor in the page.
    let refused = "infra=harbour&env=dev&app=dial&wanted%5Bkey%5D=base&wanted%5Bvalue%5D=hunter2-of-the-harbour&wanted%5Bplain%5D=false";
    let screen = form(&served, &ada, "/do/settings/set", refused).await;
    assert!(screen.fields["value"].contains("kind://user:password@host:port/database"));
    assert_eq!(screen.typed("value").as_deref(), Some(""));
    seen.push(format!("{screen:?}"));
    let address = format!("{}/i/harbour/environments/dev/applications/dial/settings", served.base);
    let html = client().get(address).header("cookie", &ada).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("Set, never shown") && html.contains("runs with"), "{html}");
    seen.push(html);

    let applied = program.send("post", &format!("{here}/apply-settings"), None).await;
    assert_eq!(applied.status(), 201);
    let applied: Value = applied.json().await.unwrap();
    let id = applied["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(served.carry_out(id).await, "finished_successful");
    seen.push(program.get(&format!("/api/v1/i/harbour/deployments/{id}")).await.to_string());
    assert_eq!(program.get(&format!("{here}/settings")).await["to_apply"], 0);
    assert_eq!(program.send("delete", &format!("{here}/settings/mood"), None).await.status(), 204);
    for text in &seen {
        assert!(!text.contains(SECRET), "{text}");
    }
    // An argument would be seen by others on the machine: a value has to come somehow.
    let none = person.types(&["settings", "set", "dev", "dial", "door"], "").await;
    assert_eq!(none.status.code(), Some(2));
    served.running.stop().await;
}
