//! Storing the environments of an architecture: their order, zones, balancers, catalogs and external databases.

use super::save::{Saving, delta};
use super::{Stored, servers};
use crate::environments::{self, EnvironmentRow};
use crate::error::StoreError;
use crate::statement::{args, execute, statements};
use domain::architecture::Architecture;
use domain::architecture::model::{Environment, Zone};
use domain::architecture::words::Topology;
use domain::id::EnvironmentId;
use domain::text::Key;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

statements! {
    STEP_ASIDE = "update environment set position = -1 - position where infrastructure_id = $1";
    SET = "update environment set name = $2, purpose = $3, position = $4, topology = $5, address = $6, default_zone = $7, ",
        "balancer_name = $8, balancer_host = $9, two_stage = $10, application_limit = $11, deployment_limit = $12, ",
        "deployments_at_once = $13, out_at_once = $14, drain_seconds = $15, open_requests_seconds = $16 where id = $1";
    REMOVE_RIGHTS = "delete from role_right where environment_id = $1";
    REMOVE_CHOSEN_ZONES = "delete from application_zone where environment_id = $1";
    REMOVE_BLOCKS = "delete from application_block where environment_id = $1";
    REMOVE_PLACES = "delete from revision_place where environment_id = $1";
    REMOVE_SOLVED = "delete from hotfix_solved where environment_id = $1";
    REMOVE_EVENTS = "delete from environment_event where environment_id = $1";
    REMOVE_MAINTENANCE = "delete from maintenance where environment_id = $1";
    REMOVE_GATES = "delete from gate where environment_id = $1";
    REMOVE_FREEZES = "delete from freeze_window where environment_id = $1";
    REMOVE_SETTINGS = "delete from setting_value where environment_id = $1";
    REMOVE_VERIFICATIONS = "delete from verification where environment_id = $1";
    REMOVE = "delete from environment where id = $1";
    CLEAR_BALANCER = "delete from balancer_data_center where environment_id = $1";
    ADD_BALANCER = "insert into balancer_data_center (environment_id, data_center_id) values ($1, ",
        "(select id from data_center where infrastructure_id = $2 and key = $3))";
    ADD_ZONE = "insert into zone (id, environment_id, key, name, address) values ($1, $2, $3, $4, $5)";
    SET_ZONE = "update zone set name = $3, address = $4 where environment_id = $1 and key = $2";
    REMOVE_ZONE = "delete from zone where environment_id = $1 and key = $2";
    REMOVE_ZONES = "delete from zone where environment_id = $1";
    REMOVE_CATALOG = "delete from catalog where environment_id = $1 and kind = $2";
    REMOVE_CATALOGS = "delete from catalog where environment_id = $1";
    ADD_CATALOG = "insert into catalog (environment_id, kind, database_server_id, name) values ($1, $2, ",
        "(select id from database_server where infrastructure_id = $3 and key = $4), $5)";
    REMOVE_EXTERNALS = "delete from external_database where environment_id = $1";
    REMOVE_EXTERNAL = "delete from external_database where environment_id = $1 and key = $2";
    ADD_EXTERNAL = "insert into external_database (id, environment_id, key, name, engine, version, host) ",
        "values ($1, $2, $3, $4, $5, $6, $7)";
    SET_EXTERNAL = "update external_database set name = $3, engine = $4, version = $5, host = $6 where environment_id = $1 and key = $2";
}

/// The key and the name of the zone that an environment is made with.
pub(crate) const DEFAULT_ZONE: (&str, &str) = ("default", "Default");

/// Gives a new environment its default zone, which has the environment's identity.
pub(crate) async fn insert_default_zone(
    tx: &mut crate::transaction::WriteTx,
    environment: EnvironmentId,
) -> Result<(), StoreError> {
    let (key, name) = DEFAULT_ZONE;
    let nowhere: Option<&str> = None;
    execute(tx, &ADD_ZONE, args![environment, environment, key, name, nowhere]).await.map(drop)
}

/// Takes away the environments that go, and of those that change what refers to something else.
pub(super) async fn clear(
    saving: &mut Saving<'_>,
    before: &Stored,
    after: &Architecture,
) -> Result<(), StoreError> {
    if before.environments.keys().any(|key| !after.environments.contains_key(key)) {
        crate::states::forget_all_differences(saving.tx, saving.infrastructure).await?;
    }
    for (key, &id) in &before.environments {
        let Some(old) = before.architecture.environments.get(key) else { continue };
        match after.environments.get(key) {
            None => {
                for server in old.front_ends.keys() {
                    servers::remove(saving, before, key, server).await?;
                }
                let all = [
                    &CLEAR_BALANCER,
                    &REMOVE_CHOSEN_ZONES,
                    &REMOVE_BLOCKS,
                    &REMOVE_PLACES,
                    &REMOVE_SOLVED,
                    &REMOVE_ZONES,
                    &REMOVE_CATALOGS,
                    &REMOVE_EXTERNALS,
                    &REMOVE_RIGHTS,
                    &REMOVE_MAINTENANCE,
                    &REMOVE_GATES,
                    &REMOVE_FREEZES,
                    &REMOVE_SETTINGS,
                    &REMOVE_VERIFICATIONS,
                    &REMOVE_EVENTS,
                    &REMOVE,
                ];
                for statement in all {
                    execute(saving.tx, statement, args![id]).await?;
                }
            }
            Some(new) => {
                for server in old.front_ends.keys().filter(|server| !new.front_ends.contains_key(*server)) {
                    servers::remove(saving, before, key, server).await?;
                }
                for (kind, catalog) in &old.catalogs {
                    if new.catalogs.get(kind) != Some(catalog) {
                        execute(saving.tx, &REMOVE_CATALOG, args![id, kind.word()]).await?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Puts the environments that come or change.
pub(super) async fn put(
    saving: &mut Saving<'_>,
    before: &Stored,
    after: &Architecture,
) -> Result<Vec<(EnvironmentId, Key)>, StoreError> {
    let order: Vec<&Key> = after.in_order().into_iter().map(|(key, _)| key).collect();
    let old: Vec<&Key> = before.architecture.in_order().into_iter().map(|(key, _)| key).collect();
    let moves = order != old;
    if moves {
        execute(saving.tx, &STEP_ASIDE, args![saving.infrastructure]).await?;
    }
    let mut new = Vec::new();
    for (position, (key, environment)) in (0i64..).zip(after.in_order()) {
        let (id, old) = match before.environments.get(key).zip(before.architecture.environments.get(key)) {
            Some((id, old)) => (*id, old.clone()),
            None => {
                let row = EnvironmentRow {
                    id: EnvironmentId((saving.ids)()),
                    infrastructure_id: saving.infrastructure,
                    key: key.clone(),
                    name: environment.name.clone(),
                    purpose: environment.purpose,
                    position,
                    created_at: saving.at,
                };
                environments::insert(saving.tx, &row).await?;
                new.push((row.id, key.clone()));
                (row.id, as_made(environment))
            }
        };
        if moves || itself(&old) != itself(environment) {
            let balancer = environment.load_balancer.as_ref();
            let args = args![
                id,
                &environment.name,
                environment.purpose.word(),
                position,
                environment.topology.word(),
                environment.address.as_ref().map(|address| address.as_str()),
                &environment.default_zone,
                balancer.map(|balancer| &balancer.name),
                balancer.and_then(|balancer| balancer.host.as_ref()).map(|host| host.as_str()),
                environment.two_stage,
                environment.application_limit.map(NonZeroU32::get),
                environment.deployment_limit.map(NonZeroU32::get),
                environment.deployments_at_once.map(NonZeroU32::get),
                environment.out_at_once.map(NonZeroU32::get),
                environment.drain_seconds,
                environment.open_requests_seconds
            ];
            execute(saving.tx, &SET, args).await?;
        }
        parts(saving, id, &old, environment).await?;
    }
    if moves {
        crate::states::note_all_differences(saving.tx, saving.infrastructure).await?;
    }
    Ok(new)
}

/// An environment as `environments::insert` makes it.
fn as_made(wanted: &Environment) -> Environment {
    let (key, name) = DEFAULT_ZONE;
    let made = key.parse::<Key>().ok().zip(name.parse().ok());
    let zones: BTreeMap<Key, Zone> =
        made.into_iter().map(|(key, name)| (key, Zone { name, address: None })).collect();
    Environment {
        name: wanted.name.clone(),
        purpose: wanted.purpose,
        topology: Topology::Standalone,
        address: None,
        default_zone: zones.keys().next().cloned().unwrap_or_else(|| wanted.default_zone.clone()),
        two_stage: false,
        application_limit: None,
        deployment_limit: None,
        deployments_at_once: None,
        out_at_once: None,
        drain_seconds: None,
        open_requests_seconds: None,
        load_balancer: None,
        front_ends: BTreeMap::new(),
        zones,
        catalogs: BTreeMap::new(),
        external_databases: BTreeMap::new(),
    }
}

/// An environment without its parts that have tables of their own.
fn itself(environment: &Environment) -> Environment {
    let mut itself = environment.clone();
    itself.front_ends.clear();
    itself.zones.clear();
    itself.catalogs.clear();
    itself.external_databases.clear();
    itself
}

async fn parts(
    saving: &mut Saving<'_>,
    id: EnvironmentId,
    old: &Environment,
    new: &Environment,
) -> Result<(), StoreError> {
    let centers = |of: &Environment| of.load_balancer.as_ref().map(|balancer| balancer.data_centers.clone());
    if centers(old) != centers(new) {
        execute(saving.tx, &CLEAR_BALANCER, args![id]).await?;
        for center in centers(new).unwrap_or_default() {
            execute(saving.tx, &ADD_BALANCER, args![id, saving.infrastructure, &center]).await?;
        }
    }
    let zones = delta(&old.zones, &new.zones);
    for (key, zone) in &zones.new {
        let address = zone.address.as_ref().map(|address| address.as_str());
        let zone_id = (saving.ids)();
        execute(saving.tx, &ADD_ZONE, args![zone_id, id, *key, &zone.name, address]).await?;
    }
    for (key, _, zone) in &zones.changed {
        let address = zone.address.as_ref().map(|address| address.as_str());
        execute(saving.tx, &SET_ZONE, args![id, *key, &zone.name, address]).await?;
    }
    servers::put(saving, id, old, new).await?;
    for key in &zones.gone {
        execute(saving.tx, &REMOVE_ZONE, args![id, *key]).await?;
    }
    for (kind, catalog) in &new.catalogs {
        if old.catalogs.get(kind) != Some(catalog) {
            let args = args![
                id,
                kind.word(),
                saving.infrastructure,
                &catalog.database_server,
                catalog.name.as_str()
            ];
            execute(saving.tx, &ADD_CATALOG, args).await?;
        }
    }
    let externals = delta(&old.external_databases, &new.external_databases);
    for key in &externals.gone {
        execute(saving.tx, &REMOVE_EXTERNAL, args![id, *key]).await?;
    }
    for (key, database) in &externals.new {
        let args = args![
            (saving.ids)(),
            id,
            *key,
            &database.name,
            database.engine.word(),
            database.version.as_ref().map(|version| version.as_str()),
            database.host.as_ref().map(|host| host.as_str())
        ];
        execute(saving.tx, &ADD_EXTERNAL, args).await?;
    }
    for (key, _, database) in &externals.changed {
        let args = args![
            id,
            *key,
            &database.name,
            database.engine.word(),
            database.version.as_ref().map(|version| version.as_str()),
            database.host.as_ref().map(|host| host.as_str())
        ];
        execute(saving.tx, &SET_EXTERNAL, args).await?;
    }
    Ok(())
}
