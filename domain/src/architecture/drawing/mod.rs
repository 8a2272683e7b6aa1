//! The drawing of an architecture as data: areas with kinds, keys and words. What it looks like decides who draws it.
//!
//! Pipelines are lanes from top to bottom, and an environment stands in the lanes of its pipelines, so that a shared one is
//! drawn once and joins them. Columns go from the first stages on the left to production on the right. The same architecture
//! gives the same drawing. Lengths are in pixels of a drawing that is shown at its own size.

mod folding;
mod own;
mod parts;
mod places;
#[cfg(test)]
mod tests;

use super::model::{Architecture, Environment};
use crate::text::Key;
pub use folding::{Sum, part, sums};
pub use own::environment;
use parts::Canvas;
use places::Places;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// With more front-ends than these an environment shows their number instead of each.
pub const FRONT_ENDS_SHOWN: usize = 6;
/// Of more pipelines than these the first are drawn together, and each of them by itself ([`part`]).
pub const PIPELINES_SHOWN: usize = 12;
/// With more environments than these each one shows numbers instead of its parts.
pub const ENVIRONMENTS_SHOWN: usize = 40;
/// A shared database server with more catalogs than these shows their number instead of each.
pub const CATALOGS_SHOWN: usize = 18;

/// The free edge of the drawing.
const MARGIN: u32 = 24;
/// The place for a lane's name at its left.
const LANE_NAME: u32 = 160;
/// Between the border of a lane and what is in it.
const LANE_PAD: u32 = 16;
/// Between lanes.
const LANE_GAP: u32 = 16;
/// Between columns, where the arrows are.
const COLUMN_GAP: u32 = 48;
/// Between boxes that stand one above the other in a lane.
const ROW_GAP: u32 = 16;
/// The width of an environment, and so of a column.
const COLUMN: u32 = 232;
/// The columns of the lanes that wrap, at least.
const WRAP: usize = 4;

/// A rectangle; `x` and `y` are its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
}

impl Area {
    /// The first x right of it.
    #[must_use]
    pub const fn right(self) -> u32 {
        self.x + self.width
    }

    /// The first y below it.
    #[must_use]
    pub const fn bottom(self) -> u32 {
        self.y + self.height
    }

    /// Whether the two have a point in common.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// Whether the other lies in it.
    #[must_use]
    pub const fn holds(self, other: Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }
}

/// What a lane is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneKind {
    /// Environments of several pipelines that do not lie side by side.
    Shared,
    /// One pipeline.
    Pipeline,
    /// Environments in no pipeline, such as management.
    Outside,
    /// Database servers that belong to no single environment.
    Databases,
}

/// A band over the whole width.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// What it is for.
    pub kind: LaneKind,
    /// The pipeline's key.
    pub key: Option<Key>,
    /// Its name for people, to be written at its left.
    pub label: String,
    /// Where it is.
    pub area: Area,
}

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoxKind {
    /// An environment.
    Environment,
    /// Its load balancer.
    LoadBalancer,
    /// A front-end server.
    FrontEnd,
    /// A database server that is a primary.
    DatabaseServer,
    /// A database server that replicates another.
    Standby,
    /// A catalog.
    Catalog,
    /// A database of somebody else.
    ExternalDatabase,
    /// Several things that are not shown each; [`Drawn::count`] says how many.
    Fold,
}

/// A box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// What it stands for.
    pub kind: BoxKind,
    /// The part of the architecture, as [`super::rules::Finding::path`] writes places, so that findings find their boxes; of a fold, the
    /// collection.
    pub path: String,
    /// The text to be written in it.
    pub label: String,
    /// The box in words, for readers of screens.
    pub says: String,
    /// Where it is.
    pub area: Area,
    /// The lanes that it stands in, from top to bottom; several join them.
    pub lanes: Vec<usize>,
    /// The box that it lies in.
    pub inside: Option<usize>,
    /// How many things it stands for.
    pub count: usize,
}

/// What an arrow means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Applications go from one stage to the next.
    Hop,
    /// An environment keeps catalogs on a database server that stands apart.
    Uses,
    /// A standby replicates its primary.
    Replicates,
    /// A load balancer sends requests to a front-end.
    Balances,
}

/// An arrow between two boxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it means.
    pub kind: LinkKind,
    /// The box that it begins at.
    pub from: usize,
    /// The box that it points to.
    pub to: usize,
    /// The pipeline of a hop.
    pub pipeline: Option<Key>,
}

/// A drawing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawing {
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Whether environments show numbers instead of their parts.
    pub folded: bool,
    /// Its lanes, from top to bottom.
    pub lanes: Vec<Lane>,
    /// Its boxes; a box comes after the one that it lies in.
    pub boxes: Vec<Drawn>,
    /// Its arrows.
    pub links: Vec<Link>,
}

/// The drawing of a whole infrastructure.
#[must_use]
pub fn infrastructure(architecture: &Architecture) -> Drawing {
    let folded = architecture.environments.len() > ENVIRONMENTS_SHOWN;
    let places = Places::of(architecture);
    let canvas = Canvas::new(architecture, folded);

    // How high each lane must be: first for the environments that stand in it alone, then for those that join several.
    let mut inner = vec![parts::HEADER; places.lanes.len()];
    for place in places.environments.iter().filter(|place| place.lanes.len() == 1) {
        let lane = place.lanes.start;
        inner[lane] = inner[lane].max(canvas.environment_height(place.key, place.environment));
    }
    let between = 2 * LANE_PAD + LANE_GAP;
    for place in places.environments.iter().filter(|place| place.lanes.len() > 1) {
        let needed = canvas.environment_height(place.key, place.environment);
        let joined: u32 = inner[place.lanes.clone()].iter().map(|height| height + between).sum();
        let last = place.lanes.end - 1;
        inner[last] += needed.saturating_sub(joined - between);
    }

    let columns = places.columns.max(WRAP);
    let width = column_x(columns) - COLUMN_GAP + LANE_PAD + MARGIN;
    let mut sheet = Sheet { canvas, lanes: Vec::new(), drawn: BTreeMap::new(), columns, width, y: MARGIN };
    for ((kind, key, label), height) in places.lanes.iter().zip(&inner) {
        sheet.lane(*kind, *key, label, height + 2 * LANE_PAD);
    }
    for place in &places.environments {
        let (first, last) = (sheet.lanes[place.lanes.start].area, sheet.lanes[place.lanes.end - 1].area);
        let top = first.y + LANE_PAD;
        let height = match place.lanes.len() {
            1 => sheet.canvas.environment_height(place.key, place.environment),
            _ => last.bottom() - LANE_PAD - top,
        };
        let area = Area { x: column_x(place.column), y: top, width: COLUMN, height };
        sheet.environment(place.key, place.environment, area, place.lanes.clone().collect());
    }
    let outside = match places.outside.len() {
        many if many > ENVIRONMENTS_SHOWN => vec![Part::Environments(many)],
        _ => places.outside.iter().map(|&(key, one)| Part::Environment(key, one)).collect(),
    };
    sheet.wrap(LaneKind::Outside, "In no pipeline", &outside);
    let apart = sheet.canvas.apart();
    let servers = match apart.len() {
        many if many > ENVIRONMENTS_SHOWN => vec![Part::Servers(many)],
        _ => apart.into_iter().map(Part::Server).collect(),
    };
    sheet.wrap(LaneKind::Databases, "Database servers", &servers);

    for (key, pipeline) in &architecture.pipelines {
        for [from, to] in pipeline.stages.array_windows() {
            if let (Some(from), Some(to)) = (sheet.drawn.get(from), sheet.drawn.get(to)) {
                sheet.canvas.link(LinkKind::Hop, *from, *to, Some(key));
            }
        }
    }
    let Sheet { mut canvas, lanes, drawn, y, .. } = sheet;
    canvas.link_servers(&drawn);
    let height = if lanes.is_empty() { 2 * MARGIN } else { y - LANE_GAP + MARGIN };
    let Canvas { boxes, links, .. } = canvas;
    Drawing { width, height, folded, lanes, boxes, links }
}

/// The drawing on its way, from top to bottom.
struct Sheet<'a> {
    canvas: Canvas<'a>,
    lanes: Vec<Lane>,
    /// The box of each environment.
    drawn: BTreeMap<&'a Key, usize>,
    columns: usize,
    width: u32,
    /// Where the next lane begins.
    y: u32,
}

/// What stands in a lane that wraps.
#[derive(Clone, Copy)]
enum Part<'a> {
    /// An environment in no pipeline.
    Environment(&'a Key, &'a Environment),
    /// So many of them.
    Environments(usize),
    /// A database server that belongs to no single environment.
    Server(&'a Key),
    /// So many of them.
    Servers(usize),
}

impl<'a> Sheet<'a> {
    fn lane(&mut self, kind: LaneKind, key: Option<&Key>, label: &str, height: u32) {
        let area = Area { x: MARGIN, y: self.y, width: self.width - 2 * MARGIN, height };
        self.lanes.push(Lane { kind, key: key.cloned(), label: label.to_owned(), area });
        self.y = area.bottom() + LANE_GAP;
    }

    fn environment(&mut self, key: &'a Key, environment: &'a Environment, area: Area, lanes: Vec<usize>) {
        let drawn = self.canvas.environment(key, environment, area, lanes);
        self.drawn.insert(key, drawn);
    }

    /// A lane with as many rows as its parts need; none where there are none.
    fn wrap(&mut self, kind: LaneKind, label: &str, parts: &[Part<'a>]) {
        if parts.is_empty() {
            return;
        }
        let lane = self.lanes.len();
        let mut top = self.y + LANE_PAD;
        for row in parts.chunks(self.columns) {
            let mut highest = 0;
            for (column, part) in row.iter().enumerate() {
                let height = match part {
                    Part::Environment(key, environment) => self.canvas.environment_height(key, environment),
                    Part::Server(key) => self.canvas.server_height(key),
                    Part::Environments(_) | Part::Servers(_) => parts::HEADER,
                };
                let area = Area { x: column_x(column), y: top, width: COLUMN, height };
                match *part {
                    Part::Environment(key, environment) => {
                        self.environment(key, environment, area, vec![lane]);
                    }
                    Part::Environments(number) => {
                        let what = (number, "environment");
                        self.canvas.fold("environments", what, area, vec![lane], None);
                    }
                    Part::Server(key) => self.canvas.database_server(key, area, vec![lane], None),
                    Part::Servers(number) => self.canvas.fold(
                        "database_servers",
                        (number, "database server"),
                        area,
                        vec![lane],
                        None,
                    ),
                }
                highest = highest.max(height);
            }
            top += highest + ROW_GAP;
        }
        self.lane(kind, None, label, top - ROW_GAP + LANE_PAD - self.y);
    }
}

/// Where a column begins.
fn column_x(column: usize) -> u32 {
    MARGIN + LANE_NAME + length(column) * (COLUMN + COLUMN_GAP)
}

/// A number of things as a factor of lengths; a drawing never has so many that it would not fit.
fn length(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX).min(100_000)
}
