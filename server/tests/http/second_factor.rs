//! Invitations and the second factor over HTTP: what is reached between the steps, what is shown once, and what leaks nowhere.

use crate::common::{Ahead, PASSWORD, Served, client, cookie_of, flash};
use data_encoding::BASE32_NOPAD;
use domain::time::{MINUTE, SECOND};
use domain::totp;
use operations::{Caller, Console, UserQuery};
use reqwest::Response;
use server::clock::{Sources, SystemIds};
use std::sync::Arc;

struct World {
    served: Served,
    clock: Arc<Ahead>,
}

impl World {
    async fn start() -> Self {
        let clock = Arc::new(Ahead::default());
        let sources = Sources { clock: clock.clone(), ids: Arc::new(SystemIds) };
        Self { served: Served::start_with(sources, &[]).await, clock }
    }

    fn console(&self) -> &Console {
        &self.served.running.console
    }

    async fn get(&self, cookie: &str, path: &str) -> Response {
        let request = client().get(format!("{}{path}", self.served.base)).header("cookie", cookie);
        request.header("accept", "text/html").send().await.unwrap()
    }

    async fn post(&self, cookie: &str, path: &str, body: impl Into<String>) -> Response {
        let request = client().post(format!("{}{path}", self.served.base)).header("cookie", cookie);
        self.served.form(request, body).send().await.unwrap()
    }

    /// Sets an authenticator app up over HTTP; gives its secret and the page with the recovery codes.
    async fn set_up(&self, cookie: &str) -> (Vec<u8>, String) {
        assert_eq!(place(&self.post(cookie, "/do/second-factor/begin", "").await), "/second-factor");
        let page = self.get(cookie, "/second-factor").await.text().await.unwrap();
        assert!(page.contains("class=\"qr\"") && !page.contains("style="), "{page}");
        let words = page.split("id=\"totp-key\">").nth(1).unwrap().split('<').next().unwrap();
        let secret = BASE32_NOPAD.decode(words.replace(' ', "").as_bytes()).unwrap();
        let wrong = self.post(cookie, "/second-factor/confirm", "code=000000").await;
        assert!(flash(&wrong).unwrap().problem("code").is_some());
        let done = self.post(cookie, "/second-factor/confirm", format!("code={}", self.code(&secret))).await;
        assert_eq!(done.status(), 200, "the answer itself shows the codes");
        assert_eq!(done.headers()["cache-control"], "no-store");
        (secret, done.text().await.unwrap())
    }

    fn code(&self, secret: &[u8]) -> String {
        totp::code(secret, totp::step(self.console().time()))
    }
}

fn place(answer: &Response) -> String {
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn between_the_steps_nothing_opens_and_the_session_is_renewed() {
    let world = World::start().await;
    let first = world.served.cookie("ada").await;
    let (secret, codes) = world.set_up(&first).await;
    assert_eq!(codes.matches("<li class=\"mono\">").count(), 10);
    assert!(!world.get(&first, "/second-factor").await.text().await.unwrap().contains("<li class=\"mono\">"));
    world.clock.by(30 * SECOND);

    let answer = world.served.sign_in("ada", PASSWORD).await;
    assert_eq!(place(&answer), "/sign-in/second");
    let half = cookie_of(&answer).unwrap();
    let none =
        answer.headers().get_all("set-cookie").iter().all(|set| !set.to_str().unwrap().contains("device"));
    assert!(none, "the device is not known before the second step");
    for path in ["/", "/i/harbour", "/profile", "/second-factor", "/prove"] {
        assert!(place(&world.get(&half, path).await).starts_with("/sign-in"), "{path}");
    }
    assert_eq!(world.get(&half, "/live?topic=infrastructure:harbour").await.status(), 401);
    for (path, body) in [
        ("/do/profile/end-others", ""),
        ("/do/second-factor/remove", ""),
        ("/prove", "password=correct+horse+battery"),
        ("/second-factor/recovery", ""),
    ] {
        assert!(place(&world.post(&half, path, body).await).starts_with("/sign-in"), "{path}");
    }
    let wrong = world.post(&half, "/sign-in/second", "code=000000&next=%2Fi%2Fharbour").await;
    assert_eq!(place(&wrong), "/sign-in/second?next=%2Fi%2Fharbour");
    assert!(flash(&wrong).unwrap().problem("code").is_some());
    let body = format!("code={}&next=%2Fi%2Fharbour", world.code(&secret));
    let done = world.post(&half, "/sign-in/second", body.clone()).await;
    assert_eq!(place(&done), "/i/harbour");
    let whole = cookie_of(&done).unwrap();
    assert_ne!(whole, half, "ASVS 7.2.4: a new id");
    assert_eq!(world.get(&whole, "/i/harbour").await.status(), 200);
    assert!(place(&world.get(&half, "/i/harbour").await).starts_with("/sign-in"));
    assert!(place(&world.post(&half, "/sign-in/second", body).await).starts_with("/sign-in"), "once");

    let late = cookie_of(&world.served.sign_in("ada", PASSWORD).await).unwrap();
    world.clock.by(10 * MINUTE + SECOND);
    let body = format!("code={}", world.code(&secret));
    assert_eq!(place(&world.post(&late, "/sign-in/second", body).await), "/sign-in?next=");
    let database = std::fs::read(world.served.folder.path().join("console.db-wal")).unwrap();
    assert!(!database.windows(secret.len()).any(|part| part == secret), "the secret is enveloped at rest");
    let file = std::fs::metadata(world.served.folder.path().join("master.key")).unwrap();
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    world.served.running.stop().await;
}

#[tokio::test]
async fn who_has_to_set_a_second_factor_up_does_nothing_else_before() {
    let world = World::start().await;
    let (ada, ron) = (world.served.cookie("ada").await, world.served.cookie("ron").await);
    assert_eq!(world.get(&ron, "/i/harbour").await.status(), 200);
    let local = Caller::local_operator();
    let roles = world.console().role_factors(&local, "harbour").await.unwrap();
    let reader = roles.iter().find(|each| each.role.name == "Reader").unwrap().role.id;
    let body = format!("infra=harbour&role={reader}&asks=true");
    assert_eq!(place(&world.post(&ada, "/do/roles/second-factor", body).await), "/i/harbour/second-factor");
    // In the open session, at once.
    for path in ["/", "/i/harbour", "/profile"] {
        assert_eq!(place(&world.get(&ron, path).await), "/second-factor", "{path}");
    }
    for path in ["/do/profile/end-others", "/do/plans/make", "/i/harbour/environments/dev/publish"] {
        assert_eq!(place(&world.post(&ron, path, "").await), "/second-factor", "{path}");
    }
    assert_eq!(world.get(&ron, "/live?topic=infrastructure:harbour").await.status(), 403);
    let page = world.get(&ron, "/second-factor").await;
    assert!(page.text().await.unwrap().contains("Your role asks for a second factor"));
    world.set_up(&ron).await;
    assert_eq!(world.get(&ron, "/i/harbour").await.status(), 200);
    assert_eq!(world.get(&ada, "/i/harbour").await.status(), 200, "her role asks for nothing");
    world.served.running.stop().await;
}

#[tokio::test]
async fn a_link_is_shown_once_and_leaks_nowhere() {
    let world = World::start().await;
    let ada = world.served.cookie("ada").await;
    let users =
        world.console().users(&Caller::local_operator(), "harbour", &UserQuery::default()).await.unwrap();
    let reader = users.roles.iter().find(|choice| choice.role.name == "Reader").unwrap().role.id;
    let body = format!("username=ines&name=Ines+Duarte&email=&role={reader}");
    let made = world.post(&ada, "/i/harbour/users/invite", body).await;
    assert_eq!(made.status(), 200);
    assert!(flash(&made).is_none());
    let page = made.text().await.unwrap();
    let token = page.split("/invitation?token=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(token.len(), 64);
    assert!(!world.get(&ada, "/i/harbour/users/invite").await.text().await.unwrap().contains(&token));

    let open = world.get("", &format!("/invitation?token={token}")).await;
    assert_eq!(open.status(), 200);
    assert_eq!(open.headers()["referrer-policy"], "no-referrer");
    let page = open.text().await.unwrap();
    assert!(page.contains("Ines Duarte") && page.contains(">ines<"), "{page}");
    let differ = format!("token={token}&password=seven+swans+on+the+cut&again=eight+swans+on+the+cut");
    let refused = world.post("", "/invitation", differ).await;
    assert!(flash(&refused).unwrap().problem("again").is_some());
    let body = format!("token={token}&password=seven+swans+on+the+cut&again=seven+swans+on+the+cut");
    let done = world.post("", "/invitation", body.clone()).await;
    assert_eq!(place(&done), "/");
    assert_eq!(world.get(&cookie_of(&done).unwrap(), "/i/harbour").await.status(), 200, "signed in");
    let again = world.post("", "/invitation", body).await;
    assert!(place(&again).starts_with("/sign-in") && cookie_of(&again).is_none());
    assert!(flash(&again).unwrap().sentence.starts_with("This link is not good"));
    assert_eq!(world.get("", &format!("/invitation?token={token}")).await.status(), 404);
    let database = std::fs::read(world.served.folder.path().join("console.db-wal")).unwrap();
    assert!(
        !database.windows(64).any(|part| part == token.as_bytes()),
        "neither in the log nor elsewhere at rest"
    );
    world.served.running.stop().await;
}

#[tokio::test]
async fn a_dangerous_form_leads_to_a_proof_and_back_with_what_was_typed() {
    let world = World::start().await;
    let old = world.served.cookie("ada").await;
    let users =
        world.console().users(&Caller::local_operator(), "harbour", &UserQuery::default()).await.unwrap();
    let reader = users.roles.iter().find(|choice| choice.role.name == "Reader").unwrap().role.id;
    world.clock.by(10 * MINUTE + SECOND);
    let body = format!("username=ines&name=Ines+Duarte&email=&role={reader}");
    let asked = world.post(&old, "/i/harbour/users/invite", body.clone()).await;
    assert_eq!(place(&asked), "/prove?then=%2Fi%2Fharbour%2Fusers%2Finvite");
    let sent = flash(&asked).unwrap();
    assert!(
        sent.typed("username").as_deref() == Some("ines")
            && sent.sentence.starts_with("Prove that it is you")
    );
    let wrong = world.post(&old, "/prove", "then=%2Fprofile&password=wrong+horse+battery").await;
    assert_eq!(place(&wrong), "/prove?then=%2Fprofile");
    let away = world.post(&old, "/prove", "then=https%3A%2F%2Felsewhere.example&password=wrong").await;
    assert_eq!(place(&away), "/prove?then=%2Fprofile", "only to addresses of this console");
    let body_of_proof =
        format!("then=%2Fi%2Fharbour%2Fusers%2Finvite&password=correct+horse+battery&kept={}", sent.encode());
    let proved = world.post(&old, "/prove", body_of_proof).await;
    assert_eq!(place(&proved), "/i/harbour/users/invite");
    assert_eq!(flash(&proved).unwrap().typed("name").as_deref(), Some("Ines Duarte"));
    let new = cookie_of(&proved).unwrap();
    assert_ne!(new, old, "ASVS 7.2.4: a new id with each proof");
    assert!(place(&world.get(&old, "/i/harbour").await).starts_with("/sign-in"));
    assert_eq!(world.post(&new, "/i/harbour/users/invite", body).await.status(), 200);
    world.served.running.stop().await;
}

#[tokio::test]
async fn an_open_link_is_listed_and_withdrawn_on_a_page() {
    const LIST: &str = "/i/harbour/users/invitations";
    let world = World::start().await;
    let ada = world.served.cookie("ada").await;
    let page = world.get(&ada, LIST).await.text().await.unwrap();
    assert!(page.contains("No invitation is open"), "{page}");
    let users =
        world.console().users(&Caller::local_operator(), "harbour", &UserQuery::default()).await.unwrap();
    let reader = users.roles.iter().find(|choice| choice.role.name == "Reader").unwrap().role.id;
    let body = format!("username=ines&name=Ines+Duarte&email=&role={reader}");
    let made = world.post(&ada, "/i/harbour/users/invite", body).await.text().await.unwrap();
    let token = made.split("/invitation?token=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = world.get(&ada, LIST).await.text().await.unwrap();
    for part in ["Ines Duarte", "Reader", "the first password", "New link", "Withdraw"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains(&token));

    let found = UserQuery { search: Some("ines".into()), ..UserQuery::default() };
    let found = world.console().users(&Caller::local_operator(), "harbour", &found).await.unwrap();
    let body = format!("infra=harbour&user={}", found.users.rows[0].id);
    let withdrawn = world.post(&ada, "/do/users/withdraw-invitation", body.clone()).await;
    assert_eq!(place(&withdrawn), LIST);
    assert!(flash(&withdrawn).unwrap().sentence.contains("no good any more"));
    assert_eq!(world.get("", &format!("/invitation?token={token}")).await.status(), 404);
    let again = world.post(&ada, "/do/users/withdraw-invitation", body).await;
    assert_eq!(place(&again), LIST);
    assert!(flash(&again).unwrap().sentence.starts_with("No link of Ines Duarte is open"));
    assert!(!world.get(&ada, LIST).await.text().await.unwrap().contains("Ines Duarte"));
    world.served.running.stop().await;
}
