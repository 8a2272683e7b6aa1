//! The drawing of one environment: everything that it stands on, shared or not, each server shown.

use super::parts::{Canvas, DATABASE, GAP, HEADER, LOW, PAD, counted};
use super::{Area, BoxKind, Drawing, Drawn, LinkKind, MARGIN, ROW_GAP, length};
use crate::architecture::model::{Architecture, ExternalDatabase};
use crate::text::Key;
use std::collections::BTreeMap;

/// Boxes beside each other.
const IN_ROW: usize = 6;
/// The width of what the environment stands on.
const WIDTH: u32 = 900;

/// What stands below an environment.
enum Below<'a> {
    /// A database server with catalogs of its, or a standby of one.
    Ours(&'a Key),
    /// A database of somebody else.
    Others(&'a Key, &'a ExternalDatabase),
}

/// The drawing of an environment; none where there is no such. Its front-ends and its load balancer lie in its box; its database servers and
/// the databases of others stand below, because others may use them, too.
#[must_use]
pub fn environment(architecture: &Architecture, key: &Key) -> Option<Drawing> {
    let (key, one) = architecture.environments.get_key_value(key)?;
    let mut canvas = Canvas::new(architecture, false);
    let (x, width) = (MARGIN + PAD, WIDTH - 2 * PAD);

    // The box grows with what is put in it.
    let whole =
        canvas.environment_box(key, one, Area { x: MARGIN, y: MARGIN, width: WIDTH, height: HEADER }, vec![]);
    let mut y = MARGIN + HEADER;
    let balancer = canvas.load_balancer(key, one, Area { x, y, width, height: LOW }, vec![], whole);
    if balancer.is_some() {
        y += LOW + GAP;
    }
    let first = canvas.boxes.len();
    let end = canvas.front_ends(key, one, Area { x, y, width, height: 0 }, IN_ROW, &[], whole);
    if let Some(balancer) = balancer {
        for front_end in first..canvas.boxes.len() {
            canvas.link(LinkKind::Balances, balancer, front_end, None);
        }
    }
    let bottom = if end > MARGIN + HEADER { end - GAP + PAD } else { end };
    canvas.boxes[whole].area.height = bottom - MARGIN;
    let mut y = bottom + ROW_GAP;

    // The primaries with its catalogs, each before its standbys; catalogs of other environments on them are shown with them.
    let used = one.database_servers();
    let servers: Vec<&Key> = used
        .iter()
        .flat_map(|primary| {
            std::iter::once(*primary).chain(architecture.standbys_of(primary).map(|(key, _)| key))
        })
        .filter(|server| architecture.database_servers.contains_key(server))
        .collect();
    let mut placed: Vec<&Key> = Vec::new();
    for server in servers {
        if !placed.contains(&server) {
            placed.push(server);
        }
    }
    let beside = IN_ROW / 2;
    let third = (WIDTH - length(beside - 1) * ROW_GAP) / length(beside);
    let ours = placed.into_iter().map(Below::Ours);
    let below: Vec<Below<'_>> =
        ours.chain(one.external_databases.iter().map(|(key, of)| Below::Others(key, of))).collect();
    for row in below.chunks(beside) {
        let mut highest = DATABASE;
        for (column, each) in row.iter().enumerate() {
            let x = MARGIN + length(column) * (third + ROW_GAP);
            let (database, named) = match each {
                Below::Ours(server) => {
                    let height = canvas.server_height(server);
                    canvas.database_server(server, Area { x, y, width: third, height }, vec![], None);
                    highest = highest.max(height);
                    continue;
                }
                Below::Others(database, named) => (database, named),
            };
            let drawn = canvas.put(Drawn {
                kind: BoxKind::ExternalDatabase,
                path: format!("environments/{key}/external_databases/{database}"),
                label: named.name.to_string(),
                says: format!("External database {}, {}", named.name, named.engine),
                area: Area { x, y, width: third, height: DATABASE },
                lanes: vec![],
                inside: None,
                count: 1,
            });
            canvas.link(LinkKind::Uses, whole, drawn, None);
        }
        y += highest + ROW_GAP;
    }
    canvas.link_servers(&BTreeMap::from([(key, whole)]));
    let Canvas { mut boxes, links, .. } = canvas;
    boxes[whole].says =
        format!("{}, {}", boxes[whole].says, counted(one.external_databases.len(), "external database"));
    let height = y - ROW_GAP + MARGIN;
    Some(Drawing { width: WIDTH + 2 * MARGIN, height, folded: false, lanes: vec![], boxes, links })
}
