//! Service accounts and their tokens. The text of a token is in none of them.

use super::{Paged, Possible, RoleChoice, RoleRef};
use domain::id::{TokenId, UserId};
use domain::time::Timestamp;
use domain::token::Scope;
use serde::Serialize;

/// A service account.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ServiceAccountRow {
    /// Identity.
    pub id: UserId,
    /// The name it is known by in entries.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// Its tokens are good.
    pub active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its default role.
    pub role: Option<RoleRef>,
    /// Good tokens.
    pub tokens: u64,
    /// When one of its tokens was used last, to a minute.
    pub last_used_at: Option<Timestamp>,
}

/// The service accounts of an infrastructure.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct ServiceAccountsPage {
    /// The accounts.
    pub accounts: Paged<ServiceAccountRow>,
    /// The roles for a new one.
    pub roles: Vec<RoleChoice>,
}

/// One service account's page.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ServiceAccountPage {
    /// The account.
    pub row: ServiceAccountRow,
    /// Its tokens, newest first.
    pub tokens: Vec<TokenView>,
    /// Whether the caller may make a token for it.
    #[serde(serialize_with = "super::possible")]
    pub create_token: Possible,
}

/// A token.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct TokenView {
    /// Identity.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// The prefix and the last letters.
    pub shown: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// It is good now.
    pub good: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was used last, to a minute.
    pub last_used_at: Option<Timestamp>,
    /// How many reads were made with it.
    pub reads: u64,
}
