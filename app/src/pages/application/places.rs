//! One environment on an application's page: what runs there, where it opens, and tagging it.

use super::block;
use crate::actions::applications::{ChooseZone, LiftPin, TagVersion};
use crate::actions::plans::MakePlan;
use crate::context::Place;
use crate::pages::{logs, settings, timers};
use crate::prelude::*;
use crate::ui::{Button, Choice, Field, Glyph, RunningVersion, Select, Tag, TextArea, When, Why};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use leptos::server_fn::ServerFn;
use operations::view::{
    ApplicationPlace, ApplicationRef, HotfixState, MatrixCell, OpenAddress, Pin, Running, ZoneChoice,
};

/// Whether two environments run different content.
pub(super) fn differs(here: &MatrixCell, there: &MatrixCell) -> bool {
    match (here, there) {
        (MatrixCell::Present(here), MatrixCell::Present(there)) => here.revision_id != there.revision_id,
        (MatrixCell::Present(_), MatrixCell::Absent) => true,
        _ => false,
    }
}

/// The card of one environment.
pub(super) fn card(
    place: &Place,
    application: &ApplicationRef,
    each: ApplicationPlace,
    from: Option<String>,
) -> impl IntoView + use<> {
    let environment = each.environment.clone();
    let href = place.address(&format!("/environments/{}", environment.key));
    let here = format!("place-{}", environment.key);
    let zone = each.zone.clone().map(|zone| zone_form(place, application, &environment.key, zone, from));
    let content = match each.cell.clone() {
        MatrixCell::Hidden => view! { <p class="dim">"You may not see what runs here."</p> }.into_any(),
        MatrixCell::Absent | MatrixCell::Blocked(_) => block::absent(place, application, &each),
        MatrixCell::Present(running) => present(place, application, each, running).into_any(),
    };
    view! {
        <section class="card place" aria-labelledby=here.clone()>
            <header><h3 id=here.clone()><a href=href>{environment.name}</a></h3></header>
            <div class="body stack">{content}{zone}</div>
        </section>
    }
}

/// The deployment zone, where there are several: the one it goes to, and the choice of another.
fn zone_form(
    place: &Place,
    application: &ApplicationRef,
    environment: &str,
    zone: ZoneChoice,
    from: Option<String>,
) -> AnyView {
    let mine = place.typed("zone-in").as_deref() == Some(environment);
    let problem = place.problem("zone").filter(|_| mine);
    let open = problem.is_some();
    let choices: Vec<Choice> = zone.zones.into_iter().map(|(key, name)| Choice::new(key, name)).collect();
    let moves = zone.moves.then(|| {
        let plan = from.map(|from| {
            view! {
                <form method="post" action=MakePlan::url()>
                    <input type="hidden" name="infra" value=place.key.clone()/>
                    <input type="hidden" name="from" value=from/>
                    <input type="hidden" name="to" value=environment.to_owned()/>
                    <input type="hidden" name="applications[]" value=application.key.clone()/>
                    <Button words=format!("Plan to move it to {}", zone.name) icon=Icon::Plan/>
                </form>
            }
        });
        view! {
            <p class="small">"It moves there with its next deployment; until then it runs where it was."</p>
            {plan}
        }
    });
    let change = match zone.choose {
        Err(refusal) => {
            view! { <div class="small dim"><Why refusals=vec![refusal] id=format!("no-zone-{environment}")/></div> }.into_any()
        }
        Ok(()) => view! {
            <details class="tagging" open=open>
                <summary class="btn">"Choose a zone"</summary>
                <form method="post" action=ChooseZone::url() class="stack">
                    <input type="hidden" name="infra" value=place.key.clone()/>
                    <input type="hidden" name="app" value=application.key.clone()/>
                    <input type="hidden" name="env" value=environment.to_owned()/>
                    <Select label="Deployment zone" name="zone" id=format!("zone-{environment}") choices value=Some(zone.key) problem
                        help="it goes to the front-ends of this zone only"/>
                    <div class="row"><Button words="Choose" label=format!("Choose the deployment zone in {environment}")/></div>
                </form>
            </details>
        }
        .into_any(),
    };
    view! {
        <p class="small dim">"Deployment zone "<b>{zone.name}</b></p>
        {moves}
        {change}
    }
    .into_any()
}

fn present(
    place: &Place,
    application: &ApplicationRef,
    each: ApplicationPlace,
    running: Running,
) -> impl IntoView + use<> {
    let shown = running.clone();
    let pinned = each.pin.clone().map(|pin| pinned(place, application, &each.environment.key, pin));
    let moving = running.moving.map(|(id, _)| {
        let href = place.address(&format!("/deployments/{id}"));
        view! { <a class="link small" href=href>"In a deployment"</a> }
    });
    let unmet = words::unmet(running.bond).map(|look| {
        let path = format!("/environments/{}/dependencies", each.environment.key);
        let href = place.with_query(&path, &[("app", Some(&application.key))]);
        let label = format!("{} in {}: what it uses", look.word, each.environment.name);
        view! { <a href=href aria-label=label><Tag tone=look.tone icon=look.icon words=look.word/></a> }
    });
    // What a version says stands with the version.
    let notes = each.notes.clone().filter(|_| running.modified);
    let notes = notes.map(|notes| view! { <p class="small prose">{notes}</p> });
    view! {
        <p class="what">
            <RunningVersion running=shown/>
            {(running.hotfix == Some(HotfixState::Pending)).then(|| view! { <a href="#hotfixes"><Tag tone=Tone::Bad icon=Icon::Differ words="Hotfix"/></a> })}
            {(running.hotfix == Some(HotfixState::Solved)).then(|| view! { <a href="#hotfixes"><Tag icon=Icon::Check words="Hotfix, solved"/></a> })}
            {running.modified.then(|| view! { <Tag tone=Tone::Warn icon=Icon::Alert words="Modified"/> })}
            {unmet}
            {running.mixed.then(|| view! { <Tag tone=Tone::Bad icon=Icon::Alert words="Mixed"/> })}
            {moving}
        </p>
        <p class="small dim"><When at=running.changed_at now=place.now/>" by "{running.changed_by}</p>
        {notes}
        {pinned}
        <p class="small"><a class="link" href=settings::address(place, &each.environment.key, &application.key) aria-label=format!("Settings in {}", each.environment.name)>"Settings"</a>" · "<a class="link" href=logs::address(place, &each.environment.key, &application.key) aria-label=format!("Log in {}", each.environment.name)>"Log"</a>" · "<a class="link" href=timers::address(place, &each.environment.key, &application.key) aria-label=format!("Timers in {}", each.environment.name)>"Timers"</a></p>
        {opens(each.addresses)}
        {tag_form(place, application, &each.environment, each.tag, (each.proposed, each.notes))}
    }
}

/// That it stays at what it was rolled back to, and how that ends.
fn pinned(place: &Place, application: &ApplicationRef, environment: &str, pin: Pin) -> impl IntoView + use<> {
    let href = place.address(&format!("/deployments/{}", pin.deployment));
    view! {
        <p class="small"><Tag tone=Tone::Warn icon=Icon::Lock words="Pinned"/>" "<a href=href>{pin.reason}</a>" by "{pin.by}", "<When at=pin.since now=place.now/></p>
        <form method="post" action=LiftPin::url()>
            <input type="hidden" name="infra" value=place.key.clone()/>
            <input type="hidden" name="app" value=application.key.clone()/>
            <input type="hidden" name="env" value=environment.to_owned()/>
            <Button words="Lift the pin" kind=crate::ui::Kind::Tiny label=format!("Lift the pin of {} in {environment}", application.name)/>
        </form>
    }
}

/// Addresses that are shown at once; of more than these the others are folded.
const ADDRESSES: usize = 4;

/// Where it opens, one link for each front-end.
pub(crate) fn opens(mut addresses: Vec<OpenAddress>) -> AnyView {
    if addresses.is_empty() {
        return view! { <p class="small dim">"No front-end has reported where it opens yet."</p> }.into_any();
    }
    let folded = if addresses.len() > ADDRESSES { addresses.split_off(ADDRESSES - 1) } else { Vec::new() };
    let ready = folded.iter().filter(|open| open.ready).count();
    let summary = format!("{} more, {ready} of them ready", folded.len());
    let folded = (!folded.is_empty()).then(|| {
        let listed = listed("Where else it opens", folded);
        view! { <details class="more"><summary class="small">{summary}</summary>{listed}</details> }
    });
    view! { {listed("Where it opens", addresses)}{folded} }.into_any()
}

fn listed(name: &'static str, addresses: Vec<OpenAddress>) -> AnyView {
    view! {
        <ul class="opens" aria-label=name>
            {addresses
                .into_iter()
                .map(|open| {
                    let state = if open.ready {
                        view! { <Tag tone=Tone::Ok icon=Icon::Check words="Ready"/> }
                    } else {
                        view! { <Tag tone=Tone::Bad icon=Icon::Cross words="Not ready"/> }
                    };
                    view! {
                        <li>
                            <a class="link mono small" href=open.address.clone() target="_blank" rel="noopener">
                                {open.address.clone()}<Glyph icon=Icon::Open/><span class="sr">"opens in a new tab"</span>
                            </a>
                            <span class="small dim">{open.server}</span>
                            {state}
                            {open.unlike.map(|revision| view! { <Tag tone=Tone::Bad icon=Icon::Differ words=format!("Runs {revision}, which is not what is recorded")/> })}
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}

fn tag_form(
    place: &Place,
    application: &ApplicationRef,
    environment: &operations::view::EnvironmentRef,
    tag: Option<operations::view::Possible>,
    (proposed, notes): (Option<domain::text::VersionNumber>, Option<String>),
) -> AnyView {
    let why = format!("no-tag-{}", environment.key);
    match tag {
        None => ().into_any(),
        Some(Err(refusal)) => {
            view! { <div class="small dim"><Why refusals=vec![refusal] id=why/></div> }.into_any()
        }
        Some(Ok(())) => {
            // What was typed into a refused form is given back only to the environment that it was for.
            let again = place.typed("tagged-in").as_deref() == Some(environment.key.as_str());
            let kept = |field: &str| if again { place.typed(field) } else { None };
            let problem = |field: &str| if again { place.problem(field) } else { None };
            let number =
                kept("number").or_else(|| proposed.map(|number| number.to_string())).unwrap_or_default();
            view! {
                <details class="tagging" open=again>
                    <summary class="btn"><Glyph icon=Icon::Tag/>"Tag a version"</summary>
                    <form method="post" action=TagVersion::url() class="stack">
                        <input type="hidden" name="infra" value=place.key.clone()/>
                        <input type="hidden" name="app" value=application.key.clone()/>
                        <input type="hidden" name="env" value=environment.key.clone()/>
                        <Field
                            label="Version number" name="number" id=format!("number-{}", environment.key) value=Some(number) required=true verbatim=true
                            help="It grows, and never changes afterwards." problem=problem("number")
                        />
                        <TextArea
                            label="Change log" name="change_log" id=format!("log-{}", environment.key) value=kept("change_log").or(notes)
                            help="What is new, for those who decide about it." problem=problem("change_log")
                        />
                        <div class="row"><Button words="Tag" icon=Icon::Tag kind=crate::ui::Kind::Go/></div>
                    </form>
                </details>
            }
            .into_any()
        }
    }
}
