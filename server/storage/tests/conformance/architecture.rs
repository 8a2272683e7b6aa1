//! Architectures: stored by what differs, and read back equal.

use crate::world::*;
use domain::architecture::Architecture;
use domain::architecture::template::{grow, template};
use domain::architecture::words::{Edition, Engine, Hosting, Service, Topology};
use domain::id::{EnvironmentId, InfrastructureId};
use domain::text::Key;
use std::collections::BTreeSet;
use storage::architecture::exceptions::ExceptionRow;
use storage::architecture::{Stored, Use};
use storage::*;
use uuid::Uuid;

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

async fn load(world: &World, home: InfrastructureId) -> Stored {
    architecture::load(&mut world.read().await, home).await.unwrap()
}

/// Stores an architecture in place of what is there, and reads it back equal.
async fn becomes(world: &World, home: InfrastructureId, after: &Architecture) -> Vec<(EnvironmentId, Key)> {
    let before = load(world, home).await;
    let mut tx = world.change().await;
    let mut ids = || -> Uuid { id() };
    let new = architecture::save(&mut tx, home, &before, after, &mut ids, at(5)).await.unwrap();
    tx.commit(entry("test", "x")).await.unwrap();
    let stored = load(world, home).await;
    assert_eq!(stored.architecture, *after);
    for (key, id) in &before.environments {
        assert_eq!(stored.environments.get(key).unwrap_or(id), id, "{key} keeps its identity");
    }
    for (key, id) in &before.servers {
        assert_eq!(stored.servers.get(key).unwrap_or(id), id, "{key:?} keeps its identity");
    }
    let servers = servers::of_infrastructure(&mut world.read().await, home).await.unwrap();
    for (key, environment) in &after.environments {
        let id = stored.environments[key];
        let controller = servers
            .iter()
            .find(|row| row.environment_id == id && row.is_controller)
            .map(|row| row.key.clone());
        let service = |name: &Key| {
            environment
                .front_ends
                .get(name)
                .is_some_and(|of| of.services.contains(&Service::DeploymentController))
        };
        assert_eq!(controller.is_some(), environment.front_ends.keys().any(service), "{key}");
        assert!(controller.is_none_or(|name| service(&name)), "{key}: the controller is recorded as one");
    }
    new
}

async fn empty(world: &World) -> InfrastructureId {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    tx.commit(entry("test", "x")).await.unwrap();
    home
}

pub async fn templates_are_stored_and_grow(world: World) {
    let home = empty(&world).await;
    assert_eq!(load(&world, home).await.architecture, Architecture::empty(Hosting::OnPremises));
    let mut now = Architecture::empty(Hosting::OnPremises);
    for edition in [Edition::Basic, Edition::Standard, Edition::Enterprise] {
        let next = grow(&now, edition, Engine::PostgreSql, &BTreeSet::new()).unwrap().architecture;
        let new = becomes(&world, home, &next).await;
        let came: Vec<&Key> =
            next.environments.keys().filter(|key| !now.environments.contains_key(*key)).collect();
        let mut told: Vec<&Key> = new.iter().map(|(_, key)| key).collect();
        told.sort();
        assert_eq!(told, came);
        assert_eq!(becomes(&world, home, &next).await, [], "the same again changes nothing");
        now = next;
    }
    for edition in [Edition::Basic, Edition::Standard, Edition::Enterprise] {
        let other = empty(&world).await;
        becomes(&world, other, &template(edition, Hosting::Aws, Engine::SqlServer).unwrap()).await;
    }
    becomes(&world, home, &Architecture::empty(Hosting::Azure)).await;
}

pub async fn every_part_comes_changes_and_goes(world: World) {
    let home = empty(&world).await;
    let enterprise = template(Edition::Enterprise, Hosting::OnPremises, Engine::Oracle).unwrap();
    becomes(&world, home, &enterprise).await;
    let first = enterprise.in_order()[0].0.clone();

    // A file may say anything that the rules do not refuse; here each part says something else.
    let mut other = enterprise.clone();
    other.order.reverse();
    for center in other.data_centers.values_mut() {
        center.name = "Elsewhere".parse().unwrap();
    }
    let place = other.environments.get_mut(&first).unwrap();
    place.name = "First of all".parse().unwrap();
    place.address = Some("https://first.example".parse().unwrap());
    let zone = domain::architecture::model::Zone {
        name: "Front yard".parse().unwrap(),
        address: Some("https://yard.example".parse().unwrap()),
    };
    place.zones.insert(key("yard"), zone);
    let server = place.front_ends.values_mut().next().unwrap();
    server.zones.insert(key("yard"));
    server.services.remove(&Service::Scheduler);
    server.host = Some("fe-9:8443".parse().unwrap());
    server.cores = Some(12);
    server.memory_gib = Some(96);
    server.system = Some("Windows Server 2022, IIS 10".parse().unwrap());
    server.version = Some("11.30.1".parse().unwrap());
    let external = domain::architecture::model::ExternalDatabase {
        name: "Ledger".parse().unwrap(),
        engine: domain::architecture::words::ExternalEngine::Db2ISeries,
        version: Some("7.5".parse().unwrap()),
        host: Some("ledger:446".parse().unwrap()),
    };
    place.external_databases.insert(key("ledger"), external);
    let tool = domain::architecture::model::Tool {
        name: "Builds".parse().unwrap(),
        kind: domain::architecture::words::ToolKind::MobileBuilds,
        address: "https://builds.example".parse().unwrap(),
        about: Some("Builds packages for phones.".parse().unwrap()),
    };
    other.tools.insert(key("builds"), tool);
    for pipeline in other.pipelines.values_mut() {
        pipeline.stages.reverse();
        pipeline.purposes = Default::default();
    }
    for (at, server) in (1u16..).zip(other.database_servers.values_mut()) {
        server.cores = Some(at);
        server.version = Some("19c".parse().unwrap());
    }
    becomes(&world, home, &other).await;

    let place = other.environments.get_mut(&first).unwrap();
    place.external_databases.get_mut(&key("ledger")).unwrap().host = None;
    place.zones.get_mut(&key("yard")).unwrap().address = None;
    other.tools.get_mut(&key("builds")).unwrap().about = None;
    becomes(&world, home, &other).await;
    becomes(&world, home, &enterprise).await;

    // The catalogs of one database server go to another, which comes, and theirs goes.
    let mut moved = enterprise.clone();
    let (old, mut server) = moved.database_servers.pop_first().unwrap();
    let standbys: Vec<Key> = moved.standbys_of(&old).map(|(key, _)| key.clone()).collect();
    for standby in standbys {
        moved.database_servers.get_mut(&standby).unwrap().standby_of = Some(key("newcomer"));
    }
    server.name = "Newcomer".parse().unwrap();
    moved.database_servers.insert(key("newcomer"), server);
    for place in moved.environments.values_mut() {
        for catalog in place.catalogs.values_mut().filter(|catalog| catalog.database_server == old) {
            catalog.database_server = key("newcomer");
        }
    }
    becomes(&world, home, &moved).await;

    // The first front-end that has the service is the controller where the present one loses it.
    let farm = moved.environments.values_mut().find(|place| place.front_ends.len() > 1).unwrap();
    let mut servers: Vec<_> = farm.front_ends.values_mut().collect();
    for server in &mut servers {
        server.services.remove(&Service::DeploymentController);
    }
    servers.last_mut().unwrap().services.insert(Service::DeploymentController);
    becomes(&world, home, &moved).await;
}

pub async fn what_is_made_by_itself_has_an_architecture(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let place = environment(&mut tx, home, 0).await;
    let (first, second) = (server(&mut tx, place.id, true).await, server(&mut tx, place.id, false).await);
    tx.commit(entry("test", "x")).await.unwrap();
    let stored = load(&world, home).await;
    let seen = &stored.architecture.environments[&place.key];
    assert_eq!(seen.zones.keys().map(Key::as_str).collect::<Vec<_>>(), ["default"]);
    assert_eq!(seen.default_zone.as_str(), "default");
    assert_eq!(seen.topology, Topology::Farm, "it has two front-ends");
    assert!(seen.front_ends.values().all(|server| server.zones.iter().eq([&key("default")])));
    let services =
        |of: &servers::ServerRow| seen.front_ends[&of.key].services.iter().copied().collect::<Vec<_>>();
    assert_eq!(services(&first), Service::ALL.to_vec());
    assert_eq!(services(&second), Service::of_new(false).into_iter().collect::<Vec<_>>());
    assert_eq!(stored.servers[&(place.key.clone(), first.key.clone())], first.id);
    becomes(&world, home, &stored.architecture).await;
}

pub async fn what_is_used_is_known(world: World) {
    let mut tx = world.change().await;
    let home = infrastructure(&mut tx).await.id;
    let (from, to) = (environment(&mut tx, home, 0).await, environment(&mut tx, home, 1).await);
    let (one, two) = (from.id, to.id);
    let (first, second) = (server(&mut tx, one, true).await.id, server(&mut tx, one, false).await.id);
    assert_eq!(architecture::use_of(&mut tx, one).await.unwrap(), Use::default());
    assert!(architecture::use_of(&mut tx, one).await.unwrap().is_none());
    servers::set_enrolled(&mut tx, first, &"0".repeat(64), at(1)).await.unwrap();
    let app = application(&mut tx, home, "App").await.id;
    let revision = revision(&mut tx, app).await;
    version(&mut tx, &revision, one, version_number(1, 0)).await;
    plan(&mut tx, &from, &to, at(0)).await;
    let seen = architecture::use_of(&mut tx, one).await.unwrap();
    assert_eq!(seen, Use { enrolled: 1, versions: 1, plans: 1, ..Use::default() });
    assert_eq!(architecture::use_of(&mut tx, two).await.unwrap(), Use { plans: 1, ..Use::default() });
    let used = architecture::used_environments(&mut tx, home).await.unwrap();
    assert_eq!(used, [one, two].into(), "a plan names the other");
    assert_eq!(architecture::used_servers(&mut tx, home).await.unwrap(), [first].into());
    assert_eq!(architecture::used_servers_in(&mut tx, one).await.unwrap(), [first].into());
    assert_eq!(architecture::used_servers_in(&mut tx, two).await.unwrap(), [].into());
    assert_ne!(first, second);
    let none = environment(&mut tx, home, 2).await.id;
    server(&mut tx, none, true).await;
    assert_eq!(architecture::used_environments(&mut tx, home).await.unwrap(), used, "nothing keeps it");
    tx.commit(entry("test", "x")).await.unwrap();
}

pub async fn findings_are_accepted(world: World) {
    let mut tx = world.change().await;
    let (home, other) = (infrastructure(&mut tx).await.id, infrastructure(&mut tx).await.id);
    let person = user(&mut tx).await;
    let row = |rule: &str, path: &str, by| ExceptionRow {
        infrastructure_id: home,
        rule: rule.to_owned(),
        path: path.to_owned(),
        reason: "The lease ends in May.".to_owned(),
        expires_at: at(100),
        accepted_by: by,
        accepted_by_name: "Ada".to_owned(),
        accepted_at: at(7),
    };
    let (first, second) =
        (row("A11", "environments/prod", None), row("A10", "environments/prod", Some(person.id)));
    architecture::exceptions::put(&mut tx, &first).await.unwrap();
    architecture::exceptions::put(&mut tx, &second).await.unwrap();
    let list = architecture::exceptions::list(&mut tx, home).await.unwrap();
    assert_eq!(list, [second.clone(), first.clone()]);
    let again =
        ExceptionRow { reason: "The lease ends in June.".to_owned(), expires_at: at(200), ..first.clone() };
    architecture::exceptions::put(&mut tx, &again).await.unwrap();
    assert_eq!(architecture::exceptions::list(&mut tx, home).await.unwrap(), [second, again]);
    assert_eq!(architecture::exceptions::list(&mut tx, other).await.unwrap(), []);
    let path = "environments/prod";
    assert!(!architecture::exceptions::remove(&mut tx, other, "A11", path).await.unwrap());
    assert!(architecture::exceptions::remove(&mut tx, home, "A11", path).await.unwrap());
    assert!(!architecture::exceptions::remove(&mut tx, home, "A11", path).await.unwrap());
    assert_eq!(architecture::exceptions::list(&mut tx, home).await.unwrap().len(), 1);
    tx.commit(entry("test", "x")).await.unwrap();
}
