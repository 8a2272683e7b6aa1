//! `towpath settings`: what applications are set to, by environment and in plans. A secret comes from standard input or a file.

use super::super::Failure;
use super::{Client, Remote, rows, table, text, time};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::PathBuf;

/// `settings`
#[derive(Debug, Args)]
pub struct Settings {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List what an application is set to in an environment
    List {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
    },
    /// Set a value for an environment; it counts once the settings are applied, or with the next deployment
    Set {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
        /// Key of the setting
        key: String,
        #[command(flatten)]
        value: Given,
    },
    /// Go back to the default of the package
    Clear {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
        /// Key of the setting
        key: String,
    },
    /// Start what runs once more, with the settings that count now
    Apply {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
    },
    /// Set a value in a plan
    Plan {
        /// Identity of the plan
        plan: String,
        /// Key of the application
        application: String,
        /// Key of the setting
        key: String,
        #[command(flatten)]
        value: Given,
    },
    /// Set a value in a plan no more
    Withdraw {
        /// Identity of the plan
        plan: String,
        /// Key of the application
        application: String,
        /// Key of the setting
        key: String,
    },
}

/// A value. What is typed into a command line is seen by others on the machine, so secrets come another way.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Given {
    /// The value; for a secret use --stdin or --file
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    value: Option<String>,
    /// Read the value from standard input
    #[arg(long)]
    stdin: bool,
    /// Read the value from a file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Given {
    /// The value, without the end of its last line.
    fn read(self) -> Result<String, Failure> {
        let read = match (self.value, self.file) {
            (Some(value), _) => return Ok(value),
            (None, Some(file)) => std::fs::read_to_string(&file)
                .map_err(|error| format!("{} cannot be read: {error}.", file.display()))?,
            (None, None) => {
                let mut text = String::new();
                std::io::stdin()
                    .take(64 << 10)
                    .read_to_string(&mut text)
                    .map_err(|error| format!("The value cannot be read from standard input: {error}."))?;
                text
            }
        };
        Ok(read.trim_end_matches(['\r', '\n']).to_owned())
    }
}

pub(in crate::cli) async fn run(settings: Settings) -> Result<(), Failure> {
    let Settings { remote, command } = settings;
    let client = Client::open(&remote)?;
    match command {
        Command::List { environment, application } => {
            let parts = ["environments", &environment, "applications", &application, "settings"];
            let found = client.get(&client.within(&parts).await?).await?;
            remote.print(&found, listed);
        }
        Command::Set { environment, application, key, value } => {
            let body = json!({ "value": value.read()? });
            let parts = ["environments", &environment, "applications", &application, "settings", &key];
            let done = client.change(Method::PUT, &client.within(&parts).await?, Some(body)).await?;
            remote
                .say(&done, &format!("{key} of {application} is set in {environment}; apply it, or deploy."));
        }
        Command::Clear { environment, application, key } => {
            let parts = ["environments", &environment, "applications", &application, "settings", &key];
            let done = client.change(Method::DELETE, &client.within(&parts).await?, None).await?;
            remote.say(&done, &format!("{environment} has no value of its own for {key} of {application}."));
        }
        Command::Apply { environment, application } => {
            let parts = ["environments", &environment, "applications", &application, "apply-settings"];
            let done = client.change(Method::POST, &client.within(&parts).await?, None).await?;
            remote.say(&done, &format!("The settings of {application} are on their way in {environment}."));
        }
        Command::Plan { plan, application, key, value } => {
            let body = json!({ "value": value.read()? });
            let parts = ["plans", &plan, "applications", &application, "settings", &key];
            let done = client.change(Method::PUT, &client.within(&parts).await?, Some(body)).await?;
            remote.say(&done, &format!("The plan sets {key} of {application}."));
        }
        Command::Withdraw { plan, application, key } => {
            let parts = ["plans", &plan, "applications", &application, "settings", &key];
            let done = client.change(Method::DELETE, &client.within(&parts).await?, None).await?;
            remote.say(&done, &format!("The plan does not set {key} of {application} any more."));
        }
    }
    Ok(())
}

/// A value as the API tells it.
fn told(value: &Value) -> String {
    match value["state"].as_str() {
        Some("value") => text(&value["value"]),
        Some("secret") => "(set)".to_owned(),
        _ => "(no value)".to_owned(),
    }
}

fn listed(found: &Value) -> String {
    let list = rows(&found["settings"], |row| {
        let own = &row["own"];
        vec![
            text(&row["key"]),
            text(&row["kind"]),
            told(&row["value"]),
            text(&row["origin"]),
            if row["applied"] == true {
                "yes".to_owned()
            } else {
                format!("no: {}", told(&row["runs_with"]))
            },
            time(&own["at"]),
            text(&own["by"]),
        ]
    });
    let mut all = table(&["KEY", "KIND", "VALUE", "FROM", "RUNS WITH IT", "SET", "BY"], &list);
    for row in found["unused"].as_array().into_iter().flatten() {
        all.push_str(&format!("\nKept, and not used by what runs: {}", text(&row["key"])));
    }
    all
}
