//! Pursuing one call until it is known what became of it. It is sent to one front-end; only where it certainly never got there to another.

use super::{Scheduler, candidates};
use crate::catalog::CatalogError;
use crate::server_api::ApiError;
use crate::work::{Called, Order};
use domain::id::ServerId;
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// For how long a front-end is looked for that is ready: a process that is started again takes a moment.
const READY: Duration = Duration::from_secs(20);
/// Without an answer for so long a front-end that may have called is lost.
const LOST: Duration = Duration::from_secs(600);
/// The pause before it is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// What one question came to.
enum Asked {
    /// An answer.
    Called(Called),
    /// It certainly did not get there.
    Unreachable,
    /// It may have got there.
    Silent(String),
    /// It is no member of the farm any more.
    Gone,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// Well.
    Done,
    /// The module said so.
    Failed(String),
    /// It was under way when the front-end was lost.
    Lost(String),
    /// No front-end was ready to call.
    Nowhere,
}

impl Scheduler {
    /// Pursues a call. `asked` is the front-end that may have been asked before; `note` takes note of one before it is asked. While the catalog
    /// fails nobody new is asked.
    pub(super) async fn pursue<F>(
        &self,
        order: &Order,
        asked: Option<ServerId>,
        note: impl Fn(ServerId, String) -> F,
    ) -> Ending
    where
        F: Future<Output = Result<(), CatalogError>>,
    {
        let (began, mut tried) = (Instant::now(), HashSet::new());
        // Whether it may have got to the front-end that is asked.
        let (mut at, mut uncertain, mut heard) = (asked, asked.is_some(), Instant::now());
        loop {
            let server = match at {
                Some(server) => server,
                None => {
                    let farm = self.farm().unwrap_or_default();
                    match candidates(&farm, order, &tried) {
                        Some(found) => {
                            if let Err(error) = note(found.server, found.name.clone()).await {
                                tracing::error!(%error, key = order.key, "a call cannot be noted, and so not made");
                                sleep(PAUSE).await;
                                continue;
                            }
                            (at, uncertain, heard) = (Some(found.server), false, Instant::now());
                            found.server
                        }
                        None if began.elapsed() > READY => return Ending::Nowhere,
                        None => {
                            tried.clear();
                            sleep(PAUSE).await;
                            continue;
                        }
                    }
                }
            };
            let (name, asked) = self.ask(server, order).await;
            match asked {
                Asked::Called(Called::Done) => return Ending::Done,
                Asked::Called(Called::Failed { reason }) => return Ending::Failed(reason),
                Asked::Called(Called::Lost) => {
                    return Ending::Lost(format!(
                        "It was under way on {name} when that front-end was lost; how far it got is not known."
                    ));
                }
                Asked::Called(Called::Running) => (uncertain, heard) = (true, Instant::now()),
                // It never saw the key, so nothing was called.
                Asked::Called(Called::Away) => {
                    tried.insert(server);
                    at = None;
                }
                Asked::Unreachable | Asked::Gone if !uncertain => {
                    tried.insert(server);
                    at = None;
                }
                Asked::Unreachable | Asked::Silent(_) if heard.elapsed() <= LOST => {
                    uncertain = true;
                    sleep(PAUSE).await;
                }
                Asked::Unreachable | Asked::Gone => {
                    return Ending::Lost(format!(
                        "It may have been under way on {name}, which is not there any more; how far it got is not known."
                    ));
                }
                Asked::Silent(why) => {
                    return Ending::Lost(format!(
                        "It may have been under way on {name}; how far it got is not known: {why}."
                    ));
                }
            }
        }
    }

    /// Asks one front-end, and tells its name.
    async fn ask(&self, server: ServerId, order: &Order) -> (String, Asked) {
        let inner = &self.inner;
        if server == inner.identity.server {
            let asked = match inner.work.carry_out(order.clone()).await {
                Ok(called) => Asked::Called(called),
                Err(error) => Asked::Silent(error.to_string()),
            };
            return (inner.identity.server_name.clone(), asked);
        }
        let members = match inner.catalog.members().await {
            Ok(members) => members,
            Err(error) => return (server.to_string(), Asked::Silent(error.to_string())),
        };
        let Some(member) = members.into_iter().find(|member| member.server == server) else {
            return (server.to_string(), Asked::Gone);
        };
        let asked = match inner.members.work(&member, order).await {
            Ok(called) => Asked::Called(called),
            Err(ApiError::Unreachable { .. }) => Asked::Unreachable,
            Err(error) => Asked::Silent(error.to_string()),
        };
        (member.name, asked)
    }
}
