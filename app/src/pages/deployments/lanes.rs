//! The steps of a deployment as lanes: preparing, then one lane for each front-end.

use crate::ui::{Glyph, Meter};
use crate::view::{times, words};
use domain::id::ServerId;
use domain::time::Timestamp;
use leptos::prelude::*;
use operations::view::{DeploymentPage, StepView};

/// All lanes that have steps.
pub(super) fn all(page: &DeploymentPage, now: Timestamp) -> impl IntoView + use<> {
    let prepare = lane("Prepare once", of(page, None), now);
    let servers = page.servers.iter().map(|(id, name)| lane(name, of(page, Some(*id)), now)).collect_view();
    view! { <div class="lanes">{prepare}{servers}</div> }
}

fn of(page: &DeploymentPage, server: Option<ServerId>) -> Vec<StepView> {
    page.steps.iter().filter(|step| step.server == server).cloned().collect()
}

fn lane(name: &str, steps: Vec<StepView>, now: Timestamp) -> Option<impl IntoView + use<>> {
    if steps.is_empty() {
        return None;
    }
    let name = name.to_owned();
    Some(view! {
        <section class="lane">
            <h3>{name}</h3>
            <ol>{steps.into_iter().map(|one| step(one, now)).collect_view()}</ol>
        </section>
    })
}

fn step(step: StepView, now: Timestamp) -> impl IntoView {
    let look = words::step(&step.state);
    let took = match (step.started_at, step.finished_at) {
        (Some(from), Some(to)) => Some(times::length(to.since(from))),
        (Some(from), None) if step.state != "pending" => Some(times::length(now.since(from))),
        _ => None,
    };
    let running = step.state == "dispatched" && step.total > 0;
    let percent = (step.done.min(step.total) * 100).checked_div(step.total).unwrap_or_default() as u8;
    view! {
        <li class=format!("step {}", look.tone.class())>
            <span class="st"><Glyph icon=look.icon/>{look.word}</span>
            <span class="what">{step.back.then_some("Back: ")}{step.title.clone()}</span>
            <span class="took small dim">{took}</span>
            {running.then(|| view! { <Meter label=step.title percent=Some(percent)/> })}
            {(!step.reason.is_empty()).then(|| view! { <p class="reason">{step.reason}</p> })}
        </li>
    }
}
