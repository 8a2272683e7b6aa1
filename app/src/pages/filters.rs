//! The filters of lists over time: words, application, target, status, and the days between which something was.

use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Choice, Field, Select};
use crate::view::times;
use domain::time::Timestamp;
use operations::{Result, TimeQuery};

/// The filters of a list over time, as they stand in its address.
pub(crate) struct Filters {
    words: Option<String>,
    application: Option<String>,
    target: Option<String>,
    status: Option<String>,
    since: Option<String>,
    until: Option<String>,
}

impl Filters {
    /// Reads them; a day that is none is left out, and its field says so.
    pub fn of(place: &Place) -> Self {
        Self {
            words: place.query("words"),
            application: place.query("application"),
            target: place.query("target"),
            status: place.query("status"),
            since: place.query("since"),
            until: place.query("until"),
        }
    }

    /// What they ask for, from a cursor on.
    pub fn query(&self, after: Option<String>) -> TimeQuery {
        TimeQuery {
            target: self.target.clone(),
            application: self.application.clone(),
            words: self.words.clone(),
            status: self.status.clone(),
            since: self.since(),
            until: self.until(),
            after,
            limit: None,
        }
    }

    /// From the first moment of the first day.
    fn since(&self) -> Option<Timestamp> {
        self.since.as_deref().and_then(times::day_begins)
    }

    /// Until the last day is over.
    fn until(&self) -> Option<Timestamp> {
        self.until.as_deref().and_then(times::day_ends)
    }

    /// They as an address has them.
    pub fn pairs(&self) -> Vec<(&'static str, Option<&str>)> {
        vec![
            ("words", self.words.as_deref()),
            ("application", self.application.as_deref()),
            ("target", self.target.as_deref()),
            ("status", self.status.as_deref()),
            ("since", self.since.as_deref()),
            ("until", self.until.as_deref()),
        ]
    }

    /// The fields of the form.
    pub async fn fields(&self, place: &Place, statuses: &[(&'static str, &'static str)]) -> Result<AnyView> {
        let environments = place.console.environment_names(&place.caller, &place.key).await?;
        let targets = std::iter::once(Choice::new("", "Any environment"))
            .chain(environments.iter().map(|each| Choice::new(&each.key, &each.name)))
            .collect::<Vec<_>>();
        let statuses = statuses.iter().map(|(value, words)| Choice::new(*value, *words)).collect::<Vec<_>>();
        let (target, status) = (self.target.clone(), self.status.clone());
        let problem = |typed: &Option<String>, read: Option<Timestamp>| {
            let odd = typed.as_deref().is_some_and(|text| !text.trim().is_empty()) && read.is_none();
            odd.then(|| "This is no day; write it as 2026-11-24.".to_owned())
        };
        let (first, last) = (problem(&self.since, self.since()), problem(&self.until, self.until()));
        let (words, application) = (self.words.clone(), self.application.clone());
        let (since, until) = (self.since.clone(), self.until.clone());
        Ok(view! {
            <Field label="Name" name="words" kind="search" value=words placeholder="part of it"/>
            <Field label="Application" name="application" value=application placeholder="its key"/>
            <Select label="Into" name="target" choices=targets value=target/>
            <Select label="Status" name="status" choices=statuses value=status/>
            <Field label="From" name="since" id="since" kind="date" value=since problem=first/>
            <Field label="Until" name="until" id="until" kind="date" value=until problem=last/>
        }
        .into_any())
    }
}
