//! The architecture of an infrastructure: as it is drawn, what the rules find, and what would change.

use super::{Connections, Possible};
use domain::architecture::Architecture;
use domain::architecture::difference::Change;
use domain::architecture::drawing::{Drawing, Sum};
use domain::architecture::network::NetworkPath;
use domain::architecture::rules::{Acceptance, Severity};
use domain::architecture::words::{Edition, Hosting};
use domain::environment::Health;
use domain::time::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// The pipelines, or one environment, as they are drawn: of what the caller may see.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct PipelinesPage {
    /// The drawing.
    pub drawing: Drawing,
    /// What is drawn.
    pub architecture: Architecture,
    /// How many parts there are, drawn or not.
    pub counts: ArchitectureCounts,
    /// How each pipeline stands, drawn or not, by key (measured).
    pub sums: Vec<Sum>,
    /// How each environment is known, by its key (measured).
    pub states: BTreeMap<String, Health>,
    /// Whether each front-end that was reported answers, by its place: `environments/KEY/front_ends/KEY` (measured).
    pub servers: BTreeMap<String, bool>,
    /// Whether the caller may change what is recorded.
    #[serde(serialize_with = "super::possible")]
    pub manage: Possible,
}

/// How many there are of each kind of part.
#[derive(Debug, Clone, Copy, Default, Serialize, PartialEq, Eq)]
pub struct ArchitectureCounts {
    /// Environments.
    pub environments: usize,
    /// Front-end servers.
    pub front_ends: usize,
    /// Database servers.
    pub database_servers: usize,
    /// Pipelines.
    pub pipelines: usize,
    /// Tools.
    pub tools: usize,
    /// Data centers.
    pub data_centers: usize,
}

/// The page of the architecture.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ArchitecturePage {
    /// Who keeps the machines, and where.
    pub hosting: Hosting,
    /// The reference architecture that it was made after.
    pub edition: Option<Edition>,
    /// How many parts there are.
    pub counts: ArchitectureCounts,
    /// What the rules find, the worst first, also what is accepted.
    pub findings: Vec<FindingView>,
    /// What is accepted, also what has expired.
    pub exceptions: Vec<ExceptionView>,
    /// The network paths that a self-managed infrastructure needs to its tools.
    pub network: Vec<NetworkPath>,
    /// The tools and databases, with what the last check of each found.
    pub connections: Connections,
    /// SHA-256 of its file, 64 hexadecimal digits.
    pub digest: String,
}

/// A rule that is broken at a place.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct FindingView {
    /// The rule, such as `A10`.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// The place, for programs.
    pub path: String,
    /// The place, for people.
    pub place: String,
    /// What is wrong, one sentence.
    pub what: String,
    /// Why it matters, one sentence.
    pub why: String,
    /// What to do, one sentence.
    pub todo: String,
    /// What an exception says of it.
    pub acceptance: Option<Acceptance>,
    /// Whether a change that breaks the rule is refused; then nobody can accept it.
    pub refuses: bool,
}

/// A finding that somebody accepted.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ExceptionView {
    /// The rule.
    pub rule: String,
    /// The place, for programs.
    pub path: String,
    /// The place, for people.
    pub place: String,
    /// What the rule asks for.
    pub title: String,
    /// Why it is accepted.
    pub reason: String,
    /// Until when.
    pub expires_at: Timestamp,
    /// Whether that is past.
    pub expired: bool,
    /// The name of who accepted it.
    pub accepted_by: String,
    /// When.
    pub accepted_at: Timestamp,
}

/// What an architecture would become.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Comparison {
    /// SHA-256 of the present file; a change is made of just what was compared.
    pub digest: String,
    /// What would change; none where it is like that already.
    pub changes: Vec<Change>,
    /// How many parts there are.
    pub before: ArchitectureCounts,
    /// How many there would be.
    pub after: ArchitectureCounts,
    /// What the rules would find and do not find now.
    pub findings: Vec<FindingView>,
    /// What stays although the template has it no more, one sentence for each.
    pub kept: Vec<String>,
}
