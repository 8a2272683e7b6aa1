//! Hotfixes: what a later stage runs and an earlier one never had, and the way back.

use crate::actions::applications::SolveHotfix;
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Field, Glyph, Kind, LinkButton, Tag, When, Why};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use leptos::server_fn::ServerFn;
use operations::view::{ApplicationRef, BackStep, HotfixState, HotfixView};

/// The card; none where there is no hotfix.
pub(super) fn card(place: &Place, application: &ApplicationRef, all: Vec<HotfixView>) -> Option<AnyView> {
    if all.is_empty() {
        return None;
    }
    let open = all.iter().filter(|one| one.state == HotfixState::Pending).count();
    let aside = match open {
        0 => "all of them are solved".to_owned(),
        1 => "1 has not found its way back".to_owned(),
        n => format!("{n} have not found their way back"),
    };
    let each = all.into_iter().map(|one| hotfix(place, application, one)).collect_view();
    Some(
        view! { <Card title="Hotfixes" id="hotfixes" aside><div class="stack">{each}</div></Card> }
            .into_any(),
    )
}

fn hotfix(place: &Place, application: &ApplicationRef, one: HotfixView) -> AnyView {
    let (env, name) = (one.environment.key.clone(), one.environment.name.clone());
    let now = place.now;
    if let Some(solved) = one.solved {
        return view! {
            <section class="stack tight">
                <p class="row wrap"><Tag icon=Icon::Check words="Solved"/><b>{format!("{name} runs {}", one.label)}</b></p>
                <p class="small">{solved.reason}<span class="dim">" – "{solved.by}", "<When at=solved.at now/>". It is a hotfix again when something else comes to "{name}" that earlier stages never had."</span></p>
            </section>
        }
        .into_any();
    }
    let nearest = one.back.iter().position(|step| step.by_plan);
    let steps = one
        .back
        .iter()
        .enumerate()
        .map(|(at, step)| back(place, application, &env, step, nearest == Some(at)))
        .collect_view();
    let mine = place.typed("solved-in").as_deref() == Some(env.as_str());
    let (value, problem) = if mine { (place.typed("reason"), place.problem("reason")) } else { (None, None) };
    let solve = match one.solve {
        Err(refusal) => {
            view! { <div class="small dim"><Why refusals=vec![refusal] id=format!("no-solve-{env}")/></div> }.into_any()
        }
        Ok(()) => view! {
            <details class="tagging" open=mine>
                <summary class="btn"><Glyph icon=Icon::Check/>"Mark as solved"</summary>
                <form method="post" action=SolveHotfix::url() class="stack">
                    <input type="hidden" name="infra" value=place.key.clone()/>
                    <input type="hidden" name="app" value=application.key.clone()/>
                    <input type="hidden" name="env" value=env.clone()/>
                    <Field label="How the change got into the earlier stages" name="reason" id=format!("solve-{env}") value problem required=true maxlength=300
                        help="It holds until something new runs there."/>
                    <div class="row"><Button words="Mark as solved" label=format!("Mark the hotfix in {name} as solved")/></div>
                </form>
            </details>
        }
        .into_any(),
    };
    view! {
        <section class="stack tight">
            <p class="row wrap"><Tag tone=Tone::Bad icon=Icon::Differ words="Hotfix"/><b>{format!("{name} runs {}, which earlier stages never had", one.label)}</b></p>
            <p class="small dim">"Bring it back one stage after the other, or put the change into the source and publish it. Until then a plan that would undo it needs a right of its own and a reason."</p>
            <ol class="relations">{steps}</ol>
            {solve}
        </section>
    }
    .into_any()
}

/// One step of the way back.
fn back(place: &Place, application: &ApplicationRef, from: &str, step: &BackStep, next: bool) -> AnyView {
    let what = format!("{} runs {}", step.environment.name, step.runs);
    if !step.by_plan {
        return view! {
            <li><b>{what}</b><span class="small dim">"That is a higher version, and a plan never goes below it (R03): put the change into the source of it and publish that."</span></li>
        }
        .into_any();
    }
    let pairs = [
        ("from", Some(from)),
        ("to", Some(step.environment.key.as_str())),
        ("app", Some(application.key.as_str())),
    ];
    let href = place.with_query("/plans/new", &pairs);
    let words = format!("Plan it back to {}", step.environment.name);
    let kind = if next { Kind::Go } else { Kind::Plain };
    view! { <li><b>{what}</b><LinkButton words href kind icon=Icon::Back/></li> }.into_any()
}
