//! What keeps a part: who names it, and the part taken out where nobody does.

use super::{PartPlace, title};
use crate::architecture::model::Architecture;
use crate::architecture::words::PartKind;
use crate::text::Refused;

/// Users that a sentence names; of more it tells the number.
const NAMED: usize = 4;

/// Who names a part, each in a few words such as `the Platform catalog of Production`.
#[must_use]
pub fn uses(of: &Architecture, place: &PartPlace) -> Vec<String> {
    let key = &place.key;
    let mut all = Vec::new();
    match place.kind {
        PartKind::DataCenter => {
            for server in of.database_servers.values().filter(|each| each.data_center.as_ref() == Some(key)) {
                all.push(format!("the database server {}", server.name));
            }
            for (_, environment) in of.in_order() {
                let name = &environment.name;
                for server in environment.front_ends.values() {
                    if server.data_center.as_ref() == Some(key) {
                        all.push(format!("the front-end {} of {name}", server.name));
                    }
                }
                if environment.load_balancer.as_ref().is_some_and(|each| each.data_centers.contains(key)) {
                    all.push(format!("the load balancer of {name}"));
                }
            }
        }
        PartKind::DatabaseServer => {
            for (_, environment) in of.in_order() {
                let carried = environment.catalogs.iter().filter(|(_, each)| each.database_server == *key);
                let kinds: Vec<String> = carried.map(|(kind, _)| kind.to_string()).collect();
                let noun = if kinds.len() > 1 { "catalogs" } else { "catalog" };
                if !kinds.is_empty() {
                    all.push(format!("the {} {noun} of {}", joined(&kinds), environment.name));
                }
            }
            let standbys = of.standbys_of(key).filter(|(each, _)| *each != key);
            all.extend(standbys.map(|(_, server)| format!("the standby {}", server.name)));
        }
        PartKind::Zone => {
            let servers = place.environment(of).into_iter().flat_map(|within| within.servers_in(key));
            all.extend(servers.map(|(_, server)| format!("the front-end {}", server.name)));
        }
        PartKind::Tool | PartKind::LoadBalancer | PartKind::Catalog | PartKind::ExternalDatabase => {}
    }
    all
}

/// The architecture without a part.
///
/// # Errors
/// One sentence: it is the default zone of its environment (R42), somebody names it and who, or it is not there.
pub fn remove(of: &Architecture, place: &PartPlace) -> Result<Architecture, Refused> {
    let name = title(of, place);
    let missing = || Refused(format!("There is no {} “{}” here.", place.kind, place.key));
    if super::values(of, place).is_none() {
        return Err(missing());
    }
    if let Some(within) = place.environment(of)
        && place.kind == PartKind::Zone
        && within.default_zone == place.key
    {
        return Err(Refused(format!(
            "{name} is the default deployment zone of {}, which always has one (R42); make another zone the default first.",
            within.name
        )));
    }
    let users = uses(of, place);
    if !users.is_empty() {
        return Err(Refused(format!("{name} cannot be taken out: it is used by {}.", listed(&users))));
    }
    let mut after = of.clone();
    let key = &place.key;
    let within = place.environment.as_ref().and_then(|environment| after.environments.get_mut(environment));
    match (place.kind, within) {
        (PartKind::DataCenter, _) => drop(after.data_centers.remove(key)),
        (PartKind::DatabaseServer, _) => drop(after.database_servers.remove(key)),
        (PartKind::Tool, _) => drop(after.tools.remove(key)),
        (PartKind::LoadBalancer, Some(within)) => within.load_balancer = None,
        (PartKind::Zone, Some(within)) => drop(within.zones.remove(key)),
        (PartKind::Catalog, Some(within)) => within.catalogs.retain(|kind, _| kind.word() != key.as_str()),
        (PartKind::ExternalDatabase, Some(within)) => drop(within.external_databases.remove(key)),
        (_, None) => return Err(missing()),
    }
    Ok(after)
}

fn listed(users: &[String]) -> String {
    if users.len() <= NAMED {
        return joined(users);
    }
    format!("{} and {} more", users[..NAMED].join(", "), users.len() - NAMED)
}

/// `a`, `a and b`, `a, b and c`.
fn joined(words: &[String]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        all => all.concat(),
    }
}
