//! `towpath plans`: making and changing plans, why not now, asking for approval, starting.

use super::super::Failure;
use super::{Client, Remote, rows, table, text, time};
use app::context::encoded;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

/// `plans`
#[derive(Debug, Args)]
pub struct Plans {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the newest plans
    List,
    /// Make a plan from one environment to another
    Make {
        /// Key of the environment that it goes from
        from: String,
        /// Key of the environment that it goes to
        to: String,
        /// Keys of the applications; everything that differs, if none is named
        applications: Vec<String>,
    },
    /// Say whether versions could be promoted, and what would be in the way; ends with a failure where they could not
    Can {
        /// Key of the environment that they go from
        from: String,
        /// Key of the environment that they go to
        to: String,
        /// Keys of applications, alone for what runs there, or with a version, such as tides@1.2.0
        #[arg(required = true)]
        applications: Vec<String>,
    },
    /// Show a plan: what it does, what is wrong with that, and the digests that starting it asks for
    Show {
        /// Identity, as the list has it
        plan: String,
    },
    /// Set what a plan does with an application; adds it where the plan does not have it
    Edit {
        /// Identity
        plan: String,
        /// Key of the application
        application: String,
        /// One of the codes that `plans show` lists for it, such as tag:1.2.0, undeploy or nothing
        operation: String,
    },
    /// Add to a plan: everything that differs, everything, the producers that it lacks, or the consumers that it would leave outdated
    Fill {
        /// Identity
        plan: String,
        /// What is added
        #[arg(long, value_parser = ["all", "differing", "producers", "outdated"], default_value = "differing")]
        with: String,
    },
    /// Compare a plan with its environments anew
    Refresh {
        /// Identity
        plan: String,
    },
    /// Make a new plan out of one that has ended: on to the next stage, or the same again
    Reuse {
        /// Identity
        plan: String,
        /// Key of the environment that it goes on to; not read where it is tried again
        #[arg(long, value_name = "KEY", default_value = "")]
        to: String,
    },
    /// Change a plan's name, notes and links
    Note {
        /// Identity
        plan: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// Notes; they become the change log of what it tags
        #[arg(long, default_value = "")]
        notes: String,
        /// A link: an address and, after a space, what is there; may be given several times, and replaces those that are there
        #[arg(long = "link", value_name = "LINK")]
        links: Vec<String>,
        /// What is done when a step fails
        #[arg(long, value_parser = ["roll_back", "wait"])]
        on_failure: Option<String>,
    },
    /// Discard a plan that was not started
    Discard {
        /// Identity
        plan: String,
    },
    /// Say why a plan cannot be started now, what its gates say, and until when
    Why {
        /// Identity, as the list has it
        plan: String,
    },
    /// Ask for the approval of a plan; what it tags is tagged now
    Ask {
        /// Identity
        plan: String,
    },
    /// Check the stage before, as its gates ask for: the console asks their addresses
    Check {
        /// Identity
        plan: String,
    },
    /// Start a plan as it is
    Start {
        /// Identity
        plan: String,
        /// The digest that was looked at; any other is refused
        #[arg(long)]
        digest: String,
        /// Start it in spite of these conflicts: their digest, as the plan shows it; any other is refused
        #[arg(long, value_name = "DIGEST", default_value = "", requires = "reason")]
        accept_conflicts: String,
        /// Why it leaves its pipeline, where it does, and why its conflicts are accepted
        #[arg(long, default_value = "")]
        reason: String,
        /// Override the freezes that hold it, for this reason
        #[arg(long, value_name = "REASON", default_value = "")]
        override_freezes: String,
        /// Not before this time, such as 2026-12-24T18:00:00Z
        #[arg(long, value_name = "TIME", requires = "until", value_parser = moment)]
        at: Option<i64>,
        /// If it could not begin by this time, it ends
        #[arg(long, value_name = "TIME", requires = "at", value_parser = moment)]
        until: Option<i64>,
    },
}

/// Why a plan cannot be started, a line for each reason; nothing where nothing is in the way.
fn reasons(found: &Value) -> String {
    let list = rows(found, |one| vec![text(&one["sentence"]), text(&one["lifted_by"])]);
    if list.is_empty() { String::new() } else { format!("{}\n", table(&["WHY NOT", "WHO LIFTS IT"], &list)) }
}

/// One plan.
fn shown(plan: &Value) -> String {
    let mut lines = vec![
        format!(
            "{}: {} to {}",
            text(&plan["name"]),
            text(&plan["source"]["name"]),
            text(&plan["target"]["name"])
        ),
        format!("status     {}", text(&plan["status"])),
        format!("digest     {}", text(&plan["digest"])),
    ];
    if plan["errors"].is_string() {
        lines.push(format!("conflicts  {}", text(&plan["errors"])));
    }
    for link in plan["links"].as_array().into_iter().flatten() {
        lines.push(format!(
            "link       {} {}",
            text(&link["address"]),
            link["words"].as_str().unwrap_or_default()
        ));
    }
    for sentence in plan["stale"].as_array().into_iter().flatten() {
        lines.push(format!("stale      {}", text(sentence)));
    }
    let now = |item: &Value| match &item["now"] {
        Value::Null => "–".to_owned(),
        now if now["modified"] == true => format!("{}+", text(&now["version"])),
        now => text(&now["version"]),
    };
    let items = rows(&plan["items"], |item| {
        let options = rows(&item["options"], |option| vec![text(&option["code"])]).concat().join(" ");
        vec![
            text(&item["application"]["key"]),
            now(item),
            text(&item["next"]),
            text(&item["operation"]["words"]),
            options,
        ]
    });
    let findings = rows(&plan["findings"], |one| vec![text(&one["kind"]), text(&one["sentence"])]);
    let mut all = format!(
        "{}\n\n{}",
        lines.join("\n"),
        table(&["APPLICATION", "NOW", "NEXT", "OPERATION", "CHOICES"], &items)
    );
    if !findings.is_empty() {
        all.push_str(&format!("\n{}", table(&["FINDING", "WHAT"], &findings)));
    }
    let why = reasons(&plan["start"]["refusals"]);
    if !why.is_empty() {
        all.push_str(&format!("\n{why}"));
    }
    all
}

/// What would become of versions, and what is in the way.
fn promotable(found: &Value) -> String {
    let items = rows(&found["items"], |item| {
        vec![text(&item["application"]["key"]), text(&item["now"]["version"]), text(&item["next"])]
    });
    let findings = rows(&found["findings"], |one| vec![text(&one["kind"]), text(&one["sentence"])]);
    let possible = found["possible"] == true;
    let mut lines = vec![if possible { "They can go." } else { "They cannot go." }.to_owned()];
    lines.extend(found["reasons"].as_array().into_iter().flatten().map(text));
    let mut all = format!("{}\n\n{}", lines.join("\n"), table(&["APPLICATION", "NOW", "NEXT"], &items));
    if !findings.is_empty() {
        all.push_str(&format!("\n{}", table(&["FINDING", "WHAT"], &findings)));
    }
    all
}

/// A time as RFC 3339 has it, in microseconds.
fn moment(text: &str) -> Result<i64, String> {
    let format = &time::format_description::well_known::Rfc3339;
    let at = time::OffsetDateTime::parse(text, format);
    let at =
        at.map_err(|_| "write a time as 2026-12-24T18:00:00Z or 2026-12-24T18:00:00+01:00".to_owned())?;
    i64::try_from(at.unix_timestamp_nanos() / 1000).map_err(|_| "this time is too far away".to_owned())
}

pub(in crate::cli) async fn run(plans: Plans) -> Result<(), Failure> {
    let Plans { remote, command } = plans;
    let client = Client::open(&remote)?;
    match command {
        Command::List => {
            let found = client.get(&client.within(&["plans"]).await?).await?;
            remote.print(&found, |found| {
                let list = rows(&found["rows"], |row| {
                    vec![
                        text(&row["id"]),
                        text(&row["name"]),
                        text(&row["source"]["name"]),
                        text(&row["target"]["name"]),
                        text(&row["status"]),
                        text(&row["created_by"]),
                        time(&row["updated_at"]),
                    ]
                });
                table(&["ID", "NAME", "FROM", "TO", "STATUS", "MADE BY", "CHANGED"], &list)
            });
        }
        Command::Why { plan } => {
            let found = client.get(&client.within(&["plans", &plan, "gates"]).await?).await?;
            remote.print(&found, |found| {
                format!("{}{}", reasons(&found["reasons"]), super::gates::answers(found))
            });
        }
        Command::Make { from, to, applications } => {
            let body = json!({ "from": from, "to": to, "applications": applications });
            let made = client.change(Method::POST, &client.within(&["plans"]).await?, Some(body)).await?;
            remote.print(&made, |made| text(&made["id"]));
        }
        Command::Can { from, to, applications } => {
            let path = client.within(&["promotable"]).await?;
            let (from, to, all) = (encoded(&from), encoded(&to), encoded(&applications.join(",")));
            let found = client.get(&format!("{path}?from={from}&to={to}&applications={all}")).await?;
            if found["possible"] == true {
                remote.print(&found, promotable);
            } else {
                return Err(Failure::NotDone(promotable(&found)));
            }
        }
        Command::Show { plan } => {
            let found = client.get(&client.within(&["plans", &plan]).await?).await?;
            remote.print(&found, shown);
        }
        Command::Edit { plan, application, operation } => {
            let path = client.within(&["plans", &plan, "applications", &application]).await?;
            let done = client.change(Method::PUT, &path, Some(json!({ "operation": operation }))).await?;
            remote.say(&done, "The plan is changed.");
        }
        Command::Fill { plan, with } => {
            let body = json!({
                "differing": with == "differing", "producers": with == "producers", "outdated": with == "outdated",
            });
            let path = client.within(&["plans", &plan, "fill"]).await?;
            let done = client.change(Method::POST, &path, Some(body)).await?;
            remote.say(&done, "The plan is filled up.");
        }
        Command::Refresh { plan } => {
            let path = client.within(&["plans", &plan, "refresh"]).await?;
            let done = client.change(Method::POST, &path, None).await?;
            remote.say(&done, "The plan is refreshed.");
        }
        Command::Reuse { plan, to } => {
            let path = client.within(&["plans", &plan, "reuse"]).await?;
            let made = client.change(Method::POST, &path, Some(json!({ "to": to }))).await?;
            remote.print(&made, |made| text(&made["id"]));
        }
        Command::Note { plan, name, notes, links, on_failure } => {
            let mut body = json!({ "name": name, "notes": notes });
            if !links.is_empty() {
                body["links"] = json!(links.join("\n"));
            }
            if let Some(on_failure) = on_failure {
                body["on_failure"] = json!(on_failure);
            }
            let path = client.within(&["plans", &plan]).await?;
            let done = client.change(Method::PUT, &path, Some(body)).await?;
            remote.say(&done, "Name and notes are saved.");
        }
        Command::Discard { plan } => {
            let path = client.within(&["plans", &plan]).await?;
            let done = client.change(Method::DELETE, &path, None).await?;
            remote.say(&done, "The plan is discarded.");
        }
        Command::Ask { plan } => {
            let path = client.within(&["plans", &plan, "ask"]).await?;
            let done = client.change(Method::POST, &path, None).await?;
            remote.say(&done, "Approval is asked for.");
        }
        Command::Check { plan } => {
            let path = client.within(&["plans", &plan, "check"]).await?;
            let found = client.change(Method::POST, &path, None).await?;
            remote.print(&found, |found| {
                let list = rows(found, |one| {
                    let result = if one["passed"] == true { "passed" } else { "failed" };
                    vec![
                        text(&one["test"]),
                        text(&one["label"]),
                        result.to_owned(),
                        text(&one["detail"]),
                        text(&one["address"]),
                    ]
                });
                table(&["TEST", "VERSION", "RESULT", "WHAT WAS FOUND", "ADDRESS"], &list)
            });
        }
        Command::Start { plan, digest, accept_conflicts, reason, override_freezes, at, until } => {
            let mut body =
                json!({ "digest": digest, "reason": reason, "override_freezes": override_freezes });
            if !accept_conflicts.is_empty() {
                body["conflicts"] = json!(accept_conflicts);
                body["conflicts_reason"] = body["reason"].clone();
            }
            if let (Some(at), Some(until)) = (at, until) {
                body["at"] = json!(at);
                body["until"] = json!(until);
            }
            let path = client.within(&["plans", &plan, "start"]).await?;
            let done = client.change(Method::POST, &path, Some(body)).await?;
            remote.say(&done, "The plan is started.");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn times_are_read_with_their_offset() {
        assert_eq!(moment("1970-01-01T00:00:01Z"), Ok(1_000_000));
        assert_eq!(moment("1970-01-01T01:00:01+01:00"), Ok(1_000_000));
        assert!(moment("1970-01-01").is_err());
    }
}
