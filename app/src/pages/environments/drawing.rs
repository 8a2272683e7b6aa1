//! An environment drawn from what is recorded and reported: its front-ends, who opens them, and who calls whom.

use super::anchor;
use crate::pages::pipelines::drawing::named;
use crate::prelude::*;
use crate::view::icons::Icon;
use crate::view::tone::{Look, Tone};
use crate::view::{times, words};
use domain::time::Timestamp;
use operations::view::{EnvironmentCard, ServerView};

/// Front-ends that are drawn; the list below the drawing has all.
const DRAWN: usize = 8;
const NODE_HEIGHT: usize = 84;
const GAP: usize = 16;
const TOP: usize = 44;

/// Where the zone of the front-ends begins; farther right where a load balancer stands before it.
const ZONE: usize = 378;
const BALANCER_ROOM: usize = 196;
/// The place of the load balancer, from left to right.
const BALANCER: (usize, usize) = (276, 436);

/// The load balancer before the front-ends, as it is recorded.
#[derive(Debug, Clone)]
pub(super) struct Before {
    /// Its name.
    pub name: String,
    /// Where it is told of.
    pub href: String,
}

/// The drawing. What it shows stands below it as a list too, to which every front-end leads.
#[component]
pub fn Drawing(
    card: EnvironmentCard,
    now: Timestamp,
    /// What people go through, where one is recorded.
    balancer: Option<Before>,
) -> impl IntoView {
    let shown: Vec<ServerView> = card.servers.iter().take(DRAWN).cloned().collect();
    let more = card.servers.len() - shown.len();
    let rows = shown.len() + usize::from(more > 0);
    let zone = TOP + rows * (NODE_HEIGHT + GAP);
    let middle = |at: usize| TOP + at * (NODE_HEIGHT + GAP) + NODE_HEIGHT / 2;
    let controller = shown.iter().position(|each| each.is_controller);
    let sentence = sentence(&card, balancer.as_ref());
    let shift = if balancer.is_some() { BALANCER_ROOM } else { 0 };
    let (left, right) = (ZONE + shift, ZONE + shift + 400);
    // The borders of the boxes of front-ends.
    let (near, far) = (left + 14, right - 18);
    // People above, the console below, each in a box of its own.
    let people = TOP + 34;
    let console = (zone - 56).max(people + 92);
    let height = (zone + 12).max(console + 46);
    let begin = if balancer.is_some() { BALANCER.1 } else { PARTY };
    let between = usize::midpoint(begin, near);
    let serving = |each: &ServerView| each.reported.as_ref().is_some_and(|report| report.reachable);
    let opens = shown
        .iter()
        .enumerate()
        .map(|(at, each)| {
            let (y, class) = (middle(at) - 16, if serving(each) { "flow" } else { "flow idle" });
            let end = near - 2;
            view! { <path class=class d=format!("M{begin} {people} C{between} {people} {between} {y} {end} {y}")></path> }
        })
        .collect_view();
    let through = balancer.as_ref().map(|_| {
        let class = if shown.iter().any(serving) { "flow" } else { "flow idle" };
        view! { <path class=class d=format!("M{PARTY} {people} H{}", BALANCER.0)></path> }
    });
    let balancer = balancer.map(|Before { name, href }| {
        let (x, y, width) = (BALANCER.0, people - 26, BALANCER.1 - BALANCER.0);
        let (says, shown) = (format!("Load balancer {name}"), short(&name, 18));
        view! {
            <a href=href aria-label=says>
                <rect class="node balancer" x=x.to_string() y=y.to_string() width=width.to_string() height="52" rx="8"></rect>
                <text class="s t2" x=(x + 14).to_string() y=(y + 21).to_string()>"Load balancer"</text>
            </a>
            <g class="beneath" aria-hidden="true"><text class="b" x=(x + 14).to_string() y=(y + 40).to_string()>{shown}</text></g>
        }
    });
    let lost = card.health == domain::environment::Health::Unknown || card.heard_at.is_none();
    let calls = controller.map(|at| {
        let (y, middle, end) = (middle(at) + 16, usize::midpoint(PARTY, near), PARTY + 2);
        let class = if lost { "call lost" } else { "call" };
        view! { <path class=class d=format!("M{near} {y} C{middle} {y} {middle} {console} {end} {console}")></path> }
    });
    let heard = match (controller, card.heard_at) {
        (None, _) => "no controller yet".to_owned(),
        (Some(_), None) => "not called by the controller yet".to_owned(),
        (Some(_), Some(at)) => format!("called by the controller {}", times::ago(at, now)),
    };
    let hands = controller.map(|from| {
        (0..shown.len())
            .filter(|to| *to != from)
            .map(|to| {
                let (a, b) = (middle(from), middle(to));
                let reached = serving(&shown[to]);
                let class = if reached { "call" } else { "call lost" };
                let (bow, end) = (far + 46, far + 2);
                view! { <path class=class d=format!("M{far} {a} C{bow} {a} {bow} {b} {end} {b}")></path> }
            })
            .collect_view()
    });
    let labelled = (controller.is_some() && shown.len() > 1).then(|| {
        let (x, y) = (far + 42, (middle(0) + middle(1)) / 2 + 4);
        view! { <text class="s t2" x=x.to_string() y=y.to_string()>"Server.API"</text> }
    });
    let nodes = shown
        .into_iter()
        .enumerate()
        .map(|(at, each)| node(&each, near, TOP + at * (NODE_HEIGHT + GAP)))
        .collect_view();
    let folded = (more > 0).then(|| {
        let (x, y) = (near + 6, TOP + DRAWN * (NODE_HEIGHT + GAP) + 34);
        let answering = card.servers[DRAWN..].iter().filter(|each| answers(each)).count();
        let said = format!("and {more} more, {answering} of them answering, in the list below");
        view! { <text class="s t2" x=x.to_string() y=y.to_string()>{said}</text> }
    });
    let opened = card.address.clone().unwrap_or_else(|| "#applications".to_owned());
    let name = card.environment.name.clone();
    let count = words::of(card.servers.len() as u64, "front-end server", "front-end servers");
    view! {
        <div class="drawbox" tabindex="0" role="region" aria-label="Drawing of the environment">
            <svg class="draw" viewBox=format!("0 0 {} {height}", 900 + shift) role="group" aria-label=sentence>
                <rect class="zone" x=left.to_string() y="8" width="400" height=(zone - 4).to_string() rx="10"></rect>
                <text class="b" x=(left + 16).to_string() y="31">{name}</text>
                <text class="s t3 end" x=(right - 16).to_string() y="31">{count}</text>
                {through}
                {opens}
                {calls}
                {hands}
                {labelled}
                {nodes}
                {folded}
                {balancer}
                {party(Icon::People, people, "People", "who open the applications".to_owned(), opened)}
                {party(Icon::Lock, console, "This console", heard, "#timeline".to_owned())}
            </svg>
        </div>
    }
}

/// The right border of the boxes of those who stand outside.
const PARTY: usize = 232;

/// Who stands outside of the environment, and where to read on about that.
fn party(icon: Icon, middle: usize, name: &'static str, beneath: String, href: String) -> impl IntoView {
    let top = middle - 32;
    let says = format!("{name}, {beneath}");
    view! {
        <a href=href aria-label=says>
            <rect class="node" x="14" y=top.to_string() width="218" height="64" rx="8"></rect>
            <text class="b" x="52" y=(top + 26).to_string()>{name}</text>
        </a>
        <g class="beneath" aria-hidden="true">
            <g transform=format!("translate(26 {})", top + 12)><svg class="ico" width="18" height="18" viewBox="0 0 24 24" inner_html=format!("<use href=\"#{}\"/>", icon.id())></svg></g>
            <text class="x t2" x="26" y=(top + 48).to_string()>{beneath}</text>
        </g>
    }
}

/// How a front-end stands, from what was reported about it.
pub(super) fn look(server: &ServerView) -> Look {
    match (&server.reported, server.enrolled_at) {
        (_, None) => Look::new(Tone::Plain, Icon::Circle, "Not enrolled"),
        (None, Some(_)) => Look::new(Tone::Plain, Icon::Question, "Not heard yet"),
        (Some(report), _) if report.reachable => Look::new(Tone::Ok, Icon::Check, "Answers"),
        (Some(_), _) => Look::new(Tone::Bad, Icon::Cross, "Does not answer"),
    }
}

/// A front-end. Its link leads to the list, is called by all that is drawn, and has the name in it where nothing of it was cut (WCAG 2.5.3).
fn node(server: &ServerView, x: usize, y: usize) -> impl IntoView + use<> {
    let look = look(server);
    let tone = look.tone.class();
    let role = if server.is_controller { "deployment controller" } else { "front-end" };
    let (address, ready) = match &server.reported {
        None => ("nothing was reported about it yet".to_owned(), String::new()),
        Some(report) => {
            let ready = report.applications.iter().filter(|each| each.ready).count();
            let all = report.applications.len();
            (
                report.public_address.clone(),
                format!("{ready} of {} ready", words::of(all as u64, "application", "applications")),
            )
        }
    };
    // As wide as the word: 11 px Inter is about 6.4 px a letter.
    let width = look.word.chars().count() * 13 / 2 + 34;
    let (text, right) = (x + 16, x + 352);
    let pill = right - width;
    let mut said = vec![server.name.clone(), role.to_owned(), look.word.clone(), address.clone()];
    said.extend((!ready.is_empty()).then(|| ready.clone()));
    let (href, says) = (format!("#{}", anchor(&server.key)), said.join(", "));
    let name = short(&server.name, 24);
    let whole = name == server.name;
    let around = view! { <rect class=format!("node {tone}") x=x.to_string() y=y.to_string() width="366" height=NODE_HEIGHT.to_string() rx="8"></rect> };
    let written = view! { <text class="m" x=text.to_string() y=(y + 26).to_string()>{name}</text> };
    let (inside, cut) = named(around, written, whole);
    view! {
        <a href=href aria-label=says>{inside}</a>
        <g class="beneath" aria-hidden="true">
            {cut}
            <rect class=format!("pill {tone}") x=pill.to_string() y=(y + 11).to_string() width=width.to_string() height="20" rx="10"></rect>
            <g transform=format!("translate({} {})", pill + 8, y + 15)><svg class=format!("ico {tone}") width="12" height="12" viewBox="0 0 24 24" inner_html=format!("<use href=\"#{}\"/>", look.icon.id())></svg></g>
            <text class=format!("x b {tone}") x=(pill + 25).to_string() y=(y + 25).to_string()>{look.word}</text>
            <text class="s t2" x=text.to_string() y=(y + 48).to_string()>{role}</text>
            <text class="s t2 end" x=right.to_string() y=(y + 48).to_string()>{ready}</text>
            <text class="s t3 mono" x=text.to_string() y=(y + 69).to_string()>{short(&address, 48)}</text>
        </g>
    }
}

fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// Whether it was reached when it was reported last.
pub(super) fn answers(server: &ServerView) -> bool {
    server.reported.as_ref().is_some_and(|report| report.reachable)
}

fn sentence(card: &EnvironmentCard, balancer: Option<&Before>) -> String {
    let answering = card.servers.iter().filter(|each| answers(each)).count();
    let servers = words::of(card.servers.len() as u64, "front-end server", "front-end servers");
    let behind = balancer.map(|each| format!(" behind the load balancer {}", each.name)).unwrap_or_default();
    format!(
        "{}: {servers}{behind}, {answering} answering. The list below says the same.",
        card.environment.name
    )
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn long_texts_end_in_an_ellipsis() {
        assert_eq!(short("prod-1", 8), "prod-1");
        assert_eq!(short("a-very-long-name", 8), "a-very-…");
    }
}
