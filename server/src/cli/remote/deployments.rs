//! `towpath deployments`: what was started, and the second stage of what waits.

use super::super::Failure;
use super::{Client, Remote, rows, table, text, time};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;

/// `deployments`
#[derive(Debug, Args)]
pub struct Deployments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the newest deployments
    List,
    /// Show a deployment's state, and its last lines
    Show {
        /// Identity, as the list has it
        deployment: String,
    },
    /// Say why a deployment does not begin yet, and until when
    Why {
        /// Identity
        deployment: String,
    },
    /// Override the freezes that hold a deployment
    Override {
        /// Identity
        deployment: String,
        /// Why; the log keeps it
        #[arg(long)]
        reason: String,
    },
    /// Let a deployment go on that is prepared and waits
    Continue {
        /// Identity
        deployment: String,
    },
    /// End a deployment that is prepared and waits, before anything changes
    Abort {
        /// Identity
        deployment: String,
    },
}

pub(in crate::cli) async fn run(deployments: Deployments) -> Result<(), Failure> {
    let Deployments { remote, command } = deployments;
    let client = Client::open(&remote)?;
    match command {
        Command::List => {
            let found = client.get(&client.within(&["deployments"]).await?).await?;
            remote.print(&found, |found| {
                let list = rows(&found["rows"], |row| {
                    vec![
                        text(&row["id"]),
                        text(&row["name"]),
                        text(&row["target"]["name"]),
                        text(&row["status"]),
                        format!("{} %", row["percent"]),
                        text(&row["started_by"]),
                        time(&row["created_at"]),
                    ]
                });
                table(&["ID", "NAME", "INTO", "STATUS", "DONE", "STARTED BY", "STARTED"], &list)
            });
        }
        Command::Show { deployment } => {
            let found = client.get(&client.within(&["deployments", &deployment]).await?).await?;
            remote.print(&found, |found| {
                let row = &found["row"];
                let lines = rows(&found["lines"], |line| vec![text(&line["level"]), text(&line["message"])]);
                let head =
                    format!("{}: {}. {}", text(&row["name"]), text(&row["status"]), text(&row["message"]));
                format!("{head}\n\n{}", table(&["LEVEL", "MESSAGE"], &lines))
            });
        }
        Command::Why { deployment } => {
            let found = client.get(&client.within(&["deployments", &deployment, "gates"]).await?).await?;
            remote.print(&found, |found| {
                format!("{}\n\n{}", text(&found["sentence"]), super::gates::answers(found))
            });
        }
        Command::Override { deployment, reason } => {
            let path = client.within(&["deployments", &deployment, "override"]).await?;
            let done = client.change(Method::POST, &path, Some(json!({ "reason": reason }))).await?;
            remote.say(&done, "The freezes are overridden for this deployment.");
        }
        Command::Continue { deployment } => {
            let path = client.within(&["deployments", &deployment, "continue"]).await?;
            let done = client.change(Method::POST, &path, None).await?;
            remote.say(&done, "It goes on.");
        }
        Command::Abort { deployment } => {
            let path = client.within(&["deployments", &deployment, "abort"]).await?;
            let done = client.change(Method::POST, &path, None).await?;
            remote.say(&done, "It is aborted; nothing has changed.");
        }
    }
    Ok(())
}
