//! `towpath users`: IT users of a running console.

use super::super::Failure;
use super::{Client, Remote, rows, table, text};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;

/// `users`
#[derive(Debug, Args)]
pub struct Users {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List users by name
    List {
        /// Part of the name, user name or e-mail address
        #[arg(long)]
        search: Option<String>,
        /// The cursor that the page before gave
        #[arg(long)]
        after: Option<String>,
    },
    /// Show one user with teams, grants and rights
    Show { username: String },
    /// Add a user; prints a one-time password
    Create {
        username: String,
        /// The name people read
        #[arg(long)]
        name: String,
        #[arg(long, default_value = "")]
        email: String,
        /// The default role
        #[arg(long)]
        role: String,
    },
    /// Change name and e-mail address
    Change {
        username: String,
        #[arg(long)]
        name: String,
        #[arg(long, default_value = "")]
        email: String,
    },
    /// Give another default role
    Role { username: String, role: String },
    /// Deactivate: no sign-in any more, and every session and token ends
    Deactivate { username: String },
    /// Let a deactivated user in again
    Reactivate { username: String },
    /// Grant a role on one application
    Grant {
        username: String,
        /// The application's key
        application: String,
        #[arg(long)]
        role: String,
    },
    /// Take a granted role away
    Revoke { username: String, application: String },
}

pub(in crate::cli) async fn run(users: Users) -> Result<(), Failure> {
    let Users { remote, command } = users;
    let client = Client::open(&remote)?;
    match command {
        Command::List { search, after } => {
            let mut path = client.within(&["users"]).await?;
            let asks = [("search", search), ("after", after)]
                .into_iter()
                .filter_map(|(name, value)| Some(format!("{name}={}", app::context::encoded(&value?))));
            let asks = asks.collect::<Vec<_>>().join("&");
            if !asks.is_empty() {
                path = format!("{path}?{asks}");
            }
            let found = client.get(&path).await?;
            remote.print(&found, |found| {
                let list = rows(&found["users"]["rows"], |row| {
                    ["username", "name", "email", "active"]
                        .map(|member| text(&row[member]))
                        .into_iter()
                        .chain([text(&row["role"]["name"])])
                        .collect()
                });
                let more = found["users"]["next"].as_str().map(|next| format!("More: --after {next}\n"));
                format!(
                    "{}{}",
                    table(&["USER", "NAME", "E-MAIL", "ACTIVE", "ROLE"], &list),
                    more.unwrap_or_default()
                )
            });
        }
        Command::Show { username } => {
            let id = client.user(&username).await?;
            let found = client.get(&client.within(&["users", &id]).await?).await?;
            remote.print(&found, |found| {
                let row = &found["row"];
                let teams =
                    rows(&found["teams"], |team| vec![text(&team["name"]), text(&team["role"]["name"])]);
                let grants = rows(&found["grants"], |one| {
                    vec![text(&one["application"]["key"]), text(&one["role"]["name"])]
                });
                format!(
                    "User:    {}\nName:    {}\nE-mail:  {}\nActive:  {}\nRole:    {}\n\n{}\n{}",
                    text(&row["username"]),
                    text(&row["name"]),
                    text(&row["email"]),
                    text(&row["active"]),
                    text(&row["role"]["name"]),
                    table(&["TEAM", "ROLE"], &teams),
                    table(&["APPLICATION", "GRANTED ROLE"], &grants),
                )
            });
        }
        Command::Create { username, name, email, role } => {
            let role = client.role(&role).await?;
            let body = json!({ "username": username, "name": name, "email": email, "role": role });
            let path = client.within(&["users"]).await?;
            let made = client.change(Method::POST, &path, Some(body)).await?;
            remote.print(&made, |made| match made["one_time_password"].as_str() {
                Some(password) => format!("User:      {username}\nPassword:  {password}   (shown this once)"),
                None => format!("Not done, only tried: {username} can be added."),
            });
        }
        Command::Change { username, name, email } => {
            let path = client.within(&["users", &client.user(&username).await?]).await?;
            let body = json!({ "name": name, "email": email });
            let done = client.change(Method::PUT, &path, Some(body)).await?;
            remote.say(&done, &format!("{username} is changed."));
        }
        Command::Role { username, role } => {
            let id = client.user(&username).await?;
            let body = json!({ "role": client.role(&role).await? });
            let path = client.within(&["users", &id, "role"]).await?;
            let done = client.change(Method::PUT, &path, Some(body)).await?;
            remote.say(&done, &format!("{username} has the role {role}."));
        }
        Command::Deactivate { username } => {
            let path = client.within(&["users", &client.user(&username).await?, "deactivate"]).await?;
            let done = client.change(Method::POST, &path, None).await?;
            remote.say(&done, &format!("{username} is deactivated."));
        }
        Command::Reactivate { username } => {
            let path = client.within(&["users", &client.user(&username).await?, "reactivate"]).await?;
            let done = client.change(Method::POST, &path, None).await?;
            remote.say(&done, &format!("{username} may sign in again."));
        }
        Command::Grant { username, application, role } => {
            let id = client.user(&username).await?;
            let body = json!({ "role": client.role(&role).await? });
            let path = client.within(&["users", &id, "grants", &application]).await?;
            let done = client.change(Method::PUT, &path, Some(body)).await?;
            remote.say(&done, &format!("{username} has the role {role} on {application}."));
        }
        Command::Revoke { username, application } => {
            let id = client.user(&username).await?;
            let path = client.within(&["users", &id, "grants", &application]).await?;
            let done = client.change(Method::DELETE, &path, None).await?;
            remote.say(&done, &format!("{username} has no granted role on {application} any more."));
        }
    }
    Ok(())
}
