//! A new plan: from where, to where, and which of the applications that differ.

use crate::actions::plans::MakePlan;
use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Choice, Crumb, EmptyState, Field, Kind, Note, Pager, Select};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use leptos::server_fn::ServerFn;
use operations::view::{Candidate, PlanCandidates, Running};
use operations::{CandidateQuery, Result};

/// Up to so many candidates are found without searching.
const FOUND_AT_A_GLANCE: u64 = 20;

/// The page.
#[component]
pub fn NewPage() -> impl IntoView {
    framed(Area::Plans, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    // Keys have no dots.
    let hop = place.query("hop");
    let hop = hop.as_deref().and_then(|hop| hop.split_once(".."));
    let hop = hop.map(|(from, to)| (from.to_owned(), to.to_owned()));
    let query = CandidateQuery {
        from: hop.clone().map(|(from, _)| from).or_else(|| place.query("from")),
        to: hop.map(|(_, to)| to).or_else(|| place.query("to")),
        search: place.query("search"),
        chosen: place.queries("app"),
        after: place.query("after"),
        limit: None,
    };
    let found = place.console.plan_candidates(&place.caller, &place.key, &query).await?;
    Ok(Screen::new("New plan", body(&place, query, found)))
}

fn body(place: &Place, query: CandidateQuery, found: PlanCandidates) -> impl IntoView + use<> {
    let choices = found.stages.iter().map(|stage| Choice::new(&stage.key, &stage.name)).collect::<Vec<_>>();
    let key = |stage: &Option<operations::view::EnvironmentRef>| {
        stage.as_ref().map(|stage| stage.key.clone()).unwrap_or_default()
    };
    let (from, to) = (key(&found.source), key(&found.target));
    let here = place.address("/plans/new");
    let search = (found.differing.capped || found.differing.n > FOUND_AT_A_GLANCE).then(|| {
        view! {
            <form method="get" action=here.clone() role="search" class="hop-form">
                <input type="hidden" name="from" value=from.clone()/>
                <input type="hidden" name="to" value=to.clone()/>
                {query.chosen.iter().map(|app| view! { <input type="hidden" name="app" value=app.clone()/> }).collect_view()}
                <Field label="Name of an application" name="search" kind="search" value=query.search.clone()/>
                <Button words="Search"/>
            </form>
        }
    });
    let hops: Vec<Choice> = found
        .hops
        .iter()
        .map(|(from, to)| {
            Choice::new(format!("{}..{}", from.key, to.key), format!("{} to {}", from.name, to.name))
        })
        .collect();
    let (is_hop, none) = (found.is_hop, hops.is_empty());
    let now = is_hop.then(|| format!("{from}..{to}"));
    let along = (!none).then(|| {
        view! {
            <form method="get" action=here.clone() class="hop-form">
                <Select label="Along a pipeline" name="hop" choices=hops value=now/>
                <Button words="Show what differs"/>
            </form>
        }
    });
    let other = if is_hop { "Another way than a pipeline's" } else { "Outside the pipelines" };
    let away = (!is_hop).then(|| {
        view! {
            <Note tone=Tone::Warn id="outside">
                <p>"This is no hop of a pipeline. A plan can be made; starting it needs “Promote Outside Pipelines” and a reason."</p>
            </Note>
        }
    });
    let list = applications(place, &query, found, &from, &to);
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs=vec![Crumb::new("Plans", place.address("/plans"))]/>
            <h1>"New plan"</h1>
        </div></div>
        <Card title="The hop" id="hop">
            {along}
            <details class="otherway" open=none || !is_hop>
                <summary>{other}</summary>
                {away}
                <form method="get" action=here class="hop-form">
                    <Select label="From" name="from" choices=choices.clone() value=Some(from)/>
                    <Select label="To" name="to" choices value=Some(to)/>
                    <Button words="Show what differs"/>
                </form>
            </details>
        </Card>
        <Card title="Applications" id="applications">{search}{list}</Card>
    }
}

/// What differs, to choose from; or that nothing does.
fn applications(
    place: &Place,
    query: &CandidateQuery,
    found: PlanCandidates,
    from: &str,
    to: &str,
) -> AnyView {
    let name = |stage: &Option<operations::view::EnvironmentRef>| {
        stage.as_ref().map(|stage| stage.name.clone()).unwrap_or_default()
    };
    let names = (name(&found.source), name(&found.target));
    if found.chosen.is_empty() && found.rows.rows.is_empty() {
        let (title, sentence) = if from == to {
            ("Nothing differs", "A plan goes from one environment to another: choose two.".to_owned())
        } else if found.differing.n > 0 {
            ("Nothing found", "None of what differs has such a name.".to_owned())
        } else {
            let sentence = format!("{} and {} run the same. There is nothing to plan.", names.0, names.1);
            ("Nothing differs", sentence)
        };
        return view! { <EmptyState icon=Icon::Check title=title><p>{sentence}</p></EmptyState> }.into_any();
    }
    // Ticked at first is what was chosen elsewhere; else everything, as far as one page holds it.
    let whole = query.after.is_none() && found.rows.next.is_none();
    let all = whole && query.chosen.is_empty();
    let first_page = query.after.is_none();
    let summary =
        format!("{} of {}", found.chosen.len() + found.rows.rows.len(), words::count(found.matching));
    // What is chosen stands on the first page, and goes along with the others.
    let (shown, kept): (Vec<_>, Vec<_>) = found.chosen.into_iter().partition(|_| first_page);
    let address = |after: Option<&str>| {
        let mut pairs = vec![("from", Some(from)), ("to", Some(to)), ("search", query.search.as_deref())];
        pairs.extend(query.chosen.iter().map(|app| ("app", Some(app.as_str()))));
        pairs.push(("after", after));
        place.with_query("/plans/new", &pairs)
    };
    let (first, next) = (
        query.after.is_some().then(|| address(None)),
        found.rows.next.as_deref().map(|next| address(Some(next))),
    );
    let rows =
        shown.into_iter().map(|one| (one, true)).chain(found.rows.rows.into_iter().map(|one| (one, all)));
    let rows = rows.map(|(one, ticked)| tick(one, ticked, &names)).collect_view();
    view! {
        <form method="post" action=MakePlan::url() class="stack wide">
            <input type="hidden" name="infra" value=place.key.clone()/>
            <input type="hidden" name="from" value=from.to_owned()/>
            <input type="hidden" name="to" value=to.to_owned()/>
            {kept
                .into_iter()
                .map(|one| view! { <input type="hidden" name="applications[]" value=one.application.key/> })
                .collect_view()}
            <fieldset class="choices">
                <legend>{format!("What differs between {} and {}", names.0, names.1)}</legend>
                {rows}
            </fieldset>
            {(!whole).then(|| view! { <Pager summary first next/> })}
            <p class="small dim">"With none chosen, the plan takes everything that differs. Nothing moves yet: the plan shows first what it would change."</p>
            <div class="row"><Button words="Make the plan" kind=Kind::Go icon=Icon::Plan/></div>
        </form>
    }
    .into_any()
}

fn tick(one: Candidate, ticked: bool, names: &(String, String)) -> impl IntoView + use<> {
    let version = |running: &Running| view! { <span class="v same">{label(running)}</span> };
    let there = match &one.there {
        Some(running) => version(running).into_any(),
        None => "not there".into_any(),
    };
    let here = version(&one.here);
    view! {
        <label class="tick">
            <input type="checkbox" name="applications[]" value=one.application.key checked=ticked/>
            <span><b>{one.application.name}</b>
                <span class="small dim">{there}" in "{names.1.clone()}", "{here}" in "{names.0.clone()}</span>
            </span>
        </label>
    }
}

/// A running content in one word, as the matrix has it: `1.4.0`, `1.4.0+`, or its revision.
pub(super) fn label(running: &Running) -> String {
    let modified = running.modified && running.version.is_some();
    format!("{}{}", words::version(running), if modified { "+" } else { "" })
}
