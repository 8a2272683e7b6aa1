//! `POST /identity/v1/token`: a client gets a token of Server.Identity (RFC 6749, section 4.4).

use super::scope::Scopes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a client is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenAnswer {
    /// The token, for the header `Authorization: Bearer …`.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// For how many seconds it holds.
    pub expires_in: u32,
    /// What it is good for.
    pub scope: Scopes,
}

/// Why a client is given none (RFC 6749, section 5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenRefusal {
    /// A word for programs: `invalid_request`, `invalid_client`, `invalid_scope`, `unsupported_grant_type`, and
    /// `temporarily_unavailable` after too many wrong secrets.
    pub error: String,
    /// One sentence for people.
    pub error_description: String,
}

/// What a client sends, as a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenRequest {
    /// `client_credentials`.
    pub grant_type: String,
    /// What the token is to be good for: all that the client has, if it is missing.
    pub scope: Option<Scopes>,
    /// The client's id, unless it is in the header `Authorization: Basic …`.
    pub client_id: Option<String>,
    /// The client's secret, unless it is there.
    pub client_secret: Option<String>,
}
