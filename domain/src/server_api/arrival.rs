//! `POST /server/v1/arrival`: a front-end that has started asks its controller whether requests are welcome there, since its farm may have gone
//! on while it was away. It is signed with the front-end's own key, as an announcement is.

use crate::text::{Key, Sha256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Where it is asked.
pub const PATH: &str = "/server/v1/arrival";

/// Who asks is said by the signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArrivalRequest {
    /// What it serves: the release of each application, by its package's hash.
    pub runs: BTreeMap<Key, Sha256>,
}

/// The controller's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArrivalAnswer {
    /// What it serves is what it should serve.
    Welcome,
    /// It is behind, and is brought up to date: nobody is to be sent there until then.
    CatchesUp,
    /// The console has not said yet.
    Unknown,
}
