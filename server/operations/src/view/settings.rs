//! Settings of applications: by environment, in a plan, and as a deployment ran with them. Secrets are told of as set, and no more.

use super::{ApplicationRef, EnvironmentRef, Possible};
use domain::id::DeploymentId;
use domain::package::compare::Change;
use domain::setting::{Origin, SettingKind, Told};
use domain::time::Timestamp;
use serde::Serialize;

/// The settings of an application in an environment.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct SettingsPage {
    /// The application.
    pub application: ApplicationRef,
    /// The environment.
    pub environment: EnvironmentRef,
    /// What runs there, such as `1.4.0+`; none where it is not there.
    pub runs: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// The deployment that brought it.
    pub deployment: Option<DeploymentId>,
    /// What the running version has, in the order of its manifest.
    pub settings: Vec<SettingView>,
    /// Values of settings that the running version does not have any more. They are kept.
    pub unused: Vec<OwnView>,
    /// How many settings count otherwise than what runs was started with.
    pub to_apply: u64,
    /// Whether the caller may set and clear them.
    #[serde(serialize_with = "super::possible")]
    pub change: Possible,
    /// Whether the caller may apply them; none where there is nothing to apply.
    #[serde(serialize_with = "super::perhaps_possible")]
    pub apply: Option<Possible>,
}

/// A setting of an application in an environment.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct SettingView {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What a value looks like.
    pub kind: SettingKind,
    /// It has no default, so that each environment has to set it.
    pub needed: bool,
    /// The package's default.
    pub default: Option<String>,
    /// Where what counts comes from.
    pub origin: Origin,
    /// What counts.
    pub value: Told,
    /// The environment's own value; none where it has none.
    pub own: Option<OwnView>,
    /// Whether the environment's own value is one for this version; where it is not, it does not count.
    pub fits: bool,
    /// What it runs with.
    pub runs_with: Told,
    /// Whether that is what counts.
    pub applied: bool,
}

/// A value that an environment has of its own.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct OwnView {
    /// The setting's key.
    pub key: String,
    /// What it was set as.
    pub kind: SettingKind,
    /// The value.
    pub value: Told,
    /// When it was set.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// A setting of one application in a plan: now, and next.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct PlanSettingView {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What a value looks like.
    pub kind: SettingKind,
    /// It has no default, so that the target has to have a value.
    pub needed: bool,
    /// What becomes of it; none where it stays as it is.
    pub change: Option<Change>,
    /// What the target runs with now; none where that has no such setting.
    pub now: Option<Told>,
    /// What it would run with next; none where the setting falls away.
    pub next: Option<Told>,
    /// Where that comes from.
    pub origin: Option<Origin>,
    /// Who set it in the plan, and when.
    pub planned: Option<(String, Timestamp)>,
}

/// A setting as a deployment ran an application with it.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct SnapshotView {
    /// Its key.
    pub key: String,
    /// Its name at that time.
    pub name: String,
    /// Its kind at that time.
    pub kind: SettingKind,
    /// Where the value came from.
    pub origin: Origin,
    /// The value.
    pub value: Told,
    /// What ran before; none where that had no such setting.
    pub before: Option<Told>,
    /// Whether that was another value.
    pub changed: bool,
}
