//! Applications, versions and modules of one front-end.

use crate::id::ServerId;
use crate::package::{ModuleKind, VirtualDirectory};
use crate::text::{Key, Sha256, VersionNumber};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /server/v1/applications`: what runs on this front-end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Applications {
    /// The front-end that says so.
    pub server: ServerId,
    /// By key.
    pub applications: Vec<Application>,
}

/// An application that runs on this front-end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Application {
    /// Its key.
    pub key: Key,
    /// Its name, as its package has it; its key where its release cannot be read.
    pub name: String,
    /// The number of the version that runs; none for a revision without one.
    pub version: Option<VersionNumber>,
    /// The release that runs, by its package's hash.
    pub sha256: Sha256,
    /// When it was switched to.
    pub since: Timestamp,
    /// Whether all of its modules are served and ready.
    pub ready: bool,
    /// What is served of it, by virtual directory.
    pub modules: Vec<Module>,
}

/// A module that is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Module {
    /// Its application's key.
    pub application: Key,
    /// Its key.
    pub key: Key,
    /// Its name.
    pub name: String,
    /// How it is run.
    pub kind: ModuleKind,
    /// Where it is served.
    pub virtual_directory: VirtualDirectory,
    /// Whether its readiness check holds now.
    pub ready: bool,
}

/// `GET /server/v1/modules`: what is served on this front-end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Modules {
    /// The front-end that says so.
    pub server: ServerId,
    /// By virtual directory.
    pub modules: Vec<Module>,
}

/// `GET /server/v1/applications/{key}/versions`: the releases of an application that lie on this front-end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Versions {
    /// The application's key.
    pub application: Key,
    /// What was staged last comes first.
    pub versions: Vec<Version>,
}

/// A release that lies on this front-end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// Its number; none for a revision without one.
    pub version: Option<VersionNumber>,
    /// Its package's hash.
    pub sha256: Sha256,
    /// When it was staged last.
    pub staged_at: Timestamp,
    /// When it became the running one last; none if it never did.
    pub activated_at: Option<Timestamp>,
    /// Whether it runs.
    pub running: bool,
}
