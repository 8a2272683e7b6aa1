//! Starting a plan with conflicts over HTTP: never by accident, and the log says how it came.

use crate::api::{Program, account, problem};
use crate::common::Served;
use domain::token::Scope;
use serde_json::{Value, json};

const PLANS: &str = "/api/v1/i/harbour/plans";

#[tokio::test]
async fn conflicts_are_accepted_by_their_digest_with_a_reason_and_a_right() {
    let served = Served::start().await;
    let produces = "[[modules.produces]]\nname = \"Skin\"\nkind = \"theme\"\nsignature = \"1\"\n";
    let consumes = "[[modules.consumes]]\napplication = \"theme\"\nmodule = \"theme\"\nelement = \"Skin\"\nsignature = \"1\"\n";
    served.published_with("theme", produces, "1").await;
    served.published_with("desk", consumes, "1").await;
    let (_, token) = account(&served, "robot", "Administrator", &Scope::ALL).await;
    let robot = Program { served: &served, token };
    let (_, token) = account(&served, "mover", "Release Manager", &Scope::ALL).await;
    let mover = Program { served: &served, token };
    let wanted = json!({ "from": "dev", "to": "test", "applications": ["desk"] });
    let made = robot.send("post", PLANS, Some(&wanted)).await;
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    let path = format!("{PLANS}/{}", made["id"].as_str().unwrap());
    let start = format!("{path}/start");

    // What a program needs to decide is there in fields, and each way out says what to call.
    let page = robot.get(&path).await;
    let finding = &page["findings"][0];
    assert_eq!((&finding["kind"], &finding["is_error"]), (&json!("Producer Module Missing"), &json!(true)));
    assert_eq!(
        (&finding["application"]["key"], &finding["producer"]["key"]),
        (&json!("desk"), &json!("theme"))
    );
    let element = json!({ "by": "desk", "module": "theme", "element": "Skin", "wanted": "1", "found": null });
    assert_eq!(finding["elements"], json!([element]));
    assert_eq!(finding["ways_out"][0]["application"]["key"], "theme");
    let (digest, conflicts) = (&page["digest"], page["errors"].clone());
    assert!(conflicts.is_string(), "{page}");

    let told = problem(robot.send("post", &start, Some(&json!({ "digest": digest }))).await, 409).await;
    assert_eq!(
        (told["detail"].as_str(), &told["rule"]),
        (Some("Test would hold a broken application: 1 conflict."), &json!("R13"))
    );
    let body = |conflicts: &Value, reason: &str| json!({ "digest": digest, "conflicts": conflicts, "conflicts_reason": reason });
    problem(robot.send("post", &start, Some(&body(digest, "It hangs."))).await, 409).await;
    problem(robot.send("post", &start, Some(&body(&conflicts, ""))).await, 422).await;
    let theirs = mover.get(&path).await;
    assert_eq!(theirs["errors"], Value::Null, "who may not go on is told no digest");
    let without = mover.send("post", &start, Some(&body(&conflicts, "It hangs."))).await;
    assert!(matches!(without.status().as_u16(), 403 | 409), "{}", without.status());
    let begun = robot.send("post", &start, Some(&body(&conflicts, "It hangs."))).await;
    assert_eq!(begun.status(), 201);
    let run: Value = begun.json().await.unwrap();
    let run = robot.get(&format!("/api/v1/i/harbour/deployments/{}", run["id"].as_str().unwrap())).await;
    let first = run["lines"][0]["message"].as_str().unwrap();
    assert!(
        first.starts_with("robot started it in spite of its conflicts: It hangs. (over the API) App desk"),
        "{first}"
    );
    served.running.stop().await;
}
