//! A part as somebody wants it: every field read, and what is wrong with each said at once.

use super::read::field;
use super::{BALANCER, Input, PartPlace, Values, fields, places, title, values};
use crate::architecture::model::{
    Architecture, Catalog, DataCenter, DatabaseServer, Environment, ExternalDatabase, LoadBalancer, Tool,
    Zone,
};
use crate::architecture::words::{CatalogKind, CatalogName, PartKind};
use crate::text::{Key, Name, Refused, key_of, shorten};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// What is wrong with a field, or with `key` of a new part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The name of the field, as it was given.
    pub field: String,
    /// What is wrong and what is allowed.
    pub sentence: String,
}

/// What was typed, by the names of fields.
type Typed = BTreeMap<String, String>;

/// What stands in addresses where a part that is there has its key.
const NEW: &str = "new";

/// What is wrong with names that are no fields of a kind.
#[must_use]
pub fn unknown<'a>(kind: PartKind, names: impl Iterator<Item = &'a str>) -> Vec<Problem> {
    let known = || fields(kind).iter().map(|each| each.name).collect::<Vec<_>>().join(", ");
    names
        .filter(|name| field(kind, name).is_none())
        .map(|name| Problem {
            field: name.to_owned(),
            sentence: format!("“{}” is no field of {}; there are {}.", shorten(name), kind.one(), known()),
        })
        .collect()
}

/// The architecture with a new part, and where it is. Its key is made of its name where none is typed; a load balancer needs none. What is
/// not typed is not recorded.
///
/// # Errors
/// Everything that is not acceptable, by field.
pub fn add(
    now: &Architecture,
    environment: Option<&Key>,
    kind: PartKind,
    key: &str,
    typed: &Typed,
) -> Result<(PartPlace, Architecture), Vec<Problem>> {
    let mut problems = Vec::new();
    let name = typed.get("name").map(|text| text.trim()).unwrap_or_default();
    let found = new_key(kind, key.trim(), name)
        .map(|key| key.map(|key| PartPlace { environment: environment.cloned(), kind, key }));
    let place = match found {
        Err(sentence) => {
            problems.push(Problem { field: "key".to_owned(), sentence });
            None
        }
        Ok(place) => place,
    };
    if let Some(place) = place.as_ref().filter(|place| values(now, place).is_some()) {
        let (field, sentence) = taken(now, place);
        problems.push(Problem { field: field.to_owned(), sentence });
    }
    // Without a key the other fields are read all the same, for a key that nothing has.
    let read = Reading::new(now, environment, kind, place.as_ref().map(|place| &place.key), None, typed);
    match read.put(place.as_ref()) {
        Ok(after) => match place {
            Some(place) if problems.is_empty() => Ok((place, after)),
            _ => Err(problems),
        },
        Err(mut wrong) => {
            wrong.append(&mut problems);
            Err(wrong)
        }
    }
}

/// The architecture with a part changed. What is not typed stays as it is.
///
/// # Errors
/// Everything that is not acceptable, by field; none where the part is not there.
pub fn change(now: &Architecture, place: &PartPlace, typed: &Typed) -> Result<Architecture, Vec<Problem>> {
    let present = values(now, place).ok_or_else(Vec::new)?;
    let environment = place.environment.as_ref();
    Reading::new(now, environment, place.kind, Some(&place.key), Some(present), typed).put(Some(place))
}

/// The key of a new part; none where its name, of which it would be made, is none: that is told at the name.
fn new_key(kind: PartKind, key: &str, name: &str) -> Result<Option<Key>, String> {
    let parsed = |text: &str| text.parse::<Key>().map(Some).map_err(|refused| refused.to_string());
    match kind {
        PartKind::LoadBalancer if key.is_empty() || key == BALANCER => parsed(BALANCER),
        PartKind::LoadBalancer => Err(format!("The key of a load balancer is always “{BALANCER}”.")),
        PartKind::Catalog => match key.parse::<CatalogKind>() {
            Ok(kind) => parsed(kind.word()),
            Err(refused) => Err(refused.to_string()),
        },
        _ if key.is_empty() && name.parse::<Name>().is_err() => Ok(None),
        _ if key.is_empty() => match key_of(name).parse::<Key>() {
            Ok(key) => Ok(Some(key)),
            Err(_) => {
                Err("No key can be made of this name; type one of lower-case letters, digits and hyphens."
                    .to_owned())
            }
        },
        _ => parsed(key),
    }
    .and_then(|found| match found {
        Some(key) if key.as_str() == NEW => {
            Err(format!("The address of a new {kind} ends in “{NEW}”; choose another key."))
        }
        found => Ok(found),
    })
}

/// The field and the sentence where a key is taken.
fn taken(now: &Architecture, place: &PartPlace) -> (&'static str, String) {
    let within = place.environment(now).map(|within| within.name.to_string()).unwrap_or_default();
    let name = title(now, place);
    match place.kind {
        PartKind::LoadBalancer => {
            ("name", format!("{within} has a load balancer already, {name}; change that one."))
        }
        PartKind::Catalog => ("key", format!("{within} has its {name} already; change that one.")),
        kind => ("key", format!("There is a {kind} “{}” already; choose another key.", place.key)),
    }
}

struct Reading<'a> {
    now: &'a Architecture,
    environment: Option<&'a Key>,
    within: Option<&'a Environment>,
    kind: PartKind,
    key: Option<&'a Key>,
    present: Option<Values>,
    typed: &'a Typed,
    problems: Vec<Problem>,
}

impl<'a> Reading<'a> {
    fn new(
        now: &'a Architecture,
        environment: Option<&'a Key>,
        kind: PartKind,
        key: Option<&'a Key>,
        present: Option<Values>,
        typed: &'a Typed,
    ) -> Self {
        let within = environment.and_then(|key| now.environments.get(key));
        let problems = unknown(kind, typed.keys().map(String::as_str));
        Self { now, environment, within, kind, key, present, typed, problems }
    }

    fn say(&mut self, field: &str, sentence: String) {
        self.problems.push(Problem { field: field.to_owned(), sentence });
    }

    fn present(&self, field: &str) -> &str {
        self.present.as_ref().and_then(|all| all.get(field)).map_or("", String::as_str)
    }

    /// What the field is to have: as typed, or as it is.
    fn text(&self, field: &str) -> &str {
        self.typed.get(field).map_or_else(|| self.present(field), |text| text.trim())
    }

    /// What stands already is not judged again: an architecture can be older than a rule.
    fn stays(&self, field: &str) -> bool {
        self.present.is_some() && self.text(field) == self.present(field)
    }

    fn must<T: FromStr<Err = Refused>>(&mut self, field: &str) -> Option<T> {
        let read = self.text(field).parse();
        read.map_err(|refused: Refused| self.say(field, refused.to_string())).ok()
    }

    fn may<T: FromStr<Err = Refused>>(&mut self, field: &str) -> Option<T> {
        if self.text(field).is_empty() { None } else { self.must(field) }
    }

    fn number<T: FromStr + Into<u32> + Copy>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name).to_owned();
        if text.is_empty() {
            return None;
        }
        let most = match field(self.kind, name).map(|field| field.input) {
            Some(Input::Number(most)) => most,
            _ => u32::MAX,
        };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<T>().ok().filter(|number| digits && (1..=most).contains(&(*number).into()));
        if number.is_none() && self.stays(name) {
            return text.parse().ok();
        }
        if number.is_none() {
            let sentence = format!(
                "“{}” is no whole number from 1 to {most}; leave it empty where it is not recorded.",
                shorten(&text)
            );
            self.say(name, sentence);
        }
        number
    }

    /// The key of a part that is there.
    fn one(&mut self, field: &str, kind: PartKind) -> Option<Key> {
        let text = self.text(field).to_owned();
        if text.is_empty() {
            return None;
        }
        let found = self.known(kind, &text);
        if found.is_none() && self.stays(field) {
            return text.parse().ok();
        }
        if found.is_none() {
            self.say(field, missing(kind, &text));
        }
        found
    }

    fn several(&mut self, field: &str, kind: PartKind) -> BTreeSet<Key> {
        let old: BTreeSet<String> = self.present(field).split(',').map(str::to_owned).collect();
        let words = self.text(field).split(',').map(str::trim).filter(|word| !word.is_empty());
        let words: BTreeSet<String> = words.map(str::to_owned).collect();
        let mut keys = BTreeSet::new();
        for word in words {
            match self.known(kind, &word).or_else(|| word.parse().ok().filter(|_| old.contains(&word))) {
                Some(key) => drop(keys.insert(key)),
                None => self.say(field, missing(kind, &word)),
            }
        }
        keys
    }

    fn known(&self, kind: PartKind, text: &str) -> Option<Key> {
        places(self.now, None, kind).into_iter().map(|place| place.key).find(|key| key.as_str() == text)
    }

    fn yes(&mut self, field: &str) -> bool {
        match self.text(field) {
            "yes" | "true" => true,
            "no" | "false" | "" => false,
            other => {
                let sentence = format!("“{}” is neither yes nor no.", shorten(other));
                self.say(field, sentence);
                false
            }
        }
    }

    /// The name, which no other of the kind has (A03).
    fn name(&mut self) -> Option<Name> {
        let name = self.must::<Name>("name")?;
        let same = |place: &PartPlace| {
            !(self.present.is_some() && Some(&place.key) == self.key)
                && title(self.now, place).to_lowercase() == name.as_str().to_lowercase()
        };
        if !self.stays("name") && places(self.now, self.environment, self.kind).iter().any(same) {
            let sentence = match self.within {
                Some(within) => format!(
                    "{} has {} called “{name}” already; choose another name.",
                    within.name,
                    self.kind.one()
                ),
                None => format!("There is {} called “{name}” already; choose another name.", self.kind.one()),
            };
            self.say("name", sentence);
        }
        Some(name)
    }

    /// The catalog, which no other place has (A06).
    fn catalog(&mut self) -> Option<Catalog> {
        if self.text("database_server").is_empty() {
            self.say("database_server", "Choose the database server that carries the catalog.".to_owned());
        }
        let server = self.one("database_server", PartKind::DatabaseServer);
        let name = self.must::<CatalogName>("name");
        let (database_server, name) = (server?, name?);
        if !(self.stays("database_server") && self.stays("name"))
            && let Some((environment, kind)) = self.used(&database_server, &name)
        {
            let carrier = self.now.database_servers.get(&database_server);
            let carrier =
                carrier.map_or_else(|| database_server.to_string(), |server| server.name.to_string());
            let sentence = format!(
                "The catalog “{name}” on {carrier} is the {kind} catalog of {environment} already; choose another name or another database server."
            );
            self.say("name", sentence);
        }
        Some(Catalog { database_server, name })
    }

    fn used(&self, server: &Key, name: &CatalogName) -> Option<(Name, CatalogKind)> {
        let mine = |environment: &Key, kind: CatalogKind| {
            self.present.is_some()
                && Some(environment) == self.environment
                && self.key.is_some_and(|key| key.as_str() == kind.word())
        };
        self.now.in_order().into_iter().find_map(|(key, environment)| {
            let found = environment.catalogs.iter().find(|(kind, catalog)| {
                catalog.database_server == *server
                    && catalog.name.as_str().to_lowercase() == name.as_str().to_lowercase()
                    && !mine(key, **kind)
            });
            found.map(|(kind, _)| (environment.name.clone(), *kind))
        })
    }

    /// Reads every field, and puts the part into its place; without a place it is only read.
    fn put(mut self, place: Option<&PartPlace>) -> Result<Architecture, Vec<Problem>> {
        let made = self.part();
        let (Some(made), true) = (made, self.problems.is_empty()) else { return Err(self.problems) };
        let mut after = self.now.clone();
        if let Some(place) = place {
            made.into(&mut after, place);
        }
        Ok(after)
    }

    fn part(&mut self) -> Option<Part> {
        Some(match self.kind {
            PartKind::DataCenter => Part::DataCenter(DataCenter { name: self.name()? }),
            PartKind::DatabaseServer => {
                let (name, engine, sharing) = (self.name(), self.must("engine"), self.must("sharing"));
                let (version, host) = (self.may("version"), self.may("host"));
                let standby_of = self.one("standby_of", PartKind::DatabaseServer);
                if standby_of.is_some() && standby_of.as_ref() == self.key && !self.stays("standby_of") {
                    let sentence = "A database server is no standby of itself; choose its primary.";
                    self.say("standby_of", sentence.to_owned());
                }
                let data_center = self.one("data_center", PartKind::DataCenter);
                let (cores, memory_gib) = (self.number("cores"), self.number("memory_gib"));
                let (name, engine, sharing) = (name?, engine?, sharing?);
                Part::DatabaseServer(DatabaseServer {
                    name,
                    engine,
                    version,
                    sharing,
                    standby_of,
                    host,
                    data_center,
                    cores,
                    memory_gib,
                })
            }
            PartKind::Tool => {
                let (name, kind, address) = (self.name(), self.must("kind"), self.must("address"));
                let about = self.may("about");
                Part::Tool(Tool { name: name?, kind: kind?, address: address?, about })
            }
            PartKind::LoadBalancer => {
                let (name, host) = (self.must("name"), self.may("host"));
                let data_centers = self.several("data_centers", PartKind::DataCenter);
                Part::LoadBalancer(LoadBalancer { name: name?, host, data_centers })
            }
            PartKind::Zone => {
                let (name, address, is_default) = (self.name(), self.may("address"), self.yes("is_default"));
                if !is_default && self.present("is_default") == "yes" {
                    let sentence = "An environment always has a default zone (R42); make another one the default instead.";
                    self.say("is_default", sentence.to_owned());
                }
                Part::Zone(Zone { name: name?, address }, is_default)
            }
            PartKind::Catalog => Part::Catalog(self.catalog()?),
            PartKind::ExternalDatabase => {
                let (name, engine) = (self.name(), self.must("engine"));
                let (version, host) = (self.may("version"), self.may("host"));
                Part::ExternalDatabase(ExternalDatabase { name: name?, engine: engine?, version, host })
            }
        })
    }
}

fn missing(kind: PartKind, key: &str) -> String {
    format!("There is no {kind} “{}” here; choose one of the list, or add it first.", shorten(key))
}

/// A part that was read.
enum Part {
    DataCenter(DataCenter),
    DatabaseServer(DatabaseServer),
    Tool(Tool),
    LoadBalancer(LoadBalancer),
    Zone(Zone, bool),
    Catalog(Catalog),
    ExternalDatabase(ExternalDatabase),
}

impl Part {
    /// Puts it into its place, instead of what was there.
    fn into(self, after: &mut Architecture, place: &PartPlace) {
        let key = place.key.clone();
        let within =
            place.environment.as_ref().and_then(|environment| after.environments.get_mut(environment));
        match (self, within) {
            (Self::DataCenter(part), _) => drop(after.data_centers.insert(key, part)),
            (Self::DatabaseServer(part), _) => drop(after.database_servers.insert(key, part)),
            (Self::Tool(part), _) => drop(after.tools.insert(key, part)),
            (Self::LoadBalancer(part), Some(within)) => within.load_balancer = Some(part),
            (Self::Zone(part, is_default), Some(within)) => {
                if is_default {
                    within.default_zone = key.clone();
                }
                within.zones.insert(key, part);
            }
            (Self::Catalog(part), Some(within)) => {
                if let Some(kind) = place.catalog() {
                    within.catalogs.insert(kind, part);
                }
            }
            (Self::ExternalDatabase(part), Some(within)) => drop(within.external_databases.insert(key, part)),
            // Whoever asks has found the environment before.
            (_, None) => {}
        }
    }
}
