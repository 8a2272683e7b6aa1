//! Environments: one stage's complete installation.

use serde::{Deserialize, Serialize};

/// What an environment is for. It is stable after the set-up (R41).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Applications are published here.
    Development,
    /// Tested together.
    Test,
    /// Accepted by those who asked for it.
    Acceptance,
    /// Used in earnest.
    Production,
    /// The console's own.
    Management,
}

impl Purpose {
    /// All of them, in the order of a pipeline.
    pub const ALL: [Self; 5] =
        [Self::Development, Self::Test, Self::Acceptance, Self::Production, Self::Management];

    /// The word, as it is stored and sent.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Acceptance => "acceptance",
            Self::Production => "production",
            Self::Management => "management",
        }
    }
}

impl std::str::FromStr for Purpose {
    type Err = crate::text::Refused;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|purpose| purpose.word() == text).ok_or_else(|| {
            crate::text::Refused(
                "A purpose is one of development, test, acceptance, production, management.".to_owned(),
            )
        })
    }
}

/// Why somebody holds something up, in one sentence for everybody who meets it: 1 to 300 characters, no line breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);
crate::text::as_text!(Reason);

impl Reason {
    /// The most characters.
    pub const LENGTH_MAX: usize = 300;
}

impl std::str::FromStr for Reason {
    type Err = crate::text::Refused;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let length = text.chars().count();
        if (1..=Self::LENGTH_MAX).contains(&length) && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(crate::text::Refused(format!(
                "A reason has 1 to {} characters and no line breaks; this one has {length}.",
                Self::LENGTH_MAX
            )))
        }
    }
}

/// How the console knows an environment, from what its controller reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// No Platform Server has enrolled yet.
    NotEnrolled,
    /// The controller reported in time, and every front-end answers it.
    Healthy,
    /// The controller reported in time, and a front-end does not answer it, a service has stopped or an application is not ready.
    Impaired,
    /// The controller is silent for longer than [`SILENCE_MICROS`].
    Unknown,
}

/// After this long without a word from the controller its environment is unknown, microseconds.
pub const SILENCE_MICROS: i64 = 15 * crate::time::SECOND;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_sentence() {
        assert_eq!(" New disks. ".parse::<Reason>().map(String::from), Ok("New disks.".to_owned()));
        assert!("x".repeat(300).parse::<Reason>().is_ok());
        for bad in ["", "  ", "two\nlines", &"x".repeat(301)] {
            let refused = bad.parse::<Reason>().map_err(|refused| refused.0);
            assert!(refused.is_err_and(|sentence| sentence.starts_with("A reason has 1 to 300")), "{bad:?}");
        }
    }
}
