//! The steps of a deployment as lanes: preparing, then one lane for each front-end, then the steps back.

use crate::prelude::*;
use crate::ui::{Glyph, Meter};
use crate::view::{times, words};
use domain::id::ServerId;
use domain::time::Timestamp;
use operations::view::{DeploymentPage, StepView};

/// All lanes that have steps.
pub(super) fn all(page: &DeploymentPage, now: Timestamp) -> impl IntoView + use<> {
    let of = |server: Option<ServerId>| {
        page.steps.iter().filter(|step| step.server == server && shown(step)).cloned().collect::<Vec<_>>()
    };
    let prepare = lane("Whole environment", "", "fetched, checked and laid ready once", of(None), now);
    let servers = page
        .servers
        .iter()
        .map(|(id, name)| lane(name, "mono", standing(&page.steps, *id), of(Some(*id)), now))
        .collect_view();
    view! { <div class="lanes">{prepare}{servers}</div> }
}

/// Steps back are worked out when the plan is made; they are shown once one of them is wanted.
fn shown(step: &StepView) -> bool {
    !step.back || !matches!(step.state.as_str(), "pending" | "skipped")
}

/// How a front-end stands in this run, in a few words.
fn standing(steps: &[StepView], server: ServerId) -> &'static str {
    let of = |back: bool| steps.iter().filter(move |step| step.server == Some(server) && step.back == back);
    if of(true).any(|step| !matches!(step.state.as_str(), "pending" | "skipped")) {
        return if of(true).all(|step| matches!(step.state.as_str(), "done" | "skipped")) {
            "back as it was before"
        } else {
            "on the way back"
        };
    }
    let states: Vec<&str> = of(false).map(|step| step.state.as_str()).collect();
    match () {
        () if states.contains(&"failed") => "a step failed",
        () if states.iter().all(|state| *state == "done") => "all new",
        () if states.iter().all(|state| *state == "pending") => "as before",
        () if states.iter().all(|state| *state == "skipped") => "left as it was",
        () => "changing",
    }
}

fn lane(
    name: &str,
    class: &'static str,
    standing: &'static str,
    steps: Vec<StepView>,
    now: Timestamp,
) -> Option<impl IntoView + use<>> {
    if steps.is_empty() {
        return None;
    }
    // The lane says where already.
    let on = format!(" on {name}");
    let name = name.to_owned();
    Some(view! {
        <section class="lane">
            <div><h3 class=class>{name}</h3><span class="tiny dim">{standing}</span></div>
            <ol>{steps.into_iter().map(|one| step(one, &on, now)).collect_view()}</ol>
        </section>
    })
}

fn step(step: StepView, on: &str, now: Timestamp) -> impl IntoView + use<> {
    let title = step.title.strip_suffix(on).unwrap_or(&step.title).to_owned();
    let look = words::step(&step.state);
    let took = match (step.started_at, step.finished_at) {
        (Some(from), Some(to)) => Some(times::length(to.since(from))),
        (Some(from), None) if step.state != "pending" => Some(times::length(now.since(from))),
        _ => None,
    };
    let running = step.state == "dispatched" && step.total > 0;
    let percent = (step.done.min(step.total) * 100).checked_div(step.total).unwrap_or_default() as u8;
    let class = if step.state == "pending" || step.state == "skipped" { "plan" } else { look.tone.class() };
    let tone = format!("st {}", look.tone.class());
    // A finished step says how long it took, in place of the word.
    let word = match (&took, step.state.as_str()) {
        (Some(took), "done") => view! { <span class="sr">"done in "</span>{took.clone()} }.into_any(),
        (Some(took), _) => view! { {look.word}", "{took.clone()} }.into_any(),
        (None, _) => look.word.into_any(),
    };
    view! {
        <li class=class>
            <b>{step.back.then_some("Back: ")}{title}</b>
            <span class=tone><Glyph icon=look.icon/>{word}</span>
            {running.then(|| view! { <Meter label=step.title percent=Some(percent)/> })}
            {(!step.reason.is_empty()).then(|| view! { <p class="reason">{step.reason}</p> })}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(back: bool, state: &str) -> StepView {
        StepView {
            ordinal: 1,
            back,
            title: "Activate Tides 1.0.0 on prod-1".to_owned(),
            server: Some(ServerId(Default::default())),
            state: state.to_owned(),
            done: 0,
            total: 0,
            reason: String::new(),
            started_at: None,
            finished_at: None,
        }
    }

    #[test]
    fn a_front_end_says_how_it_stands() {
        let server = ServerId(Default::default());
        for (steps, words) in [
            (vec![step(false, "pending"), step(true, "pending")], "as before"),
            (vec![step(false, "done"), step(false, "pending")], "changing"),
            (vec![step(false, "done"), step(false, "done"), step(true, "skipped")], "all new"),
            (vec![step(false, "done"), step(false, "failed"), step(true, "pending")], "a step failed"),
            (vec![step(false, "failed"), step(true, "dispatched")], "on the way back"),
            (vec![step(false, "failed"), step(true, "done"), step(true, "skipped")], "back as it was before"),
        ] {
            assert_eq!(standing(&steps, server), words, "{steps:?}");
        }
    }

    #[test]
    fn steps_back_show_once_they_are_wanted() {
        assert!(!shown(&step(true, "pending")));
        assert!(shown(&step(true, "dispatched")));
        assert!(shown(&step(false, "pending")));
    }
}
