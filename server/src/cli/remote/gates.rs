//! `towpath gates`: gates, freezes, and results of tests.

use super::super::Failure;
use super::{Client, Remote, rows, table, text, time};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

/// `gates`
#[derive(Debug, Args)]
pub struct Gates {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the gates, and the freezes that are on or to come
    List,
    /// Add a gate: approvals, a soak time, or a test
    Add {
        #[command(flatten)]
        place: Place,
        /// So many approvals, with --team or --role
        #[arg(long, value_name = "N", group = "rule")]
        approvals: Option<u32>,
        /// Each version has run in the stage before for so many hours
        #[arg(long, value_name = "HOURS", group = "rule")]
        soak: Option<u32>,
        /// Each version has passed this test in the stage before
        #[arg(long, value_name = "NAME", group = "rule")]
        test: Option<String>,
        /// The console checks it by asking this address; {application} and {environment} in it stand for keys
        #[arg(long, value_name = "URL", default_value = "", requires = "test")]
        check: String,
        /// Members of this team approve
        #[arg(long, value_name = "NAME")]
        team: Option<String>,
        /// Those who hold this role approve
        #[arg(long, value_name = "NAME")]
        role: Option<String>,
        /// An approval counts for so many hours
        #[arg(long, value_name = "HOURS")]
        hours: Option<u32>,
        /// Who answers for it; you, if nobody is named
        #[arg(long, value_name = "NAME", default_value = "")]
        owner: String,
    },
    /// Remove a gate
    Remove {
        /// Identity, as the list has it
        gate: String,
    },
    /// Add a freeze: nothing is brought meanwhile, and what was started waits
    Freeze {
        #[command(flatten)]
        place: Place,
        /// From then on, such as 2026-12-24T18:00
        #[arg(long)]
        from: String,
        /// Until then
        #[arg(long)]
        until: String,
        /// Time zone of both
        #[arg(long, default_value = "UTC")]
        time_zone: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Who answers for it; you, if nobody is named
        #[arg(long, value_name = "NAME", default_value = "")]
        owner: String,
    },
    /// End a freeze now
    EndFreeze {
        /// Identity, as the list has it
        freeze: String,
    },
    /// Report the result of a test of a version in an environment
    Report {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
        /// Number of the version
        version: String,
        /// Name of the test
        test: String,
        /// How it ended
        #[arg(long, value_parser = ["passed", "failed"])]
        result: String,
        /// Where more of it is to be read
        #[arg(long, value_name = "URL", default_value = "")]
        link: String,
    },
}

#[derive(Debug, Args)]
struct Place {
    /// Key of the environment
    #[arg(long, value_name = "KEY", default_value = "", conflicts_with = "pipeline")]
    environment: String,
    /// Key of the pipeline
    #[arg(long, value_name = "KEY", default_value = "")]
    pipeline: String,
}

/// What gates say, as a table.
pub(super) fn answers(found: &Value) -> String {
    let list = rows(&found["answers"], |one| {
        vec![
            text(&one["title"]),
            text(&one["state"]),
            text(&one["sentence"]),
            time(&one["until"]),
            text(&one["lifted_by"]),
        ]
    });
    let earliest =
        found["earliest"].as_i64().map(|_| format!("\nAt the earliest: {}\n", time(&found["earliest"])));
    let mut told = table(&["GATE", "STATE", "WHAT", "UNTIL", "WHO"], &list);
    told.push_str(&earliest.unwrap_or_default());
    for along in found["forecast"].as_array().into_iter().flatten() {
        told.push_str(&forecast(along));
    }
    told
}

/// When the stages of a pipeline are reached at the earliest.
fn forecast(along: &Value) -> String {
    let sentences = |of: &Value| -> String {
        let all = of.as_array().into_iter().flatten().filter_map(Value::as_str);
        all.collect::<Vec<_>>().join(" ")
    };
    let list = rows(&along["stages"], |one| {
        vec![text(&one["name"]), time(&one["begins"]), sentences(&one["because"]), sentences(&one["needs"])]
    });
    let heads = ["STAGE", "AT THE EARLIEST", "SINCE", "NEEDS"];
    format!("\nAlong {}, if it is started now:\n{}", text(&along["pipeline"]), table(&heads, &list))
}

pub(in crate::cli) async fn run(gates: Gates) -> Result<(), Failure> {
    let Gates { remote, command } = gates;
    let client = Client::open(&remote)?;
    match command {
        Command::List => {
            let found = client.get(&client.within(&["gates"]).await?).await?;
            remote.print(&found, |found| {
                let gates = rows(&found["gates"], |one| {
                    vec![
                        text(&one["id"]),
                        text(&one["place"]["name"]),
                        text(&one["sentence"]),
                        text(&one["owner"]),
                        text(&one["warning"]),
                    ]
                });
                let freezes = rows(&found["freezes"], |one| {
                    vec![
                        text(&one["id"]),
                        text(&one["place"]["name"]),
                        time(&one["from"]),
                        time(&one["until"]),
                        text(&one["reason"]),
                        text(&one["owner"]),
                    ]
                });
                format!(
                    "{}\n{}",
                    table(&["GATE", "BEFORE", "ASKS FOR", "OWNER", "WARNING"], &gates),
                    table(&["FREEZE", "OF", "FROM", "UNTIL", "WHY", "OWNER"], &freezes)
                )
            });
        }
        Command::Add { place, approvals, soak, test, check, team, role, hours, owner } => {
            let mut body = json!({ "environment": place.environment, "pipeline": place.pipeline, "address": check, "owner": owner });
            let (kind, number) = match (approvals, soak) {
                (Some(n), _) => ("approval", Some(n)),
                (None, Some(n)) => ("soak", Some(n)),
                (None, None) => ("verification", None),
            };
            body["kind"] = json!(kind);
            for (name, value) in [
                ("number", json!(number)),
                ("test", json!(test)),
                ("team", json!(team)),
                ("role", json!(role)),
                ("hours", json!(hours)),
            ] {
                if !value.is_null() {
                    body[name] = value;
                }
            }
            let done = client.change(Method::POST, &client.within(&["gates"]).await?, Some(body)).await?;
            remote.say(&done, "The gate is added.");
        }
        Command::Remove { gate } => {
            let path = client.within(&["gates", &gate]).await?;
            let done = client.change(Method::DELETE, &path, None).await?;
            remote.say(&done, "The gate is removed.");
        }
        Command::Freeze { place, from, until, time_zone, reason, owner } => {
            let body = json!({
                "environment": place.environment, "pipeline": place.pipeline, "from": from, "until": until,
                "time_zone": time_zone, "reason": reason, "owner": owner,
            });
            let done = client.change(Method::POST, &client.within(&["freezes"]).await?, Some(body)).await?;
            remote.say(&done, "The freeze is added.");
        }
        Command::EndFreeze { freeze } => {
            let path = client.within(&["freezes", &freeze]).await?;
            let done = client.change(Method::DELETE, &path, None).await?;
            remote.say(&done, "The freeze is ended.");
        }
        Command::Report { environment, application, version, test, result, link } => {
            let path =
                client.within(&["environments", &environment, "applications", &application, "tests"]).await?;
            let body =
                json!({ "version": version, "name": test, "passed": result == "passed", "link": link });
            let done = client.change(Method::POST, &path, Some(body)).await?;
            remote.say(&done, "The result is reported.");
        }
    }
    Ok(())
}
