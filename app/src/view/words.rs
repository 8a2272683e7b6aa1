//! Words for states and counts. One place, so that a state is called the same on every page.

use super::icons::Icon;
use super::tone::{Look, Tone};
use domain::architecture::rules::Severity;
use domain::architecture::words::Topology;
use domain::dependency::Bond;
use domain::environment::{Health, Purpose};
use operations::view::{Count, HotfixState, Running};

/// A count, such as `12`, or `1000+` where counting stopped.
#[must_use]
pub fn count(count: Count) -> String {
    if count.capped { format!("{}+", count.n) } else { count.n.to_string() }
}

/// A number with its noun: `1 server`, `2 servers`.
#[must_use]
pub fn of(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// A count with its noun.
#[must_use]
pub fn counted(number: Count, one: &str, many: &str) -> String {
    if number.n == 1 && !number.capped { format!("1 {one}") } else { format!("{} {many}", count(number)) }
}

/// How the console knows an environment.
#[must_use]
pub fn health(health: Health) -> Look {
    match health {
        Health::Healthy => Look::new(Tone::Ok, Icon::Check, "Healthy"),
        Health::Impaired => Look::new(Tone::Warn, Icon::Alert, "Impaired"),
        Health::Unknown => Look::new(Tone::Bad, Icon::Question, "Unknown"),
        Health::NotEnrolled => Look::new(Tone::Plain, Icon::Circle, "Not enrolled"),
    }
}

/// A topology at the beginning of a line.
#[must_use]
pub const fn topology(topology: Topology) -> &'static str {
    match topology {
        Topology::Standalone => "Standalone",
        Topology::Farm => "Farm",
    }
}

/// What a health means, in one sentence.
#[must_use]
pub const fn health_sentence(health: Health) -> &'static str {
    match health {
        Health::Healthy => "The controller reported in time, and every front-end answers it.",
        Health::Impaired => {
            "The controller reported in time, but a front-end does not answer it or an application is not ready."
        }
        Health::Unknown => {
            "The controller has not reported for more than 15 seconds. What is shown is what it said last."
        }
        Health::NotEnrolled => "No Platform Server has enrolled here yet.",
    }
}

/// What runs, without the mark of being modified: the version, or the revision where nothing was tagged.
#[must_use]
pub fn version(running: &Running) -> String {
    running.version.as_ref().map_or_else(|| running.revision.clone(), ToString::to_string)
}

/// What is special about what runs; none if it is a version and at rest.
#[must_use]
pub fn running(running: &Running) -> Option<Look> {
    match running.moving {
        Some((_, Some(percent))) => return Some(Look::new(Tone::Run, Icon::Up, format!("{percent} %"))),
        Some((_, None)) => return Some(Look::new(Tone::Wait, Icon::Clock, "Queued")),
        None => {}
    }
    if running.hotfix == Some(HotfixState::Pending) {
        return Some(Look::new(Tone::Bad, Icon::Differ, "Hotfix"));
    }
    if running.mixed {
        return Some(Look::new(Tone::Bad, Icon::Alert, "Mixed"));
    }
    if let Some(look) = unmet(running.bond) {
        return Some(look);
    }
    match (&running.version, running.modified) {
        (None, _) => Some(Look::new(Tone::Warn, Icon::Tag, "Not tagged")),
        (Some(_), true) => Some(Look::new(Tone::Warn, Icon::Alert, "Modified")),
        (Some(_), false) => None,
    }
}

/// How the dependencies of what runs stand; none where there is nothing to say.
#[must_use]
pub fn unmet(bond: Option<Bond>) -> Option<Look> {
    let bond = bond.filter(|bond| *bond != Bond::Met)?;
    let word = if bond == Bond::Outdated { "Outdated" } else { "Broken" };
    Some(Look { word: word.to_owned(), ..self::bond(bond) })
}

/// How a dependency stands.
#[must_use]
pub fn bond(bond: Bond) -> Look {
    let (tone, icon) = match bond {
        Bond::Met => (Tone::Ok, Icon::Check),
        Bond::Outdated => (Tone::Warn, Icon::Clock),
        Bond::Incompatible | Bond::ElementMissing | Bond::ProducerMissing => (Tone::Bad, Icon::Cross),
    };
    Look::new(tone, icon, bond.words())
}

/// The hue of an application's icon, one of twelve, the same on every page.
#[must_use]
pub fn hue(key: &str) -> u32 {
    // FNV-1a: near keys get far hues.
    key.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) % 12
}

/// What an environment is for.
#[must_use]
pub const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Development => "Development",
        Purpose::Test => "Test",
        Purpose::Acceptance => "Acceptance",
        Purpose::Production => "Production",
        Purpose::Management => "Management",
    }
}

/// A deployment's status, in LifeTime's words.
#[must_use]
pub fn deployment(status: &str, queued: bool) -> Look {
    match status {
        "running" if queued => Look::new(Tone::Wait, Icon::Clock, "Queued"),
        "running" => Look::new(Tone::Run, Icon::Up, "Running"),
        "needs_user_intervention" => Look::new(Tone::Wait, Icon::Clock, "Waits for a person"),
        "aborting" => Look::new(Tone::Bad, Icon::Ban, "Aborting"),
        "finished_successful" => Look::new(Tone::Ok, Icon::Check, "Finished successfully"),
        "finished_with_warnings" => Look::new(Tone::Warn, Icon::Alert, "Finished with warnings"),
        "finished_with_errors" => Look::new(Tone::Bad, Icon::Cross, "Finished with errors"),
        "aborted" => Look::new(Tone::Bad, Icon::Ban, "Aborted"),
        other => Look::new(Tone::Plain, Icon::Question, other),
    }
}

/// The state of a deployment's step.
#[must_use]
pub fn step(state: &str) -> Look {
    match state {
        "pending" => Look::new(Tone::Plain, Icon::Circle, "Pending"),
        "dispatched" => Look::new(Tone::Run, Icon::Up, "Running"),
        "uncertain" => Look::new(Tone::Warn, Icon::Question, "Asking how it went"),
        "done" => Look::new(Tone::Ok, Icon::Check, "Done"),
        "failed" => Look::new(Tone::Bad, Icon::Cross, "Failed"),
        "skipped" => Look::new(Tone::Plain, Icon::Minus, "Left out"),
        other => Look::new(Tone::Plain, Icon::Question, other),
    }
}

/// The level of a line in a log.
#[must_use]
pub fn level(level: &str) -> Look {
    match level {
        "error" => Look::new(Tone::Bad, Icon::Cross, "Error"),
        "warning" => Look::new(Tone::Warn, Icon::Alert, "Warning"),
        _ => Look::new(Tone::Plain, Icon::Info, "Info"),
    }
}

/// How bad it is to break a rule of the architecture.
#[must_use]
pub fn severity(severity: Severity) -> Look {
    match severity {
        Severity::Error => Look::new(Tone::Bad, Icon::Cross, "Error"),
        Severity::Warning => Look::new(Tone::Warn, Icon::Alert, "Warning"),
        Severity::Advice => Look::new(Tone::Plain, Icon::Info, "Advice"),
    }
}

/// A plan's status.
#[must_use]
pub fn plan(status: &str) -> Look {
    match status {
        "draft" => Look::new(Tone::Plain, Icon::Plan, "Draft"),
        "started" => Look::new(Tone::Run, Icon::Up, "Started"),
        "discarded" => Look::new(Tone::Plain, Icon::Minus, "Discarded"),
        other => Look::new(Tone::Plain, Icon::Question, other),
    }
}

/// Whether a user may sign in.
#[must_use]
pub fn user(active: bool) -> Look {
    if active {
        Look::new(Tone::Ok, Icon::Check, "Active")
    } else {
        Look::new(Tone::Plain, Icon::Ban, "Deactivated")
    }
}

/// Whether a token is good, and why it is not.
#[must_use]
pub fn token(good: bool, revoked: bool, expired: bool) -> Look {
    if good {
        Look::new(Tone::Ok, Icon::Check, "Good")
    } else if revoked {
        Look::new(Tone::Plain, Icon::Ban, "Revoked")
    } else if expired {
        Look::new(Tone::Plain, Icon::Clock, "Expired")
    } else {
        Look::new(Tone::Plain, Icon::Ban, "Account deactivated")
    }
}

/// The outcome of an audited act.
#[must_use]
pub fn outcome(outcome: &str) -> Look {
    match outcome {
        "done" => Look::new(Tone::Ok, Icon::Check, "Done"),
        "denied" => Look::new(Tone::Warn, Icon::Ban, "Denied"),
        "failed" => Look::new(Tone::Bad, Icon::Cross, "Failed"),
        other => Look::new(Tone::Plain, Icon::Question, other),
    }
}

/// The services of a Platform Server, in the order of design 1, with the words for them.
pub const SERVICES: [(&str, &str); 5] = [
    ("deployment_controller", "Deployment controller"),
    ("deployment", "Deployment"),
    ("scheduler", "Scheduler"),
    ("server_api", "Server.API"),
    ("server_identity", "Server.Identity"),
];

/// A service of a Platform Server.
#[must_use]
pub fn service(key: &str) -> String {
    SERVICES.iter().find(|(known, _)| *known == key).map_or(key, |(_, words)| words).to_owned()
}

/// What a new password has to be, beside its field.
pub const PASSWORD_HELP: &str =
    "At least 12 characters. Spaces and any signs are fine; a few words are better than a short riddle.";

/// A size in bytes, such as `1.2 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => of(bytes, "byte", "bytes"),
        1_000..1_000_000 => tenths(bytes, 1_000, "kB"),
        1_000_000..1_000_000_000 => tenths(bytes, 1_000_000, "MB"),
        _ => tenths(bytes, 1_000_000_000, "GB"),
    }
}

fn tenths(bytes: u64, unit: u64, name: &str) -> String {
    format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
}

/// Two letters for a name: first letters of its first two words, else its first two letters.
#[must_use]
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let letters: String = match (words.next(), words.next()) {
        (Some(first), Some(second)) => [first, second].into_iter().collect(),
        _ => name.trim().chars().take(2).collect(),
    };
    letters.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_say_where_they_stopped() {
        assert_eq!(count(Count { n: 12, capped: false }), "12");
        assert_eq!(
            counted(Count { n: 1_000, capped: true }, "application", "applications"),
            "1000+ applications"
        );
        assert_eq!(counted(Count { n: 1, capped: false }, "application", "applications"), "1 application");
        assert_eq!(of(0, "server", "servers"), "0 servers");
    }

    #[test]
    fn every_health_has_its_own_shape_and_word() {
        let all = [Health::Healthy, Health::Impaired, Health::Unknown, Health::NotEnrolled].map(health);
        for (at, look) in all.iter().enumerate() {
            for other in &all[at + 1..] {
                assert_ne!(look.word, other.word);
                assert_ne!(look.icon, other.icon);
            }
        }
    }

    #[test]
    fn a_queued_deployment_runs_outside_and_waits_here() {
        assert_eq!(deployment("running", true).word, "Queued");
        assert_eq!(deployment("running", false).word, "Running");
        assert_eq!(deployment("finished_successful", false).word, "Finished successfully");
    }

    fn at_rest() -> Running {
        Running {
            version: "1.4.0".parse().ok(),
            modified: false,
            revision: "0a1b2c3d".to_owned(),
            revision_id: domain::id::RevisionId(Default::default()),
            mixed: false,
            bond: Some(Bond::Met),
            changed_at: domain::time::Timestamp(0),
            changed_by: "Ines Duarte".to_owned(),
            hotfix: None,
            moving: None,
        }
    }

    #[test]
    fn what_runs_says_what_is_special_about_it() {
        let deployment = domain::id::DeploymentId(Default::default());
        assert_eq!(running(&at_rest()), None);
        assert_eq!(version(&at_rest()), "1.4.0");
        let word = |change: fn(&mut Running)| {
            let mut changed = at_rest();
            change(&mut changed);
            running(&changed).unwrap().word
        };
        assert_eq!(word(|r| r.modified = true), "Modified");
        assert_eq!(word(|r| (r.version, r.modified) = (None, true)), "Not tagged");
        assert_eq!(word(|r| r.mixed = true), "Mixed");
        assert_eq!(word(|r| (r.bond, r.modified) = (Some(Bond::Outdated), true)), "Outdated");
        assert_eq!(word(|r| r.bond = Some(Bond::ElementMissing)), "Broken");
        let moving = Running { moving: Some((deployment, Some(62))), modified: true, ..at_rest() };
        assert_eq!(running(&moving).unwrap().word, "62 %");
        let hotfix = Running { hotfix: Some(HotfixState::Pending), ..at_rest() };
        assert_eq!(running(&hotfix).map(|look| look.word), Some("Hotfix".to_owned()));
        let untagged = Running { version: None, ..at_rest() };
        assert_eq!(version(&untagged), "0a1b2c3d");
    }

    #[test]
    fn sizes_and_initials() {
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(1_250), "1.2 kB");
        assert_eq!(size(3_999_999), "3.9 MB");
        assert_eq!(initials("Port Desk"), "PD");
        assert_eq!(initials("Tides"), "TI");
        assert_eq!(initials("ö"), "Ö");
        assert_eq!(initials(""), "");
    }
}
