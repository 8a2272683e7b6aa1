//! The drawing: lanes, boxes in boxes, and arrows, at their own size.

use super::answers;
use crate::context::Place;
use crate::pages::environments::anchor;
use crate::prelude::*;
use crate::view::icons::Icon;
use crate::view::tone::Look;
use crate::view::words;
use domain::architecture::drawing::{Area, BoxKind, Drawing, Drawn, Lane, Link, LinkKind};
use domain::text::Key;
use operations::view::PipelinesPage;

/// The length of an arrow's head.
const HEAD: u32 = 7;
/// How far below the upper border of a box arrows from the side meet it.
const DOWN: u32 = 24;
/// The height of a line of a lane's name, and the width of its place.
const LANE_LINE: u32 = 17;
const LANE_ROOM: &str = "144";
/// The letters of a lane's name in one line, and its lines.
const LANE_NAME: (usize, usize) = (17, 4);

/// The drawing in a box that it can be moved in. The list below it says the same.
pub(crate) fn shown(place: &Place, page: &PipelinesPage, of: &str) -> AnyView {
    let drawing = &page.drawing;
    let lanes = drawing.lanes.iter().map(|each| lane(place, each)).collect_view();
    // Arrows between boxes in one box lie above it, the others behind everything. Those of a load balancer lie below the front-ends, so
    // that the ones to a second row do not cross out the first.
    let within = |link: &Link| drawing.boxes.get(link.from).and_then(|from| from.inside);
    let below = |link: &Link| link.kind == LinkKind::Balances;
    let arrows = |of: &dyn Fn(&Link) -> bool| {
        drawing.links.iter().filter(|link| of(link)).filter_map(|link| arrow(drawing, link)).collect_view()
    };
    let behind = arrows(&|link| within(link).is_none());
    let above = arrows(&|link| within(link).is_some() && !below(link));
    let boxes = drawing
        .boxes
        .iter()
        .enumerate()
        .map(|(at, drawn)| {
            let inside = arrows(&|link| within(link) == Some(at) && below(link));
            view! { {part(place, page, drawn)} {inside} }
        })
        .collect_view();
    let (width, height) = (drawing.width.to_string(), drawing.height.to_string());
    let size = format!("0 0 {width} {height}");
    let name = of.to_owned();
    let around = format!("Drawing: {of}");
    view! {
        <div class="drawbox" tabindex="0" role="region" aria-label=around>
            <svg class="map" width=width height=height viewBox=size role="group" aria-label=name>
                {lanes}
                {behind}
                {boxes}
                {above}
            </svg>
        </div>
        {key(drawing)}
    }
}

/// What each kind of arrow means, for the kinds that are there.
fn key(drawing: &Drawing) -> AnyView {
    let marks = [LinkKind::Hop, LinkKind::Uses, LinkKind::Replicates, LinkKind::Balances]
        .into_iter()
        .filter(|kind| drawing.links.iter().any(|link| link.kind == *kind))
        .map(|kind| {
            let (class, words) = looks(kind);
            view! {
                <li>
                    <svg class="map" width="34" height="12" viewBox="0 0 34 12" aria-hidden="true">
                        <path class=format!("arrow {class}") d="M1 6 H26"></path>
                        <path class=format!("tip {class}") d="M33 6 l-7 -4 v8 z"></path>
                    </svg>
                    {words}
                </li>
            }
        })
        .collect_view();
    view! { <ul class="mapkey" aria-label="Arrows">{marks}</ul> }
}

/// The class of an arrow, and what it says.
const fn looks(kind: LinkKind) -> (&'static str, &'static str) {
    match kind {
        LinkKind::Hop => ("hop", "applications climb to the next stage"),
        LinkKind::Uses => ("uses", "its catalogs lie on that database server"),
        LinkKind::Replicates => ("replicates", "a standby replicates its primary"),
        LinkKind::Balances => ("balances", "the load balancer sends requests there"),
    }
}

/// A band with its name, which leads to the pipeline where the band is one's.
fn lane(place: &Place, lane: &Lane) -> AnyView {
    let Area { x, y, width, height } = lane.area;
    let (most, lines) = LANE_NAME;
    let written = wrapped(&lane.label, most, lines);
    // The name is part of what the link is called, as long as nothing of it was cut (WCAG 2.5.3).
    let whole = written.join(" ") == lane.label.split_whitespace().collect::<Vec<_>>().join(" ");
    let room = (LANE_LINE * u32::try_from(written.len()).unwrap_or(1) + 10).to_string();
    let name = written
        .into_iter()
        .zip(0_u32..)
        .map(|(line, at)| {
            let y = (y + 32 + LANE_LINE * at).to_string();
            view! { <text class="strong" x=(x + 16).to_string() y=y>{line}</text> }
        })
        .collect_view()
        .into_any();
    let name = match &lane.key {
        None => name,
        Some(key) => {
            let (href, says) =
                (place.address(&format!("/pipelines/{key}")), format!("Pipeline {}", lane.label));
            let (left, top) = ((x + 8).to_string(), (y + 14).to_string());
            let hit = view! { <rect class="hit" x=left y=top width=LANE_ROOM height=room rx="5"></rect> };
            let (inside, cut) = named(hit, name, whole);
            view! { <a href=href aria-label=says>{inside}</a><g class="beneath" aria-hidden="true">{cut}</g> }
        }
    };
    view! {
        <g>
            <rect class="band" x=x.to_string() y=y.to_string() width=width.to_string() height=height.to_string() rx="10"></rect>
            {name}
        </g>
    }
}

fn arrow(drawing: &Drawing, link: &Link) -> Option<AnyView> {
    let (from, to) = (drawing.boxes.get(link.from)?, drawing.boxes.get(link.to)?);
    let (class, _) = looks(link.kind);
    // Database servers that stand apart are below everything that uses them.
    let (line, tip) = curve(from.area, to.area, link.kind == LinkKind::Uses);
    Some(view! {
        <path class=format!("arrow {class}") d=line></path>
        <path class=format!("tip {class}") d=tip></path>
    })
}

/// The line of an arrow and its head: from side to side where the boxes stand beside each other, else from border to border.
pub(crate) fn curve(from: Area, to: Area, upright: bool) -> (String, String) {
    if !upright && to.x >= from.right() {
        let (a, b) = heights(from, to);
        let (start, tip) = (from.right(), to.x);
        let end = tip.saturating_sub(HEAD);
        let middle = u32::midpoint(start, end);
        let line = format!("M{start} {a} C{middle} {a} {middle} {b} {end} {b}");
        (line, format!("M{tip} {b} l-{HEAD} -4 v8 z"))
    } else if !upright && from.x >= to.right() {
        let (a, b) = heights(from, to);
        let (start, tip) = (from.x, to.right());
        let end = tip + HEAD;
        let middle = u32::midpoint(start, end);
        let line = format!("M{start} {a} C{middle} {a} {middle} {b} {end} {b}");
        (line, format!("M{tip} {b} l{HEAD} -4 v8 z"))
    } else {
        let (a, b) = (from.x + from.width / 2, to.x + to.width / 2);
        let down = to.y >= from.bottom();
        let (start, tip) = if down { (from.bottom(), to.y) } else { (from.y, to.bottom()) };
        let (end, head) = if down {
            (tip.saturating_sub(HEAD), format!("M{b} {tip} l-4 -{HEAD} h8 z"))
        } else {
            (tip + HEAD, format!("M{b} {tip} l-4 {HEAD} h8 z"))
        };
        let middle = u32::midpoint(start, end);
        (format!("M{a} {start} C{a} {middle} {b} {middle} {b} {end}"), head)
    }
}

/// Where an arrow leaves one box and meets the other at their sides: level, where they stand at a common height.
fn heights(from: Area, to: Area) -> (u32, u32) {
    let (top, bottom) = (from.y.max(to.y), from.bottom().min(to.bottom()));
    if bottom > top {
        let y = top + DOWN.min((bottom - top) / 2);
        return (y, y);
    }
    let at = |area: Area| area.y + DOWN.min(area.height / 2);
    (at(from), at(to))
}

/// A box. What lies in it is drawn after it, each with its own address.
fn part(place: &Place, page: &PipelinesPage, drawn: &Drawn) -> AnyView {
    let ((inside, beneath), state) = match drawn.kind {
        BoxKind::Environment => {
            let health = page.states.get(drawn.path.trim_start_matches("environments/"));
            let mut look = health.map(|health| words::health(*health));
            // With its front-ends not drawn, it says how many of them answer.
            if let Some(look) = look.as_mut().filter(|_| page.drawing.folded && drawn.count > 0) {
                let answering = answering(page, &format!("{}/front_ends", drawn.path));
                look.word = format!("{}, {answering} of {} answer", look.word, drawn.count);
            }
            (header("site", drawn, look.as_ref(), true), look.map(|look| look.word))
        }
        BoxKind::FrontEnd => {
            let look = answers(page, &drawn.path);
            (header("machine", drawn, Some(&look), false), Some(look.word))
        }
        BoxKind::DatabaseServer | BoxKind::Standby => (database(page, drawn), None),
        BoxKind::ExternalDatabase => (low("store", drawn, Icon::Database), None),
        BoxKind::LoadBalancer => (low("balancer", drawn, Icon::Differ), None),
        BoxKind::Catalog => (catalog(drawn), None),
        BoxKind::Fold => {
            let servers = drawn.path.ends_with("/front_ends");
            let said = servers.then(|| format!("{} of {} answer", answering(page, &drawn.path), drawn.label));
            let shown = Drawn { label: said.clone().unwrap_or_else(|| drawn.label.clone()), ..drawn.clone() };
            (low("many", &shown, Icon::Layers), said)
        }
    };
    let says = match state {
        Some(word) => format!("{}, {word}", drawn.says),
        None => drawn.says.clone(),
    };
    // A link is called by what it says and shows its name in that (WCAG 2.5.3); the rest of what is drawn lies over it.
    let link = match address(place, page, drawn) {
        Some(href) => view! { <a href=href aria-label=says>{inside}</a> },
        None => view! { <g role="img" aria-label=says>{inside}</g> },
    };
    view! { {link}<g class="beneath" aria-hidden="true">{beneath}</g> }
}

/// How many of the front-ends in a collection answer.
fn answering(page: &PipelinesPage, collection: &str) -> usize {
    let within = |path: &str| path.strip_prefix(collection).is_some_and(|rest| rest.starts_with('/'));
    page.servers.iter().filter(|(path, answers)| **answers && within(path)).count()
}

/// An environment that has its catalogs on a database server: the one that it is drawn in, else the first.
fn carries(page: &PipelinesPage, drawn: &Drawn, server: Option<&str>) -> Option<String> {
    let around = drawn.inside.and_then(|inside| page.drawing.boxes.get(inside));
    if let Some(key) = around.and_then(|around| around.path.strip_prefix("environments/")) {
        return Some(key.to_owned());
    }
    let server = server?;
    let all = &page.architecture.database_servers;
    let primary =
        all.iter().find(|(key, _)| key.as_str() == server).and_then(|(_, of)| of.standby_of.as_ref());
    let server = primary.map_or(server, Key::as_str);
    let ordered = page.architecture.in_order().into_iter();
    let mut on_it =
        ordered.filter(|(_, of)| of.database_servers().iter().any(|each| each.as_str() == server));
    on_it.next().map(|(key, _)| key.to_string())
}

/// Where a box leads.
fn address(place: &Place, page: &PipelinesPage, drawn: &Drawn) -> Option<String> {
    let mut steps = drawn.path.split('/');
    let (collection, key, part) = (steps.next()?, steps.next(), steps.next());
    let manages = page.manage.is_ok();
    match (collection, key, part) {
        ("environments", Some(key), part) => {
            let environment = place.address(&format!("/environments/{key}"));
            Some(match part {
                Some("front_ends") => match steps.next() {
                    Some(server) => format!("{environment}#{}", anchor(server)),
                    None => format!("{environment}#servers"),
                },
                Some("load_balancer") => format!("{environment}#servers"),
                Some("catalogs" | "external_databases") => format!("{environment}#built"),
                _ => environment,
            })
        }
        ("environments", None, _) => Some(place.address("/environments")),
        ("database_servers", Some(key), _) if manages => {
            Some(place.address(&format!("/architecture/database_server/{key}")))
        }
        ("database_servers", None, _) if manages => Some(place.address("/architecture")),
        ("database_servers", key, _) => Some(match carries(page, drawn, key) {
            Some(environment) => place.address(&format!("/environments/{environment}#built")),
            None => place.address("/environments"),
        }),
        _ => None,
    }
}

/// The border of a box.
pub(crate) fn frame(class: String, area: Area) -> AnyView {
    let Area { x, y, width, height } = area;
    view! { <rect class=class x=x.to_string() y=y.to_string() width=width.to_string() height=height.to_string() rx="7"></rect> }
}

fn glyph(class: &'static str, icon: Icon, x: u32, y: u32) -> AnyView {
    let drawing = format!("<use href=\"#{}\"/>", icon.id());
    view! {
        <g transform=format!("translate({x} {y})")><svg class=format!("ico {class}") width="12" height="12" viewBox="0 0 24 24" inner_html=drawing></svg></g>
    }
}

/// The letters that fit into a width, at so many tenths of a pixel each.
fn fit(text: &str, width: u32, tenths: u32) -> String {
    short(text, usize::try_from(width * 10 / tenths).unwrap_or(usize::MAX).max(2))
}

/// An environment or a front-end: its name, and beneath how it stands.
fn header(class: &'static str, drawn: &Drawn, look: Option<&Look>, environment: bool) -> (AnyView, AnyView) {
    let area = drawn.area;
    let tone = look.map_or("", |look| look.tone.class());
    let left = area.x + 10;
    let tenths = if environment { 76 } else { 72 };
    let name = fit(&drawn.label, area.width.saturating_sub(20), tenths);
    let (first, second) = if environment { (21, 39) } else { (17, 32) };
    let state = look.map(|look| {
        let mark = glyph(look.tone.class(), look.icon, left, area.y + second - 10);
        let word = fit(&look.word, area.width.saturating_sub(34), 62);
        let x = (left + 16).to_string();
        view! {
            {mark}
            <text class=format!("tiny {tone}") x=x y=(area.y + second).to_string()>{word}</text>
        }
    });
    let kind = if environment { "strong" } else { "code" };
    let whole = name == drawn.label;
    let text = view! { <text class=kind x=left.to_string() y=(area.y + first).to_string()>{name}</text> };
    let (inside, cut) = named(frame(format!("{class} {tone}"), area), text, whole);
    (inside, view! { {cut}{state} })
}

/// A database server: its name, its engine, and whether it is a standby.
fn database(page: &PipelinesPage, drawn: &Drawn) -> (AnyView, AnyView) {
    let area = drawn.area;
    let key = drawn.path.trim_start_matches("database_servers/").parse::<Key>().ok();
    let server = key.and_then(|key| page.architecture.database_servers.get(&key));
    let beneath = match (server, drawn.kind) {
        (Some(server), BoxKind::Standby) => format!("{}, standby", server.engine),
        (Some(server), _) => format!("{}, {}", server.engine, server.sharing),
        (None, _) => String::new(),
    };
    let class = if drawn.kind == BoxKind::Standby { "store standby" } else { "store" };
    let x = (area.x + 28).to_string();
    let room = area.width.saturating_sub(36);
    let name = fit(&drawn.label, room, 68);
    let whole = name == drawn.label;
    let around =
        view! { {frame(class.to_owned(), area)}{glyph("", Icon::Database, area.x + 10, area.y + 8)} };
    let text = view! { <text class="small" x=x.clone() y=(area.y + 17).to_string()>{name}</text> };
    let (inside, cut) = named(around, text, whole);
    (
        inside,
        view! { {cut}<text class="tiny dim" x=x y=(area.y + 32).to_string()>{fit(&beneath, room, 58)}</text> },
    )
}

/// A box of one line.
fn low(class: &'static str, drawn: &Drawn, icon: Icon) -> (AnyView, AnyView) {
    let area = drawn.area;
    let name = fit(&drawn.label, area.width.saturating_sub(36), 66);
    let whole = name == drawn.label;
    let around = view! { {frame(class.to_owned(), area)}{glyph("", icon, area.x + 10, area.y + 8)} };
    let text =
        view! { <text class="small" x=(area.x + 28).to_string() y=(area.y + 18).to_string()>{name}</text> };
    named(around, text, whole)
}

fn catalog(drawn: &Drawn) -> (AnyView, AnyView) {
    let area = drawn.area;
    let middle = (area.x + area.width / 2).to_string();
    let name = fit(&drawn.label, area.width.saturating_sub(6), 58);
    let whole = name == drawn.label;
    let text = view! { <text class="tiny middle" x=middle y=(area.y + 18).to_string()>{name}</text> };
    named(frame("catalog".to_owned(), area), text, whole)
}

/// A box with its name in the link, where the name is whole. One that was cut lies over it: part of a word is no part of what the link is
/// called (WCAG 2.5.3).
pub(crate) fn named(around: AnyView, text: AnyView, whole: bool) -> (AnyView, AnyView) {
    if whole { (view! { {around}{text} }, ().into_any()) } else { (around, text) }
}

/// A text of at most so many letters; a longer one ends in an ellipsis.
pub(crate) fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// A text in at most so many lines; what does not fit ends in an ellipsis.
fn wrapped(text: &str, most: usize, lines: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match out.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => out.push(word.to_owned()),
        }
    }
    if out.len() > lines {
        let rest = out.split_off(lines.saturating_sub(1)).join(" ");
        out.push(rest);
    }
    out.iter().map(|line| short(line, most)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn area(x: u32, y: u32, width: u32, height: u32) -> Area {
        Area { x, y, width, height }
    }

    #[test]
    fn boxes_beside_each_other_are_joined_level() {
        let (line, tip) = curve(area(0, 0, 100, 200), area(150, 120, 100, 60), false);
        assert_eq!(line, "M100 144 C121 144 121 144 143 144");
        assert_eq!(tip, "M150 144 l-7 -4 v8 z");
        let (line, tip) = curve(area(150, 0, 100, 40), area(0, 0, 100, 40), false);
        assert_eq!((line.as_str(), tip.as_str()), ("M150 20 C128 20 128 20 107 20", "M100 20 l7 -4 v8 z"));
    }

    #[test]
    fn boxes_above_each_other_are_joined_at_their_borders() {
        let (line, tip) = curve(area(0, 0, 100, 40), area(0, 140, 100, 40), false);
        assert_eq!((line.as_str(), tip.as_str()), ("M50 40 C50 86 50 86 50 133", "M50 140 l-4 -7 h8 z"));
        let (line, _) = curve(area(0, 140, 100, 40), area(0, 0, 100, 40), false);
        assert_eq!(line, "M50 140 C50 93 50 93 50 47");
        // Database servers are met from above, wherever they stand.
        let (line, _) = curve(area(0, 0, 100, 40), area(200, 140, 100, 40), true);
        assert_eq!(line, "M50 40 C50 86 250 86 250 133");
    }

    #[test]
    fn names_fit_their_place() {
        assert_eq!(wrapped("Main line", 17, 4), ["Main line"]);
        assert_eq!(wrapped("Customer-facing applications", 17, 4), ["Customer-facing", "applications"]);
        assert_eq!(wrapped("one two three four", 5, 2), ["one", "two …"]);
        assert_eq!(short("prod-1", 8), "prod-1");
    }
}
