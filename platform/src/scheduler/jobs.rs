//! Jobs: what applications put into the queue is worked off by their modules, tried again where that fails. A job that was under way when its
//! front-end was lost is tried again too: at least once, where a timer runs at most once.

use super::pursue::Ending;
use super::{FrontEnd, Scheduler, in_force};
use crate::catalog::{AT_ONCE, CatalogError, Item, Sort, stored};
use crate::clock;
use crate::services::EVERY;
use crate::work::{Errand, Order};
use domain::id::ServerId;
use domain::time::{HOUR, SECOND, Timestamp};
use tokio::time::sleep;

/// The pause before something is looked at again that nobody can work off.
const NOBODY: i64 = 5 * SECOND;

/// The pause after so many tries, microseconds: 1, 4, 16, 64, 256 and 1024 seconds, then an hour.
pub(super) fn pause(tries: u32) -> i64 {
    4_i64.saturating_pow(tries.saturating_sub(1)).saturating_mul(SECOND).min(HOUR)
}

impl Scheduler {
    pub(super) async fn take_up_jobs(&self) -> Result<(), CatalogError> {
        for item in self.inner.catalog.open_items(Sort::Job).await? {
            let order: Option<Order> = serde_json::from_str(&item.order).ok();
            let Some(order) = order else {
                let why = "What was asked cannot be read any more.";
                self.inner.catalog.failed_item(&item.id, why, Some(clock::now())).await?;
                continue;
            };
            if self.take(Sort::Job, &item.id, &item.application, usize::MAX) {
                let asked = item.server.as_ref().and_then(|server| server.parse().ok());
                self.begin_job(item, order, asked);
            }
        }
        Ok(())
    }

    /// Begins what is due, as far as something that runs has a handler for it.
    pub(super) async fn work_off_jobs(&self, farm: &[FrontEnd], now: Timestamp) -> Result<(), CatalogError> {
        let counts = in_force(farm);
        for mut item in self.inner.catalog.due_items(Sort::Job, now).await? {
            let found = counts.get(&item.application).and_then(|one| {
                let handler = one.declared.jobs.iter().find(|job| Some(&job.key) == item.handler.as_ref())?;
                Some((one, handler))
            });
            let Some((running, handler)) = found else {
                let why = "Nothing that runs has a handler for it.";
                self.inner.catalog.wait_item(&item.id, why, now.plus(NOBODY)).await?;
                continue;
            };
            if !self.take(Sort::Job, &item.id, &item.application, AT_ONCE) {
                continue;
            }
            item.tries += 1;
            let order = Order {
                key: format!("job/{}/{}", item.id, item.tries),
                application: running.application.clone(),
                sha256: running.sha256,
                module: handler.module.clone(),
                path: handler.path.clone(),
                seconds: handler.seconds(),
                errand: Errand::Job {
                    id: item.id.clone(),
                    handler: handler.key.clone(),
                    attempt: item.tries,
                    body: String::new(),
                },
            };
            match self.inner.catalog.begin_item(&item.id, stored(&order)).await {
                Ok(true) => self.begin_job(item, order, None),
                Ok(false) => self.leave(&item.id),
                Err(error) => {
                    self.leave(&item.id);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Works on a try that was begun. The body is not stored twice, so it comes in here.
    fn begin_job(&self, item: Item, mut order: Order, asked: Option<ServerId>) {
        let scheduler = self.clone();
        if let Errand::Job { body, .. } = &mut order.errand {
            body.clone_from(&item.body);
        }
        tokio::spawn(async move {
            let catalog = &scheduler.inner.catalog;
            let id = item.id.as_str();
            let note = |server: ServerId, name: String| async move {
                catalog.send_item(id, server.to_string(), &name).await
            };
            let ending = scheduler.pursue(&order, asked, note).await;
            let noted = || async {
                let now = clock::now();
                match &ending {
                    Ending::Done => catalog.done_item(id).await,
                    Ending::Failed(reason) | Ending::Lost(reason) => {
                        let again = (item.tries < item.tries_max).then(|| now.plus(pause(item.tries)));
                        catalog.failed_item(id, reason, again).await
                    }
                    Ending::Nowhere => {
                        let why = "No front-end was ready to work it off.";
                        catalog.wait_item(id, why, now.plus(NOBODY)).await
                    }
                }
            };
            while let Err(error) = noted().await {
                tracing::error!(%error, id, "the end of a job's try cannot be noted; it is tried again");
                sleep(EVERY).await;
            }
            scheduler.leave(id);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_a_second_to_an_hour() {
        let seconds: Vec<i64> = (1..=9).map(|tries| pause(tries) / SECOND).collect();
        assert_eq!(seconds, [1, 4, 16, 64, 256, 1024, 3600, 3600, 3600]);
        assert_eq!(pause(u32::MAX), HOUR);
    }
}
