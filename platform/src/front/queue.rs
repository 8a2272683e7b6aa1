//! The bounded queue of a module: so many requests are worked on at once, so many wait, and none waits for ever. Each module has its own, so
//! that a flood at one starves no other.

use domain::package::{Module, ProcessLimits};
use domain::server_api::queue::ModuleQueue;
use domain::text::Key;
use domain::time::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// What one module may take of this front-end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Requests that it works on at once.
    pub concurrent: u32,
    /// Requests that wait.
    pub waiting: u32,
    /// How long one waits at most, seconds.
    pub seconds: u32,
    /// Memory of a process whose manifest says nothing of it, megabytes; none for as much as there is.
    pub memory_megabytes: Option<u32>,
}

impl Bounds {
    /// What the process of a module may take: what its manifest says, else what holds here.
    pub fn limits(&self, module: &Module) -> ProcessLimits {
        let own = module.limits.unwrap_or_default();
        ProcessLimits { memory_megabytes: own.memory_megabytes.or(self.memory_megabytes), ..own }
    }
}

/// Why a request is not worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Too many wait already.
    Full,
    /// It waited too long.
    TooLong,
}

/// The right to be worked on, given back when it is dropped.
pub type Place = OwnedSemaphorePermit;

/// The queue of one module of one release.
pub struct Queue {
    places: Arc<Semaphore>,
    bounds: Bounds,
    counts: Mutex<Counts>,
}

/// What is counted.
#[derive(Debug)]
struct Counts {
    since: Timestamp,
    waiting: u32,
    waiting_since: Option<Timestamp>,
    most: u32,
    refused: u64,
    given_up: u64,
}

impl Counts {
    fn new(now: Timestamp) -> Self {
        let (waiting, most, refused, given_up) = (0, 0, 0, 0);
        Self { since: now, waiting, waiting_since: None, most, refused, given_up }
    }

    fn comes(&mut self, now: Timestamp) {
        self.waiting += 1;
        self.waiting_since.get_or_insert(now);
        self.most = self.most.max(self.waiting);
    }

    fn goes(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
        if self.waiting == 0 {
            self.waiting_since = None;
        }
    }
}

/// One that waits: gone however it ends, also when the visitor goes away.
struct Waits<'a>(&'a Queue);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.counts().goes();
    }
}

impl Queue {
    /// An empty queue with these bounds. A module may allow less at once than the front-end does, never more.
    pub fn new(bounds: Bounds, concurrent: Option<u32>) -> Self {
        let concurrent = concurrent.map_or(bounds.concurrent, |own| own.min(bounds.concurrent));
        let places = usize::try_from(concurrent).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(places)),
            bounds: Bounds { concurrent, ..bounds },
            counts: Mutex::new(Counts::new(crate::clock::now())),
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the request may be worked on. Who came first is first.
    pub async fn place(&self) -> Result<Place, Refusal> {
        // Nobody is overtaken here: a place that is given back goes to who waits.
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let waits = {
            let mut counts = self.counts();
            if counts.waiting >= self.bounds.waiting {
                counts.refused += 1;
                return Err(Refusal::Full);
            }
            counts.comes(crate::clock::now());
            Waits(self)
        };
        let limit = Duration::from_secs(self.bounds.seconds.into());
        let given = timeout(limit, Arc::clone(&self.places).acquire_owned()).await;
        drop(waits);
        match given {
            Ok(Ok(place)) => Ok(place),
            // Nobody closes it: too long is the one way to get none.
            Ok(Err(_)) | Err(_) => {
                self.counts().given_up += 1;
                Err(Refusal::TooLong)
            }
        }
    }

    /// A refusal in a sentence, for the visitor and the log of errors.
    pub fn sentence(&self, refusal: Refusal) -> String {
        let Bounds { concurrent, waiting, seconds, .. } = self.bounds;
        match refusal {
            Refusal::Full => format!(
                "Too many requests at once: {concurrent} are worked on and {waiting} wait, more are not taken."
            ),
            Refusal::TooLong => format!(
                "Too many requests at once: this one waited {seconds} seconds for one of {concurrent} places."
            ),
        }
    }

    /// How many wait now.
    pub fn waiting(&self) -> u32 {
        self.counts().waiting
    }

    /// How full it is.
    pub fn status(&self, application: Key, module: Key) -> ModuleQueue {
        let counts = self.counts();
        let free = u32::try_from(self.places.available_permits()).unwrap_or(u32::MAX);
        ModuleQueue {
            application,
            module,
            concurrent: self.bounds.concurrent,
            working: self.bounds.concurrent.saturating_sub(free),
            waiting: counts.waiting,
            waiting_since: counts.waiting_since,
            most: counts.most,
            refused: counts.refused,
            given_up: counts.given_up,
            counted_since: counts.since,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(concurrent: u32, waiting: u32, seconds: u32) -> Arc<Queue> {
        let bounds = Bounds { concurrent, waiting, seconds, memory_megabytes: None };
        Arc::new(Queue::new(bounds, None))
    }

    fn status(queue: &Queue) -> ModuleQueue {
        queue.status("desk".parse().unwrap(), "desk".parse().unwrap())
    }

    #[test]
    fn a_module_may_allow_less_and_never_more() {
        let bounds = Bounds { concurrent: 8, waiting: 1, seconds: 1, memory_megabytes: None };
        let at_once = |own| status(&Queue::new(bounds, own)).concurrent;
        assert_eq!([at_once(None), at_once(Some(2)), at_once(Some(99))], [8, 2, 8]);
    }

    #[tokio::test]
    async fn so_many_are_worked_on_so_many_wait_and_the_rest_is_refused() {
        let queue = queue(1, 2, 10);
        let first = queue.place().await.unwrap();
        let wait = || {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move { queue.place().await.map(drop) })
        };
        let waiting = [wait(), wait()];
        while status(&queue).waiting < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(queue.place().await.unwrap_err(), Refusal::Full);
        let seen = status(&queue);
        assert_eq!((seen.working, seen.waiting, seen.most, seen.refused), (1, 2, 2, 1));
        assert!(seen.waiting_since.is_some());
        drop(first);
        for one in waiting {
            assert_eq!(one.await.unwrap(), Ok(()), "each gets its turn");
        }
        let seen = status(&queue);
        assert_eq!((seen.working, seen.waiting, seen.waiting_since), (0, 0, None));
        assert_eq!(seen.most, 2, "what was is remembered");
    }

    #[tokio::test]
    async fn none_waits_for_ever_and_who_goes_away_waits_no_longer() {
        let short = queue(1, 2, 1);
        let _first = short.place().await.unwrap();
        assert_eq!(short.place().await.unwrap_err(), Refusal::TooLong);
        assert_eq!((status(&short).given_up, status(&short).waiting), (1, 0));
        let text = short.sentence(Refusal::TooLong);
        assert_eq!(text, "Too many requests at once: this one waited 1 seconds for one of 1 places.");
        let long = queue(1, 2, 600);
        let _first = long.place().await.unwrap();
        let gone = tokio::spawn({
            let queue = Arc::clone(&long);
            async move { queue.place().await.map(drop) }
        });
        while status(&long).waiting == 0 {
            tokio::task::yield_now().await;
        }
        gone.abort();
        assert!(gone.await.is_err());
        assert_eq!((status(&long).given_up, status(&long).waiting), (0, 0));
    }
}
