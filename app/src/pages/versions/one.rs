//! One version.

use crate::actions::versions::{DeleteVersion, TagAgain};
use crate::context::{Place, Screen, framed};
use crate::pages::application::{module_list, relations};
use crate::prelude::*;
use crate::ui::frame::Area;
use crate::ui::{
    Breadcrumbs, Button, Card, Cell, Choice, Crumb, Field, Kind, LinkButton, Row, RowHead, Select, Table,
    Tag, TextArea, When,
};
use crate::view::icons::Icon;
use crate::view::words;
use leptos::server_fn::ServerFn;
use operations::Result;
use operations::view::{EnvironmentRef, UsedBy, VersionPage};

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    framed(Area::Applications, |place| async move { load(place).await })
}

async fn load(place: Place) -> Result<Screen> {
    let (key, number) = (place.param("app"), place.param("number"));
    let page = place.console.version(&place.caller, &place.key, &key, &number).await?;
    let title = format!("{} {}", page.application.name, page.number);
    let topic = format!("infrastructure:{}", place.key);
    Ok(Screen::new(title, body(&place, page)).live(topic))
}

fn body(place: &Place, page: VersionPage) -> AnyView {
    let application = page.application.clone();
    let here = place.address(&format!("/applications/{}", application.key));
    let crumbs =
        vec![Crumb::new("Applications", place.address("")), Crumb::new(application.name.clone(), here)];
    let compare = |from: &str, to: &str| {
        let path = format!("/applications/{}/compare", application.key);
        place.with_query(&path, &[("from", Some(from)), ("to", Some(to))])
    };
    let number = page.number.to_string();
    let acts = match page.before {
        Some(before) => {
            let words = format!("Compare with {before}");
            view! { <LinkButton words href=compare(&before.to_string(), &number) icon=Icon::Differ/> }
                .into_any()
        }
        None => ().into_any(),
    };
    let now = place.now;
    let log = match page.change_log.is_empty() {
        true => view! { <p class="dim">"None was written."</p> }.into_any(),
        false => view! { <p class="prose">{page.change_log.clone()}</p> }.into_any(),
    };
    let tagged_in = page.environment.clone().map(|stage| format!(" in {}", stage.name));
    let same = (!page.same_content.is_empty()).then(|| {
        let all = page.same_content.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        view! { <dt>"Same content"</dt><dd>{all}</dd> }
    });
    let name_inside = (page.name_inside != application.name).then(|| {
        view! { <dt>"Name inside"</dt><dd>{page.name_inside.clone()}" – the package itself says so; here it is "{application.name.clone()}</dd> }
    });
    let runs = places(place, &page.runs_in, "nowhere now");
    let was = places(place, &page.was_in, "nowhere else");
    let (plans, deployments) = (
        used(place, &page.plans, "plans", "Plans that name it", "No plan that you may see names it."),
        used(
            place,
            &page.deployments,
            "deployments",
            "Deployments of it",
            "No deployment that you may see is about it.",
        ),
    );
    let settings = settings(&page.settings);
    let again = again(place, &page);
    let delete = page.delete.clone();
    let (infra, app) = (place.key.clone(), application.key.clone());
    let title = format!("{} {}", application.name, page.number);
    let (modules, producers) =
        (module_list(page.modules), relations(place, page.producers, "It uses no other application."));
    let (created_at, created_by) = (page.created_at, page.created_by.clone());
    let (published_at, published_by) = (page.published_at, page.published_by.clone());
    view! {
        <div class="head">
            <div>
                <Breadcrumbs crumbs/>
                <h1>{title}</h1>
                <p class="dim">"Tagged "<When at=created_at now/>" by "{created_by}{tagged_in}"; it never changes."</p>
            </div>
            <div class="acts">{acts}</div>
        </div>
        <div class="pair">
            <Card title="Change log" id="log">{log}</Card>
            <Card title="Where it is" id="where">
                <dl class="kv">
                    <dt>"Runs in"</dt><dd>{runs}</dd>
                    <dt>"Was in"</dt><dd>{was}</dd>
                    <dt>"Published"</dt><dd><When at=published_at now/>" by "{published_by}</dd>
                    {same}
                    {name_inside}
                    <dt>"Package"</dt><dd>{words::size(page.size)}", SHA-256 "<code>{page.sha256.clone()}</code></dd>
                </dl>
            </Card>
        </div>
        <div class="pair">
            <Card title="Modules" id="modules" flush=true>{modules}</Card>
            <div class="stack">
                <Card title="Uses" id="uses" aside="producers, with the signatures that it was built against">{producers}</Card>
                <Card title="Settings" id="settings" flush=true>{settings}</Card>
            </div>
        </div>
        {plans}
        {deployments}
        {again}
        <Card title="Delete it" id="end">
            <form method="post" action=DeleteVersion::url() class="stack">
                <input type="hidden" name="infra" value=infra/>
                <input type="hidden" name="app" value=app/>
                <input type="hidden" name="number" value=number/>
                <p class="small dim">"Only a version that was never used can go (R22). Its content stays as a revision; the log keeps what it was."</p>
                <div class="row"><Button words="Delete this version" kind=Kind::Bad icon=Icon::Cross possible=delete id="delete"/></div>
            </form>
        </Card>
    }
    .into_any()
}

fn places(place: &Place, all: &[EnvironmentRef], none: &'static str) -> AnyView {
    if all.is_empty() {
        return view! { <span class="dim">{none}</span> }.into_any();
    }
    let links = all.iter().map(|stage| {
        let href = place.address(&format!("/environments/{}", stage.key));
        view! { <li><a class="link" href=href>{stage.name.clone()}</a></li> }
    });
    let links = links.collect_view();
    view! { <ul class="plain row wrap">{links}</ul> }.into_any()
}

fn used(place: &Place, all: &[UsedBy], under: &str, title: &'static str, none: &'static str) -> AnyView {
    let now = place.now;
    let rows = all.iter().cloned().map(|one| {
        let href = place.address(&format!("/{under}/{}", one.id));
        let way = match &one.source {
            Some(source) => format!("{source} to {}", one.target),
            None => format!("into {}", one.target),
        };
        let look =
            if under == "plans" { words::plan(&one.status) } else { words::deployment(&one.status, false) };
        view! {
            <Row>
                <RowHead><a class="link" href=href>{one.name}</a></RowHead>
                <Cell label="Way">{way}</Cell>
                <Cell label="State" class="full"><Tag tone=look.tone icon=look.icon words=look.word/></Cell>
                <Cell label="Made"><When at=one.at now/>" by "{one.by}</Cell>
            </Row>
        }
    });
    let rows = rows.collect_view();
    let inside = match all.is_empty() {
        true => view! { <p class="body dim">{none}</p> }.into_any(),
        false => {
            view! { <Table label=format!("Table of {under}") heads=vec!["Name", "Way", "State", "Made"]>{rows}</Table> }.into_any()
        }
    };
    view! { <Card title=title id=under.to_owned() flush=true aside="newest first">{inside}</Card> }.into_any()
}

fn settings(all: &[(String, String, Option<String>)]) -> AnyView {
    if all.is_empty() {
        return view! { <p class="body dim">"It has no settings."</p> }.into_any();
    }
    let rows = all.iter().cloned().map(|(name, kind, default)| {
        let default = match default {
            Some(default) => view! { <code class="value">{default}</code> },
            None => view! { <span class="dim">"none: each environment sets it"</span> },
        };
        view! {
            <Row>
                <RowHead>{name}</RowHead>
                <Cell label="Kind">{kind}</Cell>
                <Cell label="Default">{default}</Cell>
            </Row>
        }
    });
    let rows = rows.collect_view();
    view! { <Table label="Table of settings" heads=vec!["Setting", "Kind", "Default"]>{rows}</Table> }
        .into_any()
}

/// Tagging its content again, to go back to it.
fn again(place: &Place, page: &VersionPage) -> Option<AnyView> {
    let first = page.again.first()?.environment.key.clone();
    let choices = page.again.iter().map(|one| {
        let runs = one.runs.as_ref().map_or_else(|| "not there".to_owned(), |runs| format!("runs {runs}"));
        Choice::new(
            &one.environment.key,
            format!("{}: {runs}, proposed {}", one.environment.name, one.proposed),
        )
    });
    let choices: Vec<Choice> = choices.collect();
    let value = place.typed("environment").or(Some(first));
    let (number, log) = (place.typed("number"), place.typed("change_log"));
    let log = log.or_else(|| Some(format!("Back to {}.", page.number)));
    let lead = format!(
        "A lower version is never deployed over a higher one (R03). To go back to {}, tag its content with a new number where plans start, then deploy that.",
        page.number
    );
    let (infra, app, older) = (place.key.clone(), page.application.key.clone(), page.number.to_string());
    let (bad_place, bad_number, bad_log) =
        (place.problem("environment"), place.problem("number"), place.problem("change_log"));
    Some(
        view! {
            <Card title="Go back to it" id="again">
                <form method="post" action=TagAgain::url() class="stack">
                    <input type="hidden" name="infra" value=infra/>
                    <input type="hidden" name="app" value=app/>
                    <input type="hidden" name="older" value=older/>
                    <p class="small dim">{lead}</p>
                    <Select label="Tagged in" name="env" id="again-env" choices value problem=bad_place/>
                    <Field label="New number" name="number" id="again-number" value=number verbatim=true problem=bad_number
                        help="Left empty it is the one that is proposed for the environment."/>
                    <TextArea label="Change log" name="change_log" id="again-log" value=log problem=bad_log/>
                    <div class="row"><Button words="Tag it again" icon=Icon::Tag kind=Kind::Go/></div>
                </form>
            </Card>
        }
        .into_any(),
    )
}
