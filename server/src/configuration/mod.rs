//! Configuration of the console: flags before environment variables before `Leptos.toml` before what is built in.
//!
//! Every source gives texts, and one table says what a key may be. So a wrong value is refused in the same words wherever it
//! comes from, with its place.
//!
//! Reading order: [`Configuration`] and how its sources are put together; `keys` (the table); `file` and `environment` (the sources);
//! `origin` (where people open the console).

mod environment;
mod file;
mod keys;
mod origin;

pub use origin::PublicOrigin;

use environment::from_environment;
use file::from_file;
use ipnet::IpNet;
use keys::KEYS;
use leptos::config::LeptosOptions;
use operations::Settings;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The name of the file.
pub const FILE: &str = "Leptos.toml";

/// Why the configuration is refused: one sentence that says what is wrong, where, and what is allowed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(String);

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
    /// The file of the master key; one in the data folder is made if none is named.
    pub master_key_file: Option<PathBuf>,
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

/// The SQLite database's file in the data folder, where no other is named.
pub const SQLITE_FILE: &str = "console.db";

impl Default for Configuration {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            site_root: "target/site".into(),
            site_pkg_dir: "pkg".to_owned(),
            output_name: "main".to_owned(),
            database: format!("sqlite:.towpath/{SQLITE_FILE}"),
            data: ".towpath".into(),
            public_origin: None,
            master_key_file: None,
            trusted_proxies: Vec::new(),
            log: "info".to_owned(),
            log_json: false,
            settings: Settings::default(),
            database_named: false,
        }
    }
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
        from_environment(environment, &mut given)?;
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
            configuration.database = format!("sqlite:{}", configuration.data.join(SQLITE_FILE).display());
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

/// The file in the working folder, or above the program: `target/debug/towpath` belongs to the sources two folders above.
fn find(working: &Path, program: Option<&Path>) -> Option<PathBuf> {
    let above = program.into_iter().flat_map(Path::ancestors).skip(1).take(3);
    std::iter::once(working).chain(above).map(|folder| folder.join(FILE)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests;
