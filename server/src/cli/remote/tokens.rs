//! `towpath tokens`: service accounts and their tokens.

use super::super::Failure;
use super::{Client, Remote, rows, table, text, time};
use clap::{Args, Subcommand};
use domain::token::Scope;
use reqwest::Method;
use serde_json::{Value, json};

/// `tokens`
#[derive(Debug, Args)]
pub struct Tokens {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List service accounts by name
    Accounts,
    /// Make a service account
    Account {
        username: String,
        /// The name people read; the user name if none is given
        #[arg(long)]
        name: Option<String>,
        #[arg(long)]
        role: String,
    },
    /// List the tokens of a service account
    List { account: String },
    /// Make a token; prints it, this once
    Create {
        account: String,
        /// What it is for
        #[arg(long)]
        name: String,
        /// What it may be used for: read, promotion, people, infrastructure; can be given several times
        #[arg(long = "scope", default_value = "read")]
        scopes: Vec<Scope>,
        /// How long it lives, days, 1 to 365
        #[arg(long, default_value_t = 90)]
        days: i64,
    },
    /// Make a successor with the same scopes; prints it, this once
    Rotate {
        account: String,
        /// The token's id
        token: String,
        #[arg(long, default_value_t = 90)]
        days: i64,
        /// How long the old token stays good, hours, 0 to 168
        #[arg(long, default_value_t = 24)]
        overlap_hours: i64,
    },
    /// Revoke a token
    Revoke { account: String, token: String },
}

pub(in crate::cli) async fn run(tokens: Tokens) -> Result<(), Failure> {
    let Tokens { remote, command } = tokens;
    let client = Client::open(&remote)?;
    let made = |answer: &Value| match answer["token"].as_str() {
        Some(token) => token.to_owned(),
        None => "Not done, only tried: the token can be made.".to_owned(),
    };
    match command {
        Command::Accounts => {
            let found = client.get(&client.within(&["service-accounts"]).await?).await?;
            remote.print(&found, |found| {
                let list = rows(&found["accounts"]["rows"], |row| {
                    let role = text(&row["role"]["name"]);
                    let used = time(&row["last_used_at"]);
                    vec![
                        text(&row["username"]),
                        text(&row["name"]),
                        text(&row["active"]),
                        role,
                        text(&row["tokens"]),
                        used,
                    ]
                });
                table(&["ACCOUNT", "NAME", "ACTIVE", "ROLE", "TOKENS", "LAST USED"], &list)
            });
        }
        Command::Account { username, name, role } => {
            let name = name.unwrap_or_else(|| username.clone());
            let body = json!({ "username": username, "name": name, "role": client.role(&role).await? });
            let path = client.within(&["service-accounts"]).await?;
            let done = client.change(Method::POST, &path, Some(body)).await?;
            remote.say(&done, &format!("{username} is made."));
        }
        Command::List { account } => {
            let id = client.account(&account).await?;
            let found = client.get(&client.within(&["service-accounts", &id]).await?).await?;
            remote.print(&found, |found| {
                let list = rows(&found["tokens"], |row| {
                    let (end, used) = (time(&row["expires_at"]), time(&row["last_used_at"]));
                    let words = ["id", "name", "shown", "scopes", "good"].map(|member| text(&row[member]));
                    words.into_iter().chain([end, used, text(&row["reads"])]).collect()
                });
                table(&["ID", "NAME", "TOKEN", "SCOPES", "GOOD", "EXPIRES", "LAST USED", "READS"], &list)
            });
        }
        Command::Create { account, name, scopes, days } => {
            let id = client.account(&account).await?;
            let body = json!({ "name": name, "scopes": scopes, "days": days });
            let path = client.within(&["service-accounts", &id, "tokens"]).await?;
            remote.print(&client.change(Method::POST, &path, Some(body)).await?, made);
        }
        Command::Rotate { account, token, days, overlap_hours } => {
            let id = client.account(&account).await?;
            let body = json!({ "days": days, "overlap_hours": overlap_hours });
            let path = client.within(&["service-accounts", &id, "tokens", &token, "rotate"]).await?;
            remote.print(&client.change(Method::POST, &path, Some(body)).await?, made);
        }
        Command::Revoke { account, token } => {
            let id = client.account(&account).await?;
            let path = client.within(&["service-accounts", &id, "tokens", &token, "revoke"]).await?;
            let done = client.change(Method::POST, &path, None).await?;
            remote.say(&done, "The token is revoked.");
        }
    }
    Ok(())
}
