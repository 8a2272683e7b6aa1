//! What an application has done for it in an environment without anybody asking: timers, jobs and e-mails. They are kept by the scheduler there;
//! nothing of them is kept here but who ran a timer by hand.

use crate::agents::relay::Asked;
use crate::applications::find as find_application;
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::{Attempt, on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::find_environment;
use crate::logs::Monitored;
use crate::view::{ApplicationRef, EnvironmentRef, TimerRunsView, TimersView};
use domain::access::Right;
use domain::audit::Object;
use domain::protocol::Method;
use domain::server_api::emails::Emails;
use domain::server_api::jobs::Queue;
use domain::server_api::timers::{TimerRuns, TimerStatus, Timers};
use domain::text::Key;
use domain::time::Timestamp;
use serde_json::json;

/// Runs on a page of a timer's history.
const RUNS: u32 = 50;
/// What is refused to whoever may not monitor.
const SEE: &str = "see the timers of";

/// Reads what the controller itself knows.
fn of_controller(rest: String) -> Asked {
    Asked { server: None, method: Method::Get, rest }
}

impl Console {
    /// The timers of an application in an environment, its jobs and e-mails. Where the environment does not answer, the view says why.
    ///
    /// # Errors
    /// The application or environment is not there for the caller, or Monitor is missing.
    pub async fn timers(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
    ) -> Result<TimersView> {
        self.traced(caller, "timer.list", async {
            let mut tx = self.store().read().await?;
            let at = (infrastructure, environment, application);
            let Monitored { home, place, row } = self.monitored(&mut tx, caller, at, SEE).await?;
            let doing = format!("run timers of {} in {}", row.name, place.name);
            let run = self.permit(&mut tx, caller, home, &on(row.id, place.id, Right::Deploy), &doing).await;
            drop(tx);
            let of = |noun: &str| of_controller(format!("{noun}?application={}", row.key));
            let (timers, jobs, emails) = tokio::join!(
                self.ask::<Timers>(&place, of_controller("timers".to_owned())),
                self.ask::<Queue>(&place, of("jobs")),
                self.ask::<Emails>(&place, of("emails")),
            );
            let mut view = TimersView {
                application: ApplicationRef::from(&row),
                environment: EnvironmentRef::from(&place),
                timers: Vec::new(),
                jobs: Queue::default(),
                emails: Emails::default(),
                run: possible(run.map(drop))?,
                unanswered: None,
            };
            let answered = timers.and_then(|timers| Ok((timers, jobs?, emails?)));
            match answered {
                Ok((timers, jobs, emails)) => {
                    let own = |timer: &TimerStatus| timer.application == row.key;
                    view.timers = timers.timers.into_iter().filter(own).collect();
                    (view.jobs, view.emails) = (of_application(jobs, &row.key), emails);
                    view.emails.queue = of_application(std::mem::take(&mut view.emails.queue), &row.key);
                }
                Err(OperationError::Conflict { sentence, .. }) => view.unanswered = Some(sentence),
                Err(other) => return Err(other),
            }
            Ok(view)
        })
        .await
    }

    /// The runs of a timer, the newest first; `before` is what the page before said.
    ///
    /// # Errors
    /// As [`Console::timers`]; the environment does not answer, or there is no such timer.
    pub async fn timer_runs(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
        (timer, before): (&str, Option<Timestamp>),
    ) -> Result<TimerRunsView> {
        self.traced(caller, "timer.runs", async {
            let mut tx = self.store().read().await?;
            let at = (infrastructure, environment, application);
            let Monitored { place, row, .. } = self.monitored(&mut tx, caller, at, SEE).await?;
            drop(tx);
            let timer = key_of(timer)?;
            let before = before.map(|before| format!("&before={}", before.0)).unwrap_or_default();
            let rest = format!("timers/{}/{timer}/runs?limit={RUNS}{before}", row.key);
            let TimerRuns { runs, before } = self.ask(&place, of_controller(rest)).await?;
            Ok(TimerRunsView {
                application: ApplicationRef::from(&row),
                environment: EnvironmentRef::from(&place),
                timer: timer.to_string(),
                runs,
                before,
            })
        })
        .await
    }

    /// Runs a timer now. The entry is written before the environment is asked, so that nothing is run that nobody is recorded for; what the
    /// environment refuses is an entry besides.
    ///
    /// # Errors
    /// The application is not there for the caller, Deploy is missing, the environment does not answer, or the timer is under way.
    pub async fn run_timer(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
        timer: &str,
    ) -> Result<()> {
        let object = Object::new("application", short(application), short(application));
        self.audited(caller, Attempt::within(infrastructure, "timer.run", object), async {
            let timer = key_of(timer)?;
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let place = find_environment(&mut pending, home.id, environment).await?;
            let row = find_application(&mut pending, home.id, application).await?;
            let doing = format!("run timers of {} in {}", row.name, place.name);
            let needed = on(row.id, place.id, Right::Deploy);
            let grant = self.permit(&mut pending, caller, home.id, &needed, &doing).await?;
            let tx = pending.authorised(grant);
            let object = Object::new("application", row.id, row.name.as_str());
            let mut entry = self.entry(caller, "timer.run", object);
            entry.infrastructure = Some(home.id);
            entry.related = vec![Object::new("environment", place.id, place.name.as_str())];
            entry.after = json!({ "timer": timer });
            tx.commit(entry).await?;
            if caller.limits.dry_run {
                return Ok(());
            }
            let rest = format!("timers/{}/{timer}/run", row.key);
            let asked = Asked { server: None, method: Method::Post, rest };
            self.ask::<serde_json::Value>(&place, asked).await.map(drop)
        })
        .await
    }
}

fn key_of(timer: &str) -> Result<Key> {
    let missing = || OperationError::not_found(format!("There is no timer “{}” here.", short(timer)));
    timer.parse().map_err(|_| missing())
}

/// What is counted is counted for every application.
fn of_application(queue: Queue, application: &Key) -> Queue {
    let Queue { mut counts, mut queued } = queue;
    counts.retain(|one| one.application == *application);
    queued.retain(|one| one.application == *application);
    Queue { counts, queued }
}
