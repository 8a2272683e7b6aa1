//! Turns: the controller lets no more front-ends leave the load balancer at once than the environment says, whichever deployments or people
//! want them to.

use domain::id::ServerId;
use domain::protocol::Farm;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// The turns of a farm.
#[derive(Clone, Default)]
pub struct Turns(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Default)]
struct State {
    farm: Farm,
    /// The front-ends that are out, and how many want them to be.
    out: BTreeMap<ServerId, usize>,
    /// Those of them that were ended: what counts them as out until they are back.
    gone: BTreeMap<ServerId, AbortHandle>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As long as it lives a front-end is counted as out.
pub struct Turn {
    of: Arc<Inner>,
    server: ServerId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.of.state();
        if let Some(count) = state.out.get_mut(&self.server) {
            *count -= 1;
            if *count == 0 {
                state.out.remove(&self.server);
            }
        }
        drop(state);
        self.of.freed.notify_waiters();
    }
}

impl Turns {
    /// The turns of a farm whose front-ends leave as it says.
    pub fn new(farm: Farm) -> Self {
        let turns = Self::default();
        turns.set(farm);
        turns
    }

    /// How front-ends leave.
    pub fn farm(&self) -> Farm {
        self.0.state().farm
    }

    /// From now on they leave so; those that are out stay out. True where that is something new.
    pub fn set(&self, farm: Farm) -> bool {
        let mut state = self.0.state();
        let changed = state.farm != farm;
        state.farm = farm;
        drop(state);
        self.0.freed.notify_waiters();
        changed
    }

    /// Waits until a front-end may be out. What is out already may be so once more.
    pub async fn take(&self, server: ServerId) -> Turn {
        loop {
            let freed = self.0.freed.notified();
            tokio::pin!(freed);
            // From here on no end of another turn is missed.
            freed.as_mut().enable();
            if let Some(turn) = self.free(server) {
                return turn;
            }
            freed.await;
        }
    }

    /// Counts a front-end that ends as out until it is back, but no longer than `most`.
    pub fn goes(&self, turn: Turn, most: Duration) {
        let server = turn.server;
        let out = tokio::spawn(async move {
            let _turn = turn;
            tokio::time::sleep(most).await;
        });
        let before = self.0.state().gone.insert(server, out.abort_handle());
        if let Some(before) = before {
            before.abort();
        }
    }

    /// A front-end that was ended is back.
    pub fn is_back(&self, server: ServerId) {
        let out = self.0.state().gone.remove(&server);
        if let Some(out) = out {
            out.abort();
        }
    }

    fn free(&self, server: ServerId) -> Option<Turn> {
        let mut state = self.0.state();
        let most = state.farm.out_at_once.max(1) as usize;
        if !state.out.contains_key(&server) && state.out.len() >= most {
            return None;
        }
        *state.out.entry(server).or_default() += 1;
        Some(Turn { of: Arc::clone(&self.0), server })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn server(number: u128) -> ServerId {
        ServerId(uuid::Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn so_many_front_ends_are_out_as_the_environment_says() {
        let turns = Turns::new(Farm { out_at_once: 2, ..Farm::default() });
        let first = turns.take(server(1)).await;
        let again = turns.take(server(1)).await;
        let second = turns.take(server(2)).await;
        let mut third = Box::pin(turns.take(server(3)));
        assert!((&mut third).now_or_never().is_none(), "two are out");
        drop(first);
        assert!((&mut third).now_or_never().is_none(), "somebody else wants the first one to be out still");
        drop(again);
        let third = third.await;
        assert!(turns.set(Farm::default()), "from now on one at a time");
        drop(second);
        let mut fourth = Box::pin(turns.take(server(4)));
        assert!((&mut fourth).now_or_never().is_none());
        drop(third);
        drop(fourth.await);
        // One that is ended is out until it is back.
        turns.goes(turns.take(server(5)).await, Duration::from_secs(600));
        let mut sixth = Box::pin(turns.take(server(6)));
        assert!((&mut sixth).now_or_never().is_none());
        turns.is_back(server(5));
        drop(sixth.await);
        assert!(!turns.set(Farm::default()));
    }
}
