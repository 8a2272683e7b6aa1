//! `towpath login`: which console, and the token, kept for this person alone.

use super::super::Failure;
use super::Client;
use clap::Args;
use domain::token::Token;
use serde::{Deserialize, Serialize};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// `login`
#[derive(Debug, Args)]
pub struct Login {
    /// Where the console is, such as https://console.example.org
    #[arg(long, value_name = "URL")]
    pub console: String,
    /// Read the token from this file instead of standard input
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// What is kept between commands.
#[derive(Serialize, Deserialize)]
struct Kept {
    console: String,
    token: String,
}

/// The console and token of the environment, else of the last `login`.
pub(super) fn kept() -> Result<(String, Token), Failure> {
    let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    let (console, text) = match (variable("TOWPATH_CONSOLE"), variable("TOWPATH_TOKEN")) {
        (Some(console), Some(token)) => (console, token),
        (None, None) => {
            let Kept { console, token } = read(&place()?)?;
            (console, token)
        }
        _ => {
            let sentence = "TOWPATH_CONSOLE and TOWPATH_TOKEN are set together, or neither is.";
            return Err(Failure::Configuration(sentence.to_owned()));
        }
    };
    Ok((console, token(&text)?))
}

fn token(text: &str) -> Result<Token, Failure> {
    text.parse().map_err(|bad: domain::token::NoToken| Failure::Configuration(bad.to_string()))
}

fn place() -> Result<PathBuf, Failure> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config"));
    let folder =
        std::env::var_os("XDG_CONFIG_HOME").filter(|text| !text.is_empty()).map(PathBuf::from).or_else(home);
    folder
        .map(|folder| folder.join("towpath").join("login.json"))
        .ok_or_else(|| Failure::Configuration("Neither XDG_CONFIG_HOME nor HOME is set.".to_owned()))
}

fn read(file: &Path) -> Result<Kept, Failure> {
    let Ok(about) = std::fs::metadata(file) else {
        return Err(Failure::Configuration(
            "Nobody has signed in: use towpath login, or set TOWPATH_CONSOLE and TOWPATH_TOKEN.".to_owned(),
        ));
    };
    if about.permissions().mode() & 0o077 != 0 {
        return Err(Failure::Configuration(format!(
            "{} can be read by others; use chmod 600, and make a new token if others may have seen it.",
            file.display()
        )));
    }
    let unread =
        || Failure::Configuration(format!("{} cannot be read; use towpath login again.", file.display()));
    let text = std::fs::read_to_string(file).map_err(|_| unread())?;
    serde_json::from_str(&text).map_err(|_| unread())
}

/// Takes a token, asks the console whether it is good, and keeps both.
pub(in crate::cli) async fn run(login: Login) -> Result<(), Failure> {
    let text = match &login.token_file {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| format!("{} cannot be read: {error}.", file.display()))?,
        None => {
            let mut text = String::new();
            std::io::stdin()
                .take(4096)
                .read_to_string(&mut text)
                .map_err(|error| format!("The token cannot be read from standard input: {error}."))?;
            text
        }
    };
    let token = token(&text)?;
    let me = Client::new(&login.console, token.clone())?.get("/api/v1/me").await?;
    let file = place()?;
    let kept = Kept { console: login.console, token: token.reveal().to_owned() };
    write(&file, &serde_json::to_string(&kept).unwrap_or_default())
        .map_err(|error| format!("{} cannot be written: {error}.", file.display()))?;
    println!("Signed in as {}. The token is kept in {}.", super::text(&me["name"]), file.display());
    Ok(())
}

fn write(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // A new file, so that its mode is right from the first byte on.
    let fresh = file.with_extension("new");
    let _ = std::fs::remove_file(&fresh);
    let mut open = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    open.write_all(text.as_bytes())?;
    std::fs::rename(&fresh, file)
}
