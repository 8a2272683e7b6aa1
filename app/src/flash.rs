//! What one request tells the page after it: a sentence, and for a refused form its problems and what was typed.
//! It travels in a short-lived cookie, is shown once, and never holds a secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::protocol::FLASH_COOKIES;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The cookie's name over HTTPS; the prefix binds it to this host and to HTTPS (RFC 6265bis, 4.1.3.2).
pub const SECURE_COOKIE: &str = FLASH_COOKIES[0];
/// The cookie's name over plain HTTP, which only loopback is served with.
pub const LOOPBACK_COOKIE: &str = FLASH_COOKIES[1];
/// How long it waits for its page, seconds.
const MAX_AGE_SECONDS: u32 = 60;
/// Browsers drop cookies above 4,096 bytes; what was typed is left out first.
const MAX_VALUE_BYTES: usize = 3_800;

/// Whether cookies may only travel over HTTPS. The server puts it into the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieSecurity {
    /// `true` unless plain HTTP on loopback is served.
    pub secure: bool,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlashTone {
    /// Done.
    #[default]
    Done,
    /// Refused or failed.
    Refused,
}

/// What the next page says once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Flash {
    /// How it went.
    pub tone: FlashTone,
    /// One sentence.
    pub sentence: String,
    /// Who or what lifts a refusal; empty if nothing does.
    pub lifted_by: String,
    /// What is wrong with fields of the form, by their names.
    pub fields: BTreeMap<String, String>,
    /// What was typed into fields, by their names. The caller leaves secrets out.
    pub kept: BTreeMap<String, String>,
}

impl Flash {
    /// It was done.
    #[must_use]
    pub fn done(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), ..Self::default() }
    }

    /// It was refused or failed.
    #[must_use]
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self { tone: FlashTone::Refused, sentence: sentence.into(), ..Self::default() }
    }

    /// The refusal with what was typed, so that nobody types it again. Secrets must not be among them.
    #[must_use]
    pub fn keeping<'a>(mut self, kept: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.kept.extend(kept.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        self
    }

    /// What is wrong with a field.
    #[must_use]
    pub fn problem(&self, field: &str) -> Option<String> {
        self.fields.get(field).cloned()
    }

    /// What was typed into a field.
    #[must_use]
    pub fn typed(&self, field: &str) -> Option<String> {
        self.kept.get(field).cloned()
    }

    /// The cookie's value. Leaves out what was typed, then the problems of fields, if it would be too long for a cookie.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut short = self.clone();
        let mut value = short.value();
        if value.len() > MAX_VALUE_BYTES {
            short.kept.clear();
            value = short.value();
        }
        if value.len() > MAX_VALUE_BYTES {
            short.fields.clear();
            short.sentence = short.sentence.chars().take(500).collect();
            short.lifted_by = short.lifted_by.chars().take(200).collect();
            value = short.value();
        }
        value
    }

    fn value(&self) -> String {
        // Only strings in maps by strings: this cannot fail.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a cookie's value; none if it is not one of ours.
    #[must_use]
    pub fn decode(value: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(value.trim()).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// The `Set-Cookie` header that sends it to the next page.
    #[must_use]
    pub fn set_cookie(&self, security: CookieSecurity) -> String {
        cookie(security, &self.encode(), MAX_AGE_SECONDS)
    }

    /// Finds it in a request's `Cookie` header.
    #[must_use]
    pub fn from_cookie_header(header: &str, security: CookieSecurity) -> Option<Self> {
        let name = name(security);
        header
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| Self::decode(value))
    }
}

/// The `Set-Cookie` header that removes it, for the page that has shown it.
#[must_use]
pub fn clear_cookie(security: CookieSecurity) -> String {
    cookie(security, "", 0)
}

const fn name(security: CookieSecurity) -> &'static str {
    if security.secure { SECURE_COOKIE } else { LOOPBACK_COOKIE }
}

fn cookie(security: CookieSecurity, value: &str, max_age: u32) -> String {
    let secure = if security.secure { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}", name(security))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTPS: CookieSecurity = CookieSecurity { secure: true };
    const LOOPBACK: CookieSecurity = CookieSecurity { secure: false };

    #[test]
    fn what_is_set_is_what_the_next_page_reads() {
        let mut flash =
            Flash::refused("Version 1.2 exists; choose “1.3” = next.").keeping([("number", "1.2; x=y")]);
        flash.fields.insert("number".into(), "It exists.".into());
        for security in [HTTPS, LOOPBACK] {
            let set = flash.set_cookie(security);
            let pair = set.split("; ").next().unwrap();
            let header = format!("other=1; {pair}; last=2");
            assert_eq!(Flash::from_cookie_header(&header, security), Some(flash.clone()));
        }
    }

    #[test]
    fn the_cookie_is_bound_to_https_where_there_is_https() {
        let set = Flash::done("Done.").set_cookie(HTTPS);
        assert!(set.starts_with("__Host-towpath-flash="), "{set}");
        assert!(set.ends_with("; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"), "{set}");
        // A cookie that plain HTTP set is not read over HTTPS.
        let plain = Flash::done("Done.").set_cookie(LOOPBACK);
        assert_eq!(Flash::from_cookie_header(&plain, HTTPS), None);
    }

    #[test]
    fn too_much_text_leaves_out_what_was_typed_and_keeps_the_sentence() {
        let long = "x".repeat(5_000);
        let flash = Flash::refused("The change log is too long.").keeping([("change_log", long.as_str())]);
        let value = flash.encode();
        assert!(value.len() <= MAX_VALUE_BYTES);
        let read = Flash::decode(&value).unwrap();
        assert_eq!(read.sentence, "The change log is too long.");
        assert!(read.kept.is_empty());
    }

    #[test]
    fn strange_values_are_nothing() {
        for value in ["", "%%%", "bm90IGpzb24"] {
            assert_eq!(Flash::decode(value), None, "{value}");
        }
    }
}
