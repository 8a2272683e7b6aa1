//! What a token may do at Server.API. A token holds a set of scopes; none of them is part of another.

use crate::text::Refused;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

macro_rules! scopes {
    ($($variant:ident = $word:literal, $about:literal;)*) => {
        /// One thing that a token may do at Server.API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope {
            $(#[doc = $about] $variant),*
        }
        impl Scope {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word, as it is stored, sent and asked for.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// What it allows, for people.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),* }
            }
        }
    };
}

scopes! {
    Deploy = "deploy", "Stage releases and switch applications between them.";
    Logs = "logs", "Read what applications and the Platform Server wrote.";
    Read = "read", "See what runs, what lies ready, how the front-ends are, and what was deployed.";
    Timers = "timers", "See timers, jobs and e-mails.";
    TimersRun = "timers.run", "Run a timer now.";
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Scope {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        Self::ALL.iter().copied().find(|scope| scope.word() == text).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|scope| scope.word()).collect();
            let shown: String = text.chars().take(40).collect();
            Refused(format!("“{shown}” is no scope; there are {}.", words.join(", ")))
        })
    }
}

/// A set of scopes, written as OAuth does: the words with spaces between. Commas are read, too.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "logs read")]
pub struct Scopes(pub BTreeSet<Scope>);

impl Scopes {
    /// Whether all of these are among the others.
    #[must_use]
    pub fn within(&self, others: &Self) -> bool {
        self.0.is_subset(&others.0)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|scope| scope.word()).collect();
        f.write_str(&words.join(" "))
    }
}

impl FromStr for Scopes {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        text.split([' ', ','])
            .filter(|word| !word.is_empty())
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl TryFrom<String> for Scopes {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_words_with_spaces_between() {
        let read: Scopes = "timers.run,logs  read".parse().unwrap();
        assert_eq!(read.to_string(), "logs read timers.run");
        assert_eq!(serde_json::to_string(&read).unwrap(), r#""logs read timers.run""#);
        assert_eq!(serde_json::from_str::<Scopes>(r#""read logs timers.run""#).unwrap(), read);
        assert_eq!("".parse::<Scopes>().unwrap(), Scopes::default());
        let wrong = "logs reed".parse::<Scopes>().unwrap_err().to_string();
        assert_eq!(wrong, "“reed” is no scope; there are deploy, logs, read, timers, timers.run.");
    }

    #[test]
    fn none_is_part_of_another() {
        for scope in Scope::ALL {
            assert_eq!(scope.word().parse::<Scope>().unwrap(), *scope);
            for other in Scope::ALL {
                let (one, two) = (Scopes([*scope].into()), Scopes([*other].into()));
                assert_eq!(one.within(&two), scope == other, "{scope} {other}");
            }
        }
    }
}
