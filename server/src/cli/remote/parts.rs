//! `towpath parts`: load balancers, database servers, catalogs, external databases, data centers, deployment zones and tools.

use super::super::Failure;
use super::{Client, Remote, rows, table, text};
use clap::{Args, Subcommand};
use domain::architecture::parts::fields;
use domain::architecture::words::PartKind;
use reqwest::Method;
use serde_json::{Map, Value};

/// `parts`
#[derive(Debug, Args)]
pub struct Parts {
    #[command(flatten)]
    remote: Remote,
    /// Key of the environment, for its load balancer, zones, catalogs and external databases
    #[arg(long, value_name = "KEY", global = true)]
    environment: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the parts of the infrastructure, or of an environment, as they are recorded
    List,
    /// Add a part
    Add {
        /// data_center, database_server, tool, load_balancer, zone, catalog or external_database
        kind: PartKind,
        /// Key in addresses; made of the name if none is given. Of a catalog: platform, log or session
        #[arg(long, default_value = "")]
        key: String,
        #[command(flatten)]
        what: What,
    },
    /// Change a part; what is not named stays
    Change {
        /// data_center, database_server, tool, load_balancer, zone, catalog or external_database
        kind: PartKind,
        /// Its key; that of a load balancer is “balancer”
        key: String,
        #[command(flatten)]
        what: What,
    },
    /// Take a part out that nobody uses
    Remove {
        /// data_center, database_server, tool, load_balancer, zone, catalog or external_database
        kind: PartKind,
        /// Its key; that of a load balancer is “balancer”
        key: String,
    },
}

#[derive(Debug, Args)]
struct What {
    /// A field and its value, such as engine=postgresql; can be given several times. Keys of several parts stand with commas between, and
    /// an empty value is not recorded
    #[arg(long = "set", value_name = "FIELD=VALUE", value_parser = pair, required = true)]
    set: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as FIELD=VALUE, such as name=Ledger")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

impl What {
    fn body(self) -> Map<String, Value> {
        self.set.into_iter().map(|(name, value)| (name, Value::String(value))).collect()
    }
}

pub(in crate::cli) async fn run(parts: Parts) -> Result<(), Failure> {
    let Parts { remote, environment, command } = parts;
    let client = Client::open(&remote)?;
    let place = |more: &[&str]| -> Vec<String> {
        let within = environment.iter().flat_map(|key| ["environments", key]);
        within.chain(["parts"]).chain(more.iter().copied()).map(str::to_owned).collect()
    };
    let path = async |more: &[&str]| {
        let place = place(more);
        client.within(&place.iter().map(String::as_str).collect::<Vec<_>>()).await
    };
    let there = environment.as_deref().map(|key| format!(" of {key}")).unwrap_or_default();
    match command {
        Command::List => {
            let found = client.get(&path(&[]).await?).await?;
            remote.print(&found, listed);
        }
        Command::Add { kind, key, what } => {
            let name = what.set.iter().find(|(field, _)| field == "name").map(|(_, value)| value.clone());
            let mut body = what.body();
            body.insert("key".to_owned(), Value::String(key));
            let done = client.change(Method::POST, &path(&[kind.word()]).await?, Some(body.into())).await?;
            remote.say(&done, &format!("The {kind} {}{there} is added.", name.unwrap_or_default()));
        }
        Command::Change { kind, key, what } => {
            let body = what.body();
            let done =
                client.change(Method::PUT, &path(&[kind.word(), &key]).await?, Some(body.into())).await?;
            remote.say(&done, &format!("The {kind} {key}{there} is changed."));
        }
        Command::Remove { kind, key } => {
            let done = client.change(Method::DELETE, &path(&[kind.word(), &key]).await?, None).await?;
            remote.say(&done, &format!("The {kind} {key}{there} is taken out."));
        }
    }
    Ok(())
}

fn listed(found: &Value) -> String {
    let list = rows(found, |row| {
        let kind = row["kind"].as_str().and_then(|word| word.parse::<PartKind>().ok());
        let told = kind.map(fields).unwrap_or_default().iter().filter_map(|field| {
            let value = &row["values"][field.name];
            let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            (field.name != "name" && !empty).then(|| format!("{}={}", field.name, text(value)))
        });
        let told = told.collect::<Vec<_>>().join(" ");
        vec![text(&row["kind"]), text(&row["key"]), text(&row["values"]["name"]), told]
    });
    table(&["KIND", "KEY", "NAME", "RECORDED"], &list)
}
