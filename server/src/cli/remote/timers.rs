//! `towpath timers`: what an environment's scheduler does for an application, and running a timer now.

use super::super::Failure;
use super::{Client, Remote, rows, table, text, time};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;

/// `timers`
#[derive(Debug, Args)]
pub struct Timers {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the timers, jobs and e-mails of an application in an environment
    List {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
    },
    /// Show the runs of a timer, the newest first
    Runs {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
        /// Key of the timer
        timer: String,
        /// Only runs before the one that the page before named
        #[arg(long)]
        before: Option<i64>,
    },
    /// Run a timer now
    Run {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
        /// Key of the timer
        timer: String,
    },
}

pub(in crate::cli) async fn run(timers: Timers) -> Result<(), Failure> {
    let Timers { remote, command } = timers;
    let client = Client::open(&remote)?;
    match command {
        Command::List { environment, application } => {
            let parts = ["environments", &environment, "applications", &application, "timers"];
            let found = client.get(&client.within(&parts).await?).await?;
            remote.print(&found, listed);
        }
        Command::Runs { environment, application, timer, before } => {
            let parts =
                ["environments", &environment, "applications", &application, "timers", &timer, "runs"];
            let path = client.within(&parts).await?;
            let path = before.map_or_else(|| path.clone(), |before| format!("{path}?before={before}"));
            let found = client.get(&path).await?;
            remote.print(&found, history);
        }
        Command::Run { environment, application, timer } => {
            let parts = ["environments", &environment, "applications", &application, "timers", &timer, "run"];
            let done = client.change(Method::POST, &client.within(&parts).await?, None).await?;
            remote.say(&done, &format!("{timer} of {application} runs in {environment}."));
        }
    }
    Ok(())
}

fn listed(found: &Value) -> String {
    let list = rows(&found["timers"], |timer| {
        let last = &timer["last"];
        vec![
            text(&timer["key"]),
            text(&timer["name"]),
            format!("{} {}", text(&timer["schedule"]), text(&timer["time_zone"])),
            time(&timer["next_at"]),
            time(&last["began_at"]),
            text(&last["outcome"]),
        ]
    });
    let timers = table(&["TIMER", "NAME", "SCHEDULE", "NEXT", "LAST", "OUTCOME"], &list);
    let queued = |queue: &Value| {
        rows(&queue["queued"], |one| {
            vec![
                time(&one["queued_at"]),
                text(&one["handler"]),
                text(&one["state"]),
                format!("{} of {}", text(&one["tries"]), text(&one["tries_max"])),
                text(&one["error"]),
            ]
        })
    };
    let jobs = table(&["QUEUED", "JOB", "STATE", "TRIES", "SAID"], &queued(&found["jobs"]));
    let emails = table(&["QUEUED", "E-MAIL", "STATE", "TRIES", "SAID"], &queued(&found["emails"]));
    format!("{timers}\n{jobs}\n{emails}")
}

fn history(found: &Value) -> String {
    let list = rows(&found["runs"], |run| {
        vec![
            time(&run["planned_at"]),
            text(&run["cause"]),
            text(&run["outcome"]),
            text(&run["server"]),
            time(&run["ended_at"]),
            text(&run["detail"]),
        ]
    });
    let older = match &found["before"] {
        Value::Null => String::new(),
        before => format!("\nOlder runs: --before {}", text(before)),
    };
    format!("{}{older}", table(&["PLANNED", "WHY", "OUTCOME", "ON", "ENDED", "SAID"], &list))
}
