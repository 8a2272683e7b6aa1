//! The gates on a plan's page: what each says, approving and rejecting, overriding, and a start for later.

use crate::actions::gates::{AskApproval, CheckPlan, DecidePlan};
use crate::context::Place;
use crate::prelude::*;
use crate::ui::{Button, Card, Field, Glyph, Kind, Note, StateTag, When, Why};
use crate::view::icons::Icon;
use crate::view::times;
use crate::view::tone::{Look, Tone};
use domain::gate::{Answer, State};
use leptos::server_fn::ServerFn;
use operations::view::{DecisionView, PlanGates, PlanPage};

/// The mark of what a gate says.
fn mark(answer: &Answer) -> (&'static str, Icon) {
    if let (State::Refuses, "verification") = (answer.state, answer.rule) {
        return ("mark bad", Icon::Cross);
    }
    match (answer.state, answer.freeze.is_some(), answer.until.is_some()) {
        (State::Met, ..) => ("mark ok", Icon::Check),
        (_, true, _) => ("mark wait", Icon::Ban),
        (State::Parks, ..) | (State::Refuses, _, true) => ("mark wait", Icon::Clock),
        (State::Refuses, ..) => ("mark bad", Icon::People),
    }
}

/// What the gates say, those that are met too; nothing where there are none.
pub fn list(place: &Place, answers: &[Answer], id: &'static str) -> Option<AnyView> {
    if answers.is_empty() {
        return None;
    }
    let now = place.now;
    let rows = answers
        .iter()
        .map(|answer| {
            let (class, icon) = mark(answer);
            let state = match answer.state {
                State::Met => "met",
                State::Refuses => "open",
                State::Parks => "waits",
            };
            let lift = match answer.state {
                State::Met => "lift ok",
                State::Refuses => "lift bad",
                State::Parks => "lift wait",
            };
            let short = if answer.short.is_empty() { state.to_owned() } else { answer.short.clone() };
            let until = answer.until.map(|at| view! { <p class="own">"Over at "<When at now exact=true/>"."</p> });
            view! {
                <li>
                    <span class=class><Glyph icon/></span>
                    <div>
                        <h3>{answer.title}<span class="sr">{format!(": {state}")}</span><span class=lift>{short}</span></h3>
                        <p>{answer.sentence.clone()}</p>
                        {until}
                        <p class="own">{answer.lifted_by.clone()}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    Some(view! { <ol class="gates" id=id aria-label="Gates">{rows}</ol> })
}

/// Has the console check the stage before; nothing where no gate asks for that.
pub fn check(place: &Place, page: &PlanPage) -> Option<AnyView> {
    let possible = page.gates.check.clone()?;
    let words = format!("Check {} now", page.source.name);
    Some(view! {
        <form method="post" action=CheckPlan::url() class="stack tight">
            <input type="hidden" name="infra" value=place.key.clone()/>
            <input type="hidden" name="plan" value=page.id.to_string()/>
            <Button words icon=Icon::Check possible id="check"/>
        </form>
    })
}

/// The fields of a start that is for later, or that overrides a freeze.
pub fn schedule(place: &Place, page: &PlanPage) -> AnyView {
    let typed = |field: &str| place.typed(field);
    let frozen = page.gates.override_freezes.clone().map(|possible| {
        let problem = place.problem("override_freezes");
        let inner = match possible {
            Ok(()) => view! {
                <Field label="Override the freeze, because" name="more[override_freezes]" id="override_freezes" value=typed("override_freezes") problem maxlength=300
                    help="leave it empty to wait for the end of the freeze; the log keeps it"/>
            },
            Err(refusal) => view! { <Why refusals=vec![refusal] id="no-override"/> },
        };
        view! {
            <Note tone=Tone::Wait icon=Icon::Clock><p>"It can be started now and waits: it keeps its place, and begins by itself after the freeze."</p></Note>
            {inner}
        }
    });
    let open = ["at", "until"]
        .iter()
        .any(|field| place.problem(field).is_some() || typed(field).is_some_and(|text| !text.is_empty()));
    let zone = format!("in {}", times::zone_name());
    view! {
        {frozen}
        <details class="otherway" open=open>
            <summary>"Start it later"</summary>
            <div class="stack">
                <Field label="Not before" name="more[at]" id="at" kind="datetime-local" value=typed("at") problem=place.problem("at") help=zone.clone()/>
                <Field label="It ends if it could not begin by" name="more[until]" id="until" kind="datetime-local" value=typed("until") problem=place.problem("until") help=zone/>
                <p class="tiny dim">"Approvals and soak times are judged as they are then, and freezes are asked again."</p>
            </div>
        </details>
    }
}

/// Asking for approval, giving it, and what was decided; nothing where no gate asks for any.
pub fn approval(place: &Place, page: &PlanPage) -> Option<AnyView> {
    let gates = &page.gates;
    if gates.ask.is_none() && gates.decide.is_none() && gates.decisions.is_empty() {
        return None;
    }
    let now = place.now;
    let asked = gates.asked.clone().map(|(at, by)| {
        view! { <p class="small dim">{by}" asked for it "<When at now/>"."</p> }
    });
    let decide = gates.decide.clone().map(|possible| match possible {
        Err(refusal) => view! { <Why refusals=vec![refusal] id="no-decision"/> },
        Ok(()) => decide(place, page),
    });
    let ask = gates.ask.clone().map(|possible| {
        let again = gates.asked.is_some();
        let words = if again { "Ask again" } else { "Ask for approval" };
        let kind = if again { Kind::Plain } else { Kind::Go };
        view! {
            <form method="post" action=AskApproval::url()>
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="plan" value=page.id.to_string()/>
                <Button words kind icon=Icon::People possible id="ask"/>
            </form>
        }
    });
    let decisions = decisions(place, gates);
    Some(view! {
        <Card title="Approval" id="approval">
            <div class="stack">
                {asked}
                {decide}
                {ask}
            </div>
            {decisions}
        </Card>
    })
}

fn decide(place: &Place, page: &PlanPage) -> AnyView {
    let (value, problem) = (place.typed("words"), place.problem("words"));
    // A started plan is decided as it was started.
    let digest = page.gates.digest.clone().unwrap_or_default();
    view! {
        <form method="post" action=DecidePlan::url() class="stack">
            <input type="hidden" name="infra" value=place.key.clone()/>
            <input type="hidden" name="plan" value=page.id.to_string()/>
            <input type="hidden" name="digest" value=digest/>
            <Field label="Your words" name="words" value problem maxlength=300 help="needed where you reject it"/>
            <div class="row">
                <Button words="Approve" kind=Kind::Go icon=Icon::Check sends=("decision".to_owned(), "approve".to_owned())/>
                <Button words="Reject" kind=Kind::Bad icon=Icon::Cross sends=("decision".to_owned(), "reject".to_owned())/>
            </div>
        </form>
    }
}

fn decisions(place: &Place, gates: &PlanGates) -> Option<AnyView> {
    if gates.decisions.is_empty() {
        return None;
    }
    let rows = gates.decisions.iter().map(|one| decision(place, one)).collect_view();
    Some(view! { <ol class="gates" aria-label="What was decided">{rows}</ol> })
}

fn decision(place: &Place, one: &DecisionView) -> AnyView {
    let (class, icon) = match (one.counts, one.approves) {
        (true, true) => ("mark ok", Icon::Check),
        (true, false) => ("mark bad", Icon::Cross),
        (false, _) => ("mark", Icon::Minus),
    };
    let did = if one.approves { "approved" } else { "rejected" };
    let void = (!one.counts).then(|| {
        let changed = one.changed.iter().cloned().map(|text| view! { <li>{text}</li> }).collect_view();
        view! {
            <div class="stack tight">
                <StateTag look=Look::new(Tone::Warn, Icon::Alert, "Void: the plan changed")/>
                <ul class="small">{changed}</ul>
            </div>
        }
    });
    let words = (!one.words.is_empty()).then(|| view! { <p>{one.words.clone()}</p> });
    view! {
        <li>
            <span class=class><Glyph icon/></span>
            <div>
                <p class="reason">{one.by.clone()}" "{did}" "<When at=one.at now=place.now/></p>
                {words}
                {void}
            </div>
        </li>
    }
}
