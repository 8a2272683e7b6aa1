//! `towpath roles`: what roles give.

use super::super::Failure;
use super::{Client, Remote, rows, table, text};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// `roles`
#[derive(Debug, Args)]
pub struct Roles {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List roles and what they give in each environment
    List,
    /// Show one role
    Show { role: String },
    /// Make a role as a JSON file describes it (see docs/api.md)
    Create { file: PathBuf },
    /// Change a role to what a JSON file describes
    Change { role: String, file: PathBuf },
    /// Delete a role
    Delete {
        role: String,
        /// The role that its holders get
        #[arg(long)]
        substitute: Option<String>,
    },
}

pub(in crate::cli) async fn run(roles: Roles) -> Result<(), Failure> {
    let Roles { remote, command } = roles;
    let client = Client::open(&remote)?;
    match command {
        Command::List => {
            let found = client.get(&client.within(&["roles"]).await?).await?;
            remote.print(&found, |found| {
                let list = rows(&found["roles"], |row| {
                    let users = text(&row["users"]["n"]);
                    [text(&row["name"]), users].into_iter().chain(cells(row)).collect()
                });
                let names =
                    rows(&found["environments"], |place| vec![text(&place["name"]).to_uppercase()]).concat();
                let heads: Vec<&str> =
                    ["ROLE", "USERS"].into_iter().chain(names.iter().map(String::as_str)).collect();
                table(&heads, &list)
            });
        }
        Command::Show { role } => {
            let found = client.get(&client.within(&["roles", &client.role(&role).await?]).await?).await?;
            remote.print(&found, |found| {
                let names = rows(&found["environments"], |place| vec![text(&place["name"])]).concat();
                let list: Vec<_> =
                    names.into_iter().zip(cells(&found["row"])).map(|(a, b)| vec![a, b]).collect();
                format!(
                    "{}\n{}",
                    text(&found["row"]["description"]),
                    table(&["ENVIRONMENT", "RIGHTS"], &list)
                )
            });
        }
        Command::Create { file } => {
            let body = read(&file)?;
            let done = client.change(Method::POST, &client.within(&["roles"]).await?, Some(body)).await?;
            remote.say(&done, "The role is made.");
        }
        Command::Change { role, file } => {
            let body = read(&file)?;
            let path = client.within(&["roles", &client.role(&role).await?]).await?;
            let done = client.change(Method::PUT, &path, Some(body)).await?;
            remote.say(&done, &format!("{role} is changed."));
        }
        Command::Delete { role, substitute } => {
            let path = client.within(&["roles", &client.role(&role).await?, "delete"]).await?;
            let substitute = match substitute {
                Some(name) => Some(client.role(&name).await?),
                None => None,
            };
            let done = client.change(Method::POST, &path, Some(json!({ "substitute": substitute }))).await?;
            remote.say(&done, &format!("{role} is deleted."));
        }
    }
    Ok(())
}

fn cells(role: &Value) -> Vec<String> {
    rows(&role["cells"], |cell| vec![text(&cell["words"])]).concat()
}

fn read(file: &Path) -> Result<Value, Failure> {
    let bad = |why: String| Failure::Configuration(format!("{} cannot be used: {why}.", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| bad(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| bad(error.to_string()))
}
