//! What somebody at the console wants to know of an environment now: its logs, its timers. The console calls no Platform Server, so the question
//! waits for the controller's next sync, and the controller asks Server.API and brings the answer.

use super::sync::{controls, heard};
use crate::console::{Caller, Console};
use crate::deployments::work_topic;
use crate::door::fault;
use crate::engine::micros;
use crate::error::{OperationError, Result};
use domain::environment::SILENCE_MICROS;
use domain::id::{EnvironmentId, QuestionId, ServerId};
use domain::protocol::{Method, Question, REPLY_BYTES, Reply, SERVER_API};
use domain::time::SECOND;
use serde::de::DeserializeOwned;
use storage::environments::EnvironmentRow;
use storage::{Reader, questions, servers};

/// Questions to one environment that may be open at once.
const OPEN: u32 = 32;
/// After so long nobody waits any more, microseconds.
pub(crate) const FORGOTTEN_MICROS: i64 = 60 * SECOND;

/// A question to the Server.API of an environment.
pub(crate) struct Asked {
    /// Whose Server.API; none for the controller's own.
    pub server: Option<ServerId>,
    /// Whether it only reads.
    pub method: Method,
    /// What is behind `/server/v1/`, with the query.
    pub rest: String,
}

impl Console {
    /// Asks an environment and waits for its answer.
    ///
    /// # Errors
    /// Its controller is silent or takes too long, or Server.API refuses; too many ask at once.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, place: &EnvironmentRow, asked: Asked) -> Result<T> {
        let reply = self.relayed(place, asked).await?;
        if !(200..300).contains(&reply.status) {
            let said: String = reply.body.trim().chars().take(500).collect();
            return Err(OperationError::conflict(match said.is_empty() {
                true => format!("{} refused with status {}.", place.name, reply.status),
                false => format!("{}: {said}", place.name),
            }));
        }
        let body = if reply.body.is_empty() { "null" } else { &reply.body };
        serde_json::from_str(body).map_err(|error| {
            tracing::warn!(%error, environment = %place.name, "an environment's answer cannot be read");
            OperationError::conflict(format!(
                "{} gave an answer that this console cannot read: its Platform Server is of another version.",
                place.name
            ))
        })
    }

    async fn relayed(&self, place: &EnvironmentRow, asked: Asked) -> Result<Reply> {
        let id = QuestionId(self.inner.ids.uuid());
        let path = format!("{SERVER_API}{}", asked.rest);
        let question = Question { id, server: asked.server, method: asked.method, path, body: None };
        let document = serde_json::to_string(&question).map_err(|error| fault(error.to_string()))?;
        let mut news = self.store().changes();
        let mut tx = self.store().heartbeat().await?;
        answers(&mut tx, place, self.now()).await?;
        let since = self.now().plus(-self.patience());
        if questions::open(&mut tx, place.id, since, OPEN).await?.len() >= OPEN as usize {
            return Err(OperationError::TooMany { retry_after_seconds: 5 });
        }
        questions::ask(&mut tx, id, place.id, self.now(), &document).await?;
        tx.notice(&work_topic(place.id), id);
        tx.commit(self.now()).await?;
        let topic = reply_topic(id);
        let until = tokio::time::Instant::now() + micros(self.patience());
        let mut reply = None;
        while reply.is_none() && tokio::time::Instant::now() < until {
            tokio::select! {
                () = heard(&mut news, &topic) => {}
                () = tokio::time::sleep_until(until) => {}
            }
            let mut tx = self.store().read().await?;
            reply = questions::reply(&mut tx, id).await?;
        }
        let mut tx = self.store().heartbeat().await?;
        questions::forget(&mut tx, id).await?;
        tx.commit(self.now()).await?;
        let reply = reply.ok_or_else(|| {
            let seconds = self.settings().answer_seconds;
            OperationError::conflict(format!(
                "{} did not answer within {seconds} seconds; try again, and look at its servers if it stays so.",
                place.name
            ))
        })?;
        // It was a status when it was stored.
        Ok(Reply { status: u16::try_from(reply.status).unwrap_or(502), body: reply.reply })
    }

    /// `POST /agent/v1/answers/{id}`: what Server.API said. An answer that nobody waits for any more is taken and forgotten.
    ///
    /// # Errors
    /// The caller is not the deployment controller of an environment, or the answer is too long.
    pub async fn take_answer(&self, caller: &Caller, id: QuestionId, reply: Reply) -> Result<()> {
        self.traced(caller, "server.answer", async {
            let (server, environment) = self.platform_server(caller)?;
            controls(&mut self.store().read().await?, server, environment).await?;
            if reply.body.len() > REPLY_BYTES {
                let sentence = format!("An answer has at most {REPLY_BYTES} bytes.");
                return Err(OperationError::invalid("body", sentence));
            }
            let mut tx = self.store().heartbeat().await?;
            if questions::answer(&mut tx, id, environment, reply.status, &reply.body).await? {
                tx.notice(&reply_topic(id), id);
            }
            tx.commit(self.now()).await?;
            Ok(())
        })
        .await
    }

    /// How long somebody waits for an answer, microseconds.
    fn patience(&self) -> i64 {
        i64::from(self.settings().answer_seconds) * SECOND
    }

    /// The questions that an environment has not answered yet.
    pub(crate) async fn questions_to(
        &self,
        tx: &mut impl Reader,
        environment: EnvironmentId,
    ) -> Result<Vec<Question>> {
        let since = self.now().plus(-self.patience());
        let open = questions::open(tx, environment, since, OPEN).await?;
        let read = |row: questions::OpenRow| {
            serde_json::from_str(&row.document)
                .map_err(|error| fault(format!("question {} cannot be read: {error}", row.id)))
        };
        open.into_iter().map(read).collect()
    }
}

/// The topic that wakes whoever waits for an answer. No page can watch it.
fn reply_topic(id: QuestionId) -> String {
    format!("answer:{id}")
}

/// Whether the environment's controller answers at the moment; otherwise why not.
async fn answers(tx: &mut impl Reader, place: &EnvironmentRow, now: domain::time::Timestamp) -> Result<()> {
    let Some(controller) = servers::controller_of(tx, place.id).await? else {
        return Err(OperationError::conflict(format!("{} has no deployment controller yet.", place.name)));
    };
    let states = servers::states_of(tx, place.id).await?;
    let known = states.iter().find(|state| state.server_id == controller.id);
    if known.is_some_and(|state| now.since(state.seen_at) <= SILENCE_MICROS) {
        return Ok(());
    }
    Err(OperationError::conflict(format!(
        "{} cannot be asked: its deployment controller {} is silent.",
        place.name, controller.name
    )))
}
