//! `towpath architecture`: what an infrastructure is made of, as a whole.

use super::super::Failure;
use super::super::user::read_password;
use super::{Client, Remote, rows, table, text, time};
use crate::clock::SystemClock;
use clap::{Args, Subcommand};
use domain::time::DAY;
use operations::Clock as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// `architecture`
#[derive(Debug, Args)]
pub struct Architecture {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what there is and what the rules find
    Show,
    /// Write the architecture as a file (TOML), to standard output if none is named
    Export { file: Option<PathBuf> },
    /// Show what a file would change; nothing changes
    Compare { file: PathBuf },
    /// Make the infrastructure as a file has it
    Apply { file: PathBuf },
    /// Make the infrastructure as a reference architecture has it: basic, standard or enterprise
    Template {
        edition: String,
        /// Engine of its database servers: sql_server, azure_sql, oracle, postgresql or sqlite
        #[arg(long)]
        engine: String,
    },
    /// Accept a finding for some days
    Accept {
        /// The rule, such as A10
        rule: String,
        /// The place, as `show` prints it
        path: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// For how many days, at most 400
        #[arg(long)]
        days: u32,
    },
    /// Check a connection now
    #[command(subcommand)]
    Check(Check),
    /// Take an exception back: the finding counts again
    Withdraw { rule: String, path: String },
}

#[derive(Debug, Subcommand)]
enum Check {
    /// Ask a tool's address once
    Tool { key: String },
    /// Test a database server, or with --environment an external database: signs in where there is a driver (PostgreSQL, SQLite)
    Database {
        key: String,
        /// Key of the environment that an external database belongs to
        #[arg(long, value_name = "KEY")]
        environment: Option<String>,
        /// The user who is to sign in
        #[arg(long, default_value = "")]
        user: String,
        /// The database to sign in to; for SQLite the file
        #[arg(long, value_name = "NAME", default_value = "")]
        database: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
}

pub(in crate::cli) async fn run(architecture: Architecture) -> Result<(), Failure> {
    let Architecture { remote, command } = architecture;
    let client = Client::open(&remote)?;
    let here = client.within(&["architecture"]).await?;
    match command {
        Command::Show => {
            let found = client.get(&here).await?;
            remote.print(&found, shown);
        }
        Command::Export { file } => {
            let found = client.get(&format!("{here}/file")).await?;
            let written = found["file"].as_str().unwrap_or_default();
            match file {
                Some(file) => std::fs::write(&file, written).map_err(|error| {
                    Failure::NotDone(format!("{} cannot be written: {error}.", file.display()))
                })?,
                None => print!("{written}"),
            }
        }
        Command::Compare { file } => {
            let body = json!({ "file": read(&file)? });
            let found = client.change(Method::POST, &format!("{here}/compare"), Some(body)).await?;
            remote.print(&found, |found| compared(found, "would change"));
        }
        Command::Apply { file } => {
            let body = json!({ "file": read(&file)? });
            let done = client.change(Method::PUT, &here, Some(body)).await?;
            let words = if remote.dry_run { "would change" } else { "changed" };
            remote.print(&done, |done| compared(done, words));
        }
        Command::Template { edition, engine } => {
            let body = json!({ "template": edition, "engine": engine });
            let done = client.change(Method::PUT, &here, Some(body)).await?;
            let words = if remote.dry_run { "would change" } else { "changed" };
            remote.print(&done, |done| compared(done, words));
        }
        Command::Accept { rule, path, reason, days } => {
            let until = SystemClock.now().plus(i64::from(days) * DAY);
            let body = json!({ "rule": rule, "path": path, "reason": reason, "expires_at": until });
            let done = client.change(Method::PUT, &format!("{here}/exceptions"), Some(body)).await?;
            remote.say(&done, &format!("{rule} is accepted at {path} for {days} days."));
        }
        Command::Check(Check::Tool { key }) => {
            let at = client.within(&["tools", &key, "check"]).await?;
            checked(&remote, &client.change(Method::POST, &at, None).await?)?;
        }
        Command::Check(Check::Database { key, environment, user, database, password_stdin }) => {
            let at = match &environment {
                Some(env) => {
                    client.within(&["environments", env, "external-databases", &key, "check"]).await?
                }
                None => client.within(&["database-servers", &key, "check"]).await?,
            };
            let password = if password_stdin { read_password()? } else { String::new() };
            let body = json!({ "user": user, "password": password, "database": database });
            checked(&remote, &client.change(Method::POST, &at, Some(body)).await?)?;
        }
        Command::Withdraw { rule, path } => {
            let body = json!({ "rule": rule, "path": path });
            let done =
                client.change(Method::POST, &format!("{here}/exceptions/withdraw"), Some(body)).await?;
            remote.say(&done, &format!("{rule} at {path} counts again."));
        }
    }
    Ok(())
}

fn shown(found: &Value) -> String {
    let count = |name: &str| text(&found["counts"][name]);
    let mut lines = format!(
        "{} environments, {} front-ends, {} database servers, {} pipelines, {} tools, {} data centers\n",
        count("environments"),
        count("front_ends"),
        count("database_servers"),
        count("pipelines"),
        count("tools"),
        count("data_centers")
    );
    let findings = rows(&found["findings"], |row| {
        let accepted = row["acceptance"]["state"].as_str() == Some("accepted");
        let severity = if accepted { "accepted".to_owned() } else { text(&row["severity"]) };
        vec![text(&row["rule"]), severity, text(&row["path"]), text(&row["what"])]
    });
    if !findings.is_empty() {
        lines.push('\n');
        lines.push_str(&table(&["RULE", "SEVERITY", "PLACE", "WHAT"], &findings));
    }
    let exceptions = rows(&found["exceptions"], |row| {
        let until = if row["expired"].as_bool() == Some(true) {
            "expired".to_owned()
        } else {
            time(&row["expires_at"])
        };
        vec![text(&row["rule"]), text(&row["path"]), until, text(&row["accepted_by"]), text(&row["reason"])]
    });
    let state = |check: &Value| match (check["outdated"].as_bool(), &check["outcome"]) {
        (Some(true), _) => "outdated".to_owned(),
        (_, outcome) => text(outcome),
    };
    let connections = &found["connections"];
    let mut checks = rows(&connections["tools"], |row| {
        vec![text(&row["name"]), text(&row["address"]), state(&row["check"]), time(&row["check"]["at"])]
    });
    checks.extend(rows(&connections["databases"], |row| {
        vec![text(&row["name"]), text(&row["address"]), state(&row["check"]), time(&row["check"]["at"])]
    }));
    if !checks.is_empty() {
        lines.push('\n');
        lines.push_str(&table(&["CONNECTION", "ADDRESS", "LAST CHECK", "AT"], &checks));
    }
    let paths = rows(&found["network"], |row| {
        vec![
            text(&row["from"]),
            text(&row["to"]),
            text(&row["address"]),
            text(&row["port"]),
            text(&row["why"]),
        ]
    });
    if !paths.is_empty() {
        lines.push('\n');
        lines.push_str(&table(&["NETWORK PATH FROM", "TO", "ADDRESS", "PORT", "WHY"], &paths));
    }
    if !exceptions.is_empty() {
        lines.push('\n');
        lines.push_str(&table(&["ACCEPTED", "PLACE", "UNTIL", "BY", "REASON"], &exceptions));
    }
    lines
}

/// Prints what a check found. A connection that failed makes a program that asks notice.
fn checked(remote: &Remote, found: &Value) -> Result<(), Failure> {
    let line = format!("{}: {}", text(&found["name"]), text(&found["detail"]));
    if found["outcome"].as_str() == Some("failed") {
        if remote.json {
            remote.print(found, |_| String::new());
        }
        return Err(Failure::NotDone(line));
    }
    remote.print(found, |_| line);
    Ok(())
}

fn compared(found: &Value, words: &str) -> String {
    let changes = rows(&found["changes"], |row| {
        let mark = match row["happens"].as_str() {
            Some("added") => "+",
            Some("removed") => "-",
            _ => "~",
        };
        vec![format!("{mark} {}", text(&row["sentence"]))]
    });
    if changes.is_empty() {
        return "Nothing differs.".to_owned();
    }
    let mut lines = format!(
        "{} {words}:\n",
        if changes.len() == 1 { "1 thing".to_owned() } else { format!("{} things", changes.len()) }
    );
    for line in changes.concat() {
        lines.push_str(&line);
        lines.push('\n');
    }
    for sentence in found["kept"].as_array().into_iter().flatten() {
        lines.push_str(&format!("= {}\n", text(sentence)));
    }
    let findings = rows(&found["findings"], |row| {
        vec![text(&row["rule"]), text(&row["severity"]), text(&row["path"]), text(&row["what"])]
    });
    if !findings.is_empty() {
        lines.push_str("\nThe rules find besides:\n");
        lines.push_str(&table(&["RULE", "SEVERITY", "PLACE", "WHAT"], &findings));
    }
    lines
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::Configuration(format!("{} cannot be read: {error}.", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_told_with_their_last_check() {
        let at = 1_700_000_000_000_000_i64;
        let told = shown(&json!({ "connections": {
            "tools": [
                { "name": "Builds", "address": "https://b.example", "check": { "outcome": "reached", "at": at, "outdated": false } },
                { "name": "Flow", "address": "https://f.example", "check": { "outcome": "failed", "at": at, "outdated": true } }
            ],
            "databases": [{ "name": "Shared", "address": null, "check": null }]
        } }));
        let lines: Vec<&str> = told.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "CONNECTION  ADDRESS            LAST CHECK  AT",
                "Builds      https://b.example  reached     2023-11-14 22:13 UTC",
                "Flow        https://f.example  outdated    2023-11-14 22:13 UTC",
                "Shared      –                  –           –"
            ]
        );
    }

    #[test]
    fn a_comparison_is_told_line_by_line() {
        assert_eq!(compared(&json!({ "changes": [] }), "changed"), "Nothing differs.");
        let found = json!({
            "changes": [
                { "happens": "added", "sentence": "Tool “Builds” is added." },
                { "happens": "changed", "sentence": "Environment “Test”: name becomes “Trial”." }
            ],
            "findings": [{ "rule": "A10", "severity": "warning", "path": "environments/prod", "what": "No balancer." }],
            "kept": ["Acceptance stays."]
        });
        let told = compared(&found, "would change");
        assert!(
            told.starts_with("2 things would change:\n+ Tool “Builds” is added.\n~ Environment"),
            "{told}"
        );
        assert!(told.contains("\n= Acceptance stays.\n"), "{told}");
        assert!(told.contains("A10") && told.contains("No balancer."), "{told}");
    }
}
