//! `towpath servers`: the front-ends of an environment.

use super::super::Failure;
use super::{Client, Remote, rows, table, text, time};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

/// `servers`
#[derive(Debug, Args)]
pub struct Servers {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the front-ends of an environment as they are recorded
    List {
        /// Key of the environment
        environment: String,
    },
    /// Add a front-end, and print the code with which its Platform Server enrols, once
    Add {
        /// Key of the environment
        environment: String,
        name: String,
        /// Key in addresses; made of the name if none is given
        #[arg(long, default_value = "")]
        key: String,
        /// Its machine: a host name or an IP address
        #[arg(long, default_value = "")]
        host: String,
        /// Key of the data center that it stands in
        #[arg(long, default_value = "")]
        data_center: String,
    },
    /// Change a front-end; what is not named stays
    Change {
        /// Key of the environment
        environment: String,
        /// Key of the front-end
        server: String,
        #[arg(long)]
        name: Option<String>,
        /// Its machine; empty where that is not to be recorded
        #[arg(long)]
        host: Option<String>,
        /// Key of the data center that it stands in; empty for none
        #[arg(long)]
        data_center: Option<String>,
        /// Processor cores
        #[arg(long)]
        cores: Option<u16>,
        /// Memory in GiB
        #[arg(long, value_name = "GIB")]
        memory: Option<u32>,
        /// Key of a deployment zone; once for each, instead of the present ones
        #[arg(long = "zone", value_name = "KEY")]
        zones: Vec<String>,
        /// The version of its Platform Server; empty where that is not to be recorded
        #[arg(long)]
        version: Option<String>,
        /// Its operating system and application server; empty where that is not to be recorded
        #[arg(long)]
        system: Option<String>,
        /// A service installed on it; once for each, instead of the present ones
        #[arg(long = "service", value_name = "WORD")]
        services: Vec<String>,
    },
    /// Take a front-end out that was never used
    Leave {
        /// Key of the environment
        environment: String,
        /// Key of the front-end
        server: String,
    },
    /// Make a front-end the deployment controller of its environment: the one before is refused from this moment, and every
    /// Platform Server of the environment obeys by itself
    MakeController {
        /// Key of the environment
        environment: String,
        /// Key of the front-end
        server: String,
    },
    /// Believe a Platform Server no more: its key is refused from this moment, until it enrols anew
    Revoke {
        /// Key of the environment
        environment: String,
        /// Key of the front-end
        server: String,
    },
    /// Make a new code with which a front-end's Platform Server enrols; prints it, this once
    Code {
        /// Key of the environment
        environment: String,
        /// Key of the front-end
        server: String,
        /// Believe the Platform Server only once somebody has confirmed the fingerprint of its key
        #[arg(long)]
        confirm: bool,
    },
    /// Confirm the key of a Platform Server that waits
    Confirm {
        /// Key of the environment
        environment: String,
        /// Key of the front-end
        server: String,
        /// The fingerprint that the Platform Server printed, with or without spaces
        fingerprint: String,
    },
    /// Refuse the key of a Platform Server that waits
    Refuse {
        /// Key of the environment
        environment: String,
        /// Key of the front-end
        server: String,
    },
}

pub(in crate::cli) async fn run(servers: Servers) -> Result<(), Failure> {
    let Servers { remote, command } = servers;
    let client = Client::open(&remote)?;
    match command {
        Command::List { environment } => {
            let path = client.within(&["environments", &environment, "settings"]).await?;
            let found = client.get(&path).await?;
            remote.print(&found["front_ends"], |found| {
                let list = rows(found, |row| {
                    let controller = row["is_controller"].as_bool() == Some(true);
                    let role = if controller { "controller" } else { "front-end" };
                    let known = ["key", "name", "host", "data_center", "zones", "services", "version"];
                    let known = known.map(|name| text(&row[name]));
                    known.into_iter().chain([role.to_owned(), time(&row["enrolled_at"])]).collect()
                });
                table(
                    &[
                        "KEY",
                        "NAME",
                        "HOST",
                        "DATA CENTER",
                        "ZONES",
                        "SERVICES",
                        "VERSION",
                        "ROLE",
                        "ENROLLED",
                    ],
                    &list,
                )
            });
        }
        Command::Add { environment, name, key, host, data_center } => {
            let body = json!({ "key": key, "name": name, "host": host, "data_center": data_center });
            let path = client.within(&["environments", &environment, "servers"]).await?;
            let made = client.change(Method::POST, &path, Some(body)).await?;
            remote.print(&made, |made| {
                coded(made, &format!("{name} is added to {environment}."), &format!("{name} can be added."))
            });
        }
        Command::Change {
            environment,
            server,
            name,
            host,
            data_center,
            cores,
            memory,
            zones,
            version,
            system,
            services,
        } => {
            let path = client.within(&["environments", &environment, "settings"]).await?;
            let found = client.get(&path).await?;
            let same = |row: &&Value| row["key"].as_str() == Some(server.as_str());
            let now = found["front_ends"].as_array().and_then(|all| all.iter().find(same));
            let now = now.ok_or_else(|| {
                let server = domain::text::shorten(&server);
                Failure::NotDone(format!("{} has no server “{server}”.", text(&found["name"])))
            })?;
            let or = |given: Option<String>, member: &str| {
                given.unwrap_or_else(|| now[member].as_str().unwrap_or_default().to_owned())
            };
            let body = json!({
                "name": or(name, "name"), "host": or(host, "host"), "data_center": or(data_center, "data_center"),
                "zones": (!zones.is_empty()).then_some(zones), "cores": cores, "memory_gib": memory,
                "version": version, "system": system, "services": (!services.is_empty()).then_some(services),
            });
            let path = client.within(&["environments", &environment, "servers", &server]).await?;
            let done = client.change(Method::PUT, &path, Some(body)).await?;
            remote.say(&done, &format!("{server} of {environment} is changed."));
        }
        Command::Leave { environment, server } => {
            let path = client.within(&["environments", &environment, "servers", &server]).await?;
            let done = client.change(Method::DELETE, &path, None).await?;
            remote.say(&done, &format!("{server} is taken out of {environment}."));
        }
        Command::MakeController { environment, server } => {
            let parts = ["environments", &environment, "servers", &server, "make-controller"];
            let done = client.change(Method::POST, &client.within(&parts).await?, None).await?;
            remote.say(&done, &format!("{server} is the deployment controller of {environment}."));
        }
        Command::Revoke { environment, server } => {
            let parts = ["environments", &environment, "servers", &server, "revoke"];
            let done = client.change(Method::POST, &client.within(&parts).await?, None).await?;
            remote.say(&done, &format!("{server} of {environment} is revoked."));
        }
        Command::Confirm { environment, server, fingerprint } => {
            let parts = ["environments", &environment, "servers", &server, "confirm"];
            let body = json!({ "fingerprint": fingerprint });
            let done = client.change(Method::POST, &client.within(&parts).await?, Some(body)).await?;
            remote.say(&done, &format!("{server} of {environment} is confirmed."));
        }
        Command::Refuse { environment, server } => {
            let parts = ["environments", &environment, "servers", &server, "refuse"];
            let done = client.change(Method::POST, &client.within(&parts).await?, None).await?;
            remote.say(&done, &format!("What waited to be {server} of {environment} is refused."));
        }
        Command::Code { environment, server, confirm } => {
            let what = if confirm { "enrolment-code-to-confirm" } else { "enrolment-code" };
            let parts = ["environments", &environment, "servers", &server, what];
            let made = client.change(Method::POST, &client.within(&parts).await?, None).await?;
            remote.print(&made, |made| {
                coded(made, &format!("{server} of {environment} can enrol."), "a code can be made.")
            });
        }
    }
    Ok(())
}

/// What was done with the code that is shown once, or what was only tried.
fn coded(made: &Value, done: &str, tried: &str) -> String {
    match made["code"].as_str() {
        Some(code) => format!("{done}\nEnrolment code:  {code}   (shown this once)"),
        None => format!("Not done, only tried: {tried}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_shown_where_there_is_one() {
        let said = coded(&json!({ "code": "aaaa-bbbb" }), "Added.", "it can be added.");
        assert_eq!(said, "Added.\nEnrolment code:  aaaa-bbbb   (shown this once)");
        let tried = coded(&json!({ "dry_run": true }), "Added.", "it can be added.");
        assert_eq!(tried, "Not done, only tried: it can be added.");
    }
}
