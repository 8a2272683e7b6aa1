//! The waiting room: a Platform Server that enrolled with a code that asks for it is believed once an administrator has confirmed its key.

use super::EnrolResponse;
use serde::{Deserialize, Serialize};

/// Where the console answers an [`EnrolmentRequest`].
pub const ENROLMENT: &str = "/agent/v1/enrolment";

/// `POST /agent/v1/enrolment`: a Platform Server asks what became of its enrolment, signed with the key that it enrolled with. While it
/// waits, this is all that it may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentRequest {
    /// [`super::PROTOCOL`] as the Platform Server knows it.
    pub protocol: u32,
}

/// What became of an enrolment. A key that was refused is unknown to the console: the request is refused like any other.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrolmentResponse {
    /// The answer to the enrolment; none while it waits.
    pub answer: Option<EnrolResponse>,
}
