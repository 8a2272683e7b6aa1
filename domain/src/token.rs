//! Tokens of service accounts: their form, what they are limited to, and how long they live.
//!
//! A token is `tow_`, 256 random bits in 52 letters, and six letters of a checksum. The prefix lets scanners of secrets find it, the
//! checksum tells a typing error from a token that nobody knows. What a token may do is what
//! its account may do, less what its [`Scopes`] leave out; nothing here can add.

use crate::text::Sha256;
use crate::time::{DAY, HOUR, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What every token begins with.
pub const PREFIX: &str = "tow_";

/// The letters of a token: base 32 as in RFC 4648, in lower case.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const RANDOM_LETTERS: usize = 52;
const CHECK_LETTERS: usize = 6;

/// The longest life of a token, days.
pub const MOST_DAYS: i64 = 365;

/// The longest time that a rotated token stays good beside its successor, hours.
pub const MOST_OVERLAP_HOURS: i64 = 7 * 24;

/// A token as its owner has it. Only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// The secret is not for logs.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.shown())
    }
}

impl Token {
    /// The token of 256 random bits.
    #[must_use]
    pub fn of(random: &[u8; 32]) -> Self {
        let body = letters(random, RANDOM_LETTERS);
        let check = check(&body);
        Self(format!("{PREFIX}{body}{check}"))
    }

    /// The whole token, to be shown to its owner once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored: SHA-256, hexadecimal. A fast hash is enough for 256 random bits (ASVS 11.4.2 is about passwords).
    #[must_use]
    pub fn hash(&self) -> String {
        Sha256::of(self.0.as_bytes()).to_string()
    }

    /// What lists show: the prefix and the last four letters.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{PREFIX}…{}", self.0.get(self.0.len() - 4..).unwrap_or_default())
    }
}

/// Why something is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// It does not begin as tokens do.
    #[error("This is no token of Towpath: those begin with “tow_”.")]
    Prefix,
    /// It is too short or too long.
    #[error("This token has not its full length of 62 letters; copy all of it.")]
    Length,
    /// It has a letter that tokens do not have, or its checksum does not fit.
    #[error("This token has a typing error: its last letters do not fit the others. Copy it again.")]
    Mistyped,
}

impl FromStr for Token {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        let rest = text.trim().strip_prefix(PREFIX).ok_or(NoToken::Prefix)?;
        if rest.len() != RANDOM_LETTERS + CHECK_LETTERS {
            return Err(NoToken::Length);
        }
        match rest.split_at_checked(RANDOM_LETTERS) {
            Some((body, given)) if body.bytes().all(|b| LETTERS.contains(&b)) && check(body) == given => {
                Ok(Self(format!("{PREFIX}{rest}")))
            }
            _ => Err(NoToken::Mistyped),
        }
    }
}

fn check(body: &str) -> String {
    let hash = <sha2::Sha256 as sha2::Digest>::digest(format!("{PREFIX}{body}"));
    letters(hash.as_slice(), CHECK_LETTERS)
}

/// The first letters of some bytes, five bits each, from the highest bit on.
fn letters(bytes: &[u8], count: usize) -> String {
    let bit = |n: usize| bytes.get(n / 8).map_or(0, |byte| usize::from((byte >> (7 - n % 8)) & 1));
    (0..count)
        .map(|letter| (0..5).fold(0, |value, n| (value << 1) | bit(letter * 5 + n)))
        .map(|value| char::from(LETTERS[value]))
        .collect()
}

/// What a token may be used for. Reading is part of each; the others are changes in one area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Scope {
    /// See what the account may see.
    Read = 1,
    /// Publish, tag, plan and deploy.
    Promotion = 1 << 1,
    /// Change users, roles, teams, grants, service accounts and tokens.
    People = 1 << 2,
    /// Change what infrastructures are made of: environments, servers, pipelines, the architecture.
    Infrastructure = 1 << 3,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 4] = [Self::Read, Self::Promotion, Self::People, Self::Infrastructure];

    /// The word in requests and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Promotion => "promotion",
            Self::People => "people",
            Self::Infrastructure => "infrastructure",
        }
    }

    /// The words people read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Promotion => "Change applications, plans and deployments",
            Self::People => "Change users, roles, teams and tokens",
            Self::Infrastructure => "Change environments, servers, pipelines and the architecture",
        }
    }

    /// The scope that an operation which changes something needs, by its audit name; none for what no token does. The preview of a
    /// change needs what the change would.
    #[must_use]
    pub fn of_change(operation: &str) -> Option<Self> {
        // What people change about themselves, after signing in.
        if operation.starts_with("user.change_own") {
            return None;
        }
        match operation.split_once('.')?.0 {
            // Who belongs to which pipeline is a matter of the infrastructure.
            "application" if operation == "application.pipeline" => Some(Self::Infrastructure),
            // An approval is a person's own, and so is a review.
            "plan" if matches!(operation, "plan.approve" | "plan.reject") => None,
            "deployment" if operation == "deployment.review" => None,
            "application" | "version" | "plan" | "deployment" | "setting" | "timer" => Some(Self::Promotion),
            "user" | "role" | "team" | "grant" | "service_account" | "token" => Some(Self::People),
            "architecture" | "infrastructure" | "environment" | "server" | "pipeline" | "part" | "tool"
            | "database" | "gate" | "freeze" => Some(Self::Infrastructure),
            "access" if operation == "access.preview" => Some(Self::People),
            "invitation" if operation != "invitation.accept" => Some(Self::People),
            "second_factor" if operation == "second_factor.reset" => Some(Self::People),
            _ => None,
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|scope| scope.word() == text).ok_or_else(|| {
            format!(
                "“{}” is no scope; there are read, promotion, people and infrastructure.",
                crate::text::shorten(text)
            )
        })
    }
}

/// A set of scopes; [`Scope::Read`] is in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// The set of some scopes, and reading.
    #[must_use]
    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(Scope::Read as u8, |set, scope| set | *scope as u8))
    }

    /// The set as it is stored. Bits that mean nothing are dropped.
    #[must_use]
    pub fn from_bits(bits: i64) -> Self {
        let known: Vec<_> =
            Scope::ALL.into_iter().filter(|scope| bits & i64::from(*scope as u8) != 0).collect();
        Self::of(&known)
    }

    /// The integer to store.
    #[must_use]
    pub fn bits(self) -> i64 {
        i64::from(self.0)
    }

    /// Whether the scope is in the set.
    #[must_use]
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & scope as u8 != 0
    }

    /// Whether every scope of this set is in the other: a token makes no token that may more.
    #[must_use]
    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The scopes in the set.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }

    /// The words of the set, such as `read, people`.
    #[must_use]
    pub fn words(self) -> String {
        self.iter().map(Scope::word).collect::<Vec<_>>().join(", ")
    }

    /// Whether a token with these scopes may begin a change, by its audit name. Whether its account may is decided besides, by
    /// [`decide`](crate::access::decide): both have to say yes.
    ///
    /// # Errors
    /// [`OutOfScope`] with the scope that is missing.
    pub fn allow_change(self, operation: &str) -> Result<(), OutOfScope> {
        match Scope::of_change(operation) {
            Some(scope) if self.has(scope) => Ok(()),
            missing => Err(OutOfScope { missing }),
        }
    }
}

/// A token's scopes do not reach so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfScope {
    /// The scope that would be needed; none where no token may.
    pub missing: Option<Scope>,
}

impl fmt::Display for OutOfScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.missing {
            Some(scope) => write!(f, "This token lacks the scope “{}”.", scope.word()),
            None => write!(f, "No token may do this."),
        }
    }
}

/// A token's life is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLife {
    /// It must end, and not too late.
    #[error("A token lives from 1 to 365 days.")]
    Days,
    /// The old token ends soon after its successor is made.
    #[error("The old token stays good for 0 to 168 hours.")]
    Overlap,
}

/// When a token made now expires, after so many days.
///
/// # Errors
/// [`BadLife::Days`] for less than one or more than [`MOST_DAYS`].
pub fn expires(now: Timestamp, days: i64) -> Result<Timestamp, BadLife> {
    if (1..=MOST_DAYS).contains(&days) { Ok(now.plus(days * DAY)) } else { Err(BadLife::Days) }
}

/// When a token that is rotated now expires: after the overlap, and never later than it would have.
///
/// # Errors
/// [`BadLife::Overlap`] for less than none or more than [`MOST_OVERLAP_HOURS`].
pub fn rotated_until(
    now: Timestamp,
    expires_at: Timestamp,
    overlap_hours: i64,
) -> Result<Timestamp, BadLife> {
    if !(0..=MOST_OVERLAP_HOURS).contains(&overlap_hours) {
        return Err(BadLife::Overlap);
    }
    Ok(now.plus(overlap_hours * HOUR).min(expires_at))
}

/// What counts of a token when it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Its account is active.
    pub active: bool,
}

impl Life {
    /// Whether the token is good now.
    #[must_use]
    pub fn good(self, now: Timestamp) -> bool {
        self.active && self.revoked_at.is_none() && now < self.expires_at
    }
}

#[cfg(test)]
mod tests;
