//! Service accounts over HTTP: made on a page, their tokens shown once and revoked.

use crate::common::{Served, client, flash};
use domain::token::{PREFIX, Token};
use operations::Caller;
use reqwest::Response;

async fn post(served: &Served, cookie: &str, path: &str, body: impl Into<String>) -> Response {
    let request = served.form(client().post(format!("{}{path}", served.base)), body);
    request.header("cookie", cookie).send().await.unwrap()
}

async fn page(served: &Served, cookie: &str, path: &str) -> String {
    let request = client().get(format!("{}{path}", served.base)).header("cookie", cookie);
    let answer = request.header("accept", "text/html").send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

async fn called(served: &Served, token: &str) -> u16 {
    let request = client().get(format!("{}/api/v1/me", served.base)).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

/// Every whole token in a text; what lists show of one is none.
fn tokens_in(text: &str) -> Vec<String> {
    text.match_indices(PREFIX)
        .map(|(at, _)| text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
        .filter(|found: &String| found.parse::<Token>().is_ok())
        .collect()
}

/// The one token that an answer shows. It is in the page only: no cookie and no other address carries it.
async fn shown_by(answer: Response) -> String {
    assert_eq!(answer.status(), 200);
    assert_eq!(flash(&answer), None);
    let headers = format!("{:?}", answer.headers());
    assert_eq!(tokens_in(&headers), Vec::<String>::new());
    let text = answer.text().await.unwrap();
    assert!(text.contains("shown this once"), "{text}");
    let mut found = tokens_in(&text);
    found.dedup();
    assert_eq!(found.len(), 1, "{text}");
    found.remove(0)
}

#[tokio::test]
async fn a_token_is_made_on_a_page_shown_once_rotated_and_revoked() {
    let served = Served::start().await;
    let (console, local) = (&served.running.console, Caller::local_operator());
    let ada = served.cookie("ada").await;
    let roles = console.roles(&local, "harbour").await.unwrap().roles;
    let reader = roles.iter().find(|role| role.name == "Reader").unwrap().id;
    let list = "/i/harbour/service-accounts";
    assert!(page(&served, &ada, list).await.contains("There is no service account here"));

    let create = |role: &str| format!("infra=harbour&username=ci&name=Builds&role={role}");
    let refused = flash(&post(&served, &ada, "/do/service-accounts/create", create("")).await).unwrap();
    assert_eq!(refused.problem("role").as_deref(), Some("Choose a default role."));
    assert_eq!(refused.typed("username").as_deref(), Some("ci"), "what was typed comes back");
    let made = post(&served, &ada, "/do/service-accounts/create", create(&reader.to_string())).await;
    assert_eq!(made.status(), 303);
    let one = made.headers()["location"].to_str().unwrap().to_owned();
    let account = one.strip_prefix("/i/harbour/service-accounts/").unwrap().to_owned();
    assert!(page(&served, &ada, list).await.contains(&account));

    // A form with a mistake leads back with what was typed, and makes no token.
    let refused =
        flash(&post(&served, &ada, &format!("{one}/tokens"), "name=ci&days=366&people=on").await).unwrap();
    assert_eq!(refused.problem("days").as_deref(), Some("A token lives from 1 to 365 days."));
    assert_eq!(refused.typed("people").as_deref(), Some("on"));
    let first =
        shown_by(post(&served, &ada, &format!("{one}/tokens"), "name=ci&days=10&people=on").await).await;
    assert_eq!(called(&served, &first).await, 200);
    let later = page(&served, &ada, &one).await;
    assert_eq!(tokens_in(&later), Vec::<String>::new());
    assert!(later.contains("read, people"), "{later}");
    assert!(later.contains("days left"), "ten days are within the last fourteen: {later}");

    // Rotated: with an overlap of no hours only the successor is good.
    let id: domain::id::UserId = account.parse().unwrap();
    let token = console.service_account(&local, "harbour", id).await.unwrap().tokens[0].id;
    let rotate = format!("token={token}&days=100&overlap_hours=0");
    let second = shown_by(post(&served, &ada, &format!("{one}/rotate"), rotate).await).await;
    assert_ne!(first, second);
    assert_eq!(called(&served, &first).await, 401);
    assert_eq!(called(&served, &second).await, 200);

    let tokens = console.service_account(&local, "harbour", id).await.unwrap().tokens;
    let good: Vec<_> = tokens.iter().filter(|token| token.good).collect();
    assert_eq!(good.len(), 1);
    let revoke = format!("infra=harbour&account={account}&token={}", good[0].id);
    let revoked = flash(&post(&served, &ada, "/do/service-accounts/revoke", revoke).await).unwrap();
    assert!(revoked.sentence.starts_with("The token is revoked"), "{}", revoked.sentence);
    assert_eq!(called(&served, &second).await, 401);
    for path in [one.as_str(), list, "/i/harbour/audit"] {
        assert_eq!(tokens_in(&page(&served, &ada, path).await), Vec::<String>::new(), "{path}");
    }

    // Deactivated, nothing is made for it, and the page says why.
    let about = format!("infra=harbour&account={account}");
    post(&served, &ada, "/do/service-accounts/deactivate", about.as_str()).await;
    assert!(page(&served, &ada, &one).await.contains("Builds is deactivated."));
    let refused = post(&served, &ada, &format!("{one}/tokens"), "name=ci&days=10").await;
    assert_eq!(refused.status(), 303);
    assert!(flash(&refused).unwrap().sentence.contains("is deactivated"));
    post(&served, &ada, "/do/service-accounts/reactivate", about.as_str()).await;
    let third = shown_by(post(&served, &ada, &format!("{one}/tokens"), "name=ci&days=10").await).await;
    assert_eq!(called(&served, &third).await, 200);
    served.running.stop().await;
}
