//! Requests that were refused before any operation heard of them, because another site sent them.
//!
//! Anybody can send such a request, so only some of them get an entry; the others are counted, and the next entry tells how many.

use crate::console::{Caller, Console};
use crate::door::{Attempt, Place, short};
use crate::error::{OperationError, Result};
use domain::audit::Object;
use domain::time::{MINUTE, Timestamp};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::PoisonError;

/// Entries in a minute for each address.
const FOR_EACH: usize = 10;
/// Entries in a minute in all.
const IN_ALL: usize = 100;

/// A request that was refused.
#[derive(Debug, Clone, Copy)]
pub struct RefusedRequest<'a> {
    /// From where.
    pub address: &'a str,
    /// Its method.
    pub method: &'a str,
    /// Its path.
    pub path: &'a str,
    /// The key of the infrastructure that its path names.
    pub infrastructure: Option<&'a str>,
    /// The sentence that the person was shown.
    pub sentence: &'a str,
}

impl Console {
    /// Leaves an entry for a refused request, unless there are too many. Who sent it is asked only if there will be one.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn request_refused(
        &self,
        request: RefusedRequest<'_>,
        caller: impl Future<Output = Caller>,
    ) -> Result<()> {
        self.turned_away("request.refused", request, caller).await
    }

    /// Leaves an entry for a request that was too large to be read, unless there are too many.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn request_too_large(&self, request: RefusedRequest<'_>, caller: Caller) -> Result<()> {
        self.turned_away("request.too_large", request, std::future::ready(caller)).await
    }

    async fn turned_away(
        &self,
        operation: &'static str,
        request: RefusedRequest<'_>,
        caller: impl Future<Output = Caller>,
    ) -> Result<()> {
        let Some(left_out) = self.counted(request.address) else { return Ok(()) };
        let caller = caller.await;
        let name = short(&format!("{} {}", request.method, request.path));
        let place = request.infrastructure.map_or(Place::Console, Place::Key);
        let attempt = Attempt::at(place, operation, Object::new("request", &name, &name));
        let attempt = if left_out == 0 { attempt } else { attempt.telling(json!({ "left_out": left_out })) };
        let refused = self
            .audited(&caller, attempt, async { Err::<(), _>(OperationError::denied(request.sentence, "")) });
        match refused.await {
            Err(OperationError::Internal { request, cause }) => {
                Err(OperationError::Internal { request, cause })
            }
            _ => Ok(()),
        }
    }

    fn counted(&self, address: &str) -> Option<u64> {
        let mut counter = self.inner.refused.lock().unwrap_or_else(PoisonError::into_inner);
        counter.admit(self.now(), address)
    }
}

/// Counts what gets an entry: it remembers one minute of them, which are few, and nothing of the others but their number.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    admitted: VecDeque<(Timestamp, String)>,
    left_out: u64,
}

impl Counter {
    /// Whether one more from an address gets an entry now; then, how many were left out since the last one that got one.
    fn admit(&mut self, now: Timestamp, address: &str) -> Option<u64> {
        // A clock that was set back must not close this for longer than a minute.
        self.admitted.retain(|(at, _)| (0..MINUTE).contains(&now.since(*at)));
        let from_here = self.admitted.iter().filter(|(_, other)| other == address).count();
        if from_here >= FOR_EACH || self.admitted.len() >= IN_ALL {
            self.left_out += 1;
            return None;
        }
        self.admitted.push_back((now, address.to_owned()));
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::SECOND;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * SECOND)
    }

    #[test]
    fn an_address_gets_ten_entries_in_any_minute() {
        let mut counter = Counter::default();
        for second in 0..10 {
            assert_eq!(counter.admit(at(second), "a"), Some(0));
        }
        assert_eq!(counter.admit(at(59), "a"), None);
        assert_eq!(counter.admit(at(59), "b"), Some(1), "another address has its own ten, and tells");
        assert_eq!(counter.admit(at(60), "a"), Some(0), "the first is a minute old");
        assert_eq!(counter.admit(at(60), "a"), None, "the second is not");
    }

    #[test]
    fn all_addresses_together_get_a_hundred() {
        let mut counter = Counter::default();
        let admitted = |counter: &mut Counter, second: i64, from: usize| {
            (from..from + 500).filter(|n| counter.admit(at(second), &n.to_string()).is_some()).count()
        };
        assert_eq!(admitted(&mut counter, 0, 0), 100);
        assert_eq!(admitted(&mut counter, 59, 500), 0);
        assert_eq!(counter.admitted.len(), 100, "what is left out takes no memory");
        assert_eq!(counter.admit(at(60), "a"), Some(900));
        assert_eq!(counter.admit(at(61), "a"), Some(0), "told once");
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_close_it() {
        let mut counter = Counter::default();
        for _ in 0..11 {
            counter.admit(at(10_000), "a");
        }
        assert_eq!(counter.admit(at(10), "a"), Some(1));
    }
}
