//! Commands that speak to a running console over its API, with a token.

pub mod applications;
pub mod architecture;
mod client;
pub mod deployments;
pub mod environments;
pub mod gates;
pub mod infrastructures;
pub mod login;
pub mod parts;
pub mod pipelines;
pub mod plans;
pub mod publish;
pub mod roles;
pub mod servers;
pub mod settings;
pub mod teams;
pub mod timers;
pub mod tokens;
pub mod users;
pub mod versions;

use clap::Args;
pub use client::Client;
use serde_json::Value;

/// What all of these commands have in common.
#[derive(Debug, Clone, Default, Args)]
pub struct Remote {
    /// Key of the infrastructure; the account's own if none is named
    #[arg(long, value_name = "KEY", global = true)]
    pub infrastructure: Option<String>,
    /// Print the console's answer as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Check a change in every way, and do not make it
    #[arg(long, global = true)]
    pub dry_run: bool,
}

impl Remote {
    /// Prints an answer: as it is, or in lines for people.
    fn print(&self, answer: &Value, lines: impl FnOnce(&Value) -> String) {
        if self.json {
            println!("{answer:#}");
        } else {
            let text = lines(answer);
            if !text.is_empty() {
                println!("{}", text.trim_end());
            }
        }
    }

    /// What a change that has nothing more to tell says.
    fn say(&self, answer: &Value, done: &str) {
        self.print(answer, |_| {
            if self.dry_run { format!("Not done, only tried: {done}") } else { done.to_owned() }
        });
    }
}

/// The text of a member; a dash where there is none.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::String(_) | Value::Null => "–".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A table for people: a line of heads, then the rows, in columns as wide as they need to be.
fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([heads[column].chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let body = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    std::iter::once(line(heads.to_vec())).chain(body).collect()
}

fn rows(list: &Value, cells: impl Fn(&Value) -> Vec<String>) -> Vec<Vec<String>> {
    list.as_array().map(|list| list.iter().map(cells).collect()).unwrap_or_default()
}

/// A time of the API, in UTC to the minute.
fn time(value: &Value) -> String {
    let moment =
        value.as_i64().and_then(|micros| time::OffsetDateTime::from_unix_timestamp(micros / 1_000_000).ok());
    moment.map_or_else(
        || "–".to_owned(),
        |at| {
            let (date, hour, minute) = (at.date(), at.hour(), at.minute());
            format!("{date} {hour:02}:{minute:02} UTC")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_have_columns() {
        let rows = rows(&json!([{ "a": "long name", "b": null }, { "a": "x", "b": true }]), |row| {
            vec![text(&row["a"]), text(&row["b"])]
        });
        assert_eq!(table(&["NAME", "B"], &rows), "NAME       B\nlong name  –\nx          yes\n");
        assert_eq!(time(&json!(1_700_000_000_000_000_i64)), "2023-11-14 22:13 UTC");
        assert_eq!(time(&Value::Null), "–");
    }
}
