//! Two contents of an application side by side.

use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    Breadcrumbs, Button, Card, Cell, Choice, Crumb, EmptyState, Kind, Note, Row, RowHead, Select, Table, Tag,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::package::compare::{Change, Difference};
use operations::view::{Side, VersionComparison};
use operations::{OperationError, Result};

/// The page.
#[component]
pub fn ComparePage() -> impl IntoView {
    framed(Area::Applications, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let key = place.param("app");
    let (from, to) = (place.query("from"), place.query("to"));
    let ask = async |from: Option<&str>, to: Option<&str>| {
        place.console.compare_versions(&place.caller, &place.key, &key, from, to).await
    };
    let (found, problem) = match ask(from.as_deref(), to.as_deref()).await {
        Err(error @ OperationError::Invalid { .. }) => (ask(None, None).await?, Some(error.sentence())),
        found => (found?, None),
    };
    Ok(Screen::new(format!("Compare {}", found.application.name), body(&place, found, (from, to), problem)))
}

fn body(
    place: &Place,
    found: VersionComparison,
    (from, to): (Option<String>, Option<String>),
    problem: Option<String>,
) -> AnyView {
    let here = place.address(&format!("/applications/{}", found.application.key));
    let crumbs = vec![
        Crumb::new("Applications", place.address("")),
        Crumb::new(found.application.name.clone(), here.clone()),
    ];
    let choices: Vec<Choice> = found.choices.iter().map(|(of, words)| Choice::new(of, words)).collect();
    let second = found.choices.get(1).map(|(of, _)| of.clone());
    let first = found.choices.first().map(|(of, _)| of.clone());
    let problem = problem.map(|sentence| view! { <Note tone=Tone::Bad><p>{sentence}</p></Note> });
    let result = match (&found.from, &found.to) {
        (Some(one), Some(other)) => sides(&found, one, other),
        _ => ().into_any(),
    };
    let form = match choices.len() < 2 {
        true => view! {
            <EmptyState icon=Icon::Differ title="Nothing to compare yet">
                <p>"There is one content at most that you may see. The next version, or another environment that runs it, makes the second."</p>
            </EmptyState>
        }
        .into_any(),
        false => view! {
            <form method="get" action=format!("{here}/compare") class="hop-form">
                <Select label="From" name="from" choices=choices.clone() value=from.or(second)/>
                <Select label="To" name="to" choices value=to.or(first)/>
                <Button words="Compare" kind=Kind::Go icon=Icon::Differ/>
            </form>
        }
        .into_any(),
    };
    view! {
        <div class="head"><div>
            <Breadcrumbs crumbs/>
            <h1>"Compare"</h1>
            <p class="dim">"Versions, and what an environment runs: modules, settings, what is offered to others, what is used of them, and migrations of the database."</p>
        </div></div>
        <Card title="What with what" id="sides">{form}</Card>
        {problem}
        {result}
    }
    .into_any()
}

fn sides(found: &VersionComparison, from: &Side, to: &Side) -> AnyView {
    let side = |of: &Side| {
        let short: String = of.sha256.chars().take(8).collect();
        let about = format!("{}, {}", words::size(of.size), words::of(of.files, "file", "files"));
        view! { <div><dt>{of.label.clone()}</dt><dd><code title=of.sha256.clone()>{short}</code>" "<span class="dim">{about}</span></dd></div> }
    };
    let facts = view! { <dl class="facts">{side(from)}{side(to)}</dl> };
    if found.same {
        return view! { {facts}<Note tone=Tone::Ok><p>"Both are the same bytes."</p></Note> }.into_any();
    }
    let differs = &found.differs;
    let breaks = (differs.breaks() > 0).then(|| {
        let words = format!(
            "{} gone or has another signature: what uses it has to follow.",
            words::of(differs.breaks() as u64, "offered element is", "offered elements are")
        );
        view! { <Note tone=Tone::Warn><p>{words}</p></Note> }
    });
    let unknown = (!differs.unknown.is_empty()).then(|| {
        let words = format!(
            "The files of {} cannot be compared: one of the packages was published before that was kept.",
            differs.unknown.join(", ")
        );
        view! { <Note><p>{words}</p></Note> }
    });
    let nothing = differs.is_empty().then(|| {
        view! { <Note><p>"Nothing differs that a manifest tells of, nor the files of a module, as far as they are known; the packages are not the same bytes."</p></Note> }
    });
    let tables = [
        ("Modules", "modules", &differs.modules),
        ("Settings", "settings", &differs.settings),
        ("Offers", "offers", &differs.produces),
        ("Uses", "uses", &differs.consumes),
        ("Migrations", "migrations", &differs.migrations),
    ];
    let tables = tables.into_iter().map(|(title, id, all)| part(title, id, all)).collect_view();
    view! { {facts}{breaks}{unknown}{nothing}{tables} }.into_any()
}

/// One part of the comparison; nothing where nothing differs.
fn part(title: &'static str, id: &'static str, all: &[Difference]) -> Option<AnyView> {
    if all.is_empty() {
        return None;
    }
    let rows = all.iter().cloned().map(|one| {
        let (tone, icon) = match one.change {
            Change::Added => (Tone::Ok, Icon::Plus),
            Change::Removed => (Tone::Bad, Icon::Minus),
            Change::Changed => (Tone::Warn, Icon::Differ),
        };
        let details = one.details.iter().map(|detail| {
            let value = |text: &Option<String>| text.clone().unwrap_or_default();
            let words = match (&detail.before, &detail.after) {
                (Some(before), Some(after)) => {
                    view! { <code>{before.clone()}</code>" to "<code>{after.clone()}</code> }.into_any()
                }
                (before, after) => view! { <code>{value(before)}{value(after)}</code> }.into_any(),
            };
            view! { <dt>{detail.what}</dt><dd>{words}</dd> }
        });
        let details = details.collect_view();
        view! {
            <Row>
                <RowHead>{one.name}<span class="sub mono">{one.key}</span></RowHead>
                <Cell label="Change"><Tag tone icon words=one.change.words()/></Cell>
                <Cell label="What" class="full"><dl class="kv">{details}</dl></Cell>
            </Row>
        }
    });
    let rows = rows.collect_view();
    Some(
        view! { <Card title=title id=id flush=true><Table label=format!("Table of {id}") heads=vec!["Name", "Change", "What"]>{rows}</Table></Card> }
            .into_any(),
    )
}
