//! The connection to a console: where it is, the token, and how its refusals are said.

use super::super::Failure;
use super::Remote;
use super::login;
use domain::token::Token;
use futures::StreamExt as _;
use reqwest::{Method, redirect::Policy};
use serde_json::{Value, json};
use std::io::IsTerminal as _;
use std::time::Duration;
use tokio_util::io::ReaderStream;

/// How long a package may take on its way.
const UPLOAD: Duration = Duration::from_secs(3600);
/// From this size on it is told how much of a file is sent, bytes.
const TOLD_FROM: u64 = 10_000_000;

/// A console that is spoken to with a token.
pub struct Client {
    http: reqwest::Client,
    console: String,
    token: Token,
    dry_run: bool,
    infrastructure: Option<String>,
}

impl Client {
    /// The console and token of the environment or of `towpath login`.
    ///
    /// # Errors
    /// Nobody has signed in, or what is kept cannot be read; one sentence.
    pub fn open(remote: &Remote) -> Result<Self, Failure> {
        let (console, token) = login::kept()?;
        let client = Self::new(&console, token)?;
        Ok(Self { dry_run: remote.dry_run, infrastructure: remote.infrastructure.clone(), ..client })
    }

    /// A console by its address.
    ///
    /// # Errors
    /// The address would send the token in the clear.
    pub fn new(console: &str, token: Token) -> Result<Self, Failure> {
        let console = console.trim_end_matches('/').to_owned();
        let url = reqwest::Url::parse(&console).map_err(|_| {
            Failure::Configuration(
                "The console's address is to be such as https://console.example.org.".to_owned(),
            )
        })?;
        let own = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && own) {
            return Err(Failure::Configuration(
                "The console is spoken to by https, but on this machine: anybody on the way could read the token.".to_owned(),
            ));
        }
        // A second start in one process keeps the first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(|error| format!("No connection can be made: {error}."))?;
        Ok(Self { http, console, token, dry_run: false, infrastructure: None })
    }

    /// The key of the infrastructure: the one that was named, or the account's own.
    pub async fn infrastructure(&self) -> Result<String, Failure> {
        if let Some(key) = &self.infrastructure {
            return Ok(key.clone());
        }
        let me = self.get("/api/v1/me").await?;
        match me["infrastructures"].as_array().map(Vec::as_slice) {
            Some([one]) => Ok(one["key"].as_str().unwrap_or_default().to_owned()),
            _ => Err(Failure::Configuration("Name the infrastructure with --infrastructure.".to_owned())),
        }
    }

    /// The address of something in the infrastructure. Each part is encoded.
    pub async fn within(&self, parts: &[&str]) -> Result<String, Failure> {
        let home = self.infrastructure().await?;
        let mut path = format!("/api/v1/i/{}", app::context::encoded(&home));
        for part in parts {
            path.push('/');
            path.push_str(&app::context::encoded(part));
        }
        Ok(path)
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(Method::GET, path, None).await
    }

    /// Changes, or tries to.
    pub async fn change(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let path = if self.dry_run { format!("{path}?dry_run=true") } else { path.to_owned() };
        self.send(method, &path, body).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let request =
            self.http.request(method, format!("{}{path}", self.console)).bearer_auth(self.token.reveal());
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        self.answered(request).await
    }

    /// Sends a file, and what is said of it in the address. On a terminal it tells how much of it is sent.
    pub async fn upload(
        &self,
        path: &str,
        said: &[(&str, &str)],
        file: tokio::fs::File,
        size: u64,
    ) -> Result<Value, Failure> {
        let mut said: Vec<(&str, &str)> = said.iter().copied().filter(|(_, text)| !text.is_empty()).collect();
        if self.dry_run {
            said.push(("dry_run", "true"));
        }
        let said: Vec<String> =
            said.iter().map(|(name, text)| format!("{name}={}", app::context::encoded(text))).collect();
        let (mut sent, mut told) = (0u64, 0);
        let shown = std::io::stderr().is_terminal() && size >= TOLD_FROM;
        let parts = ReaderStream::with_capacity(file, 64 << 10).inspect(move |part| {
            sent += part.as_ref().map_or(0, |part| part.len() as u64);
            let tenths = (sent * 10).checked_div(size).unwrap_or(10);
            if shown && tenths > told {
                told = tenths;
                eprintln!("{} % of {} MB sent", tenths * 10, size.div_ceil(1_000_000));
            }
        });
        let request = self
            .http
            .post(format!("{}{path}?{}", self.console, said.join("&")))
            .bearer_auth(self.token.reveal())
            .header(reqwest::header::CONTENT_TYPE, "application/octet-stream")
            .timeout(UPLOAD)
            .body(reqwest::Body::wrap_stream(parts));
        self.answered(request).await
    }

    async fn answered(&self, request: reqwest::RequestBuilder) -> Result<Value, Failure> {
        let unreached = |error: reqwest::Error| {
            Failure::NotDone(format!(
                "The console at {} does not answer: {}.",
                self.console,
                error.without_url()
            ))
        };
        let answer = request.send().await.map_err(unreached)?;
        let good = answer.status().is_success();
        let status = answer.status();
        let text = answer.text().await.map_err(unreached)?;
        if good && text.is_empty() {
            return Ok(json!({}));
        }
        let value: Value = serde_json::from_str(&text).map_err(|_| {
            Failure::NotDone(format!("{} answers {status}, but not as a console does.", self.console))
        })?;
        if good {
            return Ok(value);
        }
        let mut sentence = value["detail"].as_str().unwrap_or("The console refused this.").to_owned();
        if let Some(lifted_by) = value["lifted_by"].as_str().filter(|text| !text.is_empty()) {
            sentence = format!("{sentence} {lifted_by}");
        }
        Err(Failure::NotDone(sentence))
    }

    /// The identity of a role by its name.
    pub async fn role(&self, name: &str) -> Result<String, Failure> {
        let found = self.get(&self.within(&["roles"]).await?).await?;
        named(&found["roles"], "name", name, "role")
    }

    /// The identity of a team by its name.
    pub async fn team(&self, name: &str) -> Result<String, Failure> {
        let found = self.get(&self.within(&["teams"]).await?).await?;
        named(&found["teams"], "name", name, "team")
    }

    /// The identity of a user by the name to sign in with.
    pub async fn user(&self, username: &str) -> Result<String, Failure> {
        let path = self.within(&["users"]).await?;
        let mut ask = format!("?search={}", app::context::encoded(username));
        loop {
            let found = self.get(&format!("{path}{ask}")).await?;
            match (
                named(&found["users"]["rows"], "username", username, "user"),
                found["users"]["next"].as_str(),
            ) {
                (Err(_), Some(next)) => {
                    ask = format!(
                        "?search={}&after={}",
                        app::context::encoded(username),
                        app::context::encoded(next)
                    );
                }
                (found, _) => return found,
            }
        }
    }

    /// The identity of a service account by its user name.
    pub async fn account(&self, username: &str) -> Result<String, Failure> {
        let path = self.within(&["service-accounts"]).await?;
        let mut ask = String::new();
        loop {
            let found = self.get(&format!("{path}{ask}")).await?;
            let rows = &found["accounts"]["rows"];
            match (named(rows, "username", username, "service account"), found["accounts"]["next"].as_str()) {
                (Err(_), Some(next)) => ask = format!("?after={}", app::context::encoded(next)),
                (found, _) => return found,
            }
        }
    }
}

fn named(list: &Value, member: &str, name: &str, kind: &str) -> Result<String, Failure> {
    let same = |row: &&Value| row[member].as_str().is_some_and(|text| text.eq_ignore_ascii_case(name));
    let row = list.as_array().and_then(|list| list.iter().find(same));
    row.and_then(|row| row["id"].as_str()).map(ToOwned::to_owned).ok_or_else(|| {
        Failure::NotDone(format!("There is no {kind} “{}” here.", domain::text::shorten(name)))
    })
}
