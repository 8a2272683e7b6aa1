//! `towpath teams`: teams, their members and applications.

use super::super::Failure;
use super::{Client, Remote, rows, table, text};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;

/// `teams`
#[derive(Debug, Args)]
pub struct Teams {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List teams by name
    List,
    /// Show one team with members and applications
    Show { team: String },
    /// Make a team
    Create {
        team: String,
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Give a team another name and description
    Change {
        team: String,
        #[arg(long)]
        name: String,
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Delete a team
    Delete { team: String },
    /// Put a user into a team with a role, or give a member another role
    Put {
        team: String,
        username: String,
        #[arg(long)]
        role: String,
    },
    /// Take a user out of a team
    Remove { team: String, username: String },
    /// Give an application to a team
    Give { team: String, application: String },
    /// Take an application from a team
    Take { team: String, application: String },
}

pub(in crate::cli) async fn run(teams: Teams) -> Result<(), Failure> {
    let Teams { remote, command } = teams;
    let client = Client::open(&remote)?;
    match command {
        Command::List => {
            let found = client.get(&client.within(&["teams"]).await?).await?;
            remote.print(&found, |found| {
                let list = rows(&found["teams"], |row| {
                    ["name", "members", "applications", "description"]
                        .map(|member| text(&row[member]))
                        .to_vec()
                });
                table(&["TEAM", "MEMBERS", "APPLICATIONS", "DESCRIPTION"], &list)
            });
        }
        Command::Show { team } => {
            let found = client.get(&client.within(&["teams", &client.team(&team).await?]).await?).await?;
            remote.print(&found, |found| {
                let members = rows(&found["members"]["rows"], |row| {
                    vec![text(&row["username"]), text(&row["name"]), text(&row["role"]["name"])]
                });
                let owned =
                    rows(&found["applications"]["rows"], |row| vec![text(&row["key"]), text(&row["name"])]);
                format!(
                    "{}\n{}",
                    table(&["MEMBER", "NAME", "ROLE"], &members),
                    table(&["APPLICATION", "NAME"], &owned)
                )
            });
        }
        Command::Create { team, description } => {
            let body = json!({ "name": team, "description": description });
            let done = client.change(Method::POST, &client.within(&["teams"]).await?, Some(body)).await?;
            remote.say(&done, &format!("{team} is made."));
        }
        Command::Change { team, name, description } => {
            let body = json!({ "name": name, "description": description });
            let path = client.within(&["teams", &client.team(&team).await?]).await?;
            let done = client.change(Method::PUT, &path, Some(body)).await?;
            remote.say(&done, &format!("{team} is changed."));
        }
        Command::Delete { team } => {
            let path = client.within(&["teams", &client.team(&team).await?]).await?;
            let done = client.change(Method::DELETE, &path, None).await?;
            remote.say(&done, &format!("{team} is deleted."));
        }
        Command::Put { team, username, role } => {
            let (id, user) = (client.team(&team).await?, client.user(&username).await?);
            let body = json!({ "role": client.role(&role).await? });
            let path = client.within(&["teams", &id, "members", &user]).await?;
            let done = client.change(Method::PUT, &path, Some(body)).await?;
            remote.say(&done, &format!("{username} has the role {role} in {team}."));
        }
        Command::Remove { team, username } => {
            let (id, user) = (client.team(&team).await?, client.user(&username).await?);
            let path = client.within(&["teams", &id, "members", &user]).await?;
            let done = client.change(Method::DELETE, &path, None).await?;
            remote.say(&done, &format!("{username} is not in {team} any more."));
        }
        Command::Give { team, application } => {
            let id = client.team(&team).await?;
            let path = client.within(&["teams", &id, "applications", &application]).await?;
            let done = client.change(Method::PUT, &path, None).await?;
            remote.say(&done, &format!("{application} belongs to {team}."));
        }
        Command::Take { team, application } => {
            let id = client.team(&team).await?;
            let path = client.within(&["teams", &id, "applications", &application]).await?;
            let done = client.change(Method::DELETE, &path, None).await?;
            remote.say(&done, &format!("{application} does not belong to {team} any more."));
        }
    }
    Ok(())
}
