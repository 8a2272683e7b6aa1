//! What is in a drawing: environments with their servers, database servers with their catalogs.

use super::{Area, BoxKind, CATALOGS_SHOWN, Drawn, FRONT_ENDS_SHOWN, Link, LinkKind, length};
use crate::architecture::model::{Architecture, Catalog, Environment};
use crate::architecture::words::{CatalogKind, Topology};
use crate::text::Key;
use std::collections::{BTreeMap, BTreeSet};

/// The upper part of an environment, with its name; all there is of a folded one.
pub(super) const HEADER: u32 = 48;
/// Between the border of a box and what is in it.
pub(super) const PAD: u32 = 12;
/// Between boxes in a box.
pub(super) const GAP: u32 = 8;
/// The height of a load balancer, a catalog or a fold.
pub(super) const LOW: u32 = 28;
/// The height of a front-end.
pub(super) const SERVER: u32 = 40;
/// The height of a database server without catalogs, or above them.
pub(super) const DATABASE: u32 = 40;
/// Catalogs beside each other: the three of an environment.
const CATALOGS_IN_ROW: usize = 3;

/// A catalog with its environment.
type Carried<'a> = (&'a Key, CatalogKind, &'a Catalog);

/// Boxes and arrows that are made, and what they are made from.
pub(super) struct Canvas<'a> {
    architecture: &'a Architecture,
    folded: bool,
    /// The catalogs on each database server, in the order of the infrastructure.
    carried: BTreeMap<&'a Key, Vec<Carried<'a>>>,
    /// The database servers of one environment only, with their standbys.
    owned: BTreeMap<&'a Key, Vec<&'a Key>>,
    /// The others.
    apart: Vec<&'a Key>,
    /// The boxes of database servers.
    servers: BTreeMap<&'a Key, usize>,
    pub(super) boxes: Vec<Drawn>,
    pub(super) links: Vec<Link>,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(architecture: &'a Architecture, folded: bool) -> Self {
        let mut carried: BTreeMap<_, Vec<Carried<'a>>> = BTreeMap::new();
        for (key, environment) in architecture.in_order() {
            for (kind, catalog) in &environment.catalogs {
                carried.entry(&catalog.database_server).or_default().push((key, *kind, catalog));
            }
        }
        let sole = |server: &Key| {
            let environments: BTreeSet<&'a Key> =
                carried.get(server).into_iter().flatten().map(|(environment, ..)| *environment).collect();
            (environments.len() == 1).then(|| environments.first().copied()).flatten()
        };
        // A standby stands behind its primary.
        let mut servers: Vec<_> = architecture.database_servers.iter().collect();
        servers.sort_by_key(|(key, server)| {
            (server.standby_of.as_ref().unwrap_or(*key), server.standby_of.is_some(), *key)
        });
        let mut owned: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut apart = Vec::new();
        for (key, server) in servers {
            let idle = !carried.contains_key(key);
            let owner = sole(key).or_else(|| server.standby_of.as_ref().filter(|_| idle).and_then(sole));
            match owner {
                Some(environment) => owned.entry(environment).or_default().push(key),
                None => apart.push(key),
            }
        }
        let (servers, boxes, links) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { architecture, folded, carried, owned, apart, servers, boxes, links }
    }

    /// The database servers that belong to no single environment, each before its standbys.
    pub(super) fn apart(&self) -> Vec<&'a Key> {
        self.apart.clone()
    }

    /// The database servers of an environment alone, each before its standbys.
    pub(super) fn owned(&self, environment: &Key) -> Vec<&'a Key> {
        self.owned.get(environment).cloned().unwrap_or_default()
    }

    pub(super) fn put(&mut self, drawn: Drawn) -> usize {
        self.boxes.push(drawn);
        self.boxes.len() - 1
    }

    pub(super) fn link(&mut self, kind: LinkKind, from: usize, to: usize, pipeline: Option<&Key>) {
        self.links.push(Link { kind, from, to, pipeline: pipeline.cloned() });
    }

    /// The box of several things.
    pub(super) fn fold(
        &mut self,
        path: &str,
        (count, noun): (usize, &str),
        area: Area,
        lanes: Vec<usize>,
        inside: Option<usize>,
    ) {
        let label = counted(count, noun);
        let says = format!("{label}, not shown each");
        self.put(Drawn {
            kind: BoxKind::Fold,
            path: path.to_owned(),
            label,
            says,
            area,
            lanes,
            inside,
            count,
        });
    }

    /// The arrows of database servers: from standbys to their primaries, and from environments to those that stand apart.
    pub(super) fn link_servers(&mut self, environments: &BTreeMap<&'a Key, usize>) {
        for (key, drawn) in self.servers.clone() {
            let server = self.architecture.database_servers.get(key);
            let primary = server.and_then(|server| server.standby_of.as_ref());
            if let Some(primary) = primary.and_then(|primary| self.servers.get(primary)).copied() {
                self.link(LinkKind::Replicates, drawn, primary, None);
            }
            // With so many environments arrows would only cover the boxes.
            if !self.folded && self.boxes[drawn].inside.is_none() {
                let users: BTreeSet<&Key> =
                    self.carried.get(key).into_iter().flatten().map(|(user, ..)| *user).collect();
                for user in users.into_iter().filter_map(|user| environments.get(user).copied()) {
                    self.link(LinkKind::Uses, user, drawn, None);
                }
            }
        }
    }

    /// How high an environment must be.
    pub(super) fn environment_height(&self, key: &Key, environment: &Environment) -> u32 {
        if self.folded {
            return HEADER;
        }
        let balancer = if environment.load_balancer.is_some() { LOW + GAP } else { 0 };
        let front_ends = match environment.front_ends.len() {
            0 => 0,
            some if some <= FRONT_ENDS_SHOWN => length(some.div_ceil(2)) * (SERVER + GAP),
            _ => LOW + GAP,
        };
        let servers: u32 = self.owned(key).into_iter().map(|server| self.server_height(server) + GAP).sum();
        let inner = balancer + front_ends + servers;
        if inner == 0 { HEADER } else { HEADER + inner - GAP + PAD }
    }

    /// How high a database server must be.
    pub(super) fn server_height(&self, key: &Key) -> u32 {
        let catalogs = self.carried.get(key).map_or(0, Vec::len);
        if self.folded || catalogs == 0 {
            return DATABASE;
        }
        let rows = if catalogs > CATALOGS_SHOWN { 1 } else { catalogs.div_ceil(CATALOGS_IN_ROW) };
        DATABASE + length(rows) * (LOW + GAP)
    }

    /// An environment with everything in it.
    pub(super) fn environment(
        &mut self,
        key: &'a Key,
        environment: &'a Environment,
        area: Area,
        lanes: Vec<usize>,
    ) -> usize {
        let whole = self.environment_box(key, environment, area, lanes.clone());
        if self.folded {
            return whole;
        }
        let (x, width) = (area.x + PAD, area.width - 2 * PAD);
        let mut y = area.y + HEADER;
        if environment.load_balancer.is_some() {
            let area = Area { x, y, width, height: LOW };
            self.load_balancer(key, environment, area, lanes.clone(), whole);
            y += LOW + GAP;
        }
        let number = environment.front_ends.len();
        if number > FRONT_ENDS_SHOWN {
            let path = format!("environments/{key}/front_ends");
            let area = Area { x, y, width, height: LOW };
            self.fold(&path, (number, "front-end"), area, lanes.clone(), Some(whole));
            y += LOW + GAP;
        } else if number > 0 {
            y = self.front_ends(key, environment, Area { x, y, width, height: 0 }, 2, &lanes, whole);
        }
        for server in self.owned(key) {
            let height = self.server_height(server);
            self.database_server(server, Area { x, y, width, height }, lanes.clone(), Some(whole));
            y += height + GAP;
        }
        whole
    }

    /// The environment itself.
    pub(super) fn environment_box(
        &mut self,
        key: &Key,
        environment: &Environment,
        area: Area,
        lanes: Vec<usize>,
    ) -> usize {
        let front_ends = environment.front_ends.len();
        let topology = match environment.topology {
            Topology::Standalone => "standalone",
            Topology::Farm if environment.load_balancer.is_some() => "farm behind a load balancer",
            Topology::Farm => "farm without a load balancer",
        };
        let mut says = format!(
            "Environment {}, {}, {topology}, {}, {}",
            environment.name,
            environment.purpose.word(),
            counted(front_ends, "front-end"),
            counted(environment.database_servers().len(), "database server"),
        );
        if self.architecture.is_mission_critical(key) {
            says.push_str(", mission-critical");
        }
        self.put(Drawn {
            kind: BoxKind::Environment,
            path: format!("environments/{key}"),
            label: environment.name.to_string(),
            says,
            area,
            lanes,
            inside: None,
            count: front_ends,
        })
    }

    /// A load balancer, in the box of its environment.
    pub(super) fn load_balancer(
        &mut self,
        key: &Key,
        environment: &Environment,
        area: Area,
        lanes: Vec<usize>,
        inside: usize,
    ) -> Option<usize> {
        let balancer = environment.load_balancer.as_ref()?;
        Some(self.put(Drawn {
            kind: BoxKind::LoadBalancer,
            path: format!("environments/{key}/load_balancer"),
            label: balancer.name.to_string(),
            says: format!("Load balancer {} of {}", balancer.name, environment.name),
            area,
            lanes,
            inside: Some(inside),
            count: 1,
        }))
    }

    /// All front-ends, so many beside each other, from the upper edge of an area; one alone takes its width. Returns where the next
    /// thing can begin.
    pub(super) fn front_ends(
        &mut self,
        key: &Key,
        environment: &Environment,
        at: Area,
        in_row: usize,
        lanes: &[usize],
        inside: usize,
    ) -> u32 {
        let beside = length(in_row.min(environment.front_ends.len()).max(1));
        let width = (at.width - (beside - 1) * GAP) / beside;
        let mut end = at.y;
        for (number, (server, front_end)) in environment.front_ends.iter().enumerate() {
            let x = at.x + length(number % in_row) * (width + GAP);
            let y = at.y + length(number / in_row) * (SERVER + GAP);
            let mut says = format!("Front-end {} of {}", front_end.name, environment.name);
            if let Some(center) = &front_end.data_center {
                let center = self.architecture.data_centers.get(center).map(|center| center.name.as_str());
                says.push_str(&center.map(|name| format!(", in {name}")).unwrap_or_default());
            }
            self.put(Drawn {
                kind: BoxKind::FrontEnd,
                path: format!("environments/{key}/front_ends/{server}"),
                label: front_end.name.to_string(),
                says,
                area: Area { x, y, width, height: SERVER },
                lanes: lanes.to_vec(),
                inside: Some(inside),
                count: 1,
            });
            end = y + SERVER + GAP;
        }
        end
    }

    /// A database server with the catalogs on it.
    pub(super) fn database_server(
        &mut self,
        key: &'a Key,
        area: Area,
        lanes: Vec<usize>,
        inside: Option<usize>,
    ) {
        let Some(server) = self.architecture.database_servers.get(key) else { return };
        let standby = server.standby_of.as_ref().map(|primary| {
            let named = self.architecture.database_servers.get(primary);
            named.map_or_else(|| primary.to_string(), |primary| primary.name.to_string())
        });
        let carried = self.carried.get(key).cloned().unwrap_or_default();
        let mut says = format!("Database server {}, {}", server.name, server.engine);
        match &standby {
            Some(primary) => says.push_str(&format!(", standby of {primary}")),
            None => says.push_str(&format!(", {}, {}", server.sharing, counted(carried.len(), "catalog"))),
        }
        let whole = self.put(Drawn {
            kind: if standby.is_some() { BoxKind::Standby } else { BoxKind::DatabaseServer },
            path: format!("database_servers/{key}"),
            label: server.name.to_string(),
            says,
            area,
            lanes: lanes.clone(),
            inside,
            count: 1,
        });
        self.servers.insert(key, whole);
        if self.folded || carried.is_empty() {
            return;
        }
        let (x, width) = (area.x + GAP, area.width - 2 * GAP);
        let y = area.y + DATABASE;
        if carried.len() > CATALOGS_SHOWN {
            let path = format!("database_servers/{key}");
            let area = Area { x, y, width, height: LOW };
            self.fold(&path, (carried.len(), "catalog"), area, lanes, Some(whole));
            return;
        }
        let beside = length(CATALOGS_IN_ROW);
        let width = (width - (beside - 1) * GAP) / beside;
        for (number, (environment, kind, catalog)) in carried.into_iter().enumerate() {
            let x = x + length(number % CATALOGS_IN_ROW) * (width + GAP);
            let y = y + length(number / CATALOGS_IN_ROW) * (LOW + GAP);
            let of = self.architecture.environments.get(environment).map(|one| one.name.as_str());
            let of = of.unwrap_or_default();
            self.put(Drawn {
                kind: BoxKind::Catalog,
                path: format!("environments/{environment}/catalogs/{}", kind.word()),
                label: kind.label().to_owned(),
                says: format!("{kind} catalog of {of}, {} on {}", catalog.name, server.name),
                area: Area { x, y, width, height: LOW },
                lanes: lanes.clone(),
                inside: Some(whole),
                count: 1,
            });
        }
    }
}

/// `1 front-end`, `2 front-ends`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
