//! The drawing of one environment: everything that it stands on, shared or not, each server shown.

use super::parts::{Canvas, DATABASE, GAP, HEADER, LOW, PAD, counted};
use super::{Area, BoxKind, Drawing, Drawn, LinkKind, MARGIN, ROW_GAP, length};
use crate::architecture::model::Architecture;
use crate::text::Key;
use std::collections::BTreeMap;

/// Boxes beside each other.
const IN_ROW: usize = 6;
/// The width of what the environment stands on.
const WIDTH: u32 = 960;

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
    for row in placed.chunks(beside) {
        let mut highest = 0;
        for (column, server) in row.iter().enumerate() {
            let height = canvas.server_height(server);
            let x = MARGIN + length(column) * (third + ROW_GAP);
            canvas.database_server(server, Area { x, y, width: third, height }, vec![], None);
            highest = highest.max(height);
        }
        y += highest + ROW_GAP;
    }
    let externals: Vec<_> = one.external_databases.iter().collect();
    for row in externals.chunks(beside) {
        for (column, (database, named)) in row.iter().enumerate() {
            let x = MARGIN + length(column) * (third + ROW_GAP);
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
        y += DATABASE + ROW_GAP;
    }
    canvas.link_servers(&BTreeMap::from([(key, whole)]));
    let Canvas { mut boxes, links, .. } = canvas;
    boxes[whole].says =
        format!("{}, {}", boxes[whole].says, counted(one.external_databases.len(), "external database"));
    let height = y - ROW_GAP + MARGIN;
    Some(Drawing { width: WIDTH + 2 * MARGIN, height, folded: false, lanes: vec![], boxes, links })
}
