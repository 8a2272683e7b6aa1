//! What a front-end asks its controller over Server.API, signed with its own key.

use crate::answer;
use crate::catalog::Platform;
use crate::identity::{Identity, OwnKey, signed};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// Longest answer of the controller, bytes.
const ANSWER_BYTES: usize = 64 << 10;

/// Speaks to the controller.
#[derive(Clone)]
pub struct ToController {
    /// This front-end.
    pub identity: Arc<Identity>,
    /// Its own key.
    pub key: OwnKey,
    /// Its Platform catalog, which knows where the controller is.
    pub catalog: Platform,
    /// How it speaks to the controller.
    pub client: reqwest::Client,
}

impl ToController {
    /// A request to a path of the controller that is at `address`, signed over its body, to be sent with it.
    pub fn request(
        &self,
        address: &str,
        path: &str,
        body: Vec<u8>,
        within: Duration,
    ) -> reqwest::RequestBuilder {
        let request = self.client.post(format!("{address}{path}")).timeout(within);
        let request = signed(request, &self.key.now(), self.identity.server, ("POST", path), &body);
        request.body(body)
    }

    /// Tells it something; otherwise why it did not take it.
    pub async fn tell(
        &self,
        path: &str,
        said: &impl Serialize,
        within: Duration,
    ) -> Result<reqwest::Response, String> {
        let known = self.catalog.controller_address().await.map_err(|error| error.to_string())?;
        let Some(controller) = known else {
            return Err("nobody told this front-end where its controller is".to_owned());
        };
        let body = serde_json::to_vec(said).map_err(|error| error.to_string())?;
        let sent = self.request(&controller, path, body, within).send().await;
        let answer = sent.map_err(|_| format!("{controller} does not answer"))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status().as_u16();
        Err(format!("{controller} refused ({status}): {}", answer::sentence(answer).await))
    }

    /// Asks it something.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        question: &impl Serialize,
        within: Duration,
    ) -> Result<T, String> {
        answer::json(self.tell(path, question, within).await?, ANSWER_BYTES).await
    }
}
