//! Words that people type, parsed once at the edge: a value of these types is valid.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Why a typed word was refused, as one sentence which says what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

macro_rules! as_text {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl TryFrom<String> for $name {
            type Error = $crate::text::Refused;
            fn try_from(text: String) -> Result<Self, $crate::text::Refused> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
        impl $name {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}
pub(crate) use as_text;

/// A key in addresses, packages and folders: lower-case letters, digits and inner hyphens, 1 to 63 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);
as_text!(Key);

impl FromStr for Key {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let sound = (1..=63).contains(&text.len())
            && text.chars().all(inner)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refused(format!(
                "“{}” is no key: use 1 to 63 lower-case letters, digits and hyphens, with no hyphen first or last.",
                shorten(text)
            )))
        }
    }
}

/// A key made of a name: lower-case letters and digits, with hyphens between. It is no key where the name has neither.
#[must_use]
pub fn key_of(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}

/// A name that people read: 1 to 80 characters, no control characters, no space at either end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);
as_text!(Name);

impl FromStr for Name {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let text = text.trim();
        let length = text.chars().count();
        if (1..=80).contains(&length) && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refused(format!("A name has 1 to 80 characters and no line breaks; this one has {length}.")))
        }
    }
}

/// The name an IT user signs in with, compared without regard to case: stored in lower case, 1 to 64 characters of
/// letters, digits and `. _ - @ +`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);
as_text!(Username);

impl FromStr for Username {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let text = text.trim().to_lowercase();
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '+');
        if (1..=64).contains(&text.chars().count()) && text.chars().all(allowed) {
            Ok(Self(text))
        } else {
            Err(Refused(
                "A user name has 1 to 64 letters, digits, or the signs . _ - @ + and no spaces.".to_owned(),
            ))
        }
    }
}

/// The number of a version: `major.minor.patch`, each 0 to 65535, compared number by number (R22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionNumber {
    /// First part: grows with a break that consumers must follow.
    pub major: u16,
    /// Second part: the next normal number.
    pub minor: u16,
    /// Third part: a hotfix or a rollback (R23).
    pub patch: u16,
}

impl VersionNumber {
    /// The number that is proposed for the next normal tag: the second part grows by one (R23).
    /// The first version of an application is `0.1.0`.
    #[must_use]
    pub fn next_after(last: Option<Self>) -> Self {
        match last {
            None => Self { major: 0, minor: 1, patch: 0 },
            Some(v) if v.minor < u16::MAX => Self { minor: v.minor + 1, patch: 0, ..v },
            Some(v) => Self { major: v.major.saturating_add(1), minor: 0, patch: 0 },
        }
    }

    /// The number of such an integer as [`Self::order`] gives.
    #[must_use]
    pub const fn of_order(order: i64) -> Self {
        Self {
            major: ((order >> 32) & 0xffff) as u16,
            minor: ((order >> 16) & 0xffff) as u16,
            patch: (order & 0xffff) as u16,
        }
    }

    /// One integer that sorts as the number does: 48 bits, 16 for each part.
    #[must_use]
    pub const fn order(self) -> i64 {
        ((self.major as i64) << 32) | ((self.minor as i64) << 16) | self.patch as i64
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for VersionNumber {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let no = || {
            Refused(format!(
                "“{}” is no version number: write two or three whole numbers from 0 to 65535 with dots, such as 1.4.0.",
                shorten(text)
            ))
        };
        let parts: Vec<u16> = text
            .trim()
            .split('.')
            .map(|part| {
                let digits = !part.is_empty() && part.len() <= 5 && part.bytes().all(|b| b.is_ascii_digit());
                if digits { part.parse().map_err(|_| no()) } else { Err(no()) }
            })
            .collect::<Result<_, _>>()?;
        match parts[..] {
            [major, minor] => Ok(Self { major, minor, patch: 0 }),
            [major, minor, patch] => Ok(Self { major, minor, patch }),
            _ => Err(no()),
        }
    }
}

impl TryFrom<String> for VersionNumber {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl From<VersionNumber> for String {
    fn from(value: VersionNumber) -> String {
        value.to_string()
    }
}

/// The SHA-256 of a package, by which a revision is identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// The hash of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The first eight hexadecimal digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        hex::encode(&self.0[..4])
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for Sha256 {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let mut bytes = [0; 32];
        let lower = !text.bytes().any(|b| b.is_ascii_uppercase());
        if lower && hex::decode_to_slice(text, &mut bytes).is_ok() {
            Ok(Self(bytes))
        } else {
            Err(Refused("A SHA-256 is written as 64 lower-case hexadecimal digits.".to_owned()))
        }
    }
}

impl TryFrom<String> for Sha256 {
    type Error = Refused;
    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl From<Sha256> for String {
    fn from(value: Sha256) -> String {
        value.to_string()
    }
}

/// At most forty characters of what somebody typed, without control characters, to be quoted in a sentence.
#[must_use]
pub fn shorten(text: &str) -> String {
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    if text.chars().count() > 40 {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_made_of_names() {
        for (name, key) in [
            ("Production", "production"),
            ("Pre Production 2", "pre-production-2"),
            ("  dev_1 ", "dev-1"),
            ("Ü", ""),
        ] {
            assert_eq!(key_of(name), key);
        }
    }

    #[test]
    fn keys() {
        for good in ["a", "a-b", "tides2", &"x".repeat(63)] {
            assert_eq!(good.parse::<Key>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "A", "a_b", "a/b", "ä", &"x".repeat(64)] {
            assert!(bad.parse::<Key>().is_err(), "{bad}");
        }
    }

    #[test]
    fn version_numbers() {
        assert_eq!("1.2".parse::<VersionNumber>().unwrap().to_string(), "1.2.0");
        for bad in ["", "1", "1.", "1.2.3.4", "1.-2", "1.+2", "1.65536", "v1.2", "1.2.x", "1.000002"] {
            assert!(bad.parse::<VersionNumber>().is_err(), "{bad}");
        }
        let v = |t: &str| t.parse::<VersionNumber>().unwrap();
        assert_eq!(VersionNumber::next_after(None), v("0.1.0"));
        assert_eq!(VersionNumber::next_after(Some(v("0.2.7"))), v("0.3.0"), "R23");
        assert_eq!(VersionNumber::next_after(Some(v("1.65535.0"))), v("2.0.0"));
    }

    proptest! {
        #[test]
        fn version_order_is_the_number_order(a: (u16, u16, u16), b: (u16, u16, u16)) {
            let v = |(major, minor, patch)| VersionNumber { major, minor, patch };
            prop_assert_eq!(v(a).cmp(&v(b)), v(a).order().cmp(&v(b).order()));
            prop_assert_eq!(v(a).to_string().parse::<VersionNumber>().unwrap(), v(a));
        }

        #[test]
        fn no_text_makes_a_parser_fall(text in ".*") {
            let _ = (text.parse::<Key>(), text.parse::<Name>(), text.parse::<Username>(), text.parse::<VersionNumber>(), text.parse::<Sha256>());
        }
    }
}
