//! How the front-ends are: asked every few seconds, and at once after a change.

use super::Controller;
use crate::catalog::Member;
use domain::id::ServerId;
use domain::protocol::{ASK_MICROS, ServerStatus};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How often the front-ends are asked.
const EVERY: Duration = Duration::from_micros(ASK_MICROS.unsigned_abs());

impl Controller {
    /// What the console is told of every front-end, this one first.
    pub(super) fn all_statuses(&self) -> Vec<ServerStatus> {
        let others = self.inner.statuses.lock().unwrap_or_else(PoisonError::into_inner).clone();
        std::iter::once(self.inner.api.status()).chain(others).collect()
    }

    /// Asks the front-ends again and again. A change is told to the console.
    pub(super) async fn look_after_members(self) {
        let mut own = self.inner.api.status();
        loop {
            let began = Instant::now();
            let members = self.inner.catalog.members().await.unwrap_or_default();
            let others =
                members.iter().filter(|m| m.server != self.inner.identity.server && m.public_key.is_some());
            let asked: Vec<ServerId> = others.clone().map(|member| member.server).collect();
            self.keep(|kept| kept.retain(|status| asked.contains(&status.server)));
            let mut answers: FuturesUnordered<_> = others.map(|member| self.status_of(member)).collect();
            // Each is told as it comes: one that hangs keeps no other back.
            while let Some(new) = answers.next().await {
                let told = new.clone();
                let is_news = self.keep(|kept| match kept.iter_mut().find(|old| old.server == new.server) {
                    Some(old) => *old = new,
                    None => kept.push(new),
                });
                if is_news && let Err(error) = self.inner.catalog.set_status(&told).await {
                    tracing::warn!(%error, "what a front-end said could not be kept");
                }
            }
            // Who has just started waits for what the console says of it.
            if self.inner.api.arriving.load(Ordering::SeqCst) {
                self.inner.progress.notify_one();
            }
            let now = self.inner.api.status();
            if own != now {
                own = now;
                self.inner.progress.notify_one();
            }
            tokio::select! {
                () = sleep_until(began + EVERY) => {}
                () = self.inner.api.look.notified() => {}
            }
        }
    }

    /// Keeps what is known of the others, and tells the console where that is something new. Says whether it is.
    fn keep(&self, change: impl FnOnce(&mut Vec<ServerStatus>)) -> bool {
        let mut kept = self.inner.statuses.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.clone();
        change(&mut kept);
        kept.sort_by_key(|status| status.server);
        let is_news = *kept != before;
        if is_news {
            self.inner.progress.notify_one();
        }
        is_news
    }

    async fn status_of(&self, member: &Member) -> ServerStatus {
        let before = {
            let kept = self.inner.statuses.lock().unwrap_or_else(PoisonError::into_inner);
            kept.iter().find(|status| status.server == member.server).cloned()
        };
        let asked =
            if member.api_address.is_empty() { None } else { self.inner.members.status(member).await.ok() };
        match asked.filter(|status| status.server == member.server) {
            Some(status) => status,
            None => {
                if before.as_ref().is_none_or(|status| status.reachable) {
                    let _ = self.inner.log.add_event("member_silent", member.name.clone()).await;
                }
                unreached(member, before)
            }
        }
    }
}

/// What the console is told of a front-end that does not answer: what it said last, but where it is looked for now.
fn unreached(member: &Member, before: Option<ServerStatus>) -> ServerStatus {
    let (version, services, applications, public) = match before {
        Some(status) => (status.version, status.services, status.applications, status.public_address),
        None => Default::default(),
    };
    ServerStatus {
        server: member.server,
        reachable: false,
        version,
        public_address: if member.public_address.is_empty() { public } else { member.public_address.clone() },
        api_address: member.api_address.clone(),
        services,
        applications,
    }
}
