//! Questions of the console to the Server.API of a front-end. The console calls no Platform Server; its controller does that for it.

use super::Controller;
use crate::catalog::Member;
use domain::protocol::{Question, Reply, SERVER_API};
use std::sync::PoisonError;

/// Questions that are asked side by side.
pub(super) const AT_ONCE: usize = 8;
/// Questions that are remembered, so that none is asked twice: it comes with each sync until its answer is stored.
const REMEMBERED: usize = 256;

impl Controller {
    /// Asks, beside everything else, and brings the answer.
    pub(super) fn relay(&self, question: Question) {
        {
            let mut asked = self.inner.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if asked.contains(&question.id) {
                return;
            }
            asked.push_back(question.id);
            if asked.len() > REMEMBERED {
                asked.pop_front();
            }
        }
        let controller = self.clone();
        let stop = self.inner.stop.clone();
        let work = async move {
            let _turn = controller.inner.asking.acquire().await;
            let reply = controller
                .reply(&question)
                .await
                .unwrap_or_else(|sentence| Reply { status: 502, body: format!("{sentence}.\n") });
            if let Err(error) = controller.inner.console.answer(question.id, &reply).await {
                tracing::warn!(%error, path = question.path, "an answer did not reach the console");
            }
        };
        tokio::spawn(stop.run_until_cancelled_owned(work));
    }

    async fn reply(&self, question: &Question) -> Result<Reply, String> {
        if !question.path.starts_with(SERVER_API) {
            return Err(format!("A question is below {SERVER_API}"));
        }
        let identity = &self.inner.identity;
        let own = question.server.is_none_or(|server| server == identity.server);
        let member = if own {
            Member {
                server: identity.server,
                name: identity.server_name.clone(),
                api_address: identity.api_address(),
                public_address: identity.public_address.clone(),
                public_key: None,
            }
        } else {
            let members = self.inner.catalog.members().await.map_err(|error| error.to_string())?;
            let found = members.into_iter().find(|member| Some(member.server) == question.server);
            let Some(member) = found.filter(|member| !member.api_address.is_empty()) else {
                return Err("This front-end has not told where its Server.API answers".to_owned());
            };
            member
        };
        self.inner.members.ask(&member, question).await.map_err(|error| error.to_string())
    }
}
