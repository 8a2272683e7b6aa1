//! The log of a deployment: by level and words, and as a file.

use crate::context::{Place, encoded};
use crate::prelude::*;
use crate::ui::{Button, Choice, Field, Glyph, LinkButton, Select};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::{times, words};
use operations::DeploymentAsk;
use operations::view::{DeploymentPage, LineView, LogCounts};

/// What the address asks for.
pub(super) fn asked(place: &Place) -> DeploymentAsk {
    let some = |name: &str| place.query(name).filter(|text| !text.trim().is_empty());
    DeploymentAsk { level: some("level"), words: some("words"), way_back: some("back").is_some() }
}

/// The log with its filter.
pub(super) fn view(place: &Place, page: &DeploymentPage, query: &DeploymentAsk) -> AnyView {
    let over = page.row.finished_at.is_some();
    let here = place.address(&format!("/deployments/{}", page.row.id));
    let LogCounts { lines: all, warnings, errors } = page.log;
    if all == 0 {
        return view! { <p class="body dim">"Nothing has been written yet."</p> }.into_any();
    }
    let filtered = query.level.is_some() || query.words.is_some();
    let choices = vec![
        Choice::new("info", format!("All {all}")),
        Choice::new("warning", format!("Warnings and errors, {}", warnings + errors)),
        Choice::new("error", format!("Errors, {errors}")),
    ];
    let level = Some(query.level.clone().unwrap_or_else(|| "info".to_owned()));
    let file = format!("/i/{}/deployments/{}/log", encoded(&place.key), page.row.id);
    let clear = filtered.then(|| view! { <LinkButton words="Show all" href=format!("{here}#log")/> });
    view! {
        <form method="get" action=format!("{here}#log") class="logfilter">
            <Select label="Level" name="level" id="log-level" choices value=level/>
            <Field label="Words" name="words" id="log-words" kind="search" value=query.words.clone()/>
            <div class="row wrap">
                <Button words="Show" label="Show these lines"/>
                {clear}
                <a class="btn" href=file download=""><Glyph icon=Icon::Down/>"Download"</a>
            </div>
        </form>
        {lines(page.lines.clone(), (all, filtered), over)}
    }
    .into_any()
}

fn lines(lines: Vec<LineView>, (all, filtered): (u64, bool), over: bool) -> AnyView {
    if lines.is_empty() {
        return view! { <p class="body dim">{format!("None of the {all} lines is such a one.")}</p> }
            .into_any();
    }
    let end = if over { "It is complete." } else { "New lines appear as they are written." };
    let foot = if lines.len() as u64 == all {
        format!("{}. {end}", words::of(all, "line", "lines"))
    } else if filtered {
        format!("{} of {all} lines. {end}", lines.len())
    } else {
        format!("The last {} of {all} lines. {end}", lines.len())
    };
    let lines = lines
        .into_iter()
        .map(|line| {
            let look = words::level(&line.level);
            let class = match look.tone {
                Tone::Bad => "e",
                Tone::Warn => "w",
                _ => "",
            };
            view! {
                <li class=class>
                    <time datetime=times::machine(line.at)>{times::clock(line.at)}</time>
                    <span class=format!("st {}", look.tone.class())><Glyph icon=look.icon/>{look.word}</span>
                    <span class="m">{line.message}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="log" tabindex="0" role="region" aria-label="Lines of the log"><ol>{lines}</ol></div>
        <footer class="foot">{foot}</footer>
    }
    .into_any()
}
