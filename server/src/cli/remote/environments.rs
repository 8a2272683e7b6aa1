//! `towpath environments`: what they are and how they are known, and their maintenance.

use super::super::Failure;
use super::{Client, Remote, rows, table, text, time};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

/// `environments`
#[derive(Debug, Args)]
pub struct Environments {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List environments in their order
    List,
    /// Who uses whom in an environment, and what of it is missing, broken or outdated
    Dependencies {
        /// Key of the environment
        environment: String,
        /// Key of an application: only what it uses and what uses it
        #[arg(long, value_name = "KEY")]
        application: Option<String>,
    },
    /// Register an environment, and print the enrolment codes of its front-ends, once
    Register {
        name: String,
        /// development, test, acceptance, production or management
        #[arg(long)]
        purpose: String,
        /// standalone or farm
        #[arg(long, default_value = "standalone")]
        topology: String,
        /// Key in addresses; made of the name if none is given
        #[arg(long, default_value = "")]
        key: String,
        /// Where its applications are opened
        #[arg(long, default_value = "")]
        address: String,
        /// Key of the environment that it comes after; the first place if none is given
        #[arg(long, default_value = "")]
        after: String,
        /// Name of a front-end; can be given several times, the deployment controller first
        #[arg(long = "front-end", value_name = "NAME")]
        front_ends: Vec<String>,
    },
    /// Change an environment; what is not named stays
    Change {
        /// Key of the environment
        environment: String,
        #[arg(long)]
        name: Option<String>,
        /// development, test, acceptance, production or management
        #[arg(long)]
        purpose: Option<String>,
        /// standalone or farm
        #[arg(long)]
        topology: Option<String>,
        /// Where its applications are opened; empty where that is not known
        #[arg(long)]
        address: Option<String>,
        /// Key of the environment that it comes after; empty for the first place
        #[arg(long)]
        after: Option<String>,
        /// Whether a deployment waits for a person once everything is prepared
        #[arg(long, value_name = "TRUE_OR_FALSE")]
        two_stage: Option<bool>,
        /// How many applications it takes at most; 0 for any number
        #[arg(long, value_name = "NUMBER")]
        application_limit: Option<u32>,
        /// How many deployments may be open at once; 0 for any number
        #[arg(long, value_name = "NUMBER")]
        deployment_limit: Option<u32>,
        /// How many deployments run at once, if they are independent; 0 for as many as where nothing is said
        #[arg(long, value_name = "NUMBER")]
        deployments_at_once: Option<u32>,
        /// How many front-ends may be out of service at once; 0 for one. It is never all of a deployment zone
        #[arg(long, value_name = "NUMBER")]
        out_at_once: Option<u32>,
        /// For how many seconds a front-end says that it leaves before a switch; without a number each one's command line says that
        #[arg(long, value_name = "SECONDS", num_args = 0..=1)]
        drain_seconds: Option<Option<u32>>,
        /// How many seconds it waits then for the requests that it has begun; without a number for 30
        #[arg(long, value_name = "SECONDS", num_args = 0..=1)]
        open_requests_seconds: Option<Option<u32>>,
    },
    /// Choose the deployment zone of an application; the default one if none is named
    Zone {
        /// Key of the environment
        environment: String,
        /// Key of the application
        application: String,
        /// Key of the zone
        #[arg(default_value = "")]
        zone: String,
    },
    /// Take an environment out that nothing keeps; with --dry-run only say what would be lost
    Leave {
        /// Key of the environment
        environment: String,
    },
    /// Put an environment into maintenance: new deployments are refused until it ends
    Maintain {
        /// Key of the environment
        environment: String,
        /// Why; everybody reads it whose deployment is refused meanwhile
        #[arg(long)]
        reason: String,
    },
    /// End an environment's maintenance
    EndMaintenance {
        /// Key of the environment
        environment: String,
    },
}

pub(in crate::cli) async fn run(environments: Environments) -> Result<(), Failure> {
    let Environments { remote, command } = environments;
    let client = Client::open(&remote)?;
    match command {
        Command::Dependencies { environment, application } => {
            let at = client.within(&["environments", &environment, "dependencies"]).await?;
            let at = match application {
                Some(key) => format!("{at}?application={}", app::context::encoded(&key)),
                None => at,
            };
            remote.print(&client.get(&at).await?, used);
        }
        Command::List => {
            let found = client.get(&client.within(&["environments"]).await?).await?;
            remote.print(&found, |found| {
                let list = rows(found, |row| {
                    let of = &row["environment"];
                    vec![
                        text(&of["key"]),
                        text(&of["name"]),
                        text(&of["purpose"]),
                        text(&row["topology"]),
                        match row["unknown_since"].as_i64() {
                            None => text(&row["health"]),
                            Some(_) => {
                                format!("{} since {}", text(&row["health"]), time(&row["unknown_since"]))
                            }
                        },
                        row["servers"].as_array().map_or(0, Vec::len).to_string(),
                        time(&row["heard_at"]),
                        text(&row["maintenance"]["reason"]),
                    ]
                });
                table(
                    &["KEY", "NAME", "PURPOSE", "TOPOLOGY", "STATE", "SERVERS", "HEARD", "MAINTENANCE"],
                    &list,
                )
            });
        }
        Command::Register { name, purpose, topology, key, address, after, front_ends } => {
            let body = json!({
                "name": name, "key": key, "purpose": purpose, "topology": topology, "address": address,
                "after": after, "front_ends": front_ends,
            });
            let done =
                client.change(Method::POST, &client.within(&["environments"]).await?, Some(body)).await?;
            remote.print(&done, |done| {
                if remote.dry_run {
                    return format!("Not done, only tried: {name} is registered.");
                }
                let codes = rows(&done["codes"], |pair| vec![text(&pair[0]), text(&pair[1])]);
                format!("{name} is registered.\n\n{}", table(&["FRONT-END", "ENROLMENT CODE"], &codes))
            });
        }
        Command::Change {
            environment,
            name,
            purpose,
            topology,
            address,
            after,
            two_stage,
            application_limit,
            deployment_limit,
            deployments_at_once,
            out_at_once,
            drain_seconds,
            open_requests_seconds,
        } => {
            let path = client.within(&["environments", &environment, "settings"]).await?;
            let now = client.get(&path).await?;
            let or = |given: Option<String>, member: &str| {
                given.unwrap_or_else(|| now[member].as_str().unwrap_or_default().to_owned())
            };
            let limit = |given: Option<u32>, member: &str| match given {
                Some(0) => Value::Null,
                Some(most) => json!(most),
                None => now[member].clone(),
            };
            let limits = json!({
                "applications": limit(application_limit, "application_limit"),
                "deployments": limit(deployment_limit, "deployment_limit"),
            });
            let seconds = |given: Option<Option<u32>>, member: &str| match given {
                Some(given) => json!(given),
                None => now[member].clone(),
            };
            let drain = json!({
                "seconds": seconds(drain_seconds, "drain_seconds"),
                "open_requests_seconds": seconds(open_requests_seconds, "open_requests_seconds"),
            });
            let body = json!({
                "out_at_once": out_at_once, "drain": drain,
                "two_stage": two_stage, "limits": limits, "deployments_at_once": deployments_at_once,
                "name": or(name, "name"), "purpose": or(purpose, "purpose"), "topology": or(topology, "topology"),
                "address": or(address, "address"), "after": after,
            });
            let path = client.within(&["environments", &environment]).await?;
            let done = client.change(Method::PUT, &path, Some(body)).await?;
            remote.say(&done, &format!("{environment} is changed."));
        }
        Command::Zone { environment, application, zone } => {
            let parts = ["environments", &environment, "applications", &application, "zone"];
            let path = client.within(&parts).await?;
            let done = client.change(Method::PUT, &path, Some(json!({ "zone": zone }))).await?;
            let zone = if zone.is_empty() { "its default zone".to_owned() } else { zone };
            remote.say(&done, &format!("{application} goes to {zone} of {environment}."));
        }
        Command::Leave { environment } => {
            let leaving =
                client.get(&client.within(&["environments", &environment, "leaving"]).await?).await?;
            let path = client.within(&["environments", &environment, "leave"]).await?;
            let done = client.change(Method::POST, &path, None).await?;
            remote.say(&done, &format!("{environment} has left, with {}.", text(&leaving["lost"])));
        }
        Command::Maintain { environment, reason } => {
            let path = client.within(&["environments", &environment, "maintenance"]).await?;
            let done = client.change(Method::PUT, &path, Some(json!({ "reason": reason }))).await?;
            let open = done["open"].as_u64().unwrap_or_default();
            let mut words = format!("{environment} is in maintenance; new deployments are refused.");
            if open > 0 {
                words.push_str(&format!(
                    " Deployments that were started before: {open}; wait until they have ended."
                ));
            }
            remote.say(&done, &words);
        }
        Command::EndMaintenance { environment } => {
            let path = client.within(&["environments", &environment, "maintenance"]).await?;
            let done = client.change(Method::DELETE, &path, None).await?;
            remote.say(&done, &format!("The maintenance of {environment} has ended."));
        }
    }
    Ok(())
}

/// The dependencies, one a line, and the circles.
fn used(found: &Value) -> String {
    let lines = rows(&found["shown"], |row| {
        let elements = row["elements"].as_array().into_iter().flatten();
        let elements: Vec<String> = elements.map(|each| text(&each["element"])).collect();
        let (consumer, producer) = (text(&row["consumer"]["key"]), text(&row["producer"]["key"]));
        vec![consumer, producer, text(&row["bond"]), elements.join(", ")]
    });
    let mut said = table(&["CONSUMER", "USES", "STATE", "ELEMENTS"], &lines);
    for circle in found["cycles"].as_array().into_iter().flatten() {
        let keys: Vec<String> =
            circle.as_array().into_iter().flatten().map(|each| text(&each["key"])).collect();
        said.push_str(&format!("\nThey use each other in a circle: {}.", keys.join(", ")));
    }
    if let Some(more) = found["more"].as_u64().filter(|more| *more > 0) {
        said.push_str(&format!("\n{more} more are not shown; name an application with --application."));
    }
    said
}
