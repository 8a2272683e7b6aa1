//! `GET /server/v1/emails?application=..&state=..`: the e-mails of the queue, without recipients, subjects and texts.

use super::jobs::Queue;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The e-mails, and whether any can be sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Emails {
    /// Where they are sent to, without user and password; none where `run` was not given `--smtp`: then they wait.
    pub smtp: Option<String>,
    /// The sender's address.
    pub from: Option<String>,
    /// The queue.
    #[serde(flatten)]
    pub queue: Queue,
}
