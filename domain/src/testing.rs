//! What tests of several crates need, behind the feature `testing`.

use crate::architecture::Architecture;
use crate::architecture::model::{
    Catalog, DataCenter, DatabaseServer, Environment, FrontEnd, LoadBalancer, Pipeline, Zone,
};
use crate::architecture::words::{CatalogKind, Engine, Hosting, PipelinePurpose, Service, Sharing, Topology};
use crate::environment::Purpose;
use crate::package::SourceFile;
use crate::text::Key;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

/// The stages of each pipeline of a large architecture.
pub const STAGES: usize = 5;

/// An architecture of so many environments, each with so many front-ends: farms in pipelines of [`STAGES`], a database server for each
/// pipeline, two data centers, and a load balancer for the last stage of each. Environments are called `e-000` and on, pipelines and
/// database servers `p-000`, front-ends `fe-01`.
///
/// # Panics
/// Never: the names are well-formed.
#[must_use]
pub fn large(environments: usize, front_ends: usize) -> Architecture {
    let key = |text: String| -> Key { text.parse().expect("a key") };
    let mut made = Architecture::empty(Hosting::OnPremises);
    let centers: [Key; 2] = ["east", "west"].map(|center| key(center.to_owned()));
    for (center, name) in centers.iter().zip(["East", "West"]) {
        made.data_centers.insert(center.clone(), DataCenter { name: name.parse().expect("a name") });
    }
    for number in 0..environments {
        let (line, stage) = (number / STAGES, number % STAGES);
        let (itself, pipeline) = (key(format!("e-{number:03}")), key(format!("p-{line:03}")));
        let mut one = Environment {
            name: format!("Environment {number:03}").parse().expect("a name"),
            purpose: [
                Purpose::Development,
                Purpose::Test,
                Purpose::Test,
                Purpose::Acceptance,
                Purpose::Production,
            ][stage],
            topology: if front_ends > 1 { Topology::Farm } else { Topology::Standalone },
            address: Some(format!("https://e-{number:03}.example").parse().expect("an address")),
            default_zone: key("default".to_owned()),
            two_stage: false,
            application_limit: None,
            deployment_limit: None,
            deployments_at_once: None,
            out_at_once: None,
            drain_seconds: None,
            open_requests_seconds: None,
            load_balancer: None,
            front_ends: BTreeMap::new(),
            zones: BTreeMap::from([(
                key("default".to_owned()),
                Zone { name: "Default".parse().expect("a name"), address: None },
            )]),
            catalogs: BTreeMap::new(),
            external_databases: BTreeMap::new(),
        };
        if stage + 1 == STAGES {
            one.load_balancer = Some(LoadBalancer {
                name: "Balancer".parse().expect("a name"),
                host: None,
                data_centers: centers.iter().cloned().collect(),
            });
        }
        for server in 1..=front_ends {
            let services = if server == 1 { Service::ALL.to_vec() } else { vec![Service::Deployment] };
            let front_end = FrontEnd {
                name: format!("fe-{server:02}").parse().expect("a name"),
                host: Some(format!("fe-{server:02}.e-{number:03}.example:8443").parse().expect("a host")),
                data_center: Some(centers[server % 2].clone()),
                zones: one.zones.keys().cloned().collect(),
                services: services.into_iter().collect(),
                version: None,
                cores: Some(4),
                memory_gib: Some(16),
                system: None,
            };
            one.front_ends.insert(key(format!("fe-{server:02}")), front_end);
        }
        for &kind in CatalogKind::ALL {
            let name = format!("e{number:03}_{}", kind.word()).parse().expect("a catalog");
            one.catalogs.insert(kind, Catalog { database_server: pipeline.clone(), name });
        }
        made.database_servers.entry(pipeline.clone()).or_insert_with(|| DatabaseServer {
            name: format!("Database {line:03}").parse().expect("a name"),
            engine: Engine::PostgreSql,
            version: None,
            sharing: Sharing::Shared,
            standby_of: None,
            host: None,
            data_center: None,
            cores: None,
            memory_gib: None,
        });
        let with = made.pipelines.entry(pipeline).or_insert_with(|| Pipeline {
            name: format!("Line {line:03}").parse().expect("a name"),
            purposes: BTreeSet::from([PipelinePurpose::LifecycleStages]),
            stages: Vec::new(),
        });
        with.stages.push(itself.clone());
        made.order.push(itself.clone());
        made.environments.insert(itself, one);
    }
    made
}

/// A package of one static page. `extra` is more of its module's manifest, such as what it produces or uses.
///
/// # Panics
/// Where the parts make no package.
#[must_use]
pub fn package(application: &str, version: Option<&str>, extra: &str, content: &str) -> Vec<u8> {
    let version = version.map(|number| format!("version = \"{number}\"\n")).unwrap_or_default();
    let manifest = format!(
        "format = 1\n[application]\nkey = \"{application}\"\nname = \"App {application}\"\ndescription = \"A test application.\"\n\
         kind = \"web\"\n{version}[[modules]]\nkey = \"{application}\"\nname = \"Module\"\nkind = \"static\"\n\
         virtual_directory = \"/{application}\"\n{extra}"
    );
    let page = SourceFile {
        path: format!("modules/{application}/index.html"),
        bytes: content.as_bytes().to_vec(),
        executable: false,
    };
    crate::package::build(&manifest, [page], Cursor::new(Vec::new())).expect("a package").into_inner()
}
