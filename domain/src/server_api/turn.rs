//! `POST /server/v1/turn`: a front-end that is ended by hand asks its controller whether it may leave now, so that no more leave at once than
//! the environment says. It is signed with the front-end's own key, as an announcement is.

use crate::protocol::Farm;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where it is asked.
pub const PATH: &str = "/server/v1/turn";

/// Who asks is said by the signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnRequest {
    /// How many seconds it would say that it leaves, where the environment says nothing.
    pub drain_seconds: u32,
}

/// The controller's answer, held back until it is the front-end's turn or too much time has gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TurnAnswer {
    /// Whether it is its turn. Where it is not, others are still out.
    pub granted: bool,
    /// How front-ends leave.
    pub farm: Farm,
}
