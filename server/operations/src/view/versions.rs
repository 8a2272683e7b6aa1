//! Versions: one by itself, what differs between two contents, and what can be tagged at once.

use super::{ApplicationRef, EnvironmentRef, ModuleView, Possible, RelationView, UsedBy};
use domain::id::VersionId;
use domain::package::compare::Comparison;
use domain::text::VersionNumber;
use domain::time::Timestamp;
use domain::version::Ground;
use serde::Serialize;

/// One version.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct VersionPage {
    /// Its application.
    pub application: ApplicationRef,
    /// Identity.
    pub id: VersionId,
    /// The number.
    pub number: VersionNumber,
    /// The change log.
    pub change_log: String,
    /// Where it was tagged; none where the caller may not see that environment.
    pub environment: Option<EnvironmentRef>,
    /// When.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// The package's SHA-256.
    pub sha256: String,
    /// The package's size in bytes.
    pub size: u64,
    /// The name that the package itself has for the application.
    pub name_inside: String,
    /// When its content was published first, and by whom.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: String,
    /// Where just this content runs now.
    pub runs_in: Vec<EnvironmentRef>,
    /// The other environments where its content was.
    pub was_in: Vec<EnvironmentRef>,
    /// Other versions of the same content, newest first.
    pub same_content: Vec<VersionNumber>,
    /// The version before it by number.
    pub before: Option<VersionNumber>,
    /// Plans that name it, newest first, as far as the caller may see them.
    pub plans: Vec<UsedBy>,
    /// Deployments that brought it or took it out, newest first, as far as the caller may see them.
    pub deployments: Vec<UsedBy>,
    /// Its modules.
    pub modules: Vec<ModuleView>,
    /// Its settings: name, kind and default; without one each environment has to set it.
    pub settings: Vec<(String, String, Option<String>)>,
    /// What it uses of other applications.
    pub producers: Vec<RelationView>,
    /// Where its content can be tagged again, with the number that is proposed there.
    pub again: Vec<AgainView>,
    /// Whether the caller may delete it now.
    #[serde(serialize_with = "super::possible")]
    pub delete: Possible,
}

/// An environment where an older content can be tagged again, to go back there (R03).
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct AgainView {
    /// The environment.
    pub environment: EnvironmentRef,
    /// What runs there; none where the application is not there.
    pub runs: Option<String>,
    /// The number that is proposed (R23).
    pub proposed: VersionNumber,
}

/// One side of a comparison.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct Side {
    /// How it is asked for: a number, or `in:` and the key of an environment.
    pub of: String,
    /// What people read, such as `1.4.0` or `Production (1.4.0+)`.
    pub label: String,
    /// The package's SHA-256.
    pub sha256: String,
    /// The package's size in bytes.
    pub size: u64,
    /// Files in it.
    pub files: u64,
}

/// What differs between two contents of an application.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct VersionComparison {
    /// The application.
    pub application: ApplicationRef,
    /// What can be chosen: how it is asked for, and what people read.
    pub choices: Vec<(String, String)>,
    /// The first; none where nothing was asked yet.
    pub from: Option<Side>,
    /// The second.
    pub to: Option<Side>,
    /// Whether both are the same bytes.
    pub same: bool,
    /// What differs.
    pub differs: Comparison,
}

/// An application that can be tagged in an environment.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ModifiedView {
    /// The application.
    pub application: ApplicationRef,
    /// What runs, such as `1.4.0+`.
    pub runs: String,
    /// When it came.
    pub changed_at: Timestamp,
    /// Who brought it.
    pub changed_by: String,
    /// The number that is proposed (R23).
    pub proposed: VersionNumber,
    /// What it goes on from.
    pub ground: Ground,
    /// Whether the caller may tag it.
    #[serde(serialize_with = "super::possible")]
    pub tag: Possible,
}

/// What can be tagged in an environment at once.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ModifiedPage {
    /// The environment.
    pub environment: EnvironmentRef,
    /// The modified applications that the caller may list, by name.
    pub rows: super::Paged<ModifiedView>,
}
