//! `towpath infrastructures`: which there are for the account, making one, and what one is called.

use super::super::Failure;
use super::{Client, Remote, rows, table, text};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

/// `infrastructures`
#[derive(Debug, Args)]
pub struct Infrastructures {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List those that the account has a role in
    List,
    /// Make an infrastructure beside the account's own
    Create {
        /// Key of the new one, for addresses
        key: String,
        #[arg(long)]
        name: String,
        /// managed_cloud, on_premises, aws or azure
        #[arg(long, default_value = "on_premises")]
        hosting: String,
        /// The reference architecture that it begins as: basic, standard or enterprise; an empty one if none is named
        #[arg(long, value_name = "EDITION", requires = "engine")]
        template: Option<String>,
        /// Engine of the template's database servers: sql_server, azure_sql, oracle, postgresql or sqlite
        #[arg(long, requires = "template")]
        engine: Option<String>,
        /// User name of the person who administers it
        #[arg(long, value_name = "USER")]
        administrator: String,
    },
    /// Give the infrastructure another name, or say where it runs
    Change {
        #[arg(long)]
        name: Option<String>,
        /// managed_cloud, on_premises, aws or azure
        #[arg(long)]
        hosting: Option<String>,
    },
}

pub(in crate::cli) async fn run(infrastructures: Infrastructures) -> Result<(), Failure> {
    let Infrastructures { remote, command } = infrastructures;
    let client = Client::open(&remote)?;
    match command {
        Command::List => {
            let me = client.get("/api/v1/me").await?;
            remote.print(&me["infrastructures"], listed);
        }
        Command::Create { key, name, hosting, template, engine, administrator } => {
            let body = json!({
                "key": key, "name": name, "hosting": hosting, "template": template.unwrap_or_default(),
                "engine": engine.unwrap_or_default(), "administrator": administrator,
            });
            let at = client.within(&["infrastructures"]).await?;
            let done = client.change(Method::POST, &at, Some(body)).await?;
            remote.say(&done, &format!("The infrastructure {name} is made; {administrator} administers it."));
        }
        Command::Change { name, hosting } => {
            let now = client.get(&client.within(&["architecture"]).await?).await?;
            let own = client.get("/api/v1/me").await?;
            let key = client.infrastructure().await?;
            let named = own["infrastructures"]
                .as_array()
                .and_then(|all| all.iter().find(|each| each["key"] == key.as_str()));
            let name = name.or_else(|| Some(named?["name"].as_str()?.to_owned())).unwrap_or_default();
            let hosting = hosting.unwrap_or_else(|| now["hosting"].as_str().unwrap_or_default().to_owned());
            let body = json!({ "name": name, "hosting": hosting });
            let done = client.change(Method::PUT, &client.within(&[]).await?, Some(body)).await?;
            remote.say(&done, &format!("The infrastructure {name} is saved."));
        }
    }
    Ok(())
}

fn listed(found: &Value) -> String {
    let list = rows(found, |each| vec![text(&each["key"]), text(&each["name"]), text(&each["role"])]);
    table(&["KEY", "NAME", "ROLE"], &list)
}
