//! What happens to an environment, as lines of its timeline: the difference of two reports of its front-ends, what people did, and how
//! deployments ended.

use crate::audit::{Entry, Outcome};
use crate::id::EnvironmentId;
use crate::protocol::ServiceStatus;
use crate::text::Refused;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The deployment controller is silent: from now on nothing is known of the environment.
    Silent,
    /// The deployment controller is heard again.
    Heard,
    /// A front-end does not answer its controller any more.
    FrontEndSilent,
    /// A front-end answers its controller.
    FrontEndAnswers,
    /// A service of a front-end runs no more.
    ServiceStopped,
    /// A service of a front-end runs.
    ServiceStarted,
    /// Somebody put the environment into maintenance.
    MaintenanceBegun,
    /// Somebody ended its maintenance.
    MaintenanceEnded,
    /// The Platform Server of a front-end enrolled.
    FrontEndEnrolled,
    /// Somebody changed what is recorded of the environment.
    EnvironmentChanged,
    /// A deployment into it has ended.
    DeploymentEnded,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Silent,
        Self::Heard,
        Self::FrontEndSilent,
        Self::FrontEndAnswers,
        Self::ServiceStopped,
        Self::ServiceStarted,
        Self::MaintenanceBegun,
        Self::MaintenanceEnded,
        Self::FrontEndEnrolled,
        Self::EnvironmentChanged,
        Self::DeploymentEnded,
    ];

    /// The word, as it is stored and sent.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Heard => "heard",
            Self::FrontEndSilent => "front_end_silent",
            Self::FrontEndAnswers => "front_end_answers",
            Self::ServiceStopped => "service_stopped",
            Self::ServiceStarted => "service_started",
            Self::MaintenanceBegun => "maintenance_begun",
            Self::MaintenanceEnded => "maintenance_ended",
            Self::FrontEndEnrolled => "front_end_enrolled",
            Self::EnvironmentChanged => "environment_changed",
            Self::DeploymentEnded => "deployment_ended",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.word() == text)
            .ok_or_else(|| Refused("This is nothing that happens to an environment.".to_owned()))
    }
}

/// A line that a change writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The environment.
    pub environment: EnvironmentId,
    /// What happened.
    pub kind: Kind,
    /// Who did it, or the name of the front-end.
    pub subject: String,
    /// Why, or what was changed.
    pub detail: String,
}

/// What the timeline tells of a change, if anything: it is written in the same transaction as the entry of the change, so that none is told
/// that did not happen.
#[must_use]
pub fn told(entry: &Entry) -> Option<Told> {
    if entry.outcome != Outcome::Done {
        return None;
    }
    let by = || entry.actor_name.clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (kind, subject, detail) = match entry.operation.as_str() {
        // With another reason it goes on.
        "environment.maintenance_begin" if entry.before["reason"].is_null() => {
            (Kind::MaintenanceBegun, by(), text(&entry.after["reason"]))
        }
        "environment.maintenance_end" => (Kind::MaintenanceEnded, by(), String::new()),
        "environment.change" => (Kind::EnvironmentChanged, by(), changed(&entry.before, &entry.after)),
        "server.enrol" => (Kind::FrontEndEnrolled, entry.object.name.clone(), String::new()),
        _ => return None,
    };
    let objects = std::iter::once(&entry.object).chain(&entry.related);
    let environment =
        objects.filter(|object| object.kind == "environment").find_map(|object| object.id.parse().ok())?;
    Some(Told { environment, kind, subject, detail })
}

/// The names of the fields that differ, such as `name, topology`.
fn changed(before: &Value, after: &Value) -> String {
    let Some(after) = after.as_object() else { return String::new() };
    let names: Vec<&str> = after
        .iter()
        .filter(|(name, value)| before[name.as_str()] != **value)
        .map(|(name, _)| name.as_str())
        .collect();
    names.join(", ")
}

/// A front-end as it was reported.
#[derive(Debug, Clone, Copy)]
pub struct Reported<'a> {
    /// Whether it answers its controller.
    pub reachable: bool,
    /// Its services, as its process said.
    pub services: &'a [ServiceStatus],
}

/// What happened between two reports of a front-end, with the service where it is about one. What one said that does not answer is old, so
/// nothing is said of its services.
#[must_use]
pub fn between(before: Option<Reported<'_>>, after: Reported<'_>) -> Vec<(Kind, String)> {
    let mut all = Vec::new();
    match (before.is_some_and(|before| before.reachable), after.reachable) {
        (false, true) => all.push((Kind::FrontEndAnswers, String::new())),
        (true, false) => all.push((Kind::FrontEndSilent, String::new())),
        (false, false) | (true, true) => {}
    }
    if let Some(before) = before.filter(|_| after.reachable) {
        let running = |of: &Reported<'_>, name: &str| {
            of.services.iter().find(|each| each.running && each.service == name).map(|each| each.since)
        };
        // One that runs since a later time has been started again in between.
        let again = |name: &str, since: Timestamp| {
            running(&before, name).is_some_and(|was| was > Timestamp::default() && since > was)
        };
        let stopped = before.services.iter().filter(|each| each.running);
        let stopped = stopped.filter(|each| running(&after, &each.service).is_none());
        all.extend(stopped.map(|each| (Kind::ServiceStopped, each.service.clone())));
        let started = after.services.iter().filter(|each| each.running);
        let started = started
            .filter(|each| running(&before, &each.service).is_none() || again(&each.service, each.since));
        all.extend(started.map(|each| (Kind::ServiceStarted, each.service.clone())));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(names: &[&str]) -> Vec<ServiceStatus> {
        let running = |name: &&str| service(name, true, 5);
        names.iter().map(running).collect()
    }

    fn service(name: &str, running: bool, since: i64) -> ServiceStatus {
        ServiceStatus { service: name.to_owned(), running, since: Timestamp(since) }
    }

    #[test]
    fn a_service_without_a_heartbeat_has_stopped_and_one_of_a_later_time_was_started_again() {
        let is = |services| Reported { reachable: true, services };
        let runs = [service("deployment", true, 5)];
        let stopped = [service("deployment", false, 9)];
        let later = [service("deployment", true, 12)];
        let unsaid = [service("deployment", true, 0)];
        let said = |kind: Kind| vec![(kind, "deployment".to_owned())];
        assert_eq!(between(Some(is(&runs)), is(&stopped)), said(Kind::ServiceStopped));
        assert_eq!(between(Some(is(&stopped)), is(&stopped)), []);
        assert_eq!(between(Some(is(&stopped)), is(&[])), [], "it had stopped before");
        assert_eq!(between(Some(is(&stopped)), is(&later)), said(Kind::ServiceStarted));
        assert_eq!(between(Some(is(&runs)), is(&later)), said(Kind::ServiceStarted));
        assert_eq!(between(Some(is(&unsaid)), is(&runs)), [], "an earlier version did not say since when");
    }

    #[test]
    fn what_happens_is_the_difference_of_two_reports() {
        let (both, one) = (texts(&["deployment", "server_api"]), texts(&["deployment"]));
        let is = |reachable, services| Reported { reachable, services };
        assert_eq!(between(None, is(true, &both)), [(Kind::FrontEndAnswers, String::new())]);
        assert_eq!(between(None, is(false, &[])), []);
        assert_eq!(between(Some(is(true, &both)), is(true, &both)), []);
        assert_eq!(between(Some(is(true, &both)), is(false, &[])), [(Kind::FrontEndSilent, String::new())]);
        assert_eq!(between(Some(is(false, &both)), is(false, &one)), [], "what it said is old");
        let back = between(Some(is(false, &both)), is(true, &one));
        assert_eq!(
            back,
            [(Kind::FrontEndAnswers, String::new()), (Kind::ServiceStopped, "server_api".to_owned())]
        );
        let more = between(Some(is(true, &one)), is(true, &both));
        assert_eq!(more, [(Kind::ServiceStarted, "server_api".to_owned())]);
    }

    #[test]
    fn a_change_that_was_done_is_told_of_its_environment() {
        use crate::audit::Object;
        use serde_json::json;
        let environment = EnvironmentId(uuid::Uuid::from_u128(7));
        let mut entry = Entry {
            id: crate::id::EntryId(uuid::Uuid::from_u128(1)),
            at: Timestamp(1),
            actor: crate::access::Actor::LocalOperator,
            actor_name: "Ada".to_owned(),
            origin: Default::default(),
            operation: "environment.change".to_owned(),
            infrastructure: None,
            object: Object::new("environment", environment, "Test"),
            related: vec![],
            outcome: Outcome::Done,
            before: json!({ "name": "Test", "topology": "farm", "two_stage": false }),
            after: json!({ "name": "Tests", "topology": "farm", "two_stage": true }),
        };
        let line = |kind, subject: &str, detail: &str| {
            Some(Told { environment, kind, subject: subject.to_owned(), detail: detail.to_owned() })
        };
        assert_eq!(told(&entry), line(Kind::EnvironmentChanged, "Ada", "name, two_stage"));
        entry.operation = "environment.maintenance_begin".to_owned();
        (entry.before, entry.after) = (json!({ "reason": null }), json!({ "reason": "Disks" }));
        assert_eq!(told(&entry), line(Kind::MaintenanceBegun, "Ada", "Disks"));
        entry.before = json!({ "reason": "Disks" });
        assert_eq!(told(&entry), None, "another reason");
        entry.operation = "environment.maintenance_end".to_owned();
        assert_eq!(told(&entry), line(Kind::MaintenanceEnded, "Ada", ""));
        entry.operation = "server.enrol".to_owned();
        entry.related = vec![entry.object.clone()];
        entry.object = Object::new("server", "x", "test-1");
        assert_eq!(told(&entry), line(Kind::FrontEndEnrolled, "test-1", ""));
        entry.operation = "server.create".to_owned();
        assert_eq!(told(&entry), None);
        entry.operation = "server.enrol".to_owned();
        entry.outcome = Outcome::Failed { reason: "The disk is full.".to_owned() };
        assert_eq!(told(&entry), None, "it did not happen");
    }

    #[test]
    fn words_come_back() {
        for kind in Kind::ALL {
            assert_eq!(kind.word().parse(), Ok(kind));
        }
        assert!("".parse::<Kind>().is_err());
    }
}
