//! What is good or bad about an architecture: rules as data, evaluated by one pure function.
//!
//! A rule that refuses holds at every moment: a change or a file that breaks it is not taken. The others are findings on
//! a screen, because an infrastructure is registered part by part, and is not whole on the way.

#[cfg(feature = "testing")]
pub mod cases;
mod databases;
mod facts;
mod list;
mod pipelines;
mod reported;
mod servers;
mod structure;
#[cfg(test)]
mod tests;

use super::model::Architecture;
use super::words::About;
use crate::text::{Refused, shorten};
use crate::time::Timestamp;
use facts::{Facts, Found};
pub use list::RULES;
pub use reported::{FrontEndReport, Reported};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The name of a rule: `A01`, `A02`, …; it never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RuleId(u8);

impl RuleId {
    /// The rule itself.
    #[must_use]
    pub fn rule(self) -> &'static Rule {
        // Only `RULES` and the parser, which looks there, make ids.
        RULES.iter().find(|rule| rule.id == self).unwrap_or(&RULES[0])
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "A{:02}", self.0)
    }
}

impl FromStr for RuleId {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        RULES.iter().map(|rule| rule.id).find(|id| id.to_string() == text).ok_or_else(|| {
            Refused(format!("“{}” is no rule: rules are A01 to A{:02}.", shorten(text), RULES.len()))
        })
    }
}

impl TryFrom<String> for RuleId {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl From<RuleId> for String {
    fn from(id: RuleId) -> String {
        id.to_string()
    }
}

/// How bad it is to break a rule; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot work as it is recorded.
    Error,
    /// It works, and it will fail somebody.
    Warning,
    /// It could be better.
    Advice,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Advice];

    /// The word, as it is stored and sent.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Advice => "advice",
        }
    }
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub id: RuleId,
    /// How bad it is to break it.
    pub severity: Severity,
    /// Whether a change or a file that breaks it is refused. No exception is made from such a rule.
    pub refuses: bool,
    /// What it asks for, one sentence.
    pub title: &'static str,
    /// Why, one sentence.
    pub why: &'static str,
    /// What to do where it is broken, one sentence.
    pub todo: &'static str,
    /// Where it comes from: a number of the features and rules of LifeTime (R…, D…, E…), or `document`.
    pub source: &'static str,
    check: fn(&Facts<'_>, &mut Found),
}

/// That somebody accepts what a rule finds at one place, for a time and a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The rule.
    pub rule: RuleId,
    /// The place, as [`Finding::path`] has it.
    pub path: String,
    /// Why it is accepted.
    pub reason: About,
    /// From then on it no longer counts.
    pub expires_at: Timestamp,
}

/// What an exception means for a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Acceptance {
    /// It is accepted, and does not count.
    Accepted {
        /// Why.
        reason: About,
        /// Until then.
        expires_at: Timestamp,
    },
    /// It was accepted, and counts again.
    Expired {
        /// Why it was.
        reason: About,
        /// Since then.
        expires_at: Timestamp,
    },
}

/// A rule that is broken at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule; its [`Rule::why`] and [`Rule::todo`] belong to the finding.
    pub rule: RuleId,
    /// How bad it is.
    pub severity: Severity,
    /// The place: collections, keys and the field, such as `environments/production/load_balancer`; empty for the infrastructure itself.
    pub path: String,
    /// What is wrong there, one sentence.
    pub what: String,
    /// What an exception says of it.
    pub acceptance: Option<Acceptance>,
}

impl Finding {
    /// Whether it counts: nobody accepts it, or no longer.
    #[must_use]
    pub const fn counts(&self) -> bool {
        !matches!(self.acceptance, Some(Acceptance::Accepted { .. }))
    }

    /// What is wrong and what to do, joined to one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut letters = self.rule.rule().todo.chars();
        let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
        format!("{}: {first}{}", self.what.trim_end_matches('.'), letters.as_str())
    }

    /// Everything there is to say: what, why, what to do, and what became of an exception.
    #[must_use]
    pub fn sentences(&self) -> String {
        let rule = self.rule.rule();
        let mut text = format!("{} {} {}", self.what, rule.why, rule.todo);
        match &self.acceptance {
            None => {}
            Some(Acceptance::Accepted { reason, .. }) => {
                text.push_str(&format!(" It is accepted for now: “{reason}”"));
                end(&mut text);
            }
            Some(Acceptance::Expired { reason, .. }) => {
                text.push_str(&format!(" It was accepted (“{reason}”), and the exception has expired."));
            }
        }
        text
    }
}

/// Ends a quoted reason as a sentence, whether or not it brings its own full stop.
fn end(text: &mut String) {
    if !text.ends_with(".”") {
        text.push('.');
    }
}

/// Everything that the rules find in what is recorded and reported, by severity (the worst first), then by rule and place. `now` decides which
/// exceptions still hold; of several for the same rule and place the longest counts.
#[must_use]
pub fn findings(
    architecture: &Architecture,
    reported: &Reported,
    exceptions: &[Exception],
    now: Timestamp,
) -> Vec<Finding> {
    let mut accepted: BTreeMap<(RuleId, &str), &Exception> = BTreeMap::new();
    for exception in exceptions {
        let held = accepted.entry((exception.rule, &exception.path)).or_insert(exception);
        if exception.expires_at > held.expires_at {
            *held = exception;
        }
    }
    let facts = Facts::of(architecture, reported);
    let mut all = Vec::new();
    for rule in &RULES {
        for (path, what) in found(rule, &facts) {
            let held = accepted.get(&(rule.id, path.as_str())).filter(|_| !rule.refuses);
            let acceptance = held.map(|exception| {
                let (reason, expires_at) = (exception.reason.clone(), exception.expires_at);
                if expires_at > now {
                    Acceptance::Accepted { reason, expires_at }
                } else {
                    Acceptance::Expired { reason, expires_at }
                }
            });
            all.push(Finding { rule: rule.id, severity: rule.severity, path, what, acceptance });
        }
    }
    all.sort_by(|a, b| (a.severity, a.rule, &a.path).cmp(&(b.severity, b.rule, &b.path)));
    all
}

/// What forbids to record an architecture at all: the findings of the rules that refuse, in their order. None of them asks what is reported.
#[must_use]
pub fn refusals(architecture: &Architecture) -> Vec<Finding> {
    let facts = Facts::of(architecture, &NOTHING);
    let mut all = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.refuses) {
        for (path, what) in found(rule, &facts) {
            all.push(Finding { rule: rule.id, severity: rule.severity, path, what, acceptance: None });
        }
    }
    all
}

static NOTHING: Reported = Reported::nothing();

fn found(rule: &Rule, facts: &Facts<'_>) -> Vec<(String, String)> {
    let mut found = Found::default();
    (rule.check)(facts, &mut found);
    found.places
}
