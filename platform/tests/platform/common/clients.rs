//! Clients of Server.Identity, and what a front-end's Server.API answers to them.

use super::server::{BIN, Server};
use super::{client, document};
use domain::server_api::token::TokenAnswer;

/// What a command said.
pub struct Said {
    pub output: String,
    error: String,
}

impl Said {
    /// The one sentence of a refusal.
    pub fn sentence(&self) -> &str {
        self.error.trim()
    }
}

/// A request with fields of plain words.
pub fn form(request: reqwest::RequestBuilder, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).collect();
    request.header("content-type", "application/x-www-form-urlencoded").body(fields.join("&"))
}

#[derive(Clone)]
pub struct Client {
    pub id: String,
    pub secret: String,
}

impl Client {
    /// Asks a front-end's Server.Identity.
    pub async fn ask(&self, server: &Server, fields: &[(&str, &str)]) -> reqwest::Response {
        let request = client().post(format!("{}/identity/v1/token", server.api));
        form(request.basic_auth(&self.id, Some(&self.secret)), fields).send().await.unwrap()
    }

    /// A token for all that the client may.
    pub async fn token(&self, controller: &Server) -> String {
        let given: TokenAnswer =
            self.ask(controller, &[("grant_type", "client_credentials")]).await.json().await.unwrap();
        given.access_token
    }
}

/// Status and body.
pub struct Answered {
    pub status: u16,
    pub body: String,
}

impl Server {
    /// Runs another command on its folder.
    pub async fn command(&self, arguments: &[&str]) -> Said {
        let mut command = tokio::process::Command::new(BIN);
        let output = command.args(arguments).arg("--data").arg(self.folder.path()).output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { output: text(output.stdout), error: text(output.stderr) }
    }

    pub async fn add_client(&self, name: &str, scopes: &str) -> Client {
        let said = self.command(&["client", "add", name, "--scope", scopes]).await;
        let value = |key: &str| {
            let line = said.output.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.unwrap_or_else(|| panic!("{key}: {} {}", said.output, said.error)).to_owned()
        };
        Client { id: value("client_id"), secret: value("client_secret") }
    }

    /// Asks its Server.API with a token.
    pub async fn ask_with(&self, path: &str, token: &str) -> Answered {
        let answer = client().get(format!("{}{path}", self.api)).bearer_auth(token).send().await.unwrap();
        let answered = Answered { status: answer.status().as_u16(), body: answer.text().await.unwrap() };
        document::check("GET", path, answered.status, &answered.body);
        answered
    }

    /// The events of a kind in its Log catalog.
    pub fn events(&self, kind: &str) -> Vec<String> {
        let catalog = self.catalog("log.sqlite");
        let mut select = catalog.prepare("SELECT detail FROM events WHERE kind = ?1 ORDER BY id").unwrap();
        let rows = select.query_map([kind], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    /// Whether a text stands in any file of its folder.
    pub fn holds(&self, text: &str) -> bool {
        let files = std::fs::read_dir(self.folder.path())
            .unwrap()
            .filter_map(|entry| std::fs::read(entry.unwrap().path()).ok());
        let mut files = files.peekable();
        assert!(files.peek().is_some());
        files.any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
    }
}
