//! Applications, their versions and relations.

use super::{EnvironmentRef, MatrixCell, OpenAddress, Paged, Possible};
use domain::id::{ApplicationId, DeploymentId, VersionId};
use domain::text::VersionNumber;
use domain::time::Timestamp;
use serde::Serialize;

/// An application by name.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ApplicationRef {
    /// Identity.
    pub id: ApplicationId,
    /// Key in addresses.
    pub key: String,
    /// Name.
    pub name: String,
    /// `web`, `service` or `library`.
    pub kind: String,
}

/// One application.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ApplicationPage {
    /// The application.
    pub application: ApplicationRef,
    /// What it is, in a sentence of its own.
    pub description: String,
    /// The pipeline that it is promoted along; none where it goes along any.
    pub pipeline: Option<PipelineRef>,
    /// The pipelines to choose from.
    pub pipelines: Vec<PipelineRef>,
    /// Whether the caller may assign it to a pipeline.
    #[serde(serialize_with = "super::possible")]
    pub assign: Possible,
    /// In each environment that the caller may see, in order.
    pub environments: Vec<ApplicationPlace>,
    /// Versions, newest first.
    pub versions: Paged<VersionRow>,
    /// Modules of the revision that runs in the first environment where it is.
    pub modules: Vec<ModuleView>,
    /// What it uses.
    pub producers: Vec<RelationView>,
    /// What uses it.
    pub consumers: Vec<RelationView>,
}

/// A pipeline by name.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct PipelineRef {
    /// Key in addresses.
    pub key: String,
    /// Name.
    pub name: String,
}

/// An application's place in one environment.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ApplicationPlace {
    /// The environment.
    pub environment: EnvironmentRef,
    /// What runs there.
    pub cell: MatrixCell,
    /// Where it opens.
    pub addresses: Vec<OpenAddress>,
    /// Whether it can be tagged here now; none where it is not there.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub tag: Option<Possible>,
    /// The number that is proposed for the tag: the package's claim, else the next number (R23).
    pub proposed: Option<VersionNumber>,
    /// Its deployment zone, where the environment has several.
    pub zone: Option<ZoneChoice>,
    /// That it stays at what it was rolled back to.
    pub pin: Option<Pin>,
    /// The next stage of a pipeline, and whether a plan to there can be made.
    #[serde(serialize_with = "super::possible_there")]
    pub promote: Option<(EnvironmentRef, Possible)>,
}

/// The pin of an application in an environment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Pin {
    /// The rollback.
    pub deployment: DeploymentId,
    /// Why, in a few words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// By whom.
    pub by: String,
}

/// The deployment zone of an application in an environment.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ZoneChoice {
    /// Key of the zone that it goes to.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Whether its next deployment moves it there.
    pub moves: bool,
    /// The zones of the environment: key and name.
    pub zones: Vec<(String, String)>,
    /// Whether the caller may choose another.
    #[serde(serialize_with = "super::possible")]
    pub choose: Possible,
}

/// A version.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct VersionRow {
    /// Identity.
    pub id: VersionId,
    /// The number.
    pub number: VersionNumber,
    /// The change log.
    pub change_log: String,
    /// Where it was tagged.
    pub environment: String,
    /// When.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// The package's SHA-256.
    pub sha256: String,
    /// The package's size in bytes.
    pub size: u64,
    /// Names of the environments where it runs unmodified.
    pub runs_in: Vec<String>,
}

/// A module.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ModuleView {
    /// Name.
    pub name: String,
    /// `static` or `process`.
    pub kind: String,
    /// Where it is served, such as `/tides`.
    pub virtual_directory: String,
    /// Elements it produces: name and signature.
    pub produces: Vec<(String, String)>,
}

/// A relation between two applications.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct RelationView {
    /// The other application; none where the console does not know it.
    pub application: Option<ApplicationRef>,
    /// Its key as the manifest names it.
    pub key: String,
    /// The elements that are used.
    pub elements: Vec<String>,
}
