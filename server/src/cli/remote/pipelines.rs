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
    /// Let an application be promoted along one pipeline only; along any if none is named
    Assign {
        /// Key of the application
        application: String,
        /// Key of the pipeline
        pipeline: Option<String>,
    },
}

pub(in crate::cli) async fn run(pipelines: Pipelines) -> Result<(), Failure> {
    let Pipelines { remote, command } = pipelines;
    let client = Client::open(&remote)?;
    match command {
        Command::List => {
            let found = client.get(&client.within(&["pipelines"]).await?).await?;
            remote.print(&found, listed);
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
