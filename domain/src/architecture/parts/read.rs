//! What is recorded of a part.

use super::{Field, Input, PartPlace, Values, fields};
use crate::architecture::model::Architecture;
use crate::architecture::words::PartKind;
use crate::text::Key;

fn text<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

/// The values of a part by its fields; none where it is not there.
#[must_use]
pub fn values(of: &Architecture, place: &PartPlace) -> Option<Values> {
    let key = &place.key;
    let within = place.environment(of);
    if place.environment.is_some() != place.kind.of_environment() {
        return None;
    }
    Some(match place.kind {
        PartKind::DataCenter => Values::from([("name", of.data_centers.get(key)?.name.to_string())]),
        PartKind::DatabaseServer => {
            let it = of.database_servers.get(key)?;
            Values::from([
                ("name", it.name.to_string()),
                ("engine", it.engine.word().to_owned()),
                ("version", text(it.version.as_ref())),
                ("sharing", it.sharing.word().to_owned()),
                ("standby_of", text(it.standby_of.as_ref())),
                ("host", text(it.host.as_ref())),
                ("data_center", text(it.data_center.as_ref())),
                ("cores", text(it.cores.as_ref())),
                ("memory_gib", text(it.memory_gib.as_ref())),
            ])
        }
        PartKind::Tool => {
            let it = of.tools.get(key)?;
            Values::from([
                ("name", it.name.to_string()),
                ("kind", it.kind.word().to_owned()),
                ("address", it.address.to_string()),
                ("about", text(it.about.as_ref())),
            ])
        }
        PartKind::LoadBalancer => {
            let it = within?.load_balancer.as_ref().filter(|_| key.as_str() == super::BALANCER)?;
            let centers: Vec<&str> = it.data_centers.iter().map(Key::as_str).collect();
            Values::from([
                ("name", it.name.to_string()),
                ("host", text(it.host.as_ref())),
                ("data_centers", centers.join(",")),
            ])
        }
        PartKind::Zone => {
            let within = within?;
            let it = within.zones.get(key)?;
            let default = if within.default_zone == *key { "yes" } else { "no" };
            Values::from([
                ("name", it.name.to_string()),
                ("address", text(it.address.as_ref())),
                ("is_default", default.to_owned()),
            ])
        }
        PartKind::Catalog => {
            let it = within?.catalogs.get(&place.catalog()?)?;
            Values::from([("database_server", it.database_server.to_string()), ("name", it.name.to_string())])
        }
        PartKind::ExternalDatabase => {
            let it = within?.external_databases.get(key)?;
            Values::from([
                ("name", it.name.to_string()),
                ("engine", it.engine.word().to_owned()),
                ("version", text(it.version.as_ref())),
                ("host", text(it.host.as_ref())),
            ])
        }
    })
}

/// What a part is called: a catalog by its kind, since its name is one that a database has; everything else by its name. A part that is
/// not there is called by its key.
#[must_use]
pub fn title(of: &Architecture, place: &PartPlace) -> String {
    match (place.kind, place.catalog()) {
        (PartKind::Catalog, Some(kind)) => format!("{kind} catalog"),
        _ => {
            values(of, place).and_then(|mut all| all.remove("name")).unwrap_or_else(|| place.key.to_string())
        }
    }
}

/// A value as people read it: the name of a choice, the names of the parts that keys stand for.
#[must_use]
pub fn shown(of: &Architecture, field: &Field, value: &str) -> String {
    let named = |kind: PartKind, key: &str| {
        let place = key.parse().ok().map(|key| PartPlace { environment: None, kind, key });
        place.map_or_else(|| key.to_owned(), |place| title(of, &place))
    };
    match field.input {
        Input::Choice(choices) => {
            let found = choices.words().into_iter().find(|(word, _)| *word == value);
            found.map_or_else(|| value.to_owned(), |(_, label)| label.to_owned())
        }
        Input::One(kind) if !value.is_empty() => named(kind, value),
        Input::Several(kind) if !value.is_empty() => {
            value.split(',').map(|key| named(kind, key)).collect::<Vec<_>>().join(", ")
        }
        _ => value.to_owned(),
    }
}

/// The field of a kind with a name.
pub(super) fn field(kind: PartKind, name: &str) -> Option<&'static Field> {
    fields(kind).iter().find(|field| field.name == name)
}
