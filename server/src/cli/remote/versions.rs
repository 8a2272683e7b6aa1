//! `towpath versions`: shown, tagged, tagged again, compared and deleted.

use super::super::Failure;
use super::{Client, Remote, rows, table, text, time};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

/// `versions`
#[derive(Debug, Args)]
pub struct Versions {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the newest versions of an application
    List {
        /// Key of the application
        application: String,
    },
    /// Show one version: where it runs, what used it, what it is made of
    Show {
        /// Key of the application
        application: String,
        /// Its number
        number: String,
    },
    /// Tag what runs of an application in an environment
    Tag {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
        /// The number
        number: String,
        #[arg(long, default_value = "")]
        change_log: String,
    },
    /// Tag an older version's content again with a new number, to go back to it
    Again {
        /// Key of the application
        application: String,
        /// The older version's number
        older: String,
        /// Key of the environment that it is tagged in
        #[arg(long)]
        environment: String,
        /// The new number; the one that is proposed if none is given
        #[arg(long, default_value = "")]
        number: String,
        #[arg(long, default_value = "")]
        change_log: String,
    },
    /// List what is modified in an environment, with the numbers that are proposed
    Modified {
        /// Key of the environment
        environment: String,
    },
    /// Tag several applications of an environment at once; all that are modified if none is named
    TagTogether {
        /// Key of the environment
        environment: String,
        /// KEY or KEY=NUMBER; without a number the proposed one
        applications: Vec<String>,
        #[arg(long, default_value = "")]
        change_log: String,
    },
    /// Compare two versions, or a version with what an environment runs (in:KEY)
    Compare {
        /// Key of the application
        application: String,
        /// A number, or in: and the key of an environment
        from: String,
        /// The same
        to: String,
    },
    /// Delete a version that was never used
    Delete {
        /// Key of the application
        application: String,
        /// Its number
        number: String,
    },
}

pub(in crate::cli) async fn run(versions: Versions) -> Result<(), Failure> {
    let Versions { remote, command } = versions;
    let client = Client::open(&remote)?;
    match command {
        Command::List { application } => {
            let found = client.get(&client.within(&["applications", &application]).await?).await?;
            remote.print(&found, |found| {
                let list = rows(&found["versions"]["rows"], |row| {
                    vec![
                        text(&row["number"]),
                        time(&row["created_at"]),
                        text(&row["created_by"]),
                        text(&row["runs_in"]),
                        text(&row["change_log"]),
                    ]
                });
                table(&["VERSION", "TAGGED", "BY", "RUNS IN", "CHANGE LOG"], &list)
            });
        }
        Command::Show { application, number } => {
            let path = client.within(&["applications", &application, "versions", &number]).await?;
            remote.print(&client.get(&path).await?, shown);
        }
        Command::Tag { environment, application, number, change_log } => {
            let path = client.within(&["applications", &application, "versions"]).await?;
            let body = json!({ "environment": environment, "number": number, "change_log": change_log });
            let done = client.change(Method::POST, &path, Some(body)).await?;
            remote.say(&done, &format!("{application} {number} is tagged."));
        }
        Command::Again { application, older, environment, number, change_log } => {
            let path = client.within(&["applications", &application, "versions", &older, "again"]).await?;
            let body = json!({ "environment": environment, "number": number, "change_log": change_log });
            let done = client.change(Method::POST, &path, Some(body)).await?;
            remote.say(&done, &format!("{} has the content of {older}.", text(&done["number"])));
        }
        Command::Modified { environment } => {
            let path = client.within(&["environments", &environment, "modified"]).await?;
            remote.print(&client.get(&path).await?, |found| {
                let list = rows(&found["rows"]["rows"], |row| {
                    let may = if row["tag"]["possible"] == true {
                        Value::Null
                    } else {
                        row["tag"]["sentence"].clone()
                    };
                    vec![
                        text(&row["application"]["key"]),
                        text(&row["runs"]),
                        text(&row["proposed"]),
                        time(&row["changed_at"]),
                        text(&row["changed_by"]),
                        text(&may),
                    ]
                });
                table(&["APPLICATION", "RUNS", "PROPOSED", "CHANGED", "BY", "WHY NOT"], &list)
            });
        }
        Command::TagTogether { environment, applications, change_log } => {
            let mut wanted: Vec<(String, String)> = applications
                .iter()
                .map(|one| match one.split_once('=') {
                    Some((key, number)) => (key.to_owned(), number.to_owned()),
                    None => (one.clone(), String::new()),
                })
                .collect();
            if wanted.is_empty() {
                let path = client.within(&["environments", &environment, "modified"]).await?;
                let found = client.get(&path).await?;
                let all = found["rows"]["rows"].as_array().into_iter().flatten();
                let all = all.filter(|row| row["tag"]["possible"] == true);
                wanted = all.map(|row| (text(&row["application"]["key"]), String::new())).collect();
            }
            let versions: Vec<Value> = wanted
                .iter()
                .map(
                    |(key, number)| json!({ "application": key, "number": number, "change_log": change_log }),
                )
                .collect();
            let path = client.within(&["environments", &environment, "versions"]).await?;
            let done = client.change(Method::POST, &path, Some(json!({ "versions": versions }))).await?;
            remote.print(&done, |done| {
                if remote.dry_run {
                    return "Not done, only tried: they are tagged.".to_owned();
                }
                let list =
                    rows(&done["versions"], |one| vec![text(&one["application"]), text(&one["number"])]);
                table(&["APPLICATION", "VERSION"], &list)
            });
        }
        Command::Compare { application, from, to } => {
            let path = client.within(&["applications", &application, "comparison"]).await?;
            let encoded = app::context::encoded;
            let found = client.get(&format!("{path}?from={}&to={}", encoded(&from), encoded(&to))).await?;
            remote.print(&found, compared);
        }
        Command::Delete { application, number } => {
            let path = client.within(&["applications", &application, "versions", &number]).await?;
            let done = client.change(Method::DELETE, &path, None).await?;
            remote.say(&done, &format!("{application} {number} is deleted."));
        }
    }
    Ok(())
}

fn shown(found: &Value) -> String {
    let names = |list: &Value| -> Value {
        list.as_array().into_iter().flatten().map(|one| one["name"].clone()).collect()
    };
    let lines = [
        vec![
            "Version".to_owned(),
            format!("{} {}", text(&found["application"]["name"]), text(&found["number"])),
        ],
        vec!["Change log".to_owned(), text(&found["change_log"])],
        vec![
            "Tagged".to_owned(),
            format!(
                "{} by {} in {}",
                time(&found["created_at"]),
                text(&found["created_by"]),
                text(&found["environment"]["name"])
            ),
        ],
        vec!["Runs in".to_owned(), text(&names(&found["runs_in"]))],
        vec!["Was in".to_owned(), text(&names(&found["was_in"]))],
        vec!["Plans".to_owned(), text(&names(&found["plans"]))],
        vec!["Deployments".to_owned(), text(&names(&found["deployments"]))],
        vec!["Modules".to_owned(), text(&names(&found["modules"]))],
        vec!["Package".to_owned(), text(&found["sha256"])],
    ];
    table(&["WHAT", "IS"], &lines)
}

fn compared(found: &Value) -> String {
    if found["same"] == true {
        return "Both are the same bytes.".to_owned();
    }
    let mut lines = Vec::new();
    for (part, name) in [
        ("modules", "module"),
        ("settings", "setting"),
        ("produces", "produces"),
        ("consumes", "consumes"),
        ("migrations", "migration"),
    ] {
        for one in found["differs"][part].as_array().into_iter().flatten() {
            let details = one["details"].as_array().into_iter().flatten();
            let details: Vec<String> = details
                .map(|d| format!("{}: {} > {}", text(&d["what"]), text(&d["before"]), text(&d["after"])))
                .collect();
            lines.push(vec![name.to_owned(), text(&one["name"]), text(&one["change"]), details.join("; ")]);
        }
    }
    let mut all = table(&["PART", "NAME", "CHANGE", "WHAT"], &lines);
    if let Some(unknown) = found["differs"]["unknown"].as_array().filter(|list| !list.is_empty()) {
        let names = text(&Value::Array(unknown.clone()));
        all.push_str(&format!(
            "\nThe files of {names} cannot be compared: they were published before that was kept.\n"
        ));
    }
    all
}
