//! What an infrastructure is connected with, and how the console tries whether it answers: tools, database servers, external databases.
//!
//! Pure: which address is tried and how, which answers count, and which addresses are never tried.

use super::model::Architecture;
use super::words::{CheckOutcome, Engine, EngineVersion, ExternalEngine, HostAddress};
use crate::text::{Key, Name};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};

/// How a database is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trial {
    /// Somebody signs in, and the server says its version: there is a driver.
    SignIn,
    /// Its file is read on the console's machine: there is a driver.
    ReadFile,
    /// A connection to its port is opened and closed: there is no driver.
    Reach,
}

impl Engine {
    /// How it is tried.
    #[must_use]
    pub const fn trial(self) -> Trial {
        match self {
            Self::PostgreSql => Trial::SignIn,
            Self::Sqlite => Trial::ReadFile,
            Self::SqlServer | Self::AzureSql | Self::Oracle => Trial::Reach,
        }
    }
}

impl ExternalEngine {
    /// How it is tried.
    #[must_use]
    pub const fn trial(self) -> Trial {
        match self {
            Self::PostgreSql => Trial::SignIn,
            Self::SqlServer | Self::AzureSql | Self::Oracle | Self::MySql | Self::Db2ISeries => Trial::Reach,
        }
    }
}

/// A database server or an external database, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database<'a> {
    /// Its place in the architecture: `database_servers/shared` or `environments/dev/external_databases/crm`.
    pub place: String,
    /// Its key.
    pub key: &'a Key,
    /// Its name.
    pub name: &'a Name,
    /// The environment that an external database belongs to, by key and name; none for a database server.
    pub environment: Option<(&'a Key, &'a Name)>,
    /// The name of its engine, for people.
    pub engine: &'static str,
    /// The word of its engine.
    pub engine_word: &'static str,
    /// Its version, where one is recorded.
    pub version: Option<&'a EngineVersion>,
    /// Its machine, where one is recorded.
    pub host: Option<&'a HostAddress>,
    /// The port: as recorded, else the usual one of its engine; none for files.
    pub port: Option<u16>,
    /// How it is tried.
    pub trial: Trial,
}

impl Database<'_> {
    /// The host to look up and the port to open: an IPv6 address without its brackets. None where no machine is recorded, and for files.
    #[must_use]
    pub fn target(&self) -> Option<(String, u16)> {
        let host = self.host?.host();
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&host);
        Some((bare.to_owned(), self.port?))
    }

    /// The address that is tried, with the engine as its scheme, such as `oracle://db-1:1521`. None where no machine is recorded, and for
    /// files: whoever tries those names one ([`Self::file`]).
    #[must_use]
    pub fn address(&self) -> Option<String> {
        Some(format!("{}://{}:{}", self.engine_word, self.host?.host(), self.port?))
    }

    /// The address of a file of this engine, as a result keeps it.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        format!("{}:{name}", self.engine_word)
    }

    /// Whether a result for `tried` is about what is recorded now: the engine, the machine and the port.
    #[must_use]
    pub fn is_at(&self, tried: &str) -> bool {
        match self.trial {
            Trial::ReadFile => tried.strip_prefix(self.engine_word).is_some_and(|rest| rest.starts_with(':')),
            Trial::SignIn | Trial::Reach => self.address().as_deref() == Some(tried),
        }
    }
}

/// The database servers by key, then the external databases of each environment in the environments' order.
#[must_use]
pub fn databases(architecture: &Architecture) -> Vec<Database<'_>> {
    let servers = architecture.database_servers.iter().map(|(key, server)| Database {
        place: format!("database_servers/{key}"),
        key,
        name: &server.name,
        environment: None,
        engine: server.engine.label(),
        engine_word: server.engine.word(),
        version: server.version.as_ref(),
        host: server.host.as_ref(),
        port: server
            .engine
            .port()
            .map(|usual| server.host.as_ref().and_then(|host| host.port()).unwrap_or(usual)),
        trial: server.engine.trial(),
    });
    let external = architecture.in_order().into_iter().flat_map(|(environment, of)| {
        of.external_databases.iter().map(move |(key, database)| Database {
            place: format!("environments/{environment}/external_databases/{key}"),
            key,
            name: &database.name,
            environment: Some((environment, &of.name)),
            engine: database.engine.label(),
            engine_word: database.engine.word(),
            version: database.version.as_ref(),
            host: database.host.as_ref(),
            port: Some(database.host.as_ref().and_then(|host| host.port()).unwrap_or(database.engine.port())),
            trial: database.engine.trial(),
        })
    });
    servers.chain(external).collect()
}

/// The place of a tool.
#[must_use]
pub fn tool(key: &Key) -> String {
    format!("tools/{key}")
}

/// Whether the place of a result is still one of the architecture.
#[must_use]
pub fn has(architecture: &Architecture, place: &str) -> bool {
    architecture.tools.keys().any(|key| tool(key) == place)
        || databases(architecture).iter().any(|database| database.place == place)
}

/// Whether the console connects to an address at all. Administrators type addresses, and these are nobody's tool or database: link-local
/// ones (where clouds hand out the credentials of a machine), multicast, broadcast and unspecified ones.
#[must_use]
pub fn may_be_tried(address: IpAddr) -> bool {
    let four = |address: Ipv4Addr| {
        !(address.is_link_local()
            || address.is_multicast()
            || address.is_broadcast()
            || address.octets()[0] == 0)
    };
    match address {
        IpAddr::V4(address) => four(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => four(mapped),
            None => !(address.is_unicast_link_local() || address.is_multicast() || address.is_unspecified()),
        },
    }
}

/// What the status of an answer over HTTP says of a tool: below 500 something is there that answers for itself.
#[must_use]
pub fn of_status(status: u16) -> (CheckOutcome, String) {
    let outcome = if status < 500 { CheckOutcome::Reached } else { CheckOutcome::Failed };
    (outcome, format!("It answered with status {status}."))
}

/// What is said where something answers and there is no driver for it.
#[must_use]
pub fn answers_only(engine: &str) -> String {
    format!(
        "The address answers. No more was tried: there is no driver for {engine} here, so nobody signed in."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::file::import;

    const FILE: &str = r#"
format = 1
hosting = "on_premises"
order = ["dev"]
[environments.dev]
name = "Development"
purpose = "development"
topology = "standalone"
default_zone = "default"
[environments.dev.zones.default]
name = "Default"
[environments.dev.external_databases.crm]
name = "CRM"
engine = "db2_iseries"
host = "AS400"
[environments.dev.external_databases.tariffs]
name = "Tariffs"
engine = "postgresql"
[database_servers.files]
name = "Files"
engine = "sqlite"
sharing = "shared"
[database_servers.shared]
name = "Shared"
engine = "postgresql"
sharing = "shared"
host = "[::1]:6432"
"#;

    #[test]
    fn what_is_tried_is_what_is_recorded() {
        let architecture = import(FILE.trim_start()).unwrap();
        let all = databases(&architecture);
        let told: Vec<_> =
            all.iter().map(|each| (each.place.as_str(), each.trial, each.address(), each.target())).collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                ("database_servers/files", Trial::ReadFile, None, None),
                (
                    "database_servers/shared",
                    Trial::SignIn,
                    text("postgresql://[::1]:6432"),
                    Some(("::1".to_owned(), 6432))
                ),
                (
                    "environments/dev/external_databases/crm",
                    Trial::Reach,
                    text("db2_iseries://as400:446"),
                    Some(("as400".to_owned(), 446))
                ),
                ("environments/dev/external_databases/tariffs", Trial::SignIn, None, None),
            ]
        );
        assert!(all.iter().all(|each| has(&architecture, &each.place)));
        assert!(!has(&architecture, "database_servers/gone") && !has(&architecture, "tools/builds"));
    }

    #[test]
    fn a_result_for_another_address_or_engine_is_not_about_it() {
        let architecture = import(FILE.trim_start()).unwrap();
        let all = databases(&architecture);
        assert!(all[0].is_at(&all[0].file("shop.db")));
        assert!(!all[0].is_at("postgresql://[::1]:6432") && !all[0].is_at("sqlite3:x"));
        assert!(all[1].is_at("postgresql://[::1]:6432"));
        for other in ["postgresql://[::1]:5432", "oracle://[::1]:6432", "sqlite:shop.db", ""] {
            assert!(!all[1].is_at(other), "{other}");
        }
    }

    #[test]
    fn some_addresses_are_never_tried() {
        for never in [
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "ff02::1",
            "fe80::1",
            "::ffff:169.254.169.254",
            "::ffff:0.0.0.0",
        ] {
            assert!(!may_be_tried(never.parse().unwrap()), "{never}");
        }
        for fine in ["127.0.0.1", "::1", "10.1.2.3", "192.0.2.7", "fd00::1", "2001:db8::1", "::ffff:10.0.0.1"]
        {
            assert!(may_be_tried(fine.parse().unwrap()), "{fine}");
        }
    }

    #[test]
    fn a_status_below_500_is_an_answer() {
        for (status, outcome) in [
            (200, CheckOutcome::Reached),
            (301, CheckOutcome::Reached),
            (404, CheckOutcome::Reached),
            (499, CheckOutcome::Reached),
            (500, CheckOutcome::Failed),
            (503, CheckOutcome::Failed),
        ] {
            assert_eq!(of_status(status), (outcome, format!("It answered with status {status}.")));
        }
    }
}
