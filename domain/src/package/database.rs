//! The database that a package asks for: its migrations, which of them are still to be run, and what a way back leaves behind
//! (`docs/application-data.md`).

use super::archive::Entry;
use super::container::entry;
use super::{Manifest, PackageError, Summary};
use crate::id::EnvironmentId;
use crate::text::{Key, Sha256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The folder inside a package that holds the migrations of its database, where it asks for one.
pub const DATABASE: &str = "database";
/// How long a migration may take where the manifest does not say, seconds.
pub const MIGRATION_SECONDS_DEFAULT: u32 = 60;
/// How long a migration may take at most, seconds.
pub const MIGRATION_SECONDS_MAX: u32 = 3600;
/// Longest migration, bytes.
pub const MIGRATION_BYTES: u64 = 1 << 20;

/// That an application needs a database of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Which kinds it can use.
    #[serde(default)]
    pub engine: EngineChoice,
    /// How long each migration may take, seconds; [`MIGRATION_SECONDS_DEFAULT`] where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

impl Database {
    /// How long each migration may take, seconds.
    #[must_use]
    pub fn seconds(&self) -> u32 {
        self.seconds.unwrap_or(MIGRATION_SECONDS_DEFAULT)
    }

    pub(super) fn check(&self) -> Result<(), PackageError> {
        if (1..=MIGRATION_SECONDS_MAX).contains(&self.seconds()) {
            return Ok(());
        }
        Err(refused(format!("seconds must be 1 to {MIGRATION_SECONDS_MAX}.")))
    }
}

/// Which kinds of database an application can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineChoice {
    /// Whatever the environment has.
    #[default]
    Any,
    /// SQLite alone.
    Sqlite,
    /// PostgreSQL alone.
    Postgres,
}

impl EngineChoice {
    /// Whether this kind will do.
    #[must_use]
    pub const fn takes(self, engine: Engine) -> bool {
        matches!(
            (self, engine),
            (Self::Any, _) | (Self::Sqlite, Engine::Sqlite) | (Self::Postgres, Engine::Postgres)
        )
    }
}

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// One SQLite file for each application.
    Sqlite,
    /// One PostgreSQL schema for each application.
    Postgres,
}

impl Engine {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// The word in the manifest, and the folder below [`DATABASE`].
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// One migration of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Migration {
    /// Its number, from 1 without gaps.
    pub number: u32,
    /// Its name: lower-case letters, digits and underscores.
    pub name: String,
    /// The one kind of database that it is for; none where it is for all that the package can use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<Engine>,
    /// Its bytes. What was applied once can never be another.
    pub sha256: Sha256,
}

impl Migration {
    /// Its file inside the package.
    #[must_use]
    pub fn path(&self) -> String {
        let folder = self.engine.map(|engine| format!("{}/", engine.word())).unwrap_or_default();
        format!("{DATABASE}/{folder}{:04}_{}.sql", self.number, self.name)
    }
}

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04} {}", self.number, self.name)
    }
}

/// A migration that was applied, as the application's own database has it on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub sha256: Sha256,
    /// What brought it, such as `version 1.2.0` or `release 9f86d081`.
    pub by: String,
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04} {}, from {}", self.number, self.name, self.by)
    }
}

/// What a release does to its database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Course<'a> {
    /// What is still to be run, in this order.
    pub run: Vec<&'a Migration>,
    /// What newer releases applied. It stays as it is.
    pub left: Vec<&'a Applied>,
}

/// The migrations for one kind of database, by their numbers.
#[must_use]
pub fn for_engine(all: &[Migration], engine: Engine) -> Vec<&Migration> {
    let mut own: Vec<_> = all.iter().filter(|one| one.engine.is_none_or(|of| of == engine)).collect();
    own.sort();
    own
}

/// What is to be run of `wanted`, which a package has for one kind of database, where `applied` was applied, both by their numbers.
///
/// # Errors
/// One sentence: what was applied under a number is not what the package has under it.
pub fn course<'a>(wanted: &[&'a Migration], applied: &'a [Applied]) -> Result<Course<'a>, String> {
    for (one, known) in wanted.iter().zip(applied) {
        if one.name != known.name || one.number != known.number {
            return Err(format!(
                "The migration {one} cannot be run: under this number, {known}, was applied. Take the next free number."
            ));
        }
        if one.sha256 != known.sha256 {
            return Err(format!(
                "The migration {one} has other bytes than when it was applied, from {}. What was applied cannot change: write a new \
                 migration with the next number.",
                known.by
            ));
        }
    }
    Ok(Course {
        run: wanted.iter().skip(applied.len()).copied().collect(),
        left: applied.iter().skip(wanted.len()).collect(),
    })
}

/// What becomes of an application's database with another release, in sentences, as far as packages tell it: which of its environment's
/// databases it is, and what earlier releases left behind there, knows the environment alone.
#[must_use]
pub fn told(before: Option<&Summary>, after: Option<&Summary>) -> Option<String> {
    let has = |of: Option<&Summary>| of.is_some_and(|of| of.manifest.database.is_some());
    let Some(after) = after else {
        return has(before).then(|| "Its database stays as it is.".to_owned());
    };
    // Where a migration differs between the kinds of database, both together are one.
    let each = |of: Option<&Summary>| {
        let mut all: BTreeMap<(u32, String), Vec<Sha256>> = BTreeMap::new();
        for one in of.into_iter().flat_map(|of| &of.migrations) {
            all.entry((one.number, one.name.clone())).or_default().push(one.sha256);
        }
        all
    };
    let (old, new) = (each(before), each(Some(after)));
    let only = |these: &BTreeMap<(u32, String), Vec<Sha256>>,
                those: &BTreeMap<(u32, String), Vec<Sha256>>| {
        let only = these.keys().filter(|key| !those.contains_key(*key));
        only.map(|(number, name)| format!("{number:04} {name}")).collect::<Vec<_>>().join(", ")
    };
    let (run, left) = (only(&new, &old), only(&old, &new));
    let changed = new.iter().find(|(key, bytes)| old.get(*key).is_some_and(|known| known != *bytes));
    let sentences = [
        (!run.is_empty()).then(|| format!("Migrations run once, before the first activation: {run}.")),
        (!left.is_empty()).then(|| format!("Left behind in its database: {left}.")),
        changed.map(|((number, name), _)| {
            format!("The migration {number:04} {name} has other bytes than in what runs now: where it was applied, the environment refuses it.")
        }),
        (has(before) && after.manifest.database.is_none())
            .then(|| "It asks for no database any more; what there is stays.".to_owned()),
    ];
    let all: Vec<String> = sentences.into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// The name of an application's schema, role or file (without its ending) in an environment: at most 63 bytes, of `a-z`, `0-9`, `-` and `_`, no
/// name that PostgreSQL keeps for itself, and different for each environment, since several may use one server or folder.
#[must_use]
pub fn place_name(environment: EnvironmentId, application: &Key) -> String {
    let mark = Sha256::of(format!("{environment}/{application}").as_bytes()).to_string();
    let shown: String = application.as_str().chars().take(46).collect();
    format!("app_{shown}_{}", &mark[..12])
}

fn refused(reason: String) -> PackageError {
    PackageError::Manifest { place: ", [database]".to_owned(), reason }
}

/// Whether a file of a package lies where migrations do.
pub(super) fn is_inside(path: &str) -> bool {
    path.strip_prefix(DATABASE).is_some_and(|rest| rest.starts_with('/'))
}

/// Engine, number and name from the name of a file.
fn named(path: &str) -> Option<(Option<Engine>, u32, &str)> {
    let rest = path.strip_prefix(DATABASE)?.strip_prefix('/')?;
    let (engine, file) = match rest.split_once('/') {
        Some((folder, file)) => (Some(Engine::ALL.into_iter().find(|one| one.word() == folder)?), file),
        None => (None, rest),
    };
    let (digits, name) = file.strip_suffix(".sql")?.split_once('_')?;
    let sound = digits.len() == 4
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (1..=60).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    Some((engine, digits.parse().ok().filter(|number| *number > 0)?, name)).filter(|_| sound)
}

/// One migration from its file, whose name [`check_files`] has found sound.
pub(super) fn migration(path: &str, bytes: &[u8]) -> Result<Migration, PackageError> {
    let (engine, number, name) = named(path).ok_or_else(|| ill_named(path))?;
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(entry(path, "is not UTF-8 text")) };
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(entry(path, "has a control character in its text"));
    }
    if text.trim().is_empty() {
        return Err(entry(path, "is empty"));
    }
    Ok(Migration { number, name: name.to_owned(), engine, sha256: Sha256::of(bytes) })
}

fn ill_named(path: &str) -> PackageError {
    let text = "is no migration: it is named as database/0001_first_tables.sql, or the same in database/sqlite/ or database/postgres/, with \
                lower-case letters, digits and underscores";
    entry(path, text)
}

/// The names of migrations and the manifest belong together: for each kind of database the numbers have no gaps and are there once.
pub(super) fn check_files(manifest: &Manifest, entries: &[Entry]) -> Result<(), PackageError> {
    let mut lists: BTreeMap<Engine, BTreeMap<u32, (&str, &str)>> = BTreeMap::new();
    for one in entries.iter().filter(|one| is_inside(&one.path)) {
        let Some(database) = &manifest.database else {
            return Err(entry(&one.path, "is a migration, and the manifest has no [database]"));
        };
        let (engine, number, name) = named(&one.path).ok_or_else(|| ill_named(&one.path))?;
        if one.size > MIGRATION_BYTES {
            let text = format!("has {} bytes; a migration has at most {MIGRATION_BYTES}", one.size);
            return Err(entry(&one.path, text));
        }
        if let Some(engine) = engine.filter(|engine| !database.engine.takes(*engine)) {
            let text = format!("is for {}, which the manifest's [database] does not take", engine.name());
            return Err(entry(&one.path, text));
        }
        let takes = |of: &Engine| database.engine.takes(*of) && engine.is_none_or(|engine| engine == *of);
        for of in Engine::ALL.into_iter().filter(takes) {
            if let Some((other, _)) = lists.entry(of).or_default().insert(number, (&one.path, name)) {
                return Err(entry(&one.path, format!("has the same number as “{other}”")));
            }
        }
    }
    for (engine, list) in &lists {
        let gap = list.keys().zip(1..).find(|(number, wanted)| *number != wanted);
        if let Some((number, wanted)) = gap {
            return Err(refused(format!(
                "there is a migration {number:04} for {}, and none {wanted:04}: they are numbered from 0001 without gaps.",
                engine.name()
            )));
        }
    }
    let both = || Some((lists.get(&Engine::Sqlite)?, lists.get(&Engine::Postgres)?));
    let lonely = match (both(), manifest.database.as_ref().map(|database| database.engine)) {
        (Some((one, other)), _) => {
            let without = |these: &BTreeMap<u32, (&str, &str)>, those: &BTreeMap<u32, (&str, &str)>| {
                let differs = |number: &u32, name: &str| those.get(number).is_none_or(|(_, of)| *of != name);
                these
                    .iter()
                    .find(|(number, (_, name))| differs(number, name))
                    .map(|(_, (path, _))| (*path).to_owned())
            };
            without(one, other).or_else(|| without(other, one))
        }
        (None, Some(EngineChoice::Any)) => {
            lists.values().next().and_then(|list| list.values().next()).map(|(path, _)| (*path).to_owned())
        }
        (None, _) => None,
    };
    match lonely {
        Some(path) => Err(entry(
            &path,
            "has no other of this number and name for the other kind of database, and the manifest takes both",
        )),
        None => Ok(()),
    }
}
