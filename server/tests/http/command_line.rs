//! The commands that speak to a console, as a person starts them: the real program against a real console.

use crate::common::Served;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A person with a folder for configuration, and perhaps variables.
pub struct Person<'p> {
    pub folder: &'p Path,
    pub variables: Vec<(&'static str, String)>,
}

impl Person<'_> {
    pub async fn types(&self, line: &[&str], input: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        command
            .args(line)
            .current_dir(self.folder)
            .env("XDG_CONFIG_HOME", self.folder)
            .env_remove("TOWPATH_CONSOLE")
            .env_remove("TOWPATH_TOKEN")
            .envs(self.variables.iter().map(|(name, value)| (*name, value.as_str())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let input = input.to_owned();
        let run = move || {
            let mut child = command.spawn().unwrap();
            // A program that reads nothing closes its end.
            let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
            child.wait_with_output().unwrap()
        };
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    /// What a command prints that has to succeed.
    async fn prints(&self, line: &[&str]) -> String {
        let output = self.types(line, "").await;
        let (out, err) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{line:?}: {out}{err}");
        out
    }

    /// The code and the sentence of a command that does not succeed.
    async fn refused(&self, line: &[&str]) -> (i32, String) {
        let output = self.types(line, "").await;
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_and_tokens_are_managed_from_the_command_line() {
    let served = Served::start().await;
    let folder = tempfile::tempdir().unwrap();
    let person = Person { folder: folder.path(), variables: vec![] };
    let (code, sentence) = person.refused(&["users", "list"]).await;
    assert_eq!(code, 2, "{sentence}");
    assert!(sentence.contains("towpath login"), "{sentence}");

    // The first token is made on the machine itself.
    let database = format!("sqlite:{}", served.folder.path().join("console.db").display());
    let data = served.folder.path().display().to_string();
    let place = ["--data", data.as_str(), "--database", database.as_str()];
    let line = ["token", "create", "robot", "--infrastructure", "harbour", "--scope", "people"];
    let (code, sentence) = person.refused(&[&line[..], &place].concat()).await;
    assert_eq!(code, 1);
    assert!(sentence.contains("--role"), "{sentence}");
    let made = person.prints(&[&line[..], &["--role", "Administrator"], &place].concat()).await;
    let token = made.trim();
    assert!(token.parse::<domain::token::Token>().is_ok(), "nothing else is printed: {made}");

    let bad = person.types(&["login", "--console", &served.base], "tow_nonsense").await;
    assert_eq!(bad.status.code(), Some(2));
    let login = person.types(&["login", "--console", &served.base], &format!("{token}\n")).await;
    assert!(login.status.success(), "{login:?}");
    assert!(!format!("{login:?}").contains(token));
    let kept = folder.path().join("towpath/login.json");
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);

    let list = person.prints(&["users", "list"]).await;
    assert!(list.starts_with("USER") && list.contains("The Reader"), "{list}");
    let json = person.prints(&["users", "list", "--search", "ron", "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["users"]["rows"][0]["username"], "ron");

    let create = ["users", "create", "zoe", "--name", "Zoe", "--role", "Reader"];
    let tried = person.prints(&[&create[..], &["--dry-run"]].concat()).await;
    assert!(tried.starts_with("Not done"), "{tried}");
    let made = person.prints(&create).await;
    assert!(made.contains("Password:"), "{made}");
    let (code, sentence) = person.refused(&create).await;
    assert_eq!(code, 1);
    assert!(sentence.contains("zoe"), "{sentence}");
    person.prints(&["users", "role", "zoe", "Developer"]).await;
    assert!(person.prints(&["users", "show", "zoe"]).await.contains("Developer"));
    person.prints(&["users", "deactivate", "zoe"]).await;
    person.prints(&["teams", "create", "Pilots"]).await;
    person.prints(&["teams", "put", "Pilots", "ron", "--role", "Reader"]).await;
    assert!(person.prints(&["teams", "show", "Pilots"]).await.contains("ron"));
    person.prints(&["teams", "remove", "Pilots", "ron"]).await;
    assert!(person.prints(&["roles", "list"]).await.contains("Administrator"));

    let read = person.prints(&["tokens", "create", "robot", "--name", "read"]).await;
    let other = Person {
        folder: folder.path(),
        variables: vec![("TOWPATH_CONSOLE", served.base.clone()), ("TOWPATH_TOKEN", read.trim().to_owned())],
    };
    other.prints(&["users", "list"]).await;
    let (code, sentence) = other.refused(&["teams", "create", "Crew"]).await;
    assert_eq!(code, 1);
    assert!(
        sentence.contains("lacks the scope “people”") && sentence.contains("can make a token"),
        "{sentence}"
    );
    let tokens = person.prints(&["tokens", "list", "robot", "--json"]).await;
    let tokens: serde_json::Value = serde_json::from_str(&tokens).unwrap();
    let id =
        tokens["tokens"].as_array().unwrap().iter().find(|row| row["name"] == "read").unwrap()["id"].clone();
    person.prints(&["tokens", "revoke", "robot", id.as_str().unwrap()]).await;
    let (code, sentence) = other.refused(&["users", "list"]).await;
    assert_eq!(code, 1);
    assert!(sentence.contains("not known"), "{sentence}");

    // Others can read the token now, so it is not used.
    std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (code, sentence) = person.refused(&["users", "list"]).await;
    assert_eq!(code, 2);
    assert!(sentence.contains("chmod 600"), "{sentence}");
    served.running.stop().await;
}
