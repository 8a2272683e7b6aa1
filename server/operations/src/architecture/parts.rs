//! The parts of an architecture one by one: load balancers, database servers, catalogs, external databases, data centers, deployment
//! zones and tools are listed, added, changed and taken out. What each has, and what is wrong with it, says `domain::architecture::parts`.

use super::{check_gone, check_rules_at, write};
use crate::applications::show::possible;
use crate::console::{Caller, Console};
use crate::door::{Attempt, fault, permitted_wide, short};
use crate::error::{FieldProblem, OperationError, Result};
use crate::infrastructure::topic;
use crate::view::{Keyed, PartField, PartForm, PartInput, PartRow, PutPart};
use domain::architecture::Architecture;
use domain::architecture::model::Environment;
use domain::architecture::parts::{
    self, Field, Input, PartPlace, Problem, fields, open_keys, places, shown, title, uses, values,
};
use domain::architecture::words::PartKind;
use domain::audit::Object;
use domain::text::{Key, Refused};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use storage::architecture::{self, Stored};

/// Which part, as somebody names it.
#[derive(Debug, Clone, Default)]
pub struct PartAt {
    /// Key of its environment; none for a part of the infrastructure itself.
    pub environment: Option<String>,
    /// The word of its kind: `data_center`, `database_server`, `tool`, `load_balancer`, `zone`, `catalog` or `external_database`.
    pub kind: String,
    /// Its key. A new one can leave it out, but a catalog, whose key says which catalog it is.
    pub key: String,
}

/// The place that somebody names, in an architecture.
struct Found<'a> {
    kind: PartKind,
    environment: Option<(&'a Key, &'a Environment)>,
}

impl PartAt {
    fn object(&self, name: &str) -> Object {
        let kind = self.kind.parse::<PartKind>().map_or("part", PartKind::word);
        let key = short(if self.key.is_empty() { name } else { &self.key });
        let id = match &self.environment {
            Some(environment) => format!("{}/{key}", short(environment)),
            None => key,
        };
        Object::new(kind, id, short(name))
    }

    /// The kind and the environment.
    fn find<'a>(&self, of: &'a Architecture) -> Result<Found<'a>> {
        let kind = self.kind.parse::<PartKind>().map_err(|refused| OperationError::not_found(refused.0))?;
        let environment = self.environment.as_deref().map(|key| environment(of, key)).transpose()?;
        let sentence = match (kind.of_environment(), environment.is_some()) {
            (true, false) => format!("{} belongs to an environment; name it.", capital(&kind.one())),
            (false, true) => {
                format!("{} belongs to the infrastructure; name no environment.", capital(&kind.one()))
            }
            _ => return Ok(Found { kind, environment }),
        };
        Err(OperationError::invalid("environment", sentence))
    }

    /// The place of a part that is there.
    fn there<'a>(&self, of: &'a Architecture) -> Result<(Found<'a>, PartPlace)> {
        let found = self.find(of)?;
        let Found { kind, environment } = &found;
        let all = places(of, environment.map(|(key, _)| key), *kind);
        let place = all.into_iter().find(|place| place.key.as_str() == self.key);
        let place = place.ok_or_else(|| {
            let name = environment.map(|(_, of)| of.name.to_string());
            let key = short(&self.key);
            OperationError::not_found(match name {
                Some(name) => format!("{name} has no {kind} “{key}”."),
                None => format!("There is no {kind} “{key}” here."),
            })
        })?;
        Ok((found, place))
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn environment<'a>(of: &'a Architecture, key: &str) -> Result<(&'a Key, &'a Environment)> {
    let found = of.environments.iter().find(|(each, _)| each.as_str() == key);
    found.ok_or_else(|| OperationError::not_found(format!("There is no environment “{}” here.", short(key))))
}

/// What is wrong, by the fields of the input. A name that is none of them is told by its sentence.
fn invalid(kind: PartKind, problems: Vec<Problem>) -> OperationError {
    let known = |name: &str| match name {
        "key" => "key",
        name => fields(kind).iter().find(|field| field.name == name).map_or("fields", |field| field.name),
    };
    let fields = problems
        .into_iter()
        .map(|problem| FieldProblem { field: known(&problem.field), sentence: problem.sentence })
        .collect();
    OperationError::Invalid { fields }
}

/// A value for programs.
fn value(field: &Field, text: &str) -> Value {
    match field.input {
        Input::YesNo => json!(text == "yes"),
        Input::Several(_) => json!(text.split(',').filter(|key| !key.is_empty()).collect::<Vec<_>>()),
        _ if text.is_empty() => Value::Null,
        Input::Number(_) => text.parse::<u32>().map_or(Value::Null, |number| json!(number)),
        _ => json!(text),
    }
}

/// What an entry tells of a part.
fn told(of: &Architecture, place: &PartPlace) -> Value {
    let Some(found) = values(of, place) else { return Value::Null };
    let told = fields(place.kind).iter().map(|field| {
        let text = found.get(field.name).map_or("", String::as_str);
        (field.name.to_owned(), value(field, text))
    });
    Value::Object(told.collect())
}

fn row(of: &Architecture, place: &PartPlace) -> PartRow {
    let found = values(of, place).unwrap_or_default();
    let of_field = |field: &Field| found.get(field.name).map_or("", String::as_str);
    PartRow {
        kind: place.kind,
        environment: place.environment.as_ref().map(ToString::to_string),
        key: place.key.to_string(),
        name: title(of, place),
        values: fields(place.kind).iter().map(|field| (field.name, value(field, of_field(field)))).collect(),
        shown: fields(place.kind)
            .iter()
            .map(|field| (field.name, shown(of, field, of_field(field))))
            .collect(),
        used_by: uses(of, place),
    }
}

fn keyed(pairs: Vec<(&str, &str)>) -> Vec<Keyed> {
    pairs.into_iter().map(|(key, name)| Keyed { key: key.to_owned(), name: name.to_owned() }).collect()
}

/// A field of the form: what can be chosen, and what is recorded. A part is no choice of its own.
fn form_field(of: &Architecture, field: &Field, itself: Option<&PartPlace>, text: String) -> PartField {
    let parts = |kind: PartKind| -> Vec<Keyed> {
        let others = places(of, None, kind).into_iter().filter(|place| Some(place) != itself);
        others.map(|place| Keyed { key: place.key.to_string(), name: title(of, &place) }).collect()
    };
    let (input, choices) = match field.input {
        Input::Text(most) => (PartInput::Text { most }, Vec::new()),
        Input::Host => (PartInput::Host, Vec::new()),
        Input::Number(most) => (PartInput::Number { most }, Vec::new()),
        Input::WebAddress => (PartInput::WebAddress, Vec::new()),
        Input::Choice(choices) => (PartInput::Choice, keyed(choices.words())),
        Input::One(kind) => (PartInput::Choice, parts(kind)),
        Input::Several(kind) => (PartInput::Several, parts(kind)),
        Input::YesNo => (PartInput::YesNo, Vec::new()),
    };
    let Field { name, label, help, required, .. } = *field;
    PartField { name, label, help, required, input, choices, value: value(field, &text), text }
}

impl Console {
    /// The parts of an infrastructure itself, or those of one of its environments, by kind and key, as they are recorded.
    ///
    /// # Errors
    /// The environment is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn parts(
        &self,
        caller: &Caller,
        infrastructure: &str,
        of_environment: Option<&str>,
    ) -> Result<Vec<PartRow>> {
        self.traced(caller, "part.list", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            permitted_wide(self, &mut tx, caller, &[home.id], "see the architecture").await?;
            let now = architecture::load(&mut tx, home.id).await?.architecture;
            let within = of_environment.map(|key| environment(&now, key)).transpose()?;
            let kinds = PartKind::ALL.iter().filter(|kind| kind.of_environment() == within.is_some());
            let found = kinds.flat_map(|kind| places(&now, within.map(|(key, _)| key), *kind));
            Ok(found.map(|place| row(&now, &place)).collect())
        })
        .await
    }

    /// The form of a part: its fields with what is recorded and what can be chosen, and whether it can be taken out. Without a key it is that
    /// of a new one.
    ///
    /// # Errors
    /// It is not there, or “Manage Infrastructure and Users” is missing.
    pub async fn part_form(&self, caller: &Caller, infrastructure: &str, at: &PartAt) -> Result<PartForm> {
        self.traced(caller, "part.show", async {
            let mut tx = self.store().read().await?;
            let home = self.infrastructure(&mut tx, caller, infrastructure).await?;
            permitted_wide(self, &mut tx, caller, &[home.id], "change the architecture").await?;
            let stored = architecture::load(&mut tx, home.id).await?;
            let now = &stored.architecture;
            let (found, place) = if at.key.is_empty() {
                (at.find(now)?, None)
            } else {
                let (found, place) = at.there(now)?;
                (found, Some(place))
            };
            let mut present = place.as_ref().and_then(|place| values(now, place)).unwrap_or_default();
            let all = fields(found.kind).iter();
            let remove = match &place {
                None => None,
                Some(place) => Some(possible(match without(now, place) {
                    Ok(after) => check_gone(&mut tx, home.id, &stored, &after).await,
                    Err(error) => Err(error),
                })?),
            };
            Ok(PartForm {
                kind: found.kind,
                environment: found.environment.map(|(key, of)| Keyed::of(key, &of.name)),
                key: place.as_ref().map(|place| place.key.to_string()),
                name: place.as_ref().map(|place| title(now, place)).unwrap_or_default(),
                keys: found.environment.and_then(|(_, of)| open_keys(of, found.kind)).map(keyed),
                fields: all
                    .map(|field| {
                        let text = present.remove(field.name).unwrap_or_default();
                        form_field(now, field, place.as_ref(), text)
                    })
                    .collect(),
                used_by: place.as_ref().map(|place| uses(now, place)).unwrap_or_default(),
                remove,
            })
        })
        .await
    }

    /// Adds a part. An empty key is made of the name; that of a catalog says which one it is. What `typed` leaves out is not recorded.
    ///
    /// # Errors
    /// A field is not acceptable (every one is named), a name is taken (A03), a catalog is used elsewhere (A06), the environment is not
    /// there, or “Manage Infrastructure and Users” is missing.
    pub async fn add_part(
        &self,
        caller: &Caller,
        infrastructure: &str,
        at: &PartAt,
        typed: &BTreeMap<String, String>,
    ) -> Result<PutPart> {
        let name = typed.get("name").map_or(at.key.as_str(), String::as_str);
        let attempt = Attempt::within(infrastructure, "part.add", at.object(name));
        self.put_part(caller, infrastructure, attempt, |now| {
            let Found { kind, environment } = at.find(now)?;
            let environment = environment.map(|(key, _)| key);
            parts::add(now, environment, kind, &at.key, typed).map_err(|problems| invalid(kind, problems))
        })
        .await
    }

    /// Changes a part. What `typed` leaves out stays as it is; where nothing differs nothing is written.
    ///
    /// # Errors
    /// As for [`Self::add_part`]; the part is not there.
    pub async fn change_part(
        &self,
        caller: &Caller,
        infrastructure: &str,
        at: &PartAt,
        typed: &BTreeMap<String, String>,
    ) -> Result<PutPart> {
        let attempt = Attempt::within(infrastructure, "part.change", at.object(&at.key));
        self.put_part(caller, infrastructure, attempt, |now| {
            let (Found { kind, .. }, place) = at.there(now)?;
            let after = parts::change(now, &place, typed).map_err(|problems| invalid(kind, problems))?;
            Ok((place, after))
        })
        .await
    }

    /// Takes a part out that nobody uses.
    ///
    /// # Errors
    /// Somebody uses it, and who; it is the default zone of its environment (R42), it is not there, or “Manage Infrastructure and Users” is
    /// missing.
    pub async fn remove_part(&self, caller: &Caller, infrastructure: &str, at: &PartAt) -> Result<PutPart> {
        let attempt = Attempt::within(infrastructure, "part.remove", at.object(&at.key));
        self.put_part(caller, infrastructure, attempt, |now| {
            let (_, place) = at.there(now)?;
            let after = without(now, &place)?;
            Ok((place, after))
        })
        .await
    }

    async fn put_part(
        &self,
        caller: &Caller,
        infrastructure: &str,
        attempt: Attempt<'_>,
        change: impl FnOnce(&Architecture) -> Result<(PartPlace, Architecture)>,
    ) -> Result<PutPart> {
        let operation = attempt.operation();
        self.audited(caller, attempt, async {
            let mut pending = self.store().begin_change().await?;
            let home = self.infrastructure(&mut pending, caller, infrastructure).await?;
            let doing = "change the architecture";
            let grant = permitted_wide(self, &mut pending, caller, &[home.id], doing).await?;
            let stored = architecture::load_to_change(&mut pending, home.id).await?;
            let before = &stored.architecture;
            let (place, after) = change(before)?;
            check_gone(&mut pending, home.id, &stored, &after).await?;
            check_rules_at(before, &after, |path| place.kind.field_at(path))?;
            let named = if values(&after, &place).is_some() { &after } else { before };
            let done = PutPart {
                kind: place.kind,
                environment: place.environment.as_ref().map(ToString::to_string),
                key: place.key.to_string(),
                name: title(named, &place),
            };
            if after == *before {
                return Ok(done);
            }
            let mut tx = pending.authorised(grant);
            write(self, &mut tx, &home, &stored, &after, &BTreeMap::new()).await?;
            tx.notice(&topic(home.key.as_str()), home.id);
            let (id, related) = identity(&stored, &place)?;
            let mut entry = self.entry(caller, operation, Object::new(place.kind.word(), id, &done.name));
            entry.infrastructure = Some(home.id);
            entry.related = related;
            entry.before = told(before, &place);
            entry.after = told(&after, &place);
            tx.commit(entry).await?;
            Ok(done)
        })
        .await
    }
}

/// The architecture without a part, or what keeps it.
fn without(now: &Architecture, place: &PartPlace) -> Result<Architecture> {
    parts::remove(now, place).map_err(|Refused(sentence)| OperationError::conflict(sentence))
}

/// What a part is known by in the log, and its environment beside it.
fn identity(stored: &Stored, place: &PartPlace) -> Result<(String, Vec<Object>)> {
    let Some(key) = &place.environment else { return Ok((place.key.to_string(), Vec::new())) };
    let of = stored.architecture.environments.get(key).zip(stored.environments.get(key));
    let (of, id) = of.ok_or_else(|| fault("an environment is gone"))?;
    let related = Object::new("environment", id, of.name.as_str());
    Ok((format!("{key}/{}", place.key), vec![related]))
}
