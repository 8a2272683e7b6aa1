//! The parts of an architecture that are recorded one by one: what each kind has, how one is read, put in and taken out.
//!
//! Forms, the API and the command line are made from [`fields`], so that a field is said once. What people type are texts, and so are
//! [`Values`]; a list of keys is written with commas.
//!
//! Reading order: this file, then `read` (what is recorded), `put` (what is typed), `uses` (what keeps a part).

mod put;
mod read;
#[cfg(test)]
mod tests;
mod uses;

pub use put::{Problem, add, change, unknown};
pub use read::{shown, title, values};
pub use uses::{remove, uses};

use super::model::{Architecture, Environment};
use super::words::{CatalogKind, Engine, ExternalEngine, PartKind, Sharing, ToolKind};
use crate::text::Key;
use std::collections::BTreeMap;

/// What is recorded of a part, by its fields, as text. Empty where nothing is recorded.
pub type Values = BTreeMap<&'static str, String>;

/// The key of every load balancer: an environment has at most one.
pub const BALANCER: &str = "balancer";

/// How a field is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A text of at most so many characters.
    Text(u32),
    /// A machine in the network.
    Host,
    /// A whole number from 1 to this.
    Number(u32),
    /// An address that begins with `https://` or `http://`.
    WebAddress,
    /// One of a closed list.
    Choice(Choices),
    /// The key of a part of a kind.
    One(PartKind),
    /// Keys of parts of a kind.
    Several(PartKind),
    /// `yes` or `no`.
    YesNo,
}

/// A closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choices {
    /// Engines that can carry catalogs.
    Engine,
    /// Engines of external databases.
    ExternalEngine,
    /// What a database server is meant for.
    Sharing,
    /// Kinds of tools.
    ToolKind,
}

impl Choices {
    /// Each word with the name for people, in the order in which they are offered.
    #[must_use]
    pub fn words(self) -> Vec<(&'static str, &'static str)> {
        macro_rules! pairs {
            ($of:ident) => {
                $of::ALL.iter().map(|each| (each.word(), each.label())).collect()
            };
        }
        match self {
            Self::Engine => pairs!(Engine),
            Self::ExternalEngine => pairs!(ExternalEngine),
            Self::Sharing => pairs!(Sharing),
            Self::ToolKind => pairs!(ToolKind),
        }
    }
}

/// A field of a kind of part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in forms, in requests and in [`Values`]: that of the file.
    pub name: &'static str,
    /// What people read beside it.
    pub label: &'static str,
    /// What it is for, or how it is written; empty where the label says it.
    pub help: &'static str,
    /// Whether it can be left empty.
    pub required: bool,
    /// How it is filled in.
    pub input: Input,
}

const fn must(name: &'static str, label: &'static str, help: &'static str, input: Input) -> Field {
    Field { name, label, help, required: true, input }
}

const fn may(name: &'static str, label: &'static str, help: &'static str, input: Input) -> Field {
    Field { name, label, help, required: false, input }
}

const NAME: Field = must("name", "Name", "", Input::Text(80));
const HOST: Field =
    may("host", "Machine", "a host name or an IP address, with a port where needed", Input::Host);
const VERSION: Field =
    may("version", "Version", "as its vendor writes it, such as 17.2 or 2022 CU14", Input::Text(40));
const CENTER: Field = may("data_center", "Data center", "where it stands", Input::One(PartKind::DataCenter));

const DATA_CENTER: &[Field] = &[NAME];
const DATABASE_SERVER: &[Field] = &[
    NAME,
    must("engine", "Engine", "", Input::Choice(Choices::Engine)),
    VERSION,
    must(
        "sharing",
        "Use",
        "shared carries catalogs of several environments, dedicated of one",
        Input::Choice(Choices::Sharing),
    ),
    may("standby_of", "Standby of", "the primary that it replicates", Input::One(PartKind::DatabaseServer)),
    HOST,
    CENTER,
    may("cores", "Cores", "how many processor cores it has", Input::Number(65_535)),
    may("memory_gib", "Memory", "in GiB", Input::Number(1_000_000)),
];
const TOOL: &[Field] = &[
    NAME,
    must("kind", "Kind", "", Input::Choice(Choices::ToolKind)),
    must("address", "Address", "where it is reached, such as https://builds.example", Input::WebAddress),
    may("about", "What for", "what it is used for here, in one sentence", Input::Text(200)),
];
const LOAD_BALANCER: &[Field] = &[
    NAME,
    HOST,
    may("data_centers", "Data centers", "where it stands", Input::Several(PartKind::DataCenter)),
];
const ZONE: &[Field] = &[
    NAME,
    may(
        "address",
        "Address",
        "where its applications are opened, if elsewhere than the environment's",
        Input::WebAddress,
    ),
    may("is_default", "Default zone", "applications that name no zone are deployed to it", Input::YesNo),
];
const CATALOG: &[Field] = &[
    must(
        "database_server",
        "Database server",
        "it carries the catalog",
        Input::One(PartKind::DatabaseServer),
    ),
    must("name", "Name", "of the catalog or schema on that server", Input::Text(128)),
];
const EXTERNAL_DATABASE: &[Field] =
    &[NAME, must("engine", "Engine", "", Input::Choice(Choices::ExternalEngine)), VERSION, HOST];

/// The fields of a kind of part, in the order of a form.
#[must_use]
pub const fn fields(kind: PartKind) -> &'static [Field] {
    match kind {
        PartKind::DataCenter => DATA_CENTER,
        PartKind::DatabaseServer => DATABASE_SERVER,
        PartKind::Tool => TOOL,
        PartKind::LoadBalancer => LOAD_BALANCER,
        PartKind::Zone => ZONE,
        PartKind::Catalog => CATALOG,
        PartKind::ExternalDatabase => EXTERNAL_DATABASE,
    }
}

impl PartKind {
    /// Whether it is a part of an environment, and not of the infrastructure itself.
    #[must_use]
    pub const fn of_environment(self) -> bool {
        matches!(self, Self::LoadBalancer | Self::Zone | Self::Catalog | Self::ExternalDatabase)
    }

    /// The noun for several.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::DataCenter => "data centers",
            Self::DatabaseServer => "database servers",
            Self::Tool => "tools",
            Self::LoadBalancer => "load balancers",
            Self::Zone => "deployment zones",
            Self::Catalog => "catalogs",
            Self::ExternalDatabase => "external databases",
        }
    }

    /// The noun with its article, such as `an external database`.
    #[must_use]
    pub fn one(self) -> String {
        let article = if self == Self::ExternalDatabase { "an" } else { "a" };
        format!("{article} {self}")
    }

    /// The name of the field that a place is about, as [`rules`](super::rules) tell it, where a part of this kind was put in.
    #[must_use]
    pub fn field_at(self, path: &str) -> &'static str {
        match path.rsplit('/').next().unwrap_or_default() {
            "default_zone" => "is_default",
            last => fields(self).iter().find(|field| field.name == last).map_or("name", |field| field.name),
        }
    }
}

/// Which part: its kind, its key, and the environment that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartPlace {
    /// Key of its environment; none where it belongs to the infrastructure itself.
    pub environment: Option<Key>,
    /// Its kind.
    pub kind: PartKind,
    /// Its key: that of a load balancer is [`BALANCER`], that of a catalog the word of its kind.
    pub key: Key,
}

impl PartPlace {
    /// The place as rules, findings and changes have it, such as `environments/prod/zones/east`.
    #[must_use]
    pub fn path(&self) -> String {
        let key = &self.key;
        let here = match self.kind {
            PartKind::DataCenter => format!("data_centers/{key}"),
            PartKind::DatabaseServer => format!("database_servers/{key}"),
            PartKind::Tool => format!("tools/{key}"),
            PartKind::LoadBalancer => "load_balancer".to_owned(),
            PartKind::Zone => format!("zones/{key}"),
            PartKind::Catalog => format!("catalogs/{key}"),
            PartKind::ExternalDatabase => format!("external_databases/{key}"),
        };
        match &self.environment {
            Some(environment) => format!("environments/{environment}/{here}"),
            None => here,
        }
    }

    fn environment<'a>(&self, of: &'a Architecture) -> Option<&'a Environment> {
        of.environments.get(self.environment.as_ref()?)
    }

    fn catalog(&self) -> Option<CatalogKind> {
        self.key.as_str().parse().ok()
    }
}

/// The places of all parts of a kind, by key; of an environment, where it is of environments.
#[must_use]
pub fn places(of: &Architecture, environment: Option<&Key>, kind: PartKind) -> Vec<PartPlace> {
    let within = environment.and_then(|key| of.environments.get(key));
    let keys: Vec<Key> = match (kind, within) {
        (PartKind::DataCenter, None) => of.data_centers.keys().cloned().collect(),
        (PartKind::DatabaseServer, None) => of.database_servers.keys().cloned().collect(),
        (PartKind::Tool, None) => of.tools.keys().cloned().collect(),
        (PartKind::LoadBalancer, Some(within)) => {
            within.load_balancer.iter().filter_map(|_| BALANCER.parse().ok()).collect()
        }
        (PartKind::Zone, Some(within)) => within.zones.keys().cloned().collect(),
        (PartKind::Catalog, Some(within)) => {
            within.catalogs.keys().filter_map(|kind| kind.word().parse().ok()).collect()
        }
        (PartKind::ExternalDatabase, Some(within)) => within.external_databases.keys().cloned().collect(),
        _ => Vec::new(),
    };
    keys.into_iter().map(|key| PartPlace { environment: environment.cloned(), kind, key }).collect()
}

/// The keys that a new part of a kind can have, where they are a closed list: the kinds of the catalogs that are not recorded yet.
#[must_use]
pub fn open_keys(of: &Environment, kind: PartKind) -> Option<Vec<(&'static str, &'static str)>> {
    (kind == PartKind::Catalog).then(|| {
        let open = CatalogKind::ALL.iter().filter(|each| !of.catalogs.contains_key(each));
        open.map(|each| (each.word(), each.label())).collect()
    })
}
