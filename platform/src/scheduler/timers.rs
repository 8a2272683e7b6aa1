//! Timers: each time of each is claimed once, and run on one front-end.

use super::pursue::Ending;
use super::schedule::Schedule;
use super::{FrontEnd, Inner, Scheduler, in_force};
use crate::catalog::{CatalogError, Claim, KeptTimer, NewRun, TimerId, stored};
use crate::clock;
use crate::services::EVERY;
use crate::work::{Errand, Order, RunningWork};
use domain::id::ServerId;
use domain::package::{Missed, Timer};
use domain::server_api::timers::{Cause, Outcome, TimerStatus, Timers};
use domain::text::Key;
use domain::time::{MINUTE, Timestamp};
use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use tokio::time::sleep;

/// So late a time counts as missed.
const LATE: i64 = MINUTE;
/// Missed times are counted up to this.
const COUNTED: usize = 1000;

/// A timer that is kept.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    definition: String,
    schedule: Schedule,
    checked_at: Timestamp,
    next_at: Option<Timestamp>,
}

impl Kept {
    fn new(definition: String, schedule: Schedule, checked_at: Timestamp) -> Self {
        let next_at = schedule.next_after(checked_at);
        Self { definition, schedule, checked_at, next_at }
    }
}

/// What becomes of a wish to run a timer now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunNow {
    /// It runs; the time that the run stands for.
    Begun(Timestamp),
    /// A run is under way.
    Overlaps,
    /// Nothing that runs has such a timer.
    NoTimer,
}

fn definition(timer: &Timer) -> String {
    format!("{} {}", timer.schedule, timer.time_zone())
}

fn order_of(running: &RunningWork, timer: &Timer, planned_at: Timestamp) -> Order {
    Order {
        key: format!("timer/{}/{}/{}", running.application, timer.key, planned_at.0),
        application: running.application.clone(),
        sha256: running.sha256,
        module: timer.module.clone(),
        path: timer.path.clone(),
        seconds: timer.seconds(),
        errand: Errand::Timer { timer: timer.key.clone(), planned_at },
    }
}

/// A time that is due, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Due {
    planned_at: Timestamp,
    cause: Cause,
    skipped: Option<String>,
    detail: String,
}

/// The time that is due, if one is. Of several that were missed the last stands for all.
fn due(kept: &Kept, missed: Missed, now: Timestamp) -> Option<Due> {
    let next = kept.next_at.filter(|next| *next <= now)?;
    let planned_at = kept.schedule.last_until(now).map_or(next, |last| last.max(next));
    let before = match kept.schedule.count_between(kept.checked_at, planned_at, COUNTED) {
        0 => String::new(),
        1 => "One time before it was missed.".to_owned(),
        COUNTED => format!("At least {COUNTED} times before it were missed."),
        count => format!("{count} times before it were missed."),
    };
    let is_late = now.since(planned_at) > LATE;
    let skipped = (is_late && missed == Missed::Skip)
        .then(|| format!("The time was missed, and is left out. {before}").trim_end().to_owned());
    let cause = if is_late { Cause::Missed } else { Cause::Schedule };
    Some(Due { planned_at, cause, skipped, detail: before })
}

impl Scheduler {
    fn kept(&self) -> MutexGuard<'_, HashMap<TimerId, Kept>> {
        self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn take_up_timers(&self) -> Result<(), CatalogError> {
        for known in self.inner.catalog.timers().await? {
            let parts = known.definition.rsplit_once(' ');
            let schedule = parts.and_then(|(fields, zone)| Schedule::new(fields, zone).ok());
            if let Some(schedule) = schedule {
                let kept = Kept::new(known.definition, schedule, known.checked_at);
                self.kept().insert(known.id, kept);
            }
        }
        for open in self.inner.catalog.open_runs::<Order>().await? {
            tracing::info!(key = open.order.key, "it is asked what became of a run");
            self.begin_run(open.id, open.planned_at, open.order, open.server);
        }
        Ok(())
    }

    /// Keeps the timers of what runs, and runs those that are due.
    pub(super) async fn keep_timers(&self, farm: &[FrontEnd], now: Timestamp) -> Result<(), CatalogError> {
        let counts = in_force(farm);
        let timers: HashMap<TimerId, (&RunningWork, &Timer)> = counts
            .values()
            .flat_map(|one| one.declared.timers.iter().map(move |timer| (one, timer)))
            .map(|(one, timer)| ((one.application.clone(), timer.key.clone()), (one, timer)))
            .collect();
        for (id, (_, timer)) in &timers {
            self.keep(id, timer, now).await?;
        }
        // As long as a front-end is silent nobody knows what it runs.
        if farm.iter().all(|one| one.answered) {
            let gone: Vec<TimerId> =
                self.kept().keys().filter(|id| !timers.contains_key(*id)).cloned().collect();
            for id in gone {
                self.inner.catalog.remove_timer(&id).await?;
                self.kept().remove(&id);
            }
        }
        for (id, (running, timer)) in timers {
            let due = self.kept().get(&id).and_then(|kept| due(kept, timer.missed, now));
            let Some(Due { planned_at, cause, skipped, detail }) = due else { continue };
            let order = order_of(running, timer, planned_at);
            let new = NewRun {
                id: id.clone(),
                planned_at,
                cause,
                order: stored(&order),
                skipped,
                detail,
                is_scheduled: true,
            };
            let claim = self.inner.catalog.claim_run(new).await?;
            if let Some(kept) = self.kept().get_mut(&id) {
                kept.checked_at = planned_at;
                kept.next_at = kept.schedule.next_after(planned_at);
            }
            if claim == Claim::Begun {
                self.begin_run(id, planned_at, order, None);
            }
        }
        Ok(())
    }

    /// Keeps a timer from now on where it is new or its schedule is another one, or where the clock went back: what has run has its row, so
    /// nothing runs twice.
    async fn keep(&self, id: &TimerId, timer: &Timer, now: Timestamp) -> Result<(), CatalogError> {
        let definition = definition(timer);
        let is_kept = self
            .kept()
            .get(id)
            .is_some_and(|kept| kept.definition == definition && kept.checked_at.since(now) <= MINUTE);
        if is_kept {
            return Ok(());
        }
        let schedule = match Schedule::new(&timer.schedule, timer.time_zone()) {
            Ok(schedule) => schedule,
            Err(reason) => {
                // A release is only staged where its zones are known; a setting changes the fields alone.
                tracing::error!(application = %id.0, timer = %id.1, reason, "a timer cannot be kept");
                return Ok(());
            }
        };
        let row = KeptTimer { id: id.clone(), definition: definition.clone(), checked_at: now };
        self.inner.catalog.put_timer(&row).await?;
        self.kept().insert(id.clone(), Kept::new(definition, schedule, now));
        Ok(())
    }

    /// Runs a timer now, unless it does.
    pub async fn run_now(&self, application: &Key, timer: &Key) -> Result<RunNow, CatalogError> {
        let counts = in_force(&self.farm().unwrap_or_default());
        let found = counts.get(application).and_then(|one| {
            one.declared.timers.iter().find(|declared| declared.key == *timer).map(|timer| (one, timer))
        });
        let Some((running, timer)) = found else { return Ok(RunNow::NoTimer) };
        let (id, planned_at) = ((application.clone(), timer.key.clone()), clock::now());
        let order = order_of(running, timer, planned_at);
        let new = NewRun {
            id: id.clone(),
            planned_at,
            cause: Cause::Person,
            order: stored(&order),
            skipped: None,
            detail: String::new(),
            is_scheduled: false,
        };
        match self.inner.catalog.claim_run(new).await? {
            Claim::Begun => {
                self.begin_run(id, planned_at, order, None);
                Ok(RunNow::Begun(planned_at))
            }
            Claim::Overlaps | Claim::Known | Claim::Skipped => Ok(RunNow::Overlaps),
        }
    }

    fn begin_run(&self, id: TimerId, planned_at: Timestamp, order: Order, asked: Option<ServerId>) {
        let scheduler = self.clone();
        tokio::spawn(async move {
            let Inner { catalog, log, .. } = &*scheduler.inner;
            let note = |server, name: String| {
                let id = &id;
                async move { catalog.send_run(id, planned_at, server, &name).await }
            };
            let (outcome, detail) = match scheduler.pursue(&order, asked, note).await {
                Ending::Done => (Outcome::Done, None),
                Ending::Failed(reason) => (Outcome::Failed, Some(reason)),
                Ending::Lost(reason) => (Outcome::Unknown, Some(reason)),
                Ending::Nowhere => (Outcome::Skipped, Some("No front-end was ready to run it.".to_owned())),
            };
            if let Some(detail) = &detail {
                let _ = log.add_event("timer_not_done", format!("{} {}: {detail}", id.0, id.1)).await;
            }
            while let Err(error) = catalog.end_run(&id, planned_at, outcome, detail.clone()).await {
                tracing::error!(%error, key = order.key, "the end of a run cannot be noted; it is tried again");
                sleep(EVERY).await;
            }
        });
    }

    /// The timers of everything that runs, as the console is told of them.
    pub async fn timers(&self) -> Result<Timers, CatalogError> {
        let counts = in_force(&self.farm().unwrap_or_default());
        let all: Vec<(&RunningWork, &Timer)> = counts
            .values()
            .flat_map(|one| one.declared.timers.iter().map(move |timer| (one, timer)))
            .collect();
        let id = |(one, timer): &(&RunningWork, &Timer)| (one.application.clone(), timer.key.clone());
        let last = self.inner.catalog.last_runs(all.iter().map(id).collect()).await?;
        let kept = self.kept().clone();
        let timers = all.iter().zip(last).map(|(both, last)| {
            let (one, timer) = both;
            TimerStatus {
                application: one.application.clone(),
                application_name: one.name.clone(),
                module: timer.module.clone(),
                key: timer.key.clone(),
                name: timer.name.to_string(),
                schedule: timer.schedule.clone(),
                time_zone: timer.time_zone().to_owned(),
                missed: timer.missed,
                seconds: timer.seconds(),
                next_at: kept.get(&id(both)).and_then(|kept| kept.next_at),
                last,
            }
        });
        Ok(Timers { timers: timers.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::{DAY, HOUR};

    const HALF_PAST: i64 = 30 * MINUTE;

    fn hourly(checked_at: i64) -> Kept {
        Kept::new(
            "30 * * * * UTC".to_owned(),
            Schedule::new("30 * * * *", "UTC").unwrap(),
            Timestamp(checked_at),
        )
    }

    fn is_due(checked_at: i64, missed: Missed, now: i64) -> Option<(i64, Cause, Option<String>, String)> {
        due(&hourly(checked_at), missed, Timestamp(now))
            .map(|due| (due.planned_at.0, due.cause, due.skipped, due.detail))
    }

    #[test]
    fn a_time_is_due_once_and_the_last_stands_for_those_that_were_missed() {
        assert_eq!(is_due(0, Missed::Once, HALF_PAST - 1), None);
        let due = Some((HALF_PAST, Cause::Schedule, None, String::new()));
        assert_eq!(is_due(0, Missed::Once, HALF_PAST), due);
        assert_eq!(is_due(0, Missed::Skip, HALF_PAST + LATE), due);
        assert_eq!(is_due(HALF_PAST, Missed::Once, HALF_PAST + MINUTE), None, "it was dealt with");
        let late = HALF_PAST + 2 * HOUR + 5 * MINUTE;
        let (at, cause, skipped, detail) = is_due(0, Missed::Once, late).unwrap();
        assert_eq!((at, cause, skipped), (HALF_PAST + 2 * HOUR, Cause::Missed, None));
        assert_eq!(detail, "2 times before it were missed.");
        let (at, _, skipped, _) = is_due(0, Missed::Skip, late).unwrap();
        assert_eq!(at, HALF_PAST + 2 * HOUR);
        assert_eq!(skipped.unwrap(), "The time was missed, and is left out. 2 times before it were missed.");
        // Back in time for the last one: it runs, whatever the policy.
        let (_, cause, skipped, detail) = is_due(0, Missed::Skip, HALF_PAST + HOUR + 1).unwrap();
        assert_eq!(
            (cause, skipped, detail.as_str()),
            (Cause::Schedule, None, "One time before it was missed.")
        );
        let (.., detail) = is_due(0, Missed::Once, 400 * DAY).unwrap();
        assert_eq!(detail, "At least 1000 times before it were missed.");
    }

    #[test]
    fn a_clock_that_goes_back_makes_nothing_due_again() {
        assert_eq!(is_due(HALF_PAST + 5 * HOUR, Missed::Once, HALF_PAST + 4 * HOUR + 1), None);
    }
}
