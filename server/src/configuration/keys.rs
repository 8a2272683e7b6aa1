//! The one table of all keys: what each may be, and what it sets.

use super::{Configuration, PublicOrigin};
use domain::time::{MINUTE, SECOND};
use ipnet::IpNet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// One key: its name, what it may be, and how it is set. `None` means: not allowed.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) site: bool,
    pub(super) secret: bool,
    pub(super) allowed: &'static str,
    pub(super) set: fn(&mut Configuration, &str, &Path) -> Option<()>,
}

const fn key(
    name: &'static str,
    allowed: &'static str,
    set: fn(&mut Configuration, &str, &Path) -> Option<()>,
) -> Key {
    Key { name, site: false, secret: false, allowed, set }
}

const fn site(
    name: &'static str,
    allowed: &'static str,
    set: fn(&mut Configuration, &str, &Path) -> Option<()>,
) -> Key {
    Key { name, site: true, secret: false, allowed, set }
}

fn number(text: &str, from: i64, to: i64) -> Option<i64> {
    text.parse().ok().filter(|number| (from..=to).contains(number))
}

/// A number with at most one digit after its point, in tenths.
fn tenths(text: &str, from: i64, to: i64) -> Option<i64> {
    let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(tenth) || tenth.len() > 1 {
        return None;
    }
    number(&format!("{whole}{tenth}"), from, to)
}

fn word(text: &str) -> Option<String> {
    let sound = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (!text.is_empty() && text.chars().all(sound)).then(|| text.to_owned())
}

/// The table.
pub(super) const KEYS: &[Key] = &[
    site("name", "the name of the project, letters and digits", |_, text, _| word(text).map(drop)),
    site("output-name", "a file name without extension", |c, text, _| {
        c.output_name = word(text)?;
        Some(())
    }),
    site("site-root", "a folder", |c, text, base| {
        c.site_root = folder(text, base)?;
        Some(())
    }),
    site("site-pkg-dir", "the name of a folder", |c, text, _| {
        c.site_pkg_dir = word(text)?;
        Some(())
    }),
    site("site-addr", "an address and a port, such as 127.0.0.1:3000", |c, text, _| {
        c.listen = text.parse().ok()?;
        Some(())
    }),
    Key {
        name: "database",
        site: false,
        secret: true,
        allowed: "sqlite:<file> or postgres://user@host/name",
        set: |c, text, base| {
            c.database = match text.strip_prefix("sqlite:") {
                Some(":memory:") => text.to_owned(),
                Some(file) => format!("sqlite:{}", folder(file, base)?.display()),
                None if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
                    text.to_owned()
                }
                None => return None,
            };
            c.database_named = true;
            Some(())
        },
    },
    key("data", "a folder", |c, text, base| {
        c.data = folder(text, base)?;
        Some(())
    }),
    key("public-origin", "https://host, or http://localhost with a port", |c, text, _| {
        let origin = PublicOrigin::parse(text)?;
        c.settings.public_origin = Some(origin.text.clone());
        c.public_origin = Some(origin);
        Some(())
    }),
    key("master-key-file", "a file with 64 hexadecimal digits", |c, text, base| {
        c.master_key_file = Some(folder(text, base)?);
        Some(())
    }),
    key("database-files", "a folder", |c, text, base| {
        c.settings.database_files = Some(folder(text, base)?);
        Some(())
    }),
    key("trusted-proxies", "addresses or networks such as 10.0.0.0/8, separated by commas", |c, text, _| {
        let list = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let read =
            |part: &str| part.parse::<IpNet>().or_else(|_| part.parse::<IpAddr>().map(IpNet::from)).ok();
        c.trusted_proxies = list.map(read).collect::<Option<_>>()?;
        Some(())
    }),
    key("lease-seconds", "a whole number from 1 to 3600", |c, text, _| {
        c.settings.lease_micros = number(text, 1, 3600)? * SECOND;
        Some(())
    }),
    key(
        "renew-seconds",
        "a number from 0.1 to 1200, with one digit after the point at most",
        |c, text, _| {
            c.settings.renew_micros = tenths(text, 1, 12_000)? * (SECOND / 10);
            Some(())
        },
    ),
    key("session-idle-minutes", "a whole number from 1 to 1440", |c, text, _| {
        c.settings.session_idle_micros = number(text, 1, 1440)? * MINUTE;
        Some(())
    }),
    key("session-absolute-minutes", "a whole number from 5 to 10080", |c, text, _| {
        c.settings.session_absolute_micros = number(text, 5, 10_080)? * MINUTE;
        Some(())
    }),
    key("enrolment-minutes", "a whole number from 1 to 1440", |c, text, _| {
        c.settings.enrolment_micros = number(text, 1, 1440)? * MINUTE;
        Some(())
    }),
    key("password-memory-kib", "a whole number from 19456 to 1048576", |c, text, _| {
        c.settings.argon2_memory_kib = number(text, 19_456, 1 << 20)? as u32;
        Some(())
    }),
    key("password-passes", "a whole number from 2 to 10", |c, text, _| {
        c.settings.argon2_passes = number(text, 2, 10)? as u32;
        Some(())
    }),
    key("password-checks-at-once", "a whole number from 1 to 64", |c, text, _| {
        c.settings.password_checks_at_once = number(text, 1, 64)? as usize;
        Some(())
    }),
    key("sign-in-pauses", "towpath or lifetime", |c, text, _| {
        c.settings.sign_in_pauses = text.parse().ok()?;
        Some(())
    }),
    key("package-megabytes", "a whole number from 1 to 4096", |c, text, _| {
        c.settings.package_bytes = (number(text, 1, 4096)? as u64) << 20;
        Some(())
    }),
    key("log", "error, warn, info, debug or trace, or a filter such as info,sqlx=warn", |c, text, _| {
        text.parse::<tracing_subscriber::EnvFilter>().ok().filter(|_| !text.is_empty())?;
        c.log = text.to_owned();
        Some(())
    }),
    key("log-format", "text or json", |c, text, _| {
        c.log_json = match text {
            "text" => false,
            "json" => true,
            _ => return None,
        };
        Some(())
    }),
];

fn folder(text: &str, base: &Path) -> Option<PathBuf> {
    (!text.trim().is_empty()).then(|| base.join(text))
}

/// The names of some keys, for a sentence.
pub(super) fn names(which: impl Fn(&Key) -> bool) -> String {
    KEYS.iter().filter(|key| which(key)).map(|key| key.name).collect::<Vec<_>>().join(", ")
}
