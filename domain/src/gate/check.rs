//! A verification that the console makes by itself: it asks an address about what runs in the stage before.

use crate::architecture::words::WebAddress;
use crate::text::{Key, Refused};
use std::fmt;
use std::str::FromStr;

/// The address that a check asks, with `{application}` and `{environment}` in place of the keys of what is checked and of where it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckAddress(String);

/// What stands for the key of the application.
const APPLICATION: &str = "{application}";
/// What stands for the key of the stage before.
const ENVIRONMENT: &str = "{environment}";

impl CheckAddress {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of one application in one environment.
    ///
    /// # Errors
    /// With these keys it is no address any more, such as one that is too long.
    pub fn of(&self, environment: &Key, application: &Key) -> Result<WebAddress, Refused> {
        put(&self.0, environment.as_str(), application.as_str()).parse()
    }
}

fn put(text: &str, environment: &str, application: &str) -> String {
    text.replace(ENVIRONMENT, environment).replace(APPLICATION, application)
}

impl FromStr for CheckAddress {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let tried = put(text.trim(), "x", "x");
        if tried.contains(['{', '}']) {
            let sentence = "In an address of a check only {application} and {environment} stand in braces.";
            return Err(Refused(sentence.to_owned()));
        }
        tried.parse::<WebAddress>()?;
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Display for CheckAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an answer over HTTP passes a check: its status says success (RFC 9110, 15.3).
#[must_use]
pub const fn passes(status: u16) -> bool {
    matches!(status, 200..=299)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_put_where_their_words_stand() {
        let key = |text: &str| text.parse::<Key>().unwrap();
        let address: CheckAddress = " https://{environment}.example/{application}/up ".parse().unwrap();
        let of = address.of(&key("test"), &key("tides")).unwrap();
        assert_eq!(of.as_str(), "https://test.example/tides/up");
        let fixed: CheckAddress = "http://ci.example:8080/last".parse().unwrap();
        assert_eq!(fixed.of(&key("test"), &key("tides")).unwrap().as_str(), fixed.as_str());
        let long: CheckAddress =
            format!("https://a.example/{}{{application}}", "x".repeat(180)).parse().unwrap();
        assert!(long.of(&key("test"), &key("a-rather-long-name-of-one")).is_err());
        for bad in [
            "",
            "tides",
            "ftp://a.example",
            "https://a.example/{version}",
            "https://a.example/{",
            "https://{application",
        ] {
            assert!(bad.parse::<CheckAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_success_passes() {
        for (status, is) in
            [(199, false), (200, true), (204, true), (299, true), (302, false), (404, false), (503, false)]
        {
            assert_eq!(passes(status), is, "{status}");
        }
    }
}
