//! The rules in both outcomes, for the tests of several crates: an architecture that no rule finds anything in, and for every rule what
//! breaks it (cargo feature `testing`).

use super::super::model::{Architecture, DatabaseServer, Environment, FrontEnd, Tool, Zone};
use super::super::template::template;
use super::super::words::{CatalogKind, Edition, Engine, Hosting, Service, Sharing, ToolKind, Topology};
use super::{FrontEndReport, Reported};
use crate::environment::Purpose;
use crate::text::{Key, VersionNumber};

pub(super) fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// The Enterprise architecture with everything recorded that a template leaves open: no rule finds anything.
///
/// # Panics
/// Where the template has another shape than these cases know.
#[must_use]
pub fn sound() -> Architecture {
    let mut made = template(Edition::Enterprise, Hosting::OnPremises, Engine::SqlServer).unwrap();
    for (environment, one) in &mut made.environments {
        one.address = Some(format!("https://{environment}.example.org").parse().unwrap());
        for (server, front_end) in &mut one.front_ends {
            front_end.host = Some(format!("{server}.{environment}.example.org:8443").parse().unwrap());
            front_end.version = Some("1.4".parse().unwrap());
        }
    }
    let tool = Tool {
        name: "Builder".parse().unwrap(),
        kind: ToolKind::MobileBuilds,
        address: "https://builds.example.org".parse().unwrap(),
        about: None,
    };
    made.tools.insert(key("builder"), tool);
    made
}

/// What the front-ends of [`sound`] report: all of what is recorded of them, to a console of their version.
///
/// # Panics
/// Where the template has another shape than these cases know.
#[must_use]
pub fn heard() -> Reported {
    let mut reported = Reported { console: number("1.4"), ..Reported::nothing() };
    for (environment, one) in &sound().environments {
        for (server, front_end) in &one.front_ends {
            let report =
                FrontEndReport { version: front_end.version, services: Some(front_end.services.clone()) };
            reported.front_ends.insert((environment.clone(), server.clone()), report);
        }
    }
    reported
}

fn number(text: &str) -> Option<VersionNumber> {
    Some(text.parse().unwrap())
}

fn reports<'a>(of: &'a mut Reported, place: &str, server: &str) -> &'a mut FrontEndReport {
    of.front_ends.get_mut(&(key(place), key(server))).unwrap()
}

pub(super) fn environment<'a>(of: &'a mut Architecture, environment: &str) -> &'a mut Environment {
    of.environments.get_mut(&key(environment)).unwrap()
}

fn front_end<'a>(of: &'a mut Architecture, place: &str, server: &str) -> &'a mut FrontEnd {
    environment(of, place).front_ends.get_mut(&key(server)).unwrap()
}

fn database<'a>(of: &'a mut Architecture, server: &str) -> &'a mut DatabaseServer {
    of.database_servers.get_mut(&key(server)).unwrap()
}

pub(super) fn stages(of: &mut Architecture, pipeline: &str, stages: &[&str]) {
    of.pipelines.get_mut(&key(pipeline)).unwrap().stages = stages.iter().map(|stage| key(stage)).collect();
}

pub(super) fn move_catalogs(of: &mut Architecture, place: &str, server: &str) {
    for catalog in environment(of, place).catalogs.values_mut() {
        catalog.database_server = key(server);
    }
}

/// What breaks a rule: its id, where it is found ([`super::Finding::path`]), and how the sound architecture or what is reported of it becomes
/// unsound.
pub type Case = (&'static str, &'static str, fn(&mut Architecture, &mut Reported));

/// Each rule at least once: first what is recorded, then what is reported.
pub const CASES: &[Case] = &[
    ("A01", "environments/test/front_ends/fe-1/data_center", |a, _| {
        front_end(a, "test", "fe-1").data_center = Some(key("moon"));
    }),
    ("A01", "environments/test/front_ends/fe-1/zones", |a, _| {
        front_end(a, "test", "fe-1").zones.insert(key("moon"));
    }),
    ("A01", "environments/production/load_balancer/data_centers", |a, _| {
        environment(a, "production").load_balancer.as_mut().unwrap().data_centers.insert(key("moon"));
    }),
    ("A01", "environments/test/catalogs/log/database_server", |a, _| {
        environment(a, "test").catalogs.get_mut(&CatalogKind::Log).unwrap().database_server = key("moon");
    }),
    ("A01", "pipelines/main/stages", |a, _| stages(a, "main", &["development", "moon", "production"])),
    ("A01", "database_servers/test/data_center", |a, _| database(a, "test").data_center = Some(key("moon"))),
    ("A01", "database_servers/production-standby/standby_of", |a, _| {
        database(a, "production-standby").standby_of = Some(key("moon"));
    }),
    ("A02", "order", |a, _| drop(a.order.pop())),
    ("A02", "order", |a, _| a.order.push(key("test"))),
    ("A02", "order", |a, _| a.order.push(key("moon"))),
    ("A03", "environments/test/name", |a, _| environment(a, "test").name = "DEVELOPMENT".parse().unwrap()),
    ("A03", "environments/production/front_ends/fe-2/name", |a, _| {
        front_end(a, "production", "fe-2").name = "front-end 1".parse().unwrap();
    }),
    ("A03", "database_servers/test/name", |a, _| {
        database(a, "test").name = "Shared database".parse().unwrap();
    }),
    ("A04", "pipelines/main/stages", |a, _| stages(a, "main", &["test", "development", "production"])),
    ("A04", "pipelines/main/stages", |a, _| {
        stages(a, "main", &["development", "test", "test", "production"])
    }),
    ("A05", "environments/test/default_zone", |a, _| environment(a, "test").default_zone = key("moon")),
    ("A06", "environments/development/catalogs/log/name", |a, _| {
        environment(a, "development").catalogs.get_mut(&CatalogKind::Log).unwrap().name =
            "MANAGEMENT_platform".parse().unwrap();
    }),
    ("A06", "environments/test/catalogs/log/name", |a, _| {
        environment(a, "test").catalogs.get_mut(&CatalogKind::Log).unwrap().name =
            "test_platform".parse().unwrap();
    }),
    ("A07", "pipelines/main/stages", |a, _| stages(a, "main", &["management", "development", "production"])),
    ("A08", "environments/test/front_ends", |a, _| {
        let more = front_end(a, "test", "fe-1").clone();
        environment(a, "test").front_ends.insert(key("fe-2"), more);
    }),
    ("A08", "environments/test/front_ends", |a, _| environment(a, "test").front_ends.clear()),
    ("A09", "environments/departmental-production/front_ends", |a, _| {
        environment(a, "departmental-production").front_ends.remove(&key("fe-2"));
    }),
    ("A10", "environments/production/load_balancer", |a, _| {
        environment(a, "production").load_balancer = None
    }),
    ("A11", "environments/production/front_ends", |a, _| {
        front_end(a, "production", "fe-2").services.insert(Service::DeploymentController);
    }),
    ("A11", "environments/test/front_ends", |a, _| {
        front_end(a, "test", "fe-1").services.remove(&Service::DeploymentController);
    }),
    ("A12", "environments/production/front_ends/fe-3/services", |a, _| {
        front_end(a, "production", "fe-3").services.remove(&Service::Deployment);
    }),
    ("A13", "environments/test/front_ends", |a, _| {
        front_end(a, "test", "fe-1").services.remove(&Service::Scheduler);
    }),
    ("A14", "environments/test/front_ends/fe-1/services", |a, _| {
        front_end(a, "test", "fe-1").services.remove(&Service::ServerIdentity);
    }),
    ("A15", "environments/production/front_ends", |a, _| {
        front_end(a, "production", "fe-4").version = Some("1.3".parse().unwrap());
    }),
    ("A16", "environments/test/front_ends", |a, _| {
        front_end(a, "test", "fe-1").version = Some("1.5".parse().unwrap());
    }),
    ("A17", "pipelines/main/stages", |a, _| {
        front_end(a, "test", "fe-1").version = Some("1.3".parse().unwrap());
    }),
    ("A18", "environments/production/front_ends/fe-2/zones", |a, _| {
        front_end(a, "production", "fe-2").zones.clear();
    }),
    ("A19", "environments/production/zones/public", |a, _| {
        let zone = Zone { name: "Public".parse().unwrap(), address: None };
        environment(a, "production").zones.insert(key("public"), zone);
    }),
    ("A20", "environments/production/front_ends/fe-2/host", |a, _| {
        front_end(a, "production", "fe-2").host = Some("FE-1.production.example.org:8443".parse().unwrap());
    }),
    ("A21", "environments/management/front_ends/fe-1/host", |a, _| {
        front_end(a, "management", "fe-1").host = Some("fe-1.test.example.org:9443".parse().unwrap());
    }),
    ("A22", "environments/test/catalogs", |a, _| {
        environment(a, "test").catalogs.remove(&CatalogKind::Session);
    }),
    ("A23", "database_servers/test/sharing", |a, _| move_catalogs(a, "departmental-test", "test")),
    ("A24", "environments/production/catalogs", |a, _| move_catalogs(a, "production", "shared")),
    ("A24", "environments/production/catalogs", |a, _| database(a, "production").sharing = Sharing::Shared),
    ("A25", "environments/test/catalogs", |a, _| {
        environment(a, "test").topology = Topology::Farm;
        move_catalogs(a, "test", "shared");
    }),
    ("A26", "database_servers/production-standby/standby_of", |a, _| {
        database(a, "production-standby").engine = Engine::Oracle;
    }),
    ("A26", "database_servers/production-standby/standby_of", |a, _| {
        database(a, "production").standby_of = Some(key("test"));
    }),
    ("A26", "database_servers/test/standby_of", |a, _| database(a, "test").standby_of = Some(key("test"))),
    ("A26", "database_servers/production-standby", |a, _| {
        environment(a, "test").catalogs.get_mut(&CatalogKind::Log).unwrap().database_server =
            key("production-standby");
    }),
    ("A26", "database_servers/production-standby/standby_of", |a, _| {
        database(a, "production").engine = Engine::Sqlite;
        database(a, "production-standby").engine = Engine::Sqlite;
    }),
    ("A27", "database_servers/production-standby/data_center", |a, _| {
        database(a, "production-standby").data_center = Some(key("data-center-1"));
    }),
    ("A28", "environments/production/catalogs", |a, _| {
        a.database_servers.remove(&key("production-standby"));
    }),
    ("A29", "database_servers/test/engine", |a, _| database(a, "test").engine = Engine::AzureSql),
    ("A30", "environments/production/front_ends", |a, _| {
        for server in environment(a, "production").front_ends.values_mut() {
            server.data_center = Some(key("data-center-1"));
        }
    }),
    ("A31", "environments/production/topology", |a, _| {
        environment(a, "production").topology = Topology::Standalone;
    }),
    ("A32", "environments/production/catalogs", |a, _| move_catalogs(a, "departmental-test", "production")),
    ("A33", "environments", |a, _| {
        for place in ["test", "departmental-test"] {
            environment(a, place).purpose = Purpose::Acceptance;
        }
    }),
    ("A34", "pipelines/main/stages", |a, _| stages(a, "main", &[])),
    ("A34", "pipelines/main/stages", |a, _| stages(a, "main", &["test", "production"])),
    ("A34", "pipelines/main/stages", |a, _| stages(a, "main", &["development", "test"])),
    ("A35", "pipelines/main/stages", |a, _| {
        environment(a, "test").purpose = Purpose::Production;
        environment(a, "production").purpose = Purpose::Acceptance;
    }),
    ("A36", "environments/test", |a, _| stages(a, "main", &["development", "production"])),
    ("A37", "environments", |a, _| environment(a, "management").purpose = Purpose::Test),
    ("A37", "environments", |a, _| environment(a, "test").purpose = Purpose::Management),
    ("A38", "environments/test/address", |a, _| {
        environment(a, "test").address = Some("http://test.example.org".parse().unwrap());
    }),
    ("A39", "environments/production/address", |a, _| {
        environment(a, "production").address = Some("https://TEST.example.org/".parse().unwrap());
    }),
    ("A40", "tools/builder/address", |a, _| {
        a.tools.get_mut(&key("builder")).unwrap().address = "http://builds.example.org".parse().unwrap();
    }),
    ("A15", "environments/production/front_ends", |_, r| {
        reports(r, "production", "fe-4").version = number("1.3")
    }),
    ("A16", "environments/test/front_ends", |_, r| reports(r, "test", "fe-1").version = number("1.5")),
    ("A16", "environments/management/front_ends", |_, r| {
        for place in ["management", "test"] {
            reports(r, place, "fe-1").version = number("1.6");
        }
    }),
    ("A17", "pipelines/main/stages", |_, r| reports(r, "test", "fe-1").version = number("1.3")),
    ("A41", "environments/test/front_ends/fe-1/services", |_, r| {
        reports(r, "test", "fe-1").services.as_mut().unwrap().remove(&Service::Scheduler);
    }),
    ("A41", "environments/test/front_ends/fe-1/services", |a, _| {
        front_end(a, "test", "fe-1").services.remove(&Service::Scheduler);
    }),
    ("A42", "environments/test/front_ends/fe-1/version", |_, r| {
        reports(r, "test", "fe-1").version = number("1.3.9");
    }),
];
