//! Gates: what has to be so before a plan may be carried out, and the one function that says why not now, whose rule that is and until
//! when it holds (design 8). The button of a page, the API, the command line and the queue ask it alike.
//!
//! An open approval, soak time or verification refuses a start; a freeze and a time that was chosen park what was started, which keeps
//! its place and its approvals.

mod changed;
mod check;
mod forecast;
pub mod review;
#[cfg(test)]
mod tests;

pub use changed::difference;
pub use check::{CheckAddress, passes};
pub use forecast::{Ahead, Arrives, forecast};

use crate::id::{FreezeId, GateId, UserId};
use crate::text::{Refused, Sha256};
use crate::time::{HOUR, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most approvals that a rule asks for.
pub const MOST_APPROVALS: u32 = 20;
/// The longest soak time, and the longest time that an approval counts, hours: 400 days.
pub const MOST_HOURS: u32 = 400 * 24;

/// What kind of rule a gate is, as it is stored and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// So many people of a team, or who hold a role, approve the plan.
    Approval,
    /// Each version has run in the stage before for so long.
    Soak,
    /// Each version has passed a test in the stage before.
    Verification,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Approval, Self::Soak, Self::Verification];

    /// The word, as it is stored and sent.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Soak => "soak",
            Self::Verification => "verification",
        }
    }

    /// The words people read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Approval => "Approvals",
            Self::Soak => "Soak time",
            Self::Verification => "Verification",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.word() == text)
            .ok_or_else(|| Refused("A gate is one of approval, soak, verification.".to_owned()))
    }
}

/// A gate of the target or of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Identity.
    pub id: GateId,
    /// The name of the environment or pipeline that it stands at.
    pub place: String,
    /// Who answers for it.
    pub owner: String,
    /// What it asks for.
    pub asks: Asks,
}

impl Rule {
    /// Whether it is a check that the console makes.
    #[must_use]
    pub const fn is_check(&self) -> bool {
        matches!(self.asks, Asks::Verification { address: Some(_), .. })
    }
}

/// What a gate asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// Approvals.
    Approval {
        /// How many.
        number: u32,
        /// The name of the team, or of the role.
        group: String,
        /// How many people are in it and may sign in.
        people: u64,
        /// Those in it, of the people who decided about the plan or wrote it.
        members: BTreeSet<UserId>,
        /// For how many hours an approval counts; none for as long as the plan stays as it is.
        hours: Option<u32>,
    },
    /// To have run in the stage before.
    Soak {
        /// For so many hours.
        hours: u32,
    },
    /// To have passed a test in the stage before.
    Verification {
        /// The name that the result is reported under.
        name: String,
        /// What the console asks by itself; none where somebody else reports the result.
        address: Option<CheckAddress>,
    },
}

/// What somebody decided about a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Approved, or else rejected.
    pub approves: bool,
    /// What they said.
    pub words: String,
    /// The digest of the plan that it is about; it says nothing of another.
    pub digest: Sha256,
    /// When.
    pub at: Timestamp,
}

/// A time in which nothing is brought into an environment, along a pipeline or anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Identity.
    pub id: FreezeId,
    /// The name of what stands still.
    pub place: String,
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
}

impl Freeze {
    /// Whether it is on at a time: from its first moment to before its last.
    #[must_use]
    pub fn is_on(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

/// A version that the plan brings, as it stands in the stage before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Application and version, such as `Tides 1.2.0`.
    pub label: String,
    /// Since when just this content runs there; none where it does not.
    pub since: Option<Timestamp>,
}

/// The last result that a gate has of a version in the stage before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// Application and version, as in [`Arrival::label`].
    pub label: String,
    /// The gate.
    pub gate: GateId,
    /// How it ended.
    pub passed: bool,
    /// What was found, in a sentence; empty where nothing was said.
    pub detail: String,
    /// Who reported it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// When a plan is to be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Not before.
    pub at: Timestamp,
    /// If it could not begin by then, it ends.
    pub until: Timestamp,
}

/// The longest that a start is chosen ahead, microseconds: 90 days.
const MOST_AHEAD: i64 = 90 * 24 * HOUR;

impl Schedule {
    /// A time to come, and a later one by which it has to begin.
    ///
    /// # Errors
    /// The field that is not acceptable (`at` or `until`), and a sentence.
    pub fn new(now: Timestamp, at: Timestamp, until: Timestamp) -> Result<Self, (&'static str, Refused)> {
        if at <= now || at.since(now) > MOST_AHEAD {
            let sentence = "A start is chosen for a time to come, at most 90 days from now.";
            return Err(("at", Refused(sentence.to_owned())));
        }
        if until <= at || until.since(at) > MOST_AHEAD {
            let sentence = "A start for later has an end after it, at most 90 days: if it could not begin by then, it ends.";
            return Err(("until", Refused(sentence.to_owned())));
        }
        Ok(Self { at, until })
    }
}

/// Everything that a plan's gates depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The digest of the plan as it is, or as it was started.
    pub digest: Sha256,
    /// Who made the plan or changed what it does: their approval never counts.
    pub authors: BTreeSet<UserId>,
    /// The name of the stage before.
    pub before: String,
    /// The gates.
    pub rules: Vec<Rule>,
    /// What was decided about the plan, oldest first.
    pub decisions: Vec<Decision>,
    /// The freezes that are on or to come.
    pub freezes: Vec<Freeze>,
    /// Those that somebody overrode for this plan.
    pub overridden: BTreeSet<FreezeId>,
    /// What it brings.
    pub arrivals: Vec<Arrival>,
    /// The results of tests.
    pub results: Vec<TestResult>,
    /// The time that was chosen for it.
    pub schedule: Option<Schedule>,
    /// When it was started. Soak time and verification were asked then and are not asked again; approvals count as they did.
    pub started: Option<Timestamp>,
}

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is met.
    Met,
    /// Nothing is started.
    Refuses,
    /// What is started waits, with its place kept.
    Parks,
}

/// What one rule says of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// `approval`, `soak`, `verification`, `freeze` or `schedule`.
    pub rule: &'static str,
    /// The gate; none for a freeze and a schedule.
    pub gate: Option<GateId>,
    /// The freeze; none for others.
    pub freeze: Option<FreezeId>,
    /// The rule in few words, such as “Approvals”.
    pub title: &'static str,
    /// What it says.
    pub state: State,
    /// What it waits for, or how it is met: one or two sentences.
    pub sentence: String,
    /// How far it is, in few words, such as “1 of 2”; empty where there is nothing to tell.
    pub short: String,
    /// Who can lift it, in one sentence.
    pub lifted_by: String,
    /// When it lifts by itself; none where it does not.
    pub until: Option<Timestamp>,
}

impl Subject {
    /// The moment that approvals, soak times and freezes are judged at: a plan that is to begin later is judged as it is then.
    fn moment(&self, now: Timestamp) -> Timestamp {
        self.schedule.map_or(now, |schedule| schedule.at.max(now))
    }

    /// What every rule says at a time, those that are met too.
    #[must_use]
    pub fn explain(&self, now: Timestamp) -> Vec<Answer> {
        let moment = self.moment(now);
        let mut all = Vec::new();
        if let Some(schedule) = self.schedule.filter(|schedule| now < schedule.at) {
            all.push(Answer {
                rule: "schedule",
                gate: None,
                freeze: None,
                title: "Start",
                state: State::Parks,
                sentence: "It begins at the time that was chosen for it.".to_owned(),
                short: String::new(),
                lifted_by: "It begins by itself.".to_owned(),
                until: Some(schedule.at),
            });
        }
        for rule in &self.rules {
            match &rule.asks {
                Asks::Approval { number, group, people, members, hours } => {
                    all.push(self.approval(rule, (*number, *hours), group, *people, members, moment));
                }
                Asks::Soak { hours } if self.started.is_none() => all.push(self.soak(rule, *hours, moment)),
                Asks::Verification { name, address } if self.started.is_none() => {
                    all.push(self.verification(rule, name, address.is_some()));
                }
                Asks::Soak { .. } | Asks::Verification { .. } => {}
            }
        }
        let on = self.freezes.iter().filter(|freeze| freeze.is_on(moment));
        all.extend(on.map(|freeze| self.freeze(freeze)));
        all
    }

    /// What holds a plan at a time.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> Vec<Answer> {
        self.explain(now).into_iter().filter(|answer| answer.state != State::Met).collect()
    }

    /// The earliest time at which everything has ended that ends by itself: after a freeze there may be the next one.
    #[must_use]
    pub fn earliest(&self, now: Timestamp) -> Timestamp {
        let mut at = now;
        loop {
            let ends = self.holds(at).into_iter().filter_map(|hold| hold.until).filter(|until| *until > at);
            match ends.max() {
                Some(until) => at = until,
                None => return at,
            }
        }
    }

    /// The last word of each person about the plan as it is.
    #[must_use]
    pub fn last_words(&self) -> BTreeMap<UserId, &Decision> {
        let own = self.decisions.iter().filter(|decision| decision.digest == self.digest);
        own.map(|decision| (decision.user, decision)).collect()
    }

    fn approval(
        &self,
        rule: &Rule,
        (number, hours): (u32, Option<u32>),
        group: &str,
        people: u64,
        members: &BTreeSet<UserId>,
        moment: Timestamp,
    ) -> Answer {
        let counted_at = match (self.started, self.schedule) {
            // What was good at the start stays good while the run is parked.
            (Some(started), schedule) => schedule.map_or(started, |schedule| schedule.at.max(started)),
            (None, _) => moment,
        };
        let good = |decision: &&Decision| {
            hours.is_none_or(|hours| decision.at.plus(i64::from(hours) * HOUR) > counted_at)
        };
        let words = self.last_words();
        let eligible = words
            .into_values()
            .filter(|one| members.contains(&one.user) && !self.authors.contains(&one.user));
        let (approve, reject): (Vec<_>, Vec<_>) = eligible.partition(|decision| decision.approves);
        let given = approve.iter().filter(|one| good(one)).map(|one| one.name.as_str()).collect::<Vec<_>>();
        let old = approve.len() - given.len();
        let own = members.intersection(&self.authors).count() as u64;
        let reachable = people.saturating_sub(own) >= u64::from(number);
        let met = given.len() as u64 >= u64::from(number) && reject.is_empty();
        let mut sentence = format!("{} of {group} for {}", counted(number, "approval"), rule.place);
        if !given.is_empty() {
            sentence.push_str(&format!(": {} approved", given.join(", ")));
        }
        sentence.push('.');
        if old > 0 {
            sentence.push_str(&format!(" {} given too long ago.", were(old)));
        }
        for one in &reject {
            sentence.push_str(&format!(" {} rejected it{}", one.name, said(&one.words)));
        }
        if !met && !reachable {
            let others = if own > 0 { "besides its authors " } else { "" };
            sentence.push_str(&format!(
                " It cannot be reached: {group} has {others}{}.",
                counted_people(people.saturating_sub(own))
            ));
        }
        let void = self.decisions.iter().filter(|one| one.digest != self.digest && one.approves).count();
        if !met && void > 0 && given.is_empty() {
            sentence.push_str(" What was approved was the plan as it was before.");
        }
        let lifted_by = match (met, reject.is_empty(), reachable) {
            (true, ..) => format!("Owner: {}.", rule.owner),
            (_, false, _) => "Whoever rejected it can approve it, or the plan is changed.".to_owned(),
            (_, _, false) => format!("{} owns this gate and can change it.", rule.owner),
            _ => format!("Somebody of {group} who did not write the plan can approve it."),
        };
        Answer {
            rule: Kind::Approval.word(),
            gate: Some(rule.id),
            freeze: None,
            title: Kind::Approval.words(),
            state: match (met, self.started) {
                (true, _) => State::Met,
                (false, None) => State::Refuses,
                // It was approved when it was started: it waits until it is again.
                (false, Some(_)) => State::Parks,
            },
            sentence,
            short: format!("{} of {number}", given.len()),
            lifted_by,
            until: None,
        }
    }

    fn soak(&self, rule: &Rule, hours: u32, moment: Timestamp) -> Answer {
        let needed = i64::from(hours) * HOUR;
        let gone: Vec<&str> =
            self.arrivals.iter().filter(|one| one.since.is_none()).map(|one| one.label.as_str()).collect();
        let last = self.arrivals.iter().filter_map(|one| one.since).max().map(|since| since.plus(needed));
        let open = self
            .arrivals
            .iter()
            .filter(|one| one.since.is_some_and(|since| since.plus(needed) > moment))
            .map(|one| one.label.as_str())
            .collect::<Vec<_>>();
        let met = gone.is_empty() && open.is_empty();
        let before = &self.before;
        let asked = format!("{} in {before} before {}", counted(hours, "hour"), rule.place);
        let sentence = match (gone.as_slice(), open.as_slice()) {
            ([], []) if self.arrivals.is_empty() => format!("{asked}: nothing is brought."),
            ([], []) => format!("{asked}: each version has run there so long."),
            ([], open) => format!("{asked}: {} not run there so long yet.", have(open)),
            (gone, _) => {
                let does = if gone.len() == 1 { "does" } else { "do" };
                format!("{asked}: {} {does} not run there now.", gone.join(", "))
            }
        };
        Answer {
            rule: Kind::Soak.word(),
            gate: Some(rule.id),
            freeze: None,
            title: Kind::Soak.words(),
            state: if met { State::Met } else { State::Refuses },
            sentence,
            short: String::new(),
            lifted_by: format!("{} owns this gate and can change it.", rule.owner),
            until: if met || !gone.is_empty() { None } else { last },
        }
    }

    fn verification(&self, rule: &Rule, name: &str, by_console: bool) -> Answer {
        let of = |label: &str| self.results.iter().rfind(|one| one.label == label && one.gate == rule.id);
        let (mut missing, mut failed, mut by) = (Vec::new(), Vec::new(), BTreeSet::new());
        for arrival in &self.arrivals {
            match of(&arrival.label) {
                Some(result) if result.passed => {
                    by.insert(result.by.as_str());
                }
                Some(result) => failed.push((arrival.label.as_str(), result.detail.as_str())),
                None => missing.push(arrival.label.as_str()),
            }
        }
        let met = missing.is_empty() && failed.is_empty();
        let asked = format!("“{name}” in {} before {}", self.before, rule.place);
        let sentence = match (failed.as_slice(), missing.as_slice()) {
            ([], []) if by.is_empty() => format!("{asked}: nothing is brought."),
            ([], []) => {
                let how = if by_console { "checked" } else { "reported" };
                format!("{asked}: passed, {how} by {}.", by.into_iter().collect::<Vec<_>>().join(", "))
            }
            ([], missing) => format!("{asked}: no result of {} yet.", missing.join(", ")),
            (failed, _) => {
                let labels: Vec<&str> = failed.iter().map(|(label, _)| *label).collect();
                let said = failed.iter().find(|(_, detail)| !detail.is_empty());
                let said = said.map(|(_, detail)| format!(" {}", full_stop(detail))).unwrap_or_default();
                format!("{asked}: {} failed.{said}", labels.join(", "))
            }
        };
        Answer {
            rule: Kind::Verification.word(),
            gate: Some(rule.id),
            freeze: None,
            title: Kind::Verification.words(),
            state: if met { State::Met } else { State::Refuses },
            sentence,
            short: if met { "passed".to_owned() } else { String::new() },
            lifted_by: if met {
                format!("Owner: {}.", rule.owner)
            } else if by_console {
                format!(
                    "The console checks it when somebody asks for it here. {} owns this gate.",
                    rule.owner
                )
            } else {
                format!("A passed result of “{name}” lifts it. {} owns this gate.", rule.owner)
            },
            until: None,
        }
    }

    fn freeze(&self, freeze: &Freeze) -> Answer {
        let overridden = self.overridden.contains(&freeze.id);
        let reason = full_stop(&freeze.reason);
        let sentence = if overridden {
            format!("{} stands still: {reason} It was overridden for this one.", freeze.place)
        } else {
            format!("{} stands still: {reason}", freeze.place)
        };
        Answer {
            rule: "freeze",
            gate: None,
            freeze: Some(freeze.id),
            title: "Freeze",
            state: if overridden { State::Met } else { State::Parks },
            sentence,
            short: if overridden { "overridden".to_owned() } else { String::new() },
            lifted_by: format!("Owner: {}. Somebody with “Override Freezes” can override it.", freeze.owner),
            until: (!overridden).then_some(freeze.until),
        }
    }
}

/// Whether a rule that asks for so many approvals can ever be met by a group of so many people.
///
/// # Errors
/// A sentence with both numbers.
pub fn reachable(number: u32, group: &str, people: u64) -> Result<(), Refused> {
    if people >= u64::from(number) {
        return Ok(());
    }
    Err(Refused(format!(
        "{} can never be reached: {group} has {} who can sign in.",
        counted(number, "approval"),
        counted_people(people)
    )))
}

fn counted(n: u32, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

fn counted_people(n: u64) -> String {
    match n {
        0 => "nobody".to_owned(),
        1 => "1 person".to_owned(),
        n => format!("{n} people"),
    }
}

fn were(n: usize) -> String {
    if n == 1 { "1 more was".to_owned() } else { format!("{n} more were") }
}

fn have(labels: &[&str]) -> String {
    format!("{} {}", labels.join(", "), if labels.len() == 1 { "has" } else { "have" })
}

fn said(words: &str) -> String {
    if words.is_empty() { ".".to_owned() } else { format!(": {}", full_stop(words)) }
}

/// A text with its full stop.
fn full_stop(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
