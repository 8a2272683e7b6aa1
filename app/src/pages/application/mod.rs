//! One application: what runs where, its versions, what it is made of, and the next step.

mod block;
mod grants;
mod hotfixes;
mod itself;
mod new;
mod pipeline;
mod places;
mod retired;
mod usage;

pub use new::NewPage;
pub(crate) use places::opens;
pub use retired::RetiredPage;
pub use usage::UsagePage;

use crate::context::{Place, Screen, framed};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    Breadcrumbs, Card, Cell, Crumb, EmptyState, Kind, LinkButton, Pager, Row, RowHead, Table, Tag, When,
};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use operations::view::{ApplicationPage, ApplicationPlace, ModuleView, RelationView, VersionRow};
use operations::{PageQuery, Result};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Applications, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let key = place.param("app");
    let query = PageQuery::after(place.query("after"));
    let page = place.console.application(&place.caller, &place.key, &key, &query).await?;
    let granted = grants::load(&place, &key).await?;
    let title = page.application.name.clone();
    let topic = format!("infrastructure:{}", place.key);
    Ok(Screen::new(title, body(&place, page, granted, query.after.is_some())).live(topic))
}

fn body(place: &Place, page: ApplicationPage, granted: grants::Grants, later: bool) -> impl IntoView + use<> {
    let along = pipeline::card(place, &page);
    let ApplicationPage {
        application,
        description,
        environments,
        versions,
        modules,
        producers,
        consumers,
        retired,
        hotfixes,
        describe,
        retire,
        ..
    } = page;
    let hotfixes = hotfixes::card(place, &application, hotfixes);
    let gone = retired.as_ref().map(|retired| itself::retired(place, &application, retired, retire));
    let compare = place.address(&format!("/applications/{}/compare", application.key));
    let itself = itself::card(place, &application, &description, describe, retired.is_some());
    let crumbs = vec![Crumb::new("Applications", place.address(""))];
    let first = later.then(|| place.address(&format!("/applications/{}", application.key)));
    let next = versions.next.as_deref().map(|after| {
        place.with_query(&format!("/applications/{}", application.key), &[("after", Some(after))])
    });
    let promote = environments.iter().find_map(|each| {
        let (to, possible) = each.promote.as_ref()?;
        let differs = environments
            .iter()
            .find(|other| other.environment.key == to.key)
            .is_none_or(|other| other.cell != each.cell && places::differs(&each.cell, &other.cell));
        differs.then(|| {
            let pairs = [
                ("from", Some(each.environment.key.as_str())),
                ("to", Some(to.key.as_str())),
                ("app", Some(application.key.as_str())),
            ];
            (format!("Promote to {}", to.name), place.with_query("/plans/new", &pairs), possible.clone())
        })
    });
    let granted = grants::card(place, &application, granted);
    // The stage before each one, from where it can be deployed there again.
    let before: Vec<Option<String>> = environments
        .iter()
        .map(|each| {
            let leads = |other: &&ApplicationPlace| {
                other.promote.as_ref().is_some_and(|(to, _)| to.key == each.environment.key)
            };
            environments.iter().find(leads).map(|from| from.environment.key.clone())
        })
        .collect();
    let places = environments.into_iter().zip(before);
    let places = places.map(|(each, from)| places::card(place, &application, each, from)).collect_view();
    let versions = versions_table(place, &application.key, versions.rows);
    let uses = relations(place, producers, "It uses no other application.");
    let used_by = relations(place, consumers, "No application here uses it.");
    view! {
        <div class="head">
            <div>
                <Breadcrumbs crumbs/>
                <h1>{application.name.clone()}</h1>
                <p class="dim">{description}</p>
            </div>
            <div class="acts">
                <LinkButton words="Compare" href=compare icon=Icon::Differ/>
                {promote.map(|(words, href, possible)| view! { <LinkButton words href kind=Kind::Go icon=Icon::Up possible id="promote"/> })}
            </div>
        </div>
        {gone}
        {hotfixes}
        <section aria-labelledby="places">
            <h2 id="places" class="section">"Where it runs"</h2>
            <div class="places">{places}</div>
        </section>
        <Card title="Versions" id="versions" flush=true aside="newest first; a version never changes">
            {versions}
        </Card>
        <Pager first next/>
        <div class="pair">
            <Card title="Modules" id="modules" flush=true>{module_list(modules)}</Card>
            <div class="stack">
                <Card title="Uses" id="uses" aside="producers">{uses}</Card>
                <Card title="Used by" id="used-by" aside="consumers">{used_by}</Card>
            </div>
        </div>
        {along}
        {granted}
        {itself}
    }
}

fn versions_table(place: &Place, key: &str, rows: Vec<VersionRow>) -> AnyView {
    let now = place.now;
    if rows.is_empty() {
        return view! {
            <EmptyState icon=Icon::Tag title="No version yet">
                <p>"Tag what runs in Development: then it can be promoted."</p>
            </EmptyState>
        }
        .into_any();
    }
    let rows = rows
        .into_iter()
        .map(|row| {
            let href = place.address(&format!("/applications/{key}/versions/{}", row.number));
            let places = if row.runs_in.is_empty() { "nowhere".to_owned() } else { row.runs_in.join(", ") };
            let log = if row.change_log.is_empty() {
                view! { <span class="dimmer">"none written"</span> }.into_any()
            } else {
                view! { <span class="prose">{row.change_log}</span> }.into_any()
            };
            view! {
                <Row>
                    <RowHead><a class="link v" href=href>{row.number.to_string()}</a></RowHead>
                    <Cell label="Change log">{log}</Cell>
                    <Cell label="Runs in">{places}</Cell>
                    <Cell label="Tagged"><When at=row.created_at now/>" by "{row.created_by}" in "{row.environment}</Cell>
                    <Cell label="Package"><code title=row.sha256.clone()>{row.sha256.chars().take(8).collect::<String>()}</code>" "<span class="nowrap">{words::size(row.size)}</span></Cell>
                </Row>
            }
        })
        .collect_view();
    let heads = vec!["Version", "Change log", "Runs in", "Tagged", "Package"];
    view! { <Table label="Table of versions" heads>{rows}</Table> }.into_any()
}

pub(crate) fn module_list(modules: Vec<ModuleView>) -> AnyView {
    if modules.is_empty() {
        return view! { <p class="body dim">"It runs nowhere that you may see, so its modules are not known here."</p> }.into_any();
    }
    view! {
        <ul class="modules">
            {modules
                .into_iter()
                .map(|module| {
                    let kind = if module.kind == "process" { "a process of its own" } else { "static files" };
                    view! {
                        <li>
                            <b>{module.name}</b>
                            <span class="dim small">{kind}", served under "<code>{module.virtual_directory}</code></span>
                            {(!module.produces.is_empty()).then(|| view! {
                                <ul class="row wrap" aria-label="Elements it offers">
                                    {module.produces.into_iter().map(|(name, signature)| view! {
                                        <li><Tag tone=Tone::Plain words=format!("{name} · {signature}")/></li>
                                    }).collect_view()}
                                </ul>
                            })}
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}

pub(crate) fn relations(place: &Place, relations: Vec<RelationView>, none: &'static str) -> AnyView {
    if relations.is_empty() {
        return view! { <p class="dim">{none}</p> }.into_any();
    }
    view! {
        <ul class="relations">
            {relations
                .into_iter()
                .map(|relation| {
                    let elements = relation.elements.join(", ");
                    let name = match relation.application {
                        Some(other) => {
                            let href = place.address(&format!("/applications/{}", other.key));
                            view! { <a class="link" href=href>{other.name}</a> }.into_any()
                        }
                        None => view! { <span class="mono">{relation.key}</span> }.into_any(),
                    };
                    view! { <li>{name}<span class="dim small">{elements}</span></li> }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}
