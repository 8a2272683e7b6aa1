//! Configuration of the console: flags before environment variables before `Leptos.toml` before what is built in.
//!
//! Every source gives texts, and one table says what a key may be. So a wrong value is refused in the same words wherever it
//! comes from, with its place.

use domain::time::{MINUTE, SECOND};
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use operations::Settings;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The name of the file.
pub const FILE: &str = "Leptos.toml";
/// The section of the site options, an array of tables as cargo-leptos wants it.
const SITE: [&str; 3] = ["workspace", "metadata", "leptos"];

/// Why the configuration is refused: one sentence that says what is wrong, where, and what is allowed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

/// Where people open the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicOrigin {
    /// Scheme, host and port as a browser sends them in `Origin`.
    pub text: String,
    /// Whether it is https.
    pub secure: bool,
}

impl PublicOrigin {
    /// Reads `https://host[:port]`, or `http://` at a loopback host.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: axum::http::Uri = text.trim_end_matches('/').parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") || authority.as_str().contains('@') {
            return None;
        }
        let host = authority.host().trim_matches(['[', ']']);
        let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let secure = scheme == "https";
        let plain = scheme == "http" && loopback;
        if !(secure || plain) {
            return None;
        }
        let standard = if secure { 443 } else { 80 };
        let authority = authority.as_str().to_ascii_lowercase();
        let authority = authority.strip_suffix(&format!(":{standard}")).unwrap_or(&authority);
        Some(Self { text: format!("{scheme}://{authority}"), secure })
    }
}

/// Everything that can be configured.
#[derive(Clone)]
pub struct Configuration {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The folder that the browser's files are in.
    pub site_root: PathBuf,
    /// The folder of the browser half below it.
    pub site_pkg_dir: String,
    /// The name of the browser half's files.
    pub output_name: String,
    /// The database's address. May hold a password, so it is never shown.
    pub database: String,
    /// Packages and temporary files.
    pub data: PathBuf,
    /// Where people open the console.
    pub public_origin: Option<PublicOrigin>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Filter of the log.
    pub log: String,
    /// Whether log lines are JSON.
    pub log_json: bool,
    /// Behaviour of the console.
    pub settings: Settings,
    /// Whether the database was named, and is not merely the built-in one.
    database_named: bool,
}

impl std::fmt::Debug for Configuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = self.database.split(':').next().unwrap_or_default();
        f.debug_struct("Configuration")
            .field("listen", &self.listen)
            .field("site_root", &self.site_root)
            .field("database", &format_args!("{kind}:*******"))
            .field("data", &self.data)
            .field("public_origin", &self.public_origin)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            site_root: "target/site".into(),
            site_pkg_dir: "pkg".to_owned(),
            output_name: "main".to_owned(),
            database: "sqlite:.towpath/console.db".to_owned(),
            data: ".towpath".into(),
            public_origin: None,
            trusted_proxies: Vec::new(),
            log: "info".to_owned(),
            log_json: false,
            settings: Settings::default(),
            database_named: false,
        }
    }
}

/// One key: its name, what it may be, and how it is set. `None` means: not allowed.
struct Key {
    name: &'static str,
    site: bool,
    secret: bool,
    allowed: &'static str,
    set: fn(&mut Configuration, &str, &Path) -> Option<()>,
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

fn word(text: &str) -> Option<String> {
    let sound = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (!text.is_empty() && text.chars().all(sound)).then(|| text.to_owned())
}

const KEYS: &[Key] = &[
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
        c.public_origin = Some(PublicOrigin::parse(text)?);
        Some(())
    }),
    key("trusted-proxies", "addresses or networks such as 10.0.0.0/8, separated by commas", |c, text, _| {
        let list = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let read =
            |part: &str| part.parse::<IpNet>().or_else(|_| part.parse::<IpAddr>().map(IpNet::from)).ok();
        c.trusted_proxies = list.map(read).collect::<Option<_>>()?;
        Some(())
    }),
    key("lease-seconds", "a whole number from 2 to 3600", |c, text, _| {
        c.settings.lease_micros = number(text, 2, 3600)? * SECOND;
        Some(())
    }),
    key("renew-seconds", "a whole number from 1 to 1200", |c, text, _| {
        c.settings.renew_micros = number(text, 1, 1200)? * SECOND;
        Some(())
    }),
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

/// One given value.
struct Given {
    text: String,
    place: String,
    base: PathBuf,
}

/// What the command line says: key and text.
pub type Flags = Vec<(&'static str, String)>;

impl Configuration {
    /// Reads all sources. `file` is the one that was named; without it, `Leptos.toml` is looked for in the working folder and
    /// in the folders above the program.
    ///
    /// # Errors
    /// The first fault, in one sentence.
    pub fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: Flags,
    ) -> Result<Self, Refused> {
        let named = file.map(Path::to_owned);
        let found =
            named.or_else(|| find(&std::env::current_dir().ok()?, std::env::current_exe().ok().as_deref()));
        let text = match &found {
            Some(path) => {
                let fault = |error| Refused(format!("{} cannot be read: {error}.", path.display()));
                Some((path.clone(), std::fs::read_to_string(path).map_err(fault)?))
            }
            None => None,
        };
        Self::from_parts(text, environment, flags)
    }

    fn from_parts(
        file: Option<(PathBuf, String)>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: Flags,
    ) -> Result<Self, Refused> {
        let mut given = BTreeMap::new();
        if let Some((path, text)) = &file {
            from_file(path, text, &mut given)?;
        }
        for (name, text) in environment {
            let Some(rest) = name.strip_prefix("TOWPATH_") else { continue };
            if is_of_others(&name) {
                continue;
            }
            let wanted = rest.to_ascii_lowercase().replace('_', "-");
            let known = KEYS.iter().find(|key| key.name == wanted && variable(key.name) == name);
            let known = known.ok_or_else(|| {
                let near = variable(nearest(&wanted));
                Refused(format!(
                    "The environment variable {} means nothing here; the nearest that does is {near}.",
                    domain::text::shorten(&name)
                ))
            })?;
            let place = format!("environment variable {name}");
            given.insert(known.name, Given { text, place, base: PathBuf::new() });
        }
        for (name, text) in flags {
            given.insert(name, Given { text, place: format!("flag for {name}"), base: PathBuf::new() });
        }
        let mut configuration = Self::default();
        for key in KEYS {
            let Some(Given { text, place, base }) = given.get(key.name) else { continue };
            (key.set)(&mut configuration, text, base).ok_or_else(|| {
                let shown = if key.secret {
                    "not one".to_owned()
                } else {
                    format!("“{}”", domain::text::shorten(text))
                };
                Refused(format!("{place}: {} is {shown}; allowed is {}.", key.name, key.allowed))
            })?;
        }
        // A data folder that was named takes the database with it.
        let data_wins = given.get("data").is_some_and(|data| {
            given
                .get("database")
                .is_none_or(|database| !data.place.contains(FILE) && database.place.contains(FILE))
        });
        if data_wins && (!configuration.database_named || configuration.database.starts_with("sqlite:")) {
            configuration.database = format!("sqlite:{}", configuration.data.join("console.db").display());
        }
        configuration.together()?;
        Ok(configuration)
    }

    /// What no single key can say.
    fn together(&self) -> Result<(), Refused> {
        let settings = &self.settings;
        if settings.renew_micros * 2 > settings.lease_micros {
            return Err(Refused("renew-seconds may be at most half of lease-seconds.".to_owned()));
        }
        if settings.session_idle_micros > settings.session_absolute_micros {
            return Err(Refused("session-idle-minutes may be at most session-absolute-minutes.".to_owned()));
        }
        if self.public_origin.is_none() && !self.listen.ip().is_loopback() {
            return Err(Refused(format!(
                "The console would listen on {}, which other machines reach, and public-origin is not set; \
                 set it to the https address that people open.",
                self.listen
            )));
        }
        Ok(())
    }

    /// Where people open the console when it listens at an address.
    #[must_use]
    pub fn origin_at(&self, address: SocketAddr) -> PublicOrigin {
        self.public_origin
            .clone()
            .unwrap_or_else(|| PublicOrigin { text: format!("http://{address}"), secure: false })
    }

    /// The site options for Leptos.
    #[must_use]
    pub fn leptos(&self) -> LeptosOptions {
        LeptosOptions::builder()
            .output_name(self.output_name.as_str())
            .site_root(self.site_root.display().to_string())
            .site_pkg_dir(self.site_pkg_dir.as_str())
            .site_addr(self.listen)
            .env(leptos::config::Env::PROD)
            .build()
    }
}

/// Variables of other programs that begin alike: a console may run beside them, or be started by them.
const OF_OTHERS: &[&str] = &[
    // Which file this is read from is said by the command line, which reads it itself.
    "TOWPATH_CONFIG",
    // Tests: where the programs are, and what a helper program of a test is told.
    "TOWPATH_BIN",
    "TOWPATH_TEST_",
    // The Platform Server: its own configuration, and what it tells an application that it starts.
    "TOWPATH_ENROLMENT_CODE",
    "TOWPATH_DATA_ROOT",
    "TOWPATH_ADDRESS",
    "TOWPATH_PORT",
    "TOWPATH_BASE_PATH",
    "TOWPATH_APPLICATION",
    "TOWPATH_APPLICATION_NAME",
    "TOWPATH_MODULE",
    "TOWPATH_VERSION",
    "TOWPATH_RELEASE",
    "TOWPATH_ENVIRONMENT",
    "TOWPATH_SERVER",
    "TOWPATH_SETTING_",
];

/// Whether a variable belongs to another program. A name that ends in `_` stands for all that begin with it.
fn is_of_others(name: &str) -> bool {
    OF_OTHERS.iter().any(|other| if other.ends_with('_') { name.starts_with(other) } else { name == *other })
}

/// The environment variable of a key.
fn variable(key: &str) -> String {
    format!("TOWPATH_{}", key.to_ascii_uppercase().replace('-', "_"))
}

/// The key that is written most like a word.
fn nearest(word: &str) -> &'static str {
    // A long word is no key, and would only take time.
    let word: Vec<char> = word.chars().take(64).collect();
    let begun: String = word.iter().collect();
    // A key that begins so was cut short rather than written wrongly.
    let distance = |key: &&Key| (!key.name.starts_with(&begun), edits(&word, key.name));
    KEYS.iter().min_by_key(distance).map_or("", |key| key.name)
}

/// How many letters must be put in, taken out or changed to make one word of the other (Levenshtein).
fn edits(from: &[char], to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.iter().enumerate() {
            let changed = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[to.len()]
}

fn names(which: impl Fn(&Key) -> bool) -> String {
    KEYS.iter().filter(|key| which(key)).map(|key| key.name).collect::<Vec<_>>().join(", ")
}

/// The file in the working folder, or above the program: `target/debug/towpath` belongs to the sources two folders above.
fn find(working: &Path, program: Option<&Path>) -> Option<PathBuf> {
    let above = program.into_iter().flat_map(Path::ancestors).skip(1).take(3);
    std::iter::once(working).chain(above).map(|folder| folder.join(FILE)).find(|file| file.is_file())
}

fn from_file(path: &Path, text: &str, given: &mut BTreeMap<&'static str, Given>) -> Result<(), Refused> {
    let base = path.parent().unwrap_or(Path::new("")).to_owned();
    let at = |span: std::ops::Range<usize>| {
        let line = text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1);
        format!("{}, line {line}", path.display())
    };
    let table = DeTable::parse(text).map_err(|error| {
        Refused(format!(
            "{}: {}.",
            at(error.span().unwrap_or_default()),
            error.message().trim_end_matches('.')
        ))
    })?;
    for (name, value) in table.get_ref() {
        match (name.get_ref().as_ref(), value.get_ref()) {
            ("console", DeValue::Table(section)) => take(section, false, &at, &base, given)?,
            ("workspace", DeValue::Table(_)) => {
                let mut value = value.get_ref();
                for part in &SITE[1..] {
                    let DeValue::Table(inner) = value else {
                        return Err(Refused(format!(
                            "{}: site options stand in [[{}]].",
                            at(name.span()),
                            SITE.join(".")
                        )));
                    };
                    if let Some((other, _)) = inner.iter().find(|(key, _)| key.get_ref() != part) {
                        let sentence =
                            format!("{}: “{}” means nothing here.", at(other.span()), other.get_ref());
                        return Err(Refused(sentence));
                    }
                    match inner.iter().next() {
                        Some((_, next)) => value = next.get_ref(),
                        None => return Ok(()),
                    }
                }
                let sections = match value {
                    DeValue::Array(sections) => sections.iter().map(toml::Spanned::get_ref).collect(),
                    single => vec![single],
                };
                let [DeValue::Table(section)] = sections.as_slice() else {
                    return Err(Refused(format!(
                        "{}: one [[{}]] is allowed.",
                        at(name.span()),
                        SITE.join(".")
                    )));
                };
                take(section, true, &at, &base, given)?;
            }
            (other, _) => {
                return Err(Refused(format!(
                    "{}: “{other}” is no section; sections are [[{}]] and [console].",
                    at(name.span()),
                    SITE.join(".")
                )));
            }
        }
    }
    Ok(())
}

fn take(
    section: &DeTable<'_>,
    site: bool,
    at: &impl Fn(std::ops::Range<usize>) -> String,
    base: &Path,
    given: &mut BTreeMap<&'static str, Given>,
) -> Result<(), Refused> {
    for (name, value) in section {
        let known = KEYS.iter().find(|key| key.site == site && key.name == name.get_ref().as_ref());
        let known = known.ok_or_else(|| {
            let allowed = names(|key| key.site == site);
            Refused(format!(
                "{}: “{}” is no key of this section; keys are {allowed}.",
                at(name.span()),
                name.get_ref()
            ))
        })?;
        let text = text_of(value.get_ref()).ok_or_else(|| {
            Refused(format!(
                "{}: {} is of the wrong type; allowed is {}.",
                at(name.span()),
                known.name,
                known.allowed
            ))
        })?;
        given.insert(known.name, Given { text, place: at(name.span()), base: base.to_owned() });
    }
    Ok(())
}

fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Array(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(|part| text_of(part.get_ref())).collect();
            Some(parts?.join(","))
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "configuration/tests.rs"]
mod tests;
