//! The network paths that somebody must open who looks after an infrastructure.

use super::model::{Architecture, Environment};
use super::words::{Service, Topology};
use crate::environment::Purpose;
use crate::text::Key;
use serde::{Deserialize, Serialize};

/// A path that must be open, in the direction in which a connection is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkPath {
    /// Who opens the connection, for people.
    pub from: String,
    /// To whom, for people.
    pub to: String,
    /// The machine or address, where it is recorded.
    pub address: Option<String>,
    /// The port: as recorded, or the usual one; none where neither is known.
    pub port: Option<u16>,
    /// The place of the target in the architecture, as findings write it.
    pub path: String,
    /// What it is needed for, one sentence.
    pub why: String,
}

/// The paths of a self-managed infrastructure, environment by environment in their order, then those of standbys and tools. In the
/// managed cloud they are the vendor's care, and there are none.
#[must_use]
pub fn network_paths(architecture: &Architecture) -> Vec<NetworkPath> {
    let mut paths = Vec::new();
    if !architecture.hosting.self_managed() {
        return paths;
    }
    for (key, environment) in architecture.in_order() {
        to_applications(key, environment, &mut paths);
        to_console(architecture, environment, &mut paths);
        between_servers(key, environment, &mut paths);
        to_databases(architecture, key, environment, &mut paths);
    }
    for (key, standby) in &architecture.database_servers {
        let primary = standby.standby_of.as_ref().and_then(|key| architecture.database_servers.get(key));
        if let Some(primary) = primary {
            paths.push(NetworkPath {
                from: format!("database server “{}”", primary.name),
                to: format!("standby “{}”", standby.name),
                address: standby.host.as_ref().map(ToString::to_string),
                port: standby.host.as_ref().and_then(|host| host.port()).or(standby.engine.port()),
                path: format!("database_servers/{key}"),
                why: "What is written to the primary is replicated.".to_owned(),
            });
        }
    }
    for (key, tool) in &architecture.tools {
        for from in ["the console", "front-ends of the environments that use it"] {
            paths.push(NetworkPath {
                from: from.to_owned(),
                to: format!("tool “{}” ({})", tool.name, tool.kind),
                address: Some(tool.address.to_string()),
                port: Some(tool.address.port()),
                path: format!("tools/{key}"),
                why: match from {
                    "the console" => "The console checks that the tool can be reached.".to_owned(),
                    _ => "The tool is not installed on your servers.".to_owned(),
                },
            });
        }
    }
    paths
}

fn to_applications(key: &Key, environment: &Environment, paths: &mut Vec<NetworkPath>) {
    let farm = environment.topology == Topology::Farm && environment.load_balancer.is_some();
    let address = environment.address.as_ref();
    paths.push(NetworkPath {
        from: "users".to_owned(),
        to: format!("{} of “{}”", if farm { "load balancer" } else { "front-end" }, environment.name),
        address: address.map(ToString::to_string),
        port: address.map(|address| address.port()),
        path: format!("environments/{key}"),
        why: "People and programs use the applications there.".to_owned(),
    });
    for (server, front_end) in environment.front_ends.iter().filter(|_| farm) {
        paths.push(NetworkPath {
            from: format!("load balancer of “{}”", environment.name),
            to: format!("front-end “{}” of “{}”", front_end.name, environment.name),
            address: front_end.host.as_ref().map(ToString::to_string),
            port: front_end.host.as_ref().and_then(|host| host.port()),
            path: format!("environments/{key}/front_ends/{server}"),
            why: "It spreads the requests over the front-ends, and checks that they answer.".to_owned(),
        });
    }
}

/// The controller takes its work from the console; the others ask it who the controller is, which any of them may become. All of it
/// outwards only.
fn to_console(architecture: &Architecture, environment: &Environment, paths: &mut Vec<NetworkPath>) {
    let console = architecture.in_order().into_iter().find(|(_, e)| e.purpose == Purpose::Management);
    let Some((key, console)) = console else { return };
    let mut path = |from: &str, why: &str| {
        paths.push(NetworkPath {
            from: format!("{from} of “{}”", environment.name),
            to: format!("“{}”", console.name),
            address: console.address.as_ref().map(ToString::to_string),
            port: console.address.as_ref().map(|address| address.port()),
            path: format!("environments/{key}"),
            why: why.to_owned(),
        });
    };
    path("deployment controller", "It reports to the console, and fetches what is to be deployed.");
    if environment.front_ends.len() > 1 {
        let why = "They ask the console who the deployment controller is, and bring it their new keys.";
        path("other front-ends", why);
    }
}

fn between_servers(key: &Key, environment: &Environment, paths: &mut Vec<NetworkPath>) {
    let is_controller =
        |server: &super::model::FrontEnd| server.services.contains(&Service::DeploymentController);
    for (server, front_end) in &environment.front_ends {
        let (from, why) = if !is_controller(front_end) {
            ("deployment controller", "It hands out what is to be deployed, over Server.API.")
        } else if environment.front_ends.len() > 1 {
            ("other front-ends", "They ask the controller for what the farm has in common, over Server.API.")
        } else {
            continue;
        };
        paths.push(NetworkPath {
            from: format!("{from} of “{}”", environment.name),
            to: format!("front-end “{}” of “{}”", front_end.name, environment.name),
            address: front_end.host.as_ref().map(ToString::to_string),
            port: front_end.host.as_ref().and_then(|host| host.port()),
            path: format!("environments/{key}/front_ends/{server}"),
            why: why.to_owned(),
        });
    }
}

fn to_databases(
    architecture: &Architecture,
    key: &Key,
    environment: &Environment,
    paths: &mut Vec<NetworkPath>,
) {
    let from = format!("front-ends of “{}”", environment.name);
    for server in environment.database_servers() {
        // Files of SQLite are reached without a network.
        let Some(named) = architecture.database_servers.get(server) else { continue };
        let Some(usual) = named.engine.port() else { continue };
        paths.push(NetworkPath {
            from: from.clone(),
            to: format!("database server “{}” ({})", named.name, named.engine),
            address: named.host.as_ref().map(ToString::to_string),
            port: Some(named.host.as_ref().and_then(|host| host.port()).unwrap_or(usual)),
            path: format!("database_servers/{server}"),
            why: "Its catalogs lie there.".to_owned(),
        });
    }
    for (database, named) in &environment.external_databases {
        let port = named.host.as_ref().and_then(|host| host.port()).unwrap_or(named.engine.port());
        paths.push(NetworkPath {
            from: from.clone(),
            to: format!("external database “{}” ({})", named.name, named.engine),
            address: named.host.as_ref().map(ToString::to_string),
            port: Some(port),
            path: format!("environments/{key}/external_databases/{database}"),
            why: "Its applications are integrated with it.".to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::arbitrary::architecture;
    use crate::architecture::model::Tool;
    use crate::architecture::template::template;
    use crate::architecture::words::{Edition, Engine, Hosting, ToolKind};
    use proptest::prelude::*;

    fn made(edition: Edition, hosting: Hosting, engine: Engine) -> Architecture {
        template(edition, hosting, engine).unwrap()
    }

    fn said(architecture: &Architecture) -> Vec<String> {
        let paths = network_paths(architecture).into_iter();
        paths.map(|path| format!("{} -> {} {}", path.from, path.to, path.port.unwrap_or(0))).collect()
    }

    #[test]
    fn the_managed_cloud_asks_for_none() {
        assert!(network_paths(&made(Edition::Enterprise, Hosting::ManagedCloud, Engine::Oracle)).is_empty());
    }

    #[test]
    fn every_path_of_a_farm_is_listed() {
        let mut standard = made(Edition::Standard, Hosting::OnPremises, Engine::PostgreSql);
        let management = standard.environments.get_mut(&"management".parse::<Key>().unwrap()).unwrap();
        management.address = Some("https://console.example.org:8443".parse().unwrap());
        let server = standard.database_servers.get_mut(&"production".parse::<Key>().unwrap()).unwrap();
        server.host = Some("db-1:6432".parse().unwrap());
        let tool = Tool {
            name: "Builds".parse().unwrap(),
            kind: ToolKind::MobileBuilds,
            address: "https://builds.example.org".parse().unwrap(),
            about: None,
        };
        standard.tools.insert("builds".parse().unwrap(), tool);
        let said = said(&standard);
        for expected in [
            "users -> load balancer of “Production” 0",
            "load balancer of “Production” -> front-end “Front-end 4” of “Production” 0",
            "deployment controller of “Production” -> “Management” 8443",
            "other front-ends of “Production” -> “Management” 8443",
            "deployment controller of “Production” -> front-end “Front-end 2” of “Production” 0",
            "other front-ends of “Production” -> front-end “Front-end 1” of “Production” 0",
            "front-ends of “Production” -> database server “Production database” (PostgreSQL) 6432",
            "front-ends of “Test” -> database server “Shared database” (PostgreSQL) 5432",
            "database server “Production database” -> standby “Production database, standby” 5432",
            "the console -> tool “Builds” (mobile build service) 443",
        ] {
            assert!(said.contains(&expected.to_owned()), "{expected}\n{said:#?}");
        }
    }

    #[test]
    fn files_need_no_network() {
        let said = said(&made(Edition::Basic, Hosting::Aws, Engine::Sqlite));
        assert!(said.iter().all(|path| !path.contains("database server")), "{said:#?}");
    }

    proptest! {
        #[test]
        fn any_architecture_has_its_paths(one in architecture()) {
            prop_assert!(network_paths(&one).iter().all(|path| path.why.ends_with('.')));
        }
    }
}
