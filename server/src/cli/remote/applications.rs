//! `towpath applications`: what they are, who uses them, blocks, hotfixes, and the end of one.

use super::super::Failure;
use super::{Client, Remote, rows, table, text, time};
use clap::{Args, Subcommand};
use domain::dependency::Bond;
use reqwest::Method;
use serde_json::{Value, json};

/// `applications`
#[derive(Debug, Args)]
pub struct Applications {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what runs where of an application, blocks and hotfixes among it
    Show {
        /// Key of the application
        application: String,
    },
    /// Create an application that has no package yet
    Create {
        /// Key; it stays for ever, and packages have to name it
        key: String,
        #[arg(long)]
        name: String,
        /// Key of an environment where you may create applications
        #[arg(long)]
        environment: String,
        /// web, service or library
        #[arg(long, default_value = "web")]
        kind: String,
        #[arg(long, default_value = "")]
        description: String,
        /// Name of the team that it belongs to
        #[arg(long)]
        team: Option<String>,
        /// Key of the pipeline that it is promoted along; any if none is named
        #[arg(long)]
        pipeline: Option<String>,
    },
    /// Give an application another name or description here; what is not named stays
    Rename {
        /// Key of the application
        application: String,
        #[arg(long)]
        name: Option<String>,
        #[arg(long)]
        description: Option<String>,
    },
    /// Block an application from an environment where it is not
    Block {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
        /// Why; everybody reads it who would bring it there
        #[arg(long)]
        reason: String,
    },
    /// Lift the block of an application from an environment
    Unblock {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
    },
    /// Mark a hotfix as solved: earlier stages have the change by other means
    Solve {
        /// Key of the environment that runs it
        environment: String,
        /// Key of the application
        application: String,
        /// How
        #[arg(long)]
        reason: String,
    },
    /// Show the log of an application on one front-end, the newest line first
    Log {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
        /// Key of the front-end; the first one where it runs if none is named
        #[arg(long)]
        server: Option<String>,
        /// output, requests or errors
        #[arg(long, default_value = "output")]
        kind: String,
        /// Only lines with these words
        #[arg(long)]
        words: Option<String>,
        /// Only lines before the one with this number
        #[arg(long)]
        before: Option<i64>,
        /// How many lines; at most 500
        #[arg(long)]
        limit: Option<u32>,
    },
    /// Show who still uses an application
    Usage {
        /// Key of the application
        application: String,
    },
    /// Retire an application that nobody uses any more
    Retire {
        /// Key of the application
        application: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// List the retired applications
    Retired,
    /// Bring a retired application back
    BringBack {
        /// Key of the application
        application: String,
    },
}

pub(in crate::cli) async fn run(applications: Applications) -> Result<(), Failure> {
    let Applications { remote, command } = applications;
    let client = Client::open(&remote)?;
    match command {
        Command::Show { application } => {
            let found = client.get(&client.within(&["applications", &application]).await?).await?;
            remote.print(&found, shown);
        }
        Command::Create { key, name, environment, kind, description, team, pipeline } => {
            let team = match team {
                Some(team) => Some(client.team(&team).await?),
                None => None,
            };
            let body = json!({
                "key": key, "name": name, "environment": environment, "kind": kind, "description": description,
                "team": team, "pipeline": pipeline,
            });
            let done =
                client.change(Method::POST, &client.within(&["applications"]).await?, Some(body)).await?;
            remote.say(&done, &format!("{name} is created; its first package has to name the key {key}."));
        }
        Command::Rename { application, name, description } => {
            let path = client.within(&["applications", &application]).await?;
            let now = client.get(&path).await?;
            let or = |given: Option<String>, now: &Value| {
                given.unwrap_or_else(|| now.as_str().unwrap_or_default().to_owned())
            };
            let name = or(name, &now["application"]["name"]);
            let body = json!({ "name": name, "description": or(description, &now["description"]) });
            let done = client.change(Method::PUT, &path, Some(body)).await?;
            let stays: Vec<String> =
                done["old_name_stays"].as_array().into_iter().flatten().map(text).collect();
            remote.say(&done, &format!("{application} is called {name} here.\n{}", stays.join("\n")));
        }
        Command::Block { environment, application, reason } => {
            let parts = ["environments", &environment, "applications", &application, "block"];
            let path = client.within(&parts).await?;
            let done = client.change(Method::PUT, &path, Some(json!({ "reason": reason }))).await?;
            remote.say(&done, &format!("{application} is blocked from {environment}."));
        }
        Command::Unblock { environment, application } => {
            let parts = ["environments", &environment, "applications", &application, "block"];
            let done = client.change(Method::DELETE, &client.within(&parts).await?, None).await?;
            remote.say(&done, &format!("{application} may come into {environment} again."));
        }
        Command::Solve { environment, application, reason } => {
            let parts = ["environments", &environment, "applications", &application, "hotfix"];
            let path = client.within(&parts).await?;
            let done = client.change(Method::PUT, &path, Some(json!({ "reason": reason }))).await?;
            remote.say(&done, &format!("The hotfix of {application} in {environment} is solved."));
        }
        Command::Log { environment, application, server, kind, words, before, limit } => {
            let parts = ["environments", &environment, "applications", &application, "log"];
            let (before, limit) = (before.map(|n| n.to_string()), limit.map(|n| n.to_string()));
            let query = [
                ("server", server.as_deref()),
                ("kind", Some(kind.as_str())),
                ("words", words.as_deref()),
                ("before", before.as_deref()),
                ("limit", limit.as_deref()),
            ];
            let found = client.get(&with_query(client.within(&parts).await?, &query)).await?;
            remote.print(&found, logged);
        }
        Command::Usage { application } => {
            let found = client.get(&client.within(&["applications", &application, "usage"]).await?).await?;
            remote.print(&found, used);
        }
        Command::Retire { application, reason } => {
            let path = client.within(&["applications", &application, "retire"]).await?;
            let done = client.change(Method::POST, &path, Some(json!({ "reason": reason }))).await?;
            remote.say(&done, &format!("{application} is retired."));
        }
        Command::Retired => {
            let found = client.get(&client.within(&["retired-applications"]).await?).await?;
            remote.print(&found, |found| {
                let list = rows(&found["rows"], |row| {
                    let (of, why) = (&row["application"], &row["retired"]);
                    vec![
                        text(&of["key"]),
                        text(&of["name"]),
                        time(&why["at"]),
                        text(&why["by"]),
                        text(&why["reason"]),
                    ]
                });
                table(&["KEY", "NAME", "RETIRED", "BY", "WHY"], &list)
            });
        }
        Command::BringBack { application } => {
            let path = client.within(&["applications", &application, "bring-back"]).await?;
            let done = client.change(Method::POST, &path, None).await?;
            remote.say(&done, &format!("{application} is back."));
        }
    }
    Ok(())
}

/// How the dependencies stand, in words.
fn bond(of: &Value) -> String {
    of.as_str()
        .and_then(|word| word.parse::<Bond>().ok())
        .map(|bond| bond.words().to_lowercase())
        .unwrap_or_default()
}

fn shown(found: &Value) -> String {
    let of = &found["application"];
    let mut head = format!("{} ({}), {}\n", text(&of["name"]), text(&of["key"]), text(&of["kind"]));
    if let Some(retired) = found["retired"].as_object() {
        head.push_str(&format!("Retired: {}\n", text(&retired["reason"])));
    }
    let list = rows(&found["environments"], |place| {
        let running = &place["cell"]["Present"];
        let plus = if running["modified"] == true && !running["version"].is_null() { "+" } else { "" };
        let version = match &running["version"] {
            Value::Null => text(&running["revision"]),
            number => text(number),
        };
        vec![
            text(&place["environment"]["key"]),
            format!("{version}{plus}"),
            bond(&running["bond"]),
            text(&running["hotfix"]),
            text(&place["block"]["sentence"]),
        ]
    });
    let mut all =
        format!("{head}\n{}", table(&["ENVIRONMENT", "RUNS", "DEPENDENCIES", "HOTFIX", "BLOCKED"], &list));
    for hotfix in found["hotfixes"].as_array().into_iter().flatten().filter(|one| one["state"] == "pending") {
        let place = text(&hotfix["environment"]["name"]);
        all.push_str(&format!(
            "\n{place} runs {}, which earlier stages never had:\n",
            text(&hotfix["label"])
        ));
        for step in hotfix["back"].as_array().into_iter().flatten() {
            let way = if step["by_plan"] == true {
                "a plan can bring it back"
            } else {
                "it runs a higher version: put the change into the source and publish it"
            };
            let (name, runs) = (text(&step["environment"]["name"]), text(&step["runs"]));
            all.push_str(&format!("  {name} runs {runs}: {way}\n"));
        }
    }
    all
}

/// A path with a query of what is given.
fn with_query(path: String, pairs: &[(&str, Option<&str>)]) -> String {
    let given = pairs
        .iter()
        .filter_map(|(name, value)| value.map(|value| format!("{name}={}", app::context::encoded(value))));
    let given: Vec<String> = given.collect();
    if given.is_empty() { path } else { format!("{path}?{}", given.join("&")) }
}

fn logged(found: &Value) -> String {
    let page = &found["page"];
    let list = rows(&page["lines"], |line| {
        let said = &line["said"];
        let request = |of: &Value| match of.is_null() {
            true => String::new(),
            false => format!(
                "{} {} {} {} µs",
                text(&of["status"]),
                text(&of["method"]),
                text(&of["path"]),
                text(&of["micros"])
            ),
        };
        let told = match said["kind"].as_str() {
            Some("output") => text(&said["text"]),
            Some("request") => request(said),
            Some("error") => format!("{} {}", text(&said["reason"]), request(&said["request"])),
            _ => format!("{} {}", text(&said["event"]), text(&said["detail"])),
        };
        vec![text(&line["id"]), time(&line["at"]), text(&line["module"]), told]
    });
    let older = match &page["next"] {
        Value::Null => String::new(),
        next => format!("\nOlder lines: --before {}", text(next)),
    };
    format!(
        "{} on {}\n\n{}{older}",
        text(&found["application"]["name"]),
        text(&found["server"]["name"]),
        table(&["NUMBER", "AT", "MODULE", "LINE"], &list)
    )
}

fn used(found: &Value) -> String {
    let mut lines = vec![format!("It runs in: {}", text(&names(&found["runs_in"])))];
    for place in found["consumers"].as_array().into_iter().flatten() {
        for one in place["consumers"].as_array().into_iter().flatten() {
            let (who, what) = (text(&one["application"]["name"]), text(&one["elements"]));
            lines.push(format!("Used in {} by {who}: {what}", text(&place["environment"]["name"])));
        }
    }
    for plan in found["plans"].as_array().into_iter().flatten() {
        lines.push(format!("Open plan: {}", text(&plan["name"])));
    }
    for run in found["deployments"].as_array().into_iter().flatten() {
        lines.push(format!("Open deployment: {}", text(&run["name"])));
    }
    if found["hidden"] == true {
        lines.push("There is more that you may not see.".to_owned());
    }
    match found["retire"]["possible"] == true {
        true => lines.push("It can be retired.".to_owned()),
        false => {
            let why = found["retire"]["refusals"].as_array().into_iter().flatten();
            lines.extend(why.map(|one| format!("{} {}", text(&one["sentence"]), text(&one["lifted_by"]))));
        }
    }
    lines.join("\n")
}

fn names(list: &Value) -> Value {
    list.as_array().into_iter().flatten().map(|one| one["name"].clone()).collect()
}
