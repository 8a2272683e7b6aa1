//! `towpath deployments`: what was started, what is decided about it, and its way back.

use super::super::Failure;
use super::{Client, Remote, rows, table, text, time};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

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
    /// List the deployments for which something was overridden that nobody has reviewed
    Reviews,
    /// Override the freezes that hold a deployment
    Override {
        /// Identity
        deployment: String,
        /// Why; the log keeps it
        #[arg(long)]
        reason: String,
    },
    /// Let a deployment go on that is prepared and waits, or try a failed step once more
    Continue {
        /// Identity
        deployment: String,
    },
    /// Stop a deployment; what was done stays, and is said
    Abort {
        /// Identity
        deployment: String,
    },
    /// Try the step again that a deployment is suspended on
    Retry {
        /// Identity
        deployment: String,
    },
    /// Leave the front-end out on which a step failed
    LeaveOut {
        /// Identity
        deployment: String,
    },
    /// Take back everything that a suspended deployment has done
    TakeBack {
        /// Identity
        deployment: String,
    },
    /// Print what a rollback of a finished deployment would do now
    WayBack {
        /// Identity
        deployment: String,
    },
    /// Roll a finished deployment back, and pin what goes back
    RollBack {
        /// Identity
        deployment: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Go on although it breaks what `show` says
        #[arg(long)]
        accept_conflicts: bool,
    },
    /// Lift the pin that a rollback set
    LiftPin {
        /// The application's key
        #[arg(long)]
        application: String,
        /// The environment's key
        #[arg(long)]
        environment: String,
    },
    /// Print the whole log
    Log {
        /// Identity
        deployment: String,
    },
    /// Print everything about a deployment, in Markdown
    Report {
        /// Identity
        deployment: String,
    },
}

pub(in crate::cli) async fn run(deployments: Deployments) -> Result<(), Failure> {
    let Deployments { remote, command } = deployments;
    let client = Client::open(&remote)?;
    match command {
        Command::Reviews => {
            let found = client.get(&client.within(&["reviews"]).await?).await?;
            remote.print(&found, |found| {
                let list = rows(&found["rows"]["rows"], |row| {
                    let each = row["overrides"].as_array().into_iter().flatten();
                    let each = each.map(|one| {
                        format!("{} {}: {}", text(&one["by"]), text(&one["what"]), text(&one["reason"]))
                    });
                    let late = if row["overdue"] == true { " (overdue)" } else { "" };
                    vec![
                        text(&row["deployment"]["id"]),
                        text(&row["deployment"]["name"]),
                        text(&row["deployment"]["target"]["name"]),
                        format!("{}{late}", time(&row["due_at"])),
                        each.collect::<Vec<_>>().join("; "),
                    ]
                });
                table(&["ID", "NAME", "INTO", "DUE", "OVERRIDDEN"], &list)
            });
        }
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
            remote.say(&done, "It is being aborted.");
        }
        Command::Retry { deployment } => {
            let path = client.within(&["deployments", &deployment, "retry"]).await?;
            let done = client.change(Method::POST, &path, None).await?;
            remote.say(&done, "The step is tried again.");
        }
        Command::LeaveOut { deployment } => {
            let path = client.within(&["deployments", &deployment, "leave-out"]).await?;
            let done = client.change(Method::POST, &path, None).await?;
            remote.say(&done, "The front-end is left out.");
        }
        Command::TakeBack { deployment } => {
            let path = client.within(&["deployments", &deployment, "take-back"]).await?;
            let done = client.change(Method::POST, &path, None).await?;
            remote.say(&done, "Everything is being taken back.");
        }
        Command::WayBack { deployment } => {
            let path = client.within(&["deployments", &deployment]).await?;
            let page = client.get(&format!("{path}?way_back=true")).await?;
            remote.print(&page["way_back"], |back| {
                let list = rows(&back["items"], |item| {
                    let words = |value: &Value, none: &str| match value.is_null() {
                        true => none.to_owned(),
                        false => text(value),
                    };
                    vec![
                        text(&item["application"]["name"]),
                        words(&item["now"], "not there"),
                        words(&item["to"], "taken out"),
                        // Of what does not go back, nothing is left behind.
                        [&item["stays"], &item["database"]].map(|value| words(value, "")).concat(),
                    ]
                });
                let breaks = rows(&back["breaks"], |sentence| vec![text(sentence)]);
                let table = table(&["APPLICATION", "NOW", "BACK TO", "STAYS"], &list);
                breaks.into_iter().fold(table, |all, sentence| format!("{all}\n{}", sentence.join(" ")))
            });
        }
        Command::RollBack { deployment, reason, accept_conflicts } => {
            let path = client.within(&["deployments", &deployment]).await?;
            let page = client.get(&format!("{path}?way_back=true")).await?;
            let back = &page["way_back"];
            // Where there is none the console says why.
            let conflicts = if accept_conflicts { text(&back["conflicts"]) } else { String::new() };
            let body = json!({ "digest": text(&back["digest"]), "reason": reason, "conflicts": conflicts });
            let path = client.within(&["deployments", &deployment, "roll-back"]).await?;
            let done = client.change(Method::POST, &path, Some(body)).await?;
            remote.print(&done, |done| format!("It is being rolled back: {}", text(&done["id"])));
        }
        Command::LiftPin { application, environment } => {
            let path = client.within(&["applications", &application, "pins", &environment]).await?;
            let done = client.change(Method::DELETE, &path, None).await?;
            remote.say(&done, "The pin is lifted.");
        }
        Command::Report { deployment } => {
            let found = client.get(&client.within(&["deployments", &deployment, "report"]).await?).await?;
            remote.print(&found, |found| text(&found["text"]).trim_end().to_owned());
        }
        Command::Log { deployment } => {
            let found = client.get(&client.within(&["deployments", &deployment, "log"]).await?).await?;
            remote.print(&found, |found| text(&found["text"]).trim_end().to_owned());
        }
    }
    Ok(())
}
