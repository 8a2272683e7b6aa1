//! `/api/v1` as programs meet it: by a token alone, with problem details, and every route as every kind of caller.

use crate::common::{Served, client};
use domain::id::{RoleId, UserId};
use domain::time::Timestamp;
use domain::token::Scope;
use operations::{AcceptInput, AuditQuery, Caller, NewToken, PartAt, PipelineInput, Wanted};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use server::api::{NOT_HERE, ROUTES};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A program with a token.
pub struct Program<'s> {
    pub served: &'s Served,
    pub token: String,
}

impl Program<'_> {
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        let method: Method = method.to_uppercase().parse().unwrap();
        let request =
            client().request(method, format!("{}{path}", self.served.base)).bearer_auth(&self.token);
        match body {
            Some(body) => request.json(body),
            None => request,
        }
        .send()
        .await
        .unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.send("get", path, None).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }
}

pub async fn problem(answer: Response, status: u16) -> Value {
    assert_eq!(answer.status().as_u16(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    assert!(body["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{body}");
    assert!(body["instance"].as_str().is_some_and(|id| id.starts_with("urn:uuid:")), "{body}");
    body
}

pub async fn role(served: &Served, name: &str) -> RoleId {
    let page = served.running.console.roles(&Caller::local_operator(), "harbour").await.unwrap();
    page.roles.iter().find(|role| role.name == name).unwrap().id
}

/// A new account with a role, and a token of it.
pub async fn account(served: &Served, username: &str, role_name: &str, scopes: &[Scope]) -> (UserId, String) {
    let (console, local) = (&served.running.console, Caller::local_operator());
    let role = role(served, role_name).await;
    let id = console.create_service_account(&local, "harbour", username, username, role).await.unwrap();
    let new = NewToken { name: "test".into(), scopes: scopes.to_vec(), days: 1 };
    let made = console.create_token(&local, "harbour", id, new).await.unwrap();
    (id, made.token.reveal().to_owned())
}

#[tokio::test]
async fn only_a_token_opens_the_api() {
    let served = Served::start().await;
    let (_, token) = account(&served, "ci", "Reader", &[]).await;
    let url = format!("{}/api/v1/me", served.base);
    let me = Program { served: &served, token: token.clone() }.get("/api/v1/me").await;
    assert_eq!(me["username"], "ci");

    let cookie = served.cookie("ada").await;
    for request in [
        client().get(&url),
        client().get(&url).header("cookie", &cookie),
        client().get(&url).bearer_auth("tow_nonsense"),
        client().get(&url).bearer_auth(format!("tow_{}", "a".repeat(58))),
        client().get(&url).basic_auth("ada", Some(crate::common::PASSWORD)),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"towpath\"");
        problem(answer, 401).await;
    }
    // And no page by a token.
    let page = client().get(format!("{}/i/harbour", served.base)).bearer_auth(&token).send().await.unwrap();
    assert_eq!(page.status(), 303);
    served.running.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let served = Served::start().await;
    let (_, token) = account(&served, "robot", "Administrator", &Scope::ALL).await;
    let program = Program { served: &served, token };
    let teams = "/api/v1/i/harbour/teams";
    let wrong = program.send("post", teams, Some(&json!({ "name": "A", "colour": "red" }))).await;
    assert_eq!(problem(wrong, 422).await["fields"][0]["field"], "colour");
    let missing = program.send("post", teams, Some(&json!({}))).await;
    assert_eq!(problem(missing, 422).await["fields"][0]["field"], "name");
    let empty = program.send("post", teams, Some(&json!({ "name": " " }))).await;
    assert_eq!(problem(empty, 422).await["fields"][0]["field"], "name");
    let large = program.send("post", teams, Some(&json!({ "name": "A".repeat(70 << 10) }))).await;
    problem(large, 413).await;
    let form = client()
        .post(format!("{}{teams}", served.base))
        .bearer_auth(&program.token)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("name=A")
        .send()
        .await
        .unwrap();
    problem(form, 415).await;
    let parameter = program.send("get", "/api/v1/i/harbour/users?sort=name", None).await;
    assert_eq!(problem(parameter, 400).await["fields"][0]["field"], "sort");
    let slip = program.send("post", &format!("{teams}?dryrun=true"), Some(&json!({ "name": "A" }))).await;
    problem(slip, 400).await;
    problem(program.send("get", "/api/v1/i/harbour/users/nobody", None).await, 404).await;
    problem(program.send("get", "/api/v1/i/elsewhere/users", None).await, 404).await;
    assert_eq!(program.get(teams).await["teams"], json!([]), "nothing of it was done");
    served.running.stop().await;
}

#[tokio::test]
async fn a_program_manages_people_and_tokens() {
    let served = Served::start().await;
    let (robot, token) = account(&served, "robot", "Administrator", &Scope::ALL).await;
    let program = Program { served: &served, token };
    let reader = role(&served, "Reader").await;
    let new = json!({ "username": "zoe", "name": "Zoe", "role": reader });
    let tried = program.send("post", "/api/v1/i/harbour/users?dry_run=true", Some(&new)).await;
    assert_eq!(tried.status(), 200);
    let made = program.send("post", "/api/v1/i/harbour/users", Some(&new)).await;
    assert_eq!(made.status(), 201, "a dry run took nothing");
    let made: Value = made.json().await.unwrap();
    assert!(made["one_time_password"].is_string());
    let zoe = made["id"].as_str().unwrap();
    let found = program.get("/api/v1/i/harbour/users?search=zoe").await;
    assert_eq!(found["users"]["rows"][0]["id"], zoe);
    assert_eq!(found["users"]["next"], Value::Null);

    let tokens = format!("/api/v1/i/harbour/service-accounts/{robot}/tokens");
    let second = json!({ "name": "second", "scopes": ["read"], "days": 7 });
    let second: Value = program.send("post", &tokens, Some(&second)).await.json().await.unwrap();
    let other = Program { served: &served, token: second["token"].as_str().unwrap().to_owned() };
    other.get("/api/v1/i/harbour/users").await;
    let refused = other.send("post", &format!("/api/v1/i/harbour/users/{zoe}/deactivate"), None).await;
    assert!(problem(refused, 403).await["lifted_by"].is_string());
    let id = second["id"].as_str().unwrap();
    let rotate = json!({ "days": 7, "overlap_hours": 0 });
    let third = program.send("post", &format!("{tokens}/{id}/rotate"), Some(&rotate)).await;
    assert_eq!(third.status(), 201);
    problem(other.send("get", "/api/v1/me", None).await, 401).await;
    let third: Value = third.json().await.unwrap();
    let third_id = third["id"].as_str().unwrap();
    let third = Program { served: &served, token: third["token"].as_str().unwrap().to_owned() };
    third.get("/api/v1/me").await;
    let revoked = program.send("post", &format!("{tokens}/{third_id}/revoke"), None).await;
    assert_eq!(revoked.status(), 204);
    problem(third.send("get", "/api/v1/me", None).await, 401).await;

    // The entry says by which token.
    let query = AuditQuery { operation: Some("user.add".into()), ..AuditQuery::default() };
    let log = served.running.console.audit(&Caller::local_operator(), "harbour", &query).await.unwrap();
    let entry = program.get(&format!("/api/v1/i/harbour/audit/{}", log.entries.rows[0].id)).await;
    assert_eq!(entry["session"], "");
    let page = program.get(&format!("/api/v1/i/harbour/service-accounts/{robot}")).await;
    let own = page["tokens"].as_array().unwrap().iter().find(|row| row["name"] == "test").unwrap();
    assert_eq!(entry["token"], own["id"]);
    served.running.stop().await;
}

#[tokio::test]
async fn a_program_invites_and_withdraws() {
    let served = Served::start().await;
    let (_, token) = account(&served, "robot", "Administrator", &Scope::ALL).await;
    let program = Program { served: &served, token };
    let list = "/api/v1/i/harbour/invitations";
    let new = json!({ "username": "ina", "name": "Ina", "role": role(&served, "Reader").await });
    let made = program.send("post", list, Some(&new)).await;
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    let open = program.get(list).await;
    let row = &open["invitations"]["rows"][0];
    assert_eq!((&row["user"], &row["expires_at"]), (&made["id"], &made["expires_at"]));
    assert_eq!((&row["invited_by"], &row["role"]["name"]), (&json!("robot"), &json!("Reader")));
    assert_eq!(row["withdraw"]["possible"], true);
    assert!(!open.to_string().contains(made["token"].as_str().unwrap()));
    let one = format!("/api/v1/i/harbour/users/{}/invitation", made["id"].as_str().unwrap());
    let tried = program.send("delete", &format!("{one}?dry_run=true"), None).await;
    assert_eq!(tried.status(), 200);
    assert_eq!(program.get(list).await, open, "a dry run took nothing");
    assert_eq!(program.send("delete", &one, None).await.status(), 204);
    problem(program.send("delete", &one, None).await, 409).await;
    assert_eq!(program.get(list).await["invitations"]["rows"], json!([]));
    let parameter = program.send("get", &format!("{list}?sort=name"), None).await;
    assert_eq!(problem(parameter, 400).await["fields"][0]["field"], "sort");
    served.running.stop().await;
}

/// The addresses of docs/api.md.
fn documented() -> BTreeSet<(String, String)> {
    include_str!("../../../docs/api.md")
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            let method = cells.next()?.to_lowercase();
            let path = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
            path.starts_with("/api/").then(|| (method, path.to_owned()))
        })
        .collect()
}

#[test]
fn the_document_has_every_route() {
    let routes: BTreeSet<_> = ROUTES.iter().map(|(m, p, _)| ((*m).to_owned(), (*p).to_owned())).collect();
    assert_eq!(routes.len(), ROUTES.len());
    assert_eq!(documented(), routes);
}

/// The names of operations that stand in a source file after one of some beginnings.
fn named(text: &str, names: &mut BTreeSet<String>) {
    for before in ["traced(caller, \"", "traced(&caller, \"", "    (\""] {
        for (at, _) in text.match_indices(before) {
            let name = text[at + before.len()..].split('"').next().unwrap_or_default();
            let sound = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
            if name.split('.').count() == 2 && name.chars().all(sound) {
                names.insert(name.to_owned());
            }
        }
    }
}

fn walk(folder: &std::path::Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, names);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            named(&std::fs::read_to_string(&path).unwrap(), names);
        }
    }
}

/// Each operation has a route, or a reason why not. The changes are those that the log has words for.
#[test]
fn every_operation_has_a_route_or_a_reason() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut operations = BTreeSet::new();
    walk(&here.join("operations/src"), &mut operations);
    named(&std::fs::read_to_string(here.join("../app/src/view/acts.rs")).unwrap(), &mut operations);
    assert!(operations.len() > 50, "{operations:?}");
    let known: BTreeSet<String> = ROUTES
        .iter()
        .map(|(_, _, name)| *name)
        .chain(NOT_HERE.iter().map(|(name, _)| *name))
        .map(Into::into)
        .collect();
    assert_eq!(operations, known);
    assert!(
        NOT_HERE.iter().all(|(name, why)| why.len() > 10 && ROUTES.iter().all(|(_, _, with)| with != name))
    );
}

/// What the addresses name.
pub struct Things {
    pub user: String,
    account: String,
    pub token: String,
    pub team: String,
    pub role: String,
    app: String,
    pub plan: String,
    pub digest: String,
    pub gate: String,
    pub freeze: String,
    pub days: [String; 2],
    pub deployment: String,
    entry: String,
    /// The present file of the architecture, with another hosting.
    architecture: String,
    /// A plan for an application with settings.
    pub settings_plan: String,
    /// Rule and place of a finding, which is accepted until then.
    pub finding: (String, String),
    until: Timestamp,
}

/// Records a tool, a database server and an external database that answer: all of them are the console itself.
pub async fn connect(served: &Served) {
    let (console, local) = (&served.running.console, Caller::local_operator());
    let file = console.architecture_file(&local, "harbour").await.unwrap();
    let (base, host) = (&served.base, served.base.trim_start_matches("http://"));
    let connected = format!(
        "{file}\n[tools.builds]\nname = \"Builds\"\nkind = \"mobile_builds\"\naddress = \"{base}\"\n\
         [database_servers.ledger]\nname = \"Ledger\"\nengine = \"oracle\"\nsharing = \"shared\"\nhost = \"{host}\"\n\
         [environments.dev.external_databases.crm]\nname = \"CRM\"\nengine = \"mysql\"\nhost = \"{host}\"\n"
    );
    console.apply_architecture(&local, "harbour", &Wanted::File(connected), None).await.unwrap();
}

/// Publishes an application with settings into Development, sets one there, and makes a plan that sets one in Test.
pub async fn dial(served: &Served) -> String {
    let (console, local) = (&served.running.console, Caller::local_operator());
    let setting = |key: &str, kind: &str| {
        format!("[[settings]]\nkey = \"{key}\"\nname = \"The {key}\"\nkind = \"{kind}\"\ndefault = \"2\"\n")
    };
    let extra = [setting("mood", "text"), setting("crew", "number")].concat();
    served.published_with("dial", &extra, "0").await;
    console.set_setting(&local, "harbour", "dev", "dial", "crew", "3").await.unwrap();
    let plan = console.make_plan(&local, "harbour", "dev", "test", &["dial".to_owned()]).await.unwrap();
    console.plan_setting(&local, "harbour", plan, "dial", "crew", "4").await.unwrap();
    plan.to_string()
}

impl Things {
    pub async fn new(served: &Served) -> Self {
        let (console, local) = (&served.running.console, Caller::local_operator());
        // A version that is gone on from, and a content that has no number yet.
        served.published("desk", "0").await;
        console.tag(&local, "harbour", "desk", "dev", "0.5.0", "").await.unwrap();
        served.published("desk", "1").await;
        let list = console.deployments(&local, "harbour", &Default::default()).await.unwrap();
        let settings_plan = dial(served).await;
        let plan = console.make_plan(&local, "harbour", "dev", "test", &["desk".to_owned()]).await.unwrap();
        let digest = console.plan(&local, "harbour", plan).await.unwrap().digest;
        let users = console.users(&local, "harbour", &Default::default()).await.unwrap();
        let user = users.users.rows.iter().find(|row| row.username == "ron").unwrap().id;
        let (account, _) = account(served, "spare", "Reader", &[]).await;
        let team = console.create_team(&local, "harbour", "Pilots", "").await.unwrap();
        let reader = role(served, "Reader").await;
        console.put_member(&local, "harbour", team, user, reader).await.unwrap();
        console.give_application(&local, "harbour", team, "desk").await.unwrap();
        console.grant(&local, "harbour", user, "desk", reader).await.unwrap();
        let page = console.service_account(&local, "harbour", account).await.unwrap();
        let log = console.audit(&local, "harbour", &AuditQuery::default()).await.unwrap();
        let token = page.tokens[0].id.to_string();
        let both = vec!["dev".to_owned(), "test".to_owned()];
        let short = PipelineInput { name: "Short".to_owned(), purposes: vec![], stages: both };
        console.create_pipeline(&local, "harbour", "short", &short).await.unwrap();
        for (environment, kind) in [(None, "data_center"), (Some("dev".to_owned()), "zone")] {
            let spare = PartAt { environment, kind: kind.to_owned(), key: "spare".to_owned() };
            let typed = [("name".to_owned(), "Spare".to_owned())].into();
            console.add_part(&local, "harbour", &spare, &typed).await.unwrap();
        }
        // A gate that no plan here passes, and a freeze of days to come.
        let days = [10, 11].map(|days| {
            let at = console.time().plus(days * domain::time::DAY).0 / 1_000_000;
            format!("{}T00:00", time::OffsetDateTime::from_unix_timestamp(at).unwrap().date())
        });
        let soak = operations::GateInput {
            kind: "soak".to_owned(),
            environment: "dev".to_owned(),
            number: "1".to_owned(),
            ..Default::default()
        };
        let gate = console.add_gate(&local, "harbour", &soak).await.unwrap();
        let frozen = operations::FreezeInput {
            environment: "dev".to_owned(),
            from: days[0].clone(),
            until: days[1].clone(),
            time_zone: "UTC".to_owned(),
            reason: "Far away".to_owned(),
            ..Default::default()
        };
        let freeze = console.add_freeze(&local, "harbour", &frozen).await.unwrap();
        connect(served).await;
        let file = console.architecture_file(&local, "harbour").await.unwrap();
        let page = console.architecture(&local, "harbour").await.unwrap();
        let finding = page.findings.iter().find(|each| !each.refuses && !each.path.is_empty()).unwrap();
        let until = console.time().plus(domain::time::DAY);
        let accept = AcceptInput {
            rule: finding.rule.clone(),
            path: finding.path.clone(),
            reason: "Later.".to_owned(),
            expires_at: until,
        };
        console.accept_finding(&local, "harbour", &accept).await.unwrap();
        Self {
            architecture: file.replacen("on_premises", "aws", 1),
            finding: (accept.rule, accept.path),
            until,
            user: user.to_string(),
            account: account.to_string(),
            token,
            team: team.to_string(),
            role: reader.to_string(),
            app: "desk".to_owned(),
            plan: plan.to_string(),
            digest,
            gate: gate.to_string(),
            freeze: freeze.to_string(),
            days,
            deployment: list.rows[0].id.to_string(),
            settings_plan,
            entry: log.entries.rows[0].id.to_string(),
        }
    }

    pub fn path(&self, address: &str, operation: &str) -> String {
        let id = match operation.split('.').next() {
            Some("plan") if operation.starts_with("plan.setting") => &self.settings_plan,
            Some("plan") => &self.plan,
            Some("gate") => &self.gate,
            Some("freeze") => &self.freeze,
            Some("deployment") if operation == "deployment.start" => &self.plan,
            Some("deployment") => &self.deployment,
            Some("audit") => &self.entry,
            _ => &self.token,
        };
        let kind = if address.contains("/environments/") { "zone" } else { "data_center" };
        let user = if address.contains("/service-accounts/") { &self.account } else { &self.user };
        let clears = operation.ends_with(".clear") || operation.ends_with("_withdraw");
        let path = [
            ("{app}/settings/{key}", if clears { "dial/settings/crew" } else { "dial/settings/mood" }),
            ("{app}/settings", "dial/settings"),
            ("{app}/apply-settings", "dial/apply-settings"),
            ("{infra}", "harbour"),
            // It is not in Test, from where it can be blocked.
            ("/environments/{env}/applications/{app}/block", "/environments/test/applications/{app}/block"),
            ("{env}", "dev"),
            ("{pipeline}", "short"),
            ("/database-servers/{server}", "/database-servers/ledger"),
            ("{server}", "dev-1"),
            ("{kind}", kind),
            ("{key}", "spare"),
            ("{tool}", "builds"),
            ("{database}", "crm"),
            ("{app}", self.app.as_str()),
            ("{number}", "0.5.0"),
            ("{timer}", "tidy"),
            ("{user}", user),
            ("{team}", &self.team),
            ("{role}", &self.role),
            ("{username}", "ron"),
            ("{id}", id),
        ]
        .into_iter()
        .fold(address.to_owned(), |path, (name, value)| path.replace(name, value));
        if operation == "user.role_preview" { format!("{path}?role={}", self.role) } else { path }
    }

    fn body(&self, operation: &str) -> Option<Value> {
        let role = &self.role;
        Some(match operation {
            "application.block" | "application.retire" | "application.hotfix_solved" => {
                json!({ "reason": "Later." })
            }
            "application.create" => {
                json!({ "environment": "dev", "key": "more", "name": "More", "kind": "web" })
            }
            "application.describe" => json!({ "name": "Port Desk", "description": "Ships sign in." }),
            "version.tag_again" => json!({ "environment": "dev" }),
            "version.tag_together" => json!({ "versions": [{ "application": "desk" }] }),
            "application.tag" => json!({ "environment": "dev", "number": "1.0.0" }),
            "architecture.apply" | "architecture.compare" => json!({ "file": self.architecture }),
            "architecture.accept" | "architecture.withdraw" => {
                let (rule, path) = &self.finding;
                let mut body = json!({ "rule": rule, "path": path });
                if operation == "architecture.accept" {
                    body["reason"] = json!("Later.");
                    body["expires_at"] = json!(self.until);
                }
                body
            }
            "database.check" => json!({}),
            "environment.create" => json!({ "name": "Staging", "purpose": "test", "topology": "standalone" }),
            "environment.change" => {
                json!({ "name": "Workshop", "purpose": "development", "topology": "standalone" })
            }
            "server.create" => json!({ "name": "dev-2" }),
            "server.confirm" => json!({ "fingerprint": "00" }),
            "server.change" => json!({ "name": "dev-1", "host": "dev-1.example" }),
            "part.add" => json!({ "name": "More" }),
            "part.change" => json!({ "name": "Other" }),
            "infrastructure.change" => json!({ "name": "Harbour", "hosting": "aws" }),
            "infrastructure.create" => json!({
                "key": "quay", "name": "Quay", "hosting": "on_premises", "administrator": "ada"
            }),
            "pipeline.create" => json!({ "key": "long", "name": "Long", "stages": ["dev", "test"] }),
            "pipeline.change" => json!({ "name": "Short", "stages": ["dev"] }),
            "environment.maintenance_begin" => json!({ "reason": "New disks" }),
            "application.pipeline" => json!({ "pipeline": null }),
            "application.zone" => json!({ "zone": "" }),
            "plan.make" => json!({ "from": "dev", "to": "test", "applications": ["desk"] }),
            "plan.note" => json!({ "name": "Named", "notes": "" }),
            "plan.edit" => json!({ "operation": "undeploy" }),
            "gate.add" => json!({ "kind": "soak", "environment": "dev", "number": 1 }),
            "freeze.add" => json!({
                "from": self.days[0], "until": self.days[1], "time_zone": "UTC", "reason": "Far away"
            }),
            "deployment.override" => json!({ "reason": "A fix" }),
            "application.verify" => json!({ "version": "1.0.0", "name": "smoke", "passed": true }),
            "deployment.start" => json!({ "digest": self.digest }),
            "deployment.roll_back" => json!({ "digest": self.digest, "reason": "It hangs." }),
            "setting.set" | "plan.setting" => json!({ "value": "calm" }),
            "plan.fill" => json!({ "differing": true }),
            "plan.reuse" => json!({}),
            "user.add" => json!({ "username": "zoe", "name": "Zoe", "role": role }),
            "user.change" => json!({ "name": "Ron", "email": "" }),
            "user.role" | "grant.give" | "team.member" => json!({ "role": role }),
            "role.create" | "role.edit" => {
                json!({ "name": "Extra", "environments": { "dev": 2, "test": ["list"] } })
            }
            "access.preview" => json!({ "operation": "user.role", "user": self.user, "role": role }),
            "role.delete" => json!({ "substitute": null }),
            "team.create" | "team.edit" => json!({ "name": "Crew" }),
            "service_account.create" => json!({ "username": "more", "name": "More", "role": role }),
            "invitation.make" => json!({ "username": "ina", "name": "Ina", "role": role }),
            "role.second_factor" => json!({ "required": true }),
            "token.create" => json!({ "name": "more", "scopes": ["read"], "days": 1 }),
            "token.rotate" => json!({ "days": 1, "overlap_hours": 1 }),
            _ => return None,
        })
    }
}

/// Every route as every kind of caller. Changes are only tried, so that each finds the same; what is tried changes nothing.
#[tokio::test]
async fn who_may_call_what() {
    let served = Served::start().await;
    let things = Things::new(&served).await;
    let local = Caller::local_operator();
    let count = async || {
        let query = AuditQuery { outcome: Some("done".into()), ..AuditQuery::default() };
        let page = served.running.console.audit(&local, "harbour", &query).await.unwrap();
        page.entries.rows[0].id
    };
    let callers = [
        ("no token", None),
        ("reader", Some(account(&served, "c1", "Reader", &Scope::ALL).await.1)),
        ("developer", Some(account(&served, "c2", "Developer", &Scope::ALL).await.1)),
        ("administrator", Some(account(&served, "c3", "Administrator", &Scope::ALL).await.1)),
        ("administrator, read", Some(account(&served, "c4", "Administrator", &[Scope::Read]).await.1)),
        (
            "administrator, promotion",
            Some(account(&served, "c5", "Administrator", &[Scope::Promotion]).await.1),
        ),
        ("administrator, people", Some(account(&served, "c6", "Administrator", &[Scope::People]).await.1)),
        (
            "administrator, infrastructure",
            Some(account(&served, "c7", "Administrator", &[Scope::Infrastructure]).await.1),
        ),
    ];
    let before = count().await;
    let mut table = "method\taddress".to_owned();
    for (name, _) in &callers {
        let _ = write!(table, "\t{name}");
    }
    table.push('\n');
    let mut told = String::new();
    for (method, address, operation) in ROUTES {
        let _ = write!(table, "{}\t{address}", method.to_uppercase());
        for (name, token) in &callers {
            let mut path = things.path(address, operation);
            if *method != "get" {
                path.push_str("?dry_run=true");
            }
            let method: Method = method.to_uppercase().parse().unwrap();
            let request = client().request(method, format!("{}{path}", served.base));
            let request = match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            let request = match things.body(operation) {
                Some(body) => request.json(&body),
                None if *operation == "application.publish" => {
                    request.body(std::fs::read(crate::common::package(&served.folder, "desk", "2")).unwrap())
                }
                None => request,
            };
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            let _ = write!(table, "\t{status}");
            if status >= 400 {
                let _ = writeln!(told, "{operation} as {name}: {}", answer.text().await.unwrap());
            }
        }
        table.push('\n');
    }
    assert_eq!(count().await, before, "nothing was changed");
    served.running.stop().await;
    let reviewed = include_str!("api_access.tsv");
    assert!(
        table == reviewed,
        "what is answered differs from server/tests/http/api_access.tsv; it is now:\n{table}\n{told}"
    );
}
