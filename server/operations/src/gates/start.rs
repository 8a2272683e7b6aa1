//! The start of a plan, as far as gates are concerned: refused, parked, overridden, or for later.

use super::subject::About;
use super::{message, override_reason, refusal, reviews, told};
use crate::console::{Caller, Console};
use crate::deployments::topic;
use crate::door::wide;
use crate::error::{OperationError, Result};
use crate::plans::Found;
use crate::plans::evaluate::Evaluated;
use crate::view::Refusal;
use domain::access::{Requirement, WideRight};
use domain::environment::Reason;
use domain::gate::review::OVERRIDE_COUNTS;
use domain::gate::{Answer, Schedule, State, Subject, difference};
use domain::id::{DeploymentId, FreezeId, InfrastructureId};
use domain::protocol::LogLevel;
use domain::text::Sha256;
use domain::time::{MINUTE, Timestamp};
use storage::journal::NewLine;
use storage::parked::{OverrideRow, ParkedRow};
use storage::{Reader, WriteTx, journal, parked};

/// What starts a plan.
#[derive(Debug, Clone, Default)]
pub struct StartInput {
    /// The digest that the caller saw.
    pub digest: String,
    /// What that digest is of, if it is known: then a refusal tells what changed since.
    pub canonical: String,
    /// Why the plan leaves its pipeline, where it does.
    pub reason: String,
    /// Why the freezes that hold it are overridden; empty to wait for their end.
    pub override_freezes: String,
    /// Not before this time.
    pub at: Option<Timestamp>,
    /// If it could not begin by then, it ends.
    pub until: Option<Timestamp>,
    /// The digest of the conflicts that are accepted; empty where none are.
    pub conflicts: String,
    /// Why it is started in spite of them.
    pub conflicts_reason: String,
}

impl StartInput {
    /// A start at once.
    pub fn now(digest: &str, reason: &str) -> Self {
        Self { digest: digest.to_owned(), reason: reason.to_owned(), ..Self::default() }
    }

    /// The time that was chosen.
    pub(crate) fn schedule(&self, now: Timestamp) -> Result<Option<Schedule>> {
        match (self.at, self.until) {
            (None, None) => Ok(None),
            (Some(at), Some(until)) => Schedule::new(now, at, until)
                .map(Some)
                .map_err(|(field, refused)| OperationError::invalid(field, refused.0)),
            (Some(_), None) => {
                let sentence = "Say until when it may begin at the latest; if it could not by then, it ends.";
                Err(OperationError::invalid("until", sentence))
            }
            (None, Some(_)) => {
                let sentence = "Say when it is to begin, or leave out until when.";
                Err(OperationError::invalid("at", sentence))
            }
        }
    }
}

/// The right to override freezes.
pub(crate) fn to_override(infrastructure: InfrastructureId) -> Requirement {
    wide(infrastructure, WideRight::OverrideFreezes)
}

/// The refusal of a start of another digest: with what changed since, where it is known what the caller saw.
pub(crate) fn changed(input: &StartInput, now: &str) -> OperationError {
    let seen = input.canonical.replace("\r\n", "\n");
    let known = Sha256::of(seen.as_bytes()).to_string() == input.digest;
    let what = if known { difference(&seen, now).join(" ") } else { String::new() };
    let what = if what.is_empty() { String::new() } else { format!(" {what}") };
    OperationError::conflict(format!(
        "The plan or what it rests on has changed since you looked.{what} Look at it again, then start it."
    ))
}

/// A start that is about to be made.
pub(crate) struct Starting {
    subject: Subject,
    schedule: Option<Schedule>,
    overridden: Option<(Reason, Vec<FreezeId>)>,
}

impl Starting {
    /// Asks the gates of a plan. Freezes are overridden where a reason is given.
    pub async fn ask(
        tx: &mut impl Reader,
        now: Timestamp,
        (found, evaluated): (&Found, &Evaluated),
        input: &StartInput,
    ) -> Result<Self> {
        let schedule = input.schedule(now)?;
        let mut subject = About::plan(found, evaluated, schedule).subject(tx, now).await?;
        let overridden = if input.override_freezes.trim().is_empty() {
            None
        } else {
            let reason = override_reason(&input.override_freezes)?;
            let on = frozen(&subject.holds(now));
            if on.is_empty() {
                let sentence = "No freeze holds this plan; leave the reason for an override out.";
                return Err(OperationError::invalid("override_freezes", sentence));
            }
            if schedule.is_some_and(|schedule| schedule.at > now.plus(OVERRIDE_COUNTS)) {
                let sentence =
                    "An override counts for 24 hours, and this is to begin later: override the freeze then.";
                return Err(OperationError::invalid("override_freezes", sentence));
            }
            subject.overridden.extend(on.iter().copied());
            Some((reason, on))
        };
        if let Some(schedule) = schedule {
            in_time(&subject, schedule, now)?;
        }
        Ok(Self { subject, schedule, overridden })
    }

    /// Every gate that refuses the start.
    pub fn refusals(&self, now: Timestamp) -> Vec<Refusal> {
        self.subject.holds(now).iter().filter(|hold| hold.state == State::Refuses).map(refusal).collect()
    }

    /// What it needs besides, where a freeze is overridden.
    pub fn needs(&self, home: InfrastructureId, target: &str) -> Option<(Requirement, String)> {
        self.overridden.as_ref().map(|_| (to_override(home), format!("override the freeze of {target}")))
    }

    /// Notes with the deployment what was overridden, and parks it where it has to wait.
    pub async fn begun(
        self,
        console: &Console,
        tx: &mut WriteTx,
        caller: &Caller,
        (home, id): (InfrastructureId, DeploymentId),
    ) -> Result<()> {
        let now = console.now();
        if let Some((reason, freezes)) = &self.overridden {
            override_all(console, tx, caller, (home, id), freezes, reason).await?;
        }
        let holds = self.subject.holds(now);
        if holds.is_empty() && self.schedule.is_none() {
            return Ok(());
        }
        let row = ParkedRow {
            deployment_id: id,
            infrastructure_id: home,
            until_at: again_at(&holds, now),
            not_before: self.schedule.map(|schedule| schedule.at),
            expires_at: self.schedule.map(|schedule| schedule.until),
        };
        parked::put(tx, &row).await?;
        let mut words = message(&holds);
        if let Some(schedule) = self.schedule {
            words.push_str(&format!(" If it could not begin by {}, it ends.", told(schedule.until)));
        }
        parked::say_with(tx, id, &words).await?;
        line(tx, id, now, &words).await
    }

    /// What the audit entry of the start tells of it.
    pub fn entry(&self) -> Vec<(&'static str, serde_json::Value)> {
        let mut all = Vec::new();
        if let Some((reason, freezes)) = &self.overridden {
            all.push(("overridden_freezes", serde_json::json!(freezes)));
            all.push(("override_reason", serde_json::json!(reason)));
        }
        if let Some(schedule) = self.schedule {
            all.push(("not_before", serde_json::json!(schedule.at)));
            all.push(("expires_at", serde_json::json!(schedule.until)));
        }
        all
    }
}

/// Refuses a start for later that is over before what holds it ends: it could only expire.
fn in_time(subject: &Subject, schedule: Schedule, now: Timestamp) -> Result<()> {
    let earliest = subject.earliest(now);
    if earliest < schedule.until {
        return Ok(());
    }
    let ends = subject.holds(now).into_iter().filter(|hold| hold.until > Some(schedule.at));
    let why: String = ends.map(|hold| format!(" {}", hold.sentence)).collect();
    let sentence = format!(
        "It could not begin by then, at the earliest at {}.{why} Choose a later end.",
        told(earliest)
    );
    Err(OperationError::invalid("until", sentence))
}

/// The freezes among what holds something.
pub(crate) fn frozen(holds: &[Answer]) -> Vec<FreezeId> {
    holds.iter().filter_map(|hold| hold.freeze).collect()
}

/// When what is parked is looked at again: once everything has ended that ends by itself. What ends with a person's word wakes it
/// too, but for who is in a team or holds a role: so it is looked at each minute.
pub(crate) fn again_at(holds: &[Answer], now: Timestamp) -> Timestamp {
    let soon = now.plus(MINUTE);
    if holds.iter().any(|hold| hold.until.is_none()) {
        return soon;
    }
    holds.iter().filter_map(|hold| hold.until).max().unwrap_or(now)
}

/// Overrides freezes for a deployment.
pub(crate) async fn override_all(
    console: &Console,
    tx: &mut WriteTx,
    caller: &Caller,
    (home, id): (InfrastructureId, DeploymentId),
    freezes: &[FreezeId],
    reason: &Reason,
) -> Result<()> {
    let now = console.now();
    for freeze in freezes {
        let row = OverrideRow {
            deployment_id: id,
            freeze_id: *freeze,
            reason: reason.to_string(),
            at: now,
            made_by: caller.name.clone(),
        };
        parked::override_freeze(tx, &row).await?;
    }
    let why = reason.as_str();
    let end = if why.ends_with(['.', '!', '?']) { "" } else { "." };
    line(tx, id, now, &format!("{} overrode the freeze: {why}{end}", caller.name)).await?;
    reviews::note(console, tx, caller, (home, id), (reviews::FREEZE, why)).await
}

/// Writes a line into the log of a deployment that has not begun.
pub(crate) async fn line(tx: &mut WriteTx, id: DeploymentId, now: Timestamp, words: &str) -> Result<()> {
    let line = NewLine::own(id, now, LogLevel::Info, words);
    journal::append_line_with(tx, &line).await?;
    tx.notice(&topic(id), id);
    Ok(())
}
