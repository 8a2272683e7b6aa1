//! `towpath plans`: why not now, asking for approval, starting.

use super::super::Failure;
use super::{Client, Remote, rows, table, text, time};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;

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
    /// Say what the gates say of a plan: why not now, and until when
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
            remote.print(&found, super::gates::answers);
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
