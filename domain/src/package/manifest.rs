//! The manifest of a package: what it is, which modules it is made of, what they produce and consume.

use super::serving::{CONCURRENT, HostName, ProcessLimits, VirtualDirectory};
use super::timer::{JobHandler, Timer};
use super::{Database, PackageError};
use crate::setting::SettingKind;
use crate::text::{Key, Name, VersionNumber, shorten};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The format that this version reads and writes.
pub const FORMAT: u32 = 1;
/// How long a module may take to become ready where its manifest says nothing, seconds.
pub const READY_SECONDS_DEFAULT: u32 = 20;
/// The longest that a manifest may ask for, seconds.
pub const READY_SECONDS_MAX: u32 = 600;

/// A manifest, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The application that the package is a revision of.
    pub application: Application,
    /// Its modules, at least one.
    #[serde(default)]
    pub modules: Vec<Module>,
    /// Values that an environment may set.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// Work that the scheduler starts at times.
    #[serde(default)]
    pub timers: Vec<Timer>,
    /// What works off the jobs that the application puts into the queue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<JobHandler>,
    /// Programs that are run on each front-end around a deployment.
    #[serde(default)]
    pub hooks: Vec<Hook>,
    /// The database that it needs, where it needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<Database>,
}

/// The application that a package is a revision of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Its key, unique in the infrastructure.
    pub key: Key,
    /// Its name for people.
    pub name: Name,
    /// One or two sentences, at most 500 characters.
    #[serde(default)]
    pub description: String,
    /// What it is to its users.
    pub kind: ApplicationKind,
    /// The version that the package claims to be, where it does.
    #[serde(default)]
    pub version: Option<VersionNumber>,
    /// The oldest Platform Server that can run it, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<VersionNumber>,
}

/// What an application is to its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationKind {
    /// People open it in a browser.
    Web,
    /// Programs call it.
    Service,
    /// Other applications are built on it.
    Library,
}

/// One part of an application, served under a virtual directory of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    /// Its key, unique in the package; its files lie in `modules/<key>/`.
    pub key: Key,
    /// Its name for people.
    pub name: Name,
    /// How it is run.
    pub kind: ModuleKind,
    /// Where a front-end serves it; unique in an environment.
    pub virtual_directory: VirtualDirectory,
    /// A host name of its own, where it answers at `/` too; unique in an environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostName>,
    /// Processes only: the program inside the module's folder (`./…`) and its arguments.
    #[serde(default)]
    pub command: Vec<String>,
    /// What must answer 200 (process) or exist (static) before the module counts as ready.
    #[serde(default)]
    pub ready: Option<String>,
    /// How long it may take to become ready, seconds.
    #[serde(default)]
    pub ready_seconds: Option<u32>,
    /// Processes only: how many requests it works on at once, where that is less than the front-end allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrent: Option<u32>,
    /// Processes only: what it may take of its front-end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<ProcessLimits>,
    /// What it offers to other applications.
    #[serde(default)]
    pub produces: Vec<Produced>,
    /// What it needs of other applications.
    #[serde(default)]
    pub consumes: Vec<Consumed>,
}

impl Module {
    /// The path of the readiness check within the module, beginning with `/`.
    #[must_use]
    pub fn ready_path(&self) -> &str {
        match (&self.ready, self.kind) {
            (Some(path), _) => path,
            (None, ModuleKind::Static) => "/index.html",
            (None, ModuleKind::Process) => "/",
        }
    }

    /// How long it may take to become ready, seconds.
    #[must_use]
    pub fn ready_seconds(&self) -> u32 {
        self.ready_seconds.unwrap_or(READY_SECONDS_DEFAULT)
    }
}

/// How a module is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModuleKind {
    /// Files that the front-end serves itself.
    Static,
    /// A program that the front-end starts, watches and forwards requests to.
    Process,
}

/// The sorts of elements that modules share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElementKind {
    /// A page that others link to.
    Screen,
    /// A piece of a page that others show.
    Block,
    /// Colours, type and styles.
    Theme,
    /// A script that others load.
    Script,
    /// An operation that others call over HTTP.
    Service,
    /// Data that others read.
    Entity,
    /// Any other file.
    Resource,
}

/// An element that a module offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Produced {
    /// Its name, unique in the module.
    pub name: Name,
    /// Its sort.
    pub kind: ElementKind,
    /// Changes when consumers must follow. Compared byte for byte: a version of the element's contract, a hash, or the shape itself.
    pub signature: String,
}

/// An element that a module needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consumed {
    /// The producing application's key.
    pub application: Key,
    /// The key of its module.
    pub module: Key,
    /// The element's name.
    pub element: Name,
    /// The signature that this module was built against.
    pub signature: String,
}

/// A value that the application reads when it runs; processes are handed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Its key, unique in the package.
    pub key: Key,
    /// Its name for people.
    pub name: Name,
    /// What a value looks like.
    pub kind: SettingKind,
    /// The value where an environment sets none; without one each environment has to set it. Secrets have none.
    #[serde(default)]
    pub default: Option<String>,
    /// One or two sentences.
    #[serde(default)]
    pub description: String,
}

/// A program of the package that is run on each front-end around a deployment, so that something else than a module can be brought: a systemd unit,
/// a container, whatever existing tools install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// When it runs.
    pub phase: HookPhase,
    /// The program in the package's folder `hooks`, written as `./<file>`, and its arguments.
    pub command: Vec<String>,
    /// How long it may take, seconds; [`HOOK_SECONDS_DEFAULT`] where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// How long a hook may take where the manifest does not say, seconds.
pub const HOOK_SECONDS_DEFAULT: u32 = 60;
/// How long a hook may take at most, seconds.
pub const HOOK_SECONDS_MAX: u32 = 600;

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookPhase {
    /// Before the release's files are put beside the others; what runs is untouched.
    BeforeInstall,
    /// Once they are there; what runs is untouched.
    AfterInstall,
    /// When the release becomes the running one, and whenever the Platform Server starts.
    Start,
    /// When it is so no longer.
    Stop,
    /// After the start: says by its end whether it runs well.
    Validate,
}

impl HookPhase {
    /// The word in the manifest.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::BeforeInstall => "before_install",
            Self::AfterInstall => "after_install",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Validate => "validate",
        }
    }
}

impl Hook {
    /// How long it may take, seconds.
    #[must_use]
    pub fn seconds(&self) -> u32 {
        self.seconds.unwrap_or(HOOK_SECONDS_DEFAULT)
    }

    /// The program's file in the folder `hooks`.
    #[must_use]
    pub fn program(&self) -> &str {
        self.command.first().map_or("", |program| program.trim_start_matches("./"))
    }

    fn check(&self) -> Result<(), PackageError> {
        let fault = |reason: String| Err(refused(&format!(", hook {}", self.phase.word()), reason));
        if let Some(reason) = command_fault(&self.command, "the folder hooks") {
            return fault(reason);
        }
        if !(1..=HOOK_SECONDS_MAX).contains(&self.seconds()) {
            return fault(format!("seconds must be 1 to {HOOK_SECONDS_MAX}."));
        }
        Ok(())
    }
}

/// What is wrong with a command whose program has to lie in a folder of the package.
fn command_fault(command: &[String], folder: &str) -> Option<String> {
    let program = command.first().map_or("", String::as_str);
    let inside = program.strip_prefix("./").filter(|rest| super::path::fault(rest).is_none());
    if inside.is_none() {
        return Some(format!(
            "the program “{}” must lie in {folder}: write it as ./<file>.",
            shorten(program)
        ));
    }
    if command.len() > 64 || command.iter().any(|a| a.len() > 4096 || a.chars().any(char::is_control)) {
        return Some(
            "the command has more than 64 words, or a word that is too long or has control characters."
                .to_owned(),
        );
    }
    None
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// One sentence that names the place: the line, or the module, element or setting.
    pub fn parse(text: &str) -> Result<Self, PackageError> {
        let located = |error: &toml::de::Error| {
            let (place, reason) = toml_fault(text, error);
            PackageError::Manifest { place, reason }
        };
        let table: toml::Table = toml::from_str(text).map_err(|e| located(&e))?;
        match table.get("format").map(|f| f.as_integer()) {
            Some(Some(format)) if format == i64::from(FORMAT) => {}
            Some(Some(format)) => {
                return Err(refused(
                    "",
                    format!("the format is {format}; this version of Towpath reads format {FORMAT}."),
                ));
            }
            _ => {
                return Err(refused(
                    "",
                    format!("the format is missing: write “format = {FORMAT}” on the first line."),
                ));
            }
        }
        let manifest: Self = toml::from_str(text).map_err(|e| located(&e))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// The setting's keys and default values, as a running module gets them.
    pub fn setting_defaults(&self) -> impl Iterator<Item = (&Key, &str)> {
        self.settings.iter().filter_map(|s| s.default.as_deref().map(|value| (&s.key, value)))
    }

    fn check(&self) -> Result<(), PackageError> {
        let about = self.application.description.chars().count();
        if about > 500 {
            return Err(refused(
                ", [application]",
                format!("the description has {about} characters; at most 500 are allowed."),
            ));
        }
        if self.modules.is_empty() {
            return Err(refused("", "there is no module: write at least one [[modules]].".to_owned()));
        }
        if self.modules.len() > 64 {
            return Err(refused(
                "",
                format!("there are {} modules; at most 64 are allowed.", self.modules.len()),
            ));
        }
        unique(self.modules.iter().map(|m| m.key.to_string()), "the module key")?;
        unique(self.modules.iter().map(|m| m.virtual_directory.to_string()), "the virtual directory")?;
        unique(self.modules.iter().filter_map(|m| m.host.as_ref().map(ToString::to_string)), "the host")?;
        unique(self.settings.iter().map(|s| s.key.to_string()), "the setting")?;
        self.modules.iter().try_for_each(|m| m.check(&self.application.key))?;
        unique(self.hooks.iter().map(|h| h.phase.word().to_owned()), "the hook")?;
        self.hooks.iter().try_for_each(Hook::check)?;
        self.database.iter().try_for_each(Database::check)?;
        self.settings.iter().try_for_each(Setting::check)?;
        self.check_work()
    }
}

impl Module {
    fn check(&self, own: &Key) -> Result<(), PackageError> {
        let fault = |reason: String| Err(refused(&format!(", module “{}”", self.key), reason));
        match (self.kind, self.command.first()) {
            (ModuleKind::Static, Some(_)) => {
                return fault(
                    "a static module has no command; remove it or write kind = \"process\".".to_owned(),
                );
            }
            (ModuleKind::Process, None) => {
                return fault(
                    "a process needs a command, such as command = [\"./tide-service\"].".to_owned(),
                );
            }
            (ModuleKind::Process, Some(_)) => {
                if let Some(reason) = command_fault(&self.command, "the module's own folder") {
                    return fault(reason);
                }
            }
            (ModuleKind::Static, None) if self.limits.is_some() || self.concurrent.is_some() => {
                return fault("a static module has neither limits nor concurrent: remove them.".to_owned());
            }
            (ModuleKind::Static, None) => {}
        }
        if self.concurrent.is_some_and(|n| !CONCURRENT.contains(&n)) {
            return fault(format!("concurrent must be {} to {}.", CONCURRENT.start(), CONCURRENT.end()));
        }
        if let Some(reason) = self.limits.and_then(|limits| limits.fault()) {
            return fault(reason);
        }
        if let Some(path) = &self.ready {
            let sound = path.starts_with('/')
                && path.len() <= 200
                && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'#')
                && !path.split(['/', '?']).any(|part| part == "..");
            if !sound {
                return fault(format!(
                    "ready = “{}” is no path: begin with “/”, without spaces and “..”.",
                    shorten(path)
                ));
            }
        }
        if !(1..=READY_SECONDS_MAX).contains(&self.ready_seconds()) {
            return fault(format!("ready_seconds must be 1 to {READY_SECONDS_MAX}."));
        }
        unique(
            self.produces.iter().map(|p| p.name.to_string()),
            &format!("module “{}”: the produced element", self.key),
        )?;
        unique(
            self.consumes.iter().map(|c| format!("{}/{}/{}", c.application, c.module, c.element)),
            &format!("module “{}”: the consumed element", self.key),
        )?;
        if self.consumes.iter().any(|c| c.application == *own) {
            return fault(
                "it consumes an element of its own application; only elements of others are listed."
                    .to_owned(),
            );
        }
        let mut signatures = self
            .produces
            .iter()
            .map(|p| (&p.name, &p.signature))
            .chain(self.consumes.iter().map(|c| (&c.element, &c.signature)));
        match signatures
            .find(|(_, s)| s.trim().is_empty() || s.len() > 200 || s.chars().any(char::is_control))
        {
            Some((element, _)) => {
                fault(format!("the signature of “{element}” must have 1 to 200 characters on one line."))
            }
            None => Ok(()),
        }
    }
}

impl Setting {
    /// Whether an environment has to set it: there is no default.
    #[must_use]
    pub const fn is_needed(&self) -> bool {
        self.default.is_none()
    }

    /// Its name and key, as sentences have it: `Name of the harbour (harbour)`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} ({})", self.name, self.key)
    }

    fn check(&self) -> Result<(), PackageError> {
        let fault = |reason: String| Err(refused(&format!(", setting “{}”", self.key), reason));
        let about = self.description.chars().count();
        if about > 500 {
            return fault(format!("the description has {about} characters; at most 500 are allowed."));
        }
        match &self.default {
            None => Ok(()),
            Some(_) if self.kind.is_secret() => fault(
                "a secret has no default, since a package is no place for it: remove the default.".to_owned(),
            ),
            Some(value) => match self.kind.check(value) {
                Ok(()) => Ok(()),
                Err(why) => fault(format!("the default cannot be used. {why}")),
            },
        }
    }
}

pub(super) fn refused(place: &str, reason: String) -> PackageError {
    PackageError::Manifest { place: place.to_owned(), reason }
}

pub(super) fn unique(values: impl Iterator<Item = String>, what: &str) -> Result<(), PackageError> {
    let mut seen = HashSet::new();
    for value in values {
        if !seen.insert(value.clone()) {
            return Err(refused("", format!("{what} “{value}” is there twice.")));
        }
    }
    Ok(())
}

/// The place and one sentence of an error of the TOML reader, whose own text runs over several lines.
pub(super) fn toml_fault(text: &str, error: &toml::de::Error) -> (String, String) {
    let place = error.span().map_or_else(String::new, |span| {
        let line = text.as_bytes()[..span.start.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1;
        format!(", line {line}")
    });
    let mut reason = error.message().split('\n').map(str::trim).collect::<Vec<_>>().join(", ");
    if !reason.ends_with('.') {
        reason.push('.');
    }
    (place, reason)
}
