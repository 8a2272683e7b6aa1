//! Rules about database servers and catalogs.

use super::facts::{Facts, Found, count};
use crate::architecture::words::{CatalogKind, Engine, Hosting, Sharing, Topology};
use crate::environment::Purpose;
use crate::text::Key;

/// A22: an environment has its three catalogs.
pub(super) fn three_catalogs(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in &facts.of.environments {
        let missing: Vec<_> = CatalogKind::ALL
            .iter()
            .filter(|kind| !environment.catalogs.contains_key(kind))
            .map(|kind| kind.label())
            .collect();
        if !missing.is_empty() {
            let what = format!("“{}” has no catalog for {}.", environment.name, missing.join(", "));
            found.at(format!("environments/{key}/catalogs"), what);
        }
    }
}

/// A23: a dedicated database server carries one environment.
pub(super) fn dedicated_is_alone(facts: &Facts<'_>, found: &mut Found) {
    for (key, server) in &facts.of.database_servers {
        if server.sharing == Sharing::Dedicated && facts.carries(key) > 1 {
            let names: Vec<_> =
                facts.carried.get(key).into_iter().flatten().take(3).map(|e| facts.name(e)).collect();
            let what = format!(
                "The dedicated database server “{}” carries {}: {}{}.",
                server.name,
                count(facts.carries(key), "environment"),
                names.join(", "),
                if facts.carries(key) > 3 { " and others" } else { "" }
            );
            found.at(format!("database_servers/{key}/sharing"), what);
        }
    }
}

/// The database servers of an environment that are not dedicated to it.
fn shared<'a>(facts: &Facts<'a>, environment: &'a Key) -> Vec<&'a Key> {
    let servers = facts.of.environments.get(environment).map(|e| e.database_servers()).unwrap_or_default();
    servers
        .into_iter()
        .filter(|key| {
            let meant = facts.of.database_servers.get(*key).is_some_and(|s| s.sharing == Sharing::Shared);
            meant || facts.carries(key) > 1
        })
        .collect()
}

/// A24: production has a dedicated database server.
pub(super) fn production_dedicated(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in facts.with(Purpose::Production) {
        if let Some(server) = shared(facts, key).first() {
            let what = format!(
                "The catalogs of “{}” lie on the database server “{server}”, which is shared.",
                environment.name
            );
            found.at(format!("environments/{key}/catalogs"), what);
        }
    }
}

/// A25: another farm has one, too.
pub(super) fn farm_dedicated(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in &facts.of.environments {
        if environment.topology != Topology::Farm || environment.purpose == Purpose::Production {
            continue;
        }
        if let Some(server) = shared(facts, key).first() {
            let what = format!(
                "“{}” is a farm, and its catalogs lie on the database server “{server}”, which is shared.",
                environment.name
            );
            found.at(format!("environments/{key}/catalogs"), what);
        }
    }
}

/// A26: a standby replicates a primary of its engine, and carries nothing of its own.
pub(super) fn sound_standby(facts: &Facts<'_>, found: &mut Found) {
    for (key, server) in &facts.of.database_servers {
        let Some(primary) = &server.standby_of else { continue };
        let name = &server.name;
        if primary == key {
            let what = format!("The database server “{name}” is named as the standby of itself.");
            found.at(format!("database_servers/{key}/standby_of"), what);
            continue;
        }
        if let Some(first) = facts.carried.get(key).and_then(|all| all.first()) {
            let what = format!("The standby “{name}” carries catalogs of {}.", facts.name(first));
            found.at(format!("database_servers/{key}"), what);
        }
        // Where there is no such server, A01 says so.
        let Some(primary) = facts.of.database_servers.get(primary) else { continue };
        let what = if primary.standby_of.is_some() {
            format!("“{name}” replicates “{}”, which is a standby itself.", primary.name)
        } else if primary.engine != server.engine {
            format!(
                "“{name}” ({}) replicates “{}” ({}), another engine.",
                server.engine, primary.name, primary.engine
            )
        } else if server.engine == Engine::Sqlite {
            format!("“{name}” replicates “{}”, and SQLite has no standby.", primary.name)
        } else {
            continue;
        };
        found.at(format!("database_servers/{key}/standby_of"), what);
    }
}

/// A27: a standby stands in another data center than its primary.
pub(super) fn standby_elsewhere(facts: &Facts<'_>, found: &mut Found) {
    for (key, server) in &facts.of.database_servers {
        let primary = server.standby_of.as_ref().and_then(|key| facts.of.database_servers.get(key));
        let Some((primary, center)) = primary.zip(server.data_center.as_ref()) else { continue };
        if primary.data_center.as_ref() == Some(center) {
            let what = format!(
                "The standby “{}” stands in the data center “{center}”, as its primary “{}” does.",
                server.name, primary.name
            );
            found.at(format!("database_servers/{key}/data_center"), what);
        }
    }
}

/// A28: what is mission-critical has a standby.
pub(super) fn critical_standby(facts: &Facts<'_>, found: &mut Found) {
    for (key, environment) in facts.mission_critical() {
        for server in environment.database_servers() {
            if !facts.standbys.contains_key(server) {
                let what = format!(
                    "The mission-critical “{}” keeps catalogs on the database server “{server}”, which has no standby.",
                    environment.name
                );
                found.at(format!("environments/{key}/catalogs"), what);
                break;
            }
        }
    }
}

/// A29: Azure SQL is reached where it is.
pub(super) fn azure_elsewhere(facts: &Facts<'_>, found: &mut Found) {
    if !matches!(facts.of.hosting, Hosting::OnPremises | Hosting::Aws) {
        return;
    }
    for (key, server) in facts.of.database_servers.iter().filter(|(_, s)| s.engine == Engine::AzureSql) {
        let what = format!(
            "The database server “{}” is Azure SQL, and the infrastructure is {}.",
            server.name, facts.of.hosting
        );
        found.at(format!("database_servers/{key}/engine"), what);
    }
}
