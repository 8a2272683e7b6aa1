//! A console that answers over HTTP, and people who talk to it.

use app::flash::Flash;
use domain::environment::Purpose;
use domain::id::{DeploymentId, EnvironmentId, ServerId};
use domain::protocol::{
    EnrolRequest, HEADER_NONCE, HEADER_SERVER, HEADER_SIGNATURE, HEADER_TIME, PROTOCOL, SyncRequest,
    SyncResponse, Task, TaskOutcome, TaskReport, signing_input,
};
use domain::text::Sha256;
use domain::time::Timestamp;
use ed25519_dalek::{Signer as _, SigningKey};
use operations::{AuditQuery, Caller, Clock, Console, Ids, NewEnvironment, NewServer, NewUser};
use reqwest::{Client, Method, RequestBuilder, Response};
use server::clock::{Sources, SystemClock, SystemIds};
use server::configuration::Configuration;
use server::serve::{Running, start_with};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;
use tokio::net::TcpListener;

pub const PASSWORD: &str = "correct horse battery";

/// A running console on its own database and port.
pub struct Served {
    pub running: Running,
    pub configuration: Configuration,
    pub base: String,
    pub folder: TempDir,
    pub dev: (EnvironmentId, ServerId),
    pub key: SigningKey,
    /// The controller of Test.
    pub test: Signer,
}

/// A Platform Server as it is on the wire: its identity and its key.
pub struct Signer(pub ServerId, pub SigningKey);

/// The machine's clock, as far ahead as a test puts it.
#[derive(Default)]
pub struct Ahead(AtomicI64);

impl Ahead {
    pub fn by(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(self.0.load(Ordering::SeqCst))
    }
}

/// A client that follows nothing and keeps nothing by itself.
pub fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// The configuration of a console in a folder, with password hashing that costs little. `more` are lines of its own section.
pub fn configuration(folder: &TempDir, more: &[(&'static str, &str)]) -> Configuration {
    let file = folder.path().join("Leptos.toml");
    std::fs::write(&file, "[console]\npassword-memory-kib = 19456\npassword-passes = 2\n").unwrap();
    let mut flags = vec![
        ("site-addr", "127.0.0.1:0".to_owned()),
        ("data", folder.path().display().to_string()),
        ("database", format!("sqlite:{}", folder.path().join("console.db").display())),
    ];
    flags.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let mut all = Configuration::read(Some(&file), [], flags).unwrap();
    // No environment of these tests answers a question, and nobody wants to wait for that.
    all.settings.answer_seconds = 1;
    all
}

impl Served {
    /// A console with Development and Test, both enrolled, and a user for each built-in role but one.
    pub async fn start() -> Self {
        Self::start_with(Sources::default(), &[]).await
    }

    pub async fn start_with(sources: Sources, more: &[(&'static str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let configuration = configuration(&folder, more);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let running = start_with(&configuration, listener, sources)
            .await
            .unwrap_or_else(|_| panic!("the console starts"));
        let base = format!("http://{}", running.address);
        let key = SigningKey::from_bytes(&[7; 32]);
        let (dev, test) = seed(&running.console, &key).await;
        Self { running, configuration, base, folder, dev, key, test }
    }

    /// Signs somebody in over HTTP and gives the cookie.
    pub async fn cookie(&self, username: &str) -> String {
        let answer = self.sign_in(username, PASSWORD).await;
        assert_eq!(answer.status(), 303);
        cookie_of(&answer).expect("a session")
    }

    pub async fn sign_in(&self, username: &str, password: &str) -> Response {
        let body = format!("username={username}&password={}", password.replace(' ', "+"));
        self.form(client().post(format!("{}/sign-in", self.base)), body).send().await.unwrap()
    }

    /// A request as a form of this console sends it.
    pub fn form(&self, request: RequestBuilder, body: impl Into<String>) -> RequestBuilder {
        from_page(request, &self.base, "application/x-www-form-urlencoded").body(body.into())
    }

    /// A request that Development's controller signed.
    pub fn signed(&self, method: Method, path: &str, body: &[u8], time: i64, nonce: &str) -> RequestBuilder {
        let by = Signer(self.dev.1, self.key.clone());
        self.signed_by(&by, method, path, body, time, nonce)
    }

    /// The same of another Platform Server.
    pub fn signed_by(
        &self,
        by: &Signer,
        method: Method,
        path: &str,
        body: &[u8],
        time: i64,
        nonce: &str,
    ) -> RequestBuilder {
        use base64::Engine as _;
        let input =
            signing_input(method.as_str(), path, &Sha256::of(body), domain::time::Timestamp(time), nonce);
        let signature = base64::engine::general_purpose::STANDARD.encode(by.1.sign(&input).to_bytes());
        client()
            .request(method, format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .header(HEADER_SERVER, by.0.to_string())
            .header(HEADER_TIME, time.to_string())
            .header(HEADER_NONCE, nonce)
            .header(HEADER_SIGNATURE, signature)
            .body(body.to_vec())
    }

    /// Development's controller as it is on the wire, reporting every task as done until the deployment has ended.
    pub async fn carry_out(&self, run: DeploymentId) -> String {
        let local = Caller::local_operator();
        let mut reports = Vec::new();
        for _ in 0..400 {
            let row = self.running.console.deployment(&local, "harbour", run).await.unwrap().row;
            if row.finished_at.is_some() {
                return row.status;
            }
            let request = SyncRequest {
                protocol: PROTOCOL,
                boot_id: "boot".into(),
                reports: std::mem::take(&mut reports),
                servers: vec![],
                wait_seconds: 0,
                seen_revision: 0,
            };
            let body = serde_json::to_vec(&request).unwrap();
            let sent = self.signed(Method::POST, "/agent/v1/sync", &body, self.now(), &self.nonce());
            let answer: SyncResponse = sent.send().await.unwrap().json().await.unwrap();
            reports = answer.tasks.into_iter().map(done).collect();
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the deployment never ended");
    }

    /// Publishes a package of one page into Development and carries it out; gives its hash.
    pub async fn published(&self, application: &str, content: &str) -> Sha256 {
        self.published_with(application, "", content).await
    }

    /// The same with more of a manifest.
    pub async fn published_with(&self, application: &str, extra: &str, content: &str) -> Sha256 {
        let file = package_with(&self.folder, application, extra, content);
        let local = Caller::local_operator();
        let run = self.running.console.publish(&local, "harbour", "dev", &file).await.unwrap();
        assert_eq!(self.carry_out(run.deployment.unwrap()).await, "finished_successful");
        Sha256::of(&std::fs::read(file).unwrap())
    }

    /// What the audit log has of an operation: its outcomes.
    pub async fn outcomes(&self, operation: &str) -> Vec<String> {
        let query = AuditQuery { operation: Some(operation.into()), ..AuditQuery::default() };
        let page = self.running.console.audit(&Caller::local_operator(), "harbour", &query).await.unwrap();
        page.entries.rows.into_iter().map(|row| row.outcome).collect()
    }

    pub fn now(&self) -> i64 {
        SystemClock.now().0
    }

    pub fn nonce(&self) -> String {
        hex::encode(&SystemIds.secret()[..16])
    }

    /// A small package file.
    pub fn package(&self, application: &str) -> PathBuf {
        package(&self.folder, application, "1")
    }
}

fn done(task: Task) -> TaskReport {
    TaskReport { key: task.key, fence: task.fence, outcome: TaskOutcome::Done, lines: vec![] }
}

/// What the form's answer says to the person, if it says anything.
pub fn flash(answer: &Response) -> Option<Flash> {
    let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    cookies
        .filter_map(|cookie| cookie.split(';').next()?.strip_prefix("towpath-flash="))
        .find_map(Flash::decode)
}

/// The cookie that an answer sets, as it is sent back.
pub fn cookie_of(answer: &Response) -> Option<String> {
    let set = answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    set.filter(|value| value.starts_with("towpath="))
        .find_map(|value| Some(value.split(';').next()?.to_owned()))
}

/// A package of one static page.
pub fn package(folder: &TempDir, application: &str, content: &str) -> PathBuf {
    package_with(folder, application, "", content)
}

/// The same with more of a manifest.
pub fn package_with(folder: &TempDir, application: &str, extra: &str, content: &str) -> PathBuf {
    let bytes = domain::testing::package(application, None, extra, content);
    let path = folder.path().join(format!("{application}-{}.oap", Sha256::of(&bytes).short()));
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Makes the infrastructure `harbour` with Development and Test, and people.
pub async fn infrastructure(console: &Console) {
    let local = Caller::local_operator();
    console.create_infrastructure(&local, "harbour", "Harbour").await.unwrap();
    for (key, name, purpose) in
        [("dev", "Development", Purpose::Development), ("test", "Test", Purpose::Test)]
    {
        let new = NewEnvironment { key: key.into(), name: name.into(), purpose };
        console.create_environment(&local, "harbour", new).await.unwrap();
        let new = NewServer { key: format!("{key}-1"), name: format!("{key}-1"), is_controller: true };
        console.create_server(&local, "harbour", key, new).await.unwrap();
    }
    for (username, role) in [("ada", "Administrator"), ("dev", "Developer"), ("ron", "Reader")] {
        let new = NewUser {
            username: username.into(),
            name: format!("The {role}"),
            email: String::new(),
            role: role.into(),
            infrastructure: None,
            password: Some(PASSWORD.into()),
        };
        console.add_user(&local, new).await.unwrap();
    }
}

async fn seed(console: &Console, key: &SigningKey) -> ((EnvironmentId, ServerId), Signer) {
    infrastructure(console).await;
    // Test is enrolled too, so that something can be planned into it; nobody carries it out there.
    let other = SigningKey::from_bytes(&[8; 32]);
    let test = Signer(enrol(console, "test", "test-1", &other).await.1, other);
    (enrol(console, "dev", "dev-1", key).await, test)
}

/// Enrols a front-end with a key.
pub async fn enrol(
    console: &Console,
    environment: &str,
    server: &str,
    key: &SigningKey,
) -> (EnvironmentId, ServerId) {
    let local = Caller::local_operator();
    let code = console.enrolment_code(&local, "harbour", environment, server).await.unwrap();
    let request = EnrolRequest {
        protocol: PROTOCOL,
        code,
        public_key: hex::encode(key.verifying_key().as_bytes()),
        version: "test".into(),
        public_address: "http://127.0.0.1:9".into(),
        api_address: "http://127.0.0.1:9".into(),
    };
    let answer = console.enrol(&local, request).await.unwrap();
    (answer.environment, answer.server)
}

/// A request as a browser sends it from a page of the console at `base`.
pub fn from_page(request: RequestBuilder, base: &str, content_type: &str) -> RequestBuilder {
    request
        .header("origin", base)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", content_type)
        .header("accept", "text/html")
}

/// The content type of [`part`].
pub const MULTIPART: &str = "multipart/form-data; boundary=towpath-test-boundary";

/// A form with one file, as browsers send it.
pub fn part(field: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "--towpath-test-boundary\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"x.oap\"\r\n\
         content-type: application/octet-stream\r\n\r\n"
    );
    [head.as_bytes(), bytes, b"\r\n--towpath-test-boundary--\r\n"].concat()
}
