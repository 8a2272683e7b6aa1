//! How a front-end leaves its load balancer, and a module what it has begun.

use super::{Deployment, Inner};
use crate::front::{Leaving, Mount};
use domain::protocol::DRAIN_SECONDS_MAX;
use domain::text::Key;
use futures::future::join_all;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How long requests to a release that was switched away may still take.
pub(super) const DRAIN: Duration = Duration::from_secs(30);

impl Deployment {
    /// From now on this front-end leaves as the environment says; where it says nothing, as its command line does. True where that is new.
    pub fn leaves_so(&self, drain_seconds: Option<u32>, open_requests_seconds: Option<u32>) -> bool {
        let most = |seconds: Option<u32>| seconds.map(|seconds| seconds.min(DRAIN_SECONDS_MAX));
        let mut leaving = self.inner.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        let new = (most(drain_seconds), most(open_requests_seconds));
        std::mem::replace(&mut *leaving, new) != new
    }

    /// How long this front-end says that it leaves.
    pub fn drain(&self) -> Duration {
        self.inner.leaving().0
    }

    /// Lets the load balancer send nobody here, and what was begun end. None where no load balancer is told.
    pub async fn leave_balancer(&self) -> Option<Leaving> {
        self.inner.leave_balancer(|_| true).await.map(|(leaving, _)| leaving)
    }
}

impl Inner {
    /// How long this front-end says that it leaves, and how long it waits then for the requests that it has begun.
    fn leaving(&self) -> (Duration, Duration) {
        let (drain, open) = *self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        let drain = drain.unwrap_or(self.identity.drain_seconds);
        let open = open.map_or(DRAIN, |seconds| Duration::from_secs(seconds.into()));
        (Duration::from_secs(drain.into()), open)
    }

    /// Lets the load balancer send nobody here, and what these modules have begun end; false where that took too long. None where no load
    /// balancer is told.
    async fn leave_balancer(&self, concerns: impl Fn(&Mount) -> bool) -> Option<(Leaving, bool)> {
        let (drain, open) = self.leaving();
        if drain.is_zero() {
            return None;
        }
        let leaving = self.front.leave();
        tokio::time::sleep(drain).await;
        let mounts: Vec<_> = self.front.mounts().into_iter().filter(|mount| concerns(mount)).collect();
        let idle = join_all(mounts.iter().map(|mount| mount.is_idle()));
        let in_time = tokio::time::timeout(open, idle).await.is_ok();
        Some((leaving, in_time))
    }

    /// Leaves before an application is switched. Nothing where nothing of it runs yet.
    pub(super) async fn leave_for(&self, application: &Key) -> Option<Leaving> {
        let own = |mount: &Mount| mount.application == *application;
        if !self.front.mounts().iter().any(|mount| own(mount)) {
            return None;
        }
        let (leaving, in_time) = self.leave_balancer(own).await?;
        if !in_time {
            tracing::warn!(%application, "requests take too long, and are not waited for any more");
        }
        Some(leaving)
    }
}

/// Lets a module that is served no longer answer what it has begun, and ends it.
pub(super) async fn leave(mount: Arc<Mount>) {
    mount.runtime.drain();
    if tokio::time::timeout(DRAIN, mount.is_idle()).await.is_err() {
        tracing::warn!(application = %mount.application, "requests to the release before took too long and are cut off");
        mount.cut_off();
    }
    mount.runtime.undo().await;
}
