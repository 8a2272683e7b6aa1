//! A new plan: from where, to where, and which of the applications that differ.

use crate::actions::plans::MakePlan;
use crate::context::{Place, Screen, framed};
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Button, Card, Choice, Crumb, EmptyState, Kind, Select};
use crate::view::icons::Icon;
use crate::view::words;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use operations::view::{Matrix, MatrixCell, Running};
use operations::{MatrixQuery, Result};

/// The page.
#[component]
pub fn NewPage() -> impl IntoView {
    framed(Area::Plans, |place| async move { load(place).await })
}

/// An application that could go.
struct Candidate {
    key: String,
    name: String,
    here: String,
    there: String,
    chosen: bool,
}

async fn load(place: Place) -> Result<Screen> {
    let mut query = MatrixQuery::default();
    let mut matrix = place.console.matrix(&place.caller, &place.key, &query).await?;
    while let Some(next) = matrix.rows.next.take() {
        query.after = Some(next);
        let more = place.console.matrix(&place.caller, &place.key, &query).await?;
        matrix.rows.rows.extend(more.rows.rows);
        matrix.rows.next = more.rows.next;
    }
    Ok(Screen::new("New plan", body(&place, &matrix)))
}

fn body(place: &Place, matrix: &Matrix) -> impl IntoView + use<> {
    let stages: Vec<_> = matrix.columns.iter().map(|column| column.environment.clone()).collect();
    let at = |key: Option<String>| key.and_then(|key| stages.iter().position(|stage| stage.key == key));
    let from = at(place.query("from")).unwrap_or(0);
    let to = at(place.query("to")).unwrap_or_else(|| (from + 1).min(stages.len().saturating_sub(1)));
    let chosen = place.queries("app");
    let choices = stages.iter().map(|stage| Choice::new(&stage.key, &stage.name)).collect::<Vec<_>>();
    let (source, target) = (stages.get(from).cloned(), stages.get(to).cloned());
    let key_of = |stage: &Option<operations::view::EnvironmentRef>| {
        stage.as_ref().map(|s| s.key.clone()).unwrap_or_default()
    };
    let (source_key, target_key) = (key_of(&source), key_of(&target));
    let candidates = if from == to { vec![] } else { candidates(matrix, from, to, &chosen) };
    let names = (source.map(|s| s.name).unwrap_or_default(), target.map(|s| s.name).unwrap_or_default());
    let list = if candidates.is_empty() {
        let sentence = if from == to {
            "A plan goes from one environment to another: choose two.".to_owned()
        } else {
            format!("{} and {} run the same. There is nothing to plan.", names.0, names.1)
        };
        view! { <EmptyState icon=Icon::Check title="Nothing differs"><p>{sentence}</p></EmptyState> }
            .into_any()
    } else {
        view! {
            <form method="post" action=MakePlan::url() class="stack wide">
                <input type="hidden" name="infra" value=place.key.clone()/>
                <input type="hidden" name="from" value=source_key.clone()/>
                <input type="hidden" name="to" value=target_key.clone()/>
                <fieldset class="choices">
                    <legend>{format!("What differs between {} and {}", names.0, names.1)}</legend>
                    {candidates.into_iter().map(|one| view! {
                        <label class="tick">
                            <input type="checkbox" name="applications[]" value=one.key checked=one.chosen/>
                            <span><b>{one.name}</b>
                                <span class="small dim"><span class="mono">{one.there}</span>" in "{names.1.clone()}", "<span class="mono">{one.here}</span>" in "{names.0.clone()}</span>
                            </span>
                        </label>
                    }).collect_view()}
                </fieldset>
                <p class="small dim">"With none chosen, the plan takes everything that differs. Nothing moves yet: the plan shows first what it would change."</p>
                <div class="row"><Button words="Make the plan" kind=Kind::Go icon=Icon::Plan/></div>
            </form>
        }
        .into_any()
    };
    let here = place.address("/plans/new");
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs=vec![Crumb::new("Plans", place.address("/plans"))]/>
            <h1>"New plan"</h1>
        </div></div>
        <Card title="The hop" id="hop">
            <form method="get" action=here class="hop-form">
                <Select label="From" name="from" choices=choices.clone() value=Some(source_key)/>
                <Select label="To" name="to" choices value=Some(target_key)/>
                <Button words="Show what differs"/>
            </form>
        </Card>
        <Card title="Applications" id="applications">{list}</Card>
    }
}

fn candidates(matrix: &Matrix, from: usize, to: usize, chosen: &[String]) -> Vec<Candidate> {
    let rows = matrix.rows.rows.iter().filter_map(|row| {
        let (MatrixCell::Present(here), there) = (row.cells.get(from)?, row.cells.get(to)?) else {
            return None;
        };
        let there = match there {
            MatrixCell::Hidden => return None,
            MatrixCell::Absent => None,
            MatrixCell::Present(there) => Some(there),
        };
        if there.is_some_and(|there| there.revision_id == here.revision_id && there.modified == here.modified)
        {
            return None;
        }
        Some(Candidate {
            key: row.application.key.clone(),
            name: row.application.name.clone(),
            here: label(here),
            there: there.map_or_else(|| "not there".to_owned(), label),
            chosen: chosen.is_empty() || chosen.contains(&row.application.key),
        })
    });
    rows.collect()
}

/// A running content in one word, as the matrix has it: `1.4.0`, `1.4.0+`, or its revision.
pub(super) fn label(running: &Running) -> String {
    let modified = running.modified && running.version.is_some();
    format!("{}{}", words::version(running), if modified { "+" } else { "" })
}
