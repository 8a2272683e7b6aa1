//! Storing the front-ends of an architecture: their zones and services, and which of them is the deployment controller.

use super::Stored;
use super::save::{Saving, delta};
use crate::error::StoreError;
use crate::servers::{ServerRow, of_infrastructure, raise_controller_epoch};
use crate::statement::{args, execute, statements};
use crate::transaction::WriteTx;
use domain::architecture::Architecture;
use domain::architecture::model::{Environment, FrontEnd};
use domain::architecture::words::Service;
use domain::id::{EnvironmentId, ServerId};
use domain::text::Key;
use std::collections::BTreeMap;

statements! {
    ADD = "insert into server (id, environment_id, key, name, position, is_controller, created_at, host, data_center_id, version, cores, ",
        "memory_gib, system) values ($1, $2, $3, $4, (select coalesce(max(position) + 1, 0) from server where environment_id = $2), $5, $6, $7, ",
        "(select id from data_center where infrastructure_id = $8 and key = $9), $10, $11, $12, $13)";
    SET = "update server set name = $3, host = $4, data_center_id = (select id from data_center where infrastructure_id = $5 ",
        "and key = $6), version = $7, cores = $8, memory_gib = $9, system = $10 where environment_id = $1 and key = $2";
    SET_CONTROLLER = "update server set is_controller = $2 where id = $1";
    REMOVE_ENROLMENTS = "delete from enrolment where server_id = $1";
    REMOVE_STATE = "delete from server_state where server_id = $1";
    REMOVE_NONCES = "delete from agent_nonce where server_id = $1";
    REMOVE_SERVER_ZONES = "delete from server_zone where server_id = $1";
    REMOVE_SERVICES = "delete from server_service where server_id = $1";
    REMOVE_OWED = "delete from catch_up where server_id = $1";
    REMOVE = "delete from server where id = $1";
    CLEAR_ZONES = "delete from server_zone where server_id in (select id from server where environment_id = $1 and key = $2)";
    ADD_ZONE = "insert into server_zone (server_id, zone_id) values ((select id from server where environment_id = $1 and key = $2), ",
        "(select id from zone where environment_id = $1 and key = $3))";
    CLEAR_SERVICES = "delete from server_service where server_id in (select id from server where environment_id = $1 and key = $2)";
    ADD_SERVICE = "insert into server_service (server_id, service) values ",
        "((select id from server where environment_id = $1 and key = $2), $3)";
    IS_A_FARM = "update environment set topology = 'farm' where id = $1 ",
        "and (select count(*) from server s where s.environment_id = environment.id) > 1";
    INTO_DEFAULT_ZONE = "insert into server_zone (server_id, zone_id) select s.id, z.id from server s ",
        "join environment e on e.id = s.environment_id join zone z on z.environment_id = e.id and z.key = e.default_zone where s.id = $1";
}

/// Puts a server that was made by itself into the default zone of its environment, and records its services. With its second front-end an
/// environment is a farm.
pub(crate) async fn record_as_made(tx: &mut WriteTx, row: &ServerRow) -> Result<(), StoreError> {
    execute(tx, &INTO_DEFAULT_ZONE, args![row.id]).await?;
    execute(tx, &IS_A_FARM, args![row.environment_id]).await?;
    for service in Service::of_new(row.is_controller) {
        execute(tx, &ADD_SERVICE, args![row.environment_id, &row.key, service.word()]).await?;
    }
    Ok(())
}

/// Takes a server away, with everything that is no history.
pub(super) async fn remove(
    saving: &mut Saving<'_>,
    before: &Stored,
    environment: &Key,
    server: &Key,
) -> Result<(), StoreError> {
    let Some(&id) = before.servers.get(&(environment.clone(), server.clone())) else { return Ok(()) };
    let all = [
        &REMOVE_ENROLMENTS,
        &REMOVE_STATE,
        &REMOVE_NONCES,
        &REMOVE_SERVER_ZONES,
        &REMOVE_SERVICES,
        &REMOVE_OWED,
        &REMOVE,
    ];
    for statement in all {
        execute(saving.tx, statement, args![id]).await?;
    }
    Ok(())
}

/// Puts the servers that come or change.
pub(super) async fn put(
    saving: &mut Saving<'_>,
    environment: EnvironmentId,
    old: &Environment,
    new: &Environment,
) -> Result<(), StoreError> {
    let servers = delta(&old.front_ends, &new.front_ends);
    for (key, server) in &servers.new {
        let args = args![
            ServerId((saving.ids)()),
            environment,
            *key,
            &server.name,
            false,
            saving.at,
            server.host.as_ref().map(|host| host.as_str()),
            saving.infrastructure,
            server.data_center.as_ref(),
            server.version,
            server.cores.map(u32::from),
            server.memory_gib,
            server.system.as_ref().map(|system| system.as_str())
        ];
        execute(saving.tx, &ADD, args).await?;
        zones(saving, environment, key, server).await?;
        services(saving, environment, key, server).await?;
    }
    for (key, old, server) in &servers.changed {
        let args = args![
            environment,
            *key,
            &server.name,
            server.host.as_ref().map(|host| host.as_str()),
            saving.infrastructure,
            server.data_center.as_ref(),
            server.version,
            server.cores.map(u32::from),
            server.memory_gib,
            server.system.as_ref().map(|system| system.as_str())
        ];
        execute(saving.tx, &SET, args).await?;
        if old.zones != server.zones {
            execute(saving.tx, &CLEAR_ZONES, args![environment, *key]).await?;
            zones(saving, environment, key, server).await?;
        }
        if old.services != server.services {
            execute(saving.tx, &CLEAR_SERVICES, args![environment, *key]).await?;
            services(saving, environment, key, server).await?;
        }
    }
    Ok(())
}

async fn zones(
    saving: &mut Saving<'_>,
    environment: EnvironmentId,
    key: &Key,
    server: &FrontEnd,
) -> Result<(), StoreError> {
    for zone in &server.zones {
        execute(saving.tx, &ADD_ZONE, args![environment, key, zone]).await?;
    }
    Ok(())
}

async fn services(
    saving: &mut Saving<'_>,
    environment: EnvironmentId,
    key: &Key,
    server: &FrontEnd,
) -> Result<(), StoreError> {
    for service in &server.services {
        execute(saving.tx, &ADD_SERVICE, args![environment, key, service.word()]).await?;
    }
    Ok(())
}

/// Makes the recorded services and the deployment controllers agree, and counts where one is replaced: the present one stays where it still has the service, else it is
/// the first front-end by key that has it.
pub(super) async fn settle_controllers(
    saving: &mut Saving<'_>,
    after: &Architecture,
    known: &BTreeMap<EnvironmentId, Key>,
) -> Result<(), StoreError> {
    let mut by_environment: BTreeMap<EnvironmentId, Vec<ServerRow>> = BTreeMap::new();
    for row in of_infrastructure(saving.tx, saving.infrastructure).await? {
        by_environment.entry(row.environment_id).or_default().push(row);
    }
    for (environment, mut rows) in by_environment {
        let Some(of) = known.get(&environment).and_then(|key| after.environments.get(key)) else { continue };
        rows.sort_by(|one, other| one.key.cmp(&other.key));
        let has = |row: &ServerRow| {
            let recorded = of.front_ends.get(&row.key);
            recorded.is_some_and(|server| server.services.contains(&Service::DeploymentController))
        };
        let stays = rows.iter().find(|row| row.is_controller && has(row));
        let wanted = stays.or_else(|| rows.iter().find(|row| has(row))).map(|row| row.id);
        // The old one first: an environment never has two.
        for row in rows.iter().filter(|row| row.is_controller && Some(row.id) != wanted) {
            execute(saving.tx, &SET_CONTROLLER, args![row.id, false]).await?;
            raise_controller_epoch(saving.tx, environment).await?;
        }
        for row in rows.iter().filter(|row| !row.is_controller && Some(row.id) == wanted) {
            execute(saving.tx, &SET_CONTROLLER, args![row.id, true]).await?;
        }
    }
    Ok(())
}
