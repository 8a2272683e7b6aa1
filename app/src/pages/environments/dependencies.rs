//! Who uses whom in an environment: what is wrong first, then the drawing, then all of it as a table.

use crate::context::{Place, Screen, framed};
use crate::pages::pipelines::drawing::{curve, frame, named, short};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{Breadcrumbs, Card, Cell, Crumb, EmptyState, LinkButton, Row, RowHead, StateTag, Table};
use crate::view::icons::Icon;
use crate::view::words;
use domain::architecture::drawing::Area as Box;
use domain::dependency::{Bond, Graph};
use operations::Result;
use operations::view::{DependencyEnd, DependencyPage, DependencyView, UsedElement};

/// The page.
#[component]
pub fn DependenciesPage() -> impl IntoView {
    framed(Area::Environments, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let (env, app) = (place.param("env"), place.query("app"));
    let page = place.console.dependencies(&place.caller, &place.key, &env, app.as_deref()).await?;
    let title = format!("Dependencies in {}", page.environment.name);
    Ok(Screen::new(title, body(&place, page)).live(format!("infrastructure:{}", place.key)))
}

fn body(place: &Place, page: DependencyPage) -> AnyView {
    let path = format!("/environments/{}/dependencies", page.environment.key);
    let crumbs = vec![
        Crumb::new("Environments", place.address("/environments")),
        Crumb::new(
            page.environment.name.clone(),
            place.address(&format!("/environments/{}", page.environment.key)),
        ),
    ];
    let whole = page.chosen.is_some().then(|| {
        view! { <LinkButton words="Every application" href=place.address(&path) icon=Icon::Layers/> }
    });
    let title = match &page.chosen {
        Some(one) => format!("Around {}", one.name),
        None => "Dependencies".to_owned(),
    };
    let applications = words::of(page.applications as u64, "application runs", "applications run");
    let uses = words::of(page.dependencies as u64, "dependency", "dependencies");
    let said = format!("{applications} in {}, with {uses} among them.", page.environment.name);
    let drawing = drawing(place, &path, &page);
    let cycles = cycles(place, &path, &page.cycles);
    let findings = findings(place, &path, &page);
    let table = table(place, &path, page.shown, page.more);
    view! {
        <div class="head">
            <div>
                <Breadcrumbs crumbs/>
                <h1>{title}</h1>
                <p class="dim">{said}</p>
            </div>
            <div class="acts">{whole}</div>
        </div>
        <div class="stack wide">
            {findings}
            {cycles}
            <Card title="Who uses whom" id="drawn" flush=true aside="arrows lead from a consumer to its producer">{drawing}</Card>
            <Card title="As a table" id="table" flush=true>{table}</Card>
        </div>
    }
    .into_any()
}

/// An application's name with its version; a link to what is around it.
fn end(place: &Place, path: &str, one: &DependencyEnd) -> AnyView {
    let number = one.number.map(|number| view! { " "<span class="v small">{number.to_string()}</span> });
    if one.listed {
        let href = place.with_query(path, &[("app", Some(one.key.as_str()))]);
        view! { <a class="link" href=href>{one.name.clone()}</a>{number} }.into_any()
    } else {
        view! { <code>{one.key.clone()}</code> }.into_any()
    }
}

/// What is wrong with one element, in words.
fn told(element: &UsedElement) -> String {
    match &element.found {
        _ if element.met => format!("{} · {}", element.element, element.wanted),
        Some(found) => format!("{}: made for {}, there is {found}", element.element, element.wanted),
        None => format!("{} · {}: not there", element.element, element.wanted),
    }
}

fn elements(of: &[UsedElement]) -> AnyView {
    let items = of.iter().map(|one| view! { <li class="small">{told(one)}</li> }).collect_view();
    view! { <ul class="plain">{items}</ul> }.into_any()
}

fn way_out(bond: Bond) -> &'static str {
    match bond {
        Bond::Met => "",
        Bond::Outdated => "Deploy the consumer again, so that it is tried with what is there now.",
        Bond::Incompatible | Bond::ElementMissing => {
            "Bring a version of the consumer that was made for this producer, or the producer that it was made for."
        }
        Bond::ProducerMissing => "Bring the producer, or take the consumer out.",
    }
}

fn findings(place: &Place, path: &str, page: &DependencyPage) -> AnyView {
    if page.findings.is_empty() {
        return view! {
            <Card title="What is wrong" id="wrong" flush=true>
                <EmptyState icon=Icon::Check title="Nothing is missing, broken or outdated">
                    <p>"Everything that is used here is there, as its consumers were made for."</p>
                </EmptyState>
            </Card>
        };
    }
    let count = |bond: &Bond| page.counts.get(bond).copied().unwrap_or_default();
    let aside = Bond::ALL
        .iter()
        .rev()
        .filter(|bond| **bond != Bond::Met && count(bond) > 0)
        .map(|bond| format!("{} {}", count(bond), bond.words().to_lowercase()))
        .collect::<Vec<_>>()
        .join(", ");
    let items = page
        .findings
        .iter()
        .map(|one| {
            view! {
                <li class="verdict">
                    <div class="row"><StateTag look=words::bond(one.bond)/></div>
                    <p>{end(place, path, &one.consumer)}" uses "{end(place, path, &one.producer)}</p>
                    {elements(&one.elements)}
                    <p class="small dim">{way_out(one.bond)}</p>
                </li>
            }
        })
        .collect_view();
    let more = more(page.more_findings);
    view! { <Card title="What is wrong" id="wrong" flush=true aside><ol class="verdicts">{items}</ol>{more}</Card> }
}

/// What is not told one by one.
fn more(n: usize) -> Option<AnyView> {
    (n > 0).then(|| {
        let words = format!("{n} more are not shown. Choose an application to see its own.");
        view! { <p class="body small dim">{words}</p> }.into_any()
    })
}

fn cycles(place: &Place, path: &str, of: &[Vec<DependencyEnd>]) -> Option<AnyView> {
    if of.is_empty() {
        return None;
    }
    let items = of
        .iter()
        .map(|circle| {
            let names = circle
                .iter()
                .enumerate()
                .map(|(at, one)| {
                    let comma = (at > 0).then_some(", ");
                    view! { {comma}{end(place, path, one)} }
                })
                .collect_view();
            view! { <li>{names}</li> }
        })
        .collect_view();
    Some(view! {
        <Card title="Circles" id="circles" aside="they use each other, and go together">
            <ul class="plain">{items}</ul>
        </Card>
    })
}

fn table(place: &Place, path: &str, rows: Vec<DependencyView>, left: usize) -> AnyView {
    if rows.is_empty() {
        return view! {
            <EmptyState icon=Icon::Layers title="No dependency">
                <p>"Nothing that runs here uses another application."</p>
            </EmptyState>
        };
    }
    let rows = rows
        .iter()
        .map(|one| {
            let (consumer, producer) = (end(place, path, &one.consumer), end(place, path, &one.producer));
            let (elements, look) = (elements(&one.elements), words::bond(one.bond));
            view! {
                <Row>
                    <RowHead>{consumer}</RowHead>
                    <Cell label="Uses">{producer}</Cell>
                    <Cell label="Elements" class="full">{elements}</Cell>
                    <Cell label="State"><StateTag look/></Cell>
                </Row>
            }
        })
        .collect_view();
    let heads = vec!["Consumer", "Uses", "Elements", "State"];
    view! { <Table label="Table of dependencies" heads>{rows}</Table>{more(left)} }
}

fn drawing(place: &Place, path: &str, page: &DependencyPage) -> AnyView {
    let Some(drawn) = &page.drawing else {
        let said = if page.dependencies == 0 {
            "There is nothing to draw."
        } else {
            "That is more than a drawing can show. Choose an application in the table to see what is around it."
        };
        return view! { <p class="body dim">{said}</p> };
    };
    let chosen = page.chosen.as_ref().map(|one| one.key.as_str());
    let arrows = drawn.arrows.iter().filter_map(|each| arrow(drawn, *each)).collect_view();
    let boxes = drawn
        .boxes
        .iter()
        .map(|(key, area)| {
            let name = page.names.get(key).cloned();
            let name = name.unwrap_or_else(|| DependencyEnd {
                key: key.to_string(),
                name: key.to_string(),
                number: None,
                listed: false,
            });
            application(place, path, &name, *area, chosen == Some(key.as_str()))
        })
        .collect_view();
    let (width, height) = (drawn.width.to_string(), drawn.height.to_string());
    let size = format!("0 0 {width} {height}");
    let label = format!("Drawing: who uses whom in {}", page.environment.name);
    let around = label.clone();
    view! {
        <div class="drawbox" tabindex="0" role="region" aria-label=around>
            <svg class="map" width=width height=height viewBox=size role="group" aria-label=label>{arrows}{boxes}</svg>
        </div>
    }
}

fn application(place: &Place, path: &str, one: &DependencyEnd, area: Box, chosen: bool) -> AnyView {
    let Box { x, y, .. } = area;
    let version = match (one.listed, one.number) {
        (false, _) => "not there, or not yours to see".to_owned(),
        (true, Some(number)) => number.to_string(),
        (true, None) => "no version".to_owned(),
    };
    let class = match (one.listed, chosen) {
        (false, _) => "machine bad",
        (true, true) => "machine chosen",
        (true, false) => "machine",
    };
    let name = short(&one.name, 22);
    let whole = name == one.name;
    let left = (x + 10).to_string();
    let text = view! { <text class="small" x=left.clone() y=(y + 18).to_string()>{name}</text> };
    let (inside, cut) = named(frame(class.to_owned(), area), text, whole);
    let says = format!("{}, {version}", one.name);
    // A link is called by what it says and shows its name in that (WCAG 2.5.3); the version lies over it.
    let link = if one.listed {
        let href = place.with_query(path, &[("app", Some(one.key.as_str()))]);
        view! { <a href=href aria-label=says>{inside}</a> }
    } else {
        view! { <g role="img" aria-label=says>{inside}</g> }
    };
    let beneath = view! { {cut}<text class="tiny dim" x=left y=(y + 34).to_string()>{version}</text> };
    view! { {link}<g class="beneath" aria-hidden="true">{beneath}</g> }
}

/// From the left side of the consumer to the right side of its producer; within a column, around the side.
fn arrow(drawn: &Graph, (from, to, bond): (usize, usize, Bond)) -> Option<AnyView> {
    let ((_, from), (_, to)) = (drawn.boxes.get(from)?, drawn.boxes.get(to)?);
    let class = match bond {
        Bond::Met => "",
        Bond::Outdated => "late",
        Bond::Incompatible | Bond::ElementMissing | Bond::ProducerMissing => "broken",
    };
    let (line, head) = if from.x > to.x {
        curve(*from, *to, false)
    } else {
        let (a, b) = (from.y + from.height / 2, to.y + to.height / 2);
        let (tip, side) = (to.right(), to.right() + 42);
        let line = format!("M{} {a} C{side} {a} {side} {b} {} {b}", from.right(), tip + 7);
        (line, format!("M{tip} {b} l7 -4 v8 z"))
    };
    Some(view! {
        <path class=format!("arrow {class}") d=line></path>
        <path class=format!("tip {class}") d=head></path>
    })
}
