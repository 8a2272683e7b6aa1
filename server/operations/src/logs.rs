//! The logs of an application on the front-ends of an environment: what its modules wrote, what was asked of it, what failed. They lie in the
//! Log catalogs there; nothing of them is kept here.

use crate::agents::relay::Asked;
use crate::applications::find as find_application;
use crate::console::{Caller, Console};
use crate::door::{on, short};
use crate::error::{OperationError, Result};
use crate::infrastructure::find_environment;
use crate::view::{ApplicationRef, EnvironmentRef, Keyed, LogView};
use domain::access::Right;
use domain::id::InfrastructureId;
use domain::protocol::{Method, RunningApplication};
use domain::server_api::logs::{LogKind, LogPage};
use domain::server_api::queue::Queues;
use storage::applications::ApplicationRow;
use storage::environments::EnvironmentRow;
use storage::servers::{ServerRow, ServerStateRow};
use storage::{Reader, servers};
use url::form_urlencoded::Serializer;

/// Which lines are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogAsk {
    /// Key of the front-end; the first one where the application runs if there is none.
    pub server: Option<String>,
    /// `output`, `requests` or `errors`; `output` if there is none.
    pub kind: Option<String>,
    /// Words that a line must have.
    pub words: Option<String>,
    /// Only lines before the one with this number: `next` of the page before.
    pub before: Option<i64>,
    /// Lines on the page.
    pub limit: Option<u32>,
}

const KINDS: &str = "The logs of an application are output, requests and errors.";

/// The log that is meant.
fn kind(word: Option<&str>) -> Result<LogKind> {
    match word.unwrap_or("output") {
        "output" => Ok(LogKind::Output),
        "requests" => Ok(LogKind::Requests),
        "errors" => Ok(LogKind::Errors),
        _ => Err(OperationError::invalid("kind", KINDS)),
    }
}

impl Console {
    /// A page of an application's log on one front-end, the newest first, and how full the queues of its modules are there. Where the
    /// environment does not answer, the view says why.
    ///
    /// # Errors
    /// The application, environment or front-end is not there for the caller, Monitor is missing, or there is no such log.
    pub async fn application_log(
        &self,
        caller: &Caller,
        infrastructure: &str,
        environment: &str,
        application: &str,
        ask: &LogAsk,
    ) -> Result<LogView> {
        self.traced(caller, "application.log", async {
            let kind = kind(ask.kind.as_deref())?;
            let mut tx = self.store().read().await?;
            let at = (infrastructure, environment, application);
            let Monitored { place, row, .. } = self.monitored(&mut tx, caller, at, "read the log of").await?;
            let hosts = servers::of_environment(&mut tx, place.id).await?;
            let chosen = match &ask.server {
                Some(key) => Some(named(&hosts, key, place.name.as_str())?),
                None => usual(&mut tx, &hosts, &row.key).await?,
            };
            drop(tx);
            let mut view = LogView {
                application: ApplicationRef::from(&row),
                environment: EnvironmentRef::from(&place),
                servers: hosts.iter().map(keyed).collect(),
                server: chosen.map(keyed),
                kind,
                page: None,
                queues: Vec::new(),
                unanswered: None,
            };
            let Some(chosen) = chosen else {
                view.unanswered = Some(format!("{} has no front-end yet.", place.name));
                return Ok(view);
            };
            let rest = format!("logs?{}", query(row.key.as_str(), kind, ask));
            let logs = Asked { server: Some(chosen.id), method: Method::Get, rest };
            let queue = Asked { server: Some(chosen.id), method: Method::Get, rest: "queue".to_owned() };
            let (page, queues) =
                tokio::join!(self.ask::<LogPage>(&place, logs), self.ask::<Queues>(&place, queue));
            match page {
                Ok(page) => view.page = Some(page),
                Err(OperationError::Conflict { sentence, .. }) => view.unanswered = Some(sentence),
                Err(other) => return Err(other),
            }
            // A front-end of an earlier version has no queue to tell of.
            let queues = queues.map(|found| found.modules).unwrap_or_default();
            view.queues = queues.into_iter().filter(|queue| queue.application == row.key).collect();
            Ok(view)
        })
        .await
    }
}

/// An application in an environment whose health and logs the caller may see.
pub(crate) struct Monitored {
    /// The infrastructure.
    pub home: InfrastructureId,
    /// The environment.
    pub place: EnvironmentRow,
    /// The application.
    pub row: ApplicationRow,
}

impl Console {
    /// An application in an environment by their keys and that of the infrastructure; `doing` is what is wished, such as `read the log of`.
    pub(crate) async fn monitored(
        &self,
        tx: &mut impl Reader,
        caller: &Caller,
        (infrastructure, environment, application): (&str, &str, &str),
        doing: &str,
    ) -> Result<Monitored> {
        let home = self.infrastructure(tx, caller, infrastructure).await?;
        let place = find_environment(tx, home.id, environment).await?;
        let row = find_application(tx, home.id, application).await?;
        let doing = format!("{doing} {} in {}", row.name, place.name);
        self.permit(tx, caller, home.id, &on(row.id, place.id, Right::Monitor), &doing).await?;
        Ok(Monitored { home: home.id, place, row })
    }
}

fn keyed(row: &ServerRow) -> Keyed {
    Keyed { key: row.key.to_string(), name: row.name.to_string() }
}

fn named<'r>(hosts: &'r [ServerRow], key: &str, place: &str) -> Result<&'r ServerRow> {
    let missing = || OperationError::not_found(format!("{place} has no front-end “{}”.", short(key)));
    hosts.iter().find(|host| host.key.as_str() == key).ok_or_else(missing)
}

/// The front-end that is asked where none is named: the first one where the application runs, else the first.
async fn usual<'r>(
    tx: &mut impl Reader,
    hosts: &'r [ServerRow],
    application: &domain::text::Key,
) -> Result<Option<&'r ServerRow>> {
    let Some(first) = hosts.first() else { return Ok(None) };
    let states = servers::states_of(tx, first.environment_id).await?;
    let runs = |state: &ServerStateRow| {
        let running: Vec<RunningApplication> = serde_json::from_str(&state.applications).unwrap_or_default();
        running.iter().any(|one| one.application == *application)
    };
    let found = states.iter().find(|state| state.reachable && runs(state));
    Ok(hosts.iter().find(|host| found.is_some_and(|state| state.server_id == host.id)).or(Some(first)))
}

fn query(application: &str, kind: LogKind, ask: &LogAsk) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("application", application).append_pair("kind", kind.word());
    if let Some(words) = ask.words.as_deref().map(str::trim).filter(|words| !words.is_empty()) {
        query.append_pair("words", words);
    }
    if let Some(before) = ask.before {
        query.append_pair("before", &before.to_string());
    }
    if let Some(limit) = ask.limit {
        query.append_pair("limit", &limit.to_string());
    }
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_stands_in_the_address() {
        let ask =
            LogAsk { words: Some(" a&b ".into()), before: Some(7), limit: Some(5), ..LogAsk::default() };
        let asked = query("tides", LogKind::Errors, &ask);
        assert_eq!(asked, "application=tides&kind=errors&words=a%26b&before=7&limit=5");
        assert_eq!(query("tides", LogKind::Output, &LogAsk::default()), "application=tides&kind=output");
        assert_eq!(kind(Some("events")).unwrap_err().sentence(), KINDS);
    }
}
