//! What `/api/v1` says about changes that are refused, and about changes that nobody has made yet.

use crate::api::{Program, Things, account, problem, role};
use crate::common::Served;
use domain::token::Scope;
use operations::Caller;
use serde_json::{Value, json};

/// The number of the rule stands beside the sentence, where there is one.
#[tokio::test]
async fn a_refusal_names_its_rule() {
    let served = Served::start().await;
    let things = Things::new(&served).await;
    let (_, token) = account(&served, "robot", "Administrator", &Scope::ALL).await;
    let robot = Program { served: &served, token };
    let (_, token) = account(&served, "looker", "Reader", &Scope::ALL).await;
    let looker = Program { served: &served, token };
    let (_, token) = account(&served, "narrow", "Administrator", &[Scope::Read]).await;
    let narrow = Program { served: &served, token };

    let told = problem(looker.send("get", "/api/v1/i/harbour/users", None).await, 403).await;
    assert_eq!(told["rule"], "R26", "a right is missing: {told}");
    assert!(told["lifted_by"].is_string());
    let administrator = role(&served, "Administrator").await;
    let path = format!("/api/v1/i/harbour/roles/{administrator}/delete");
    let told = problem(robot.send("post", &path, Some(&json!({}))).await, 403).await;
    assert_eq!(told["rule"], "R29", "{told}");
    let path = format!("/api/v1/i/harbour/teams/{}/applications/desk", things.team);
    let told = problem(robot.send("put", &path, None).await, 409).await;
    assert_eq!(told["rule"], "R31", "{told}");
    // Neither a token's scope nor a name has a rule with a number.
    let body = json!({ "name": "Crew" });
    let told = problem(narrow.send("post", "/api/v1/i/harbour/teams", Some(&body)).await, 403).await;
    assert!(told.get("rule").is_none(), "{told}");
    let told = problem(robot.send("get", "/api/v1/i/elsewhere/users", None).await, 404).await;
    assert!(told.get("rule").is_none(), "{told}");
    served.running.stop().await;
}

/// Every change of roles, teams and grants can be seen before it is made, and seeing it makes nothing.
#[tokio::test]
async fn every_change_of_rights_is_previewed() {
    let served = Served::start().await;
    let things = Things::new(&served).await;
    served.published("tide", "1").await;
    let (_, token) = account(&served, "robot", "Administrator", &Scope::ALL).await;
    let program = Program { served: &served, token };
    let developer = role(&served, "Developer").await;
    let (user, team, reader) = (&things.user, &things.team, &things.role);
    let local = Caller::local_operator();
    let before = served.running.console.audit(&local, "harbour", &Default::default()).await.unwrap();
    let rights = json!({ "name": "Reader", "environments": { "dev": 2, "test": 0 } });
    let changes = [
        json!({ "operation": "user.role", "user": user, "role": developer }),
        json!({ "operation": "role.edit", "role": reader, "new": rights }),
        json!({ "operation": "role.delete", "role": developer, "substitute": reader }),
        json!({ "operation": "team.member", "team": team, "user": user, "role": developer }),
        json!({ "operation": "team.member_remove", "team": team, "user": user }),
        json!({ "operation": "team.application_give", "team": team, "application": "tide" }),
        json!({ "operation": "team.application_take", "team": team, "application": "desk" }),
        json!({ "operation": "team.delete", "team": team }),
        json!({ "operation": "grant.give", "user": user, "application": "desk", "role": developer }),
        json!({ "operation": "grant.revoke", "user": user, "application": "desk" }),
    ];
    let path = "/api/v1/i/harbour/access-preview";
    for change in &changes {
        let answer = program.send("post", path, Some(change)).await;
        let status = answer.status();
        let told: Value = answer.json().await.unwrap();
        assert_eq!(status, 200, "{change}: {told}");
        assert!(told["save"]["possible"].is_boolean(), "{change}: {told}");
        assert!(told["environments"].is_array() && told["people"].is_array(), "{change}: {told}");
    }
    let told: Value = program.send("post", path, Some(&changes[0])).await.json().await.unwrap();
    assert_eq!((&told["concerned"]["n"], &told["save"]["possible"]), (&json!(1), &json!(true)), "{told}");
    assert_ne!(told["environments"][0]["gained"], 0, "{told}");

    let unknown = json!({ "operation": "user.add", "user": user });
    problem(program.send("post", path, Some(&unknown)).await, 422).await;
    let told = problem(program.send("post", path, Some(&json!({ "user": user }))).await, 422).await;
    assert_eq!(told["fields"][0]["field"], "operation");
    let more = json!({ "operation": "team.delete", "team": team, "user": user });
    let told = problem(program.send("post", path, Some(&more)).await, 422).await;
    assert_eq!(told["fields"][0]["field"], "user");
    let after = served.running.console.audit(&local, "harbour", &Default::default()).await.unwrap();
    assert_eq!(after.entries.rows[0].id, before.entries.rows[0].id, "nothing was done or refused in the log");
    served.running.stop().await;
}
