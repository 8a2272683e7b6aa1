//! The scheduler: timers, jobs and e-mails of the whole farm, once. It runs on the deployment controller, whose Platform catalog is the farm's.
//!
//! What is done once is claimed in the catalog before anybody is asked, and a front-end notes a key before it calls a module. So after a SIGKILL of
//! either the other one knows what became of it: the scheduler asks the same front-end under the same key, which calls nothing twice.

mod emails;
mod jobs;
mod pursue;
mod schedule;
mod timers;

pub use emails::{Mailer, Smtp, password};
pub use schedule::{check, rfc3339};
pub use timers::RunNow;

use crate::catalog::{CatalogError, Log, Member, Platform, Sort, TimerId};
use crate::identity::Identity;
use crate::server_api::Members;
use crate::services::{EVERY, Services};
use crate::work::{Enqueue, RunningWork, Work, outcome};
use crate::{clock, work};
use axum::http::StatusCode;
use domain::architecture::words::Service;
use domain::id::ServerId;
use domain::text::Key;
use futures::future::join_all;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

/// How often the front-ends are asked what they run.
const LOOK: Duration = Duration::from_secs(3);

/// The scheduler of the farm.
#[derive(Clone)]
pub struct Scheduler {
    inner: Arc<Inner>,
}

/// Where the scheduler is found as long as this server controls its environment.
#[derive(Clone, Default)]
pub struct Seat(Arc<RwLock<Option<Scheduler>>>);

impl Seat {
    /// The scheduler, where it works now.
    pub fn now(&self) -> Option<Scheduler> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One works from now on, or none does any more.
    pub fn set(&self, scheduler: Option<Scheduler>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = scheduler;
    }
}

struct Inner {
    identity: Arc<Identity>,
    catalog: Platform,
    log: Log,
    members: Members,
    work: Work,
    services: Services,
    mailer: Option<Mailer>,
    /// What the front-ends said last; nothing before the first look has ended.
    farm: Mutex<Option<Vec<FrontEnd>>>,
    kept: Mutex<HashMap<TimerId, timers::Kept>>,
    /// Ids of the queue that a task of this process works on: what they are, and whose.
    busy: Mutex<HashMap<String, (Sort, Key)>>,
    /// Something new is in the queue.
    news: Notify,
}

/// What the scheduler is made of.
pub struct Parts {
    /// Who the controller is.
    pub identity: Arc<Identity>,
    /// Its Platform catalog.
    pub catalog: Platform,
    /// Its Log catalog.
    pub log: Log,
    /// How it speaks to other front-ends.
    pub members: Members,
    /// Its own calls.
    pub work: Work,
    /// Where it beats.
    pub services: Services,
    /// How e-mails are sent, where that is configured.
    pub mailer: Option<Mailer>,
}

/// What a front-end said last.
#[derive(Debug, Clone)]
struct FrontEnd {
    server: ServerId,
    name: String,
    /// Whether it answered just now.
    answered: bool,
    running: Vec<RunningWork>,
}

impl Scheduler {
    /// A scheduler that does nothing yet.
    pub fn new(parts: Parts) -> Self {
        let Parts { identity, catalog, log, members, work, services, mailer } = parts;
        Self {
            inner: Arc::new(Inner {
                identity,
                catalog,
                log,
                members,
                work,
                services,
                mailer,
                farm: Mutex::default(),
                kept: Mutex::default(),
                busy: Mutex::default(),
                news: Notify::new(),
            }),
        }
    }

    /// Works until the process ends: goes on with what was under way, then keeps times and works off the queue.
    pub async fn run(self) {
        let looking = AbortOnDropHandle::new(tokio::spawn(self.clone().look_at_farm()));
        while let Err(error) = self.take_up().await {
            tracing::error!(%error, "the scheduler cannot read what was under way");
            sleep(EVERY).await;
        }
        loop {
            match self.turn().await {
                Ok(()) if !looking.is_finished() => self.inner.services.beat(Service::Scheduler),
                Ok(()) => {}
                Err(error) => tracing::error!(%error, "the scheduler cannot use its catalog"),
            }
            let _ = timeout(EVERY, self.inner.news.notified()).await;
        }
    }

    /// After a start: what was kept, and what was under way.
    async fn take_up(&self) -> Result<(), CatalogError> {
        self.take_up_timers().await?;
        self.take_up_jobs().await?;
        self.take_up_emails().await
    }

    async fn turn(&self) -> Result<(), CatalogError> {
        let now = clock::now();
        if let Some(farm) = self.farm() {
            self.keep_timers(&farm, now).await?;
            self.work_off_jobs(&farm, now).await?;
        }
        self.send_emails(now).await
    }

    /// Puts something into the queue; a sentence where it does not get there.
    pub async fn enqueue(&self, enqueue: Enqueue) -> Result<String, (StatusCode, String)> {
        let (id, application) = (enqueue.id.clone(), enqueue.application.clone());
        let enqueued = self.inner.catalog.enqueue(enqueue.item()).await.map_err(|error| {
            tracing::error!(%error, "the queue cannot be written");
            (StatusCode::SERVICE_UNAVAILABLE, "The queue cannot be written at the moment.".to_owned())
        })?;
        self.inner.news.notify_one();
        outcome(id, &application, enqueued)
    }

    fn farm(&self) -> Option<Vec<FrontEnd>> {
        self.inner.farm.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks each front-end what it runs, again and again.
    async fn look_at_farm(self) {
        loop {
            if let Err(error) = self.look().await {
                tracing::error!(%error, "the scheduler does not know the farm's members");
            }
            sleep(LOOK).await;
        }
    }

    async fn look(&self) -> Result<(), CatalogError> {
        let inner = &self.inner;
        let own = inner.identity.server;
        let members = inner.catalog.members().await?;
        let others = members.iter().filter(|member| member.server != own && member.public_key.is_some());
        let asked = join_all(others.map(|member| self.running_on(member)));
        let (here, asked) = tokio::join!(inner.work.running(), asked);
        let here = (own, inner.identity.server_name.clone(), here?);
        let before = self.farm().unwrap_or_default();
        let all = std::iter::once(here).chain(asked).map(|(server, name, said)| {
            let answered = said.is_some();
            let running = said.unwrap_or_else(|| {
                before
                    .iter()
                    .find(|one| one.server == server)
                    .map(|one| one.running.clone())
                    .unwrap_or_default()
            });
            FrontEnd { server, name, answered, running }
        });
        *inner.farm.lock().unwrap_or_else(PoisonError::into_inner) = Some(all.collect());
        Ok(())
    }

    /// What another front-end runs; nothing where it does not say.
    async fn running_on(&self, member: &Member) -> (ServerId, String, Option<Vec<RunningWork>>) {
        let said = self.inner.members.running_work(member).await.unwrap_or_default();
        (member.server, member.name.clone(), said)
    }

    /// Whether a task of this process works on something of the queue from now on; not where one does already, or where too many do.
    fn take(&self, sort: Sort, id: &str, application: &Key, most: usize) -> bool {
        let mut busy = self.inner.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let of_same = busy.values().filter(|(other, of)| *other == sort && of == application).count();
        if busy.contains_key(id) || of_same >= most {
            return false;
        }
        busy.insert(id.to_owned(), (sort, application.clone()));
        true
    }

    fn leave(&self, id: &str) {
        self.inner.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.inner.news.notify_one();
    }
}

/// What counts of each application: the release that became the running one last, wherever it did.
fn in_force(farm: &[FrontEnd]) -> BTreeMap<Key, RunningWork> {
    let mut all: BTreeMap<Key, RunningWork> = BTreeMap::new();
    for one in farm.iter().flat_map(|front_end| &front_end.running) {
        match all.get(&one.application) {
            Some(other) if (other.since, other.sha256) >= (one.since, one.sha256) => {}
            _ => drop(all.insert(one.application.clone(), one.clone())),
        }
    }
    all
}

/// The front-ends that can be asked to call a module of a release, in an order that differs from key to key.
fn candidates<'a>(
    farm: &'a [FrontEnd],
    order: &work::Order,
    but: &HashSet<ServerId>,
) -> Option<&'a FrontEnd> {
    let fits = |one: &&RunningWork| {
        one.application == order.application
            && one.sha256 == order.sha256
            && one.ready.contains(&order.module)
    };
    let able = |one: &&FrontEnd| {
        one.answered && !but.contains(&one.server) && one.running.iter().any(|running| fits(&running))
    };
    let able: Vec<&FrontEnd> = farm.iter().filter(able).collect();
    let hash = domain::text::Sha256::of(order.key.as_bytes()).0;
    let number = usize::from(u16::from_le_bytes([hash[0], hash[1]]));
    able.get(number.checked_rem(able.len())?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::text::Sha256;
    use domain::time::Timestamp;
    use work::{Declared, Errand, Order};

    fn front_end(number: u128, release: u8, since: i64, answered: bool, ready: bool) -> FrontEnd {
        let module: Key = "tides".parse().unwrap();
        let running = RunningWork {
            application: module.clone(),
            name: "Tides".to_owned(),
            sha256: Sha256([release; 32]),
            since: Timestamp(since),
            ready: if ready { vec![module] } else { Vec::new() },
            declared: Declared::default(),
        };
        let server = ServerId(uuid::Uuid::from_u128(number));
        FrontEnd { server, name: number.to_string(), answered, running: vec![running] }
    }

    #[test]
    fn what_was_activated_last_counts_and_only_who_runs_it_is_asked() {
        let farm = [
            front_end(1, 1, 10, true, true),
            front_end(2, 2, 20, true, true),
            front_end(3, 2, 19, true, true),
            front_end(4, 2, 18, false, true),
            front_end(5, 2, 17, true, false),
        ];
        let counts = in_force(&farm).remove(&"tides".parse::<Key>().unwrap()).unwrap();
        assert_eq!(counts.sha256, Sha256([2; 32]));
        let order = |key: String| Order {
            key,
            application: counts.application.clone(),
            sha256: counts.sha256,
            module: "tides".parse().unwrap(),
            path: "/t".to_owned(),
            seconds: 1,
            errand: Errand::Timer { timer: "t".parse().unwrap(), planned_at: Timestamp(0) },
        };
        let none = HashSet::new();
        let names: HashSet<String> = (0..50)
            .filter_map(|n| candidates(&farm, &order(n.to_string()), &none).map(|one| one.name.clone()))
            .collect();
        assert_eq!(names, HashSet::from(["2".to_owned(), "3".to_owned()]));
        let tried = HashSet::from([farm[1].server, farm[2].server]);
        assert!(candidates(&farm, &order("x".to_owned()), &tried).is_none());
    }
}
