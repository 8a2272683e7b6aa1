//! The closed words of an architecture, and what people type into it, parsed once at the edge.

use crate::text::{Refused, shorten};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

macro_rules! closed {
    ($(#[$doc:meta])* $name:ident, $what:tt { $($(#[$of:meta])* $variant:ident = $word:tt, $label:tt;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $word)] $variant,)*
        }
        impl $name {
            /// All of them, in the order in which they are offered.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word, as it is stored and sent.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The name for people.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),* }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.label())
            }
        }
        impl FromStr for $name {
            type Err = Refused;
            fn from_str(text: &str) -> Result<Self, Refused> {
                Self::ALL.iter().copied().find(|one| one.word() == text).ok_or_else(|| {
                    let words: Vec<_> = Self::ALL.iter().map(|one| one.word()).collect();
                    Refused(format!("{} is one of {}.", $what, words.join(", ")))
                })
            }
        }
    };
}

closed! {
    /// Who keeps the machines, and where.
    Hosting, "A hosting" {
        /// The vendor's cloud: its machines, networks and paths are the vendor's care.
        ManagedCloud = "managed_cloud", "managed cloud";
        /// One's own data centers.
        OnPremises = "on_premises", "self-managed, on premises";
        /// Amazon Web Services, managed by oneself.
        Aws = "aws", "self-managed, AWS";
        /// Microsoft Azure, managed by oneself.
        Azure = "azure", "self-managed, Azure";
    }
}

impl Hosting {
    /// Whether one looks after the machines, and so after the network paths to the tools, oneself.
    #[must_use]
    pub const fn self_managed(self) -> bool {
        !matches!(self, Self::ManagedCloud)
    }
}

closed! {
    /// The reference architecture that an infrastructure was made after.
    Edition, "An edition" {
        /// Departmental applications: three environments, one pipeline.
        Basic = "basic", "Basic";
        /// One mission-critical application: acceptance, a farm over two data centers, a standby.
        Standard = "standard", "Standard";
        /// Two portfolios: two pipelines that share Development.
        Enterprise = "enterprise", "Enterprise";
    }
}

closed! {
    /// How many front-ends an environment is made for.
    Topology, "A topology" {
        /// One front-end with a single queue.
        Standalone = "standalone", "standalone";
        /// Two front-ends or more, behind a load balancer.
        Farm = "farm", "farm";
    }
}

closed! {
    /// Why a pipeline is kept apart.
    PipelinePurpose, "The purpose of a pipeline" {
        /// Its applications go through other stages.
        LifecycleStages = "lifecycle_stages", "lifecycle stages";
        /// Its applications need to grow, or to stay available, alike.
        Scalability = "scalability", "scalability";
        /// Its data must lie apart.
        Compliance = "compliance", "compliance";
        /// The business stands still without it.
        MissionCritical = "mission_critical", "mission-critical";
    }
}

closed! {
    /// An engine that can carry the catalogs of an environment.
    Engine, "An engine" {
        /// Microsoft SQL Server.
        SqlServer = "sql_server", "SQL Server";
        /// Azure SQL Database.
        AzureSql = "azure_sql", "Azure SQL";
        /// Oracle Database: schemas instead of catalogs.
        Oracle = "oracle", "Oracle";
        /// PostgreSQL.
        PostgreSql = "postgresql", "PostgreSQL";
        /// SQLite: files on a front-end.
        Sqlite = "sqlite", "SQLite";
    }
}

closed! {
    /// An engine that applications are integrated with.
    ExternalEngine, "The engine of an external database" {
        /// Microsoft SQL Server.
        SqlServer = "sql_server", "SQL Server";
        /// Azure SQL Database.
        AzureSql = "azure_sql", "Azure SQL";
        /// Oracle Database.
        Oracle = "oracle", "Oracle";
        /// MySQL.
        MySql = "mysql", "MySQL";
        /// PostgreSQL.
        PostgreSql = "postgresql", "PostgreSQL";
        /// IBM DB2 for iSeries.
        Db2ISeries = "db2_iseries", "DB2 iSeries";
    }
}

impl Engine {
    /// The port that it listens on where nobody chose another; none for files.
    #[must_use]
    pub const fn port(self) -> Option<u16> {
        match self {
            Self::SqlServer | Self::AzureSql => Some(1433),
            Self::Oracle => Some(1521),
            Self::PostgreSql => Some(5432),
            Self::Sqlite => None,
        }
    }
}

impl ExternalEngine {
    /// The port that it listens on where nobody chose another (DB2 iSeries: that of DRDA).
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::SqlServer | Self::AzureSql => 1433,
            Self::Oracle => 1521,
            Self::MySql => 3306,
            Self::PostgreSql => 5432,
            Self::Db2ISeries => 446,
        }
    }
}

closed! {
    /// Whether a database server is meant for one environment or for several.
    Sharing, "The use of a database server" {
        /// It carries the catalogs of several environments.
        Shared = "shared", "shared";
        /// It carries those of one environment only.
        Dedicated = "dedicated", "dedicated";
    }
}

closed! {
    /// The three catalogs (in Oracle: schemas) of an environment.
    CatalogKind, "A catalog" {
        /// Metadata, and the data of the applications.
        Platform = "platform", "Platform";
        /// What applications and services log.
        Log = "log", "Log";
        /// Sessions of end users.
        Session = "session", "Session";
    }
}

closed! {
    /// A Platform Server service of a front-end.
    Service, "A service" {
        /// Builds, and hands out to the front-ends; exactly one in an environment (R37).
        DeploymentController = "deployment_controller", "deployment controller";
        /// Deploys on its own front-end.
        Deployment = "deployment", "deployment";
        /// Runs timers, processes and e-mails.
        Scheduler = "scheduler", "scheduler";
        /// Offers functions of the Platform Server to programs.
        ServerApi = "server_api", "Server.API";
        /// Signs in those who call Server.API.
        ServerIdentity = "server_identity", "Server.Identity";
    }
}

impl Service {
    /// What is recorded of a new front-end: the services that every Platform Server has; of the first one of an environment all of them.
    #[must_use]
    pub fn of_new(controller: bool) -> BTreeSet<Self> {
        let everywhere = |service: &Self| !matches!(service, Self::DeploymentController | Self::Scheduler);
        Self::ALL.iter().copied().filter(|service| controller || everywhere(service)).collect()
    }
}

closed! {
    /// A connected SaaS tool.
    ToolKind, "A tool" {
        /// Builds packages for mobile devices.
        MobileBuilds = "mobile_builds", "mobile build service";
        /// Watches the architecture of the portfolio and its technical debt.
        ArchitectureAnalysis = "architecture_analysis", "architecture analysis";
        /// Makes applications out of workflows.
        WorkflowBuilder = "workflow_builder", "workflow builder";
        /// Makes prototypes of mobile applications.
        ExperienceBuilder = "experience_builder", "experience builder";
        /// Any other.
        Other = "other", "other tool";
    }
}

closed! {
    /// A kind of part that is recorded one by one, besides environments, pipelines and front-ends.
    PartKind, "A part" {
        /// A place where machines stand.
        DataCenter = "data_center", "data center";
        /// An engine instance that carries catalogs.
        DatabaseServer = "database_server", "database server";
        /// A connected SaaS tool.
        Tool = "tool", "tool";
        /// What spreads the requests of a farm; at most one in an environment.
        LoadBalancer = "load_balancer", "load balancer";
        /// A deployment zone.
        Zone = "zone", "deployment zone";
        /// A catalog of an environment.
        Catalog = "catalog", "catalog";
        /// A database of somebody else.
        ExternalDatabase = "external_database", "external database";
    }
}

closed! {
    /// How a check of a connection ended, and so how much it tried.
    CheckOutcome, "The outcome of a check" {
        /// The database let somebody in, or its file was read.
        SignedIn = "signed_in", "signed in";
        /// Something answers at the address; nobody signed in.
        Reached = "reached", "reached";
        /// Neither.
        Failed = "failed", "failed";
    }
}

macro_rules! typed {
    ($(#[$doc:meta])* $name:ident, $sound:expr, $rule:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);
        impl $name {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = Refused;
            fn from_str(text: &str) -> Result<Self, Refused> {
                let text = text.trim();
                let sound: fn(&str) -> bool = $sound;
                if sound(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(Refused(format!("“{}” is {}", shorten(text), $rule)))
                }
            }
        }
        impl TryFrom<String> for $name {
            type Error = Refused;
            fn try_from(text: String) -> Result<Self, Refused> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
    };
}

typed! {
    /// Where people or programs reach something: `https://` or `http://`, at most 200 characters.
    WebAddress,
    |text| {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
        text.len() <= 200
            && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>' | b'@'))
            && host.is_some_and(is_host)
    },
    "no address: write https:// (or http://), a host and, where needed, a port and a path, with no spaces and no user name."
}

impl WebAddress {
    /// The port, written or by the scheme.
    #[must_use]
    pub fn port(&self) -> u16 {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        port_of(host).unwrap_or(if self.is_secure() { 443 } else { 80 })
    }

    /// Whether what goes there is encrypted.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }
}

typed! {
    /// A machine in the network: a host name or an IP address, with a port where needed; at most 200 characters.
    HostAddress,
    |text| text.len() <= 200 && is_host(text),
    "no host: write a host name or an IP address, with “:” and a port where needed (IPv6 in brackets)."
}

impl HostAddress {
    /// The host without its port, in lower case, so that one machine is recognised.
    #[must_use]
    pub fn host(&self) -> String {
        host_and_port(&self.0).0.to_ascii_lowercase()
    }

    /// The port, where one is written.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        port_of(&self.0)
    }
}

/// Splits a port off; a colon in the brackets of an IPv6 address belongs to the host.
fn host_and_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    }
}

fn port_of(text: &str) -> Option<u16> {
    host_and_port(text).1?.parse().ok()
}

/// A host name, an IPv4 address or an IPv6 address in brackets, with or without a port from 1 to 65535.
fn is_host(text: &str) -> bool {
    let (host, port) = host_and_port(text);
    let port_sound = port.is_none_or(|port| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    let inside = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    port_sound
        && match inside {
            Some(six) => six.parse::<std::net::Ipv6Addr>().is_ok(),
            None => host.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            }),
        }
}

typed! {
    /// The name of a catalog or schema in its engine, compared without regard to case: 1 to 128 characters.
    CatalogName,
    |text| {
        (1..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$' | b'#'))
    },
    "no name of a catalog: use 1 to 128 letters, digits and the signs _ - . $ #."
}

typed! {
    /// The version of an engine, as its vendor writes it: 1 to 40 characters, such as `2022 CU14` or `19c`.
    EngineVersion,
    |text| (1..=40).contains(&text.chars().count()) && !text.chars().any(char::is_control),
    "no version of an engine: use 1 to 40 characters on one line, as the vendor writes it."
}

typed! {
    /// The operating system and the application server of a machine, as people write it: 1 to 80 characters, such as
    /// `Windows Server 2022, IIS 10`.
    SystemName,
    |text| (1..=80).contains(&text.chars().count()) && !text.chars().any(char::is_control),
    "no name of a system: use 1 to 80 characters on one line, such as Windows Server 2022, IIS 10."
}

typed! {
    /// What something is for, in one sentence: 1 to 200 characters.
    About,
    |text| (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control),
    "too long or empty: use 1 to 200 characters on one line."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        for engine in Engine::ALL {
            assert_eq!(engine.word().parse::<Engine>().unwrap(), *engine);
            assert_eq!(serde_json::to_value(engine).unwrap(), engine.word());
        }
        assert_eq!(
            "db3".parse::<Sharing>().unwrap_err().to_string(),
            "The use of a database server is one of shared, dedicated."
        );
    }

    #[test]
    fn addresses() {
        for good in
            ["https://a", "http://10.0.0.1:8080/x?y", "https://[::1]:443/", "https://prod.example.org/apps"]
        {
            assert!(good.parse::<WebAddress>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "ftp://a",
            "https://",
            "https://a b",
            "https://a:0",
            "https://a:70000",
            "https://u@a",
            "https://-a",
        ] {
            assert!(bad.parse::<WebAddress>().is_err(), "{bad}");
        }
        assert_eq!("DB-1.example:1433".parse::<HostAddress>().unwrap().host(), "db-1.example");
        assert_eq!("[::1]:5432".parse::<HostAddress>().unwrap().host(), "[::1]");
        assert_eq!("[::1]".parse::<HostAddress>().unwrap().host(), "[::1]");
        assert_eq!("[::1]:5432".parse::<HostAddress>().unwrap().port(), Some(5432));
        assert_eq!("[::1]".parse::<HostAddress>().unwrap().port(), None);
        for (address, port) in
            [("https://a/b:1", 443), ("http://a?x", 80), ("https://a:8443/", 8443), ("http://[::1]", 80)]
        {
            assert_eq!(address.parse::<WebAddress>().unwrap().port(), port, "{address}");
        }
        for bad in ["", "a:", "a:+1", "a/b", "[::1", "::1", "a..b"] {
            assert!(bad.parse::<HostAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn other_texts() {
        assert!("OSPROD_Platform".parse::<CatalogName>().is_ok());
        assert!("a b".parse::<CatalogName>().is_err());
        assert!("2022 CU14".parse::<EngineVersion>().is_ok());
        assert!("".parse::<EngineVersion>().is_err());
        assert!("x".repeat(201).parse::<About>().is_err());
    }
}
