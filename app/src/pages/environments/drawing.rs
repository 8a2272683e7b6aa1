//! An environment drawn from what is recorded and reported: its front-ends, who opens them, and who calls whom.

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

/// The drawing. What it shows stands below it as a list too, so it is one picture with a sentence to a screen reader.
#[component]
pub fn Drawing(card: EnvironmentCard, now: Timestamp) -> impl IntoView {
    let shown: Vec<ServerView> = card.servers.iter().take(DRAWN).cloned().collect();
    let more = card.servers.len() - shown.len();
    let rows = shown.len() + usize::from(more > 0);
    let zone = TOP + rows * (NODE_HEIGHT + GAP);
    let middle = |at: usize| TOP + at * (NODE_HEIGHT + GAP) + NODE_HEIGHT / 2;
    let controller = shown.iter().position(|each| each.is_controller);
    let sentence = sentence(&card);
    // People above, the console below, each in a box of its own.
    let people = TOP + 34;
    let console = (zone - 56).max(people + 92);
    let height = (zone + 12).max(console + 46);
    let opens = (0..shown.len())
        .map(|at| {
            let serving = shown[at].reported.as_ref().is_some_and(|report| report.reachable);
            let (y, class) = (middle(at) - 16, if serving { "flow" } else { "flow idle" });
            view! { <path class=class d=format!("M232 {people} C310 {people} 310 {y} 392 {y}")></path> }
        })
        .collect_view();
    let lost = card.health == domain::environment::Health::Unknown || card.heard_at.is_none();
    let calls = controller.map(|at| {
        let y = middle(at) + 16;
        let class = if lost { "call lost" } else { "call" };
        view! { <path class=class d=format!("M392 {y} C310 {y} 310 {console} 234 {console}")></path> }
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
                let reached = shown[to].reported.as_ref().is_some_and(|report| report.reachable);
                let class = if reached { "call" } else { "call lost" };
                view! { <path class=class d=format!("M760 {a} C806 {a} 806 {b} 762 {b}")></path> }
            })
            .collect_view()
    });
    let labelled = (controller.is_some() && shown.len() > 1).then(|| {
        let y = (middle(0) + middle(1)) / 2 + 4;
        view! { <text class="s t2" x="802" y=y.to_string()>"Server.API"</text> }
    });
    let nodes = shown
        .into_iter()
        .enumerate()
        .map(|(at, each)| node(&each, TOP + at * (NODE_HEIGHT + GAP)))
        .collect_view();
    let folded = (more > 0).then(|| {
        let y = TOP + DRAWN * (NODE_HEIGHT + GAP) + 34;
        let answering = card.servers[DRAWN..].iter().filter(|each| answers(each)).count();
        let said = format!("and {more} more, {answering} of them answering, in the list below");
        view! { <text class="s t2" x="400" y=y.to_string()>{said}</text> }
    });
    view! {
        <div class="drawbox" tabindex="0" role="region" aria-label="Drawing of the environment">
            <svg class="draw" viewBox=format!("0 0 900 {height}") role="img" aria-label=sentence>
                <rect class="zone" x="378" y="8" width="400" height=(zone - 4).to_string() rx="10"></rect>
                <text class="b" x="394" y="31">{card.environment.name.clone()}</text>
                <text class="s t3 end" x="762" y="31">{words::of(card.servers.len() as u64, "front-end server", "front-end servers")}</text>
                {opens}
                {calls}
                {hands}
                {labelled}
                {nodes}
                {folded}
                {party(Icon::People, people, "People", "who open the applications".to_owned())}
                {party(Icon::Lock, console, "This console", heard)}
            </svg>
        </div>
    }
}

/// Who stands outside of the environment.
fn party(icon: Icon, middle: usize, name: &'static str, beneath: String) -> impl IntoView {
    let top = middle - 32;
    view! {
        <g>
            <rect class="node" x="14" y=top.to_string() width="218" height="64" rx="8"></rect>
            <g transform=format!("translate(26 {})", top + 12)><svg class="ico" width="18" height="18" viewBox="0 0 24 24" inner_html=format!("<use href=\"#{}\"/>", icon.id())></svg></g>
            <text class="b" x="52" y=(top + 26).to_string()>{name}</text>
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

fn node(server: &ServerView, y: usize) -> impl IntoView + use<> {
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
    let pill = 746 - width;
    view! {
        <g>
            <rect class=format!("node {tone}") x="394" y=y.to_string() width="366" height=NODE_HEIGHT.to_string() rx="8"></rect>
            <text class="m" x="410" y=(y + 26).to_string()>{short(&server.name, 24)}</text>
            <rect class=format!("pill {tone}") x=pill.to_string() y=(y + 11).to_string() width=width.to_string() height="20" rx="10"></rect>
            <g transform=format!("translate({} {})", pill + 8, y + 15)><svg class=format!("ico {tone}") width="12" height="12" viewBox="0 0 24 24" inner_html=format!("<use href=\"#{}\"/>", look.icon.id())></svg></g>
            <text class=format!("x b {tone}") x=(pill + 25).to_string() y=(y + 25).to_string()>{look.word}</text>
            <text class="s t2" x="410" y=(y + 48).to_string()>{role}</text>
            <text class="s t2 end" x="746" y=(y + 48).to_string()>{ready}</text>
            <text class="s t3 mono" x="410" y=(y + 69).to_string()>{short(&address, 48)}</text>
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

fn sentence(card: &EnvironmentCard) -> String {
    let answering = card.servers.iter().filter(|each| answers(each)).count();
    let servers = words::of(card.servers.len() as u64, "front-end server", "front-end servers");
    format!("{}: {servers}, {answering} answering. The list below says the same.", card.environment.name)
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
