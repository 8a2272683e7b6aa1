//! What a package lets the scheduler start: timers, and the handlers of jobs that the application itself puts into the queue.

use super::PackageError;
use super::manifest::{Manifest, Module, ModuleKind, Setting, refused, unique};
use crate::setting::SettingKind;
use crate::text::{Key, Name, shorten};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long a call of the scheduler may take where the manifest says nothing, seconds.
pub const WORK_SECONDS_DEFAULT: u32 = 60;
/// The longest that a manifest may allow, seconds.
pub const WORK_SECONDS_MAX: u32 = 3600;
/// How often a job that failed is tried again where the manifest says nothing.
pub const RETRIES_DEFAULT: u32 = 5;
/// The most that a manifest or an application may ask for.
pub const RETRIES_MAX: u32 = 20;
/// Timers of a package, and handlers of jobs, at most.
const EACH_MAX: usize = 32;
/// The time zone of a timer that names none.
const UTC: &str = "UTC";

/// Work that the scheduler starts at times, once in the whole farm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    /// Its key, unique among the package's timers. A setting of the same key and of kind `timer` holds the schedule instead.
    pub key: Key,
    /// Its name for people.
    pub name: Name,
    /// The process module that does the work.
    pub module: Key,
    /// The path below the module's virtual directory that is called. Nobody else can call it.
    pub path: String,
    /// When, in cron's five fields.
    pub schedule: String,
    /// The IANA name of the zone in which the schedule is meant; UTC where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// What becomes of a time that nobody kept.
    #[serde(default, skip_serializing_if = "Missed::is_once")]
    pub missed: Missed,
    /// How long it may take, seconds; 60 where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// What becomes of times that nobody kept, because the scheduler was not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// One run stands for all of them, as soon as the scheduler is back.
    #[default]
    Once,
    /// They are left out; the next time counts.
    Skip,
}

impl Missed {
    fn is_once(&self) -> bool {
        *self == Self::Once
    }
}

/// A part of a module that works off jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobHandler {
    /// Its key, unique among the package's handlers: an application names it when it puts a job into the queue.
    pub key: Key,
    /// Its name for people.
    pub name: Name,
    /// The process module that does the work.
    pub module: Key,
    /// The path below the module's virtual directory that is called. Nobody else can call it.
    pub path: String,
    /// How long one try may take, seconds; 60 where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// How often a job that failed is tried again; 5 where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
}

impl Timer {
    /// How long it may take, seconds.
    #[must_use]
    pub fn seconds(&self) -> u32 {
        self.seconds.unwrap_or(WORK_SECONDS_DEFAULT)
    }

    /// The zone in which its schedule is meant.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        self.time_zone.as_deref().unwrap_or(UTC)
    }

    fn check(&self, manifest: &Manifest) -> Result<(), PackageError> {
        let place = format!(", timer “{}”", self.key);
        let fault = |reason: String| Err(refused(&place, reason));
        check_call(manifest, &place, &self.module, &self.path, self.seconds())?;
        if let Err(why) = SettingKind::Timer.check(&self.schedule) {
            return fault(format!("the schedule cannot be used. {why}"));
        }
        if !is_zone(self.time_zone()) {
            return fault(format!(
                "“{}” is no time zone: write its IANA name, such as Europe/Vienna.",
                shorten(self.time_zone())
            ));
        }
        match manifest.settings.iter().find(|setting| setting.key == self.key) {
            Some(setting) if setting.kind != SettingKind::Timer => fault(format!(
                "the setting “{}” has its key, and so holds its schedule: write kind = \"timer\" there, or choose another key.",
                setting.key
            )),
            _ => Ok(()),
        }
    }
}

impl JobHandler {
    /// How long one try may take, seconds.
    #[must_use]
    pub fn seconds(&self) -> u32 {
        self.seconds.unwrap_or(WORK_SECONDS_DEFAULT)
    }

    /// How often a job that failed is tried again.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.retries.unwrap_or(RETRIES_DEFAULT)
    }

    fn check(&self, manifest: &Manifest) -> Result<(), PackageError> {
        let place = format!(", job “{}”", self.key);
        check_call(manifest, &place, &self.module, &self.path, self.seconds())?;
        if self.retries() > RETRIES_MAX {
            return Err(refused(&place, format!("retries must be 0 to {RETRIES_MAX}.")));
        }
        Ok(())
    }
}

/// What timers and handlers have in common: a process module, a path of its own in it, and a limit.
fn check_call(
    manifest: &Manifest,
    place: &str,
    module: &Key,
    path: &str,
    seconds: u32,
) -> Result<(), PackageError> {
    let fault = |reason: String| Err(refused(place, reason));
    let Some(module) = manifest.modules.iter().find(|one| one.key == *module) else {
        return fault(format!("there is no module “{module}”."));
    };
    if module.kind == ModuleKind::Static {
        return fault(format!(
            "the module “{}” is static, and files do no work: name a process.",
            module.key
        ));
    }
    let part = |part: &str| {
        let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
        !part.is_empty() && part != "." && part != ".." && part != "_towpath" && part.bytes().all(sound)
    };
    let sound = path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(part)) && path.len() <= 200;
    if !sound {
        return fault(format!(
            "path = “{}” is no path: write “/” and parts of letters, digits, “-”, “_”, “.” and “~”, such as /tasks/tidy.",
            shorten(path)
        ));
    }
    if comparable(path) == comparable(module.ready_path()) {
        return fault(format!(
            "the path {path} is the readiness check, which everybody may ask: choose another."
        ));
    }
    if !(1..=WORK_SECONDS_MAX).contains(&seconds) {
        return fault(format!("seconds must be 1 to {WORK_SECONDS_MAX}."));
    }
    Ok(())
}

/// Whether a text has the form of an IANA name. Whether there is such a zone, the Platform Server says that is to keep it.
fn is_zone(text: &str) -> bool {
    let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'/');
    (1..=64).contains(&text.len())
        && text.bytes().all(sound)
        && text.split('/').all(|part| part.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

impl Manifest {
    /// The schedule of a timer that counts with these values of settings: the value of the setting of the same key, else its default,
    /// else the timer's own.
    #[must_use]
    pub fn schedule_in_force<'a>(&'a self, timer: &'a Timer, values: &'a crate::setting::Values) -> &'a str {
        let setting = self.settings.iter().find(|setting| setting.key == timer.key);
        let value = setting.and_then(|Setting { key, default, .. }| values.0.get(key).or(default.as_ref()));
        value.filter(|value| SettingKind::Timer.check(value).is_ok()).map_or(&timer.schedule, String::as_str)
    }

    /// The paths of a module that only the scheduler may call, in the form of [`comparable`].
    #[must_use]
    pub fn closed_paths(&self, module: &Module) -> Vec<String> {
        let timers = self.timers.iter().map(|timer| (&timer.module, &timer.path));
        let jobs = self.jobs.iter().map(|job| (&job.module, &job.path));
        timers.chain(jobs).filter(|(of, _)| **of == module.key).map(|(_, path)| comparable(path)).collect()
    }

    pub(super) fn check_work(&self) -> Result<(), PackageError> {
        for (what, count) in [("timers", self.timers.len()), ("jobs", self.jobs.len())] {
            if count > EACH_MAX {
                return Err(refused(
                    "",
                    format!("there are {count} {what}; at most {EACH_MAX} are allowed."),
                ));
            }
        }
        unique(self.timers.iter().map(|timer| timer.key.to_string()), "the timer")?;
        unique(self.jobs.iter().map(|job| job.key.to_string()), "the job")?;
        self.timers.iter().try_for_each(|timer| timer.check(self))?;
        self.jobs.iter().try_for_each(|job| job.check(self))
    }
}

/// A path as the most forgiving program would read it: percent signs decoded, empty parts, `.` and `..` resolved, parameters behind `;` and
/// the difference of capitals left out. What is closed is compared in this form, so that no other spelling opens it.
#[must_use]
pub fn comparable(path: &str) -> String {
    let mut text = path.as_bytes().to_vec();
    // A program may decode twice; more than that changes nothing any more that could be sent.
    for _ in 0..3 {
        text = decoded(&text);
    }
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase().replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split(['?', '#']).next().unwrap_or_default().split('/') {
        match part.split(';').next().unwrap_or_default().trim_matches(['\0', ' ']) {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|b| char::from(*b).to_digit(16));
    let (mut out, mut at) = (Vec::with_capacity(text.len()), 0);
    while at < text.len() {
        match (text[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::Values;

    const SOUND: &str = r#"format = 1
[application]
key = "tides"
name = "Tides"
kind = "service"
[[modules]]
key = "tides"
name = "Tides"
kind = "process"
virtual_directory = "/tides"
command = ["./s"]
ready = "/healthz"
[[modules]]
key = "page"
name = "Page"
kind = "static"
virtual_directory = "/page"
"#;

    fn timer(more: &str) -> Result<Manifest, PackageError> {
        let own = more.split("[[").next().unwrap_or_default();
        let base = [("module", "\"tides\""), ("path", "\"/tasks/tidy\""), ("schedule", "\"0 3 * * *\"")];
        let mut text = format!("{SOUND}[[timers]]\nkey = \"tidy\"\nname = \"Tidy up\"\n");
        for (name, value) in base.into_iter().filter(|(name, _)| !own.contains(&format!("{name} ="))) {
            text.push_str(&format!("{name} = {value}\n"));
        }
        Manifest::parse(&format!("{text}{more}"))
    }

    fn job(more: &str) -> Result<Manifest, PackageError> {
        let path = if more.contains("path =") { "" } else { "path = \"/jobs/letter\"\n" };
        Manifest::parse(&format!(
            "{SOUND}[[jobs]]\nkey = \"letter\"\nname = \"Letters\"\nmodule = \"tides\"\n{path}{more}"
        ))
    }

    #[test]
    fn timers_and_handlers_of_jobs_are_read() {
        let manifest = timer("").unwrap();
        let read = &manifest.timers[0];
        assert_eq!((read.time_zone(), read.missed, read.seconds()), ("UTC", Missed::Once, 60));
        let said = "time_zone = \"Europe/Vienna\"\nmissed = \"skip\"\nseconds = 3600";
        let manifest = timer(said).unwrap();
        let read = &manifest.timers[0];
        assert_eq!((read.time_zone(), read.missed, read.seconds()), ("Europe/Vienna", Missed::Skip, 3600));
        for zone in ["UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "America/Port-au-Prince"] {
            assert!(timer(&format!("time_zone = \"{zone}\"")).is_ok(), "{zone}");
        }
        let manifest = job("retries = 0\nseconds = 5").unwrap();
        assert_eq!((manifest.jobs[0].retries(), manifest.jobs[0].seconds()), (0, 5));
        assert_eq!(job("").unwrap().jobs[0].retries(), RETRIES_DEFAULT);
    }

    #[test]
    fn a_manifest_without_them_is_written_as_before() {
        let manifest = Manifest::parse(SOUND).unwrap();
        let text = serde_json::to_string(&manifest).unwrap();
        assert!(text.contains("\"timers\":[]") && !text.contains("jobs"), "{text}");
        let with = timer("").unwrap();
        let text = serde_json::to_string(&with).unwrap();
        assert!(!text.contains("missed") && !text.contains("time_zone"), "{text}");
        assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), with);
    }

    #[test]
    fn what_cannot_be_kept_is_refused_with_its_place() {
        for (more, expected) in [
            ("module = \"moon\"", "timer “tidy”: there is no module “moon”."),
            ("module = \"page\"", "is static, and files do no work"),
            ("path = \"tasks\"", "is no path"),
            ("path = \"/\"", "is no path"),
            ("path = \"/a/../b\"", "is no path"),
            ("path = \"/a%2fb\"", "is no path"),
            ("path = \"/a?b\"", "is no path"),
            ("path = \"/_towpath/x\"", "is no path"),
            ("path = \"/Healthz\"", "is the readiness check"),
            ("schedule = \"daily\"", "the schedule cannot be used. “daily” is no schedule"),
            ("schedule = \"0 3 * * 7\"", "is no schedule"),
            ("time_zone = \"Europe Vienna\"", "is no time zone"),
            ("time_zone = \"../etc\"", "is no time zone"),
            ("time_zone = \"\"", "is no time zone"),
            ("seconds = 0", "seconds must be 1 to 3600."),
            ("seconds = 3601", "seconds must be 1 to 3600."),
            ("missed = \"twice\"", "unknown variant `twice`"),
            ("often = 1", "unknown field `often`"),
            (
                "[[settings]]\nkey = \"tidy\"\nname = \"T\"\nkind = \"text\"",
                "the setting “tidy” has its key, and so holds its schedule",
            ),
            (
                "[[timers]]\nkey = \"tidy\"\nname = \"T\"\nmodule = \"tides\"\npath = \"/x\"\nschedule = \"0 3 * * *\"",
                "the timer “tidy” is there twice.",
            ),
        ] {
            let said = timer(more).unwrap_err().to_string();
            assert!(said.contains(expected), "{more}: {said}");
        }
        for (more, expected) in [
            ("retries = 21", "job “letter”: retries must be 0 to 20."),
            ("seconds = 0", "job “letter”: seconds must be"),
            ("path = \"/\"", "job “letter”: path = “/” is no path"),
        ] {
            let said = job(more).unwrap_err().to_string();
            assert!(said.contains(expected), "{more}: {said}");
        }
    }

    #[test]
    fn an_environment_may_change_the_schedule_by_the_setting_of_the_same_key() {
        let in_force = |setting: &str, value: Option<&str>| {
            let manifest = timer(setting).unwrap();
            let values = value.map(|value| ("tidy".parse().unwrap(), value.to_owned()));
            manifest.schedule_in_force(&manifest.timers[0], &Values(values.into_iter().collect())).to_owned()
        };
        let setting = "[[settings]]\nkey = \"tidy\"\nname = \"When\"\nkind = \"timer\"\n";
        let with_default = format!("{setting}default = \"0 4 * * *\"");
        assert_eq!(in_force("", Some("0 5 * * *")), "0 3 * * *", "there is no such setting");
        assert_eq!(in_force(setting, None), "0 3 * * *");
        assert_eq!(in_force(setting, Some("0 5 * * *")), "0 5 * * *");
        assert_eq!(in_force(&with_default, None), "0 4 * * *");
        assert_eq!(in_force(&with_default, Some("0 5 * * *")), "0 5 * * *");
        assert_eq!(in_force(setting, Some("never")), "0 3 * * *", "no schedule");
    }

    #[test]
    fn no_other_spelling_opens_a_closed_path() {
        for other in [
            "/tasks/tidy",
            "/tasks/tidy/",
            "//tasks//tidy",
            "/./tasks/x/../tidy",
            "/Tasks/TIDY",
            "/tasks/t%69dy",
            "/tasks%2Ftidy",
            "/tasks/%2574idy",
            "/tasks;a=b/tidy;c",
            "/tasks/tidy%00",
            "/tasks/tidy%3Fx",
            "/tasks\\tidy",
        ] {
            assert_eq!(comparable(other), "/tasks/tidy", "{other}");
        }
        for open in ["/tasks", "/tasks/tidy-up", "/tasks/tidy/x", "/", "/%", "/tasks/%zz"] {
            assert_ne!(comparable(open), "/tasks/tidy", "{open}");
        }
        let manifest = timer("").unwrap();
        assert_eq!(manifest.closed_paths(&manifest.modules[0]), ["/tasks/tidy"]);
        assert!(manifest.closed_paths(&manifest.modules[1]).is_empty());
    }
}
