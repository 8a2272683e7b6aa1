//! Settings: values that an application reads when it runs. Its package says which there are, and each environment may have values of its own
//! (design 8, B25, B26, R17).
//!
//! Secrets go in and never come out: what is told of one is that it is set, and a mark that tells whether two are the same.

mod compare;
mod schedule;
#[cfg(test)]
mod tests;

pub(crate) use compare::told;
pub use compare::{SettingChange, changes, drift, written};

use crate::package::Setting;
use crate::text::{Key, Refused, Sha256, shorten};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The most characters of a value.
pub const VALUE_MAX: usize = 2000;

/// What a setting's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// Any text on one line.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Never shown: write-only.
    Secret,
    /// When something is done: five fields of cron. It is handed to the modules, and a timer of the same key is kept by it.
    Timer,
    /// The http or https address of a REST or SOAP endpoint.
    Endpoint,
    /// The address of a database. It carries a password, so it is write-only as a secret is.
    Connection,
}

impl SettingKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Text,
        Self::Number,
        Self::Boolean,
        Self::Secret,
        Self::Timer,
        Self::Endpoint,
        Self::Connection,
    ];

    /// The word, as manifests write it and as it is stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Secret => "secret",
            Self::Timer => "timer",
            Self::Endpoint => "endpoint",
            Self::Connection => "connection",
        }
    }

    /// The words that people read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Number => "Number",
            Self::Boolean => "True or false",
            Self::Secret => "Secret",
            Self::Timer => "Timer",
            Self::Endpoint => "Endpoint",
            Self::Connection => "Database connection",
        }
    }

    /// What a value looks like, in one sentence for who types one.
    #[must_use]
    pub const fn looks(self) -> &'static str {
        match self {
            Self::Text => "Text on one line.",
            Self::Number => "A whole number, such as 15.",
            Self::Boolean => "true or false.",
            Self::Secret => "Text on one line. It is never shown again.",
            Self::Timer => {
                "Minute, hour, day of the month, month, day of the week, such as 30 6 * * 1-5. A timer of the same key is kept by it; modules are told."
            }
            Self::Endpoint => "An address such as https://rates.example/v2.",
            Self::Connection => {
                "An address such as postgres://user:password@db.example:5432/tides. It is never shown again."
            }
        }
    }

    /// Whether values of it are write-only.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::Connection)
    }

    /// Checks a value.
    ///
    /// # Errors
    /// One sentence that says what is allowed. It never repeats a secret.
    pub fn check(self, value: &str) -> Result<(), Refused> {
        let length = value.chars().count();
        if length > VALUE_MAX || value.chars().any(char::is_control) {
            return Err(Refused(format!("A value is one line of at most {VALUE_MAX} characters.")));
        }
        let shown = shorten(value);
        match self {
            Self::Text => Ok(()),
            Self::Number if value.parse::<i64>().is_err() => {
                Err(Refused(format!("“{shown}” is no whole number; write one such as 15.")))
            }
            Self::Boolean if value != "true" && value != "false" => {
                Err(Refused(format!("“{shown}” is neither true nor false.")))
            }
            Self::Secret if value.is_empty() => Err(Refused("A secret has at least one character.".to_owned())),
            Self::Timer if !schedule::is_schedule(value) => Err(Refused(format!(
                "“{shown}” is no schedule: write minute, hour, day of the month, month and day of the week, such as 30 6 * * 1-5."
            ))),
            Self::Endpoint if !is_endpoint(value) => Err(Refused(format!(
                "“{shown}” is no address of an endpoint: write http:// or https:// and a host, without user, password and spaces."
            ))),
            Self::Connection if !is_connection(value) => Err(Refused(
                "A connection is written as kind://user:password@host:port/database, such as postgres://…@db.example/tides, without spaces."
                    .to_owned(),
            )),
            _ => Ok(()),
        }
    }
}

impl std::str::FromStr for SettingKind {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let found = Self::ALL.into_iter().find(|kind| kind.word() == text);
        found.ok_or_else(|| {
            Refused(
                "A setting is one of text, number, boolean, secret, timer, endpoint, connection.".to_owned(),
            )
        })
    }
}

/// Host and port of an address: a name, an IPv4 address or an IPv6 address in brackets.
fn is_host(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, rest)) => {
            let sound =
                !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
            match (sound, rest.strip_prefix(':')) {
                (false, _) => return false,
                (true, None) if !rest.is_empty() => return false,
                (true, port) => return port.is_none_or(is_port),
            }
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let sound = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    !host.is_empty() && host.chars().all(sound) && port.is_none_or(is_port)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_endpoint(value: &str) -> bool {
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    authority.is_some_and(is_host) && !value.chars().any(char::is_whitespace)
}

fn is_connection(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-');
    let named = scheme.starts_with(|c: char| c.is_ascii_lowercase()) && scheme.chars().all(word);
    named && !rest.trim_start_matches('/').is_empty() && !value.chars().any(char::is_whitespace)
}

/// The keyed hash of a secret: the same for the same secret of the same place, and of no use to who does not have the key.
#[must_use]
pub fn mark(key: &[u8; 32], place: &str, secret: &str) -> Sha256 {
    // A key of any length is one for HMAC.
    let Ok(mac) = Hmac::<sha2::Sha256>::new_from_slice(key) else { return Sha256([0; 32]) };
    let mac = mac.chain_update((place.len() as u64).to_be_bytes()).chain_update(place).chain_update(secret);
    Sha256(mac.finalize().into_bytes().into())
}

/// A value as it is kept: as it is, or closed where it is a secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Held {
    /// As it is.
    Plain(String),
    /// A secret: the envelope that only the console's vault opens, and a keyed hash that tells whether two are the same and nothing else.
    Sealed {
        /// The envelope.
        envelope: String,
        /// The keyed hash.
        mark: Sha256,
    },
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(value) => write!(f, "Plain({value:?})"),
            Self::Sealed { mark, .. } => write!(f, "Sealed({})", mark.short()),
        }
    }
}

impl Held {
    /// What tells one value from another, without telling a secret.
    #[must_use]
    pub fn mark(&self) -> String {
        match self {
            Self::Plain(value) => serde_json::Value::from(value.as_str()).to_string(),
            Self::Sealed { mark, .. } => format!("secret {mark}"),
        }
    }
}

/// What tells one value from another, without telling a secret; a dash for none.
#[must_use]
pub fn marked(held: Option<&Held>) -> String {
    held.map_or_else(|| "-".to_owned(), Held::mark)
}

/// A value as anybody may be told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Told {
    /// It is this.
    Value {
        /// The value.
        value: String,
    },
    /// It is a secret, and set.
    Secret,
    /// There is none.
    Missing,
}

impl Told {
    /// What may be told of a value.
    #[must_use]
    pub fn of(held: Option<&Held>) -> Self {
        match held {
            None => Self::Missing,
            Some(Held::Plain(value)) => Self::Value { value: value.clone() },
            Some(Held::Sealed { .. }) => Self::Secret,
        }
    }

    /// The words that people read.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Value { value } if value.is_empty() => "empty".to_owned(),
            Self::Value { value } => value.clone(),
            Self::Secret => "set".to_owned(),
            Self::Missing => "no value".to_owned(),
        }
    }
}

/// A value of an environment's own, and what it was set as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The kind that the setting had when it was set.
    pub kind: SettingKind,
    /// The value.
    pub held: Held,
}

impl Own {
    /// Whether it is a value of a setting as a package has it: after a version that changed the kind it may be none any more. A plain value
    /// never becomes a secret, nor the other way round.
    #[must_use]
    pub fn fits(&self, setting: &Setting) -> bool {
        match &self.held {
            Held::Plain(value) => !setting.kind.is_secret() && setting.kind.check(value).is_ok(),
            Held::Sealed { .. } => setting.kind == self.kind && setting.kind.is_secret(),
        }
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The environment's own.
    Own,
    /// The package's default.
    Default,
    /// Nowhere: it is needed, and there is none.
    Missing,
    /// The run sets it; it becomes the environment's own with the run's end.
    Set,
    /// The run takes the environment's own away; the default counts.
    Cleared,
}

impl Origin {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Own, Self::Default, Self::Missing, Self::Set, Self::Cleared];

    /// The word, as it is stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Default => "default",
            Self::Missing => "missing",
            Self::Set => "set",
            Self::Cleared => "cleared",
        }
    }

    /// The words that people read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Own => "the environment's own",
            Self::Default => "default of the package",
            Self::Missing => "no value",
            Self::Set => "set with the deployment",
            Self::Cleared => "back to the default",
        }
    }
}

impl std::str::FromStr for Origin {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let found = Self::ALL.into_iter().find(|origin| origin.word() == text);
        found.ok_or_else(|| Refused(format!("“{}” is no origin of a value.", shorten(text))))
    }
}

/// What counts for a setting, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Where it comes from.
    pub origin: Origin,
    /// The value; none where there is none.
    pub held: Option<Held>,
}

impl Effective {
    /// The value as anybody may be told it.
    #[must_use]
    pub fn told(&self) -> Told {
        Told::of(self.held.as_ref())
    }

    /// What tells one value from another ([`marked`]).
    #[must_use]
    pub fn mark(&self) -> String {
        marked(self.held.as_ref())
    }
}

/// What counts for a setting: what a run sets, else the environment's own value, else the package's default, else nothing.
#[must_use]
pub fn effective(setting: &Setting, own: Option<&Own>, set: Option<&Own>) -> Effective {
    if let Some(set) = set.filter(|set| set.fits(setting)) {
        return Effective { origin: Origin::Set, held: Some(set.held.clone()) };
    }
    if let Some(own) = own.filter(|own| own.fits(setting)) {
        return Effective { origin: Origin::Own, held: Some(own.held.clone()) };
    }
    match &setting.default {
        Some(default) => Effective { origin: Origin::Default, held: Some(Held::Plain(default.clone())) },
        None => Effective { origin: Origin::Missing, held: None },
    }
}

/// The same for all settings of a package.
#[must_use]
pub fn effective_all(
    settings: &[Setting],
    own: &BTreeMap<Key, Own>,
    set: &BTreeMap<Key, Own>,
) -> BTreeMap<Key, Effective> {
    let one = |setting: &Setting| effective(setting, own.get(&setting.key), set.get(&setting.key));
    settings.iter().map(|setting| (setting.key.clone(), one(setting))).collect()
}

/// What the modules of an application are handed: values by the keys of its settings. Some are secrets, so what is in them is in no log.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(pub BTreeMap<Key, String>);

impl Values {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
