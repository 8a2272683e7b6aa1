//! IT users over HTTP: made, changed and signed out by forms; what is too large; the access review as a file.

use crate::common::{PASSWORD, Served, client, flash};
use domain::id::{RoleId, UserId};
use operations::{Caller, UserQuery};
use reqwest::Response;

impl Served {
    async fn post(&self, cookie: &str, path: &str, body: impl Into<String>) -> Response {
        let request = self.form(client().post(format!("{}{path}", self.base)), body);
        request.header("cookie", cookie).send().await.unwrap()
    }

    async fn page(&self, cookie: &str, path: &str) -> Response {
        let request = client().get(format!("{}{path}", self.base)).header("cookie", cookie);
        request.header("accept", "text/html").send().await.unwrap()
    }

    async fn found(&self, search: &str) -> Vec<(UserId, String)> {
        let query = UserQuery { search: Some(search.into()), ..UserQuery::default() };
        let local = Caller::local_operator();
        let page = self.running.console.users(&local, "harbour", &query).await.unwrap();
        page.users.rows.into_iter().map(|row| (row.id, row.name)).collect()
    }

    async fn role(&self, name: &str) -> RoleId {
        let page = self.running.console.roles(&Caller::local_operator(), "harbour").await.unwrap();
        page.roles.iter().find(|role| role.name == name).unwrap().id
    }
}

#[tokio::test]
async fn a_user_is_made_on_a_page_and_signs_in_and_rights_end_at_once() {
    let served = Served::start().await;
    let ada = served.cookie("ada").await;
    let (reader, developer) = (served.role("Reader").await, served.role("Developer").await);
    let page = served.page(&ada, "/i/harbour/users/new").await.text().await.unwrap();
    assert!(page.contains("First password") && page.contains(&reader.to_string()), "{page}");

    let body = |name: &str| {
        format!(
            "infra=harbour&username=eve&name={name}&email=&role={developer}&password=seven+swans+on+the+cut"
        )
    };
    let refused = served.post(&ada, "/do/users/create", body("Eve%0D%0ABcc:+all@x")).await;
    let told = flash(&refused).unwrap();
    assert!(told.problem("name").unwrap().contains("U+000D"), "{told:?}");
    assert_eq!(told.typed("username").as_deref(), Some("eve"), "what was typed comes back");
    assert!(!format!("{told:?}").contains("swans"), "but the password does not");
    let made = served.post(&ada, "/do/users/create", body("Eve")).await;
    assert_eq!(made.status(), 303);
    let (eve, _) = served.found("eve").await[0].clone();
    assert_eq!(made.headers()["location"], format!("/i/harbour/users/{eve}"));

    let answer = served.sign_in("eve", "seven swans on the cut").await;
    let cookie = crate::common::cookie_of(&answer).expect("the new user signs in");
    assert_eq!(served.page(&cookie, "/i/harbour/plans/new").await.status(), 200);
    // Rights count at each request: the role is changed, then the user is signed out, while the session is open.
    let role = served
        .post(&ada, "/do/users/role", format!("infra=harbour&user={eve}&role={reader}&reason=rota"))
        .await;
    assert!(flash(&role).unwrap().sentence.contains("open sessions"));
    served.published("desk", "1").await;
    let tag = served
        .post(&cookie, "/do/applications/tag", "infra=harbour&app=desk&env=dev&number=1.0.0&change_log=")
        .await;
    let told = flash(&tag).unwrap().sentence;
    assert!(told.starts_with("You cannot tag"), "{told}");
    let ended = served.post(&ada, "/do/users/end-sessions", format!("infra=harbour&user={eve}")).await;
    assert!(flash(&ended).unwrap().sentence.contains("1 session"));
    let out = served.page(&cookie, "/i/harbour").await;
    assert_eq!(out.status(), 303);
    let told = flash(&out).unwrap().sentence;
    assert!(told.contains("an administrator ended your session"), "{told}");
    served.running.stop().await;
}

#[tokio::test]
async fn a_form_of_ten_megabytes_is_refused_in_one_sentence_with_an_entry() {
    let served = Served::start().await;
    let ada = served.cookie("ada").await;
    let (reader, much) = (served.role("Reader").await, "x".repeat(10_000_000));
    for (path, body) in [
        (
            "/do/users/create",
            format!(
                "infra=harbour&username=zelda&name={much}&email=&role={reader}&password=seven+swans+on+the+cut"
            ),
        ),
        (
            "/do/users/create",
            format!("infra=harbour&username=zelda&name=Zelda&email=&role={reader}&password={much}"),
        ),
        ("/do/profile/password", format!("old={}&new={much}&again={much}", PASSWORD.replace(' ', "+"))),
        ("/sign-in", format!("username=ada&password={much}")),
    ] {
        let answer = served.post(&ada, path, body).await;
        assert_eq!(answer.status(), 413, "{path}");
        let told = answer.text().await.unwrap();
        assert!(told.contains("larger than 64 KiB") && told.len() < 1_000, "{path}: {told}");
    }
    // One that does not say its size first.
    let parts = (0..200).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 50_000]));
    let request = served
        .form(client().post(format!("{}/do/users/create", served.base)), "")
        .body(reqwest::Body::wrap_stream(futures::stream::iter(parts)));
    assert_eq!(request.header("cookie", &ada).send().await.unwrap().status(), 413);
    assert_eq!(served.found("zelda").await, []);
    assert_eq!(served.outcomes("request.too_large").await.len(), 5);
    served.cookie("ada").await;
    served.running.stop().await;
}

#[tokio::test]
async fn the_access_review_is_a_file_that_a_spreadsheet_opens_safely() {
    let served = Served::start().await;
    let (ada, ron) = (served.cookie("ada").await, served.cookie("ron").await);
    let (id, _) = served.found("ron").await[0].clone();
    let change = format!("infra=harbour&user={id}&name=%3D1%2B1&email=");
    assert_eq!(served.post(&ada, "/do/users/change", change).await.status(), 303);
    let answer = served.page(&ada, "/i/harbour/users/review.csv").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/csv"));
    assert!(answer.headers()["content-disposition"].to_str().unwrap().contains("access-review-harbour.csv"));
    let text = answer.text().await.unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 3 * 2, "three users by two environments: {text}");
    assert!(lines[0].starts_with("user name,name,"), "{text}");
    assert!(text.contains("ron,'=1+1,yes,,"), "{text}");
    let denied = served.page(&ron, "/i/harbour/users/review.csv").await;
    assert_eq!(denied.status(), 403);
    assert!(denied.text().await.unwrap().contains("Read Audit"));
    let mut outcomes = served.outcomes("user.review").await;
    outcomes.sort();
    assert_eq!(outcomes, ["denied", "done"]);
    served.running.stop().await;
}

#[tokio::test]
async fn a_page_has_the_theme_and_the_time_zone_that_were_chosen() {
    let served = Served::start().await;
    let ron = served.cookie("ron").await;
    let plain = served.page(&ron, "/profile").await.text().await.unwrap();
    assert!(!plain.contains("data-theme") && plain.contains(" UTC"), "{plain}");
    let change = "name=Ron&email=&time_zone=Asia%2FKolkata&theme=dark";
    let answer = served.post(&ron, "/do/profile/change", change).await;
    assert_eq!(flash(&answer).unwrap().sentence, "Your profile is saved.");
    let chosen = served.page(&ron, "/profile").await.text().await.unwrap();
    assert!(chosen.contains("data-theme=\"dark\""), "{chosen}");
    assert!(chosen.contains(" IST"), "{chosen}");
    let password = "old=correct+horse+battery&new=aaaaaaaaaaab&again=aaaaaaaaaaab";
    let told = flash(&served.post(&ron, "/do/profile/password", password).await).unwrap().sentence;
    assert!(told.contains("easy to guess"), "it is advice, and the password is changed: {told}");
    assert!(crate::common::cookie_of(&served.sign_in("ron", "aaaaaaaaaaab").await).is_some());
    served.running.stop().await;
}
