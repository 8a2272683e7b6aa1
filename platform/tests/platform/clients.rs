//! Clients of Server.Identity: a secret that is shown once, tokens with scopes for every front-end, clear refusals.

use crate::common::client;
use crate::common::clients::{Client, form};
use crate::common::console::{Console, activate, prepare};
use crate::common::get;
use crate::common::packages::tides;
use crate::common::server::Server;
use domain::protocol::TaskOutcome;
use domain::server_api::token::{TokenAnswer, TokenRefusal};
use reqwest::StatusCode;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

async fn refusal(answer: reqwest::Response) -> (u16, String, String) {
    let status = answer.status().as_u16();
    let said: TokenRefusal = answer.json().await.unwrap();
    (status, said.error, said.error_description)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_tokens_for_its_scopes_on_every_front_end() {
    let console = Console::start(2).await;
    let controller = Server::start(&console, 1).await;
    let member = Server::start(&console, 2).await;
    let nightly = controller.add_client("nightly", "read,logs").await;
    assert!(!controller.holds(&nightly.secret), "the secret is nowhere in its folder");
    let ask = async |fields: &[(&str, &str)]| nightly.ask(&controller, fields).await;

    let given = ask(&[GRANT]).await;
    assert_eq!(given.headers()["cache-control"], "no-store");
    let given: TokenAnswer = given.json().await.unwrap();
    assert_eq!((given.token_type.as_str(), given.expires_in), ("Bearer", 300));
    assert_eq!(given.scope.to_string(), "logs read");
    let in_form = [
        GRANT,
        ("client_id", nightly.id.as_str()),
        ("client_secret", nightly.secret.as_str()),
        ("scope", "read"),
    ];
    let tokens = format!("{}/identity/v1/token", controller.api);
    let read: TokenAnswer =
        form(client().post(&tokens), &in_form).send().await.unwrap().json().await.unwrap();
    assert_eq!(read.scope.to_string(), "read");

    for server in [&controller, &member] {
        let status = server.ask_with("/server/v1/status", &read.access_token).await;
        assert_eq!(status.status, 200, "{}", status.body);
        let switch =
            client().post(format!("{}/server/v1/switch", server.api)).bearer_auth(&read.access_token);
        let switch = switch.send().await.unwrap();
        assert_eq!(switch.status(), StatusCode::FORBIDDEN);
        let challenge = switch.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert_eq!(challenge, r#"Bearer error="insufficient_scope", scope="deploy""#);
        let said = switch.text().await.unwrap();
        assert_eq!(said, "The token has not the scope “deploy”, which this asks for.\n");
        let none = server.ask_with("/server/v1/status", "towpath1.x.y").await;
        assert_eq!(none.status, 401);
    }

    let (status, error, said) = refusal(ask(&[GRANT, ("scope", "read deploy")]).await).await;
    assert_eq!((status, error.as_str()), (400, "invalid_scope"));
    assert_eq!(said, "The client nightly may have logs read, not deploy read.");
    let (status, error, _) = refusal(ask(&[("grant_type", "password")]).await).await;
    assert_eq!((status, error.as_str()), (400, "unsupported_grant_type"));
    let (status, error, said) = refusal(nightly.ask(&member, &[GRANT]).await).await;
    assert_eq!((status, error.as_str()), (404, "invalid_request"));
    assert!(said.contains("is not the deployment controller"), "{said}");
    assert_eq!(controller.events("token_given").len(), 2);
    assert_eq!(controller.events("token_refused").len(), 2, "{:?}", controller.events("token_refused"));

    let elsewhere = member.command(&["client", "add", "other", "--scope", "read"]).await;
    let said = elsewhere.sentence();
    assert_eq!(said, "test-2 is not the deployment controller of Test: clients are kept there.");
    let again = controller.command(&["client", "add", "nightly", "--scope", "read"]).await;
    assert!(again.sentence().starts_with("There is a client “nightly” already"), "{}", again.sentence());
    let odd = controller.command(&["client", "add", "odd", "--scope", "root"]).await;
    assert!(odd.sentence().starts_with("“root” is no scope; there are"), "{}", odd.sentence());

    let list = controller.command(&["client", "list"]).await;
    assert!(list.output.contains(&nightly.id) && !list.output.contains(&nightly.secret), "{}", list.output);
    let removed = controller.command(&["client", "remove", "nightly"]).await;
    assert!(removed.output.contains("gets no token any more"), "{}", removed.output);
    let (status, error, _) = refusal(ask(&[GRANT]).await).await;
    assert_eq!((status, error.as_str()), (401, "invalid_client"));
    let twice = controller.command(&["client", "remove", "nightly"]).await;
    assert_eq!(twice.sentence(), "There is no client “nightly”.");
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_secrets_are_slowed_down_and_the_right_one_is_not() {
    let console = Console::start(1).await;
    let controller = Server::start(&console, 1).await;
    let (right, other) =
        (controller.add_client("one", "read").await, controller.add_client("two", "read").await);
    let wrong = Client { secret: other.secret.clone(), ..right.clone() };
    for _ in 0..5 {
        let answer = wrong.ask(&controller, &[GRANT]).await;
        assert_eq!(answer.headers()["www-authenticate"], "Basic realm=\"Server.Identity\"");
        let (status, error, _) = refusal(answer).await;
        assert_eq!((status, error.as_str()), (401, "invalid_client"));
    }
    for _ in 0..3 {
        let answer = wrong.ask(&controller, &[GRANT]).await;
        assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
        let (status, error, said) = refusal(answer).await;
        assert_eq!((status, error.as_str()), (429, "temporarily_unavailable"));
        assert!(said.starts_with("There were too many wrong secrets"), "{said}");
    }
    let refused = controller.events("token_refused");
    assert_eq!(refused.len(), 5, "what comes in a pause is not written down: {refused:?}");
    assert!(
        refused.iter().all(|event| event.contains(&right.id) && !event.contains(&wrong.secret)),
        "{refused:?}"
    );
    assert_eq!(right.ask(&controller, &[GRANT]).await.status(), 200, "the client itself");
    assert_eq!(other.ask(&controller, &[GRANT]).await.status(), 200, "and another");
    // Whoever is nobody is counted together, so that the log is not filled by ever new names.
    let mut statuses = Vec::new();
    for number in 0..7 {
        let nobody = Client { id: format!("nobody-{number}"), ..right.clone() };
        statuses.push(nobody.ask(&controller, &[GRANT]).await.status().as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429]);
    let secret = "x".repeat(5000);
    let long = [GRANT, ("client_id", "x"), ("client_secret", secret.as_str())];
    let long =
        form(client().post(format!("{}/identity/v1/token", controller.api)), &long).send().await.unwrap();
    assert!(long.status().is_client_error(), "{}", long.status());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_may_deploy_has_keys_and_fences_of_its_own() {
    let console = Console::start(1).await;
    let server = Server::start(&console, 1).await;
    let package = tides("1.2.0", "");
    console.put(&package);
    assert_eq!(console.run("d/1", 5, prepare("tides", &package)).await, TaskOutcome::Done);
    assert_eq!(console.run("d/2", 5, activate(1, "tides", &package)).await, TaskOutcome::Done);
    let page = format!("{}/tides/", server.address);
    let nightly = server.add_client("nightly", "deploy").await;
    let token = nightly.token(&server).await;
    let switch = async |key: &str, fence: u64, sha256: Option<String>| {
        let sent = client().post(format!("{}/server/v1/switch", server.api)).bearer_auth(&token);
        let body =
            serde_json::json!({ "key": key, "fence": fence, "application": "tides", "sha256": sha256 });
        let answer = sent.json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    // What the console's next task would be called.
    let begins = format!("The key of a client's switch begins with its id and a slash: {}/…\n", nightly.id);
    assert_eq!(switch("d/3", 5, None).await, (422, begins.clone()));
    assert_eq!(switch(&nightly.id, 5, None).await, (422, begins));
    let own = format!("{}/1", nightly.id);
    let leaves = serde_json::json!({ "key": own, "fence": 5, "application": "tides", "sha256": null, "drain_seconds": 9 });
    let sent = client().post(format!("{}/server/v1/switch", server.api)).bearer_auth(&token);
    assert_eq!(
        sent.json(&leaves).send().await.unwrap().status(),
        422,
        "how it leaves is the environment's to say"
    );
    let (status, said) = switch(&own, 6, None).await;
    assert_eq!(
        (status, said.as_str()),
        (422, "A client's fence is not above the highest that was seen, 5.\n")
    );
    let (status, said) = switch(&own, 4, None).await;
    assert_eq!((status, said.as_str()), (200, r#"{"state":"fenced","highest":5}"#));
    assert_eq!(get(&page).await.0, 200, "nothing was switched");
    assert_eq!(switch(&own, 5, None).await, (200, r#"{"state":"done"}"#.to_owned()));
    assert_eq!(get(&page).await.0, 404);
    let back = format!("{}/2", nightly.id);
    let sha256 = Some(package.sha256.to_string());
    assert_eq!(switch(&back, 5, sha256).await, (200, r#"{"state":"done"}"#.to_owned()));
    assert_eq!(get(&page).await.0, 200);
    // The console goes on as if nothing had been.
    assert_eq!(console.run("d/3", 6, activate(1, "tides", &package)).await, TaskOutcome::Done);
    console.is_content();
}
