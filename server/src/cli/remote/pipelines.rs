//! `towpath pipelines`: the stages, and which application goes along which pipeline.

use super::super::Failure;
use super::{Client, Remote, table, text};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

/// `pipelines`
#[derive(Debug, Args)]
pub struct Pipelines {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List pipelines with their stages
    List,
    /// Make a pipeline
    Create {
        key: String,
        #[command(flatten)]
        what: What,
    },
    /// Give a pipeline another name, other stages or purposes
    Change {
        key: String,
        #[command(flatten)]
        what: What,
    },
    /// Delete a pipeline; its environments stay
    Delete { key: String },
    /// Let an application be promoted along one pipeline only; along any if none is named
    Assign {
        /// Key of the application
        application: String,
        /// Key of the pipeline
        pipeline: Option<String>,
    },
}

#[derive(Debug, Args)]
struct What {
    #[arg(long)]
    name: String,
    /// Key of an environment; once for each stage, from the first to the last
    #[arg(long = "stage", value_name = "KEY", required = true)]
    stages: Vec<String>,
    /// lifecycle_stages, scalability, compliance or mission_critical; can be given several times
    #[arg(long = "purpose", value_name = "WORD")]
    purposes: Vec<String>,
}

pub(in crate::cli) async fn run(pipelines: Pipelines) -> Result<(), Failure> {
    let Pipelines { remote, command } = pipelines;
    let client = Client::open(&remote)?;
    match command {
        Command::List => {
            let found = client.get(&client.within(&["pipelines"]).await?).await?;
            remote.print(&found, listed);
        }
        Command::Create { key, what: What { name, stages, purposes } } => {
            let body = json!({ "key": key, "name": name, "stages": stages, "purposes": purposes });
            let done = client.change(Method::POST, &client.within(&["pipelines"]).await?, Some(body)).await?;
            remote.say(&done, &format!("The pipeline {name} is made."));
        }
        Command::Change { key, what: What { name, stages, purposes } } => {
            let body = json!({ "name": name, "stages": stages, "purposes": purposes });
            let done =
                client.change(Method::PUT, &client.within(&["pipelines", &key]).await?, Some(body)).await?;
            remote.say(&done, &format!("The pipeline {name} is changed."));
        }
        Command::Delete { key } => {
            let done =
                client.change(Method::DELETE, &client.within(&["pipelines", &key]).await?, None).await?;
            remote.say(&done, &format!("The pipeline {key} is deleted."));
        }
        Command::Assign { application, pipeline } => {
            let path = client.within(&["applications", &application, "pipeline"]).await?;
            let done = client.change(Method::PUT, &path, Some(json!({ "pipeline": pipeline }))).await?;
            let words = match &pipeline {
                Some(pipeline) => format!("{application} is promoted along {pipeline} only."),
                None => format!("{application} is promoted along any pipeline."),
            };
            remote.say(&done, &words);
        }
    }
    Ok(())
}

fn listed(found: &Value) -> String {
    let of = &found["architecture"];
    let lines = of["pipelines"].as_object().into_iter().flatten().map(|(key, pipeline)| {
        let stages = pipeline["stages"].as_array().into_iter().flatten();
        let names: Vec<String> = stages
            .map(|stage| text(&of["environments"][stage.as_str().unwrap_or_default()]["name"]))
            .collect();
        vec![key.clone(), text(&pipeline["name"]), names.join(" > "), text(&pipeline["purposes"])]
    });
    table(&["KEY", "NAME", "STAGES", "PURPOSES"], &lines.collect::<Vec<_>>())
}
