//! Adding a gate, and adding a freeze.

use crate::actions::gates::{AddFreeze, AddGate};
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Choice, Crumb, Field, Kind, Select, Why};
use crate::view::icons::Icon;
use crate::view::times;
use domain::gate::Kind as Rule;
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::GatesPage;

/// A new gate.
#[component]
pub fn NewPage() -> impl IntoView {
    framed(Area::Gates, |place| async move { new(place).await })
}

/// A new freeze.
#[component]
pub fn FreezePage() -> impl IntoView {
    framed(Area::Gates, |place| async move { freeze(place).await })
}

fn shown(place: &Place, title: &str, card: &'static str, form: AnyView) -> AnyView {
    view! {
        <div class="people">
            <div class="head"><div>
                <Breadcrumbs crumbs=vec![Crumb::new("Gates", place.address("/gates"))]/>
                <h1>{title.to_owned()}</h1>
            </div></div>
            <Card title=card id="new">{form}</Card>
        </div>
    }
}

/// Where it can stand, and what was chosen: in the form before, or by the address.
fn places(place: &Place, page: &GatesPage, everything: bool) -> (Vec<Choice>, Option<String>) {
    let mut all = Vec::new();
    if everything {
        all.push(Choice::new("", "Everything in this infrastructure"));
    }
    all.extend(
        page.environments.iter().map(|one| {
            Choice::new(format!("environment:{}", one.key), format!("{} (environment)", one.name))
        }),
    );
    all.extend(
        page.pipelines
            .iter()
            .map(|one| Choice::new(format!("pipeline:{}", one.key), format!("{} (pipeline)", one.name))),
    );
    let named = |kind: &str| place.query(kind).map(|key| format!("{kind}:{key}"));
    let chosen = place.typed("place").or_else(|| named("environment")).or_else(|| named("pipeline"));
    (all, chosen)
}

/// What each kind of rule is for.
const fn about(kind: Rule) -> &'static str {
    match kind {
        Rule::Approval => {
            "People of a team, or who hold a role, approve a plan as it is. Nobody approves a plan that they wrote or changed, and any change makes what was given void."
        }
        Rule::Soak => {
            "Each version has to run unchanged in the stage before for so long. It lifts by itself."
        }
        Rule::Verification => {
            "Each version has passed a test in the stage before. A build system or a person reports it by the API or the command line, or the console checks it itself over HTTP. The last result counts."
        }
    }
}

async fn new(place: Place) -> Result<Screen> {
    let page = place.console.gates(&place.caller, &place.key).await?;
    let kind = place.query("kind").and_then(|kind| kind.parse().ok()).unwrap_or(Rule::Approval);
    let form = match page.manage.clone() {
        Err(refusal) => view! { <Why refusals=vec![refusal] id="no-gate"/> },
        Ok(()) => fields(&place, &page, kind),
    };
    let chips = Rule::ALL
        .into_iter()
        .map(|one| {
            let environment = place.query("environment");
            let pipeline = place.query("pipeline");
            let pairs = [
                ("kind", Some(one.word())),
                ("environment", environment.as_deref()),
                ("pipeline", pipeline.as_deref()),
            ];
            let href = place.with_query("/gates/new", &pairs);
            let current = (one == kind).then_some("true");
            view! { <li><a class="chip" href=href aria-current=current>{one.words()}</a></li> }
        })
        .collect_view();
    let body = view! {
        <div class="stack wide">
            <ul class="chips" aria-label="Kinds of gates">{chips}</ul>
            <p>{about(kind)}</p>
            {form}
        </div>
    };
    Ok(Screen::new("Add a gate", shown(&place, "Add a gate", "The gate", body)))
}

fn fields(place: &Place, page: &GatesPage, kind: Rule) -> AnyView {
    let (choices, chosen) = places(place, page, false);
    let typed = |field: &str| place.typed(field);
    let number = |label: &'static str, help: &'static str, usual: &str| {
        let value = Some(typed("number").unwrap_or_else(|| usual.to_owned()));
        view! { <Field label=label name="wanted[number]" id="number" kind="number" value problem=place.problem("number") required=true help=help/> }
    };
    let own = match kind {
        Rule::Approval => {
            let teams = page
                .teams
                .iter()
                .map(|name| Choice::new(format!("team:{name}"), format!("Members of {name} (team)")));
            let roles = page
                .roles
                .iter()
                .map(|name| Choice::new(format!("role:{name}"), format!("Whoever is {name} (role)")));
            let groups = teams.chain(roles).collect::<Vec<_>>();
            view! {
                {number("How many approvals", "of people who did not write the plan", "1")}
                <Select label="Who approves" name="wanted[group]" id="group" choices=groups value=typed("group") problem=place.problem("group")/>
                <Field label="An approval counts for so many hours" name="wanted[hours]" id="hours" kind="number" value=typed("hours") problem=place.problem("hours")
                    help="as long as the plan stays as it is, if you leave it out; what was approved when a deployment was started stays so while it waits"/>
            }
        }
        Rule::Soak => number("For how many hours", "unchanged in the stage before", "24"),
        Rule::Verification => {
            view! {
                <Field label="Name of the test" name="wanted[test]" id="test" value=typed("test") problem=place.problem("test") required=true maxlength=80 help="results are kept under this name"/>
                <Field label="Address that the console asks" name="wanted[address]" id="address" value=typed("address") problem=place.problem("address") maxlength=200
                    help="such as https://{environment}.example/{application}/health, with the keys of the stage before and of the application in the place of the words; it has passed with a status from 200 to 299. Leave it out where others report the result"/>
            }
        }
    };
    view! {
        <form method="post" action=AddGate::url() class="stack">
            <input type="hidden" name="infra" value=place.key.clone()/>
            <input type="hidden" name="kind" value=kind.word()/>
            <Select label="Before" name="wanted[place]" id="place" choices value=chosen problem=place.problem("place")
                help="a gate of a pipeline stands before each of its stages but the first"/>
            {own}
            <Field label="Who answers for it" name="wanted[owner]" id="owner" value=typed("owner") problem=place.problem("owner") maxlength=80
                help="shown to everybody whom it holds; you, if you leave it out"/>
            <div class="row"><Button words="Add the gate" kind=Kind::Go icon=Icon::Check/></div>
        </form>
    }
}

async fn freeze(place: Place) -> Result<Screen> {
    let page = place.console.gates(&place.caller, &place.key).await?;
    let form = match page.manage.clone() {
        Err(refusal) => view! { <Why refusals=vec![refusal] id="no-freeze"/> },
        Ok(()) => {
            let (choices, chosen) = places(&place, &page, true);
            let typed = |field: &str| place.typed(field);
            let zones =
                times::zones().into_iter().map(|name| Choice::new(name.clone(), name)).collect::<Vec<_>>();
            let zone = Some(typed("time_zone").unwrap_or_else(times::zone_name));
            view! {
                <form method="post" action=AddFreeze::url() class="stack">
                    <input type="hidden" name="infra" value=place.key.clone()/>
                    <Select label="What stands still" name="place" choices value=chosen problem=place.problem("place")/>
                    <div class="fields">
                        <Field label="From" name="from" kind="datetime-local" value=typed("from") problem=place.problem("from") required=true/>
                        <Field label="Until" name="until" kind="datetime-local" value=typed("until") problem=place.problem("until") required=true/>
                    </div>
                    <Select label="Time zone" name="time_zone" choices=zones value=zone problem=place.problem("time_zone")/>
                    <Field label="Why" name="reason" value=typed("reason") problem=place.problem("reason") required=true maxlength=300
                        help="everybody reads it whose deployment waits"/>
                    <Field label="Who answers for it" name="owner" value=typed("owner") problem=place.problem("owner") maxlength=80 help="you, if you leave it out"/>
                    <p class="small dim">"What is started meanwhile waits, keeps its place and its approvals, and goes on by itself afterwards. What runs already goes on."</p>
                    <div class="row"><Button words="Add the freeze" kind=Kind::Go icon=Icon::Check/></div>
                </form>
            }
        }
    };
    Ok(Screen::new("Add a freeze", shown(&place, "Add a freeze", "The freeze", form)))
}
